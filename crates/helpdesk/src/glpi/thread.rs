//! Tickets as their requester may see them. GLPI 10 tells rich text escaped, GLPI 11 as it is.

use deskside_protocol::desk::TicketView;
use deskside_protocol::ticket::{AttachmentMeta, Author, FollowUp, TicketState};
use deskside_protocol::{AttachmentId, FollowUpId, Sha256, Timestamp, limits};
use url::Url;

use super::client::seconds;
use super::files;
use super::wire::{Entry, Ticket};
use crate::{derived, marker, rich_text};

/// `CommonITILObject::SOLVED` and its neighbours.
const ASSIGNED: u64 = 2;
const PLANNED: u64 = 3;
const WAITING: u64 = 4;
pub(super) const SOLVED: u64 = 5;
pub(super) const CLOSED: u64 = 6;

/// How an entry begins that only carries a file.
const FILE: &str = "Deskside-File:";

/// Whether a requester is told of a file.
pub(super) fn lists(view: &TicketView, attachment: AttachmentId) -> bool {
    let entries = view.thread.iter().flat_map(|entry| &entry.attachments);
    view.attachments.iter().chain(entries).any(|meta| meta.id == attachment)
}

/// A ticket with what belongs to it.
pub(super) struct Whole {
    pub(super) ticket: Ticket,
    pub(super) follow_ups: Vec<Entry>,
    pub(super) solutions: Vec<Entry>,
    pub(super) tasks: Vec<Entry>,
    /// Stars that the requester gave.
    pub(super) rating: Option<u8>,
}

/// Where it was read, and by whom.
pub(super) struct Reader<'a> {
    pub(super) server: &'a Url,
    /// The user's number.
    pub(super) user: u64,
    /// The requester's, where somebody else's token reads.
    pub(super) requester: u64,
    /// Whether GLPI itself keeps from the user what is not the requester's to see.
    pub(super) shielded: bool,
    /// Seconds that the server's times are ahead of UTC.
    pub(super) ahead: i64,
}

