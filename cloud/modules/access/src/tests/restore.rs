//! The cloud restored from yesterday's backup, in a real Postgres: what the gateway gets, what its journal becomes,
//! and what people see.

use cloud_contracts::{AccessState, BookingToOpen};
use http::StatusCode;
use jiff::SignedDuration;
use protocols_ids::{PersonId, Uuid};
use protocols_wire::{CredentialKind, JournalEvent, Kind, Position, PostureMode, RenewRequest};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::bench::{Peer, Site, WHOLE, request};
use super::keys::{NOTHING, asking, begin_rotation, try_renew};
use super::pages::{ask, session};
use crate::ingest::{Answer, Received};
use crate::keys::{Asking, RenewError, Rotation, revoke};
use crate::store::alarm::AlarmKind;
use crate::store::journal::{Missing, holes};
use crate::store::keys as rows;
use crate::{journal, posture};

/// Runs statements at the server, beside the database, with nobody connected to it.
async fn beside(site: &Site, statements: &[&str]) {
    let name = site.bench.superuser.get_database().unwrap().to_owned();
    let mut server =
        PgConnection::connect_with(&site.bench.superuser.clone().database("postgres")).await.unwrap();
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1")
        .bind(&name)
        .execute(&mut server)
        .await
        .unwrap();
    for statement in statements {
        let sql = statement.replace('@', &name);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut server).await.unwrap();
    }
}

async fn back_up(site: &Site) {
    beside(site, &["CREATE DATABASE @_backup TEMPLATE @ OWNER hallport_owner"]).await;
}

async fn restore(site: &Site) {
    beside(
        site,
        &[
            "DROP DATABASE @ WITH (FORCE)",
            "CREATE DATABASE @ TEMPLATE @_backup OWNER hallport_owner",
            "DROP DATABASE @_backup",
        ],
    )
    .await;
}

