//! On Linux: the journal, or the files of a syslog where there is none.

mod syslog;

use std::{
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

use deskside_protocol::{
    Timestamp,
    facts::{LogLine, SystemLog},
    limits,
};

use super::folded::{ENTRIES, Folded};
use crate::{
    Context, Failure, blocking,
    linux::journal::{self, Journal},
};

/// Worst severities that are told: emergency to error (RFC 5424, section 6.2.1).
const SEVERITIES: &[&str] = &["0", "1", "2", "3"];
/// Time for reading; the section's own limit would let nothing be shown.
const READING: Duration = Duration::from_millis(2500);

pub(crate) async fn collect(ctx: &Context) -> Result<SystemLog, Failure> {
    let ctx = ctx.clone();
    blocking(move || {
        let now = Timestamp::now();
        match of_journal(journal::folder(&ctx).as_deref(), now, limits::LOG_AGE) {
            Ok(log) if !log.lines.is_empty() => Ok(log),
            // No journal, or one that this user may not read beyond their own lines.
            Ok(empty) => Ok(syslog::read(&ctx, now).unwrap_or(empty)),
            Err(failure) => syslog::read(&ctx, now).ok_or(failure),
        }
    })
    .await
}

fn of_journal(folder: Option<&Path>, now: Timestamp, age: Duration) -> Result<SystemLog, Failure> {
    let mut journal = Journal::open(folder)?;
    for severity in SEVERITIES {
        journal.only("PRIORITY", severity)?;
    }
    let oldest_ms = now.unix_ms() - i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    let since_us = u64::try_from(oldest_ms.saturating_mul(1000)).unwrap_or(0);
    let mut folded = Folded::default();
    let mut seen = 0;
    journal.newest_first(since_us, Instant::now() + READING, |at_us, entry| {
        seen += 1;
        if let Some(message) = entry.field(c"MESSAGE") {
            let source =
                [c"_SYSTEMD_USER_UNIT", c"_SYSTEMD_UNIT", c"SYSLOG_IDENTIFIER", c"_COMM"]
                    .iter()
                    .find_map(|name| entry.field(name))
                    // A session's programs are all in one unit; their own names say more.
                    .map(|unit| {
                        if unit.ends_with(".scope") { entry.field(c"SYSLOG_IDENTIFIER").unwrap_or(unit) } else { unit }
                    });
            let severity = entry.field(c"PRIORITY").and_then(|text| text.parse().ok()).unwrap_or(3);
            folded.add(LogLine {
                at: Timestamp::from_unix_ms(i64::try_from(at_us / 1000).unwrap_or(i64::MAX)),
                source: source.unwrap_or_else(|| "kernel".to_owned()),
                severity,
                message,
                times: 1,
            });
        }
        if seen < ENTRIES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(folded.done())
}
