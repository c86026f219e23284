//! Bounded reads of `/proc`, `/sys` and state files. A file there can be of any size and hold anything.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Largest file of `/proc` or `/sys` that is read; the rest of a larger one is not looked at.
pub(crate) const STATE_BYTES: u64 = 256 * 1024;
/// Longest value of a one-line file.
const VALUE_BYTES: u64 = 4096;
/// Most entries of a folder that are looked at.
pub(crate) const ENTRIES: usize = 4096;

/// The first `limit` bytes of a file.
pub(crate) fn bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut content)?;
    Ok(content)
}

/// The first `limit` bytes of a file, with anything that is not UTF-8 replaced.
pub(crate) fn text_up_to(path: &Path, limit: u64) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&bytes(path, limit)?).into_owned())
}

/// The start of a file, see [`STATE_BYTES`].
pub(crate) fn text(path: &Path) -> io::Result<String> {
    text_up_to(path, STATE_BYTES)
}

/// The one value that a file holds, without blanks around it; `None` if it is empty, absent or unreadable.
pub(crate) fn value(path: &Path) -> Option<String> {
    let read = text_up_to(path, VALUE_BYTES).ok()?;
    let value = read.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!value.is_empty()).then(|| value.to_owned())
}

/// The one number that a file holds.
pub(crate) fn number<N: std::str::FromStr>(path: &Path) -> Option<N> {
    value(path)?.parse().ok()
}

/// The entries of a folder, in the order of their names; none if it cannot be read.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(read) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut entries: Vec<PathBuf> = read.take(ENTRIES).filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    entries
}

/// The last part of a path, as text.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The last part of what a symbolic link points to.
pub(crate) fn link_name(path: &Path) -> Option<String> {
    let target = std::fs::read_link(path).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}
