//! The virtual display: started on a free number, closed to other users, looked at.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, CreateGCAux, EventMask, ImageFormat,
    Window,
};
use x11rb::rust_connection::{DefaultStream, RustConnection};

use crate::programs::{Process, Spawn};

/// The name of the only authorisation that Xvfb and all clients know (Xsecurity(7)).
const COOKIE: &str = "MIT-MAGIC-COOKIE-1";

/// An X server without a screen.
pub(crate) struct Display {
    number: u32,
    cookie: [u8; 16],
    authority: PathBuf,
    _server: Process,
}

impl Display {
    /// Starts one. The server chooses a free number itself, so that two tests never fight over one.
    pub(crate) async fn start(folder: &Path, size: (u16, u16), marker: (&str, &str)) -> anyhow::Result<Self> {
        let authority = folder.join("Xauthority");
        let mut cookie = [0; 16];
        let mut random = std::fs::File::open("/dev/urandom")?;
        std::io::Read::read_exact(&mut random, &mut cookie)?;
        std::fs::write(&authority, authority_file(cookie))?;

        let screen = format!("{}x{}x24", size.0, size.1);
        let mut server = Spawn::new("Xvfb", folder.join("xvfb.log"))
            .args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset", "-auth"])
            .args([&authority])
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env(marker.0, marker.1)
            .start()?;
        let number = crate::programs::wait_until("Xvfb's display number", Duration::from_secs(15), async || {
            let output = server.output();
            let number = output.lines().find_map(|line| line.trim().parse::<u32>().ok());
            if number.is_none() && !server.runs() {
                anyhow::bail!("Xvfb ended: {output}");
            }
            Ok(number)
        })
        .await?;
        let display = Self { number, cookie, authority, _server: server };
        display.paint_background(size.1)?;
        Ok(display)
    }

    /// Paints a gradient behind all windows: in a picture of the screen one sees that it is one, and which way is up.
    fn paint_background(&self, height: u16) -> anyhow::Result<()> {
        /// The gradient is repeated from left to right.
        const TILE_WIDTH: u16 = 8;
        let (connection, screen) = self.connect()?;
        let screen = connection.setup().roots.get(screen).context("the display has no screen")?;
        let mut pixels = Vec::with_capacity(usize::from(TILE_WIDTH) * usize::from(height) * 4);
        for row in 0..height {
            let share = f32::from(row) / f32::from(height);
            // From a light slate to a deep one; blue, green, red, unused.
            let shade = |from: f32, to: f32| (from + (to - from) * share) as u8;
            let pixel = [shade(150.0, 74.0), shade(138.0, 56.0), shade(120.0, 40.0), 0];
            (0..TILE_WIDTH).for_each(|_| pixels.extend(pixel));
        }
        let (tile, context) = (connection.generate_id()?, connection.generate_id()?);
        connection.create_pixmap(screen.root_depth, tile, screen.root, TILE_WIDTH, height)?;
        connection.create_gc(context, tile, &CreateGCAux::new())?;
        connection.put_image(
            ImageFormat::Z_PIXMAP,
            tile,
            context,
            TILE_WIDTH,
            height,
            0,
            0,
            0,
            screen.root_depth,
            &pixels,
        )?;
        connection.change_window_attributes(screen.root, &ChangeWindowAttributesAux::new().background_pixmap(tile))?;
        connection.clear_area(false, screen.root, 0, 0, 0, 0)?.check()?;
        Ok(())
    }

    /// For `DISPLAY`.
    pub(crate) fn name(&self) -> String {
        format!(":{}", self.number)
    }

    /// For `XAUTHORITY`.
    pub(crate) fn authority(&self) -> &Path {
        &self.authority
    }

    pub(crate) fn connect(&self) -> anyhow::Result<(RustConnection, usize)> {
        let stream = UnixStream::connect(format!("/tmp/.X11-unix/X{}", self.number))?;
        let (stream, _) = DefaultStream::from_unix_stream(stream)?;
        let connection =
            RustConnection::connect_to_stream_with_auth_info(stream, 0, COOKIE.into(), self.cookie.to_vec())?;
        Ok((connection, 0))
    }

