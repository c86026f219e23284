//! Signing in at GLPI 11 with OAuth2: the Authorization Code flow with PKCE (RFC 6749, section 4.1; RFC 7636) in the
//! system's browser, which comes back to a port of this computer (RFC 8252, section 7.3). GLPI's own words on it are
//! `resources/api_doc.MD`; what its token endpoint answers is known from captures, what its page does from its source.
//!
//! Fields of the target: `client_id`, and `client_secret`: GLPI has given every client a secret so far, and asks for it.
//! It is the same on every desktop, so it proves nothing of who asks (RFC 8252, section 8.5): PKCE does.
//!
//! **The trap**: somebody who is not signed in is sent to GLPI's login first, and the address that GLPI remembers for
//! afterwards has neither `state` nor `code_challenge` any more (capture `v11-extra/027`). The code that comes back then
//! could be anybody's, so it is not used: the browser, which is signed in by now, is sent to the page once more.

use deskside_protocol::ErrorCode;
use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenUrl,
};
use url::Url;

use super::client::root;
use crate::connection::refusal;
use crate::loopback::{Farewell, Loopback};
use crate::target::Target;
use crate::{Result, http};

mod answers;
mod tokens;

pub(super) use tokens::{Access, Tokens};

/// What is asked for. It is all that tickets need; what a client may not have, GLPI leaves out without a word.
const SCOPE: &str = "api";
/// How a credential begins that renews itself.
const RENEWING: &str = "glpi-oauth2:";

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// What signs in at GLPI, as the keyring holds it: one line of text. Nothing here prints it.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The user's own API token, pasted: for the legacy interface. As it is.
    UserToken(String),
    /// What came of a sign-in in the browser: the refresh token, good for one renewal. For the High-Level API.
    Renewing(String),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UserToken(_) => "UserToken(…)",
            Self::Renewing(_) => "Renewing(…)",
        })
    }
}

impl Credential {
    /// Reads what the keyring holds.
    #[must_use]
    pub fn read(kept: &str) -> Self {
        match kept.trim().strip_prefix(RENEWING) {
            Some(token) => Self::Renewing(token.to_owned()),
            None => Self::UserToken(kept.trim().to_owned()),
        }
    }

    /// As the keyring holds it.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::UserToken(token) => token.clone(),
            Self::Renewing(token) => format!("{RENEWING}{token}"),
        }
    }
}

/// Our client at a GLPI.
#[derive(Clone)]
struct Registered {
    client: Client,
    server: Url,
}

impl Registered {
    /// # Errors
    /// `BadRequest` if `client_id` is not given, or the address is none.
    fn of(target: &Target) -> Result<Self> {
        http::check_address(&target.url)?;
        let field = |name: &str| target.fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let id = field("client_id").ok_or_else(|| {
            refusal(
                ErrorCode::BadRequest,
                "\"client_id\" must be the one of the OAuth client that GLPI has for Deskside",
            )
        })?;
        let server = root(&target.url);
        let client = BasicClient::new(ClientId::new(id.to_owned()))
            .set_auth_uri(AuthUrl::from_url(endpoint(&server, "authorize")?))
            .set_token_uri(TokenUrl::from_url(endpoint(&server, "token")?))
            // Web servers in front of PHP often keep the other place, a header, to themselves.
            .set_auth_type(AuthType::RequestBody);
        let client = match field("client_secret") {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.to_owned())),
            None => client,
        };
        Ok(Self { client, server })
    }

    fn id(&self) -> &str {
        self.client.client_id().as_str()
    }
}

fn endpoint(server: &Url, name: &str) -> Result<Url> {
    let mut url = server.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut()
        .map_err(|()| refusal(ErrorCode::BadRequest, "the address has no path"))?
        .pop_if_empty()
        .extend(["api.php", name]);
    Ok(url)
}

/// A sign-in that was begun: what the browser is to open, and what proves later that it was ours.
pub struct Begun {
    registered: Registered,
    url: Url,
    state: CsrfToken,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
}

/// Without what belongs to it.
impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

