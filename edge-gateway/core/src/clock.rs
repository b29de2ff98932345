//! What time it is, as far as anybody can know, and how far that may be wrong.
//!
//! ```text
//!   Wall ──── the wall clock agrees with what is on disk ────▶ Carried ──┐
//!    │                                                           ▲  ▲    │ a heartbeat that
//!    └──────────────── a heartbeat ──────────────────────────────┘  └────┘ knows better
//! ```
//!
//! `Carried`: monotonic time goes on from the moment at which the time was known, and a wall clock that jumps is told
//! and believed by nobody. `Wall`: nobody has said the time yet, or the wall clock contradicts the time floor.

use protocols_wire::{TimeQuality, UnixMs};

use crate::Now;

/// How far the wall clock may lie behind the time floor at a start and still be believed: the cloud's clock and the
/// gateway's, each right to a few seconds.
const BEHIND_MS_MAX: i64 = 10_000;
/// A wall clock that moves this much more or less than the monotonic one was stepped: more than any drift between two
/// inputs.
const STEP_MS: u64 = 1_000;
/// A clock drifts by 20 parts in a million: one in this many.
const DRIFT_ONE_IN: u64 = 50_000;
/// A clock that is found wrong by no more than this since it was last known drifts more than it should: it is put
/// right by as much, and no further.
const DRIFTED_MS_MAX: i64 = 1_000;
/// The clock counts as synchronised for so long after the cloud has said the time: a dozen heartbeats.
const SYNCHRONISED_MS: u64 = 15 * 60_000;

/// The time floor, the time, and the readings that show a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    floor: UnixMs,
    floor_at_ms: u64,
    before: Now,
    source: Source,
    /// Above this uncertainty the clock counts as unknown.
    margin_ms: u64,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    /// The wall clock as it is. `error_at_floor_ms`: how far it might be wrong when the floor was written, if ever.
    Wall { error_at_floor_ms: Option<u64> },
    /// The time was `at` when the uptime was `at_ms`, give or take `error_ms`.
    Carried { at: UnixMs, at_ms: u64, error_ms: u64, heard_at_ms: Option<u64> },
}

impl Clock {
    /// `error_at_floor_ms`: how far the clock might be wrong when the floor was written; `None` if nobody ever said
    /// the time.
    pub(crate) fn new(floor: UnixMs, error_at_floor_ms: Option<u64>, margin_ms: u64, now: Now) -> Self {
        let source = Source::Wall { error_at_floor_ms };
        let mut clock = Self { floor, floor_at_ms: now.uptime_ms, before: now, source, margin_ms };
        clock.believe_wall(now);
        clock
    }

    pub(crate) const fn set_margin(&mut self, margin_ms: u64) {
        self.margin_ms = margin_ms;
    }

    /// The reading as it is to be believed, and by how much the wall clock was stepped since the last one.
    pub(crate) fn read(&mut self, now: Now) -> (Now, Option<i64>) {
        let expected = self.before.wall.plus_ms(signed(now.uptime_ms.saturating_sub(self.before.uptime_ms)));
        let by_ms = now.wall.ms_since(expected);
        self.before = now;
        self.believe_wall(now);
        (self.settled(now), (by_ms.unsigned_abs() > STEP_MS).then_some(by_ms))
    }

    /// The reading as it is to be believed: never earlier than the floor.
    pub(crate) fn settled(&self, now: Now) -> Now {
        let floor = self.floor(now.uptime_ms);
        let (wall, quality) = match self.source {
            Source::Wall { .. } if floor.ms_since(now.wall) > BEHIND_MS_MAX => (floor, TimeQuality::Unknown),
            Source::Wall { .. } => (now.wall.max(floor), now.quality),
            Source::Carried { at, at_ms, heard_at_ms, .. } => {
                let wall = at.plus_ms(signed(now.uptime_ms.saturating_sub(at_ms)));
                let lately = heard_at_ms
                    .is_some_and(|heard_ms| now.uptime_ms.saturating_sub(heard_ms) <= SYNCHRONISED_MS);
                let quality = match self.uncertainty_ms(now.uptime_ms) {
                    Some(error_ms) if error_ms > self.margin_ms => TimeQuality::Unknown,
                    Some(_) | None if lately => TimeQuality::Synchronised,
                    Some(_) | None => TimeQuality::Holdover,
                };
                (wall.max(floor), quality)
            }
        };
        Now { wall, quality, ..now }
    }

    /// The last reading of the driver's clocks, as it came.
    pub(crate) const fn reading(&self) -> Now {
        self.before
    }

