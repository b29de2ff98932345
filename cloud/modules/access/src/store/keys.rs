//! Certificates, sealing secrets in rotation, revocation.
//!
//! ```text
//!             a new secret is made        the gateway reports it
//!   one secret ──────────────▶ in use + next ─────────────▶ in use + old ──▶ one secret
//!                                             (a snapshot under the            ▲
//!                                              new secret is built)            │
//!                                                     the snapshot is acknowledged
//! ```

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::GatewayId;

use super::time;
use crate::trust::Revoked;

/// A sealing secret as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredSeal {
    pub id: u32,
    pub secret_ciphertext: Vec<u8>,
}

/// A certificate that was given to a gateway.
#[derive(Clone, Debug)]
pub(crate) struct GivenCertificate {
    pub gateway: GatewayId,
    pub public_key: Vec<u8>,
    pub revoked: bool,
}

/// How far the rotation of a gateway's secret has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SealState {
    /// One secret.
    Steady,
    /// The next one waits to be fetched.
    Waits { next: u32 },
    /// The gateway has it; its table is being sealed anew.
    TakesOver { old: u32 },
}

/// What the page tells of a gateway's keys.
#[derive(Clone, Debug)]
pub(crate) struct GatewayKeys {
    pub id: GatewayId,
    pub certificate_serial: Option<String>,
    pub certificate_expires_at: Option<Timestamp>,
    pub seal_id: u32,
    pub seal_made_at: Option<Timestamp>,
    pub seal: SealState,
}

fn id(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// Notes a certificate that is given out, or was.
pub(crate) async fn put_certificate(
    tx: &mut TenantTx,
    gateway: GatewayId,
    serial: &str,
    public_key: &[u8; 32],
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), time(tx.now()));
    sqlx::query!(
        "INSERT INTO access.certificate (tenant_id, serial, gateway_id, public_key, issued_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        tenant,
        serial,
        gateway.uuid(),
        &public_key[..],
        now,
        time(expires_at)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The gateway has a newer certificate for the same key. The one before counts until it ends: the gateway lets it go
/// when it has tried the new one.
pub(crate) async fn renew_certificate(
    tx: &mut TenantTx,
    gateway: GatewayId,
    serial: &str,
    public_key: &[u8; 32],
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    put_certificate(tx, gateway, serial, public_key, expires_at).await?;
    sqlx::query!(
        "UPDATE access.gateway SET certificate_serial = $2, certificate_expires_at = $3 WHERE id = $1",
        gateway.uuid(),
        serial,
        time(expires_at)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The certificate with this serial number, if it is one of the tenant's gateways'.
pub(crate) async fn certificate(
    tx: &mut TenantTx,
    serial: &str,
) -> Result<Option<GivenCertificate>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT gateway_id, public_key, revoked_at FROM access.certificate WHERE serial = $1",
        serial
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| GivenCertificate {
        gateway: row.gateway_id.into(),
        public_key: row.public_key,
        revoked: row.revoked_at.is_some(),
    }))
}

