//! What goes to the helpdesk to which this hub is the gateway, and what comes back from it.

use deskside_helpdesk::outbox::{Kind, Message, Stage};
use deskside_protocol::desk::TicketView;
use deskside_protocol::ticket::{AttachmentMeta, Author, FollowUp};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, ErrorReport, FollowUpId, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::attachments::{StoredAttachment, stored};
use super::refused::Note;
use super::rows;
use super::thread::Entry;
use super::tickets::Change;
use super::{Result, Store, StoreError, Write};
use crate::limits;

/// Messages that are read at a time.
const PAGE: usize = 500;

/// Something to send.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    pub(crate) client_id: ClientId,
    /// The ticket's identity, or the entry's.
    pub(crate) id: String,
    /// The follow-up or verdict as JSON; a ticket's document is with the ticket.
    pub(crate) payload: Option<String>,
    pub(crate) message: Message,
    pub(crate) queued_at: Timestamp,
}

/// A place in the queue.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    position: i64,
    id: String,
}

/// How far the filing of a ticket has come.
#[derive(Debug, Clone)]
pub(crate) enum Filing {
    /// It is not one that goes there.
    Local,
    /// It is on its way.
    UnderWay,
    /// It is there, under this number.
    Filed(u64),
    /// It is refused there.
    Refused(ErrorReport),
}

fn standing(message: &Message) -> &'static str {
    match message.stage {
        Stage::New { .. } | Stage::Placed { .. } => "waiting",
        Stage::Parked { .. } => "parked",
        Stage::Delivered { .. } => "delivered",
    }
}

fn json(message: &Message) -> Result<String> {
    serde_json::to_string(message).map_err(|error| StoreError::Unreadable(error.to_string()))
}

pub(super) fn read(row: &AnyRow) -> Result<Upstream> {
    let message: String = row.try_get("message")?;
    Ok(Upstream {
        client_id: rows::id(row, "client_id")?,
        id: row.try_get("id")?,
        payload: row.try_get("payload")?,
        message: serde_json::from_str(&message).map_err(|error| StoreError::Unreadable(error.to_string()))?,
        queued_at: rows::moment(row, "queued_at")?,
    })
}

impl Write {
    /// Puts a new ticket at the end of the queue, in the transaction that keeps it.
    pub(super) async fn queue_ticket(
        &mut self,
        ticket: ClientId,
        position: i64,
        files: &[AttachmentMeta],
    ) -> Result<()> {
        let message = Message::new(Kind::Ticket, files.iter().map(|file| file.id).collect());
        sqlx::query(
            "INSERT INTO upstream_outbox (client_id, id, position, message, standing, queued_at)
             VALUES ($1, $1, $2, $3, 'waiting', $4)",
        )
        .bind(ticket.to_string())
        .bind(position)
        .bind(json(&message)?)
        .bind(Timestamp::now().unix_ms())
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Puts what a requester says behind it, if the ticket is one that goes there.
    pub(super) async fn queue_entry(
        &mut self,
        ticket: ClientId,
        id: FollowUpId,
        position: i64,
        message: &Message,
        payload: String,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO upstream_outbox (client_id, id, position, payload, message, standing, queued_at)
             SELECT $1, $2, $3, $4, $5, 'waiting', $6 FROM upstream_outbox WHERE client_id = $1 AND id = $1",
        )
        .bind(ticket.to_string())
        .bind(id.to_string())
        .bind(position)
        .bind(payload)
        .bind(json(message)?)
        .bind(Timestamp::now().unix_ms())
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}

impl Store {
    /// What waits to be sent, in order, a page at a time; with it, where the next page begins, if there is one.
    pub(crate) async fn upstream_waiting(&self, after: Option<Place>) -> Result<(Vec<Upstream>, Option<Place>)> {
        let Place { position, id } = after.unwrap_or(Place { position: i64::MIN, id: String::new() });
        let found = sqlx::query(
            "SELECT client_id, id, payload, message, queued_at, position FROM upstream_outbox
             WHERE standing = 'waiting' AND (position > $1 OR (position = $1 AND id > $2)) ORDER BY position, id LIMIT $3",
        )
        .bind(position)
        .bind(id)
        .bind(i64::try_from(PAGE).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        let next = match found.last().filter(|_| found.len() == PAGE) {
            Some(last) => Some(Place { position: last.try_get("position")?, id: last.try_get("id")? }),
            None => None,
        };
        Ok((found.iter().map(read).collect::<Result<_>>()?, next))
    }

    /// How far a ticket has come on its way there.
    pub(crate) async fn filing(&self, ticket: ClientId) -> Result<Filing> {
        let row = sqlx::query(
            "SELECT o.client_id, o.id, o.payload, o.message, o.queued_at, t.upstream_number FROM upstream_outbox o
             JOIN tickets t ON t.client_id = o.client_id WHERE o.client_id = $1 AND o.id = $1",
        )
        .bind(ticket.to_string())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(Filing::Local) };
        if let Some(number) = row.try_get::<Option<i64>, _>("upstream_number")? {
            return Ok(Filing::Filed(u64::try_from(number).unwrap_or_default()));
        }
        Ok(match read(&row)?.message.stage {
            Stage::Parked { why, .. } => Filing::Refused(why),
            Stage::New { .. } | Stage::Placed { .. } | Stage::Delivered { .. } => Filing::UnderWay,
        })
    }

