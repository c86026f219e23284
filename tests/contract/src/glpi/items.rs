//! What is told of a ticket and what belongs to it.

use serde_json::{Value, json};

use super::Glpi;
use super::search::range;
use super::state::{FollowUp, Link, On, Session, Solution, Survey, Ticket, Version, last_modified, media_type};
use crate::http::Request;
use crate::replay::Answer;

impl Glpi {
    fn visible(&self, id: u64, session: &Session) -> Result<&Ticket, Option<Answer>> {
        let Some(ticket) = self.tickets.iter().find(|ticket| ticket.id == id) else { return Err(self.captured("088")) };
        if ticket.seen_by(session.person, &session.active) { Ok(ticket) } else { Err(self.captured("084")) }
    }

    pub(super) fn ticket(&self, id: u64, request: &Request, session: &Session) -> Option<Answer> {
        let ticket = match self.visible(id, session) {
            Ok(ticket) => ticket,
            Err(answer) => return answer,
        };
        let mut body = self.template("032");
        body["id"] = json!(id);
        body["entities_id"] = json!(ticket.entity);
        body["name"] = json!(self.told(&ticket.name));
        body["content"] = json!(self.told(&ticket.content));
        body["date"] = json!(ticket.created_at);
        body["date_creation"] = json!(ticket.created_at);
        body["date_mod"] = json!(ticket.updated_at);
        body["status"] = json!(ticket.status);
        body["urgency"] = json!(ticket.urgency);
        body["impact"] = json!(ticket.impact);
        body["itilcategories_id"] = json!(ticket.category);
        body["users_id_recipient"] = json!(ticket.recipient);
        match request.query("with_documents") {
            None => {}
            Some("true" | "1") => {
                // 033: the requester too is told; 039: how.
                let links = ticket.links.iter().filter(|link| !link.inline && self.shown(ticket, link, session));
                body["_documents"] = links.filter_map(|link| self.linked(link)).collect();
            }
            Some(_) => return None,
        }
        if request.query.iter().any(|(name, _)| name != "with_documents") {
            return None;
        }
        let answer = self.captured("032")?;
        Some(answer.header("Last-Modified", last_modified(&ticket.updated_at)?).json(&body))
    }

    /// Documents of what is private are private.
    fn shown(&self, ticket: &Ticket, link: &Link, session: &Session) -> bool {
        let On::FollowUp(id) = link.on else { return true };
        let follow_up = ticket.follow_ups.iter().find(|follow_up| follow_up.id == id);
        follow_up.is_some_and(|follow_up| readable(follow_up, session))
    }

    /// Rows of `Document_Item` as 038 shows them. Nobody captured them for a document.
    pub(super) fn places_of_document(&self, id: u64, session: &Session) -> Option<Answer> {
        if session.person.self_service() {
            return self.captured("084");
        }
        let links = self.tickets.iter().flat_map(|ticket| ticket.links.iter().map(move |link| (ticket.id, link)));
        let rows: Vec<Value> = links
            .filter(|(_, link)| link.document == id)
            .map(|(ticket, link)| {
                let mut row = self.template("038")[0].clone();
                let (kind, on) = match link.on {
                    On::Ticket => ("Ticket", ticket),
                    On::FollowUp(entry) => ("ITILFollowup", entry),
                };
                (row["id"], row["documents_id"]) = (json!(link.id), json!(id));
                (row["itemtype"], row["items_id"]) = (json!(kind), json!(on));
                row
            })
            .collect();
        let last = rows.len().saturating_sub(1);
        let range = format!("0-{last}/{}", rows.len());
        Some(self.captured("055")?.header("Content-Range", range).json(&json!(rows)))
    }

    fn linked(&self, link: &Link) -> Option<Value> {
        let document = self.document(link.document)?;
        let mut row = self.template("039")["_documents"][0].clone();
        row["assocID"] = json!(link.id);
        row["assocdate"] = json!(link.at);
        row["id"] = json!(document.id);
        row["name"] = json!("Document Ticket");
        row["filename"] = json!(self.told(&document.name));
        row["mime"] = json!(media_type(&document.content));
        row["date_mod"] = json!(document.at);
        row["date_creation"] = json!(document.at);
        row["users_id"] = json!(document.by);
        row["sha1sum"] = json!(document.sha1);
        Some(row)
    }

