//! Many times moved, cancelled or closed at once: planned, carried out in one transaction, undone, and told of when it
//! can no longer be undone.
//!
//! **Invariant:** what is carried out is what was shown. The form carries a digest of the preview; under the locks of all
//! bookings and parts that it needs the plan is made again, and unless it has the same digest nothing is done.

pub mod carry;
mod goes_with;
pub mod offers;
pub mod settle;
pub mod undo;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use booking_domain::{
    Asked, Asker, CustomerKind, DISPLACED_MAX, Fate, Kin, MASS_TIMES_MAX, MOVE_DAYS_MAX, Moving, Neighbour,
    Occurrence, PROPOSAL_DAYS, Particulars, Place, Reason, Request, Seeking, Span, Standing, judge_one,
    plan_move, propose, remaining, shifted_by,
};
use cloud_contracts::{Facility, ResourceKind};
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use protocols_ids::{BookingId, OccurrenceId, PartId, ResourceId};
use uuid::Uuid;

use crate::Ports;
use crate::book::BookError;
use crate::change::asked_of;
use crate::extras::peculiar_of;
use crate::hold::minutes_after;
use crate::place::{place_with, rule_books};
use crate::store::extras::said_of;
use crate::store::mass::{self as rows, Action};
use crate::store::{Booking, Time};

/// Facilities in which something else is looked for, at most: the one itself and the nearest ones.
const NEIGHBOURS_MAX: usize = 6;
/// How long before it starts an offered time must be answered, and how long there must be to answer it.
const ANSWER_BEFORE: SignedDuration = SignedDuration::from_mins(30);
/// What digests of previews are made under.
const DIGESTS: Uuid = Uuid::from_u128(0x7d9a_1f63_0f2e_4c55_9b36_52a0_c8e1_44d7);

/// What an officer wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The facility, by its name in paths.
    pub facility: String,
    /// The chosen times.
    pub times: BTreeSet<OccurrenceId>,
    /// What shall become of them.
    pub deed: Deed,
    /// Whether others give way.
    pub displacing: bool,
    /// Whether those who lose a time are offered another.
    pub offering: bool,
    /// Why.
    pub reason: String,
}

/// What shall become of many times.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// They are moved.
    Move {
        /// By so many days.
        days: i64,
        /// And so many minutes.
        minutes: i64,
        /// To another resource.
        to: Option<ResourceId>,
    },
    /// They are cancelled.
    Cancel,
    /// Something is closed, and those of them that are in it are cancelled.
    Close {
        /// What; `None` is everything.
        resource: Option<ResourceId>,
        /// From the beginning of this day.
        first: Date,
        /// To the end of this one.
        last: Date,
    },
}

impl Deed {
    /// The kind of it.
    pub const fn action(&self) -> Action {
        match self {
            Self::Move { .. } => Action::Move,
            Self::Cancel => Action::Cancel,
            Self::Close { .. } => Action::Close,
        }
    }
}

/// What becomes of a chosen time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is moved.
    Moved(Occurrence),
    /// It is given up, and perhaps offered another.
    GivenUp(Option<Occurrence>),
    /// The rules do not allow the new time: it stays.
    Refused(Vec<Reason>),
    /// Others have the space: it stays.
    Clash(BTreeSet<BookingId>),
    /// Another of the chosen times has the space or goes there: it stays.
    ExcludesOwn(OccurrenceId),
    /// It is not in what is closed: it stays.
    Outside,
}

/// A time with what becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The time as it is.
    pub time: Time,
    /// Of which booking.
    pub booking: BookingId,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// A time of others that gives way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Displaced {
    /// The time as it is.
    pub time: Time,
    /// Of which booking.
    pub booking: BookingId,
    /// What it is offered.
    pub offer: Option<Occurrence>,
}

/// What a change would do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where.
    pub facility: Facility,
    /// The facilities in which something is offered, the facility itself first.
    pub neighbours: Vec<Facility>,
    /// The chosen times, in order.
    pub rows: Vec<Row>,
    /// The times of others that give way, in order.
    pub displaced: Vec<Displaced>,
    /// The bookings of all of them, and of those in the way.
    pub bookings: BTreeMap<BookingId, Booking>,
    /// How long it can be undone.
    pub undo_minutes: u32,
    /// How many days there are to answer an offer.
    pub answer_days: u32,
    /// What is closed, from when until when.
    pub closing: Option<Span>,
    /// The preview in one value.
    pub digest: Uuid,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum NoPlan {
    /// There is no such facility, for this officer.
    NoFacility,
    /// More times would be displaced than one change may.
    TooManyDisplaced(usize),
    /// What is to be closed is not there, or from when until when is no span.
    NoClosing,
}

