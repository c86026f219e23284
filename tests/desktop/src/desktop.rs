//! The desktop as a whole.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use crate::display::Display;
use crate::full_screen::FullScreen;
use crate::handing::{CopiedFiles, Drag};
use crate::notifications::Notifications;
use crate::programs::{Process, Spawn, kill_marked, wait_until};
use crate::tray::TrayHost;
use crate::window::free_port;

/// Every program of a desktop carries this variable, so that what it leaves behind is found.
const MARKER: &str = "DESKSIDE_TEST_DESKTOP";

/// What shows notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// A server of ours that remembers them: [`Desktop::notifications`].
    Recorded,
    /// dunst, which draws them: for pictures.
    Drawn,
    /// Nobody.
    Nothing,
}

/// What the desktop has.
#[derive(Debug, Clone)]
pub struct Options {
    /// The user's locale, as in `LANG`.
    pub locale: String,
    /// Width and height of the screen, in pixels.
    pub screen: (u16, u16),
    /// Whether there is a tray.
    pub tray: bool,
    /// What shows notifications.
    pub notifications: Shows,
    /// Whether there is an unlocked keyring.
    pub keyring: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            locale: "en_GB.UTF-8".to_owned(),
            screen: (1280, 800),
            tray: true,
            notifications: Shows::Recorded,
            keyring: true,
        }
    }
}

/// A headless desktop. Everything on it ends when it is dropped, and its folders go.
pub struct Desktop {
    // In the order of their ending: programs before the bus and the display that they use.
    tray: Option<TrayHost>,
    notifications: Option<Notifications>,
    _programs: Vec<Process>,
    bus_address: String,
    bus: Process,
    display: Display,
    options: Options,
    inspector: SocketAddr,
    folder: tempfile::TempDir,
}

