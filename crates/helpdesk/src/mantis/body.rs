//! A JSON body with files in it as base64, read from disk while it is sent.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use deskside_protocol::ErrorCode;
use futures_util::stream::{self, Stream};
use tokio::io::AsyncReadExt as _;

use super::client::refusal;
use crate::Result;

/// Bytes of a file that are read at a time; a multiple of three, so that pieces of base64 can be put together.
const PIECE: usize = 3 * 16 * 1024;

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// In memory.
    Held(Bytes),
    /// On disk, with this many bytes.
    Kept(PathBuf, u64),
}

#[derive(Debug)]
enum Part {
    Text(Bytes),
    Encoded(Source),
}

/// What is sent.
#[derive(Debug)]
pub(super) struct Body {
    parts: Vec<Part>,
    length: u64,
}

impl Body {
    /// The members of `json`, and `files` if there are any.
    ///
    /// # Errors
    /// `FileUnreadable` for a file that is not there as announced.
    pub(super) async fn new(json: &serde_json::Value, files: &[(String, Source)]) -> Result<Self> {
        let mut text = json.to_string();
        let mut parts = Vec::new();
        if !files.is_empty() {
            text.pop();
            text.push_str(if text.len() > 1 { ",\"files\":[" } else { "\"files\":[" });
            for (at, (name, source)) in files.iter().enumerate() {
                if let Source::Kept(path, announced) = source {
                    let there = tokio::fs::metadata(path).await.map(|metadata| metadata.len());
                    if !there.as_ref().is_ok_and(|there| there == announced) {
                        let detail = format!("the kept file is not there as announced: {there:?}");
                        return Err(refusal(ErrorCode::FileUnreadable, detail));
                    }
                }
                let comma = if at > 0 { "," } else { "" };
                text.push_str(&format!("{comma}{{\"name\":{},\"content\":\"", serde_json::Value::from(name.as_str())));
                parts.push(Part::Text(std::mem::take(&mut text).into()));
                parts.push(Part::Encoded(source.clone()));
                text.push_str("\"}");
            }
            text.push_str("]}");
        }
        parts.push(Part::Text(text.into()));
        let length = parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.len() as u64,
                Part::Encoded(Source::Held(bytes)) => (bytes.len() as u64).div_ceil(3) * 4,
                Part::Encoded(Source::Kept(_, size)) => size.div_ceil(3) * 4,
            })
            .sum();
        Ok(Self { parts, length })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn has_files(&self) -> bool {
        self.parts.len() > 1
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
                        return Ok(Some((Bytes::from(STANDARD.encode(&piece)), (parts, open))));
                    }
                    match parts.next() {
                        None => return Ok(None),
                        Some(Part::Text(text)) => return Ok(Some((text, (parts, open)))),
                        Some(Part::Encoded(Source::Held(bytes))) => {
                            return Ok(Some((Bytes::from(STANDARD.encode(&bytes)), (parts, open))));
                        }
                        Some(Part::Encoded(Source::Kept(path, size))) => {
                            open = Some((tokio::fs::File::open(path).await?, size));
                        }
                    }
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn what_is_sent_is_json_of_the_announced_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        let large: Vec<u8> = (0..PIECE + 7).map(|n| n as u8).collect();
        std::fs::write(&path, &large).unwrap();
        let files = [
            ("a \"b\".txt".to_owned(), Source::Held(Bytes::from_static(b"hello"))),
            ("é.bin".to_owned(), Source::Kept(path.clone(), large.len() as u64)),
        ];
        for json in [json!({}), json!({"text": "x"})] {
            let body = Body::new(&json, &files).await.unwrap();
            let length = body.length();
            let pieces: Vec<Bytes> = body.stream(Arc::new(Mutex::new(Instant::now()))).try_collect().await.unwrap();
            let sent = pieces.concat();
            assert_eq!(sent.len() as u64, length);
            let sent: serde_json::Value = serde_json::from_slice(&sent).unwrap();
            assert_eq!(sent["files"][0]["name"], "a \"b\".txt");
            assert_eq!(STANDARD.decode(sent["files"][1]["content"].as_str().unwrap()).unwrap(), large);
            assert_eq!(sent["text"], json["text"]);
        }
        let gone = [("x".to_owned(), Source::Kept(path, 3))];
        assert_eq!(Body::new(&json!({}), &gone).await.unwrap_err().code, ErrorCode::FileUnreadable);
    }
}
