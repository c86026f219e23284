//! What a desktop of Linux says about its user's attention.
//!
//! - Full screen: the active window's state (Extended Window Manager Hints 1.5), on X11. Wayland tells a program nothing of
//!   other windows; GNOME and KDE hold notifications over full-screen windows themselves.
//! - Do not disturb: the notification daemon's own word where it gives one (`Inhibited` of KDE, `paused` of dunst, Xfce's
//!   setting), else the setting of GNOME, Cinnamon or MATE.
//! - Sharing the screen: GNOME's running screen casts, which are also those of the portal. KDE says `Inhibited` itself. On
//!   X11 any program can read the screen, and none need say so.

use futures_util::future::OptionFuture;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _};
use x11rb::rust_connection::RustConnection;
use zbus::zvariant::{OwnedValue, Value};

use super::Busy;
use crate::programs;
use crate::screen::Display;

const DAEMON: &str = "org.freedesktop.Notifications";
const DAEMON_PATH: &str = "/org/freedesktop/Notifications";
/// Window ids or atoms asked of a property, at most.
const WORDS: u32 = 64;

/// The session as its environment describes it.
pub(super) struct Session {
    display: Display,
    desktop: String,
}

impl Session {
    pub(super) fn of_environment() -> Self {
        let lookup = |name: &str| std::env::var(name).ok();
        Self {
            display: Display::from_lookup(&lookup),
            desktop: lookup("XDG_CURRENT_DESKTOP").unwrap_or_default().to_ascii_lowercase(),
        }
    }

    /// Why the user is not to be disturbed.
    pub(super) async fn busy(self) -> Option<Busy> {
        let full_screen = async {
            let Display::X11(display) = self.display else { return false };
            // A server that somebody holds for themselves answers later: not on the agent's own thread.
            let asked = tokio::task::spawn_blocking(move || is_full_screen(&display));
            asked.await.ok().flatten().unwrap_or(false)
        };
        let bus = async {
            let bus = zbus::Connection::session().await.ok()?;
            // The daemon's word first: it is the one that shows or holds.
            if daemon_is_quiet(&bus).await {
                Some(Busy::DoNotDisturb)
            } else if screen_is_cast(&bus).await {
                Some(Busy::SharingScreen)
            } else {
                None
            }
        };
        let setting: OptionFuture<_> = quiet_setting(&self.desktop).map(setting_is_quiet).into();
        let (full_screen, told, setting) = tokio::join!(full_screen, bus, setting);
        if full_screen {
            return Some(Busy::FullScreen);
        }
        told.or_else(|| setting.unwrap_or(false).then_some(Busy::DoNotDisturb))
    }
}

/// Whether the active window fills the screen; `None` if the window manager does not say.
fn is_full_screen(display: &str) -> Option<bool> {
    let (connection, screen) = RustConnection::connect(Some(display)).ok()?;
    let root = connection.setup().roots.get(screen)?.root;
    let atom = |name: &str| Some(connection.intern_atom(true, name.as_bytes()).ok()?.reply().ok()?.atom);
    let (active, state, full) =
        (atom("_NET_ACTIVE_WINDOW")?, atom("_NET_WM_STATE")?, atom("_NET_WM_STATE_FULLSCREEN")?);
    let numbers = |window, name, kind: AtomEnum| -> Option<Vec<u32>> {
        let reply = connection.get_property(false, window, name, kind, 0, WORDS).ok()?.reply().ok()?;
        Some(reply.value32()?.collect())
    };
    let window = *numbers(root, active, AtomEnum::WINDOW)?.first()?;
    if window == 0 {
        return Some(false);
    }
    // An atom that no program has ever named is none; no window can have it.
    Some(full != 0 && numbers(window, state, AtomEnum::ATOM)?.contains(&full))
}

async fn property(bus: &zbus::Connection, interface: &str, name: &str) -> Option<OwnedValue> {
    let properties = Some("org.freedesktop.DBus.Properties");
    let answer = bus.call_method(Some(DAEMON), DAEMON_PATH, properties, "Get", &(interface, name)).await.ok()?;
    answer.body().deserialize().ok()
}

