//! Tickets: taken in once, changed in order, read by their device and by technicians.

use std::collections::HashMap;

use deskside_protocol::desk::{Rating, Receipt, TicketRow, TicketView};
use deskside_protocol::ticket::{AttachmentMeta, FollowUp, TicketDocument, TicketState};
use deskside_protocol::{ClientId, DeviceId, FollowUpId, Timestamp, limits as shared};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::employees::Onward;
use super::requesters::folded;
use super::rows::{self, word};
use super::{Result, Store, StoreError, Write, flag, page};
use crate::{limits, search, transitions};

/// A ticket that has passed [`crate::intake`].
#[derive(Debug)]
pub(crate) struct NewTicket {
    /// What the bytes say.
    pub(crate) document: TicketDocument,
    /// The bytes, as received.
    pub(crate) bytes: Vec<u8>,
    /// Their SHA-256, hexadecimal.
    pub(crate) digest: String,
    /// Title and description as they can be stored.
    pub(crate) title: String,
    pub(crate) description: String,
    /// Who asks, as people say it.
    pub(crate) requester: String,
    /// For the search, folded; number and device are added here.
    pub(crate) search: String,
    /// The files, their names made harmless.
    pub(crate) attachments: Vec<AttachmentMeta>,
}

/// What became of a ticket that was sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    /// It is new.
    Created(Change),
    /// The same bytes are here already.
    Existing(u64),
    /// Other bytes are here under this identity.
    Different,
    /// The identity is another device's.
    Foreign,
    /// One of its files has the identity of a file that is here already.
    AttachmentTaken,
}

/// What changed, for those who are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) number: u64,
    pub(crate) device: DeviceId,
    pub(crate) created: bool,
    /// The ticket's place in its device's feed.
    pub(crate) visible_sequence: i64,
}

/// What became of a technician's change.
#[derive(Debug)]
pub(crate) enum ChangeOutcome {
    Changed(Change),
    /// It was so already.
    Nothing,
    NotFound,
    /// From this state, that one cannot be reached.
    WrongState(TicketState),
    /// Nobody of this login can work on tickets.
    NoSuchPerson,
}

/// What a writer must know of a ticket before it changes it.
pub(super) struct Current {
    pub(super) client_id: ClientId,
    pub(super) number: u64,
    pub(super) device: DeviceId,
    pub(super) state: TicketState,
    pub(super) assignee: Option<String>,
    pub(super) visible_sequence: i64,
    pub(super) requester: String,
    pub(super) rated: bool,
}

impl Current {
    fn from_row(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            client_id: rows::id(row, "client_id")?,
            number: rows::count(row, "number")?,
            device: rows::id(row, "device_id")?,
            state: rows::state(row, "state")?,
            assignee: row.try_get("assignee")?,
            visible_sequence: row.try_get("visible_seq")?,
            requester: row.try_get("requester")?,
            rated: row.try_get::<Option<i64>, _>("rating_stars")?.is_some(),
        })
    }

    pub(super) fn change(&self, visible_sequence: i64) -> Change {
        Change { number: self.number, device: self.device, created: false, visible_sequence }
    }
}

impl Write {
    pub(super) async fn ticket_of_device(&mut self, device: DeviceId, id: ClientId) -> Result<Option<Current>> {
        let row = sqlx::query(
            "SELECT client_id, number, device_id, state, assignee, visible_seq, requester, rating_stars FROM tickets
             WHERE client_id = $1 AND device_id = $2",
        )
        .bind(id.to_string())
        .bind(device.to_string())
        .fetch_optional(&mut *self.transaction)
        .await?;
        row.as_ref().map(Current::from_row).transpose()
    }

    pub(super) async fn ticket(&mut self, id: ClientId) -> Result<Option<Current>> {
        let row = sqlx::query(
            "SELECT client_id, number, device_id, state, assignee, visible_seq, requester, rating_stars FROM tickets
             WHERE client_id = $1",
        )
        .bind(id.to_string())
        .fetch_optional(&mut *self.transaction)
        .await?;
        row.as_ref().map(Current::from_row).transpose()
    }

