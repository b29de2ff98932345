//! Off-line PINs and tokens: what is shown opens at the gateway that it is for, and nothing is given out twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloud_contracts::{
    AccessState, BookingToOpen, Offline as _, OfflineCode, OfflineGiven, QrTime, QrToken, QrTokens,
};
use jiff::{SignedDuration, Timestamp};
use protocols_access::recognise;
use protocols_ids::{DoorId, GatewayId, ResourceId};
use protocols_wire::{
    DoorGroup, GroupDoor, Kind, StateReport, TOKEN_CHARACTERS_MAX, TOKEN_CONTEXT, Token, UnixMs, open,
    token_bytes,
};
use tokio::task::JoinSet;

use super::bench::{FIELD, HALF, Hall, Peer, SITE, Site, WHOLE, door};
use crate::store::{gateway, grant, wire_time};
use crate::{OfflinePort, import};

fn port(site: &Site) -> OfflinePort {
    OfflinePort::new(Arc::clone(&site.trust))
}

async fn codes(site: &Site, booking: &BookingToOpen) -> Vec<OfflineCode> {
    let mut tx = site.begin().await;
    let access = port(site).of_booking(&mut tx, booking.booking).await.unwrap();
    tx.commit().await.unwrap();
    access.codes
}

async fn given(site: &Site, booking: &BookingToOpen) -> OfflineGiven {
    let codes = codes(site, booking).await;
    assert_eq!(codes.len(), 1);
    codes[0].given.clone()
}

fn digits(given: &OfflineGiven) -> String {
    match given {
        OfflineGiven::Digits { digits, .. } => digits.text().to_owned(),
        OfflineGiven::TooLong | OfflineGiven::NoneLeft => panic!("no digits: {given:?}"),
    }
}

/// The groups that the gateway's configuration tells it of.
async fn groups(site: &Site, resources: &[ResourceId]) -> Vec<DoorGroup> {
    let mut tx = site.begin().await;
    let mut groups = Vec::new();
    for resource in resources {
        let reaches = grant::reaches(&mut tx, *resource).await.unwrap();
        let (_, reach) = reaches.into_iter().find(|(gateway, _)| *gateway == site.gateway).unwrap();
        let timing = |door: &access_domain::DoorTiming| GroupDoor {
            door: door.door,
            lead_ms: u32::from(door.lead_minutes) * 60_000,
            lag_ms: u32::from(door.lag_minutes) * 60_000,
        };
        groups.push(DoorGroup {
            id: *resource,
            doors: reach.doors.iter().map(timing).collect(),
            zones: reach.zones,
        });
    }
    groups
}

/// A hall whose gateway has been heard and then fell silent.
async fn cut_off() -> (Site, Peer) {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    site.bench.clock.advance(SignedDuration::from_mins(4));
    (site, peer)
}

#[tokio::test]
async fn a_silent_gateway_knows_the_off_line_pin_that_is_shown_and_opens_its_doors_in_time() {
    let (site, peer) = cut_off().await;
    let booking = site.booking(17, WHOLE, 60);
    site.issue(&booking).await;
    assert!(matches!(site.state(&booking).await, AccessState::SiteSilent { since: Some(_) }));
    let shown = codes(&site, &booking).await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].doors, ["Huvudentrén", "Omklädning"]);
    assert_eq!((shown[0].opens_at, shown[0].closes_at), (site.after(45), site.after(150)));
    // Heard four minutes ago; a heartbeat may have come a minute later, and five without one must pass.
    let OfflineGiven::Digits { taken_from, .. } = shown[0].given else { panic!("{:?}", shown[0].given) };
    assert_eq!(taken_from, site.after(2));

    let pin = digits(&shown[0].given);
    let (groups, main) = (groups(&site, &[WHOLE, HALF]).await, door(&site, "Huvudentrén").await);
    let now = wire_time(site.after(50));
    let known = |gateway: GatewayId, door: DoorId| {
        recognise([&peer.sealer].into_iter(), gateway, &groups, door, &pin, now)
    };
    let (group, time) = known(site.gateway, main).unwrap();
    assert_eq!(group.id, WHOLE);
    let window = time.window(group, main).unwrap();
    assert!(window.not_before <= wire_time(site.after(45)) && wire_time(site.after(130)) <= window.not_after);
    let other = GatewayId::new(protocols_ids::Uuid::from_u128(9));
    assert!(known(other, main).is_none(), "another hall does not know it");
    assert!(!format!("{shown:?}").contains(&pin), "digits are not printed");
}

