//! Grants that go from one holder to another, with the code that they have.

use cloud_kernel::TenantTx;
use protocols_ids::{GatewayId, OccurrenceId};
use uuid::Uuid;

use super::grant::Holder;
use super::stored;

/// Makes a holder's grants at these times another's, to be carried anew as the same rows: the door knows the code all
/// the while. Returns the gateways that have them; none where the old holder has something else that overlaps at one of
/// them, since no two holders share a code at one time.
pub(crate) async fn move_grants(
    tx: &mut TenantTx,
    from: Holder,
    (to, number): (Holder, u64),
    times: &[(OccurrenceId, OccurrenceId)],
) -> Result<Vec<GatewayId>, sqlx::Error> {
    let old: Vec<Uuid> = times.iter().map(|(old, _)| old.uuid()).collect();
    let new: Vec<Uuid> = times.iter().map(|(_, new)| new.uuid()).collect();
    let shared = sqlx::query_scalar!(
        r#"SELECT EXISTS (
             SELECT FROM access.access_grant moved
               JOIN access.access_grant other
                 ON other.tenant_id = moved.tenant_id AND other.gateway_id = moved.gateway_id
                AND other.holder_id = moved.holder_id AND other.secret_index = moved.secret_index
                AND other.during && moved.during
              WHERE moved.holder_id = $1 AND moved.removed_at IS NULL AND moved.occurrence_id = any($2)
                AND NOT (other.removed_at IS NULL AND other.occurrence_id = any($2))) AS "shared!""#,
        from.id(),
        &old
    )
    .fetch_one(tx.conn())
    .await?;
    if shared {
        return Ok(Vec::new());
    }
    let gateways = sqlx::query_scalar!(
        "UPDATE access.access_grant moved
            SET booking_id = $2, bearer_id = $3, booking_number = $4, occurrence_id = time.new,
                carried_revision = NULL
           FROM unnest($5::uuid[], $6::uuid[]) AS time (old, new)
          WHERE moved.holder_id = $1 AND moved.removed_at IS NULL AND moved.occurrence_id = time.old
          RETURNING moved.gateway_id",
        from.id(),
        to.booking.uuid(),
        to.bearer,
        stored(number),
        &old,
        &new
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(gateways.into_iter().map(GatewayId::new).collect())
}
