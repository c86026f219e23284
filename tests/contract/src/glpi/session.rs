//! Signing in, and where a session looks.

use serde_json::{Value, json};

use super::Glpi;
use super::state::{Person, Session, now};
use crate::http::Request;
use crate::replay::Answer;

impl Glpi {
    pub(super) fn sign_in(&mut self, request: &Request) -> Option<Answer> {
        let Some(credential) = request.header("authorization") else { return self.captured("009") };
        // With a password: only the failures were captured.
        let token = credential.strip_prefix("user_token ")?;
        let Some(person) = Person::by_token(token).filter(|_| !self.revoked.iter().any(|t| t == token)) else {
            return self.captured("007");
        };
        self.opened += 1;
        let active = if person.self_service() { self.entities.1.clone() } else { self.entities.0.clone() };
        let session = Session { token: format!("{:026}", self.opened), person, active, profile: None };
        self.sessions.push(session.clone());
        if request.query("get_full_session") != Some("true") {
            return Some(self.captured("002")?.json(&json!({"session_token": session.token})));
        }
        let body = json!({"session_token": session.token, "session": self.full(&session)});
        Some(self.captured("001")?.json(&body))
    }

    /// All that a session holds.
    pub(super) fn full(&self, session: &Session) -> Value {
        let mut full = self.template("001")["session"].clone();
        let person = session.person;
        full["valid_id"] = json!(session.token);
        full["glpi_currenttime"] = json!(now());
        full["glpiID"] = json!(person.id);
        full["glpiname"] = json!(person.name);
        full["glpifriendlyname"] = json!(person.name);
        let mut profile = person.profile(&full["glpiactiveprofile"]);
        let entity = |id: &u64| json!({"id": id, "name": format!("Entity {id}"), "is_recursive": u64::from(*id == 0)});
        profile["entities"] = self.entities.0.iter().map(entity).collect();
        if let Some(id) = session.profile {
            profile["id"] = json!(id);
        }
        full["glpiactiveprofile"] = profile;
        full["glpiactiveentities"] = entities(&session.active);
        full["glpiactive_entity"] = json!(session.active.first());
        full
    }

    /// `apirest.md`, "Change active profile"; nobody captured it.
    pub(super) fn change_profile(&mut self, request: &Request, session: &Session) -> Option<Answer> {
        let wanted = request.json()["profiles_id"].as_u64()?;
        self.sessions
            .iter_mut()
            .filter(|open| open.token == session.token)
            .for_each(|open| open.profile = Some(wanted));
        self.captured("017")
    }

    pub(super) fn change_entities(&mut self, request: &Request, session: &Session) -> Option<Answer> {
        let body = request.json();
        let all = self.entities.0.clone();
        let told = &body["entities_id"];
        // GLPI makes a number of whatever comes ("all" would be the root): nobody captured that.
        let wanted = if told.is_null() { all } else { vec![told.as_u64().filter(|id| all.contains(id))?] };
        if !body["is_recursive"].is_boolean() {
            return None;
        }
        self.sessions
            .iter_mut()
            .filter(|open| open.token == session.token)
            .for_each(|open| open.active = wanted.clone());
        self.captured("017")
    }
}

/// PHP writes a list whose keys are not 0, 1, 2… as an object.
fn entities(active: &[u64]) -> Value {
    if active == [0] { json!(active) } else { active.iter().map(|id| (id.to_string(), json!(id))).collect() }
}
