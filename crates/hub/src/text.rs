//! Text from outside, made fit to be stored and shown.

/// The text without NUL, which PostgreSQL cannot hold; nobody typed it.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "")
}

/// One line of at most `max_chars` characters: control characters become spaces, the ends are trimmed.
pub(crate) fn one_line(text: &str, max_chars: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(max_chars).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_line_is_short_and_holds_no_control_character(text: String, max in 0..50_usize) {
            let line = one_line(&text, max);
            prop_assert!(line.chars().count() <= max);
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert_eq!(one_line(&line, max), line);
        }
    }
}
