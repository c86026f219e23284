//! GLPI 10 and 11, by the legacy interface (`apirest.php`) that both have, as seen on running servers.
//!
//! Credential: the user's own "API token" (Preferences, "Remote access keys"), as is.
//! Fields of the target, all optional:
//! - `app_token`: of the API client that IT set up for Deskside, where GLPI wants one;
//! - `entity`: the number of the entity that tickets go to; else the user's default;
//! - `category`: a category's number, and `category.<ours>` (`category.network`…) before it. Most profiles may not list
//!   categories, so somebody must say them;
//! - `profile`: the number of the profile to wear; else the user's default;
//! - `requester`: the number of the person who files, where the token is one of a service account: the hub sets it;
//! - `language`: of what technicians read; else the requester's.
//!
//! What is particular here:
//! - Without `_users_id_requester` nobody is the requester, and "my tickets" misses the ticket.
//! - A file that GLPI 11 refuses gives `500` and a page although the ticket is there: the answer is never believed, the
//!   ticket is looked for. The files before the refused one are there, those after it are not, and nobody is the
//!   requester: GLPI takes files first. So only files that are sure to be taken go along ([`files`]); any other goes with
//!   an entry of its own, where a refusal costs nothing else. A ticket that broke all the same gets its requester after.
//! - `.json` is not among what GLPI takes as it is set up first: the document goes as a text.
//! - Requesters may not list documents, but are told those of a ticket with their SHA-1 (`with_documents`): a file is known
//!   by that, and by the marker of the entry that it came with. Where they are not told, the files that the ticket was
//!   created with are told by their order.
//! - What is not allowed is often `400`, and an empty result has no `data`.
//! - A session looks into some entities only; a ticket that was moved to another one is still the requester's.
//! - Confirming and reopening are the follow-up's `add_close` and `add_reopen`, as GLPI's own form sends them
//!   (`ITILFollowup::prepareInputForAdd`). No capture shows them: the text says the same, so that a technician can do it
//!   where GLPI did not. Nor does one show the satisfaction survey: it is offered once one was seen ([`rating`]).

mod articles;
mod client;
mod cursor;
mod files;
pub mod high_level;
pub mod oauth;
mod rating;
mod reading;
mod sending;
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
use reqwest::header::CONTENT_DISPOSITION;
use serde_json::json;

use self::client::Client;
pub(crate) use self::client::PLACES;
use self::cursor::Cursor;
use self::files::{alone, refused};
use self::setup::Setup;
use self::thread::{CLOSED, SOLVED};
use self::wire::{Added, Rights, Ticket};
use self::words::{level, paragraphs};
use crate::connection::{in_doubt, refusal};
use crate::target::Target;
use crate::upload::{Part, Source};
use crate::{
    Again, Article, Attempt, Capabilities, Choice, Enclosure, Helpdesk, HelpdeskError, Placed, Result, TicketRef, Way,
    http, layout,
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

/// Which of GLPI's two interfaces is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// `apirest.php`, of GLPI 10 and 11: [`GlpiDesk`].
    Legacy,
    /// `api.php/v2`, of GLPI 11: [`high_level::HighLevelDesk`].
    HighLevel,
}

