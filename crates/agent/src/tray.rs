//! The icon in the tray: it tells the state in its shape and its tooltip, never in colour alone, and its menu is short.
//!
//! Nothing depends on it. Where there is no tray the agent runs on, and the window opens from the menu of programs, a
//! second start or the command line; where a tray comes later, the icon comes with it.

use std::sync::Arc;

use deskside_protocol::local::{Connection, Route};
use deskside_texts::Texts;

use crate::ports::TrayState;

pub mod icons;

#[cfg(all(unix, not(target_os = "macos")))]
#[path = "tray/linux.rs"]
mod platform;
#[cfg(any(windows, target_os = "macos"))]
#[path = "tray/native.rs"]
mod platform;

pub use platform::Tray;
#[cfg(any(windows, target_os = "macos"))]
pub use platform::{on_main_thread, run_on_main_thread};

/// What a person asked for, in the tray, in a notification or by the shortcut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Opens the window there.
    Open(Route),
    /// Takes a picture of the screen once the tray's menu has left it, then opens the window with it.
    ReportWithPicture,
    /// Takes a picture of the screen at once, then opens the window with it.
    ShortcutPressed,
    /// Ends the agent.
    Quit,
}

/// Where actions go.
pub type Actions = tokio::sync::mpsc::UnboundedSender<Action>;

/// What the icon shows: the one thing of a state that matters most. Each has a shape of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Look {
    /// All is well.
    Ready,
    /// An answer waits to be read.
    Unread,
    /// Requests wait to be sent.
    Waiting,
    /// A request needs a look.
    Parked,
    /// The helpdesk cannot be reached, is not set up, or does not accept this device.
    Offline,
}

impl Look {
    /// What is asked of the person first, then news, then the connection.
    #[must_use]
    pub fn of(state: &TrayState) -> Self {
        if state.parked > 0 || state.connection == Connection::Refused {
            Self::Parked
        } else if state.unread > 0 {
            Self::Unread
        } else if state.waiting > 0 {
            Self::Waiting
        } else {
            match state.connection {
                Connection::Online => Self::Ready,
                Connection::Offline | Connection::NotEnrolled | Connection::Refused => Self::Offline,
            }
        }
    }
}

/// The state in words: what the shape says, and what else is true.
#[must_use]
pub fn tooltip(state: &TrayState, texts: &Texts) -> String {
    let mut lines = Vec::new();
    if state.parked > 0 {
        lines.push(texts.tray_tip_parked(state.parked));
    }
    if state.unread > 0 {
        lines.push(texts.tray_tip_unread(state.unread));
    }
    if state.waiting > 0 {
        lines.push(texts.tray_tip_waiting(state.waiting));
    }
    match state.connection {
        Connection::Online if lines.is_empty() => lines.push(texts.tray_tip_ready()),
        Connection::Online => {}
        Connection::Offline => lines.push(texts.tray_tip_offline()),
        Connection::NotEnrolled => lines.push(texts.tray_tip_not_enrolled()),
        Connection::Refused => lines.push(texts.tray_tip_refused()),
    }
    lines.join("\n")
}

/// The menu: what it says and what each entry does. `None` is a line between.
#[must_use]
pub fn menu(state: &TrayState, texts: &Texts) -> Vec<Option<(String, Action)>> {
    let report = Route::Report { draft: None, capture: None };
    let requests = if state.unread > 0 { texts.tray_requests_new(state.unread) } else { texts.tray_requests() };
    vec![
        Some((texts.tray_report(), Action::Open(report))),
        Some((texts.tray_report_with_picture(), Action::ReportWithPicture)),
        None,
        Some((requests, Action::Open(Route::Requests))),
        Some((texts.tray_open(), Action::Open(Route::Home))),
        None,
        Some((texts.tray_quit(), Action::Quit)),
    ]
}

/// The state before the controller has said anything: nothing to tell.
#[must_use]
pub fn at_start() -> TrayState {
    TrayState { connection: Connection::Online, unread: 0, waiting: 0, parked: 0 }
}

/// The texts of a language, shared by tray and notifications.
pub type SharedTexts = Arc<Texts>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state(connection: Connection, unread: u32, waiting: u32, parked: u32) -> TrayState {
        TrayState { connection, unread, waiting, parked }
    }

    #[test]
    fn what_asks_for_something_is_shown_before_what_is_only_so() {
        use Connection::{NotEnrolled, Offline, Online, Refused};
        for (state, look) in [
            (state(Online, 0, 0, 0), Look::Ready),
            (state(Online, 1, 1, 1), Look::Parked),
            (state(Offline, 1, 1, 0), Look::Unread),
            (state(Offline, 0, 2, 0), Look::Waiting),
            (state(Offline, 0, 0, 0), Look::Offline),
            (state(NotEnrolled, 0, 0, 0), Look::Offline),
            (state(Refused, 0, 0, 0), Look::Parked),
        ] {
            assert_eq!(Look::of(&state), look, "{state:?}");
        }
    }

    #[test]
    fn the_tooltip_says_everything_in_both_languages() {
        let busy = state(Connection::Offline, 1, 2, 0);
        assert_eq!(
            tooltip(&busy, &Texts::for_language("en")),
            "1 new answer from the helpdesk.\n2 requests are kept and will be sent.\n\
             The helpdesk cannot be reached. You can still report a problem: it is kept."
        );
        assert!(tooltip(&busy, &Texts::for_language("fr")).starts_with("1 nouvelle réponse de l’assistance."));
        assert!(tooltip(&at_start(), &Texts::for_language("en")).starts_with("Ready."));
    }

    #[test]
    fn the_menu_counts_new_answers() {
        let labels = |unread| -> Vec<_> {
            menu(&state(Connection::Online, unread, 0, 0), &Texts::for_language("en"))
                .into_iter()
                .flatten()
                .map(|(label, _)| label)
                .collect()
        };
        assert_eq!(
            labels(0),
            [
                "Report a problem",
                "Report a problem with a picture of the screen",
                "My requests",
                "Open Deskside",
                "Quit Deskside"
            ]
        );
        assert!(labels(2).contains(&"My requests (2 new answers)".to_owned()));
    }

    proptest! {
        #[test]
        fn every_state_has_a_tooltip_without_loose_ends(kind in 0..4usize, unread: u32, waiting: u32, parked: u32) {
            let kinds = [Connection::Online, Connection::Offline, Connection::NotEnrolled, Connection::Refused];
            for language in ["en", "fr"] {
                let text = tooltip(&state(kinds[kind], unread, waiting, parked), &Texts::for_language(language));
                let loose = text.is_empty() || text.contains(['{', '$']);
                prop_assert!(!loose, "{}", text);
            }
        }
    }
}
