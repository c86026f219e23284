//! Devices, and the tokens with which they enrol.

use deskside_protocol::desk::{Deed, DeviceRow, EnrolmentTokenInfo};
use deskside_protocol::{DeviceId, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::{Result, Store, flag, rows, truth};
use crate::limits;

/// A device that has proved itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeviceIdentity {
    pub(crate) id: DeviceId,
    /// When it was last heard of.
    pub(crate) seen_at: Option<Timestamp>,
}

/// A token as it is made.
#[derive(Debug)]
pub(crate) struct NewToken<'a> {
    /// SHA-256 of the secret.
    pub(crate) digest: &'a str,
    pub(crate) label: &'a str,
    pub(crate) uses: u32,
    pub(crate) expires_at: Timestamp,
    pub(crate) created_by: &'a str,
    /// Whose computers they are, by their name in the company's directory.
    pub(crate) person: Option<&'a str>,
}

/// What became of the use of a token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TokenUse {
    /// The device is enrolled.
    Enrolled,
    /// No such token, or it is used up, over or withdrawn. Which of them is nobody's business.
    Refused,
}

impl Store {
    /// Makes a token.
    pub(crate) async fn make_token(&self, token: &NewToken<'_>) -> Result<EnrolmentTokenInfo> {
        let info = EnrolmentTokenInfo {
            id: Uuid::now_v7(),
            label: token.label.to_owned(),
            uses: token.uses,
            used: 0,
            expires_at: token.expires_at,
            revoked: false,
            created_by: token.created_by.to_owned(),
        };
        let mut write = self.write().await?;
        sqlx::query(
            "INSERT INTO enrolment_tokens (id, digest, label, uses, used, expires_at, revoked, created_by, created_at, person)
             VALUES ($1, $2, $3, $4, 0, $5, 0, $6, $7, $8)",
        )
        .bind(info.id.to_string())
        .bind(token.digest.to_owned())
        .bind(info.label.clone())
        .bind(i64::from(info.uses))
        .bind(info.expires_at.unix_ms())
        .bind(info.created_by.clone())
        .bind(Timestamp::now().unix_ms())
        .bind(token.person.map(ToOwned::to_owned))
        .execute(&mut *write.transaction)
        .await?;
        write.note(&info.created_by, Deed::TokenMade, &info.label).await?;
        write.commit().await?;
        Ok(info)
    }

    /// All tokens, newest first.
    pub(crate) async fn tokens(&self) -> Result<Vec<EnrolmentTokenInfo>> {
        let found = sqlx::query(
            "SELECT id, label, uses, used, expires_at, revoked, created_by FROM enrolment_tokens
             ORDER BY created_at DESC, id DESC LIMIT 1000",
        )
        .fetch_all(&self.pool)
        .await?;
        found.iter().map(token_info).collect()
    }

