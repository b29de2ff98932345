//! Who has booked what is closed, and who was told.

use std::collections::BTreeSet;

use booking_domain::Span;
use cloud_kernel::TenantTx;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{BookingId, ClosureId, PartId};
use uuid::Uuid;

use super::{StoreError, earliest_start};

/// Rows of an answer at most: a hundred parts that are booked a hundred times.
const ROWS_MAX: i64 = 10_000;

/// Who has any of these parts at some time of a span: each part with each such booking, once.
pub async fn booked(
    tx: &mut TenantTx,
    parts: &[PartId],
    during: Span,
) -> Result<Vec<(PartId, BookingId)>, StoreError> {
    let ids: Vec<Uuid> = parts.iter().map(|part| part.uuid()).collect();
    let rows = sqlx::query!(
        "SELECT DISTINCT taken.part_id, booking.id
           FROM booking.occupancy taken
           JOIN booking.occurrence time ON time.tenant_id = taken.tenant_id AND time.id = taken.occurrence_id
           JOIN booking.booking booking ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
          WHERE taken.part_id = any($1) AND taken.starts_at > $2 AND taken.starts_at < $3 AND taken.ends_at > $4
            AND time.ends_at > $4 AND time.starts_at < $3
            AND taken.hold_until IS NULL AND time.cancelled_at IS NULL
            AND booking.status IN ('requested', 'confirmed')
          LIMIT $5",
        &ids,
        earliest_start(during).to_sqlx(),
        during.ends_at().to_sqlx(),
        during.starts_at().to_sqlx(),
        ROWS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.part_id.into(), row.id.into())).collect())
}

/// Writes that these are told of a closure now; returns those who were not told before.
pub async fn tell(
    tx: &mut TenantTx,
    closure: ClosureId,
    bookings: &BTreeSet<BookingId>,
) -> Result<Vec<BookingId>, StoreError> {
    let ids: Vec<Uuid> = bookings.iter().map(|booking| booking.uuid()).collect();
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let new = sqlx::query_scalar!(
        "INSERT INTO booking.closure_told (tenant_id, closure_id, booking_id, told_at)
         SELECT $1, $2, id, $4 FROM unnest($3::uuid[]) AS id
         ON CONFLICT DO NOTHING RETURNING booking_id",
        tenant,
        closure.uuid(),
        &ids,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(new.into_iter().map(BookingId::new).collect())
}

/// Writes that those who were told of a closure and have something to come are told now that it is over; returns them.
pub async fn tell_open(tx: &mut TenantTx, closure: ClosureId) -> Result<Vec<BookingId>, StoreError> {
    let now = tx.now().to_sqlx();
    let told = sqlx::query_scalar!(
        "UPDATE booking.closure_told told SET opened_at = $2
          WHERE told.closure_id = $1 AND told.opened_at IS NULL
            AND EXISTS (SELECT FROM booking.occurrence time
                         WHERE time.tenant_id = told.tenant_id AND time.booking_id = told.booking_id
                           AND time.cancelled_at IS NULL AND time.ends_at > $2)
          RETURNING told.booking_id",
        closure.uuid(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(told.into_iter().map(BookingId::new).collect())
}
