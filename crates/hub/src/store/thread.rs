//! The thread of a ticket: replies from both sides, internal notes, changes of state, verdicts.

use deskside_helpdesk::outbox::{Kind, Message};
use deskside_protocol::desk::{ConsoleFollowUp, NewFollowUp, NewVerdict};
use deskside_protocol::ticket::{AttachmentMeta, Author, TicketState, Verdict};
use deskside_protocol::{AttachmentId, ClientId, DeviceId, FollowUpId, Timestamp};
use sqlx::Row as _;

use super::rows::{self, word};
use super::staged::Taking;
use super::tickets::{Change, Current};
use super::{Result, Store, StoreError, Write, flag, truth};
use crate::{limits, search, transitions};

/// What became of a reply, from either side.
#[derive(Debug)]
pub(crate) enum ReplyOutcome {
    Added(Change),
    /// The same is here already.
    Existing,
    /// Something else is here under this identity.
    Different,
    NotFound,
    /// The state that it should bring about cannot be reached from this one.
    WrongState(TicketState),
    /// The thread is as long as it may be.
    Full,
    /// One of its files has the identity of a file that is here already.
    AttachmentTaken,
    /// One of its files was not brought, or was forgotten.
    FileMissing,
    /// Its files are too large together.
    FilesTooLarge,
}

/// What became of a verdict.
#[derive(Debug)]
pub(crate) enum VerdictOutcome {
    Done(Change),
    /// It was said before, or is so already.
    Nothing,
    Different,
    NotFound,
    WrongState(TicketState),
    /// The thread is as long as it may be.
    Full,
    /// Stars were given already.
    RatedBefore,
}

/// An answer or a note by somebody of the helpdesk.
#[derive(Debug)]
pub(crate) struct TechnicianReply<'a> {
    pub(crate) id: FollowUpId,
    pub(crate) text: &'a str,
    pub(crate) internal: bool,
    pub(crate) new_state: Option<TicketState>,
    pub(crate) login: &'a str,
    pub(crate) display_name: &'a str,
    /// Files that were brought before.
    pub(crate) files: &'a [AttachmentId],
    /// SHA-256 of what was asked.
    pub(crate) digest: &'a str,
}

/// An entry of the thread as it is written.
pub(super) struct Entry<'a> {
    pub(super) id: FollowUpId,
    pub(super) author: Author,
    pub(super) author_name: Option<&'a str>,
    pub(super) author_login: Option<&'a str>,
    pub(super) text: &'a str,
    pub(super) new_state: Option<TicketState>,
    pub(super) internal: bool,
    pub(super) digest: &'a str,
}

impl<'a> Entry<'a> {
    /// What the requester of the ticket says.
    fn of_requester(
        ticket: &'a Current,
        id: FollowUpId,
        text: &'a str,
        new_state: Option<TicketState>,
        digest: &'a str,
    ) -> Self {
        Self {
            id,
            author: Author::Requester,
            author_name: Some(&ticket.requester),
            author_login: None,
            text,
            new_state,
            internal: false,
            digest,
        }
    }
}

/// What is sent on to the helpdesk to which this hub is the gateway.
fn payload(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Unreadable(error.to_string()))
}

impl Write {
    pub(super) async fn add_entry(
        &mut self,
        ticket: ClientId,
        position: i64,
        now: Timestamp,
        entry: &Entry<'_>,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO follow_ups
                 (client_id, id, position, author, author_name, author_login, at, text, new_state, internal, digest)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(ticket.to_string())
        .bind(entry.id.to_string())
        .bind(position)
        .bind(word(entry.author)?)
        .bind(entry.author_name.map(ToOwned::to_owned))
        .bind(entry.author_login.map(ToOwned::to_owned))
        .bind(now.unix_ms())
        .bind(entry.text.to_owned())
        .bind(entry.new_state.map(word).transpose()?)
        .bind(flag(entry.internal))
        .bind(entry.digest.to_owned())
        .execute(&mut *self.transaction)
        .await?;
        if !entry.text.is_empty() {
            sqlx::query("UPDATE tickets SET search = search || $2 WHERE client_id = $1")
                .bind(ticket.to_string())
                .bind(format!(" {}", search::fold(entry.text)))
                .execute(&mut *self.transaction)
                .await?;
        }
        Ok(())
    }

    /// The entry that says that the state changed, when no text goes with it.
    pub(super) async fn add_state_change(
        &mut self,
        ticket: &Current,
        position: i64,
        now: Timestamp,
        state: TicketState,
    ) -> Result<()> {
        let entry = Entry {
            id: FollowUpId::new(),
            author: Author::System,
            author_name: None,
            author_login: None,
            text: "",
            new_state: Some(state),
            internal: false,
            digest: "",
        };
        self.add_entry(ticket.client_id, position, now, &entry).await
    }

