//! A new box becomes the city's: codes, and what a code is exchanged for.

use cloud_kernel::{Actor, TenantTx, VaultError};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::GatewayId;
use protocols_wire::{CODE_CHARACTERS, CODE_LIFETIME_MS, EnrolRequest, EnrolResponse, crockford, normalise};
use serde_json::json;

use crate::courier::BrokerAddress;
use crate::store::enrolment as rows;
use crate::store::gateway::{self, Gateway};
use crate::sync::{self, SyncError, seal_secret_context};
use crate::trust::{RequestRefused, Trust};

/// Random bytes of a code: 7 bytes are 11 characters, of which ten are used.
const CODE_BYTES: usize = 7;
/// Bytes of a sealing secret.
const SEAL_SECRET_BYTES: usize = 32;

/// A code as it is shown, once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ShownCode {
    pub text: String,
    pub expires_at: Timestamp,
}

/// Why a gateway was not enrolled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolError {
    #[error("no such code")]
    WrongCode,
    #[error("the code has been used")]
    UsedCode,
    #[error("the code has expired")]
    ExpiredCode,
    #[error("certificate request refused")]
    Request(#[source] RequestRefused),
    #[error("enrolment failed")]
    Internal(#[source] SyncError),
}

impl From<sqlx::Error> for EnrolError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

fn hash(tx: &TenantTx, code: &str) -> Vec<u8> {
    tx.kernel().vault().index(&format!("access.enrolment:{}", tx.tenant()), normalise(code).as_bytes())
}

/// A certificate's serial number. It is positive: the topmost bit stays clear (RFC 5280 §4.1.2.2).
pub(crate) fn serial(tx: &TenantTx) -> [u8; 16] {
    let mut serial = tx.kernel().random().bytes::<16>();
    serial[0] &= 0x7F;
    serial
}

/// A new sealing secret for a gateway: itself, and as it is stored.
pub(crate) fn new_seal(
    tx: &TenantTx,
    gateway: GatewayId,
) -> Result<(zeroize::Zeroizing<[u8; SEAL_SECRET_BYTES]>, Vec<u8>), VaultError> {
    let secret = zeroize::Zeroizing::new(tx.kernel().random().bytes::<SEAL_SECRET_BYTES>());
    let context = seal_secret_context(tx, gateway);
    let sealed = tx.kernel().vault().seal(tx.kernel().random(), &context, &*secret)?;
    Ok((secret, sealed.0))
}

/// Makes a code for a gateway; `None` if there is no such gateway. Codes before it no longer count.
pub(crate) async fn make_code(
    tx: &mut TenantTx,
    gateway: GatewayId,
    by: Actor,
) -> Result<Option<(Gateway, ShownCode)>, sqlx::Error> {
    let Some(found) = gateway::lock(tx, gateway).await? else { return Ok(None) };
    let random = crockford(&tx.kernel().random().bytes::<CODE_BYTES>());
    let code = random.get(..CODE_CHARACTERS).unwrap_or(&random);
    let (first, second) = code.split_at_checked(CODE_CHARACTERS / 2).unwrap_or((code, ""));
    let now = tx.now();
    let expires_at = now.saturating_add(SignedDuration::from_millis(CODE_LIFETIME_MS)).unwrap_or(now);
    let hash = hash(tx, code);
    let person = match by {
        Actor::Person(person) => Some(person),
        Actor::Service(_) => None,
    };
    rows::put_code(tx, &hash, gateway, person, expires_at).await?;
    tx.audit(by, "access.code_made", Some(gateway.uuid()), &json!({})).await?;
    Ok(Some((found, ShownCode { text: format!("{first}-{second}"), expires_at })))
}

/// A code for the gateway of that short name, as the technician's page makes them; `None` if the tenant has no
/// such gateway. Shown once, in two groups of five characters.
pub async fn enrolment_code(tx: &mut TenantTx, gateway: &str) -> Result<Option<String>, sqlx::Error> {
    let Some(id) = gateway::named(tx, gateway).await? else { return Ok(None) };
    let made = make_code(tx, id, Actor::Service("command-line")).await?;
    Ok(made.map(|(_, code)| code.text))
}

/// Exchanges a code and a certificate request for everything that a gateway needs. A gateway that was enrolled
/// before is replaced: new secret, new generation of its journal, a snapshot.
pub(crate) async fn enrol(
    tx: &mut TenantTx,
    trust: &Trust,
    broker: &BrokerAddress,
    request: &EnrolRequest,
) -> Result<EnrolResponse, EnrolError> {
    let hash = hash(tx, &request.code);
    let code = rows::lock_code(tx, &hash).await?.ok_or(EnrolError::WrongCode)?;
    if code.used {
        return Err(EnrolError::UsedCode);
    }
    if code.expires_at <= tx.now() {
        return Err(EnrolError::ExpiredCode);
    }
    let gateway = gateway::lock(tx, code.gateway).await?.ok_or(EnrolError::WrongCode)?;
    let certified =
        trust.certify(gateway.id, &request.csr_pem, serial(tx), tx.now()).map_err(EnrolError::Request)?;
    let (secret, sealed) = new_seal(tx, gateway.id).map_err(|error| EnrolError::Internal(error.into()))?;
    let seal_id = gateway.newest_seal.saturating_add(1);
    rows::use_code(tx, &hash).await?;
    let generation = rows::enrol(tx, gateway.id, &certified, seal_id, &sealed).await?;
    sync::build(tx, gateway.id).await.map_err(EnrolError::Internal)?;
    let detail = json!({ "serial": certified.serial, "journal_generation": generation });
    tx.audit(Actor::Service("gateway-api"), "access.gateway_enrolled", Some(gateway.id.uuid()), &detail)
        .await?;
    Ok(EnrolResponse {
        gateway: gateway.id,
        name: gateway.name,
        certificate_chain_pem: certified.chain_pem,
        broker_host: broker.host.clone(),
        broker_port: broker.port,
        trust_bundle: data_encoding::BASE64.encode(&trust.bundle()),
        journal_generation: generation,
        seal_id,
        seal_secret: data_encoding::BASE64.encode(&*secret),
    })
}
