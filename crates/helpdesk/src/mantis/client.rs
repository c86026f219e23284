//! HTTP as MantisBT speaks it: a token without "Bearer", errors as JSON or only in the reason phrase, addresses with and
//! without `index.php`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deskside_protocol::{ErrorCode, limits};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use super::body::Body;
use super::wire::Refusal;
use crate::connection::{Connection, Moved, is_json, not_its_own, refusal};
use crate::{Again, HelpdeskError, Result, http};

/// Every answer of MantisBT's REST interface but some errors has it.
const VERSION_HEADER: &str = "x-mantis-version";

/// What a conditional request came to.
pub(super) enum Fetched<T> {
    /// As it was when it had this ETag.
    Unchanged,
    /// As it is now, and its ETag.
    Now(T, Option<String>),
}

pub(super) struct Client {
    connection: Connection,
    /// Whether this server knows its interface only as `/api/rest/index.php/…`: no address is rewritten there.
    index_php: AtomicBool,
}

impl Client {
    pub(super) fn new(server: &Url, token: &str, on_behalf_of: Option<&str>) -> Result<Self> {
        let unusable = |_| refusal(ErrorCode::BadRequest, "the token or user name cannot be sent in a header");
        let mut headers = HeaderMap::new();
        let mut value = HeaderValue::from_str(token.trim()).map_err(unusable)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        if let Some(name) = on_behalf_of {
            headers.insert("x-mantis-username", HeaderValue::from_str(name).map_err(unusable)?);
        }
        Ok(Self { connection: Connection::new(server, headers)?, index_php: AtomicBool::new(false) })
    }

    pub(super) fn server(&self) -> &Url {
        self.connection.server()
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url> {
        let mut url = self.server().clone();
        let mut segments = url.path_segments_mut().map_err(|()| http::bad_answer("the address has no path"))?;
        segments.pop_if_empty().extend(["api", "rest"]);
        if self.index_php.load(Ordering::Relaxed) {
            segments.push("index.php");
        }
        segments.extend(path);
        drop(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Asks for something.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T> {
        match self.get_unless(path, query, None, limits::ANSWER, limits::ANSWER_BYTES).await? {
            Fetched::Now(value, _) => Ok(value),
            Fetched::Unchanged => Err(http::bad_answer("HTTP 304 to what was not asked")),
        }
    }

    /// Asks for something unless it is as it was with this ETag; at most `most` bytes.
    pub(super) async fn get_unless<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        etag: Option<&str>,
        limit: Duration,
        most: usize,
    ) -> Result<Fetched<T>> {
        let ask = async || {
            let mut request = self.connection.http().get(self.url(path, query)?);
            if let Some(etag) = etag {
                request = request.header(IF_NONE_MATCH, etag);
            }
            self.connection.send(request, limit, None).await
        };
        let mut answer = ask().await?;
        if answer.status() == StatusCode::NOT_FOUND && !is_mantis(&answer) {
            // A server whose addresses are not rewritten; or something in between, which the other name tells.
            let before = self.index_php.fetch_xor(true, Ordering::Relaxed);
            answer = match ask().await {
                Ok(answer) if is_mantis(&answer) => answer,
                other => {
                    self.index_php.store(before, Ordering::Relaxed);
                    other?
                }
            };
        }
        if answer.status() == StatusCode::NOT_MODIFIED && etag.is_some() {
            return Ok(Fetched::Unchanged);
        }
        let answer = success(answer, false).await?;
        let etag = answer.headers().get(ETAG).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let bytes = http::body(answer, most).await?;
        let value = serde_json::from_slice(&bytes)
            .map_err(|error| http::bad_answer(format!("not the answer that was asked for: {error}")))?;
        Ok(Fetched::Now(value, etag))
    }

    /// Sends JSON that holds no file.
    pub(super) async fn send_json(
        &self,
        method: reqwest::Method,
        path: &[&str],
        json: &serde_json::Value,
    ) -> Result<Response> {
        let request = self.connection.http().request(method, self.url(path, &[])?).json(json);
        success(self.connection.send(request, limits::ANSWER, None).await?, false).await
    }

    /// Sends JSON with files in it, from disk.
    pub(super) async fn post(&self, path: &[&str], body: Body) -> Result<Response> {
        let moved = Moved::now();
        let has_files = body.has_files();
        let limit = if has_files { limits::UPLOAD } else { limits::ANSWER };
        let request = self
            .connection
            .http()
            .post(self.url(path, &[])?)
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_LENGTH, body.length())
            .body(reqwest::Body::wrap_stream(body.stream(moved.clone())));
        success(self.connection.send(request, limit, Some(moved)).await?, has_files).await
    }

    pub(super) fn network_changed(&self) {
        self.connection.network_changed();
    }
}

/// Whether MantisBT itself said this. Its own errors are JSON, or have its version, or have words of their own in the
/// status line and nothing else.
fn is_mantis(answer: &Response) -> bool {
    answer.headers().contains_key(VERSION_HEADER) || is_json(answer)
}

/// The words after the status; hyper keeps them where they are not the usual ones.
fn reason(answer: &Response) -> Option<String> {
    let phrase = answer.extensions().get::<hyper::ext::ReasonPhrase>()?;
    Some(String::from_utf8_lossy(phrase.as_bytes()).into_owned())
}

/// Turns an answer that is not a success into an error.
async fn success(answer: Response, had_files: bool) -> Result<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    if is_json(&answer) {
        let retry_after = http::retry_after(&answer);
        let bytes = http::body(answer, 64 * 1024).await?;
        return Err(match serde_json::from_slice::<Refusal>(&bytes) {
            Ok(refusal) => HelpdeskError { retry_after, ..refused(status, &refusal.message, refusal.code) },
            Err(_) => http::bad_answer(format!("HTTP {}, not in the helpdesk's protocol", status.as_u16())),
        });
    }
    let empty = answer.content_length() == Some(0);
    if empty && answer.headers().contains_key(VERSION_HEADER) {
        let words = reason(&answer).unwrap_or_default();
        return Err(refused(status, &words, None));
    }
    not_its_own(answer, had_files).await
}

