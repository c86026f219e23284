//! The one window: how it looks before the page does, where it may go, how it hides and ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use deskside_protocol::local::{Event, Request, Response, Route};
use deskside_protocol::settings::{SettingsView, Theme as Wanted};
use tauri::utils::config::Color;
use tauri::webview::{DownloadEvent, NewWindowResponse, PageLoadEvent, PermissionResponse};
use tauri::window::Monitor;
use tauri::{
    AppHandle, DragDropEvent, Emitter as _, LogicalPosition, LogicalSize, Manager as _, Theme, Url, WebviewUrl,
    WebviewWindow, WebviewWindowBuilder, WindowEvent,
};
use tokio::sync::mpsc;

use crate::clipboard::{self, PasteKeys};
use crate::commands;
use crate::link::{Link, News};
use crate::offered::{FileDrag, Offers};
use crate::place::{self, Area, Size};
use crate::saved::{self, Saved};

/// The window's name for Tauri; `capabilities/main.json` says the same.
const LABEL: &str = "main";
/// Program name, and window class, by which desktops find the launcher entry and its icon (`deskside.desktop`).
#[cfg(target_os = "linux")]
const APP_ID: &str = "deskside";
/// What is behind the page until it has painted: `--bg` of the interface's tokens.
const LIGHT: Color = Color(0xf6, 0xf3, 0xee, 0xff);
/// The same in the dark.
const DARK: Color = Color(0x1a, 0x18, 0x16, 0xff);
/// Longest wait for the settings, while GTK has long started.
const SETTINGS: Duration = Duration::from_millis(80);
/// A page that is not there by then is shown all the same: better an empty window than none after a click.
const SHOW_ANYWAY: Duration = Duration::from_secs(2);
/// A window that hid for a picture comes back by then. Longer than somebody takes to answer the system's question.
const BACK_ANYWAY: Duration = Duration::from_secs(90);
/// Longest wait for a window that hides to be gone.
const GONE: Duration = Duration::from_secs(1);
/// What the desktop takes to fade it out and to draw what was behind it.
const REDRAWN: Duration = Duration::from_millis(300);
/// How often to look whether it is gone.
const LOOK: Duration = Duration::from_millis(10);
/// What the page gets, hidden, to send what was typed last.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// When it ends, even if the agent still owes an answer.
const END_ANYWAY: Duration = Duration::from_secs(5);
/// How long a window that was closed stays, hidden: somebody who opens it again so soon does not wait for it.
const LINGER: Duration = Duration::from_secs(60);

/// What the window knows of itself.
#[derive(Debug)]
pub(crate) struct Shell {
    /// Where its size is remembered.
    size_file: Option<PathBuf>,
    /// When the process began, for the log.
    began: Instant,
    shown: AtomicBool,
    /// It was closed and will end, unless it is called once more.
    closing: AtomicBool,
    /// How often it was closed.
    closed: AtomicU64,
    /// Which hiding for a picture this is; even when it is not hidden.
    hiding: AtomicU64,
    /// It hid because the agent asked; the agent sends it somewhere when the picture is taken.
    hidden_for_agent: AtomicBool,
    /// Where it was when it hid.
    was_at: std::sync::Mutex<Option<tauri::PhysicalPosition<i32>>>,
    /// Files that the user handed over.
    pub(crate) offers: Offers,
    /// Whether the user pastes.
    pub(crate) paste_keys: Arc<PasteKeys>,
}

