//! Documents of GLPI's High-Level API (schema 2.2), as far as they are read. What an older schema does not tell is left
//! out here too.

use serde::Deserialize;
use serde_json::Value;

use crate::glpi::wire::{nullable, number, whole};

/// An error.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) title: String,
    #[serde(default)]
    pub(super) detail: Value,
    #[serde(default, deserialize_with = "nullable")]
    additional_messages: Vec<Message>,
}

#[derive(Debug, Default, Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "nullable")]
    message: String,
}

impl Refusal {
    /// For a technician.
    pub(super) fn words(&self, status: u16) -> String {
        let detail = match &self.detail {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
        };
        let more = self.additional_messages.iter().map(|more| more.message.as_str());
        let all = [self.status.as_str(), &self.title, &detail];
        let all: Vec<&str> = all.into_iter().chain(more).filter(|words| !words.trim().is_empty()).collect();
        let words = all.join(": ");
        let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
        format!("HTTP {status}: {words}")
    }
}

/// Answer of a creation.
#[derive(Debug, Deserialize)]
pub(super) struct Created {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
}

/// Who asks.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Session {
    #[serde(default, deserialize_with = "number")]
    pub(super) user_id: u64,
    #[serde(default, deserialize_with = "nullable")]
    active_profile: Profile,
    /// Where this session looks.
    #[serde(default)]
    active_entity: Value,
    /// By their numbers, each with its entities.
    #[serde(default)]
    profiles: Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Profile {
    #[serde(default, deserialize_with = "nullable")]
    interface: String,
    /// Not told by every version.
    #[serde(default)]
    rights: Value,
}

/// GLPI's `UPDATE`.
const UPDATE: u64 = 2;

impl Session {
    /// The entity that it looks into.
    pub(super) fn entity(&self) -> Option<u64> {
        self.active_entity.get("id").map(whole)
    }

    /// Whether the user may look into what is below this entity.
    pub(super) fn looks_below(&self, entity: u64) -> bool {
        let profiles = self.profiles.as_object().into_iter().flatten().map(|(_, profile)| profile);
        let entities = profiles.filter_map(|profile| profile.get("entities")?.as_array()).flatten();
        let named = |one: &&Value| one.get("id").map(whole) == Some(entity);
        let recursive = |one: &Value| one.get("is_recursive").is_some_and(|told| whole(told) == 1 || told == true);
        entities.filter(named).any(recursive)
    }

    /// Whether it is somebody who only sees tickets that concern them.
    pub(super) fn is_requester(&self) -> bool {
        self.active_profile.interface == "helpdesk"
    }

    /// Whether they may change tickets.
    pub(super) fn may_update(&self) -> bool {
        self.active_profile.rights.get("ticket").map_or(0, whole) & UPDATE != 0
    }
}

/// Something with a number and a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Named {
    #[serde(default, deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Ticket {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) content: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) status: Named,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) is_deleted: bool,
    #[serde(default)]
    pub(super) date: Option<String>,
    #[serde(default)]
    pub(super) date_mod: Option<String>,
    /// Who wrote it into GLPI.
    #[serde(default, deserialize_with = "nullable")]
    pub(super) user_recipient: Named,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) team: Vec<Member>,
}

impl Ticket {
    /// The people whose request it is.
    pub(super) fn requesters(&self) -> impl Iterator<Item = u64> {
        self.team.iter().filter(|member| member.is("requester")).filter_map(Member::user)
    }
}

/// Somebody who has to do with a ticket.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Member {
    /// A word, or a number for what has none.
    #[serde(default)]
    role: Value,
    #[serde(default, deserialize_with = "number")]
    id: u64,
    #[serde(default, deserialize_with = "nullable")]
    href: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) display_name: String,
}

impl Member {
    pub(super) fn is(&self, role: &str) -> bool {
        self.role.as_str() == Some(role)
    }

    /// The user's number; groups and suppliers have none. Older schemas tell it in the address alone.
    pub(super) fn user(&self) -> Option<u64> {
        let (page, id) = self.href.split_once("user.form.php?id=").unwrap_or_default();
        let told = id.parse().ok().filter(|_| !page.contains('?'));
        told.or(Some(self.id).filter(|_| self.href.is_empty())).filter(|id| *id > 0)
    }
}

/// An entry of a timeline.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Entry {
    /// "Followup", "Solution", "Document", "Task", "Validation".
    #[serde(rename = "type", default, deserialize_with = "nullable")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) item: Item,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Item {
    #[serde(default, deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) content: String,
    #[serde(default)]
    is_private: Value,
    #[serde(default)]
    pub(super) date: Option<String>,
    #[serde(default)]
    pub(super) date_creation: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) user: Named,
    /// Of a document.
    #[serde(default, deserialize_with = "number")]
    pub(super) documents_id: u64,
}

impl Item {
    /// What is neither said to be public nor left out is private.
    pub(super) fn is_public(&self) -> bool {
        match &self.is_private {
            Value::Null => true,
            Value::Bool(private) => !private,
            Value::Number(number) => number.as_u64() == Some(0),
            Value::String(text) => text == "0",
            Value::Array(_) | Value::Object(_) => false,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Article {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) content: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Category {
    #[serde(deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) completename: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_known_with_and_without_a_number() {
        let user = |value| serde_json::from_value::<Member>(value).unwrap().user();
        assert_eq!(user(json!({"role": "requester", "id": 3, "href": "/front/user.form.php?id=3"})), Some(3));
        assert_eq!(user(json!({"role": "requester", "href": "/glpi/front/user.form.php?id=3"})), Some(3));
        assert_eq!(user(json!({"role": "assigned", "id": 3, "href": "/front/group.form.php?id=3"})), None);
        assert_eq!(user(json!({"role": 7, "id": null, "href": null})), None);
    }

    #[test]
    fn what_is_not_said_to_be_public_is_private() {
        let public = |value| serde_json::from_value::<Item>(json!({"id": 1, "is_private": value})).unwrap().is_public();
        assert!(public(json!(false)) && public(json!(0)) && public(json!("0")) && public(json!(null)));
        assert!(!public(json!(true)) && !public(json!(1)) && !public(json!("1")) && !public(json!({"a": 1})));
    }
}
