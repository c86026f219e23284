//! What the helpdesk says about my requests: it is heard without asking, told once, and taken as the word of a stranger.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod support;

use axum::body::Bytes;
use deskside_agent::ports::Notification;
use deskside_protocol::local::*;
use deskside_protocol::settings::{Notifications, Settings};
use deskside_protocol::ticket::{AttachmentMeta, TicketState, Verdict};
use deskside_protocol::{AttachmentId, ErrorCode, Sha256, limits};
use sha2::Digest as _;
use support::desk::{CREDENTIAL, Desk, Fault, for_a_while};
use support::{App, Desktop, eventually};

fn unread(app: &App) -> u32 {
    app.home().unread_requests
}

#[test]
fn an_answer_notifies_once_and_stays_unread_until_it_is_read() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let client_id = app.report("Mail is slow");
    let number = app.delivered(client_id);
    desk.answer(client_id, "Please restart\nOutlook.", Some(TicketState::WaitingForRequester));
    eventually("an unread answer", || (unread(&app) == 1).then_some(()));
    let notification = Notification::Answer {
        client_id,
        number: Some(number),
        title: "Mail is slow".into(),
        author: Some("Alice Martin".into()),
        text: "Please restart Outlook.".into(),
    };
    // It is in the store before it is shown.
    eventually("its notification", || {
        (*app.desktop.notifications.lock().unwrap() == [notification.clone()]).then_some(())
    });
    assert_eq!(app.row(client_id).state, Some(TicketState::WaitingForRequester));

    // Neither a restart nor a repeated nudge tells it again.
    let desktop = app.kill();
    let app = App::start(data.path(), &desktop);
    eventually("online", || (app.home().connection == Connection::Online).then_some(()));
    app.ask(Request::SendNow).unwrap();
    for_a_while();
    assert_eq!(desktop.notifications.lock().unwrap().len(), 1);
    assert_eq!(unread(&app), 1);

    let thread = app.thread(client_id);
    assert_eq!(thread.entries[0].follow_up.author_name.as_deref(), Some("Alice Martin"), "controls are cleaned away");
    assert_eq!(unread(&app), 0);
    assert_eq!(*desktop.dismissed.lock().unwrap(), [client_id]);
    eventually("a calm tray", || (desktop.tray.lock().unwrap().last()?.unread == 0).then_some(()));
}

#[test]
fn no_notification_where_the_user_wants_none_and_none_for_old_news() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Desktop::enrolled(&desk.url());
    let app = App::start(data.path(), &desktop);
    let settings = Settings { notifications: Notifications::Off, ..Settings::default() };
    app.ask(Request::ChangeSettings { settings }).unwrap();
    let client_id = app.report("Quiet");
    app.delivered(client_id);
    desk.answer(client_id, "An answer", None);
    eventually("an unread answer", || (unread(&app) == 1).then_some(()));
    assert_eq!(*desktop.notifications.lock().unwrap(), []);
    app.ask(Request::ChangeSettings { settings: Settings::default() }).unwrap();
    app.kill();

    // A computer set up anew learns of its requests without a word about each.
    let fresh = tempfile::tempdir().unwrap();
    let app = App::start(fresh.path(), &desktop);
    let thread = eventually("the request of before", || {
        let Response::Requests { requests, .. } = app.ask(Request::Requests).unwrap() else { panic!() };
        requests.first().map(|row| app.thread(row.client_id))
    });
    assert_eq!((thread.row.client_id, thread.description.as_str()), (client_id, "Quiet"));
    assert_eq!(thread.entries.len(), 1);
    assert_eq!(unread(&app), 0);
    assert_eq!(*desktop.notifications.lock().unwrap(), []);
    assert_eq!(app.code(Request::SentDocument { client_id }), ErrorCode::NotFound);
}

#[test]
fn a_helpdesk_that_wants_to_be_asked_anew_makes_no_noise() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let (one, other) = (app.report("One"), app.report("Other"));
    for client_id in [one, other] {
        app.delivered(client_id);
        desk.answer(client_id, "An answer", None);
    }
    eventually("two answers", || (unread(&app) == 2).then_some(()));
    app.thread(one);
    desk.fault("GET /tickets", Fault::Refuse(410, ErrorCode::StartOver));
    desk.answer(other, "A second answer", None);
    eventually("three notifications", || (app.desktop.notifications.lock().unwrap().len() == 3).then_some(()));
    for_a_while();
    assert_eq!(app.desktop.notifications.lock().unwrap().len(), 3, "what was known is no news");
    assert_eq!(unread(&app), 1, "what was read stays read");
    assert_eq!(app.home().connection, Connection::Online);
    assert_eq!(app.home().notices.len(), 0);
}

