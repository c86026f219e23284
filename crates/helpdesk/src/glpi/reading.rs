//! What is asked of a GLPI to follow tickets.

use std::collections::BTreeMap;

use deskside_protocol::AttachmentId;
use deskside_protocol::desk::TicketView;
use serde_json::Value;

use super::rating::OWN_SURVEY;
use super::thread::{self, Reader, SOLVED, Whole};
use super::wire::{self, Entry, Link};
use super::words::{search, search_linked};
use super::{ALL, GlpiDesk, client};
use crate::{Again, Result, derived, marker};

/// Tickets that are looked through for changes: the newest changes.
const CHANGES: u64 = 200;

impl GlpiDesk {
    /// A ticket as its requester may see it.
    pub(super) async fn view(&self, number: u64) -> Result<TicketView> {
        Ok(self.read(&number.to_string()).await?.1)
    }

    async fn read(&self, number: &str) -> Result<(Whole, TicketView)> {
        let session = self.client.session().await?;
        let mut ticket = self.whole(number).await?;
        let follow_ups = allowed(self.follow_ups(number).await)?;
        let solutions = allowed(self.solutions(number).await)?;
        let tasks = allowed(self.tasks(number).await)?;
        // Somebody wrote since the ticket was asked for: what came along with that is not among its documents yet.
        let newest = follow_ups.iter().chain(&solutions).chain(&tasks).filter_map(|entry| entry.date_creation.as_ref());
        if newest.max() > ticket.date_mod.as_ref() {
            ticket = self.whole(number).await?;
        }
        let rating = if ticket.status >= SOLVED { self.rating(number).await } else { None };
        let whole = Whole { ticket, follow_ups, solutions, tasks, rating };
        let reader = Reader {
            shielded: self.is_shielded(session.user),
            server: self.client.server(),
            user: session.user,
            requester: self.setup.requester.unwrap_or(session.user),
            ahead: session.ahead,
        };
        let view = reader.view(&whole);
        Ok((whole, view))
    }

    /// What technicians do and write down as tasks.
    async fn tasks(&self, number: &str) -> Result<Vec<Entry>> {
        let range = [("range".to_owned(), ALL.to_owned())];
        self.client.list(&["Ticket", number, "TicketTask"], &range).await
    }

    async fn solutions(&self, number: &str) -> Result<Vec<Entry>> {
        let range = [("range".to_owned(), ALL.to_owned())];
        self.client.list(&["Ticket", number, "ITILSolution"], &range).await
    }

    /// The requester's tickets by their newest changes: moment and number, oldest change first.
    pub(super) async fn rows(&self) -> Result<Vec<(i64, u64)>> {
        let options = self.setup.options(&self.client).await?;
        let me = self.client.session().await?.user.to_string();
        let who = self.setup.requester.map_or_else(|| me.clone(), |id| id.to_string());
        let mut criteria = vec![("OR", options.requester, "equals", who.as_str())];
        let helpdesk = self.client.rights().is_some_and(|rights| rights.helpdesk);
        if let (true, None, Some(writer)) = (helpdesk, self.setup.requester, options.writer) {
            // On one of ours GLPI may have broken before it made anybody the requester. Others than requesters write for
            // others too.
            criteria.push(("OR", writer, "equals", me.as_str()));
            criteria.push(("AND", options.content, "contains", marker::TICKET));
        }
        let query = search_linked(
            &criteria,
            &[Some(options.id), Some(options.date_mod), options.survey].into_iter().flatten().collect::<Vec<_>>(),
            &[
                ("sort", options.date_mod.to_string()),
                ("order", "DESC".to_owned()),
                ("range", format!("0-{}", CHANGES - 1)),
            ],
        );
        let found = self.search_tickets(&query).await?;
        let cell = |row: &BTreeMap<String, Value>, option: u64| row.get(&option.to_string()).map_or(0, wire::whole);
        let surveyed = |row| options.survey.is_some_and(|survey| cell(row, survey) == OWN_SURVEY);
        if found.data.iter().any(surveyed) {
            self.setup.saw_survey();
        }
        if let (false, Some(survey)) = (helpdesk, options.survey) {
            self.look_for_surveys(survey, options.id).await?;
        }
        let mut rows: Vec<(i64, u64)> = found
            .data
            .iter()
            .filter_map(|row| {
                let id = Some(cell(row, options.id)).filter(|id| *id > 0)?;
                let changed = row.get(&options.date_mod.to_string()).and_then(Value::as_str);
                Some((changed.and_then(client::seconds).unwrap_or(0), id))
            })
            .collect();
        rows.sort_unstable();
        rows.dedup_by_key(|row| row.1);
        Ok(rows)
    }

