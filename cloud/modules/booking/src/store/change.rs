//! Times of a booking that are given up and taken.

use std::collections::BTreeMap;

use booking_domain::Span;
use cloud_kernel::TenantTx;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{BookingId, OccurrenceId, PartId};
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
    times: &[NewTime<'_>],
    price_ore: Option<i64>,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|time| time.id.uuid()).collect();
    let resources: Vec<Uuid> = times.iter().map(|time| time.resource.uuid()).collect();
    let facilities: Vec<Uuid> = times.iter().map(|time| time.facility.uuid()).collect();
    let starts: Vec<_> = times.iter().map(|time| time.span.starts_at().to_sqlx()).collect();
    let ends: Vec<_> = times.iter().map(|time| time.span.ends_at().to_sqlx()).collect();
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "WITH occurrences AS (
           INSERT INTO booking.occurrence
             (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
           SELECT $1, time.id, $2, time.resource_id, time.facility_id, time.starts_at, time.ends_at
             FROM unnest($4::uuid[], $5::uuid[], $3::uuid[], $6::timestamptz[], $7::timestamptz[])
                    AS time (id, resource_id, facility_id, starts_at, ends_at)
         )
         UPDATE booking.booking SET price_ore = $8 WHERE id = $2",
        tenant,
        booking.uuid(),
        &facilities,
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

/// What these times take: from when to when, and which parts.
pub async fn space_of(
    tx: &mut TenantTx,
    times: &[OccurrenceId],
) -> Result<BTreeMap<OccurrenceId, (Span, Vec<PartId>)>, StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|time| time.uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT occurrence_id, min(starts_at) AS "starts_at!", max(ends_at) AS "ends_at!",
                  array_agg(DISTINCT part_id) AS "parts!"
             FROM booking.occupancy WHERE occurrence_id = any($1) GROUP BY occurrence_id"#,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    let space = rows.into_iter().filter_map(|row| {
        let span = Span::new(row.starts_at.to_jiff(), row.ends_at.to_jiff())?;
        let parts = row.parts.into_iter().map(PartId::new).collect();
        Some((row.occurrence_id.into(), (span, parts)))
    });
    Ok(space.collect())
}
