//! What the token endpoint says (RFC 6749, section 5; captures `003` to `016`), and what that means for what waits.

use std::time::Duration;

use deskside_protocol::{ErrorCode, limits};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use oauth2::basic::{BasicRequestTokenError, BasicTokenResponse};
use oauth2::{HttpRequest, HttpResponse, TokenResponse as _};
use reqwest::header::HeaderMap;
use url::Url;

use crate::connection::{is_json, not_its_own};
use crate::{Again, HelpdeskError, Result, http};

/// Largest answer, in bytes: tokens are a few kilobytes.
const ANSWER_BYTES: usize = 256 * 1024;
/// How long an access token is good for where the answer does not say.
const USUAL: Duration = Duration::from_secs(3600);

/// What was granted.
pub(super) struct Granted {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) lasts: Duration,
}

/// How the endpoint is asked. It owns what it needs, so that whatever waits for it may move between threads.
///
/// # Errors
/// As [`http::client`].
pub(super) fn asker(
    server: &Url,
) -> Result<impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse>> + Send + Sync + 'static> {
    // A connection of its own: one that is given up when the network changes would lose what was granted.
    let client = http::client(server, HeaderMap::new())?;
    Ok(move |request| ask(client.clone(), request).boxed())
}

async fn ask(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse> {
    let (parts, body) = request.into_parts();
    let url: Url = parts.uri.to_string().parse().map_err(|_| http::bad_answer("the address is none"))?;
    let request = client.request(parts.method, url).headers(parts.headers).body(body).timeout(limits::ANSWER);
    let answer = request.send().await.map_err(http::transport_error)?;
    // Only the endpoint itself can refuse; what stands in between says nothing of the token.
    let answer = if is_json(&answer) && answer.status().as_u16() < 500 {
        answer
    } else {
        let answer = not_its_own(answer, false).await?;
        return Err(http::bad_answer(format!("HTTP {} without JSON", answer.status().as_u16())));
    };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = HttpResponse::new(http::body(answer, ANSWER_BYTES).await?);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// What came of it.
pub(super) fn granted(
    answer: std::result::Result<BasicTokenResponse, BasicRequestTokenError<HelpdeskError>>,
) -> Result<Granted> {
    let answer = answer.map_err(|error| match error {
        BasicRequestTokenError::Request(error) => error,
        BasicRequestTokenError::ServerResponse(said) => {
            let (error, words) = (said.error().to_string(), said.error_description().cloned().unwrap_or_default());
            refused(&error, &words)
        }
        // Neither a token nor a refusal; GLPI's own refusals of another kind (the API is off) are this too.
        BasicRequestTokenError::Parse(_, _) | BasicRequestTokenError::Other(_) => {
            http::bad_answer("the token endpoint's answer is neither a token nor a refusal")
        }
    })?;
    Ok(Granted {
        access_token: answer.access_token().secret().clone(),
        refresh_token: answer.refresh_token().map(|token| token.secret().clone()),
        lasts: answer.expires_in().unwrap_or(USUAL),
    })
}

/// Whatever the reason, the employee or IT can put it right, and what waits goes on waiting until then.
fn refused(error: &str, words: &str) -> HelpdeskError {
    let clean = |text: &str, most| text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    let (error, words): (String, String) = (clean(error, 60), clean(words, 200));
    let whose = match error.as_str() {
        "invalid_client" => "GLPI does not know the client, or its secret",
        "unauthorized_client" | "unsupported_grant_type" => "GLPI's OAuth client may not sign people in this way",
        _ => "the sign-in at GLPI is over",
    };
    HelpdeskError {
        code: ErrorCode::Unauthorized,
        detail: format!("{whose}: {error}: {words}"),
        retry_after: None,
        again: Again::Transient,
        may_have_arrived: false,
    }
}

/// While somebody signs in there is nothing that could wait: they are told at once.
pub(super) fn of_a_sign_in(error: HelpdeskError) -> HelpdeskError {
    if error.code == ErrorCode::Unauthorized {
        return HelpdeskError { code: ErrorCode::Forbidden, again: Again::Permanent, ..error };
    }
    error
}
