//! The same story on both databases: what a hub promises, told over HTTP. On SQLite every case is a test of its own; on
//! PostgreSQL one test starts a server and runs them all, each in a database of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use deskside_protocol::desk::{Changes, Receipt};
use deskside_protocol::ticket::{AttachmentMeta, Author, TicketState};
use deskside_protocol::{AttachmentId, ClientId, FollowUpId};
use deskside_protocol::{ErrorCode, limits};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use support::{Console, Desk, Stream, announced, assert_problem, document, fresh_database, with_postgres};

type Case = fn(Desk) -> Pin<Box<dyn Future<Output = ()>>>;

macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        const CASES: &[(&str, Case)] = &[$((stringify!($case), |desk| Box::pin($case(desk)))),*];

        mod sqlite {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case(Desk::start(None).await).await;
                }
            )*
        }
    };
}

cases![
    a_ticket_is_kept_once_and_byte_for_byte,
    an_identity_belongs_to_one_document_and_one_device,
    a_hundred_at_once_make_one_ticket,
    many_at_once_get_numbers_of_their_own,
    a_cursor_never_skips_a_change,
    a_cursor_of_another_time_or_place_asks_to_start_over,
    conversations_of_any_length_come_in_answers_that_a_device_takes,
    internal_notes_never_leave_the_helpdesk,
    a_ticket_goes_its_way_and_no_other,
    the_requester_has_the_last_word,
    files_arrive_whole_or_not_at_all,
    replies_bring_files_and_are_kept_once,
    a_token_enrols_as_many_as_it_says_and_no_more,
    a_revoked_device_is_nobody,
    the_list_finds_what_is_asked_for,
    pages_cover_the_list_once,
    people_do_what_their_role_allows,
    a_technicians_files_come_with_the_answer_or_not_at_all,
    files_of_a_note_are_the_helpdesks_alone,
    a_reset_password_opens_nothing_but_a_better_one,
    who_is_removed_is_gone_and_what_they_said_stays,
    the_journal_tells_who_did_what,
    nudges_go_to_whom_they_concern,
    odd_text_is_kept,
    everything_survives_a_restart,
];

#[test]
fn postgres() {
    with_postgres(async |server| {
        let mut failed = Vec::new();
        for (name, case) in CASES {
            let desk = Desk::start(Some(fresh_database(server, name).await)).await;
            if AssertUnwindSafe(case(desk)).catch_unwind().await.is_err() {
                failed.push(*name);
            }
        }
        let shared = fresh_database(server, "two_hubs").await;
        if AssertUnwindSafe(two_hubs_hear_of_each_other(shared)).catch_unwind().await.is_err() {
            failed.push("two_hubs_hear_of_each_other");
        }
        assert!(failed.is_empty(), "on PostgreSQL these failed: {failed:?}");
    });
}

async fn a_ticket_is_kept_once_and_byte_for_byte(mut desk: Desk) {
    let device = desk.device().await;
    // Spelled as no serialiser of ours would: the bytes count, not what they mean.
    let mut bytes = serde_json::to_vec_pretty(&document("The printer\nprints blank pages")).unwrap();
    bytes.extend_from_slice(b" \n\t ");
    let first = device.send_bytes(bytes.clone()).await;
    assert_eq!(first.status(), StatusCode::CREATED);
    let first: Receipt = first.json().await.unwrap();
    let again = device.send_bytes(bytes.clone()).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(again.json::<Receipt>().await.unwrap(), first);
    let asked: Receipt = device.get(&format!("/tickets/{}/receipt", first.client_id)).await.json().await.unwrap();
    assert_eq!(asked, first);

    let database = desk.database().await;
    let kept = sqlx::query("SELECT document FROM tickets").fetch_all(&database).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].get::<Vec<u8>, _>("document"), bytes);

    let console = desk.administrator().await;
    let seen = console.ticket(first.number).await;
    assert_eq!(seen.document.description, "The printer\nprints blank pages");
    assert_eq!((seen.row.requester.as_str(), seen.row.device.as_str()), ("Anna Ström", "pc-7"));
    assert!(seen.row.awaits_answer);
}

async fn an_identity_belongs_to_one_document_and_one_device(desk: Desk) {
    let (mine, theirs) = (desk.device().await, desk.device().await);
    let file = announced("a.txt", "text/plain", b"abc");
    let mut given = document("mine");
    given.attachments.push(file.clone());
    assert_eq!(mine.send(&given).await.status(), StatusCode::CREATED);

    let mut other = given.clone();
    other.description = "something else".to_owned();
    assert_problem(mine.send(&other).await, 409, ErrorCode::Refused).await;

    // For another device it is as if there were no such ticket, whatever it asks.
    let id = given.client_id;
    assert_problem(theirs.send(&given).await, 404, ErrorCode::NotFound).await;
    assert_problem(theirs.get(&format!("/tickets/{id}/receipt")).await, 404, ErrorCode::NotFound).await;
    assert_problem(theirs.reply(id, "hello").await, 404, ErrorCode::NotFound).await;
    assert_problem(theirs.verdict(id, json!({ "verdict": "confirm" })).await, 404, ErrorCode::NotFound).await;
    let path = format!("/tickets/{id}/attachments/{}", file.id);
    assert_problem(theirs.put(&path, b"abc".to_vec()).await, 404, ErrorCode::NotFound).await;
    assert_eq!(mine.put(&path, b"abc".to_vec()).await.status(), StatusCode::NO_CONTENT);
    assert_problem(theirs.get(&path).await, 404, ErrorCode::NotFound).await;
    assert!(theirs.changes(None).await.tickets.is_empty());

    // Nor can it take a file's identity for a ticket of its own.
    let mut thief = document("theirs");
    thief.attachments.push(file);
    assert_problem(theirs.send(&thief).await, 409, ErrorCode::Refused).await;
    assert_problem(theirs.get(&format!("/tickets/{}/receipt", thief.client_id)).await, 404, ErrorCode::NotFound).await;
}

async fn a_hundred_at_once_make_one_ticket(mut desk: Desk) {
    let device = desk.device().await;
    let bytes = serde_json::to_vec(&document("once")).unwrap();
    let answers = join_all((0..100).map(|_| device.send_bytes(bytes.clone()))).await;
    let mut created = 0;
    let mut numbers = BTreeSet::new();
    for answer in answers {
        assert!(answer.status().is_success(), "{}", answer.status());
        created += usize::from(answer.status() == StatusCode::CREATED);
        numbers.insert(answer.json::<Receipt>().await.unwrap().number);
    }
    assert_eq!(created, 1);
    assert_eq!(numbers.len(), 1);
    assert_eq!(desk.administrator().await.list("").await.total, 1);
}

