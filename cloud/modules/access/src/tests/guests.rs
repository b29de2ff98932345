//! Guests by codes of their own, and a code for each time.

use cloud_contracts::{
    Access, AccessState, BookingToOpen, GuestAccess, GuestToOpen, HandedOver, OccurrenceToOpen, Offline,
    QrTokens,
};
use cloud_kernel::TenantTx;
use protocols_ids::{GrantId, GuestId, OccurrenceId, Uuid};
use protocols_wire::{CredentialKind, Grant, JournalEvent, Kind};

use super::bench::{FIELD, HALF, Peer, Site, WHOLE, door};
use crate::store::grant::{self as rows, Holder};
use crate::{AccessPort, OfflinePort};

const ANNA: GuestId = GuestId::new(Uuid::from_u128(0xA44A));
const BO: GuestId = GuestId::new(Uuid::from_u128(0xB0));

/// Lets somebody in at all times of a booking.
fn guest(booking: &BookingToOpen, guest: GuestId) -> GuestToOpen {
    GuestToOpen { guest, occurrences: booking.occurrences.iter().map(|time| time.occurrence).collect() }
}

/// A second time of a booking, some minutes from now.
fn later(site: &Site, booking: &BookingToOpen, id: u128, minutes: i64) -> OccurrenceToOpen {
    OccurrenceToOpen {
        occurrence: OccurrenceId::new(Uuid::from_u128(id)),
        starts_at: site.after(minutes),
        ends_at: site.after(minutes + 60),
        ..booking.occurrences[0]
    }
}

async fn guests(site: &Site, booking: &BookingToOpen) -> Vec<GuestAccess> {
    let mut tx: TenantTx = site.begin().await;
    AccessPort.of_guests(&mut tx, booking.booking, true).await.unwrap()
}

async fn pin_of(site: &Site, booking: &BookingToOpen, guest: GuestId) -> Option<String> {
    guests(site, booking).await.into_iter().find(|one| one.guest == guest)?.pin
}

/// The grants that this code opens at the gateway.
fn opened_by(peer: &Peer, pin: &str) -> Vec<Grant> {
    let credential = peer.sealer.credential(CredentialKind::Pin, pin);
    peer.grants().into_iter().filter(|grant| grant.credentials == [credential]).collect()
}

#[tokio::test]
async fn a_guest_has_a_code_of_their_own_that_is_taken_back_alone() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(17, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let own = site.pin(&booking).await.unwrap();
    booking.guests = vec![guest(&booking, ANNA), guest(&booking, BO)];
    site.change(&booking).await;
    assert_eq!(guests(&site, &booking).await[0].state, AccessState::Issued);
    // The booker's own code is as it was: the door has not forgotten it meanwhile.
    assert_eq!(site.state(&booking).await, AccessState::Delivered);
    site.settle(&mut peer).await;
    let (anna, bo) =
        (pin_of(&site, &booking, ANNA).await.unwrap(), pin_of(&site, &booking, BO).await.unwrap());
    assert!(anna != bo && anna != own && bo != own);
    assert_eq!(site.pin(&booking).await.unwrap(), own);
    for pin in [&own, &anna, &bo] {
        let opened = opened_by(&peer, pin);
        assert_eq!(opened.len(), 1);
        // A guest is just another grant: the same doors and windows, the same number, nothing of who it is.
        let main = &opened_by(&peer, &own)[0];
        assert_eq!(
            opened[0],
            Grant { id: opened[0].id, credentials: opened[0].credentials.clone(), ..main.clone() }
        );
    }
    assert!(guests(&site, &booking).await.iter().all(|guest| guest.state == AccessState::Delivered));

    booking.guests.remove(0);
    site.change(&booking).await;
    assert_eq!(pin_of(&site, &booking, ANNA).await, None);
    site.settle(&mut peer).await;
    let states: Vec<_> =
        guests(&site, &booking).await.into_iter().map(|guest| (guest.guest, guest.state)).collect();
    assert_eq!(states, [(BO, AccessState::Delivered), (ANNA, AccessState::Revoked)]);
    assert_eq!(opened_by(&peer, &anna).len(), 0);
    assert_eq!(opened_by(&peer, &bo).len(), 1);
    assert_eq!(opened_by(&peer, &own).len(), 1);
}

