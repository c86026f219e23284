//! MantisBT 2.28 and its neighbours, by its REST interface (`/api/rest`), as seen on a running server.
//!
//! Credential: a token of the user's own ("My account", "API tokens"), as is.
//! Fields of the target, all optional:
//! - `project`: its number or name; else the first that the user can see;
//! - `category`: its number or name, and `category.<ours>` (`category.network`…) before it; else the one whose name means
//!   the same, else "General", else the first;
//! - `custom_field.<name>`: what a custom field is filled with, where the project requires one;
//! - `on_behalf_of`: the login of the person who files, where the token is one of a service account that may act as
//!   others (administrators may): the hub sets it;
//! - `language`: of what technicians read; else the requester's.
//!
//! What is particular here:
//! - A file that is too large is refused **after** the issue was created: every refusal of a file is answered by looking.
//! - There is no search by text. An issue is found by its marker among the user's own, newest change first.
//! - Two files of one issue must not have the same name. A file that goes by itself has a part of its identity in its name.
//! - Resolved issues are read-only for requesters, who cannot reopen them either unless they may change issues.

mod body;
mod client;
mod files;
mod following;
mod setup;
mod text;
mod thread;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use bytes::Bytes;
use deskside_protocol::desk::{Changes, NewFollowUp, NewVerdict};
use deskside_protocol::ticket::{AttachmentMeta, Level, TicketDocument, Verdict};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, FollowUpId, limits};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use reqwest::Method;
use serde_json::json;

use self::body::Body;
use self::client::{Client, Fetched};
use self::files::{Sorted, all_files, because_of_files, note_of, plain, sent, together};
use self::setup::{Setup, UPDATER};
use self::wire::{Created, File, Files, Issue, Issues};
use crate::connection::{in_doubt, refusal};
use crate::target::Target;
use crate::upload::Source;
use crate::{
    Attempt, Capabilities, Choice, Enclosure, Helpdesk, Placed, Result, TicketRef, Way, derived, http, layout, marker,
};

/// Issues that are asked for at a time when one is looked for.
const LOOK_PAGE: usize = 50;
/// Pages that are looked through at most.
const LOOK_PAGES: usize = 20;
/// The user's own issues, as far as they are not closed.
const REPORTED: (&str, &str) = ("filter_id", "reported");
/// How far the server's clock and this one's may be apart when an issue is looked for.
const SKEW: Duration = Duration::from_secs(24 * 3600);
/// How long a request that was broken off may still be worked on: PHP's usual time limit (`max_execution_time`).
const LAG: Duration = Duration::from_secs(30);
/// Largest answer with a file in it, in bytes: base64, and a little.
const FILE_ANSWER_BYTES: usize = limits::ATTACHMENT_BYTES as usize / 3 * 4 + 64 * 1024;
/// `FEEDBACK`, `CLOSED` and `REOPENED` of MantisBT's `core/constant_inc.php`.
const FEEDBACK: u64 = 20;
const CLOSED: u64 = 90;
const REOPENED: u64 = 30;

/// A connection to a MantisBT with a user's token. Nothing here can print it.
pub struct MantisDesk {
    client: Client,
    setup: Setup,
    language: Option<deskside_texts::Language>,
    on_behalf: bool,
}

impl std::fmt::Debug for MantisDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MantisDesk").field("server", &self.client.server().as_str()).finish_non_exhaustive()
    }
}

impl MantisDesk {
    /// Sets a connection up; nothing is sent yet.
    ///
    /// # Errors
    /// `BadRequest` if the address, a field or the token cannot be one.
    pub fn new(target: &Target, token: &str) -> Result<Self> {
        if token.trim().is_empty() {
            return Err(refusal(ErrorCode::BadRequest, "the token is empty"));
        }
        let on_behalf_of = target.fields.get("on_behalf_of").map(String::as_str).filter(|name| !name.is_empty());
        Ok(Self {
            client: Client::new(&target.url, token, on_behalf_of)?,
            setup: Setup::new(target),
            language: target.fields.get("language").map(|tag| deskside_texts::Language::of(tag)),
            on_behalf: on_behalf_of.is_some(),
        })
    }

