//! What cancelling cost by the rules.

use booking_domain::{CancelFee, Cancellation};
use cloud_kernel::TenantTx;
use protocols_ids::BookingId;
use sqlx::types::Json;

use super::StoreError;

/// What was decided of a booking's cancellation; `None` where none of its times was cancelled by terms that cost.
pub async fn of(tx: &mut TenantTx, id: BookingId) -> Result<Option<Cancellation>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT cancel_fee_ore, cancel_fee_reason AS "steps!: Json<Vec<CancelFee>>"
             FROM booking.booking WHERE id = $1 AND cancel_fee_reason IS NOT NULL"#,
        id.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Cancellation { ore: row.cancel_fee_ore.map(i64::unsigned_abs), steps: row.steps.0 }))
}

/// Writes what cancelling some times of a booking costs, beside what was decided of others before.
pub async fn write(tx: &mut TenantTx, id: BookingId, cost: &Cancellation) -> Result<(), StoreError> {
    if cost.steps.is_empty() {
        return Ok(());
    }
    let ore = cost.ore.map(|ore| i64::try_from(ore).unwrap_or(i64::MAX));
    sqlx::query!(
        "UPDATE booking.booking
            SET cancel_fee_ore = CASE WHEN cancel_fee_reason IS NULL THEN $2 ELSE cancel_fee_ore + $2 END,
                cancel_fee_reason = coalesce(cancel_fee_reason, '[]') || $3::jsonb
          WHERE id = $1",
        id.uuid(),
        ore,
        Json(&cost.steps) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
