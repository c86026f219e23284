//! Employees' sign-in with OpenID Connect: the Authorization Code flow with PKCE (RFC 7636) in the system's browser, which
//! comes back to the device (RFC 8252, section 7.3). Everything secret of it stays here: the device only carries the code,
//! which is worth nothing without them. The provider's word is believed after its signature, issuer, audience, expiry and
//! nonce were checked (OpenID Connect Core 1.0, section 3.1.3.7), with the keys that its discovery document names.

use std::time::{Duration, Instant};

use deskside_helpdesk::http as transport;
use deskside_protocol::desk::SignInBegun;
use deskside_protocol::{DeviceId, ErrorCode, Timestamp, limits as shared};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, RedirectUrl, Scope,
    SignatureVerificationError, TokenResponse as _,
};
use url::{Host, Url};

use crate::auth::secrets;
use crate::config::SignInConfig;
use crate::limits;
use crate::problem::{ApiError, ApiResult};
use crate::store::{BegunSignIn, Employee, Store};
use crate::text::{directory_name, one_line};

mod begun;

/// How long the provider's discovery document and keys are believed. A key that is not among them is looked for at once.
const DISCOVERED: Duration = Duration::from_secs(3600);
/// Between two looks for a key that is not known: whoever sends bad tokens must not make us ask the provider each time.
const DISCOVER_AGAIN: Duration = Duration::from_secs(30);
/// How long nobody asks again after the provider could not be asked: those who waited for that answer do not each try.
const FAILED: Duration = Duration::from_secs(5);
/// Largest answer of a provider, in bytes.
const ANSWER_BYTES: usize = 1024 * 1024;
/// Longest code and state that come back from a browser, in bytes.
const CODE_BYTES: usize = 4096;
/// The path at which the browser comes back.
const PATH: &str = "/signed-in";

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The provider.
pub(crate) struct SignIn {
    config: SignInConfig,
    http: reqwest::Client,
    provider: tokio::sync::Mutex<Known>,
}

/// What is known of the provider.
#[derive(Default)]
struct Known {
    /// What it says of itself, and since when.
    metadata: Option<(Instant, CoreProviderMetadata)>,
    /// When it was last asked because of a key that was not known.
    looked_again: Option<Instant>,
    /// When it last could not be asked.
    failed: Option<Instant>,
}

/// What went wrong with the provider. The detail is for its administrator; nothing secret is in it.
#[derive(Debug, thiserror::Error)]
enum Provider {
    #[error("{0}")]
    Http(#[from] deskside_helpdesk::HelpdeskError),
    #[error("its answer is none: {0}")]
    Answer(String),
    #[error("it could not be asked a moment ago")]
    JustNow,
}

impl SignIn {
    pub(crate) fn new(config: &SignInConfig) -> Result<Self, deskside_helpdesk::HelpdeskError> {
        let http = transport::client(&config.issuer, reqwest::header::HeaderMap::new())?;
        Ok(Self { config: config.clone(), http, provider: tokio::sync::Mutex::default() })
    }

    /// Whether nothing new is taken from a device on which nobody is signed in.
    pub(crate) fn required(&self) -> bool {
        self.config.required
    }

    /// For how long a sign-in holds.
    pub(crate) fn lasts(&self) -> Duration {
        self.config.lasts
    }

