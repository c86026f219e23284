//! The bytes of attachments, on disk, by their digest. A file under its digest is whole: it was written elsewhere,
//! flushed to the disk, checked, and only then given its name.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use deskside_protocol::Sha256;
use sha2::Digest as _;
use tokio::fs;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

/// The folder of whole files in the data folder.
pub(crate) const WHOLE: &str = "attachments";

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// More bytes than announced.
    #[error("more bytes than announced")]
    TooLong,
    /// Fewer bytes than announced, or other ones.
    #[error("the bytes are not the announced ones")]
    Damaged,
    /// The disk.
    #[error("disk: {0}")]
    Disk(#[from] io::Error),
}

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    whole: PathBuf,
    incoming: PathBuf,
}

impl Files {
    /// Makes the folders and removes what uploads of an earlier life left behind.
    pub(crate) async fn open(data: &Path) -> io::Result<Self> {
        let files = Self { whole: data.join(WHOLE), incoming: data.join("incoming") };
        make_private_folder(&files.whole).await?;
        make_private_folder(&files.incoming).await?;
        files.sweep().await?;
        Ok(files)
    }

    /// Removes incoming files older than a day; younger ones may be another hub's, on the same folder.
    async fn sweep(&self) -> io::Result<()> {
        let mut entries = fs::read_dir(&self.incoming).await?;
        while let Some(entry) = entries.next_entry().await? {
            let age = entry.metadata().await?.modified()?;
            if SystemTime::now().duration_since(age).is_ok_and(|age| age > Duration::from_secs(24 * 3600)) {
                let _gone_already = fs::remove_file(entry.path()).await;
            }
        }
        Ok(())
    }

    fn path(&self, digest: &Sha256) -> PathBuf {
        Self::path_in(&self.whole, digest)
    }

    fn path_in(folder: &Path, digest: &Sha256) -> PathBuf {
        let name = digest.as_str();
        folder.join(name.get(..2).unwrap_or_default()).join(name)
    }

    /// Where a whole file is, below a hub's data folder.
    pub(crate) fn path_below(data: &Path, digest: &Sha256) -> PathBuf {
        Self::path_in(&data.join(WHOLE), digest)
    }

    /// Begins to take a file in, of at most so many bytes.
    pub(crate) async fn begin(&self, most: u64) -> io::Result<Incoming> {
        let path = self.incoming.join(Uuid::now_v7().to_string());
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let file = options.open(&path).await?;
        let discard = Discard(Some(path));
        Ok(Incoming { file, discard, size: 0, most, hash: sha2::Sha256::new(), files: self.clone() })
    }

    /// Where a file may be made that is nobody's attachment and is swept away if it is left.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.incoming.join(name)
    }

    /// Removes a whole file that nothing refers to any more.
    pub(crate) async fn remove(&self, digest: &Sha256) -> io::Result<()> {
        match fs::remove_file(self.path(digest)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Opens a whole file.
    pub(crate) async fn read(&self, digest: &Sha256) -> io::Result<fs::File> {
        fs::File::open(self.path(digest)).await
    }
}

/// A file that is arriving. Dropped before [`Incoming::finish`], it leaves nothing.
pub(crate) struct Incoming {
    file: fs::File,
    discard: Discard,
    size: u64,
    most: u64,
    hash: sha2::Sha256,
    files: Files,
}

/// Removes the file at this path when dropped.
struct Discard(Option<PathBuf>);

impl Drop for Discard {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // Quick, and there is nobody to wait for it.
            let _gone_already = std::fs::remove_file(path);
        }
    }
}

impl Incoming {
    /// Takes the next bytes.
    pub(crate) async fn write(&mut self, bytes: &Bytes) -> Result<(), FileError> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.size = self.size.saturating_add(length);
        if self.size > self.most {
            return Err(FileError::TooLong);
        }
        self.hash.update(bytes);
        self.file.write_all(bytes).await?;
        Ok(())
    }

    /// SHA-256 of what has come so far.
    pub(crate) fn digest(&self) -> Sha256 {
        let digest: [u8; 32] = self.hash.clone().finalize().into();
        Sha256::from(digest)
    }

    /// Checks that it is the announced file, if one was, has the disk keep it and gives it its name; gives its size and
    /// digest.
    pub(crate) async fn finish(mut self, announced: Option<(u64, &Sha256)>) -> Result<(u64, Sha256), FileError> {
        let digest: [u8; 32] = self.hash.finalize().into();
        let found = (self.size, Sha256::from(digest));
        if announced.is_some_and(|(size, digest)| size != found.0 || *digest != found.1) {
            return Err(FileError::Damaged);
        }
        self.file.flush().await?;
        self.file.sync_all().await?;
        let path = self.files.path(&found.1);
        let folder = path.parent().unwrap_or(&self.files.whole).to_owned();
        make_private_folder(&folder).await?;
        let Some(from) = self.discard.0.clone() else { return Err(FileError::Damaged) };
        fs::rename(from, &path).await?;
        self.discard.0 = None;
        // A name is only durable once its folder is, and the folder's once its parent is.
        sync_folder(&folder).await?;
        sync_folder(&self.files.whole).await?;
        Ok(found)
    }
}

async fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await
}

#[cfg(unix)]
async fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder).await?.sync_all().await
}

/// Windows has no such call: NTFS journals names.
#[cfg(not(unix))]
async fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(bytes: &[u8]) -> Sha256 {
        let digest: [u8; 32] = sha2::Sha256::digest(bytes).into();
        Sha256::from(digest)
    }

    fn left_behind(folder: &Path) -> usize {
        std::fs::read_dir(folder.join("incoming")).unwrap().count()
    }

    #[tokio::test]
    async fn a_whole_file_is_found_under_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path()).await.unwrap();
        let mut incoming = files.begin(5).await.unwrap();
        incoming.write(&Bytes::from_static(b"hel")).await.unwrap();
        incoming.write(&Bytes::from_static(b"lo")).await.unwrap();
        let found = incoming.finish(Some((5, &digest(b"hello")))).await.unwrap();
        assert_eq!(found, (5, digest(b"hello")));
        let mut kept = String::new();
        let mut file = files.read(&digest(b"hello")).await.unwrap();
        tokio::io::AsyncReadExt::read_to_string(&mut file, &mut kept).await.unwrap();
        assert_eq!(kept, "hello");
        assert_eq!(left_behind(folder.path()), 0);
    }

    #[tokio::test]
    async fn what_is_short_long_other_or_broken_off_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path()).await.unwrap();
        for (size, sent) in [(6, &b"hello"[..]), (5, b"hellO")] {
            let mut incoming = files.begin(size).await.unwrap();
            incoming.write(&Bytes::copy_from_slice(sent)).await.unwrap();
            assert!(matches!(incoming.finish(Some((size, &digest(b"hello")))).await, Err(FileError::Damaged)));
        }
        let mut incoming = files.begin(4).await.unwrap();
        assert!(matches!(incoming.write(&Bytes::from_static(b"hello")).await, Err(FileError::TooLong)));
        drop(incoming);
        drop(files.begin(5).await.unwrap());
        assert!(files.read(&digest(b"hello")).await.is_err());
        files.remove(&digest(b"hello")).await.unwrap();
        assert_eq!(left_behind(folder.path()), 0);
    }
}
