//! The durable store: one SQLite file and a folder of files beside it, readable by this user only.
//!
//! A commit is on the disk when it returns (`synchronous=FULL` with a write-ahead log). One connection serves everybody:
//! transactions are short, nobody ever waits in SQLite's busy loop, and an idle agent holds one page cache.
//!
//! The store never stops the app from starting: a damaged file is set aside and kept, and where nothing can be written
//! the store lives in memory and refuses, in words, what must be durable.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use deskside_protocol::{ErrorCode, ErrorReport, Timestamp};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous, SqliteTransactionManager,
};
use sqlx::{Connection as _, Row, Sqlite, SqliteConnection, SqlitePool, Transaction};
use sqlx_core::transaction::TransactionManager as _;

pub mod columns;
pub mod files;
pub mod private;
pub mod schema;

/// Name of the database in the data folder.
pub const DATABASE: &str = "deskside.db";
/// How the name of a database that was set aside begins.
pub const SET_ASIDE: &str = "deskside-damaged-";
/// Up to this size the whole file is checked at each start; a larger one only after an end that was not orderly, since
/// the check reads every page.
const CHECK_ALWAYS_BYTES: u64 = 16 * 1024 * 1024;

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full, read-only, gone or not ours.
    #[error("the store cannot be written: {0}")]
    Unwritable(String),
    /// The file is not what SQLite wrote.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// Another version of Deskside has made it, or changed it.
    #[error("the store is another version's: {0}")]
    Version(String),
    /// A fault of ours.
    #[error("the store: {0}")]
    Fault(String),
}

impl StoreError {
    /// The stable word for it.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unwritable(_) => ErrorCode::StoreUnwritable,
            Self::Damaged(_) => ErrorCode::StoreDamaged,
            Self::Version(_) => ErrorCode::StoreVersion,
            Self::Fault(_) => ErrorCode::Internal,
        }
    }
}

impl From<StoreError> for ErrorReport {
    fn from(error: StoreError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(|e| e.code())
            .and_then(|code| code.parse::<u32>().ok())
            // An extended result code holds the primary one in its low byte (SQLite, "Result and Error Codes").
            .map(|code| code & 0xff);
        let text = error.to_string();
        match code {
            // PERM, READONLY, IOERR, FULL, CANTOPEN
            Some(3 | 8 | 10 | 13 | 14) => Self::Unwritable(text),
            // CORRUPT, NOTADB
            Some(11 | 26) => Self::Damaged(text),
            Some(_) | None => Self::Fault(text),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Unwritable(error.to_string())
    }
}

/// What came of a use of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The store.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    folder: PathBuf,
    /// Why it is in memory, if it is.
    in_memory: Option<Arc<StoreError>>,
}

/// A store, and what happened while it was opened.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Where a damaged file was put, and what was wrong with it.
    pub set_aside: Option<(PathBuf, String)>,
    /// Why the one on the disk cannot be used, if so; the store is then in memory.
    pub refused: Option<Arc<StoreError>>,
}

impl Store {
    /// Opens the store in this folder, whatever it takes.
    ///
    /// # Errors
    /// Only if SQLite cannot even work in memory.
    pub async fn open(folder: &Path) -> Result<Opened> {
        match Self::open_durable(folder).await {
            Ok((store, set_aside)) => Ok(Opened { store, set_aside, refused: None }),
            Err(error) => {
                tracing::error!(%error, folder = %folder.display(), "the store cannot be opened; running on memory");
                let error = Arc::new(error);
                let store = Self::open_in_memory(folder, Arc::clone(&error)).await?;
                Ok(Opened { store, set_aside: None, refused: Some(error) })
            }
        }
    }

