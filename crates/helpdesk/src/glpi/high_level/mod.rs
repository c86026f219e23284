//! GLPI 11 by its High-Level API (`api.php/v2`), as seen on a running 11.0.6.
//!
//! Credential: what came of a sign-in in the browser ([`super::oauth`]); it renews itself.
//! Fields of the target: `client_id` and `client_secret` of the OAuth client that IT set up; `entity`, `profile`, `category`,
//! `category.<ours>` and `language` as for the legacy interface. A service account cannot speak it for others: GLPI gives
//! no such token.
//!
//! What is particular here:
//! - A creation answers with a `Location` that nginx and php-fpm turn into `302`; the number stands in the body.
//! - `team` is ignored when a ticket is created, so nobody is its requester: a second request says who. Should that one
//!   be lost, [`Helpdesk::find`] makes up for it. The user sees the ticket in any case, for they wrote it.
//! - A token that ended gives `400`, and a filter on `team` gives `500`.
//! - **Files cannot be sent**: no capture shows a way, and GLPI's source of that version has none. The ticket's body says
//!   what could not come along, and holds what would have been attached.
//! - Requesters are told of no documents but those that stand in a text.
//! - Who may change tickets closes and reopens them. Requesters may not (the API does not pass on the follow-up's
//!   `add_close` and `add_reopen`, which GLPI's own pages send): a reply asks for it.

mod client;
mod reading;
mod thread;
mod wire;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use deskside_protocol::desk::{Changes, NewFollowUp, NewVerdict};
use deskside_protocol::ticket::{AttachmentMeta, TicketDocument, Verdict};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, FollowUpId};
use deskside_texts::{Language, Texts};
use futures_util::stream::BoxStream;
use reqwest::Method;
use serde_json::json;

use self::client::Client;
use self::reading::Row;
use self::wire::{Category, Ticket};
use super::client::root;
use super::cursor::Cursor;
use super::oauth::{Credential, Tokens};
use super::setup::Setup;
use super::thread::{CLOSED, SOLVED};
use super::words::{level, paragraphs};
use super::{INCIDENT, LAG, THREADS, articles};
use crate::connection::{in_doubt, refusal};
use crate::target::{KeepsCredential, Target};
use crate::{
    Again, Article, Attempt, Capabilities, Choice, Enclosure, Helpdesk, HelpdeskError, Placed, Result, TicketRef, Way,
    derived, http, layout, marker, rich_text,
};

/// How our cursors begin: the legacy interface's tell times without a zone.
const CURSOR: &str = "v2 ";
/// Categories that are asked for.
const CATEGORIES: &str = "1000";
/// `CommonITILObject::INCOMING` and `ASSIGNED`: where a reopened ticket goes.
const NEW: u64 = 1;
const ASSIGNED: u64 = 2;

/// A connection to a GLPI 11 that somebody signed in at. Nothing here can print a token.
pub struct HighLevelDesk {
    client: Client,
    setup: Setup,
    language: Option<Language>,
    /// Names of documents, by their numbers.
    documents: tokio::sync::Mutex<BTreeMap<u64, thread::File>>,
    /// A round of looks that goes on: where it is, and the rest of its list.
    round: tokio::sync::Mutex<Option<(String, Vec<Row>)>>,
    /// The newest change that was seen, and since when it is the newest.
    newest: Mutex<Option<(i64, Instant)>>,
    /// The user may change tickets.
    may_update: AtomicBool,
    /// Categories were told.
    tells_categories: AtomicBool,
}

impl std::fmt::Debug for HighLevelDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HighLevelDesk").field("server", &self.client.server().as_str()).finish_non_exhaustive()
    }
}

