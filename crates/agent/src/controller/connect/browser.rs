//! A helpdesk that its user signs in at in the system's browser: GLPI with OAuth2. The connector begins and ends it; the
//! browser is opened here, and what came of it is tried once and kept.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use deskside_helpdesk::glpi::oauth::SignIn;
use deskside_helpdesk::hub_sign_in::Farewell;
use deskside_helpdesk::{Helpdesk, HelpdeskError, KeepsCredential, Target, open_keeping};
use deskside_protocol::connect::{ConnectOutcome, ConnectProblem, ConnectStep, HelpdeskReport, StepName};
use deskside_protocol::local::Event;
use deskside_protocol::{ErrorCode, ErrorReport};
use deskside_texts::Texts;
use tokio_util::sync::CancellationToken;

use super::super::Controller;
use super::{bad, good, of_error};

/// What came of a sign-in, while nothing of it is in the keyring: trying it makes another credential of it.
#[derive(Default)]
struct Held(Mutex<String>);

impl Held {
    fn secret(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl KeepsCredential for Held {
    async fn keep(&self, credential: &str) -> Result<(), ErrorReport> {
        credential.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }
}

impl Controller {
    /// Somebody chooses anew: whatever a browser brings of a choice before is not waited for any more.
    pub(in crate::controller) fn stop_browsing(&self) -> CancellationToken {
        let over = CancellationToken::new();
        std::mem::replace(&mut *self.inner.browsing.lock().unwrap_or_else(PoisonError::into_inner), over.clone())
            .cancel();
        over
    }

    /// Opens the browser; what comes of it is told when it comes back ([`Event::HelpdeskReported`]). A second wish takes
    /// the place of the first.
    pub(super) async fn sign_in_by_browser(&self, report: &mut HelpdeskReport, target: &Target) {
        let over = self.stop_browsing();
        let begun = match self.open_browser(target).await {
            Ok(begun) => begun,
            Err(error) => return self.failed(report, bad(StepName::SignIn, of_sign_in(error.code), &error)),
        };
        report.outcome = ConnectOutcome::InBrowser;
        let (this, mut report, target) = (self.clone(), report.clone(), target.clone());
        self.inner.tasks.spawn(async move {
            let texts = Texts::for_language(&this.settings_view().language);
            let farewell = Farewell { done: texts.sign_in_done(), failed: texts.sign_in_failed() };
            let came = tokio::select! {
                () = this.inner.stop.cancelled() => return,
                () = over.cancelled() => return,
                came = begun.finish(&farewell) => came,
            };
            let kept = match came {
                Ok(credential) => this.try_and_keep(&mut report, &target, credential.written(), &over).await,
                Err(error) => {
                    let problem = of_sign_in(error.code);
                    Err(bad(StepName::SignIn, problem, &ErrorReport::new(error.code, error.detail)))
                }
            };
            if over.is_cancelled() {
                return;
            }
            match kept {
                Ok(()) => this.connected(&mut report).await,
                Err(step) => this.failed(&mut report, step),
            }
            this.tell(Event::HelpdeskReported { report });
        });
    }

    async fn open_browser(&self, target: &Target) -> Result<SignIn, ErrorReport> {
        let begun = SignIn::begin(target).await?;
        self.inner.ports.window.browse(begun.url()).map_err(|error| {
            ErrorReport::new(ErrorCode::Internal, format!("the system's browser could not be opened: {error}"))
        })?;
        Ok(begun)
    }

    /// Asks for news with it, so that nothing is kept that does not work; and keeps it.
    async fn try_and_keep(
        &self,
        report: &mut HelpdeskReport,
        target: &Target,
        secret: String,
        over: &CancellationToken,
    ) -> Result<(), ConnectStep> {
        let held = Arc::new(Held(Mutex::new(secret)));
        let tried = async {
            let desk: Arc<dyn Helpdesk> = open_keeping(target, &held.secret(), Arc::clone(&held) as _)?;
            desk.changes(None).await?;
            // It lives until the connection in force has taken its place: both renew the same sign-in.
            Ok::<_, HelpdeskError>(desk)
        };
        let _in_use = tried.await.map_err(|error| of_error(StepName::SignIn, &error))?;
        self.push(report, good(StepName::SignIn, "signed in by the browser"));
        let _one_at_a_time = self.inner.connecting.lock().await;
        if over.is_cancelled() {
            let detail = "another choice was made meanwhile";
            return Err(bad(
                StepName::SignIn,
                ConnectProblem::BrowserSignInFailed,
                &ErrorReport::new(ErrorCode::Internal, detail),
            ));
        }
        let kept = self.keep_helpdesk(target, report.name.clone(), None, held.secret()).await;
        kept.map_err(|error| bad(StepName::SignIn, ConnectProblem::NotKept, &error))
    }
}

/// What an error of the sign-in itself means.
fn of_sign_in(code: ErrorCode) -> ConnectProblem {
    const KNOWN: &[(ErrorCode, ConnectProblem)] = &[
        (ErrorCode::BadRequest, ConnectProblem::OauthClientWrong),
        (ErrorCode::Unreachable, ConnectProblem::BrokenOff),
    ];
    let known = KNOWN.iter().find(|(known, _)| *known == code);
    known.map_or(ConnectProblem::BrowserSignInFailed, |(_, problem)| *problem)
}