    /// Opens the file in this folder; a damaged one is set aside first.
    ///
    /// # Errors
    /// `Unwritable` if the folder or the file cannot be written; `Version` if another version has made it.
    pub async fn open_durable(folder: &Path) -> Result<(Self, Option<(PathBuf, String)>)> {
        private::create_folder(folder)?;
        for name in files::FOLDERS {
            private::create_folder(&folder.join(name))?;
        }
        let file = folder.join(DATABASE);
        match Self::open_file(folder, &file).await {
            Ok(store) => Ok((store, None)),
            Err(StoreError::Damaged(what)) => {
                let kept = set_aside(&file).await?;
                tracing::error!(what, kept = %kept.display(), "the store is damaged and was set aside");
                Ok((Self::open_file(folder, &file).await?, Some((kept, what))))
            }
            Err(error @ (StoreError::Unwritable(_) | StoreError::Version(_) | StoreError::Fault(_))) => Err(error),
        }
    }

    async fn open_file(folder: &Path, file: &Path) -> Result<Self> {
        // Made here so that it never exists with other rights; SQLite gives its side files the same ones.
        private::create_file(file)?;
        let size = std::fs::metadata(file)?.len();
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            // Erased is erased: freed pages are overwritten (SQLite, "PRAGMA secure_delete").
            .pragma("secure_delete", "ON");
        let pool = pool(options).await?;
        let store = Self { pool, folder: folder.to_owned(), in_memory: None };
        match store.check(size).await {
            Ok(()) => Ok(store),
            Err(error) => {
                store.pool.close().await;
                Err(error)
            }
        }
    }

    async fn open_in_memory(folder: &Path, why: Arc<StoreError>) -> Result<Self> {
        let pool = pool(SqliteConnectOptions::new().in_memory(true).foreign_keys(true)).await?;
        schema::migrate(&pool, None).await?;
        Ok(Self { pool, folder: folder.to_owned(), in_memory: Some(why) })
    }

    /// Whether it is ours, the cheap check at start, then the migrations, then a first write: all of them can show damage
    /// or a full disk.
    async fn check(&self, size_bytes: u64) -> Result<()> {
        schema::judge(&self.pool).await?;
        let begun: i64 = sqlx::query("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'")
            .fetch_one(&self.pool)
            .await?
            .try_get(0)?;
        if begun > 0 {
            let orderly = self.meta("open").await?.as_deref() == Some("no");
            if !orderly || size_bytes <= CHECK_ALWAYS_BYTES {
                let verdict: String = sqlx::query("PRAGMA quick_check(1)").fetch_one(&self.pool).await?.try_get(0)?;
                if verdict != "ok" {
                    return Err(StoreError::Damaged(verdict));
                }
            }
        }
        schema::migrate(&self.pool, Some(&self.folder)).await?;
        self.set_meta("open", "yes").await
    }

    /// Ends orderly: the log is folded into the file.
    pub async fn close(&self) {
        if let Err(error) = self.set_meta("open", "no").await {
            tracing::warn!(%error, "the store could not be marked as closed");
        }
        self.pool.close().await;
    }

    /// Whether the whole file can be read.
    pub async fn is_sound(&self) -> bool {
        let verdict = sqlx::query("PRAGMA quick_check(1)").fetch_one(&self.pool).await;
        verdict.and_then(|row| row.try_get::<String, _>(0)).is_ok_and(|verdict| verdict == "ok")
    }

    /// Whether what is committed is on a disk.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.in_memory.is_none()
    }

    /// Refuses what must be durable when nothing is.
    ///
    /// # Errors
    /// `Unwritable` or `Version` if the store is in memory.
    pub fn must_be_durable(&self) -> Result<()> {
        match self.in_memory.as_deref() {
            None => Ok(()),
            Some(StoreError::Version(what)) => Err(StoreError::Version(what.clone())),
            Some(StoreError::Unwritable(_) | StoreError::Damaged(_) | StoreError::Fault(_)) => {
                Err(StoreError::Unwritable("there is no writable folder; what is typed is held in memory".to_owned()))
            }
        }
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The connection, for a single statement.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// A transaction that holds the write lock from its beginning, so that it cannot fail half-way for want of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// A value kept under a name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn meta(&self, name: &str) -> Result<Option<String>> {
        let mut connection = self.pool.acquire().await?;
        meta(&mut connection, name).await
    }

    /// Keeps a value under a name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_meta(&self, name: &str, value: &str) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        set_meta(&mut connection, name, value).await
    }

    /// Forgets what is kept under a name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_meta(&self, name: &str) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        forget_meta(&mut connection, name).await
    }

    /// Bytes on the disk: the database and the files beside it. What cannot be read counts as nothing.
    pub async fn kept_bytes(&self) -> u64 {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || private::folder_bytes(&folder)).await.unwrap_or(0)
    }
}

