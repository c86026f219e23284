//! Files on their way to a ticket, and what GLPI says of them.

use std::collections::BTreeSet;

use bytes::Bytes;
use deskside_protocol::{AttachmentId, ErrorCode, FollowUpId};

use super::client::refusal;
use super::form::{Part, Source};
use super::wire::Added;
use crate::layout::{self, Laid};
use crate::{Enclosure, HelpdeskError};

pub(super) fn part(file: &Enclosure) -> Part {
    Part {
        name: file.meta.name.clone(),
        media_type: file.meta.media_type.clone(),
        source: Source::Kept(file.path.clone(), file.meta.size_bytes),
    }
}

/// What is attached besides the requester's files.
pub(super) fn ours(laid: &Laid) -> [Part; 2] {
    let own = |name: &str, media_type: &str, bytes: &Bytes| Part {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        source: Source::Held(bytes.clone()),
    };
    [own(layout::JSON_NAME, "application/json", &laid.json), own(layout::PAGE_NAME, "text/html", &laid.page)]
}

/// The identity of the entry that a file goes with by itself.
pub(super) fn alone(file: AttachmentId) -> FollowUpId {
    FollowUpId(file.0)
}

/// Which files are not among the first `documents` that a ticket was created with. GLPI keeps equal contents once.
pub(super) fn after(files: &[&Enclosure], documents: u64) -> Vec<AttachmentId> {
    let mut contents = BTreeSet::new();
    let mut missing = Vec::new();
    for file in files {
        let known = contents.contains(&file.meta.sha256.to_string());
        if !known && contents.len() as u64 >= documents {
            missing.push(file.meta.id);
            continue;
        }
        contents.insert(file.meta.sha256.to_string());
    }
    missing
}

/// A body with something more before its last paragraph, which is the marker.
pub(super) fn before_marker(html: &str, more: &str) -> String {
    let at = html.rfind("<p").unwrap_or(html.len());
    format!("{}{more}{}", &html[..at], &html[at..])
}

/// What became of the file at this place of a request, if GLPI refused it. Its words are the user's language's.
pub(super) fn refused(added: &Added, at: usize) -> Option<HelpdeskError> {
    let words = added.upload_result.as_ref()?.filename.get(at)?.error.as_deref()?;
    Some(not_taken(words))
}

/// A refusal for good of a file.
pub(super) fn not_taken(words: &str) -> HelpdeskError {
    let told = words.to_lowercase();
    let large = ["too big", "max_filesize", "max_file_size", "exceed", "volumineux", "trop gros", "dépasse"];
    let code = if large.iter().any(|word| told.contains(word)) { ErrorCode::FileTooLarge } else { ErrorCode::FileType };
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    refusal(code, words)
}

pub(super) fn too_large(most: u64) -> HelpdeskError {
    refusal(ErrorCode::FileTooLarge, format!("GLPI takes files of at most {most} bytes"))
}

/// Whether it was for the file that something was refused.
pub(super) fn because_of_file(error: &HelpdeskError) -> bool {
    matches!(error.code, ErrorCode::FileTooLarge | ErrorCode::FileType)
}