#[tokio::test]
async fn a_gateway_that_is_heard_or_knows_the_code_or_never_spoke_gives_no_off_line_pin() {
    let site = Site::new().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    assert_eq!(site.state(&booking).await, AccessState::SiteSilent { since: None });
    assert_eq!(codes(&site, &booking).await, [], "never enrolled");

    let mut peer = site.enrol().await;
    assert_eq!(codes(&site, &booking).await, [], "never spoke, so that it has no configuration");
    site.report(&peer).await;
    assert_eq!(site.state(&booking).await, AccessState::Issued);
    assert_eq!(codes(&site, &booking).await, [], "heard");
    site.bench.clock.advance(SignedDuration::from_mins(4));
    assert_eq!(codes(&site, &booking).await.len(), 1, "silent");
    site.settle(&mut peer).await;
    site.bench.clock.advance(SignedDuration::from_mins(4));
    assert_eq!(site.state(&booking).await, AccessState::Delivered);
    assert_eq!(codes(&site, &booking).await, [], "silent, but the door knows the usual code");
}

#[tokio::test]
async fn the_last_will_tells_open_pages_at_once_and_the_next_report_tells_them_again() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    assert_eq!(site.state(&booking).await, AccessState::Issued);

    let topic = crate::events::booking_topic(booking.booking);
    let mut signals = site.kernel().live().listen_to_all();
    let mut told = async || {
        let wait = async {
            while let Some((tenant, signal)) = signals.next().await {
                if (tenant, &signal) == (site.tenant(), &topic) {
                    break;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), wait).await.expect("a signal");
    };
    let will = StateReport { online: false, ..peer.report(site.kernel().now()) };
    site.say(&peer, Kind::State, &will).await;
    told().await;
    assert!(matches!(site.state(&booking).await, AccessState::SiteSilent { .. }), "no minute has passed");
    assert_eq!(codes(&site, &booking).await.len(), 1);

    site.report(&peer).await;
    told().await;
    assert_eq!(site.state(&booking).await, AccessState::Issued);
    assert_eq!(codes(&site, &booking).await, []);
}

#[tokio::test]
async fn shown_again_the_off_line_pin_is_the_same_also_to_two_at_once() {
    let (site, _) = cut_off().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    let (one, other) = tokio::join!(given(&site, &booking), given(&site, &booking));
    assert_eq!(digits(&one), digits(&other));
    site.bench.clock.advance(SignedDuration::from_mins(30));
    assert_eq!(digits(&given(&site, &booking).await), digits(&one));
}

