//! What is over goes after its time, what is not stays, and no clock wipes anything.

use deskside_protocol::{DraftId, FollowUpId};
use proptest::prelude::*;

use super::*;
use crate::store::columns::word;
use deskside_protocol::ticket::TicketState;

const DAY_MS: i64 = 24 * HOUR_MS;

fn day(number: i64) -> Timestamp {
    Timestamp::from_unix_ms(number * DAY_MS)
}

async fn request(store: &Store, state: Option<TicketState>, updated: Timestamp, standing: &str) -> ClientId {
    let id = ClientId::new();
    sqlx::query(
        "INSERT INTO tickets (client_id, title, description, number, state, created_at, updated_at)
         VALUES (?, 'A request', 'A request', 7, ?, 0, ?)",
    )
    .bind(id.to_string())
    .bind(state.as_ref().map(word))
    .bind(updated.unix_ms())
    .execute(store.pool())
    .await
    .unwrap();
    sqlx::query("INSERT INTO outbox (id, client_id, message, standing, queued_at) VALUES (?1, ?1, '{}', ?2, ?3)")
        .bind(id.to_string())
        .bind(standing)
        .bind(updated.unix_ms())
        .execute(store.pool())
        .await
        .unwrap();
    id
}

async fn file(store: &Store, client_id: ClientId, owner_kind: &str) -> AttachmentId {
    let id = AttachmentId::new();
    let owner = if owner_kind == "entry" { FollowUpId::new().to_string() } else { client_id.to_string() };
    sqlx::query(
        "INSERT INTO files (id, owner_kind, owner, client_id, name, media_type, size_bytes, sha256, screenshot, position)
         VALUES (?, ?, ?, ?, 'a.txt', 'text/plain', 1, ?, 0, 1)",
    )
    .bind(id.to_string())
    .bind(owner_kind)
    .bind(owner)
    .bind(client_id.to_string())
    .bind("0".repeat(64))
    .execute(store.pool())
    .await
    .unwrap();
    std::fs::write(files::kept(store.folder(), id), "x").unwrap();
    id
}

async fn remaining(store: &Store) -> Vec<ClientId> {
    let rows = sqlx::query("SELECT client_id FROM tickets").fetch_all(store.pool()).await.unwrap();
    rows.iter().map(|row| parsed(row, "client_id").unwrap()).collect()
}

#[tokio::test]
async fn what_is_over_goes_after_its_time_and_everything_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    let (old, new, now) = (day(100), day(195), day(200));
    let closed = request(&store, Some(TicketState::Closed), old, "delivered").await;
    let gone = [file(&store, closed, "ticket").await, file(&store, closed, "entry").await];
    let solved = request(&store, Some(TicketState::Solved), old, "delivered").await;
    let typed = request(&store, Some(TicketState::Closed), old, "delivered").await;
    sqlx::query("UPDATE tickets SET reply_text = 'Half an answer' WHERE client_id = ?")
        .bind(typed.to_string())
        .execute(store.pool())
        .await
        .unwrap();
    let with_file = request(&store, Some(TicketState::Closed), old, "delivered").await;
    let kept_file = file(&store, with_file, "reply").await;
    let stays = [
        request(&store, Some(TicketState::Closed), new, "delivered").await,
        request(&store, Some(TicketState::InProgress), old, "delivered").await,
        request(&store, Some(TicketState::Closed), old, "waiting").await,
        request(&store, Some(TicketState::Closed), old, "parked").await,
        request(&store, None, old, "waiting").await,
        typed,
        with_file,
    ];
    sqlx::query("INSERT INTO drafts (id, client_id, text, saved_at) VALUES (?, ?, 'Typed', ?)")
        .bind(DraftId::new().to_string())
        .bind(ClientId::new().to_string())
        .bind(new.unix_ms())
        .execute(store.pool())
        .await
        .unwrap();
    let aside = folder.path().join(format!("{SET_ASIDE}long-ago.db"));
    std::fs::write(&aside, "damaged").unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
    std::fs::File::options().write(true).open(&aside).unwrap().set_modified(long_ago).unwrap();

    let removed = apply(&store, 90, now).await.unwrap();
    let sorted = |mut ids: Vec<ClientId>| {
        ids.sort_by_key(ToString::to_string);
        ids
    };
    assert_eq!(sorted(removed.requests), sorted(vec![closed, solved]));
    assert_eq!(sorted(remaining(&store).await), sorted(stays.to_vec()));
    assert!(gone.iter().all(|id| !files::kept(folder.path(), *id).exists()));
    assert!(files::kept(folder.path(), kept_file).exists());
    assert!(!aside.exists(), "what was set aside holds the same");
    let (entries, intact) = ledger::read(&mut store.pool().acquire().await.unwrap()).await.unwrap();
    assert!(intact);
    assert_eq!(entries[0].action, LedgerAction::Expired);
    let drafts: i64 = sqlx::query("SELECT count(*) FROM drafts").fetch_one(store.pool()).await.unwrap().get(0);
    assert_eq!(drafts, 1);
}

#[tokio::test]
async fn a_clock_that_leapt_wipes_nothing_until_a_day_has_passed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    let id = request(&store, Some(TicketState::Closed), day(195), "delivered").await;
    assert_eq!(apply(&store, 90, day(196)).await.unwrap(), Removed::default());
    let later = |hours: i64| Timestamp::from_unix_ms(day(4000).unix_ms() + hours * HOUR_MS);
    for hours in [0, 1, 19] {
        assert_eq!(apply(&store, 90, later(hours)).await.unwrap(), Removed::default(), "after {hours} hours");
    }
    // Set right in between: as if nothing had been.
    assert_eq!(apply(&store, 90, day(197)).await.unwrap(), Removed::default());
    assert_eq!(apply(&store, 90, later(25)).await.unwrap(), Removed::default());
    assert_eq!(remaining(&store).await, [id]);
    assert_eq!(apply(&store, 90, later(49)).await.unwrap().requests, [id], "a computer that was off for years");
}

#[tokio::test]
async fn what_was_written_after_a_leap_does_not_vouch_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    let id = request(&store, Some(TicketState::Closed), day(195), "delivered").await;
    apply(&store, 90, day(196)).await.unwrap();
    // Ten years ahead; somebody reports something, and the agent starts again at that time.
    request(&store, None, day(4000), "waiting").await;
    for hours in [1, 2, 19] {
        let now = Timestamp::from_unix_ms(day(4000).unix_ms() + hours * HOUR_MS);
        assert_eq!(apply(&store, 90, now).await.unwrap(), Removed::default(), "after {hours} hours");
    }
    assert!(remaining(&store).await.contains(&id));
}

proptest! {
    #[test]
    fn one_leap_never_removes_and_a_steady_clock_always_does(
        start in 1_000i64..30_000,
        leap in prop_oneof![-900_000i64..-1, 169i64..900_000],
        steps in proptest::collection::vec(1i64..160, 1..20),
    ) {
        let hour = |hours: i64| Timestamp::from_unix_ms(hours * HOUR_MS);
        let (mut clock, mut now) = (Clock::default(), start * 24);
        for step in steps {
            let (allowed, after) = clock.allows(hour(now), Some(hour(start * 24)));
            prop_assert!(allowed, "a steady clock");
            clock = after;
            now += step;
        }
        clock = Clock { last: Some(hour(now)), leapt_to: None };
        let leapt = now + leap;
        for hours in 0..20 {
            let (allowed, after) = clock.allows(hour(leapt + hours), None);
            prop_assert!(!allowed || (0..=168).contains(&(leapt + hours - now)), "after {} hours", hours);
            clock = after;
        }
    }
}
