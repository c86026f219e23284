//! Documents of GLPI's legacy interface, as far as they are read. Numbers come as numbers or as text, depending on
//! version and database.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Answer of `initSession?get_full_session=true`.
#[derive(Debug, Deserialize)]
pub(super) struct Opened {
    pub(super) session_token: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) session: SessionData,
}

/// Answer of `getFullSession`.
#[derive(Debug, Deserialize)]
pub(super) struct FullSession {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) session: SessionData,
}

/// What is read of a session. Plugins write into it as they like: nothing in it may break signing in.
#[derive(Debug, Default, Deserialize)]
pub(super) struct SessionData {
    /// The user's number.
    #[serde(default, rename = "glpiID", deserialize_with = "number")]
    pub(super) user: u64,
    /// The server's clock in the zone that it tells all times in.
    #[serde(default)]
    pub(super) glpi_currenttime: Value,
    #[serde(default)]
    glpiactiveprofile: Value,
    #[serde(default)]
    glpiactiveentities: Value,
    #[serde(default)]
    glpiactive_entity: Value,
}

impl SessionData {
    /// The profile that is worn.
    pub(super) fn profile(&self) -> Option<u64> {
        self.glpiactiveprofile.get("id").map(whole)
    }

    /// Its rights, where they are told.
    pub(super) fn rights(&self) -> Option<Rights> {
        self.profile()?;
        // What a profile may not do at all is not there (`Session::haveRight`).
        let of = |name: &str| self.glpiactiveprofile.get(name).map_or(0, whole);
        let helpdesk = self.glpiactiveprofile.get("interface").and_then(Value::as_str) == Some("helpdesk");
        let (ticket, follow_up) = (of("ticket"), of("followup"));
        Some(Rights { helpdesk, ticket, follow_up, articles: of("knowbase"), categories: of("itilcategory") })
    }

    /// Where tickets go that name no entity.
    pub(super) fn entity(&self) -> Option<u64> {
        whole_of(&self.glpiactive_entity)
    }

    /// Whether the profile is for entities that this session does not look into.
    pub(super) fn looks_away(&self) -> bool {
        let looked: Vec<u64> = members(&self.glpiactiveentities).filter_map(whole_of).collect();
        let mine = self.glpiactiveprofile.get("entities").unwrap_or(&Value::Null);
        let mut mine = members(mine).filter_map(|entity| entity.get("id").and_then(whole_of));
        !looked.is_empty() && mine.any(|entity| !looked.contains(&entity))
    }
}

/// Elements of a list. PHP writes one whose keys are not 0, 1, 2… as an object.
fn members(list: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match list {
        Value::Array(all) => Box::new(all.iter()),
        Value::Object(all) => Box::new(all.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Box::new(std::iter::empty()),
    }
}

/// What a profile may do, as sums of GLPI's bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rights {
    /// The interface of requesters: GLPI shows them nothing that is not theirs. Others may see what is private.
    pub(super) helpdesk: bool,
    ticket: u64,
    follow_up: u64,
    articles: u64,
    categories: u64,
}

impl Rights {
    /// `CREATE`.
    pub(super) fn create(self) -> bool {
        self.ticket & 4 != 0
    }

    /// `ITILFollowup::ADDMY`, and those that hold more (`ADD_AS_GROUP`, `ADDALLITEM`).
    pub(super) fn reply(self) -> bool {
        self.follow_up & (4 | 2048 | 4096) != 0
    }

    /// `READ`, or `KnowbaseItem::READFAQ`.
    pub(super) fn articles(self) -> bool {
        self.articles & (1 | 2048) != 0
    }

    /// `READ`.
    pub(super) fn categories(self) -> bool {
        self.categories & 1 != 0
    }
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
    upload_result: Value,
    #[serde(default, deserialize_with = "nullable")]
    message: String,
}

impl Added {
    /// Whether it is GLPI 10 that says so: it puts the number behind the name (captures `glpi-v10-legacy/026`,
    /// `glpi-v11-legacy/026`).
    pub(super) fn by_glpi_10(&self) -> bool {
        self.message.trim_end().ends_with(&format!("({})", self.id))
    }

    /// In GLPI's words, in the user's language, why the file at this place of the request was refused.
    pub(super) fn refusal(&self, at: usize) -> Option<&str> {
        let files = self.upload_result.get("filename").unwrap_or(&Value::Null);
        members(files).nth(at)?.get("error")?.as_str()
    }
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
    #[serde(default)]
    pub(super) date_creation: Option<String>,
    #[serde(default, rename = "_documents")]
    with_documents: Value,
}

