//! An X server's pixels (X Window System Protocol, "Image formats") as red, green and blue: any depth, any masks, either
//! byte order. And what of the root window no monitor shows.

/// How a pixel lies in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// 16, 24 or 32.
    pub bits_per_pixel: u8,
    /// Rows are padded to a multiple of this many bits.
    pub scanline_pad: u8,
    /// Whether the least significant byte comes first.
    pub little_endian: bool,
    /// Which bits are red.
    pub red_mask: u32,
    /// Which bits are green.
    pub green_mask: u32,
    /// Which bits are blue.
    pub blue_mask: u32,
}

/// A rectangle in the root window, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

impl Rect {
    /// Where both are, if anywhere.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = (self.x.saturating_add(self.width)).min(other.x.saturating_add(other.width));
        let bottom = (self.y.saturating_add(self.height)).min(other.y.saturating_add(other.height));
        (right > x && bottom > y).then(|| Self { x, y, width: right - x, height: bottom - y })
    }

    /// Whether all of `other` is within.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.intersection(other) == Some(other)
    }

    /// The smallest that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self { x, y, width: right - x, height: bottom - y }
    }
}

impl Format {
    /// Bytes of a row of this many pixels; `None` for a format that we cannot read.
    #[must_use]
    pub fn row_bytes(&self, width: usize) -> Option<usize> {
        if !matches!(self.bits_per_pixel, 16 | 24 | 32) || !matches!(self.scanline_pad, 8 | 16 | 32) {
            return None;
        }
        let bits = width * usize::from(self.bits_per_pixel);
        Some(bits.div_ceil(usize::from(self.scanline_pad)) * usize::from(self.scanline_pad) / 8)
    }

    /// Appends a row of `width` pixels as red, green, blue. `row` holds at least that many.
    pub fn append_rgb(&self, row: &[u8], width: usize, rgb: &mut Vec<u8>) {
        let bytes = usize::from(self.bits_per_pixel / 8);
        let (red, green, blue) =
            (Channel::of(self.red_mask), Channel::of(self.green_mask), Channel::of(self.blue_mask));
        // What nearly every screen has: eight bits each, in whole bytes.
        if bytes == 4 && [red, green, blue].iter().all(|channel| channel.width == 8 && channel.shift % 8 == 0) {
            let at = |channel: Channel| {
                let from_low = (channel.shift / 8) as usize;
                if self.little_endian { from_low } else { 3 - from_low }
            };
            let (red, green, blue) = (at(red), at(green), at(blue));
            for pixel in row.chunks_exact(4).take(width) {
                rgb.extend_from_slice(&[pixel[red], pixel[green], pixel[blue]]);
            }
            return;
        }
        for pixel in row.chunks_exact(bytes.max(1)).take(width) {
            let fold = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
            let value = if self.little_endian { pixel.iter().rev().fold(0, fold) } else { pixel.iter().fold(0, fold) };
            rgb.extend_from_slice(&[red.value(value), green.value(value), blue.value(value)]);
        }
    }
}

/// The bits of one colour.
#[derive(Debug, Clone, Copy)]
struct Channel {
    shift: u32,
    width: u32,
}

impl Channel {
    fn of(mask: u32) -> Self {
        if mask == 0 {
            Self { shift: 0, width: 0 }
        } else {
            Self { shift: mask.trailing_zeros(), width: mask.count_ones() }
        }
    }

    /// The colour, scaled to eight bits.
    fn value(self, pixel: u32) -> u8 {
        if self.width == 0 || self.width > 31 {
            return 0;
        }
        let most = (1u64 << self.width) - 1;
        let value = u64::from(pixel >> self.shift) & most;
        u8::try_from((value * 255 + most / 2) / most).unwrap_or(u8::MAX)
    }
}

