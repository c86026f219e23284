//! On Windows: the event logs System and Application, errors and worse.

use deskside_protocol::{
    facts::{LogLine, SystemLog},
    limits::{LOG_AGE, LOG_LINES},
};

use super::folded::{ENTRIES, Folded};
use crate::{
    Context, Failure, blocking,
    windows::{Record, events},
};

pub(crate) async fn collect(_ctx: &Context) -> Result<SystemLog, Failure> {
    blocking(|| {
        // Level 1 is critical, 2 is error (winmeta.xml); the age is in milliseconds.
        let query = format!(
            "*[System[(Level=1 or Level=2) and TimeCreated[timediff(@SystemTime) <= {}]]]",
            LOG_AGE.as_millis()
        );
        let mut records = Vec::new();
        let mut left_out = 0_u32;
        for channel in ["System", "Application"] {
            let (found, more) = events::read(channel, &query, LOG_LINES)?;
            records.extend(found);
            left_out = left_out.saturating_add(more);
        }
        let mut log = fold(records);
        log.left_out = log.left_out.saturating_add(left_out);
        Ok(log)
    })
    .await
}

fn fold(mut records: Vec<Record>) -> SystemLog {
    records.sort_by_key(|record| std::cmp::Reverse(record.at));
    let mut folded = Folded::default();
    for Record { at, source, level, message, data: _ } in records.into_iter().take(ENTRIES as usize) {
        // RFC 5424: 2 is critical, 3 is error.
        folded.add(LogLine { at, source, severity: level.min(2) + 1, message, times: 1 });
    }
    folded.done()
}
