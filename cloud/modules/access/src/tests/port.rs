//! Giving and taking back.

use cloud_contracts::{Access, AccessState, BookingToOpen, OccurrenceToOpen};
use jiff::SignedDuration;
use protocols_ids::{OccurrenceId, Uuid};
use protocols_wire::CredentialKind;

use super::bench::{FIELD, HALF, Site, WHOLE};
use crate::AccessPort;
use crate::store::grant::Holder;

/// Who has a booking's own code.
fn holder_of(booking: &BookingToOpen) -> Holder {
    Holder { booking: booking.booking, bearer: None }
}

#[tokio::test]
async fn a_booking_reaches_the_gateway_as_a_sealed_code_with_each_doors_window() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let booking = site.booking(17, WHOLE, 60);
    site.issue(&booking).await;
    assert_eq!(site.state(&booking).await, AccessState::Issued);
    site.settle(&mut peer).await;
    assert_eq!(site.state(&booking).await, AccessState::Delivered);

    let grants = peer.grants();
    assert_eq!(grants.len(), 1);
    let pin = site.pin(&booking).await.unwrap();
    assert_eq!(grants[0].credentials, [peer.sealer.credential(CredentialKind::Pin, &pin)]);
    assert_eq!(grants[0].booking_number, 17);
    let windows: Vec<_> = grants[0].doors.iter().map(|door| (door.not_before.0, door.not_after.0)).collect();
    let at = |minutes| site.after(minutes).as_millisecond();
    assert_eq!(windows, [(at(45), at(130)), (at(55), at(150))]);
    assert_eq!(grants[0].zones.len(), 1);
}

#[tokio::test]
async fn what_a_person_sees_has_doors_span_and_the_code_only_for_those_who_may_enter() {
    let site = Site::new().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    let mut tx = site.begin().await;
    let seen = AccessPort.of_booking(&mut tx, booking.booking, false).await.unwrap().unwrap();
    assert_eq!(seen.pin, None);
    assert_eq!(seen.doors, ["Huvudentrén", "Omklädning"]);
    assert_eq!((seen.opens_at, seen.closes_at), (Some(site.after(45)), Some(site.after(150))));
    let shown = AccessPort.of_booking(&mut tx, booking.booking, true).await.unwrap().unwrap();
    assert_eq!(shown.pin.unwrap().len(), 6);
}

#[tokio::test]
async fn a_cancelled_booking_leaves_the_gateway_and_its_code_leaves_the_cloud() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    site.revoke(&booking).await;
    assert_eq!(site.state(&booking).await, AccessState::Revoking);
    assert_eq!(site.pin(&booking).await, None);
    site.settle(&mut peer).await;
    assert_eq!(site.state(&booking).await, AccessState::Revoked);
    assert_eq!(peer.table.len(), 0);
}

#[tokio::test]
async fn a_booking_that_was_never_sent_is_gone_at_once_when_it_is_cancelled() {
    let site = Site::new().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    assert_eq!(site.state(&booking).await, AccessState::SiteSilent { since: None });
    site.revoke(&booking).await;
    assert_eq!(site.state(&booking).await, AccessState::Revoked);
}

#[tokio::test]
async fn issuing_twice_gives_the_same_code() {
    let site = Site::new().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    let pin = site.pin(&booking).await;
    site.issue(&booking).await;
    assert_eq!(site.pin(&booking).await, pin);
}

#[tokio::test]
async fn all_times_of_a_booking_have_one_code_and_a_time_beyond_the_horizon_comes_later() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    let far = site.after(20 * 24 * 60);
    booking.occurrences.push(OccurrenceToOpen {
        occurrence: OccurrenceId::new(Uuid::from_u128(0xFA2)),
        resource: HALF,
        starts_at: far,
        ends_at: far.checked_add(SignedDuration::from_mins(90)).unwrap(),
    });
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 1);
    assert_eq!(site.state(&booking).await, AccessState::Delivered);

    site.bench.clock.advance(SignedDuration::from_hours(7 * 24));
    site.work().await;
    site.settle(&mut peer).await;
    let seals: Vec<_> = peer.grants().into_iter().map(|grant| grant.credentials).collect();
    assert!(!seals.is_empty());
    let pin = site.pin(&booking).await.unwrap();
    assert!(seals.iter().all(|seal| *seal == [peer.sealer.credential(CredentialKind::Pin, &pin)]));
    assert!(peer.grants().iter().any(|grant| grant.starts_at.0 == far.as_millisecond()));
}

