//! The fuzz targets of `tests/fuzz` under libFuzzer: it looks for bytes that they do not stand, a minute each.
//!
//! libFuzzer wants to know where the program goes. The compiler's own pass counts that (`-C passes=sancov-module`, which a
//! stable compiler has), in everything that the targets are built from, into a folder of its own.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use super::{Counts, Run};
use crate::programs::{cargo, output, program, run_quietly};

/// How long each target is looked at.
const EACH: Duration = Duration::from_secs(60);
/// Longest time for one input; whoever takes longer can be slowed down by strangers.
const INPUT: Duration = Duration::from_secs(10);
/// Most memory of a target: strangers must not fill it.
const MEMORY_MB: u32 = 2048;
/// Longest input, in bytes: longer than every limit that the targets know.
const INPUT_BYTES: u32 = 20_000;
/// What counts where the program goes.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Lets libFuzzer look at every target that has a corpus, as many at once as there are processors.
pub(super) fn run_all(this: &Run) -> anyhow::Result<Counts> {
    let program = build(this)?;
    let corpus = this.root.join("tests/fuzz/corpus");
    let mut targets: Vec<String> = std::fs::read_dir(&corpus)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    targets.sort();
    let (left, counts) = (Mutex::new(targets), Mutex::new(Counts::default()));
    let next = || left.lock().ok().and_then(|mut left| left.pop());
    let hands = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..hands {
            scope.spawn(|| {
                while let Some(target) = next() {
                    let one = look(this, &program, &corpus, &target);
                    if let Ok(mut counts) = counts.lock() {
                        counts.add(one);
                    }
                }
            });
        }
    });
    counts.into_inner().map_err(|_| anyhow::anyhow!("a target broke off"))
}

/// The program with all targets inside.
fn build(this: &Run) -> anyhow::Result<PathBuf> {
    let told = output(program_that("rustc", &["--version", "--verbose"]), &this.root)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not say its host")?;
    let mut cargo = cargo();
    cargo.args(["test", "--package", "deskside-fuzz", "--features", "libfuzzer", "--test", "libfuzzer", "--no-run"]);
    // With a target, what runs while building (macros, build scripts) is not counted in.
    cargo.args(["--quiet", "--message-format=json", "--target", host, "--target-dir"]).arg(this.target.join("fuzz"));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}")).env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    output(cargo, &this.root)?
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.pointer("/target/name").and_then(Value::as_str) == Some("libfuzzer"))
        .find_map(|message| message.get("executable").and_then(Value::as_str).map(PathBuf::from))
        .context("cargo built no program of the fuzz targets")
}

/// Looks at one target. What was ever interesting is kept from run to run; what it does not stand is a file that is named.
fn look(this: &Run, with: &Path, corpus: &Path, target: &str) -> Counts {
    let (grown, findings) = (this.target.join("fuzz/corpus").join(target), this.target.join("fuzz/findings"));
    let name = format!("fuzz target {target}");
    for folder in [&grown, &findings] {
        if let Err(error) = std::fs::create_dir_all(folder) {
            return Counts::one_failed(&name, &format!("{}: {error}", folder.display()));
        }
    }
    let mut fuzzer = program(with);
    fuzzer.env("DESKSIDE_FUZZ", target).arg(&grown).arg(corpus.join(target));
    fuzzer.args([
        format!("-max_total_time={}", EACH.as_secs()),
        format!("-timeout={}", INPUT.as_secs()),
        format!("-rss_limit_mb={MEMORY_MB}"),
        format!("-max_len={INPUT_BYTES}"),
        format!("-artifact_prefix={}/{target}-", findings.display()),
    ]);
    match run_quietly(fuzzer, &this.root) {
        Ok(()) => Counts::one_passed(),
        Err(error) => Counts::one_failed(&name, &format!("{error:#}; the bytes are in {}", findings.display())),
    }
}

fn program_that(name: &str, arguments: &[&str]) -> std::process::Command {
    let mut command = program(name);
    command.args(arguments);
    command
}
