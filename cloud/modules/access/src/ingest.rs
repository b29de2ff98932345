//! What gateways say: verified, judged, stored; answers leave after the commit.
//!
//! **Invariant:** a message that is malformed, unsigned, signed by another, meant for another topic or out of
//! order changes nothing but a named counter.

use std::cmp::Ordering;

use access_domain::{Reported, expected, judge};
use cloud_kernel::telemetry::figures;
use cloud_kernel::{Kernel, TenantTx};
use jiff::SignedDuration;
use protocols_ids::{GatewayId, TenantId};
use protocols_wire::{
    HASH_VERSION, JournalAck, JournalBatch, Kind, OpenError, Position, Resync, StateReport, Topic, key_id,
    open,
};
use serde_json::json;

use crate::events::{GatewayChanged, booking_topic, gateway_topic};
use crate::journal;
use crate::keys::seal_anew;
use crate::observe;
use crate::store::alarm::{self, AlarmKind};
use crate::store::gateway::{self, Gateway, Run};
use crate::store::{grant, journal as rows, keys};
use crate::sync::{self, SyncError};

/// A table that is not what it should be is sent anew at most this often: a gateway whose disk is bad shall not be
/// sent everything over and over.
const MENDED_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Why a message changed nothing. The name is the counter's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Not a message of ours.
    Malformed,
    /// Longer than any message, or more entries than allowed.
    Oversized,
    /// No signature, or not this gateway's for this topic.
    Signature,
    /// From a gateway that is not known here, or was never enrolled.
    UnknownGateway,
    /// From a gateway whose keys were taken back.
    Revoked,
    /// Older than what is known.
    Replayed,
    /// Does not follow what is stored.
    Gap,
    /// A known journal entry with another content, or a chain that contradicts itself.
    Broken,
    /// Of a generation, or with a number, that cannot be.
    Impossible,
}

impl Refusal {
    /// The counter's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Oversized => "oversized",
            Self::Signature => "signature",
            Self::UnknownGateway => "unknown_gateway",
            Self::Revoked => "revoked",
            Self::Replayed => "replayed",
            Self::Gap => "gap",
            Self::Broken => "broken",
            Self::Impossible => "impossible",
        }
    }
}

impl From<OpenError> for Refusal {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Oversized { .. } => Self::Oversized,
            OpenError::Malformed => Self::Malformed,
            OpenError::UnknownKey | OpenError::WrongSignature => Self::Signature,
        }
    }
}

/// What came of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Received {
    /// It was taken in; this is to be sent back, if anything.
    Taken(Option<Answer>),
    /// It changed nothing; a gap in the journal is answered with what is stored.
    Refused(Refusal, Option<Answer>),
}

impl Received {
    /// What is to be sent back.
    pub const fn answer(self) -> Option<Answer> {
        match self {
            Self::Taken(answer) | Self::Refused(_, answer) => answer,
        }
    }
}

/// What is to be sent to the gateway.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The journal is stored up to here.
    Journal(JournalAck),
    /// It started, spoke after a silence, or asked: whatever waits for it is to be sent again, and a heartbeat.
    Again,
    /// It spoke, and lacks the batch that waits: that may have been sent before the gateway could listen.
    Behind,
}

/// Why a message could not be judged now. It may be tried again.
#[derive(Debug, thiserror::Error)]
#[error("message of gateway {gateway} could not be taken in")]
pub struct IngestError {
    gateway: GatewayId,
    #[source]
    source: SyncError,
}