#[tokio::test]
async fn a_cancelled_booking_takes_its_guests_codes_with_it() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    booking.guests = vec![guest(&booking, ANNA)];
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 2);
    site.revoke(&booking).await;
    assert_eq!(pin_of(&site, &booking, ANNA).await, None);
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 0);
    assert_eq!(guests(&site, &booking).await[0].state, AccessState::Revoked);
}

#[tokio::test]
async fn a_moved_booking_takes_its_guests_along_with_the_codes_that_they_have() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    booking.guests = vec![guest(&booking, ANNA)];
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let anna = pin_of(&site, &booking, ANNA).await.unwrap();
    booking.occurrences = vec![later(&site, &booking, 0xBEEF, 24 * 60)];
    booking.guests = vec![guest(&booking, ANNA)];
    site.change(&booking).await;
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 2);
    let opened = opened_by(&peer, &anna);
    assert_eq!(opened[0].starts_at.0, site.after(24 * 60).as_millisecond());
    // The same change again is nothing to be sent.
    let revision = site.row().await.ledger.revision;
    site.change(&booking).await;
    site.settle(&mut peer).await;
    assert_eq!(site.row().await.ledger.revision, revision);
}

/// One booking of two times whose second one becomes another's; guests as they are to both.
fn split(site: &Site, second: OccurrenceToOpen) -> (BookingToOpen, BookingToOpen, HandedOver) {
    let mut whole = site.booking(1, WHOLE, 60);
    whole.occurrences.push(second);
    whole.guests = vec![guest(&whole, ANNA), GuestToOpen { guest: BO, occurrences: vec![second.occurrence] }];
    let other = site.booking(2, WHOLE, 60);
    let moved = OccurrenceToOpen { occurrence: OccurrenceId::new(Uuid::from_u128(0xF00D)), ..second };
    let (to_anna, to_bo) = (GuestId::new(Uuid::from_u128(0xA55A)), GuestId::new(Uuid::from_u128(0xB1)));
    let other = BookingToOpen {
        occurrences: vec![moved],
        guests: [to_anna, to_bo]
            .map(|guest| GuestToOpen { guest, occurrences: vec![moved.occurrence] })
            .to_vec(),
        ..other
    };
    let handed = HandedOver {
        from: whole.booking,
        to: other.booking,
        number: other.number,
        times: vec![(second.occurrence, moved.occurrence)],
        guests: vec![(ANNA, to_anna), (BO, to_bo)],
    };
    (whole, other, handed)
}

