//! How long the hub keeps what it has of people, and what it does when one of them asks for it or wants it gone. Each story
//! runs on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::time::Duration;

use deskside_hub::{Config, Keeping};
use deskside_protocol::desk::{Receipt, RequesterSummary, Retention};
use deskside_protocol::ticket::TicketDocument;
use deskside_protocol::{ErrorCode, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AnyPool, Row as _};
use support::{Console, Desk, Device, announced, assert_problem, document, fresh_database, until, with_postgres};

const DAY: i64 = 86_400_000;

/// Runs a story on PostgreSQL, where there is one.
fn on_postgresql(name: &str, story: impl AsyncFnOnce(Option<String>)) {
    with_postgres(async |server| story(Some(fresh_database(server, name).await)).await);
}

/// The usual days; looked at all the time, and trusting the clock after this long.
fn keeping(calm: Duration) -> Keeping {
    Keeping { every: Duration::from_millis(200), calm, ..Keeping::default() }
}

fn configured(config: &mut Config, database: Option<String>, calm: Duration) {
    config.database = database;
    config.keeping = keeping(calm);
}

/// A ticket of somebody with what a machine says of itself and files of these bytes.
async fn report(device: &Device, login: &str, text: &str, files: &[&[u8]]) -> (TicketDocument, u64) {
    let mut ticket = document(text);
    ticket.requester.login = login.to_owned();
    ticket.facts = serde_json::from_value(json!({
        "memory": { "state": "failed", "at": Timestamp::now(), "why": "timed-out", "detail": "of the machine" }
    }))
    .unwrap();
    for bytes in files {
        ticket.attachments.push(announced("écran privé.png", "image/png", bytes));
    }
    let answer = device.send(&ticket).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let receipt: Receipt = answer.json().await.unwrap();
    for (file, bytes) in ticket.attachments.iter().zip(files) {
        let path = format!("/tickets/{}/attachments/{}", ticket.client_id, file.id);
        assert_eq!(device.put(&path, bytes.to_vec()).await.status(), StatusCode::NO_CONTENT);
    }
    (ticket, receipt.number)
}

/// Makes a ticket as old as this.
async fn age(database: &AnyPool, number: u64, days: i64) {
    let then = Timestamp::now().unix_ms() - days * DAY;
    let aged = sqlx::query("UPDATE tickets SET updated_at = $2, created_at = $2 WHERE number = $1");
    aged.bind(number as i64).bind(then).execute(database).await.unwrap();
}

async fn journal(console: &Console) -> Vec<String> {
    let page: Value = console.get("/console/journal").await.json().await.unwrap();
    let line = |entry: &Value| {
        let word = |name: &str| entry[name].as_str().unwrap().to_owned();
        format!("{} {} {}", word("actor"), word("deed"), word("subject"))
    };
    page["entries"].as_array().unwrap().iter().map(line).collect()
}

