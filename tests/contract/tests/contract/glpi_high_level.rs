//! GLPI 11 by its High-Level API, replayed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use deskside_contract::glpi_high_level::{CLIENT, HighLevel, POST_ONLY, Person, TECH};
use deskside_contract::story::{self, Backend, Bytesful, Held};
use deskside_contract::{Fault, Pace, Replay};
use deskside_helpdesk::glpi::oauth::Credential;
use deskside_helpdesk::{Again, Attempt, Enclosure, Helpdesk, KeepsCredential, Target, TicketRef, Way, open_keeping};
use deskside_protocol::desk::NewVerdict;
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::ticket::Verdict;
use deskside_protocol::{ClientId, ErrorCode, ErrorReport, FollowUpId};

/// Where the credential lies: a keyring.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    pub(crate) kept: Mutex<String>,
    /// It is locked.
    pub(crate) locked: Mutex<bool>,
}

impl Keyring {
    pub(crate) fn kept(&self) -> String {
        self.kept.lock().unwrap().clone()
    }

    pub(crate) fn token(&self) -> String {
        match Credential::read(&self.kept()) {
            Credential::Renewing(token) => token,
            Credential::UserToken(other) => panic!("not what a sign-in brings: {other}"),
        }
    }
}

#[async_trait]
impl KeepsCredential for Keyring {
    async fn keep(&self, credential: &str) -> Result<(), ErrorReport> {
        if *self.locked.lock().unwrap() {
            return Err(ErrorReport::new(ErrorCode::KeyringUnavailable, "locked"));
        }
        *self.kept.lock().unwrap() = credential.to_owned();
        Ok(())
    }
}

pub(crate) fn target(replay: &Replay<HighLevel>, fields: &[(&str, &str)]) -> Target {
    let client = [("client_id", CLIENT.0), ("client_secret", CLIENT.1)];
    let all = client.iter().chain(fields).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Target { kind: HelpdeskKind::Glpi, url: replay.url().clone(), fields: all.collect::<BTreeMap<_, _>>() }
}

/// Somebody signs in, and what came of it is kept.
pub(crate) fn sign_in(replay: &Replay<HighLevel>, person: Person, keyring: &Arc<Keyring>) -> Arc<dyn Helpdesk> {
    let token = replay.with(|glpi| glpi.signed_in(person));
    *keyring.kept.lock().unwrap() = Credential::Renewing(token).written();
    open_keeping(&target(replay, &[]), &keyring.kept(), Arc::clone(keyring) as _).unwrap()
}

pub(crate) struct Replayed {
    pub(crate) replay: Replay<HighLevel>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) desk: Arc<dyn Helpdesk>,
}

impl Replayed {
    pub(crate) async fn start(pace: Pace) -> Self {
        let replay = Replay::start(HighLevel::new().unwrap(), pace).await.unwrap();
        let keyring = Arc::default();
        let desk = sign_in(&replay, POST_ONLY, &keyring);
        Self { replay, keyring, desk }
    }
}

pub(crate) fn held(glpi: &HighLevel, text: &str) -> Vec<Held> {
    let tickets = glpi.tickets().iter().filter(|ticket| ticket.content.contains(text));
    tickets
        .map(|ticket| Held {
            text: format!("{}\n{}", ticket.name, ticket.content),
            files: Vec::new(),
            replies: ticket.entries.iter().map(|e| &e.content).filter(|c| c.contains("Deskside-")).cloned().collect(),
        })
        .collect()
}

