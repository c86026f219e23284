//! The table of files and the folder with their bytes. The row says what a file is and whom it belongs to; the bytes lie
//! under the file's identity, never under a name that somebody chose.

use std::path::{Path, PathBuf};

use deskside_protocol::local::UploadOwner;
use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, ClientId, DraftId, FollowUpId, Sha256};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::columns::{parsed, signed, unsigned};
use super::{Result, StoreError};

/// Folders in the data folder: files that are kept, pieces of files on their way in, files fetched to be looked at.
pub const FOLDERS: [&str; 3] = [KEPT, INCOMING, FETCHED];
const KEPT: &str = "files";
const INCOMING: &str = "incoming";
const FETCHED: &str = "fetched";

/// Where the bytes of a kept file are.
#[must_use]
pub fn kept(folder: &Path, id: AttachmentId) -> PathBuf {
    folder.join(KEPT).join(id.to_string())
}

/// Where a file is written while it comes in.
#[must_use]
pub fn incoming(folder: &Path, name: &str) -> PathBuf {
    folder.join(INCOMING).join(name)
}

/// Where the bytes of a file are that was fetched from the helpdesk to be looked at.
#[must_use]
pub fn fetched(folder: &Path, id: AttachmentId) -> PathBuf {
    folder.join(FETCHED).join(id.to_string())
}

/// Whom a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A draft.
    Draft(DraftId),
    /// A ticket.
    Ticket(ClientId),
    /// A reply that is being written.
    Reply(ClientId),
    /// An entry of this ticket's thread.
    Entry(ClientId, FollowUpId),
}

impl From<UploadOwner> for Owner {
    fn from(owner: UploadOwner) -> Self {
        match owner {
            UploadOwner::Draft { draft } => Self::Draft(draft),
            UploadOwner::Reply { client_id } => Self::Reply(client_id),
        }
    }
}

impl Owner {
    fn kind(self) -> &'static str {
        match self {
            Self::Draft(_) => "draft",
            Self::Ticket(_) => "ticket",
            Self::Reply(_) => "reply",
            Self::Entry(..) => "entry",
        }
    }

    fn id(self) -> String {
        match self {
            Self::Draft(id) => id.to_string(),
            Self::Ticket(id) | Self::Reply(id) => id.to_string(),
            Self::Entry(_, id) => id.to_string(),
        }
    }

    fn ticket(self) -> Option<String> {
        match self {
            Self::Draft(_) => None,
            Self::Ticket(id) | Self::Reply(id) | Self::Entry(id, _) => Some(id.to_string()),
        }
    }
}

fn meta(row: &SqliteRow) -> Result<AttachmentMeta> {
    let digest: String = row.try_get("sha256")?;
    Ok(AttachmentMeta {
        id: parsed(row, "id")?,
        name: row.try_get("name")?,
        media_type: row.try_get("media_type")?,
        size_bytes: unsigned(row, "size_bytes")?,
        sha256: Sha256::try_from(digest).map_err(|e| StoreError::Damaged(e.to_string()))?,
        screenshot: row.try_get("screenshot")?,
    })
}

/// The files of an owner, in the order they were added.
///
/// # Errors
/// [`StoreError`].
pub async fn of(connection: &mut SqliteConnection, owner: Owner) -> Result<Vec<AttachmentMeta>> {
    let rows = sqlx::query("SELECT * FROM files WHERE owner_kind = ? AND owner = ? ORDER BY position, id")
        .bind(owner.kind())
        .bind(owner.id())
        .fetch_all(connection)
        .await?;
    rows.iter().map(meta).collect()
}

