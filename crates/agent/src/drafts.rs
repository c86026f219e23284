//! Requests that are being written. Every change is durable when it is answered; each draft has its ticket's identity
//! from the beginning, so that all tries to submit it mean the same ticket.

use std::collections::BTreeMap;

use deskside_protocol::facts::SectionId;
use deskside_protocol::health::HealthSlice;
use deskside_protocol::local::{Draft, DraftChange, DraftTeaser};
use deskside_protocol::{ClientId, DraftId, ErrorCode, ErrorReport, Timestamp, limits};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::store::Result;
use crate::store::columns::{enumeration, maybe_enumeration, maybe_json, moment, parsed, to_json, unsigned, word};
use crate::store::files::{self, Owner};

/// Characters of a teaser.
const TEASER_CHARS: usize = 80;

/// A draft with what the window does not see.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What the window sees.
    pub draft: Draft,
    /// The identity of the ticket it will be.
    pub client_id: ClientId,
    /// Grows with every change.
    pub revision: u64,
    /// Switches that the user touched.
    pub switches: BTreeMap<SectionId, bool>,
}

/// Refuses a change that no ticket could hold, before anything is kept.
///
/// # Errors
/// `TextTooLong`.
pub fn judge(change: &DraftChange) -> std::result::Result<(), ErrorReport> {
    match &change.text {
        Some(text) if text.len() > limits::TEXT_BYTES => Err(ErrorReport::new(
            ErrorCode::TextTooLong,
            format!("{} bytes; at most {} fit", text.len(), limits::TEXT_BYTES),
        )),
        Some(_) | None => Ok(()),
    }
}

/// This draft, or the newest.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn find(connection: &mut SqliteConnection, id: Option<DraftId>) -> Result<Option<Kept>> {
    let query = match id {
        Some(id) => sqlx::query("SELECT * FROM drafts WHERE id = ?").bind(id.to_string()),
        None => sqlx::query("SELECT * FROM drafts ORDER BY saved_at DESC, id DESC LIMIT 1"),
    };
    match query.fetch_optional(&mut *connection).await? {
        Some(row) => Ok(Some(read(connection, &row).await?)),
        None => Ok(None),
    }
}

async fn read(connection: &mut SqliteConnection, row: &SqliteRow) -> Result<Kept> {
    let id: DraftId = parsed(row, "id")?;
    let mut switches = BTreeMap::new();
    let rows = sqlx::query("SELECT section, is_on FROM draft_sections WHERE draft = ?")
        .bind(id.to_string())
        .fetch_all(&mut *connection)
        .await?;
    for row in rows {
        switches.insert(enumeration(&row, "section")?, row.try_get("is_on")?);
    }
    Ok(Kept {
        draft: Draft {
            id,
            text: row.try_get("text")?,
            can_work: maybe_enumeration(row, "can_work")?,
            affected: maybe_enumeration(row, "affected")?,
            category: maybe_enumeration(row, "category")?,
            helpdesk_category: maybe_json(row, "helpdesk_category")?,
            health: maybe_json(row, "health")?,
            attachments: files::of(connection, Owner::Draft(id)).await?,
            saved_at: moment(row, "saved_at")?,
        },
        client_id: parsed(row, "client_id")?,
        revision: unsigned(row, "revision")?,
        switches,
    })
}

/// A new, empty draft. Where there are many, the oldest empty ones make room for it; nothing that was written or added
/// does.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn create(connection: &mut SqliteConnection) -> Result<DraftId> {
    let kept = i64::try_from(limits::DRAFTS).unwrap_or(i64::MAX);
    sqlx::query(
        "DELETE FROM drafts WHERE id IN (
             SELECT id FROM drafts
             WHERE trim(text, char(9, 10, 13, 32)) = ''
               AND NOT EXISTS (SELECT 1 FROM files WHERE owner_kind = 'draft' AND owner = drafts.id)
             ORDER BY saved_at, id
             LIMIT max(0, (SELECT count(*) FROM drafts) + 1 - ?))",
    )
    .bind(kept)
    .execute(&mut *connection)
    .await?;
    let id = DraftId::new();
    sqlx::query("INSERT INTO drafts (id, client_id, saved_at) VALUES (?, ?, ?)")
        .bind(id.to_string())
        .bind(ClientId::new().to_string())
        .bind(Timestamp::now().unix_ms())
        .execute(connection)
        .await?;
    Ok(id)
}

