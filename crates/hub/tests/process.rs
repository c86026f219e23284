//! The program itself: how it starts, what it prints, how it ends, and what is left when it does not end well.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use deskside_hub::{Config, StartError, TlsFiles, commands, serve};
use deskside_protocol::desk::Enrolled;
use deskside_protocol::ticket::TicketDocument;
use deskside_protocol::{ClientId, desk::Receipt};
use reqwest::StatusCode;
use serde_json::json;
use support::programs::{HubProcess, hub};
use support::{Device, announced, client, document, until};

async fn enrolled(url: &str, data: &std::path::Path) -> Device {
    let _set_before = rustls::crypto::ring::default_provider().install_default();
    let token = commands::create_token(data, None, "test", 1, 1).await.unwrap();
    let http = client();
    let body = json!({ "token": token, "device_name": "pc", "platform": "linux" });
    let answer: Enrolled =
        http.post(format!("{url}/api/v1/enrol")).json(&body).send().await.unwrap().json().await.unwrap();
    Device { url: url.to_owned(), http, id: answer.device_id.to_string(), credential: answer.credential }
}

#[tokio::test]
async fn the_first_start_tells_how_to_sign_in_and_later_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = HubProcess::start(folder.path());
    assert!(first.first_password.is_some());
    // Beside the running hub, from the command line.
    let data = folder.path().to_str().unwrap();
    let token =
        hub(&["token", "create", "--data", data, "--label", "lab", "--uses", "2", "--days", "1"]).output().unwrap();
    let token = String::from_utf8(token.stdout).unwrap();
    assert!(token.starts_with("dst_") && token.lines().count() == 1, "{token:?}");
    let added = hub(&["person", "add", "--data", data, "bea", "--name", "Béatrice"]).output().unwrap();
    assert_eq!(String::from_utf8(added.stdout).unwrap().trim().len(), 23, "a made password");
    let twice = hub(&["person", "add", "--data", data, "bea"]).output().unwrap();
    assert!(!twice.status.success());
    assert!(String::from_utf8(twice.stderr).unwrap().contains("the login bea is taken"));
    assert!(first.terminate(), "SIGTERM is a good end");
    let second = HubProcess::start(folder.path());
    assert_eq!(second.first_password, None);
}

#[tokio::test]
async fn a_taken_port_and_a_taken_folder_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let data = folder.path().to_str().unwrap();
    let out = hub(&["serve", "--data", data, "--listen", &address.to_string()]).output().unwrap();
    assert!(!out.status.success());
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains(&format!("{address} is taken")) && said.contains("--listen"), "{said}");
    assert!(out.stdout.is_empty());

    let running = serve(Config::new("127.0.0.1:0".parse().unwrap(), folder.path().to_owned())).await.unwrap();
    let second = serve(Config::new("127.0.0.1:0".parse().unwrap(), folder.path().to_owned())).await;
    assert!(matches!(second, Err(StartError::Running(_))), "{second:?}");
    running.shutdown().await;
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let impossible = serve(Config::new("127.0.0.1:0".parse().unwrap(), file)).await;
    assert!(matches!(impossible, Err(StartError::Data { .. })), "{impossible:?}");
}

