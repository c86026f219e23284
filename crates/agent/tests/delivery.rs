//! Nothing is lost, nothing is doubled: the network, the desk and the agent fail at every point, and each ticket is in
//! the desk exactly once, whole.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use deskside_agent::link::Link;
use deskside_agent::outbox::handle::{Outbox, Told};
use deskside_agent::outbox::machine::Backoff;
use deskside_agent::ports::{Notification, Refused, SettingsPort as _};
use deskside_agent::store::{InUse, Store};
use deskside_agent::{drafts, requests};
use deskside_protocol::local::*;
use deskside_protocol::{ClientId, ErrorCode};
use support::desk::{self, Desk, Fault, for_a_while};
use support::{App, Desktop, eventually};
use tokio_util::sync::CancellationToken;

fn creations(desk: &Desk, client_id: ClientId) -> u32 {
    desk.with(client_id, |ticket| ticket.creations).unwrap_or(0)
}

#[test]
fn offline_is_kept_and_sent_once_when_the_desk_is_back() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    desk.down();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let client_id = app.report("No network");
    eventually("a failed try", || match app.row(client_id).delivery {
        Delivery::Waiting { tries, last_error, .. } if tries > 0 => {
            assert_eq!(last_error, Some(ErrorCode::Unreachable));
            Some(())
        }
        _ => None,
    });
    let home = app.home();
    assert_eq!((home.waiting, home.connection), (1, Connection::Offline));

    desk.up();
    let number = app.delivered(client_id);
    assert_eq!(creations(&desk, client_id), 1);
    let late = eventually("a word that it arrived", || app.desktop.notifications.lock().unwrap().first().cloned());
    assert_eq!(late, Notification::DeliveredLate { client_id, number, title: "No network".into() });
    eventually("online", || (app.home().connection == Connection::Online).then_some(()));
    let tray = *app.desktop.tray.lock().unwrap().last().unwrap();
    assert_eq!((tray.waiting, tray.parked), (0, 0));
}

#[test]
fn an_answer_that_was_lost_is_looked_for_and_not_created_again() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    desk.fault("POST /tickets", Fault::Swallow);
    let client_id = app.report("The answer is lost");
    app.delivered(client_id);
    assert_eq!(creations(&desk, client_id), 1);
    assert!(desk.log().iter().any(|line| line.ends_with("/receipt")), "it was not looked for");
}

#[test]
fn a_queue_that_is_read_anew_forgets_what_was_under_way_and_goes_on() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    desk.fault("GET */receipt", Fault::Silence);
    let client_id = runtime.block_on(async {
        let (store, _) = Store::open_durable(data.path()).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let draft = drafts::create(&mut tx).await.unwrap();
        let kept = drafts::find(&mut tx, Some(draft)).await.unwrap().unwrap();
        let document = desk::smallest_document(kept.client_id);
        requests::submit(&mut tx, &kept, &document).await.unwrap();
        tx.commit().await.unwrap();
        let desktop = Desktop::enrolled(&desk.url());
        let link = Arc::new(Link::new(desktop.ports()));
        link.connect(desktop.helpdesk(), None).await.unwrap();
        let backoff = Backoff { first: Duration::from_millis(20), cap: Duration::from_millis(200) };
        let (told, mut news) = tokio::sync::mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let (outbox, _) = Outbox::start(InUse::new(store), link, backoff, told, stop.clone());
        while desk.log().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }

        drop(outbox.hold().await.unwrap());

        let delivered = async {
            while let Some(told) = news.recv().await {
                if matches!(told, Told::Delivered { .. }) {
                    return;
                }
            }
        };
        let sent = tokio::time::timeout(Duration::from_secs(60), delivered).await;
        assert!(sent.is_ok(), "it is never sent: {:?}", desk.log());
        stop.cancel();
        kept.client_id
    });
    assert_eq!(creations(&desk, client_id), 1);
    assert_eq!(desk.log().iter().filter(|line| line.ends_with("/receipt")).count(), 2, "once anew, and not for ever");
}

#[test]
fn a_first_try_that_goes_well_asks_nothing_needless() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let client_id = app.report("Plain");
    app.delivered(client_id);
    let about: Vec<_> =
        desk.log().into_iter().filter(|line| line.starts_with("POST") || line.contains("receipt")).collect();
    assert_eq!(about, ["POST /tickets"]);
    assert_eq!(*app.desktop.notifications.lock().unwrap(), [], "what goes well needs no notification");
}

