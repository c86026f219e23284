//! Documents of GLPI's legacy interface, as far as they are read. Numbers come as numbers or as text, depending on
//! version and database.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Answer of `initSession?get_full_session=true`.
#[derive(Debug, Deserialize)]
pub(super) struct Opened {
    pub(super) session_token: String,
    #[serde(default)]
    pub(super) session: SessionData,
}

/// What is read of a session.
#[derive(Debug, Default, Deserialize)]
pub(super) struct SessionData {
    /// The user's number.
    #[serde(default, rename = "glpiID", deserialize_with = "number")]
    pub(super) user: u64,
    /// The server's clock in the zone that it tells all times in.
    #[serde(default)]
    pub(super) glpi_currenttime: Option<String>,
}

/// Answer of `getGlpiConfig`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Config {
    #[serde(default)]
    pub(super) cfg_glpi: CfgGlpi,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct CfgGlpi {
    /// Largest document, in MiB.
    #[serde(default, deserialize_with = "number")]
    pub(super) document_max_size: u64,
}

/// Answer of a request that adds something.
#[derive(Debug, Deserialize)]
pub(super) struct Added {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default)]
    pub(super) upload_result: Option<UploadResult>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct UploadResult {
    #[serde(default)]
    pub(super) filename: Vec<Uploaded>,
}

/// What became of a file.
#[derive(Debug, Deserialize)]
pub(super) struct Uploaded {
    /// In GLPI's words, in the user's language, why it was refused.
    #[serde(default)]
    pub(super) error: Option<String>,
}

/// Answer of `search/…`: rows by search option.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    /// Not there where nothing was found.
    #[serde(default)]
    pub(super) data: Vec<BTreeMap<String, Value>>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Ticket {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) content: String,
    #[serde(default, deserialize_with = "number")]
    pub(super) status: u64,
    #[serde(default)]
    pub(super) date: Option<String>,
    #[serde(default)]
    pub(super) date_mod: Option<String>,
}

/// A follow-up or a solution.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Entry {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "number")]
    pub(super) users_id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) content: String,
    #[serde(default, deserialize_with = "number")]
    pub(super) is_private: u64,
    #[serde(default)]
    pub(super) user_name: Option<String>,
    #[serde(default)]
    pub(super) date: Option<String>,
    #[serde(default)]
    pub(super) date_creation: Option<String>,
}

/// That a document belongs to something.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    #[serde(default, deserialize_with = "number")]
    pub(super) documents_id: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Category {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) completename: String,
}

/// A whole number, however it is written; zero for what is none.
pub(super) fn whole(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()).unwrap_or(0)
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Value::deserialize(deserializer).map(|value| whole(&value))
}

fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}
