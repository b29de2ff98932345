//! Each kind of bad message: nothing changes, and it is counted and reported.

use protocols_ids::{BootId, GatewayId, Uuid};
use protocols_wire::*;

use super::rig::*;
use crate::*;

/// Hands the message in and asserts that nothing came of it but one count, told within seconds.
fn refuse(rig: &mut Rig, topic: String, payload: Vec<u8>, expected: RefusedCounts) {
    let before = rig.stored.clone();
    rig.outputs.clear();
    rig.input(Input::Received { topic, payload });
    assert_eq!(rig.refused(), expected);
    let asks = |output: &&Output| matches!(output, Output::Send { .. } | Output::Fetch { .. });
    let wrought: Vec<_> = rig.outputs.iter().filter(|output| !asks(output)).collect();
    assert!(wrought.is_empty(), "{wrought:?}");
    assert_eq!(rig.stored, before);
    rig.pass(2_000);
    let mut reports = rig.take_sent().into_iter().filter(|(kind, _)| *kind == Kind::State);
    let last: StateReport = opened(Kind::State, &reports.next_back().expect("a report").1);
    assert_eq!(last.refused, expected);
}

fn connected_hall() -> Rig {
    let mut rig = Rig::hall();
    rig.receive(Kind::Posture, &Posture { counter: 5, mode: PostureMode::Normal });
    for revision in 1..=5 {
        rig.receive(Kind::Grants, &batch(revision - 1, revision, vec![booked(revision.into(), "123456")]));
    }
    rig.receive(Kind::Config, &config(5));
    rig.input(Input::BrokerConnected);
    let head = rig.stored.journal_head;
    rig.receive(Kind::Ack, &JournalAck { generation: 1, sequence: head, chain: None });
    assert_eq!(rig.refused(), RefusedCounts::default());
    rig
}

fn topic(kind: Kind) -> String {
    Topic::new(gateway(), kind).to_string()
}

fn signed(kind: Kind, message: &impl minicbor::Encode<()>) -> Vec<u8> {
    cloud().seal(&topic(kind), message)
}

fn next_batch() -> GrantBatch {
    batch(5, 6, vec![booked(9, "999999")])
}

const NONE: RefusedCounts =
    RefusedCounts { malformed: 0, signature: 0, replayed: 0, out_of_order: 0, oversized: 0, impossible: 0 };

#[test]
fn what_is_malformed_changes_nothing() {
    let mut rig = connected_hall();
    refuse(&mut rig, topic(Kind::Grants), b"{}".to_vec(), RefusedCounts { malformed: 1, ..NONE });
    // Signed, but another kind of message.
    let other = cloud().seal(&topic(Kind::Grants), &JournalAck { generation: 1, sequence: 1, chain: None });
    refuse(&mut rig, topic(Kind::Grants), other, RefusedCounts { malformed: 2, ..NONE });
    let payload = signed(Kind::Grants, &next_batch());
    refuse(&mut rig, "hp/1/grants".to_owned(), payload, RefusedCounts { malformed: 3, ..NONE });
}

#[test]
fn what_is_unsigned_changes_nothing() {
    let mut rig = connected_hall();
    let bare = encode(&next_batch());
    refuse(&mut rig, topic(Kind::Grants), bare, RefusedCounts { malformed: 1, ..NONE });
}

#[test]
fn what_is_wrongly_signed_changes_nothing() {
    let mut rig = connected_hall();
    let stranger = signer(66).seal(&topic(Kind::Grants), &next_batch());
    refuse(&mut rig, topic(Kind::Grants), stranger, RefusedCounts { signature: 1, ..NONE });
    let mut bent = signed(Kind::Grants, &next_batch());
    *bent.last_mut().unwrap() ^= 1;
    refuse(&mut rig, topic(Kind::Grants), bent, RefusedCounts { signature: 2, ..NONE });
}