impl Interface {
    /// What the field `api` says (`legacy`, `high-level`); without it, what the credential is good for.
    ///
    /// # Errors
    /// `BadRequest` if the field says something else.
    pub fn of(target: &Target, credential: &str) -> Result<Self> {
        let field = target.fields.get("api").map(|value| value.trim()).filter(|value| !value.is_empty());
        match (field, oauth::Credential::read(credential)) {
            (Some("legacy"), oauth::Credential::Renewing(_)) => {
                Err(refusal(ErrorCode::BadRequest, "the legacy interface wants the user's own API token"))
            }
            (Some("legacy"), _) | (None, oauth::Credential::UserToken(_)) => Ok(Self::Legacy),
            (Some("high-level"), _) | (None, oauth::Credential::Renewing(_)) => Ok(Self::HighLevel),
            (Some(_), _) => Err(refusal(ErrorCode::BadRequest, "\"api\" must be \"legacy\" or \"high-level\"")),
        }
    }
}

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
        let setup = Setup::new(target)?;
        Ok(Self {
            client: Client::new(&target.url, token, field("app_token"), setup.profile)?,
            setup,
            language: field("language").map(Language::of),
        })
    }

    /// The category of a ticket: the one that somebody chose, if it is this helpdesk's; else what policy says.
    async fn category(&self, document: &TicketDocument) -> Option<u64> {
        if let Some(chosen) = &document.helpdesk_category {
            let known = self.setup.all_categories(&self.client).await.unwrap_or_default();
            if known.iter().any(|there| there.is(chosen)) {
                return Some(chosen.id);
            }
        }
        self.setup.category(document.category)
    }

    fn language(&self) -> Language {
        self.language.unwrap_or_else(Language::system)
    }
}

/// The files that these are of, with why.
fn named<'a>(
    files: &'a [Enclosure],
    refused: &'a [(AttachmentId, HelpdeskError)],
) -> Vec<(&'a AttachmentMeta, &'a str)> {
    let meta = |id: AttachmentId| files.iter().map(|file| &file.meta).find(|meta| meta.id == id);
    refused.iter().filter_map(|(id, error)| Some((meta(*id)?, error.detail.as_str()))).collect()
}

/// GLPI's own page for what broke: it may have been a file, and the rest may be there.
fn broke(error: &HelpdeskError) -> bool {
    error.code == ErrorCode::BadAnswer && error.may_have_arrived
}

/// A refusal for good that may be one of a file: GLPI 11 after 11.0.6 says so where it broke before, with the ticket there.
fn for_files(error: &HelpdeskError) -> bool {
    error.again == Again::Permanent
        && matches!(error.code, ErrorCode::Forbidden | ErrorCode::Refused | ErrorCode::FileType)
}

#[async_trait]
impl Helpdesk for GlpiDesk {
    fn capabilities(&self) -> Capabilities {
        let rights = self.client.rights();
        let reply = rights.is_none_or(Rights::reply);
        let by_reply = if reply { Way::Own } else { Way::Not };
        Capabilities {
            file_bytes: Some(self.setup.known_file_bytes()),
            files_at_create: true,
            reply,
            confirm: by_reply,
            reopen: by_reply,
            rate: if self.setup.surveys() { Way::Own } else { Way::Not },
            private_notes: true,
            categories: rights.is_none_or(Rights::categories),
            articles: rights.is_none_or(Rights::articles),
            lag: LAG,
            on_behalf: self.setup.requester.is_some(),
            nudges: false,
        }
    }

    async fn find(&self, ticket: ClientId, files: &[Enclosure]) -> Result<Option<Placed>> {
        match self.look(ticket).await? {
            None => Ok(None),
            Some(there) => self.found(there, files).await.map(Some),
        }
    }

