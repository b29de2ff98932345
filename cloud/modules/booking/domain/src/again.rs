//! Last year's times again.

use jiff::Timestamp;
use jiff::civil::{Date, ISOWeekDate};

use crate::{Asked, Place};

/// Years that are looked ahead at most: somebody may book again what they had some years ago.
const YEARS_MAX: i16 = 20;

/// Times of a year, in the next one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Again {
    /// The times, in the order of the old ones.
    pub times: Vec<Asked>,
    /// How many are in a week 53, which the next year does not have.
    pub left_out: usize,
}

/// The same times in the same weeks of the next year, by the clock on the wall: 52 or 53 weeks later, so that the
/// number of the week agrees. Of times that are long past, in the first year in which the first of them is to come.
pub fn again(place: &Place, times: &[Asked], now: Timestamp) -> Again {
    let first = times.iter().map(|time| time.starts_at).min();
    let years = (1..=YEARS_MAX).find(|years| {
        first.and_then(|first| later(place, first, *years)).is_some_and(|starts_at| starts_at > now)
    });
    let years = years.unwrap_or(1);
    let times_again: Vec<Asked> = times
        .iter()
        .filter_map(|time| Some(Asked { starts_at: later(place, time.starts_at, years)?, ..*time }))
        .collect();
    Again { left_out: times.len().saturating_sub(times_again.len()), times: times_again }
}

fn later(place: &Place, at: Timestamp, years: i16) -> Option<Timestamp> {
    let clock = place.time_zone.to_datetime(at);
    let moved = same_week(clock.date(), years)?.to_datetime(clock.time());
    place.time_zone.to_ambiguous_timestamp(moved).compatible().ok()
}

/// The same day of the week with the same number, so many years later; `None` where that year has no such week.
fn same_week(date: Date, years: i16) -> Option<Date> {
    let old = ISOWeekDate::from(date);
    let new = ISOWeekDate::new(old.year().checked_add(years)?, old.week(), old.weekday()).ok()?;
    Some(new.date())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;
    use protocols_ids::{ResourceId, Uuid};

    use super::*;

    fn stockholm() -> Place {
        let time_zone = TimeZone::get("Europe/Stockholm").unwrap();
        Place { time_zone, holidays: BTreeSet::new(), resources: Vec::new() }
    }

    fn asked(text: &str) -> Asked {
        Asked { resource: ResourceId::new(Uuid::from_u128(1)), starts_at: text.parse().unwrap(), minutes: 60 }
    }

    #[test]
    fn last_years_times_come_again_in_the_weeks_with_the_same_number() {
        // Tuesdays at six: week 39 of 2025, week 53 of 2026, which 2027 does not have, and week 2 of 2027.
        let season =
            [asked("2026-09-22T16:00:00Z"), asked("2026-12-29T17:00:00Z"), asked("2027-01-12T17:00:00Z")];
        let next = again(&stockholm(), &season, "2027-06-01T00:00:00Z".parse().unwrap());
        assert_eq!(next.left_out, 1);
        let starts: Vec<String> = next.times.iter().map(|time| time.starts_at.to_string()).collect();
        // 53 weeks later and 52 weeks later.
        assert_eq!(starts, ["2027-09-28T16:00:00Z", "2028-01-11T17:00:00Z"]);
        // Asked two years later they come in the first year that is to come.
        let late = again(&stockholm(), &season[..1], "2028-06-01T00:00:00Z".parse().unwrap());
        assert_eq!(late.times[0].starts_at.to_string(), "2028-09-26T16:00:00Z");
    }

    proptest! {
        #[test]
        fn a_time_comes_again_at_its_clock_on_its_day_in_its_week_and_52_or_53_weeks_later(
            days in 0_i64..4_000, minute in 0_i64..1440,
        ) {
            let place = stockholm();
            let clock = date(2024, 1, 1).at(0, 0, 0, 0)
                .checked_add(jiff::Span::new().days(days).minutes(minute)).unwrap();
            let starts_at = place.time_zone.to_ambiguous_timestamp(clock).compatible().unwrap();
            // As a clock that is skipped is shown.
            let clock = place.time_zone.to_datetime(starts_at);
            let next = again(&place, &[Asked { starts_at, ..asked("2026-01-01T00:00:00Z") }], starts_at);
            let old = ISOWeekDate::from(clock.date());
            if let [time] = next.times[..] {
                let new = place.time_zone.to_datetime(time.starts_at);
                let week = ISOWeekDate::from(new.date());
                prop_assert_eq!((week.week(), week.weekday()), (old.week(), old.weekday()));
                let between = new.date().since(clock.date()).unwrap().get_days();
                prop_assert!(between == 52 * 7 || between == 53 * 7);
                // An hour that the clocks skip on the new day is when they have skipped it.
                let moved = (i32::from(new.hour()) * 60 + i32::from(new.minute()))
                    - (i32::from(clock.hour()) * 60 + i32::from(clock.minute()));
                prop_assert!(moved == 0 || moved == 60);
            } else {
                prop_assert_eq!(old.week(), 53);
            }
        }
    }
}
