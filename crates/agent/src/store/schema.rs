//! The shape of the database: migrations go up only, each after a copy of the database was made, and a database of
//! another shape than this version knows is left as it is.

use std::path::{Path, PathBuf};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Row, SqlitePool};

use super::{Result, StoreError, files, private};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How the name of a copy begins that was made before a migration; its number follows. Only the last one is kept.
pub const BACKUP: &str = "deskside-before-";

/// What the database says of the migrations it went through, in order.
struct Applied {
    version: i64,
    whole: bool,
    checksum: Vec<u8>,
}

async fn applied(pool: &SqlitePool) -> Result<Vec<Applied>> {
    let begun: i64 = sqlx::query("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
        .fetch_one(pool)
        .await?
        .try_get(0)?;
    if begun == 0 {
        return Ok(Vec::new());
    }
    let rows =
        sqlx::query("SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version").fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            let (version, whole) = (row.try_get("version")?, row.try_get("success")?);
            Ok(Applied { version, whole, checksum: row.try_get("checksum")? })
        })
        .collect()
}

/// Judges whether this version may use the database at all; the newest migration that it went through. Writes nothing.
///
/// # Errors
/// `Version` if not: a newer version has changed it, or another one than ours.
pub(super) async fn judge(pool: &SqlitePool) -> Result<Option<i64>> {
    let newest = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    let applied = applied(pool).await?;
    let refused = |what: String| Err(StoreError::Version(what));
    if let Some(last) = applied.last().filter(|last| last.version > newest) {
        return refused(format!(
            "a newer version of Deskside has written it (schema {}; this version knows {newest}): install that version \
             again; nothing here was changed",
            last.version
        ));
    }
    for one in &applied {
        let Some(ours) = MIGRATIONS.iter().find(|migration| migration.version == one.version) else {
            return refused(format!("schema {} is unknown to this version; nothing here was changed", one.version));
        };
        if !one.whole {
            return refused(format!("schema {} was begun and never ended; nothing here was changed", one.version));
        }
        if *ours.checksum != *one.checksum {
            return refused(format!("schema {} is not the one of this version; nothing here was changed", one.version));
        }
    }
    Ok(applied.last().map(|last| last.version))
}

/// Brings the database to the shape of this version. In `folder`, a copy is made first of one that holds something.
///
/// # Errors
/// As [`judge`]; `Unwritable` if there is no room for the copy: without it nothing is changed.
pub(super) async fn migrate(pool: &SqlitePool, folder: Option<&Path>) -> Result<()> {
    let last = judge(pool).await?;
    let next = MIGRATIONS.iter().map(|migration| migration.version).filter(|version| Some(*version) > last).min();
    let Some(next) = next else { return Ok(()) };
    if let (Some(folder), Some(last)) = (folder, last) {
        let copy = back_up(pool, folder, next).await?;
        tracing::info!(from = last, copy = %copy.display(), "the store is brought to this version's schema");
    }
    MIGRATIONS.run(pool).await.map_err(|error| {
        if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
            StoreError::from(error)
        } else {
            StoreError::Version(error.to_string())
        }
    })
}

/// A copy of the database as it is now, on the disk for good, in place of the copy before.
async fn back_up(pool: &SqlitePool, folder: &Path, next: i64) -> Result<PathBuf> {
    let partial = folder.join(format!("{BACKUP}partial"));
    let copy = folder.join(format!("{BACKUP}{next}.db"));
    files::delete(&partial);
    // Made here so that it never exists with other rights. SQLite takes an empty file ("VACUUM INTO").
    private::create_file(&partial)?;
    let written = async {
        let name =
            partial.to_str().ok_or_else(|| StoreError::Unwritable("the folder's name is not text".to_owned()))?;
        sqlx::query("VACUUM INTO ?").bind(name).execute(pool).await?;
        let (from, to, within) = (partial.clone(), copy.clone(), folder.to_owned());
        tokio::task::spawn_blocking(move || {
            std::fs::OpenOptions::new().write(true).open(&from)?.sync_all()?;
            std::fs::rename(&from, &to)?;
            private::sync_folder(&within)
        })
        .await
        .map_err(|error| StoreError::Fault(error.to_string()))??;
        Ok::<(), StoreError>(())
    };
    if let Err(error) = written.await {
        files::delete(&partial);
        return Err(error);
    }
    for old in backups(folder).into_iter().filter(|path| *path != copy) {
        files::delete(&old);
    }
    Ok(copy)
}

