//! What goes when the retention says so. In small transactions, so that nobody waits long, and each of them whole.

use std::time::Duration;

use deskside_protocol::desk::Deed;
use deskside_protocol::facts::Facts;
use deskside_protocol::ticket::TicketDocument;
use deskside_protocol::{ClientId, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::staged::forget;
use super::{Result, Store, StoreError, Write, rows};
use crate::files::Files;
use crate::limits;

/// Who did it, in the journal.
const ACTOR: &str = "retention";

impl Write {
    /// Removes a ticket and everything that hangs on it; gives the digests of its files, for [`forget`].
    pub(super) async fn remove_ticket(&mut self, id: ClientId) -> Result<Vec<AnyRow>> {
        let mut files = self.remove_files(id).await?;
        let staged = sqlx::query("DELETE FROM staged_files WHERE client_id = $1 RETURNING sha256")
            .bind(id.to_string())
            .fetch_all(&mut *self.transaction)
            .await?;
        files.extend(staged);
        for statement in [
            "DELETE FROM upstream_outbox WHERE client_id = $1",
            "DELETE FROM verdicts WHERE client_id = $1",
            "DELETE FROM follow_ups WHERE client_id = $1",
            "DELETE FROM tickets WHERE client_id = $1",
        ] {
            sqlx::query(statement).bind(id.to_string()).execute(&mut *self.transaction).await?;
        }
        Ok(files)
    }

    async fn remove_files(&mut self, id: ClientId) -> Result<Vec<AnyRow>> {
        let files = sqlx::query("DELETE FROM attachments WHERE client_id = $1 RETURNING sha256")
            .bind(id.to_string())
            .fetch_all(&mut *self.transaction)
            .await?;
        Ok(files)
    }

    /// Takes something out of a ticket's document. The digest of what was sent stays: the same bytes again are still known.
    async fn rewrite(&mut self, ticket: &AnyRow, change: impl FnOnce(&mut TicketDocument)) -> Result<()> {
        let id: String = ticket.try_get("client_id")?;
        let bytes: Vec<u8> = ticket.try_get("document")?;
        let document = match serde_json::from_slice::<TicketDocument>(&bytes) {
            Ok(mut document) => {
                change(&mut document);
                serde_json::to_vec(&document).map_err(|error| StoreError::Unreadable(error.to_string()))?
            }
            Err(error) => {
                // Nobody can read it, so nobody can tell what is in it.
                tracing::error!(%error, ticket = id, "a document that cannot be read was removed");
                b"{}".to_vec()
            }
        };
        sqlx::query("UPDATE tickets SET document = $2 WHERE client_id = $1")
            .bind(id)
            .bind(document)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    async fn over_before(&mut self, statement: &'static str, before: Timestamp) -> Result<Vec<AnyRow>> {
        let found = sqlx::query(statement)
            .bind(before.unix_ms())
            .bind(limits::RETENTION_BATCH)
            .fetch_all(&mut *self.transaction)
            .await?;
        Ok(found)
    }
}

impl Store {
    /// Whether the clock has gone on evenly for this long, as far as the looks at it tell.
    pub(crate) async fn clock_is_calm(&self, now: Timestamp, calm: Duration) -> Result<bool> {
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let now = now.unix_ms();
        let mut write = self.write().await?;
        let row = sqlx::query("SELECT value FROM meta WHERE name = 'retention-clock'")
            .fetch_optional(&mut *write.transaction)
            .await?;
        let kept = row.map(|row| row.try_get::<String, _>("value")).transpose()?;
        let moments = kept.as_deref().and_then(|kept| {
            let (last, since) = kept.split_once(' ')?;
            Some((last.parse::<i64>().ok()?, since.parse::<i64>().ok()?))
        });
        let since = match moments {
            Some((last, since))
                if now.saturating_sub(last) <= ms(limits::CLOCK_LEAP)
                    && last.saturating_sub(now) <= ms(limits::CLOCK_BACK) =>
            {
                since
            }
            Some(_) => {
                tracing::info!("the clock has leapt or the hub was off; the retention waits");
                now
            }
            None => now,
        };
        sqlx::query(
            "INSERT INTO meta (name, value) VALUES ('retention-clock', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(format!("{now} {since}"))
        .execute(&mut *write.transaction)
        .await?;
        write.commit().await?;
        Ok(now.saturating_sub(since) >= ms(calm))
    }

    /// Removes tickets that were over before this moment.
    pub(crate) async fn expire_tickets(&self, before: Timestamp, files: &Files) -> Result<()> {
        loop {
            let mut write = self.write().await?;
            // The counter's row is the lock: of hubs that share a database, one does it.
            write.next_change().await?;
            let found = write
                .over_before(
                    "SELECT client_id FROM tickets WHERE state IN ('solved', 'closed') AND updated_at < $1
                     ORDER BY updated_at LIMIT $2",
                    before,
                )
                .await?;
            if found.is_empty() {
                return Ok(());
            }
            let mut gone = Vec::new();
            for ticket in &found {
                gone.extend(write.remove_ticket(rows::id(ticket, "client_id")?).await?);
            }
            write.note(ACTOR, Deed::TicketsExpired, &found.len().to_string()).await?;
            forget(write, &gone, files).await?;
            tracing::info!(tickets = found.len(), "tickets went as the retention says");
        }
    }

    /// Takes what the machine said out of tickets that were over before this moment.
    pub(crate) async fn expire_diagnostics(&self, before: Timestamp) -> Result<()> {
        loop {
            let mut write = self.write().await?;
            write.next_change().await?;
            let found = write
                .over_before(
                    "SELECT client_id, document FROM tickets
                     WHERE state IN ('solved', 'closed') AND updated_at < $1 AND diagnostics_removed_at IS NULL
                     ORDER BY updated_at LIMIT $2",
                    before,
                )
                .await?;
            if found.is_empty() {
                return Ok(());
            }
            for ticket in &found {
                write
                    .rewrite(ticket, |document| {
                        document.facts = Facts::default();
                        document.findings = Vec::new();
                        document.health = None;
                    })
                    .await?;
                sqlx::query("UPDATE tickets SET findings = 0, diagnostics_removed_at = $2 WHERE client_id = $1")
                    .bind(ticket.try_get::<String, _>("client_id")?)
                    .bind(Timestamp::now().unix_ms())
                    .execute(&mut *write.transaction)
                    .await?;
            }
            write.note(ACTOR, Deed::DiagnosticsExpired, &found.len().to_string()).await?;
            write.commit().await?;
            tracing::info!(tickets = found.len(), "diagnostics went as the retention says");
        }
    }

    /// Takes pictures and other files from tickets that were over before this moment.
    pub(crate) async fn expire_files(&self, before: Timestamp, files: &Files) -> Result<()> {
        loop {
            let mut write = self.write().await?;
            write.next_change().await?;
            let found = write
                .over_before(
                    "SELECT client_id, document FROM tickets t
                     WHERE state IN ('solved', 'closed') AND updated_at < $1 AND files_removed_at IS NULL
                         AND EXISTS (SELECT 1 FROM attachments a WHERE a.client_id = t.client_id)
                     ORDER BY updated_at LIMIT $2",
                    before,
                )
                .await?;
            if found.is_empty() {
                return Ok(());
            }
            let mut gone = Vec::new();
            for ticket in &found {
                let id: ClientId = rows::id(ticket, "client_id")?;
                gone.extend(write.remove_files(id).await?);
                // Their names tell as well.
                write.rewrite(ticket, |document| document.attachments = Vec::new()).await?;
                sqlx::query("UPDATE tickets SET screenshot = 0, files_removed_at = $2 WHERE client_id = $1")
                    .bind(id.to_string())
                    .bind(Timestamp::now().unix_ms())
                    .execute(&mut *write.transaction)
                    .await?;
            }
            write.note(ACTOR, Deed::FilesExpired, &gone.len().to_string()).await?;
            forget(write, &gone, files).await?;
            tracing::info!(files = gone.len(), "files went as the retention says");
        }
    }
}
