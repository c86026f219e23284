//! The agent's life: one of a user, from the lock to the last answer. The icon comes first, for it is what one looks for;
//! the store, the keyring and the helpdesk follow while it is already there.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deskside_ipc::{Client, Endpoint, IpcError, Server};
use deskside_protocol::ErrorCode;
use deskside_protocol::local::{Event, PeerRole, Request, Response, Route};
use deskside_protocol::settings::Notifications;
use deskside_texts::Texts;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::controller::{Controller, Options};
use crate::doctor::Doctor;
use crate::machine::Machine;
use crate::notify::Notifier;
use crate::paths::{Paths, open_private};
use crate::ports::{Ports, SecretKind, SecretPort as _, SettingsPort as _};
use crate::renewal::Program;
use crate::screen::Screen;
use crate::secrets::{KeyringError, Secret, Secrets};
use crate::settings::{SettingsStore, SharedSettings, language_in_force};
use crate::shortcut::Shortcuts;
use crate::signals::Signals;
use crate::tray::{Action, Tray};
use crate::window::Window;
use crate::{autostart, logs, network_watch, socket};

/// How the agent's life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It ran, and was asked to end.
    Ran,
    /// It ran, and another program is in its place on the disk, which is to run now.
    Replaced,
    /// Another one of this user runs; it was asked to show its window.
    AnotherRuns,
}

/// Longest wait for an agent that holds the lock and does not listen yet.
const OTHER_COMES: Duration = Duration::from_secs(10);
/// Longest wait for answers and writes when the agent ends.
const END: Duration = Duration::from_secs(10);
/// A tray's menu needs this long to leave the screen before a picture of it is taken.
const MENU_GONE: Duration = Duration::from_millis(250);
/// First wait before enrolling by policy is tried again; doubled each time.
const ENROL_AGAIN: Duration = Duration::from_secs(30);
/// Wait before a locked keyring is asked again whether this device has a credential.
const KEYRING_AGAIN: Duration = Duration::from_secs(20);
/// Longest wait before enrolling by policy is tried again.
const ENROL_AGAIN_CAP: Duration = Duration::from_secs(3600);
/// What was only needed for a moment is given back after at most twice this time.
const REST: Duration = Duration::from_secs(15);
/// Threads for work that blocks (pictures, files); they go when they have had nothing to do.
const BLOCKING_THREADS: usize = 4;
/// How long such a thread waits for more to do.
const BLOCKING_IDLE: Duration = Duration::from_secs(2);

/// The runtime of every command: one thread, woken by what happens and by nothing else.
///
/// # Errors
/// The system's, if it gives no event queue.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_keep_alive(BLOCKING_IDLE)
        .build()
}

/// Where this user's agent listens.
///
/// # Errors
/// If the system does not say who the user is.
pub fn endpoint(paths: &Paths) -> Result<Endpoint, IpcError> {
    paths.socket.as_ref().map_or_else(Endpoint::default_for_user, |path| Ok(Endpoint::at(path)))
}

/// Runs the agent until it is asked to end. Where one runs already, `show` asks it for its window.
///
/// # Errors
/// What keeps it from being one: no event queue, or another agent that holds the lock and does not answer.
pub fn agent(paths: Paths, show: bool) -> anyhow::Result<Ended> {
    #[cfg(any(windows, target_os = "macos"))]
    {
        // The system's own event loop must be the main thread's; ours runs beside it.
        crate::tray::run_on_main_thread(move || runtime()?.block_on(live(paths, show, Instant::now())))
    }
    #[cfg(not(any(windows, target_os = "macos")))]
    runtime()?.block_on(live(paths, show, Instant::now()))
}

