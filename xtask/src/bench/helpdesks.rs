//! What a ticket costs each helpdesk, and how long it is on its way there.

use std::time::Instant;

use anyhow::Context as _;
use base64::Engine as _;
use deskside_e2e::{Agent, Hub, RequestTracker};
use serde_json::json;

use super::{Bench, median};
use crate::programs::{output, program};
use crate::setup::{self, Purpose};

/// How many tickets go to Request Tracker each way.
const TICKETS: usize = 9;
/// What everybody writes.
const TEXT: &str = "The printer on floor 3 prints blank pages since this morning.";

/// Requests and bytes for a ticket, helpdesk by helpdesk: the measuring program counts them, for it speaks to helpdesks and
/// this one does not.
pub(super) async fn costs(bench: &mut Bench) -> anyhow::Result<()> {
    let hub = Hub::start(&bench.programs, None).await?;
    let mut create = program(bench.programs.path("deskside-hub"));
    create.args(["token", "create", "--label", "bench", "--data"]).arg(hub.data());
    let token = output(create, &bench.folder)?;
    let rt = request_tracker().await;
    let mut measure = program(bench.measuring());
    measure.args(["helpdesks", &hub.url(), token.trim()]);
    match &rt {
        Ok(rt) => {
            measure.args([rt.url(), rt.token("alice")?]);
        }
        Err(why) => println!("WARNING: Request Tracker is not measured: {why:#}"),
    }
    for line in output(measure, &bench.folder)?.lines() {
        let mut words = line.split(' ');
        let (name, value) = words.next().zip(words.next()).context("not a figure")?;
        bench.say(name, value.parse()?, words.next().unwrap_or_default());
    }
    Ok(())
}

async fn request_tracker() -> anyhow::Result<RequestTracker> {
    setup::packages(Purpose::Compare)?;
    RequestTracker::start().await?.map_err(anyhow::Error::msg)
}

/// From Submit to the number that Request Tracker gave, with a picture of 100 KB and this machine's facts; beside it, in
/// turns, one bare `curl` that creates a ticket with the same text and a file of that size.
pub(super) async fn delivery(bench: &mut Bench) -> anyhow::Result<()> {
    let rt = match request_tracker().await {
        Ok(rt) => rt,
        Err(why) => {
            println!("WARNING: the way to Request Tracker is not measured: {why:#}");
            return Ok(());
        }
    };
    let desktop = bench.desktop().await?;
    let agent = Agent::start(&bench.programs, &desktop, None).await?;
    let token = desktop.folder().join("token");
    std::fs::write(&token, rt.token("alice")?)?;
    let file = token.to_string_lossy().into_owned();
    agent.command(&desktop, &["connect", &rt.url(), "--credential-file", &file]).await?;
    let ticket = desktop.folder().join("ticket.json");
    let mut noise = vec![0; 100_000];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut noise)?;
    let noise = base64::engine::general_purpose::STANDARD.encode(noise);
    let attachment = json!({ "FileName": "screen.png", "FileType": "image/png", "FileContent": noise });
    let bare = json!({ "Queue": "General", "Subject": TEXT, "Content": TEXT, "Attachments": [attachment] });
    std::fs::write(&ticket, bare.to_string())?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for number in 0..TICKETS {
        let title = format!("Sent {number}");
        let took = bench.measured(&desktop, &["delivered", &Agent::socket(&desktop).to_string_lossy(), &title])?;
        ours.extend(took);
        let mut curl = program("curl");
        curl.args(["-fsS", "-o", "/dev/null", "-H", "Content-Type: application/json"])
            .args(["-H", &format!("Authorization: token {}", rt.token("alice")?)])
            .args(["--data-binary", &format!("@{}", ticket.display()), &format!("{}REST/2.0/ticket", rt.url())]);
        let begun = Instant::now();
        output(curl, &bench.folder)?;
        bare.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    bench.say("rt_delivery_p50_ms", median(&ours), "ms");
    bench.say("rt_curl_create_p50_ms", median(&bare), "ms");
    bench.say("rt_delivery_vs_curl", median(&ours) / median(&bare), "times");
    Ok(())
}