    /// How far the time may be wrong; `None` when nobody knows.
    pub(crate) fn uncertainty_ms(&self, uptime_ms: u64) -> Option<u64> {
        match self.source {
            Source::Wall { .. } => None,
            Source::Carried { at_ms, error_ms, .. } => {
                Some(error_ms.saturating_add(drift_ms(uptime_ms.saturating_sub(at_ms))))
            }
        }
    }

    /// The cloud's signed word: the time was `said` at some moment since the report that it answers was sent,
    /// `asked_ms` ago. Raises the floor. What is known better already goes on.
    ///
    /// ```text
    ///            said ├───────── asked_ms ─────────┤ latest          the cloud's word
    ///                   known_ms ├──── wall ────┤ known_ms           what is carried
    ///                            └─── the time ─┘
    /// ```
    pub(crate) fn heard(&mut self, said: UnixMs, asked_ms: u64, now: Now) {
        let settled = self.settled(now);
        self.floor = self.floor(now.uptime_ms).max(said);
        self.floor_at_ms = now.uptime_ms;
        let latest = said.plus_ms(signed(asked_ms));
        let word = (said.plus_ms(signed(asked_ms.div_ceil(2))), asked_ms.div_ceil(2));
        let known = if let Some(known_ms) = self.uncertainty_ms(now.uptime_ms) {
            Some(both(settled.wall, known_ms, (said, latest)).unwrap_or(word))
        } else {
            // Nobody knows how far the wall clock is wrong, but an answer that took too long cannot tell either.
            let tells = word.1 <= self.margin_ms || settled.quality == TimeQuality::Unknown;
            let agrees = said <= settled.wall && settled.wall <= latest;
            (tells || !agrees).then_some(word)
        };
        if let Some((at, error_ms)) = known {
            let at_ms = now.uptime_ms;
            self.source = Source::Carried { at, at_ms, error_ms, heard_at_ms: Some(at_ms) };
        }
    }

    /// What the clock is never again before: also where the monotonic clock goes too fast.
    pub(crate) fn floor(&self, uptime_ms: u64) -> UnixMs {
        let elapsed_ms = uptime_ms.saturating_sub(self.floor_at_ms);
        self.floor.plus_ms(signed(elapsed_ms.saturating_sub(drift_ms(elapsed_ms))))
    }

    /// Goes on from the wall clock once it agrees with what was known before this run.
    fn believe_wall(&mut self, now: Now) {
        let Source::Wall { error_at_floor_ms: Some(error_ms) } = self.source else { return };
        let floor = self.floor(now.uptime_ms);
        let passed_ms = now.wall.ms_since(floor);
        if passed_ms < BEHIND_MS_MAX.saturating_neg() {
            return;
        }
        // Since the floor was written, whichever way the clock went.
        let error_ms = match u64::try_from(passed_ms) {
            Ok(passed_ms) => error_ms.saturating_add(drift_ms(passed_ms)),
            Err(_) => error_ms.saturating_add(passed_ms.unsigned_abs()),
        };
        self.source =
            Source::Carried { at: now.wall.max(floor), at_ms: now.uptime_ms, error_ms, heard_at_ms: None };
    }
}

/// The time and its error when it is within `known_ms` of `wall`, and within the cloud's word as well. `None` where the
/// two have nothing to do with each other.
fn both(wall: UnixMs, known_ms: u64, (said, latest): (UnixMs, UnixMs)) -> Option<(UnixMs, u64)> {
    let (first, last) = (wall.plus_ms(signed(known_ms).saturating_neg()), wall.plus_ms(signed(known_ms)));
    let apart_ms = said.ms_since(last).max(first.ms_since(latest));
    if apart_ms > DRIFTED_MS_MAX {
        return None;
    }
    if let Ok(apart_ms @ 1..) = u64::try_from(apart_ms) {
        return Some((wall.clamp(said, latest), known_ms.saturating_add(apart_ms)));
    }
    let (first, last) = (first.max(said), last.min(latest));
    let error_ms = last.ms_since(first).unsigned_abs().div_ceil(2);
    Some((first.plus_ms(signed(error_ms)), error_ms))
}

