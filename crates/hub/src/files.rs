//! The bytes of attachments, on disk, by their digest. A file under its digest is whole: it was written elsewhere,
//! flushed to the disk, checked, and only then given its name.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use deskside_protocol::Sha256;
use sha2::Digest as _;
use tokio::fs;
use uuid::Uuid;

/// The folder of whole files in the data folder.
pub(crate) const WHOLE: &str = "attachments";

/// Bytes of a file that are gathered before the disk is asked: each time somebody else's thread does it, and waking it costs
/// more than the writing.
const GATHERED: usize = 256 * 1024;

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
    /// Folders of whole files whose own names are known to be on the disk.
    durable: Arc<Mutex<HashSet<PathBuf>>>,
}

impl Files {
    /// Makes the folders and removes what uploads of an earlier life left behind.
    pub(crate) async fn open(data: &Path) -> io::Result<Self> {
        let files = Self { whole: data.join(WHOLE), incoming: data.join("incoming"), durable: Arc::default() };
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

    /// Where a whole file is.
    pub(crate) fn path(&self, digest: &Sha256) -> PathBuf {
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

    /// Begins to take a file in, of at most so many bytes. The disk hears of it when there is enough to write.
    pub(crate) fn begin(&self, most: u64) -> Incoming {
        Incoming { gathered: Vec::new(), begun: None, size: 0, most, hash: sha2::Sha256::new(), files: self.clone() }
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
    /// What the disk does not have yet.
    gathered: Vec<u8>,
    begun: Option<Begun>,
    size: u64,
    most: u64,
    hash: sha2::Sha256,
    files: Files,
}

/// The part of it that is on the disk. Removed when dropped.
struct Begun {
    file: std::fs::File,
    path: PathBuf,
    renamed: bool,
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.renamed {
            // Quick, and there is nobody to wait for it.
            let _gone_already = std::fs::remove_file(&self.path);
        }
    }
}

impl Begun {
    fn new(folder: &Path) -> io::Result<Self> {
        let path = folder.join(Uuid::now_v7().to_string());
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self { file: options.open(&path)?, path, renamed: false })
    }

    /// Has the disk keep it, under the name of its digest.
    fn keep(mut self, files: &Files, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        let folder = path.parent().unwrap_or(&files.whole);
        make_private(folder)?;
        std::fs::rename(&self.path, path)?;
        self.renamed = true;
        // A name is only durable once its folder is, and the folder's once its parent is.
        sync_folder(folder)?;
        let known = || files.durable.lock().unwrap_or_else(PoisonError::into_inner);
        if !known().contains(folder) {
            sync_folder(&files.whole)?;
            known().insert(folder.to_owned());
        }
        Ok(())
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
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= GATHERED {
            let (begun, gathered, folder) =
                (self.begun.take(), std::mem::take(&mut self.gathered), self.files.incoming.clone());
            self.begun = Some(blocking(move || written(begun, &gathered, &folder)).await?);
        }
        Ok(())
    }

    /// SHA-256 of what has come so far.
    pub(crate) fn digest(&self) -> Sha256 {
        let digest: [u8; 32] = self.hash.clone().finalize().into();
        Sha256::from(digest)
    }

    /// Checks that it is the announced file, if one was, has the disk keep it and gives it its name; gives its size and
    /// digest.
    pub(crate) async fn finish(self, announced: Option<(u64, &Sha256)>) -> Result<(u64, Sha256), FileError> {
        let digest: [u8; 32] = self.hash.finalize().into();
        let found = (self.size, Sha256::from(digest));
        if announced.is_some_and(|(size, digest)| size != found.0 || *digest != found.1) {
            return Err(FileError::Damaged);
        }
        let path = self.files.path(&found.1);
        let Self { begun, gathered, files, .. } = self;
        blocking(move || written(begun, &gathered, &files.incoming)?.keep(&files, &path)).await?;
        Ok(found)
    }
}

/// The part that is on the disk, with these bytes after it.
fn written(begun: Option<Begun>, bytes: &[u8], folder: &Path) -> io::Result<Begun> {
    let mut begun = begun.map_or_else(|| Begun::new(folder), Ok)?;
    begun.file.write_all(bytes)?;
    Ok(begun)
}

/// Does something with the disk where it holds nobody up.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

async fn make_private_folder(folder: &Path) -> io::Result<()> {
    let folder = folder.to_owned();
    blocking(move || make_private(&folder)).await
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Windows has no such call: NTFS journals names.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
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
        let mut incoming = files.begin(5);
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
            let mut incoming = files.begin(size);
            incoming.write(&Bytes::copy_from_slice(sent)).await.unwrap();
            assert!(matches!(incoming.finish(Some((size, &digest(b"hello")))).await, Err(FileError::Damaged)));
        }
        let mut incoming = files.begin(4);
        assert!(matches!(incoming.write(&Bytes::from_static(b"hello")).await, Err(FileError::TooLong)));
        drop(incoming);
        let mut incoming = files.begin(1 << 20);
        incoming.write(&Bytes::from(vec![7; GATHERED + 1])).await.unwrap();
        assert_eq!(left_behind(folder.path()), 1, "much of it goes to the disk before its end");
        drop(incoming);
        assert!(files.read(&digest(b"hello")).await.is_err());
        files.remove(&digest(b"hello")).await.unwrap();
        assert_eq!(left_behind(folder.path()), 0);
    }
}
