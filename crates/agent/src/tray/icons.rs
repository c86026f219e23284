//! The icon's shapes, as pixels: `icons/tray/`, decoded when they are shown.

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

/// The sizes that trays show: small, and doubled for dense screens.
const SIZES: [u32; 2] = [24, 48];

/// The look in every size.
#[must_use]
pub fn sizes(look: Look) -> Vec<Pixels> {
    SIZES.iter().map(|size| draw(look, *size)).collect()
}

/// Samples of a pixel along each edge, for smooth borders.
const SAMPLES: u32 = 4;

/// Draws the look in units of a 24 × 24 grid.
fn draw(look: Look, size_px: u32) -> Pixels {
    let mut rgba = Vec::with_capacity((size_px * size_px * 4) as usize);
    let steps = size_px * SAMPLES;
    for y in 0..size_px {
        for x in 0..size_px {
            let mut sums = [0u32; 4];
            for sample in 0..SAMPLES * SAMPLES {
                let at = |pixel: u32, offset: u32| (pixel * SAMPLES + offset) as f32 + 0.5;
                let scale = 24.0 / steps as f32;
                let point = (at(x, sample % SAMPLES) * scale, at(y, sample / SAMPLES) * scale);
                if let Some(colour) = colour(look, point) {
                    for (sum, part) in sums.iter_mut().zip(colour) {
                        *sum += u32::from(part);
                    }
                    sums[3] += 255;
                }
            }
            let covered = sums[3] / 255;
            for part in &sums[..3] {
                rgba.push(u8::try_from(part.checked_div(covered).unwrap_or(0)).unwrap_or(u8::MAX));
            }
            rgba.push(u8::try_from(sums[3] / (SAMPLES * SAMPLES)).unwrap_or(u8::MAX));
        }
    }
    Pixels { size_px, rgba }
}

const TEAL: [u8; 3] = [0x0f, 0x76, 0x6e];
const WHITE: [u8; 3] = [0xff, 0xff, 0xff];
const AMBER: [u8; 3] = [0xb4, 0x53, 0x09];

/// The colour at a point of the 24 × 24 grid: a speech bubble, and in it what it has to tell.
fn colour(look: Look, (x, y): (f32, f32)) -> Option<[u8; 3]> {
    let disc = |cx: f32, cy: f32, r: f32| (x - cx).hypot(y - cy) <= r;
    let block = |x0: f32, y0: f32, x1: f32, y1: f32| x >= x0 && x <= x1 && y >= y0 && y <= y1;
    let tail = (17.0..=22.5).contains(&y) && (6.0..=28.5 - y).contains(&x);
    let bubble = disc(12.0, 10.5, 9.5) || tail;
    match look {
        // Three points: ready to listen.
        Look::Ready => bubble.then(|| {
            if [7.5, 12.0, 16.5].iter().any(|cx| disc(*cx, 10.5, 1.6)) { WHITE } else { TEAL }
        }),
        // A large disc breaks the bubble's edge: somebody answered.
        Look::Unread if disc(18.0, 6.0, 5.0) => Some(AMBER),
        Look::Unread if disc(18.0, 6.0, 6.5) => None,
        Look::Unread => bubble.then_some(TEAL),
        // A clock's hands.
        Look::Waiting => bubble.then(|| {
            if block(11.0, 5.0, 13.0, 11.5) || block(11.0, 9.5, 17.0, 11.5) { WHITE } else { TEAL }
        }),
        // A triangle with an exclamation mark.
        Look::Parked => {
            let inside = (2.0..=22.0).contains(&y) && (x - 12.0).abs() <= (y - 2.0) * 0.55;
            let mark = block(11.0, 9.0, 13.0, 15.5) || disc(12.0, 18.5, 1.4);
            inside.then_some(if mark { WHITE } else { AMBER })
        }
        // The outline alone, struck through.
        Look::Offline => {
            let slash = (x - y).abs() <= 1.4 && (2.0..=22.0).contains(&x);
            let beside = (x - y).abs() <= 3.0;
            let ring = bubble && !disc(12.0, 10.5, 7.0);
            (slash || (ring && !beside)).then_some(TEAL)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Look; 5] = [Look::Ready, Look::Unread, Look::Waiting, Look::Parked, Look::Offline];

    #[test]
    fn every_look_has_a_shape_of_its_own_whatever_its_colours() {
        // What is left for somebody who sees no colour: bright, dark or nothing.
        let shape = |look| -> Vec<u8> {
            sizes(look)[0]
                .rgba
                .chunks_exact(4)
                .map(|pixel| match (pixel[3] > 127, pixel[..3].iter().all(|part| *part > 200)) {
                    (false, _) => 0,
                    (true, false) => 1,
                    (true, true) => 2,
                })
                .collect()
        };
        for (index, one) in ALL.iter().enumerate() {
            for other in &ALL[index + 1..] {
                let differing = shape(*one).iter().zip(shape(*other)).filter(|(a, b)| **a != *b).count();
                assert!(differing >= 20, "{one:?} and {other:?} differ in {differing} pixels only");
            }
        }
    }

    #[test]
    fn pixels_are_reordered_for_the_bus() {
        let one = Pixels { size_px: 1, rgba: vec![1, 2, 3, 4] };
        assert_eq!(one.argb(), [4, 1, 2, 3]);
        for size in sizes(Look::Ready) {
            assert_eq!(size.argb().len(), (size.size_px * size.size_px * 4) as usize);
        }
    }
}
