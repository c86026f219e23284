//! On macOS: what `sysinfo` tells. It does not tell how long drives were busy.

use sysinfo::System;

use super::{Shares, percent};
use crate::Context;

/// What was counted at the look before, which `sysinfo` keeps.
#[derive(Debug, Default)]
pub(super) struct Counters {
    system: Option<System>,
}

impl Counters {
    pub(super) fn look(&mut self, _: &Context) -> Shares {
        let first = self.system.is_none();
        if first {
            self.system = System::new().ok();
        }
        let Some(system) = &mut self.system else { return Shares::default() };
        system.refresh_cpu_usage();
        system.refresh_memory();
        let used = system.total_memory().saturating_sub(system.available_memory());
        Shares {
            // Rounded; a cast of floats saturates.
            processor: (!first).then(|| system.global_cpu_usage().clamp(0.0, 100.0).round() as u8),
            memory: percent(used, system.total_memory()),
            disk: None,
        }
    }
}
