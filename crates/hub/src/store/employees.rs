//! Whose computer a device is: what IT said when it made the token, or what somebody proved when they signed in there.

use deskside_protocol::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::{Result, Store, StoreError};

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

    /// Forgets sign-ins that are over.
    pub(crate) async fn forget_sign_ins(&self, now: Timestamp) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("UPDATE devices SET signed_in = NULL, signed_in_until = NULL WHERE signed_in_until <= $1")
            .bind(now.unix_ms())
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