impl Desktop {
    /// Starts one.
    ///
    /// # Errors
    /// A program is missing (the error names it) or does not start.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("deskside-").tempdir()?;
        for name in ["home/.config", "home/.local/share", "home/.local/state", "home/.cache", "run", "logs"] {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder.path().join(name))?;
        }
        let marker = folder.path().to_string_lossy().into_owned();
        let display = Display::start(&folder.path().join("logs"), options.screen, (MARKER, &marker)).await?;
        let (bus, bus_address) = start_bus(folder.path(), &marker).await?;
        let inspector = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let mut desktop = Self {
            tray: None,
            notifications: None,
            _programs: Vec::new(),
            bus_address,
            bus,
            display,
            options,
            inspector,
            folder,
        };
        desktop.fill().await?;
        Ok(desktop)
    }

    /// Starts what sits on display and bus.
    async fn fill(&mut self) -> anyhow::Result<()> {
        let manager = self.program("openbox", "openbox").start()?;
        self._programs.push(manager);
        if self.options.tray {
            self.tray = Some(TrayHost::start(&self.bus_address).await?);
        }
        match self.options.notifications {
            Shows::Recorded => self.notifications = Some(Notifications::start(&self.bus_address).await?),
            Shows::Drawn => {
                let dunst = self.program("dunst", "dunst").start()?;
                self._programs.push(dunst);
                self.name_taken("org.freedesktop.Notifications").await?;
            }
            Shows::Nothing => {}
        }
        if self.options.keyring {
            let keyring = self
                .program("gnome-keyring-daemon", "keyring")
                .args(["--foreground", "--unlock", "--components=secrets"])
                .input("a password that unlocks nothing else")
                .start()?;
            self._programs.push(keyring);
            self.name_taken("org.freedesktop.secrets").await?;
        }
        Ok(())
    }

    /// Waits until somebody owns a name on the bus.
    async fn name_taken(&self, name: &'static str) -> anyhow::Result<()> {
        let bus = zbus::connection::Builder::address(self.bus_address.as_str())?.build().await?;
        let bus = zbus::fdo::DBusProxy::new(&bus).await?;
        wait_until(name, Duration::from_secs(15), async || {
            Ok(bus.name_has_owner(name.try_into()?).await?.then_some(()))
        })
        .await
    }

    /// The desktop's own folder: `home`, `run`, `logs`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the logs of its programs are.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// The address of its session bus.
    #[must_use]
    pub fn bus_address(&self) -> &str {
        &self.bus_address
    }

    /// Kills its session bus, as when it crashes. It never comes back in a session, so it does not here.
    pub fn kill_bus(&mut self) {
        self.bus.kill();
    }

    /// The tray host, if there is one.
    ///
    /// # Errors
    /// There is none, by [`Options::tray`] or [`Desktop::close_tray`].
    pub fn tray(&self) -> anyhow::Result<&TrayHost> {
        self.tray.as_ref().context("this desktop has no tray host")
    }

    /// Closes the tray host, as when a panel crashes.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn close_tray(&mut self) -> anyhow::Result<()> {
        match self.tray.take() {
            Some(tray) => tray.stop().await,
            None => Ok(()),
        }
    }

    /// Opens a tray host where there is none.
    ///
    /// # Errors
    /// There is one already.
    pub async fn open_tray(&mut self) -> anyhow::Result<()> {
        self.tray = Some(TrayHost::start(&self.bus_address).await?);
        Ok(())
    }

    /// The notification server.
    ///
    /// # Errors
    /// There is none of ours, by [`Options::notifications`].
    pub fn notifications(&self) -> anyhow::Result<&Notifications> {
        self.notifications.as_ref().context("this desktop records no notifications")
    }

    /// Where a window can be driven, once there is one.
    pub(crate) fn inspector(&self) -> SocketAddr {
        self.inspector
    }

    /// A picture of the screen, as a PNG.
    ///
    /// # Errors
    /// The display is gone.
    pub fn picture(&self) -> anyhow::Result<Vec<u8>> {
        self.display.picture()
    }

    /// Titles of the windows on the screen.
    ///
    /// # Errors
    /// The display is gone.
    pub fn window_titles(&self) -> anyhow::Result<Vec<String>> {
        self.display.window_titles()
    }

    /// Closes every window, as a click on its close button does.
    ///
    /// # Errors
    /// The display is gone.
    pub fn close_windows(&self) -> anyhow::Result<()> {
        self.display.close_windows()
    }

    /// Holds files over the middle of the window whose title contains `title`, as a hand in a file manager does.
    ///
    /// # Errors
    /// There is no such window, or it does not take files.
    pub fn drag_files(&self, title: &str, files: &[PathBuf]) -> anyhow::Result<Drag> {
        Drag::over(&self.display, title, files)
    }

    /// Has files copied on the clipboard, as after Ctrl+C in a file manager.
    ///
    /// # Errors
    /// The display is gone.
    pub fn copy_files(&self, files: &[PathBuf]) -> anyhow::Result<CopiedFiles> {
        CopiedFiles::put(&self.display, files)
    }

    /// Fills the screen with a window that has the focus, as a film or a slide show does, until it is dropped.
    ///
    /// # Errors
    /// The display is gone, or the window manager gives it no focus within `limit`.
    pub async fn fill_screen(&self, limit: Duration) -> anyhow::Result<FullScreen> {
        let window = FullScreen::map(&self.display)?;
        wait_until("the focus of a window that fills the screen", limit, async || {
            Ok(window.is_active()?.then_some(()))
        })
        .await?;
        Ok(window)
    }

    /// Gives the window with this title another size, in pixels, as a hand on its edge does.
    ///
    /// # Errors
    /// wmctrl is not there, or there is no such window.
    pub async fn resize_window(&self, title: &str, width: u32, height: u32) -> anyhow::Result<()> {
        let geometry = format!("0,-1,-1,{width},{height}");
        let mut resizing = self.program("wmctrl", "wmctrl").args(["-r", title, "-e", &geometry]).start()?;
        let status = resizing.ended(Duration::from_secs(20)).await?;
        anyhow::ensure!(status.success(), "wmctrl: {status}: {}", resizing.output());
        Ok(())
    }

    /// Presses keys in the window that has the focus, as a hand on the keyboard does: "ctrl+v", "Tab" (xdotool(1), `key`).
    ///
    /// # Errors
    /// xdotool is not there, or knows no such key.
    pub async fn press_keys(&self, keys: &[&str]) -> anyhow::Result<()> {
        let mut pressing = self.program("xdotool", "xdotool").args(["key", "--clearmodifiers"]).args(keys).start()?;
        let status = pressing.ended(Duration::from_secs(20)).await?;
        anyhow::ensure!(status.success(), "xdotool: {status}: {}", pressing.output());
        Ok(())
    }

    /// Types a text in the window that has the focus, as a hand on the keyboard does.
    ///
    /// # Errors
    /// xdotool is not there.
    pub async fn type_text(&self, text: &str) -> anyhow::Result<()> {
        let mut typing = self.program("xdotool", "xdotool").args(["type", "--delay", "8", "--", text]).start()?;
        let status = typing.ended(Duration::from_secs(60)).await?;
        anyhow::ensure!(status.success(), "xdotool: {status}: {}", typing.output());
        Ok(())
    }

    /// Whether a window shows something, more than one colour.
    ///
    /// # Errors
    /// The display is gone.
    pub fn window_shows_something(&self) -> anyhow::Result<bool> {
        self.display.window_shows_something()
    }

    /// The environment of a program in this session, the whole of it.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let folder = self.folder.path();
        let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let mut environment: Vec<(String, String)> = [
            ("HOME", path("home")),
            ("XDG_RUNTIME_DIR", path("run")),
            ("XDG_CONFIG_HOME", path("home/.config")),
            ("XDG_DATA_HOME", path("home/.local/share")),
            ("XDG_STATE_HOME", path("home/.local/state")),
            ("XDG_CACHE_HOME", path("home/.cache")),
            ("XDG_CURRENT_DESKTOP", "XFCE".to_owned()),
            ("XDG_SESSION_TYPE", "x11".to_owned()),
            ("GDK_BACKEND", "x11".to_owned()),
            ("LIBGL_ALWAYS_SOFTWARE", "1".to_owned()),
            ("NO_AT_BRIDGE", "1".to_owned()),
            ("DISPLAY", self.display.name()),
            ("XAUTHORITY", self.display.authority().to_string_lossy().into_owned()),
            ("DBUS_SESSION_BUS_ADDRESS", self.bus_address.clone()),
            ("LANG", self.options.locale.clone()),
            ("LC_ALL", self.options.locale.clone()),
            ("RUST_BACKTRACE", "1".to_owned()),
            // A window that is started here may be driven; see `Window`.
            ("TAURI_AUTOMATION", "true".to_owned()),
            ("TAURI_WEBVIEW_AUTOMATION", "true".to_owned()),
            ("WEBKIT_INSPECTOR_SERVER", self.inspector.to_string()),
            (MARKER, folder.to_string_lossy().into_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for inherited in ["PATH", "USER", "LOGNAME", "TZ"] {
            if let Ok(value) = std::env::var(inherited) {
                environment.push((inherited.to_owned(), value));
            }
        }
        environment
    }

    /// A program in this session, which writes to `logs/NAME.log`.
    #[must_use]
    pub fn program(&self, program: impl AsRef<std::ffi::OsStr>, name: &str) -> Spawn {
        Spawn::new(program, self.logs().join(format!("{name}.log"))).envs(self.environment())
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self._programs.clear();
        kill_marked(MARKER, &self.folder.path().to_string_lossy());
    }
}

/// Starts a session bus that starts nothing by itself: a service of the machine under test (a portal, a mail program)
/// would make tests depend on what is installed.
async fn start_bus(folder: &Path, marker: &str) -> anyhow::Result<(Process, String)> {
    let configuration = folder.join("bus.conf");
    let socket = folder.join("run/bus");
    std::fs::write(
        &configuration,
        format!(
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
             \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
             <busconfig>\n  <type>session</type>\n  <keep_umask/>\n  <listen>unix:path={}</listen>\n  <auth>EXTERNAL</auth>\n  \
             <policy context=\"default\">\n    <allow send_destination=\"*\" eavesdrop=\"true\"/>\n    <allow eavesdrop=\"true\"/>\n    \
             <allow own=\"*\"/>\n  </policy>\n</busconfig>\n",
            socket.display()
        ),
    )?;
    let mut bus = Spawn::new("dbus-daemon", folder.join("logs/bus.log"))
        .args(["--nofork", "--print-address=1", "--config-file"])
        .args([&configuration])
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env(MARKER, marker)
        .start()?;
    let address = bus.line_with("unix:path=", Duration::from_secs(10)).await?;
    Ok((bus, address))
}
