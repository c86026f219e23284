//! Finds out what an address is and whether Deskside can work with it, step by step, and says of the first step that is
//! broken what it means. Changes nothing anywhere: every request is one that only reads, few of them, each bounded in time
//! and size, and none carries a credential before it is known what kind of helpdesk is there.
//!
//! The steps go the way that the connectors go (same client, same proxies, same verifier): what is found here is what
//! they will find. Nothing is believed of an answer but what it shows of its kind; its words are cut and cleaned before
//! they stand in a report. A redirect is told and never followed to another server.

use std::time::Duration;

use deskside_protocol::connect::{
    ConnectOutcome, ConnectProblem, ConnectStep, HelpdeskChoice, HelpdeskField, HelpdeskReport, SignInWay, StepName,
};
use deskside_protocol::limits;
use deskside_protocol::local::Health;
use deskside_protocol::settings::HelpdeskKind;
use reqwest::header::HeaderValue;
use url::Url;

use crate::target::Target;
use asking::Answer;

mod address;
mod asking;
mod glpi;
mod hub;
mod kinds;
mod mantis;
mod page;
mod rt;
mod way;

pub use address::typed;

/// Longest time that a look takes as a whole.
pub const WHOLE: Duration = Duration::from_secs(90);
/// Most choices of a field that are told.
const CHOICES: usize = 50;

/// What a look came to.
#[derive(Debug, Clone)]
pub struct Probed {
    /// What is told.
    pub report: HelpdeskReport,
    /// What to connect, once its kind is known: with the address as it was found and the fields that were given.
    pub target: Option<Target>,
    /// How to sign in there: as was wanted, or the best way.
    pub way: Option<SignInWay>,
    /// Whose credential it is, as the helpdesk calls them.
    pub account: Option<String>,
}

/// A step is broken: nothing after it is looked at.
struct Broken;

type Step<T> = std::result::Result<T, Broken>;

/// A look that is under way.
struct Prober<'a> {
    choice: &'a HelpdeskChoice,
    tell: &'a mut (dyn FnMut(&ConnectStep) + Send),
    /// What is looked at now.
    at: StepName,
    client: Option<reqwest::Client>,
    url: Option<Url>,
    kind: Option<HelpdeskKind>,
    version: Option<String>,
    name: Option<String>,
    account: Option<String>,
    ways: Vec<SignInWay>,
    fields: Vec<HelpdeskField>,
    steps: Vec<ConnectStep>,
    signed_in: bool,
}

/// Looks. Each step is told as it is done, and all of them are in the report.
pub async fn probe(choice: &HelpdeskChoice, tell: &mut (dyn FnMut(&ConnectStep) + Send)) -> Probed {
    let mut prober = Prober {
        choice,
        tell,
        at: StepName::Address,
        client: None,
        url: None,
        kind: None,
        version: None,
        name: None,
        account: None,
        ways: Vec::new(),
        fields: Vec::new(),
        steps: Vec::new(),
        signed_in: false,
    };
    let whole = match tokio::time::timeout(WHOLE, prober.all()).await {
        Ok(whole) => whole,
        Err(_) => {
            let at = prober.at;
            prober.broken(at, ConnectProblem::TimedOut, format!("not done after {} s", WHOLE.as_secs()))
        }
    };
    let outcome = match whole {
        Err(Broken) => ConnectOutcome::Broken,
        Ok(()) if prober.signed_in => ConnectOutcome::Ready,
        Ok(()) => ConnectOutcome::CredentialWanted,
    };
    prober.report(outcome)
}

