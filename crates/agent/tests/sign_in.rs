//! The employee's sign-in: the agent, the real hub and a real OpenID Connect provider on this machine.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#[path = "../../hub/tests/support/provider.rs"]
mod provider;
mod support;

use std::time::Duration;

use deskside_hub::{Config, SignInConfig};
use deskside_protocol::ErrorCode;
use deskside_protocol::local::{Request, Response};
use deskside_texts::Texts;
use provider::{CLIENT, Provider, Trick};
use support::{App, Desktop, eventually};
use tokio::runtime::Runtime;

#[test]
fn what_waits_for_a_sign_in_says_so_once_and_is_sent_when_somebody_did() {
    let runtime = Runtime::new().unwrap();
    let (hub_data, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let provider = runtime.block_on(Provider::start());
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), hub_data.path().join("hub"));
    config.sign_in = Some(SignInConfig {
        issuer: provider.issuer().parse().unwrap(),
        client_id: CLIENT.to_owned(),
        client_secret: None,
        login_claim: "preferred_username".to_owned(),
        required: true,
        lasts: Duration::from_secs(3600),
    });
    let hub = runtime.block_on(deskside_hub::serve(config)).unwrap();
    let folder = hub_data.path().join("hub");
    let token = runtime.block_on(deskside_hub::commands::create_token(&folder, None, "test", 1, 1)).unwrap();

    let desktop = std::sync::Arc::new(Desktop::default());
    let app = App::start(data.path(), &desktop);
    let (client_id, _) = app.submit(app.draft("The projector stays black"));
    app.ask(Request::Enrol { url: hub.url(), token }).unwrap();
    let said = || app.home().notices.iter().filter(|notice| notice.code == ErrorCode::SignInNeeded).count();
    eventually("that somebody has to sign in", || (said() == 1).then_some(()));

    // The provider says no, or something that proves nothing: it goes on waiting, and the page says so.
    let browse = || {
        assert_eq!(app.ask(Request::SignIn).unwrap(), Response::Done);
        let page = desktop.browsed.lock().unwrap().pop().unwrap();
        let browser = reqwest::Client::builder().no_proxy().build().unwrap();
        runtime.block_on(async { browser.get(page).send().await.unwrap().text().await.unwrap() })
    };
    let texts = Texts::for_language("fr");
    provider.play(Trick::OtherKey);
    assert_eq!(browse(), texts.sign_in_failed());
    assert_eq!(said(), 1);
    provider.play(Trick::None);
    assert_eq!(browse(), texts.sign_in_done());
    app.delivered(client_id);
    eventually("nothing more to be said", || (said() == 0).then_some(()));
    runtime.block_on(hub.shutdown());
}

#[test]
fn a_sign_in_that_ran_out_is_said_although_the_hub_goes_on_without() {
    let runtime = Runtime::new().unwrap();
    let (hub_data, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let provider = runtime.block_on(Provider::start());
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), hub_data.path().join("hub"));
    config.sign_in = Some(SignInConfig {
        issuer: provider.issuer().parse().unwrap(),
        client_id: CLIENT.to_owned(),
        client_secret: None,
        login_claim: "preferred_username".to_owned(),
        required: false,
        lasts: Duration::from_secs(4),
    });
    let hub = runtime.block_on(deskside_hub::serve(config)).unwrap();
    let folder = hub_data.path().join("hub");
    let token = runtime.block_on(deskside_hub::commands::create_token(&folder, None, "test", 1, 1)).unwrap();
    let desktop = std::sync::Arc::new(Desktop::default());
    let app = App::start(data.path(), &desktop);
    app.ask(Request::Enrol { url: hub.url(), token }).unwrap();
    app.delivered(app.report("In the computer's name"));
    let said = || app.home().notices.iter().filter(|notice| notice.code == ErrorCode::SignInNeeded).count();
    support::desk::for_a_while();
    assert_eq!(said(), 0, "nobody has to, and nobody did");

    assert_eq!(app.ask(Request::SignIn).unwrap(), Response::Done);
    let page = desktop.browsed.lock().unwrap().pop().unwrap();
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    runtime.block_on(async { browser.get(page).send().await.unwrap().text().await.unwrap() });
    app.delivered(app.report("In the employee's"));
    assert_eq!(said(), 0);
    eventually("that it ran out", || {
        app.ask(Request::SendNow).unwrap();
        (said() == 1).then_some(())
    });
    runtime.block_on(hub.shutdown());
}
