//! Whose computer a device is: what IT said when it made the token, or what somebody proved when they signed in there.

use deskside_protocol::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::{Result, Store, StoreError};
use crate::limits;

/// An employee, as the company's directory knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Employee {
    /// Their name in the directory.
    pub(crate) login: String,
    /// Their address, if the directory's word for it is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    /// As people say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// What is known of who sits at a device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Whose {
    /// Said by IT.
    pub(crate) assigned: Option<String>,
    /// Proved by a sign-in that still holds, and until when.
    pub(crate) signed_in: Option<(Employee, Timestamp)>,
}

impl Whose {
    /// Who it is; what was proved counts more than what was said.
    pub(crate) fn employee(self) -> Option<Employee> {
        let assigned = self.assigned.map(|login| Employee { login, email: None, name: None });
        self.signed_in.map(|(employee, _)| employee).or(assigned)
    }
}

/// A sign-in that is under way.
#[derive(Debug)]
pub(crate) struct BegunSignIn {
    /// Where the browser comes back.
    pub(crate) redirect: String,
    /// What its end needs.
    pub(crate) sealed: String,
}

/// Of what was begun by then, the time is over.
fn over(now: Timestamp) -> i64 {
    now.unix_ms().saturating_sub(i64::try_from(limits::SIGN_IN_BEGUN.as_millis()).unwrap_or(i64::MAX))
}

/// That a ticket goes on to the helpdesk to which this hub is the gateway.
#[derive(Debug, Clone, Default)]
pub(crate) struct Onward {
    /// In whose name, as that helpdesk calls them; `None` is the service account's.
    pub(crate) requester: Option<String>,
}

impl Store {
    /// Who sits at a device.
    pub(crate) async fn whose(&self, device: DeviceId, now: Timestamp) -> Result<Whose> {
        let row = sqlx::query("SELECT person, signed_in, signed_in_until FROM devices WHERE id = $1")
            .bind(device.to_string())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(Whose::default()) };
        let until: Option<i64> = row.try_get("signed_in_until")?;
        let until = until.map(Timestamp::from_unix_ms).filter(|until| *until > now);
        let kept: Option<String> = row.try_get("signed_in")?;
        let signed_in = match (kept, until) {
            (Some(kept), Some(until)) => {
                let employee =
                    serde_json::from_str(&kept).map_err(|error| StoreError::Unreadable(error.to_string()))?;
                Some((employee, until))
            }
            (Some(_) | None, _) => None,
        };
        Ok(Whose { assigned: row.try_get("person")?, signed_in })
    }

    /// Binds an employee who proved who they are to a device, or with `None` nobody.
    pub(crate) async fn sign_in(&self, device: DeviceId, signed_in: Option<(&Employee, Timestamp)>) -> Result<()> {
        let employee = signed_in.map(|(employee, _)| serde_json::to_string(employee)).transpose();
        let employee = employee.map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let mut write = self.write().await?;
        sqlx::query("UPDATE devices SET signed_in = $2, signed_in_until = $3 WHERE id = $1")
            .bind(device.to_string())
            .bind(employee)
            .bind(signed_in.map(|(_, until)| until.unix_ms()))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }

    /// Keeps a sign-in that a device begins; one that it began before is over. `state` is the digest of its state.
    pub(crate) async fn begin_sign_in(
        &self,
        state: &str,
        device: DeviceId,
        begun: &BegunSignIn,
        now: Timestamp,
    ) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("DELETE FROM begun_sign_ins WHERE device_id = $1 OR at <= $2")
            .bind(device.to_string())
            .bind(over(now))
            .execute(&mut *write.transaction)
            .await?;
        // All but the newest; the one limit is only there because SQLite knows no offset without.
        sqlx::query(
            "DELETE FROM begun_sign_ins WHERE state IN (
                 SELECT state FROM begun_sign_ins ORDER BY at DESC, state LIMIT 1000000 OFFSET $1)",
        )
        .bind(limits::SIGN_INS_BEGUN - 1)
        .execute(&mut *write.transaction)
        .await?;
        sqlx::query("INSERT INTO begun_sign_ins (state, device_id, redirect, sealed, at) VALUES ($1, $2, $3, $4, $5)")
            .bind(state.to_owned())
            .bind(device.to_string())
            .bind(begun.redirect.clone())
            .bind(begun.sealed.clone())
            .bind(now.unix_ms())
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }

    /// Takes a sign-in that this device began, once, if its time is not over.
    pub(crate) async fn take_begun(
        &self,
        state: &str,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<Option<BegunSignIn>> {
        let mut write = self.write().await?;
        let taken = sqlx::query(
            "DELETE FROM begun_sign_ins WHERE state = $1 AND device_id = $2 AND at > $3 RETURNING redirect, sealed",
        )
        .bind(state.to_owned())
        .bind(device.to_string())
        .bind(over(now))
        .fetch_optional(&mut *write.transaction)
        .await?;
        write.commit().await?;
        taken
            .map(|row| Ok(BegunSignIn { redirect: row.try_get("redirect")?, sealed: row.try_get("sealed")? }))
            .transpose()
    }

    /// Forgets sign-ins that are over, and those that nobody ended.
    pub(crate) async fn forget_sign_ins(&self, now: Timestamp) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("UPDATE devices SET signed_in = NULL, signed_in_until = NULL WHERE signed_in_until <= $1")
            .bind(now.unix_ms())
            .execute(&mut *write.transaction)
            .await?;
        sqlx::query("DELETE FROM begun_sign_ins WHERE at <= $1")
            .bind(over(now))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }

    /// In whose names tickets were filed that may still change at the helpdesk at this place.
    pub(crate) async fn upstream_requesters(&self, over_since: Timestamp, place: &str) -> Result<Vec<String>> {
        let found = sqlx::query(
            "SELECT DISTINCT upstream_requester FROM tickets
             WHERE upstream_requester IS NOT NULL AND upstream_number IS NOT NULL
                 AND COALESCE(upstream_place, $2) = $2 AND (state NOT IN ('solved', 'closed') OR updated_at > $1)
             ORDER BY upstream_requester",
        )
        .bind(over_since.unix_ms())
        .bind(place.to_owned())
        .fetch_all(&self.pool)
        .await?;
        found.iter().map(|row| Ok(row.try_get("upstream_requester")?)).collect()
    }
}
