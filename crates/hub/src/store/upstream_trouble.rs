//! How it stands with the helpdesk to which this hub is the gateway, for whoever watches over the hub.

use deskside_protocol::{ErrorCode, ErrorReport, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::{Result, Store, StoreError, Write};

/// Why nothing goes on there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standstill {
    pub(crate) code: ErrorCode,
    pub(crate) detail: String,
    pub(crate) since: Timestamp,
}

/// What waits, and why.
#[derive(Debug)]
pub(crate) struct Standing {
    /// Messages that are not there yet.
    pub(crate) waiting: i64,
    /// Since when the oldest of them waits.
    pub(crate) oldest: Option<Timestamp>,
    /// What does not go on: sending, following, or both.
    pub(crate) standstills: Vec<Standstill>,
}

impl Store {
    /// Keeps why a part of the gateway does not go on, since when for the same reason; `None`: it does.
    pub(crate) async fn keep_standstill(&self, part: &str, why: Option<&ErrorReport>, now: Timestamp) -> Result<()> {
        let mut write = self.write().await?;
        let name = format!("gateway-trouble-{part}");
        let Some(why) = why else {
            sqlx::query("DELETE FROM meta WHERE name = $1").bind(name).execute(&mut *write.transaction).await?;
            return write.commit().await;
        };
        let before = write.standstill(&name).await?.filter(|before| before.code == why.code);
        let since = before.map_or(now, |before| before.since);
        let kept = Standstill { code: why.code, detail: why.detail.clone(), since };
        let kept = serde_json::to_string(&kept).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        sqlx::query(
            "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(kept)
        .execute(&mut *write.transaction)
        .await?;
        write.commit().await
    }

    /// How it stands; `None` if this hub never was a gateway.
    pub(crate) async fn upstream_standing(&self) -> Result<Option<Standing>> {
        if self.gateway_value("place").await?.is_none() {
            return Ok(None);
        }
        let row = sqlx::query(
            "SELECT COUNT(*) AS waiting, MIN(queued_at) AS oldest FROM upstream_outbox WHERE standing = 'waiting'",
        )
        .fetch_one(&self.pool)
        .await?;
        let found = sqlx::query("SELECT value FROM meta WHERE name LIKE 'gateway-trouble-%' ORDER BY name")
            .fetch_all(&self.pool)
            .await?;
        Ok(Some(Standing {
            waiting: row.try_get("waiting")?,
            oldest: row.try_get::<Option<i64>, _>("oldest")?.map(Timestamp::from_unix_ms),
            standstills: found.iter().map(read).collect::<Result<_>>()?,
        }))
    }
}

impl Write {
    async fn standstill(&mut self, name: &str) -> Result<Option<Standstill>> {
        let row = sqlx::query("SELECT value FROM meta WHERE name = $1")
            .bind(name.to_owned())
            .fetch_optional(&mut *self.transaction)
            .await?;
        row.as_ref().map(read).transpose()
    }
}

fn read(row: &sqlx::any::AnyRow) -> Result<Standstill> {
    let kept: String = row.try_get("value")?;
    serde_json::from_str(&kept).map_err(|error| StoreError::Unreadable(error.to_string()))
}
