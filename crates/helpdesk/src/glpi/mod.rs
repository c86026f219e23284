//! GLPI 10 and 11, by the legacy interface (`apirest.php`) that both have, as seen on running servers.
//!
//! Credential: the user's own "API token" (Preferences, "Remote access keys"), as is.
//! Fields of the target, all optional:
//! - `app_token`: of the API client that IT set up for Deskside, where GLPI wants one;
//! - `entity`: the number of the entity that tickets go to; else the user's default;
//! - `category`: a category's number, and `category.<ours>` (`category.network`…) before it. Most profiles may not list
//!   categories, so somebody must say them;
//! - `requester`: the number of the person who files, where the token is one of a service account: the hub sets it;
//! - `language`: of what technicians read; else the requester's.
//!
//! What is particular here:
//! - Without `_users_id_requester` nobody is the requester, and "my tickets" misses the ticket.
//! - A file that GLPI 11 refuses gives `500` and a page although the ticket is there: the answer is never believed, the
//!   ticket is looked for. The files before the refused one are there, those after it are not.
//! - Requesters may not list documents, but may count those of a ticket. The files that the ticket was created with are
//!   told by their order; any other goes with an entry of its own, whose marker is the file's identity.
//! - What is not allowed is often `400`, and an empty result has no `data`.
//! - Confirming and reopening are the follow-up's `add_close` and `add_reopen`, as GLPI's own form sends them. No capture
//!   shows them: the text says the same, so that a technician can do it where GLPI did not.

mod articles;
mod client;
mod cursor;
mod files;
mod reading;
mod setup;
mod thread;
mod wire;
mod words;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use deskside_protocol::desk::{Changes, NewFollowUp, NewVerdict};
use deskside_protocol::ticket::{AttachmentMeta, TicketDocument, Verdict};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, FollowUpId, limits};
use deskside_texts::{Language, Texts};
use futures_util::stream::{BoxStream, StreamExt as _};
use serde_json::{Value, json};

use self::client::Client;
use self::cursor::Cursor;
use self::files::{alone, refused};
use self::setup::Setup;
use self::thread::{CLOSED, SOLVED};
use self::wire::{Added, Category, Entry, Found, Ticket};
use self::words::{level, paragraphs, search};
use crate::connection::{in_doubt, refusal};
use crate::target::Target;
use crate::upload::Part;
use crate::{
    Again, Article, Attempt, Capabilities, Choice, Enclosure, Helpdesk, HelpdeskError, Placed, Result, TicketRef, Way,
    derived, http, layout, marker, rich_text,
};

/// How long a request that was broken off may still be worked on: PHP's usual time limit (`max_execution_time`).
const LAG: Duration = Duration::from_secs(30);
/// Entries of a list that are asked for: the most that GLPI gives.
const ALL: &str = "0-999";
/// Tickets whose threads are asked for in one go.
const THREADS: usize = 10;
/// How much the clock of a country moves at most when summer begins or ends, in seconds.
const SUMMER: i64 = 2 * 3600;
/// GLPI's "Incident".
const INCIDENT: u64 = 1;

/// A connection to a GLPI with a user's token. Nothing here can print it.
pub struct GlpiDesk {
    client: Client,
    setup: Setup,
    language: Option<Language>,
}

impl std::fmt::Debug for GlpiDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GlpiDesk").field("server", &self.client.server().as_str()).finish_non_exhaustive()
    }
}

impl GlpiDesk {
    /// Sets a connection up; nothing is sent yet.
    ///
    /// # Errors
    /// `BadRequest` if the address, a field or the token cannot be one.
    pub fn new(target: &Target, token: &str) -> Result<Self> {
        if token.trim().is_empty() {
            return Err(refusal(ErrorCode::BadRequest, "the token is empty"));
        }
        let field = |name: &str| target.fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        Ok(Self {
            client: Client::new(&target.url, token, field("app_token"))?,
            setup: Setup::new(target)?,
            language: field("language").map(Language::of),
        })
    }