#[tokio::test]
async fn fifty_bookings_of_one_hour_at_once_get_ten_codes_ten_longer_ones_and_no_code_twice() {
    let (site, peer) = cut_off().await;
    let bookings: Vec<BookingToOpen> = (1..=50).map(|number| site.booking(number, WHOLE, 60)).collect();
    for booking in &bookings {
        site.issue(booking).await;
    }
    let shared = Arc::new(port(&site));
    let mut asking = JoinSet::new();
    for booking in &bookings {
        let (kernel, tenant, port) = (site.kernel().clone(), site.tenant(), Arc::clone(&shared));
        let booking = booking.booking;
        asking.spawn(async move {
            let mut tx = kernel.begin(tenant).await.unwrap();
            let access = port.of_booking(&mut tx, booking).await.unwrap();
            tx.commit().await.unwrap();
            access.codes[0].given.clone()
        });
    }
    let (groups, main) = (groups(&site, &[WHOLE]).await, door(&site, "Huvudentrén").await);
    let (mut seen, mut lengths, mut none) = (BTreeSet::new(), BTreeMap::<u8, usize>::new(), 0);
    for given in asking.join_all().await {
        match &given {
            OfflineGiven::Digits { .. } => {
                let pin = digits(&given);
                let now = wire_time(site.kernel().now());
                let (_, time) =
                    recognise([&peer.sealer].into_iter(), site.gateway, &groups, main, &pin, now).unwrap();
                *lengths.entry(time.length).or_default() += 1;
                assert!(seen.insert(pin), "given out twice");
            }
            OfflineGiven::NoneLeft => none += 1,
            OfflineGiven::TooLong => panic!("an hour is not too long"),
        }
    }
    // The hour begins four minutes into a slot: 90 minutes cover it, and 120 are the next length.
    assert_eq!((lengths.get(&2), lengths.get(&3), lengths.len()), (Some(&10), Some(&10), 2));
    assert_eq!(none, 30);
}

#[tokio::test]
async fn the_off_line_pin_of_a_cancelled_booking_is_never_shown_again_nor_given_to_another() {
    let (site, _) = cut_off().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    let first = digits(&given(&site, &booking).await);
    site.revoke(&booking).await;
    assert_eq!(codes(&site, &booking).await, []);
    let mut tx = site.begin().await;
    assert_eq!(port(&site).qr_tokens(&mut tx, booking.booking).await.unwrap(), QrTokens::Never);
    tx.commit().await.unwrap();
    let next = site.booking(2, WHOLE, 60);
    site.issue(&next).await;
    assert_ne!(digits(&given(&site, &next).await), first);
}

#[tokio::test]
async fn a_time_longer_than_a_day_has_a_qr_code_and_no_off_line_pin() {
    let (site, _) = cut_off().await;
    let mut booking = site.booking(1, WHOLE, 60);
    booking.occurrences[0].ends_at = site.after(60 + 26 * 60);
    site.issue(&booking).await;
    assert_eq!(given(&site, &booking).await, OfflineGiven::TooLong);
    assert_eq!(tokens(&site, &booking).await.len(), 1);
}

#[tokio::test]
async fn a_resource_behind_two_gateways_has_a_code_at_each_that_is_silent_and_a_token_for_each() {
    let mut site = Site::new().await;
    let wing = SITE
        .replace("slug = \"hall\"\nname = \"Hallen\"", "slug = \"wing\"\nname = \"Flygeln\"")
        .replace("name = \"Huvudentrén\"", "name = \"Flygelns entré\"");
    let mut tx = site.begin().await;
    import(&mut tx, &Hall, &wing).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = site.begin().await;
    let hall = gateway::named(&mut tx, "hall").await.unwrap().unwrap();
    let wing = gateway::named(&mut tx, "wing").await.unwrap().unwrap();
    drop(tx);
    let mut peers = Vec::new();
    for gateway in [hall, wing] {
        site.gateway = gateway;
        let mut peer = site.enrol().await;
        site.settle(&mut peer).await;
        peers.push(peer);
    }
    site.bench.clock.advance(SignedDuration::from_mins(4));
    // The wing is heard again, the hall is not.
    site.report(&peers[1]).await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    let shown = codes(&site, &booking).await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].doors, ["Huvudentrén", "Omklädning"]);

    site.bench.clock.advance(SignedDuration::from_mins(4));
    let shown = codes(&site, &booking).await;
    let pins: BTreeSet<String> = shown.iter().map(|code| digits(&code.given)).collect();
    assert_eq!((shown.len(), pins.len()), (2, 2));
    let tokens = tokens(&site, &booking).await;
    let gateways: BTreeSet<GatewayId> = tokens.iter().map(|token| read(&site, token).gateway).collect();
    assert_eq!(gateways, BTreeSet::from([hall, wing]));
}

