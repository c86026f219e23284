//! People who sign in to the console, and their sessions.

use deskside_protocol::desk::{Deed, Person, Role};
use deskside_protocol::{ClientId, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::rows::word;
use super::tickets::Change;
use super::{Result, Store, Write, flag, rows, truth};
use crate::limits;

/// A person with what only the server knows.
#[derive(Debug, Clone)]
pub(crate) struct PersonRecord {
    pub(crate) person: Person,
    /// PHC string (argon2id).
    pub(crate) password_hash: String,
    pub(crate) must_change: bool,
}

/// A session as it begins.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    /// SHA-256 of the secret in the cookie.
    pub(crate) digest: &'a str,
    pub(crate) login: &'a str,
}

/// A password that takes another's place.
#[derive(Debug)]
pub(crate) struct NewPassword<'a> {
    pub(crate) hash: &'a str,
    /// Another person knows it: it is good for one sign-in.
    pub(crate) must_change: bool,
    /// Digest of the session that goes on.
    pub(crate) but_session: &'a str,
    /// Login of who sets it.
    pub(crate) actor: &'a str,
}

/// What became of a change of a person.
#[derive(Debug)]
pub(crate) enum PersonOutcome {
    /// It is done; tickets that lost whoever worked on them.
    Done(Vec<Change>),
    NotFound,
    /// Refused: nobody could manage the hub any more.
    LastAdministrator,
}

impl Write {
    async fn set_password(&mut self, login: &str, password: &NewPassword<'_>) -> Result<bool> {
        let done = sqlx::query("UPDATE people SET password_hash = $2, must_change = $3 WHERE login = $1")
            .bind(login.to_owned())
            .bind(password.hash.to_owned())
            .bind(flag(password.must_change))
            .execute(&mut *self.transaction)
            .await?;
        sqlx::query("DELETE FROM sessions WHERE login = $1 AND digest <> $2")
            .bind(login.to_owned())
            .bind(password.but_session.to_owned())
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let deed = if password.actor == login { Deed::PasswordChosen } else { Deed::PasswordReset };
        self.note(password.actor, deed, login).await?;
        Ok(true)
    }

    async fn end_sessions(&mut self, login: &str) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE login = $1")
            .bind(login.to_owned())
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    async fn is_managed(&mut self) -> Result<bool> {
        let left = sqlx::query("SELECT login FROM people WHERE role = $1 AND active = 1 LIMIT 1")
            .bind(word(Role::Administrator)?)
            .fetch_optional(&mut *self.transaction)
            .await?;
        Ok(left.is_some())
    }
}

impl Store {
    /// Whether anybody can sign in yet.
    pub(crate) async fn has_people(&self) -> Result<bool> {
        Ok(sqlx::query("SELECT login FROM people LIMIT 1").fetch_optional(&self.pool).await?.is_some())
    }

