//! Files that the user handed over: dropped on the window, or copied in a file manager and pasted here.
//!
//! WebKitGTK gives the page no files on a drop, and never any for a copied file's address. So the window system tells
//! the shell, and the shell tells the page a number for each; what the page reads with that number, once, is the file
//! that the user pointed at. A path never comes from the page.

use std::collections::VecDeque;
use std::fs::{File, Metadata, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deskside_protocol::limits::{ATTACHMENT_BYTES, ATTACHMENTS, FILE_NAME_BYTES};
use deskside_protocol::{ErrorCode, ErrorReport};
use serde::Serialize;
#[cfg(any(target_os = "linux", test))]
use tauri::Url;

/// How long a file stays on offer: an earlier one may still be on its way to the agent.
const ON_OFFER: Duration = Duration::from_secs(300);
/// Files on offer at a time; with more, the oldest go.
const HELD: usize = 4 * ATTACHMENTS;
/// Longest wait for a file's size, or for its bytes: a network drive may have gone away.
const READ: Duration = Duration::from_secs(30);
/// A pasted list of addresses that is longer is no list of files.
#[cfg(any(target_os = "linux", test))]
const ADDRESSES_BYTES: usize = 256 * 1024;

/// A file on offer, as the page hears of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OfferedFile {
    /// What to read it with, once.
    id: u64,
    /// Its name, without folders.
    name: String,
    size_bytes: u64,
    /// Why it cannot be added.
    refused: Option<ErrorCode>,
}

/// What a drag over the window does, as the page hears of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "drag", rename_all = "kebab-case")]
pub(crate) enum FileDrag {
    /// Files are held over the window.
    Over,
    /// They left it again, or were dropped.
    Gone,
    /// They were dropped on it.
    Dropped { files: Vec<OfferedFile> },
}

/// The files on offer.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    last: u64,
    files: VecDeque<Offer>,
}

#[derive(Debug)]
struct Offer {
    id: u64,
    path: PathBuf,
    since: Instant,
}

impl Offers {
    /// Puts files on offer that the window system named. Of more than a request can have, the first ones.
    pub(crate) async fn offer(&self, paths: Vec<PathBuf>) -> Vec<OfferedFile> {
        let mut offered = Vec::new();
        for (index, path) in paths.into_iter().enumerate().take(ATTACHMENTS + 1) {
            let name = name_of(&path);
            let size = if index < ATTACHMENTS {
                let path = path.clone();
                within_limit(move || look(&path).map(|metadata| metadata.len())).await
            } else {
                Err(ErrorCode::TooManyFiles)
            };
            offered.push(match size {
                Ok(size_bytes) => OfferedFile { id: self.hold(path), name, size_bytes, refused: None },
                Err(code) => OfferedFile { id: 0, name, size_bytes: 0, refused: Some(code) },
            });
        }
        offered
    }

    /// The bytes of a file on offer, which is on offer no longer.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] if it is not on offer (any more), otherwise why it cannot be read.
    pub(crate) async fn read(&self, id: u64) -> Result<Vec<u8>, ErrorReport> {
        let path = self.take(id).ok_or_else(|| ErrorReport::new(ErrorCode::NotFound, "this file is not on offer"))?;
        let bytes = within_limit(move || read_whole(&path)).await;
        bytes.map_err(|code| ErrorReport::new(code, "a file that was dropped or pasted"))
    }

    fn hold(&self, path: PathBuf) -> u64 {
        let mut held = self.held();
        held.last += 1;
        let id = held.last;
        held.files.push_back(Offer { id, path, since: Instant::now() });
        if held.files.len() > HELD {
            held.files.pop_front();
        }
        id
    }

