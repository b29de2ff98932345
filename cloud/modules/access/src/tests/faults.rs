//! Faults on the way up, and what people see of them.

use cloud_contracts::AccessState;
use cloud_kernel::Role;
use jiff::SignedDuration;
use protocols_ids::{BootId, Uuid};
use protocols_wire::{JournalEvent, Kind, TimeQuality, Topic, UnixMs};

use super::bench::{Peer, Site, WHOLE};
use super::pages::{ask, session};
use crate::ingest::{Answer, Received, Refusal};
use crate::store::alarm::AlarmKind;

fn second_boot() -> BootId {
    BootId::new(Uuid::from_u128(0xB008))
}

/// What the page of gateways says to a technician.
async fn seen(site: &Site) -> String {
    let token = session(site, Some(Role::Technician)).await;
    ask(site, "GET", "/gateways", Some(&token)).await.1
}

#[tokio::test]
async fn two_boxes_with_one_identity_are_noticed_by_their_runs_that_alternate() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let first = peer.boot;
    site.bench.clock.advance(SignedDuration::from_secs(60));
    // A restart is no alarm.
    peer.boot = second_boot();
    assert!(matches!(site.report(&peer).await, Received::Taken(_)));
    assert!(site.alarms().await.is_empty());
    // The run before goes on: there are two.
    site.bench.clock.advance(SignedDuration::from_secs(60));
    peer.boot = first;
    assert!(matches!(site.report(&peer).await, Received::Taken(_)));
    assert_eq!(site.alarms().await, [(AlarmKind::TwoBoxes, 1)]);
    assert!(seen(&site).await.contains("Två datorer uppger sig vara den här undercentralen."));
}

#[tokio::test]
async fn an_old_report_of_a_run_that_has_ended_changes_nothing() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let topic = Topic::new(site.gateway, Kind::State).to_string();
    let old = peer.signer.seal(&topic, &peer.report(site.kernel().now()));
    site.bench.clock.advance(SignedDuration::from_secs(60));
    peer.boot = second_boot();
    site.report(&peer).await;
    let before = format!("{:?}", site.row().await);
    assert_eq!(site.deliver(&topic, &old).await, Received::Refused(Refusal::Replayed, None));
    assert_eq!(format!("{:?}", site.row().await), before);
    assert!(site.alarms().await.is_empty());
}

#[tokio::test]
async fn two_boxes_whose_journals_part_are_a_break_that_people_see() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    peer.write(site.kernel().now(), JournalEvent::Started);
    site.say(&peer, Kind::Journal, &peer.batch(1, 1)).await;
    let copied = peer.journal_len();
    peer.write(site.kernel().now(), JournalEvent::Started);
    site.say(&peer, Kind::Journal, &peer.batch(2, 2)).await;
    // The copy of its disk goes its own way.
    peer.forget_after(copied);
    peer.write(site.kernel().now(), JournalEvent::Configured { revision: 9 });
    let received = site.say(&peer, Kind::Journal, &peer.batch(2, 2)).await;
    assert_eq!(received, Received::Refused(Refusal::Broken, None));
    assert_eq!(site.alarms().await, [(AlarmKind::JournalBroken, 1)]);
    assert!(seen(&site).await.contains("Händelselistan motsäger sig själv"));
}

#[tokio::test]
async fn entries_withheld_reordered_or_cut_off_are_asked_for_and_stored_once_in_order() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    for _ in 0..9 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    let ack = |peer: &Peer, sequence| Some(Answer::Journal(peer.ack(sequence)));
    // The last part first, the middle withheld.
    assert_eq!(
        site.say(&peer, Kind::Journal, &peer.batch(7, 9)).await,
        Received::Refused(Refusal::Gap, ack(&peer, 0))
    );
    assert_eq!(site.say(&peer, Kind::Journal, &peer.batch(1, 3)).await, Received::Taken(ack(&peer, 3)));
    assert_eq!(
        site.say(&peer, Kind::Journal, &peer.batch(7, 9)).await,
        Received::Refused(Refusal::Gap, ack(&peer, 3))
    );
    // Two entries in each other's place, and a batch whose end was cut off.
    let mut swapped = peer.batch(4, 6);
    swapped.entries.swap(0, 1);
    assert!(matches!(
        site.say(&peer, Kind::Journal, &swapped).await,
        Received::Refused(Refusal::Malformed, None)
    ));
    let mut cut = peer.batch(4, 6);
    cut.entries.pop();
    assert!(matches!(site.say(&peer, Kind::Journal, &cut).await, Received::Refused(Refusal::Broken, None)));
    let topic = Topic::new(site.gateway, Kind::Journal).to_string();
    let sealed = peer.signer.seal(&topic, &peer.batch(4, 6));
    assert!(matches!(site.deliver(&topic, &sealed[..sealed.len() - 9]).await, Received::Refused(_, None)));
    assert_eq!(site.row().await.journal.sequence, 3, "none of that is stored");
    assert_eq!(site.say(&peer, Kind::Journal, &peer.batch(4, 9)).await, Received::Taken(ack(&peer, 9)));
}

