//! Request Tracker 5, by REST 2.0, as seen on a running server.
//!
//! Credential: an authentication token of the user's own (user menu, "Settings", "Auth Tokens"), as is; the number in it
//! says whose it is.
//! Fields of the target, all optional:
//! - `queue`: its name or number; else "General";
//! - `on_behalf_of`: the address of the person who files, where the token is one of a service account: the hub sets it;
//! - `language`: of what technicians read; else the requester's.
//!
//! What is particular here:
//! - The ticket's identity is a link to `urn:uuid:…` ("Refers to"), which requesters may set and search on every RT. A custom
//!   field would have to be made first, and texts are only searched where a full-text index is.
//! - An answer "200" can say that nothing was done: what RT did is in its words.
//! - Every call costs it 0.3 to 0.6 s: a ticket with its files is one, and one more, once, to know who files.
//! - RT opens a resolved ticket again by itself when its requester replies.

mod client;
mod files;
mod thread;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use bytes::Bytes;
use deskside_protocol::desk::{Changes, NewFollowUp, NewVerdict, TicketView};
use deskside_protocol::ticket::{TicketDocument, Verdict};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, FollowUpId, limits};
use deskside_texts::Language;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::OnceCell;

use self::client::Client;
use self::files::missing;
use self::wire::{Attachment, Content, Created, List, Row, Ticket, Transaction, User};
use crate::connection::refusal;
use crate::target::Target;
use crate::upload::Part;
use crate::upload::form::Form;
use crate::{
    Attempt, Capabilities, Enclosure, Helpdesk, HelpdeskError, Placed, Result, TicketRef, Way, derived, http, layout,
    marker,
};

/// The queue that every RT begins with.
pub(crate) const QUEUE: &str = "General";
/// How long a request that was broken off may still be worked on.
const LAG: Duration = Duration::from_secs(30);
/// Rows and transactions that are asked for at a time: the most that RT gives.
const PAGE: u64 = 100;
/// Pages of one list that are asked for at most.
const PAGES: u64 = 10;
/// Tickets whose threads are asked for in one go.
const THREADS: usize = 10;
/// Changes may become visible this much later than others of the same moment, in seconds.
const MARGIN: i64 = 60;
/// RT reads moments of a search in the user's time zone: it is asked from this much earlier, in seconds.
const ZONE: i64 = 26 * 3600;
/// Tickets that a cursor can hold; see [`limits::CURSOR_BYTES`].
const SEEN: usize = 12;
/// On the first look, what is over for longer than this comes without its thread, in seconds.
const OLD: i64 = 30 * 24 * 3600;
/// Own replies that are looked through for one that may have arrived.
const OWN_REPLIES: usize = 20;
/// Largest answer with a file in it, in bytes: base64 with line ends, and a little.
const FILE_ANSWER_BYTES: usize = limits::ATTACHMENT_BYTES as usize / 3 * 4 + limits::ATTACHMENT_BYTES as usize / 40;

/// A connection to a Request Tracker with a user's token. Nothing here can print it.
pub struct RtDesk {
    client: Client,
    /// The number of the user whose token it is.
    user: String,
    queue: String,
    on_behalf_of: Option<String>,
    language: Option<Language>,
    known: OnceCell<User>,
}

impl std::fmt::Debug for RtDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RtDesk").field("server", &self.client.server().as_str()).finish_non_exhaustive()
    }
}

/// Where the last look ended; our own words in the opaque cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// The newest change that was seen, in seconds.
    since: i64,
    /// Tickets whose last change is that new and was seen: number and moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seen: Vec<(u64, i64)>,
    /// A round that goes on: what comes after this moment and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<(i64, u64)>,
}

impl RtDesk {
    /// Sets a connection up; nothing is sent yet.
    ///
    /// # Errors
    /// `BadRequest` if the address, a field or the token cannot be one.
    pub fn new(target: &Target, token: &str) -> Result<Self> {
        let field = |name: &str| target.fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        // RT::AuthToken: version, user, secret.
        let user = token.trim().split('-').nth(1).filter(|user| user.parse::<u64>().is_ok());
        let user = user.ok_or_else(|| refusal(ErrorCode::BadRequest, "this is no authentication token of RT"))?;
        Ok(Self {
            client: Client::new(&target.url, token)?,
            user: user.to_owned(),
            queue: field("queue").unwrap_or(QUEUE).to_owned(),
            on_behalf_of: field("on_behalf_of").map(str::to_owned),
            language: field("language").map(Language::of),
            known: OnceCell::new(),
        })
    }

