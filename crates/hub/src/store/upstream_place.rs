//! At which helpdesk tickets have their numbers, when the hub was pointed at another one.

use deskside_protocol::desk::TicketView;
use deskside_protocol::{ClientId, DeviceId, FollowUpId};
use sqlx::Row as _;

use super::{Result, Store, rows};

impl Store {
    /// Keeps the place of the helpdesk for the first time: all numbers that there are are its own.
    pub(crate) async fn stamp_place(&self, place: &str) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query(
            "UPDATE tickets SET upstream_place = $1 WHERE upstream_number IS NOT NULL AND upstream_place IS NULL",
        )
        .bind(place.to_owned())
        .execute(&mut *write.transaction)
        .await?;
        sqlx::query(
            "INSERT INTO meta (name, value) VALUES ('gateway-place', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(place.to_owned())
        .execute(&mut *write.transaction)
        .await?;
        write.commit().await
    }

    /// Which of the tickets at this place is ours: by the identity, else by the number that it has there.
    pub(crate) async fn of_upstream(&self, view: &TicketView, place: &str) -> Result<Option<ClientId>> {
        let number = i64::try_from(view.number).unwrap_or(i64::MAX);
        let row = sqlx::query(
            "SELECT client_id, CASE WHEN COALESCE(upstream_place, $3) = $3 THEN 1 ELSE 0 END AS here FROM tickets
             WHERE client_id = $1 OR (upstream_number = $2 AND COALESCE(upstream_place, $3) = $3)
             ORDER BY CASE WHEN client_id = $1 THEN 0 ELSE 1 END LIMIT 1",
        )
        .bind(view.client_id.to_string())
        .bind(number)
        .bind(place.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let ticket: ClientId = rows::id(&row, "client_id")?;
        // The helpdesk has moved, and brought it along.
        if !super::truth(&row, "here")? {
            let mut write = self.write().await?;
            sqlx::query("UPDATE tickets SET upstream_number = $2, upstream_place = $3 WHERE client_id = $1")
                .bind(ticket.to_string())
                .bind(number)
                .bind(place.to_owned())
                .execute(&mut *write.transaction)
                .await?;
            write.commit().await?;
        }
        Ok(Some(ticket))
    }

    /// Whether a ticket is worked on in the helpdesk at this place, and its number there, if it has one yet.
    pub(crate) async fn worked_on_elsewhere(&self, number: i64, place: &str) -> Result<Option<Option<i64>>> {
        let row = sqlx::query(
            "SELECT t.upstream_number FROM tickets t
             JOIN upstream_outbox o ON o.client_id = t.client_id AND o.id = t.client_id
             WHERE t.number = $1 AND COALESCE(t.upstream_place, $2) = $2",
        )
        .bind(number)
        .bind(place.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok(row.try_get("upstream_number")?)).transpose()
    }

    /// Whether a ticket of a device is at a helpdesk of before, so that nothing new can be said to it. What was said
    /// already is no news.
    pub(crate) async fn at_former_place(
        &self,
        device: DeviceId,
        ticket: ClientId,
        entry: FollowUpId,
        place: &str,
    ) -> Result<bool> {
        let row = sqlx::query(
            "SELECT 1 FROM tickets t WHERE t.client_id = $1 AND t.device_id = $2 AND t.upstream_number IS NOT NULL
                 AND COALESCE(t.upstream_place, $4) <> $4
                 AND NOT EXISTS (SELECT 1 FROM follow_ups f WHERE f.client_id = $1 AND f.id = $3)
                 AND NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.client_id = $1 AND v.id = $3)",
        )
        .bind(ticket.to_string())
        .bind(device.to_string())
        .bind(entry.to_string())
        .bind(place.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some())
    }
}
