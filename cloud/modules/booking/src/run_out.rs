//! What follows when a hold runs out without anybody touching it: open schedules show its times free again, and a week
//! later the hold is erased.
//!
//! Each hold is a job of its own, due when it ends. Nobody waits for anybody: whoever holds writes a new row, and the
//! worker that takes it reads. Whether the space is free follows from the clock alone, so that nothing depends on the job
//! but how soon it is seen.

use booking_domain::Status;
use cloud_kernel::{Actor, Again, HandlerError, TenantTx};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::BookingId;
use serde_json::json;

use crate::book::{BookError, signal};
use crate::freed;
use crate::store::{self, hold};

/// The module whose jobs these are.
const MODULE: &str = "booking";
/// Says to open schedules that a hold is over.
pub const ENDS: &str = "booking.hold_ends";
/// Erases holds that nobody booked.
pub const ERASE: &str = "booking.holds_erase";
/// The only key of that: one job a municipality.
const ALL: &str = "all";
/// For how long a hold that ran out can be taken again by one tap: whoever gathered a season's times on a Friday finds
/// them on Monday; what somebody wrote and never booked is not kept longer.
pub const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often erasing is looked after, where there is anything to erase.
const ERASE_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// Holds erased in one go, so that the parts that they are on are not locked for long; the rest follows at once.
const ERASED_AT_ONCE: usize = 100;

/// Has the end of a hold looked after.
pub async fn remind(tx: &mut TenantTx, booking: BookingId, until: Timestamp) -> Result<(), sqlx::Error> {
    tx.enqueue(MODULE, ENDS, &format!("{booking} {until}"), until).await
}

/// Says to open schedules that a hold is over, where it is: it may be booked, let go, or held again meanwhile, which is a
/// job of its own.
pub async fn on_end(tx: &mut TenantTx, key: &str) -> Result<Again, HandlerError> {
    let booking = key.split(' ').next().and_then(|id| id.parse::<BookingId>().ok());
    let Some(booking) = booking else { return Ok(Again::Never) };
    let facilities = hold::ran_out_at(tx, booking).await.map_err(failed)?;
    if !facilities.is_empty() {
        signal(tx, &facilities);
        let held = store::find(tx, booking).await.map_err(failed)?;
        // One that was let go of told that then: its end is another.
        if let Some(held) = held.filter(|held| ended_at(held.status, key)) {
            freed::tell(tx, &held.times).await?;
        }
        let now = tx.now();
        tx.enqueue_once(MODULE, ERASE, ALL, now.saturating_add(ERASE_EVERY).unwrap_or(now)).await?;
    }
    Ok(Again::Never)
}

/// Erases what ran out so long ago that nobody comes back to it.
pub async fn on_erase(tx: &mut TenantTx) -> Result<Again, HandlerError> {
    let now = tx.now();
    let before = now.saturating_sub(KEPT).unwrap_or(now);
    let old = hold::ran_out_before(tx, before, ERASED_AT_ONCE).await.map_err(failed)?;
    if !old.is_empty() {
        let space = hold::space_of(tx, &old).await.map_err(failed)?;
        store::lock_parts(tx, &space).await.map_err(failed)?;
        hold::erase(tx, &old).await.map_err(failed)?;
        let detail = json!({ "holds": old.len() });
        tx.audit(Actor::Service(MODULE), "booking.holds_erased", None, &detail).await?;
        tracing::info!(tenant = %tx.tenant(), holds = old.len(), "erased holds that nobody booked");
    }
    // Always again: who is reminded of a hold at this moment sees this job, and leaves it to it.
    let next = if old.len() < ERASED_AT_ONCE { now.saturating_add(ERASE_EVERY).unwrap_or(now) } else { now };
    Ok(Again::At(next))
}

/// Whether a hold was held until when the key of its job says, but for what the database rounds.
fn ended_at(status: Status, key: &str) -> bool {
    let end = key.split(' ').nth(1).and_then(|end| end.parse::<Timestamp>().ok());
    match status {
        Status::Held { until } => {
            end.is_some_and(|end| until.duration_since(end).abs() < SignedDuration::from_secs(1))
        }
        Status::Requested | Status::Confirmed | Status::Refused { .. } | Status::Cancelled { .. } => false,
    }
}

fn failed(error: impl Into<BookError>) -> HandlerError {
    HandlerError::Outside { what: "holds that ran out".to_owned(), source: Box::new(error.into()) }
}
