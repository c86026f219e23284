//! `deskside-hub`: serves devices and the console; makes tokens and people from the command line.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use deskside_hub::doctor::Health;
use deskside_hub::{Config, Keeping, RunningHub, TlsFiles, backup, commands, doctor, serve};
use deskside_protocol::Sha256;
use deskside_protocol::desk::{Retention, Role};
use tracing_subscriber::EnvFilter;
use url::Url;

mod args;

use args::{GatewayArgs, SignInArgs};

const EXAMPLES: &str = "\
Examples:
  deskside-hub serve --data /var/lib/deskside-hub
      Serves on http://127.0.0.1:8470; the first start prints the first sign-in.
  deskside-hub token create --data /var/lib/deskside-hub --label 'Sales laptops' --uses 40
      Prints a token with which 40 computers may join, beside the running hub.
  deskside-hub backup --data /var/lib/deskside-hub /backup/hub-$(date +%F).tar
      Backs everything up, beside the running hub.
  deskside-hub serve --data /var/lib/deskside-hub --helpdesk-kind rt --helpdesk-url https://rt.example/ \\
      --helpdesk-credential-file /etc/deskside-hub/rt-token --helpdesk-field queue=General
      Files tickets in Request Tracker with one service account, and follows them there.

Environment:
  DESKSIDE_HUB_DATABASE  as --database, away from the list of processes
  DESKSIDE_HUB_DATA, DESKSIDE_HUB_LISTEN, DESKSIDE_HUB_PUBLIC_URL, DESKSIDE_HUB_TLS_CERT, DESKSIDE_HUB_TLS_KEY,
  DESKSIDE_HUB_HELPDESK_NAME, DESKSIDE_HUB_BEHIND_PROXY, DESKSIDE_HUB_METRICS
                         as the options of these names
  DESKSIDE_HUB_KEEP_TICKETS, DESKSIDE_HUB_KEEP_DIAGNOSTICS, DESKSIDE_HUB_KEEP_FILES
                         as --keep-tickets and so on
  DESKSIDE_HUB_HELPDESK_KIND, DESKSIDE_HUB_HELPDESK_URL, DESKSIDE_HUB_HELPDESK_CREDENTIAL_FILE
                         as --helpdesk-kind and so on
  DESKSIDE_HUB_HELPDESK_REQUESTER, DESKSIDE_HUB_HELPDESK_PEOPLE, DESKSIDE_HUB_SIGN_IN_ISSUER,
  DESKSIDE_HUB_SIGN_IN_CLIENT_ID, DESKSIDE_HUB_SIGN_IN_SECRET_FILE, DESKSIDE_HUB_SIGN_IN_LOGIN,
  DESKSIDE_HUB_SIGN_IN_REQUIRED, DESKSIDE_HUB_SIGN_IN_HOURS
                         as the options of these names
  DESKSIDE_HUB_HELPDESK_CREDENTIAL
                         the token itself, where there is no file for it
  DESKSIDE_LOG           what is logged, as `info` or `deskside_hub=debug`

Signals: SIGTERM stops in good order; SIGHUP reads the certificate's files again, which also happens every minute.

Exit codes: 0 done, 1 it did not work, 2 it was asked in a way that makes no sense.";

/// The one server of Deskside: devices, tickets, the technicians' console.
#[derive(Debug, Parser)]
#[command(name = "deskside-hub", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves until it is told to stop (Ctrl-C, SIGTERM).
    Serve(Box<ServeArgs>),
    /// Enrolment tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// People who sign in to the console.
    #[command(subcommand)]
    Person(PersonCommand),
    /// Backs up database and files into one tar file, beside a running hub.
    ///
    /// With PostgreSQL only the files of tickets go in: dump the database first (pg_dump), then make this backup.
    Backup {
        #[command(flatten)]
        store: StoreArgs,
        /// The file to make; it must not be there yet.
        file: PathBuf,
    },
    /// Puts a backup into a folder on which no hub has run yet.
    ///
    /// With PostgreSQL only the files of tickets come out: restore the database with pg_restore.
    Restore {
        #[command(flatten)]
        store: StoreArgs,
        /// The backup.
        file: PathBuf,
    },
    /// Looks at everything that the hub needs and says what to do. Ends with 1 if something must be done.
    Doctor {
        #[command(flatten)]
        store: StoreArgs,
        /// Certificate chain (PEM), to look at it too.
        #[arg(long, value_name = "FILE", requires = "tls_key", env = "DESKSIDE_HUB_TLS_CERT")]
        tls_cert: Option<PathBuf>,
        /// Its private key (PEM).
        #[arg(long, value_name = "FILE", requires = "tls_cert", env = "DESKSIDE_HUB_TLS_KEY")]
        tls_key: Option<PathBuf>,
    },
}

