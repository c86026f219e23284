//! PNG (ISO/IEC 15948), written as the rows come, so that a picture is never whole in memory uncompressed. No chunk but
//! the ones a picture needs: no time, no text, no profile.

use std::io::Write as _;

use png::{BitDepth, ColorType, Compression, Encoder, Filter, StreamWriter};

use super::ScreenError;

/// A picture that is being written.
pub struct Rows {
    writer: StreamWriter<'static, SharedBytes>,
    bytes: SharedBytes,
}

impl Rows {
    /// A picture of this size, 8 bits each of red, green and blue.
    ///
    /// # Errors
    /// [`ScreenError::Unavailable`] if the size cannot be one of a picture.
    pub fn begin(width_px: u32, height_px: u32) -> Result<Self, ScreenError> {
        let bytes = SharedBytes::default();
        let mut encoder = Encoder::new(bytes.clone(), width_px, height_px);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Fast);
        encoder.set_filter(Filter::Up);
        let writer = encoder.write_header().and_then(png::Writer::into_stream_writer);
        Ok(Self { writer: writer.map_err(ScreenError::unavailable)?, bytes })
    }

    /// The next rows, each of three bytes a pixel.
    ///
    /// # Errors
    /// [`ScreenError::Unavailable`] if there are more than the picture has.
    pub fn push(&mut self, rgb: &[u8]) -> Result<(), ScreenError> {
        self.writer.write_all(rgb).map_err(ScreenError::unavailable)
    }

    /// The picture.
    ///
    /// # Errors
    /// [`ScreenError::Unavailable`] if rows are missing.
    pub fn finish(self) -> Result<Vec<u8>, ScreenError> {
        self.writer.finish().map_err(ScreenError::unavailable)?;
        Ok(self.bytes.take())
    }
}

/// Bytes that both the encoder, which keeps its sink, and we can get at.
#[derive(Debug, Clone, Default)]
struct SharedBytes(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);

impl SharedBytes {
    fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl std::io::Write for SharedBytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_without_metadata() {
        let rows: Vec<u8> = (0..4 * 3 * 3).map(|byte| byte * 5).collect();
        let mut picture = Rows::begin(4, 3).unwrap();
        picture.push(&rows[..12]).unwrap();
        picture.push(&rows[12..]).unwrap();
        let png = picture.finish().unwrap();

        let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        let mut back = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut back).unwrap();
        assert_eq!(back, rows);

        let mut kinds = Vec::new();
        let mut rest = &png[8..];
        while rest.len() >= 12 {
            let length = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
            kinds.push(String::from_utf8(rest[4..8].to_vec()).unwrap());
            rest = &rest[length + 12..];
        }
        kinds.dedup();
        assert_eq!(kinds, ["IHDR", "IDAT", "IEND"]);
    }

    #[test]
    fn missing_rows_are_no_picture() {
        let mut picture = Rows::begin(4, 3).unwrap();
        picture.push(&[0; 12]).unwrap();
        assert!(picture.finish().is_err());
        assert!(Rows::begin(0, 3).is_err());
    }
}