async fn order(site: &Site, mode: PostureMode) {
    let mut tx = site.begin().await;
    let person = PersonId::new(Uuid::from_u128(0x000F_F1CE));
    assert!(posture::order(&mut tx, site.gateway, mode, "bråk", person).await.unwrap());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_cloud_restored_from_yesterdays_backup_sends_all_anew_and_says_what_is_missing() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let kept = site.booking(1, WHOLE, 60);
    let cancelled = site.booking(2, WHOLE, 180);
    site.issue(&kept).await;
    site.issue(&cancelled).await;
    site.settle(&mut peer).await;
    for _ in 0..2 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await;
    peer.acknowledged = 2;
    back_up(&site).await;

    // The day goes on: a booking, a cancellation, a lockdown, and four entries that are stored and acknowledged.
    let lost = site.booking(3, WHOLE, 300);
    site.issue(&lost).await;
    site.revoke(&cancelled).await;
    order(&site, PostureMode::Lockdown).await;
    peer.posture = (site.row().await.posture_counter, PostureMode::Lockdown);
    site.settle(&mut peer).await;
    for _ in 0..4 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    site.say(&peer, Kind::Journal, &peer.batch(3, 6)).await;
    peer.acknowledged = 6;
    let before = peer.table.position();
    assert_eq!(peer.table.len(), 2);

    restore(&site).await;
    site.bench.clock.advance(SignedDuration::from_hours(1));
    // While it is silent, the restored cloud says what it believes.
    assert_eq!(site.row().await.posture, PostureMode::Normal);
    // What the gateway has written meanwhile; what the cloud lost is deleted there.
    for _ in 0..2 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    site.settle(&mut peer).await;

    // Grants: a new epoch with a snapshot of what the restored cloud knows.
    assert_eq!(peer.table.position(), Position { epoch: before.epoch + 1, revision: before.revision + 1 });
    assert_eq!(site.state(&kept).await, AccessState::Delivered);
    assert_eq!(site.state(&lost).await, AccessState::NoDoors, "nobody knows of it any more");
    assert!(peer.grants().iter().all(|grant| grant.booking_number != lost.number));
    assert!(
        peer.grants().iter().any(|grant| grant.booking_number == cancelled.number),
        "the cloud forgot that too"
    );
    // The lockdown goes on: nobody has lifted it.
    let row = site.row().await;
    assert_eq!((row.posture, row.posture_counter), (PostureMode::Lockdown, peer.posture.0));

    // Journal: nothing is acknowledged that is not stored, the hole is counted, and the chain goes on behind it.
    let received = site.say(&peer, Kind::Journal, &peer.batch(7, 8)).await;
    assert_eq!(received, Received::Taken(Some(Answer::Journal(peer.ack(8)))));
    peer.acknowledged = 8;
    let mut tx = site.begin().await;
    let missing = holes(&mut tx, site.gateway).await.unwrap();
    assert_eq!(missing.len(), 1);
    assert_eq!((missing[0].first, missing[0].last, missing[0].why), (3, 6, Missing::Restored));
    let walked = journal::verify(&mut tx, &site.row().await).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((walked.entries, walked.broken, walked.ends_where_it_should), (4, None, true));

    // What people see.
    let mut kinds: Vec<AlarmKind> = site.alarms().await.into_iter().map(|(kind, _)| kind).collect();
    kinds.sort_unstable_by_key(|kind| kind.name());
    assert_eq!(kinds, [AlarmKind::CloudRestored, AlarmKind::JournalMissing]);
    // The gateway remembers that a right was taken back, keeps its row and refuses it.
    peer.taken_back = 1;
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    let token = session(&site, Some(cloud_kernel::Role::Technician)).await;
    let (status, page) = ask(&site, "GET", "/gateways", Some(&token)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Hallen hade nyare uppgifter än tjänsten."), "{page}");
    assert!(page.contains("Händelserna 3–6 saknas här."), "{page}");
    assert!(page.contains("En återtagen kod är tillbaka i tjänsten"), "{page}");
    let (_, page) = ask(&site, "GET", &format!("/gateways/{}/journal", site.gateway), Some(&token)).await;
    assert!(
        page.contains("Händelserna 3–6 saknas här: tjänsten återställdes från en säkerhetskopia"),
        "{page}"
    );
}

#[tokio::test]
async fn entries_that_the_gateway_still_has_are_asked_for_and_never_given_up() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    back_up(&site).await;
    for _ in 0..4 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    site.say(&peer, Kind::Journal, &peer.batch(1, 4)).await;
    // The acknowledgement never arrived: the gateway still has them all.
    restore(&site).await;
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    let from_the_start = Some(Answer::Journal(peer.ack(0)));
    let gap = site.say(&peer, Kind::Journal, &peer.batch(3, 4)).await;
    assert_eq!(gap, Received::Refused(crate::ingest::Refusal::Gap, from_the_start));
    assert!(matches!(site.say(&peer, Kind::Journal, &peer.batch(1, 4)).await, Received::Taken(Some(_))));
    let mut tx = site.begin().await;
    assert!(holes(&mut tx, site.gateway).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_order_under_a_counter_that_was_lost_is_sent_again_above_it() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    back_up(&site).await;
    order(&site, PostureMode::Lockdown).await;
    peer.posture = (site.row().await.posture_counter, PostureMode::Lockdown);
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    restore(&site).await;
    // Before the gateway is heard somebody orders something else, and gets the same counter.
    order(&site, PostureMode::Emergency).await;
    assert_eq!(site.row().await.posture_counter, peer.posture.0);
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    let row = site.row().await;
    assert_eq!((row.posture, row.posture_counter), (PostureMode::Emergency, peer.posture.0 + 1));
    assert_eq!(site.alarms().await, [(AlarmKind::CloudRestored, 1)]);
    let token = session(&site, Some(cloud_kernel::Role::Caretaker)).await;
    let hall = format!("/doors/{}", site.gateway);
    let (_, page) = ask(&site, "GET", &hall, Some(&token)).await;
    assert!(page.contains("På väg till hallen"), "{page}");
    peer.posture = (row.posture_counter, row.posture);
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    assert_eq!(site.row().await.posture_counter, row.posture_counter);
    let (_, page) = ask(&site, "GET", &hall, Some(&token)).await;
    assert!(page.contains("Har tagit emot det"), "{page}");
}

#[tokio::test]
async fn a_certificate_that_was_renewed_after_the_backup_is_noted_renews_and_can_be_taken_back() {
    let site = Site::new().await;
    let (key, csr) = request();
    let peer = site.enrol_with(&key).await;
    back_up(&site).await;
    site.bench.clock.advance(SignedDuration::from_hours(300 * 24));
    let first = asking(&site, &peer).await;
    try_renew(&site, &first, &RenewRequest { csr_pem: Some(csr), ..NOTHING }).await.unwrap();
    let renewed = asking(&site, &peer).await;
    assert_ne!(renewed.serial, first.serial);
    restore(&site).await;
    assert_eq!(asking(&site, &peer).await, first);

    // A certificate of our authority for another key is nobody's.
    let other = Asking { public_key: [9; 32], ..renewed.clone() };
    assert!(matches!(try_renew(&site, &other, &NOTHING).await, Err(RenewError::Unknown)));
    try_renew(&site, &renewed, &NOTHING).await.unwrap();
    assert_eq!(asking(&site, &peer).await, renewed);
    assert_eq!(site.alarms().await, [(AlarmKind::CloudRestored, 1)]);
    for known in [&first, &renewed] {
        try_renew(&site, known, &NOTHING).await.unwrap();
    }
    assert_eq!(site.alarms().await, [(AlarmKind::CloudRestored, 1)]);
    assert_eq!(asking(&site, &peer).await, renewed);
    let mut tx = site.begin().await;
    revoke(&mut tx, site.gateway, cloud_kernel::Actor::Service("test")).await.unwrap();
    let listed: Vec<_> = rows::revoked(&mut tx).await.unwrap().into_iter().map(|one| one.serial).collect();
    tx.commit().await.unwrap();
    assert!(listed.contains(&first.serial) && listed.contains(&renewed.serial), "{listed:?}");
    assert!(matches!(try_renew(&site, &renewed, &NOTHING).await, Err(RenewError::Revoked)));
}

/// Fetches what is newer than what the peer has, and says so.
async fn fetch(site: &Site, peer: &mut Peer) {
    let known = asking(site, peer).await;
    let held = RenewRequest { seal_id: peer.response.seal_id, ..NOTHING };
    for seal in try_renew(site, &known, &held).await.unwrap().seals {
        peer.takes_secret(&seal);
    }
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.settle(peer).await;
}

/// A secret was replaced after the backup; the gateway has deleted the one that the restored cloud knows.
async fn restored_from_before_a_secret() -> (Site, Peer, BookingToOpen) {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 600);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    back_up(&site).await;
    assert_eq!(begin_rotation(&site).await, Rotation::Begun(2));
    fetch(&site, &mut peer).await;
    restore(&site).await;
    assert_eq!(site.row().await.newest_seal, 1);
    (site, peer, booking)
}

