//! What the helpdesk refuses to which this hub is the gateway, files and words: who has to know of it does.

use deskside_helpdesk::outbox::{Kind, Message, Stage};
use deskside_protocol::desk::{NewFollowUp, NewVerdict, RefusedFile};
use deskside_protocol::ticket::{Author, TicketState, Verdict};
use deskside_protocol::{AttachmentId, ClientId, ErrorReport, FollowUpId, Timestamp};
use sqlx::Row as _;

use super::thread::Entry;
use super::upstream::{Upstream, read};
use super::{Result, Store, StoreError, Write, rows};
use crate::limits;

/// What became of a file on its way there.
#[derive(Debug, Clone)]
pub(crate) enum FileFate {
    /// It is not one that goes there, or it is there.
    Settled,
    /// It is on its way.
    UnderWay,
    /// It is refused there.
    Refused(ErrorReport),
}

/// What is said of files or words that were refused, to the requester and there.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    /// The same each time for the same message.
    pub(crate) id: FollowUpId,
    pub(crate) text: String,
    /// Whether it is said there, too; what the ticket's body says already is not.
    pub(crate) there: bool,
}

impl Write {
    /// Says in the thread what was refused there, and the state that is in force again, if there was another one; sends
    /// it on where nobody said it yet. Once.
    pub(super) async fn add_note(
        &mut self,
        ticket: ClientId,
        position: i64,
        note: &Note,
        state: Option<TicketState>,
    ) -> Result<()> {
        let (known, length) = self.thread_so_far(ticket, note.id).await?;
        if known.is_some() || length >= limits::FOLLOW_UPS {
            return Ok(());
        }
        let entry = Entry {
            id: note.id,
            author: Author::System,
            author_name: None,
            author_login: None,
            text: &note.text,
            new_state: state,
            internal: false,
            digest: "",
        };
        self.add_entry(ticket, position, Timestamp::now(), &entry).await?;
        if note.there {
            let new = NewFollowUp { id: note.id, text: note.text.clone(), attachments: Vec::new() };
            let payload = serde_json::to_string(&new).map_err(|error| StoreError::Unreadable(error.to_string()))?;
            self.queue_entry(ticket, note.id, position, &Message::new(Kind::FollowUp, Vec::new()), payload).await?;
        }
        Ok(())
    }

    /// Takes back what a reply or verdict changed here that is not taken there: a rating, or the state, if it is still the
    /// one that it brought about. Gives the state that is in force again then.
    pub(super) async fn take_back(&mut self, sent: &Upstream) -> Result<Option<TicketState>> {
        if sent.message.kind == Kind::Verdict {
            let verdict: NewVerdict = serde_json::from_str(sent.payload.as_deref().unwrap_or_default())
                .map_err(|error| StoreError::Unreadable(error.to_string()))?;
            if matches!(verdict.verdict, Verdict::Rate { .. }) {
                sqlx::query("UPDATE tickets SET rating_stars = NULL, rating_comment = NULL WHERE client_id = $1")
                    .bind(sent.client_id.to_string())
                    .execute(&mut *self.transaction)
                    .await?;
                return Ok(None);
            }
        }
        let Some(current) = self.ticket(sent.client_id).await? else { return Ok(None) };
        let entry = sqlx::query(
            "SELECT position, new_state FROM follow_ups WHERE client_id = $1 AND id = $2 AND new_state IS NOT NULL",
        )
        .bind(sent.client_id.to_string())
        .bind(sent.id.clone())
        .fetch_optional(&mut *self.transaction)
        .await?;
        let Some(entry) = entry else { return Ok(None) };
        if rows::state(&entry, "new_state")? != current.state {
            return Ok(None);
        }
        let before = sqlx::query(
            "SELECT new_state FROM follow_ups WHERE client_id = $1 AND position < $2 AND new_state IS NOT NULL
             ORDER BY position DESC, at DESC LIMIT 1",
        )
        .bind(sent.client_id.to_string())
        .bind(entry.try_get::<i64, _>("position")?)
        .fetch_optional(&mut *self.transaction)
        .await?;
        before.map_or(Ok(TicketState::New), |row| rows::state(&row, "new_state")).map(Some)
    }
}

impl Store {
    /// What became of a file on its way there, the ticket's own or one of a reply.
    pub(crate) async fn fate(&self, ticket: ClientId, file: AttachmentId) -> Result<FileFate> {
        let found = sqlx::query(
            "SELECT client_id, id, payload, message, queued_at FROM upstream_outbox WHERE client_id = $1
             ORDER BY position",
        )
        .bind(ticket.to_string())
        .fetch_all(&self.pool)
        .await?;
        for row in &found {
            let Upstream { id, message, .. } = read(row)?;
            if !message.files.contains(&file) {
                continue;
            }
            if let Some(refused) = message.refused.iter().find(|refused| refused.file == file) {
                return Ok(FileFate::Refused(refused.why.clone()));
            }
            // A reply goes when all of its files are here: until then there is nothing to wait for.
            if matches!(message.stage, Stage::New { .. })
                && message.kind == Kind::FollowUp
                && !self.missing(ticket, id.parse().ok()).await?.is_empty()
            {
                return Ok(FileFate::Settled);
            }
            return Ok(match &message.stage {
                Stage::New { .. } => FileFate::UnderWay,
                Stage::Placed { missing, .. } if missing.contains(&file) => FileFate::UnderWay,
                Stage::Placed { .. } | Stage::Delivered { .. } | Stage::Parked { .. } => FileFate::Settled,
            });
        }
        Ok(FileFate::Settled)
    }

    /// The files of a ticket, or of an entry of its thread, that were refused there.
    pub(crate) async fn refused_upstream(&self, ticket: ClientId, of: Option<FollowUpId>) -> Result<Vec<RefusedFile>> {
        let sent = self.upstream_message(ticket, of).await?;
        let refused = sent.map(|sent| sent.message.refused).unwrap_or_default();
        Ok(refused.into_iter().map(|refused| RefusedFile { id: refused.file, why: refused.why }).collect())
    }

    async fn upstream_message(&self, ticket: ClientId, of: Option<FollowUpId>) -> Result<Option<Upstream>> {
        let row = sqlx::query(
            "SELECT client_id, id, payload, message, queued_at FROM upstream_outbox WHERE client_id = $1 AND id = $2",
        )
        .bind(ticket.to_string())
        .bind(of.map_or_else(|| ticket.to_string(), |id| id.to_string()))
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(read).transpose()
    }
}