#[test]
fn a_first_look_that_breaks_off_stays_quiet_when_it_goes_on() {
    let desk = Desk::start();
    let desktop = Desktop::enrolled(&desk.url());
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &desktop);
    let requests: Vec<_> = ["One", "Two", "Three"].map(|text| app.report(text)).into();
    for client_id in &requests {
        app.delivered(*client_id);
        desk.answer(*client_id, "An answer", None);
    }
    eventually("three answers", || (unread(&app) == 3).then_some(()));
    app.stop();
    desktop.notifications.lock().unwrap().clear();

    // A computer set up anew; the second of three pages does not arrive.
    desk.fault("GET /tickets", Fault::Nothing);
    desk.fault("GET /tickets", Fault::Break);
    let fresh = tempfile::tempdir().unwrap();
    let app = App::start(fresh.path(), &desktop);
    eventually("all three", || {
        let Response::Requests { requests, .. } = app.ask(Request::Requests).unwrap() else { panic!() };
        (requests.len() == 3).then_some(())
    });
    for_a_while();
    assert_eq!(unread(&app), 0);
    assert_eq!(*desktop.notifications.lock().unwrap(), [], "these answers are old");
    // What comes from now on is news.
    desk.answer(requests[0], "A new answer", None);
    eventually("an unread answer", || (unread(&app) == 1).then_some(()));
}

#[test]
fn of_a_long_thread_the_newest_is_shown_and_the_rest_counted() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let client_id = app.report("A long story");
    app.delivered(client_id);
    for n in 0..60 {
        desk.answer(client_id, &format!("{n} {}", "\"".repeat(limits::TEXT_BYTES - 10)), None);
    }
    let thread = eventually("all of it", || {
        let thread = app.thread(client_id);
        (thread.entries.len() + usize::try_from(thread.earlier).unwrap() == 60).then_some(thread)
    });
    assert!(thread.earlier > 0);
    assert!(thread.entries.last().unwrap().follow_up.text.starts_with("59 "), "the newest");
    let first = &thread.entries[0].follow_up.text;
    assert!(first.starts_with(&format!("{} ", thread.earlier)), "without a gap");
    let frame = serde_json::to_vec(&Response::Thread(thread)).unwrap();
    assert!(frame.len() < limits::FRAME_BYTES, "{} bytes", frame.len());
}

#[test]
fn a_verdict_fits_where_the_request_stands() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let client_id = app.report("Solve me");
    app.delivered(client_id);
    let give = |verdict| app.ask(Request::GiveVerdict { client_id, verdict }).map_err(|error| error.code);
    assert_eq!(give(Verdict::Confirm), Err(ErrorCode::WrongState));
    desk.answer(client_id, "", Some(TicketState::Solved));
    eventually("solved", || (app.row(client_id).state == Some(TicketState::Solved)).then_some(()));
    eventually("a word about it", || {
        let notifications = app.desktop.notifications.lock().unwrap();
        matches!(notifications.last(), Some(Notification::State { state: TicketState::Solved, .. })).then_some(())
    });
    assert_eq!(give(Verdict::Rate { stars: 6, comment: None }), Err(ErrorCode::BadRequest));
    give(Verdict::Confirm).unwrap();
    assert_eq!(give(Verdict::Reopen { text: "no".into() }), Err(ErrorCode::WrongState), "one of both");
    give(Verdict::Rate { stars: 5, comment: Some("Merci !".into()) }).unwrap();
    assert_eq!(give(Verdict::Rate { stars: 1, comment: None }), Err(ErrorCode::WrongState), "once");
    eventually("both verdicts", || desk.with(client_id, |t| t.verdicts.len() == 2).filter(|both| *both));
    let verdicts = desk.with(client_id, |t| t.verdicts.iter().map(|v| v.verdict.clone()).collect::<Vec<_>>()).unwrap();
    assert_eq!(verdicts, [Verdict::Confirm, Verdict::Rate { stars: 5, comment: Some("Merci !".into()) }]);
    assert_eq!(app.thread(client_id).rating, Some(5));
}

