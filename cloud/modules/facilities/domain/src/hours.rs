//! When a place is open: the clock on its wall, turned into instants.
//!
//! A place opens the first time its clock shows the hour on the sign and closes the last time it shows the
//! other, so that nobody who goes by the sign stands before a closed door. On the day that skips an hour a
//! sign may name a time that never comes: the moment of the skip stands for it. On the day that repeats one
//! the place stays open through the repetition.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// A span of a weekday, in minutes after midnight by the place's clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct DayHours {
    /// 1 is Monday, 7 is Sunday.
    pub weekday: i8,
    /// First minute that is open, 0 to 1439.
    pub opens_minute: u16,
    /// First minute that is closed, after `opens_minute`; 1440 is midnight, more is the next day.
    pub closes_minute: u16,
}

/// From an instant until just before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first instant that is in it.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
}

/// When it is open on a date: in order, apart from each other. Empty on a date that is closed.
pub fn open_spans(hours: &[DayHours], zone: &TimeZone, date: Date) -> Vec<Span> {
    let weekday = date.weekday().to_monday_one_offset();
    let spans: Vec<Span> = hours
        .iter()
        .filter(|day| day.weekday == weekday)
        .filter_map(|day| {
            let starts_at = first_shown(zone, at_minute(date, day.opens_minute)?)?;
            let ends_at = last_shown(zone, at_minute(date, day.closes_minute)?)?;
            Some(Span { starts_at, ends_at })
        })
        .filter(|span| span.starts_at < span.ends_at)
        .collect();
    join(spans)
}

/// Spans as one where they meet or overlap: where the repeated hour stretches one into the next, and over midnight.
pub(crate) fn join(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| span.starts_at);
    spans.into_iter().fold(Vec::new(), |mut joined: Vec<Span>, next| {
        match joined.last_mut() {
            Some(last) if next.starts_at <= last.ends_at => last.ends_at = last.ends_at.max(next.ends_at),
            Some(_) | None => joined.push(next),
        }
        joined
    })
}

/// What the clock shows `minute` minutes after midnight on a day without a change; `None` past the calendar.
fn at_minute(date: Date, minute: u16) -> Option<DateTime> {
    date.to_datetime(Time::midnight()).checked_add(i64::from(minute).minutes()).ok()
}

/// The instants at which the clock shows it: none, one or two.
fn shown(zone: &TimeZone, clock: DateTime) -> impl Iterator<Item = Timestamp> {
    let at = zone.to_ambiguous_timestamp(clock);
    let (first, second) = match at.offset() {
        AmbiguousOffset::Unambiguous { .. } => (at.unambiguous().ok(), None),
        AmbiguousOffset::Gap { .. } => (None, None),
        AmbiguousOffset::Fold { .. } => (at.earlier().ok(), at.later().ok()),
    };
    first.into_iter().chain(second)
}

fn first_shown(zone: &TimeZone, clock: DateTime) -> Option<Timestamp> {
    shown(zone, clock).next().or_else(|| skip(zone, clock))
}

fn last_shown(zone: &TimeZone, clock: DateTime) -> Option<Timestamp> {
    shown(zone, clock).last().or_else(|| skip(zone, clock))
}

