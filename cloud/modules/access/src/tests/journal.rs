//! Journals: alarms ahead of their turn, late entries, new generations, breaks, holes, retention.

use cloud_contracts::Access;
use jiff::SignedDuration;
use protocols_wire::{
    CredentialKind, DoorEvent, JournalAck, JournalBatch, JournalEvent, Kind, chain, encode,
};
use sqlx::{Connection as _, PgConnection};

use super::bench::{Peer, Site, WHOLE, door};
use super::end_to_end::WITHIN;
use crate::ingest::{Answer, Received, Refusal};
use crate::journal::verify;
use crate::store::alarm::AlarmKind;
use crate::store::journal::{EntryRow, Filter, Missing, holes, page};
use crate::{AccessPort, RETENTION_JOB};

async fn entries(site: &Site, filter: Filter<'_>) -> Vec<EntryRow> {
    let mut tx = site.begin().await;
    page(&mut tx, site.gateway, &filter, 0, 100).await.unwrap().0
}

async fn verified(site: &Site) -> crate::journal::Verified {
    let row = site.row().await;
    let mut tx = site.begin().await;
    verify(&mut tx, &row).await.unwrap()
}

fn ack(peer: &Peer, sequence: u64) -> Answer {
    Answer::Journal(peer.ack(sequence))
}

fn urgent(peer: &Peer, from: u64, to: u64) -> JournalBatch {
    JournalBatch { urgent: true, ..peer.batch(from, to) }
}

#[tokio::test]
async fn an_alarm_passes_a_backlog_is_not_acknowledged_and_is_stored_once() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let main = door(&site, "Huvudentrén").await;
    for _ in 0..4 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    peer.write(site.kernel().now(), JournalEvent::Door { door: main, what: DoorEvent::Forced });
    assert_eq!(site.say(&peer, Kind::Journal, &urgent(&peer, 5, 5)).await, Received::Taken(None));
    let shown = entries(&site, Filter { alarms: true, ..Filter::default() }).await;
    assert_eq!(shown.len(), 1);
    assert!(shown[0].ahead && shown[0].alarm && shown[0].sequence == 5);
    assert_eq!(site.row().await.journal.sequence, 0, "what lies before has not come");
    // Told again: known.
    let again = site.say(&peer, Kind::Journal, &urgent(&peer, 5, 5)).await;
    assert_eq!(again, Received::Refused(Refusal::Replayed, None));
    // In its place: once, with the time at which it was first heard.
    let first_heard = site.kernel().now();
    site.bench.clock.advance(SignedDuration::from_hours(2));
    assert_eq!(site.say(&peer, Kind::Journal, &peer.batch(1, 5)).await, Received::Taken(Some(ack(&peer, 5))));
    let shown = entries(&site, Filter { alarms: true, ..Filter::default() }).await;
    assert_eq!(shown.len(), 1);
    assert!(!shown[0].ahead && !shown[0].historical);
    assert_eq!(shown[0].received_at, first_heard);
    assert!(entries(&site, Filter::default()).await[1].historical, "the others came two hours late");
}

#[tokio::test]
async fn an_alarm_that_differs_from_the_entry_in_its_place_is_a_break() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let main = door(&site, "Huvudentrén").await;
    peer.write(site.kernel().now(), JournalEvent::Started);
    let honest = peer.journal_len();
    peer.write(site.kernel().now(), JournalEvent::Door { door: main, what: DoorEvent::Forced });
    assert_eq!(site.say(&peer, Kind::Journal, &urgent(&peer, 2, 2)).await, Received::Taken(None));
    peer.forget_after(honest);
    peer.write(site.kernel().now(), JournalEvent::Door { door: main, what: DoorEvent::Exit });
    let received = site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await;
    assert_eq!(received, Received::Refused(Refusal::Broken, None));
    assert!(site.row().await.journal_broken_at.is_some());
    assert_eq!(site.alarms().await, [(AlarmKind::JournalBroken, 1)]);
    assert_eq!(site.row().await.journal.sequence, 0, "nothing of it is stored");
}

