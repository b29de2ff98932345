//! Enrolment codes, and what enrolment changes.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{GatewayId, PersonId};

use super::{counted, keys, stored, time};
use crate::trust::Certified;

/// A code as it was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code {
    pub gateway: GatewayId,
    pub expires_at: Timestamp,
    pub used: bool,
}

/// Stores a new code; codes of the gateway that were not used yet no longer count.
pub(crate) async fn put_code(
    tx: &mut TenantTx,
    hash: &[u8],
    gateway: GatewayId,
    by: Option<PersonId>,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), time(tx.now()));
    sqlx::query!(
        "DELETE FROM access.enrolment_code WHERE gateway_id = $1 AND used_at IS NULL",
        gateway.uuid()
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO access.enrolment_code (tenant_id, code_hash, gateway_id, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        tenant,
        hash,
        gateway.uuid(),
        by.map(PersonId::uuid),
        now,
        time(expires_at)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The code with this hash, locked, so that two who use it at once use it once.
pub(crate) async fn lock_code(tx: &mut TenantTx, hash: &[u8]) -> Result<Option<Code>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT gateway_id, expires_at, used_at FROM access.enrolment_code WHERE code_hash = $1 FOR UPDATE",
        hash
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Code {
        gateway: row.gateway_id.into(),
        expires_at: row.expires_at.to_jiff(),
        used: row.used_at.is_some(),
    }))
}

/// The code is used.
pub(crate) async fn use_code(tx: &mut TenantTx, hash: &[u8]) -> Result<(), sqlx::Error> {
    let now = time(tx.now());
    sqlx::query!("UPDATE access.enrolment_code SET used_at = $2 WHERE code_hash = $1", hash, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The gateway has a new box: new key, new sealing secret, a new generation of its journal, nothing in its
/// table. Returns the generation.
pub(crate) async fn enrol(
    tx: &mut TenantTx,
    gateway: GatewayId,
    certified: &Certified,
    seal_id: u32,
    seal_secret_ciphertext: &[u8],
) -> Result<u64, sqlx::Error> {
    // The box before is not believed any more, also where it still has its certificate.
    keys::revoke_certificates(tx, gateway).await?;
    let Certified { serial, public_key, expires_at, .. } = certified;
    keys::put_certificate(tx, gateway, serial, public_key, *expires_at).await?;
    let now = time(tx.now());
    let generation = sqlx::query_scalar!(
        "UPDATE access.gateway
            SET enrolled_at = $2, public_key = $3, certificate_serial = $4, certificate_expires_at = $5,
                seal_id = $6, seal_secret_ciphertext = $7, seal_made_at = $2, seal_since_revision = 0,
                next_seal_id = NULL, next_seal_secret_ciphertext = NULL, next_seal_made_at = NULL,
                old_seal_id = NULL, old_seal_secret_ciphertext = NULL, revoked_at = NULL,
                journal_generation = journal_generation + 1, journal_stored = 0,
                journal_chain = decode(repeat('00', 32), 'hex'), journal_broken_at = NULL,
                acknowledged_revision = 0, wants_snapshot = true, report = NULL, online = false
          WHERE id = $1 RETURNING journal_generation",
        gateway.uuid(),
        now,
        &public_key[..],
        serial,
        time(*expires_at),
        i32::try_from(seal_id).unwrap_or(i32::MAX),
        seal_secret_ciphertext
    )
    .fetch_one(tx.conn())
    .await?;
    // What was on its way is sealed for the box before.
    sqlx::query!(
        "DELETE FROM access.batch WHERE gateway_id = $1 AND revision > $2",
        gateway.uuid(),
        stored(0)
    )
    .execute(tx.conn())
    .await?;
    Ok(counted(generation))
}
