//! HTTP as every helpdesk connector needs it: one client with time-outs and no redirects, bounded bodies, and one way to
//! say what a failure means for the outbox.

use std::net::IpAddr;
use std::sync::Once;
use std::time::Duration;

use bytes::Bytes;
use deskside_protocol::desk::Problem;
use deskside_protocol::{ErrorCode, limits};
use futures_util::stream::{BoxStream, StreamExt as _};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use url::{Host, Url};

use crate::{Again, HelpdeskError, Result};

/// Longest part of a server's own words kept in an error's detail, in characters.
const DETAIL_CHARS: usize = 300;

/// Checks that a server's address is one that a credential may be sent to: `https`, or `http` to this very machine
/// (demo and tests); no user name or password in it.
///
/// # Errors
/// `BadRequest` with the reason.
pub fn check_address(url: &Url) -> Result<()> {
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => return Err(bad_address("the address names no server")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad_address("the address must not hold a user name or password"));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if local => Ok(()),
        _ => Err(bad_address("the address must begin with https://")),
    }
}

fn bad_address(why: &str) -> HelpdeskError {
    HelpdeskError {
        code: ErrorCode::BadRequest,
        detail: why.to_owned(),
        retry_after: None,
        again: Again::Permanent,
        may_have_arrived: false,
    }
}

/// A client for one server. `default_headers` go with every request, so a credential among them must be marked
/// sensitive. Redirects are never followed: an API has none, and a captive portal's must not get the credential.
///
/// # Errors
/// As [`check_address`]; `Internal` if TLS cannot be set up.
pub fn client(url: &Url, default_headers: HeaderMap) -> Result<reqwest::Client> {
    check_address(url)?;
    install_tls();
    let mut builder = crate::trust::in_force()
        .apply(reqwest::Client::builder())
        .user_agent(concat!("Deskside/", env!("CARGO_PKG_VERSION")))
        .default_headers(default_headers)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // The outbox decides what is tried again: a silent retry in here could not tell it that a try arrived.
        .retry(reqwest::retry::never())
        .connect_timeout(limits::CONNECT)
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(2);
    if url.scheme() == "http" {
        // This machine's own server: a company proxy does not know it, and must not see it.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| HelpdeskError {
        code: ErrorCode::Internal,
        detail: format!("HTTP cannot be set up: {}", chain(&error)),
        retry_after: None,
        again: Again::Transient,
        may_have_arrived: false,
    })
}

/// Installs *ring* as the process's TLS provider, once. A provider installed earlier by the program stays.
pub(crate) fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Err means that another one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// What a failure to send or to read means.
#[must_use]
pub fn transport_error(error: reqwest::Error) -> HelpdeskError {
    // The address can name things; the detail is shown. Connectors know where they sent it.
    let error = error.without_url();
    let never_sent = error.is_connect() || error.is_builder();
    let code = if error.is_timeout() { ErrorCode::TimedOut } else { ErrorCode::Unreachable };
    HelpdeskError {
        code,
        detail: chain(&error),
        retry_after: None,
        again: Again::Transient,
        may_have_arrived: !never_sent,
    }
}

/// The answer took too long.
#[must_use]
pub fn timed_out(what: &str) -> HelpdeskError {
    HelpdeskError {
        code: ErrorCode::TimedOut,
        detail: format!("no answer in time: {what}"),
        retry_after: None,
        again: Again::Transient,
        may_have_arrived: true,
    }
}

/// The answer is not the helpdesk's protocol. Transient: a proxy or a portal may stand in between for now.
#[must_use]
pub fn bad_answer(detail: impl Into<String>) -> HelpdeskError {
    HelpdeskError {
        code: ErrorCode::BadAnswer,
        detail: shorten(&detail.into()),
        retry_after: None,
        again: Again::Transient,
        may_have_arrived: true,
    }
}

/// Turns an answer that is not a success into an error.
///
/// # Errors
/// [`HelpdeskError`] unless the status is 2xx.
pub async fn success(response: Response) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retry_after = retry_after(&response);
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(';').next().is_some_and(|t| t.trim() == "application/problem+json"));
    // A problem document is small; anything longer is not one.
    let problem = if is_problem {
        body(response, 64 * 1024).await.ok().and_then(|bytes| serde_json::from_slice::<Problem>(&bytes).ok())
    } else {
        None
    };
    Err(classify(status, problem, retry_after))
}

/// What a refusal means. Only a server that speaks the protocol can refuse for good: a 404 from a proxy, a portal or a
/// hub that is being set up must not park a ticket.
fn classify(status: StatusCode, problem: Option<Problem>, retry_after: Option<Duration>) -> HelpdeskError {
    let code = problem.as_ref().map_or_else(|| code_of(status), |problem| problem.code);
    let waits = matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_EARLY
            | StatusCode::TOO_MANY_REQUESTS
    );
    let refused = status.is_client_error() && !waits;
    // A proxy in front of the hub that finds the body too large says so in its own words, and will for ever.
    let for_good = refused && (problem.is_some() || status == StatusCode::PAYLOAD_TOO_LARGE);
    let detail = match &problem {
        Some(problem) => {
            let words = problem.detail.as_deref().unwrap_or(&problem.title);
            let id = problem.request_id.as_deref().map(|id| format!(" (request {id})")).unwrap_or_default();
            format!("HTTP {}: {}{}", status.as_u16(), shorten(words), shorten(&id))
        }
        None => format!("HTTP {}, not in the helpdesk's protocol", status.as_u16()),
    };
    HelpdeskError {
        code,
        detail,
        retry_after,
        again: if for_good { Again::Permanent } else { Again::Transient },
        may_have_arrived: !for_good,
    }
}

