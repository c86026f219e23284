//! How a device was, moment by moment: "it happened at 10:42". Kept in memory on the device, for half an hour; only the
//! slice that the user points at ever leaves, and only with a ticket.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Time between two samples.
pub const EVERY: Duration = Duration::from_secs(10);
/// Samples that are held: half an hour.
pub const HELD: usize = 180;
/// How long before the moment that the user points at a slice begins.
pub const BEFORE: Duration = Duration::from_secs(180);
/// How long after it the slice ends.
pub const AFTER: Duration = Duration::from_secs(120);
/// Most samples of a slice: the moment's own, and a spare one for a timer that was early.
pub const SLICE: usize = 32;

/// The device at one moment. What a system does not tell is absent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HealthSample {
    /// When.
    pub at: Timestamp,
    /// Busy share of all processors since the sample before, 0 to 100.
    pub processor_percent: Option<u8>,
    /// Share of the memory that programs cannot get any more, 0 to 100.
    pub memory_percent: Option<u8>,
    /// Busy share of the busiest drive since the sample before, 0 to 100.
    pub disk_percent: Option<u8>,
    /// Whether any network interface had a link.
    pub link: Option<bool>,
    /// Round trip to the gateway.
    pub gateway: Option<Echo>,
    /// Whether the connection to the helpdesk stood; absent where none is set up.
    pub helpdesk: Option<bool>,
}

/// What came of an echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "echo", rename_all = "kebab-case")]
pub enum Echo {
    /// It came back.
    Answered {
        /// After so many milliseconds, rounded up.
        ms: u32,
    },
    /// It did not, in time.
    Silent,
}

/// The samples around a moment that the user pointed at, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HealthSlice {
    /// The moment.
    pub moment: Timestamp,
    /// The samples from [`BEFORE`] to [`AFTER`] it, at most [`SLICE`].
    pub samples: Vec<HealthSample>,
}
