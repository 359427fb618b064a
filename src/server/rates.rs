//! How often a caller may ask, and how often an address whose requests bring no valid token.

use super::answer::Refused;
use super::counts::Counts;
use crate::limits::Limits;
use hashlink::LruCache;
use parking_lot::Mutex;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Callers, and addresses, that are remembered; those whose last request is oldest are forgotten.
const REMEMBERED: usize = 16_384;

/// The rates of everybody.
pub struct Rates {
    callers: Buckets<String>,
    strangers: Buckets<IpAddr>,
    counts: Counts,
}

impl Rates {
    pub fn new(limits: &Limits, counts: Counts) -> Rates {
        Rates {
            callers: Buckets::new(limits.requests_per_second, 2),
            strangers: Buckets::new(limits.stranger_requests_per_second, 4),
            counts,
        }
    }

    /// Takes a request of this caller.
    ///
    /// # Errors
    /// If it comes too early.
    pub fn caller(&self, name: &str) -> Result<(), Refused> {
        const SETTING: &str = "requests_per_second";
        let Buckets { rate, burst, .. } = self.callers;
        let Err(wait) = self.callers.take(name, || name.to_owned(), Instant::now()) else { return Ok(()) };
        self.counts.limited(SETTING);
        let message = format!(
            "Caller {name} may send {rate} requests per second, and {burst} at once ({SETTING}). Send fewer, and send \
             this one again later."
        );
        Err(Refused::rate_limited(message, wait))
    }

    /// Takes a request from this address that brought no valid token.
    ///
    /// # Errors
    /// If it comes too early.
    pub fn stranger(&self, address: IpAddr) -> Result<(), Refused> {
        const SETTING: &str = "stranger_requests_per_second";
        let Buckets { rate, burst, .. } = self.strangers;
        let subscriber = subscriber(address);
        let Err(wait) = self.strangers.take(&subscriber, || subscriber, Instant::now()) else { return Ok(()) };
        self.counts.limited(SETTING);
        let message = format!(
            "Address {address} may send {rate} requests per second without a valid token, and {burst} at once \
             ({SETTING}). Send `Authorization: Bearer TOKEN`, or wait."
        );
        Err(Refused::rate_limited(message, wait))
    }
}

/// What is counted as one address: of IPv6, one client has a whole network of 64 bits.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// A bucket of tokens for each key, kept as the instant at which it is full again.
struct Buckets<K> {
    /// Per second; 0 for any number.
    rate: u32,
    burst: u32,
    full_at: Mutex<LruCache<K, Instant>>,
}

impl<K: Eq + Hash> Buckets<K> {
    fn new(rate: u32, bursts: u32) -> Buckets<K> {
        Buckets { rate, burst: rate.saturating_mul(bursts), full_at: Mutex::new(LruCache::new(REMEMBERED)) }
    }

    /// Takes one token out of a bucket, or says when there will be one.
    fn take<Q: Eq + Hash + ?Sized>(&self, key: &Q, own: impl FnOnce() -> K, now: Instant) -> Result<(), Duration>
    where
        K: std::borrow::Borrow<Q>,
    {
        if self.rate == 0 {
            return Ok(());
        }
        let each = Duration::from_secs(1) / self.rate;
        let mut full_at = self.full_at.lock();
        let known = full_at.get_mut(key);
        let full = known.as_deref().copied().filter(|at| *at > now).unwrap_or(now) + each;
        let missing = full.saturating_duration_since(now).saturating_sub(each * self.burst);
        if !missing.is_zero() {
            return Err(missing);
        }
        match known {
            Some(at) => *at = full,
            None => {
                full_at.insert(own(), full);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_then_its_rate() {
        let buckets = Buckets::<String>::new(10, 2);
        let mut now = Instant::now();
        let taken = |now| (0..100).take_while(|_| buckets.take("a", || "a".to_owned(), now).is_ok()).count();
        assert_eq!(taken(now), 20);
        assert_eq!(buckets.take("a", || "a".to_owned(), now), Err(Duration::from_millis(100)));
        assert_eq!(buckets.take("b", || "b".to_owned(), now), Ok(()), "everybody has a bucket");
        now += Duration::from_millis(300);
        assert_eq!(taken(now), 3);
        now += Duration::from_hours(1);
        assert_eq!(taken(now), 20, "it never holds more than the burst");
        let unlimited = Buckets::<String>::new(0, 2);
        assert!((0..1000).all(|_| unlimited.take("a", || "a".to_owned(), now).is_ok()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let buckets = Buckets::<u64>::new(1, 1);
        let now = Instant::now();
        for key in 0..100_000 {
            let _ = buckets.take(&key, || key, now);
        }
        assert_eq!(buckets.full_at.lock().len(), REMEMBERED);
    }

    #[test]
    fn an_address_of_ipv6_is_a_network_of_its_client() {
        let same = |one: &str, other: &str| subscriber(one.parse().unwrap()) == subscriber(other.parse().unwrap());
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
    }
}
