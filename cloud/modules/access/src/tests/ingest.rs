//! What gateways say: good messages move things, bad ones move one counter.

use cloud_contracts::{Access, AccessState};
use jiff::SignedDuration;
use protocols_ids::{BootId, GatewayId, GrantId, Uuid};
use protocols_wire::{
    CredentialKind, JournalAck, JournalEntry, JournalEvent, Kind, Position, Resync, Topic, decode, encode,
};

use super::bench::{Peer, Site, WHOLE, door};
use crate::AccessPort;
use crate::ingest::{Answer, Received, Refusal};

/// What must not move when a message is refused.
async fn standing(site: &Site) -> (String, i64) {
    let row = site.row().await;
    let journal: i64 = {
        let mut tx = site.begin().await;
        crate::store::journal::chains(&mut tx, site.gateway, row.journal.generation, 1, 1000)
            .await
            .unwrap()
            .len()
            .try_into()
            .unwrap()
    };
    (
        format!("{:?} {:?} {:?} {} {:?}", row.ledger, row.journal, row.report, row.online, row.last_heard_at),
        journal,
    )
}

/// A peer in step, with three journal entries of which two are stored.
async fn in_step(site: &Site) -> Peer {
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    for _ in 0..3 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    assert!(matches!(site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await, Received::Taken(Some(_))));
    peer
}

async fn refused(site: &Site, topic: &str, payload: &[u8], reason: Refusal) {
    let (before, counted) = (standing(site).await, site.refused(reason.name()).await);
    let received = site.deliver(topic, payload).await;
    assert!(matches!(received, Received::Refused(why, _) if why == reason), "{received:?}, not {reason:?}");
    assert_eq!(standing(site).await, before);
    assert_eq!(site.refused(reason.name()).await, counted + 1);
}

#[tokio::test]
async fn a_malformed_oversized_or_unsigned_message_changes_nothing_and_is_counted() {
    let site = Site::new().await;
    let peer = in_step(&site).await;
    for kind in Kind::UP {
        let topic = Topic::new(site.gateway, kind).to_string();
        refused(&site, &topic, b"", Refusal::Malformed).await;
        refused(&site, &topic, b"not a message", Refusal::Malformed).await;
        refused(&site, &topic, &vec![0; 70_000], Refusal::Oversized).await;
        let bare = encode(&peer.report(site.kernel().now()));
        refused(&site, &topic, &bare, Refusal::Malformed).await;
        // Well signed, but another message than the topic's.
        let other = peer.signer.seal(&topic, &JournalAck { generation: 1, sequence: 1, chain: None });
        refused(&site, &topic, &other, Refusal::Malformed).await;
    }
}

#[tokio::test]
async fn a_message_signed_by_another_key_or_for_another_topic_changes_nothing() {
    let site = Site::new().await;
    let peer = in_step(&site).await;
    let report = peer.report(site.after(1));
    let topic = Topic::new(site.gateway, Kind::State).to_string();
    // The cloud's own key, and a stranger's.
    refused(&site, &topic, &site.trust.signer().seal(&topic, &report), Refusal::Signature).await;
    let stranger = Site::new().await;
    let other = stranger.enrol().await;
    refused(&site, &topic, &other.signer.seal(&topic, &report), Refusal::Signature).await;
    // Its own key, for its journal's topic and for another gateway's.
    let journal = Topic::new(site.gateway, Kind::Journal).to_string();
    refused(&site, &topic, &peer.signer.seal(&journal, &report), Refusal::Signature).await;
    let elsewhere = Topic::new(GatewayId::new(Uuid::from_u128(9)), Kind::State).to_string();
    refused(&site, &topic, &peer.signer.seal(&elsewhere, &report), Refusal::Signature).await;
    // On a topic that leads down.
    let down = Topic::new(site.gateway, Kind::Grants).to_string();
    refused(&site, &down, &peer.signer.seal(&down, &report), Refusal::Impossible).await;
}

#[tokio::test]
async fn a_message_of_nobody_or_on_a_foreign_topic_changes_nothing() {
    let site = Site::new().await;
    let peer = in_step(&site).await;
    let before = standing(&site).await;
    let nobody = Topic::new(GatewayId::new(Uuid::from_u128(9)), Kind::State).to_string();
    let payload = peer.signer.seal(&nobody, &peer.report(site.after(1)));
    assert_eq!(site.deliver(&nobody, &payload).await, Received::Refused(Refusal::UnknownGateway, None));
    assert_eq!(site.deliver("hp/2/x/state", &payload).await, Received::Refused(Refusal::Malformed, None));
    assert_eq!(standing(&site).await, before);
}

#[tokio::test]
async fn a_gateway_that_is_not_enrolled_is_not_listened_to() {
    let site = Site::new().await;
    let other = Site::new().await;
    let peer = other.enrol().await;
    let topic = Topic::new(site.gateway, Kind::State).to_string();
    let payload = peer.signer.seal(&topic, &peer.report(site.after(1)));
    refused(&site, &topic, &payload, Refusal::UnknownGateway).await;
}

