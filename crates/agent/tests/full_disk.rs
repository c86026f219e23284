//! A disk that is full while the app runs: a real one, small, in a namespace of its own.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod support;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deskside_protocol::local::*;
use deskside_protocol::{ClientId, DraftId, ErrorCode};
use support::desk::Desk;
use support::{App, Desktop, eventually};

/// The folder on the small disk, where there is one.
const FOLDER: &str = "DESKSIDE_TEST_SMALL_DISK";
/// Mounts the small disk where `$1` is, and goes on with the program in `$2`.
const MOUNT: &str =
    r#"mount -t tmpfs -o size=3m tmpfs "$1" && DESKSIDE_TEST_SMALL_DISK="$1" exec "$2" "$3" --exact --nocapture"#;

/// Runs the test named `test` of this program on a small disk, or says why it cannot be run here; the folder there, if
/// this is that run.
#[expect(clippy::disallowed_methods, reason = "this test starts itself, where the disk is small")]
fn on_a_small_disk(test: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let may = Command::new("unshare").args(["-Urm", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: this system does not let a test mount a disk of its own");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let outcome = Command::new("unshare")
        .args(["-Urm", "sh", "-c", MOUNT, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&outcome.stdout);
    assert!(outcome.status.success(), "{said}\n{}", String::from_utf8_lossy(&outcome.stderr));
    assert!(said.contains("1 passed"), "{said}");
    None
}

/// Takes all the room there is.
fn fill(folder: &Path) -> PathBuf {
    let path = folder.join("ballast");
    let mut file = std::fs::File::create(&path).unwrap();
    for size in [64 * 1024, 4096, 1] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
    path
}

fn saving(draft: DraftId, text: &str) -> Request {
    Request::SaveDraft { draft, change: DraftChange { text: Some(text.into()), ..DraftChange::default() } }
}

fn text(app: &App, draft: Option<DraftId>) -> String {
    let Response::Draft(draft) = app.ask(Request::OpenDraft { draft }).unwrap() else { panic!() };
    draft.text
}

#[test]
fn nothing_is_claimed_to_be_kept_and_nothing_typed_is_lost() {
    let Some(folder) = on_a_small_disk("nothing_is_claimed_to_be_kept_and_nothing_typed_is_lost") else { return };
    let desk = Desk::start();
    let data = folder.join("data");
    let app = App::start(&data, &Desktop::enrolled(&desk.url()));
    let ready = app.draft("Ready to be sent");
    let preview = app.preview(ready);
    let half = app.draft("Half");
    let ballast = fill(&folder);

    let submit = Request::Submit { draft: ready, document_sha256: preview.document_sha256 };
    assert_eq!(app.code(submit.clone()), ErrorCode::StoreUnwritable);
    eventually("it is said", || {
        app.home().notices.iter().any(|notice| notice.code == ErrorCode::StoreUnwritable).then_some(())
    });
    assert_eq!(app.code(saving(half, "Half, and the rest")), ErrorCode::StoreUnwritable);
    assert_eq!(text(&app, Some(half)), "Half, and the rest");
    // Somebody may want to report just this.
    let Response::Draft(new) = app.ask(Request::NewDraft).unwrap() else { panic!() };
    assert_eq!(app.code(saving(new.id, "My disk is full")), ErrorCode::StoreUnwritable);
    assert_eq!(text(&app, None), "My disk is full");
    support::desk::for_a_while();
    assert_eq!(app.home().notices.len(), 1, "it is still said while nothing can be kept");
    assert_eq!(desk.count(), 0);

    std::fs::remove_file(ballast).unwrap();
    eventually("no notice", || app.home().notices.is_empty().then_some(()));
    // It is on the disk without anybody having typed again.
    let app = App::start(&data, &app.kill());
    assert_eq!(text(&app, Some(half)), "Half, and the rest");
    assert_eq!(text(&app, Some(new.id)), "My disk is full");
    for draft in [ready, new.id] {
        app.delivered(app.submit(draft).0);
    }
    assert_eq!(desk.count(), 2);
}

/// A request that was kept while there was room, and a disk that has had none since a try to send it.
fn waiting_on_a_full_disk(app: &App, folder: &Path) -> (ClientId, PathBuf) {
    let client_id = app.report("Kept while there was room");
    let ballast = fill(folder);
    // The desk is down and tries go on: what came of one could not be kept.
    eventually("it is said", || full(app).then_some(()));
    (client_id, ballast)
}

fn full(app: &App) -> bool {
    app.home().notices.iter().any(|notice| notice.code == ErrorCode::StoreUnwritable)
}

#[test]
fn what_was_kept_before_is_sent_once_while_the_disk_is_full() {
    let Some(folder) = on_a_small_disk("what_was_kept_before_is_sent_once_while_the_disk_is_full") else { return };
    let desk = Desk::start();
    desk.down();
    let app = App::start(&folder.join("data"), &Desktop::enrolled(&desk.url()));
    let (client_id, ballast) = waiting_on_a_full_disk(&app, &folder);
    desk.up();
    eventually("it is there", || desk.with(client_id, |_| ()));
    support::desk::for_a_while();
    let exchanges = || desk.log().iter().filter(|line| line.contains("/tickets/") || line.starts_with("POST")).count();
    let so_far = exchanges();
    assert!(so_far <= 3, "looked for and created, at most once more: {:?}", desk.log());
    assert!(full(&app), "it is still said while nothing can be kept");
    assert!(!matches!(app.row(client_id).delivery, Delivery::Delivered { .. }), "what is not kept is not claimed");

    std::fs::remove_file(ballast).unwrap();
    app.delivered(client_id);
    eventually("no notice", || app.home().notices.is_empty().then_some(()));
    assert_eq!(desk.with(client_id, |ticket| ticket.creations), Some(1));
    assert_eq!(exchanges(), so_far, "the answer was remembered, not asked for again");
}

#[test]
fn a_start_on_a_full_disk_leaves_what_waits_as_it_is() {
    let Some(folder) = on_a_small_disk("a_start_on_a_full_disk_leaves_what_waits_as_it_is") else { return };
    let desk = Desk::start();
    desk.down();
    let data = folder.join("data");
    let app = App::start(&data, &Desktop::enrolled(&desk.url()));
    let draft = app.draft("Kept while there was room");
    let file = app.upload(UploadOwner::Draft { draft }, "a.txt", b"only here", false).unwrap().id;
    let client_id = app.submit(draft).0;
    let desktop = app.kill();
    let ballast = fill(&folder);
    let app = App::start(&data, &desktop);
    eventually("it is said", || full(&app).then_some(()));
    assert_eq!(app.code(saving(app_draft(&app), "My disk is full")), ErrorCode::StoreUnwritable);
    desk.up();
    std::fs::remove_file(ballast).unwrap();
    eventually("no notice", || app.home().notices.is_empty().then_some(()));
    app.delivered(client_id);
    let (creations, bytes) = desk.with(client_id, |ticket| (ticket.creations, ticket.files[&file].clone())).unwrap();
    assert_eq!((creations, bytes.as_ref()), (1, b"only here".as_slice()));
}

fn app_draft(app: &App) -> DraftId {
    let Response::Draft(draft) = app.ask(Request::OpenDraft { draft: None }).unwrap() else { panic!() };
    draft.id
}

#[test]
fn an_answer_that_was_not_kept_before_a_crash_is_asked_for_again() {
    let Some(folder) = on_a_small_disk("an_answer_that_was_not_kept_before_a_crash_is_asked_for_again") else { return };
    let desk = Desk::start();
    desk.down();
    let data = folder.join("data");
    let app = App::start(&data, &Desktop::enrolled(&desk.url()));
    let (client_id, ballast) = waiting_on_a_full_disk(&app, &folder);
    desk.up();
    eventually("it is there", || desk.with(client_id, |_| ()));
    let desktop = app.kill();
    std::fs::remove_file(ballast).unwrap();
    let app = App::start(&data, &desktop);
    app.delivered(client_id);
    assert_eq!(desk.with(client_id, |ticket| ticket.creations), Some(1));
}
