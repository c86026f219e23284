//! What reaches a computer of an employee: from the local socket, links, policies, the system's logs, a helpdesk.

use deskside_agent::policy::Policy;
use deskside_agent::{deep_link, media};
use deskside_facts::{redact, redact::is_plain};
use deskside_helpdesk::sse;
use deskside_ipc::frame::{self, Decoder, FrameError, HEADER_BYTES};
use deskside_protocol::desk::{Changes, Nudge};
use deskside_protocol::limits;
use deskside_protocol::local::{Call, Hello, Message, Route};

use super::cut;

/// The first byte says how the stream is cut into pieces; the rest is the stream.
pub(super) fn frame(data: &[u8]) {
    const LIMIT: usize = 4096;
    let Some((&step, stream)) = data.split_first() else { return };
    let read = |piece: usize| {
        let mut decoder = Decoder::new(LIMIT);
        let mut frames = Vec::new();
        for bytes in stream.chunks(piece) {
            decoder.push(bytes);
            loop {
                match decoder.next_frame() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => break,
                    Err(error) => {
                        assert!(matches!(error, FrameError::TooLarge { bytes, limit: LIMIT } if bytes > LIMIT));
                        return (frames, false);
                    }
                }
            }
        }
        (frames, true)
    };
    let (frames, well) = read(usize::from(step).max(1));
    assert_eq!((&frames, well), (&read(stream.len().max(1)).0, well), "where it is cut decides what is read");
    let taken: usize = frames.iter().map(|frame| frame.len() + HEADER_BYTES).sum();
    assert!(taken <= stream.len() && frames.iter().all(|frame| frame.len() <= LIMIT));
    for bytes in frames {
        same_again::<Hello>(&bytes);
        same_again::<Call>(&bytes);
        same_again::<Message>(&bytes);
    }
}

/// What is understood of a message is written so that it is understood the same.
fn same_again<T: serde::de::DeserializeOwned + serde::Serialize>(bytes: &[u8]) {
    let Ok(message) = serde_json::from_slice::<T>(bytes) else { return };
    let Ok(written) = frame::encode(&message, limits::FRAME_BYTES) else { return };
    let again: T = serde_json::from_slice(&written[HEADER_BYTES..]).expect("what we write can be read");
    let again = frame::encode(&again, limits::FRAME_BYTES).expect("and written");
    assert_eq!(again, written);
}

/// A text: what it becomes, and whether a secret on a line of its own survives in it.
pub(super) fn redactor(data: &[u8]) {
    /// A line, and what of it must not be seen again.
    const SECRETS: &[(&str, &str)] = &[
        ("password=hunter2Zq", "hunter2Zq"),
        ("Authorization: Bearer hunter2Zq", "hunter2Zq"),
        ("open postgres://app:hunter2Zq@db/app", "hunter2Zq"),
        ("mail from claire.hunter@example.org", "claire.hunter"),
        ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ];
    let text = String::from_utf8_lossy(data);
    let once = redact(&text).into_owned();
    assert_eq!(redact(&once), once.as_str(), "redacting twice changes nothing more");
    if is_plain(&text) {
        assert_eq!(once, text);
    }
    let (before, after) = cut(data);
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    for (line, secret) in SECRETS {
        if text.contains(secret) {
            continue;
        }
        let redacted = redact::text(&format!("{before}\n{line}\n{after}"), 10_000);
        assert!(!redacted.contains(secret), "{secret} is still in {redacted:?}");
    }
}

