//! What is asked and said around sending: what is there already, which files are, and what became of them.

use std::collections::BTreeSet;

use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, FollowUpId};
use serde_json::{Value, json};

use super::files::{self, alone};
use super::thread::CLOSED;
use super::wire::{self, Added, Entry, Found, Rights, Ticket};
use super::words::search;
use super::{ALL, GlpiDesk, thread};
use crate::connection::{in_doubt, refusal};
use crate::upload::{Part, Source};
use crate::{Again, Enclosure, HelpdeskError, Placed, Result, TicketRef, layout, marker};

/// Files up to this size need no question for the largest: GLPI's setting is in MiB, from one on.
const SMALL_BYTES: u64 = 1024 * 1024;

/// A ticket that was found by its marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct There {
    pub(super) number: u64,
    /// How many documents it has itself.
    documents: u64,
    /// Whether somebody is its requester.
    asked: bool,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    There,
    Refused,
    Missing,
}

/// What is known of a ticket's files.
struct Kept {
    /// Of all documents that the requester may see; `None` where GLPI does not tell.
    digests: Option<BTreeSet<String>>,
    written: Vec<FollowUpId>,
}

impl Kept {
    /// What became of a file that went with the entry `with`.
    async fn fate(&self, file: &Enclosure, with: FollowUpId) -> Fate {
        let written = self.written.contains(&with);
        let Some(digests) = &self.digests else { return if written { Fate::There } else { Fate::Missing } };
        // One that cannot be read any more says so when it is to be sent.
        let digest = files::digest(&Source::Kept(file.path.clone(), file.meta.size_bytes)).await.unwrap_or_default();
        match (digests.contains(&digest), written) {
            (true, _) => Fate::There,
            // The words came through without it: GLPI did not take it.
            (false, true) => Fate::Refused,
            (false, false) => Fate::Missing,
        }
    }
}

impl GlpiDesk {
    /// A search for tickets; options that are gone are asked for anew the next time.
    pub(super) async fn search_tickets(&self, query: &[(String, String)]) -> Result<Found> {
        let found = self.client.get(&["search", "Ticket"], query).await;
        if found.as_ref().is_err_and(|error: &HelpdeskError| error.code == ErrorCode::Refused) {
            self.setup.forget_options().await;
        }
        found
    }

    /// The ticket with this marker.
    pub(super) async fn look(&self, ticket: ClientId) -> Result<Option<There>> {
        let options = self.setup.options(&self.client).await?;
        let query = search(
            &[(options.content, "contains", &ticket.to_string())],
            &[options.id, options.documents, options.requester],
            &[("range", "0-9".to_owned())],
        );
        let found = self.search_tickets(&query).await?;
        let there = |row: &std::collections::BTreeMap<String, Value>| {
            let cell = |option: u64| row.get(&option.to_string()).unwrap_or(&Value::Null);
            let asked = match cell(options.requester) {
                Value::Null => false,
                Value::String(who) => !who.trim().is_empty() && who != "0",
                Value::Array(all) => !all.is_empty(),
                Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
            };
            There { number: wire::whole(cell(options.id)), documents: wire::whole(cell(options.documents)), asked }
        };
        // Of two, the first: the other is somebody's copy.
        Ok(found.data.iter().map(there).filter(|there| there.number > 0).min_by_key(|there| there.number))
    }

    /// What the helpdesk has of a ticket that was looked for.
    pub(super) async fn found(&self, there: There, files: &[Enclosure]) -> Result<Placed> {
        if !there.asked {
            self.claim(there.number).await;
        }
        let (taken, refused) = self.sorted(files).await?;
        let mut missing = Vec::new();
        if !taken.is_empty() {
            let number = there.number.to_string();
            let kept = self.kept(&number).await?;
            // Where only their number is known: the first of those that go along came along.
            let along = self.along(&taken).0;
            let lacking = files::after(&along, there.documents);
            let came: Vec<AttachmentId> =
                along.iter().map(|file| file.meta.id).filter(|id| !lacking.contains(id)).collect();
            for file in taken {
                let fate = match kept.digests {
                    None if came.contains(&file.meta.id) => Fate::There,
                    _ => kept.fate(file, alone(file.meta.id)).await,
                };
                if !self.is_there(file.meta.id, fate) {
                    missing.push(file.meta.id);
                }
            }
        }
        Ok(Placed { number: Some(there.number), missing, refused })
    }

