//! The agent by itself: how soon it is there, what it costs while nothing happens, how quickly it looks at the machine.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use deskside_desktop::{Desktop, Process, Spawn, wait_until};
use deskside_e2e::{Agent, Hub, SOON};

use super::{Bench, machine, median, worst};

/// How often the agent is started.
const STARTS: usize = 15;
/// How often a window is opened and ended.
const WINDOWS: usize = 500;
/// How many sends fail.
const FAILURES: &str = "10000";
/// What an agent gets to come to rest after it was enrolled.
const REST: Duration = Duration::from_secs(40);
/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(120);

/// The agent on a desktop. Windows that it starts are not driven: automation makes them slower.
pub(super) fn agent(bench: &Bench, desktop: &Desktop, name: &str) -> Spawn {
    desktop
        .program(bench.programs.path("deskside"), name)
        .env("DESKSIDE_WINDOW", bench.programs.path("deskside-window"))
        .env("DESKSIDE_POLICY", desktop.folder().join("policy.toml"))
        .env("DESKSIDE_SOCKET", Agent::socket(desktop))
        .env("TAURI_AUTOMATION", "false")
        .env("TAURI_WEBVIEW_AUTOMATION", "false")
}

/// The folder of the agent's store.
pub(super) fn data(desktop: &Desktop) -> PathBuf {
    desktop.folder().join("home/.local/share/deskside")
}

/// Starts the agent and enrols it in a hub.
pub(super) async fn enrolled(bench: &Bench, desktop: &Desktop, hub: &Hub) -> anyhow::Result<Process> {
    let process = agent(bench, desktop, "agent").start()?;
    desktop.tray()?.item(SOON).await.with_context(|| process.output())?;
    let token = hub.token().await?;
    let mut enrol = agent(bench, desktop, "enrol").args(["enrol", "--hub", &hub.url(), "--token", &token]).start()?;
    let status = enrol.ended(SOON).await?;
    ensure!(status.success(), "deskside enrol: {status}: {}", enrol.output());
    Ok(process)
}

/// From the start of the process to its icon in the tray; beside it, a program that has an icon and nothing else.
pub(super) async fn tray_ready(bench: &mut Bench) -> anyhow::Result<()> {
    let desktop = bench.desktop().await?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for turn in 0..STARTS {
        ours.push(icon_after(&desktop, agent(bench, &desktop, &format!("agent-{turn}")).args(["run"])).await?);
        bare.push(icon_after(&desktop, desktop.program(bench.measuring(), "icon").args(["icon"])).await?);
    }
    bench.say("agent_tray_ready_ms", median(&ours), "ms");
    bench.say("agent_tray_ready_worst_ms", worst(&ours), "ms");
    bench.say("bare_tray_ready_ms", median(&bare), "ms");
    Ok(())
}

/// Starts a program, and kills it when it has its icon. From the start of the process to `RegisterStatusNotifierItem` on
/// the bus, in milliseconds; the program that sets its death signal and becomes it is in this.
async fn icon_after(desktop: &Desktop, program: Spawn) -> anyhow::Result<f64> {
    let tray = desktop.tray()?;
    let begun = Instant::now();
    let mut process = program.start()?;
    tray.item(SOON).await.with_context(|| process.output())?;
    let ready = tray.last_registration().context("there is no icon")?;
    process.kill();
    wait_until("the icon is gone", SOON, async || Ok(tray.items().is_empty().then_some(()))).await?;
    Ok(ready.saturating_duration_since(begun).as_secs_f64() * 1000.0)
}

/// What a ticket needs, and everything; beside it the slowest part, which waits for the processor to have done something.
pub(super) async fn facts(bench: &mut Bench) -> anyhow::Result<()> {
    let desktop = bench.desktop().await?;
    let hub = Hub::start(&bench.programs, None).await?;
    let names = [
        "facts_light_ms",
        "facts_light_p99_ms",
        "facts_processor_alone_ms",
        "facts_full_ms",
        "facts_full_p99_ms",
        "facts_full_cpu_ms",
        "facts_network_alone_ms",
        "facts_full_without_network_ms",
    ];
    for (name, value) in names.into_iter().zip(bench.measured(&desktop, &["facts", &hub.url()])?) {
        bench.say(name, value, "ms");
    }
    Ok(())
}

