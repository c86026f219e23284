//! Connects a helpdesk: looks at it step by step, keeps it once all is well, and brings what waits along.

use deskside_helpdesk::probe::{self, Probed, is_secret};
use deskside_helpdesk::{HelpdeskError, Target};
use deskside_protocol::connect::{
    Article, CategoryChoice, ConnectOutcome, ConnectProblem, ConnectStep, HelpdeskChoice, HelpdeskReport, SignInWay,
    StepName, Way,
};
use deskside_protocol::local::{Event, Health, LedgerAction, Response};
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::ticket::Verdict;
use deskside_protocol::{ClientId, ErrorCode, ErrorReport};
use url::Url;

use super::Controller;
use crate::credential::Credential;
use crate::identity;
use crate::ports::{HelpdeskAddress, SecretKind};
use crate::requests::{self, sync};
use crate::store::StoreError;

mod browser;

/// Longest text that articles are searched for, in characters.
const WORDS: usize = 200;
/// Articles told.
const ARTICLES: usize = 10;
/// Categories told.
const CATEGORIES: usize = 2000;

impl Controller {
    /// Looks, and changes nothing.
    pub(super) async fn probe_helpdesk(&self, choice: HelpdeskChoice) -> Result<Response, ErrorReport> {
        if choice.url.trim().is_empty() && choice.credential.is_none() {
            return self.probe_own().await;
        }
        let choice = match self.inner.ports.settings.choose(choice.clone()) {
            Ok(choice) => self.with_kept_secrets(choice).await,
            Err(error) => return Ok(Response::HelpdeskReport(decided(&choice, &error))),
        };
        Ok(Response::HelpdeskReport(self.look_at(&choice).await.report))
    }

    /// Fields that are secrets are shown to nobody: whoever signs in again at the helpdesk in force has not got them, and
    /// the keyring has.
    async fn with_kept_secrets(&self, mut choice: HelpdeskChoice) -> HelpdeskChoice {
        let address = self.inner.ports.settings.helpdesk().filter(|address| choice.kind == Some(address.kind));
        let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
        let same = |url: &Url, typed: Url| url.origin() == typed.origin() && path(url) == path(&typed);
        let Some(address) =
            address.filter(|address| probe::typed(&choice.url).is_ok_and(|typed| same(&address.url, typed)))
        else {
            return choice;
        };
        if let Ok(Some(kept)) = self.inner.link.kept(&address).await {
            for (name, value) in kept.fields {
                let field = choice.fields.entry(name).or_default();
                if field.trim().is_empty() {
                    *field = value;
                }
            }
        }
        choice
    }

    async fn look_at(&self, choice: &HelpdeskChoice) -> Probed {
        let mut tell = |step: &ConnectStep| self.tell(Event::HelpdeskStep { step: step.clone() });
        probe::probe(choice, &mut tell).await
    }

    /// Looks at the helpdesk in force, with its own credential.
    async fn probe_own(&self) -> Result<Response, ErrorReport> {
        let none = || ErrorReport::new(ErrorCode::NotEnrolled, "there is no helpdesk to look at");
        let address = self.inner.ports.settings.helpdesk().ok_or_else(none)?;
        let kept = self.inner.link.kept(&address).await?;
        let mut fields = address.fields.clone();
        fields.extend(kept.iter().flat_map(|kept| kept.fields.clone()));
        let way = kept.as_ref().map(|kept| way_of(address.kind, &kept.secret));
        // A device's credential and one that renews itself by being used are tried by their own connection.
        let by_token = way == Some(SignInWay::Token);
        let credential = kept.map(|kept| kept.secret).filter(|_| by_token);
        let choice = HelpdeskChoice { url: address.url.to_string(), kind: Some(address.kind), way, fields, credential };
        let mut report = self.look_at(&choice).await.report;
        if report.outcome == ConnectOutcome::CredentialWanted
            && !by_token
            && let Some(desk) = self.inner.link.desk()
        {
            let cursor = self.store().meta("cursor").await.ok().flatten();
            let step = match desk.changes(cursor.as_deref()).await {
                Ok(_) => good(StepName::SignIn, "it answers this computer"),
                Err(error) => of_error(StepName::SignIn, &error),
            };
            report.outcome = if step.health == Health::Good { ConnectOutcome::Ready } else { ConnectOutcome::Broken };
            self.push(&mut report, step);
        }
        Ok(Response::HelpdeskReport(report))
    }

