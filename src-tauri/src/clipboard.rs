//! The files that were copied in a file manager, read from the clipboard by the shell when, and only when, the user
//! presses the keys of Paste. Other systems' web views give such files to the page by themselves.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tauri::WebviewWindow;

/// From the keys to the page's question.
const FRESH: Duration = Duration::from_secs(1);

/// When the keys of Paste were last pressed in the window.
#[derive(Debug, Default)]
pub(crate) struct PasteKeys {
    pressed: Mutex<Option<Instant>>,
}

impl PasteKeys {
    /// They were pressed now.
    #[cfg(target_os = "linux")]
    fn press(&self) {
        *self.pressed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether they were pressed just now; true once for each time.
    pub(crate) fn take(&self) -> bool {
        let pressed = self.pressed.lock().unwrap_or_else(PoisonError::into_inner).take();
        pressed.is_some_and(|at| at.elapsed() < FRESH)
    }
}

/// Begins to notice the keys of Paste.
#[cfg(target_os = "linux")]
pub(crate) fn watch(window: &WebviewWindow, keys: std::sync::Arc<PasteKeys>) -> tauri::Result<()> {
    use gtk::gdk::ModifierType;
    use gtk::prelude::WidgetExt as _;

    window.gtk_window()?.connect_key_press_event(move |_, event| {
        let (state, letter) = (event.state(), event.keyval().to_unicode());
        let control = state.contains(ModifierType::CONTROL_MASK);
        // On a keyboard of other letters the key of V makes one of those.
        let v = letter
            .is_some_and(|letter| letter.eq_ignore_ascii_case(&'v') || letter.is_alphabetic() && !letter.is_ascii());
        let insert = event.keyval() == gtk::gdk::keys::constants::Insert;
        if control && v || state.contains(ModifierType::SHIFT_MASK) && insert {
            keys.press();
        }
        gtk::glib::Propagation::Proceed
    });
    Ok(())
}

/// The files whose addresses are on the clipboard.
#[cfg(target_os = "linux")]
pub(crate) async fn files(window: &WebviewWindow) -> Vec<PathBuf> {
    /// What file managers call a list of files, the common one first.
    const KINDS: [&str; 2] = ["text/uri-list", "x-special/gnome-copied-files"];
    /// Longest wait for the program that was copied from.
    const ANSWER: Duration = Duration::from_secs(2);

    for kind in KINDS {
        let (told, answer) = tokio::sync::oneshot::channel();
        let asked = window.run_on_main_thread(move || {
            let clipboard = gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD);
            clipboard.request_contents(&gtk::gdk::Atom::intern(kind), move |_, contents| {
                drop(told.send(crate::offered::named_in(&contents.data())));
            });
        });
        if asked.is_err() {
            break;
        }
        match tokio::time::timeout(ANSWER, answer).await {
            Ok(Ok(files)) if files.is_empty() => {}
            Ok(Ok(files)) => return files,
            Ok(Err(_)) | Err(_) => break,
        }
    }
    Vec::new()
}

/// The web view has noticed by itself.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, clippy::needless_pass_by_value, reason = "the same signature on every system")]
pub(crate) fn watch(_window: &WebviewWindow, _keys: std::sync::Arc<PasteKeys>) -> tauri::Result<()> {
    Ok(())
}

/// The web view has given them to the page by itself.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unused_async, reason = "the same signature on every system")]
pub(crate) async fn files(_window: &WebviewWindow) -> Vec<PathBuf> {
    Vec::new()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn one_press_of_the_keys_is_one_look_at_the_clipboard() {
        let keys = PasteKeys::default();
        assert!(!keys.take(), "nobody pressed anything");
        keys.press();
        assert!(keys.take());
        assert!(!keys.take(), "once only");
    }
}