#[test]
fn a_key_that_has_ended_signs_nothing_any_more() {
    let mut rig = connected_hall();
    rig.now.wall = rig.now.wall.plus_ms(366 * 24 * HOUR_MS);
    rig.input(Input::Tick);
    let late = signed(Kind::Grants, &next_batch());
    refuse(&mut rig, topic(Kind::Grants), late, RefusedCounts { signature: 1, ..NONE });
}

#[test]
fn what_is_for_another_gateway_or_topic_changes_nothing() {
    let mut rig = connected_hall();
    let other = Topic::new(GatewayId::new(Uuid::from_u128(0xBB)), Kind::Grants).to_string();
    let theirs = cloud().seal(&other, &next_batch());
    refuse(&mut rig, topic(Kind::Grants), theirs.clone(), RefusedCounts { signature: 1, ..NONE });
    refuse(&mut rig, other, theirs, RefusedCounts { signature: 2, ..NONE });
    let posture = signed(Kind::Config, &Posture { counter: 9, mode: PostureMode::Emergency });
    refuse(&mut rig, topic(Kind::Posture), posture, RefusedCounts { signature: 3, ..NONE });
}

#[test]
fn what_is_replayed_changes_nothing() {
    let mut rig = connected_hall();
    let old = batch(4, 5, vec![booked(9, "999999")]);
    let payload = signed(Kind::Grants, &old);
    refuse(&mut rig, topic(Kind::Grants), payload, RefusedCounts { replayed: 1, ..NONE });
    let payload = signed(Kind::Grants, &batch(0, 4, vec![]));
    refuse(&mut rig, topic(Kind::Grants), payload, RefusedCounts { replayed: 2, ..NONE });
    let payload = signed(Kind::Config, &SiteConfig { revision: 4, ..SiteConfig::default() });
    refuse(&mut rig, topic(Kind::Config), payload, RefusedCounts { replayed: 3, ..NONE });
    let payload = signed(Kind::Posture, &Posture { counter: 4, mode: PostureMode::Emergency });
    refuse(&mut rig, topic(Kind::Posture), payload, RefusedCounts { replayed: 4, ..NONE });
    let payload = signed(Kind::Ack, &JournalAck { generation: 1, sequence: 1, chain: None });
    refuse(&mut rig, topic(Kind::Ack), payload, RefusedCounts { replayed: 5, ..NONE });
    let lease = Lease {
        position: Position { epoch: 1, revision: 5 },
        lease_until: START.plus_ms(HOUR_MS),
        nonce: 42,
        time: START.plus_ms(1_000),
        trust_serial: 1,
        seal_id: SEAL_ID,
    };
    let payload = signed(Kind::Lease, &lease);
    refuse(&mut rig, topic(Kind::Lease), payload, RefusedCounts { replayed: 6, ..NONE });
}

#[test]
fn what_is_retained_and_comes_again_is_neither_news_nor_counted() {
    let mut rig = connected_hall();
    refuse_nothing(&mut rig, Kind::Config, &config(5));
    refuse_nothing(&mut rig, Kind::Posture, &Posture { counter: 5, mode: PostureMode::Normal });
}

fn refuse_nothing(rig: &mut Rig, kind: Kind, message: &impl minicbor::Encode<()>) {
    rig.outputs.clear();
    rig.receive(kind, message);
    assert_eq!(rig.refused(), NONE);
    assert!(rig.outputs.is_empty(), "{:?}", rig.outputs);
}

#[test]
fn what_is_out_of_order_changes_nothing_and_is_asked_for_once() {
    let mut rig = connected_hall();
    let gap = signed(Kind::Grants, &batch(7, 8, vec![booked(9, "999999")]));
    rig.outputs.clear();
    let before = rig.stored.clone();
    for _ in 0..3 {
        rig.input(Input::Received { topic: topic(Kind::Grants), payload: gap.clone() });
    }
    assert_eq!(rig.refused(), RefusedCounts { out_of_order: 3, ..NONE });
    let sent = rig.take_sent();
    let asked: Vec<_> = sent.iter().filter(|(kind, _)| *kind == Kind::Resync).collect();
    assert_eq!(asked.len(), 1);
    let asked: Resync = opened(Kind::Resync, &asked[0].1);
    assert_eq!(asked, Resync { position: Position { epoch: 1, revision: 5 }, config_revision: 5 });
    assert_eq!(rig.stored, before);
}

