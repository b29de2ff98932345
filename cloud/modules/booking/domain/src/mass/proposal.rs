//! What is offered to whoever has to give way.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use protocols_ids::{OccurrenceId, ResourceId};

use crate::rules::{Asker, CustomerKind, Request, blocked_on, judge_one};
use crate::{Asked, Occupancy, Occurrence, Place, PurposeKind, Resource, Span};

/// How many days before and after a time another one is looked for: a week, so that whoever has Tuesdays can get the
/// next one.
pub const PROPOSAL_DAYS: i64 = 7;
/// Resources that are looked at for one time, at most, nearest first: nobody is helped by the twentieth-nearest hall,
/// and hundreds of times are asked about at once.
const RESOURCES_MAX: usize = 12;

/// What makes resources alike.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Kin {
    /// Its sort.
    pub kind: String,
    /// Its shorter and its longer side, where they are known.
    pub sides: Option<(u32, u32)>,
    /// What it is good for.
    pub activities: BTreeSet<String>,
}

/// Whether whoever had `old` is served as well by `new`: the same sort, at least as large, good for the same. A size
/// that nobody knows is equal only to itself.
pub fn kin(old: &Kin, new: &Kin) -> bool {
    let as_large = match (old.sides, new.sides) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((short, long)), Some((new_short, new_long))) => short <= new_short && long <= new_long,
    };
    old.kind == new.kind && as_large && old.activities.is_subset(&new.activities)
}

/// A facility in which something may be offered, with what its resources are like. Given nearest first; the first is
/// the one in which times are lost.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// The facility.
    pub place: Place,
    /// What its resources are like.
    pub kin: HashMap<ResourceId, Kin>,
}

/// A time that is lost.
#[derive(Clone, Copy, Debug)]
pub struct Seeking {
    /// Its id.
    pub id: OccurrenceId,
    /// What was had.
    pub asked: Asked,
    /// How many take part, where that was said.
    pub persons: Option<u32>,
    /// Whether it must stay at the same facility, since other times of its booking do.
    pub here: bool,
}

/// What each of these is offered, in order: who stands first chooses first. The same time is worth most, then the
/// nearest other time within [`PROPOSAL_DAYS`]; the same resource before another, the same facility before another, a
/// nearer one before one farther away; the earlier of two equally near times. Nothing is offered that begins before
/// `earliest`, in hours when it is closed, off the step, in blocked times, or twice.
pub fn propose(
    lost: &[Seeking],
    neighbours: &[Neighbour],
    taken: &Occupancy,
    earliest: Timestamp,
) -> Vec<Option<Occurrence>> {
    let mut taken = taken.clone();
    let mut starts: HashMap<(usize, Date, u32), Vec<Timestamp>> = HashMap::new();
    lost.iter()
        .map(|one| {
            let ranked = ranked(one, neighbours);
            let found = at_the_same_time(one, &ranked, &taken, earliest)
                .or_else(|| at_another_time(one, &ranked, &taken, earliest, &mut starts));
            if let Some(found) = &found {
                taken.take(found);
            }
            found
        })
        .collect()
}

/// A resource that may be offered.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    /// Which neighbour it is of.
    neighbour: usize,
    place: &'a Place,
    resource: &'a Resource,
}

fn ranked<'a>(one: &Seeking, neighbours: &'a [Neighbour]) -> Vec<Candidate<'a>> {
    let old = neighbours.iter().find_map(|neighbour| neighbour.kin.get(&one.asked.resource));
    let of = |(neighbour, known): (usize, &'a Neighbour)| {
        let alike = move |resource: &&Resource| {
            resource.id == one.asked.resource
                || old.zip(known.kin.get(&resource.id)).is_some_and(|(old, new)| kin(old, new))
        };
        let place = &known.place;
        place.resources.iter().filter(alike).map(move |resource| Candidate { neighbour, place, resource })
    };
    let near = if one.here { 1 } else { neighbours.len() };
    let mut all: Vec<Candidate<'_>> = neighbours.iter().take(near).enumerate().flat_map(of).collect();
    all.sort_by_key(|candidate| (candidate.resource.id != one.asked.resource, candidate.neighbour));
    all.truncate(RESOURCES_MAX);
    all
}

