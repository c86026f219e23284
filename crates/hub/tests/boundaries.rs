//! What the hub answers to what it should not be asked: problem documents, headers, limits, other people's pages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;

use deskside_protocol::ErrorCode;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Desk, announced, assert_problem, document};

/// Problem documents as others see them, without what differs each time.
async fn shown(answer: reqwest::Response) -> Value {
    let mut problem: Value = answer.json().await.unwrap();
    problem["request_id"] = json!("…");
    problem
}

#[tokio::test]
async fn every_refusal_is_a_problem_document() {
    let desk = Desk::start(None).await;
    let device = desk.device().await;
    let http = &desk.http;
    let api = format!("{}/api/v1", desk.url);

    let nowhere = http.get(format!("{api}/nowhere")).send().await.unwrap();
    insta::assert_json_snapshot!(shown(nowhere).await, @r#"
    {
      "code": "not-found",
      "detail": null,
      "request_id": "…",
      "status": 404,
      "title": "Not found",
      "type": "urn:deskside:problem:not-found"
    }
    "#);
    let put = http.put(format!("{api}/tickets")).send().await.unwrap();
    assert!(put.headers().contains_key("allow"));
    assert_problem(put, 405, ErrorCode::BadRequest).await;

    let nobody = http.get(format!("{api}/tickets")).send().await.unwrap();
    insta::assert_json_snapshot!(shown(nobody).await, @r#"
    {
      "code": "unauthorized",
      "detail": "this device's credential is not accepted",
      "request_id": "…",
      "status": 401,
      "title": "Not signed in",
      "type": "urn:deskside:problem:unauthorized"
    }
    "#);
    for credential in ["", "dsk_", "dst_x", "dsk_' OR '1'='1", &"x".repeat(5000)] {
        let answer = http.get(format!("{api}/tickets")).bearer_auth(credential).send().await.unwrap();
        assert_problem(answer, 401, ErrorCode::Unauthorized).await;
    }

    // Bodies: not JSON by name, not JSON by content, JSON of something else, too much of it.
    let as_text = device.request(Method::POST, "/tickets").header("content-type", "text/plain").body("{}");
    assert_problem(as_text.send().await.unwrap(), 415, ErrorCode::BadRequest).await;
    assert_problem(device.send_bytes(b"{".to_vec()).await, 400, ErrorCode::BadRequest).await;
    assert_problem(device.send_bytes(b"[1,2]".to_vec()).await, 400, ErrorCode::BadRequest).await;
    assert_problem(device.send_bytes(vec![b'['; 500_000]).await, 400, ErrorCode::BadRequest).await;
    assert_problem(device.send_bytes(vec![b' '; 1024 * 1024 + 1]).await, 413, ErrorCode::BadRequest).await;
    let enrol = http.post(format!("{api}/enrol")).json(&json!({ "token": 1 })).send().await.unwrap();
    assert_problem(enrol, 422, ErrorCode::BadRequest).await;
    let flood = http.post(format!("{api}/enrol")).json(&json!({ "token": "x".repeat(300_000) })).send().await.unwrap();
    assert_problem(flood, 413, ErrorCode::BadRequest).await;
    for path in ["/tickets/not-an-id/receipt", "/tickets/1%2F..%2F/receipt", "/tickets/%00/receipt"] {
        assert_problem(device.get(path).await, 404, ErrorCode::NotFound).await;
    }
}

#[tokio::test]
async fn documents_that_do_not_fit_are_refused_for_good() {
    let desk = Desk::start(None).await;
    let device = desk.device().await;
    let file = |name: &str, media_type: &str, size: u64| {
        let mut meta = announced(name, media_type, b"x");
        meta.size_bytes = size;
        meta
    };
    let mut newer = document("x");
    newer.version = 2;
    assert_problem(device.send(&newer).await, 422, ErrorCode::Refused).await;
    assert_problem(device.send(&document(" \n")).await, 422, ErrorCode::TextMissing).await;
    assert_problem(device.send(&document(&"é".repeat(10_001))).await, 422, ErrorCode::TextTooLong).await;
    let with = |files: Vec<_>| {
        let mut given = document("files");
        given.attachments = files;
        given
    };
    let many = with((0..11).map(|n| file(&format!("{n}"), "text/plain", 1)).collect());
    assert_problem(device.send(&many).await, 422, ErrorCode::TooManyFiles).await;
    let large = with(vec![file("a", "text/plain", 25 * 1024 * 1024 + 1)]);
    assert_problem(device.send(&large).await, 413, ErrorCode::FileTooLarge).await;
    let all = with((0..3).map(|n| file(&format!("{n}"), "text/plain", 21 * 1024 * 1024)).collect());
    assert_problem(device.send(&all).await, 413, ErrorCode::FileTooLarge).await;
    assert_problem(device.send(&with(vec![file("a.html", "text/html", 1)])).await, 422, ErrorCode::FileType).await;
    let twice = file("a", "text/plain", 1);
    assert_problem(device.send(&with(vec![twice.clone(), twice])).await, 400, ErrorCode::BadRequest).await;
    assert!(device.changes(None).await.tickets.is_empty(), "nothing of it was kept");
}

#[tokio::test]
async fn a_refusal_is_heard_however_much_was_being_sent() {
    let desk = Desk::start(None).await;
    let device = desk.device().await;
    for _ in 0..20 {
        let path = format!("/tickets/{}/attachments/{}", document("").client_id, announced("a", "text/plain", b"").id);
        assert_problem(device.put(&path, vec![0; 8 * 1024 * 1024]).await, 404, ErrorCode::NotFound).await;
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let desk = Desk::start(None).await;
    for path in ["/api/v1/health", "/api/v1/nowhere", "/console/nowhere", "/", "/nowhere", "/console/assets/gone.js"] {
        let answer = desk.http.get(format!("{}{path}", desk.url)).send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert!(header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(!header("x-request-id").is_empty(), "{path}");
        assert_eq!(header("strict-transport-security"), "", "not without TLS: {path}");
    }
    let home = desk.http.get(&desk.url).send().await.unwrap();
    assert_eq!(
        (home.status(), home.headers()["location"].to_str().unwrap()),
        (StatusCode::TEMPORARY_REDIRECT, "/console/")
    );

    let secure = Desk::start_with(|config| config.public_url = Some("https://desk.example".parse().unwrap())).await;
    let answer = secure.http.get(format!("{}/api/v1/health", secure.url)).send().await.unwrap();
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    let signed_in = secure.try_sign_in("admin", &secure.made_password()).await;
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-deskside_session=dss_"), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Secure; Path=/"), "{cookie}");
}

#[tokio::test]
async fn no_address_leads_out_of_the_console() {
    let desk = Desk::start(None).await;
    for path in [
        "..%2f..%2fpackage.json",
        "%2e%2e/%2e%2e/package.json",
        "..%5c..%5cpackage.json",
        "%2fetc%2fpasswd",
        "assets/..%2f..%2f..%2fpackage.json",
    ] {
        let answer = desk.http.get(format!("{}/console/{path}", desk.url)).send().await.unwrap();
        let text = answer.text().await.unwrap();
        assert!(!text.contains("devDependencies") && !text.contains("root:"), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_change_needs_our_own_page_and_its_token() {
    let mut desk = Desk::start(None).await;
    let device = desk.device().await;
    let (_, number) = device.report("help").await;
    let console = desk.administrator().await;
    let path = format!("/console/tickets/{number}");
    let close = json!({ "state": "closed" });
    let patch = || desk.http.patch(format!("{}/api/v1{path}", desk.url)).header("cookie", &console.cookie).json(&close);

    assert_problem(patch().send().await.unwrap(), 403, ErrorCode::Forbidden).await;
    assert_problem(patch().header("x-csrf-token", "0".repeat(64)).send().await.unwrap(), 403, ErrorCode::Forbidden)
        .await;
    let other = desk.sign_in("admin", support::PASSWORD).await;
    assert_problem(patch().header("x-csrf-token", &other.csrf).send().await.unwrap(), 403, ErrorCode::Forbidden).await;
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let request = console.request(Method::PATCH, &path).header(name, value).json(&close);
        assert_problem(request.send().await.unwrap(), 403, ErrorCode::Forbidden).await;
    }
    let foreign =
        desk.http.post(format!("{}/api/v1/console/session", desk.url)).header("origin", "https://evil.example");
    let foreign = foreign.json(&json!({ "login": "admin", "password": support::PASSWORD }));
    assert_problem(foreign.send().await.unwrap(), 403, ErrorCode::Forbidden).await;
    // A form of another site cannot say that it is JSON.
    let form = desk.http.post(format!("{}/api/v1/console/session", desk.url)).header("content-type", "text/plain");
    assert_problem(form.body("{}").send().await.unwrap(), 415, ErrorCode::BadRequest).await;

    assert_eq!(console.ticket(number).await.row.state, deskside_protocol::ticket::TicketState::New);
    let own = console.request(Method::PATCH, &path).header("origin", &desk.url).header("sec-fetch-site", "same-origin");
    assert_eq!(own.json(&close).send().await.unwrap().status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn guessing_passwords_ends_soon_and_tells_nothing() {
    let mut desk = Desk::start(None).await;
    desk.administrator().await;
    let known = shown(desk.try_sign_in("admin", "wrong password").await).await;
    let unknown = shown(desk.try_sign_in("no-such-person", "wrong password").await).await;
    assert_eq!(known, unknown);
    let mut limited = None;
    for _ in 0..20 {
        let answer = desk.try_sign_in("admin", "wrong password").await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.expect("guessing was never limited");
    let wait: u64 = limited.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_problem(limited, 429, ErrorCode::Busy).await;
    assert_problem(desk.try_sign_in("admin", support::PASSWORD).await, 429, ErrorCode::Busy).await;
}

#[tokio::test]
async fn guessing_many_passwords_at_once_gains_nothing() {
    let desk = Desk::start(None).await;
    let guesses = (0..40).map(|_| desk.try_sign_in("admin", "wrong password"));
    let answers = futures_util::future::join_all(guesses).await;
    let heard = answers.iter().filter(|answer| answer.status() == StatusCode::UNAUTHORIZED).count();
    assert!((1..=10).contains(&heard), "{heard} guesses were answered");
}

#[tokio::test]
async fn signing_in_well_is_never_limited() {
    let mut desk = Desk::start(None).await;
    for _ in 0..30 {
        desk.administrator().await;
    }
}

#[tokio::test]
async fn a_device_in_a_frenzy_is_slowed_down_and_others_are_not() {
    let desk = Desk::start(None).await;
    let (frantic, calm) = (desk.device().await, desk.device().await);
    let mut limited = None;
    for _ in 0..40 {
        let burst = futures_util::future::join_all((0..50).map(|_| frantic.get("/tickets"))).await;
        limited = burst.into_iter().find(|answer| answer.status() == StatusCode::TOO_MANY_REQUESTS);
        if limited.is_some() {
            break;
        }
    }
    let limited = limited.expect("never slowed down");
    assert!(limited.headers().contains_key("retry-after"));
    assert_problem(limited, 429, ErrorCode::Busy).await;
    assert_eq!(calm.get("/tickets").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn nothing_in_a_file_runs_in_the_browser() {
    let mut desk = Desk::start(None).await;
    let device = desk.device().await;
    let console = desk.administrator().await;
    let html = b"<html><script>alert(1)</script>";
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    for (name, said, bytes, given, disposition) in [
        ("real.png", "image/png", &png[..], "image/png", "inline"),
        // What the sender says is not believed: the bytes decide.
        ("evil.png", "image/png", html, "application/octet-stream", "attachment"),
        ("evil.svg", "image/png", svg, "application/octet-stream", "attachment"),
        ("page.html", "text/plain", html, "application/octet-stream", "attachment"),
        ("shot.txt", "text/plain", png, "image/png", "inline"),
        ("doc.pdf", "application/pdf", b"%PDF-1.7", "application/octet-stream", "attachment"),
        ("empty", "application/octet-stream", b"", "application/octet-stream", "attachment"),
    ] {
        let mut ticket = document(name);
        let file = announced(name, said, bytes);
        ticket.attachments.push(file.clone());
        device.send(&ticket).await;
        let path = format!("/tickets/{}/attachments/{}", ticket.client_id, file.id);
        assert_eq!(device.put(&path, bytes.to_vec()).await.status(), StatusCode::NO_CONTENT, "{name}");
        for answer in [console.get(&format!("/console/attachments/{}", file.id)).await, device.get(&path).await] {
            let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), given, "{name}");
            assert!(header("content-disposition").starts_with(&format!("{disposition}; filename=")), "{name}");
            assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'", "{name}");
            assert_eq!(header("x-content-type-options"), "nosniff", "{name}");
            assert_eq!(header("content-length"), bytes.len().to_string(), "{name}");
            assert_eq!(answer.bytes().await.unwrap(), bytes, "{name}");
        }
    }
    let stranger = desk.http.get(format!("{}/api/v1/console/attachments/{}", desk.url, announced("", "", b"").id));
    assert_problem(stranger.send().await.unwrap(), 401, ErrorCode::Unauthorized).await;
}

#[tokio::test]
async fn passwords_and_credentials_are_not_in_the_database() {
    let mut desk = Desk::start(None).await;
    let made = desk.made_password();
    let token = desk.token(1).await;
    let device = desk.device().await;
    let console = desk.administrator().await;
    let secrets = [
        made,
        token,
        device.credential,
        support::PASSWORD.to_owned(),
        console.cookie.split_once('=').unwrap().1.to_owned(),
        console.csrf.clone(),
    ];
    let folder = desk.config.data.clone();
    let held = std::fs::read_dir(&folder).unwrap().filter_map(|entry| std::fs::read(entry.unwrap().path()).ok());
    for bytes in held {
        for secret in &secrets {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "a secret is on the disk");
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("hub.sqlite3")), 0o600);
    }
}

#[tokio::test]
async fn the_openapi_document_has_every_route() {
    let desk = Desk::start(None).await;
    let document: Value =
        desk.http.get(format!("{}/api/v1/openapi.json", desk.url)).send().await.unwrap().json().await.unwrap();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            described.insert(format!("{} {}", method.to_uppercase(), path.strip_prefix("/api/v1").unwrap()));
            assert!(
                operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()),
                "{method} {path}"
            );
            assert!(operation["summary"].as_str().is_some_and(|words| !words.is_empty()), "{method} {path}");
        }
    }
    insta::assert_snapshot!(described.iter().cloned().collect::<Vec<_>>().join("\n"), @r"
    DELETE /console/people/{login}
    DELETE /console/session
    DELETE /console/tickets/{number}/files/{id}
    DELETE /sign-in
    GET /console/attachments/{id}
    GET /console/devices
    GET /console/enrolment-tokens
    GET /console/events
    GET /console/journal
    GET /console/people
    GET /console/requester
    GET /console/requester/export
    GET /console/retention
    GET /console/session
    GET /console/tickets
    GET /console/tickets/{number}
    GET /desk
    GET /events
    GET /health
    GET /openapi.json
    GET /tickets
    GET /tickets/{client_id}/attachments/{id}
    GET /tickets/{client_id}/receipt
    PATCH /console/people/{login}
    PATCH /console/tickets/{number}
    POST /console/devices/{id}/revoke
    POST /console/enrolment-tokens
    POST /console/enrolment-tokens/{id}/revoke
    POST /console/people
    POST /console/people/{login}/reset-password
    POST /console/requester/erase
    POST /console/session
    POST /console/session/password
    POST /console/tickets/{number}/follow-ups
    POST /enrol
    POST /sign-in
    POST /sign-in/finish
    POST /tickets
    POST /tickets/{client_id}/follow-ups
    POST /tickets/{client_id}/verdicts
    PUT /console/tickets/{number}/files/{id}
    PUT /tickets/{client_id}/attachments/{id}
    ");
    // What is described is served: none of it is unknown to the router.
    for operation in &described {
        let (method, path) = operation.split_once(' ').unwrap();
        let path = path
            .replace("{client_id}", "01936b2a-7d4f-7c10-8000-000000000001")
            .replace("{id}", "01936b2a-7d4f-7c10-8000-000000000001")
            .replace("{number}", "1")
            .replace("{login}", "admin");
        let answer =
            desk.http.request(method.parse().unwrap(), format!("{}/api/v1{path}", desk.url)).send().await.unwrap();
        assert!(![404, 405].contains(&answer.status().as_u16()), "{operation}: {}", answer.status());
    }
    // No reference leads nowhere.
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document["components"]["schemas"][reference].is_object(), "{reference} is not described");
    }
}

#[tokio::test]
async fn a_person_is_changed_as_asked_or_not_at_all() {
    let mut desk = Desk::start(None).await;
    let admin = desk.administrator().await;
    let bea = json!({ "login": "bea", "display_name": "Bea", "role": "technician", "password": "a first password" });
    assert_eq!(admin.post("/console/people", &bea).await.status(), StatusCode::CREATED);
    sqlx::query(
        "CREATE TRIGGER disk_full BEFORE UPDATE ON people WHEN NEW.password_hash <> OLD.password_hash
         BEGIN SELECT RAISE(ABORT, 'the password cannot be written'); END",
    )
    .execute(&desk.database().await)
    .await
    .unwrap();
    let change = json!({ "role": "administrator", "password": "another password" });
    let answer = admin.patch("/console/people/bea", &change).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let people: Vec<Value> = admin.get("/console/people").await.json().await.unwrap();
    let role = people.iter().find(|person| person["login"] == "bea").map(|person| person["role"].clone());
    assert_eq!(role, Some(json!("technician")), "what failed gave no power");
}

#[tokio::test]
async fn a_thread_of_full_length_ends_for_devices_and_can_still_be_closed() {
    let mut desk = Desk::start(None).await;
    let device = desk.device().await;
    let (id, number) = device.report("help").await;
    let console = desk.administrator().await;
    let path = format!("/console/tickets/{number}");
    assert_eq!(console.patch(&path, &json!({ "state": "solved" })).await.status(), StatusCode::NO_CONTENT);
    sqlx::query(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 999)
         INSERT INTO follow_ups (client_id, id, position, author, at, text, internal, digest)
         SELECT $1, printf('01936b2a-7d4f-7c10-8000-%012x', n), n, 'requester', 0, 'again', 0, 'x' FROM n",
    )
    .bind(id.to_string())
    .execute(&desk.database().await)
    .await
    .unwrap();
    assert_problem(device.reply(id, "and again").await, 422, ErrorCode::Refused).await;
    for more in [json!({ "verdict": "reopen", "text": "and again" }), json!({ "verdict": "confirm" })] {
        assert_problem(device.verdict(id, more).await, 422, ErrorCode::Refused).await;
    }
    let stars = json!({ "verdict": "rate", "stars": 5 });
    assert_eq!(device.verdict(id, stars).await.status(), StatusCode::NO_CONTENT, "it adds nothing to the thread");
    assert_eq!(console.patch(&path, &json!({ "state": "closed" })).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(console.ticket(number).await.thread.len(), 1001);
}
