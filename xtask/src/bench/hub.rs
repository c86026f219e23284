//! The hub's intake: tickets with a file of 100 KB each, as fast as devices can send them, on both databases; beside it,
//! Request Tracker taking in the same on the same machine in the same run.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use deskside_desktop::{Process, Spawn, wait_until};
use deskside_e2e::SOON;

use super::{Bench, machine};
use crate::programs::{output, program};
use crate::setup::{self, Purpose};

/// Devices that send at the same time, each one ticket after the other.
const DEVICES: &str = "32";
/// For how long the hub is measured, in seconds.
const SECONDS: &str = "20";
/// Clients of Request Tracker at the same time, and for how long: it answers two in two or three seconds.
const RT_CLIENTS: &str = "4";
/// See [`RT_CLIENTS`].
const RT_SECONDS: &str = "40";
/// Longest time until Request Tracker answers for the first time.
const RT_START: std::time::Duration = std::time::Duration::from_secs(180);
/// How many times Request Tracker's rate ours must be.
const TIMES: f64 = 50.0;

/// Both databases, and the peer.
pub(super) async fn intake(bench: &mut Bench) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("deskside-bench-").tempdir()?;
    let hub = Measured::start(bench, folder.path(), "sqlite", None).await?;
    let idle = machine::rss_mb(hub.process.pid())?;
    let on_sqlite = hub.rate(bench)?;
    bench.say("hub_tickets_per_s_sqlite", on_sqlite, "per_s");
    bench.say("hub_idle_rss_mb", idle, "MB");
    bench.say("hub_rss_mb", machine::peak_rss_mb(hub.process.pid())?, "MB");
    drop(hub);
    match Postgres::start(folder.path()).await {
        Ok(postgres) => {
            let hub = Measured::start(bench, folder.path(), "postgresql", Some(&postgres.address)).await?;
            let on_postgresql = hub.rate(bench)?;
            bench.say("hub_tickets_per_s_postgresql", on_postgresql, "per_s");
            bench.say("hub_postgresql_rss_mb", machine::peak_rss_mb(hub.process.pid())?, "MB");
            drop(hub);
            let rt = peer(bench, folder.path()).await;
            compared(bench, &[("sqlite", on_sqlite), ("postgresql", on_postgresql)], rt);
        }
        Err(error) => {
            println!("WARNING: no PostgreSQL to measure with, so the hub is measured on SQLite alone: {error:#}");
            let rt = peer(bench, folder.path()).await;
            compared(bench, &[("sqlite", on_sqlite)], rt);
        }
    }
    Ok(())
}

fn compared(bench: &mut Bench, ours: &[(&str, f64)], rt: anyhow::Result<f64>) {
    match rt {
        Ok(rate) => {
            bench.say("rt_tickets_per_s", rate, "per_s");
            for (database, ours) in ours {
                bench.say_at_least(&format!("hub_vs_rt_{database}"), ours / rate, "times", TIMES);
            }
        }
        Err(error) => println!(
            "WARNING: THERE IS NO PEER. Request Tracker could not be installed or started, so the hub's rate stands alone \
             and its goal ({TIMES} times Request Tracker's) is not looked at: {error:#}"
        ),
    }
}

/// A hub with a folder of its own.
struct Measured {
    process: Process,
    url: String,
    data: PathBuf,
    database: Option<String>,
}

impl Measured {
    async fn start(bench: &Bench, folder: &Path, name: &str, database: Option<&str>) -> anyhow::Result<Self> {
        let data = folder.join(name);
        let mut process = serving(bench, folder, name, database)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .args([&data])
            .start()?;
        let line = process.line_with("listening on http://", SOON).await?;
        let url = line.split("listening on ").nth(1).context("no address")?.trim().to_owned();
        Ok(Self { process, url, data, database: database.map(str::to_owned) })
    }

    /// Tickets a second.
    fn rate(&self, bench: &Bench) -> anyhow::Result<f64> {
        let mut create = program(bench.programs.path("deskside-hub"));
        create.args(["token", "create", "--label", "bench", "--uses", "1000", "--days", "1", "--data"]).arg(&self.data);
        if let Some(database) = &self.database {
            create.env("DESKSIDE_HUB_DATABASE", database);
        }
        let token = output(create, &bench.folder)?;
        let mut measure = program(bench.measuring());
        measure.args(["hub", &self.url, token.trim(), DEVICES, SECONDS]);
        first(&output(measure, &bench.folder)?)
    }
}

