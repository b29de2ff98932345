//! Free times: what of a resource could be booked in some windows.
//!
//! **Invariant:** whatever is answered passes [`check`] and finds room; what comes before them here only leaves out
//! what they would refuse, so that three hundred resources are asked in a few milliseconds.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::ResourceId;

use crate::request::{package_on, stay};
use crate::{Asked, Occupancy, Occurrence, Package, Place, Resource, Rules, Span, check};

/// The longest that a package which is repeated can last, in days, so that one that has begun is found.
const WEEK_DAYS: usize = 7;
/// A day and night, in minutes: what a length is counted in where one stays or takes a package.
const NIGHT_MINUTES: u32 = 24 * 60;

/// What is wanted of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// A time begins in one of these. A stay begins on a date that one of them touches, and a package meets one.
    pub windows: &'a [Span],
    /// So long may a time still last when its window has ended.
    pub over_minutes: u32,
    /// How long; `None` is the resource's shortest. Stays and packages are counted in nights: so many as these are days
    /// and nights, and none for another length.
    pub minutes: Option<u32>,
    /// So many times at most, earliest first.
    pub most: usize,
}

/// The instants at which times may start, by step and date: the same for every resource whose clocks are the same, so
/// that they are worked out once for a whole city.
#[derive(Debug, Default)]
pub struct Starts {
    zone: Option<TimeZone>,
    known: BTreeMap<(u32, Date), Vec<Timestamp>>,
}

impl Starts {
    fn on(&mut self, place: &Place, date: Date, step_minutes: u32) -> &[Timestamp] {
        if self.zone.as_ref() != Some(&place.time_zone) {
            self.zone = Some(place.time_zone.clone());
            self.known.clear();
        }
        self.known.entry((step_minutes, date)).or_insert_with(|| place.starts_on(date, step_minutes))
    }
}

/// The times of the place's resources that are free and allowed, those of each resource in order.
pub fn free_times(
    place: &Place,
    wish: Wish<'_>,
    taken: &Occupancy,
    now: Timestamp,
    starts: &mut Starts,
) -> Vec<Occurrence> {
    let mut found = Vec::new();
    for resource in &place.resources {
        // Alone, so that looking it up does not grow with the place.
        let alone = Place {
            time_zone: place.time_zone.clone(),
            holidays: place.holidays.clone(),
            resources: vec![resource.clone()],
        };
        found.extend(free_of(&alone, resource, wish, taken, now, starts));
    }
    found
}

fn free_of(
    place: &Place,
    resource: &Resource,
    wish: Wish<'_>,
    taken: &Occupancy,
    now: Timestamp,
    starts: &mut Starts,
) -> Vec<Occurrence> {
    let mut found: Vec<Occurrence> = Vec::new();
    let accepted = |asked: Asked| {
        let accepted = check(place, &[asked], now).unwrap_or_default();
        accepted.into_iter().filter(|one| taken.has_room_for(one)).collect::<Vec<_>>()
    };
    for span in stays_and_packages_of(place, resource, wish) {
        found.extend(accepted(Asked {
            resource: resource.id,
            starts_at: span.starts_at(),
            minutes: span.minutes(),
        }));
    }
    for window in merged(wish.windows.to_vec()) {
        let rules = resource.rules.on(place.date_of(window.starts_at()));
        let minutes = wish.minutes.unwrap_or(rules.shortest());
        // What is asked about is not booked.
        if rules.by_enquiry || !rules.by_step() || !(rules.shortest()..=rules.longest()).contains(&minutes) {
            continue;
        }
        let over = window.widened(0, wish.over_minutes);
        let Some(within) = bookable(over, rules, minutes, now) else { continue };
        let Some(begins) = Span::new(within.starts_at(), within.ends_at().min(window.ends_at())) else {
            continue;
        };
        let blocked = merged(taken.on_any(&resource.parts, within).map(|row| row.span).collect());
        for starts_at in starts_in(place, begins, rules.step(), starts) {
            if found.len() >= wish.most {
                return found;
            }
            let Some(span) = Span::lasting(starts_at, minutes) else { continue };
            if !within.covers(span) || overlaps_one_of(&blocked, span) || !resource.is_open(span) {
                continue;
            }
            found.extend(accepted(Asked { resource: resource.id, starts_at, minutes }));
        }
    }
    found.truncate(wish.most);
    found
}

