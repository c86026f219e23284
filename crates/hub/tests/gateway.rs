//! A hub as gateway: what its devices send is filed, once, in the helpdesk behind it, and followed there. The helpdesk is
//! another hub here, a real one; the connectors to others are tried where they live.
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
use deskside_protocol::desk::{Receipt, TicketView};
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::ticket::{Author, TicketState};
use deskside_protocol::{ClientId, ErrorCode, FollowUpId};
use reqwest::StatusCode;
use serde_json::json;
use support::{Desk, Device, announced, assert_problem, document, fresh_database, until, with_postgres};

/// The helpdesk, and a hub that is the gateway to it.
async fn gateway_to(upstream: &Desk, database: Option<String>) -> Desk {
    let account = upstream.device().await;
    Desk::start_with(|config| {
        config.database = database;
        config.gateway = Some(GatewayConfig {
            target: Target {
                kind: HelpdeskKind::Hub,
                url: upstream.url.parse().unwrap(),
                fields: std::collections::BTreeMap::new(),
            },
            credential: account.credential,
            people: gateway::People::default(),
        });
    })
    .await
}

async fn seen(device: &Device, ticket: ClientId) -> Option<TicketView> {
    device.changes(None).await.tickets.into_iter().find(|view| view.client_id == ticket)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_filed_and_followed_under_one_number_on_sqlite() {
    filed_and_followed(None).await;
}

#[test]
fn a_ticket_is_filed_and_followed_under_one_number_on_postgresql() {
    with_postgres(async |server| filed_and_followed(Some(fresh_database(server, "gateway").await)).await);
}

async fn filed_and_followed(database: Option<String>) {
    let mut upstream = Desk::start(None).await;
    let other = upstream.device().await;
    for words in ["One", "Two", "Three"] {
        other.report(words).await;
    }
    let admin = upstream.administrator().await;
    let mut gateway = gateway_to(&upstream, database).await;
    let device = gateway.device().await;

    // The number is the helpdesk's own, from the first answer on; the file follows.
    let mut document = document("The printer prints nothing");
    let bytes = b"what it printed".to_vec();
    let file = announced("page.txt", "text/plain", &bytes);
    document.attachments = vec![file.clone()];
    let answer = device.send(&document).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let receipt: Receipt = answer.json().await.unwrap();
    assert_eq!((receipt.number, &receipt.missing), (4, &vec![file.id]));
    let ticket = document.client_id;
    let path = format!("/tickets/{ticket}/attachments/{}", file.id);
    assert_eq!(device.put(&path, bytes.clone()).await.status(), StatusCode::NO_CONTENT);
    until("the file is there", async || admin.ticket(4).await.arrived == vec![file.id]).await;
    assert_eq!(admin.ticket(4).await.document, document, "byte for byte what the device sent");
    // The same again is the same.
    let again = device.send(&document).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(again.json::<Receipt>().await.unwrap().number, 4);

    // A technician answers there, with the state that goes with it: the device hears of it here.
    assert_eq!(admin.say(4, "Which one?", false, Some("waiting-for-requester")).await.status(), StatusCode::CREATED);
    assert_eq!(admin.say(4, "Between us: again.", true, None).await.status(), StatusCode::CREATED);
    until("the answer is here", async || seen(&device, ticket).await.is_some_and(|view| !view.thread.is_empty())).await;
    let view = seen(&device, ticket).await.unwrap();
    assert_eq!((view.number, view.state), (4, TicketState::WaitingForRequester));
    let [answer] = view.thread.as_slice() else { panic!("{:?}", view.thread) };
    assert_eq!((answer.author, answer.text.as_str()), (Author::Technician, "Which one?"));

    // The requester answers here, with a file: once there, and not twice here.
    let bytes = b"third floor".to_vec();
    let photo = announced("door.txt", "text/plain", &bytes);
    let reply = json!({ "id": FollowUpId::new(), "text": "The one by the door", "attachments": [photo] });
    for expected in [StatusCode::CREATED, StatusCode::OK] {
        assert_eq!(device.post(&format!("/tickets/{ticket}/follow-ups"), &reply).await.status(), expected);
    }
    let path = format!("/tickets/{ticket}/attachments/{}", photo.id);
    assert_eq!(device.put(&path, bytes).await.status(), StatusCode::NO_CONTENT);
    until("the reply is there, with its file", async || {
        let there = admin.ticket(4).await;
        there.arrived.contains(&photo.id)
            && there.thread.iter().any(|entry| entry.follow_up.text == "The one by the door")
    })
    .await;

    // Solved there, confirmed here, closed there.
    assert_eq!(admin.say(4, "Paper.", false, Some("solved")).await.status(), StatusCode::CREATED);
    until("it is solved here", async || seen(&device, ticket).await.unwrap().state == TicketState::Solved).await;
    assert_eq!(device.verdict(ticket, json!({ "verdict": "confirm" })).await.status(), StatusCode::NO_CONTENT);
    until("it is closed there", async || admin.ticket(4).await.row.state == TicketState::Closed).await;
    until("and stays so here", async || seen(&device, ticket).await.unwrap().state == TicketState::Closed).await;
    let view = seen(&device, ticket).await.unwrap();
    let said: Vec<_> = view.thread.iter().map(|entry| entry.text.as_str()).filter(|text| !text.is_empty()).collect();
    assert_eq!(said, ["Which one?", "The one by the door", "Paper."]);
    let there = admin.ticket(4).await;
    assert_eq!(there.thread.iter().filter(|entry| entry.follow_up.text == "The one by the door").count(), 1);
    assert_eq!(admin.list("").await.total, 3, "closed ones apart, there is nothing but what others filed");

    // Nobody can answer here what is worked on there; a note among ourselves is no answer.
    let console = gateway.administrator().await;
    let here = console.list("closed=true").await.tickets[0].number;
    let answer = console.say(here, "I am not seen there", false, None).await;
    assert_problem(answer, 409, ErrorCode::Refused).await;
    let answer = console.patch(&format!("/console/tickets/{here}"), &json!({ "state": "in-progress" })).await;
    assert_problem(answer, 409, ErrorCode::Refused).await;
    assert_eq!(console.say(here, "For us", true, None).await.status(), StatusCode::CREATED);
    gateway.stop().await;
    upstream.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_helpdesk_that_is_away_is_filed_once() {
    let mut upstream = Desk::start(None).await;
    let mut gateway = gateway_to(&upstream, None).await;
    let admin_password = upstream.administrator().await;
    drop(admin_password);
    // The same address again after the pause.
    upstream.config.listen = upstream.url.trim_start_matches("http://").parse().unwrap();
    let mut device = gateway.device().await;
    let document = document("No network");
    let mut gateway_again = async |device: &mut Device| {
        gateway.restart().await;
        device.url.clone_from(&gateway.url);
    };
    let sent = document.clone();
    let meanwhile = async || {
        // The device is told that it is not there yet, and asks again.
        let answer = device.send(&sent).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"));
        let receipt = device.get(&format!("/tickets/{}/receipt", sent.client_id)).await;
        assert_eq!(receipt.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(seen(&device, sent.client_id).await.is_none(), "without a number there is nothing to show");
        // The gateway itself may end meanwhile.
        gateway_again(&mut device).await;
    };
    upstream.restart_after(meanwhile).await;
    // It is filed without the device doing anything.
    until("the ticket is filed", async || seen(&device, document.client_id).await.is_some()).await;
    let answer = device.send(&document).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.json::<Receipt>().await.unwrap().number, 1);
    let admin = upstream.administrator().await;
    assert_eq!(admin.list("").await.total, 1);
    gateway.stop().await;
    upstream.stop().await;
}

#[test]
fn a_device_of_the_hub_without_the_turn_hears_its_number() {
    with_postgres(async |server| {
        let upstream = Desk::start(None).await;
        let gateway = gateway_to(&upstream, Some(fresh_database(server, "two_gateways").await)).await;
        assert_eq!(gateway.device().await.report("Where the turn is").await.1, 1);
        let beside = gateway.beside().await;
        assert_eq!(beside.device().await.report("Where it is not").await.1, 2);
        beside.stop().await;
        gateway.stop().await;
        upstream.stop().await;
    });
}

#[cfg(unix)]
#[test]
fn a_credential_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "secret\n").unwrap();
    for (mode, taken) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(gateway::read_credential(&file).ok().as_deref(), taken.then_some("secret"), "{mode:o}");
    }
    std::fs::write(&file, " \n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(gateway::read_credential(&file).is_err());
}
