//! What can keep two ends from talking.

use std::io;

use deskside_protocol::{ErrorCode, ErrorReport};

use crate::frame::FrameError;

/// Why a socket could not be opened, or a connection not be made or kept.
#[derive(Debug, thiserror::Error)]
pub enum IpcError {
    /// No agent listens there.
    #[error("no agent listens at {0}")]
    NotRunning(String),
    /// Another agent of this user listens there already.
    #[error("an agent listens at {0} already")]
    AlreadyRunning(String),
    /// A folder or socket is open to others, or is something else than it should be. Nothing was sent.
    #[error("{path} cannot be trusted: {reason}")]
    Untrusted {
        /// Which.
        path: String,
        /// What is wrong with it, English.
        reason: String,
    },
    /// The other process runs as another user. Nothing was sent.
    #[error("the other end belongs to another user ({theirs}, not {ours})")]
    OtherUser {
        /// Who we are: a user id or SID.
        ours: String,
        /// Who they are.
        theirs: String,
    },
    /// The two programs have no version of the protocol in common.
    #[error("the other end ({program}) speaks versions {their_oldest} to {theirs}, this one {our_oldest} to {ours}")]
    Version {
        /// Newest version that this end speaks.
        ours: u32,
        /// Oldest version that this end speaks.
        our_oldest: u32,
        /// Newest version that the other end speaks.
        theirs: u32,
        /// Oldest version that the other end speaks.
        their_oldest: u32,
        /// Version of the other program, as it says.
        program: String,
    },
    /// The other end took longer than [`deskside_protocol::limits::HANDSHAKE`] to greet.
    #[error("the other end did not greet in time")]
    TimedOut,
    /// The other end closed before it had greeted; it may have too many clients.
    #[error("the other end closed the connection")]
    HungUp,
    /// The other end sent something that is not the protocol.
    #[error("the other end does not speak the protocol: {0}")]
    Nonsense(String),
    /// A frame could not be read or written.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, English.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

impl IpcError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl From<&IpcError> for ErrorReport {
    /// The word that the interface has a text for.
    fn from(error: &IpcError) -> Self {
        let code = match error {
            IpcError::Version { .. } => ErrorCode::VersionMismatch,
            IpcError::NotRunning(_)
            | IpcError::AlreadyRunning(_)
            | IpcError::Untrusted { .. }
            | IpcError::OtherUser { .. }
            | IpcError::TimedOut
            | IpcError::HungUp
            | IpcError::Nonsense(_)
            | IpcError::Frame(_)
            | IpcError::Io { .. } => ErrorCode::AgentLost,
        };
        Self::new(code, error.to_string())
    }
}
