//! What a device sends, checked before it is believed.

use deskside_protocol::desk::NewFollowUp;
use deskside_protocol::ticket::{AttachmentMeta, DOCUMENT_VERSION, TicketDocument, Verdict};
use deskside_protocol::{ErrorCode, limits};
use sha2::Digest as _;
use std::collections::HashSet;

use crate::problem::{ApiError, ApiResult};
use crate::store::NewTicket;
use crate::text::{one_line, storable};
use crate::{file_names, limits as ours, search};

/// Reads a ticket document and checks it.
pub(crate) fn ticket(bytes: &[u8]) -> ApiResult<NewTicket> {
    let document: TicketDocument = serde_json::from_slice(bytes)
        .map_err(|error| ApiError::new(ErrorCode::BadRequest, format!("not a ticket document: {error}")))?;
    if document.version == 0 || document.version > DOCUMENT_VERSION {
        return Err(ApiError::new(
            ErrorCode::Refused,
            format!("this hub reads ticket documents up to version {DOCUMENT_VERSION}; update the hub first"),
        ));
    }
    text(&document.description)?;
    let attachments = files(&document.attachments)?;
    let first_line = document.description.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let title = match one_line(&document.title, limits::TITLE_CHARS) {
        empty if empty.is_empty() => one_line(first_line, limits::TITLE_CHARS),
        title => title,
    };
    let login = one_line(&document.requester.login, ours::NAME_CHARS);
    let requester = match &document.requester.display_name {
        Some(name) if !name.trim().is_empty() => one_line(name, ours::NAME_CHARS),
        Some(_) | None => login.clone(),
    };
    let description = storable(&document.description);
    let search = search::fold(&format!("{title} {description} {requester} {login}"));
    Ok(NewTicket {
        bytes: bytes.to_vec(),
        digest: digest(bytes),
        title,
        description,
        requester,
        search,
        attachments,
        document,
    })
}

/// Checks a requester's reply; gives its text and files as they can be stored.
pub(crate) fn follow_up(new: &NewFollowUp) -> ApiResult<(String, Vec<AttachmentMeta>)> {
    // A file can say it all; nothing at all says nothing.
    if !new.text.trim().is_empty() || new.attachments.is_empty() {
        text(&new.text)?;
    }
    Ok((storable(&new.text), files(&new.attachments)?))
}

/// Checks a verdict; gives it as it can be stored.
pub(crate) fn verdict(verdict: Verdict) -> ApiResult<Verdict> {
    match verdict {
        Verdict::Confirm => Ok(Verdict::Confirm),
        Verdict::Reopen { text: words } => {
            text(&words)?;
            Ok(Verdict::Reopen { text: storable(&words) })
        }
        Verdict::Rate { stars, comment } => {
            if !(1..=5).contains(&stars) {
                return Err(ApiError::new(ErrorCode::BadRequest, "stars go from 1 to 5"));
            }
            let comment = comment.map(|words| storable(&words)).filter(|words| !words.trim().is_empty());
            if let Some(words) = &comment {
                text(words)?;
            }
            Ok(Verdict::Rate { stars, comment })
        }
    }
}

/// Checks a text that somebody wrote.
pub(crate) fn text(text: &str) -> ApiResult<()> {
    if text.len() > limits::TEXT_BYTES {
        return Err(ApiError::new(
            ErrorCode::TextTooLong,
            format!("a text has at most {} bytes, this one {}", limits::TEXT_BYTES, text.len()),
        ));
    }
    if text.trim().is_empty() {
        return Err(ApiError::new(ErrorCode::TextMissing, "the text is empty"));
    }
    Ok(())
}

/// Checks announced files; gives them with harmless names.
fn files(announced: &[AttachmentMeta]) -> ApiResult<Vec<AttachmentMeta>> {
    if announced.len() > limits::ATTACHMENTS {
        return Err(ApiError::new(ErrorCode::TooManyFiles, format!("at most {} files", limits::ATTACHMENTS)));
    }
    let mut total: u64 = 0;
    let mut seen = HashSet::new();
    let mut kept = Vec::with_capacity(announced.len());
    for file in announced {
        if file.size_bytes > limits::ATTACHMENT_BYTES {
            return Err(ApiError::new(
                ErrorCode::FileTooLarge,
                format!("a file has at most {} bytes", limits::ATTACHMENT_BYTES),
            ));
        }
        total = total.saturating_add(file.size_bytes);
        if !limits::MEDIA_TYPES.contains(&file.media_type.as_str()) {
            return Err(ApiError::new(ErrorCode::FileType, "a file's media type is not one that is taken"));
        }
        if !seen.insert(file.id) {
            return Err(ApiError::new(ErrorCode::BadRequest, "two files have the same identity"));
        }
        kept.push(AttachmentMeta { name: file_names::harmless(&file.name), ..file.clone() });
    }
    if total > limits::ATTACHMENTS_TOTAL_BYTES {
        return Err(ApiError::new(
            ErrorCode::FileTooLarge,
            format!("all files together have at most {} bytes", limits::ATTACHMENTS_TOTAL_BYTES),
        ));
    }
    Ok(kept)
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(sha2::Sha256::digest(bytes))
}
