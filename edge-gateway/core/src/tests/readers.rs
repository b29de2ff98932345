//! Tags, tokens and off-line PINs at the door.

use protocols_access::{OfflineTime, READER_REGAIN_MS, Sealer, offline_pin};
use protocols_fieldbus::nodes::{Indicator, NodeEvent};
use protocols_ids::{GatewayId, Uuid};
use protocols_wire::*;

use super::rig::*;
use crate::*;

const TAG: [u8; 4] = [0x04, 0xA2, 0x0F, 0xFF];
const START_S: u32 = 1_795_000_000;

fn tagged(number: u128) -> Grant {
    let tag = Sealer::new(&SECRET).credential(CredentialKind::Tag, "04A20FFF");
    Grant { credentials: vec![tag], ..booked(number, "") }
}

fn hall_with(grants: Vec<Grant>) -> Rig {
    let mut rig = Rig::hall();
    rig.receive(Kind::Config, &config_with_readers(2));
    rig.find_devices();
    rig.receive(Kind::Grants, &batch(0, 1, grants));
    rig.outputs.clear();
    rig
}

fn lock() -> PointRef {
    point(node(1), "lock")
}

/// Grant 1's hour, made now, good for a quarter of an hour.
fn token(rig: &Rig) -> Token {
    let now_s = u32::try_from(rig.now.wall.0 / 1_000).unwrap();
    Token {
        gateway: gateway(),
        grant: grant_id(1),
        group: group(),
        starts_at_s: START_S,
        ends_at_s: START_S + 3_600,
        issued_at_s: now_s,
        expires_at_s: now_s + 900,
    }
}

fn opened(rig: &Rig) -> bool {
    rig.writes().contains(&(lock(), true))
}

#[test]
fn a_tag_opens_what_its_grant_says_and_the_reader_shows_it() {
    let mut rig = hall_with(vec![tagged(1)]);
    rig.tag(1, &TAG, 0);
    assert!(opened(&rig));
    let admitted = JournalEvent::Admitted { door: door(1), grant: grant_id(1), kind: CredentialKind::Tag };
    assert!(rig.told().contains(&admitted));
    assert_eq!(rig.shown(), [(node(1), Indicator::Admitted)]);
    rig.outputs.clear();
    rig.tag(1, &[1, 2, 3, 4], 0);
    rig.tag(1, &TAG[..3], 0);
    assert_eq!(rig.reasons(), [RefusalReason::Unknown; 2]);
    assert_eq!(rig.shown(), [(node(1), Indicator::Refused); 2]);
    assert!(!opened(&rig));
}

#[test]
fn a_tag_that_is_read_late_is_told_and_never_decided_on() {
    let mut rig = hall_with(vec![tagged(1)]);
    rig.pass(20_000);
    rig.outputs.clear();
    rig.tag(1, &TAG, 5_001);
    assert_eq!(rig.reasons(), [RefusalReason::Stale]);
    rig.event(node(1), 0, NodeEvent::Tag(4));
    for (byte, age_ms) in TAG.into_iter().zip([0, 0, 5_001, 0]) {
        rig.event(node(1), age_ms, NodeEvent::TagByte(byte));
    }
    assert_eq!(rig.reasons(), [RefusalReason::Stale; 2], "one late byte spoils it");
    assert!(!opened(&rig));
    rig.tag(1, &TAG, 5_000);
    assert!(opened(&rig));
}

#[test]
fn the_same_digits_on_keypad_and_tag_are_not_the_same() {
    let pin = Sealer::new(&SECRET).credential(CredentialKind::Pin, "123456");
    let mut rig = hall_with(vec![Grant { credentials: vec![pin], ..booked(1, "") }]);
    rig.tag(1, &[0x12, 0x34, 0x56], 0);
    assert_eq!(rig.reasons(), [RefusalReason::Unknown]);
}

#[test]
fn a_vandal_at_the_keypad_locks_out_neither_tags_nor_tokens() {
    let mut rig = hall_with(vec![tagged(1)]);
    for _ in 0..6 {
        rig.keys(1, "999999#");
    }
    assert_eq!(rig.reasons().last(), Some(&RefusalReason::LockedOut));
    rig.outputs.clear();
    rig.tag(1, &TAG, 0);
    assert!(opened(&rig));
    rig.outputs.clear();
    let token = token(&rig);
    rig.scan(&token);
    assert!(opened(&rig));
}

#[test]
fn wrong_tags_and_codes_never_make_a_keypad_pause() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    for number in 0..100 {
        rig.tag(1, &[number; 4], 0);
        rig.input(Input::Code { device: scanner(), text: format!("CODE {number}"), age_ms: 0 });
    }
    assert_eq!(rig.reasons(), [RefusalReason::Unknown; 200]);
    assert!(rig.told().iter().all(|event| !matches!(event, JournalEvent::LockedOut { .. })));
    rig.keys(1, "123456#");
    assert!(opened(&rig));
}