/// Numbers of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Chosen times that are moved.
    pub moved: usize,
    /// Chosen times that are given up.
    pub given_up: usize,
    /// Chosen times that stay.
    pub staying: usize,
    /// Times of others that give way.
    pub displaced: usize,
    /// Times that are lost and offered another.
    pub offered: usize,
}

impl Plan {
    /// How many there are of each.
    pub fn counts(&self) -> Counts {
        let of = |wanted: fn(&Outcome) -> bool| self.rows.iter().filter(|row| wanted(&row.outcome)).count();
        let moved = of(|outcome| matches!(outcome, Outcome::Moved(_)));
        let given_up = of(|outcome| matches!(outcome, Outcome::GivenUp(_)));
        let offered = of(|outcome| matches!(outcome, Outcome::GivenUp(Some(_))));
        Counts {
            moved,
            given_up,
            staying: self.rows.len() - moved - given_up,
            displaced: self.displaced.len(),
            offered: offered + self.displaced.iter().filter(|one| one.offer.is_some()).count(),
        }
    }

    /// Whether anything would happen.
    pub fn does_something(&self) -> bool {
        let counts = self.counts();
        counts.moved + counts.given_up > 0 || self.closing.is_some()
    }

    /// The bookings that it changes.
    pub fn touched(&self) -> BTreeSet<BookingId> {
        let chosen = self.rows.iter().filter(|row| row.outcome.leaves()).map(|row| row.booking);
        chosen.chain(self.displaced.iter().map(|one| one.booking)).collect()
    }

    /// The new places and offers in it.
    pub fn taken(&self) -> impl Iterator<Item = &Occurrence> {
        let chosen = self.rows.iter().filter_map(|row| match &row.outcome {
            Outcome::Moved(one) | Outcome::GivenUp(Some(one)) => Some(one),
            Outcome::GivenUp(None)
            | Outcome::Refused(_)
            | Outcome::Clash(_)
            | Outcome::ExcludesOwn(_)
            | Outcome::Outside => None,
        });
        chosen.chain(self.displaced.iter().filter_map(|one| one.offer.as_ref()))
    }

    /// Until when an offer is kept, if it is made now.
    pub fn until(&self, offer: &Occurrence, now: Timestamp) -> Timestamp {
        let days = SignedDuration::from_hours(24 * i64::from(self.answer_days));
        let latest = offer.span().starts_at().checked_sub(ANSWER_BEFORE).unwrap_or(now);
        now.checked_add(days).map_or(latest, |until| until.min(latest))
    }

    fn digest_of(&self, deed: &Deed) -> Uuid {
        let space = |one: &Occurrence| format!("{} {}", one.resource(), one.span().starts_at());
        let maybe = |one: &Option<Occurrence>| one.as_ref().map_or_else(|| "-".to_owned(), space);
        let head = format!("{} {deed:?} {} {}", self.facility.id, self.undo_minutes, self.answer_days);
        let chosen = self.rows.iter().map(|row| {
            let outcome = match &row.outcome {
                Outcome::Moved(to) => format!("moved {}", space(to)),
                Outcome::GivenUp(offer) => format!("given up {}", maybe(offer)),
                Outcome::Refused(_) => "refused".to_owned(),
                Outcome::Clash(with) => format!("clash {with:?}"),
                Outcome::ExcludesOwn(other) => format!("own {other}"),
                Outcome::Outside => "outside".to_owned(),
            };
            format!("{} {} {outcome}", row.time.id, row.booking)
        });
        let displaced = self
            .displaced
            .iter()
            .map(|one| format!("{} {} displaced {}", one.time.id, one.booking, maybe(&one.offer)));
        let text: Vec<String> = std::iter::once(head).chain(chosen).chain(displaced).collect();
        let text = text.join("\n");
        Uuid::new_v5(&DIGESTS, text.as_bytes())
    }
}

