//! When a window first shows something to read.

use std::collections::HashMap;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// Longest wait.
const LIMIT: Duration = Duration::from_secs(30);
/// What is looked at: this many rows from the top of each window.
const ROWS: u16 = 400;
/// Text has smooth edges, which are this many colours at least. A window that is half filled with its background, before
/// the page is there, has two or three.
const COLOURS: usize = 8;
/// This share of a page is its background at least, in percent. A window that has not been drawn at all shows what was
/// behind it: all the colours of the desktop, each a little.
const BACKGROUND: usize = 25;

/// The moment at which a window first showed text, in milliseconds since 1970.
pub(crate) fn when() -> anyhow::Result<f64> {
    let (connection, screen) = x11rb::connect(None)?;
    let root = connection.setup().roots.get(screen).context("the display has no screen")?.root;
    let list = connection.intern_atom(false, b"_NET_CLIENT_LIST")?.reply()?.atom;
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        let windows = connection.get_property(false, root, list, AtomEnum::WINDOW, 0, 64)?.reply()?;
        for window in windows.value32().into_iter().flatten() {
            if shows_text(&connection, window)? {
                return Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1000.0);
            }
        }
        sleep(LOOK);
    }
    bail!("no window showed any text")
}

/// A window may be on its way, not yet drawn or gone again.
fn shows_text(connection: &RustConnection, window: Window) -> anyhow::Result<bool> {
    let Ok(size) = connection.get_geometry(window)?.reply() else { return Ok(false) };
    let rows = size.height.min(ROWS);
    let image = connection.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, size.width, rows, !0)?;
    let Ok(image) = image.reply() else { return Ok(false) };
    let mut seen: HashMap<&[u8], usize> = HashMap::new();
    for pixel in image.data.chunks_exact(4) {
        *seen.entry(pixel).or_default() += 1;
    }
    let background = seen.values().copied().max().unwrap_or(0);
    Ok(seen.len() >= COLOURS && background * 100 > image.data.len() / 4 * BACKGROUND)
}
