//! With PostgreSQL, changes are told by the database (`NOTIFY`, from a trigger), so that all hubs on it hear of each
//! other's.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;

use super::tickets::Change;
use crate::state::AppState;

/// Passes on what the database tells, for as long as the hub runs. Does nothing with SQLite.
pub(crate) async fn relay_changes(state: Arc<AppState>) {
    let Some(address) = state.config.database.clone() else { return };
    loop {
        match listen(&state, &address).await {
            Ok(never) => match never {},
            // What is missed meanwhile is fetched later: streams end within minutes and begin with the newest place.
            Err(error) => tracing::warn!(%error, "the database's notices are interrupted"),
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

async fn listen(state: &AppState, address: &str) -> Result<std::convert::Infallible, sqlx::Error> {
    let mut listener = PgListener::connect(address).await?;
    listener.listen("deskside_tickets").await?;
    loop {
        // Reconnects by itself.
        let notice = listener.recv().await?;
        match read(notice.payload()) {
            Some(change) => state.events.tell(change),
            None => tracing::warn!("a notice of the database makes no sense"),
        }
    }
}

/// `NUMBER CREATED DEVICE SEQUENCE`, as the trigger writes it.
fn read(payload: &str) -> Option<Change> {
    let mut words = payload.split(' ');
    Some(Change {
        number: words.next()?.parse().ok()?,
        created: words.next()? == "1",
        device: words.next()?.parse().ok()?,
        visible_sequence: words.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_as_the_trigger_writes_it() {
        let change = read("12 1 0193-not-an-id 7");
        assert_eq!(change, None);
        let change = read("12 1 01936b2a-7d4f-7c10-8000-000000000001 7").unwrap();
        assert_eq!((change.number, change.created, change.visible_sequence), (12, true, 7));
        assert_eq!(read(""), None);
    }
}
