//! What the helpdesk behind a hub refuses, or cannot give: who has to know of it does, and nobody else waits for it.
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
use deskside_hub::doctor::{self, Health};
use deskside_hub::gateway::{self, GatewayConfig};
use deskside_protocol::desk::TicketView;
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::ticket::{Author, TicketState};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, FollowUpId, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::json;
use support::between::Between;
use support::{Console, Desk, Device, assert_problem, document, until};

/// A helpdesk with its administrator, what stands before it, and a hub that is the gateway to it with a device.
struct Story {
    upstream: Desk,
    admin: Console,
    between: Between,
    gateway: Desk,
    device: Device,
}

impl Story {
    async fn begin() -> Self {
        let mut upstream = Desk::start(None).await;
        let admin = upstream.administrator().await;
        let account = upstream.device().await;
        let between = Between::start(&upstream.url).await;
        let url = between.url.parse().unwrap();
        let gateway = Desk::start_with(|config| {
            config.metrics = Some("127.0.0.1:0".parse().unwrap());
            config.gateway = Some(GatewayConfig {
                target: Target { kind: HelpdeskKind::Hub, url, fields: std::collections::BTreeMap::new() },
                credential: account.credential,
                people: gateway::People::default(),
            });
        })
        .await;
        let device = gateway.device().await;
        Self { upstream, admin, between, gateway, device }
    }

    async fn seen(&self, ticket: ClientId) -> TicketView {
        let tickets = self.device.changes(None).await.tickets;
        tickets.into_iter().find(|view| view.client_id == ticket).unwrap()
    }

    /// What was said in a ticket, as its device sees it.
    async fn said(&self, ticket: ClientId) -> Vec<(Author, String)> {
        let thread = self.seen(ticket).await.thread;
        thread.into_iter().filter(|entry| !entry.text.is_empty()).map(|entry| (entry.author, entry.text)).collect()
    }

    async fn end(self) {
        self.gateway.stop().await;
        self.upstream.stop().await;
    }
}