/// Opens the window and stays until it is closed.
pub(crate) fn run(route: Route, link: Arc<Link>, told: mpsc::Receiver<News>) -> anyhow::Result<()> {
    let began = Instant::now();
    #[cfg(target_os = "linux")]
    gtk::glib::set_prgname(Some(APP_ID));
    tauri::Builder::default()
        .manage(Arc::clone(&link))
        .invoke_handler(tauri::generate_handler![
            commands::request,
            commands::hide_for_capture,
            commands::show_after_capture,
            commands::close_window,
            commands::read_offered,
            commands::pasted_files,
        ])
        .setup(move |app| {
            let shell = Arc::new(Shell {
                size_file: place::file(app.path().data_dir().ok()),
                began,
                shown: AtomicBool::new(false),
                closing: AtomicBool::new(false),
                closed: AtomicU64::new(0),
                hiding: AtomicU64::new(0),
                hidden_for_agent: AtomicBool::new(false),
                was_at: std::sync::Mutex::new(None),
                offers: Offers::default(),
                paste_keys: Arc::default(),
            });
            app.manage(Arc::clone(&shell));
            let window = open(app.handle(), &shell, &link, route)?;
            tauri::async_runtime::spawn(tell(told, Arc::clone(&shell), window, link));
            Ok(())
        })
        .run(tauri::generate_context!())
        .context("running the window")
}

fn open(app: &AppHandle, shell: &Arc<Shell>, link: &Arc<Link>, route: Route) -> tauri::Result<WebviewWindow> {
    #[cfg(target_os = "linux")]
    gtk::gdk::set_program_class(APP_ID);

    let settings = settings_in_force(link);
    let theme = settings.as_ref().and_then(|view| theme_of(view.settings.theme));
    let (size, corner) = size_and_corner(app.primary_monitor()?, Size::remembered(shell.size_file.as_deref()));
    let mut builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("Deskside")
        .inner_size(size.width, size.height)
        .min_inner_size(place::SMALLEST.0, place::SMALLEST.1)
        .maximized(size.maximized)
        .theme(theme)
        .visible(false)
        .initialization_script(Beginning { route, settings }.script()?)
        // Cookies, caches and storage end with the window; one that a test drives has no automation without them.
        .incognito(!is_driven())
        .zoom_hotkeys_enabled(true)
        .devtools(cfg!(debug_assertions))
        .on_navigation(may_show)
        .on_new_window(|url, _| {
            tracing::warn!(scheme = url.scheme(), "the page asked for another window");
            NewWindowResponse::Deny
        })
        .on_permission_request(|_, kind| {
            tracing::warn!(?kind, "the page asked for a permission");
            PermissionResponse::Deny
        })
        .on_download(|webview, event| {
            let folders = [webview.path().download_dir(), webview.path().home_dir()];
            let (may, saved) = may_save(event, folders.into_iter().filter_map(Result::ok));
            if let Some(saved) = saved {
                log("telling where it is saved", webview.emit_to(LABEL, "file-saved", saved));
            }
            may
        })
        .on_page_load({
            let shell = Arc::clone(shell);
            move |window, page| {
                if page.event() == PageLoadEvent::Finished {
                    shell.show_first(&window, "the page is there");
                }
            }
        });
    if let Some((x, y)) = corner {
        builder = builder.position(x, y);
    }
    if let Some(icon) = app.default_window_icon() {
        builder = builder.icon(icon.clone())?;
    }
    let window = builder.build()?;
    // On Linux the builder's theme is overwritten by what the desktop prefers.
    if theme.is_some() {
        window.set_theme(theme)?;
    }
    let dark = window.theme().is_ok_and(|theme| theme == Theme::Dark);
    window.set_background_color(Some(if dark { DARK } else { LIGHT }))?;

    window.on_window_event({
        let (shell, link, window) = (Arc::clone(shell), Arc::clone(link), window.clone());
        move |event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                api.prevent_close();
                shell.close(&window, &link);
            } else if let WindowEvent::DragDrop(drag) = event {
                shell.drag(&window, drag);
            }
        }
    });
    clipboard::watch(&window, Arc::clone(&shell.paste_keys))?;
    tauri::async_runtime::spawn({
        let (shell, window) = (Arc::clone(shell), window.clone());
        async move {
            tokio::time::sleep(SHOW_ANYWAY).await;
            shell.show_first(&window, "the page is late");
        }
    });
    Ok(window)
}

/// Whether WebDriver may drive the web view: asked for in the environment, by the same condition as in `wry`.
fn is_driven() -> bool {
    std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some_and(|value| value == "true")
}