/// A link.
pub(super) fn deep_link(data: &[u8]) {
    let link = String::from_utf8_lossy(data);
    match deep_link::route(&link) {
        Ok(Route::Suggested { text, .. }) => {
            assert!(link.len() <= deep_link::LINK_BYTES);
            assert!(!text.trim().is_empty() && text.chars().count() <= deep_link::TEXT_CHARS);
            let hides = |c: char| {
                (c.is_control() && c != '\n')
                    || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert!(!text.contains(hides), "something hides in {text:?}");
            // Written as a link again, it suggests the same.
            let mut again = url::Url::parse("deskside://report").unwrap();
            again.query_pairs_mut().append_pair("text", &text);
            if again.as_str().len() <= deep_link::LINK_BYTES {
                let Ok(Route::Suggested { text: suggested, .. }) = deep_link::route(again.as_str()) else {
                    panic!("{again} suggests nothing")
                };
                assert_eq!(suggested, text);
            }
        }
        Ok(route) => assert_eq!(route, Route::Report { draft: None, capture: None }, "a link leads elsewhere"),
        Err(_) => {}
    }
}

/// A policy file.
pub(super) fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(table) = text.parse::<toml::Table>() else { return };
    let token = table.get("enrolment_token").and_then(toml::Value::as_str).map(str::to_owned);
    let (policy, problems) = Policy::from_table(table.clone());
    assert!(problems.len() <= 64 + data.len(), "one line for each thing that is wrong");
    if let Some(url) = &policy.hub_url {
        assert!(matches!(url.scheme(), "http" | "https") && url.has_host() && url.password().is_none());
    }
    if let Some(mail) = &policy.helpdesk_email {
        let address = url::Url::parse(&format!("mailto:{mail}?subject=x")).expect("it stands in an address");
        assert_eq!((address.path(), address.query()), (mail.as_str(), Some("subject=x")));
    }
    if let Some(name) = &policy.helpdesk_name {
        assert!(!name.is_empty() && !name.chars().any(char::is_control));
    }
    // What a policy says of sections and could not be read holds back, and lets nothing through.
    let listed = |name: &str| table.get(name).is_some() || table.get("sections").is_some_and(|s| s.get(name).is_some());
    if table.get("sections").is_some_and(|sections| !sections.is_table()) || listed("sections_allowed") {
        assert!(policy.sections_allowed.is_some(), "everything may leave because a list could not be read");
    }
    // Written somewhere else in the file as well, it is no secret of the token's field.
    if let Some(token) = token.filter(|token| token.len() > 8 && text.matches(token.as_str()).count() == 1) {
        assert!(!format!("{policy:?}{problems:?}").contains(&token), "the token is told");
    }
}

/// A picture as a window brings it, after the first bytes that every PNG has.
pub(super) fn picture(data: &[u8]) {
    const LARGEST: u64 = 64 * 1024 * 1024;
    // Not looked for: any file whose header says so is refused before its pixels are read, and all that remains is time.
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    std::fs::write(&from, [b"\x89PNG\r\n\x1a\n".as_slice(), data].concat()).unwrap();
    if media::reencode_png(&from, &to).is_ok() {
        let written = std::fs::read(&to).unwrap();
        assert!(written.len() as u64 <= LARGEST);
        assert!(written.starts_with(b"\x89PNG\r\n\x1a\n"));
        for chunk in [b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"iCCP", b"tIME"] {
            // A chunk's name stands after its length: looked for where chunks begin.
            assert!(!chunks(&written).any(|name| name == chunk), "{chunk:?} has come through");
        }
        let twice = folder.path().join("twice");
        media::reencode_png(&to, &twice).expect("what we write can be read");
    }
    let head = &data[..data.len().min(media::HEAD_BYTES)];
    for expected in ["image/png", "text/plain", "application/octet-stream"] {
        if let Ok(settled) = media::settle(expected, head) {
            assert!(limits::MEDIA_TYPES.contains(&settled));
        }
    }
}

/// The names of a PNG's chunks (PNG, third edition, 5.3).
fn chunks(png: &[u8]) -> impl Iterator<Item = &[u8; 4]> {
    let mut rest = png.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(*rest.first_chunk::<4>()?) as usize;
        let name = rest.get(4..)?.first_chunk::<4>()?;
        rest = rest.get(12 + length..).unwrap_or_default();
        Some(name)
    })
}

/// What a helpdesk says: its stream of events, cut as the first byte says, and the answers in them.
pub(super) fn news(data: &[u8]) {
    let Some((&step, stream)) = data.split_first() else { return };
    let read = |piece: usize| {
        let mut parser = sse::Parser::default();
        let mut events = Vec::new();
        for bytes in stream.chunks(piece) {
            match parser.push(bytes) {
                Ok(more) => events.extend(more),
                Err(_) => return None,
            }
        }
        Some(events)
    };
    let events = read(usize::from(step).max(1));
    assert_eq!(events, read(stream.len().max(1)), "where it is cut decides what is read");
    for event in events.into_iter().flatten() {
        assert!(event.data.len() <= 2 * limits::EVENT_LINE_BYTES && !event.kind.is_empty());
        drop(serde_json::from_str::<Nudge>(&event.data));
        drop(serde_json::from_str::<Changes>(&event.data));
    }
}
