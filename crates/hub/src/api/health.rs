//! Whether the hub works, and what can be asked of it.

use std::sync::{Arc, LazyLock};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use deskside_protocol::ErrorCode;
use deskside_protocol::desk::Problem;
use serde::Serialize;

use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;

/// Answer to `GET /health`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Health {
    /// "ok".
    status: &'static str,
    /// Version of the hub.
    version: &'static str,
}

/// Whether the hub and its database work.
#[utoipa::path(get, path = "/health", tag = "hub", responses(
    (status = 200, body = Health),
    (status = 503, description = "The database does not answer.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn health(State(state): State<Arc<AppState>>) -> ApiResult<Json<Health>> {
    state.store.ping().await.map_err(|error| {
        tracing::error!(%error, "the database does not answer");
        ApiError::new(ErrorCode::Busy, "the database does not answer")
            .status(StatusCode::SERVICE_UNAVAILABLE)
            .retry_after(std::time::Duration::from_secs(5))
    })?;
    Ok(Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "hub", responses((status = 200, description = "OpenAPI 3.1")))]
pub(crate) async fn openapi() -> ApiResult<impl IntoResponse> {
    // Made once: it is the same for as long as the program runs.
    static DOCUMENT: LazyLock<Option<String>> = LazyLock::new(|| super::openapi_document().to_json().ok());
    let document = DOCUMENT.as_deref().ok_or_else(|| ApiError::internal(&"the OpenAPI document cannot be written"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document))
}
