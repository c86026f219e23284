//! Tickets as their requester may see them.

use std::collections::BTreeMap;

use deskside_protocol::desk::TicketView;
use deskside_protocol::ticket::{AttachmentMeta, Author, FollowUp, TicketState};
use deskside_protocol::{FollowUpId, Timestamp, limits};
use url::Url;

use super::wire::{Entry, Item, Ticket};
use crate::glpi::thread::{documents_in, meta, name, shown, state, title};
use crate::{derived, layout, marker, rich_text};

/// Where it was read, and by whom.
pub(super) struct Reader<'a> {
    pub(super) server: &'a Url,
    /// The user's number.
    pub(super) user: u64,
    /// What is known of documents: their names and kinds.
    pub(super) documents: &'a BTreeMap<u64, File>,
}

/// What a document is called, and its media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: String,
}

impl Reader<'_> {
    pub(super) fn view(&self, ticket: &Ticket, timeline: &[Entry]) -> TicketView {
        let mut thread: Vec<FollowUp> = timeline.iter().filter_map(|entry| self.entry(entry)).collect();
        thread.sort_by_key(|entry| entry.at.unix_ms());
        let skipped = thread.len().saturating_sub(limits::THREAD_ENTRIES);
        let created = ticket.date.as_deref().or(ticket.date_mod.as_deref());
        let content = rich_text::plain(&ticket.content);
        let mut attached = documents_in(&ticket.content);
        attached.extend(attached_in(timeline).filter(|id| !attached.contains(id)).collect::<Vec<_>>());
        let assigned = ticket.team.iter().find(|member| member.is("assigned"));
        TicketView {
            client_id: marker::ticket_in(&content).unwrap_or_else(|| derived::ticket(self.server, ticket.id)),
            number: ticket.id,
            title: title(&ticket.name),
            description: shown(layout::before_facts(&content)),
            state: state(ticket.status.id),
            assignee: assigned.and_then(|member| name(Some(&member.display_name))),
            created_at: moment(created),
            updated_at: moment(ticket.date_mod.as_deref().or(created)),
            thread: thread.split_off(skipped),
            attachments: self.files(attached),
            rating: None,
        }
    }

    fn entry(&self, entry: &Entry) -> Option<FollowUp> {
        let item = &entry.item;
        match entry.kind.as_str() {
            "Followup" if item.is_public() => Some(self.said(item)),
            "Solution" => Some(FollowUp {
                id: derived::entry(self.server, "solution", item.id),
                author: Author::Technician,
                new_state: Some(TicketState::Solved),
                ..self.said(item)
            }),
            // Tasks and validations are the technicians' own.
            _ => None,
        }
    }

    fn said(&self, item: &Item) -> FollowUp {
        let mine = item.user.id == self.user;
        // Who copies a marker into a reply does not become its author.
        let ours = marked(item).filter(|_| mine);
        FollowUp {
            id: ours.unwrap_or_else(|| derived::entry(self.server, "followup", item.id)),
            author: if mine { Author::Requester } else { Author::Technician },
            author_name: name(Some(&item.user.name)),
            at: moment(item.date.as_deref().or(item.date_creation.as_deref())),
            text: shown(&rich_text::plain(&item.content)),
            new_state: None,
            attachments: self.files(documents_in(&item.content)),
        }
    }

    fn files(&self, documents: Vec<u64>) -> Vec<AttachmentMeta> {
        let meta = |id: u64| {
            let known = self.documents.get(&id);
            let name = known.map_or_else(|| format!("document-{id}"), |file| file.name.clone());
            meta(derived::file(self.server, id), &name, known.map_or("", |file| &file.media_type))
        };
        documents.into_iter().take(limits::ATTACHMENTS).map(meta).collect()
    }
}

/// The identity that an entry names.
pub(super) fn marked(item: &Item) -> Option<FollowUpId> {
    marker::follow_up_in(&rich_text::plain(&item.content))
}

/// Documents that are attached, where the user may see that.
fn attached_in(timeline: &[Entry]) -> impl Iterator<Item = u64> {
    timeline.iter().filter(|entry| entry.kind == "Document").map(|entry| entry.item.documents_id).filter(|id| *id > 0)
}

/// The documents of a ticket that its requester may see: those in its texts, and those attached, where they are told.
pub(super) fn documents(ticket: &Ticket, timeline: &[Entry]) -> Vec<u64> {
    let shown = timeline.iter().filter(|entry| match entry.kind.as_str() {
        "Followup" => entry.item.is_public(),
        "Solution" => true,
        _ => false,
    });
    let mut all = documents_in(&ticket.content);
    all.extend(shown.flat_map(|entry| documents_in(&entry.item.content)));
    all.extend(attached_in(timeline));
    all.sort_unstable();
    all.dedup();
    all
}

/// A moment with its zone (RFC 3339), in seconds.
pub(super) fn seconds(told: Option<&str>) -> i64 {
    let at = told.and_then(|told| told.trim().parse::<jiff::Timestamp>().ok());
    at.map_or(0, jiff::Timestamp::as_second)
}