    /// Withdraws a token; `false` if there is none. Devices that used it stay.
    pub(crate) async fn revoke_token(&self, id: Uuid, actor: &str) -> Result<bool> {
        let mut write = self.write().await?;
        let done = sqlx::query("UPDATE enrolment_tokens SET revoked = 1 WHERE id = $1 RETURNING label")
            .bind(id.to_string())
            .fetch_optional(&mut *write.transaction)
            .await?;
        let Some(row) = done else { return Ok(false) };
        write.note(actor, Deed::TokenRevoked, row.try_get("label")?).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Uses a token once and enrols a device with it: both or neither.
    pub(crate) async fn enrol(
        &self,
        token_digest: &str,
        device: DeviceId,
        credential_digest: &str,
        name: &str,
        platform: &str,
    ) -> Result<TokenUse> {
        let now = Timestamp::now().unix_ms();
        let mut write = self.write().await?;
        // One statement both checks and counts, so that two devices cannot share the last use.
        let token = sqlx::query(
            "UPDATE enrolment_tokens SET used = used + 1
             WHERE digest = $1 AND revoked = 0 AND used < uses AND expires_at > $2 RETURNING id, label, person",
        )
        .bind(token_digest.to_owned())
        .bind(now)
        .fetch_optional(&mut *write.transaction)
        .await?;
        let Some(token) = token else { return Ok(TokenUse::Refused) };
        sqlx::query(
            "INSERT INTO devices (id, digest, name, platform, token_id, enrolled_at, revoked, person)
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
        )
        .bind(device.to_string())
        .bind(credential_digest.to_owned())
        .bind(name.to_owned())
        .bind(platform.to_owned())
        .bind(token.try_get::<String, _>("id")?)
        .bind(now)
        .bind(token.try_get::<Option<String>, _>("person")?)
        .execute(&mut *write.transaction)
        .await?;
        write.note(token.try_get("label")?, Deed::DeviceEnrolled, name).await?;
        write.commit().await?;
        Ok(TokenUse::Enrolled)
    }

    /// The device of a credential, unless it was withdrawn.
    pub(crate) async fn device_of(&self, credential_digest: &str) -> Result<Option<DeviceIdentity>> {
        let row = sqlx::query("SELECT id, seen_at FROM devices WHERE digest = $1 AND revoked = 0")
            .bind(credential_digest.to_owned())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let seen: Option<i64> = row.try_get("seen_at")?;
        Ok(Some(DeviceIdentity { id: rows::id(&row, "id")?, seen_at: seen.map(Timestamp::from_unix_ms) }))
    }

    /// Notes that a device was heard of, unless that was noted a moment ago.
    pub(crate) async fn device_seen(&self, device: DeviceIdentity) -> Result<()> {
        let now = Timestamp::now().unix_ms();
        let stale = i64::try_from(limits::SEEN_STALE.as_millis()).unwrap_or(i64::MAX);
        if device.seen_at.is_some_and(|seen| now.saturating_sub(seen.unix_ms()) < stale) {
            return Ok(());
        }
        let mut write = self.write().await?;
        sqlx::query("UPDATE devices SET seen_at = $2 WHERE id = $1")
            .bind(device.id.to_string())
            .bind(now)
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }

    /// All devices, by name.
    pub(crate) async fn devices(&self) -> Result<Vec<DeviceRow>> {
        let found = sqlx::query(
            "SELECT d.id, d.name, d.platform, d.enrolled_at, d.seen_at, d.revoked,
                 (SELECT COUNT(*) FROM tickets t WHERE t.device_id = d.id) AS tickets
             FROM devices d ORDER BY d.name, d.id LIMIT 20000",
        )
        .fetch_all(&self.pool)
        .await?;
        found
            .iter()
            .map(|row| {
                let seen: Option<i64> = row.try_get("seen_at")?;
                Ok(DeviceRow {
                    id: rows::id(row, "id")?,
                    name: row.try_get("name")?,
                    platform: row.try_get("platform")?,
                    enrolled_at: rows::moment(row, "enrolled_at")?,
                    seen_at: seen.map(Timestamp::from_unix_ms),
                    revoked: truth(row, "revoked")?,
                    tickets: rows::count(row, "tickets")?,
                })
            })
            .collect()
    }

    /// Withdraws a device's credential; `false` if there is no such device. Its tickets stay.
    pub(crate) async fn revoke_device(&self, id: DeviceId, actor: &str) -> Result<bool> {
        let mut write = self.write().await?;
        let done = sqlx::query("UPDATE devices SET revoked = $2 WHERE id = $1 RETURNING name")
            .bind(id.to_string())
            .bind(flag(true))
            .fetch_optional(&mut *write.transaction)
            .await?;
        let Some(row) = done else { return Ok(false) };
        write.note(actor, Deed::DeviceRevoked, row.try_get("name")?).await?;
        write.commit().await?;
        Ok(true)
    }
}

fn token_info(row: &AnyRow) -> Result<EnrolmentTokenInfo> {
    Ok(EnrolmentTokenInfo {
        id: rows::id(row, "id")?,
        label: row.try_get("label")?,
        uses: rows::count(row, "uses")?,
        used: rows::count(row, "used")?,
        expires_at: rows::moment(row, "expires_at")?,
        revoked: truth(row, "revoked")?,
        created_by: row.try_get("created_by")?,
    })
}
