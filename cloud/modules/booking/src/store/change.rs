//! Times of a booking that are given up and taken.

use cloud_kernel::TenantTx;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{BookingId, FacilityId, OccurrenceId};
use uuid::Uuid;

use super::{NewTime, StoreError};

/// Writes that these times of a booking are given up, and gives back their space.
pub async fn give_up(
    tx: &mut TenantTx,
    booking: BookingId,
    times: &[OccurrenceId],
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|time| time.uuid()).collect();
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "WITH given_up AS (
           UPDATE booking.occurrence SET cancelled_at = $3
            WHERE booking_id = $1 AND id = any($2) AND cancelled_at IS NULL RETURNING tenant_id, id
         )
         DELETE FROM booking.occupancy taken USING given_up
          WHERE taken.tenant_id = given_up.tenant_id AND taken.occurrence_id = given_up.id",
        booking.uuid(),
        &ids,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes new times of a booking, whose space has been taken, and what all of them cost.
pub async fn add(
    tx: &mut TenantTx,
    booking: BookingId,
    facility: FacilityId,
    times: &[NewTime<'_>],
    price_ore: Option<i64>,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|time| time.id.uuid()).collect();
    let resources: Vec<Uuid> = times.iter().map(|time| time.resource.uuid()).collect();
    let starts: Vec<_> = times.iter().map(|time| time.span.starts_at().to_sqlx()).collect();
    let ends: Vec<_> = times.iter().map(|time| time.span.ends_at().to_sqlx()).collect();
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "WITH occurrences AS (
           INSERT INTO booking.occurrence
             (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
           SELECT $1, time.id, $2, time.resource_id, $3, time.starts_at, time.ends_at
             FROM unnest($4::uuid[], $5::uuid[], $6::timestamptz[], $7::timestamptz[])
                    AS time (id, resource_id, starts_at, ends_at)
         )
         UPDATE booking.booking SET price_ore = $8 WHERE id = $2",
        tenant,
        booking.uuid(),
        facility.uuid(),
        &ids,
        &resources,
        &starts as _,
        &ends as _,
        price_ore
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
