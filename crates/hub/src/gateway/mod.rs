//! The hub as gateway: tickets of enrolled devices are filed in the helpdesk that the company runs, with one service
//! account, and followed there. No secret of that helpdesk is on any desktop.
//!
//! A ticket is in the hub's own store first. From there an outbox files it, by the machine that the agent's outbox runs
//! by ([`deskside_helpdesk::outbox`]), so exactly once. Of several hubs on one database, one has the turn at a time.

use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deskside_helpdesk::{Capabilities, HelpdeskError, Target, Way};
use deskside_protocol::ticket::Verdict;
use deskside_protocol::{AttachmentId, ClientId, Timestamp};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::state::AppState;
use crate::store::{Employee, FileFate, Filing, Onward, StoreError};

mod filing;
mod following;
mod notes;
mod people;
mod place;
mod trouble;

use people::Desks;
pub use people::People;
use trouble::{Part, Troubles};

/// Between two looks at what waits, when nothing says that there is something.
const LOOK: Duration = Duration::from_secs(5);
/// Between two questions what changed there, when nothing says that something did.
const ASK: Duration = Duration::from_secs(15);
/// How long one hub has the turn, unless it goes on.
const TURN: Duration = Duration::from_secs(120);
/// How often it says that it goes on.
const TURN_AGAIN: Duration = Duration::from_secs(20);
/// How long a device waits for the number of its ticket; with less than it waits for any answer.
const NUMBER: Duration = Duration::from_secs(10);

/// How long the device that brings a file waits for what the helpdesk says of it.
const FATE: Duration = Duration::from_secs(3);

/// Between two looks while a device waits: of what another hub does, not all is told.
const UNTOLD: Duration = Duration::from_secs(1);

/// The helpdesk to which a hub is the gateway.
#[derive(Clone)]
pub struct GatewayConfig {
    /// Which, and where.
    pub target: Target,
    /// The service account's secret. Only in this process's memory.
    pub credential: String,
    /// How it calls employees; without, everything is filed in the service account's name.
    pub people: People,
}

/// Without the secret.
impl std::fmt::Debug for GatewayConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayConfig").field("target", &self.target).finish_non_exhaustive()
    }
}

/// Reads the service account's secret from a file.
///
/// # Errors
/// It cannot be read, holds nothing, or others than its owner may read it.
pub fn read_credential(file: &Path) -> io::Result<String> {
    let mut opened = std::fs::File::open(file)?;
    // Of the opened file: its name may be another's a moment later.
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&opened.metadata()?.permissions()) & 0o077 != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may read it: chmod 600"));
    }
    let mut text = String::new();
    opened.by_ref().take(CREDENTIAL_BYTES).read_to_string(&mut text)?;
    let text = text.trim();
    if text.is_empty() { Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty")) } else { Ok(text.to_owned()) }
}

/// Largest credential.
const CREDENTIAL_BYTES: u64 = 16 * 1024;

/// The way there.
pub(crate) struct Gateway {
    desks: Desks,
    people: People,
    target: Target,
    /// Which helpdesk it is.
    place: String,
    /// This hub among those on one database.
    who: String,
    /// Something is to be sent.
    pub(crate) work: Notify,
    /// Something was filed, or refused.
    filed: Notify,
    troubles: Troubles,
}

impl Gateway {
    pub(crate) fn new(config: &GatewayConfig) -> Result<Self, HelpdeskError> {
        Ok(Self {
            desks: Desks::new(&config.target, &config.credential)?,
            people: config.people.clone(),
            target: config.target.clone(),
            place: place::of(&config.target),
            who: Uuid::new_v4().to_string(),
            work: Notify::new(),
            filed: Notify::new(),
            troubles: Troubles::default(),
        })
    }

    /// What the helpdesk can do, as far as is known.
    pub(crate) fn capabilities(&self) -> Capabilities {
        self.desks.own().capabilities()
    }

    /// Which helpdesk it is: numbers of another one mean other tickets.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// In whose name an employee's ticket is filed.
    pub(crate) fn onward(&self, employee: Option<&Employee>) -> Onward {
        Onward { requester: employee.and_then(|employee| self.people.name_of(employee)) }
    }

