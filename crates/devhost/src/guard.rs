//! Who may ask: pages that came from here, and programs of this computer that are no browsers.
//!
//! A page elsewhere can make a browser send requests to a loopback port. It cannot forge `Host` (which a name that was
//! bent to 127.0.0.1 gives away), `Origin` (sent with every POST and every cross-origin request) or `Sec-Fetch-Site`.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names under which this host is known.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    hosts: [String; 2],
}

impl Guard {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { hosts: [address.to_string(), format!("localhost:{}", address.port())] }
    }

    /// Why the request is refused, if it is.
    fn objection(&self, headers: &HeaderMap) -> Option<&'static str> {
        let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let is_ours = |host: &str| self.hosts.iter().any(|ours| ours == host);
        if !text(HOST).is_some_and(is_ours) || headers.get_all(HOST).iter().count() != 1 {
            Some("the host is not this one")
        } else if !text(ORIGIN).is_none_or(|origin| origin.strip_prefix("http://").is_some_and(is_ours)) {
            Some("the page is from elsewhere")
        } else if !text(FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none") {
            Some("the request is from elsewhere")
        } else {
            None
        }
    }
}

/// Refuses what comes from elsewhere.
pub(crate) async fn only_our_pages(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.objection(request.headers()) {
        Some(reason) => {
            tracing::warn!(reason, path = request.uri().path(), "refused");
            (StatusCode::FORBIDDEN, reason).into_response()
        }
        None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objection(headers: &[(&'static str, &'static str)]) -> Option<&'static str> {
        let guard = Guard::new("127.0.0.1:4711".parse().unwrap());
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        guard.objection(&headers.collect())
    }

    #[test]
    fn our_pages_and_programs_may_ask() {
        for headers in [
            &[("host", "127.0.0.1:4711")][..],
            &[("host", "localhost:4711"), ("sec-fetch-site", "none")],
            &[("host", "127.0.0.1:4711"), ("origin", "http://127.0.0.1:4711"), ("sec-fetch-site", "same-origin")],
        ] {
            assert_eq!(objection(headers), None, "{headers:?}");
        }
    }

    #[test]
    fn pages_from_elsewhere_may_not() {
        for headers in [
            &[][..],
            &[("host", "deskside.example:4711")],
            &[("host", "127.0.0.1:80")],
            &[("host", "127.0.0.1")],
            &[("host", "127.0.0.1:4711"), ("origin", "https://evil.example")],
            &[("host", "127.0.0.1:4711"), ("origin", "http://127.0.0.1:4712")],
            &[("host", "127.0.0.1:4711"), ("origin", "null")],
            &[("host", "127.0.0.1:4711"), ("sec-fetch-site", "cross-site")],
            &[("host", "127.0.0.1:4711"), ("sec-fetch-site", "same-site")],
        ] {
            assert!(objection(headers).is_some(), "{headers:?}");
        }
    }
}
