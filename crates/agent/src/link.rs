//! The connection to the helpdesk: who it is, with which credential, and how it went last time. Nothing here keeps a
//! socket open; it knows whom to ask and what to tell the user about it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use deskside_helpdesk::hub::HubDesk;
use deskside_helpdesk::{Again, Helpdesk, HelpdeskError};
use deskside_protocol::connect::{HelpdeskAbilities, SignInWay};
use deskside_protocol::local::Connection;
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::{ErrorCode, ErrorReport, limits};
use tokio::sync::watch;

use crate::controller::connect::way_of;
use crate::credential::Credential;
use crate::identity;
use crate::keeper::open_kept;
use crate::ports::{HelpdeskAddress, Ports};

/// The connection.
pub struct Link {
    ports: Ports,
    /// Whom to speak to, and which one it is ([`identity::of`]).
    desk: RwLock<Option<(Arc<dyn Helpdesk>, String)>>,
    /// How the credential signs in.
    way: RwLock<Option<SignInWay>>,
    /// The place of the helpdesk that credentials are for which do not say so.
    unmarked: RwLock<Option<String>>,
    connection: watch::Sender<Connection>,
    /// Grows whenever another helpdesk or credential came into force, for those who hold a stream open.
    generation: watch::Sender<u64>,
    /// The employee has to sign in before the helpdesk takes anything new.
    sign_in: watch::Sender<bool>,
}

impl Link {
    /// Nothing is asked yet; [`Self::connect`] does.
    #[must_use]
    pub fn new(ports: Ports) -> Self {
        Self {
            ports,
            desk: RwLock::new(None),
            way: RwLock::new(None),
            unmarked: RwLock::new(None),
            connection: watch::Sender::new(Connection::NotEnrolled),
            generation: watch::Sender::new(0),
            sign_in: watch::Sender::new(false),
        }
    }

    /// Reads the credential for this address, and gets ready to speak. Asks nobody outside this computer. `unmarked`: see
    /// [`Credential::is_for`].
    ///
    /// # Errors
    /// `KeyringUnavailable` if the keyring cannot be asked; `BadRequest` if the address is none.
    pub async fn connect(&self, address: Option<HelpdeskAddress>, unmarked: Option<String>) -> Result<(), ErrorReport> {
        *self.unmarked.write().unwrap_or_else(PoisonError::into_inner) = unmarked;
        let helpdesk = address.as_ref().map(identity::of).unwrap_or_default();
        let (desk, way, outcome) = match self.ready(address).await {
            Ok(Some((desk, way))) => (Some((desk, helpdesk)), Some(way), Ok(())),
            Ok(None) => (None, None, Ok(())),
            Err(error) => (None, None, Err(error)),
        };
        let state = match (&desk, &outcome) {
            // Not heard yet; the first exchange tells. Until then nothing claims to be online.
            (Some(_), _) => Connection::Offline,
            (None, Err(error)) if error.code == ErrorCode::KeyringUnavailable => Connection::Offline,
            (None, _) => Connection::NotEnrolled,
        };
        *self.desk.write().unwrap_or_else(PoisonError::into_inner) = desk;
        *self.way.write().unwrap_or_else(PoisonError::into_inner) = way;
        self.sign_in.send_replace(false);
        self.set(state);
        self.generation.send_modify(|generation| *generation += 1);
        outcome
    }

    /// The helpdesk goes: from here on nobody speaks to it.
    pub fn let_go(&self) {
        *self.desk.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.generation.send_modify(|generation| *generation += 1);
    }

    async fn ready(
        &self,
        address: Option<HelpdeskAddress>,
    ) -> Result<Option<(Arc<dyn Helpdesk>, SignInWay)>, ErrorReport> {
        let Some(address) = address else { return Ok(None) };
        let Some(credential) = self.kept(&address).await? else { return Ok(None) };
        let way = way_of(address.kind, &credential.secret);
        Ok(Some((open_kept(&address, credential, Arc::clone(&self.ports.secrets))?, way)))
    }