#[tokio::test]
async fn a_time_beyond_the_horizon_is_sent_also_when_an_earlier_one_could_not_be() {
    let site = Site::new().await;
    // Not enrolled yet: neither can be sent when its time comes within the horizon.
    let (near, far) = (site.booking(1, WHOLE, 15 * 24 * 60), site.booking(2, WHOLE, 20 * 24 * 60));
    site.issue(&near).await;
    site.issue(&far).await;
    site.bench.clock.advance(SignedDuration::from_hours(2 * 24));
    site.work().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 1);
    site.bench.clock.advance(SignedDuration::from_hours(5 * 24));
    site.work().await;
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 2);
    assert_eq!(site.state(&far).await, AccessState::Delivered);
}

#[tokio::test]
async fn a_booking_wholly_beyond_the_horizon_says_when_it_is_sent() {
    let site = Site::new().await;
    let booking = site.booking(1, WHOLE, 15 * 24 * 60);
    site.issue(&booking).await;
    // The main door opens 15 minutes before; it is sent 14 days before that.
    assert_eq!(site.state(&booking).await, AccessState::Later { at: site.after(24 * 60 - 15) });
}

#[tokio::test]
async fn a_site_that_shall_go_on_alone_for_a_month_has_its_codes_a_month_ahead() {
    let site = Site::new().await;
    site.set_policy("horizon_days = 31").await;
    let mut peer = site.enrol().await;
    let (near, far) = (site.booking(1, WHOLE, 30 * 24 * 60), site.booking(2, WHOLE, 32 * 24 * 60));
    site.issue(&near).await;
    site.issue(&far).await;
    site.settle(&mut peer).await;
    assert_eq!(site.state(&near).await, AccessState::Delivered);
    assert_eq!(site.state(&far).await, AccessState::Later { at: site.after(24 * 60 - 15) });
    site.bench.clock.advance(SignedDuration::from_hours(24));
    site.work().await;
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 2);
    assert_eq!(site.state(&far).await, AccessState::Delivered);
}

#[tokio::test]
async fn a_resource_without_doors_has_no_access_and_no_code() {
    let site = Site::new().await;
    let booking = site.booking(1, FIELD, 60);
    site.issue(&booking).await;
    assert_eq!(site.state(&booking).await, AccessState::NoDoors);
    assert_eq!(site.pin(&booking).await, None);
}

