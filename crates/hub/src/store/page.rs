//! How much of a device's feed goes into one answer: a device takes no answer above its limit, and would ask for the
//! same one for ever.

use std::io::{self, Write};

use deskside_protocol::desk::TicketView;
use serde::Serialize;

use super::{Result, StoreError};

/// Tickets, the place of the last, and whether there are more.
pub(super) type Page = (Vec<TicketView>, i64, bool);

/// Shortens a ticket's thread to its newest entries, as many as fit into an answer of `limit` bytes of JSON (the device
/// keeps the newest of a long thread as well); gives the ticket's size in JSON, in bytes.
pub(super) fn fit(view: &mut TicketView, limit: usize) -> Result<usize> {
    let whole = size(view)?;
    if whole <= limit {
        return Ok(whole);
    }
    let thread = std::mem::take(&mut view.thread);
    let mut taken = size(view)?;
    let mut left_out = thread.len();
    for entry in thread.iter().rev() {
        // With the comma.
        let with_it = taken.saturating_add(size(entry)?).saturating_add(1);
        if with_it > limit {
            break;
        }
        taken = with_it;
        left_out = left_out.saturating_sub(1);
    }
    view.thread = thread.into_iter().skip(left_out).collect();
    Ok(taken)
}

/// The length of a value in JSON, in bytes.
fn size(value: &impl Serialize) -> Result<usize> {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    Ok(counter.0)
}

/// Counts what is written, and keeps none of it.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