    pub(super) async fn ticket_of_number(&mut self, number: i64) -> Result<Option<Current>> {
        let row = sqlx::query(
            "SELECT client_id, number, device_id, state, assignee, visible_seq, requester, rating_stars FROM tickets
             WHERE number = $1",
        )
        .bind(number)
        .fetch_optional(&mut *self.transaction)
        .await?;
        row.as_ref().map(Current::from_row).transpose()
    }

    /// Marks a ticket as changed; with a state, moves it there; visible changes go into the device's feed.
    pub(super) async fn touch(
        &mut self,
        id: ClientId,
        sequence: i64,
        now: Timestamp,
        visible: bool,
        state: Option<TicketState>,
        awaits_answer: Option<bool>,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE tickets SET change_seq = $2, updated_at = $3,
                 visible_seq = CASE WHEN $4 = 1 THEN $2 ELSE visible_seq END,
                 visible_at = CASE WHEN $4 = 1 THEN $3 ELSE visible_at END,
                 state = COALESCE($5, state), awaits_answer = COALESCE($6, awaits_answer)
             WHERE client_id = $1",
        )
        .bind(id.to_string())
        .bind(sequence)
        .bind(now.unix_ms())
        .bind(flag(visible))
        .bind(state.map(word).transpose()?)
        .bind(awaits_answer.map(flag))
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    pub(super) async fn announce(
        &mut self,
        ticket: ClientId,
        follow_up: Option<FollowUpId>,
        files: &[AttachmentMeta],
    ) -> Result<()> {
        for (position, file) in files.iter().enumerate() {
            sqlx::query(
                "INSERT INTO attachments
                     (id, client_id, follow_up_id, position, name, media_type, size_bytes, sha256, screenshot)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(file.id.to_string())
            .bind(ticket.to_string())
            .bind(follow_up.map(|id| id.to_string()))
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(file.name.clone())
            .bind(file.media_type.clone())
            .bind(i64::try_from(file.size_bytes).unwrap_or(i64::MAX))
            .bind(file.sha256.to_string())
            .bind(flag(file.screenshot))
            .execute(&mut *self.transaction)
            .await?;
        }
        Ok(())
    }
}

impl Store {
    /// Takes a ticket in, once: ticket and announced files in one transaction, or nothing. `upstream`: it goes on to the
    /// helpdesk to which this hub is the gateway.
    pub(crate) async fn take_in(
        &self,
        device: DeviceId,
        ticket: &NewTicket,
        upstream: Option<&Onward>,
    ) -> Result<Intake> {
        // Nearly every ticket is new. Of one that is not, the unique constraint says so, and nothing was used up.
        match self.insert_ticket(device, ticket, upstream).await {
            Ok(change) => Ok(Intake::Created(change)),
            Err(error) if error.is_taken() => Ok(self.known(device, ticket).await?.unwrap_or(Intake::AttachmentTaken)),
            Err(error) => Err(error),
        }
    }

