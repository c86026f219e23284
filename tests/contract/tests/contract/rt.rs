//! Request Tracker: the real one, of Debian's packages, on a database of its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use deskside_contract::story::{self, Backend, Bytesful, Held};
use deskside_e2e::RequestTracker;
use deskside_faults::{Dice, Kind, Proxy, Way};
use deskside_helpdesk::layout::{JSON_NAME, PAGE_NAME};
use deskside_helpdesk::outbox::Backoff;
use deskside_helpdesk::rt::RtDesk;
use deskside_helpdesk::{Helpdesk, Target, TicketRef, marker, rich_text};
use deskside_hub::gateway::{GatewayConfig, People};
use deskside_protocol::desk::NewFollowUp;
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::{ClientId, FollowUpId};
use serde_json::{Value, json};
use url::Url;

use crate::outbox::Outbox;

struct Rt {
    server: RequestTracker,
    url: Url,
    desk: Arc<dyn Helpdesk>,
    alice: String,
}

impl Rt {
    /// The server, or why there is none here.
    async fn start() -> anyhow::Result<std::result::Result<Self, String>> {
        let server = match RequestTracker::start().await? {
            Ok(server) => server,
            Err(why) => return Ok(Err(why)),
        };
        let url = Url::parse(&server.url())?;
        let target = Target { kind: HelpdeskKind::RequestTracker, url: url.clone(), fields: [].into() };
        let alice = server.token("alice")?;
        let desk = Arc::new(RtDesk::new(&target, &alice)?);
        Ok(Ok(Self { server, url, desk, alice }))
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

#[async_trait]
impl Backend for Rt {
    fn name(&self) -> &'static str {
        "Request Tracker 5"
    }
    fn desk(&self) -> Arc<dyn Helpdesk> {
        Arc::clone(&self.desk)
    }
    async fn answer(&mut self, number: u64, text: &str, file: Option<Bytesful>) -> anyhow::Result<()> {
        let files: Vec<Value> = file
            .into_iter()
            .map(|(name, bytes)| {
                let content = base64::engine::general_purpose::STANDARD.encode(bytes);
                json!({ "FileName": name, "FileType": "text/plain", "FileContent": content })
            })
            .collect();
        let body = json!({ "Content": text, "ContentType": "text/plain", "Attachments": files });
        self.server.ask(reqwest::Method::POST, &format!("ticket/{number}/correspond"), Some(body)).await.map(drop)
    }
    async fn note(&mut self, number: u64, text: &str) -> anyhow::Result<()> {
        let body = json!({ "Content": text, "ContentType": "text/plain" });
        self.server.ask(reqwest::Method::POST, &format!("ticket/{number}/comment"), Some(body)).await.map(drop)
    }
    async fn solve(&mut self, number: u64) -> anyhow::Result<()> {
        let said = self
            .server
            .ask(reqwest::Method::PUT, &format!("ticket/{number}"), Some(json!({ "Status": "resolved" })))
            .await?;
        anyhow::ensure!(said.to_string().contains("'resolved'"), "{said}");
        Ok(())
    }
    async fn held(&mut self, wanted: &str) -> anyhow::Result<Vec<Held>> {
        // A ticket that came twice would refer to the same twice.
        let query = match wanted.parse::<ClientId>() {
            Ok(client_id) => format!("RefersTo='urn:uuid:{client_id}'"),
            Err(_no_identity) => "id>0".to_owned(),
        };
        let mut held = Vec::new();
        for ticket in self.server.filed(&query).await? {
            let mut one = Held { text: ticket.subject, ..Held::default() };
            let mut body = String::new();
            for said in ticket.entries.into_iter().filter(|said| ["alice", "deskside"].contains(&said.by.as_str())) {
                for (name, bytes) in said.parts {
                    if name.is_empty() && said.kind == "Create" {
                        body = rich_text::plain(&String::from_utf8_lossy(&bytes));
                    } else if name.is_empty() {
                        one.replies.push(marker::without(&String::from_utf8_lossy(&bytes)));
                    } else if name != JSON_NAME && name != PAGE_NAME {
                        one.files.push((name, bytes));
                    }
                }
            }
            if body.contains(wanted) {
                one.text = format!("{}\n{body}", one.text);
                held.push(one);
            }
        }
        Ok(held)
    }
    fn refuses(&self) -> Option<Bytesful> {
        None
    }
    async fn revoke(&mut self, _: bool) -> anyhow::Result<bool> {
        // REST 2.0 takes no tokens back.
        Ok(false)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_tracker_tells_the_story() {
    let mut backend = match Rt::start().await.unwrap() {
        Ok(backend) => backend,
        Err(why) => return println!("SKIPPED: {why}"),
    };
    let column = story::tell(&mut backend).await.unwrap();
    println!("{}", column.markdown(backend.name()));
    column.is_documented(backend.name()).unwrap();
    exactly_once(&mut backend).await;
    through_a_hub(&mut backend).await;
}

/// A hub files with a service account; the requester is whose computer IT said it is, whatever the computer says.
async fn through_a_hub(backend: &mut Rt) {
    let target = Target { kind: HelpdeskKind::RequestTracker, url: backend.url.clone(), fields: [].into() };
    let people = People { template: Some("{login}@example.test".to_owned()), named: [].into() };
    let config = GatewayConfig { target, credential: backend.server.token("deskside").unwrap(), people };
    let number = crate::gateway::tells_the_story(backend, config, Some("bob")).await;
    let ticket = backend.server.get(&format!("ticket/{number}")).await.unwrap();
    assert_eq!(text(&ticket["Creator"], "id"), "deskside");
    let requestors: Vec<_> = ticket["Requestor"].as_array().unwrap().iter().map(|who| text(who, "id")).collect();
    assert_eq!(requestors, ["bob"], "{ticket}");
}

#[allow(clippy::print_stdout, reason = "the seed, to try it again")]
/// Several requests at the same time, each with files and a reply, over a network that lies. Time is real: Request Tracker
/// goes on with what was broken off.
async fn exactly_once(backend: &mut Rt) {
    const REQUESTS: usize = 5;
    /// Every doubt costs as long as Request Tracker may still be working on it.
    const FAULTY: Duration = Duration::from_secs(10);
    let dice = Dice::of_run();
    println!("DESKSIDE_SEED={}", dice.seed());
    let upstream = backend.server.address();
    let proxy = Proxy::start(upstream, Kind::Http, dice).await.unwrap();
    let url = Url::parse(&format!("http://{}", proxy.address())).unwrap();
    let target = Target { kind: HelpdeskKind::RequestTracker, url, fields: [].into() };
    proxy.set(Way::FaultyOnce);
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..REQUESTS {
        let desk = RtDesk::new(&target, &backend.alice).unwrap();
        sending.spawn(async move {
            let folder = tempfile::tempdir().unwrap();
            let file = |name: &str, words: &str| story::enclosure(folder.path(), name, words.as_bytes()).unwrap();
            let backoff = Backoff { first: Duration::from_millis(200), cap: Duration::from_secs(5) };
            let mut outbox = Outbox { desk: &desk, before: &|_| {}, tries: 0, clock: None, backoff, dice: 0.5 };
            let client_id = ClientId::new();
            let files = [file("screen.png", &format!("picture {number}")), file("log.txt", &format!("log {number}"))];
            let document = story::document(client_id, &format!("It is slow {client_id}"), &files);
            let bytes = serde_json::to_vec(&document).unwrap().into();
            let ticket = TicketRef { client_id, number: None };
            let (found, refused) = outbox.send(ticket, Some(&bytes), None, &files, &[]).await;
            assert_eq!(refused, []);
            let more = [file("screen.png", &format!("another picture {number}"))];
            let text = format!("And again {number}");
            let attachments = more.iter().map(|file| file.meta.clone()).collect();
            let reply = NewFollowUp { id: FollowUpId::new(), text, attachments };
            let ticket = TicketRef { client_id, number: found };
            let (_, refused) = outbox.send(ticket, None, Some(&reply), &more, &[]).await;
            assert_eq!(refused, []);
            (number, client_id)
        });
    }
    tokio::time::sleep(FAULTY).await;
    proxy.set(Way::Clear);
    while let Some(sent) = sending.join_next().await {
        let (number, client_id) = sent.unwrap();
        let held = backend.held(&client_id.to_string()).await.unwrap();
        assert_eq!(held.len(), 1, "request {number} was lost or doubled");
        let mut files = held[0].files.clone();
        files.sort();
        let wanted = [
            ("log.txt".to_owned(), format!("log {number}").into_bytes()),
            ("screen.png".to_owned(), format!("another picture {number}").into_bytes()),
            ("screen.png".to_owned(), format!("picture {number}").into_bytes()),
        ];
        assert_eq!(files, wanted);
        let replies: Vec<_> = held[0].replies.iter().filter(|text| text.contains("And again")).collect();
        assert_eq!(replies, [&format!("And again {number}")]);
    }
    // Once in some hundred runs nothing is drawn but "nothing"; that is no fault of Request Tracker's.
    println!("{} faults: {:?}", proxy.faults(), proxy.tally());
    assert!(proxy.tally().values().sum::<u64>() > 0, "nothing went through the proxy");
}