/// As booking does it when some times become a booking of their own.
async fn carry_out(site: &Site, whole: &mut BookingToOpen, other: &BookingToOpen, handed: &HandedOver) {
    let kept = whole.occurrences[0].occurrence;
    whole.occurrences.truncate(1);
    whole.guests = vec![GuestToOpen { guest: ANNA, occurrences: vec![kept] }];
    let mut tx = site.begin().await;
    AccessPort.hand_over(&mut tx, handed).await.unwrap();
    AccessPort.change(&mut tx, whole).await.unwrap();
    AccessPort.issue(&mut tx, other).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_guest_keeps_the_code_at_a_time_that_becomes_another_bookings() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let second = later(&site, &site.booking(1, WHOLE, 60), 0xBEEF, 600);
    let (mut whole, other, handed) = split(&site, second);
    site.issue(&whole).await;
    site.settle(&mut peer).await;
    let (anna, bo) = (pin_of(&site, &whole, ANNA).await.unwrap(), pin_of(&site, &whole, BO).await.unwrap());
    let before: Vec<GrantId> = opened_by(&peer, &bo).iter().map(|grant| grant.id).collect();
    carry_out(&site, &mut whole, &other, &handed).await;
    site.settle(&mut peer).await;
    let (to_anna, to_bo) = (handed.guests[0].1, handed.guests[1].1);
    assert_eq!(pin_of(&site, &other, to_anna).await.as_ref(), Some(&anna));
    assert_eq!(pin_of(&site, &other, to_bo).await.as_ref(), Some(&bo));
    assert_eq!(pin_of(&site, &whole, ANNA).await.as_ref(), Some(&anna));
    assert_eq!(pin_of(&site, &whole, BO).await, None);
    // The door has the same row all the while, with the other booking's number.
    let opened = opened_by(&peer, &bo);
    assert_eq!(opened.iter().map(|grant| grant.id).collect::<Vec<_>>(), before);
    assert_eq!((opened[0].booking_number, opened[0].starts_at.0), (2, site.after(600).as_millisecond()));
    let mut numbers: Vec<u64> = opened_by(&peer, &anna).iter().map(|grant| grant.booking_number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
    // Each booking has its own code and one time; nothing is left of what was one.
    assert_ne!(site.pin(&whole).await, site.pin(&other).await);
    assert_eq!(peer.table.len(), 5);
    for booking in [&whole, &other] {
        assert_eq!(site.state(booking).await, AccessState::Delivered);
    }
    // Said again it is nothing, and taken back it ends with its booking.
    let revision = site.row().await.ledger.revision;
    site.change(&whole).await;
    site.change(&other).await;
    site.settle(&mut peer).await;
    assert_eq!(site.row().await.ledger.revision, revision);
    site.revoke(&other).await;
    site.settle(&mut peer).await;
    assert_eq!((opened_by(&peer, &bo).len(), opened_by(&peer, &anna).len()), (0, 1));
}

#[tokio::test]
async fn a_guest_who_comes_to_both_at_one_hour_gets_another_code_for_the_one_that_became_anothers() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    // Two fields of one gateway at the same hour.
    let second = OccurrenceToOpen { resource: HALF, ..later(&site, &site.booking(1, WHOLE, 60), 0xBEEF, 60) };
    let (mut whole, other, handed) = split(&site, second);
    site.issue(&whole).await;
    site.settle(&mut peer).await;
    let (anna, bo) = (pin_of(&site, &whole, ANNA).await.unwrap(), pin_of(&site, &whole, BO).await.unwrap());
    carry_out(&site, &mut whole, &other, &handed).await;
    site.settle(&mut peer).await;
    assert_eq!(pin_of(&site, &whole, ANNA).await.as_ref(), Some(&anna));
    let another = pin_of(&site, &other, handed.guests[0].1).await.unwrap();
    assert_ne!(another, anna);
    assert_eq!((opened_by(&peer, &anna).len(), opened_by(&peer, &another).len()), (1, 1));
    // Who comes to that one only keeps the code.
    assert_eq!(pin_of(&site, &other, handed.guests[1].1).await, Some(bo));
}

#[tokio::test]
async fn a_guest_who_is_let_in_at_one_time_does_not_open_at_another() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    booking.occurrences.push(later(&site, &booking, 0xBEEF, 600));
    booking.guests = vec![GuestToOpen { guest: ANNA, occurrences: vec![booking.occurrences[1].occurrence] }];
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let opened = opened_by(&peer, &pin_of(&site, &booking, ANNA).await.unwrap());
    assert_eq!(
        opened.iter().map(|grant| grant.starts_at.0).collect::<Vec<_>>(),
        [site.after(600).as_millisecond()]
    );
    assert_eq!(opened_by(&peer, &site.pin(&booking).await.unwrap()).len(), 2);
}

#[tokio::test]
async fn each_time_has_a_code_of_its_own_where_the_booker_wants_it_and_one_again_when_not() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    booking.occurrences.push(later(&site, &booking, 0xBEEF, 600));
    booking.guests = vec![guest(&booking, ANNA)];
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let (one, anna) = (site.pin(&booking).await.unwrap(), pin_of(&site, &booking, ANNA).await);

    booking.code_each_time = true;
    site.change(&booking).await;
    site.settle(&mut peer).await;
    let each = async || {
        let mut tx = site.begin().await;
        AccessPort.of_booking(&mut tx, booking.booking, true).await.unwrap().unwrap()
    };
    let shown = each().await;
    assert_eq!((shown.pin, shown.pins.len(), shown.state), (None, 2, AccessState::Delivered));
    assert_ne!(shown.pins[0].1, shown.pins[1].1);
    for (time, pin) in &shown.pins {
        let wanted = booking.occurrences.iter().find(|one| one.occurrence == *time).unwrap();
        let opened = opened_by(&peer, pin);
        assert_eq!(opened.len(), 1);
        assert_eq!(opened[0].starts_at.0, wanted.starts_at.as_millisecond());
    }
    assert_eq!(opened_by(&peer, &one).len(), 0);
    assert_eq!(pin_of(&site, &booking, ANNA).await, anna);

    for each_time in [false, true, false] {
        booking.code_each_time = each_time;
        site.change(&booking).await;
        site.settle(&mut peer).await;
    }
    let shown = each().await;
    assert_eq!(shown.pins, []);
    assert_eq!(opened_by(&peer, &shown.pin.unwrap()).len(), 2);
    assert_eq!(opened_by(&peer, &anna.unwrap()).len(), 2);
    assert_eq!(peer.table.len(), 4);
}

