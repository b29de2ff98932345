//! What goes with a booking's times: equipment, services, and what is peculiar to a kind of resource.

use std::collections::BTreeMap;

use booking_domain::{Accessory, Particulars, Span};
use cloud_kernel::TenantTx;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{BookingId, EquipmentId, OccurrenceId};
use sqlx::types::Json;
use uuid::Uuid;

use super::StoreError;

/// An accessory of one time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lending {
    /// Which time.
    pub occurrence: OccurrenceId,
    /// When.
    pub span: Span,
    /// What, and how many.
    pub accessory: Accessory,
}

/// How many of a piece of equipment are given out at one instant at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peak {
    /// Of what.
    pub equipment: EquipmentId,
    /// How many there are; `None` where that is not counted.
    pub stock: Option<u32>,
    /// How many are given out.
    pub given_out: u32,
}

/// Writes what is peculiar to a booking's resources.
pub async fn say(tx: &mut TenantTx, id: BookingId, particulars: &Particulars) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE booking.booking SET particulars = $2 WHERE id = $1",
        id.uuid(),
        Json(particulars) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What is peculiar to a booking's resources.
pub async fn said(tx: &mut TenantTx, id: BookingId) -> Result<Particulars, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT particulars AS "particulars!: Json<Particulars>" FROM booking.booking WHERE id = $1"#,
        id.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(|found| found.0).unwrap_or_default())
}

/// The same of many bookings; those that say nothing are left out.
pub async fn said_of(
    tx: &mut TenantTx,
    bookings: &[BookingId],
) -> Result<BTreeMap<BookingId, Particulars>, StoreError> {
    let ids: Vec<Uuid> = bookings.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT id, particulars AS "particulars!: Json<Particulars>" FROM booking.booking
            WHERE id = any($1) AND particulars <> '{}'"#,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.particulars.0)).collect())
}

/// Locks the stock of these, in order of their ids, until the transaction ends.
pub async fn lock_stock(tx: &mut TenantTx, equipment: &[EquipmentId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = equipment.iter().map(|id| id.uuid()).collect();
    sqlx::query_scalar!("SELECT id FROM booking.stock WHERE id = any($1) ORDER BY id FOR UPDATE", &ids)
        .fetch_all(tx.conn())
        .await?;
    Ok(())
}

/// Writes what goes with times, in the place of what went with them before.
pub async fn put(tx: &mut TenantTx, lendings: &[Lending]) -> Result<(), StoreError> {
    let occurrences: Vec<Uuid> = lendings.iter().map(|one| one.occurrence.uuid()).collect();
    let equipment: Vec<Uuid> = lendings.iter().map(|one| one.accessory.equipment.uuid()).collect();
    // No count that the domain takes is beyond the column.
    let counts: Vec<i32> =
        lendings.iter().map(|one| i32::try_from(one.accessory.count).unwrap_or(i32::MAX)).collect();
    let starts: Vec<_> = lendings.iter().map(|one| one.span.starts_at().to_sqlx()).collect();
    let ends: Vec<_> = lendings.iter().map(|one| one.span.ends_at().to_sqlx()).collect();
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO booking.accessory (tenant_id, occurrence_id, equipment_id, count, starts_at, ends_at)
         SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::integer[], $5::timestamptz[], $6::timestamptz[])
         ON CONFLICT (tenant_id, occurrence_id, equipment_id) DO UPDATE SET count = excluded.count",
        tenant,
        &occurrences,
        &equipment,
        &counts,
        &starts as _,
        &ends as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes away what goes with times.
pub async fn clear(tx: &mut TenantTx, times: &[OccurrenceId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|time| time.uuid()).collect();
    sqlx::query!("DELETE FROM booking.accessory WHERE occurrence_id = any($1)", &ids)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// How many of each are given out at one instant of these spans at most, by all bookings but these: one statement. What
/// is given out can only rise where something begins.
pub async fn peaks(
    tx: &mut TenantTx,
    equipment: &[EquipmentId],
    spans: &[Span],
    but: &[BookingId],
) -> Result<Vec<Peak>, StoreError> {
    let ids: Vec<Uuid> = equipment.iter().map(|id| id.uuid()).collect();
    let starts: Vec<_> = spans.iter().map(|span| span.starts_at().to_sqlx()).collect();
    let ends: Vec<_> = spans.iter().map(|span| span.ends_at().to_sqlx()).collect();
    let but: Vec<Uuid> = but.iter().map(|id| id.uuid()).collect();
    let now = tx.now().to_sqlx();
    let rows = sqlx::query!(
        r#"WITH wanted AS (
             SELECT * FROM unnest($2::timestamptz[], $3::timestamptz[]) AS wanted (starts_at, ends_at)
           ), given AS (
             SELECT one.equipment_id, one.occurrence_id, one.count, one.starts_at, one.ends_at
               FROM booking.accessory one
               JOIN booking.occurrence time
                 ON time.tenant_id = one.tenant_id AND time.id = one.occurrence_id AND time.cancelled_at IS NULL
               JOIN booking.booking booking
                 ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
                AND (booking.status IN ('requested', 'confirmed')
                     OR booking.status = 'held' AND booking.held_until > $5)
              WHERE one.equipment_id = any($1)
                AND one.ends_at > (SELECT min(starts_at) FROM wanted)
                AND one.starts_at < (SELECT max(ends_at) FROM wanted)
                AND booking.id <> all($4)
           ), instant AS (
             SELECT DISTINCT given.equipment_id, greatest(given.starts_at, wanted.starts_at) AS at
               FROM given JOIN wanted
                 ON given.starts_at < wanted.ends_at AND wanted.starts_at < given.ends_at
           ), total AS (
             SELECT instant.equipment_id, sum(given.count) AS count
               FROM instant JOIN given
                 ON given.equipment_id = instant.equipment_id
                AND given.starts_at <= instant.at AND instant.at < given.ends_at
              GROUP BY instant.equipment_id, instant.at
           )
           SELECT known.id, known.stock,
                  coalesce((SELECT max(count) FROM total WHERE total.equipment_id = known.id), 0) AS "given_out!"
             FROM booking.stock known WHERE known.id = any($1) ORDER BY known.id"#,
        &ids,
        &starts as _,
        &ends as _,
        &but,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    let peaks = rows.into_iter().map(|row| Peak {
        equipment: row.id.into(),
        stock: row.stock.map(|stock| u32::try_from(stock).unwrap_or(0)),
        given_out: u32::try_from(row.given_out).unwrap_or(u32::MAX),
    });
    Ok(peaks.collect())
}

/// What goes with these times, by time.
pub async fn of_times(
    tx: &mut TenantTx,
    times: &[OccurrenceId],
) -> Result<BTreeMap<OccurrenceId, Vec<Accessory>>, StoreError> {
    let ids: Vec<Uuid> = times.iter().map(|time| time.uuid()).collect();
    let rows = sqlx::query!(
        "SELECT occurrence_id, equipment_id, count FROM booking.accessory WHERE occurrence_id = any($1)
          ORDER BY occurrence_id, equipment_id",
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found: BTreeMap<OccurrenceId, Vec<Accessory>> = BTreeMap::new();
    for row in rows {
        let accessory = Accessory { equipment: row.equipment_id.into(), count: row.count.unsigned_abs() };
        found.entry(row.occurrence_id.into()).or_default().push(accessory);
    }
    Ok(found)
}
