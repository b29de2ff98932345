//! How much of a whole day can be booked, for tables in which a day is one cell.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::{Occupancy, Place, Resource, Rules, Span, blocked_on};

/// What a day is to the reader, for one resource or several.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DayState {
    /// Something can be booked.
    Free {
        /// Minutes of the day that are free, in stretches no shorter than the shortest booking; of all resources
        /// together.
        minutes: u32,
    },
    /// It is open, and nothing is left.
    Full,
    /// It is not open at all.
    Closed,
    /// It is too late to book.
    Past,
    /// It is too early to book.
    NotYet,
}

/// What a day is, over all these resources: give those that do not contain one another, or time counts twice.
///
/// Worked out from stretches, not from rows: a month of a dozen resources is a page.
pub fn day_state<'a>(
    place: &Place,
    resources: impl IntoIterator<Item = &'a Resource>,
    date: Date,
    taken: &Occupancy,
    now: Timestamp,
) -> DayState {
    let Some(day) = place.day(date) else { return DayState::Closed };
    let mut all = DayState::Closed;
    for resource in resources {
        all = joined(
            all,
            one(resource, resource.rules.on(date), &stops(place, resource, date), day, taken, now),
        );
    }
    all
}

/// What two resources are together: free time adds up; otherwise what says most to whoever looks for a time.
fn joined(one: DayState, other: DayState) -> DayState {
    match (one, other) {
        (DayState::Free { minutes: here }, DayState::Free { minutes: there }) => {
            DayState::Free { minutes: here.saturating_add(there) }
        }
        (free @ DayState::Free { .. }, _) | (_, free @ DayState::Free { .. }) => free,
        (DayState::Full, _) | (_, DayState::Full) => DayState::Full,
        (DayState::NotYet, _) | (_, DayState::NotYet) => DayState::NotYet,
        (DayState::Past, _) | (_, DayState::Past) => DayState::Past,
        (DayState::Closed, DayState::Closed) => DayState::Closed,
    }
}

/// When everybody is kept from it on a date, by rule.
fn stops(place: &Place, resource: &Resource, date: Date) -> Vec<Span> {
    let stops = blocked_on(place, resource.rules.on(date), date).into_iter();
    stops.filter(|(_, blocked)| blocked.except.is_empty()).map(|(span, _)| span).collect()
}

fn one(
    resource: &Resource,
    rules: &Rules,
    stops: &[Span],
    day: Span,
    taken: &Occupancy,
    now: Timestamp,
) -> DayState {
    let minutes = |count: u32| SignedDuration::from_mins(count.into());
    let (Ok(earliest), Ok(latest)) =
        (now.checked_add(minutes(rules.lead_minutes)), now.checked_add(minutes(rules.horizon_minutes)))
    else {
        return DayState::Closed;
    };
    // What starts at the last moment may go on after it.
    let latest_end = latest.checked_add(minutes(rules.longest())).unwrap_or(latest);
    let open: Vec<Span> = resource.open.iter().copied().filter(|open| open.overlaps(day)).collect();
    if open.is_empty() {
        return DayState::Closed;
    }
    let free = open
        .iter()
        .filter_map(|open| Span::new(open.starts_at().max(earliest), open.ends_at().min(latest_end)))
        .flat_map(|open| gaps(resource, open, taken, stops))
        .filter(|gap| gap.minutes() >= rules.shortest() && gap.starts_at() <= latest)
        .filter_map(|gap| Span::new(gap.starts_at().max(day.starts_at()), gap.ends_at().min(day.ends_at())))
        .fold(0_u32, |sum, gap| sum.saturating_add(gap.minutes()));
    if free > 0 {
        DayState::Free { minutes: free }
    } else if day.ends_at() <= earliest {
        DayState::Past
    } else if day.starts_at() > latest {
        DayState::NotYet
    } else {
        DayState::Full
    }
}