    /// Begins a sign-in on a device; one that was begun there before is over.
    pub(crate) async fn begin(&self, store: &Store, device: DeviceId, redirect: &str) -> ApiResult<SignInBegun> {
        let redirect = usable_redirect(redirect)
            .ok_or_else(|| ApiError::new(ErrorCode::BadRequest, "the browser must come back to this computer"))?;
        let client = self.client(false).await?.set_redirect_uri(redirect.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let state = state.into_secret();
        let sealed = begun::seal(&state, device, &nonce, &verifier)
            .ok_or_else(|| ApiError::internal(&"a sign-in's secrets cannot be sealed"))?;
        let kept = BegunSignIn { redirect: redirect.to_string(), sealed };
        store.begin_sign_in(&secrets::digest(&state), device, &kept, Timestamp::now()).await?;
        Ok(SignInBegun { authorization_url: url.into(), state })
    }

    /// Ends a sign-in with what the browser brought back: who it is.
    pub(crate) async fn finish(&self, store: &Store, device: DeviceId, code: &str, state: &str) -> ApiResult<Employee> {
        let over = || ApiError::new(ErrorCode::Forbidden, "this sign-in was not begun here, or is over: begin again");
        if code.len() > CODE_BYTES || state.len() > CODE_BYTES {
            return Err(over());
        }
        // Once, whatever comes of it. One of another device is left to that one.
        let kept = store.take_begun(&secrets::digest(state), device, Timestamp::now()).await?.ok_or_else(over)?;
        let (nonce, verifier) = begun::open(state, device, &kept.sealed).ok_or_else(over)?;
        let redirect = RedirectUrl::new(kept.redirect).map_err(|error| ApiError::internal(&error))?;
        let client = self.client(false).await?.set_redirect_uri(redirect);
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| unusable(&error))?
            .set_pkce_verifier(verifier);
        let ask = self.ask();
        let answer = request.request_async(&ask).await.map_err(|error| refused(&error))?;
        let token = answer.id_token().ok_or_else(|| refused(&"there is no ID token in the answer"))?;
        let claims = match verified(&client, token, &nonce) {
            // The provider may have new keys.
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey
                | SignatureVerificationError::AmbiguousKeyId(_)
                | SignatureVerificationError::CryptoError(_),
            )) => {
                let client = self.client(true).await?;
                verified(&client, token, &nonce).map_err(|error| refused(&error))?
            }
            claims => claims.map_err(|error| refused(&error))?,
        };
        self.employee(&claims)
    }

    fn employee(&self, claims: &CoreIdTokenClaims) -> ApiResult<Employee> {
        let email = claims.email().filter(|_| claims.email_verified() != Some(false)).map(|email| email.to_string());
        let login = match self.config.login_claim.as_str() {
            "sub" => Some(claims.subject().to_string()),
            "email" => email.clone(),
            _ => claims.preferred_username().map(|name| name.to_string()),
        };
        let login = login.as_deref().and_then(directory_name).ok_or_else(|| {
            let claim = &self.config.login_claim;
            refused(&format!("the claim {claim} is missing, or is no name of a directory"))
        })?;
        let name = claims.name().and_then(|name| name.get(None)).map(|name| one_line(name, limits::NAME_CHARS));
        Ok(Employee { login, email: email.as_deref().and_then(directory_name), name: name.filter(|n| !n.is_empty()) })
    }

    /// What the provider says of itself, asked for again when that is old, or a key is missing.
    async fn client(&self, anew: bool) -> ApiResult<Client> {
        // Whoever comes while it is asked waits for the same answer.
        let mut known = self.provider.lock().await;
        let young = |at: Option<Instant>, age: Duration| at.is_some_and(|at| at.elapsed() < age);
        // However young the document is: keys may be changed right after it was read.
        let again = anew && !young(known.looked_again, DISCOVER_AGAIN);
        let metadata = match &known.metadata {
            Some((at, metadata)) if at.elapsed() < DISCOVERED && !again => metadata.clone(),
            Some(_) | None => {
                if young(known.failed, FAILED) {
                    return Err(unusable(&Provider::JustNow));
                }
                if again {
                    known.looked_again = Some(Instant::now());
                }
                let issuer = IssuerUrl::from_url(self.config.issuer.clone());
                let ask = self.ask();
                let asked = CoreProviderMetadata::discover_async(self.spelled(issuer), &ask).await;
                known.failed = asked.is_err().then(Instant::now);
                let metadata = asked.map_err(|error| unusable(&error))?;
                known.metadata = Some((Instant::now(), metadata.clone()));
                metadata
            }
        };
        let secret = self.config.client_secret.clone().map(ClientSecret::new);
        Ok(CoreClient::from_provider_metadata(metadata, ClientId::new(self.config.client_id.clone()), secret))
    }

    /// An issuer is compared letter by letter, and an address without a path gets a slash that few issuers have.
    fn spelled(&self, issuer: IssuerUrl) -> IssuerUrl {
        let text = self.config.issuer.as_str();
        if self.config.issuer.path() != "/" {
            return issuer;
        }
        IssuerUrl::new(text.trim_end_matches('/').to_owned()).unwrap_or(issuer)
    }

    /// How the provider is asked. It owns what it needs, so that whatever waits for it may move between threads.
    fn ask(
        &self,
    ) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, Provider>> + Send + Sync + 'static {
        let (http, tls) = (self.http.clone(), self.config.issuer.scheme() == "https");
        move |request| ask(http.clone(), tls, request).boxed()
    }
}

