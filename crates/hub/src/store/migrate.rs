//! Bringing a database to this version's form, without a risk for what is in it: a copy is made first, a form that is not
//! ours is left alone and said, and of several hubs that start at once one does it while the others wait.
//!
//! The copy of a SQLite database is a file beside it; that of a PostgreSQL is a schema beside the hub's own, made in one
//! transaction, with the tables' contents. It is there for whoever must go back at once, and no backup: the next one takes
//! its place, and it goes after [`limits::COPY_LIFE`] or when a person's data is erased.

use std::path::{Path, PathBuf};
use std::time::Duration;

use deskside_protocol::Timestamp;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _};

use super::{Result, StoreError};
use crate::limits;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Where sqlx notes what was done.
const APPLIED: &str = "_sqlx_migrations";
/// What the names of copies begin with; the number of the form follows.
const SQLITE_COPY: &str = "hub-form-";
const POSTGRES_COPY: &str = "deskside_form_";

/// How it stands with a database, before anything is done to it.
struct Standing {
    /// The newest form that it has been brought to; `None` if it is empty.
    form: Option<i64>,
    /// Whether something must be done.
    pending: bool,
}

/// Looks, and refuses what this version would only spoil. `copy` names the copy of a form for whoever must go back.
async fn standing<C: Migrate>(
    connection: &mut C,
    migrator: &Migrator,
    copy: impl FnOnce(i64) -> String,
) -> Result<Standing> {
    connection.ensure_migrations_table(APPLIED).await?;
    if let Some(form) = connection.dirty_version(APPLIED).await? {
        return Err(StoreError::Form(format!(
            "the database's change to form {form} was broken off; put back {} or a backup",
            copy(form - 1)
        )));
    }
    let applied = connection.list_applied_migrations(APPLIED).await?;
    let known = migrator.iter().map(|migration| migration.version).max().unwrap_or_default();
    let form = applied.iter().map(|migration| migration.version).max();
    if let Some(newer) = form.filter(|form| *form > known) {
        return Err(StoreError::Form(format!(
            "the database has form {newer}, of a newer hub; this one knows form {known} and leaves it as it is. Install \
             the newer hub again, or put back {} or a backup of form {known}",
            copy(known)
        )));
    }
    for migration in migrator.iter() {
        let other = applied.iter().find(|done| done.version == migration.version);
        if other.is_some_and(|done| done.checksum != migration.checksum) {
            return Err(StoreError::Form(format!(
                "the database's form {} is not the one that this hub knows under that number; it is left as it is. \
                 Install the hub that made it",
                migration.version
            )));
        }
    }
    let pending = migrator.iter().any(|migration| !applied.iter().any(|done| done.version == migration.version));
    Ok(Standing { form, pending })
}

/// Brings a SQLite database to this version's form.
pub(super) async fn sqlite(file: &Path) -> Result<()> {
    let mut connection = open_sqlite(file).await?;
    let name = |form: i64| copy_of(file, form).display().to_string();
    let first = standing(&mut connection, &SQLITE, name).await?;
    if !first.pending {
        return Ok(connection.close().await?);
    }
    // Beside a hub, whoever makes a token on the command line may find the same work to do.
    let lock = file.with_file_name("hub.migrating");
    let turn = tokio::task::spawn_blocking(move || {
        let turn = std::fs::File::create(lock)?;
        turn.lock()?;
        Ok::<_, std::io::Error>(turn)
    });
    let turn = turn.await.map_err(|error| StoreError::Setup(error.to_string()))?;
    let _turn = turn.map_err(|error| StoreError::Setup(format!("the data folder cannot be locked: {error}")))?;
    let now = standing(&mut connection, &SQLITE, name).await?;
    if let Some(form) = now.form.filter(|_| now.pending) {
        copy_sqlite(&mut connection, file, form).await?;
    }
    SQLITE.run(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn open_sqlite(file: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true).foreign_keys(true);
    Ok(options.busy_timeout(Duration::from_secs(60)).disable_statement_logging().connect().await?)
}

/// Where the copy of a database of this form is.
fn copy_of(file: &Path, form: i64) -> PathBuf {
    file.with_file_name(format!("{SQLITE_COPY}{form}.sqlite3"))
}

async fn copy_sqlite(connection: &mut SqliteConnection, file: &Path, form: i64) -> Result<()> {
    let no_copy = |error: &dyn std::fmt::Display| {
        StoreError::Setup(format!(
            "no copy of the database could be made before it is changed, so it was not changed: {error}"
        ))
    };
    let copy = copy_of(file, form);
    let part = copy.with_extension("part");
    let _left_by_a_crash = std::fs::remove_file(&part);
    // Made here, so that nobody else can read it; SQLite takes an empty file for a database to fill.
    super::connect::make_private_file(&part).map_err(|error| no_copy(&error))?;
    let path = part.to_str().ok_or_else(|| no_copy(&"the folder's name is not UTF-8"))?;
    let made = sqlx::query("VACUUM INTO ?").bind(path).execute(connection).await;
    let kept = made.map_err(|error| no_copy(&error)).and_then(|_| {
        std::fs::File::open(&part)
            .and_then(|part| part.sync_all())
            .and_then(|()| std::fs::rename(&part, &copy))
            .map_err(|error| no_copy(&error))
    });
    if kept.is_err() {
        let _half = std::fs::remove_file(&part);
    }
    kept?;
    tracing::info!(copy = %copy.display(), "the database was copied before it is changed");
    for older in sqlite_copies(file).into_iter().filter(|path| *path != copy) {
        let _gone_already = std::fs::remove_file(older);
    }
    Ok(())
}

fn sqlite_copies(file: &Path) -> Vec<PathBuf> {
    let Some(Ok(entries)) = file.parent().map(std::fs::read_dir) else { return Vec::new() };
    let ours = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(SQLITE_COPY))
    };
    entries.flatten().map(|entry| entry.path()).filter(ours).collect()
}

