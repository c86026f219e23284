//! A damaged store: what can be read of it and nobody else knows is carried over, arrives once, and nothing stops the
//! start.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod support;

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use deskside_protocol::local::*;
use deskside_protocol::{ClientId, DraftId, ErrorCode};
use sqlx::Row as _;
use support::desk::{Desk, Fault};
use support::{App, Desktop, behind_its_back, eventually};

const PAGE: u64 = 4096;

fn database(data: &Path) -> PathBuf {
    data.join(deskside_agent::store::DATABASE)
}

/// Fills the first page of a table or index with garbage.
fn destroy(data: &Path, name: &str) {
    let page: i64 = behind_its_back(data, async |connection| {
        let row = sqlx::query("SELECT rootpage FROM sqlite_schema WHERE name = ?").bind(name);
        row.fetch_one(connection).await.unwrap().get(0)
    });
    garbage(data, &[u64::try_from(page).unwrap() - 1]);
}

fn garbage(data: &Path, pages: &[u64]) {
    let mut file = std::fs::OpenOptions::new().write(true).open(database(data)).unwrap();
    for page in pages {
        file.seek(SeekFrom::Start(page * PAGE)).unwrap();
        file.write_all(&[0xa5; PAGE as usize]).unwrap();
    }
}

fn requests(app: &App) -> Vec<ClientId> {
    let Response::Requests { requests, .. } = app.ask(Request::Requests).unwrap() else { panic!() };
    requests.into_iter().map(|row| row.client_id).collect()
}

fn said_so(app: &App) -> String {
    app.home().notices.into_iter().find(|notice| notice.code == ErrorCode::StoreDamaged).expect("it says so").detail
}

/// A computer on which a lot waits when the network is cut.
struct Waiting {
    desk: Desk,
    data: tempfile::TempDir,
    app: App,
    /// Arrived, with a reply that waits.
    replied: ClientId,
    /// A draft with a file.
    half: DraftId,
    /// Wait, each with a file.
    waits: Vec<ClientId>,
}

fn waiting(count: usize) -> Waiting {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let replied = app.report("Arrived before");
    app.delivered(replied);
    desk.down();
    app.upload(UploadOwner::Reply { client_id: replied }, "reply.txt", b"more about it", false).unwrap();
    app.ask(Request::Reply { client_id: replied, text: "A reply that waits".into() }).unwrap();
    let half = app.draft("Half a draft");
    app.upload(UploadOwner::Draft { draft: half }, "half.txt", b"half", false).unwrap();
    let waits = (0..count)
        .map(|n| {
            let draft = app.draft(&format!("Waits {n}: {}", "the same again and again, ".repeat(500)));
            app.upload(UploadOwner::Draft { draft }, "file.txt", format!("file {n}").as_bytes(), false).unwrap();
            app.submit(draft).0
        })
        .collect();
    Waiting { desk, data, app, replied, half, waits }
}

impl Waiting {
    /// Starts on what is there now, with the network back, and says which of the waiting requests are still known.
    fn start_again(&mut self, desktop: &std::sync::Arc<Desktop>) -> Vec<ClientId> {
        self.app = App::start(self.data.path(), desktop);
        let known = requests(&self.app);
        let carried: Vec<ClientId> = self.waits.iter().copied().filter(|id| known.contains(id)).collect();
        self.desk.up();
        carried
    }

    fn arrive_once_and_whole(&self, carried: &[ClientId]) {
        for client_id in carried {
            self.app.delivered(*client_id);
            let n = self.waits.iter().position(|id| id == client_id).unwrap();
            let (creations, files) =
                self.desk.with(*client_id, |ticket| (ticket.creations, ticket.files.clone())).unwrap();
            assert_eq!(creations, 1);
            let files: Vec<_> = files.values().map(|bytes| bytes.to_vec()).collect();
            assert_eq!(files, [format!("file {n}").into_bytes()]);
        }
    }

    fn reply_arrives(&self) {
        eventually("the reply", || {
            let arrived = self.desk.with(self.replied, |ticket| {
                ticket.thread.iter().any(|entry| entry.text == "A reply that waits") && ticket.files.len() == 1
            });
            arrived.unwrap().then_some(())
        });
        assert_eq!(self.desk.with(self.replied, |ticket| ticket.came.len()), Some(1));
    }

    fn draft_is_there(&self) {
        let Response::Draft(draft) = self.app.ask(Request::OpenDraft { draft: Some(self.half) }).unwrap() else {
            panic!()
        };
        assert_eq!(draft.text, "Half a draft");
        assert_eq!(self.app.read(Blob::Attachment { attachment: draft.attachments[0].id }), b"half");
    }
}

/// Ends the app and gives the desktop back for the next start.
fn end(waiting: &mut Waiting, orderly: bool) -> std::sync::Arc<Desktop> {
    let other = tempfile::tempdir().unwrap();
    let app = std::mem::replace(&mut waiting.app, App::start(other.path(), &Desktop::enrolled(&waiting.desk.url())));
    if orderly { app.stop() } else { app.kill() }
}

