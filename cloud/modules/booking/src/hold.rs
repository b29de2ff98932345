//! A time that is held while somebody looks at price and terms: booked, let go, taken again.

use booking_domain::{
    Asked, Judged, Occurrence, Refusal, Request, Span, State, Status, judge, parts_in_lock_order,
};
use cloud_contracts::{BookingConfirmed, BookingRequested};
use cloud_kernel::{Actor, Kernel, TenantTx};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{BookingId, PersonId, TenantId};
use serde_json::json;

use crate::Ports;
use crate::book::{Asking, BookError, WRITES, asker, decide_by, reason_of_approval, signal, tell};
use crate::change::asked_of;
use crate::extras::{self, Short};
use crate::guests::opened;
use crate::place::place_at;
use crate::places::Places;
use crate::store::{self, Booking, NewTime, extras as rows, hold};

/// Times that one person holds at once at most: enough to compare, too few to keep an evening from everybody else.
pub const HOLDS_MAX: usize = 3;

/// What became of a hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Held {
    /// It is booked, or asked for; now, or since it was pressed before.
    Booked,
    /// It holds the times again.
    Kept,
    /// It is over: the page says whether the times are free.
    Over,
    /// Somebody has some of the times.
    Taken,
    /// There are too few of something that was to go with it.
    Short(Vec<Short>),
    /// The rules do not allow it now.
    Refused(Vec<Refusal>),
    /// The person holds as many times as one may.
    TooMany,
    /// The person may not act for that customer any more.
    NotForCustomer,
}

/// Somebody's own hold, locked; `None` where there is no such thing.
async fn own(tx: &mut TenantTx, person: PersonId, id: BookingId) -> Result<Option<Booking>, BookError> {
    store::lock(tx, id).await?;
    let found = store::find(tx, id).await?;
    Ok(found.filter(|booking| booking.booker == person))
}

/// Times of a booking as they would be asked for.
pub fn asked(booking: &Booking) -> Vec<Asked> {
    booking.times.iter().map(asked_of).collect()
}

/// Books what is held, in one transaction. A quota may have been used up meanwhile; all other rules are asked as of the
/// moment when the hold began, so that nobody loses to a deadline what was kept for them.
pub async fn book(
    kernel: &Kernel,
    tenant: TenantId,
    ports: &Ports,
    person: PersonId,
    id: BookingId,
) -> Result<Option<Held>, BookError> {
    // Nobody closes it.
    let _turn = WRITES.acquire().await.ok();
    let mut tx = kernel.begin(tenant).await?;
    let Some(booking) = own(&mut tx, person, id).await? else { return Ok(None) };
    let Status::Held { until } = booking.status else {
        return Ok(Some(match booking.status.state() {
            State::Requested | State::Confirmed => Held::Booked,
            State::Held | State::Refused | State::Cancelled => Held::Over,
        }));
    };
    if booking.status.confirm(tx.now()).is_err() || booking.ends_at() <= tx.now() {
        return Ok(Some(Held::Over));
    }
    let (times, places) = (asked(&booking), Places::of_booking(&mut tx, ports, &booking).await?);
    let Some(place) = place_at(&mut tx, ports.facilities.as_ref(), places.all(), &times).await? else {
        return Ok(Some(Held::Over));
    };
    let Some(customer) = ports.customers.acted_for(&mut tx, person, booking.customer).await? else {
        return Ok(Some(Held::NotForCustomer));
    };
    let asking = Asking { person, customer: &customer, asked: &times, officer: false };
    let asker = asker(&mut tx, ports, &asking, &place).await?;
    let request = Request {
        asker: &asker,
        purpose: booking.purpose_kind,
        persons: booking.participants.persons,
        asked: &times,
    };
    let began = minutes_before(until, hold_minutes(&place, &times));
    let Judged { occurrences, approval } = match judge(&place, &request, began) {
        Ok(judged) => judged,
        Err(refusals) => return Ok(Some(Held::Refused(refusals))),
    };
    store::lock_parts(&mut tx, &parts_in_lock_order(&occurrences)).await?;
    let approval_reasons: Vec<String> = approval.iter().map(reason_of_approval).collect();
    let decide_by = decide_by(&place, &times, asker.known, tx.now()).filter(|_| !approval.is_empty());
    let as_what = hold::Booked { approval_reasons: &approval_reasons, decide_by };
    let rows: usize = occurrences.iter().map(|one| one.parts().len() * one.occupies().rows().count()).sum();
    if hold::book(&mut tx, id, as_what).await? != u64::try_from(rows).unwrap_or(u64::MAX) {
        // It ran out while this waited for the locks, and somebody swept it.
        return Ok(Some(Held::Over));
    }
    let detail = json!({ "number": booking.number, "customer": customer.id, "times": booking.times.len() });
    if approval.is_empty() {
        let opened = opened(&mut tx, &booking).await?;
        ports.access.issue(&mut tx, &opened).await?;
        tx.audit(Actor::Person(person), "booking.confirmed", Some(id.uuid()), &detail).await?;
        tx.emit(&BookingConfirmed { booking: id }).await?;
        tell(&mut tx, "booking.confirmed", id, booking.number);
    } else {
        tx.audit(Actor::Person(person), "booking.requested", Some(id.uuid()), &detail).await?;
        tx.emit(&BookingRequested { booking: id }).await?;
        tell(&mut tx, "booking.requested", id, booking.number);
    }
    signal(&mut tx, &booking.facilities());
    tx.commit().await?;
    Ok(Some(Held::Booked))
}

