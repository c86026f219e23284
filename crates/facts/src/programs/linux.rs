//! On Linux: two looks at `/proc/<pid>/stat`. Neither arguments nor environment nor owners are read.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use deskside_protocol::facts::{Program, Programs};

use crate::{Context, Failure, blocking, linux::files};

/// Programs in each of the two lists.
const SHOWN: usize = 10;
/// Most processes that are looked at.
const PROCESSES: usize = 8192;
/// Time between the two looks. A tick of the kernel's clock is 10 ms: more than one program at a few percent needs seconds,
/// but one that hinders shows within this.
const SAMPLE: Duration = Duration::from_millis(60);
/// The kernel keeps 15 bytes of a name (`TASK_COMM_LEN`).
const NAME_BYTES: usize = 15;

/// One look at one process.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    name: String,
    ticks: u64,
    /// Start in ticks after boot; tells a process from a later one of the same number.
    started: u64,
    resident_pages: u64,
}

pub(crate) async fn collect(ctx: &Context) -> Result<Programs, Failure> {
    let look = || {
        let ctx = ctx.clone();
        async move { blocking(move || look(&ctx)).await }
    };
    let began = Instant::now();
    let before = look().await?;
    tokio::time::sleep(SAMPLE).await;
    let elapsed = began.elapsed();
    let after = look().await?;
    let ctx = ctx.clone();
    blocking(move || Ok(ranked(&before, after, elapsed, |pid| executable(&ctx, pid)))).await
}

fn look(ctx: &Context) -> Result<HashMap<u32, Seen>, Failure> {
    let processes = std::fs::read_dir(ctx.path("/proc")).map_err(|error| Failure::io("/proc", &error))?;
    let seen = processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .take(PROCESSES)
        // A process may end between the two lines.
        .filter_map(|pid| Some((pid, parse(&files::text(&ctx.path(format!("/proc/{pid}/stat"))).ok()?)?)))
        .collect();
    Ok(seen)
}

/// `/proc/<pid>/stat` (proc_pid_stat(5)). The name may hold blanks and brackets: it ends at the last bracket.
fn parse(stat: &str) -> Option<Seen> {
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    // What follows the name begins with field 3.
    let field = |number: usize| after.split_whitespace().nth(number.checked_sub(3)?)?.parse::<u64>().ok();
    Some(Seen { name, ticks: field(14)?.saturating_add(field(15)?), started: field(22)?, resident_pages: field(24)? })
}

/// The name of the executable's file, where it may be read: the kernel cuts the name of the process.
fn executable(ctx: &Context, pid: u32) -> Option<String> {
    files::link_name(&ctx.path(format!("/proc/{pid}/exe")))
}

fn ranked(
    before: &HashMap<u32, Seen>,
    after: HashMap<u32, Seen>,
    elapsed: Duration,
    executable: impl Fn(u32) -> Option<String>,
) -> Programs {
    let seconds_of_ticks = 1.0 / rustix::param::clock_ticks_per_second() as f64;
    let page_bytes = rustix::param::page_size() as u64;
    let running = u32::try_from(after.len()).unwrap_or(u32::MAX);
    let mut programs: BTreeMap<String, Program> = BTreeMap::new();
    for (pid, seen) in after {
        let ticks = match before.get(&pid) {
            Some(earlier) if earlier.started == seen.started => seen.ticks.saturating_sub(earlier.ticks),
            Some(_) | None => 0,
        };
        let name = if seen.name.len() == NAME_BYTES {
            executable(pid).filter(|long| long.starts_with(&seen.name)).unwrap_or(seen.name)
        } else {
            seen.name
        };
        let program = programs.entry(name).or_insert_with_key(|name| Program {
            name: name.clone(),
            processes: 0,
            processor_percent: 0.0,
            memory_bytes: 0,
        });
        let share = ticks as f64 * seconds_of_ticks / elapsed.as_secs_f64().max(0.001) * 100.0;
        program.processes = program.processes.saturating_add(1);
        program.processor_percent += share as f32;
        program.memory_bytes = program.memory_bytes.saturating_add(seen.resident_pages.saturating_mul(page_bytes));
    }
    let top = |order: fn(&Program, &Program) -> std::cmp::Ordering, counts: fn(&Program) -> bool| {
        let mut all: Vec<Program> = programs.values().filter(|program| counts(program)).cloned().collect();
        all.sort_by(order);
        all.truncate(SHOWN);
        all
    };
    Programs {
        running,
        by_processor: top(
            |one, other| other.processor_percent.total_cmp(&one.processor_percent),
            |program| program.processor_percent > 0.0,
        ),
        by_memory: top(|one, other| other.memory_bytes.cmp(&one.memory_bytes), |program| program.memory_bytes > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;
    use proptest::prelude::*;

    fn seen(name: &str, ticks: u64, resident_pages: u64) -> Seen {
        Seen { name: name.into(), ticks, started: 5, resident_pages }
    }

    #[test]
    fn a_name_with_brackets_and_blanks_is_read_whole() {
        let stat =
            "42 (a (b) c) S 1 42 42 0 -1 4194560 1 2 3 4 70 30 0 0 20 0 4 0 12345 1000000 250 18446744073709551615 1";
        let expected = Seen { name: "a (b) c".into(), ticks: 100, started: 12345, resident_pages: 250 };
        assert_eq!(parse(stat), Some(expected));
        assert_eq!(parse("42 (x"), None);
        assert_eq!(parse("42 (x) S 1"), None);
    }

    #[test]
    fn processes_of_one_name_count_together_and_the_busiest_comes_first() {
        let before =
            [(1, seen("idle", 10, 1)), (2, seen("web", 0, 10)), (3, seen("web", 0, 10)), (4, seen("new", 99, 1))];
        let mut other = seen("new", 100, 100);
        other.started = 6;
        let after = [(1, seen("idle", 10, 1)), (2, seen("web", 30, 10)), (3, seen("web", 20, 10)), (4, other)];
        let programs = ranked(&before.into(), after.into(), Duration::from_secs(1), |_| None);
        assert_eq!(programs.running, 4);
        assert_eq!(programs.by_processor.len(), 1, "a number given to a later process says nothing of its use");
        assert_eq!((programs.by_processor[0].name.as_str(), programs.by_processor[0].processes), ("web", 2));
        assert_eq!(programs.by_processor[0].processor_percent, 50.0);
        assert_eq!(programs.by_memory[0].name, "new");
    }

    #[test]
    fn a_name_that_the_kernel_cut_is_completed_only_by_its_own_file() {
        let cut = "gnome-calculato";
        let named = |file: &str| {
            let file = file.to_owned();
            let all = ranked(&[].into(), [(1, seen(cut, 0, 1))].into(), SAMPLE, move |_| Some(file.clone()));
            all.by_memory[0].name.clone()
        };
        assert_eq!(named("gnome-calculator"), "gnome-calculator");
        assert_eq!(named("python3.11"), cut);
    }

    #[tokio::test]
    async fn this_test_is_among_the_programs_of_this_machine() {
        let seen = look(&fixture::here()).unwrap();
        assert!(seen.contains_key(&std::process::id()));
        let programs = collect(&fixture::here()).await.unwrap();
        assert!(programs.running > 1 && !programs.by_memory.is_empty());
        assert!(programs.by_memory.is_sorted_by(|one, other| one.memory_bytes >= other.memory_bytes));
    }

    proptest! {
        #[test]
        fn anything_is_read_without_panic(stat in "([0-9() ]|\\PC){0,200}") {
            let _ = parse(&stat);
        }
    }
}
