//! GLPI 10.0 and 11.0 by the legacy interface, as `captures/glpi-v10-legacy`, `glpi-v11-legacy` and `glpi-v11-extra`
//! show it: every answer is a captured one, in which what depends on the state (numbers, texts, people, times, files) is
//! replaced.
//!
//! Not captured, and named in `docs/helpdesks.md`: [`Backend::beyond`]; what GLPI 10 says to a ticket with a refused file
//! (its code goes on without the file, as it was captured to with documents); that GLPI 11 has made no one the requester
//! of a ticket on which it broke (its code takes files first and actors after them); which endings are taken; search
//! options 119, 22 and those of surveys as columns.

use serde_json::Value;

use crate::capture::Captures;
use crate::http::Request;
use crate::replay::{Answer, Backend};

mod create;
mod items;
mod search;
mod session;
mod state;
mod upload;

pub use state::{
    APP_TOKEN, CLIENT_MAX_BODY_SIZE, DOCUMENT_MAX_SIZE, Document, FollowUp, Link, POST_MAX_SIZE, REQUESTER, SERVICE,
    Solution, Survey, TECHNICIAN, Ticket, UPLOAD_MAX_FILESIZE, Version,
};
use state::{ENDINGS, On, Person, Session, now};

/// The server.
#[derive(Debug)]
pub struct Glpi {
    version: Version,
    captures: Captures,
    legacy: Captures,
    extra: Captures,
    tickets: Vec<Ticket>,
    documents: Vec<Document>,
    sessions: Vec<Session>,
    /// Counts everything that gets a number, and every change.
    turn: u64,
    opened: u64,
    revoked: Vec<String>,
    off: bool,
    wrong_address: bool,
    /// Entities of the requester's profile, and those that a session begins with.
    entities: (Vec<u64>, Vec<u64>),
    endings: Vec<String>,
    document_max: usize,
    /// Whether only the first file of a request is kept, with a word on all of them.
    only_first: bool,
    articles: Vec<(u64, String, String)>,
}

impl Glpi {
    /// An empty one.
    ///
    /// # Errors
    /// If the captures cannot be read.
    pub fn new(version: Version) -> anyhow::Result<Self> {
        let legacy = Captures::load(match version {
            Version::V10 => "glpi-v10-legacy",
            Version::V11 => "glpi-v11-legacy",
        })?;
        // Of these the errors of sign-in are the same in both versions, and nothing else is used for 10.
        let extra = Captures::load("glpi-v11-extra")?;
        let captures = match version {
            Version::V10 => legacy.clone(),
            Version::V11 => legacy.clone().and(extra.clone()),
        };
        Ok(Self {
            version,
            captures,
            legacy,
            extra,
            tickets: Vec::new(),
            documents: Vec::new(),
            sessions: Vec::new(),
            turn: 0,
            opened: 0,
            revoked: Vec::new(),
            off: false,
            wrong_address: false,
            entities: (vec![0], vec![0]),
            endings: ENDINGS.iter().map(|ending| (*ending).to_owned()).collect(),
            document_max: DOCUMENT_MAX_SIZE,
            only_first: false,
            articles: vec![(1, "How do I reset my password?".to_owned(), "<p>Open the portal.</p>".to_owned())],
        })
    }

    /// Everything that was filed.
    #[must_use]
    pub fn tickets(&self) -> &[Ticket] {
        &self.tickets
    }

    /// A document.
    #[must_use]
    pub fn document(&self, id: u64) -> Option<&Document> {
        self.documents.iter().find(|document| document.id == id)
    }

    /// Sessions that are open.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Keeps only the first file of each request, as GLPI 10 did before its pull request 19180; from source, no capture.
    pub fn keeps_only_the_first_file(&mut self) {
        self.only_first = true;
    }

    /// Withdraws a token, or gives it back. Its sessions end.
    pub fn revoke(&mut self, token: &str, revoked: bool) {
        self.revoked.retain(|t| t != token);
        if revoked {
            self.revoked.push(token.to_owned());
            self.expire();
        }
    }

    /// All sessions end.
    pub fn expire(&mut self) {
        self.sessions.clear();
    }

    /// Switches the interface off, or on.
    pub fn switch_off(&mut self, off: bool) {
        self.off = off;
    }