fn drift_ms(elapsed_ms: u64) -> u64 {
    elapsed_ms.div_ceil(DRIFT_ONE_IN)
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARGIN_MS: u64 = 60_000;
    const DAY_MS: u64 = 86_400_000;
    /// A time floor.
    const FLOOR: i64 = 1_800_000_000_000;

    fn at(wall: i64, uptime_ms: u64) -> Now {
        Now { wall: UnixMs(wall), uptime_ms, quality: TimeQuality::Holdover }
    }

    fn never_told() -> Clock {
        Clock::new(UnixMs(0), None, MARGIN_MS, at(FLOOR, 0))
    }

    fn days(days: u64) -> i64 {
        signed(days * DAY_MS)
    }

    #[test]
    fn time_never_falls_below_the_floor_and_the_floor_goes_on_with_monotonic_time() {
        let mut clock = Clock::new(UnixMs(FLOOR), Some(10), MARGIN_MS, at(0, 0));
        let (now, step) = clock.read(at(60_000, 60_000));
        assert_eq!((now.wall, now.quality, step), (UnixMs(FLOOR + 59_998), TimeQuality::Unknown, None));
        clock.heard(UnixMs(FLOOR - 500_000), 0, at(60_000, 60_000));
        assert_eq!(clock.floor(60_000), UnixMs(FLOOR + 59_998), "less what the clock may be too fast");
        clock.heard(UnixMs(FLOOR + 500_000), 0, at(60_000, 60_000));
        assert_eq!(clock.floor(60_000), UnixMs(FLOOR + 500_000));
        assert_eq!(clock.floor(61_000), UnixMs(FLOOR + 500_999));
    }

    #[test]
    fn a_step_is_seen_and_measured_in_both_directions() {
        let mut clock = never_told();
        assert_eq!(clock.read(at(FLOOR + 10_500, 10_000)).1, None, "drift");
        assert_eq!(clock.read(at(FLOOR + 4_010_500, 10_000)).1, Some(4_000_000));
        assert_eq!(clock.read(at(FLOOR + 20_500, 20_000)).1, Some(-4_000_000));
    }

    #[test]
    fn after_a_heartbeat_a_wall_clock_that_jumps_changes_nothing() {
        for by_ms in [days(400), -days(400), 5_000, -5_000] {
            let mut clock = never_told();
            clock.heard(UnixMs(FLOOR), 40, at(FLOOR + 20, 1_000));
            let floor = clock.floor(11_000);
            let (now, step) = clock.read(at(FLOOR + 11_000 + by_ms, 11_000));
            assert_eq!(step, Some(by_ms));
            assert_eq!((now.wall, now.quality), (UnixMs(FLOOR + 10_020), TimeQuality::Synchronised));
            assert_eq!(clock.floor(11_000), floor);
        }
    }

    #[test]
    fn uncertainty_is_the_error_of_the_last_word_and_the_drift_since() {
        let mut clock = never_told();
        assert_eq!(clock.uncertainty_ms(0), None);
        clock.heard(UnixMs(FLOOR), 100, at(FLOOR, 0));
        assert_eq!(clock.uncertainty_ms(0), Some(50));
        // 20 ppm of a day are 1 728 ms.
        assert_eq!(clock.uncertainty_ms(DAY_MS), Some(50 + 1_728));
        let quality = |day| clock.settled(at(FLOOR + days(day), day * DAY_MS)).quality;
        assert_eq!(quality(0), TimeQuality::Synchronised);
        assert_eq!(quality(30), TimeQuality::Holdover);
        assert_eq!(quality(34), TimeQuality::Holdover);
        assert_eq!(quality(35), TimeQuality::Unknown, "60 s are passed after 34.7 days");
    }

    #[test]
    fn a_heartbeat_that_was_long_under_way_does_not_make_a_good_clock_worse() {
        let mut clock = never_told();
        clock.heard(UnixMs(FLOOR), 20, at(FLOOR, 0));
        // Withheld for an hour.
        clock.heard(UnixMs(FLOOR + 1_000), 3_600_000, at(FLOOR, 3_600_000));
        assert_eq!(clock.settled(at(0, 3_600_000)).wall, UnixMs(FLOOR + 10 + 3_600_000));
        assert_eq!(clock.uncertainty_ms(3_600_000), Some(10 + 72));
        // One that contradicts it is believed: it is signed.
        clock.heard(UnixMs(FLOOR + 9_000_000), 100, at(FLOOR, 3_600_000));
        assert_eq!(clock.settled(at(0, 3_600_000)).wall, UnixMs(FLOOR + 9_000_050));
        assert_eq!(clock.uncertainty_ms(3_600_000), Some(50));
    }

    /// The cloud speaks every minute, at any moment between two reports, and the gateway's crystal is as bad as it may
    /// be: whatever it does, the clock is right to what it says, and the answers' age does not show in it.
    #[test]
    fn a_crystal_that_is_fast_or_slow_is_kept_right_for_a_month_by_heartbeats_of_any_age() {
        for (name, ahead_of) in [("slow", -1), ("fast", 1)] {
            let mut clock = never_told();
            let up = |passed_ms: u64| {
                signed(passed_ms) + ahead_of * signed(passed_ms.div_ceil(DRIFT_ONE_IN)) + 1_000
            };
            let uptime = |passed_ms: u64| up(passed_ms).unsigned_abs();
            // The first answer is quick.
            clock.heard(UnixMs(FLOOR), 40, at(FLOOR, uptime(0)));
            for minute in 1..=43_200_u64 {
                let passed_ms = minute * 60_000;
                let truth = FLOOR + signed(passed_ms);
                let asked_ms = minute * 7_919 % 60_000 + 40;
                // It was said 20 ms ago, in answer to a report of any age.
                clock.heard(UnixMs(truth - 20), asked_ms, at(0, uptime(passed_ms)));
                let now = clock.settled(at(0, uptime(passed_ms)));
                let wrong_ms = now.wall.ms_since(UnixMs(truth)).unsigned_abs();
                let told_ms = clock.uncertainty_ms(uptime(passed_ms)).unwrap();
                assert!(wrong_ms <= told_ms + 2, "{name}, {minute} min: {wrong_ms} ms, told {told_ms}");
                assert!(wrong_ms <= 500, "{name}, {minute} min: {wrong_ms} ms");
                assert!(clock.floor(uptime(passed_ms)) <= UnixMs(truth + 2), "{name}, {minute} min");
            }
        }
    }

    #[test]
    fn a_clock_that_drifts_more_than_it_should_is_put_right_by_that_and_not_by_the_answers_age() {
        let mut clock = never_told();
        clock.heard(UnixMs(FLOOR), 40, at(FLOOR, 0));
        // After a minute it is 100 ms behind; the report that is answered is 50 s old.
        clock.heard(UnixMs(FLOOR + 60_120), 50_000, at(0, 60_000));
        assert_eq!(clock.settled(at(0, 60_000)).wall, UnixMs(FLOOR + 60_120));
        assert_eq!(clock.uncertainty_ms(60_000), Some(100));
    }

    #[test]
    fn after_a_restart_the_wall_clock_is_believed_with_an_error_grown_by_the_time_passed() {
        let start = |wall| Clock::new(UnixMs(FLOOR), Some(50), MARGIN_MS, at(wall, 7));
        let clock = start(FLOOR + days(10));
        assert_eq!(clock.uncertainty_ms(7), Some(50 + 17_280));
        assert_eq!(clock.settled(at(0, 7)).quality, TimeQuality::Holdover);
        assert_eq!(start(FLOOR + days(40)).settled(at(0, 7)).quality, TimeQuality::Unknown);
        // A little behind: the floor, and what it is behind counts as error.
        let behind = start(FLOOR - 10_000);
        assert_eq!((behind.settled(at(0, 7)).wall, behind.uncertainty_ms(7)), (UnixMs(FLOOR), Some(10_050)));
        let far = start(FLOOR - 10_001);
        let now = far.settled(at(FLOOR - 10_001, 7));
        assert_eq!(
            (now.wall, now.quality, far.uncertainty_ms(7)),
            (UnixMs(FLOOR), TimeQuality::Unknown, None)
        );
    }

    #[test]
    fn a_machine_without_a_clock_is_believed_when_its_clock_has_been_set() {
        let mut clock = Clock::new(UnixMs(FLOOR), Some(50), MARGIN_MS, at(0, 0));
        assert_eq!(clock.read(at(5_000, 5_000)).0.quality, TimeQuality::Unknown);
        let (now, step) = clock.read(at(FLOOR + 3_600_000, 10_000));
        assert_eq!((now.wall, now.quality), (UnixMs(FLOOR + 3_600_000), TimeQuality::Holdover));
        assert!(step.is_some());
        // From then on it is carried.
        assert_eq!(clock.read(at(0, 11_000)).0.wall, UnixMs(FLOOR + 3_601_000));
    }

    #[test]
    fn before_anybody_has_said_the_time_the_wall_clock_counts_as_its_keeper_says() {
        let mut clock = never_told();
        assert_eq!(clock.read(at(FLOOR + days(3), 0)).0.wall, UnixMs(FLOOR + days(3)));
        // An answer that took minutes and agrees tells nothing new.
        clock.heard(UnixMs(FLOOR), 600_000, at(FLOOR + 300_000, 600_000));
        assert_eq!(clock.uncertainty_ms(600_000), None);
        clock.heard(UnixMs(FLOOR + 700_000), 600_000, at(FLOOR, 600_000));
        assert_eq!(clock.uncertainty_ms(600_000), Some(300_000), "but one that contradicts it does");
    }
}
