//! Changes a booking: times are moved, shortened and given up, all in one transaction. Nothing is cancelled first and
//! booked afterwards: whoever finds the new time taken still has the old one.

use std::collections::BTreeSet;

use booking_domain::{
    Accessory, Asked, Occurrence, Place, Reason, Refusal, Request, State, judge, parts_in_lock_order,
};
use cloud_contracts::{BookingChanged, Customer};
use cloud_kernel::{Actor, TenantTx};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{BookingId, FacilityId, OccurrenceId, PersonId, ResourceId};
use serde_json::json;

use crate::Ports;
use crate::book::{Asking, BookError, asker, price, signal};
use crate::extras::{self, Short};
use crate::freed;
use crate::guests::{follow, opened};
use crate::place::place_at;
use crate::places::Places;
use crate::store::{self, Booking, NewTime, Time, change as rows, extras as goes_with};
use crate::terms::standing;

/// What shall become of a booking.
#[derive(Clone, Debug)]
pub struct Change {
    /// Who changes it.
    pub person: PersonId,
    /// Whether as an officer of the facility's authority.
    pub officer: bool,
    /// The times that are given up.
    pub give_up: Vec<OccurrenceId>,
    /// The times that are taken.
    pub take: Vec<Asked>,
}

/// What became of a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Changed {
    /// It is as it was wanted.
    Done,
    /// Some of the new times are taken; nothing was changed.
    Clash {
        /// Which, from 0.
        taken: Vec<usize>,
    },
    /// There are too few of something that goes with the new times; nothing was changed.
    Short(Vec<Short>),
    /// The new times break rules; nothing was changed.
    Refused(Vec<Refusal>),
    /// The new times are an officer's to decide; nothing was changed.
    NeedsOfficer,
    /// It is too late to change one of the times by oneself; nothing was changed.
    TooLate,
    /// The booking has no such times any more; nothing was changed.
    Gone,
}