/// A ticket is there whole or not at all, whenever the hub dies; what was acknowledged is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_killed_in_the_middle_loses_nothing_and_invents_nothing() {
    const ROUNDS: u32 = 10;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let mut process = HubProcess::start(data);
    let mut device = enrolled(&process.url, data).await;
    let mut sent: Vec<TicketDocument> = Vec::new();
    let file_bytes = vec![7_u8; 300_000];

    for round in 0..ROUNDS {
        let mut acknowledged = Vec::new();
        let tickets: Vec<TicketDocument> = (0..4)
            .map(|n| {
                let mut ticket = document(&format!("round {round} ticket {n}"));
                ticket.attachments.push(announced("a.bin", "application/octet-stream", &file_bytes));
                ticket
            })
            .collect();
        let sending = tickets.iter().map(|ticket| {
            let (device, file_bytes) = (device.clone(), file_bytes.clone());
            let bytes = serde_json::to_vec(ticket).unwrap();
            let path = format!("/tickets/{}/attachments/{}", ticket.client_id, ticket.attachments[0].id);
            let id = ticket.client_id;
            tokio::spawn(async move {
                let post = device.request(reqwest::Method::POST, "/tickets").header("content-type", "application/json");
                let Ok(answer) = post.body(bytes).send().await else { return (id, false, false) };
                let kept = answer.status() == StatusCode::CREATED;
                let put = device.request(reqwest::Method::PUT, &path).body(file_bytes).send().await;
                (id, kept, put.is_ok_and(|answer| answer.status() == StatusCode::NO_CONTENT))
            })
        });
        let sending: Vec<_> = sending.collect();
        tokio::time::sleep(Duration::from_millis(u64::from(round) * 7)).await;
        process.kill();
        for task in sending {
            acknowledged.push(task.await.unwrap());
        }

        process = HubProcess::start(data);
        device.url.clone_from(&process.url);
        for (id, kept, arrived) in acknowledged {
            let receipt = device.get(&format!("/tickets/{id}/receipt")).await;
            if kept {
                assert_eq!(receipt.status(), StatusCode::OK, "an acknowledged ticket is gone");
                let receipt: Receipt = receipt.json().await.unwrap();
                assert!(!arrived || receipt.missing.is_empty(), "an acknowledged file is gone");
                if receipt.missing.is_empty() {
                    let path = format!("/tickets/{id}/attachments/{}", file_of(&tickets, id));
                    assert_eq!(device.get(&path).await.bytes().await.unwrap(), file_bytes);
                }
            }
        }
        // What the agent does: it sends everything again.
        for ticket in &tickets {
            assert!(device.send(ticket).await.status().is_success());
            let path = format!("/tickets/{}/attachments/{}", ticket.client_id, ticket.attachments[0].id);
            assert_eq!(device.put(&path, file_bytes.clone()).await.status(), StatusCode::NO_CONTENT);
        }
        sent.extend(tickets);
    }

    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let changes = device.changes(cursor.as_deref()).await;
        seen.extend(changes.tickets.iter().map(|ticket| ticket.client_id));
        cursor = Some(changes.cursor);
        if !changes.more {
            break;
        }
    }
    let mut wanted: Vec<ClientId> = sent.iter().map(|ticket| ticket.client_id).collect();
    wanted.sort();
    seen.sort();
    assert_eq!(seen, wanted, "tickets in the desk equal tickets sent, none doubled");
}

fn file_of(tickets: &[TicketDocument], id: ClientId) -> deskside_protocol::AttachmentId {
    tickets.iter().find(|ticket| ticket.client_id == id).unwrap().attachments[0].id
}

#[tokio::test]
async fn who_says_nothing_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let hub = serve(Config::new("127.0.0.1:0".parse().unwrap(), folder.path().to_owned())).await.unwrap();
    let address = hub.address;
    let slow = [&b""[..], b"P", b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\nX-Slow: "].map(|said| {
        tokio::task::spawn_blocking(move || {
            let mut slow = TcpStream::connect(address).unwrap();
            slow.write_all(said).unwrap();
            slow.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
            let started = Instant::now();
            let mut rest = Vec::new();
            // An answer (408) or nothing, but an end.
            let _ = slow.read_to_end(&mut rest);
            started.elapsed()
        })
    });
    for waited in slow {
        let waited = waited.await.unwrap();
        assert!(waited < Duration::from_secs(30), "{waited:?}");
    }
    hub.shutdown().await;
}

