//! A booker takes or declines the time that they were offered.

use booking_domain::{State, Status};
use cloud_contracts::BookingChanged;
use cloud_kernel::{Actor, TenantTx};
use protocols_ids::{OccurrenceId, PersonId};
use serde_json::json;

use super::goes_with::{self, Successor};
use crate::Ports;
use crate::book::{BookError, price};
use crate::change::asked_of;
use crate::freed;
use crate::guests::{follow, opened};
use crate::pages::schedule;
use crate::place::place_over;
use crate::store::mass::offers::{self as rows, Taking};
use crate::store::mass::{self, Answer};
use crate::store::{self, Booking, Time};

/// What became of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answered {
    /// The time is theirs.
    Taken,
    /// They do without.
    Declined,
    /// There is no such offer any more: it has run out, was answered, or the change was undone.
    Gone,
}

/// Answers an offer of the booking, which is as the caller read it in `tx`, locked.
pub async fn answer(
    mut tx: TenantTx,
    ports: &Ports,
    person: PersonId,
    booking: &Booking,
    old: OccurrenceId,
    takes: bool,
) -> Result<Answered, BookError> {
    let changed = mass::changed(&mut tx, None, Some(booking.id)).await?;
    let open = changed.iter().find(|one| one.time.id == old).and_then(|one| Some((one, one.offer?)));
    let Some((changed, offer)) =
        open.filter(|(_, offer)| offer.answer == Answer::Open && offer.until > tx.now())
    else {
        return Ok(Answered::Gone);
    };
    // Undoing locks the change, then its bookings; here the booking is locked, and the change is read, not locked.
    let goes_on = match booking.status {
        Status::Requested | Status::Confirmed => true,
        Status::Cancelled { at } => at == changed.made_at,
        Status::Held { .. } | Status::Refused { .. } => false,
    };
    let kept = rows::parts(&mut tx, old, offer.until).await?;
    let Some(facility) = ports.facilities.of_resource(&mut tx, offer.resource).await? else {
        return Ok(Answered::Gone);
    };
    if kept.is_empty() || !goes_on {
        return Ok(Answered::Gone);
    }
    store::lock_parts(&mut tx, &kept).await?;
    let detail =
        json!({ "number": booking.number, "resource": offer.resource, "from": offer.span.starts_at() });
    if !takes {
        rows::decline(&mut tx, changed.change, old, offer.until, person).await?;
        for hopeless in rows::without_hope(&mut tx, changed.change).await? {
            if hopeless == booking.id {
                ports.access.revoke(&mut tx, hopeless).await?;
            }
        }
        freed::tell(&mut tx, &[offer.time(old, facility.id)]).await?;
        tx.audit(Actor::Person(person), "booking.offer_declined", Some(booking.id.uuid()), &detail).await?;
        tx.signal(schedule::topic(facility.id));
        tx.commit().await?;
        return Ok(Answered::Declined);
    }
    let new = offer.time(tx.new_id(), facility.id);
    let before = mass::before(&mut tx, changed.change).await?;
    let was = before.iter().find(|before| before.booking == booking.id).copied();
    let mut times: Vec<Time> =
        if booking.status.state() == State::Cancelled { Vec::new() } else { booking.times.clone() };
    times.push(new);
    times.sort_by_key(|time| time.span);
    let place = place_over(&mut tx, ports.facilities.as_ref(), &facility, &[asked_of(&new)]).await?;
    let customer = ports.customers.by_id(&mut tx, booking.customer).await?;
    let price_ore = match customer {
        Some(customer) => price(&mut tx, ports, &place, &customer, &times).await?,
        None => None,
    };
    // Nobody pays more for having been moved.
    let most = was.and_then(|was| was.price_ore);
    let price_ore = price_ore.map(|ore| most.map_or(ore, |most| ore.min(most)));
    let taking = Taking {
        change: changed.change,
        old,
        booking: booking.id,
        new: new.id,
        offer: &offer,
        facility: facility.id,
        authority: facility.authority,
        by: person,
        price_ore,
    };
    if !rows::take(&mut tx, &taking).await? {
        return Ok(Answered::Gone);
    }
    let places = std::slice::from_ref(&facility);
    let successor = Successor { booking: booking.id, old, new };
    goes_with::carry(&mut tx, &[successor], |time, accessory| goes_with::can_be_had(places, time, accessory))
        .await?;
    if booking.status.state() == State::Confirmed || was.is_some_and(|was| was.confirmed) {
        follow(&mut tx, booking, &[old], &[new.id]).await?;
        let opened = opened(&mut tx, &Booking { times, ..booking.clone() }).await?;
        ports.access.change(&mut tx, &opened).await?;
    }
    tx.audit(Actor::Person(person), "booking.offer_taken", Some(booking.id.uuid()), &detail).await?;
    tx.emit(&BookingChanged { booking: booking.id }).await?;
    tx.signal(schedule::topic(facility.id));
    tx.commit().await?;
    Ok(Answered::Taken)
}
