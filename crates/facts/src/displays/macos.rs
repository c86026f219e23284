//! On macOS: screens by Quartz Display Services, their names and the graphics adapters by the I/O Registry.

use deskside_protocol::facts::{Display, Displays};
use objc2_core_graphics::{
    CGDirectDisplayID, CGDisplayCopyDisplayMode, CGDisplayIsBuiltin, CGDisplayIsMain, CGDisplayMode,
    CGDisplayModelNumber, CGDisplayUnitNumber, CGDisplayVendorNumber, CGError, CGGetOnlineDisplayList,
};
use plist::{Dictionary, Value};

use crate::{
    Context, Failure, blocking,
    macos::{displays, plists::text, registry},
};

/// Screens that are told, at most.
const SCREENS: usize = 16;

pub(crate) async fn collect(_ctx: &Context) -> Result<Displays, Failure> {
    blocking(|| {
        let attributes: Vec<Value> = registry::of_class(c"IOMobileFramebuffer")
            .iter()
            .filter_map(|buffer| buffer.value("DisplayAttributes"))
            .collect();
        let displays = online()?.into_iter().map(|id| display(id, &attributes)).collect();
        Ok(Displays { displays, adapters: adapters() })
    })
    .await
}

#[expect(unsafe_code, reason = "screens are only there through Quartz's functions")]
fn online() -> Result<Vec<CGDirectDisplayID>, Failure> {
    let mut ids: [CGDirectDisplayID; SCREENS] = [0; SCREENS];
    let mut count = 0;
    // SAFETY: the call writes no more than as many numbers as it is told there is room for.
    let status = unsafe { CGGetOnlineDisplayList(SCREENS as u32, ids.as_mut_ptr(), &raw mut count) };
    if status != CGError::Success {
        return Err(Failure::broken(format!("CGGetOnlineDisplayList: {}", status.0)));
    }
    Ok(ids.into_iter().take(count as usize).collect())
}

fn display(id: CGDirectDisplayID, attributes: &[Value]) -> Display {
    let mode = CGDisplayCopyDisplayMode(id);
    let mode = mode.as_deref();
    let pixels = |length: usize| u32::try_from(length).unwrap_or(0);
    let (vendor, model) = (CGDisplayVendorNumber(id), CGDisplayModelNumber(id));
    // 0 for screens that have no fixed rate.
    let rate = CGDisplayMode::refresh_rate(mode);
    Display {
        name: if CGDisplayIsBuiltin(id) {
            "Built-in".to_owned()
        } else {
            format!("Display {}", CGDisplayUnitNumber(id))
        },
        model: displays::product(attributes, vendor, model)
            .or_else(|| displays::maker(vendor).map(|maker| format!("{maker} {model:04x}"))),
        width_px: pixels(CGDisplayMode::pixel_width(mode)),
        height_px: pixels(CGDisplayMode::pixel_height(mode)),
        #[expect(clippy::cast_possible_truncation, reason = "a rate has a few digits")]
        refresh_hz: (rate > 0.0).then_some(rate as f32),
        primary: CGDisplayIsMain(id),
    }
}

/// The driver of the graphics names its model (Apple silicon), or the card that it hangs on does (Intel).
fn adapters() -> Vec<String> {
    let mut names: Vec<String> = registry::of_class(c"IOAccelerator")
        .iter()
        .filter_map(|driver| {
            let model = driver.value("model").or_else(|| driver.value_of_parents("model"))?;
            text(&Value::Dictionary(Dictionary::from_iter([("model".to_owned(), model)])), &["model"])
        })
        .collect();
    names.sort();
    names.dedup();
    names
}
