//! The only place that starts programs: two tools of macOS itself, for what it gives no other interface to. Each is named by
//! its whole path, gets no input and an empty environment, and is ended when its time is over.

use std::{process::Stdio, time::Duration};

use tokio::io::AsyncReadExt;

use crate::Failure;

/// Longest wait for one, below the limits of the sections that ask.
const ANSWER: Duration = Duration::from_millis(2500);
/// Both say one line.
const ANSWER_BYTES: u64 = 4096;

/// Whether FileVault is on: "true" or "false" (fdesetup(8)).
pub(crate) async fn filevault() -> Result<String, Failure> {
    run("/usr/bin/fdesetup", "isactive").await
}

/// The state of the application firewall. Its settings file is not kept since macOS 15.
pub(crate) async fn firewall() -> Result<String, Failure> {
    run("/usr/libexec/ApplicationFirewall/socketfilterfw", "--getglobalstate").await
}

#[expect(clippy::disallowed_methods, reason = "this is the module that starts programs")]
async fn run(program: &'static str, argument: &'static str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::io(program, &error);
    let mut child = tokio::process::Command::new(program)
        .arg(argument)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let stdout = child.stdout.take().ok_or_else(|| Failure::broken(format!("{program}: no output")))?;
    let mut said = Vec::new();
    let read = async {
        stdout.take(ANSWER_BYTES).read_to_end(&mut said).await?;
        child.wait().await
    };
    // The exit code repeats the answer ("false" is 1), so that it is not looked at.
    match tokio::time::timeout(ANSWER, read).await {
        Ok(Ok(_)) => Ok(String::from_utf8_lossy(&said).into_owned()),
        Ok(Err(error)) => Err(failed(error)),
        Err(_) => Err(Failure::timed_out(format!("{program} does not answer"))),
    }
}
