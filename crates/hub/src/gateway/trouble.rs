//! That the gateway stands still, and why: kept where the doctor and the figures find it, and only when it changes.

use std::sync::{Mutex, PoisonError};

use deskside_protocol::{ErrorCode, ErrorReport, Timestamp};

use crate::state::AppState;

/// What goes on by itself, whatever the other does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// Sending what waits.
    Filing,
    /// Reading what changed.
    Following,
}

/// What was last kept of each part: nothing yet, that it goes on, or why it does not.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    filing: Mutex<Option<Option<ErrorCode>>>,
    following: Mutex<Option<Option<ErrorCode>>>,
}

impl Troubles {
    /// A part went on, or did not.
    pub(super) async fn went(&self, state: &AppState, part: Part, why: Option<&ErrorReport>) {
        let (kept, name) = match part {
            Part::Filing => (&self.filing, "filing"),
            Part::Following => (&self.following, "following"),
        };
        let now = Some(why.map(|why| why.code));
        if *kept.lock().unwrap_or_else(PoisonError::into_inner) == now {
            return;
        }
        match state.store.keep_standstill(name, why, Timestamp::now()).await {
            Ok(()) => *kept.lock().unwrap_or_else(PoisonError::into_inner) = now,
            Err(error) => tracing::warn!(%error, "how it stands with the helpdesk cannot be kept"),
        }
    }
}

/// With no helpdesk behind the hub, nothing stands still.
pub(super) async fn forget(state: &AppState) {
    let troubles = Troubles::default();
    troubles.went(state, Part::Filing, None).await;
    troubles.went(state, Part::Following, None).await;
}
