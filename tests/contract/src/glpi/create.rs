//! What is added and changed.

use serde_json::{Value, json};

use super::Glpi;
use super::state::{FollowUp, On, Session, Ticket, Version, now};
use super::upload::input;
use crate::http::Request;
use crate::replay::Answer;

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

impl Glpi {
    /// A missing right on a write.
    fn may_not(&self) -> Option<Answer> {
        self.captured("085")
    }

    /// GLPI 11's page, though what was asked for is there.
    fn broke(&self) -> Option<Answer> {
        self.extra("009")
    }

    pub(super) fn create_ticket(&mut self, request: &Request, session: &Session) -> Option<Answer> {
        let (input, files) = input(request, self)?;
        if !input.is_object() {
            return self.captured("082");
        }
        let told = &input["entities_id"];
        let entity = if told.is_null() { session.active.first().copied()? } else { number(told)? };
        if !session.active.contains(&entity) {
            return self.may_not();
        }
        let name = input["name"].as_str().unwrap_or_default().to_owned();
        let id = self.tickets.iter().map(|ticket| ticket.id).max().unwrap_or(0) + 1;
        let at = now();
        self.tickets.push(Ticket {
            id,
            name: name.clone(),
            content: input["content"].as_str().unwrap_or_default().to_owned(),
            status: 1,
            requesters: Vec::new(),
            recipient: session.person.id,
            entity,
            category: number(&input["itilcategories_id"]).unwrap_or(0),
            follow_ups: Vec::new(),
            tasks: Vec::new(),
            solutions: Vec::new(),
            links: Vec::new(),
            survey: None,
            urgency: number(&input["urgency"]).unwrap_or(3),
            impact: number(&input["impact"]).unwrap_or(3),
            assigned: false,
            created_at: at.clone(),
            updated_at: at,
            turn: 0,
        });
        self.touch(id);
        let many = !files.is_empty();
        let result = self.upload_result(&files);
        if !self.take(id, On::Ticket, files, session.person.id, self.version == Version::V10) {
            return self.broke();
        }
        let asked = &input["_users_id_requester"];
        let asked = asked.as_array().map_or_else(|| std::slice::from_ref(asked), Vec::as_slice);
        let requesters = asked.iter().filter_map(number).collect();
        self.touch(id)?.requesters = requesters;
        let message = match self.version {
            Version::V10 => format!("Item successfully added: {name} ({id})"),
            Version::V11 => format!("Item successfully added: {name}"),
        };
        let mut body = json!({"id": id, "message": message});
        if many {
            body["upload_result"] = result;
        }
        let answer = self.captured(if many { "054" } else { "028" })?;
        Some(answer.header("location", self.location("Ticket", id)).json(&body))
    }

    pub(super) fn create_follow_up(&mut self, request: &Request, session: &Session) -> Option<Answer> {
        let (input, files) = input(request, self)?;
        if input["itemtype"] != "Ticket" || input["content"].as_str().is_none_or(str::is_empty) {
            return None;
        }
        let ticket = number(&input["items_id"])?;
        let there = self.tickets.iter().find(|there| there.id == ticket);
        let Some(there) = there.filter(|there| there.seen_by(session.person, &session.active)) else {
            return self.may_not();
        };
        // 014: Self-Service may not open again what is closed, and nobody adds to it.
        if there.status == 6 && session.person.self_service() {
            return self.may_not();
        }
        let private = number(&input["is_private"]).unwrap_or(0) == 1;
        let id = self.number();
        let content = input["content"].as_str().unwrap_or_default().to_owned();
        let follow_up = FollowUp { id, content, private, by: session.person.id, at: now() };
        self.touch(ticket)?.follow_ups.push(follow_up);
        let many = !files.is_empty();
        let result = self.upload_result(&files);
        if !self.take(ticket, On::FollowUp(id), files, session.person.id, self.version == Version::V10) {
            return self.broke();
        }
        self.status_after(ticket, &input);
        let mut body = json!({"id": id, "message": ""});
        if many {
            body["message"] = json!("Document copy succeeded.");
            body["upload_result"] = result;
        }
        let answer = self.captured("050")?;
        Some(answer.header("location", self.location("ITILFollowup", id)).json(&body))
    }

    /// What a follow-up does to its ticket (`ParentStatus::updateParentStatus`).
    fn status_after(&mut self, ticket: u64, input: &Value) {
        let Some(ticket) = self.touch(ticket) else { return };
        let reopens = !input["add_reopen"].is_null() && matches!(ticket.status, 5 | 6) || ticket.status == 4;
        let solution = if !input["add_close"].is_null() && ticket.status == 5 {
            ticket.status = 6;
            3
        } else if reopens {
            ticket.status = if ticket.assigned { 2 } else { 1 };
            ticket.survey = None;
            4
        } else {
            return;
        };
        if let Some(last) = ticket.solutions.last_mut() {
            last.status = solution;
        }
    }

    /// Whoever wrote a ticket may add to it as long as nobody else did (`Ticket::canRequesterUpdateItem`).
    pub(super) fn add_actor(&mut self, request: &Request, session: &Session) -> Option<Answer> {
        let input = request.json()["input"].clone();
        if number(&input["type"]) != Some(1) {
            return None;
        }
        let (ticket, user) = (number(&input["tickets_id"])?, number(&input["users_id"])?);
        let Some(ticket) = self.tickets.iter_mut().find(|there| there.id == ticket) else { return self.may_not() };
        let may = ticket.recipient == session.person.id && ticket.follow_ups.is_empty();
        if !may && session.person.self_service() {
            return self.may_not();
        }
        ticket.requesters.push(user);
        let id = self.number();
        let body = json!({"id": id, "message": format!("Item successfully added: {id}")});
        Some(self.captured("028")?.header("location", self.location("Ticket_User", id)).json(&body))
    }

    /// The answer to a survey (`CommonITILSatisfaction`): only where one is, and only by the requester, or who wrote it.
    pub(super) fn rate(&mut self, id: u64, request: &Request, session: &Session) -> Option<Answer> {
        let input = request.json()["input"].clone();
        // Its key is the ticket's number; without it in the input nothing is updated.
        if number(&input["tickets_id"]) != Some(id) {
            return None;
        }
        let stars = number(&input["satisfaction"])?;
        let ticket = self.tickets.iter_mut().find(|ticket| ticket.id == id);
        // Whoever wrote it may, with a right to (`Ticket::SURVEY`), that Super-Admin has.
        let wrote = |ticket: &Ticket| ticket.recipient == session.person.id && session.person.super_admin();
        let may = |ticket: &&mut Ticket| ticket.requesters.contains(&session.person.id) || wrote(ticket);
        let Some(ticket) = ticket.filter(may) else {
            return self.captured("086");
        };
        let Some(survey) = &mut ticket.survey else { return self.captured("086") };
        survey.satisfaction = Some(stars);
        survey.comment = input["comment"].as_str().map(str::to_owned);
        survey.answered = Some(now());
        self.touch(id);
        Some(self.captured("017")?.json(&json!([{(id.to_string()): true, "message": ""}])))
    }
}
