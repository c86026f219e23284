//! Employees sign in with OpenID Connect: a real provider on this machine, the hub, and the device's own part of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use deskside_helpdesk::hub::HubDesk;
use deskside_helpdesk::hub_sign_in::{Farewell, SignIn};
use deskside_helpdesk::{Again, HelpdeskError};
use deskside_hub::SignInConfig;
use deskside_protocol::ErrorCode;
use deskside_protocol::desk::{SignInBegun, SignedInPerson};
use reqwest::StatusCode;
use serde_json::json;
use support::provider::{CLIENT, Provider, Trick};
use support::{Desk, Device, assert_problem, document, fresh_database, until, with_postgres};

async fn hub(provider: &Provider, required: bool) -> Desk {
    hub_on(None, provider, required).await
}

async fn hub_on(database: Option<String>, provider: &Provider, required: bool) -> Desk {
    Desk::start_with(|config| {
        config.database = database;
        config.sign_in = Some(SignInConfig {
            issuer: provider.issuer().parse().unwrap(),
            client_id: CLIENT.to_owned(),
            client_secret: None,
            login_claim: "preferred_username".to_owned(),
            required,
            lasts: Duration::from_secs(3600),
        });
    })
    .await
}

/// What a person does: opens the page, and is brought back by the browser.
async fn signs_in(device: &Device) -> Result<SignedInPerson, HelpdeskError> {
    let desk = HubDesk::new(&device.url.parse().unwrap(), &device.credential).unwrap();
    let farewell = Farewell { done: "You can close this page.".to_owned(), failed: "That did not work.".to_owned() };
    let (page, shown) = tokio::sync::oneshot::channel();
    let begun = SignIn::begin(&desk).await?;
    let url = begun.url().clone();
    tokio::spawn(async move {
        let browser = reqwest::Client::builder().no_proxy().build().unwrap();
        // Somebody else who knows the port, first.
        let back = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        let guess = browser.get(format!("{back}?code=guessed&state=guessed")).send().await.unwrap();
        assert_eq!(guess.status(), StatusCode::NOT_FOUND);
        let text = browser.get(url).send().await.unwrap().text().await.unwrap();
        page.send(text).unwrap();
    });
    let outcome = begun.finish(&desk, &farewell).await;
    let wanted = if outcome.is_ok() { &farewell.done } else { &farewell.failed };
    assert_eq!(shown.await.unwrap(), *wanted);
    outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_takes_nothing_new_until_its_employee_has_signed_in() {
    let provider = Provider::start().await;
    let hub = hub(&provider, true).await;
    let device = hub.device().await;
    let written = document("Before anybody signed in");
    assert_problem(device.send(&written).await, 401, ErrorCode::SignInNeeded).await;
    let desk = HubDesk::new(&device.url.parse().unwrap(), &device.credential).unwrap();
    let standing = desk.desk().await.unwrap().sign_in.unwrap();
    assert!(standing.required && standing.person.is_none());

    let person = signs_in(&device).await.unwrap();
    assert_eq!(person.name, "Anna Ström");
    assert_eq!(desk.desk().await.unwrap().sign_in.unwrap().person, Some(person));
    assert_eq!(device.send(&written).await.status(), StatusCode::CREATED, "the same, after all");

    // Another device is not signed in by that.
    let other = hub.device().await;
    assert_problem(other.send(&document("Mine")).await, 401, ErrorCode::SignInNeeded).await;
    // When it is over, what is here is still known, and only what is new waits.
    desk.sign_out().await.unwrap();
    assert_eq!(device.send(&written).await.status(), StatusCode::OK);
    assert_eq!(device.reply(written.client_id, "And another thing").await.status(), StatusCode::CREATED);
    assert_problem(device.send(&document("After")).await, 401, ErrorCode::SignInNeeded).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_proves_nothing_signs_nobody_in() {
    let provider = Provider::start().await;
    let hub = hub(&provider, true).await;
    let device = hub.device().await;
    for trick in [
        Trick::Nonce,
        Trick::Audience,
        Trick::Issuer,
        Trick::Expired,
        Trick::OtherKey,
        Trick::Unsigned,
        Trick::SharedSecret,
        Trick::NoName,
    ] {
        provider.play(trick);
        let error = signs_in(&device).await.unwrap_err();
        assert_eq!((error.code, error.again), (ErrorCode::Forbidden, Again::Permanent), "{trick:?}: {error}");
    }
    provider.play(Trick::None);
    provider.who("anna' OR 1=1");
    assert_eq!(signs_in(&device).await.unwrap_err().code, ErrorCode::Forbidden, "that is no name of a directory");
    assert_problem(device.send(&document("Nobody")).await, 401, ErrorCode::SignInNeeded).await;
    provider.who("anna");
    signs_in(&device).await.unwrap();
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_good_once_for_the_device_that_began() {
    let provider = Provider::start().await;
    let hub = hub(&provider, false).await;
    let (device, thief) = (hub.device().await, hub.device().await);
    let back = "http://127.0.0.1:4711/signed-in";
    let begun: SignInBegun = device.post("/sign-in", &json!({ "redirect_uri": back })).await.json().await.unwrap();
    let brought = device.http.get(&begun.authorization_url).send().await.unwrap();
    let location: url::Url = brought.headers()["location"].to_str().unwrap().parse().unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let finish = json!({ "code": code, "state": begun.state });
    assert_problem(thief.post("/sign-in/finish", &finish).await, 403, ErrorCode::Forbidden).await;
    let made_up = json!({ "code": code, "state": "made up" });
    assert_problem(device.post("/sign-in/finish", &made_up).await, 403, ErrorCode::Forbidden).await;
    assert_eq!(device.post("/sign-in/finish", &finish).await.status(), StatusCode::OK);
    assert_problem(device.post("/sign-in/finish", &finish).await, 403, ErrorCode::Forbidden).await;
    let elsewhere = json!({ "redirect_uri": "http://evil.example:1/signed-in" });
    assert_problem(device.post("/sign-in", &elsewhere).await, 400, ErrorCode::BadRequest).await;
    // Where nobody has to sign in, nobody is held up.
    assert_eq!(thief.send(&document("Not signed in")).await.status(), StatusCode::CREATED);
    hub.stop().await;
}

#[test]
fn what_one_hub_began_another_ends() {
    with_postgres(async |server| {
        let provider = Provider::start().await;
        let one = hub_on(Some(fresh_database(server, "two_sign_ins").await), &provider, true).await;
        let other = one.beside().await;
        let device = one.device().await;
        let back = "http://127.0.0.1:4711/signed-in";
        let begun: SignInBegun = device.post("/sign-in", &json!({ "redirect_uri": back })).await.json().await.unwrap();
        let brought = device.http.get(&begun.authorization_url).send().await.unwrap();
        let location: url::Url = brought.headers()["location"].to_str().unwrap().parse().unwrap();
        let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let finish = json!({ "code": code, "state": begun.state });
        let there = Device { url: other.url.clone(), ..device.clone() };
        assert_eq!(there.post("/sign-in/finish", &finish).await.status(), StatusCode::OK);
        assert_problem(device.post("/sign-in/finish", &finish).await, 403, ErrorCode::Forbidden).await;
        assert_eq!(device.send(&document("Signed in")).await.status(), StatusCode::CREATED);
        other.stop().await;
        one.stop().await;
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_nobody_ended_is_over() {
    let provider = Provider::start().await;
    let hub = hub(&provider, false).await;
    let device = hub.device().await;
    let begin = json!({ "redirect_uri": "http://127.0.0.1:4711/signed-in" });
    let first: SignInBegun = device.post("/sign-in", &begin).await.json().await.unwrap();
    let second: SignInBegun = device.post("/sign-in", &begin).await.json().await.unwrap();
    let finish = |begun: &SignInBegun| json!({ "code": "any", "state": begun.state });
    let begun_anew = device.post("/sign-in/finish", &finish(&first)).await;
    let said = assert_problem(begun_anew, 403, ErrorCode::Forbidden).await.detail.unwrap();
    assert!(said.contains("begin again"), "{said}");
    let rows = hub.database().await;
    let kept = sqlx::query("UPDATE begun_sign_ins SET at = at - 600000").execute(&rows).await.unwrap();
    assert_eq!(kept.rows_affected(), 1);
    let said = assert_problem(device.post("/sign-in/finish", &finish(&second)).await, 403, ErrorCode::Forbidden).await;
    assert!(said.detail.unwrap().contains("begin again"));
    rows.close().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_change_right_after_they_were_read_are_looked_for_once() {
    let provider = Provider::start().await;
    let hub = hub(&provider, true).await;
    let device = hub.device().await;
    let begin = json!({ "redirect_uri": "http://127.0.0.1:4711/signed-in" });
    assert_eq!(device.post("/sign-in", &begin).await.status(), StatusCode::OK);
    provider.change_keys();
    signs_in(&device).await.unwrap();
    assert_eq!(provider.asked(), 2);
    // Whoever sends bad tokens does not make us ask each time, and a token of the wrong kind never does.
    for trick in [Trick::OtherKey, Trick::OtherKey, Trick::SharedSecret] {
        provider.play(trick);
        assert_eq!(signs_in(&device).await.unwrap_err().code, ErrorCode::Forbidden);
    }
    assert_eq!(provider.asked(), 2);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_away_is_not_asked_by_each_who_waits() {
    let provider = Provider::start().await;
    let hub = hub(&provider, true).await;
    let device = hub.device().await;
    let begin = json!({ "redirect_uri": "http://127.0.0.1:4711/signed-in" });
    provider.away(true);
    for _ in 0..3 {
        assert_problem(device.post("/sign-in", &begin).await, 503, ErrorCode::Unreachable).await;
    }
    assert_eq!(provider.asked(), 1);
    provider.away(false);
    until("it is asked again", async || device.post("/sign-in", &begin).await.status() == StatusCode::OK).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_provider_nobody_signs_in() {
    let hub = Desk::start(None).await;
    let device = hub.device().await;
    let begin = json!({ "redirect_uri": "http://127.0.0.1:4711/signed-in" });
    assert_problem(device.post("/sign-in", &begin).await, 404, ErrorCode::NotFound).await;
    hub.stop().await;
}
