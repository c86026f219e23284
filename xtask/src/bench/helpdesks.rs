//! What a ticket costs each helpdesk, and how long it is on its way there.

use std::io::{BufRead as _, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deskside_e2e::{Agent, Hub, RequestTracker};
use serde_json::{Value, json};

use super::{Bench, median};
use crate::programs::{output, program};
use crate::setup::{self, Purpose};

/// How many tickets go to each helpdesk each way.
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

/// From Submit to the number that the helpdesk gave, with a picture of 100 KB and this machine's facts; beside it, in
/// turns, one bare `curl` that creates a ticket with the same text and a file of that size. Request Tracker is real; the
/// others answer as real ones were seen to, in the time that those took.
pub(super) async fn delivery(bench: &mut Bench) -> anyhow::Result<()> {
    match request_tracker().await {
        Ok(rt) => {
            let server = Server { url: rt.url(), credential: rt.token("alice")?.to_owned(), field: None };
            deliver(bench, "rt", &server, bare_of_rt).await?;
        }
        Err(why) => println!("WARNING: the way to Request Tracker is not measured: {why:#}"),
    }
    for (name, bare) in [("glpi_10", bare_of_glpi as Bare), ("glpi_11", bare_of_glpi), ("mantis", bare_of_mantis)] {
        let mut command = program(bench.measuring());
        command.args(["replay", name]).stdin(Stdio::piped()).stdout(Stdio::piped());
        // It ends with its input.
        let mut replay = command.spawn().context("could not start the measuring program")?;
        let mut line = String::new();
        let out = replay.stdout.take().context("no pipe from the measuring program")?;
        std::io::BufReader::new(out).read_line(&mut line)?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (url, credential) = words.next().zip(words.next()).context("it does not say where it is")?;
        deliver(bench, name, &Server { url, credential, field: words.next() }, bare).await?;
        drop(replay.stdin.take());
        replay.wait()?;
    }
    Ok(())
}

/// Where a helpdesk is, and what it takes to sign in there.
struct Server {
    url: String,
    credential: String,
    /// `name=value` of what else it wants to be told.
    field: Option<String>,
}

/// Makes ready the bare `curl` that creates a ticket: the server, 100 KB of no sense, and a folder for what it sends.
type Bare = fn(&Server, &[u8], &Path) -> anyhow::Result<Command>;

async fn deliver(bench: &mut Bench, name: &str, server: &Server, bare: Bare) -> anyhow::Result<()> {
    let desktop = bench.desktop().await?;
    let agent = Agent::start(&bench.programs, &desktop, None).await?;
    let token = desktop.folder().join("token");
    std::fs::write(&token, &server.credential)?;
    let file = token.to_string_lossy().into_owned();
    let mut arguments = vec!["connect", &server.url, "--credential-file", &file];
    arguments.extend(server.field.iter().flat_map(|field| ["--field", field]));
    agent.command(&desktop, &arguments).await?;
    let mut noise = vec![0; 100_000];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut noise)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..TICKETS {
        let title = format!("Sent {number}");
        let took = bench.measured(&desktop, &["delivered", &Agent::socket(&desktop).to_string_lossy(), &title])?;
        ours.extend(took);
        let curl = bare(server, &noise, desktop.folder())?;
        let begun = Instant::now();
        output(curl, &bench.folder)?;
        theirs.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    bench.say(&format!("{name}_delivery_p50_ms"), median(&ours), "ms");
    bench.say(&format!("{name}_curl_create_p50_ms"), median(&theirs), "ms");
    bench.say(&format!("{name}_delivery_vs_curl"), median(&ours) / median(&theirs), "times");
    Ok(())
}

fn curl(header: &str) -> Command {
    let mut curl = program("curl");
    curl.args(["-fsS", "-H", header]);
    curl
}

/// A `curl` that sends this JSON.
fn posted(header: &str, json: &Value, url: &str, folder: &Path) -> anyhow::Result<Command> {
    let ticket = folder.join("ticket.json");
    std::fs::write(&ticket, json.to_string())?;
    let mut command = curl(header);
    command.args(["-o", "/dev/null", "-H", "Content-Type: application/json"]);
    command.args(["--data-binary", &format!("@{}", ticket.display()), url]);
    Ok(command)
}

fn bare_of_rt(server: &Server, noise: &[u8], folder: &Path) -> anyhow::Result<Command> {
    let picture = json!({ "FileName": "screen.png", "FileType": "image/png", "FileContent": STANDARD.encode(noise) });
    let ticket = json!({ "Queue": "General", "Subject": TEXT, "Content": TEXT, "Attachments": [picture] });
    posted(
        &format!("Authorization: token {}", server.credential),
        &ticket,
        &format!("{}REST/2.0/ticket", server.url),
        folder,
    )
}

fn bare_of_mantis(server: &Server, noise: &[u8], folder: &Path) -> anyhow::Result<Command> {
    let ticket = json!({
        "summary": TEXT, "description": TEXT, "project": { "name": "Helpdesk" }, "category": { "name": "General" },
        "files": [{ "name": "screen.png", "content": STANDARD.encode(noise) }],
    });
    posted(&format!("Authorization: {}", server.credential), &ticket, &format!("{}api/rest/issues", server.url), folder)
}

/// With a session that is there already: it is opened before the time counts.
fn bare_of_glpi(server: &Server, noise: &[u8], folder: &Path) -> anyhow::Result<Command> {
    let app = server.field.as_deref().and_then(|field| field.strip_prefix("app_token=")).unwrap_or_default();
    let app = format!("App-Token: {app}");
    let mut session = curl(&app);
    session.args(["-H", &format!("Authorization: user_token {}", server.credential)]);
    session.arg(format!("{}apirest.php/initSession?get_full_session=true", server.url));
    let session: Value = serde_json::from_str(&output(session, folder)?)?;
    let session_token = session["session_token"].as_str().context("no session")?;
    let picture = folder.join("screen.png");
    std::fs::write(&picture, noise)?;
    let input = json!({ "input": {
        "name": TEXT, "content": TEXT, "_users_id_requester": session["session"]["glpiID"], "_filename": ["screen.png"],
    }});
    let mut command = curl(&app);
    command.args(["-o", "/dev/null", "-H", &format!("Session-Token: {session_token}")]);
    command.args(["-F", &format!("uploadManifest={input};type=application/json")]);
    command.args(["-F", &format!("filename[0]=@{}", picture.display()), &format!("{}apirest.php/Ticket", server.url)]);
    Ok(command)
}
