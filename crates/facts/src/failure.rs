//! Why a collector has nothing to show.

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
        let why = match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => SectionFailure::Unavailable,
            std::io::ErrorKind::PermissionDenied => SectionFailure::Denied,
            std::io::ErrorKind::TimedOut => SectionFailure::TimedOut,
            _ => SectionFailure::Broken,
        };
        Self { why, detail: format!("{doing}: {error}") }
    }
}
