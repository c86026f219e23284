//! `cargo xtask test`: everything that must hold, counted.

mod counts;
mod fuzz;
mod parts;
#[cfg(target_os = "linux")]
mod systems;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

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
    /// Why nothing can be compiled for other systems here, if so.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "other systems are compiled for on Linux only"))]
    no_other_systems: Option<String>,
}

type Check = fn(&Run) -> anyhow::Result<Counts>;

/// What `--quick` runs side by side: cargo would wait for cargo, and Node's tools share nothing with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Rust,
    Interface,
}

/// The parts, in their order, and the lane in which `--quick` runs them, if it does. What fails soonest comes first.
const PARTS: &[(&str, Option<Lane>, Check)] = &[
    ("format", Some(Lane::Rust), parts::format),
    ("generated files", Some(Lane::Rust), parts::generated),
    ("interface: types", Some(Lane::Interface), parts::interface_types),
    ("interface: lints and format", Some(Lane::Interface), parts::interface_lints),
    ("interface: unit tests", Some(Lane::Interface), parts::interface_tests),
    ("lints", Some(Lane::Rust), parts::lints),
    ("tests", Some(Lane::Rust), parts::tests),
    ("licences, sources, bans", None, parts::dependencies),
    ("advisories", None, parts::advisories),
    ("browser tests", None, parts::browser),
    ("faults", None, parts::faults),
    ("real window", None, parts::window),
    #[cfg(target_os = "linux")]
    (MACOS.0, None, MACOS.1),
    #[cfg(target_os = "linux")]
    (WINDOWS[0].0, None, WINDOWS[0].1),
    #[cfg(target_os = "linux")]
    (WINDOWS[1].0, None, WINDOWS[1].1),
];

/// The parts for other systems, which `--macos` and `--windows` run alone.
#[cfg(target_os = "linux")]
const MACOS: (&str, Check) = ("macOS: types", systems::macos);
#[cfg(target_os = "linux")]
const WINDOWS: [(&str, Check); 2] =
    [("Windows: code, under Wine", systems::windows_code), ("Windows: programs, installer", systems::windows_programs)];

/// What takes long, and runs only when it is asked for.
const LONG: &[(&str, Check)] = &[("faults, long", parts::faults_long), ("fuzz targets", fuzz::run_all)];

/// What came of a part, and how long it took.
struct Outcome {
    name: &'static str,
    counts: Counts,
    took: Duration,
}

/// Sets up and runs the parts; all of them, whatever the first ones say.
///
/// # Errors
/// Something could not be set up or built, or a test failed.
pub(crate) fn run(quick: bool) -> anyhow::Result<()> {
    let begun = Instant::now();
    let root = crate::root()?;
    let mut no_other_systems = None;
    if !quick {
        setup::packages(Purpose::Test)?;
        // Their packages are Debian's: where they cannot be had, everything else is tested nevertheless.
        no_other_systems = set_up_for_other_systems().err().map(|error| format!("{error:#}"));
    }
    setup::node_modules(&root)?;
    let nextest = setup::cargo_tool(&root, "cargo-nextest", !quick);
    if !nextest {
        println!("Without cargo-nextest: the tests of Rust run under cargo test.");
    }
    let programs = if quick {
        // The hub carries the interface inside; which one does not matter to unit tests.
        build::interface_of_any_age(&root)?;
        build::program_folder(&root, Profile::Debug)?
    } else {
        build::interface(&root)?;
        build::programs(&root, Profile::Debug)?
    };
    let run = Run { target: build::target_folder(&root)?, root, programs, quick, nextest, no_other_systems };

    told(if quick { side_by_side(&run) } else { one_by_one(&run, begun) }, begun)
}

/// Sets up and runs what takes long.
///
/// # Errors
/// Something could not be set up or built, or a test failed.
pub(crate) fn run_long() -> anyhow::Result<()> {
    let begun = Instant::now();
    let root = crate::root()?;
    setup::packages(Purpose::Test)?;
    setup::node_modules(&root)?;
    let nextest = setup::cargo_tool(&root, "cargo-nextest", true);
    build::interface(&root)?;
    let programs = build::programs(&root, Profile::Debug)?;
    let run =
        Run { target: build::target_folder(&root)?, root, programs, quick: false, nextest, no_other_systems: None };
    let outcomes = LONG.iter().map(|&(name, check)| {
        println!("\n==> {name} ({} since the start)", spoken(begun.elapsed()));
        outcome(name, check, &run)
    });
    told(outcomes.collect(), begun)
}

#[cfg(target_os = "linux")]
fn set_up_for_other_systems() -> anyhow::Result<()> {
    systems::set_up(Purpose::TestForWindows)
}

#[cfg(not(target_os = "linux"))]
fn set_up_for_other_systems() -> anyhow::Result<()> {
    Ok(())
}

/// Sets up and runs what there is for macOS: types are checked.
///
/// # Errors
/// Something could not be set up, or does not agree.
#[cfg(target_os = "linux")]
pub(crate) fn run_for_macos() -> anyhow::Result<()> {
    systems::set_up(Purpose::CheckForMacos)?;
    run_for_a_system(&[MACOS], |root| build::program_folder(root, Profile::Debug))
}

