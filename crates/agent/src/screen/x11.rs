//! The screen of an X server, by its core protocol and RandR (version 1.5): the part of the root window that monitors
//! show, and its windows as the window manager orders them (Extended Window Manager Hints 1.5).

use deskside_protocol::local::WindowRect;
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::randr::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateGCAux, ImageFormat, ImageOrder, MapState, Pixmap, Screen, SubwindowMode,
    Window as WindowId,
};
use x11rb::rust_connection::RustConnection;

use super::encode::Rows;
use super::pixels::{Format, Rect, blacken_unseen};
use super::{ScreenError, WINDOWS, check_size};
use crate::ports::Picture;

/// Bytes asked of the server at a time: the picture is never whole in memory, uncompressed.
const STRIP_BYTES: usize = 8 * 1024 * 1024;
/// Longest title, in characters.
const TITLE_CHARS: usize = 200;
/// Longest property asked for, in units of four bytes.
const PROPERTY_WORDS: u32 = 4096;
/// `_NET_WM_DESKTOP` of a window that is on all of them.
const ALL_DESKTOPS: u32 = u32::MAX;

/// An X server and the screen on it.
struct Server {
    connection: RustConnection,
    screen: usize,
    atoms: Atoms,
}

x11rb::atom_manager! {
    /// The names that we ask by.
    Atoms: AtomsCookie {
        _NET_CLIENT_LIST_STACKING,
        _NET_CURRENT_DESKTOP,
        _NET_WM_DESKTOP,
        _NET_WM_NAME,
        _NET_WM_STATE,
        _NET_WM_STATE_HIDDEN,
        _NET_FRAME_EXTENTS,
        _GTK_FRAME_EXTENTS,
        UTF8_STRING,
    }
}

/// Width and height of what the monitors show, in pixels.
///
/// # Errors
/// [`ScreenError::Unavailable`] if the server cannot be reached.
pub fn size(display: &str) -> Result<(u32, u32), ScreenError> {
    let area = Server::connect(display)?.area()?.0;
    Ok((area.width.unsigned_abs(), area.height.unsigned_abs()))
}

/// The picture.
///
/// # Errors
/// [`ScreenError::Unavailable`] if the server gives none, [`ScreenError::TooLarge`] past the limit.
pub fn take(display: &str) -> Result<Picture, ScreenError> {
    let server = Server::connect(display)?;
    let (area, monitors) = server.area()?;
    let (width_px, height_px) = (area.width.unsigned_abs(), area.height.unsigned_abs());
    check_size(width_px, height_px)?;
    // A window that closes meanwhile costs its rectangle, not the picture.
    let windows = server.windows(area).unwrap_or_default();
    let png = server.png(area, &monitors)?;
    Ok(Picture { png, width_px, height_px, windows })
}

fn short(value: i32) -> Result<i16, ScreenError> {
    i16::try_from(value).map_err(ScreenError::unavailable)
}

fn length(value: i32) -> Result<u16, ScreenError> {
    u16::try_from(value).map_err(ScreenError::unavailable)
}

impl Server {
    fn connect(display: &str) -> Result<Self, ScreenError> {
        let (connection, screen) = RustConnection::connect(Some(display)).map_err(ScreenError::unavailable)?;
        let atoms =
            Atoms::new(&connection).map_err(ScreenError::unavailable)?.reply().map_err(ScreenError::unavailable)?;
        Ok(Self { connection, screen, atoms })
    }

    fn screen(&self) -> Result<&Screen, ScreenError> {
        let roots = &self.connection.setup().roots;
        roots.get(self.screen).ok_or_else(|| ScreenError::Unavailable("the display has no such screen".to_owned()))
    }