impl Outcome {
    /// Whether the time leaves its place.
    pub const fn leaves(&self) -> bool {
        match self {
            Self::Moved(_) | Self::GivenUp(_) => true,
            Self::Refused(_) | Self::Clash(_) | Self::ExcludesOwn(_) | Self::Outside => false,
        }
    }
}

/// The officer's rules: past those about people and lead times, never past opening hours or steps.
fn officer() -> Asker {
    Asker { kind: CustomerKind::Unit, group: None, age: None, known: true, used: Vec::new(), officer: true }
}

/// Works out what a change would do now. Whether the reader may do it is `may` of the facility.
pub async fn plan(
    tx: &mut TenantTx,
    ports: &Ports,
    wanted: &Wanted,
    may: impl Fn(&Facility) -> bool,
) -> Result<Result<Plan, NoPlan>, BookError> {
    let all = ports.facilities.all(tx).await?;
    let Some(facility) = all.iter().find(|one| one.slug == wanted.facility).filter(|one| may(one)).cloned()
    else {
        return Ok(Err(NoPlan::NoFacility));
    };
    let asked_for: Vec<OccurrenceId> = wanted.times.iter().copied().take(MASS_TIMES_MAX).collect();
    let mut chosen = rows::chosen(tx, facility.id, &asked_for).await?;
    let moving: BTreeSet<BookingId> = chosen.iter().map(|(booking, _)| *booking).collect();
    let bookings = rows::bookings(tx, &moving).await?;
    // Of those that begin together, a booking's own in the order of the schedule.
    chosen.sort_by_key(|(booking, time)| {
        let number = bookings.get(booking).map(|booking| booking.number);
        let place = facility.resources.iter().position(|one| one.id == time.resource);
        (time.span.starts_at(), number, place, time.id)
    });
    let closing = match closing_of(&wanted.deed, &facility) {
        Ok(closing) => closing,
        Err(none) => return Ok(Err(none)),
    };
    let near = nearest(&all, &facility);
    let Some(during) = during(&chosen, &wanted.deed, &facility) else {
        return Ok(Ok(empty(facility, wanted, closing)));
    };
    let mut world = World::read(tx, ports, &near, during, &moving).await?;
    if let (Deed::Close { resource, .. }, Some(closed)) = (&wanted.deed, closing) {
        world.close(*resource, closed);
    }
    let today = facility.time_zone.to_datetime(tx.now()).date();
    let rules = world.neighbours.first().and_then(|here| here.place.resources.first());
    let rules = rules.map(|resource| resource.rules.on(today).clone()).unwrap_or_default();
    let mut plan = Plan {
        facility,
        neighbours: near,
        rows: Vec::new(),
        displaced: Vec::new(),
        bookings,
        undo_minutes: rules.undo_minutes,
        answer_days: rules.answer_days,
        closing,
        digest: Uuid::nil(),
    };
    let earliest =
        minutes_after(tx.now(), plan.undo_minutes).checked_add(2 * ANSWER_BEFORE).unwrap_or(tx.now());
    match &wanted.deed {
        Deed::Move { days, minutes, to } => {
            let by = By { days: *days, minutes: *minutes, to: *to };
            let moving: Vec<BookingId> = moving.into_iter().collect();
            let said = said_of(tx, &moving).await?;
            let displaced = world.move_all(&mut plan, &chosen, (by, wanted.displacing), &said, tx.now());
            if displaced.len() > DISPLACED_MAX {
                return Ok(Err(NoPlan::TooManyDisplaced(displaced.len())));
            }
            let ids: Vec<OccurrenceId> = displaced.into_iter().collect();
            let lost = rows::chosen(tx, plan.facility.id, &ids).await?;
            let clashing = plan.rows.iter().filter_map(|row| match &row.outcome {
                Outcome::Clash(with) => Some(with),
                Outcome::Moved(_)
                | Outcome::GivenUp(_)
                | Outcome::Refused(_)
                | Outcome::ExcludesOwn(_)
                | Outcome::Outside => None,
            });
            let others: BTreeSet<BookingId> =
                lost.iter().map(|(booking, _)| *booking).chain(clashing.flatten().copied()).collect();
            plan.bookings.extend(rows::bookings(tx, &others).await?);
            let offers = world.offers(&plan, &lost, wanted.offering, earliest);
            plan.displaced = lost
                .into_iter()
                .zip(offers)
                .map(|((booking, time), offer)| Displaced { time, booking, offer })
                .collect();
        }
        Deed::Cancel | Deed::Close { .. } => {
            let (inside, outside): (Vec<_>, Vec<_>) =
                chosen.into_iter().partition(|(_, time)| world.is_inside(&wanted.deed, closing, time));
            let offers = world.offers(&plan, &inside, wanted.offering, earliest);
            let given_up = inside.into_iter().zip(offers).map(|((booking, time), offer)| Row {
                time,
                booking,
                outcome: Outcome::GivenUp(offer),
            });
            let stays =
                outside.into_iter().map(|(booking, time)| Row { time, booking, outcome: Outcome::Outside });
            plan.rows = given_up.chain(stays).collect();
        }
    }
    plan.digest = plan.digest_of(&wanted.deed);
    Ok(Ok(plan))
}

