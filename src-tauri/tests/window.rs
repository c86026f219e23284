//! The real window on a desktop of its own, with a small agent behind a real socket.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use deskside_desktop::{Desktop, Options, Process, Window, wait_until};
use deskside_ipc::{Endpoint, Sender, Server};
use deskside_protocol::local::{Connection, Event, Home, PeerRole, Request, Response, Route};
use deskside_protocol::settings::{Settings, SettingsView, Theme};
use deskside_protocol::{ErrorCode, ErrorReport};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);

/// What the small agent takes and leaves open.
const NEVER_ANSWERED: Request = Request::Doctor;

/// An agent that knows Home and Settings, and remembers what it was asked.
struct Agent {
    windows: Arc<Mutex<Vec<Sender>>>,
    asked: Arc<Mutex<Vec<Request>>>,
    running: tokio::task::JoinSet<()>,
}

impl Agent {
    fn start(mut server: Server, theme: Theme) -> Self {
        let (windows, asked) = (Arc::<Mutex<Vec<Sender>>>::default(), Arc::<Mutex<Vec<Request>>>::default());
        let mut running = tokio::task::JoinSet::new();
        running.spawn({
            let (windows, asked) = (Arc::clone(&windows), Arc::clone(&asked));
            async move {
                let mut peers = tokio::task::JoinSet::new();
                while let Ok(peer) = server.accept().await {
                    assert_eq!(peer.hello.role, PeerRole::Window);
                    let (mut calls, sender) = peer.split();
                    windows.lock().unwrap().push(sender.clone());
                    let asked = Arc::clone(&asked);
                    peers.spawn(async move {
                        while let Some(call) = calls.next().await {
                            asked.lock().unwrap().push(call.request.clone());
                            if call.request == NEVER_ANSWERED {
                                continue;
                            }
                            sender.reply(call.id, answer(&call.request, theme));
                        }
                    });
                }
            }
        });
        Self { windows, asked, running }
    }

    fn tell(&self, event: &Event) {
        for window in self.windows.lock().unwrap().iter() {
            window.event(event.clone());
        }
    }

    fn was_asked(&self, wanted: impl Fn(&Request) -> bool) -> bool {
        self.asked.lock().unwrap().iter().any(wanted)
    }
}

fn answer(request: &Request, theme: Theme) -> Result<Response, ErrorReport> {
    if *request == Request::Home {
        Ok(Response::Home(Home {
            name: "Ada".to_owned(),
            connection: Connection::Online,
            open_requests: 0,
            unread_requests: 0,
            waiting: 0,
            parked: 0,
            draft: None,
            findings: Vec::new(),
            notices: Vec::new(),
        }))
    } else if *request == Request::Settings {
        Ok(Response::Settings(SettingsView {
            settings: Settings { theme, ..Settings::default() },
            decided_by_policy: Vec::new(),
            shortcut_state: deskside_protocol::shortcut::ShortcutState::default(),
            language: "en".to_owned(),
            helpdesk_url: None,
            helpdesk_name: None,
            helpdesk_email: None,
            enrolled: true,
            version: "0.0.0".to_owned(),
            ..SettingsView::default()
        }))
    } else {
        Err(ErrorReport::new(ErrorCode::NotFound, "this agent knows little"))
    }
}

struct Scene {
    desktop: Desktop,
    endpoint: Endpoint,
    data: PathBuf,
}

impl Scene {
    async fn set() -> anyhow::Result<Self> {
        let options = Options { tray: false, keyring: false, ..Options::default() };
        let desktop = Desktop::start(options).await?;
        let data = desktop.folder().join("data");
        std::fs::create_dir(&data)?;
        let endpoint = Endpoint::at(desktop.folder().join("run/deskside/agent.sock"));
        Ok(Self { desktop, endpoint, data })
    }

    fn open(&self, route: &Route) -> anyhow::Result<Process> {
        self.desktop
            .program(env!("CARGO_BIN_EXE_deskside-window"), "window")
            .args(["--route", &serde_json::to_string(route)?])
            .env("DESKSIDE_SOCKET", self.endpoint.path())
            .env("DESKSIDE_DATA", &self.data)
            .start()
    }

