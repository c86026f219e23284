//! What a ticket with a picture costs each helpdesk: requests and bytes, from a connection that knows nothing yet and from
//! one that has sent before. Hub and Request Tracker are real; the others answer as real ones were seen to.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use deskside_contract::glpi::{self, Glpi, Version};
use deskside_contract::mantis::{Mantis, REPORTER};
use deskside_contract::{Backend, Pace, Replay, story};
use deskside_faults::{Dice, Kind, Proxy, Traffic};
use deskside_helpdesk::hub::enrol;
use deskside_helpdesk::{Helpdesk, Target, TicketRef, open};
use deskside_protocol::ClientId;
use deskside_protocol::desk::Enrol;
use deskside_protocol::settings::HelpdeskKind;
use rand::RngExt as _;
use url::Url;

/// Bytes of the picture: one of a whole screen, as the agent packs it.
const PICTURE: usize = 100_000;

/// A hub at `hub`, with a token to enrol by; a Request Tracker at `rt`, with a token to file by. Prints a line for each figure.
pub(crate) async fn costs(hub: &str, token: &str, rt: Option<(&str, &str)>) -> anyhow::Result<()> {
    let url = Url::parse(hub)?;
    let asked = Enrol { token: token.to_owned(), device_name: "bench".to_owned(), platform: "linux".to_owned() };
    let credential = enrol(&url, &asked).await?.credential;
    told("hub", target(HelpdeskKind::Hub, &url), &credential).await?;
    let app = [("app_token".to_owned(), glpi::APP_TOKEN.to_owned())];
    for (name, version) in [("glpi_10", Version::V10), ("glpi_11", Version::V11)] {
        replayed(name, HelpdeskKind::Glpi, Glpi::new(version)?, glpi::REQUESTER, &app).await?;
    }
    replayed("mantis", HelpdeskKind::Mantis, Mantis::new()?, REPORTER, &[]).await?;
    if let Some((url, token)) = rt {
        told("rt", target(HelpdeskKind::RequestTracker, &Url::parse(url)?), token).await?;
    }
    Ok(())
}

/// Stands in for a real server, answering in the time that it took, until its input ends. Prints where it is, what signs in
/// there, and what else the helpdesk wants to be told.
pub(crate) async fn stand_in(name: &str) -> anyhow::Result<()> {
    let app = format!("app_token={}", glpi::APP_TOKEN);
    match name {
        "glpi_10" => stay(Glpi::new(Version::V10)?, glpi::REQUESTER, &app).await,
        "glpi_11" => stay(Glpi::new(Version::V11)?, glpi::REQUESTER, &app).await,
        "mantis" => stay(Mantis::new()?, REPORTER, "").await,
        other => bail!("nothing was captured of {other}"),
    }
}

#[expect(clippy::print_stdout, reason = "xtask reads where it is")]
async fn stay(server: impl Backend, credential: &str, field: &str) -> anyhow::Result<()> {
    let server = Replay::start(server, Pace::AsCaptured).await?;
    println!("{} {credential} {field}", server.url());
    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    // Who finds out what lies at an address asks every kind of helpdesk for its own.
    let _asked_of_others = server.take_uncovered();
    Ok(())
}

fn target(kind: HelpdeskKind, url: &Url) -> Target {
    Target { kind, url: url.clone(), fields: [].into() }
}

async fn replayed(
    name: &str,
    kind: HelpdeskKind,
    server: impl Backend,
    credential: &str,
    fields: &[(String, String)],
) -> anyhow::Result<()> {
    let server = Replay::start(server, Pace::AtOnce).await?;
    let target = Target { fields: fields.iter().cloned().collect(), ..target(kind, server.url()) };
    told(name, target, credential).await
}

#[expect(clippy::print_stdout, reason = "the figures are what xtask passes on")]
async fn told(name: &str, target: Target, credential: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let address = target.url.socket_addrs(|| None)?.first().copied().context("an address without a host")?;
    let proxy = Proxy::start(address, Kind::Http, Dice::of_run()).await?;
    let through = Url::parse(&format!("http://{}/", proxy.address()))?;
    let desk = open(&Target { url: through, ..target }, credential)?;
    for which in ["first", "next"] {
        let traffic = ticket(&proxy, desk.as_ref(), folder.path()).await.with_context(|| name.to_owned())?;
        println!("{name}_{which}_ticket_requests {} requests", traffic.requests);
        // What it costs beside the picture that the user gave.
        let beside = (traffic.sent + traffic.got) as f64 - PICTURE as f64;
        println!("{name}_{which}_ticket_kb {:.1} kB", beside / 1000.0);
    }
    Ok(())
}

/// Sends one as the outbox does when nothing goes wrong, and tells what went over the network.
async fn ticket(proxy: &Proxy, desk: &dyn Helpdesk, folder: &Path) -> anyhow::Result<Traffic> {
    let before = proxy.traffic();
    let client_id = ClientId::new();
    let mut bytes = vec![0; PICTURE];
    rand::rng().fill(&mut bytes[..]);
    let files = [story::enclosure(folder, "screen.png", &bytes)?];
    let document = story::document(client_id, "The printer on floor 3 prints blank pages since this morning.", &files);
    let placed = desk.create(client_id, serde_json::to_vec(&document)?.into(), &files).await?;
    ensure!(placed.refused.is_empty(), "the picture was refused: {:?}", placed.refused);
    for file in files.iter().filter(|file| placed.missing.contains(&file.meta.id)) {
        desk.attach(TicketRef { client_id, number: placed.number }, None, file).await?;
    }
    let after = proxy.traffic();
    Ok(Traffic {
        requests: after.requests - before.requests,
        sent: after.sent - before.sent,
        got: after.got - before.got,
    })
}