    /// Tries once more what was refused: its sender asks again. What may be at a helpdesk of before is first told to its
    /// sender, who decides; then this gives what to tell.
    pub(crate) async fn file_again(&self, ticket: ClientId) -> Result<Option<ErrorReport>> {
        let mut write = self.write().await?;
        let row = sqlx::query(
            "SELECT client_id, id, payload, message, queued_at FROM upstream_outbox
             WHERE client_id = $1 AND id = $1 AND standing = 'parked'",
        )
        .bind(ticket.to_string())
        .fetch_optional(&mut *write.transaction)
        .await?;
        if let Some(row) = row {
            let parked = read(&row)?;
            let mut message = parked.message.clone();
            let mut untold = None;
            if let Stage::Parked { why, .. } = &mut message.stage
                && why.code == ErrorCode::HelpdeskChanged
            {
                untold = Some(why.clone());
                why.code = ErrorCode::Refused;
            } else {
                message = message.unparked();
            }
            write.update(&parked, &message).await?;
            write.commit().await?;
            return Ok(untold);
        }
        Ok(None)
    }

    /// Keeps what a message has come to; a number that is new goes to the device, and so does a note. What a reply or
    /// verdict changed here is taken back if it is not taken there.
    pub(crate) async fn keep_upstream(
        &self,
        sent: &Upstream,
        message: &Message,
        note: Option<&Note>,
        place: &str,
    ) -> Result<Option<Change>> {
        let mut write = self.write().await?;
        let number = message.number().filter(|_| sent.message.kind == Kind::Ticket && sent.message.number().is_none());
        if number.is_none() && note.is_none() {
            write.update(sent, message).await?;
            write.commit().await?;
            return Ok(None);
        }
        let sequence = write.next_change().await?;
        write.update(sent, message).await?;
        if let Some(number) = number {
            sqlx::query("UPDATE tickets SET upstream_number = $2, upstream_place = $3 WHERE client_id = $1")
                .bind(sent.client_id.to_string())
                .bind(i64::try_from(number).unwrap_or(i64::MAX))
                .bind(place.to_owned())
                .execute(&mut *write.transaction)
                .await?;
        }
        let mut state = None;
        if let Some(note) = note {
            if sent.message.kind != Kind::Ticket && !message.has_arrived() {
                state = write.take_back(sent).await?;
            }
            write.add_note(sent.client_id, sequence, note, state).await?;
        }
        write.touch(sent.client_id, sequence, Timestamp::now(), true, state, None).await?;
        let change = write.ticket(sent.client_id).await?.map(|ticket| ticket.change(sequence));
        write.commit().await?;
        Ok(change)
    }

