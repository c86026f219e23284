//! Lines of a log, equal ones once.

use std::collections::{BTreeMap, HashSet};

use deskside_protocol::{
    facts::{LogLine, SystemLog},
    limits,
};

use crate::redact;

/// Entries that are looked at.
pub(super) const ENTRIES: u32 = 20_000;

/// Lines, newest first; one that was said before is counted at its newest place.
#[derive(Default)]
pub(super) struct Folded {
    lines: Vec<LogLine>,
    places: BTreeMap<(String, String), usize>,
    left_out: HashSet<(String, String)>,
}

impl Folded {
    /// Adds a line that is not newer than those before. It is redacted here, so that lines that differ only in what is taken
    /// out are equal, and cut after that, so that no half of a secret stays.
    pub(super) fn add(&mut self, line: LogLine) {
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

    pub(super) fn done(self) -> SystemLog {
        SystemLog { lines: self.lines, left_out: u32::try_from(self.left_out.len()).unwrap_or(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskside_protocol::Timestamp;

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