/// What the page begins with, so that it asks for nothing before its first screen.
#[derive(Debug, serde::Serialize)]
struct Beginning {
    /// Where the window was asked to open.
    route: Route,
    /// What is in force; nothing if the agent did not say in time, and then the page asks.
    settings: Option<SettingsView>,
}

impl Beginning {
    /// What runs before the page's own scripts. JSON is JavaScript (ECMA-262, 2019 edition and later).
    fn script(&self) -> serde_json::Result<String> {
        let told = serde_json::to_string(self)?;
        Ok(format!("window.__DESKSIDE_BEGINNING__ = Object.freeze({told});\n{}", include_str!("beginning.js")))
    }
}

/// What is in force, before the window is made: it never flashes. Later than [`SETTINGS`], the page asks.
fn settings_in_force(link: &Arc<Link>) -> Option<SettingsView> {
    let answer = tauri::async_runtime::block_on(tokio_timeout(SETTINGS, link.request(Request::Settings)));
    match answer {
        Some(Ok(Response::Settings(view))) => Some(view),
        Some(Ok(_) | Err(_)) | None => None,
    }
}

/// A time limit whose timer is made inside the runtime.
async fn tokio_timeout<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, future).await.ok()
}

fn theme_of(wanted: Wanted) -> Option<Theme> {
    match wanted {
        Wanted::System => None,
        Wanted::Light => Some(Theme::Light),
        Wanted::Dark => Some(Theme::Dark),
    }
}

/// The window's size and left upper corner on the screen with the tray; without a screen, the size alone.
fn size_and_corner(monitor: Option<Monitor>, size: Size) -> (Size, Option<(f64, f64)>) {
    let Some(monitor) = monitor else { return (size, None) };
    let scale = monitor.scale_factor();
    let area = |position: tauri::PhysicalPosition<i32>, size: tauri::PhysicalSize<u32>| {
        let (at, size): (LogicalPosition<f64>, LogicalSize<f64>) = (position.to_logical(scale), size.to_logical(scale));
        Area { x: at.x, y: at.y, width: size.width, height: size.height }
    };
    let screen = area(*monitor.position(), *monitor.size());
    let desktop = area(monitor.work_area().position, monitor.work_area().size);
    let size = size.within(desktop);
    (size, Some(size.by_the_tray(screen, desktop)))
}

/// The window shows its own page and nothing else, whatever the page is made to ask for.
fn may_show(url: &Url) -> bool {
    let ours = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // What the page made itself and saves: WebKitGTK asks about the address before it asks about the download.
        "blob" => url.path().starts_with("tauri://localhost/"),
        // How WebView2 names the same place.
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    };
    if !ours {
        tracing::warn!(scheme = url.scheme(), "the page tried to leave");
    }
    ours
}

/// The page may save what it made itself (a picture, the user's own data) in the first of the folders that is there,
/// under a name that is free; it may not fetch anything. Also what there is to tell about it.
fn may_save(event: DownloadEvent<'_>, folders: impl IntoIterator<Item = PathBuf>) -> (bool, Option<Saved>) {
    match event {
        DownloadEvent::Requested { url, destination } => {
            if url.scheme() != "blob" {
                tracing::warn!(scheme = url.scheme(), "the page tried to fetch a file");
                return (false, None);
            }
            match saved::place(destination, folders) {
                Some(place) => {
                    *destination = place;
                    (true, None)
                }
                None => (false, Some(Saved::told(None))),
            }
        }
        DownloadEvent::Finished { path, success, .. } => {
            tracing::info!(success, "the page saved a file");
            (true, Some(Saved::told(path.as_deref().filter(|_| success))))
        }
        _ => (false, None),
    }
}