/// The moment at which the clock skips past what it never shows.
fn skip(zone: &TimeZone, clock: DateTime) -> Option<Timestamp> {
    let after = zone.to_ambiguous_timestamp(clock).later().ok()?;
    let beyond = after.checked_add(SignedDuration::from_secs(1)).ok()?;
    zone.preceding(beyond).next().map(|transition| transition.timestamp())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const ORDINARY: Date = date(2026, 11, 23);
    const SPRING: Date = date(2026, 3, 29);
    const AUTUMN: Date = date(2026, 10, 25);

    fn stockholm() -> TimeZone {
        TimeZone::get("Europe/Stockholm").unwrap()
    }

    fn every_day(opens_minute: u16, closes_minute: u16) -> Vec<DayHours> {
        (1..=7).map(|weekday| DayHours { weekday, opens_minute, closes_minute }).collect()
    }

    fn span(from: &str, to: &str) -> Span {
        Span { starts_at: from.parse().unwrap(), ends_at: to.parse().unwrap() }
    }

    fn minutes(span: &Span) -> i64 {
        span.ends_at.duration_since(span.starts_at).as_mins()
    }

    #[test]
    fn a_hall_opens_and_closes_by_its_own_clock() {
        let hours = every_day(7 * 60, 23 * 60);
        let open = |date| open_spans(&hours, &stockholm(), date);
        assert_eq!(open(ORDINARY), [span("2026-11-23T06:00:00Z", "2026-11-23T22:00:00Z")]);
        assert_eq!(open(date(2026, 7, 1)), [span("2026-07-01T05:00:00Z", "2026-07-01T21:00:00Z")]);
        // The clocks change while it is closed: it is open for as long as on any other day.
        assert_eq!(open(SPRING), [span("2026-03-29T05:00:00Z", "2026-03-29T21:00:00Z")]);
        assert_eq!(open(AUTUMN), [span("2026-10-25T06:00:00Z", "2026-10-25T22:00:00Z")]);
    }

    #[test]
    fn a_weekday_without_hours_is_closed() {
        let monday = [DayHours { weekday: 1, opens_minute: 480, closes_minute: 960 }];
        assert_eq!(open_spans(&monday, &stockholm(), ORDINARY).len(), 1);
        assert_eq!(open_spans(&monday, &stockholm(), date(2026, 11, 24)), []);
    }

    #[test]
    fn round_the_clock_lasts_as_long_as_the_day_and_meets_the_next() {
        let hours = every_day(0, 1440);
        for (day, hours_long) in [(ORDINARY, 24), (SPRING, 23), (AUTUMN, 25)] {
            let open = open_spans(&hours, &stockholm(), day);
            assert_eq!(open.iter().map(minutes).collect::<Vec<_>>(), [hours_long * 60]);
            let next = open_spans(&hours, &stockholm(), day.tomorrow().unwrap());
            assert_eq!(open[0].ends_at, next[0].starts_at);
        }
    }

    #[test]
    fn a_time_that_never_comes_is_the_moment_the_clock_skips_it() {
        let skip = "2026-03-29T01:00:00Z";
        let opens = open_spans(&every_day(150, 300), &stockholm(), SPRING);
        assert_eq!(opens, [span(skip, "2026-03-29T03:00:00Z")]);
        let closes = open_spans(&every_day(60, 150), &stockholm(), SPRING);
        assert_eq!(closes, [span("2026-03-29T00:00:00Z", skip)]);
        assert_eq!(open_spans(&every_day(125, 175), &stockholm(), SPRING), []);
    }

    #[test]
    fn hours_in_the_repeated_hour_hold_both_times() {
        let open = open_spans(&every_day(150, 165), &stockholm(), AUTUMN);
        assert_eq!(open, [span("2026-10-25T00:30:00Z", "2026-10-25T01:45:00Z")]);
        let mut two = every_day(60, 135);
        two.extend(every_day(150, 300));
        let joined = open_spans(&two, &stockholm(), AUTUMN);
        assert_eq!(joined, [span("2026-10-24T23:00:00Z", "2026-10-25T04:00:00Z")]);
    }

    /// One to three spans of a day that do not overlap by the clock.
    fn some_hours() -> impl Strategy<Value = Vec<DayHours>> {
        proptest::collection::btree_set(0u16..=1440, 2..=6).prop_map(|minutes| {
            let minutes: Vec<u16> = minutes.into_iter().collect();
            minutes.chunks_exact(2).flat_map(|pair| every_day(pair[0], pair[1])).collect()
        })
    }

    fn some_day() -> impl Strategy<Value = Date> {
        prop_oneof![Just(ORDINARY), Just(SPRING), Just(AUTUMN)]
    }

    /// Every minute of the date, as an instant and as the place's clock shows it.
    fn every_minute(day: Date) -> impl Iterator<Item = (Timestamp, u16)> {
        let zone = stockholm();
        let first = day.to_zoned(zone.clone()).unwrap().timestamp();
        let end = day.tomorrow().unwrap().to_zoned(zone.clone()).unwrap().timestamp();
        (0..)
            .map(move |minute| first + SignedDuration::from_mins(minute))
            .take_while(move |at| *at < end)
            .map(move |at| {
                let clock = at.to_zoned(zone.clone());
                (at, u16::try_from(clock.hour()).unwrap() * 60 + u16::try_from(clock.minute()).unwrap())
            })
    }

    fn inside(spans: &[Span], at: Timestamp) -> bool {
        spans.iter().any(|span| span.starts_at <= at && at < span.ends_at)
    }

    proptest! {
        #[test]
        fn whoever_reads_an_open_time_off_the_clock_finds_it_open(hours in some_hours(), day in some_day()) {
            let open = open_spans(&hours, &stockholm(), day);
            for (at, clock) in every_minute(day) {
                let by_the_sign = hours.iter().any(|h| h.opens_minute <= clock && clock < h.closes_minute);
                if by_the_sign {
                    prop_assert!(inside(&open, at), "closed at {at}");
                } else {
                    // Beyond the sign it is open only while an hour repeats itself, from two to three.
                    let repeats = day == AUTUMN && (120..180).contains(&clock);
                    prop_assert!(!inside(&open, at) || repeats, "open at {at}");
                }
            }
        }

        #[test]
        fn open_spans_stand_in_order_and_apart(hours in some_hours(), day in some_day()) {
            let open = open_spans(&hours, &stockholm(), day);
            prop_assert!(open.iter().all(|span| span.starts_at < span.ends_at));
            prop_assert!(open.windows(2).all(|pair| pair[0].ends_at < pair[1].starts_at));
        }

        #[test]
        fn an_ordinary_day_is_open_as_long_as_the_sign_says(hours in some_hours()) {
            let open: i64 = open_spans(&hours, &stockholm(), ORDINARY).iter().map(minutes).sum();
            let sign: i64 = hours
                .iter()
                .filter(|h| h.weekday == 1)
                .map(|h| i64::from(h.closes_minute - h.opens_minute))
                .sum();
            prop_assert_eq!(open, sign);
        }
    }
}
