//! One interface to every helpdesk. The hub's built-in desk ([`hub::HubDesk`]) is one implementation among equals;
//! [`open`] makes the one that a [`Target`] names.
//!
//! The outbox decides what to try and when; this crate only speaks. Every method stays within the time-outs of
//! [`deskside_protocol::limits`], and says on failure whether trying again can help and whether the request may have
//! arrived all the same.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use deskside_protocol::desk::{Changes, NewFollowUp, NewVerdict, Nudge, SignInStanding};
use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, ErrorReport, FollowUpId};
use futures_util::stream::{self, BoxStream, StreamExt as _};

pub mod capabilities;
mod connection;
pub mod derived;
pub mod glpi;
pub mod http;
pub mod hub;
pub mod hub_sign_in;
pub mod layout;
mod loopback;
pub mod mantis;
pub mod marker;
pub mod next;
pub mod outbox;
pub mod probe;
pub mod rich_text;
pub mod rt;
pub mod sse;
pub mod target;
pub mod trust;
mod upload;

pub use capabilities::{Capabilities, Way};
pub use target::{KeepsCredential, Target, open, open_keeping};

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It can: the network, the load or the credential may change.
    Transient,
    /// It cannot: the helpdesk refuses this very request.
    Permanent,
}

/// Why an exchange with the helpdesk failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code:?}: {detail}")]
pub struct HelpdeskError {
    /// The stable word.
    pub code: ErrorCode,
    /// For technicians, English, without secrets.
    pub detail: String,
    /// How long the server asks to wait; already capped at [`deskside_protocol::limits::RETRY_AFTER`].
    pub retry_after: Option<Duration>,
    /// Whether trying again can help.
    pub again: Again,
    /// Whether the request may have reached the server: then look before creating again.
    pub may_have_arrived: bool,
}

impl From<HelpdeskError> for ErrorReport {
    fn from(error: HelpdeskError) -> Self {
        Self::new(error.code, error.detail)
    }
}

/// What came of an exchange.
pub type Result<T> = std::result::Result<T, HelpdeskError>;

/// A ticket as both sides call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketRef {
    /// The identity that this device gave it, before the first try.
    pub client_id: ClientId,
    /// The number that the helpdesk gave it: what people say and what every helpdesk's own addresses hold. `None` while
    /// it is not known; then it is looked up.
    pub number: Option<u64>,
}

/// A file that goes with a message, as it lies on this computer's disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// As announced.
    pub meta: AttachmentMeta,
    /// Where its bytes are.
    pub path: PathBuf,
}

/// What is known of earlier tries of the same message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// No earlier try can have arrived: send it.
    First,
    /// One may have: look first, and send only what is not there.
    Doubtful,
}

/// What the helpdesk has of a ticket or follow-up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placed {
    /// The number people use; only tickets have one.
    pub number: Option<u64>,
    /// Files that it does not have yet: each goes by [`Helpdesk::attach`].
    pub missing: Vec<AttachmentId>,
    /// Files that it refuses for good, and why.
    pub refused: Vec<(AttachmentId, HelpdeskError)>,
}

/// A helpdesk.
#[async_trait]
pub trait Helpdesk: Send + Sync {
    /// What this helpdesk can do, as far as is known by now. Asks nobody.
    fn capabilities(&self) -> Capabilities;
    /// How it stands with the employee's sign-in on this device, as it was told last; `None` where nobody signs in.
    fn sign_in(&self) -> Option<SignInStanding> {
        None
    }
    /// Looks a ticket up by the identity that this device gave it, and which of its files arrived; `None` if it is not
    /// there (yet: see [`Capabilities::lag`]).
    ///
    /// # Errors
    /// [`HelpdeskError`]; never for a ticket that is not there.
    async fn find(&self, ticket: ClientId, files: &[Enclosure]) -> Result<Option<Placed>>;
    /// Creates a ticket from the document that was previewed (JSON of [`deskside_protocol::ticket::TicketDocument`]).
    /// Files go along where the helpdesk takes them in the same request; those that did not are [`Placed::missing`].
    /// Called again only after [`Self::find`] said that it is not there.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn create(&self, ticket: ClientId, document: Bytes, files: &[Enclosure]) -> Result<Placed>;
    /// Sends a file of a ticket, or of the follow-up `of`, that the helpdesk does not have yet; streamed from disk. In
    /// doubt the outbox asks [`Self::find`] or [`Self::follow_up`] first what is missing.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn attach(&self, ticket: TicketRef, of: Option<FollowUpId>, file: &Enclosure) -> Result<()>;
    /// Adds to a thread, with its files where the helpdesk takes them in the same request.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn follow_up(
        &self,
        ticket: TicketRef,
        follow_up: &NewFollowUp,
        files: &[Enclosure],
        attempt: Attempt,
    ) -> Result<Placed>;
    /// Confirms, reopens or rates.
    ///
    /// # Errors
    /// [`HelpdeskError`]; `WrongState` where the helpdesk cannot do it at all.
    async fn verdict(&self, ticket: TicketRef, verdict: &NewVerdict, attempt: Attempt) -> Result<()>;
    /// What changed after the cursor; `None` asks from the beginning. Entries and files that this device did not make
    /// have identities that are the same each time.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn changes(&self, cursor: Option<&str>) -> Result<Changes>;
    /// A stream that says "look" when something changed. It ends when the connection does. A helpdesk that cannot say
    /// so has one that stays silent: it is asked now and then.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn nudges(&self) -> Result<BoxStream<'static, Result<Nudge>>> {
        Ok(stream::pending().boxed())
    }
    /// The bytes of a file, as they come; at most [`deskside_protocol::limits::ATTACHMENT_BYTES`].
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn download(&self, ticket: TicketRef, attachment: AttachmentId) -> Result<BoxStream<'static, Result<Bytes>>>;
    /// The system's network changed: connections of before may be dead without anybody having been told. What waits on
    /// one ends as broken off, and new ones are made from here on. A file that is moving goes on.
    fn network_changed(&self);
    /// The categories that a ticket can have there, in the helpdesk's words; empty where it does not tell.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn categories(&self) -> Result<Vec<Choice>> {
        Ok(Vec::new())
    }
    /// Articles that may answer `words`, best first, at most ten; empty where there are none.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn articles(&self, words: &str) -> Result<Vec<Article>> {
        let _ = words;
        Ok(Vec::new())
    }
}

/// Something to choose from, as the helpdesk names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The helpdesk's own identity of it.
    pub id: u64,
    /// Its name, with those it lies in ("Network > Wi-Fi").
    pub name: String,
}

impl Choice {
    /// Whether it is what somebody chose. What was written for another helpdesk, or before IT changed the list, is not.
    pub(crate) fn is(&self, chosen: &deskside_protocol::connect::CategoryChoice) -> bool {
        self.id == chosen.id && self.name == chosen.name
    }
}

/// An article of the helpdesk's knowledge base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// The helpdesk's own identity of it.
    pub id: u64,
    /// Its title, plain text.
    pub title: String,
    /// Its text, plain, at most [`deskside_protocol::limits::TEXT_BYTES`].
    pub text: String,
}