/// Passes news on to the page, and does what concerns the window itself.
async fn tell(mut told: mpsc::Receiver<News>, shell: Arc<Shell>, window: WebviewWindow, link: Arc<Link>) {
    while let Some(news) = told.recv().await {
        let passed_on = match news {
            News::Event(event) => {
                match &event {
                    Event::Navigate { .. } => {
                        // What the agent hid it for is done; what the page hid it for may not be.
                        if shell.hidden_for_agent.swap(false, Ordering::SeqCst) {
                            log("coming back", shell.show_after_capture(&window));
                        }
                        shell.come_forward(&window);
                    }
                    Event::HideForCapture => {
                        let (shell, window, link) = (Arc::clone(&shell), window.clone(), Arc::clone(&link));
                        tauri::async_runtime::spawn(async move {
                            shell.hidden_for_agent.store(true, Ordering::SeqCst);
                            log("hiding for a picture", shell.leave_the_screen(&window).await);
                            if let Err(report) = link.request(Request::WindowHidden).await {
                                tracing::warn!(%report, "the agent does not hear that the window is hidden");
                            }
                        });
                    }
                    Event::SettingsChanged { view } => {
                        let theme = theme_of(view.settings.theme);
                        log("changing the theme", window.set_theme(theme));
                    }
                    Event::RequestChanged { .. }
                    | Event::FactsChanged
                    | Event::ConnectionChanged { .. }
                    | Event::HelpdeskStep { .. }
                    | Event::HelpdeskReported { .. }
                    | Event::NoticesChanged => {}
                }
                window.emit_to(LABEL, "agent-event", event)
            }
            // Nobody can call it back any more.
            News::Lost if shell.closing.load(Ordering::SeqCst) => return window.app_handle().exit(0),
            News::Lost => {
                // A picture that the agent was to take will not come.
                log("coming back", shell.show_after_capture(&window));
                window.emit_to(LABEL, "agent-lost", ())
            }
            News::Back => window.emit_to(LABEL, "agent-back", ()),
        };
        log("telling the page", passed_on);
    }
}

fn log(what: &str, done: tauri::Result<()>) {
    if let Err(error) = done {
        tracing::warn!(%error, "{what}");
    }
}

impl Shell {
    /// Shows the window for the first time.
    fn show_first(&self, window: &WebviewWindow, why: &str) {
        if !self.shown.swap(true, Ordering::SeqCst) {
            tracing::info!(after_ms = self.began.elapsed().as_millis(), "showing the window: {why}");
            log("showing the window", window.show().and_then(|()| window.set_focus()));
        }
    }

