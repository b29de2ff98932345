//! When a change can no longer be undone: those whom it is about are told, and what it freed is free. When its offers
//! have run out, so have the codes of those who took none.

use cloud_contracts::BookingRearranged;
use cloud_kernel::{Again, HandlerError, TenantTx};
use uuid::Uuid;

use crate::Ports;
use crate::book::BookError;
use crate::freed;
use crate::pages::schedule;
use crate::store::Time;
use crate::store::mass::offers;
use crate::store::mass::{self as rows, Change, write};

/// The module's name, as its jobs have it.
pub const MODULE: &str = "booking";
/// The job that tells of a change; its key is the change's id.
pub const SETTLE: &str = "booking.mass_settle";
/// The job that ends what offers kept; its key is the change's id.
pub const OFFERS_END: &str = "booking.mass_offers_end";

/// Tells of a change, if it still stands. Once.
pub async fn settle(tx: &mut TenantTx, change: &Change) -> Result<bool, BookError> {
    if !write::told(tx, change.id).await? {
        return Ok(false);
    }
    write::free(tx, change.id).await?;
    for before in rows::before(tx, change.id).await? {
        tx.emit(&BookingRearranged { booking: before.booking, change: change.id }).await?;
    }
    let changed = rows::changed(tx, Some(change.id), None).await?;
    // Unless what displaced them stands there now, which whoever is told is asked about first.
    let gone: Vec<Time> = changed.iter().map(|one| one.time).collect();
    freed::tell(tx, &gone).await?;
    let last = changed.iter().filter_map(|one| Some(one.offer?.until)).max();
    let now = tx.now();
    tx.enqueue(MODULE, OFFERS_END, &change.id.to_string(), last.unwrap_or(now)).await?;
    tx.signal(schedule::topic(change.facility));
    Ok(true)
}

/// The job of [`SETTLE`].
pub async fn on_settle(tx: &mut TenantTx, key: &str) -> Result<Again, HandlerError> {
    if let Some(change) = read(tx, key).await? {
        settle(tx, &change).await.map_err(outside)?;
    }
    Ok(Again::Never)
}

/// The job of [`OFFERS_END`].
pub async fn on_offers_end(tx: &mut TenantTx, ports: &Ports, key: &str) -> Result<Again, HandlerError> {
    let Some(change) = read(tx, key).await? else { return Ok(Again::Never) };
    let changed = rows::changed(tx, Some(change.id), None).await.map_err(outside)?;
    let kept: Vec<Time> =
        changed.iter().filter_map(|one| Some(one.offer?.time(one.time.id, change.facility))).collect();
    freed::tell(tx, &kept).await?;
    let hopeless = offers::without_hope(tx, change.id).await.map_err(outside)?;
    for booking in hopeless {
        ports.access.revoke(tx, booking).await.map_err(outside)?;
    }
    tx.signal(schedule::topic(change.facility));
    Ok(Again::Never)
}

async fn read(tx: &mut TenantTx, key: &str) -> Result<Option<Change>, HandlerError> {
    let id: Uuid = key.parse().map_err(|error: uuid::Error| HandlerError::Outside {
        what: format!("the job's key {key:?} names no change"),
        source: error.into(),
    })?;
    rows::lock_change(tx, id).await.map_err(outside)?;
    rows::find(tx, id).await.map_err(outside)
}

pub(crate) fn outside(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> HandlerError {
    HandlerError::Outside { what: "a change of many times".to_owned(), source: error.into() }
}
