//! The shortcut where other programs stand in its way: another one that has the keys on a real X server, and a portal of
//! Wayland. No desktop that has such a portal runs without a screen: it is stood in for here, on a private bus, and speaks
//! what the real one's interface says (`org.freedesktop.portal.GlobalShortcuts`, version 1).

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "helpers of tests fail as tests do")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deskside_desktop::{Desktop, Options, Process, Spawn, wait_until};
use deskside_ipc::{Client, Endpoint};
use deskside_protocol::local::{DoctorCheck, Health, PeerRole, Request, Response};
use deskside_protocol::shortcut::ShortcutState;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

const AGENT: &str = env!("CARGO_BIN_EXE_deskside");
/// Longer than anything takes on a machine that does ten other things.
const SOON: Duration = Duration::from_secs(60);
/// Where h is on the keyboard that Xvfb has.
const PLACE_OF_H: u8 = 43;

#[tokio::test]
async fn keys_of_another_program_are_said_and_found_again_when_they_are_free() {
    use x11rb::connection::Connection as _;
    use x11rb::protocol::xproto::{ConnectionExt as _, GrabMode, ModMask};

    let folder = tempfile::tempdir().unwrap();
    let arguments = ["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"];
    let server = match Spawn::new("Xvfb", folder.path().join("xvfb.log")).args(arguments).start() {
        Ok(server) => server,
        Err(error) => {
            eprintln!("SKIPPED: no Xvfb here: {error:#}");
            return;
        }
    };
    let number =
        wait_until("Xvfb", SOON, async || Ok(server.output().lines().find_map(|line| line.trim().parse::<u32>().ok())));
    let display = format!(":{}", number.await.unwrap());
    assert_eq!(shortcut(folder.path(), &display).await.health, Health::Good);

    let (other, screen) = x11rb::connect(Some(&display)).unwrap();
    let root = other.setup().roots[screen].root;
    let held = ModMask::CONTROL | ModMask::M1 | ModMask::SHIFT;
    other.grab_key(false, root, held, PLACE_OF_H, GrabMode::ASYNC, GrabMode::ASYNC).unwrap().check().unwrap();
    let check = shortcut(folder.path(), &display).await;
    assert_eq!(check.health, Health::Degraded);
    assert_eq!(check.detail, "Ctrl+Alt+Shift+H belongs to another program");

    drop(other);
    let free = wait_until("the keys are free", SOON, async || {
        Ok((shortcut(folder.path(), &display).await.health == Health::Good).then_some(()))
    });
    free.await.unwrap();
}

/// What the doctor says of the shortcut on a display, without an agent.
async fn shortcut(folder: &std::path::Path, display: &str) -> DoctorCheck {
    let mut doctor = Spawn::new(AGENT, folder.join(format!("doctor-{}", uuid::Uuid::now_v7())))
        .args(["doctor", "--json"])
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", folder)
        .env("DESKSIDE_POLICY", folder.join("policy.toml"))
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
        .env("DISPLAY", display)
        .start()
        .unwrap();
    doctor.ended(SOON).await.unwrap();
    let output = doctor.output();
    let from = output.find('[').unwrap_or_default();
    let checks: Vec<DoctorCheck> =
        serde_json::from_str(&output[from..]).unwrap_or_else(|error| panic!("{error}: {output}"));
    checks.into_iter().find(|check| check.name == "shortcut").unwrap()
}

/// The portal's part of a desktop: it asks nobody, and answers as it was told to.
#[derive(Clone, Default)]
struct Portal {
    /// What was asked for: the keys of each binding.
    bound: Arc<Mutex<Vec<String>>>,
    /// Who asked last, and for which session.
    session: Arc<Mutex<Option<OwnedObjectPath>>>,
    /// Whether its user says no.
    refuses: Arc<Mutex<bool>>,
}

type Asked = HashMap<String, OwnedValue>;

fn text(options: &Asked, name: &str) -> String {
    options.get(name).and_then(|value| value.downcast_ref::<String>().ok()).unwrap_or_default()
}

/// Answers a request as portals do: its object is named after who asked and their token (Request, "handle").
async fn answer(
    connection: &zbus::Connection,
    header: &zbus::message::Header<'_>,
    token: &str,
    code: u32,
    results: HashMap<&'static str, Value<'static>>,
) -> OwnedObjectPath {
    let sender = header.sender().unwrap().to_owned();
    let name = sender.trim_start_matches(':').replace('.', "_");
    let path: OwnedObjectPath =
        ObjectPath::try_from(format!("/org/freedesktop/portal/desktop/request/{name}/{token}")).unwrap().into();
    let interface = "org.freedesktop.portal.Request";
    connection.emit_signal(Some(sender), &path, interface, "Response", &(code, results)).await.unwrap();
    path
}