impl IngestError {
    /// Whether the database could not be reached, so that the same message may succeed later.
    pub fn is_passing(&self) -> bool {
        matches!(
            &self.source,
            SyncError::Database(
                sqlx::Error::Io(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::Tls(_)
            )
        ) || matches!(&self.source, SyncError::Database(sqlx::Error::Database(error))
            if error.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08")))
    }
}

/// A message's outcome inside the transaction: an error of the database ends it, a refusal does not.
pub(crate) type Outcome = Result<Result<Option<Answer>, (Refusal, Option<Answer>)>, SyncError>;

/// Takes in a message as the broker delivered it. Returns the gateway's tenant where one is known.
pub async fn receive(
    kernel: &Kernel,
    topic: &str,
    payload: &[u8],
) -> Result<(Option<(TenantId, GatewayId)>, Received), IngestError> {
    let Some(parsed) = Topic::parse(topic) else {
        tracing::warn!(topic, "message on a topic that is not ours");
        figures::REFUSED.count(&[Refusal::Malformed.name()]);
        return Ok((None, Received::Refused(Refusal::Malformed, None)));
    };
    let fail = |source: SyncError| IngestError { gateway: parsed.gateway, source };
    let tenant = gateway::tenant_of(kernel, parsed.gateway).await.map_err(|error| fail(error.into()))?;
    let Some(tenant) = tenant else {
        tracing::warn!(gateway = %parsed.gateway, "message of a gateway that nobody knows");
        figures::REFUSED.count(&[Refusal::UnknownGateway.name()]);
        return Ok((None, Received::Refused(Refusal::UnknownGateway, None)));
    };
    let outcome = take_in(kernel, tenant, parsed, topic, payload).await.map_err(fail)?;
    Ok((Some((tenant, parsed.gateway)), outcome))
}

async fn take_in(
    kernel: &Kernel,
    tenant: TenantId,
    parsed: Topic,
    topic: &str,
    payload: &[u8],
) -> Result<Received, SyncError> {
    let mut tx = kernel.begin(tenant).await?;
    let outcome = match gateway::lock(&mut tx, parsed.gateway).await? {
        Some(gateway) => judged(&mut tx, &gateway, parsed.kind, topic, payload).await?,
        None => Err((Refusal::UnknownGateway, None)),
    };
    match outcome {
        Ok(answer) => {
            tx.commit().await?;
            figures::TAKEN_IN.count(&[parsed.kind.name()]);
            Ok(Received::Taken(answer))
        }
        Err((refusal, answer)) => {
            // Whatever was begun is undone; only the counter moves.
            drop(tx);
            let mut tx = kernel.begin(tenant).await?;
            if gateway::lock(&mut tx, parsed.gateway).await?.is_some() {
                gateway::count_refused(&mut tx, parsed.gateway, refusal.name()).await?;
                if refusal == Refusal::Broken {
                    rows::broken(&mut tx, parsed.gateway).await?;
                    let detail = json!({ "kind": parsed.kind.name() });
                    alarm::raise(&mut tx, parsed.gateway, AlarmKind::JournalBroken, &detail).await?;
                }
            }
            tx.commit().await?;
            report(parsed, refusal);
            Ok(Received::Refused(refusal, answer))
        }
    }
}

fn report(topic: Topic, refusal: Refusal) {
    let (gateway, kind, reason) = (topic.gateway, topic.kind.name(), refusal.name());
    figures::REFUSED.count(&[reason]);
    if refusal == Refusal::Broken {
        tracing::error!(%gateway, kind, reason, "the journal contradicts what it said before");
    } else {
        tracing::warn!(%gateway, kind, reason, "message refused");
    }
}

async fn judged(tx: &mut TenantTx, gateway: &Gateway, kind: Kind, topic: &str, payload: &[u8]) -> Outcome {
    let Some(public) = gateway.enrolment.as_ref().map(|enrolment| enrolment.public_key) else {
        let refusal = if gateway.revoked_at.is_some() { Refusal::Revoked } else { Refusal::UnknownGateway };
        return Ok(Err((refusal, None)));
    };
    let trusted = |id| (id == key_id(&public)).then_some(public);
    match kind {
        Kind::State => match open::<StateReport>(topic, payload, trusted) {
            Ok(report) => state(tx, gateway, &report).await,
            Err(error) => Ok(Err((error.into(), None))),
        },
        Kind::Journal => match open::<JournalBatch>(topic, payload, trusted) {
            Ok(batch) => journal::take(tx, gateway, &batch).await,
            Err(error) => Ok(Err((error.into(), None))),
        },
        Kind::Resync => match open::<Resync>(topic, payload, trusted) {
            Ok(resync) => take_resync(tx, gateway, resync).await,
            Err(error) => Ok(Err((error.into(), None))),
        },
        // Nothing comes up on the topics that lead down.
        Kind::Grants | Kind::Config | Kind::Posture | Kind::Lease | Kind::Command | Kind::Ack => {
            Ok(Err((Refusal::Impossible, None)))
        }
    }
}

async fn state(tx: &mut TenantTx, gateway: &Gateway, report: &StateReport) -> Outcome {
    let before = gateway.report.as_ref();
    if before.is_some_and(|before| before.boot == report.boot && report.at < before.at) && report.online {
        return Ok(Err((Refusal::Replayed, None)));
    }
    if !fits(report) {
        return Ok(Err((Refusal::Impossible, None)));
    }
    if !report.online {
        // A last will was signed when the connection began: of its fields only this one is news. The will of
        // a run that has ended says nothing about the one that goes on.
        if before.is_none_or(|before| before.boot == report.boot) {
            gateway::went_silent(tx, gateway.id).await?;
            tell_waiting(tx, gateway.id).await?;
        }
        return Ok(Ok(None));
    }
    match gateway::heard_run(tx, gateway.id, report.boot, before.map(|before| before.boot), report.at).await?
    {
        Run::Current => {}
        Run::Old => return Ok(Err((Refusal::Replayed, None))),
        Run::Returned => {
            alarm::raise(tx, gateway.id, AlarmKind::TwoBoxes, &json!({ "boot": report.boot })).await?;
        }
    }
    gateway::report(tx, gateway.id, report).await?;
    tx.signal(gateway_topic(gateway.id));
    if !gateway.online {
        tell_waiting(tx, gateway.id).await?;
    }
    catch_up(tx, gateway, report).await?;
    keys::heed(tx, gateway.id, report.seal_held).await?;
    if differs(tx, gateway, report).await? {
        return Ok(Ok(Some(Answer::Again)));
    }
    take_position(tx, gateway, report.position).await?;
    keys::forget_replaced(tx, gateway.id).await?;
    if !gateway.online || before.is_none_or(|before| before.boot != report.boot) {
        return Ok(Ok(Some(Answer::Again)));
    }
    let behind = gateway::batch(tx, gateway.id).await?.is_some();
    Ok(Ok(behind.then_some(Answer::Behind)))
}

/// Whether what is counted can be stored. No gateway comes near this by itself.
fn fits(report: &StateReport) -> bool {
    let counts =
        [report.config_revision, report.posture_counter, report.journal_generation, report.journal_head];
    position_fits(report.position)
        && counts.into_iter().all(countable)
        && i32::try_from(report.seal_held).is_ok_and(|seal| seal < i32::MAX)
}

fn position_fits(position: Position) -> bool {
    countable(position.epoch) && countable(position.revision)
}

fn countable(number: u64) -> bool {
    i64::try_from(number).is_ok_and(|number| number < i64::MAX)
}

/// A cloud that was restored from a backup has counters that are behind: the gateway would not heed them.
///
/// A posture that the gateway has heard of goes on, since a lockdown holds until somebody lifts it. What somebody has
/// ordered since under the same counter, and the configuration, are sent anew under a number that is higher; the
/// table under a new sealing secret.
async fn catch_up(tx: &mut TenantTx, gateway: &Gateway, report: &StateReport) -> Result<(), SyncError> {
    let lost_a_posture = match report.posture_counter.cmp(&gateway.posture_counter) {
        Ordering::Less => false,
        Ordering::Equal => {
            let another = report.posture != gateway.posture;
            if another {
                gateway::raise_posture(tx, gateway.id).await?;
            }
            another
        }
        Ordering::Greater => {
            let reason = "told by the gateway, after the cloud was restored from a backup";
            gateway::set_posture(tx, gateway.id, report.posture, report.posture_counter, None, reason)
                .await?;
            true
        }
    };
    if lost_a_posture {
        let detail = json!({ "posture_counter": report.posture_counter, "own": gateway.posture_counter });
        alarm::raise(tx, gateway.id, AlarmKind::CloudRestored, &detail).await?;
    }
    if report.config_revision > gateway.config_revision {
        gateway::raise_configuration(tx, gateway.id, report.config_revision).await?;
        let detail = json!({ "config_revision": report.config_revision, "own": gateway.config_revision });
        alarm::raise(tx, gateway.id, AlarmKind::CloudRestored, &detail).await?;
    }
    if has_a_lost_seal(gateway, report) {
        seal_anew(tx, gateway.id, report.seal_held).await?;
        let detail = json!({ "seal_held": report.seal_held, "own": gateway.newest_seal });
        alarm::raise(tx, gateway.id, AlarmKind::CloudRestored, &detail).await?;
    }
    Ok(())
}

/// Whether the gateway holds a sealing secret that is not known here. To a gateway that is ahead, the next one that is
/// known here may never have been given: it may be another of the same number.
fn has_a_lost_seal(gateway: &Gateway, report: &StateReport) -> bool {
    let ahead = matches!(judge(gateway.ledger, report.position), Reported::Ahead { .. });
    let in_use = gateway.enrolment.as_ref().map_or(0, |enrolment| enrolment.seal_id);
    report.seal_held > if ahead { in_use } else { gateway.newest_seal }
}

/// Compares the table's hash where the cloud knows what it must be. A table that differs is an alarm, and is sent
/// anew unless that was done within the hour. Whether it is sent anew.
async fn differs(tx: &mut TenantTx, gateway: &Gateway, report: &StateReport) -> Result<bool, SyncError> {
    if report.hash_version != HASH_VERSION {
        return Ok(false);
    }
    let must_be = expected(gateway.ledger, gateway.table_hash, gateway.base_hash, report.position);
    if must_be.is_none_or(|hash| hash == report.table_hash) {
        return Ok(false);
    }
    let now = tx.now();
    let lately = |at| now.duration_since(at) < MENDED_AGAIN_AFTER;
    let mend = !gateway.hash_mended_at.is_some_and(lately);
    gateway::table_differs(tx, gateway.id, mend).await?;
    let detail = json!({ "revision": report.position.revision, "grants": report.grants, "mended": mend });
    alarm::raise(tx, gateway.id, AlarmKind::TableDiffers, &detail).await?;
    if mend {
        gateway::begin_anew(tx, gateway.id, gateway.ledger.epoch, gateway.ledger.revision).await?;
        tx.emit(&GatewayChanged { gateway: gateway.id }).await?;
    }
    Ok(mend)
}

async fn take_position(tx: &mut TenantTx, gateway: &Gateway, position: Position) -> Result<(), SyncError> {
    match judge(gateway.ledger, position) {
        Reported::Reached { revision } => {
            if revision > gateway.ledger.acknowledged {
                let from = gateway.ledger.acknowledged;
                observe::confirmed(tx, gateway.id, from, revision).await?;
                gateway::acknowledge(tx, gateway.id, revision).await?;
                for booking in grant::bookings_between(tx, gateway.id, from, revision).await? {
                    tx.signal(booking_topic(booking));
                }
            }
            if gateway.wants_snapshot || revision == 0 {
                if gateway.wants_snapshot || gateway::batch(tx, gateway.id).await?.is_none() {
                    build_later(tx, gateway.id).await?;
                }
                return Ok(());
            }
            sync::build(tx, gateway.id).await
        }
        Reported::Lost => {
            tracing::warn!(gateway = %gateway.id, ?position, "gateway has less than it said; sending it all");
            gateway::begin_anew(tx, gateway.id, gateway.ledger.epoch, gateway.ledger.revision).await?;
            build_later(tx, gateway.id).await
        }
        Reported::Ahead { epoch, after_revision } => {
            let own = gateway.ledger;
            let detail = json!({
                "epoch": position.epoch, "revision": position.revision,
                "own_epoch": own.epoch, "own_revision": own.revision,
            });
            alarm::raise(tx, gateway.id, AlarmKind::CloudRestored, &detail).await?;
            gateway::begin_anew(tx, gateway.id, epoch, after_revision).await?;
            build_later(tx, gateway.id).await
        }
    }
}

/// A snapshot is much work: the outbox does it, so that what other gateways say does not wait for it.
async fn build_later(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), SyncError> {
    Ok(tx.emit(&GatewayChanged { gateway }).await?)
}

async fn tell_waiting(tx: &mut TenantTx, id: GatewayId) -> Result<(), SyncError> {
    tx.signal(gateway_topic(id));
    for booking in grant::bookings_waiting(tx, id).await? {
        tx.signal(booking_topic(booking));
    }
    Ok(())
}

async fn take_resync(tx: &mut TenantTx, gateway: &Gateway, resync: Resync) -> Outcome {
    if !position_fits(resync.position) {
        return Ok(Err((Refusal::Impossible, None)));
    }
    gateway::heard(tx, gateway.id).await?;
    let ahead = matches!(judge(gateway.ledger, resync.position), Reported::Ahead { .. });
    let helps = match gateway::batch(tx, gateway.id).await? {
        // A snapshot helps whoever has less; a delta helps whoever has what it builds on.
        Some(batch) => batch.base == 0 || at(gateway.ledger.epoch, batch.base) == resync.position,
        None => false,
    };
    if ahead {
        take_position(tx, gateway, resync.position).await?;
    } else if !helps {
        gateway::begin_anew(tx, gateway.id, gateway.ledger.epoch, gateway.ledger.revision).await?;
        build_later(tx, gateway.id).await?;
    }
    Ok(Ok(Some(Answer::Again)))
}

const fn at(epoch: u64, revision: u64) -> Position {
    Position { epoch, revision }
}