/// Nothing is chosen that is still there.
fn empty(facility: Facility, wanted: &Wanted, closing: Option<Span>) -> Plan {
    let rules = booking_domain::Rules::default();
    let mut plan = Plan {
        neighbours: vec![facility.clone()],
        facility,
        rows: Vec::new(),
        displaced: Vec::new(),
        bookings: BTreeMap::new(),
        undo_minutes: rules.undo_minutes,
        answer_days: rules.answer_days,
        closing,
        digest: Uuid::nil(),
    };
    plan.digest = plan.digest_of(&wanted.deed);
    plan
}

/// When what is to be closed is closed.
fn closing_of(deed: &Deed, facility: &Facility) -> Result<Option<Span>, NoPlan> {
    let Deed::Close { resource, first, last } = deed else { return Ok(None) };
    let known = resource.is_none_or(|id| facility.resource(id).is_some());
    let midnight = |date: Date| Some(date.to_zoned(facility.time_zone.clone()).ok()?.timestamp());
    let ends = last.tomorrow().ok().and_then(midnight);
    let span = midnight(*first).zip(ends).and_then(|(from, to)| Span::new(from, to));
    span.filter(|_| known).map(Some).ok_or(NoPlan::NoClosing)
}

/// The facility, then those of the same authority, nearest first, that are worth looking at.
fn nearest(all: &[Facility], facility: &Facility) -> Vec<Facility> {
    let mut others: Vec<&Facility> =
        all.iter().filter(|one| one.id != facility.id && one.authority == facility.authority).collect();
    others.sort_by_key(|one| (metres(facility, one), one.name.clone()));
    let others = others.into_iter().cloned();
    std::iter::once(facility.clone()).chain(others).take(NEIGHBOURS_MAX).collect()
}

/// How far apart two facilities are, as the crow flies, as well as a town needs it; far away where that is not known.
fn metres(one: &Facility, other: &Facility) -> u32 {
    let Some((from, to)) = one.position.zip(other.position) else { return u32::MAX };
    let north = (to.latitude - from.latitude) * 111_195.0;
    let east = (to.longitude - from.longitude) * 111_195.0 * from.latitude.to_radians().cos();
    let far = north.hypot(east).round().clamp(0.0, 20_000_000.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped to half the equator"
    )]
    let metres = far as u32;
    metres
}

/// From the first to the last moment that anything of it can be about, with a week around for offers.
fn during(chosen: &[(BookingId, Time)], deed: &Deed, facility: &Facility) -> Option<Span> {
    let first = chosen.iter().map(|(_, time)| time.span.starts_at()).min()?;
    let last = chosen.iter().map(|(_, time)| time.span.ends_at()).max()?;
    let date = |at: Timestamp| facility.time_zone.to_datetime(at).date();
    let (mut from, mut to) = (date(first), date(last));
    if let Deed::Move { days, minutes, .. } = deed {
        // A day more than the minutes are.
        let days = days.clamp(&-MOVE_DAYS_MAX, &MOVE_DAYS_MAX);
        let shift = days.saturating_add(minutes.div_euclid(24 * 60));
        from = from.min(from.checked_add((shift - 1).days()).unwrap_or(from));
        to = to.max(to.checked_add((shift + 2).days()).unwrap_or(to));
    }
    let around = PROPOSAL_DAYS + 2;
    let from = from.checked_sub(around.days()).ok()?.to_zoned(facility.time_zone.clone()).ok()?;
    let to = to.checked_add(around.days()).ok()?.to_zoned(facility.time_zone.clone()).ok()?;
    Span::new(from.timestamp(), to.timestamp())
}

