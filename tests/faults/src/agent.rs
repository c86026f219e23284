//! The agent, killed and started again as often as it takes.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use deskside_desktop::{Desktop, Process, wait_until};
use deskside_e2e::{Programs, SOON};
use deskside_ipc::{Client, Endpoint};
use deskside_protocol::local::{PeerRole, Request, Response};
use rustix::process::{Pid, Signal, kill_process};

use crate::{Gone, User};

/// An agent on a desktop that may have no tray, no bus and no keyring. What counts is that its socket answers.
pub struct Agent {
    program: PathBuf,
    socket: PathBuf,
    environment: Vec<(String, String)>,
    starts: u32,
    process: Option<Process>,
}

impl Agent {
    /// Starts one, with these variables besides the desktop's, and waits until it answers.
    ///
    /// # Errors
    /// It does not start or answer.
    pub async fn start(programs: &Programs, desktop: &Desktop, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut agent = Self {
            program: programs.path("deskside"),
            socket: deskside_e2e::Agent::socket(desktop),
            environment: environment.iter().map(own).collect(),
            starts: 0,
            process: None,
        };
        agent.resume(desktop).await?;
        Ok(agent)
    }

    /// Starts it again on what it left.
    ///
    /// # Errors
    /// It does not start or answer.
    pub async fn resume(&mut self, desktop: &Desktop) -> anyhow::Result<()> {
        self.starts += 1;
        let mut process = desktop
            .program(&self.program, &format!("agent-{}", self.starts))
            // No web view comes up by itself, and nothing of the machine's own policy counts.
            .env("DESKSIDE_WINDOW", "/bin/true")
            .env("DESKSIDE_POLICY", desktop.folder().join("policy.toml"))
            .env("DESKSIDE_SOCKET", &self.socket)
            .env("DESKSIDE_DATA", Self::data(desktop))
            .envs(self.environment.iter().cloned())
            .start()?;
        let endpoint = Endpoint::at(&self.socket);
        let answers = wait_until("the agent's socket", SOON, async || {
            if !process.runs() {
                bail!("the agent ended");
            }
            Ok(Client::connect(&endpoint, PeerRole::CommandLine).await.ok())
        });
        answers.await.with_context(|| process.output())?;
        self.process = Some(process);
        Ok(())
    }

    /// Its data folder on this desktop.
    #[must_use]
    pub fn data(desktop: &Desktop) -> PathBuf {
        desktop.folder().join("home/.local/share/deskside")
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Stops it as the system does when the computer is suspended; [`Agent::wake`] lets it go on.
    pub fn suspend(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn wake(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Its process id, if it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// What it wrote since it was last started.
    #[must_use]
    pub fn output(&self) -> String {
        self.process.as_ref().map(Process::output).unwrap_or_default()
    }

    /// Somebody who talks to it.
    #[must_use]
    pub fn user(&self) -> User {
        User::at(&self.socket)
    }

    /// Enrols it at this address.
    ///
    /// # Errors
    /// It is refused.
    pub async fn enrol(&self, url: &str, token: &str) -> anyhow::Result<()> {
        let request = Request::Enrol { url: url.to_owned(), token: token.to_owned() };
        match self.user().ask(request).await {
            Ok(Response::Settings(_)) => Ok(()),
            Ok(other) => bail!("not an enrolment: {other:?}"),
            Err(Gone::Refused(report)) => bail!("{report}"),
            Err(Gone::Unknown) => bail!("the agent is gone: {}", self.output()),
        }
    }

    /// Processor time it has used since it was started.
    ///
    /// # Errors
    /// It does not run.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        let pid = self.pid().context("the agent does not run")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // Fields 14 and 15 of proc_pid_stat(5), counted behind the name, which may hold anything; in ticks.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u64>().ok()).context("no such field");
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Duration::from_secs_f64((ticks(11)? + ticks(12)?) as f64 / per_second as f64))
    }
}
