//! Captured exchanges as they lie in `captures/`: one request and its answer a file, in one of two spellings
//! (`######## RESPONSE ########` of `.http`, `---- 200 OK (393 ms)` of `.txt`).

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::http::split_target;

/// One request to a real server, and what it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The file it was read from, without folder.
    pub name: String,
    /// `POST`.
    pub method: String,
    /// `/api/rest/issues`, as sent.
    pub path: String,
    /// What followed the path, decoded.
    pub query: Vec<(String, String)>,
    /// Headers of the request.
    pub sent_headers: Vec<(String, String)>,
    /// Body of the request; JSON was laid out for reading.
    pub sent: Vec<u8>,
    /// Status of the answer.
    pub status: u16,
    /// The text after the status; with some servers it is all there is.
    pub reason: String,
    /// Headers of the answer.
    pub headers: Vec<(String, String)>,
    /// Body of the answer; JSON was laid out for reading.
    pub body: Vec<u8>,
    /// How long the server took, where that was written down.
    pub delay: Option<Duration>,
}

impl Exchange {
    /// Reads one.
    ///
    /// # Errors
    /// If it is neither spelling.
    pub fn parse(name: &str, bytes: &[u8]) -> anyhow::Result<Self> {
        let (request, answer, delay) = split(bytes).with_context(|| format!("{name}: where is the answer?"))?;
        let (first, sent_headers, sent) = message(request);
        let mut words = first.split_whitespace();
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().with_context(|| format!("{name}: no address in \"{first}\""))?;
        ensure!(
            !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase()),
            "{name}: no method in \"{first}\""
        );
        let (path, query) = split_target(target);
        let (first, headers, body) = message(&answer);
        let mut words = first.trim_start_matches("HTTP/1.1 ").trim_start_matches("HTTP/1.0 ").splitn(2, ' ');
        let status = words.next().unwrap_or_default().trim();
        let status = status.parse().with_context(|| format!("{name}: \"{status}\" is no status"))?;
        let reason = words.next().unwrap_or_default().trim().to_owned();
        Ok(Self {
            name: name.to_owned(),
            method,
            path,
            query,
            sent_headers,
            sent: unwritten(trimmed(sent)),
            status,
            reason,
            headers,
            body: unwritten(trimmed(body)),
            delay,
        })
    }

    /// The answer's body as JSON; `Null` if it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Where the answer begins: its bytes from the status on, and how long it took.
fn split(bytes: &[u8]) -> Option<(&[u8], Vec<u8>, Option<Duration>)> {
    const LONG: &[u8] = b"######## RESPONSE ########\n";
    if let Some(at) = find(bytes, LONG) {
        return Some((&bytes[..at], bytes[at + LONG.len()..].to_vec(), None));
    }
    let at = find(bytes, b"\n---- ")?;
    let rest = &bytes[at + 6..];
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = String::from_utf8_lossy(&rest[..end]).into_owned();
    let (status, delay) = match line.rsplit_once(" (") {
        Some((status, delay)) => {
            let ms = delay.trim_end_matches(')').trim_end_matches("ms").trim().parse().ok();
            (status.to_owned(), ms.map(Duration::from_millis))
        }
        None => (line, None),
    };
    let mut answer = status.into_bytes();
    answer.extend_from_slice(&rest[end..]);
    Some((&bytes[..at], answer, delay))
}

/// First line, headers, body. The captures have `\n` for `\r\n`.
fn message(bytes: &[u8]) -> (String, Vec<(String, String)>, &[u8]) {
    let end = find(bytes, b"\n\n").unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..end]).replace('\r', "");
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let headers =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| header(name.trim(), value.trim())).collect();
    (first, headers, bytes.get(end + 2..).unwrap_or_default())
}

/// A header; some were written down as members of a JSON object.
fn header(name: &str, value: &str) -> (String, String) {
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(name) => (name.to_owned(), value.trim_end_matches(',').trim_matches('"').to_owned()),
        None => (name.to_owned(), value.to_owned()),
    }
}

/// What could not be written as text stands as `<590 bytes binary: 2d2d…>`, in hexadecimal, sometimes not to its end.
fn unwritten(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.starts_with('<'));
    let Some((_, digits)) = text.and_then(|text| text.split_once(" bytes binary: ")) else { return bytes.to_vec() };
    let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
    hex::decode(&digits[..end - end % 2]).unwrap_or_else(|_| bytes.to_vec())
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let begin = bytes.iter().position(|byte| !matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(begin, |at| at + 1);
    &bytes[begin..end]
}

pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut at = 0;
    loop {
        // The library looks for a byte as fast as the machine can; a loop of ours, as tests are built, takes seconds.
        let skipped = bytes.get(at..)?.skip_until(first).ok()?;
        at += skipped;
        if skipped == 0 || bytes[at - 1] != first {
            return None;
        }
        if bytes[at - 1..].starts_with(what) {
            return Some(at - 1);
        }
    }
}

/// All captures of a server.
#[derive(Debug, Clone, Default)]
pub struct Captures {
    all: Vec<Exchange>,
}

impl Captures {
    /// Reads a folder below `captures/`.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn load(folder: &str) -> anyhow::Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(folder);
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
            .with_context(|| format!("{} cannot be read", folder.display()))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "http" || e == "txt"))
            .collect();
        paths.sort();
        let mut all = Vec::with_capacity(paths.len());
        for path in paths {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            all.push(Exchange::parse(&name, &std::fs::read(&path)?)?);
        }
        ensure!(!all.is_empty(), "{} holds no capture", folder.display());
        Ok(Self { all })
    }

    /// These and others of the same server.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.all.extend(others.all);
        self
    }

    /// With those of another folder too. Their numbers get this before them ("x" makes "x014" of "014").
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn with(mut self, before: &str, folder: &str) -> anyhow::Result<Self> {
        let more = Self::load(folder)?.all.into_iter();
        self.all.extend(more.map(|exchange| Exchange { name: format!("{before}{}", exchange.name), ..exchange }));
        Ok(self)
    }

    /// The one whose file's name begins so ("012" of `012-note-add.http`).
    ///
    /// # Errors
    /// If there is none.
    pub fn get(&self, number: &str) -> anyhow::Result<&Exchange> {
        self.all
            .iter()
            .find(|exchange| exchange.name.split('-').next() == Some(number))
            .with_context(|| format!("there is no capture {number}"))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Exchange> {
        self.all.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        let long = b"POST /a?x%5B%5D=1&y=b+c HTTP/1.1\nHost: h\n\n{\n}\n\n######## RESPONSE ########\nHTTP/1.1 401 Valid API token required\nX: y\n\n\n";
        let read = Exchange::parse("001-x.http", long).unwrap();
        assert_eq!((read.method.as_str(), read.path.as_str(), read.status), ("POST", "/a", 401));
        assert_eq!(read.query, [("x[]".to_owned(), "1".to_owned()), ("y".to_owned(), "b c".to_owned())]);
        assert_eq!((read.reason.as_str(), read.sent.as_slice()), ("Valid API token required", b"{\n}".as_slice()));
        assert!(read.body.is_empty());

        let short = b"GET /r HTTP/1.1\n\n\n\n---- 200 OK (393 ms)\nContent-Type: text/plain\n\nhello";
        let read = Exchange::parse("01-x.txt", short).unwrap();
        assert_eq!((read.status, read.delay), (200, Some(Duration::from_millis(393))));
        assert_eq!(read.body, b"hello");

        let listed = b"POST /d  (9437184 bytes)\n\n######## RESPONSE ########\nHTTP/1.1 413\n{\n \"Content-Type\": \"text/html\",\n \"Connection\": \"close\"\n}\n\n<html>";
        let read = Exchange::parse("048-x.http", listed).unwrap();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read.headers, [header("Content-Type", "text/html"), header("Connection", "close")]);
        assert_eq!((read.status, read.body.as_slice()), (413, b"<html>".as_slice()));
    }

    #[test]
    fn what_is_looked_for_is_found_where_it_is() {
        assert_eq!(find(b"a--b--c", b"--c"), Some(4));
        assert_eq!(
            (find(b"aab", b"ab"), find(b"", b"a"), find(b"abc", b"abcd"), find(b"--", b"-x")),
            (Some(1), None, None, None)
        );
    }

    #[test]
    fn every_capture_is_read() {
        let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
        let mut read = 0;
        for folder in std::fs::read_dir(folders).unwrap() {
            let folder = folder.unwrap().file_name().into_string().unwrap();
            read += Captures::load(&folder).unwrap_or_else(|e| panic!("{folder}: {e:#}")).iter().count();
        }
        assert!(read >= 69, "only {read} captures were found");
    }
}
