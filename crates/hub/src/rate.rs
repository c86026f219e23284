//! How much one device, one address or one login may ask, so that none can take the hub from the others.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deskside_protocol::{DeviceId, ErrorCode};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::problem::ApiError;

/// All limits of one hub.
#[derive(Debug)]
pub(crate) struct Rates {
    /// Requests of one device: generous, an outbox that was offline for long empties at once.
    devices: DefaultKeyedRateLimiter<DeviceId>,
    /// Requests without a credential, of one address: enrolment. Generous: a whole company can stand behind one address.
    enrolments: DefaultKeyedRateLimiter<IpAddr>,
    /// Requests of one console session.
    sessions: DefaultKeyedRateLimiter<String>,
    /// Failed sign-ins of one address; of one address for one login: a stranger who guesses keeps nobody else out.
    by_address: Failures<IpAddr>,
    by_address_and_login: Failures<(IpAddr, String)>,
    /// Failed sign-ins for one login from all addresses together, against many who guess in turn. One address alone
    /// never reaches it: its own limits fill up no faster than this one empties.
    by_login: Failures<String>,
}

/// Failures per key; who fails too often is refused, even with the right password, until the time is over.
#[derive(Debug)]
struct Failures<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    refused_until: Mutex<HashMap<K, Instant>>,
}

impl<K: Hash + Eq + Clone> Failures<K> {
    fn new(quota: Quota) -> Self {
        Self { limiter: DefaultKeyedRateLimiter::keyed(quota), refused_until: Mutex::new(HashMap::new()) }
    }

    /// How long this key is refused yet.
    fn wait(&self, key: &K) -> Option<Duration> {
        let now = Instant::now();
        let refused = self.refused_until.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(key).and_then(|until| until.checked_duration_since(now)).filter(|wait| !wait.is_zero())
    }

    fn count(&self, key: &K) {
        if let Err(not_until) = self.limiter.check_key(key) {
            let until = Instant::now() + not_until.wait_time_from(DefaultClock::default().now());
            self.refused_until.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), until);
        }
    }

    fn forget(&self) {
        self.limiter.retain_recent();
        let now = Instant::now();
        self.refused_until.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, until| *until > now);
    }
}

fn per_second(rate: u32, burst: u32) -> Quota {
    Quota::per_second(NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN))
        .allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN))
}

fn one_per(period: Duration, burst: u32) -> Quota {
    Quota::with_period(period)
        .unwrap_or(Quota::per_second(NonZeroU32::MIN))
        .allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN))
}

impl Rates {
    pub(crate) fn new() -> Self {
        Self {
            devices: DefaultKeyedRateLimiter::keyed(per_second(50, 500)),
            enrolments: DefaultKeyedRateLimiter::keyed(per_second(20, 200)),
            sessions: DefaultKeyedRateLimiter::keyed(per_second(50, 500)),
            by_address: Failures::new(one_per(Duration::from_secs(6), 20)),
            by_address_and_login: Failures::new(one_per(Duration::from_secs(15), 8)),
            by_login: Failures::new(one_per(Duration::from_secs(3), 300)),
        }
    }

    pub(crate) fn device(&self, device: DeviceId) -> Result<(), ApiError> {
        check(&self.devices, &device)
    }

    pub(crate) fn enrolment(&self, address: IpAddr) -> Result<(), ApiError> {
        check(&self.enrolments, &whole(address))
    }

    pub(crate) fn session(&self, digest: &str) -> Result<(), ApiError> {
        check(&self.sessions, &digest.to_owned())
    }

    /// Whether a sign-in may be tried at all.
    pub(crate) fn sign_in(&self, address: IpAddr, login: &str) -> Result<(), ApiError> {
        let (address, login) = (whole(address), login.to_owned());
        let wait = self.by_address.wait(&address).max(self.by_login.wait(&login));
        let wait = wait.max(self.by_address_and_login.wait(&(address, login)));
        match wait {
            None => Ok(()),
            Some(wait) => {
                Err(ApiError::new(ErrorCode::Busy, "too many failed sign-ins; wait a little").retry_after(wait))
            }
        }
    }

    /// Counts a failed sign-in.
    pub(crate) fn sign_in_failed(&self, address: IpAddr, login: &str) {
        let (address, login) = (whole(address), login.to_owned());
        self.by_address.count(&address);
        self.by_login.count(&login);
        self.by_address_and_login.count(&(address, login));
    }

    /// Forgets who has been quiet; called now and then so that the tables do not grow for ever.
    pub(crate) fn forget(&self) {
        self.devices.retain_recent();
        self.enrolments.retain_recent();
        self.sessions.retain_recent();
        self.by_address.forget();
        self.by_address_and_login.forget();
        self.by_login.forget();
    }
}

fn check<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), ApiError> {
    limiter.check_key(key).map_err(|not_until| {
        ApiError::new(ErrorCode::Busy, "too many requests at once")
            .retry_after(not_until.wait_time_from(DefaultClock::default().now()))
    })
}

/// What counts as one address: an IPv6 network of 64 bits belongs to one customer (RFC 6177).
fn whole(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_mistakes_are_free_many_are_not_and_others_are_not_concerned() {
        let rates = Rates::new();
        let mine: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..8 {
            rates.sign_in(mine, "anna").unwrap();
            rates.sign_in_failed(mine, "anna");
        }
        assert!(rates.sign_in(mine, "anna").is_ok(), "eight mistakes are free");
        rates.sign_in_failed(mine, "anna");
        assert!(rates.sign_in(mine, "anna").is_err(), "the ninth is not");
        assert!(rates.sign_in("192.0.2.2".parse().unwrap(), "anna").is_ok(), "nobody keeps anna herself out");
        assert!(rates.sign_in(mine, "bert").is_ok(), "others sign in");
    }

    #[test]
    fn guessing_one_login_from_many_addresses_ends_too() {
        let rates = Rates::new();
        let address = |n: u8| -> IpAddr { [192, 0, 2, n].into() };
        for guess in 0..100 {
            rates.sign_in_failed(address(1), "anna");
            assert!(rates.sign_in(address(250), "anna").is_ok(), "after {guess} of one address");
        }
        for n in 2..=200 {
            rates.sign_in_failed(address(n), "anna");
            rates.sign_in_failed(address(n), "anna");
        }
        assert!(rates.sign_in(address(250), "anna").is_err());
        assert!(rates.sign_in(address(250), "bert").is_ok(), "others sign in");
    }

    #[test]
    fn guessing_many_logins_from_one_address_ends_soon() {
        let rates = Rates::new();
        let theirs: IpAddr = "2001:db8::1".parse().unwrap();
        for guess in 0..21 {
            rates.sign_in_failed(theirs, &format!("login{guess}"));
        }
        assert!(rates.sign_in(theirs, "new").is_err());
        assert!(rates.sign_in("2001:db8::ffff".parse().unwrap(), "new").is_err(), "the network counts as one");
        assert!(rates.sign_in("2001:db8:0:1::1".parse().unwrap(), "new").is_ok());
    }
}
