//! What requesters are told of the helpdesk behind the hub, in their own language: what it does not take or give.

use deskside_helpdesk::Enclosure;
use deskside_helpdesk::layout;
use deskside_helpdesk::outbox::{Kind, Message, Stage, Step};
use deskside_protocol::FollowUpId;
use deskside_protocol::desk::{NewFollowUp, NewVerdict};
use deskside_protocol::ticket::{AttachmentMeta, TicketDocument, Verdict};
use deskside_texts::{Language, Texts};
use uuid::Uuid;

use crate::limits;
use crate::store::{Note, Upstream};
use crate::text::one_line;

/// How much of refused words is repeated, in characters; all of them are in the thread.
const WORDS: usize = 500;

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
) -> Option<Note> {
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
    // A request that was created with its files says in its own body which were refused.
    let there = !(sent.message.kind == Kind::Ticket && matches!(step, Step::Place));
    let id = id_of("files-not-taken", sent);
    (!text.is_empty()).then_some(Note { id, text, there })
}

/// What to say when a reply or verdict is refused that its device was told is delivered; with nothing of it there, the
/// requester has to know.
pub(super) fn not_taken(sent: &Upstream, after: &Message, document: &[u8]) -> Option<Note> {
    let Stage::Parked { why, .. } = &after.stage else { return None };
    if after.has_arrived() {
        return None;
    }
    let texts = Texts::of(language_of(document));
    let payload = sent.payload.as_deref().unwrap_or_default();
    let (intro, words) = match sent.message.kind {
        Kind::Ticket => return None,
        Kind::FollowUp => {
            let said: NewFollowUp = serde_json::from_str(payload).ok()?;
            // A note of ours, which its requester can read all the same.
            if said.id.0.get_version_num() == 5 {
                return None;
            }
            (texts.desk_reply_not_taken(), said.text)
        }
        Kind::Verdict => match serde_json::from_str::<NewVerdict>(payload).ok()?.verdict {
            Verdict::Confirm => (texts.desk_confirm_not_taken(), String::new()),
            Verdict::Reopen { text } => (texts.desk_reopen_not_taken(), text),
            Verdict::Rate { comment, .. } => (texts.desk_rating_not_taken(), comment.unwrap_or_default()),
        },
    };
    let words = one_line(&words, WORDS);
    let why = texts.desk_not_taken_why(&one_line(&why.detail, limits::NAME_CHARS));
    let lines = [intro, words, why];
    let text = lines.iter().filter(|line| !line.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n");
    Some(Note { id: id_of("not-taken", sent), text, there: false })
}

/// The same each time for the same message.
fn id_of(what: &str, sent: &Upstream) -> FollowUpId {
    let name = format!("urn:deskside:{what}:{}", sent.id);
    FollowUpId(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
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
