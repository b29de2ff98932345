//! Guessing is slow: five wrong tries at a reader, then one every three minutes there.
//!
//! Each bucket is one instant, the one at which it is full again (the generic cell rate algorithm). That is
//! all there is to store, so that a restart forgives nothing.

use minicbor::{Decode, Encode};
use protocols_ids::DoorId;
use protocols_wire::UnixMs;

/// Wrong tries at a reader before it pauses.
pub const READER_TRIES: i64 = 5;
/// How long until a reader has one more try.
pub const READER_REGAIN_MS: i64 = 3 * 60 * 1000;
/// Wrong tries on all readers of a gateway together before all of them pause: more than one reader can use
/// up, so that one vandal does not close the hall.
pub const GATEWAY_TRIES: i64 = 30;
/// How long until the gateway has one more try: six readers guessed at without pause, or the slips of a
/// hall with 2 000 visitors an hour.
pub const GATEWAY_REGAIN_MS: i64 = 30 * 1000;
/// Readers remembered at once; a gateway has at most as many doors. Beyond it the gateway's own bucket
/// still counts.
pub const READERS_MAX: usize = 256;

/// When each reader, and the gateway as a whole, has all its tries again. Plain state: it is stored as it is.
///
/// A correct PIN gives no tries back, or whoever has one could guess without end.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Throttle {
    /// When the gateway's bucket is full again.
    #[n(0)]
    all_full_at: UnixMs,
    /// When a reader's bucket is full again, by the door that it belongs to.
    #[n(1)]
    readers: Vec<(DoorId, UnixMs)>,
}

impl Throttle {
    /// Lets no bucket lie further ahead than an empty one does: a clock that was set back would otherwise lock
    /// every reader until it has caught up. To be called with the time of each try, before
    /// [`Throttle::admits`].
    pub fn settle(&mut self, now: UnixMs) {
        for (_, full_at) in &mut self.readers {
            *full_at = capped(*full_at, now, READER_TRIES, READER_REGAIN_MS);
        }
        self.all_full_at = capped(self.all_full_at, now, GATEWAY_TRIES, GATEWAY_REGAIN_MS);
    }

    /// Whether a try at this reader may be decided now.
    pub fn admits(&self, reader: DoorId, now: UnixMs) -> bool {
        let reader_full_at = self.reader(reader).unwrap_or_default();
        has_try(reader_full_at, now, READER_TRIES, READER_REGAIN_MS)
            && has_try(self.all_full_at, now, GATEWAY_TRIES, GATEWAY_REGAIN_MS)
    }

    /// Whether a reader has all its tries again: what is guessed there from now on is another story.
    pub fn rested(&self, reader: DoorId, now: UnixMs) -> bool {
        self.reader(reader).is_none_or(|full_at| full_at <= now)
    }

    /// Takes a try for a wrong credential. Readers that are full again are forgotten.
    pub fn wrong(&mut self, reader: DoorId, now: UnixMs) {
        let before = self.reader(reader).unwrap_or_default();
        self.readers.retain(|(door, full_at)| *door != reader && *full_at > now);
        if self.readers.len() < READERS_MAX {
            self.readers.push((reader, spend(before, now, READER_REGAIN_MS)));
        }
        self.all_full_at = spend(self.all_full_at, now, GATEWAY_REGAIN_MS);
    }

    fn reader(&self, reader: DoorId) -> Option<UnixMs> {
        self.readers.iter().find(|(door, _)| *door == reader).map(|(_, full_at)| *full_at)
    }
}

/// Full buckets lie at or before `now`; each spent try moves the instant `regain_ms` ahead.
fn has_try(full_at: UnixMs, now: UnixMs, tries: i64, regain_ms: i64) -> bool {
    full_at.ms_since(now) <= tries.saturating_sub(1).saturating_mul(regain_ms)
}

fn spend(full_at: UnixMs, now: UnixMs, regain_ms: i64) -> UnixMs {
    full_at.max(now).plus_ms(regain_ms)
}

/// At most as far ahead as an empty bucket.
fn capped(full_at: UnixMs, now: UnixMs, tries: i64, regain_ms: i64) -> UnixMs {
    full_at.min(now.plus_ms(tries.saturating_mul(regain_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::Uuid;
    use protocols_wire::{decode, encode};

    const START: UnixMs = UnixMs(1_800_000_000_000);

    fn door(number: u128) -> DoorId {
        DoorId::new(Uuid::from_u128(number))
    }

    /// Tries at every second of a span; how many were decided, all wrong.
    fn guess(throttle: &mut Throttle, reader: DoorId, from: UnixMs, seconds: i64) -> i64 {
        (0..seconds)
            .filter(|second| {
                let now = from.plus_ms(second * 1000);
                let admitted = throttle.admits(reader, now);
                if admitted {
                    throttle.wrong(reader, now);
                }
                admitted
            })
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn five_wrong_tries_then_one_every_three_minutes() {
        let mut throttle = Throttle::default();
        assert_eq!(guess(&mut throttle, door(1), START, 60), READER_TRIES);
        assert_eq!(guess(&mut throttle, door(1), START.plus_ms(60_000), 3600), 20);
    }

    #[test]
    fn one_reader_alone_never_closes_the_others() {
        let mut throttle = Throttle::default();
        guess(&mut throttle, door(1), START, 24 * 3600);
        assert!(!throttle.admits(door(1), START.plus_ms(24 * 3_600_000 - 1000)));
        assert!(throttle.admits(door(2), START.plus_ms(24 * 3_600_000 - 1000)));
    }

    #[test]
    fn many_readers_together_share_the_gateways_budget() {
        let mut throttle = Throttle::default();
        let decided: i64 = (0..32).map(|n| guess(&mut throttle, door(n), START, 5)).sum();
        assert_eq!(decided, GATEWAY_TRIES);
        assert!(!throttle.admits(door(99), START.plus_ms(5000)));
        assert!(throttle.admits(door(99), START.plus_ms(GATEWAY_REGAIN_MS)));
    }

    #[test]
    fn a_restart_forgives_nothing() {
        let mut throttle = Throttle::default();
        guess(&mut throttle, door(1), START, 10);
        let stored = encode(&throttle);
        let again: Throttle = decode(&stored).unwrap();
        assert!(!again.admits(door(1), START.plus_ms(10_000)));
    }

    #[test]
    fn a_clock_set_back_locks_no_longer_than_an_empty_bucket() {
        let mut throttle = Throttle::default();
        guess(&mut throttle, door(1), START, 10);
        let year_ago = START.plus_ms(-365 * 86_400_000);
        throttle.settle(year_ago);
        assert!(!throttle.admits(door(1), year_ago));
        assert!(throttle.admits(door(1), year_ago.plus_ms(READER_REGAIN_MS)));
    }

    #[test]
    fn memory_is_bounded_however_many_readers_there_are() {
        let mut throttle = Throttle::default();
        for n in 0..10_000 {
            throttle.wrong(door(n), START);
        }
        assert_eq!(throttle.readers.len(), READERS_MAX);
    }
}
