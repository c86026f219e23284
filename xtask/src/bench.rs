//! `cargo xtask bench`: the figures that Deskside is held to, as lines `name value unit`. Optimised programs, the headless
//! desktop; a busy machine makes them worse, never better.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use deskside_desktop::{Desktop, Options, Shows, wait_until};
use deskside_e2e::{Agent, Hub, Programs, SOON};

use crate::build::{self, Profile};
use crate::programs::{cargo, output, program, run};
use crate::setup::{self, Purpose};

/// How often something quick is repeated; the median counts.
const TIMES: usize = 9;
/// What an agent gets to come to rest after it was enrolled.
const REST: Duration = Duration::from_secs(15);

/// Measures everything.
///
/// # Errors
/// Something could not be built or started.
pub(crate) fn run_all() -> anyhow::Result<()> {
    let root = crate::root()?;
    setup::packages(Purpose::ShowHeadless)?;
    setup::node_modules(&root)?;
    build::interface(&root)?;
    let programs = build::programs(&root, Profile::Release)?;
    let mut others = cargo();
    others.args(["build", "--release", "--package", "deskside-bare-window", "--package", "deskside-measure"]);
    run(others, &root)?;

    println!("ui_bundle_kb_gzip {:.1} kB", bundle_kb(&root.join("ui/dist/app"))?);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(&programs))
}

async fn measure(folder: &Path) -> anyhow::Result<()> {
    let programs = Programs::of(folder);
    let desktop = Desktop::start(Options { notifications: Shows::Nothing, ..Options::default() }).await?;
    let measure = |what: &[&str]| {
        let mut command = program(folder.join("deskside-measure"));
        command.args(what).env_clear().envs(desktop.environment());
        anyhow::Ok(output(command, folder)?.trim().to_owned())
    };

    println!("agent_tray_ready_ms {:.1} ms", median(tray_ready(&programs, &desktop).await?));
    println!("facts_light_ms {} ms", measure(&["facts"])?);

    let mut hub = Hub::start(&programs, None).await?;
    let agent = Agent::start(&programs, &desktop, Some(&hub)).await?;
    tokio::time::sleep(REST).await;
    println!("agent_idle_pss_mb {:.1} MB", pss_mb(agent.pid().context("the agent does not run")?)?);

    let (ours, bare) = first_paints(folder, &desktop).await?;
    println!("window_first_paint_ms {:.0} ms", median(ours));
    println!("bare_tauri_first_paint_ms {:.0} ms", median(bare));

    // With the hub down, so that nothing else writes to the same disk.
    hub.stop().await?;
    let socket = Agent::socket(&desktop);
    println!("outbox_keep_p99_ms {} ms", measure(&["keep", &socket.to_string_lossy()])?);
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// From the start of the process to its icon in the tray.
async fn tray_ready(programs: &Programs, desktop: &Desktop) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        let mut agent = Agent::start(programs, desktop, None).await?;
        let ready = desktop.tray()?.last_registration().context("the agent has no icon")?;
        times.push(ready.saturating_duration_since(begun).as_secs_f64() * 1000.0);
        agent.kill();
        wait_until("the icon is gone", SOON, async || Ok(desktop.tray()?.items().is_empty().then_some(()))).await?;
    }
    Ok(times)
}

/// From the start of the process to the first picture with something in it: ours and a bare one, in turn, so that
/// whatever else the machine does hits both.
async fn first_paints(folder: &Path, desktop: &Desktop) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for turn in 0..TIMES {
        ours.push(first_paint(desktop, folder.join("deskside-window"), turn).await?);
        bare.push(first_paint(desktop, folder.join("deskside-bare-window"), turn).await?);
    }
    Ok((ours, bare))
}

async fn first_paint(desktop: &Desktop, binary: PathBuf, turn: usize) -> anyhow::Result<f64> {
    let name = binary.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let begun = Instant::now();
    let mut window = desktop
        .program(&binary, &format!("{name}-{turn}"))
        .env("DESKSIDE_SOCKET", Agent::socket(desktop))
        // As the real window does for itself: without a graphics card, the other way costs 100 ms.
        .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
        // Nobody drives these.
        .env("TAURI_WEBVIEW_AUTOMATION", "false")
        .start()?;
    let painted = wait_until("a painted window", SOON, async || {
        anyhow::ensure!(window.runs(), "{name} ended: {}", window.output());
        Ok(desktop.window_shows_something()?.then(|| begun.elapsed()))
    })
    .await?;
    window.kill();
    wait_until("the window is gone", SOON, async || Ok(desktop.window_titles()?.is_empty().then_some(()))).await?;
    Ok(painted.as_secs_f64() * 1000.0)
}

/// The proportional set size of a process: its own memory and its share of what it has in common with others.
fn pss_mb(pid: u32) -> anyhow::Result<f64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss in smaps_rollup")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}

/// What a browser would load of the interface, compressed as a server would.
fn bundle_kb(folder: &Path) -> anyhow::Result<f64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            bytes += (bundle_kb(&path)? * 1000.0).round() as usize;
        } else if path.extension().is_some_and(|kind| kind == "js" || kind == "css" || kind == "html") {
            let mut gzip = program("gzip");
            gzip.args(["-9", "--stdout"]).arg(&path);
            bytes += gzip.output()?.stdout.len();
        }
    }
    Ok(bytes as f64 / 1000.0)
}
