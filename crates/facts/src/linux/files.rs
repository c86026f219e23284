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

/// `NAME=value` lines as os-release(5) has them: comments and blank lines skipped, quotes and backslashes undone.
pub(crate) fn assignments(text: &str) -> std::collections::BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| {
            let (name, value) = line.trim().split_once('=')?;
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            (!name.is_empty() && name.chars().all(plain)).then(|| (name.to_owned(), unquote(value)))
        })
        .collect()
}

fn unquote(value: &str) -> String {
    let value = value.trim();
    if let Some(inner) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return inner.to_owned();
    }
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let mut plain = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}

/// The share of time in which some task waited, last 10 s, in percent: the `some` line of `/proc/pressure/*`
/// (Linux, Documentation/accounting/psi.rst).
pub(crate) fn pressure(text: &str) -> Option<f32> {
    let some = text.lines().find(|line| line.starts_with("some "))?;
    let average = some.split_whitespace().find_map(|field| field.strip_prefix("avg10="))?;
    average.parse().ok().filter(|percent: &f32| (0.0..=100.0).contains(percent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn assignments_are_unquoted() {
        let read = assignments("# c\nNAME=\"Debian \\\"GNU\\\"\"\nID=debian\nA='b c'\n\nnot one\n=x\nB C=d\nE=");
        assert_eq!(read["NAME"], "Debian \"GNU\"");
        assert_eq!(read["ID"], "debian");
        assert_eq!(read["A"], "b c");
        assert_eq!(read["E"], "");
        assert_eq!(read.len(), 4);
    }

    #[test]
    fn pressure_is_that_of_the_last_ten_seconds() {
        let text = "some avg10=12.50 avg60=41.25 avg300=12.91 total=88007749\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
        assert_eq!(pressure(text), Some(12.5));
        assert_eq!(pressure("full avg10=1.00"), None);
        assert_eq!(pressure("some avg10=NaN"), None);
        assert_eq!(pressure("some avg10=101"), None);
    }

    #[test]
    fn a_read_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let large = folder.path().join("large");
        std::fs::write(&large, vec![b'x'; 10_000]).unwrap();
        assert_eq!(bytes(&large, 100).unwrap().len(), 100);
        assert_eq!(value(&large).unwrap().len(), 4096);
        assert_eq!(value(&folder.path().join("absent")), None);
    }

    proptest! {
        #[test]
        fn anything_is_read_without_panic(text in "\\PC{0,200}") {
            let _ = (assignments(&text), pressure(&text));
        }
    }
}
