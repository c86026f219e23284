//! What an employee's computer with Windows does, as far as Wine can stand in for it: the agent from its start to a ticket
//! in a hub, and the installer from the first version over an upgrade to nothing.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod agent;
mod installer;

use deskside_desktop::wait_until;
use deskside_e2e::{Hub, Programs};
use deskside_on_windows::{SOON, Windows};

/// A hub of this side, with a token to enrol with.
async fn hub() -> (Hub, String) {
    let programs = Programs::of(std::env::var_os("DESKSIDE_PROGRAMS").unwrap());
    let hub = Hub::start(&programs, None).await.unwrap();
    let token = hub.token().await.unwrap();
    (hub, token)
}

/// Waits until the agent answers the command line of `program`.
async fn ready(windows: &Windows, program: &str) {
    wait_until("an agent that answers", SOON, async || {
        // It would start one where none is.
        let log = std::fs::read_to_string(windows.folder().join("home/data/log/agent.log")).unwrap_or_default();
        Ok(log.contains(": ready ms=").then_some(()))
    })
    .await
    .unwrap();
    windows.ask(program, &["requests"]).await.unwrap();
}
