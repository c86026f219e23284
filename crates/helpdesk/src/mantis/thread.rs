//! Issues as their requester may see them.

use deskside_protocol::desk::TicketView;
use deskside_protocol::ticket::{AttachmentMeta, Author, FollowUp, TicketState};
use deskside_protocol::{FollowUpId, Sha256, Timestamp, limits};
use url::Url;

use super::text;
use super::wire::{File, Issue, Named, Note};
use crate::{derived, layout, marker};

/// `VS_PRIVATE` of MantisBT's `core/constant_inc.php`.
const PRIVATE: u64 = 50;

/// Whether a note is one that requesters must not see. A technician's token sees them all.
pub(super) fn is_private(note: &Note) -> bool {
    note.view_state.id >= PRIVATE || note.view_state.name == "private"
}

pub(super) fn view(server: &Url, issue: &Issue, resolved_from: u64) -> TicketView {
    let mut notes: Vec<&Note> = issue.notes.iter().filter(|note| !is_private(note)).collect();
    // In the order in which the user likes to see them, otherwise.
    notes.sort_by_key(|note| note.id);
    let skipped = notes.len().saturating_sub(limits::THREAD_ENTRIES);
    let updated = issue.updated_at.or(issue.created_at);
    TicketView {
        client_id: marker::ticket_in(&issue.description).unwrap_or_else(|| derived::ticket(server, issue.id)),
        number: issue.id,
        title: text::decode(&issue.summary).chars().take(limits::NAME_CHARS).collect(),
        description: said(&issue.description),
        state: state(issue, resolved_from),
        assignee: issue.handler.as_ref().and_then(name),
        created_at: moment(issue.created_at.or(updated)),
        updated_at: moment(updated),
        thread: notes.into_iter().skip(skipped).map(|note| entry(server, issue, note)).collect(),
        attachments: metas(server, &issue.attachments),
        rating: None,
    }
}

fn entry(server: &Url, issue: &Issue, note: &Note) -> FollowUp {
    let requester = note.reporter.id == issue.reporter.id;
    FollowUp {
        id: id_of(server, issue, note),
        author: if requester { Author::Requester } else { Author::Technician },
        author_name: name(&note.reporter),
        at: moment(note.created_at),
        text: said(&note.text),
        new_state: None,
        attachments: metas(server, &note.attachments),
    }
}

/// Who copies a marker into a note does not become its author.
pub(super) fn id_of(server: &Url, issue: &Issue, note: &Note) -> FollowUpId {
    let ours = marker::follow_up_in(&note.text).filter(|_| note.reporter.id == issue.reporter.id);
    ours.unwrap_or_else(|| derived::entry(server, "note", note.id))
}

fn state(issue: &Issue, resolved_from: u64) -> TicketState {
    match issue.status.id {
        90.. => TicketState::Closed,
        status if status >= resolved_from => TicketState::Solved,
        20..30 => TicketState::WaitingForRequester,
        30.. => TicketState::InProgress,
        _ if issue.handler.is_some() => TicketState::InProgress,
        _ => TicketState::New,
    }
}

fn said(text: &str) -> String {
    let text = marker::without(&text::decode(text));
    let end = (0..=limits::TEXT_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].to_owned()
}

fn name(person: &Named) -> Option<String> {
    let name = if person.real_name.trim().is_empty() { &person.name } else { &person.real_name };
    let name: String = name.chars().filter(|c| !c.is_control()).take(limits::NAME_CHARS).collect();
    Some(name).filter(|name| !name.trim().is_empty())
}

fn moment(at: Option<jiff::Timestamp>) -> Timestamp {
    Timestamp::from_unix_ms(at.unwrap_or(jiff::Timestamp::UNIX_EPOCH).as_millisecond())
}

/// Our own two files are the technician's.
fn metas(server: &Url, files: &[File]) -> Vec<AttachmentMeta> {
    let theirs = |file: &&File| file.filename != layout::JSON_NAME && file.filename != layout::PAGE_NAME;
    files.iter().filter(theirs).take(limits::ATTACHMENTS * 10).map(|file| meta(server, file)).collect()
}

fn meta(server: &Url, file: &File) -> AttachmentMeta {
    let told = file.content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    let known = limits::MEDIA_TYPES.iter().find(|known| **known == told);
    AttachmentMeta {
        id: derived::file(server, file.id),
        name: deskside_protocol::file_names::harmless(&file.filename),
        media_type: known.map_or("application/octet-stream", |known| known).to_owned(),
        size_bytes: file.size,
        // MantisBT tells no digest.
        sha256: unknown(),
        screenshot: false,
    }
}

fn unknown() -> Sha256 {
    Sha256::from([0; 32])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue() -> Issue {
        serde_json::from_value(serde_json::json!({
            "id": 7, "summary": "s", "description": "It jams.\n\nDeskside-Ref: 01920000-0000-7000-8000-000000000001",
            "status": {"id": 50, "name": "assigned"}, "reporter": {"id": 2, "name": "rita"},
            "created_at": "2026-11-23T12:56:27+00:00", "updated_at": "2026-11-23T12:56:28+01:00",
            "notes": [
                {"id": 4, "reporter": {"id": 3, "name": "tim", "real_name": "Tim T."}, "text": "&#128512; &lt;b&gt;",
                 "view_state": {"id": 10, "name": "public"}, "created_at": "2026-11-23T12:56:27+00:00"},
                {"id": 3, "reporter": {"id": 3, "name": "tim"}, "text": "she is slow",
                 "view_state": {"id": 50, "name": "private"}, "created_at": "2026-11-23T12:56:27+00:00"},
                {"id": 2, "reporter": {"id": 2, "name": "rita"},
                 "text": "Any news?\n\nDeskside-Entry: 01920000-0000-7000-8000-000000000002"},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn a_requester_sees_what_is_hers() {
        let server = Url::parse("https://mantis.example/").unwrap();
        let view = view(&server, &issue(), 80);
        assert_eq!(view.client_id.to_string(), "01920000-0000-7000-8000-000000000001");
        assert_eq!((view.description.as_str(), view.state), ("It jams.", TicketState::InProgress));
        let thread: Vec<_> = view.thread.iter().map(|e| (e.author, e.text.as_str())).collect();
        assert_eq!(thread, [(Author::Requester, "Any news?"), (Author::Technician, "\u{1F600} &lt;b&gt;")]);
        assert_eq!(view.thread[0].id.to_string(), "01920000-0000-7000-8000-000000000002");
        assert_eq!(view.thread[1].author_name.as_deref(), Some("Tim T."));
    }

    #[test]
    fn a_technician_who_quotes_a_marker_does_not_become_the_requester() {
        let server = Url::parse("https://mantis.example/").unwrap();
        let mut issue = issue();
        issue.notes[0].text = issue.notes[2].text.clone();
        let view = view(&server, &issue, 80);
        assert_ne!(view.thread[0].id, view.thread[1].id);
    }
}