#[test]
fn what_is_oversized_changes_nothing() {
    let mut rig = connected_hall();
    let huge = vec![0; MESSAGE_BYTES_MAX + 1];
    refuse(&mut rig, topic(Kind::Grants), huge, RefusedCounts { oversized: 1, ..NONE });
    let mut grant = booked(9, "999999");
    grant.doors = vec![grant.doors[0]; DOORS_MAX + 1];
    let payload = signed(Kind::Grants, &batch(5, 6, vec![grant]));
    refuse(&mut rig, topic(Kind::Grants), payload, RefusedCounts { oversized: 2, ..NONE });
    let mut wide = config(6);
    wide.zones[0].lamps = (0..=LAMPS_MAX).map(|lamp| point(lamps(), &format!("lamp{lamp}"))).collect();
    let payload = signed(Kind::Config, &wide);
    refuse(&mut rig, topic(Kind::Config), payload, RefusedCounts { oversized: 3, ..NONE });
}

#[test]
fn what_cannot_be_changes_nothing() {
    let mut rig = connected_hall();
    let mut count = 0;
    let mut impossible = |rig: &mut Rig, kind, payload| {
        count += 1;
        refuse(rig, topic(kind), payload, RefusedCounts { impossible: count, ..NONE });
    };
    let beyond = rig.stored.journal_head + 1;
    let payload = signed(Kind::Ack, &JournalAck { generation: 1, sequence: beyond, chain: None });
    impossible(&mut rig, Kind::Ack, payload);
    let payload = signed(Kind::Ack, &JournalAck { generation: 2, sequence: 1, chain: None });
    impossible(&mut rig, Kind::Ack, payload);
    let command = Command {
        id: [1; 16],
        gateway: gateway(),
        boot: BootId::new(Uuid::from_u128(1)),
        counter: 1,
        expires_at: rig.now.wall.plus_ms(5_000),
        action: Action::Release { door: door(1) },
    };
    let payload = signed(Kind::Command, &command);
    impossible(&mut rig, Kind::Command, payload);
    let payload = signed(Kind::Grants, &GrantBatch { seal_id: 99, ..next_batch() });
    impossible(&mut rig, Kind::Grants, payload);
    let mut twice = config(6);
    twice.doors[0].scanner = Some(node(1));
    twice.doors[1].scanner = Some(node(1));
    let payload = signed(Kind::Config, &twice);
    impossible(&mut rig, Kind::Config, payload);
    let payload = signed(Kind::Grants, &GrantBatch { part: 2, parts: 2, ..next_batch() });
    impossible(&mut rig, Kind::Grants, payload);
    let payload = signed(Kind::State, &next_batch());
    impossible(&mut rig, Kind::State, payload);
    let mut dangling = config(6);
    dangling.devices.pop();
    let payload = signed(Kind::Config, &dangling);
    impossible(&mut rig, Kind::Config, payload);
    let mut twice = config(6);
    twice.doors[1].keypad = twice.doors[0].keypad;
    let payload = signed(Kind::Config, &twice);
    impossible(&mut rig, Kind::Config, payload);
}

#[test]
fn a_good_message_still_comes_through_after_all_that() {
    let mut rig = connected_hall();
    rig.input(Input::Received { topic: topic(Kind::Grants), payload: vec![0; 10] });
    rig.receive(Kind::Grants, &next_batch());
    assert_eq!(rig.stored.position, Position { epoch: 1, revision: 6 });
}
