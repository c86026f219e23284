//! `cargo xtask demo`: the whole of Deskside on this machine, real programs only.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use deskside_desktop::{Desktop, Options, Process, Shows, Spawn, kill_marked, wait_until};
use deskside_e2e::{Agent, Hub, Person, Programs, Report, SOON, Words};
use deskside_protocol::desk::ConsoleTicket;
use deskside_protocol::ticket::TicketState;
use tokio::signal::unix::{SignalKind, signal};

use crate::build::{self, Profile};
use crate::setup::{self, Purpose};

/// Where the hub listens if nobody else does.
const ADDRESS: &str = "127.0.0.1:8470";
const PROBLEM: &str = "The printer on floor 3 prints blank pages";
const ANSWER: &str = "Thank you. Somebody changed the toner an hour ago; I am on my way to look at it.";
/// The screenshots: their names, and what they show.
const PICTURES: [(&str, &str); 3] = [
    ("1-what-will-be-sent", "what the person sees before sending"),
    ("2-sent", "sent, with its number"),
    ("3-answered", "the technician's answer"),
];

/// Runs the demo.
///
/// # Errors
/// Something could not be installed, built or started, or the request did not arrive as it should.
pub(crate) fn run(once: bool) -> anyhow::Result<()> {
    let begun = Instant::now();
    let root = crate::root()?;
    let display =
        ["WAYLAND_DISPLAY", "DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    let headless = once || !display;
    setup::packages(if headless { Purpose::ShowHeadless } else { Purpose::Show })?;
    setup::node_modules(&root)?;
    build::interface(&root)?;
    let programs = Programs::of(build::programs(&root, Profile::Debug)?);
    let pictures = build::target_folder(&root)?.join("demo");
    std::fs::create_dir_all(&pictures)?;

    let story = async {
        tokio::select! {
            done = async {
                if headless { on_virtual_display(&programs, &pictures, once, begun).await } else { on_this_display(&programs).await }
            } => done,
            () = asked_to_end() => {
                println!("\nEnding…");
                Ok(())
            }
        }
    };
    // Dropping the story, ended or not, ends every program it started.
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(story)
}

/// Waits for Ctrl-C or a request to end.
async fn asked_to_end() {
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        // Without handlers the signals end this program themselves, and the kernel what it started.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

/// Says what happens, with the time since the last word.
struct Progress(Instant);

impl Progress {
    fn new() -> Self {
        Self(Instant::now())
    }

    fn say(&mut self, what: &str) {
        println!("  {:>5.1} s  {what}", self.0.elapsed().as_secs_f64());
        self.0 = Instant::now();
    }
}

async fn start_hub(programs: &Programs) -> anyhow::Result<Hub> {
    // Only a hint: somebody may take the port in between, and then the hub says so.
    let free = std::net::TcpListener::bind(ADDRESS).is_ok();
    if !free {
        println!("  {ADDRESS} is taken: the hub takes another port.");
    }
    match Hub::start(programs, free.then_some(ADDRESS)).await {
        Err(_) if free => Hub::start(programs, None).await,
        started => started,
    }
}

fn say_console(hub: &Hub) {
    println!("\nThe console:    {}/console/\nFirst sign-in:  admin   {}\n", hub.url(), hub.password());
}

/// With a desktop: the agent sits in its tray until Ctrl-C.
async fn on_this_display(programs: &Programs) -> anyhow::Result<()> {
    let mut progress = Progress::new();
    let hub = start_hub(programs).await?;
    progress.say("the hub runs, on an SQLite database of its own");

    // Data, settings and start-up entries go where this demo's do, not among the user's.
    let folder = tempfile::Builder::new().prefix("deskside-demo-").tempdir()?;
    let own = |name: &str| folder.path().join(name);
    let socket = own("run/agent.sock");
    // Dropped last: a window lives on without its agent, as it should where the agent is started again.
    let _windows = Windows(socket.clone());
    let agent = |log: &str| {
        Spawn::new(programs.path("deskside"), own(log))
            .envs(std::env::vars_os())
            .env("XDG_CONFIG_HOME", own("config"))
            .env("XDG_DATA_HOME", own("share"))
            .env("XDG_STATE_HOME", own("state"))
            .env("DESKSIDE_SOCKET", &socket)
            .env("DESKSIDE_POLICY", own("policy.toml"))
            .env("DESKSIDE_WINDOW", programs.path("deskside-window"))
            .asked_when_orphaned()
    };
    let mut resident = agent("agent.log").start()?;
    wait_until("the agent's socket", SOON, async || {
        anyhow::ensure!(resident.runs(), "the agent ended: {}", resident.output());
        Ok(socket.exists().then_some(()))
    })
    .await?;
    let token = hub.token().await?;
    let mut enrol = agent("enrol.log").args(["enrol", "--hub", &hub.url(), "--token", &token]).start()?;
    let status = enrol.ended(SOON).await?;
    anyhow::ensure!(status.success(), "deskside enrol: {}", enrol.output());
    progress.say("the agent runs and this device is enrolled");

    say_console(&hub);
    println!("Deskside is in your tray: click its icon and report a problem, then answer it in the console.");
    println!("Is there no tray? DESKSIDE_SOCKET={} {} show", socket.display(), programs.path("deskside").display());
    println!("Ctrl-C ends everything and forgets what was reported.");
    until_ended(&mut resident).await
}

/// Whatever belongs to the agent with this socket; ended when dropped.
struct Windows(PathBuf);

impl Drop for Windows {
    fn drop(&mut self) {
        kill_marked("DESKSIDE_SOCKET", &self.0.to_string_lossy());
    }
}

/// Waits until the agent ends by itself; Ctrl-C ends the waiting.
async fn until_ended(agent: &mut Process) -> anyhow::Result<()> {
    while agent.runs() {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    println!("The agent ended: {}", agent.output());
    Ok(())
}

/// Without a display: one request through the real window on a virtual one.
async fn on_virtual_display(programs: &Programs, pictures: &Path, once: bool, begun: Instant) -> anyhow::Result<()> {
    println!("No display is used here: Deskside runs on a virtual one.");
    let mut progress = Progress::new();
    let options = Options { notifications: Shows::Drawn, ..Options::default() };
    let desktop = Desktop::start(options).await?;
    progress.say("a virtual display, a session bus, a tray, notifications, a keyring");
    let mut hub = start_hub(programs).await?;
    progress.say("the hub runs, on an SQLite database of its own");
    let agent = Agent::start(programs, &desktop, Some(&hub)).await?;
    progress.say("the agent is in the tray and this device is enrolled");

    let told = tell(&desktop, &mut hub, pictures, &mut progress).await;
    let ticket =
        told.with_context(|| format!("the agent says:\n{}\nthe hub says:\n{}", agent.output(), hub.output()))?;
    print_ticket(&ticket);
    let file = pictures.join("ticket.json");
    std::fs::write(&file, serde_json::to_string_pretty(&ticket.document)?)?;
    println!("\nThe whole document:  {}", file.display());
    for (name, shows) in PICTURES {
        println!("Screenshot:          {} ({shows})", pictures.join(format!("{name}.png")).display());
    }
    println!("From the start to here: {:.0} s", begun.elapsed().as_secs_f64());
    if once {
        drop((agent, hub, desktop));
        println!("All went well, and all that was started here has ended.");
        return Ok(());
    }
    say_console(&hub);
    println!("Hub and agent run until Ctrl-C.");
    std::future::pending().await
}

/// One request, from the click in the tray to the answer in the window.
async fn tell(
    desktop: &Desktop,
    hub: &mut Hub,
    pictures: &Path,
    progress: &mut Progress,
) -> anyhow::Result<ConsoleTicket> {
    let words = Words::read("en")?;
    let person = Person::new(desktop, &words);
    let window = person.begin_report().await?;
    progress.say("the tray's \"Report a problem\" opened the window");
    person.write(&window, Report { text: PROBLEM, screenshot: true }).await?;
    picture(desktop, pictures, PICTURES[0].0).await?;
    progress.say("the problem is written, with a picture of the screen; this is what will be sent");
    person.send(&window, "sent-title").await?;
    picture(desktop, pictures, PICTURES[1].0).await?;
    progress.say("it is sent");

    let technician = hub.sign_in().await?;
    let ticket = technician.ticket_titled(PROBLEM, SOON).await?;
    progress.say("the desk has it, with all its files");
    technician.reply(ticket.row.number, ANSWER, Some(TicketState::InProgress)).await?;
    window.press(&words.get("sent-follow")?, SOON).await?;
    window.says(ANSWER, SOON).await?;
    picture(desktop, pictures, PICTURES[2].0).await?;
    progress.say("a technician answered, and the window shows it");
    Ok(ticket)
}

/// Keeps a picture of the screen.
async fn picture(desktop: &Desktop, folder: &Path, name: &str) -> anyhow::Result<()> {
    // What moves in comes to rest within 180 ms.
    tokio::time::sleep(Duration::from_millis(400)).await;
    std::fs::write(folder.join(format!("{name}.png")), desktop.picture()?)?;
    Ok(())
}

/// The ticket, as the desk received it.
fn print_ticket(ticket: &ConsoleTicket) {
    let document = &ticket.document;
    let requester = document.requester.display_name.as_deref().unwrap_or(&document.requester.login);
    println!("\nRequest {}, as the desk received it", ticket.row.number);
    println!("  title        {}", document.title);
    println!("  description  {}", document.description);
    println!("  requester    {requester} ({})", document.requester.language);
    println!("  urgency      {:?}, impact {:?}", document.urgency, document.impact);
    for finding in &document.findings {
        let subject = finding.subject.as_deref().unwrap_or_default();
        println!("  finding      {:?} ({:?}) {subject}", finding.code, finding.severity);
    }
    if let Ok(serde_json::Value::Object(sections)) = serde_json::to_value(&document.facts) {
        for (name, section) in sections {
            let value = match (section.get("data"), section.get("detail").and_then(serde_json::Value::as_str)) {
                (Some(data), _) => data.to_string(),
                (None, why) => format!("not known: {}", why.unwrap_or("no reason given")),
            };
            let short: String = value.chars().take(100).collect();
            println!("  {name:<12} {short}{}", if short.len() < value.len() { "…" } else { "" });
        }
    }
    for file in &document.attachments {
        println!(
            "  file         {} ({}, {} bytes, SHA-256 {})",
            file.name, file.media_type, file.size_bytes, file.sha256
        );
    }
}