async fn live(paths: Paths, show: bool, began: Instant) -> anyhow::Result<Ended> {
    let program = Program::of_this_process().inspect_err(|error| tracing::warn!(%error, "which program is this?")).ok();
    // Heard from the first moment: a session that ends while we start must not end us half made.
    let mut signals = Signals::listen();
    let folder = paths.make_data_folder();
    let _lock = match lock(&paths) {
        Lock::Ours(file) => Some(file),
        Lock::Another => return ask_the_other(&paths, show).await,
        Lock::Impossible => None,
    };
    let log = logs::start(&paths.log_file(), std::env::var("DESKSIDE_LOG").ok().as_deref());
    if let Err(error) = &folder {
        tracing::error!(%error, folder = %paths.data.display(), "nothing can be kept");
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "starting");

    let mut settings = SettingsStore::open(&paths.settings_file(), &paths.policy);
    settings.install_trust();
    let settings = Arc::new(SharedSettings::new(settings));
    let texts = Arc::new(Texts::of(settings.store().language()));
    let (actions, wishes) = mpsc::unbounded_channel();
    let tray = Arc::new(Tray::start(Arc::clone(&texts), actions.clone()).await);
    tracing::info!(ms = began.elapsed().as_millis(), "the icon is asked for");

    let endpoint = endpoint(&paths)?;
    let server = match Server::bind(&endpoint) {
        Ok(server) => Some(server),
        Err(IpcError::AlreadyRunning(_)) => return ask_the_other(&paths, show).await,
        Err(error) => {
            // Tray, notifications and outbox still work; the window will say that it finds no agent.
            tracing::error!(%error, "no window can connect");
            None
        }
    };
    let notifier = Notifier::new(Arc::clone(&texts), actions.clone());
    let window = Window::new(paths.window.clone(), endpoint.path().to_path_buf(), notifier.clone());
    let secrets = Arc::new(Secrets::new());
    let screen = Screen::of_session();
    let ports = Ports {
        window: Arc::new(window.clone()),
        notify: Arc::new(notifier.clone()),
        tray: Arc::clone(&tray) as _,
        screen: Arc::new(screen.clone()),
        secrets: Arc::clone(&secrets) as _,
        settings: Arc::clone(&settings) as _,
        facts: Arc::new(Machine::new(paths.home.clone(), Arc::clone(&settings) as _)),
        doctor: Arc::new(Doctor::new(paths.clone(), Arc::clone(&settings), screen, log.err())),
    };
    let controller = Controller::start(ports, Options::new(paths.data.clone(), login())).await;
    tracing::info!(ms = began.elapsed().as_millis(), "ready");

    let ending = CancellationToken::new();
    let served =
        server.map(|server| tokio::spawn(socket::serve(server, controller.clone(), window.clone(), ending.clone())));
    let told = controller.clone();
    let granted = paths.data.join("shortcut.granted");
    let description = texts.tray_report_with_picture();
    let shortcuts = Shortcuts::start(&settings, actions, granted, description, move || told.shortcut_changed());
    let follower = Follower {
        controller: controller.clone(),
        window: window.clone(),
        settings,
        tray,
        notifier,
        shortcuts: Arc::new(shortcuts),
        policy_changed: Arc::default(),
    };
    tokio::spawn(follower.clone().follow_events());
    tokio::spawn(follower.clone().follow_wishes(wishes));
    tokio::spawn(follower.clone().follow_set_up());
    tokio::spawn(follower.clone().enrol_by_policy());
    tokio::spawn(follower.clone().watch_network());
    let look_at_policy = move || follower.look_at_policy();

    let unnoticed = || !window.is_open() && secrets.kind() == SecretKind::Keyring;
    let ended = tokio::select! {
        () = controller.stopped() => {
            tracing::info!("asked to end");
            Ended::Ran
        }
        name = signals.next() => {
            tracing::info!(signal = name, "told to end by the system");
            Ended::Ran
        }
        () = rest(program, unnoticed, look_at_policy) => {
            tracing::info!("making way for the program that is in this one's place");
            Ended::Replaced
        }
    };
    end(controller, window, ending, served).await;
    Ok(ended)
}

/// Gives back memory that nobody uses any more and looks at the policy, until the program was replaced and can make way
/// unnoticed.
async fn rest(program: Option<Program>, unnoticed: impl Fn() -> bool, look_at_policy: impl Fn()) {
    loop {
        tokio::time::sleep(REST).await;
        look_at_policy();
        deskside_facts::rest();
        if program.as_ref().is_some_and(Program::is_replaced) && unnoticed() {
            return;
        }
    }
}

async fn end(
    controller: Controller,
    window: Window,
    ending: CancellationToken,
    served: Option<tokio::task::JoinHandle<()>>,
) {
    window.end();
    ending.cancel();
    let all = async {
        if let Some(served) = served {
            // An error is a panic there, which was told where it happened.
            let _ = served.await;
        }
        controller.stop().await;
    };
    if tokio::time::timeout(END, all).await.is_err() {
        tracing::error!("something does not end; what was answered is durable all the same");
    }
    tracing::info!("ended");
}