impl HighLevelDesk {
    /// Sets a connection up; nothing is sent yet. The credential changes by being used, and goes to `keeper` each time.
    ///
    /// # Errors
    /// `BadRequest` if the address, a field or the credential cannot be one.
    pub fn new(target: &Target, credential: &str, keeper: Arc<dyn KeepsCredential>) -> Result<Self> {
        let token = match Credential::read(credential) {
            Credential::Renewing(token) if !token.is_empty() => token,
            Credential::Renewing(_) | Credential::UserToken(_) => {
                return Err(refusal(ErrorCode::BadRequest, "the High-Level API wants a sign-in in the browser"));
            }
        };
        let setup = Setup::new(target)?;
        if setup.requester.is_some() {
            let detail = "GLPI gives no token for others: a service account speaks the legacy interface";
            return Err(refusal(ErrorCode::BadRequest, detail));
        }
        let tokens = Tokens::of(target, &token, keeper)?;
        let language = target.fields.get("language").map(|value| value.trim()).filter(|value| !value.is_empty());
        Ok(Self {
            client: Client::new(&root(&target.url), setup.profile, setup.entity, tokens)?,
            setup,
            language: language.map(Language::of),
            documents: tokio::sync::Mutex::default(),
            round: tokio::sync::Mutex::default(),
            newest: Mutex::default(),
            may_update: AtomicBool::new(false),
            tells_categories: AtomicBool::new(false),
        })
    }

    fn language(&self) -> Language {
        self.language.unwrap_or_else(Language::system)
    }

    async fn session(&self) -> Result<wire::Session> {
        let session = self.client.session().await?;
        self.may_update.store(session.may_update(), Ordering::Relaxed);
        Ok(session)
    }

    /// The ticket with this marker.
    async fn look(&self, ticket: ClientId) -> Result<Option<Ticket>> {
        // Nothing in an identity means anything in a filter.
        let filter = format!("content=ilike=*{ticket}*");
        let query = [("filter", filter.as_str()), ("limit", "10"), ("sort", "id:asc")];
        let found = self.client.page::<Ticket>(&["Assistance", "Ticket"], &query).await?.rows;
        let names = |found: &Ticket| marker::ticket_in(&rich_text::plain(&found.content)) == Some(ticket);
        // Of two, the first: the other is somebody's copy.
        Ok(found.into_iter().filter(|found| found.id > 0 && names(found)).min_by_key(|found| found.id))
    }

    async fn number(&self, ticket: TicketRef) -> Result<String> {
        let number = match ticket.number {
            Some(number) => Some(number),
            None => self.look(ticket.client_id).await?.map(|ticket| ticket.id),
        };
        number.map(|number| number.to_string()).ok_or_else(|| refusal(ErrorCode::NotFound, "the ticket is not there"))
    }

