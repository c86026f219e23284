//! The console's page and its parts, carried inside the program.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::get;
use deskside_protocol::ErrorCode;
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::compression::CompressionLayer;

use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;

/// Built by `npm run build` in `ui/`. A debug build reads the folder at run time, a release build carries it.
#[derive(RustEmbed)]
#[folder = "../../ui/dist/console"]
#[allow_missing = true]
struct Files;

/// The console's own files run; nothing else does, from anywhere. `data:` is for small pictures inside style sheets.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; \
                   connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// `/console/…`. Not in the OpenAPI document: it is a page, not an interface.
pub(crate) fn router() -> Router<Arc<AppState>> {
    Router::new()
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/console/", get(|headers: HeaderMap| async move { page(&headers) }))
        .route(
            "/console/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { file(&path, &headers) }),
        )
        .layer(CompressionLayer::new())
}

/// A file; any other address below the console is one of its own making and gets its page.
fn file(path: &str, headers: &HeaderMap) -> ApiResult<Response<Body>> {
    match Files::get(path) {
        Some(found) => Ok(answer(path, found, headers)),
        // A part of an older build: the page in its place would be taken for a script.
        None if path.starts_with("assets/") => Err(ApiError::not_found()),
        None => page(headers),
    }
}

fn page(headers: &HeaderMap) -> ApiResult<Response<Body>> {
    let found = Files::get("index.html").ok_or_else(|| {
        ApiError::new(
            ErrorCode::NotFound,
            "the console is not part of this build: run `npm run build` in ui/ and build the hub again",
        )
        .status(StatusCode::NOT_FOUND)
    })?;
    Ok(answer("index.html", found, headers))
}

fn answer(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response<Body> {
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(match file.data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        })
    };
    let headers = response.headers_mut();
    let media_type = mime_guess::from_path(path).first_or_octet_stream();
    if let Ok(media_type) = HeaderValue::from_str(media_type.as_ref()) {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    // Names of parts carry their digest, so what is under such a name never changes.
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    response
}