    /// Class, geometry and title of the windows, as the window manager knows them: one line each.
    async fn windows(&self) -> anyhow::Result<String> {
        // A log of its own for each question: a program's output is added to what is there.
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let log = format!("wmctrl-{}", ASKED.fetch_add(1, Ordering::Relaxed));
        let mut list = self.desktop.program("wmctrl", &log).args(["-l", "-x", "-G"]).start()?;
        list.ended(SOON).await?;
        let listed = list.output();
        // Without any window it complains, which is an answer too.
        Ok(listed.lines().filter(|line| line.starts_with("0x")).collect::<Vec<_>>().join("\n"))
    }

    /// Waits until the window is on the screen, or not; one that ended instead is told with how it ended.
    async fn window_is(&self, there: bool, process: &mut Process) -> anyhow::Result<()> {
        let seen = wait_until(&format!("a window on the screen: {there}"), SOON, async || {
            if there && !process.runs() {
                let status = process.ended(SOON).await?;
                anyhow::bail!("the window ended: {status}");
            }
            Ok((self.windows().await?.contains("Deskside") == there).then_some(()))
        })
        .await;
        seen.with_context(|| format!("it wrote: {}", process.output()))
    }

    /// Keeps a picture of the screen where a failed or curious run can find it.
    fn keep_picture(&self, name: &str) -> anyhow::Result<()> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), self.desktop.picture()?)?;
        Ok(())
    }
}

/// What the page's scripts get from the shell: `{ok: …}` or `{err: …}`.
async fn invoke(window: &Window, command: &str, arguments: Value) -> anyhow::Result<Value> {
    let script = "const [command, args, done] = arguments;
        window.__TAURI_INTERNALS__.invoke(command, args).then(ok => done({ok}), err => done({err}));";
    Ok(window.client.execute_async(script, vec![json!(command), arguments]).await?)
}

async fn script(window: &Window, script: &str) -> anyhow::Result<Value> {
    window.client.execute(script, Vec::new()).await.with_context(|| script.to_owned())
}

#[tokio::test]
async fn the_window_opens_by_the_tray_asks_the_agent_and_shows_nothing_else() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let agent = Agent::start(Server::bind(&scene.endpoint)?, Theme::System);
    let mut process = scene.open(&Route::Home)?;
    scene.window_is(true, &mut process).await?;

    let listed = scene.windows().await?;
    assert!(listed.contains("deskside.deskside"), "the class by which desktops find the icon: {listed}");
    let window = Window::attach(&scene.desktop, SOON).await?;
    assert_eq!(script(&window, "return [innerWidth, innerHeight]").await?, json!([440, 680]));
    window.says("Ada", SOON).await.or_else(|error| {
        scene.keep_picture("without-ada.png")?;
        Err(error)
    })?;
    scene.keep_picture("home.png")?;
    assert!(agent.was_asked(|request| *request == Request::Home));

    // Answers and errors come through as they are.
    let home = invoke(&window, "request", json!({ "payload": { "request": "home" } })).await?;
    assert_eq!(home["ok"]["body"]["name"], "Ada", "{home}");
    let refused = invoke(&window, "request", json!({ "payload": { "request": "privacy" } })).await?;
    assert_eq!(refused["err"]["code"], "not-found", "{refused}");
    let unknown = invoke(&window, "request", json!({ "payload": { "request": "make-coffee" } })).await?;
    assert!(unknown["err"].is_string(), "{unknown}");
    let beginning = script(&window, "return window.__DESKSIDE_BEGINNING__").await?;
    assert_eq!(beginning["route"], json!({ "screen": "home" }), "{beginning}");

    // Of Tauri's own commands the page has none that touches the system.
    for command in ["plugin:window|create", "plugin:path|resolve_directory", "plugin:webview|create_webview_window"] {
        assert!(invoke(&window, command, json!({})).await?["err"].is_string(), "{command}");
    }

    // The page goes nowhere and opens nothing; scripts and styles come from files alone.
    let before = window.client.current_url().await?;
    script(&window, "location.href = 'https://deskside.example/'").await?;
    script(&window, "location.href = 'file:///etc/hostname'").await?;
    assert_eq!(script(&window, "return window.open('https://deskside.example/') === null").await?, json!(true));
    script(
        &window,
        "const s = document.createElement('script'); s.textContent = 'window.broken = 1'; document.body.append(s);
         const i = document.createElement('iframe'); i.src = 'https://deskside.example/'; document.body.append(i);",
    )
    .await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(window.client.current_url().await?, before);
    assert_eq!(script(&window, "return window.broken === undefined").await?, json!(true));
    let fetched =
        "const done = arguments[0]; fetch('https://deskside.example/').then(() => done('ok'), () => done('no'))";
    assert_eq!(window.client.execute_async(fetched, Vec::new()).await?, json!("no"));
    let kept = script(&window, "return document.cookie").await?;
    assert_eq!(kept, json!(""));
    scene.keep_picture("one-window.png")?;
    let listed = scene.windows().await?;
    assert_eq!(listed.lines().count(), 1, "one window: {listed}");

    // Closed, it is gone at once, and the process soon.
    script(&window, "setTimeout(() => window.__TAURI_INTERNALS__.invoke('close_window'), 0)").await?;
    scene.window_is(false, &mut process).await?;
    assert!(process.ended(SOON).await?.success());
    Ok(())
}

