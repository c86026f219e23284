//! What the captured server says of itself and of who asks.

use serde_json::json;

use super::Mantis;
use super::state::Person;
use crate::http::Request;
use crate::replay::Answer;

impl Mantis {
    pub(super) fn config(&self, request: &Request) -> Option<Answer> {
        let captured = self.template("005");
        let mut configs = Vec::new();
        for (name, option) in &request.query {
            if name == "option[]" {
                let all = captured["configs"].as_array()?;
                // One that the capture does not show: nobody knows what would come back.
                let mut config = all.iter().find(|config| config["option"] == *option)?.clone();
                if option == "bug_readonly_status_threshold" {
                    config["value"] = json!(self.read_only_from);
                }
                configs.push(config);
            }
        }
        Some(self.captured("005")?.json(&json!({"configs": configs})))
    }

    pub(super) fn projects(&self, person: &Person, one: bool) -> Option<Answer> {
        let number = if one { "003" } else { "002" };
        let mut body = self.template(number);
        let level = match person.level {
            90 => "administrator",
            55 => "developer",
            25 => "reporter",
            _ => "viewer",
        };
        body["projects"][0]["access_level"] = json!({"id": person.level, "name": level, "label": level});
        Some(self.captured(number)?.json(&body))
    }

    pub(super) fn me(&self, person: &Person) -> Option<Answer> {
        let mut body = self.template("001");
        let level = person.level;
        for (name, value) in person.json().as_object()? {
            body[name] = value.clone();
        }
        body["access_level"] = json!({"id": level, "name": "level", "label": "level"});
        Some(self.captured("001")?.json(&body))
    }
}
