//! How the console's search compares: case and the accents of Latin letters do not count, so that "reseau" finds
//! « réseau ». The stored text and the words asked for are folded the same way, here, and not by the databases, whose
//! rules differ.

use crate::limits;

/// The text as it is compared.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        match character {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => folded.push('a'),
            'ç' | 'ć' | 'č' => folded.push('c'),
            'ď' | 'đ' => folded.push('d'),
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => folded.push('e'),
            'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => folded.push('i'),
            'ł' => folded.push('l'),
            'ñ' | 'ń' | 'ň' => folded.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => folded.push('o'),
            'ř' => folded.push('r'),
            'ś' | 'š' | 'ş' | 'ș' => folded.push('s'),
            'ť' | 'ţ' | 'ț' => folded.push('t'),
            'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ź' | 'ż' | 'ž' => folded.push('z'),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ß' => folded.push_str("ss"),
            '’' => folded.push('\''),
            // The no-break spaces that French sets before : ; ? ! », and what databases cannot hold.
            '\u{a0}' | '\u{202f}' | '\0' => folded.push(' '),
            // Accents written apart from their letter.
            '\u{300}'..='\u{36f}' => {}
            other => folded.push(other),
        }
    }
    folded
}

/// One `LIKE` pattern (escape character `\`) per word of the search; a missing word is `%`, which is in every text.
pub(crate) fn patterns(search: &str) -> [String; limits::SEARCH_WORDS] {
    let cut: String = search.chars().take(limits::SEARCH_CHARS).collect();
    let folded = fold(&cut);
    let mut words = folded.split_whitespace();
    std::array::from_fn(|_| words.next().map_or_else(|| "%".to_owned(), |word| format!("%{}%", escape(word))))
}

/// The text as a `LIKE` pattern that matches it alone.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `LIKE … ESCAPE '\'` as SQL:2016, 8.5, defines it.
    fn like(text: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|skipped| like(&text[skipped..], rest)),
            ['_', rest @ ..] => !text.is_empty() && like(&text[1..], rest),
            ['\\', escaped, rest @ ..] => text.first() == Some(escaped) && like(&text[1..], rest),
            [plain, rest @ ..] => text.first() == Some(plain) && like(&text[1..], rest),
        }
    }

    proptest! {
        #[test]
        fn an_escaped_text_matches_itself_and_nothing_else(text in "[a%_\\\\]{0,6}", other in "[a%_\\\\]{0,6}") {
            let pattern: Vec<char> = escape(&text).chars().collect();
            let matches = like(&other.chars().collect::<Vec<_>>(), &pattern);
            prop_assert_eq!(matches, text == other);
        }

        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }

    #[test]
    fn accents_case_and_french_typography_do_not_count() {
        assert_eq!(fold("L’Écran du cœur réseau\u{202f}!"), "l'ecran du coeur reseau !");
        assert_eq!(fold("e\u{301}"), "e");
    }

    #[test]
    fn words_become_patterns_and_the_rest_matches_all() {
        let patterns = patterns(" 50% Écran ");
        assert_eq!(patterns[0], "%50\\%%");
        assert_eq!(patterns[1], "%ecran%");
        assert!(patterns[2..].iter().all(|pattern| pattern == "%"));
    }
}