    /// Whose token it is.
    async fn user(&self) -> Result<&User> {
        self.known.get_or_try_init(async || self.client.get(&["user", &self.user], &[]).await).await
    }

    async fn requestor(&self) -> Result<String> {
        if let Some(address) = &self.on_behalf_of {
            return Ok(address.clone());
        }
        let user = self.user().await?;
        // RT takes a login in the place of an address.
        Ok(if user.email_address.is_empty() { user.name.clone() } else { user.email_address.clone() })
    }

    async fn number_of(&self, ticket: ClientId) -> Result<Option<u64>> {
        let query = format!("RefersTo='{}'", link(ticket));
        let found: List<Row> = self.client.get(&["tickets"], &[("query", &query)]).await?;
        // Of two, the first: the other is somebody's copy.
        Ok(found.items.iter().map(|row| row.id).min())
    }

    async fn number(&self, ticket: TicketRef) -> Result<String> {
        let number = match ticket.number {
            Some(number) => Some(number),
            None => self.number_of(ticket.client_id).await?,
        };
        number.map(|number| number.to_string()).ok_or_else(|| refusal(ErrorCode::NotFound, "the ticket is not there"))
    }

    /// All of a list, as far as we read it.
    async fn all<T: serde::de::DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Vec<T>> {
        let mut items = Vec::new();
        for page in 1..=PAGES {
            let (page, size) = (page.to_string(), PAGE.to_string());
            let query: Vec<_> = query.iter().copied().chain([("page", &*page), ("per_page", &*size)]).collect();
            let list: List<T> = self.client.get(path, &query).await?;
            items.extend(list.items);
            if list.count == 0 || list.count < list.per_page {
                break;
            }
        }
        Ok(items)
    }

    async fn attachments(&self, number: &str) -> Result<Vec<Attachment>> {
        let fields = [("fields", "Filename,ContentType,ContentLength,TransactionId")];
        self.all(&["ticket", number, "attachments"], &fields).await
    }

    async fn history(&self, number: &str) -> Result<Vec<Transaction>> {
        self.all(&["ticket", number, "history"], &[("fields", "Type,Creator,Created,NewValue")]).await
    }

    async fn bytes_of(&self, attachment: u64, most: usize) -> Result<Vec<u8>> {
        let content: Content = self.client.get_large(&["attachment", &attachment.to_string()], most).await?;
        let encoded: String = content.content.split_ascii_whitespace().collect();
        base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .map_err(|error| http::bad_answer(format!("the content is no base64: {error}")))
    }

    /// What somebody wrote: the text among the parts of a transaction.
    async fn text_of(&self, parts: &[&Attachment]) -> Result<String> {
        let unnamed = |kind: &str| parts.iter().find(|part| part.filename.is_empty() && part.content_type == kind);
        let Some(part) = unnamed("text/plain").or_else(|| unnamed("text/html")) else { return Ok(String::new()) };
        if part.content_length > limits::ANSWER_BYTES as u64 / 2 {
            return Ok(String::new());
        }
        let bytes = self.bytes_of(part.id, limits::ANSWER_BYTES).await?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(if part.content_type == "text/html" { crate::rich_text::plain(&text) } else { text.into_owned() })
    }

    /// The reply of ours that has this marker: its transaction, and all attachments of the ticket.
    async fn reply(&self, number: &str, id: FollowUpId) -> Result<Option<(u64, Vec<Attachment>)>> {
        let me = &self.user().await?.name;
        let history = self.history(number).await?;
        let attachments = self.attachments(number).await?;
        let ours = history.iter().rev().filter(|entry| entry.kind == "Correspond" && entry.creator.id == *me);
        for entry in ours.take(OWN_REPLIES) {
            let parts: Vec<&Attachment> = attachments.iter().filter(|part| part.transaction_id == entry.id).collect();
            if marker::follow_up_in(&self.text_of(&parts).await?) == Some(id) {
                return Ok(Some((entry.id, attachments)));
            }
        }
        Ok(None)
    }

