//! The agent and the real hub, over real HTTP: what one says, the other understands.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod support;

use deskside_agent::ports::Notification;
use deskside_hub::{Config, RunningHub};
use deskside_protocol::FollowUpId;
use deskside_protocol::desk::{ChangePassword, ConsoleReply, ConsoleTicket, Session, SignIn};
use deskside_protocol::local::*;
use deskside_protocol::ticket::{TicketState, Verdict};
use support::{App, Desktop, eventually, png_with_secret};
use tokio::runtime::Runtime;

struct Console {
    http: reqwest::Client,
    url: String,
    cookie: String,
    csrf: String,
}

impl Console {
    async fn sign_in(hub: &RunningHub) -> Self {
        // Err means that the agent has installed one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let first = hub.first_sign_in.as_ref().unwrap();
        let (http, url) = (reqwest::Client::builder().no_proxy().build().unwrap(), hub.url());
        let body = SignIn { login: first.login.clone(), password: first.password.clone() };
        let answer = http.post(format!("{url}/api/v1/console/session")).json(&body).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let session: Session = answer.json().await.unwrap();
        // The printed password opens nothing but this door.
        let change = ChangePassword { current: first.password.clone(), new: "correct horse battery".into() };
        let request = http.post(format!("{url}/api/v1/console/session/password")).json(&change);
        let request = request.header("cookie", &cookie).header("x-csrf-token", &session.csrf_token);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let session: Session = answer.json().await.unwrap();
        Self { http, url, cookie, csrf: session.csrf_token }
    }

    async fn ticket(&self, number: u64) -> ConsoleTicket {
        let url = format!("{}/api/v1/console/tickets/{number}", self.url);
        let answer = self.http.get(url).header("cookie", &self.cookie).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    async fn reply(&self, number: u64, text: &str, new_state: Option<TicketState>) {
        let body = ConsoleReply {
            id: FollowUpId::new(),
            text: text.into(),
            internal: false,
            new_state,
            attachments: Vec::new(),
        };
        let url = format!("{}/api/v1/console/tickets/{number}/follow-ups", self.url);
        let request = self.http.post(url).header("cookie", &self.cookie).header("x-csrf-token", &self.csrf).json(&body);
        request.send().await.unwrap().error_for_status().unwrap();
    }
}

#[test]
fn from_the_enrolment_to_the_rating() {
    let runtime = Runtime::new().unwrap();
    let (hub_data, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = Config::new("127.0.0.1:0".parse().unwrap(), hub_data.path().join("hub"));
    let hub = runtime.block_on(deskside_hub::serve(config)).unwrap();
    let token = runtime
        .block_on(deskside_hub::commands::create_token(&hub_data.path().join("hub"), None, "test", 1, 1))
        .unwrap();
    let console = runtime.block_on(Console::sign_in(&hub));

    // Written before there is a helpdesk, with a picture; sent when there is one.
    let desktop = std::sync::Arc::new(Desktop::default());
    let app = App::start(data.path(), &desktop);
    let draft = app.draft("The projector stays black");
    let file = app.upload(UploadOwner::Draft { draft }, "screen.png", &png_with_secret(), true).unwrap();
    let (client_id, preview) = app.submit(draft);
    app.ask(Request::Enrol { url: hub.url(), token }).unwrap();
    let number = app.delivered(client_id);

    let seen = runtime.block_on(console.ticket(number));
    assert_eq!(serde_json::to_string(&seen.document).unwrap(), preview.document);
    assert_eq!(seen.arrived, [file.id]);
    assert_eq!(seen.row.requester, "Jeanne Dupont");

    // The answer comes by itself, once.
    runtime.block_on(console.reply(number, "Is the cable in?", Some(TicketState::WaitingForRequester)));
    eventually("the answer", || (app.home().unread_requests == 1).then_some(()));
    assert!(matches!(
        desktop.notifications.lock().unwrap().as_slice(),
        [Notification::Answer { text, .. }] if text == "Is the cable in?"
    ));

    // A reply with a file, and with the agent killed in between.
    let more = app.upload(UploadOwner::Reply { client_id }, "notes.txt", b"it is", false).unwrap();
    app.ask(Request::Reply { client_id, text: "It is.".into() }).unwrap();
    let desktop = app.kill();
    let app = App::start(data.path(), &desktop);
    eventually("the reply with its file", || {
        let seen = runtime.block_on(console.ticket(number));
        (seen.thread.len() == 2 && seen.arrived.contains(&more.id)).then_some(())
    });

    runtime.block_on(console.reply(number, "The lamp is new now.", Some(TicketState::Solved)));
    eventually("solved", || (app.row(client_id).state == Some(TicketState::Solved)).then_some(()));
    app.ask(Request::GiveVerdict { client_id, verdict: Verdict::Confirm }).unwrap();
    app.ask(Request::GiveVerdict { client_id, verdict: Verdict::Rate { stars: 5, comment: None } }).unwrap();
    eventually("closed and rated", || {
        let seen = runtime.block_on(console.ticket(number));
        (seen.row.state == TicketState::Closed && seen.rating.is_some_and(|rating| rating.stars == 5)).then_some(())
    });
    eventually("closed here too", || (app.row(client_id).state == Some(TicketState::Closed)).then_some(()));
    let thread = app.thread(client_id);
    let delivered =
        |entry: &ThreadEntry| !matches!(entry.delivery, Some(Delivery::Waiting { .. } | Delivery::Parked { .. }));
    assert!(thread.entries.iter().all(delivered), "{:?}", thread.entries);
    assert_eq!(runtime.block_on(console.ticket(number)).thread.len(), thread.entries.len(), "nothing came twice");
    app.stop();
    runtime.block_on(hub.shutdown());
}
