//! Carries out what was shown, in one transaction.

use std::collections::BTreeSet;

use booking_domain::{Asked, Occurrence, State};
use cloud_contracts::{Closing, ClosureKind, Facility};
use cloud_kernel::web::Visit;
use cloud_kernel::{Actor, TenantTx};
use protocols_ids::{BookingId, FacilityId, OccurrenceId, PartId, PersonId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::goes_with::{self, Successor};
use super::{Deed, NoPlan, Outcome, Plan, Wanted, plan};
use crate::Ports;
use crate::book::{BookError, price};
use crate::change::asked_of;
use crate::guests::{follow, opened};
use crate::hold::minutes_after;
use crate::pages::schedule;
use crate::place::place_over;
use crate::store::mass::write::{self, NewChange, NewFate};
use crate::store::{self, Booking, NewTime, Time, mass as rows};

/// What became of it.
#[derive(Debug)]
pub enum Carried {
    /// It is done, as this change.
    Done(Uuid),
    /// Something is not as it was shown any more; nothing was done. What would be done now.
    Stale(Box<Plan>),
    /// There is no plan; nothing was done.
    Not(NoPlan),
}

/// Carries it out, if it is what was shown.
pub async fn carry_out(
    visit: &Visit,
    ports: &Ports,
    person: PersonId,
    wanted: &Wanted,
    shown: Uuid,
    may: impl Fn(&Facility) -> bool,
) -> Result<Carried, BookError> {
    let begin = || visit.kernel.begin(visit.tenant.id);
    let mut tx = begin().await?;
    let first = match plan(&mut tx, ports, wanted, &may).await? {
        Ok(plan) => plan,
        Err(none) => return Ok(Carried::Not(none)),
    };
    if first.digest != shown || !first.does_something() {
        return Ok(Carried::Stale(Box::new(first)));
    }
    // Bookings first, then parts, each in the order of their ids, as everybody locks them.
    rows::lock(&mut tx, &first.touched()).await?;
    let needed = space(&mut tx, &first).await?;
    store::lock_parts(&mut tx, &needed).await?;
    let again = match plan(&mut tx, ports, wanted, &may).await? {
        Ok(plan) => plan,
        Err(none) => return Ok(Carried::Not(none)),
    };
    if again.digest != shown {
        return Ok(Carried::Stale(Box::new(again)));
    }
    if let Some(change) = write_all(tx, ports, person, wanted, &again).await? {
        return Ok(Carried::Done(change));
    }
    // The constraint knew better. What is in the way is in the next preview.
    let mut tx = begin().await?;
    Ok(match plan(&mut tx, ports, wanted, &may).await? {
        Ok(plan) => Carried::Stale(Box::new(plan)),
        Err(none) => Carried::Not(none),
    })
}

/// Every part that is left or taken, in the order in which they are locked.
async fn space(tx: &mut TenantTx, plan: &Plan) -> Result<Vec<PartId>, BookError> {
    let leaving = plan.rows.iter().filter(|row| row.outcome.leaves()).map(|row| row.time.id);
    let leaving: Vec<OccurrenceId> = leaving.chain(plan.displaced.iter().map(|one| one.time.id)).collect();
    let mut parts: BTreeSet<PartId> = rows::parts_of(tx, &leaving).await?.into_iter().collect();
    parts.extend(plan.taken().flat_map(|one| one.parts().iter().copied()));
    Ok(parts.into_iter().collect())
}

/// `None` if something found no room: the transaction is given up.
async fn write_all(
    mut tx: TenantTx,
    ports: &Ports,
    person: PersonId,
    wanted: &Wanted,
    plan: &Plan,
) -> Result<Option<Uuid>, BookError> {
    let (id, now) = (tx.new_id::<Uuid>(), tx.now());
    let closure = match (&wanted.deed, plan.closing) {
        (Deed::Close { resource, .. }, Some(closed)) => {
            let closing = Closing {
                facility: plan.facility.id,
                resource: *resource,
                kind: ClosureKind::Closed,
                reason: wanted.reason.clone(),
                starts_at: closed.starts_at().max(now),
                ends_at: Some(closed.ends_at()),
            };
            Some(ports.closures.close(&mut tx, person, &closing).await?)
        }
        _ => None,
    };
    let undo_until = minutes_after(now, plan.undo_minutes);
    let change = NewChange {
        id,
        authority: plan.facility.authority,
        facility: plan.facility.id,
        by: person,
        action: wanted.deed.action(),
        reason: &wanted.reason,
        closure,
        undo_until,
    };
    let fates = fates(&tx, plan);
    let touched: Vec<&Booking> =
        plan.touched().iter().filter_map(|booking| plan.bookings.get(booking)).collect();
    write::write(&mut tx, &change, &touched, &fates).await?;
    let here = plan.facility.id;
    let new: Vec<NewTime<'_>> =
        fates.iter().filter_map(|fate| fate.moved_to).map(|moved| new_time(here, moved)).collect();
    let without_room = store::occupy(&mut tx, &new, None).await?;
    if !without_room.is_empty() || !write::hold_offers(&mut tx, &fates).await? {
        return Ok(None);
    }
    write::hold_freed(&mut tx, id, undo_until).await?;
    let moved = fates.iter().filter_map(|fate| {
        let new = new_time(here, fate.moved_to?).time();
        Some(Successor { booking: fate.booking, old: fate.time.id, new })
    });
    let moved: Vec<Successor> = moved.collect();
    let places = std::slice::from_ref(&plan.facility);
    let without =
        goes_with::carry(&mut tx, &moved, |time, accessory| goes_with::can_be_had(places, time, accessory));
    let without = without.await?;
    let after: Vec<Booking> = touched.iter().map(|booking| after(booking, here, &fates)).collect();
    bring_after(&mut tx, ports, plan, (&touched, &after), &fates).await?;
    let told = json!({
        "action": wanted.deed.action().key(),
        "reason": wanted.reason,
        "closure": closure,
        "undo_until": undo_until,
        "times": fates.iter().map(fate_told).collect::<Vec<Value>>(),
        "too_few_accessories": without,
    });
    tx.audit(Actor::Person(person), "booking.mass_changed", Some(id), &told).await?;
    tx.enqueue(super::settle::MODULE, super::settle::SETTLE, &id.to_string(), undo_until).await?;
    signal(&mut tx, plan);
    tx.commit().await?;
    Ok(Some(id))
}

fn fates<'a>(tx: &TenantTx, plan: &'a Plan) -> Vec<NewFate<'a>> {
    let until = |offer: &'a Occurrence| (offer, plan.until(offer, tx.now()));
    let chosen = plan.rows.iter().filter_map(|row| {
        let (moved_to, offer) = match &row.outcome {
            Outcome::Moved(to) => (Some((tx.new_id(), to)), None),
            Outcome::GivenUp(offer) => (None, offer.as_ref().map(until)),
            Outcome::Refused(_) | Outcome::Clash(_) | Outcome::ExcludesOwn(_) | Outcome::Outside => {
                return None;
            }
        };
        Some(NewFate { time: row.time, booking: row.booking, displaced: false, moved_to, offer })
    });
    let displaced = plan.displaced.iter().map(|one| NewFate {
        time: one.time,
        booking: one.booking,
        displaced: true,
        moved_to: None,
        offer: one.offer.as_ref().map(until),
    });
    chosen.chain(displaced).collect()
}

