//! GLPI 10 and 11 by the legacy interface, replayed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use deskside_contract::glpi::{APP_TOKEN, Glpi, REQUESTER, SERVICE, Ticket, Version};
use deskside_contract::story::{self, Backend, Bytesful, Held};
use deskside_contract::{Fault, Pace, Replay};
use deskside_helpdesk::{Again, Attempt, Enclosure, Helpdesk, HelpdeskError, Target, TicketRef, Way, open};
use deskside_hub::gateway::{GatewayConfig, People};
use deskside_protocol::desk::{NewFollowUp, NewVerdict};
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::ticket::{TicketState, Verdict};
use deskside_protocol::{ClientId, ErrorCode, FollowUpId};

mod files;

const BOTH: [Version; 2] = [Version::V10, Version::V11];
const MIB: usize = 1024 * 1024;

pub(crate) struct Replayed {
    pub(crate) replay: Replay<Glpi>,
    version: Version,
    desk: Arc<dyn Helpdesk>,
}

pub(crate) fn connect(replay: &Replay<Glpi>, token: &str, fields: &[(&str, &str)]) -> Arc<dyn Helpdesk> {
    let mut all = BTreeMap::from([("app_token".to_owned(), APP_TOKEN.to_owned())]);
    all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    open(&Target { kind: HelpdeskKind::Glpi, url: replay.url().clone(), fields: all }, token).unwrap()
}

impl Replayed {
    pub(crate) async fn start(version: Version, pace: Pace) -> Self {
        let replay = Replay::start(Glpi::new(version).unwrap(), pace).await.unwrap();
        let desk = connect(&replay, REQUESTER, &[]);
        Self { replay, version, desk }
    }

    fn tickets(&self) -> Vec<Ticket> {
        self.replay.with(|glpi| glpi.tickets().to_vec())
    }

    /// What was asked for, as `GET Ticket/7`.
    fn asked(&self) -> Vec<String> {
        let seen = self.replay.seen();
        let told = |path: &str| path.trim_start_matches("/apirest.php/").to_owned();
        seen.iter().map(|seen| format!("{} {} {}", seen.method, told(&seen.path), seen.status)).collect()
    }
}

fn held_of(glpi: &Glpi, ticket: &Ticket) -> Held {
    let mut documents: Vec<u64> = ticket.links.iter().map(|link| link.document).collect();
    documents.sort_unstable();
    documents.dedup();
    let files = documents.into_iter().filter_map(|id| glpi.document(id));
    let files = files.filter(|file| !file.name.starts_with("deskside-") && file.name != "advice.txt");
    let said = ticket.follow_ups.iter().map(|follow_up| follow_up.content.trim_start_matches("<p>").to_owned());
    Held {
        text: format!("{}\n{}", ticket.name, ticket.content),
        files: files.map(|file| (file.name.clone(), file.content.clone())).collect(),
        replies: said.filter(|said| said.contains("Deskside-Entry:") && !said.starts_with("Deskside-File:")).collect(),
    }
}

pub(crate) fn held(glpi: &Glpi, text: &str) -> Vec<Held> {
    let tickets = glpi.tickets().iter().filter(|ticket| ticket.content.contains(text));
    tickets.map(|ticket| held_of(glpi, ticket)).collect()
}

