//! The helpdesk goes, comes back, or is another one: nothing of what waits is filed twice, and nothing is answered at a
//! helpdesk that it is not at.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod support;

use std::sync::Arc;

use deskside_agent::identity;
use deskside_agent::ports::HelpdeskAddress;
use deskside_agent::requests::sync::{self, News};
use deskside_agent::store::Store;
use deskside_helpdesk::hub::HubDesk;
use deskside_protocol::local::*;
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::{ClientId, ErrorCode, ErrorReport};
use support::desk::{CREDENTIAL, Desk, Fault, for_a_while};
use support::{App, Desktop, behind_its_back, eventually};

fn enrol(app: &App, desk: &Desk) {
    app.ask(Request::Enrol { url: desk.url().to_string(), token: "good".into() }).unwrap();
}

/// A request that the desk may have: what it answered never came.
fn in_doubt(app: &App, desk: &Desk) -> ClientId {
    desk.fault("POST /tickets", Fault::Swallow);
    for _ in 0..500 {
        desk.fault("GET *receipt", Fault::Busy(0));
    }
    let client_id = app.report("Of this one nobody knows");
    eventually("a try that leaves a doubt", || match app.row(client_id).delivery {
        Delivery::Waiting { tries, .. } if tries > 0 => Some(()),
        _ => None,
    });
    client_id
}

fn parked(app: &App, client_id: ClientId) -> ErrorCode {
    eventually("it is parked", || match app.row(client_id).delivery {
        Delivery::Parked { error, .. } => Some(error.code),
        _ => None,
    })
}

#[test]
fn what_came_after_a_helpdesk_was_left_is_in_doubt_once_it_is_back() {
    let (first, second) = (Desk::start(), Desk::start());
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Arc::new(Desktop::default()));
    enrol(&app, &first);
    app.delivered(app.report("This one arrives"));
    let desktop = app.desktop.clone();
    let (address, credentials) =
        (desktop.helpdesk.lock().unwrap().clone(), desktop.credentials.lock().unwrap().clone());
    app.ask(Request::DisconnectHelpdesk).unwrap();
    let between = app.report("Written in between");
    // Back as the same device.
    *desktop.helpdesk.lock().unwrap() = address;
    *desktop.credentials.lock().unwrap() = credentials;
    app.controller.settings_changed();
    app.delivered(between);

    let doubtful = in_doubt(&app, &first);
    enrol(&app, &second);
    assert_eq!(parked(&app, doubtful), ErrorCode::HelpdeskChanged);
    for_a_while();
    assert_eq!(second.count(), 0);
}

#[test]
fn what_a_look_at_the_helpdesk_of_before_brings_late_is_not_kept() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&desk.url()));
    app.delivered(app.report("At this helpdesk"));
    app.stop();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let other = tempfile::tempdir().unwrap();
        let store = Store::open(other.path()).await.unwrap().store;
        let (now, before) = (HelpdeskAddress::hub("https://now.example".parse().unwrap(), None), desk.url());
        let before = HelpdeskAddress::hub(before, None);
        store.set_meta(identity::HELPDESK, &identity::of(&now)).await.unwrap();
        let hub = HubDesk::new(&before.url, CREDENTIAL).unwrap();
        let mut news = News::default();
        sync::look(&store, &hub, &identity::of(&before), &mut news).await.unwrap();
        assert_eq!((store.meta("cursor").await.unwrap(), news), (None, News::default()));

        store.set_meta(identity::HELPDESK, &identity::of(&before)).await.unwrap();
        let mut news = News::default();
        sync::look(&store, &hub, &identity::of(&before), &mut news).await.unwrap();
        assert_eq!(news.changed.len(), 1, "its own is kept");
        assert!(store.meta("cursor").await.unwrap().is_some());
    });
}

#[test]
fn a_store_that_comes_back_with_the_disk_belongs_to_the_helpdesk_that_it_was_of() {
    let (first, second) = (Desk::start(), Desk::start());
    let parent = tempfile::tempdir().unwrap();
    let (data, away) = (parent.path().join("deskside"), parent.path().join("away"));
    let app = App::start(&data, &Desktop::enrolled(&first.url()));
    let arrived = app.report("This one arrives");
    app.delivered(arrived);
    let doubtful = in_doubt(&app, &first);
    app.stop();

    // The disk is away, and the helpdesk is another one by then.
    std::fs::rename(&data, &away).unwrap();
    std::fs::write(&data, "in the way").unwrap();
    let app = App::start(&data, &Desktop::enrolled(&second.url()));
    eventually("it listens to the second", || (app.home().connection == Connection::Online).then_some(()));
    std::fs::remove_file(&data).unwrap();
    std::fs::rename(&away, &data).unwrap();

    eventually("the disk is back", || app.home().notices.is_empty().then_some(()));
    assert_eq!(parked(&app, doubtful), ErrorCode::HelpdeskChanged);
    let reply = Request::Reply { client_id: arrived, text: "At the one before".into() };
    assert_eq!(app.code(reply), ErrorCode::HelpdeskChanged);
    app.delivered(app.report("For the second"));
    assert_eq!(second.count(), 1);
}

