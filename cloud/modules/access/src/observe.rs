//! What operators see of bookings on their way to the door and back: figures, and the steps of a booking's
//! story.
//!
//! ```text
//!   booking.confirmed ◀ outbox ◀ worker ◀ access.batch_built ◀ access.batch_published ◀ access.confirmed
//!         ▲
//!         └── door.admitted ◀─ door.opened, door.closed, …      each step is part of the one it points at
//! ```
//!
//! **Invariant:** spans carry ids, numbers and names of our own; no code, no name of a person or customer.

use cloud_kernel::telemetry::{Measures, Span, SpanKind, Story, figures};
use cloud_kernel::{Kernel, TenantTx};
use jiff::Timestamp;
use protocols_ids::{BookingId, GatewayId};
use protocols_wire::{DoorEvent, JournalEntry, JournalEvent, TimeQuality, decode};

use crate::store::journal::Link;
use crate::store::{calendar_time, gateway, grant, observe as store};
use crate::sync::HORIZON;

/// The event or job waited for a worker.
const OUTBOX: &str = "outbox";
/// A worker took it up.
const WORKER: &str = "worker";
/// The batch that carries it was built.
const BUILT: &str = "access.batch_built";
/// That batch was handed to the connection with the broker, for the first time over this connection.
const PUBLISHED: &str = "access.batch_published";
/// The gateway said that it has it.
const CONFIRMED: &str = "access.confirmed";
/// The gateway admitted somebody by its right.
const ADMITTED: &str = "door.admitted";
/// The gateway refused somebody who has a right, at that time or door.
const REFUSED: &str = "door.refused";
/// Bookings of one batch whose stories are told: a delta has a few. A snapshot has thousands, and is no step
/// of any one booking.
const BOOKINGS_TOLD_MAX: usize = 64;

fn batch_key(gateway: GatewayId, revision: u64) -> String {
    format!("{gateway}/{revision}")
}

/// A batch was built, in the transaction that stores it.
pub(crate) async fn built(
    tx: &mut TenantTx,
    id: GatewayId,
    base: u64,
    revision: u64,
) -> Result<(), sqlx::Error> {
    figures::BATCHES_BUILT.count(&[if base == 0 { "snapshot" } else { "delta" }]);
    if !tx.is_traced() {
        return Ok(());
    }
    let key = batch_key(id, revision);
    let (began, ended, underway) = (tx.now(), tx.kernel().now(), tx.underway().cloned());
    for booking in told_of(tx, id, base, revision).await? {
        let story = Story::of(booking.uuid());
        let mut parent = story.root();
        if let Some(underway) = &underway {
            let waited = story
                .goes_on((OUTBOX, &key), parent, underway.written_at, underway.taken_at)
                .of_kind(SpanKind::Producer)
                .with("hallport.event", &underway.kind);
            let worked = story
                .goes_on((WORKER, &key), waited.at.span, underway.taken_at, ended)
                .of_kind(SpanKind::Consumer)
                .linked(Some(underway.span));
            parent = worked.at.span;
            tx.span(waited);
            tx.span(worked);
        }
        tx.span(at_gateway(story.goes_on((BUILT, &key), parent, began, ended), id, revision));
    }
    Ok(())
}

/// The bookings of a batch that is on its way, for [`published`]; none where nobody wants to know.
pub(crate) async fn told_of(
    tx: &mut TenantTx,
    gateway: GatewayId,
    base: u64,
    revision: u64,
) -> Result<Vec<BookingId>, sqlx::Error> {
    if base == 0 || !tx.is_traced() {
        return Ok(Vec::new());
    }
    let mut bookings = grant::bookings_between(tx, gateway, base, revision).await?;
    bookings.truncate(BOOKINGS_TOLD_MAX);
    Ok(bookings)
}

/// All of a batch was handed to the connection with the broker; for the first time over this connection where
/// bookings are named.
pub(crate) fn published(kernel: &Kernel, gateway: GatewayId, revision: u64, bookings: &[BookingId]) {
    figures::BATCHES_SENT.count(&[]);
    let (key, now) = (batch_key(gateway, revision), kernel.now());
    for booking in bookings {
        let story = Story::of(booking.uuid());
        let span =
            story.goes_on((PUBLISHED, &key), story.step(BUILT, &key), now, now).of_kind(SpanKind::Producer);
        kernel.tracer().tell(at_gateway(span, gateway, revision));
    }
}

