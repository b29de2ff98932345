//! Journal batches: placed, compared with what is known, stored, acknowledged as far as they are stored.
//!
//! **Invariant:** nothing beyond what is stored is ever acknowledged, and no entry that its gateway still has is
//! given up.

use access_domain::{JournalPlace, Placed, Walk, WalkError, place};
use cloud_kernel::TenantTx;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::GatewayId;
use protocols_wire::{
    CHAIN_START, DoorEvent, JournalAck, JournalBatch, JournalEntry, JournalEvent, JournalFrame, StateReport,
    chain, decode,
};
use serde_json::json;

use crate::events::{booking_topic, gateway_topic};
use crate::ingest::{Answer, Outcome, Refusal};
use crate::observe;
use crate::store::alarm::{self, AlarmKind};
use crate::store::gateway::{self, Gateway};
use crate::store::journal::{self, Arrival, Hole, Link, Missing, OfflineSaid, Told};
use crate::store::{calendar_time, command};
use crate::sync::SyncError;

/// Entries of one journal batch: as many as 64 KiB hold of the smallest entry.
const ENTRIES_MAX: usize = 4096;
/// Alarms of a gateway that wait for their turn. A gateway tells each alarm once ahead of its turn; this many mean
/// that something else than alarms is told that way.
const AHEAD_MAX: i64 = 4096;
/// What is told later than this after it happened is historical: nobody runs to the door for it.
const LATE: SignedDuration = SignedDuration::from_mins(10);
/// Entries read at once while a journal is walked.
const WALK_CHUNK: i64 = 2000;
/// Entries of one walk: some ten seconds. A journal that is longer says how far the walk came.
const WALK_MAX: u64 = 1_000_000;

/// Takes a batch in.
pub(crate) async fn take(tx: &mut TenantTx, gateway: &Gateway, batch: &JournalBatch) -> Outcome {
    let links = match follow(batch) {
        Ok(links) => links,
        Err(refusal) => return Ok(Err((refusal, None))),
    };
    if batch.urgent {
        take_ahead(tx, gateway, batch, &links).await
    } else {
        take_in_order(tx, gateway, batch, &links).await
    }
}

