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
use deskside_protocol::ticket::TicketState;
use deskside_protocol::{ErrorCode, limits};
use support::desk::{Desk, Fault};
use support::{App, Desktop, behind_its_back, eventually};

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
        let Response::Requests { requests, .. } = app.ask(Request::Requests).unwrap() else { panic!() };
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

    let Response::Requests { requests, .. } = app.ask(Request::Requests).unwrap() else { panic!() };
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
fn erasing_stops_what_is_under_way_and_what_waits_arrives_whole() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let draft = app.draft("Waits");
    let owner = UploadOwner::Draft { draft };
    let files: Vec<_> = (0..3u8).map(|n| app.upload(owner, "a.txt", &[b'a' + n; 50_000], false).unwrap().id).collect();
    desk.fault("PUT *attachments", Fault::Silence);
    let waits = app.submit(draft).0;
    eventually("on its way", || desk.log().iter().any(|line| line.starts_with("PUT")).then_some(()));

    app.ask(Request::EraseData).unwrap();
    app.delivered(waits);
    let arrived = desk.with(waits, |ticket| ticket.files.clone()).unwrap();
    for (n, id) in (0..3u8).zip(files) {
        assert_eq!(arrived[&id], [b'a' + n; 50_000].as_slice());
    }
    assert_eq!(desk.with(waits, |ticket| ticket.creations), Some(1));
}

/// Whatever comes first: a file that is listed can be read, and nothing lies there that is not listed.
#[test]
fn files_that_come_while_everything_is_erased_are_there_whole_or_not_at_all() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    desk.down();
    let client_id = app.report("Waits, and is answered");
    let owner = UploadOwner::Reply { client_id };
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let erasing = scope.spawn(|| {
            for _ in 0..20 {
                app.ask(Request::EraseData).unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            match app.upload(owner, "a.txt", b"of the reply", false) {
                Ok(_) => {}
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) if error.code == ErrorCode::TooManyFiles => {
                    for file in app.thread(client_id).reply_attachments {
                        app.ask(Request::RemoveAttachment { owner, attachment: file.id }).unwrap();
                    }
                }
                Err(error) => panic!("{error}"),
            }
        }
        erasing.join().unwrap();
    });
    let listed: Vec<_> = app.thread(client_id).reply_attachments.into_iter().map(|file| file.id).collect();
    for id in &listed {
        assert_eq!(app.read(Blob::Attachment { attachment: *id }), b"of the reply");
    }
    assert_eq!(std::fs::read_dir(data.path().join("files")).unwrap().count(), listed.len());
    app.ask(Request::EraseData).unwrap();
    assert_eq!(std::fs::read_dir(data.path().join("incoming")).unwrap().count(), 0);
}

#[test]
fn what_a_newer_version_has_written_is_left_alone_and_said_everywhere() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Desktop::enrolled(&desk.url());
    let app = App::start(data.path(), &desktop);
    let client_id = app.report("Of the newer version");
    app.delivered(client_id);
    desk.down();
    let draft = app.draft("Waits through it");
    let file = app.upload(UploadOwner::Draft { draft }, "a.txt", b"only here", false).unwrap().id;
    let waits = app.submit(draft).0;
    app.stop();
    behind_its_back(data.path(), async |connection| {
        let newer = "INSERT INTO _sqlx_migrations VALUES (9999, 'from the future', 0, 1, x'00', 1)";
        sqlx::query(newer).execute(connection).await.unwrap();
    });

    let app = App::start(data.path(), &desktop);
    let notice = app.home().notices.into_iter().find(|notice| notice.code == ErrorCode::StoreVersion).unwrap();
    assert!(notice.detail.contains("newer version"), "{}", notice.detail);
    let Response::Draft(draft) = app.ask(Request::OpenDraft { draft: None }).unwrap() else { panic!() };
    let change = DraftChange { text: Some("Something".into()), ..DraftChange::default() };
    assert_eq!(app.code(Request::SaveDraft { draft: draft.id, change }), ErrorCode::StoreVersion);
    let Response::Doctor { checks } = app.ask(Request::Doctor).unwrap() else { panic!() };
    let store = checks.iter().find(|check| check.name == "store").unwrap();
    assert_eq!((store.health, store.code), (Health::Broken, Some(ErrorCode::StoreVersion)), "{}", store.detail);
    assert_eq!(app.code(Request::EraseData), ErrorCode::StoreVersion, "nobody can say here what waits");
    app.stop();

    behind_its_back(data.path(), async |connection| {
        sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 9999").execute(connection).await.unwrap();
    });
    desk.up();
    let app = App::start(data.path(), &desktop);
    app.delivered(client_id);
    app.delivered(waits);
    assert_eq!(desk.with(waits, |ticket| ticket.files[&file].clone()).unwrap(), b"only here".as_slice());
    assert_eq!(app.home().notices, []);
}

