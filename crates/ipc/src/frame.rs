//! Frames: a length (u32, little endian) and that many bytes of JSON.

use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes of the length before a frame.
pub const HEADER_BYTES: usize = 4;
/// Most that is asked of the system at once; memory grows with what arrives, not with what a header promises.
const READ_BYTES: usize = 64 * 1024;

/// What is wrong with a frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// It is, or would be, larger than allowed.
    #[error("a frame of {bytes} bytes, of which {limit} are allowed")]
    TooLarge {
        /// Its size, in bytes without the header.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The other end closed in the middle of a frame.
    #[error("the connection ended inside a frame")]
    Cut,
    /// It did not leave within [`deskside_protocol::limits::FRAME_SEND`].
    #[error("the other end does not read")]
    Stuck,
    /// It cannot be written as JSON.
    #[error("not to be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The system refused.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
}

/// Cuts a stream of bytes into frames. Holds no more than one read beyond the largest frame allowed.
#[derive(Debug)]
pub struct Decoder {
    pending: BytesMut,
    limit: usize,
}

impl Decoder {
    /// A decoder for frames of at most `limit` bytes, header not counted.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { pending: BytesMut::new(), limit }
    }

    /// Allows frames of another size from the next one on.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes bytes as they arrive, in pieces of any size.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// The next whole frame, without its header, if there is one.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] as soon as a header promises too much. The stream is of no use after that.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        let Some(header) = self.pending.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let bytes = usize::try_from(u32::from_le_bytes(*header)).unwrap_or(usize::MAX);
        if bytes > self.limit {
            return Err(FrameError::TooLarge { bytes, limit: self.limit });
        }
        if self.pending.len() - HEADER_BYTES < bytes {
            return Ok(None);
        }
        self.pending.advance(HEADER_BYTES);
        Ok(Some(self.pending.split_to(bytes).freeze()))
    }

    /// Whether a frame has begun and is not whole.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        !self.pending.is_empty()
    }
}

/// Reads frames from a stream.
#[derive(Debug)]
pub struct Reader<R> {
    stream: R,
    decoder: Decoder,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// Reads frames of at most `limit` bytes from `stream`.
    pub fn new(stream: R, limit: usize) -> Self {
        Self { stream, decoder: Decoder::new(limit) }
    }

    /// Allows frames of another size from the next one on.
    pub fn set_limit(&mut self, limit: usize) {
        self.decoder.set_limit(limit);
    }

    /// The next frame; `None` when the other end closed between two frames. May be cancelled: nothing is lost.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`], [`FrameError::Cut`] or [`FrameError::Io`]. The stream is of no use after that.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                return Ok(Some(frame));
            }
            self.decoder.pending.reserve(READ_BYTES);
            let mut room = (&mut self.decoder.pending).limit(READ_BYTES);
            if self.stream.read_buf(&mut room).await? == 0 {
                return if self.decoder.is_inside() { Err(FrameError::Cut) } else { Ok(None) };
            }
        }
    }
}

/// A message as a frame, header included.
///
/// # Errors
/// [`FrameError::TooLarge`] beyond `limit` bytes, [`FrameError::Json`] if it has no JSON form.
pub fn encode(message: &impl Serialize, limit: usize) -> Result<Bytes, FrameError> {
    let mut frame = BytesMut::with_capacity(256);
    frame.put_u32_le(0);
    serde_json::to_writer((&mut frame).writer(), message)?;
    let bytes = frame.len() - HEADER_BYTES;
    match u32::try_from(bytes) {
        Ok(header) if bytes <= limit => {
            frame[..HEADER_BYTES].copy_from_slice(&header.to_le_bytes());
            Ok(frame.freeze())
        }
        Ok(_) | Err(_) => Err(FrameError::TooLarge { bytes, limit }),
    }
}