    /// The digest under an entry's identity, if it is taken, and how long the thread is.
    pub(super) async fn thread_so_far(&mut self, ticket: ClientId, id: FollowUpId) -> Result<(Option<String>, i64)> {
        let found = sqlx::query("SELECT digest FROM follow_ups WHERE client_id = $1 AND id = $2")
            .bind(ticket.to_string())
            .bind(id.to_string())
            .fetch_optional(&mut *self.transaction)
            .await?;
        let length = sqlx::query("SELECT COUNT(*) AS length FROM follow_ups WHERE client_id = $1")
            .bind(ticket.to_string())
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok((found.map(|row| row.try_get("digest")).transpose()?, length.try_get("length")?))
    }
}

impl Store {
    /// A requester's reply, once.
    pub(crate) async fn reply_of_requester(
        &self,
        device: DeviceId,
        ticket: ClientId,
        id: FollowUpId,
        text: &str,
        files: &[AttachmentMeta],
        digest: &str,
    ) -> Result<ReplyOutcome> {
        match self.insert_requester_reply(device, ticket, id, text, files, digest).await {
            Err(error) if error.is_taken() => Ok(ReplyOutcome::AttachmentTaken),
            outcome => outcome,
        }
    }

    async fn insert_requester_reply(
        &self,
        device: DeviceId,
        ticket: ClientId,
        id: FollowUpId,
        text: &str,
        files: &[AttachmentMeta],
        digest: &str,
    ) -> Result<ReplyOutcome> {
        let mut write = self.write().await?;
        let sequence = write.next_change().await?;
        let Some(current) = write.ticket_of_device(device, ticket).await? else { return Ok(ReplyOutcome::NotFound) };
        let (known, length) = write.thread_so_far(ticket, id).await?;
        if let Some(known) = known {
            return Ok(if known == digest { ReplyOutcome::Existing } else { ReplyOutcome::Different });
        }
        if length >= limits::FOLLOW_UPS {
            return Ok(ReplyOutcome::Full);
        }
        let now = Timestamp::now();
        let new_state = transitions::after_reply(current.state);
        let entry = Entry::of_requester(&current, id, text, new_state, digest);
        write.add_entry(ticket, sequence, now, &entry).await?;
        write.announce(ticket, Some(id), files).await?;
        let message = Message::new(Kind::FollowUp, files.iter().map(|file| file.id).collect());
        let new = NewFollowUp { id, text: text.to_owned(), attachments: files.to_vec() };
        write.queue_entry(ticket, id, sequence, &message, payload(&new)?).await?;
        write.touch(ticket, sequence, now, true, new_state, Some(true)).await?;
        write.commit().await?;
        Ok(ReplyOutcome::Added(current.change(sequence)))
    }

    /// A technician's answer or internal note, once. A note never reaches the device's feed, unless a change of state
    /// goes with it: then the change does, alone.
    pub(crate) async fn reply_of_technician(&self, number: i64, reply: &TechnicianReply<'_>) -> Result<ReplyOutcome> {
        let mut write = self.write().await?;
        let sequence = write.next_change().await?;
        let Some(current) = write.ticket_of_number(number).await? else { return Ok(ReplyOutcome::NotFound) };
        let (known, length) = write.thread_so_far(current.client_id, reply.id).await?;
        if let Some(known) = known {
            return Ok(if known == reply.digest { ReplyOutcome::Existing } else { ReplyOutcome::Different });
        }
        if length >= limits::FOLLOW_UPS {
            return Ok(ReplyOutcome::Full);
        }
        let new_state = reply.new_state.filter(|wanted| *wanted != current.state);
        if let Some(wanted) = new_state
            && !transitions::technician_may(current.state, wanted)
        {
            return Ok(ReplyOutcome::WrongState(current.state));
        }
        let now = Timestamp::now();
        let entry = Entry {
            id: reply.id,
            author: Author::Technician,
            author_name: Some(reply.display_name),
            author_login: Some(reply.login),
            text: reply.text,
            new_state: new_state.filter(|_| !reply.internal),
            internal: reply.internal,
            digest: reply.digest,
        };
        write.add_entry(current.client_id, sequence, now, &entry).await?;
        match write.take_staged(current.client_id, reply.id, reply.login, reply.files, now).await? {
            Taking::Taken => {}
            Taking::Missing => return Ok(ReplyOutcome::FileMissing),
            Taking::TooLarge => return Ok(ReplyOutcome::FilesTooLarge),
        }
        if reply.internal
            && let Some(wanted) = new_state
        {
            write.add_state_change(&current, sequence, now, wanted).await?;
        }
        let visible = !reply.internal || new_state.is_some();
        let awaits = if reply.internal { None } else { Some(false) };
        write.touch(current.client_id, sequence, now, visible, new_state, awaits).await?;
        write.commit().await?;
        Ok(ReplyOutcome::Added(current.change(if visible { sequence } else { current.visible_sequence })))
    }

