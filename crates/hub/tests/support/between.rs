//! Stands between a gateway and the hub that is its helpdesk: passes everything on, but for what a test wants refused.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

struct Rule {
    method: Method,
    part: String,
    status: u16,
    code: &'static str,
}

struct Inner {
    upstream: String,
    http: reqwest::Client,
    rules: Mutex<Vec<Rule>>,
    asked: Mutex<Vec<String>>,
}

/// It.
#[derive(Clone)]
pub struct Between {
    pub url: String,
    inner: Arc<Inner>,
}

impl Between {
    pub async fn start(upstream: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            upstream: upstream.to_owned(),
            http: super::client(),
            rules: Mutex::default(),
            asked: Mutex::default(),
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inner }
    }

    /// From now on, requests of this method whose path holds this part are refused.
    pub fn refuse(&self, method: Method, part: &str, status: u16, code: &'static str) {
        self.inner.rules.lock().unwrap().push(Rule { method, part: part.to_owned(), status, code });
    }

    /// Nothing is refused any more.
    pub fn mend(&self) {
        self.inner.rules.lock().unwrap().clear();
    }

    /// How many requests came whose method and path hold this part.
    pub fn asked(&self, part: &str) -> usize {
        self.inner.asked.lock().unwrap().iter().filter(|asked| asked.contains(part)).count()
    }
}

async fn pass(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    inner.asked.lock().unwrap().push(format!("{} {path}", parts.method));
    let refusal = {
        let rules = inner.rules.lock().unwrap();
        rules
            .iter()
            .find(|rule| rule.method == parts.method && path.contains(&rule.part))
            .map(|rule| (rule.status, rule.code))
    };
    if let Some((status, code)) = refusal {
        let problem = json!({
            "type": format!("urn:deskside:problem:{code}"), "title": "no", "status": status, "detail": "because I say so",
            "code": code, "request_id": null,
        });
        let head = [(header::CONTENT_TYPE, "application/problem+json")];
        return (StatusCode::from_u16(status).unwrap(), head, problem.to_string()).into_response();
    }
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let body = to_bytes(body, 64 * 1024 * 1024).await.unwrap_or_default();
    let sent = inner.http.request(parts.method, format!("{}{path}", inner.upstream)).headers(headers).body(body).send();
    match sent.await {
        Ok(answer) => {
            let mut response = Response::builder().status(answer.status());
            for (name, value) in answer.headers().iter().filter(|(name, _)| *name != header::TRANSFER_ENCODING) {
                response = response.header(name, value);
            }
            response.body(Body::from_stream(answer.bytes_stream())).unwrap()
        }
        Err(_away) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