impl Ticket {
    /// The documents of the ticket and its entries, as far as the requester may see them; `None` if they are not told
    /// (`with_documents`).
    pub(super) fn documents(&self) -> Option<Vec<Document>> {
        let told = self.with_documents.as_array()?;
        Some(told.iter().filter_map(|one| serde_json::from_value(one.clone()).ok()).collect())
    }
}

/// A row of `_documents`: a document and that it belongs there.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Document {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) filename: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) mime: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) sha1sum: String,
    /// When it was put there.
    #[serde(default)]
    pub(super) assocdate: Option<String>,
    /// Who brought it first.
    #[serde(default, deserialize_with = "number")]
    pub(super) users_id: u64,
}

/// A row of `Document_Item`: where a document belongs.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Link {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) itemtype: String,
    #[serde(default, deserialize_with = "number")]
    pub(super) items_id: u64,
}

/// A satisfaction survey.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Survey {
    /// 1 is GLPI's own, 2 is somewhere else.
    #[serde(default, rename = "type", deserialize_with = "number")]
    pub(super) kind: u64,
    #[serde(default)]
    pub(super) satisfaction: Value,
    /// What it would be of five stars.
    #[serde(default)]
    pub(super) satisfaction_scaled_to_5: Value,
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

#[derive(Debug, Deserialize)]
pub(super) struct Category {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) completename: String,
    #[serde(default = "yes")]
    is_helpdeskvisible: Value,
    #[serde(default = "yes")]
    is_incident: Value,
}

fn yes() -> Value {
    Value::from(1)
}

impl Category {
    /// Whether GLPI's own form offers it to requesters of incidents.
    pub(super) fn is_offered(&self) -> bool {
        whole(&self.is_helpdeskvisible) == 1 && whole(&self.is_incident) == 1
    }
}

/// A whole number, however it is written; zero for what is none.
pub(super) fn whole(value: &Value) -> u64 {
    whole_of(value).unwrap_or(0)
}

fn whole_of(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A number, however it is written.
pub(super) fn decimal(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| number.is_finite())
}

pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Value::deserialize(deserializer).map(|value| whole(&value))
}

pub(super) fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_read_however_php_wrote_it() {
        let read = |json: &str| serde_json::from_str::<Opened>(json).unwrap().session;
        let one = read(
            r#"{"session_token": "x", "session": {"glpiID": 3, "glpi_currenttime": null, "glpiactive_entity": "5",
                "glpiactiveentities": {"5": 5, "7": "7"},
                "glpiactiveprofile": {"id": "1", "followup": "5", "knowbase": 2048,
                    "entities": {"0": {"id": 5}, "3": {"id": 9}}}}}"#,
        );
        assert_eq!((one.user, one.entity(), one.profile()), (3, Some(5), Some(1)));
        assert!(one.looks_away(), "the profile is for entity 9 as well");
        let rights = one.rights().unwrap();
        assert!(rights.reply() && rights.articles() && !rights.categories());
        for odd in [
            r#"{"session_token": "x"}"#,
            r#"{"session_token": "x", "session": null}"#,
            r#"{"session_token": "x", "session": {"glpiactiveprofile": [], "glpiactiveentities": "0"}}"#,
        ] {
            let odd = read(odd);
            assert_eq!((odd.rights(), odd.looks_away(), odd.entity()), (None, false, None));
        }
    }

    #[test]
    fn files_are_told_apart_in_whatever_came() {
        let added = |json: &str| serde_json::from_str::<Added>(json).unwrap();
        let two =
            added(r#"{"id": 7, "upload_result": {"filename": [{"name": "a"}, {"error": "Filetype not allowed"}]}}"#);
        assert_eq!((two.refusal(0), two.refusal(1), two.refusal(2)), (None, Some("Filetype not allowed"), None));
        for none in [r#"{"id": "7"}"#, r#"{"id": 7, "upload_result": []}"#, r#"{"id": 7, "upload_result": null}"#] {
            assert_eq!(added(none).refusal(0), None);
        }
        let ticket = |json: &str| serde_json::from_str::<Ticket>(json).unwrap().documents().map(|all| all.len());
        assert_eq!(ticket(r#"{"id": 1, "_documents": [{"id": 4, "filename": "a"}, {"id": "5"}]}"#), Some(2));
        assert_eq!(ticket(r#"{"id": 1, "_documents": []}"#), Some(0));
        assert_eq!(ticket(r#"{"id": 1, "_documents": {"error": 401, "message": "no"}}"#), None);
        assert_eq!(ticket(r#"{"id": 1}"#), None);
    }
}
