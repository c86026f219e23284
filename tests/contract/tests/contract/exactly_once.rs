//! Whatever goes wrong in whatever order: what the server has equals what was submitted, once. What is tried next is what
//! the outbox's own machine says: after any doubt it looks before it creates.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use deskside_contract::glpi::{self, Glpi, Version};
use deskside_contract::mantis::{MAX_FILE_SIZE, Mantis, REPORTER};
use deskside_contract::story::Held;
use deskside_contract::{Backend, Fault, Pace, Replay, story};
use deskside_helpdesk::outbox::Backoff;
use deskside_helpdesk::{Enclosure, Helpdesk, TicketRef};
use deskside_protocol::desk::NewFollowUp;
use deskside_protocol::{ClientId, FollowUpId, Timestamp};
use proptest::prelude::*;

use crate::outbox::Outbox;

/// A replayed helpdesk under test.
trait Kept: Backend + Sized {
    fn connect(replay: &Replay<Self>) -> Arc<dyn Helpdesk>;
    /// Withdraws the requester's credential, or gives it back.
    fn withdraw(&mut self, withdrawn: bool);
    fn filed(&self) -> usize;
    fn held(&self, text: &str) -> Vec<Held>;
    /// Whether everything is as a whole ticket must be.
    fn whole(&self) -> bool {
        true
    }
    /// A file that it refuses for good.
    fn refuses() -> (&'static str, usize);
}

impl Kept for Mantis {
    fn connect(replay: &Replay<Self>) -> Arc<dyn Helpdesk> {
        crate::mantis::connect(replay, REPORTER, &[])
    }
    fn withdraw(&mut self, withdrawn: bool) {
        self.revoke(REPORTER, withdrawn);
    }
    fn filed(&self) -> usize {
        self.issues().len()
    }
    fn held(&self, text: &str) -> Vec<Held> {
        crate::mantis::held(self, text)
    }
    fn refuses() -> (&'static str, usize) {
        ("large.bin", MAX_FILE_SIZE + 1)
    }
}

impl Kept for Glpi {
    fn connect(replay: &Replay<Self>) -> Arc<dyn Helpdesk> {
        crate::glpi::connect(replay, glpi::REQUESTER, &[])
    }
    fn withdraw(&mut self, withdrawn: bool) {
        self.revoke(glpi::REQUESTER, withdrawn);
    }
    fn filed(&self) -> usize {
        self.tickets().len()
    }
    fn held(&self, text: &str) -> Vec<Held> {
        crate::glpi::held(self, text)
    }
    fn whole(&self) -> bool {
        self.tickets().iter().all(|ticket| ticket.requesters == [3])
    }
    fn refuses() -> (&'static str, usize) {
        // 044: by its ending, which nobody tells beforehand, and the rest of its trouble comes with it.
        ("setup.exe", 20)
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        2 => Just(Fault::None),
        1 => Just(Fault::BeforeRead),
        2 => (1_usize..3000).prop_map(Fault::MidRequest),
        3 => Just(Fault::AfterActing),
        2 => (0_usize..2500).prop_map(Fault::MidAnswer),
        1 => Just(Fault::Garbage),
        1 => prop::sample::select(vec![200, 201, 403, 404, 500, 502, 503, 504]).prop_map(Fault::Page),
        1 => prop::sample::select(vec![200, 201, 404, 502, 503]).prop_map(Fault::PageInstead),
        1 => Just(Fault::Redirect),
        1 => (0_u64..20).prop_map(|ms| Fault::Slow(Duration::from_millis(ms))),
    ]
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Names of each request's files; "!" is one that is refused.
    pub(crate) requests: Vec<Vec<&'static str>>,
    /// Names of each reply's files, in the first request.
    pub(crate) replies: Vec<Vec<&'static str>>,
    pub(crate) faults: Vec<Fault>,
    /// Tries in which the token is not accepted.
    pub(crate) revoked: usize,
    /// After which steps of a message the program ends.
    pub(crate) kills: Vec<usize>,
    pub(crate) dice: f64,
}

pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    // Names that come twice, and twice the same bytes, on purpose.
    let files = || prop::collection::vec(prop::sample::select(vec!["screen.png", "screen.png", "log.txt", "!"]), 0..4);
    let requests = prop::collection::vec(files(), 1..3);
    let replies = prop::collection::vec(files(), 0..3);
    let kills = prop::collection::vec(0_usize..8, 0..3);
    (requests, replies, prop::collection::vec(fault(), 0..24), 0_usize..4, kills, 0.0..1.0).prop_map(
        |(requests, replies, faults, revoked, kills, dice)| Plan { requests, replies, faults, revoked, kills, dice },
    )
}

