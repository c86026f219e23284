//! What the hub has of a person, in one tar file: `tickets/NUMBER.json` (what was sent, and the whole thread) and
//! `files/NUMBER/ID-NAME`. Written to the disk ticket by ticket, so that many large files need no memory; the file has no
//! name any more when it is given out, and is gone with its last reader.

use std::io::Seek as _;
use std::path::PathBuf;

use deskside_protocol::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::file_names::harmless;
use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;

/// Removes what it names when dropped.
struct Unnamed(PathBuf);

impl Drop for Unnamed {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_file(&self.0);
    }
}

fn disk(error: &std::io::Error) -> ApiError {
    if matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) {
        return ApiError::full(error);
    }
    ApiError::internal(&format!("an export could not be written: {error}"))
}

/// Writes the tickets of these numbers; gives the file, at its beginning, and its length.
pub(crate) async fn write(state: &AppState, login: &str, numbers: &[i64]) -> ApiResult<(tokio::fs::File, u64)> {
    let path = state.files.scratch(&Uuid::now_v7().to_string());
    let unnamed = Unnamed(path.clone());
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| disk(&error))?;
    let mut archive = tar::Builder::new(file);
    let about = json!({
        "login": login.trim(),
        "made_at": Timestamp::now(),
        "made_by": concat!("Deskside hub ", env!("CARGO_PKG_VERSION")),
        "tickets": numbers,
    });
    archive = append(archive, "about.json".to_owned(), bytes_of(&about)?).await?;
    for number in numbers {
        let Some(ticket) = state.store.console_ticket(*number).await? else { continue };
        let thread = state.store.console_thread(ticket.client_id).await?;
        let (own, of_thread) = state.store.files_of(ticket.client_id, 0).await?;
        let files: Vec<_> = own.into_iter().chain(of_thread.into_values().flatten()).collect();
        let whole = json!({
            "ticket": ticket.row,
            "document": ticket.document,
            "thread": thread,
            "rating": ticket.rating,
            "files": files,
            "diagnostics_removed_at": ticket.diagnostics_removed_at,
            "files_removed_at": ticket.files_removed_at,
        });
        archive = append(archive, format!("tickets/{number}.json"), bytes_of(&whole)?).await?;
        for file in &files {
            // One that never arrived has no bytes.
            let Ok(bytes) = state.files.read(&file.sha256).await else { continue };
            let bytes = bytes.into_std().await;
            let name = format!("files/{number}/{}-{}", file.id, short(&harmless(&file.name)));
            archive = append_file(archive, name, bytes).await?;
        }
    }
    let finished = tokio::task::spawn_blocking(move || {
        let mut file = archive.into_inner()?;
        file.rewind()?;
        let length = file.metadata()?.len();
        Ok((file, length))
    });
    let (file, length) = done(finished).await?;
    drop(unnamed);
    Ok((tokio::fs::File::from_std(file), length))
}

fn bytes_of(value: &serde_json::Value) -> ApiResult<Vec<u8>> {
    serde_json::to_vec_pretty(value).map_err(|error| ApiError::internal(&error))
}

/// A name whose end alone is kept if it is long: tar takes any, some readers do not.
fn short(name: &str) -> String {
    let count = name.chars().count();
    name.chars().skip(count.saturating_sub(80)).collect()
}

type Archive = tar::Builder<std::fs::File>;

fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header
}

async fn append(mut archive: Archive, name: String, bytes: Vec<u8>) -> ApiResult<Archive> {
    let appended = tokio::task::spawn_blocking(move || {
        archive.append_data(&mut header(bytes.len() as u64), name, bytes.as_slice())?;
        Ok(archive)
    });
    done(appended).await
}

async fn append_file(mut archive: Archive, name: String, file: std::fs::File) -> ApiResult<Archive> {
    let appended = tokio::task::spawn_blocking(move || {
        let size = file.metadata()?.len();
        archive.append_data(&mut header(size), name, file)?;
        Ok(archive)
    });
    done(appended).await
}

async fn done<T>(task: tokio::task::JoinHandle<std::io::Result<T>>) -> ApiResult<T> {
    task.await.map_err(|error| ApiError::internal(&error))?.map_err(|error| disk(&error))
}