fn new_time(facility: FacilityId, (id, to): (OccurrenceId, &Occurrence)) -> NewTime<'_> {
    NewTime {
        id,
        resource: to.resource(),
        facility,
        span: to.span(),
        occupies: to.occupies(),
        parts: to.parts(),
    }
}

/// A booking with the times that it has after the change.
fn after(booking: &Booking, facility: FacilityId, fates: &[NewFate<'_>]) -> Booking {
    let own: Vec<&NewFate<'_>> = fates.iter().filter(|fate| fate.booking == booking.id).collect();
    let kept = booking.times.iter().filter(|time| !own.iter().any(|fate| fate.time.id == time.id)).copied();
    let come = own.iter().filter_map(|fate| fate.moved_to);
    let come = come.map(|(id, to)| Time { id, resource: to.resource(), facility, span: to.span() });
    let mut after = booking.clone();
    after.times = kept.chain(come).collect();
    after.times.sort_by_key(|time| time.span);
    after
}

/// What comes of it for the bookings themselves: those without times are cancelled, those with fewer cost less, and the
/// doors open for the times that are left, to their guests too. What is only moved costs what it cost: nobody pays for
/// being moved.
async fn bring_after(
    tx: &mut TenantTx,
    ports: &Ports,
    plan: &Plan,
    (before, after): (&[&Booking], &[Booking]),
    fates: &[NewFate<'_>],
) -> Result<(), BookError> {
    let empty: Vec<BookingId> =
        after.iter().filter(|booking| booking.times.is_empty()).map(|booking| booking.id).collect();
    write::cancel_empty(tx, &empty).await?;
    let asked: Vec<Asked> = fates.iter().map(|fate| asked_of(&fate.time)).collect();
    let place = place_over(tx, ports.facilities.as_ref(), &plan.facility, &asked).await?;
    let mut prices = Vec::new();
    for (before, after) in before.iter().zip(after) {
        if !after.times.is_empty() && after.times.len() < before.times.len() {
            let customer = ports.customers.by_id(tx, after.customer).await?;
            let ore = match customer {
                Some(customer) => price(tx, ports, &place, &customer, &after.times).await?,
                None => None,
            };
            prices.push((after.id, ore));
        }
        if after.status.state() == State::Confirmed {
            let own = fates.iter().filter(|fate| fate.booking == after.id);
            let moved = own.filter_map(|fate| Some((fate.time.id, fate.moved_to?.0)));
            let (given_up, taken): (Vec<_>, Vec<_>) = moved.unzip();
            follow(tx, after, &given_up, &taken).await?;
            let opened = opened(tx, after).await?;
            ports.access.change(tx, &opened).await?;
        }
    }
    write::price(tx, &prices).await?;
    Ok(())
}

/// One time before and after, as the audit keeps it.
fn fate_told(fate: &NewFate<'_>) -> Value {
    let space = |one: &Occurrence| json!([one.resource(), one.span().starts_at(), one.span().ends_at()]);
    json!({
        "booking": fate.booking,
        "before": [fate.time.resource, fate.time.span.starts_at(), fate.time.span.ends_at()],
        "displaced": fate.displaced,
        "after": fate.moved_to.map(|(_, to)| space(to)),
        "offered": fate.offer.map(|(offer, _)| space(offer)),
    })
}

/// Open pages see it.
fn signal(tx: &mut TenantTx, plan: &Plan) {
    for facility in &plan.neighbours {
        tx.signal(schedule::topic(facility.id));
    }
}