/// The stretches of a span that a booking could take: no part is taken, and there is time to set up after what comes
/// before it and to clean before what comes after it.
fn gaps(resource: &Resource, open: Span, taken: &Occupancy, stops: &[Span]) -> Vec<Span> {
    let (before, after) = resource.buffer;
    let around = open.widened(before, after);
    let occupied = taken.on_any(&resource.parts, around);
    let mut busy: Vec<Span> = occupied.map(|occupied| occupied.span.widened(after, before)).collect();
    busy.extend(stops);
    busy.sort_unstable();
    let mut gaps = Vec::new();
    let mut from = open.starts_at();
    for span in busy {
        gaps.extend(Span::new(from, span.starts_at()));
        from = from.max(span.ends_at());
    }
    gaps.extend(Span::new(from, open.ends_at()));
    gaps
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;
    use protocols_ids::{BookingId, FacilityId, PartId, ResourceId, Uuid};

    use super::*;
    use crate::{Cell, Occupied, RuleBook, Rules, cells, row_minutes, rows};

    const FRIDAY: Date = date(2026, 11, 27);

    fn part(id: u128) -> PartId {
        PartId::new(Uuid::from_u128(id))
    }

    /// Open 8 to 22 every day in Stockholm, which is 7 to 21 by UTC; two halves and nothing else.
    fn place() -> Place {
        let open = (20..=30).map(|day| {
            let at =
                |hour| date(2026, 11, day).at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
            Span::new(at(7), at(21)).unwrap()
        });
        let open: Vec<Span> = open.collect();
        let half = |id: u128| Resource {
            id: ResourceId::new(Uuid::from_u128(id)),
            facility: FacilityId::new(Uuid::from_u128(90)),
            parent: None,
            parts: vec![part(id)],
            open: open.clone(),
            persons_max: None,
            buffer: (0, 0),
            rules: RuleBook::always(Rules {
                step_minutes: 30,
                shortest_minutes: 60,
                longest_minutes: 240,
                lead_minutes: 15,
                horizon_minutes: 60 * 24 * 30,
                ..Rules::default()
            }),
        };
        Place {
            time_zone: TimeZone::get("Europe/Stockholm").unwrap(),
            holidays: BTreeSet::new(),
            resources: vec![half(1), half(2)],
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn taken(spans: &[(u128, &str, &str)]) -> Occupancy {
        Occupancy::new(spans.iter().map(|(id, from, to)| Occupied {
            part: part(*id),
            span: Span::new(at(from), at(to)).unwrap(),
            booking: BookingId::new(Uuid::from_u128(9)),
            mine: false,
        }))
    }

    fn state(date: Date, taken: &Occupancy, now: &str) -> DayState {
        let place = place();
        day_state(&place, &place.resources, date, taken, at(now))
    }

    #[test]
    fn a_day_says_how_much_of_all_its_resources_is_free() {
        let nothing = Occupancy::default();
        let yesterday = "2026-11-26T12:00:00Z";
        assert_eq!(state(FRIDAY, &nothing, yesterday), DayState::Free { minutes: 2 * 14 * 60 });
        let some = taken(&[(1, "2026-11-27T08:00:00Z", "2026-11-27T20:30:00Z")]);
        // The half hour before closing is too short to be booked.
        assert_eq!(state(FRIDAY, &some, yesterday), DayState::Free { minutes: 14 * 60 + 60 });
    }

    #[test]
    fn time_to_set_up_and_to_clean_is_not_free() {
        let mut place = place();
        place.resources.truncate(1);
        place.resources[0].buffer = (15, 30);
        let some = taken(&[(1, "2026-11-27T12:00:00Z", "2026-11-27T14:00:00Z")]);
        let state = day_state(&place, &place.resources, FRIDAY, &some, at("2026-11-26T12:00:00Z"));
        assert_eq!(state, DayState::Free { minutes: 12 * 60 - 15 - 30 });
    }

    #[test]
    fn of_today_only_what_can_still_be_booked_counts() {
        let nothing = Occupancy::default();
        assert_eq!(state(FRIDAY, &nothing, "2026-11-27T18:45:00Z"), DayState::Free { minutes: 2 * 2 * 60 });
        assert_eq!(state(FRIDAY, &nothing, "2026-11-27T20:00:00Z"), DayState::Full);
    }

    #[test]
    fn a_day_that_cannot_be_booked_says_why() {
        let nothing = Occupancy::default();
        assert_eq!(state(FRIDAY, &nothing, "2026-11-29T12:00:00Z"), DayState::Past);
        assert_eq!(state(FRIDAY, &nothing, "2026-10-01T12:00:00Z"), DayState::NotYet);
        assert_eq!(state(date(2026, 12, 24), &nothing, "2026-11-26T12:00:00Z"), DayState::Closed);
        let all = taken(&[
            (1, "2026-11-27T07:00:00Z", "2026-11-27T21:00:00Z"),
            (2, "2026-11-27T07:00:00Z", "2026-11-27T21:00:00Z"),
        ]);
        assert_eq!(state(FRIDAY, &all, "2026-11-26T12:00:00Z"), DayState::Full);
    }

    proptest! {
        #[test]
        fn whoever_finds_a_free_time_in_the_day_was_told_that_there_is_one(
            spans in prop::collection::vec((1_u128..=2, 0_i64..96, 1_i64..20), 0..12),
            now_half_hours in 0_i64..96,
        ) {
            let place = place();
            let midnight = at("2026-11-26T23:00:00Z");
            let later = |half_hours: i64| midnight + SignedDuration::from_mins(30 * half_hours);
            let now = later(now_half_hours - 48);
            let occupied = spans.iter().map(|(id, from, long)| Occupied {
                part: part(*id),
                span: Span::new(later(from - 24), later(from - 24 + long)).unwrap(),
                booking: BookingId::new(Uuid::from_u128(9)),
                mine: false,
            });
            let taken = Occupancy::new(occupied);
            let rows = rows(&place, FRIDAY, row_minutes(&place.resources, FRIDAY));
            for resource in &place.resources {
                let free = cells(&place, resource, &rows, &taken, now)
                    .iter().filter(|cell| matches!(cell, Cell::Free { .. })).count();
                let minutes = match day_state(&place, [resource], FRIDAY, &taken, now) {
                    DayState::Free { minutes } => minutes,
                    DayState::Full | DayState::Closed | DayState::Past | DayState::NotYet => 0,
                };
                prop_assert_eq!(free > 0, minutes >= 60, "{} free cells, {} minutes", free, minutes);
                prop_assert!(minutes >= 30 * u32::try_from(free).unwrap());
            }
        }
    }
}