async fn many_at_once_get_numbers_of_their_own(mut desk: Desk) {
    let devices = [desk.device().await, desk.device().await, desk.device().await];
    let sent = join_all((0..60).map(|n| {
        let device = &devices[n % 3];
        async move { device.report(&format!("ticket {n}")).await.1 }
    }));
    let numbers: BTreeSet<u64> = sent.await.into_iter().collect();
    assert_eq!(numbers, (1..=60).collect());
    assert_eq!(desk.administrator().await.list("limit=1").await.total, 60);
}

async fn a_cursor_never_skips_a_change(mut desk: Desk) {
    const TICKETS: u64 = 6;
    const ROUNDS: usize = 12;
    let device = desk.device().await;
    let console = desk.administrator().await;
    for n in 0..TICKETS {
        device.report(&format!("ticket {n}")).await;
    }
    // Writers on all tickets at once, and a reader who only ever follows the cursor.
    let writers = (1..=TICKETS).map(|number| {
        let console = console.clone();
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                let answer = console.say(number, &format!("round {round}"), false, None).await;
                assert_eq!(answer.status(), StatusCode::CREATED);
            }
        })
    });
    let writers = tokio::spawn(join_all(writers.collect::<Vec<_>>()));
    let mut cursor: Option<String> = None;
    let mut longest: HashMap<u64, usize> = HashMap::new();
    loop {
        let is_last = writers.is_finished();
        let Changes { tickets, cursor: next, more } = device.changes(cursor.as_deref()).await;
        for ticket in tickets {
            longest.insert(ticket.number, ticket.thread.len());
        }
        cursor = Some(next);
        if is_last && !more {
            break;
        }
    }
    for written in writers.await.unwrap() {
        written.unwrap();
    }
    let all: HashMap<u64, usize> = (1..=TICKETS).map(|number| (number, ROUNDS)).collect();
    assert_eq!(longest, all, "the reader missed a change");
    assert!(device.changes(cursor.as_deref()).await.tickets.is_empty(), "and nothing comes twice");
}

async fn a_cursor_of_another_time_or_place_asks_to_start_over(mut desk: Desk) {
    let (device, other) = (desk.device().await, desk.device().await);
    device.report("one").await;
    other.report("of others").await;
    device.report("two").await;
    let changes = device.changes(None).await;
    assert_eq!(device.changes(Some(&changes.cursor)).await.cursor, changes.cursor, "nothing new: the same place");
    let theirs = other.changes(None).await.cursor;
    let (head, tail) = changes.cursor.split_at(20);
    let touched = format!("{head}{}{}", if tail.starts_with('A') { 'B' } else { 'A' }, &tail[1..]);
    let elsewhere = "c1-0011223344556677-1";
    for unknown in [&theirs, &touched, elsewhere, "", "1", "c2-", "%27%20OR%201=1", &"c2-A".repeat(100)] {
        assert_problem(device.get(&format!("/tickets?since={unknown}")).await, 410, ErrorCode::StartOver).await;
    }
    // The hub is set back to an older copy: what was seen since is ahead of it.
    let database = desk.database().await;
    let back = "UPDATE tickets SET visible_seq = -visible_seq";
    sqlx::query(back).execute(&database).await.unwrap();
    let ahead = device.get(&format!("/tickets?since={}", changes.cursor)).await;
    assert_problem(ahead, 410, ErrorCode::StartOver).await;
    sqlx::query(back).execute(&database).await.unwrap();
    // The cursor is this database's, not this process's.
    desk.restart().await;
    let device = support::Device { url: desk.url.clone(), ..device };
    assert!(device.changes(Some(&changes.cursor)).await.tickets.is_empty());
    let read = URL_SAFE_NO_PAD.decode(&changes.cursor[3..]).unwrap();
    assert!(!read.windows(8).any(|bytes| bytes == 3_i64.to_be_bytes()), "the company's counter is readable");
}

/// What the device kept of each ticket after it followed the cursor to the end: the first word of each entry.
async fn followed(device: &support::Device) -> std::collections::BTreeMap<u64, Vec<String>> {
    let mut kept = std::collections::BTreeMap::new();
    let mut path = "/tickets".to_owned();
    loop {
        let answer = device.get(&path).await.bytes().await.unwrap();
        assert!(answer.len() < limits::ANSWER_BYTES, "a device takes no answer of {} bytes", answer.len());
        let changes: Changes = serde_json::from_slice(&answer).unwrap();
        assert!(!changes.tickets.is_empty() || !changes.more, "it would ask for ever");
        for ticket in changes.tickets {
            let words = ticket.thread.iter().map(|entry| entry.text.split(' ').next().unwrap().to_owned());
            kept.insert(ticket.number, words.collect());
        }
        if !changes.more {
            return kept;
        }
        path = format!("/tickets?since={}", changes.cursor);
    }
}

async fn conversations_of_any_length_come_in_answers_that_a_device_takes(desk: Desk) {
    let device = desk.device().await;
    // In JSON every character of it takes six bytes.
    let long = |n: usize| format!("{n} {}", "\u{1}".repeat(19_000));
    let mut last = None;
    for _ in 0..3 {
        let (id, _) = device.report("help").await;
        for n in 0..26 {
            assert_eq!(device.reply(id, &long(n)).await.status(), StatusCode::CREATED);
        }
        last = Some(id);
    }
    let kept = followed(&device).await;
    assert_eq!(kept.values().map(Vec::len).collect::<Vec<_>>(), [26, 26, 26], "all of it, in several answers");

    for n in 26..80 {
        assert_eq!(device.reply(last.unwrap(), &long(n)).await.status(), StatusCode::CREATED);
    }
    let kept = followed(&device).await;
    let newest = &kept[&3];
    assert!((20..80).contains(&newest.len()), "{} entries", newest.len());
    let expected: Vec<String> = (80 - newest.len()..80).map(|n| n.to_string()).collect();
    assert_eq!(newest, &expected, "of one that is too long alone, the newest entries");
}

