//! A JSON body with files in it as base64, read from disk while it is sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream::Stream;

use crate::Result;
use crate::connection::Moved;
use crate::upload::{self, Source, Written};

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
                source.check().await?;
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
                Part::Encoded(source) => source.length().div_ceil(3) * 4,
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
    pub(super) fn stream(self, moved: Moved) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
        let written = |part| match part {
            Part::Text(text) => (Source::Held(text), upload::plain as Written),
            Part::Encoded(source) => (source, encoded as Written),
        };
        upload::stream(self.parts.into_iter().map(written).collect(), moved)
    }
}

fn encoded(bytes: Bytes) -> Bytes {
    STANDARD.encode(&bytes).into()
}

#[cfg(test)]
mod tests {
    use deskside_protocol::ErrorCode;
    use futures_util::TryStreamExt as _;
    use serde_json::json;

    use super::*;
    use crate::upload::PIECE;

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
            let pieces: Vec<Bytes> = body.stream(Moved::now()).try_collect().await.unwrap();
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