/// An agent that is connected to a hub and has nothing to do; beside it, the program that has an icon and nothing else.
pub(super) async fn idle(bench: &mut Bench) -> anyhow::Result<()> {
    let desktop = bench.desktop().await?;
    let hub = Hub::start(&bench.programs, None).await?;
    let agent = enrolled(bench, &desktop, &hub).await?;
    let icon = desktop.program(bench.measuring(), "icon").args(["icon"]).start()?;
    let pid = agent.pid();
    // Before it gives back what only its start needed.
    let started = machine::pss_mb(pid)?;
    tokio::time::sleep(REST).await;

    let (begun, cpu, wakeups) = (Instant::now(), machine::cpu_ms(pid)?, machine::wakeups(pid));
    tokio::time::sleep(IDLE).await;
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = (machine::cpu_ms(pid)? - cpu) / 1000.0;
    let wakeups = machine::wakeups(pid).saturating_sub(wakeups);

    bench.say("agent_started_pss_mb", started, "MB");
    bench.say("agent_idle_pss_mb", machine::pss_mb(pid)?, "MB");
    bench.say("agent_idle_private_mb", machine::private_dirty_mb(pid)?, "MB");
    bench.say("bare_tray_pss_mb", machine::pss_mb(icon.pid())?, "MB");
    bench.say("agent_idle_cpu_percent", cpu / seconds * 100.0, "percent");
    bench.say("agent_wakeups_per_s", wakeups as f64 / seconds, "per_s");
    Ok(())
}

/// What the agent holds of its own after windows were opened and ended, and after sends failed, over what it held before.
///
/// Windows: the icon is clicked, the window is there, its processes are killed; each is a new process. Sends: the hub is
/// stopped, and in its place stands a server that refuses everything at once (503). A request waits, and "try everything
/// now", which the window's button says, is said after each try, so that nobody waits for the back-off. Each try is a whole
/// one: a look whether it arrived, over HTTP, its answer, its place in the store.
pub(super) async fn growth(bench: &mut Bench) -> anyhow::Result<()> {
    let desktop = bench.desktop().await?;
    let mut hub = Hub::start(&bench.programs, None).await?;
    let agent = enrolled(bench, &desktop, &hub).await?;
    let pid = agent.pid();
    let socket = Agent::socket(&desktop);
    let listen = hub.url().trim_start_matches("http://").to_owned();
    hub.stop().await?;
    // Something that waits, and everything that a first window and a first failure need.
    bench.measured(&desktop, &["submit", &socket.to_string_lossy(), "waits"])?;
    let tries = |count: &str| bench.measured(&desktop, &["refused", &socket.to_string_lossy(), &listen, count]);
    tries("200")?;
    for _ in 0..10 {
        opened_and_ended(&desktop, pid).await?;
    }
    tokio::time::sleep(REST).await;
    let before = machine::private_dirty_mb(pid)?;

    for _ in 0..WINDOWS {
        opened_and_ended(&desktop, pid).await?;
    }
    tokio::time::sleep(REST).await;
    let after_windows = machine::private_dirty_mb(pid)?;
    let tried = tries(FAILURES)?;
    tokio::time::sleep(REST).await;
    let after = machine::private_dirty_mb(pid)?;
    bench.say("agent_growth_kb", (after - before) * 1024.0, "kB");
    bench.say("agent_growth_by_windows_kb", (after_windows - before) * 1024.0, "kB");
    bench.say("agent_failed_sends", tried.first().copied().unwrap_or_default(), "tries");
    Ok(())
}

/// One window, from the click to its end.
async fn opened_and_ended(desktop: &Desktop, pid: u32) -> anyhow::Result<()> {
    let item = desktop.tray()?.item(SOON).await?;
    item.activate().await?;
    wait_until("the window is there", SOON, async || Ok((!desktop.window_titles()?.is_empty()).then_some(()))).await?;
    super::window::end(&machine::children(pid));
    wait_until("the window is gone", SOON, async || {
        Ok((desktop.window_titles()?.is_empty() && machine::children(pid).is_empty()).then_some(()))
    })
    .await
}