async fn internal_notes_never_leave_the_helpdesk(mut desk: Desk) {
    let device = desk.device().await;
    let (id, number) = device.report("help").await;
    let console = desk.administrator().await;
    let before = device.changes(None).await;
    assert_eq!(console.say(number, "he is lying, see S3CRET", true, None).await.status(), StatusCode::CREATED);
    assert!(device.changes(Some(&before.cursor)).await.tickets.is_empty(), "a note is no news to the device");

    // A note that comes with a change of state: the change is visible, the note is not.
    assert_eq!(console.say(number, "S3CRET too", true, Some("on-hold")).await.status(), StatusCode::CREATED);
    assert_eq!(console.say(number, "We are on it", false, None).await.status(), StatusCode::CREATED);
    let raw = device.get("/tickets").await.text().await.unwrap();
    assert!(!raw.contains("S3CRET"), "{raw}");
    let changes: Changes = serde_json::from_str(&raw).unwrap();
    let thread = &changes.tickets[0].thread;
    assert_eq!(thread.len(), 2);
    assert_eq!((thread[0].author, thread[0].new_state), (Author::System, Some(TicketState::OnHold)));
    assert_eq!(thread[1].text, "We are on it");
    assert_eq!(thread[1].author_name.as_deref(), Some("Administrator"));

    let seen = console.ticket(number).await;
    assert_eq!(seen.thread.iter().filter(|entry| entry.internal).count(), 2);
    assert_eq!(seen.thread.len(), 4);
    assert_eq!(console.list("q=s3cret").await.total, 1, "technicians find their notes");
    // Nor does its identity give a note away: it is taken, and that is all that can be learnt.
    let note = seen.thread.iter().find(|entry| entry.internal).unwrap().follow_up.id;
    let probe = json!({ "id": note, "text": "x", "attachments": [] });
    let answer = device.post(&format!("/tickets/{id}/follow-ups"), &probe).await;
    assert!(!answer.text().await.unwrap().contains("S3CRET"));
}

async fn a_ticket_goes_its_way_and_no_other(mut desk: Desk) {
    let device = desk.device().await;
    let (_, number) = device.report("help").await;
    let console = desk.administrator().await;
    let path = format!("/console/tickets/{number}");
    let move_to = |state: &'static str| {
        let (console, path) = (console.clone(), path.clone());
        async move { console.patch(&path, &json!({ "state": state })).await }
    };
    for state in ["in-progress", "waiting-for-requester", "on-hold", "solved"] {
        assert_eq!(move_to(state).await.status(), StatusCode::NO_CONTENT, "to {state}");
    }
    assert_eq!(move_to("solved").await.status(), StatusCode::NO_CONTENT, "it is so already");
    assert_problem(move_to("new").await, 409, ErrorCode::WrongState).await;
    assert_eq!(move_to("closed").await.status(), StatusCode::NO_CONTENT);
    let problem = assert_problem(move_to("on-hold").await, 409, ErrorCode::WrongState).await;
    assert_eq!(problem.detail.as_deref(), Some("not possible for a ticket that is closed"));
    assert_eq!(move_to("in-progress").await.status(), StatusCode::NO_CONTENT, "taken on again");

    assert_eq!(console.patch(&path, &json!({ "assignee": "admin" })).await.status(), StatusCode::NO_CONTENT);
    assert_problem(console.patch(&path, &json!({ "assignee": "stranger" })).await, 422, ErrorCode::Refused).await;
    let view = device.changes(None).await.tickets.remove(0);
    assert_eq!(view.assignee.as_deref(), Some("Administrator"), "as people say it");
    assert_eq!(view.state, TicketState::InProgress);
    assert_eq!(console.patch(&path, &json!({ "assignee": "" })).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(console.ticket(number).await.row.assignee, None);
    assert_problem(console.patch("/console/tickets/999", &json!({})).await, 404, ErrorCode::NotFound).await;
}

async fn the_requester_has_the_last_word(mut desk: Desk) {
    let device = desk.device().await;
    let (id, number) = device.report("help").await;
    let console = desk.administrator().await;
    let path = format!("/console/tickets/{number}");
    for early in [
        json!({ "verdict": "confirm" }),
        json!({ "verdict": "rate", "stars": 5 }),
        json!({ "verdict": "reopen", "text": "no" }),
    ] {
        assert_problem(device.verdict(id, early).await, 409, ErrorCode::WrongState).await;
    }
    // An answer that was waited for puts the ticket back to work.
    console.say(number, "Which floor?", false, Some("waiting-for-requester")).await;
    assert!(!console.ticket(number).await.row.awaits_answer);
    assert_eq!(device.reply(id, "The third").await.status(), StatusCode::CREATED);
    let row = console.ticket(number).await.row;
    assert_eq!((row.state, row.awaits_answer), (TicketState::InProgress, true));

    console.say(number, "Done", false, Some("solved")).await;
    assert_eq!(
        device.verdict(id, json!({ "verdict": "reopen", "text": "Still blank" })).await.status(),
        StatusCode::NO_CONTENT
    );
    let seen = console.ticket(number).await;
    assert_eq!((seen.row.state, seen.row.awaits_answer), (TicketState::InProgress, true));
    assert_eq!(seen.thread.last().unwrap().follow_up.text, "Still blank");

    console.patch(&path, &json!({ "state": "solved" })).await;
    let confirm = json!({ "id": FollowUpId::new(), "verdict": { "verdict": "confirm" } });
    for _ in 0..2 {
        let answer = device.post(&format!("/tickets/{id}/verdicts"), &confirm).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "said once or twice");
    }
    let view = device.changes(None).await.tickets.remove(0);
    assert_eq!(view.state, TicketState::Closed);
    assert_eq!(view.thread.iter().filter(|entry| entry.new_state == Some(TicketState::Closed)).count(), 1);

    assert_problem(device.verdict(id, json!({ "verdict": "rate", "stars": 6 })).await, 400, ErrorCode::BadRequest)
        .await;
    let rated = device.verdict(id, json!({ "verdict": "rate", "stars": 4, "comment": "quick" })).await;
    assert_eq!(rated.status(), StatusCode::NO_CONTENT);
    assert_problem(device.verdict(id, json!({ "verdict": "rate", "stars": 1 })).await, 409, ErrorCode::WrongState)
        .await;
    let rating = console.ticket(number).await.rating.unwrap();
    assert_eq!((rating.stars, rating.comment.as_deref()), (4, Some("quick")));
    assert_eq!(device.changes(None).await.tickets[0].rating, Some(4));

    // A reply to a closed ticket opens it again: nobody looks at closed ones.
    assert_eq!(device.reply(id, "It is back").await.status(), StatusCode::CREATED);
    assert_eq!(console.ticket(number).await.row.state, TicketState::InProgress);
}