    /// Looks; and keeps it if all is well.
    pub(super) async fn connect_helpdesk(&self, choice: HelpdeskChoice) -> Result<Response, ErrorReport> {
        let _one_at_a_time = self.inner.connecting.lock().await;
        self.stop_browsing();
        let choice = match self.inner.ports.settings.choose(choice.clone()) {
            Ok(choice) => self.with_kept_secrets(choice).await,
            Err(error) => return Ok(Response::HelpdeskReport(decided(&choice, &error))),
        };
        let Probed { mut report, target, way, account } = self.look_at(&choice).await;
        let Some(target) = target else { return Ok(Response::HelpdeskReport(report)) };
        match (report.outcome, way) {
            (ConnectOutcome::Ready, Some(SignInWay::EnrolmentToken)) => {
                let token = choice.credential.unwrap_or_default();
                match self.enrol_at(&target.url, &token).await {
                    Ok(()) => self.connected(&mut report).await,
                    Err(error) => self.failed(&mut report, of_enrolment(&error)),
                }
            }
            (ConnectOutcome::Ready, _) => {
                let secret = choice.credential.as_deref().unwrap_or_default().trim().to_owned();
                match self.keep_helpdesk(&target, report.name.clone(), account, secret).await {
                    Ok(()) => self.connected(&mut report).await,
                    Err(error) => self.failed(&mut report, bad(StepName::SignIn, ConnectProblem::NotKept, &error)),
                }
            }
            (ConnectOutcome::CredentialWanted, Some(SignInWay::Browser)) => {
                self.sign_in_by_browser(&mut report, &target).await;
            }
            (
                ConnectOutcome::Broken
                | ConnectOutcome::CredentialWanted
                | ConnectOutcome::InBrowser
                | ConnectOutcome::Connected,
                _,
            ) => {}
        }
        Ok(Response::HelpdeskReport(report))
    }

    fn push(&self, report: &mut HelpdeskReport, step: ConnectStep) {
        self.tell(Event::HelpdeskStep { step: step.clone() });
        report.steps.push(step);
    }

    fn failed(&self, report: &mut HelpdeskReport, step: ConnectStep) {
        report.outcome = ConnectOutcome::Broken;
        self.push(report, step);
    }

    async fn connected(&self, report: &mut HelpdeskReport) {
        report.outcome = ConnectOutcome::Connected;
        let store = self.store();
        let in_doubt = async {
            let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
            crate::outbox::parked_for(&mut connection, ErrorCode::HelpdeskChanged).await
        };
        match in_doubt.await {
            Ok(0) => {}
            Ok(count) => {
                let detail = format!("{count} messages may be at the helpdesk of before, or belong to requests there");
                let problem = Some(ConnectProblem::InDoubt);
                let step = ConnectStep { step: StepName::Rights, health: Health::Degraded, problem, detail };
                self.push(report, step);
            }
            Err(error) => tracing::warn!(%error, "what is in doubt could not be counted"),
        }
    }