/// When all stays and packages lie that could answer, from the first to the last: so far must it be known what is taken
/// of what is let so. `None` where nothing is.
pub fn stays_and_packages_within(place: &Place, wish: Wish<'_>) -> BTreeMap<ResourceId, Span> {
    let within = |resource: &Resource| {
        let spans = stays_and_packages_of(place, resource, wish);
        let ends_at = spans.iter().map(|span| span.ends_at()).max()?;
        Some((resource.id, Span::new(spans.first()?.starts_at(), ends_at)?))
    };
    place.resources.iter().filter_map(within).collect()
}

/// The stays and packages of a resource that answer the wish by their length and their days, in order, taken or not.
fn stays_and_packages_of(place: &Place, resource: &Resource, wish: Wish<'_>) -> Vec<Span> {
    // Nearly everything in a city; no date of it need be looked at.
    if resource.rules.is_always_by_step() {
        return Vec::new();
    }
    let nights = match wish.minutes {
        None => None,
        Some(minutes) if minutes > 0 && minutes.is_multiple_of(NIGHT_MINUTES) => {
            Some(i64::from(minutes / NIGHT_MINUTES))
        }
        Some(_) => return Vec::new(),
    };
    let lasts = |span: &Span| {
        let days = place.date_of(span.ends_at()).since(place.date_of(span.starts_at()));
        nights.is_none_or(|nights| days.is_ok_and(|days| i64::from(days.get_days()) == nights))
    };
    let mut found: Vec<Span> = Vec::new();
    for window in wish.windows {
        let (first, last) = dates_of(place, *window);
        let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok());
        for date in dates.take_while(|date| *date <= last) {
            let Some(rule) = resource.rules.on(date).nights else { continue };
            let leaves = date.checked_add(jiff::Span::new().days(nights.unwrap_or(1)));
            found.extend(leaves.ok().and_then(|leaves| stay(place, rule, date, leaves)));
        }
        let before = std::iter::successors(first.yesterday().ok(), |date| date.yesterday().ok());
        let since = before.take(WEEK_DAYS).last().unwrap_or(first);
        let dates = std::iter::successors(Some(since), |date| date.tomorrow().ok());
        for date in dates.take_while(|date| *date <= last) {
            let rules = resource.rules.on(date);
            let begun = rules.packages.iter().filter_map(|package| package_on(place, package, date));
            found.extend(begun.filter(|span| span.overlaps(*window) && lasts(span)));
        }
        for package in resource.rules.on(first).packages.iter() {
            if let Package::Dated { first, .. } = package {
                let span = package_on(place, package, *first);
                found.extend(span.filter(|span| span.overlaps(*window) && lasts(span)));
            }
        }
    }
    // What is asked about is not booked.
    found.retain(|span| !resource.rules.on(place.date_of(span.starts_at())).by_enquiry);
    found.sort_unstable();
    found.dedup();
    found
}

/// The first and the last date that a window touches.
fn dates_of(place: &Place, window: Span) -> (Date, Date) {
    let last = window.ends_at().checked_sub(SignedDuration::from_secs(1)).unwrap_or(window.ends_at());
    (place.date_of(window.starts_at()), place.date_of(last))
}

/// What of a window can be booked at all now.
fn bookable(window: Span, rules: &Rules, minutes: u32, now: Timestamp) -> Option<Span> {
    let after = |at: Timestamp, minutes: u32| at.saturating_add(SignedDuration::from_mins(minutes.into()));
    let earliest = after(now, rules.lead_minutes).ok()?;
    let latest = after(after(now, rules.horizon_minutes).ok()?, minutes).ok()?;
    Span::new(window.starts_at().max(earliest), window.ends_at().min(latest))
}

