//! The shortcut on an X server, by a passive grab of its keys on the root window (X Window System Protocol 11,
//! "GrabKey"). The server tells of a press; between presses nobody wakes.

use std::collections::BTreeSet;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use deskside_protocol::shortcut::{Combination, Key, ShortcutState};
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;
use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{ConnectionExt as _, GrabMode, Keycode, Keysym, Mapping, ModMask};
use x11rb::protocol::{ErrorKind, Event};
use x11rb::rust_connection::RustConnection;

use super::{Ear, Refusal};

/// Longest wait for the server to give the keys.
const GRAB: Duration = Duration::from_secs(10);
/// How often keys are tried that are not given: the server may not have seen yet that we let go of them ourselves.
const TRIES: u32 = 4;
/// Pause between those.
const TRY_AGAIN: Duration = Duration::from_millis(150);
/// A new keyboard layout comes in many steps.
const SETTLE: Duration = Duration::from_secs(1);
/// Places on the keyboard that type the same, at most.
const PLACES: usize = 4;

/// The locks that may be on while the keys are pressed, and the modifiers that layouts place freely, by keysym
/// (X11/keysymdef.h).
const NUM_LOCK: Keysym = 0xff7f;
const SCROLL_LOCK: Keysym = 0xff14;
const ALT: [Keysym; 2] = [0xffe9, 0xffea];
const SUPER: [Keysym; 2] = [0xffeb, 0xffec];

/// Listens until the server does not give the keys.
pub(super) async fn listen(display: &str, keys: Combination, ear: &Ear) -> Refusal {
    loop {
        let grabbed = match grab(display, keys).await {
            Ok(grabbed) => grabbed,
            Err(refusal) => return refusal,
        };
        ear.is(ShortcutState::Listening { keys: None });
        loop {
            if let Err(error) = hear(&grabbed.connection, ear).await {
                // A server that began anew takes us again; one that is gone refuses.
                tracing::debug!(%error, "the connection to the display ended");
                tokio::time::sleep(SETTLE).await;
                break;
            }
            // The server says so of every change of the keyboard in use, also between two that are alike.
            let connection = Arc::clone(&grabbed.connection);
            let asked = blocking(move || Keyboard::ask(&connection).map_err(unavailable)).await;
            match asked.map(|keyboard| keyboard.grabs(keys)) {
                Ok(grabs) if grabs == grabbed.grabs => {}
                Ok(_) => break,
                Err(refusal) => return refusal,
            }
        }
        tracing::debug!("the keys are taken anew");
    }
}

/// The keys, for as long as the connection is open.
pub(super) struct Grabbed {
    connection: Arc<RustConnection>,
    grabs: BTreeSet<(Keycode, u16)>,
}

/// Takes the keys.
pub(super) async fn grab(display: &str, keys: Combination) -> Result<Grabbed, Refusal> {
    let until = Instant::now() + GRAB;
    for _ in 1..TRIES {
        match grab_once(display, keys).await {
            // A server begins anew when its last client goes, and cuts who comes meanwhile: that may have been we.
            Err(Refusal::Taken | Refusal::Unavailable(_)) if Instant::now() < until => {
                tokio::time::sleep(TRY_AGAIN).await;
            }
            other => return other,
        }
    }
    grab_once(display, keys).await
}

async fn grab_once(display: &str, keys: Combination) -> Result<Grabbed, Refusal> {
    let display = display.to_owned();
    blocking(move || {
        let (connection, screen) = RustConnection::connect(Some(&display)).map_err(unavailable)?;
        let root = connection.setup().roots.get(screen).map(|screen| screen.root);
        let grabs = take(&connection, root.ok_or_else(|| unavailable("no such screen"))?, keys)?;
        Ok(Grabbed { connection: Arc::new(connection), grabs })
    })
    .await
}

/// A server that somebody holds for themselves answers later: not on the agent's own thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    match tokio::time::timeout(GRAB, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(done)) => done,
        Ok(Err(error)) => Err(unavailable(error)),
        Err(_) => Err(unavailable("the display does not answer")),
    }
}

fn unavailable(error: impl std::fmt::Display) -> Refusal {
    Refusal::Unavailable(error.to_string())
}