fn moment(told: Option<&str>) -> Timestamp {
    Timestamp::from_unix_ms(seconds(told).saturating_mul(1000))
}

/// The name in `Content-Disposition` (RFC 6266, section 4.3): the one with its character set first.
pub(super) fn file_name(disposition: &str) -> Option<String> {
    let parameter = |wanted: &str| {
        disposition.split(';').find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let spelled = parameter("filename*").and_then(|value| {
        let encoded = value.split_once("''")?.1;
        // A form's decoding, but for the plus, which is itself here.
        let text = format!("x={}", encoded.replace('+', "%2B").replace('&', "%26"));
        url::form_urlencoded::parse(text.as_bytes()).next().map(|(_, value)| value.into_owned())
    });
    let plain = parameter("filename").map(|value| value.trim_matches('"').replace('\\', ""));
    spelled.or(plain).filter(|name| !name.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_ticket_is_seen_without_what_is_not_the_requesters() {
        let server = Url::parse("https://glpi.example/").unwrap();
        let (id, reply) = ("01920000-0000-7000-8000-000000000001", "01920000-0000-7000-8000-000000000002");
        let ticket: Ticket = serde_json::from_value(json!({
            "id": 7, "name": "Slow", "status": {"id": 5, "name": "Solved"}, "is_deleted": false,
            "content": format!("<p>It is <b>slow</b></p><p>Deskside-Ref: {id}</p>"),
            "date": "2026-11-23T13:56:16+01:00", "date_mod": "2026-11-23T13:56:19+01:00",
            "user_recipient": {"id": 3, "name": "anna"},
            "team": [{"role": "assigned", "id": 4, "display_name": "tech", "href": "/front/user.form.php?id=4"}],
        }))
        .unwrap();
        let said = |id: u64, user: u64, private: bool, content: &str| {
            json!({"type": "Followup", "item": {"id": id, "content": content, "is_private": private,
                "date": "2026-11-23T13:56:17+01:00", "user": {"id": user, "name": "x"}, "user_editor": null}})
        };
        let timeline: Vec<Entry> = serde_json::from_value(json!([
            said(1, 3, false, &format!("<p>Any &lt;news&gt;?</p><p>Deskside-Entry: {reply}</p>")),
            said(2, 4, true, "internal"),
            said(3, 4, false, &format!("<p>Yes</p><img src=\"/front/document.send.php?docid=12\"><p>Deskside-Entry: {reply}</p>")),
            {"type": "Task", "item": {"id": 1, "content": "call the maker"}},
            {"type": "Document", "item": {"id": 5, "documents_id": 9}},
            {"type": "Solution", "item": {"id": 1, "content": "<p>Done.</p>", "user": {"id": 4, "name": "tech"},
                "date_creation": "2026-11-23T13:56:19+01:00"}},
        ]))
        .unwrap();
        assert_eq!(documents(&ticket, &timeline), [9, 12]);
        let file = File { name: "advice.txt".into(), media_type: "text/plain; charset=UTF-8".into() };
        let known = [(12, file)].into();
        let view = Reader { server: &server, user: 3, documents: &known }.view(&ticket, &timeline);
        assert_eq!((view.client_id.to_string().as_str(), view.description.as_str()), (id, "It is slow"));
        assert_eq!((view.state, view.assignee.as_deref()), (TicketState::Solved, Some("tech")));
        assert_eq!(view.created_at.unix_ms(), 1_795_438_576_000);
        let thread: Vec<_> = view.thread.iter().map(|e| (e.author, e.text.as_str(), e.new_state)).collect();
        assert_eq!(thread[0], (Author::Requester, "Any <news>?", None));
        assert_eq!(thread[1], (Author::Technician, "Yes", None));
        assert_eq!(thread[2], (Author::Technician, "Done.", Some(TicketState::Solved)));
        assert_eq!(view.thread[0].id.to_string(), reply);
        assert_ne!(view.thread[1].id, view.thread[0].id, "who quotes a marker does not become its author");
        let attached = &view.thread[1].attachments[0];
        assert_eq!((attached.name.as_str(), attached.media_type.as_str()), ("advice.txt", "text/plain"));
        assert_eq!(view.attachments[0].id, derived::file(&server, 9));
    }

    #[test]
    fn a_files_name_is_read_as_it_is_spelled() {
        let name = |text: &str| file_name(text);
        assert_eq!(name("attachment; filename=\"a.txt\"; filename*=utf-8''a.txt").as_deref(), Some("a.txt"));
        assert_eq!(
            name("attachment; filename=\"_t_.txt\"; filename*=utf-8''%C3%A9t%C3%A9+1.txt").as_deref(),
            Some("été+1.txt")
        );
        assert_eq!(name("attachment; filename=\"b c.png\"").as_deref(), Some("b c.png"));
        assert_eq!(name("inline"), None);
        assert_eq!(name("attachment; filename*=utf-8"), None);
    }
}