/// Where the data is.
#[derive(Debug, Args)]
struct StoreArgs {
    /// Folder for files of tickets and, without --database, the SQLite database.
    #[arg(long, value_name = "DIR", env = "DESKSIDE_HUB_DATA")]
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
    #[arg(long, value_name = "ADDRESS:PORT", env = "DESKSIDE_HUB_LISTEN", default_value = "127.0.0.1:8470")]
    listen: SocketAddr,
    /// Where browsers and devices reach the hub, if a proxy stands before it.
    #[arg(long, value_name = "URL", env = "DESKSIDE_HUB_PUBLIC_URL")]
    public_url: Option<Url>,
    /// Certificate chain (PEM), to speak TLS without a proxy.
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "DESKSIDE_HUB_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "DESKSIDE_HUB_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// What the company calls its helpdesk.
    #[arg(long, value_name = "NAME", env = "DESKSIDE_HUB_HELPDESK_NAME")]
    helpdesk_name: Option<String>,
    /// Believe X-Forwarded-For: a proxy of ours stands before the hub and sets it.
    #[arg(long, env = "DESKSIDE_HUB_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Serve figures for Prometheus there, at /metrics: an address that only those who watch over the hub can reach.
    #[arg(long, value_name = "ADDRESS:PORT", env = "DESKSIDE_HUB_METRICS")]
    metrics: Option<SocketAddr>,
    /// Log as JSON, one line each.
    #[arg(long)]
    log_json: bool,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(flatten)]
    sign_in: SignInArgs,
}

/// How long what belongs to tickets that are over is kept, in days after their last change; 0 is for ever.
#[derive(Debug, Args)]
struct KeepArgs {
    /// Days for which tickets that are solved or closed are kept; 0 is for ever.
    #[arg(long, value_name = "DAYS", env = "DESKSIDE_HUB_KEEP_TICKETS", value_parser = clap::value_parser!(u32).range(0..=36_500))]
    keep_tickets: Option<u32>,
    /// Days for which what the computer said of itself is kept with them; 0 is as long as they are.
    #[arg(long, value_name = "DAYS", env = "DESKSIDE_HUB_KEEP_DIAGNOSTICS", value_parser = clap::value_parser!(u32).range(0..=36_500))]
    keep_diagnostics: Option<u32>,
    /// Days for which their pictures and other files are kept; 0 is as long as they are.
    #[arg(long, value_name = "DAYS", env = "DESKSIDE_HUB_KEEP_FILES", value_parser = clap::value_parser!(u32).range(0..=36_500))]
    keep_files: Option<u32>,
}