    async fn create(&self, ticket: ClientId, document: Bytes, files: &[Enclosure]) -> Result<Placed> {
        let read: TicketDocument = serde_json::from_slice(&document)
            .map_err(|error| refusal(ErrorCode::Internal, format!("the kept document cannot be read: {error}")))?;
        let language = self.language.unwrap_or_else(|| Language::of(&read.requester.language));
        let session = self.client.session().await?;
        let (taken, mut not_taken) = self.sorted(files).await?;
        let (along, later) = self.along(&taken);
        let laid = layout::lay_out(&read, document, language);
        let told = named(files, &not_taken);
        let (body, _) = layout::files_not_taken(language, &told);
        let mut input = json!({
            "name": laid.title,
            "content": files::before_marker(&laid.html, &body),
            "type": INCIDENT,
            "urgency": level(read.urgency),
            "impact": level(read.impact),
            "_users_id_requester": self.setup.requester.unwrap_or(session.user),
        });
        if let Some(entity) = self.setup.entity.or(session.entity) {
            input["entities_id"] = json!(entity);
        }
        if let Some(category) = self.category(&read).await {
            input["itilcategories_id"] = json!(category);
        }
        // The requester's first: what GLPI 11 does not take ends what it takes.
        let mut ours = files::ours(&laid);
        ours.retain(|part| self.setup.goes_along(&part.name, part.source.length()));
        let with_it = if self.setup.one_file_at_a_time() { 1_usize.saturating_sub(along.len()) } else { ours.len() };
        let mut ours_later = ours.split_off(with_it.min(ours.len()));
        let parts: Vec<Part> = along.iter().map(|file| files::part(file)).chain(ours.iter().cloned()).collect();
        let mut sent = self.client.add::<Added>("Ticket", &input, &parts).await;
        let mut missing: Vec<AttachmentId> = later.iter().map(|file| file.meta.id).collect();
        let mut together = true;
        if let Err(error) = &sent
            && error.code == ErrorCode::FileTooLarge
        {
            // All together were too much for PHP or the web server: the files go one by one, or not at all.
            together = false;
            missing = taken.iter().map(|file| file.meta.id).collect();
            sent = self.client.add("Ticket", &input, &ours).await;
            if sent.as_ref().is_err_and(|error| error.code == ErrorCode::FileTooLarge) {
                sent = self.client.add("Ticket", &input, &[]).await;
            }
        }
        let added = match sent {
            Ok(added) => added,
            Err(error) if broke(&error) || (!parts.is_empty() && for_files(&error)) => {
                let Some(there) = self.look(ticket).await.map_err(in_doubt)? else { return Err(self.meant(error)) };
                let placed = self.found(there, files).await.map_err(in_doubt)?;
                self.learn_from(there.number, if together { &parts } else { &ours }).await;
                return Ok(placed);
            }
            Err(error) => return Err(self.meant(error)),
        };
        if together {
            let fates: Vec<Option<HelpdeskError>> = (0..parts.len()).map(|at| refused(&added, at)).collect();
            for (part, fate) in parts.iter().zip(&fates) {
                self.setup.learn(&part.name, part.source.length(), fate.is_none());
            }
            let taken_along: Vec<bool> = fates.iter().map(Option::is_none).collect();
            let by_file: Vec<(&&Enclosure, HelpdeskError)> =
                along.iter().zip(fates).filter_map(|(file, fate)| Some((file, fate?))).collect();
            let told: Vec<_> = by_file.iter().map(|(file, error)| (&file.meta, error.detail.as_str())).collect();
            self.say_refused(&added.id.to_string(), &told).await;
            not_taken.extend(by_file.into_iter().map(|(file, error)| (file.meta.id, error)));
            let sent: Vec<Part> =
                parts.iter().zip(&taken_along).filter(|(_, taken)| **taken).map(|(p, _)| p.clone()).collect();
            for part in self.left_out(&added, &sent).await {
                match along.iter().find(|file| matches!(&part.source, Source::Kept(path, _) if *path == file.path)) {
                    Some(file) => missing.push(file.meta.id),
                    None => ours_later.push(part),
                }
            }
        }
        self.send_ours(ticket, added.id, &ours_later).await;
        Ok(Placed { number: Some(added.id), missing, refused: not_taken })
    }

