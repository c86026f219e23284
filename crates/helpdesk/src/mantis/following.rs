//! What changed since the last look: the user's own issues that are not closed, and those that were not closed then.

use deskside_protocol::desk::{Changes, TicketView};
use deskside_protocol::{ErrorCode, limits};
use serde::{Deserialize, Serialize};

use super::client::Fetched;
use super::setup::Limits;
use super::wire::{Issue, Issues};
use super::{MantisDesk, REPORTED, thread};
use crate::connection::refusal;
use crate::{Again, Result};

/// Longest ETag that is kept. MantisBT's are digests.
const ETAG_BYTES: usize = 80;
/// What is asked of an issue to show it.
const SHOWN: &str = "id,summary,description,status,reporter,handler,created_at,updated_at,sticky,attachments,notes";
/// Issues that are asked for at a time with their threads. One fewer are followed until they are closed: their numbers are
/// in the cursor, which holds no more ([`limits::CURSOR_BYTES`]).
const CHANGES_PAGE: usize = 41;

/// Where the last look ended; our own words in the opaque cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// Issues that changed before this second are known.
    since: i64,
    /// The newest change that this round saw.
    newest: i64,
    /// The page to ask for.
    page: usize,
    /// The ETag of the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    /// The user's issues that were not closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    open: Vec<u64>,
}

impl MantisDesk {
    /// The answer to [`crate::Helpdesk::changes`].
    pub(super) async fn follow(&self, cursor: Option<&str>) -> Result<Changes> {
        let start_over = |_| refusal(ErrorCode::StartOver, "the cursor is not one that MantisBT's connector made");
        let mut cursor: Cursor = match cursor {
            Some(text) => serde_json::from_str(text).map_err(start_over)?,
            None => Cursor { since: i64::MIN, newest: i64::MIN, page: 1, etag: None, open: Vec::new() },
        };
        let limits: Limits = self.setup.limits(&self.client).await?;
        let _learns_what_this_user_may = self.setup.project(&self.client).await;
        let (page, size) = (cursor.page.max(1).to_string(), CHANGES_PAGE.to_string());
        let query = [REPORTED, ("page_size", size.as_str()), ("page", page.as_str()), ("select", SHOWN)];
        let etag = cursor.etag.clone().filter(|_| cursor.page <= 1);
        let fetched = self
            .client
            .get_unless::<Issues>(&["issues"], &query, etag.as_deref(), limits::ANSWER, limits::ANSWER_BYTES)
            .await?;
        let (issues, etag) = match fetched {
            Fetched::Unchanged => return Ok(Changes { tickets: Vec::new(), cursor: written(&cursor)?, more: false }),
            Fetched::Now(issues, etag) => (issues.issues, etag),
        };
        let second = |issue: &Issue| issue.updated_at.map_or(i64::MAX, jiff::Timestamp::as_second);
        let more = issues.len() >= CHANGES_PAGE
            && issues.last().is_some_and(|issue| issue.sticky == Some(true) || second(issue) >= cursor.since);
        let server = self.client.server();
        // Within one second more can happen than was seen: that second is looked at again.
        let mut tickets: Vec<TicketView> = issues
            .iter()
            .filter(|issue| second(issue) >= cursor.since)
            .map(|issue| thread::view(server, issue, limits.resolved_from))
            .collect();
        let newest = issues.iter().filter_map(|issue| issue.updated_at).map(jiff::Timestamp::as_second).max();
        if cursor.page <= 1 {
            cursor.etag = etag.filter(|etag| etag.len() <= ETAG_BYTES);
        }
        cursor.newest = newest.into_iter().fold(cursor.newest, i64::max);
        if more {
            cursor.page += 1;
        } else {
            // All that are not closed, if they are one page.
            if cursor.page <= 1 && issues.len() < CHANGES_PAGE {
                let open: Vec<u64> = issues.iter().map(|issue| issue.id).collect();
                for number in cursor.open.iter().filter(|number| !open.contains(number)) {
                    match self.issue(&number.to_string(), SHOWN).await {
                        Ok(issue) => tickets.push(thread::view(server, &issue, limits.resolved_from)),
                        // Deleted, or no longer ours to see.
                        Err(error) if error.again == Again::Permanent => {}
                        Err(error) => return Err(error),
                    }
                }
                cursor.open = open;
            }
            cursor.since = cursor.newest;
            cursor.page = 1;
        }
        Ok(Changes { tickets, cursor: written(&cursor)?, more })
    }
}

fn written(cursor: &Cursor) -> Result<String> {
    serde_json::to_string(cursor).map_err(|error| refusal(ErrorCode::Internal, error.to_string()))
}
