//! MantisBT 2.28 as `captures/mantis-2.28` shows it: every answer is a captured one, in which what depends on the state
//! (numbers, texts, people, files) is replaced.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::capture::Captures;
use crate::http::Request;
use crate::replay::{Answer, Backend};

mod about;
mod state;

pub use state::{ADMINISTRATOR, DEVELOPER, File, Issue, MAX_FILE_SIZE, Note, REPORTER, VIEWER};
use state::{CATEGORIES, Person, STATUS, media_type, now};

/// The server.
#[derive(Debug)]
pub struct Mantis {
    captures: Captures,
    issues: Vec<Issue>,
    next_file: u64,
    next_note: u64,
    turn: u64,
    /// Whose tokens are withdrawn.
    revoked: Vec<String>,
    /// From which status on issues are read-only (`bug_readonly_status_threshold`).
    read_only_from: u64,
    /// How much more may be added before it is too much at once (`antispam_max_event_count`).
    patience: usize,
}

impl Mantis {
    /// An empty one.
    ///
    /// # Errors
    /// If the captures cannot be read.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            captures: Captures::load("mantis-2.28")?,
            issues: Vec::new(),
            next_file: 1,
            next_note: 1,
            turn: 0,
            revoked: Vec::new(),
            read_only_from: 80,
            patience: usize::MAX,
        })
    }

    /// Everything that was filed.
    #[must_use]
    pub fn issues(&self) -> &[Issue] {
        &self.issues
    }

    /// Lets notes on resolved issues through, as IT can set it up.
    pub fn read_only_when_closed(&mut self) {
        self.read_only_from = 90;
    }

    /// Takes this many issues and files, and no more until it is told another number.
    pub fn has_patience_for(&mut self, additions: usize) {
        self.patience = additions;
    }

    /// Whether one more is too much. `antispam_check` of MantisBT's source: 429 and code 27; its own words, no capture.
    fn too_much(&mut self) -> Option<Answer> {
        match self.patience.checked_sub(1) {
            Some(left) => {
                self.patience = left;
                None
            }
            None => {
                let body = json!({"message": "Spam suspected", "code": 27, "localized": "Spam suspected"});
                let answer = self.captured("034")?.reason("Spam suspected").json(&body);
                Some(Answer { status: 429, ..answer })
            }
        }
    }

    /// Withdraws a token, or gives it back.
    pub fn revoke(&mut self, token: &str, revoked: bool) {
        self.revoked.retain(|t| t != token);
        if revoked {
            self.revoked.push(token.to_owned());
        }
    }

    /// A technician writes a note.
    pub fn reply(&mut self, issue: u64, text: &str, private: bool, file: Option<(&str, &[u8])>) {
        let Some(by) = Person::by_token(DEVELOPER) else { return };
        let note = self.next_note;
        self.next_note += 1;
        if let Some((name, content)) = file {
            self.keep(issue, name, content.to_vec(), Some(note), &by);
        }
        let at = now();
        if let Some(issue) = self.touch(issue) {
            issue.notes.push(Note { id: note, text: text.to_owned(), private, by, at });
        }
    }

    /// A technician changes the status.
    pub fn set_status(&mut self, issue: u64, status: u64) {
        let handler = Person::by_token(DEVELOPER);
        if let Some(issue) = self.touch(issue) {
            issue.status = status;
            issue.handler = handler;
        }
    }

    fn touch(&mut self, issue: u64) -> Option<&mut Issue> {
        self.turn += 1;
        let turn = self.turn;
        let issue = self.issues.iter_mut().find(|i| i.id == issue)?;
        issue.turn = turn;
        issue.updated_at = now();
        Some(issue)
    }

    fn keep(&mut self, issue: u64, name: &str, content: Vec<u8>, note: Option<u64>, by: &Person) {
        let id = self.next_file;
        self.next_file += 1;
        let file = File { id, name: name.to_owned(), content, note, by: by.clone(), at: now() };
        if let Some(issue) = self.touch(issue) {
            issue.files.push(file);
        }
    }

    fn captured(&self, number: &str) -> Option<Answer> {
        self.captures.get(number).ok().map(Answer::as_captured)
    }

    fn template(&self, number: &str) -> Value {
        self.captures.get(number).map(crate::Exchange::json).unwrap_or_default()
    }

    /// A captured error with its own words replaced.
    fn error(&self, number: &str, was: &str, is: &str) -> Option<Answer> {
        let answer = self.captured(number)?;
        let body = String::from_utf8_lossy(&answer.body).replace(was, is);
        let reason = answer.reason.replace(was, is);
        Some(answer.body(body).reason(reason))
    }

    fn file_json(&self, file: &File, content: bool) -> Value {
        let mut value = self.template("009")["files"][0].clone();
        value["id"] = json!(file.id);
        value["reporter"] = file.by.json();
        value["created_at"] = json!(file.at);
        value["filename"] = json!(file.name);
        value["size"] = json!(file.content.len());
        value["content_type"] = json!(media_type(&file.content));
        if content {
            value["content"] = json!(BASE64.encode(&file.content));
        } else if let Some(members) = value.as_object_mut() {
            members.remove("content");
        }
        value
    }

    fn note_json(&self, issue: &Issue, note: &Note) -> Value {
        let mut value = self.template("012")["note"].clone();
        value["id"] = json!(note.id);
        value["reporter"] = note.by.json();
        value["text"] = json!(note.text);
        if note.private {
            value["view_state"] = json!({"id": 50, "name": "private", "label": "private"});
        }
        let files = issue.files.iter().filter(|f| f.note == Some(note.id));
        value["attachments"] = files.map(|f| self.file_json(f, false)).collect();
        value["created_at"] = json!(note.at);
        value["updated_at"] = json!(note.at);
        value
    }

    fn issue_json(&self, issue: &Issue, seen_by: &Person, select: Option<&str>) -> Value {
        let mut value = self.template("006")["issue"].clone();
        value["id"] = json!(issue.id);
        value["summary"] = json!(issue.summary);
        value["description"] = json!(issue.description);
        let category = CATEGORIES.iter().find(|(_, name)| *name == issue.category).map_or(0, |(id, _)| *id);
        value["category"] = json!({"id": category, "name": issue.category});
        value["reporter"] = issue.reporter.json();
        let status = STATUS.iter().find(|(id, _)| *id == issue.status).map_or("?", |(_, name)| name);
        value["status"] = json!({"id": issue.status, "name": status, "label": status, "color": "#fcbdbd"});
        let resolution = match issue.resolution {
            20 => "fixed",
            30 => "reopened",
            _ => "open",
        };
        value["resolution"] = json!({"id": issue.resolution, "name": resolution, "label": resolution});
        value["priority"] = issue.priority.clone();
        value["severity"] = issue.severity.clone();
        value["created_at"] = json!(issue.created_at);
        value["updated_at"] = json!(issue.updated_at);
        value["history"][0]["created_at"] = json!(issue.created_at);
        value["history"][0]["user"] = issue.reporter.json();
        if let Some(handler) = &issue.handler {
            value["handler"] = handler.json();
        }
        // What is empty is left out, as 062 shows; files of notes are with their notes, as 016 shows.
        let files: Vec<Value> =
            issue.files.iter().filter(|f| f.note.is_none()).map(|f| self.file_json(f, false)).collect();
        if !files.is_empty() {
            value["attachments"] = json!(files);
        }
        let notes = issue.notes.iter().filter(|note| seen_by.level >= 55 || !note.private);
        let notes: Vec<Value> = notes.map(|note| self.note_json(issue, note)).collect();
        if !notes.is_empty() {
            value["notes"] = json!(notes);
        }
        if let (Some(select), Some(members)) = (select, value.as_object_mut()) {
            let wanted: Vec<&str> = select.split(',').collect();
            members.retain(|name, _| wanted.contains(&name.as_str()));
        }
        value
    }

    fn create(&mut self, request: &Request, person: &Person) -> Option<Answer> {
        let body = request.json();
        if !body.is_object() {
            return self.captured("040");
        }
        if person.level < 25 {
            return self.captured("033");
        }
        for (field, missing) in [("summary", "038"), ("description", "039"), ("project", "036"), ("category", "035")] {
            if body[field].is_null() || body[field] == "" {
                return self.captured(missing);
            }
        }
        // The columns' lengths: no capture shows what happens beyond them.
        if body["summary"].as_str()?.chars().count() > 128 || body["description"].as_str()?.len() > 65_535 {
            return None;
        }
        let project = &body["project"];
        if project["id"] != 1 && project["name"] != "Helpdesk" {
            return self.error("037", "99", &project["id"].to_string());
        }
        let wanted = &body["category"];
        let known = CATEGORIES.iter().find(|(id, name)| wanted["id"] == *id || wanted["name"] == *name);
        let Some((_, category)) = known else {
            return self.error("034", "Nope", wanted["name"].as_str().unwrap_or_default());
        };
        let reporter = match body["reporter"]["name"].as_str() {
            Some(name) if name != person.name && person.level < 90 => return self.captured("067"),
            Some(name) => Person::by_name(name)?,
            None => person.clone(),
        };
        if let Some(refused) = self.too_much() {
            return Some(refused);
        }
        let id = self.issues.iter().map(|issue| issue.id).max().unwrap_or(0) + 1;
        let template = self.template("006");
        let field = |name: &str, capture: &str| {
            let known = self.template("005")["configs"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|c| c["option"] == format!("{capture}_enum_string"))
                .and_then(|c| c["value"].as_array())
                .into_iter()
                .flatten()
                .find(|v| v["id"] == body[name]["id"] || v["name"] == body[name]["name"])
                .cloned();
            match (&body[name], known) {
                (Value::Null, _) => template["issue"][name].clone(),
                (_, Some(known)) => known,
                (_, None) => self.template("042")["issue"]["priority"].clone(),
            }
        };
        let (priority, severity) = (field("priority", "priority"), field("severity", "severity"));
        let at = now();
        self.issues.push(Issue {
            id,
            summary: body["summary"].as_str()?.to_owned(),
            description: body["description"].as_str()?.to_owned(),
            notes: Vec::new(),
            files: Vec::new(),
            status: 10,
            category: (*category).to_owned(),
            priority,
            severity,
            resolution: 10,
            reporter,
            handler: None,
            created_at: at.clone(),
            updated_at: at,
            turn: 0,
        });
        self.touch(id);
        if let Some(refused) = self.take_files(id, &body["files"], None, person, "043")? {
            // Created although 400: 062.
            return Some(refused);
        }
        let issue = self.issues.iter().find(|issue| issue.id == id)?;
        let body = json!({"issue": self.issue_json(issue, person, None)});
        Some(self.captured("006")?.reason(format!("Issue Created with id {id}")).json(&body))
    }

    /// Takes files in their order until one is refused. `None` outside: no capture tells.
    fn take_files(
        &mut self,
        issue: u64,
        files: &Value,
        note: Option<u64>,
        by: &Person,
        too_big: &str,
    ) -> Option<Option<Answer>> {
        for file in files.as_array().into_iter().flatten() {
            let name = file["name"].as_str()?;
            let content = file["content"].as_str()?;
            let decoded = BASE64.decode(content).unwrap_or_default();
            if decoded.is_empty() {
                return self.error("048", "empty.txt", name).map(Some);
            }
            if decoded.len() > MAX_FILE_SIZE {
                return self.error(too_big, "big.txt", name).map(Some);
            }
            // svg is among the captured server's disallowed_files, and no capture shows how one is refused; nor is
            // one shown of a second file of the same name.
            let taken = self.issues.iter().find(|i| i.id == issue)?.files.iter().any(|f| f.name == name);
            if taken || name.ends_with(".svg") {
                return None;
            }
            if let Some(refused) = self.too_much() {
                return Some(Some(refused));
            }
            self.keep(issue, name, decoded, note, by);
        }
        Some(None)
    }

    fn read_only(&self, issue: &Issue) -> Option<Answer> {
        if issue.status >= self.read_only_from { self.error("053", "'2'", &format!("'{}'", issue.id)) } else { None }
    }

    fn note(&mut self, id: u64, request: &Request, person: &Person) -> Option<Answer> {
        let body = request.json();
        let issue = self.issues.iter().find(|issue| issue.id == id)?.clone();
        if let Some(refused) = self.read_only(&issue) {
            return Some(refused);
        }
        if person.level < 25 {
            return self.captured("054");
        }
        let text = body["text"].as_str().unwrap_or_default().trim().to_owned();
        if text.is_empty() {
            return self.captured("052");
        }
        let note = self.next_note;
        self.next_note += 1;
        let private = body["view_state"]["name"] == "private" || body["view_state"]["id"] == 50;
        let at = now();
        self.touch(id)?.notes.push(Note { id: note, text, private, by: person.clone(), at });
        if let Some(refused) = self.take_files(id, &body["files"], Some(note), person, "044")? {
            return Some(refused);
        }
        let issue = self.issues.iter().find(|issue| issue.id == id)?;
        let added = issue.notes.iter().find(|n| n.id == note)?;
        let body = json!({"note": self.note_json(issue, added), "issue": self.issue_json(issue, person, None)});
        Some(self.captured("012")?.reason(format!("Issue Note Created with id {id}")).json(&body))
    }

    fn update(&mut self, id: u64, request: &Request, person: &Person) -> Option<Answer> {
        let body = request.json();
        if person.level < 55 {
            return self.error("055", "reporter1", &person.name);
        }
        let wanted = &body["status"];
        let status = STATUS.iter().find(|(id, name)| wanted["id"] == *id || wanted["name"] == *name).map(|(id, _)| *id);
        let resolution = match (&body["resolution"]["id"], &body["resolution"]["name"]) {
            (id, _) if id.is_u64() => id.as_u64(),
            (_, name) if name == "fixed" => Some(20),
            (_, name) if name == "reopened" => Some(30),
            _ => None,
        };
        let issue = self.touch(id)?;
        issue.status = status.unwrap_or(issue.status);
        issue.resolution = resolution.unwrap_or(issue.resolution);
        let issue = issue.clone();
        let body = json!({"issues": [self.issue_json(&issue, person, None)]});
        Some(self.captured("017")?.json(&body))
    }
}

