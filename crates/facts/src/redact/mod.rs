//! Takes secrets and personal data out of text before anything is kept: passwords, tokens, keys, mail addresses, home
//! folders, card and account numbers. What was taken out is named in its place (`[secret]`, `[token]`, `[mail]`…), so that a
//! technician still sees what a line is about.
//!
//! Where a rule cannot be sure, it takes out too much rather than too little. It runs in time linear to the text (the regex
//! crate has no backtracking), and redacting twice changes nothing more.

mod numbers;
mod rules;
#[cfg(test)]
mod tests;
mod values;

use std::{borrow::Cow, path::Path};

use deskside_protocol::limits;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::Failure;

/// Longest detail of a failure that is kept, in characters.
pub const DETAIL_CHARS: usize = 300;
/// Longest string of a section that is kept, in characters.
const STRING_CHARS: usize = 1000;
/// Of a text that is cut anyway, more than this is not even looked at, in bytes.
const LOOKED_AT_BYTES: usize = 16 * 1024;
/// Most items of any list of a section. Collectors cap their own; this holds for what one of them forgot.
const LIST: usize = limits::LOG_LINES;
/// A rule can uncover what another one takes out. Two rounds settle nearly everything; past this many the rest goes whole.
const ROUNDS: usize = 8;

/// `text` without secrets and personal data.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut redacted = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        match rules::apply(&redacted) {
            Cow::Borrowed(_) => return redacted,
            Cow::Owned(changed) if changed == *redacted => return redacted,
            Cow::Owned(changed) => redacted = Cow::Owned(changed),
        }
    }
    Cow::Borrowed(rules::SECRET)
}

/// Whether a glance shows that no rule can find anything in `text`: short words of letters, a few short numbers. Most of
/// what an agent with nothing to do says is such, and saves it the patterns, which are a megabyte of memory.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    /// Shorter than any token, also one that is letters alone.
    const WORD: usize = 13;
    /// Fewer than any account or card has.
    const DIGITS: usize = 8;
    /// What comes after one of these may be a secret though it looks like a word.
    const BEFORE: &[&str] = &["login", "identified", "bearer", "basic", "negotiate", "ntlm"];

    let mut digits = 0;
    text.split(' ').all(|word| {
        let word = word.trim_end_matches([',', ';', '.']);
        let numbers = word.bytes().filter(u8::is_ascii_digit).count();
        digits += numbers;
        let known = if numbers > 0 {
            word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        } else {
            word.bytes().all(|byte| byte.is_ascii_alphabetic())
        };
        known && word.len() <= WORD && digits <= DIGITS && !BEFORE.iter().any(|name| word.eq_ignore_ascii_case(name))
    })
}

/// Frees the patterns if nobody used them since this was last called. They are made anew when they are needed.
pub(crate) fn rest() {
    rules::rest();
}

/// `text` without secrets and personal data, cut to `chars` characters.
#[must_use]
pub fn text(text: &str, chars: usize) -> String {
    cut(&redact(start(text)), chars).to_owned()
}

/// The part of a long text that is looked at. It ends at a blank: half a secret is not known for one.
fn start(text: &str) -> &str {
    if text.len() <= LOOKED_AT_BYTES {
        return text;
    }
    let start = text.get(..text.floor_char_boundary(LOOKED_AT_BYTES)).unwrap_or_default();
    start.rfind(char::is_whitespace).and_then(|end| start.get(..end)).unwrap_or_default()
}

/// The first `chars` characters of `text`.
fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// A section with every string in it redacted and cut, whatever field it is in, and `home` written as `~`.
pub(crate) fn section<T: Serialize + DeserializeOwned>(data: &T, home: &Path) -> Result<T, Failure> {
    let mut value = serde_json::to_value(data).map_err(|error| Failure::broken(format!("not a document: {error}")))?;
    // The usual places of home folders are known to the rules; this one may lie elsewhere. `/` or `/root` is nobody's name.
    let home = home.to_str().filter(|home| home.matches(['/', '\\']).count() > 1 && !home.ends_with(['/', '\\']));
    walk(&mut value, home);
    serde_json::from_value(value).map_err(|error| Failure::broken(format!("not a document once redacted: {error}")))
}

fn walk(value: &mut Value, home: Option<&str>) {
    match value {
        Value::String(string) => {
            let replaced = home.map_or_else(|| Cow::Borrowed(string.as_str()), |home| without_home(string, home));
            *string = text(&replaced, STRING_CHARS);
        }
        Value::Array(items) => {
            items.truncate(LIST);
            items.iter_mut().for_each(|item| walk(item, home));
        }
        Value::Object(fields) => fields.values_mut().for_each(|field| walk(field, home)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `string` with `home` as `~`, where it is not the start of a longer name.
fn without_home<'a>(string: &'a str, home: &str) -> Cow<'a, str> {
    if !string.contains(home) {
        return Cow::Borrowed(string);
    }
    let mut replaced = String::with_capacity(string.len());
    let mut rest = string;
    while let Some((before, after)) = rest.split_once(home) {
        replaced.push_str(before);
        let longer = after.starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == '-');
        replaced.push_str(if longer { home } else { "~" });
        rest = after;
    }
    replaced.push_str(rest);
    Cow::Owned(replaced)
}
