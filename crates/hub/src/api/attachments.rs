//! Files of tickets: taken in byte by byte, given out so that nothing in them runs.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use deskside_protocol::desk::Problem;
use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, ClientId, ErrorCode};
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::auth::device::Device;
use crate::auth::person::SignedIn;
use crate::extract::Path;
use crate::files::FileError;
use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::{Arrival, StoredAttachment};
use crate::{file_names, media};

/// Brings the bytes of an announced file. They are checked against the announced size and digest, and are on the disk
/// before the answer.
#[utoipa::path(put, path = "/tickets/{client_id}/attachments/{id}", tag = "attachments", security(("device" = [])),
    params(("client_id" = ClientId, Path, description = "The ticket."), ("id" = AttachmentId, Path, description = "The file.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 204, description = "The file is kept, or was here already."),
    (status = 404, description = "No such file was announced by this device.", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "More bytes than announced.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "Not the announced bytes.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn upload(
    State(state): State<Arc<AppState>>,
    Device(device): Device,
    Path((client_id, id)): Path<(ClientId, AttachmentId)>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<StatusCode> {
    let announced = state.store.attachment_of_device(device, client_id, id).await?.ok_or_else(ApiError::not_found)?;
    let meta = &announced.meta;
    let length: Option<u64> =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    if length.is_some_and(|length| length > meta.size_bytes) {
        return Err(too_long());
    }
    let mut incoming = state.files.begin(meta.size_bytes, meta.sha256.clone()).await.map_err(|error| disk(&error))?;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            tracing::info!(%error, "an upload broke off");
            ApiError::new(ErrorCode::TimedOut, "the upload broke off").status(StatusCode::REQUEST_TIMEOUT)
        })?;
        incoming.write(&chunk).await.map_err(file_error)?;
    }
    if announced.arrived {
        // A repetition: read to its end, so that the other side can finish writing, and let go.
        return Ok(StatusCode::NO_CONTENT);
    }
    incoming.finish().await.map_err(file_error)?;
    match state.store.arrived(device, client_id, id).await? {
        Arrival::Arrived(change) => {
            state.tell(change);
            Ok(StatusCode::NO_CONTENT)
        }
        Arrival::Existing => Ok(StatusCode::NO_CONTENT),
        Arrival::NotFound => Err(ApiError::not_found()),
    }
}

fn too_long() -> ApiError {
    ApiError::new(ErrorCode::FileTooLarge, "the file is longer than announced")
}

fn file_error(error: FileError) -> ApiError {
    match error {
        FileError::TooLong => too_long(),
        FileError::Damaged => {
            ApiError::new(ErrorCode::FileUnreadable, "size or digest of the file are not the announced ones")
        }
        FileError::Disk(error) => disk(&error),
    }
}

/// The disk is full or broken: for the other end, the hub is out of order for a while.
fn disk(error: &std::io::Error) -> ApiError {
    if matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) {
        return ApiError::full(error);
    }
    tracing::error!(%error, "a file could not be written");
    ApiError::new(ErrorCode::Busy, "the hub cannot keep files now")
        .status(StatusCode::SERVICE_UNAVAILABLE)
        .retry_after(std::time::Duration::from_secs(60))
}

/// Gives a device the bytes of a file of its own ticket.
#[utoipa::path(get, path = "/tickets/{client_id}/attachments/{id}", tag = "attachments", security(("device" = [])),
    params(("client_id" = ClientId, Path, description = "The ticket."), ("id" = AttachmentId, Path, description = "The file.")), responses(
    (status = 200, description = "The bytes.", content_type = "application/octet-stream"),
    (status = 404, description = "No such file of this device, or it has not arrived.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn download(
    State(state): State<Arc<AppState>>,
    Device(device): Device,
    Path((client_id, id)): Path<(ClientId, AttachmentId)>,
) -> ApiResult<Response<Body>> {
    give(&state, state.store.attachment_of_device(device, client_id, id).await?).await
}

/// Gives a technician the bytes of a file. Pictures that are what they say are shown in place; all else is saved.
#[utoipa::path(get, path = "/console/attachments/{id}", tag = "console", security(("person" = [])),
    params(("id" = AttachmentId, Path, description = "The file.")), responses(
    (status = 200, description = "The bytes.", content_type = "application/octet-stream"),
    (status = 404, description = "No such file, or it has not arrived.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn console_download(
    State(state): State<Arc<AppState>>,
    _person: SignedIn,
    Path(id): Path<AttachmentId>,
) -> ApiResult<Response<Body>> {
    give(&state, state.store.attachment(id).await?).await
}

async fn give(state: &AppState, found: Option<StoredAttachment>) -> ApiResult<Response<Body>> {
    let Some(StoredAttachment { meta, arrived: true }) = found else { return Err(ApiError::not_found()) };
    let lost = |error: std::io::Error| {
        tracing::error!(%error, file = %meta.id, "a file that arrived cannot be read");
        ApiError::internal(&"an attachment cannot be read")
    };
    let mut file = state.files.read(&meta.sha256).await.map_err(lost)?;
    let mut head = Vec::with_capacity(media::HEAD);
    (&mut file).take(media::HEAD as u64).read_to_end(&mut head).await.map_err(lost)?;
    file.rewind().await.map_err(lost)?;
    let mut response = Response::new(Body::from_stream(ReaderStream::with_capacity(file, 64 * 1024)));
    put_file_headers(response.headers_mut(), &meta, &head);
    Ok(response)
}

/// What the sender said of a file's type is not repeated unless the bytes prove it: a page or a drawing with scripts is
/// saved as bytes, never opened here. The sandbox holds even if a browser opened it all the same.
fn put_file_headers(headers: &mut HeaderMap, meta: &AttachmentMeta, head: &[u8]) {
    let (kind, media_type) = match media::picture(head) {
        Some(picture) => ("inline", picture),
        None => ("attachment", "application/octet-stream"),
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(meta.size_bytes));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    // Bytes under a digest never change, but who may see them can: the browser keeps them for one person, briefly.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300"));
    if let Ok(disposition) = HeaderValue::from_str(&file_names::disposition(kind, &meta.name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
}