/// The gateway says that it has everything up to `revision`; called before that is written down.
pub(crate) async fn confirmed(
    tx: &mut TenantTx,
    id: GatewayId,
    acknowledged: u64,
    revision: u64,
) -> Result<(), sqlx::Error> {
    figures::BATCHES_CONFIRMED.count(&[]);
    // A snapshot brings what was known before: it says nothing about how long a booking took.
    if store::batch_base(tx, id).await?.is_none_or(|base| base == 0) {
        return Ok(());
    }
    let now = tx.kernel().now();
    for new in store::carried(tx, id, acknowledged, revision).await? {
        let Some(booked_at) = made_at(new.booking) else { continue };
        let within_horizon = booked_at.checked_add(HORIZON).is_ok_and(|horizon| new.opens_at < horizon);
        if within_horizon && let Ok(took) = now.duration_since(booked_at).try_into() {
            figures::BOOKING_TO_GATEWAY.took(&[], took);
        }
    }
    let key = batch_key(id, revision);
    for booking in told_of(tx, id, acknowledged, revision).await? {
        let story = Story::of(booking.uuid());
        let span = story
            .goes_on((CONFIRMED, &key), story.step(PUBLISHED, &key), now, now)
            .of_kind(SpanKind::Consumer);
        tx.span(at_gateway(span, id, revision));
    }
    Ok(())
}

/// When a booking was made: its id is a version 7 UUID.
fn made_at(booking: BookingId) -> Option<Timestamp> {
    let (seconds, nanos) = booking.uuid().get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok()
}

fn at_gateway(span: Span, gateway: GatewayId, revision: u64) -> Span {
    span.with("hallport.gateway", &gateway).with_number("hallport.revision", revision)
}

/// An entry came for the first time: ahead of its turn, or in it.
pub(crate) fn heard(link: &Link<'_>) {
    let event = decode::<JournalEntry>(link.bytes).map(|entry| entry.event);
    if let Some(alarm) = event.ok().as_ref().and_then(alarm) {
        figures::JOURNAL_ALARMS.count(&[alarm]);
    }
}

/// A journal entry was stored in its place, in the transaction that stores it; it had arrived at `arrived`.
pub(crate) async fn stored(
    tx: &mut TenantTx,
    gateway: GatewayId,
    generation: u64,
    link: &Link<'_>,
    arrived: Timestamp,
    booking: Option<BookingId>,
) -> Result<(), sqlx::Error> {
    let at = calendar_time(link.frame.at);
    figures::JOURNAL_ENTRIES.count(&[link.told.kind]);
    if let Ok(late) = arrived.duration_since(at).try_into() {
        figures::JOURNAL_DELAY.took(&[], late);
    }
    if !tx.is_traced() {
        return Ok(());
    }
    let Ok(entry) = decode::<JournalEntry>(link.bytes) else { return Ok(()) };
    let key = |sequence: u64| format!("{gateway}/{generation}/{sequence}");
    let span = match (&entry.event, booking) {
        (JournalEvent::Door { door, what }, _) => {
            // A door's events belong to the last one who was admitted there.
            let admitted = store::admitted_before(tx, gateway, generation, entry.sequence, *door).await?;
            admitted.map(|(booking, sequence)| {
                let story = Story::of(booking.uuid());
                let parent = story.step(ADMITTED, &key(sequence));
                story.goes_on((door_step(*what), &key(entry.sequence)), parent, at, at)
            })
        }
        (event, Some(booking)) => decided(event).map(|name| {
            let story = Story::of(booking.uuid());
            story.goes_on((name, &key(entry.sequence)), story.root(), at, at)
        }),
        (_, None) => None,
    };
    if let Some(span) = span {
        let door = link.told.door.map(|door| door.to_string()).unwrap_or_default();
        let span = span
            .with("hallport.gateway", &gateway)
            .with("hallport.door", &door)
            .with("hallport.boot", &entry.boot)
            .with("hallport.time_quality", quality(entry.time_quality))
            .with_number("hallport.sequence", entry.sequence)
            .with_number("hallport.uptime_ms", entry.uptime_ms);
        tx.span(span);
    }
    Ok(())
}

/// The step of a booking that a decision at the door is; `None` for what is no decision.
const fn decided(event: &JournalEvent) -> Option<&'static str> {
    match event {
        JournalEvent::Admitted { .. } | JournalEvent::AdmittedOffline { .. } => Some(ADMITTED),
        JournalEvent::Refused { .. } => Some(REFUSED),
        JournalEvent::Door { .. }
        | JournalEvent::Device { .. }
        | JournalEvent::Light { .. }
        | JournalEvent::Started
        | JournalEvent::Configured { .. }
        | JournalEvent::GrantsApplied { .. }
        | JournalEvent::ClockStep { .. }
        | JournalEvent::Commanded { .. }
        | JournalEvent::Gap { .. }
        | JournalEvent::PostureChanged { .. }
        | JournalEvent::LeaseEnding { .. }
        | JournalEvent::Trusts { .. }
        | JournalEvent::Certified { .. }
        | JournalEvent::LockedOut { .. }
        | JournalEvent::Disk { .. }
        | JournalEvent::Damaged { .. } => None,
    }
}

