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
use protocols_access::{Sealer, expired};
use protocols_ids::{GatewayId, GrantId, ResourceId};
use protocols_wire::{CredentialKind, Grant, SealedCredential, TableHash, UnixMs, encode, row_hash};

use crate::events::gateway_topic;
use crate::observe;
use crate::store::gateway::{self, Enrolment, Gateway, Hashes};
use crate::store::grant::{self as rows, GrantRow, Holder};
use crate::store::held::{self, Held};
use crate::store::wire_time;

/// Grants are sent when they open within this, where a gateway's own horizon is not longer.
pub(crate) const HORIZON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The longest horizon that a gateway can have.
pub(crate) const HORIZON_MAX: SignedDuration = SignedDuration::from_hours(35 * 24);
/// Rows stay this long after they ended, so that the journal can say 'too late'.
const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(24);
/// What ended longer ago than [`KEPT_AFTER_END`] and this is let go of by a batch of its own, where nothing else
/// has changed meanwhile.
const LET_GO_WITHIN: SignedDuration = SignedDuration::from_hours(24);

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

/// Until when grants are sent to a gateway without a horizon of its own.
pub(crate) fn horizon(now: Timestamp) -> Timestamp {
    now.saturating_add(HORIZON).unwrap_or(Timestamp::MAX)
}

/// Until when grants are sent to this gateway.
pub(crate) fn horizon_of(gateway: &Gateway, now: Timestamp) -> Timestamp {
    now.saturating_add(gateway.horizon).unwrap_or(Timestamp::MAX)
}

/// Builds and stores what the gateway lacks, if it has acknowledged what was sent before. Signals the courier.
pub(crate) async fn build(tx: &mut TenantTx, id: GatewayId) -> Result<(), SyncError> {
    let Some(gateway) = gateway::lock(tx, id).await? else { return Ok(()) };
    // Nothing can be sealed for a gateway that has not been enrolled; its snapshot follows its enrolment.
    let Some(enrolment) = gateway.enrolment.clone() else { return Ok(()) };
    let waiting = gateway::batch(tx, id).await?;
    if waiting.is_some() && !gateway.wants_snapshot {
        return Ok(());
    }
    if wants_whole(&gateway) {
        snapshot(tx, &gateway, &enrolment).await
    } else {
        delta(tx, &gateway, &enrolment).await
    }
}

/// Whether the next batch must be a snapshot: much work, that nothing else shall wait for.
pub(crate) fn wants_whole(gateway: &Gateway) -> bool {
    gateway.wants_snapshot || gateway.ledger.acknowledged == 0
}

async fn snapshot(tx: &mut TenantTx, gateway: &Gateway, enrolment: &Enrolment) -> Result<(), SyncError> {
    let (now, id) = (tx.now(), gateway.id);
    let expired_before = now.saturating_sub(KEPT_AFTER_END).unwrap_or(now);
    let table = rows::whole_table(tx, id, expired_before, horizon_of(gateway, now)).await?;
    let ledger = next(gateway.ledger);
    let upserts = grants(tx, gateway, enrolment, &table).await?;
    let kept = held_rows(&upserts, wire_time(expired_before));
    held::clear(tx, id).await?;
    held::put(tx, &kept).await?;
    let hash = kept.iter().fold(TableHash::default(), |sum, row| sum.with(&row.hash));
    let hashes = Hashes { at_revision: Some(hash.bytes()), at_acknowledged: hash_at_acknowledged(gateway) };
    let head = head(enrolment, ledger, 0, expired_before, now);
    store(tx, id, Built { ledger, head, upserts, removals: Vec::new(), hashes }).await?;
    rows::carried(tx, &ids(&table), ledger.revision).await?;
    rows::left_out_by_snapshot(tx, id, horizon_of(gateway, now)).await?;
    rows::removed_by_snapshot(tx, id, gateway.ledger.acknowledged, ledger.revision).await?;
    observe::built(tx, id, 0, ledger.revision).await?;
    Ok(())
}