impl KeepArgs {
    fn keeping(&self) -> Keeping {
        let usual = Keeping::default();
        let days = |said: Option<u32>, usual| said.map_or(usual, |days| Some(days).filter(|days| *days > 0));
        let days = Retention {
            tickets_days: days(self.keep_tickets, usual.days.tickets_days),
            diagnostics_days: days(self.keep_diagnostics, usual.days.diagnostics_days),
            files_days: days(self.keep_files, usual.days.files_days),
        };
        Keeping { days, ..usual }
    }
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Makes a token and prints it, this once.
    Create {
        #[command(flatten)]
        store: StoreArgs,
        /// What it is for, in words: "Sales laptops".
        #[arg(long, value_name = "WORDS")]
        label: String,
        /// How many devices may use it.
        #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        uses: u32,
        /// How many days it lasts.
        #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: u32,
        /// Whose computers they are, by their name in the company's directory: in their name this hub files at the
        /// helpdesk behind it.
        #[arg(long, value_name = "NAME")]
        person: Option<String>,
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
        Command::Token(_)
        | Command::Person(_)
        | Command::Backup { .. }
        | Command::Restore { .. }
        | Command::Doctor { .. } => ("warn", false),
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
            match error.downcast_ref() {
                Some(commands::CommandError::Usage(_)) => ExitCode::from(2),
                Some(commands::CommandError::Person(_)) | None => ExitCode::FAILURE,
            }
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
        Command::Serve(args) => run_server(*args).await,
        Command::Backup { store, file } => back_up(&store, &file).await,
        Command::Restore { store, file } => put_back(&store, &file).await,
        Command::Doctor { store, tls_cert, tls_key } => {
            look(&store, tls_cert.zip(tls_key).map(|(certificates, key)| TlsFiles { certificates, key })).await
        }
        Command::Token(TokenCommand::Create { store, label, uses, days, person }) => {
            let (data, database) = (&store.data, store.database.as_deref());
            say(&commands::create_token_for(data, database, &label, uses, days, person.as_deref()).await?)
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

async fn back_up(store: &StoreArgs, file: &Path) -> anyhow::Result<()> {
    let made = backup::backup(&store.data, store.database.as_deref(), file).await?;
    if made.database.is_none() {
        say(
            "the database is a PostgreSQL: this backup holds the files of tickets only; pg_dump backs up the database",
        )?;
    }
    say(&format!("{}: {} files, {} bytes", file.display(), made.files, made.bytes))?;
    if !made.missing.is_empty() {
        let gone: Vec<&str> = made.missing.iter().map(Sha256::as_str).collect();
        anyhow::bail!("the backup is made, but {} files were gone or damaged: {}", gone.len(), gone.join(" "));
    }
    Ok(())
}

async fn put_back(store: &StoreArgs, file: &Path) -> anyhow::Result<()> {
    let made = backup::restore(&store.data, store.database.as_deref(), file).await?;
    say(&format!("restored: {} files, of {}", made.files, made.made_at))?;
    if made.database.is_none() {
        say("the database is a PostgreSQL: restore it with pg_restore before the hub starts")?;
    }
    Ok(())
}

async fn look(store: &StoreArgs, tls: Option<TlsFiles>) -> anyhow::Result<()> {
    let checks = doctor::examine(&store.data, store.database.as_deref(), tls.as_ref()).await;
    for check in &checks {
        let word = match check.health {
            Health::Good => "good",
            Health::Poor => "look",
            Health::Bad => "BAD ",
        };
        say(&format!("{word}  {}: {}", check.name, check.says))?;
    }
    let bad = checks.iter().filter(|check| check.health == Health::Bad).count();
    anyhow::ensure!(bad == 0, "{bad} of {} must be seen to", checks.len());
    Ok(())
}

/// As many connections as the system lets this program have: each is a file to it, and what programs get without asking
/// is made for other ones.
#[cfg(unix)]
fn take_more_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files stays as it was");
    }
}

#[cfg(not(unix))]
fn take_more_files() {}

async fn run_server(args: ServeArgs) -> anyhow::Result<()> {
    take_more_files();
    let config = Config {
        metrics: args.metrics,
        database: args.store.database,
        public_url: args.public_url,
        tls: args.tls_cert.zip(args.tls_key).map(|(certificates, key)| TlsFiles { certificates, key }),
        helpdesk_name: args.helpdesk_name,
        behind_proxy: args.behind_proxy,
        keeping: args.keep.keeping(),
        gateway: args.gateway.config()?,
        sign_in: args.sign_in.config()?,
        ..Config::new(args.listen, args.store.data)
    };
    let hub = serve(config).await?;
    if let Some(first) = &hub.first_sign_in {
        say(&format!("first sign-in: {} {}", first.login, first.password))?;
    }
    if let Some(address) = hub.metrics {
        say(&format!("figures on http://{address}/metrics"))?;
    }
    say(&format!("listening on {}", hub.url()))?;
    stop_signal(&hub).await?;
    tracing::info!("stopping");
    hub.shutdown().await;
    Ok(())
}

/// Waits until it is told to stop; meanwhile reads the certificate's files again whenever it is told to.
#[cfg(unix)]
async fn stop_signal(hub: &RunningHub) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let mut hang_up = signal(SignalKind::hangup()).context("signals cannot be heard")?;
    loop {
        tokio::select! {
            heard = tokio::signal::ctrl_c() => return heard.context("signals cannot be heard"),
            _ = terminate.recv() => return Ok(()),
            _ = hang_up.recv() => {
                if let Err(error) = hub.reload_certificate() {
                    tracing::error!(%error, "the certificate that there was goes on");
                }
            }
        }
    }
}

#[cfg(not(unix))]
async fn stop_signal(_hub: &RunningHub) -> anyhow::Result<()> {
    tokio::signal::ctrl_c().await.context("signals cannot be heard")
}
