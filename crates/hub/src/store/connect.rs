//! Opening the database: everything in which SQLite and PostgreSQL differ, but what [`super::migrate`] does.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions as _, Connection as _, Database, Executor as _, Row as _};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::Semaphore;

use super::{Result, Store, StoreError, migrate};
use crate::auth::secrets;
use crate::cursor::Cursors;
use crate::limits;

/// A connection that nobody used for so long is asked whether it still is one.
const STALE: Duration = Duration::from_secs(1);

/// The file of the SQLite database in the data folder.
pub(crate) const SQLITE_FILE: &str = "hub.sqlite3";

/// Where the database is.
#[derive(Clone)]
pub(super) enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// The address of a PostgreSQL database.
    Server(String),
}

/// Without the address, which holds a password.
impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
            Self::Server(_) => f.write_str("Server"),
        }
    }
}

impl Store {
    /// Opens the database, makes it if it is SQLite and absent, and brings it to this version's form.
    ///
    /// # Errors
    /// An address that is not one, a database that cannot be reached or written, or one of a newer version.
    pub(crate) async fn open(data: &Path, database: Option<&str>) -> Result<Self> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        match database {
            None => Self::open_sqlite(&data.join(SQLITE_FILE)).await,
            Some(address) if address.starts_with("postgres://") || address.starts_with("postgresql://") => {
                Self::open_postgres(address).await
            }
            Some(_) => Err(StoreError::Setup(
                "the database must be an address that begins with postgres://; leave it out for SQLite".to_owned(),
            )),
        }
    }

    async fn open_sqlite(file: &Path) -> Result<Self> {
        // Made here, and not by SQLite, so that nobody else on the machine can read it.
        make_private_file(file).map_err(|e| StoreError::Setup(format!("{} cannot be written: {e}", file.display())))?;
        migrate::sqlite(file).await?;
        let mut address = url::Url::from_file_path(std::path::absolute(file).unwrap_or_else(|_| file.to_owned()))
            .map_err(|()| StoreError::Setup(format!("{} is not a usable path", file.display())))?
            .to_string();
        address.replace_range(.."file".len(), "sqlite");
        let pool = AnyPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(20))
            // It is a part of this process: there is nothing that could have gone away meanwhile.
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // FULL: a ticket that was acknowledged is on the disk, whatever happens to the power.
                    connection.execute("PRAGMA journal_mode = WAL").await?;
                    connection.execute("PRAGMA synchronous = FULL").await?;
                    connection.execute("PRAGMA foreign_keys = ON").await?;
                    connection.execute("PRAGMA busy_timeout = 15000").await?;
                    // Erased is erased: freed pages are overwritten.
                    connection.execute("PRAGMA secure_delete = ON").await?;
                    Ok(())
                })
            })
            .after_release(|connection, _| {
                Box::pin(async move {
                    end_transaction(connection).await;
                    Ok(true)
                })
            })
            .connect_with(quiet(&address)?)
            .await?;
        Self::ready(pool, "BEGIN IMMEDIATE", Some(Arc::new(Semaphore::new(1))), Place::File(file.to_owned())).await
    }

    async fn open_postgres(address: &str) -> Result<Self> {
        migrate::postgres(address).await?;
        let pool = AnyPoolOptions::new()
            .max_connections(16)
            // While the database is away, this is how long somebody waits to hear so.
            .acquire_timeout(limits::DATABASE_CONNECT)
            // One that was in use a moment ago is there; asking it first would double what a small statement costs.
            .test_before_acquire(false)
            .before_acquire(|connection, known| {
                Box::pin(async move {
                    if known.idle_for > STALE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute("SET statement_timeout = '30s'").await?;
                    connection.execute("SET idle_in_transaction_session_timeout = '30s'").await?;
                    connection.execute("SET synchronous_commit = on").await?;
                    Ok(())
                })
            })
            .connect_with(quiet(address)?)
            .await?;
        Self::ready(pool, "BEGIN", None, Place::Server(address.to_owned())).await
    }

    async fn ready(pool: AnyPool, begin: &'static str, writers: Option<Arc<Semaphore>>, place: Place) -> Result<Self> {
        let mut store = Self { pool, begin, writers, cursors: Cursors::new(&[]), place };
        store.cursors = Cursors::new(&store.cursor_key().await?);
        store.read_requesters().await?;
        Ok(store)
    }

    /// Forgets copies of the database from before a migration that were made longer ago than this.
    pub(crate) async fn forget_copies(&self, age: Duration) -> Result<()> {
        match &self.place {
            Place::File(file) => {
                migrate::forget_sqlite_copies(file, age);
                Ok(())
            }
            Place::Server(address) => migrate::forget_postgres_copies(address, age).await,
        }
    }

    /// The key that this database was given when it was made: cursors of another one are none here.
    async fn cursor_key(&self) -> Result<Vec<u8>> {
        let fresh = secrets::random().map_err(|error| StoreError::Setup(error.to_string()))?;
        let mut write = self.write().await?;
        sqlx::query("INSERT INTO meta (name, value) VALUES ('cursor-key', $1) ON CONFLICT (name) DO NOTHING")
            .bind(hex::encode(fresh))
            .execute(&mut *write.transaction)
            .await?;
        let row =
            sqlx::query("SELECT value FROM meta WHERE name = 'cursor-key'").fetch_one(&mut *write.transaction).await?;
        write.commit().await?;
        hex::decode(row.try_get::<String, _>("value")?).map_err(|error| StoreError::Unreadable(error.to_string()))
    }
}

/// Ends what a failed transaction has left behind. On a full disk SQLite rolls back by itself (SQLite, "Response To Errors
/// Within A Transaction"); the library's own rollback then finds no transaction, fails, and counts one as open for ever,
/// in which no other may begin. Another connection in place of this one might not open while the disk is full.
async fn end_transaction(connection: &mut AnyConnection) {
    if !connection.is_in_transaction() {
        return;
    }
    // The rollback of a transaction that was dropped is on its way before this.
    if connection.ping().await.is_err() || !connection.is_in_transaction() {
        return;
    }
    // Fails where there is a transaction: then the rollback has one to end.
    let _ = connection.execute("BEGIN").await;
    if let Err(error) = <Any as Database>::TransactionManager::rollback(connection).await {
        tracing::error!(%error, "a transaction could not be ended");
    }
}

/// Statements are not logged: their values are other people's words.
fn quiet(address: &str) -> Result<AnyConnectOptions> {
    let options = AnyConnectOptions::from_str(address)
        .map_err(|_hides_password| StoreError::Setup("the database's address cannot be read".to_owned()))?;
    Ok(options.disable_statement_logging())
}

pub(super) fn make_private_file(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}