async fn run<B: Kept>(plan: &Plan, server: B) {
    let replay = Replay::start(server, Pace::AtOnce).await.unwrap();
    let desk = B::connect(&replay);
    let (refused_name, refused_size) = B::refuses();
    let folder = tempfile::tempdir().unwrap();
    let mut counter = 0_u32;
    let mut enclosures = |names: &[&str]| -> Vec<Enclosure> {
        names
            .iter()
            .map(|name| {
                counter += 1;
                match *name {
                    "!" => {
                        let mut bytes = vec![1; refused_size];
                        bytes.extend(counter.to_le_bytes());
                        story::enclosure(folder.path(), refused_name, &bytes).unwrap()
                    }
                    // Of the same name and size, and not the same.
                    name => story::enclosure(folder.path(), name, format!("file {counter:08}").as_bytes()).unwrap(),
                }
            })
            .collect()
    };
    replay.faults(plan.faults.iter().copied());
    let revoke = |tries: usize| replay.with(|server| server.withdraw(tries <= plan.revoked));
    let mut outbox = Outbox {
        desk: desk.as_ref(),
        before: &revoke,
        tries: 0,
        clock: Some(Timestamp::now()),
        backoff: Backoff { first: Duration::from_secs(5), cap: Duration::from_secs(300) },
        dice: plan.dice,
    };
    let mut sent = Vec::new();
    for names in &plan.requests {
        let client_id = ClientId::new();
        let files = enclosures(names);
        let document = story::document(client_id, "It is slow", &files);
        let bytes = Bytes::from(serde_json::to_vec(&document).unwrap());
        let (number, refused) =
            outbox.send(TicketRef { client_id, number: None }, Some(&bytes), None, &files, &plan.kills).await;
        sent.push((TicketRef { client_id, number }, files, refused));
    }
    let mut replies = Vec::new();
    let (first, mut of_first, mut refused_of_first) = sent.remove(0);
    for (at, names) in plan.replies.iter().enumerate() {
        let files = enclosures(names);
        let reply = NewFollowUp {
            id: FollowUpId::new(),
            text: format!("reply {at}"),
            attachments: files.iter().map(|file| file.meta.clone()).collect(),
        };
        let (_, refused) = outbox.send(first, None, Some(&reply), &files, &plan.kills).await;
        of_first.extend(files);
        refused_of_first.extend(refused);
        replies.push(reply);
    }
    sent.insert(0, (first, of_first, refused_of_first));

    assert_eq!(replay.with(|server| server.filed()), plan.requests.len(), "a request was lost or doubled");
    assert!(replay.with(|server| server.whole()));
    for (at, (ticket, files, refused)) in sent.iter().enumerate() {
        let there = replay.with(|server| server.held(&ticket.client_id.to_string()));
        assert_eq!(there.len(), 1);
        let mut expected: Vec<Vec<u8>> = Vec::new();
        for file in files {
            let refusable = file.meta.name == refused_name;
            assert_eq!(refused.contains(&file.meta.id), refusable, "{}", file.meta.name);
            if !refusable {
                expected.push(std::fs::read(&file.path).unwrap());
            }
        }
        let mut arrived: Vec<Vec<u8>> = there[0].files.iter().map(|(_, bytes)| bytes.clone()).collect();
        expected.sort();
        arrived.sort();
        assert_eq!(
            arrived.len(),
            expected.len(),
            "files: {:?}",
            there[0].files.iter().map(|f| &f.0).collect::<Vec<_>>()
        );
        assert!(arrived == expected, "other files than were sent");
        let wanted = if at == 0 { replies.as_slice() } else { &[] };
        assert_eq!(there[0].replies.len(), wanted.len(), "{:?}", there[0].replies);
        for (said, wanted) in there[0].replies.iter().zip(wanted) {
            assert!(said.starts_with(&wanted.text), "{said}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn mantis_has_what_was_submitted_once(plan in plan()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(&plan, Mantis::new().unwrap()));
    }

    #[test]
    fn glpi_10_has_what_was_submitted_once(plan in plan()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(&plan, Glpi::new(Version::V10).unwrap()));
    }

    #[test]
    fn glpi_11_has_what_was_submitted_once(plan in plan()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(&plan, Glpi::new(Version::V11).unwrap()));
    }
}
