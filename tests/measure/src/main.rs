//! The figures of `cargo xtask bench` that must be taken by optimised code, as xtask itself is not. Prints one number, in
//! milliseconds.
#![expect(clippy::print_stdout, reason = "the number is what xtask reads")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use deskside_ipc::{Client, ClientError, Endpoint};
use deskside_protocol::ErrorCode;
use deskside_protocol::local::{DraftChange, PeerRole, Request, Response, UploadOwner};

/// How often the facts are collected.
const COLLECTIONS: usize = 30;
/// How many tickets are submitted.
const TICKETS: usize = 200;
/// Size of the file that each brings, in bytes: a picture of a part of the screen.
const FILE_BYTES: usize = 200_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let what = arguments.next().context("say what to measure: facts, or keep SOCKET")?;
    let ms = match (what.to_str(), arguments.next()) {
        (Some("facts"), None) => facts().await,
        (Some("keep"), Some(socket)) => keep(Endpoint::at(PathBuf::from(socket))).await?,
        other => bail!("there is nothing to measure called {other:?}"),
    };
    println!("{ms:.2}");
    Ok(())
}

/// The value below which a share of all lies.
fn share_below(mut times: Vec<Duration>, share: f64) -> f64 {
    times.sort_unstable();
    // At least one; truncation is meant.
    let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// Median time to collect what a ticket needs before the window shows.
async fn facts() -> f64 {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let context = deskside_facts::Context::new(Vec::new(), home);
    let sections = deskside_facts::light();
    let mut times = Vec::new();
    for _ in 0..COLLECTIONS {
        let begun = Instant::now();
        let facts = deskside_facts::collect(&context, &sections).await;
        times.push(begun.elapsed());
        drop(facts);
    }
    share_below(times, 0.5)
}

/// Time from Submit to "kept, durably", 99 of 100 times.
async fn keep(endpoint: Endpoint) -> anyhow::Result<f64> {
    let client = Client::connect(&endpoint, PeerRole::CommandLine).await?;
    let data_base64 = base64::engine::general_purpose::STANDARD.encode(vec![b'x'; FILE_BYTES]);
    let mut times = Vec::new();
    for number in 0..TICKETS {
        let Response::Draft(draft) = client.request(Request::OpenDraft { draft: None }).await? else {
            bail!("no draft")
        };
        let change = DraftChange { text: Some(format!("measured {number}")), ..DraftChange::default() };
        client.request(Request::SaveDraft { draft: draft.id, change }).await?;
        let begin = Request::BeginUpload {
            owner: UploadOwner::Draft { draft: draft.id },
            name: "measured.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: FILE_BYTES as u64,
            screenshot: false,
        };
        let Response::Upload { upload } = client.request(begin).await? else { bail!("no upload") };
        client.request(Request::UploadPiece { upload, offset: 0, data_base64: data_base64.clone() }).await?;
        client.request(Request::FinishUpload { upload }).await?;
        times.push(submit(&client, draft.id).await?);
    }
    Ok(share_below(times, 0.99))
}

/// Submits a draft and returns how long the agent took to keep it.
async fn submit(client: &Client, draft: deskside_protocol::DraftId) -> anyhow::Result<Duration> {
    loop {
        let Response::Preview(preview) = client.request(Request::Preview { draft }).await? else { bail!("no preview") };
        let begun = Instant::now();
        match client.request(Request::Submit { draft, document_sha256: preview.document_sha256 }).await {
            Ok(_) => return Ok(begun.elapsed()),
            // The facts moved on in between: look again, as the window does.
            Err(ClientError::Refused(report)) if report.code == ErrorCode::PreviewChanged => {}
            Err(error) => return Err(error.into()),
        }
    }
}
