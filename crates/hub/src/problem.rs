//! Errors as the API answers them: problem documents (RFC 9457) with a stable code.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deskside_protocol::ErrorCode;
use deskside_protocol::desk::Problem;
use deskside_protocol::ticket::TicketState;

use crate::limits;
use crate::store::{StoreError, Trouble};

/// A refusal on its way out. [`crate::edge`] turns it into a problem document with the request's identity.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    code: ErrorCode,
    status: StatusCode,
    detail: Option<Cow<'static, str>>,
    retry_after: Option<Duration>,
}

/// What a handler gives.
pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// With the status that the code has unless said otherwise.
    pub(crate) fn new(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, status: usual_status(code), detail: Some(detail.into()), retry_after: None }
    }

    /// What kind it is.
    pub(crate) fn code(&self) -> ErrorCode {
        self.code
    }

    /// With another status.
    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With a wait that the caller should keep.
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// For a status that somebody else chose, without words of ours.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            401 => ErrorCode::Unauthorized,
            403 => ErrorCode::Forbidden,
            404 => ErrorCode::NotFound,
            408 | 504 => ErrorCode::TimedOut,
            410 => ErrorCode::StartOver,
            429 | 503 | 507 => ErrorCode::Busy,
            400..=499 => ErrorCode::BadRequest,
            _ => ErrorCode::Internal,
        };
        Self { code, status, detail: None, retry_after: None }
    }

    /// What was asked for is not there, or is not this one's to see: the same answer.
    pub(crate) fn not_found() -> Self {
        Self::new(ErrorCode::NotFound, "there is nothing of this name here")
    }

    /// The ticket's state is in the way.
    pub(crate) fn wrong_state(state: TicketState) -> Self {
        Self::new(ErrorCode::WrongState, format!("not possible for a ticket that is {}", word(state)))
    }

    /// A fault of ours: the log knows, the other end does not.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self { code: ErrorCode::Internal, status: StatusCode::INTERNAL_SERVER_ERROR, detail: None, retry_after: None }
    }

    /// There is no room to keep it (RFC 4918, 11.5): nothing of it was kept, and later it may be.
    pub(crate) fn full(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "the disk is full");
        Self::new(ErrorCode::Busy, "the hub's disk is full; nothing of this was kept")
            .status(StatusCode::INSUFFICIENT_STORAGE)
            .retry_after(limits::FULL_DISK_WAIT)
    }

    /// The document.
    pub(crate) fn problem(&self, request_id: Option<String>) -> Problem {
        let code = word(self.code);
        Problem {
            kind: format!("urn:deskside:problem:{code}"),
            title: title(self.code).to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.as_ref().map(|detail| detail.clone().into_owned()),
            code: self.code,
            request_id,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error.trouble() {
            Trouble::Full => Self::full(&error),
            Trouble::Passing => {
                tracing::warn!(%error, "the store is busy");
                Self::new(ErrorCode::Busy, "the hub's database cannot take this now")
                    .status(StatusCode::SERVICE_UNAVAILABLE)
                    .retry_after(Duration::from_secs(5))
            }
            Trouble::Fault => Self::internal(&error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        if let Some(wait) = self.retry_after {
            // Rounded up: who waits as long as told must not be told again.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The word that JSON has for a value of one of the protocol's enumerations.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => "internal".to_owned(),
    }
}

fn usual_status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest | ErrorCode::VersionMismatch => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthorized | ErrorCode::NotEnrolled | ErrorCode::SignInNeeded => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::DecidedByPolicy => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::StartOver => StatusCode::GONE,
        ErrorCode::WrongState | ErrorCode::NotOffered | ErrorCode::HelpdeskChanged | ErrorCode::PreviewChanged => {
            StatusCode::CONFLICT
        }
        ErrorCode::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::TextTooLong
        | ErrorCode::TextMissing
        | ErrorCode::TooManyFiles
        | ErrorCode::FileType
        | ErrorCode::FileUnreadable
        | ErrorCode::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::Busy => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::Internal
        | ErrorCode::ScreenUnavailable
        | ErrorCode::ScreenRefused
        | ErrorCode::StoreUnwritable
        | ErrorCode::StoreDamaged
        | ErrorCode::StoreVersion
        | ErrorCode::KeyringUnavailable
        | ErrorCode::Unreachable
        | ErrorCode::BadAnswer
        | ErrorCode::SettingsUnreadable
        | ErrorCode::PolicyUnreadable
        | ErrorCode::AgentLost => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn title(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadRequest => "The request does not fit",
        ErrorCode::NotFound => "Not found",
        ErrorCode::StartOver => "Ask from the beginning",
        ErrorCode::TextTooLong => "The text is too long",
        ErrorCode::TextMissing => "A text is missing",
        ErrorCode::FileTooLarge => "The file is too large",
        ErrorCode::TooManyFiles => "Too many files",
        ErrorCode::FileType => "This type of file is not taken",
        ErrorCode::FileUnreadable => "The file arrived damaged",
        ErrorCode::PreviewChanged => "The preview has changed",
        ErrorCode::WrongState => "The ticket's state does not allow this",
        ErrorCode::NotOffered => "Not offered",
        ErrorCode::HelpdeskChanged => "At another helpdesk",
        ErrorCode::Unauthorized => "Not signed in",
        ErrorCode::NotEnrolled => "Not enrolled",
        ErrorCode::SignInNeeded => "An employee has to sign in",
        ErrorCode::Forbidden => "Not allowed",
        ErrorCode::Refused => "Refused",
        ErrorCode::Busy => "Not now",
        ErrorCode::TimedOut => "It took too long",
        ErrorCode::VersionMismatch => "Versions do not fit",
        ErrorCode::DecidedByPolicy => "Decided by policy",
        ErrorCode::Internal
        | ErrorCode::ScreenUnavailable
        | ErrorCode::ScreenRefused
        | ErrorCode::StoreUnwritable
        | ErrorCode::StoreDamaged
        | ErrorCode::StoreVersion
        | ErrorCode::KeyringUnavailable
        | ErrorCode::Unreachable
        | ErrorCode::BadAnswer
        | ErrorCode::SettingsUnreadable
        | ErrorCode::PolicyUnreadable
        | ErrorCode::AgentLost => "A fault of the hub",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_is_exactly_this() {
        let error = ApiError::new(ErrorCode::WrongState, "the ticket is closed");
        insta::assert_json_snapshot!(error.problem(Some("7".to_owned())), @r#"
        {
          "type": "urn:deskside:problem:wrong-state",
          "title": "The ticket's state does not allow this",
          "status": 409,
          "detail": "the ticket is closed",
          "code": "wrong-state",
          "request_id": "7"
        }
        "#);
    }

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        let busy = ApiError::new(ErrorCode::Busy, "later").retry_after(Duration::from_millis(1200)).into_response();
        assert_eq!(busy.headers()[header::RETRY_AFTER], "2");
        assert_eq!(busy.status(), StatusCode::TOO_MANY_REQUESTS);
    }

    #[test]
    fn a_fault_of_ours_says_nothing_of_its_inside() {
        let problem = ApiError::internal(&"password in /var/lib/secret").problem(None);
        assert_eq!(problem.detail, None);
        assert_eq!(problem.status, 500);
    }
}