/// Adds a file at the end. One that is known already stays as it is.
///
/// # Errors
/// [`StoreError`].
pub async fn add(connection: &mut SqliteConnection, owner: Owner, file: &AttachmentMeta) -> Result<()> {
    sqlx::query(
        "INSERT INTO files (id, owner_kind, owner, client_id, name, media_type, size_bytes, sha256, screenshot, position)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?,
                 (SELECT coalesce(max(position), 0) + 1 FROM files WHERE owner_kind = ? AND owner = ?))
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(file.id.to_string())
    .bind(owner.kind())
    .bind(owner.id())
    .bind(owner.ticket())
    .bind(&file.name)
    .bind(&file.media_type)
    .bind(signed(file.size_bytes))
    .bind(file.sha256.as_str())
    .bind(file.screenshot)
    .bind(owner.kind())
    .bind(owner.id())
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives all files of one owner to another.
///
/// # Errors
/// [`StoreError`].
pub async fn hand_over(connection: &mut SqliteConnection, from: Owner, to: Owner) -> Result<()> {
    sqlx::query("UPDATE files SET owner_kind = ?, owner = ?, client_id = ? WHERE owner_kind = ? AND owner = ?")
        .bind(to.kind())
        .bind(to.id())
        .bind(to.ticket())
        .bind(from.kind())
        .bind(from.id())
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes a file away from its owner; whether it was there. The bytes are the caller's to delete, after the commit.
///
/// # Errors
/// [`StoreError`].
pub async fn remove(connection: &mut SqliteConnection, owner: Owner, file: AttachmentId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM files WHERE id = ? AND owner_kind = ? AND owner = ?")
        .bind(file.to_string())
        .bind(owner.kind())
        .bind(owner.id())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A file, and the ticket to ask for it.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    connection: &mut SqliteConnection,
    file: AttachmentId,
) -> Result<Option<(AttachmentMeta, Option<ClientId>)>> {
    let row = sqlx::query("SELECT * FROM files WHERE id = ?").bind(file.to_string()).fetch_optional(connection).await?;
    row.map(|row| {
        let ticket: Option<String> = row.try_get("client_id")?;
        let ticket = ticket
            .map(|id| id.parse::<ClientId>())
            .transpose()
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok((meta(&row)?, ticket))
    })
    .transpose()
}

/// Deletes bytes in the folder that no row knows (a crash between the two), everything that was on its way in, and
/// everything that was only fetched to be looked at. A store in memory knows no rows: what lies in the folder belongs to the
/// one on the disk, which cannot be used now, and is left alone.
///
/// # Errors
/// [`StoreError`]; a file that cannot be deleted is left for the next time.
pub async fn sweep(store: &super::Store) -> Result<()> {
    if !store.is_durable() {
        return Ok(());
    }
    let rows = sqlx::query("SELECT id FROM files").fetch_all(store.pool()).await?;
    let known: std::collections::HashSet<String> =
        rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<_, _>>()?;
    let folder = store.folder().to_owned();
    let swept = tokio::task::spawn_blocking(move || {
        for name in FOLDERS {
            let Ok(entries) = std::fs::read_dir(folder.join(name)) else { continue };
            for entry in entries.flatten() {
                let is_known = name == KEPT && entry.file_name().to_str().is_some_and(|name| known.contains(name));
                if !is_known {
                    delete(&entry.path());
                }
            }
        }
    });
    swept.await.map_err(|error| StoreError::Fault(error.to_string()))
}

/// Deletes the bytes of files that arrived with a request to which nothing has happened since `before`. Their rows stay:
/// whoever looks at one gets it from the helpdesk.
///
/// # Errors
/// [`StoreError`]; a file that cannot be deleted is left for the next time.
pub async fn retire(store: &super::Store, before: deskside_protocol::Timestamp) -> Result<()> {
    let rows = sqlx::query(
        "SELECT files.id FROM files
         JOIN outbox ON outbox.id = files.owner
         JOIN tickets ON tickets.client_id = outbox.client_id
         WHERE files.owner_kind IN ('ticket', 'entry') AND outbox.standing = 'delivered'
           AND outbox.queued_at < ? AND tickets.updated_at < ?",
    )
    .bind(before.unix_ms())
    .bind(before.unix_ms())
    .fetch_all(store.pool())
    .await?;
    let ids: Vec<AttachmentId> = rows.iter().map(|row| parsed(row, "id")).collect::<Result<_>>()?;
    let folder = store.folder().to_owned();
    let deleted = tokio::task::spawn_blocking(move || {
        for id in ids {
            delete(&kept(&folder, id));
        }
    });
    deleted.await.map_err(|error| StoreError::Fault(error.to_string()))
}

/// Moves the bytes of kept files that no row knows any more beside the damaged database that knew them, instead of
/// letting the next [`sweep`] delete them.
///
/// # Errors
/// [`StoreError`].
pub async fn set_aside_unknown(store: &super::Store, kept: &Path) -> Result<()> {
    let rows = sqlx::query("SELECT id FROM files").fetch_all(store.pool()).await?;
    let known: std::collections::HashSet<String> =
        rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<_, _>>()?;
    let (folder, beside) = (store.folder().join(KEPT), kept.with_extension("files"));
    let moved = tokio::task::spawn_blocking(move || {
        for entry in std::fs::read_dir(folder)?.flatten() {
            if entry.file_name().to_str().is_some_and(|name| known.contains(name)) {
                continue;
            }
            super::private::create_folder(&beside)?;
            std::fs::rename(entry.path(), beside.join(entry.file_name()))?;
        }
        Ok::<(), std::io::Error>(())
    });
    Ok(moved.await.map_err(|error| StoreError::Fault(error.to_string()))??)
}

/// Deletes a file; that it was not there is as good.
pub fn delete(path: &Path) {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(%error, "a file could not be deleted; the next start tries again"),
    }
}

/// Deletes every damaged database that was set aside, with its files: the user erases what is kept here.
pub fn delete_set_aside(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(super::SET_ASIDE) {
            continue;
        }
        delete_all(&entry.path());
    }
}

/// Deletes a file, or a folder with everything in it.
pub fn delete_all(path: &Path) {
    if std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        if let Err(error) = std::fs::remove_dir_all(path) {
            tracing::warn!(%error, "files that were set aside could not be deleted");
        }
    } else {
        delete(path);
    }
}
