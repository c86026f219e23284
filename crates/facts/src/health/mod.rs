//! Small looks at the machine, often: processor, memory, drives, link, gateway. One costs well under a millisecond of
//! processor time, so that it can be taken every ten seconds all day.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod portable;
#[cfg(windows)]
mod windows;

use std::time::Duration;

use deskside_protocol::{
    Timestamp,
    health::{Echo, HealthSample},
};

#[cfg(target_os = "linux")]
use self::linux::Counters;
#[cfg(not(any(target_os = "linux", windows)))]
use self::portable::Counters;
#[cfg(windows)]
use self::windows::Counters;
use crate::{Context, network};

/// Longest a look may take; an echo that has not come back by then is taken for lost.
const LOOK: Duration = Duration::from_secs(2);

/// Takes samples. Shares are over the time since the sample before, so that the first has none.
#[derive(Debug, Default)]
pub struct Sampler {
    counters: Counters,
}

impl Sampler {
    /// Looks now. `helpdesk` is left for the caller, who knows. Takes at most 2 s.
    pub async fn sample(&mut self, ctx: &Context) -> HealthSample {
        let at = Timestamp::now();
        let shares = self.counters.look(ctx);
        let way_out = tokio::time::timeout(LOOK, network::way_out(ctx)).await;
        let (link, gateway) = match way_out {
            Ok(way_out) => (way_out.link, way_out.gateway.map(|said| echo(&said))),
            Err(_) => (None, Some(Echo::Silent)),
        };
        HealthSample {
            at,
            processor_percent: shares.processor,
            memory_percent: shares.memory,
            disk_percent: shares.disk,
            link,
            gateway,
            helpdesk: None,
        }
    }
}

/// Shares in percent.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Shares {
    processor: Option<u8>,
    memory: Option<u8>,
    disk: Option<u8>,
}

fn echo(said: &deskside_protocol::facts::Reachability) -> Echo {
    match said.answer_ms {
        // A cast of floats saturates.
        Some(ms) => Echo::Answered { ms: ms.ceil() as u32 },
        None => Echo::Silent,
    }
}

/// A part of a whole, in percent; `None` of nothing.
fn percent(part: u64, whole: u64) -> Option<u8> {
    (whole > 0).then(|| u8::try_from(u128::from(part.min(whole)) * 100 / u128::from(whole)).unwrap_or(100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_share_is_a_share(part: u64, whole: u64) {
            match percent(part, whole) {
                Some(share) => prop_assert!(share <= 100),
                None => prop_assert_eq!(whole, 0),
            }
        }
    }

    #[tokio::test]
    async fn this_machine_has_a_second_sample_with_shares() {
        let ctx = Context::new(Vec::new(), std::path::PathBuf::from("/"));
        let mut sampler = Sampler::default();
        let first = sampler.sample(&ctx).await;
        tokio::time::sleep(Duration::from_millis(250)).await;
        let second = sampler.sample(&ctx).await;
        assert!(second.at > first.at);
        assert_eq!(first.processor_percent, None);
        assert!(second.processor_percent.is_some());
        assert!(second.memory_percent.is_some_and(|share| share > 0));
    }
}
