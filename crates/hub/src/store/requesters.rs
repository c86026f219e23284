//! What the hub has of a person who asks: found, handed out, erased. A person is known by the name that they sign in with
//! on their computers.

use std::collections::BTreeSet;

use deskside_protocol::desk::{Deed, RequesterSummary};
use deskside_protocol::ticket::{TicketDocument, TicketState};
use deskside_protocol::{ClientId, Timestamp, limits as shared};
use sqlx::Row as _;

use super::staged::forget;
use super::{Result, Store, StoreError, rows};
use crate::files::Files;
use crate::limits;
use crate::text::one_line;

/// What became of an erasure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Erasure {
    /// It is done: the numbers of the tickets that are gone.
    Done(Vec<u64>),
    /// There are more or fewer tickets than whoever asked has seen.
    Changed,
    NotFound,
}

/// A login as it is compared: in lower case, as directories do.
pub(super) fn folded(login: &str) -> String {
    one_line(login, limits::NAME_CHARS).to_lowercase()
}

impl Store {
    /// Notes whose tickets those are of which it is not known yet: they came before this version, or through an older hub.
    pub(crate) async fn read_requesters(&self) -> Result<()> {
        loop {
            let found = sqlx::query("SELECT client_id, document FROM tickets WHERE requester_login IS NULL LIMIT $1")
                .bind(limits::RETENTION_BATCH)
                .fetch_all(&self.pool)
                .await?;
            if found.is_empty() {
                return Ok(());
            }
            let mut write = self.write().await?;
            for ticket in &found {
                let bytes: Vec<u8> = ticket.try_get("document")?;
                // What cannot be read is nobody's, and not looked at again.
                let login = serde_json::from_slice::<TicketDocument>(&bytes)
                    .map(|document| folded(&document.requester.login))
                    .unwrap_or_default();
                sqlx::query("UPDATE tickets SET requester_login = $2 WHERE client_id = $1")
                    .bind(ticket.try_get::<String, _>("client_id")?)
                    .bind(login)
                    .execute(&mut *write.transaction)
                    .await?;
            }
            write.commit().await?;
        }
    }

    /// What there is of a requester; `None` if there is nothing.
    pub(crate) async fn requester(&self, login: &str) -> Result<Option<RequesterSummary>> {
        let login = folded(login);
        let found = sqlx::query(
            "SELECT t.requester, t.state, t.created_at, t.updated_at, d.name AS device
             FROM tickets t JOIN devices d ON d.id = t.device_id WHERE t.requester_login = $1",
        )
        .bind(login.clone())
        .fetch_all(&self.pool)
        .await?;
        if login.is_empty() || found.is_empty() {
            return Ok(None);
        }
        let files = sqlx::query(
            "SELECT COUNT(*) AS files, CAST(COALESCE(SUM(a.size_bytes), 0) AS BIGINT) AS bytes
             FROM attachments a JOIN tickets t ON t.client_id = a.client_id WHERE t.requester_login = $1",
        )
        .bind(login.clone())
        .fetch_one(&self.pool)
        .await?;
        let (mut names, mut devices, mut open) = (BTreeSet::new(), BTreeSet::new(), 0);
        let mut first: Option<Timestamp> = None;
        let mut last: Option<Timestamp> = None;
        for row in &found {
            names.insert(row.try_get::<String, _>("requester")?);
            devices.insert(row.try_get::<String, _>("device")?);
            open += u64::from(!matches!(rows::state(row, "state")?, TicketState::Solved | TicketState::Closed));
            let (created, updated) = (rows::moment(row, "created_at")?, rows::moment(row, "updated_at")?);
            first = Some(first.map_or(created, |first| first.min(created)));
            last = Some(last.map_or(updated, |last| last.max(updated)));
        }
        Ok(first.zip(last).map(|(first, last)| RequesterSummary {
            login,
            names: names.into_iter().take(shared::FACTS_LIST).collect(),
            devices: devices.into_iter().take(shared::FACTS_LIST).collect(),
            tickets: found.len() as u64,
            open,
            files: rows::count(&files, "files").unwrap_or_default(),
            file_bytes: rows::count(&files, "bytes").unwrap_or_default(),
            first,
            last,
        }))
    }

    /// The numbers of a requester's tickets, in order.
    pub(crate) async fn tickets_of_requester(&self, login: &str) -> Result<Vec<i64>> {
        let found = sqlx::query(
            "SELECT number FROM tickets WHERE requester_login = $1 AND requester_login <> '' ORDER BY number",
        )
        .bind(folded(login))
        .fetch_all(&self.pool)
        .await?;
        found.iter().map(|row| Ok(row.try_get("number")?)).collect()
    }

    /// Writes down that a requester's data was handed out.
    pub(crate) async fn note_export(&self, actor: &str, numbers: &[i64]) -> Result<()> {
        let mut write = self.write().await?;
        write.note(actor, Deed::PersonalDataExported, &said(numbers)).await?;
        write.commit().await
    }

    /// Erases a requester's tickets with all that hangs on them, if they are as many as whoever asks has seen: all or none.
    /// Copies of the database from before a migration go too.
    pub(crate) async fn erase_requester(&self, actor: &str, login: &str, seen: u64, files: &Files) -> Result<Erasure> {
        let mut write = self.write().await?;
        write.next_change().await?;
        let found = sqlx::query(
            "SELECT client_id, number FROM tickets WHERE requester_login = $1 AND requester_login <> '' ORDER BY number",
        )
        .bind(folded(login))
        .fetch_all(&mut *write.transaction)
        .await?;
        if found.is_empty() {
            return Ok(Erasure::NotFound);
        }
        if found.len() as u64 != seen {
            return Ok(Erasure::Changed);
        }
        let (mut gone, mut numbers) = (Vec::new(), Vec::new());
        for ticket in &found {
            let id: ClientId = rows::id(ticket, "client_id")?;
            gone.extend(write.remove_ticket(id).await?);
            numbers.push(ticket.try_get::<i64, _>("number")?);
        }
        // Numbers, and no name: the journal stays.
        write.note(actor, Deed::PersonalDataErased, &said(&numbers)).await?;
        forget(write, &gone, files).await?;
        self.forget_copies(std::time::Duration::ZERO).await?;
        let numbers: std::result::Result<_, _> = numbers.into_iter().map(u64::try_from).collect();
        Ok(Erasure::Done(numbers.map_err(|_| StoreError::Unreadable("a ticket's number".to_owned()))?))
    }
}

/// Numbers of tickets for a line of the journal.
fn said(numbers: &[i64]) -> String {
    let mut said: Vec<String> =
        numbers.iter().take(limits::JOURNAL_NUMBERS).map(|number| format!("#{number}")).collect();
    if numbers.len() > said.len() {
        said.push(format!("… ({})", numbers.len()));
    }
    said.join(" ")
}