#[test]
fn a_locked_out_keypad_is_told_once_until_it_has_rested() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    let told = |rig: &Rig| rig.told().iter().filter(|e| matches!(e, JournalEvent::LockedOut { .. })).count();
    for _ in 0..20 {
        rig.keys(1, "999999#");
        rig.pass(READER_REGAIN_MS / 4);
    }
    assert_eq!(told(&rig), 1, "a vandal who goes on is one alarm");
    rig.pass(5 * READER_REGAIN_MS);
    for _ in 0..6 {
        rig.keys(1, "999999#");
    }
    assert_eq!(told(&rig), 2);
}

#[test]
fn a_token_for_a_booking_that_the_gateway_has_not_heard_of_opens_and_lights_its_zones() {
    let mut rig = hall_with(vec![]);
    rig.pass(60_000);
    rig.outputs.clear();
    let token = token(&rig);
    rig.scan(&token);
    assert!(opened(&rig));
    let told = rig.told();
    assert_eq!(
        told,
        [
            JournalEvent::Admitted { door: door(1), grant: grant_id(1), kind: CredentialKind::Qr },
            JournalEvent::Light { zone: zone(2), lit: true }
        ]
    );
    assert_eq!(rig.shown(), [(scanner(), Indicator::Admitted)]);
    // Until the booked end and the zone's lag.
    assert_eq!(rig.stored.lit, [(zone(2), START.plus_ms(HOUR_MS + 600_000))]);
}

#[test]
fn the_matrix_of_tokens() {
    type Case = (&'static str, fn(&mut Rig), fn(&mut Token), Result<(), RefusalReason>);
    let cases: [Case; 10] = [
        ("right", |_| {}, |_| {}, Ok(())),
        (
            "another gateway",
            |_| {},
            |token| token.gateway = GatewayId::new(Uuid::from_u128(0xBB)),
            Err(RefusalReason::NotTaken),
        ),
        (
            "no such group",
            |_| {},
            |token| token.group = protocols_ids::ResourceId::new(Uuid::from_u128(1)),
            Err(RefusalReason::WrongDoor),
        ),
        ("too early", |_| {}, |token| token.starts_at_s += 661, Err(RefusalReason::TooEarly)),
        ("the lead's first instant", |_| {}, |token| token.starts_at_s += 660, Ok(())),
        ("too late", |_| {}, |token| token.ends_at_s = START_S - 540, Err(RefusalReason::TooLate)),
        ("expired", |_| {}, |token| token.expires_at_s = START_S + 60, Err(RefusalReason::TooLate)),
        ("the table is newer", Rig::heard, |_| {}, Err(RefusalReason::NotTaken)),
        (
            "taken back",
            |rig| {
                let removal = GrantBatch { removals: vec![grant_id(1)], ..batch(1, 2, vec![]) };
                rig.receive(Kind::Grants, &removal);
            },
            |_| {},
            Err(RefusalReason::Revoked),
        ),
        (
            "in the table, though it is newer",
            |rig| {
                rig.receive(Kind::Grants, &batch(1, 2, vec![booked(1, "123456")]));
                rig.heard();
            },
            |_| {},
            Ok(()),
        ),
    ];
    for (name, before, change, expected) in cases {
        let mut rig = hall_with(vec![]);
        rig.pass(60_000);
        before(&mut rig);
        rig.outputs.clear();
        let mut token = token(&rig);
        change(&mut token);
        rig.scan(&token);
        assert_eq!(opened(&rig), expected.is_ok(), "{name}");
        assert_eq!(rig.reasons(), expected.err().into_iter().collect::<Vec<_>>(), "{name}");
        assert_eq!(rig.shown().len(), 1, "{name}: the scanner shows it");
    }
}

#[test]
fn what_is_no_token_or_signed_by_a_stranger_or_late_opens_nothing() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.pass(60_000);
    rig.outputs.clear();
    let good = token(&rig);
    let scan = |rig: &mut Rig, text: String, age_ms| {
        rig.input(Input::Code { device: scanner(), text, age_ms });
    };
    scan(&mut rig, token_text(&signer(66).seal(TOKEN_CONTEXT, &good)), 0);
    scan(&mut rig, token_text(&cloud().seal("hp/1/other", &good)), 0);
    scan(&mut rig, "HTTPS://EXAMPLE.SE".to_owned(), 0);
    scan(&mut rig, "0".repeat(10_000), 0);
    assert_eq!(rig.reasons(), [RefusalReason::Unknown; 4]);
    let text = token_text(&cloud().seal(TOKEN_CONTEXT, &good));
    scan(&mut rig, text.clone(), 5_001);
    assert_eq!(rig.reasons().last(), Some(&RefusalReason::Stale));
    assert!(!opened(&rig));
    scan(&mut rig, text, 5_000);
    assert!(opened(&rig));
}