#[test]
fn what_a_server_says_is_cut_cleaned_and_checked() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let client_id = app.report("A hostile server");
    app.delivered(client_id);
    let file = |name: &str, bytes: &[u8], claimed: &[u8]| {
        let meta = AttachmentMeta {
            id: AttachmentId::new(),
            name: name.into(),
            media_type: "text/html".into(),
            size_bytes: claimed.len() as u64,
            sha256: Sha256::from(<[u8; 32]>::from(sha2::Sha256::digest(claimed))),
            screenshot: false,
        };
        (meta, Bytes::copy_from_slice(bytes))
    };
    let (good, bad) = (file("../../evil\u{202e}.html", b"page", b"page"), file("b.txt", b"other", b"bytes"));
    let (good_id, bad_id) = (good.0.id, bad.0.id);
    let text = format!("\u{1b}[31m{}", "é".repeat(limits::TEXT_BYTES));
    desk.answer_with(client_id, &text, None, vec![good, bad]);
    let entry = eventually("the answer", || app.thread(client_id).entries.first().cloned()).follow_up;
    assert!(entry.text.len() <= limits::TEXT_BYTES && !entry.text.contains('\u{1b}'));
    let named: Vec<_> = entry.attachments.iter().map(|f| (f.name.as_str(), f.media_type.as_str())).collect();
    assert_eq!(named, [("evil.html", "application/octet-stream"), ("b.txt", "application/octet-stream")]);

    // What the desktop shows beside words of ours turns none of them around.
    desk.answer_with(client_id, "\u{202e}solved\u{2069}\u{7}", None, vec![]);
    eventually("a notification", || {
        let shown = app.desktop.notifications.lock().unwrap();
        shown
            .iter()
            .any(|one| matches!(one, Notification::Answer { text, .. } if text.trim() == "solved"))
            .then_some(())
    });

    assert_eq!(app.read(Blob::Attachment { attachment: good_id }), b"page");
    let read = |attachment| Request::ReadBlob { blob: Blob::Attachment { attachment }, offset: 0 };
    assert_eq!(app.code(read(bad_id)), ErrorCode::BadAnswer, "it is not the file that was announced");
    assert_eq!(app.code(read(AttachmentId::new())), ErrorCode::NotFound);
}

#[test]
fn enrolling_makes_everything_that_waits_go() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &std::sync::Arc::new(Desktop::default()));
    assert_eq!(app.home().connection, Connection::NotEnrolled);
    let client_id = app.report("Before there is a helpdesk");
    let enrol = |url: &str, token: &str| Request::Enrol { url: url.into(), token: token.into() };
    assert_eq!(app.code(enrol("not an address", "good")), ErrorCode::BadRequest);
    assert_eq!(app.code(enrol("http://hub.example", "good")), ErrorCode::BadRequest, "a token needs TLS");
    assert_eq!(app.code(enrol(desk.url().as_str(), "used up")), ErrorCode::Forbidden);
    let Response::Settings(view) = app.ask(enrol(desk.url().as_str(), "good")).unwrap() else { panic!() };
    assert!(view.enrolled);
    assert_eq!(view.helpdesk_name.as_deref(), Some("Desk of pc-17"));
    app.delivered(client_id);
    assert!(app.ledger().0.contains(&LedgerAction::Enrolled));
    let Response::Doctor { checks } = app.ask(Request::Doctor).unwrap() else { panic!() };
    assert!(checks.iter().all(|check| check.health == Health::Good), "{checks:?}");
    let Response::Document { text } = app.ask(Request::ExportData).unwrap() else { panic!() };
    assert!(!text.contains(CREDENTIAL));
}

#[test]
fn a_token_is_shown_to_no_helpdesk_but_the_one_that_it_decided() {
    let (decided, other) = (Desk::start(), Desk::start());
    let data = tempfile::tempdir().unwrap();
    let desktop = std::sync::Arc::new(Desktop::default());
    *desktop.decided_helpdesk.lock().unwrap() = Some(decided.url());
    let app = App::start(data.path(), &desktop);
    let elsewhere = Request::Enrol { url: other.url().to_string(), token: "good".into() };
    assert_eq!(app.code(elsewhere), ErrorCode::DecidedByPolicy);
    assert!(other.log().is_empty(), "the token has left: {:?}", other.log());
}

#[test]
fn an_answer_that_is_being_written_survives_a_crash_and_goes_when_it_is_sent() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let client_id = app.report("Mail is slow");
    app.delivered(client_id);
    app.ask(Request::SaveReply { client_id, text: "Since the upd".into() }).unwrap();
    app.ask(Request::SaveReply { client_id, text: "Since the update".into() }).unwrap();

    let desktop = app.kill();
    let app = App::start(data.path(), &desktop);
    assert_eq!(app.thread(client_id).reply_text, "Since the update");
    let endless = "x".repeat(limits::TEXT_BYTES * 10 + 1);
    assert_eq!(app.code(Request::SaveReply { client_id, text: endless }), ErrorCode::TextTooLong);

    app.ask(Request::Reply { client_id, text: "Since the update.".into() }).unwrap();
    let thread = app.thread(client_id);
    assert_eq!(thread.reply_text, "");
    assert_eq!(thread.entries[0].follow_up.text, "Since the update.");
}
