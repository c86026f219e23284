//! The journal: who did what in the administration of the hub, written in the transaction that does it.

use deskside_protocol::Timestamp;
use deskside_protocol::desk::{Deed, JournalEntry};
use sqlx::Row as _;
use uuid::Uuid;

use super::rows::{self, word};
use super::{Result, Store, Write};
use crate::limits;

impl Write {
    /// Writes down what is done with this transaction.
    pub(super) async fn note(&mut self, actor: &str, deed: Deed, subject: &str) -> Result<()> {
        sqlx::query("INSERT INTO journal (id, at, actor, deed, subject) VALUES ($1, $2, $3, $4, $5)")
            .bind(Uuid::now_v7().to_string())
            .bind(Timestamp::now().unix_ms())
            .bind(actor.to_owned())
            .bind(word(deed)?)
            .bind(subject.to_owned())
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Lines of the journal before this one, newest first; whether there are more.
    pub(crate) async fn journal(&self, before: Option<Uuid>) -> Result<(Vec<JournalEntry>, bool)> {
        // Identities begin with their time (RFC 9562, 5.7), so their order is that of the deeds.
        let found = sqlx::query(
            "SELECT id, at, actor, deed, subject FROM journal WHERE $1 = '' OR id < $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(before.map(|id| id.to_string()).unwrap_or_default())
        .bind(limits::JOURNAL_LINES + 1)
        .fetch_all(&self.pool)
        .await?;
        let page = usize::try_from(limits::JOURNAL_LINES).unwrap_or(usize::MAX);
        let entries = found
            .iter()
            .take(page)
            .map(|row| {
                Ok(JournalEntry {
                    id: rows::id(row, "id")?,
                    at: rows::moment(row, "at")?,
                    actor: row.try_get("actor")?,
                    deed: rows::deed(row)?,
                    subject: row.try_get("subject")?,
                })
            })
            .collect::<Result<_>>()?;
        Ok((entries, found.len() > page))
    }
}
