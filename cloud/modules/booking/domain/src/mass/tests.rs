//! Two halls of a sports centre and one across the town, with whoever has them.

use std::collections::{BTreeSet, HashMap};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use protocols_ids::{OccurrenceId, ResourceId, Uuid};

use super::*;
use crate::rules::{Asker, Request, judge_one};
use crate::{CustomerKind, PurposeKind, Resource, RuleBook, Rules};

/// Monday, a month before anything.
const NOW: &str = "2026-09-21T08:00:00Z";
/// Monday 26 October 2026 at midnight in Stockholm: the clocks went back on the day before.
const MONDAY: &str = "2026-10-25T23:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

fn hour(hours: i64) -> Timestamp {
    at(MONDAY) + SignedDuration::from_hours(hours)
}

fn span(from: i64, hours: i64) -> Span {
    Span::new(hour(from), hour(from + hours)).unwrap()
}

/// Open 8 to 22 by UTC's distance of one hour, from two weeks before to four after.
fn resource(number: u128, parts: &[u128]) -> Resource {
    let days = (-14..28).map(|day| Span::new(hour(24 * day + 8), hour(24 * day + 22)).unwrap());
    Resource {
        id: id(number),
        facility: id(90),
        parent: None,
        parts: parts.iter().map(|part| id(*part)).collect(),
        open: days.collect(),
        persons_max: None,
        buffer: (0, 0),
        rules: RuleBook::always(Rules {
            step_minutes: 60,
            shortest_minutes: 60,
            longest_minutes: 720,
            ..Rules::default()
        }),
    }
}

fn place(resources: Vec<Resource>) -> Place {
    Place { time_zone: TimeZone::get("Europe/Stockholm").unwrap(), holidays: BTreeSet::new(), resources }
}

/// A hall of two halves, and another hall.
fn centre() -> Place {
    place(vec![resource(1, &[11, 12]), resource(2, &[11]), resource(3, &[12]), resource(4, &[21])])
}

fn across_the_town() -> Place {
    place(vec![resource(5, &[31])])
}

fn hall() -> Kin {
    Kin { kind: "hall".to_owned(), sides: Some((2_000, 4_000)), activities: ["badminton".to_owned()].into() }
}

fn half() -> Kin {
    Kin { sides: Some((2_000, 2_000)), ..hall() }
}

fn neighbours() -> Vec<Neighbour> {
    let kin = |of: Vec<(u128, Kin)>| -> HashMap<ResourceId, Kin> {
        of.into_iter().map(|(number, kin)| (id(number), kin)).collect()
    };
    vec![
        Neighbour { place: centre(), kin: kin(vec![(1, hall()), (2, half()), (3, half()), (4, hall())]) },
        Neighbour { place: across_the_town(), kin: kin(vec![(5, hall())]) },
    ]
}

fn asked(number: u128, from: i64, hours: i64) -> Asked {
    let minutes = u32::try_from(hours * 60).unwrap();
    Asked { resource: id(number), starts_at: hour(from), minutes }
}

fn officer() -> Asker {
    Asker { kind: CustomerKind::Unit, group: None, age: None, known: true, used: Vec::new(), officer: true }
}

fn allowed(place: &Place, asked: &Asked) -> Result<Occurrence, Vec<Reason>> {
    let officer = officer();
    let request = Request {
        asker: &officer,
        purpose: PurposeKind::Event,
        persons: None,
        asked: std::slice::from_ref(asked),
    };
    judge_one(place, &request, asked, at(NOW))
}

/// A time that somebody has.
#[derive(Clone, Copy, Debug)]
struct Had {
    number: u128,
    asked: Asked,
    yields: bool,
}

fn standing(place: &Place, had: &[Had]) -> Vec<Standing> {
    let rows = had.iter().flat_map(|one| {
        let space = allowed(place, &one.asked).unwrap();
        let (span, number, yields) = (space.occupies(), one.number, one.yields);
        space.parts().to_vec().into_iter().map(move |part| Standing {
            part,
            span,
            occurrence: id(number),
            booking: id(number + 1_000),
            yields,
        })
    });
    rows.collect()
}

fn moved(place: &Place, had: &[Had], moving: &[(u128, i64)], displacing: bool) -> MovePlan {
    let times: Vec<Moving> = moving
        .iter()
        .map(|(number, hours)| {
            let from = had.iter().find(|one| one.number == *number).unwrap().asked;
            let to = Asked { starts_at: from.starts_at + SignedDuration::from_hours(*hours), ..from };
            Moving { id: id(*number), to: Some(to), persons: None }
        })
        .collect();
    plan_move(&times, &standing(place, had), displacing, |_, to| allowed(place, to))
}

