//! The real agent on a real (headless) desktop: display, session bus, tray, notifications, keyring. Where the machine
//! lacks one of those programs, the tests say so and pass.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "helpers of tests fail as tests do")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use deskside_agent::screen::{Display, Screen};
use deskside_desktop::{Desktop, Options, Process, Spawn};
use deskside_protocol::local::{DoctorCheck, Health};
use serde_json::json;

const AGENT: &str = env!("CARGO_BIN_EXE_deskside");
/// Longer than anything takes on a machine that does ten other things.
const SOON: Duration = Duration::from_secs(60);

/// A desktop, or the reason why there is none.
async fn desktop(options: Options) -> Option<Desktop> {
    match Desktop::start(options).await {
        Ok(desktop) => Some(desktop),
        Err(error) => {
            eprintln!("SKIPPED: no desktop can be made here: {error:#}");
            None
        }
    }
}

/// A display without a cookie, for this process has no `XAUTHORITY`; its name.
async fn display(folder: &std::path::Path) -> Option<(Process, String)> {
    let arguments = ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"];
    let server = match Spawn::new("Xvfb", folder.join("xvfb.log")).args(arguments).start() {
        Ok(server) => server,
        Err(error) => {
            eprintln!("SKIPPED: no Xvfb here: {error:#}");
            return None;
        }
    };
    for _ in 0..1200 {
        if let Some(number) = server.output().lines().find_map(|line| line.trim().parse::<u32>().ok()) {
            return Some((server, format!(":{number}")));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("Xvfb did not start: {}", server.output());
}

/// A window's program that writes down where it was sent.
fn window(desktop: &Desktop) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let file = desktop.folder().join("window.sh");
    let log = desktop.folder().join("window.log");
    std::fs::write(&file, format!("#!/bin/sh\necho \"$2\" >> {}\nexec sleep 60\n", log.display())).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file
}

async fn window_was_sent(desktop: &Desktop) -> String {
    let log = desktop.folder().join("window.log");
    for _ in 0..1200 {
        if let Ok(text) = std::fs::read_to_string(&log)
            && text.ends_with('\n')
        {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no window was started");
}

fn agent(desktop: &Desktop) -> Process {
    desktop.program(AGENT, "agent").args(["run"]).env("DESKSIDE_WINDOW", window(desktop)).start().unwrap()
}

/// Runs a command to its end: exit code and output.
async fn command(desktop: &Desktop, arguments: &[&str]) -> (i32, String) {
    let mut process = desktop.program(AGENT, "command").args(arguments).start().unwrap();
    let status = process.ended(Duration::from_secs(60)).await.unwrap();
    (status.code().unwrap_or(-1), process.output())
}

async fn doctor(desktop: &Desktop) -> Vec<DoctorCheck> {
    let (_, output) = command(desktop, &["doctor", "--json"]).await;
    let from = output.find('[').unwrap_or_default();
    serde_json::from_str(&output[from..]).unwrap_or_else(|error| panic!("{error}: {output}"))
}

fn health(checks: &[DoctorCheck], name: &str) -> Health {
    checks.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no {name} in {checks:?}")).health
}

#[tokio::test]
async fn a_picture_of_the_screen_shows_what_was_drawn_there() {
    use x11rb::connection::Connection as _;
    use x11rb::protocol::xproto::{ConnectionExt as _, CreateGCAux, CreateWindowAux, Rectangle, WindowClass};
    use x11rb::wrapper::ConnectionExt as _;

    let folder = tempfile::tempdir().unwrap();
    let Some((_server, name)) = display(folder.path()).await else { return };
    let (connection, screen) = x11rb::connect(Some(&name)).unwrap();
    let root = connection.setup().roots[screen].clone();
    let window = connection.generate_id().unwrap();
    let context = connection.generate_id().unwrap();
    connection
        .create_window(
            root.root_depth,
            window,
            root.root,
            100,
            50,
            64,
            32,
            0,
            WindowClass::INPUT_OUTPUT,
            root.root_visual,
            &CreateWindowAux::new().override_redirect(1),
        )
        .unwrap();
    connection.map_window(window).unwrap();
    connection.create_gc(context, window, &CreateGCAux::new().foreground(0x0012_3456)).unwrap();
    let whole = Rectangle { x: 0, y: 0, width: 64, height: 32 };
    connection.poly_fill_rectangle(window, context, &[whole]).unwrap();
    connection.sync().unwrap();

    let picture = deskside_agent::ports::ScreenPort::capture(&Screen::new(Display::X11(name))).await.unwrap();

    assert_eq!((picture.width_px, picture.height_px), (1280, 800));
    let mut reader = png::Decoder::new(std::io::Cursor::new(&picture.png)).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut rgb).unwrap();
    let pixel = |x: usize, y: usize| rgb[(y * 1280 + x) * 3..][..3].to_vec();
    for (x, y) in [(100, 50), (163, 81), (130, 60)] {
        assert_eq!(pixel(x, y), [0x12, 0x34, 0x56], "at {x}, {y}");
    }
    for (x, y) in [(99, 50), (164, 81), (100, 49), (163, 82)] {
        assert_ne!(pixel(x, y), [0x12, 0x34, 0x56], "at {x}, {y}");
    }
}

#[tokio::test]
async fn the_tray_has_the_menu_in_the_users_language_and_opens_the_window_there() {
    let options = Options { locale: "fr_FR.UTF-8".to_owned(), ..Options::default() };
    let Some(desktop) = desktop(options).await else { return };
    let mut agent = agent(&desktop);
    let item = desktop.tray().unwrap().item(SOON).await.unwrap();

    let labels: Vec<_> =
        item.menu().await.unwrap().into_iter().filter(|one| !one.separator).map(|one| one.label).collect();
    assert_eq!(
        labels,
        [
            "Signaler un problème",
            "Signaler un problème avec une image de l’écran",
            "Mes demandes",
            "Ouvrir Deskside",
            "Quitter Deskside"
        ]
    );
    let sizes: Vec<_> = item.icon_pixels().await.unwrap().iter().map(|(width, _, _)| *width).collect();
    assert_eq!(sizes, [22, 24, 32, 48]);
    item.choose("Mes demandes").await.unwrap();
    assert_eq!(window_was_sent(&desktop).await.trim(), r#"{"screen":"requests"}"#);

    item.choose("Quitter Deskside").await.unwrap();
    let status = agent.ended(SOON).await.unwrap();
    assert!(status.success(), "{status}: {}", agent.output());
}

#[tokio::test]
async fn the_tray_with_a_picture_takes_it_before_the_window_is_there() {
    let Some(desktop) = desktop(Options::default()).await else { return };
    let _agent = agent(&desktop);
    let item = desktop.tray().unwrap().item(SOON).await.unwrap();
    item.choose("Report a problem with a picture of the screen").await.unwrap();
    let sent: serde_json::Value = serde_json::from_str(window_was_sent(&desktop).await.trim()).unwrap();
    assert_eq!(sent["screen"], "report");
    assert!(sent["capture"].is_string(), "the window is started with the picture: {sent}");
}

#[tokio::test]
async fn the_icon_comes_back_with_the_tray() {
    let Some(mut desktop) = desktop(Options { tray: false, ..Options::default() }).await else { return };
    let _agent = agent(&desktop);
    // The agent runs without a tray, and says so.
    let checks = doctor(&desktop).await;
    assert_eq!(health(&checks, "tray"), Health::Degraded);
    assert_eq!(health(&checks, "store"), Health::Good);
    for _ in 0..2 {
        desktop.open_tray().await.unwrap();
        desktop.tray().unwrap().item(SOON).await.unwrap();
        desktop.close_tray().await.unwrap();
    }
}

#[tokio::test]
async fn a_second_start_asks_the_first_for_its_window() {
    let Some(desktop) = desktop(Options::default()).await else { return };
    let mut agent = agent(&desktop);
    desktop.tray().unwrap().item(SOON).await.unwrap();
    let (code, output) = command(&desktop, &[]).await;
    assert_eq!(code, 0, "{output}");
    assert_eq!(window_was_sent(&desktop).await.trim(), r#"{"screen":"home"}"#);
    assert_eq!(desktop.tray().unwrap().items().len(), 1);
    let (code, _) = command(&desktop, &["quit"]).await;
    assert_eq!(code, 0);
    assert!(agent.ended(SOON).await.unwrap().success());
}

#[tokio::test]
async fn it_ends_when_the_system_says_so() {
    let Some(desktop) = desktop(Options::default()).await else { return };
    let mut agent = agent(&desktop);
    desktop.tray().unwrap().item(SOON).await.unwrap();
    let status = agent.stop(SOON).await.unwrap();
    assert!(status.success(), "{status}: {}", agent.output());
    assert_eq!(desktop.tray().unwrap().items().len(), 0);
}

/// A hub's answers to enrolling and asking for news, and the credentials that it was shown.
async fn hub() -> (String, Arc<Mutex<Vec<String>>>) {
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&shown);
    let enrolled = || async {
        let id = deskside_protocol::DeviceId::new();
        Json(json!({ "device_id": id, "credential": "s3cret-of-this-device", "helpdesk_name": "Service desk" }))
    };
    let news = move |headers: HeaderMap| async move {
        let credential = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        seen.lock().unwrap().push(credential.to_owned());
        Json(json!({ "tickets": [], "cursor": "1", "more": false }))
    };
    let app = Router::new().route("/api/v1/enrol", post(enrolled)).route("/api/v1/tickets", get(news));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, shown)
}

/// Every file below a folder that holds these bytes.
fn files_with(folder: &std::path::Path, secret: &[u8], found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files_with(&path, secret, found);
        } else if kind.is_file()
            && std::fs::read(&path).unwrap_or_default().windows(secret.len()).any(|at| at == secret)
        {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn the_credential_survives_in_the_keyring_and_in_no_file() {
    let Some(desktop) = desktop(Options::default()).await else { return };
    let (hub, shown) = hub().await;
    let mut first = agent(&desktop);
    desktop.tray().unwrap().item(SOON).await.unwrap();
    assert_eq!(health(&doctor(&desktop).await, "keyring"), Health::Good);
    let (code, output) = command(&desktop, &["enrol", "--hub", &hub, "--token", "t0ken"]).await;
    assert_eq!(code, 0, "{output}");
    assert!(output.contains("Service desk"), "{output}");
    assert!(first.stop(SOON).await.unwrap().success());

    shown.lock().unwrap().clear();
    let _second = agent(&desktop);
    for _ in 0..1200 {
        if !shown.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(shown.lock().unwrap().first().map(String::as_str), Some("Bearer s3cret-of-this-device"));
    let mut found = Vec::new();
    files_with(desktop.folder(), b"s3cret-of-this-device", &mut found);
    files_with(desktop.folder(), b"t0ken", &mut found);
    assert_eq!(found, Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn without_a_keyring_the_credential_lasts_for_the_session_and_that_is_said() {
    let Some(desktop) = desktop(Options { keyring: false, ..Options::default() }).await else { return };
    let (hub, shown) = hub().await;
    let _agent = agent(&desktop);
    desktop.tray().unwrap().item(SOON).await.unwrap();
    let (code, output) = command(&desktop, &["enrol", "--hub", &hub, "--token", "t0ken"]).await;
    assert_eq!(code, 0, "{output}");
    let checks = doctor(&desktop).await;
    assert_eq!(health(&checks, "keyring"), Health::Degraded);
    assert!(!shown.lock().unwrap().is_empty(), "this session's credential is used");
    let mut found = Vec::new();
    files_with(desktop.folder(), b"s3cret-of-this-device", &mut found);
    assert_eq!(found, Vec::<std::path::PathBuf>::new(), "a secret is never written to a file");
}

#[tokio::test]
async fn a_policy_enrols_the_device_by_itself() {
    let Some(desktop) = desktop(Options::default()).await else { return };
    let (hub, shown) = hub().await;
    let policy = desktop.folder().join("policy.toml");
    std::fs::write(&policy, format!("hub_url = '{hub}'\nenrolment_token = 't0ken'\nhelpdesk_name = 'IT'\n")).unwrap();
    let _agent = desktop.program(AGENT, "agent").args(["run"]).env("DESKSIDE_POLICY", &policy).start().unwrap();
    for _ in 0..1200 {
        if !shown.lock().unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody asked the hub for news with a credential");
}

#[tokio::test]
async fn an_upgrade_takes_effect_while_nobody_looks() {
    let Some(desktop) = desktop(Options::default()).await else { return };
    let place = desktop.folder().join("deskside");
    std::fs::copy(AGENT, &place).unwrap();
    let process =
        desktop.program(&place, "agent").args(["run"]).env("DESKSIDE_WINDOW", window(&desktop)).start().unwrap();
    let (code, output) = command(&desktop, &["requests"]).await;
    assert_eq!(code, 0, "{output}");

    // As a package manager does: laid beside it, then put in its place.
    let next = desktop.folder().join("deskside.new");
    std::fs::copy(AGENT, &next).unwrap();
    std::fs::rename(&next, &place).unwrap();
    let runs = || std::fs::read_link(format!("/proc/{}/exe", process.pid())).unwrap();
    assert!(runs().to_string_lossy().ends_with(" (deleted)"), "the old one still runs");
    deskside_desktop::wait_until("the new program runs, as the same process", SOON, async || {
        Ok((runs() == place).then_some(()))
    })
    .await
    .unwrap();
    let (code, output) = command(&desktop, &["requests"]).await;
    assert_eq!(code, 0, "{output}");
}
