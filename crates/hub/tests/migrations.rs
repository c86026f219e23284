//! Databases of every form that was released are brought to this version's: with a copy before it, with everything that was
//! in them. What a newer hub has made is left alone, and said.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use deskside_hub::{Config, StartError, serve};
use deskside_protocol::desk::RequesterSummary;
use deskside_protocol::{DeviceId, Timestamp};
use reqwest::StatusCode;
use sha2::Digest as _;
use sqlx::migrate::Migrator;
use sqlx::{AnyPool, Row as _};
use support::{Desk, Device, announced, document, fresh_database, with_postgres};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// What was released is never changed: a database that has it would be refused. A new form is a new line here.
#[test]
fn forms_that_were_released_are_as_they_were() {
    let digests = |migrator: &Migrator| -> Vec<String> {
        migrator.iter().map(|form| format!("{} {}", form.version, &hex::encode(&form.checksum)[..16])).collect()
    };
    let sqlite = [
        "1 9acf0c5d7bf6fc96",
        "2 2c43616e4298dcd0",
        "3 7db03aa270120200",
        "4 d6e120eee8ea8bb5",
        "5 b2ddbf627a19f8be",
        "6 0a81349cf14a3b6a",
        "7 29f9975b7bc4840d",
    ];
    let postgres = [
        "1 298190881455d2c1",
        "2 55dbfc2f3da2507e",
        "3 5550afa04d46e512",
        "4 1609cd25838a398f",
        "5 4541c617422a1709",
        "6 0a81349cf14a3b6a",
        "7 5569908e2b87b8c0",
    ];
    assert_eq!(
        (digests(&SQLITE), digests(&POSTGRES)),
        (sqlite.map(str::to_owned).to_vec(), postgres.map(str::to_owned).to_vec())
    );
}

fn newest() -> i64 {
    SQLITE.iter().map(|form| form.version).max().unwrap()
}

/// A database of a form, with a person, a device, a ticket with a thread and a file, as a hub of that time left them.
struct Old {
    device: DeviceId,
    credential: String,
    ticket: deskside_protocol::ticket::TicketDocument,
    bytes: Vec<u8>,
}

async fn fill(database: &AnyPool, data: &Path) -> Old {
    let digest = |bytes: &[u8]| hex::encode(sha2::Sha256::digest(bytes));
    let (device, credential) = (DeviceId::new(), "dsk_of-the-old-hub".to_owned());
    let bytes = b"an old log".repeat(50);
    let mut ticket = document("written long ago");
    ticket.requester.login = "CORP\\Anna".to_owned();
    ticket.attachments.push(announced("old.log", "text/plain", &bytes));
    let (sent, file) = (serde_json::to_vec(&ticket).unwrap(), &ticket.attachments[0]);
    let now = Timestamp::now().unix_ms();
    let id = ticket.client_id.to_string();
    for statement in [
        "INSERT INTO people VALUES ('admin', 'Administrator', 'administrator', 'none', 0, 1, 0)",
        "INSERT INTO enrolment_tokens
             (id, digest, label, uses, used, expires_at, revoked, created_by, created_at)
         VALUES ('t', 'd', 'old', 1, 1, 0, 0, 'admin', 0)",
        "UPDATE counters SET value = 2 WHERE name = 'change'",
        "UPDATE counters SET value = 1 WHERE name = 'ticket'",
    ] {
        sqlx::query(statement).execute(database).await.unwrap();
    }
    sqlx::query(
        "INSERT INTO devices (id, digest, name, platform, token_id, enrolled_at, seen_at, revoked)
         VALUES ($1, $2, 'pc-old', 'linux', 't', 0, NULL, 0)",
    )
    .bind(device.to_string())
    .bind(digest(credential.as_bytes()))
    .execute(database)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO tickets (client_id, number, device_id, document, document_digest, title, description, requester, state,
             urgency, impact, findings, screenshot, awaits_answer, created_at, updated_at, visible_at, change_seq,
             visible_seq, search)
         VALUES ($1, 1, $2, $3, $4, 'written long ago', 'written long ago', 'Anna Ström', 'in-progress', 'medium', 'low',
             0, 0, 0, $5, $5, $5, 2, 2, 'written long ago')",
    )
    .bind(id.clone())
    .bind(device.to_string())
    .bind(sent.clone())
    .bind(digest(&sent))
    .bind(now)
    .execute(database)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO follow_ups (client_id, id, position, author, author_name, author_login, at, text, internal, digest)
         VALUES ($1, $2, 2, 'technician', 'Administrator', 'admin', $3, 'we look into it', 0, '')",
    )
    .bind(id.clone())
    .bind(deskside_protocol::FollowUpId::new().to_string())
    .bind(now)
    .execute(database)
    .await
    .unwrap();
    sqlx::query("INSERT INTO attachments VALUES ($1, $2, NULL, 0, 'old.log', 'text/plain', $3, $4, 0, $5)")
        .bind(file.id.to_string())
        .bind(id)
        .bind(bytes.len() as i64)
        .bind(file.sha256.to_string())
        .bind(now)
        .execute(database)
        .await
        .unwrap();
    let path = data.join("attachments").join(&file.sha256.as_str()[..2]).join(file.sha256.as_str());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, &bytes).unwrap();
    Old { device, credential, ticket, bytes }
}

