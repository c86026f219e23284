//! A test that runs once more, alone, where it may do what would harm others: with file systems and a network of its own.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use deskside_desktop::Spawn;

/// Says that this is the run apart.
const INSIDE: &str = "DESKSIDE_TEST_APART";
/// Longest time for the run apart.
const LIMIT: Duration = Duration::from_secs(240);

/// An X server takes a free number by the names of sockets, of which half are a network's own and the others files: apart,
/// both must be, or it would take the display of somebody outside.
const OWN_DISPLAYS: &str = "mkdir -p /tmp/.X11-unix && mount -t tmpfs -o mode=1777 tmpfs /tmp/.X11-unix";

/// Where a test runs.
#[derive(Debug, PartialEq, Eq)]
pub enum Apart {
    /// Apart: this is the run that tests.
    Inside,
    /// The run apart has been, and went well; this is what it wrote.
    Done(String),
    /// This system does not let it be apart, for this reason.
    Impossible(String),
}

/// Runs the test of this name of the running test program again, as root of namespaces of its own (user_namespaces(7)),
/// after this script for `sh`.
///
/// # Errors
/// The test failed there; the error holds what it wrote.
pub async fn apart(test: &str, script: &str) -> anyhow::Result<Apart> {
    if std::env::var_os(INSIDE).is_some() {
        return Ok(Apart::Inside);
    }
    let script = format!("{OWN_DISPLAYS} && {script}");
    let log = tempfile::NamedTempFile::new()?;
    let environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let unshared = |arguments: &[&str], log: &Path| {
        Spawn::new("unshare", log).args(["-Urmn", "sh", "-c"]).args(arguments).envs(environment.clone())
    };
    let tried = async {
        let mut tried = unshared(&[&script], log.path()).start()?;
        let status = tried.ended(Duration::from_secs(30)).await?;
        anyhow::ensure!(status.success(), "{}", tried.output().trim());
        Ok(())
    };
    if let Err(error) = tried.await {
        return Ok(Apart::Impossible(format!("no namespaces of one's own here: {error:#}")));
    }
    let this = std::env::current_exe()?;
    let program = this.to_string_lossy();
    let all = format!("{script} && exec \"$1\" \"$2\" --exact --nocapture --test-threads 1");
    let mut run = unshared(&[&all, "sh", &program, test], log.path()).env(INSIDE, "1").start()?;
    let status = run.ended(LIMIT).await?;
    let output = run.output();
    anyhow::ensure!(status.success() && output.contains("1 passed"), "{test}, apart: {status}\n{output}");
    Ok(Apart::Done(output))
}