#[tokio::test]
async fn times_of_a_series_have_a_code_each_as_far_as_a_week_ahead() {
    let (site, _) = cut_off().await;
    let mut booking = site.booking(1, WHOLE, 60);
    for days in [1, 2, 8] {
        let mut next = booking.occurrences[0];
        next.occurrence = protocols_ids::OccurrenceId::new(protocols_ids::Uuid::from_u128(0xFA0 + days));
        let day = SignedDuration::from_hours(24 * i64::try_from(days).unwrap());
        next.starts_at = next.starts_at.checked_add(day).unwrap();
        next.ends_at = next.ends_at.checked_add(day).unwrap();
        booking.occurrences.push(next);
    }
    site.issue(&booking).await;
    let shown = codes(&site, &booking).await;
    let starts: Vec<Timestamp> = shown.iter().map(|code| code.starts_at).collect();
    assert_eq!(starts, [site.after(60), site.after(60 + 24 * 60), site.after(60 + 48 * 60)]);
    let pins: BTreeSet<String> = shown.iter().map(|code| digits(&code.given)).collect();
    assert_eq!(pins.len(), 3);
}

#[tokio::test]
async fn another_tenant_has_neither_codes_nor_tokens_of_it() {
    let (site, _) = cut_off().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    let mut tx = site.kernel().begin(site.bench.beta).await.unwrap();
    let access = port(&site).of_booking(&mut tx, booking.booking).await.unwrap();
    assert_eq!((access.codes.len(), access.qr), (0, QrTime::Never));
    assert_eq!(port(&site).qr_tokens(&mut tx, booking.booking).await.unwrap(), QrTokens::Never);
}

async fn tokens(site: &Site, booking: &BookingToOpen) -> Vec<QrToken> {
    let mut tx = site.begin().await;
    match port(site).qr_tokens(&mut tx, booking.booking).await.unwrap() {
        QrTokens::Shown(tokens) => tokens,
        other => panic!("no tokens: {other:?}"),
    }
}

/// What a gateway reads, which trusts the cloud's signing key.
fn read(site: &Site, token: &QrToken) -> Token {
    assert!(token.text.text().len() <= TOKEN_CHARACTERS_MAX, "{}", token.text.text().len());
    let bytes = token_bytes(token.text.text()).unwrap();
    let signer = site.trust.signer();
    open(TOKEN_CONTEXT, &bytes, |id| (id == signer.key_id()).then(|| signer.public())).unwrap()
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_second()).unwrap()
}

#[tokio::test]
async fn a_token_says_what_its_grant_says_and_counts_for_a_quarter() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let shown = tokens(&site, &booking).await;
    assert_eq!(shown.len(), 1);
    let token = read(&site, &shown[0]);
    let grant = peer.grants().remove(0);
    assert_eq!((token.gateway, token.grant, token.group), (site.gateway, grant.id, WHOLE));
    let wire = |seconds: u32| UnixMs(i64::from(seconds) * 1000);
    assert_eq!((wire(token.starts_at_s), wire(token.ends_at_s)), (grant.starts_at, grant.ends_at));
    assert_eq!(token.issued_at_s, seconds(site.kernel().now()));
    assert_eq!(token.expires_at_s, seconds(site.after(15)));
    assert_eq!(shown[0].expires_at, site.after(15));
    assert_eq!(shown[0].doors, ["Huvudentrén", "Omklädning"]);
    let other = protocols_wire::Topic::new(site.gateway, Kind::Grants).to_string();
    let bytes = token_bytes(shown[0].text.text()).unwrap();
    let signer = site.trust.signer();
    assert!(open::<Token>(&other, &bytes, |_| Some(signer.public())).is_err(), "it is no message");
    assert!(!format!("{shown:?}").contains(shown[0].text.text()), "a token is not printed");
}