#[tokio::test]
async fn the_window_follows_the_agent_and_outlives_it() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let agent = Agent::start(Server::bind(&scene.endpoint)?, Theme::Dark);
    let mut process = scene.open(&Route::Settings)?;
    scene.window_is(true, &mut process).await?;
    let window = Window::attach(&scene.desktop, SOON).await?;
    assert_eq!(
        script(&window, "return matchMedia('(prefers-color-scheme: dark)').matches").await?,
        json!(true),
        "the user's choice of theme is in force before the page is"
    );
    scene.keep_picture("settings-dark.png")?;

    // It hears what happens.
    let listen = "window.heard = [];
        const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
        Promise.all(['agent-event', 'agent-lost', 'agent-back'].map(event => invoke('plugin:event|listen', {
            event, target: {kind: 'Any'}, handler: transformCallback(e => window.heard.push([event, e.payload])),
        }))).then(arguments[0]);";
    window.client.execute_async(listen, Vec::new()).await?;
    let heard = async |what: Value| {
        wait_until(&what.to_string(), SOON, async || {
            let heard = script(&window, "return window.heard").await?;
            Ok(heard.as_array().is_some_and(|heard| heard.contains(&what)).then_some(()))
        })
        .await
    };
    agent.tell(&Event::Navigate { route: Route::Requests });
    heard(json!(["agent-event", { "event": "navigate", "route": { "screen": "requests" } }])).await?;

    // It hides for a picture of the screen and comes back, in its place.
    let place = scene.windows().await?;
    let hidden = invoke(&window, "hide_for_capture", json!({})).await?;
    assert_eq!(hidden, json!({ "ok": null }));
    assert_eq!(scene.windows().await?, "", "gone when it says so");
    assert_eq!(invoke(&window, "show_after_capture", json!({})).await?, json!({ "ok": null }));
    scene.window_is(true, &mut process).await?;
    wait_until("the window in its place", SOON, async || Ok((scene.windows().await? == place).then_some(()))).await?;

    // The agent crashes and comes back.
    drop(agent);
    heard(json!(["agent-lost", null])).await?;
    let lost = invoke(&window, "request", json!({ "payload": { "request": "home" } })).await?;
    assert_eq!(lost["err"]["code"], "agent-lost", "{lost}");
    scene.keep_picture("without-agent.png")?;
    let again = wait_until("the socket free again", SOON, async || {
        Ok(Server::bind(&scene.endpoint).ok().map(|server| Agent::start(server, Theme::Dark)))
    });
    let again = again.await?;
    heard(json!(["agent-back", null])).await?;
    let home = invoke(&window, "request", json!({ "payload": { "request": "home" } })).await?;
    assert_eq!(home["ok"]["body"]["name"], "Ada", "{home}");

    // Closed, it waits for the answer that the agent owes; a click in the tray meanwhile calls it back.
    script(
        &window,
        "window.__TAURI_INTERNALS__.invoke('request', { payload: { request: 'doctor' } });
         setTimeout(() => window.__TAURI_INTERNALS__.invoke('close_window'), 0)",
    )
    .await?;
    scene.window_is(false, &mut process).await?;
    again.tell(&Event::Navigate { route: Route::Home });
    scene.window_is(true, &mut process).await?;
    // Longer than it would have waited.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(process.runs() && scene.windows().await?.contains("Deskside"));
    drop(again.running);
    Ok(())
}

