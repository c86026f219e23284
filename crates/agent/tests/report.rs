//! From the first word to the helpdesk: what is previewed is what is sent, and nothing is sent that was not previewed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod support;

use deskside_protocol::connect::CategoryChoice;
use deskside_protocol::facts::SectionId;
use deskside_protocol::local::*;
use deskside_protocol::ticket::{Affected, CanWork, FindingCode, Level, TicketDocument};
use deskside_protocol::{ErrorCode, limits};
use support::desk::Desk;
use support::{App, Desktop, eventually, png_with_secret};

#[test]
fn a_ticket_arrives_byte_for_byte_as_it_was_previewed() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));

    let draft = app.draft("The printer on floor 3\nprints « blank » pages");
    let change =
        DraftChange { can_work: Some(CanWork::No), affected: Some(Affected::Others), ..DraftChange::default() };
    app.ask(Request::SaveDraft { draft, change }).unwrap();
    let owner = UploadOwner::Draft { draft };
    let file = app.upload(owner, "../notes.txt", "line\n".repeat(150_000).as_bytes(), false).unwrap();
    let (client_id, preview) = app.submit(draft);
    let number = app.delivered(client_id);

    let (bytes, files, creations) =
        desk.with(client_id, |ticket| (ticket.bytes.clone(), ticket.files.clone(), ticket.creations)).unwrap();
    assert_eq!(bytes, preview.document.as_bytes(), "what arrived is not what was shown");
    assert_eq!(creations, 1);
    assert_eq!(files[&file.id], "line\n".repeat(150_000).as_bytes());
    assert_eq!(file.name, "notes.txt");

    let document: TicketDocument = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(document.client_id, client_id);
    assert_eq!(document.title, "The printer on floor 3");
    assert_eq!((document.urgency, document.impact), (Level::High, Level::High));
    assert_eq!(document.requester.display_name.as_deref(), Some("Jeanne Dupont"));
    assert_eq!(document.requester.language, "fr");

    let Response::Document { text } = app.ask(Request::SentDocument { client_id }).unwrap() else { panic!() };
    assert_eq!(text, preview.document);
    let row = app.row(client_id);
    assert_eq!(row.delivery, Delivery::Delivered { number });
    assert_eq!(app.ledger(), (vec![LedgerAction::Submitted, LedgerAction::Delivered], true));
}

#[test]
fn a_section_leaves_only_when_its_switch_says_so_and_takes_its_findings_along() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Desktop::enrolled(&desk.url());
    desktop.section_policy.lock().unwrap().insert(SectionId::Device, true);
    let app = App::start(data.path(), &desktop);
    let draft = app.draft("The printer is jammed");

    let choice =
        |preview: &Preview, section| preview.sections.iter().find(|choice| choice.section == section).cloned().unwrap();
    let before = app.preview(draft);
    assert!(choice(&before, SectionId::Printers).on, "it bears on the problem");
    assert!(!choice(&before, SectionId::Log).on, "it tells about a person and does not bear on the problem");
    assert!(choice(&before, SectionId::Network).on);

    app.ask(Request::SetSection { draft, section: SectionId::Network, on: false }).unwrap();
    let after = app.preview(draft);
    let document: TicketDocument = serde_json::from_str(&after.document).unwrap();
    assert!(document.facts.network.is_none());
    assert!(after.held_back.network.is_some(), "the user can see what the switch would add");
    let codes: Vec<_> = document.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [FindingCode::LongUptime], "a finding stays with its section");
    assert_ne!(before.document_sha256, after.document_sha256);

    let device = choice(&after, SectionId::Device);
    assert!(device.on && device.decided_by_policy);
    let off = Request::SetSection { draft, section: SectionId::Device, on: false };
    assert_eq!(app.code(off), ErrorCode::DecidedByPolicy);
}

#[test]
fn the_helpdesks_own_category_is_kept_leaves_and_can_be_taken_away() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("The printer is jammed");
    let choose = |chosen: Option<CategoryChoice>| {
        let change = DraftChange { helpdesk_category: Some(chosen), ..DraftChange::default() };
        app.ask(Request::SaveDraft { draft, change }).unwrap();
        let document: TicketDocument = serde_json::from_str(&app.preview(draft).document).unwrap();
        let Response::Draft(draft) = app.ask(Request::OpenDraft { draft: Some(draft) }).unwrap() else { panic!() };
        (document.helpdesk_category, draft.helpdesk_category)
    };
    let printers = CategoryChoice { id: 7, name: "Hardware > Printers".to_owned() };
    assert_eq!(choose(Some(printers.clone())), (Some(printers.clone()), Some(printers)));
    assert_eq!(choose(None), (None, None));
}

