//! `deskside-hub`: serves devices and the console; makes tokens and people from the command line.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use deskside_hub::{Config, TlsFiles, commands, serve};
use deskside_protocol::desk::Role;
use tracing_subscriber::EnvFilter;
use url::Url;

/// The one server of Deskside: devices, tickets, the technicians' console.
#[derive(Debug, Parser)]
#[command(name = "deskside-hub", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves until it is told to stop (Ctrl-C, SIGTERM).
    Serve(ServeArgs),
    /// Enrolment tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// People who sign in to the console.
    #[command(subcommand)]
    Person(PersonCommand),
}

/// Where the data is.
#[derive(Debug, Args)]
struct StoreArgs {
    /// Folder for files of tickets and, without --database, the SQLite database.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// PostgreSQL instead of SQLite: postgres://user:password@host/name.
    #[arg(long, value_name = "URL", env = "DESKSIDE_HUB_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

#[derive(Debug, Args)]
struct ServeArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8470")]
    listen: SocketAddr,
    /// Where browsers and devices reach the hub, if a proxy stands before it.
    #[arg(long, value_name = "URL")]
    public_url: Option<Url>,
    /// Certificate chain (PEM), to speak TLS without a proxy.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// What the company calls its helpdesk.
    #[arg(long, value_name = "NAME")]
    helpdesk_name: Option<String>,
    /// Believe X-Forwarded-For: a proxy of ours stands before the hub and sets it.
    #[arg(long)]
    behind_proxy: bool,
    /// Log as JSON, one line each.
    #[arg(long)]
    log_json: bool,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Makes a token and prints it, this once.
    Create {
        #[command(flatten)]
        store: StoreArgs,
        /// What it is for, in words.
        #[arg(long)]
        label: String,
        /// How many devices may use it.
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// How many days it lasts.
        #[arg(long, default_value_t = 7)]
        days: u32,
    },
}

#[derive(Debug, Subcommand)]
enum PersonCommand {
    /// Adds a person and prints the made password, this once.
    Add {
        #[command(flatten)]
        store: StoreArgs,
        /// Login name.
        login: String,
        /// Name as people say it.
        #[arg(long, default_value = "")]
        name: String,
        /// What they may do.
        #[arg(long, value_enum, default_value_t = RoleArg::Technician)]
        role: RoleArg,
    },
    /// Makes a new password for somebody and prints it, this once.
    ResetPassword {
        #[command(flatten)]
        store: StoreArgs,
        /// Login name.
        login: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArg {
    Technician,
    Administrator,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // What only prints one line says nothing beside it unless something is wrong.
    let (level, json) = match &cli.command {
        Command::Serve(args) => ("info", args.log_json),
        Command::Token(_) | Command::Person(_) => ("warn", false),
    };
    log_to_stderr(level, json);
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the program cannot start its threads")
        .and_then(|runtime| runtime.block_on(run(cli.command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Plain words on the terminal; what a log would add is in the chain of causes.
            let _ = writeln!(std::io::stderr(), "deskside-hub: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// stdout is for what other programs read: the address, the first sign-in, a token.
fn log_to_stderr(level: &str, json: bool) {
    let filter = EnvFilter::try_from_env("DESKSIDE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("stdout cannot be written")
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => run_server(args).await,
        Command::Token(TokenCommand::Create { store, label, uses, days }) => {
            say(&commands::create_token(&store.data, store.database.as_deref(), &label, uses, days).await?)
        }
        Command::Person(PersonCommand::Add { store, login, name, role }) => {
            let role = match role {
                RoleArg::Technician => Role::Technician,
                RoleArg::Administrator => Role::Administrator,
            };
            say(&commands::add_person(&store.data, store.database.as_deref(), &login, &name, role).await?)
        }
        Command::Person(PersonCommand::ResetPassword { store, login }) => {
            say(&commands::reset_password(&store.data, store.database.as_deref(), &login).await?)
        }
    }
}

async fn run_server(args: ServeArgs) -> anyhow::Result<()> {
    let config = Config {
        database: args.store.database,
        public_url: args.public_url,
        tls: args.tls_cert.zip(args.tls_key).map(|(certificates, key)| TlsFiles { certificates, key }),
        helpdesk_name: args.helpdesk_name,
        behind_proxy: args.behind_proxy,
        ..Config::new(args.listen, args.store.data)
    };
    let hub = serve(config).await?;
    if let Some(first) = &hub.first_sign_in {
        say(&format!("first sign-in: {} {}", first.login, first.password))?;
    }
    say(&format!("listening on {}", hub.url()))?;
    stop_signal().await?;
    tracing::info!("stopping");
    hub.shutdown().await;
    Ok(())
}

#[cfg(unix)]
async fn stop_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    tokio::select! {
        heard = tokio::signal::ctrl_c() => heard.context("signals cannot be heard"),
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stop_signal() -> anyhow::Result<()> {
    tokio::signal::ctrl_c().await.context("signals cannot be heard")
}
