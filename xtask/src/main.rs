//! `cargo xtask …`: what the README's commands call.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this program's job is to talk to a terminal")]

#[cfg(target_os = "linux")]
mod bench;
mod build;
mod codegen;
#[cfg(target_os = "linux")]
mod cross;
#[cfg(target_os = "linux")]
mod demo;
#[cfg(target_os = "linux")]
mod macos;
#[cfg(target_os = "linux")]
mod package;
mod programs;
mod setup;
mod test;
#[cfg(target_os = "linux")]
mod windows;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Builds, tests, shows and measures Deskside")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Writes what is generated: protocol types and text ids for the interface, text functions for Rust
    Codegen {
        /// Writes nothing; fails if something would change, or if a text is missing or unused
        #[arg(long)]
        check: bool,
    },
    /// Measures what Deskside is held to, in optimised builds: lines `name value unit`
    Bench {
        /// Only these figures, and what is measured with them
        names: Vec<String>,
        /// Builds nothing: measures the programs that were built last
        #[arg(long)]
        built: bool,
    },
    /// Builds, starts a hub and an agent that is enrolled in it, and shows both
    Demo {
        /// On a display of its own, one request through the real window; then ends, with 0 if all went well
        #[arg(long)]
        once: bool,
    },
    /// Makes what a company installs, into target/packages: .deb and .rpm, each with the list of what is inside
    Package {
        /// Builds nothing: packs the optimised programs that were built last
        #[arg(long)]
        built: bool,
        /// Leaves the installer for Windows out, whose programs take a quarter of an hour to build the first time
        #[arg(long)]
        without_windows: bool,
        /// Says that the packages are of this version, to try upgrades
        #[arg(long, value_name = "VERSION")]
        as_version: Option<String>,
    },
    /// Sets up and runs everything: format, lints, unit, contract, browser and real-window tests, licences, other systems
    Test {
        /// Only what takes under a minute when all is built: no test that starts a program of ours, no licences
        #[arg(long)]
        quick: bool,
        /// Only Windows: its code, its programs and its installer, compiled here and run under Wine
        #[arg(long, conflicts_with = "quick")]
        windows: bool,
        /// Only macOS: the types of its code, which can be neither linked nor run here
        #[arg(long, conflicts_with_all = ["quick", "windows"])]
        macos: bool,
        /// Only the packages: makes them, installs them into a clean Debian, upgrades and removes them (as root)
        #[arg(long, conflicts_with_all = ["quick", "windows", "macos"])]
        packages: bool,
        /// Only what takes long: the long form of the faults, and libFuzzer on every fuzz target
        #[arg(long, conflicts_with_all = ["quick", "windows", "macos", "packages"])]
        long: bool,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Codegen { check } => codegen::run(check),
        #[cfg(target_os = "linux")]
        Task::Bench { names, built } => bench::run_all(&names, built),
        #[cfg(not(target_os = "linux"))]
        Task::Bench { .. } => Err(anyhow::anyhow!("the figures are taken on Linux only, so far")),
        #[cfg(target_os = "linux")]
        Task::Demo { once } => demo::run(once),
        #[cfg(not(target_os = "linux"))]
        Task::Demo { .. } => Err(anyhow::anyhow!("the demo runs on Linux only, so far")),
        #[cfg(target_os = "linux")]
        Task::Package { built, without_windows, as_version } => {
            package::run(&package::Wish { built, windows: !without_windows, as_version })
                .map(|folder| println!("{}", folder.display()))
        }
        #[cfg(not(target_os = "linux"))]
        Task::Package { .. } => Err(anyhow::anyhow!("packages are made on Linux only, so far")),
        #[cfg(target_os = "linux")]
        Task::Test { windows: true, .. } => test::run_for_windows(),
        #[cfg(target_os = "linux")]
        Task::Test { macos: true, .. } => test::run_for_macos(),
        #[cfg(not(target_os = "linux"))]
        Task::Test { windows: true, .. } | Task::Test { macos: true, .. } => {
            Err(anyhow::anyhow!("other systems are compiled for on Linux only: run `cargo test` instead"))
        }
        Task::Test { long: true, .. } => test::run_long(),
        #[cfg(target_os = "linux")]
        Task::Test { packages: true, .. } => test::run_for_packages(),
        #[cfg(not(target_os = "linux"))]
        Task::Test { packages: true, .. } => Err(anyhow::anyhow!("packages are tried on Linux only, so far")),
        Task::Test { quick, windows: false, macos: false, packages: false, long: false } => test::run(quick),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The checkout that this program was built from.
fn root() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(Path::to_owned).context("xtask is not inside the workspace")
}