#[test]
fn a_store_that_takes_the_place_of_a_damaged_one_knows_whose_the_requests_are() {
    let (first, second) = (Desk::start(), Desk::start());
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Desktop::enrolled(&first.url()));
    let doubtful = in_doubt(&app, &first);
    behind_its_back(data.path(), async |connection| {
        for spoil in [
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_schema SET sql = 'CREATE INDEX ON ON ON' WHERE name = 'entries_of_ticket'",
            "PRAGMA schema_version = 4711",
        ] {
            sqlx::query(spoil).execute(&mut *connection).await.unwrap();
        }
    });
    eventually("it is said", || {
        let _ = app.ask(Request::Requests);
        let Ok(Response::Home(home)) = app.ask(Request::Home) else { return None };
        home.notices.iter().any(|notice| notice.code == ErrorCode::StoreDamaged).then_some(())
    });
    enrol(&app, &second);
    assert_eq!(parked(&app, doubtful), ErrorCode::HelpdeskChanged);
    for_a_while();
    assert_eq!(second.count(), 0);
}

#[test]
fn a_device_that_enrols_anew_leaves_its_requests_and_sends_what_waits() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Arc::new(Desktop::default()));
    enrol(&app, &desk);
    let arrived = app.report("Of the device of before");
    app.delivered(arrived);
    desk.down();
    let waits = app.report("Waits");
    let desktop = app.kill();
    let app = App::start(data.path(), &desktop);
    desk.up();
    // This desk would show it to every device.
    for _ in 0..500 {
        desk.fault("GET /tickets", Fault::Busy(0));
    }

    enrol(&app, &desk);
    let reply = Request::Reply { client_id: arrived, text: "Whose is this?".into() };
    assert_eq!(app.code(reply), ErrorCode::HelpdeskChanged);
    app.delivered(waits);
    assert_eq!(desk.with(waits, |ticket| ticket.creations), Some(1));
}

#[test]
fn what_the_keyring_holds_for_a_server_is_shown_to_one_helpdesk_on_it() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let app = App::start(data.path(), &Arc::new(Desktop::default()));
    enrol(&app, &desk);
    app.delivered(app.report("For the hub"));
    // IT names another helpdesk on that server; the keyring knows both by the server alone.
    let desktop = app.stop();
    let kept = desktop.credentials.lock().unwrap().values().next().unwrap().clone();
    for (kept, what) in [(kept, "it says what it is for"), (CREDENTIAL.to_owned(), "of a version that did not say")] {
        let other = desk.url().join("/rt").unwrap();
        let rt = HelpdeskAddress { kind: HelpdeskKind::RequestTracker, ..HelpdeskAddress::hub(other.clone(), None) };
        *desktop.helpdesk.lock().unwrap() = Some(rt);
        desktop.credentials.lock().unwrap().insert(other, kept);
        let asked = desk.log().len();
        let app = App::start(data.path(), &desktop);
        assert_eq!(app.home().connection, Connection::NotEnrolled, "{what}");
        for_a_while();
        assert_eq!(desk.log().len(), asked, "{what}");
        app.stop();
    }
}

#[test]
fn an_enrolment_that_cannot_be_kept_leaves_the_credential_of_before() {
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Arc::new(Desktop::default());
    desktop.credentials.lock().unwrap().insert(desk.url(), "of before".into());
    *desktop.settings_refuse.lock().unwrap() = Some(ErrorReport::new(ErrorCode::StoreUnwritable, "a full disk"));
    let app = App::start(data.path(), &desktop);
    let request = Request::Enrol { url: desk.url().to_string(), token: "good".into() };
    assert_eq!(app.code(request), ErrorCode::StoreUnwritable);
    assert_eq!(desktop.credentials.lock().unwrap().get(&desk.url()).map(String::as_str), Some("of before"));
}
