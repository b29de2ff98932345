//! Builds what a gateway lacks, under the lock that gives it its revision.
//!
//! ```text
//!   change ─▶ GatewayChanged ─▶ build ─▶ batch stored ─commit─▶ courier ─▶ gateway
//!                                 ▲                                          │
//!                                 └───── acknowledged: build the next ◀──────┘ state report
//! ```
//!
//! One batch of a gateway waits at a time; what changes meanwhile goes into the next.

use std::collections::HashMap;

use access_domain::{BatchHead, Ledger, Reach, TooManyDoors, grant, split};
use cloud_kernel::{HandlerError, TenantTx, VaultError};
use jiff::{SignedDuration, Timestamp};
use protocols_access::Sealer;
use protocols_ids::{BookingId, GatewayId, GrantId, ResourceId};
use protocols_wire::{CredentialKind, Grant, SealedCredential, encode};

use crate::events::gateway_topic;
use crate::store::gateway::{self, Enrolment, Gateway};
use crate::store::grant::{self as rows, GrantRow};
use crate::store::wire_time;

/// Grants are sent when they open within this.
pub(crate) const HORIZON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Rows stay this long after they ended, so that the journal can say 'too late'.
const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(24);

/// Why no batch could be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SyncError {
    #[error("database")]
    Database(#[from] sqlx::Error),
    #[error("a stored secret cannot be read")]
    Secret(#[from] VaultError),
    #[error("a stored secret has a wrong length")]
    SecretLength,
    #[error("grant {0} is too large")]
    Grant(GrantId, #[source] TooManyDoors),
    #[error("the table of gateway {0} has more parts than can be numbered")]
    TooManyParts(GatewayId),
}

impl From<SyncError> for HandlerError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Database(error) => Self::Database(error),
            other => Self::Outside { what: "no batch could be built".to_owned(), source: other.into() },
        }
    }
}

/// The context under which a gateway's sealing secret is encrypted.
pub(crate) fn seal_secret_context(tx: &TenantTx, gateway: GatewayId) -> String {
    format!("access.seal:{}:{gateway}", tx.tenant())
}

/// The context under which a booking's code is encrypted.
pub(crate) fn pin_context(tx: &TenantTx, credential: protocols_ids::CredentialId) -> String {
    format!("access.pin:{}:{credential}", tx.tenant())
}

/// Until when grants are sent.
pub(crate) fn horizon(now: Timestamp) -> Timestamp {
    now.saturating_add(HORIZON).unwrap_or(Timestamp::MAX)
}

/// Builds and stores what the gateway lacks, if it has acknowledged what was sent before. Signals the courier.
pub(crate) async fn build(tx: &mut TenantTx, id: GatewayId) -> Result<(), SyncError> {
    let Some(gateway) = gateway::lock(tx, id).await? else { return Ok(()) };
    // Nothing can be sealed for a gateway that has not been enrolled; its snapshot follows its enrolment.
    let Some(enrolment) = gateway.enrolment.clone() else { return Ok(()) };
    let whole = gateway.wants_snapshot || gateway.ledger.acknowledged == 0;
    let waiting = gateway::batch(tx, id).await?;
    if waiting.is_some() && !gateway.wants_snapshot {
        return Ok(());
    }
    if whole { snapshot(tx, &gateway, &enrolment).await } else { delta(tx, &gateway, &enrolment).await }
}

async fn snapshot(tx: &mut TenantTx, gateway: &Gateway, enrolment: &Enrolment) -> Result<(), SyncError> {
    let (now, id) = (tx.now(), gateway.id);
    let expired_before = now.saturating_sub(KEPT_AFTER_END).unwrap_or(now);
    let table = rows::whole_table(tx, id, expired_before, horizon(now)).await?;
    let ledger = next(gateway.ledger);
    let upserts = grants(tx, gateway, enrolment, &table).await?;
    let head = head(enrolment, ledger, 0, expired_before, now);
    store(tx, id, ledger, head, upserts, Vec::new()).await?;
    rows::carried(tx, &ids(&table), ledger.revision).await?;
    rows::removed_by_snapshot(tx, id, gateway.ledger.acknowledged, ledger.revision).await?;
    Ok(())
}