/// The agent is killed at each point at which something is on the disk, and started again.
#[test]
fn killed_at_any_point_the_ticket_is_there_once_with_all_its_files() {
    let points: [(&str, &[(&'static str, Fault)]); 5] = [
        ("before the first try", &[]),
        ("while the request never arrives", &[("POST /tickets", Fault::Break)]),
        ("after it was created, before the answer was kept", &[("POST /tickets", Fault::Swallow)]),
        ("before the first file", &[("PUT *attachments", Fault::Break)]),
        ("after a file, before the answer was kept", &[("PUT *attachments", Fault::Swallow)]),
    ];
    for (point, faults) in points {
        let desk = Desk::start();
        let data = tempfile::tempdir().unwrap();
        let desktop = Desktop::enrolled(&desk.url());
        let before_any_try = faults.is_empty();
        if before_any_try {
            desk.down();
        }
        // So patient that it can be killed before it tries again.
        let patient = |options: &mut deskside_agent::controller::Options| {
            options.backoff_first = Duration::from_secs(30);
            options.backoff_cap = Duration::from_secs(60);
        };
        let app = App::start_with(data.path(), &desktop, patient);
        for (on, fault) in faults {
            desk.fault(on, fault.clone());
        }
        let draft = app.draft("Killed");
        let owner = UploadOwner::Draft { draft };
        let mut files = BTreeSet::new();
        for n in 0..3u8 {
            files.insert(app.upload(owner, &format!("{n}.txt"), &[b'a' + n; 2000], false).unwrap().id);
        }
        let client_id = app.submit(draft).0;
        eventually(point, || match app.row(client_id).delivery {
            Delivery::Waiting { tries, .. } => (tries > 0).then_some(()),
            _ => None,
        });
        app.kill();

        if before_any_try {
            desk.up();
        }
        let app = App::start(data.path(), &desktop);
        app.delivered(client_id);
        let (creations, arrived) = desk
            .with(client_id, |ticket| (ticket.creations, ticket.files.keys().copied().collect::<BTreeSet<_>>()))
            .unwrap();
        assert_eq!(creations, 1, "doubled: {point}");
        assert_eq!(arrived, files, "files are missing: {point}");
        app.kill();
        let app = App::start(data.path(), &desktop);
        assert!(matches!(app.row(client_id).delivery, Delivery::Delivered { .. }));
        for_a_while();
        assert_eq!(desk.with(client_id, |ticket| ticket.creations), Some(1), "delivered is final: {point}");
    }
}

/// No chosen points: killed whenever it happens to be, again and again.
#[test]
fn killed_again_and_again_while_it_sends_nothing_is_lost_or_doubled() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Desktop::enrolled(&desk.url());
    let mut submitted = BTreeSet::new();
    for round in 0..12u64 {
        if round % 3 == 1 {
            desk.fault("POST /tickets", Fault::Swallow);
        }
        let app = App::start(data.path(), &desktop);
        submitted.insert(app.report(&format!("Round {round}")));
        std::thread::sleep(Duration::from_millis(round * 3));
        app.kill();
    }
    let app = App::start(data.path(), &desktop);
    for client_id in &submitted {
        app.delivered(*client_id);
        assert_eq!(creations(&desk, *client_id), 1);
    }
    assert_eq!(desk.count(), submitted.len());
    assert!(app.ledger().1, "the ledger broke");
}

#[test]
fn a_poison_message_is_parked_with_its_reason_and_holds_nothing_up() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    desk.fault("POST /tickets", Fault::Refuse(422, ErrorCode::Refused));
    let poison = app.report("Poison");
    let parked = |client_id| match app.row(client_id).delivery {
        Delivery::Parked { error, .. } => Some(error),
        _ => None,
    };
    let error = eventually("parked", || parked(poison));
    assert_eq!(error.code, ErrorCode::Refused);
    let fine = app.report("Fine");
    app.delivered(fine);
    assert_eq!(app.home().parked, 1);
    eventually("a word about it", || {
        let notifications = app.desktop.notifications.lock().unwrap();
        notifications
            .iter()
            .any(|n| *n == Notification::Parked { client_id: poison, title: "Poison".into(), what: Refused::Request })
            .then_some(())
    });
    // It is still parked after a restart, and only somebody's look brings it back.
    let desktop = app.kill();
    let app = App::start(data.path(), &desktop);
    for_a_while();
    assert!(matches!(app.row(poison).delivery, Delivery::Parked { .. }));
    assert_eq!(app.code(Request::RetryParked { client_id: fine }), ErrorCode::NotFound);
    app.ask(Request::RetryParked { client_id: poison }).unwrap();
    app.delivered(poison);
    assert_eq!(app.home().parked, 0);
}

#[test]
fn a_portal_in_between_parks_nothing() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    desk.fault("POST /tickets", Fault::Portal);
    let client_id = app.report("In a hotel");
    app.delivered(client_id);
    assert_eq!(creations(&desk, client_id), 1);
}