    /// What the requester says about a ticket that is solved or closed, once.
    pub(crate) async fn verdict(
        &self,
        device: DeviceId,
        ticket: ClientId,
        id: FollowUpId,
        verdict: &Verdict,
        digest: &str,
    ) -> Result<VerdictOutcome> {
        let mut write = self.write().await?;
        let sequence = write.next_change().await?;
        let Some(current) = write.ticket_of_device(device, ticket).await? else { return Ok(VerdictOutcome::NotFound) };
        let known = sqlx::query("SELECT digest FROM verdicts WHERE client_id = $1 AND id = $2")
            .bind(ticket.to_string())
            .bind(id.to_string())
            .fetch_optional(&mut *write.transaction)
            .await?;
        if let Some(row) = known {
            let known: String = row.try_get("digest")?;
            return Ok(if known == digest { VerdictOutcome::Nothing } else { VerdictOutcome::Different });
        }
        let (known, length) = write.thread_so_far(ticket, id).await?;
        if known.is_some() {
            return Ok(VerdictOutcome::Different);
        }
        let now = Timestamp::now();
        let (state, text, awaits) = match verdict {
            // Said late, after the helpdesk closed it: it is what the requester wants already.
            Verdict::Confirm if current.state == TicketState::Closed => return Ok(VerdictOutcome::Nothing),
            Verdict::Confirm => (transitions::after_confirm(current.state), "", Some(false)),
            Verdict::Reopen { text } => (transitions::after_reopen(current.state), text.as_str(), Some(true)),
            Verdict::Rate { stars, comment } => {
                if current.rated {
                    return Ok(VerdictOutcome::RatedBefore);
                }
                if !transitions::may_rate(current.state) {
                    return Ok(VerdictOutcome::WrongState(current.state));
                }
                sqlx::query("UPDATE tickets SET rating_stars = $2, rating_comment = $3 WHERE client_id = $1")
                    .bind(ticket.to_string())
                    .bind(i64::from(*stars))
                    .bind(comment.clone())
                    .execute(&mut *write.transaction)
                    .await?;
                (Some(current.state), "", None)
            }
        };
        let Some(state) = state else { return Ok(VerdictOutcome::WrongState(current.state)) };
        let new_state = Some(state).filter(|state| *state != current.state);
        if new_state.is_some() {
            if length >= limits::FOLLOW_UPS {
                return Ok(VerdictOutcome::Full);
            }
            let entry = Entry::of_requester(&current, id, text, new_state, digest);
            write.add_entry(ticket, sequence, now, &entry).await?;
        }
        sqlx::query("INSERT INTO verdicts (client_id, id, digest, at) VALUES ($1, $2, $3, $4)")
            .bind(ticket.to_string())
            .bind(id.to_string())
            .bind(digest.to_owned())
            .bind(now.unix_ms())
            .execute(&mut *write.transaction)
            .await?;
        let new = NewVerdict { id, verdict: verdict.clone() };
        write.queue_entry(ticket, id, sequence, &Message::new(Kind::Verdict, Vec::new()), payload(&new)?).await?;
        write.touch(ticket, sequence, now, true, new_state, awaits).await?;
        write.commit().await?;
        Ok(VerdictOutcome::Done(current.change(sequence)))
    }

    /// The whole thread, internal notes included: for technicians only.
    pub(crate) async fn console_thread(&self, ticket: ClientId) -> Result<Vec<ConsoleFollowUp>> {
        let (_, mut files) = self.files_of(ticket, 0).await?;
        let found = sqlx::query(
            "SELECT id, author, author_name, author_login, at, text, new_state, internal FROM follow_ups
             WHERE client_id = $1 ORDER BY position, internal DESC",
        )
        .bind(ticket.to_string())
        .fetch_all(&self.pool)
        .await?;
        found
            .iter()
            .map(|row| {
                let files = files.remove(&rows::id::<FollowUpId>(row, "id")?).unwrap_or_default();
                Ok(ConsoleFollowUp {
                    follow_up: rows::follow_up(row, files)?,
                    internal: truth(row, "internal")?,
                    author_login: row.try_get("author_login")?,
                })
            })
            .collect()
    }
}
