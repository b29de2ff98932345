//! Offers that are taken, declined, or run out.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, BookingId, FacilityId, OccurrenceId, PartId, PersonId};
use uuid::Uuid;

use super::Offer;
use crate::store::StoreError;

/// The parts that are kept for an offer, in the order in which they are locked; none where it is kept no more.
pub async fn parts(
    tx: &mut TenantTx,
    old: OccurrenceId,
    until: Timestamp,
) -> Result<Vec<PartId>, StoreError> {
    let parts = sqlx::query_scalar!(
        "SELECT DISTINCT part_id FROM booking.occupancy WHERE occurrence_id = $1 AND hold_until = $2 ORDER BY part_id",
        old.uuid(),
        until.to_sqlx() as _
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(parts.into_iter().map(PartId::new).collect())
}

/// Who takes which offer.
#[derive(Clone, Copy, Debug)]
pub struct Taking<'a> {
    /// Of which change.
    pub change: Uuid,
    /// Of which time that was given up.
    pub old: OccurrenceId,
    /// Of which booking.
    pub booking: BookingId,
    /// What it becomes.
    pub new: OccurrenceId,
    /// The offer.
    pub offer: &'a Offer,
    /// Where that is.
    pub facility: FacilityId,
    /// Whose facility.
    pub authority: AuthorityId,
    /// Who says so.
    pub by: PersonId,
    /// What the booking costs then.
    pub price_ore: Option<i64>,
}

/// Makes the space that was kept the booking's own; false where it is kept no more.
pub async fn take(tx: &mut TenantTx, taking: &Taking<'_>) -> Result<bool, StoreError> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let space = sqlx::query!(
        "UPDATE booking.occupancy SET occurrence_id = $2, hold_until = NULL
          WHERE occurrence_id = $1 AND hold_until = $3",
        taking.old.uuid(),
        taking.new.uuid(),
        taking.offer.until.to_sqlx() as _
    )
    .execute(tx.conn())
    .await?;
    if space.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "INSERT INTO booking.occurrence (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        taking.new.uuid(),
        taking.booking.uuid(),
        taking.offer.resource.uuid(),
        taking.facility.uuid(),
        taking.offer.span.starts_at().to_sqlx() as _,
        taking.offer.span.ends_at().to_sqlx() as _
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "UPDATE booking.booking booking
            SET status = CASE WHEN booking.status = 'cancelled' THEN was.status_before ELSE booking.status END,
                cancelled_at = NULL, price_ore = $3, facility_id = $4, authority_id = $5
           FROM booking.mass_booking was
          WHERE booking.id = $1 AND was.tenant_id = booking.tenant_id AND was.booking_id = booking.id
            AND was.change_id = $2",
        taking.booking.uuid(),
        taking.change,
        taking.price_ore,
        taking.facility.uuid(),
        taking.authority.uuid()
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "UPDATE booking.mass_time SET answer = 'taken', answered_at = $3, answered_by = $4, taken_id = $5
          WHERE change_id = $1 AND occurrence_id = $2 AND answer IS NULL",
        taking.change,
        taking.old.uuid(),
        now,
        taking.by.uuid(),
        taking.new.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// Writes that an offer is declined, and frees its space.
pub async fn decline(
    tx: &mut TenantTx,
    change: Uuid,
    old: OccurrenceId,
    until: Timestamp,
    by: PersonId,
) -> Result<(), StoreError> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "WITH declined AS (
           UPDATE booking.mass_time SET answer = 'declined', answered_at = $4, answered_by = $5
            WHERE change_id = $1 AND occurrence_id = $2 AND answer IS NULL
         )
         DELETE FROM booking.occupancy WHERE occurrence_id = $2 AND hold_until = $3",
        change,
        old.uuid(),
        until.to_sqlx() as _,
        now,
        by.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The bookings of a change that are cancelled and have no offer left that could be taken.
pub async fn without_hope(tx: &mut TenantTx, change: Uuid) -> Result<Vec<BookingId>, StoreError> {
    let now = tx.now().to_sqlx();
    let ids = sqlx::query_scalar!(
        "SELECT booking.id FROM booking.mass_booking was
           JOIN booking.booking booking ON booking.tenant_id = was.tenant_id AND booking.id = was.booking_id
          WHERE was.change_id = $1 AND booking.status = 'cancelled'
            AND NOT EXISTS (SELECT FROM booking.mass_time changed
                             WHERE changed.tenant_id = was.tenant_id AND changed.booking_id = was.booking_id
                               AND changed.answer IS NULL AND changed.offer_until > $2)
          ORDER BY booking.id",
        change,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(BookingId::new).collect())
}
