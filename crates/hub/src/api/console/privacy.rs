//! How long things are kept, and what the hub has of a person: shown, handed out, erased. For administrators.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};
use deskside_protocol::ErrorCode;
use deskside_protocol::desk::{EraseRequester, ErasedRequester, Problem, RequesterSummary, Retention};
use serde::Deserialize;
use tokio_util::io::ReaderStream;

use crate::auth::person::Administrator;
use crate::extract::{Json, Query};
use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::Erasure;
use crate::{export, file_names};

/// For how long the hub keeps what belongs to tickets that are over. It is set where the hub is started.
#[utoipa::path(get, path = "/console/retention", tag = "console", security(("person" = [])), responses(
    (status = 200, body = Retention),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn retention(
    State(state): State<Arc<AppState>>,
    _administrator: Administrator,
) -> axum::Json<Retention> {
    axum::Json(state.config.keeping.days)
}

/// Query of `GET /console/requester`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whose {
    /// The name they sign in with on their computers.
    login: String,
}

/// What the hub has of somebody who asks.
#[utoipa::path(get, path = "/console/requester", tag = "console", security(("person" = [])), params(Whose), responses(
    (status = 200, body = RequesterSummary),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is nothing of such a person.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn requester(
    State(state): State<Arc<AppState>>,
    _administrator: Administrator,
    Query(Whose { login }): Query<Whose>,
) -> ApiResult<axum::Json<RequesterSummary>> {
    state.store.requester(&login).await?.map(axum::Json).ok_or_else(ApiError::not_found)
}

/// Everything that the hub has of somebody who asks, in one tar file: each ticket as JSON, with its whole thread, notes of
/// the helpdesk included, and its files.
#[utoipa::path(get, path = "/console/requester/export", tag = "console", security(("person" = [])), params(Whose), responses(
    (status = 200, description = "The file.", content_type = "application/x-tar"),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is nothing of such a person.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn export_requester(
    State(state): State<Arc<AppState>>,
    Administrator(administrator): Administrator,
    Query(Whose { login }): Query<Whose>,
) -> ApiResult<Response<Body>> {
    let numbers = state.store.tickets_of_requester(&login).await?;
    if numbers.is_empty() {
        return Err(ApiError::not_found());
    }
    let (file, length) = export::write(&state, &login, &numbers).await?;
    state.store.note_export(&administrator.person.login, &numbers).await?;
    tracing::info!(tickets = numbers.len(), by = administrator.person.login, "a requester's data was handed out");
    let mut response = Response::new(Body::from_stream(ReaderStream::with_capacity(file, 64 * 1024)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let name = file_names::harmless(&format!("{login}.tar"));
    if let Ok(disposition) = HeaderValue::from_str(&file_names::disposition("attachment", &name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// Erases everything that the hub has of somebody who asks: tickets in any state, threads, files. It cannot be taken back.
#[utoipa::path(post, path = "/console/requester/erase", tag = "console", security(("person" = [])), request_body = EraseRequester, responses(
    (status = 200, body = ErasedRequester),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is nothing of such a person.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "There are more or fewer tickets than were seen; nothing was erased.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn erase_requester(
    State(state): State<Arc<AppState>>,
    Administrator(administrator): Administrator,
    Json(EraseRequester { login, tickets }): Json<EraseRequester>,
) -> ApiResult<axum::Json<ErasedRequester>> {
    let actor = &administrator.person.login;
    match state.store.erase_requester(actor, &login, tickets, &state.files).await? {
        Erasure::Done(numbers) => {
            tracing::info!(tickets = numbers.len(), by = actor, "a requester's data was erased");
            Ok(axum::Json(ErasedRequester { numbers }))
        }
        Erasure::NotFound => Err(ApiError::not_found()),
        Erasure::Changed => {
            Err(ApiError::new(ErrorCode::Refused, "there are other tickets than were seen; look again")
                .status(StatusCode::CONFLICT))
        }
    }
}