    /// After a start, or after another hub had the turn: whatever was under way may have arrived.
    pub(crate) async fn doubt_upstream(&self, now: Timestamp) -> Result<()> {
        let mut after = None;
        loop {
            let (page, next) = self.upstream_waiting(after).await?;
            let mut write = self.write().await?;
            for waiting in page {
                write.update(&waiting, &waiting.message.clone().restarted(now)).await?;
            }
            write.commit().await?;
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// A ticket's document, its number at this place, and in whose name it is filed.
    pub(crate) async fn upstream_ticket(
        &self,
        ticket: ClientId,
        place: &str,
    ) -> Result<Option<(Vec<u8>, Option<u64>, Option<String>)>> {
        let row = sqlx::query(
            "SELECT document, CASE WHEN COALESCE(upstream_place, $2) = $2 THEN upstream_number END AS number,
                 upstream_requester FROM tickets WHERE client_id = $1",
        )
        .bind(ticket.to_string())
        .bind(place.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            let number: Option<i64> = row.try_get("number")?;
            Ok((
                row.try_get("document")?,
                number.and_then(|number| u64::try_from(number).ok()),
                row.try_get("upstream_requester")?,
            ))
        })
        .transpose()
    }

    /// The files of a ticket, or of one entry of its thread, and whether they are here.
    pub(crate) async fn files_for_upstream(
        &self,
        ticket: ClientId,
        of: Option<FollowUpId>,
    ) -> Result<Vec<StoredAttachment>> {
        let found = sqlx::query(
            "SELECT id, name, media_type, size_bytes, sha256, screenshot, arrived_at FROM attachments
             WHERE client_id = $1 AND COALESCE(follow_up_id, '') = $2 ORDER BY position",
        )
        .bind(ticket.to_string())
        .bind(of.map(|id| id.to_string()).unwrap_or_default())
        .fetch_all(&self.pool)
        .await?;
        found.iter().map(stored).collect()
    }

    /// Entries and files of a ticket that are here.
    pub(crate) async fn known_of(&self, ticket: ClientId) -> Result<(Vec<FollowUpId>, Vec<AttachmentId>)> {
        let entries = sqlx::query(
            "SELECT id FROM follow_ups WHERE client_id = $1 UNION SELECT id FROM verdicts WHERE client_id = $1",
        )
        .bind(ticket.to_string())
        .fetch_all(&self.pool)
        .await?;
        let files = sqlx::query("SELECT id FROM attachments WHERE client_id = $1")
            .bind(ticket.to_string())
            .fetch_all(&self.pool)
            .await?;
        Ok((
            entries.iter().map(|row| rows::id(row, "id")).collect::<Result<_>>()?,
            files.iter().map(|row| rows::id(row, "id")).collect::<Result<_>>()?,
        ))
    }

    /// The names of the files that its requester sent, with the ticket or later.
    pub(crate) async fn names_of_files(&self, ticket: ClientId) -> Result<Vec<String>> {
        let found = sqlx::query(
            "SELECT a.name FROM attachments a LEFT JOIN follow_ups f ON f.client_id = a.client_id AND f.id = a.follow_up_id
             WHERE a.client_id = $1 AND COALESCE(f.author, 'requester') = 'requester'",
        )
        .bind(ticket.to_string())
        .fetch_all(&self.pool)
        .await?;
        found.iter().map(|row| Ok(row.try_get("name")?)).collect()
    }

    /// Brings a ticket to what the helpdesk says: its state, who works on it, and these entries, whose files are here.
    pub(crate) async fn follow_upstream(
        &self,
        ticket: ClientId,
        view: &TicketView,
        entries: &[FollowUp],
    ) -> Result<Option<Change>> {
        let mut write = self.write().await?;
        let sequence = write.next_change().await?;
        let Some(current) = write.ticket(ticket).await? else { return Ok(None) };
        let row = sqlx::query("SELECT upstream_assignee, state FROM tickets WHERE client_id = $1")
            .bind(ticket.to_string())
            .fetch_one(&mut *write.transaction)
            .await?;
        let assignee: Option<String> = row.try_get("upstream_assignee")?;
        let state = Some(view.state).filter(|state| *state != current.state);
        if state.is_none() && assignee == view.assignee && entries.is_empty() {
            return Ok(None);
        }
        sqlx::query("UPDATE tickets SET upstream_assignee = $2 WHERE client_id = $1")
            .bind(ticket.to_string())
            .bind(view.assignee.clone())
            .execute(&mut *write.transaction)
            .await?;
        let mut awaits = None;
        for entry in entries {
            let (known, length) = write.thread_so_far(ticket, entry.id).await?;
            if known.is_some() || length >= limits::FOLLOW_UPS {
                continue;
            }
            let new = Entry {
                id: entry.id,
                author: entry.author,
                author_name: entry.author_name.as_deref(),
                author_login: None,
                text: &entry.text,
                new_state: entry.new_state,
                internal: false,
                digest: "",
            };
            write.add_entry(ticket, sequence, entry.at, &new).await?;
            write.announce(ticket, Some(entry.id), &entry.attachments).await?;
            for file in &entry.attachments {
                sqlx::query("UPDATE attachments SET arrived_at = $2 WHERE id = $1")
                    .bind(file.id.to_string())
                    .bind(entry.at.unix_ms())
                    .execute(&mut *write.transaction)
                    .await?;
            }
            awaits = Some(entry.author == Author::Requester);
        }
        let told = entries.iter().any(|entry| entry.new_state == state);
        if let Some(state) = state.filter(|_| !told) {
            write.add_state_change(&current, sequence, Timestamp::now(), state).await?;
        }
        write.touch(ticket, sequence, Timestamp::now(), true, state, awaits).await?;
        write.commit().await?;
        Ok(Some(current.change(sequence)))
    }

    /// A value that the gateway keeps.
    pub(crate) async fn gateway_value(&self, name: &str) -> Result<Option<String>> {
        let row = sqlx::query("SELECT value FROM meta WHERE name = $1")
            .bind(format!("gateway-{name}"))
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(row.try_get("value")?)).transpose()
    }

