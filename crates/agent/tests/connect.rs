//! A helpdesk is connected, looked at, changed and disconnected, from the agent: the real Request Tracker where it is
//! installed, MantisBT as it was captured, the real hub.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use deskside_agent::credential::Credential;
use deskside_contract::mantis::{Mantis, REPORTER};
use deskside_contract::{Fault, Pace, Replay};
use deskside_e2e::RequestTracker;
use deskside_hub::Config;
use deskside_protocol::connect::*;
use deskside_protocol::local::*;
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::ticket::{TicketState, Verdict};
use deskside_protocol::{ClientId, ErrorCode};
use support::{App, Desktop, eventually};
use tokio::runtime::Runtime;

fn choice(url: &str, credential: Option<&str>) -> HelpdeskChoice {
    HelpdeskChoice {
        url: url.to_owned(),
        kind: None,
        way: None,
        fields: BTreeMap::new(),
        credential: credential.map(str::to_owned),
    }
}

/// At a server of captures: to find out what it is, it is asked what no capture of it shows.
fn connect_to(app: &App, mantis: &Replay<Mantis>) -> HelpdeskReport {
    let before = mantis.take_uncovered();
    assert!(before.is_empty(), "asked for what no capture covers: {before:?}");
    let report = connect(app, choice(mantis.url().as_str(), Some(REPORTER)));
    let _while_looking = mantis.take_uncovered();
    report
}

fn connect(app: &App, choice: HelpdeskChoice) -> HelpdeskReport {
    let Response::HelpdeskReport(report) = app.ask(Request::ConnectHelpdesk { choice }).unwrap() else { panic!() };
    report
}

fn probe(app: &App, choice: HelpdeskChoice) -> HelpdeskReport {
    let Response::HelpdeskReport(report) = app.ask(Request::ProbeHelpdesk { choice }).unwrap() else { panic!() };
    report
}

fn view(app: &App) -> deskside_protocol::settings::SettingsView {
    let Response::Settings(view) = app.ask(Request::Settings).unwrap() else { panic!() };
    view
}

fn problem(report: &HelpdeskReport) -> Option<(StepName, ConnectProblem)> {
    let last = report.steps.last()?;
    last.problem.map(|problem| (last.step, problem))
}

fn parked(app: &App, client_id: ClientId) -> ErrorCode {
    eventually("it is parked", || match app.row(client_id).delivery {
        Delivery::Parked { error, .. } => Some(error.code),
        Delivery::Waiting { .. } | Delivery::Sending | Delivery::Delivered { .. } => None,
    })
}