    /// What became of a reply's files, with the reply there already. `along` went with it, the others by themselves.
    pub(super) async fn found_with(
        &self,
        number: &str,
        reply: FollowUpId,
        along: Option<&Enclosure>,
        taken: &[&Enclosure],
        refused: Vec<(AttachmentId, HelpdeskError)>,
    ) -> Result<Placed> {
        let mut missing = Vec::new();
        if !taken.is_empty() {
            let kept = self.kept(number).await?;
            for file in taken {
                let with = if along.is_some() { reply } else { alone(file.meta.id) };
                if !self.is_there(file.meta.id, kept.fate(file, with).await) {
                    missing.push(file.meta.id);
                }
            }
        }
        Ok(Placed { number: None, missing, refused })
    }

    /// Whether a file is there. One whose entry is there without it may still be on its way while GLPI works on that: that
    /// it was refused is said when, after the wait that any doubt asks for, it is to be sent again.
    fn is_there(&self, file: AttachmentId, fate: Fate) -> bool {
        self.setup.left_behind(file, fate == Fate::Refused);
        fate == Fate::There
    }

    /// What became of a file on whose entry GLPI broke, or something in between did: why it was refused, or nothing if it is
    /// there. Without the entry it is not known.
    pub(super) async fn after_breaking(
        &self,
        number: &str,
        file: &Enclosure,
        with: FollowUpId,
        error: HelpdeskError,
    ) -> Result<Option<HelpdeskError>> {
        let kept = self.kept(number).await.map_err(in_doubt)?;
        if !kept.written.contains(&with) {
            return Err(error);
        }
        let there = kept.digests.is_some() && kept.fate(file, with).await == Fate::There;
        Ok((!there).then(|| files::broke_on(file)))
    }

    async fn kept(&self, number: &str) -> Result<Kept> {
        let ticket = self.whole(number).await?;
        let digests = ticket.documents().map(|all| all.into_iter().map(|one| one.sha1sum.to_lowercase()).collect());
        Ok(Kept { digests, written: self.written(number).await? })
    }

    /// A ticket with its documents. A requester may not list documents, but is told those of a ticket.
    pub(super) async fn whole(&self, number: &str) -> Result<Ticket> {
        self.client.get(&["Ticket", number], &[("with_documents".to_owned(), "true".to_owned())]).await
    }

    /// Makes the requester that of a ticket on which GLPI broke before it did so itself. Whoever wrote a ticket may as long
    /// as nothing else happened to it; where GLPI says no, the ticket is still found by who wrote it.
    async fn claim(&self, number: u64) {
        let user = match self.client.session().await {
            Ok(session) => self.setup.requester.unwrap_or(session.user),
            Err(_) => return,
        };
        let input = json!({ "tickets_id": number, "users_id": user, "type": 1 });
        if let Err(error) = self.client.add::<Added>("Ticket_User", &input, &[]).await {
            tracing::warn!(%error, number, "a ticket has no requester, and none could be set");
        }
    }

    /// Which of the parts that went with a ticket GLPI broke on: the first that is not there. It goes along no more.
    pub(super) async fn learn_from(&self, number: u64, parts: &[Part]) {
        let Ok(Some(documents)) = self.whole(&number.to_string()).await.map(|ticket| ticket.documents()) else {
            return;
        };
        for part in parts {
            let Ok(digest) = files::digest(&part.source).await else { return };
            if !documents.iter().any(|there| there.sha1sum.eq_ignore_ascii_case(&digest)) {
                self.setup.learn(&part.name, part.source.length(), false);
                return;
            }
        }
    }

    pub(super) async fn number(&self, ticket: TicketRef) -> Result<String> {
        let number = match ticket.number {
            Some(number) => Some(number),
            None => self.look(ticket.client_id).await?.map(|there| there.number),
        };
        number.map(|number| number.to_string()).ok_or_else(|| refusal(ErrorCode::NotFound, "the ticket is not there"))
    }

    pub(super) async fn follow_ups(&self, number: &str) -> Result<Vec<Entry>> {
        let range = [("range".to_owned(), ALL.to_owned())];
        self.client.list(&["Ticket", number, "ITILFollowup"], &range).await
    }

    /// The identities of what we wrote into a ticket.
    pub(super) async fn written(&self, number: &str) -> Result<Vec<FollowUpId>> {
        let user = self.client.session().await?.user;
        let entries = self.follow_ups(number).await?;
        let ours = |entry: &Entry| (entry.users_id == user).then(|| thread::marked(entry)).flatten();
        Ok(entries.iter().filter_map(ours).collect())
    }