async fn take_in_order(
    tx: &mut TenantTx,
    gateway: &Gateway,
    batch: &JournalBatch,
    links: &[Link<'_>],
) -> Outcome {
    let Some(first) = links.first().map(|link| link.frame.sequence) else {
        return Ok(Err((Refusal::Malformed, None)));
    };
    let end = gateway.journal;
    let stored = JournalPlace { generation: end.generation, sequence: end.sequence };
    let generation = batch.generation;
    let told = gateway.report.as_ref().map(acknowledged);
    let mut at = stored;
    let mut expected = end.chain;
    match place(stored, generation, first, told) {
        Placed::Past => return Ok(Err((Refusal::Impossible, None))),
        Placed::Gap(at) => {
            let chain = if at.generation == end.generation { end.chain } else { CHAIN_START };
            return Ok(Err((Refusal::Gap, Some(ack(at, chain)))));
        }
        Placed::Follows => {}
        Placed::Missing { first, last } => {
            miss(tx, gateway.id, generation, (first, last), batch.previous).await?;
            (at, expected) = (JournalPlace { generation, sequence: last }, batch.previous);
        }
        Placed::Anew { missing } => {
            let detail =
                json!({ "generation": generation, "before": end.generation, "stored": end.sequence });
            alarm::raise(tx, gateway.id, AlarmKind::JournalAnew, &detail).await?;
            (at, expected) = (JournalPlace { generation, sequence: 0 }, CHAIN_START);
            if let Some((first, last)) = missing {
                miss(tx, gateway.id, generation, (first, last), batch.previous).await?;
                (at, expected) = (JournalPlace { generation, sequence: last }, batch.previous);
            }
        }
    }
    if !agrees(tx, gateway.id, (at, expected), &batch.previous, links).await? {
        return Ok(Err((Refusal::Broken, None)));
    }
    gateway::heard(tx, gateway.id).await?;
    let new: Vec<&Link<'_>> = links.iter().filter(|link| link.frame.sequence > at.sequence).collect();
    let Some(last) = new.last() else {
        // Known already: the acknowledgement was lost on its way.
        return Ok(Err((Refusal::Replayed, Some(ack(at, expected)))));
    };
    let now = tx.now();
    let ahead = journal::ahead(tx, gateway.id, generation, first, last.frame.sequence).await?;
    for link in &new {
        let before = ahead.iter().find(|before| before.sequence == link.frame.sequence);
        if before.is_some_and(|before| before.entry != link.bytes) {
            return Ok(Err((Refusal::Broken, None)));
        }
        let arrival = before.map_or_else(|| arrival(now, link), |before| before.arrival);
        let booking = journal::append(tx, gateway.id, generation, link, arrival).await?;
        observe::stored(tx, gateway.id, generation, link, arrival.at, booking).await?;
        if before.is_none() {
            observe::heard(link);
        }
        if let Some(booking) = booking {
            tx.signal(booking_topic(booking));
        }
        if let Some((id, done)) = link.told.command {
            command::answered(tx, gateway.id, id, calendar_time(link.frame.at), done).await?;
        }
    }
    let reached = JournalPlace { generation, sequence: last.frame.sequence };
    journal::stored_to(tx, gateway.id, reached, &last.chain).await?;
    journal::caught_up(tx, gateway.id, reached).await?;
    tx.signal(gateway_topic(gateway.id));
    Ok(Ok(Some(ack(reached, last.chain))))
}

/// Alarms ahead of their turn: kept by identity, compared when they come in order. Not acknowledged: the
/// acknowledgement says that everything before is stored too.
async fn take_ahead(
    tx: &mut TenantTx,
    gateway: &Gateway,
    batch: &JournalBatch,
    links: &[Link<'_>],
) -> Outcome {
    let (Some(first), Some(last)) = (links.first(), links.last()) else {
        return Ok(Err((Refusal::Malformed, None)));
    };
    let (first, last) = (first.frame.sequence, last.frame.sequence);
    let end = gateway.journal;
    if batch.generation < end.generation {
        return Ok(Err((Refusal::Impossible, None)));
    }
    let known = if batch.generation == end.generation {
        journal::chains(tx, gateway.id, batch.generation, first, links.len()).await?
    } else {
        Vec::new()
    };
    let ahead = journal::ahead(tx, gateway.id, batch.generation, first, last).await?;
    let mut new = Vec::new();
    for link in links {
        let sequence = link.frame.sequence;
        if let Some((_, hash)) = known.iter().find(|(known, _)| *known == sequence) {
            if hash[..] != link.chain[..] {
                return Ok(Err((Refusal::Broken, None)));
            }
        } else if let Some(before) = ahead.iter().find(|before| before.sequence == sequence) {
            if before.entry != link.bytes {
                return Ok(Err((Refusal::Broken, None)));
            }
        } else if batch.generation > end.generation || sequence > end.sequence {
            new.push(link);
        }
    }
    if new.is_empty() {
        return Ok(Err((Refusal::Replayed, None)));
    }
    let waiting = journal::ahead_count(tx, gateway.id).await?;
    if waiting.saturating_add(i64::try_from(new.len()).unwrap_or(i64::MAX)) > AHEAD_MAX {
        return Ok(Err((Refusal::Oversized, None)));
    }
    gateway::heard(tx, gateway.id).await?;
    let now = tx.now();
    for link in new {
        journal::put_ahead(tx, gateway.id, batch.generation, link, arrival(now, link)).await?;
        observe::heard(link);
    }
    tx.signal(gateway_topic(gateway.id));
    Ok(Ok(None))
}

fn ack(place: JournalPlace, chain: [u8; 32]) -> Answer {
    Answer::Journal(JournalAck {
        generation: place.generation,
        sequence: place.sequence,
        chain: Some(chain.into()),
    })
}

/// Up to where the gateway believes that its journal is stored.
fn acknowledged(report: &StateReport) -> JournalPlace {
    JournalPlace {
        generation: report.journal_generation,
        sequence: report.journal_head.saturating_sub(u64::from(report.journal_waiting)),
    }
}

fn arrival(now: Timestamp, link: &Link<'_>) -> Arrival {
    Arrival { at: now, historical: now.duration_since(calendar_time(link.frame.at)) > LATE }
}

async fn miss(
    tx: &mut TenantTx,
    gateway: GatewayId,
    generation: u64,
    (first, last): (u64, u64),
    chain: [u8; 32],
) -> Result<(), SyncError> {
    let found_at = tx.now();
    let hole = Hole { generation, first, last, chain, why: Missing::Restored, found_at };
    journal::miss(tx, gateway, &hole).await?;
    let detail = json!({ "generation": generation, "first": first, "last": last });
    alarm::raise(tx, gateway, AlarmKind::JournalMissing, &detail).await?;
    Ok(())
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
    if i64::try_from(batch.generation).is_err() {
        return Err(Refusal::Impossible);
    }
    if hash == batch.head { Ok(links) } else { Err(Refusal::Broken) }
}

/// An entry; what happened may be something that only a newer program knows: it is kept as it came.
fn read(bytes: &[u8]) -> Result<(JournalFrame, Told), Refusal> {
    if let Ok(JournalEntry { sequence, at, boot, event, .. }) = decode(bytes) {
        return Ok((JournalFrame { sequence, at, boot }, told(&event)));
    }
    let frame = decode(bytes).map_err(Refusal::from)?;
    Ok((frame, Told { kind: "unknown", door: None, grant: None, offline: None, alarm: false, command: None }))
}

/// Whether what the batch repeats is what is stored, and what it adds follows from it.
async fn agrees(
    tx: &mut TenantTx,
    gateway: GatewayId,
    (end, expected): (JournalPlace, [u8; 32]),
    previous: &[u8; 32],
    links: &[Link<'_>],
) -> Result<bool, SyncError> {
    let Some(first) = links.first().map(|link| link.frame.sequence) else { return Ok(false) };
    let before = first.saturating_sub(1);
    if before == end.sequence {
        return Ok(*previous == expected);
    }
    let known = journal::chains(tx, gateway, end.generation, before, links.len() + 1).await?;
    let start = if before == 0 {
        Some(CHAIN_START.to_vec())
    } else {
        hash_at(tx, gateway, end.generation, before, &known).await?
    };
    let same = |(sequence, hash): &(u64, Vec<u8>)| {
        links
            .iter()
            .find(|link| link.frame.sequence == *sequence)
            .is_none_or(|link| link.chain[..] == hash[..])
    };
    // What is missing here is not compared, except at its end.
    Ok(start.is_none_or(|start| start == previous[..]) && known.iter().all(same))
}

/// The chain's hash after a sequence: of a stored entry, or of the last one of those that are missing.
async fn hash_at(
    tx: &mut TenantTx,
    gateway: GatewayId,
    generation: u64,
    sequence: u64,
    known: &[(u64, Vec<u8>)],
) -> Result<Option<Vec<u8>>, SyncError> {
    if let Some((_, hash)) = known.iter().find(|(known, _)| *known == sequence) {
        return Ok(Some(hash.clone()));
    }
    let holes = journal::holes(tx, gateway).await?;
    let hole = holes.iter().find(|hole| hole.generation == generation && hole.last == sequence);
    Ok(hole.map(|hole| hole.chain.to_vec()))
}

/// What of an event others ask for. Alarms are those that a gateway tells ahead of a backlog.
fn told(event: &JournalEvent) -> Told {
    let calm = |kind, door, grant| Told { kind, door, grant, offline: None, alarm: false, command: None };
    let alarming = |kind, door, alarm| Told { kind, door, grant: None, offline: None, alarm, command: None };
    match event {
        JournalEvent::Admitted { door, grant, .. } => calm("admitted", Some(*door), Some(*grant)),
        JournalEvent::Refused { door, grant, .. } => calm("refused", Some(*door), *grant),
        JournalEvent::Door { door, what } => alarming("door", Some(*door), is_alarm(*what)),
        JournalEvent::Device { answers, .. } => alarming("device", None, !answers),
        JournalEvent::Light { .. } => calm("light", None, None),
        JournalEvent::Started => calm("started", None, None),
        JournalEvent::Configured { .. } => calm("configured", None, None),
        JournalEvent::GrantsApplied { .. } => calm("grants_applied", None, None),
        JournalEvent::ClockStep { .. } => alarming("clock_step", None, true),
        JournalEvent::Commanded { id, done } => {
            Told { command: Some((*id, *done)), ..calm("commanded", None, None) }
        }
        JournalEvent::Gap { .. } => alarming("gap", None, true),
        JournalEvent::PostureChanged { .. } => calm("posture_changed", None, None),
        JournalEvent::AdmittedOffline { door, group, start_slot, length, serial } => {
            let said =
                OfflineSaid { group: *group, start_slot: *start_slot, length: *length, serial: *serial };
            Told { offline: Some(said), ..calm("admitted_offline", Some(*door), None) }
        }
        JournalEvent::LeaseEnding { .. } => calm("lease_ending", None, None),
        JournalEvent::Trusts { .. } => calm("trusts", None, None),
        JournalEvent::Certified { .. } => calm("certified", None, None),
        JournalEvent::LockedOut { door } => alarming("locked_out", Some(*door), true),
        JournalEvent::Disk { stalled } => alarming("disk", None, *stalled),
        JournalEvent::Damaged { .. } => alarming("damaged", None, true),
    }
}

const fn is_alarm(what: DoorEvent) -> bool {
    match what {
        DoorEvent::Forced | DoorEvent::HeldOpen | DoorEvent::Tamper => true,
        DoorEvent::Opened
        | DoorEvent::Closed
        | DoorEvent::Relocked
        | DoorEvent::Exit
        | DoorEvent::TamperRestored => false,
    }
}

/// What a walk through a gateway's stored journal found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Verified {
    /// Entries that were looked at.
    pub entries: u64,
    /// What is missing and is known to be.
    pub holes: Vec<Hole>,
    /// Where it ended, if it did not hold: in which generation, and why.
    pub broken: Option<(u64, WalkError)>,
    /// Whether the last entry is the one that the gateway's next is to follow.
    pub ends_where_it_should: bool,
    /// Whether there was more than one walk looks at.
    pub cut_short: bool,
}

/// Walks the stored chain of a gateway, generation by generation.
pub(crate) async fn verify(tx: &mut TenantTx, gateway: &Gateway) -> Result<Verified, SyncError> {
    let holes = journal::holes(tx, gateway.id).await?;
    let mut verified =
        Verified { entries: 0, holes, broken: None, ends_where_it_should: true, cut_short: false };
    let end = gateway.journal;
    let mut generations = journal::generations(tx, gateway.id).await?;
    if end.sequence > 0 && !generations.contains(&end.generation) {
        generations.push(end.generation);
    }
    for generation in generations {
        let walked = walk(tx, gateway.id, generation, &verified.holes, WALK_MAX - verified.entries).await?;
        verified.entries += walked.walk.entries();
        verified.cut_short |= walked.cut_short;
        if let Some(error) = walked.broken {
            verified.broken = Some((generation, error));
            return Ok(verified);
        }
        if verified.cut_short {
            return Ok(verified);
        }
        if generation == end.generation {
            verified.ends_where_it_should =
                walked.walk.sequence() == end.sequence && walked.walk.hash() == end.chain;
        }
    }
    Ok(verified)
}

struct Walked {
    walk: Walk,
    broken: Option<WalkError>,
    cut_short: bool,
}

async fn walk(
    tx: &mut TenantTx,
    gateway: GatewayId,
    generation: u64,
    holes: &[Hole],
    at_most: u64,
) -> Result<Walked, SyncError> {
    let mut walk = over_holes(Walk::default(), generation, holes);
    loop {
        let after = JournalPlace { generation, sequence: walk.sequence() };
        let entries = journal::after(tx, gateway, after, WALK_CHUNK).await?;
        if entries.is_empty() {
            return Ok(Walked { walk, broken: None, cut_short: false });
        }
        for entry in entries {
            if walk.entries() >= at_most {
                return Ok(Walked { walk, broken: None, cut_short: true });
            }
            match walk.step(entry.sequence, &entry.entry, &entry.chain) {
                Ok(next) => walk = over_holes(next, generation, holes),
                Err(error) => return Ok(Walked { walk, broken: Some(error), cut_short: false }),
            }
        }
    }
}

/// Goes on behind what is known to be missing right after where the walk is.
fn over_holes(walk: Walk, generation: u64, holes: &[Hole]) -> Walk {
    let next = walk.sequence().saturating_add(1);
    let hole = holes.iter().find(|hole| hole.generation == generation && hole.first == next);
    hole.map_or(walk, |hole| walk.over(hole.last, hole.chain))
}