    /// A picture of the whole screen, as a PNG.
    pub(crate) fn picture(&self) -> anyhow::Result<Vec<u8>> {
        let (connection, screen) = self.connect()?;
        let screen = connection.setup().roots.get(screen).context("the display has no screen")?;
        let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
        let image = connection.get_image(ImageFormat::Z_PIXMAP, screen.root, 0, 0, width, height, !0)?.reply()?;
        // Depth 24 in a Z pixmap of a little-endian server: blue, green, red, unused.
        let pixels: Vec<u8> = image
            .data
            .chunks_exact(4)
            .flat_map(|pixel| pixel.iter().take(3).rev().copied().collect::<Vec<_>>())
            .collect();
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, width.into(), height.into());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&pixels)?;
        Ok(png)
    }

    /// Titles of the windows that the window manager knows, in the order of their coming.
    pub(crate) fn window_titles(&self) -> anyhow::Result<Vec<String>> {
        let (connection, screen) = self.connect()?;
        let root = connection.setup().roots.get(screen).context("the display has no screen")?.root;
        let (title, utf8) = (atom(&connection, "_NET_WM_NAME")?, atom(&connection, "UTF8_STRING")?);
        let mut titles = Vec::new();
        for window in windows(&connection, root)? {
            // A window may close while we ask.
            if let Ok(name) = connection.get_property(false, window, title, utf8, 0, 1024)?.reply() {
                titles.push(String::from_utf8_lossy(&name.value).into_owned());
            }
        }
        Ok(titles)
    }

    /// The first window whose title contains this, if there is one.
    pub(crate) fn window_titled(&self, part: &str) -> anyhow::Result<Option<Window>> {
        let (connection, screen) = self.connect()?;
        let root = connection.setup().roots.get(screen).context("the display has no screen")?.root;
        let (title, utf8) = (atom(&connection, "_NET_WM_NAME")?, atom(&connection, "UTF8_STRING")?);
        for window in windows(&connection, root)? {
            let Ok(name) = connection.get_property(false, window, title, utf8, 0, 1024)?.reply() else { continue };
            if String::from_utf8_lossy(&name.value).contains(part) {
                return Ok(Some(window));
            }
        }
        Ok(None)
    }

    /// The middle of a window, from the left upper corner of the screen, in pixels.
    pub(crate) fn middle_of(&self, window: Window) -> anyhow::Result<(u16, u16)> {
        let (connection, screen) = self.connect()?;
        let root = connection.setup().roots.get(screen).context("the display has no screen")?.root;
        let size = connection.get_geometry(window)?.reply()?;
        let middle = |length: u16| i16::try_from(length / 2);
        let place =
            connection.translate_coordinates(window, root, middle(size.width)?, middle(size.height)?)?.reply()?;
        Ok((u16::try_from(place.dst_x)?, u16::try_from(place.dst_y)?))
    }

    /// Asks every window to close, as a click on its close button does (Extended Window Manager Hints, _NET_CLOSE_WINDOW).
    pub(crate) fn close_windows(&self) -> anyhow::Result<()> {
        /// A pager or taskbar: the user's own wish.
        const BY_THE_USER: u32 = 2;
        let (connection, screen) = self.connect()?;
        let root = connection.setup().roots.get(screen).context("the display has no screen")?.root;
        let close = atom(&connection, "_NET_CLOSE_WINDOW")?;
        for window in windows(&connection, root)? {
            let message = ClientMessageEvent::new(32, window, close, [0, BY_THE_USER, 0, 0, 0]);
            let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
            connection.send_event(false, root, mask, message)?.check()?;
        }
        Ok(())
    }

    /// Whether a window shows something: more than one colour inside its frame.
    pub(crate) fn window_shows_something(&self) -> anyhow::Result<bool> {
        let (connection, screen) = self.connect()?;
        let root = connection.setup().roots.get(screen).context("the display has no screen")?.root;
        for window in windows(&connection, root)? {
            // A window may be on its way, not yet drawn or gone again.
            let Ok(size) = connection.get_geometry(window)?.reply() else { continue };
            let request = connection.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, size.width, size.height, !0)?;
            let Ok(image) = request.reply() else { continue };
            let mut pixels = image.data.chunks_exact(4);
            let first = pixels.next();
            if pixels.any(|pixel| Some(pixel) != first) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

pub(crate) fn atom(connection: &RustConnection, name: &str) -> anyhow::Result<u32> {
    Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
}

/// The windows that the window manager knows.
fn windows(connection: &RustConnection, root: Window) -> anyhow::Result<Vec<Window>> {
    let list = atom(connection, "_NET_CLIENT_LIST")?;
    let windows = connection.get_property(false, root, list, AtomEnum::WINDOW, 0, 1024)?.reply()?;
    Ok(windows.value32().into_iter().flatten().collect())
}

/// One entry of an Xauthority file (Xau, `XauFileName(3)`) that fits any address.
fn authority_file(cookie: [u8; 16]) -> Vec<u8> {
    const FAMILY_WILD: u16 = 0xffff;
    let mut entry = FAMILY_WILD.to_be_bytes().to_vec();
    let lengths = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap_or(0).to_be_bytes();
    for part in [&b""[..], b"", COOKIE.as_bytes(), &cookie] {
        entry.extend(lengths(part));
        entry.extend(part);
    }
    entry
}
