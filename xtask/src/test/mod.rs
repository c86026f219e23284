//! `cargo xtask test`: everything that must hold, counted.

mod counts;
mod parts;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::build::{self, Profile};
use crate::setup::{self, Purpose};

pub(crate) use counts::Counts;

/// What the parts need to know.
pub(crate) struct Run {
    root: PathBuf,
    target: PathBuf,
    programs: PathBuf,
    quick: bool,
    nextest: bool,
}

type Check = fn(&Run) -> anyhow::Result<Counts>;

/// The parts, in their order, and whether `--quick` runs them. What fails soonest comes first.
const PARTS: &[(&str, bool, Check)] = &[
    ("format", true, parts::format),
    ("generated files", true, parts::generated),
    ("interface: types", true, parts::interface_types),
    ("interface: lints and format", true, parts::interface_lints),
    ("interface: unit tests", true, parts::interface_tests),
    ("lints", true, parts::lints),
    ("tests", true, parts::tests),
    ("licences, sources, bans", false, parts::dependencies),
    ("advisories", false, parts::advisories),
    ("browser tests", false, parts::browser),
    ("real window", false, parts::window),
];

/// Sets up and runs the parts; all of them, whatever the first ones say.
///
/// # Errors
/// Something could not be set up or built, or a test failed.
pub(crate) fn run(quick: bool) -> anyhow::Result<()> {
    let begun = Instant::now();
    let root = crate::root()?;
    if !quick {
        setup::packages(Purpose::Test)?;
    }
    setup::node_modules(&root)?;
    let nextest = setup::cargo_tool(&root, "cargo-nextest", !quick);
    if !nextest {
        println!("Without cargo-nextest: the tests of Rust run under cargo test.");
    }
    build::interface(&root)?;
    let programs =
        if quick { build::program_folder(&root, Profile::Debug)? } else { build::programs(&root, Profile::Debug)? };
    let run = Run { target: build::target_folder(&root)?, root, programs, quick, nextest };

    let mut total = Counts::default();
    let mut lines = Vec::new();
    for (name, in_quick, check) in PARTS {
        if quick && !in_quick {
            continue;
        }
        println!("\n==> {name} ({} since the start)", spoken(begun.elapsed()));
        let part_begun = Instant::now();
        let counts = check(&run).unwrap_or_else(|error| Counts::one_failed(name, &format!("{error:#}")));
        lines.push(format!(
            "{:<30} {:>5} passed {:>3} failed {:>3} skipped {:>9}",
            name,
            counts.passed,
            counts.failed.len(),
            counts.skipped.len(),
            spoken(part_begun.elapsed())
        ));
        total.add(counts);
    }

    println!("\n{}", lines.join("\n"));
    println!("{:<30} {:>42}", "all", spoken(begun.elapsed()));
    for (name, why) in &total.failed {
        println!("FAILED {name}: {why}");
    }
    for (name, reason) in &total.skipped {
        println!("SKIPPED {name}: {reason}");
    }
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed.len(), total.skipped.len());
    if total.failed.is_empty() {
        return Ok(());
    }
    // The count is the last line; the exit code says the rest.
    std::process::exit(1);
}

fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// Fails with a reason, for parts that cannot be run at all.
fn cannot<T>(why: &str) -> anyhow::Result<T> {
    bail!("{why}")
}