#[test]
fn a_page_that_says_all_is_well_is_not_taken_for_done() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    for step in ["POST /tickets", "PUT *attachments", "POST *follow-ups"] {
        desk.fault(step, Fault::Welcome);
    }
    let draft = app.draft("In a hotel, with a picture");
    let file = app.upload(UploadOwner::Draft { draft }, "picture.txt", b"picture", false).unwrap();
    let client_id = app.submit(draft).0;
    app.ask(Request::Reply { client_id, text: "Hello?".into() }).unwrap();
    app.delivered(client_id);
    eventually("the reply", || {
        let thread = app.thread(client_id);
        thread.entries.iter().all(|e| matches!(e.delivery, Some(Delivery::Delivered { .. }))).then_some(())
    });
    let files = desk.with(client_id, |ticket| ticket.files.clone()).unwrap();
    assert_eq!(files[&file.id], b"picture".as_slice());
    assert_eq!(creations(&desk, client_id), 1);
}

#[test]
fn what_the_desk_asks_for_is_waited_for_unless_the_user_asks() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    desk.fault("POST /tickets", Fault::Busy(600));
    let client_id = app.report("Busy");
    let due = eventually("the wait", || match app.row(client_id).delivery {
        Delivery::Waiting { next_try_at, .. } => next_try_at,
        _ => None,
    });
    let ahead = due.unix_ms() - deskside_protocol::Timestamp::now().unix_ms();
    assert!((500_000..=600_000).contains(&ahead), "waits {ahead} ms");
    app.controller.network_changed();
    for_a_while();
    assert_eq!(creations(&desk, client_id), 0, "a change of network does not shorten what was asked for");
    app.ask(Request::SendNow).unwrap();
    app.delivered(client_id);
}

#[test]
fn a_change_of_network_is_tried_at_once() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    desk.down();
    let app = App::start_with(data.path(), &Desktop::enrolled(&desk.url()), |options| {
        options.backoff_first = Duration::from_secs(600);
        options.backoff_cap = Duration::from_secs(600);
    });
    let client_id = app.report("Docked");
    eventually("a failed try", || match app.row(client_id).delivery {
        Delivery::Waiting { tries, .. } => (tries > 0).then_some(()),
        _ => None,
    });
    desk.up();
    app.controller.network_changed();
    app.delivered(client_id);
}

#[test]
fn replies_and_verdicts_arrive_in_their_order_after_their_ticket() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    desk.down();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    let client_id = app.report("First the ticket");
    let owner = UploadOwner::Reply { client_id };
    let file = app.upload(owner, "more.txt", b"more", false).unwrap();
    app.ask(Request::Reply { client_id, text: "one".into() }).unwrap();
    app.ask(Request::Reply { client_id, text: "two".into() }).unwrap();
    app.ask(Request::Reply { client_id, text: "three".into() }).unwrap();
    let entries = app.thread(client_id).entries;
    let ids: Vec<_> = entries.iter().map(|entry| entry.follow_up.id).collect();
    assert!(entries.iter().all(|entry| matches!(entry.delivery, Some(Delivery::Waiting { .. }))));
    assert_eq!(app.code(Request::Reply { client_id, text: " ".into() }), ErrorCode::TextMissing);

    desk.fault("POST *follow-ups", Fault::Swallow);
    desk.up();
    eventually("all three", || {
        let thread = app.thread(client_id);
        thread.entries.iter().all(|e| matches!(e.delivery, Some(Delivery::Delivered { .. }))).then_some(())
    });
    let (texts, came, files) = desk
        .with(client_id, |ticket| {
            let texts: Vec<_> = ticket.thread.iter().map(|entry| entry.text.clone()).collect();
            (texts, ticket.came.clone(), ticket.files.clone())
        })
        .unwrap();
    assert_eq!(texts, ["one", "two", "three"]);
    let mut firsts = came.clone();
    firsts.dedup();
    assert_eq!(firsts, ids, "a repetition comes under the same identity, in its place");
    assert_eq!(files[&file.id], b"more".as_slice());
}

#[test]
fn a_credential_that_is_withdrawn_keeps_everything_and_says_so() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Desktop::enrolled(&desk.url());
    desktop.credentials.lock().unwrap().insert(desk.url(), "withdrawn".into());
    let app = App::start(data.path(), &desktop);
    let client_id = app.report("Still here");
    eventually("refused", || (app.home().connection == Connection::Refused).then_some(()));
    assert!(matches!(app.row(client_id).delivery, Delivery::Waiting { .. } | Delivery::Sending));

    app.ask(Request::Enrol { url: desk.url().to_string(), token: " good ".into() }).unwrap();
    app.delivered(client_id);
    assert_eq!(creations(&desk, client_id), 1);
}