impl Prober<'_> {
    async fn all(&mut self) -> Step<()> {
        let url = self.address()?;
        let reached = self.reach(&url).await?;
        self.client = Some(reached.client.clone());
        let found = self.recognise(&url, reached).await?;
        match found {
            HelpdeskKind::Hub => self.hub().await,
            HelpdeskKind::Glpi => self.glpi().await,
            HelpdeskKind::Mantis => self.mantis().await,
            HelpdeskKind::RequestTracker => self.rt().await,
        }
    }

    fn report(self, outcome: ConnectOutcome) -> Probed {
        let way = self.choice.way.filter(|way| self.ways.contains(way)).or_else(|| self.ways.first().copied());
        let url = self.url.as_ref().map_or_else(|| self.choice.url.trim().to_owned(), Url::to_string);
        let target = match (self.kind, &self.url) {
            (Some(kind), Some(url)) => Some(Target { kind, url: url.clone(), fields: self.choice.fields.clone() }),
            _ => None,
        };
        let report = HelpdeskReport {
            kind: self.kind,
            url,
            version: self.version,
            name: self.name,
            ways: self.ways,
            fields: self.fields,
            steps: self.steps,
            outcome,
        };
        Probed { report, target, way, account: self.account }
    }

    /// Asks below the place that was found.
    async fn ask(
        &mut self,
        path: &[&str],
        query: &[(&str, &str)],
        headers: &[(&'static str, HeaderValue)],
        at: StepName,
    ) -> Step<Answer> {
        let (Some(client), Some(url)) = (self.client.clone(), self.url.clone()) else {
            return self.broken(at, ConnectProblem::BadAnswer, "nothing was reached");
        };
        match asking::ask(&client, asking::below(&url, path, query), headers).await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let (_, problem, detail) = way::classify(&error, crate::trust::in_force().has_identity());
                self.broken(at, problem, detail)
            }
        }
    }

    /// What an answer means that none of the helpdesk's own words explain.
    fn unexpected<T>(&mut self, at: StepName, answer: &Answer) -> Step<T> {
        let problem = match answer.status {
            _ if answer.wants_sign_in() => ConnectProblem::SignInInFront,
            300..=399 => ConnectProblem::Redirected,
            429 | 503 => ConnectProblem::Busy,
            500.. => ConnectProblem::ServerFailing,
            401 => ConnectProblem::TokenWrong,
            403 => ConnectProblem::RightMissing,
            _ => ConnectProblem::BadAnswer,
        };
        self.broken(at, problem, format!("HTTP {} {}", answer.status, answer.reason))
    }

    /// The target as it is known by now.
    fn target(&self) -> Option<Target> {
        Some(Target { kind: self.kind?, url: self.url.clone()?, fields: self.choice.fields.clone() })
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.choice.fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn credential(&self) -> Option<&str> {
        self.choice.credential.as_deref().map(str::trim).filter(|credential| !credential.is_empty())
    }

    fn push(&mut self, step: ConnectStep) {
        (self.tell)(&step);
        self.steps.push(step);
    }

    fn good(&mut self, step: StepName, detail: impl AsRef<str>) {
        let detail = crate::http::shorten(detail.as_ref());
        self.push(ConnectStep { step, health: Health::Good, problem: None, detail });
    }

    /// It works, with less; what comes after it is looked at all the same.
    fn degraded(&mut self, step: StepName, problem: ConnectProblem, detail: impl AsRef<str>) {
        let detail = self.without_secrets(&crate::http::shorten(detail.as_ref()));
        self.push(ConnectStep { step, health: Health::Degraded, problem: Some(problem), detail });
    }

    fn broken<T>(&mut self, step: StepName, problem: ConnectProblem, detail: impl AsRef<str>) -> Step<T> {
        let detail = self.without_secrets(&crate::http::shorten(detail.as_ref()));
        self.push(ConnectStep { step, health: Health::Broken, problem: Some(problem), detail });
        Err(Broken)
    }

    /// A server may say back what it was sent.
    fn without_secrets(&self, detail: &str) -> String {
        let fields = self.choice.fields.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.as_str());
        let secrets = self.credential().into_iter().chain(fields).map(str::trim).filter(|secret| secret.len() >= 4);
        secrets.fold(detail.to_owned(), |detail, secret| detail.replace(secret, "…"))
    }

    fn offer(&mut self, fields: impl IntoIterator<Item = HelpdeskField>) {
        self.fields.extend(fields);
        self.fields.push(HelpdeskField { choices: vec!["en".into(), "fr".into()], ..field("language") });
    }

    fn choices_of(&mut self, name: &str, choices: impl IntoIterator<Item = String>) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name) {
            field.choices = choices.into_iter().map(|choice| cleaned(&choice)).take(CHOICES).collect();
        }
    }
}

/// Whether a field is kept like a credential.
#[must_use]
pub fn is_secret(field: &str) -> bool {
    matches!(field, "app_token" | "client_secret")
}

fn field(name: &str) -> HelpdeskField {
    HelpdeskField { name: name.to_owned(), needed: false, secret: is_secret(name), choices: Vec::new() }
}

/// A server's name for something, for people.
fn cleaned(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(limits::NAME_CHARS).collect::<String>().trim().to_owned()
}
