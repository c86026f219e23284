//! How long the hub keeps tickets that are over, and what came with them. Looked at every hour; each time it says in the
//! journal how much went.
//!
//! Nothing goes because of a clock alone: after a leap, and after the hub was off, the clock must have gone on evenly for
//! a day.

use std::sync::Arc;
use std::time::Duration;

use deskside_protocol::Timestamp;
use deskside_protocol::desk::Retention;

use crate::limits;
use crate::state::AppState;
use crate::store::StoreError;

/// What is kept for how long, and how it is watched over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// In days.
    pub days: Retention,
    /// Between two looks. Tests shorten it, and the next.
    pub every: Duration,
    /// How long the clock must have gone on evenly.
    pub calm: Duration,
}

/// Three years for what was asked and answered, half a year for what the machine said and the pictures showed: they are
/// for mending the problem, and it is mended.
impl Default for Keeping {
    fn default() -> Self {
        let days = Retention { tickets_days: Some(1095), diagnostics_days: Some(180), files_days: Some(180) };
        Self { days, every: limits::RETENTION_LOOK, calm: limits::RETENTION_CALM }
    }
}

/// Does what the retention says, for as long as the hub runs.
pub(crate) async fn keep(state: Arc<AppState>) {
    let mut every = tokio::time::interval(state.config.keeping.every);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        if let Err(error) = once(&state).await {
            tracing::warn!(%error, "the retention could not be looked after");
        }
    }
}

async fn once(state: &AppState) -> Result<(), StoreError> {
    let Keeping { days, calm, .. } = state.config.keeping;
    let store = &state.store;
    // An older hub on the same database may have taken tickets in.
    store.read_requesters().await?;
    let now = Timestamp::now();
    if !store.clock_is_calm(now, calm).await? {
        return Ok(());
    }
    store.forget_copies(limits::COPY_LIFE).await?;
    let before = |days: u32| Timestamp::from_unix_ms(now.unix_ms().saturating_sub(i64::from(days) * 86_400_000));
    // Whole tickets first: what goes with them need not go by itself.
    if let Some(days) = days.tickets_days {
        store.expire_tickets(before(days), &state.files).await?;
    }
    if let Some(days) = days.diagnostics_days {
        store.expire_diagnostics(before(days)).await?;
    }
    if let Some(days) = days.files_days {
        store.expire_files(before(days), &state.files).await?;
    }
    Ok(())
}