/// The user's login name, by the session's environment.
fn login() -> String {
    ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default()
}

enum Lock {
    Ours(File),
    Another,
    /// The file system knows no locks, or nothing can be written: the socket alone tells two agents apart.
    Impossible,
}

fn lock(paths: &Paths) -> Lock {
    let Ok(file) = open_private(&paths.lock_file(), OpenOptions::new().write(true).create(true).truncate(false)) else {
        return Lock::Impossible;
    };
    match file.try_lock() {
        Ok(()) => Lock::Ours(file),
        Err(TryLockError::WouldBlock) => Lock::Another,
        Err(TryLockError::Error(_)) => Lock::Impossible,
    }
}

/// A second start: what its user wants is the window.
async fn ask_the_other(paths: &Paths, show: bool) -> anyhow::Result<Ended> {
    if !show {
        return Ok(Ended::AnotherRuns);
    }
    let client = connect_to_agent(paths, PeerRole::CommandLine, OTHER_COMES).await?;
    client.request(Request::ShowWindow { route: Route::Home }).await?;
    Ok(Ended::AnotherRuns)
}

/// Connects to the running agent; one that is just starting is waited for.
///
/// # Errors
/// Why not, of the last try.
pub async fn connect_to_agent(paths: &Paths, role: PeerRole, wait: Duration) -> Result<Client, IpcError> {
    let endpoint = endpoint(paths)?;
    let until = Instant::now() + wait;
    loop {
        match Client::connect(&endpoint, role).await {
            Err(IpcError::NotRunning(_) | IpcError::HungUp) if Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return other,
        }
    }
}

/// What follows the controller and the person while the agent lives.
#[derive(Clone)]
struct Follower {
    controller: Controller,
    window: Window,
    settings: Arc<SharedSettings>,
    tray: Arc<Tray>,
    notifier: Notifier,
    shortcuts: Arc<Shortcuts>,
    policy_changed: Arc<Notify>,
}

