//! The figures of `cargo xtask bench` that must be taken by optimised code, as xtask itself is not. Prints numbers, in
//! milliseconds where nothing else is said.
#![expect(clippy::print_stdout, reason = "the numbers are what xtask reads")]

#[cfg(target_os = "linux")]
mod facts;
#[cfg(target_os = "linux")]
mod helpdesks;
#[cfg(target_os = "linux")]
mod icon;
mod intake;
mod keep;
#[cfg(target_os = "linux")]
mod painted;
mod refused;

use std::time::Duration;

use anyhow::{Context as _, bail};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (what, rest) = arguments.split_first().context("say what to measure")?;
    // One thread, as the agent has.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let numbers = match (what.as_str(), rest) {
        #[cfg(target_os = "linux")]
        ("facts", [hub]) => runtime.block_on(facts::measure(hub))?,
        #[cfg(target_os = "linux")]
        ("helpdesks", [hub, token, rt @ ..]) => {
            let rt = if let [url, token] = rt { Some((url.as_str(), token.as_str())) } else { None };
            // It prints names with its numbers.
            return runtime.block_on(helpdesks::costs(hub, token, rt));
        }
        #[cfg(target_os = "linux")]
        ("replay", [name]) => return runtime.block_on(helpdesks::stand_in(name)),
        #[cfg(target_os = "linux")]
        ("icon", []) => runtime.block_on(icon::stay())?,
        #[cfg(target_os = "linux")]
        ("painted", []) => {
            println!("looking");
            vec![painted::when()?]
        }
        ("keep", [socket, folder]) => runtime.block_on(keep::measure(socket, folder.as_ref()))?,
        ("submit", [socket, text]) => vec![runtime.block_on(keep::submit_one(socket, text))?],
        ("delivered", [socket, text]) => vec![runtime.block_on(keep::delivered(socket, text))?],
        ("hub", [url, token, devices, seconds]) => runtime.block_on(intake::hub(url, token, devices, seconds))?,
        ("rt", [url, password, clients, seconds]) => {
            runtime.block_on(intake::request_tracker(url, password, clients, seconds))?
        }
        ("refused", [socket, listen, count]) => runtime.block_on(refused::tries(socket, listen, count))?,
        other => bail!("there is nothing to measure called {other:?}"),
    };
    let numbers: Vec<_> = numbers.iter().map(|number| format!("{number:.6}")).collect();
    println!("{}", numbers.join(" "));
    Ok(())
}

/// The value below which a share of all lies, in milliseconds.
fn share_below(times: &[Duration], share: f64) -> f64 {
    let mut times = times.to_vec();
    times.sort_unstable();
    // Truncation is meant.
    let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}
