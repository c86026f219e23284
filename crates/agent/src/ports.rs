//! What the controller needs from the desktop, as small traits: the whole behaviour of the app runs in tests without a
//! tray, a screen or a keyring. Nothing here does any work; the real implementations are the modules named after them.
//!
//! The helpdesk is deliberately no port: the controller speaks to it through [`deskside_helpdesk`], and tests stand a
//! real HTTP server in its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use deskside_protocol::connect::HelpdeskChoice;
use deskside_protocol::facts::{Facts, SectionId};
use deskside_protocol::health::HealthSample;
use deskside_protocol::local::{Connection, DoctorCheck, Notice, Route, WindowRect};
use deskside_protocol::settings::{HelpdeskKind, Settings, SettingsView};
use deskside_protocol::ticket::{Finding, TicketState};
use deskside_protocol::{ClientId, ErrorReport};

/// Everything the controller meets, given to [`crate::controller::Controller::start`].
#[derive(Clone)]
pub struct Ports {
    /// The window.
    pub window: Arc<dyn WindowPort>,
    /// Notifications.
    pub notify: Arc<dyn NotifyPort>,
    /// The tray icon.
    pub tray: Arc<dyn TrayPort>,
    /// Pictures of the screen.
    pub screen: Arc<dyn ScreenPort>,
    /// The credential.
    pub secrets: Arc<dyn SecretPort>,
    /// Settings and policy.
    pub settings: Arc<dyn SettingsPort>,
    /// The machine.
    pub facts: Arc<dyn FactsPort>,
    /// Checks of the desktop's parts.
    pub doctor: Arc<dyn DoctorPort>,
}

/// Brings the window.
pub trait WindowPort: Send + Sync {
    /// Shows the window at this place: starts it if there is none, else sends it there. Returns at once.
    ///
    /// The controller has already told connected windows ([`deskside_protocol::local::Event::Navigate`]); the port only
    /// starts a process when no window is connected.
    fn show(&self, route: Route);

    /// Opens a page in the system's browser. Only `https`, or `http` on this computer.
    ///
    /// # Errors
    /// The system's.
    fn browse(&self, page: &url::Url) -> std::io::Result<()>;
}

/// Something worth a notification. Texts of people are data from a server: plain, capped, never markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// Somebody answered.
    Answer {
        /// Which request; a click opens it.
        client_id: ClientId,
        /// The number people use.
        number: Option<u64>,
        /// The request's title.
        title: String,
        /// Who, as people say it.
        author: Option<String>,
        /// The beginning of the answer, at most [`deskside_protocol::limits::NOTIFICATION_CHARS`] characters.
        text: String,
    },
    /// The state changed in a way that asks something of the requester (solved, waiting for them).
    State {
        /// Which request; a click opens it.
        client_id: ClientId,
        /// The number people use.
        number: Option<u64>,
        /// The request's title.
        title: String,
        /// The new state.
        state: TicketState,
    },
    /// A request that had to wait has arrived.
    DeliveredLate {
        /// Which request; a click opens it.
        client_id: ClientId,
        /// The number people use.
        number: u64,
        /// The request's title.
        title: String,
    },
    /// A request, or something of it, could not be sent and needs a look.
    Parked {
        /// Which request; a click opens it.
        client_id: ClientId,
        /// The request's title.
        title: String,
        /// What of it.
        what: Refused,
    },
}

/// What the helpdesk refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The request.
    Request,
    /// A reply or verdict.
    Reply,
    /// Files; what they belong to has arrived.
    Files,
}

impl Notification {
    /// The request's title.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Answer { title, .. }
            | Self::State { title, .. }
            | Self::DeliveredLate { title, .. }
            | Self::Parked { title, .. } => title,
        }
    }

    /// The request concerned: a click opens it ([`Route::Request`]).
    #[must_use]
    pub fn client_id(&self) -> ClientId {
        match self {
            Self::Answer { client_id, .. }
            | Self::State { client_id, .. }
            | Self::DeliveredLate { client_id, .. }
            | Self::Parked { client_id, .. } => *client_id,
        }
    }
}

/// Shows notifications. The controller asks only when the user's setting allows it.
pub trait NotifyPort: Send + Sync {
    /// Shows it; returns at once. A click calls [`crate::controller::Controller::show`].
    fn show(&self, notification: Notification);
    /// Takes the notifications about this request away: it was read.
    fn dismiss(&self, client_id: ClientId);
}

/// What the tray icon tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrayState {
    /// The connection to the helpdesk.
    pub connection: Connection,
    /// Requests with an answer that was not read.
    pub unread: u32,
    /// Requests that wait to be sent.
    pub waiting: u32,
    /// Requests that could not be sent and need a look.
    pub parked: u32,
}

/// The tray icon.
pub trait TrayPort: Send + Sync {
    /// Shows this state; returns at once. Called only when it changed.
    fn set(&self, state: TrayState);
}

/// A picture of the whole screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The picture, as PNG (ISO/IEC 15948).
    pub png: Vec<u8>,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// The windows that were visible, topmost first.
    pub windows: Vec<WindowRect>,
}

/// Takes pictures of the screen.
#[async_trait]
pub trait ScreenPort: Send + Sync {
    /// Takes one now.
    ///
    /// # Errors
    /// `ScreenUnavailable` where none can be taken, `ScreenRefused` where the user said no to the system's question.
    async fn capture(&self) -> Result<Picture, ErrorReport>;
}

