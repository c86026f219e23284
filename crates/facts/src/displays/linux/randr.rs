//! What the X server shows: outputs with their picture, through RandR 1.3.

use deskside_protocol::facts::Display;
use x11rb::{
    connection::Connection,
    protocol::{
        randr::{self, ConnectionExt as _, ModeFlag, ModeInfo, Output},
        xproto::{AtomEnum, ConnectionExt as _},
    },
    rust_connection::RustConnection,
};

use super::edid;
use crate::Failure;

/// Length of an EDID that is asked for, in units of 4 bytes: the base block is what is read.
const EDID_WORDS: u32 = 32;

pub(super) fn displays(display: &str) -> Result<Vec<Display>, Failure> {
    let (server, screen) =
        RustConnection::connect(Some(display)).map_err(|error| Failure::unavailable(format!("X server: {error}")))?;
    ask(&server, screen).map_err(|error| Failure::broken(format!("X server: {error}")))
}

fn ask(server: &RustConnection, screen: usize) -> Result<Vec<Display>, Box<dyn std::error::Error>> {
    let root = server.setup().roots.get(screen).ok_or("no such screen")?.root;
    let resources = server.randr_get_screen_resources_current(root)?.reply()?;
    let primary = server.randr_get_output_primary(root)?.reply()?.output;
    let edid = server.intern_atom(true, b"EDID")?.reply()?.atom;
    let mut displays = Vec::new();
    for output in resources.outputs.iter().copied() {
        let info = server.randr_get_output_info(output, resources.config_timestamp)?.reply()?;
        if info.connection != randr::Connection::CONNECTED || info.crtc == x11rb::NONE {
            continue;
        }
        let shown = server.randr_get_crtc_info(info.crtc, resources.config_timestamp)?.reply()?;
        let mode = resources.modes.iter().find(|mode| mode.id == shown.mode);
        displays.push(Display {
            name: String::from_utf8_lossy(&info.name).into_owned(),
            model: model(server, output, edid),
            width_px: shown.width.into(),
            height_px: shown.height.into(),
            refresh_hz: mode.and_then(refresh_hz),
            primary: output == primary,
        });
    }
    Ok(displays)
}

fn model(server: &RustConnection, output: Output, edid: u32) -> Option<String> {
    if edid == x11rb::NONE {
        return None;
    }
    let asked = server.randr_get_output_property(output, edid, AtomEnum::ANY, 0, EDID_WORDS, false, false);
    edid::model(&asked.ok()?.reply().ok()?.data)
}

/// Pictures per second: the pixel clock over the pixels of a picture with its borders.
fn refresh_hz(mode: &ModeInfo) -> Option<f32> {
    let mut lines = f64::from(mode.vtotal);
    if mode.mode_flags.contains(ModeFlag::DOUBLE_SCAN) {
        lines *= 2.0;
    }
    if mode.mode_flags.contains(ModeFlag::INTERLACE) {
        lines /= 2.0;
    }
    let pixels = f64::from(mode.htotal) * lines;
    let hertz = f64::from(mode.dot_clock) / pixels;
    // Virtual screens have no clock.
    (pixels > 0.0 && hertz >= 1.0).then_some((hertz * 100.0).round() as f32 / 100.0)
}