#[tokio::test]
async fn the_size_is_remembered_and_small_is_small_enough() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let _agent = Agent::start(Server::bind(&scene.endpoint)?, Theme::System);
    let resize = async |width: u32, height: u32| -> anyhow::Result<()> {
        let geometry = format!("0,-1,-1,{width},{height}");
        scene
            .desktop
            .program("wmctrl", "resize")
            .args(["-r", "Deskside", "-e", &geometry])
            .start()?
            .ended(SOON)
            .await?;
        Ok(())
    };
    let close = async |process: &mut Process| -> anyhow::Result<()> {
        scene.desktop.program("wmctrl", "close").args(["-c", "Deskside"]).start()?.ended(SOON).await?;
        assert!(process.ended(SOON).await?.success());
        Ok(())
    };

    let mut first = scene.open(&Route::Home)?;
    scene.window_is(true, &mut first).await?;
    let window = Window::attach(&scene.desktop, SOON).await?;
    resize(100, 500).await?;
    let width = wait_until("the smallest width", SOON, async || {
        let width = script(&window, "return innerWidth").await?.as_u64();
        Ok(width.filter(|width| *width < 440))
    })
    .await?;
    assert_eq!(width, 320);
    scene.keep_picture("narrow.png")?;
    resize(600, 500).await?;
    wait_until("the new width", SOON, async || {
        Ok((script(&window, "return innerWidth").await? == json!(600)).then_some(()))
    })
    .await?;
    close(&mut first).await?;

    let mut second = scene.open(&Route::Home)?;
    scene.window_is(true, &mut second).await?;
    let window = Window::attach(&scene.desktop, SOON).await?;
    assert_eq!(script(&window, "return [innerWidth, innerHeight]").await?, json!([600, 500]));
    close(&mut second).await
}

#[tokio::test]
async fn without_an_agent_there_is_still_a_window() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let begun = Instant::now();
    let mut process = scene.open(&Route::Home)?;
    scene.window_is(true, &mut process).await?;
    assert!(begun.elapsed() < Duration::from_secs(10), "it does not wait for what is not there");
    let window = Window::attach(&scene.desktop, SOON).await?;
    let lost = invoke(&window, "request", json!({ "payload": { "request": "home" } })).await?;
    assert_eq!(lost["err"]["code"], "agent-lost", "{lost}");
    let said = wait_until("something to read", SOON, async || {
        let text = window.text().await?;
        Ok((!text.trim().is_empty()).then_some(text))
    })
    .await;
    scene.keep_picture("never-an-agent.png")?;
    said?;
    Ok(())
}

/// One that is driven ends with its session, so this one is not.
#[tokio::test]
async fn a_window_that_was_closed_comes_back_at_once_and_ends_with_its_agent() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let agent = Agent::start(Server::bind(&scene.endpoint)?, Theme::System);
    let mut window = scene
        .desktop
        .program(env!("CARGO_BIN_EXE_deskside-window"), "window")
        .env("DESKSIDE_SOCKET", scene.endpoint.path())
        .env("DESKSIDE_DATA", &scene.data)
        .env("TAURI_AUTOMATION", "false")
        .env("TAURI_WEBVIEW_AUTOMATION", "false")
        .start()?;
    scene.window_is(true, &mut window).await?;
    scene.desktop.close_windows()?;
    scene.window_is(false, &mut window).await?;

    // A picture of the screen does not bring it back.
    agent.tell(&Event::HideForCapture);
    wait_until("the answer that it is hidden", SOON, async || {
        Ok(agent.was_asked(|request| *request == Request::WindowHidden).then_some(()))
    })
    .await?;
    scene.window_is(false, &mut window).await?;

    agent.tell(&Event::Navigate { route: Route::Home });
    scene.window_is(true, &mut window).await?;
    scene.desktop.close_windows()?;
    scene.window_is(false, &mut window).await?;
    assert!(window.runs(), "it stays for a while: {}", window.output());
    drop(agent);
    assert!(window.ended(SOON).await?.success(), "nobody can call it back: {}", window.output());
    Ok(())
}