/// Forgets copies of a SQLite database that were made longer ago than this.
pub(super) fn forget_sqlite_copies(file: &Path, age: Duration) {
    for copy in sqlite_copies(file) {
        let made = std::fs::metadata(&copy).and_then(|found| found.modified());
        if made.is_ok_and(|made| made.elapsed().is_ok_and(|elapsed| elapsed >= age))
            && let Err(error) = std::fs::remove_file(&copy)
        {
            tracing::warn!(%error, copy = %copy.display(), "an old copy of the database could not be removed");
        }
    }
}

/// Brings a PostgreSQL database to this version's form. Other hubs that start meanwhile wait for it.
pub(super) async fn postgres(address: &str) -> Result<()> {
    let mut connection = open_postgres(address).await?;
    // Of the whole database and held by this connection: released with it, however it ends.
    connection.lock().await?;
    let name = |form: i64| format!("the tables in the schema {POSTGRES_COPY}{form}");
    let found = standing(&mut connection, &POSTGRES, name).await?;
    if let Some(form) = found.form.filter(|_| found.pending) {
        copy_postgres(&mut connection, form).await?;
    }
    if found.pending {
        POSTGRES.run(&mut connection).await?;
    }
    connection.unlock().await?;
    Ok(connection.close().await?)
}

async fn open_postgres(address: &str) -> Result<PgConnection> {
    let options: PgConnectOptions = address
        .parse()
        .map_err(|_hides_password| StoreError::Setup("the database's address cannot be read".to_owned()))?;
    let options = options.disable_statement_logging();
    match tokio::time::timeout(limits::DATABASE_CONNECT, options.connect()).await {
        Ok(connected) => connected.map_err(|error| StoreError::Setup(format!("the database does not answer: {error}"))),
        Err(_too_long) => Err(StoreError::Setup("the database does not answer".to_owned())),
    }
}

async fn copy_postgres(connection: &mut PgConnection, form: i64) -> Result<()> {
    let made = copy_tables(connection, form).await;
    made.map_err(|error| {
        StoreError::Setup(format!(
            "no copy of the database could be made before it is changed, so it was not changed. The hub's user needs the \
             right CREATE on the database, and there must be room: {error}"
        ))
    })
}

async fn copy_tables(connection: &mut PgConnection, form: i64) -> std::result::Result<(), sqlx::Error> {
    let schema = format!("{POSTGRES_COPY}{form}");
    let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
    let tables =
        sqlx::query("SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = current_schema()")
            .fetch_all(&mut *transaction)
            .await?;
    drop_copies(&mut transaction, |_| true).await?;
    transaction.execute(AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).await?;
    for table in tables {
        let name: String = table.try_get("name")?;
        transaction.execute(AssertSqlSafe(format!("CREATE TABLE {schema}.{name} AS TABLE {name}"))).await?;
    }
    let comment = format!("COMMENT ON SCHEMA {schema} IS 'made {}'", Timestamp::now().unix_ms());
    transaction.execute(AssertSqlSafe(comment)).await?;
    transaction.commit().await?;
    tracing::info!(schema, "the database was copied before it is changed");
    Ok(())
}

/// Drops the copies that were made at a moment of which `which` says so, in milliseconds since 1970.
async fn drop_copies(
    connection: &mut PgConnection,
    which: impl Fn(i64) -> bool,
) -> std::result::Result<(), sqlx::Error> {
    let copies = sqlx::query(
        "SELECT quote_ident(nspname) AS name, COALESCE(obj_description(oid, 'pg_namespace'), '') AS made
         FROM pg_namespace WHERE nspname ~ '^deskside_form_[0-9]+$'",
    )
    .fetch_all(&mut *connection)
    .await?;
    for copy in copies {
        let (name, made): (String, String) = (copy.try_get("name")?, copy.try_get("made")?);
        if which(made.strip_prefix("made ").and_then(|made| made.parse().ok()).unwrap_or_default()) {
            connection.execute(AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {name} CASCADE"))).await?;
        }
    }
    Ok(())
}

/// Forgets copies in a PostgreSQL database that were made longer ago than this.
pub(super) async fn forget_postgres_copies(address: &str, age: Duration) -> Result<()> {
    let mut connection = open_postgres(address).await?;
    let before = Timestamp::now().unix_ms().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
    drop_copies(&mut connection, |made| made <= before).await?;
    Ok(connection.close().await?)
}