impl Reader<'_> {
    pub(super) fn view(&self, whole: &Whole) -> TicketView {
        let ticket = &whole.ticket;
        let follow_ups = whole
            .follow_ups
            .iter()
            .filter(|entry| entry.is_private == 0 && !self.carries(entry))
            .map(|entry| self.said(entry));
        let solutions = whole.solutions.iter().map(|entry| self.solution(entry));
        let told = |entry: &&Entry| entry.is_private == 0 && !entry.content.trim().is_empty();
        let tasks = whole.tasks.iter().filter(told).map(|entry| self.task(entry));
        let mut thread: Vec<FollowUp> = follow_ups.chain(solutions).chain(tasks).collect();
        let mut attachments = self.inline(&ticket.content);
        self.attached(whole, &mut thread, &mut attachments);
        thread.sort_by_key(|entry| entry.at.unix_ms());
        let skipped = thread.len().saturating_sub(limits::THREAD_ENTRIES);
        let created = ticket.date.as_deref().or(ticket.date_mod.as_deref());
        let content = rich_text::plain(&ticket.content);
        TicketView {
            client_id: marker::ticket_in(&content).unwrap_or_else(|| derived::ticket(self.server, ticket.id)),
            number: ticket.id,
            title: title(&ticket.name),
            description: shown(&content),
            state: state(ticket.status),
            assignee: None,
            created_at: self.moment(created),
            updated_at: self.moment(ticket.date_mod.as_deref().or(created)),
            thread: thread.split_off(skipped),
            attachments,
            rating: whole.rating,
        }
    }

    /// Puts documents where they belong. GLPI does not tell with what each came, but all that comes in one request has one
    /// moment: where an entry has it, it is that; else it is the ticket. Of several of that moment those of the document's author
    /// count, if there are any: who brought the same contents before, somewhere else, is its author here too. Who is no mere
    /// requester is told those of private notes as well: then what belongs to nothing that is shown is not shown.
    fn attached(&self, whole: &Whole, thread: &mut [FollowUp], attachments: &mut Vec<AttachmentMeta>) {
        let documents = whole.ticket.documents().unwrap_or_default();
        for document in documents.iter().filter(|document| !files::is_ours(&rich_text::plain(&document.filename))) {
            let then = |entry: &&Entry| entry.date_creation.is_some() && entry.date_creation == document.assocdate;
            let by_author = |entry: &&Entry| then(entry) && entry.users_id == document.users_id;
            let all = || whole.follow_ups.iter().chain(&whole.tasks).chain(&whole.solutions);
            let author_wrote = all().any(|entry| by_author(&entry));
            let came_with = |entry: &&Entry| if author_wrote { by_author(entry) } else { then(entry) };
            let at_first = document.assocdate.is_some() && document.assocdate == whole.ticket.date_creation;
            let said: Vec<&Entry> = whole.follow_ups.iter().filter(came_with).collect();
            let done: Vec<&Entry> = whole.tasks.iter().filter(came_with).collect();
            let solved = whole.solutions.iter().find(came_with);
            let hidden = said.iter().chain(&done).any(|entry| entry.is_private != 0);
            let known = at_first || !said.is_empty() || !done.is_empty() || solved.is_some();
            if hidden || (!known && !self.shielded) {
                continue;
            }
            let other = |kind, entry: &Entry| derived::entry(self.server, kind, entry.id);
            let id = said.first().map(|entry| self.id(entry));
            let id = id.or_else(|| solved.map(|entry| other("solution", entry)));
            let id = id.or_else(|| done.first().map(|entry| other("task", entry))).filter(|_| !at_first);
            let meta = meta(derived::file(self.server, document.id), &title(&document.filename), &document.mime);
            // An entry that only carries a file is not shown.
            let there = id.and_then(|id| thread.iter_mut().find(|entry| entry.id == id));
            let list = there.map_or(&mut *attachments, |entry| &mut entry.attachments);
            if list.len() < limits::ATTACHMENTS && !list.iter().any(|known| known.id == meta.id) {
                list.push(meta);
            }
        }
    }

    /// Whether the requester wrote it, here or in GLPI's own pages.
    fn is_requester(&self, entry: &Entry) -> bool {
        entry.users_id == self.requester || self.is_ours(entry)
    }

    /// Who copies a marker into a reply does not become its author.
    fn is_ours(&self, entry: &Entry) -> bool {
        self.our_id(entry).is_some()
    }

    /// The reply that an entry is, if it is one of ours.
    fn our_id(&self, entry: &Entry) -> Option<FollowUpId> {
        marked(entry).filter(|_| entry.users_id == self.user)
    }

    fn id(&self, entry: &Entry) -> FollowUpId {
        self.our_id(entry).unwrap_or_else(|| derived::entry(self.server, "followup", entry.id))
    }

    /// An entry that only carries a file: nobody said anything.
    fn carries(&self, entry: &Entry) -> bool {
        self.is_ours(entry) && shown(&rich_text::plain(&entry.content)).starts_with(FILE)
    }

    fn said(&self, entry: &Entry) -> FollowUp {
        FollowUp {
            id: self.id(entry),
            author: if self.is_requester(entry) { Author::Requester } else { Author::Technician },
            author_name: name(entry.user_name.as_deref()),
            at: self.moment(entry.date.as_deref().or(entry.date_creation.as_deref())),
            text: shown(&rich_text::plain(&entry.content)),
            new_state: None,
            attachments: self.inline(&entry.content),
        }
    }

    fn solution(&self, entry: &Entry) -> FollowUp {
        FollowUp {
            id: derived::entry(self.server, "solution", entry.id),
            author: Author::Technician,
            author_name: name(entry.user_name.as_deref()),
            at: self.moment(entry.date_creation.as_deref()),
            text: shown(&rich_text::plain(&entry.content)),
            new_state: Some(TicketState::Solved),
            attachments: self.inline(&entry.content),
        }
    }

    fn task(&self, entry: &Entry) -> FollowUp {
        FollowUp {
            id: derived::entry(self.server, "task", entry.id),
            author: Author::Technician,
            author_name: None,
            at: self.moment(entry.date.as_deref().or(entry.date_creation.as_deref())),
            text: shown(&rich_text::plain(&entry.content)),
            new_state: None,
            attachments: self.inline(&entry.content),
        }
    }

    fn moment(&self, told: Option<&str>) -> Timestamp {
        let second = told.and_then(seconds).map_or(0, |second| second.saturating_sub(self.ahead));
        Timestamp::from_unix_ms(second.saturating_mul(1000))
    }

    /// Pictures in the text: only their numbers stand there.
    fn inline(&self, content: &str) -> Vec<AttachmentMeta> {
        let meta = |id| meta(derived::file(self.server, id), &format!("document-{id}"), "");
        documents_in(content).into_iter().map(meta).collect()
    }
}