/// A technician answers with a file.
async fn answers_with_a_file(admin: &Console, number: u64, text: &str, bytes: &'static str) -> AttachmentId {
    let file = AttachmentId::new();
    let path = format!("/console/tickets/{number}/files/{file}?name=how.txt&media_type=text/plain");
    assert!(admin.request(Method::PUT, &path).body(bytes).send().await.unwrap().status().is_success());
    let reply =
        json!({ "id": FollowUpId::new(), "text": text, "internal": false, "new_state": null, "attachments": [file] });
    let answer = admin.post(&format!("/console/tickets/{number}/follow-ups"), &reply).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_had_is_named_and_keeps_no_answer_back() {
    let story = Story::begin().await;
    let (one, number) = story.device.report("One").await;
    let (other, other_number) = story.device.report("Other").await;
    // The helpdesk breaks on each of one ticket's files, and does not answer for those of the other.
    story.between.refuse(Method::GET, &format!("/tickets/{one}/attachments/"), 500, "internal");
    story.between.refuse(Method::GET, &format!("/tickets/{other}/attachments/"), 503, "busy");
    answers_with_a_file(&story.admin, other_number, "This waits", "a page").await;
    answers_with_a_file(&story.admin, number, "See how", "another page").await;
    until("the answer is here, with the file's name", async || !story.said(one).await.is_empty()).await;
    let words =
        "See how\n\nCes fichiers ne peuvent être ouverts que dans l’outil d’assistance lui-même\u{a0}:\n- how.txt";
    assert_eq!(story.said(one).await, [(Author::Technician, words.to_owned())]);
    assert!(story.said(other).await.is_empty(), "its file may still come");
    story.between.mend();
    until("so does the other", async || !story.said(other).await.is_empty()).await;
    assert_eq!(story.said(other).await, [(Author::Technician, "This waits".to_owned())]);
    assert_eq!(story.seen(other).await.thread.iter().map(|entry| entry.attachments.len()).sum::<usize>(), 1);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_taken_is_said_and_holds_nothing_up() {
    let story = Story::begin().await;
    let (ticket, number) = story.device.report("The printer").await;
    story.between.refuse(Method::POST, "/follow-ups", 403, "forbidden");
    assert_eq!(story.device.reply(ticket, "One more thing").await.status(), StatusCode::CREATED);
    until("it is said", async || story.said(ticket).await.len() == 2).await;
    let note = "L’assistance n’a pas accepté votre message\u{a0}:\nOne more thing\n\
                Sa raison\u{a0}: HTTP 403: because I say so";
    assert_eq!(story.said(ticket).await[1], (Author::System, note.to_owned()));
    // What comes after it goes.
    story.between.mend();
    assert_eq!(story.device.reply(ticket, "Another").await.status(), StatusCode::CREATED);
    let there = async || -> Vec<String> {
        story.admin.ticket(number).await.thread.into_iter().map(|entry| entry.follow_up.text).collect()
    };
    until("the other is there", async || !there().await.is_empty()).await;
    assert_eq!(there().await, ["Another"]);

    // A verdict that is refused has changed nothing.
    assert_eq!(story.admin.say(number, "Paper.", false, Some("solved")).await.status(), StatusCode::CREATED);
    until("it is solved here", async || story.seen(ticket).await.state == TicketState::Solved).await;
    story.between.refuse(Method::POST, "/verdicts", 409, "wrong-state");
    assert_eq!(story.device.verdict(ticket, json!({ "verdict": "confirm" })).await.status(), StatusCode::NO_CONTENT);
    let noted = async |words: &str| story.said(ticket).await.iter().any(|(_, text)| text.starts_with(words));
    until("that is said", async || noted("L’assistance n’a pas accepté que cette demande soit close.").await).await;
    assert_eq!(story.seen(ticket).await.state, TicketState::Solved);
    assert_eq!(story.admin.ticket(number).await.row.state, TicketState::Solved);
    let stars = json!({ "verdict": "rate", "stars": 5, "comment": null });
    assert_eq!(story.device.verdict(ticket, stars.clone()).await.status(), StatusCode::NO_CONTENT);
    until("so is this", async || noted("L’assistance n’a pas accepté votre évaluation.").await).await;
    assert_eq!(story.seen(ticket).await.rating, None);
    story.between.mend();
    assert_eq!(story.device.verdict(ticket, stars).await.status(), StatusCode::NO_CONTENT, "it can be said again");
    until("it is there", async || story.admin.ticket(number).await.rating.is_some()).await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_that_was_refused_is_filed_when_its_sender_tries_again() {
    let story = Story::begin().await;
    let written = document("Refused at first");
    story.between.refuse(Method::POST, "/tickets", 422, "refused");
    assert_problem(story.device.send(&written).await, 422, ErrorCode::Refused).await;
    let receipt = format!("/tickets/{}/receipt", written.client_id);
    assert_problem(story.device.get(&receipt).await, 404, ErrorCode::NotFound).await;
    assert_problem(story.device.send(&written).await, 422, ErrorCode::Refused).await;
    story.between.mend();
    assert_eq!(story.device.send(&written).await.status(), StatusCode::OK);
    assert_eq!(story.seen(written.client_id).await.number, 1);
    assert_eq!(story.device.get(&receipt).await.status(), StatusCode::OK);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_much_is_stuck_the_rest_goes_on() {
    let story = Story::begin().await;
    let (ticket, _) = story.device.report("Stuck").await;
    let rows = story.gateway.database().await;
    let later = Timestamp::now().unix_ms() + 1_800_000;
    let later = Timestamp::from_unix_ms(later);
    let message = json!({ "kind": "follow-up", "files": [], "stage": "new", "doubt": false, "tries": 1, "waited_ms": 0,
        "not_before": later, "asked_to_wait": true, "last_error": null, "ever_failed": true });
    let mut all = rows.begin().await.unwrap();
    for number in 0..1100 {
        sqlx::query("INSERT INTO upstream_outbox VALUES ($1, $2, 0, '{}', $3, 'waiting', 0)")
            .bind(ticket.to_string())
            .bind(format!("stuck-{number}"))
            .bind(message.to_string())
            .execute(&mut *all)
            .await
            .unwrap();
    }
    all.commit().await.unwrap();
    assert_eq!(story.device.report("Goes on").await.1, 2);
    rows.close().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_watches_sees_that_nothing_goes_on_and_why() {
    let story = Story::begin().await;
    story.device.report("Goes through").await;
    let figures = format!("http://{}/metrics", story.gateway.hub.as_ref().unwrap().metrics.unwrap());
    let shows = async |line: &str| {
        let text = story.device.http.get(&figures).send().await.unwrap().text().await.unwrap();
        text.lines().any(|found| found == line)
    };
    let health = async || {
        let checks = doctor::examine(&story.gateway.config.data, None, None).await;
        checks.into_iter().find(|check| check.name == "helpdesk").unwrap()
    };
    until("it goes on", async || health().await.health == Health::Good).await;
    assert!(shows("deskside_hub_upstream_trouble 0").await && shows("deskside_hub_upstream_waiting 0").await);
    // The service account is not accepted any more: nothing is refused for good, and nothing goes on.
    story.between.refuse(Method::POST, "/tickets", 401, "unauthorized");
    let written = document("Waits");
    assert_eq!(story.device.send(&written).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(shows("deskside_hub_upstream_trouble 1").await && shows("deskside_hub_upstream_waiting 1").await);
    assert!(!shows("deskside_hub_upstream_oldest_seconds 0").await, "it waits for ten seconds");
    // On a busy machine the first try may still be on its way.
    until("it does not go on", async || health().await.health == Health::Bad).await;
    let says = health().await;
    assert!(says.says.contains("HTTP 401: because I say so (Unauthorized"), "{says:?}");
    assert!(says.says.contains("1 waiting"), "{says:?}");
    story.between.mend();
    until("it goes on again", async || health().await.health == Health::Good).await;
    assert!(shows("deskside_hub_upstream_trouble 0").await);
    story.end().await;
}