#[tokio::test]
async fn two_bookings_never_share_a_code_while_both_open_something() {
    let site = Site::new().await;
    let (one, other) = (site.booking(1, WHOLE, 60), site.booking(2, HALF, 90));
    site.issue(&one).await;
    let index = {
        let mut tx = site.begin().await;
        let pin = site.pin(&one).await.unwrap();
        let context = format!("access.pin:{}", tx.tenant());
        let index = site.kernel().vault().index(&context, pin.as_bytes());
        // What `issue` does with a code that is taken: the database takes no row.
        let span = crate::store::grant::NewGrant {
            gateway: site.gateway,
            occurrence: other.occurrences[0].occurrence,
            resource: HALF,
            time: access_domain::BookedTime {
                starts_at: crate::store::wire_time(other.occurrences[0].starts_at),
                ends_at: crate::store::wire_time(other.occurrences[0].ends_at),
            },
            span: access_domain::OpenSpan {
                opens_at: crate::store::wire_time(other.occurrences[0].starts_at),
                closes_at: crate::store::wire_time(other.occurrences[0].ends_at),
            },
        };
        let taken =
            crate::store::grant::insert(&mut tx, holder_of(&other), 2, &index, &[span]).await.unwrap();
        assert_eq!(taken, 0);
        index
    };
    site.issue(&other).await;
    let pin = site.pin(&other).await.unwrap();
    let context = format!("access.pin:{}", site.tenant());
    assert_ne!(site.kernel().vault().index(&context, pin.as_bytes()), index);
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_it() {
    let site = Site::new().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    let mut tx = site.kernel().begin(site.bench.beta).await.unwrap();
    assert_eq!(AccessPort.of_booking(&mut tx, booking.booking, true).await.unwrap(), None);
    assert_eq!(AccessPort.states(&mut tx, &[booking.booking]).await.unwrap()[0].1, AccessState::NoDoors);
}

#[tokio::test]
async fn codes_and_grants_are_forgotten_a_month_after_they_were_good_for_anything() {
    let site = Site::new().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.bench.clock.advance(SignedDuration::from_hours(29 * 24));
    site.work().await;
    assert!(site.pin(&booking).await.is_some());
    site.bench.clock.advance(SignedDuration::from_hours(3 * 24));
    site.work().await;
    assert_eq!(site.pin(&booking).await, None);
    assert_eq!(site.state(&booking).await, AccessState::NoDoors);
}

#[tokio::test]
async fn a_moved_booking_opens_at_its_new_time_with_the_same_code_and_not_at_the_old_one() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let pin = site.pin(&booking).await.unwrap();
    let before = peer.grants()[0].id;

    let moved = OccurrenceToOpen {
        occurrence: OccurrenceId::new(Uuid::from_u128(0xBEEF)),
        starts_at: site.after(24 * 60),
        ends_at: site.after(25 * 60),
        ..booking.occurrences[0]
    };
    booking.occurrences = vec![moved];
    site.change(&booking).await;
    assert_eq!(site.state(&booking).await, AccessState::Issued);
    site.settle(&mut peer).await;
    assert_eq!(site.state(&booking).await, AccessState::Delivered);
    assert_eq!(site.pin(&booking).await.unwrap(), pin);
    let grants = peer.grants();
    assert_eq!(grants.len(), 1);
    assert_ne!(grants[0].id, before);
    assert_eq!(grants[0].doors[0].not_before.0, site.after(24 * 60 - 15).as_millisecond());
    let mut tx = site.begin().await;
    let seen = AccessPort.of_booking(&mut tx, booking.booking, false).await.unwrap().unwrap();
    assert_eq!(seen.opens_at, Some(site.after(24 * 60 - 15)));
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_touch_and_the_same_change_again_is_nothing() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    let second = OccurrenceToOpen {
        occurrence: OccurrenceId::new(Uuid::from_u128(0xBEEF)),
        starts_at: site.after(300),
        ends_at: site.after(360),
        ..booking.occurrences[0]
    };
    booking.occurrences.push(second);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let kept = peer.grants().iter().map(|grant| grant.id).collect::<Vec<_>>();
    assert_eq!(kept.len(), 2);
    booking.occurrences.remove(0);
    site.change(&booking).await;
    site.settle(&mut peer).await;
    let left: Vec<_> = peer.grants().iter().map(|grant| grant.id).collect();
    assert!(left.len() == 1 && kept.contains(&left[0]));
    let revision = site.row().await.ledger.revision;
    site.change(&booking).await;
    site.settle(&mut peer).await;
    assert_eq!(site.row().await.ledger.revision, revision);
}

#[tokio::test]
async fn a_code_that_another_booking_has_at_the_new_time_is_replaced_for_all_times() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    // Another booking, with the same code at another time: as the database has it after a long life.
    let other = site.booking(2, WHOLE, 600);
    site.issue(&other).await;
    site.settle(&mut peer).await;
    let mut tx = site.begin().await;
    let index = crate::store::grant::live_index(&mut tx, holder_of(&booking)).await.unwrap().unwrap();
    assert!(crate::store::grant::recode(&mut tx, holder_of(&other), &index).await.unwrap());
    tx.commit().await.unwrap();
    let pin = site.pin(&booking).await.unwrap();
    let clashing = OccurrenceToOpen {
        occurrence: OccurrenceId::new(Uuid::from_u128(0xBEEF)),
        starts_at: site.after(600),
        ends_at: site.after(660),
        resource: HALF,
    };
    booking.occurrences.push(clashing);
    site.change(&booking).await;
    site.settle(&mut peer).await;
    let new = site.pin(&booking).await.unwrap();
    assert_ne!(new, pin);
    let sealed = peer.sealer.credential(CredentialKind::Pin, &new);
    let own = peer.grants().iter().filter(|grant| grant.booking_number == 1).cloned().collect::<Vec<_>>();
    assert_eq!(own.len(), 2);
    assert!(own.iter().all(|grant| grant.credentials == [sealed]));
}

#[tokio::test]
async fn a_booking_that_lost_all_its_times_and_has_one_again_opens_by_the_code_that_it_had() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let pin = site.pin(&booking).await.unwrap();
    let time = booking.occurrences[0];

    booking.occurrences.clear();
    site.change(&booking).await;
    site.settle(&mut peer).await;
    assert_eq!(peer.grants(), []);

    booking.occurrences =
        vec![OccurrenceToOpen { occurrence: OccurrenceId::new(Uuid::from_u128(0xBEEF)), ..time }];
    site.change(&booking).await;
    site.settle(&mut peer).await;
    assert_eq!(site.pin(&booking).await.unwrap(), pin);
    let sealed = peer.sealer.credential(CredentialKind::Pin, &pin);
    let grants = peer.grants();
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0].credentials, [sealed]);
}