/// A peer tells entries in batches that are lost, doubled and out of order; every acknowledgement is checked
/// against what is stored.
#[tokio::test]
async fn no_acknowledgement_ever_lies_beyond_what_is_stored() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    for _ in 0..30 {
        peer.write(site.kernel().now(), JournalEvent::Started);
    }
    let (mut random, mut acknowledged) = (0x1234_5678_u64, 0);
    for round in 0..200 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let from = if round % 3 == 0 { acknowledged + 1 } else { (random >> 33) % 30 + 1 }.min(30);
        let to = (from + (random >> 50) % 6).min(30);
        let received = site.say(&peer, Kind::Journal, &peer.batch(from, to)).await;
        if let Some(Answer::Journal(ack)) = received.answer() {
            assert_eq!(ack.sequence, site.row().await.journal.sequence, "{from}–{to}");
            acknowledged = ack.sequence;
        }
    }
    assert_eq!(acknowledged, 30, "and in the end all is stored");
    assert!(site.alarms().await.is_empty());
}

#[tokio::test]
async fn a_clock_far_off_is_told_in_words() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    site.bench.clock.advance(SignedDuration::from_secs(60));
    let mut report = peer.report(site.after(180));
    site.say(&peer, Kind::State, &report).await;
    assert!(seen(&site).await.contains("Klockan går 180 minuter före"));
    // It does not poison what follows once the box has started anew with a right clock.
    peer.boot = second_boot();
    site.bench.clock.advance(SignedDuration::from_secs(60));
    report = peer.report(site.kernel().now());
    report.time_quality = TimeQuality::Unknown;
    assert!(matches!(site.say(&peer, Kind::State, &report).await, Received::Taken(_)));
    let page = seen(&site).await;
    assert!(page.contains("Klockan är inte ställd") && !page.contains("minuter före"), "{page}");
}

#[tokio::test]
async fn what_a_report_says_is_told_with_what_to_do() {
    let site = Site::new().await;
    let mut peer: Peer = site.enrol().await;
    site.settle(&mut peer).await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    site.bench.clock.advance(SignedDuration::from_secs(60));
    let now = site.kernel().now();
    let mut report = peer.report(now);
    let in_days = |days: i64| Some(UnixMs(now.as_millisecond() + days * 86_400_000));
    report.disk_stalled = true;
    report.certificate_expires_at = in_days(20);
    report.lease_until = in_days(2);
    report.grants_not_understood = 2;
    report.program = "0.3.1".to_owned();
    report.clock_uncertainty_ms = Some(45_000);
    report.contract_version = 0;
    site.say(&peer, Kind::State, &report).await;
    let page = seen(&site).await;
    for told in [
        "Skivan tar inte emot något",
        "Certifikatet går ut",
        "Koder slutar gälla",
        "2 koder förstår hallen inte",
        "0.3.1",
        "Klockan kan gå 45 sekunder fel",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    // And the person who booked is not told that the door knows.
    assert_eq!(site.state(&booking).await, AccessState::Refused);
}

#[tokio::test]
async fn an_alarm_stays_until_somebody_has_seen_to_it_and_comes_again_as_a_new_one() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let (first, second) = (peer.boot, second_boot());
    for boot in [second, first, second] {
        site.bench.clock.advance(SignedDuration::from_secs(60));
        peer.boot = boot;
        site.report(&peer).await;
    }
    assert_eq!(site.alarms().await, [(AlarmKind::TwoBoxes, 2)]);
    let token = session(&site, Some(Role::Technician)).await;
    let page = seen(&site).await;
    let button = page.split("/alarms/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = format!("/gateways/{}/alarms/{button}", site.gateway);
    assert_eq!(ask(&site, "POST", &path, Some(&token)).await.0, http::StatusCode::SEE_OTHER);
    assert!(site.alarms().await.is_empty());
    site.bench.clock.advance(SignedDuration::from_secs(60));
    peer.boot = first;
    site.report(&peer).await;
    assert_eq!(site.alarms().await, [(AlarmKind::TwoBoxes, 1)]);
}
