//! What goes wrong around a hub that works: it is killed in the midst of an intake, its database goes away and comes back,
//! two hubs share one database and devices move between them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use deskside_hub::{Config, StartError, commands, serve};
use deskside_protocol::desk::{Enrolled, Receipt};
use deskside_protocol::ticket::TicketDocument;
use deskside_protocol::{ErrorCode, FollowUpId};
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use sqlx::{AnyPool, Row as _};
use support::programs::{HubProcess, Postgres};
use support::{Desk, Device, Stream, announced, client, document, fresh_database, until};

/// A PostgreSQL, or the word that there is none.
fn postgres() -> Option<Postgres> {
    match Postgres::of_our_own() {
        Ok(server) => Some(server),
        Err(reason) => {
            eprintln!("SKIPPED: {reason}");
            None
        }
    }
}

/// Runs a story that needs a PostgreSQL. The server lives as long as the thread that started it, which must not be one of
/// the runtime's.
fn with_postgres(story: impl AsyncFnOnce(&mut Postgres)) {
    let Some(mut server) = postgres() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story(&mut server));
}

async fn enrolled(hub: &HubProcess, data: &Path, database: Option<&str>) -> Device {
    let _set_before = rustls::crypto::ring::default_provider().install_default();
    let token = commands::create_token(data, database, "test", 1, 1).await.unwrap();
    let http = client();
    let body = json!({ "token": token, "device_name": "pc", "platform": "linux" });
    let answer = http.post(format!("{}/api/v1/enrol", hub.url)).json(&body).send().await.unwrap();
    let answer: Enrolled = answer.json().await.unwrap();
    Device { url: hub.url.clone(), http, id: answer.device_id.to_string(), credential: answer.credential }
}