fn fate(plan: &MovePlan, number: u128) -> &Fate {
    &plan.fates.iter().find(|(one, _)| *one == id(number)).unwrap().1
}

#[test]
fn a_week_of_times_moves_onto_its_own_days_and_into_each_others_places() {
    let place = centre();
    let had: Vec<Had> = (0_i64..5)
        .map(|day| Had {
            number: 100 + u128::from(day.unsigned_abs()),
            asked: asked(1, 24 * day + 9, 8),
            yields: false,
        })
        .collect();
    let by_a_day: Vec<(u128, i64)> = (100..105).map(|number| (number, 24)).collect();
    let plan = moved(&place, &had, &by_a_day, false);
    assert_eq!(plan.moved().count(), 5);
    assert!(plan.displaced.is_empty());
}

#[test]
fn who_has_half_of_the_new_space_is_displaced_or_keeps_it_and_then_the_move_waits() {
    let place = centre();
    let had = [
        Had { number: 100, asked: asked(1, 9, 4), yields: false },
        Had { number: 200, asked: asked(2, 24 + 10, 1), yields: true },
        Had { number: 201, asked: asked(3, 24 + 12, 2), yields: true },
        Had { number: 202, asked: asked(4, 24 + 10, 1), yields: true },
    ];
    let plan = moved(&place, &had, &[(100, 24)], true);
    assert_eq!(plan.displaced, BTreeSet::from([id(200), id(201)]));
    let plan = moved(&place, &had, &[(100, 24)], false);
    assert_eq!(fate(&plan, 100), &Fate::Clash(BTreeSet::from([id(1_200), id(1_201)])));
    assert!(plan.displaced.is_empty());
}

#[test]
fn a_time_that_cannot_move_keeps_its_space_and_what_wanted_it_stays_too() {
    let place = centre();
    // Tuesday's place is kept by a hold; so Monday's time stays, and so does Sunday's, which wanted Monday's.
    let had = [
        Had { number: 100, asked: asked(4, 9, 1), yields: false },
        Had { number: 101, asked: asked(4, 9 - 24, 1), yields: false },
        Had { number: 300, asked: asked(4, 9 + 24, 1), yields: false },
    ];
    let plan = moved(&place, &had, &[(101, 24), (100, 24)], true);
    assert_eq!(fate(&plan, 100), &Fate::Clash(BTreeSet::from([id(1_300)])));
    assert_eq!(fate(&plan, 101), &Fate::ExcludesOwn(id(100)));
    let closed = moved(&place, &had[..1], &[(100, 13)], true);
    assert!(
        matches!(fate(&closed, 100), Fate::Refused(reasons) if matches!(reasons[..], [Reason::Closed { .. }]))
    );
}

#[test]
fn two_that_go_to_the_same_space_are_not_both_moved() {
    let place = centre();
    let times = [
        Moving { id: id(100), to: Some(asked(4, 9, 2)), persons: None },
        Moving { id: id(101), to: Some(asked(4, 10, 2)), persons: None },
        Moving { id: id(102), to: None, persons: None },
    ];
    let plan = plan_move(&times, &[], true, |_, to| allowed(&place, to));
    assert!(matches!(fate(&plan, 100), Fate::Moved(_)));
    assert_eq!(fate(&plan, 101), &Fate::ExcludesOwn(id(100)));
    assert!(matches!(fate(&plan, 102), Fate::Refused(_)));
}

#[test]
fn a_move_over_the_night_when_clocks_change_keeps_the_clock_on_the_wall() {
    let place = centre();
    let zone = &place.time_zone;
    for (from, days, shows) in [
        ("2026-10-23T16:00:00Z", 7, "2026-10-30T18:00:00"),
        ("2026-10-30T17:00:00Z", -7, "2026-10-23T18:00:00"),
        ("2027-03-26T17:00:00Z", 3, "2027-03-29T18:00:00"),
        // Half past two is skipped that night: when it has been skipped.
        ("2027-03-27T01:30:00Z", 1, "2027-03-28T03:30:00"),
    ] {
        let time = Asked { resource: id(4), starts_at: at(from), minutes: 60 };
        let moved = shifted_by(&place, &time, days, 0).unwrap();
        assert_eq!(zone.to_datetime(moved.starts_at).to_string(), shows, "{from} by {days} days");
    }
    let time = asked(4, 9, 1);
    assert_eq!(shifted_by(&place, &time, 0, -90).unwrap().starts_at, hour(9) - SignedDuration::from_mins(90));
    assert_eq!(shifted_by(&place, &time, i64::MAX, 0), None);
}

