//! How often one address may try a code, and one booking be asked for what is made anew each time.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Tries of one address in a window: a technician who mistypes, with a whole team behind one address; or a team
/// that looks at one booking. A gateway renews a few times a year, and tries again after half a minute.
const TRIES_MAX: u32 = 20;
/// The window.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// Addresses remembered at once. When there are more, everybody waits for the window to end: a flood from that
/// many addresses is an attack, and no code is worth it. Of gateways that many a minute are heard, and the others
/// in the next one.
const ADDRESSES_MAX: usize = 4096;

/// Counts tries by address, or by something else that is asked for, in windows of a minute.
#[derive(Debug)]
pub(crate) struct Limiter<K = IpAddr>(Mutex<Window<K>>);

#[derive(Debug)]
struct Window<K> {
    began_at: Timestamp,
    tries: HashMap<K, u32>,
}

impl<K> Default for Limiter<K> {
    fn default() -> Self {
        Self(Mutex::new(Window { began_at: Timestamp::default(), tries: HashMap::new() }))
    }
}

impl<K: Eq + Hash> Limiter<K> {
    /// Whether this address may try now; counts the try.
    pub(crate) fn allows(&self, address: K, now: Timestamp) -> bool {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(window.began_at) >= WINDOW || now < window.began_at {
            *window = Window { began_at: now, tries: HashMap::new() };
        }
        if window.tries.len() >= ADDRESSES_MAX && !window.tries.contains_key(&address) {
            return false;
        }
        let tries = window.tries.entry(address).or_default();
        *tries = tries.saturating_add(1);
        *tries <= TRIES_MAX
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn an_address_waits_for_the_next_minute_and_no_other_address_does() {
        let limiter = Limiter::default();
        let (one, other): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        for _ in 0..TRIES_MAX {
            assert!(limiter.allows(one, now));
        }
        assert!(!limiter.allows(one, now));
        assert!(limiter.allows(other, now));
        assert!(limiter.allows(one, now.checked_add(WINDOW).unwrap()));
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_memory_than_is_set_aside() {
        let limiter = Limiter::default();
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..u32::try_from(ADDRESSES_MAX).unwrap() {
            assert!(limiter.allows(address(n), now));
        }
        assert!(!limiter.allows(address(u32::MAX), now));
        assert_eq!(limiter.0.lock().unwrap().tries.len(), ADDRESSES_MAX);
    }
}
