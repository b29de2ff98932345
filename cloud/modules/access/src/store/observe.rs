//! What only figures and traces ask for.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{BookingId, DoorId, GatewayId};

use super::{counted, stored};

/// Entries that are looked through for who was admitted before a door's event: a leaf opens within seconds of
/// its release, and no site writes more than this meanwhile.
const ENTRIES_BEFORE: u64 = 256;

/// What the batch on its way builds on; 0 is a snapshot.
pub(crate) async fn batch_base(tx: &mut TenantTx, gateway: GatewayId) -> Result<Option<u64>, sqlx::Error> {
    let base = sqlx::query_scalar!("SELECT base FROM access.batch WHERE gateway_id = $1", gateway.uuid())
        .fetch_optional(tx.conn())
        .await?;
    Ok(base.map(counted))
}

/// A booking that batches carried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried {
    pub booking: BookingId,
    /// When the first of its doors opens.
    pub opens_at: Timestamp,
}

/// Bookings whose grants were carried after `from`, up to `to`.
pub(crate) async fn carried(
    tx: &mut TenantTx,
    gateway: GatewayId,
    from: u64,
    to: u64,
) -> Result<Vec<Carried>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT booking_id, min(opens_at) AS "opens_at!" FROM access.access_grant
            WHERE gateway_id = $1 AND carried_revision > $2 AND carried_revision <= $3 AND removed_at IS NULL
            GROUP BY booking_id"#,
        gateway.uuid(),
        stored(from),
        stored(to)
    )
    .fetch_all(tx.conn())
    .await?;
    let read = |opens_at: jiff_sqlx::Timestamp| opens_at.to_jiff();
    Ok(rows
        .into_iter()
        .map(|row| Carried { booking: row.booking_id.into(), opens_at: read(row.opens_at) })
        .collect())
}

/// Who was last admitted at the door before the entry, with the entry that says so.
pub(crate) async fn admitted_before(
    tx: &mut TenantTx,
    gateway: GatewayId,
    generation: u64,
    sequence: u64,
    door: DoorId,
) -> Result<Option<(BookingId, u64)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT booking_id AS "booking_id!", sequence FROM access.journal
            WHERE gateway_id = $1 AND generation = $2 AND sequence < $3 AND sequence >= $4
              AND door_id = $5 AND kind IN ('admitted', 'admitted_offline') AND booking_id IS NOT NULL
            ORDER BY sequence DESC LIMIT 1"#,
        gateway.uuid(),
        stored(generation),
        stored(sequence),
        stored(sequence.saturating_sub(ENTRIES_BEFORE)),
        door.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.booking_id.into(), counted(row.sequence))))
}
