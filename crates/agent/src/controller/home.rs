//! What Home and the tray show, and what the doctor sees of the behaviour's own parts.

use std::time::Duration;

use deskside_protocol::facts::Cost;
use deskside_protocol::local::{ComputerView, Connection, DoctorCheck, Health, Home, Notice, Response};
use deskside_protocol::{ErrorCode, ErrorReport};

use super::Controller;
use super::computer::{HEAVY_AGE, LIGHT_AGE};
use crate::ports::{SecretKind, TrayState};
use crate::store::StoreError;
use crate::{drafts, outbox, requests};

/// How long Home waits for the cheap sections: longer than they take, shorter than anybody notices.
const GLANCE: Duration = Duration::from_millis(400);
/// How long "this computer" waits for everything: the longest limit of a section, and a little.
const WHOLE: Duration = Duration::from_secs(7);

impl Controller {
    pub(super) async fn home(&self) -> Result<Response, ErrorReport> {
        self.inner.computer.refresh(LIGHT_AGE, HEAVY_AGE);
        self.inner.computer.settled(&[Cost::Light], GLANCE).await;
        let snapshot = self.inner.computer.snapshot();
        let store = self.store();
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let (open_requests, unread_requests) = requests::counts(&mut connection).await?;
        let (waiting, parked) = outbox::counts(&mut connection).await?;
        let draft = drafts::teaser(&mut connection).await?;
        drop(connection);
        let findings = self.inner.computer.port().findings(&snapshot.facts);
        let requester = self.requester(&snapshot.facts);
        let name = requester
            .display_name
            .as_deref()
            .and_then(|name| name.split_whitespace().next())
            .map_or(requester.login.clone(), ToOwned::to_owned);
        Ok(Response::Home(Home {
            name,
            connection: self.inner.link.connection(),
            open_requests,
            unread_requests,
            waiting,
            parked,
            draft,
            findings,
            notices: self.notices(),
        }))
    }

    fn notices(&self) -> Vec<Notice> {
        let mut notices = self.inner.notices.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        // Read anew each time: a file that is mended takes its notice away.
        notices.extend(self.inner.ports.settings.notices());
        let session_only = self.inner.ports.secrets.kind() == SecretKind::SessionOnly;
        let said = notices.iter().any(|notice| notice.code == ErrorCode::KeyringUnavailable);
        if session_only && self.inner.link.is_enrolled() && !said {
            notices.push(Notice {
                code: ErrorCode::KeyringUnavailable,
                detail: "the credential is in memory until the agent ends".to_owned(),
            });
        }
        notices
    }

    pub(super) async fn facts(&self) -> Result<Response, ErrorReport> {
        self.inner.computer.refresh(Duration::ZERO, Duration::ZERO);
        self.inner.computer.settled(&[Cost::Light, Cost::Heavy], WHOLE).await;
        let facts = self.inner.computer.snapshot().facts;
        let findings = self.inner.computer.port().findings(&facts);
        Ok(Response::Facts(ComputerView { facts, findings }))
    }

    /// Shows the tray's state, if it changed.
    pub(super) async fn refresh_tray(&self) {
        let store = self.store();
        let counted = async {
            let mut connection = store.pool().acquire().await?;
            let (_, unread) = requests::counts(&mut connection).await?;
            let (waiting, parked) = outbox::counts(&mut connection).await?;
            Ok::<_, StoreError>((unread, waiting, parked))
        };
        let (unread, waiting, parked) = match counted.await {
            Ok(counts) => counts,
            Err(error) => {
                tracing::warn!(%error, "the tray keeps what it shows");
                return;
            }
        };
        let state = TrayState { connection: self.inner.link.connection(), unread, waiting, parked };
        let changed = {
            let mut shown = self.inner.tray.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let changed = *shown != Some(state);
            *shown = Some(state);
            changed
        };
        if changed {
            self.inner.ports.tray.set(state);
        }
    }

