//! What requesters are told of the helpdesk behind the hub, in their own language: what it does not take or give.

use deskside_helpdesk::Enclosure;
use deskside_helpdesk::layout;
use deskside_helpdesk::outbox::{Kind, Message, Step};
use deskside_protocol::FollowUpId;
use deskside_protocol::ticket::{AttachmentMeta, TicketDocument};
use deskside_texts::{Language, Texts};
use uuid::Uuid;

use crate::store::{FilesNote, Upstream};

/// The language in which a ticket was written.
fn language_of(document: &[u8]) -> Language {
    serde_json::from_slice::<TicketDocument>(document)
        .map_or(Language::English, |document| Language::of(&document.requester.language))
}

/// What to say of files that were refused, once nothing of the message is under way any more.
pub(super) fn refused_files(
    sent: &Upstream,
    after: &Message,
    all: &[Enclosure],
    document: &[u8],
    step: Step,
) -> Option<FilesNote> {
    if !after.is_at_rest() || !after.has_arrived() || after.refused.is_empty() {
        return None;
    }
    let named: Vec<(&AttachmentMeta, &str)> = after
        .refused
        .iter()
        .filter_map(|refused| {
            let file = all.iter().find(|file| file.meta.id == refused.file)?;
            Some((&file.meta, refused.why.detail.as_str()))
        })
        .collect();
    let (_, text) = layout::files_not_taken(language_of(document), &named);
    let name = format!("urn:deskside:files-not-taken:{}", sent.id);
    // A request that was created with its files says in its own body which were refused.
    let there = !(sent.message.kind == Kind::Ticket && matches!(step, Step::Place));
    let id = FollowUpId(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()));
    (!text.is_empty()).then_some(FilesNote { id, text, there })
}

/// What to say of files of an answer that cannot be had here, at the end of its text.
pub(super) fn only_there(document: &[u8], names: &[String]) -> String {
    let intro = Texts::of(language_of(document)).desk_files_only_there();
    names.iter().fold(intro, |text, name| text + "\n- " + name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_cannot_be_had_are_named() {
        let names = ["a.zip".to_owned(), "b.pdf".to_owned()];
        let text = only_there(b"no document", &names);
        assert_eq!(text, "These files can only be opened in the helpdesk itself:\n- a.zip\n- b.pdf");
    }
}
