//! The keys that report a problem from wherever one is: the picture is taken first, then the report opens with it.
//!
//! X11 is asked for the keys directly; on Wayland the desktop's portal gives them; Windows and macOS through
//! `global-hotkey`. Nothing here polls while the keys are ours. That they are not (another program has them, the keyboard
//! lacks one) is a state like any other, told in Settings and by the doctor.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deskside_protocol::shortcut::{Combination, Shortcut, ShortcutState};
use tokio::sync::watch;

use crate::settings::SharedSettings;
use crate::tray::{Action, Actions};

#[cfg(any(windows, target_os = "macos"))]
mod native;
#[cfg(all(unix, not(target_os = "macos")))]
mod portal;
#[cfg(all(unix, not(target_os = "macos")))]
mod x11;

/// Keys that are held repeat faster than this; a second wish comes later.
const REPEATS: Duration = Duration::from_millis(800);
/// Keys that somebody else has are tried again after this: no system tells when they are free.
const TAKEN_AGAIN: Duration = Duration::from_secs(60);
/// A desktop that gives none may have started after us.
const UNAVAILABLE_AGAIN: Duration = Duration::from_secs(300);

/// Why nobody listens.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refusal {
    /// Somebody else has the keys.
    Taken,
    /// The keyboard lacks the key.
    NoSuchKey,
    /// The desktop asks the user first, and they have not asked for it.
    #[cfg_attr(any(windows, target_os = "macos"), expect(dead_code, reason = "these systems do not ask"))]
    NeedsConsent,
    /// There is no way to the keys, and why, for the log.
    Unavailable(String),
}

impl Refusal {
    fn state(&self) -> ShortcutState {
        match self {
            Self::Taken => ShortcutState::Taken,
            Self::NoSuchKey => ShortcutState::NoSuchKey,
            Self::NeedsConsent => ShortcutState::NeedsConsent,
            Self::Unavailable(_) => ShortcutState::Unavailable,
        }
    }
}

/// Whoever listens tells this.
#[derive(Clone)]
struct Ear {
    actions: Actions,
    presses: Arc<Mutex<Presses>>,
    settings: Arc<SharedSettings>,
    told: Arc<dyn Fn() + Send + Sync>,
}

impl Ear {
    fn pressed(&self) {
        if self.presses.lock().unwrap_or_else(PoisonError::into_inner).counts(Instant::now()) {
            tracing::info!("the shortcut was pressed");
            // Nobody listens any more only while the agent ends.
            let _ = self.actions.send(Action::ShortcutPressed);
        }
    }

    fn is(&self, state: ShortcutState) {
        if self.settings.set_shortcut_state(&state) {
            tracing::info!(?state, "the shortcut");
            (self.told)();
        }
    }
}

/// Tells a press from the repeats of keys that are held.
#[derive(Debug, Default)]
struct Presses {
    last: Option<Instant>,
}

impl Presses {
    fn counts(&mut self, now: Instant) -> bool {
        let last = self.last.replace(now);
        last.is_none_or(|last| now.saturating_duration_since(last) >= REPEATS)
    }
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    shortcut: Shortcut,
    /// How often the user has chosen or asked since the start: only then may the desktop ask them in turn.
    wishes: u32,
}

/// The shortcut, as long as this lives.
pub struct Shortcuts {
    wanted: watch::Sender<Wanted>,
}

impl Shortcuts {
    /// Listens to the shortcut that is in force. `granted` is the file that remembers that the user let the desktop give
    /// us keys, `description` what the desktop calls them, `told` is called whenever the state has changed.
    #[must_use]
    pub fn start(
        settings: &Arc<SharedSettings>,
        actions: Actions,
        granted: PathBuf,
        description: String,
        told: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let shortcut = settings.store().in_force().shortcut;
        let (wanted, changes) = watch::channel(Wanted { shortcut, wishes: 0 });
        let ear = Ear { actions, presses: Arc::default(), settings: Arc::clone(settings), told: Arc::new(told) };
        tokio::spawn(follow(changes, ear, Memory { granted, description }));
        Self { wanted }
    }

