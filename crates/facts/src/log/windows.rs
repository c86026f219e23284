//! On Windows: the event logs System and Application, errors and worse.

use std::collections::BTreeMap;

use deskside_protocol::{
    facts::{LogLine, SystemLog},
    limits::{LOG_AGE, LOG_LINE_CHARS, LOG_LINES},
};

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
        let mut left_out = 0;
        for channel in ["System", "Application"] {
            let (found, more) = events::read(channel, &query, LOG_LINES)?;
            records.extend(found);
            left_out += more;
        }
        let mut log = fold(records);
        log.left_out = log.left_out.saturating_add(left_out);
        Ok(log)
    })
    .await
}

/// Newest first, equal ones once.
fn fold(mut records: Vec<Record>) -> SystemLog {
    records.sort_by(|a, b| b.at.cmp(&a.at));
    let mut lines: Vec<LogLine> = Vec::new();
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut left_out = 0_u32;
    for record in records {
        let message: String = record.message.chars().take(LOG_LINE_CHARS).collect();
        if let Some(line) = seen.get(&(record.source.clone(), message.clone())).and_then(|index| lines.get_mut(*index))
        {
            line.times += 1;
        } else if lines.len() < LOG_LINES {
            seen.insert((record.source.clone(), message.clone()), lines.len());
            // RFC 5424: 2 is critical, 3 is error.
            lines.push(LogLine {
                at: record.at,
                source: record.source,
                severity: record.level.min(2) + 1,
                message,
                times: 1,
            });
        } else {
            left_out += 1;
        }
    }
    SystemLog { lines, left_out }
}