#[async_trait]
impl Backend for Replayed {
    fn name(&self) -> &'static str {
        "GLPI 11 High-Level"
    }
    fn desk(&self) -> Arc<dyn Helpdesk> {
        Arc::clone(&self.desk)
    }
    async fn answer(&mut self, number: u64, text: &str, file: Option<Bytesful>) -> anyhow::Result<()> {
        let file = file.as_ref().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        self.replay.with(|glpi| glpi.reply(number, text, false, file));
        Ok(())
    }
    async fn note(&mut self, number: u64, text: &str) -> anyhow::Result<()> {
        self.replay.with(|glpi| glpi.reply(number, text, true, None));
        Ok(())
    }
    async fn solve(&mut self, number: u64) -> anyhow::Result<()> {
        self.replay.with(|glpi| glpi.solve(number));
        Ok(())
    }
    async fn held(&mut self, text: &str) -> anyhow::Result<Vec<Held>> {
        Ok(self.replay.with(|glpi| held(glpi, text)))
    }
    fn refuses(&self) -> Option<Bytesful> {
        Some(("screen.png".to_owned(), story::PICTURE.to_vec()))
    }
    async fn revoke(&mut self, revoked: bool) -> anyhow::Result<bool> {
        self.replay.with(|glpi| glpi.revoke(POST_ONLY));
        if !revoked {
            // Given back by signing in again.
            self.desk = sign_in(&self.replay, POST_ONLY, &self.keyring);
        }
        Ok(true)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn glpi_high_level_tells_the_story() {
    let mut backend = Replayed::start(Pace::AsCaptured).await;
    let column = story::tell(&mut backend).await.unwrap();
    println!("{}", column.markdown(backend.name()));
    column.is_documented(backend.name()).unwrap();
}

pub(crate) async fn sent(desk: &dyn Helpdesk, files: &[Enclosure]) -> TicketRef {
    let client_id = ClientId::new();
    let document = story::document(client_id, "A printer", files);
    let (number, _) = story::deliver(desk, client_id, &document, files).await.unwrap();
    TicketRef { client_id, number: Some(number) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_names_its_requester_and_what_could_not_come_along() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let folder = tempfile::tempdir().unwrap();
    let files = [story::enclosure(folder.path(), "screen <1>.png", story::PICTURE).unwrap()];
    let desk = open_keeping(
        &target(&backend.replay, &[("category.network", "3"), ("entity", "0")]),
        &backend.keyring.kept(),
        Arc::clone(&backend.keyring) as _,
    )
    .unwrap();
    assert_eq!(desk.capabilities().file_bytes, None);
    let ticket = sent(desk.as_ref(), &files).await;
    backend.replay.with(|glpi| {
        let there = &glpi.tickets()[0];
        assert_eq!((there.requesters.as_slice(), there.category), ([3].as_slice(), Some(3)));
        assert!(there.content.contains("screen &lt;1&gt;.png"), "{}", there.content);
        assert!(there.content.contains("the helpdesk takes no files by this interface"), "{}", there.content);
        assert!(!there.content.contains("deskside-facts.json"), "what is not attached is not spoken of");
    });
    // A token, the user, the ticket and its requester; the next costs two.
    let paths: Vec<String> = backend.replay.seen().into_iter().map(|seen| seen.path).collect();
    let (tickets, member) = ("/api.php/v2/Assistance/Ticket", "/api.php/v2/Assistance/Ticket/1/TeamMember");
    assert_eq!(paths, ["/api.php/token", "/api.php/v2/session", tickets, member]);
    sent(desk.as_ref(), &[]).await;
    assert_eq!(backend.replay.seen().len(), 6);
    let refused = desk.attach(ticket, None, &files[0]).await.unwrap_err();
    assert_eq!((refused.code, refused.again), (ErrorCode::FileType, Again::Permanent));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_that_was_lost_is_made_up_for() {
    let backend = Replayed::start(Pace::AtOnce).await;
    backend.desk.changes(None).await.unwrap();
    let client_id = ClientId::new();
    let document = Bytes::from(serde_json::to_vec(&story::document(client_id, "A printer", &[])).unwrap());
    // The ticket arrives, and what makes its requester does not.
    backend.replay.faults([Fault::None, Fault::BeforeRead]);
    let error = backend.desk.create(client_id, document, &[]).await.unwrap_err();
    assert!(error.may_have_arrived && error.again == Again::Transient, "{error:?}");
    assert!(backend.replay.with(|glpi| glpi.tickets()[0].requesters.is_empty()));
    for _ in 0..2 {
        assert_eq!(backend.desk.find(client_id, &[]).await.unwrap().unwrap().number, Some(1));
        assert_eq!(backend.replay.with(|glpi| glpi.tickets()[0].requesters.clone()), [3]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_change_tickets_closes_and_reopens_them() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let desk = sign_in(&backend.replay, TECH, &Arc::default());
    let ticket = sent(desk.as_ref(), &[]).await;
    assert_eq!(desk.capabilities().reopen, Way::Own);
    // Others' tickets are not theirs to follow.
    sent(backend.desk.as_ref(), &[]).await;
    let seen = desk.changes(None).await.unwrap();
    assert_eq!(seen.tickets.iter().map(|ticket| ticket.number).collect::<Vec<_>>(), [1]);
    let status = || backend.replay.with(|glpi| (glpi.tickets()[0].status, glpi.tickets()[0].entries.len()));
    backend.replay.with(|glpi| glpi.solve(1));
    let reopen = NewVerdict { id: FollowUpId::new(), verdict: Verdict::Reopen { text: "It came back".into() } };
    // Said and done, and the answer lost: in doubt it is looked at and not done again.
    backend.replay.faults([Fault::None, Fault::None, Fault::AfterActing]);
    assert!(desk.verdict(ticket, &reopen, Attempt::First).await.unwrap_err().may_have_arrived);
    assert_eq!(status(), (2, 2));
    desk.verdict(ticket, &reopen, Attempt::Doubtful).await.unwrap();
    assert_eq!(status(), (2, 2));
    backend.replay.with(|glpi| glpi.solve(1));
    let confirm = NewVerdict { id: FollowUpId::new(), verdict: Verdict::Confirm };
    // Said, and not done: it is done in the second try.
    backend.replay.faults([Fault::None, Fault::None, Fault::BeforeRead]);
    assert!(desk.verdict(ticket, &confirm, Attempt::First).await.unwrap_err().may_have_arrived);
    assert_eq!(status(), (5, 4));
    desk.verdict(ticket, &confirm, Attempt::Doubtful).await.unwrap();
    assert_eq!(status(), (6, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_pages_are_read_and_each_ticket_is_told_once() {
    let backend = Replayed::start(Pace::AtOnce).await;
    for _ in 0..45 {
        sent(backend.desk.as_ref(), &[]).await;
    }
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let changes = backend.desk.changes(cursor.as_deref()).await.unwrap();
        seen.extend(changes.tickets.iter().map(|ticket| ticket.number));
        cursor = Some(changes.cursor);
        if !changes.more {
            break;
        }
    }
    assert_eq!(seen, (1..=45).collect::<Vec<u64>>(), "each once, oldest change first");
    let lists =
        backend.replay.seen().iter().filter(|seen| seen.method == "GET" && seen.path.ends_with("/Ticket")).count();
    assert_eq!(lists, 4, "one row, then three pages: a round does not read them anew");
    assert_eq!(backend.desk.changes(Some("{\"since\":1,\"ahead\":0}")).await.unwrap_err().code, ErrorCode::StartOver);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_new_is_told() {
    let backend = Replayed::start(Pace::AtOnce).await;
    for _ in 0..3 {
        sent(backend.desk.as_ref(), &[]).await;
    }
    let all = backend.desk.changes(None).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    // Once more when that second is over, and then no more.
    let settled = backend.desk.changes(Some(&all.cursor)).await.unwrap();
    assert_eq!((all.tickets.len(), settled.tickets.len()), (3, 3));
    let before = backend.replay.seen().len();
    let none = backend.desk.changes(Some(&settled.cursor)).await.unwrap();
    assert!(none.tickets.is_empty() && !none.more);
    assert!(backend.replay.seen().len() - before <= 2, "{:?}", &backend.replay.seen()[before..]);
    backend.replay.with(|glpi| glpi.reply(2, "news", false, None));
    let news = backend.desk.changes(Some(&none.cursor)).await.unwrap();
    let told: Vec<_> = news.tickets.iter().map(|ticket| (ticket.number, ticket.thread.len())).collect();
    assert_eq!(told, [(2, 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn articles_answer_and_categories_are_policys() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let found = backend.desk.articles("I forgot my password, restart?").await.unwrap();
    let titles: Vec<&str> = found.iter().map(|article| article.title.as_str()).collect();
    assert_eq!(titles, ["How do I reset my password?", "Printer shows offline"]);
    assert_eq!(found[0].text, "Open the portal and press Forgotten password.");
    assert!(backend.desk.articles("a ?? (x);y==*").await.unwrap().is_empty());
    assert!(backend.desk.categories().await.unwrap().is_empty());
    assert!(!backend.desk.capabilities().categories);
}

#[test]
fn the_interface_is_what_the_credential_is_good_for_or_what_it_says() {
    let url = url::Url::parse("https://glpi.example/").unwrap();
    let open = |credential: &Credential, fields: &[(&str, &str)]| {
        let fields = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let target = Target { kind: HelpdeskKind::Glpi, url: url.clone(), fields };
        open_keeping(&target, &credential.written(), Arc::<Keyring>::default()).map_err(|error| error.detail)
    };
    let (pasted, signed_in) = (Credential::UserToken("abc".into()), Credential::Renewing("def".into()));
    let files = |desk: Arc<dyn Helpdesk>| desk.capabilities().file_bytes.is_some();
    assert!(files(open(&pasted, &[]).unwrap()) && files(open(&pasted, &[("api", "legacy")]).unwrap()));
    assert!(!files(open(&signed_in, &[("client_id", "c")]).unwrap()));
    assert!(!files(open(&signed_in, &[("client_id", "c"), ("api", " high-level ")]).unwrap()));
    let refused = |credential, fields: &[(&str, &str)]| match open(credential, fields) {
        Ok(_) => panic!("opened with {fields:?}"),
        Err(detail) => detail,
    };
    assert!(refused(&signed_in, &[]).contains("client_id"));
    assert!(refused(&signed_in, &[("api", "legacy")]).contains("token"));
    assert!(refused(&pasted, &[("api", "high-level"), ("client_id", "c")]).contains("browser"));
    assert!(refused(&pasted, &[("api", "v2")]).contains("\"api\""));
    assert!(refused(&signed_in, &[("client_id", "c"), ("requester", "7")]).contains("service account"));
}
