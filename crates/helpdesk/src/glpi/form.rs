//! A `multipart/form-data` body (RFC 7578) as GLPI's legacy interface wants it: a manifest, and files that are read from
//! disk while it is sent.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use deskside_protocol::ErrorCode;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

use super::client::refusal;
use crate::Result;

/// Bytes of a file that are read at a time.
const PIECE: usize = 64 * 1024;
/// Longest file name (`varchar(255)`), in characters, less what GLPI puts before it.
const NAME_CHARS: usize = 200;

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// In memory.
    Held(Bytes),
    /// On disk, with this many bytes.
    Kept(PathBuf, u64),
}

/// A file of a form.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) source: Source,
}

/// What is sent.
#[derive(Debug)]
pub(super) struct Form {
    boundary: String,
    parts: Vec<Source>,
    length: u64,
}

impl Form {
    /// `uploadManifest` with `input` and the files' names, then each file as `filename[n]` (GLPI's `apirest.md`, "Upload
    /// a document file").
    ///
    /// # Errors
    /// `FileUnreadable` for a file that is not there as announced.
    pub(super) async fn new(input: &Value, files: &[Part]) -> Result<Self> {
        let boundary = format!("deskside-{}", Uuid::new_v4().simple());
        let names = unique(files);
        let mut input = input.clone();
        input["_filename"] = json!(names);
        let manifest = json!({ "input": input });
        let mut text = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"uploadManifest\"\r\n\
             Content-Type: application/json\r\n\r\n{manifest}\r\n"
        );
        let mut parts = Vec::new();
        for (at, (file, name)) in files.iter().zip(&names).enumerate() {
            if let Source::Kept(path, announced) = &file.source {
                let there = tokio::fs::metadata(path).await.map(|metadata| metadata.len());
                if !there.as_ref().is_ok_and(|there| there == announced) {
                    let detail = format!("the kept file is not there as announced: {there:?}");
                    return Err(refusal(ErrorCode::FileUnreadable, detail));
                }
            }
            let media_type: String = file.media_type.chars().filter(|c| c.is_ascii_graphic()).collect();
            text.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"filename[{at}]\"; filename=\"{name}\"\r\n\
                 Content-Type: {media_type}\r\n\r\n"
            ));
            parts.push(Source::Held(std::mem::take(&mut text).into()));
            parts.push(file.source.clone());
            text.push_str("\r\n");
        }
        text.push_str(&format!("--{boundary}--\r\n"));
        parts.push(Source::Held(text.into()));
        let length = parts
            .iter()
            .map(|part| match part {
                Source::Held(bytes) => bytes.len() as u64,
                Source::Kept(_, size) => *size,
            })
            .sum();
        Ok(Self { boundary, parts, length })
    }

    pub(super) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The bytes, each time noting in `moved` that they move.
    pub(super) fn stream(
        self,
        moved: Arc<Mutex<Instant>>,
    ) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
        let state = (self.parts.into_iter(), None::<(tokio::fs::File, u64)>);
        stream::try_unfold(state, move |(mut parts, mut open)| {
            *moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            async move {
                loop {
                    if let Some((file, left)) = &mut open {
                        if *left == 0 {
                            open = None;
                            continue;
                        }
                        let mut piece = vec![0; PIECE.min(usize::try_from(*left).unwrap_or(PIECE))];
                        file.read_exact(&mut piece).await?;
                        *left -= piece.len() as u64;
                        return Ok(Some((Bytes::from(piece), (parts, open))));
                    }
                    match parts.next() {
                        None => return Ok(None),
                        Some(Source::Held(bytes)) => return Ok(Some((bytes, (parts, open)))),
                        Some(Source::Kept(path, size)) => open = Some((tokio::fs::File::open(path).await?, size)),
                    }
                }
            }
        })
    }
}

/// A file's name as it can be kept there and cannot break out of its header.
pub(super) fn file_name(name: &str) -> String {
    let clean = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c };
    let name: String = name.chars().map(clean).collect();
    let (stem, ending) = split(&name);
    if name.chars().count() <= NAME_CHARS {
        return name;
    }
    let ending: String = ending.chars().take(20).collect();
    stem.chars().take(NAME_CHARS - 20).collect::<String>() + &ending
}

/// The names under which files go. GLPI keeps those of one request under one prefix: two of the same name would be one.
fn unique(files: &[Part]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(files.len());
    for file in files {
        let plain = file_name(&file.name);
        let taken = |name: &str| names.iter().any(|taken| taken.eq_ignore_ascii_case(name));
        let (stem, ending) = split(&plain);
        let other = (2..).map(|n| format!("{stem}-{n}{ending}")).find(|name| !taken(name));
        let name = if taken(&plain) { other.unwrap_or_else(|| plain.clone()) } else { plain.clone() };
        names.push(name);
    }
    names
}

fn split(name: &str) -> (&str, &str) {
    name.rfind('.').filter(|at| *at > 0).map_or((name, ""), |at| name.split_at(at))
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    #[tokio::test]
    async fn what_is_sent_is_as_long_as_it_says_and_no_name_breaks_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        std::fs::write(&path, vec![7; PIECE + 5]).unwrap();
        let part = |name: &str, source| Part { name: name.into(), media_type: "text/plain\r\nX: y".into(), source };
        let files = [
            part("a\"b\r\n.txt", Source::Kept(path.clone(), PIECE as u64 + 5)),
            part("A_b__.TXT", Source::Held(Bytes::from_static(b"hello"))),
        ];
        let form = Form::new(&json!({"name": "x"}), &files).await.unwrap();
        let length = form.length();
        let sent: Vec<Bytes> = form.stream(Arc::new(Mutex::new(Instant::now()))).try_collect().await.unwrap();
        let sent = sent.concat();
        assert_eq!(sent.len() as u64, length);
        let text = String::from_utf8_lossy(&sent);
        assert!(
            text.contains(r#"{"input":{"name":"x","_filename":["a_b__.txt","A_b__-2.TXT"]}}"#)
                || text.contains(r#"{"input":{"_filename":["a_b__.txt","A_b__-2.TXT"],"name":"x"}}"#),
            "{text}"
        );
        assert!(text.contains("name=\"filename[1]\"; filename=\"A_b__-2.TXT\"\r\n"), "{text}");
        assert!(!text.contains("\nX: y"));
        let gone = [part("x", Source::Kept(path, 3))];
        assert_eq!(Form::new(&json!({}), &gone).await.unwrap_err().code, ErrorCode::FileUnreadable);
    }
}
