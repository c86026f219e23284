//! Every program that xtask starts is started from here.

use std::io::{BufRead as _, BufReader, Write as _};
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

/// Runs a program in a folder, its output going to the terminal.
///
/// # Errors
/// It cannot be started, or fails.
pub(crate) fn run(mut command: Command, folder: &Path) -> anyhow::Result<()> {
    let line = command_line(&command);
    let status = command.current_dir(folder).status().with_context(|| format!("could not start {line}"))?;
    if !status.success() {
        bail!("{line}: {status}");
    }
    Ok(())
}

/// Runs a program in a folder; what it says is shown, whole and at once, only if it fails.
///
/// # Errors
/// It cannot be started, or fails.
pub(crate) fn run_quietly(command: Command, folder: &Path) -> anyhow::Result<()> {
    run_telling(command, folder, |_| None)
}

/// Runs a program in a folder; of each line it says, what `tell` makes of it is shown, and all of them if it fails.
///
/// # Errors
/// It cannot be started, or fails.
pub(crate) fn run_telling(
    mut command: Command,
    folder: &Path,
    mut tell: impl FnMut(&str) -> Option<String>,
) -> anyhow::Result<()> {
    let line = command_line(&command);
    let (words, theirs) = std::io::pipe()?;
    command.current_dir(folder).stdin(Stdio::null()).stdout(theirs.try_clone()?).stderr(theirs);
    let mut child = command.spawn().with_context(|| format!("could not start {line}"))?;
    // It holds the pipe's other end, and the reading below would never come to its end.
    drop(command);
    let mut said = String::new();
    for words in BufReader::new(words).split(b'\n') {
        let words = words?;
        let words = String::from_utf8_lossy(&words);
        match tell(&words) {
            Some(told) => println!("{told}"),
            None => {
                said.push_str(&words);
                said.push('\n');
            }
        }
    }
    let status = child.wait()?;
    if !status.success() {
        println!("\n{line}\n{said}");
        bail!("{line}: {status}");
    }
    Ok(())
}

/// Runs a program in a folder and returns what it wrote to its standard output; the rest goes to the terminal.
///
/// # Errors
/// It cannot be started, or fails.
pub(crate) fn output(mut command: Command, folder: &Path) -> anyhow::Result<String> {
    let line = command_line(&command);
    let output = command
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("could not start {line}"))?;
    if !output.status.success() {
        bail!("{line}: {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program is there and starts.
pub(crate) fn exists(name: &str, argument: &str) -> bool {
    let status = program(name).arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// `cargo`, the one that runs this.
pub(crate) fn cargo() -> Command {
    let mut cargo = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Set by `cargo run` for this program alone; inherited, they would make cargo build everything anew.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
    }
    cargo
}

fn command_line(command: &Command) -> String {
    let mut line = Path::new(command.get_program())
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