/// The identity that an entry names.
pub(super) fn marked(entry: &Entry) -> Option<FollowUpId> {
    marker::follow_up_in(&rich_text::plain(&entry.content))
}

/// What the entry says that a file goes with.
pub(super) fn file_line(name: &str) -> String {
    format!("<p>{FILE} {}</p>", rich_text::escape(name))
}

/// The documents that a text shows (`document.send.php?docid=7`), each once.
pub(super) fn documents_in(content: &str) -> Vec<u64> {
    let mut found = Vec::new();
    for (at, word) in content.match_indices("docid=") {
        let digits: String = content[at + word.len()..].chars().take_while(char::is_ascii_digit).take(19).collect();
        if let Ok(id) = digits.parse::<u64>()
            && !found.contains(&id)
            && found.len() < limits::ATTACHMENTS
        {
            found.push(id);
        }
    }
    found
}

pub(super) fn meta(id: AttachmentId, file_name: &str, told: &str) -> AttachmentMeta {
    let told = told.split(';').next().unwrap_or_default().trim().to_lowercase();
    let known = limits::MEDIA_TYPES.iter().find(|known| **known == told);
    AttachmentMeta {
        id,
        name: deskside_protocol::file_names::harmless(file_name),
        media_type: known.map_or("application/octet-stream", |known| known).to_owned(),
        // GLPI tells neither size nor a digest of this kind.
        size_bytes: 0,
        sha256: Sha256::from([0; 32]),
        screenshot: false,
    }
}

pub(super) fn state(status: u64) -> TicketState {
    match status {
        ASSIGNED | PLANNED => TicketState::InProgress,
        WAITING => TicketState::OnHold,
        SOLVED => TicketState::Solved,
        CLOSED => TicketState::Closed,
        _ => TicketState::New,
    }
}

/// A title is text; GLPI 10 escapes these three in it.
pub(super) fn title(told: &str) -> String {
    let text = told.replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&");
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.trim().chars().take(limits::NAME_CHARS).collect()
}

pub(super) fn shown(plain: &str) -> String {
    let text = marker::without(plain);
    let end = text.floor_char_boundary(limits::TEXT_BYTES);
    text[..end].to_owned()
}

