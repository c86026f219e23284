//! What is asked of a GLPI to follow tickets.

use deskside_protocol::ErrorCode;
use deskside_protocol::desk::TicketView;
use serde_json::Value;

use super::thread::{self, Reader, Whole};
use super::wire::{self, Entry, Found, Link, Ticket};
use super::words::search;
use super::{ALL, GlpiDesk, client};
use crate::Result;

/// Tickets that are looked through for changes: the newest changes.
const CHANGES: u64 = 200;

impl GlpiDesk {
    /// A ticket as its requester may see it.
    pub(super) async fn view(&self, number: u64) -> Result<TicketView> {
        let session = self.client.session().await?;
        let number = number.to_string();
        let ticket: Ticket = self.client.get(&["Ticket", &number], &[]).await?;
        let follow_ups = self.follow_ups(&number).await?;
        let range = [("range".to_owned(), ALL.to_owned())];
        let solutions = self.client.list(&["Ticket", &number, "ITILSolution"], &range).await?;
        let whole = Whole { ticket, follow_ups, solutions };
        let reader = Reader {
            server: self.client.server(),
            user: session.user,
            requester: self.setup.requester.unwrap_or(session.user),
            ahead: session.ahead,
        };
        Ok(reader.view(&whole))
    }

    /// The requester's tickets by their newest changes: moment and number, oldest change first.
    pub(super) async fn rows(&self) -> Result<Vec<(i64, u64)>> {
        let options = self.setup.options(&self.client).await?;
        let who = self.setup.requester.map_or_else(|| "myself".to_owned(), |id| id.to_string());
        let query = search(
            &[(options.requester, "equals", &who)],
            &[options.id, options.date_mod],
            &[
                ("sort", options.date_mod.to_string()),
                ("order", "DESC".to_owned()),
                ("range", format!("0-{}", CHANGES - 1)),
            ],
        );
        let found: Found = self.client.get(&["search", "Ticket"], &query).await?;
        let mut rows: Vec<(i64, u64)> = found
            .data
            .iter()
            .filter_map(|row| {
                let id = row.get(&options.id.to_string()).map(wire::whole).filter(|id| *id > 0)?;
                let changed = row.get(&options.date_mod.to_string()).and_then(Value::as_str);
                Some((changed.and_then(client::seconds).unwrap_or(0), id))
            })
            .collect();
        rows.sort_unstable();
        rows.dedup_by_key(|row| row.1);
        Ok(rows)
    }

    /// The documents that a ticket's requester may see: those in its texts, and those attached, where they are told.
    pub(super) async fn documents(&self, number: &str) -> Result<Vec<u64>> {
        let ticket: Ticket = self.client.get(&["Ticket", number], &[]).await?;
        let range = [("range".to_owned(), ALL.to_owned())];
        let solutions: Vec<Entry> = self.client.list(&["Ticket", number, "ITILSolution"], &range).await?;
        let entries = self.follow_ups(number).await?;
        let shown = entries.iter().filter(|entry| entry.is_private == 0).chain(&solutions);
        let mut documents = thread::documents_in(&ticket.content);
        documents.extend(shown.flat_map(|entry| thread::documents_in(&entry.content)));
        match self.client.list::<Link>(&["Ticket", number, "Document_Item"], &range).await {
            Ok(links) => documents.extend(links.iter().map(|link| link.documents_id)),
            Err(error) if error.code == ErrorCode::Forbidden => {}
            Err(error) => return Err(error),
        }
        Ok(documents)
    }
}