#[tokio::test]
async fn with_a_certificate_it_speaks_tls() {
    let _set_before = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificates, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificates, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), folder.path().join("data"));
    config.tls = Some(TlsFiles { certificates, key: key.clone() });
    let hub = serve(config.clone()).await.unwrap();
    assert!(hub.url().starts_with("https://"));
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    for only_1 in [false, true] {
        let mut http =
            reqwest::Client::builder().no_proxy().tls_certs_only([trusted.clone()]).resolve("localhost", hub.address);
        if only_1 {
            http = http.http1_only();
        }
        let url = format!("https://localhost:{}/api/v1/health", hub.address.port());
        let http = http.build().unwrap();
        let ours = format!("https://localhost:{}", hub.address.port());
        for (origin, status) in
            [(ours.as_str(), StatusCode::UNAUTHORIZED), ("https://evil.example", StatusCode::FORBIDDEN)]
        {
            let sign_in = http.post(format!("{ours}/api/v1/console/session")).header("origin", origin);
            let answer = sign_in.json(&json!({ "login": "admin", "password": "wrong" })).send().await.unwrap();
            assert_eq!(answer.status(), status, "a browser's sign-in from {origin}");
        }
        let answer = http.get(url).send().await.unwrap();
        assert_eq!(answer.version(), if only_1 { reqwest::Version::HTTP_11 } else { reqwest::Version::HTTP_2 });
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
        assert_eq!(answer.status(), StatusCode::OK);
    }
    hub.shutdown().await;
    std::fs::write(&key, "not a key").unwrap();
    let refused = serve(config).await;
    assert!(matches!(refused, Err(StartError::Tls(_))), "{refused:?}");
}

/// A certificate of its own for localhost, in these files; as whoever trusts only it, and nothing of an earlier one.
fn certified(certificates: &std::path::Path, key: &std::path::Path, address: std::net::SocketAddr) -> reqwest::Client {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(certificates, made.cert.pem()).unwrap();
    std::fs::write(key, made.signing_key.serialize_pem()).unwrap();
    trusting(&made.cert.pem(), address)
}

fn trusting(certificate: &str, address: std::net::SocketAddr) -> reqwest::Client {
    let trusted = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    // Each request by a connection of its own: one that is open keeps the certificate that it began with.
    let builder = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_secs(60));
    builder.tls_certs_only([trusted]).resolve("localhost", address).build().unwrap()
}

async fn is_trusted(http: &reqwest::Client, port: u16) -> bool {
    http.get(format!("https://localhost:{port}/healthz")).send().await.is_ok()
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_without_a_restart() {
    let _set_before = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let (certificates, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let nowhere = "127.0.0.1:1".parse().unwrap();
    certified(&certificates, &key, nowhere);
    let first = std::fs::read_to_string(&certificates).unwrap();
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), folder.path().join("data"));
    config.tls = Some(TlsFiles { certificates: certificates.clone(), key: key.clone() });
    config.patience.certificate = Duration::from_millis(100);
    let hub = serve(config).await.unwrap();
    let (address, port) = (hub.address, hub.address.port());
    let before = trusting(&first, address);
    assert!(is_trusted(&before, port).await);

    // Half of it is written, and then nonsense: what there was goes on.
    std::fs::write(&key, "-----BEGIN PRIVATE KEY-----").unwrap();
    assert!(hub.reload_certificate().is_err());
    assert!(is_trusted(&before, port).await);
    let after = certified(&certificates, &key, address);
    until("the hub shows the new certificate", async || is_trusted(&after, port).await).await;
    assert!(!is_trusted(&before, port).await);
    assert!(!hub.reload_certificate().unwrap(), "it is the one that is there already");
    hub.shutdown().await;
}

/// By hand, for whoever does not want to wait for the next look.
#[tokio::test]
async fn a_hub_that_is_told_to_reads_its_certificate_again() {
    let _set_before = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let (certificates, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    certified(&certificates, &key, "127.0.0.1:1".parse().unwrap());
    let first = std::fs::read_to_string(&certificates).unwrap();
    let files = [certificates.to_str().unwrap(), key.to_str().unwrap()];
    let data = folder.path().join("data");
    let hub = HubProcess::start_with(&data, None, &["--tls-cert", files[0], "--tls-key", files[1]]);
    let address: std::net::SocketAddr = hub.url.strip_prefix("https://").unwrap().parse().unwrap();
    assert!(is_trusted(&trusting(&first, address), address.port()).await);
    let after = certified(&certificates, &key, address);
    hub.hang_up();
    until("the hub shows the new certificate", async || is_trusted(&after, address.port()).await).await;
    drop(after);
    assert!(hub.terminate());
}
