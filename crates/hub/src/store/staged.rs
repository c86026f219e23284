//! Files that a technician has brought for an answer that is still being written. They are the answer's once it is
//! written, all or none, so that nobody reads "see the picture" without it; what no answer takes is forgotten.

use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, ClientId, FollowUpId, Sha256, Timestamp, limits as shared};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Result, Store, Write, rows};
use crate::files::Files;
use crate::limits;

/// What became of a file that was brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Staging {
    Staged,
    /// The same is here already.
    Existing,
    /// Another file has its identity.
    Taken,
    /// Its bytes were forgotten together with an older file of the same bytes, just now.
    Gone,
}

/// Whether an answer got its files.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taking {
    Taken,
    /// One of them is not there (any more).
    Missing,
    /// Together they are more than an answer can have.
    TooLarge,
}

impl Write {
    /// Makes the person's files of these identities an answer's.
    pub(super) async fn take_staged(
        &mut self,
        ticket: ClientId,
        follow_up: FollowUpId,
        login: &str,
        files: &[AttachmentId],
        now: Timestamp,
    ) -> Result<Taking> {
        let mut bytes: u64 = 0;
        for (position, id) in files.iter().enumerate() {
            let taken = sqlx::query(
                "INSERT INTO attachments
                     (id, client_id, follow_up_id, position, name, media_type, size_bytes, sha256, screenshot, arrived_at)
                 SELECT id, client_id, $4, $5, name, media_type, size_bytes, sha256, 0, $6 FROM staged_files
                 WHERE id = $1 AND client_id = $2 AND login = $3",
            )
            .bind(id.to_string())
            .bind(ticket.to_string())
            .bind(login.to_owned())
            .bind(follow_up.to_string())
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(now.unix_ms())
            .execute(&mut *self.transaction)
            .await?;
            if taken.rows_affected() != 1 {
                return Ok(Taking::Missing);
            }
            let row = sqlx::query("DELETE FROM staged_files WHERE id = $1 RETURNING size_bytes")
                .bind(id.to_string())
                .fetch_one(&mut *self.transaction)
                .await?;
            bytes = bytes.saturating_add(rows::count(&row, "size_bytes")?);
        }
        Ok(if bytes > shared::ATTACHMENTS_TOTAL_BYTES { Taking::TooLarge } else { Taking::Taken })
    }

    /// Those of the digests that nothing refers to any more.
    async fn unused(&mut self, digests: Vec<String>) -> Result<Vec<Sha256>> {
        let mut unused = Vec::new();
        for digest in digests {
            let used = sqlx::query(
                "SELECT 1 AS used FROM staged_files WHERE sha256 = $1
                 UNION ALL SELECT 1 AS used FROM attachments WHERE sha256 = $1 LIMIT 1",
            )
            .bind(digest.clone())
            .fetch_optional(&mut *self.transaction)
            .await?;
            if used.is_none()
                && let Ok(digest) = Sha256::try_from(digest)
            {
                unused.push(digest);
            }
        }
        Ok(unused)
    }
}

impl Store {
    /// The ticket of this number.
    pub(crate) async fn ticket_id(&self, number: i64) -> Result<Option<ClientId>> {
        let row = sqlx::query("SELECT client_id FROM tickets WHERE number = $1")
            .bind(number)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(|row| rows::id(row, "client_id")).transpose()
    }

    /// Keeps that a file is here for an answer that is to come. Whoever has brought too many loses the oldest: they are of
    /// answers that were never written.
    pub(crate) async fn stage(
        &self,
        ticket: ClientId,
        login: &str,
        file: &AttachmentMeta,
        files: &Files,
    ) -> Result<Staging> {
        let mut write = self.write().await?;
        // The counter's row is the lock: bytes are forgotten under it too.
        write.next_change().await?;
        if files.read(&file.sha256).await.is_err() {
            return Ok(Staging::Gone);
        }
        let known = sqlx::query("SELECT sha256, login, client_id FROM staged_files WHERE id = $1")
            .bind(file.id.to_string())
            .fetch_optional(&mut *write.transaction)
            .await?;
        if let Some(row) = known {
            let same = row.try_get::<String, _>("sha256")? == file.sha256.as_str()
                && row.try_get::<String, _>("login")? == login
                && rows::id::<ClientId>(&row, "client_id")? == ticket;
            return Ok(if same { Staging::Existing } else { Staging::Taken });
        }
        let taken = sqlx::query("SELECT id FROM attachments WHERE id = $1")
            .bind(file.id.to_string())
            .fetch_optional(&mut *write.transaction)
            .await?;
        if taken.is_some() {
            return Ok(Staging::Taken);
        }
        sqlx::query(
            "INSERT INTO staged_files (id, client_id, login, name, media_type, size_bytes, sha256, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(file.id.to_string())
        .bind(ticket.to_string())
        .bind(login.to_owned())
        .bind(file.name.clone())
        .bind(file.media_type.clone())
        .bind(i64::try_from(file.size_bytes).unwrap_or(i64::MAX))
        .bind(file.sha256.to_string())
        .bind(Timestamp::now().unix_ms())
        .execute(&mut *write.transaction)
        .await?;
        let too_many = sqlx::query(
            "DELETE FROM staged_files WHERE id IN (
                 SELECT id FROM staged_files WHERE login = $1 ORDER BY at DESC, id DESC LIMIT 1000 OFFSET $2)
             RETURNING sha256",
        )
        .bind(login.to_owned())
        .bind(limits::STAGED_PER_PERSON)
        .fetch_all(&mut *write.transaction)
        .await?;
        forget(write, &too_many, files).await?;
        Ok(Staging::Staged)
    }

    /// Takes a person's file back.
    pub(crate) async fn unstage(&self, id: AttachmentId, login: &str, files: &Files) -> Result<()> {
        let mut write = self.write().await?;
        write.next_change().await?;
        let gone = sqlx::query("DELETE FROM staged_files WHERE id = $1 AND login = $2 RETURNING sha256")
            .bind(id.to_string())
            .bind(login.to_owned())
            .fetch_all(&mut *write.transaction)
            .await?;
        forget(write, &gone, files).await
    }

    /// Forgets what no answer has taken for long.
    pub(crate) async fn unstage_old(&self, files: &Files) -> Result<()> {
        let long = i64::try_from(limits::STAGED_LIFE.as_millis()).unwrap_or(i64::MAX);
        let before = Timestamp::now().unix_ms().saturating_sub(long);
        let old = sqlx::query("SELECT id FROM staged_files WHERE at < $1 LIMIT 1")
            .bind(before)
            .fetch_optional(&self.pool)
            .await?;
        if old.is_none() {
            return Ok(());
        }
        let mut write = self.write().await?;
        write.next_change().await?;
        let gone = sqlx::query("DELETE FROM staged_files WHERE at < $1 RETURNING sha256")
            .bind(before)
            .fetch_all(&mut *write.transaction)
            .await?;
        forget(write, &gone, files).await
    }
}

/// Removes the bytes of files that are gone, unless others are the same.
pub(super) async fn forget(mut write: Write, gone: &[AnyRow], files: &Files) -> Result<()> {
    let digests = gone.iter().map(|row| Ok(row.try_get("sha256")?)).collect::<Result<Vec<String>>>()?;
    for digest in write.unused(digests).await? {
        if let Err(error) = files.remove(&digest).await {
            // It is in nobody's way but the disk's.
            tracing::warn!(%error, "a file that nobody needs could not be removed");
        }
    }
    write.commit().await
}