#[test]
fn a_file_cut_in_the_middle_gives_back_what_is_left_of_it() {
    let mut waiting = waiting(12);
    let desktop = end(&mut waiting, true);
    let file = std::fs::OpenOptions::new().write(true).open(database(waiting.data.path())).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length * 6 / 10 / PAGE * PAGE).unwrap();
    drop(file);
    let carried = waiting.start_again(&desktop);
    assert!(carried.len() >= 4, "{} of 12, {}", carried.len(), said_so(&waiting.app));
    waiting.arrive_once_and_whole(&carried);
    waiting.reply_arrives();
    waiting.draft_is_there();
    // What was torn apart is said, and the bytes of its files lie beside it.
    assert!(said_so(&waiting.app).contains("carried over"));
    let beside = std::fs::read_dir(waiting.data.path()).unwrap().flatten().find(|entry| {
        entry.file_name().to_string_lossy().starts_with("deskside-damaged-")
            && entry.path().extension().is_some_and(|e| e == "files")
    });
    let kept = beside.map_or(0, |folder| std::fs::read_dir(folder.path()).unwrap().count());
    assert_eq!(kept, 12 - carried.len());
    waiting.app.ask(Request::EraseData).unwrap();
    let aside = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("deskside-damaged-");
    assert!(!std::fs::read_dir(waiting.data.path()).unwrap().flatten().any(aside));
}

#[test]
fn pages_of_garbage_cost_what_is_on_them_and_nothing_else() {
    let mut waiting = waiting(12);
    let desktop = end(&mut waiting, true);
    let pages = std::fs::metadata(database(waiting.data.path())).unwrap().len() / PAGE;
    // Behind the first pages, on which the small tables are.
    garbage(waiting.data.path(), &(pages / 2..pages).step_by(9).collect::<Vec<_>>());
    let carried = waiting.start_again(&desktop);
    assert!((4..12).contains(&carried.len()), "{} of 12, {}", carried.len(), said_so(&waiting.app));
    waiting.arrive_once_and_whole(&carried);
    waiting.reply_arrives();
    waiting.draft_is_there();
}

#[test]
fn without_its_outbox_everything_is_asked_for_first_and_goes_once() {
    let mut waiting = waiting(2);
    // One more of which the desk has everything but the agent heard nothing.
    waiting.desk.up();
    waiting.desk.fault("POST /tickets", Fault::Swallow);
    let swallowed = waiting.app.report("Answer lost");
    eventually("it is there", || waiting.desk.with(swallowed, |_| ()));
    waiting.app.delivered(waiting.waits[0]);
    waiting.desk.down();
    let last = waiting.app.report("The last one");
    waiting.waits.truncate(0);
    let desktop = end(&mut waiting, true);
    for name in ["outbox", "files", "entries"] {
        destroy(waiting.data.path(), name);
    }
    waiting.start_again(&desktop);
    waiting.app.delivered(last);
    for client_id in [last, swallowed] {
        assert_eq!(waiting.desk.with(client_id, |ticket| ticket.creations), Some(1));
    }
}

#[test]
fn a_request_whose_document_is_gone_is_a_draft_again_with_its_text_and_its_files() {
    a_draft_again("entries_of_ticket");
}

#[test]
fn a_request_whose_document_and_message_are_gone_is_a_draft_again_too() {
    a_draft_again("outbox");
}

fn a_draft_again(destroyed: &str) {
    let mut waiting = waiting(1);
    let client_id = waiting.waits[0];
    let desktop = end(&mut waiting, true);
    behind_its_back(waiting.data.path(), async |connection| {
        let query =
            sqlx::query("UPDATE tickets SET document = x'7b5b' WHERE client_id = ?").bind(client_id.to_string());
        query.execute(connection).await.unwrap();
    });
    destroy(waiting.data.path(), destroyed);
    assert_eq!(waiting.start_again(&desktop), []);
    let app = &waiting.app;
    let found = eventually("the draft", || {
        let Response::Draft(draft) = app.ask(Request::OpenDraft { draft: None }).unwrap() else { panic!() };
        draft.text.starts_with("Waits 0").then_some(draft)
    });
    assert_eq!(found.attachments.len(), 1);
    assert_eq!(app.submit(found.id).0, client_id, "it is still the same ticket");
    waiting.arrive_once_and_whole(&[client_id]);
}

#[test]
fn damage_while_the_app_runs_loses_nothing_that_can_be_read() {
    let waiting = waiting(2);
    behind_its_back(waiting.data.path(), async |connection| {
        sqlx::query("PRAGMA writable_schema = ON").execute(&mut *connection).await.unwrap();
        let spoil = "UPDATE sqlite_schema SET sql = 'CREATE INDEX ON ON ON' WHERE name = 'entries_of_ticket'";
        sqlx::query(spoil).execute(&mut *connection).await.unwrap();
        // The version makes every connection read the schema again (SQLite, "PRAGMA schema_version").
        sqlx::query("PRAGMA schema_version = 4711").execute(&mut *connection).await.unwrap();
    });
    eventually("it is said", || {
        let _ = waiting.app.ask(Request::Requests);
        let Ok(Response::Home(home)) = waiting.app.ask(Request::Home) else { return None };
        home.notices.iter().any(|notice| notice.code == ErrorCode::StoreDamaged).then_some(())
    });
    waiting.draft_is_there();
    waiting.desk.up();
    waiting.arrive_once_and_whole(&waiting.waits);
    waiting.reply_arrives();
}
