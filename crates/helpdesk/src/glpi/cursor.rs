//! What was looked at already. GLPI tells changes by the second.

use serde::{Deserialize, Serialize};

/// Changes may become visible this much later than others of the same moment, in seconds.
const MARGIN: i64 = 60;
/// A second is over when it is looked at this much later, in seconds.
const SETTLED: i64 = 3;
/// Tickets that a cursor can hold; see [`limits::CURSOR_BYTES`].
pub(super) const SEEN: usize = 8;

/// Where the last look ended; our own words in the opaque cursor. Times are the server's, in its zone, in seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The newest change that was seen.
    pub(super) since: i64,
    /// How far the zone was ahead.
    pub(super) ahead: i64,
    /// Tickets that changed lately and were looked at: number, change, and our clock at the first look; zero when that
    /// was long enough after the change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) seen: Vec<(u64, i64, i64)>,
    /// Our clock when `since` was first seen.
    #[serde(default)]
    pub(super) since_at: i64,
    /// Whether that was so long ago that nothing up to `since` can still become visible. Without it, more tickets of one minute
    /// than `seen` holds would be looked at again and again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) settled: bool,
    /// A round that goes on: what comes after this moment and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<(i64, u64)>,
}

impl Cursor {
    /// Whether a ticket with this change is to be looked at.
    pub(super) fn wants(&self, row: (i64, u64)) -> bool {
        match self.after {
            Some(after) => row > after,
            None if self.settled => row.0 > self.since,
            None => {
                row.0 >= self.since.saturating_sub(MARGIN)
                    && !self.seen.iter().any(|(id, at, look)| (*at, *id) == row && *look == 0)
            }
        }
    }

    /// Whether a change at this moment is older than all that is to be looked at.
    pub(super) fn is_over(&self, at: i64) -> bool {
        at < self.after.map_or(self.since.saturating_sub(MARGIN), |after| after.0)
    }

    /// The cursor after all of `rows` (oldest change first) were looked at.
    pub(super) fn after_all(&self, rows: &[(i64, u64)], ahead: i64, now: i64) -> Self {
        let newest = rows.last().map_or(self.since, |row| row.0.max(self.since));
        let look = |(at, id): (i64, u64)| {
            let before = self.seen.iter().find(|(known, change, _)| (*change, *known) == (at, id));
            match before {
                Some((_, _, 0)) => 0,
                // In its own second more can happen than was seen: that second was over when this look began.
                Some((_, _, first)) if now >= first + SETTLED => 0,
                Some((_, _, first)) if now >= *first => *first,
                Some(_) | None => now,
            }
        };
        let lately = rows.iter().rev().filter(|row| row.0 >= newest - MARGIN);
        let seen = lately.take(SEEN).map(|row| (row.1, row.0, look(*row))).collect();
        let since_at = if newest == self.since && self.since_at > 0 { self.since_at.min(now) } else { now };
        let settled = newest == self.since && now > since_at + MARGIN + SETTLED;
        Self { since: newest, ahead, seen, since_at, settled, after: None }
    }
}