#[tokio::test]
async fn what_is_told_more_than_ten_minutes_late_is_historical() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    peer.write(site.after(-11), JournalEvent::Started);
    peer.write(site.after(-9), JournalEvent::Started);
    site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await;
    let shown = entries(&site, Filter::default()).await;
    assert_eq!([shown[1].historical, shown[0].historical], [true, false]);
}

#[tokio::test]
async fn a_journal_that_begins_anew_is_taken_with_an_alarm_and_the_old_one_stays() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    for _ in 0..3 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    site.say(&peer, Kind::Journal, &peer.batch(1, 3)).await;
    let old = peer.generation;
    peer.begin_journal_anew();
    for _ in 0..2 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    // Not from its beginning: it is told where to begin, in its own generation.
    let gap = site.say(&peer, Kind::Journal, &peer.batch(2, 2)).await;
    assert_eq!(gap, Received::Refused(Refusal::Gap, Some(ack(&peer, 0))));
    assert_eq!(site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await, Received::Taken(Some(ack(&peer, 2))));
    assert_eq!(site.alarms().await, [(AlarmKind::JournalAnew, 1)]);
    assert_eq!(entries(&site, Filter::default()).await.len(), 5);
    assert_eq!(verified(&site).await.entries, 5);
    // The generation before has ended.
    peer.generation = old;
    let past = site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await;
    assert_eq!(past, Received::Refused(Refusal::Impossible, None));
}

#[tokio::test]
async fn what_only_a_newer_gateway_knows_is_stored_as_it_came() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    peer.write(site.kernel().now(), JournalEvent::Started);
    let mut batch = peer.batch(1, 1);
    // The event's number, 5 of 18, becomes one that nobody knows yet.
    let mut bytes = batch.entries[0].to_vec();
    let started = encode(&JournalEvent::Started);
    let at = bytes.windows(started.len()).rposition(|window| window == started).unwrap();
    bytes[at + 1] = 0x17;
    batch.head = chain(&batch.previous, &bytes);
    batch.entries[0] = bytes.clone().into();
    let stored = JournalAck { chain: Some(batch.head.into()), ..peer.ack(1) };
    let received = site.say(&peer, Kind::Journal, &batch).await;
    assert_eq!(received, Received::Taken(Some(Answer::Journal(stored))));
    let shown = entries(&site, Filter { kind: Some("unknown"), ..Filter::default() }).await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].entry, bytes);
    assert_eq!(verified(&site).await.entries, 1);
}

#[tokio::test]
async fn a_passage_by_token_is_a_passage_of_its_booking() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 10);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let grant = peer.grants()[0].id;
    let main = door(&site, "Huvudentrén").await;
    peer.write(site.after(2), JournalEvent::Admitted { door: main, grant, kind: CredentialKind::Qr });
    site.say(&peer, Kind::Journal, &peer.batch(1, 1)).await;
    let mut tx = site.begin().await;
    assert_eq!(AccessPort.passages(&mut tx, &[booking.booking]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_passage_by_an_off_line_code_is_a_passage_of_the_booking_that_it_was_given_for() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let booking = site.booking(1, WHOLE, 10);
    let occurrence = booking.occurrences[0].occurrence;
    let mut superuser = PgConnection::connect_with(&site.bench.superuser).await.unwrap();
    sqlx::query(
        "INSERT INTO access.offline_pin (tenant_id, gateway_id, group_id, start_slot, length, serial, booking_id,
           occurrence_id, allocated_at) VALUES ($1, $2, $3, 990000, 1, 4, $4, $5, now())",
    )
    .bind(site.tenant().uuid())
    .bind(site.gateway.uuid())
    .bind(WHOLE.uuid())
    .bind(booking.booking.uuid())
    .bind(occurrence.uuid())
    .execute(&mut superuser)
    .await
    .unwrap();
    let main = door(&site, "Huvudentrén").await;
    let admitted = |serial| JournalEvent::AdmittedOffline {
        door: main,
        group: WHOLE,
        start_slot: 990_000,
        length: 1,
        serial,
    };
    peer.write(site.after(2), admitted(4));
    // One that was given to nobody: kept, and nobody's.
    peer.write(site.after(3), admitted(5));
    assert_eq!(site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await, Received::Taken(Some(ack(&peer, 2))));
    let mut tx = site.begin().await;
    let passages = AccessPort.passages(&mut tx, &[booking.booking]).await.unwrap();
    assert_eq!(passages.len(), 1);
    assert_eq!((passages[0].occurrence, passages[0].at), (occurrence, site.after(2)));
}

