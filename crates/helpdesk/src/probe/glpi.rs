//! GLPI 10 and 11: the legacy interface with a user's token, and on 11 the High-Level API with OAuth2.

use deskside_protocol::connect::{ConnectProblem, HelpdeskField, SignInWay, StepName};
use deskside_protocol::settings::HelpdeskKind;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::asking::{Answer, ask, below, secret};
use super::kinds::Seen;
use super::{Prober, Step, field};
use crate::glpi::PLACES;

/// Right to create, among those of a profile on tickets (`src/inc/define.php`, CREATE).
const CREATE: u64 = 4;

/// The root of the High-Level API (capture `glpi-v11-high-level/001`).
#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    api_versions: Vec<Value>,
}

/// A refusal of the High-Level API (capture `glpi-v11-extra/039`).
#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    detail: Option<String>,
}

#[derive(Deserialize)]
struct Opened {
    session_token: String,
    #[serde(default)]
    session: Session,
}

#[derive(Default, Deserialize)]
struct Session {
    #[serde(default)]
    glpiname: Option<String>,
    #[serde(default)]
    glpiactiveprofile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    name: String,
    #[serde(default)]
    ticket: Value,
}

/// What the legacy interface says to somebody without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Legacy {
    On,
    Off,
    WantsAppToken,
    WrongAppToken,
    OtherAddress,
    Silent,
}

fn legacy(answer: &Answer) -> (Legacy, String) {
    let Some(words) = answer.json::<Vec<Value>>() else { return (Legacy::Silent, format!("HTTP {}", answer.status)) };
    let word = |at: usize| words.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    let state = match word(0).as_str() {
        "ERROR_LOGIN_PARAMETERS_MISSING" => Legacy::On,
        "ERROR_APP_TOKEN_PARAMETERS_MISSING" => Legacy::WantsAppToken,
        "ERROR_WRONG_APP_TOKEN_PARAMETER" => Legacy::WrongAppToken,
        "ERROR_NOT_ALLOWED_IP" => Legacy::OtherAddress,
        "ERROR" => Legacy::Off,
        _ => Legacy::Silent,
    };
    (state, format!("HTTP {}: {}: {}", answer.status, word(0), word(1)))
}

/// Whether it is the High-Level API, and whether it is switched on.
fn high_level(answer: &Answer) -> Option<bool> {
    if answer.status == 200 && answer.json::<Root>().is_some_and(|root| !root.api_versions.is_empty()) {
        return Some(true);
    }
    let said = answer.json::<Refusal>().and_then(|refusal| refusal.detail);
    said.filter(|said| said.contains("High-Level API")).map(|_| false)
}

pub(super) async fn recognise(client: &reqwest::Client, place: &Url) -> Option<Seen> {
    let seen = |version: Option<&str>| Seen {
        kind: HelpdeskKind::Glpi,
        place: place.clone(),
        version: version.map(str::to_owned),
        interface: true,
    };
    let newer = ask(client, below(place, &["api.php"], &[]), &[]).await.ok()?;
    if high_level(&newer).is_some() {
        return Some(seen(Some("11")));
    }
    for interface in PLACES {
        let path: Vec<&str> = interface.iter().copied().chain(["initSession"]).collect();
        let older = ask(client, below(place, &path, &[]), &[]).await.ok()?;
        if legacy(&older).0 != Legacy::Silent {
            return Some(seen(None));
        }
    }
    None
}

