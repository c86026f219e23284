//! On macOS: the unified log's errors and faults. macOS shows it to administrators' programs only; others are told so.

use std::time::{Duration, Instant};

use deskside_protocol::{
    Timestamp,
    facts::{LogLine, SystemLog},
    limits::LOG_AGE,
};
use objc2::{rc::autoreleasepool, runtime::ProtocolObject};
use objc2_foundation::{NSDate, NSError};
use objc2_os_log::{OSLogEntryFromProcess, OSLogEntryLog, OSLogEntryLogLevel, OSLogEnumeratorOptions, OSLogStore};

use super::folded::{ENTRIES, Folded};
use crate::{Context, Failure, blocking};

/// Time for reading; the section's own limit would let nothing be shown. The log of half an hour can have hundred thousands
/// of entries, of which most are no errors: it is read in pieces, the newest first, so that what is missing is the oldest.
const READING: Duration = Duration::from_millis(2500);
/// How much of the log one piece covers.
const PIECE: Duration = Duration::from_secs(60);
/// RFC 5424, section 6.2.1: what macOS calls a fault is a critical condition.
const CRITICAL: u8 = 2;
const ERROR: u8 = 3;

pub(crate) async fn collect(_ctx: &Context) -> Result<SystemLog, Failure> {
    blocking(|| read(LOG_AGE)).await
}

#[expect(unsafe_code, reason = "the log is only there through OSLog's objects")]
fn read(age: Duration) -> Result<SystemLog, Failure> {
    let failed = |error: objc2::rc::Retained<NSError>| {
        Failure::denied(format!("the unified log: {}", error.localizedDescription()))
    };
    let until = Instant::now() + READING;
    let now = Timestamp::now();
    let mut folded = Folded::default();
    let mut seen = 0_u32;
    // SAFETY: objects are made and asked as their headers say, and live through the calls.
    let store = unsafe { OSLogStore::localStoreAndReturnError() }.map_err(failed)?;
    let pieces = u32::try_from(age.as_secs().div_ceil(PIECE.as_secs())).unwrap_or(u32::MAX);
    for piece in 1..=pieces {
        if Instant::now() >= until || seen >= ENTRIES {
            break;
        }
        let ms = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let end = now.unix_ms() - ms(PIECE * (piece - 1));
        let start = now.unix_ms() - ms(PIECE * piece);
        let mut lines = autoreleasepool(|_| piece_of(&store, start, end, until)).map_err(failed)?;
        seen = seen.saturating_add(u32::try_from(lines.len()).unwrap_or(u32::MAX));
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        for line in lines {
            folded.add(line);
        }
    }
    Ok(folded.done())
}

/// Errors and faults from `start` to before `end`, in milliseconds of Unix time.
#[expect(unsafe_code, reason = "the log is only there through OSLog's objects")]
fn piece_of(
    store: &OSLogStore,
    start: i64,
    end: i64,
    until: Instant,
) -> Result<Vec<LogLine>, objc2::rc::Retained<NSError>> {
    let seconds = Duration::from_millis(u64::try_from(start).unwrap_or(0)).as_secs_f64();
    let mut lines = Vec::new();
    // SAFETY: objects are made and asked as their headers say, and live through the calls; entries of another class than a
    // log's are passed over.
    unsafe {
        let position = store.positionWithDate(&NSDate::dateWithTimeIntervalSince1970(seconds));
        let entries = store.entriesEnumeratorWithOptions_position_predicate_error(
            OSLogEnumeratorOptions::empty(),
            Some(&position),
            None,
        )?;
        while let Some(entry) = entries.nextObject() {
            let Some(entry) = entry.downcast_ref::<OSLogEntryLog>() else { continue };
            let at = at(&entry.date());
            if at.unix_ms() >= end || Instant::now() >= until || lines.len() >= ENTRIES as usize {
                break;
            }
            let severity = match entry.level() {
                OSLogEntryLogLevel::Fault => CRITICAL,
                OSLogEntryLogLevel::Error => ERROR,
                _ => continue,
            };
            let process: &ProtocolObject<dyn OSLogEntryFromProcess> = ProtocolObject::from_ref(entry);
            lines.push(LogLine {
                at,
                source: process.process().to_string(),
                severity,
                message: entry.composedMessage().to_string(),
                times: 1,
            });
        }
    }
    Ok(lines)
}

fn at(date: &NSDate) -> Timestamp {
    let since = Duration::try_from_secs_f64(date.timeIntervalSince1970()).unwrap_or_default();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