    /// The issue that has the ticket's marker, if there is one: among the user's own, and among all that the user sees. Closed
    /// ones are in the second list alone (`filter_create_reported_by`, `filter_create_any`).
    async fn look(&self, ticket: ClientId) -> Result<Option<Issue>> {
        match self.look_among(ticket, Some(REPORTED)).await? {
            None => self.look_among(ticket, None).await,
            found => Ok(found),
        }
    }

    async fn look_among(&self, ticket: ClientId, filter: Option<(&str, &str)>) -> Result<Option<Issue>> {
        let created = ticket.0.get_timestamp().map_or(0, |at| i64::try_from(at.to_unix().0).unwrap_or(0));
        let oldest = created.saturating_sub_unsigned(SKEW.as_secs());
        for page in 1..=LOOK_PAGES {
            let (page, size) = (page.to_string(), LOOK_PAGE.to_string());
            let mut query = vec![
                ("page_size", size.as_str()),
                ("page", page.as_str()),
                ("select", "id,description,status,sticky,updated_at,attachments"),
            ];
            query.extend(filter);
            let issues: Issues = self.client.get(&["issues"], &query).await?;
            let whole = issues.issues.len() >= LOOK_PAGE;
            // Sticky ones come first, however old.
            let older = issues.issues.last().is_some_and(|issue| {
                issue.sticky != Some(true) && issue.updated_at.is_some_and(|at| at.as_second() < oldest)
            });
            let found = issues.issues.into_iter().find(|issue| marker::ticket_in(&issue.description) == Some(ticket));
            if found.is_some() || !whole || older {
                return Ok(found);
            }
        }
        Ok(None)
    }

    async fn number(&self, ticket: TicketRef) -> Result<String> {
        let number = match ticket.number {
            Some(number) => Some(number),
            None => self.look(ticket.client_id).await?.map(|issue| issue.id),
        };
        number.map(|number| number.to_string()).ok_or_else(|| refusal(ErrorCode::NotFound, "the issue is not there"))
    }

    async fn issue(&self, number: &str, select: &str) -> Result<Issue> {
        let issues: Issues = self.client.get(&["issues", number], &[("select", select)]).await?;
        issues.issues.into_iter().next().ok_or_else(|| http::bad_answer("no issue in the answer"))
    }

    /// Which files go, which cannot.
    async fn sorted<'a>(&self, files: &'a [Enclosure]) -> Result<Sorted<'a>> {
        if files.is_empty() {
            return Ok(Sorted::default());
        }
        let limits = self.setup.limits(&self.client).await?;
        let mut sorted = Sorted::default();
        for file in files {
            match limits.takes(&file.meta.name, file.meta.size_bytes) {
                Ok(()) => sorted.taken.push(file),
                Err(error) => sorted.refused.push((&file.meta, error)),
            }
        }
        Ok(sorted)
    }

    async fn post_issue(&self, json: &serde_json::Value, files: &[(String, Source)]) -> Result<Issue> {
        let answer = self.client.post(&["issues"], Body::new(json, files).await?).await?;
        let created: Created = http::json(answer).await?;
        Ok(created.issue)
    }

    /// Sends our own two files to an issue that came to be without them. The issue says enough without.
    async fn send_own(&self, issue: &Issue, own: &[(String, Source)]) {
        for file in own {
            if issue.attachments.iter().any(|there| there.filename == file.0) {
                continue;
            }
            let number = issue.id.to_string();
            let sent = match Body::new(&json!({}), std::slice::from_ref(file)).await {
                Ok(body) => self.client.post(&["issues", &number, "files"], body).await.map(|_| ()),
                Err(error) => Err(error),
            };
            if let Err(error) = sent {
                tracing::info!(%error, file = file.0, "MantisBT did not take it");
            }
        }
    }

    /// Adds a note, with files.
    async fn post_note(&self, number: &str, text: &str, files: &[(String, Source)]) -> Result<()> {
        let json = json!({ "text": text, "view_state": { "name": "public" } });
        // What comes back is the whole issue; that it came back is enough.
        let answer = self.client.post(&["issues", number, "notes"], Body::new(&json, files).await?).await?;
        let _: serde_json::Value = http::json(answer).await?;
        Ok(())
    }

    fn language(&self) -> deskside_texts::Language {
        self.language.unwrap_or_else(deskside_texts::Language::system)
    }

    /// Brings an issue into another state, where the user may.
    async fn set_status(&self, number: &str, change: serde_json::Value) -> Result<()> {
        let answer = self.client.send_json(Method::PATCH, &["issues", number], &change).await?;
        let _: Issues = http::json(answer).await?;
        Ok(())
    }
}

