//! The store: private, never in the way of a start, honest when it cannot keep, and emptied when asked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod support;

use std::io::{Seek as _, Write as _};

use deskside_protocol::local::*;
use deskside_protocol::{ErrorCode, limits};
use support::desk::Desk;
use support::{App, Desktop, eventually};

fn database(data: &std::path::Path) -> std::path::PathBuf {
    data.join(deskside_agent::store::DATABASE)
}

#[cfg(unix)]
#[test]
fn only_this_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::start();
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("deskside");
    let app = App::start(&data, &Desktop::enrolled(&desk.url()));
    let draft = app.draft("Private");
    let file = app.upload(UploadOwner::Draft { draft }, "a.txt", b"a", false).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("files")), 0o700);
    assert_eq!(mode(&data.join("files").join(file.id.to_string())), 0o600);
    assert_eq!(mode(&database(&data)), 0o600);
    assert_eq!(mode(&data.join(format!("{}-wal", deskside_agent::store::DATABASE))), 0o600);
}

#[test]
fn a_damaged_store_is_set_aside_kept_and_said_so() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Desktop::enrolled(&desk.url());
    let app = App::start(data.path(), &desktop);
    let client_id = app.report("Before the damage");
    app.delivered(client_id);
    app.stop();
    let mut file = std::fs::OpenOptions::new().write(true).open(database(data.path())).unwrap();
    let length = file.metadata().unwrap().len();
    for page in (4096..length).step_by(4096) {
        file.seek(std::io::SeekFrom::Start(page)).unwrap();
        file.write_all(&[0xa5; 2048]).unwrap();
    }
    drop(file);

    let app = App::start(data.path(), &desktop);
    let notice = app.home().notices.into_iter().find(|notice| notice.code == ErrorCode::StoreDamaged).unwrap();
    let aside: Vec<_> = std::fs::read_dir(data.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("deskside-damaged-") && name.ends_with(".db"))
        .collect();
    assert_eq!(aside.len(), 1, "it is kept");
    assert!(notice.detail.contains(&aside[0]));
    assert_eq!(app.ledger(), (vec![LedgerAction::StoreSetAside], true));
    // The app works, and the helpdesk still knows what was sent.
    app.delivered(app.report("After the damage"));
    eventually("the request of before", || {
        let Response::Requests { requests } = app.ask(Request::Requests).unwrap() else { panic!() };
        requests.iter().any(|row| row.client_id == client_id).then_some(())
    });
    app.ask(Request::EraseData).unwrap();
    assert!(!data.path().join(&aside[0]).exists(), "erasing erases what was set aside too");
}

#[test]
fn a_file_that_is_no_database_does_not_stop_the_start() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    std::fs::write(
        database(data.path()),
        "this is not a database, but it is long enough to be taken for one".repeat(99),
    )
    .unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    app.delivered(app.report("It starts"));
    assert!(app.home().notices.iter().any(|notice| notice.code == ErrorCode::StoreDamaged));
}

#[test]
fn where_nothing_can_be_written_the_text_is_held_and_kept_as_soon_as_it_can_be() {
    let desk = Desk::start();
    let parent = tempfile::tempdir().unwrap();
    let blocked = parent.path().join("file");
    std::fs::write(&blocked, "in the way").unwrap();
    let data = blocked.join("deskside");
    let app = App::start(&data, &Desktop::enrolled(&desk.url()));
    assert!(app.home().notices.iter().any(|notice| notice.code == ErrorCode::StoreUnwritable));

    let Response::Draft(draft) = app.ask(Request::OpenDraft { draft: None }).unwrap() else { panic!() };
    let change = DraftChange { text: Some("Not lost".into()), ..DraftChange::default() };
    let save = Request::SaveDraft { draft: draft.id, change };
    assert_eq!(app.code(save), ErrorCode::StoreUnwritable);
    let text = || match app.ask(Request::OpenDraft { draft: Some(draft.id) }).unwrap() {
        Response::Draft(draft) => draft.text,
        other => panic!("{other:?}"),
    };
    assert_eq!(text(), "Not lost");
    let preview = app.preview(draft.id);
    let submit = Request::Submit { draft: draft.id, document_sha256: preview.document_sha256 };
    assert_eq!(app.code(submit), ErrorCode::StoreUnwritable, "nothing claims to be kept");
    assert_eq!(text(), "Not lost");

    std::fs::remove_file(&blocked).unwrap();
    eventually("no notice", || app.home().notices.is_empty().then_some(()));
    assert_eq!(text(), "Not lost");
    let (client_id, _) = app.submit(draft.id);
    app.delivered(client_id);
    let desktop = app.kill();
    let app = App::start(&data, &desktop);
    app.row(client_id);
}

#[test]
fn erasing_leaves_what_waits_and_nothing_else() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let gone = app.report("Delivered: SECRETWORD");
    app.delivered(gone);
    desk.down();
    let draft = app.draft("Waits");
    let file = app.upload(UploadOwner::Draft { draft }, "kept.txt", b"kept", false).unwrap();
    let waits = app.submit(draft).0;
    let unfinished = app.draft("Half: SECRETWORD");
    app.upload(UploadOwner::Draft { draft: unfinished }, "gone.txt", b"SECRETWORD", false).unwrap();

    app.ask(Request::EraseData).unwrap();

    let Response::Requests { requests } = app.ask(Request::Requests).unwrap() else { panic!() };
    assert_eq!(requests.iter().map(|row| row.client_id).collect::<Vec<_>>(), [waits]);
    assert_eq!(app.home().draft, None);
    assert_eq!(app.ledger(), (vec![LedgerAction::Erased], true));
    let mut left = Vec::new();
    for entry in std::fs::read_dir(data.path()).unwrap().chain(std::fs::read_dir(data.path().join("files")).unwrap()) {
        let path = entry.unwrap().path();
        if path.is_file() {
            left.extend(std::fs::read(path).unwrap());
        }
    }
    assert!(!left.windows(10).any(|window| window == b"SECRETWORD"), "erased text is still on the disk");

    desk.up();
    app.delivered(waits);
    assert_eq!(desk.with(waits, |ticket| ticket.files[&file.id].clone()).unwrap(), b"kept".as_slice());
}

#[test]
fn the_export_holds_everything_and_fits_the_socket() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("To be exported");
    let (client_id, preview) = app.submit(draft);
    app.delivered(client_id);
    app.draft("Half a draft");
    let Response::Document { text } = app.ask(Request::ExportData).unwrap() else { panic!() };
    assert!(text.len() < limits::FRAME_BYTES);
    let export: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(export["requests"][0]["document"], preview.document);
    assert_eq!(export["drafts"][0]["text"], "Half a draft");
    assert_eq!(export["ledger_intact"], true);
    assert_eq!(app.ledger().0.last(), Some(&LedgerAction::Exported));
}
