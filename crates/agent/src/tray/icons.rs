//! The icon's shapes: `icons/tray/any`, which can be told apart on light and on dark panels (a tray does not say which it
//! is). They are decoded when they are shown, and held by nobody.

use super::Look;

/// A square picture with straight alpha.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Width and height, in pixels.
    pub size_px: u32,
    /// Red, green, blue, alpha; rows from the top.
    pub rgba: Vec<u8>,
}

impl Pixels {
    /// As StatusNotifierItem wants them: ARGB32 in network byte order.
    #[must_use]
    pub fn argb(&self) -> Vec<u8> {
        let mut bytes = self.rgba.clone();
        for pixel in bytes.chunks_exact_mut(4) {
            pixel.rotate_right(1);
        }
        bytes
    }
}

macro_rules! shapes {
    ($name:literal) => {
        [
            include_bytes!(concat!("../../../../icons/tray/any/", $name, "-22.png")).as_slice(),
            include_bytes!(concat!("../../../../icons/tray/any/", $name, "-24.png")).as_slice(),
            include_bytes!(concat!("../../../../icons/tray/any/", $name, "-32.png")).as_slice(),
            include_bytes!(concat!("../../../../icons/tray/any/", $name, "-48.png")).as_slice(),
        ]
    };
}

/// The files of a look: 22, 24, 32 and 48 pixels.
fn files(look: Look) -> [&'static [u8]; 4] {
    match look {
        Look::Ready => shapes!("idle"),
        Look::Unread => shapes!("unread"),
        Look::Waiting => shapes!("waiting"),
        Look::Parked => shapes!("attention"),
        Look::Offline => shapes!("offline"),
    }
}

/// The look in every size, smallest first.
#[must_use]
pub fn sizes(look: Look) -> Vec<Pixels> {
    // A file that does not decode is left out; the test below holds that there is none.
    files(look).into_iter().filter_map(|file| decode(file).ok()).collect()
}

fn decode(file: &[u8]) -> Result<Pixels, png::DecodingError> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::ALPHA | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let size_px = reader.info().width;
    let mut rgba = vec![0; reader.output_buffer_size().unwrap_or_default()];
    reader.next_frame(&mut rgba)?;
    Ok(Pixels { size_px, rgba })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Look; 5] = [Look::Ready, Look::Unread, Look::Waiting, Look::Parked, Look::Offline];

    #[test]
    fn every_look_is_there_in_every_size() {
        for look in ALL {
            let sizes = sizes(look);
            assert_eq!(sizes.iter().map(|one| one.size_px).collect::<Vec<_>>(), [22, 24, 32, 48], "{look:?}");
            for one in sizes {
                assert_eq!(one.rgba.len(), (one.size_px * one.size_px * 4) as usize, "{look:?}");
            }
        }
    }

    #[test]
    fn every_look_has_a_shape_of_its_own_whatever_its_colours() {
        // What is left for somebody who sees no colour: something or nothing.
        let shape = |look| -> Vec<bool> { sizes(look)[1].rgba.chunks_exact(4).map(|pixel| pixel[3] > 127).collect() };
        for (index, one) in ALL.iter().enumerate() {
            for other in &ALL[index + 1..] {
                let differing = shape(*one).iter().zip(shape(*other)).filter(|(a, b)| **a != *b).count();
                assert!(differing >= 12, "{one:?} and {other:?} differ in {differing} pixels only");
            }
        }
    }

    #[test]
    fn pixels_are_reordered_for_the_bus() {
        let one = Pixels { size_px: 1, rgba: vec![1, 2, 3, 4] };
        assert_eq!(one.argb(), [4, 1, 2, 3]);
    }
}