/// Carries a change out. The booking is locked and read here, so that of two who change it at once the second sees
/// what the first has done.
pub async fn change(
    mut tx: TenantTx,
    ports: &Ports,
    id: BookingId,
    wanted: &Change,
) -> Result<Changed, BookError> {
    store::lock(&mut tx, id).await?;
    let Some(mut booking) = store::find(&mut tx, id).await? else { return Ok(Changed::Gone) };
    let given_up: Vec<Time> =
        booking.times.iter().filter(|time| wanted.give_up.contains(&time.id)).copied().collect();
    let is_held = booking.status.state() == State::Held;
    if is_held || !booking.status.keeps(tx.now()) || given_up.len() != wanted.give_up.len() {
        return Ok(Changed::Gone);
    }
    let kept: Vec<Time> =
        booking.times.iter().filter(|time| !wanted.give_up.contains(&time.id)).copied().collect();
    let looked_at: Vec<Asked> = given_up.iter().map(asked_of).chain(wanted.take.iter().copied()).collect();
    let resources = kept.iter().map(|time| time.resource).chain(looked_at.iter().map(|one| one.resource));
    let resources: Vec<ResourceId> = resources.collect();
    let places = Places::of(&mut tx, ports, &resources).await?;
    let place = place_at(&mut tx, ports.facilities.as_ref(), places.all(), &looked_at).await?;
    let Some(place) = place.filter(|_| places.go_together()) else { return Ok(refused(Reason::Apart)) };
    let now = tx.now();
    if given_up
        .iter()
        .any(|time| time.span.ends_at() <= now || (!wanted.officer && too_late(&place, time, now)))
    {
        return Ok(Changed::TooLate);
    }
    // An officer changes what the customer has, whether or not the one who booked may still act for it.
    let customer = if wanted.officer {
        ports.customers.by_id(&mut tx, booking.customer).await?
    } else {
        ports.customers.acted_for(&mut tx, wanted.person, booking.customer).await?
    };
    let Some(customer) = customer else { return Ok(Changed::Gone) };
    let changing = Changing { booking: &booking, customer: &customer, given_up: &given_up, wanted };
    let occurrences = match allowed(&mut tx, ports, &places, &place, &changing).await? {
        Ok(occurrences) => occurrences,
        Err(changed) => return Ok(changed),
    };
    let times: Vec<NewTime<'_>> = occurrences
        .iter()
        .map(|one| NewTime {
            id: tx.new_id(),
            resource: one.resource(),
            facility: places.at(one.resource()).map_or(booking.facility, |facility| facility.id),
            span: one.span(),
            occupies: one.occupies(),
            parts: one.parts(),
        })
        .collect();
    let new: Vec<Time> = times.iter().map(NewTime::time).collect();
    // What goes with the booking goes with its new times too, where it can be had.
    let mut accessories = extras::of_booking(&mut tx, &booking.times).await?;
    accessories.retain(|one| extras::lendings(places.all(), &new, &[*one]).is_ok());
    let lendings = match extras::lendings(places.all(), &new, &accessories) {
        Ok(lendings) => lendings,
        Err(reason) => return Ok(refused(reason)),
    };
    // What is moved costs nothing; what is only given up does, where the terms say so.
    if wanted.take.is_empty() && !wanted.officer {
        let cost = standing(&mut tx, ports, &booking, &given_up).await?.cost;
        store::fee::write(&mut tx, id, &cost).await?;
    }
    let mut space = store::parts_of(&mut tx, id).await?;
    space.extend(parts_in_lock_order(&occurrences));
    space.sort_unstable();
    space.dedup();
    store::lock_parts(&mut tx, &space).await?;
    rows::give_up(&mut tx, id, &wanted.give_up).await?;
    let without_room = store::occupy(&mut tx, &times, None).await?;
    if !without_room.is_empty() {
        let taken = times.iter().enumerate().filter(|(_, time)| without_room.contains(&time.id));
        return Ok(Changed::Clash { taken: taken.map(|(index, _)| index).collect() });
    }
    let mut facilities = booking.facilities();
    facilities.extend(new.iter().map(|time| time.facility));
    booking.times = kept.into_iter().chain(new.iter().copied()).collect();
    booking.times.sort_by_key(|time| time.span);
    let price_ore = price(&mut tx, ports, &place, &customer, &booking.times).await?;
    rows::add(&mut tx, id, &times, price_ore).await?;
    let short = extras::lend(&mut tx, &lendings).await?;
    if !short.is_empty() {
        return Ok(Changed::Short(short));
    }
    if booking.status.state() == State::Confirmed {
        let new: Vec<OccurrenceId> = times.iter().map(|time| time.id).collect();
        follow(&mut tx, &booking, &wanted.give_up, &new).await?;
    }
    let what = json!({
        "number": booking.number,
        "given_up": told(&given_up),
        "taken": told(&new),
        "officer": wanted.officer,
    });
    freed::tell(&mut tx, &given_up).await?;
    finish(&mut tx, ports, &booking, (wanted.person, &what), &facilities).await?;
    tx.commit().await?;
    Ok(Changed::Done)
}

/// Chooses anew what goes with the times of a booking that have not ended.
pub async fn equip(
    mut tx: TenantTx,
    ports: &Ports,
    id: BookingId,
    (person, officer): (PersonId, bool),
    accessories: &[Accessory],
) -> Result<Changed, BookError> {
    store::lock(&mut tx, id).await?;
    let Some(booking) = store::find(&mut tx, id).await? else { return Ok(Changed::Gone) };
    let now = tx.now();
    let coming: Vec<Time> = booking.times.iter().filter(|time| time.span.ends_at() > now).copied().collect();
    let is_held = booking.status.state() == State::Held;
    if is_held || !booking.status.keeps(now) || coming.is_empty() {
        return Ok(Changed::Gone);
    }
    let places = Places::of_booking(&mut tx, ports, &booking).await?;
    let asked: Vec<Asked> = coming.iter().map(asked_of).collect();
    let place = place_at(&mut tx, ports.facilities.as_ref(), places.all(), &asked).await?;
    let Some(place) = place else { return Ok(Changed::Gone) };
    if !officer && coming.iter().any(|time| too_late(&place, time, now)) {
        return Ok(Changed::TooLate);
    }
    let lendings = match extras::lendings(places.all(), &coming, accessories) {
        Ok(lendings) => lendings,
        Err(reason) => return Ok(refused(reason)),
    };
    let before = extras::of_booking(&mut tx, &coming).await?;
    let ids: Vec<OccurrenceId> = coming.iter().map(|time| time.id).collect();
    goes_with::clear(&mut tx, &ids).await?;
    let short = extras::lend(&mut tx, &lendings).await?;
    if !short.is_empty() {
        return Ok(Changed::Short(short));
    }
    let counts = |them: &[Accessory]| -> Vec<serde_json::Value> {
        them.iter().map(|one| json!([one.equipment, one.count])).collect()
    };
    let what = json!({
        "number": booking.number,
        "accessories_before": counts(&before),
        "accessories": counts(accessories),
        "officer": officer,
    });
    tx.audit(Actor::Person(person), "booking.changed", Some(id.uuid()), &what).await?;
    tx.emit(&BookingChanged { booking: id }).await?;
    tx.commit().await?;
    Ok(Changed::Done)
}

