//! The agent's requests over HTTP, so that a browser can drive the interface in tests. Never shipped.
//!
//! | request | answer |
//! | --- | --- |
//! | `POST /request`, a [`deskside_protocol::local::Request`] | 200 and a `Response`, or 422 and an `ErrorReport` |
//! | `GET /events` | server-sent events, each a [`deskside_protocol::local::Event`]; ends when the agent does |
//! | `GET /…` | the built interface, under the window's own content security policy |
//!
//! The agent behind it is the real one. What stands between it and the web is that this listens on loopback alone and
//! answers only pages that came from here ([`guard`]): a page elsewhere could otherwise send requests to this port.

mod agent;
mod events;
mod guard;
mod pages;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use deskside_protocol::local::Request;
use deskside_protocol::{ErrorCode, ErrorReport, limits};

pub use agent::Agent;

/// Everything that is served at `address`, for the agent given, with the pages in `ui`.
pub fn router(agent: Agent, ui: &Path, address: SocketAddr) -> Router {
    Router::new()
        .route("/request", post(request))
        .route("/events", get(events::stream))
        .with_state(Arc::new(agent))
        .fallback_service(pages::service(ui))
        .layer(middleware::map_response(pages::with_headers))
        .layer(middleware::from_fn_with_state(guard::Guard::new(address), guard::only_our_pages))
        .layer(DefaultBodyLimit::max(limits::FRAME_BYTES))
}

async fn request(State(agent): State<Arc<Agent>>, body: Result<Json<Request>, JsonRejection>) -> Response {
    let outcome = match body {
        Ok(Json(request)) => agent.request(request).await,
        Err(rejection) => Err(ErrorReport::new(ErrorCode::BadRequest, rejection.body_text())),
    };
    match outcome {
        Ok(answer) => Json(answer).into_response(),
        Err(report) => (StatusCode::UNPROCESSABLE_ENTITY, Json(report)).into_response(),
    }
}