    /// Whether there are surveys at all: a service account sees those of others, and says for all of them what is offered.
    async fn look_for_surveys(&self, survey: u64, id: u64) -> Result<()> {
        if self.setup.surveys() || !self.setup.looks_for_surveys() {
            return Ok(());
        }
        let kind = OWN_SURVEY.to_string();
        let query = search(&[(survey, "equals", kind.as_str())], &[id], &[("range", "0-0".to_owned())]);
        if !self.search_tickets(&query).await?.data.is_empty() {
            self.setup.saw_survey();
        }
        Ok(())
    }

    /// The document that an identity stands for, among those that a ticket's requester is told of.
    pub(super) async fn wanted(&self, number: &str, attachment: AttachmentId) -> Result<Option<u64>> {
        let (whole, view) = self.read(number).await?;
        if !thread::lists(&view, attachment) {
            return Ok(None);
        }
        let server = self.client.server();
        let is_meant = |id: &u64| derived::file(server, *id) == attachment;
        let mut attached = whole.ticket.documents().unwrap_or_default().into_iter().map(|document| document.id);
        if let Some(id) = attached.find(is_meant) {
            return Ok(Some(id));
        }
        let entries = || whole.follow_ups.iter().chain(&whole.solutions).chain(&whole.tasks);
        let texts = entries().map(|entry| entry.content.as_str()).chain([whole.ticket.content.as_str()]);
        let Some(id) = texts.flat_map(thread::documents_in).find(is_meant) else { return Ok(None) };
        if self.is_shielded(self.client.session().await?.user) {
            return Ok(Some(id));
        }
        // A number in a text is anybody's word, and a service account may read everything: GLPI must say that it belongs here.
        let range = [("range".to_owned(), ALL.to_owned())];
        let links: Vec<Link> = self.client.list(&["Document", &id.to_string(), "Document_Item"], &range).await?;
        let belongs = |link: &Link| match link.itemtype.as_str() {
            "Ticket" => link.items_id == whole.ticket.id,
            "ITILFollowup" => shows(&whole.follow_ups, link.items_id),
            "ITILSolution" => shows(&whole.solutions, link.items_id),
            "TicketTask" => shows(&whole.tasks, link.items_id),
            _ => false,
        };
        Ok(links.iter().any(belongs).then_some(id))
    }

    /// Whether GLPI itself keeps from this user what is not the requester's to see.
    fn is_shielded(&self, user: u64) -> bool {
        self.client.rights().is_some_and(|rights| rights.helpdesk)
            && self.setup.requester.is_none_or(|requester| requester == user)
    }
}

/// Whether an entry with this number is among those that a requester is shown.
fn shows(entries: &[Entry], id: u64) -> bool {
    entries.iter().any(|entry| entry.id == id && entry.is_private == 0)
}

/// What a profile may not list at all is not there: the rest of a ticket is shown without it.
fn allowed(entries: Result<Vec<Entry>>) -> Result<Vec<Entry>> {
    match entries {
        Err(error) if error.again == Again::Permanent => Ok(Vec::new()),
        other => other,
    }
}
