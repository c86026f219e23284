//! What helpdesks hold as rich text, as plain text, and back. GLPI 10 stores escaped HTML, GLPI 11 raw HTML, Request
//! Tracker either HTML or text. Nothing of it is trusted: what comes out is text for people and is shown as text.
//! Deliberately no full HTML parser: one pass, no tree, no recursion, so nothing that a server sends can cost more than
//! its length.

mod names;

use names::{ELEMENTS, HIDDEN, NAMED};

/// Characters of a tag in which quotation marks are looked at; past them its end is the next `>`.
const ATTRIBUTES: usize = 2048;

/// HTML, or HTML escaped once, or text, as plain text: paragraphs and list items on lines of their own, quotations
/// behind `> `, addresses of links behind their words. Never fails.
#[must_use]
pub fn plain(html_or_escaped: &str) -> String {
    let text = html_or_escaped;
    if is_html(text) {
        return Writer::read(text);
    }
    let decoded = decode(text);
    if is_escaped(text) && is_html(&decoded) { Writer::read(&decoded) } else { tidy(&cleaned(&decoded)) }
}

/// Text as HTML that shows it: nothing in it can become markup, its lines stay lines.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut before = '\n';
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            // A second space, or one that begins a line, would not be shown.
            ' ' if before == ' ' || before == '\n' => out.push_str("&nbsp;"),
            '\t' => out.push_str("&nbsp; "),
            c if is_noise(c) => continue,
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// Control characters, and those that change the direction of what follows (they make a text look like another).
fn is_noise(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn cleaned(text: &str) -> String {
    text.chars().filter(|c| !is_noise(*c)).collect()
}

fn is_html(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| text.get(at + 1..).is_some_and(begins_element))
}

fn is_escaped(text: &str) -> bool {
    ["&lt;", "&#60;", "&#x3c;", "&#x3C;"]
        .iter()
        .any(|open| text.match_indices(open).any(|(at, _)| text.get(at + open.len()..).is_some_and(begins_element)))
}

/// Whether what follows a `<` is one of [`ELEMENTS`].
fn begins_element(rest: &str) -> bool {
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).take(12).count();
    let (name, after) = rest.split_at(length);
    let ends = after.is_empty() || after.starts_with(['>', '/', ' ', '\t', '\n', '\r', '&']);
    ends && ELEMENTS.iter().any(|element| element.eq_ignore_ascii_case(name))
}

/// One pass over HTML.
#[derive(Default)]
struct Writer {
    out: String,
    /// How many quotations we are in.
    quoted: usize,
    /// In how many elements spaces count.
    kept: usize,
    /// Whether a space waits to be written.
    space: bool,
    /// Where the link that is open goes, and where its words begin in `out`.
    link: Option<(String, usize)>,
}

impl Writer {
    fn read(html: &str) -> String {
        let mut writer = Self::default();
        // Past the last `>` there is no tag: looking for its end there again and again would cost the square of the length.
        let (mut rest, last) = html.split_at(html.rfind('>').map_or(0, |at| at + 1));
        while let Some(at) = rest.find('<') {
            let (text, tagged) = rest.split_at(at);
            writer.text(text);
            if let Some(comment) = tagged.strip_prefix("<!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
            } else if let Some((name, closes, attributes, after)) = tag(tagged) {
                rest = after;
                if !closes && HIDDEN.contains(&name.as_str()) {
                    rest = after_end(after, &name);
                } else {
                    writer.element(&name, closes, attributes);
                }
            } else {
                writer.text("<");
                rest = tagged.get(1..).unwrap_or_default();
            }
        }
        writer.text(rest);
        writer.text(last);
        tidy(&writer.out)
    }

    fn text(&mut self, text: &str) {
        for c in decode(text).chars().filter(|c| !is_noise(*c)) {
            if self.kept > 0 && c == '\n' {
                self.line();
            } else if self.kept == 0 && matches!(c, ' ' | '\n' | '\t' | '\r') {
                self.space = true;
            } else {
                self.begin();
                if std::mem::take(&mut self.space) && !self.out.ends_with([' ', '\n']) {
                    self.out.push(' ');
                }
                self.out.push(c);
            }
        }
    }

    /// Begins a line as the quotation we are in asks.
    fn begin(&mut self) {
        if self.out.is_empty() || self.out.ends_with('\n') {
            // A hostile depth would make each line as long as the text.
            self.out.push_str(&"> ".repeat(self.quoted.min(8)));
            self.space = false;
        }
    }

    fn line(&mut self) {
        self.space = false;
        self.out.push('\n');
    }

