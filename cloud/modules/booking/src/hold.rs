//! A time that is held while somebody looks at price and terms: booked, let go, taken again.

use booking_domain::{
    Accessory, Asked, Asker, Judged, Occurrence, Place, Refusal, Request, Span, State, Status, judge,
    judge_one, parts_in_lock_order,
};
use cloud_contracts::Customer;
use cloud_kernel::telemetry::figures;
use cloud_kernel::{Actor, Kernel, TenantTx};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{BookingId, PersonId, TenantId};
use serde_json::json;

use crate::Ports;
use crate::book::{
    Asking, BookError, WRITES, asker, conclude, decide_by, price, put_first, reason_of_approval, signal,
};
use crate::change::asked_of;
use crate::extras::{self, Short};
use crate::freed;
use crate::guests::opened;
use crate::place::place_at;
use crate::places::Places;
use crate::run_out::remind;
use crate::store::{self, Booking, NewTime, Time, change, extras as rows, hold};

/// Times that one person holds at once at most: enough to compare, too few to keep an evening from everybody else.
pub const HOLDS_MAX: usize = 3;

/// What became of a hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Held {
    /// It is booked, now, or since it was pressed before.
    Booked,
    /// An officer decides about it; the same.
    Requested,
    /// It holds its times again, but those that could not be had any more.
    Kept {
        /// Those, in order.
        gone: Vec<Time>,
    },
    /// It is over: the page says whether the times are free.
    Over,
    /// Somebody has all of the times.
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

/// What the rules are asked with about a hold.
struct Looked {
    places: Places,
    place: Place,
    times: Vec<Asked>,
    customer: Customer,
    asker: Asker,
}

impl Looked {
    fn request(&self, booking: &Booking) -> Request<'_> {
        Request {
            asker: &self.asker,
            purpose: booking.purpose_kind,
            persons: booking.participants.persons,
            asked: &self.times,
        }
    }
}

/// Reads that, or what stands in the way.
async fn look(
    tx: &mut TenantTx,
    ports: &Ports,
    person: PersonId,
    booking: &Booking,
) -> Result<Result<Looked, Held>, BookError> {
    let (times, places) = (asked(booking), Places::of_booking(tx, ports, booking).await?);
    let Some(place) = place_at(tx, ports.facilities.as_ref(), places.all(), &times).await? else {
        return Ok(Err(Held::Over));
    };
    let Some(customer) = ports.customers.acted_for(tx, person, booking.customer).await? else {
        return Ok(Err(Held::NotForCustomer));
    };
    let asking = Asking { person, customer: &customer, asked: &times, officer: false };
    let asker = asker(tx, ports, &asking, &place).await?;
    Ok(Ok(Looked { places, place, times, customer, asker }))
}

/// Books what is held, and counts what becomes of it.
pub async fn book(
    kernel: &Kernel,
    tenant: TenantId,
    ports: &Ports,
    person: PersonId,
    id: BookingId,
) -> Result<Option<Held>, BookError> {
    let held = book_now(kernel, tenant, ports, person, id).await;
    let outcome = match &held {
        Ok(Some(Held::Booked)) => "booked",
        Ok(Some(Held::Requested)) => "requested",
        Ok(Some(Held::Taken)) => "clash",
        Ok(Some(Held::Short(_))) => "short",
        Ok(
            Some(Held::Kept { .. } | Held::Over | Held::Refused(_) | Held::TooMany | Held::NotForCustomer)
            | None,
        ) => "refused",
        Err(_) => "failed",
    };
    figures::BOOKINGS.count(&[outcome]);
    held
}

