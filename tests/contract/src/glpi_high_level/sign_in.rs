//! The captured server's tokens, and its page for signing in.
//!
//! Captured: what a token request answers, and its errors; that a renewal ends the access token of before; what the page
//! answers to a browser that is not signed in. From GLPI's source and its OAuth library (league/oauth2-server): that a
//! refresh token is good once, and what a spent one answers; what the page does for a browser that is signed in; how a
//! code is held against its challenge.

use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use super::HighLevel;
use super::state::{CLIENT, Person};
use crate::http::Request;
use crate::replay::Answer;

/// What was granted, and to whom.
#[derive(Debug, Default)]
pub(super) struct Grants {
    /// Access and refresh tokens of one grant.
    granted: Vec<(String, String, Person)>,
    codes: Vec<Code>,
    count: u64,
    /// Who is signed in in the browser.
    pub(super) browser: Option<Person>,
}

#[derive(Debug, Clone)]
struct Code {
    code: String,
    challenge: Option<String>,
    redirect: String,
    person: Person,
}

impl Grants {
    fn grant(&mut self, person: Person) -> (String, String) {
        self.count += 1;
        let tokens = (format!("JWT-ACCESS-TOKEN.{}.x", self.count), format!("REFRESH-TOKEN-{}", self.count));
        self.granted.push((tokens.0.clone(), tokens.1.clone(), person));
        tokens
    }

    pub(super) fn person(&self, access: &str) -> Option<Person> {
        self.granted.iter().find(|(token, ..)| token == access).map(|(_, _, person)| *person)
    }
}

impl HighLevel {
    /// Somebody signed in: the refresh token that came of it.
    pub fn signed_in(&mut self, person: Person) -> String {
        self.grants.grant(person).1
    }

    /// Whether a refresh token is still good.
    #[must_use]
    pub fn knows(&self, refresh_token: &str) -> bool {
        self.grants.granted.iter().any(|(_, token, _)| token == refresh_token)
    }

    /// Ends all that was granted to somebody, as a changed password or an administrator does.
    pub fn revoke(&mut self, person: Person) {
        self.grants.granted.retain(|(_, _, who)| *who != person);
    }

    /// Ends every access token; what renews them stays.
    pub fn end_access(&mut self) {
        for (access, ..) in &mut self.grants.granted {
            access.clear();
        }
    }

    /// Somebody signs in at GLPI's own page, in the browser.
    pub fn browser_signs_in(&mut self, person: Person) {
        self.grants.browser = Some(person);
    }

    pub(super) fn token(&mut self, request: &Request) -> Option<Answer> {
        let form: Vec<(String, String)> = form_urlencoded::parse(&request.body).into_owned().collect();
        let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let grant = field("grant_type");
        if !matches!(grant, Some("refresh_token" | "authorization_code")) {
            return self.captured("016");
        }
        if (field("client_id"), field("client_secret")) != (Some(CLIENT.0), Some(CLIENT.1)) {
            return self.captured("012");
        }
        let invalid = |this: &Self, error: &str, words: &str| {
            let body = json!({"error": error, "error_description": words});
            this.captured("013").map(|answer| answer.json(&body))
        };
        let person = if grant == Some("refresh_token") {
            let token = field("refresh_token").unwrap_or_default();
            let Some(at) = self.grants.granted.iter().position(|(_, known, _)| known == token) else {
                return invalid(self, "invalid_grant", "The refresh token is invalid.");
            };
            self.grants.granted.remove(at).2
        } else {
            let code = field("code").unwrap_or_default();
            let Some(at) = self.grants.codes.iter().position(|known| known.code == code) else {
                return invalid(self, "invalid_request", "The request is malformed.");
            };
            let code = self.grants.codes.remove(at);
            let verifier = field("code_verifier").map(|v| base64_url(&Sha256::digest(v)));
            if field("redirect_uri") != Some(&code.redirect) || verifier != code.challenge {
                return invalid(self, "invalid_grant", "The provided authorization grant is invalid.");
            }
            code.person
        };
        let (access, refresh) = self.grants.grant(person);
        let mut body = self.template("007");
        body["access_token"] = json!(access);
        body["refresh_token"] = json!(refresh);
        Some(self.captured("007")?.json(&body))
    }

    pub(super) fn authorize(&mut self, request: &Request) -> Option<Answer> {
        let ours = request.query("client_id") == Some(CLIENT.0) && request.query("response_type") == Some("code");
        let redirect = request.query("redirect_uri").filter(|_| ours)?.to_owned();
        let captured = self.captured("x027")?;
        let Some(person) = self.grants.browser else {
            // As captured: neither state nor challenge is in what it remembers for afterwards.
            let host = request.header("host")?;
            let kept = form_urlencoded::Serializer::new(String::new())
                .append_pair("scope", request.query("scope")?)
                .append_pair("client_id", CLIENT.0)
                .append_pair("response_type", "code")
                .append_pair("redirect_uri", &redirect)
                .finish();
            let after = format!("http://{host}/api.php/v2/authorize?{kept}");
            let login = form_urlencoded::Serializer::new(String::new()).append_pair("redirect", &after).finish();
            return Some(captured.header("Location", format!("http://{host}/?{login}")));
        };
        if request.method == "GET" {
            let page = "<form method=\"post\"><button type=\"submit\" name=\"accept\">Accept</button></form>";
            let mut answer = captured.body(page);
            answer.headers.retain(|(name, _)| name != "Location");
            answer.status = 200;
            return Some(answer.reason("OK"));
        }
        self.grants.count += 1;
        let code = format!("def50200{}", self.grants.count);
        let challenge = request.query("code_challenge").map(str::to_owned);
        let (state, code_of) = (request.query("state"), code.clone());
        self.grants.codes.push(Code { code, challenge, redirect: redirect.clone(), person });
        let mut back = form_urlencoded::Serializer::new(String::new());
        back.append_pair("code", &code_of);
        if let Some(state) = state {
            back.append_pair("state", state);
        }
        Some(captured.header("Location", format!("{redirect}?{}", back.finish())))
    }
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