#[zbus::interface(name = "org.freedesktop.portal.GlobalShortcuts")]
impl Portal {
    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        1
    }

    async fn create_session(
        &self,
        options: Asked,
        #[zbus(header)] header: zbus::message::Header<'_>,
        #[zbus(connection)] connection: &zbus::Connection,
    ) -> OwnedObjectPath {
        let name = header.sender().unwrap().trim_start_matches(':').replace('.', "_");
        let token = text(&options, "session_handle_token");
        let session = format!("/org/freedesktop/portal/desktop/session/{name}/{token}");
        *self.session.lock().unwrap() = Some(ObjectPath::try_from(session.clone()).unwrap().into());
        let results = HashMap::from([("session_handle", Value::from(session))]);
        answer(connection, &header, &text(&options, "handle_token"), 0, results).await
    }

    async fn bind_shortcuts(
        &self,
        _session: ObjectPath<'_>,
        shortcuts: Vec<(String, Asked)>,
        _parent: &str,
        options: Asked,
        #[zbus(header)] header: zbus::message::Header<'_>,
        #[zbus(connection)] connection: &zbus::Connection,
    ) -> OwnedObjectPath {
        let keys = shortcuts.iter().map(|(_, about)| text(about, "preferred_trigger"));
        self.bound.lock().unwrap().extend(keys);
        let token = text(&options, "handle_token");
        let refuses = *self.refuses.lock().unwrap();
        if refuses {
            // 1: the user ended it.
            return answer(connection, &header, &token, 1, HashMap::new()).await;
        }
        let given: Vec<(String, HashMap<String, Value<'static>>)> = shortcuts
            .into_iter()
            .map(|(name, about)| {
                let description = Value::from(text(&about, "description"));
                let trigger = Value::from("Press Ctrl+Alt+P");
                let about =
                    [("description".to_owned(), description), ("trigger_description".to_owned(), trigger)].into();
                (name, about)
            })
            .collect();
        answer(connection, &header, &token, 0, HashMap::from([("shortcuts", Value::from(given))])).await
    }
}

/// A Wayland session with that portal, as far as an agent sees it.
struct Session {
    desktop: Desktop,
    portal: Portal,
    bus: zbus::Connection,
}

impl Session {
    async fn start() -> Option<Self> {
        let desktop = match Desktop::start(Options { keyring: false, ..Options::default() }).await {
            Ok(desktop) => desktop,
            Err(error) => {
                eprintln!("SKIPPED: no desktop can be made here: {error:#}");
                return None;
            }
        };
        let portal = Portal::default();
        let bus = zbus::connection::Builder::address(desktop.bus_address())
            .unwrap()
            .serve_at("/org/freedesktop/portal/desktop", portal.clone())
            .unwrap()
            .name("org.freedesktop.portal.Desktop")
            .unwrap()
            .build()
            .await
            .unwrap();
        Some(Self { desktop, portal, bus })
    }

    async fn agent(&self) -> Process {
        use std::os::unix::fs::PermissionsExt as _;
        let window = self.desktop.folder().join("window.sh");
        let log = self.desktop.folder().join("window.log");
        std::fs::write(&window, format!("#!/bin/sh\necho \"$2\" >> {}\nexec sleep 60\n", log.display())).unwrap();
        std::fs::set_permissions(&window, std::fs::Permissions::from_mode(0o755)).unwrap();
        let agent = self
            .desktop
            .program(AGENT, "agent")
            .args(["run"])
            .env("DESKSIDE_WINDOW", window)
            .env("DESKSIDE_SOCKET", self.desktop.folder().join("run/deskside/agent.sock"))
            .env("DESKSIDE_POLICY", self.desktop.folder().join("policy.toml"))
            .env("XDG_SESSION_TYPE", "wayland")
            .start()
            .unwrap();
        self.desktop.tray().unwrap().item(SOON).await.unwrap();
        agent
    }

    async fn ask(&self, request: Request) -> Response {
        let endpoint = Endpoint::at(self.desktop.folder().join("run/deskside/agent.sock"));
        let client =
            wait_until("the agent", SOON, async || Ok(Client::connect(&endpoint, PeerRole::CommandLine).await.ok()));
        client.await.unwrap().request(request).await.unwrap()
    }

    async fn becomes(&self, wanted: &ShortcutState) {
        let name = format!("{wanted:?}");
        let become_so = wait_until(&name, SOON, async || {
            let Response::Settings(view) = self.ask(Request::Settings).await else { anyhow::bail!("no settings") };
            Ok((view.shortcut_state == *wanted).then_some(()))
        });
        become_so.await.unwrap();
    }

    fn bound(&self) -> Vec<String> {
        self.portal.bound.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn on_wayland_the_desktop_is_asked_when_the_user_wishes_and_not_before() {
    let Some(session) = Session::start().await else { return };
    let mut agent = session.agent().await;
    session.becomes(&ShortcutState::NeedsConsent).await;
    assert_eq!(session.bound(), Vec::<String>::new(), "a start shows no question");

    *session.portal.refuses.lock().unwrap() = true;
    session.ask(Request::SetUpShortcut).await;
    let asked = wait_until("the question", SOON, async || Ok((session.bound().len() == 1).then_some(())));
    asked.await.unwrap();
    session.becomes(&ShortcutState::NeedsConsent).await;

    *session.portal.refuses.lock().unwrap() = false;
    session.ask(Request::SetUpShortcut).await;
    let given = ShortcutState::Listening { keys: Some("Press Ctrl+Alt+P".to_owned()) };
    session.becomes(&given).await;
    assert_eq!(session.bound(), ["CTRL+ALT+SHIFT+h", "CTRL+ALT+SHIFT+h"]);

    // Pressed: the report opens. This portal takes no pictures, which is said, and stops nobody.
    let of = session.portal.session.lock().unwrap().clone().unwrap();
    let to = of.as_str().split('/').nth(6).unwrap().replacen('_', ".", 1);
    let press = (of, "report-with-picture", 0_u64, HashMap::<&str, Value<'_>>::new());
    let portal = ("/org/freedesktop/portal/desktop", "org.freedesktop.portal.GlobalShortcuts");
    session.bus.emit_signal(Some(format!(":{to}")), portal.0, portal.1, "Activated", &press).await.unwrap();
    let log = session.desktop.folder().join("window.log");
    let opened = wait_until("the report", SOON, async || {
        Ok(std::fs::read_to_string(&log).ok().filter(|sent| sent.ends_with('\n')))
    });
    assert!(opened.await.unwrap().contains("\"screen\":\"report\""));

    // They agreed once: the next start listens by itself.
    assert!(agent.stop(SOON).await.unwrap().success());
    let _agent = session.agent().await;
    session.becomes(&given).await;
}