/// The instants in a window at which a time may start, in order.
fn starts_in(place: &Place, window: Span, step_minutes: u32, starts: &mut Starts) -> Vec<Timestamp> {
    let (first, last) = (place.date_of(window.starts_at()), place.date_of(window.ends_at()));
    let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok());
    let mut found = Vec::new();
    for date in dates.take_while(|date| *date <= last) {
        let on = starts.on(place, date, step_minutes);
        found.extend(on.iter().filter(|at| window.starts_at() <= **at && **at < window.ends_at()));
    }
    found
}

/// The same instants as spans that stand in order and apart.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.into_iter().fold(Vec::new(), |mut apart: Vec<Span>, next| {
        match apart.last_mut() {
            Some(last) if next.starts_at() <= last.ends_at() => {
                if let Some(both) = Span::new(last.starts_at(), last.ends_at().max(next.ends_at())) {
                    *last = both;
                }
            }
            Some(_) | None => apart.push(next),
        }
        apart
    })
}

/// Whether a span meets one of these, which stand in order and apart.
fn overlaps_one_of(apart: &[Span], span: Span) -> bool {
    let after = apart.partition_point(|one| one.ends_at() <= span.starts_at());
    apart.get(after).is_some_and(|one| one.overlaps(span))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use proptest::prelude::*;
    use protocols_ids::{BookingId, FacilityId, PartId, Uuid};

    use super::*;
    use crate::{Occupied, RuleBook};

    const HALL: ResourceId = ResourceId::new(Uuid::from_u128(1));
    const HALF: ResourceId = ResourceId::new(Uuid::from_u128(2));
    const PARTS: [PartId; 2] = [PartId::new(Uuid::from_u128(11)), PartId::new(Uuid::from_u128(12))];
    const BOOKING: BookingId = BookingId::new(Uuid::from_u128(21));

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn span(from: &str, to: &str) -> Span {
        Span::new(at(from), at(to)).unwrap()
    }

    fn place(rules: &Rules, open: &[Span]) -> Place {
        let resource = |id, parts: &[PartId]| Resource {
            id,
            facility: FacilityId::new(Uuid::from_u128(90)),
            parent: None,
            parts: parts.to_vec(),
            open: open.to_vec(),
            persons_max: None,
            buffer: (0, 0),
            rules: RuleBook::always(rules.clone()),
        };
        Place {
            time_zone: TimeZone::get("Europe/Stockholm").unwrap(),
            holidays: BTreeSet::new(),
            resources: vec![resource(HALL, &PARTS), resource(HALF, &PARTS[..1])],
        }
    }

    fn rules() -> Rules {
        Rules {
            step_minutes: 30,
            shortest_minutes: 60,
            longest_minutes: 240,
            lead_minutes: 60,
            horizon_minutes: 7 * 24 * 60,
            ..Rules::default()
        }
    }

    fn taken(part: PartId, span: Span) -> Occupied {
        Occupied { part, span, booking: BOOKING, mine: false }
    }

    fn found(place: &Place, wish: Wish<'_>, rows: &[Occupied], now: &str) -> Vec<(ResourceId, Span)> {
        let occupancy = Occupancy::new(rows.iter().copied());
        let times = free_times(place, wish, &occupancy, at(now), &mut Starts::default());
        times.iter().map(|time| (time.resource(), time.span())).collect()
    }

    #[test]
    fn an_evening_is_free_around_what_is_taken_and_the_half_beside_it_is_free_throughout() {
        let open = span("2026-11-26T06:00:00Z", "2026-11-26T22:00:00Z");
        let evening = span("2026-11-26T17:00:00Z", "2026-11-26T22:00:00Z");
        let second = taken(PARTS[1], span("2026-11-26T18:00:00Z", "2026-11-26T19:30:00Z"));
        let wish = Wish { windows: &[evening], over_minutes: 0, minutes: Some(120), most: 10 };
        let times = found(&place(&rules(), &[open]), wish, &[second], "2026-11-23T09:00:00Z");
        let hall: Vec<Span> = times.iter().filter(|(id, _)| *id == HALL).map(|(_, span)| *span).collect();
        let last = span("2026-11-26T19:30:00Z", "2026-11-26T21:30:00Z");
        assert_eq!(hall, [last, span("2026-11-26T20:00:00Z", "2026-11-26T22:00:00Z")]);
        assert_eq!(times.iter().filter(|(id, _)| *id == HALF).count(), 7);
    }

    #[test]
    fn what_is_not_let_for_so_long_has_no_free_time_and_without_a_length_the_shortest_counts() {
        let open = span("2026-11-26T06:00:00Z", "2026-11-26T22:00:00Z");
        let place = place(&rules(), &[open]);
        let windows = [open];
        let wish = |minutes| Wish { windows: &windows, over_minutes: 0, minutes, most: 1 };
        for minutes in [30, 45, 270] {
            assert_eq!(found(&place, wish(Some(minutes)), &[], "2026-11-25T09:00:00Z"), [], "{minutes}");
        }
        let first = span("2026-11-26T06:00:00Z", "2026-11-26T07:00:00Z");
        assert_eq!(found(&place, wish(None), &[], "2026-11-25T09:00:00Z"), [(HALL, first), (HALF, first)]);
    }

    #[test]
    fn what_begins_in_the_evening_may_be_over_at_night_and_what_begins_at_night_belongs_to_the_next_day() {
        // Party premises on two days, each from 18 to 02 by their clock.
        let open = [
            span("2026-11-27T17:00:00Z", "2026-11-28T01:00:00Z"),
            span("2026-11-28T17:00:00Z", "2026-11-29T01:00:00Z"),
        ];
        let evening = span("2026-11-27T21:00:00Z", "2026-11-27T23:00:00Z");
        let hall = |minutes, over_minutes, rows: &[Occupied]| {
            let wish = Wish { windows: &[evening], over_minutes, minutes: Some(minutes), most: 9 };
            let times = found(&place(&rules(), &open), wish, rows, "2026-11-26T09:00:00Z");
            times.into_iter().filter(|(id, _)| *id == HALL).map(|(_, span)| span).collect::<Vec<_>>()
        };
        let late = span("2026-11-27T21:00:00Z", "2026-11-28T01:00:00Z");
        assert_eq!(hall(240, 360, &[]), [late], "22 to 02");
        assert_eq!(hall(240, 0, &[]), [], "nothing that long is over by midnight");
        assert_eq!(hall(60, 360, &[]).last(), Some(&span("2026-11-27T22:30:00Z", "2026-11-27T23:30:00Z")));
        let after_midnight = taken(PARTS[0], span("2026-11-28T00:00:00Z", "2026-11-28T01:00:00Z"));
        assert_eq!(hall(240, 360, &[after_midnight]), [], "somebody else has its last hour");
    }

    fn nights(most: u32) -> crate::Nights {
        serde_json::from_value(serde_json::json!({ "arrive": "16:00", "leave": "10:00", "most": most }))
            .unwrap()
    }

    fn packages() -> std::sync::Arc<[Package]> {
        let weekend = serde_json::json!({ "name": "Helg", "weekday": 5, "starts": "16:00", "days": 2, "ends": "18:00" });
        let season = serde_json::json!({ "name": "Säsong", "first": "2026-12-01", "last": "2027-02-28" });
        [weekend, season].map(|package| serde_json::from_value(package).unwrap()).into()
    }

    #[test]
    fn a_stay_is_found_by_its_nights_and_not_by_hours_and_only_where_every_night_is_free() {
        let open = span("2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z");
        let rules = Rules { nights: Some(nights(3)), horizon_minutes: 60 * 24 * 60, ..rules() };
        let place = place(&rules, &[open]);
        let day = span("2026-11-27T23:00:00Z", "2026-11-28T23:00:00Z");
        let of = |minutes, rows: &[Occupied]| {
            let wish = Wish { windows: &[day], over_minutes: 0, minutes, most: 9 };
            let times = found(&place, wish, rows, "2026-11-23T09:00:00Z");
            times.into_iter().filter(|(id, _)| *id == HALF).map(|(_, span)| span).collect::<Vec<_>>()
        };
        assert_eq!(of(None, &[]), [span("2026-11-28T15:00:00Z", "2026-11-29T09:00:00Z")]);
        let two = span("2026-11-28T15:00:00Z", "2026-11-30T09:00:00Z");
        assert_eq!(of(Some(2 * NIGHT_MINUTES), &[]), [two]);
        assert_eq!(of(Some(4 * NIGHT_MINUTES), &[]), [], "four nights are more than it is let for");
        assert_eq!(of(Some(120), &[]), [], "no two hours of a night");
        let last_hour = taken(PARTS[0], span("2026-11-30T08:00:00Z", "2026-11-30T09:00:00Z"));
        assert_eq!(of(Some(2 * NIGHT_MINUTES), &[last_hour]), []);
        assert_eq!(of(None, &[last_hour]).len(), 1);
        let reach = stays_and_packages_within(
            &place,
            Wish { windows: &[day], over_minutes: 0, minutes: Some(2 * NIGHT_MINUTES), most: 9 },
        );
        assert_eq!(reach.get(&HALF), Some(&two));
    }

    #[test]
    fn a_package_is_found_on_each_day_that_it_meets_until_it_has_begun() {
        let open = span("2026-11-20T00:00:00Z", "2027-03-20T00:00:00Z");
        let rules = Rules { packages: packages(), horizon_minutes: 60 * 24 * 60, ..rules() };
        let place = place(&rules, &[open]);
        let on = |day: Span, minutes, now: &str| {
            let times = found(&place, Wish { windows: &[day], over_minutes: 0, minutes, most: 9 }, &[], now);
            times.into_iter().filter(|(id, _)| *id == HALF).map(|(_, span)| span).collect::<Vec<_>>()
        };
        let sunday = span("2026-11-28T23:00:00Z", "2026-11-29T23:00:00Z");
        let weekend = span("2026-11-27T15:00:00Z", "2026-11-29T17:00:00Z");
        assert_eq!(on(sunday, None, "2026-11-23T09:00:00Z"), [weekend]);
        assert_eq!(on(sunday, Some(2 * NIGHT_MINUTES), "2026-11-23T09:00:00Z"), [weekend]);
        assert_eq!(on(sunday, Some(NIGHT_MINUTES), "2026-11-23T09:00:00Z"), []);
        assert_eq!(on(sunday, None, "2026-11-28T09:00:00Z"), [], "it has begun");
        let wednesday = span("2026-12-01T23:00:00Z", "2026-12-02T23:00:00Z");
        let season = span("2026-11-30T23:00:00Z", "2027-02-28T23:00:00Z");
        assert_eq!(on(wednesday, None, "2026-11-23T09:00:00Z"), [season]);
    }

    #[test]
    fn one_look_up_serves_places_with_other_clocks_too() {
        let open = span("2026-11-26T06:00:00Z", "2026-11-26T22:00:00Z");
        let stockholm = place(
            &Rules { step_minutes: 360, shortest_minutes: 360, longest_minutes: 360, ..rules() },
            &[open],
        );
        let kathmandu = Place { time_zone: TimeZone::get("Asia/Kathmandu").unwrap(), ..stockholm.clone() };
        let wish = Wish { windows: &[open], over_minutes: 0, minutes: None, most: 1 };
        let mut starts = Starts::default();
        let mut first = |place: &Place| {
            let times =
                free_times(place, wish, &Occupancy::default(), at("2026-11-25T09:00:00Z"), &mut starts);
            times.first().unwrap().span().starts_at()
        };
        assert_eq!(first(&stockholm), at("2026-11-26T11:00:00Z"));
        assert_eq!(first(&kathmandu), at("2026-11-26T06:15:00Z"));
        assert_eq!(first(&stockholm), at("2026-11-26T11:00:00Z"));
    }

    /// Around the night when the clocks go back.
    const DAYS: [Date; 3] = [date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 26)];

    fn some_span() -> impl Strategy<Value = Span> {
        (0i64..60, 1i64..30).prop_map(|(hour, half_hours)| {
            let from = at("2026-10-23T20:00:00Z") + SignedDuration::from_hours(hour);
            Span::new(from, from + SignedDuration::from_mins(30 * half_hours)).unwrap()
        })
    }

    fn some_spans(most: usize) -> impl Strategy<Value = Vec<Span>> {
        proptest::collection::vec(some_span(), 1..=most)
    }

    fn some_rules() -> impl Strategy<Value = Rules> {
        (prop_oneof![Just(15u32), Just(30), Just(60)], 1u32..=4, 0u32..300, 600u32..5000).prop_map(
            |(step_minutes, shortest, lead_minutes, horizon_minutes)| Rules {
                step_minutes,
                shortest_minutes: shortest * step_minutes,
                longest_minutes: 6 * step_minutes,
                lead_minutes,
                horizon_minutes,
                ..Rules::default()
            },
        )
    }

    proptest! {
        // Each case asks about every instant of three days.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn free_is_exactly_what_a_booking_would_be_accepted_for(
            rules in some_rules(),
            open in some_spans(4),
            windows in some_spans(3),
            rows in proptest::collection::vec((0usize..2, some_span()), 0..6),
            minutes in proptest::option::of((1u32..=8).prop_map(|quarters| quarters * 30)),
            over_minutes in prop_oneof![Just(0u32), 1u32..400],
        ) {
            let place = place(&rules, &merged(open));
            let now = at("2026-10-23T22:00:00Z");
            let occupancy = Occupancy::new(rows.iter().map(|(part, span)| taken(PARTS[*part], *span)));
            let windows = merged(windows);
            let wish = Wish { windows: &windows, over_minutes, minutes, most: usize::MAX };
            let free = free_times(&place, wish, &occupancy, now, &mut Starts::default());
            let mut expected = Vec::new();
            for resource in &place.resources {
                let minutes = minutes.unwrap_or(rules.shortest());
                for starts_at in DAYS.iter().flat_map(|day| place.starts_on(*day, rules.step())) {
                    let asked = Asked { resource: resource.id, starts_at, minutes };
                    let accepted = check(&place, &[asked], now).unwrap_or_default();
                    expected.extend(accepted.into_iter().filter(|one| {
                        let begins = |window: &Span| {
                            window.starts_at() <= one.span().starts_at() && one.span().starts_at() < window.ends_at()
                        };
                        let over = |window: &Span| window.widened(0, over_minutes).covers(one.span());
                        occupancy.has_room_for(one) && windows.iter().any(|window| begins(window) && over(window))
                    }));
                }
            }
            prop_assert_eq!(free, expected);
        }

        #[test]
        fn the_earliest_are_kept_where_only_some_are_wanted(
            open in some_spans(4), windows in some_spans(3), most in 0usize..4,
        ) {
            let place = place(&Rules { lead_minutes: 0, ..rules() }, &merged(open));
            let now = at("2026-10-23T20:00:00Z");
            let wish = |most| Wish { windows: &windows, over_minutes: 0, minutes: None, most };
            let times = |most| {
                free_times(&place, wish(most), &Occupancy::default(), now, &mut Starts::default())
            };
            let (all, some) = (times(usize::MAX), times(most));
            for resource in &place.resources {
                let of = |times: &[Occurrence]| -> Vec<Span> {
                    times.iter().filter(|one| one.resource() == resource.id).map(Occurrence::span).collect()
                };
                let (all, some) = (of(&all), of(&some));
                prop_assert_eq!(some.len(), all.len().min(most));
                prop_assert_eq!(&some[..], &all[..some.len()]);
            }
        }
    }
}