    /// What the keyring holds for this helpdesk. What it holds for another one on the same server is not shown to it.
    ///
    /// # Errors
    /// `KeyringUnavailable` if the keyring cannot be asked.
    pub async fn kept(&self, address: &HelpdeskAddress) -> Result<Option<Credential>, ErrorReport> {
        let Some(kept) = self.ports.secrets.get(&address.url).await? else { return Ok(None) };
        let (credential, place) = (Credential::read(&kept), identity::place_of(address));
        let unmarked = self.unmarked.read().unwrap_or_else(PoisonError::into_inner).clone();
        if !credential.is_for(&place, unmarked.as_deref()) {
            tracing::info!(%place, "what the keyring holds for this server is another helpdesk's");
            return Ok(None);
        }
        Ok(Some(credential))
    }

    /// How one signs in at the helpdesk that is connected.
    #[must_use]
    pub fn way(&self) -> Option<SignInWay> {
        *self.way.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the helpdesk can do, as far as is known by now; all that any can while none is connected.
    #[must_use]
    pub fn abilities(&self) -> HelpdeskAbilities {
        let Some(desk) = self.desk() else { return HelpdeskAbilities::default() };
        let can = desk.capabilities();
        HelpdeskAbilities {
            reply: can.reply,
            confirm: can.confirm,
            reopen: can.reopen,
            rate: can.rate,
            files: can.file_bytes.is_some(),
            file_bytes: can.file_bytes.unwrap_or(0).min(limits::ATTACHMENT_BYTES),
            categories: can.categories,
            articles: can.articles,
        }
    }

    /// The connection to the hub, to sign in at; `None` for other helpdesks.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn hub(&self) -> Result<Option<HubDesk>, ErrorReport> {
        let Some(address) = self.ports.settings.helpdesk().filter(|address| address.target().kind == HelpdeskKind::Hub)
        else {
            return Ok(None);
        };
        let Some(credential) = self.kept(&address).await? else { return Ok(None) };
        Ok(Some(HubDesk::new(&address.url, &credential.secret)?))
    }

    /// Tells whether the employee has to sign in before the helpdesk takes anything new, or takes it in their name.
    #[must_use]
    pub fn sign_in_needed(&self) -> watch::Receiver<bool> {
        self.sign_in.subscribe()
    }

    /// The sign-in of the employee ran out.
    pub fn sign_in_ran_out(&self) {
        self.sign_in.send_if_modified(|needed| !std::mem::replace(needed, true));
    }

    /// The employee signed in.
    pub fn signed_in(&self) {
        self.sign_in.send_replace(false);
    }

    /// How long the helpdesk may not show yet what has arrived.
    #[must_use]
    pub fn lag(&self) -> Duration {
        self.desk().map_or(Duration::ZERO, |desk| desk.capabilities().lag)
    }

    /// The helpdesk to speak to, if there is one.
    #[must_use]
    pub fn desk(&self) -> Option<Arc<dyn Helpdesk>> {
        self.in_use().map(|(desk, _)| desk)
    }

    /// The same, with which one it is ([`identity::of`]).
    #[must_use]
    pub fn in_use(&self) -> Option<(Arc<dyn Helpdesk>, String)> {
        self.desk.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether this device has a helpdesk and a credential for it.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        self.desk().is_some()
    }

    /// How it went last time.
    #[must_use]
    pub fn connection(&self) -> Connection {
        *self.connection.borrow()
    }

    /// Tells of every change.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Connection> {
        self.connection.subscribe()
    }

    /// Tells when another helpdesk or credential came into force.
    #[must_use]
    pub fn replaced(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    /// The system's network changed: nothing waits for answers on connections of before.
    pub fn network_changed(&self) {
        if let Some(desk) = self.desk() {
            desk.network_changed();
        }
    }

    /// An exchange went well.
    pub fn heard(&self) {
        if self.is_enrolled() {
            self.set(Connection::Online);
        }
    }

    /// An exchange failed. A refusal is an answer too: the helpdesk is there.
    pub fn failed(&self, error: &HelpdeskError) {
        let state = match (error.code, error.again) {
            (ErrorCode::Unauthorized, _) => Connection::Refused,
            // It is there, and said so.
            (ErrorCode::SignInNeeded, _) => Connection::Online,
            (ErrorCode::Busy, _) | (_, Again::Permanent) => Connection::Online,
            (_, Again::Transient) => Connection::Offline,
        };
        if error.code == ErrorCode::SignInNeeded {
            self.sign_in_ran_out();
        }
        if self.is_enrolled() {
            self.set(state);
        }
    }

    fn set(&self, state: Connection) {
        self.connection.send_if_modified(|current| {
            let changed = *current != state;
            *current = state;
            changed
        });
    }
}
