//! What the register of facilities tells booking of parts and stock, and asks of it.

use cloud_contracts::ComingTime;
use cloud_kernel::TenantTx;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{EquipmentId, PartId, ResourceId};
use uuid::Uuid;

use super::StoreError;

/// Makes parts known to booking; those that are stay.
pub async fn register_parts(tx: &mut TenantTx, parts: &[PartId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = parts.iter().map(|part| part.uuid()).collect();
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO booking.part (tenant_id, id) SELECT $1, * FROM unnest($2::uuid[]) ON CONFLICT DO NOTHING",
        tenant,
        &ids
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Makes known how many there are of each piece of equipment.
pub async fn register_stock(
    tx: &mut TenantTx,
    stock: &[(EquipmentId, Option<u32>)],
) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for (equipment, stock) in stock {
        // No stock that the register takes is beyond the column.
        let stock = stock.map(|stock| i32::try_from(stock).unwrap_or(i32::MAX));
        sqlx::query!(
            "INSERT INTO booking.stock AS known (tenant_id, id, stock) VALUES ($1, $2, $3)
             ON CONFLICT (tenant_id, id) DO UPDATE SET stock = excluded.stock
               WHERE known.stock IS DISTINCT FROM excluded.stock",
            tenant,
            equipment.uuid(),
            stock
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Whether a time of the resource that is not over is held or booked. The parts are locked, as every booking locks
/// them.
pub async fn is_awaited(
    tx: &mut TenantTx,
    resource: ResourceId,
    parts: &[PartId],
) -> Result<bool, StoreError> {
    let ids: Vec<Uuid> = parts.iter().map(|part| part.uuid()).collect();
    let now = tx.now().to_sqlx();
    sqlx::query_scalar!("SELECT id FROM booking.part WHERE id = any($1) ORDER BY id FOR UPDATE", &ids)
        .fetch_all(tx.conn())
        .await?;
    let awaited = sqlx::query_scalar!(
        r#"SELECT EXISTS (
             SELECT FROM booking.occurrence time
               JOIN booking.booking booking
                 ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
              WHERE time.resource_id = $1 AND time.ends_at > $2 AND time.cancelled_at IS NULL
                AND booking.status <> 'cancelled'
                AND (booking.held_until IS NULL OR booking.held_until > $2)) AS "awaited!""#,
        resource.uuid(),
        now
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(awaited)
}

/// Times that are not over and are told at most: more than a facility has in a year of whole days.
const COMING_MAX: i64 = 20_000;

/// The times of these resources that are not over, asked for or confirmed, in order.
pub async fn coming(tx: &mut TenantTx, resources: &[ResourceId]) -> Result<Vec<ComingTime>, StoreError> {
    let ids: Vec<Uuid> = resources.iter().map(|resource| resource.uuid()).collect();
    let now = tx.now().to_sqlx();
    let rows = sqlx::query!(
        "SELECT time.starts_at, time.ends_at, time.resource_id, booking.number
           FROM booking.occurrence time
           JOIN booking.booking booking ON booking.tenant_id = time.tenant_id AND booking.id = time.booking_id
          WHERE time.resource_id = any($1) AND time.ends_at > $2 AND time.cancelled_at IS NULL
            AND booking.status IN ('requested', 'confirmed')
          ORDER BY time.starts_at, booking.number LIMIT $3",
        &ids,
        now as _,
        COMING_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let times = rows.into_iter().map(|row| ComingTime {
        starts_at: row.starts_at.to_jiff(),
        ends_at: row.ends_at.to_jiff(),
        resource: row.resource_id.into(),
        number: row.number.unsigned_abs(),
    });
    Ok(times.collect())
}
