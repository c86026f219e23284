//! Another program that hands files to a window: drops them on it (XDND, version 5, freedesktop.org) or has them copied on
//! the clipboard (ICCCM, section 2). Spoken to the X server directly: what the window gets is what a file manager sends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, SelectionNotifyEvent,
    SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, CURRENT_TIME};

use crate::display::{Display, atom};

/// How often to look for what the window answers.
const LOOK: Duration = Duration::from_millis(10);

/// The addresses of files, as `text/uri-list` (RFC 2483, section 5).
fn addresses(files: &[PathBuf]) -> String {
    files.iter().map(|file| format!("{}\r\n", address(file))).collect()
}

/// The address of a file, with everything but plain characters escaped (RFC 8089).
fn address(file: &Path) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    let path: String = file.to_string_lossy().bytes().map(escaped).collect();
    format!("file://{path}")
}

/// A selection that we own, and what it holds in which kinds.
struct Owner {
    connection: RustConnection,
    window: Window,
    kinds: Vec<(Atom, Vec<u8>)>,
    targets: Atom,
}

impl Owner {
    fn new(display: &Display, selection: &str, kinds: &[(&str, Vec<u8>)]) -> anyhow::Result<Self> {
        let (connection, screen) = display.connect()?;
        let root = connection.setup().roots.get(screen).context("the display has no screen")?.root;
        let window = connection.generate_id()?;
        let events = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let (depth, class) = (COPY_DEPTH_FROM_PARENT, WindowClass::INPUT_OUTPUT);
        connection.create_window(depth, window, root, 0, 0, 1, 1, 0, class, 0, &events)?.check()?;
        let kinds = kinds
            .iter()
            .map(|(kind, bytes)| Ok((atom(&connection, kind)?, bytes.clone())))
            .collect::<anyhow::Result<_>>()?;
        let targets = atom(&connection, "TARGETS")?;
        let selection = atom(&connection, selection)?;
        connection.set_selection_owner(window, selection, CURRENT_TIME)?.check()?;
        Ok(Self { connection, window, kinds, targets })
    }

    /// Gives what is asked for, or says that there is none.
    fn answer(&self, asked: &SelectionRequestEvent) -> anyhow::Result<()> {
        let property = if asked.property == 0 { asked.target } else { asked.property };
        let given = if asked.target == self.targets {
            let kinds: Vec<Atom> = self.kinds.iter().map(|(kind, _)| *kind).chain([self.targets]).collect();
            self.connection.change_property32(PropMode::REPLACE, asked.requestor, property, AtomEnum::ATOM, &kinds)?;
            property
        } else if let Some((kind, bytes)) = self.kinds.iter().find(|(kind, _)| *kind == asked.target) {
            self.connection.change_property8(PropMode::REPLACE, asked.requestor, property, *kind, bytes)?;
            property
        } else {
            0
        };
        let notify = SelectionNotifyEvent {
            response_type: x11rb::protocol::xproto::SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: asked.time,
            requestor: asked.requestor,
            selection: asked.selection,
            target: asked.target,
            property: given,
        };
        self.connection.send_event(false, asked.requestor, EventMask::NO_EVENT, notify)?.check()?;
        Ok(())
    }

    /// Sends one of XDND's messages.
    fn send(&self, to: Window, message: &str, data: [u32; 5]) -> anyhow::Result<()> {
        let message = ClientMessageEvent::new(32, to, atom(&self.connection, message)?, data);
        self.connection.send_event(false, to, EventMask::NO_EVENT, message)?.check()?;
        Ok(())
    }

    /// Answers questions until a message of that name comes, or the time is over.
    fn wait_for(&self, message: &str, until: Instant) -> anyhow::Result<Option<ClientMessageEvent>> {
        let wanted = atom(&self.connection, message)?;
        while Instant::now() < until {
            match self.connection.poll_for_event()? {
                Some(Event::SelectionRequest(asked)) => self.answer(&asked)?,
                Some(Event::ClientMessage(told)) if told.type_ == wanted => return Ok(Some(told)),
                Some(_) => {}
                None => std::thread::sleep(LOOK),
            }
        }
        Ok(None)
    }
}

/// Longest wait for what a window answers to a drag.
const ANSWER: Duration = Duration::from_secs(10);

/// Files that are held over a window.
pub struct Drag {
    owner: Owner,
    target: Window,
}

impl Drag {
    /// Drags files over the middle of the window with this title, until it says that it would take them.
    pub(crate) fn over(display: &Display, title: &str, files: &[PathBuf]) -> anyhow::Result<Self> {
        /// The version of the protocol that everybody speaks.
        const VERSION: u32 = 5;

        let target = display.window_titled(title)?.with_context(|| format!("no window {title:?} to drop on"))?;
        let list = ("text/uri-list", addresses(files).into_bytes());
        let owner = Owner::new(display, "XdndSelection", &[list])?;
        let kind = owner.kinds.first().context("no kind")?.0;
        let copy = atom(&owner.connection, "XdndActionCopy")?;
        let (x, y) = display.middle_of(target)?;
        let place = u32::from(x) << 16 | u32::from(y);

        owner.send(target, "XdndEnter", [owner.window, VERSION << 24, kind, 0, 0])?;
        let until = Instant::now() + ANSWER;
        loop {
            // A hand is never quite still: the window takes a moment to look at what is held over it.
            owner.send(target, "XdndPosition", [owner.window, 0, place, CURRENT_TIME, copy])?;
            let status = owner.wait_for("XdndStatus", until)?;
            let [_, flags, ..] = status.context("the window does not answer to what is held over it")?.data.as_data32();
            if flags & 1 == 1 {
                return Ok(Self { owner, target });
            }
            if Instant::now() > until {
                bail!("the window does not take files");
            }
            owner.wait_for("XdndFinished", Instant::now() + 5 * LOOK)?;
        }
    }

    /// Lets go of them there.
    ///
    /// # Errors
    /// The window does not finish the drop.
    pub fn let_go(self) -> anyhow::Result<()> {
        self.owner.send(self.target, "XdndDrop", [self.owner.window, 0, CURRENT_TIME, 0, 0])?;
        let finished = self.owner.wait_for("XdndFinished", Instant::now() + ANSWER)?;
        finished.context("the window does not finish the drop").map(drop)
    }

    /// Takes them away again.
    ///
    /// # Errors
    /// The display is gone.
    pub fn take_away(self) -> anyhow::Result<()> {
        self.owner.send(self.target, "XdndLeave", [self.owner.window, 0, 0, 0, 0])
    }
}

/// Files that are copied, as long as this lives.
pub struct CopiedFiles {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl CopiedFiles {
    /// Puts the files on the clipboard in the ways of a file manager: a list of addresses, and, in the same words, a text.
    pub(crate) fn put(display: &Display, files: &[PathBuf]) -> anyhow::Result<Self> {
        let lines: Vec<String> = files.iter().map(|file| address(file)).collect();
        let kinds = [
            ("text/uri-list", addresses(files).into_bytes()),
            ("x-special/gnome-copied-files", format!("copy\n{}", lines.join("\n")).into_bytes()),
            ("UTF8_STRING", lines.join("\n").into_bytes()),
            ("text/plain;charset=utf-8", lines.join("\n").into_bytes()),
        ];
        let owner = Owner::new(display, "CLIPBOARD", &kinds)?;
        let over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                // The display may be gone first.
                if owner.wait_for("XdndFinished", Instant::now() + 5 * LOOK).is_err() {
                    return;
                }
            }
        });
        Ok(Self { over, thread: Some(thread) })
    }
}

impl Drop for CopiedFiles {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
