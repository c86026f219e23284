//! What reaches the hub: documents of devices, uploads, cursors, searches.

use deskside_hub::doors;
use deskside_protocol::limits;
use deskside_protocol::ticket::{AttachmentMeta, Verdict};

use super::cut;

fn files_are_harmless(files: &[AttachmentMeta]) {
    assert!(files.len() <= limits::ATTACHMENTS);
    assert!(files.iter().map(|file| file.size_bytes).sum::<u64>() <= limits::ATTACHMENTS_TOTAL_BYTES);
    for file in files {
        assert!(!file.name.is_empty() && file.name.len() <= limits::FILE_NAME_BYTES, "{:?}", file.name);
        assert!(!file.name.contains(['/', '\\', '\u{202e}']) && !file.name.chars().any(char::is_control));
        assert!(limits::MEDIA_TYPES.contains(&file.media_type.as_str()));
    }
}

fn is_storable(text: &str) {
    assert!(!text.contains('\0') && text.len() <= limits::TEXT_BYTES, "{text:?}");
}

/// The body of a request of a device, taken for each kind of document.
pub(super) fn intake(data: &[u8]) {
    if let Some(ticket) = doors::ticket(data) {
        is_storable(&ticket.description);
        assert!(!ticket.document.description.trim().is_empty());
        for line in [&ticket.title, &ticket.requester] {
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
        assert!(ticket.title.chars().count() <= limits::TITLE_CHARS);
        assert!(!ticket.search.contains('\0'));
        files_are_harmless(&ticket.attachments);
        // What is shown is read from the bytes once more: they must not say something else the second time.
        let again = doors::ticket(data).expect("once in, always in");
        assert_eq!(again.document, ticket.document);
        // What the hub writes of it can be read by everybody.
        let written = serde_json::to_vec(&ticket.document).expect("a document can be written");
        doors::ticket(&written).expect("and read");
    }
    if let Some((text, files)) = doors::follow_up(data) {
        is_storable(&text);
        files_are_harmless(&files);
    }
    match doors::verdict(data) {
        Some(Verdict::Rate { stars, comment }) => {
            assert!((1..=5).contains(&stars));
            if let Some(comment) = comment {
                is_storable(&comment);
            }
        }
        Some(Verdict::Reopen { text }) => is_storable(&text),
        Some(Verdict::Confirm) | None => {}
    }
}

/// The name of a file on the first line, then its first bytes, which are taken for a `Content-Digest` as well.
pub(super) fn upload(data: &[u8]) {
    let (name, head) = cut(data);
    let (disposition, picture) = doors::file(&String::from_utf8_lossy(name), head);
    assert!(disposition.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{disposition:?}");
    assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
    let shown = disposition.starts_with("inline; ");
    assert_eq!(shown, picture.is_some());
    assert!(shown || disposition.starts_with("attachment; filename=\""));
    if let Some(picture) = picture {
        assert!(["image/png", "image/jpeg", "image/gif", "image/webp"].contains(&picture));
        assert!(!head.starts_with(b"<") && !head.trim_ascii_start().starts_with(b"<"), "markup is shown as a picture");
    }
    if let Some(Some(digest)) = doors::content_digest(head) {
        assert_eq!(digest.as_str().len(), 64);
    }
}

/// A cursor on the first line, a search on the others.
pub(super) fn cursor(data: &[u8]) {
    const KEY: &[u8] = b"the key of a database";
    let (shown, search) = cut(data);
    let shown = String::from_utf8_lossy(shown);
    if let Some(place) = doors::read_cursor(KEY, "anna", &shown) {
        // Only what we wrote is read; the key is not in the corpus, but in this file.
        assert_eq!(doors::write_cursor(KEY, "anna", place), shown, "a cursor that was not given is taken");
    }
    assert_eq!(doors::read_cursor(KEY, "bert", &doors::write_cursor(KEY, "anna", 7)), None);
    for pattern in doors::search_patterns(&String::from_utf8_lossy(search)) {
        let inside = pattern.strip_prefix('%').map_or("", |rest| rest.strip_suffix('%').unwrap_or(rest));
        let mut letters = inside.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '%' | '_' => panic!("a sign of the search is an order to the database: {pattern:?}"),
                '\\' => assert!(matches!(letters.next(), Some('%' | '_' | '\\')), "{pattern:?}"),
                '\0' => panic!("NUL in {pattern:?}"),
                _ => {}
            }
        }
    }
}