fn at_the_same_time(
    one: &Seeking,
    ranked: &[Candidate<'_>],
    taken: &Occupancy,
    earliest: Timestamp,
) -> Option<Occurrence> {
    ranked.iter().find_map(|candidate| {
        let asked = Asked { resource: candidate.resource.id, ..one.asked };
        had(candidate, &asked, one.persons, taken, earliest)
    })
}

fn at_another_time(
    one: &Seeking,
    ranked: &[Candidate<'_>],
    taken: &Occupancy,
    earliest: Timestamp,
    starts: &mut HashMap<(usize, Date, u32), Vec<Timestamp>>,
) -> Option<Occurrence> {
    let mut all: Vec<(i64, usize, Timestamp)> = Vec::new();
    for (rank, candidate) in ranked.iter().enumerate() {
        let day = candidate.place.date_of(one.asked.starts_at);
        for away in -PROPOSAL_DAYS..=PROPOSAL_DAYS {
            let Ok(date) = day.checked_add(jiff::Span::new().try_days(away).unwrap_or_default()) else {
                continue;
            };
            let rules = candidate.resource.rules.on(date);
            if !rules.by_step() {
                continue;
            }
            let step = rules.step();
            let known = starts
                .entry((candidate.neighbour, date, step))
                .or_insert_with(|| candidate.place.starts_on(date, step));
            all.extend(known.iter().filter(|at| **at >= earliest).map(|at| {
                let far = at.as_second().saturating_sub(one.asked.starts_at.as_second()).saturating_abs();
                (far, rank, *at)
            }));
        }
    }
    all.sort_unstable();
    all.into_iter().find_map(|(_, rank, starts_at)| {
        let candidate = ranked.get(rank)?;
        let asked = Asked { resource: candidate.resource.id, starts_at, minutes: one.asked.minutes };
        had(candidate, &asked, one.persons, taken, earliest)
    })
}

/// The time, if it can be had.
fn had(
    candidate: &Candidate<'_>,
    asked: &Asked,
    persons: Option<u32>,
    taken: &Occupancy,
    earliest: Timestamp,
) -> Option<Occurrence> {
    let span = Span::lasting(asked.starts_at, asked.minutes)?;
    // The cheaper question first: whether it is open, and whether anybody has it.
    let free = taken.on_any(&candidate.resource.parts, span).next().is_none();
    if asked.starts_at < earliest || !free {
        return None;
    }
    let found = judged(candidate.place, asked, persons, earliest)?;
    taken.has_room_for(&found).then_some(found)
}

/// Whether the municipality may offer it: opening hours, steps and lengths hold; rules about people and lead times do
/// not, since nobody asked to be moved; times that are blocked for anybody are offered to nobody.
fn judged(place: &Place, asked: &Asked, persons: Option<u32>, now: Timestamp) -> Option<Occurrence> {
    let officer = Asker {
        kind: CustomerKind::Unit,
        group: None,
        age: None,
        known: true,
        used: Vec::new(),
        officer: true,
    };
    let request =
        Request { asker: &officer, purpose: PurposeKind::Other, persons, asked: std::slice::from_ref(asked) };
    let found = judge_one(place, &request, asked, now).ok()?;
    let blocked = place.rules_of(asked).is_some_and(|rules| {
        let dates =
            std::iter::successors(Some(place.date_of(found.span().starts_at())), |date| date.tomorrow().ok());
        let last = place.date_of(found.span().ends_at());
        let stops = dates.take_while(|date| *date <= last).flat_map(|date| blocked_on(place, rules, date));
        stops.into_iter().any(|(stop, _)| stop.overlaps(found.span()))
    });
    (!blocked).then_some(found)
}
