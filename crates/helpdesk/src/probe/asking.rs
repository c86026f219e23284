//! One question to a server that may be anything: bounded in time and size, with no redirect followed.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use serde::de::DeserializeOwned;
use url::Url;

/// Longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(20);
/// So much of an answer is read; what is looked for stands in its beginning, and the rest is left.
const BODY_BYTES: usize = 512 * 1024;

/// An answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The reason phrase, where it is not the usual one.
    pub(super) reason: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn is_json(&self) -> bool {
        let kind = self.header(CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next()).map(str::trim);
        kind.is_some_and(|kind| kind == "application/json" || kind == "application/problem+json")
    }

    /// The body, if it is JSON of this form.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        if self.is_json() { serde_json::from_slice(&self.body).ok() } else { None }
    }

    pub(super) fn location(&self) -> Option<&str> {
        if (300..400).contains(&self.status) { self.header(LOCATION.as_str()) } else { None }
    }

    /// Whether the web server itself wants somebody to sign in (RFC 9110, section 11.6.1).
    pub(super) fn wants_sign_in(&self) -> bool {
        self.status == 401 && self.headers.contains_key(WWW_AUTHENTICATE)
    }

    /// The body as a text, for what stands in pages.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Asks. `secret` headers must be marked sensitive.
pub(super) async fn ask(
    client: &reqwest::Client,
    url: Url,
    headers: &[(&'static str, HeaderValue)],
) -> Result<Answer, reqwest::Error> {
    let mut request = client.get(url).header("accept", "application/json, text/html;q=0.5").timeout(ANSWER);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let mut response = request.send().await?;
    let reason = response
        .extensions()
        .get::<hyper::ext::ReasonPhrase>()
        .map_or_else(String::new, |phrase| String::from_utf8_lossy(phrase.as_bytes()).into_owned());
    let mut answer =
        Answer { status: response.status().as_u16(), reason, headers: response.headers().clone(), body: Vec::new() };
    while let Some(chunk) = response.chunk().await? {
        let room = BODY_BYTES - answer.body.len();
        answer.body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if answer.body.len() >= BODY_BYTES {
            break;
        }
    }
    Ok(answer)
}

/// What lies below a place.
pub(super) fn below(place: &Url, path: &[&str], query: &[(&str, &str)]) -> Url {
    let mut url = place.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

/// A header that nothing prints; `None` if it cannot be sent.
pub(super) fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}