#[test]
fn a_token_of_request_tracker_is_looked_at_kept_and_files() {
    // Err means that another one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Runtime::new().unwrap();
    let rt = match runtime.block_on(RequestTracker::start()).unwrap() {
        Ok(rt) => rt,
        Err(why) => return println!("not tried: {why}"),
    };
    let data = tempfile::tempdir().unwrap();
    let desktop = Arc::new(Desktop::default());
    let app = App::start(data.path(), &desktop);
    let client_id = app.report("The projector stays black");
    let mut events = app.controller.events();

    // Without a token it says how far it goes, and what is missing.
    let report = probe(&app, choice(&rt.url(), None));
    assert_eq!((report.kind, report.outcome), (Some(HelpdeskKind::RequestTracker), ConnectOutcome::CredentialWanted));
    assert_eq!(report.ways, [SignInWay::Token]);
    let told: Vec<StepName> = std::iter::from_fn(|| events.try_recv().ok())
        .filter_map(|event| if let Event::HelpdeskStep { step } = event { Some(step.step) } else { None })
        .collect();
    assert_eq!(told, report.steps.iter().map(|step| step.step).collect::<Vec<_>>(), "each step is told as it is done");

    // A token that is none, one that RT does not know, a queue that is not there: each is said, and nothing is kept.
    let nonsense = connect(&app, choice(&rt.url(), Some("nonsense")));
    assert_eq!(problem(&nonsense), Some((StepName::SignIn, ConnectProblem::TokenWrong)));
    let unknown = connect(&app, choice(&rt.url(), Some("1-27-00000000000000000000000000000000")));
    assert_eq!(problem(&unknown), Some((StepName::SignIn, ConnectProblem::TokenWrong)));
    assert!(!format!("{unknown:?}").contains("000000"), "no token stands in a report");
    let alice = rt.token("alice").unwrap();
    let mut nowhere = choice(&rt.url(), Some(&alice));
    nowhere.fields.insert("queue".to_owned(), "Nowhere".to_owned());
    let nowhere = connect(&app, nowhere);
    assert!(
        matches!(
            problem(&nowhere),
            Some((StepName::Rights, ConnectProblem::FieldWrong | ConnectProblem::RightMissing))
        ),
        "{nowhere:?}"
    );
    assert!(desktop.credentials.lock().unwrap().is_empty() && desktop.helpdesk.lock().unwrap().is_none());

    // Pasted with a page's address and an end of line: it works, and what waited is sent.
    let page = format!("{}/SelfService/index.html", rt.url().trim_end_matches('/'));
    let report = connect(&app, choice(&page, Some(&format!(" {alice}\n"))));
    assert_eq!(report.outcome, ConnectOutcome::Connected, "{report:?}");
    assert!(report.version.is_some_and(|version| version.starts_with('5')));
    let queue = report.fields.iter().find(|field| field.name == "queue").unwrap();
    assert!(queue.choices.iter().any(|name| name == "General"), "{queue:?}");
    let kept: Vec<_> = desktop.credentials.lock().unwrap().values().map(|kept| Credential::read(kept).secret).collect();
    assert_eq!(kept, [alice]);
    let number = app.delivered(client_id);
    let filed = runtime.block_on(rt.filed("id>0")).unwrap();
    assert_eq!((filed.len(), filed[0].number), (1, number));
    let view = view(&app);
    assert_eq!((view.helpdesk_kind, view.helpdesk_way), (Some(HelpdeskKind::RequestTracker), Some(SignInWay::Token)));
    assert_eq!(view.helpdesk_can.rate, Way::Not, "RT has no ratings");

    // What it cannot do is refused here, and nothing is parked for it.
    let rating = Request::GiveVerdict { client_id, verdict: Verdict::Rate { stars: 5, comment: None } };
    assert_eq!(app.code(rating), ErrorCode::NotOffered);

    // The one in force is looked at with its own token.
    assert_eq!(probe(&app, choice("", None)).outcome, ConnectOutcome::Ready);

    // Withdrawn: what is written waits; with a new token it is sent.
    let other = rt.token("bob").unwrap();
    let report = connect(&app, choice(&rt.url(), Some(&other)));
    assert_eq!(report.outcome, ConnectOutcome::Connected, "the same helpdesk, as somebody else: {report:?}");
    let second = app.report("Nor does the second one");
    app.delivered(second);
    let reply = Request::Reply { client_id, text: "It is alice's".to_owned() };
    assert_eq!(app.code(reply), ErrorCode::HelpdeskChanged, "bob does not see it");

    let Response::Settings(view) = app.ask(Request::DisconnectHelpdesk).unwrap() else { panic!() };
    assert_eq!((view.helpdesk_url, view.enrolled), (None, false));
    assert!(desktop.credentials.lock().unwrap().is_empty(), "the token is gone from the keyring");
    let ledger = app.ledger();
    assert!(ledger.1 && ledger.0.contains(&LedgerAction::Disconnected), "{ledger:?}");
}