const fn door_step(what: DoorEvent) -> &'static str {
    match what {
        DoorEvent::Opened => "door.opened",
        DoorEvent::Closed => "door.closed",
        DoorEvent::Relocked => "door.relocked",
        DoorEvent::Forced => "door.forced",
        DoorEvent::HeldOpen => "door.held_open",
        DoorEvent::Exit => "door.exit",
        DoorEvent::Tamper => "door.tamper",
        DoorEvent::TamperRestored => "door.tamper_restored",
    }
}

const fn quality(quality: TimeQuality) -> &'static str {
    match quality {
        TimeQuality::Synchronised => "synchronised",
        TimeQuality::Holdover => "holdover",
        TimeQuality::Unknown => "unknown",
    }
}

/// The name of what somebody should hear of; `None` for the day's ordinary events.
const fn alarm(event: &JournalEvent) -> Option<&'static str> {
    match event {
        JournalEvent::Door { what, .. } => match what {
            DoorEvent::Forced => Some("forced"),
            DoorEvent::HeldOpen => Some("held_open"),
            DoorEvent::Tamper => Some("tamper"),
            DoorEvent::Opened
            | DoorEvent::Closed
            | DoorEvent::Relocked
            | DoorEvent::Exit
            | DoorEvent::TamperRestored => None,
        },
        JournalEvent::Device { answers: false, .. } => Some("device_lost"),
        JournalEvent::ClockStep { .. } => Some("clock_step"),
        JournalEvent::Gap { .. } => Some("gap"),
        JournalEvent::LeaseEnding { .. } => Some("lease_ending"),
        JournalEvent::LockedOut { .. } => Some("locked_out"),
        JournalEvent::Disk { stalled: true } => Some("disk_stalled"),
        JournalEvent::Damaged { .. } => Some("damaged"),
        JournalEvent::Admitted { .. }
        | JournalEvent::Refused { .. }
        | JournalEvent::Device { answers: true, .. }
        | JournalEvent::Light { .. }
        | JournalEvent::Started
        | JournalEvent::Configured { .. }
        | JournalEvent::GrantsApplied { .. }
        | JournalEvent::Commanded { .. }
        | JournalEvent::PostureChanged { .. }
        | JournalEvent::AdmittedOffline { .. }
        | JournalEvent::Trusts { .. }
        | JournalEvent::Certified { .. }
        | JournalEvent::Disk { stalled: false } => None,
    }
}

/// How the tenant's gateways are.
pub(crate) async fn measure(tx: &mut TenantTx, measures: &mut Measures) -> Result<(), sqlx::Error> {
    let now = tx.now();
    for state in ["speaking", "silent", "not_enrolled"] {
        measures.add(&figures::SITES, &[state], 0.0);
    }
    for metric in [
        &figures::SITES_BEHIND,
        &figures::SITES_BROKEN,
        &figures::SITES_DEVICES_LOST,
        &figures::SITES_TABLES_DIFFERED,
    ] {
        measures.add(metric, &[], 0.0);
    }
    for gateway in gateway::all(tx).await? {
        let differed = u32::try_from(gateway.hash_mismatches).unwrap_or(u32::MAX);
        measures.add(&figures::SITES_TABLES_DIFFERED, &[], f64::from(differed));
        if gateway.enrolment.is_none() {
            measures.add(&figures::SITES, &["not_enrolled"], 1.0);
            continue;
        }
        let speaks = gateway.speaks(now);
        measures.add(&figures::SITES, &[if speaks { "speaking" } else { "silent" }], 1.0);
        if gateway.wants_snapshot || gateway.ledger.acknowledged < gateway.ledger.revision {
            measures.add(&figures::SITES_BEHIND, &[], 1.0);
        }
        if gateway.journal_broken_at.is_some() {
            measures.add(&figures::SITES_BROKEN, &[], 1.0);
        }
        if let Some(report) = gateway.report.filter(|_| speaks) {
            let lost = u32::try_from(report.devices_lost.len()).unwrap_or(u32::MAX);
            measures.add(&figures::SITES_DEVICES_LOST, &[], f64::from(lost));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::Uuid;

    #[test]
    fn a_bookings_id_says_when_it_was_made() {
        let random = cloud_kernel::Random::from_seed(1);
        let at: Timestamp = "2026-11-23T09:00:00.123Z".parse().unwrap();
        assert_eq!(made_at(BookingId::new(random.uuid_v7(at))), Some(at));
        assert_eq!(made_at(BookingId::new(Uuid::from_u128(1))), None);
    }
}