/// In one transaction. A quota may have been used up meanwhile; all other rules are asked as of the moment when the hold
/// began, so that nobody loses to a deadline what was kept for them.
async fn book_now(
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
            State::Requested => Held::Requested,
            State::Confirmed => Held::Booked,
            State::Held | State::Refused | State::Cancelled => Held::Over,
        }));
    };
    if booking.status.confirm(tx.now()).is_err() || booking.ends_at() <= tx.now() {
        return Ok(Some(Held::Over));
    }
    let looked = match look(&mut tx, ports, person, &booking).await? {
        Ok(looked) => looked,
        Err(held) => return Ok(Some(held)),
    };
    let Looked { place, times, asker, .. } = &looked;
    let began = minutes_before(until, hold_minutes(place, times));
    let Judged { occurrences, approval } = match judge(place, &looked.request(&booking), began) {
        Ok(judged) => judged,
        Err(refusals) => return Ok(Some(Held::Refused(refusals))),
    };
    store::lock_parts(&mut tx, &parts_in_lock_order(&occurrences)).await?;
    let approval_reasons: Vec<String> = approval.iter().map(reason_of_approval).collect();
    let decide_by = decide_by(place, times, asker.known, tx.now()).filter(|_| !approval.is_empty());
    let as_what = hold::Booked { approval_reasons: &approval_reasons, decide_by };
    let rows: usize = occurrences.iter().map(|one| one.parts().len() * one.occupies().rows().count()).sum();
    if hold::book(&mut tx, id, as_what).await? != u64::try_from(rows).unwrap_or(u64::MAX) {
        // It ran out while this waited for the locks, and somebody swept it.
        return Ok(Some(Held::Over));
    }
    let detail =
        json!({ "number": booking.number, "customer": booking.customer, "times": booking.times.len() });
    let approved = approval.is_empty();
    if !approved {
        let age_group = booking.participants.age_group;
        put_first(&mut tx, id, place, &looked.request(&booking), age_group).await?;
    }
    let opened = opened(&mut tx, &booking).await?;
    conclude(&mut tx, ports, person, (&opened, approved), &detail).await?;
    signal(&mut tx, &booking.facilities());
    tx.commit().await?;
    Ok(Some(if approved { Held::Booked } else { Held::Requested }))
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
        freed::tell(&mut tx, &booking.times).await?;
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
        Status::Held { until } if until > tx.now() => return Ok(Some(Held::Kept { gone: Vec::new() })),
        Status::Held { .. } => {}
        Status::Requested => return Ok(Some(Held::Requested)),
        Status::Confirmed => return Ok(Some(Held::Booked)),
        Status::Refused { .. } | Status::Cancelled { .. } => return Ok(Some(Held::Over)),
    }
    let looked = match look(&mut tx, ports, person, &booking).await? {
        Ok(looked) => looked,
        Err(held) => return Ok(Some(held)),
    };
    let Looked { places, place, .. } = &looked;
    let (mut there, occurrences) = match still_allowed(&looked, &booking, tx.now()) {
        Ok(allowed) => allowed,
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
    let space_again: Vec<NewTime<'_>> = there
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
    let asked_again: Vec<Asked> = there.iter().map(asked_of).collect();
    let until = minutes_after(tx.now(), hold_minutes(place, &asked_again));
    let taken = store::occupy(&mut tx, &space_again, Some(until)).await?;
    there.retain(|time| !taken.contains(&time.id));
    if there.is_empty() {
        return Ok(Some(Held::Taken));
    }
    let gone: Vec<Time> = booking.times.iter().filter(|time| !there.contains(time)).copied().collect();
    let accessories = extras::of_booking(&mut tx, &booking.times).await?;
    let facilities = booking.facilities();
    if !gone.is_empty() {
        hold::drop_times(&mut tx, &gone.iter().map(|time| time.id).collect::<Vec<_>>()).await?;
        let price_ore = price(&mut tx, ports, place, &looked.customer, &there).await?;
        change::add(&mut tx, id, &[], price_ore).await?;
    }
    hold::keep(&mut tx, id, until).await?;
    remind(&mut tx, id, until).await?;
    // What goes with none of the times that are left goes with them.
    let goes = |one: &Accessory| extras::lendings(places.all(), &there, &[*one]).is_ok();
    let accessories: Vec<Accessory> = accessories.into_iter().filter(goes).collect();
    let lendings = match extras::lendings(places.all(), &there, &accessories) {
        Ok(lendings) => lendings,
        Err(reason) => return Ok(Some(Held::Refused(vec![Refusal { occurrence: 0, reason }]))),
    };
    let ids: Vec<_> = there.iter().map(|time| time.id).collect();
    rows::clear(&mut tx, &ids).await?;
    let short = extras::lend(&mut tx, &lendings).await?;
    if !short.is_empty() {
        return Ok(Some(Held::Short(short)));
    }
    let detail = json!({ "number": booking.number, "times": there.len(), "gone": gone.len() });
    tx.audit(Actor::Person(person), "booking.held", Some(id.uuid()), &detail).await?;
    signal(&mut tx, &facilities);
    tx.commit().await?;
    Ok(Some(Held::Kept { gone }))
}

/// The times of a hold that the rules still allow, with the space that each takes; or why there are none.
fn still_allowed(
    looked: &Looked,
    booking: &Booking,
    now: Timestamp,
) -> Result<(Vec<Time>, Vec<Occurrence>), Vec<Refusal>> {
    let all = looked.request(booking);
    let is_allowed = |time: &&Time| judge_one(&looked.place, &all, &asked_of(time), now).is_ok();
    let there: Vec<Time> = booking.times.iter().filter(is_allowed).copied().collect();
    // Of none of them it is asked why.
    let asked: Vec<Asked> = there.iter().map(asked_of).collect();
    let asked = if asked.is_empty() { all.asked } else { &asked };
    let judged = judge(&looked.place, &Request { asked, ..all }, now)?;
    Ok((there, judged.occurrences))
}

/// For how long these times are held: the shortest that one of them allows.
pub fn hold_minutes(place: &Place, asked: &[Asked]) -> u32 {
    asked.iter().filter_map(|one| place.rules_of(one)).map(|rules| rules.hold_minutes).min().unwrap_or(1)
}

/// So many minutes after an instant.
pub fn minutes_after(at: Timestamp, minutes: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(minutes.into())).unwrap_or(at)
}

fn minutes_before(at: Timestamp, minutes: u32) -> Timestamp {
    at.checked_sub(SignedDuration::from_mins(minutes.into())).unwrap_or(at)
}
