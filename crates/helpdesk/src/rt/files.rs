//! Files on their way to a ticket, and as RT holds them.

use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, limits};

use super::wire::Attachment;
use crate::{Enclosure, derived};

/// Which of the files are not among these. Each that is there stands for one of them.
pub(super) fn missing(files: &[Enclosure], there: &[&Attachment]) -> Vec<AttachmentId> {
    let mut left: Vec<&&Attachment> = there.iter().filter(|part| !part.filename.is_empty()).collect();
    let mut lacking = Vec::new();
    for file in files {
        // RT may write the line ends of texts in its own way.
        let is_text = file.meta.media_type.starts_with("text/");
        let same = |part: &&&Attachment| {
            part.filename == file.meta.name && (is_text || part.content_length == file.meta.size_bytes)
        };
        match left.iter().position(same) {
            Some(at) => drop(left.remove(at)),
            None => lacking.push(file.meta.id),
        }
    }
    lacking
}

/// What is told of a file that RT holds.
pub(super) fn meta(server: &url::Url, part: &Attachment) -> AttachmentMeta {
    let told = part.content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    let known = limits::MEDIA_TYPES.iter().find(|known| **known == told);
    AttachmentMeta {
        id: derived::file(server, part.id),
        name: deskside_protocol::file_names::harmless(&part.filename),
        media_type: known.map_or("application/octet-stream", |known| known).to_owned(),
        size_bytes: part.content_length,
        // RT tells no digest.
        sha256: deskside_protocol::Sha256::from([0; 32]),
        screenshot: false,
    }
}