    /// The user asked for it: shown, not minimised, in front. Also calls back a window that was closed.
    fn come_forward(&self, window: &WebviewWindow) {
        let was_closed = self.closing.swap(false, Ordering::SeqCst);
        if self.is_hidden_for_capture() {
            return;
        }
        if let Some(position) = self.was_at().take().filter(|_| was_closed) {
            log("coming back to its place", window.set_position(position));
        }
        self.shown.store(true, Ordering::SeqCst);
        log("coming forward", window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus()));
    }

    /// Files are dragged over the window, or dropped on it. What they are called stays here until they are dropped.
    fn drag(self: &Arc<Self>, window: &WebviewWindow, drag: &DragDropEvent) {
        let tell = |drag: FileDrag| log("telling of a drag", window.emit_to(LABEL, "file-drag", drag));
        match drag {
            DragDropEvent::Enter { .. } => tell(FileDrag::Over),
            DragDropEvent::Leave => tell(FileDrag::Gone),
            DragDropEvent::Drop { paths, .. } => {
                tell(FileDrag::Gone);
                let (shell, window, paths) = (Arc::clone(self), window.clone(), paths.clone());
                tauri::async_runtime::spawn(async move {
                    let files = shell.offers.offer(paths).await;
                    log("offering files", window.emit_to(LABEL, "file-drag", FileDrag::Dropped { files }));
                });
            }
            // Where over the window does not matter.
            DragDropEvent::Over { .. } | _ => {}
        }
    }

    fn is_hidden_for_capture(&self) -> bool {
        self.hiding.load(Ordering::SeqCst) % 2 == 1
    }

    /// Hides until [`Self::show_after_capture`], or [`BACK_ANYWAY`].
    fn hide_for_capture(self: &Arc<Self>, window: &WebviewWindow) -> tauri::Result<()> {
        // One that was closed is hidden, and does not come back because a picture is taken.
        if self.is_hidden_for_capture() || self.closing.load(Ordering::SeqCst) {
            return Ok(());
        }
        let hiding = self.hiding.fetch_add(1, Ordering::SeqCst) + 1;
        // Some desktops put a window that comes back somewhere else; Wayland tells no positions at all.
        *self.was_at() = window.outer_position().ok();
        window.hide()?;
        let (shell, window) = (Arc::clone(self), window.clone());
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(BACK_ANYWAY).await;
            if shell.hiding.load(Ordering::SeqCst) == hiding {
                tracing::warn!("the window was hidden for too long");
                log("coming back", shell.show_after_capture(&window));
            }
        });
        Ok(())
    }

    /// Hides, and resolves when a picture of the screen will not show it.
    pub(crate) async fn leave_the_screen(self: &Arc<Self>, window: &WebviewWindow) -> tauri::Result<()> {
        self.hide_for_capture(window)?;
        if !self.is_hidden_for_capture() {
            return Ok(());
        }
        let gone = async {
            while window.is_visible().unwrap_or(false) {
                tokio::time::sleep(LOOK).await;
            }
        };
        // A window that is still there after all is in the picture; the user sees it there and can take it anew.
        drop(tokio::time::timeout(GONE, gone).await);
        tokio::time::sleep(REDRAWN).await;
        Ok(())
    }

    /// Comes back after [`Self::hide_for_capture`]; nothing otherwise.
    pub(crate) fn show_after_capture(&self, window: &WebviewWindow) -> tauri::Result<()> {
        if !self.is_hidden_for_capture() {
            return Ok(());
        }
        self.hiding.fetch_add(1, Ordering::SeqCst);
        window.show()?;
        if let Some(position) = self.was_at().take() {
            window.set_position(position)?;
        }
        window.set_focus()
    }

    fn was_at(&self) -> std::sync::MutexGuard<'_, Option<tauri::PhysicalPosition<i32>>> {
        self.was_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Closes the window: it is gone for the eye at once; the page, told by the browser's own `visibilitychange` that it
    /// is hidden, sends what was typed last; after [`LINGER`] the process ends. Until then a click in the tray calls it
    /// back. One that is driven by a test ends at once, as its session does.
    fn close(self: &Arc<Self>, window: &WebviewWindow, link: &Arc<Link>) {
        if self.closing.swap(true, Ordering::SeqCst) {
            return;
        }
        let closed = self.closed.fetch_add(1, Ordering::SeqCst) + 1;
        self.remember_size(window);
        // Many desktops put a window that comes back somewhere else.
        *self.was_at() = window.outer_position().ok();
        log("hiding the window", window.hide());
        let (shell, window, link) = (Arc::clone(self), window.clone(), Arc::clone(link));
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(if is_driven() { LAST_WORDS } else { LINGER }).await;
            let answered = async {
                while link.is_asking() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            if tokio::time::timeout(END_ANYWAY, answered).await.is_err() {
                tracing::warn!("ending without the agent's answer");
            }
            // It may have been called back, and closed once more, since.
            if shell.closing.load(Ordering::SeqCst) && shell.closed.load(Ordering::SeqCst) == closed {
                link.hang_up();
                window.app_handle().exit(0);
            }
        });
    }

    fn remember_size(&self, window: &WebviewWindow) {
        let Some(file) = &self.size_file else { return };
        let size = || -> anyhow::Result<()> {
            if window.is_maximized()? {
                // The size to come back to is the one before.
                return Ok(Size { maximized: true, ..Size::remembered(Some(file)) }.remember(file)?);
            }
            let LogicalSize { width, height } = window.inner_size()?.to_logical(window.scale_factor()?);
            Ok(Size { width, height, maximized: false }.remember(file)?)
        };
        if let Err(error) = size() {
            tracing::warn!(%error, "the window's size is not remembered");
        }
    }
}

#[cfg(test)]
#[path = "shell_tests.rs"]
mod tests;
