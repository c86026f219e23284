//! What is asked of a GLPI to follow tickets.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use deskside_protocol::ErrorCode;
use deskside_protocol::desk::TicketView;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use super::HighLevelDesk;
use super::thread::{self, File, Reader};
use super::wire::{Entry, Session, Ticket};
use crate::glpi::cursor::Cursor;
use crate::{Again, HelpdeskError, Result, http};

/// Tickets that are looked through for changes: the newest changes.
const CHANGES: usize = 200;
/// Tickets that are asked for first: when nothing is new, one tells it. Each comes with its whole text.
const FIRST: usize = 1;
/// Tickets that are asked for at a time after that.
const PAGE: usize = 20;
/// A change may become visible this long after others of the same moment: for that long, more than the newest is asked
/// for each time.
const CALM: Duration = Duration::from_secs(60);
/// Documents whose names are remembered.
const NAMES: usize = 500;

/// A ticket in a list, and when it changed, in seconds.
pub(super) type Row = (i64, Ticket);

impl HighLevelDesk {
    /// Tickets by their newest changes, newest first, as far back as the cursor wants.
    pub(super) async fn rows(&self, cursor: &Cursor, session: &Session) -> Result<Vec<Row>> {
        // A technician sees everybody's; nobody can be asked for as requester (`team` in a filter is 500).
        let filter = (!session.is_requester()).then(|| format!("user_recipient.id=={}", session.user_id));
        let mut rows: Vec<Row> = Vec::new();
        loop {
            // One row is asked for again, so that it shows if the list moved up meanwhile.
            let (start, size) = if rows.is_empty() { (0, FIRST) } else { (rows.len() - 1, PAGE) };
            let (from, limit) = (start.to_string(), size.to_string());
            let mut query = vec![("start", from.as_str()), ("limit", &limit), ("sort", "date_mod:desc")];
            query.extend(filter.as_deref().map(|filter| ("filter", filter)));
            let page = self.client.page::<Ticket>(&["Assistance", "Ticket"], &query).await?;
            let (got, total) = (page.rows.len(), page.total);
            let known = |ticket: &Ticket, rows: &[Row]| rows.iter().any(|(_, row)| row.id == ticket.id);
            if !rows.is_empty() && !page.rows.iter().any(|ticket| known(ticket, &rows)) {
                return Err(http::bad_answer("the list of tickets changed while it was read"));
            }
            let before = rows.len();
            for ticket in page.rows {
                if ticket.id > 0 && !known(&ticket, &rows) {
                    rows.push((thread::seconds(ticket.date_mod.as_deref()), ticket));
                }
            }
            let in_order = rows.is_sorted_by(|one, next| one.0 >= next.0);
            let past = in_order && rows.last().is_none_or(|(at, _)| cursor.is_over(*at));
            let last = total.map_or(got < size, |total| start + got >= total);
            let stuck = before == rows.len();
            // Nothing is newer than what was seen, and nothing older can have come since.
            let calm = start == 0 && rows.first().is_some_and(|(at, ticket)| !cursor.wants((*at, ticket.id)));
            let calm = calm && self.is_calm(cursor.since);
            if past || last || stuck || calm || rows.len() >= CHANGES {
                return Ok(rows);
            }
        }
    }

    /// Whether it is long ago that this was first seen to be the newest change.
    fn is_calm(&self, newest: i64) -> bool {
        let first = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        first.is_some_and(|(at, since)| at == newest && since.elapsed() > CALM)
    }

    /// Takes note of the newest change that was seen.
    pub(super) fn note_newest(&self, newest: i64) {
        let mut first = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none_or(|(at, _)| at != newest) {
            *first = Some((newest, Instant::now()));
        }
    }

    /// Whether a ticket is the user's own request.
    pub(super) fn is_mine(ticket: &Ticket, user: u64) -> bool {
        let mut requesters = ticket.requesters().peekable();
        match requesters.peek() {
            Some(_) => requesters.any(|requester| requester == user),
            // Nobody is: whoever wrote it.
            None => ticket.user_recipient.id == user,
        }
    }

    /// A ticket as its requester may see it.
    pub(super) async fn view(&self, ticket: &Ticket, user: u64) -> Result<TicketView> {
        let timeline = self.timeline(&ticket.id.to_string()).await?;
        for id in thread::documents(ticket, &timeline).into_iter().take(deskside_protocol::limits::ATTACHMENTS) {
            self.learn_name(id).await?;
        }
        let documents = self.documents.lock().await;
        Ok(Reader { server: self.client.server(), user, documents: &documents }.view(ticket, &timeline))
    }

    /// All entries of a ticket that the user may see.
    pub(super) async fn timeline(&self, number: &str) -> Result<Vec<Entry>> {
        self.client.get(&["Assistance", "Ticket", number, "Timeline"], &[]).await
    }

    /// What a document is called stands only where it is downloaded from: the head of that answer is read, once.
    async fn learn_name(&self, id: u64) -> Result<()> {
        if self.documents.lock().await.contains_key(&id) {
            return Ok(());
        }
        let answer = match self.client.document(id).await {
            Ok(answer) => answer,
            // Deleted, or shown to others only: it stays a document without a name.
            Err(HelpdeskError {
                code: ErrorCode::NotFound | ErrorCode::Forbidden | ErrorCode::Refused,
                again: Again::Permanent,
                ..
            }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let name = thread::file_name(header(CONTENT_DISPOSITION)).unwrap_or_else(|| format!("document-{id}"));
        let file = File { name, media_type: header(CONTENT_TYPE).to_owned() };
        let mut known = self.documents.lock().await;
        if known.len() >= NAMES {
            known.clear();
        }
        known.insert(id, file);
        Ok(())
    }
}
