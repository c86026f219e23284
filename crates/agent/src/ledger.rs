//! What was done and sent here, each entry chained to the one before: whoever changes or removes one in the middle breaks
//! every digest after it. The user can read it in the window, under Privacy.
//!
//! The digest is SHA-256 (FIPS 180-4) over the digest before (64 hexadecimal digits as text; zeros at the beginning) and
//! the entry as canonical JSON: keys in alphabetical order, no white space, as RFC 8785 writes texts and whole numbers.

use deskside_protocol::local::{LedgerAction, LedgerEntry};
use deskside_protocol::{ClientId, Sha256, Timestamp};
use serde::Serialize;
use sha2::Digest as _;
use sqlx::{Row, SqliteConnection};

use crate::store::columns::{enumeration, moment, signed, unsigned, word};
use crate::store::{Result, StoreError, set_meta};

/// The fields in the order of canonical JSON.
#[derive(Serialize)]
struct Canonical<'a> {
    action: LedgerAction,
    at: Timestamp,
    client_id: Option<ClientId>,
    detail: &'a str,
    sequence: u64,
}

/// What the first entry of all is chained to.
fn beginning() -> Sha256 {
    Sha256::from([0; 32])
}

/// Where the digest is kept that the oldest entry is chained to, once older ones were removed.
const CHAINED_TO: &str = "ledger-chained-to";

/// Removes the oldest entries, up to the first that is not from before `before`; how many. The chain stays whole: what the
/// first that remains is chained to is kept.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_before(connection: &mut SqliteConnection, before: Timestamp) -> Result<u64> {
    let row = sqlx::query(
        "SELECT sequence, digest FROM ledger WHERE sequence <
                           coalesce((SELECT min(sequence) FROM ledger WHERE at >= ?),
                                    (SELECT max(sequence) FROM ledger))
                           ORDER BY sequence DESC LIMIT 1",
    )
    .bind(before.unix_ms())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(0) };
    set_meta(connection, CHAINED_TO, &row.try_get::<String, _>("digest")?).await?;
    let done = sqlx::query("DELETE FROM ledger WHERE sequence <= ?")
        .bind(row.try_get::<i64, _>("sequence")?)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

fn digest(before: &Sha256, entry: &Canonical<'_>) -> Result<Sha256> {
    let json = serde_json::to_vec(entry).map_err(|error| StoreError::Fault(error.to_string()))?;
    let mut hasher = sha2::Sha256::new();
    hasher.update(before.as_str());
    hasher.update(&json);
    Ok(Sha256::from(<[u8; 32]>::from(hasher.finalize())))
}

/// Writes an entry, in the transaction of what it tells about.
///
/// # Errors
/// [`StoreError`].
pub async fn record(
    connection: &mut SqliteConnection,
    action: LedgerAction,
    client_id: Option<ClientId>,
    detail: &str,
) -> Result<()> {
    let last = sqlx::query("SELECT sequence, digest FROM ledger ORDER BY sequence DESC LIMIT 1")
        .fetch_optional(&mut *connection)
        .await?;
    let (sequence, before) = match last {
        Some(row) => {
            let text: String = row.try_get("digest")?;
            // A digest that somebody spoiled still begins the next link; the verification tells.
            (unsigned(&row, "sequence")? + 1, Sha256::try_from(text).unwrap_or_else(|_| beginning()))
        }
        None => (1, beginning()),
    };
    write(connection, sequence, &before, action, client_id, detail).await
}

/// Begins the chain anew after everything was erased: the numbers go on, the entry says what happened.
///
/// # Errors
/// [`StoreError`].
pub async fn begin_anew(connection: &mut SqliteConnection, action: LedgerAction, detail: &str) -> Result<()> {
    let row = sqlx::query("SELECT coalesce(max(sequence), 0) AS last FROM ledger").fetch_one(&mut *connection).await?;
    let sequence = unsigned(&row, "last")? + 1;
    sqlx::query("DELETE FROM ledger").execute(&mut *connection).await?;
    sqlx::query("DELETE FROM meta WHERE name = ?").bind(CHAINED_TO).execute(&mut *connection).await?;
    write(connection, sequence, &beginning(), action, None, detail).await
}

