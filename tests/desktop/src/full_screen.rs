//! Another program that fills the screen (Extended Window Manager Hints 1.5, "_NET_WM_STATE").

use anyhow::Context as _;
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, PropMode, Window, WindowClass};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::display::{Display, atom};

/// A window that fills the screen until it is dropped.
pub struct FullScreen {
    connection: RustConnection,
    root: Window,
    window: Window,
}

impl FullScreen {
    pub(crate) fn map(display: &Display) -> anyhow::Result<Self> {
        let (connection, screen) = display.connect()?;
        let screen = connection.setup().roots.get(screen).context("the display has no screen")?;
        let (root, black) = (screen.root, screen.black_pixel);
        let window = connection.generate_id()?;
        let looks = CreateWindowAux::new().background_pixel(black);
        let (depth, class) = (COPY_DEPTH_FROM_PARENT, WindowClass::INPUT_OUTPUT);
        connection.create_window(depth, window, root, 0, 0, 640, 400, 0, class, 0, &looks)?.check()?;
        let full = [atom(&connection, "_NET_WM_STATE_FULLSCREEN")?];
        let state = atom(&connection, "_NET_WM_STATE")?;
        connection.change_property32(PropMode::REPLACE, window, state, AtomEnum::ATOM, &full)?;
        let (name, text) = (atom(&connection, "_NET_WM_NAME")?, atom(&connection, "UTF8_STRING")?);
        connection.change_property8(PropMode::REPLACE, window, name, text, b"A film")?;
        connection.map_window(window)?.check()?;
        Ok(Self { connection, root, window })
    }

    /// Whether the window manager says that this window is the one that has the user's attention.
    ///
    /// # Errors
    /// The display is gone.
    pub fn is_active(&self) -> anyhow::Result<bool> {
        let active = atom(&self.connection, "_NET_ACTIVE_WINDOW")?;
        let reply = self.connection.get_property(false, self.root, active, AtomEnum::WINDOW, 0, 1)?.reply()?;
        Ok(reply.value32().and_then(|mut windows| windows.next()) == Some(self.window))
    }
}
