//! `deskside doctor`: every part, and what to do. With the agent running it is the agent that looks; without, the command
//! line looks at what there is, and says that there is no agent.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use deskside_ipc::IpcError;
use deskside_protocol::ErrorCode;
use deskside_protocol::local::{DoctorCheck, Health, PeerRole, Request, Response};

use super::{CliError, Exit, Session, say, word};
use crate::doctor::Doctor;
use crate::ports::DoctorPort as _;
use crate::run::connect_to_agent;
use crate::screen::Screen;
use crate::settings::{SettingsStore, SharedSettings};

impl Session {
    pub(super) async fn doctor(&self, json: bool) -> Result<Exit, CliError> {
        let checks = self.checks().await?;
        let worst = checks.iter().map(|check| check.health).max().unwrap_or(Health::Good);
        if json {
            say(&serde_json::to_string_pretty(&checks).map_err(anyhow::Error::from)?)?;
        } else {
            self.tell(&checks)?;
        }
        Ok(if worst == Health::Broken { Exit::Broken } else { Exit::Done })
    }

    async fn checks(&self) -> Result<Vec<DoctorCheck>, CliError> {
        match connect_to_agent(&self.paths, PeerRole::CommandLine, Duration::ZERO).await {
            Ok(client) => {
                let Response::Doctor { checks } = client.request(Request::Doctor).await? else {
                    return Err(CliError::Unexpected("doctor"));
                };
                Ok(checks)
            }
            Err(error) => {
                let store = SettingsStore::open(&self.paths.settings_file(), &self.paths.policy);
                let settings = Arc::new(SharedSettings::new(store));
                let doctor = Doctor::new(self.paths.clone(), settings, Screen::of_session(), None);
                let mut checks = vec![no_agent(&error)];
                checks.extend(doctor.without_agent().await);
                checks.extend(doctor.checks().await);
                Ok(checks)
            }
        }
    }

    fn tell(&self, checks: &[DoctorCheck]) -> io::Result<()> {
        let out = &mut io::stdout().lock();
        for check in checks {
            // A shape and a word; colour would be the third.
            let sign = match check.health {
                Health::Good => "✓",
                Health::Degraded => "!",
                Health::Broken => "✗",
            };
            let name = self.texts.by_id(&format!("doctor-{}", check.name), &[]).unwrap_or_else(|| check.name.clone());
            let health = self.texts.by_id(&format!("health-{}", word(&check.health)), &[]).unwrap_or_default();
            writeln!(out, "{sign} {name}: {health}")?;
            writeln!(out, "    {}", check.detail)?;
            if check.health != Health::Good {
                let advice = self
                    .texts
                    .by_id(&format!("advice-{}", check.name), &[])
                    .or_else(|| check.code.and_then(|code| self.error_text(code)));
                if let Some(advice) = advice {
                    writeln!(out, "    {}", self.texts.cli_what_to_do(&advice))?;
                }
            }
        }
        let bad = checks.iter().filter(|check| check.health != Health::Good).count();
        let sum = if bad == 0 { self.texts.cli_doctor_good() } else { self.texts.cli_doctor_bad(bad) };
        writeln!(out, "\n{sum}")
    }
}

fn no_agent(error: &IpcError) -> DoctorCheck {
    // Not running is a state like any other; anything else on that socket is wrong.
    let health = match error {
        IpcError::NotRunning(_) => Health::Degraded,
        IpcError::AlreadyRunning(_)
        | IpcError::Untrusted { .. }
        | IpcError::OtherUser { .. }
        | IpcError::Version { .. }
        | IpcError::TimedOut
        | IpcError::HungUp
        | IpcError::Nonsense(_)
        | IpcError::Frame(_)
        | IpcError::Io { .. } => Health::Broken,
    };
    DoctorCheck { name: "socket".to_owned(), health, detail: error.to_string(), code: Some(ErrorCode::AgentLost) }
}
