//! GLPI 11's High-Level API as `captures/glpi-v11-high-level` and `glpi-v11-extra` show it: every answer is a captured
//! one, in which what depends on the state (numbers, texts, people, moments) is replaced.

use std::time::Duration;

use serde_json::{Value, json};

use crate::capture::Captures;
use crate::http::Request;
use crate::replay::{Answer, Backend};

mod browser;
mod sign_in;
mod state;

pub use browser::browse;
use sign_in::Grants;
pub use state::{CLIENT, Entry, POST_ONLY, Person, TECH, Ticket};
use state::{Document, now, status_name};

/// The server.
#[derive(Debug)]
pub struct HighLevel {
    captures: Captures,
    grants: Grants,
    tickets: Vec<Ticket>,
    documents: Vec<Document>,
    next_entry: u64,
    turn: u64,
    /// The interface is switched off.
    off: bool,
}

impl HighLevel {
    /// An empty one.
    ///
    /// # Errors
    /// If the captures cannot be read.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            captures: Captures::load("glpi-v11-high-level")?.with("x", "glpi-v11-extra")?,
            grants: Grants::default(),
            tickets: Vec::new(),
            documents: Vec::new(),
            next_entry: 1,
            turn: 0,
            off: false,
        })
    }

    /// Everything that was filed.
    #[must_use]
    pub fn tickets(&self) -> &[Ticket] {
        &self.tickets
    }

    /// Switches the interface off, or on again.
    pub fn switch_off(&mut self, off: bool) {
        self.off = off;
    }

    /// A technician answers, or writes a note. A picture stands in the text, as GLPI's editor has it.
    pub fn reply(&mut self, ticket: u64, text: &str, private: bool, file: Option<(&str, &[u8])>) {
        let mut content = format!("<p>{}</p>", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
        if let Some((name, bytes)) = file {
            let id = 1 + self.documents.len() as u64;
            self.documents.push(Document { id, name: name.to_owned(), content: bytes.to_vec() });
            content.push_str(&format!(
                "<p><a href=\"/front/document.send.php?docid={id}&amp;itemtype=Ticket&amp;items_id={ticket}\" \
                 target=\"_blank\"><img alt=\"x\" src=\"/front/document.send.php?docid={id}&amp;itemtype=Ticket\"></a></p>"
            ));
        }
        self.enter(ticket, content, private, TECH, false);
    }

    /// A technician solves it.
    pub fn solve(&mut self, ticket: u64) {
        self.enter(ticket, "<p>Replaced the roller.</p>".to_owned(), false, TECH, true);
        if let Some(ticket) = self.touch(ticket) {
            ticket.status = 5;
            ticket.assigned = true;
        }
    }

    fn touch(&mut self, ticket: u64) -> Option<&mut Ticket> {
        self.turn += 1;
        let turn = self.turn;
        let ticket = self.tickets.iter_mut().find(|one| one.id == ticket)?;
        ticket.turn = turn;
        ticket.updated_at = now();
        Some(ticket)
    }

    fn enter(&mut self, ticket: u64, content: String, private: bool, by: Person, solution: bool) -> u64 {
        let id = self.next_entry;
        self.next_entry += 1;
        if let Some(ticket) = self.touch(ticket) {
            ticket.entries.push(Entry { id, content, private, by, solution, at: now() });
        }
        id
    }

    fn captured(&self, number: &str) -> Option<Answer> {
        self.captures.get(number).ok().map(Answer::as_captured)
    }

    fn template(&self, number: &str) -> Value {
        self.captures.get(number).map(crate::Exchange::json).unwrap_or_default()
    }

    fn created(&self, id: u64, path: &str) -> Option<Answer> {
        let href = format!("{path}/{id}");
        Some(self.captured("029")?.json(&json!({"id": id, "href": href})).header("Location", href))
    }

    fn ticket_json(&self, ticket: &Ticket) -> Value {
        let mut value = self.template("031");
        value["id"] = json!(ticket.id);
        value["name"] = json!(ticket.name);
        value["content"] = json!(ticket.content);
        value["urgency"] = json!(ticket.urgency);
        value["impact"] = json!(ticket.impact);
        value["type"] = json!(ticket.kind);
        value["status"] = json!({"id": ticket.status, "name": status_name(ticket.status)});
        value["user_recipient"] = ticket.recipient.json();
        value["user_editor"] = ticket.recipient.json();
        value["category"] = ticket.category.map_or(Value::Null, |id| json!({"id": id, "name": "Laptop"}));
        value["date_creation"] = json!(ticket.created_at);
        value["date"] = json!(ticket.created_at);
        value["date_mod"] = json!(ticket.updated_at);
        let captured = self.template("x019")[0]["team"][0].clone();
        let member = |id: u64, role: &str, name: &str| {
            let mut member = captured.clone();
            member["id"] = json!(id);
            member["role"] = json!(role);
            member["name"] = json!(name);
            member["display_name"] = json!(name);
            member["href"] = json!(format!("/front/user.form.php?id={id}"));
            member
        };
        let mut team: Vec<Value> = ticket.requesters.iter().map(|id| member(*id, "requester", "post-only")).collect();
        if ticket.assigned {
            team.push(member(TECH.id, "assigned", TECH.name));
        }
        value["team"] = json!(team);
        value
    }

    fn entry_json(&self, ticket: &Ticket, entry: &Entry) -> Value {
        let captured = self.template("046");
        let mut value = captured[if entry.solution { 2 } else { 0 }].clone();
        let item = &mut value["item"];
        item["id"] = json!(entry.id);
        item["items_id"] = json!(ticket.id);
        item["content"] = json!(entry.content);
        item["user"] = entry.by.json();
        if !entry.solution {
            item["is_private"] = json!(entry.private);
            item["date"] = json!(entry.at);
        }
        item["date_creation"] = json!(entry.at);
        item["date_mod"] = json!(entry.at);
        value
    }

    /// As much of RSQL as is asked: `None` for what no capture shows the like of.
    fn matches(filter: &str, ticket: &Ticket) -> Option<bool> {
        if let Some(id) = filter.strip_prefix("user_recipient.id==") {
            return Some(id.parse() == Ok(ticket.recipient.id));
        }
        let (property, value) = filter.split_once("=ilike=")?;
        let text = match property {
            "name" => &ticket.name,
            "content" => &ticket.content,
            _ => return None,
        };
        let inner = value.strip_prefix('*')?.strip_suffix('*')?;
        Some(!inner.contains('*') && text.to_lowercase().contains(&inner.to_lowercase()))
    }

    fn list(&self, request: &Request, person: Person) -> Option<Answer> {
        let number = |name: &str, otherwise: usize| {
            request.query(name).and_then(|value| value.parse::<usize>().ok()).unwrap_or(otherwise)
        };
        let mut tickets: Vec<&Ticket> = self.tickets.iter().filter(|ticket| ticket.shows_to(person)).collect();
        if let Some(filter) = request.query("filter") {
            let matching: Option<Vec<bool>> = tickets.iter().map(|ticket| Self::matches(filter, ticket)).collect();
            let matching = matching?;
            let mut matching = matching.iter();
            tickets.retain(|_| matching.next() == Some(&true));
        }
        match request.query("sort") {
            None | Some("id:asc") => tickets.sort_by_key(|ticket| ticket.id),
            Some("id:desc") => tickets.sort_by_key(|ticket| std::cmp::Reverse(ticket.id)),
            Some("date_mod:desc") => tickets.sort_by_key(|ticket| std::cmp::Reverse(ticket.turn)),
            Some(_) => return None,
        }
        let (start, limit, total) = (number("start", 0), number("limit", 100), tickets.len());
        let page: Vec<Value> = tickets.iter().skip(start).take(limit).map(|ticket| self.ticket_json(ticket)).collect();
        if total == 0 {
            return self.captured("028");
        }
        let captured = self.captured(if start + limit < total { "027" } else { "x019" })?;
        let last = (start + limit).min(total).saturating_sub(1);
        Some(captured.json(&json!(page)).header("Content-Range", format!("{start}-{last}/{total}")))
    }

    fn create(&mut self, request: &Request, person: Person) -> Option<Answer> {
        let body = request.json();
        if !body.is_object() {
            return self.captured("059");
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        // The column's length: no capture shows what happens beyond it.
        if text("name").chars().count() > 255 {
            return None;
        }
        let number = |name: &str, otherwise: u64| body[name].as_u64().unwrap_or(otherwise);
        let id = self.tickets.iter().map(|ticket| ticket.id).max().unwrap_or(0) + 1;
        let at = now();
        self.tickets.push(Ticket {
            id,
            name: text("name"),
            content: text("content"),
            status: 1,
            // As captured: whatever the body says of a team.
            requesters: Vec::new(),
            entries: Vec::new(),
            category: body["category"].as_u64(),
            urgency: number("urgency", 3),
            impact: number("impact", 3),
            kind: number("type", 1),
            recipient: person,
            assigned: false,
            created_at: at.clone(),
            updated_at: at,
            turn: 0,
        });
        self.touch(id);
        self.created(id, "/Assistance/Ticket")
    }

    fn timeline(&self, ticket: &Ticket, person: Person) -> Option<Answer> {
        let entries = ticket.entries.iter().filter(|entry| person.technician || !entry.private);
        let (solutions, replies): (Vec<&Entry>, Vec<&Entry>) = entries.partition(|entry| entry.solution);
        let all: Vec<Value> = replies.into_iter().chain(solutions).map(|e| self.entry_json(ticket, e)).collect();
        Some(self.captured("046")?.json(&json!(all)))
    }

    fn add_member(&mut self, ticket: u64, request: &Request) -> Option<Answer> {
        let body = request.json();
        let known = self.tickets.iter_mut().find(|one| one.id == ticket)?;
        let id = body["id"].as_u64()?;
        // No capture shows what a second one answers.
        if body["type"] != "User" || body["role"] != "requester" || known.requesters.contains(&id) {
            return None;
        }
        known.requesters.push(id);
        self.touch(ticket);
        self.captured("033")
    }

    fn patch(&mut self, ticket: u64, request: &Request, person: Person) -> Option<Answer> {
        if !person.technician {
            return self.captured("053");
        }
        let status = request.json()["status"].as_u64().filter(|status| (1..=6).contains(status))?;
        let changed = self.touch(ticket)?;
        changed.status = status;
        let changed = changed.clone();
        Some(self.captured("x025")?.json(&self.ticket_json(&changed)))
    }

    fn download(&self, id: u64) -> Option<Answer> {
        let document = self.documents.iter().find(|document| document.id == id)?;
        let name = &document.name;
        let disposition = format!("attachment; filename=\"{name}\"; filename*=utf-8''{name}");
        Some(self.captured("x015")?.body(document.content.clone()).header("content-disposition", disposition))
    }

    fn session(&self, person: Person) -> Option<Answer> {
        let mut body = self.template("020");
        body["user_id"] = json!(person.id);
        body["name"] = json!(person.name);
        body["friendly_name"] = json!(person.name);
        if person.technician {
            body["active_profile"]["name"] = json!("Technician");
            body["active_profile"]["interface"] = json!("central");
            body["active_profile"]["rights"]["ticket"] = json!(168_967);
        }
        body["current_time"] = json!(now());
        Some(self.captured("020")?.json(&body))
    }

    fn articles(&self, request: &Request) -> Option<Answer> {
        let mut all = self.template("047").as_array()?.clone();
        for part in request.query("filter")?.split(',') {
            let (property, value) = part.split_once("=ilike=")?;
            if !matches!(property, "name" | "content") || !value.starts_with('*') || !value.ends_with('*') {
                return None;
            }
        }
        let any = |article: &Value| {
            request.query("filter").unwrap_or_default().split(',').any(|part| {
                let (property, value) = part.split_once("=ilike=").unwrap_or_default();
                let text = article[property].as_str().unwrap_or_default().to_lowercase();
                text.contains(&value.trim_matches('*').to_lowercase())
            })
        };
        all.retain(any);
        let range = if all.is_empty() { "0--1/0".to_owned() } else { format!("0-{}/{}", all.len() - 1, all.len()) };
        Some(self.captured("048")?.json(&json!(all)).header("Content-Range", range))
    }
}

impl Backend for HighLevel {
    fn captures(&self) -> &Captures {
        &self.captures
    }

    fn beyond(&self) -> &'static [(&'static str, &'static str)] {
        // Of the ticket's schema, as every ticket shows it. The rest is GLPI's page for signing in, from its source.
        &[
            ("POST /api.php/v2/Assistance/Ticket", "impact"),
            ("GET /api.php/authorize", "code_challenge"),
            ("GET /api.php/authorize", "code_challenge_method"),
            ("POST /api.php/authorize", "scope"),
            ("POST /api.php/authorize", "client_id"),
            ("POST /api.php/authorize", "response_type"),
            ("POST /api.php/authorize", "redirect_uri"),
            ("POST /api.php/authorize", "state"),
            ("POST /api.php/authorize", "code_challenge"),
            ("POST /api.php/authorize", "code_challenge_method"),
        ]
    }

    fn path(&self, path: &str) -> String {
        // x027: it calls its page so itself.
        path.replacen("/api.php/v2/authorize", "/api.php/authorize", 1)
    }

    fn answer(&mut self, request: &Request) -> Option<Answer> {
        // The captures tell no time.
        let delay = Duration::from_millis(40);
        self.say(request).map(|answer| Answer { delay, ..answer })
    }
}

