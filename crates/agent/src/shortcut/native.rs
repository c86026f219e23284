//! The shortcut on Windows (`RegisterHotKey`) and macOS (`RegisterEventHotKey`), through `global-hotkey`. Both belong to
//! the main thread and its event loop, like the tray.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use deskside_protocol::shortcut::{Combination, Key, ShortcutState};
use global_hotkey::hotkey::{Code, HotKey, Modifiers};
use global_hotkey::{Error, GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState};
use tokio::sync::{mpsc, oneshot};

use super::{Ear, Refusal};
use crate::tray::on_main_thread;

thread_local! {
    /// The main thread's; elsewhere nobody asks for it.
    static MANAGER: RefCell<Option<GlobalHotKeyManager>> = const { RefCell::new(None) };
}

/// Who is told of a press. The library takes one listener for the whole life of a process.
static LISTENER: Mutex<Option<mpsc::UnboundedSender<()>>> = Mutex::new(None);

/// Gives the keys back. The main thread does things in order: whoever takes the next ones comes after this.
struct Registered(HotKey);

impl Drop for Registered {
    fn drop(&mut self) {
        let keys = self.0;
        on_main_thread(move || {
            MANAGER.with_borrow(|manager| {
                if let Some(Err(error)) = manager.as_ref().map(|manager| manager.unregister(keys)) {
                    tracing::warn!(%error, "the shortcut's keys could not be given back");
                }
            });
        });
    }
}

/// Listens for ever, or says why it cannot.
pub(super) async fn listen(keys: Combination, ear: &Ear) -> Refusal {
    let Some(keys) = hot_key(keys) else { return Refusal::NoSuchKey };
    let (presses, mut pressed) = mpsc::unbounded_channel();
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(presses);
    GlobalHotKeyEvent::set_event_handler(Some(|event: GlobalHotKeyEvent| {
        if event.state == HotKeyState::Pressed
            && let Some(listener) = LISTENER.lock().unwrap_or_else(PoisonError::into_inner).as_ref()
        {
            // Nobody listens any more only while the agent ends.
            let _ = listener.send(());
        }
    }));
    let (answer, outcome) = oneshot::channel();
    on_main_thread(move || {
        let _ = answer.send(register(keys));
    });
    match outcome.await {
        Ok(Ok(())) => {}
        Ok(Err(refusal)) => return refusal,
        Err(_) => return Refusal::Unavailable("the main thread has ended".to_owned()),
    }
    let _registered = Registered(keys);
    ear.is(ShortcutState::Listening { keys: None });
    while pressed.recv().await.is_some() {
        ear.pressed();
    }
    Refusal::Unavailable("another listener took over".to_owned())
}

fn register(keys: HotKey) -> Result<(), Refusal> {
    MANAGER.with_borrow_mut(|manager| {
        if manager.is_none() {
            *manager = Some(GlobalHotKeyManager::new().map_err(|error| Refusal::Unavailable(error.to_string()))?);
        }
        let Some(manager) = manager.as_ref() else { return Err(Refusal::Unavailable("no manager".to_owned())) };
        manager.register(keys).map_err(|error| match error {
            Error::AlreadyRegistered(_) => Refusal::Taken,
            // macOS says no more than that it failed, and it fails when the keys are somebody's.
            Error::FailedToRegister(_) if cfg!(target_os = "macos") => Refusal::Taken,
            other => Refusal::Unavailable(other.to_string()),
        })
    })
}

fn hot_key(keys: Combination) -> Option<HotKey> {
    let held = [
        (keys.ctrl(), Modifiers::CONTROL),
        (keys.alt(), Modifiers::ALT),
        (keys.shift(), Modifiers::SHIFT),
        (keys.meta(), Modifiers::META),
    ];
    let modifiers = held.into_iter().filter(|(held, _)| *held).map(|(_, modifier)| modifier).collect();
    // The names of W3C UI Events KeyboardEvent code Values.
    let name = match keys.key() {
        Key::Letter(one) => format!("Key{one}"),
        Key::Digit(one) => format!("Digit{one}"),
        key @ (Key::Function(_) | Key::Insert | Key::Home | Key::End | Key::PageUp | Key::PageDown | Key::Pause) => {
            key.to_string()
        }
    };
    let code: Code = name.parse().ok()?;
    Some(HotKey::new(Some(modifiers), code))
}