    fn language(&self) -> Language {
        self.language.unwrap_or_else(Language::system)
    }

    /// The ticket with this marker: its number, and how many documents it has.
    async fn look(&self, ticket: ClientId) -> Result<Option<(u64, u64)>> {
        let options = self.setup.options(&self.client).await?;
        let query = search(
            &[(options.content, "contains", &ticket.to_string())],
            &[options.id, options.documents],
            &[("range", "0-9".to_owned())],
        );
        let found: Found = self.client.get(&["search", "Ticket"], &query).await?;
        let number = |row: &std::collections::BTreeMap<String, Value>, option: u64| {
            row.get(&option.to_string()).map_or(0, wire::whole)
        };
        let rows = found.data.iter().map(|row| (number(row, options.id), number(row, options.documents)));
        // Of two, the first: the other is somebody's copy.
        Ok(rows.filter(|(id, _)| *id > 0).min())
    }

    async fn number(&self, ticket: TicketRef) -> Result<String> {
        let number = match ticket.number {
            Some(number) => Some(number),
            None => self.look(ticket.client_id).await?.map(|(number, _)| number),
        };
        number.map(|number| number.to_string()).ok_or_else(|| refusal(ErrorCode::NotFound, "the ticket is not there"))
    }

    async fn follow_ups(&self, number: &str) -> Result<Vec<Entry>> {
        let range = [("range".to_owned(), ALL.to_owned())];
        self.client.list(&["Ticket", number, "ITILFollowup"], &range).await
    }

    /// The identities of what we wrote into a ticket.
    async fn written(&self, number: &str) -> Result<Vec<FollowUpId>> {
        let user = self.client.session().await?.user;
        let entries = self.follow_ups(number).await?;
        let ours = |entry: &Entry| (entry.users_id == user).then(|| thread::marked(entry)).flatten();
        Ok(entries.iter().filter_map(ours).collect())
    }

    /// Which of a ticket's files are there, given how many documents it has.
    async fn placed(&self, number: u64, documents: u64, files: &[Enclosure]) -> Result<Placed> {
        let (taken, refused) = self.sorted(files).await?;
        let mut missing = files::after(&taken, documents);
        if !missing.is_empty() {
            let written = self.written(&number.to_string()).await?;
            missing.retain(|file| !written.contains(&alone(*file)));
        }
        Ok(Placed { number: Some(number), missing, refused })
    }

    /// Files that are small enough, and the others with the reason.
    async fn sorted<'a>(
        &self,
        files: &'a [Enclosure],
    ) -> Result<(Vec<&'a Enclosure>, Vec<(AttachmentId, HelpdeskError)>)> {
        if files.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let most = self.setup.file_bytes(&self.client).await?;
        let (taken, large): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.meta.size_bytes <= most);
        let refused = large.into_iter().map(|file| (file.meta.id, files::too_large(most))).collect();
        Ok((taken, refused))
    }

    /// Adds an entry to a ticket, with at most one file.
    async fn say(&self, number: &str, html: &str, id: FollowUpId, more: Value, file: Option<Part>) -> Result<Added> {
        let mut input = json!({
            "itemtype": "Ticket",
            "items_id": number.parse::<u64>().unwrap_or_default(),
            "content": format!("{html}<p>{}</p>", marker::follow_up_line(id)),
            "is_private": 0,
        });
        if let (Value::Object(input), Value::Object(more)) = (&mut input, more) {
            input.extend(more);
        }
        self.client.add("ITILFollowup", &input, &file.into_iter().collect::<Vec<_>>()).await
    }

    /// Says in the ticket which files are not there, and why.
    async fn say_refused(&self, number: &str, files: &[(&AttachmentMeta, &str)]) {
        if files.is_empty() {
            return;
        }
        let (html, _) = layout::files_not_taken(self.language(), files);
        let input = json!({
            "itemtype": "Ticket", "items_id": number.parse::<u64>().unwrap_or_default(), "content": html, "is_private": 0
        });
        if let Err(error) = self.client.add::<Added>("ITILFollowup", &input, &[]).await {
            tracing::info!(%error, "that a file was refused could not be said in the ticket");
        }
    }
}