impl Follower {
    /// The language and the start with the session are the desktop's part of the settings.
    async fn follow_events(self) {
        use tokio::sync::broadcast::error::RecvError;
        let mut events = self.controller.events();
        let mut applied = self.settings.view().settings;
        if std::env::current_exe().is_ok_and(|executable| autostart::is_installed(&executable)) {
            apply_autostart(applied.autostart);
        }
        loop {
            match events.recv().await {
                Ok(Event::SettingsChanged { view }) => {
                    if view.settings.language != applied.language {
                        let texts = Arc::new(Texts::of(language_in_force(view.settings.language)));
                        self.tray.speak(Arc::clone(&texts));
                        self.notifier.speak(texts);
                    }
                    if view.settings.autostart != applied.autostart {
                        apply_autostart(view.settings.autostart);
                    }
                    if view.settings.notifications == Notifications::Off {
                        self.notifier.silence();
                    }
                    if view.settings.shortcut != applied.shortcut {
                        self.shortcuts.choose(view.settings.shortcut);
                    }
                    applied = view.settings;
                }
                Ok(
                    Event::Navigate { .. }
                    | Event::RequestChanged { .. }
                    | Event::FactsChanged
                    | Event::ConnectionChanged { .. }
                    | Event::HelpdeskStep { .. }
                    | Event::HelpdeskReported { .. }
                    | Event::NoticesChanged
                    | Event::HideForCapture,
                )
                | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// The user's wish that the desktop be asked for the shortcut's keys.
    async fn follow_set_up(self) {
        loop {
            self.settings.set_up_asked().await;
            self.shortcuts.set_up();
        }
    }

    /// Clicks in the tray and on notifications, and the shortcut.
    async fn follow_wishes(self, mut wishes: mpsc::UnboundedReceiver<Action>) {
        while let Some(wish) = wishes.recv().await {
            match wish {
                Action::Open(route) => self.controller.show(route),
                Action::ReportWithPicture => {
                    tokio::time::sleep(MENU_GONE).await;
                    self.report_with_picture().await;
                }
                Action::ShortcutPressed => self.report_with_picture().await,
                Action::Quit => {
                    if let Err(error) = self.controller.handle(Request::Quit, PeerRole::Agent).await {
                        tracing::error!(%error, "could not end as asked");
                    }
                }
            }
        }
    }

    /// The picture is taken before the window is there, for it would hide what is wrong. One that is there goes first.
    async fn report_with_picture(&self) {
        if self.window.is_open() {
            self.controller.hide_window().await;
        }
        let capture = match self.controller.handle(Request::TakeCapture, PeerRole::Agent).await {
            Ok(Response::Capture(capture)) => Some(capture.id),
            Ok(other) => {
                tracing::error!(?other, "not a picture");
                None
            }
            Err(report) if report.code == ErrorCode::ScreenRefused => None,
            Err(report) => {
                tracing::warn!(%report, "no picture");
                let texts = Texts::of(self.settings.store().language());
                let code = serde_json::to_value(report.code).ok().and_then(|code| Some(code.as_str()?.to_owned()));
                let why = code.and_then(|code| texts.by_id(&format!("error-{code}"), &[]));
                self.notifier.screen_failed(&why.unwrap_or_default());
                None
            }
        };
        self.controller.show(Route::Report { draft: None, capture });
    }

    async fn watch_network(self) {
        let Self { controller, .. } = self;
        network_watch::watch(|| true, move || controller.network_changed()).await;
    }

    /// IT may decide anew while the agent runs.
    fn look_at_policy(&self) {
        let changed = {
            let mut settings = self.settings.store();
            let changed = settings.look_at_policy();
            if changed {
                settings.install_trust();
            }
            changed
        };
        if changed {
            self.controller.settings_changed();
            self.policy_changed.notify_one();
        }
    }

    /// IT's policy may hold what it takes to enrol; then nobody has to.
    async fn enrol_by_policy(self) {
        loop {
            if let Some((url, token)) = self.policy()
                && self.is_to_enrol(&url).await
            {
                self.enrol(&url, &token).await;
            }
            self.policy_changed.notified().await;
        }
    }

    /// Whether the keyring holds nothing for this hub, as soon as it can be asked.
    async fn is_to_enrol(&self, url: &url::Url) -> bool {
        let mut waited = false;
        loop {
            match self.controller.is_enrolled_at(url).await {
                Ok(true) => {
                    if waited {
                        self.controller.network_changed();
                    }
                    return false;
                }
                Ok(false) => return true,
                Err(error) => match Secrets::check().await {
                    // There is none in this session, and will be none: memory has to do.
                    Err(KeyringError::Absent(_)) => {
                        tracing::warn!(%error, "enrolling for this session");
                        return true;
                    }
                    // A locked keyring may hold a good credential. A second one would make this computer another
                    // device, and the answers to its requests would never come.
                    Ok(()) | Err(KeyringError::Locked | KeyringError::Failed(_) | KeyringError::TimedOut) => {
                        tracing::info!(%error, "enrolling by policy waits for the keyring");
                    }
                },
            }
            waited = true;
            if self.policy_changes_within(KEYRING_AGAIN).await {
                return false;
            }
        }
    }

    async fn enrol(&self, url: &url::Url, token: &Secret) {
        let mut wait = ENROL_AGAIN;
        loop {
            let request = Request::Enrol { url: url.to_string(), token: token.reveal().to_owned() };
            match self.controller.handle(request, PeerRole::Agent).await {
                Ok(_) => return tracing::info!(%url, "enrolled by policy"),
                Err(report) if is_passing(report.code) => tracing::info!(%report, "enrolling by policy has to wait"),
                Err(report) => return tracing::error!(%report, "could not enrol by policy"),
            }
            if self.policy_changes_within(wait).await {
                return;
            }
            wait = (wait * 2).min(ENROL_AGAIN_CAP);
        }
    }

    /// Waits, unless the policy changes; whether it did. Whoever waits next for its change hears of this one.
    async fn policy_changes_within(&self, wait: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(wait) => false,
            () = self.policy_changed.notified() => {
                self.policy_changed.notify_one();
                true
            }
        }
    }

    fn policy(&self) -> Option<(url::Url, Secret)> {
        let store = self.settings.store();
        Some((store.policy().hub()?.clone(), store.policy().enrolment_token.clone()?))
    }
}

fn apply_autostart(wanted: deskside_protocol::settings::Autostart) {
    if let Err(error) = autostart::apply(wanted) {
        tracing::warn!(%error, ?wanted, "the start with the session could not be set");
    }
}

/// Whether trying again later can help.
fn is_passing(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Unreachable
            | ErrorCode::TimedOut
            | ErrorCode::Busy
            | ErrorCode::BadAnswer
            | ErrorCode::Internal
            | ErrorCode::StoreUnwritable
    )
}