#[async_trait]
impl Backend for Replayed {
    fn name(&self) -> &'static str {
        match self.version {
            Version::V10 => "GLPI 10",
            Version::V11 => "GLPI 11",
        }
    }
    fn desk(&self) -> Arc<dyn Helpdesk> {
        Arc::clone(&self.desk)
    }
    async fn answer(&mut self, number: u64, text: &str, file: Option<Bytesful>) -> anyhow::Result<()> {
        let file = file.as_ref().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        let html = format!("<p>{}</p>", text.replace('<', "&lt;").replace('>', "&gt;"));
        self.replay.with(|glpi| glpi.reply(number, &html, false, file));
        Ok(())
    }
    async fn note(&mut self, number: u64, text: &str) -> anyhow::Result<()> {
        self.replay.with(|glpi| glpi.reply(number, text, true, Some(("secret.txt", b"what nobody shows"))));
        // Nobody writes two entries in one second, and of two that were no file could be told apart.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        Ok(())
    }
    async fn solve(&mut self, number: u64) -> anyhow::Result<()> {
        self.replay.with(|glpi| glpi.solve(number, "<p>Replaced the roller.</p>"));
        Ok(())
    }
    async fn held(&mut self, text: &str) -> anyhow::Result<Vec<Held>> {
        let mut held = self.replay.with(|glpi| held(glpi, text));
        held.iter_mut().for_each(|held| held.files.retain(|(name, _)| name != "secret.txt"));
        Ok(held)
    }
    fn refuses(&self) -> Option<Bytesful> {
        Some(("setup.exe".to_owned(), b"MZ is refused".to_vec()))
    }
    fn downloads(&self) -> bool {
        // 042: GLPI 11 gives no document to Self-Service by this interface.
        self.version == Version::V10
    }
    async fn revoke(&mut self, revoked: bool) -> anyhow::Result<bool> {
        self.replay.with(|glpi| glpi.revoke(REQUESTER, revoked));
        Ok(true)
    }
}

