//! `SHQueryUserNotificationState` (shellapi.h).
#![expect(unsafe_code, reason = "the system's C interface")]

use windows::Win32::UI::Shell::{
    QUNS_BUSY, QUNS_PRESENTATION_MODE, QUNS_QUIET_TIME, QUNS_RUNNING_D3D_FULL_SCREEN, SHQueryUserNotificationState,
};

use super::Undisturbed;

pub(super) fn undisturbed() -> Option<Undisturbed> {
    // SAFETY: the function takes nothing but the place of its answer, which the binding owns.
    let state = unsafe { SHQueryUserNotificationState() }.ok()?;
    if state == QUNS_BUSY || state == QUNS_RUNNING_D3D_FULL_SCREEN {
        Some(Undisturbed::FullScreen)
    } else if state == QUNS_PRESENTATION_MODE {
        Some(Undisturbed::Presentation)
    } else if state == QUNS_QUIET_TIME {
        Some(Undisturbed::QuietTime)
    } else {
        // Accepts notifications, an app of the store has the focus, or nobody is signed in to be disturbed.
        None
    }
}
