//! `cargo xtask test --windows`: the Windows code, compiled and linked for `x86_64-pc-windows-gnu`, its tests run under
//! Wine; then the programs themselves and their installer, with a hub on this side. What Wine cannot prove is listed in
//! `docs/platforms.md`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::bail;

use super::{Counts, no_silent_failure, remove_old};
use crate::build::{self, Profile};
use crate::package;
use crate::programs::{cargo, run};
use crate::windows::{TARGET, Toolchain};

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

/// Sets up and runs the tests of the code.
///
/// # Errors
/// Something is missing or does not build. Tests that fail are counted.
pub(super) fn code(root: &Path, target: &Path) -> anyhow::Result<Counts> {
    let toolchain = Toolchain::ready()?;
    toolchain.wine()?;
    // A server that stays, so that each test does not start one: 0.05 s instead of 1 s.
    toolchain.wine_server("-p60")?;
    let counts = unit_tests(&toolchain, root, target);
    toolchain.wine_server("-k")?;
    counts
}

/// Sets up and runs the tests of the programs and of the installer.
///
/// # Errors
/// Something is missing or does not build. Tests that fail are counted.
pub(super) fn programs(root: &Path, target: &Path) -> anyhow::Result<Counts> {
    let toolchain = Toolchain::ready()?;
    toolchain.wine()?;
    // The hub carries the console inside; which one does not matter here.
    build::interface_of_any_age(root)?;
    let mut hub = cargo();
    hub.args(["build", "--quiet", "--package", "deskside-hub", "--bin", "deskside-hub"]);
    run(hub, root)?;
    let programs = toolchain.programs(root, target, Profile::Debug)?;
    let installers = target.join("windows/installers");
    for version in [OLDER, NEWER] {
        package::windows::for_tests(root, &programs, version, &installers)?;
    }
    let report = root.join("target/nextest/wine/junit.xml");
    remove_old(&report)?;
    let mut tests = cargo();
    tests
        .args(["nextest", "run", "--profile", "wine", "--package", "deskside-on-windows"])
        .args(["--status-level", "fail", "--cargo-quiet"])
        .env("DESKSIDE_PROGRAMS", build::program_folder(root, Profile::Debug)?)
        .env("DESKSIDE_WINDOWS_PROGRAMS", &programs)
        .env("DESKSIDE_WINDOWS_INSTALLERS", &installers)
        .envs(toolchain.wine_environment())
        .stdin(Stdio::null());
    let done = run(tests, root);
    toolchain.wine_server("-k")?;
    counted(&report, done)
}

fn unit_tests(toolchain: &Toolchain, root: &Path, target: &Path) -> anyhow::Result<Counts> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let nextest = std::env::split_paths(&path).map(|folder| folder.join("cargo-nextest")).find(|file| file.exists());
    let Some(nextest) = nextest else { bail!("cargo-nextest is missing, which is what runs tests under Wine") };
    let report = root.join("target/nextest/windows/junit.xml");
    remove_old(&report)?;
    let mut tests = toolchain.environment(nextest);
    let target: PathBuf = target.join("windows");
    tests
        .args(["nextest", "run", "--profile", "windows", "--target", TARGET, "--status-level", "fail"])
        .args(["--cargo-quiet", "--target-dir"])
        .arg(&target)
        // The window's tests ask for the library that finds the web view, which cargo lays beside the programs.
        .env("WINEPATH", target.join(TARGET).join("debug"));
    for package in PACKAGES {
        tests.args(["--package", package]);
    }
    tests.stdin(Stdio::null());
    let done = run(tests, root);
    counted(&report, done)
}

fn counted(report: &Path, done: anyhow::Result<()>) -> anyhow::Result<Counts> {
    match std::fs::read_to_string(report) {
        Ok(xml) => no_silent_failure(Counts::from_junit(&xml), done),
        // No report: it did not come to running tests.
        Err(_) => done.and(Ok(Counts::default())),
    }
}