/// Where secrets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// In the system's keyring.
    Keyring,
    /// In memory, until the agent ends: there is no keyring, or it is locked.
    SessionOnly,
}

/// Keeps the device's credential.
#[async_trait]
pub trait SecretPort: Send + Sync {
    /// The credential for this helpdesk, if there is one.
    ///
    /// # Errors
    /// `KeyringUnavailable` if the keyring cannot be asked now.
    async fn get(&self, helpdesk: &url::Url) -> Result<Option<String>, ErrorReport>;
    /// Keeps it. Where there is no keyring it is kept in memory, and [`Self::kind`] says so.
    ///
    /// # Errors
    /// `KeyringUnavailable` if it could not be kept at all.
    async fn set(&self, helpdesk: &url::Url, credential: &str) -> Result<(), ErrorReport>;
    /// Forgets it.
    ///
    /// # Errors
    /// `KeyringUnavailable` if the keyring cannot be asked now.
    async fn delete(&self, helpdesk: &url::Url) -> Result<(), ErrorReport>;
    /// Where secrets are now.
    fn kind(&self) -> SecretKind;
}

/// A helpdesk that this device is set up for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpdeskAddress {
    /// What it is.
    pub kind: HelpdeskKind,
    /// Its address; paths are below it.
    pub url: url::Url,
    /// What its kind wants to know besides ([`deskside_helpdesk::Target::fields`]).
    pub fields: BTreeMap<String, String>,
    /// What the company calls it.
    pub name: Option<String>,
    /// Who this computer is there, where that is known: a hub's device, another helpdesk's user.
    pub account: Option<String>,
}

impl HelpdeskAddress {
    /// A hub.
    #[must_use]
    pub fn hub(url: url::Url, name: Option<String>) -> Self {
        Self { kind: HelpdeskKind::Hub, url, fields: BTreeMap::new(), name, account: None }
    }

    /// As the connectors want it.
    #[must_use]
    pub fn target(&self) -> deskside_helpdesk::Target {
        deskside_helpdesk::Target { kind: self.kind, url: self.url.clone(), fields: self.fields.clone() }
    }
}

/// Settings: defaults < user < IT policy. Reading is from memory; changing writes a file.
#[async_trait]
pub trait SettingsPort: Send + Sync {
    /// What is in force. `enrolled` is filled in by the controller, which knows whether there is a credential.
    fn view(&self) -> SettingsView;
    /// Keeps what the user chose.
    ///
    /// # Errors
    /// `DecidedByPolicy` if IT decided one that would change; `StoreUnwritable` if the file cannot be written.
    async fn change(&self, settings: Settings) -> Result<(), ErrorReport>;
    /// Asks the desktop for the shortcut's keys, where it asks the user in turn; returns at once, and does nothing where
    /// no desktop asks.
    fn set_up_shortcut(&self);
    /// The helpdesk in force.
    fn helpdesk(&self) -> Option<HelpdeskAddress>;
    /// Whether this device may enrol there, asked before a token is shown to anybody.
    ///
    /// # Errors
    /// `DecidedByPolicy` if IT decided another helpdesk; `StoreUnwritable` if what comes of it could not be kept.
    fn may_enrol(&self, helpdesk: &url::Url) -> Result<(), ErrorReport>;
    /// Keeps the helpdesk that this device has just enrolled in.
    ///
    /// # Errors
    /// `DecidedByPolicy` if IT decided another; `StoreUnwritable` if the file cannot be written.
    async fn set_helpdesk(&self, helpdesk: HelpdeskAddress) -> Result<(), ErrorReport>;
    /// What somebody chose to connect, with what IT decided in its place.
    ///
    /// # Errors
    /// `DecidedByPolicy` where the choice is another than IT's.
    fn choose(&self, choice: HelpdeskChoice) -> Result<HelpdeskChoice, ErrorReport>;
    /// Forgets the helpdesk that was connected here.
    ///
    /// # Errors
    /// As [`Self::set_helpdesk`].
    async fn forget_helpdesk(&self) -> Result<(), ErrorReport>;
    /// What of the files of settings and policy could not be read.
    fn notices(&self) -> Vec<Notice>;
    /// Days that requests which are over stay on this computer; `None` where IT did not say.
    fn retention_days(&self) -> Option<u32>;
    /// What IT decided about a section: always sent, never sent, or the user's choice (`None`).
    fn section_policy(&self, section: SectionId) -> Option<bool>;
}

/// The machine, as facts.
#[async_trait]
pub trait FactsPort: Send + Sync {
    /// Looks at these sections now. Never fails as a whole; each section fails alone, within its time limit.
    async fn collect(&self, sections: &[SectionId]) -> Facts;
    /// A small look, cheap enough for every ten seconds. `helpdesk` is left empty. Takes at most 2 s.
    async fn health(&self) -> HealthSample;
    /// What is unusual, worst first.
    fn findings(&self, facts: &Facts) -> Vec<Finding>;
    /// The sections that bear on a problem described like this, the ones that are always on included.
    fn relevant(
        &self,
        text: &str,
        category: Option<deskside_protocol::ticket::Category>,
    ) -> std::collections::BTreeSet<SectionId>;
}

/// Checks the parts of the desktop (tray, notifications, keyring, screen, autostart…). The controller adds store,
/// outbox and helpdesk.
#[async_trait]
pub trait DoctorPort: Send + Sync {
    /// Checks them now.
    async fn checks(&self) -> Vec<DoctorCheck>;
}
