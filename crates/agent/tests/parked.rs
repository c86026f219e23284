//! What the helpdesk refuses: it is said, nothing waits for it, and its writer can have it back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod support;

use deskside_agent::ports::{Notification, Refused};
use deskside_protocol::facts::SectionId;
use deskside_protocol::local::*;
use deskside_protocol::ticket::{CanWork, TicketState, Verdict};
use deskside_protocol::{AttachmentId, ClientId, DraftId, ErrorCode, FollowUpId};
use support::desk::{Desk, Fault, for_a_while};
use support::{App, Desktop, eventually};

fn parked(app: &App, client_id: ClientId) -> (ErrorCode, Option<u64>, Vec<AttachmentId>) {
    eventually("parked", || match app.row(client_id).delivery {
        Delivery::Parked { error, number, refused } => Some((error.code, number, refused)),
        _ => None,
    })
}

fn take_back(app: &App, client_id: ClientId, entry: Option<FollowUpId>) -> Option<DraftId> {
    match app.ask(Request::TakeBack { client_id, entry }).unwrap() {
        Response::TakenBack { draft } => draft,
        other => panic!("{other:?}"),
    }
}

fn opened(app: &App, draft: DraftId) -> Draft {
    match app.ask(Request::OpenDraft { draft: Some(draft) }).unwrap() {
        Response::Draft(draft) => draft,
        other => panic!("{other:?}"),
    }
}

fn bytes_kept(app: &App) -> usize {
    std::fs::read_dir(app.data.join("files")).unwrap().count()
}

#[test]
fn a_file_that_is_refused_holds_up_neither_the_files_after_it_nor_a_reply() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("With three files");
    let owner = UploadOwner::Draft { draft };
    let files: Vec<_> = ["a.txt", "b.txt", "c.txt"].map(|name| app.upload(owner, name, b"x", false).unwrap().id).into();
    desk.fault("PUT *attachments", Fault::Refuse(422, ErrorCode::FileType));
    let client_id = app.submit(draft).0;
    app.ask(Request::Reply { client_id, text: "And one more thing".into() }).unwrap();

    let (code, number, refused) = parked(&app, client_id);
    assert_eq!((code, number), (ErrorCode::FileType, Some(1)), "it arrived, and has a number");
    assert_eq!(refused, files[..1]);
    eventually("a word about it", || {
        let notifications = app.desktop.notifications.lock().unwrap();
        let files = |n: &Notification| matches!(n, Notification::Parked { what: Refused::Files, .. });
        (notifications.len() == 1 && files(&notifications[0])).then_some(())
    });
    let arrived = desk.with(client_id, |ticket| ticket.files.keys().copied().collect::<Vec<_>>()).unwrap();
    assert!(arrived.len() == 2 && files[1..].iter().all(|file| arrived.contains(file)), "the others went");
    eventually("the reply", || desk.with(client_id, |ticket| ticket.came.len() == 1).filter(|came| *came));

    // It stays said through a restart, and goes when it is taken.
    let desktop = app.kill();
    let app = App::start(data.path(), &desktop);
    assert_eq!(parked(&app, client_id).2, files[..1]);
    app.ask(Request::RetryParked { client_id }).unwrap();
    app.delivered(client_id);
    assert_eq!(desk.with(client_id, |ticket| (ticket.files.len(), ticket.creations)), Some((3, 1)));
}

#[test]
fn a_file_that_is_refused_can_be_let_go() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("With two files");
    let owner = UploadOwner::Draft { draft };
    let refused = app.upload(owner, "a.txt", b"x", false).unwrap().id;
    let taken = app.upload(owner, "b.txt", b"x", false).unwrap().id;
    desk.fault("PUT *attachments", Fault::Refuse(422, ErrorCode::FileType));
    let client_id = app.submit(draft).0;
    parked(&app, client_id);
    assert_eq!(take_back(&app, client_id, None), None, "the request itself has arrived");
    app.delivered(client_id);
    // The helpdesk goes on naming what was announced.
    desk.answer(client_id, "Thank you", None);
    eventually("the answer", || (app.thread(client_id).entries.len() == 1).then_some(()));
    let files: Vec<_> = app.thread(client_id).attachments.into_iter().map(|file| file.id).collect();
    assert_eq!(files, [taken]);
    assert!(!app.data.join("files").join(refused.to_string()).exists());
    assert_eq!(app.home().parked, 0);
    assert_eq!(app.code(Request::TakeBack { client_id, entry: None }), ErrorCode::NotFound);
}