    async fn known(&self, device: DeviceId, ticket: &NewTicket) -> Result<Option<Intake>> {
        let row = sqlx::query("SELECT number, device_id, document_digest FROM tickets WHERE client_id = $1")
            .bind(ticket.document.client_id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let owner: DeviceId = rows::id(&row, "device_id")?;
        let digest: String = row.try_get("document_digest")?;
        Ok(Some(if owner != device {
            Intake::Foreign
        } else if digest == ticket.digest {
            Intake::Existing(rows::count(&row, "number")?)
        } else {
            Intake::Different
        }))
    }

    async fn insert_ticket(&self, device: DeviceId, ticket: &NewTicket, upstream: Option<&Onward>) -> Result<Change> {
        let document = &ticket.document;
        let now = Timestamp::now().unix_ms();
        let mut write = self.write().await?;
        let sequence = write.next_change().await?;
        let (number, name) = write.next_ticket(device).await?;
        sqlx::query(
            "INSERT INTO tickets (client_id, number, device_id, document, document_digest, title, description,
                 requester, state, urgency, impact, findings, screenshot, awaits_answer, created_at, updated_at,
                 visible_at, change_seq, visible_seq, search, requester_login, upstream_requester)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $14, $14, $15, $15, $16, $17, $18)",
        )
        .bind(document.client_id.to_string())
        .bind(number)
        .bind(device.to_string())
        .bind(ticket.bytes.clone())
        .bind(ticket.digest.clone())
        .bind(ticket.title.clone())
        .bind(ticket.description.clone())
        .bind(ticket.requester.clone())
        .bind(word(TicketState::New)?)
        .bind(word(document.urgency)?)
        .bind(word(document.impact)?)
        .bind(i64::try_from(document.findings.len()).unwrap_or(i64::MAX))
        .bind(flag(document.attachments.iter().any(|file| file.screenshot)))
        .bind(now)
        .bind(sequence)
        .bind(format!("#{number} {} {}", search::fold(&name), ticket.search))
        .bind(folded(&document.requester.login))
        .bind(upstream.and_then(|onward| onward.requester.clone()))
        .execute(&mut *write.transaction)
        .await?;
        write.announce(document.client_id, None, &ticket.attachments).await?;
        if upstream.is_some() {
            write.queue_ticket(document.client_id, sequence, &ticket.attachments).await?;
        }
        write.commit().await?;
        let number = u64::try_from(number).map_err(|_| StoreError::Unreadable(format!("ticket number {number}")))?;
        Ok(Change { number, device, created: true, visible_sequence: sequence })
    }

    pub(crate) async fn receipt(&self, device: DeviceId, id: ClientId) -> Result<Option<Receipt>> {
        let row = sqlx::query(
            "SELECT COALESCE(upstream_number, number) AS number FROM tickets WHERE client_id = $1 AND device_id = $2",
        )
        .bind(id.to_string())
        .bind(device.to_string())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let missing = self.missing(id, None).await?;
        let refused = self.refused_upstream(id, None).await?;
        Ok(Some(Receipt { client_id: id, number: rows::count(&row, "number")?, missing, refused }))
    }

