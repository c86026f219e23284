//! "It happened at 10:42": how this computer was during the last half hour. The samples are in memory and nowhere else;
//! the slice around a moment that the user points at is kept with the draft and leaves with it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deskside_protocol::health::{AFTER, BEFORE, HELD, HealthSample, HealthSlice, SLICE};
use deskside_protocol::local::{Connection, Response};
use deskside_protocol::{DraftId, ErrorCode, ErrorReport, Timestamp};
use tokio::time::{Instant, MissedTickBehavior};

use super::Controller;
use super::report::no_draft;
use crate::drafts::{self, Kept};
use crate::store::StoreError;

/// The samples of the last half hour; the oldest makes room.
#[derive(Debug, Default)]
pub(super) struct Ring(Mutex<VecDeque<HealthSample>>);

impl Ring {
    fn held(&self) -> std::sync::MutexGuard<'_, VecDeque<HealthSample>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, sample: HealthSample) {
        let mut held = self.held();
        while held.len() >= HELD {
            held.pop_front();
        }
        held.push_back(sample);
    }

    fn all(&self) -> Vec<HealthSample> {
        self.held().iter().copied().collect()
    }

    pub(super) fn clear(&self) {
        self.held().clear();
    }

    /// What is held around a moment; `None` if that is nothing.
    fn around(&self, moment: Timestamp) -> Option<HealthSlice> {
        slice(moment, self.held().iter().copied())
    }

    /// The same slice with what has come since it was cut, if anything has.
    pub(super) fn fuller(&self, before: &HealthSlice) -> Option<HealthSlice> {
        let both = before.samples.iter().copied().chain(self.all());
        slice(before.moment, both).filter(|fuller| fuller.samples.len() > before.samples.len())
    }
}

/// The samples around a moment, each once, oldest first: the clock may have been set back among them.
fn slice(moment: Timestamp, samples: impl Iterator<Item = HealthSample>) -> Option<HealthSlice> {
    let ms = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let from = moment.unix_ms().saturating_sub(ms(BEFORE));
    let to = moment.unix_ms().saturating_add(ms(AFTER));
    let mut samples: Vec<_> = samples.filter(|sample| (from..=to).contains(&sample.at.unix_ms())).collect();
    samples.sort_by_key(|sample| sample.at);
    samples.dedup_by_key(|sample| sample.at);
    // More than fit were taken only where the clock was set back; those nearest to now are the ones that count.
    samples.drain(..samples.len().saturating_sub(SLICE));
    (!samples.is_empty()).then_some(HealthSlice { moment, samples })
}

impl Controller {
    pub(super) async fn sample_health(self) {
        let mut tick = tokio::time::interval_at(Instant::now() + self.inner.options.sample, self.inner.options.sample);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.inner.stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            let mut sample = self.inner.ports.facts.health().await;
            sample.helpdesk = match self.inner.link.connection() {
                Connection::Online => Some(true),
                Connection::Offline | Connection::Refused => Some(false),
                Connection::NotEnrolled => None,
            };
            self.inner.health.push(sample);
        }
    }

    pub(super) fn health(&self) -> Response {
        Response::Health { samples: self.inner.health.all() }
    }

    pub(super) async fn set_moment(&self, id: DraftId, moment: Option<Timestamp>) -> Result<Response, ErrorReport> {
        let slice = match moment {
            Some(moment) => Some(self.inner.health.around(moment).ok_or_else(|| {
                ErrorReport::new(ErrorCode::NotFound, "nothing is known of this computer at that moment")
            })?),
            None => None,
        };
        Ok(Response::Draft(self.keep_health(id, slice.as_ref()).await?.draft))
    }

    /// Keeps this slice with the draft, after what could not be kept before.
    pub(super) async fn keep_health(&self, id: DraftId, slice: Option<&HealthSlice>) -> Result<Kept, ErrorReport> {
        self.settle_held(id).await?;
        let store = self.store();
        let mut tx = store.begin().await?;
        if !drafts::set_health(&mut tx, id, slice).await? {
            return Err(no_draft());
        }
        let kept = drafts::find(&mut tx, Some(id)).await?.ok_or_else(no_draft)?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> HealthSample {
        HealthSample {
            at: Timestamp::from_unix_ms(second * 1000),
            processor_percent: None,
            memory_percent: None,
            disk_percent: None,
            link: None,
            gateway: None,
            helpdesk: None,
        }
    }

    fn seconds(slice: &HealthSlice) -> Vec<i64> {
        slice.samples.iter().map(|sample| sample.at.unix_ms() / 1000).collect()
    }

    #[test]
    fn a_slice_is_what_was_around_the_moment_and_grows_as_time_goes_on() {
        let ring = Ring::default();
        (0..=60).for_each(|n| ring.push(at(n * 10)));
        let whole = ring.around(at(300).at).unwrap();
        assert_eq!(seconds(&whole), (12..=42).map(|n| n * 10).collect::<Vec<_>>());
        assert_eq!(ring.fuller(&whole), None);

        let now = ring.around(at(600).at).unwrap();
        assert_eq!(seconds(&now).last(), Some(&600));
        ring.push(at(610));
        assert_eq!(seconds(&ring.fuller(&now).unwrap()).last(), Some(&610));
        assert_eq!(ring.around(at(10_000).at), None);
    }

    #[test]
    fn the_slice_stays_whole_when_the_ring_has_moved_on() {
        let ring = Ring::default();
        (0..=20).for_each(|n| ring.push(at(n * 10)));
        let cut = ring.around(at(200).at).unwrap();
        (21..1000).for_each(|n| ring.push(at(n * 10)));
        assert_eq!(ring.around(cut.moment), None);
        assert_eq!(ring.fuller(&cut), None);
    }

    proptest! {
        #[test]
        fn any_clock_leaves_a_slice_in_order_and_small(seconds in prop::collection::vec(0i64..4000, 0..400), moment in 0i64..4000) {
            let ring = Ring::default();
            seconds.into_iter().for_each(|second| ring.push(at(second)));
            prop_assert!(ring.all().len() <= HELD);
            if let Some(slice) = ring.around(at(moment).at) {
                prop_assert!(slice.samples.len() <= SLICE);
                prop_assert!(slice.samples.windows(2).all(|pair| pair[0].at < pair[1].at));
            }
        }
    }
}
