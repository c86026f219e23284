//! The hub as gateway: an enrolled device sends to a real hub, and the hub files in the helpdesk behind it, over a network
//! that lies, while the hub itself is killed and started again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deskside_contract::story::{self, Backend};
use deskside_contract::{Pace, mantis};
use deskside_desktop::wait_until;
use deskside_faults::{Dice, Kind, Proxy, Way};
use deskside_helpdesk::hub::{HubDesk, enrol};
use deskside_helpdesk::outbox::Backoff;
use deskside_helpdesk::{Attempt, Helpdesk as _, Target, TicketRef};
use deskside_hub::gateway::{GatewayConfig, People};
use deskside_hub::{Config, commands, serve};
use deskside_protocol::desk::{Enrol, NewFollowUp, NewVerdict};
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::ticket::{Author, TicketState, Verdict};
use deskside_protocol::{ClientId, ErrorCode, FollowUpId};
use tokio::runtime::Runtime;
use url::Url;

use crate::mantis::Replayed;
use crate::outbox::Outbox;

/// Longest time until the hub has made up for what went wrong: every doubt costs as long as a helpdesk may still be
/// working on what was broken off.
const LONGEST: Duration = Duration::from_secs(300);

/// A hub in a runtime of its own, which can be killed: whatever it was doing stops where it is.
pub(crate) struct Gateway {
    runtime: Option<Runtime>,
    config: Config,
    pub(crate) url: Url,
    folder: tempfile::TempDir,
}

impl Gateway {
    pub(crate) async fn start(gateway: GatewayConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), folder.path().join("hub"));
        config.gateway = Some(gateway);
        let (runtime, address) = run(config.clone()).await;
        // The same address after every start.
        config.listen = address;
        let url = Url::parse(&format!("http://{address}")).unwrap();
        Self { runtime: Some(runtime), config, url, folder }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    fn kill(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }

    async fn start_again(&mut self) {
        let (runtime, _) = run(self.config.clone()).await;
        self.runtime = Some(runtime);
    }

    pub(crate) async fn device(&self, person: Option<&str>) -> String {
        let token = commands::create_token_for(&self.data(), None, "test", 1, 1, person).await.unwrap();
        let request = Enrol { token, device_name: "pc-7".into(), platform: "linux".into() };
        enrol(&self.url, &request).await.unwrap().credential
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The killed one may hold its port and its folder for a moment longer.
async fn run(config: Config) -> (Runtime, SocketAddr) {
    let started = wait_until("the hub starts", Duration::from_secs(60), async || {
        let config = config.clone();
        let start = move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            match runtime.block_on(serve(config)) {
                Ok(hub) => anyhow::Ok(Some((runtime, hub.address))),
                Err(_not_yet) => Ok(None),
            }
        };
        tokio::task::spawn_blocking(start).await?
    });
    started.await.unwrap()
}

fn file(folder: &Path, name: &str, words: &str) -> deskside_helpdesk::Enclosure {
    story::enclosure(folder, name, words.as_bytes()).unwrap()
}

