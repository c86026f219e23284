//! The hub's doors without the house: what the bytes of strangers meet first, for the fuzz targets in `tests/fuzz`. Nothing
//! of the hub goes through here; each function is the one that the hub itself asks.

use deskside_protocol::Sha256;
use deskside_protocol::desk::NewFollowUp;
use deskside_protocol::ticket::{AttachmentMeta, TicketDocument, Verdict};
use serde::de::DeserializeOwned;

use crate::cursor::Cursors;
use crate::{api, file_names, intake, media, search};

/// A ticket document that was let in, as it would be stored.
#[derive(Debug)]
pub struct Ticket {
    /// What its bytes say.
    pub document: TicketDocument,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// Who asks.
    pub requester: String,
    /// What the search compares with.
    pub search: String,
    /// Its files.
    pub attachments: Vec<AttachmentMeta>,
}

/// The body of `POST /tickets`.
#[must_use]
pub fn ticket(body: &[u8]) -> Option<Ticket> {
    let new = intake::ticket(body).ok()?;
    Some(Ticket {
        document: new.document,
        title: new.title,
        description: new.description,
        requester: new.requester,
        search: new.search,
        attachments: new.attachments,
    })
}

/// The body of `POST /tickets/{client_id}/follow-ups`: text and files as they would be stored.
#[must_use]
pub fn follow_up(body: &[u8]) -> Option<(String, Vec<AttachmentMeta>)> {
    intake::follow_up(&json::<NewFollowUp>(body)?).ok()
}

/// A verdict in the body of `POST /tickets/{client_id}/verdicts`.
#[must_use]
pub fn verdict(body: &[u8]) -> Option<Verdict> {
    intake::verdict(json(body)?).ok()
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

/// The headers of a file of this name with this beginning: `Content-Disposition`, and the type of a picture if it is one.
#[must_use]
pub fn file(name: &str, head: &[u8]) -> (String, Option<&'static str>) {
    let picture = media::picture(head);
    let kind = if picture.is_some() { "inline" } else { "attachment" };
    (file_names::disposition(kind, &file_names::harmless(name)), picture)
}

/// The value of a `Content-Digest` header: `None` if it is refused.
#[must_use]
pub fn content_digest(value: &[u8]) -> Option<Option<Sha256>> {
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("content-digest", axum::http::HeaderValue::from_bytes(value).ok()?);
    api::attachments::content_digest(&headers).ok()
}

/// The cursor that this reader is given for a place.
#[must_use]
pub fn write_cursor(key: &[u8], reader: &str, place: i64) -> String {
    Cursors::new(key).write(reader, place)
}

/// The place of a cursor that this reader shows.
#[must_use]
pub fn read_cursor(key: &[u8], reader: &str, cursor: &str) -> Option<i64> {
    Cursors::new(key).read(reader, cursor)
}

/// What a search in the console is compared with: one `LIKE` pattern a word, escaped with `\`.
#[must_use]
pub fn search_patterns(words: &str) -> Vec<String> {
    search::patterns(words).to_vec()
}
