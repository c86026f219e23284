//! People prove themselves with the session in their cookie. Whatever changes something must also prove that it comes
//! from the console's own page: the CSRF token in a header, and where it comes from as the browser says it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::uri::{Authority, Uri};
use axum::http::{HeaderMap, Method, header, request::Parts};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use deskside_protocol::ErrorCode;
use deskside_protocol::desk::{Person, Role, Session};

use super::secrets;
use crate::config::Config;
use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;

/// Header that carries the CSRF token.
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";

/// Name of the session's cookie. The prefix makes browsers refuse it from other hosts, paths and plain HTTP
/// (RFC 6265bis, 4.1.3.2).
fn cookie_name(config: &Config) -> &'static str {
    if config.is_secure() { "__Host-deskside_session" } else { "deskside_session" }
}

/// The cookie of a session; with an empty secret, the one that removes it.
pub(crate) fn cookie(config: &Config, secret: String) -> Cookie<'static> {
    let ends = secret.is_empty();
    let mut cookie = Cookie::new(cookie_name(config), secret);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_path("/");
    cookie.set_secure(config.is_secure());
    if ends {
        cookie.make_removal();
    }
    cookie
}

/// Somebody who is signed in, with a password that they chose: one that was printed, or that another person knows, opens
/// nothing but the way to another one ([`Newcomer`]).
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) person: Person,
    pub(crate) password_hash: String,
    pub(crate) must_change_password: bool,
    /// Digest of the session's secret.
    pub(crate) session: String,
    csrf_token: String,
}

impl SignedIn {
    /// As the console sees it.
    pub(crate) fn as_session(&self) -> Session {
        Session {
            person: self.person.clone(),
            csrf_token: self.csrf_token.clone(),
            must_change_password: self.must_change_password,
        }
    }
}

impl FromRequestParts<Arc<AppState>> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let Newcomer(signed_in) = Newcomer::from_request_parts(parts, state).await?;
        if signed_in.must_change_password {
            return Err(ApiError::new(ErrorCode::Forbidden, "change the password first"));
        }
        Ok(signed_in)
    }
}

/// Somebody who is signed in, and may have to choose a password yet: for the session itself, and nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Newcomer(pub(crate) SignedIn);

impl FromRequestParts<Arc<AppState>> for Newcomer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let nobody = || ApiError::new(ErrorCode::Unauthorized, "sign in first");
        let jar = CookieJar::from_headers(&parts.headers);
        let secret = jar.get(cookie_name(&state.config)).map(|cookie| cookie.value().to_owned()).ok_or_else(nobody)?;
        if secret.len() > 100 {
            return Err(nobody());
        }
        let session = secrets::digest(&secret);
        let record = state.store.session(&session).await?.ok_or_else(nobody)?;
        state.rates.session(&session)?;
        let csrf_token = secrets::csrf_token(&secret);
        if !is_safe(&parts.method) {
            check_origin(&parts.headers, &parts.uri, &state.config)?;
            let sent = parts.headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
            if !secrets::same(sent, &csrf_token) {
                return Err(ApiError::new(ErrorCode::Forbidden, "the CSRF token is missing or not this session's"));
            }
        }
        Ok(Self(SignedIn {
            person: record.person,
            password_hash: record.password_hash,
            must_change_password: record.must_change,
            session,
            csrf_token,
        }))
    }
}

/// An administrator.
#[derive(Debug, Clone)]
pub(crate) struct Administrator(pub(crate) SignedIn);

impl FromRequestParts<Arc<AppState>> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        match signed_in.person.role {
            Role::Technician => Err(ApiError::new(ErrorCode::Forbidden, "only administrators may do this")),
            Role::Administrator => Ok(Self(signed_in)),
        }
    }
}

fn is_safe(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD || method == Method::OPTIONS
}

/// Refuses what a browser sends for another site's page. Browsers always say where a changing request comes from
/// (Fetch Standard, 3.2); what says nothing is no browser, and has no cookie that it did not ask for itself.
pub(crate) fn check_origin(headers: &HeaderMap, uri: &Uri, config: &Config) -> ApiResult<()> {
    let foreign = || ApiError::new(ErrorCode::Forbidden, "the request comes from another site's page");
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(foreign());
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return Ok(()) };
    let ours = match &config.public_url {
        Some(url) => url.origin().ascii_serialization(),
        None => {
            let scheme = if config.tls.is_some() { "https" } else { "http" };
            // HTTP/2 says it in the address (RFC 9113, 8.3.1).
            let host = text(header::HOST.as_str()).or(uri.authority().map(Authority::as_str));
            format!("{scheme}://{}", host.unwrap_or_default())
        }
    };
    if origin.eq_ignore_ascii_case(&ours) { Ok(()) } else { Err(foreign()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_our_own_page_may_change_something() {
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), "x".into());
        let ask = |config: &Config, pairs: &[(&'static str, &'static str)]| {
            check_origin(&headers(pairs), &Uri::from_static("/x"), config).is_ok()
        };
        assert!(ask(
            &config,
            &[("host", "hub:8470"), ("origin", "http://hub:8470"), ("sec-fetch-site", "same-origin")]
        ));
        assert!(ask(&config, &[("host", "hub:8470")]), "a program that is no browser");
        assert!(!ask(&config, &[("host", "hub:8470"), ("origin", "http://evil.example")]));
        assert!(!ask(&config, &[("host", "hub:8470"), ("origin", "null")]));
        assert!(!ask(&config, &[("host", "hub:8470"), ("sec-fetch-site", "cross-site")]));
        assert!(!ask(&config, &[("host", "hub:8470"), ("sec-fetch-site", "same-site")]));
        let over_http_2 =
            check_origin(&headers(&[("origin", "http://hub:8470")]), &Uri::from_static("http://hub:8470/x"), &config);
        assert!(over_http_2.is_ok());
        config.public_url = Some("https://desk.example/".parse().unwrap());
        assert!(ask(&config, &[("host", "10.0.0.5:8470"), ("origin", "https://desk.example")]));
        assert!(!ask(&config, &[("host", "10.0.0.5:8470"), ("origin", "http://10.0.0.5:8470")]));
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), "x".into());
        let plain = cookie(&config, "secret".to_owned()).to_string();
        assert_eq!(plain, "deskside_session=secret; HttpOnly; SameSite=Strict; Path=/");
        config.public_url = Some("https://desk.example/".parse().unwrap());
        let secure = cookie(&config, "secret".to_owned()).to_string();
        assert_eq!(secure, "__Host-deskside_session=secret; HttpOnly; SameSite=Strict; Secure; Path=/");
        assert!(cookie(&config, String::new()).to_string().contains("Max-Age=0"));
    }
}