/// Takes the keys, whatever locks are on.
fn take(connection: &RustConnection, root: u32, keys: Combination) -> Result<BTreeSet<(Keycode, u16)>, Refusal> {
    let grabs = Keyboard::ask(connection).map_err(unavailable)?.grabs(keys);
    if grabs.is_empty() {
        return Err(Refusal::NoSuchKey);
    }
    let mut asked = Vec::new();
    for (place, modifiers) in &grabs {
        let modifiers = ModMask::from(*modifiers);
        let sent = connection.grab_key(false, root, modifiers, *place, GrabMode::ASYNC, GrabMode::ASYNC);
        asked.push(sent.map_err(unavailable)?);
    }
    for cookie in asked {
        match cookie.check() {
            Ok(()) => {}
            Err(ReplyError::X11Error(error)) if error.error_kind == ErrorKind::Access => return Err(Refusal::Taken),
            Err(error) => return Err(unavailable(error)),
        }
    }
    Ok(grabs)
}

/// Tells of presses until the keyboard may have changed and is at rest. Presses meanwhile are heard: the first key on
/// another keyboard is such a change.
async fn hear(connection: &RustConnection, ear: &Ear) -> std::io::Result<()> {
    let descriptor: OwnedFd = connection.stream().as_fd().try_clone_to_owned()?;
    #[expect(deprecated, reason = "unsound for types that lie about their descriptor; OwnedFd does not")]
    let readable = AsyncFd::new(descriptor)?;
    let mut settled: Option<Instant> = None;
    loop {
        // What came with the answers to our own questions is read already, and wakes nobody.
        while let Some(event) = connection.poll_for_event().map_err(std::io::Error::other)? {
            if matches!(event, Event::KeyPress(_)) {
                ear.pressed();
            } else if let Event::MappingNotify(changed) = event
                && changed.request != Mapping::POINTER
            {
                settled = Some(Instant::now() + SETTLE);
            }
        }
        let rest = async {
            match settled {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        let mut ready = tokio::select! {
            ready = readable.readable() => ready?,
            () = rest => return Ok(()),
        };
        // Cleared before the socket is read: what comes while it is read wakes us again.
        ready.clear_ready();
    }
}

/// What the keys of the keyboard type.
struct Keyboard {
    first: Keycode,
    per_key: usize,
    keysyms: Vec<Keysym>,
    /// The keys of each of the eight modifiers, in the order of their bits.
    modifiers: Vec<Keycode>,
}

impl Keyboard {
    fn ask(connection: &RustConnection) -> Result<Self, ReplyError> {
        let setup = connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let mapping = connection.get_keyboard_mapping(first, last.saturating_sub(first).saturating_add(1))?;
        let modifiers = connection.get_modifier_mapping()?;
        let mapping = mapping.reply()?;
        Ok(Self {
            first,
            per_key: usize::from(mapping.keysyms_per_keycode).max(1),
            keysyms: mapping.keysyms,
            modifiers: modifiers.reply()?.keycodes,
        })
    }

    fn keys(&self) -> impl Iterator<Item = (Keycode, &[Keysym])> {
        (self.first..=u8::MAX).zip(self.keysyms.chunks(self.per_key))
    }

    /// Where the key is: in the first layout if it is there, else in another.
    fn places(&self, key: Key) -> Vec<Keycode> {
        let wanted = keysyms(key);
        let among = |from: usize, to: usize| -> Vec<Keycode> {
            self.keys()
                .filter(|(_, types)| types.iter().take(to).skip(from).any(|one| wanted.contains(one)))
                .map(|(place, _)| place)
                .take(PLACES)
                .collect()
        };
        // Two columns a layout: plain and with Shift (X Window System Protocol 11, "Keyboards").
        [(0, 2), (2, 4), (4, usize::MAX)]
            .into_iter()
            .map(|(from, to)| among(from, to))
            .find(|places| !places.is_empty())
            .unwrap_or_default()
    }

    /// The bit of the modifier that one of these keysyms is on.
    fn bit(&self, wanted: &[Keysym]) -> Option<u16> {
        let per_modifier = (self.modifiers.len() / 8).max(1);
        let mut rows = self.modifiers.chunks(per_modifier).take(8).enumerate();
        let is_there = |place: &Keycode| {
            *place != 0 && self.keys().any(|(at, types)| at == *place && types.iter().any(|one| wanted.contains(one)))
        };
        rows.find(|(_, places)| places.iter().any(is_there)).map(|(bit, _)| 1 << bit)
    }

    /// Every key and set of modifiers that is the combination.
    fn grabs(&self, keys: Combination) -> BTreeSet<(Keycode, u16)> {
        let held = self.held(keys);
        let locks = self.locks();
        let places = self.places(keys.key());
        places.into_iter().flat_map(|place| locks.iter().map(move |locks| (place, held | locks))).collect()
    }

    fn held(&self, keys: Combination) -> u16 {
        let mask = |held: bool, bit: u16| if held { bit } else { 0 };
        mask(keys.ctrl(), ModMask::CONTROL.into())
            | mask(keys.shift(), ModMask::SHIFT.into())
            | mask(keys.alt(), self.bit(&ALT).unwrap_or(ModMask::M1.into()))
            | mask(keys.meta(), self.bit(&SUPER).unwrap_or(ModMask::M4.into()))
    }

    /// Every set of locks that may be on.
    fn locks(&self) -> BTreeSet<u16> {
        let caps = Some(ModMask::LOCK.into());
        let bits = [caps, self.bit(&[NUM_LOCK]), self.bit(&[SCROLL_LOCK])];
        let mut sets = BTreeSet::from([0]);
        for bit in bits.into_iter().flatten() {
            sets.extend(sets.clone().into_iter().map(|set| set | bit));
        }
        sets
    }
}

/// What the key types (X11/keysymdef.h): letters in both cases.
fn keysyms(key: Key) -> Vec<Keysym> {
    match key {
        Key::Letter(one) => vec![u32::from(one), u32::from(one.to_ascii_lowercase())],
        Key::Digit(one) => vec![u32::from(one)],
        Key::Function(number) => vec![0xffbd + u32::from(number)],
        Key::Insert => vec![0xff63],
        Key::Home => vec![0xff50],
        Key::End => vec![0xff57],
        Key::PageUp => vec![0xff55],
        Key::PageDown => vec![0xff56],
        Key::Pause => vec![0xff13],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four keys, two columns each: h, 1 above &, Alt and Super; Num Lock on the fifth.
    fn keyboard() -> Keyboard {
        let mut modifiers = vec![0; 16];
        // Mod1 is bit 3, Mod2 bit 4, Mod4 bit 6; two keys a row.
        modifiers[6] = 10;
        modifiers[8] = 12;
        modifiers[13] = 11;
        Keyboard {
            first: 8,
            per_key: 2,
            keysyms: vec![0x68, 0x48, 0x26, 0x31, 0xffe9, 0, 0xffeb, 0, NUM_LOCK, 0],
            modifiers,
        }
    }

    #[test]
    fn a_key_is_found_by_what_it_types() {
        let keyboard = keyboard();
        assert_eq!(keyboard.places(Key::Letter('H')), [8]);
        assert_eq!(keyboard.places(Key::Digit('1')), [9], "with Shift, as on French keyboards");
        assert_eq!(keyboard.places(Key::Function(5)), Vec::<u8>::new());
        assert_eq!(keysyms(Key::Function(1)), [0xffbe]);
    }

    #[test]
    fn modifiers_and_locks_are_where_the_layout_places_them() {
        let keyboard = keyboard();
        assert_eq!(keyboard.held("Ctrl+Alt+Shift+H".parse().unwrap()), 1 | 4 | 8);
        assert_eq!(keyboard.held("Super+Shift+H".parse().unwrap()), 1 | 64);
        assert_eq!(keyboard.locks(), BTreeSet::from([0, 2, 16, 18]));
    }

    #[test]
    fn a_keyboard_that_says_nothing_has_no_keys() {
        let keyboard = Keyboard { first: 8, per_key: 1, keysyms: vec![], modifiers: vec![] };
        assert!(keyboard.places(Key::Letter('H')).is_empty());
        assert_eq!(keyboard.held("Ctrl+Alt+H".parse().unwrap()), 4 | 8, "where Alt nearly always is");
    }
}
