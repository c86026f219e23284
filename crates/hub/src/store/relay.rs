//! With PostgreSQL, changes are told by the database (`NOTIFY`, from a trigger), so that all hubs on it hear of each
//! other's. A notice can be lost: with the connection, or with a network that says nothing. So a hub remembers how far it
//! has heard, and looks for what came after that whenever it connects again, and now and then.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::Row as _;
use sqlx::postgres::PgListener;

use super::tickets::Change;
use super::{Result, Store, rows};
use crate::limits;
use crate::state::AppState;

/// Passes on what the database tells, for as long as the hub runs. Does nothing with SQLite.
pub(crate) async fn relay_changes(state: Arc<AppState>) {
    let Some(address) = state.config.database.clone() else { return };
    let relay = Relay { heard: AtomicI64::new(state.store.newest_change().await.unwrap_or(i64::MAX)), state };
    tokio::join!(relay.listen_always(&address), relay.look_now_and_then());
}

/// What one hub has heard of.
struct Relay {
    state: Arc<AppState>,
    /// The newest `change_seq`. Notices come in their order: a writer holds the counter until it commits.
    heard: AtomicI64,
}

impl Relay {
    async fn listen_always(&self, address: &str) {
        loop {
            match self.listen(address).await {
                Ok(never) => match never {},
                Err(error) => tracing::warn!(%error, "the database's notices are interrupted"),
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    async fn listen(&self, address: &str) -> std::result::Result<Infallible, sqlx::Error> {
        let mut listener = PgListener::connect(address).await?;
        listener.listen("deskside_tickets").await?;
        self.catch_up().await;
        loop {
            // `None`: the connection was lost and is there again.
            let Some(notice) = listener.try_recv().await? else {
                self.catch_up().await;
                continue;
            };
            match read(notice.payload()) {
                Some((change, sequence)) => {
                    self.state.events.tell(change);
                    self.heard.fetch_max(sequence, Ordering::Relaxed);
                    if let Some(gateway) = &self.state.gateway {
                        gateway.heard();
                    }
                }
                None => tracing::warn!("a notice of the database makes no sense"),
            }
        }
    }

    async fn look_now_and_then(&self) {
        loop {
            tokio::time::sleep(limits::MISSED_LOOK).await;
            self.catch_up().await;
        }
    }

    /// Tells what changed since the last that was heard of.
    async fn catch_up(&self) {
        let heard = self.heard.load(Ordering::Relaxed);
        // The first look failed: there is no telling what was missed before the database was first there.
        let missed = match heard {
            i64::MAX => self.state.store.newest_change().await.map(|newest| (Vec::new(), newest)),
            heard => self.state.store.changes_after(heard).await,
        };
        match missed {
            Ok((changes, newest)) => {
                if !changes.is_empty() {
                    tracing::info!(changes = changes.len(), "changes were told that no notice came of");
                }
                changes.into_iter().for_each(|change| self.state.events.tell(change));
                match heard {
                    i64::MAX => self.heard.store(newest, Ordering::Relaxed),
                    _ => _ = self.heard.fetch_max(newest, Ordering::Relaxed),
                }
            }
            Err(error) => tracing::warn!(%error, "changes that were missed could not be looked for"),
        }
    }
}

impl Store {
    /// The newest place in the feed of all changes.
    async fn newest_change(&self) -> Result<i64> {
        let row =
            sqlx::query("SELECT COALESCE(MAX(change_seq), 0) AS newest FROM tickets").fetch_one(&self.pool).await?;
        Ok(row.try_get("newest")?)
    }

    /// The changes after this place, oldest first, and the place of the last; of very many, the newest.
    async fn changes_after(&self, place: i64) -> Result<(Vec<Change>, i64)> {
        let found = sqlx::query(
            "SELECT number, device_id, visible_seq, change_seq FROM tickets WHERE change_seq > $1
             ORDER BY change_seq DESC LIMIT $2",
        )
        .bind(place)
        .bind(limits::MISSED_TOLD)
        .fetch_all(&self.pool)
        .await?;
        let newest = match found.first() {
            Some(row) => row.try_get("change_seq")?,
            None => place,
        };
        let change = |row: &sqlx::any::AnyRow| {
            Ok(Change {
                number: rows::count(row, "number")?,
                device: rows::id(row, "device_id")?,
                // Not known here; whoever is told looks again either way.
                created: false,
                visible_sequence: row.try_get("visible_seq")?,
            })
        };
        Ok((found.iter().rev().map(change).collect::<Result<_>>()?, newest))
    }
}

/// `NUMBER CREATED DEVICE VISIBLE CHANGE`, as the trigger writes it: the change, and its place in the feed of all.
fn read(payload: &str) -> Option<(Change, i64)> {
    let mut words = payload.split(' ');
    let change = Change {
        number: words.next()?.parse().ok()?,
        created: words.next()? == "1",
        device: words.next()?.parse().ok()?,
        visible_sequence: words.next()?.parse().ok()?,
    };
    Some((change, words.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_as_the_trigger_writes_it() {
        assert_eq!(read("12 1 0193-not-an-id 7 9"), None);
        let (change, place) = read("12 1 01936b2a-7d4f-7c10-8000-000000000001 7 9").unwrap();
        assert_eq!((change.number, change.created, change.visible_sequence, place), (12, true, 7, 9));
        assert_eq!(read("12 1 01936b2a-7d4f-7c10-8000-000000000001 7"), None);
        assert_eq!(read(""), None);
    }
}
