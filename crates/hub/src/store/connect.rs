//! Opening the database: everything in which SQLite and PostgreSQL differ, but the migrations.

use std::path::Path;
use std::str::FromStr as _;
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::AnyPool;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{ConnectOptions as _, Executor as _, Row as _};
use tokio::sync::Semaphore;

use super::{Result, Store, StoreError};

/// The file of the SQLite database in the data folder.
pub(crate) const SQLITE_FILE: &str = "hub.sqlite3";

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
        let mut address = url::Url::from_file_path(std::path::absolute(file).unwrap_or_else(|_| file.to_owned()))
            .map_err(|()| StoreError::Setup(format!("{} is not a usable path", file.display())))?
            .to_string();
        address.replace_range(.."file".len(), "sqlite");
        let pool = AnyPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(20))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // FULL: a ticket that was acknowledged is on the disk, whatever happens to the power.
                    connection.execute("PRAGMA journal_mode = WAL").await?;
                    connection.execute("PRAGMA synchronous = FULL").await?;
                    connection.execute("PRAGMA foreign_keys = ON").await?;
                    connection.execute("PRAGMA busy_timeout = 15000").await?;
                    Ok(())
                })
            })
            .connect_with(quiet(&address)?)
            .await?;
        sqlx::migrate!("migrations/sqlite").run(&pool).await?;
        Self::ready(pool, "BEGIN IMMEDIATE", Some(Arc::new(Semaphore::new(1)))).await
    }

    async fn open_postgres(address: &str) -> Result<Self> {
        let pool = AnyPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(20))
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
        sqlx::migrate!("migrations/postgres").run(&pool).await?;
        Self::ready(pool, "BEGIN", None).await
    }

    async fn ready(pool: AnyPool, begin: &'static str, writers: Option<Arc<Semaphore>>) -> Result<Self> {
        let mut store = Self { pool, begin, writers, epoch: String::new() };
        store.epoch = store.make_epoch().await?;
        Ok(store)
    }

    /// The epoch that this database was given when it was made.
    async fn make_epoch(&self) -> Result<String> {
        let fresh = format!("{:016x}", rand::random::<u64>());
        let mut write = self.write().await?;
        sqlx::query("INSERT INTO meta (name, value) VALUES ('epoch', $1) ON CONFLICT (name) DO NOTHING")
            .bind(fresh)
            .execute(&mut *write.transaction)
            .await?;
        let row = sqlx::query("SELECT value FROM meta WHERE name = 'epoch'").fetch_one(&mut *write.transaction).await?;
        write.commit().await?;
        Ok(row.try_get("value")?)
    }
}

/// Statements are not logged: their values are other people's words.
fn quiet(address: &str) -> Result<AnyConnectOptions> {
    let options = AnyConnectOptions::from_str(address)
        .map_err(|_hides_password| StoreError::Setup("the database's address cannot be read".to_owned()))?;
    Ok(options.disable_statement_logging())
}

fn make_private_file(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}