#[test]
fn a_request_that_is_refused_is_a_draft_again_with_everything_that_was_written() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("Refused");
    let change = DraftChange { can_work: Some(CanWork::No), ..DraftChange::default() };
    app.ask(Request::SaveDraft { draft, change }).unwrap();
    app.ask(Request::SetSection { draft, section: SectionId::Network, on: false }).unwrap();
    let file = app.upload(UploadOwner::Draft { draft }, "a.txt", b"of the request", false).unwrap().id;
    desk.fault("POST /tickets", Fault::Refuse(422, ErrorCode::Refused));
    let client_id = app.submit(draft).0;
    parked(&app, client_id);
    let owner = UploadOwner::Reply { client_id };
    let of_reply = app.upload(owner, "b.txt", b"of the reply", false).unwrap().id;
    app.ask(Request::Reply { client_id, text: "Said later".into() }).unwrap();
    let being_written = app.upload(owner, "c.txt", b"half", false).unwrap().id;
    app.ask(Request::SaveReply { client_id, text: "Half an ans".into() }).unwrap();

    let again = take_back(&app, client_id, None).expect("a draft");
    let Response::Requests { requests, .. } = app.ask(Request::Requests).unwrap() else { panic!() };
    assert_eq!(requests, []);
    let home = app.home();
    assert_eq!((home.parked, home.waiting, home.draft.map(|teaser| teaser.id)), (0, 0, Some(again)));
    // Also after a crash.
    let app = App::start(data.path(), &app.kill());
    let kept = opened(&app, again);
    assert_eq!(kept.text, "Refused\n\nSaid later\n\nHalf an ans");
    assert_eq!(kept.can_work, Some(CanWork::No));
    let mut files: Vec<_> = kept.attachments.iter().map(|file| file.id).collect();
    let mut all = vec![file, of_reply, being_written];
    files.sort_by_key(ToString::to_string);
    all.sort_by_key(ToString::to_string);
    assert_eq!(files, all);
    let choice = app.preview(again).sections.into_iter().find(|choice| choice.section == SectionId::Network).unwrap();
    assert!(!choice.on, "what was held back stays held back");
    assert_eq!(app.ledger().0.last(), Some(&LedgerAction::TakenBack));

    app.save(again, "Said better");
    let sent = app.submit(again).0;
    assert_ne!(sent, client_id, "what was refused once may be for ever");
    app.delivered(sent);
    assert_eq!(desk.with(sent, |ticket| ticket.files.len()), Some(3));
    for_a_while();
    assert_eq!(desk.count(), 1);
}

#[test]
fn a_reply_that_is_refused_goes_back_to_where_replies_are_written() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let client_id = app.report("A request");
    app.delivered(client_id);
    let owner = UploadOwner::Reply { client_id };
    let file = app.upload(owner, "a.txt", b"of the reply", false).unwrap().id;
    desk.fault("POST *follow-ups", Fault::Refuse(422, ErrorCode::Refused));
    app.ask(Request::Reply { client_id, text: "Refused".into() }).unwrap();
    app.ask(Request::Reply { client_id, text: "Taken".into() }).unwrap();
    let entry = eventually("parked, and the one after it delivered", || {
        let [first, second]: [ThreadEntry; 2] = app.thread(client_id).entries.try_into().ok()?;
        let both = matches!(first.delivery, Some(Delivery::Parked { number: None, .. }))
            && matches!(second.delivery, Some(Delivery::Delivered { .. }));
        both.then_some(first.follow_up.id)
    });
    app.ask(Request::SaveReply { client_id, text: "Being written".into() }).unwrap();
    assert_eq!(app.code(Request::TakeBack { client_id, entry: Some(FollowUpId::new()) }), ErrorCode::NotFound);

    assert_eq!(take_back(&app, client_id, Some(entry)), None);
    let thread = app.thread(client_id);
    assert_eq!(thread.reply_text, "Being written\n\nRefused");
    assert_eq!(thread.reply_attachments.iter().map(|file| file.id).collect::<Vec<_>>(), [file]);
    assert_eq!(thread.entries.len(), 1);
    assert_eq!(bytes_kept(&app), 1);
    app.ask(Request::Reply { client_id, text: thread.reply_text }).unwrap();
    eventually("it is there with its file", || {
        desk.with(client_id, |t| t.files.contains_key(&file)).filter(|there| *there)
    });
}

#[test]
fn a_verdict_that_is_refused_was_not_given() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let client_id = app.report("A request");
    app.delivered(client_id);
    desk.answer(client_id, "", Some(TicketState::Solved));
    eventually("solved", || (app.row(client_id).state == Some(TicketState::Solved)).then_some(()));
    let rate =
        |stars| Request::GiveVerdict { client_id, verdict: Verdict::Rate { stars, comment: Some("Fast".into()) } };
    desk.fault("POST *verdicts", Fault::Refuse(422, ErrorCode::WrongState));
    app.ask(rate(5)).unwrap();
    eventually("parked", || (app.home().parked == 1).then_some(()));
    assert_eq!(take_back(&app, client_id, None), None);
    let thread = app.thread(client_id);
    assert_eq!((thread.rating, thread.reply_text.as_str()), (None, "Fast"));
    assert_eq!(app.home().parked, 0);
    app.ask(rate(4)).unwrap();
    eventually("the verdict", || desk.with(client_id, |ticket| ticket.verdicts.len() == 1).filter(|given| *given));
}