    /// The newest place in a device's feed; 0 if it has no ticket.
    pub(crate) async fn newest_visible(&self, device: DeviceId) -> Result<i64> {
        let row = sqlx::query("SELECT COALESCE(MAX(visible_seq), 0) AS newest FROM tickets WHERE device_id = $1")
            .bind(device.to_string())
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get("newest")?)
    }

    /// A device's tickets that changed visibly after the place, oldest change first, within [`limits::CHANGES`] and
    /// [`limits::CHANGES_BYTES`]; of a long thread, the newest entries. `behind`: what has no number yet of the helpdesk
    /// behind this hub is not shown.
    pub(crate) async fn changes(&self, device: DeviceId, after: i64, behind: bool) -> Result<page::Page> {
        let mut found = sqlx::query(
            "SELECT t.client_id, COALESCE(t.upstream_number, t.number) AS number, t.title, t.description, t.state, t.created_at,
                 t.visible_at, t.visible_seq, t.rating_stars,
                 COALESCE(t.upstream_assignee, p.display_name) AS assignee_name
             FROM tickets t LEFT JOIN people p ON p.login = t.assignee
             WHERE t.device_id = $1 AND t.visible_seq > $2
                 AND ($4 = 0 OR t.upstream_number IS NOT NULL OR NOT EXISTS (
                     SELECT 1 FROM upstream_outbox o WHERE o.client_id = t.client_id AND o.id = t.client_id))
             ORDER BY t.visible_seq LIMIT $3",
        )
        .bind(device.to_string())
        .bind(after)
        .bind(limits::CHANGES + 1)
        .bind(flag(behind))
        .fetch_all(&self.pool)
        .await?;
        let most = usize::try_from(limits::CHANGES).unwrap_or(usize::MAX);
        let mut more = found.len() > most;
        found.truncate(most);
        let mut views = Vec::with_capacity(found.len());
        let mut last = after;
        let mut room = limits::CHANGES_BYTES;
        for row in &found {
            let mut view = self.view(row).await?;
            let size = page::fit(&mut view, limits::CHANGES_BYTES)?;
            if size > room && !views.is_empty() {
                more = true;
                break;
            }
            room = room.saturating_sub(size);
            last = row.try_get("visible_seq")?;
            views.push(view);
        }
        Ok((views, last, more))
    }

    async fn view(&self, row: &AnyRow) -> Result<TicketView> {
        let client_id: ClientId = rows::id(row, "client_id")?;
        let first = self.first_that_fits(client_id).await?;
        let (attachments, mut of_follow_ups) = self.files_of(client_id, first).await?;
        let thread = sqlx::query(
            "SELECT id, author, author_name, at, text, new_state FROM follow_ups
             WHERE client_id = $1 AND internal = 0 AND position >= $2 ORDER BY position",
        )
        .bind(client_id.to_string())
        .bind(first)
        .fetch_all(&self.pool)
        .await?;
        let thread = thread
            .iter()
            .map(|entry| {
                let files = of_follow_ups.remove(&rows::id::<FollowUpId>(entry, "id")?).unwrap_or_default();
                rows::follow_up(entry, files)
            })
            .collect::<Result<Vec<FollowUp>>>()?;
        let stars: Option<i64> = row.try_get("rating_stars")?;
        Ok(TicketView {
            client_id,
            number: rows::count(row, "number")?,
            title: row.try_get("title")?,
            description: row.try_get("description")?,
            state: rows::state(row, "state")?,
            assignee: row.try_get("assignee_name")?,
            created_at: rows::moment(row, "created_at")?,
            updated_at: rows::moment(row, "visible_at")?,
            thread,
            attachments,
            rating: stars.and_then(|stars| u8::try_from(stars).ok()),
        })
    }

    /// From where on a ticket's visible thread may fit into an answer, as the database measures; [`page::fit`] decides.
    async fn first_that_fits(&self, id: ClientId) -> Result<i64> {
        let row = sqlx::query(
            "SELECT COALESCE(MIN(position), 0) AS first FROM (
                 SELECT position, SUM(octet_length(text)) OVER newest AS bytes, ROW_NUMBER() OVER newest AS entries
                 FROM follow_ups WHERE client_id = $1 AND internal = 0 WINDOW newest AS (ORDER BY position DESC)
             ) AS measured WHERE bytes <= $2 AND entries <= $3",
        )
        .bind(id.to_string())
        .bind(i64::try_from(limits::CHANGES_BYTES).unwrap_or(i64::MAX))
        .bind(i64::try_from(shared::THREAD_ENTRIES).unwrap_or(i64::MAX))
        .fetch_one(&self.pool)
        .await?;
        Ok(row.try_get("first")?)
    }

    /// The files of a ticket: its own, and those of each entry of its thread from this position on.
    pub(crate) async fn files_of(
        &self,
        id: ClientId,
        first: i64,
    ) -> Result<(Vec<AttachmentMeta>, HashMap<FollowUpId, Vec<AttachmentMeta>>)> {
        let found = sqlx::query(
            "SELECT id, follow_up_id, name, media_type, size_bytes, sha256, screenshot FROM attachments a
             WHERE client_id = $1 AND (follow_up_id IS NULL OR EXISTS (
                 SELECT 1 FROM follow_ups f
                 WHERE f.client_id = a.client_id AND f.id = a.follow_up_id AND f.position >= $2))
             ORDER BY position",
        )
        .bind(id.to_string())
        .bind(first)
        .fetch_all(&self.pool)
        .await?;
        let mut own = Vec::new();
        let mut of_follow_ups: HashMap<FollowUpId, Vec<AttachmentMeta>> = HashMap::new();
        for row in &found {
            let file = rows::attachment(row)?;
            match row.try_get::<Option<String>, _>("follow_up_id")? {
                None => own.push(file),
                Some(_) => of_follow_ups.entry(rows::id(row, "follow_up_id")?).or_default().push(file),
            }
        }
        Ok((own, of_follow_ups))
    }

    /// A technician's change of state or assignment.
    pub(crate) async fn change_ticket(
        &self,
        number: i64,
        state: Option<TicketState>,
        assignee: Option<Option<String>>,
    ) -> Result<ChangeOutcome> {
        let mut write = self.write().await?;
        let sequence = write.next_change().await?;
        let Some(current) = write.ticket_of_number(number).await? else { return Ok(ChangeOutcome::NotFound) };
        let new_state = state.filter(|wanted| *wanted != current.state);
        if let Some(wanted) = new_state
            && !transitions::technician_may(current.state, wanted)
        {
            return Ok(ChangeOutcome::WrongState(current.state));
        }
        let new_assignee = assignee.filter(|wanted| *wanted != current.assignee);
        if new_state.is_none() && new_assignee.is_none() {
            return Ok(ChangeOutcome::Nothing);
        }
        if let Some(wanted) = new_assignee {
            if let Some(login) = &wanted {
                let person = sqlx::query("SELECT login FROM people WHERE login = $1 AND active = 1")
                    .bind(login.clone())
                    .fetch_optional(&mut *write.transaction)
                    .await?;
                if person.is_none() {
                    return Ok(ChangeOutcome::NoSuchPerson);
                }
            }
            sqlx::query("UPDATE tickets SET assignee = $2 WHERE client_id = $1")
                .bind(current.client_id.to_string())
                .bind(wanted)
                .execute(&mut *write.transaction)
                .await?;
        }
        let now = Timestamp::now();
        if let Some(wanted) = new_state {
            write.add_state_change(&current, sequence, now, wanted).await?;
        }
        // A technician who solves or closes it has had the last word.
        let awaits = new_state.filter(|s| matches!(s, TicketState::Solved | TicketState::Closed)).map(|_| false);
        write.touch(current.client_id, sequence, now, true, new_state, awaits).await?;
        write.commit().await?;
        Ok(ChangeOutcome::Changed(current.change(sequence)))
    }

    /// A ticket as technicians see it, without its thread.
    pub(crate) async fn console_ticket(&self, number: i64) -> Result<Option<ConsoleTicketRecord>> {
        let row = sqlx::query(
            "SELECT t.client_id, t.device_id, t.document, t.rating_stars, t.rating_comment,
                 t.number, t.title, t.state, t.urgency, t.impact, t.requester, d.name AS device, t.assignee,
                 t.created_at, t.updated_at, t.findings, t.screenshot, t.awaits_answer,
                 t.diagnostics_removed_at, t.files_removed_at
             FROM tickets t JOIN devices d ON d.id = t.device_id WHERE t.number = $1",
        )
        .bind(number)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let bytes: Vec<u8> = row.try_get("document")?;
        let document = serde_json::from_slice(&bytes).map_err(|e| StoreError::Unreadable(e.to_string()))?;
        let stars: Option<i64> = row.try_get("rating_stars")?;
        let comment: Option<String> = row.try_get("rating_comment")?;
        Ok(Some(ConsoleTicketRecord {
            client_id: rows::id(&row, "client_id")?,
            device: rows::id(&row, "device_id")?,
            row: rows::ticket_row(&row)?,
            document,
            rating: stars.and_then(|stars| u8::try_from(stars).ok()).map(|stars| Rating { stars, comment }),
            diagnostics_removed_at: rows::maybe_moment(&row, "diagnostics_removed_at")?,
            files_removed_at: rows::maybe_moment(&row, "files_removed_at")?,
        }))
    }
}

pub(crate) struct ConsoleTicketRecord {
    pub(crate) client_id: ClientId,
    pub(crate) device: DeviceId,
    pub(crate) row: TicketRow,
    pub(crate) document: TicketDocument,
    pub(crate) rating: Option<Rating>,
    pub(crate) diagnostics_removed_at: Option<Timestamp>,
    pub(crate) files_removed_at: Option<Timestamp>,
}
