//! On Windows: the display devices of GDI.

use ::windows::Win32::Graphics::Gdi::{
    DEVMODEW, DISPLAY_DEVICE_ATTACHED_TO_DESKTOP, DISPLAY_DEVICE_PRIMARY_DEVICE, DISPLAY_DEVICEW,
    ENUM_CURRENT_SETTINGS, EnumDisplayDevicesW, EnumDisplaySettingsW,
};
use ::windows::core::PCWSTR;
use deskside_protocol::{
    facts::{Display, Displays},
    limits::FACTS_LIST,
};

use crate::{Context, Failure, blocking, windows::text_of};

pub(crate) async fn collect(_ctx: &Context) -> Result<Displays, Failure> {
    blocking(|| Ok(read())).await
}

fn read() -> Displays {
    let mut found = Displays::default();
    for number in 0..u32::try_from(FACTS_LIST).unwrap_or(u32::MAX) {
        let Some(adapter) = device(PCWSTR::null(), number) else { break };
        if !adapter.StateFlags.contains(DISPLAY_DEVICE_ATTACHED_TO_DESKTOP) {
            continue;
        }
        let card = text_of(&adapter.DeviceString);
        if !card.is_empty() && !found.adapters.contains(&card) {
            found.adapters.push(card);
        }
        let name = PCWSTR(adapter.DeviceName.as_ptr());
        let Some(mode) = mode(name) else { continue };
        found.displays.push(Display {
            name: text_of(&adapter.DeviceName).trim_start_matches(r"\\.\").to_owned(),
            model: device(name, 0).map(|monitor| text_of(&monitor.DeviceString)).filter(|model| !model.is_empty()),
            width_px: mode.dmPelsWidth,
            height_px: mode.dmPelsHeight,
            // 0 and 1 stand for the hardware's own rate.
            refresh_hz: (mode.dmDisplayFrequency > 1).then_some(mode.dmDisplayFrequency as f32),
            primary: adapter.StateFlags.contains(DISPLAY_DEVICE_PRIMARY_DEVICE),
        });
    }
    found
}

#[expect(unsafe_code, reason = "displays are only there through the Windows API")]
fn device(of: PCWSTR, number: u32) -> Option<DISPLAY_DEVICEW> {
    let mut device = DISPLAY_DEVICEW { cb: size_of::<DISPLAY_DEVICEW>() as u32, ..Default::default() };
    // SAFETY: `of` is null or points to a zero-ended name that its caller holds; `device` carries its own size.
    unsafe { EnumDisplayDevicesW(of, number, &raw mut device, 0) }.as_bool().then_some(device)
}

#[expect(unsafe_code, reason = "displays are only there through the Windows API")]
fn mode(name: PCWSTR) -> Option<DEVMODEW> {
    let mut mode = DEVMODEW { dmSize: size_of::<DEVMODEW>() as u16, ..Default::default() };
    // SAFETY: `name` points to a zero-ended name that its caller holds; `mode` carries its own size.
    unsafe { EnumDisplaySettingsW(name, ENUM_CURRENT_SETTINGS, &raw mut mode) }.as_bool().then_some(mode)
}
