//! GLPI 11 is connected by signing in at it in the browser, from the agent: replayed as it was captured.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use deskside_agent::credential::Credential;
use deskside_contract::glpi_high_level::{CLIENT, HighLevel, POST_ONLY, browse};
use deskside_contract::{Pace, Replay};
use deskside_protocol::connect::*;
use deskside_protocol::local::*;
use deskside_protocol::settings::HelpdeskKind;
use support::desk::{Desk, for_a_while};
use support::{App, Desktop, eventually};
use tokio::runtime::Runtime;
use tokio::sync::broadcast::Receiver;

fn wish(glpi: &Replay<HighLevel>, secret: &str) -> HelpdeskChoice {
    let fields = [("client_id", CLIENT.0), ("client_secret", secret)];
    HelpdeskChoice {
        url: glpi.url().to_string(),
        kind: None,
        way: Some(SignInWay::Browser),
        fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        credential: None,
    }
}

/// Wishes it, and does what the browser does; what the agent answers, and what it tells when the browser came back.
fn connect(
    app: &App,
    desktop: &Desktop,
    glpi: &Replay<HighLevel>,
    secret: &str,
    events: &mut Receiver<Event>,
) -> (HelpdeskReport, HelpdeskReport) {
    connect_with(app, desktop, glpi, wish(glpi, secret), events)
}

fn connect_with(
    app: &App,
    desktop: &Desktop,
    glpi: &Replay<HighLevel>,
    choice: HelpdeskChoice,
    events: &mut Receiver<Event>,
) -> (HelpdeskReport, HelpdeskReport) {
    let Response::HelpdeskReport(begun) = app.ask(Request::ConnectHelpdesk { choice }).unwrap() else { panic!() };
    // To find out what it is, it is asked what no capture of it shows.
    let _while_looking = glpi.take_uncovered();
    let page = desktop.browsed.lock().unwrap().pop().expect("the browser is opened");
    Runtime::new().unwrap().block_on(browse(glpi, page)).unwrap();
    let report = eventually("what came of the sign-in is told", || match events.try_recv() {
        Ok(Event::HelpdeskReported { report }) => Some(report),
        Ok(_) | Err(_) => None,
    });
    (begun, report)
}

#[test]
fn glpi_11_is_connected_by_a_sign_in_in_the_browser() {
    // Err means that another one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Runtime::new().unwrap();
    let glpi = runtime.block_on(Replay::start(HighLevel::new().unwrap(), Pace::AtOnce)).unwrap();
    let data = tempfile::tempdir().unwrap();
    let desktop = Arc::new(Desktop::default());
    let app = App::start(data.path(), &desktop);
    let client_id = app.report("The projector stays black");
    let mut events = app.controller.events();

    // A client whose secret is wrong: it is said, and nothing is kept.
    let (begun, refused) = connect(&app, &desktop, &glpi, "wrong", &mut events);
    assert_eq!(begun.outcome, ConnectOutcome::InBrowser, "{begun:?}");
    let last = refused.steps.last().unwrap();
    assert_eq!((last.step, last.problem), (StepName::SignIn, Some(ConnectProblem::BrowserSignInFailed)), "{refused:?}");
    assert_eq!(refused.outcome, ConnectOutcome::Broken);
    assert!(!format!("{refused:?}").contains("wrong"), "no secret stands in a report");
    assert!(desktop.credentials.lock().unwrap().is_empty() && desktop.helpdesk.lock().unwrap().is_none());

    // As it is to be: what waited is sent, in the name of who signed in.
    let (_, report) = connect(&app, &desktop, &glpi, CLIENT.1, &mut events);
    assert_eq!(report.outcome, ConnectOutcome::Connected, "{report:?}");
    eventually("what waited is sent", || {
        matches!(app.row(client_id).delivery, Delivery::Delivered { .. }).then_some(())
    });
    assert_eq!(glpi.with(|glpi| glpi.tickets()[0].requesters.clone()), [POST_ONLY.id]);

    // What renews the sign-in is in the keyring, with the client's secret beside it and in no setting.
    let kept = || Credential::read(desktop.credentials.lock().unwrap().values().next().unwrap());
    let token = || kept().secret.strip_prefix("glpi-oauth2:").unwrap().to_owned();
    assert_eq!(kept().fields.get("client_secret").map(String::as_str), Some(CLIENT.1));
    assert!(!desktop.helpdesk.lock().unwrap().as_ref().unwrap().fields.contains_key("client_secret"));
    let before = token();
    assert!(glpi.with(|glpi| glpi.knows(&before)));
    glpi.with(HighLevel::end_access);
    let another = app.report("And now it hums");
    eventually("another is sent", || matches!(app.row(another).delivery, Delivery::Delivered { .. }).then_some(()));
    assert_ne!(token(), before, "the next one took its place");
    assert!(glpi.with(|glpi| glpi.knows(&token())) && kept().fields.contains_key("client_secret"));

    // Signing in again: nobody has the client's secret at hand, and it is there.
    let mut again = HelpdeskChoice { kind: Some(HelpdeskKind::Glpi), ..wish(&glpi, "") };
    again.fields.remove("client_secret");
    let (_, report) = connect_with(&app, &desktop, &glpi, again, &mut events);
    assert_eq!(report.outcome, ConnectOutcome::Connected, "{report:?}");
    assert_eq!(kept().fields.get("client_secret").map(String::as_str), Some(CLIENT.1));
}

#[test]
fn a_sign_in_that_was_left_does_not_replace_a_later_choice() {
    // Err means that another one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Runtime::new().unwrap();
    let glpi = runtime.block_on(Replay::start(HighLevel::new().unwrap(), Pace::AtOnce)).unwrap();
    let desk = Desk::start();
    let data = tempfile::tempdir().unwrap();
    let desktop = Arc::new(Desktop::default());
    let app = App::start(data.path(), &desktop);
    let choice = wish(&glpi, CLIENT.1);
    let Response::HelpdeskReport(begun) = app.ask(Request::ConnectHelpdesk { choice }).unwrap() else { panic!() };
    assert_eq!(begun.outcome, ConnectOutcome::InBrowser, "{begun:?}");
    // To find out what it is, it is asked what no capture of it shows.
    let _while_looking = glpi.take_uncovered();
    let page = desktop.browsed.lock().unwrap().pop().expect("the browser is opened");

    app.ask(Request::Enrol { url: desk.url().to_string(), token: "good".into() }).unwrap();
    // Nobody may be there any more for what the browser brings.
    let _ = runtime.block_on(browse(&glpi, page));
    for_a_while();
    assert_eq!(desktop.helpdesk.lock().unwrap().as_ref().unwrap().url, desk.url());
    app.delivered(app.report("The projector stays black"));
    assert_eq!(desk.count(), 1);
}
