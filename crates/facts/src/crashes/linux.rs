//! On Linux: what systemd-coredump and the kernel wrote into the journal, and what lies in the folders of core dumps.

mod folders;

use std::{
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

use deskside_protocol::{
    Timestamp,
    facts::{Crash, Crashes},
    limits,
};

use crate::{
    Context, Failure, blocking,
    linux::journal::{self, Journal},
};

/// Age of the oldest crash that is told.
const AGE: Duration = Duration::from_secs(7 * 24 * 3600);
/// The message with which systemd-coredump tells of a core dump (systemd, `SD_MESSAGE_COREDUMP`).
const COREDUMP: &str = "fc2e22bc6ee647b6b90729ab34a250b1";
/// Time for each of the two readings of the journal.
const READING: Duration = Duration::from_millis(1200);
/// Lines of the kernel that are looked at.
const KERNEL_LINES: u32 = 20_000;
/// Two accounts of a crash this close together are of the same one.
const SAME_MS: i64 = 10_000;

pub(crate) async fn collect(ctx: &Context) -> Result<Crashes, Failure> {
    let ctx = ctx.clone();
    blocking(move || {
        let now = Timestamp::now();
        let journals = journal::folder(&ctx);
        let dumps = of_dumps(journals.as_deref(), now);
        let kernel = of_kernel(journals.as_deref(), now);
        let files = folders::crashes(&ctx);
        if let (Err(failure), None) = (&dumps, &files) {
            return Err(failure.clone());
        }
        let all = [dumps.unwrap_or_default(), files.unwrap_or_default(), kernel.unwrap_or_default()].concat();
        Ok(merged(all, now))
    })
    .await
}

/// Newest first, each once, of the last seven days. Of several accounts of one crash the first given is kept.
fn merged(all: Vec<Crash>, now: Timestamp) -> Crashes {
    let oldest = now.unix_ms() - i64::try_from(AGE.as_millis()).unwrap_or(i64::MAX);
    let mut crashes: Vec<Crash> = Vec::new();
    for crash in all.into_iter().filter(|crash| crash.at.unix_ms() >= oldest) {
        // The kernel cuts names to 15 bytes.
        let same_name = |one: &str, other: &str| one == other || (other.len() == 15 && one.starts_with(other));
        let known = crashes.iter().any(|known| {
            same_name(&known.program, &crash.program) && (known.at.unix_ms() - crash.at.unix_ms()).abs() <= SAME_MS
        });
        if !known {
            crashes.push(crash);
        }
    }
    crashes.sort_by_key(|crash| std::cmp::Reverse(crash.at));
    crashes.truncate(limits::FACTS_LIST);
    Crashes { crashes }
}

fn since_us(now: Timestamp) -> u64 {
    let oldest_ms = now.unix_ms() - i64::try_from(AGE.as_millis()).unwrap_or(i64::MAX);
    u64::try_from(oldest_ms.saturating_mul(1000)).unwrap_or(0)
}

fn of_dumps(folder: Option<&Path>, now: Timestamp) -> Result<Vec<Crash>, Failure> {
    let mut journal = Journal::open(folder)?;
    journal.only("MESSAGE_ID", COREDUMP)?;
    let mut crashes = Vec::new();
    journal.newest_first(since_us(now), Instant::now() + READING, |at_us, entry| {
        let executable = entry.field(c"COREDUMP_EXE");
        let name = executable.as_deref().and_then(|path| path.rsplit('/').next()).map(str::to_owned);
        if let Some(program) = name.or_else(|| entry.field(c"COREDUMP_COMM")) {
            let signal = entry.field(c"COREDUMP_SIGNAL_NAME");
            crashes.push(Crash {
                program,
                at: Timestamp::from_unix_ms(i64::try_from(at_us / 1000).unwrap_or(i64::MAX)),
                reason: signal.or_else(|| entry.field(c"COREDUMP_SIGNAL").and_then(|number| signal_name(&number))),
            });
        }
        if crashes.len() < limits::FACTS_LIST { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(crashes)
}

/// Debian has no systemd-coredump unless one installs it; the kernel's lines are there always.
fn of_kernel(folder: Option<&Path>, now: Timestamp) -> Result<Vec<Crash>, Failure> {
    let mut journal = Journal::open(folder)?;
    journal.only("_TRANSPORT", "kernel")?;
    let mut crashes = Vec::new();
    let mut seen = 0;
    journal.newest_first(since_us(now), Instant::now() + READING, |at_us, entry| {
        seen += 1;
        if let Some((program, reason)) = entry.field(c"MESSAGE").as_deref().and_then(kernel_line) {
            let at = Timestamp::from_unix_ms(i64::try_from(at_us / 1000).unwrap_or(i64::MAX));
            crashes.push(Crash { program: program.to_owned(), at, reason: Some(reason.to_owned()) });
        }
        let enough = seen >= KERNEL_LINES || crashes.len() >= limits::FACTS_LIST;
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(crashes)
}

/// "gedit[4711]: segfault at 0 ip 0000… sp 0000… error 4 in libc.so.6[…]", "traps: gedit[4711] trap int3 ip:…" (Linux,
/// arch/x86/mm/fault.c and arch/x86/kernel/traps.c).
fn kernel_line(message: &str) -> Option<(&str, &'static str)> {
    let (before, after) = message.split_once("]")?;
    let (program, number) = before.strip_prefix("traps: ").unwrap_or(before).rsplit_once('[')?;
    if program.is_empty() || !number.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let after = after.trim_start_matches(':').trim_start();
    let reasons = [
        ("segfault at ", "SIGSEGV"),
        ("general protection", "SIGSEGV"),
        ("trap invalid opcode", "SIGILL"),
        ("trap divide error", "SIGFPE"),
        ("trap int3", "SIGTRAP"),
        ("bus error", "SIGBUS"),
    ];
    let (_, reason) = reasons.iter().find(|(start, _)| after.starts_with(start))?;
    Some((program, reason))
}

/// Names of the signals that end a program with a core dump (signal(7), x86 and ARM).
fn signal_name(number: &str) -> Option<String> {
    let name = match number.trim() {
        "3" => "SIGQUIT",
        "4" => "SIGILL",
        "5" => "SIGTRAP",
        "6" => "SIGABRT",
        "7" => "SIGBUS",
        "8" => "SIGFPE",
        "11" => "SIGSEGV",
        "24" => "SIGXCPU",
        "25" => "SIGXFSZ",
        "31" => "SIGSYS",
        number if number.len() <= 2 && number.chars().all(|c| c.is_ascii_digit()) => {
            return Some(format!("signal {number}"));
        }
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn crash(program: &str, at: i64, reason: &str) -> Crash {
        Crash { program: program.into(), at: Timestamp::from_unix_ms(at), reason: Some(reason.into()) }
    }

    #[test]
    fn the_kernel_names_program_and_reason() {
        for (line, expected) in [
            ("gedit[4711]: segfault at 0 ip 00007f sp 00007ffc error 4 in libc.so.6[7f+1]", Some(("gedit", "SIGSEGV"))),
            ("Web Content[12]: segfault at 10 ip 1 sp 2 error 6", Some(("Web Content", "SIGSEGV"))),
            ("traps: gnome-shell[99] trap int3 ip:7f sp:7f error:0 in libglib", Some(("gnome-shell", "SIGTRAP"))),
            ("traps: app[1] general protection fault ip:1 sp:2 error:0", Some(("app", "SIGSEGV"))),
            ("usb 1-4: new device [1234]", None),
            ("audit[12]: something else", None),
        ] {
            assert_eq!(kernel_line(line), expected, "{line}");
        }
    }

    #[test]
    fn one_crash_told_twice_counts_once_and_old_ones_not_at_all() {
        let now = Timestamp::from_unix_ms(i64::try_from(AGE.as_millis()).unwrap() + 1_000_000);
        let all = vec![
            crash("gnome-calculator", 2_000_000, "SIGABRT"),
            crash("gnome-calculato", 2_003_000, "SIGSEGV"),
            crash("gedit", 3_000_000, "SIGSEGV"),
            crash("gedit", 4_000_000, "SIGSEGV"),
            crash("old", 999_999, "SIGSEGV"),
        ];
        let said: Vec<_> = merged(all, now).crashes.into_iter().map(|c| (c.program, c.at.unix_ms())).collect();
        let expected = [("gedit", 4_000_000), ("gedit", 3_000_000), ("gnome-calculator", 2_000_000)];
        assert_eq!(said, expected.map(|(program, at)| (program.to_owned(), at)));
    }

    #[test]
    fn signals_have_names() {
        assert_eq!(signal_name("11").as_deref(), Some("SIGSEGV"));
        assert_eq!(signal_name("62").as_deref(), Some("signal 62"));
        assert_eq!(signal_name("x; rm"), None);
    }

    proptest! {
        #[test]
        fn anything_is_read_without_panic(text in "(traps: |\\[|\\]|segfault at |\\PC){0,20}") {
            let _ = (kernel_line(&text), signal_name(&text));
        }
    }
}