async fn delta(tx: &mut TenantTx, gateway: &Gateway, enrolment: &Enrolment) -> Result<(), SyncError> {
    let (now, id) = (tx.now(), gateway.id);
    let expired_before = now.saturating_sub(KEPT_AFTER_END).unwrap_or(now);
    let overdue = wire_time(expired_before.saturating_sub(LET_GO_WITHIN).unwrap_or(expired_before));
    let new = rows::to_carry(tx, id, horizon_of(gateway, now)).await?;
    let gone = rows::to_remove(tx, id).await?;
    if new.is_empty() && gone.is_empty() && !held::any_before(tx, id, overdue).await? {
        return Ok(());
    }
    let ledger = next(gateway.ledger);
    let upserts = grants(tx, gateway, enrolment, &new).await?;
    let gone_ids: Vec<uuid::Uuid> = gone.iter().map(|grant| grant.uuid()).collect();
    // In the order in which the gateway applies it: removals, upserts, what expired.
    let kept = held_rows(&upserts, wire_time(expired_before));
    let mut left = held::take(tx, &gone_ids).await?;
    left.extend(held::put(tx, &kept).await?);
    // A row that is sent without a door that still opens takes the old one away.
    let shut: Vec<uuid::Uuid> = upserts
        .iter()
        .filter(|grant| expired(grant, wire_time(expired_before)))
        .map(|grant| grant.id.uuid())
        .collect();
    left.extend(held::take(tx, &shut).await?);
    left.extend(held::expire(tx, id, wire_time(expired_before)).await?);
    let at_revision = gateway.table_hash.map(|hash| {
        let without = left.iter().fold(TableHash::from_bytes(hash), TableHash::without);
        kept.iter().fold(without, |sum, row| sum.with(&row.hash)).bytes()
    });
    let hashes = Hashes { at_revision, at_acknowledged: hash_at_acknowledged(gateway) };
    let head = head(enrolment, ledger, gateway.ledger.acknowledged, expired_before, now);
    store(tx, id, Built { ledger, head, upserts, removals: gone, hashes }).await?;
    rows::carried(tx, &ids(&new), ledger.revision).await?;
    rows::removed(tx, &gone_ids, ledger.revision).await?;
    observe::built(tx, id, gateway.ledger.acknowledged, ledger.revision).await?;
    Ok(())
}

/// What the gateway holds of a batch's grants once it is applied: those with a window that has not expired.
fn held_rows(upserts: &[Grant], expired_before: UnixMs) -> Vec<Held> {
    let held = |grant: &Grant| {
        let until = grant.doors.iter().map(|window| window.not_after).max()?;
        Some(Held { id: grant.id.uuid(), hash: row_hash(grant), until })
    };
    upserts.iter().filter(|grant| !expired(grant, expired_before)).filter_map(held).collect()
}

/// The hash at the acknowledged revision, as far as it is known when a batch is put on top.
fn hash_at_acknowledged(gateway: &Gateway) -> Option<[u8; 32]> {
    let ledger = gateway.ledger;
    if ledger.acknowledged == ledger.revision { gateway.table_hash } else { gateway.base_hash }
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

/// A change that is ready to be stored.
struct Built {
    ledger: Ledger,
    head: BatchHead,
    upserts: Vec<Grant>,
    removals: Vec<GrantId>,
    hashes: Hashes,
}

async fn store(tx: &mut TenantTx, id: GatewayId, built: Built) -> Result<(), SyncError> {
    let Built { ledger, head, upserts, removals, hashes } = built;
    let parts = split(head, upserts, removals).ok_or(SyncError::TooManyParts(id))?;
    let parts: Vec<Vec<u8>> = parts.iter().map(encode).collect();
    gateway::put_batch(tx, id, head.base, ledger, &parts, hashes).await?;
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
        let Some(credential) = sealed.get(&row.holder) else {
            tracing::error!(grant = %row.id, booking = %row.holder.booking, "a grant without a code is not sent");
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
) -> Result<HashMap<Holder, SealedCredential>, SyncError> {
    let context = seal_secret_context(tx, id);
    let secret = tx.kernel().vault().open(&context, &enrolment.seal_secret_ciphertext)?;
    let secret = zeroize::Zeroizing::new(<[u8; 32]>::try_from(secret).map_err(|_| SyncError::SecretLength)?);
    let sealer = Sealer::new(&secret);
    let mut bookings: Vec<uuid::Uuid> = rows.iter().map(|row| row.holder.booking.uuid()).collect();
    bookings.sort_unstable();
    bookings.dedup();
    let mut codes = HashMap::new();
    for stored in rows::ciphertexts(tx, &bookings).await? {
        let code = tx.kernel().vault().open(&pin_context(tx, stored.credential), &stored.bytes)?;
        let code = zeroize::Zeroizing::new(String::from_utf8(code).map_err(|_| VaultError::Damaged)?);
        codes.insert(stored.holder, sealer.credential(CredentialKind::Pin, &code));
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
