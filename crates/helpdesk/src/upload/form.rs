//! A `multipart/form-data` body (RFC 7578): a part of JSON, then files.

use bytes::Bytes;
use futures_util::stream::Stream;
use uuid::Uuid;

use super::{Part, Source, Written, plain, stream};
use crate::Result;
use crate::connection::Moved;

/// What is sent.
#[derive(Debug)]
pub(crate) struct Form {
    boundary: String,
    parts: Vec<Source>,
}

impl Form {
    /// The JSON under `first`, and each file under the name that `field` gives the one at this place.
    ///
    /// # Errors
    /// `FileUnreadable` for a file that is not there as announced.
    pub(crate) async fn new(
        first: &str,
        json: &serde_json::Value,
        field: impl Fn(usize) -> String,
        files: &[Part],
    ) -> Result<Self> {
        let boundary = format!("deskside-{}", Uuid::new_v4().simple());
        let mut parts = Vec::new();
        let mut text = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{first}\"\r\n\
             Content-Type: application/json\r\n\r\n{json}\r\n"
        );
        for (at, file) in files.iter().enumerate() {
            file.source.check().await?;
            text.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
                 Content-Type: {}\r\n\r\n",
                field(at),
                quoted(&file.name),
                quoted(&file.media_type),
            ));
            parts.push(Source::Held(std::mem::take(&mut text).into()));
            parts.push(file.source.clone());
            text.push_str("\r\n");
        }
        text.push_str(&format!("--{boundary}--\r\n"));
        parts.push(Source::Held(text.into()));
        Ok(Self { boundary, parts })
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    pub(crate) fn length(&self) -> u64 {
        self.parts.iter().map(Source::length).sum()
    }

    /// The bytes, each time noting in `moved` that they move.
    pub(crate) fn stream(self, moved: Moved) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
        stream(self.parts.into_iter().map(|part| (part, plain as Written)).collect(), moved)
    }
}

/// A name in quotes, as browsers write it (HTML, "Multipart form data": line ends and quotes as percent escapes).
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use deskside_protocol::ErrorCode;
    use futures_util::TryStreamExt as _;

    use super::super::PIECE;
    use super::*;

    #[tokio::test]
    async fn what_is_sent_is_as_long_as_it_says_and_no_name_breaks_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        std::fs::write(&path, vec![7; PIECE + 5]).unwrap();
        let part =
            |name: &str, media_type: &str, source| Part { name: name.into(), media_type: media_type.into(), source };
        let files = [
            part("écran \"1\"\r\nX: y.png", "image/png\r\nX: y", Source::Kept(path.clone(), PIECE as u64 + 5)),
            part("b.txt", "text/plain", Source::Held(Bytes::from_static(b"hello"))),
        ];
        let field = |at: usize| format!("filename[{at}]");
        let form = Form::new("JSON", &serde_json::json!({"Queue": "General"}), field, &files).await.unwrap();
        let (length, boundary) = (form.length(), form.boundary.clone());
        let sent: Vec<Bytes> = form.stream(Moved::now()).try_collect().await.unwrap();
        let sent = sent.concat();
        assert_eq!(sent.len() as u64, length);
        let text = String::from_utf8_lossy(&sent);
        assert!(text.contains("name=\"JSON\"") && text.contains("\r\n\r\n{\"Queue\":\"General\"}\r\n"), "{text}");
        assert!(text.contains("name=\"filename[0]\"; filename=\"écran %221%22%0D%0AX: y.png\""), "{text}");
        assert!(text.contains("name=\"filename[1]\"; filename=\"b.txt\"") && !text.contains("\nX: y"), "{text}");
        assert_eq!(text.matches(&format!("--{boundary}")).count(), 4);
        assert!(text.ends_with(&format!("hello\r\n--{boundary}--\r\n")));
        let short = [part("a", "text/plain", Source::Kept(path, 3))];
        let error = Form::new("JSON", &serde_json::json!({}), field, &short).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::FileUnreadable);
    }
}