    fn at_least(&mut self, lines: usize) {
        self.space = false;
        let there = self.out.bytes().rev().take_while(|byte| *byte == b'\n').count();
        if !self.out.is_empty() {
            for _ in there..lines {
                self.out.push('\n');
            }
        }
    }

    fn element(&mut self, name: &str, closes: bool, attributes: &str) {
        match name {
            "br" => self.line(),
            "hr" => self.at_least(2),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol" | "dl" => self.at_least(2),
            "pre" => {
                self.at_least(2);
                self.kept = if closes { self.kept.saturating_sub(1) } else { self.kept + 1 };
            }
            "blockquote" => {
                self.at_least(2);
                self.quoted = if closes { self.quoted.saturating_sub(1) } else { self.quoted + 1 };
            }
            "div" | "tr" | "dt" | "dd" | "section" | "header" | "footer" | "caption" | "form" | "figure" => {
                self.at_least(1)
            }
            "li" if !closes => {
                self.at_least(1);
                self.begin();
                self.out.push_str("- ");
            }
            "td" | "th" if !closes => self.space = true,
            "img" => {
                if let Some(words) = attribute(attributes, "alt") {
                    self.text(words);
                }
            }
            "a" if closes => self.end_link(),
            "a" => {
                self.end_link();
                self.link = attribute(attributes, "href").map(|address| (decode(address), self.out.len()));
            }
            _ => {}
        }
    }

    /// Says where a link goes, if its words do not, and it goes somewhere that people can follow.
    fn end_link(&mut self) {
        let Some((address, from)) = self.link.take() else { return };
        let words = self.out.get(from..).unwrap_or_default().trim();
        let told = words.trim_end_matches('/') == address.trim_end_matches('/');
        let web = address.starts_with("https://") || address.starts_with("http://");
        if web && !told && !words.is_empty() && address.len() <= 2000 {
            self.text(&format!(" ({})", address.replace('&', "&amp;")));
        }
    }
}

/// The tag that a text begins with: its name in small letters, whether it closes, its attributes, and what follows.
fn tag(text: &str) -> Option<(String, bool, &str, &str)> {
    let inner = text.strip_prefix('<')?;
    let (closes, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    let inner = inner.strip_prefix(['!', '?']).unwrap_or(inner);
    let length = inner.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (name, after) = inner.split_at(length);
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
    // `<ann@firm.example>` and `<https://…>` are no tags.
    if !begins || !after.starts_with(['>', '/', ' ', '\t', '\n', '\r']) {
        return None;
    }
    let mut quote = None;
    let end = after.char_indices().take(ATTRIBUTES).find_map(|(at, c)| match (quote, c) {
        (None, '>') => Some(at),
        (None, '"' | '\'') => {
            quote = Some(c);
            None
        }
        (Some(open), c) if open == c => {
            quote = None;
            None
        }
        _ => None,
    });
    // A quotation mark that nobody closes, or a picture's bytes: up to what looks like the end.
    let end = end.or_else(|| after.find('>'))?;
    Some((name.to_ascii_lowercase(), closes, after.get(..end)?, after.get(end + 1..)?))
}

/// What follows the end of an element whose content is left out.
fn after_end<'a>(text: &'a str, name: &str) -> &'a str {
    let ends = text.match_indices("</").find_map(|(at, _)| {
        let rest = text.get(at + 2..)?;
        let named = rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        if named { rest.get(rest.find('>')? + 1..) } else { None }
    });
    ends.unwrap_or_default()
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    attributes.match_indices('=').find_map(|(at, _)| {
        let before = attributes.get(..at)?.trim_end();
        let start = before.len().checked_sub(name.len())?;
        let named = before.get(start..)?.eq_ignore_ascii_case(name)
            && before.get(..start)?.ends_with(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        if !named {
            return None;
        }
        let value = attributes.get(at + 1..)?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        match quote {
            Some(quote) => value.get(1..)?.split(quote).next(),
            None => value.split_whitespace().next(),
        }
    })
}

/// Character references (HTML, section 13.2.5.72) of the kind that servers write; others stay as they are.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        out.push_str(before);
        let named = reference.bytes().take(12).position(|byte| byte == b';');
        let known = named.and_then(|end| Some((character(reference.get(1..end)?)?, reference.get(end + 1..)?)));
        if let Some((c, after)) = known {
            out.push(c);
            rest = after;
        } else {
            out.push('&');
            rest = reference.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?;
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

/// No spaces at ends of lines, no more than one empty line, nothing empty around.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty <= 1 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim_matches('\n').to_owned()
}

#[cfg(test)]
#[path = "rich_text_tests.rs"]
mod tests;
