//! Which requests the captures show: a form is a method, a path with its numbers left out, the names in the query and the
//! names in the body. A request may leave names out; one with a name that no capture of its form has is not covered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::capture::Captures;
use crate::http::{Request, parts};

/// What the captures show.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    forms: BTreeMap<String, BTreeSet<String>>,
}

impl Coverage {
    /// Of these captures; `extra` are forms that are known from elsewhere, as `("GET /path/0", "name in query or body")`,
    /// with an empty name for the form alone.
    #[must_use]
    pub fn of(captures: &Captures, extra: &[(&str, &str)]) -> Self {
        let mut forms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for exchange in captures.iter() {
            let names = forms.entry(form(&exchange.method, &exchange.path)).or_default();
            names.extend(exchange.query.iter().map(|(name, _)| general(name)));
            let content_type = exchange
                .sent_headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
                .map_or("", |(_, value)| value.as_str());
            names.extend(names_in(content_type, &exchange.sent));
        }
        for (form, name) in extra {
            let names = forms.entry((*form).to_owned()).or_default();
            if !name.is_empty() {
                names.insert((*name).to_owned());
            }
        }
        Self { forms }
    }

    /// What of the request no capture shows; `None` if all is shown.
    #[must_use]
    pub fn lacks(&self, request: &Request) -> Option<String> {
        let form = form(&request.method, &request.path);
        let Some(names) = self.forms.get(&form) else { return Some(form) };
        let content_type = request.header("content-type").unwrap_or_default();
        let asked = request.query.iter().map(|(name, _)| general(name)).chain(names_in(content_type, &request.body));
        asked.filter(|name| !names.contains(name)).map(|name| format!("{form}: {name}")).next()
    }
}

/// `GET /api/rest/issues/0`: numbers are left out.
fn form(method: &str, path: &str) -> String {
    let path: Vec<&str> = path
        .trim_end_matches('/')
        .split('/')
        .map(|part| if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) { "0" } else { part })
        .collect();
    format!("{method} {}", path.join("/"))
}

/// `criteria[0][field]` for `criteria[12][field]`.
fn general(name: &str) -> String {
    let mut general = String::new();
    let mut inside = false;
    for c in name.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            '0'..='9' if inside => {
                if !general.ends_with('0') {
                    general.push('0');
                }
                continue;
            }
            _ => {}
        }
        general.push(c);
    }
    general
}

fn names_in(content_type: &str, body: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    if content_type.starts_with("multipart/") {
        for (name, file, content) in parts(content_type, body) {
            names.push(general(&name));
            if file.is_none()
                && let Ok(value) = serde_json::from_slice::<Value>(&content)
            {
                walk(&value, &general(&name), &mut names);
            }
        }
    } else if let Ok(value) = serde_json::from_slice::<Value>(body) {
        walk(&value, "", &mut names);
    }
    names
}

/// Names of members at every depth: `project.id`, `files[].name`.
fn walk(value: &Value, path: &str, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                names.push(path.clone());
                walk(value, &path, names);
            }
        }
        Value::Array(values) => {
            for value in values {
                walk(value, &format!("{path}[]"), names);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_capture_shows_is_not_covered() {
        let coverage = Coverage::of(&Captures::load("mantis-2.28").unwrap(), &[]);
        let request = |method: &str, path: &str, body: &str| Request {
            method: method.into(),
            path: path.into(),
            body: body.as_bytes().to_vec(),
            ..Request::default()
        };
        assert_eq!(coverage.lacks(&request("GET", "/api/rest/issues/17", "")), None);
        assert_eq!(coverage.lacks(&request("POST", "/api/rest/issues", r#"{"files":[{"name":"x"}]}"#)), None);
        let lacks = coverage.lacks(&request("POST", "/api/rest/issues", r#"{"files":[{"titel":"x"}]}"#));
        assert_eq!(lacks.as_deref(), Some("POST /api/rest/issues: files[].titel"));
        assert!(coverage.lacks(&request("PUT", "/api/rest/issues/1", "")).is_some());
        assert_eq!(general("criteria[12][field]"), "criteria[0][field]");
    }
}
