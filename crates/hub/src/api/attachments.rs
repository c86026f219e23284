//! Files of tickets: taken in byte by byte, given out so that nothing in them runs.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use deskside_protocol::desk::Problem;
use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, Sha256, limits as shared};
use futures_util::StreamExt as _;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::auth::device::Device;
use crate::auth::person::SignedIn;
use crate::extract::{Path, Query};
use crate::files::{FileError, Incoming};
use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::{Arrival, FileFate, Staging, StoredAttachment};
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
    if announced_length(&headers).is_some_and(|length| length > meta.size_bytes) {
        return Err(too_long());
    }
    if announced.arrived {
        // A repetition: read to its end, so that the other side can finish writing, and let go.
        let mut chunks = body.into_data_stream();
        let mut left = meta.size_bytes;
        while let Some(chunk) = chunks.next().await {
            left = left.checked_sub(length_of(&chunk.map_err(broken_off)?)).ok_or_else(too_long)?;
        }
        return taken_on(&state, client_id, id).await;
    }
    take(&state, meta.size_bytes, body)
        .await?
        .finish(Some((meta.size_bytes, &meta.sha256)))
        .await
        .map_err(file_error)?;
    match state.store.arrived(device, client_id, id).await? {
        Arrival::Arrived(change) => {
            state.metrics.file_bytes.inc_by(meta.size_bytes);
            state.tell(change);
            state.send_on();
            taken_on(&state, client_id, id).await
        }
        Arrival::Existing => taken_on(&state, client_id, id).await,
        Arrival::NotFound => Err(ApiError::not_found()),
    }
}

/// The file is kept here; what the helpdesk behind this hub says of it is its device's to know, if it says so soon. Later,
/// the thread tells.
async fn taken_on(state: &AppState, ticket: ClientId, file: AttachmentId) -> ApiResult<StatusCode> {
    let Some(gateway) = &state.gateway else { return Ok(StatusCode::NO_CONTENT) };
    match gateway.fate(state, ticket, file).await? {
        FileFate::Settled | FileFate::UnderWay => Ok(StatusCode::NO_CONTENT),
        FileFate::Refused(why) => {
            let own = [ErrorCode::FileTooLarge, ErrorCode::FileType, ErrorCode::FileUnreadable];
            let code = if own.contains(&why.code) { why.code } else { ErrorCode::Refused };
            Err(ApiError::new(code, format!("the helpdesk refuses the file: {}", why.detail)))
        }
    }
}

/// Writes a body of at most so many bytes to the disk.
async fn take(state: &AppState, most: u64, body: Body) -> ApiResult<Incoming> {
    let mut incoming = state.files.begin(most);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        incoming.write(&chunk.map_err(broken_off)?).await.map_err(file_error)?;
    }
    Ok(incoming)
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn length_of(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn broken_off(error: axum::Error) -> ApiError {
    tracing::info!(%error, "an upload broke off");
    ApiError::new(ErrorCode::TimedOut, "the upload broke off").status(StatusCode::REQUEST_TIMEOUT)
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

/// Query of `PUT /console/tickets/{number}/files/{id}`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StagedName {
    /// What it is called.
    name: String,
    /// Its media type, one of those that are taken.
    media_type: String,
}

/// Brings a file for an answer that is still being written. With `Content-Digest: sha-256=:…:` (RFC 9530) the bytes are
/// checked against it. What no answer takes within a day is forgotten.
#[utoipa::path(put, path = "/console/tickets/{number}/files/{id}", tag = "console", security(("person" = [])),
    params(("number" = u64, Path, description = "The ticket's number."), ("id" = AttachmentId, Path, description = "Chosen by the console."), StagedName),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 201, description = "It is kept.", body = AttachmentMeta),
    (status = 200, description = "It was here already.", body = AttachmentMeta),
    (status = 404, description = "No such ticket.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Another file is here under this identity.", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "It is too large.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The type is not taken, or the bytes are not those of the digest.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn stage(
    State(state): State<Arc<AppState>>,
    signed_in: SignedIn,
    Path((number, id)): Path<(u64, AttachmentId)>,
    Query(named): Query<StagedName>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<(StatusCode, axum::Json<AttachmentMeta>)> {
    let number = i64::try_from(number).map_err(|_| ApiError::not_found())?;
    let login = &signed_in.person.login;
    if !shared::MEDIA_TYPES.contains(&named.media_type.as_str()) {
        return Err(ApiError::new(ErrorCode::FileType, "the file's media type is not one that is taken"));
    }
    let digest = content_digest(&headers)?;
    let ticket = state.store.ticket_id(number).await?.ok_or_else(ApiError::not_found)?;
    if announced_length(&headers).is_some_and(|length| length > shared::ATTACHMENT_BYTES) {
        return Err(too_large());
    }
    let incoming = match take(&state, shared::ATTACHMENT_BYTES, body).await {
        Err(error) if error.code() == ErrorCode::FileTooLarge => return Err(too_large()),
        incoming => incoming?,
    };
    if digest.is_some_and(|digest| digest != incoming.digest()) {
        return Err(file_error(FileError::Damaged));
    }
    let (size_bytes, sha256) = incoming.finish(None).await.map_err(file_error)?;
    let name = file_names::harmless(&named.name);
    let meta = AttachmentMeta { id, name, media_type: named.media_type, size_bytes, sha256, screenshot: false };
    match state.store.stage(ticket, login, &meta, &state.files).await? {
        Staging::Staged => Ok((StatusCode::CREATED, axum::Json(meta))),
        Staging::Existing => Ok((StatusCode::OK, axum::Json(meta))),
        Staging::Taken => {
            Err(ApiError::new(ErrorCode::Refused, "the identity of the file is taken").status(StatusCode::CONFLICT))
        }
        Staging::Gone => Err(ApiError::new(ErrorCode::Busy, "the file must be sent once more")
            .status(StatusCode::SERVICE_UNAVAILABLE)
            .retry_after(std::time::Duration::from_secs(1))),
    }
}

fn too_large() -> ApiError {
    ApiError::new(ErrorCode::FileTooLarge, format!("a file has at most {} bytes", shared::ATTACHMENT_BYTES))
}

/// The SHA-256 that the sender says the bytes have. Other algorithms say nothing here (RFC 9530, 2).
pub(crate) fn content_digest(headers: &HeaderMap) -> ApiResult<Option<Sha256>> {
    let unreadable = || ApiError::new(ErrorCode::BadRequest, "Content-Digest cannot be read");
    let Some(value) = headers.get("content-digest") else { return Ok(None) };
    let value = value.to_str().map_err(|_| unreadable())?;
    let Some(ours) = value.split(',').find_map(|one| one.trim().strip_prefix("sha-256=")) else { return Ok(None) };
    let encoded = ours.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).ok_or_else(unreadable)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| unreadable())?;
    <[u8; 32]>::try_from(bytes).map(|bytes| Some(Sha256::from(bytes))).map_err(|_| unreadable())
}

/// Takes a file back that no answer has taken yet.
#[utoipa::path(delete, path = "/console/tickets/{number}/files/{id}", tag = "console", security(("person" = [])),
    params(("number" = u64, Path, description = "The ticket's number."), ("id" = AttachmentId, Path, description = "The file.")), responses(
    (status = 204, description = "It is not here (any more)."),
))]
pub(crate) async fn unstage(
    State(state): State<Arc<AppState>>,
    signed_in: SignedIn,
    Path((_number, id)): Path<(u64, AttachmentId)>,
) -> ApiResult<StatusCode> {
    state.store.unstage(id, &signed_in.person.login, &state.files).await?;
    Ok(StatusCode::NO_CONTENT)
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
