//! On Linux: the journal, or the files of a syslog where there is none.

mod syslog;

use std::{
    collections::{BTreeMap, HashSet},
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

use deskside_protocol::{
    Timestamp,
    facts::{LogLine, SystemLog},
    limits,
};

use crate::{Context, Failure, blocking, linux::journal::Journal, redact};

/// Worst severities that are told: emergency to error (RFC 5424, section 6.2.1).
const SEVERITIES: &[&str] = &["0", "1", "2", "3"];
/// Time for reading; the section's own limit would let nothing be shown.
const READING: Duration = Duration::from_millis(2500);
/// Entries that are looked at.
const ENTRIES: u32 = 20_000;

pub(crate) async fn collect(ctx: &Context) -> Result<SystemLog, Failure> {
    let ctx = ctx.clone();
    blocking(move || {
        let now = Timestamp::now();
        match of_journal(None, now, limits::LOG_AGE) {
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

/// Lines, newest first; one that was said before is counted at its newest place.
#[derive(Default)]
struct Folded {
    lines: Vec<LogLine>,
    places: BTreeMap<(String, String), usize>,
    left_out: HashSet<(String, String)>,
}

impl Folded {
    /// Adds a line that is not newer than those before. It is redacted here, so that lines that differ only in what is taken
    /// out are equal, and cut after that, so that no half of a secret stays.
    fn add(&mut self, line: LogLine) {
        let message = redact::text(line.message.trim_end(), limits::LOG_LINE_CHARS);
        let key = (line.source, message);
        if let Some(line) = self.places.get(&key).and_then(|place| self.lines.get_mut(*place)) {
            line.times = line.times.saturating_add(1);
        } else if self.lines.len() < limits::LOG_LINES {
            self.places.insert(key.clone(), self.lines.len());
            let (source, message) = key;
            self.lines.push(LogLine { source, message, ..line });
        } else if self.left_out.len() < usize::try_from(ENTRIES).unwrap_or(usize::MAX) {
            self.left_out.insert(key);
        }
    }

    fn done(self) -> SystemLog {
        SystemLog { lines: self.lines, left_out: u32::try_from(self.left_out.len()).unwrap_or(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(source: &str, message: &str, at: i64) -> LogLine {
        LogLine {
            at: Timestamp::from_unix_ms(at),
            source: source.into(),
            severity: 3,
            message: message.into(),
            times: 1,
        }
    }

    #[test]
    fn equal_lines_are_folded_at_their_newest_place() {
        let mut folded = Folded::default();
        for (message, at) in [("password=a", 30), ("other", 20), ("password=b", 10)] {
            folded.add(line("app", message, at));
        }
        let log = folded.done();
        assert_eq!(log.lines.len(), 2);
        assert_eq!((log.lines[0].message.as_str(), log.lines[0].times), ("password=[secret]", 2));
        assert_eq!(log.lines[0].at, Timestamp::from_unix_ms(30));
        assert_eq!(log.left_out, 0);
    }

    #[test]
    fn lines_beyond_the_limit_are_counted_and_long_ones_cut() {
        let mut folded = Folded::default();
        folded.add(line("app", &"x ".repeat(1000), 0));
        for number in 0..300 {
            folded.add(line("app", &format!("line {number}"), 0));
        }
        let log = folded.done();
        assert_eq!(log.lines.len(), limits::LOG_LINES);
        assert_eq!(log.lines[0].message.chars().count(), limits::LOG_LINE_CHARS);
        assert_eq!(log.left_out, 101);
    }
}