/// How times are moved.
#[derive(Clone, Copy)]
struct By {
    days: i64,
    minutes: i64,
    to: Option<ResourceId>,
}

/// What a plan is made over.
struct World {
    neighbours: Vec<Neighbour>,
    standing: Vec<Standing>,
}

impl World {
    /// Two statements: the rules of all that is near, and what is taken there.
    async fn read(
        tx: &mut TenantTx,
        ports: &Ports,
        near: &[Facility],
        during: Span,
        moving: &BTreeSet<BookingId>,
    ) -> Result<Self, BookError> {
        let books = rule_books(tx, near).await?;
        let neighbours: Vec<Neighbour> = near
            .iter()
            .map(|facility| {
                let date = |at: Timestamp| facility.time_zone.to_datetime(at).date();
                let (first, last) = (date(during.starts_at()), date(during.ends_at()));
                let kin = facility.resources.iter().map(|resource| (resource.id, kin_of(resource)));
                Neighbour {
                    place: place_with(&books, ports.facilities.as_ref(), facility, first, last),
                    kin: kin.collect(),
                }
            })
            .collect();
        let space: BTreeSet<PartId> = neighbours.iter().flat_map(|one| one.place.parts()).collect();
        let space: Vec<PartId> = space.into_iter().collect();
        let authority = near.first().map(|facility| facility.authority);
        let standing = match authority {
            Some(authority) => rows::standing(tx, &space, during, authority, moving).await?,
            None => Vec::new(),
        };
        Ok(Self { neighbours, standing })
    }

    fn place(&self) -> Option<&Place> {
        self.neighbours.first().map(|here| &here.place)
    }

    /// Nothing is open where something is closed, in all that shares its parts.
    fn close(&mut self, resource: Option<ResourceId>, closed: Span) {
        let Some(here) = self.neighbours.first_mut() else { return };
        let parts: BTreeSet<PartId> = here
            .place
            .resources
            .iter()
            .filter(|one| resource.is_none_or(|id| one.id == id))
            .flat_map(|one| one.parts.iter().copied())
            .collect();
        for one in &mut here.place.resources {
            if one.parts.iter().any(|part| parts.contains(part)) {
                one.open = one
                    .open
                    .iter()
                    .flat_map(|open| {
                        let before = Span::new(open.starts_at(), open.ends_at().min(closed.starts_at()));
                        let after = Span::new(open.starts_at().max(closed.ends_at()), open.ends_at());
                        before.into_iter().chain(after)
                    })
                    .collect();
            }
        }
    }

    /// Whether a chosen time is in what is closed; of what is only cancelled every one is.
    fn is_inside(&self, deed: &Deed, closing: Option<Span>, time: &Time) -> bool {
        let Deed::Close { resource, .. } = deed else { return true };
        let shares = |id: ResourceId| {
            let parts = |id| self.place().and_then(|place| place.resource(id)).map(|one| one.parts.clone());
            let (own, closed) = (parts(time.resource).unwrap_or_default(), parts(id).unwrap_or_default());
            own.iter().any(|part| closed.contains(part))
        };
        closing.is_some_and(|closed| closed.overlaps(time.span)) && resource.is_none_or(shares)
    }