    /// Adds to the ticket, with files.
    async fn correspond(&self, number: &str, text: &str, files: &[Part]) -> Result<()> {
        let form = form(&json!({ "Content": text, "ContentType": "text/plain" }), files).await?;
        let _said: serde_json::Value =
            self.client.post(&["ticket", number, "correspond"], form, !files.is_empty()).await?;
        Ok(())
    }

    fn language(&self) -> Language {
        self.language.unwrap_or_else(Language::system)
    }

    /// The tickets that changed after the cursor, in the order of their changes; and what the cursor is when all of them
    /// were looked at.
    async fn changed(&self, cursor: &Cursor) -> Result<(Vec<(i64, u64)>, Cursor)> {
        let who = match &self.on_behalf_of {
            Some(who) => {
                // RT takes a login for a requester as well as an address, but searches each by its own name.
                let field = if who.contains('@') { "EmailAddress" } else { "Name" };
                format!("Requestor.{field}='{}'", who.replace('\\', "").replace('\'', "\\'"))
            }
            None => format!("Requestor.id={}", self.user),
        };
        let from = cursor.since.saturating_sub(ZONE).max(0);
        let from = jiff::Timestamp::from_second(from).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let query = format!("{who} AND LastUpdated>='{}'", from.strftime("%Y-%m-%d %H:%M:%S"));
        let query = [("query", &*query), ("fields", "LastUpdated"), ("orderby", "LastUpdated"), ("order", "ASC")];
        let mut rows: Vec<(i64, u64)> = self
            .all::<Row>(&["tickets"], &query)
            .await?
            .into_iter()
            .map(|row| (row.last_updated.map_or(cursor.since, jiff::Timestamp::as_second), row.id))
            .collect();
        rows.sort_unstable();
        rows.dedup_by_key(|row| row.1);
        let newest = rows.last().map_or(cursor.since, |row| row.0.max(cursor.since));
        // In its own second, more can happen to a ticket than was seen: by the server's clock, that must be over.
        let asked = self.client.server_time();
        let settled = |at: i64| asked.is_some_and(|asked| at <= asked - 2);
        let seen = rows.iter().rev().filter(|(at, _)| *at >= newest - MARGIN && settled(*at));
        let seen = seen.take(SEEN).map(|(at, id)| (*id, *at)).collect();
        let fresh = |row: &(i64, u64)| match cursor.after {
            Some(after) => *row > after,
            None => row.0 >= cursor.since.saturating_sub(MARGIN) && !cursor.seen.contains(&(row.1, row.0)),
        };
        rows.retain(fresh);
        Ok((rows, Cursor { since: newest, seen, after: None }))
    }

    /// A ticket as its requester may see it, with what happened since a moment.
    async fn view(&self, number: u64, since: Option<i64>) -> Result<TicketView> {
        let server = self.client.server();
        let number = number.to_string();
        let ticket: Ticket = self.client.get(&["ticket", &number], &[]).await?;
        let mut view = thread::view(server, &ticket);
        let last = ticket.last_updated.map_or(i64::MAX, jiff::Timestamp::as_second);
        let old = last < jiff::Timestamp::now().as_second().saturating_sub(OLD);
        if since.is_none() && old && thread::is_over(&ticket) {
            return Ok(view);
        }
        let history = self.history(&number).await?;
        let told = |entry: &&Transaction| {
            let recent = entry.created.map_or(i64::MAX, jiff::Timestamp::as_second) >= since.unwrap_or(i64::MIN);
            recent && matches!(entry.kind.as_str(), "Create" | "Correspond" | "Status")
        };
        let entries: Vec<&Transaction> = history.iter().filter(told).collect();
        let written = |entry: &&Transaction| entry.kind != "Status";
        let attachments = if entries.iter().any(written) { self.attachments(&number).await? } else { Vec::new() };
        let skipped = entries.len().saturating_sub(limits::THREAD_ENTRIES);
        for entry in entries.into_iter().skip(skipped) {
            let parts: Vec<&Attachment> = attachments.iter().filter(|part| part.transaction_id == entry.id).collect();
            let text = if written(&entry) { self.text_of(&parts).await? } else { String::new() };
            thread::add(&mut view, server, &ticket, entry, &text, &parts);
        }
        Ok(view)
    }
}

