//! What time it is, as far as anybody can know.

use protocols_wire::{TimeQuality, UnixMs};

use crate::Now;

/// How far the wall clock may lie behind the time floor and still be believed: the cloud's clock and the
/// gateway's, each right to a few seconds.
const BEHIND_MS_MAX: i64 = 10_000;
/// A wall clock that moves this much more or less than the monotonic one was stepped: more than any drift
/// between two inputs.
const STEP_MS: u64 = 1_000;

/// The time floor, and the readings that show a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    floor: UnixMs,
    floor_at_ms: u64,
    before: Now,
}

impl Clock {
    pub(crate) const fn new(floor: UnixMs, now: Now) -> Self {
        Self { floor, floor_at_ms: now.uptime_ms, before: now }
    }

    /// The reading with the floor under it, and by how much the wall clock was stepped since the last one.
    pub(crate) fn read(&mut self, now: Now) -> (Now, Option<i64>) {
        let expected = self.before.wall.plus_ms(signed(now.uptime_ms.saturating_sub(self.before.uptime_ms)));
        let by_ms = now.wall.ms_since(expected);
        self.before = now;
        (self.settled(now), (by_ms.unsigned_abs() > STEP_MS).then_some(by_ms))
    }

    /// The reading with the floor under it: never earlier than what the cloud has said, plus the monotonic
    /// time since. A wall clock far below that is wrong, whoever set it.
    pub(crate) fn settled(&self, now: Now) -> Now {
        let floor = self.floor(now.uptime_ms);
        let quality =
            if floor.ms_since(now.wall) > BEHIND_MS_MAX { TimeQuality::Unknown } else { now.quality };
        Now { wall: now.wall.max(floor), quality, ..now }
    }

    /// The cloud's signed word on the time. Answers with the new floor.
    pub(crate) fn raise(&mut self, to: UnixMs, now: Now) -> UnixMs {
        self.floor = self.floor(now.uptime_ms).max(to);
        self.floor_at_ms = now.uptime_ms;
        self.floor
    }

    /// What the wall clock is never again before.
    pub(crate) fn floor(&self, uptime_ms: u64) -> UnixMs {
        self.floor.plus_ms(signed(uptime_ms.saturating_sub(self.floor_at_ms)))
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall: i64, uptime_ms: u64) -> Now {
        Now { wall: UnixMs(wall), uptime_ms, quality: TimeQuality::Synchronised }
    }

    #[test]
    fn time_never_falls_below_the_floor_and_the_floor_goes_on_with_monotonic_time() {
        let mut clock = Clock::new(UnixMs(1_000_000), at(0, 0));
        let (now, step) = clock.read(at(60_000, 60_000));
        assert_eq!((now.wall, now.quality, step), (UnixMs(1_060_000), TimeQuality::Unknown, None));
        assert_eq!(clock.raise(UnixMs(500_000), at(60_000, 60_000)), UnixMs(1_060_000));
        assert_eq!(clock.raise(UnixMs(2_000_000), at(60_000, 60_000)), UnixMs(2_000_000));
    }

    #[test]
    fn a_clock_a_little_behind_the_cloud_is_still_believed() {
        let mut clock = Clock::new(UnixMs(10_000), at(0, 0));
        assert_eq!(clock.read(at(0, 0)).0.quality, TimeQuality::Synchronised);
        assert_eq!(clock.read(at(-1, 0)).0.quality, TimeQuality::Unknown);
    }

    #[test]
    fn a_step_is_seen_and_measured_in_both_directions() {
        let mut clock = Clock::new(UnixMs(0), at(1_000_000, 0));
        assert_eq!(clock.read(at(1_010_500, 10_000)).1, None, "drift");
        assert_eq!(clock.read(at(5_010_500, 10_000)).1, Some(4_000_000));
        assert_eq!(clock.read(at(1_020_500, 20_000)).1, Some(-4_000_000));
    }
}
