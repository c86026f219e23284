//! The screen of a Wayland session, by the desktop's portal (`org.freedesktop.portal.Screenshot`). The desktop takes the
//! picture, may ask the user, and lays it down as a file, which goes as soon as it is read.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use ashpd::desktop::ResponseError;
use ashpd::desktop::screenshot::Screenshot;

use super::encode::Rows;
use super::{ScreenError, blocking, check_size};
use crate::ports::Picture;

/// Largest file taken from the portal, in bytes.
const FILE_BYTES: u64 = 256 * 1024 * 1024;

/// Whether there is a portal that takes pictures.
pub(super) async fn check() -> Result<(), ScreenError> {
    let bus = zbus::Connection::session().await.map_err(ScreenError::unavailable)?;
    let proxy = zbus::Proxy::new(
        &bus,
        "org.freedesktop.portal.Desktop",
        "/org/freedesktop/portal/desktop",
        "org.freedesktop.portal.Screenshot",
    )
    .await
    .map_err(ScreenError::unavailable)?;
    let version: u32 = proxy.get_property("version").await.map_err(ScreenError::unavailable)?;
    tracing::debug!(version, "the portal takes pictures");
    Ok(())
}

/// The picture. The portal names no windows: Wayland keeps them from each other.
pub(super) async fn take() -> Result<Picture, ScreenError> {
    let request = Screenshot::request().interactive(false).modal(false).send().await.map_err(reason)?;
    let response = request.response().map_err(reason)?;
    let file = url::Url::parse(response.uri().as_str())
        .ok()
        .filter(|address| address.scheme() == "file")
        .and_then(|address| address.to_file_path().ok())
        .ok_or_else(|| ScreenError::Unavailable("the portal's picture is not a file".to_owned()))?;
    blocking(move || {
        let picture = read(&file);
        forget(&file);
        picture
    })
    .await
}

fn reason(error: ashpd::Error) -> ScreenError {
    if matches!(error, ashpd::Error::Response(ResponseError::Cancelled)) {
        ScreenError::Refused
    } else {
        ScreenError::unavailable(error)
    }
}

/// The desktop laid it where the user's pictures are; it was made for us alone.
fn forget(file: &Path) {
    if let Err(error) = std::fs::remove_file(file) {
        tracing::warn!(%error, "the portal's copy of the picture stays");
    }
}

/// Reads the file and writes the picture anew: ours in size and format, without what else the file holds.
fn read(file: &Path) -> Result<Picture, ScreenError> {
    let source = File::open(file).map_err(ScreenError::unavailable)?;
    if source.metadata().map_err(ScreenError::unavailable)?.len() > FILE_BYTES {
        return Err(ScreenError::Unavailable("the portal's picture is too large".to_owned()));
    }
    let mut decoder = png::Decoder::new(BufReader::new(source));
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(ScreenError::unavailable)?;
    let (width_px, height_px) = (reader.info().width, reader.info().height);
    check_size(width_px, height_px)?;
    let channels = reader.output_color_type().0.samples();
    if reader.info().interlaced {
        return Err(ScreenError::Unavailable("the portal's picture is interlaced".to_owned()));
    }
    let width = width_px as usize;
    let mut rows = Rows::begin(width_px, height_px)?;
    let mut rgb = Vec::with_capacity(width * 3);
    while let Some(row) = reader.next_row().map_err(ScreenError::unavailable)? {
        rgb.clear();
        for pixel in row.data().chunks_exact(channels).take(width) {
            match *pixel {
                [red, green, blue] | [red, green, blue, _] => rgb.extend_from_slice(&[red, green, blue]),
                [grey] | [grey, _] => rgb.extend_from_slice(&[grey, grey, grey]),
                _ => {}
            }
        }
        rows.push(&rgb)?;
    }
    Ok(Picture { png: rows.finish()?, width_px, height_px, windows: Vec::new() })
}
