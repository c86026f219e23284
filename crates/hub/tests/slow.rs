//! Who holds on to a connection and does not read, write or ask. The hub's patience is shortened; what is cut by it is not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use deskside_hub::Patience;
use reqwest::StatusCode;
use support::{Desk, Device, announced, document};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

const SHORT: Duration = Duration::from_secs(1);

async fn impatient() -> Desk {
    Desk::start_with(|config| {
        config.patience = Patience {
            head: SHORT,
            body_silence: SHORT,
            answer_stalled: SHORT,
            answer: Duration::from_secs(4),
            idle: SHORT,
            ..Patience::default()
        }
    })
    .await
}

fn address(desk: &Desk) -> SocketAddr {
    desk.hub.as_ref().unwrap().address
}

/// A connection with little room for what it does not read.
async fn connect(desk: &Desk) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address(desk)).await.unwrap()
}

/// The connection ends, and not before the time; gives what was read.
async fn is_cut(mut stream: TcpStream, within: Duration) -> Vec<u8> {
    let mut read = Vec::new();
    // A reset is an end too.
    let ended = tokio::time::timeout(within, stream.read_to_end(&mut read)).await;
    assert!(ended.is_ok(), "still open after {within:?}, {} bytes read", read.len());
    read
}

async fn a_large_file(device: &Device) -> (String, usize) {
    // What random bytes are there for: nothing on the way can make them smaller.
    let bytes: Vec<u8> = (0..20 * 1024 * 1024_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut ticket = document("large");
    ticket.attachments.push(announced("large.bin", "application/octet-stream", &bytes));
    assert_eq!(device.send(&ticket).await.status(), StatusCode::CREATED);
    let path = format!("/tickets/{}/attachments/{}", ticket.client_id, ticket.attachments[0].id);
    let size = bytes.len();
    assert_eq!(device.put(&path, bytes).await.status(), StatusCode::NO_CONTENT);
    (path, size)
}

fn get(device: &Device, path: &str) -> String {
    format!("GET /api/v1{path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {}\r\n\r\n", device.credential)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_trickle_and_bodies_that_stop_are_cut() {
    let desk = impatient().await;
    let device = desk.device().await;
    let mut head = connect(&desk).await;
    let started = Instant::now();
    // A byte now and then does not buy time.
    let trickle = async {
        for byte in "GET /api/v1/health HTTP/1.1\r\nX: ".bytes().chain(std::iter::repeat(b'x')) {
            if head.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(8), trickle).await.expect("the head may trickle for ever");
    assert!(started.elapsed() >= SHORT);

    let mut body = connect(&desk).await;
    let request = format!(
        "POST /api/v1/tickets HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 1000\r\n\r\n{{",
        device.credential
    );
    body.write_all(request.as_bytes()).await.unwrap();
    let said = is_cut(body, Duration::from_secs(20)).await;
    let said = String::from_utf8(said).unwrap();
    assert!(said.starts_with("HTTP/1.1 408") || said.starts_with("HTTP/1.1 400"), "{said}");
    assert!(device.changes(None).await.tickets.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_a_download_is_cut_and_who_reads_gets_it() {
    let desk = impatient().await;
    let device = desk.device().await;
    let (path, size) = a_large_file(&device).await;
    let mut held = connect(&desk).await;
    held.write_all(get(&device, &path).as_bytes()).await.unwrap();
    tokio::time::sleep(SHORT * 3).await;
    let read = is_cut(held, Duration::from_secs(5)).await;
    assert!(read.len() < size, "all of it had room on the way: {}", read.len());
    assert_eq!(device.get(&path).await.bytes().await.unwrap().len(), size, "others are not concerned");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_a_little_at_a_time_is_cut_in_the_end() {
    let desk = impatient().await;
    let device = desk.device().await;
    let (path, size) = a_large_file(&device).await;
    let mut slow = connect(&desk).await;
    slow.write_all(get(&device, &path).as_bytes()).await.unwrap();
    let mut read = 0;
    let mut piece = vec![0; 8 * 1024];
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(6) {
        read += slow.read(&mut piece).await.unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // What the system had taken from the hub before that is still on its way.
    read += is_cut(slow, Duration::from_secs(10)).await.len();
    assert!(read < size, "a slow reader holds on: {read} of {size} bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_events_outlives_what_cuts_answers() {
    let desk = impatient().await;
    let device = desk.device().await;
    let mut stream = support::Stream::open(device.request(reqwest::Method::GET, "/events")).await;
    stream.next().await.unwrap();
    // Longer than a stalled answer, an idle connection and a whole answer may take.
    assert!(stream.within(Duration::from_secs(6)).await.is_err(), "the stream ended");
    device.report("news").await;
    assert_eq!(stream.next().await.unwrap().0, "nudge");
}

/// With TLS, and so HTTP/2, where the other end says for each stream how much of it it takes.
async fn secure() -> (Desk, rustls::pki_types::CertificateDer<'static>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificates, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificates, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut desk = Desk::start_with(|config| {
        config.tls = Some(deskside_hub::TlsFiles { certificates, key });
        config.patience = Patience {
            head: SHORT,
            body_silence: SHORT,
            answer_stalled: SHORT,
            answer: Duration::from_secs(30),
            idle: SHORT,
            ..Patience::default()
        };
    })
    .await;
    desk.http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()])
        .resolve("localhost", address(&desk))
        .build()
        .unwrap();
    desk.url = format!("https://localhost:{}", address(&desk).port());
    (desk, made.cert.der().clone(), folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_not_read_ends_though_its_connection_moves() {
    let (desk, _, _folder) = secure().await;
    let device = desk.device().await;
    let (path, size) = a_large_file(&device).await;
    let held = device.get(&path).await;
    assert_eq!((held.status(), held.version()), (StatusCode::OK, reqwest::Version::HTTP_2));
    // The connection lives all the while and answers what the hub asks on it.
    tokio::time::sleep(SHORT * 4).await;
    assert!(held.bytes().await.is_err(), "a stream that is not read holds on");
    assert_eq!(device.get(&path).await.bytes().await.unwrap().len(), size, "on another connection");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_on_which_nothing_is_asked_ends() {
    let (desk, certificate, _folder) = secure().await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let mut stream = connector.connect(name, connect(&desk).await).await.unwrap();
    // The preface and empty settings (RFC 9113, 3.4), and nothing more.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    stream.flush().await.unwrap();
    let mut read = Vec::new();
    let ended = tokio::time::timeout(SHORT * 5, stream.read_to_end(&mut read)).await;
    assert!(ended.is_ok(), "an idle connection holds on");
    assert!(!read.is_empty(), "the hub spoke HTTP/2 with it");
}