    /// Lets no API client match the caller's address.
    pub fn refuse_address(&mut self, refused: bool) {
        self.wrong_address = refused;
    }

    /// Which entities the requester's profile is for, and which of them a session begins with.
    pub fn entities(&mut self, all: &[u64], at_first: &[u64]) {
        self.entities = (all.to_vec(), at_first.to_vec());
    }

    /// Takes or refuses files with an ending.
    pub fn takes(&mut self, ending: &str, taken: bool) {
        self.endings.retain(|known| known != ending);
        if taken {
            self.endings.push(ending.to_owned());
        }
    }

    /// Sets `document_max_size`, in MiB.
    pub fn document_max_size(&mut self, mib: usize) {
        self.document_max = mib * 1024 * 1024;
    }

    /// A technician adds a follow-up.
    pub fn reply(&mut self, ticket: u64, content: &str, private: bool, file: Option<(&str, &[u8])>) {
        let by = Person::TECHNICIAN.id;
        let id = self.number();
        let follow_up = FollowUp { id, content: content.to_owned(), private, by, at: now() };
        if let Some(ticket) = self.touch(ticket) {
            ticket.follow_ups.push(follow_up);
        }
        if let Some((name, content)) = file {
            self.keep(ticket, On::FollowUp(id), name, content.to_vec(), by);
        }
    }

    /// Somebody writes into a ticket's thread on GLPI's own pages, with a picture that shows nowhere else.
    pub fn write(&mut self, ticket: u64, by: u64, content: &str, picture: Option<&[u8]>) -> Option<u64> {
        let id = self.number();
        let at = now();
        self.touch(ticket)?.follow_ups.push(FollowUp { id, content: content.to_owned(), private: false, by, at });
        let picture = picture?;
        self.keep(ticket, On::FollowUp(id), "pasted.png", picture.to_vec(), by);
        let link = self.touch(ticket)?.links.last_mut()?;
        link.inline = true;
        let document = link.document;
        let said = self.touch(ticket)?.follow_ups.last_mut()?;
        said.content = format!("{content}<img src=\"/front/document.send.php?docid={document}\">");
        Some(document)
    }

    /// A technician writes a task down.
    pub fn task(&mut self, ticket: u64, content: &str, private: bool) {
        let by = Person::TECHNICIAN.id;
        let task = FollowUp { id: self.number(), content: content.to_owned(), private, by, at: now() };
        if let Some(ticket) = self.touch(ticket) {
            ticket.tasks.push(task);
        }
    }

    /// A technician solves it.
    pub fn solve(&mut self, ticket: u64, content: &str) {
        let solution = Solution {
            id: self.number(),
            content: content.to_owned(),
            status: 2,
            by: Person::TECHNICIAN.id,
            at: now(),
        };
        if let Some(ticket) = self.touch(ticket) {
            ticket.solutions.push(solution);
            ticket.status = 5;
            ticket.assigned = true;
        }
    }

    /// A technician, or time, changes the status.
    pub fn set_status(&mut self, ticket: u64, status: u64) {
        if let Some(ticket) = self.touch(ticket) {
            ticket.status = status;
        }
    }

    /// A technician moves it to another entity.
    pub fn transfer(&mut self, ticket: u64, entity: u64) {
        if let Some(ticket) = self.touch(ticket) {
            ticket.entity = entity;
        }
    }

    /// Takes the requester off a ticket.
    pub fn nobody_asked(&mut self, ticket: u64) {
        if let Some(ticket) = self.touch(ticket) {
            ticket.requesters.clear();
        }
    }

    /// The survey begins: GLPI's own (1) or one elsewhere (2), with so many stars at best.
    pub fn survey(&mut self, ticket: u64, kind: u64, best: u64) {
        let survey = Survey { kind, begun: now(), answered: None, satisfaction: None, comment: None, best };
        if let Some(ticket) = self.touch(ticket) {
            ticket.survey = Some(survey);
        }
    }

    /// Writes an article of the FAQ.
    pub fn article(&mut self, title: &str, answer: &str) {
        let id = self.articles.len() as u64 + 1;
        self.articles.push((id, title.to_owned(), answer.to_owned()));
    }

    fn number(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }

    fn touch(&mut self, ticket: u64) -> Option<&mut Ticket> {
        let turn = self.number();
        let ticket = self.tickets.iter_mut().find(|t| t.id == ticket)?;
        ticket.turn = turn;
        ticket.updated_at = now();
        Some(ticket)
    }

    fn captured(&self, number: &str) -> Option<Answer> {
        self.legacy.get(number).ok().map(Answer::as_captured)
    }

    fn extra(&self, number: &str) -> Option<Answer> {
        self.extra.get(number).ok().map(Answer::as_captured)
    }

    fn template(&self, number: &str) -> Value {
        self.legacy.get(number).map(crate::Exchange::json).unwrap_or_default()
    }

    /// Rich text as this version tells it.
    fn told(&self, html: &str) -> String {
        match self.version {
            Version::V10 => html.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;"),
            Version::V11 => html.to_owned(),
        }
    }

    /// The address of something that was added, as the server tells it.
    fn location(&self, kind: &str, id: u64) -> String {
        match self.version {
            Version::V10 => format!("http://127.0.0.1:8087/apirest.php/{kind}/{id}"),
            Version::V11 => format!("http://127.0.0.1:8088/api.php/v1/{kind}/{id}"),
        }
    }

    fn ask(&mut self, request: &Request, session: &Session) -> Option<Answer> {
        let path = request.path.strip_prefix("/apirest.php/")?;
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let id = parts.get(1).and_then(|id| id.parse::<u64>().ok());
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["killSession"]) => {
                self.sessions.retain(|open| open.token != session.token);
                self.captured("091")
            }
            ("GET", ["getGlpiConfig"]) => {
                let mut body = self.template("018");
                // A text, as captured.
                body["cfg_glpi"]["document_max_size"] =
                    serde_json::json!((self.document_max / 1024 / 1024).to_string());
                Some(self.captured("018")?.json(&body))
            }
            ("GET", ["getFullSession"]) => {
                let body = serde_json::json!({"session": self.full(session)});
                Some(self.captured("012")?.json(&body))
            }
            ("POST", ["changeActiveProfile"]) => self.change_profile(request, session),
            ("POST", ["changeActiveEntities"]) => self.change_entities(request, session),
            ("GET", ["listSearchOptions", "Ticket"]) => self.captured("023"),
            ("GET", ["listSearchOptions", "KnowbaseItem"]) => self.captured("024"),
            ("GET", ["ITILCategory"]) => {
                if session.person.super_admin() {
                    // All of them were asked for, and these are all.
                    let all = self.captured("020")?.header("Content-Range", "0-1/2");
                    Some(Answer { status: 200, reason: "OK".to_owned(), ..all })
                } else {
                    self.captured("019")
                }
            }
            ("GET", ["search", "Ticket"]) => self.search_tickets(request, session),
            ("GET", ["search", "KnowbaseItem"]) => self.search_articles(request),
            ("POST", ["Ticket"]) => self.create_ticket(request, session),
            ("POST", ["ITILFollowup"]) => self.create_follow_up(request, session),
            ("POST", ["Ticket_User"]) => self.add_actor(request, session),
            ("PUT", ["TicketSatisfaction", _]) => self.rate(id?, request, session),
            ("GET", ["Ticket", _]) => self.ticket(id?, request, session),
            ("GET", ["Ticket", _, kind]) => self.items_of_ticket(id?, kind, request, session),
            ("GET", ["Document", _]) => self.download(id?, request, session),
            ("GET", ["Document", _, "Document_Item"]) => self.places_of_document(id?, session),
            _ => None,
        }
    }
}

impl Backend for Glpi {
    fn captures(&self) -> &Captures {
        &self.captures
    }

