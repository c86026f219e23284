//! `deskside-hub doctor`: looks at everything that a hub needs, changes nothing, and says what to do.

use std::path::Path;

use deskside_protocol::Timestamp;
use sqlx::Row as _;

use crate::config::TlsFiles;
use crate::files::Files;
use crate::store::{SQLITE_FILE, Standing, Store};

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

/// What waits for longer than this for the helpdesk behind the hub is worth a look.
const LONG_WAIT: i64 = 15;

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
            checks.extend(helpdesk(&store).await);
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

/// Whether what is filed in the helpdesk behind this hub goes on, if there is one.
async fn helpdesk(store: &Store) -> Option<Check> {
    match store.upstream_standing().await {
        Ok(standing) => standing.map(|standing| of_standing(&standing, Timestamp::now())),
        Err(error) => Some(check("helpdesk", Health::Bad, &error.to_string())),
    }
}

fn of_standing(standing: &Standing, now: Timestamp) -> Check {
    let minutes = |since: Timestamp| now.unix_ms().saturating_sub(since.unix_ms()).max(0) / 60_000;
    let oldest = standing.oldest.map(minutes);
    let waits = match oldest {
        Some(oldest) => format!("{} waiting, the oldest for {oldest} minutes", standing.waiting),
        None => "nothing is waiting".to_owned(),
    };
    let troubles: Vec<String> = standing
        .standstills
        .iter()
        .map(|why| format!("{} ({:?}, for {} minutes)", why.detail, why.code, minutes(why.since)))
        .collect();
    if !troubles.is_empty() {
        let says = format!(
            "nothing goes on there: {}; {waits}. See to the helpdesk or the service account",
            troubles.join("; ")
        );
        return check("helpdesk", Health::Bad, &says);
    }
    let health = if oldest.is_some_and(|oldest| oldest >= LONG_WAIT) { Health::Poor } else { Health::Good };
    check("helpdesk", health, &format!("it takes and tells; {waits}"))
}

#[cfg(test)]
mod tests {
    use deskside_protocol::ErrorCode;

    use super::*;
    use crate::store::Standstill;

    #[test]
    fn a_gateway_that_stands_still_is_said_with_its_reason() {
        let at = |minute: i64| Timestamp::from_unix_ms(minute * 60_000);
        let standing = |oldest, code: Option<ErrorCode>| Standing {
            waiting: i64::from(oldest > 0),
            oldest: (oldest > 0).then(|| at(oldest)),
            standstills: code
                .map(|code| Standstill { code, detail: "HTTP 401".to_owned(), since: at(90) })
                .into_iter()
                .collect(),
        };
        let good = of_standing(&standing(0, None), at(100));
        assert_eq!((good.health, good.says.as_str()), (Health::Good, "it takes and tells; nothing is waiting"));
        assert_eq!(of_standing(&standing(95, None), at(100)).health, Health::Good);
        let poor = of_standing(&standing(60, None), at(100));
        assert!(poor.health == Health::Poor && poor.says.contains("1 waiting, the oldest for 40 minutes"));
        let bad = of_standing(&standing(95, Some(ErrorCode::Unauthorized)), at(100));
        assert_eq!(bad.health, Health::Bad);
        assert!(bad.says.contains("HTTP 401 (Unauthorized, for 10 minutes); 1 waiting"), "{}", bad.says);
    }
}