fn seeking(number: u128, asked: Asked) -> Seeking {
    Seeking { id: id(number), asked, persons: None, here: false }
}

fn proposed(lost: &[Seeking], taken: &Occupancy) -> Vec<Option<(ResourceId, Span)>> {
    let found = propose(lost, &neighbours(), taken, at(NOW));
    found.iter().map(|one| one.as_ref().map(|one| (one.resource(), one.span()))).collect()
}

fn occupied(part: u128, span: Span) -> Occupied {
    Occupied { part: id(part), span, booking: id(9), mine: false }
}

#[test]
fn the_same_time_nearby_comes_before_another_time_and_a_hall_is_never_offered_a_half() {
    let busy = span(9, 2);
    let mut rows = vec![occupied(11, busy), occupied(12, busy)];
    let lost = [seeking(100, asked(1, 9, 2))];
    assert_eq!(proposed(&lost, &Occupancy::new(rows.clone())), [Some((id(4), busy))]);
    rows.push(occupied(21, busy));
    assert_eq!(proposed(&lost, &Occupancy::new(rows.clone())), [Some((id(5), busy))]);
    let here = [Seeking { here: true, ..lost[0] }];
    assert_eq!(proposed(&here, &Occupancy::new(rows.clone())), [Some((id(1), span(11, 2)))]);
    rows.push(occupied(31, busy));
    assert_eq!(proposed(&lost, &Occupancy::new(rows)), [Some((id(1), span(11, 2)))]);
}

#[test]
fn whoever_stands_first_chooses_first_and_nobody_gets_what_another_was_offered() {
    let busy = span(9, 1);
    let rows = [occupied(11, busy), occupied(12, busy), occupied(31, busy)];
    let lost = [seeking(100, asked(1, 9, 1)), seeking(101, asked(1, 9, 1))];
    let found = proposed(&lost, &Occupancy::new(rows));
    assert_eq!(found, [Some((id(4), busy)), Some((id(1), span(8, 1)))]);
}

#[test]
fn what_is_blocked_closed_or_past_is_offered_to_nobody() {
    let mut near = neighbours();
    let text = "blocked = [{ first = \"2026-10-01\", last = \"2026-11-30\", reason = \"Renoveras\" }]";
    let parameters: crate::Parameters = toml::from_str(text).unwrap();
    let first = jiff::civil::Date::MIN;
    let blocked =
        RuleBook::new(&[crate::Layer { scope: crate::Scope::Tenant, first, last: None, parameters }]);
    for neighbour in &mut near {
        for resource in &mut neighbour.place.resources {
            resource.rules = blocked.clone();
        }
    }
    let lost = [seeking(100, asked(1, 9, 1))];
    assert_eq!(propose(&lost, &near, &Occupancy::default(), at(NOW)), [None]);
    let found = propose(&lost, &neighbours(), &Occupancy::default(), hour(12));
    assert_eq!(found[0].as_ref().unwrap().span(), span(12, 1));
}

/// What is said of an offer: the same time, how far away, how near.
type Worth = (bool, i64, usize);

/// The same order, asked in the plainest way: every resource and every hour, the best that is free.
fn plainly(lost: &[Seeking], taken: &Occupancy) -> Vec<Option<Worth>> {
    let near = neighbours();
    let mut taken = taken.clone();
    lost.iter()
        .map(|one| {
            let old = near.iter().find_map(|near| near.kin.get(&one.asked.resource)).unwrap();
            let mut best: Option<(Worth, Occurrence)> = None;
            for (rank, near) in near.iter().enumerate() {
                for resource in near.place.resources.iter().filter(|new| kin(old, &near.kin[&new.id])) {
                    for hours in -24 * 9..24 * 9 {
                        let starts_at = one.asked.starts_at + SignedDuration::from_hours(hours);
                        let days =
                            near.place.date_of(starts_at).since(near.place.date_of(one.asked.starts_at));
                        if days.unwrap().get_days().abs() > 7 {
                            continue;
                        }
                        let asked = Asked { resource: resource.id, starts_at, minutes: one.asked.minutes };
                        let Ok(new) = allowed(&near.place, &asked) else { continue };
                        if !taken.has_room_for(&new) {
                            continue;
                        }
                        let other = resource.id != one.asked.resource;
                        let worth = (hours != 0, hours.abs(), if other { rank + 1 } else { 0 });
                        if best.as_ref().is_none_or(|(known, _)| worth < *known) {
                            best = Some((worth, new));
                        }
                    }
                }
            }
            best.map(|(worth, new)| {
                taken.take(&new);
                worth
            })
        })
        .collect()
}