#[tokio::test]
async fn a_code_that_another_has_at_a_guests_new_time_is_replaced_by_another() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    booking.guests = vec![guest(&booking, ANNA)];
    site.issue(&booking).await;
    let other = site.booking(2, WHOLE, 600);
    site.issue(&other).await;
    // The other booking has the guest's code, at another time: as the database has it after a long life.
    let mut tx = site.begin().await;
    let holder = Holder { booking: booking.booking, bearer: Some(ANNA.uuid()) };
    let index = rows::live_index(&mut tx, holder).await.unwrap().unwrap();
    assert!(rows::recode(&mut tx, Holder { booking: other.booking, bearer: None }, &index).await.unwrap());
    tx.commit().await.unwrap();
    let (own, before) = (site.pin(&booking).await, pin_of(&site, &booking, ANNA).await);
    let clashing = OccurrenceToOpen { resource: HALF, ..later(&site, &booking, 0xBEEF, 600) };
    booking.occurrences.push(clashing);
    booking.guests = vec![guest(&booking, ANNA)];
    site.change(&booking).await;
    site.settle(&mut peer).await;
    assert_eq!(site.pin(&booking).await, own);
    let after = pin_of(&site, &booking, ANNA).await;
    assert_ne!(after, before);
    assert_eq!(opened_by(&peer, &after.unwrap()).len(), 2);
}

#[tokio::test]
async fn no_two_holders_of_one_booking_share_a_code() {
    let site = Site::new().await;
    let mut booking = site.booking(1, WHOLE, 60);
    booking.guests = vec![guest(&booking, ANNA), guest(&booking, BO)];
    site.issue(&booking).await;
    let mut tx = site.begin().await;
    let holder =
        |bearer: Option<GuestId>| Holder { booking: booking.booking, bearer: bearer.map(GuestId::uuid) };
    for (one, other) in [(None, Some(ANNA)), (Some(ANNA), Some(BO)), (Some(BO), None)] {
        let index = rows::live_index(&mut tx, holder(one)).await.unwrap().unwrap();
        assert!(!rows::recode(&mut tx, holder(other), &index).await.unwrap());
    }
}

#[tokio::test]
async fn who_came_by_a_guests_code_is_told_as_the_guest() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    booking.guests = vec![guest(&booking, ANNA)];
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let anna = opened_by(&peer, &pin_of(&site, &booking, ANNA).await.unwrap())[0].id;
    let own = opened_by(&peer, &site.pin(&booking).await.unwrap())[0].id;
    let main = door(&site, "Huvudentrén").await;
    let passes = |grant: GrantId| JournalEvent::Admitted { door: main, grant, kind: CredentialKind::Pin };
    let now = site.kernel().now();
    peer.write(now, passes(anna));
    peer.write(now, passes(own));
    site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await;
    let mut tx = site.begin().await;
    let passages = AccessPort.passages(&mut tx, &[booking.booking]).await.unwrap();
    assert_eq!(passages.iter().map(|passage| passage.guest).collect::<Vec<_>>(), [Some(ANNA), None]);
}

#[tokio::test]
async fn off_line_codes_and_qr_codes_are_the_bookings_own() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    booking.guests = vec![guest(&booking, ANNA), guest(&booking, BO)];
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let mut tx = site.begin().await;
    assert_eq!(crate::store::offline::live_grants(&mut tx, booking.booking).await.unwrap().len(), 1);
    let tokens = OfflinePort::new(site.trust.clone()).qr_tokens(&mut tx, booking.booking).await.unwrap();
    let QrTokens::Shown(tokens) = tokens else { panic!("{tokens:?}") };
    assert_eq!(tokens.len(), 1);
}

#[tokio::test]
async fn a_resource_without_doors_gives_guests_no_codes_either() {
    let site = Site::new().await;
    let mut booking = site.booking(1, FIELD, 60);
    booking.guests = vec![guest(&booking, ANNA)];
    site.issue(&booking).await;
    assert_eq!(guests(&site, &booking).await, []);
}