async fn files_arrive_whole_or_not_at_all(mut desk: Desk) {
    let device = desk.device().await;
    let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let file = announced("../../log\u{202e}gpj.txt", "text/plain", &bytes);
    let mut given = document("with a file");
    given.attachments.push(file.clone());
    let receipt: Receipt = device.send(&given).await.json().await.unwrap();
    assert_eq!(receipt.missing, [file.id]);
    let path = format!("/tickets/{}/attachments/{}", given.client_id, file.id);
    assert_problem(device.get(&path).await, 404, ErrorCode::NotFound).await;

    let mut damaged = bytes.clone();
    damaged[7] ^= 1;
    assert_problem(device.put(&path, damaged).await, 422, ErrorCode::FileUnreadable).await;
    assert_problem(device.put(&path, bytes[..9].to_vec()).await, 422, ErrorCode::FileUnreadable).await;
    let mut long = bytes.clone();
    long.push(0);
    assert_problem(device.put(&path, long).await, 413, ErrorCode::FileTooLarge).await;
    assert!(!desk.attachment_file(&file.sha256).exists());
    let receipt: Receipt = device.get(&format!("/tickets/{}/receipt", given.client_id)).await.json().await.unwrap();
    assert_eq!(receipt.missing, [file.id], "nothing of it has arrived");

    for _ in 0..2 {
        assert_eq!(device.put(&path, bytes.clone()).await.status(), StatusCode::NO_CONTENT);
    }
    let receipt: Receipt = device.get(&format!("/tickets/{}/receipt", given.client_id)).await.json().await.unwrap();
    assert!(receipt.missing.is_empty());
    assert_eq!(device.get(&path).await.bytes().await.unwrap(), bytes);
    assert_eq!(std::fs::read(desk.attachment_file(&file.sha256)).unwrap(), bytes);
    let left = std::fs::read_dir(desk.config.data.join("incoming")).unwrap().count();
    assert_eq!(left, 0, "broken uploads leave nothing");

    let console = desk.administrator().await;
    let seen = console.ticket(receipt.number).await;
    assert_eq!(seen.arrived, [file.id]);
    let answer = console.get(&format!("/console/attachments/{}", file.id)).await;
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"loggpj.txt\"; filename*=UTF-8''loggpj.txt"
    );
    assert_eq!(answer.bytes().await.unwrap(), bytes);
}

async fn replies_bring_files_and_are_kept_once(desk: Desk) {
    let device = desk.device().await;
    let (id, _) = device.report("help").await;
    let file = announced("page.png", "image/png", b"\x89PNG\r\n\x1a\n");
    let reply = json!({ "id": FollowUpId::new(), "text": "See this", "attachments": [file] });
    let path = format!("/tickets/{id}/follow-ups");
    let sent = join_all((0..20).map(|_| device.post(&path, &reply))).await;
    let created = sent.iter().filter(|answer| answer.status() == StatusCode::CREATED).count();
    assert_eq!(created, 1);
    assert!(sent.iter().all(|answer| answer.status().is_success()));
    let again: Value = device.post(&path, &reply).await.json().await.unwrap();
    assert_eq!(again["missing"], json!([file.id]));

    let mut other = reply.clone();
    other["text"] = json!("something else");
    assert_problem(device.post(&path, &other).await, 409, ErrorCode::Refused).await;
    let file_path = format!("/tickets/{id}/attachments/{}", file.id);
    assert_eq!(device.put(&file_path, b"\x89PNG\r\n\x1a\n".to_vec()).await.status(), StatusCode::NO_CONTENT);
    let view = device.changes(None).await.tickets.remove(0);
    assert_eq!(view.thread.len(), 1);
    assert_eq!(view.thread[0].attachments, [file]);
    assert!(view.attachments.is_empty());

    assert_problem(device.reply(id, "  \n").await, 422, ErrorCode::TextMissing).await;
    assert_problem(device.reply(id, &"x".repeat(20_001)).await, 422, ErrorCode::TextTooLong).await;
    assert_problem(device.reply(ClientId::new(), "hello").await, 404, ErrorCode::NotFound).await;
}

async fn a_token_enrols_as_many_as_it_says_and_no_more(mut desk: Desk) {
    let token = desk.token(3).await;
    let answers = join_all((0..20).map(|_| desk.enrol(&token))).await;
    let enrolled = answers.iter().filter(|answer| answer.status() == StatusCode::CREATED).count();
    assert_eq!(enrolled, 3);
    assert_problem(desk.enrol(&token).await, 403, ErrorCode::Forbidden).await;
    assert_problem(desk.enrol("dst_never-made").await, 403, ErrorCode::Forbidden).await;

    let console = desk.administrator().await;
    let soon = deskside_protocol::Timestamp::from_unix_ms(deskside_protocol::Timestamp::now().unix_ms() + 700);
    let made =
        console.post("/console/enrolment-tokens", &json!({ "label": "lab", "uses": 5, "expires_at": soon })).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Value = made.json().await.unwrap();
    let secret = made["token"].as_str().unwrap();
    assert_eq!(desk.enrol(secret).await.status(), StatusCode::CREATED);
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    assert_problem(desk.enrol(secret).await, 403, ErrorCode::Forbidden).await;

    let listed = console.get("/console/enrolment-tokens").await.text().await.unwrap();
    assert!(!listed.contains(secret) && listed.contains("\"used\":1") && listed.contains("\"used\":3"), "{listed}");
    let spare = desk.token(5).await;
    let tokens: Vec<Value> = console.get("/console/enrolment-tokens").await.json().await.unwrap();
    let id = tokens[0]["id"].as_str().unwrap();
    assert_eq!(
        console.post(&format!("/console/enrolment-tokens/{id}/revoke"), &json!({})).await.status(),
        StatusCode::NO_CONTENT
    );
    assert_problem(desk.enrol(&spare).await, 403, ErrorCode::Forbidden).await;
    for bad in [
        json!({ "label": "x", "uses": 0, "expires_at": "2027-01-01T00:00:00Z" }),
        json!({ "label": "x", "uses": 1, "expires_at": "2020-01-01T00:00:00Z" }),
        json!({ "label": "x", "uses": 1, "expires_at": "2099-01-01T00:00:00Z" }),
    ] {
        assert_problem(console.post("/console/enrolment-tokens", &bad).await, 400, ErrorCode::BadRequest).await;
    }
}

