//! Every program of the desktop is started from here, and ends with it.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How often a condition is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A program to be started.
pub struct Spawn {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    log: PathBuf,
    input: Option<Vec<u8>>,
    /// The signal it gets when whoever started it is gone.
    orphaned: &'static str,
}

impl Spawn {
    /// A program without arguments and with an empty environment, whose output (both streams) goes to `log`.
    pub fn new(program: impl AsRef<OsStr>, log: impl Into<PathBuf>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
            log: log.into(),
            input: None,
            orphaned: "KILL",
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Adds a variable to the environment; the last one of a name counts.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds variables to the environment.
    #[must_use]
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(mut self, pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        for (name, value) in pairs {
            self = self.env(name, value);
        }
        self
    }

    /// Where it runs; otherwise where the test runs.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// What it reads on its standard input; otherwise nothing.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// When whoever started it is killed, it is asked to end, not killed: for programs that have programs of their own.
    #[must_use]
    pub fn asked_when_orphaned(mut self) -> Self {
        self.orphaned = "TERM";
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// The program or the log file cannot be opened.
    pub fn start(self) -> anyhow::Result<Process> {
        let name = Path::new(&self.program).file_name().unwrap_or(&self.program).to_string_lossy().into_owned();
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("could not open {}", self.log.display()))?;
        let mut command = guarded(&self.program, self.orphaned);
        command.args(&self.arguments).env_clear().envs(self.environment);
        command.stdout(log.try_clone()?).stderr(log);
        command.stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() });
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let mut child = spawn_from_lasting_thread(command).with_context(|| format!("could not start {name}"))?;
        if let (Some(input), Some(mut stdin)) = (self.input, child.stdin.take()) {
            stdin.write_all(&input).with_context(|| format!("{name} did not read its input"))?;
        }
        Ok(Process { name, child, log: self.log })
    }
}

/// The program under `setpriv --pdeathsig`, which sets the signal and becomes the program: doing it between fork and
/// exec ourselves would need unsafe code.
#[expect(clippy::disallowed_methods, reason = "this is the one module of the desktop that starts programs")]
fn guarded(program: &OsStr, orphaned: &str) -> Command {
    let mut command = Command::new("setpriv");
    // A process group of its own: Ctrl-C in the terminal is for whoever started us, who then ends things in order.
    command.args(["--pdeathsig", orphaned, "--"]).arg(program).process_group(0);
    command
}

/// What the lasting thread is asked: a program, and where its process goes.
type Order = (Command, Sender<std::io::Result<Child>>);

/// Starts a program from a thread that lives as long as this process: the kernel sends the death signal when the
/// *thread* that started a program ends, and threads of a runtime or a test come and go.
fn spawn_from_lasting_thread(command: Command) -> anyhow::Result<Child> {
    static THREAD: OnceLock<Sender<Order>> = OnceLock::new();
    let orders = THREAD.get_or_init(|| {
        let (orders, inbox) = channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in inbox {
                let _ = answer.send(command.spawn());
            }
        });
        orders
    });
    let (answer, outcome) = channel();
    orders.send((command, answer)).ok().context("the thread that starts programs is gone")?;
    Ok(outcome.recv().context("the thread that starts programs is gone")??)
}

/// A program that runs. Killed when dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written so far, on both streams.
    #[must_use]
    pub fn output(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it at once (SIGKILL), as a power cut would, and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end (SIGTERM) and waits for it; kills it after `limit`.
    ///
    /// # Errors
    /// It did not end by itself in time.
    pub async fn stop(&mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        if let Some(pid) = i32::try_from(self.pid()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        self.ended(limit).await
    }

    /// Waits until it ends by itself; kills it after `limit`.
    ///
    /// # Errors
    /// It did not end in time.
    pub async fn ended(&mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if begun.elapsed() > limit {
                self.kill();
                bail!("{} did not end within {limit:?}; it wrote:\n{}", self.name, self.output());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits for a line of its output that contains `part`, and returns that line.
    ///
    /// # Errors
    /// It ended without, or did not write it within `limit`; the error holds what it wrote.
    pub async fn line_with(&mut self, part: &str, limit: Duration) -> anyhow::Result<String> {
        let begun = Instant::now();
        loop {
            let ended = !self.runs();
            let output = self.output();
            if let Some(line) = output.lines().find(|line| line.contains(part)) {
                return Ok(line.to_owned());
            }
            if ended {
                bail!("{} ended without writing {part:?}; it wrote:\n{output}", self.name);
            }
            if begun.elapsed() > limit {
                bail!("{} did not write {part:?} within {limit:?}; it wrote:\n{output}", self.name);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until `look` finds something, and returns it.
///
/// # Errors
/// It found nothing within `limit`; `what` says what was waited for.
pub async fn wait_until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let begun = Instant::now();
    loop {
        // Whoever is asked may never answer.
        let left = limit.saturating_sub(begun.elapsed()).max(LOOK_AGAIN);
        match tokio::time::timeout(left, look()).await {
            Ok(found) => {
                if let Some(found) = found? {
                    return Ok(found);
                }
            }
            Err(_) => bail!("{what}: no answer within {limit:?}"),
        }
        if begun.elapsed() > limit {
            bail!("{what}: not within {limit:?}");
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Kills every process whose environment carries `NAME=value`: what the desktop's programs started themselves and left
/// behind (web processes, a window whose agent was killed).
pub fn kill_marked(name: &str, value: &str) {
    let marker = format!("{name}={value}");
    let Ok(entries) = std::fs::read_dir("/proc") else { return };
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw) else {
            continue;
        };
        let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
        if environment.split(|byte| *byte == 0).any(|variable| variable == marker.as_bytes()) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_ends_with_its_handle() {
        let folder = tempfile::tempdir().unwrap();
        let process =
            Spawn::new("sleep", folder.path().join("log")).args(["600"]).env("PATH", "/usr/bin:/bin").start().unwrap();
        let pid = process.pid();
        assert!(Path::new(&format!("/proc/{pid}")).exists());
        drop(process);
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }

    #[tokio::test]
    async fn what_a_program_writes_is_told_when_it_ends_early() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Spawn::new("sh", folder.path().join("log"))
            .args(["-c", "echo no such luck >&2"])
            .env("PATH", "/usr/bin:/bin")
            .start()
            .unwrap();
        let error = process.line_with("ready", Duration::from_secs(5)).await.unwrap_err();
        assert!(error.to_string().contains("no such luck"), "{error}");
    }
}
