//! One interface to every helpdesk; the hub's built-in desk ([`hub::HubDesk`]) is the first.
//!
//! The outbox decides what to try and when; this crate only speaks. Every method is one exchange with the server, within
//! the time-outs of [`deskside_protocol::limits`], and says on failure whether trying again can help and whether the
//! request may have arrived all the same.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use deskside_protocol::desk::{Changes, FollowUpReceipt, NewFollowUp, NewVerdict, Nudge, Receipt};
use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, ErrorReport};
use futures_util::stream::BoxStream;

pub mod http;
pub mod hub;
pub mod sse;

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

/// A helpdesk.
#[async_trait]
pub trait Helpdesk: Send + Sync {
    /// Looks a ticket up by the identity that this device gave it; `None` if it never arrived.
    ///
    /// # Errors
    /// [`HelpdeskError`]; never for a ticket that is not there.
    async fn find(&self, ticket: ClientId) -> Result<Option<Receipt>>;
    /// Creates a ticket from these bytes, sent exactly as given. Idempotent on `ticket`.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn create(&self, ticket: ClientId, document: Bytes) -> Result<Receipt>;
    /// Sends the bytes of a file that was announced, streamed from disk.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn attach(&self, ticket: ClientId, meta: &AttachmentMeta, file: tokio::fs::File) -> Result<()>;
    /// Adds to a thread. Idempotent on [`NewFollowUp::id`].
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn follow_up(&self, ticket: ClientId, follow_up: &NewFollowUp) -> Result<FollowUpReceipt>;
    /// Confirms, reopens or rates. Idempotent on [`NewVerdict::id`].
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn verdict(&self, ticket: ClientId, verdict: &NewVerdict) -> Result<()>;
    /// What changed after the cursor; `None` asks from the beginning.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn changes(&self, cursor: Option<&str>) -> Result<Changes>;
    /// A stream that says "look" when something changed. It ends when the connection does.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn nudges(&self) -> Result<BoxStream<'static, Result<Nudge>>>;
    /// The bytes of a file, as they come; at most [`deskside_protocol::limits::ATTACHMENT_BYTES`].
    ///
    /// # Errors
    /// [`HelpdeskError`].
    async fn download(&self, ticket: ClientId, attachment: AttachmentId) -> Result<BoxStream<'static, Result<Bytes>>>;
    /// The system's network changed: connections of before may be dead without anybody having been told. What waits on
    /// one ends as broken off, and new ones are made from here on. A file that is moving goes on.
    fn network_changed(&self);
}
