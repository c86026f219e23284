//! Every program that xtask starts is started from here.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// A command line to be set up further. The name is looked up in `PATH`: these are a developer's own tools.
#[expect(clippy::disallowed_methods, reason = "this is the one module of xtask that starts programs")]
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(name)
}

/// Runs a filter: `input` goes in, what comes out is returned.
///
/// # Errors
/// The program cannot be started, fails, or writes something that is not UTF-8.
pub(crate) fn filter(mut command: Command, folder: &Path, input: &str) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {name}"))?;
    let mut stdin = child.stdin.take().context("no pipe to the program")?;
    let output = std::thread::scope(|scope| {
        // A filter may answer before it has read all: feed it beside.
        scope.spawn(move || stdin.write_all(input.as_bytes()));
        child.wait_with_output()
    })?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{name} wrote something that is not UTF-8"))
}