    /// Puts the credential into the keyring and the helpdesk into the settings; both, or none.
    pub(super) async fn keep_helpdesk(
        &self,
        target: &Target,
        name: Option<String>,
        account: Option<String>,
        secret: String,
    ) -> Result<(), ErrorReport> {
        let decided = self.inner.ports.settings.view().helpdesk_decided_by_policy.fields;
        let secrets = target
            .fields
            .iter()
            .filter(|(name, value)| is_secret(name) && !value.trim().is_empty() && !decided.contains(name));
        let fields = secrets.map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut plain = target.fields.clone();
        plain.retain(|name, value| !is_secret(name) && !value.trim().is_empty());
        let address = HelpdeskAddress { kind: target.kind, url: target.url.clone(), fields: plain, name, account };
        let credential = Credential { secret, fields, of: Some(identity::place_of(&address)) };
        let before = self.inner.ports.secrets.get(&target.url).await.ok().flatten();
        self.inner.ports.secrets.set(&target.url, &credential.written()).await?;
        if let Err(error) = self.inner.ports.settings.set_helpdesk(address).await {
            // Without its address the credential is of no use to anybody, and the one before is.
            let _ = match before {
                Some(before) => self.inner.ports.secrets.set(&target.url, &before).await,
                None => self.inner.ports.secrets.delete(&target.url).await,
            };
            return Err(error);
        }
        self.moved_in(&format!("{:?} at {}", target.kind, target.url.host_str().unwrap_or_default())).await;
        Ok(())
    }

    /// A helpdesk was connected, or this device enrolled: everything that waits goes there, and the tale begins anew.
    pub(super) async fn moved_in(&self, whom: &str) {
        // Another identity sees other changes: begin at the beginning, quietly.
        let store = self.store();
        let forgotten = async {
            let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
            sync::forget_cursor(&mut connection).await
        };
        if let Err(error) = forgotten.await {
            tracing::warn!(%error, "the cursor could not be forgotten");
        }
        self.record(LedgerAction::Enrolled, whom).await;
        self.settings_are_new().await;
        if self.inner.ports.secrets.kind() == SecretKind::SessionOnly {
            self.tell(Event::NoticesChanged);
        }
    }

    /// Refuses what the helpdesk cannot do, before anything is kept.
    pub(super) async fn must_offer(&self, client_id: ClientId, what: Wanted<'_>) -> Result<(), ErrorReport> {
        let can = self.inner.link.abilities();
        let offered = match what {
            Wanted::Reply => can.reply,
            Wanted::Verdict(Verdict::Confirm) => can.confirm != Way::Not,
            Wanted::Verdict(Verdict::Reopen { .. }) => can.reopen != Way::Not,
            Wanted::Verdict(Verdict::Rate { .. }) => can.rate != Way::Not,
        };
        if !offered {
            return Err(ErrorReport::new(ErrorCode::NotOffered, "the helpdesk cannot do this"));
        }
        let store = self.store();
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        if requests::is_former(&mut connection, client_id).await? {
            let detail = "this request is at the helpdesk of before";
            return Err(ErrorReport::new(ErrorCode::HelpdeskChanged, detail));
        }
        Ok(())
    }

    /// Refuses a file that the helpdesk would, before its first byte.
    pub(super) fn must_take(&self, size_bytes: u64) -> Result<(), ErrorReport> {
        let can = self.inner.link.abilities();
        if !can.files {
            return Err(ErrorReport::new(ErrorCode::NotOffered, "the helpdesk takes no files"));
        }
        if size_bytes > can.file_bytes {
            let detail = format!("{size_bytes} bytes; the helpdesk takes {}", can.file_bytes);
            return Err(ErrorReport::new(ErrorCode::FileTooLarge, detail));
        }
        Ok(())
    }

    pub(super) async fn search_articles(&self, words: &str) -> Result<Response, ErrorReport> {
        let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect();
        let mut articles = Vec::new();
        if let Some(desk) = self.inner.link.desk().filter(|desk| desk.capabilities().articles)
            && !words.trim().is_empty()
        {
            match desk.articles(words.trim()).await {
                Ok(found) => articles = found,
                // Nobody needs them to send a request.
                Err(error) => {
                    tracing::info!(code = ?error.code, detail = error.detail, "no articles could be searched")
                }
            }
        }
        let articles = articles.into_iter().take(ARTICLES);
        let articles = articles.map(|one| Article { id: one.id, title: one.title, text: one.text }).collect();
        Ok(Response::Articles { articles })
    }