    fn take(&self, id: u64) -> Option<PathBuf> {
        let mut held = self.held();
        held.files.retain(|offer| offer.since.elapsed() < ON_OFFER);
        let at = held.files.iter().position(|offer| offer.id == id)?;
        held.files.remove(at).map(|offer| offer.path)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The files that a list of addresses names (RFC 2483, section 5, `text/uri-list`; file managers of GNOME, XFCE and MATE
/// put a line with "copy" or "cut" before it). Addresses of anything but files of this computer are left out.
#[cfg(any(target_os = "linux", test))]
pub(crate) fn named_in(addresses: &[u8]) -> Vec<PathBuf> {
    if addresses.len() > ADDRESSES_BYTES {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(addresses);
    let lines = text.split(['\n', '\r', '\0']).map(str::trim);
    let files = lines.filter_map(|line| Url::parse(line).ok()).filter(|url| url.scheme() == "file");
    files.filter_map(|url| url.to_file_path().ok()).take(ATTACHMENTS + 1).collect()
}

/// Looks at the disk on a thread of its own, which a drive that has gone away may keep for ever.
async fn within_limit<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ErrorCode> + Send + 'static,
) -> Result<T, ErrorCode> {
    match tokio::time::timeout(READ, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) | Err(_) => Err(ErrorCode::FileUnreadable),
    }
}

/// What the page calls it: the last part of its path, no longer than a name may be.
fn name_of(path: &Path) -> String {
    let mut name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name.len() > FILE_NAME_BYTES {
        name.truncate(name.floor_char_boundary(FILE_NAME_BYTES));
    }
    name
}

/// A regular file of a size that can be sent: anything else is not opened. To open a device or a queue can be to change it.
fn look(path: &Path) -> Result<Metadata, ErrorCode> {
    // An address of another computer or another kind comes as a path that begins nowhere.
    if !path.is_absolute() {
        return Err(ErrorCode::FileUnreadable);
    }
    judged(std::fs::metadata(path).map_err(|_| ErrorCode::FileUnreadable)?)
}

fn judged(metadata: Metadata) -> Result<Metadata, ErrorCode> {
    if !metadata.is_file() {
        return Err(ErrorCode::FileType);
    }
    if metadata.len() > ATTACHMENT_BYTES {
        return Err(ErrorCode::FileTooLarge);
    }
    Ok(metadata)
}

fn read_whole(path: &Path) -> Result<Vec<u8>, ErrorCode> {
    look(path)?;
    let file = open(path).map_err(|_| ErrorCode::FileUnreadable)?;
    // Another file may have taken its name since.
    let size = judged(file.metadata().map_err(|_| ErrorCode::FileUnreadable)?)?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    // A log grows while it is read.
    file.take(ATTACHMENT_BYTES + 1).read_to_end(&mut bytes).map_err(|_| ErrorCode::FileUnreadable)?;
    if bytes.len() as u64 > ATTACHMENT_BYTES {
        return Err(ErrorCode::FileTooLarge);
    }
    Ok(bytes)
}

/// Opens for reading, without waiting for the other end of what is no file after all.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[tokio::test]
    async fn a_dropped_file_is_read_once_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal été.log");
        std::fs::write(&file, "it broke at noon").unwrap();
        std::fs::write(folder.path().join("secret"), "not yours").unwrap();

        let offers = Offers::default();
        let offered = offers.offer(vec![file]).await;
        let [one] = offered.as_slice() else { panic!("{offered:?}") };
        assert_eq!((one.name.as_str(), one.size_bytes, one.refused), ("journal été.log", 16, None));
        assert_eq!(offers.read(one.id + 1).await.unwrap_err().code, ErrorCode::NotFound, "a number that was not given");
        assert_eq!(offers.read(one.id).await.unwrap(), b"it broke at noon");
        assert_eq!(offers.read(one.id).await.unwrap_err().code, ErrorCode::NotFound, "once only");
    }

    #[tokio::test]
    async fn what_is_no_file_that_can_be_sent_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let large = folder.path().join("large.iso");
        File::create(&large).unwrap().set_len(ATTACHMENT_BYTES + 1).unwrap();
        let offers = Offers::default();
        for (path, reason) in [
            (folder.path().to_owned(), ErrorCode::FileType),
            #[cfg(unix)]
            (PathBuf::from("/dev/zero"), ErrorCode::FileType),
            (large, ErrorCode::FileTooLarge),
            (folder.path().join("gone.txt"), ErrorCode::FileUnreadable),
            (PathBuf::from("https://deskside.example/x.txt"), ErrorCode::FileUnreadable),
            (PathBuf::from(""), ErrorCode::FileUnreadable),
        ] {
            let offered = offers.offer(vec![path.clone()]).await;
            assert_eq!(offered.iter().map(|one| one.refused).collect::<Vec<_>>(), [Some(reason)], "{}", path.display());
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_file_that_became_a_queue_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("was-a-file");
        std::fs::write(&path, "x").unwrap();
        let offers = Offers::default();
        let offered = offers.offer(vec![path.clone()]).await;
        std::fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        let read = tokio::time::timeout(Duration::from_secs(5), offers.read(offered.first().unwrap().id)).await;
        assert_eq!(read.expect("it waits for a writer").unwrap_err().code, ErrorCode::FileType);
        assert!(open(&path).is_ok(), "opening it does not wait either");
    }

    #[tokio::test]
    async fn of_too_many_the_first_are_offered_and_the_rest_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..ATTACHMENTS + 5).map(|n| folder.path().join(format!("{n}.txt"))).collect();
        paths.iter().for_each(|path| std::fs::write(path, "x").unwrap());
        let offered = Offers::default().offer(paths).await;
        assert_eq!(offered.len(), ATTACHMENTS + 1);
        assert_eq!(offered.iter().filter(|one| one.refused.is_none()).count(), ATTACHMENTS);
        assert_eq!(offered.last().unwrap().refused, Some(ErrorCode::TooManyFiles));
    }

    // Paths as Linux writes them; elsewhere nobody asks.
    #[cfg(target_os = "linux")]
    #[test]
    fn copied_files_are_found_among_addresses() {
        let named = |text: &str| named_in(text.as_bytes());
        let file = PathBuf::from("/home/ada/journal été.log");
        let address = "file:///home/ada/journal%20%C3%A9t%C3%A9.log";
        for list in [format!("{address}\r\n"), format!("copy\n{address}\0")] {
            assert_eq!(named(&list), std::slice::from_ref(&file), "{list:?}");
        }
        assert_eq!(named(&format!("# copied\r\n{address}\r\nfile:///etc/hosts")), [file, "/etc/hosts".into()]);
        for other in
            ["", "https://deskside.example/x", "file://server/share/x", "/etc/passwd", "smb://server/x", "hello"]
        {
            assert_eq!(named(other), Vec::<PathBuf>::new(), "{other}");
        }
        assert_eq!(named_in(&vec![b'x'; ADDRESSES_BYTES + 1]), Vec::<PathBuf>::new());
    }

    proptest! {
        #[test]
        fn whatever_is_on_the_clipboard_only_whole_paths_come_of_it(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(named_in(&bytes).iter().all(|path| path.is_absolute()));
            let listed = [b"file:///", bytes.as_slice()].concat();
            prop_assert!(named_in(&listed).iter().all(|path| path.is_absolute()));
        }
    }
}
