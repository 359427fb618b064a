//! How often a caller may send requests, and how often an address may send them without a valid token.

use crate::limits::Limits;
use crate::server::counters::Counters;
use crate::server::refusal::Refusal;
use hashlink::LruCache;
use parking_lot::Mutex;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// The most callers, and the most addresses, that are remembered; those whose last request is oldest are forgotten.
const MAX_REMEMBERED: usize = 16_384;

/// The rates of all callers and addresses.
pub struct Rates {
    callers: Buckets<String>,
    addresses: Buckets<IpAddr>,
    counters: Counters,
}

impl Rates {
    pub fn new(limits: &Limits, counters: Counters) -> Rates {
        Rates {
            callers: Buckets::new(limits.requests_per_second, 2),
            addresses: Buckets::new(limits.stranger_requests_per_second, 4),
            counters,
        }
    }

    /// Counts a request of this caller.
    ///
    /// # Errors
    /// If the caller sends too many.
    pub fn admit_caller(&self, name: &str) -> Result<(), Refusal> {
        const SETTING: &str = "requests_per_second";
        let Buckets { rate, burst, .. } = self.callers;
        let Err(wait) = self.callers.take(name, || name.to_owned(), Instant::now()) else { return Ok(()) };
        self.counters.request_limited(SETTING);
        let message = format!(
            "Caller {name} sends too many requests: {rate} per second are allowed, and {burst} at once (`{SETTING}`). \
             Wait, then send this one again."
        );
        Err(Refusal::rate_limited(message, wait))
    }

    /// Counts a request from this address without a valid token.
    ///
    /// # Errors
    /// If the address sends too many.
    pub fn admit_address(&self, address: IpAddr) -> Result<(), Refusal> {
        const SETTING: &str = "stranger_requests_per_second";
        let Buckets { rate, burst, .. } = self.addresses;
        let network = network(address);
        let Err(wait) = self.addresses.take(&network, || network, Instant::now()) else { return Ok(()) };
        self.counters.request_limited(SETTING);
        let message = format!(
            "Address {address} sends too many requests without a valid token: {rate} per second are allowed, and {burst} \
             at once (`{SETTING}`). Send `Authorization: Bearer TOKEN`, or wait."
        );
        Err(Refusal::rate_limited(message, wait))
    }
}

/// Returns what counts as one address: with IPv6, one client has a whole network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// A token bucket for each key, stored as the instant at which it is full again.
struct Buckets<K> {
    /// Requests per second; 0 means any number.
    rate: u32,
    burst: u32,
    full_at: Mutex<LruCache<K, Instant>>,
}

impl<K: Eq + Hash> Buckets<K> {
    fn new(rate: u32, bursts: u32) -> Buckets<K> {
        Buckets { rate, burst: rate.saturating_mul(bursts), full_at: Mutex::new(LruCache::new(MAX_REMEMBERED)) }
    }

    /// Takes one token out of a bucket, or returns how long to wait for one.
    fn take<Q: Eq + Hash + ?Sized>(&self, key: &Q, new_key: impl FnOnce() -> K, now: Instant) -> Result<(), Duration>
    where
        K: std::borrow::Borrow<Q>,
    {
        if self.rate == 0 {
            return Ok(());
        }
        let interval = Duration::from_secs(1) / self.rate;
        let mut full_at = self.full_at.lock();
        let known = full_at.get_mut(key);
        let full = known.as_deref().copied().filter(|at| *at > now).unwrap_or(now) + interval;
        let missing = full.saturating_duration_since(now).saturating_sub(interval * self.burst);
        if !missing.is_zero() {
            return Err(missing);
        }
        match known {
            Some(at) => *at = full,
            None => {
                full_at.insert(new_key(), full);
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
        assert_eq!(buckets.full_at.lock().len(), MAX_REMEMBERED);
    }

    #[test]
    fn an_address_of_ipv6_is_a_network_of_its_client() {
        let same = |one: &str, other: &str| network(one.parse().unwrap()) == network(other.parse().unwrap());
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
    }
}
