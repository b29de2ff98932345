//! What is done to gateways' keys: a new sealing secret, revocation, and the renewal that gateways ask for.

use cloud_kernel::{Actor, TenantTx};
use jiff::Timestamp;
use protocols_ids::GatewayId;
use protocols_wire::{RenewRequest, RenewResponse, SealSecret};
use serde_json::json;

use crate::enrolment::{new_seal, serial};
use crate::events::gateway_topic;
use crate::store::alarm::{self, AlarmKind};
use crate::store::gateway::{self, Gateway};
use crate::store::keys::{self as rows, StoredSeal};
use crate::sync::{SyncError, seal_secret_context};
use crate::trust::{Certified, RequestRefused, Trust};

/// The live signal that says that certificates were taken back.
pub const REVOKED_TOPIC: &str = "keys:revoked";

/// What came of the wish for a new sealing secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rotation {
    /// It is made, under this id; the gateway learns of it with its next heartbeat.
    Begun(u32),
    /// One is on its way already.
    UnderWay,
    /// The gateway has no enrolment.
    NotEnrolled,
}

/// Why a gateway got nothing. The name is the counter's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenewError {
    #[error("the certificate was taken back")]
    Revoked,
    #[error("the certificate is not one that was given out for this gateway's key")]
    Unknown,
    #[error("the request is for another key")]
    OtherKey,
    #[error("certificate request refused")]
    Request(#[source] RequestRefused),
    #[error("renewal failed")]
    Internal(#[source] SyncError),
}

impl RenewError {
    /// The counter's name; `None` where nothing was refused.
    pub(crate) const fn name(&self) -> Option<&'static str> {
        match self {
            Self::Revoked => Some("renewal_revoked"),
            Self::Unknown => Some("renewal_unknown"),
            Self::OtherKey => Some("renewal_other_key"),
            Self::Request(_) => Some("renewal_request"),
            Self::Internal(_) => None,
        }
    }
}

impl From<sqlx::Error> for RenewError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// Makes the next sealing secret of a gateway; `None` if there is no such gateway.
pub(crate) async fn rotate(
    tx: &mut TenantTx,
    id: GatewayId,
    by: Actor,
) -> Result<Option<(Gateway, Rotation)>, SyncError> {
    let Some(found) = gateway::lock(tx, id).await? else { return Ok(None) };
    if found.enrolment.is_none() {
        return Ok(Some((found, Rotation::NotEnrolled)));
    }
    // A cloud that was restored from a backup may know of fewer than the gateway.
    let reported = found.report.as_ref().map_or(0, |report| report.seal_held);
    let seal = seal_above(tx, id, found.newest_seal.max(reported))?;
    let rotation = if rows::put_next_seal(tx, id, &seal).await? {
        told(tx, id, by, &seal).await?;
        Rotation::Begun(seal.id)
    } else {
        Rotation::UnderWay
    };
    Ok(Some((found, rotation)))
}

/// Makes a sealing secret that is in use at once, above one that the gateway has and nobody knows here.
pub(crate) async fn seal_anew(tx: &mut TenantTx, id: GatewayId, above: u32) -> Result<(), SyncError> {
    let seal = seal_above(tx, id, above)?;
    rows::begin_anew(tx, id, &seal).await?;
    Ok(told(tx, id, Actor::Service("gateway-report"), &seal).await?)
}

fn seal_above(tx: &TenantTx, id: GatewayId, above: u32) -> Result<StoredSeal, SyncError> {
    let (_, secret_ciphertext) = new_seal(tx, id)?;
    Ok(StoredSeal { id: above.saturating_add(1), secret_ciphertext })
}

async fn told(tx: &mut TenantTx, id: GatewayId, by: Actor, seal: &StoredSeal) -> Result<(), sqlx::Error> {
    tx.audit(by, "access.seal_made", Some(id.uuid()), &json!({ "seal": seal.id })).await?;
    tx.signal(gateway_topic(id));
    Ok(())
}

/// Makes the next sealing secret of the gateway of that short name; `None` if the tenant has no such gateway.
pub async fn rotate_seal(tx: &mut TenantTx, gateway: &str) -> Result<Option<Rotation>, sqlx::Error> {
    let Some(id) = gateway::named(tx, gateway).await? else { return Ok(None) };
    match rotate(tx, id, Actor::Service("command-line")).await {
        Ok(done) => Ok(done.map(|(_, rotation)| rotation)),
        Err(SyncError::Database(error)) => Err(error),
        Err(other) => Err(sqlx::Error::Decode(other.into())),
    }
}

