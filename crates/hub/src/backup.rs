//! Backup and restore. A backup is one tar file: a snapshot of the database and every file that it names, each under its
//! digest. It is made beside a running hub: the snapshot is taken first, and files never change under their digest.
//!
//! With PostgreSQL the database is `pg_dump`'s to back up; here go the files. Dump first, then back up the files: a file
//! that the dump names is then in the backup.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use deskside_protocol::{Sha256, Timestamp, limits as shared};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use sqlx::any::AnyConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use crate::files::WHOLE as ATTACHMENTS;
use crate::store::SQLITE_FILE;

const MANIFEST: &str = "deskside-hub-backup.json";
/// The form of backups that this version writes, and the newest that it reads.
const FORM: u32 = 1;
/// Largest manifest that is read, in bytes.
const MANIFEST_BYTES: u64 = 16 * 1024 * 1024;
/// The files that a database names and has.
const NAMED: &str = "SELECT DISTINCT sha256, size_bytes FROM attachments WHERE arrived_at IS NOT NULL";

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something is in the way, or missing.
    #[error("{0}")]
    Refused(String),
    /// The backup is not whole, or not one.
    #[error("the backup cannot be used: {0}")]
    Damaged(String),
    /// The database.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The disk.
    #[error("{path}: {source}", path = path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A fault of ours.
    #[error("{0}")]
    Fault(String),
}

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    form: u32,
    /// Version of the hub that made it.
    pub version: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// SHA-256 of the SQLite database in it; `None` if the database is a PostgreSQL.
    pub database: Option<Sha256>,
    /// How many files of tickets.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// Files that the database names and that were not on the disk.
    pub missing: Vec<Sha256>,
}

fn disk(path: &Path) -> impl Fn(io::Error) -> BackupError + '_ {
    |source| BackupError::Disk { path: path.to_owned(), source }
}

/// Makes a backup of a hub, which may run meanwhile, in a new file.
///
/// # Errors
/// A file of this name is there, the data cannot be read, or the backup not be written; then nothing is left of it.
pub async fn backup(data: &Path, database: Option<&str>, to: &Path) -> Result<Contents, BackupError> {
    if to.exists() {
        return Err(BackupError::Refused(format!("{} is there already", to.display())));
    }
    let snapshot = beside(to, "database");
    let part = beside(to, "part");
    let _clean = (Removed(snapshot.clone()), Removed(part.clone()));
    let named = match database {
        None => snapshot_of(&data.join(SQLITE_FILE), &snapshot).await?,
        Some(address) => {
            sqlx::any::install_default_drivers();
            let options: AnyConnectOptions = address
                .parse()
                .map_err(|_hides_password| BackupError::Refused("the database's address cannot be read".to_owned()))?;
            let mut connection = AnyConnection::connect_with(&options.disable_statement_logging()).await?;
            let rows = sqlx::query(NAMED).fetch_all(&mut connection).await?;
            connection.close().await?;
            named(rows.iter().map(|row| Ok((row.try_get("sha256")?, row.try_get("size_bytes")?))))?
        }
    };
    let (data, to, has_database) = (data.to_owned(), to.to_owned(), database.is_none());
    blocking(move || {
        let contents = write_archive(&data, has_database.then_some(snapshot.as_path()), &named, &part)?;
        fs::rename(&part, &to).map_err(disk(&to))?;
        sync_folder_of(&to)?;
        Ok(contents)
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| BackupError::Fault(error.to_string()))?
}

/// A file of ours beside the one that is wanted, on the same disk.
fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}-{}", uuid::Uuid::now_v7()));
    path.with_file_name(name)
}

/// Removes a file at its end, if it is there.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _gone_already = fs::remove_file(&self.0);
    }
}

fn named(rows: impl Iterator<Item = Result<(String, i64), sqlx::Error>>) -> Result<BTreeMap<String, u64>, BackupError> {
    rows.map(|row| {
        let (digest, size) = row?;
        let digest = Sha256::try_from(digest).map_err(|e| BackupError::Damaged(e.to_string()))?;
        Ok((digest.as_str().to_owned(), u64::try_from(size).unwrap_or_default()))
    })
    .collect()
}