async fn what_is_over_goes_in_its_time(database: Option<String>) {
    let mut desk = Desk::start_with(|config| configured(config, database, Duration::ZERO)).await;
    let mut device = desk.device().await;
    let mut admin = desk.administrator().await;
    let looking = desk.database().await;
    let shared = b"the same picture twice".repeat(10);
    let mut tickets = BTreeMap::new();
    for (name, state) in [
        ("young", Some("closed")),
        ("half a year", Some("closed")),
        ("solved half a year", Some("solved")),
        ("open and old", None),
        ("three years", Some("closed")),
        ("of all who have the picture", None),
    ] {
        let own = name.as_bytes().repeat(10);
        let files: &[&[u8]] = if name == "of all who have the picture" { &[&shared] } else { &[&own, &shared] };
        let (ticket, number) = report(&device, "anna", name, files).await;
        admin.say(number, "a file for you", false, None).await;
        if let Some(state) = state {
            let change = json!({ "state": state });
            assert_eq!(
                admin.patch(&format!("/console/tickets/{number}"), &change).await.status(),
                StatusCode::NO_CONTENT
            );
        }
        tickets.insert(name, (ticket, number));
    }
    let number = |name: &str| tickets[name].1;
    let digest = |name: &str, at: usize| tickets[name].0.attachments[at].sha256.clone();
    // Nobody looks while they grow old: a round in the midst of it would take the oldest one's files before the ticket.
    desk.restart_after(async || {
        for (name, days) in [
            ("young", 100),
            ("half a year", 181),
            ("solved half a year", 200),
            ("open and old", 4000),
            ("three years", 1096),
        ] {
            age(&looking, number(name), days).await;
        }
    })
    .await;
    (device.url, admin.url) = (desk.url.clone(), desk.url.clone());
    until("the oldest is gone", async || {
        admin.get(&format!("/console/tickets/{}", number("three years"))).await.status() == StatusCode::NOT_FOUND
    })
    .await;
    until("the others' files are gone", async || {
        admin.ticket(number("half a year")).await.files_removed_at.is_some()
            && admin.ticket(number("solved half a year")).await.files_removed_at.is_some()
    })
    .await;

    // What is young or open is as it was.
    for name in ["young", "open and old"] {
        let ticket = admin.ticket(number(name)).await;
        assert_eq!(ticket.document, tickets[name].0, "{name}");
        assert_eq!((ticket.diagnostics_removed_at, ticket.files_removed_at), (None, None));
        assert_eq!(ticket.arrived.len(), 2);
        assert!(desk.attachment_file(&digest(name, 0)).exists());
    }
    // What is over for half a year has its words, and neither files nor what the machine said.
    for name in ["half a year", "solved half a year"] {
        let ticket = admin.ticket(number(name)).await;
        assert!(ticket.diagnostics_removed_at.is_some());
        assert_eq!(ticket.document.description, name);
        assert_eq!(ticket.document.facts, deskside_protocol::facts::Facts::default());
        assert_eq!((ticket.document.attachments.len(), ticket.arrived.len()), (0, 0));
        assert!(ticket.thread.iter().any(|entry| entry.follow_up.text == "a file for you"));
        assert!(!desk.attachment_file(&digest(name, 0)).exists(), "its bytes are gone");
        // The device that has lost an answer years ago is told the same as then, and asked for nothing.
        let again = device.send(&tickets[name].0).await;
        assert_eq!(again.status(), StatusCode::OK);
        assert_eq!(again.json::<Receipt>().await.unwrap().missing, []);
    }
    assert!(!desk.attachment_file(&digest("three years", 0)).exists());
    assert!(desk.attachment_file(&digest("young", 1)).exists(), "who has the same bytes keeps them");
    // Not a word of it is left in the database.
    for statement in [
        "SELECT COUNT(*) FROM tickets WHERE search LIKE '%three years%'",
        "SELECT COUNT(*) FROM follow_ups f WHERE NOT EXISTS (SELECT 1 FROM tickets t WHERE t.client_id = f.client_id)",
        "SELECT COUNT(*) FROM attachments a JOIN tickets t ON t.client_id = a.client_id WHERE t.files_removed_at > 0",
    ] {
        let left: i64 = sqlx::query(statement).fetch_one(&looking).await.unwrap().try_get(0).unwrap();
        assert_eq!(left, 0, "{statement}");
    }
    // The device's view goes on.
    let changes = device.changes(None).await;
    assert_eq!(changes.tickets.len(), 5);
    let lines = journal(&admin).await;
    assert!(lines.contains(&"retention tickets-expired 1".to_owned()), "{lines:?}");
    let sum = |deed: &str| -> u64 {
        let of = lines.iter().filter_map(|line| line.strip_prefix(&format!("retention {deed} ")));
        of.map(|count| count.parse::<u64>().unwrap()).sum()
    };
    assert_eq!((sum("diagnostics-expired"), sum("files-expired")), (2, 4), "{lines:?}");
    // What is said is what is done.
    let said: Retention = admin.get("/console/retention").await.json().await.unwrap();
    assert_eq!(said, Keeping::default().days);
    let bea = desk.person(&admin, "bea").await;
    assert_problem(bea.get("/console/retention").await, 403, ErrorCode::Forbidden).await;
    looking.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_goes_in_its_time_on_sqlite() {
    what_is_over_goes_in_its_time(None).await;
}

#[test]
fn what_is_over_goes_in_its_time_on_postgresql() {
    on_postgresql("retention", what_is_over_goes_in_its_time);
}

async fn a_clock_that_leaps_removes_nothing(database: Option<String>) {
    let mut desk = Desk::start_with(|config| configured(config, database, Duration::from_secs(3600))).await;
    let device = desk.device().await;
    let admin = desk.administrator().await;
    let looking = desk.database().await;
    let (_, number) = report(&device, "anna", "old", &[b"x"]).await;
    admin.patch(&format!("/console/tickets/{number}"), &json!({ "state": "closed" })).await;
    age(&looking, number, 4000).await;
    let clock = async || -> String {
        let row =
            sqlx::query("SELECT value FROM meta WHERE name = 'retention-clock'").fetch_one(&looking).await.unwrap();
        row.try_get(0).unwrap()
    };
    let now = || Timestamp::now().unix_ms();
    // As if it had gone on evenly for long, years ago, and as if it came from the future.
    for last in [now() - 4000 * DAY, now() + 4000 * DAY] {
        let told = format!("{last} {}", last - 1000 * DAY);
        let set = sqlx::query("UPDATE meta SET value = $1 WHERE name = 'retention-clock'").bind(told.clone());
        assert_eq!(set.execute(&looking).await.unwrap().rows_affected(), 1);
        until("the hub has looked at the clock twice", async || {
            let seen = clock().await;
            let (last, since) = seen.split_once(' ').unwrap();
            seen != told && last > since
        })
        .await;
        assert_eq!(admin.ticket(number).await.arrived.len(), 1, "nothing is gone");
    }
    // When it has gone on evenly for long enough, it is believed.
    let even = format!("{} {}", now() - 1000, now() - 2 * 3_600_000);
    sqlx::query("UPDATE meta SET value = $1 WHERE name = 'retention-clock'")
        .bind(even)
        .execute(&looking)
        .await
        .unwrap();
    until("it is gone", async || {
        admin.get(&format!("/console/tickets/{number}")).await.status() == StatusCode::NOT_FOUND
    })
    .await;
    looking.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_leaps_removes_nothing_on_sqlite() {
    a_clock_that_leaps_removes_nothing(None).await;
}

#[test]
fn a_clock_that_leaps_removes_nothing_on_postgresql() {
    on_postgresql("leaps", a_clock_that_leaps_removes_nothing);
}

/// What is in an export: names and bytes.
fn unpacked(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(bytes);
    let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (name, bytes)
    };
    archive.entries().unwrap().map(read).collect()
}

async fn a_person_gets_all_of_theirs_and_can_have_it_erased(database: Option<String>) {
    let mut desk = Desk::start_with(|config| config.database = database).await;
    let device = desk.device().await;
    let other_device = desk.device().await;
    let admin = desk.administrator().await;
    let picture = b"what was on the screen".repeat(100);
    let (first, one) = report(&device, "CORP\\Anna", "my own words: zebra", &[&picture]).await;
    let (_, two) = report(&other_device, "corp\\anna", "from the other computer", &[]).await;
    let (kept, three) = report(&device, "bob", "somebody else: zebra", &[&picture]).await;
    admin.say(one, "an answer", false, None).await;
    admin.say(one, "a note about this person", true, None).await;
    device.verdict(first.client_id, json!({ "kind": "confirm" })).await;
    let staged = deskside_protocol::AttachmentId::new();
    let path = format!("/console/tickets/{one}/files/{staged}?name=how.txt&media_type=text/plain");
    let answered = admin.request(Method::PUT, &path).body("step one").send().await.unwrap();
    assert_eq!(answered.status(), StatusCode::CREATED);
    let reply = json!({ "id": deskside_protocol::FollowUpId::new(), "text": "see", "internal": false,
        "new_state": null, "attachments": [staged] });
    assert_eq!(admin.post(&format!("/console/tickets/{one}/follow-ups"), &reply).await.status(), StatusCode::CREATED);

    // Found by how they sign in, whoever asks being an administrator.
    let whose = "login=%20Corp%5CANNA";
    let found: RequesterSummary = admin.get(&format!("/console/requester?{whose}")).await.json().await.unwrap();
    assert_eq!((found.tickets, found.open, found.files), (2, 2, 2));
    assert_eq!(
        (found.names.as_slice(), found.devices.as_slice()),
        (&["Anna Ström".to_owned()][..], &["pc-7".to_owned()][..])
    );
    for nobody in ["login=", "login=carl", "login=corp", "login=%25", "login=corp%5Cann_"] {
        assert_problem(admin.get(&format!("/console/requester?{nobody}")).await, 404, ErrorCode::NotFound).await;
        assert_problem(admin.get(&format!("/console/requester/export?{nobody}")).await, 404, ErrorCode::NotFound).await;
    }
    let bea = desk.person(&admin, "bea").await;
    let erase = |tickets: u64| json!({ "login": "corp\\anna", "tickets": tickets });
    for path in ["/console/requester", "/console/requester/export"] {
        assert_problem(bea.get(&format!("{path}?{whose}")).await, 403, ErrorCode::Forbidden).await;
    }
    assert_problem(bea.post("/console/requester/erase", &erase(2)).await, 403, ErrorCode::Forbidden).await;
    assert_eq!(device.get(&format!("/console/requester?{whose}")).await.status(), StatusCode::UNAUTHORIZED);

    // Everything, and of nobody else.
    let answer = admin.get(&format!("/console/requester/export?{whose}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/x-tar");
    assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; "));
    let export = unpacked(&answer.bytes().await.unwrap());
    let names: Vec<&str> = export.keys().map(String::as_str).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    let ticket: Value = serde_json::from_slice(&export[&format!("tickets/{one}.json")]).unwrap();
    assert_eq!(ticket["document"], serde_json::to_value(&first).unwrap());
    let thread = ticket["thread"].to_string();
    assert!(thread.contains("an answer") && thread.contains("a note about this person"), "{thread}");
    assert!(export.contains_key(&format!("tickets/{two}.json")));
    assert!(!export.values().any(|bytes| String::from_utf8_lossy(bytes).contains("somebody else")));
    let file = export.iter().find(|(name, _)| name.starts_with(&format!("files/{one}/")) && name.ends_with(".png"));
    assert_eq!(file.unwrap().1, &picture);
    assert!(export.iter().any(|(name, bytes)| name.ends_with("how.txt") && bytes == b"step one"));
    assert_eq!(std::fs::read_dir(desk.config.data.join("incoming")).unwrap().count(), 0, "nothing is left of it");

    // Erased: only as many as were seen, and then all of it.
    assert_problem(admin.post("/console/requester/erase", &erase(1)).await, 409, ErrorCode::Refused).await;
    assert_eq!(admin.ticket(one).await.arrived.len(), 2);
    let done: Value = admin.post("/console/requester/erase", &erase(2)).await.json().await.unwrap();
    assert_eq!(done["numbers"], json!([one, two]));
    assert_problem(admin.post("/console/requester/erase", &erase(2)).await, 404, ErrorCode::NotFound).await;
    for number in [one, two] {
        let gone = admin.get(&format!("/console/tickets/{number}")).await;
        assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(admin.list("closed=true&q=zebra").await.total, 1);
    assert_eq!(device.changes(None).await.tickets.len(), 1);
    assert_eq!(device.get(&format!("/tickets/{}/receipt", first.client_id)).await.status(), StatusCode::NOT_FOUND);
    let path = format!("/tickets/{}/attachments/{}", kept.client_id, kept.attachments[0].id);
    assert_eq!(device.get(&path).await.bytes().await.unwrap(), picture, "who has the same bytes keeps them");
    assert_eq!(admin.ticket(three).await.document, kept);
    let database = desk.database().await;
    for table in [
        "SELECT COUNT(*) FROM tickets",
        "SELECT COUNT(*) FROM attachments",
        "SELECT COUNT(*) + 1 FROM follow_ups",
        "SELECT COUNT(*) + 1 FROM verdicts",
        "SELECT COUNT(*) + 1 FROM staged_files",
    ] {
        let left: i64 = sqlx::query(table).fetch_one(&database).await.unwrap().try_get(0).unwrap();
        assert_eq!(left, 1, "{table}");
    }
    database.close().await;
    // Who did it is told, and whose it was is not.
    let lines = journal(&admin).await;
    assert!(lines.contains(&format!("admin personal-data-exported #{one} #{two}")), "{lines:?}");
    assert!(lines.contains(&format!("admin personal-data-erased #{one} #{two}")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.to_lowercase().contains("anna")), "{lines:?}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_gets_all_of_theirs_and_can_have_it_erased_on_sqlite() {
    a_person_gets_all_of_theirs_and_can_have_it_erased(None).await;
}

#[test]
fn a_person_gets_all_of_theirs_and_can_have_it_erased_on_postgresql() {
    on_postgresql("person", a_person_gets_all_of_theirs_and_can_have_it_erased);
}

/// The bytes of a SQLite database hold nothing of what was erased; a copy from before a migration goes with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_erased_is_not_in_the_files_any_more() {
    let mut desk = Desk::start(None).await;
    let device = desk.device().await;
    let admin = desk.administrator().await;
    let secret = "an unmistakable secret of anna";
    report(&device, "anna", secret, &[]).await;
    let copy = desk.config.data.join("hub-form-2.sqlite3");
    std::fs::write(&copy, secret).unwrap();
    let erased = admin.post("/console/requester/erase", &json!({ "login": "anna", "tickets": 1 })).await;
    assert_eq!(erased.status(), StatusCode::OK);
    assert!(!copy.exists());
    let data = desk.config.data.clone();
    // Its end writes the log back.
    let folder = desk.hub.take().unwrap();
    folder.shutdown().await;
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "it is in {}", path.display());
        }
    }
}
