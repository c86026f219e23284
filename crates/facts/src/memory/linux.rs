//! On Linux: `/proc/meminfo`, pressure, and the count of programs ended for lack of memory.

use deskside_protocol::facts::Memory;

use crate::{Context, Failure, linux::files};

pub(crate) async fn collect(ctx: &Context) -> Result<Memory, Failure> {
    let said = files::text(&ctx.path("/proc/meminfo")).map_err(|error| Failure::io("/proc/meminfo", &error))?;
    let mut memory = described(&said).ok_or_else(|| Failure::broken("/proc/meminfo does not say the total"))?;
    memory.pressure_percent =
        files::text(&ctx.path("/proc/pressure/memory")).ok().and_then(|text| files::pressure(&text));
    memory.killed_for_memory = files::text(&ctx.path("/proc/vmstat")).ok().and_then(|text| killed(&text));
    Ok(memory)
}

/// `/proc/meminfo` (proc_meminfo(5)); its "kB" are 1024 bytes.
pub(crate) fn described(meminfo: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
    };
    let total_bytes = bytes("MemTotal")?;
    let swap_total_bytes = bytes("SwapTotal").unwrap_or(0);
    Some(Memory {
        total_bytes,
        available_bytes: bytes("MemAvailable").or_else(|| bytes("MemFree")).unwrap_or(0).min(total_bytes),
        swap_total_bytes,
        swap_used_bytes: swap_total_bytes.saturating_sub(bytes("SwapFree").unwrap_or(swap_total_bytes)),
        pressure_percent: None,
        killed_for_memory: None,
    })
}

fn killed(vmstat: &str) -> Option<u64> {
    vmstat.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;
    use deskside_protocol::facts::SectionFailure;
    use proptest::prelude::*;

    #[tokio::test]
    async fn a_laptop_says_its_memory() {
        let memory = collect(&fixture::laptop()).await.unwrap();
        assert_eq!(memory.total_bytes, 16_211_324 * 1024);
        assert_eq!(memory.available_bytes, 9_876_544 * 1024);
        assert_eq!(memory.swap_total_bytes, 1_000_444 * 1024);
        assert_eq!(memory.swap_used_bytes, 444 * 1024);
        assert_eq!(memory.pressure_percent, Some(0.5));
        assert_eq!(memory.killed_for_memory, Some(3));
    }

    #[tokio::test]
    async fn a_machine_that_says_nothing_fails_alone() {
        assert_eq!(collect(&fixture::silent()).await.unwrap_err().why, SectionFailure::Unavailable);
    }

    #[tokio::test]
    async fn this_machine_has_the_memory_that_its_kernel_says() {
        let memory = collect(&fixture::here()).await.unwrap();
        let said = rustix::system::sysinfo();
        assert_eq!(memory.total_bytes, said.totalram as u64 * u64::from(said.mem_unit));
        assert!(memory.available_bytes > 0 && memory.available_bytes <= memory.total_bytes);
    }

    proptest! {
        #[test]
        fn no_content_gives_more_available_than_total(total: u64, available: u64, free: u64, swap: u64) {
            let text = format!("MemTotal: {total} kB\nMemAvailable: {available} kB\nSwapTotal: {swap} kB\nSwapFree: {free} kB\n");
            if let Some(memory) = described(&text) {
                prop_assert!(memory.available_bytes <= memory.total_bytes);
                prop_assert!(memory.swap_used_bytes <= memory.swap_total_bytes);
            }
        }
    }
}
