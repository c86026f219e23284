//! Signing in at GLPI 11 in the browser, what renews itself, and what ends it; and that nothing is lost or doubled meanwhile.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use deskside_contract::glpi_high_level::{HighLevel, POST_ONLY, browse};
use deskside_contract::{Fault, Pace, Replay, story};
use deskside_helpdesk::glpi::oauth::{Credential, SignIn};
use deskside_helpdesk::hub_sign_in::Farewell;
use deskside_helpdesk::outbox::Backoff;
use deskside_helpdesk::{
    Again, Attempt, Capabilities, Enclosure, Helpdesk, HelpdeskError, Placed, TicketRef, open, open_keeping,
};
use deskside_protocol::desk::{Changes, NewFollowUp, NewVerdict};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, FollowUpId, Timestamp};
use futures_util::stream::BoxStream;
use proptest::prelude::*;

use crate::exactly_once::{Plan, plan};
use crate::glpi_high_level::{Keyring, Replayed, held, sent, sign_in, target};
use crate::outbox::Outbox;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_in_the_browser_brings_the_credential() {
    let replay = Replay::start(HighLevel::new().unwrap(), Pace::AtOnce).await.unwrap();
    let farewell = Farewell { done: "Welcome".into(), failed: "No".into() };
    let begun = SignIn::begin(&target(&replay, &[])).await.unwrap();
    let url = begun.url().clone();
    let (credential, shown) = tokio::join!(begun.finish(&farewell), browse(&replay, url));
    assert_eq!(shown.unwrap(), "Welcome");
    let keyring = Arc::<Keyring>::default();
    *keyring.kept.lock().unwrap() = credential.unwrap().written();
    let desk = open_keeping(&target(&replay, &[]), &keyring.kept(), Arc::clone(&keyring) as _).unwrap();
    sent(desk.as_ref(), &[]).await;
    assert_eq!(replay.with(|glpi| glpi.tickets()[0].requesters.clone()), [POST_ONLY.id]);
    // Not signed in, GLPI forgets state and challenge: its first code was not used, and the browser sent once more.
    let accepted =
        replay.seen().iter().filter(|seen| seen.method == "POST" && seen.path.ends_with("/authorize")).count();
    assert_eq!(accepted, 2);

    // Signed in already, once is enough; a client whose secret is wrong is told at once.
    let mut wrong = target(&replay, &[]);
    wrong.fields.insert("client_secret".into(), "nope".into());
    let begun = SignIn::begin(&wrong).await.unwrap();
    let url = begun.url().clone();
    let (refused, shown) = tokio::join!(begun.finish(&farewell), browse(&replay, url));
    let refused = refused.unwrap_err();
    assert_eq!((refused.code, shown.unwrap().as_str()), (ErrorCode::Forbidden, "No"), "{refused}");
    assert!(refused.detail.contains("invalid_client"), "{refused}");
    let accepted =
        replay.seen().iter().filter(|seen| seen.method == "POST" && seen.path.ends_with("/authorize")).count();
    assert_eq!(accepted, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ended_is_renewed_and_the_next_one_kept() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let first = backend.keyring.token();
    backend.desk.changes(None).await.unwrap();
    let second = backend.keyring.token();
    assert_ne!(first, second);
    assert!(backend.replay.with(|glpi| !glpi.knows(&first) && glpi.knows(&second)));
    // It ends before its time: 400, and nothing is lost.
    backend.replay.with(HighLevel::end_access);
    sent(backend.desk.as_ref(), &[]).await;
    let third = backend.keyring.token();
    assert!(third != second && backend.replay.with(|glpi| glpi.tickets().len() == 1 && glpi.knows(&third)));

    // A keyring that is locked gets it later.
    *backend.keyring.locked.lock().unwrap() = true;
    backend.replay.with(HighLevel::end_access);
    sent(backend.desk.as_ref(), &[]).await;
    assert_eq!(backend.keyring.token(), third);
    *backend.keyring.locked.lock().unwrap() = false;
    sent(backend.desk.as_ref(), &[]).await;
    assert!(backend.replay.with(|glpi| glpi.knows(&backend.keyring.token())));

    // Whoever gives up waiting does not lose the next one.
    backend.replay.with(HighLevel::end_access);
    backend.replay.faults([Fault::None, Fault::Slow(Duration::from_millis(200))]);
    let given_up = tokio::time::timeout(Duration::from_millis(50), backend.desk.changes(None)).await;
    assert!(given_up.is_err());
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(backend.replay.with(|glpi| glpi.knows(&backend.keyring.token())), "what was renewed is kept");
    backend.desk.changes(None).await.unwrap();

    // Another connection of this program, with what it read before, goes on with the same sign-in.
    let read_before = Credential::Renewing(third).written();
    let other = open_keeping(&target(&backend.replay, &[]), &read_before, Arc::clone(&backend.keyring) as _).unwrap();
    other.changes(None).await.unwrap();
    let Err(error) = open(&target(&backend.replay, &[]), &read_before) else { panic!("nobody keeps what comes next") };
    assert_eq!(error.code, ErrorCode::BadRequest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_a_sign_in_waits_for_another() {
    let backend = Replayed::start(Pace::AtOnce).await;
    let waits = |error: HelpdeskError, code: ErrorCode| {
        assert_eq!((error.code, error.again, error.may_have_arrived), (code, Again::Transient, false), "{error}");
    };
    let client_id = ClientId::new();
    let document = Bytes::from(serde_json::to_vec(&story::document(client_id, "A printer", &[])).unwrap());
    // The answer to a renewal is lost, and with it the sign-in.
    backend.replay.faults([Fault::AfterActing]);
    waits(backend.desk.create(client_id, document.clone(), &[]).await.unwrap_err(), ErrorCode::Unreachable);
    let error = backend.desk.create(client_id, document.clone(), &[]).await.unwrap_err();
    assert!(error.detail.contains("invalid_grant"), "{error}");
    waits(error, ErrorCode::Unauthorized);
    // Something in between says nothing of the sign-in.
    let desk = sign_in(&backend.replay, POST_ONLY, &backend.keyring);
    backend.replay.faults([Fault::PageInstead(401), Fault::PageInstead(200)]);
    waits(desk.create(client_id, document.clone(), &[]).await.unwrap_err(), ErrorCode::Unauthorized);
    waits(desk.create(client_id, document.clone(), &[]).await.unwrap_err(), ErrorCode::BadAnswer);
    // IT changed the client's secret.
    let mut other = target(&backend.replay, &[]);
    other.fields.insert("client_secret".into(), "nope".into());
    other.fields.insert("client_id".into(), "other".into());
    let wrong = open_keeping(&other, &backend.keyring.kept(), Arc::clone(&backend.keyring) as _).unwrap();
    let error = wrong.changes(None).await.unwrap_err();
    assert!(error.detail.contains("invalid_client"), "{error}");
    waits(error, ErrorCode::Unauthorized);
    // IT switched the interface off for a while.
    backend.replay.with(|glpi| glpi.switch_off(true));
    waits(desk.create(client_id, document.clone(), &[]).await.unwrap_err(), ErrorCode::Forbidden);
    backend.replay.with(|glpi| glpi.switch_off(false));
    desk.create(client_id, document, &[]).await.unwrap();
}

/// The employee's connection, which is another one after each sign-in.
struct Renewed(RwLock<Arc<dyn Helpdesk>>);

impl Renewed {
    fn now(&self) -> Arc<dyn Helpdesk> {
        Arc::clone(&self.0.read().unwrap())
    }
}

#[async_trait]
impl Helpdesk for Renewed {
    fn capabilities(&self) -> Capabilities {
        self.now().capabilities()
    }
    async fn find(&self, ticket: ClientId, files: &[Enclosure]) -> deskside_helpdesk::Result<Option<Placed>> {
        self.now().find(ticket, files).await
    }
    async fn create(&self, ticket: ClientId, bytes: Bytes, files: &[Enclosure]) -> deskside_helpdesk::Result<Placed> {
        self.now().create(ticket, bytes, files).await
    }
    async fn attach(&self, t: TicketRef, of: Option<FollowUpId>, file: &Enclosure) -> deskside_helpdesk::Result<()> {
        self.now().attach(t, of, file).await
    }
    async fn follow_up(
        &self,
        ticket: TicketRef,
        follow_up: &NewFollowUp,
        files: &[Enclosure],
        attempt: Attempt,
    ) -> deskside_helpdesk::Result<Placed> {
        self.now().follow_up(ticket, follow_up, files, attempt).await
    }
    async fn verdict(&self, t: TicketRef, verdict: &NewVerdict, attempt: Attempt) -> deskside_helpdesk::Result<()> {
        self.now().verdict(t, verdict, attempt).await
    }
    async fn changes(&self, cursor: Option<&str>) -> deskside_helpdesk::Result<Changes> {
        self.now().changes(cursor).await
    }
    async fn download(
        &self,
        ticket: TicketRef,
        file: AttachmentId,
    ) -> deskside_helpdesk::Result<BoxStream<'static, deskside_helpdesk::Result<Bytes>>> {
        self.now().download(ticket, file).await
    }
    fn network_changed(&self) {
        self.now().network_changed();
    }
}

async fn run(plan: &Plan) {
    let replay = Replay::start(HighLevel::new().unwrap(), Pace::AtOnce).await.unwrap();
    let keyring = Arc::<Keyring>::default();
    let desk = Renewed(RwLock::new(sign_in(&replay, POST_ONLY, &keyring)));
    let folder = tempfile::tempdir().unwrap();
    let enclosures = |names: &[&str]| -> Vec<Enclosure> {
        names.iter().map(|name| story::enclosure(folder.path(), name, b"a file").unwrap()).collect()
    };
    replay.faults(plan.faults.iter().copied());
    let before = |tries: usize| {
        if tries <= plan.revoked {
            replay.with(|glpi| glpi.revoke(POST_ONLY));
        } else if !replay.with(|glpi| glpi.knows(&keyring.token())) {
            // Revoked, or lost with an answer: the employee signs in again.
            *desk.0.write().unwrap() = sign_in(&replay, POST_ONLY, &keyring);
        } else if tries.is_multiple_of(3) {
            replay.with(HighLevel::end_access);
        }
    };
    let mut outbox = Outbox {
        desk: &desk,
        before: &before,
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
        let ticket = TicketRef { client_id, number: None };
        let (number, refused) = outbox.send(ticket, Some(&bytes), None, &files, &plan.kills).await;
        assert_eq!(refused.len(), files.len(), "it takes none");
        sent.push(TicketRef { client_id, number });
    }
    let mut replies = Vec::new();
    for (at, names) in plan.replies.iter().enumerate() {
        let files = enclosures(names);
        let attachments = files.iter().map(|file| file.meta.clone()).collect();
        let reply = NewFollowUp { id: FollowUpId::new(), text: format!("reply {at}"), attachments };
        let (_, refused) = outbox.send(sent[0], None, Some(&reply), &files, &plan.kills).await;
        assert_eq!(refused.len(), files.len(), "it takes none");
        replies.push(reply);
    }
    replay.with(|glpi| {
        assert_eq!(glpi.tickets().len(), plan.requests.len(), "a request was lost or doubled");
        for (at, ticket) in sent.iter().enumerate() {
            let there = held(glpi, &ticket.client_id.to_string());
            assert_eq!(there.len(), 1);
            let wanted = if at == 0 { replies.as_slice() } else { &[] };
            assert_eq!(there[0].replies.len(), wanted.len(), "{:?}", there[0].replies);
            for (said, wanted) in there[0].replies.iter().zip(wanted) {
                assert!(said.starts_with(&format!("<p>{}", wanted.text)), "{said}");
            }
        }
        assert!(glpi.tickets().iter().all(|ticket| ticket.requesters == [POST_ONLY.id]), "somebody is nobody's");
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn glpi_high_level_has_what_was_submitted_once(plan in plan()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(&plan));
    }
}
