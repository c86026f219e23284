//! Why a collector has nothing to show.

use std::io::ErrorKind;

use deskside_protocol::facts::SectionFailure;

/// Why a section is missing, with a detail for technicians (redacted before it leaves this crate).
#[derive(Debug, Clone, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// The kind, which the interface translates.
    pub why: SectionFailure,
    /// What happened, in English.
    pub detail: String,
}

impl Failure {
    /// This system has no such interface.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self { why: SectionFailure::Unavailable, detail: detail.into() }
    }

    /// It needs rights that the agent does not have.
    pub fn denied(detail: impl Into<String>) -> Self {
        Self { why: SectionFailure::Denied, detail: detail.into() }
    }

    /// The interface is there and answered with something that cannot be used.
    pub fn broken(detail: impl Into<String>) -> Self {
        Self { why: SectionFailure::Broken, detail: detail.into() }
    }

    /// The interface did not answer in time.
    pub fn timed_out(detail: impl Into<String>) -> Self {
        Self { why: SectionFailure::TimedOut, detail: detail.into() }
    }

    /// From an error of the operating system, with what was being done.
    #[must_use]
    pub fn io(doing: &str, error: &std::io::Error) -> Self {
        let kind = error.kind();
        let why = if matches!(kind, ErrorKind::NotFound | ErrorKind::ConnectionRefused) {
            SectionFailure::Unavailable
        } else if kind == ErrorKind::PermissionDenied {
            SectionFailure::Denied
        } else if kind == ErrorKind::TimedOut {
            SectionFailure::TimedOut
        } else {
            SectionFailure::Broken
        };
        Self { why, detail: format!("{doing}: {error}") }
    }
}