#[test]
fn what_may_have_reached_one_helpdesk_does_not_go_to_another_by_itself() {
    let runtime = Runtime::new().unwrap();
    let (hub_data, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hub = runtime
        .block_on(deskside_hub::serve(Config::new("127.0.0.1:0".parse().unwrap(), hub_data.path().join("hub"))))
        .unwrap();
    let token = runtime
        .block_on(deskside_hub::commands::create_token(&hub_data.path().join("hub"), None, "test", 5, 1))
        .unwrap();
    let mantis = runtime.block_on(Replay::start(Mantis::new().unwrap(), Pace::AtOnce)).unwrap();
    let desktop = Arc::new(Desktop::default());
    let app = App::start(data.path(), &desktop);

    // At MantisBT: one has arrived, one may have.
    let report = connect_to(&app, &mantis);
    assert_eq!((report.kind, report.outcome), (Some(HelpdeskKind::Mantis), ConnectOutcome::Connected), "{report:?}");
    let arrived = app.report("This one arrives");
    let number = app.delivered(arrived);
    mantis.faults(std::iter::repeat_n(Fault::AfterActing, 500));
    let doubtful = app.report("Of this one nobody knows");
    eventually("a try that leaves a doubt", || match app.row(doubtful).delivery {
        Delivery::Waiting { tries, .. } if tries > 0 => Some(()),
        Delivery::Waiting { .. } | Delivery::Sending | Delivery::Delivered { .. } | Delivery::Parked { .. } => None,
    });
    let Response::Settings(_) = app.ask(Request::DisconnectHelpdesk).unwrap() else { panic!() };
    // Written while there is no helpdesk: it was never tried anywhere, even for a program that starts anew.
    let later = app.report("Written in between");
    let desktop = app.stop();
    let app = App::start(data.path(), &desktop);

    // A hub that does not know the token says so; nothing has moved.
    let report = connect(&app, choice(&hub.url(), Some("not a token")));
    assert_eq!((report.kind, report.outcome), (Some(HelpdeskKind::Hub), ConnectOutcome::Broken));
    assert_eq!(problem(&report), Some((StepName::SignIn, ConnectProblem::TokenExpired)), "{report:?}");

    let report = connect(&app, choice(&hub.url(), Some(&token)));
    assert_eq!((report.kind, report.outcome), (Some(HelpdeskKind::Hub), ConnectOutcome::Connected), "{report:?}");
    let in_doubt = report.steps.last().map(|step| (step.health, step.problem));
    assert_eq!(in_doubt, Some((Health::Degraded, Some(ConnectProblem::InDoubt))), "{report:?}");
    app.delivered(later);
    assert_eq!(parked(&app, doubtful), ErrorCode::HelpdeskChanged, "its writer decides");
    // The request that is at the helpdesk of before is read here, and not answered: its number is a stranger's at this one.
    assert_eq!(app.row(arrived).delivery, Delivery::Delivered { number });
    let reply = Request::Reply { client_id: arrived, text: "Still black".to_owned() };
    assert_eq!(app.code(reply), ErrorCode::HelpdeskChanged);

    // Its writer wants it here, too: now it is this helpdesk's.
    app.ask(Request::RetryParked { client_id: doubtful }).unwrap();
    app.delivered(doubtful);
    app.ask(Request::Reply { client_id: doubtful, text: "More of it".to_owned() }).unwrap();
    eventually("the reply arrives", || {
        let thread = app.thread(doubtful);
        thread.entries.iter().any(|e| matches!(e.delivery, Some(Delivery::Delivered { .. }))).then_some(())
    });

    // Back at the first one, its request is its own again.
    mantis.heal();
    let report = connect_to(&app, &mantis);
    assert_eq!(report.outcome, ConnectOutcome::Connected);
    eventually("the request of before can be answered again", || {
        app.ask(Request::Reply { client_id: arrived, text: "Still black".to_owned() }).ok()
    });
    eventually("the reply arrives", || {
        let thread = app.thread(arrived);
        thread.entries.iter().any(|e| matches!(e.delivery, Some(Delivery::Delivered { .. }))).then_some(())
    });
    let filed = mantis.with(|mantis| mantis.issues().iter().filter(|i| i.description.contains("This one")).count());
    assert_eq!(filed, 1);
    runtime.block_on(hub.shutdown());
}

#[test]
fn a_withdrawn_token_is_one_calm_notice_and_a_new_one_sends_what_waits() {
    let runtime = Runtime::new().unwrap();
    let data = tempfile::tempdir().unwrap();
    let mantis = runtime.block_on(Replay::start(Mantis::new().unwrap(), Pace::AtOnce)).unwrap();
    let desktop = Arc::new(Desktop::default());
    let app = App::start(data.path(), &desktop);
    assert_eq!(connect_to(&app, &mantis).outcome, ConnectOutcome::Connected);
    mantis.with(|mantis| mantis.revoke(REPORTER, true));
    let client_id = app.report("Written while the token is withdrawn");
    eventually("that the token is refused", || (app.home().connection == Connection::Refused).then_some(()));
    let waits = |app: &App| matches!(app.row(client_id).delivery, Delivery::Waiting { .. } | Delivery::Sending);
    assert!(waits(&app), "nothing is parked for a credential");
    let said = app.home().notices;
    assert!(said.iter().filter(|notice| notice.code == ErrorCode::Unauthorized).count() <= 1, "{said:?}");
    // The old one again: it is refused before anything is kept, and what waits goes on waiting.
    let report = connect_to(&app, &mantis);
    assert_eq!(problem(&report), Some((StepName::SignIn, ConnectProblem::TokenWrong)));
    assert!(waits(&app));
    mantis.with(|mantis| mantis.revoke(REPORTER, false));
    assert_eq!(connect_to(&app, &mantis).outcome, ConnectOutcome::Connected);
    app.delivered(client_id);
    assert_eq!(app.row(client_id).state, Some(TicketState::New));

    // MantisBT tells its categories, and has neither articles nor ratings.
    let can = view(&app).helpdesk_can;
    assert!(can.categories && !can.articles && can.reply && can.rate == Way::Not, "{can:?}");
    let Response::Categories { categories } = app.ask(Request::Categories).unwrap() else { panic!() };
    assert!(!categories.is_empty());
    let words = "printer".to_owned();
    assert_eq!(app.ask(Request::SearchArticles { words }).unwrap(), Response::Articles { articles: Vec::new() });
    let large = app.upload(UploadOwner::Reply { client_id }, "large.bin", &vec![7; 3 * 1024 * 1024], false);
    assert_eq!(large.unwrap_err().code, ErrorCode::FileTooLarge, "said before its first byte");
}
