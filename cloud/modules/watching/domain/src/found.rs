//! Whether what became free is what somebody wants.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::{Hours, Wish};

/// From an instant to a later one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span {
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl Span {
    /// Nothing where it would be empty.
    pub fn new(starts_at: Timestamp, ends_at: Timestamp) -> Option<Self> {
        (starts_at < ends_at).then_some(Self { starts_at, ends_at })
    }

    /// From.
    pub const fn starts_at(self) -> Timestamp {
        self.starts_at
    }

    /// To.
    pub const fn ends_at(self) -> Timestamp {
        self.ends_at
    }

    fn overlaps(self, other: Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }

    fn covers(self, other: Self) -> bool {
        self.starts_at <= other.starts_at && other.ends_at <= self.ends_at
    }
}

/// Times that can be booked now, put together where they touch or overlap; in order.
fn together(bookable: &[Span]) -> Vec<Span> {
    let mut sorted = bookable.to_vec();
    sorted.sort_unstable();
    let mut whole: Vec<Span> = Vec::new();
    for span in sorted {
        match whole.last_mut() {
            Some(last) if span.starts_at <= last.ends_at => last.ends_at = last.ends_at.max(span.ends_at),
            Some(_) | None => whole.push(span),
        }
    }
    whole
}

/// Whether the hours have all of a time that begins on a day.
fn within(hours: Hours, time: Span, zone: &TimeZone) -> bool {
    let (starts, ends) = (zone.to_datetime(time.starts_at), zone.to_datetime(time.ends_at));
    let next_midnight = ends.time() == Time::midnight() && starts.date().tomorrow().ok() == Some(ends.date());
    let same_day = starts.date() == ends.date();
    let ends_in_time = if hours.until() == Time::midnight() {
        same_day || next_midnight
    } else {
        same_day && ends.time() <= hours.until()
    };
    starts.time() >= hours.from() && ends_in_time
}

