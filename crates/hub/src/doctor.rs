//! `deskside-hub doctor`: looks at everything that a hub needs, changes nothing, and says what to do.

use std::path::Path;

use sqlx::Row as _;

use crate::config::TlsFiles;
use crate::files::Files;
use crate::store::{SQLITE_FILE, Store};

/// How it stands with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Good,
    /// It works, and somebody should look.
    Poor,
    /// The hub cannot do its work so.
    Bad,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// How it is.
    pub health: Health,
    /// In words, with what to do.
    pub says: String,
}

/// Below this, a disk is nearly full: room for a few dozen large files.
const LITTLE_ROOM: u64 = 1024 * 1024 * 1024;

/// Bytes that are free for the hub on the disk of this folder; `None` where the system does not say.
#[cfg(unix)]
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Bytes that are free for the hub on the disk of this folder; `None` where the system does not say.
#[cfg(not(unix))]
pub(crate) fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}

/// Looks at the data folder, the database, the files of tickets, the people, and the certificate if there is one.
pub async fn examine(data: &Path, database: Option<&str>, tls: Option<&TlsFiles>) -> Vec<Check> {
    let mut checks = vec![folder(data), room(data)];
    if let Some(tls) = tls {
        checks.push(match crate::tls::Certificate::open(tls.clone()) {
            Ok(_) => check("certificate", Health::Good, "certificate and key can be read and fit"),
            Err(error) => check("certificate", Health::Bad, &error.to_string()),
        });
    }
    // Opening would make one, and there is nothing to look at yet.
    if database.is_none() && !data.join(SQLITE_FILE).exists() {
        checks.push(check("database", Health::Poor, "there is none yet: the first `deskside-hub serve` makes it"));
        return checks;
    }
    match Store::open(data, database).await {
        Ok(store) => {
            checks.extend([sound(&store, database.is_none()).await, files(&store, data).await, people(&store).await]);
            store.close().await;
        }
        Err(error) => checks.push(check("database", Health::Bad, &error.to_string())),
    }
    checks
}

fn check(name: &'static str, health: Health, says: &str) -> Check {
    Check { name, health, says: says.to_owned() }
}

fn folder(data: &Path) -> Check {
    let probe = data.join(format!("probe-{}", uuid::Uuid::now_v7()));
    let written = std::fs::write(&probe, b"x");
    let _not_made = std::fs::remove_file(&probe);
    if let Err(error) = written {
        return check("data folder", Health::Bad, &format!("{} cannot be written: {error}", data.display()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(data).map(|found| found.permissions().mode() & 0o077).unwrap_or_default();
        if mode != 0 {
            return check(
                "data folder",
                Health::Poor,
                &format!("others can look into it: chmod 700 {}", data.display()),
            );
        }
    }
    check("data folder", Health::Good, &format!("{} can be written, by nobody else", data.display()))
}

fn room(data: &Path) -> Check {
    match free_bytes(data) {
        None => check("disk", Health::Poor, "the system does not say how much room is left"),
        Some(free) if free < LITTLE_ROOM => {
            check("disk", Health::Bad, &format!("only {} MB are left: make room", free / 1_000_000))
        }
        Some(free) => check("disk", Health::Good, &format!("{} GB are left", free / 1_000_000_000)),
    }
}

async fn sound(store: &Store, is_sqlite: bool) -> Check {
    if let Err(error) = store.ping().await {
        return check("database", Health::Bad, &error.to_string());
    }
    if !is_sqlite {
        return check("database", Health::Good, "PostgreSQL answers");
    }
    let verdict = sqlx::query("PRAGMA quick_check(1)").fetch_one(store.pool()).await;
    match verdict.and_then(|row| row.try_get::<String, _>(0)) {
        Ok(verdict) if verdict == "ok" => check("database", Health::Good, "SQLite is sound"),
        Ok(verdict) => check("database", Health::Bad, &format!("SQLite is damaged ({verdict}): restore a backup")),
        Err(error) => check("database", Health::Bad, &error.to_string()),
    }
}

/// Whether the files that the database names are on the disk.
async fn files(store: &Store, data: &Path) -> Check {
    let found = sqlx::query("SELECT DISTINCT sha256 FROM attachments WHERE arrived_at IS NOT NULL")
        .fetch_all(store.pool())
        .await;
    let rows = match found {
        Ok(rows) => rows,
        Err(error) => return check("files of tickets", Health::Bad, &error.to_string()),
    };
    let gone = rows
        .iter()
        .filter_map(|row| deskside_protocol::Sha256::try_from(row.try_get::<String, _>("sha256").ok()?).ok())
        .filter(|digest| !Files::path_below(data, digest).exists())
        .count();
    if gone > 0 {
        return check("files of tickets", Health::Bad, &format!("{gone} of {} are gone: restore a backup", rows.len()));
    }
    check("files of tickets", Health::Good, &format!("all {} are there", rows.len()))
}

async fn people(store: &Store) -> Check {
    let found = sqlx::query("SELECT COUNT(*) AS people FROM people WHERE role = 'administrator' AND active = 1")
        .fetch_one(store.pool())
        .await;
    match found.and_then(|row| row.try_get::<i64, _>("people")) {
        Ok(0) => check(
            "administrators",
            Health::Bad,
            "nobody can manage the hub: deskside-hub person add LOGIN --role administrator",
        ),
        Ok(count) => check("administrators", Health::Good, &format!("{count} can sign in")),
        Err(error) => check("administrators", Health::Bad, &error.to_string()),
    }
}
