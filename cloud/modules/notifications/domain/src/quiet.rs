//! Hours in which nothing rings.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What is about a time so soon is told at once, also in quiet hours: whoever hears of it in the morning has left home.
const SOON: SignedDuration = SignedDuration::from_hours(12);

/// From when and until when nothing rings, by the clock on the wall; over midnight where the end is earlier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuietHours {
    from: Time,
    until: Time,
}

impl QuietHours {
    /// What holds where neither the municipality nor the person said anything: from nine in the evening until seven.
    pub const USUAL: Self = Self { from: Time::constant(21, 0, 0, 0), until: Time::constant(7, 0, 0, 0) };

    /// None where both are the same: that would be never, or always.
    pub fn new(from: Time, until: Time) -> Option<Self> {
        (from != until).then_some(Self { from, until })
    }

    /// From when.
    pub const fn from(self) -> Time {
        self.from
    }

    /// Until when.
    pub const fn until(self) -> Time {
        self.until
    }

    /// Whether nothing rings at this time of the clock.
    pub fn cover(self, clock: Time) -> bool {
        if self.from < self.until {
            self.from <= clock && clock < self.until
        } else {
            clock >= self.from || clock < self.until
        }
    }

    /// The first moment from `now` on at which something may ring. Where the clocks go back over the end of quiet, its
    /// second coming counts; where they go forward over it, the moment after the gap.
    pub fn first_loud(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let here = zone.to_datetime(now);
        if !self.cover(here.time()) {
            return now;
        }
        let over_midnight = self.from >= self.until && here.time() >= self.from;
        let day = if over_midnight { here.date().tomorrow() } else { Ok(here.date()) };
        let ends =
            day.ok().and_then(|day| zone.to_ambiguous_timestamp(day.to_datetime(self.until)).later().ok());
        ends.map_or(now, |ends| ends.max(now))
    }
}

/// When nothing rings for a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuietChoice {
    /// When the municipality says.
    Ours,
    /// When they say.
    Own(QuietHours),
    /// Something always may.
    Never,
}

impl QuietChoice {
    /// When nothing rings, where the municipality says this.
    pub const fn hours(self, ours: Option<QuietHours>) -> Option<QuietHours> {
        match self {
            Self::Ours => ours,
            Self::Own(hours) => Some(hours),
            Self::Never => None,
        }
    }
}

/// Whether something about a time that begins then is told at once, also in quiet hours: it begins today, or soon.
pub fn is_urgent(starts_at: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> bool {
    starts_at.is_some_and(|starts| {
        let date = |at| zone.to_datetime(at).date();
        starts <= now.saturating_add(SOON).unwrap_or(now) || date(starts) == date(now)
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use proptest::prelude::*;

    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Stockholm").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn quiet(from: Time, until: Time) -> QuietHours {
        QuietHours::new(from, until).unwrap()
    }

    #[test]
    fn what_is_quiet_waits_until_the_clock_on_the_wall_says_the_end() {
        let night = quiet(time(22, 0, 0, 0), time(7, 0, 0, 0));
        // An evening and an early morning in winter; noon.
        assert_eq!(night.first_loud(at("2026-11-23T21:30:00Z"), &zone()), at("2026-11-24T06:00:00Z"));
        assert_eq!(night.first_loud(at("2026-11-24T03:00:00Z"), &zone()), at("2026-11-24T06:00:00Z"));
        assert_eq!(night.first_loud(at("2026-11-24T11:00:00Z"), &zone()), at("2026-11-24T11:00:00Z"));
        // Over the night when clocks go forward seven is an hour sooner, when they go back an hour later.
        assert_eq!(night.first_loud(at("2026-03-28T22:00:00Z"), &zone()), at("2026-03-29T05:00:00Z"));
        assert_eq!(night.first_loud(at("2026-10-24T21:00:00Z"), &zone()), at("2026-10-25T06:00:00Z"));
    }

    #[test]
    fn an_end_that_comes_twice_or_never_is_told_once_and_after_it() {
        // 02.30 comes twice on 25 October and never on 29 March.
        let early = quiet(time(22, 0, 0, 0), time(2, 30, 0, 0));
        assert_eq!(early.first_loud(at("2026-10-25T01:10:00Z"), &zone()), at("2026-10-25T01:30:00Z"));
        assert_eq!(early.first_loud(at("2026-03-29T00:30:00Z"), &zone()), at("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn a_time_today_or_within_half_a_day_is_urgent_and_nothing_else() {
        let night = at("2026-11-23T21:30:00Z");
        assert!(is_urgent(Some(at("2026-11-24T07:00:00Z")), night, &zone()));
        assert!(!is_urgent(Some(at("2026-11-24T17:00:00Z")), night, &zone()));
        assert!(!is_urgent(None, night, &zone()));
        let morning = at("2026-11-23T05:00:00Z");
        assert!(is_urgent(Some(at("2026-11-23T20:00:00Z")), morning, &zone()));
    }

    proptest! {
        #[test]
        fn nothing_rings_in_quiet_hours_and_nothing_waits_longer_than_a_day(
            second in 1_700_000_000_i64..1_900_000_000,
            from in 0_i8..24, until in 0_i8..24, half in any::<bool>(),
        ) {
            let half = if half { 30 } else { 0 };
            let Some(quiet) = QuietHours::new(time(from, 0, 0, 0), time(until, half, 0, 0)) else { return Ok(()) };
            let now = Timestamp::from_second(second).unwrap();
            let loud = quiet.first_loud(now, &zone());
            prop_assert!(loud >= now);
            prop_assert!(loud.duration_since(now) <= SignedDuration::from_hours(25));
            prop_assert!(!quiet.cover(zone().to_datetime(loud).time()));
            if !quiet.cover(zone().to_datetime(now).time()) {
                prop_assert_eq!(loud, now);
            }
        }
    }
}
