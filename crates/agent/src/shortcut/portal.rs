//! The shortcut on Wayland, by the desktop's portal (`org.freedesktop.portal.GlobalShortcuts`). The desktop asks the user
//! which keys they give, in a window that takes the focus: it may do so only when they asked for it themselves. That they
//! once agreed is remembered, for then the desktop asks no more.

use std::path::Path;

use ashpd::desktop::global_shortcuts::{BindShortcuts, GlobalShortcuts, NewShortcut};
use ashpd::desktop::{ResponseError, Session};
use deskside_protocol::shortcut::{Combination, Key, ShortcutState};
use futures_util::StreamExt as _;

use super::{Ear, Memory, Refusal};

/// Our shortcut's name there.
const NAME: &str = "report-with-picture";
/// Longest name of keys that is shown, in characters: it comes from the desktop.
const KEYS_CHARS: usize = 60;

/// Listens until the portal is gone or the user says no.
pub(super) async fn listen(keys: Combination, wished: bool, ear: &Ear, memory: &Memory) -> Refusal {
    match bind(keys, wished, ear, memory).await {
        Ok(()) => Refusal::Unavailable("the portal took the shortcut away".to_owned()),
        Err(Told::Refusal(refusal)) => refusal,
        Err(Told::Portal(error)) if is_no(&error) => {
            // They said no: the next start does not ask again.
            forget(&memory.granted);
            Refusal::NeedsConsent
        }
        Err(Told::Portal(error)) => Refusal::Unavailable(error.to_string()),
    }
}

enum Told {
    Refusal(Refusal),
    Portal(ashpd::Error),
}

impl From<ashpd::Error> for Told {
    fn from(error: ashpd::Error) -> Self {
        Self::Portal(error)
    }
}

fn is_no(error: &ashpd::Error) -> bool {
    matches!(error, ashpd::Error::Response(ResponseError::Cancelled))
}

async fn bind(keys: Combination, wished: bool, ear: &Ear, memory: &Memory) -> Result<(), Told> {
    let portal = GlobalShortcuts::new().await?;
    tracing::debug!(version = portal.version(), "the portal gives keys");
    if !wished && !memory.granted.exists() {
        return Err(Told::Refusal(Refusal::NeedsConsent));
    }
    let session = Closing(Some(portal.create_session(Default::default()).await?));
    let Some(open) = session.0.as_ref() else { return Ok(()) };
    let mut activated = portal.receive_activated().await?;
    let mut changed = portal.receive_shortcuts_changed().await?;
    let wanted = NewShortcut::new(NAME, memory.description.as_str()).preferred_trigger(trigger(keys).as_str());
    let bound = portal.bind_shortcuts(open, &[wanted], None, Default::default()).await?.response()?;
    if let Err(error) = crate::paths::replace_file(&memory.granted, b"The desktop gave Deskside its shortcut.\n") {
        tracing::warn!(%error, "the desktop will ask about the shortcut again");
    }
    ear.is(ShortcutState::Listening { keys: given(&bound) });
    loop {
        tokio::select! {
            press = activated.next() => match press {
                Some(press) if press.shortcut_id() == NAME => ear.pressed(),
                Some(_) => {}
                None => return Ok(()),
            },
            news = changed.next() => match news {
                Some(news) => {
                    if let Some(ours) = news.shortcuts().iter().find(|one| one.id() == NAME) {
                        ear.is(ShortcutState::Listening { keys: shown(ours.trigger_description()) });
                    }
                }
                None => return Ok(()),
            },
        }
    }
}

/// Closes the session when nobody listens any more: the next one is for other keys.
struct Closing(Option<Session<GlobalShortcuts>>);

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(session) = self.0.take() {
            tokio::spawn(async move {
                if let Err(error) = session.close().await {
                    tracing::debug!(%error, "the portal's session could not be closed");
                }
            });
        }
    }
}

fn given(bound: &BindShortcuts) -> Option<String> {
    bound.shortcuts().iter().find(|one| one.id() == NAME).and_then(|one| shown(one.trigger_description()))
}

/// What the desktop calls the keys, in one short line.
fn shown(keys: &str) -> Option<String> {
    let line: String = keys.chars().filter(|one| !one.is_control()).take(KEYS_CHARS).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

fn forget(granted: &Path) {
    match std::fs::remove_file(granted) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "that the desktop gives no shortcut could not be remembered");
        }
        _ => {}
    }
}

/// As the XDG Shortcuts Specification 0.1 writes keys: modifiers, then the name of a keysym.
fn trigger(keys: Combination) -> String {
    let held = [(keys.ctrl(), "CTRL"), (keys.alt(), "ALT"), (keys.shift(), "SHIFT"), (keys.meta(), "LOGO")];
    let key = match keys.key() {
        Key::Letter(one) => one.to_ascii_lowercase().to_string(),
        Key::PageUp => "Page_Up".to_owned(),
        Key::PageDown => "Page_Down".to_owned(),
        key @ (Key::Digit(_) | Key::Function(_) | Key::Insert | Key::Home | Key::End | Key::Pause) => key.to_string(),
    };
    let mut names: Vec<&str> = held.into_iter().filter(|(held, _)| *held).map(|(_, name)| name).collect();
    names.push(&key);
    names.join("+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_the_portal_reads_them() {
        assert_eq!(trigger("Ctrl+Alt+Shift+H".parse().unwrap()), "CTRL+ALT+SHIFT+h");
        assert_eq!(trigger("Super+PageUp".parse().unwrap()), "LOGO+Page_Up");
        assert_eq!(trigger("Ctrl+F12".parse().unwrap()), "CTRL+F12");
    }

    #[test]
    fn what_the_desktop_calls_them_is_one_short_line() {
        assert_eq!(shown("Press <Ctrl>\nA"), Some("Press <Ctrl>A".to_owned()));
        assert_eq!(shown(" \n"), None);
        assert_eq!(shown(&"x".repeat(5000)).map(|text| text.len()), Some(KEYS_CHARS));
    }
}