/// The copies that lie in the folder.
#[must_use]
pub fn backups(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let is_backup = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(BACKUP);
    entries.flatten().filter(|entry| is_backup(&entry.file_name())).map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DATABASE, Opened, Store};
    use deskside_protocol::ErrorCode;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    async fn raw(folder: &Path) -> SqlitePool {
        let options = SqliteConnectOptions::new().filename(folder.join(DATABASE)).create_if_missing(true);
        SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
    }

    /// A database as the version with these many migrations left it, with a draft in it.
    async fn of_version(folder: &Path, migrations: usize) {
        let pool = raw(folder).await;
        let older = Migrator::with_migrations(MIGRATIONS.iter().take(migrations).cloned().collect());
        older.run(&pool).await.unwrap();
        sqlx::query("INSERT INTO drafts (id, client_id, text, saved_at) VALUES (?, ?, 'Typed before', 1)")
            .bind(deskside_protocol::DraftId::new().to_string())
            .bind(deskside_protocol::ClientId::new().to_string())
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
    }

    async fn texts(pool: &SqlitePool) -> Vec<String> {
        let rows = sqlx::query("SELECT text FROM drafts").fetch_all(pool).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    #[tokio::test]
    async fn every_older_schema_is_brought_up_and_a_copy_of_it_kept() {
        let all = MIGRATIONS.iter().count();
        for migrations in 1..all {
            let folder = tempfile::tempdir().unwrap();
            of_version(folder.path(), migrations).await;
            std::fs::write(folder.path().join(format!("{BACKUP}1.db")), "the copy before").unwrap();

            let Opened { store, set_aside, refused } = Store::open(folder.path()).await.unwrap();
            assert!(set_aside.is_none() && refused.is_none(), "{refused:?}");
            assert_eq!(texts(store.pool()).await, ["Typed before"]);
            assert_eq!(judge(store.pool()).await.unwrap(), MIGRATIONS.iter().map(|m| m.version).max());
            store.close().await;

            let copies = backups(folder.path());
            assert_eq!(copies, [folder.path().join(format!("{BACKUP}{}.db", migrations + 1))], "the last one alone");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                assert_eq!(std::fs::metadata(&copies[0]).unwrap().permissions().mode() & 0o777, 0o600);
            }
            let copy = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&copies[0])).await.unwrap();
            assert_eq!(texts(&copy).await, ["Typed before"]);
            assert_eq!(applied(&copy).await.unwrap().len(), migrations);

            // Up to date, nothing is copied any more.
            copy.close().await;
            files::delete(&copies[0]);
            Store::open(folder.path()).await.unwrap().store.close().await;
            assert!(backups(folder.path()).is_empty());
        }
    }

    #[tokio::test]
    async fn another_schema_than_ours_is_left_as_it_is_and_said() {
        for (change, says) in [
            ("INSERT INTO _sqlx_migrations VALUES (9999, 'from the future', 0, 1, x'00', 1)", "newer version"),
            ("UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1", "not the one of this version"),
            ("UPDATE _sqlx_migrations SET success = 0 WHERE version = 2", "never ended"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            of_version(folder.path(), MIGRATIONS.iter().count()).await;
            let pool = raw(folder.path()).await;
            sqlx::query(change).execute(&pool).await.unwrap();
            pool.close().await;
            let before = std::fs::read(folder.path().join(DATABASE)).unwrap();

            let Opened { store, set_aside, refused } = Store::open(folder.path()).await.unwrap();
            let refused = refused.expect("it is refused");
            assert_eq!(refused.code(), ErrorCode::StoreVersion);
            assert!(refused.to_string().contains(says), "{refused}");
            assert!(set_aside.is_none(), "nothing is damaged");
            assert_eq!(store.must_be_durable().unwrap_err().code(), ErrorCode::StoreVersion);
            store.close().await;

            let pool = raw(folder.path()).await;
            assert_eq!(texts(&pool).await, ["Typed before"], "for the version that can read it");
            pool.close().await;
            let after = std::fs::read(folder.path().join(DATABASE)).unwrap();
            // SQLite counts changes of the file in its header; the journal's mode is written there too.
            assert_eq!(before[100..], after[100..], "nothing was written");
        }
    }
}
