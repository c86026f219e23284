//! A `multipart/form-data` body (RFC 7578) with files that are read from disk while it is sent.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use deskside_protocol::ErrorCode;
use futures_util::stream::{self, Stream};
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

use super::client::refusal;
use crate::Result;

/// Bytes of a file that are read at a time.
const PIECE: usize = 64 * 1024;

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// In memory.
    Held(Bytes),
    /// On disk, with this many bytes.
    Kept(PathBuf, u64),
}

/// What is sent.
#[derive(Debug)]
pub(super) struct Form {
    boundary: String,
    parts: Vec<Source>,
    length: u64,
}

/// A file of a form.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) source: Source,
}

impl Form {
    /// RT's form: a part `JSON` and one `Attachments` for each file (RT::REST2, "Creating tickets with attachments").
    ///
    /// # Errors
    /// `FileUnreadable` for a file that is not there as announced.
    pub(super) async fn new(json: &serde_json::Value, files: &[Part]) -> Result<Self> {
        let boundary = format!("deskside-{}", Uuid::new_v4().simple());
        let mut parts = Vec::new();
        let mut text = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"JSON\"\r\nContent-Type: application/json\r\n\r\n{json}\r\n"
        );
        for file in files {
            if let Source::Kept(path, announced) = &file.source {
                let there = tokio::fs::metadata(path).await.map(|metadata| metadata.len());
                if !there.as_ref().is_ok_and(|there| there == announced) {
                    let detail = format!("the kept file is not there as announced: {there:?}");
                    return Err(refusal(ErrorCode::FileUnreadable, detail));
                }
            }
            text.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"Attachments\"; filename=\"{}\"\r\n\
                 Content-Type: {}\r\n\r\n",
                quoted(&file.name),
                quoted(&file.media_type),
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

/// A name in quotes, as browsers write it (HTML, "Multipart form data": line ends and quotes as percent escapes).
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt as _;

    #[tokio::test]
    async fn what_is_sent_is_as_long_as_it_says_and_no_name_breaks_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        std::fs::write(&path, vec![7; PIECE + 5]).unwrap();
        let part = |name: &str, source| Part { name: name.into(), media_type: "image/png".into(), source };
        let files = [
            part("écran \"1\"\r\nX: y.png", Source::Kept(path.clone(), PIECE as u64 + 5)),
            part("b.txt", Source::Held(Bytes::from_static(b"hello"))),
        ];
        let form = Form::new(&serde_json::json!({"Queue": "General"}), &files).await.unwrap();
        let (length, boundary) = (form.length(), form.boundary.clone());
        let sent: Vec<Bytes> = form.stream(Arc::new(Mutex::new(Instant::now()))).try_collect().await.unwrap();
        let sent = sent.concat();
        assert_eq!(sent.len() as u64, length);
        let text = String::from_utf8_lossy(&sent);
        assert!(text.contains("filename=\"écran %221%22%0D%0AX: y.png\""), "{text}");
        assert_eq!(text.matches(&format!("--{boundary}")).count(), 4);
        assert!(text.ends_with(&format!("hello\r\n--{boundary}--\r\n")));
        let short = [part("a", Source::Kept(path, 3))];
        assert_eq!(Form::new(&serde_json::json!({}), &short).await.unwrap_err().code, ErrorCode::FileUnreadable);
    }
}
