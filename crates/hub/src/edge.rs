//! What every request and every answer passes: an identity for the log, the security headers, problem documents for
//! every refusal, whoever made it.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::drain;
use crate::problem::ApiError;
use crate::state::AppState;

/// `Content-Security-Policy` of everything that is not the console's page: nothing may load, run or be framed.
pub(crate) const CSP_NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// The middleware.
pub(crate) async fn edge(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    // Ours, and not the caller's: an identity that others choose can be made to mislead whoever reads the log.
    let id = Uuid::now_v7().to_string();
    // The path only: a query can hold what people search for.
    let span = tracing::info_span!("request", %id, method = %request.method(), path = %request.uri().path());
    let started = Instant::now();
    let method = request.method().clone();
    let (request, rest) = drain::share(request);
    let answer = next.run(request).instrument(span.clone()).await;
    if answer.status().is_client_error() || answer.status().is_server_error() {
        rest.drain().await;
    }
    let mut answer = as_problem(answer, &id);
    let _in_span = span.enter();
    state.metrics.answered(&method, answer.status(), started.elapsed());
    tracing::info!(status = answer.status().as_u16(), ms = started.elapsed().as_millis(), "answered");
    put_headers(&mut answer, &id, state.config.is_secure());
    answer
}

/// Refusals of ours and of the libraries', in one form.
fn as_problem(answer: Response, id: &str) -> Response {
    let status = answer.status();
    let error = match answer.extensions().get::<ApiError>() {
        Some(error) => error.clone(),
        None if status.is_client_error() || status.is_server_error() => ApiError::of_status(status),
        None => return answer,
    };
    let Ok(body) = serde_json::to_vec(&error.problem(Some(id.to_owned()))) else { return answer };
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    Response::from_parts(parts, Body::from(body))
}

fn put_headers(answer: &mut Response, id: &str, secure: bool) {
    const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
    let headers = answer.headers_mut();
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (PERMISSIONS, "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    // Where a handler chose for itself (the console's page, files), it knew better.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP_NOTHING));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}

/// What a panic in a handler becomes: an answer like any other fault, and a line in the log.
pub(crate) fn on_panic(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let words = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    tracing::error!(panic = words, "a handler panicked");
    ApiError::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}