/// A value kept under a name, within a transaction.
///
/// # Errors
/// [`StoreError`].
pub async fn meta(connection: &mut SqliteConnection, name: &str) -> Result<Option<String>> {
    let row = sqlx::query("SELECT value FROM meta WHERE name = ?").bind(name).fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Forgets what is kept under a name, within a transaction.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_meta(connection: &mut SqliteConnection, name: &str) -> Result<()> {
    sqlx::query("DELETE FROM meta WHERE name = ?").bind(name).execute(connection).await?;
    Ok(())
}

/// Keeps a value under a name, within a transaction.
///
/// # Errors
/// [`StoreError`].
pub async fn set_meta(connection: &mut sqlx::SqliteConnection, name: &str, value: &str) -> Result<()> {
    sqlx::query("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        .bind(name)
        .bind(value)
        .execute(connection)
        .await?;
    Ok(())
}

async fn pool(options: SqliteConnectOptions) -> Result<SqlitePool> {
    Ok(SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        // The one connection stays: a store in memory is gone with it, and nothing is won by opening it anew.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(30))
        .after_release(|connection, _| {
            Box::pin(async move {
                end_transaction(connection).await;
                Ok(true)
            })
        })
        .connect_with(options)
        .await?)
}

/// Ends what a failed transaction has left behind. On a full disk SQLite rolls back by itself (SQLite, "Response To Errors
/// Within A Transaction"); the library's own rollback then finds no transaction, fails, and counts one as open for ever,
/// in which no other may begin. Another connection in place of this one might not open while the disk is full.
async fn end_transaction(connection: &mut SqliteConnection) {
    // The rollback of a transaction that was dropped is on its way before this.
    if connection.ping().await.is_err() || !connection.is_in_transaction() {
        return;
    }
    // Fails where there is a transaction: then the rollback has one to end.
    let _ = sqlx::raw_sql("BEGIN").execute(&mut *connection).await;
    if let Err(error) = SqliteTransactionManager::rollback(connection).await {
        tracing::error!(%error, "a transaction could not be ended");
    }
}

/// Moves a damaged database and its side files away, under a name with the time. They are kept: a technician may still
/// read what is readable.
async fn set_aside(file: &Path) -> Result<PathBuf> {
    let stamp = Timestamp::now().get().strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
    let kept = file.with_file_name(format!("{SET_ASIDE}{stamp}.db"));
    private::rename(file, &kept).await?;
    for side in ["-wal", "-shm"] {
        let mut from = file.as_os_str().to_owned();
        from.push(side);
        let mut to = kept.as_os_str().to_owned();
        to.push(side);
        match private::rename(Path::new(&from), Path::new(&to)).await {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(kept)
}

/// The store in use, which is replaced when it breaks, or when one on disk becomes possible.
#[derive(Debug, Clone)]
pub struct InUse(Arc<RwLock<Store>>);

impl InUse {
    /// With this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(Arc::new(RwLock::new(store)))
    }

    /// The store, for one piece of work.
    #[must_use]
    pub fn get(&self) -> Store {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another in its place, and gives the one before.
    #[must_use]
    pub fn replace(&self, store: Store) -> Store {
        std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), store)
    }
}