async fn delta(tx: &mut TenantTx, gateway: &Gateway, enrolment: &Enrolment) -> Result<(), SyncError> {
    let (now, id) = (tx.now(), gateway.id);
    let new = rows::to_carry(tx, id, horizon(now)).await?;
    let gone = rows::to_remove(tx, id).await?;
    if new.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let ledger = next(gateway.ledger);
    let upserts = grants(tx, gateway, enrolment, &new).await?;
    let expired_before = now.saturating_sub(KEPT_AFTER_END).unwrap_or(now);
    let head = head(enrolment, ledger, gateway.ledger.acknowledged, expired_before, now);
    let gone_ids: Vec<uuid::Uuid> = gone.iter().map(|grant| grant.uuid()).collect();
    store(tx, id, ledger, head, upserts, gone).await?;
    rows::carried(tx, &ids(&new), ledger.revision).await?;
    rows::removed(tx, &gone_ids, ledger.revision).await?;
    Ok(())
}

fn next(ledger: Ledger) -> Ledger {
    Ledger { revision: ledger.revision.saturating_add(1), ..ledger }
}

fn ids(rows: &[GrantRow]) -> Vec<uuid::Uuid> {
    rows.iter().map(|row| row.id.uuid()).collect()
}

fn head(
    enrolment: &Enrolment,
    ledger: Ledger,
    base: u64,
    expired_before: Timestamp,
    now: Timestamp,
) -> BatchHead {
    BatchHead {
        epoch: ledger.epoch,
        base,
        revision: ledger.revision,
        expired_before: Some(wire_time(expired_before)),
        seal_id: enrolment.seal_id,
        issued_at: wire_time(now),
    }
}

async fn store(
    tx: &mut TenantTx,
    id: GatewayId,
    ledger: Ledger,
    head: BatchHead,
    upserts: Vec<Grant>,
    removals: Vec<GrantId>,
) -> Result<(), SyncError> {
    let parts = split(head, upserts, removals).ok_or(SyncError::TooManyParts(id))?;
    let parts: Vec<Vec<u8>> = parts.iter().map(encode).collect();
    gateway::put_batch(tx, id, head.base, ledger, &parts).await?;
    tx.signal(gateway_topic(id));
    Ok(())
}

/// Rows as the gateway may know them: windows and sealed codes.
async fn grants(
    tx: &mut TenantTx,
    gateway: &Gateway,
    enrolment: &Enrolment,
    rows: &[GrantRow],
) -> Result<Vec<Grant>, SyncError> {
    let sealed = sealed_codes(tx, gateway.id, enrolment, rows).await?;
    let reaches = reaches(tx, gateway.id, rows).await?;
    let nothing = Reach::default();
    let mut grants = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(credential) = sealed.get(&row.booking) else {
            tracing::error!(grant = %row.id, booking = %row.booking, "a grant without a code is not sent");
            continue;
        };
        let reach = reaches.get(&row.resource).unwrap_or(&nothing);
        let made = grant(row.id, row.booking_number, row.time, reach, *credential)
            .map_err(|source| SyncError::Grant(row.id, source))?;
        grants.push(made);
    }
    Ok(grants)
}

async fn sealed_codes(
    tx: &mut TenantTx,
    id: GatewayId,
    enrolment: &Enrolment,
    rows: &[GrantRow],
) -> Result<HashMap<BookingId, SealedCredential>, SyncError> {
    let context = seal_secret_context(tx, id);
    let secret = tx.kernel().vault().open(&context, &enrolment.seal_secret_ciphertext)?;
    let secret = zeroize::Zeroizing::new(<[u8; 32]>::try_from(secret).map_err(|_| SyncError::SecretLength)?);
    let sealer = Sealer::new(&secret);
    let mut bookings: Vec<uuid::Uuid> = rows.iter().map(|row| row.booking.uuid()).collect();
    bookings.sort_unstable();
    bookings.dedup();
    let mut codes = HashMap::new();
    for stored in rows::ciphertexts(tx, &bookings).await? {
        let code = tx.kernel().vault().open(&pin_context(tx, stored.credential), &stored.bytes)?;
        let code = zeroize::Zeroizing::new(String::from_utf8(code).map_err(|_| VaultError::Damaged)?);
        codes.insert(stored.booking, sealer.credential(CredentialKind::Pin, &code));
    }
    Ok(codes)
}

async fn reaches(
    tx: &mut TenantTx,
    id: GatewayId,
    rows: &[GrantRow],
) -> Result<HashMap<ResourceId, Reach>, SyncError> {
    let mut resources: Vec<ResourceId> = rows.iter().map(|row| row.resource).collect();
    resources.sort_unstable();
    resources.dedup();
    let mut found = HashMap::new();
    for resource in resources {
        let reach = rows::reaches(tx, resource).await?.into_iter().find(|(gateway, _)| *gateway == id);
        found.extend(reach.map(|(_, reach)| (resource, reach)));
    }
    Ok(found)
}
