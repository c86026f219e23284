//! The collectors against the services themselves: CUPS, PulseAudio, PipeWire, UPower, NetworkManager, systemd and
//! its journal, started here, with files and addresses of the test's own. A service that is not installed, or that may not
//! be started here, is a test that says `SKIPPED: reason`.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod journal;
mod network;
mod power;
mod printers;
mod programs;
mod sound;
mod units;

use std::{path::Path, time::Duration};

use deskside_facts::Context;
use deskside_protocol::facts::{Facts, Section, SectionId};

/// A machine whose files lie in `folder`: what is not there does not exist.
fn machine(folder: &Path) -> Context {
    let mut ctx = Context::new(Vec::new(), folder.to_owned());
    ctx.root = folder.to_owned();
    ctx.environment.clear();
    ctx
}

/// Collects one section.
async fn section<T>(ctx: &Context, id: SectionId, pick: impl Fn(Facts) -> Option<Section<T>>) -> T {
    match pick(deskside_facts::collect(ctx, &[id]).await) {
        Some(Section::Collected { data, .. }) => data,
        Some(Section::Failed { why, detail, .. }) => panic!("{id:?}: {why:?}: {detail}"),
        None => panic!("{id:?} was not collected"),
    }
}

/// Collects one section again and again until it says what is waited for: services settle in their own time.
async fn settled<T: std::fmt::Debug>(
    ctx: &Context,
    id: SectionId,
    pick: impl Fn(Facts) -> Option<Section<T>>,
    enough: impl Fn(&T) -> bool,
) -> T {
    let begun = std::time::Instant::now();
    loop {
        let last = match pick(deskside_facts::collect(ctx, &[id]).await) {
            Some(Section::Collected { data, .. }) if enough(&data) => return data,
            last => last,
        };
        if begun.elapsed() > Duration::from_secs(40) {
            match last {
                Some(Section::Collected { data, .. }) => panic!("{id:?} stays {data:?}"),
                Some(Section::Failed { why, detail, .. }) => panic!("{id:?} stays {why:?}: {detail}"),
                None => panic!("{id:?} was not collected"),
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Gives what is needed for a test, or ends it with the reason why it cannot run here.
macro_rules! needed {
    ($found:expr) => {
        match $found {
            Ok(found) => found,
            Err(reason) => {
                println!("SKIPPED: {reason}");
                return;
            }
        }
    };
}
pub(crate) use needed;
