//! On Windows: event 1000 of the provider "Application Error" in the application log.

use deskside_protocol::facts::{Crash, Crashes};

use crate::{Context, Failure, blocking, windows::events};

/// Seven days, in milliseconds, as event queries take it.
const QUERY: &str = "*[System[Provider[@Name='Application Error'] and EventID=1000 and TimeCreated[timediff(@SystemTime) <= 604800000]]]";
const CRASHES: usize = 32;

pub(crate) async fn collect(_ctx: &Context) -> Result<Crashes, Failure> {
    blocking(|| {
        let (records, _) = events::read("Application", QUERY, CRASHES)?;
        // Data of the event: program, its version, time stamp, module, …, and seventh the exception's code.
        let crashes = records.into_iter().filter_map(|record| {
            Some(Crash {
                program: record.data.first()?.clone(),
                at: record.at,
                reason: record.data.get(6).map(|code| format!("0x{code}")),
            })
        });
        Ok(Crashes { crashes: crashes.collect() })
    })
    .await
}
