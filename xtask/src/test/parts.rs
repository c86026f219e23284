//! The parts of `cargo xtask test`.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::{Counts, Run, cannot, no_silent_failure, remove_old};
use crate::programs::{cargo, program, run, run_quietly};
use crate::{build, codegen, setup};

/// Runs one tool of a part. Where two parts run at once, their words would mix: only a failure's are shown.
fn tell(this: &Run, command: Command, folder: &Path) -> anyhow::Result<()> {
    if this.quick { run_quietly(command, folder) } else { run(command, folder) }
}

/// Node's own programs of the interface.
fn node(run: &Run, name: &str) -> Command {
    program(run.root.join("ui/node_modules/.bin").join(name))
}

pub(super) fn format(this: &Run) -> anyhow::Result<Counts> {
    let mut fmt = cargo();
    fmt.args(["fmt", "--all", "--check"]);
    tell(this, fmt, &this.root)?;
    Ok(Counts::one_passed())
}

pub(super) fn generated(_: &Run) -> anyhow::Result<Counts> {
    codegen::run(true)?;
    Ok(Counts::one_passed())
}

pub(super) fn lints(this: &Run) -> anyhow::Result<Counts> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]);
    tell(this, clippy, &this.root)?;
    Ok(Counts::one_passed())
}

/// The whole workspace but what is tested by itself: in the real window, in a clean system, under Wine.
const WITHOUT_THE_APART: &[&str] =
    &["--workspace", "--exclude", "deskside-e2e", "--exclude", "deskside-packages", "--exclude", "deskside-on-windows"];

/// All tests of Rust but those in the real window and under faults; quickly, those that need no other program of ours.
pub(super) fn tests(this: &Run) -> anyhow::Result<Counts> {
    if this.quick {
        return rust_tests(this, "default", &[WITHOUT_THE_APART, &["--lib", "--bins"]].concat());
    }
    schemathesis(this);
    // They have a part and a profile of their own, with more time for each.
    rust_tests(this, "default", &[WITHOUT_THE_APART, &["--exclude", "deskside-faults"]].concat())
}

/// Puts Schemathesis where the hub's test looks for it. Where it cannot be had, that test says so and is skipped.
fn schemathesis(this: &Run) {
    const VERSION: &str = "schemathesis==4.32.5";
    let folder = this.root.join("target/schemathesis");
    if folder.join("bin/schemathesis").exists() {
        return;
    }
    println!("installing {VERSION} from PyPI into target/schemathesis, for the hub's OpenAPI");
    let mut venv = program("python3");
    venv.args(["-m", "venv"]).arg(&folder);
    let mut pip = program(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", VERSION]);
    let made = run_quietly(venv, &this.root).and_then(|()| run_quietly(pip, &this.root));
    if let Err(error) = made {
        println!("Schemathesis cannot be installed, so its test is skipped: {error:#}");
        let _not_there = std::fs::remove_dir_all(&folder);
    }
}

/// The tests in the real window.
pub(super) fn window(this: &Run) -> anyhow::Result<Counts> {
    if !cfg!(target_os = "linux") {
        return Ok(Counts::one_skipped("real window", "the headless desktop is Linux only"));
    }
    rust_tests(this, "e2e", &["--package", "deskside-e2e"])
}

/// The tests that install packages.
#[cfg(target_os = "linux")]
pub(super) fn packages(this: &Run, packages: &Path, earlier: &Path) -> anyhow::Result<Counts> {
    let environment = [("DESKSIDE_PACKAGES", packages), ("DESKSIDE_EARLIER_PACKAGES", earlier)];
    rust_tests_in(this, "packages", &["--package", "deskside-packages"], &environment)
}

/// The real programs under everything that goes wrong.
pub(super) fn faults(this: &Run) -> anyhow::Result<Counts> {
    if !cfg!(target_os = "linux") {
        return Ok(Counts::one_skipped("faults", "the headless desktop is Linux only"));
    }
    rust_tests(this, "faults", &["--package", "deskside-faults"])
}

/// The same story of reports that are sent under faults, with ten times as many.
pub(super) fn faults_long(this: &Run) -> anyhow::Result<Counts> {
    if !cfg!(target_os = "linux") {
        return Ok(Counts::one_skipped("faults", "the headless desktop is Linux only"));
    }
    let story = "whatever_fails_what_was_submitted_arrives_once_and_whole";
    let submits = [("DESKSIDE_SUBMITS", Path::new("1000"))];
    rust_tests_in(this, "long", &["--package", "deskside-faults", story], &submits)
}

/// How often a test that failed is tried again. Where something is built upon the outcome of a run (continuous
/// integration), once, and the summary names it as unstable; at a desk never, where somebody can look at it.
pub(super) fn second_tries() -> &'static str {
    if std::env::var_os("CI").is_some() { "1" } else { "0" }
}

fn rust_tests(this: &Run, profile: &str, packages: &[&str]) -> anyhow::Result<Counts> {
    rust_tests_in(this, profile, packages, &[])
}

