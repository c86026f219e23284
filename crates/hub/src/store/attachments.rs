//! What is known of files; their bytes are in [`crate::files`].

use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, ClientId, DeviceId, FollowUpId, Timestamp};
use sqlx::Row as _;

use super::rows;
use super::tickets::Change;
use super::{Result, Store};

/// An announced file.
#[derive(Debug)]
pub(crate) struct StoredAttachment {
    pub(crate) meta: AttachmentMeta,
    /// Whether its bytes are here.
    pub(crate) arrived: bool,
}

/// What became of a file whose bytes are on the disk.
#[derive(Debug)]
pub(crate) enum Arrival {
    Arrived(Change),
    /// It was here already.
    Existing,
    NotFound,
}

impl Store {
    /// A file of a device's ticket, for that device. Files of internal notes are none of its.
    pub(crate) async fn attachment_of_device(
        &self,
        device: DeviceId,
        ticket: ClientId,
        id: AttachmentId,
    ) -> Result<Option<StoredAttachment>> {
        let row = sqlx::query(
            "SELECT a.id, a.name, a.media_type, a.size_bytes, a.sha256, a.screenshot, a.arrived_at
             FROM attachments a JOIN tickets t ON t.client_id = a.client_id
             WHERE a.id = $1 AND a.client_id = $2 AND t.device_id = $3 AND NOT EXISTS (
                 SELECT 1 FROM follow_ups f
                 WHERE f.client_id = a.client_id AND f.id = a.follow_up_id AND f.internal = 1)",
        )
        .bind(id.to_string())
        .bind(ticket.to_string())
        .bind(device.to_string())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(stored).transpose()
    }

    /// Any file, for technicians.
    pub(crate) async fn attachment(&self, id: AttachmentId) -> Result<Option<StoredAttachment>> {
        let row = sqlx::query(
            "SELECT id, name, media_type, size_bytes, sha256, screenshot, arrived_at FROM attachments WHERE id = $1",
        )
        .bind(id.to_string())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(stored).transpose()
    }

    /// Says that a file's bytes are here. Technicians are told; for the requester nothing changed.
    pub(crate) async fn arrived(&self, device: DeviceId, ticket: ClientId, id: AttachmentId) -> Result<Arrival> {
        let mut write = self.write().await?;
        let sequence = write.next_change().await?;
        let now = Timestamp::now();
        // Technicians see a change; the requester's feed stays where it is.
        let touched = sqlx::query(
            "UPDATE tickets SET change_seq = $3, updated_at = $4 WHERE client_id = $1 AND device_id = $2
             RETURNING number, visible_seq",
        )
        .bind(ticket.to_string())
        .bind(device.to_string())
        .bind(sequence)
        .bind(now.unix_ms())
        .fetch_optional(&mut *write.transaction)
        .await?;
        let Some(touched) = touched else { return Ok(Arrival::NotFound) };
        let marked = sqlx::query(
            "UPDATE attachments SET arrived_at = $3 WHERE id = $1 AND client_id = $2 AND arrived_at IS NULL",
        )
        .bind(id.to_string())
        .bind(ticket.to_string())
        .bind(now.unix_ms())
        .execute(&mut *write.transaction)
        .await?;
        if marked.rows_affected() == 0 {
            return Ok(Arrival::Existing);
        }
        let number = rows::count(&touched, "number")?;
        let visible_sequence = touched.try_get("visible_seq")?;
        write.commit().await?;
        Ok(Arrival::Arrived(Change { number, device, created: false, visible_sequence }))
    }

    /// Announced files that have not arrived, of the ticket itself or of one entry of its thread.
    pub(crate) async fn missing(&self, id: ClientId, follow_up: Option<FollowUpId>) -> Result<Vec<AttachmentId>> {
        let found = sqlx::query(
            "SELECT id FROM attachments
             WHERE client_id = $1 AND arrived_at IS NULL AND COALESCE(follow_up_id, '') = $2 ORDER BY position",
        )
        .bind(id.to_string())
        .bind(follow_up.map(|f| f.to_string()).unwrap_or_default())
        .fetch_all(&self.pool)
        .await?;
        found.iter().map(|row| rows::id(row, "id")).collect()
    }

    /// The files of a ticket that are here.
    pub(crate) async fn arrived_files(&self, ticket: ClientId) -> Result<Vec<AttachmentId>> {
        let found =
            sqlx::query("SELECT id FROM attachments WHERE client_id = $1 AND arrived_at IS NOT NULL ORDER BY position")
                .bind(ticket.to_string())
                .fetch_all(&self.pool)
                .await?;
        found.iter().map(|row| rows::id(row, "id")).collect()
    }
}

pub(super) fn stored(row: &sqlx::any::AnyRow) -> Result<StoredAttachment> {
    let arrived: Option<i64> = row.try_get("arrived_at")?;
    Ok(StoredAttachment { meta: rows::attachment(row)?, arrived: arrived.is_some() })
}