async fn a_revoked_device_is_nobody(mut desk: Desk) {
    let device = desk.device().await;
    device.report("before").await;
    let mut stream = Stream::open(device.request(reqwest::Method::GET, "/events")).await;
    stream.next().await.unwrap();
    let console = desk.administrator().await;
    let revoked = console.post(&format!("/console/devices/{}/revoke", device.id), &json!({})).await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert_problem(device.get("/tickets").await, 401, ErrorCode::Unauthorized).await;
    assert_problem(device.send(&document("after")).await, 401, ErrorCode::Unauthorized).await;
    assert_eq!(stream.next().await, None, "its open stream ends");
    let devices: Vec<Value> = console.get("/console/devices").await.json().await.unwrap();
    assert_eq!((devices[0]["revoked"].as_bool(), devices[0]["tickets"].as_u64()), (Some(true), Some(1)));
    assert!(devices[0]["seen_at"].is_string());
    assert_eq!(console.list("").await.total, 1, "its tickets stay");
}

async fn the_list_finds_what_is_asked_for(mut desk: Desk) {
    let device = desk.device().await;
    let (_, printer) = device.report("L’imprimante du réseau est à 50% de sa vitesse").await;
    let (mail, mail_number) = device.report("Mail is slow").await;
    let (_, closed) = device.report("Old trouble with a_file").await;
    let console = desk.administrator().await;
    console.patch(&format!("/console/tickets/{closed}"), &json!({ "state": "closed" })).await;
    console.patch(&format!("/console/tickets/{printer}"), &json!({ "state": "in-progress", "assignee": "me" })).await;
    device.reply(mail, "since Tuesday").await;

    let found = async |query: &str| -> Vec<u64> {
        let page = console.list(query).await;
        assert_eq!(page.total, page.tickets.len() as u64, "{query}");
        page.tickets.iter().map(|row| row.number).collect()
    };
    assert_eq!(found("").await, [mail_number, printer], "all but closed, newest change first");
    assert_eq!(found("closed=true").await, [mail_number, printer, closed]);
    assert_eq!(found("state=closed").await, [closed]);
    assert_eq!(found("state=in-progress").await, [printer]);
    assert_eq!(found("assignee=me").await, [printer]);
    assert_eq!(found("assignee=admin").await, [printer]);
    assert_eq!(found("assignee=nobody").await, [mail_number]);
    assert_eq!(found("q=RESEAU%20imprimante").await, [printer], "case and accents do not count");
    assert_eq!(found("q=r%C3%A9seau%20mail").await, [] as [u64; 0], "all words must be there");
    assert_eq!(found("q=tuesday").await, [mail_number], "in the thread");
    assert_eq!(found("q=str%C3%B6m").await.len(), 2, "the requester");
    assert_eq!(found("q=pc-7").await.len(), 2, "the device");
    assert_eq!(found(&format!("q=%23{printer}")).await, [printer], "the number");
    assert_eq!(found("q=50%25").await, [printer], "a percent sign is a percent sign");
    assert_eq!(found("q=5%25%25").await, [] as [u64; 0]);
    assert_eq!(found("q=a_file&closed=true").await, [closed], "an underscore is an underscore");
    assert_eq!(found("q=a_i").await, [] as [u64; 0]);
    assert_eq!(found("q=%27%3B+DROP+TABLE+tickets").await, [] as [u64; 0]);
    for bad in ["limit=0", "limit=101", "limit=x", "state=lost", "after=x", "closed=maybe"] {
        assert_problem(console.get(&format!("/console/tickets?{bad}")).await, 400, ErrorCode::BadRequest).await;
    }
    assert_eq!(console.ticket(printer).await.of_same_device.len(), 2);
}

async fn pages_cover_the_list_once(mut desk: Desk) {
    let device = desk.device().await;
    for n in 0..25 {
        device.report(&format!("ticket {n}")).await;
    }
    let console = desk.administrator().await;
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = console.list(&format!("limit=10{after}")).await;
        assert_eq!(page.total, 25);
        seen.extend(page.tickets.iter().map(|row| row.number));
        // What is new while somebody leafs through does not shift the pages that follow.
        if seen.len() == 10 {
            console.say(25, "touched", false, None).await;
        }
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, (1..=25).rev().collect::<Vec<u64>>());
}

async fn people_do_what_their_role_allows(mut desk: Desk) {
    let made = desk.made_password();
    let fresh = desk.sign_in("admin", &made).await;
    for path in ["/console/tickets", "/console/people", "/console/events"] {
        let problem = assert_problem(fresh.get(path).await, 403, ErrorCode::Forbidden).await;
        assert_eq!(problem.detail.as_deref(), Some("change the password first"), "{path}");
    }
    assert_problem(fresh.say(1, "an answer", false, None).await, 403, ErrorCode::Forbidden).await;
    assert_eq!(fresh.get("/console/session").await.status(), StatusCode::OK, "it says that the password is to change");
    let new =
        json!({ "login": "Bea", "display_name": "Béatrice", "role": "technician", "password": "another password" });
    assert_problem(fresh.post("/console/people", &new).await, 403, ErrorCode::Forbidden).await;

    let admin = desk.administrator().await;
    assert_problem(fresh.get("/console/session").await, 401, ErrorCode::Unauthorized).await;
    assert_eq!(admin.post("/console/people", &new).await.status(), StatusCode::CREATED);
    assert_problem(admin.post("/console/people", &new).await, 409, ErrorCode::Refused).await;
    for bad in [
        json!({ "login": "me", "display_name": "x", "role": "technician", "password": "another password" }),
        json!({ "login": "carl", "display_name": "x", "role": "technician", "password": "short" }),
    ] {
        assert_problem(admin.post("/console/people", &bad).await, 400, ErrorCode::BadRequest).await;
    }

    let bea = desk.sign_in("BEA", "another password").await;
    assert!(bea.session.must_change_password);
    assert_problem(bea.get("/console/people").await, 403, ErrorCode::Forbidden).await;
    let own = json!({ "current": "another password", "new": "a password of her own" });
    assert_eq!(bea.post("/console/session/password", &own).await.status(), StatusCode::OK);
    for path in ["/console/devices", "/console/enrolment-tokens"] {
        assert_problem(bea.get(path).await, 403, ErrorCode::Forbidden).await;
    }
    assert_problem(
        bea.patch("/console/people/bea", &json!({ "role": "administrator" })).await,
        403,
        ErrorCode::Forbidden,
    )
    .await;
    let people: Vec<Value> = bea.get("/console/people").await.json().await.unwrap();
    assert_eq!(people.iter().map(|p| p["login"].as_str().unwrap()).collect::<Vec<_>>(), ["admin", "bea"]);

    assert_eq!(admin.patch("/console/people/bea", &json!({ "active": false })).await.status(), StatusCode::OK);
    assert_problem(bea.get("/console/tickets").await, 401, ErrorCode::Unauthorized).await;
    assert_problem(desk.try_sign_in("bea", "a password of her own").await, 401, ErrorCode::Unauthorized).await;
    assert_problem(admin.patch("/console/people/admin", &json!({ "active": false })).await, 409, ErrorCode::WrongState)
        .await;
    assert_problem(
        admin.patch("/console/people/admin", &json!({ "role": "technician" })).await,
        409,
        ErrorCode::WrongState,
    )
    .await;
    assert_eq!(admin.get("/console/session").await.status(), StatusCode::OK, "who was refused is still there");
    let again = json!({ "active": true, "password": "a third password" });
    assert_eq!(admin.patch("/console/people/bea", &again).await.status(), StatusCode::OK);
    desk.sign_in("bea", "a third password").await;
    assert_problem(admin.patch("/console/people/nobody-here", &json!({})).await, 404, ErrorCode::NotFound).await;

    let out = admin.request(reqwest::Method::DELETE, "/console/session").send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert_problem(admin.get("/console/session").await, 401, ErrorCode::Unauthorized).await;
}

