//! What MantisBT's columns can hold. On MySQL they hold no character beyond U+FFFF: depending on its settings it refuses
//! the text or cuts it off there, and what follows (the marker!) is lost. Its pages show numeric character references as
//! the characters they stand for, so those are written as such, and read back.

use deskside_protocol::AttachmentId;

/// Longest summary (`varchar(128)`), in characters.
const SUMMARY_CHARS: usize = 128;
/// Longest text that its default `max_textarea_length` takes (65,535 bytes), less what a marker needs.
const TEXT_BYTES: usize = 65_000;
/// Longest file name (`varchar(250)`), in characters, less what makes it unique.
const NAME_CHARS: usize = 200;

/// A text as it is sent.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{10000}'.. => encoded.push_str(&format!("&#{};", u32::from(c))),
            '\n' | '\t' => encoded.push(c),
            '\r' => {}
            c if c.is_control() => encoded.push(' '),
            c => encoded.push(c),
        }
    }
    encoded
}

/// A text as it was meant.
pub(super) fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("&#") {
        let (before, after) = rest.split_at(at);
        decoded.push_str(before);
        let end = after.find(';').filter(|end| (7..=10).contains(end));
        let c = end.and_then(|end| after[2..end].parse::<u32>().ok()).filter(|n| *n > 0xffff).and_then(char::from_u32);
        match (c, end) {
            (Some(c), Some(end)) => {
                decoded.push(c);
                rest = &after[end + 1..];
            }
            (None, _) | (_, None) => {
                decoded.push_str("&#");
                rest = &after[2..];
            }
        }
    }
    decoded.push_str(rest);
    decoded.replace("\r\n", "\n")
}

/// A title: one line, short enough, never empty.
pub(super) fn summary(title: &str) -> String {
    let line: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim();
    let mut summary = String::new();
    for c in if line.is_empty() { "…" } else { line }.chars() {
        let c = encode(c.encode_utf8(&mut [0; 4]));
        if summary.chars().count() + c.chars().count() > SUMMARY_CHARS {
            break;
        }
        summary.push_str(&c);
    }
    summary
}

/// A body with its last line, which holds the marker: the body is cut before that is.
pub(super) fn with_last_line(text: &str, last: &str) -> String {
    let mut text = encode(text.trim());
    if text.len() > TEXT_BYTES {
        let end = (0..=TEXT_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    if text.is_empty() { last.to_owned() } else { format!("{text}\n\n{last}") }
}

/// A file's name as it can be kept there.
pub(super) fn file_name(name: &str) -> String {
    let clean = |c: char| if c.is_control() || c > '\u{ffff}' || "/\\:*?\"<>|".contains(c) { '_' } else { c };
    let name: String = name.chars().map(clean).collect();
    if name.chars().count() <= NAME_CHARS {
        return name;
    }
    let (stem, ending) = split(&name);
    let ending: String = ending.chars().take(20).collect();
    stem.chars().take(NAME_CHARS - 20).collect::<String>() + &ending
}

/// The name of a file that must be told from all others of the issue: MantisBT refuses a second one of the same name.
pub(super) fn unique_name(name: &str, id: AttachmentId) -> String {
    let name = file_name(name);
    let (stem, ending) = split(&name);
    let id = id.0.simple().to_string();
    // The first half of the identity is the time, the same for files that were added together.
    format!("{stem}-{}{ending}", &id[20..])
}

fn split(name: &str) -> (&str, &str) {
    name.rfind('.').filter(|at| *at > 0).map_or((name, ""), |at| name.split_at(at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(text in "\\PC{0,60}") {
            let encoded = encode(&text);
            let fits = encoded.chars().all(|c| c <= '\u{ffff}');
            prop_assert!(fits);
            // A person who writes such a reference means the character.
            if !text.contains("&#") {
                prop_assert_eq!(decode(&encoded), text);
            }
        }

        #[test]
        fn nothing_from_the_server_breaks_reading(text in "(&#?|[0-9]{1,7}|;|\\PC){0,40}") {
            decode(&text);
        }

        #[test]
        fn names_and_titles_fit(name in "\\PC{0,300}") {
            let id = AttachmentId::new();
            let unique = unique_name(&name, id);
            prop_assert!(unique.chars().count() <= 250, "{}", unique.chars().count());
            prop_assert_ne!(unique, unique_name(&name, AttachmentId::new()));
            prop_assert!(summary(&name).chars().count() <= SUMMARY_CHARS);
            prop_assert!(!summary(&name).is_empty());
        }
    }

    #[test]
    fn the_marker_survives_any_length() {
        let text = with_last_line(&"é".repeat(60_000), "Deskside-Ref: x");
        assert!(text.len() < 65_535 && text.ends_with("…\n\nDeskside-Ref: x"));
        assert_eq!(with_last_line("", "m"), "m");
        assert_eq!(file_name("a/b\u{1F600}.png"), "a_b_.png");
    }
}