    /// Files that are small enough, and the others with the reason.
    pub(super) async fn sorted<'a>(
        &self,
        files: &'a [Enclosure],
    ) -> Result<(Vec<&'a Enclosure>, Vec<(AttachmentId, HelpdeskError)>)> {
        if files.iter().all(|file| file.meta.size_bytes <= SMALL_BYTES) {
            return Ok((files.iter().collect(), Vec::new()));
        }
        let most = self.setup.file_bytes(&self.client).await?;
        let (taken, large): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.meta.size_bytes <= most);
        let refused = large.into_iter().map(|file| (file.meta.id, files::too_large(most))).collect();
        Ok((taken, refused))
    }

    /// Files that go in the request that creates a ticket, and those that go by themselves after it.
    pub(super) fn along<'a>(&self, taken: &[&'a Enclosure]) -> (Vec<&'a Enclosure>, Vec<&'a Enclosure>) {
        let mut room = files::TOGETHER_BYTES;
        let mut places = if self.setup.one_file_at_a_time() { 1 } else { usize::MAX };
        taken.iter().partition(|file| {
            let part = files::part(file);
            let fits = file.meta.size_bytes <= room && places > 0;
            let sure = fits && self.setup.goes_along(&part.name, file.meta.size_bytes);
            if sure {
                room -= file.meta.size_bytes;
                places -= 1;
            }
            sure
        })
    }

    /// Adds an entry to a ticket, with at most one file.
    pub(super) async fn say(
        &self,
        number: &str,
        html: &str,
        id: FollowUpId,
        more: Value,
        file: Option<Part>,
    ) -> Result<Added> {
        let mut input = json!({
            "itemtype": "Ticket",
            "items_id": number.parse::<u64>().unwrap_or_default(),
            "content": format!("{html}<p>{}</p>", marker::follow_up_line(id)),
            "is_private": 0,
        });
        if let (Value::Object(input), Value::Object(more)) = (&mut input, more) {
            input.extend(more);
        }
        let refused = match self.client.add("ITILFollowup", &input, &file.into_iter().collect::<Vec<_>>()).await {
            Err(error) if error.code == ErrorCode::Forbidden && error.again == Again::Permanent => error,
            other => return other,
        };
        // What is closed takes nothing more, which is not a right that somebody lacks (`ITILFollowup::canCreateItem`).
        match self.client.get::<Ticket>(&["Ticket", number], &[]).await {
            Ok(there) if there.status == CLOSED => Err(HelpdeskError { code: ErrorCode::WrongState, ..refused }),
            Ok(_) | Err(_) => Err(refused),
        }
    }

    /// What a refusal of a ticket means. Who may create tickets lacks no right, unless in an entity that policy says: the ticket's
    /// template wants a field that nobody filled, or a rule does not want the ticket (`Ticket::prepareInputForAdd`).
    pub(super) fn meant(&self, error: HelpdeskError) -> HelpdeskError {
        let may = self.setup.entity.is_none() && self.client.rights().is_some_and(Rights::create);
        if may && error.again == Again::Permanent && error.detail.contains("ERROR_GLPI_ADD") {
            return HelpdeskError { code: ErrorCode::Refused, ..error };
        }
        error
    }

    /// Which of the parts that GLPI took with a ticket are not there. Up to some version, GLPI 10 keeps the first of several
    /// and tells of all (its pull request 19180): looked at once, and kept to from then on. GLPI 11 keeps all
    /// (capture `glpi-v11-extra/008`).
    pub(super) async fn left_out(&self, added: &Added, parts: &[Part]) -> Vec<Part> {
        let [first, others @ ..] = parts else { return Vec::new() };
        if others.is_empty() || !added.by_glpi_10() || self.setup.takes_several() {
            return Vec::new();
        }
        let there = self.whole(&added.id.to_string()).await.map(|ticket| ticket.documents());
        let Ok(Some(there)) = there else { return Vec::new() };
        let is_there = async |part: &Part| match files::digest(&part.source).await {
            Ok(digest) => there.iter().any(|one| one.sha1sum.eq_ignore_ascii_case(&digest)),
            Err(_) => true,
        };
        // Where not even that is told, nothing is known of the others.
        if !is_there(first).await {
            return Vec::new();
        }
        let mut lacking = Vec::new();
        for part in others {
            if !is_there(part).await {
                lacking.push(part.clone());
            }
        }
        self.setup.learn_several(lacking.is_empty());
        lacking
    }

    /// Sends what is attached besides the requester's files, each with an entry of its own. The ticket says enough without.
    pub(super) async fn send_ours(&self, ticket: ClientId, number: u64, parts: &[Part]) {
        for part in parts {
            let id = FollowUpId(uuid::Uuid::new_v5(&ticket.0, part.name.as_bytes()));
            let line = thread::file_line(&part.name);
            if let Err(error) = self.say(&number.to_string(), &line, id, json!({}), Some(part.clone())).await {
                tracing::info!(%error, file = part.name, "GLPI did not take it");
            }
        }
    }

    /// Says in the ticket which files are not there, and why.
    pub(super) async fn say_refused(&self, number: &str, files: &[(&AttachmentMeta, &str)]) {
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
