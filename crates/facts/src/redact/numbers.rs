//! Numbers that carry their own proof: payment cards and bank accounts.

use std::ops::Range;

/// Whether these digits are a payment card's: an issuer's prefix, its length, and the check digit (ISO/IEC 7812-1).
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let prefix = |length: usize| digits.iter().take(length).fold(0, |number, digit| number * 10 + digit);
    let issued = match digits.len() {
        13 => prefix(1) == 4,
        14 => matches!(prefix(2), 30 | 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37),
        16..=19 => {
            prefix(1) == 4
                || matches!(prefix(2), 35 | 50..=69)
                || (digits.len() == 16 && (2221..=2720).contains(&prefix(4)))
        }
        _ => false,
    };
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    issued && sum.is_multiple_of(10)
}

/// Where the first card number in a run of digits, blanks and hyphens starts and ends. Cards are printed in groups of three
/// digits or more, so that a number beside one is not taken for its beginning.
pub(super) fn find_card(run: &str) -> Option<Range<usize>> {
    let groups: Vec<(usize, usize)> = run
        .split([' ', '-'])
        .scan(0, |at, group| {
            let start = *at;
            *at += group.len() + 1;
            Some((start, start + group.len()))
        })
        .collect();
    for (first, (start, _)) in groups.iter().enumerate() {
        let mut digits = 0;
        for (group_start, end) in groups.iter().skip(first) {
            digits += end - group_start;
            if end - group_start < 3 || digits > 19 {
                break;
            }
            if digits >= 13 && run.get(*start..*end).is_some_and(is_card) {
                return Some(*start..*end);
            }
        }
    }
    None
}

/// Lengths of account numbers by country (ISO 13616-1, SWIFT's registry), of the countries our users bank in.
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MA", 28),
    ("MC", 27),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("TN", 24),
    ("TR", 26),
];

/// The length in bytes of the account number that `text` begins with, if it does: the country's length, and the check
/// digits (ISO 13616-1, annex A: modulo 97).
pub(super) fn account_length(text: &str) -> Option<usize> {
    let country = text.get(..2)?.to_ascii_uppercase();
    let (_, length) = LENGTHS.iter().find(|(code, _)| *code == country)?;
    let mut characters: Vec<(usize, u32)> = Vec::with_capacity(*length);
    for (at, character) in text.char_indices().filter(|(_, character)| *character != ' ').take(*length) {
        characters.push((at, character.to_digit(36)?));
    }
    if characters.len() < *length {
        return None;
    }
    let end = characters.last()?.0 + 1;
    characters.rotate_left(4);
    let rest = characters.iter().fold(0, |rest, (_, value)| (rest * if *value > 9 { 100 } else { 10 } + value) % 97);
    (rest == 1).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_prove_themselves() {
        for card in
            ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "30569309025904", "2223003122003222"]
        {
            assert!(is_card(card), "{card}");
        }
        for other in ["4111 1111 1111 1112", "1763884800123456789", "0000000000000000", "41111111", ""] {
            assert!(!is_card(other), "{other}");
        }
    }

    #[test]
    fn a_card_is_found_between_other_numbers() {
        assert_eq!(find_card("1 5555 5555 5555 4444"), Some(2..21));
        assert_eq!(find_card("2026-4111111111111111 12"), Some(5..21));
        assert_eq!(find_card("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"), None);
    }

    #[test]
    fn accounts_prove_themselves() {
        for account in ["FR7630006000011234567890189", "FR76 3000 6000 0112 3456 7890 189", "de89370400440532013000"] {
            assert_eq!(account_length(account), Some(account.len()), "{account}");
        }
        assert_eq!(account_length("DE89 3704 0044 0532 0130 00 WAS WRONG"), Some(27));
        for other in ["FR7630006000011234567890188", "FR76", "XX12345678901234567890", "é"] {
            assert_eq!(account_length(other), None, "{other}");
        }
    }
}