/// The database as it is at one moment (SQLite, "VACUUM INTO"), without what is of no use later: sessions, and files of
/// answers that were never written. Gives the files that it names.
async fn snapshot_of(file: &Path, to: &Path) -> Result<BTreeMap<String, u64>, BackupError> {
    if !file.exists() {
        return Err(BackupError::Refused(format!("{} is not there: no hub has run on this folder", file.display())));
    }
    let path = to.to_str().ok_or_else(|| BackupError::Refused("the backup's name must be UTF-8".to_owned()))?;
    let mut source = open(file).await?;
    sqlx::query("VACUUM INTO ?").bind(path).execute(&mut source).await?;
    source.close().await?;
    private(to)?;
    let mut copy = open(to).await?;
    for table in ["sessions", "staged_files"] {
        let known = sqlx::query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?")
            .bind(table)
            .fetch_optional(&mut copy)
            .await?;
        match (known.is_some(), table) {
            (true, "sessions") => sqlx::query("DELETE FROM sessions").execute(&mut copy).await?,
            (true, _) => sqlx::query("DELETE FROM staged_files").execute(&mut copy).await?,
            (false, _) => continue,
        };
    }
    let named = names_of(&mut copy).await?;
    copy.close().await?;
    Ok(named)
}

async fn names_of(connection: &mut SqliteConnection) -> Result<BTreeMap<String, u64>, BackupError> {
    let rows = sqlx::query(NAMED).fetch_all(connection).await?;
    named(rows.iter().map(|row| Ok((row.try_get("sha256")?, row.try_get("size_bytes")?))))
}

async fn open(file: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false);
    options.busy_timeout(std::time::Duration::from_secs(60)).disable_statement_logging().connect().await
}

#[cfg(unix)]
fn private(file: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).map_err(disk(file))
}

#[cfg(not(unix))]
fn private(_file: &Path) -> Result<(), BackupError> {
    Ok(())
}

fn create(path: &Path) -> Result<fs::File, BackupError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(disk(path))
}

fn sync_folder_of(path: &Path) -> Result<(), BackupError> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk(folder))?;
    }
    Ok(())
}

fn whole_path(data: &Path, digest: &str) -> PathBuf {
    data.join(ATTACHMENTS).join(digest.get(..2).unwrap_or_default()).join(digest)
}

fn digest_of(path: &Path) -> Result<(u64, String), BackupError> {
    let mut file = fs::File::open(path).map_err(disk(path))?;
    let mut hash = sha2::Sha256::new();
    let size = copy(&mut file, &mut [&mut HashInto(&mut hash)]).map_err(disk(path))?;
    Ok((size, hex::encode(hash.finalize())))
}

struct HashInto<'a>(&'a mut sha2::Sha256);

impl Write for HashInto<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn copy(from: &mut impl Read, to: &mut [&mut dyn Write]) -> io::Result<u64> {
    let mut piece = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let length = from.read(&mut piece)?;
        let Some(bytes) = piece.get(..length).filter(|bytes| !bytes.is_empty()) else { return Ok(size) };
        for one in &mut *to {
            one.write_all(bytes)?;
        }
        size += length as u64;
    }
}

