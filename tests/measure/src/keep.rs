//! How long it takes until what somebody submits cannot be lost.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use deskside_ipc::{Client, ClientError, Endpoint};
use deskside_protocol::local::{Delivery, DraftChange, Event, PeerRole, Request, Response, UploadOwner};
use deskside_protocol::{DraftId, ErrorCode, limits};
use rand::RngExt as _;
use tokio::sync::broadcast::error::RecvError;

use crate::share_below;

/// How many tickets are submitted.
const TICKETS: usize = 200;
/// Width and height of the picture that each brings, in pixels. Noise cannot be compressed: it is 1 MB.
const PICTURE: u32 = 592;
/// The same of a picture of 100 KB.
const SMALL: u32 = 182;
/// Longest wait for a helpdesk that takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Submit, 99 of 100 and median; the picture from its first byte to durable, the same; a bare durable write of its bytes
/// beside the store, the same. In turn, so that whatever else the disk does hits all of them.
pub(crate) async fn measure(socket: &str, folder: &Path) -> anyhow::Result<Vec<f64>> {
    let client = Client::connect(&Endpoint::at(PathBuf::from(socket)), PeerRole::CommandLine).await?;
    let picture = picture(PICTURE)?;
    let (mut submits, mut uploads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..TICKETS {
        let draft = draft(&client, &format!("measured {number}")).await?;
        let begun = Instant::now();
        upload(&client, draft, &picture).await?;
        uploads.push(begun.elapsed());
        submits.push(submit(&client, draft).await?.1);
        writes.push(write(&folder.join("measured"), &picture)?);
    }
    let all = [submits, uploads, writes];
    Ok(all.iter().flat_map(|times| [share_below(times, 0.99), share_below(times, 0.5)]).collect())
}

/// Submits one ticket without a file. The moment before Submit, in seconds since 1970.
pub(crate) async fn submit_one(socket: &str, text: &str) -> anyhow::Result<f64> {
    let client = Client::connect(&Endpoint::at(PathBuf::from(socket)), PeerRole::CommandLine).await?;
    let draft = draft(&client, text).await?;
    let (at, _) = submit(&client, draft).await?;
    Ok(at.duration_since(UNIX_EPOCH)?.as_secs_f64())
}

/// Submits a ticket with a picture of 100 KB. From Submit to its number in the window, in milliseconds: the helpdesk has
/// said by then that it has all of it.
pub(crate) async fn delivered(socket: &str, text: &str) -> anyhow::Result<f64> {
    let client = Client::connect(&Endpoint::at(PathBuf::from(socket)), PeerRole::CommandLine).await?;
    let draft = draft(&client, text).await?;
    upload(&client, draft, &picture(SMALL)?).await?;
    let mut events = client.events();
    let (at, _) = submit(&client, draft).await?;
    tokio::time::timeout(PATIENCE, async {
        loop {
            let Response::Requests { requests, .. } = client.request(Request::Requests).await? else {
                bail!("no list of requests")
            };
            let row = requests.iter().find(|row| row.title == text).context("it is not in the list")?;
            match &row.delivery {
                Delivery::Delivered { .. } => return Ok(at.elapsed()?.as_secs_f64() * 1000.0),
                Delivery::Parked { error, .. } => bail!("it is parked: {error}"),
                Delivery::Waiting { .. } | Delivery::Sending => {}
            }
            while !matches!(events.recv().await, Ok(Event::RequestChanged { .. }) | Err(RecvError::Lagged(_))) {}
        }
    })
    .await?
}

fn picture(side: u32) -> anyhow::Result<Vec<u8>> {
    let mut pixels = vec![0; (side * side * 3) as usize];
    rand::rng().fill(&mut pixels[..]);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(bytes)
}

async fn draft(client: &Client, text: &str) -> anyhow::Result<DraftId> {
    let Response::Draft(draft) = client.request(Request::NewDraft).await? else { bail!("no draft") };
    let change = DraftChange { text: Some(text.to_owned()), ..DraftChange::default() };
    client.request(Request::SaveDraft { draft: draft.id, change }).await?;
    Ok(draft.id)
}

async fn upload(client: &Client, draft: DraftId, bytes: &[u8]) -> anyhow::Result<()> {
    let begin = Request::BeginUpload {
        owner: UploadOwner::Draft { draft },
        name: "screen.png".to_owned(),
        media_type: "image/png".to_owned(),
        size_bytes: bytes.len() as u64,
        screenshot: true,
    };
    let Response::Upload { upload } = client.request(begin).await? else { bail!("no upload") };
    let mut offset = 0;
    for piece in bytes.chunks(limits::CHUNK_BYTES) {
        let data_base64 = base64::engine::general_purpose::STANDARD.encode(piece);
        client.request(Request::UploadPiece { upload, offset, data_base64 }).await?;
        offset += piece.len() as u64;
    }
    client.request(Request::FinishUpload { upload }).await?;
    Ok(())
}

/// Submits a draft. When it was, and how long the agent took to keep it.
async fn submit(client: &Client, draft: DraftId) -> anyhow::Result<(SystemTime, Duration)> {
    loop {
        let Response::Preview(preview) = client.request(Request::Preview { draft }).await? else { bail!("no preview") };
        let (at, begun) = (SystemTime::now(), Instant::now());
        match client.request(Request::Submit { draft, document_sha256: preview.document_sha256 }).await {
            Ok(_) => return Ok((at, begun.elapsed())),
            // The facts moved on in between: look again, as the window does.
            Err(ClientError::Refused(report)) if report.code == ErrorCode::PreviewChanged => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes a new file and waits until it is on the disk: the least that keeping these bytes can take.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let mut file = std::fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let took = begun.elapsed();
    std::fs::remove_file(path)?;
    Ok(took)
}
