//! What a helpdesk can do. The window offers nothing else, or says what is done in its place.

use std::time::Duration;

pub use deskside_protocol::connect::Way;
use deskside_protocol::limits;

/// What a helpdesk can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it takes files, and up to which size each, in bytes; `None` if it takes none.
    pub file_bytes: Option<u64>,
    /// Whether files of a ticket go in the request that creates it.
    pub files_at_create: bool,
    /// Whether requesters can reply.
    pub reply: bool,
    /// Saying that it works again.
    pub confirm: Way,
    /// Saying that it does not.
    pub reopen: Way,
    /// Giving stars.
    pub rate: Way,
    /// Whether technicians have notes that requesters never see.
    pub private_notes: bool,
    /// Whether it tells its categories.
    pub categories: bool,
    /// Whether its articles can be searched.
    pub articles: bool,
    /// How long a ticket that arrived may stay unfound by [`crate::Helpdesk::find`]: the time that a request which was
    /// broken off may still be worked on. Zero where creating twice is harmless.
    pub lag: Duration,
    /// Whether it can file for another person than the one whose credential it is.
    pub on_behalf: bool,
    /// Whether it says by itself that something changed.
    pub nudges: bool,
}

impl Capabilities {
    /// What the hub's own desk can do: everything but articles and categories.
    pub const HUB: Self = Self {
        file_bytes: Some(limits::ATTACHMENT_BYTES),
        files_at_create: false,
        reply: true,
        confirm: Way::Own,
        reopen: Way::Own,
        rate: Way::Own,
        private_notes: true,
        categories: false,
        articles: false,
        lag: Duration::ZERO,
        on_behalf: false,
        nudges: true,
    };
}