    /// Adds a person, whose password is good for one sign-in; `false` if the login is taken.
    pub(crate) async fn add_person(&self, person: &Person, password_hash: &str, actor: &str) -> Result<bool> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "INSERT INTO people (login, display_name, role, password_hash, must_change, active, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (login) DO NOTHING",
        )
        .bind(person.login.clone())
        .bind(person.display_name.clone())
        .bind(word(person.role)?)
        .bind(password_hash.to_owned())
        .bind(flag(true))
        .bind(flag(person.active))
        .bind(Timestamp::now().unix_ms())
        .execute(&mut *write.transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        write.note(actor, Deed::PersonAdded, &person.login).await?;
        write.commit().await?;
        Ok(true)
    }

    /// A person by login.
    pub(crate) async fn person(&self, login: &str) -> Result<Option<PersonRecord>> {
        let row = sqlx::query(
            "SELECT login, display_name, role, password_hash, must_change, active FROM people WHERE login = $1",
        )
        .bind(login.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(record).transpose()
    }

    /// Everybody, by name.
    pub(crate) async fn people(&self) -> Result<Vec<Person>> {
        let found = sqlx::query(
            "SELECT login, display_name, role, password_hash, must_change, active FROM people
             ORDER BY display_name, login LIMIT 5000",
        )
        .fetch_all(&self.pool)
        .await?;
        found.iter().map(|row| record(row).map(|record| record.person)).collect()
    }

    /// Sets a password and ends all the person's sessions but the one named.
    pub(crate) async fn set_password(&self, login: &str, password: &NewPassword<'_>) -> Result<bool> {
        let mut write = self.write().await?;
        let done = write.set_password(login, password).await?;
        write.commit().await?;
        Ok(done)
    }

    /// Begins a session, and forgets sessions that are over.
    pub(crate) async fn begin_session(&self, session: &NewSession<'_>) -> Result<()> {
        let now = Timestamp::now().unix_ms();
        let mut write = self.write().await?;
        sqlx::query("DELETE FROM sessions WHERE created_at < $1 OR seen_at < $2")
            .bind(now.saturating_sub(millis(limits::SESSION_LIFE)))
            .bind(now.saturating_sub(millis(limits::SESSION_IDLE)))
            .execute(&mut *write.transaction)
            .await?;
        sqlx::query("INSERT INTO sessions (digest, login, created_at, seen_at) VALUES ($1, $2, $3, $3)")
            .bind(session.digest.to_owned())
            .bind(session.login.to_owned())
            .bind(now)
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }

    /// Who a session belongs to, if it lasts and the person may sign in.
    pub(crate) async fn session(&self, digest: &str) -> Result<Option<PersonRecord>> {
        let now = Timestamp::now().unix_ms();
        let row = sqlx::query(
            "SELECT p.login, p.display_name, p.role, p.password_hash, p.must_change, p.active, s.seen_at
             FROM sessions s JOIN people p ON p.login = s.login
             WHERE s.digest = $1 AND p.active = 1 AND s.created_at >= $2 AND s.seen_at >= $3",
        )
        .bind(digest.to_owned())
        .bind(now.saturating_sub(millis(limits::SESSION_LIFE)))
        .bind(now.saturating_sub(millis(limits::SESSION_IDLE)))
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let seen: i64 = row.try_get("seen_at")?;
        if now.saturating_sub(seen) > millis(limits::SEEN_STALE) {
            let mut write = self.write().await?;
            sqlx::query("UPDATE sessions SET seen_at = $2 WHERE digest = $1")
                .bind(digest.to_owned())
                .bind(now)
                .execute(&mut *write.transaction)
                .await?;
            write.commit().await?;
        }
        record(&row).map(Some)
    }

    /// Ends a session.
    pub(crate) async fn end_session(&self, digest: &str) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("DELETE FROM sessions WHERE digest = $1")
            .bind(digest.to_owned())
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }

    /// Changes a person, all at once. Who may not sign in any more loses their sessions; who gets another password, all
    /// but the one named with it.
    pub(crate) async fn change_person(
        &self,
        actor: &str,
        login: &str,
        display_name: Option<&str>,
        role: Option<Role>,
        active: Option<bool>,
        password: Option<&NewPassword<'_>>,
    ) -> Result<PersonOutcome> {
        let mut write = self.write().await?;
        // The counter's row is the lock that keeps two administrators from dismissing each other at the same time.
        write.next_change().await?;
        let before = sqlx::query(
            "SELECT login, display_name, role, password_hash, must_change, active FROM people WHERE login = $1",
        )
        .bind(login.to_owned())
        .fetch_optional(&mut *write.transaction)
        .await?;
        let Some(before) = before.as_ref().map(record).transpose()? else { return Ok(PersonOutcome::NotFound) };
        let before = before.person;
        sqlx::query(
            "UPDATE people SET display_name = COALESCE($2, display_name), role = COALESCE($3, role),
                 active = COALESCE($4, active) WHERE login = $1",
        )
        .bind(login.to_owned())
        .bind(display_name.map(ToOwned::to_owned))
        .bind(role.map(word).transpose()?)
        .bind(active.map(flag))
        .execute(&mut *write.transaction)
        .await?;
        if !write.is_managed().await? {
            return Ok(PersonOutcome::LastAdministrator);
        }
        if active == Some(false) {
            write.end_sessions(login).await?;
        }
        let deeds = [
            display_name.filter(|name| *name != before.display_name).map(|_| Deed::PersonRenamed),
            role.filter(|role| *role != before.role).map(|_| Deed::RoleChanged),
            active
                .filter(|active| *active != before.active)
                .map(|active| if active { Deed::PersonUnlocked } else { Deed::PersonLocked }),
        ];
        for deed in deeds.into_iter().flatten() {
            write.note(actor, deed, login).await?;
        }
        if let Some(password) = password {
            write.set_password(login, password).await?;
        }
        write.commit().await?;
        Ok(PersonOutcome::Done(Vec::new()))
    }

    /// Removes a person. What they wrote stays under their name; what they worked on is nobody's again.
    pub(crate) async fn remove_person(&self, actor: &str, login: &str) -> Result<PersonOutcome> {
        let mut write = self.write().await?;
        let mut sequence = write.next_change().await?;
        let found = sqlx::query("SELECT client_id FROM tickets WHERE assignee = $1 ORDER BY number")
            .bind(login.to_owned())
            .fetch_all(&mut *write.transaction)
            .await?;
        let now = Timestamp::now();
        let mut changes = Vec::with_capacity(found.len());
        for row in &found {
            let ticket: ClientId = rows::id(row, "client_id")?;
            let Some(current) = write.ticket(ticket).await? else { continue };
            sqlx::query("UPDATE tickets SET assignee = NULL WHERE client_id = $1")
                .bind(ticket.to_string())
                .execute(&mut *write.transaction)
                .await?;
            write.touch(ticket, sequence, now, true, None, None).await?;
            changes.push(current.change(sequence));
            sequence = write.next_change().await?;
        }
        write.end_sessions(login).await?;
        let gone = sqlx::query("DELETE FROM people WHERE login = $1")
            .bind(login.to_owned())
            .execute(&mut *write.transaction)
            .await?;
        if gone.rows_affected() == 0 {
            return Ok(PersonOutcome::NotFound);
        }
        if !write.is_managed().await? {
            return Ok(PersonOutcome::LastAdministrator);
        }
        write.note(actor, Deed::PersonRemoved, login).await?;
        write.commit().await?;
        Ok(PersonOutcome::Done(changes))
    }
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn record(row: &AnyRow) -> Result<PersonRecord> {
    Ok(PersonRecord {
        person: Person {
            login: row.try_get("login")?,
            display_name: row.try_get("display_name")?,
            role: rows::role(row)?,
            active: truth(row, "active")?,
        },
        password_hash: row.try_get("password_hash")?,
        must_change: truth(row, "must_change")?,
    })
}
