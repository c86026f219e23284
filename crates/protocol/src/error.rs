//! Errors as they cross a process boundary: a stable code that the interface translates, and a detail for technicians.

use serde::{Deserialize, Serialize};

/// What went wrong, as a stable word. The interface has a text for each in `shared.ftl` (`error-` + the code);
/// nothing ever matches on the detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The request is not one this program knows, or its fields do not fit.
    BadRequest,
    /// What was asked for is not there (any more).
    NotFound,
    /// The text is longer than [`crate::limits::TEXT_BYTES`].
    TextTooLong,
    /// The text is empty where something must be said.
    TextMissing,
    /// The file is larger than [`crate::limits::ATTACHMENT_BYTES`], or all together than the total.
    FileTooLarge,
    /// There are [`crate::limits::ATTACHMENTS`] files already.
    TooManyFiles,
    /// The file's type is not among [`crate::limits::MEDIA_TYPES`].
    FileType,
    /// The file could not be read, or arrived damaged.
    FileUnreadable,
    /// What would be sent is no longer what was previewed; look again.
    PreviewChanged,
    /// The state of the ticket does not allow this (reopening an open one, rating twice).
    WrongState,
    /// No picture of the screen can be taken here.
    ScreenUnavailable,
    /// The user refused the picture of the screen, in the system's own question.
    ScreenRefused,
    /// The store on this computer cannot be written (full, read-only).
    StoreUnwritable,
    /// The store on this computer was damaged; it was set aside and a new one begun.
    StoreDamaged,
    /// The store on this computer was made or changed by another version of Deskside; it is left as it is.
    StoreVersion,
    /// There is no system keyring, or it is locked: secrets are kept for this session only.
    KeyringUnavailable,
    /// The user's settings file could not be read, wholly or in part: the defaults are in force there.
    SettingsUnreadable,
    /// The IT department's policy could not be read, wholly or in part: the rest is in force.
    PolicyUnreadable,
    /// This device is not enrolled in a helpdesk.
    NotEnrolled,
    /// The helpdesk cannot be reached.
    Unreachable,
    /// The helpdesk did not answer in time.
    TimedOut,
    /// The helpdesk asks to wait (rate limit, maintenance).
    Busy,
    /// The helpdesk does not accept this device's credential, or the person's sign-in.
    Unauthorized,
    /// The employee has to sign in at the company's provider before the hub takes anything new from this device.
    SignInNeeded,
    /// The helpdesk knows who asks and does not allow this.
    Forbidden,
    /// The helpdesk cannot do this at all (ratings, files): it is not offered, and was asked for all the same.
    NotOffered,
    /// The helpdesk was changed: this is at the one before, or may be.
    HelpdeskChanged,
    /// The helpdesk refuses the ticket for good; the reason is in the detail.
    Refused,
    /// The helpdesk does not know (any more) where the last look ended: ask from the beginning.
    StartOver,
    /// The helpdesk answered something that is not its protocol.
    BadAnswer,
    /// The agent on this computer cannot be reached; drafts and requests are safe in its store.
    AgentLost,
    /// The two programs speak different versions of the local protocol.
    VersionMismatch,
    /// Decided by the IT department's policy; not changeable here.
    DecidedByPolicy,
    /// A fault of ours. The detail and the log say more.
    Internal,
}

/// An error as another process sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{code:?}: {detail}")]
pub struct ErrorReport {
    /// The stable word.
    pub code: ErrorCode,
    /// For technicians and logs, in English, without secrets; the user sees it only on request.
    pub detail: String,
}

impl ErrorReport {
    /// Puts code and detail together.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}
