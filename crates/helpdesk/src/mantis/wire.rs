//! Documents of MantisBT's REST interface, as far as they are read. Absent and null are the same there.

use serde::{Deserialize, Deserializer};

/// An error in words.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) message: String,
    #[serde(default)]
    pub(super) code: Option<i64>,
}

/// Something with a number and a name. The name is the configuration's, in English; only the label is translated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) real_name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Issues {
    pub(super) issues: Vec<Issue>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Created {
    pub(super) issue: Issue,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Issue {
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) summary: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) description: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) status: Named,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) reporter: Named,
    #[serde(default)]
    pub(super) handler: Option<Named>,
    #[serde(default)]
    pub(super) created_at: Option<jiff::Timestamp>,
    #[serde(default)]
    pub(super) updated_at: Option<jiff::Timestamp>,
    #[serde(default)]
    pub(super) sticky: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) attachments: Vec<File>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) notes: Vec<Note>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Note {
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) reporter: Named,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) text: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) view_state: Named,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) attachments: Vec<File>,
    #[serde(default)]
    pub(super) created_at: Option<jiff::Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct File {
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) filename: String,
    #[serde(default)]
    pub(super) size: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) content_type: String,
    /// Base64; only where a file itself was asked for.
    #[serde(default)]
    pub(super) content: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Files {
    pub(super) files: Vec<File>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Projects {
    pub(super) projects: Vec<Project>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Project {
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(default)]
    pub(super) enabled: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) access_level: Named,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) categories: Vec<Named>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Configs {
    pub(super) configs: Vec<Config>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Config {
    pub(super) option: String,
    #[serde(default)]
    pub(super) value: serde_json::Value,
}

fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}