/// Asks the provider. It may send us nowhere but over TLS, or to this machine if it is there itself.
async fn ask(http: reqwest::Client, tls: bool, request: HttpRequest) -> Result<HttpResponse, Provider> {
    let (parts, body) = request.into_parts();
    let url: Url = parts.uri.to_string().parse().map_err(|_| Provider::Answer("no address".to_owned()))?;
    transport::check_address(&url)?;
    if tls && url.scheme() == "http" {
        return Err(Provider::Answer("an address without TLS".to_owned()));
    }
    let request = http.request(parts.method, url).headers(parts.headers).body(body).timeout(shared::ANSWER);
    let answer = request.send().await.map_err(transport::transport_error)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = transport::body(answer, ANSWER_BYTES).await?;
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn verified(client: &Client, token: &CoreIdToken, nonce: &Nonce) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    // Signed with the provider's private key: never with a secret that others have too, never with none.
    let signed = [
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        CoreJwsSigningAlgorithm::RsaSsaPssSha384,
        CoreJwsSigningAlgorithm::RsaSsaPssSha512,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        CoreJwsSigningAlgorithm::EdDsa,
    ];
    token.claims(&client.id_token_verifier().set_allowed_algs(signed), nonce).cloned()
}

/// Where a browser may come back: to this computer, at our path, and nothing else (RFC 8252, sections 7.3 and 8.3).
fn usable_redirect(text: &str) -> Option<RedirectUrl> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= 200)?;
    let here = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(_) => false,
    };
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let ours = url.scheme() == "http" && url.port().is_some() && url.path() == PATH;
    (here && plain && ours).then(|| RedirectUrl::new(text.to_owned()).ok()).flatten()
}

/// The provider cannot be asked, or not by us: its administrator has to see to it.
fn unusable(error: &dyn std::error::Error) -> ApiError {
    tracing::warn!(error = %chain(error), "the sign-in's provider cannot be used");
    ApiError::new(ErrorCode::Unreachable, "the company's sign-in cannot be used now")
        .status(axum::http::StatusCode::SERVICE_UNAVAILABLE)
        .retry_after(Duration::from_secs(30))
}

/// What came back proves nothing.
fn refused(why: &dyn std::fmt::Display) -> ApiError {
    let why = one_line(&why.to_string(), limits::NAME_CHARS);
    tracing::warn!(why, "a sign-in was not believed");
    ApiError::new(ErrorCode::Forbidden, "the company's sign-in did not say who this is")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    one_line(&text, 2 * limits::NAME_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_comes_back_to_this_computer_or_not_at_all() {
        for good in ["http://127.0.0.1:4711/signed-in", "http://[::1]:4711/signed-in"] {
            assert!(usable_redirect(good).is_some(), "{good}");
        }
        for bad in [
            "https://127.0.0.1:4711/signed-in",
            "http://127.0.0.1/signed-in",
            "http://127.0.0.1:4711/",
            "http://localhost:4711/signed-in",
            "http://evil.example:4711/signed-in",
            "http://127.0.0.1.evil.example:4711/signed-in",
            "http://a@127.0.0.1:4711/signed-in",
            "http://127.0.0.1:4711/signed-in?x=1",
            "http://127.0.0.1:4711/signed-in#x",
            "javascript:alert(1)",
        ] {
            assert!(usable_redirect(bad).is_none(), "{bad}");
        }
    }
}
