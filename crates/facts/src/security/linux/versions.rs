//! Order of Debian's versions (Debian Policy 4.7, section 5.6.12).

use std::cmp::Ordering;

/// Compares two versions: epoch, then the maker's version, then Debian's revision.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (parts(one), parts(other));
    one.0.cmp(&other.0).then_with(|| part(one.1, other.1)).then_with(|| part(one.2, other.2))
}

fn parts(version: &str) -> (u64, &str, &str) {
    let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch.parse().unwrap_or(0), upstream, revision)
}

/// Parts without digits and parts of digits, in turn.
fn part(mut one: &str, mut other: &str) -> Ordering {
    while !one.is_empty() || !other.is_empty() {
        let order = letters(take(&mut one, false), take(&mut other, false));
        let order = order.then_with(|| digits(take(&mut one, true), take(&mut other, true)));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn take<'a>(text: &mut &'a str, digits: bool) -> &'a str {
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    let (taken, rest) = text.split_at(end);
    *text = rest;
    taken
}

/// A tilde comes before everything, even the end; then the end, letters, all else.
fn letters(one: &str, other: &str) -> Ordering {
    let weight = |c: Option<char>| match c {
        Some('~') => (0, '~'),
        None => (1, ' '),
        Some(c) if c.is_ascii_alphabetic() => (2, c),
        Some(c) => (3, c),
    };
    let (mut one, mut other) = (one.chars(), other.chars());
    loop {
        let (a, b) = (one.next(), other.next());
        let order = weight(a).cmp(&weight(b));
        if order != Ordering::Equal || (a.is_none() && b.is_none()) {
            return order;
        }
    }
}

/// By length without zeros in front, then by digits: numbers of any size.
fn digits(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_are_ordered_as_dpkg_orders_them() {
        for (less, more) in [
            ("1.0", "1.1"),
            ("1.9", "1.10"),
            ("1.0~rc1", "1.0"),
            ("1.0", "1.0-1"),
            ("1.0-1", "1.0-1+deb12u1"),
            ("1.0-1~bpo12+1", "1.0-1"),
            ("9.9", "1:0.1"),
            ("2.36-9+deb12u9", "2.36-9+deb12u10"),
            ("1.0a", "1.0+"),
            ("252.38-1~deb12u1", "252.39-1~deb12u1"),
        ] {
            assert_eq!(compare(less, more), Ordering::Less, "{less} {more}");
            assert_eq!(compare(more, less), Ordering::Greater, "{less} {more}");
        }
        assert_eq!(compare("1.00", "1.0"), Ordering::Equal);
        assert_eq!(compare("0:1", "1"), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn the_order_is_one(a in "[0-9a-z.~+:-]{0,8}", b in "[0-9a-z.~+:-]{0,8}", c in "[0-9a-z.~+:-]{0,8}") {
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b) != Ordering::Greater && compare(&b, &c) != Ordering::Greater {
                prop_assert_ne!(compare(&a, &c), Ordering::Greater);
            }
        }
    }
}
