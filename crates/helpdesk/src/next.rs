//! What an error means for what waits to be sent: the one place that decides it.
//!
//! | Code | Next |
//! |---|---|
//! | `Unreachable`, `Busy`, and all that may pass | try again later; look first if it may have arrived |
//! | `TimedOut`, `BadAnswer` that may have arrived | look first, then send what is missing |
//! | `Unauthorized`, `NotEnrolled`, `SignInNeeded` | everything waits, nothing is parked, until a new credential comes |
//! | `Forbidden`, `NotFound`, `DecidedByPolicy`, `Internal` for good | parked; IT has to do something |
//! | `TextTooLong`, `FileTooLarge`, `FileType`, `WrongState`… for good | parked; its writer can change it or do without |
//!
//! The texts are `error-<code>` in `locales/*/shared.ftl` for the employee; [`HelpdeskError::detail`] is the technician's.

use deskside_protocol::ErrorCode;

use crate::{Again, HelpdeskError};

/// What becomes of a message after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It is tried again later; it cannot have arrived.
    Retry,
    /// It may have arrived: the helpdesk is asked before it is sent again.
    LookThenRetry,
    /// It waits until the device has a credential that the helpdesk accepts.
    AwaitCredential,
    /// It is parked; whoever wrote it can change it, or do without.
    AskUser,
    /// It is parked; nothing that its writer can do helps.
    AskIt,
}

impl Next {
    /// Whether it is tried no more until somebody looks.
    #[must_use]
    pub fn parks(self) -> bool {
        match self {
            Self::AskUser | Self::AskIt => true,
            Self::Retry | Self::LookThenRetry | Self::AwaitCredential => false,
        }
    }
}

/// Decides.
#[must_use]
pub fn what_next(error: &HelpdeskError) -> Next {
    match (error.code, error.again) {
        // Whatever a connector made of it: a credential can be renewed, so nothing is given up for one.
        (ErrorCode::Unauthorized | ErrorCode::NotEnrolled | ErrorCode::SignInNeeded, _) => Next::AwaitCredential,
        (_, Again::Transient) if error.may_have_arrived => Next::LookThenRetry,
        (_, Again::Transient) => Next::Retry,
        (code, Again::Permanent) => who_can_help(code),
    }
}

fn who_can_help(code: ErrorCode) -> Next {
    match code {
        ErrorCode::BadRequest
        | ErrorCode::TextTooLong
        | ErrorCode::TextMissing
        | ErrorCode::FileTooLarge
        | ErrorCode::TooManyFiles
        | ErrorCode::FileType
        | ErrorCode::FileUnreadable
        | ErrorCode::PreviewChanged
        | ErrorCode::WrongState
        | ErrorCode::NotOffered
        | ErrorCode::HelpdeskChanged
        | ErrorCode::ScreenUnavailable
        | ErrorCode::ScreenRefused => Next::AskUser,
        ErrorCode::Unauthorized | ErrorCode::NotEnrolled | ErrorCode::SignInNeeded => Next::AwaitCredential,
        ErrorCode::NotFound
        | ErrorCode::StoreUnwritable
        | ErrorCode::StoreDamaged
        | ErrorCode::StoreVersion
        | ErrorCode::KeyringUnavailable
        | ErrorCode::SettingsUnreadable
        | ErrorCode::PolicyUnreadable
        | ErrorCode::Unreachable
        | ErrorCode::TimedOut
        | ErrorCode::Busy
        | ErrorCode::Forbidden
        | ErrorCode::Refused
        | ErrorCode::StartOver
        | ErrorCode::BadAnswer
        | ErrorCode::AgentLost
        | ErrorCode::VersionMismatch
        | ErrorCode::DecidedByPolicy
        | ErrorCode::Internal => Next::AskIt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: ErrorCode, again: Again, may_have_arrived: bool) -> HelpdeskError {
        HelpdeskError { code, detail: String::new(), retry_after: None, again, may_have_arrived }
    }

    #[test]
    fn a_revoked_credential_parks_nothing_whatever_a_connector_says() {
        for again in [Again::Transient, Again::Permanent] {
            let next = what_next(&error(ErrorCode::Unauthorized, again, false));
            assert_eq!(next, Next::AwaitCredential);
            assert!(!next.parks());
        }
    }

    #[test]
    fn what_may_have_arrived_is_looked_for_and_what_is_refused_is_somebodys() {
        assert_eq!(what_next(&error(ErrorCode::TimedOut, Again::Transient, true)), Next::LookThenRetry);
        assert_eq!(what_next(&error(ErrorCode::Unreachable, Again::Transient, false)), Next::Retry);
        assert_eq!(what_next(&error(ErrorCode::FileType, Again::Permanent, false)), Next::AskUser);
        assert_eq!(what_next(&error(ErrorCode::Forbidden, Again::Permanent, false)), Next::AskIt);
    }
}
