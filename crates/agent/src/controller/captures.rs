//! Pictures of the screen between the moment they are taken and the moment the user has chosen what to keep. Only in
//! memory, only the newest few: a picture that nobody chose never reaches a disk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use deskside_protocol::local::Capture;
use deskside_protocol::{CaptureId, ErrorCode, ErrorReport, Timestamp, limits};

use crate::ports::Picture;

#[derive(Default)]
pub(super) struct Captures {
    held: Mutex<VecDeque<(Capture, Arc<[u8]>)>>,
}

impl Captures {
    pub(super) fn hold(&self, picture: Picture) -> Result<Capture, ErrorReport> {
        if u64::from(picture.width_px) * u64::from(picture.height_px) > limits::CAPTURE_PIXELS {
            return Err(ErrorReport::new(ErrorCode::ScreenUnavailable, "the screen has more pixels than can be held"));
        }
        let capture = Capture {
            id: CaptureId::new(),
            at: Timestamp::now(),
            width_px: picture.width_px,
            height_px: picture.height_px,
            windows: picture.windows,
        };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        while held.len() >= limits::CAPTURES {
            held.pop_front();
        }
        held.push_back((capture.clone(), picture.png.into()));
        Ok(capture)
    }

    pub(super) fn find(&self, id: CaptureId) -> Result<(Capture, Arc<[u8]>), ErrorReport> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter()
            .find(|(capture, _)| capture.id == id)
            .cloned()
            .ok_or_else(|| ErrorReport::new(ErrorCode::NotFound, "the picture is no longer held"))
    }

    pub(super) fn forget(&self, id: CaptureId) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).retain(|(capture, _)| capture.id != id);
    }

    pub(super) fn clear(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