#[tokio::test]
async fn a_stored_entry_that_was_altered_or_taken_out_is_found_by_the_walk() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    for _ in 0..6 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    site.say(&peer, Kind::Journal, &peer.batch(1, 6)).await;
    let whole = verified(&site).await;
    assert_eq!((whole.entries, whole.broken), (6, None));
    assert!(whole.ends_where_it_should);
    let mut superuser = PgConnection::connect_with(&site.bench.superuser).await.unwrap();
    sqlx::query("UPDATE access.journal SET entry = '\\x00' WHERE sequence = 4")
        .execute(&mut superuser)
        .await
        .unwrap();
    let broken = verified(&site).await.broken.unwrap().1;
    assert_eq!(broken, access_domain::WalkError::Altered { sequence: 4 });
    sqlx::query("DELETE FROM access.journal WHERE sequence = 4").execute(&mut superuser).await.unwrap();
    let broken = verified(&site).await.broken.unwrap().1;
    assert_eq!(broken, access_domain::WalkError::Lost { sequence: 5, after: 3 });
    sqlx::query("DELETE FROM access.journal WHERE sequence >= 4").execute(&mut superuser).await.unwrap();
    assert!(!verified(&site).await.ends_where_it_should, "the end was cut off");
}

#[tokio::test]
async fn old_entries_are_forgotten_and_the_chain_still_holds_from_where_they_ended() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    for _ in 0..3 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    site.say(&peer, Kind::Journal, &peer.batch(1, 3)).await;
    // The job runs because of a booking, every day.
    site.issue(&site.booking(1, WHOLE, 60)).await;
    site.bench.clock.advance(SignedDuration::from_hours(24 * 400));
    site.work().await;
    for _ in 0..2 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    site.say(&peer, Kind::Journal, &peer.batch(4, 5)).await;
    site.bench.clock.advance(SignedDuration::from_hours(24 * 340));
    site.work().await;
    let mut tx = site.begin().await;
    let missing = holes(&mut tx, site.gateway).await.unwrap();
    assert_eq!((missing[0].first, missing[0].last, missing[0].why), (1, 3, Missing::Retention));
    drop(tx);
    let left = verified(&site).await;
    assert_eq!((left.entries, left.broken), (2, None));
    assert!(left.ends_where_it_should);
    // And what comes next follows.
    peer.write(site.kernel().now(), JournalEvent::Started);
    assert_eq!(site.say(&peer, Kind::Journal, &peer.batch(6, 6)).await, Received::Taken(Some(ack(&peer, 6))));
}

#[tokio::test]
async fn a_booking_does_not_wait_for_what_is_being_forgotten() {
    let site = Site::new().await;
    site.issue(&site.booking(1, WHOLE, 60)).await;
    // As the worker holds the job for as long as the forgetting takes.
    let mut worker = PgConnection::connect_with(&site.bench.superuser).await.unwrap();
    let mut forgetting = worker.begin().await.unwrap();
    let held = sqlx::query("SELECT FROM kernel.job WHERE kind = $1 FOR UPDATE")
        .bind(RETENTION_JOB)
        .execute(&mut *forgetting)
        .await
        .unwrap();
    assert_eq!(held.rows_affected(), 1);
    let booking = site.booking(2, WHOLE, 180);
    tokio::time::timeout(WITHIN, site.issue(&booking)).await.expect("the booking waits for the job");
    assert!(site.pin(&booking).await.is_some());
}