async fn write(
    connection: &mut SqliteConnection,
    sequence: u64,
    before: &Sha256,
    action: LedgerAction,
    client_id: Option<ClientId>,
    detail: &str,
) -> Result<()> {
    let at = Timestamp::now();
    let digest = digest(before, &Canonical { action, at, client_id, detail, sequence })?;
    sqlx::query("INSERT INTO ledger (sequence, at, action, client_id, detail, digest) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(signed(sequence))
        .bind(at.unix_ms())
        .bind(word(&action))
        .bind(client_id.map(|id| id.to_string()))
        .bind(detail)
        .bind(digest.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// All entries, newest first, and whether the chain is whole.
///
/// # Errors
/// [`StoreError`].
pub async fn read(connection: &mut SqliteConnection) -> Result<(Vec<LedgerEntry>, bool)> {
    let rows = sqlx::query("SELECT * FROM ledger ORDER BY sequence").fetch_all(&mut *connection).await?;
    let chained_to =
        sqlx::query("SELECT value FROM meta WHERE name = ?").bind(CHAINED_TO).fetch_optional(connection).await?;
    let chained_to: Option<String> = chained_to.map(|row| row.try_get(0)).transpose()?;
    let before = chained_to.and_then(|digest| Sha256::try_from(digest).ok()).unwrap_or_else(beginning);
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        let client_id: Option<String> = row.try_get("client_id")?;
        let text: String = row.try_get("digest")?;
        entries.push(LedgerEntry {
            sequence: unsigned(row, "sequence")?,
            at: moment(row, "at")?,
            action: enumeration(row, "action")?,
            client_id: client_id.and_then(|id| id.parse().ok()),
            detail: row.try_get("detail")?,
            digest: Sha256::try_from(text).unwrap_or_else(|_| beginning()),
        });
    }
    let intact = verify(before, &entries)?;
    entries.reverse();
    Ok((entries, intact))
}

/// Whether each entry, oldest first, follows from the one before.
fn verify(mut before: Sha256, entries: &[LedgerEntry]) -> Result<bool> {
    let first = entries.first().map_or(1, |entry| entry.sequence);
    for (expected, entry) in (first..).zip(entries) {
        let canonical = Canonical {
            action: entry.action,
            at: entry.at,
            client_id: entry.client_id,
            detail: &entry.detail,
            sequence: entry.sequence,
        };
        if entry.sequence != expected || digest(&before, &canonical)? != entry.digest {
            return Ok(false);
        }
        before = entry.digest.clone();
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    async fn three_entries(folder: &std::path::Path) -> Store {
        let store = Store::open(folder).await.unwrap().store;
        let mut tx = store.begin().await.unwrap();
        for (action, detail) in [
            (LedgerAction::Submitted, "1 file"),
            (LedgerAction::Delivered, "number 7"),
            (LedgerAction::Replied, "« ça marche »\n"),
        ] {
            record(&mut tx, action, Some(ClientId::new()), detail).await.unwrap();
        }
        tx.commit().await.unwrap();
        store
    }

    async fn is_intact(store: &Store) -> bool {
        read(&mut store.pool().acquire().await.unwrap()).await.unwrap().1
    }

    #[tokio::test]
    async fn a_whole_chain_is_intact_and_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let store = three_entries(folder.path()).await;
        let (entries, intact) = read(&mut store.pool().acquire().await.unwrap()).await.unwrap();
        assert!(intact);
        assert_eq!(entries.iter().map(|e| e.sequence).collect::<Vec<_>>(), [3, 2, 1]);
    }

    #[tokio::test]
    async fn changing_or_removing_an_entry_shows() {
        for tampering in [
            "UPDATE ledger SET detail = 'nothing' WHERE sequence = 2",
            "UPDATE ledger SET at = at + 1 WHERE sequence = 1",
            "UPDATE ledger SET client_id = NULL WHERE sequence = 3",
            "DELETE FROM ledger WHERE sequence = 2",
            "DELETE FROM ledger WHERE sequence = 1",
        ] {
            let folder = tempfile::tempdir().unwrap();
            let store = three_entries(folder.path()).await;
            sqlx::query(tampering).execute(store.pool()).await.unwrap();
            assert!(!is_intact(&store).await, "not noticed: {tampering}");
        }
    }

    #[tokio::test]
    async fn what_was_removed_from_the_beginning_leaves_a_whole_chain_and_nothing_else_may_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = three_entries(folder.path()).await;
        sqlx::query("DELETE FROM ledger").execute(store.pool()).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for detail in ["old", "older by a wrong clock", "new", "newest"] {
            record(&mut tx, LedgerAction::Submitted, None, detail).await.unwrap();
        }
        let long_ago = Timestamp::from_unix_ms(1000);
        assert_eq!(forget_before(&mut tx, long_ago).await.unwrap(), 0);
        let row = sqlx::query("SELECT at FROM ledger WHERE sequence = 3").fetch_one(&mut *tx).await.unwrap();
        let third: i64 = row.get(0);
        let removed = forget_before(&mut tx, Timestamp::from_unix_ms(third + 1_000_000)).await.unwrap();
        assert_eq!(removed, 3, "the last stays, for the next to be chained to");
        record(&mut tx, LedgerAction::Expired, None, "3 entries").await.unwrap();
        tx.commit().await.unwrap();
        assert!(is_intact(&store).await);
        let (entries, _) = read(&mut store.pool().acquire().await.unwrap()).await.unwrap();
        assert_eq!(entries.iter().map(|e| e.detail.as_str()).collect::<Vec<_>>(), ["3 entries", "newest"]);
        sqlx::query("DELETE FROM ledger WHERE detail = 'newest'").execute(store.pool()).await.unwrap();
        assert!(!is_intact(&store).await, "a removal by somebody else shows");
    }

    #[tokio::test]
    async fn beginning_anew_says_so_and_goes_on_counting() {
        let folder = tempfile::tempdir().unwrap();
        let store = three_entries(folder.path()).await;
        let mut tx = store.begin().await.unwrap();
        begin_anew(&mut tx, LedgerAction::Erased, "by the user").await.unwrap();
        record(&mut tx, LedgerAction::Submitted, None, "").await.unwrap();
        tx.commit().await.unwrap();
        let (entries, intact) = read(&mut store.pool().acquire().await.unwrap()).await.unwrap();
        assert!(intact);
        assert_eq!(entries.iter().map(|e| e.sequence).collect::<Vec<_>>(), [5, 4]);
    }
}
