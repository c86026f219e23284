//! On Linux: `/proc/stat`, `/proc/meminfo` and `/proc/diskstats`.

use std::{collections::BTreeMap, time::Instant};

use super::{Shares, percent};
use crate::{Context, linux::files, memory, processor};

/// What was counted at the look before.
#[derive(Debug, Default)]
pub(super) struct Counters {
    processor: Option<processor::Ticks>,
    drives: Option<(Instant, BTreeMap<String, u64>)>,
}

impl Counters {
    pub(super) fn look(&mut self, ctx: &Context) -> Shares {
        Shares { processor: self.processor(ctx), memory: memory_in_use(ctx), disk: self.disk(ctx) }
    }

    fn processor(&mut self, ctx: &Context) -> Option<u8> {
        let now = processor::ticks(&files::text(&ctx.path("/proc/stat")).ok()?)?;
        let before = self.processor.replace(now)?;
        // Rounded, within 0 and 100.
        Some(now.busy_percent_since(before)?.round() as u8)
    }

    fn disk(&mut self, ctx: &Context) -> Option<u8> {
        let is_drive = |name: &str| ctx.path("/sys/block").join(name).join("device").exists();
        let now = busy_ms(&files::text(&ctx.path("/proc/diskstats")).ok()?, is_drive);
        let (since, before) = self.drives.replace((Instant::now(), now.clone()))?;
        let elapsed = u64::try_from(since.elapsed().as_millis()).ok()?;
        now.iter().filter_map(|(name, busy)| percent(busy.checked_sub(*before.get(name)?)?, elapsed)).max()
    }
}

fn memory_in_use(ctx: &Context) -> Option<u8> {
    let memory = memory::described(&files::text(&ctx.path("/proc/meminfo")).ok()?)?;
    percent(memory.total_bytes - memory.available_bytes, memory.total_bytes)
}

/// Milliseconds in which each drive worked (Documentation/admin-guide/iostats.rst, field 10).
fn busy_ms(diskstats: &str, is_drive: impl Fn(&str) -> bool) -> BTreeMap<String, u64> {
    diskstats
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace().skip(2);
            let name = fields.next()?;
            let busy = fields.nth(9)?.parse().ok()?;
            is_drive(name).then(|| (name.to_owned(), busy))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DISKSTATS: &str = "\
 259       0 nvme0n1 120938 4031 9201834 40213 88213 70123 8123410 90123 0 61234 130336 0 0 0 0 0 0
 259       1 nvme0n1p1 313 1020 18932 80 2 0 2 0 0 96 80 0 0 0 0 0 0
   7       0 loop0 45 0 718 5 0 0 0 0 0 24 5 0 0 0 0 0 0
";

    #[test]
    fn drives_count_and_their_partitions_do_not() {
        let busy = busy_ms(DISKSTATS, |name| name == "nvme0n1");
        assert_eq!(busy, BTreeMap::from([("nvme0n1".to_owned(), 61_234)]));
    }

    proptest! {
        #[test]
        fn no_table_breaks_it(table in ".{0,400}") {
            busy_ms(&table, |_| true);
        }
    }
}