fn time(serial: u8) -> OfflineTime {
    // START lies in a slot that began before it.
    OfflineTime::covering(START, START.plus_ms(HOUR_MS), serial).unwrap()
}

fn pin(secret: &[u8; 32], serial: u8) -> String {
    offline_pin(&Sealer::new(secret), gateway(), group(), time(serial))
}

/// Ten minutes without a heartbeat.
fn silent_hall() -> Rig {
    let mut rig = hall_with(vec![]);
    rig.heard();
    rig.input(Input::BrokerLost);
    rig.pass(600_000);
    rig.outputs.clear();
    rig
}

#[test]
fn an_offline_pin_opens_a_silent_hall_and_lights_it_and_the_journal_says_which() {
    let mut rig = silent_hall();
    rig.keys(1, &format!("{}#", pin(&SECRET, 3)));
    assert!(opened(&rig));
    let OfflineTime { start_slot, length, serial } = time(3);
    let admitted =
        JournalEvent::AdmittedOffline { door: door(1), group: group(), start_slot, length, serial };
    assert_eq!(rig.told(), [admitted, JournalEvent::Light { zone: zone(2), lit: true }]);
    assert_eq!(rig.shown(), [(node(1), Indicator::Admitted)]);
    assert_eq!(rig.stored.lit, [(zone(2), time(3).ends_at().plus_ms(600_000))]);
}

#[test]
fn an_offline_pin_is_refused_once_the_cloud_is_heard_and_spends_no_try() {
    let mut rig = silent_hall();
    rig.heard();
    rig.outputs.clear();
    for _ in 0..10 {
        rig.keys(1, &format!("{}#", pin(&SECRET, 3)));
    }
    assert_eq!(rig.reasons(), [RefusalReason::NotTaken; 10]);
    assert!(!opened(&rig));
    rig.input(Input::BrokerLost);
    rig.pass(300_001);
    rig.keys(1, &format!("{}#", pin(&SECRET, 3)));
    assert!(opened(&rig));
}

#[test]
fn an_offline_pin_at_the_wrong_hour_door_or_with_a_wrong_digit_opens_nothing() {
    let mut rig = silent_hall();
    let right = pin(&SECRET, 3);
    let wrong: String = right.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect();
    rig.keys(1, &format!("{wrong}#"));
    rig.keys(2, &format!("{right}#"));
    assert_eq!(rig.reasons(), [RefusalReason::Unknown; 2]);
    let late = OfflineTime { start_slot: time(3).start_slot - 8, ..time(3) };
    let late = offline_pin(&Sealer::new(&SECRET), gateway(), group(), late);
    let early = OfflineTime { start_slot: time(3).start_slot + 8, ..time(3) };
    let early = offline_pin(&Sealer::new(&SECRET), gateway(), group(), early);
    rig.outputs.clear();
    rig.keys(1, &format!("{late}#{early}#"));
    assert_eq!(rig.reasons(), [RefusalReason::TooLate, RefusalReason::TooEarly]);
    assert!(!opened(&rig));
}

#[test]
fn wrong_twelve_digits_are_guesses_like_any_other() {
    let mut rig = silent_hall();
    for _ in 0..5 {
        rig.keys(1, "000000000000#");
    }
    rig.keys(1, &format!("{}#", pin(&SECRET, 3)));
    assert_eq!(rig.reasons().last(), Some(&RefusalReason::LockedOut));
    assert!(!opened(&rig));
}

#[test]
fn during_a_change_of_the_sealing_secret_every_pin_goes_on() {
    let next = [8; 32];
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.heard();
    let fetched = Fetched {
        seals: vec![(SEAL_ID + 1, protocols_access::SealingSecret::new(next))],
        ..Fetched::default()
    };
    rig.input(Input::Fetched { fetched: Box::new(fetched) });
    assert_eq!(rig.core.state(rig.now).seal_held, SEAL_ID + 1);
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert!(opened(&rig), "under the secret that the table still has");
    // A delta under the new secret changes nothing; the snapshot does.
    let sealed = Sealer::new(&next).credential(CredentialKind::Pin, "123456");
    let grant = Grant { credentials: vec![sealed], ..booked(1, "") };
    rig.receive(Kind::Grants, &GrantBatch { seal_id: SEAL_ID + 1, ..batch(1, 2, vec![grant.clone()]) });
    assert_eq!(rig.refused().out_of_order, 1);
    rig.receive(Kind::Grants, &GrantBatch { seal_id: SEAL_ID + 1, ..batch(0, 2, vec![grant]) });
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert!(opened(&rig), "under the new one");
    rig.input(Input::BrokerLost);
    rig.pass(600_000);
    for (secret, serial) in [(SECRET, 1), (next, 2)] {
        rig.outputs.clear();
        rig.keys(1, &format!("{}#", pin(&secret, serial)));
        assert!(opened(&rig), "an off-line PIN under either");
    }
}
