//! The replay server itself: real bytes come back, faults happen where they are meant to, what no capture covers is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use deskside_contract::mantis::{Mantis, REPORTER};
use deskside_contract::{Fault, Pace, Replay};

fn ask(replay: &Replay<Mantis>, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(replay.url().socket_addrs(|| None).unwrap()[0]).unwrap();
    let text = format!(
        "{request} HTTP/1.1\r\nHost: x\r\nAuthorization: {REPORTER}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    // A server that breaks off may be gone before all of it is written.
    let _broken = stream.write_all(text.as_bytes());
    stream.shutdown(std::net::Shutdown::Write).ok();
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_answers_as_the_real_server_did() {
    let replay = Replay::start(Mantis::new().unwrap(), Pace::AtOnce).await.unwrap();
    let created = ask(
        &replay,
        "POST /api/rest/issues",
        r#"{"summary":"Printer","description":"It jams.","project":{"id":1},"category":{"name":"Hardware"}}"#,
    );
    assert!(created.starts_with("HTTP/1.1 201 Issue Created with id 1\r\n"), "{created}");
    assert!(
        created.contains("X-Mantis-Version: 2.28.4\r\n") && created.contains(r#""summary":"Printer""#),
        "{created}"
    );
    let refused = ask(&replay, "POST /api/rest/issues", r#"{"summary":"#);
    assert!(refused.starts_with("HTTP/1.1 400 Invalid request body or format\r\n"), "{refused}");
    assert!(refused.ends_with("\r\n\r\n"), "the body is empty: {refused}");
    let missing = ask(&replay, "GET /api/rest/issues/7", "");
    assert!(missing.starts_with("HTTP/1.1 404 Issue #7 not found\r\n"), "{missing}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_happen_where_they_are_meant_to() {
    let replay = Replay::start(Mantis::new().unwrap(), Pace::AtOnce).await.unwrap();
    let post = r#"{"summary":"a","description":"b","project":{"id":1},"category":{"name":"Hardware"}}"#;
    let mut filed = 0;
    for (fault, acts, says) in [
        (Fault::BeforeRead, false, ""),
        (Fault::MidRequest(100), false, ""),
        (Fault::AfterActing, true, ""),
        (Fault::MidAnswer(20), true, "HTTP/1.1 201 Issue C"),
        (Fault::Page(502), true, "HTTP/1.1 502"),
        (Fault::PageInstead(200), false, "HTTP/1.1 200"),
        (Fault::Redirect, true, "HTTP/1.1 302"),
        (Fault::None, true, "HTTP/1.1 201"),
    ] {
        replay.faults([fault]);
        let answer = ask(&replay, "POST /api/rest/issues", post);
        assert!(answer.starts_with(says) && answer.is_empty() == says.is_empty(), "{fault:?}: {answer}");
        filed += usize::from(acts);
        assert_eq!(replay.with(|mantis| mantis.issues().len()), filed, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_capture_covers_is_told() {
    let replay = Replay::start(Mantis::new().unwrap(), Pace::AtOnce).await.unwrap();
    assert!(ask(&replay, "GET /api/rest/issues?search=x", "").starts_with("HTTP/1.1 599"));
    assert_eq!(replay.take_uncovered(), ["GET /api/rest/issues: search"]);
}
