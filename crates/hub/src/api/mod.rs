//! What can be asked of the hub. Every route is made from a documented handler, so the OpenAPI document has them all.

pub(crate) mod attachments;
mod console;
mod device;
mod events;
mod health;
mod sign_in;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::get;
use deskside_protocol::limits as shared;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};
use utoipa::OpenApi;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Ref, RefOr};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config::Patience;
use crate::state::AppState;
use crate::{console_files, edge, limits, metrics};

pub(crate) use console::usable_login;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Deskside hub",
        description = "What devices and the technicians' console ask of the hub. Errors are problem documents (RFC 9457)."
    ),
    modifiers(&Security)
)]
struct Description;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme(
            "device",
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some("The credential that a device got at enrolment."))
                    .build(),
            ),
        );
        components.add_security_scheme(
            "person",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                "deskside_session",
                "A session of the console; `__Host-deskside_session` behind TLS. What changes something also needs the header X-CSRF-Token.",
            ))),
        );
    }
}

/// The routes below `/api/v1`, with their description.
fn api(patience: Patience) -> OpenApiRouter<Arc<AppState>> {
    let quick = OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(health::openapi))
        .routes(routes!(device::enrol))
        .routes(routes!(device::receipt))
        .routes(routes!(device::desk))
        .routes(routes!(sign_in::begin, sign_in::end))
        .routes(routes!(sign_in::finish))
        .routes(routes!(device::follow_up))
        .routes(routes!(device::verdict))
        .merge(console::quick())
        .layer(DefaultBodyLimit::max(limits::JSON_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, shared::ANSWER));
    let tickets = OpenApiRouter::new()
        .routes(routes!(device::create_ticket, device::changes))
        .layer(DefaultBodyLimit::max(shared::DOCUMENT_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, shared::ANSWER));
    // Files are counted byte by byte against what was announced, and may take their time.
    let files = OpenApiRouter::new()
        .routes(routes!(attachments::upload, attachments::download))
        .routes(routes!(attachments::console_download))
        .routes(routes!(attachments::stage, attachments::unstage))
        .layer(DefaultBodyLimit::disable())
        .merge(console::slow())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, shared::UPLOAD));
    let streams = OpenApiRouter::new().routes(routes!(events::device_events)).routes(routes!(events::console_events));
    OpenApiRouter::with_openapi(Description::openapi()).nest(
        "/api/v1",
        quick.merge(tickets).merge(files).merge(streams).layer(RequestBodyTimeoutLayer::new(patience.body_silence)),
    )
}

/// The OpenAPI document of this version.
#[must_use]
pub fn openapi_document() -> utoipa::openapi::OpenApi {
    let mut document = api(Patience::default()).into_openapi();
    for item in document.paths.paths.values_mut() {
        let methods = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in methods.into_iter().flatten() {
            operation.responses.responses.entry("default".to_owned()).or_insert_with(any_refusal);
        }
    }
    document
}

/// What every operation can answer beside what it names: nobody asks who may, the body is not JSON, too much at once, too
/// slow, the disk is full.
fn any_refusal() -> RefOr<Response> {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let refusal = ResponseBuilder::new().description("Any other refusal.").content("application/problem+json", problem);
    refusal.build().into()
}

/// Everything that is served.
pub(crate) fn router(state: Arc<AppState>) -> Router {
    let (api, _) = api(state.config.patience).split_for_parts();
    api.merge(console_files::router())
        .merge(metrics::health())
        .route("/", get(|| async { Redirect::temporary("/console/") }))
        .layer(CatchPanicLayer::custom(edge::on_panic))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&state), edge::edge))
        .with_state(state)
}

/// Whose request it is, for limits: the address at the other end or, behind a proxy of ours, the one that it added last.
fn caller(state: &AppState, ConnectInfo(peer): ConnectInfo<SocketAddr>, headers: &HeaderMap) -> IpAddr {
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next())
        .and_then(|address| address.trim().parse().ok());
    match forwarded {
        Some(address) if state.config.behind_proxy => address,
        Some(_) | None => peer.ip(),
    }
}
