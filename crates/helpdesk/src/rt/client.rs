//! HTTP as Request Tracker's REST 2.0 speaks it: a token, refusals as `{"message"}`, and lists of messages that say with
//! "200 OK" that nothing was done.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use deskside_protocol::{ErrorCode, limits};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderValue, IF_MATCH};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use super::wire::Refusal;
use crate::connection::{Connection, Moved, is_json, not_its_own, refusal};
use crate::upload::form::Form;
use crate::{Again, HelpdeskError, Result, http};

pub(super) struct Client {
    connection: Connection,
    /// What the server said last about the time, in seconds; zero if nothing.
    clock: AtomicI64,
}

impl Client {
    pub(super) fn new(server: &Url, token: &str) -> Result<Self> {
        let mut value = HeaderValue::from_str(&format!("token {}", token.trim()))
            .map_err(|_| refusal(ErrorCode::BadRequest, "the token cannot be sent in a header"))?;
        value.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value);
        Ok(Self { connection: Connection::new(server, headers)?, clock: AtomicI64::new(0) })
    }

    pub(super) fn server(&self) -> &Url {
        self.connection.server()
    }

    /// The moment of the last answer by the server's clock, in seconds.
    pub(super) fn server_time(&self) -> Option<i64> {
        Some(self.clock.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url> {
        let mut url = self.server().clone();
        url.path_segments_mut()
            .map_err(|()| http::bad_answer("the address has no path"))?
            .pop_if_empty()
            .extend(["REST", "2.0"])
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Asks for something.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T> {
        let answer = self.fetch(path, query, limits::ANSWER).await?;
        http::json(answer).await
    }

    /// Asks for something, and reads at most `most` bytes of it.
    pub(super) async fn get_large<T: DeserializeOwned>(&self, path: &[&str], most: usize) -> Result<T> {
        let answer = self.fetch(path, &[], limits::UPLOAD).await?;
        let bytes = http::body(answer, most).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| http::bad_answer(format!("not the answer that was asked for: {error}")))
    }

    /// Asks for something that is changed next: also the ETag that it has now.
    pub(super) async fn get_tagged<T: DeserializeOwned>(&self, path: &[&str]) -> Result<(T, Option<HeaderValue>)> {
        let answer = self.fetch(path, &[], limits::ANSWER).await?;
        let etag = answer.headers().get(ETAG).cloned();
        Ok((http::json(answer).await?, etag))
    }

    async fn fetch(&self, path: &[&str], query: &[(&str, &str)], limit: Duration) -> Result<Response> {
        success(self.send(self.connection.http().get(self.url(path, query)?), limit, None).await?, false).await
    }

    /// Changes something that still is as it was with this ETag. What RT did is in the words of its answer.
    pub(super) async fn put(
        &self,
        path: &[&str],
        etag: Option<HeaderValue>,
        json: &serde_json::Value,
    ) -> Result<Vec<String>> {
        let mut request = self.connection.http().put(self.url(path, &[])?).json(json);
        if let Some(etag) = etag {
            request = request.header(IF_MATCH, etag);
        }
        http::json(success(self.send(request, limits::ANSWER, None).await?, false).await?).await
    }

    /// Sends a form, with its files from disk.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &[&str], form: Form, has_files: bool) -> Result<T> {
        let moved = Moved::now();
        let request = self
            .connection
            .http()
            .post(self.url(path, &[])?)
            .header(CONTENT_TYPE, form.content_type())
            .header(CONTENT_LENGTH, form.length())
            .body(reqwest::Body::wrap_stream(form.stream(moved.clone())));
        let limit = if has_files { limits::UPLOAD } else { limits::ANSWER };
        let answer = success(self.send(request, limit, Some(moved)).await?, has_files).await?;
        if answer.status() != StatusCode::CREATED {
            return Err(http::bad_answer(format!("HTTP {} where 201 was to be said", answer.status().as_u16())));
        }
        http::json(answer).await
    }

    async fn send(&self, request: RequestBuilder, limit: Duration, moved: Option<Moved>) -> Result<Response> {
        let answer = self.connection.send(request, limit, moved).await?;
        self.clock.store(told_time(&answer).unwrap_or(0), Ordering::Relaxed);
        Ok(answer)
    }

    pub(super) fn network_changed(&self) {
        self.connection.network_changed();
    }
}

/// `Date` of an answer (RFC 9110, section 6.6.1).
fn told_time(answer: &Response) -> Option<i64> {
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_second())
}

/// Turns an answer that is not a success into an error.
async fn success(answer: Response, had_files: bool) -> Result<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    if is_json(&answer) {
        let bytes = http::body(answer, 64 * 1024).await?;
        return Err(match serde_json::from_slice::<Refusal>(&bytes) {
            Ok(refusal) => refused(status, &refusal.message),
            Err(_) => http::bad_answer(format!("HTTP {}, not in the helpdesk's protocol", status.as_u16())),
        });
    }
    not_its_own(answer, had_files).await
}

/// What RT's own refusal means.
fn refused(status: StatusCode, words: &str) -> HelpdeskError {
    let denied = words.contains("Permission Denied") || words.contains("permission");
    let (code, again, may_have_arrived) = match status.as_u16() {
        401 => (ErrorCode::Unauthorized, Again::Transient, false),
        429 | 503 => (ErrorCode::Busy, Again::Transient, false),
        500.. => (ErrorCode::BadAnswer, Again::Transient, true),
        // Somebody else was faster: the next look says what is there now.
        409 | 412 => (ErrorCode::Busy, Again::Transient, false),
        413 => (ErrorCode::FileTooLarge, Again::Permanent, false),
        403 => (ErrorCode::Forbidden, Again::Permanent, false),
        400 if denied => (ErrorCode::Forbidden, Again::Permanent, false),
        404 => (ErrorCode::NotFound, Again::Permanent, false),
        _ => (ErrorCode::Refused, Again::Permanent, false),
    };
    HelpdeskError { code, detail: detail(status.as_u16(), words), retry_after: None, again, may_have_arrived }
}

fn detail(status: u16, words: &str) -> String {
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    format!("HTTP {status}: {words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_next() {
        let meaning = |status: u16, words: &str| {
            let error = refused(StatusCode::from_u16(status).unwrap(), words);
            assert!(!error.detail.contains('\n'));
            (error.code, error.again, error.may_have_arrived)
        };
        assert_eq!(meaning(401, "Unauthorized"), (ErrorCode::Unauthorized, Again::Transient, false));
        assert_eq!(meaning(400, "Permission Denied"), (ErrorCode::Forbidden, Again::Permanent, false));
        assert_eq!(meaning(400, "Could not\ncreate"), (ErrorCode::Refused, Again::Permanent, false));
        assert_eq!(meaning(412, "Precondition Failed"), (ErrorCode::Busy, Again::Transient, false));
        assert_eq!(meaning(500, "Internal"), (ErrorCode::BadAnswer, Again::Transient, true));
    }

    #[test]
    fn the_interface_lies_below_whatever_the_address_says() {
        let client = Client::new(&Url::parse("https://it.example/rt/").unwrap(), "1-2-abc").unwrap();
        assert_eq!(client.url(&["ticket", "7"], &[]).unwrap().as_str(), "https://it.example/rt/REST/2.0/ticket/7");
        assert!(Client::new(&Url::parse("https://x.example").unwrap(), "to\nken").is_err());
    }
}
