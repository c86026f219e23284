//! The agent on a desktop.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use deskside_desktop::{Desktop, Process, Spawn};

use crate::{Hub, Programs, SOON};

/// An agent that runs, or may be killed and started again on the same data.
pub struct Agent {
    program: PathBuf,
    window: PathBuf,
    starts: u32,
    process: Option<Process>,
}

impl Agent {
    /// Starts the agent on a desktop, enrolled in a hub if one is given, and waits for its icon in the tray.
    ///
    /// # Errors
    /// It does not start, enrol or show its icon.
    pub async fn start(programs: &Programs, desktop: &Desktop, hub: Option<&Hub>) -> anyhow::Result<Self> {
        let mut agent = Self {
            program: programs.path("deskside"),
            window: programs.path("deskside-window"),
            starts: 0,
            process: None,
        };
        agent.resume(desktop).await?;
        if let Some(hub) = hub {
            let token = hub.token().await?;
            agent.command(desktop, &["enrol", "--hub", &hub.url(), "--token", &token]).await?;
        }
        Ok(agent)
    }

    /// Starts it again after [`Agent::kill`].
    ///
    /// # Errors
    /// It does not start or show its icon.
    pub async fn resume(&mut self, desktop: &Desktop) -> anyhow::Result<()> {
        self.starts += 1;
        let mut process = self.spawn(desktop, &format!("agent-{}", self.starts)).start()?;
        let item = desktop.tray()?.item(SOON).await;
        if !process.runs() {
            bail!("the agent ended: {}", process.output());
        }
        item.with_context(|| process.output())?;
        self.process = Some(process);
        Ok(())
    }

    fn spawn(&self, desktop: &Desktop, log: &str) -> Spawn {
        desktop
            .program(&self.program, log)
            .env("DESKSIDE_WINDOW", &self.window)
            // Nothing of the machine's own policy.
            .env("DESKSIDE_POLICY", desktop.folder().join("policy.toml"))
            .env("DESKSIDE_SOCKET", Self::socket(desktop))
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(desktop: &Desktop) -> PathBuf {
        desktop.folder().join("run/deskside/agent.sock")
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
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

    /// Runs a command of its command line (`deskside …`) and returns what it wrote.
    ///
    /// # Errors
    /// It fails or does not end; the error holds what it wrote.
    pub async fn command(&self, desktop: &Desktop, arguments: &[&str]) -> anyhow::Result<String> {
        let log = format!("command-{}", uuid::Uuid::now_v7());
        let mut process = self.spawn(desktop, &log).args(arguments).start()?;
        let status = process.ended(SOON).await?;
        let output = process.output();
        if !status.success() {
            bail!("deskside {}: {status}: {output}\nthe agent says: {}", arguments.join(" "), self.output());
        }
        Ok(output)
    }
}