#[tokio::test]
async fn a_replayed_report_or_journal_changes_nothing() {
    let site = Site::new().await;
    let peer = in_step(&site).await;
    let topic = Topic::new(site.gateway, Kind::State).to_string();
    let old = peer.signer.seal(&topic, &peer.report(site.kernel().now()));
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    refused(&site, &topic, &old, Refusal::Replayed).await;
    let journal = Topic::new(site.gateway, Kind::Journal).to_string();
    refused(&site, &journal, &peer.signer.seal(&journal, &peer.batch(1, 2)), Refusal::Replayed).await;
}

#[tokio::test]
async fn a_journal_is_stored_once_in_order_and_acknowledged_as_far_as_it_is_stored() {
    let site = Site::new().await;
    let mut peer = in_step(&site).await;
    let ack = |peer: &Peer, sequence| Some(Answer::Journal(peer.ack(sequence)));
    // Known entries before new ones: the new ones are taken.
    assert_eq!(site.say(&peer, Kind::Journal, &peer.batch(2, 3)).await, Received::Taken(ack(&peer, 3)));
    for _ in 0..3 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    let gap = site.say(&peer, Kind::Journal, &peer.batch(5, 6)).await;
    assert_eq!(gap, Received::Refused(Refusal::Gap, ack(&peer, 3)));
    assert_eq!(site.say(&peer, Kind::Journal, &peer.batch(4, 6)).await, Received::Taken(ack(&peer, 6)));
    let again = site.say(&peer, Kind::Journal, &peer.batch(1, 6)).await;
    assert_eq!(again, Received::Refused(Refusal::Replayed, ack(&peer, 6)));
    assert_eq!(standing(&site).await.1, 6);
}

#[tokio::test]
async fn a_known_entry_with_another_content_is_a_break_and_an_alarm() {
    let site = Site::new().await;
    let peer = in_step(&site).await;
    let topic = Topic::new(site.gateway, Kind::Journal).to_string();
    let mut forged = peer.batch(1, 3);
    let mut entry: JournalEntry = decode(&forged.entries[1]).unwrap();
    entry.event = JournalEvent::Gap { missing: 1 };
    forged.entries[1] = encode(&entry).into();
    // A chain that does not fit its entries, and one made anew over them.
    refused(&site, &topic, &peer.signer.seal(&topic, &forged), Refusal::Broken).await;
    forged.head =
        forged.entries.iter().fold(forged.previous, |hash, entry| protocols_wire::chain(&hash, entry));
    refused(&site, &topic, &peer.signer.seal(&topic, &forged), Refusal::Broken).await;
    // New entries that do not follow from what is stored.
    let mut cut = peer.batch(3, 3);
    cut.previous = [9; 32];
    cut.head = protocols_wire::chain(&cut.previous, &cut.entries[0]);
    refused(&site, &topic, &peer.signer.seal(&topic, &cut), Refusal::Broken).await;
    assert!(site.row().await.journal_broken_at.is_some());
}

#[tokio::test]
async fn a_journal_of_a_generation_that_has_ended_is_refused() {
    let site = Site::new().await;
    let peer = in_step(&site).await;
    let topic = Topic::new(site.gateway, Kind::Journal).to_string();
    let mut batch = peer.batch(1, 3);
    batch.generation -= 1;
    refused(&site, &topic, &peer.signer.seal(&topic, &batch), Refusal::Impossible).await;
}

#[tokio::test]
async fn an_admitted_visitor_is_a_passage_of_the_booking() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 10);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let grant = peer.grants()[0].id;
    let main = door(&site, "Huvudentrén").await;
    let kind = CredentialKind::Pin;
    peer.write(site.after(2), JournalEvent::Admitted { door: main, grant, kind });
    let stranger = GrantId::new(Uuid::from_u128(5));
    peer.write(site.after(3), JournalEvent::Admitted { door: main, grant: stranger, kind });
    assert!(matches!(site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await, Received::Taken(_)));
    let mut tx = site.begin().await;
    let passages = AccessPort.passages(&mut tx, &[booking.booking]).await.unwrap();
    assert_eq!(passages.len(), 1);
    assert_eq!(passages[0].occurrence, booking.occurrences[0].occurrence);
    assert_eq!((passages[0].at, passages[0].door.as_str()), (site.after(2), "Huvudentrén"));
}

#[tokio::test]
async fn a_silent_site_is_told_and_a_known_code_stays_known() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let known = site.booking(1, WHOLE, 60);
    site.issue(&known).await;
    site.settle(&mut peer).await;
    let mut will = peer.report(site.kernel().now());
    will.online = false;
    // A will was signed before the table moved on: its position is no news.
    will.position = Position::default();
    assert!(matches!(site.say(&peer, Kind::State, &will).await, Received::Taken(None)));
    let new = site.booking(2, WHOLE, 120);
    site.issue(&new).await;
    assert_eq!(site.state(&known).await, AccessState::Delivered);
    assert_eq!(site.state(&new).await, AccessState::SiteSilent { since: Some(site.kernel().now()) });
    site.settle(&mut peer).await;
    assert_eq!(site.state(&new).await, AccessState::Delivered);
}