    async fn attach(&self, ticket: TicketRef, _: Option<FollowUpId>, file: &Enclosure) -> Result<()> {
        if self.setup.was_left_behind(file.meta.id) {
            return Err(files::not_kept());
        }
        let number = self.number(ticket).await?;
        let id = alone(file.meta.id);
        let part = files::part(file);
        let large = self.sorted(std::slice::from_ref(file)).await?.1.pop();
        let sent = if let Some((_, error)) = large {
            Err(error)
        } else {
            let html = thread::file_line(&file.meta.name);
            match self.say(&number, &html, id, json!({}), Some(part.clone())).await {
                Ok(added) => refused(&added, 0).map_or(Ok(()), Err),
                Err(error) if broke(&error) => self.after_breaking(&number, file, id, error).await?.map_or(Ok(()), Err),
                Err(error) => Err(error),
            }
        };
        match &sent {
            Ok(()) => self.setup.learn(&part.name, file.meta.size_bytes, true),
            Err(error) if error.again == Again::Permanent && files::because_of_file(error) => {
                self.say_refused(&number, &[(&file.meta, &error.detail)]).await;
            }
            Err(_) => {}
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
        if attempt == Attempt::Doubtful && self.written(&number).await?.contains(&follow_up.id) {
            return self.found_with(&number, follow_up.id, with, &taken, not_taken).await;
        }
        let html = paragraphs(&follow_up.text) + &layout::files_not_taken(self.language(), &named(files, &not_taken)).0;
        let sent = match self.say(&number, &html, follow_up.id, json!({}), with.map(files::part)).await {
            Ok(added) => refused(&added, 0),
            Err(error) if broke(&error) => match with {
                Some(file) => self.after_breaking(&number, file, follow_up.id, error).await?,
                None => return Err(error),
            },
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
        let missing = if with.is_some() { Vec::new() } else { taken.iter().map(|file| file.meta.id).collect() };
        Ok(Placed { number: None, missing, refused: not_taken })
    }

    async fn verdict(&self, ticket: TicketRef, verdict: &NewVerdict, attempt: Attempt) -> Result<()> {
        let texts = Texts::of(self.language());
        let (said, more) = match &verdict.verdict {
            Verdict::Confirm => (texts.desk_asks_to_close(), json!({ "add_close": 1 })),
            Verdict::Reopen { text } => {
                (format!("{}\n\n{text}", texts.desk_asks_to_reopen()), json!({ "add_reopen": 1 }))
            }
            Verdict::Rate { stars, comment } => {
                let number = self.number(ticket).await?;
                return self.rate(&number, *stars, comment.as_deref()).await;
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
            cursor.settled = false;
        }
        let now = jiff::Timestamp::now().as_second();
        // What the window says of files is known by the time that somebody adds one.
        self.setup.file_bytes(&self.client).await?;
        let rows = self.rows().await?;
        let mut wanted: Vec<(i64, u64)> = rows.iter().copied().filter(|row| cursor.wants(*row)).collect();
        let more = wanted.len() > THREADS;
        wanted.truncate(THREADS);
        let mut tickets = Vec::with_capacity(wanted.len());
        for (_, number) in &wanted {
            match self.view(*number).await {
                Ok(view) => tickets.push(view),
                // Deleted, or no longer ours to see, since the list was made. What is refused for a while is asked again.
                Err(HelpdeskError {
                    code: ErrorCode::NotFound | ErrorCode::Forbidden,
                    again: Again::Permanent,
                    ..
                }) => {}
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
        let wanted = self.wanted(&number, attachment).await?;
        let wanted = wanted.ok_or_else(|| refusal(ErrorCode::NotFound, "the ticket has no such file"))?;
        let response = self.client.document(wanted).await.map_err(|error| {
            let mut detail = error.detail;
            if error.code == ErrorCode::Forbidden {
                detail = format!("GLPI lets this profile open files only in its own pages: {detail}");
            }
            HelpdeskError { detail, ..error }
        })?;
        if !response.headers().contains_key(CONTENT_DISPOSITION) {
            return Err(http::bad_answer("GLPI answered with something else than the file"));
        }
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
        self.setup.all_categories(&self.client).await
    }

    async fn articles(&self, words: &str) -> Result<Vec<Article>> {
        articles::find(&self.client, &self.setup, words).await
    }
}

#[cfg(test)]
mod tests;
