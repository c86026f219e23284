//! The screens of Windows and macOS, through `xcap`: each monitor on its own, put together as they stand.

use deskside_protocol::local::WindowRect;
use xcap::{Monitor, Window};

use super::encode::Rows;
use super::{ScreenError, WINDOWS, check_size};
use crate::ports::Picture;

/// Longest title, in characters.
const TITLE_CHARS: usize = 200;

/// A rectangle in the space that all monitors share, in pixels.
#[derive(Clone, Copy)]
struct Area {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

impl Area {
    fn of(x: i32, y: i32, width: u32, height: u32) -> Self {
        let (left, top) = (i64::from(x), i64::from(y));
        Self { left, top, right: left + i64::from(width), bottom: top + i64::from(height) }
    }

    fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    fn within(self, other: Self) -> Option<Self> {
        let both = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        (both.right > both.left && both.bottom > both.top).then_some(both)
    }

    fn size(self) -> (u32, u32) {
        let side = |length: i64| u32::try_from(length).unwrap_or(u32::MAX);
        (side(self.right - self.left), side(self.bottom - self.top))
    }
}

fn area(monitor: &Monitor) -> Result<Area, ScreenError> {
    let part = |value: xcap::XCapResult<i32>| value.map_err(ScreenError::unavailable);
    let side = |value: xcap::XCapResult<u32>| value.map_err(ScreenError::unavailable);
    Ok(Area::of(part(monitor.x())?, part(monitor.y())?, side(monitor.width())?, side(monitor.height())?))
}

fn monitors() -> Result<(Vec<(Monitor, Area)>, Area), ScreenError> {
    let all = Monitor::all().map_err(ScreenError::unavailable)?;
    let placed = all.into_iter().map(|monitor| Ok((area(&monitor)?, monitor)));
    let placed: Vec<_> = placed.map(|one| one.map(|(area, monitor)| (monitor, area))).collect::<Result<_, _>>()?;
    let whole = placed.iter().map(|(_, area)| *area).reduce(Area::union);
    let whole = whole.ok_or_else(|| ScreenError::Unavailable("there is no monitor".to_owned()))?;
    Ok((placed, whole))
}

pub(super) fn size() -> Result<(u32, u32), ScreenError> {
    Ok(monitors()?.1.size())
}

pub(super) fn take() -> Result<Picture, ScreenError> {
    let (monitors, whole) = monitors()?;
    let (width_px, height_px) = whole.size();
    check_size(width_px, height_px)?;
    // The size is within the limit, so that the bytes can be counted.
    let (width, height) = (width_px as usize, height_px as usize);
    let mut rgb = vec![0; width * height * 3];
    for (monitor, area) in monitors {
        let image = monitor.capture_image().map_err(ScreenError::unavailable)?;
        for (x, y, pixel) in image.enumerate_pixels() {
            let (x, y) = (area.left - whole.left + i64::from(x), area.top - whole.top + i64::from(y));
            let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { continue };
            if x < width
                && let Some(place) = rgb.get_mut((y * width + x) * 3..(y * width + x) * 3 + 3)
            {
                place.copy_from_slice(&pixel.0[..3]);
            }
        }
    }
    let mut rows = Rows::begin(width_px, height_px)?;
    rows.push(&rgb)?;
    // Without the right to see other windows' names (macOS), the picture comes without them.
    Ok(Picture { png: rows.finish()?, width_px, height_px, windows: windows(whole).unwrap_or_default() })
}

/// `xcap` lists the topmost window first.
fn windows(whole: Area) -> xcap::XCapResult<Vec<WindowRect>> {
    let mut found = Vec::new();
    for window in Window::all()? {
        let (Ok(x), Ok(y), Ok(width), Ok(height)) = (window.x(), window.y(), window.width(), window.height()) else {
            continue;
        };
        let Some(seen) = Area::of(x, y, width, height).within(whole) else { continue };
        if window.is_minimized().unwrap_or(true) {
            continue;
        }
        let title = window.title().unwrap_or_default();
        let (width_px, height_px) = seen.size();
        found.push(WindowRect {
            title: title.chars().filter(|one| !one.is_control()).take(TITLE_CHARS).collect(),
            x: u32::try_from(seen.left - whole.left).unwrap_or(0),
            y: u32::try_from(seen.top - whole.top).unwrap_or(0),
            width_px,
            height_px,
        });
        if found.len() == WINDOWS {
            break;
        }
    }
    Ok(found)
}