fn some_had() -> impl Strategy<Value = Vec<Had>> {
    let one = (1_u128..=4, 0_i64..10, 8_i64..21, 1_i64..4, any::<bool>());
    prop::collection::vec(one, 1..24).prop_map(|wanted| {
        let place = centre();
        let mut taken = Occupancy::default();
        let mut had = Vec::new();
        for (index, (resource, day, from, hours, yields)) in wanted.into_iter().enumerate() {
            let asked = asked(resource, 24 * day + from, hours);
            let Ok(space) = allowed(&place, &asked) else { continue };
            if taken.has_room_for(&space) {
                taken.take(&space);
                had.push(Had { number: 100 + u128::try_from(index).unwrap(), asked, yields });
            }
        }
        had
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_moves_meets_nothing_that_stays_and_all_that_it_displaces_gives_way(
        had in some_had(),
        chosen in 1_usize..8,
        hours in -80_i64..80,
        displacing: bool,
    ) {
        let place = centre();
        let moving: Vec<(u128, i64)> = had.iter().take(chosen).map(|one| (one.number, hours)).collect();
        let plan = moved(&place, &had, &moving, displacing);
        let gone: BTreeSet<OccurrenceId> =
            plan.moved().map(|(id, _)| id).chain(plan.displaced.iter().copied()).collect();
        let mut after = remaining(&standing(&place, &had), &gone, []);
        for (_, to) in plan.moved() {
            prop_assert!(after.has_room_for(to), "{to:?} meets what stays, or another that moves");
            after.take(to);
        }
        for one in &plan.displaced {
            let had = had.iter().find(|had| id::<OccurrenceId>(had.number) == *one).unwrap();
            prop_assert!(displacing && had.yields);
            prop_assert!(!moving.iter().any(|(number, _)| *number == had.number));
        }
        for (_, fate) in plan.fates.iter().filter(|(_, fate)| !matches!(fate, Fate::Moved(_))) {
            match fate {
                Fate::Refused(reasons) => prop_assert!(!reasons.is_empty()),
                Fate::Clash(with) => prop_assert!(!with.is_empty()),
                Fate::ExcludesOwn(other) => {
                    prop_assert!(moving.iter().any(|(number, _)| id::<OccurrenceId>(*number) == *other));
                }
                Fate::Moved(_) => {}
            }
        }
        prop_assert_eq!(moved(&place, &had, &moving, displacing), plan);
    }

    #[test]
    fn proposals_overlap_nothing_keep_the_rules_and_are_as_good_as_choosing_in_turn(
        had in some_had(),
        lost in 1_usize..5,
    ) {
        let place = centre();
        let (lost, kept) = had.split_at(lost.min(had.len()));
        let seeking: Vec<Seeking> = lost.iter().map(|one| seeking(one.number, one.asked)).collect();
        // Whoever displaces them has all of their space.
        let gone = BTreeSet::new();
        let come: Vec<Occurrence> = lost.iter().map(|one| allowed(&place, &one.asked).unwrap()).collect();
        let taken = remaining(&standing(&place, kept), &gone, &come);
        let near = neighbours();
        let found = propose(&seeking, &near, &taken, at(NOW));
        prop_assert_eq!(&found, &propose(&seeking, &near, &taken, at(NOW)), "asked twice");
        let mut after = taken.clone();
        for one in found.iter().flatten() {
            prop_assert!(after.has_room_for(one), "{one:?} meets what is taken, or another offer");
            after.take(one);
        }
        let worth: Vec<Option<Worth>> = seeking.iter().zip(&found).map(|(lost, found)| {
            let found = found.as_ref()?;
            let seconds = found.span().starts_at().as_second() - lost.asked.starts_at.as_second();
            let rank = match near.iter().position(|near| near.place.resource(found.resource()).is_some()) {
                _ if found.resource() == lost.asked.resource => 0,
                Some(rank) => rank + 1,
                None => usize::MAX,
            };
            Some((seconds != 0, (seconds / 3_600).abs(), rank))
        }).collect();
        prop_assert_eq!(worth, plainly(&seeking, &taken));
    }
}
