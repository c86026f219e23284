//! MantisBT 2.28, replayed.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use deskside_contract::mantis::{ADMINISTRATOR, DEVELOPER, MAX_FILE_SIZE, Mantis, REPORTER};
use deskside_contract::story::{self, Backend, Bytesful, Held};
use deskside_contract::{Fault, Pace, Replay};
use deskside_helpdesk::{Attempt, Capabilities, Helpdesk, Target, TicketRef, Way, open};
use deskside_protocol::desk::{NewFollowUp, NewVerdict};
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::ticket::{TicketState, Verdict};
use deskside_protocol::{ClientId, ErrorCode, FollowUpId};

pub(crate) struct Replayed {
    pub(crate) replay: Replay<Mantis>,
    desk: Arc<dyn Helpdesk>,
}

pub(crate) fn connect(replay: &Replay<Mantis>, token: &str, fields: &[(&str, &str)]) -> Arc<dyn Helpdesk> {
    let fields: BTreeMap<String, String> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    open(&Target { kind: HelpdeskKind::Mantis, url: replay.url().clone(), fields }, token).unwrap()
}

impl Replayed {
    pub(crate) async fn start(pace: Pace) -> Self {
        let replay = Replay::start(Mantis::new().unwrap(), pace).await.unwrap();
        let desk = connect(&replay, REPORTER, &[]);
        Self { replay, desk }
    }
}

pub(crate) fn held(mantis: &Mantis, text: &str) -> Vec<Held> {
    let issues = mantis.issues().iter().filter(|issue| issue.description.contains(text));
    let own = ["deskside-facts.json", "deskside-report.html"];
    issues
        .map(|issue| Held {
            text: format!("{}\n{}", issue.summary, issue.description),
            files: issue
                .files
                .iter()
                .filter(|file| !own.contains(&file.name.as_str()))
                .map(|file| (file.name.clone(), file.content.clone()))
                .collect(),
            replies: issue.notes.iter().filter(|n| n.text.contains("Deskside-")).map(|n| n.text.clone()).collect(),
        })
        .collect()
}

