//! Files that the helpdesk refuses to which this hub is the gateway: who has to know of them does.

use deskside_helpdesk::outbox::{Kind, Message, Stage};
use deskside_protocol::desk::{NewFollowUp, RefusedFile};
use deskside_protocol::ticket::Author;
use deskside_protocol::{AttachmentId, ClientId, ErrorReport, FollowUpId, Timestamp};

use super::thread::Entry;
use super::upstream::{Upstream, read};
use super::{Result, Store, StoreError, Write};
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

/// What is said of files that were refused, to the requester and there.
#[derive(Debug, Clone)]
pub(crate) struct FilesNote {
    /// The same each time for the same message.
    pub(crate) id: FollowUpId,
    pub(crate) text: String,
    /// Whether it is said there, too; what the ticket's body says already is not.
    pub(crate) there: bool,
}

impl Write {
    /// Says in the thread which files were refused there, and sends that on where nobody said it yet. Once.
    pub(super) async fn note_files(&mut self, ticket: ClientId, position: i64, note: &FilesNote) -> Result<()> {
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
            new_state: None,
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