impl Prober<'_> {
    pub(super) async fn glpi(&mut self) -> Step<()> {
        self.at = StepName::Interface;
        self.offer([field("app_token"), field("entity"), field("category")]);
        let newer = self.ask(&["api.php"], &[], &[], StepName::Interface).await?;
        let newer = high_level(&newer) == Some(true);
        let mut app_token = None;
        if let Some(given) = self.field("app_token") {
            match secret(given) {
                Some(value) => app_token = Some(value),
                None => {
                    let detail = "app_token cannot be sent in a header";
                    return self.broken(StepName::Interface, ConnectProblem::AppTokenWrong, detail);
                }
            }
        }
        let (mut place, mut state, mut said) = (PLACES[0], Legacy::Silent, String::new());
        for one in PLACES {
            let path: Vec<&str> = one.iter().copied().chain(["initSession"]).collect();
            let answer = self.ask(&path, &[], &header("app-token", &app_token), StepName::Interface).await?;
            (place, (state, said)) = (one, legacy(&answer));
            if state != Legacy::Silent {
                break;
            }
        }
        if newer {
            self.fields.extend([field("client_id"), field("client_secret")]);
        }
        let token_works =
            matches!(state, Legacy::On | Legacy::WantsAppToken | Legacy::WrongAppToken | Legacy::OtherAddress);
        // Whoever set a client up wants it used.
        let client = newer && self.field("client_id").is_some();
        if client {
            self.ways.push(SignInWay::Browser);
        }
        if token_works {
            self.ways.push(SignInWay::Token);
        }
        if newer && !client {
            self.ways.push(SignInWay::Browser);
        }
        let by_browser = match self.choice.way {
            Some(way) => way == SignInWay::Browser,
            None => self.ways.first() == Some(&SignInWay::Browser) && self.credential().is_none(),
        };
        if by_browser {
            if let Some(id) = self.fields.iter_mut().find(|field| field.name == "client_id") {
                *id = HelpdeskField { needed: true, ..field("client_id") };
            }
            return self.glpi_by_browser(newer);
        }
        match state {
            Legacy::On => {}
            Legacy::WantsAppToken => {
                if let Some(token) = self.fields.iter_mut().find(|field| field.name == "app_token") {
                    token.needed = true;
                }
                return self.broken(StepName::Interface, ConnectProblem::AppTokenMissing, said);
            }
            Legacy::WrongAppToken => return self.broken(StepName::Interface, ConnectProblem::AppTokenWrong, said),
            Legacy::OtherAddress => {
                return self.broken(StepName::Interface, ConnectProblem::ApiFromThisAddressForbidden, said);
            }
            Legacy::Off | Legacy::Silent => return self.broken(StepName::Interface, ConnectProblem::ApiOff, said),
        }
        self.good(StepName::Interface, format!("{}{}", place.join("/"), if newer { ", High-Level API" } else { "" }));
        let Some(token) = self.credential().map(str::to_owned) else { return Ok(()) };
        self.glpi_sign_in(&token, place, app_token).await
    }

    /// What can be known before the browser is open.
    fn glpi_by_browser(&mut self, newer: bool) -> Step<()> {
        if !newer {
            let detail = "this GLPI has no High-Level API, or it is switched off";
            return self.broken(StepName::Interface, ConnectProblem::ApiOff, detail);
        }
        if self.field("client_id").is_none() {
            let detail = "the field client_id is missing";
            return self.broken(StepName::Interface, ConnectProblem::OauthClientWrong, detail);
        }
        self.good(StepName::Interface, "High-Level API with OAuth2");
        Ok(())
    }

    async fn glpi_sign_in(&mut self, token: &str, place: &[&str], app_token: Option<HeaderValue>) -> Step<()> {
        self.at = StepName::SignIn;
        let Some(user_token) = secret(&format!("user_token {token}")) else {
            return self.broken(StepName::SignIn, ConnectProblem::TokenWrong, "the token cannot be sent in a header");
        };
        let path = |name: &'static str| place.iter().copied().chain([name]).collect::<Vec<&str>>();
        let mut headers = header("app-token", &app_token);
        headers.push(("authorization", user_token));
        let full = [("get_full_session", "true")];
        let answer = self.ask(&path("initSession"), &full, &headers, StepName::SignIn).await?;
        let Some(opened) = answer.json::<Opened>().filter(|_| answer.status == 200) else {
            let words = answer.json::<Vec<Value>>().unwrap_or_default();
            let word = |at: usize| words.get(at).and_then(Value::as_str).unwrap_or_default();
            let detail = format!("HTTP {}: {}: {}", answer.status, word(0), word(1));
            let problem = match word(0) {
                "ERROR_GLPI_LOGIN_USER_TOKEN" | "ERROR_GLPI_LOGIN" => ConnectProblem::TokenWrong,
                "ERROR_LOGIN_WITH_CREDENTIALS_DISABLED" => ConnectProblem::ApiOff,
                // What only shows now: IT allows programs, but no signing in with a token.
                "ERROR" => ConnectProblem::ApiOff,
                _ if answer.status == 401 => ConnectProblem::TokenWrong,
                _ => return self.unexpected(StepName::SignIn, &answer),
            };
            return self.broken(StepName::SignIn, problem, detail);
        };
        let name = super::cleaned(opened.session.glpiname.as_deref().unwrap_or("?"));
        self.account = opened.session.glpiname.as_deref().map(super::cleaned);
        let mut in_session = header("app-token", &app_token);
        let Some(session) = secret(&opened.session_token) else {
            return self.broken(StepName::SignIn, ConnectProblem::BadAnswer, "the session's token cannot be sent");
        };
        in_session.push(("session-token", session));
        let config = self.ask(&path("getGlpiConfig"), &[], &in_session, StepName::SignIn).await?;
        // Nobody waits for its end.
        let _ended = self.ask(&path("killSession"), &[], &in_session, StepName::SignIn).await?;
        let config = config.json::<Value>().unwrap_or_default();
        if let Some(version) = config.pointer("/cfg_glpi/version").and_then(Value::as_str) {
            let version = super::cleaned(version);
            let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
            self.version = Some(version.clone());
            if major.is_some_and(|major| major < 10) {
                return self.broken(StepName::Interface, ConnectProblem::TooOld, format!("GLPI {version}"));
            }
        }
        self.good(StepName::SignIn, format!("user {name}"));
        self.at = StepName::Rights;
        if let Some(target) = self.target()
            && let Err(error) = crate::open(&target, token)
        {
            return self.broken(StepName::Rights, ConnectProblem::FieldWrong, error.detail);
        }
        if let Some(profile) = opened.session.glpiactiveprofile {
            let rights = profile.ticket.as_u64().or_else(|| profile.ticket.as_str()?.parse().ok());
            let profile = super::cleaned(&profile.name);
            if rights.is_some_and(|rights| rights & CREATE == 0) {
                let detail = format!("the profile \"{profile}\" of user {name} may not create tickets");
                return self.broken(StepName::Rights, ConnectProblem::RightMissing, detail);
            }
            self.good(StepName::Rights, format!("profile \"{profile}\" may create tickets"));
        }
        self.signed_in = true;
        Ok(())
    }
}

fn header(name: &'static str, value: &Option<HeaderValue>) -> Vec<(&'static str, HeaderValue)> {
    value.iter().map(|value| (name, value.clone())).collect()
}