async fn a_technicians_files_come_with_the_answer_or_not_at_all(mut desk: Desk) {
    let (device, stranger) = (desk.device().await, desk.device().await);
    let (id, number) = device.report("where is the button?").await;
    let (_, other_number) = device.report("something else").await;
    let admin = desk.administrator().await;
    let bea = desk.person(&admin, "bea").await;
    let bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&bytes)));
    let file = AttachmentId::new();
    let path = format!("/console/tickets/{number}/files/{file}?name=..%2Fscreen%3Ashot.png&media_type=image%2Fpng");
    let put = |console: &Console, path: &str, bytes: &[u8], digest: &str| {
        console.request(Method::PUT, path).header("content-digest", digest).body(bytes.to_vec()).send()
    };
    let cut = put(&bea, &path, &bytes[..10], &digest).await.unwrap();
    assert_problem(cut, 422, ErrorCode::FileUnreadable).await;
    let meta = put(&bea, &path, &bytes, &digest).await.unwrap();
    assert_eq!(meta.status(), StatusCode::CREATED);
    let meta: AttachmentMeta = meta.json().await.unwrap();
    assert_eq!((meta.name.as_str(), meta.size_bytes), ("screen_shot.png", 16));
    assert_eq!(put(&bea, &path, &bytes, &digest).await.unwrap().status(), StatusCode::OK, "once more is no more");
    let other = put(&bea, &path, b"other", "md5=:x:").await.unwrap();
    assert_problem(other, 409, ErrorCode::Refused).await;
    assert_problem(put(&admin, &path, &bytes, &digest).await.unwrap(), 409, ErrorCode::Refused).await;
    assert_problem(
        put(&bea, &path.replace("image%2Fpng", "text%2Fhtml"), &bytes, &digest).await.unwrap(),
        422,
        ErrorCode::FileType,
    )
    .await;
    assert_problem(
        put(&bea, &path.replace(&format!("/{number}/"), "/99/"), &bytes, &digest).await.unwrap(),
        404,
        ErrorCode::NotFound,
    )
    .await;
    let without = desk.http.put(format!("{}/api/v1{path}", desk.url)).header("cookie", &bea.cookie).body(bytes.clone());
    assert_problem(without.send().await.unwrap(), 403, ErrorCode::Forbidden).await;

    // Nobody sees it before the answer is there.
    let given = format!("/tickets/{id}/attachments/{file}");
    assert_problem(device.get(&given).await, 404, ErrorCode::NotFound).await;
    let answer = |files: &[AttachmentId]| json!({ "id": FollowUpId::new(), "text": "See the picture", "internal": false, "new_state": "solved", "attachments": files });
    let say = |console: &Console, number: u64, body: Value| {
        let console = console.clone();
        async move { console.post(&format!("/console/tickets/{number}/follow-ups"), &body).await }
    };
    for (who, where_, files) in [
        (&admin, number, vec![file]),
        (&bea, other_number, vec![file]),
        (&bea, number, vec![file, AttachmentId::new()]),
        (&bea, number, vec![file, file]),
    ] {
        assert_problem(say(who, where_, answer(&files)).await, 422, ErrorCode::FileUnreadable).await;
    }
    let eleven: Vec<AttachmentId> = (0..11).map(|_| AttachmentId::new()).collect();
    assert_problem(say(&bea, number, answer(&eleven)).await, 422, ErrorCode::TooManyFiles).await;
    assert!(device.changes(None).await.tickets.iter().all(|ticket| ticket.thread.is_empty()), "nothing half");
    let body = answer(&[file]);
    assert_eq!(say(&bea, number, body.clone()).await.status(), StatusCode::CREATED);
    assert_eq!(say(&bea, number, body).await.status(), StatusCode::OK, "once more is no more");

    let view = device.changes(None).await.tickets.into_iter().find(|ticket| ticket.client_id == id).unwrap();
    assert_eq!(view.thread[0].attachments, std::slice::from_ref(&meta));
    let fetched = device.get(&given).await;
    assert_eq!(fetched.headers()["content-security-policy"], "sandbox; default-src 'none'");
    assert_eq!(fetched.bytes().await.unwrap(), bytes);
    assert_problem(stranger.get(&given).await, 404, ErrorCode::NotFound).await;
    let seen = admin.ticket(number).await;
    assert_eq!(seen.thread[0].follow_up.attachments, [meta]);
    assert!(seen.arrived.contains(&file));
    assert_eq!(admin.get(&format!("/console/attachments/{file}")).await.bytes().await.unwrap(), bytes);

    // What is taken back goes with its bytes, unless somebody else has the same; so do the oldest of very many.
    let bring = |n: u8| {
        let path = format!("/console/tickets/{number}/files/{}?name=a&media_type=text%2Fplain", AttachmentId::new());
        let bea = bea.clone();
        async move { (bea.request(Method::PUT, &path).body(vec![n; 40]).send().await.unwrap(), path) }
    };
    let mut paths = Vec::new();
    for n in 0..10 {
        let (answer, path) = bring(n).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        paths.push(path);
    }
    let kept = |n: u8| desk.attachment_file(&announced("", "", &[n; 40]).sha256).exists();
    assert!(kept(0));
    let delete =
        |console: &Console, path: &str| console.request(Method::DELETE, path.split('?').next().unwrap()).send();
    assert_eq!(delete(&admin, &paths[0]).await.unwrap().status(), StatusCode::NO_CONTENT);
    assert!(kept(0), "it is not the administrator's");
    assert_eq!(delete(&bea, &paths[0]).await.unwrap().status(), StatusCode::NO_CONTENT);
    assert!(!kept(0));
    let (twin, path) = bring(1).await;
    assert_eq!(twin.status(), StatusCode::CREATED);
    delete(&bea, &path).await.unwrap();
    assert!(kept(1), "another file has the same bytes");
    for n in 10..50 {
        assert_eq!(bring(n).await.0.status(), StatusCode::CREATED);
    }
    assert!(!kept(2) && !kept(9) && kept(10) && kept(49), "the oldest of an answer that was never written are gone");
    let large = bea.request(Method::PUT, &path).header("content-length", "26214401").body(vec![0; 26_214_401]);
    assert_problem(large.send().await.unwrap(), 413, ErrorCode::FileTooLarge).await;
}

