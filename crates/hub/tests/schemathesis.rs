//! Schemathesis makes up requests from the hub's own OpenAPI document, some hundreds, valid and not, one after the other
//! and as stories, and looks whether every answer is one that the document describes and none is a fault of the hub.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use deskside_protocol::ticket::TicketDocument;
use sqlx::Row as _;
use support::programs::schemathesis;
use support::{Desk, Device};

/// Answers that are not described, and faults. What cannot be said in a schema (a cursor is one that the hub gave, a token
/// lasts at most a year) is refused all the same, so "valid by the schema, and yet refused" is not asked.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method";
/// Left out: streams never end, and a made-up request must not end the very session or credential that it is made with.
const LEFT_OUT: &str = "(/events|/session|/session/password|/revoke)$";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_up_requests_find_nothing() {
    if let Err(reason) = schemathesis(&[]) {
        eprintln!("SKIPPED: {reason}");
        return;
    }
    let mut desk = Desk::start(None).await;
    let device = desk.device().await;
    let console = desk.administrator().await;
    let (_, number) = device.report("something to find").await;
    console.say(number, "an answer", false, None).await;

    let folder = tempfile::tempdir().unwrap();
    let Device { credential, .. } = &device;
    let headers = [
        format!("Authorization: Bearer {credential}"),
        format!("Cookie: {}", console.cookie),
        format!("X-CSRF-Token: {}", console.csrf),
    ];
    for part in ["^/api/v1/(tickets|enrol|health|openapi)", "^/api/v1/console"] {
        let document = format!("{}/api/v1/openapi.json", desk.url);
        let mut arguments = vec!["run", &document, "--url", &desk.url];
        for header in &headers {
            arguments.extend(["-H", header]);
        }
        arguments.extend(["--include-path-regex", part, "--exclude-path-regex", LEFT_OUT, "--checks", CHECKS]);
        arguments.extend(["--phases", "fuzzing,stateful", "--max-examples", "15", "--workers", "2"]);
        arguments.extend(["--request-timeout", "20", "--suppress-health-check", "all", "--no-color"]);
        let mut run = schemathesis(&arguments).unwrap();
        run.current_dir(folder.path());
        let out = tokio::task::spawn_blocking(move || run.output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success(), "{said}\n{}", String::from_utf8_lossy(&out.stderr));
        let tested = said.lines().find_map(|line| line.trim().strip_prefix("Tested: ")?.parse::<u32>().ok());
        assert!(tested.is_some_and(|count| count >= 8), "it tested {tested:?} operations\n{said}");
    }
    // The hub is well, and what was there before is as it was, unless it was asked to be erased. The console's session may
    // be over: an administrator may lock any account when there is another administrator, and one may have been made up.
    device.changes(None).await;
    let looking = desk.database().await;
    let erased = sqlx::query("SELECT 1 FROM journal WHERE deed = 'personal-data-erased'");
    if erased.fetch_all(&looking).await.unwrap().is_empty() {
        let kept = sqlx::query("SELECT document FROM tickets WHERE number = $1").bind(number as i64);
        let document: Vec<u8> = kept.fetch_one(&looking).await.unwrap().try_get(0).unwrap();
        let document: TicketDocument = serde_json::from_slice(&document).unwrap();
        assert_eq!(document.description, "something to find");
    }
}