/// Begins a sign-in that comes back to `redirect_uri`. Asks nobody.
///
/// # Errors
/// `BadRequest` if a field is missing, or an address is none.
pub fn begin(target: &Target, redirect_uri: String) -> Result<Begun> {
    let registered = Registered::of(target)?;
    let redirect = RedirectUrl::new(redirect_uri)
        .map_err(|_| refusal(ErrorCode::BadRequest, "what the browser is to come back to is no address"))?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = registered
        .client
        .authorize_url(CsrfToken::new_random)
        .set_redirect_uri(std::borrow::Cow::Borrowed(&redirect))
        .add_scope(Scope::new(SCOPE.to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    Ok(Begun { registered, url, state, verifier, redirect })
}

impl Begun {
    /// What the system's browser is to open.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What the browser must bring back with the code, to be believed.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.secret()
    }

    /// Turns the code that came back into a credential for the keyring.
    ///
    /// # Errors
    /// `Forbidden` if GLPI refuses the code or the client; [`crate::HelpdeskError`] in general.
    pub async fn finish(self, code: String) -> Result<Credential> {
        let http = answers::asker(&self.registered.server)?;
        let answer = self
            .registered
            .client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(self.verifier)
            .set_redirect_uri(std::borrow::Cow::Owned(self.redirect))
            .request_async(&http)
            .await;
        let granted = answers::granted(answer).map_err(answers::of_a_sign_in)?;
        granted.refresh_token.map(Credential::Renewing).ok_or_else(|| {
            let detail = "GLPI gave no refresh token: its OAuth client must allow the grant \"Authorization code\"";
            refusal(ErrorCode::Forbidden, detail)
        })
    }
}

/// A sign-in with a port of this computer that waits for the browser.
#[derive(Debug)]
pub struct SignIn {
    port: Loopback,
    begun: Begun,
}

impl SignIn {
    /// Begins one. Asks nobody: show [`Self::url`] to the browser.
    ///
    /// # Errors
    /// As [`begin`]; `Internal` if there is no port.
    pub async fn begin(target: &Target) -> Result<Self> {
        let port = Loopback::listen().await?;
        let begun = begin(target, port.redirect_uri())?;
        Ok(Self { port, begun })
    }

    /// What the system's browser is to open.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.begun.url()
    }

    /// Waits for the browser, and ends it: the credential, for the keyring at once.
    ///
    /// # Errors
    /// `Forbidden` if the employee or GLPI refuses; `TimedOut` if nobody comes back; [`crate::HelpdeskError`] in general.
    pub async fn finish(self, farewell: &Farewell) -> Result<Credential> {
        let Self { port, begun } = self;
        let (browser, brought) = port.come_back(begun.state(), Some(begun.url())).await?;
        let outcome = match brought {
            Ok(code) => begun.finish(code).await,
            Err(error) => Err(error),
        };
        browser.say(if outcome.is_ok() { &farewell.done } else { &farewell.failed }).await;
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use deskside_protocol::settings::HelpdeskKind;

    use super::*;

    fn target(fields: &[(&str, &str)]) -> Target {
        let fields: BTreeMap<String, String> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Target {
            kind: HelpdeskKind::Glpi,
            url: Url::parse("https://it.example/glpi/front/central.php").unwrap(),
            fields,
        }
    }

    #[test]
    fn the_browser_is_asked_for_a_code_that_only_this_sign_in_can_use() {
        let begun = begin(&target(&[("client_id", " c0ffee ")]), "http://127.0.0.1:4711/signed-in".to_owned()).unwrap();
        let url = begun.url();
        assert_eq!(url.as_str().split('?').next(), Some("https://it.example/glpi/api.php/authorize"));
        let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", "c0ffee"));
        assert_eq!((asked["scope"].as_str(), asked["code_challenge_method"].as_str()), ("api", "S256"));
        assert_eq!(asked["redirect_uri"], "http://127.0.0.1:4711/signed-in");
        assert_eq!((asked["state"].as_str(), asked["code_challenge"].len()), (begun.state(), 43));
        let other = begin(&target(&[("client_id", "c0ffee")]), "http://127.0.0.1:4711/signed-in".to_owned()).unwrap();
        assert_ne!(other.state(), begun.state());
        assert!(!format!("{begun:?}").contains(begun.state()));
    }

    #[test]
    fn without_a_client_nobody_signs_in() {
        let error = begin(&target(&[("client_id", " ")]), "http://127.0.0.1:1/signed-in".to_owned()).unwrap_err();
        assert!(error.code == ErrorCode::BadRequest && error.detail.contains("client_id"), "{error}");
    }

    #[test]
    fn the_keyring_holds_one_line_that_says_what_it_is() {
        for credential in [Credential::UserToken("abc".into()), Credential::Renewing("def50200".into())] {
            assert_eq!(Credential::read(&format!(" {}\n", credential.written())), credential);
            assert!(!format!("{credential:?}").contains("abc") && !format!("{credential:?}").contains("def"));
        }
    }
}