fn rust_tests_in(
    this: &Run,
    profile: &str,
    packages: &[&str],
    environment: &[(&str, &Path)],
) -> anyhow::Result<Counts> {
    if !this.nextest {
        return with_cargo_test(this, packages, environment);
    }
    // Where nextest keeps its reports, wherever the target folder is (its `store.dir`, below the workspace).
    let report = this.root.join("target/nextest").join(profile).join("junit.xml");
    remove_old(&report)?;
    let mut nextest = cargo();
    nextest.args(["nextest", "run", "--profile", profile, "--status-level", "fail"]).args(packages);
    nextest.args(["--cargo-quiet", "--no-tests", "pass", "--retries", second_tries()]);
    nextest.env("DESKSIDE_PROGRAMS", &this.programs).envs(environment.iter().copied());
    let done = tell(this, nextest, &this.root);
    match std::fs::read_to_string(&report) {
        Ok(xml) => no_silent_failure(Counts::from_junit(&xml), done),
        // No report: it did not come to running tests.
        Err(_) => done.and(Ok(Counts::default())),
    }
}

fn with_cargo_test(this: &Run, packages: &[&str], environment: &[(&str, &Path)]) -> anyhow::Result<Counts> {
    let mut test = cargo();
    test.args(["test", "--no-fail-fast", "--quiet"]).args(packages).args(["--", "--show-output", "--format=pretty"]);
    test.env("DESKSIDE_PROGRAMS", &this.programs).envs(environment.iter().copied());
    let done = test.current_dir(&this.root).stderr(std::process::Stdio::inherit()).output()?;
    let output = String::from_utf8_lossy(&done.stdout);
    println!("{output}");
    let counts = Counts::from_cargo_test(&output);
    no_silent_failure(counts, if done.status.success() { Ok(()) } else { cannot("cargo test failed") })
}

pub(super) fn interface_types(this: &Run) -> anyhow::Result<Counts> {
    let mut npm = program("npm");
    npm.args(["run", "--silent", "check"]);
    tell(this, npm, &this.root.join("ui"))?;
    Ok(Counts::one_passed())
}

pub(super) fn interface_lints(this: &Run) -> anyhow::Result<Counts> {
    let ui = this.root.join("ui");
    if !this.quick {
        let mut npm = program("npm");
        npm.args(["run", "--silent", "lint"]);
        run(npm, &ui)?;
        return Ok(Counts::one_passed());
    }
    // The same two tools, looking only at what changed. Rules of ours look into the texts: other texts, other findings.
    let cache = ui.join("node_modules/.cache/deskside").join(build::digest_of(&this.root, &["locales", "ui/eslint"])?);
    let mut eslint = node(this, "eslint");
    eslint.args([".", "--cache", "--cache-strategy=content", "--cache-location"]).arg(cache.join("eslint"));
    tell(this, eslint, &ui)?;
    let mut prettier = node(this, "prettier");
    prettier
        .args(["--check", ".", "--cache", "--cache-strategy=content", "--cache-location"])
        .arg(cache.join("prettier"));
    tell(this, prettier, &ui)?;
    Ok(Counts::one_passed())
}

pub(super) fn interface_tests(this: &Run) -> anyhow::Result<Counts> {
    let report = this.target.join("vitest.json");
    remove_old(&report)?;
    let mut vitest = node(this, "vitest");
    vitest
        .args(["run", "--passWithNoTests", "--reporter=default", "--reporter=json", "--outputFile.json"])
        .arg(&report);
    let done = tell(this, vitest, &this.root.join("ui"));
    match read_json(&report) {
        Ok(json) => no_silent_failure(Counts::from_vitest(&json)?, done),
        Err(error) => done.and(Err(error)),
    }
}

pub(super) fn browser(this: &Run) -> anyhow::Result<Counts> {
    let report = this.target.join("playwright.json");
    remove_old(&report)?;
    let mut playwright = node(this, "playwright");
    playwright.args(["test", "--reporter=line,json", &format!("--retries={}", second_tries())]);
    playwright.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report).env("DESKSIDE_PROGRAMS", &this.programs);
    let done = run(playwright, &this.root.join("ui"));
    match read_json(&report) {
        Ok(json) => no_silent_failure(Counts::from_playwright(&json)?, done),
        Err(error) => done.and(Err(error)),
    }
}

pub(super) fn dependencies(this: &Run) -> anyhow::Result<Counts> {
    const NAME: &str = "licences, sources, bans";
    if !setup::cargo_tool(&this.root, "cargo-deny", !this.quick) {
        return Ok(Counts::one_skipped(NAME, "cargo-deny is not there and could not be installed"));
    }
    let mut deny = cargo();
    deny.args(["deny", "--log-level", "error", "check", "licenses", "bans", "sources"]);
    run(deny, &this.root)?;
    Ok(Counts::one_passed())
}

pub(super) fn advisories(this: &Run) -> anyhow::Result<Counts> {
    const NAME: &str = "advisories";
    if !setup::cargo_tool(&this.root, "cargo-deny", false) {
        return Ok(Counts::one_skipped(NAME, "cargo-deny is not there and could not be installed"));
    }
    // The database first, alone: what cannot be fetched is not a fault of ours.
    let mut fetch = cargo();
    fetch.args(["deny", "fetch", "db"]);
    if run(fetch, &this.root).is_err() {
        return Ok(Counts::one_skipped(NAME, "the advisory database cannot be reached from here"));
    }
    let mut deny = cargo();
    deny.args(["deny", "--log-level", "error", "check", "--disable-fetch", "advisories"]);
    run(deny, &this.root)?;
    Ok(Counts::one_passed())
}

fn read_json(path: &Path) -> anyhow::Result<serde_json::Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("there is no report {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}