fn serving(bench: &Bench, folder: &Path, name: &str, database: Option<&str>) -> Spawn {
    let spawn = Spawn::new(bench.programs.path("deskside-hub"), folder.join(format!("{name}.log")))
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        // As it is run: a line for each request would be measured too.
        .env("DESKSIDE_LOG", "warn,deskside_hub::server=info");
    match database {
        Some(database) => spawn.env("DESKSIDE_HUB_DATABASE", database),
        None => spawn,
    }
}

fn first(printed: &str) -> anyhow::Result<f64> {
    printed.split_whitespace().next().context("nothing was measured")?.parse().context("not a number")
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A PostgreSQL of Debian's packages with its usual settings: what was committed is on the disk.
struct Postgres {
    _process: Process,
    address: String,
}

impl Postgres {
    async fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .context("it is not installed")?
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .filter(|bin| bin.join("postgres").exists())
            .collect();
        versions.sort();
        let programs = versions.pop().context("it is not installed")?;
        let data = folder.join("pg");
        std::fs::create_dir(&data)?;
        let mut lowered: Vec<&str> = Vec::new();
        // It refuses to run as root, so root lends it the user of Debian's package.
        if rustix::process::geteuid().is_root() {
            let mut own = program("chown");
            own.arg("postgres:postgres").arg(&data);
            output(own, folder)?;
            let mut enter = program("chmod");
            enter.arg("755").arg(folder);
            output(enter, folder)?;
            lowered.extend(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        }
        let mut initdb = program("setpriv");
        initdb.args(&lowered).args(["--pdeathsig", "KILL"]).arg(programs.join("initdb"));
        initdb.args(["--auth=trust", "--username=postgres", "--locale=C.UTF-8", "--encoding=UTF8", "-D"]).arg(&data);
        output(initdb, Path::new("/tmp"))?;
        let port = free_port()?.to_string();
        let process = Spawn::new("setpriv", folder.join("postgres.log"))
            .args(&lowered)
            .args(["--pdeathsig", "QUIT"])
            .args([programs.join("postgres")])
            .args(["-D"])
            .args([&data])
            .args(["-p", &port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .folder("/tmp")
            .asked_when_orphaned()
            .start()?;
        let address = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        wait_until("PostgreSQL answers", SOON, async || {
            let mut ready = program("pg_isready");
            ready.args(["-q", "-h", "127.0.0.1", "-p", &port]);
            Ok(ready.status()?.success().then_some(()))
        })
        .await?;
        Ok(Self { _process: process, address })
    }
}

/// Request Tracker's rate, on SQLite as its package makes it, with a worker for each processor.
async fn peer(bench: &Bench, folder: &Path) -> anyhow::Result<f64> {
    const PASSWORD: &str = "a password for the bench";
    if !rustix::process::geteuid().is_root() {
        bail!("it runs as www-data, which takes root");
    }
    setup::packages(Purpose::Compare)?;
    let port = free_port()?.to_string();
    let mut enter = program("chmod");
    enter.arg("755").arg(folder);
    output(enter, folder)?;
    let mut server = Spawn::new("bash", folder.join("rt.log"))
        .args([bench.root.join("xtask/servers/rt/serve.sh")])
        .args([folder.join("rt")])
        .args([port.as_str(), PASSWORD])
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .asked_when_orphaned()
        .start()?;
    let url = format!("http://127.0.0.1:{port}");
    let answers = wait_until("Request Tracker answers", RT_START, async || {
        if !server.runs() {
            bail!("Request Tracker ended");
        }
        let mut ask = program("curl");
        ask.args(["-fsS", "-o", "/dev/null", "-m", "20", "-u", &format!("root:{PASSWORD}")]);
        ask.arg(format!("{url}/REST/2.0/rt")).stderr(std::process::Stdio::null());
        Ok(ask.status()?.success().then_some(()))
    });
    answers.await.with_context(|| std::fs::read_to_string(folder.join("rt.log")).unwrap_or_default())?;
    let mut measure = program(bench.measuring());
    measure.args(["rt", &url, PASSWORD, RT_CLIENTS, RT_SECONDS]);
    let rate = first(&output(measure, &bench.folder)?)?;
    // Its workers go with it when it is asked.
    server.stop(SOON).await?;
    Ok(rate)
}
