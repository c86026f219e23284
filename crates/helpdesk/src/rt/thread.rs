//! Tickets as their requester may see them.

use deskside_protocol::desk::TicketView;
use deskside_protocol::ticket::{Author, FollowUp, TicketState};
use deskside_protocol::{ClientId, Timestamp, limits};
use url::Url;
use uuid::Uuid;

use super::files::meta;
use super::wire::{Attachment, Ticket, Transaction, Who};
use crate::{derived, layout, marker};

/// What RT calls its own doings, and nobody.
const SYSTEM: &str = "RT_System";
const NOBODY: &str = "Nobody";

/// The ticket without its thread.
pub(super) fn view(server: &Url, ticket: &Ticket) -> TicketView {
    let updated = ticket.last_updated.or(ticket.created);
    TicketView {
        client_id: identity(ticket).unwrap_or_else(|| derived::ticket(server, ticket.id)),
        number: ticket.id,
        title: ticket.subject.chars().take(limits::NAME_CHARS).collect(),
        description: String::new(),
        state: state(&ticket.status, &ticket.owner),
        assignee: name(&ticket.owner),
        created_at: moment(ticket.created.or(updated)),
        updated_at: moment(updated),
        thread: Vec::new(),
        attachments: Vec::new(),
        rating: None,
    }
}

/// Whether nobody works on it any more.
pub(super) fn is_over(ticket: &Ticket) -> bool {
    matches!(state(&ticket.status, &ticket.owner), TicketState::Solved | TicketState::Closed)
}

/// The identity that a device gave it: what it refers to.
fn identity(ticket: &Ticket) -> Option<ClientId> {
    let refers = ticket.links.iter().filter(|link| link.reference == "refers-to");
    refers.filter_map(|link| Uuid::try_parse(link.url.strip_prefix("urn:uuid:")?).ok().map(ClientId)).next()
}

/// Adds what happened to the ticket.
pub(super) fn add(
    view: &mut TicketView,
    server: &Url,
    ticket: &Ticket,
    entry: &Transaction,
    text: &str,
    parts: &[&Attachment],
) {
    let requester = ticket.requestor.contains(&entry.creator) || entry.creator == ticket.creator;
    if entry.kind == "Status" {
        let new_state = state(entry.new_value.as_deref().unwrap_or_default(), &ticket.owner);
        // That work goes on, the ticket's own state says.
        if matches!(new_state, TicketState::New | TicketState::InProgress) || requester {
            return;
        }
        let author = if entry.creator.id == SYSTEM { Author::System } else { Author::Technician };
        view.thread.push(FollowUp {
            id: derived::entry(server, "transaction", entry.id),
            author,
            author_name: name(&entry.creator),
            at: moment(entry.created),
            text: String::new(),
            new_state: Some(new_state),
            attachments: Vec::new(),
        });
        return;
    }
    // Who copies a marker into a reply does not become its author.
    let ours = marker::follow_up_in(text).filter(|_| requester);
    let from_here = ours.is_some() || (entry.kind == "Create" && identity(ticket).is_some());
    // What was sent from here is known here, with its files; our own two are the technician's.
    let shown = |part: &&&Attachment| {
        !from_here
            && !part.filename.is_empty()
            && part.filename != layout::JSON_NAME
            && part.filename != layout::PAGE_NAME
    };
    let files: Vec<_> = parts.iter().filter(shown).take(limits::ATTACHMENTS).map(|part| meta(server, part)).collect();
    if entry.kind == "Create" {
        view.description = said(text);
        view.attachments = files;
        return;
    }
    view.thread.push(FollowUp {
        id: ours.unwrap_or_else(|| derived::entry(server, "transaction", entry.id)),
        author: if requester { Author::Requester } else { Author::Technician },
        author_name: name(&entry.creator),
        at: moment(entry.created),
        text: said(text),
        new_state: None,
        attachments: files,
    });
}

/// RT's default lifecycle; a word of another one is work in progress.
fn state(status: &str, owner: &Who) -> TicketState {
    match status {
        "new" if name(owner).is_some() => TicketState::InProgress,
        "new" => TicketState::New,
        "stalled" => TicketState::OnHold,
        "resolved" => TicketState::Solved,
        "rejected" | "deleted" => TicketState::Closed,
        _ => TicketState::InProgress,
    }
}

fn said(text: &str) -> String {
    let text = marker::without(text);
    let end = (0..=limits::TEXT_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].to_owned()
}

fn name(who: &Who) -> Option<String> {
    let name: String = who.id.chars().filter(|c| !c.is_control()).take(limits::NAME_CHARS).collect();
    Some(name).filter(|name| !name.trim().is_empty() && name != NOBODY && name != SYSTEM)
}

fn moment(at: Option<jiff::Timestamp>) -> Timestamp {
    Timestamp::from_unix_ms(at.unwrap_or(jiff::Timestamp::UNIX_EPOCH).as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(status: &str) -> Ticket {
        serde_json::from_value(serde_json::json!({
            "id": 1, "Subject": "Printer", "Status": status,
            "Owner": {"id": "Nobody"}, "Requestor": [{"id": "alice"}], "Creator": {"id": "alice"},
            "Created": "2026-11-24T05:00:06Z", "LastUpdated": "2026-11-24T05:01:18Z",
            "_hyperlinks": [
                {"ref": "self", "_url": "http://rt/ticket/1"},
                {"ref": "refers-to", "type": "external", "_url": "urn:uuid:0192aaaa-bbbb-7ccc-8ddd-eeeeffff0001"},
            ],
        }))
        .unwrap()
    }

    fn entry(kind: &str, creator: &str, new: &str) -> Transaction {
        serde_json::from_value(serde_json::json!({
            "id": "36", "Type": kind, "Creator": {"id": creator}, "Created": "2026-11-24T05:01:15Z", "NewValue": new,
        }))
        .unwrap()
    }

    #[test]
    fn a_requester_sees_replies_and_what_became_of_the_ticket() {
        let server = Url::parse("https://rt.example").unwrap();
        let ticket = ticket("resolved");
        let mut view = view(&server, &ticket);
        assert_eq!(view.client_id.to_string(), "0192aaaa-bbbb-7ccc-8ddd-eeeeffff0001");
        assert_eq!((view.state, view.assignee.clone()), (TicketState::Solved, None));
        let ours = "More.\n\nDeskside-Entry: 0192aaaa-bbbb-7ccc-8ddd-eeeeffff0002";
        add(&mut view, &server, &ticket, &entry("Correspond", "alice", ""), ours, &[]);
        add(&mut view, &server, &ticket, &entry("Correspond", "agent", ""), &format!("> {ours}\nTry now"), &[]);
        add(&mut view, &server, &ticket, &entry("Status", "RT_System", "open"), "", &[]);
        add(&mut view, &server, &ticket, &entry("Status", "agent", "resolved"), "", &[]);
        let seen: Vec<_> = view.thread.iter().map(|entry| (entry.author, entry.new_state)).collect();
        assert_eq!(
            seen,
            [(Author::Requester, None), (Author::Technician, None), (Author::Technician, Some(TicketState::Solved))]
        );
        assert_eq!(view.thread[0].id.to_string(), "0192aaaa-bbbb-7ccc-8ddd-eeeeffff0002");
        assert_eq!(view.thread[0].text, "More.");
        assert_ne!(view.thread[1].id, view.thread[0].id, "a quoted marker names nothing");
    }
}
