//! Moments in time, as every document of ours writes them.

use serde::{Deserialize, Serialize};

/// A moment, to the millisecond, written as RFC 3339 in UTC (`2026-11-23T14:52:00.123Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", ts(type = "string"))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
#[serde(transparent)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The system clock's present moment.
    #[must_use]
    pub fn now() -> Self {
        Self::from_unix_ms(jiff::Timestamp::now().as_millisecond())
    }

    /// From milliseconds since 1970-01-01T00:00:00Z. A value outside the calendar (year -9999 to 9999) is clamped to it.
    #[must_use]
    pub fn from_unix_ms(ms: i64) -> Self {
        let clamped = ms.clamp(jiff::Timestamp::MIN.as_millisecond(), jiff::Timestamp::MAX.as_millisecond());
        Self(jiff::Timestamp::from_millisecond(clamped).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_ms(self) -> i64 {
        self.0.as_millisecond()
    }

    /// The same moment for calendar arithmetic.
    #[must_use]
    pub fn get(self) -> jiff::Timestamp {
        self.0
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_millisecond_survives_json(ms: i64) {
            let before = Timestamp::from_unix_ms(ms);
            let text = serde_json::to_string(&before).unwrap();
            let after: Timestamp = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(before, after);
        }
    }
}
