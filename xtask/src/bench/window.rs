//! The window: from the click to something to look at, once more within a minute, and what it takes of the memory; beside
//! it, a window of the same library with one word in it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use deskside_desktop::{Desktop, wait_until};
use deskside_e2e::{Hub, SOON};
use rustix::process::{Pid, Signal, kill_process};

use super::agent::enrolled;
use super::{Bench, machine, median, worst};
use crate::programs::program;

/// How often each window is opened.
const TIMES: usize = 7;
/// What a window gets to come to rest before its memory is looked at, and before it is closed.
const REST: Duration = Duration::from_secs(2);

pub(super) async fn windows(bench: &mut Bench) -> anyhow::Result<()> {
    let desktop = bench.desktop().await?;
    let hub = Hub::start(&bench.programs, None).await?;
    let agent = enrolled(bench, &desktop, &hub).await?;
    let (mut ours, mut bare, mut again) = (Vec::new(), Vec::new(), Vec::new());
    let (mut our_memory, mut bare_memory) = (Vec::new(), Vec::new());
    // In turn, so that whatever else the machine does hits both.
    for _ in 0..TIMES {
        let (begun, painted) = click(bench, &desktop).await?;
        ours.push(painted - begun);
        tokio::time::sleep(REST).await;
        our_memory.push(tree_mb(&machine::children(agent.pid()))?);

        desktop.close_windows()?;
        gone(&desktop).await?;
        tokio::time::sleep(REST).await;
        let (begun, painted) = click(bench, &desktop).await?;
        again.push(painted - begun);
        // The agent starts another in place of one that goes as soon as it was called.
        tokio::time::sleep(REST).await;
        end(&machine::children(agent.pid()));
        gone(&desktop).await?;

        let watch = Watch::begin(bench, &desktop)?;
        let begun = now_ms()?;
        let window = start_bare(bench, &desktop)?;
        bare.push(watch.painted()? - begun);
        tokio::time::sleep(REST).await;
        let mut tree = machine::children(window.id());
        tree.push(window.id());
        bare_memory.push(tree_mb(&tree)?);
        drop(window);
        end(&tree);
        gone(&desktop).await?;
    }
    let (our_paint, bare_paint) = (median(&ours), median(&bare));
    bench.say("window_first_paint_ms", our_paint, "ms");
    bench.say("window_first_paint_worst_ms", worst(&ours), "ms");
    bench.say("bare_tauri_first_paint_ms", bare_paint, "ms");
    bench.say("window_first_paint_vs_bare", our_paint / bare_paint, "times");
    let (our_size, bare_size) = (median(&our_memory), median(&bare_memory));
    bench.say("window_memory_mb", our_size, "MB");
    bench.say("bare_tauri_memory_mb", bare_size, "MB");
    bench.say("window_memory_vs_bare", our_size / bare_size, "times");
    bench.say("window_reopen_ms", median(&again), "ms");
    bench.say("window_reopen_worst_ms", worst(&again), "ms");
    Ok(())
}

/// A click on the icon in the tray, over D-Bus as the tray itself does. When it was, and when there was something to see.
async fn click(bench: &Bench, desktop: &Desktop) -> anyhow::Result<(f64, f64)> {
    let item = desktop.tray()?.item(SOON).await?;
    let watch = Watch::begin(bench, desktop)?;
    let begun = now_ms()?;
    item.activate().await?;
    Ok((begun, watch.painted()?))
}

/// A bare window, which ends with its handle.
struct Bare(Child);

impl Bare {
    fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_bare(bench: &Bench, desktop: &Desktop) -> anyhow::Result<Bare> {
    let mut command = program(bench.folder.join("deskside-bare-window"));
    command.env_clear().envs(desktop.environment());
    command.env("TAURI_AUTOMATION", "false").env("TAURI_WEBVIEW_AUTOMATION", "false");
    // As the agent sets it for the real window: without a graphics card, the other way costs 100 ms.
    command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(Bare(command.spawn().context("could not start the bare window")?))
}

/// Looks at the display all the time, in a process of its own that is optimised, until a window shows something.
struct Watch {
    process: Child,
    printed: BufReader<ChildStdout>,
}

impl Watch {
    fn begin(bench: &Bench, desktop: &Desktop) -> anyhow::Result<Self> {
        let mut command = program(bench.measuring());
        command.arg("painted").env_clear().envs(desktop.environment()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let printed = process.stdout.take().context("no pipe to the program")?;
        let mut watch = Self { process, printed: BufReader::new(printed) };
        match watch.line()?.as_str() {
            "looking" => Ok(watch),
            other => bail!("nobody looks at the display: {other:?}"),
        }
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.printed.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// When something was there, in milliseconds since 1970.
    fn painted(mut self) -> anyhow::Result<f64> {
        let line = self.line()?;
        self.process.wait()?;
        line.parse().with_context(|| format!("nothing was painted: {line:?}"))
    }
}

fn now_ms() -> anyhow::Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1000.0)
}

async fn gone(desktop: &Desktop) -> anyhow::Result<()> {
    wait_until("the window is gone", SOON, async || Ok(desktop.window_titles()?.is_empty().then_some(()))).await
}

fn tree_mb(processes: &[u32]) -> anyhow::Result<f64> {
    processes.iter().map(|pid| machine::pss_mb(*pid)).sum()
}

pub(super) fn end(processes: &[u32]) {
    for pid in processes.iter().filter_map(|pid| Pid::from_raw(pid.cast_signed())) {
        // One that is gone already is what was wanted.
        let _ = kill_process(pid, Signal::KILL);
    }
}