/// The new hub has all of it, and works.
async fn everything_is_there(mut config: Config, old: &Old) {
    let _set_before = rustls::crypto::ring::default_provider().install_default();
    config.listen = "127.0.0.1:0".parse().unwrap();
    let hub = serve(config.clone()).await.unwrap();
    assert!(hub.first_sign_in.is_none());
    let device = Device {
        url: hub.url(),
        http: support::client(),
        id: old.device.to_string(),
        credential: old.credential.clone(),
    };
    let tickets = device.changes(None).await.tickets;
    assert_eq!((tickets.len(), tickets[0].number, tickets[0].thread[0].text.as_str()), (1, 1, "we look into it"));
    let ticket = old.ticket.client_id;
    let path = format!("/tickets/{ticket}/attachments/{}", old.ticket.attachments[0].id);
    assert_eq!(device.get(&path).await.bytes().await.unwrap(), old.bytes);
    assert_eq!(device.send(&old.ticket).await.status(), StatusCode::OK, "it is known byte for byte");
    assert_eq!(device.reply(ticket, "and?").await.status(), StatusCode::CREATED);
    assert_eq!(device.report("new").await.1, 2);
    hub.shutdown().await;
    // Whose it is was read from the document.
    let data = &config.data;
    let password = deskside_hub::commands::reset_password(data, config.database.as_deref(), "admin").await.unwrap();
    let desk = Desk::start_with(|ours| *ours = config.clone()).await;
    let console = desk.chosen("admin", &password).await;
    let found = console.get("/console/requester?login=corp%5Canna").await;
    assert_eq!(found.status(), StatusCode::OK);
    let found: RequesterSummary = found.json().await.unwrap();
    assert_eq!((found.tickets, found.open, found.files), (1, 1, 1));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sqlite_form_becomes_this_one_and_a_copy_of_it_stays() {
    sqlx::any::install_default_drivers();
    for form in 1..newest() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hub");
        std::fs::create_dir(&data).unwrap();
        let file = data.join("hub.sqlite3");
        let old = AnyPool::connect(&format!("sqlite://{}?mode=rwc", file.display())).await.unwrap();
        SQLITE.run_to(form, &old).await.unwrap();
        let filled = fill(&old, &data).await;
        old.close().await;
        // Copies of an earlier change go when there is a newer one.
        std::fs::write(data.join("hub-form-0.sqlite3"), "an older copy").unwrap();
        let config = Config::new("127.0.0.1:0".parse().unwrap(), data.clone());
        everything_is_there(config, &filled).await;

        let copy = data.join(format!("hub-form-{form}.sqlite3"));
        let names: BTreeSet<String> = std::fs::read_dir(&data)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("hub-form-"))
            .collect();
        assert_eq!(names, BTreeSet::from([format!("hub-form-{form}.sqlite3")]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // The copy is the database as it was: whoever goes back puts it in the place of the other.
        let copy = AnyPool::connect(&format!("sqlite://{}", copy.display())).await.unwrap();
        let applied = sqlx::query("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&copy).await.unwrap();
        assert_eq!(applied.try_get::<i64, _>(0).unwrap(), form);
        let ticket = sqlx::query("SELECT document FROM tickets").fetch_one(&copy).await.unwrap();
        assert_eq!(ticket.try_get::<Vec<u8>, _>(0).unwrap(), serde_json::to_vec(&filled.ticket).unwrap());
        copy.close().await;
    }
}

#[test]
fn every_postgresql_form_becomes_this_one_and_a_copy_of_it_stays() {
    with_postgres(async |server| {
        for form in 1..newest() {
            let address = fresh_database(server, &format!("form_{form}")).await;
            let folder = tempfile::tempdir().unwrap();
            let data = folder.path().join("hub");
            let old = AnyPool::connect(&address).await.unwrap();
            POSTGRES.run_to(form, &old).await.unwrap();
            let filled = fill(&old, &data).await;
            let mut config = Config::new("127.0.0.1:0".parse().unwrap(), data);
            config.database = Some(address.clone());
            // Two hubs find the same work to do; one does it.
            let (one, other) = tokio::join!(serve(config.clone()), serve(config.clone()));
            one.unwrap().shutdown().await;
            other.unwrap().shutdown().await;
            everything_is_there(config.clone(), &filled).await;

            let copied = format!("deskside_form_{form}");
            let schemas = sqlx::query("SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'deskside_form_%'");
            let schemas = schemas.fetch_all(&old).await.unwrap();
            assert_eq!(schemas.len(), 1);
            assert_eq!(schemas[0].try_get::<String, _>(0).unwrap(), copied);
            let mut ask = sqlx::QueryBuilder::<sqlx::Postgres>::new("SELECT document FROM ");
            ask.push(&copied).push(".tickets");
            let looking = sqlx::PgPool::connect(&address).await.unwrap();
            let ticket = ask.build().fetch_one(&looking).await.unwrap();
            assert_eq!(ticket.try_get::<Vec<u8>, _>(0).unwrap(), serde_json::to_vec(&filled.ticket).unwrap());

            let newer = refused(&config, &old).await;
            assert!(newer.contains(&format!("the schema deskside_form_{}", newest())), "{newer}");
            looking.close().await;
            old.close().await;
        }
    });
}

/// A form that is to come was put there: the hub does not start, says what to do, and changes nothing.
async fn refused(config: &Config, database: &AnyPool) -> String {
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'to come', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
    )
    .execute(database)
    .await
    .unwrap();
    sqlx::query("ALTER TABLE tickets RENAME COLUMN title TO headline").execute(database).await.unwrap();
    let refused = serve(config.clone()).await;
    assert!(matches!(refused, Err(StartError::Store(_))), "{refused:?}");
    let said = refused.err().unwrap().to_string();
    for words in ["form 9999", "a newer hub", "leaves it as it is", "Install the newer hub again"] {
        assert!(said.contains(words), "{said}");
    }
    sqlx::query("SELECT headline FROM tickets").fetch_all(database).await.unwrap();
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_newer_hub_has_made_is_left_alone_and_said() {
    let mut desk = Desk::start(None).await;
    let database = desk.database().await;
    desk.hub.take().unwrap().shutdown().await;
    let said = refused(&desk.config, &database).await;
    assert!(said.contains(&format!("hub-form-{}.sqlite3", newest())), "{said}");
    let token = deskside_hub::commands::create_token(&desk.config.data, None, "x", 1, 1).await;
    assert!(token.is_err(), "nor does the command line");

    // A form of the right number that is another one.
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 9999").execute(&database).await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 2").execute(&database).await.unwrap();
    let other = serve(desk.config.clone()).await.err().unwrap().to_string();
    assert!(other.contains("form 2 is not the one") && other.contains("Install the hub that made it"), "{other}");
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_at_the_start_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), folder.path().to_owned());
    config.database = Some("postgres://nobody:secret@127.0.0.1:1/none".to_owned());
    let said = serve(config).await.err().unwrap().to_string();
    assert!(said.contains("the database does not answer") && !said.contains("secret"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_for_the_copy_nothing_is_changed() {
    sqlx::any::install_default_drivers();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.sqlite3");
    let old = AnyPool::connect(&format!("sqlite://{}?mode=rwc", file.display())).await.unwrap();
    SQLITE.run_to(2, &old).await.unwrap();
    // Where the copy should go there is something that cannot be written over.
    std::fs::create_dir_all(folder.path().join("hub-form-2.part/in-the-way")).unwrap();
    let said = serve(Config::new("127.0.0.1:0".parse().unwrap(), folder.path().to_owned())).await;
    let said = said.err().unwrap().to_string();
    assert!(said.contains("no copy of the database could be made") && said.contains("it was not changed"), "{said}");
    let applied = sqlx::query("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&old).await.unwrap();
    assert_eq!(applied.try_get::<i64, _>(0).unwrap(), 2);
    old.close().await;
}
