//! The hub is pointed at another helpdesk, or at none: numbers of one are not those of the other, and nobody waits for what
//! will not come.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod support;

use deskside_helpdesk::Target;
use deskside_hub::gateway::{self, GatewayConfig};
use deskside_protocol::desk::Receipt;
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::ticket::Author;
use deskside_protocol::{ClientId, ErrorCode};
use reqwest::{Method, StatusCode};
use sqlx::Row as _;
use support::between::Between;
use support::{Desk, Device, assert_problem, document, fresh_database, until, with_postgres};

fn to(url: &str, account: &Device) -> Option<GatewayConfig> {
    Some(GatewayConfig {
        target: Target {
            kind: HelpdeskKind::Hub,
            url: url.parse().unwrap(),
            fields: std::collections::BTreeMap::new(),
        },
        credential: account.credential.clone(),
        people: gateway::People::default(),
    })
}

async fn said(device: &Device, ticket: ClientId) -> Vec<(Author, String)> {
    let tickets = device.changes(None).await.tickets;
    let thread = tickets.into_iter().find(|view| view.client_id == ticket).map(|view| view.thread).unwrap_or_default();
    thread.into_iter().filter(|entry| !entry.text.is_empty()).map(|entry| (entry.author, entry.text)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_at_the_helpdesk_before_stays_there_on_sqlite() {
    moved(None).await;
}

#[test]
fn what_is_at_the_helpdesk_before_stays_there_on_postgresql() {
    with_postgres(async |server| moved(Some(fresh_database(server, "moved").await)).await);
}

async fn moved(database: Option<String>) {
    let (one, mut other) = (Desk::start(None).await, Desk::start(None).await);
    let (at_one, at_other) = (one.device().await, other.device().await);
    let between = Between::start(&one.url).await;
    let mut gateway = Desk::start_with(|config| {
        config.database = database;
        config.gateway = to(&between.url, &at_one);
    })
    .await;
    let mut device = gateway.device().await;
    let (ticket, number) = device.report("At the first helpdesk").await;
    assert_eq!(number, 1);
    // A reply and a ticket wait, and may have arrived.
    between.refuse(Method::POST, "/follow-ups", 503, "busy");
    between.refuse(Method::POST, "/tickets", 503, "busy");
    assert_eq!(device.reply(ticket, "Under way").await.status(), StatusCode::CREATED);
    let waiting = document("Under way as well");
    assert_eq!(device.send(&waiting).await.status(), StatusCode::SERVICE_UNAVAILABLE);

    // Somebody else's ticket has the same number at the other helpdesk.
    assert_eq!(at_other.report("A stranger's").await.1, 1);
    let there = other.administrator().await;
    assert_eq!(there.say(1, "For the stranger", false, None).await.status(), StatusCode::CREATED);
    gateway.config.gateway = to(&other.url, &at_other);
    gateway.restart().await;
    device.url.clone_from(&gateway.url);
    until("what waited is said", async || said(&device, ticket).await.len() == 2).await;
    let thread = said(&device, ticket).await;
    assert_eq!((thread[0].0, thread[0].1.as_str()), (Author::Requester, "Under way"));
    assert!(thread[1].0 == Author::System && thread[1].1.contains("files in another helpdesk now"), "{thread:?}");
    assert_problem(device.reply(ticket, "Is anybody there?").await, 409, ErrorCode::HelpdeskChanged).await;
    let confirm = serde_json::json!({ "verdict": "confirm" });
    assert_problem(device.verdict(ticket, confirm).await, 409, ErrorCode::HelpdeskChanged).await;

    // Who wrote the ticket that may be there hears of it first, and decides.
    assert_problem(device.send(&waiting).await, 409, ErrorCode::HelpdeskChanged).await;
    assert_eq!(device.report("At the second helpdesk").await.1, 2);
    let again = device.send(&waiting).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(again.json::<Receipt>().await.unwrap().number, 3);
    // By now the stranger's ticket was looked at, and is nobody's here.
    assert_eq!(there.say(2, "For us", false, None).await.status(), StatusCode::CREATED);
    let second = device.changes(None).await.tickets.into_iter().find(|view| view.number == 2).unwrap().client_id;
    until("an answer is here", async || !said(&device, second).await.is_empty()).await;
    assert_eq!(said(&device, ticket).await, thread);

    // What is nowhere else is answered here.
    let console = gateway.administrator().await;
    assert_eq!(console.say(1, "Here I am", false, None).await.status(), StatusCode::CREATED);
    assert_eq!(said(&device, ticket).await.last().unwrap().1, "Here I am");
    let number = console.list("q=second").await.tickets[0].number;
    assert_problem(console.say(number, "Not here", false, None).await, 409, ErrorCode::Refused).await;

    // Back at the first, as a version that kept no places left it: all that is there is its own.
    let rows = gateway.database().await;
    gateway.config.gateway = None;
    gateway.restart().await;
    sqlx::query("DELETE FROM meta WHERE name = 'gateway-place'").execute(&rows).await.unwrap();
    sqlx::query("UPDATE tickets SET upstream_place = NULL").execute(&rows).await.unwrap();
    device.url.clone_from(&gateway.url);
    // With no helpdesk behind it, this one is the helpdesk.
    assert_eq!(device.reply(second, "Who answers now?").await.status(), StatusCode::CREATED);
    let console = gateway.administrator().await;
    assert_eq!(console.say(number, "We do", false, None).await.status(), StatusCode::CREATED);
    gateway.config.gateway = to(&other.url, &at_other);
    gateway.restart().await;
    let stamped = async || {
        let found =
            sqlx::query("SELECT COUNT(*) AS stamped FROM tickets WHERE upstream_place LIKE 'hub http://127.0.0.1:%'");
        found.fetch_one(&rows).await.unwrap().try_get::<i64, _>("stamped").unwrap()
    };
    until("all are its own", async || stamped().await == 3).await;
    rows.close().await;
    gateway.stop().await;
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_never_tried_goes_to_the_new_helpdesk() {
    let (one, other) = (Desk::start(None).await, Desk::start(None).await);
    let (at_one, at_other) = (one.device().await, other.device().await);
    let mut gateway = Desk::start_with(|config| config.gateway = to(&one.url, &at_one)).await;
    let mut device = gateway.device().await;
    device.report("At the first helpdesk").await;
    gateway.config.gateway = None;
    gateway.restart().await;
    let rows = gateway.database().await;
    // Taken in while no hub had the turn.
    device.url.clone_from(&gateway.url);
    let (ticket, _) = device.report("Never tried").await;
    let message = serde_json::json!({ "kind": "ticket", "files": [], "stage": "new", "doubt": false, "tries": 0,
        "waited_ms": 0, "not_before": null, "asked_to_wait": false, "last_error": null, "ever_failed": false });
    sqlx::query("INSERT INTO upstream_outbox VALUES ($1, $1, 1000, NULL, $2, 'waiting', 0)")
        .bind(ticket.to_string())
        .bind(message.to_string())
        .execute(&rows)
        .await
        .unwrap();
    rows.close().await;
    gateway.config.gateway = to(&other.url, &at_other);
    gateway.restart().await;
    device.url.clone_from(&gateway.url);
    until("it is filed", async || device.get(&format!("/tickets/{ticket}/receipt")).await.status() == StatusCode::OK)
        .await;
    let receipt: Receipt = device.get(&format!("/tickets/{ticket}/receipt")).await.json().await.unwrap();
    assert_eq!(receipt.number, 1);
    gateway.stop().await;
    one.stop().await;
    other.stop().await;
}
