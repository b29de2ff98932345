//! A hall of two halves beside a small room, in Stockholm, and what must hold of it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use protocols_ids::{BookingId, FacilityId, PartId, ResourceId, Uuid};

use crate::{
    Asked, Cell, Every, Field, Minute, OCCURRENCES_MAX, Obstacle, Occupancy, Occupied, Place, Reason,
    Resource, RuleBook, Rules, Series, Span, alternatives, cells, check, obstacles, parts_in_lock_order,
    row_minutes, rows, shifted,
};

const WHOLE: u128 = 1;
const HALF_1: u128 = 2;
const HALF_2: u128 = 3;
const ROOM: u128 = 4;

fn rules() -> Rules {
    Rules {
        step_minutes: 30,
        shortest_minutes: 60,
        longest_minutes: 240,
        lead_minutes: 15,
        horizon_minutes: 60 * 24 * 30,
        ..Rules::default()
    }
}

fn resource(id: u128) -> ResourceId {
    ResourceId::new(Uuid::from_u128(id))
}

fn part(id: u128) -> PartId {
    PartId::new(Uuid::from_u128(id))
}

fn booking(id: u128) -> BookingId {
    BookingId::new(Uuid::from_u128(id))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn span(from: &str, to: &str) -> Span {
    Span::new(at(from), at(to)).unwrap()
}

/// Open 7–22 on weekdays, 8–24 on Saturdays, 0–20 on Sundays.
fn place() -> Place {
    static PLACE: LazyLock<Place> = LazyLock::new(made_place);
    PLACE.clone()
}

fn made_place() -> Place {
    let time_zone = TimeZone::get("Europe/Stockholm").unwrap();
    let clock = |date: Date, hour: i8| match hour {
        24 => date.tomorrow().unwrap().to_zoned(time_zone.clone()).unwrap().timestamp(),
        hour => date.at(hour, 0, 0, 0).to_zoned(time_zone.clone()).unwrap().timestamp(),
    };
    // From before the clocks go forward until long after they have gone back.
    let dates = std::iter::successors(Some(date(2026, 3, 1)), |date| date.tomorrow().ok()).take(400);
    let mut open: Vec<Span> = Vec::new();
    for day in dates {
        let (opens, closes) = match day.weekday().to_monday_one_offset() {
            6 => (8, 24),
            7 => (0, 20),
            _ => (7, 22),
        };
        match open.last_mut() {
            Some(last) if last.ends_at() == clock(day, opens) => {
                *last = Span::new(last.starts_at(), clock(day, closes)).unwrap();
            }
            _ => open.push(Span::new(clock(day, opens), clock(day, closes)).unwrap()),
        }
    }
    let new = |id, parent: Option<u128>, parts: &[u128], rules| Resource {
        id: resource(id),
        facility: FacilityId::new(Uuid::from_u128(90)),
        parent: parent.map(resource),
        parts: parts.iter().copied().map(part).collect(),
        open: open.clone(),
        persons_max: None,
        buffer: (0, 0),
        rules: RuleBook::always(rules),
    };
    Place {
        time_zone: time_zone.clone(),
        holidays: BTreeSet::new(),
        resources: vec![
            new(WHOLE, None, &[11, 12], rules()),
            new(HALF_1, Some(WHOLE), &[11], rules()),
            new(HALF_2, Some(WHOLE), &[12], rules()),
            new(ROOM, None, &[21], Rules { step_minutes: 60, shortest_minutes: 60, ..rules() }),
        ],
    }
}

/// Monday 23 November 2026, 10.00 in Stockholm.
const NOW: &str = "2026-11-23T09:00:00Z";

fn reasons(asked: Asked) -> Vec<Reason> {
    check(&place(), &[asked], at(NOW)).unwrap_err().into_iter().map(|refusal| refusal.reason).collect()
}

fn asked(id: u128, start: &str, minutes: u32) -> Asked {
    Asked { resource: resource(id), starts_at: at(start), minutes }
}

#[test]
fn a_time_by_the_rules_is_accepted_with_its_parts() {
    let accepted = check(&place(), &[asked(WHOLE, "2026-11-23T17:00:00Z", 90)], at(NOW)).unwrap();
    assert_eq!(accepted[0].span(), span("2026-11-23T17:00:00Z", "2026-11-23T18:30:00Z"));
    assert_eq!(accepted[0].parts(), [part(11), part(12)]);
}

#[test]
fn every_refusal_says_what_would_have_been_allowed() {
    let one = |asked| reasons(asked).into_iter().next().unwrap();
    assert_eq!(
        one(asked(WHOLE, "2026-11-23T08:30:00Z", 60)),
        Reason::Past { starts_at: at("2026-11-23T08:30:00Z") }
    );
    assert_eq!(
        one(asked(WHOLE, "2026-11-23T09:00:00Z", 60)),
        Reason::TooSoon { earliest: at("2026-11-23T09:15:00Z") }
    );
    assert_eq!(
        one(asked(WHOLE, "2026-12-23T09:30:00Z", 60)),
        Reason::TooFar { latest: at("2026-12-23T09:00:00Z") }
    );
    assert_eq!(one(asked(WHOLE, "2026-11-23T17:10:00Z", 60)), Reason::StartOffStep { step_minutes: 30 });
    assert_eq!(one(asked(WHOLE, "2026-11-23T17:00:00Z", 75)), Reason::LengthOffStep { step_minutes: 30 });
    assert_eq!(one(asked(WHOLE, "2026-11-23T17:00:00Z", 30)), Reason::TooShort { shortest_minutes: 60 });
    assert_eq!(one(asked(WHOLE, "2026-11-23T17:00:00Z", 270)), Reason::TooLong { longest_minutes: 240 });
    assert_eq!(
        one(asked(WHOLE, "2026-11-23T20:30:00Z", 60)),
        Reason::Closed { open: vec![span("2026-11-23T06:00:00Z", "2026-11-23T21:00:00Z")] }
    );
    assert_eq!(one(asked(99, "2026-11-23T17:00:00Z", 60)), Reason::UnknownResource(resource(99)));
}

#[test]
fn start_and_length_are_refused_beside_their_own_fields_at_once() {
    let fields: Vec<Field> =
        reasons(asked(WHOLE, "2026-11-23T17:10:00Z", 10)).iter().map(Reason::field).collect();
    assert_eq!(fields, [Field::Start, Field::Minutes]);
}

#[test]
fn a_request_names_at_least_one_time_and_not_too_many() {
    let refusal = |asked: &[Asked]| check(&place(), asked, at(NOW)).unwrap_err().remove(0).reason;
    assert_eq!(refusal(&[]), Reason::Nothing);
    let many = vec![asked(WHOLE, "2026-11-23T17:00:00Z", 60); OCCURRENCES_MAX + 1];
    assert_eq!(refusal(&many), Reason::TooMany { asked: OCCURRENCES_MAX + 1, most: OCCURRENCES_MAX });
}

#[test]
fn a_request_that_excludes_itself_is_refused() {
    let refusals = check(
        &place(),
        &[asked(HALF_1, "2026-11-23T17:00:00Z", 60), asked(WHOLE, "2026-11-23T17:30:00Z", 60)],
        at(NOW),
    )
    .unwrap_err();
    assert_eq!((refusals[0].occurrence, &refusals[0].reason), (1, &Reason::ExcludesOwn { other: 0 }));
}

#[test]
fn a_place_that_opens_where_it_closed_is_open_over_midnight() {
    // Saturday 23–24 and on into Sunday.
    assert!(place().resources[0].is_open(span("2026-11-28T22:00:00Z", "2026-11-29T00:30:00Z")));
    // Friday ends at 22.
    assert!(!place().resources[0].is_open(span("2026-11-27T20:30:00Z", "2026-11-27T21:30:00Z")));
}

#[test]
fn parts_are_locked_in_one_order_and_once() {
    let accepted = check(
        &place(),
        &[
            asked(ROOM, "2026-11-23T17:00:00Z", 60),
            asked(WHOLE, "2026-11-23T17:00:00Z", 60),
            asked(HALF_1, "2026-11-24T17:00:00Z", 60),
        ],
        at(NOW),
    )
    .unwrap();
    assert_eq!(parts_in_lock_order(&accepted), [part(11), part(12), part(21)]);
}

#[test]
fn the_day_that_loses_an_hour_has_no_row_for_it_and_the_one_that_gains_it_has_two() {
    let of = |date: Date| rows(&place(), date, 60);
    let (spring, autumn) = (of(date(2027, 3, 28)), of(date(2026, 10, 25)));
    assert_eq!((spring.len(), autumn.len()), (23, 25));
    let clock = |row: &Span| place().time_zone.to_datetime(row.starts_at()).hour();
    assert_eq!(spring.iter().take(4).map(clock).collect::<Vec<_>>(), [0, 1, 3, 4]);
    assert_eq!(autumn.iter().take(4).map(clock).collect::<Vec<_>>(), [0, 1, 2, 2]);
    for day in [spring, autumn] {
        for pair in day.windows(2) {
            assert_eq!(pair[0].ends_at(), pair[1].starts_at());
        }
    }
}

#[test]
fn on_the_day_that_gains_an_hour_both_hours_can_be_booked() {
    let place = place();
    let now = at("2026-10-24T09:00:00Z");
    // Sunday is open from midnight. 02.00 comes twice: at 00:00 and at 01:00 UTC.
    let both = [asked(HALF_1, "2026-10-25T00:00:00Z", 60), asked(HALF_1, "2026-10-25T01:00:00Z", 60)];
    assert_eq!(check(&place, &both, now).unwrap().len(), 2);
}

#[test]
fn a_taken_half_leaves_the_other_half_and_takes_the_whole() {
    let place = place();
    let at_six = span("2026-11-23T17:00:00Z", "2026-11-23T18:00:00Z");
    let taken = Occupancy::new([Occupied { part: part(11), span: at_six, booking: booking(1), mine: false }]);
    let see = |id: u128| cells(&place, place.resource(resource(id)).unwrap(), &[at_six], &taken, at(NOW))[0];
    assert_eq!(see(WHOLE), Cell::Taken { by: Some(booking(1)) });
    assert_eq!(see(HALF_1), Cell::Taken { by: Some(booking(1)) });
    assert_eq!(see(HALF_2), Cell::Free { starts_at: at_six.starts_at(), minutes: 60 });
}

#[test]
fn mine_is_what_i_have_all_of() {
    let place = place();
    let at_six = span("2026-11-23T17:00:00Z", "2026-11-23T18:00:00Z");
    let taken = Occupancy::new([Occupied { part: part(11), span: at_six, booking: booking(1), mine: true }]);
    let see = |id: u128| cells(&place, place.resource(resource(id)).unwrap(), &[at_six], &taken, at(NOW))[0];
    assert_eq!(see(HALF_1), Cell::Mine { booking: booking(1) });
    assert_eq!(see(WHOLE), Cell::Taken { by: Some(booking(1)) });
}

#[test]
fn a_taken_time_is_answered_with_its_neighbours_and_the_other_half() {
    let at_six = span("2026-11-23T17:00:00Z", "2026-11-23T18:00:00Z");
    let taken = Occupancy::new([Occupied { part: part(11), span: at_six, booking: booking(1), mine: false }]);
    let wanted = asked(HALF_1, "2026-11-23T17:00:00Z", 60);
    let found: Vec<_> = alternatives(&place(), &wanted, &taken, at(NOW))
        .into_iter()
        .map(|other| (other.resource(), other.span().starts_at()))
        .collect();
    assert_eq!(
        found,
        [
            (resource(HALF_1), at("2026-11-23T16:00:00Z")),
            (resource(HALF_1), at("2026-11-23T18:00:00Z")),
            (resource(HALF_2), at("2026-11-23T17:00:00Z")),
            (resource(ROOM), at("2026-11-23T17:00:00Z")),
        ]
    );
}

#[test]
fn rows_fit_every_resource() {
    assert_eq!(row_minutes(&place().resources, date(2026, 11, 23)), 30);
    assert_eq!(row_minutes([], date(2026, 11, 23)), 60);
}

#[test]
fn lengths_run_from_the_shortest_to_the_longest_on_the_step() {
    let rules = Rules { step_minutes: 30, shortest_minutes: 45, longest_minutes: 130, ..rules() };
    assert_eq!(rules.lengths().collect::<Vec<_>>(), [60, 90, 120]);
}

mod status {
    use super::{NOW, at};
    use crate::{CannotBecome, State, Status};

    #[test]
    fn a_hold_becomes_a_booking_until_it_runs_out() {
        let held = Status::Held { until: at("2026-11-23T09:10:00Z") };
        assert_eq!(held.confirm(at(NOW)), Ok(Status::Confirmed));
        assert_eq!(
            held.confirm(at("2026-11-23T09:10:00Z")),
            Err(CannotBecome { from: held, to: State::Confirmed })
        );
    }

    #[test]
    fn what_is_cancelled_stays_cancelled() {
        let ends = at("2026-11-23T12:00:00Z");
        let cancelled = Status::Confirmed.cancel(ends, at(NOW)).unwrap();
        assert_eq!(cancelled, Status::Cancelled { at: at(NOW) });
        let refused = cancelled.cancel(ends, at(NOW)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a booking that is cancelled at 2026-11-23T09:00:00Z cannot become cancelled"
        );
        assert!(cancelled.confirm(at(NOW)).is_err());
    }

    #[test]
    fn what_is_over_is_not_cancelled() {
        let ended = at(NOW);
        assert_eq!(
            Status::Confirmed.cancel(ended, at(NOW)),
            Err(CannotBecome { from: Status::Confirmed, to: State::Cancelled })
        );
    }
}

mod purpose {
    use crate::{PURPOSE_CHARS_MAX, Purpose, PurposeError};

    #[test]
    fn a_purpose_is_one_line_that_says_something() {
        assert_eq!(Purpose::parse("  Innebandy\n\tP12 ").unwrap().as_str(), "Innebandy P12");
        assert_eq!(Purpose::parse(" \n "), Err(PurposeError::Blank));
        assert!(Purpose::parse(&"å".repeat(PURPOSE_CHARS_MAX)).is_ok());
        let chars = PURPOSE_CHARS_MAX + 1;
        let refused = PurposeError::TooLong { chars, most: PURPOSE_CHARS_MAX };
        assert_eq!(Purpose::parse(&"å".repeat(chars)), Err(refused));
    }
}

/// Days of interest: an ordinary one, over a night that is open, and the two on which clocks change.
fn a_day() -> impl Strategy<Value = Date> {
    prop::sample::select(vec![
        date(2026, 11, 24),
        date(2026, 11, 28),
        date(2026, 10, 25),
        date(2027, 3, 28),
        date(2027, 3, 27),
    ])
}

fn a_request() -> impl Strategy<Value = (u128, i64, u32)> {
    (1..=4_u128, -120..1560_i64, 0..300_u32)
}

/// Minutes after the first of the date, most of them on the half hour.
fn start_of(place: &Place, day: Date, minute: i64) -> Timestamp {
    let rounded = if minute % 7 == 0 { minute } else { minute - minute.rem_euclid(30) };
    place.day(day).unwrap().starts_at() + SignedDuration::from_mins(rounded)
}

fn length_of(minutes: u32) -> u32 {
    if minutes.is_multiple_of(7) { minutes } else { minutes - minutes % 30 }
}

proptest! {
    #[test]
    fn two_accepted_occurrences_never_share_a_part_at_overlapping_times(
        day in a_day(),
        requests in prop::collection::vec(a_request(), 1..40),
    ) {
        let place = place();
        let now = place.day(day).unwrap().starts_at() + SignedDuration::from_hours(6);
        let mut rows: Vec<Occupied> = Vec::new();
        for (index, (id, minute, minutes)) in requests.into_iter().enumerate() {
            let starts_at = start_of(&place, day, minute);
            let wanted = Asked { resource: resource(id), starts_at, minutes: length_of(minutes) };
            let Ok(accepted) = check(&place, &[wanted], now) else { continue };
            if Occupancy::new(rows.clone()).has_room_for(&accepted[0]) {
                let booking = booking(index as u128);
                rows.extend(accepted[0].parts().iter().map(|part| Occupied {
                    part: *part, span: accepted[0].span(), booking, mine: false,
                }));
            }
        }
        for (index, one) in rows.iter().enumerate() {
            prop_assert!(one.span.starts_at() >= now);
            for other in &rows[..index] {
                prop_assert!(one.part != other.part
                    || one.span.ends_at() <= other.span.starts_at()
                    || other.span.ends_at() <= one.span.starts_at());
            }
        }
    }

    #[test]
    fn the_schedule_says_free_exactly_where_a_covering_booking_would_be_accepted(
        day in a_day(),
        now_minute in -600..1200_i64,
        requests in prop::collection::vec((a_request(), any::<bool>()), 0..12),
    ) {
        let place = place();
        let midnight = place.day(day).unwrap().starts_at();
        let now = midnight + SignedDuration::from_mins(now_minute);
        let mut taken = Vec::new();
        for (index, ((id, minute, minutes), mine)) in requests.into_iter().enumerate() {
            let starts_at = start_of(&place, day, minute);
            let Some(span) = Span::lasting(starts_at, length_of(minutes)) else { continue };
            for part in &place.resource(resource(id)).unwrap().parts {
                taken.push(Occupied { part: *part, span, booking: booking(index as u128), mine });
            }
        }
        let occupancy = Occupancy::new(taken.clone());
        let rows = rows(&place, day, 30);
        for thing in &place.resources {
            for (row, cell) in rows.iter().zip(cells(&place, thing, &rows, &occupancy, now)) {
                // By hand: minute by minute, without the schedule's own search.
                let overlapping = |part: PartId| {
                    taken.iter().filter(move |one| one.part == part && one.span.overlaps(*row))
                };
                let all_mine = thing.parts.iter().all(|part| overlapping(*part).any(|one| one.mine));
                let any_taken = thing.parts.iter().any(|part| overlapping(*part).next().is_some());
                let bookable = (0..60).filter_map(|minute| {
                    let starts_at = row.ends_at() - SignedDuration::from_mins(60 - minute);
                    let wanted = Asked { resource: thing.id, starts_at, minutes: 60 };
                    check(&place, &[wanted], now).ok()
                }).any(|new| new[0].span().covers(*row) && taken.iter().all(|one| {
                    !new[0].parts().contains(&one.part) || !one.span.overlaps(new[0].span())
                }));
                match cell {
                    Cell::Mine { .. } => prop_assert!(all_mine),
                    Cell::Free { starts_at, minutes } => {
                        prop_assert!(bookable && !any_taken);
                        let wanted = Asked { resource: thing.id, starts_at, minutes };
                        let new = check(&place, &[wanted], now).unwrap();
                        prop_assert!(new[0].span().covers(*row) && occupancy.has_room_for(&new[0]));
                    }
                    Cell::Taken { by } => {
                        prop_assert!(!bookable && !all_mine);
                        prop_assert_eq!(by.is_some(), any_taken);
                    }
                    Cell::Closed | Cell::Past | Cell::NotYet => prop_assert!(!bookable && !all_mine),
                }
            }
        }
    }

    #[test]
    fn every_alternative_can_be_booked(
        day in a_day(),
        wanted in a_request(),
        requests in prop::collection::vec(a_request(), 0..20),
    ) {
        let place = place();
        let now = place.day(day).unwrap().starts_at() - SignedDuration::from_hours(20);
        let taken = Occupancy::new(requests.into_iter().flat_map(|(id, minute, minutes)| {
            let span = Span::lasting(start_of(&place, day, minute), length_of(minutes));
            let parts = place.resource(resource(id)).unwrap().parts.clone();
            parts.into_iter().filter_map(move |part| {
                Some(Occupied { part, span: span?, booking: booking(1), mine: false })
            })
        }));
        let (id, minute, minutes) = wanted;
        let wanted = Asked {
            resource: resource(id), starts_at: start_of(&place, day, minute), minutes: length_of(minutes),
        };
        for other in alternatives(&place, &wanted, &taken, now) {
            let again = Asked {
                resource: other.resource(), starts_at: other.span().starts_at(), minutes: wanted.minutes,
            };
            prop_assert_eq!(check(&place, &[again], now).unwrap().remove(0), other.clone());
            prop_assert!(taken.has_room_for(&other));
        }
    }
}

/// Every Tuesday and Thursday 18–19.
fn twice_a_week(first: Date, last: Date) -> Series {
    Series {
        resource: resource(HALF_1),
        first,
        last,
        every: Every::Week { weekdays: BTreeSet::from([2, 4]), weeks: 1 },
        starts: "18:00".parse::<Minute>().unwrap(),
        minutes: 60,
        skip_holidays: false,
    }
}

#[test]
fn a_series_keeps_to_the_clock_on_the_wall_over_the_change_of_clocks() {
    let place = place();
    let times = twice_a_week(date(2026, 10, 20), date(2026, 10, 29)).times(&place);
    let starts: Vec<String> = times.iter().map(|time| time.starts_at.to_string()).collect();
    assert_eq!(
        starts,
        ["2026-10-20T16:00:00Z", "2026-10-22T16:00:00Z", "2026-10-27T17:00:00Z", "2026-10-29T17:00:00Z"]
    );
    let every_other = Series {
        every: Every::Week { weekdays: BTreeSet::from([2, 4]), weeks: 2 },
        ..twice_a_week(date(2026, 11, 26), date(2026, 12, 18))
    };
    let days: Vec<Date> =
        every_other.times(&place).iter().map(|time| place.date_of(time.starts_at)).collect();
    assert_eq!(days, [date(2026, 11, 26), date(2026, 12, 8), date(2026, 12, 10)]);
    let holiday = Place { holidays: BTreeSet::from([date(2026, 12, 10)]), ..place };
    let skipping = Series { skip_holidays: true, ..every_other };
    assert_eq!(skipping.times(&holiday).len(), 2);
}

#[test]
fn three_of_many_that_clash_are_told_with_what_is_free_instead() {
    let place = place();
    let times = twice_a_week(date(2026, 11, 24), date(2026, 12, 17)).times(&place);
    assert_eq!(times.len(), 8);
    // The first is taken by somebody, the second excludes one of the same list, the third is in the closed night.
    let row = Occupied {
        part: part(11),
        span: span("2026-11-24T17:30:00Z", "2026-11-24T18:00:00Z"),
        booking: booking(1),
        mine: false,
    };
    let taken = Occupancy::new([row]);
    let mut asked = times.clone();
    asked.push(times[1]);
    asked.push(Asked { starts_at: at("2026-12-01T02:00:00Z"), ..times[0] });
    let checked = asked.iter().map(|one| crate::request::check_one(&place, one, at(NOW))).collect();
    let found = obstacles(&place, &asked, checked, &taken, at(NOW));
    let told: Vec<usize> = (0..found.len()).filter(|index| found[*index].is_some()).collect();
    assert_eq!(told, [0, 8, 9]);
    let Some(Obstacle::Taken { instead }) = &found[0] else { panic!("{found:?}") };
    assert!(instead.iter().any(|other| other.resource() == resource(HALF_2)));
    assert!(instead.iter().all(|other| taken.has_room_for(other)));
    assert_eq!(found[8], Some(Obstacle::ExcludesOwn { other: 1 }));
    assert!(
        matches!(&found[9], Some(Obstacle::Refused { reasons }) if matches!(reasons[..], [Reason::Closed { .. }]))
    );
}

#[test]
fn a_fair_that_moves_a_week_starts_at_the_same_clock() {
    let place = place();
    let times = twice_a_week(date(2026, 10, 20), date(2026, 10, 22)).times(&place);
    let later = shifted(&place, &times, 7).unwrap();
    assert_eq!(later[0].starts_at, at("2026-10-27T17:00:00Z"));
    assert_eq!(shifted(&place, &later, -7).unwrap(), times);
    assert_eq!(shifted(&place, &times, i64::MAX), None);
}

proptest! {
    #[test]
    fn every_time_of_a_series_is_on_one_of_its_days_at_its_clock_and_none_is_left_out(
        first in 0_i64..300, length in 0_i64..200, every in 1_u8..5,
        weekdays in proptest::collection::btree_set(1_i8..=7, 1..4),
    ) {
        let place = place();
        let day = |offset: i64| date(2026, 3, 1).checked_add(jiff::Span::new().days(offset)).unwrap();
        let series = Series {
            every: Every::Week { weekdays: weekdays.clone(), weeks: every }, ..twice_a_week(day(first), day(first + length))
        };
        let times = series.times(&place);
        for time in &times {
            let clock = place.time_zone.to_datetime(time.starts_at);
            prop_assert_eq!((clock.hour(), clock.minute()), (18, 0));
            prop_assert!(weekdays.contains(&clock.date().weekday().to_monday_one_offset()));
        }
        // Counted another way: weeks from the first Monday, each day of the week in it.
        let start = crate::rules::monday(series.first);
        let mut expected = 0;
        for week in (0..60).step_by(every.into()) {
            for weekday in &weekdays {
                let date = start.checked_add(jiff::Span::new().days(week * 7 + i64::from(*weekday) - 1)).unwrap();
                expected += usize::from(series.first <= date && date <= series.last);
            }
        }
        prop_assert_eq!(times.len(), expected);
    }
}

#[test]
fn a_series_comes_back_once_a_month_on_its_weekday_or_its_date() {
    let place = place();
    let days = |every, first, last| -> Vec<Date> {
        let series = Series { every, ..twice_a_week(first, last) };
        series.times(&place).iter().map(|time| place.date_of(time.starts_at)).collect()
    };
    // The first Monday.
    assert_eq!(
        days(Every::MonthByWeekday, date(2026, 12, 7), date(2027, 3, 31)),
        [date(2026, 12, 7), date(2027, 1, 4), date(2027, 2, 1), date(2027, 3, 1)]
    );
    // From the fifth Tuesday on, the last one of each month.
    assert_eq!(
        days(Every::MonthByWeekday, date(2026, 12, 29), date(2027, 3, 31)),
        [date(2026, 12, 29), date(2027, 1, 26), date(2027, 2, 23), date(2027, 3, 30)]
    );
    // February has no 31st, nor has April.
    assert_eq!(
        days(Every::MonthByDate, date(2026, 12, 31), date(2027, 5, 31)),
        [date(2026, 12, 31), date(2027, 1, 31), date(2027, 3, 31), date(2027, 5, 31)]
    );
}

#[test]
fn a_series_across_a_change_of_opening_hours_is_told_which_of_its_times_are_closed() {
    let mut place = place();
    // From the second week on the hall closes at six, eleven hours after it has opened.
    for resource in &mut place.resources {
        for open in resource.open.iter_mut().filter(|open| open.starts_at() > at("2026-11-30T00:00:00Z")) {
            *open = Span::new(open.starts_at(), open.starts_at() + SignedDuration::from_hours(11)).unwrap();
        }
    }
    let times = twice_a_week(date(2026, 11, 24), date(2026, 12, 3)).times(&place);
    let checked = times.iter().map(|one| crate::request::check_one(&place, one, at(NOW))).collect();
    let found = obstacles(&place, &times, checked, &Occupancy::default(), at(NOW));
    let closed: Vec<bool> = found
        .iter()
        .map(|one| matches!(one, Some(Obstacle::Refused { reasons }) if matches!(reasons[..], [Reason::Closed { .. }])))
        .collect();
    assert_eq!(closed, [false, false, true, true], "{found:?}");
    assert_eq!(found.iter().flatten().count(), 2);
}

#[test]
fn places_with_the_same_clocks_are_one_and_others_are_not() {
    let elsewhere = Place { time_zone: TimeZone::get("Europe/Helsinki").unwrap(), ..place() };
    assert!(Place::joined([place(), elsewhere]).is_none());
    let both = Place::joined([place(), Place { holidays: BTreeSet::from([date(2026, 12, 25)]), ..place() }]);
    assert_eq!(both.unwrap().resources.len(), 8);
    assert!(Place::joined([]).is_none());
}