    /// Makes the user the requester of a ticket that has none.
    async fn make_requester(&self, number: u64, user: u64) -> Result<()> {
        let member = json!({"type": "User", "id": user, "role": "requester"});
        let path = ["Assistance", "Ticket", &number.to_string(), "TeamMember"];
        match self.client.change(Method::POST, &path, &member).await {
            Ok(_) => Ok(()),
            // They see it all the same, for they wrote it; whoever forbade it can set it right.
            Err(error) if error.again == Again::Permanent => {
                tracing::warn!(number, %error, "GLPI did not take the requester");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The identities that a ticket's replies name. Nobody can quote one before it arrived.
    async fn written(&self, number: &str) -> Result<Vec<FollowUpId>> {
        let timeline = self.timeline(number).await?;
        Ok(timeline.iter().filter(|entry| entry.kind == "Followup").filter_map(|e| thread::marked(&e.item)).collect())
    }

    /// Adds an entry to a ticket.
    async fn say(&self, number: &str, html: &str, id: FollowUpId) -> Result<()> {
        let content = format!("{html}<p>{}</p>", marker::follow_up_line(id));
        let input = json!({"content": content, "is_private": false});
        let path = ["Assistance", "Ticket", number, "Timeline", "Followup"];
        let refused = match self.client.add(&path, &input).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if refused.code == ErrorCode::Forbidden && refused.again == Again::Permanent {
            let there: Ticket = self.client.get(&["Assistance", "Ticket", number], &[]).await.map_err(in_doubt)?;
            if there.status.id == CLOSED {
                return Err(HelpdeskError { code: ErrorCode::WrongState, ..refused });
            }
        }
        Err(refused)
    }

    /// Why files do not come along, for technicians.
    fn no_files(&self, language: Language) -> HelpdeskError {
        refusal(ErrorCode::FileType, Texts::of(language).desk_takes_no_files())
    }

    fn all_refused(&self, files: &[Enclosure]) -> Vec<(AttachmentId, HelpdeskError)> {
        files.iter().map(|file| (file.meta.id, self.no_files(self.language()))).collect()
    }

    /// Closes or reopens a ticket that is over, where the user may.
    async fn set_status(&self, ticket: &Ticket, verdict: &NewVerdict) -> Result<()> {
        let assigned = ticket.team.iter().any(|member| member.is("assigned"));
        let status = match verdict.verdict {
            Verdict::Confirm => CLOSED,
            Verdict::Reopen { .. } if assigned => ASSIGNED,
            Verdict::Reopen { .. } | Verdict::Rate { .. } => NEW,
        };
        let path = ["Assistance", "Ticket", &ticket.id.to_string()];
        match self.client.change(Method::PATCH, &path, &json!({"status": status})).await {
            Ok(_) => Ok(()),
            // The reply asks for it.
            Err(error) if error.again == Again::Permanent => {
                tracing::info!(number = ticket.id, %error, "GLPI did not take the new status");
                Ok(())
            }
            // The reply is there by now.
            Err(error) => Err(in_doubt(error)),
        }
    }

    /// The rows that a cursor wants, oldest change first, and the newest of all.
    async fn wanted(&self, text: Option<&str>, cursor: &Cursor) -> Result<Vec<Row>> {
        let mut round = self.round.lock().await;
        if let Some((at, rows)) = round.take()
            && text == Some(at.as_str())
        {
            return Ok(rows);
        }
        let session = self.session().await?;
        let mut rows = self.rows(cursor, &session).await?;
        rows.sort_by_key(|(at, ticket)| (*at, ticket.id));
        Ok(rows)
    }
}

#[async_trait]
impl Helpdesk for HighLevelDesk {
    fn capabilities(&self) -> Capabilities {
        let way = if self.may_update.load(Ordering::Relaxed) { Way::Own } else { Way::ByReply };
        Capabilities {
            file_bytes: None,
            files_at_create: false,
            reply: true,
            confirm: way,
            reopen: way,
            rate: Way::Not,
            private_notes: true,
            categories: self.tells_categories.load(Ordering::Relaxed),
            articles: true,
            lag: LAG,
            on_behalf: false,
            nudges: false,
        }
    }

    async fn find(&self, ticket: ClientId, files: &[Enclosure]) -> Result<Option<Placed>> {
        let Some(there) = self.look(ticket).await? else { return Ok(None) };
        if there.requesters().next().is_none() {
            self.make_requester(there.id, self.session().await?.user_id).await?;
        }
        Ok(Some(Placed { number: Some(there.id), missing: Vec::new(), refused: self.all_refused(files) }))
    }

    async fn create(&self, ticket: ClientId, document: Bytes, files: &[Enclosure]) -> Result<Placed> {
        let read: TicketDocument = serde_json::from_slice(&document)
            .map_err(|error| refusal(ErrorCode::Internal, format!("the kept document cannot be read: {error}")))?;
        let language = self.language.unwrap_or_else(|| Language::of(&read.requester.language));
        let session = self.session().await?;
        let why = self.no_files(language).detail;
        let refused: Vec<(&AttachmentMeta, &str)> = files.iter().map(|file| (&file.meta, why.as_str())).collect();
        let (title, content) = layout::lay_out_alone(&read, &document, language, &refused);
        let mut input = json!({
            "name": title,
            "content": content,
            "type": INCIDENT,
            "urgency": level(read.urgency),
            "impact": level(read.impact),
        });
        // The one that somebody chose, if it is this helpdesk's; else what policy says.
        let chosen = match &read.helpdesk_category {
            Some(chosen) => {
                let known = self.categories().await.unwrap_or_default();
                known.into_iter().find(|there| there.is(chosen)).map(|there| there.id)
            }
            None => None,
        };
        if let Some(category) = chosen.or_else(|| self.setup.category(read.category)) {
            input["category"] = json!(category);
        }
        debug_assert_eq!(ticket, read.client_id, "the marker is the document's");
        let number = self.client.add(&["Assistance", "Ticket"], &input).await?;
        // It is there from here on: whatever fails now is looked for, and made up for.
        self.make_requester(number, session.user_id).await.map_err(in_doubt)?;
        Ok(Placed { number: Some(number), missing: Vec::new(), refused: self.all_refused(files) })
    }

    async fn attach(&self, _: TicketRef, _: Option<FollowUpId>, _: &Enclosure) -> Result<()> {
        Err(self.no_files(self.language()))
    }

    async fn follow_up(
        &self,
        ticket: TicketRef,
        follow_up: &NewFollowUp,
        files: &[Enclosure],
        attempt: Attempt,
    ) -> Result<Placed> {
        let number = self.number(ticket).await?;
        let placed = Placed { number: None, missing: Vec::new(), refused: self.all_refused(files) };
        if attempt == Attempt::Doubtful && self.written(&number).await?.contains(&follow_up.id) {
            return Ok(placed);
        }
        let why = self.no_files(self.language()).detail;
        let refused: Vec<(&AttachmentMeta, &str)> = files.iter().map(|file| (&file.meta, why.as_str())).collect();
        let html = paragraphs(&follow_up.text) + &layout::files_not_taken(self.language(), &refused).0;
        self.say(&number, &html, follow_up.id).await?;
        Ok(placed)
    }

    async fn verdict(&self, ticket: TicketRef, verdict: &NewVerdict, attempt: Attempt) -> Result<()> {
        let texts = Texts::of(self.language());
        let said = match &verdict.verdict {
            Verdict::Confirm => texts.desk_asks_to_close(),
            Verdict::Reopen { text } => format!("{}\n\n{text}", texts.desk_asks_to_reopen()),
            Verdict::Rate { .. } => {
                return Err(refusal(ErrorCode::WrongState, "the High-Level API has no satisfaction survey"));
            }
        };
        let number = self.number(ticket).await?;
        let session = self.session().await?;
        let there: Ticket = self.client.get(&["Assistance", "Ticket", &number], &[]).await?;
        if there.status.id == CLOSED && verdict.verdict == Verdict::Confirm {
            return Ok(());
        }
        let mut over = matches!(there.status.id, SOLVED | CLOSED);
        let timeline = if attempt == Attempt::Doubtful { self.timeline(&number).await? } else { Vec::new() };
        let ours = timeline.iter().find(|e| e.kind == "Followup" && thread::marked(&e.item) == Some(verdict.id));
        match ours {
            None => self.say(&number, &paragraphs(&said), verdict.id).await?,
            // Solved again since: that is another solution than the one that was spoken of.
            Some(ours) => {
                let at = thread::seconds(ours.item.date_creation.as_deref());
                let later = |entry: &wire::Entry| thread::seconds(entry.item.date_creation.as_deref()) > at;
                over &= !timeline.iter().any(|entry| entry.kind == "Solution" && later(entry));
            }
        }
        if over && session.may_update() { self.set_status(&there, verdict).await } else { Ok(()) }
    }

    async fn changes(&self, cursor: Option<&str>) -> Result<Changes> {
        let start_over = || refusal(ErrorCode::StartOver, "the cursor is not one that this connection with GLPI made");
        let at: Cursor = match cursor {
            None => Cursor::default(),
            Some(text) => {
                let told = text.strip_prefix(CURSOR).ok_or_else(start_over)?;
                serde_json::from_str(told).map_err(|_| start_over())?
            }
        };
        let now = jiff::Timestamp::now().as_second();
        let rows = self.wanted(cursor, &at).await?;
        let user = self.session().await?.user_id;
        let mut wanted: Vec<&Row> = rows.iter().filter(|(changed, ticket)| at.wants((*changed, ticket.id))).collect();
        let more = wanted.len() > THREADS;
        wanted.truncate(THREADS);
        let mut tickets = Vec::with_capacity(wanted.len());
        for (_, ticket) in wanted.iter().filter(|(_, ticket)| !ticket.is_deleted && Self::is_mine(ticket, user)) {
            match self.view(ticket, user).await {
                Ok(view) => tickets.push(view),
                // Deleted, or no longer ours to see, since the list was made.
                Err(HelpdeskError {
                    code: ErrorCode::NotFound | ErrorCode::Forbidden,
                    again: Again::Permanent,
                    ..
                }) => {}
                Err(error) => return Err(error),
            }
        }
        let done = match wanted.last() {
            Some((changed, last)) if more => Cursor { after: Some((*changed, last.id)), ..at },
            // What was seen is still known: fewer rows than last time may have been asked for.
            None => at,
            Some(_) => {
                let all: Vec<(i64, u64)> = rows.iter().map(|(changed, ticket)| (*changed, ticket.id)).collect();
                at.after_all(&all, 0, now)
            }
        };
        if !more {
            self.note_newest(done.since);
        }
        let written = serde_json::to_string(&done).map_err(|error| refusal(ErrorCode::Internal, error.to_string()))?;
        let written = format!("{CURSOR}{written}");
        if more {
            *self.round.lock().await = Some((written.clone(), rows));
        }
        Ok(Changes { tickets, cursor: written, more })
    }

    async fn download(&self, ticket: TicketRef, attachment: AttachmentId) -> Result<BoxStream<'static, Result<Bytes>>> {
        let number = self.number(ticket).await?;
        let server = self.client.server();
        let there: Ticket = self.client.get(&["Assistance", "Ticket", &number], &[]).await?;
        let documents = thread::documents(&there, &self.timeline(&number).await?);
        let wanted = documents.into_iter().find(|id| derived::file(server, *id) == attachment);
        let wanted = wanted.ok_or_else(|| refusal(ErrorCode::NotFound, "the ticket has no such file"))?;
        Ok(http::file(self.client.document(wanted).await?))
    }

    fn network_changed(&self) {
        self.client.network_changed();
    }

    async fn categories(&self) -> Result<Vec<Choice>> {
        let query = [("limit", CATEGORIES)];
        match self.client.get::<Vec<Category>>(&["Dropdowns", "ITILCategory"], &query).await {
            Ok(told) => {
                self.tells_categories.store(true, Ordering::Relaxed);
                let name =
                    |one: &Category| if one.completename.is_empty() { &one.name } else { &one.completename }.clone();
                Ok(told.iter().map(|one| Choice { id: one.id, name: rich_text::plain(&name(one)) }).collect())
            }
            // Most profiles may not ask: policy says the numbers.
            Err(error) if error.code == ErrorCode::Forbidden => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn articles(&self, words: &str) -> Result<Vec<Article>> {
        let words = articles::worth(words);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        // Letters and digits alone: nothing in them means anything in a filter.
        let any = words.iter().flat_map(|word| [format!("name=ilike=*{word}*"), format!("content=ilike=*{word}*")]);
        let filter = any.collect::<Vec<_>>().join(",");
        let query = [("filter", filter.as_str()), ("limit", "50")];
        let found: Vec<wire::Article> = self.client.get(&["Knowledgebase", "Article"], &query).await?;
        let told = found.iter().filter(|article| article.id > 0);
        let told = told.map(|one| (one.id, rich_text::plain(&one.name), rich_text::plain(&one.content)));
        Ok(articles::best(&words, told))
    }
}