pub(super) fn name(told: Option<&str>) -> Option<String> {
    let name: String = told?.chars().filter(|c| !c.is_control()).take(limits::NAME_CHARS).collect();
    Some(name).filter(|name| !name.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(content: &str, reply: &str) -> Whole {
        let entry = |json| serde_json::from_value::<Entry>(json).unwrap();
        Whole {
            ticket: serde_json::from_value(serde_json::json!({
                "id": 7, "name": "a &#60; b", "content": content, "status": 5,
                "date": "2026-11-23 13:56:16", "date_mod": "2026-11-23 13:56:19",
                "date_creation": "2026-11-23 13:56:16",
                "_documents": [
                    {"id": 20, "filename": "screen.png", "mime": "image/png", "users_id": 3,
                        "assocdate": "2026-11-23 13:56:16"},
                    {"id": "21", "filename": "deskside-facts.json.txt", "assocdate": "2026-11-23 13:56:16"},
                    {"id": 22, "filename": "a &#38; b.txt", "mime": "text/plain", "users_id": "4",
                        "assocdate": "2026-11-23 13:56:18"},
                    {"id": 22, "filename": "twice.txt", "users_id": 4, "assocdate": "2026-11-23 13:56:18"},
                ]
            }))
            .unwrap(),
            follow_ups: vec![
                entry(serde_json::json!({"id": 1, "users_id": 3, "content": reply, "is_private": 0,
                    "date": "2026-11-23 13:56:17"})),
                entry(serde_json::json!({"id": 2, "users_id": 4, "content": "internal note", "is_private": 1,
                    "date": "2026-11-23 13:56:18"})),
                entry(serde_json::json!({"id": 3, "users_id": "4", "content": reply, "is_private": "0",
                    "date": "2026-11-23 13:56:18", "date_creation": "2026-11-23 13:56:18"})),
            ],
            solutions: vec![entry(serde_json::json!({"id": 1, "users_id": 4, "user_name": null,
                "content": "<p>Replaced the roller.</p><img src=\"/front/document.send.php?docid=12&amp;x\">",
                "date_creation": "2026-11-23 13:56:19"}))],
            tasks: vec![
                entry(serde_json::json!({"id": 1, "users_id": 4, "content": "<p>Disk ordered</p>", "is_private": 0,
                    "date": "2026-11-23 13:57:00"})),
                entry(serde_json::json!({"id": 2, "users_id": 4, "content": "Budget?", "is_private": "1"})),
            ],
            rating: Some(4),
        }
    }

    #[test]
    fn both_versions_say_the_same() {
        let server = Url::parse("https://glpi.example/").unwrap();
        let reader = Reader { server: &server, user: 3, requester: 3, shielded: true, ahead: 3600 };
        let (ticket, entry) = ("01920000-0000-7000-8000-000000000001", "01920000-0000-7000-8000-000000000002");
        let raw = format!("<p>Black screen since <b>Monday</b></p><p>Deskside-Ref: {ticket}</p>");
        let reply = format!("<p>Any &lt;news&gt;?</p><p>Deskside-Entry: {entry}</p>");
        let escaped = |text: &str| text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;");
        let views = [(raw.clone(), reply.clone()), (escaped(&raw), escaped(&reply))].map(|(content, reply)| {
            let view = reader.view(&whole(&content, &reply));
            assert_eq!(view.client_id.to_string(), ticket);
            assert_eq!((view.title.as_str(), view.description.as_str()), ("a < b", "Black screen since Monday"));
            assert_eq!(view.state, TicketState::Solved);
            view
        });
        let [view, other] = views;
        assert_eq!(view, other);
        assert_eq!(view.created_at.unix_ms(), seconds("2026-11-23 12:56:16").unwrap() * 1000);
        let thread: Vec<_> = view.thread.iter().map(|e| (e.author, e.text.as_str(), e.new_state)).collect();
        assert_eq!(thread[0], (Author::Requester, "Any <news>?", None));
        assert_eq!(thread[1].0, Author::Technician, "who quotes a marker does not become the requester");
        assert_eq!(thread.len(), 4, "what is private is not there");
        assert_eq!((thread[3].0, thread[3].1, view.rating), (Author::Technician, "Disk ordered", Some(4)));
        assert_eq!(view.thread[0].id.to_string(), entry);
        assert_ne!(view.thread[1].id, view.thread[0].id);
        assert_eq!(thread[2].2, Some(TicketState::Solved));
        assert_eq!(view.thread[2].attachments[0].id, derived::file(&server, 12));
        let names = |all: &[AttachmentMeta]| all.iter().map(|meta| meta.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&view.attachments), ["screen.png"], "what Deskside adds by itself is not shown");
        assert_eq!(names(&view.thread[1].attachments), ["a & b.txt"]);
        assert_eq!(view.thread[1].attachments[0].media_type, "text/plain");
        assert!(lists(&view, derived::file(&server, 22)) && !lists(&view, derived::file(&server, 21)));
    }

    #[test]
    fn a_service_account_shows_no_file_of_a_private_note() {
        let server = Url::parse("https://glpi.example/").unwrap();
        let mut read = whole("<p>a</p>", "<p>b</p>");
        read.follow_ups[1].date_creation = Some("2026-11-23 13:56:18".into());
        for (requester, names) in [(3, vec!["screen.png"]), (9, vec!["screen.png"])] {
            let view = Reader { server: &server, user: 3, requester, shielded: requester == 3, ahead: 0 }.view(&read);
            let all = view.thread.iter().flat_map(|entry| &entry.attachments).chain(&view.attachments);
            assert_eq!(
                all.map(|meta| meta.name.as_str()).filter(|name| !name.starts_with("doc")).collect::<Vec<_>>(),
                names
            );
        }
        // Of a task, say: nothing that is shown has its moment.
        read.follow_ups.clear();
        let shown = |requester| {
            Reader { server: &server, user: 3, requester, shielded: requester == 3, ahead: 0 }
                .view(&read)
                .attachments
                .len()
        };
        assert_eq!((shown(3), shown(9)), (2, 1));
    }
}
