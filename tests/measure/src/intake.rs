//! How many tickets a helpdesk takes in a second, each with a file of 100 KB: the hub, and Request Tracker as its peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use deskside_protocol::desk::{Enrol, Enrolled};
use deskside_protocol::facts::Facts;
use deskside_protocol::ticket::{AttachmentMeta, Level, Requester, TicketDocument};
use deskside_protocol::{AttachmentId, ClientId, Sha256, Timestamp};
use rand::RngExt as _;
use serde_json::json;
use sha2::Digest as _;

/// Bytes of the file that each ticket brings; noise, so that nothing is gained by packing it, and another one each time.
const FILE: usize = 100_000;
/// What everybody writes.
const TEXT: &str = "The printer on floor 3 prints blank pages since this morning. I have switched it off and on, and have \
                    tried it from a colleague's computer: it is the same. The other printers work.";
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The hub at `url`: tickets a second while so many devices send as fast as they can for so many seconds. A ticket counts
/// when it and its file were acknowledged, which the hub does when both are on the disk.
pub(crate) async fn hub(url: &str, token: &str, devices: &str, seconds: &str) -> anyhow::Result<Vec<f64>> {
    let client = client()?;
    let mut credentials = Vec::new();
    for number in 0..devices.parse::<u32>()? {
        let enrol =
            Enrol { token: token.to_owned(), device_name: format!("pc-{number}"), platform: "linux".to_owned() };
        let answer = client.post(format!("{url}/api/v1/enrol")).json(&enrol).send().await?;
        let enrolled: Enrolled = answer.error_for_status()?.json().await?;
        credentials.push(enrolled.credential);
    }
    let senders = credentials.into_iter().map(|credential| {
        let (client, url) = (client.clone(), url.to_owned());
        async move || to_hub(&client, &url, &credential).await
    });
    rate(senders, seconds).await
}

async fn to_hub(client: &reqwest::Client, url: &str, credential: &str) -> anyhow::Result<()> {
    let bytes = noise();
    let digest: [u8; 32] = sha2::Sha256::digest(&bytes).into();
    let file = AttachmentMeta {
        id: AttachmentId::new(),
        name: "screen.png".to_owned(),
        media_type: "image/png".to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: Sha256::from(digest),
        screenshot: true,
    };
    let (ticket, id) = (ClientId::new(), file.id);
    let document = TicketDocument {
        version: 1,
        client_id: ticket,
        created_at: Timestamp::now(),
        title: "The printer on floor 3 prints blank pages".to_owned(),
        description: TEXT.to_owned(),
        requester: Requester { login: "anna".to_owned(), display_name: None, language: "en".to_owned() },
        can_work: None,
        affected: None,
        urgency: Level::Medium,
        impact: Level::Low,
        category: None,
        helpdesk_category: None,
        findings: Vec::new(),
        facts: Facts::default(),
        health: None,
        attachments: vec![file],
        made_by: "measure".to_owned(),
    };
    let post = client.post(format!("{url}/api/v1/tickets")).bearer_auth(credential).json(&document).send().await?;
    ensure!(post.status() == reqwest::StatusCode::CREATED, "the hub says {}", post.status());
    // Read to its end, so that the connection is used again.
    post.bytes().await?;
    let put = client.put(format!("{url}/api/v1/tickets/{ticket}/attachments/{id}")).bearer_auth(credential);
    let put = put.body(bytes).send().await?;
    ensure!(put.status() == reqwest::StatusCode::NO_CONTENT, "the hub says {}", put.status());
    Ok(())
}

/// Request Tracker at `url` through REST 2.0, as root with this password: tickets a second, the same text and file, while so
/// many clients send as fast as they can. A ticket counts when it was acknowledged.
pub(crate) async fn request_tracker(
    url: &str,
    password: &str,
    clients: &str,
    seconds: &str,
) -> anyhow::Result<Vec<f64>> {
    let client = client()?;
    let senders = (0..clients.parse::<u32>()?).map(|_| {
        let (client, url, password) = (client.clone(), url.to_owned(), password.to_owned());
        async move || {
            let file = base64::engine::general_purpose::STANDARD.encode(noise());
            let ticket = json!({
                "Queue": "General",
                "Subject": "The printer on floor 3 prints blank pages",
                "Requestor": "anna@example.test",
                "Content": TEXT,
                "ContentType": "text/plain",
                "Attachments": [{ "FileName": "screen.png", "FileType": "image/png", "FileContent": file }],
            });
            let post = client.post(format!("{url}/REST/2.0/ticket")).basic_auth("root", Some(&password));
            let answer = post.json(&ticket).send().await?;
            ensure!(answer.status() == reqwest::StatusCode::CREATED, "Request Tracker says {}", answer.status());
            answer.bytes().await?;
            Ok(())
        }
    });
    rate(senders, seconds).await
}

fn client() -> anyhow::Result<reqwest::Client> {
    // Without a provider no client can be made, though everything here is plain HTTP to this machine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?)
}

fn noise() -> Vec<u8> {
    let mut bytes = vec![0; FILE];
    rand::rng().fill(&mut bytes[..]);
    bytes
}

/// Lets all send at once, warms up with one ticket each, and counts what is done within the time.
async fn rate<S>(senders: impl Iterator<Item = S>, seconds: &str) -> anyhow::Result<Vec<f64>>
where
    S: AsyncFnMut() -> anyhow::Result<()>,
{
    let time = Duration::from_secs(seconds.parse()?);
    let done = Arc::new(AtomicU64::new(0));
    let mut senders: Vec<S> = senders.collect();
    for sender in &mut senders {
        sender().await.context("the first ticket")?;
    }
    let begun = Instant::now();
    let all = senders.into_iter().map(|mut sender| {
        let done = Arc::clone(&done);
        async move {
            while begun.elapsed() < time {
                sender().await?;
                // What ends after the time is not counted, and the time is that of what is.
                if begun.elapsed() < time {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
            anyhow::Ok(())
        }
    });
    for ended in futures_util::future::join_all(all).await {
        ended?;
    }
    let count = done.load(Ordering::Relaxed);
    if count == 0 {
        bail!("not one ticket within {seconds} s");
    }
    Ok(vec![count as f64 / time.as_secs_f64(), count as f64])
}
