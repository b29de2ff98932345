//! What gateways say: verified, judged, stored; answers leave after the commit.
//!
//! **Invariant:** a message that is malformed, unsigned, signed by another, meant for another topic or out of
//! order changes nothing but a named counter.

use access_domain::{Reported, judge};
use cloud_kernel::{Kernel, TenantTx};
use protocols_ids::{GatewayId, TenantId};
use protocols_wire::{
    JournalAck, JournalBatch, JournalEntry, JournalEvent, JournalFrame, Kind, OpenError, Position, Resync,
    StateReport, Topic, chain, decode, key_id, open,
};

use crate::events::{booking_topic, gateway_topic};
use crate::store::gateway::{self, Gateway};
use crate::store::grant;
use crate::store::journal::{self, Link, Told};
use crate::sync::{self, SyncError};

/// Entries of one journal batch: as many as 64 KiB hold of the smallest entry.
const ENTRIES_MAX: usize = 4096;

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
type Outcome = Result<Result<Option<Answer>, (Refusal, Option<Answer>)>, SyncError>;

/// Takes in a message as the broker delivered it. Returns the gateway's tenant where one is known.
pub async fn receive(
    kernel: &Kernel,
    topic: &str,
    payload: &[u8],
) -> Result<(Option<(TenantId, GatewayId)>, Received), IngestError> {
    let Some(parsed) = Topic::parse(topic) else {
        tracing::warn!(topic, "message on a topic that is not ours");
        return Ok((None, Received::Refused(Refusal::Malformed, None)));
    };
    let fail = |source: SyncError| IngestError { gateway: parsed.gateway, source };
    let tenant = gateway::tenant_of(kernel, parsed.gateway).await.map_err(|error| fail(error.into()))?;
    let Some(tenant) = tenant else {
        tracing::warn!(gateway = %parsed.gateway, "message of a gateway that nobody knows");
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
            Ok(Received::Taken(answer))
        }
        Err((refusal, answer)) => {
            // Whatever was begun is undone; only the counter moves.
            drop(tx);
            let mut tx = kernel.begin(tenant).await?;
            if gateway::lock(&mut tx, parsed.gateway).await?.is_some() {
                gateway::count_refused(&mut tx, parsed.gateway, refusal.name()).await?;
                if refusal == Refusal::Broken {
                    journal::broken(&mut tx, parsed.gateway).await?;
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
    if refusal == Refusal::Broken {
        tracing::error!(%gateway, kind, reason, "the journal contradicts what it said before");
    } else {
        tracing::warn!(%gateway, kind, reason, "message refused");
    }
}

async fn judged(tx: &mut TenantTx, gateway: &Gateway, kind: Kind, topic: &str, payload: &[u8]) -> Outcome {
    let Some(public) = gateway.enrolment.as_ref().map(|enrolment| enrolment.public_key) else {
        return Ok(Err((Refusal::UnknownGateway, None)));
    };
    let trusted = |id| (id == key_id(&public)).then_some(public);
    match kind {
        Kind::State => match open::<StateReport>(topic, payload, trusted) {
            Ok(report) => state(tx, gateway, &report).await,
            Err(error) => Ok(Err((error.into(), None))),
        },
        Kind::Journal => match open::<JournalBatch>(topic, payload, trusted) {
            Ok(batch) => take_journal(tx, gateway, &batch).await,
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
    if !fits(report.position) {
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
    gateway::report(tx, gateway.id, report).await?;
    tx.signal(gateway_topic(gateway.id));
    if !gateway.online {
        tell_waiting(tx, gateway.id).await?;
    }
    take_position(tx, gateway, report.position).await?;
    if !gateway.online || before.is_none_or(|before| before.boot != report.boot) {
        return Ok(Ok(Some(Answer::Again)));
    }
    let behind = gateway::batch(tx, gateway.id).await?.is_some();
    Ok(Ok(behind.then_some(Answer::Behind)))
}

/// Whether a position can be stored. No gateway comes near this by itself.
fn fits(position: Position) -> bool {
    i64::try_from(position.epoch).is_ok_and(|epoch| epoch < i64::MAX)
        && i64::try_from(position.revision).is_ok_and(|revision| revision < i64::MAX)
}

async fn take_position(tx: &mut TenantTx, gateway: &Gateway, position: Position) -> Result<(), SyncError> {
    match judge(gateway.ledger, position) {
        Reported::Reached { revision } if revision > gateway.ledger.acknowledged => {
            gateway::acknowledge(tx, gateway.id, revision).await?;
            let from = gateway.ledger.acknowledged;
            for booking in grant::bookings_between(tx, gateway.id, from, revision).await? {
                tx.signal(booking_topic(booking));
            }
        }
        Reported::Reached { .. } => {}
        Reported::Lost => {
            tracing::warn!(gateway = %gateway.id, ?position, "gateway has less than it said; sending it all");
            gateway::begin_anew(tx, gateway.id, gateway.ledger.epoch, gateway.ledger.revision).await?;
        }
        Reported::Ahead { epoch, after_revision } => {
            tracing::error!(gateway = %gateway.id, ?position, epoch, "gateway is ahead of the cloud; new epoch");
            gateway::begin_anew(tx, gateway.id, epoch, after_revision).await?;
        }
    }
    sync::build(tx, gateway.id).await
}

async fn tell_waiting(tx: &mut TenantTx, id: GatewayId) -> Result<(), SyncError> {
    tx.signal(gateway_topic(id));
    for booking in grant::bookings_waiting(tx, id).await? {
        tx.signal(booking_topic(booking));
    }
    Ok(())
}

async fn take_resync(tx: &mut TenantTx, gateway: &Gateway, resync: Resync) -> Outcome {
    if !fits(resync.position) {
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
        sync::build(tx, gateway.id).await?;
    }
    Ok(Ok(Some(Answer::Again)))
}

const fn at(epoch: u64, revision: u64) -> Position {
    Position { epoch, revision }
}

async fn take_journal(tx: &mut TenantTx, gateway: &Gateway, batch: &JournalBatch) -> Outcome {
    let (generation, end) = (gateway.journal.generation, gateway.journal.sequence);
    if batch.generation != generation {
        return Ok(Err((Refusal::Impossible, None)));
    }
    let stored = Answer::Journal(JournalAck { generation, sequence: end });
    let links = match follow(batch) {
        Ok(links) => links,
        Err(refusal) => return Ok(Err((refusal, None))),
    };
    let Some(first) = links.first().map(|link| link.frame.sequence) else {
        return Ok(Err((Refusal::Malformed, None)));
    };
    if first > end.saturating_add(1) {
        return Ok(Err((Refusal::Gap, Some(stored))));
    }
    if !agrees(tx, gateway, first, &batch.previous, &links).await? {
        return Ok(Err((Refusal::Broken, None)));
    }
    gateway::heard(tx, gateway.id).await?;
    let new: Vec<&Link<'_>> = links.iter().filter(|link| link.frame.sequence > end).collect();
    let Some(last) = new.last() else {
        // Known already: the acknowledgement was lost on its way.
        return Ok(Err((Refusal::Replayed, Some(stored))));
    };
    for link in &new {
        if let Some(booking) = journal::append(tx, gateway.id, generation, link).await? {
            tx.signal(booking_topic(booking));
        }
    }
    journal::stored_to(tx, gateway.id, last.frame.sequence, &last.chain).await?;
    tx.signal(gateway_topic(gateway.id));
    Ok(Ok(Some(Answer::Journal(JournalAck { generation, sequence: last.frame.sequence }))))
}

/// The entries with the chain after each; refused where sequences or the chain do not hold together.
fn follow(batch: &JournalBatch) -> Result<Vec<Link<'_>>, Refusal> {
    if batch.entries.len() > ENTRIES_MAX {
        return Err(Refusal::Oversized);
    }
    let mut links: Vec<Link<'_>> = Vec::with_capacity(batch.entries.len());
    let (mut hash, mut before) = (batch.previous, None);
    for bytes in &batch.entries {
        let (frame, told) = read(bytes)?;
        let follows = before.is_none_or(|before: u64| before.checked_add(1) == Some(frame.sequence));
        if !follows || frame.sequence == 0 || i64::try_from(frame.sequence).is_err() {
            return Err(Refusal::Malformed);
        }
        before = Some(frame.sequence);
        hash = chain(&hash, bytes);
        links.push(Link { frame, bytes, chain: hash, told });
    }
    if hash == batch.head { Ok(links) } else { Err(Refusal::Broken) }
}

/// An entry; what happened may be something that only a newer program knows: it is kept as it came.
fn read(bytes: &[u8]) -> Result<(JournalFrame, Told), Refusal> {
    if let Ok(JournalEntry { sequence, at, boot, event, .. }) = decode(bytes) {
        return Ok((JournalFrame { sequence, at, boot }, told(&event)));
    }
    let frame = decode(bytes).map_err(Refusal::from)?;
    Ok((frame, Told { kind: "unknown", door: None, grant: None }))
}

/// Whether what the batch repeats is what is stored, and what it adds follows from it.
async fn agrees(
    tx: &mut TenantTx,
    gateway: &Gateway,
    first: u64,
    previous: &[u8; 32],
    links: &[Link<'_>],
) -> Result<bool, SyncError> {
    let (generation, end) = (gateway.journal.generation, gateway.journal);
    if first == end.sequence.saturating_add(1) {
        return Ok(*previous == end.chain);
    }
    let known = journal::chains(tx, gateway.id, generation, first.saturating_sub(1), links.len() + 1).await?;
    let before = if first == 1 {
        Some(vec![0; 32])
    } else {
        known.iter().find(|(n, _)| *n == first - 1).map(|(_, c)| c.clone())
    };
    let same = |(sequence, hash): &(u64, Vec<u8>)| {
        links
            .iter()
            .find(|link| link.frame.sequence == *sequence)
            .is_none_or(|link| link.chain[..] == hash[..])
    };
    Ok(before.as_deref() == Some(&previous[..]) && known.iter().all(same))
}

/// What of an event others ask for.
fn told(event: &JournalEvent) -> Told {
    let told = |kind, door, grant| Told { kind, door, grant };
    match event {
        JournalEvent::Admitted { door, grant, .. } => told("admitted", Some(*door), Some(*grant)),
        JournalEvent::Refused { door, grant, .. } => told("refused", Some(*door), *grant),
        JournalEvent::Door { door, .. } => told("door", Some(*door), None),
        JournalEvent::Device { .. } => told("device", None, None),
        JournalEvent::Light { .. } => told("light", None, None),
        JournalEvent::Started => told("started", None, None),
        JournalEvent::Configured { .. } => told("configured", None, None),
        JournalEvent::GrantsApplied { .. } => told("grants_applied", None, None),
        JournalEvent::ClockStep { .. } => told("clock_step", None, None),
        JournalEvent::Commanded { .. } => told("commanded", None, None),
        JournalEvent::Gap { .. } => told("gap", None, None),
        JournalEvent::PostureChanged { .. } => told("posture_changed", None, None),
        JournalEvent::AdmittedOffline { door, .. } => told("admitted_offline", Some(*door), None),
        JournalEvent::LeaseEnding { .. } => told("lease_ending", None, None),
        JournalEvent::Trusts { .. } => told("trusts", None, None),
        JournalEvent::Certified { .. } => told("certified", None, None),
        JournalEvent::LockedOut { door } => told("locked_out", Some(*door), None),
        JournalEvent::Disk { .. } => told("disk", None, None),
        JournalEvent::Damaged { .. } => told("damaged", None, None),
    }
}