fn write_archive(
    data: &Path,
    database: Option<&Path>,
    named: &BTreeMap<String, u64>,
    part: &Path,
) -> Result<Contents, BackupError> {
    let mut contents = Contents {
        form: FORM,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: Timestamp::now(),
        database: None,
        files: 0,
        bytes: 0,
        missing: Vec::new(),
    };
    let mut here = Vec::new();
    for digest in named.keys() {
        let path = whole_path(data, digest);
        // What is damaged on the disk is of no more use than what is gone, and is said in the same way.
        match digest_of(&path) {
            Ok((size, found)) if found == *digest => {
                contents.files += 1;
                contents.bytes += size;
                here.push((path, digest, size));
            }
            Ok(_) => contents.missing.extend(Sha256::try_from(digest.clone())),
            Err(BackupError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                contents.missing.extend(Sha256::try_from(digest.clone()));
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(database) = database {
        let (_, digest) = digest_of(database)?;
        contents.database = Sha256::try_from(digest).ok();
    }
    let file = create(part)?;
    let mut archive = tar::Builder::new(io::BufWriter::with_capacity(256 * 1024, file));
    let manifest = serde_json::to_vec_pretty(&contents).map_err(|e| BackupError::Fault(e.to_string()))?;
    append(&mut archive, MANIFEST, manifest.len() as u64, &mut manifest.as_slice()).map_err(disk(part))?;
    if let Some(database) = database {
        let size = fs::metadata(database).map_err(disk(database))?.len();
        let mut file = fs::File::open(database).map_err(disk(database))?;
        append(&mut archive, SQLITE_FILE, size, &mut file).map_err(disk(part))?;
    }
    for (path, digest, size) in here {
        let mut file = fs::File::open(&path).map_err(disk(&path))?;
        let name = format!("{ATTACHMENTS}/{}/{digest}", digest.get(..2).unwrap_or_default());
        append(&mut archive, &name, size, &mut file).map_err(disk(part))?;
    }
    let writer = archive.into_inner().map_err(disk(part))?;
    let file = writer.into_inner().map_err(|error| disk(part)(error.into_error()))?;
    file.sync_all().map_err(disk(part))?;
    Ok(contents)
}

fn append(archive: &mut tar::Builder<impl Write>, name: &str, size: u64, from: &mut impl Read) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    archive.append_data(&mut header, name, from.take(size))
}

/// Puts a backup in the place of a hub that has never run: a folder without a database and files. With PostgreSQL, the
/// database is restored with `pg_restore`, before or after.
///
/// # Errors
/// A hub has run or runs on the folder, or the backup is not whole; then the folder is as it was.
pub async fn restore(data: &Path, database: Option<&str>, from: &Path) -> Result<Contents, BackupError> {
    let in_the_way = [data.join(SQLITE_FILE), data.join(ATTACHMENTS)];
    if let Some(path) = in_the_way.iter().find(|path| path.exists()) {
        return Err(BackupError::Refused(format!(
            "{} is there already: a backup is restored into a folder on which no hub has run",
            path.display()
        )));
    }
    let staging = data.join(format!("restoring-{}", uuid::Uuid::now_v7()));
    let _clean = RemovedFolder(staging.clone());
    let (from, into, wants_database) = (from.to_owned(), staging.clone(), database.is_none());
    let contents = blocking(move || read_archive(&from, &into, wants_database)).await?;
    if wants_database {
        let mut connection = open(&staging.join(SQLITE_FILE)).await?;
        let verdict: String = sqlx::query("PRAGMA integrity_check(1)").fetch_one(&mut connection).await?.try_get(0)?;
        if verdict != "ok" {
            return Err(BackupError::Damaged(format!("its database is damaged: {verdict}")));
        }
        let gone: BTreeSet<&str> = contents.missing.iter().map(Sha256::as_str).collect();
        for digest in names_of(&mut connection).await?.keys() {
            if !gone.contains(digest.as_str()) && !whole_path(&staging, digest).exists() {
                return Err(BackupError::Damaged(format!("the file {digest} is not in it")));
            }
        }
        connection.close().await?;
    }
    let data = data.to_owned();
    blocking(move || {
        // The database last: where it is, the files are.
        for name in [ATTACHMENTS, SQLITE_FILE] {
            let (from, to) = (staging.join(name), data.join(name));
            if from.exists() {
                fs::rename(&from, &to).map_err(disk(&to))?;
            }
        }
        sync_folder_of(&data.join(SQLITE_FILE))?;
        Ok(contents)
    })
    .await
}

struct RemovedFolder(PathBuf);

impl Drop for RemovedFolder {
    fn drop(&mut self) {
        let _gone_already = fs::remove_dir_all(&self.0);
    }
}

/// Unpacks a backup into a new folder. What is not the hub's own is refused: names, sizes and digests are checked, links
/// and paths mean nothing here.
fn read_archive(from: &Path, into: &Path, wants_database: bool) -> Result<Contents, BackupError> {
    let damaged = |what: &str| BackupError::Damaged(what.to_owned());
    let unreadable = |error: io::Error| BackupError::Damaged(error.to_string());
    make_folder(into)?;
    let file = fs::File::open(from).map_err(disk(from))?;
    let mut archive = tar::Archive::new(io::BufReader::with_capacity(256 * 1024, file));
    let mut contents: Option<Contents> = None;
    let (mut files, mut has_database) = (0, false);
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(damaged("it holds something that is no file"));
        }
        let name = std::str::from_utf8(&entry.path_bytes()).map_err(|_| damaged("it holds a strange name"))?.to_owned();
        let Some(contents) = &contents else {
            if name != MANIFEST || entry.size() > MANIFEST_BYTES {
                return Err(damaged("it does not begin as a backup does"));
            }
            let mut text = Vec::new();
            entry.read_to_end(&mut text).map_err(unreadable)?;
            let read: Contents = serde_json::from_slice(&text).map_err(|e| BackupError::Damaged(e.to_string()))?;
            check_form(&read, wants_database)?;
            contents = Some(read);
            continue;
        };
        let (path, expected, most) = if name == SQLITE_FILE {
            has_database = true;
            let digest =
                contents.database.as_ref().ok_or_else(|| damaged("it holds a database that it does not name"))?;
            (into.join(SQLITE_FILE), digest.as_str().to_owned(), u64::MAX)
        } else {
            let digest = name.rsplit('/').next().and_then(|last| Sha256::try_from(last.to_owned()).ok());
            let digest = digest.filter(|digest| {
                let digest = digest.as_str();
                name == format!("{ATTACHMENTS}/{}/{digest}", digest.get(..2).unwrap_or_default())
            });
            let digest = digest.ok_or_else(|| damaged("it holds a file that is not the hub's"))?;
            files += 1;
            (whole_path(into, digest.as_str()), digest.as_str().to_owned(), shared::ATTACHMENT_BYTES)
        };
        if entry.size() > most {
            return Err(damaged("it holds a file that is too large"));
        }
        make_folder(path.parent().unwrap_or(into))?;
        let mut to = create(&path)?;
        let mut hash = sha2::Sha256::new();
        copy(&mut entry, &mut [&mut to, &mut HashInto(&mut hash)]).map_err(unreadable)?;
        if hex::encode(hash.finalize()) != expected {
            return Err(BackupError::Damaged(format!("{name} is not what it was")));
        }
        to.sync_all().map_err(disk(&path))?;
    }
    let contents = contents.ok_or_else(|| damaged("it is empty"))?;
    if files != contents.files || has_database != contents.database.is_some() {
        return Err(damaged("it ends too early"));
    }
    make_folder(&into.join(ATTACHMENTS))?;
    Ok(contents)
}

fn check_form(contents: &Contents, wants_database: bool) -> Result<(), BackupError> {
    if contents.form != FORM {
        return Err(BackupError::Refused(format!(
            "this backup is of hub {}, in a form that this version does not read",
            contents.version
        )));
    }
    match (contents.database.is_some(), wants_database) {
        (true, false) => Err(BackupError::Refused(
            "this backup holds a SQLite database; leave --database out to restore it".to_owned(),
        )),
        (false, true) => {
            Err(BackupError::Refused("this backup is of a hub on PostgreSQL; say which with --database".to_owned()))
        }
        (true, true) | (false, false) => Ok(()),
    }
}

fn make_folder(folder: &Path) -> Result<(), BackupError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(disk(folder))
}