/// Lets go of what is held; what is over or booked stays as it is.
pub async fn let_go(mut tx: TenantTx, person: PersonId, id: BookingId) -> Result<Option<Booking>, BookError> {
    let Some(booking) = own(&mut tx, person, id).await? else { return Ok(None) };
    if booking.status.state() == State::Held {
        let space = store::parts_of(&mut tx, id).await?;
        store::lock_parts(&mut tx, &space).await?;
        hold::let_go(&mut tx, &[id]).await?;
        let detail = json!({ "number": booking.number });
        tx.audit(Actor::Person(person), "booking.let_go", Some(id.uuid()), &detail).await?;
        signal(&mut tx, &booking.facilities());
        tx.commit().await?;
    }
    Ok(Some(booking))
}

/// Holds the times of a hold that ran out anew, if they can still be had.
pub async fn again(
    kernel: &Kernel,
    tenant: TenantId,
    ports: &Ports,
    person: PersonId,
    id: BookingId,
) -> Result<Option<Held>, BookError> {
    // Nobody closes it.
    let _turn = WRITES.acquire().await.ok();
    let mut tx = kernel.begin(tenant).await?;
    hold::one_at_a_time(&mut tx, person).await?;
    let holds = hold::lock_of(&mut tx, person).await?;
    let Some(booking) = own(&mut tx, person, id).await? else { return Ok(None) };
    match booking.status {
        Status::Held { until } if until > tx.now() => return Ok(Some(Held::Kept)),
        Status::Held { .. } => {}
        Status::Requested | Status::Confirmed => return Ok(Some(Held::Booked)),
        Status::Refused { .. } | Status::Cancelled { .. } => return Ok(Some(Held::Over)),
    }
    let (times, places) = (asked(&booking), Places::of_booking(&mut tx, ports, &booking).await?);
    let Some(place) = place_at(&mut tx, ports.facilities.as_ref(), places.all(), &times).await? else {
        return Ok(Some(Held::Over));
    };
    let Some(customer) = ports.customers.acted_for(&mut tx, person, booking.customer).await? else {
        return Ok(Some(Held::NotForCustomer));
    };
    let asking = Asking { person, customer: &customer, asked: &times, officer: false };
    let asker = asker(&mut tx, ports, &asking, &place).await?;
    let request = Request {
        asker: &asker,
        purpose: booking.purpose_kind,
        persons: booking.participants.persons,
        asked: &times,
    };
    let occurrences = match judge(&place, &request, tx.now()) {
        Ok(judged) => judged.occurrences,
        Err(refusals) => return Ok(Some(Held::Refused(refusals))),
    };
    let space = parts_in_lock_order(&occurrences);
    store::lock_parts(&mut tx, &space).await?;
    // What the person has held of it since then stands aside.
    let spans: Vec<Span> = occurrences.iter().map(Occurrence::occupies).collect();
    let in_the_way = hold::in_the_way(&mut tx, &holds, &space, &spans).await?;
    if holds.len() - in_the_way.len() >= HOLDS_MAX {
        return Ok(Some(Held::TooMany));
    }
    let ended: Vec<BookingId> = in_the_way.into_iter().chain([id]).collect();
    hold::let_go(&mut tx, &ended).await?;
    let space_again: Vec<NewTime<'_>> = booking
        .times
        .iter()
        .zip(&occurrences)
        .map(|(time, one)| NewTime {
            id: time.id,
            resource: time.resource,
            facility: time.facility,
            span: time.span,
            occupies: one.occupies(),
            parts: one.parts(),
        })
        .collect();
    if !store::occupy(&mut tx, &space_again).await?.is_empty() {
        return Ok(Some(Held::Taken));
    }
    let until = minutes_after(tx.now(), hold_minutes(&place, &times));
    hold::keep(&mut tx, id, until).await?;
    let accessories = extras::of_booking(&mut tx, &booking.times).await?;
    let lendings = match extras::lendings(places.all(), &booking.times, &accessories) {
        Ok(lendings) => lendings,
        Err(reason) => return Ok(Some(Held::Refused(vec![Refusal { occurrence: 0, reason }]))),
    };
    let ids: Vec<_> = booking.times.iter().map(|time| time.id).collect();
    rows::clear(&mut tx, &ids).await?;
    let short = extras::lend(&mut tx, &lendings).await?;
    if !short.is_empty() {
        return Ok(Some(Held::Short(short)));
    }
    let detail = json!({ "number": booking.number });
    tx.audit(Actor::Person(person), "booking.held", Some(id.uuid()), &detail).await?;
    signal(&mut tx, &booking.facilities());
    tx.commit().await?;
    Ok(Some(Held::Kept))
}

/// For how long these times are held: the shortest that one of them allows.
pub fn hold_minutes(place: &booking_domain::Place, asked: &[Asked]) -> u32 {
    asked.iter().filter_map(|one| place.rules_of(one)).map(|rules| rules.hold_minutes).min().unwrap_or(1)
}

/// So many minutes after an instant.
pub fn minutes_after(at: Timestamp, minutes: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(minutes.into())).unwrap_or(at)
}

fn minutes_before(at: Timestamp, minutes: u32) -> Timestamp {
    at.checked_sub(SignedDuration::from_mins(minutes.into())).unwrap_or(at)
}