#[tokio::test]
async fn the_will_of_an_earlier_run_does_not_silence_the_one_that_goes_on() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let mut will = peer.report(site.kernel().now());
    will.online = false;
    peer.boot = BootId::new(Uuid::from_u128(0xB008));
    site.report(&peer).await;
    site.say(&peer, Kind::State, &will).await;
    assert!(site.row().await.online);
}

#[tokio::test]
async fn one_batch_waits_at_a_time_and_what_changes_meanwhile_goes_into_the_next() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let bookings = [site.booking(1, WHOLE, 60), site.booking(2, WHOLE, 180), site.booking(3, WHOLE, 300)];
    for booking in &bookings {
        site.issue(booking).await;
    }
    let before = site.row().await.ledger;
    assert_eq!(before.revision, before.acknowledged + 1);
    assert!(site.carry(&mut peer).await);
    assert_eq!(peer.table.len(), 1);
    site.report(&peer).await;
    assert_eq!(site.state(&bookings[0]).await, AccessState::Delivered);
    assert_eq!(site.state(&bookings[1]).await, AccessState::Issued);
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 3);
    assert_eq!(site.row().await.ledger.revision, before.revision + 1);
}

#[tokio::test]
async fn a_gateway_that_lost_its_table_gets_all_of_it() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    peer.table = protocols_access::GrantTable::default();
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    assert_eq!(site.state(&booking).await, AccessState::Issued);
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 1);
    assert_eq!(site.state(&booking).await, AccessState::Delivered);
}

#[tokio::test]
async fn a_gateway_ahead_of_the_cloud_begins_a_new_epoch() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    // The cloud was restored from a copy: the gateway has seen later revisions.
    let position = Position { epoch: 1, revision: 90 };
    let grants = peer.grants();
    peer.table = protocols_access::GrantTable::load(position, peer.response.seal_id, grants);
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.settle(&mut peer).await;
    assert_eq!(peer.table.position(), Position { epoch: 2, revision: 91 });
    assert_eq!(site.state(&booking).await, AccessState::Delivered);
}

#[tokio::test]
async fn a_tombstone_survives_a_new_epoch() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    site.revoke(&booking).await;
    // Before the removal arrives, the gateway turns out to be ahead.
    let grants = peer.grants();
    let position = Position { epoch: 1, revision: 90 };
    peer.table = protocols_access::GrantTable::load(position, peer.response.seal_id, grants);
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    assert_eq!(site.state(&booking).await, AccessState::Revoking);
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 0);
    assert_eq!(site.state(&booking).await, AccessState::Revoked);
}

#[tokio::test]
async fn who_asks_for_what_is_missing_gets_it() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    // In step, and asks all the same: a snapshot.
    let ask = Resync { position: peer.table.position(), config_revision: 1 };
    assert_eq!(site.say(&peer, Kind::Resync, &ask).await, Received::Taken(Some(Answer::Again)));
    assert!(site.carry(&mut peer).await);
    site.settle(&mut peer).await;
    // A delta waits that builds on what it has: the same one again.
    site.issue(&site.booking(2, WHOLE, 180)).await;
    let revision = site.row().await.ledger.revision;
    let ask = Resync { position: peer.table.position(), config_revision: 1 };
    assert_eq!(site.say(&peer, Kind::Resync, &ask).await, Received::Taken(Some(Answer::Again)));
    assert_eq!(site.row().await.ledger.revision, revision);
    // It has nothing at all: everything.
    peer.table = protocols_access::GrantTable::default();
    let ask = Resync { position: Position::default(), config_revision: 0 };
    assert_eq!(site.say(&peer, Kind::Resync, &ask).await, Received::Taken(Some(Answer::Again)));
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 2);
}

#[tokio::test]
async fn who_speaks_without_the_batch_that_waits_gets_it_again() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    assert_eq!(site.report(&peer).await, Received::Taken(None));
    site.issue(&site.booking(1, WHOLE, 60)).await;
    assert_eq!(site.report(&peer).await, Received::Taken(Some(Answer::Behind)));
    site.settle(&mut peer).await;
    assert_eq!(site.report(&peer).await, Received::Taken(None));
    // Another run has nothing of what was said to the one before.
    peer.boot = BootId::new(Uuid::from_u128(0xB008));
    assert_eq!(site.report(&peer).await, Received::Taken(Some(Answer::Again)));
}

#[tokio::test]
async fn a_position_that_cannot_be_is_refused() {
    let site = Site::new().await;
    let peer = in_step(&site).await;
    let topic = Topic::new(site.gateway, Kind::State).to_string();
    let mut report = peer.report(site.after(1));
    report.position = Position { epoch: u64::MAX, revision: 1 };
    refused(&site, &topic, &peer.signer.seal(&topic, &report), Refusal::Impossible).await;
}