/// RT's form: a part `JSON` and one `Attachments` for each file (RT::REST2, "Creating tickets with attachments").
async fn form(json: &serde_json::Value, files: &[Part]) -> Result<Form> {
    Form::new("JSON", json, |_| "Attachments".to_owned(), files).await
}

/// How a ticket is found: a link that no other ticket has.
fn link(ticket: ClientId) -> String {
    format!("urn:uuid:{ticket}")
}

fn with_marker(text: &str, id: FollowUpId) -> String {
    format!("{}\n\n{}", text.trim_end(), marker::follow_up_line(id))
}

#[async_trait]
impl Helpdesk for RtDesk {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            file_bytes: Some(limits::ATTACHMENT_BYTES),
            files_at_create: true,
            reply: true,
            // Resolved is the end in RT: it takes nothing to confirm it.
            confirm: Way::Own,
            // By a reply, which opens it unless RT was told otherwise; then the reply asks for it.
            reopen: Way::Own,
            rate: Way::Not,
            private_notes: true,
            categories: false,
            articles: false,
            lag: LAG,
            on_behalf: self.on_behalf_of.is_some(),
            nudges: false,
        }
    }

    async fn find(&self, ticket: ClientId, files: &[Enclosure]) -> Result<Option<Placed>> {
        let Some(number) = self.number_of(ticket).await? else { return Ok(None) };
        let missing = if files.is_empty() {
            Vec::new()
        } else {
            missing(files, &self.attachments(&number.to_string()).await?.iter().collect::<Vec<_>>())
        };
        Ok(Some(Placed { number: Some(number), missing, refused: Vec::new() }))
    }

    async fn create(&self, ticket: ClientId, document: Bytes, files: &[Enclosure]) -> Result<Placed> {
        let read: TicketDocument = serde_json::from_slice(&document)
            .map_err(|error| refusal(ErrorCode::Internal, format!("the kept document cannot be read: {error}")))?;
        let language = self.language.unwrap_or_else(|| Language::of(&read.requester.language));
        let requestor = self.requestor().await?;
        let laid = layout::lay_out(&read, document, language);
        let json = json!({
            "Queue": self.queue,
            "Subject": laid.title,
            "Requestor": requestor,
            "RefersTo": link(ticket),
            "Content": laid.html,
            "ContentType": "text/html",
        });
        let mut parts = Part::ours(&laid).to_vec();
        let ours = parts.len();
        parts.extend(files.iter().map(Part::of));
        let sent = self.client.post::<Created>(&["ticket"], form(&json, &parts).await?, true).await;
        match sent {
            Ok(created) => Ok(Placed { number: Some(created.id), ..Placed::default() }),
            // All together were too much for what stands before RT: the files go one by one.
            Err(error) if error.code == ErrorCode::FileTooLarge && !files.is_empty() => {
                parts.truncate(ours);
                let created: Created = self.client.post(&["ticket"], form(&json, &parts).await?, true).await?;
                let missing = files.iter().map(|file| file.meta.id).collect();
                Ok(Placed { number: Some(created.id), missing, refused: Vec::new() })
            }
            Err(error) => Err(error),
        }
    }

    async fn attach(&self, ticket: TicketRef, _: Option<FollowUpId>, file: &Enclosure) -> Result<()> {
        let number = self.number(ticket).await?;
        let sent = self.correspond(&number, &file.meta.name, &[Part::of(file)]).await;
        if let Err(error) = &sent
            && error.code == ErrorCode::FileTooLarge
        {
            // The technician learns what there was, and why it is not here.
            let (_, text) = layout::files_not_taken(self.language(), &[(&file.meta, &error.detail)]);
            if let Err(error) = self.correspond(&number, &text, &[]).await {
                tracing::info!(%error, "that a file was refused could not be said in the ticket");
            }
        }
        sent
    }

    async fn follow_up(
        &self,
        ticket: TicketRef,
        follow_up: &NewFollowUp,
        files: &[Enclosure],
        attempt: Attempt,
    ) -> Result<Placed> {
        let number = self.number(ticket).await?;
        if attempt == Attempt::Doubtful
            && let Some((entry, attachments)) = self.reply(&number, follow_up.id).await?
        {
            let since: Vec<&Attachment> = attachments.iter().filter(|part| part.transaction_id >= entry).collect();
            return Ok(Placed { number: None, missing: missing(files, &since), refused: Vec::new() });
        }
        let text = with_marker(&follow_up.text, follow_up.id);
        let parts: Vec<Part> = files.iter().map(Part::of).collect();
        match self.correspond(&number, &text, &parts).await {
            Ok(()) => Ok(Placed::default()),
            Err(error) if error.code == ErrorCode::FileTooLarge && !files.is_empty() => {
                self.correspond(&number, &text, &[]).await?;
                let missing = files.iter().map(|file| file.meta.id).collect();
                Ok(Placed { number: None, missing, refused: Vec::new() })
            }
            Err(error) => Err(error),
        }
    }

    async fn verdict(&self, ticket: TicketRef, verdict: &NewVerdict, attempt: Attempt) -> Result<()> {
        let text = match &verdict.verdict {
            Verdict::Confirm => return Ok(()),
            Verdict::Rate { .. } => return Err(refusal(ErrorCode::WrongState, "Request Tracker keeps no ratings")),
            Verdict::Reopen { text } => text,
        };
        let number = self.number(ticket).await?;
        let arrived = attempt == Attempt::Doubtful && self.reply(&number, verdict.id).await?.is_some();
        if !arrived {
            let asks = deskside_texts::Texts::of(self.language()).desk_asks_to_reopen();
            self.correspond(&number, &with_marker(&format!("{asks}\n\n{text}"), verdict.id), &[]).await?;
        }
        // Where RT was told not to open it by itself, somebody who may do so does.
        let path = ["ticket", number.as_str()];
        let (there, etag) = self.client.get_tagged::<Ticket>(&path).await?;
        let may = there.links.iter().any(|link| link.reference == "lifecycle" && link.to.as_deref() == Some("open"));
        if thread::is_over(&there) && may {
            let said = self.client.put(&path, etag, &json!({ "Status": "open" })).await?;
            if said.iter().any(|words| words.contains("Permission Denied")) {
                tracing::info!("Request Tracker does not let this user open the ticket; the reply asks for it");
            }
        }
        Ok(())
    }

    async fn changes(&self, cursor: Option<&str>) -> Result<Changes> {
        let start_over = |_| refusal(ErrorCode::StartOver, "the cursor is not one that this connection with RT made");
        let before: Option<Cursor> = cursor.map(serde_json::from_str).transpose().map_err(start_over)?;
        let first = before.as_ref().is_none_or(|cursor| cursor.since == 0);
        let cursor = before.unwrap_or_default();
        let (mut rows, mut done) = self.changed(&cursor).await?;
        let more = rows.len() > THREADS;
        rows.truncate(THREADS);
        let since = (!first).then(|| cursor.since.saturating_sub(2 * MARGIN));
        let mut tickets = Vec::with_capacity(rows.len());
        for (_, number) in &rows {
            match self.view(*number, since).await {
                Ok(view) => tickets.push(view),
                // Deleted, or no longer ours to see, since the list was made.
                Err(HelpdeskError { code: ErrorCode::NotFound | ErrorCode::Forbidden, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if more {
            done = Cursor { after: rows.last().copied(), ..cursor };
        }
        let written = serde_json::to_string(&done).map_err(|error| refusal(ErrorCode::Internal, error.to_string()))?;
        Ok(Changes { tickets, cursor: written, more })
    }

    async fn download(&self, ticket: TicketRef, attachment: AttachmentId) -> Result<BoxStream<'static, Result<Bytes>>> {
        let number = self.number(ticket).await?;
        let server = self.client.server();
        let all = self.attachments(&number).await?;
        let wanted = all.iter().find(|part| derived::file(server, part.id) == attachment);
        let wanted = wanted.ok_or_else(|| refusal(ErrorCode::NotFound, "the ticket has no such file"))?;
        // Files of a comment are not for requesters, whoever's token it is.
        let history = self.history(&number).await?;
        let shown = |entry: &&Transaction| entry.id == wanted.transaction_id && entry.kind != "Comment";
        if !history.iter().any(|entry| shown(&entry)) {
            return Err(refusal(ErrorCode::NotFound, "the ticket has no such file"));
        }
        let bytes = self.bytes_of(wanted.id, FILE_ANSWER_BYTES).await?;
        Ok(stream::once(async move { Ok(Bytes::from(bytes)) }).boxed())
    }

    fn network_changed(&self) {
        self.client.network_changed();
    }
}
