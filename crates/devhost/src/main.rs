//! `deskside-devhost`: see the library.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Parser;
use deskside_devhost::{Agent, router};
use deskside_ipc::Endpoint;
use tokio::net::TcpListener;

/// Serves the window's interface to a browser on this computer, for tests.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen: a loopback address; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The agent's socket.
    #[arg(long, env = "DESKSIDE_SOCKET")]
    socket: Option<PathBuf>,
    /// The built interface.
    #[arg(long, default_value = "ui/dist/app")]
    ui: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).init();
    let arguments = Arguments::parse();
    if !arguments.listen.ip().is_loopback() {
        bail!("{} is not a loopback address: whoever reaches this port drives the agent", arguments.listen);
    }
    if !arguments.ui.join("index.html").is_file() {
        bail!("{} holds no built interface (npm run build:app in ui/)", arguments.ui.display());
    }
    let endpoint = match arguments.socket {
        Some(path) => Endpoint::at(std::path::absolute(path).context("finding the socket")?),
        None => Endpoint::default_for_user().context("finding the agent's socket")?,
    };
    let listener = TcpListener::bind(arguments.listen).await.with_context(|| arguments.listen.to_string())?;
    let address = listener.local_addr().context("asking which port it is")?;
    writeln!(std::io::stdout(), "listening on http://{address}").context("saying where it listens")?;
    axum::serve(listener, router(Agent::new(endpoint), &arguments.ui, address)).await.context("serving")
}
