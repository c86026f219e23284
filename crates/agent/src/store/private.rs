//! Files and folders that only this user can read.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder with mode 0700; an existing one is given that mode.
///
/// # Errors
/// As the system says.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if std::fs::metadata(path)?.permissions().mode() & 0o777 != 0o700 {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// Opens a file for reading and writing, made with mode 0600 if it is not there; an existing one is given that mode.
///
/// # Errors
/// As the system says.
pub fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if file.metadata()?.permissions().mode() & 0o777 != 0o600 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(file)
}

/// Renames a file that was closed a moment ago. Windows renames none that is open, and who has it open may be a thread that
/// is about to close it, or a virus scanner that looks at it: there it is tried for a while.
///
/// # Errors
/// As the system says, at last.
pub async fn rename(from: &Path, to: &Path) -> io::Result<()> {
    /// Tries, and the pause between them.
    #[cfg(windows)]
    const AGAIN: (u32, std::time::Duration) = (100, std::time::Duration::from_millis(50));
    #[cfg(windows)]
    for _ in 0..AGAIN.0 {
        match std::fs::rename(from, to) {
            Err(error) if is_open(&error) => tokio::time::sleep(AGAIN.1).await,
            other => return other,
        }
    }
    std::fs::rename(from, to)
}

/// `ERROR_SHARING_VIOLATION`, or `ERROR_ACCESS_DENIED`, which is said of a file that is about to go (System Error Codes).
#[cfg(windows)]
fn is_open(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(32 | 5))
}

/// Makes the entries of a folder durable (a new name, a rename). Where the system has no such call, nothing is to be done.
///
/// # Errors
/// As the system says.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Bytes of all files below a folder. What cannot be read counts as nothing.
#[must_use]
pub fn folder_bytes(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => folder_bytes(&entry.path()),
            Ok(_) => entry.metadata().map_or(0, |m| m.len()),
            Err(_) => 0,
        })
        .sum()
}