    pub(super) fn items_of_ticket(&self, id: u64, kind: &str, request: &Request, session: &Session) -> Option<Answer> {
        let ticket = match self.visible(id, session) {
            Ok(ticket) => ticket,
            Err(answer) => return answer,
        };
        let rows: Vec<Value> = match kind {
            "ITILFollowup" => ticket
                .follow_ups
                .iter()
                .filter(|follow_up| readable(follow_up, session))
                .map(|follow_up| self.follow_up(id, follow_up))
                .collect(),
            // 057 shows the list empty; its rows have the columns of a follow-up.
            "TicketTask" => ticket
                .tasks
                .iter()
                .filter(|task| readable(task, session))
                .map(|task| self.follow_up(id, task))
                .collect(),
            "ITILSolution" => ticket.solutions.iter().map(|solution| self.solution(id, solution)).collect(),
            "TicketSatisfaction" => ticket.survey.iter().map(|survey| self.survey_told(id, survey)).collect(),
            "Ticket_User" => ticket
                .requesters
                .iter()
                .enumerate()
                .map(|(at, user)| json!({"id": at + 1, "tickets_id": id, "users_id": user, "type": 1}))
                .collect(),
            // 040.
            "Document_Item" if session.person.self_service() => return self.captured("040"),
            _ => return None,
        };
        let accepted = format!("{kind} 1000");
        if rows.is_empty() {
            return Some(self.captured("057")?.header("Accept-Range", accepted));
        }
        let total = rows.len();
        let (first, last) = range(request)?;
        if first > total {
            return self.captured("066");
        }
        let last = last.min(total - 1);
        let page: Vec<Value> = rows.into_iter().skip(first).take((last + 1).saturating_sub(first)).collect();
        let whole = self.captured("055")?;
        let answer = if page.len() >= total {
            whole
        } else {
            Answer { status: 206, reason: "Partial Content".to_owned(), ..whole }
        };
        let range = format!("{first}-{last}/{total}");
        Some(answer.header("Accept-Range", accepted).header("Content-Range", range).json(&json!(page)))
    }

    fn follow_up(&self, ticket: u64, follow_up: &FollowUp) -> Value {
        let mut row = self.template("055")[0].clone();
        row["id"] = json!(follow_up.id);
        row["items_id"] = json!(ticket);
        row["users_id"] = json!(follow_up.by);
        row["content"] = json!(self.told(&follow_up.content));
        row["is_private"] = json!(u64::from(follow_up.private));
        for date in ["date", "date_mod", "date_creation"] {
            row[date] = json!(follow_up.at);
        }
        row
    }

    fn solution(&self, ticket: u64, solution: &Solution) -> Value {
        let mut row = self.template("059")[0].clone();
        row["id"] = json!(solution.id);
        row["items_id"] = json!(ticket);
        row["users_id"] = json!(solution.by);
        row["content"] = json!(self.told(&solution.content));
        row["status"] = json!(solution.status);
        for date in ["date_mod", "date_creation"] {
            row[date] = json!(solution.at);
        }
        row
    }

    /// The columns of `glpi_ticketsatisfactions`.
    fn survey_told(&self, ticket: u64, survey: &Survey) -> Value {
        let scaled = survey.satisfaction.map(|stars| stars as f64 * 5.0 / survey.best as f64);
        json!({
            "id": ticket, "tickets_id": ticket, "type": survey.kind, "date_begin": survey.begun,
            "date_answered": survey.answered, "satisfaction": survey.satisfaction,
            "satisfaction_scaled_to_5": scaled, "comment": survey.comment,
        })
    }

    pub(super) fn download(&self, id: u64, request: &Request, session: &Session) -> Option<Answer> {
        if request.header("accept") != Some("application/octet-stream") {
            return None;
        }
        let Some(document) = self.document(id) else { return self.captured("088") };
        // 042: by this version a requester gets the bytes, by that one not; nobody captured a stranger's.
        let theirs = self.tickets.iter().any(|ticket| {
            ticket.seen_by(session.person, &session.active)
                && ticket.links.iter().any(|link| link.document == id && self.shown(ticket, link, session))
        });
        if !theirs && session.person.self_service() {
            return self.captured("041");
        }
        let answer = match (self.version, session.person.self_service()) {
            (Version::V11, true) => return self.captured("042"),
            (Version::V11, false) => self.extra("012")?,
            (Version::V10, _) => self.captured("042")?,
        };
        let content_type = format!("{};charset=UTF-8", media_type(&document.content));
        let named = format!("attachment; filename=\"{}\"", document.name.replace('"', "'"));
        Some(
            answer
                .header("Content-Type", content_type)
                .header("Content-Disposition", named)
                .body(document.content.clone()),
        )
    }
}

fn readable(follow_up: &FollowUp, session: &Session) -> bool {
    !follow_up.private || !session.person.self_service()
}