/// A ticket with one file, and the file's bytes: more than fits into the buffers between the two ends.
fn with_a_file(text: &str) -> (TicketDocument, Vec<u8>) {
    let bytes: Vec<u8> = (0..6_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut ticket = document(text);
    ticket.attachments.push(announced("picture.png", "image/png", &bytes));
    (ticket, bytes)
}

fn file_path(ticket: &TicketDocument) -> String {
    format!("/tickets/{}/attachments/{}", ticket.client_id, ticket.attachments[0].id)
}

/// A request as a device sends it, by hand, so that its answer is never read.
fn begin(device: &Device, head: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(device.url.strip_prefix("http://").unwrap()).unwrap();
    let Device { credential, .. } = device;
    write!(stream, "{head} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {credential}\r\n").unwrap();
    write!(stream, "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n").unwrap();
    stream
}

async fn database_of(data: &Path, database: Option<&str>) -> AnyPool {
    sqlx::any::install_default_drivers();
    let file = || format!("sqlite://{}", data.join("hub.sqlite3").display());
    AnyPool::connect(&database.map_or_else(file, str::to_owned)).await.unwrap()
}

async fn count(database: &AnyPool, statement: &'static str) -> i64 {
    sqlx::query(statement).fetch_one(database).await.unwrap().try_get(0).unwrap()
}

async fn receipt(device: &Device, ticket: &TicketDocument) -> Option<Receipt> {
    let answer = device.get(&format!("/tickets/{}/receipt", ticket.client_id)).await;
    match answer.status() {
        StatusCode::OK => Some(answer.json().await.unwrap()),
        StatusCode::NOT_FOUND => None,
        other => panic!("{other}"),
    }
}

/// What the agent does after it heard nothing: looks, sends what is missing; then everything is there once and whole.
async fn completed(device: &Device, ticket: &TicketDocument, bytes: &[u8]) {
    if receipt(device, ticket).await.is_none_or(|receipt| !receipt.missing.is_empty()) {
        assert!(device.send(ticket).await.status().is_success());
        assert_eq!(device.put(&file_path(ticket), bytes.to_vec()).await.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(receipt(device, ticket).await.unwrap().missing, []);
    let kept = device.get(&file_path(ticket)).await.bytes().await.unwrap();
    assert!(kept == bytes, "the file is another one");
    let all = device.changes(None).await.tickets;
    assert_eq!(all.iter().filter(|seen| seen.client_id == ticket.client_id).count(), 1);
}

fn half_kept(data: &Path) -> usize {
    std::fs::read_dir(data.join("incoming")).unwrap().count()
}

/// The hub dies at each instant of an intake that matters, and the device does what it does after a silence.
async fn killed_at_every_instant(database: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let address = database.as_deref();
    let mut hub = HubProcess::start_with(data, address, &[]);
    let mut device = enrolled(&hub, data, address).await;
    let again = |device: &mut Device| {
        let hub = HubProcess::start_with(data, address, &[]);
        device.url.clone_from(&hub.url);
        hub
    };

    // In the middle of a file.
    let (ticket, bytes) = with_a_file("in the middle of a file");
    assert_eq!(device.send(&ticket).await.status(), StatusCode::CREATED);
    let mut upload = begin(&device, &format!("PUT /api/v1{}", file_path(&ticket)), bytes.len());
    upload.write_all(&bytes[..bytes.len() / 2]).unwrap();
    until("half of the file is on the disk", async || {
        let halves = std::fs::read_dir(data.join("incoming")).unwrap();
        halves.flatten().any(|half| half.metadata().is_ok_and(|half| half.len() > 1_000_000))
    })
    .await;
    hub.kill();
    hub = again(&mut device);
    assert_eq!(receipt(&device, &ticket).await.unwrap().missing, [ticket.attachments[0].id]);
    assert_eq!(device.get(&file_path(&ticket)).await.status(), StatusCode::NOT_FOUND, "half a file is no file");
    completed(&device, &ticket, &bytes).await;

    // Between the ticket and its file.
    let (ticket, bytes) = with_a_file("between ticket and file");
    assert_eq!(device.send(&ticket).await.status(), StatusCode::CREATED);
    hub.kill();
    hub = again(&mut device);
    assert_eq!(receipt(&device, &ticket).await.unwrap().missing.len(), 1);
    completed(&device, &ticket, &bytes).await;

    // After the ticket was committed, before anybody heard so.
    let looking = database_of(data, address).await;
    let (ticket, bytes) = with_a_file("committed and not answered");
    let kept = count(&looking, "SELECT COUNT(*) FROM tickets").await;
    let sent = serde_json::to_vec(&ticket).unwrap();
    let mut post = begin(&device, "POST /api/v1/tickets", sent.len());
    post.write_all(&sent).unwrap();
    until("it is committed", async || count(&looking, "SELECT COUNT(*) FROM tickets").await > kept).await;
    hub.kill();
    hub = again(&mut device);
    assert_eq!(device.send(&ticket).await.status(), StatusCode::OK, "it is known");
    completed(&device, &ticket, &bytes).await;

    // After the file was committed, before anybody heard so.
    let (ticket, bytes) = with_a_file("the file committed and not answered");
    assert_eq!(device.send(&ticket).await.status(), StatusCode::CREATED);
    let arrived = "SELECT COUNT(*) FROM attachments WHERE arrived_at IS NOT NULL";
    let kept = count(&looking, arrived).await;
    let mut upload = begin(&device, &format!("PUT /api/v1{}", file_path(&ticket)), bytes.len());
    upload.write_all(&bytes).unwrap();
    until("it is committed", async || count(&looking, arrived).await > kept).await;
    hub.kill();
    hub = again(&mut device);
    assert_eq!(receipt(&device, &ticket).await.unwrap().missing, []);
    completed(&device, &ticket, &bytes).await;

    // In the middle of a ticket's document, whatever of it came.
    let (ticket, bytes) = with_a_file("half a document");
    let sent = serde_json::to_vec(&ticket).unwrap();
    let mut post = begin(&device, "POST /api/v1/tickets", sent.len());
    post.write_all(&sent[..sent.len() / 2]).unwrap();
    hub.kill();
    hub = again(&mut device);
    assert_eq!(receipt(&device, &ticket).await, None, "nothing of it is kept");
    completed(&device, &ticket, &bytes).await;

    assert_eq!(count(&looking, "SELECT COUNT(*) FROM tickets").await, 5);
    assert_eq!(count(&looking, "SELECT COUNT(*) FROM attachments").await, 5);
    // What broke off is nobody's, and is swept away when it is a day old.
    assert_eq!(half_kept(data), 1);
    looking.close().await;
    assert!(hub.terminate());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_killed_at_any_instant_of_an_intake_completes_it_on_sqlite() {
    killed_at_every_instant(None).await;
}

#[test]
fn a_hub_killed_at_any_instant_of_an_intake_completes_it_on_postgresql() {
    with_postgres(async |server| killed_at_every_instant(Some(fresh_database(server, "killed").await)).await);
}

/// The hub says that its database is away, and when to come back.
async fn away(answer: Response) {
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    support::assert_problem(answer, 503, ErrorCode::Busy).await;
}

#[test]
fn while_the_database_is_away_the_hub_says_so_and_later_goes_on_by_itself() {
    with_postgres(async |server| {
        let database = fresh_database(server, "away").await;
        let mut desk = Desk::start_with(|config| {
            config.database = Some(database);
            config.metrics = Some("127.0.0.1:0".parse().unwrap());
        })
        .await;
        let figures = format!("http://{}", desk.hub.as_ref().unwrap().metrics.unwrap());
        let device = desk.device().await;
        let console = desk.administrator().await;
        let (_, number) = device.report("before").await;
        let (waiting, bytes) = with_a_file("a file that waits");
        assert_eq!(device.send(&waiting).await.status(), StatusCode::CREATED);
        let mut stream = Stream::open(device.request(Method::GET, "/events")).await;
        stream.next().await.unwrap();

        // With requests under way.
        let tickets: Vec<TicketDocument> = (0..30).map(|n| document(&format!("under way {n}"))).collect();
        let under_way: Vec<_> = tickets
            .iter()
            .map(|ticket| {
                let (device, ticket) = (device.clone(), ticket.clone());
                tokio::spawn(async move { device.send(&ticket).await })
            })
            .collect();
        server.stop();
        let mut acknowledged = Vec::new();
        for (ticket, task) in tickets.iter().zip(under_way) {
            let answer = task.await.unwrap();
            if answer.status() == StatusCode::CREATED {
                acknowledged.push(ticket.client_id);
            } else {
                away(answer).await;
            }
        }
        let health = desk.http.get(format!("{}/api/v1/health", desk.url)).send();
        let path = file_path(&waiting);
        let (sent, put, read, health) = tokio::join!(
            device.send(&tickets[0]),
            device.put(&path, bytes.clone()),
            console.get("/console/tickets/1"),
            health
        );
        for answer in [sent, put, read, health.unwrap()] {
            away(answer).await;
        }
        for base in [&figures, &desk.url] {
            let get = |path: &str| desk.http.get(format!("{base}{path}")).send();
            let (ready, lives) = tokio::join!(get("/readyz"), get("/healthz"));
            let (ready, lives) = (ready.unwrap(), lives.unwrap());
            assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(ready.text().await.unwrap().contains("the database does not answer"));
            assert_eq!(lives.status(), StatusCode::OK);
        }

        server.resume();
        until("the hub is ready, without a restart", async || {
            desk.http.get(format!("{}/readyz", desk.url)).send().await.unwrap().status() == StatusCode::OK
        })
        .await;
        // Somebody else on the database, while this hub may not be listening yet: its devices hear all the same.
        let other = desk.beside().await;
        let elsewhere = support::Console { url: other.url.clone(), ..console.clone() };
        assert_eq!(elsewhere.say(number, "answered elsewhere", false, None).await.status(), StatusCode::CREATED);
        let end = Instant::now() + Duration::from_secs(90);
        let newest = device.changes(None).await.cursor;
        // Those under way came first, each with a nudge of its own.
        loop {
            assert!(Instant::now() < end, "nobody told the device");
            if let Ok(Some((_, nudge))) = stream.within(Duration::from_secs(60)).await
                && nudge["cursor"] == newest
            {
                break;
            }
        }
        for ticket in &tickets {
            let status = device.send(ticket).await.status();
            let known = acknowledged.contains(&ticket.client_id);
            // One that was committed when the answer was lost is known too.
            assert!(status == StatusCode::OK || (status == StatusCode::CREATED && !known), "{status}");
        }
        completed(&device, &waiting, &bytes).await;
        let all = device.changes(None).await.tickets;
        assert_eq!(all.len(), 2 + tickets.len(), "none lost, none doubled");
        other.stop().await;
        desk.stop().await;
    });
}

#[test]
fn devices_move_between_two_hubs_in_the_middle_of_things() {
    with_postgres(async |server| {
        let mut one = Desk::start(Some(fresh_database(server, "moving").await)).await;
        let other = one.beside().await;
        let here = one.device().await;
        let there = Device { url: other.url.clone(), ..here.clone() };
        let admin = one.administrator().await;
        let admin_there = support::Console { url: other.url.clone(), ..admin.clone() };

        // The same ticket to both at once: one of them takes it, both give the same receipt.
        for round in 0..15 {
            let (mut ticket, _) = with_a_file(&format!("to both at once {round}"));
            let bytes = vec![round as u8; 40_000];
            ticket.attachments = vec![announced("a.bin", "application/octet-stream", &bytes)];
            let (first, second) = tokio::join!(here.send(&ticket), there.send(&ticket));
            let created = [first.status(), second.status()].iter().filter(|s| **s == StatusCode::CREATED).count();
            assert_eq!(created, 1, "{} {}", first.status(), second.status());
            let (first, second): (Receipt, Receipt) = (first.json().await.unwrap(), second.json().await.unwrap());
            assert_eq!(first, second);
            // Its file goes to one, or to both at once, and is read from both.
            let path = file_path(&ticket);
            let (put, twice) = tokio::join!(here.put(&path, bytes.clone()), async {
                if round % 2 == 0 { Some(there.put(&path, bytes.clone()).await) } else { None }
            });
            assert_eq!(put.status(), StatusCode::NO_CONTENT);
            assert!(twice.is_none_or(|twice| twice.status() == StatusCode::NO_CONTENT));
            for side in [&here, &there] {
                assert_eq!(side.get(&path).await.bytes().await.unwrap(), bytes);
            }
            let read = admin_there.get(&format!("/console/attachments/{}", ticket.attachments[0].id)).await;
            assert_eq!(read.bytes().await.unwrap(), bytes);
        }
        assert_eq!(here.changes(None).await.tickets.len(), 15);
        assert_eq!(admin.list("").await.total, 15);

        // A reply to both at once is one; the technician at either hub hears of it, and the device of the answer.
        let (ticket, number) = here.report("moves on").await;
        let mut cursor = here.changes(None).await.cursor;
        let mut consoles = Stream::open(admin_there.request(Method::GET, "/console/events")).await;
        let mut streams = [
            Stream::open(here.request(Method::GET, "/events")).await,
            Stream::open(there.request(Method::GET, "/events")).await,
        ];
        for stream in &mut streams {
            stream.next().await.unwrap();
        }
        for (at, console) in [&admin, &admin_there].into_iter().enumerate() {
            assert_eq!(console.say(number, "answer", false, None).await.status(), StatusCode::CREATED);
            let side = [&there, &here][at];
            let changes = side.changes(Some(&cursor)).await;
            assert_eq!(changes.tickets.len(), 1, "a cursor of one hub is good at the other");
            assert_eq!(changes.tickets[0].thread.len(), at * 2 + 1);
            for stream in &mut streams {
                let (_, nudge) = stream.within(Duration::from_secs(60)).await.unwrap().unwrap();
                assert_eq!(nudge["cursor"], changes.cursor, "both are told");
            }
            let reply = json!({ "id": FollowUpId::new(), "text": "still", "attachments": [] });
            let path = format!("/tickets/{ticket}/follow-ups");
            let (first, second) = tokio::join!(here.post(&path, &reply), there.post(&path, &reply));
            let mut statuses = [first.status(), second.status()];
            statuses.sort();
            assert_eq!(statuses, [StatusCode::OK, StatusCode::CREATED], "it is kept once");
            for stream in &mut streams {
                stream.within(Duration::from_secs(60)).await.unwrap().unwrap();
            }
            cursor = side.changes(Some(&cursor)).await.cursor;
        }
        consoles.within(Duration::from_secs(60)).await.unwrap().unwrap();
        // A technician's file that was brought to one hub goes with the answer at the other.
        let id = deskside_protocol::AttachmentId::new();
        let staged = format!("/console/tickets/{number}/files/{id}?name=how.txt&media_type=text/plain");
        let brought = admin.request(Method::PUT, &staged).body("how to").send().await.unwrap();
        assert_eq!(brought.status(), StatusCode::CREATED);
        let reply = json!({ "id": FollowUpId::new(), "text": "see", "internal": false, "new_state": null, "attachments": [id] });
        let answered = admin_there.post(&format!("/console/tickets/{number}/follow-ups"), &reply).await;
        assert_eq!(answered.status(), StatusCode::CREATED);
        let got = here.get(&format!("/tickets/{ticket}/attachments/{id}")).await;
        assert_eq!(got.text().await.unwrap(), "how to");

        // Who signs out at one is signed out at the other; a device that is withdrawn is nobody at both.
        let gone = admin.http.delete(format!("{}/api/v1/console/session", admin.url));
        let gone = gone.header("cookie", &admin.cookie).header("x-csrf-token", &admin.csrf).send().await.unwrap();
        assert!(gone.status().is_success());
        assert_eq!(admin_there.get("/console/tickets").await.status(), StatusCode::UNAUTHORIZED);
        other.stop().await;
        one.stop().await;
    });
}

#[test]
fn of_hubs_that_start_at_once_one_makes_the_database_and_the_first_sign_in() {
    with_postgres(async |server| {
        for round in 0..4 {
            let database = fresh_database(server, &format!("race_{round}")).await;
            let folder = tempfile::tempdir().unwrap();
            let starts = (0..3).map(|_| {
                let mut config = Config::new("127.0.0.1:0".parse().unwrap(), folder.path().join("shared"));
                config.database = Some(database.clone());
                serve(config)
            });
            let started = futures_util::future::join_all(starts).await;
            let hubs: Vec<_> = started.into_iter().map(Result::unwrap).collect();
            let told: Vec<_> = hubs.iter().filter_map(|hub| hub.first_sign_in.clone()).collect();
            assert_eq!(told.len(), 1, "one password is shown, and it is the one that holds");
            let http = client();
            for hub in &hubs {
                let body = json!({ "login": "admin", "password": told[0].password });
                let signed = http.post(format!("{}/api/v1/console/session", hub.url())).json(&body).send().await;
                assert_eq!(signed.unwrap().status(), StatusCode::OK);
            }
            for hub in hubs {
                hub.shutdown().await;
            }
        }
    });
}

#[test]
fn a_hub_with_another_folder_for_files_does_not_start() {
    with_postgres(async |server| {
        let desk = Desk::start(Some(fresh_database(server, "folders").await)).await;
        let elsewhere = tempfile::tempdir().unwrap();
        let mut config = desk.config.clone();
        config.data = elsewhere.path().join("other");
        let refused = serve(config.clone()).await;
        assert!(matches!(refused, Err(StartError::Folder(_))), "{refused:?}");
        let said = refused.err().unwrap().to_string();
        assert!(said.contains("share one folder") && said.contains("--data"), "{said}");
        // Nor with files of its own.
        let device = desk.device().await;
        let bytes = vec![3_u8; 2000];
        let mut ticket = document("has a file");
        ticket.attachments.push(announced("a.bin", "application/octet-stream", &bytes));
        device.send(&ticket).await;
        assert_eq!(device.put(&file_path(&ticket), bytes.clone()).await.status(), StatusCode::NO_CONTENT);
        assert!(matches!(serve(config.clone()).await, Err(StartError::Folder(_))));
        // With the files, copied by hand, it is the same folder.
        let file = desk.attachment_file(&ticket.attachments[0].sha256);
        let copy = config.data.join(file.strip_prefix(&desk.config.data).unwrap());
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(&file, &copy).unwrap();
        desk.stop().await;
        let moved = serve(config).await.unwrap();
        let device = Device { url: moved.url(), ..device };
        assert_eq!(device.get(&file_path(&ticket)).await.bytes().await.unwrap(), bytes);
        moved.shutdown().await;
    });
}