/// MantisBT's priorities, of `core/constant_inc.php`.
fn priority(document: &TicketDocument) -> u64 {
    match (document.urgency, document.impact) {
        (Level::High, Level::High) => 50,
        (Level::High, Level::Medium | Level::Low) | (Level::Medium, Level::High) => 40,
        (Level::Medium, Level::Medium | Level::Low) | (Level::Low, Level::High) => 30,
        (Level::Low, Level::Medium | Level::Low) => 20,
    }
}

#[async_trait]
impl Helpdesk for MantisDesk {
    fn capabilities(&self) -> Capabilities {
        let (limits, level) = self.setup.known();
        let read_only_when_resolved =
            limits.as_ref().is_none_or(|limits| limits.read_only_from <= limits.resolved_from);
        let change = if level.is_some_and(|level| level >= UPDATER) {
            Way::Own
        } else if read_only_when_resolved {
            Way::Not
        } else {
            Way::ByReply
        };
        Capabilities {
            file_bytes: Some(limits.map_or(limits::ATTACHMENT_BYTES, |limits| limits.file_bytes)),
            files_at_create: true,
            reply: true,
            confirm: change,
            reopen: change,
            rate: Way::Not,
            private_notes: true,
            categories: true,
            articles: false,
            lag: LAG,
            on_behalf: self.on_behalf,
            nudges: false,
        }
    }

    async fn find(&self, ticket: ClientId, files: &[Enclosure]) -> Result<Option<Placed>> {
        let Some(issue) = self.look(ticket).await? else { return Ok(None) };
        let there: Vec<&File> = issue.attachments.iter().collect();
        Ok(Some(self.sorted(files).await?.placed(Some(issue.id), &there)))
    }

