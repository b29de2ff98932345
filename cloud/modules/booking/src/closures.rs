//! Those who have booked what is closed are told, once each, and told again when it is open.
//!
//! Whoever comes within hours is told at once. The others are told when a closing can no longer be taken for a slip of
//! the thumb: after the time in which a change of many can be undone. Who has something later than that is told when it
//! comes near, if it is still closed.

use std::collections::BTreeSet;

use booking_domain::Span;
use cloud_contracts::{BookingMet, Closure, Facility, ResourceClosed, ResourceOpened};
use cloud_kernel::{Again, HandlerError, TenantTx};
use jiff::SignedDuration;
use protocols_ids::{BookingId, ClosureId, PartId};

use crate::Ports;
use crate::hold::minutes_after;
use crate::mass::settle::{MODULE, outside};
use crate::place::rule_books;
use crate::store::closures as rows;

/// The job that tells those who come within hours; its key is the closure's id.
pub const NEAR: &str = "booking.closure_near";
/// The job that tells the others; its key is the closure's id.
pub const TELL: &str = "booking.closure_tell";

/// Who is told at once: whoever may be on the way soon.
const NEAR_AHEAD: SignedDuration = SignedDuration::from_hours(3);
/// How far ahead people are told of what is closed until somebody opens it: a thaw may come before the day after.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(48);
/// How often it is looked for who comes near meanwhile.
const EVERY: SignedDuration = SignedDuration::from_hours(6);

/// Something was closed.
pub async fn on_closed(tx: &mut TenantTx, ports: &Ports, event: &ResourceClosed) -> Result<(), HandlerError> {
    let key = event.closure.to_string();
    let now = tx.now();
    let Some((facility, _)) = find(tx, ports, event.closure).await? else { return Ok(()) };
    let books = rule_books(tx, std::slice::from_ref(&facility)).await.map_err(outside)?;
    let today = facility.time_zone.to_datetime(now).date();
    let minutes = facility.resources.first().and_then(|one| books.get(&one.id));
    let minutes = minutes.map_or(0, |book| book.on(today).undo_minutes);
    tx.enqueue(MODULE, NEAR, &key, now).await?;
    tx.enqueue(MODULE, TELL, &key, minutes_after(now, minutes)).await?;
    Ok(())
}

/// What was closed is open.
pub async fn on_opened(tx: &mut TenantTx, event: &ResourceOpened) -> Result<(), HandlerError> {
    for booking in rows::tell_open(tx, event.closure).await.map_err(outside)? {
        tx.emit(&BookingMet { booking, closure: event.closure, open: true }).await?;
    }
    Ok(())
}

/// The jobs of [`NEAR`] and [`TELL`].
pub async fn on_job(tx: &mut TenantTx, ports: &Ports, key: &str, near: bool) -> Result<Again, HandlerError> {
    let id: ClosureId = key.parse().map_err(|error: protocols_ids::ParseError| HandlerError::Outside {
        what: format!("the job's key {key:?} names no closure"),
        source: error.into(),
    })?;
    let now = tx.now();
    let Some((facility, closure)) = find(tx, ports, id).await? else { return Ok(Again::Never) };
    let ahead = now.checked_add(if near { NEAR_AHEAD } else { AHEAD }).unwrap_or(now);
    let until = match closure.ends_at {
        Some(ends) if near => ends.min(ahead),
        Some(ends) => ends,
        None => ahead,
    };
    if let Some(during) = Span::new(now.max(closure.starts_at), until) {
        let closed = closed_parts(&facility, &closure);
        let booked = rows::booked(tx, &closed, during).await.map_err(outside)?;
        let booked: BTreeSet<BookingId> = booked.into_iter().map(|(_, booking)| booking).collect();
        for booking in rows::tell(tx, id, &booked).await.map_err(outside)? {
            tx.emit(&BookingMet { booking, closure: id, open: false }).await?;
        }
    }
    let again = now.checked_add(EVERY).map_or(Again::Never, Again::At);
    Ok(if near || closure.ends_at.is_some() { Again::Never } else { again })
}

/// A closure that is not over, with its facility.
async fn find(
    tx: &mut TenantTx,
    ports: &Ports,
    id: ClosureId,
) -> Result<Option<(Facility, Closure)>, HandlerError> {
    let now = tx.now();
    let all = ports.facilities.all(tx).await.map_err(outside)?;
    Ok(all.into_iter().find_map(|facility| {
        let closure = facility.closures.iter().find(|closure| closure.id == id).cloned();
        let goes_on = |closure: &Closure| closure.ends_at.is_none_or(|ends| ends > now);
        closure.filter(goes_on).map(|closure| (facility, closure))
    }))
}

/// What is closed.
fn closed_parts(facility: &Facility, closure: &Closure) -> Vec<PartId> {
    let closed = facility.resources.iter().filter(|one| closure.resource.is_none_or(|id| id == one.id));
    let parts: BTreeSet<PartId> = closed.flat_map(|one| one.parts.iter().copied()).collect();
    parts.into_iter().collect()
}
