//! The virtual display: started on a free number, closed to other users, looked at.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat};
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
            .args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-auth"])
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
        Ok(Self { number, cookie, authority, _server: server })
    }

    /// For `DISPLAY`.
    pub(crate) fn name(&self) -> String {
        format!(":{}", self.number)
    }

    /// For `XAUTHORITY`.
    pub(crate) fn authority(&self) -> &Path {
        &self.authority
    }

    fn connect(&self) -> anyhow::Result<(RustConnection, usize)> {
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
        let atom = |name: &str| anyhow::Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom);
        let (list, title, utf8) = (atom("_NET_CLIENT_LIST")?, atom("_NET_WM_NAME")?, atom("UTF8_STRING")?);
        let windows = connection.get_property(false, root, list, AtomEnum::WINDOW, 0, 1024)?.reply()?;
        let mut titles = Vec::new();
        for window in windows.value32().into_iter().flatten() {
            // A window may close while we ask.
            if let Ok(name) = connection.get_property(false, window, title, utf8, 0, 1024)?.reply() {
                titles.push(String::from_utf8_lossy(&name.value).into_owned());
            }
        }
        Ok(titles)
    }
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
