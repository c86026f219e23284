//! What the hub tells whoever watches over it: whether it works, and figures in the text form of OpenMetrics, which
//! Prometheus reads. Figures have an address of their own (`--metrics`), away from devices and browsers. They hold no names:
//! every label is one of a few words of ours.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use deskside_protocol::{ErrorCode, Timestamp};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tower_http::timeout::TimeoutLayer;

use crate::problem::ApiError;
use crate::state::AppState;

/// Longest time to find out how the hub is.
const LOOK: Duration = Duration::from_secs(5);
/// What is said while it does not.
const AWAY: &str = "the database does not answer";

/// The figures.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<[(&'static str, String); 2], Counter>,
    answer_time: Histogram,
    /// Tickets that arrived.
    pub(crate) tickets: Counter,
    /// Bytes of files that arrived.
    pub(crate) file_bytes: Counter,
    /// Sign-ins with a wrong password.
    pub(crate) failed_sign_ins: Counter,
    kept: Family<[(&'static str, String); 1], Gauge>,
    streams: Family<[(&'static str, String); 1], Gauge>,
    database: Gauge,
    free_bytes: Gauge,
    upstream_waiting: Gauge,
    upstream_oldest: Gauge,
    upstream_trouble: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("deskside_hub"),
            requests: Family::default(),
            // From a millisecond to half a minute, which is the longest answer but for files.
            answer_time: Histogram::new([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]),
            tickets: Counter::default(),
            file_bytes: Counter::default(),
            failed_sign_ins: Counter::default(),
            kept: Family::default(),
            streams: Family::default(),
            database: Gauge::default(),
            free_bytes: Gauge::default(),
            upstream_waiting: Gauge::default(),
            upstream_oldest: Gauge::default(),
            upstream_trouble: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "Requests that were answered", metrics.requests.clone());
        let time = metrics.answer_time.clone();
        registry.register_with_unit("answer_time", "Time until an answer began", Unit::Seconds, time);
        registry.register("tickets_received", "Tickets that arrived", metrics.tickets.clone());
        let bytes = metrics.file_bytes.clone();
        registry.register_with_unit("files_received", "Files that arrived", Unit::Bytes, bytes);
        registry.register("sign_ins_failed", "Sign-ins with a wrong password", metrics.failed_sign_ins.clone());
        registry.register("tickets", "Tickets that are kept, by state", metrics.kept.clone());
        registry.register("streams", "Open streams of events", metrics.streams.clone());
        registry.register("database_up", "Whether the database answers", metrics.database.clone());
        let free = metrics.free_bytes.clone();
        registry.register_with_unit("disk_free", "Room left for files", Unit::Bytes, free);
        let waiting = metrics.upstream_waiting.clone();
        registry.register("upstream_waiting", "What waits for the helpdesk behind this hub", waiting);
        let oldest = metrics.upstream_oldest.clone();
        registry.register_with_unit("upstream_oldest", "Since when the oldest of it waits", Unit::Seconds, oldest);
        let trouble = metrics.upstream_trouble.clone();
        registry.register("upstream_trouble", "Whether nothing goes on at the helpdesk behind this hub", trouble);
        metrics
    }

    /// A request was answered.
    pub(crate) fn answered(&self, method: &Method, status: StatusCode, time: Duration) {
        // Methods can be made up without end.
        let method = match method.as_str() {
            known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
            _ => "other",
        };
        let labels = [("method", method.to_owned()), ("status", status.as_u16().to_string())];
        self.requests.get_or_create(&labels).inc();
        self.answer_time.observe(time.as_secs_f64());
    }
}

/// `/healthz` (the program runs) and `/readyz` (it can do its work): for load balancers and service managers.
pub(crate) fn health() -> Router<Arc<AppState>> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LOOK))
}

/// What is served at the address for figures.
pub(crate) fn router(state: Arc<AppState>) -> Router {
    health()
        .route("/metrics", get(figures))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LOOK))
        .with_state(state)
}

async fn ready(State(state): State<Arc<AppState>>) -> Response {
    // Sooner than the limit of the route, whose answer has no words.
    let error = match tokio::time::timeout(LOOK / 2, state.store.ping()).await {
        Ok(Ok(())) => return "ready\n".into_response(),
        Ok(Err(error)) => error.to_string(),
        Err(_too_long) => "too slow".to_owned(),
    };
    tracing::error!(error, "the database does not answer");
    let mut answer = (StatusCode::SERVICE_UNAVAILABLE, format!("{AWAY}\n")).into_response();
    // Where devices and browsers come, refusals are problem documents.
    answer.extensions_mut().insert(ApiError::new(ErrorCode::Busy, AWAY).status(StatusCode::SERVICE_UNAVAILABLE));
    answer
}

async fn figures(State(state): State<Arc<AppState>>) -> impl IntoResponse {
    let metrics = &state.metrics;
    let counts = state.store.counts().await;
    metrics.database.set(i64::from(counts.is_ok()));
    for (word, count) in counts.unwrap_or_default() {
        metrics.kept.get_or_create(&[("state", word)]).set(count);
    }
    if let Some(standing) = state.store.upstream_standing().await.ok().flatten() {
        let waits = |since: Timestamp| Timestamp::now().unix_ms().saturating_sub(since.unix_ms()).max(0) / 1000;
        metrics.upstream_waiting.set(standing.waiting);
        metrics.upstream_oldest.set(standing.oldest.map_or(0, waits));
        metrics.upstream_trouble.set(i64::from(!standing.standstills.is_empty()));
    }
    let (devices, consoles) = state.events.open();
    for (to, count) in [("device", devices), ("console", consoles)] {
        metrics.streams.get_or_create(&[("to", to.to_owned())]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    if let Some(free) = crate::doctor::free_bytes(&state.config.data) {
        metrics.free_bytes.set(i64::try_from(free).unwrap_or(i64::MAX));
    }
    let mut text = String::new();
    match encode(&mut text, &metrics.registry) {
        Ok(()) => Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)),
        Err(error) => {
            tracing::error!(%error, "the figures cannot be written");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