async fn opens_under(site: &Site, peer: &Peer, booking: &BookingToOpen, seal_id: u32) {
    assert_eq!(site.row().await.enrolment.unwrap().seal_id, seal_id);
    assert_eq!((peer.response.seal_id, peer.table.seal_id()), (seal_id, seal_id));
    assert_eq!(site.state(booking).await, AccessState::Delivered);
    let pin = site.pin(booking).await.unwrap();
    let sealed = peer.sealer.credential(CredentialKind::Pin, &pin);
    assert!(peer.grants().iter().any(|grant| grant.credentials == [sealed]));
}

#[tokio::test]
async fn a_sealing_secret_that_the_backup_does_not_know_is_followed_by_a_new_one() {
    let (site, mut peer, booking) = restored_from_before_a_secret().await;
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    // It is in use at once: a gateway hears of it by the snapshot that it cannot read yet.
    assert_eq!(site.row().await.newest_seal, 3);
    assert_eq!(site.alarms().await[0].0, AlarmKind::CloudRestored);
    fetch(&site, &mut peer).await;
    opens_under(&site, &peer, &booking, 3).await;
    assert_eq!(begin_rotation(&site).await, Rotation::Begun(4));
    fetch(&site, &mut peer).await;
    opens_under(&site, &peer, &booking, 4).await;
}

#[tokio::test]
async fn a_secret_that_was_made_anew_under_a_number_that_was_lost_is_not_taken_for_the_gateways() {
    let (site, mut peer, booking) = restored_from_before_a_secret().await;
    assert_eq!(begin_rotation(&site).await, Rotation::Begun(2), "nothing was heard of the other one yet");
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    fetch(&site, &mut peer).await;
    opens_under(&site, &peer, &booking, 3).await;
}