#[test]
fn what_is_over_goes_when_it_says_so_and_the_user_can_read_that() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Desktop::enrolled(&desk.url());
    let app = App::start(data.path(), &desktop);
    let old = app.report("Over for long");
    let open = app.report("Open for long");
    app.delivered(old);
    app.delivered(open);
    desk.answer(open, "Still looking", None);
    desk.answer(old, "", Some(TicketState::Closed));
    eventually("over, and nothing new", || (app.row(old).state == Some(TicketState::Closed)).then_some(()));
    app.stop();
    behind_its_back(data.path(), async |connection| {
        for (change, id) in [
            ("UPDATE tickets SET updated_at = 1 WHERE client_id = ?", old),
            ("UPDATE outbox SET queued_at = 1 WHERE client_id = ?", old),
            ("UPDATE tickets SET updated_at = 1 WHERE client_id = ?", open),
            ("UPDATE outbox SET queued_at = 1 WHERE client_id = ?", open),
        ] {
            sqlx::query(change).bind(id.to_string()).execute(&mut *connection).await.unwrap();
        }
    });
    let there = |app: &App, client_id| {
        let Response::Requests { requests, .. } = app.ask(Request::Requests).unwrap() else { panic!() };
        requests.iter().any(|row| row.client_id == client_id)
    };
    let app = App::start(data.path(), &desktop);
    support::desk::for_a_while();
    assert!(there(&app, old), "nobody said that it goes");
    let desktop = app.stop();
    *desktop.retention_days.lock().unwrap() = Some(30);
    let app = App::start(data.path(), &desktop);
    eventually("it is gone", || (!there(&app, old)).then_some(()));
    assert!(there(&app, open));
    let Response::Privacy(privacy) = app.ask(Request::Privacy).unwrap() else { panic!() };
    assert_eq!((privacy.retention_days, privacy.intact), (Some(30), true));
    assert_eq!(privacy.entries[0].action, LedgerAction::Expired);
}

#[test]
fn what_of_the_settings_cannot_be_read_is_said_on_every_screen() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Desktop::enrolled(&desk.url());
    let notice = Notice { code: ErrorCode::PolicyUnreadable, detail: "line 3".into() };
    desktop.notices.lock().unwrap().push(notice.clone());
    let app = App::start(data.path(), &desktop);
    assert_eq!(app.home().notices, [notice]);
    desktop.notices.lock().unwrap().clear();
    assert_eq!(app.home().notices, []);
}

#[test]
fn the_ledger_says_which_setting_was_changed_to_what() {
    use deskside_protocol::settings::{Notifications, Settings, Theme};
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let settings = Settings { theme: Theme::Dark, notifications: Notifications::Off, ..Settings::default() };
    app.ask(Request::ChangeSettings { settings }).unwrap();
    let Response::Privacy(privacy) = app.ask(Request::Privacy).unwrap() else { panic!() };
    assert_eq!(privacy.entries[0].detail, "theme: system to dark, notifications: on to off");
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
    assert_eq!(export["complete"], true);
    assert_eq!(app.ledger().0.last(), Some(&LedgerAction::Exported));
}

#[test]
fn an_export_that_is_too_large_says_what_it_leaves_out() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    // Each of these grows with every wrapping: in the document, in the export, in the frame.
    let quotes = "\"\\".repeat(limits::TEXT_BYTES / 2);
    for _ in 0..24 {
        app.report(&quotes);
    }
    app.draft("Half a draft");
    let response = app.ask(Request::ExportData).unwrap();
    let frame = serde_json::to_vec(&response).unwrap();
    assert!(frame.len() < limits::FRAME_BYTES - 1024, "{} bytes", frame.len());
    let Response::Document { text } = response else { panic!() };
    let export: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(export["complete"], false);
    let requests = export["requests"].as_array().unwrap();
    let without = requests.iter().filter(|request| request["document"].is_null()).count();
    assert_eq!(export["left_out"]["documents"], without);
    assert_eq!(requests.len() as u64 + export["left_out"]["requests"].as_u64().unwrap(), 24);
    assert!(requests.len() > without && export["left_out"] != serde_json::json!({}));
    assert_eq!(export["drafts"][0]["text"], "Half a draft", "what is nowhere else is in it");
}

#[test]
fn empty_drafts_make_room_and_written_ones_stay() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let new = || match app.ask(Request::NewDraft).unwrap() {
        Response::Draft(draft) => draft.id,
        other => panic!("{other:?}"),
    };
    let there = |draft| app.ask(Request::OpenDraft { draft: Some(draft) }).is_ok();
    let written = app.draft("The oldest, and written");
    let with_file = new();
    app.upload(UploadOwner::Draft { draft: with_file }, "a.txt", b"a", false).unwrap();
    let empty: Vec<_> = (0..limits::DRAFTS - 2).map(|_| new()).collect();
    assert!(empty.iter().all(|draft| there(*draft)), "as many as are kept");
    let newest = [new(), new(), new()];
    assert_eq!(empty.iter().filter(|draft| there(**draft)).count(), empty.len() - 3);
    assert!(newest.into_iter().chain([written, with_file]).all(there));
    let many: Vec<_> = (0..limits::DRAFTS + 5).map(|n| app.draft(&format!("Draft {n}"))).collect();
    assert!(many.into_iter().chain([written, with_file]).all(there), "nothing that was written goes");
}

#[test]
fn files_that_arrived_long_ago_are_with_the_helpdesk_only() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let send = |name: &str, bytes: &[u8]| {
        let draft = app.draft(name);
        let file = app.upload(UploadOwner::Draft { draft }, "file.txt", bytes, false).unwrap();
        (app.submit(draft).0, file.id)
    };
    let here = |file: deskside_protocol::AttachmentId| data.path().join("files").join(file.to_string()).exists();
    let (arrived, old) = send("Arrived", b"with the helpdesk");
    app.delivered(arrived);
    desk.down();
    let (waits, new) = send("Waits", b"only here");
    let desktop = app.stop();
    let app = App::start(data.path(), &desktop);
    support::desk::for_a_while();
    assert!(here(old) && here(new), "they stay for their time");
    let app =
        App::start_with(data.path(), &app.stop(), |options| options.delivered_files_kept = std::time::Duration::ZERO);
    eventually("it is gone", || (!here(old)).then_some(()));
    assert!(here(new), "what waits stays");
    desk.up();
    app.delivered(waits);
    assert_eq!(app.read(Blob::Attachment { attachment: old }), b"with the helpdesk");
}