impl Backend for Mantis {
    fn captures(&self) -> &Captures {
        &self.captures
    }

    fn beyond(&self) -> &'static [(&'static str, &'static str)] {
        // An object can be named by id as well as by name: 068 shows it for categories, 007 for severities.
        &[
            ("POST /api/rest/issues", "priority.id"),
            ("PATCH /api/rest/issues/0", "status.id"),
            ("PATCH /api/rest/issues/0", "resolution.id"),
        ]
    }

    fn path(&self, path: &str) -> String {
        // 070: the same behind the file that a server without rewritten addresses has.
        path.replacen("/api/rest/index.php/", "/api/rest/", 1)
    }

    fn answer(&mut self, request: &Request) -> Option<Answer> {
        let token = request.header("authorization").unwrap_or_default();
        let person = Person::by_token(token).filter(|_| !self.revoked.iter().any(|t| t == token));
        let Some(mut person) = person else {
            return self.captured(if token.is_empty() { "030" } else { "031" });
        };
        if let Some(name) = request.header("x-mantis-username")
            && name != person.name
        {
            if person.level < 90 {
                return self.captured("064");
            }
            match Person::by_name(name) {
                Some(other) => person = other,
                None => return self.captured("065"),
            }
        }
        let path = request.path.strip_prefix("/api/rest/")?;
        let parts: Vec<&str> = path.split('/').collect();
        let id = parts.get(1).and_then(|id| id.parse::<u64>().ok());
        if let (Some("issues"), Some(id)) = (parts.first().copied(), id)
            && !self.issues.iter().any(|issue| issue.id == id)
        {
            return self.error("051", "99999", &id.to_string());
        }
        let answer = match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["users", "me"]) => self.me(&person),
            ("GET", ["projects"]) => self.projects(&person, false),
            ("GET", ["projects", "1"]) => self.projects(&person, true),
            ("GET", ["config"]) => self.config(request),
            ("GET", ["issues"]) => self.list(request, &person),
            ("POST", ["issues"]) => self.create(request, &person),
            ("GET", ["issues", _]) => {
                let issue = self.issues.iter().find(|issue| Some(issue.id) == id)?;
                let body = json!({"issues": [self.issue_json(issue, &person, request.query("select"))]});
                Some(Self::with_etag(self.captured("016")?, &body, request, self.captured("019")))
            }
            ("PATCH", ["issues", _]) => self.update(id?, request, &person),
            ("POST", ["issues", _, "notes"]) => self.note(id?, request, &person),
            ("GET", ["issues", _, "files", rest @ ..]) => {
                let issue = self.issues.iter().find(|issue| Some(issue.id) == id)?;
                let wanted = rest.first().map(|file| file.parse::<u64>().ok());
                let files: Vec<Value> = issue
                    .files
                    .iter()
                    .filter(|file| wanted.is_none_or(|id| id == Some(file.id)))
                    .map(|file| self.file_json(file, true))
                    .collect();
                // No capture shows a file that is not there.
                if files.is_empty() && wanted.is_some() {
                    return None;
                }
                Some(self.captured("010")?.json(&json!({"files": files})))
            }
            ("POST", ["issues", _, "files"]) => {
                let issue = self.issues.iter().find(|issue| Some(issue.id) == id)?.clone();
                if let Some(refused) = self.read_only(&issue) {
                    return Some(refused);
                }
                match self.take_files(issue.id, &request.json()["files"], None, &person, "044")? {
                    Some(refused) => Some(refused),
                    None => self.captured("011"),
                }
            }
            _ => None,
        };
        // A test in memory of a database on disk: the captures tell no time.
        answer.map(|answer| Answer { delay: Duration::from_millis(40), ..answer })
    }
}