    async fn create(&self, ticket: ClientId, document: Bytes, files: &[Enclosure]) -> Result<Placed> {
        let read: TicketDocument = serde_json::from_slice(&document)
            .map_err(|error| refusal(ErrorCode::Internal, format!("the kept document cannot be read: {error}")))?;
        let language = self.language.unwrap_or_else(|| deskside_texts::Language::of(&read.requester.language));
        let limits = self.setup.limits(&self.client).await?;
        let sorted = self.sorted(files).await?;
        let (project, category) =
            self.setup.place(&self.client, read.category, read.helpdesk_category.as_ref()).await?;
        let laid = layout::lay_out(&read, document, language);
        let own: Vec<(String, Source)> = [(layout::JSON_NAME, laid.json), (layout::PAGE_NAME, laid.page)]
            .into_iter()
            .filter(|(name, bytes)| limits.takes(name, bytes.len() as u64).is_ok())
            .map(|(name, bytes)| (name.to_owned(), Source::Held(bytes)))
            .collect();
        let json = |not_taken: &[(&AttachmentMeta, &str)]| {
            let mut text = marker::without(&laid.text);
            if !not_taken.is_empty() {
                text.push_str("\n\n");
                text.push_str(&layout::files_not_taken(language, not_taken).1);
            }
            let mut json = json!({
                "summary": text::summary(&laid.title),
                "description": text::with_last_line(&text, &marker::ticket_line(ticket)),
                "project": project,
                "priority": { "id": priority(&read) },
            });
            let more = [("category", category.clone()), ("custom_fields", self.setup.custom_fields())];
            for (name, value) in more.into_iter().filter_map(|(name, value)| Some((name, value?))) {
                json[name] = value;
            }
            json
        };
        let refused: Vec<(&AttachmentMeta, &str)> =
            sorted.refused.iter().map(|(meta, error)| (*meta, error.detail.as_str())).collect();
        let names: Vec<String> = own.iter().map(|(name, _)| name.clone()).collect();
        let mut going = own.clone();
        going.extend(together(&sorted.taken, &names));
        let issue = match self.post_issue(&json(&refused), &going).await {
            Ok(issue) => issue,
            Err(error) if error.code == ErrorCode::Refused => {
                // What was learnt of project and category may be out of date.
                self.setup.forget().await;
                return Err(error);
            }
            Err(error) if (because_of_files(&error) || error.code == ErrorCode::Busy) && !going.is_empty() => {
                if let Some(issue) = self.look(ticket).await.map_err(in_doubt)? {
                    issue
                } else if error.code == ErrorCode::Busy {
                    return Err(error);
                } else {
                    let mut refused = refused;
                    if error.code == ErrorCode::Forbidden {
                        refused.extend(sorted.taken.iter().map(|file| (&file.meta, error.detail.as_str())));
                    }
                    self.post_issue(&json(&refused), &[]).await?
                }
            }
            Err(error) => return Err(error),
        };
        self.send_own(&issue, &own).await;
        Ok(sorted.placed(Some(issue.id), &issue.attachments.iter().collect::<Vec<_>>()))
    }

    async fn attach(&self, ticket: TicketRef, _: Option<FollowUpId>, file: &Enclosure) -> Result<()> {
        self.setup.limits(&self.client).await?.takes(&file.meta.name, file.meta.size_bytes)?;
        let number = self.number(ticket).await?;
        let name = text::unique_name(&file.meta.name, file.meta.id);
        let source = Source::Kept(file.path.clone(), file.meta.size_bytes);
        let body = Body::new(&json!({}), &[(name, source)]).await?;
        let answer = self.client.post(&["issues", &number, "files"], body).await?;
        // 201 and nothing else: a portal's page with 200 must not be taken for that.
        match answer.status().as_u16() {
            201 => Ok(()),
            other => Err(http::bad_answer(format!("HTTP {other} to a file"))),
        }
    }

    async fn follow_up(
        &self,
        ticket: TicketRef,
        follow_up: &NewFollowUp,
        files: &[Enclosure],
        attempt: Attempt,
    ) -> Result<Placed> {
        let number = self.number(ticket).await?;
        let sorted = self.sorted(files).await?;
        let mut known = None;
        if attempt == Attempt::Doubtful || !sorted.taken.is_empty() {
            let issue = self.issue(&number, "id,reporter,notes,attachments").await?;
            if let Some(placed) = note_of(&issue, follow_up.id, files) {
                return Ok(sorted.placed(None, &placed));
            }
            known = Some(issue);
        }
        let taken_names: Vec<String> = known.iter().flat_map(all_files).map(|file| file.filename.clone()).collect();
        let going = together(&sorted.taken, &taken_names);
        let text = text::with_last_line(&follow_up.text, &marker::follow_up_line(follow_up.id));
        match self.post_note(&number, &text, &going).await {
            Ok(()) if going.is_empty() => Ok(sorted.placed(None, &[])),
            Ok(()) => {
                let sent: Vec<File> = going.iter().map(|(name, source)| sent(name, source)).collect();
                Ok(sorted.placed(None, &sent.iter().collect::<Vec<_>>()))
            }
            Err(error) if because_of_files(&error) && !going.is_empty() => {
                let issue = self.issue(&number, "id,reporter,notes,attachments").await.map_err(in_doubt)?;
                if let Some(there) = note_of(&issue, follow_up.id, files) {
                    return Ok(sorted.placed(None, &there));
                }
                self.post_note(&number, &text, &[]).await?;
                Ok(sorted.placed(None, &[]))
            }
            Err(error) => Err(error),
        }
    }