    pub(super) async fn categories(&self) -> Result<Response, ErrorReport> {
        let mut categories = Vec::new();
        if let Some(desk) = self.inner.link.desk().filter(|desk| desk.capabilities().categories) {
            match desk.categories().await {
                Ok(found) => categories = found,
                Err(error) => tracing::info!(code = ?error.code, detail = error.detail, "no categories were told"),
            }
        }
        let categories = categories.into_iter().take(CATEGORIES);
        let categories = categories.map(|one| CategoryChoice { id: one.id, name: one.name }).collect();
        Ok(Response::Categories { categories })
    }
}

/// What somebody wants of a request.
pub(super) enum Wanted<'a> {
    Reply,
    Verdict(&'a Verdict),
}

/// How a kept credential signs in.
pub(crate) fn way_of(kind: HelpdeskKind, secret: &str) -> SignInWay {
    match kind {
        HelpdeskKind::Hub => SignInWay::EnrolmentToken,
        HelpdeskKind::Glpi if secret.starts_with("glpi-oauth2:") => SignInWay::Browser,
        HelpdeskKind::Glpi | HelpdeskKind::Mantis | HelpdeskKind::RequestTracker => SignInWay::Token,
    }
}

fn good(step: StepName, detail: &str) -> ConnectStep {
    ConnectStep { step, health: Health::Good, problem: None, detail: detail.to_owned() }
}

fn bad(step: StepName, problem: ConnectProblem, error: &ErrorReport) -> ConnectStep {
    ConnectStep { step, health: Health::Broken, problem: Some(problem), detail: error.detail.clone() }
}

/// What a connector's error means for a step.
fn of_error(step: StepName, error: &HelpdeskError) -> ConnectStep {
    bad(step, problem_of(error.code), &ErrorReport::new(error.code, error.detail.clone()))
}

fn problem_of(code: ErrorCode) -> ConnectProblem {
    const KNOWN: &[(&[ErrorCode], ConnectProblem)] = &[
        (&[ErrorCode::Unauthorized, ErrorCode::SignInNeeded, ErrorCode::NotEnrolled], ConnectProblem::TokenWrong),
        (&[ErrorCode::Forbidden], ConnectProblem::RightMissing),
        (&[ErrorCode::Busy], ConnectProblem::Busy),
        (&[ErrorCode::TimedOut], ConnectProblem::TimedOut),
        (&[ErrorCode::Unreachable], ConnectProblem::BrokenOff),
        (&[ErrorCode::KeyringUnavailable, ErrorCode::StoreUnwritable], ConnectProblem::NotKept),
        (&[ErrorCode::DecidedByPolicy], ConnectProblem::DecidedByPolicy),
        (&[ErrorCode::BadRequest], ConnectProblem::FieldWrong),
    ];
    let known = KNOWN.iter().find(|(codes, _)| codes.contains(&code));
    known.map_or(ConnectProblem::BadAnswer, |(_, problem)| *problem)
}

/// A hub says of a token that it does not take only that: unknown, run out and used up are one.
fn of_enrolment(error: &ErrorReport) -> ConnectStep {
    let problem = if matches!(error.code, ErrorCode::Unauthorized | ErrorCode::Forbidden) {
        ConnectProblem::TokenExpired
    } else if error.code == ErrorCode::BadRequest {
        ConnectProblem::TokenWrong
    } else {
        problem_of(error.code)
    };
    bad(StepName::SignIn, problem, error)
}

fn decided(choice: &HelpdeskChoice, error: &ErrorReport) -> HelpdeskReport {
    HelpdeskReport {
        kind: choice.kind,
        url: choice.url.trim().to_owned(),
        version: None,
        name: None,
        ways: Vec::new(),
        fields: Vec::new(),
        steps: vec![bad(StepName::Address, ConnectProblem::DecidedByPolicy, error)],
        outcome: ConnectOutcome::Broken,
    }
}
