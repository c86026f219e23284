//! Our identities in the text of tickets and replies, for helpdesks that have no place of their own for them. After a
//! doubtful answer they are searched for, so they stand on a line of their own, in words that every full-text search
//! takes as they are.

use deskside_protocol::{ClientId, FollowUpId};
use uuid::Uuid;

/// How the line that names a ticket begins.
pub(crate) const TICKET: &str = "Deskside-Ref:";
const FOLLOW_UP: &str = "Deskside-Entry:";
/// Length of an identity as text (RFC 9562, section 4).
const ID: usize = 36;
/// Longest tag before the line that is understood, in bytes.
const TAG: usize = 300;

/// The line that names a ticket.
#[must_use]
pub fn ticket_line(id: ClientId) -> String {
    format!("{TICKET} {id}")
}

/// The line that names a reply.
#[must_use]
pub fn follow_up_line(id: FollowUpId) -> String {
    format!("{FOLLOW_UP} {id}")
}

/// The ticket that a text (plain, or HTML) names. The last line that does counts: ours ends the body, whatever the
/// requester wrote before it.
#[must_use]
pub fn ticket_in(text: &str) -> Option<ClientId> {
    last(text, TICKET).map(ClientId)
}

/// The reply that a text names; see [`ticket_in`]. A line that is quoted (`> …`) names nothing: an answer that quotes a
/// reply is not that reply.
#[must_use]
pub fn follow_up_in(text: &str) -> Option<FollowUpId> {
    last(text, FOLLOW_UP).map(FollowUpId)
}

/// A plain text without our lines, as people should see it.
#[must_use]
pub fn without(text: &str) -> String {
    let ours = |line: &str| {
        [TICKET, FOLLOW_UP].iter().any(|word| {
            let rest = line.trim().strip_prefix(word).map(str::trim);
            rest.is_some_and(|rest| rest.len() == ID && Uuid::try_parse(rest).is_ok())
        })
    };
    let kept: Vec<&str> = text.lines().filter(|line| !ours(line)).collect();
    kept.join("\n").trim_end().to_owned()
}

fn last(text: &str, word: &str) -> Option<Uuid> {
    text.rmatch_indices(word).find_map(|(at, _)| {
        let before = text.get(..at)?;
        let near = before.get(before.floor_char_boundary(before.len().saturating_sub(TAG))..)?;
        let line = near.rsplit('\n').next().unwrap_or_default().trim_end();
        let after = text.get(at + word.len()..)?.trim_start_matches([' ', '\t', '\u{a0}']);
        let after = after.strip_prefix("&nbsp;").unwrap_or(after);
        // Uuid takes other spellings too; ours is this one, and something else may follow it directly (a tag).
        let id = after.get(..ID)?;
        let ends = !after.get(ID..)?.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-');
        (begins_line(line) && ends).then(|| Uuid::try_parse(id).ok()).flatten()
    })
}

/// Whether what stands before on the same line is nothing, or ends with a tag (as it is, or escaped once).
fn begins_line(before: &str) -> bool {
    let tag = |open: &str, close: &str| {
        before.strip_suffix(close).and_then(|inner| inner.rsplit(open).next().filter(|name| name.len() < inner.len()))
    };
    let names_element = |name: &str| {
        let name = name.trim_start_matches('/');
        name.starts_with(|first: char| first.is_ascii_alphabetic())
    };
    before.trim().is_empty()
        || [("<", ">"), ("&lt;", "&gt;"), ("&#60;", "&#62;")]
            .iter()
            .any(|(open, close)| tag(open, close).is_some_and(names_element))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rich_text;

    fn id() -> impl Strategy<Value = Uuid> {
        any::<u128>().prop_map(Uuid::from_u128)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_whatever_stands_before(id in id(), before in ".{0,200}", other in id()) {
            let text = format!("{before}\n{}\n\n{}\nDeskside 1", ticket_line(ClientId(other)), ticket_line(ClientId(id)));
            prop_assert_eq!(ticket_in(&text), Some(ClientId(id)));
            let html = format!("<p>{}</p><p>{}<br>Deskside 1</p>", rich_text::escape(&before), ticket_line(ClientId(id)));
            prop_assert_eq!(ticket_in(&html), Some(ClientId(id)));
            let escaped = html.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;");
            prop_assert_eq!(ticket_in(&escaped), Some(ClientId(id)));
            prop_assert_eq!(ticket_in(&rich_text::plain(&html)), Some(ClientId(id)));
            prop_assert_eq!(ticket_in(&rich_text::plain(&escaped)), Some(ClientId(id)));
            prop_assert_eq!(follow_up_in(&text), None);
        }

        #[test]
        fn people_do_not_see_the_lines(id in id(), words in "[a-zé ]{0,40}") {
            let text = format!("{words}\n\n{}", follow_up_line(FollowUpId(id)));
            prop_assert_eq!(without(&text), words.trim_end());
            prop_assert_eq!(follow_up_in(&text), Some(FollowUpId(id)));
        }

        #[test]
        fn any_text_is_read_without_harm(text in ".{0,400}", id in id()) {
            let _ = (ticket_in(&text), follow_up_in(&text), without(&text));
            let _ = ticket_in(&format!("Deskside-Ref: {}é{text}", &id.to_string()[..35]));
        }
    }

    #[test]
    fn a_quoted_line_names_nothing() {
        let line = follow_up_line(FollowUpId(Uuid::from_u128(7)));
        for quoted in [format!("> {line}"), format!("On Monday:\n> > {line}"), format!("as in {line}")] {
            assert_eq!(follow_up_in(&quoted), None, "{quoted}");
        }
        let html = format!("<p>Yes.</p><blockquote><p>Does it?<br>{line}</p></blockquote>");
        assert_eq!(follow_up_in(&rich_text::plain(&html)), None);
    }

    #[test]
    fn half_a_line_names_nothing() {
        for text in ["Deskside-Ref:", "Deskside-Ref: 0192", "Deskside-Ref: zzzzzzzz-0000-0000-0000-000000000000"] {
            assert_eq!(ticket_in(text), None, "{text}");
            assert_eq!(without(text), text);
        }
    }
}
