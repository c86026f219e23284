//! "It happened at 10:42": the moment that the user points at, and what leaves because of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod support;

use std::time::Duration;

use deskside_protocol::health::HealthSample;
use deskside_protocol::local::*;
use deskside_protocol::ticket::TicketDocument;
use deskside_protocol::{DraftId, ErrorCode, Timestamp};
use support::desk::Desk;
use support::{App, Desktop, eventually};

fn samples(app: &App) -> Vec<HealthSample> {
    let Response::Health { samples } = app.ask(Request::Health).unwrap() else { panic!() };
    samples
}

fn set_moment(app: &App, draft: DraftId, moment: Option<Timestamp>) -> Draft {
    let Response::Draft(draft) = app.ask(Request::SetMoment { draft, moment }).unwrap() else { panic!() };
    draft
}

fn document(preview: &Preview) -> TicketDocument {
    serde_json::from_str(&preview.document).unwrap()
}

#[test]
fn the_slice_around_the_moment_leaves_and_nothing_else_of_the_half_hour() {
    let desk = Desk::start();
    let folder = tempfile::tempdir().unwrap();
    let sampling = |options: &mut deskside_agent::controller::Options| options.sample = Duration::from_millis(20);
    let app = App::start_with(folder.path(), &Desktop::enrolled(&desk.url()), sampling);
    let taken = eventually("some samples", || Some(samples(&app)).filter(|samples| samples.len() > 3));
    // The first samples may be older than the connection.
    eventually("a sample that knows of the desk", || {
        samples(&app).last().is_some_and(|last| last.helpdesk == Some(true)).then_some(())
    });

    let draft = app.draft("Everything froze");
    assert_eq!(document(&app.preview(draft)).health, None, "nothing leaves that nobody pointed at");
    let long_ago = Timestamp::from_unix_ms(taken[0].at.unix_ms() - 3_600_000);
    assert_eq!(app.code(Request::SetMoment { draft, moment: Some(long_ago) }), ErrorCode::NotFound);

    let moment = taken[1].at;
    let kept = set_moment(&app, draft, Some(moment)).health.unwrap();
    assert_eq!(kept.moment, moment);
    // It survives the agent, whose memory does not.
    let app = App::start(folder.path(), &app.kill());
    assert_eq!(samples(&app), []);
    let (client_id, preview) = app.submit(draft);
    assert_eq!(document(&preview).health, Some(kept));
    app.delivered(client_id);
    assert_eq!(desk.with(client_id, |ticket| ticket.document.clone()), Some(Some(document(&preview))));
}

#[test]
fn a_moment_can_be_taken_back_and_grows_while_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    let desktop = std::sync::Arc::new(Desktop::default());
    let sampling = |options: &mut deskside_agent::controller::Options| options.sample = Duration::from_millis(100);
    let app = App::start_with(folder.path(), &desktop, sampling);
    eventually("a sample", || (!samples(&app).is_empty()).then_some(()));
    let draft = app.draft("Now");
    let first = set_moment(&app, draft, Some(Timestamp::now())).health.unwrap();
    let fuller = eventually("more of it", || {
        let now = document(&app.preview(draft)).health.unwrap();
        (now.samples.len() > first.samples.len()).then_some(now)
    });
    assert!(fuller.samples.starts_with(&first.samples));
    assert_eq!(set_moment(&app, draft, None).health, None);
    assert_eq!(document(&app.preview(draft)).health, None);
    app.ask(Request::EraseData).unwrap();
    assert!(samples(&app).len() < 3, "the half hour was forgotten with the rest");
}