#[test]
fn looking_twice_shows_the_same_bytes_and_any_change_asks_to_look_again() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("The sound is gone");
    let first = app.preview(draft);
    assert_eq!(first, app.preview(draft));

    app.save(draft, "The sound is gone again");
    let stale = Request::Submit { draft, document_sha256: first.document_sha256.clone() };
    assert_eq!(app.code(stale), ErrorCode::PreviewChanged);

    let second = app.preview(draft);
    let owner = UploadOwner::Draft { draft };
    app.upload(owner, "a.txt", b"a", false).unwrap();
    let stale = Request::Submit { draft, document_sha256: second.document_sha256 };
    assert_eq!(app.code(stale), ErrorCode::PreviewChanged);
    let older = Request::Submit { draft, document_sha256: first.document_sha256 };
    app.preview(draft);
    assert_eq!(app.code(older), ErrorCode::PreviewChanged);
    assert_eq!(desk.count(), 0);

    let (client_id, preview) = app.submit(draft);
    // The window did not hear the answer and asks again.
    let again = Request::Submit { draft, document_sha256: preview.document_sha256 };
    assert_eq!(app.ask(again).unwrap(), Response::Submitted { client_id });
    app.delivered(client_id);
    assert_eq!(desk.count(), 1);
}

#[test]
fn what_the_user_sees_can_be_sent_while_newer_facts_are_on_their_way_to_the_window() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("The network is gone");
    let seen = app.preview(draft);

    // Facts came in: the window has asked anew, and the click is faster than the answer.
    eventually("another document", || {
        app.ask(Request::Facts).unwrap();
        (app.preview(draft).document_sha256 != seen.document_sha256).then_some(())
    });
    let submit = Request::Submit { draft, document_sha256: seen.document_sha256 };
    let Response::Submitted { client_id } = app.ask(submit).unwrap() else { panic!() };
    app.delivered(client_id);
    let bytes = desk.with(client_id, |ticket| ticket.bytes.clone()).unwrap();
    assert_eq!(bytes, seen.document.as_bytes(), "what arrived is not what was on the screen");
}

#[test]
fn a_switch_turned_off_is_never_undone_by_a_click_on_what_was_shown_before() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("The network is gone");
    let before = app.preview(draft);
    app.ask(Request::SetSection { draft, section: SectionId::Network, on: false }).unwrap();
    app.preview(draft);
    let submit = Request::Submit { draft, document_sha256: before.document_sha256 };
    assert_eq!(app.code(submit), ErrorCode::PreviewChanged);
    assert_eq!(desk.count(), 0);
}

#[test]
fn an_empty_or_endless_text_is_refused_in_words() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("  \n ");
    let preview = app.preview(draft);
    let submit = Request::Submit { draft, document_sha256: preview.document_sha256 };
    assert_eq!(app.code(submit), ErrorCode::TextMissing);
    let change = DraftChange { text: Some("x".repeat(limits::TEXT_BYTES + 1)), ..DraftChange::default() };
    assert_eq!(app.code(Request::SaveDraft { draft, change }), ErrorCode::TextTooLong);
}

