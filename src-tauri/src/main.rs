//! The window: a view over the agent, started on demand.
//!
//! It shows the interface, carries its requests to the agent and the agent's events back, and ends a minute after it is
//! closed. It holds nothing that matters: what is typed is in the agent's store, and killing this process loses nothing.
//!
//! Deliberately absent: menus, tray, notifications, dialogs, the network; the agent has those. Of the user's files it sees
//! those that the user drops on it or pastes, and no other.
// Windows would give it a console beside its window.
#![windows_subsystem = "windows"]

mod arguments;
mod clipboard;
mod commands;
mod link;
mod offered;
mod place;
mod programs;
mod saved;
mod shell;

use std::sync::Arc;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

use crate::arguments::Arguments;
use crate::link::Link;

fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::try_from_env("DESKSIDE_LOG").unwrap_or_else(|_| EnvFilter::new("info")))
        .with_target(false)
        .init();
    let arguments = Arguments::read(std::env::args_os().skip(1))?;
    programs::with_renderer_chosen()?;
    let endpoint = arguments::endpoint().context("finding the agent's socket")?;

    // While GTK starts, the agent is already greeted.
    let (news, told) = tokio::sync::mpsc::channel(link::NEWS);
    let link = Arc::new(Link::new());
    tauri::async_runtime::spawn(Arc::clone(&link).keep(endpoint, news));
    shell::run(arguments.route, link, told)
}
