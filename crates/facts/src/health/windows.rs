//! On Windows: the processors' clocks and the memory's state. How long drives were busy is only in the performance
//! counters, which are the administrator's.

use sysinfo::{MemoryRefreshKind, System};

use super::{Shares, percent};
use crate::Context;
use crate::windows::load::Clocks;

/// What was counted at the look before.
#[derive(Debug, Default)]
pub(super) struct Counters {
    clocks: Option<Clocks>,
}

impl Counters {
    pub(super) fn look(&mut self, _: &Context) -> Shares {
        let (now, before) = (Clocks::now(), self.clocks);
        self.clocks = now;
        let busy = now.zip(before).map(|(now, before)| now.busy_since(before));
        Shares { processor: busy.and_then(|(part, whole)| percent(part, whole)), memory: memory(), disk: None }
    }
}

/// The share of memory that is in use.
fn memory() -> Option<u8> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    percent(system.total_memory().saturating_sub(system.available_memory()), system.total_memory())
}
