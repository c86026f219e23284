//! What the captured server says of itself and of who asks, and its lists of issues.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Mantis;
use super::state::{Issue, Person};
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

    pub(super) fn with_etag(answer: Answer, body: &Value, request: &Request, unchanged: Option<Answer>) -> Answer {
        let etag = hex::encode(Sha256::digest(body.to_string()));
        if request.header("if-none-match") == Some(etag.as_str())
            && let Some(unchanged) = unchanged
        {
            return unchanged.header("ETag", etag);
        }
        answer.json(body).header("ETag", etag)
    }

    pub(super) fn list(&self, request: &Request, person: &Person) -> Option<Answer> {
        let number = |name: &str, otherwise: usize| {
            request.query(name).and_then(|value| value.parse::<usize>().ok()).unwrap_or(otherwise)
        };
        let mut issues: Vec<&Issue> = match request.query("filter_id") {
            // Closed ones are left out (`filter_create_reported_by` with the default `hide_status`); no capture has one.
            Some("reported") => self.issues.iter().filter(|i| i.reporter == *person && i.status < 90).collect(),
            Some("unassigned") => self.issues.iter().filter(|i| i.handler.is_none()).collect(),
            None => self.issues.iter().collect(),
            Some("assigned" | "monitored") => return None,
            Some(other) => return self.error("069", "999", other),
        };
        issues.sort_by_key(|issue| std::cmp::Reverse(issue.turn));
        let (page, size) = (number("page", 1).max(1), number("page_size", 50));
        let page = issues.into_iter().skip((page - 1) * size).take(size);
        let body =
            json!({"issues": page.map(|i| self.issue_json(i, person, request.query("select"))).collect::<Vec<_>>()});
        Some(Self::with_etag(self.captured("022")?, &body, request, self.captured("019")))
    }
}