    pub(super) async fn doctor(&self) -> Result<Response, ErrorReport> {
        let mut checks = vec![self.check_store().await, self.check_outbox().await, self.check_helpdesk().await];
        // The desktop's doctor also works without an agent and then looks at these itself; here they are known better.
        let known: Vec<String> = checks.iter().map(|check| check.name.clone()).collect();
        checks.extend(self.inner.ports.doctor.checks().await.into_iter().filter(|check| !known.contains(&check.name)));
        Ok(Response::Doctor { checks })
    }

    async fn check_store(&self) -> DoctorCheck {
        let store = self.store();
        let name = "store".to_owned();
        if let Err(error) = store.must_be_durable() {
            let detail = format!("running on memory; {}: {error}", store.folder().display());
            return DoctorCheck { name, health: Health::Broken, detail, code: Some(error.code()) };
        }
        // A real write and commit, as Submit does it.
        let written = store.set_meta("doctor", &deskside_protocol::Timestamp::now().to_string()).await;
        match written {
            Ok(()) => {
                let detail = format!("{} bytes in {}", store.kept_bytes().await, store.folder().display());
                let aside = self.notices().into_iter().find(|notice| notice.code == ErrorCode::StoreDamaged);
                match aside {
                    Some(notice) => {
                        DoctorCheck { name, health: Health::Degraded, detail: notice.detail, code: Some(notice.code) }
                    }
                    None => DoctorCheck { name, health: Health::Good, detail, code: None },
                }
            }
            Err(error) => {
                DoctorCheck { name, health: Health::Broken, detail: error.to_string(), code: Some(error.code()) }
            }
        }
    }

    async fn check_outbox(&self) -> DoctorCheck {
        let store = self.store();
        let name = "outbox".to_owned();
        let counted = async {
            let mut connection = store.pool().acquire().await?;
            let counts = outbox::counts(&mut connection).await?;
            let last = outbox::undelivered(&mut connection, 0).await?;
            Ok::<_, StoreError>((counts, last.into_iter().find_map(|queued| queued.message.last_error)))
        };
        match counted.await {
            Ok(((waiting, parked), last)) => {
                let detail = match &last {
                    Some(error) => format!("{waiting} waiting, {parked} parked; {}", error.detail),
                    None => format!("{waiting} waiting, {parked} parked"),
                };
                let health = if parked > 0 { Health::Degraded } else { Health::Good };
                DoctorCheck { name, health, detail, code: last.filter(|_| parked > 0).map(|error| error.code) }
            }
            Err(error) => {
                DoctorCheck { name, health: Health::Broken, detail: error.to_string(), code: Some(error.code()) }
            }
        }
    }

    async fn check_helpdesk(&self) -> DoctorCheck {
        let name = "helpdesk".to_owned();
        let Some(desk) = self.inner.link.desk() else {
            let code = match self.inner.link.connection() {
                Connection::NotEnrolled | Connection::Online | Connection::Refused => ErrorCode::NotEnrolled,
                Connection::Offline => ErrorCode::KeyringUnavailable,
            };
            return DoctorCheck {
                name,
                health: Health::Degraded,
                detail: "there is no helpdesk to send to; requests are kept".to_owned(),
                code: Some(code),
            };
        };
        // A cursor from the store asks for little; without one the first page answers just as well.
        let cursor = self.store().meta("cursor").await.ok().flatten();
        let begun = std::time::Instant::now();
        match desk.changes(cursor.as_deref()).await {
            Ok(_) => {
                self.inner.link.heard();
                let detail = format!("it answered in {} ms", begun.elapsed().as_millis());
                DoctorCheck { name, health: Health::Good, detail, code: None }
            }
            Err(error) => {
                self.inner.link.failed(&error);
                DoctorCheck { name, health: Health::Broken, detail: error.detail, code: Some(error.code) }
            }
        }
    }
}