/// Writes an encoded frame, in at most `within`.
///
/// # Errors
/// [`FrameError::Stuck`] or [`FrameError::Io`]; part of the frame may have left, so the stream is of no use after that.
pub async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    frame: &[u8],
    within: std::time::Duration,
) -> Result<(), FrameError> {
    let whole = async {
        stream.write_all(frame).await?;
        stream.flush().await
    };
    match tokio::time::timeout(within, whole).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(FrameError::Stuck),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Frames as they go over the wire.
    fn wire(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for frame in frames {
            bytes.extend_from_slice(&u32::try_from(frame.len()).unwrap().to_le_bytes());
            bytes.extend_from_slice(frame);
        }
        bytes
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_the_stream_is_cut(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20),
            cuts in prop::collection::vec(1usize..97, 1..50),
        ) {
            let bytes = wire(&frames);
            let mut decoder = Decoder::new(300);
            let (mut out, mut at) = (Vec::new(), 0);
            for cut in cuts.iter().cycle() {
                if at == bytes.len() { break; }
                let end = (at + cut).min(bytes.len());
                decoder.push(&bytes[at..end]);
                at = end;
                while let Some(frame) = decoder.next_frame().unwrap() { out.push(frame.to_vec()); }
            }
            prop_assert_eq!(out, frames);
            prop_assert!(!decoder.is_inside());
        }

        #[test]
        fn garbage_never_panics_and_never_yields_more_than_the_limit(bytes in prop::collection::vec(any::<u8>(), 0..4096), limit in 0usize..512) {
            let mut decoder = Decoder::new(limit);
            decoder.push(&bytes);
            let mut taken = 0;
            while let Ok(Some(frame)) = decoder.next_frame() {
                prop_assert!(frame.len() <= limit);
                taken += HEADER_BYTES + frame.len();
            }
            prop_assert!(taken <= bytes.len());
        }

        #[test]
        fn a_header_that_promises_too_much_is_refused_before_its_bytes_come(promise in 1025u32.., limit in 0usize..=1024) {
            let mut decoder = Decoder::new(limit);
            decoder.push(&promise.to_le_bytes());
            let refused = matches!(decoder.next_frame(), Err(FrameError::TooLarge { bytes, .. }) if bytes == promise as usize);
            prop_assert!(refused);
        }

        #[test]
        fn a_half_frame_is_waited_for_and_then_called_cut(frame in prop::collection::vec(any::<u8>(), 1..200), keep in 0.0f64..1.0) {
            let whole = wire(&[frame]);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in 204 bytes")]
            let half = 1 + (keep * (whole.len() - 2) as f64) as usize;
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut reader = Reader::new(&whole[..half], 1024);
            let cut = matches!(runtime.block_on(reader.next()), Err(FrameError::Cut));
            prop_assert!(cut);
        }

        #[test]
        fn what_is_encoded_is_decoded(text in ".{0,200}") {
            let frame = encode(&text, 4096).unwrap();
            let mut decoder = Decoder::new(4096);
            decoder.push(&frame);
            let body = decoder.next_frame().unwrap().unwrap();
            prop_assert_eq!(serde_json::from_slice::<String>(&body).unwrap(), text);
        }
    }

    #[test]
    fn too_large_a_message_is_refused_before_it_leaves() {
        let limit = 100;
        assert!(encode(&"x".repeat(98), limit).is_ok(), "98 letters and two quotes fit");
        assert!(matches!(encode(&"x".repeat(99), limit), Err(FrameError::TooLarge { bytes: 101, limit: 100 })));
    }

    #[tokio::test]
    async fn a_flood_is_read_at_the_readers_pace_and_in_little_memory() {
        let (mut theirs, ours) = tokio::io::duplex(8 * 1024);
        let flood = tokio::spawn(async move {
            let frame = wire(&[vec![7; 1000]]);
            for _ in 0..5000 {
                theirs.write_all(&frame).await.unwrap();
            }
        });
        let mut reader = Reader::new(ours, 1000);
        let mut count = 0;
        while let Some(frame) = reader.next().await.unwrap() {
            assert_eq!(frame.len(), 1000);
            assert!(reader.decoder.pending.len() <= READ_BYTES + 1000 + HEADER_BYTES);
            count += 1;
        }
        flood.await.unwrap();
        assert_eq!(count, 5000);
    }

    #[tokio::test]
    async fn writing_to_an_end_that_does_not_read_ends_in_time() {
        let (mut ours, _theirs) = tokio::io::duplex(16);
        let written = write(&mut ours, &[0; 1024], std::time::Duration::from_millis(50)).await;
        assert!(matches!(written, Err(FrameError::Stuck)));
    }
}