/// What of a booking is being changed.
struct Changing<'a> {
    booking: &'a Booking,
    customer: &'a Customer,
    given_up: &'a [Time],
    wanted: &'a Change,
}

/// The new times, as the rules allow them; or what stands in the way.
async fn allowed(
    tx: &mut TenantTx,
    ports: &Ports,
    places: &Places,
    place: &Place,
    changing: &Changing<'_>,
) -> Result<Result<Vec<Occurrence>, Changed>, BookError> {
    let Changing { booking, customer, given_up, wanted } = changing;
    if wanted.take.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let asking = Asking { person: booking.booker, customer, asked: &wanted.take, officer: wanted.officer };
    let mut known = asker(tx, ports, &asking, place).await?;
    known
        .used
        .retain(|used| !given_up.iter().any(|time| time.span == used.span && time.resource == used.resource));
    let request = Request {
        asker: &known,
        purpose: booking.purpose_kind,
        persons: booking.participants.persons,
        asked: &wanted.take,
    };
    let judged = match judge(place, &request, tx.now()) {
        Ok(judged) => judged,
        Err(refusals) => return Ok(Err(Changed::Refused(refusals))),
    };
    // A boat that is moved must fit into the other berth.
    let said = goes_with::said(tx, booking.id).await?;
    let peculiar = wanted.take.iter().enumerate().flat_map(|(occurrence, one)| {
        let peculiar = extras::peculiar_of(places.all(), one.resource);
        let reasons = if wanted.officer {
            peculiar.misfits(request.persons, &said)
        } else {
            peculiar.reasons(request.persons, &said)
        };
        reasons.into_iter().map(move |reason| Refusal { occurrence, reason })
    });
    let peculiar: Vec<Refusal> = peculiar.collect();
    if !peculiar.is_empty() {
        return Ok(Err(Changed::Refused(peculiar)));
    }
    if !judged.approval.is_empty() && booking.status.state() != State::Requested {
        return Ok(Err(Changed::NeedsOfficer));
    }
    Ok(Ok(judged.occurrences))
}

/// Tells doors, audit, the other modules and open schedules that a booking is not what it was.
pub async fn finish(
    tx: &mut TenantTx,
    ports: &Ports,
    booking: &Booking,
    (person, what): (PersonId, &serde_json::Value),
    facilities: &BTreeSet<FacilityId>,
) -> Result<(), BookError> {
    if booking.status.state() == State::Confirmed {
        let opened = opened(tx, booking).await?;
        ports.access.change(tx, &opened).await?;
    }
    tx.audit(Actor::Person(person), "booking.changed", Some(booking.id.uuid()), what).await?;
    tx.emit(&BookingChanged { booking: booking.id }).await?;
    signal(tx, facilities);
    Ok(())
}

/// Times as the audit has them.
pub fn told(times: &[Time]) -> Vec<serde_json::Value> {
    times.iter().map(|time| json!([time.resource, time.span.starts_at(), time.span.ends_at()])).collect()
}

fn refused(reason: Reason) -> Changed {
    Changed::Refused(vec![Refusal { occurrence: 0, reason }])
}

/// A time as it would be asked for.
pub fn asked_of(time: &Time) -> Asked {
    Asked { resource: time.resource, starts_at: time.span.starts_at(), minutes: time.span.minutes() }
}

/// Whether the rules leave it to an officer by now to change a time.
fn too_late(place: &Place, time: &Time, now: Timestamp) -> bool {
    let minutes = place.rules_of(&asked_of(time)).map_or(0, |rules| rules.cancel_minutes);
    latest_change(time.span.starts_at(), minutes) <= now
}

/// Until when a booker changes a time by themselves.
pub fn latest_change(starts_at: Timestamp, cancel_minutes: u32) -> Timestamp {
    starts_at.checked_sub(SignedDuration::from_mins(cancel_minutes.into())).unwrap_or(Timestamp::MIN)
}
