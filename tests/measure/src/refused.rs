//! Sends that fail, one after the other: what ten thousand of them leave in the agent.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use deskside_ipc::{Client, Endpoint};
use deskside_protocol::local::{PeerRole, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Longest wait for one try.
const PATIENCE: Duration = Duration::from_secs(30);
/// How a helpdesk that is out of order answers everything.
const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n";

/// Stands where the hub stood and answers every request with 503; asks the agent to try what waits, waits until it has
/// tried, and asks again, so many times. How many tries there were, and the seconds that they took.
pub(crate) async fn tries(socket: &str, listen: &str, count: &str) -> anyhow::Result<Vec<f64>> {
    let (tried, wanted) = (Arc::new(AtomicU64::new(0)), count.parse::<u64>()?);
    let listener = TcpListener::bind(listen).await?;
    let counter = Arc::clone(&tried);
    let accepting = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(refuse(stream, Arc::clone(&counter)));
        }
    });
    let client = Client::connect(&Endpoint::at(PathBuf::from(socket)), PeerRole::CommandLine).await?;
    let begun = Instant::now();
    while tried.load(Ordering::Relaxed) < wanted {
        let before = tried.load(Ordering::Relaxed);
        client.request(Request::SendNow).await?;
        let asked = Instant::now();
        while tried.load(Ordering::Relaxed) == before {
            ensure!(asked.elapsed() < PATIENCE, "the agent did not try within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }
    accepting.abort();
    Ok(vec![tried.load(Ordering::Relaxed) as f64, begun.elapsed().as_secs_f64()])
}

/// Reads requests and refuses each. Sends to the helpdesk count; looking for news and listening for it do not.
async fn refuse(mut stream: TcpStream, tried: Arc<AtomicU64>) -> anyhow::Result<()> {
    let mut read = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        let head = loop {
            if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            let length = stream.read(&mut piece).await?;
            ensure!(length > 0, "closed");
            read.extend(piece.iter().take(length));
        };
        let text = String::from_utf8_lossy(read.get(..head).context("no head")?).to_ascii_lowercase();
        let body: usize = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(Ok(0), |length| length.trim().parse())?;
        while read.len() < head + body {
            let length = stream.read(&mut piece).await?;
            ensure!(length > 0, "closed");
            read.extend(piece.iter().take(length));
        }
        read.drain(..head + body);
        // Counted before it is answered: the agent may be asked again at once.
        if text.starts_with("post ") || text.contains("/receipt ") {
            tried.fetch_add(1, Ordering::Relaxed);
        }
        stream.write_all(ANSWER).await?;
    }
}