/// Blackens what no monitor shows of a row that begins at `left`: stale pixels of windows that nobody sees any more.
pub fn blacken_unseen(rgb: &mut [u8], left: i32, y: i32, monitors: &[Rect]) {
    if monitors.is_empty() {
        return;
    }
    let width = i32::try_from(rgb.len() / 3).unwrap_or(i32::MAX);
    let mut seen: Vec<(i32, i32)> = monitors
        .iter()
        .filter(|monitor| y >= monitor.y && y < monitor.y + monitor.height)
        .map(|monitor| ((monitor.x - left).clamp(0, width), (monitor.x + monitor.width - left).clamp(0, width)))
        .collect();
    seen.sort_unstable();
    seen.push((width, width));
    let mut from = 0;
    for (start, end) in seen {
        if start > from
            && let (Ok(a), Ok(b)) = (usize::try_from(from * 3), usize::try_from(start * 3))
            && let Some(unseen) = rgb.get_mut(a..b)
        {
            unseen.fill(0);
        }
        from = from.max(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRUE_COLOUR: Format = Format {
        bits_per_pixel: 32,
        scanline_pad: 32,
        little_endian: true,
        red_mask: 0x00ff_0000,
        green_mask: 0x0000_ff00,
        blue_mask: 0x0000_00ff,
    };

    fn rgb(format: Format, row: &[u8], width: usize) -> Vec<u8> {
        let mut rgb = Vec::new();
        format.append_rgb(row, width, &mut rgb);
        rgb
    }

    #[test]
    fn both_byte_orders_say_the_same() {
        let big = Format { little_endian: false, ..TRUE_COLOUR };
        assert_eq!(rgb(TRUE_COLOUR, &[3, 2, 1, 0, 6, 5, 4, 0], 2), [1, 2, 3, 4, 5, 6]);
        assert_eq!(rgb(big, &[0, 1, 2, 3, 0, 4, 5, 6], 2), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn other_depths_are_scaled() {
        let sixteen =
            Format { bits_per_pixel: 16, red_mask: 0xf800, green_mask: 0x07e0, blue_mask: 0x001f, ..TRUE_COLOUR };
        assert_eq!(rgb(sixteen, &0xf800u16.to_le_bytes(), 1), [255, 0, 0]);
        assert_eq!(rgb(sixteen, &0x07e0u16.to_le_bytes(), 1), [0, 255, 0]);
        let thirty = Format { red_mask: 0x3ff0_0000, green_mask: 0x000f_fc00, blue_mask: 0x0000_03ff, ..TRUE_COLOUR };
        assert_eq!(rgb(thirty, &0x3ff0_03ffu32.to_le_bytes(), 1), [255, 0, 255]);
        let packed = Format { bits_per_pixel: 24, ..TRUE_COLOUR };
        assert_eq!(rgb(packed, &[3, 2, 1, 6, 5, 4], 2), [1, 2, 3, 4, 5, 6]);
        assert_eq!(packed.row_bytes(3), Some(12), "rows of 24 bits are padded");
    }

    #[test]
    fn what_no_monitor_shows_is_black() {
        let monitors = [Rect { x: 0, y: 0, width: 2, height: 10 }, Rect { x: 3, y: 0, width: 1, height: 5 }];
        let mut row = vec![9; 5 * 3];
        blacken_unseen(&mut row, 0, 7, &monitors);
        assert_eq!(row, [9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let mut row = vec![9; 5 * 3];
        blacken_unseen(&mut row, 0, 2, &monitors);
        assert_eq!(row, [9, 9, 9, 9, 9, 9, 0, 0, 0, 9, 9, 9, 0, 0, 0]);
        let mut row = vec![9; 3];
        blacken_unseen(&mut row, 0, 2, &[]);
        assert_eq!(row, [9, 9, 9], "a server that names no monitors shows everything");
    }

    #[test]
    fn rectangles_meet_or_do_not() {
        let a = Rect { x: 0, y: 0, width: 10, height: 10 };
        let b = Rect { x: 5, y: 5, width: 10, height: 10 };
        assert_eq!(a.intersection(b), Some(Rect { x: 5, y: 5, width: 5, height: 5 }));
        assert_eq!(a.intersection(Rect { x: 10, ..a }), None);
        assert!(a.covers(Rect { x: 2, y: 2, width: 8, height: 8 }) && !a.covers(b));
        assert_eq!(a.union(b), Rect { x: 0, y: 0, width: 15, height: 15 });
    }

    proptest! {
        #[test]
        fn any_server_gives_three_bytes_a_pixel(
            bits in proptest::sample::select(vec![16u8, 24, 32]), pad in proptest::sample::select(vec![8u8, 16, 32]),
            little: bool, red: u32, green: u32, blue: u32, width in 1usize..50,
        ) {
            let format = Format {
                bits_per_pixel: bits, scanline_pad: pad, little_endian: little,
                red_mask: red, green_mask: green, blue_mask: blue,
            };
            let row = vec![0xa5; format.row_bytes(width).unwrap()];
            prop_assert_eq!(rgb(format, &row, width).len(), width * 3);
        }

        #[test]
        fn blackening_never_leaves_the_row(
            left in -100i32..100, y in -10i32..10, width in 0usize..50,
            monitors in proptest::collection::vec((-100i32..100, -10i32..10, 0i32..200, 0i32..20), 0..4),
        ) {
            let monitors: Vec<_> =
                monitors.into_iter().map(|(x, y, width, height)| Rect { x, y, width, height }).collect();
            let mut row = vec![1; width * 3];
            blacken_unseen(&mut row, left, y, &monitors);
            for (index, pixel) in row.chunks(3).enumerate() {
                let x = left + i32::try_from(index).unwrap();
                let point = Rect { x, y, width: 1, height: 1 };
                let seen = monitors.is_empty() || monitors.iter().any(|monitor| monitor.covers(point));
                prop_assert_eq!(pixel, if seen { [1, 1, 1] } else { [0, 0, 0] });
            }
        }
    }
}