    /// Keeps it.
    pub(crate) async fn keep_gateway_value(&self, name: &str, value: &str) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query(
            "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(format!("gateway-{name}"))
        .bind(value.to_owned())
        .execute(&mut *write.transaction)
        .await?;
        write.commit().await
    }

    /// Gives the turn up, if it is this hub's.
    pub(crate) async fn give_turn(&self, who: &str) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("DELETE FROM meta WHERE name = 'gateway-turn' AND value LIKE $1")
            .bind(format!("{who} %"))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }

    /// Takes the turn to speak with the helpdesk, or keeps it: one hub of those on a database does. Gives whether it is
    /// this one's, and whether it was before.
    pub(crate) async fn take_turn(&self, who: &str, now: Timestamp, until: Timestamp) -> Result<Option<bool>> {
        let mut write = self.write().await?;
        // The counter's row makes writers wait for each other on PostgreSQL too.
        write.next_change().await?;
        let row = sqlx::query("SELECT value FROM meta WHERE name = 'gateway-turn'")
            .fetch_optional(&mut *write.transaction)
            .await?;
        let held = row.map(|row| row.try_get::<String, _>("value")).transpose()?;
        let (holder, over) = held
            .as_deref()
            .and_then(|held| held.split_once(' '))
            .map_or(("", 0), |(holder, over)| (holder, over.parse::<i64>().unwrap_or_default()));
        // The folder of a SQLite is one hub's alone: whoever had the turn before is gone.
        if holder != who && over > now.unix_ms() && self.writers.is_none() {
            return Ok(None);
        }
        let before = holder == who;
        sqlx::query(
            "INSERT INTO meta (name, value) VALUES ('gateway-turn', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(format!("{who} {}", until.unix_ms()))
        .execute(&mut *write.transaction)
        .await?;
        write.commit().await?;
        Ok(Some(before))
    }
}

impl Write {
    async fn update(&mut self, sent: &Upstream, message: &Message) -> Result<()> {
        sqlx::query("UPDATE upstream_outbox SET message = $3, standing = $4 WHERE client_id = $1 AND id = $2")
            .bind(sent.client_id.to_string())
            .bind(sent.id.clone())
            .bind(json(message)?)
            .bind(standing(message))
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}
