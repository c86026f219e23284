//! How long what is over stays on this computer, where IT's policy says so: requests that are solved or closed, their files,
//! and the ledger's entries of that time. What waits, what was typed and not sent, and what is open is never touched.
//!
//! A clock can be wrong by years, and what is removed does not come back. So nothing is removed after a leap of the clock
//! until it has gone on from there for a day, see [`Clock::allows`].

use std::time::{Duration, SystemTime};

use deskside_protocol::local::LedgerAction;
use deskside_protocol::{AttachmentId, ClientId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::{Row, SqliteConnection};

use crate::ledger;
use crate::store::columns::{parsed, to_json};
use crate::store::{Result, SET_ASIDE, Store, StoreError, files, schema, set_meta};

const HOUR_MS: i64 = 3600 * 1000;
/// A clock that is further ahead than this of the last time we looked has leapt. Longer than a week-end, shorter than any
/// retention that would be missed.
const LEAP_MS: i64 = 7 * 24 * HOUR_MS;
/// A clock that leapt is believed when it went on for this long.
const BELIEVED_AFTER_MS: i64 = 20 * HOUR_MS;
/// Where [`Clock`] is kept.
const CLOCK: &str = "retention-clock";

/// What the clock has shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The last time that was believed.
    last: Option<Timestamp>,
    /// What it showed first after a leap that is not believed yet.
    leapt_to: Option<Timestamp>,
}

impl Clock {
    /// Whether the clock can be believed `now`, and what to remember of it. `newest` is the newest moment that this
    /// computer has written down of its own.
    ///
    /// It is believed if it is not before what it has shown or written already and at most a week after it. A computer that
    /// was switched off for longer, or whose clock was set, is believed a day later. What was written after a leap does not
    /// vouch for it: it has the moments of the very clock that is in doubt.
    #[must_use]
    pub fn allows(self, now: Timestamp, newest: Option<Timestamp>) -> (bool, Self) {
        let since = |earlier: Timestamp| now.unix_ms().saturating_sub(earlier.unix_ms());
        let believed = Self { last: Some(now), leapt_to: None };
        let vouched = |newest: &Timestamp| {
            self.last.is_none_or(|last| newest.unix_ms().saturating_sub(last.unix_ms()) <= LEAP_MS)
        };
        let Some(reference) = self.last.max(newest.filter(vouched)) else { return (true, believed) };
        if (0..=LEAP_MS).contains(&since(reference)) {
            return (true, believed);
        }
        match self.leapt_to.map(since) {
            Some(ms) if (BELIEVED_AFTER_MS..=LEAP_MS).contains(&ms) => (true, believed),
            Some(ms) if (0..BELIEVED_AFTER_MS).contains(&ms) => (false, self),
            Some(_) | None => (false, Self { leapt_to: Some(now), ..self }),
        }
    }
}

/// What was removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Requests.
    pub requests: Vec<ClientId>,
    /// Entries of the ledger.
    pub entries: u64,
}

/// Removes what is over and was left alone for more than `days`.
///
/// # Errors
/// [`StoreError`]; then nothing was removed. A file that cannot be deleted is left for the sweep of the next start.
pub async fn apply(store: &Store, days: u32, now: Timestamp) -> Result<Removed> {
    let mut tx = store.begin().await?;
    let clock = match store_clock(&mut tx).await? {
        Some(text) => serde_json::from_str(&text).unwrap_or_default(),
        None => Clock::default(),
    };
    let (believed, clock) = clock.allows(now, newest(&mut tx).await?);
    set_meta(&mut tx, CLOCK, &to_json(&clock)?).await?;
    if !believed {
        tx.commit().await?;
        tracing::info!("the clock has leapt; what is over stays until it is certain");
        return Ok(Removed::default());
    }
    let before = Timestamp::from_unix_ms(now.unix_ms().saturating_sub(i64::from(days).saturating_mul(24 * HOUR_MS)));
    let requests = over(&mut tx, before).await?;
    let mut bytes = Vec::new();
    for client_id in &requests {
        bytes.extend(remove(&mut tx, *client_id).await?);
    }
    let entries = ledger::forget_before(&mut tx, before).await?;
    if !requests.is_empty() || entries > 0 {
        let detail = format!("{} requests, {entries} entries, after {days} days", requests.len());
        ledger::record(&mut tx, LedgerAction::Expired, None, &detail).await?;
    }
    tx.commit().await?;

    if !requests.is_empty() || entries > 0 {
        // The deleted pages were overwritten (`secure_delete`); the log still holds them.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(store.pool()).await?;
    }
    let folder = store.folder().to_owned();
    let deleted = tokio::task::spawn_blocking(move || {
        for id in bytes {
            files::delete(&files::kept(&folder, id));
            files::delete(&files::fetched(&folder, id));
        }
        let copies = schema::backups(&folder);
        let aside = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(SET_ASIDE));
        for path in copies.into_iter().chain(aside.map(|entry| entry.path())) {
            if is_older(&path, before) {
                files::delete_all(&path);
            }
        }
    });
    deleted.await.map_err(|error| StoreError::Fault(error.to_string()))?;
    Ok(Removed { requests, entries })
}

async fn store_clock(connection: &mut SqliteConnection) -> Result<Option<String>> {
    let row = sqlx::query("SELECT value FROM meta WHERE name = ?").bind(CLOCK).fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// The newest moment that this computer's own clock has written down. What a server says does not count: it could say
/// anything.
async fn newest(connection: &mut SqliteConnection) -> Result<Option<Timestamp>> {
    let row = sqlx::query(
        "SELECT max(at) AS at FROM (SELECT max(at) AS at FROM ledger
             UNION ALL SELECT max(queued_at) FROM outbox UNION ALL SELECT max(saved_at) FROM drafts)",
    )
    .fetch_one(connection)
    .await?;
    Ok(row.try_get::<Option<i64>, _>("at")?.map(Timestamp::from_unix_ms))
}

/// Requests that are over, by the helpdesk's clock and by ours, and that nothing here waits for.
async fn over(connection: &mut SqliteConnection, before: Timestamp) -> Result<Vec<ClientId>> {
    let rows = sqlx::query(
        "SELECT client_id FROM tickets
         WHERE state IN ('solved', 'closed') AND updated_at < ?1 AND trim(reply_text) = ''
           AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.client_id = tickets.client_id
                           AND (standing <> 'delivered' OR queued_at >= ?1))
           AND NOT EXISTS (SELECT 1 FROM files WHERE owner_kind = 'reply' AND owner = tickets.client_id)",
    )
    .bind(before.unix_ms())
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| parsed(row, "client_id")).collect()
}

/// Removes a request with its thread; the files whose bytes nothing needs any more.
async fn remove(connection: &mut SqliteConnection, client_id: ClientId) -> Result<Vec<AttachmentId>> {
    let id = client_id.to_string();
    let rows = sqlx::query("SELECT id FROM files WHERE client_id = ?").bind(&id).fetch_all(&mut *connection).await?;
    sqlx::query("DELETE FROM files WHERE client_id = ?").bind(&id).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM tickets WHERE client_id = ?").bind(&id).execute(connection).await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

fn is_older(path: &std::path::Path, before: Timestamp) -> bool {
    let since_1970 = Duration::from_millis(u64::try_from(before.unix_ms()).unwrap_or(0));
    let changed = std::fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    changed.is_ok_and(|changed| changed < SystemTime::UNIX_EPOCH + since_1970)
}

#[cfg(test)]
#[path = "retention_tests.rs"]
mod tests;