async fn is_there(bus: &zbus::Connection, name: &str) -> bool {
    let asked = async {
        let proxy = zbus::fdo::DBusProxy::new(bus).await.ok()?;
        proxy.name_has_owner(name.try_into().ok()?).await.ok()
    };
    asked.await.unwrap_or(false)
}

/// Whether the notification daemon holds notifications back.
async fn daemon_is_quiet(bus: &zbus::Connection) -> bool {
    const XFCE: &str = "org.xfce.Xfconf";
    let yes = |value: Option<OwnedValue>| value.is_some_and(|value| matches!(*value, Value::Bool(true)));
    // Asking must not start a daemon.
    if is_there(bus, DAEMON).await
        && (yes(property(bus, DAEMON, "Inhibited").await)
            || yes(property(bus, "org.dunstproject.cmd0", "paused").await))
    {
        return true;
    }
    if !is_there(bus, XFCE).await {
        return false;
    }
    let asked = ("xfce4-notifyd", "/do-not-disturb");
    let answer = bus.call_method(Some(XFCE), "/org/xfce/Xfconf", Some(XFCE), "GetProperty", &asked).await;
    yes(answer.ok().and_then(|answer| answer.body().deserialize().ok()))
}

/// Whether GNOME casts the screen, to a call or into a file: every cast is an object below this one.
async fn screen_is_cast(bus: &zbus::Connection) -> bool {
    const CASTS: &str = "org.gnome.Mutter.ScreenCast";
    if !is_there(bus, CASTS).await {
        return false;
    }
    let introspectable = Some("org.freedesktop.DBus.Introspectable");
    let path = "/org/gnome/Mutter/ScreenCast/Session";
    let Ok(answer) = bus.call_method(Some(CASTS), path, introspectable, "Introspect", &()).await else { return false };
    answer.body().deserialize::<String>().is_ok_and(|xml| has_child(&xml))
}

/// Whether an object has others below it (D-Bus Specification, "Introspection Data Format"): they are named without a
/// slash at the beginning, unlike the object itself.
fn has_child(xml: &str) -> bool {
    xml.split("<node").skip(2).any(|rest| {
        let tag = rest.split('>').next().unwrap_or_default();
        tag.split_once("name=").is_some_and(|(_, name)| !name.trim_start_matches(['"', '\'']).starts_with('/'))
    })
}

/// A setting of a desktop: schema, key, and the word that means "do not disturb".
type QuietSetting = (&'static str, &'static str, &'static str);

/// Where this desktop keeps its user's wish not to be disturbed.
fn quiet_setting(desktop: &str) -> Option<QuietSetting> {
    let is = |name: &str| desktop.split(':').any(|one| one == name);
    if is("gnome") || is("ubuntu") || is("budgie") {
        Some(("org.gnome.desktop.notifications", "show-banners", "false"))
    } else if is("x-cinnamon") {
        Some(("org.cinnamon.desktop.notifications", "display-notifications", "false"))
    } else if is("mate") {
        Some(("org.mate.NotificationDaemon", "do-not-disturb", "true"))
    } else {
        None
    }
}

async fn setting_is_quiet((schema, key, quiet): QuietSetting) -> bool {
    match programs::desktop_setting(schema, key).await {
        Ok(value) => value.trim() == quiet,
        Err(error) => {
            tracing::debug!(%error, schema, key, "the desktop's setting could not be read");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_running_cast_is_an_object_below() {
        let none = r#"<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"><node></node>"#;
        let own = r#"<node name="/org/gnome/Mutter/ScreenCast/Session"><interface name="a.b"/></node>"#;
        let one = r#"<!DOCTYPE node><node><interface name="x"/><node name="u1"/></node>"#;
        assert_eq!([none, own, one].map(has_child), [false, false, true]);
    }

    #[test]
    fn each_desktop_has_its_own_word() {
        assert_eq!(quiet_setting("ubuntu:gnome").map(|(_, key, _)| key), Some("show-banners"));
        assert_eq!(quiet_setting("x-cinnamon").map(|(_, key, _)| key), Some("display-notifications"));
        assert_eq!((quiet_setting("kde"), quiet_setting("")), (None, None));
    }

    proptest! {
        #[test]
        fn any_introspection_is_read(xml in "(<node|name=|\"|/|>|[a-z ]){0,40}") {
            let _ = has_child(&xml);
        }
    }
}