    fn beyond(&self) -> &'static [(&'static str, &'static str)] {
        const MANIFEST: &str = "POST /apirest.php/ITILFollowup";
        &[
            // Fields of a ticket, as GLPI's form and documentation name them.
            ("POST /apirest.php/Ticket", "input.impact"),
            ("POST /apirest.php/Ticket", "input.entities_id"),
            // 026 and 079 show these without a file, 054 a file without these.
            ("POST /apirest.php/Ticket", "uploadManifest.input.type"),
            ("POST /apirest.php/Ticket", "uploadManifest.input.urgency"),
            ("POST /apirest.php/Ticket", "uploadManifest.input.impact"),
            ("POST /apirest.php/Ticket", "uploadManifest.input.entities_id"),
            ("POST /apirest.php/Ticket", "uploadManifest.input.itilcategories_id"),
            // A follow-up with a file: 006 of GLPI 11; the lab's notes say that both take it.
            (MANIFEST, "uploadManifest"),
            (MANIFEST, "uploadManifest.input"),
            (MANIFEST, "uploadManifest.input.itemtype"),
            (MANIFEST, "uploadManifest.input.items_id"),
            (MANIFEST, "uploadManifest.input.content"),
            (MANIFEST, "uploadManifest.input.is_private"),
            (MANIFEST, "uploadManifest.input._filename"),
            (MANIFEST, "filename[0]"),
            // What the buttons of GLPI's own form send.
            (MANIFEST, "input.add_close"),
            (MANIFEST, "input.add_reopen"),
            // Lists of solutions and surveys: as those of follow-ups.
            ("GET /apirest.php/Ticket/0/ITILSolution", "range"),
            ("GET /apirest.php/Ticket/0/TicketTask", "range"),
            ("GET /apirest.php/Ticket/0/TicketSatisfaction", ""),
            ("PUT /apirest.php/TicketSatisfaction/0", ""),
            ("PUT /apirest.php/TicketSatisfaction/0", "input"),
            ("PUT /apirest.php/TicketSatisfaction/0", "input.tickets_id"),
            ("PUT /apirest.php/TicketSatisfaction/0", "input.satisfaction"),
            ("PUT /apirest.php/TicketSatisfaction/0", "input.comment"),
            ("POST /apirest.php/changeActiveProfile", ""),
            ("POST /apirest.php/changeActiveProfile", "profiles_id"),
            // Asked where the interface may be as well.
            ("GET /api.php/v1/initSession", "get_full_session"),
            ("GET /index.php/apirest.php/initSession", "get_full_session"),
            // Where a document belongs: rows as 038 shows them.
            ("GET /apirest.php/Document/0/Document_Item", ""),
            ("GET /apirest.php/Document/0/Document_Item", "range"),
            // Whom a broken ticket belongs to.
            ("POST /apirest.php/Ticket_User", ""),
            ("POST /apirest.php/Ticket_User", "input"),
            ("POST /apirest.php/Ticket_User", "input.tickets_id"),
            ("POST /apirest.php/Ticket_User", "input.users_id"),
            ("POST /apirest.php/Ticket_User", "input.type"),
        ]
    }

    fn path(&self, path: &str) -> String {
        match self.version {
            Version::V10 => path.to_owned(),
            // 005 of the extra captures: the same behind its other name.
            Version::V11 => path.replacen("/api.php/v1/", "/apirest.php/", 1),
        }
    }

    fn answer(&mut self, request: &Request) -> Option<Answer> {
        if request.body.len() > CLIENT_MAX_BODY_SIZE {
            return self.captured("048");
        }
        if !request.path.starts_with("/apirest.php/") {
            // No such file: the page that 048 shows, with other words.
            let page = self.captured("048")?;
            let body = String::from_utf8_lossy(&page.body).replace("413 Request Entity Too Large", "404 Not Found");
            return Some(Answer { status: 404, ..page }.body(body));
        }
        if self.off {
            return self.extra("038");
        }
        if self.wrong_address {
            return self.extra("041");
        }
        if request.body.len() > POST_MAX_SIZE {
            return self.captured("047");
        }
        match request.header("app-token") {
            None => return self.captured("005"),
            Some(APP_TOKEN) => {}
            Some(_) => return self.captured("006"),
        }
        if request.path == "/apirest.php/initSession" {
            return self.sign_in(request);
        }
        let Some(token) = request.header("session-token") else { return self.captured("010") };
        let Some(session) = self.sessions.iter().find(|open| open.token == token).cloned() else {
            return self.captured("011");
        };
        let answer = self.ask(request, &session);
        // The captures tell no time: as a GLPI of middling size is.
        answer.map(|answer| Answer { delay: std::time::Duration::from_millis(60), ..answer })
    }
}