async fn files_of_a_note_are_the_helpdesks_alone(mut desk: Desk) {
    let device = desk.device().await;
    let (id, number) = device.report("help").await;
    let console = desk.administrator().await;
    let file = AttachmentId::new();
    let path = format!("/console/tickets/{number}/files/{file}?name=contract.txt&media_type=text%2Fplain");
    assert_eq!(console.request(Method::PUT, &path).body("secret").send().await.unwrap().status(), StatusCode::CREATED);
    let note = json!({ "id": FollowUpId::new(), "text": "for us", "internal": true, "new_state": null, "attachments": [file] });
    let said = console.post(&format!("/console/tickets/{number}/follow-ups"), &note).await;
    assert_eq!(said.status(), StatusCode::CREATED);
    let given = format!("/tickets/{id}/attachments/{file}");
    assert_problem(device.get(&given).await, 404, ErrorCode::NotFound).await;
    assert_problem(device.put(&given, b"secret".to_vec()).await, 404, ErrorCode::NotFound).await;
    let all = serde_json::to_string(&device.changes(None).await).unwrap();
    assert!(!all.contains("contract") && !all.contains(&file.to_string()));
    assert_eq!(console.get(&format!("/console/attachments/{file}")).await.text().await.unwrap(), "secret");
}

async fn a_reset_password_opens_nothing_but_a_better_one(mut desk: Desk) {
    let device = desk.device().await;
    let (_, number) = device.report("help").await;
    let admin = desk.administrator().await;
    let bea = desk.person(&admin, "bea").await;
    let reset = "/console/people/bea/reset-password";
    assert_problem(bea.post(reset, &json!({})).await, 403, ErrorCode::Forbidden).await;
    assert_problem(
        admin.post("/console/people/nobody-such/reset-password", &json!({})).await,
        404,
        ErrorCode::NotFound,
    )
    .await;
    assert_problem(admin.post("/console/people/admin/reset-password", &json!({})).await, 409, ErrorCode::WrongState)
        .await;
    let answer = admin.post(reset, &json!({})).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let made = answer.json::<Value>().await.unwrap()["password"].as_str().unwrap().to_owned();
    assert_problem(bea.get("/console/session").await, 401, ErrorCode::Unauthorized).await;
    assert_eq!(desk.try_sign_in("bea", support::PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    let bea = desk.sign_in("bea", &made).await;
    assert!(bea.session.must_change_password);
    for path in [format!("/console/tickets/{number}"), "/console/tickets".to_owned(), "/console/people".to_owned()] {
        assert_problem(bea.get(&path).await, 403, ErrorCode::Forbidden).await;
    }
    let same = json!({ "current": made, "new": made });
    assert_problem(bea.post("/console/session/password", &same).await, 400, ErrorCode::BadRequest).await;
    let better = json!({ "current": made, "new": "a password of her own" });
    assert_eq!(bea.post("/console/session/password", &better).await.status(), StatusCode::OK);
    assert_eq!(bea.ticket(number).await.row.number, number);
    assert_eq!(desk.try_sign_in("bea", &made).await.status(), StatusCode::UNAUTHORIZED, "it was for one time");
}

async fn who_is_removed_is_gone_and_what_they_said_stays(mut desk: Desk) {
    let device = desk.device().await;
    let (_, number) = device.report("help").await;
    let (_, other) = device.report("more help").await;
    let admin = desk.administrator().await;
    let bea = desk.person(&admin, "bea").await;
    for number in [number, other] {
        let assigned = bea.patch(&format!("/console/tickets/{number}"), &json!({ "assignee": "me" })).await;
        assert_eq!(assigned.status(), StatusCode::NO_CONTENT);
    }
    bea.say(number, "I look into it", false, None).await;
    let cursor = device.changes(None).await.cursor;
    let remove =
        |console: &Console, login: &str| console.request(Method::DELETE, &format!("/console/people/{login}")).send();
    assert_problem(remove(&bea, "admin").await.unwrap(), 403, ErrorCode::Forbidden).await;
    assert_problem(remove(&admin, "admin").await.unwrap(), 409, ErrorCode::WrongState).await;
    assert_problem(remove(&admin, "nobody-such").await.unwrap(), 404, ErrorCode::NotFound).await;
    assert_eq!(remove(&admin, "bea").await.unwrap().status(), StatusCode::NO_CONTENT);

    assert_problem(bea.get("/console/session").await, 401, ErrorCode::Unauthorized).await;
    assert_eq!(desk.try_sign_in("bea", support::PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    let people: Vec<Value> = admin.get("/console/people").await.json().await.unwrap();
    assert_eq!(people.len(), 1);
    let ticket = admin.ticket(number).await;
    assert_eq!(ticket.row.assignee, None);
    assert_eq!(ticket.thread[0].follow_up.author_name.as_deref(), Some("Bea"));
    let changed = device.changes(Some(&cursor)).await.tickets;
    assert_eq!(changed.len(), 2, "their requesters are told");
    assert!(changed.iter().all(|ticket| ticket.assignee.is_none()));
    assert_problem(remove(&admin, "bea").await.unwrap(), 404, ErrorCode::NotFound).await;
    // Two administrators who remove each other at once: one stays.
    let second =
        json!({ "login": "carl", "display_name": "Carl", "role": "administrator", "password": "a first password" });
    assert_eq!(admin.post("/console/people", &second).await.status(), StatusCode::CREATED);
    let carl = desk.chosen("carl", "a first password").await;
    let (one, other) = tokio::join!(remove(&admin, "carl"), remove(&carl, "admin"));
    let done = [one.unwrap().status(), other.unwrap().status()];
    assert_eq!(done.iter().filter(|status| **status == StatusCode::NO_CONTENT).count(), 1, "{done:?}");
}

async fn the_journal_tells_who_did_what(mut desk: Desk) {
    let admin = desk.administrator().await;
    let bea = desk.person(&admin, "bea").await;
    let device = desk.device().await;
    let steps = [
        json!({ "role": "administrator" }),
        json!({ "role": "administrator" }),
        json!({ "active": false }),
        json!({ "active": true }),
    ];
    for step in steps {
        assert_eq!(admin.patch("/console/people/bea", &step).await.status(), StatusCode::OK);
    }
    admin.post("/console/people/bea/reset-password", &json!({})).await;
    admin.post(&format!("/console/devices/{}/revoke", device.id), &json!({})).await;
    admin.request(Method::DELETE, "/console/people/bea").send().await.unwrap();
    assert_problem(bea.get("/console/journal").await, 401, ErrorCode::Unauthorized).await;
    let page: Value = admin.get("/console/journal").await.json().await.unwrap();
    let told: Vec<String> = page["entries"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| {
            let word = |name: &str| entry[name].as_str().unwrap().to_owned();
            format!("{} {} {}", word("actor"), word("deed"), word("subject"))
        })
        .collect();
    assert_eq!(
        told,
        [
            "first start person-added admin",
            "admin password-chosen admin",
            "admin person-added bea",
            "bea password-chosen bea",
            "command line token-made test",
            "test device-enrolled pc-7",
            "admin role-changed bea",
            "admin person-locked bea",
            "admin person-unlocked bea",
            "admin password-reset bea",
            "admin device-revoked pc-7",
            "admin person-removed bea",
        ]
    );
    assert_eq!(page["next"], Value::Null);
    for _ in 0..100 {
        desk.token(1).await;
    }
    let first: Value = admin.get("/console/journal").await.json().await.unwrap();
    let next = first["next"].as_str().unwrap();
    let second: Value = admin.get(&format!("/console/journal?before={next}")).await.json().await.unwrap();
    assert_eq!(first["entries"].as_array().unwrap().len(), 100);
    assert_eq!(second["entries"], page["entries"], "pages follow each other");
    assert_problem(admin.get("/console/journal?before=x").await, 400, ErrorCode::BadRequest).await;
}

async fn nudges_go_to_whom_they_concern(mut desk: Desk) {
    let (mine, theirs) = (desk.device().await, desk.device().await);
    let (_, number) = mine.report("help").await;
    let console = desk.administrator().await;
    let get = reqwest::Method::GET;
    let mut my_stream = Stream::open(mine.request(get.clone(), "/events")).await;
    let mut their_stream = Stream::open(theirs.request(get.clone(), "/events")).await;
    let mut console_stream = Stream::open(console.request(get, "/console/events")).await;
    let (name, first) = my_stream.next().await.unwrap();
    assert_eq!(name, "nudge");
    let seen = mine.changes(None).await;
    assert_eq!(first["cursor"], seen.cursor, "at once, where the feed is");
    their_stream.next().await.unwrap();

    console.say(number, "note", true, None).await;
    assert_eq!(
        console_stream.next().await.unwrap(),
        ("change".to_owned(), json!({ "number": number, "created": false }))
    );
    console.say(number, "answer", false, None).await;
    let (_, nudge) = my_stream.next().await.unwrap();
    let news = mine.changes(Some(&seen.cursor)).await;
    assert_eq!(news.tickets[0].thread.len(), 1);
    assert_eq!(nudge["cursor"], news.cursor, "one nudge, for the answer and not for the note");
    console_stream.next().await.unwrap();
    let (_, new_number) = theirs.report("new").await;
    assert_eq!(console_stream.next().await.unwrap().1, json!({ "number": new_number, "created": true }));
    their_stream.next().await.unwrap();
    assert!(my_stream.within(std::time::Duration::from_millis(300)).await.is_err(), "others' news is not ours");

    // Streams do not keep a hub from stopping.
    let started = std::time::Instant::now();
    desk.stop().await;
    assert!(started.elapsed() < std::time::Duration::from_secs(5));
}

async fn odd_text_is_kept(mut desk: Desk) {
    let device = desk.device().await;
    let (id, number) = device.report("a\0b 💥 \u{202e} 'quoted' \"twice\" %_\\").await;
    assert_eq!(device.reply(id, "reply\0").await.status(), StatusCode::CREATED, "PostgreSQL cannot hold NUL");
    let console = desk.administrator().await;
    assert_eq!(console.say(number, "x\0y", false, None).await.status(), StatusCode::CREATED);
    assert_eq!(console.list("q=%00b").await.total, 1);
    let view = device.changes(None).await.tickets.remove(0);
    assert_eq!(view.description, "ab 💥 \u{202e} 'quoted' \"twice\" %_\\");
    assert_eq!(console.ticket(number).await.document.description, "a\0b 💥 \u{202e} 'quoted' \"twice\" %_\\");
    assert_eq!(desk.try_sign_in("ad\0min", "x").await.status(), StatusCode::UNAUTHORIZED);
    assert_problem(console.patch("/console/people/a%00b", &json!({})).await, 404, ErrorCode::NotFound).await;
}

async fn everything_survives_a_restart(mut desk: Desk) {
    let mut device = desk.device().await;
    let (_, number) = device.report("help").await;
    let mut console = desk.administrator().await;
    let cursor = device.changes(None).await.cursor;
    desk.restart().await;
    device.url.clone_from(&desk.url);
    console.url.clone_from(&desk.url);
    assert_eq!(console.say(number, "still here", false, None).await.status(), StatusCode::CREATED);
    let changes = device.changes(Some(&cursor)).await;
    assert_eq!(changes.tickets.len(), 1);
    assert_eq!(device.report("next").await.1, number + 1);
    desk.stop().await;
}

async fn two_hubs_hear_of_each_other(database: String) {
    let mut one = Desk::start(Some(database)).await;
    let other = one.beside().await;
    let mut device = one.device().await;
    let (_, number) = device.report("help").await;
    let mut console = one.administrator().await;
    device.url.clone_from(&other.url);
    let mut stream = Stream::open(device.request(reqwest::Method::GET, "/events")).await;
    stream.next().await.unwrap();
    console.say(number, "answer", false, None).await;
    let (_, nudge) = stream.next().await.unwrap();
    assert_eq!(nudge["cursor"], device.changes(None).await.cursor);
    console.url.clone_from(&other.url);
    assert_eq!(console.ticket(number).await.thread.len(), 1, "the session holds on both");
}