/// Puts a draft back as it was (from memory, when a store appears that can keep it).
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn restore(connection: &mut SqliteConnection, kept: &Kept) -> Result<()> {
    let draft = &kept.draft;
    sqlx::query(
        "INSERT INTO drafts (id, client_id, text, can_work, affected, category, helpdesk_category, health, revision, saved_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(draft.id.to_string())
    .bind(kept.client_id.to_string())
    .bind(&draft.text)
    .bind(draft.can_work.as_ref().map(word))
    .bind(draft.affected.as_ref().map(word))
    .bind(draft.category.as_ref().map(word))
    .bind(draft.helpdesk_category.as_ref().map(to_json).transpose()?)
    .bind(draft.health.as_ref().map(to_json).transpose()?)
    .bind(crate::store::columns::signed(kept.revision))
    .bind(draft.saved_at.unix_ms())
    .execute(&mut *connection)
    .await?;
    for (section, on) in &kept.switches {
        sqlx::query("INSERT INTO draft_sections (draft, section, is_on) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(draft.id.to_string())
            .bind(section.name())
            .bind(on)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Every draft, newest first.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn all(connection: &mut SqliteConnection) -> Result<Vec<Kept>> {
    let rows = sqlx::query("SELECT * FROM drafts ORDER BY saved_at DESC, id DESC").fetch_all(&mut *connection).await?;
    let mut drafts = Vec::with_capacity(rows.len());
    for row in &rows {
        drafts.push(read(connection, row).await?);
    }
    Ok(drafts)
}

/// Keeps a change; whether the draft is there. A change that changes nothing writes nothing.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn change(connection: &mut SqliteConnection, id: DraftId, change: &DraftChange) -> Result<bool> {
    let Some(kept) = find(connection, Some(id)).await? else { return Ok(false) };
    let before = kept.draft;
    let text = change.text.as_ref().unwrap_or(&before.text);
    let can_work = change.can_work.or(before.can_work);
    let affected = change.affected.or(before.affected);
    let category = change.category.unwrap_or(before.category);
    let helpdesk_category = change.helpdesk_category.as_ref().unwrap_or(&before.helpdesk_category);
    let same = *text == before.text
        && can_work == before.can_work
        && affected == before.affected
        && category == before.category
        && *helpdesk_category == before.helpdesk_category;
    if same {
        return Ok(true);
    }
    sqlx::query(
        "UPDATE drafts SET text = ?, can_work = ?, affected = ?, category = ?, helpdesk_category = ?,
             revision = revision + 1, saved_at = ?
         WHERE id = ?",
    )
    .bind(text)
    .bind(can_work.as_ref().map(word))
    .bind(affected.as_ref().map(word))
    .bind(category.as_ref().map(word))
    .bind(helpdesk_category.as_ref().map(to_json).transpose()?)
    .bind(Timestamp::now().unix_ms())
    .bind(id.to_string())
    .execute(connection)
    .await?;
    Ok(true)
}

/// Keeps how the computer was when it happened, or takes it away; whether the draft is there.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn set_health(connection: &mut SqliteConnection, id: DraftId, health: Option<&HealthSlice>) -> Result<bool> {
    if !touch(connection, id).await? {
        return Ok(false);
    }
    sqlx::query("UPDATE drafts SET health = ? WHERE id = ?")
        .bind(health.map(to_json).transpose()?)
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(true)
}

/// Keeps a switch; whether the draft is there.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn switch(connection: &mut SqliteConnection, id: DraftId, section: SectionId, on: bool) -> Result<bool> {
    if !touch(connection, id).await? {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO draft_sections (draft, section, is_on) VALUES (?, ?, ?)
         ON CONFLICT (draft, section) DO UPDATE SET is_on = excluded.is_on",
    )
    .bind(id.to_string())
    .bind(section.name())
    .bind(on)
    .execute(connection)
    .await?;
    Ok(true)
}

/// Says that something that belongs to the draft changed (a file); whether the draft is there.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn touch(connection: &mut SqliteConnection, id: DraftId) -> Result<bool> {
    let done = sqlx::query("UPDATE drafts SET revision = revision + 1, saved_at = ? WHERE id = ?")
        .bind(Timestamp::now().unix_ms())
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes a draft away. Its files' rows stay for the caller to hand over or delete.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn delete(connection: &mut SqliteConnection, id: DraftId) -> Result<()> {
    sqlx::query("DELETE FROM drafts WHERE id = ?").bind(id.to_string()).execute(connection).await?;
    Ok(())
}

/// The newest draft that has something in it, for Home.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn teaser(connection: &mut SqliteConnection) -> Result<Option<DraftTeaser>> {
    let row = sqlx::query(
        "SELECT id, substr(text, 1, 400) AS text, saved_at FROM drafts
         WHERE trim(text) <> '' OR EXISTS (SELECT 1 FROM files WHERE owner_kind = 'draft' AND owner = drafts.id)
         ORDER BY saved_at DESC, id DESC LIMIT 1",
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let text: String = row.try_get("text")?;
        Ok(DraftTeaser {
            id: parsed(&row, "id")?,
            text: beginning(&text, TEASER_CHARS),
            saved_at: moment(&row, "saved_at")?,
        })
    })
    .transpose()
}

/// The first line that says something, in one piece of white space, at most this many characters, with an ellipsis
/// where it goes on.
#[must_use]
pub fn beginning(text: &str, chars: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= chars {
        return line;
    }
    let cut: String = line.chars().take(chars.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn a_title_is_the_first_line_that_says_something() {
        assert_eq!(beginning("\n  The   printer\tis out \nof paper", 120), "The printer is out");
        assert_eq!(beginning("   \n", 120), "");
        assert_eq!(beginning("éàü déjà vu", 6), "éàü d…");
        assert_eq!(beginning("abc def", 5), "abc…");
    }
}