/// No certificate of the gateway counts any more.
pub(crate) async fn revoke_certificates(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    let now = time(tx.now());
    sqlx::query!(
        "UPDATE access.certificate SET revoked_at = $2
          WHERE gateway_id = $1 AND revoked_at IS NULL AND expires_at > $2",
        gateway.uuid(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// All certificates of the gateway but this one count no more.
#[cfg(test)]
pub(crate) async fn revoke_certificates_but(
    tx: &mut TenantTx,
    gateway: GatewayId,
    serial: &str,
) -> Result<(), sqlx::Error> {
    let all: Vec<String> = sqlx::query_scalar("SELECT serial FROM access.certificate WHERE gateway_id = $1")
        .bind(gateway.uuid())
        .fetch_all(tx.conn())
        .await?;
    for other in all.iter().filter(|other| *other != serial) {
        sqlx::query("UPDATE access.certificate SET revoked_at = $2 WHERE serial = $1")
            .bind(other)
            .bind(time(tx.now()))
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Takes the gateway's enrolment back: key, certificates, secrets, and the batch on its way. Whether there was one.
pub(crate) async fn revoke(tx: &mut TenantTx, gateway: GatewayId) -> Result<bool, sqlx::Error> {
    revoke_certificates(tx, gateway).await?;
    let now = time(tx.now());
    let revoked = sqlx::query!(
        "UPDATE access.gateway
            SET revoked_at = $2, enrolled_at = NULL, public_key = NULL, seal_secret_ciphertext = NULL,
                seal_id = coalesce(next_seal_id, seal_id),
                next_seal_id = NULL, next_seal_secret_ciphertext = NULL, next_seal_made_at = NULL,
                old_seal_id = NULL, old_seal_secret_ciphertext = NULL,
                acknowledged_revision = 0, wants_snapshot = true, online = false
          WHERE id = $1 AND enrolled_at IS NOT NULL",
        gateway.uuid(),
        now
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    sqlx::query!("DELETE FROM access.batch WHERE gateway_id = $1", gateway.uuid()).execute(tx.conn()).await?;
    Ok(revoked > 0)
}

/// Certificates of the tenant that were taken back and would count otherwise.
pub(crate) async fn revoked(tx: &mut TenantTx) -> Result<Vec<Revoked>, sqlx::Error> {
    let now = time(tx.now());
    let rows = sqlx::query!(
        r#"SELECT serial, revoked_at AS "revoked_at!" FROM access.certificate
            WHERE revoked_at IS NOT NULL AND expires_at > $1"#,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| Revoked { serial: row.serial, at: row.revoked_at.to_jiff() }).collect())
}

/// Gateways of the tenant whose keys were taken back and that were not enrolled anew.
pub(crate) async fn revoked_gateways(tx: &mut TenantTx) -> Result<Vec<GatewayId>, sqlx::Error> {
    let rows = sqlx::query_scalar!("SELECT id FROM access.gateway WHERE revoked_at IS NOT NULL ORDER BY id")
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(GatewayId::new).collect())
}

fn number(id: u32) -> i32 {
    i32::try_from(id).unwrap_or(i32::MAX)
}

/// Stores the next secret, where one is in use and none is being replaced. Whether that was so.
pub(crate) async fn put_next_seal(
    tx: &mut TenantTx,
    gateway: GatewayId,
    seal: &StoredSeal,
) -> Result<bool, sqlx::Error> {
    let now = time(tx.now());
    let put = sqlx::query!(
        "UPDATE access.gateway
            SET next_seal_id = $2, next_seal_secret_ciphertext = $3, next_seal_made_at = $4
          WHERE id = $1 AND enrolled_at IS NOT NULL AND next_seal_id IS NULL AND old_seal_id IS NULL",
        gateway.uuid(),
        number(seal.id),
        &seal.secret_ciphertext,
        now
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(put > 0)
}

/// Everything is sealed under this secret from now on, beginning with a snapshot; those before are forgotten. The
/// gateway fetches it when the snapshot comes.
pub(crate) async fn begin_anew(
    tx: &mut TenantTx,
    gateway: GatewayId,
    seal: &StoredSeal,
) -> Result<(), sqlx::Error> {
    let now = time(tx.now());
    sqlx::query!(
        "UPDATE access.gateway
            SET seal_id = $2, seal_secret_ciphertext = $3, seal_made_at = $4, seal_since_revision = revision,
                wants_snapshot = true,
                next_seal_id = NULL, next_seal_secret_ciphertext = NULL, next_seal_made_at = NULL,
                old_seal_id = NULL, old_seal_secret_ciphertext = NULL
          WHERE id = $1",
        gateway.uuid(),
        number(seal.id),
        &seal.secret_ciphertext,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets the secret before, once everything that the gateway has is sealed under the one in use.
pub(crate) async fn forget_replaced(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.gateway
            SET old_seal_id = NULL, old_seal_secret_ciphertext = NULL
          WHERE id = $1 AND old_seal_id IS NOT NULL AND NOT wants_snapshot
            AND acknowledged_revision > seal_since_revision",
        gateway.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes in which secret the gateway has. Once it has the next one, everything is sealed under that, beginning with
/// a snapshot.
pub(crate) async fn heed(tx: &mut TenantTx, gateway: GatewayId, seal_held: u32) -> Result<(), sqlx::Error> {
    let taken = sqlx::query_scalar!(
        "UPDATE access.gateway
            SET old_seal_id = seal_id, old_seal_secret_ciphertext = seal_secret_ciphertext,
                seal_id = next_seal_id, seal_secret_ciphertext = next_seal_secret_ciphertext,
                seal_made_at = next_seal_made_at, seal_since_revision = revision, wants_snapshot = true,
                next_seal_id = NULL, next_seal_secret_ciphertext = NULL, next_seal_made_at = NULL
          WHERE id = $1 AND next_seal_id = $2
          RETURNING seal_id",
        gateway.uuid(),
        number(seal_held)
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(seal) = taken {
        tracing::info!(%gateway, seal, "the gateway has its new sealing secret; its table is sealed anew");
    }
    Ok(())
}

/// Secrets that are newer than the one the gateway has, oldest first.
pub(crate) async fn seals_above(
    tx: &mut TenantTx,
    gateway: GatewayId,
    held: u32,
) -> Result<Vec<StoredSeal>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT seal_id, seal_secret_ciphertext, next_seal_id, next_seal_secret_ciphertext
           FROM access.gateway WHERE id = $1",
        gateway.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    let in_use = row.seal_secret_ciphertext.map(|secret| (row.seal_id, secret));
    let next = row.next_seal_id.zip(row.next_seal_secret_ciphertext);
    Ok(in_use
        .into_iter()
        .chain(next)
        .map(|(number, secret_ciphertext)| StoredSeal { id: id(number), secret_ciphertext })
        .filter(|seal| seal.id > held)
        .collect())
}

/// The secret that the gateway's table is known to be sealed under: the one before as long as a snapshot under the
/// next one is not acknowledged. What is computed for a gateway that is silent is computed with this one.
pub(crate) async fn confirmed_seal(
    tx: &mut TenantTx,
    gateway: GatewayId,
) -> Result<Option<StoredSeal>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT coalesce(old_seal_id, seal_id) AS "id!",
                  coalesce(old_seal_secret_ciphertext, seal_secret_ciphertext) AS secret
             FROM access.gateway WHERE id = $1"#,
        gateway.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| Some(StoredSeal { id: id(row.id), secret_ciphertext: row.secret? })))
}

/// Certificates and secrets of the tenant's gateways.
pub(crate) async fn all(tx: &mut TenantTx) -> Result<Vec<GatewayKeys>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, certificate_serial, certificate_expires_at, seal_id, seal_made_at, next_seal_id, old_seal_id
           FROM access.gateway ORDER BY name, id"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| GatewayKeys {
            id: row.id.into(),
            certificate_serial: row.certificate_serial,
            certificate_expires_at: row.certificate_expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            seal_id: id(row.seal_id),
            seal_made_at: row.seal_made_at.map(jiff_sqlx::Timestamp::to_jiff),
            seal: match (row.next_seal_id, row.old_seal_id) {
                (Some(next), _) => SealState::Waits { next: id(next) },
                (None, Some(old)) => SealState::TakesOver { old: id(old) },
                (None, None) => SealState::Steady,
            },
        })
        .collect())
}
