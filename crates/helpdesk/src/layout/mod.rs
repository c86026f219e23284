//! What a technician reads of a ticket: in the body, short and what matters first (the requester's words, whether they can
//! work, what is unusual, a handful of numbers, what is attached); beside it the whole document as JSON and as a page for
//! people. HTML of the body is made of `p`, `b`, `br`, `ul`, `li` and a plain `table` only, which GLPI's and Request
//! Tracker's sanitisers keep. Every text of the machine or of a person is escaped.

use bytes::Bytes;
use deskside_protocol::ticket::{AttachmentMeta, TicketDocument};
use deskside_texts::{Language, Texts};

use crate::rich_text::escape;

mod body;
mod ordered;
mod page;
#[cfg(test)]
mod tests;
mod words;

use words::Words;

/// The name of the document as an attachment.
pub const JSON_NAME: &str = "deskside-facts.json";
/// The name of the readable page as an attachment.
pub const PAGE_NAME: &str = "deskside-report.html";

/// Most bytes of facts in a body: helpdesks send the body each time they are asked for the ticket.
const FACTS_BYTES: usize = 128 * 1024;

/// A ticket, laid out.
#[derive(Debug, Clone)]
pub struct Laid {
    /// One line.
    pub title: String,
    /// The body as HTML.
    pub html: String,
    /// The body as plain text.
    pub text: String,
    /// The document, as given.
    pub json: Bytes,
    /// Everything as a page: whole, without scripts or anything from elsewhere.
    pub page: Bytes,
}

/// Lays a ticket out. `bytes` is the document as it was previewed. The body ends with the ticket's marker
/// ([`crate::marker`]).
#[must_use]
pub fn lay_out(document: &TicketDocument, bytes: Bytes, language: Language) -> Laid {
    let words = Words::new(Some(document), language);
    let body = body::Body::of(document, &words);
    let page = page::page(document, &bytes, &body, &words);
    Laid {
        title: one_line(&document.title),
        html: body.html(&words),
        text: body.text(&words),
        json: bytes,
        page: page.into(),
    }
}

/// The title and the body, as HTML, for a helpdesk that takes no files at all: instead of what is attached it says what
/// did not come along and why, and holds the facts that the attachments would have told.
#[must_use]
pub fn lay_out_alone(
    document: &TicketDocument,
    bytes: &[u8],
    language: Language,
    files: &[(&AttachmentMeta, &str)],
) -> (String, String) {
    let words = Words::new(Some(document), language);
    let (not_taken, _) = files_not_taken(language, files);
    let facts = page::facts(bytes, &words, FACTS_BYTES);
    let heading = escape(&words.texts.desk_all_sections());
    let heading = if facts.is_empty() { String::new() } else { format!("<p><b>{heading}</b></p>") };
    let html = body::Body::of(document, &words).html_with(&words, &format!("{not_taken}{heading}{facts}"));
    (one_line(&document.title), html)
}

/// A body of [`lay_out_alone`], as plain text, without the facts: what its requester wants to read of it.
#[must_use]
pub fn before_facts(plain: &str) -> &str {
    let headings = [Language::English, Language::French].map(|language| Texts::of(language).desk_all_sections());
    let mut at = 0;
    for line in plain.split_inclusive('\n') {
        if headings.iter().any(|heading| line.trim() == heading) {
            return plain.get(..at).unwrap_or(plain).trim_end();
        }
        at += line.len();
    }
    plain
}

/// What the body says when the helpdesk does not take files: what they were, and why each was refused (a sentence for
/// people). HTML, and plain text. Empty for no files.
#[must_use]
pub fn files_not_taken(language: Language, files: &[(&AttachmentMeta, &str)]) -> (String, String) {
    if files.is_empty() {
        return (String::new(), String::new());
    }
    let words = Words::new(None, language);
    let intro = words.texts.desk_files_not_taken();
    let lines: Vec<String> = files
        .iter()
        .map(|(file, why)| {
            let what = body::file(file, &words);
            if why.trim().is_empty() { what } else { format!("{what}{}{}", words.colon(), one_line(why)) }
        })
        .collect();
    let items: String = lines.iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
    let html = format!("<p><b>{}</b></p><ul>{items}</ul>", escape(&intro));
    let text = lines.iter().fold(intro, |text, line| text + "\n- " + line);
    (html, text)
}

/// A text on one line, so that it cannot look like more than one item of a list.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