impl HighLevel {
    fn say(&mut self, request: &Request) -> Option<Answer> {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/api.php") => return self.captured("001"),
            // The other interface is off.
            ("GET", "/apirest.php/initSession" | "/api.php/v1/initSession") => return self.captured("x038"),
            ("POST", "/api.php/token") => return self.token(request),
            (_, "/api.php/authorize") => return self.authorize(request),
            _ => {}
        }
        let path = request.path.strip_prefix("/api.php/v2/")?.to_owned();
        if self.off {
            return self.captured("x039");
        }
        let Some(token) = request.header("authorization") else { return self.captured("017") };
        let Some(person) = self.grants.person(token.strip_prefix("Bearer ").unwrap_or_default()) else {
            return self.captured(if token.matches('.').count() == 2 { "008" } else { "018" });
        };
        let parts: Vec<&str> = path.split('/').collect();
        let ticket = parts.get(2).and_then(|id| id.parse::<u64>().ok());
        if let (Some(&"Assistance"), Some(id)) = (parts.first(), ticket)
            && !self.tickets.iter().any(|ticket| ticket.id == id && ticket.shows_to(person))
        {
            return self.captured("057");
        }
        let known = |this: &Self| this.tickets.iter().find(|one| Some(one.id) == ticket).cloned();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["session"]) => self.session(person),
            ("GET", ["Assistance", "Ticket"]) => self.list(request, person),
            ("POST", ["Assistance", "Ticket"]) => self.create(request, person),
            ("GET", ["Assistance", "Ticket", _]) => {
                let body = self.ticket_json(&known(self)?);
                Some(self.captured("031")?.json(&body))
            }
            ("PATCH", ["Assistance", "Ticket", _]) => self.patch(ticket?, request, person),
            ("GET", ["Assistance", "Ticket", _, "Timeline"]) => self.timeline(&known(self)?, person),
            ("POST", ["Assistance", "Ticket", _, "Timeline", "Followup"]) => {
                let body = request.json();
                // No capture shows an empty one, or one in a closed ticket.
                let content = body["content"].as_str().filter(|text| !text.is_empty())?.to_owned();
                known(self).filter(|ticket| ticket.status != 6)?;
                let id = self.enter(ticket?, content, body["is_private"] == true, person, false);
                self.created(id, &format!("/Assistance/Ticket/{}/Timeline/Followup", ticket?))
            }
            ("POST", ["Assistance", "Ticket", _, "TeamMember"]) => self.add_member(ticket?, request),
            ("GET", ["Dropdowns", "ITILCategory"]) => self.captured("024"),
            ("GET", ["Knowledgebase", "Article"]) => self.articles(request),
            ("GET", ["Management", "Document", id, "Download"]) => self.download(id.parse().ok()?),
            _ => None,
        }
    }
}