/// GLPI's own page for what broke: it may have been a file, and the rest may be there.
fn broke(error: &HelpdeskError) -> bool {
    error.code == ErrorCode::BadAnswer && error.may_have_arrived
}

#[async_trait]
impl Helpdesk for GlpiDesk {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            file_bytes: Some(self.setup.known_file_bytes()),
            files_at_create: true,
            reply: true,
            confirm: Way::Own,
            reopen: Way::Own,
            rate: Way::Not,
            private_notes: true,
            categories: true,
            articles: true,
            lag: LAG,
            on_behalf: self.setup.requester.is_some(),
            nudges: false,
        }
    }

    async fn find(&self, ticket: ClientId, files: &[Enclosure]) -> Result<Option<Placed>> {
        match self.look(ticket).await? {
            None => Ok(None),
            Some((number, documents)) => self.placed(number, documents, files).await.map(Some),
        }
    }

    async fn create(&self, ticket: ClientId, document: Bytes, files: &[Enclosure]) -> Result<Placed> {
        let read: TicketDocument = serde_json::from_slice(&document)
            .map_err(|error| refusal(ErrorCode::Internal, format!("the kept document cannot be read: {error}")))?;
        let language = self.language.unwrap_or_else(|| Language::of(&read.requester.language));
        let session = self.client.session().await?;
        let (taken, mut not_taken) = self.sorted(files).await?;
        let laid = layout::lay_out(&read, document, language);
        let meta = |id: AttachmentId| files.iter().map(|file| &file.meta).find(|meta| meta.id == id);
        let told: Vec<(&AttachmentMeta, &str)> =
            not_taken.iter().filter_map(|(id, error)| Some((meta(*id)?, error.detail.as_str()))).collect();
        let (body, _) = layout::files_not_taken(language, &told);
        let mut input = json!({
            "name": laid.title,
            "content": files::before_marker(&laid.html, &body),
            "type": INCIDENT,
            "urgency": level(read.urgency),
            "impact": level(read.impact),
            "_users_id_requester": self.setup.requester.unwrap_or(session.user),
        });
        if let Some(entity) = self.setup.entity {
            input["entities_id"] = json!(entity);
        }
        if let Some(category) = self.setup.category(read.category) {
            input["itilcategories_id"] = json!(category);
        }
        // The requester's first: what GLPI 11 does not take ends what it takes.
        let mut parts: Vec<Part> = taken.iter().map(|file| Part::of(file)).collect();
        parts.extend(Part::ours(&laid));
        let mut sent = self.client.add::<Added>("Ticket", &input, &parts).await;
        let mut missing = Vec::new();
        if let Err(error) = &sent
            && error.code == ErrorCode::FileTooLarge
        {
            // All together were too much for PHP or the web server: the files go one by one, or not at all.
            missing = taken.iter().map(|file| file.meta.id).collect();
            sent = self.client.add("Ticket", &input, &Part::ours(&laid)).await;
            if sent.as_ref().is_err_and(|error| error.code == ErrorCode::FileTooLarge) {
                sent = self.client.add("Ticket", &input, &[]).await;
            }
        }
        let added = match sent {
            Ok(added) => added,
            Err(error) if broke(&error) => {
                return match self.look(ticket).await.map_err(in_doubt)? {
                    Some((number, documents)) => self.placed(number, documents, files).await.map_err(in_doubt),
                    None => Err(error),
                };
            }
            Err(error) => return Err(error),
        };
        if missing.is_empty() {
            let by_file = taken.iter().enumerate().filter_map(|(at, file)| Some((file, refused(&added, at)?)));
            let by_file: Vec<(&&Enclosure, HelpdeskError)> = by_file.collect();
            let told: Vec<_> = by_file.iter().map(|(file, error)| (&file.meta, error.detail.as_str())).collect();
            self.say_refused(&added.id.to_string(), &told).await;
            not_taken.extend(by_file.into_iter().map(|(file, error)| (file.meta.id, error)));
        }
        Ok(Placed { number: Some(added.id), missing, refused: not_taken })
    }

    async fn attach(&self, ticket: TicketRef, _: Option<FollowUpId>, file: &Enclosure) -> Result<()> {
        let number = self.number(ticket).await?;
        let most = self.setup.file_bytes(&self.client).await?;
        let id = alone(file.meta.id);
        let sent = if file.meta.size_bytes > most {
            Err(files::too_large(most))
        } else {
            let html = thread::file_line(&file.meta.name);
            match self.say(&number, &html, id, json!({}), Some(Part::of(file))).await {
                Ok(added) => refused(&added, 0).map_or(Ok(()), Err),
                // The entry is there, and the page came because of the file.
                Err(error) if broke(&error) && self.written(&number).await.map_err(in_doubt)?.contains(&id) => {
                    Err(files::not_taken(&error.detail))
                }
                Err(error) => Err(error),
            }
        };
        if let Err(error) = &sent
            && error.again == Again::Permanent
            && files::because_of_file(error)
        {
            self.say_refused(&number, &[(&file.meta, &error.detail)]).await;
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
        let (taken, mut not_taken) = self.sorted(files).await?;
        // One file goes along. Of several it could not be told which arrived: each goes with an entry of its own.
        let with = if let [file] = taken.as_slice() { Some(*file) } else { None };
        let rest = |written: &[FollowUpId]| {
            let several = with.is_none();
            let lacking = taken.iter().filter(|file| several && !written.contains(&alone(file.meta.id)));
            lacking.map(|file| file.meta.id).collect::<Vec<_>>()
        };
        if attempt == Attempt::Doubtful {
            let written = self.written(&number).await?;
            if written.contains(&follow_up.id) {
                return Ok(Placed { number: None, missing: rest(&written), refused: not_taken });
            }
        }
        let meta = |id: AttachmentId| files.iter().map(|file| &file.meta).find(|meta| meta.id == id);
        let told: Vec<(&AttachmentMeta, &str)> =
            not_taken.iter().filter_map(|(id, error)| Some((meta(*id)?, error.detail.as_str()))).collect();
        let html = paragraphs(&follow_up.text) + &layout::files_not_taken(self.language(), &told).0;
        let sent = match self.say(&number, &html, follow_up.id, json!({}), with.map(Part::of)).await {
            Ok(added) => refused(&added, 0),
            Err(error) if broke(&error) && with.is_some() => {
                if !self.written(&number).await.map_err(in_doubt)?.contains(&follow_up.id) {
                    return Err(error);
                }
                Some(files::not_taken(&error.detail))
            }
            Err(error) if error.code == ErrorCode::FileTooLarge && with.is_some() => {
                self.say(&number, &html, follow_up.id, json!({}), None).await?;
                Some(error)
            }
            Err(error) => return Err(error),
        };
        if let (Some(file), Some(error)) = (with, sent) {
            self.say_refused(&number, &[(&file.meta, &error.detail)]).await;
            not_taken.push((file.meta.id, error));
        }
        Ok(Placed { number: None, missing: rest(&[]), refused: not_taken })
    }

    async fn verdict(&self, ticket: TicketRef, verdict: &NewVerdict, attempt: Attempt) -> Result<()> {
        let texts = Texts::of(self.language());
        let (said, more) = match &verdict.verdict {
            Verdict::Confirm => (texts.desk_asks_to_close(), json!({ "add_close": 1 })),
            Verdict::Reopen { text } => {
                (format!("{}\n\n{text}", texts.desk_asks_to_reopen()), json!({ "add_reopen": 1 }))
            }
            Verdict::Rate { .. } => {
                return Err(refusal(ErrorCode::WrongState, "stars are not spoken of with GLPI yet"));
            }
        };
        let number = self.number(ticket).await?;
        if attempt == Attempt::Doubtful && self.written(&number).await?.contains(&verdict.id) {
            return Ok(());
        }
        let there: Ticket = self.client.get(&["Ticket", &number], &[]).await?;
        let over = matches!(there.status, SOLVED | CLOSED);
        if there.status == CLOSED && verdict.verdict == Verdict::Confirm {
            return Ok(());
        }
        // Only what is solved can be closed or opened again: else GLPI would refuse the words with it.
        let more = if over { more } else { json!({}) };
        self.say(&number, &paragraphs(&said), verdict.id, more, None).await.map(|_| ())
    }

    async fn changes(&self, cursor: Option<&str>) -> Result<Changes> {
        let start_over = |_| refusal(ErrorCode::StartOver, "the cursor is not one that this connection with GLPI made");
        let mut cursor: Cursor = cursor.map(serde_json::from_str).transpose().map_err(start_over)?.unwrap_or_default();
        let ahead = self.client.session().await?.ahead;
        if cursor.ahead != ahead {
            cursor.since = cursor.since.saturating_sub(SUMMER);
            cursor.seen.clear();
        }
        let now = jiff::Timestamp::now().as_second();
        let rows = self.rows().await?;
        let mut wanted: Vec<(i64, u64)> = rows.iter().copied().filter(|row| cursor.wants(*row)).collect();
        let more = wanted.len() > THREADS;
        wanted.truncate(THREADS);
        let mut tickets = Vec::with_capacity(wanted.len());
        for (_, number) in &wanted {
            match self.view(*number).await {
                Ok(view) => tickets.push(view),
                // Deleted, or no longer ours to see, since the list was made.
                Err(HelpdeskError { code: ErrorCode::NotFound | ErrorCode::Forbidden, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let done = match wanted.last() {
            Some(last) if more => Cursor { after: Some(*last), ahead, ..cursor },
            Some(_) | None => cursor.after_all(&rows, ahead, now),
        };
        let written = serde_json::to_string(&done).map_err(|error| refusal(ErrorCode::Internal, error.to_string()))?;
        Ok(Changes { tickets, cursor: written, more })
    }

    async fn download(&self, ticket: TicketRef, attachment: AttachmentId) -> Result<BoxStream<'static, Result<Bytes>>> {
        let number = self.number(ticket).await?;
        let server = self.client.server();
        let documents = self.documents(&number).await?;
        let wanted = documents.into_iter().find(|id| derived::file(server, *id) == attachment);
        let wanted = wanted.ok_or_else(|| refusal(ErrorCode::NotFound, "the ticket has no such file"))?;
        let response = self.client.document(wanted).await?;
        let mut left = limits::ATTACHMENT_BYTES;
        Ok(response
            .bytes_stream()
            .map(move |piece| {
                let piece = piece.map_err(http::transport_error)?;
                left = left
                    .checked_sub(piece.len() as u64)
                    .ok_or_else(|| http::bad_answer("the file is larger than any attachment"))?;
                Ok(piece)
            })
            .boxed())
    }

    fn network_changed(&self) {
        self.client.network_changed();
    }

    async fn categories(&self) -> Result<Vec<Choice>> {
        let range = [("range".to_owned(), "0-499".to_owned())];
        match self.client.list::<Category>(&["ITILCategory"], &range).await {
            Ok(told) => Ok(told
                .into_iter()
                .map(|one| Choice { id: one.id, name: rich_text::plain(&one.completename) })
                .collect()),
            // Most profiles may not ask: policy says the numbers.
            Err(error) if error.code == ErrorCode::Forbidden => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn articles(&self, words: &str) -> Result<Vec<Article>> {
        articles::find(&self.client, &self.setup, words).await
    }
}

#[cfg(test)]
mod tests;