/// The earliest time that somebody wants and that became bookable: it can be booked now and could not before, since it
/// needs something of what was freed. `bookable` are times that can each be booked now, of what is wanted.
pub fn found(wish: Wish, freed: &[Span], bookable: &[Span], now: Timestamp, zone: &TimeZone) -> Option<Span> {
    let whole = together(bookable);
    let can_be_had = |time: Span| {
        time.starts_at > now
            && freed.iter().any(|freed| freed.overlaps(time))
            && whole.iter().any(|whole| whole.covers(time))
    };
    match wish {
        Wish::This(time) => can_be_had(time).then_some(time),
        Wish::Any { days, hours, minutes } => {
            let lasting = SignedDuration::from_mins(minutes.into());
            let mut starts: Vec<Timestamp> = bookable.iter().map(|span| span.starts_at).collect();
            starts.sort_unstable();
            starts.dedup();
            let times = starts.into_iter().filter_map(|at| Span::new(at, at.checked_add(lasting).ok()?));
            let mut wanted = times.filter(|time| {
                days.has(zone.to_datetime(time.starts_at).weekday()) && within(hours, *time, zone)
            });
            wanted.find(|time| can_be_had(*time))
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use proptest::prelude::*;

    use super::*;
    use crate::Weekdays;

    const HALF: i64 = 1800;

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Stockholm").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn span(from: &str, to: &str) -> Span {
        Span::new(at(from), at(to)).unwrap()
    }

    fn evenings(minutes: u32) -> Wish {
        let hours = Hours::new(time(17, 0, 0, 0), time(22, 0, 0, 0)).unwrap();
        Wish::Any { days: Weekdays::new([jiff::civil::Weekday::Thursday]).unwrap(), hours, minutes }
    }

    #[test]
    fn a_time_is_found_when_it_is_wanted_bookable_and_was_not_before() {
        let now = at("2026-11-23T09:00:00Z");
        // Thursday 18–19 and 19–20 in Stockholm can be booked; the first was freed.
        let bookable = [
            span("2026-11-26T17:00:00Z", "2026-11-26T18:00:00Z"),
            span("2026-11-26T18:00:00Z", "2026-11-26T19:00:00Z"),
        ];
        let freed = [bookable[0]];
        let find = |wish, freed: &[Span]| found(wish, freed, &bookable, now, &zone());
        assert_eq!(find(evenings(60), &freed), Some(bookable[0]));
        // Two hours need the freed one too; three are not there.
        assert_eq!(find(evenings(120), &freed), Some(span("2026-11-26T17:00:00Z", "2026-11-26T19:00:00Z")));
        assert_eq!(find(evenings(180), &freed), None);
        // What was bookable all along is no news, and what is on another day is not wanted.
        assert_eq!(find(evenings(60), &[span("2026-11-26T19:00:00Z", "2026-11-26T20:00:00Z")]), None);
        let friday = Wish::Any {
            days: Weekdays::new([jiff::civil::Weekday::Friday]).unwrap(),
            hours: Hours::ALL,
            minutes: 60,
        };
        assert_eq!(find(friday, &freed), None);
        // The taken time itself: all of it, or nothing.
        assert_eq!(find(Wish::This(bookable[0]), &freed), Some(bookable[0]));
        assert_eq!(find(Wish::This(span("2026-11-26T16:30:00Z", "2026-11-26T18:00:00Z")), &freed), None);
        assert_eq!(
            found(Wish::This(bookable[0]), &freed, &bookable, at("2026-11-26T17:00:00Z"), &zone()),
            None
        );
    }

    #[test]
    fn midnight_is_the_end_of_the_day_and_what_goes_on_after_it_is_not_within() {
        let late = Hours::new(time(20, 0, 0, 0), Time::midnight()).unwrap();
        // 23–24 in Stockholm, and 23.30–00.30.
        assert!(within(late, span("2026-11-26T22:00:00Z", "2026-11-26T23:00:00Z"), &zone()));
        assert!(!within(late, span("2026-11-26T22:30:00Z", "2026-11-26T23:30:00Z"), &zone()));
        assert_eq!(Hours::new(time(20, 0, 0, 0), time(18, 0, 0, 0)), None);
    }

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        proptest::collection::vec((0_i64..96, 1_i64..8), 0..12).prop_map(|pairs| {
            let at = |half: i64| Timestamp::from_second(1_795_000_000 / HALF * HALF + half * HALF).unwrap();
            pairs.into_iter().map(|(from, long)| Span::new(at(from), at(from + long)).unwrap()).collect()
        })
    }

    proptest! {
        /// Against the plain meaning, half hour by half hour.
        #[test]
        fn somebody_is_told_exactly_when_a_wanted_time_became_bookable(
            freed in spans(), bookable in spans(), bits in 1_u8..128, from in 0_i8..24, until in 0_i8..24,
            length in 0_usize..5, start in 0_i64..96,
        ) {
            let base = 1_795_000_000 / HALF * HALF;
            let now = Timestamp::from_second(base + start * HALF / 2).unwrap();
            let Some(hours) = Hours::new(time(from, 0, 0, 0), time(until, 0, 0, 0)) else { return Ok(()) };
            let (days, minutes) = (Weekdays::from_bits(bits).unwrap(), crate::LENGTHS[length]);
            let zone = zone();
            let covered = |half: i64| bookable.iter().any(|span| {
                span.starts_at.as_second() <= base + half * HALF && base + (half + 1) * HALF <= span.ends_at.as_second()
            });
            let fits = |first: i64| {
                let count = i64::from(minutes) / 30;
                let (starts, ends) = (Timestamp::from_second(base + first * HALF).unwrap(), Timestamp::from_second(base + (first + count) * HALF).unwrap());
                let (s, e) = (zone.to_datetime(starts), zone.to_datetime(ends));
                let minute = |t: Time| i32::from(t.hour()) * 60 + i32::from(t.minute());
                let last = if e.date() == s.date() { minute(e.time()) } else if e.time() == Time::midnight() { 1440 } else { 9999 };
                let most = if until == 0 { 1440 } else { i32::from(until) * 60 };
                bookable.iter().any(|span| span.starts_at == starts)
                    && (first..first + count).all(covered)
                    && freed.iter().any(|span| span.starts_at < ends && starts < span.ends_at)
                    && starts > now
                    && days.has(s.weekday())
                    && minute(s.time()) >= i32::from(from) * 60
                    && last <= most
            };
            let expected = (0..96).find(|first| fits(*first));
            let wish = Wish::Any { days, hours, minutes };
            let found = found(wish, &freed, &bookable, now, &zone);
            prop_assert_eq!(found.map(|span| (span.starts_at.as_second() - base) / HALF), expected);
        }
    }
}