/// What MantisBT's own refusal means. Codes are those of its `core/constant_inc.php`, `ERROR_…`.
fn refused(status: StatusCode, words: &str, code: Option<i64>) -> HelpdeskError {
    let detail: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    let code_said = code.map(|code| format!(" (code {code})")).unwrap_or_default();
    let (meaning, again, may_have_arrived) = match (status.as_u16(), code) {
        (401, _) => (ErrorCode::Unauthorized, Again::Transient, false),
        // Too many at once (`antispam_check`): each file counts, and is counted when the issue is there already.
        (429, _) => (ErrorCode::Busy, Again::Transient, true),
        // Switched off, or in maintenance: IT's to change, and nothing was done.
        (503, _) => (ErrorCode::Busy, Again::Transient, false),
        (500.., _) => (ErrorCode::BadAnswer, Again::Transient, true),
        (_, Some(1103)) => (ErrorCode::WrongState, Again::Permanent, false),
        (400, Some(500)) => (ErrorCode::FileTooLarge, Again::Permanent, true),
        (400, Some(501)) => (ErrorCode::FileType, Again::Permanent, true),
        (400, Some(502..=505)) => (ErrorCode::FileUnreadable, Again::Permanent, true),
        (403, _) => (ErrorCode::Forbidden, Again::Permanent, false),
        (404, Some(1100)) => (ErrorCode::NotFound, Again::Permanent, false),
        // An address that it does not know: another version, or set up otherwise.
        (404, None) => (ErrorCode::BadAnswer, Again::Transient, false),
        _ => (ErrorCode::Refused, Again::Permanent, false),
    };
    HelpdeskError {
        code: meaning,
        detail: format!("HTTP {}: {detail}{code_said}", status.as_u16()),
        retry_after: None,
        again,
        may_have_arrived,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_next() {
        let meaning = |status: u16, code| {
            let error = refused(StatusCode::from_u16(status).unwrap(), "words\nof the server", code);
            assert!(!error.detail.contains('\n'));
            (error.code, error.again, error.may_have_arrived)
        };
        assert_eq!(meaning(401, None), (ErrorCode::Unauthorized, Again::Transient, false));
        assert_eq!(meaning(403, Some(1103)), (ErrorCode::WrongState, Again::Permanent, false));
        assert_eq!(meaning(403, Some(13)), (ErrorCode::Forbidden, Again::Permanent, false));
        assert_eq!(meaning(400, Some(500)), (ErrorCode::FileTooLarge, Again::Permanent, true), "created although 400");
        assert_eq!(meaning(400, None), (ErrorCode::Refused, Again::Permanent, false));
        assert_eq!(meaning(404, Some(1502)), (ErrorCode::Refused, Again::Permanent, false));
        assert_eq!(meaning(500, None), (ErrorCode::BadAnswer, Again::Transient, true));
        assert_eq!(meaning(429, Some(27)), (ErrorCode::Busy, Again::Transient, true), "created although 429");
        assert_eq!(meaning(503, None), (ErrorCode::Busy, Again::Transient, false));
    }

    #[test]
    fn the_interface_lies_below_whatever_the_address_says() {
        for (address, wanted) in [
            ("https://mantis.example", "https://mantis.example/api/rest/issues/7?select=id%2Cnotes"),
            ("https://it.example/bugs/", "https://it.example/bugs/api/rest/issues/7?select=id%2Cnotes"),
        ] {
            let client = Client::new(&Url::parse(address).unwrap(), "token", None).unwrap();
            assert_eq!(client.url(&["issues", "7"], &[("select", "id,notes")]).unwrap().as_str(), wanted);
        }
        assert!(Client::new(&Url::parse("https://x.example").unwrap(), "to\nken", None).is_err());
    }
}
