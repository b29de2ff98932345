//! What of each grant its gateway holds at the last revision: the hash of the row, and when its last window ends.
//!
//! Written under the gateway's lock, in the transaction of the batch that causes it. Each function returns the
//! hashes of what is no longer held, so that the sum can be kept without reading the table.

use cloud_kernel::TenantTx;
use protocols_ids::GatewayId;
use protocols_wire::UnixMs;

/// A row as the gateway holds it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub id: uuid::Uuid,
    pub hash: [u8; 32],
    /// When its last window ends.
    pub until: UnixMs,
}

fn hashes(rows: Vec<Option<Vec<u8>>>) -> Vec<[u8; 32]> {
    rows.into_iter().flatten().filter_map(|hash| hash.try_into().ok()).collect()
}

/// The gateway holds these, in the place of what it held of the same ids.
pub(crate) async fn put(tx: &mut TenantTx, rows: &[Held]) -> Result<Vec<[u8; 32]>, sqlx::Error> {
    let ids: Vec<uuid::Uuid> = rows.iter().map(|row| row.id).collect();
    let new: Vec<Vec<u8>> = rows.iter().map(|row| row.hash.to_vec()).collect();
    let until: Vec<i64> = rows.iter().map(|row| row.until.0).collect();
    let before = sqlx::query_scalar!(
        "UPDATE access.access_grant g SET held_hash = new.hash, held_until_ms = new.until
           FROM unnest($1::uuid[], $2::bytea[], $3::bigint[]) AS new(id, hash, until),
                access.access_grant before
          WHERE g.id = new.id AND before.tenant_id = g.tenant_id AND before.id = g.id
          RETURNING before.held_hash",
        &ids,
        &new,
        &until
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(hashes(before))
}

/// The gateway no longer holds these.
pub(crate) async fn take(tx: &mut TenantTx, ids: &[uuid::Uuid]) -> Result<Vec<[u8; 32]>, sqlx::Error> {
    let before = sqlx::query_scalar!(
        "UPDATE access.access_grant g SET held_hash = NULL, held_until_ms = NULL
           FROM access.access_grant before
          WHERE g.id = ANY($1) AND g.held_hash IS NOT NULL
            AND before.tenant_id = g.tenant_id AND before.id = g.id
          RETURNING before.held_hash",
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(hashes(before))
}

/// The gateway lets go of what ended before that instant, as [`protocols_access::expired`] says.
pub(crate) async fn expire(
    tx: &mut TenantTx,
    gateway: GatewayId,
    before: UnixMs,
) -> Result<Vec<[u8; 32]>, sqlx::Error> {
    let gone = sqlx::query_scalar!(
        "UPDATE access.access_grant g SET held_hash = NULL, held_until_ms = NULL
           FROM access.access_grant before
          WHERE g.gateway_id = $1 AND g.held_hash IS NOT NULL AND g.held_until_ms < $2
            AND before.tenant_id = g.tenant_id AND before.id = g.id
          RETURNING before.held_hash",
        gateway.uuid(),
        before.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(hashes(gone))
}

/// The gateway holds nothing: a snapshot takes everything's place.
pub(crate) async fn clear(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.access_grant SET held_hash = NULL, held_until_ms = NULL
          WHERE gateway_id = $1 AND held_hash IS NOT NULL",
        gateway.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether the gateway holds anything that ended before that instant.
pub(crate) async fn any_before(
    tx: &mut TenantTx,
    gateway: GatewayId,
    before: UnixMs,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM access.access_grant
            WHERE gateway_id = $1 AND held_hash IS NOT NULL AND held_until_ms < $2) AS "exists!""#,
        gateway.uuid(),
        before.0
    )
    .fetch_one(tx.conn())
    .await
}

/// The hashes of everything that the gateway holds.
#[cfg(test)]
pub(crate) async fn all(tx: &mut TenantTx, gateway: GatewayId) -> Result<Vec<[u8; 32]>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT held_hash FROM access.access_grant WHERE gateway_id = $1 AND held_hash IS NOT NULL",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(hashes(rows))
}
