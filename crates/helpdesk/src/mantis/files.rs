//! Which files go, under which names, and which are there.

use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, ErrorCode, FollowUpId};

use super::wire::{File, Issue, Note};
use super::{text, thread};
use crate::upload::Source;
use crate::{Again, Enclosure, HelpdeskError, Placed, marker};

/// Most bytes of files in the request that creates an issue or a note; the rest goes one by one. Web servers in front
/// of MantisBT are set up for little more.
const TOGETHER_BYTES: u64 = 4 * 1024 * 1024;

/// Files that can go, and those that cannot.
#[derive(Default)]
pub(super) struct Sorted<'a> {
    pub(super) taken: Vec<&'a Enclosure>,
    pub(super) refused: Vec<(&'a AttachmentMeta, HelpdeskError)>,
}

impl Sorted<'_> {
    /// What the helpdesk has of them, given what is there.
    pub(super) fn placed(self, number: Option<u64>, there: &[&File]) -> Placed {
        Placed {
            number,
            missing: missing(&self.taken, there),
            refused: self.refused.into_iter().map(|(meta, error)| (meta.id, error)).collect(),
        }
    }
}

/// Which of the files are not there. Each that is there stands for one of them.
pub(super) fn missing(files: &[&Enclosure], there: &[&File]) -> Vec<AttachmentId> {
    let mut left: Vec<&File> = there.to_vec();
    let mut take = |name: String, size: u64| {
        let at = left.iter().position(|file| file.size == size && file.filename.eq_ignore_ascii_case(&name));
        at.map(|at| left.remove(at)).is_some()
    };
    // Those that are named by their identity first: no other can be meant.
    let rest: Vec<&&Enclosure> = files
        .iter()
        .filter(|file| !take(text::unique_name(&file.meta.name, file.meta.id), file.meta.size_bytes))
        .collect();
    rest.into_iter()
        .filter(|file| !take(text::file_name(&file.meta.name), file.meta.size_bytes))
        .map(|file| file.meta.id)
        .collect()
}

/// Files that go in one request, with names that nothing there has. What is too much waits.
pub(super) fn together(files: &[&Enclosure], taken_names: &[String]) -> Vec<(String, Source)> {
    let mut names: Vec<String> = taken_names.iter().map(|name| name.to_lowercase()).collect();
    let mut room = TOGETHER_BYTES;
    let mut going = Vec::new();
    for file in files {
        let Some(left) = room.checked_sub(file.meta.size_bytes) else { continue };
        room = left;
        let mut name = text::file_name(&file.meta.name);
        if names.contains(&name.to_lowercase()) {
            name = text::unique_name(&file.meta.name, file.meta.id);
        }
        names.push(name.to_lowercase());
        going.push((name, Source::Kept(file.path.clone(), file.meta.size_bytes)));
    }
    going
}

/// Whether the server refused because of a file. The rest may be there all the same.
pub(super) fn because_of_files(error: &HelpdeskError) -> bool {
    let file = matches!(
        error.code,
        ErrorCode::FileTooLarge | ErrorCode::FileType | ErrorCode::FileUnreadable | ErrorCode::Forbidden
    );
    file && error.again == Again::Permanent
}

/// The name without the part of an identity that makes it unique.
pub(super) fn plain(name: &str) -> String {
    let (stem, ending) = name.rfind('.').filter(|at| *at > 0).map_or((name, ""), |at| name.split_at(at));
    let stem = stem.rsplit_once('-').map_or(stem, |(stem, _)| stem);
    format!("{stem}{ending}")
}

/// All files that a requester may see: a private note's are not.
pub(super) fn all_files(issue: &Issue) -> impl Iterator<Item = &File> {
    let notes = issue.notes.iter().filter(|note| !thread::is_private(note));
    issue.attachments.iter().chain(notes.flat_map(|note| &note.attachments))
}

/// The files of a note of ours, with those of `files` that went by themselves; `None` if the note is not there.
pub(super) fn note_of<'a>(issue: &'a Issue, id: FollowUpId, files: &[Enclosure]) -> Option<Vec<&'a File>> {
    let ours = |note: &&Note| note.reporter.id == issue.reporter.id && marker::follow_up_in(&note.text) == Some(id);
    let note = issue.notes.iter().find(ours)?;
    // One that went by itself has its identity in its name; by its plain name another could be mistaken for it.
    let names: Vec<String> = files.iter().map(|file| text::unique_name(&file.meta.name, file.meta.id)).collect();
    let by_itself = issue.attachments.iter().filter(|file| names.contains(&file.filename));
    Some(note.attachments.iter().chain(by_itself).collect())
}

/// A file as it must be there now.
pub(super) fn sent(name: &str, source: &Source) -> File {
    let size = source.length();
    File { id: 0, filename: name.to_owned(), size, content_type: String::new(), content: None }
}
