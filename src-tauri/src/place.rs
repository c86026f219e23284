//! How large the window is and where it opens: by the tray, as large as it was left.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Size of a window that was never resized, in logical pixels (interface design, "Window").
const USUAL: Size = Size { width: 440.0, height: 680.0, maximized: false };
/// Smallest width and height, in logical pixels.
pub(crate) const SMALLEST: (f64, f64) = (320.0, 360.0);
/// Room between the window and the edge of the screen, in logical pixels.
const MARGIN: f64 = 12.0;
/// What a title bar takes, in logical pixels; its true height is known only when the window is there.
const TITLE_BAR: f64 = 40.0;
/// A remembered size is a line; what is longer is not ours.
const FILE_BYTES: u64 = 1024;

/// The size of the window, in logical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Size {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) maximized: bool,
}

/// A rectangle in logical pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Size {
    /// As it was left, or as usual if nothing sensible is remembered.
    pub(crate) fn remembered(file: Option<&Path>) -> Self {
        let read = |file: &Path| -> io::Result<Self> {
            if fs::metadata(file)?.len() > FILE_BYTES {
                return Err(ErrorKind::FileTooLarge.into());
            }
            Ok(serde_json::from_slice(&fs::read(file)?)?)
        };
        match file.map(read) {
            Some(Ok(size)) if size.width.is_finite() && size.height.is_finite() => size,
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "the window's size is forgotten");
                USUAL
            }
            Some(Ok(_) | Err(_)) | None => USUAL,
        }
    }

    /// Remembers it, whole or not at all. The folder is the agent's; where it is not, nothing is remembered.
    pub(crate) fn remember(self, file: &Path) -> io::Result<()> {
        let new = file.with_extension("json.new");
        fs::write(&new, serde_json::to_vec(&self)?)?;
        fs::rename(new, file)
    }

    /// No smaller than can be used and no larger than the desktop, less the margin around it.
    pub(crate) fn within(self, desktop: Area) -> Self {
        let fit = |wanted: f64, smallest: f64, room: f64| wanted.min(room - 2.0 * MARGIN).max(smallest);
        Self {
            width: fit(self.width, SMALLEST.0, desktop.width),
            height: fit(self.height, SMALLEST.1, desktop.height - TITLE_BAR),
            maximized: self.maximized,
        }
    }

    /// The left upper corner that puts the window by the tray: at the right, beside the edge of the screen that the
    /// panel takes. `screen` is all of it, `desktop` what panels leave free.
    pub(crate) fn by_the_tray(self, screen: Area, desktop: Area) -> (f64, f64) {
        let panel_above = desktop.y - screen.y;
        let panel_below = (screen.y + screen.height) - (desktop.y + desktop.height);
        let x = desktop.x + desktop.width - self.width - MARGIN;
        let y = if panel_above > panel_below {
            desktop.y + MARGIN
        } else {
            desktop.y + desktop.height - self.height - TITLE_BAR - MARGIN
        };
        (x.max(desktop.x), y.max(desktop.y))
    }
}

/// The file that remembers the size: in the agent's data folder (`DESKSIDE_DATA`, or `deskside` in the user's), if
/// there is one.
pub(crate) fn file(data_home: Option<PathBuf>) -> Option<PathBuf> {
    let folder = match std::env::var_os("DESKSIDE_DATA") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        Some(_) | None => data_home?.join("deskside"),
    };
    folder.is_dir().then(|| folder.join("window.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCREEN: Area = Area { x: 0.0, y: 0.0, width: 1280.0, height: 800.0 };

    #[test]
    fn a_size_is_remembered_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("window.json");
        assert_eq!(Size::remembered(Some(&file)), USUAL, "nothing is there yet");
        assert_eq!(Size::remembered(None), USUAL);
        let left = Size { width: 900.0, height: 500.0, maximized: true };
        left.remember(&file).unwrap();
        assert_eq!(Size::remembered(Some(&file)), left);
        for nonsense in ["", "{}", r#"{"width":null,"height":1,"maximized":false}"#, &"9".repeat(2000)] {
            fs::write(&file, nonsense).unwrap();
            assert_eq!(Size::remembered(Some(&file)), USUAL, "{nonsense:.20}");
        }
    }

    #[test]
    fn the_window_stands_by_the_tray() {
        let panel_below = Area { height: 760.0, ..SCREEN };
        assert_eq!(USUAL.by_the_tray(SCREEN, panel_below), (828.0, 28.0));
        let panel_above = Area { y: 32.0, height: 768.0, ..SCREEN };
        assert_eq!(USUAL.by_the_tray(SCREEN, panel_above), (828.0, 44.0));
    }

    proptest! {
        #[test]
        fn a_window_is_usable_and_on_the_screen_wherever_there_is_room(
            width in -10.0..100_000.0f64, height in -10.0..100_000.0f64, room in (400.0..8000.0f64, 440.0..8000.0f64),
            x in -8000.0..8000.0f64, y in -8000.0..8000.0f64,
        ) {
            let desktop = Area { x, y, width: room.0, height: room.1 };
            let size = Size { width, height, maximized: false }.within(desktop);
            prop_assert!(size.width >= SMALLEST.0 && size.height >= SMALLEST.1);
            let (left, top) = size.by_the_tray(desktop, desktop);
            prop_assert!(left >= x && top >= y);
            prop_assert!(left + size.width <= x + room.0 + 0.01 && top + size.height + TITLE_BAR <= y + room.1 + 0.01);
        }
    }
}
