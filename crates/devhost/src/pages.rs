//! The built interface, under the window's own policy.

use std::path::Path;
use std::sync::LazyLock;

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::Response;
use serde::Deserialize;
use tower_http::services::ServeDir;

/// The window's settings. Read rather than repeated: what a test finds in the browser must hold in the window.
const WINDOW: &str = include_str!("../../../src-tauri/tauri.conf.json");

/// The files in `ui`.
pub(crate) fn service(ui: &Path) -> ServeDir {
    ServeDir::new(ui).append_index_html_on_directories(true)
}

/// The window's content security policy, with one difference: there the page speaks to the shell, here to this host.
fn policy() -> Option<HeaderValue> {
    #[derive(Deserialize)]
    struct Window {
        app: App,
    }
    #[derive(Deserialize)]
    struct App {
        security: Security,
    }
    #[derive(Deserialize)]
    struct Security {
        csp: String,
    }
    let window: Window = serde_json::from_str(WINDOW).ok()?;
    let directives = window.app.security.csp.split(';').map(|directive| {
        let directive = directive.trim();
        if directive.starts_with("connect-src ") { "connect-src 'self'" } else { directive }
    });
    HeaderValue::from_str(&directives.collect::<Vec<_>>().join("; ")).ok()
}

/// The same headers on everything; tests never see a page of yesterday.
pub(crate) async fn with_headers(mut response: Response) -> Response {
    /// Without a readable policy nothing at all may load, which every test would notice.
    static POLICY: LazyLock<HeaderValue> =
        LazyLock::new(|| policy().unwrap_or(HeaderValue::from_static("default-src 'none'")));
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_the_windows_but_for_whom_the_page_speaks_to() {
        let policy = policy().unwrap();
        let policy = policy.to_str().unwrap();
        for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "object-src 'none'"] {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        assert!(policy.contains("connect-src 'self'") && !policy.contains("ipc"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
