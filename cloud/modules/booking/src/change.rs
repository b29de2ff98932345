//! Changes a booking: times are moved, shortened and given up, all in one transaction. Nothing is cancelled first and
//! booked afterwards: whoever finds the new time taken still has the old one.

use booking_domain::{Asked, Refusal, Request, State, judge, parts_in_lock_order};
use cloud_contracts::{BookingChanged, Facility};
use cloud_kernel::{Actor, TenantTx};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{BookingId, OccurrenceId, PersonId};
use serde_json::json;

use crate::Ports;
use crate::book::{Asking, BookError, asker, opened, price};
use crate::pages::schedule;
use crate::place::place_over;
use crate::store::{self, NewTime, Time, change as rows};
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
    facility: &Facility,
    wanted: &Change,
) -> Result<Changed, BookError> {
    store::lock(&mut tx, id).await?;
    let Some(mut booking) = store::find(&mut tx, id).await? else { return Ok(Changed::Gone) };
    let given_up: Vec<Time> =
        booking.times.iter().filter(|time| wanted.give_up.contains(&time.id)).copied().collect();
    if !booking.status.keeps(tx.now()) || given_up.len() != wanted.give_up.len() {
        return Ok(Changed::Gone);
    }
    let kept: Vec<Time> =
        booking.times.iter().filter(|time| !wanted.give_up.contains(&time.id)).copied().collect();
    let looked_at: Vec<Asked> = given_up.iter().map(asked_of).chain(wanted.take.iter().copied()).collect();
    let place = place_over(&mut tx, ports.facilities.as_ref(), facility, &looked_at).await?;
    let now = tx.now();
    let too_late = |time: &Time| {
        let minutes = place.rules_of(&asked_of(time)).map_or(0, |rules| rules.cancel_minutes);
        latest_change(time.span.starts_at(), minutes) <= now
    };
    if given_up.iter().any(|time| time.span.ends_at() <= now || (!wanted.officer && too_late(time))) {
        return Ok(Changed::TooLate);
    }
    let Some(customer) = ports.customers.acted_for(&mut tx, booking.booker, booking.customer).await? else {
        return Ok(Changed::Gone);
    };
    let occurrences = if wanted.take.is_empty() {
        Vec::new()
    } else {
        let asking = Asking {
            person: booking.booker,
            customer: &customer,
            asked: &wanted.take,
            officer: wanted.officer,
        };
        let mut known = asker(&mut tx, ports, &asking, &place).await?;
        known.used.retain(|used| {
            !given_up.iter().any(|time| time.span == used.span && time.resource == used.resource)
        });
        let request = Request {
            asker: &known,
            purpose: booking.purpose_kind,
            persons: booking.participants.persons,
            asked: &wanted.take,
        };
        match judge(&place, &request, now) {
            Ok(judged) if judged.approval.is_empty() || booking.status.state() == State::Requested => {
                judged.occurrences
            }
            Ok(_) => return Ok(Changed::NeedsOfficer),
            Err(refusals) => return Ok(Changed::Refused(refusals)),
        }
    };
    let times: Vec<NewTime<'_>> = occurrences
        .iter()
        .map(|one| NewTime {
            id: tx.new_id(),
            resource: one.resource(),
            span: one.span(),
            occupies: one.occupies(),
            parts: one.parts(),
        })
        .collect();
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
    let without_room = store::occupy(&mut tx, &times).await?;
    if !without_room.is_empty() {
        let taken = times.iter().enumerate().filter(|(_, time)| without_room.contains(&time.id));
        return Ok(Changed::Clash { taken: taken.map(|(index, _)| index).collect() });
    }
    let new = times.iter().map(|time| Time { id: time.id, resource: time.resource, span: time.span });
    booking.times = kept.into_iter().chain(new).collect();
    booking.times.sort_by_key(|time| time.span);
    let price_ore = price(&mut tx, ports, facility, &customer, &booking.times).await?;
    rows::add(&mut tx, id, facility.id, &times, price_ore).await?;
    if booking.status.state() == State::Confirmed {
        ports.access.change(&mut tx, &opened(&booking)).await?;
    }
    let told = |times: &mut dyn Iterator<Item = Time>| -> Vec<serde_json::Value> {
        times.map(|time| json!([time.resource, time.span.starts_at(), time.span.ends_at()])).collect()
    };
    let detail = json!({
        "number": booking.number,
        "given_up": told(&mut given_up.iter().copied()),
        "taken": told(&mut times.iter().map(|time| Time { id: time.id, resource: time.resource, span: time.span })),
        "officer": wanted.officer,
    });
    tx.audit(Actor::Person(wanted.person), "booking.changed", Some(id.uuid()), &detail).await?;
    tx.emit(&BookingChanged { booking: id }).await?;
    tx.signal(schedule::topic(facility.id));
    tx.commit().await?;
    Ok(Changed::Done)
}

/// A time as it would be asked for.
pub fn asked_of(time: &Time) -> Asked {
    Asked { resource: time.resource, starts_at: time.span.starts_at(), minutes: time.span.minutes() }
}

/// Until when a booker changes a time by themselves.
pub fn latest_change(starts_at: Timestamp, cancel_minutes: u32) -> Timestamp {
    starts_at.checked_sub(SignedDuration::from_mins(cancel_minutes.into())).unwrap_or(Timestamp::MIN)
}
