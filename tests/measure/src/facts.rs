//! How long it takes to look at this machine.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use deskside_facts::{Context, collect, light};
use deskside_protocol::facts::SectionId;
use rustix::time::{ClockId, clock_gettime};

use crate::share_below;

/// How often the light sections are collected.
const LIGHT: usize = 100;
/// How often everything is.
const FULL: usize = 30;

/// Light: median and 99 of 100; the processor's section alone: median; everything: median, 99 of 100, and the processor
/// time of one collection on average; the network alone, whose servers may not answer, and everything else: medians.
pub(crate) async fn measure(hub: &str) -> anyhow::Result<Vec<f64>> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let context = Context::new(vec![hub.parse()?], home);
    let light = times(&context, &light(), LIGHT).await;
    let processor = times(&context, &[SectionId::Processor], FULL).await;
    let before = processor_time();
    let full = times(&context, SectionId::ALL, FULL).await;
    let used = processor_time().saturating_sub(before);
    let network = times(&context, &[SectionId::Network], FULL).await;
    let others: Vec<_> = SectionId::ALL.iter().copied().filter(|section| *section != SectionId::Network).collect();
    let others = times(&context, &others, FULL).await;
    Ok(vec![
        share_below(&light, 0.5),
        share_below(&light, 0.99),
        share_below(&processor, 0.5),
        share_below(&full, 0.5),
        share_below(&full, 0.99),
        used.as_secs_f64() * 1000.0 / FULL as f64,
        share_below(&network, 0.5),
        share_below(&others, 0.5),
    ])
}

async fn times(context: &Context, sections: &[SectionId], count: usize) -> Vec<Duration> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        let facts = collect(context, sections).await;
        times.push(begun.elapsed());
        drop(facts);
    }
    times
}

/// Processor time of this process, all threads.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