/// Sets up and runs the tests of the Windows code, of its programs and of its installer under Wine.
///
/// # Errors
/// Something could not be set up or built, or a test failed.
#[cfg(target_os = "linux")]
pub(crate) fn run_for_windows() -> anyhow::Result<()> {
    systems::set_up(Purpose::TestForWindows)?;
    run_for_a_system(&WINDOWS, build::hub)
}

#[cfg(target_os = "linux")]
fn run_for_a_system(
    parts: &[(&'static str, Check)],
    programs: impl Fn(&Path) -> anyhow::Result<PathBuf>,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let root = crate::root()?;
    let nextest = setup::cargo_tool(&root, "cargo-nextest", true);
    setup::node_modules(&root)?;
    // Window and hub carry the interface inside; which one does not matter here.
    build::interface_of_any_age(&root)?;
    let programs = programs(&root)?;
    let target = build::target_folder(&root)?;
    let run = Run { root, target, programs, quick: false, nextest, no_other_systems: None };
    let outcomes = parts.iter().map(|&(name, check)| {
        println!("\n==> {name} ({} since the start)", spoken(begun.elapsed()));
        outcome(name, check, &run)
    });
    told(outcomes.collect(), begun)
}

/// Makes the packages, and earlier ones to upgrade from, and runs the tests that install them.
///
/// # Errors
/// Something could not be set up or built, or a test failed.
#[cfg(target_os = "linux")]
pub(crate) fn run_for_packages() -> anyhow::Result<()> {
    use crate::package::{self, Wish};
    let begun = Instant::now();
    let root = crate::root()?;
    setup::packages(Purpose::TestPackages)?;
    let nextest = setup::cargo_tool(&root, "cargo-nextest", true);
    let packages = package::run(&Wish { built: false, windows: false, as_version: None })?;
    let earlier = package::run(&Wish { built: true, windows: false, as_version: Some("0.0.1".to_owned()) })?;
    let programs = build::program_folder(&root, Profile::Release)?;
    let run =
        Run { target: build::target_folder(&root)?, root, programs, quick: false, nextest, no_other_systems: None };
    let counts = parts::packages(&run, &packages, &earlier)?;
    told(vec![Outcome { name: "packages", counts, took: begun.elapsed() }], begun)
}

/// Says what came of it all; ends this program if something failed.
fn told(outcomes: Vec<Outcome>, begun: Instant) -> anyhow::Result<()> {
    let mut total = Counts::default();
    println!();
    for Outcome { name, counts, took } in outcomes {
        println!(
            "{name:<30} {:>5} passed {:>3} failed {:>3} skipped {:>9}",
            counts.passed,
            counts.failed.len(),
            counts.skipped.len(),
            spoken(took)
        );
        total.add(counts);
    }
    println!("{:<30} {:>42}", "all", spoken(begun.elapsed()));
    for (name, why) in &total.failed {
        println!("FAILED {name}: {why}");
    }
    for (name, reason) in &total.skipped {
        println!("SKIPPED {name}: {reason}");
    }
    for (name, why) in &total.unstable {
        println!("UNSTABLE {name}: passed at the second try, after: {why}");
    }
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed.len(), total.skipped.len());
    if total.failed.is_empty() {
        return Ok(());
    }
    // The count is the last line; the exit code says the rest.
    std::process::exit(1);
}

fn one_by_one(run: &Run, begun: Instant) -> Vec<Outcome> {
    PARTS
        .iter()
        .map(|&(name, _, check)| {
            println!("\n==> {name} ({} since the start)", spoken(begun.elapsed()));
            outcome(name, check, run)
        })
        .collect()
}

/// Both lanes at once. Who works along says something only when it has failed.
fn side_by_side(run: &Run) -> Vec<Outcome> {
    let lane = |lane: Lane| -> Vec<Outcome> {
        let parts = PARTS.iter().filter(|(_, of, _)| *of == Some(lane));
        parts
            .map(|&(name, _, check)| {
                let outcome = outcome(name, check, run);
                println!("==> {name}: {}", spoken(outcome.took));
                outcome
            })
            .collect()
    };
    std::thread::scope(|scope| {
        let interface = scope.spawn(|| lane(Lane::Interface));
        let mut outcomes = lane(Lane::Rust);
        let lost = || {
            vec![Outcome {
                name: "interface",
                counts: Counts::one_failed("interface", "it broke off"),
                took: Duration::ZERO,
            }]
        };
        outcomes.extend(interface.join().unwrap_or_else(|_| lost()));
        outcomes
    })
}

fn outcome(name: &'static str, check: Check, run: &Run) -> Outcome {
    let begun = Instant::now();
    let counts = check(run).unwrap_or_else(|error| Counts::one_failed(name, &format!("{error:#}")));
    Outcome { name, counts, took: begun.elapsed() }
}

fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// A report of the last run must not be taken for one of this run.
fn remove_old(report: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(report) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", report.display()))
        }
        Err(_) | Ok(()) => Ok(()),
    }
}

/// A test program that fails without naming a test has failed nevertheless.
fn no_silent_failure(counts: Counts, done: anyhow::Result<()>) -> anyhow::Result<Counts> {
    match done {
        Err(error) if counts.failed.is_empty() => Err(error),
        Err(_) | Ok(()) => Ok(counts),
    }
}

/// Fails with a reason, for parts that cannot be run at all.
fn cannot<T>(why: &str) -> anyhow::Result<T> {
    bail!("{why}")
}
