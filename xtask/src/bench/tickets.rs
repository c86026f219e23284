//! A ticket's way: from Submit to the disk, and from Submit to the technician.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use deskside_e2e::{Agent, Hub};

use super::agent::{data, enrolled};
use super::{Bench, median, worst};

/// How many tickets are followed to the hub.
const FOLLOWED: usize = 25;
/// How often the hub's list is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(10);
/// Longest wait for one of them.
const PATIENCE: Duration = Duration::from_secs(20);

/// From Submit to "kept, durably", with a picture of 1 MB; beside it, writing the same bytes to the same disk.
pub(super) async fn keep(bench: &mut Bench) -> anyhow::Result<()> {
    let desktop = bench.desktop().await?;
    let mut hub = Hub::start(&bench.programs, None).await?;
    let _agent = enrolled(bench, &desktop, &hub).await?;
    // With the hub down nothing else writes to the same disk.
    hub.stop().await?;
    let socket = Agent::socket(&desktop);
    let measured = bench.measured(&desktop, &["keep", &socket.to_string_lossy(), &data(&desktop).to_string_lossy()])?;
    let names = [
        "outbox_keep_p99_ms",
        "outbox_keep_p50_ms",
        "picture_keep_p99_ms",
        "picture_keep_p50_ms",
        "disk_write_1mb_p99_ms",
        "disk_write_1mb_p50_ms",
    ];
    for (name, value) in names.into_iter().zip(measured) {
        bench.say(name, value, "ms");
    }
    Ok(())
}

/// From Submit to the technician's list, for tickets with a text and this machine's facts; beside it, one round trip to
/// the list itself.
pub(super) async fn delivery(bench: &mut Bench) -> anyhow::Result<()> {
    let desktop = bench.desktop().await?;
    let mut hub = Hub::start(&bench.programs, None).await?;
    let _agent = enrolled(bench, &desktop, &hub).await?;
    let technician = hub.sign_in().await?;
    let (mut times, mut looks) = (Vec::new(), Vec::new());
    for number in 0..FOLLOWED {
        let title = format!("followed {number}.");
        // Prints the moment at which Submit was sent, in seconds since 1970.
        let submitted = bench.measured(&desktop, &["submit", &Agent::socket(&desktop).to_string_lossy(), &title])?;
        let submitted = Duration::from_secs_f64(*submitted.first().context("nothing was submitted")?);
        let begun = Instant::now();
        let there = loop {
            let look = Instant::now();
            let there = technician.tickets().await?.iter().any(|row| row.title.contains(&title));
            looks.push(look.elapsed().as_secs_f64() * 1000.0);
            if there {
                break std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "a ticket did not arrive");
            tokio::time::sleep(LOOK).await;
        };
        times.push(there.saturating_sub(submitted).as_secs_f64() * 1000.0);
    }
    bench.say("ticket_delivery_p50_ms", median(&times), "ms");
    bench.say("ticket_delivery_worst_ms", worst(&times), "ms");
    bench.say("hub_list_p50_ms", median(&looks), "ms");
    Ok(())
}
