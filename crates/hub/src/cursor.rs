//! The cursor of the change feed: opaque to others, `c1-EPOCH-SEQUENCE` to us.
//!
//! The epoch is made with the database. A cursor of another database (the hub was set up anew) starts from the
//! beginning, which does no harm: tickets come in their present state.

/// A place in the change feed of the database with this epoch; 0 is before everything.
pub(crate) fn write(epoch: &str, sequence: i64) -> String {
    format!("c1-{epoch}-{sequence}")
}

/// What a cursor says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// After this sequence number.
    After(i64),
    /// Of another database.
    Elsewhere,
    /// Not a cursor.
    Garbage,
}

/// Reads a cursor as [`write`] makes it.
pub(crate) fn read(epoch: &str, text: &str) -> Place {
    let Some((theirs, sequence)) = text.strip_prefix("c1-").and_then(|rest| rest.split_once('-')) else {
        return Place::Garbage;
    };
    let is_epoch = theirs.len() == 16 && theirs.bytes().all(|b| b.is_ascii_hexdigit());
    // `parse` alone would take "+1" and "007", which `write` never makes.
    let is_canonical = sequence == "0" || (!sequence.starts_with('0') && sequence.bytes().all(|b| b.is_ascii_digit()));
    match sequence.parse::<i64>() {
        Ok(number) if is_epoch && is_canonical => {
            if theirs == epoch {
                Place::After(number)
            } else {
                Place::Elsewhere
            }
        }
        _ => Place::Garbage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EPOCH: &str = "00112233445566aa";

    proptest! {
        #[test]
        fn what_was_written_is_read(sequence in 0..=i64::MAX) {
            prop_assert_eq!(read(EPOCH, &write(EPOCH, sequence)), Place::After(sequence));
            prop_assert_eq!(read(EPOCH, &write("ffffffffffffffff", sequence)), Place::Elsewhere);
        }

        #[test]
        fn any_text_is_read_without_harm_and_only_our_own_writing_is_a_place(text in "\\PC{0,40}") {
            if let Place::After(sequence) = read(EPOCH, &text) {
                prop_assert_eq!(write(EPOCH, sequence), text);
            }
        }

        #[test]
        fn near_misses_are_garbage(sequence in 0..1000_i64, extra in "[ +0a-]") {
            let spoilt = format!("c1-{EPOCH}-{extra}{sequence}");
            prop_assert_eq!(read(EPOCH, &spoilt), Place::Garbage);
        }
    }
}
