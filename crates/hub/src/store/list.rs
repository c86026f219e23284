//! The console's list of tickets.

use deskside_protocol::DeviceId;
use deskside_protocol::desk::TicketRow;
use deskside_protocol::ticket::TicketState;
use sqlx::Row as _;

use super::rows::{self, word};
use super::{Result, Store, flag};
use crate::search;

/// Which tickets, and where the page begins.
#[derive(Debug, Default)]
pub(crate) struct ListQuery {
    pub(crate) state: Option<TicketState>,
    /// Also closed ones, when no state is given.
    pub(crate) closed: bool,
    /// `Some(None)` is nobody's.
    pub(crate) assignee: Option<Option<String>>,
    /// Words, all of which must be found.
    pub(crate) words: String,
    /// Only rows that changed before this one.
    pub(crate) before: Option<i64>,
    pub(crate) limit: i64,
}

impl Store {
    /// A page of tickets, newest change first; where the next page begins, if there is one; how many there are in all.
    pub(crate) async fn list(&self, query: &ListQuery) -> Result<(Vec<TicketRow>, Option<i64>, u64)> {
        let state = query.state.map(word).transpose()?.unwrap_or_default();
        let whose = match &query.assignee {
            None => 0_i64,
            Some(Some(_)) => 1,
            Some(None) => 2,
        };
        let login = query.assignee.clone().flatten().unwrap_or_default();
        let [a, b, c, d, e, f] = search::patterns(&query.words);
        let everything = flag(query.closed || query.state.is_some());

        // One fixed statement rather than one put together: a filter that is not asked for is true for every row.
        let mut found = sqlx::query(
            r"SELECT t.change_seq, t.number, t.title, t.state, t.urgency, t.impact, t.requester, d.name AS device,
                  t.assignee, t.created_at, t.updated_at, t.findings, t.screenshot, t.awaits_answer
              FROM tickets t JOIN devices d ON d.id = t.device_id
              WHERE ($1 = '' OR t.state = $1) AND ($2 = 1 OR t.state <> 'closed')
                AND ($3 = 0 OR ($3 = 1 AND t.assignee = $4) OR ($3 = 2 AND t.assignee IS NULL))
                AND t.search LIKE $5 ESCAPE '\' AND t.search LIKE $6 ESCAPE '\' AND t.search LIKE $7 ESCAPE '\'
                AND t.search LIKE $8 ESCAPE '\' AND t.search LIKE $9 ESCAPE '\' AND t.search LIKE $10 ESCAPE '\'
                AND t.change_seq < $11
              ORDER BY t.change_seq DESC LIMIT $12",
        )
        .bind(state.clone())
        .bind(everything)
        .bind(whose)
        .bind(login.clone())
        .bind(a.clone())
        .bind(b.clone())
        .bind(c.clone())
        .bind(d.clone())
        .bind(e.clone())
        .bind(f.clone())
        .bind(query.before.unwrap_or(i64::MAX))
        .bind(query.limit + 1)
        .fetch_all(&self.pool)
        .await?;
        let total = sqlx::query(
            r"SELECT COUNT(*) AS total FROM tickets t
              WHERE ($1 = '' OR t.state = $1) AND ($2 = 1 OR t.state <> 'closed')
                AND ($3 = 0 OR ($3 = 1 AND t.assignee = $4) OR ($3 = 2 AND t.assignee IS NULL))
                AND t.search LIKE $5 ESCAPE '\' AND t.search LIKE $6 ESCAPE '\' AND t.search LIKE $7 ESCAPE '\'
                AND t.search LIKE $8 ESCAPE '\' AND t.search LIKE $9 ESCAPE '\' AND t.search LIKE $10 ESCAPE '\'",
        )
        .bind(state)
        .bind(everything)
        .bind(whose)
        .bind(login)
        .bind(a)
        .bind(b)
        .bind(c)
        .bind(d)
        .bind(e)
        .bind(f)
        .fetch_one(&self.pool)
        .await?;

        let page = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let more = found.len() > page;
        found.truncate(page);
        let next = match found.last() {
            Some(last) if more => Some(last.try_get("change_seq")?),
            Some(_) | None => None,
        };
        let rows = found.iter().map(rows::ticket_row).collect::<Result<_>>()?;
        Ok((rows, next, rows::count(&total, "total")?))
    }

    /// Other tickets of a device, newest first, at most 10.
    pub(crate) async fn of_same_device(&self, device: DeviceId, but: i64) -> Result<Vec<TicketRow>> {
        let found = sqlx::query(
            "SELECT t.number, t.title, t.state, t.urgency, t.impact, t.requester, d.name AS device, t.assignee,
                 t.created_at, t.updated_at, t.findings, t.screenshot, t.awaits_answer
             FROM tickets t JOIN devices d ON d.id = t.device_id
             WHERE t.device_id = $1 AND t.number <> $2 ORDER BY t.number DESC LIMIT 10",
        )
        .bind(device.to_string())
        .bind(but)
        .fetch_all(&self.pool)
        .await?;
        found.iter().map(rows::ticket_row).collect()
    }
}