    /// The user chose another, or none.
    pub fn choose(&self, shortcut: Shortcut) {
        self.wanted.send_modify(|wanted| *wanted = Wanted { shortcut, wishes: wanted.wishes.saturating_add(1) });
    }

    /// The user wants the desktop to be asked.
    pub fn set_up(&self) {
        self.wanted.send_modify(|wanted| wanted.wishes = wanted.wishes.saturating_add(1));
    }
}

/// What only the portal needs.
#[derive(Debug)]
#[cfg_attr(any(windows, target_os = "macos"), expect(dead_code, reason = "for the portal"))]
struct Memory {
    granted: PathBuf,
    description: String,
}

async fn follow(mut changes: watch::Receiver<Wanted>, ear: Ear, memory: Memory) {
    let mut wishes = 0;
    loop {
        let wanted = *changes.borrow_and_update();
        let wished = std::mem::replace(&mut wishes, wanted.wishes) != wanted.wishes;
        let again = match wanted.shortcut {
            Shortcut::Off => {
                ear.is(ShortcutState::Off);
                None
            }
            Shortcut::Keys(keys) => {
                let refusal = tokio::select! {
                    changed = changes.changed() => if changed.is_ok() { continue } else { return },
                    refusal = listen(keys, wished, &ear, &memory) => refusal,
                };
                ear.is(refusal.state());
                match refusal {
                    Refusal::Taken => Some(TAKEN_AGAIN),
                    Refusal::Unavailable(why) => {
                        tracing::info!(why, "no shortcut");
                        Some(UNAVAILABLE_AGAIN)
                    }
                    // A new keyboard is told by the next choice, or the next start.
                    Refusal::NoSuchKey | Refusal::NeedsConsent => None,
                }
            }
        };
        let pause = async {
            match again {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = pause => {}
        }
    }
}

/// Listens until that is no longer possible; dropped, it gives the keys back.
#[cfg(all(unix, not(target_os = "macos")))]
async fn listen(keys: Combination, wished: bool, ear: &Ear, memory: &Memory) -> Refusal {
    use crate::screen::Display;

    match Display::from_lookup(&|name| std::env::var(name).ok()) {
        Display::X11(display) => x11::listen(&display, keys, ear).await,
        Display::Wayland => portal::listen(keys, wished, ear, memory).await,
        Display::None => Refusal::Unavailable("this session has no display".to_owned()),
    }
}

#[cfg(any(windows, target_os = "macos"))]
async fn listen(keys: Combination, _wished: bool, ear: &Ear, _memory: &Memory) -> Refusal {
    native::listen(keys, ear).await
}

/// Whether the keys could be had, for when no agent listens: takes them for a moment where that shows nothing to the
/// user. `None` where only an agent can tell.
#[cfg(all(unix, not(target_os = "macos")))]
pub async fn probe(keys: Combination) -> Option<ShortcutState> {
    use crate::screen::Display;

    let Display::X11(display) = Display::from_lookup(&|name| std::env::var(name).ok()) else { return None };
    let grabbed = x11::grab(&display, keys).await;
    Some(grabbed.map_or_else(|refusal| refusal.state(), |_| ShortcutState::Listening { keys: None }))
}

/// Only an agent, with its event loop, can tell here.
#[cfg(any(windows, target_os = "macos"))]
pub async fn probe(_keys: Combination) -> Option<ShortcutState> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_that_are_held_are_one_wish_however_long(repeats in proptest::collection::vec(1..700_u64, 0..200)) {
            let mut presses = Presses::default();
            let mut now = Instant::now();
            prop_assert!(presses.counts(now));
            for pause in repeats {
                now += Duration::from_millis(pause);
                prop_assert!(!presses.counts(now));
            }
            now += REPEATS;
            prop_assert!(presses.counts(now));
        }
    }
}
