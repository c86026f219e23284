//! File names that others chose, made harmless. Whoever takes a name from outside (the agent from a window or a server, the
//! hub from a device) keeps only what comes out of here.

use crate::limits::FILE_NAME_BYTES;

/// The last part of the path, without control characters, characters that Windows forbids, direction marks that hide
/// an extension, or dots and white space at its ends; at most [`FILE_NAME_BYTES`]; never empty.
#[must_use]
pub fn harmless(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let kept: String = last
        .trim_matches(is_edge)
        .chars()
        .map(|c| if c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .filter(
            |c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'),
        )
        .collect();
    let cut = shortened(kept.trim_matches(is_edge));
    if cut.is_empty() { "file".to_owned() } else { cut }
}

fn is_edge(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

/// At most [`FILE_NAME_BYTES`], the extension kept if it is a short one.
fn shortened(name: &str) -> String {
    if name.len() <= FILE_NAME_BYTES {
        return name.to_owned();
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension).filter(|e| e.len() <= 16 && !e.is_empty());
    let suffix = extension.map(|e| format!(".{e}")).unwrap_or_default();
    let mut end = FILE_NAME_BYTES - suffix.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let stem = name.get(..end).unwrap_or_default().trim_end_matches(is_edge);
    format!("{stem}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_harmless_name_is_one_short_visible_part(name in "[\\PC/\\\\.\u{202e}\0 \n]{0,300}") {
            let kept = harmless(&name);
            prop_assert!(!kept.is_empty() && kept.len() <= FILE_NAME_BYTES);
            let forbidden = ['/', '\\', '"', ':', '\u{202e}'];
            prop_assert!(!kept.contains(forbidden) && !kept.chars().any(char::is_control));
            prop_assert!(kept != "." && kept != ".." && !kept.starts_with('.'));
            prop_assert_eq!(harmless(&kept), kept);
        }
    }

    #[test]
    fn folders_tricks_and_device_syntax_go_and_the_rest_stays() {
        for (given, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\photo d’écran.png", "photo d’écran.png"),
            ("..", "file"),
            ("...\n", "file"),
            ("", "file"),
            (".bashrc", "bashrc"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x"),
        ] {
            assert_eq!(harmless(given), kept, "of {given:?}");
        }
        let long = harmless(&format!("{}.png", "é".repeat(300)));
        assert!(long.ends_with(".png") && long.len() <= FILE_NAME_BYTES);
    }
}
