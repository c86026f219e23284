//! The parts for other systems, as far as this one can tell. For Windows the code is compiled and linked and its tests run
//! under Wine, then the programs themselves and their installer, with a hub on this side; for macOS types are checked.
//! What that cannot prove is listed in `docs/platforms.md`.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::bail;

use super::{Counts, Run, no_silent_failure, parts, remove_old};
use crate::build::Profile;
use crate::programs::{cargo, run};
use crate::setup::{self, Purpose};
use crate::windows::{self, TARGET, Toolchain};
use crate::{cross, macos, package};

/// What has Windows code and what that stands on. The hub is not meant for Windows.
const PACKAGES: &[&str] = &[
    "deskside-protocol",
    "deskside-texts",
    "deskside-ipc",
    "deskside-facts",
    "deskside-helpdesk",
    "deskside-agent",
    "deskside-window",
];
/// What the two installers say that they are.
const OLDER: &str = "0.0.1";
const NEWER: &str = "0.0.2";

/// Sees to what the parts need.
///
/// # Errors
/// It is not here and cannot be installed; the error says what.
pub(super) fn set_up(purpose: Purpose) -> anyhow::Result<()> {
    setup::packages(purpose)?;
    // Where packages have other names, nothing was installed.
    let missing = cross::missing(if purpose == Purpose::CheckForMacos { &[] } else { windows::PROGRAMS_NEEDED });
    if !missing.is_empty() {
        bail!("what compiles for other systems is taken from Debian 12; not here: {}", missing.join(", "));
    }
    Ok(())
}

/// The types of the code for macOS.
pub(super) fn macos(this: &Run) -> anyhow::Result<Counts> {
    if let Some(reason) = &this.no_other_systems {
        return Ok(Counts::one_skipped("the types of the code for macOS", reason));
    }
    macos::check(&this.root, &this.target)?;
    Ok(Counts::one_passed())
}

/// The tests of the code for Windows.
pub(super) fn windows_code(this: &Run) -> anyhow::Result<Counts> {
    if let Some(reason) = cannot_run(this) {
        return Ok(Counts::one_skipped("the tests of the code for Windows", &reason));
    }
    let toolchain = Toolchain::ready()?;
    toolchain.wine()?;
    build(&toolchain, this)?;
    // A server that stays, so that each test does not start one: 0.05 s instead of 1 s.
    toolchain.wine_server("-p60")?;
    let counts = unit_tests(&toolchain, this);
    toolchain.wine_server("-k")?;
    counts
}

/// The tests of the programs for Windows and of their installer.
pub(super) fn windows_programs(this: &Run) -> anyhow::Result<Counts> {
    if let Some(reason) = cannot_run(this) {
        return Ok(Counts::one_skipped("the tests of the programs for Windows", &reason));
    }
    let toolchain = Toolchain::ready()?;
    toolchain.wine()?;
    build(&toolchain, this)?;
    let programs = windows::program_folder(&this.target, Profile::Debug);
    let installers = cross::folder_below(&this.target).join("installers");
    for version in [OLDER, NEWER] {
        package::windows::for_tests(&this.root, &programs, version, &installers)?;
    }
    let mut tests = cargo();
    tests
        .args(["nextest", "run", "--package", "deskside-on-windows"])
        .env("DESKSIDE_PROGRAMS", &this.programs)
        .env("DESKSIDE_WINDOWS_PROGRAMS", &programs)
        .env("DESKSIDE_WINDOWS_INSTALLERS", &installers)
        .envs(toolchain.wine_environment());
    let counts = counted(tests, "wine", &this.root);
    toolchain.wine_server("-k")?;
    counts
}

fn cannot_run(this: &Run) -> Option<String> {
    if this.no_other_systems.is_some() {
        return this.no_other_systems.clone();
    }
    (!this.nextest).then(|| "cargo-nextest is missing, which is what runs tests under Wine".to_owned())
}

/// What is tested, tests and programs at once: one build, with the same features for both.
fn selected(mut command: Command) -> Command {
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    command
}

fn build(toolchain: &Toolchain, this: &Run) -> anyhow::Result<()> {
    let mut build = selected(toolchain.cargo("build", &this.target));
    build.args(["--quiet", "--tests", "--bins"]);
    run(build, &this.root)
}

fn unit_tests(toolchain: &Toolchain, this: &Run) -> anyhow::Result<Counts> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let nextest = std::env::split_paths(&path).map(|folder| folder.join("cargo-nextest")).find(|file| file.exists());
    let Some(nextest) = nextest else { bail!("cargo-nextest is not in PATH, which is what runs tests under Wine") };
    let mut tests = toolchain.environment(nextest);
    tests
        .args(["nextest", "run", "--target", TARGET, "--tests", "--bins", "--target-dir"])
        .arg(cross::folder_below(&this.target))
        // The window's tests ask for the library that finds the web view, which cargo lays beside the programs.
        .env("WINEPATH", windows::program_folder(&this.target, Profile::Debug));
    counted(selected(tests), "windows", &this.root)
}

/// Runs nextest and counts what came of it; what is worth naming says where it ran.
fn counted(mut nextest: Command, profile: &str, root: &Path) -> anyhow::Result<Counts> {
    let report = root.join("target/nextest").join(profile).join("junit.xml");
    remove_old(&report)?;
    nextest
        .args(["--profile", profile, "--status-level", "fail", "--cargo-quiet", "--retries", parts::second_tries()])
        .stdin(Stdio::null());
    let done = run(nextest, root);
    match std::fs::read_to_string(&report) {
        Ok(xml) => no_silent_failure(Counts::from_junit(&xml).named("under Wine"), done),
        // No report: it did not come to running tests.
        Err(_) => done.and(Ok(Counts::default())),
    }
}