#[async_trait]
impl Backend for Replayed {
    fn name(&self) -> &'static str {
        "MantisBT 2.28"
    }
    fn desk(&self) -> Arc<dyn Helpdesk> {
        Arc::clone(&self.desk)
    }
    async fn answer(&mut self, number: u64, text: &str, file: Option<Bytesful>) -> anyhow::Result<()> {
        let file = file.as_ref().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        self.replay.with(|mantis| mantis.reply(number, text, false, file));
        Ok(())
    }
    async fn note(&mut self, number: u64, text: &str) -> anyhow::Result<()> {
        self.replay.with(|mantis| mantis.reply(number, text, true, None));
        Ok(())
    }
    async fn solve(&mut self, number: u64) -> anyhow::Result<()> {
        self.replay.with(|mantis| mantis.set_status(number, 80));
        Ok(())
    }
    async fn held(&mut self, text: &str) -> anyhow::Result<Vec<Held>> {
        // The technician's files are not the requester's.
        let mut held = self.replay.with(|mantis| held(mantis, text));
        held.iter_mut().for_each(|held| held.files.retain(|(name, _)| name != "advice.txt"));
        Ok(held)
    }
    fn refuses(&self) -> Option<Bytesful> {
        Some(("large.bin".to_owned(), vec![7; MAX_FILE_SIZE + 1]))
    }
    async fn revoke(&mut self, revoked: bool) -> anyhow::Result<bool> {
        self.replay.with(|mantis| mantis.revoke(REPORTER, revoked));
        Ok(true)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mantis_tells_the_story() {
    let mut backend = Replayed::start(Pace::AsCaptured).await;
    let column = story::tell(&mut backend).await.unwrap();
    println!("{}", column.markdown(backend.name()));
    column.is_documented(backend.name()).unwrap();
}

/// Sends one request; its number.
async fn sent(desk: &dyn Helpdesk, folder: &std::path::Path) -> (TicketRef, Vec<deskside_helpdesk::Enclosure>) {
    let client_id = ClientId::new();
    let files = vec![story::enclosure(folder, "a.txt", b"a").unwrap()];
    let document = story::document(client_id, "A printer", &files);
    let (number, refused) = story::deliver(desk, client_id, &document, &files).await.unwrap();
    assert!(refused.is_empty(), "{refused:?}");
    (TicketRef { client_id, number: Some(number) }, files)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_change_issues_confirms_and_reopens() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let folder = tempfile::tempdir().unwrap();
    let desk = connect(&backend.replay, DEVELOPER, &[("project", "helpdesk"), ("category.network", "Software")]);
    let (ticket, _) = sent(desk.as_ref(), folder.path()).await;
    desk.changes(None).await.unwrap();
    assert_eq!(desk.capabilities().reopen, Way::Own);
    backend.replay.with(|mantis| mantis.set_status(1, 80));
    let reopen = NewVerdict { id: FollowUpId::new(), verdict: Verdict::Reopen { text: "It came back".into() } };
    // Done, and the answer lost: in doubt it is looked at and not done again.
    backend.replay.faults([Fault::None, Fault::None, Fault::AfterActing]);
    assert!(desk.verdict(ticket, &reopen, Attempt::First).await.unwrap_err().may_have_arrived);
    desk.verdict(ticket, &reopen, Attempt::Doubtful).await.unwrap();
    desk.verdict(ticket, &reopen, Attempt::Doubtful).await.unwrap();
    let confirm = NewVerdict { id: FollowUpId::new(), verdict: Verdict::Confirm };
    backend.replay.with(|mantis| {
        let issue = &mantis.issues()[0];
        assert_eq!((issue.status, issue.notes.len()), (20, 1));
        assert!(issue.notes[0].text.starts_with("It came back\n"));
    });
    desk.verdict(ticket, &confirm, Attempt::First).await.unwrap();
    assert_eq!(backend.replay.with(|mantis| mantis.issues()[0].status), 90);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_solved_issue_takes_notes_a_reply_asks() {
    let backend = Replayed::start(Pace::AtOnce).await;
    backend.replay.with(Mantis::read_only_when_closed);
    let folder = tempfile::tempdir().unwrap();
    let desk = connect(&backend.replay, REPORTER, &[("language", "fr")]);
    let (ticket, _) = sent(desk.as_ref(), folder.path()).await;
    desk.changes(None).await.unwrap();
    let can: Capabilities = desk.capabilities();
    assert_eq!((can.reopen, can.confirm, can.rate), (Way::ByReply, Way::ByReply, Way::Not));
    backend.replay.with(|mantis| mantis.set_status(1, 80));
    let reopen = NewVerdict { id: FollowUpId::new(), verdict: Verdict::Reopen { text: "Encore".into() } };
    desk.verdict(ticket, &reopen, Attempt::First).await.unwrap();
    let note = backend.replay.with(|mantis| mantis.issues()[0].notes[0].text.clone());
    assert!(note.contains("merci de rouvrir") && note.contains("\n\nEncore\n\n"), "{note}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_to_a_solved_issue_is_refused_and_said() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let folder = tempfile::tempdir().unwrap();
    let (ticket, _) = sent(backend.desk.as_ref(), folder.path()).await;
    backend.replay.with(|mantis| mantis.set_status(1, 80));
    let reply = NewFollowUp { id: FollowUpId::new(), text: "but".into(), attachments: Vec::new() };
    let error = backend.desk.follow_up(ticket, &reply, &[], Attempt::First).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::WrongState);
    assert!(error.detail.contains("read-only"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_files_for_others() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let folder = tempfile::tempdir().unwrap();
    let desk = connect(&backend.replay, ADMINISTRATOR, &[("on_behalf_of", "reporter1")]);
    assert!(desk.capabilities().on_behalf);
    let (ticket, files) = sent(desk.as_ref(), folder.path()).await;
    // It is the person's own: found with her token.
    assert!(backend.desk.find(ticket.client_id, &files).await.unwrap().is_some());
    let unknown = connect(&backend.replay, ADMINISTRATOR, &[("on_behalf_of", "nobody")]);
    let error = unknown.find(ticket.client_id, &[]).await.unwrap_err();
    // The words stand only in the status line.
    assert!(error.detail.contains("Invalid impersonation username"), "{error}");
    let denied = connect(&backend.replay, REPORTER, &[("on_behalf_of", "administrator")]);
    let error = denied.find(ticket.client_id, &[]).await.unwrap_err();
    assert!(error.code == ErrorCode::Forbidden && error.detail.contains("impersonate other users"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_costs_one_create_when_all_is_known() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let folder = tempfile::tempdir().unwrap();
    let desk = connect(&backend.replay, REPORTER, &[("project", "1"), ("category", "Hardware")]);
    sent(desk.as_ref(), folder.path()).await;
    let first = backend.replay.seen();
    assert_eq!(
        first.iter().map(|seen| seen.path.as_str()).collect::<Vec<_>>(),
        ["/api/rest/config", "/api/rest/issues"]
    );
    sent(desk.as_ref(), folder.path()).await;
    assert_eq!(backend.replay.seen().len(), first.len() + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_new_costs_one_small_answer() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..45 {
        sent(backend.desk.as_ref(), folder.path()).await;
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut cursor = None;
    loop {
        let changes = backend.desk.changes(cursor.as_deref()).await.unwrap();
        seen.extend(changes.tickets.iter().map(|ticket| ticket.number));
        cursor = Some(changes.cursor);
        if !changes.more {
            break;
        }
    }
    assert_eq!(seen.len(), 45, "all pages are read");
    let before = backend.replay.seen().len();
    let none = backend.desk.changes(cursor.as_deref()).await.unwrap();
    assert!(none.tickets.is_empty() && !none.more);
    let asked = backend.replay.seen();
    assert_eq!((asked.len() - before, asked.last().unwrap().status), (1, 304));
    backend.replay.with(|mantis| mantis.reply(3, "news", false, None));
    let news = backend.desk.changes(Some(&none.cursor)).await.unwrap();
    assert!(news.tickets.iter().any(|ticket| ticket.number == 3 && ticket.thread.len() == 1));
    assert_eq!(backend.desk.changes(Some("hub 7")).await.unwrap_err().code, ErrorCode::StartOver);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_server_that_takes_only_small_requests_costs_nothing() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let folder = tempfile::tempdir().unwrap();
    let desk = connect(&backend.replay, REPORTER, &[("project", "1"), ("category", "Hardware")]);
    // The question for limits, then what creates with all files.
    backend.replay.faults([Fault::None, Fault::PageInstead(413)]);
    let (ticket, files) = sent(desk.as_ref(), folder.path()).await;
    let mut names: Vec<String> =
        backend.replay.with(|mantis| mantis.issues()[0].files.iter().map(|file| file.name.clone()).collect());
    names.sort();
    assert!(names[0].starts_with("a-") && names[1..] == ["deskside-facts.json", "deskside-report.html"], "{names:?}");
    assert_eq!(desk.find(ticket.client_id, &files).await.unwrap().unwrap().missing, []);
}

/// `antispam_check` counts files too, and says so when the issue is there already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_at_once_files_nothing_twice() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let folder = tempfile::tempdir().unwrap();
    let client_id = ClientId::new();
    let files = vec![story::enclosure(folder.path(), "a.txt", b"a").unwrap()];
    let document = serde_json::to_vec(&story::document(client_id, "A printer", &files)).unwrap();
    for (patience, issues) in [(0, 0), (1, 1), (2, 2)] {
        let client_id = ClientId::new();
        backend.replay.with(|mantis| mantis.has_patience_for(patience));
        let first = backend.desk.create(client_id, document.clone().into(), &files).await;
        assert_eq!(backend.replay.with(|mantis| mantis.issues().len()), issues);
        match first {
            Ok(placed) => {
                assert!(patience > 0);
                assert_eq!(placed.missing.len(), 1, "the first two are ours, and the picture is still to come");
                let found = backend.desk.find(client_id, &files).await.unwrap();
                assert_eq!(found.map(|found| found.number), Some(placed.number));
            }
            Err(error) => {
                assert_eq!((error.code, error.may_have_arrived), (ErrorCode::Busy, true));
                assert_eq!(patience, 0, "{error:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_closed_is_told_though_no_list_has_it_any_more() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let folder = tempfile::tempdir().unwrap();
    let (ticket, files) = sent(backend.desk.as_ref(), folder.path()).await;
    for _ in 0..30 {
        sent(backend.desk.as_ref(), folder.path()).await;
    }
    let mut cursor = None;
    let mut look = async || {
        let mut states = Vec::new();
        loop {
            let changes = backend.desk.changes(cursor.as_deref()).await.unwrap();
            assert!(changes.cursor.len() <= deskside_protocol::limits::CURSOR_BYTES, "{}", changes.cursor);
            states.extend(changes.tickets.iter().filter(|one| one.client_id == ticket.client_id).map(|one| one.state));
            cursor = Some(changes.cursor);
            if !changes.more {
                return states;
            }
        }
    };
    assert_eq!(look().await, [TicketState::New]);
    backend.replay.with(|mantis| mantis.set_status(ticket.number.unwrap(), 90));
    assert_eq!(look().await, [TicketState::Closed]);
    assert_eq!(look().await, []);
    let found = backend.desk.find(ticket.client_id, &files).await.unwrap().unwrap();
    assert_eq!(found.number, ticket.number, "closed while it was not known whether it had arrived");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_category_that_somebody_chose_counts_if_it_is_this_helpdesks() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let told = backend.desk.categories().await.unwrap();
    let software = told.iter().find(|one| one.name == "Software").unwrap();
    for (name, category) in [("Software", "Software"), ("Software of another helpdesk", "Network")] {
        story::about(backend.desk.as_ref(), software.id, name).await.unwrap();
        assert_eq!(backend.replay.with(|mantis| mantis.issues().last().unwrap().category.clone()), category);
    }
}