/// Takes a gateway's keys back: `None` if there is no such gateway, otherwise whether it had any.
pub(crate) async fn revoke(
    tx: &mut TenantTx,
    id: GatewayId,
    by: Actor,
) -> Result<Option<(Gateway, bool)>, sqlx::Error> {
    let Some(found) = gateway::lock(tx, id).await? else { return Ok(None) };
    let done = rows::revoke(tx, id).await?;
    if done {
        tx.audit(by, "access.gateway_revoked", Some(id.uuid()), &json!({})).await?;
        tx.signal(gateway_topic(id));
        tx.signal(REVOKED_TOPIC.to_owned());
    }
    Ok(Some((found, done)))
}

/// Takes back the keys of the gateway of that short name: `None` if the tenant has no such gateway, otherwise
/// whether it had any.
pub async fn revoke_gateway(tx: &mut TenantTx, gateway: &str) -> Result<Option<bool>, sqlx::Error> {
    let Some(id) = gateway::named(tx, gateway).await? else { return Ok(None) };
    Ok(revoke(tx, id, Actor::Service("command-line")).await?.map(|(_, done)| done))
}

/// Who asks, as its certificate has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Asking {
    pub gateway: GatewayId,
    pub serial: String,
    pub public_key: [u8; 32],
    pub expires_at: Timestamp,
}

/// Gives a gateway what is newer than what it has: a certificate for the same key, the trust bundle, its sealing
/// secrets.
pub(crate) async fn renew(
    tx: &mut TenantTx,
    trust: &Trust,
    asking: &Asking,
    request: &RenewRequest,
) -> Result<RenewResponse, RenewError> {
    let gateway = gateway::lock(tx, asking.gateway).await?.ok_or(RenewError::Unknown)?;
    let given = rows::certificate(tx, &asking.serial).await?;
    if given.as_ref().is_some_and(|given| given.revoked) || gateway.revoked_at.is_some() {
        return Err(RenewError::Revoked);
    }
    let enrolment = gateway.enrolment.as_ref().ok_or(RenewError::Unknown)?;
    let same = given
        .as_ref()
        .is_none_or(|given| given.gateway == asking.gateway && given.public_key == asking.public_key);
    if !same || enrolment.public_key != asking.public_key {
        return Err(RenewError::Unknown);
    }
    if given.is_none() {
        // Of our authority, for the key that is enrolled: given out after the backup that the cloud was restored from.
        // Noted, it can be taken back.
        let Asking { serial, public_key, expires_at, .. } = asking;
        rows::renew_certificate(tx, gateway.id, serial, public_key, *expires_at).await?;
        let detail = json!({ "certificate": asking.serial });
        alarm::raise(tx, gateway.id, AlarmKind::CloudRestored, &detail).await?;
    }
    let certified = match &request.csr_pem {
        Some(csr) => {
            let certified =
                trust.certify(gateway.id, csr, serial(tx), tx.now()).map_err(RenewError::Request)?;
            if certified.public_key != enrolment.public_key {
                return Err(RenewError::OtherKey);
            }
            let Certified { serial, public_key, expires_at, .. } = &certified;
            rows::renew_certificate(tx, gateway.id, serial, public_key, *expires_at).await?;
            Some(certified)
        }
        None => None,
    };
    let mut seals = Vec::new();
    let context = seal_secret_context(tx, gateway.id);
    for seal in rows::seals_above(tx, gateway.id, request.seal_id).await? {
        let secret = tx.kernel().vault().open(&context, &seal.secret_ciphertext);
        let secret = zeroize::Zeroizing::new(secret.map_err(|error| RenewError::Internal(error.into()))?);
        seals.push(SealSecret { seal_id: seal.id, secret: data_encoding::BASE64.encode(&secret) });
    }
    let newer = trust.serial() > request.trust_serial;
    // A gateway that tries its new certificate asks for nothing.
    if certified.is_none() && !newer && seals.is_empty() {
        return Ok(RenewResponse { certificate_chain_pem: None, trust_bundle: None, seals });
    }
    let detail = json!({
        "certificate": certified.as_ref().map(|certified| &certified.serial),
        "trust": newer.then(|| trust.serial()),
        "seals": seals.iter().map(|seal| seal.seal_id).collect::<Vec<_>>(),
    });
    tx.audit(Actor::Service("gateway-api"), "access.gateway_renewed", Some(gateway.id.uuid()), &detail)
        .await?;
    tx.signal(gateway_topic(gateway.id));
    Ok(RenewResponse {
        certificate_chain_pem: certified.map(|certified| certified.chain_pem),
        trust_bundle: newer.then(|| data_encoding::BASE64.encode(&trust.bundle())),
        seals,
    })
}
