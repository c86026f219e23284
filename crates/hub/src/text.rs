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

/// A name as directories have them, or an address: what goes into another program's query must be nothing else.
pub(crate) fn directory_name(text: &str) -> Option<String> {
    let name = text.trim();
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '+');
    (!name.is_empty() && name.len() <= 128 && name.chars().all(fits)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_of_a_directory_ends_no_query_of_another_program() {
        for name in ["anna", "anna.strom@example.com", "Élise-7"] {
            assert_eq!(directory_name(name).as_deref(), Some(name));
        }
        for bad in ["", "a b", "x' OR 1=1", "a\"b", "a\nb", "{login}", &"a".repeat(129)] {
            assert_eq!(directory_name(bad), None, "{bad}");
        }
    }

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