#[tokio::test]
async fn resources_behind_one_gateway_have_a_token_each_however_their_times_lie() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let mut booking = site.booking(1, WHOLE, 60);
    booking.occurrences.extend(site.booking(2, HALF, 120).occurrences);
    booking.occurrences.extend(site.booking(3, HALF, 240).occurrences);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    let shown = tokens(&site, &booking).await;
    let groups: Vec<_> = shown.iter().map(|shown| read(&site, shown).group).collect();
    assert_eq!((groups.len(), groups.contains(&WHOLE), groups.contains(&HALF)), (2, true, true));
    assert!(shown.iter().all(|shown| shown.starts_at < site.after(240)), "the next time of each");
}

#[tokio::test]
async fn a_token_is_made_from_a_day_before_until_the_doors_close() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    // The main door opens a quarter before; that is two days and three quarters from now.
    let booking = site.booking(1, WHOLE, 3 * 24 * 60);
    site.issue(&booking).await;
    let from = site.after(2 * 24 * 60 - 15);
    let mut tx = site.begin().await;
    assert_eq!(port(&site).of_booking(&mut tx, booking.booking).await.unwrap().qr, QrTime::From(from));
    assert_eq!(port(&site).qr_tokens(&mut tx, booking.booking).await.unwrap(), QrTokens::From(from));
    drop(tx);
    site.bench.clock.advance(SignedDuration::from_mins(2 * 24 * 60 - 15));
    let mut tx = site.begin().await;
    assert_eq!(port(&site).of_booking(&mut tx, booking.booking).await.unwrap().qr, QrTime::Now);
    drop(tx);
    assert_eq!(tokens(&site, &booking).await.len(), 1);
    // The changing room closes half an hour after the hour; four minutes before that no quarter is left.
    site.bench.clock.advance(SignedDuration::from_mins(24 * 60 + 15 + 86));
    assert_eq!(tokens(&site, &booking).await[0].expires_at, site.after(4));
    site.bench.clock.advance(SignedDuration::from_mins(4));
    let mut tx = site.begin().await;
    assert_eq!(port(&site).qr_tokens(&mut tx, booking.booking).await.unwrap(), QrTokens::Never);
}

#[tokio::test]
async fn a_resource_without_doors_has_no_qr_code() {
    let site = Site::new().await;
    let booking = site.booking(1, FIELD, 60);
    site.issue(&booking).await;
    let mut tx = site.begin().await;
    assert_eq!(port(&site).of_booking(&mut tx, booking.booking).await.unwrap().qr, QrTime::Never);
}

#[tokio::test]
async fn tokens_of_one_booking_are_made_twenty_times_a_minute_at_most() {
    let site = Site::new().await;
    let peer = site.enrol().await;
    site.report(&peer).await;
    let (one, other) = (site.booking(1, WHOLE, 60), site.booking(2, HALF, 60));
    site.issue(&one).await;
    site.issue(&other).await;
    let port = port(&site);
    let mut tx = site.begin().await;
    for _ in 0..20 {
        assert!(matches!(port.qr_tokens(&mut tx, one.booking).await.unwrap(), QrTokens::Shown(_)));
    }
    assert_eq!(port.qr_tokens(&mut tx, one.booking).await.unwrap(), QrTokens::TooOften);
    assert!(matches!(port.qr_tokens(&mut tx, other.booking).await.unwrap(), QrTokens::Shown(_)));
    drop(tx);
    site.bench.clock.advance(SignedDuration::from_mins(1));
    let mut tx = site.begin().await;
    assert!(matches!(port.qr_tokens(&mut tx, one.booking).await.unwrap(), QrTokens::Shown(_)));
}

#[tokio::test]
async fn what_was_given_out_is_forgotten_a_month_after_its_time_and_not_before() {
    let (site, _) = cut_off().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    given(&site, &booking).await;
    let rows = async || {
        let mut tx = site.begin().await;
        let occurrence = booking.occurrences[0].occurrence;
        crate::store::offline::allocated(&mut tx, occurrence, site.gateway).await.unwrap()
    };
    site.bench.clock.advance(SignedDuration::from_hours(29 * 24));
    site.work().await;
    assert!(rows().await.is_some());
    site.bench.clock.advance(SignedDuration::from_hours(4 * 24));
    site.work().await;
    assert!(rows().await.is_none());
}
