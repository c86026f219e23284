//! What Request Tracker answers (RT::REST2). Numbers come as texts in lists and as numbers elsewhere.

use serde::{Deserialize, Deserializer};

/// A number, as a text or as a number.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) if text.is_empty() => Ok(0),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

/// A refusal.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) message: String,
}

/// Something that was created.
#[derive(Debug, Deserialize)]
pub(super) struct Created {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) items: Vec<T>,
    pub(super) count: u64,
    pub(super) per_page: u64,
}

/// Somebody, by login.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Who {
    #[serde(default)]
    pub(super) id: String,
}

/// Whose token it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct User {
    pub(super) name: String,
    #[serde(default)]
    pub(super) email_address: String,
}

/// A ticket in a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Row {
    #[serde(rename = "id", deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default)]
    pub(super) last_updated: Option<jiff::Timestamp>,
}

/// A ticket.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Ticket {
    #[serde(rename = "id", deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default)]
    pub(super) subject: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) owner: Who,
    #[serde(default)]
    pub(super) requestor: Vec<Who>,
    #[serde(default)]
    pub(super) creator: Who,
    #[serde(default)]
    pub(super) created: Option<jiff::Timestamp>,
    #[serde(default)]
    pub(super) last_updated: Option<jiff::Timestamp>,
    #[serde(rename = "_hyperlinks", default)]
    pub(super) links: Vec<Link>,
}

/// What a ticket is linked with, and where it can go.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Link {
    #[serde(rename = "ref")]
    pub(super) reference: String,
    #[serde(rename = "_url", default)]
    pub(super) url: String,
    #[serde(default)]
    pub(super) to: Option<String>,
}

/// What happened to a ticket.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Transaction {
    #[serde(rename = "id", deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(rename = "Type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) creator: Who,
    #[serde(default)]
    pub(super) created: Option<jiff::Timestamp>,
    #[serde(default)]
    pub(super) new_value: Option<String>,
}

/// A text or file of a transaction.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attachment {
    #[serde(rename = "id", deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default)]
    pub(super) filename: String,
    #[serde(default)]
    pub(super) content_type: String,
    #[serde(default, deserialize_with = "number")]
    pub(super) content_length: u64,
    #[serde(default, deserialize_with = "number")]
    pub(super) transaction_id: u64,
}

/// The bytes of an attachment, as base64 with line ends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Content {
    #[serde(default)]
    pub(super) content: String,
}