    async fn verdict(&self, ticket: TicketRef, verdict: &NewVerdict, attempt: Attempt) -> Result<()> {
        let (status, note) = match &verdict.verdict {
            Verdict::Confirm => (CLOSED, None),
            Verdict::Reopen { text } => (FEEDBACK, Some(text.as_str())),
            Verdict::Rate { .. } => {
                return Err(refusal(ErrorCode::WrongState, "MantisBT keeps no ratings"));
            }
        };
        let number = self.number(ticket).await?;
        let limits = self.setup.limits(&self.client).await?;
        let issue = self.issue(&number, "id,reporter,status,notes,attachments").await?;
        if attempt == Attempt::Doubtful && note_of(&issue, verdict.id, &[]).is_some() {
            return Ok(());
        }
        let solved = issue.status.id >= limits.resolved_from;
        let there_already = if status == CLOSED { issue.status.id >= CLOSED } else { !solved };
        let mut by_reply = false;
        if !there_already {
            let mut change = json!({ "status": { "id": status } });
            if status == FEEDBACK {
                change["resolution"] = json!({ "id": REOPENED });
            }
            match self.set_status(&number, change).await {
                Ok(()) => {}
                Err(error) if error.code == ErrorCode::Forbidden && issue.status.id < limits.read_only_from => {
                    by_reply = true;
                }
                Err(error) if error.code == ErrorCode::Forbidden => {
                    let detail = "this user cannot change the issue, and it is read-only for notes";
                    return Err(refusal(ErrorCode::WrongState, detail));
                }
                Err(error) => return Err(error),
            }
        }
        let texts = deskside_texts::Texts::of(self.language());
        let asks = match (&verdict.verdict, by_reply) {
            (Verdict::Confirm, true) => Some(texts.desk_asks_to_close()),
            (Verdict::Reopen { .. }, true) => Some(texts.desk_asks_to_reopen()),
            (Verdict::Confirm | Verdict::Reopen { .. } | Verdict::Rate { .. }, _) => None,
        };
        let said: Vec<&str> = [asks.as_deref(), note].into_iter().flatten().collect();
        if said.is_empty() {
            return Ok(());
        }
        let text = text::with_last_line(&said.join("\n\n"), &marker::follow_up_line(verdict.id));
        self.post_note(&number, &text, &[]).await
    }

    async fn changes(&self, cursor: Option<&str>) -> Result<Changes> {
        self.follow(cursor).await
    }

    async fn download(&self, ticket: TicketRef, attachment: AttachmentId) -> Result<BoxStream<'static, Result<Bytes>>> {
        let number = self.number(ticket).await?;
        let issue = self.issue(&number, "id,reporter,notes,attachments").await?;
        let server = self.client.server();
        let wanted = all_files(&issue).find(|file| {
            let ours = file.filename == text::unique_name(&plain(&file.filename), attachment);
            ours || derived::file(server, file.id) == attachment
        });
        let wanted = wanted.ok_or_else(|| refusal(ErrorCode::NotFound, "the issue has no such file"))?;
        let path = ["issues", number.as_str(), "files", &wanted.id.to_string()];
        let fetched: Fetched<Files> =
            self.client.get_unless(&path, &[], None, limits::UPLOAD, FILE_ANSWER_BYTES).await?;
        let Fetched::Now(files, _) = fetched else { return Err(http::bad_answer("HTTP 304 to what was not asked")) };
        let content = files.files.into_iter().find(|file| file.id == wanted.id).and_then(|file| file.content);
        let content = content.ok_or_else(|| http::bad_answer("no file in the answer"))?;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(content)
            .map_err(|error| http::bad_answer(format!("the file is no base64: {error}")))?;
        Ok(stream::once(async move { Ok(Bytes::from(bytes)) }).boxed())
    }

    fn network_changed(&self) {
        self.client.network_changed();
    }

    async fn categories(&self) -> Result<Vec<Choice>> {
        self.setup.categories(&self.client).await
    }
}