/// The whole story through a hub, with a device of `person`'s; the number of one of its tickets.
#[allow(clippy::print_stdout, reason = "the seed, to try it again")]
pub(crate) async fn tells_the_story(backend: &mut dyn Backend, config: GatewayConfig, person: Option<&str>) -> u64 {
    const REQUESTS: usize = 4;
    const FAULTY: Duration = Duration::from_secs(5);
    let dice = Dice::of_run();
    println!("DESKSIDE_SEED={}", dice.seed());
    let upstream = config.target.url.socket_addrs(|| None).unwrap()[0];
    let proxy = Proxy::start(upstream, Kind::Http, dice).await.unwrap();
    let url = Url::parse(&format!("http://{}", proxy.address())).unwrap();
    let mut hub = Gateway::start(GatewayConfig { target: Target { url, ..config.target }, ..config }).await;
    let device = hub.device(person).await;
    let folder = tempfile::tempdir().unwrap();

    // Requests with files, and a reply with one to each, while everything goes wrong between hub and helpdesk.
    proxy.set(Way::FaultyOnce);
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..REQUESTS {
        let desk = HubDesk::new(&hub.url, &device).unwrap();
        let folder = folder.path().to_owned();
        sending.spawn(async move {
            let backoff = Backoff { first: Duration::from_millis(200), cap: Duration::from_secs(5) };
            let mut outbox = Outbox { desk: &desk, before: &|_| {}, tries: 0, clock: None, backoff, dice: 0.5 };
            let client_id = ClientId::new();
            let files = [
                file(&folder, "screen.png", &format!("picture {number}")),
                file(&folder, "log.txt", &format!("log {number}")),
            ];
            let document = story::document(client_id, &format!("It is slow {client_id}"), &files);
            let bytes = serde_json::to_vec(&document).unwrap().into();
            let ticket = TicketRef { client_id, number: None };
            let (found, refused) = outbox.send(ticket, Some(&bytes), None, &files, &[]).await;
            assert_eq!(refused, []);
            let more = [file(&folder, "screen.png", &format!("another picture {number}"))];
            let text = format!("And again {number}");
            let attachments = more.iter().map(|file| file.meta.clone()).collect();
            let reply = NewFollowUp { id: FollowUpId::new(), text, attachments };
            let ticket = TicketRef { client_id, number: found };
            let (_, refused) = outbox.send(ticket, None, Some(&reply), &more, &[]).await;
            assert_eq!(refused, []);
            (number, ticket)
        });
    }
    tokio::time::sleep(FAULTY).await;
    hub.kill();
    hub.start_again().await;
    tokio::time::sleep(FAULTY).await;
    // What is drawn may be nothing, for a while; the hub goes on asking what changed.
    let met = wait_until("something went wrong", LONGEST, async || Ok((proxy.faults() > 0).then_some(())));
    met.await.unwrap();
    proxy.set(Way::Clear);
    let mut tickets = Vec::new();
    while let Some(sent) = sending.join_next().await {
        tickets.push(sent.unwrap());
    }
    println!("{} faults: {:?}", proxy.faults(), proxy.tally());
    for (number, ticket) in &tickets {
        let text = ticket.client_id.to_string();
        let whole = wait_until("all of it is there", LONGEST, async || {
            let held = backend.held(&text).await?;
            assert!(held.len() <= 1, "request {number} is there twice");
            Ok(held.into_iter().next().filter(|held| held.files.len() >= 3 && !held.replies.is_empty()))
        });
        let held = whole.await.unwrap();
        let mut bytes: Vec<_> = held.files.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect();
        bytes.sort_unstable();
        let wanted = [format!("another picture {number}"), format!("log {number}"), format!("picture {number}")];
        assert_eq!(bytes, wanted);
        let said = held.replies.iter().filter(|text| text.contains(&format!("And again {number}"))).count();
        assert_eq!(said, 1, "{:?}", held.replies);
    }

    // The other side answers, with a file, and solves; the device hears of it from the hub.
    let desk = HubDesk::new(&hub.url, &device).unwrap();
    let ticket = tickets[0].1;
    let number = ticket.number.unwrap();
    backend.note(number, "not for the requester's eyes").await.unwrap();
    let advice = ("advice.txt".to_owned(), b"turn it off and on".to_vec());
    backend.answer(number, "Is the cable <in>?", Some(advice)).await.unwrap();
    let answered = |view: &deskside_protocol::desk::TicketView| {
        view.thread.iter().any(|entry| entry.text.contains("Is the cable <in>?"))
    };
    let view = story::seen(&desk, number, "the answer", answered).await.unwrap();
    assert_eq!(view.client_id, ticket.client_id);
    let answers: Vec<_> = view.thread.iter().filter(|entry| entry.author == Author::Technician).collect();
    let [answer] = answers.as_slice() else { panic!("{answers:#?}") };
    assert_eq!(answer.attachments.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["advice.txt"]);
    assert!(!view.thread.iter().any(|entry| entry.text.contains("requester's eyes")), "a private note is shown");
    let mine = view.thread.iter().filter(|entry| entry.text.contains("And again")).count();
    assert_eq!(mine, 1, "{:#?}", view.thread);
    backend.solve(number).await.unwrap();
    let solved = |view: &deskside_protocol::desk::TicketView| view.state == TicketState::Solved;
    story::seen(&desk, number, "that it is solved", solved).await.unwrap();

    // It came back: said once there, as far as that helpdesk lets requesters.
    let again = NewVerdict { id: FollowUpId::new(), verdict: Verdict::Reopen { text: "It came back.".into() } };
    let reopened = desk.verdict(ticket, &again, Attempt::First).await;
    if backend.desk().capabilities().reopen == deskside_helpdesk::Way::Own {
        reopened.unwrap();
        let open = |view: &deskside_protocol::desk::TicketView| !solved(view);
        story::seen(&desk, number, "that it is open", open).await.unwrap();
        let text = ticket.client_id.to_string();
        let said = wait_until("it is said there", LONGEST, async || {
            let held = backend.held(&text).await?;
            Ok(held[0].replies.iter().any(|text| text.contains("It came back.")).then_some(()))
        });
        said.await.unwrap();
    } else {
        assert_eq!(reopened.unwrap_err().code, ErrorCode::WrongState);
    }
    // What it cannot do is not offered to the device.
    let (here, there) = (desk.capabilities(), backend.desk().capabilities());
    assert_eq!((here.confirm, here.reopen, here.rate), (there.confirm, there.reopen, there.rate));
    // What was learnt of it by filing, another connection does not know yet.
    assert!(here.file_bytes.is_some() && here.file_bytes <= there.file_bytes, "{here:?}");
    number
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_hub_mantis_has_everything_once() {
    let mut backend = Replayed::start(Pace::AtOnce).await;
    let target = Target { kind: HelpdeskKind::Mantis, url: backend.replay.url().clone(), fields: [].into() };
    let config = GatewayConfig { target, credential: mantis::REPORTER.to_owned(), people: People::default() };
    tells_the_story(&mut backend, config, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_hub_a_refused_file_is_said_to_both_sides() {
    let mut backend = Replayed::start(Pace::AtOnce).await;
    let target = Target { kind: HelpdeskKind::Mantis, url: backend.replay.url().clone(), fields: [].into() };
    let people = People::default();
    let hub = Gateway::start(GatewayConfig { target, credential: mantis::REPORTER.to_owned(), people }).await;
    let device = hub.device(None).await;
    let desk = HubDesk::new(&hub.url, &device).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (name, bytes) = backend.refuses().unwrap();
    let files =
        [file(folder.path(), "kept.txt", "this one is taken"), story::enclosure(folder.path(), &name, &bytes).unwrap()];
    let client_id = ClientId::new();
    let document = story::document(client_id, &format!("With a file that is refused {client_id}"), &files);
    let (number, refused) = story::deliver(&desk, client_id, &document, &files).await.unwrap();
    // The device hears of it where it brings the file, or finds it when it asks again; the thread tells in any case.
    assert!(refused.iter().all(|(id, _)| *id == files[1].meta.id), "{refused:?}");
    let told = |view: &deskside_protocol::desk::TicketView| view.thread.iter().any(|e| e.text.contains(&name));
    let view = story::seen(&desk, number, "which file was refused", told).await.unwrap();
    let notes: Vec<_> = view.thread.iter().filter(|entry| entry.text.contains(&name)).collect();
    assert_eq!(notes.len(), 1, "{notes:#?}");
    let found = desk.find(client_id, &files).await.unwrap().unwrap();
    let refused: Vec<_> = found.refused.iter().map(|(id, _)| *id).collect();
    assert_eq!((found.missing.as_slice(), refused.as_slice()), ([].as_slice(), [files[1].meta.id].as_slice()));
    let text = client_id.to_string();
    let said = wait_until("the technician reads of it", LONGEST, async || {
        let held = backend.held(&text).await?;
        Ok(held.into_iter().next().filter(|held| held.replies.iter().any(|reply| reply.contains(&name))))
    });
    let held = said.await.unwrap();
    assert_eq!(held.files.iter().map(|(_, bytes)| bytes.as_slice()).collect::<Vec<_>>(), [b"this one is taken"]);
}
