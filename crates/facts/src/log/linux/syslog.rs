//! Files of a syslog daemon. They do not say how bad a line is, so that words have to.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use deskside_protocol::{
    Timestamp,
    facts::{LogLine, SystemLog},
    limits,
};
use jiff::{civil::DateTime, tz::TimeZone};

use super::Folded;
use crate::Context;

/// Debian's and Red Hat's.
const FILES: &[&str] = &["/var/log/syslog", "/var/log/messages", "/var/log/kern.log"];
/// The end of a file that is read.
const END_BYTES: u64 = 1024 * 1024;
/// Words with which programs say that something went wrong.
const WORDS: &[&str] =
    &["error", "fail", "fatal", "panic", "segfault", "critical", "emerg", "unable to", "cannot ", "denied"];

/// `None` if there is no file that may be read.
pub(super) fn read(ctx: &Context, now: Timestamp) -> Option<SystemLog> {
    let text = FILES.iter().find_map(|file| end(&ctx.path(file)).ok())?;
    Some(of_text(&text, now, &TimeZone::system()))
}

fn end(file: &Path) -> std::io::Result<String> {
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(END_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn of_text(text: &str, now: Timestamp, zone: &TimeZone) -> SystemLog {
    let oldest = now.unix_ms() - i64::try_from(limits::LOG_AGE.as_millis()).unwrap_or(i64::MAX);
    let mut folded = Folded::default();
    for line in text.lines().rev().filter_map(|line| parse(line, now, zone)) {
        if line.at.unix_ms() < oldest {
            break;
        }
        let lower = line.message.to_lowercase();
        if WORDS.iter().any(|word| lower.contains(word)) {
            folded.add(line);
        }
    }
    folded.done()
}

/// "2026-11-23T14:52:00.123456+01:00 host program[123]: message" of newer daemons, "Nov 23 14:52:00 host program: message"
/// of older ones (RFC 3164, section 4.1), which leave out the year and the zone.
fn parse(line: &str, now: Timestamp, zone: &TimeZone) -> Option<LogLine> {
    let (at, rest) = match line.split_once(' ') {
        Some((first, rest)) if first.contains('T') => (first.parse::<jiff::Timestamp>().ok()?, rest),
        _ => {
            let (date, rest) = line.split_at_checked(15)?;
            (without_year(date, now, zone)?, rest.trim_start())
        }
    };
    let (_host, rest) = rest.split_once(' ')?;
    let (source, message) = rest.split_once(": ")?;
    Some(LogLine {
        at: Timestamp::from_unix_ms(at.as_millisecond()),
        source: source.split('[').next()?.to_owned(),
        severity: 3,
        message: message.to_owned(),
        times: 1,
    })
}

/// In the year in which it is not later than tomorrow: a line of December read in January is of last year.
fn without_year(date: &str, now: Timestamp, zone: &TimeZone) -> Option<jiff::Timestamp> {
    let this_year = zone.to_datetime(now.get()).year();
    let tomorrow = now.get().checked_add(jiff::SignedDuration::from_hours(24)).ok()?;
    [this_year, this_year - 1]
        .into_iter()
        .filter_map(|year| {
            let civil = DateTime::strptime("%Y %b %e %H:%M:%S", format!("{year} {date}")).ok()?;
            zone.to_timestamp(civil).ok()
        })
        .find(|at| *at <= tomorrow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_unix_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn errors_of_the_last_half_hour_are_told_in_both_forms() {
        let text = "\
Nov 23 14:00:00 poste app: error: too old
Nov 23 14:40:00 poste CRON[77]: (root) CMD (true)
Nov 23 14:41:00 poste kernel: usb 1-4: device descriptor read/64, error -71
2026-11-23T14:42:00.5+00:00 poste cupsd[812]: Unable to open /home/claire/x
nonsense";
        let log = of_text(text, at("2026-11-23T14:45:00Z"), &TimeZone::UTC);
        let said: Vec<_> = log.lines.iter().map(|line| (line.source.as_str(), line.message.as_str())).collect();
        assert_eq!(
            said,
            [("cupsd", "Unable to open ~/x"), ("kernel", "usb 1-4: device descriptor read/64, error -71"),]
        );
        assert_eq!(log.lines[0].at, at("2026-11-23T14:42:00.5Z"));
    }

    #[test]
    fn a_line_of_december_read_in_january_is_of_last_year() {
        let line = parse("Dec 31 23:59:59 poste app: error", at("2027-01-01T00:00:10Z"), &TimeZone::UTC).unwrap();
        assert_eq!(line.at, at("2026-12-31T23:59:59Z"));
    }

    proptest! {
        #[test]
        fn anything_is_read_without_panic(text in "(Nov 23 14:00:00 |[0-9T:Z ]|\\PC|\n){0,80}") {
            let _ = of_text(&text, at("2026-11-23T14:45:00Z"), &TimeZone::UTC);
        }
    }
}
