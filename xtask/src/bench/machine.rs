//! What the kernel says of processes, from `/proc` (proc(5)).

use std::fs;

use anyhow::Context as _;

/// Programs that wanted a processor, on average over the last minute.
pub(super) fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// The proportional set size of a process, in MB: its own memory and its share of what it has in common with others.
pub(super) fn pss_mb(pid: u32) -> anyhow::Result<f64> {
    rollup_mb(pid, "Pss:")
}

/// What a process has written to and shares with nobody, in MB.
pub(super) fn private_dirty_mb(pid: u32) -> anyhow::Result<f64> {
    rollup_mb(pid, "Private_Dirty:")
}

fn rollup_mb(pid: u32, line: &str) -> anyhow::Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let value = rollup.lines().find_map(|text| text.strip_prefix(line)).context("a line is not in smaps_rollup")?;
    let kilobytes: f64 = value.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}

/// Memory of a process that is in use, with what it shares, in megabytes.
pub(super) fn rss_mb(pid: u32) -> anyhow::Result<f64> {
    status_mb(pid, "VmRSS:")
}

/// The most of it that there ever was.
pub(super) fn peak_rss_mb(pid: u32) -> anyhow::Result<f64> {
    status_mb(pid, "VmHWM:")
}

fn status_mb(pid: u32, line: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let value = status.lines().find_map(|text| text.strip_prefix(line)).context("a line is not in status")?;
    Ok(value.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// The processes that a process has started, and those that they have.
pub(super) fn children(pid: u32) -> Vec<u32> {
    let mut all = Vec::new();
    for task in tasks(pid) {
        let started = fs::read_to_string(format!("/proc/{pid}/task/{task}/children")).unwrap_or_default();
        for child in started.split_whitespace().filter_map(|child| child.parse().ok()) {
            all.push(child);
            all.extend(children(child));
        }
    }
    all
}

/// The threads of a process.
fn tasks(pid: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// How often the threads of a process have gone to sleep by themselves, each of which is a wake-up before. Threads that
/// come and go are lost to this count; an idle agent has none.
pub(super) fn wakeups(pid: u32) -> u64 {
    let of = |task: u32| -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{pid}/task/{task}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?.trim().parse().ok()
    };
    tasks(pid).into_iter().filter_map(of).sum()
}

/// Processor time of a process and its ended threads, in milliseconds; steps of 10.
pub(super) fn cpu_ms(pid: u32) -> anyhow::Result<f64> {
    /// Ticks of the kernel's clock a second, the same on every Linux that users see (`USER_HZ`).
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the program's name in parentheses, and may hold anything.
    let (_, after) = stat.rsplit_once(')').context("not a stat file")?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    // Fields 14 and 15 of the line: utime and stime.
    let ticks: f64 = [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS * 1000.0)
}