fn code_of(status: StatusCode) -> ErrorCode {
    match status {
        StatusCode::UNAUTHORIZED => ErrorCode::Unauthorized,
        StatusCode::FORBIDDEN => ErrorCode::Forbidden,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::FileTooLarge,
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => ErrorCode::TimedOut,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_EARLY => ErrorCode::Busy,
        StatusCode::BAD_GATEWAY => ErrorCode::Unreachable,
        _ => ErrorCode::BadAnswer,
    }
}

/// How long a server wants to be left alone, if it says so.
pub(crate) fn retry_after(response: &Response) -> Option<Duration> {
    response.headers().get(RETRY_AFTER).and_then(parse_retry_after)
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds or a date; at most [`limits::RETRY_AFTER`].
fn parse_retry_after(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let at = jiff::fmt::rfc2822::parse(text).ok()?;
        let ms = at.timestamp().as_millisecond().saturating_sub(jiff::Timestamp::now().as_millisecond());
        Duration::from_millis(u64::try_from(ms).unwrap_or(0))
    };
    Some(wait.min(limits::RETRY_AFTER))
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// `BadAnswer` if it is longer; transport errors.
pub async fn body(mut response: Response, limit: usize) -> Result<Vec<u8>> {
    let too_long = || bad_answer(format!("the answer is longer than {limit} bytes"));
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(too_long());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
        if bytes.len() + chunk.len() > limit {
            return Err(too_long());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Reads a JSON answer of at most [`limits::ANSWER_BYTES`].
///
/// # Errors
/// `BadAnswer` if it is too long or not what was expected; transport errors.
pub async fn json<T: DeserializeOwned>(response: Response) -> Result<T> {
    let bytes = body(response, limits::ANSWER_BYTES).await?;
    serde_json::from_slice(&bytes).map_err(|error| bad_answer(format!("not the answer that was asked for: {error}")))
}

/// The bytes of a file, as they come; at most [`limits::ATTACHMENT_BYTES`].
pub(crate) fn file(response: Response) -> BoxStream<'static, Result<Bytes>> {
    let mut left = limits::ATTACHMENT_BYTES;
    let pieces = response.bytes_stream().map(move |piece| {
        let piece = piece.map_err(transport_error)?;
        left =
            left.checked_sub(piece.len() as u64).ok_or_else(|| bad_answer("the file is larger than any attachment"))?;
        Ok(piece)
    });
    pieces.boxed()
}

/// An error with its causes, which is where reqwest says what really happened.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    shorten(&text)
}

pub(crate) fn shorten(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(clean).take(DETAIL_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_goes_only_over_tls_or_to_this_machine() {
        for good in ["https://hub.example", "http://127.0.0.1:8470", "http://[::1]:1", "http://localhost:1/desk"] {
            check_address(&Url::parse(good).unwrap()).unwrap_or_else(|e| panic!("{good}: {e}"));
        }
        for bad in [
            "http://hub.example",
            "http://10.0.0.1",
            "http://localhost.evil.example",
            "ftp://hub.example",
            "https://me:secret@hub.example",
            "data:text/plain,hub",
        ] {
            assert!(check_address(&Url::parse(bad).unwrap()).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_capped() {
        let parse = |text: &str| parse_retry_after(&HeaderValue::from_str(text).unwrap());
        assert_eq!(parse("7"), Some(Duration::from_secs(7)));
        assert_eq!(parse("999999999"), Some(limits::RETRY_AFTER));
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO), "a date gone by is now");
        assert_eq!(parse("Wed, 01 Jan 2200 00:00:00 GMT"), Some(limits::RETRY_AFTER));
        assert_eq!(parse("soon"), None);
        assert_eq!(parse("-5"), None);
    }

    fn problem(status: u16, code: ErrorCode) -> Problem {
        Problem {
            kind: String::new(),
            title: "title".into(),
            status,
            detail: Some("line one\nline two".into()),
            code,
            request_id: None,
        }
    }

    #[test]
    fn only_the_helpdesks_own_refusal_is_final() {
        let refused = classify(StatusCode::UNPROCESSABLE_ENTITY, Some(problem(422, ErrorCode::Refused)), None);
        assert_eq!((refused.again, refused.may_have_arrived), (Again::Permanent, false));
        assert_eq!(refused.code, ErrorCode::Refused);
        assert!(!refused.detail.contains('\n'), "control characters of a server reach no log");

        let portal = classify(StatusCode::NOT_FOUND, None, None);
        assert_eq!((portal.again, portal.may_have_arrived), (Again::Transient, true));
        assert_eq!(portal.code, ErrorCode::BadAnswer);

        let revoked = classify(StatusCode::UNAUTHORIZED, Some(problem(401, ErrorCode::Unauthorized)), None);
        assert_eq!((revoked.again, revoked.code), (Again::Transient, ErrorCode::Unauthorized));

        let broken = classify(StatusCode::INTERNAL_SERVER_ERROR, Some(problem(500, ErrorCode::Internal)), None);
        assert_eq!((broken.again, broken.may_have_arrived), (Again::Transient, true));

        let proxy = classify(StatusCode::PAYLOAD_TOO_LARGE, None, None);
        assert_eq!((proxy.again, proxy.code), (Again::Permanent, ErrorCode::FileTooLarge));

        let redirect = classify(StatusCode::FOUND, None, None);
        assert_eq!((redirect.again, redirect.code), (Again::Transient, ErrorCode::BadAnswer));
    }
}