    /// What the monitors show: the smallest rectangle around them, and each.
    fn area(&self) -> Result<(Rect, Vec<Rect>), ScreenError> {
        let screen = self.screen()?;
        // The setup tells the size at the connection's start, which is now.
        let whole =
            Rect { x: 0, y: 0, width: i32::from(screen.width_in_pixels), height: i32::from(screen.height_in_pixels) };
        let monitors: Vec<Rect> = self
            .monitors(screen.root)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|monitor| monitor.intersection(whole))
            .collect();
        Ok((monitors.iter().copied().reduce(Rect::union).unwrap_or(whole), monitors))
    }

    /// `None` where the server is too old to name monitors.
    fn monitors(&self, root: WindowId) -> Option<Vec<Rect>> {
        self.connection.extension_information(randr::X11_EXTENSION_NAME).ok()??;
        let version = self.connection.randr_query_version(1, 5).ok()?.reply().ok()?;
        if (version.major_version, version.minor_version) < (1, 5) {
            return None;
        }
        let reply = self.connection.randr_get_monitors(root, true).ok()?.reply().ok()?;
        let rect = |monitor: &randr::MonitorInfo| Rect {
            x: monitor.x.into(),
            y: monitor.y.into(),
            width: monitor.width.into(),
            height: monitor.height.into(),
        };
        Some(reply.monitors.iter().map(rect).collect())
    }

    /// How the root window's pixels lie.
    fn format(&self) -> Result<Format, ScreenError> {
        let setup = self.connection.setup();
        let screen = self.screen()?;
        let pixmap = setup.pixmap_formats.iter().find(|format| format.depth == screen.root_depth);
        let visual = screen
            .allowed_depths
            .iter()
            .flat_map(|depth| &depth.visuals)
            .find(|visual| visual.visual_id == screen.root_visual);
        let (Some(pixmap), Some(visual)) = (pixmap, visual) else {
            return Err(ScreenError::Unavailable("the screen's pixels are not described".to_owned()));
        };
        Ok(Format {
            bits_per_pixel: pixmap.bits_per_pixel,
            scanline_pad: pixmap.scanline_pad,
            little_endian: setup.image_byte_order == ImageOrder::LSB_FIRST,
            red_mask: visual.red_mask,
            green_mask: visual.green_mask,
            blue_mask: visual.blue_mask,
        })
    }

    fn png(&self, area: Rect, monitors: &[Rect]) -> Result<Vec<u8>, ScreenError> {
        let format = self.format()?;
        let width = usize::try_from(area.width).map_err(ScreenError::unavailable)?;
        let Some(row_bytes) = format.row_bytes(width) else {
            return Err(ScreenError::Unavailable(format!("{} bits a pixel", format.bits_per_pixel)));
        };
        let strip = i32::try_from((STRIP_BYTES / row_bytes).max(1)).unwrap_or(i32::MAX);
        let mut rows = Rows::begin(area.width.unsigned_abs(), area.height.unsigned_abs())?;
        let mut rgb = Vec::with_capacity(width * 3);
        let picture = self.snapshot(area)?;
        let written = (|| {
            let mut y = 0;
            while y < area.height {
                let height = strip.min(area.height - y);
                let image = self.strip(picture, y, area.width, height)?;
                let lines = (area.y + y..area.y + y + height).zip(image.chunks_exact(row_bytes));
                if lines.len() != usize::try_from(height).unwrap_or_default() {
                    return Err(ScreenError::Unavailable("the display gave less than a picture".to_owned()));
                }
                for (line, row) in lines {
                    rgb.clear();
                    format.append_rgb(row, width, &mut rgb);
                    blacken_unseen(&mut rgb, area.x, line, monitors);
                    rows.push(&rgb)?;
                }
                y += height;
            }
            rows.finish()
        })();
        // The connection's end would free it too.
        self.connection.free_pixmap(picture).map_err(ScreenError::unavailable)?;
        self.connection.flush().map_err(ScreenError::unavailable)?;
        written
    }

    /// A copy of what the screen shows now, in the server's memory. One request, so it is of one moment, and the screen
    /// goes on while the copy is read and compressed: a server that is held for that long stops every program's drawing.
    fn snapshot(&self, area: Rect) -> Result<Pixmap, ScreenError> {
        let screen = self.screen()?;
        let (x, y) = (short(area.x)?, short(area.y)?);
        let (width, height) = (length(area.width)?, length(area.height)?);
        let picture = self.connection.generate_id().map_err(ScreenError::unavailable)?;
        let context = self.connection.generate_id().map_err(ScreenError::unavailable)?;
        // With its windows, not only where none is (X Window System Protocol, "GCs", subwindow-mode).
        let with_windows = CreateGCAux::new().subwindow_mode(SubwindowMode::INCLUDE_INFERIORS).graphics_exposures(0);
        let asked = [
            self.connection.create_pixmap(screen.root_depth, picture, screen.root, width, height),
            self.connection.create_gc(context, screen.root, &with_windows),
            self.connection.copy_area(screen.root, picture, context, x, y, 0, 0, width, height),
            self.connection.free_gc(context),
        ];
        for request in asked {
            request.map_err(ScreenError::unavailable)?.check().map_err(ScreenError::unavailable)?;
        }
        Ok(picture)
    }

    fn strip(&self, picture: Pixmap, y: i32, width: i32, height: i32) -> Result<Vec<u8>, ScreenError> {
        let (y, width, height) = (short(y)?, length(width)?, length(height)?);
        let reply = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, picture, 0, y, width, height, u32::MAX)
            .map_err(ScreenError::unavailable)?
            .reply()
            .map_err(ScreenError::unavailable)?;
        Ok(reply.data)
    }

    /// The windows that can be seen, topmost first; `None` if the window manager does not say.
    fn windows(&self, area: Rect) -> Option<Vec<WindowRect>> {
        let root = self.screen().ok()?.root;
        let stacked = self.numbers(root, self.atoms._NET_CLIENT_LIST_STACKING, AtomEnum::WINDOW.into())?;
        let desktop = self.cardinal(root, self.atoms._NET_CURRENT_DESKTOP);
        let mut above: Vec<Rect> = Vec::new();
        let mut windows = Vec::new();
        for window in stacked.into_iter().rev() {
            let Some(rect) = self.visible_rect(root, window, desktop).and_then(|rect| rect.intersection(area)) else {
                continue;
            };
            if above.iter().any(|other| other.covers(rect)) {
                continue;
            }
            above.push(rect);
            windows.push(WindowRect {
                title: self.title(window),
                x: (rect.x - area.x).unsigned_abs(),
                y: (rect.y - area.y).unsigned_abs(),
                width_px: rect.width.unsigned_abs(),
                height_px: rect.height.unsigned_abs(),
            });
            if windows.len() == WINDOWS {
                break;
            }
        }
        Some(windows)
    }

    /// Where a window is with its frame, and without the shadow that it draws itself; `None` if it is not shown.
    fn visible_rect(&self, root: WindowId, window: WindowId, desktop: Option<u32>) -> Option<Rect> {
        let attributes = self.connection.get_window_attributes(window).ok()?.reply().ok()?;
        let on = self.cardinal(window, self.atoms._NET_WM_DESKTOP);
        let elsewhere = matches!((on, desktop), (Some(on), Some(now)) if on != now && on != ALL_DESKTOPS);
        let states = self.numbers(window, self.atoms._NET_WM_STATE, AtomEnum::ATOM.into()).unwrap_or_default();
        if attributes.map_state != MapState::VIEWABLE || elsewhere || states.contains(&self.atoms._NET_WM_STATE_HIDDEN)
        {
            return None;
        }
        let geometry = self.connection.get_geometry(window).ok()?.reply().ok()?;
        let place = self.connection.translate_coordinates(window, root, 0, 0).ok()?.reply().ok()?;
        let [left, right, top, bottom] = self
            .edges(window, self.atoms._GTK_FRAME_EXTENTS)
            .map(|edges| edges.map(|edge| -edge))
            .or_else(|| self.edges(window, self.atoms._NET_FRAME_EXTENTS))
            .unwrap_or_default();
        Some(Rect {
            x: i32::from(place.dst_x) - left,
            y: i32::from(place.dst_y) - top,
            width: i32::from(geometry.width) + left + right,
            height: i32::from(geometry.height) + top + bottom,
        })
    }

    /// Left, right, top, bottom.
    fn edges(&self, window: WindowId, name: Atom) -> Option<[i32; 4]> {
        let numbers = self.numbers(window, name, AtomEnum::CARDINAL.into())?;
        let edges: [u32; 4] = numbers.try_into().ok()?;
        // A client can claim anything; a frame is not larger than a screen's edge.
        Some(edges.map(|edge| i32::try_from(edge).unwrap_or(0).min(512)))
    }

    fn title(&self, window: WindowId) -> String {
        let text = |name: Atom, kind: Atom| {
            let reply =
                self.connection.get_property(false, window, name, kind, 0, PROPERTY_WORDS).ok()?.reply().ok()?;
            (!reply.value.is_empty()).then_some(reply.value)
        };
        let modern = text(self.atoms._NET_WM_NAME, self.atoms.UTF8_STRING)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        // WM_NAME of type STRING is Latin-1 (Inter-Client Communication Conventions Manual 2.0, section 2.7.1).
        let title = modern.or_else(|| {
            let bytes = text(AtomEnum::WM_NAME.into(), AtomEnum::STRING.into())?;
            Some(bytes.into_iter().map(char::from).collect())
        });
        title.unwrap_or_default().chars().filter(|one| !one.is_control()).take(TITLE_CHARS).collect()
    }

    fn numbers(&self, window: WindowId, name: Atom, kind: Atom) -> Option<Vec<u32>> {
        let reply = self.connection.get_property(false, window, name, kind, 0, PROPERTY_WORDS).ok()?.reply().ok()?;
        Some(reply.value32()?.collect())
    }

    fn cardinal(&self, window: WindowId, name: Atom) -> Option<u32> {
        self.numbers(window, name, AtomEnum::CARDINAL.into())?.first().copied()
    }
}
