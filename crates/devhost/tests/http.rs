//! The agent over HTTP, with a real socket between.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request as HttpRequest, StatusCode};
use deskside_devhost::{Agent, router};
use deskside_ipc::{Endpoint, Server};
use deskside_protocol::local::{Event, PeerRole, Request, Response};
use deskside_protocol::{ErrorCode, ErrorReport};
use futures_util::StreamExt as _;
use tower::ServiceExt as _;

const HOST: &str = "127.0.0.1:4711";

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), future).await.expect("it takes too long")
}

/// An agent that knows one thing, refuses the rest, and tells each client that facts changed.
fn agent(endpoint: &Endpoint) -> tokio::task::JoinHandle<()> {
    let mut server = Server::bind(endpoint).unwrap();
    tokio::spawn(async move {
        while let Ok(peer) = server.accept().await {
            assert_eq!(peer.hello.role, PeerRole::DevHost);
            let (mut calls, sender) = peer.split();
            tokio::spawn({
                let sender = sender.clone();
                async move {
                    while !sender.is_closed() {
                        sender.event(Event::FactsChanged);
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
            });
            while let Some(call) = calls.next().await {
                let outcome = if call.request == Request::SendNow {
                    Ok(Response::Done)
                } else {
                    Err(ErrorReport::new(ErrorCode::NotFound, "this agent knows little"))
                };
                sender.reply(call.id, outcome);
            }
        }
    })
}

struct Host {
    router: Router,
    endpoint: Endpoint,
    _folder: tempfile::TempDir,
}

fn host() -> Host {
    let folder = tempfile::tempdir().unwrap();
    let ui = folder.path().join("ui");
    std::fs::create_dir(&ui).unwrap();
    std::fs::write(ui.join("index.html"), "<!doctype html><title>page</title>").unwrap();
    std::fs::write(folder.path().join("secret"), "not for the browser").unwrap();
    let endpoint = Endpoint::at(folder.path().join("run/agent.sock"));
    let router = router(Agent::new(endpoint.clone()), &ui, HOST.parse().unwrap());
    Host { router, endpoint, _folder: folder }
}

async fn ask(host: &Host, request: HttpRequest<Body>) -> (StatusCode, Vec<u8>) {
    let answer = soon(host.router.clone().oneshot(request)).await.unwrap();
    let status = answer.status();
    (status, soon(to_bytes(answer.into_body(), 1 << 20)).await.unwrap().to_vec())
}

fn post(body: impl Into<Body>) -> HttpRequest<Body> {
    HttpRequest::post("/request")
        .header("host", HOST)
        .header("origin", format!("http://{HOST}"))
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

fn get(path: &str) -> HttpRequest<Body> {
    HttpRequest::get(path).header("host", HOST).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_request_is_answered_by_the_agent() {
    let host = host();
    let _agent = agent(&host.endpoint);
    let (status, body) = ask(&host, post(r#"{"request":"send-now"}"#)).await;
    assert_eq!((status, serde_json::from_slice(&body).unwrap()), (StatusCode::OK, Response::Done));
}

#[tokio::test]
async fn what_goes_wrong_has_the_same_words_as_in_the_window() {
    let host = host();
    let code = |body: &[u8]| serde_json::from_slice::<ErrorReport>(body).unwrap().code;

    let (status, body) = ask(&host, post(r#"{"request":"home"}"#)).await;
    assert_eq!((status, code(&body)), (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::AgentLost), "nobody is there yet");
    let agent = agent(&host.endpoint);
    let (status, body) = ask(&host, post(r#"{"request":"home"}"#)).await;
    assert_eq!((status, code(&body)), (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::NotFound));
    for nonsense in [r#"{"request":"make-coffee"}"#, "", "[]", "\u{0}"] {
        let (status, body) = ask(&host, post(nonsense)).await;
        assert_eq!((status, code(&body)), (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::BadRequest), "{nonsense:?}");
    }
    let (status, _) = ask(&host, post("x".repeat(5 << 20))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "larger than a frame");
    agent.abort();
}

#[tokio::test]
async fn a_page_from_elsewhere_drives_nothing() {
    let host = host();
    let _agent = agent(&host.endpoint);
    let mut foreign = post(r#"{"request":"send-now"}"#);
    foreign.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert_eq!(ask(&host, foreign).await.0, StatusCode::FORBIDDEN);
    let mut rebound = get("/events");
    rebound.headers_mut().insert("host", "evil.example:4711".parse().unwrap());
    assert_eq!(ask(&host, rebound).await.0, StatusCode::FORBIDDEN);
    // What a form or a script can send across origins without asking is no JSON.
    let mut plain = post(r#"{"request":"send-now"}"#);
    plain.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(ask(&host, plain).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn events_begin_with_the_agent_and_end_with_it() {
    let host = host();
    let waiting = tokio::spawn(host.router.clone().oneshot(get("/events")));
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(!waiting.is_finished(), "not open without an agent");

    let agent = agent(&host.endpoint);
    let stream = soon(waiting).await.unwrap().unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut stream = stream.into_body().into_data_stream();
    let mut seen = String::new();
    while !seen.contains("facts-changed") {
        seen.push_str(std::str::from_utf8(&soon(stream.next()).await.unwrap().unwrap()).unwrap());
    }
    assert!(
        seen.contains("data:{\"event\":\"facts-changed\"}") || seen.contains("data: {\"event\":\"facts-changed\"}"),
        "{seen}"
    );
    agent.abort();
    soon(async { while stream.next().await.is_some() {} }).await;
}

#[tokio::test]
async fn the_page_comes_with_its_policy_and_nothing_else_comes() {
    let host = host();
    let page = soon(host.router.clone().oneshot(get("/"))).await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    for path in ["/../secret", "/..%2fsecret", "/%2e%2e/secret", "/secret"] {
        assert_ne!(ask(&host, get(path)).await.0, StatusCode::OK, "{path}");
    }
}