    /// Whether the helpdesk lets requesters do this, as far as is known.
    pub(crate) fn offers(&self, verdict: &Verdict) -> bool {
        let can = self.capabilities();
        let way = match verdict {
            Verdict::Confirm => can.confirm,
            Verdict::Reopen { .. } => can.reopen,
            Verdict::Rate { .. } => can.rate,
        };
        way != Way::Not
    }

    /// Another hub on the database changed a ticket: it may have filed one that a device waits for here, or taken one in
    /// that this one has the turn to file.
    pub(crate) fn heard(&self) {
        self.filed.notify_waiters();
        self.work.notify_one();
    }

    /// Waits until the helpdesk has a file or refuses it, for as long as an upload may be held up.
    pub(crate) async fn fate(
        &self,
        state: &AppState,
        ticket: ClientId,
        file: AttachmentId,
    ) -> Result<FileFate, StoreError> {
        let until = tokio::time::Instant::now() + FATE;
        loop {
            let mut told = std::pin::pin!(self.filed.notified());
            told.as_mut().enable();
            let fate = state.store.fate(ticket, file).await?;
            let rest = until.saturating_duration_since(tokio::time::Instant::now());
            if !matches!(fate, FileFate::UnderWay) || rest.is_zero() {
                return Ok(fate);
            }
            let _told_or_not = tokio::time::timeout(rest.min(UNTOLD), told).await;
        }
    }

    /// Waits until a ticket is filed or refused, for as long as whoever sent it has the patience.
    pub(crate) async fn filing(&self, state: &AppState, ticket: ClientId) -> Result<Filing, StoreError> {
        let until = tokio::time::Instant::now() + NUMBER;
        loop {
            let mut told = std::pin::pin!(self.filed.notified());
            // Before the look, or what happens between the two would be missed.
            told.as_mut().enable();
            let filing = state.store.filing(ticket).await?;
            let rest = until.saturating_duration_since(tokio::time::Instant::now());
            if !matches!(filing, Filing::UnderWay) || rest.is_zero() {
                return Ok(filing);
            }
            let _told_or_not = tokio::time::timeout(rest.min(UNTOLD), told).await;
        }
    }
}

/// Files and follows for as long as the hub runs, whenever it is this hub's turn.
pub(crate) async fn run(state: Arc<AppState>) {
    let Some(gateway) = state.gateway.clone() else {
        trouble::forget(&state).await;
        return;
    };
    loop {
        match take_turn(&state, &gateway.who).await {
            Ok(Some(_)) => match prepare(&state, &gateway).await {
                Ok(()) => {
                    tokio::select! {
                        () = filing::file(&state, &gateway) => {}
                        () = following::follow(&state, &gateway) => {}
                        () = keep_turn(&state, &gateway.who) => tracing::warn!("another hub has the turn at the helpdesk"),
                    }
                }
                Err(error) => tracing::warn!(%error, "what waits for the helpdesk cannot be read"),
            },
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the turn at the helpdesk cannot be taken"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What waits is for this helpdesk; what another hub, or this one before its start, had under way may have arrived.
async fn prepare(state: &AppState, gateway: &Gateway) -> Result<(), StoreError> {
    place::settle(state, gateway).await?;
    state.store.doubt_upstream(Timestamp::now()).await
}

/// Lets another hub have the turn at once, when this one stops.
pub(crate) async fn end(state: &AppState) {
    if let Some(gateway) = &state.gateway
        && let Err(error) = state.store.give_turn(&gateway.who).await
    {
        tracing::warn!(%error, "the turn at the helpdesk could not be given up");
    }
}

async fn take_turn(state: &AppState, who: &str) -> Result<Option<bool>, StoreError> {
    let now = Timestamp::now();
    let turn = i64::try_from(TURN.as_millis()).unwrap_or(i64::MAX);
    state.store.take_turn(who, now, Timestamp::from_unix_ms(now.unix_ms().saturating_add(turn))).await
}

/// Ends when another hub has the turn, or the database could not be told for so long that one may.
async fn keep_turn(state: &AppState, who: &str) {
    let mut kept = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(TURN_AGAIN).await;
        match take_turn(state, who).await {
            Ok(Some(true)) => kept = tokio::time::Instant::now(),
            Ok(Some(false) | None) => return,
            Err(error) if kept.elapsed() + 2 * TURN_AGAIN > TURN => {
                tracing::warn!(%error, "the turn at the helpdesk cannot be kept");
                return;
            }
            Err(_may_pass) => {}
        }
    }
}