#[test]
fn files_are_judged_before_they_come_and_again_when_they_are_whole() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("x");
    let owner = UploadOwner::Draft { draft };
    let begin = |name: &str, media_type: &str, size_bytes| Request::BeginUpload {
        owner,
        name: name.into(),
        media_type: media_type.into(),
        size_bytes,
        screenshot: false,
    };
    assert_eq!(app.code(begin("film.mp4", "video/mp4", 10)), ErrorCode::FileType);
    assert_eq!(app.code(begin("a.txt", "", limits::ATTACHMENT_BYTES + 1)), ErrorCode::FileTooLarge);
    assert_eq!(app.code(begin("a.txt", "", 0)), ErrorCode::FileUnreadable);

    let Response::Upload { upload } = app.ask(begin("a.txt", "", 4)).unwrap() else { panic!() };
    let piece = |offset, data: &str| Request::UploadPiece { upload, offset, data_base64: data.into() };
    assert_eq!(app.code(piece(1, "YQ==")), ErrorCode::BadRequest, "a gap");
    assert_eq!(app.code(piece(0, "not base64!")), ErrorCode::BadRequest);
    app.ask(piece(0, "YWI=")).unwrap();
    assert_eq!(app.code(Request::FinishUpload { upload }), ErrorCode::FileUnreadable, "it is not whole");
    assert_eq!(app.code(piece(2, "YWI=")), ErrorCode::NotFound, "what failed is over");

    assert_eq!(app.upload(owner, "setup.txt", b"MZ\x90\0", false).unwrap_err().code, ErrorCode::FileType);
    assert_eq!(app.upload(owner, "photo.png", b"<svg/>", false).unwrap_err().code, ErrorCode::FileType);
    for n in 0..limits::ATTACHMENTS {
        app.upload(owner, &format!("{n}.txt"), b"x", false).unwrap();
    }
    assert_eq!(app.code(begin("one more.txt", "", 1)), ErrorCode::TooManyFiles);
    let Response::Draft(kept) = app.ask(Request::OpenDraft { draft: Some(draft) }).unwrap() else { panic!() };
    let names: Vec<_> = kept.attachments.iter().map(|file| file.name.clone()).collect();
    assert_eq!(names[0], "0.txt");
    app.ask(Request::RemoveAttachment { owner, attachment: kept.attachments[0].id }).unwrap();
    app.ask(begin("one more.txt", "", 1)).unwrap();
}

#[test]
fn a_picture_of_the_screen_leaves_without_what_hides_in_it() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Desktop::enrolled(&desk.url());
    let picture = deskside_agent::ports::Picture { png: png_with_secret(), width_px: 8, height_px: 8, windows: vec![] };
    *desktop.picture.lock().unwrap() = Some(picture);
    let app = App::start(data.path(), &desktop);
    let Response::Capture(capture) = app.ask(Request::TakeCapture).unwrap() else { panic!() };
    assert_eq!(app.read(Blob::Capture { capture: capture.id }), png_with_secret());

    let draft = app.draft("Look at this");
    let file = app.upload(UploadOwner::Draft { draft }, "screen.png", &png_with_secret(), true).unwrap();
    app.ask(Request::DropCapture { capture: capture.id }).unwrap();
    assert_eq!(app.code(Request::OpenCapture { capture: capture.id }), ErrorCode::NotFound);
    let client_id = app.submit(draft).0;
    app.delivered(client_id);
    let sent = desk.with(client_id, |ticket| ticket.files[&file.id].clone()).unwrap();
    assert!(!sent.windows(4).any(|w| w == b"home") && !sent.windows(4).any(|w| w == b"tEXt"));
    assert_eq!(sent, app.read(Blob::Attachment { attachment: file.id }));
    assert!(app.ledger().0.contains(&LedgerAction::ScreenCaptured));
}

#[test]
fn a_draft_is_there_again_after_a_crash_with_its_files_and_switches() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("Half a sent");
    app.upload(UploadOwner::Draft { draft }, "a.txt", b"abc", false).unwrap();
    app.ask(Request::SetSection { draft, section: SectionId::Log, on: true }).unwrap();
    let before = app.ask(Request::OpenDraft { draft: Some(draft) }).unwrap();
    assert_eq!(app.home().draft.unwrap().text, "Half a sent");
    let desktop = app.kill();

    let app = App::start(data.path(), &desktop);
    assert_eq!(app.ask(Request::OpenDraft { draft: None }).unwrap(), before);
    let preview = app.preview(draft);
    assert!(preview.sections.iter().any(|choice| choice.section == SectionId::Log && choice.on));
    app.ask(Request::DiscardDraft { draft }).unwrap();
    assert_eq!(app.code(Request::OpenDraft { draft: Some(draft) }), ErrorCode::NotFound);
    assert_eq!(app.home().draft, None);
    let files = std::fs::read_dir(data.path().join("files")).unwrap().count();
    assert_eq!(files, 0, "the bytes of a discarded draft stay behind");
}

#[test]
fn facts_are_collected_when_somebody_looks_and_not_before() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    support::desk::for_a_while();
    assert_eq!(*app.desktop.collections.lock().unwrap(), 0);
    app.controller.show(Route::Home);
    eventually("facts", || (*app.desktop.collections.lock().unwrap() > 0).then_some(()));
    assert_eq!(app.home().name, "Jeanne");
    assert_eq!(*app.desktop.shown.lock().unwrap(), [Route::Home]);
}
