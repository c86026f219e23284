//! Runs collectors side by side, each within its time limit, and redacts what they found.

use std::{collections::BTreeSet, future::Future, path::Path, time::Instant};

use deskside_protocol::{
    Timestamp,
    facts::{Cost, Facts, Section, SectionFailure, SectionId},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    Context, Failure, crashes, device, disks, displays, locale, log, media, memory, network, power, printers,
    processor, programs, redact, security, services, system, user,
};

/// The sections that cost little: together they are there within 100 ms, before the window shows.
#[must_use]
pub fn light() -> Vec<SectionId> {
    SectionId::ALL.iter().copied().filter(|section| section.cost() == Cost::Light).collect()
}

/// Collects `sections`, side by side. Each is there in the result: found and redacted, or failed with its reason. Takes no
/// longer than the longest [`SectionId::time_limit`] among them. Must run within a tokio runtime with time and I/O.
pub async fn collect(ctx: &Context, sections: &[SectionId]) -> Facts {
    let mut running = JoinSet::new();
    let wanted: BTreeSet<SectionId> = sections.iter().copied().collect();
    for id in wanted {
        let ctx = ctx.clone();
        running.spawn(async move { one(&ctx, id).await });
    }
    let mut facts = Facts::default();
    while let Some(done) = running.join_next().await {
        // `section` has caught the collector's own panic, so that an error here means that the runtime shuts down.
        if let Ok(found) = done {
            facts.update(found);
        }
    }
    facts
}

macro_rules! dispatch {
    ($( $variant:ident => $field:ident, )*) => {
        async fn one(ctx: &Context, id: SectionId) -> Facts {
            let mut facts = Facts::default();
            let home = ctx.home.as_path();
            let ctx = ctx.clone();
            match id {
                $( SectionId::$variant => {
                    facts.$field = Some(section(id, home, async move { $field::collect(&ctx).await }).await);
                } )*
            }
            facts
        }
    };
}

dispatch! {
    Device => device,
    System => system,
    Processor => processor,
    Memory => memory,
    Disks => disks,
    Network => network,
    Power => power,
    Displays => displays,
    Printers => printers,
    Media => media,
    Programs => programs,
    Services => services,
    Log => log,
    Crashes => crashes,
    Security => security,
    Locale => locale,
    User => user,
}

async fn section<T>(
    id: SectionId,
    home: &Path,
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Section<T>
where
    T: Serialize + DeserializeOwned + Send + 'static,
{
    let started = Instant::now();
    let mut task = tokio::spawn(work);
    let result = match timeout(id.time_limit(), &mut task).await {
        Ok(Ok(result)) => result,
        Ok(Err(died)) => Err(Failure::broken(format!("the collector ended early: {died}"))),
        Err(_) => {
            task.abort();
            Err(Failure::timed_out(format!("no result within {} ms", id.time_limit().as_millis())))
        }
    };
    let took_ms = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
    let at = Timestamp::now();
    let redacted = result.and_then(|data| redact::section(&data, home));
    match redacted {
        Ok(data) => {
            tracing::debug!(section = id.name(), took_ms, "collected");
            Section::Collected { at, took_ms, data }
        }
        Err(Failure { why, detail }) => {
            let detail = redact::text(&detail, redact::DETAIL_CHARS);
            tracing::debug!(section = id.name(), took_ms, ?why, detail, "not collected");
            Section::Failed { at, why, detail }
        }
    }
}

/// Runs work that waits for files or the system on a thread of its own, so that it never holds up the agent's one thread.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(died) => Err(Failure { why: SectionFailure::Broken, detail: format!("the collector ended early: {died}") }),
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[path = "collect_tests.rs"]
mod tests;