async fn tells_the_story(version: Version) -> String {
    let mut backend = Replayed::start(version, Pace::AsCaptured).await;
    let column = story::tell(&mut backend).await.unwrap();
    let tickets = backend.tickets();
    assert!(tickets.iter().all(|ticket| ticket.requesters == [3]), "a ticket without its requester: {tickets:?}");
    column.is_documented(backend.name()).unwrap();
    column.markdown(backend.name())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn glpi_10_tells_the_story() {
    println!("{}", tells_the_story(Version::V10).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn glpi_11_tells_the_story() {
    println!("{}", tells_the_story(Version::V11).await);
}

/// Sends one request with these files; its number, and what was refused.
async fn sent(
    desk: &dyn Helpdesk,
    folder: &Path,
    files: &[(&str, usize)],
) -> anyhow::Result<(TicketRef, Vec<Enclosure>, Vec<HelpdeskError>)> {
    let client_id = ClientId::new();
    let mut enclosures = Vec::new();
    for (at, (name, size)) in files.iter().enumerate() {
        let mut bytes = vec![b'x'; *size];
        bytes.extend(format!("{at}").as_bytes());
        enclosures.push(story::enclosure(folder, name, &bytes)?);
    }
    let document = story::document(client_id, "A printer", &enclosures);
    let (number, refused) = story::deliver(desk, client_id, &document, &enclosures).await?;
    let refused = refused.into_iter().map(|(_, error)| error).collect();
    Ok((TicketRef { client_id, number: Some(number) }, enclosures, refused))
}

/// What is asked after the first ticket with several files: some of version 10 keep the first alone.
fn looked(version: Version) -> &'static [&'static str] {
    if version == Version::V10 { &["GET Ticket/1 200"] } else { &[] }
}

fn error_of<T: std::fmt::Debug>(outcome: anyhow::Result<T>) -> HelpdeskError {
    outcome.unwrap_err().downcast::<HelpdeskError>().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_sign_in_waits_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let fails = async |desk: &dyn Helpdesk, code: ErrorCode, words: &str| {
            let error = error_of(sent(desk, folder.path(), &[("a.txt", 7)]).await);
            assert_eq!((error.code, error.again, error.may_have_arrived), (code, Again::Transient, false), "{error}");
            assert!(error.detail.contains(words), "{error}");
            assert!(!error.detail.contains(REQUESTER) && !error.detail.contains(APP_TOKEN), "a secret in {error}");
        };
        let with = |token: &str, app: &str| connect(&backend.replay, token, &[("app_token", app)]);
        fails(with(REQUESTER, "").as_ref(), ErrorCode::Unauthorized, "ERROR_APP_TOKEN_PARAMETERS_MISSING").await;
        fails(with(REQUESTER, "wrong").as_ref(), ErrorCode::Unauthorized, "ERROR_WRONG_APP_TOKEN_PARAMETER").await;
        fails(with("nope", APP_TOKEN).as_ref(), ErrorCode::Unauthorized, "ERROR_GLPI_LOGIN_USER_TOKEN").await;
        let desk = backend.desk();
        backend.replay.with(|glpi| glpi.switch_off(true));
        fails(desk.as_ref(), ErrorCode::Forbidden, "API disabled").await;
        backend.replay.with(|glpi| glpi.switch_off(false));
        backend.replay.with(|glpi| glpi.refuse_address(true));
        fails(desk.as_ref(), ErrorCode::Forbidden, "ERROR_NOT_ALLOWED_IP").await;
        backend.replay.with(|glpi| glpi.refuse_address(false));
        // A portal where GLPI should be, in each of the places.
        backend.replay.faults([Fault::PageInstead(200), Fault::PageInstead(200), Fault::PageInstead(200)]);
        fails(desk.as_ref(), ErrorCode::BadAnswer, "page").await;
        assert!(backend.tickets().is_empty());
        sent(desk.as_ref(), folder.path(), &[("a.txt", 7)]).await.unwrap();
        // Off in the middle of a session.
        backend.replay.with(|glpi| glpi.switch_off(true));
        fails(desk.as_ref(), ErrorCode::Forbidden, "API disabled").await;
        backend.replay.with(|glpi| glpi.switch_off(false));
        backend.replay.with(|glpi| glpi.revoke(REQUESTER, true));
        fails(desk.as_ref(), ErrorCode::Unauthorized, "ERROR_GLPI_LOGIN_USER_TOKEN").await;
        backend.replay.with(|glpi| glpi.revoke(REQUESTER, false));
        sent(desk.as_ref(), folder.path(), &[("a.txt", 7)]).await.unwrap();
        assert_eq!(backend.tickets().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_ours_without_a_requester_is_followed_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Replayed::start(Version::V11, Pace::AtOnce).await;
    let (ticket, ..) = sent(backend.desk.as_ref(), folder.path(), &[]).await.unwrap();
    // Whoever took her off, or never put her on.
    backend.replay.with(|glpi| glpi.nobody_asked(ticket.number.unwrap()));
    backend.replay.with(|glpi| glpi.reply(ticket.number.unwrap(), "<p>news</p>", false, None));
    let seen = story::seen(backend.desk.as_ref(), ticket.number.unwrap(), "the news", |view| view.thread.len() == 1);
    assert_eq!(seen.await.unwrap().client_id, ticket.client_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ended_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        sent(backend.desk.as_ref(), folder.path(), &[("a.txt", 9)]).await.unwrap();
        backend.replay.with(Glpi::expire);
        sent(backend.desk.as_ref(), folder.path(), &[("a.txt", 10)]).await.unwrap();
        assert_eq!(backend.tickets().len(), 2);
        let asked = ["POST Ticket 401", "GET initSession 200", "POST Ticket 201"];
        assert_eq!(backend.asked()[2 + looked(version).len()..], asked);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_only_the_new_address_passes_it_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Replayed::start(Version::V11, Pace::AtOnce).await;
    backend.replay.faults([Fault::PageInstead(404)]);
    sent(backend.desk.as_ref(), folder.path(), &[("a.txt", 9)]).await.unwrap();
    // The replay knows both by one name: it is asked there once it was found.
    assert_eq!(backend.asked(), ["GET initSession 0", "GET initSession 200", "POST Ticket 201"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn categories_come_from_policy_where_glpi_does_not_tell_them() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        for (fields, category) in
            [(&[][..], 0), (&[("category", "4")][..], 4), (&[("category", "4"), ("category.network", "7")][..], 7)]
        {
            let desk = connect(&backend.replay, REQUESTER, fields);
            sent(desk.as_ref(), folder.path(), &[]).await.unwrap();
            assert_eq!(backend.tickets().last().unwrap().category, category);
            assert!(!desk.capabilities().categories && desk.categories().await.unwrap().is_empty());
        }
        let desk = connect(&backend.replay, SERVICE, &[]);
        let told = desk.categories().await.unwrap();
        assert!(desk.capabilities().categories);
        assert!(told.len() == 2 && told[0].name == "Hardware", "{told:?}");
        // Somebody chose: that counts, if it is this helpdesk's.
        let desk = connect(&backend.replay, SERVICE, &[("category", "4")]);
        for (name, category) in [(told[1].name.as_str(), told[1].id), ("Elsewhere > Other", 4)] {
            story::about(desk.as_ref(), told[1].id, name).await.unwrap();
            assert_eq!(backend.tickets().last().unwrap().category, category);
            assert!(backend.tickets().last().unwrap().content.contains(name.split(' ').next_back().unwrap()));
        }
        let error = open(
            &Target {
                kind: HelpdeskKind::Glpi,
                url: backend.replay.url().clone(),
                fields: [("category".to_owned(), "Network".to_owned())].into(),
            },
            REQUESTER,
        );
        assert_eq!(error.err().unwrap().code, ErrorCode::BadRequest);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entities_are_respected_and_a_ticket_that_moves_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        // Her profile is for two entities; a session begins in one.
        backend.replay.with(|glpi| glpi.entities(&[5, 7], &[5]));
        let (ticket, ..) = sent(backend.desk.as_ref(), folder.path(), &[("a.txt", 9)]).await.unwrap();
        let asked = ["GET initSession 200", "POST changeActiveEntities 200", "POST Ticket 201"];
        assert_eq!(backend.asked(), [&asked, looked(version)].concat());
        assert_eq!(backend.tickets()[0].entity, 5, "it goes where GLPI's own form would put it");
        let other = connect(&backend.replay, REQUESTER, &[("entity", "7")]);
        sent(other.as_ref(), folder.path(), &[]).await.unwrap();
        assert_eq!(backend.tickets()[1].entity, 7);
        // Not hers: refused for good, with GLPI's words, and nothing is there.
        let foreign = connect(&backend.replay, REQUESTER, &[("entity", "9")]);
        let error = error_of(sent(foreign.as_ref(), folder.path(), &[]).await);
        assert_eq!((error.code, error.again), (ErrorCode::Forbidden, Again::Permanent), "{error}");
        assert!(error.detail.contains("ERROR_GLPI_ADD") && backend.tickets().len() == 2);
        backend.replay.with(|glpi| glpi.transfer(ticket.number.unwrap(), 7));
        let seen = story::seen(backend.desk.as_ref(), ticket.number.unwrap(), "where it went", |_| true).await.unwrap();
        assert_eq!(seen.client_id, ticket.client_id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_files_for_others_and_shows_them_nothing_private() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let desk = connect(&backend.replay, SERVICE, &[("requester", "3")]);
        assert!(desk.capabilities().on_behalf);
        let (ticket, files, _) = sent(desk.as_ref(), folder.path(), &[("a.txt", 9)]).await.unwrap();
        let number = ticket.number.unwrap();
        assert_eq!((backend.tickets()[0].requesters.clone(), backend.tickets()[0].recipient), (vec![3], 2));
        // It is hers: found and followed with her own token.
        assert!(backend.desk.find(ticket.client_id, &files).await.unwrap().is_some());
        backend.replay.with(|glpi| {
            glpi.reply(number, "<p>for us</p>", true, Some(("secret.txt", b"secret")));
            glpi.reply(number, "<p>for you</p>", false, Some(("advice.txt", b"advice")));
        });
        let view = story::seen(desk.as_ref(), number, "the answer", |view| !view.thread.is_empty()).await.unwrap();
        assert_eq!(view.thread.len(), 1);
        let files: Vec<&str> =
            view.thread[0].attachments.iter().chain(&view.attachments).map(|m| m.name.as_str()).collect();
        assert!(!files.contains(&"secret.txt"), "{files:?}");
        // What it files for others is not its own.
        let own = connect(&backend.replay, SERVICE, &[("requester", "2")]);
        assert!(own.changes(None).await.unwrap().tickets.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_solution_is_accepted_or_refused_by_its_requester() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let (ticket, ..) = sent(backend.desk.as_ref(), folder.path(), &[]).await.unwrap();
        let number = ticket.number.unwrap();
        let verdict = |verdict| NewVerdict { id: FollowUpId::new(), verdict };
        backend.replay.with(|glpi| glpi.solve(number, "<p>done</p>"));
        let reopen = verdict(Verdict::Reopen { text: "It <came> back".into() });
        // Done, and the answer lost: in doubt it is looked at and not done again.
        backend.replay.faults([Fault::None, Fault::AfterActing]);
        assert!(backend.desk.verdict(ticket, &reopen, Attempt::First).await.unwrap_err().may_have_arrived);
        backend.desk.verdict(ticket, &reopen, Attempt::Doubtful).await.unwrap();
        let there = &backend.tickets()[0];
        assert_eq!((there.status, there.solutions[0].status, there.follow_ups.len()), (2, 4, 1));
        assert!(there.follow_ups[0].content.contains("It &lt;came&gt; back"));
        backend.replay.with(|glpi| glpi.solve(number, "<p>done again</p>"));
        let confirm = verdict(Verdict::Confirm);
        backend.desk.verdict(ticket, &confirm, Attempt::First).await.unwrap();
        let there = &backend.tickets()[0];
        assert_eq!((there.status, there.solutions[1].status), (6, 3));
        // Closed: to confirm again does nothing, and her profile may not open it again.
        backend.desk.verdict(ticket, &verdict(Verdict::Confirm), Attempt::First).await.unwrap();
        assert_eq!(backend.tickets()[0].follow_ups.len(), 2);
        let error = backend.desk.verdict(ticket, &verdict(Verdict::Reopen { text: "no".into() }), Attempt::First).await;
        let error = error.unwrap_err();
        assert_eq!((error.code, error.again), (ErrorCode::WrongState, Again::Permanent), "{error}");
        let reply = NewFollowUp { id: FollowUpId::new(), text: "but".into(), attachments: Vec::new() };
        let error = backend.desk.follow_up(ticket, &reply, &[], Attempt::First).await.unwrap_err();
        assert_eq!((error.code, error.again), (ErrorCode::WrongState, Again::Permanent), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stars_are_offered_where_a_survey_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    for (version, best) in [(Version::V10, 5), (Version::V11, 5), (Version::V11, 10), (Version::V11, 3)] {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let (ticket, ..) = sent(backend.desk.as_ref(), folder.path(), &[]).await.unwrap();
        let number = ticket.number.unwrap();
        let rate = NewVerdict {
            id: FollowUpId::new(),
            verdict: Verdict::Rate { stars: 4, comment: Some("quick <b>".into()) },
        };
        backend.replay.with(|glpi| glpi.set_status(number, 6));
        let look = async || backend.desk.changes(None).await.unwrap();
        look().await;
        assert_eq!(backend.desk.capabilities().rate, Way::Not);
        let error = backend.desk.verdict(ticket, &rate, Attempt::First).await.unwrap_err();
        assert_eq!((error.code, error.again), (ErrorCode::WrongState, Again::Permanent));
        // Somewhere else.
        backend.replay.with(|glpi| glpi.survey(number, 2, 5));
        look().await;
        assert_eq!(backend.desk.capabilities().rate, Way::Not);
        assert_eq!(backend.desk.verdict(ticket, &rate, Attempt::First).await.unwrap_err().code, ErrorCode::WrongState);
        backend.replay.with(|glpi| glpi.survey(number, 1, best));
        let view = look().await;
        assert!(view.tickets.iter().any(|ticket| ticket.state == TicketState::Closed));
        assert_eq!(backend.desk.capabilities().rate, Way::Own);
        backend.replay.faults([Fault::None, Fault::AfterActing]);
        assert!(backend.desk.verdict(ticket, &rate, Attempt::First).await.unwrap_err().may_have_arrived);
        backend.desk.verdict(ticket, &rate, Attempt::Doubtful).await.unwrap();
        let seen = look().await;
        let stars = if best == 3 { 3 } else { 4 };
        assert_eq!(seen.tickets[0].rating, Some(stars), "of {best}");
        // A service account, which sees nothing of its own here, offers it for others.
        let service = connect(&backend.replay, SERVICE, &[]);
        assert!(service.changes(None).await.unwrap().tickets.is_empty());
        assert_eq!(service.capabilities().rate, Way::Own);
        let survey = backend.tickets()[0].survey.clone().unwrap();
        assert_eq!((survey.satisfaction, survey.comment.as_deref()), (Some((4 * best + 2) / 5), Some("quick <b>")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_faq_is_searched_by_options_that_differ_between_versions() {
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        backend.replay.with(|glpi| glpi.article("Printer jams", "<p>Restart the <b>spooler</b> service.</p>"));
        let found = backend.desk.articles("How to reset a forgotten password?").await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].title.as_str(), found[0].text.as_str()),
            ("How do I reset my password?", "Open the portal.")
        );
        let found = backend.desk.articles("the spooler").await.unwrap();
        assert_eq!(found[0].text, "Restart the spooler service.");
        assert!(backend.desk.articles("zzzznope").await.unwrap().is_empty(), "nothing found has no \"data\"");
        assert!(backend.desk.capabilities().articles);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_technicians_do_is_told_as_far_as_it_is_for_the_requester() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let (ticket, ..) = sent(backend.desk.as_ref(), folder.path(), &[]).await.unwrap();
        let number = ticket.number.unwrap();
        backend.replay.with(|glpi| glpi.task(number, "<p>Disk ordered</p>", false));
        backend.replay.with(|glpi| glpi.task(number, "<p>too dear</p>", true));
        let desk = connect(&backend.replay, SERVICE, &[("requester", "3")]);
        for desk in [backend.desk(), desk] {
            let view = story::seen(desk.as_ref(), number, "the task", |view| !view.thread.is_empty()).await.unwrap();
            let told: Vec<&str> = view.thread.iter().map(|entry| entry.text.as_str()).collect();
            assert_eq!(told, ["Disk ordered"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_profile_that_policy_says_is_worn() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let desk = connect(&backend.replay, REQUESTER, &[("profile", "8")]);
        sent(desk.as_ref(), folder.path(), &[]).await.unwrap();
        let asked =
            ["GET initSession 200", "POST changeActiveProfile 200", "GET getFullSession 200", "POST Ticket 201"];
        let asked = [&asked, looked(version)].concat();
        assert_eq!(backend.asked(), asked);
        let usual = connect(&backend.replay, REQUESTER, &[("profile", "1")]);
        sent(usual.as_ref(), folder.path(), &[]).await.unwrap();
        assert_eq!(backend.asked()[asked.len()..][..2], ["GET initSession 200", "POST Ticket 201"]);
    }
}

/// A service account files; the requester is whose computer IT said it is.
async fn through_a_hub(version: Version) {
    let mut backend = Replayed::start(version, Pace::AtOnce).await;
    let fields = [("app_token".to_owned(), APP_TOKEN.to_owned())].into();
    let target = Target { kind: HelpdeskKind::Glpi, url: backend.replay.url().clone(), fields };
    let people = People { template: None, named: [("anna".to_owned(), "3".to_owned())].into() };
    let config = GatewayConfig { target, credential: SERVICE.to_owned(), people };
    crate::gateway::tells_the_story(&mut backend, config, Some("anna")).await;
    let tickets = backend.tickets();
    assert!(tickets.iter().all(|ticket| ticket.requesters == [3] && ticket.recipient == 2), "{tickets:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_hub_glpi_10_has_everything_once() {
    through_a_hub(Version::V10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_hub_glpi_11_has_everything_once() {
    through_a_hub(Version::V11).await;
}