    /// Fills in what becomes of the chosen times; answers with who gives way.
    fn move_all(
        &self,
        plan: &mut Plan,
        chosen: &[(BookingId, Time)],
        (by, displacing): (By, bool),
        said: &BTreeMap<BookingId, Particulars>,
        now: Timestamp,
    ) -> BTreeSet<OccurrenceId> {
        let Some(place) = self.place() else { return BTreeSet::new() };
        let known: HashMap<OccurrenceId, &Booking> = chosen
            .iter()
            .filter_map(|(booking, time)| Some((time.id, plan.bookings.get(booking)?)))
            .collect();
        let moving: Vec<Moving> = chosen
            .iter()
            .map(|(_, time)| {
                let within = by.days.abs() <= MOVE_DAYS_MAX;
                let to = shifted_by(place, &asked_of(time), by.days, by.minutes).filter(|_| within);
                let to = to.map(|to| Asked { resource: by.to.unwrap_or(to.resource), ..to });
                let persons = known.get(&time.id).and_then(|booking| booking.participants.persons);
                Moving { id: time.id, to, persons }
            })
            .collect();
        let officer = officer();
        let (here, nothing) = (std::slice::from_ref(&plan.facility), Particulars::default());
        let made = plan_move(&moving, &self.standing, displacing, |time, to| {
            let purpose = known.get(&time.id).map(|booking| booking.purpose_kind);
            let request = Request {
                asker: &officer,
                purpose: purpose.unwrap_or(booking_domain::PurposeKind::Other),
                persons: time.persons,
                asked: std::slice::from_ref(to),
            };
            let occurrence = judge_one(place, &request, to, now)?;
            // A boat that is moved must fit into the other berth.
            let said = known.get(&time.id).and_then(|booking| said.get(&booking.id));
            let misfits = peculiar_of(here, to.resource).misfits(time.persons, said.unwrap_or(&nothing));
            if misfits.is_empty() { Ok(occurrence) } else { Err(misfits) }
        });
        plan.rows = chosen
            .iter()
            .zip(made.fates)
            .map(|((booking, time), (_, fate))| {
                let outcome = match fate {
                    Fate::Moved(to) => Outcome::Moved(to),
                    Fate::Refused(reasons) => Outcome::Refused(reasons),
                    Fate::Clash(with) => Outcome::Clash(with),
                    Fate::ExcludesOwn(other) => Outcome::ExcludesOwn(other),
                };
                Row { time: *time, booking: *booking, outcome }
            })
            .collect();
        made.displaced
    }

    /// What those who lose a time are offered. What they lose is not offered to anybody where it was only cancelled.
    fn offers(
        &self,
        plan: &Plan,
        lost: &[(BookingId, Time)],
        offering: bool,
        earliest: Timestamp,
    ) -> Vec<Option<Occurrence>> {
        if !offering {
            return lost.iter().map(|_| None).collect();
        }
        let moved: Vec<&Occurrence> = plan
            .rows
            .iter()
            .filter_map(|row| match &row.outcome {
                Outcome::Moved(to) => Some(to),
                Outcome::GivenUp(_)
                | Outcome::Refused(_)
                | Outcome::Clash(_)
                | Outcome::ExcludesOwn(_)
                | Outcome::Outside => None,
            })
            .collect();
        let left: BTreeSet<OccurrenceId> = if moved.is_empty() {
            BTreeSet::new()
        } else {
            let chosen = plan.rows.iter().filter(|row| row.outcome.leaves()).map(|row| row.time.id);
            chosen.chain(lost.iter().map(|(_, time)| time.id)).collect()
        };
        let taken = remaining(&self.standing, &left, moved);
        let seeking: Vec<Seeking> = lost
            .iter()
            .map(|(id, time)| {
                let booking = plan.bookings.get(id);
                Seeking {
                    id: time.id,
                    asked: asked_of(time),
                    persons: booking.and_then(|booking| booking.participants.persons),
                    here: booking.is_none_or(|booking| booking.times.len() > 1),
                }
            })
            .collect();
        propose(&seeking, &self.neighbours, &taken, earliest)
    }
}

/// What makes a resource like another.
fn kin_of(resource: &cloud_contracts::Resource) -> Kin {
    let kind = match &resource.kind {
        ResourceKind::Hall => "hall",
        ResourceKind::Pitch => "pitch",
        ResourceKind::Room => "room",
        ResourceKind::Premises => "premises",
        ResourceKind::Lodging => "lodging",
        ResourceKind::Vehicle { .. } => "vehicle",
        ResourceKind::Berth { .. } => "berth",
        ResourceKind::Other => "other",
    };
    // Who may drive the one may drive the other.
    let kind = match &resource.kind {
        ResourceKind::Vehicle { licence: Some(licence) } => format!("{kind} {licence}"),
        _ => kind.to_owned(),
    };
    // A berth is as large as the boat that it takes.
    let boat = match resource.kind {
        ResourceKind::Berth { length_cm, beam_cm, draught_cm: _ } => length_cm.zip(beam_cm),
        _ => None,
    };
    let boat = boat.map(|(length, beam)| (length.min(beam), length.max(beam)));
    let sides = resource.size.map(|size| {
        let (width, length) = (size.width.0, size.length.0);
        (width.min(length), width.max(length))
    });
    Kin { kind, sides: boat.or(sides), activities: resource.activities.iter().cloned().collect() }
}
