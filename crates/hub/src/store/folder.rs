//! The folder of files that hubs on one PostgreSQL share. Each of them gives out files that another one took in, so all
//! must have the same folder. Folder and database hold the same mark; a hub that finds another one does not start.

use std::io;
use std::path::{Path, PathBuf};

use sqlx::Row as _;
use uuid::Uuid;

use super::{Result, Store, StoreError};
use crate::files::{Files, WHOLE};

/// The file with the mark, among the files of tickets.
const MARK: &str = "folder-id";
/// How many of the newest files are looked for in a folder that has no mark.
const LOOKED_FOR: i64 = 20;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is another one than the database's.
    #[error(
        "{0} is not the folder of this database's files. Hubs on one PostgreSQL share one folder for files (--data), on a \
         disk that all of them reach. If the files were moved here, bring them whole"
    )]
    Foreign(PathBuf),
    /// The disk.
    #[error("the folder of files cannot be used: {0}")]
    Disk(#[from] io::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for FolderError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Makes sure that this is the folder of the database's files: marks it if neither has a mark yet, takes it if it
    /// has the database's, or none and the newest files.
    ///
    /// # Errors
    /// It is not; or folder or database cannot be used.
    pub(crate) async fn claim_folder(&self, data: &Path) -> std::result::Result<(), FolderError> {
        let path = data.join(WHOLE).join(MARK);
        let found = match std::fs::read_to_string(&path) {
            Ok(found) => Some(found.trim().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let wanted = found.clone().unwrap_or_else(|| Uuid::now_v7().to_string());
        // Who comes second waits here until the first has written the mark and commits.
        let mut write = self.write().await?;
        sqlx::query("INSERT INTO meta (name, value) VALUES ('files-folder', $1) ON CONFLICT (name) DO NOTHING")
            .bind(wanted)
            .execute(&mut *write.transaction)
            .await?;
        let row = sqlx::query("SELECT value FROM meta WHERE name = 'files-folder'")
            .fetch_one(&mut *write.transaction)
            .await?;
        let mark: String = row.try_get("value")?;
        // Looked at anew: the first may have written it meanwhile.
        match std::fs::read_to_string(&path) {
            Ok(found) if found.trim() == mark => {}
            Ok(_) => return Err(FolderError::Foreign(data.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_new = self.newest_files().await?.is_none_or(|newest| {
                    !newest.is_empty() && newest.iter().all(|digest| Files::path_below(data, digest).exists())
                });
                if !is_new {
                    return Err(FolderError::Foreign(data.to_owned()));
                }
                write_mark(&path, &mark)?;
            }
            Err(error) => return Err(error.into()),
        }
        write.commit().await?;
        Ok(())
    }

    /// The newest files that the database names; `None` if its folder was never marked, so that the first comer's is.
    async fn newest_files(&self) -> Result<Option<Vec<deskside_protocol::Sha256>>> {
        // Through another connection, which does not see the mark that is being made.
        let marked =
            sqlx::query("SELECT value FROM meta WHERE name = 'files-folder'").fetch_optional(&self.pool).await?;
        if marked.is_none() {
            return Ok(None);
        }
        let rows = sqlx::query(
            "SELECT sha256 FROM attachments WHERE arrived_at IS NOT NULL ORDER BY arrived_at DESC LIMIT $1",
        )
        .bind(LOOKED_FOR)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &sqlx::any::AnyRow| {
            deskside_protocol::Sha256::try_from(row.try_get::<String, _>("sha256")?)
                .map_err(|error| StoreError::Unreadable(error.to_string()))
        };
        rows.iter().map(read).collect::<Result<Vec<_>>>().map(Some)
    }
}

/// Whole or not at all: a mark that is cut would be another one.
fn write_mark(path: &Path, mark: &str) -> io::Result<()> {
    let part = path.with_file_name(format!("{MARK}-{}", Uuid::now_v7()));
    std::fs::write(&part, format!("{mark}\n"))?;
    std::fs::File::open(&part)?.sync_all()?;
    std::fs::rename(&part, path)
}
