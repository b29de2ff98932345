//! Faults that are not one bad message: what the door does, and what is said.

use proptest::prelude::*;
use protocols_fieldbus::nodes::NodeEvent;
use protocols_ids::{BootId, Uuid};
use protocols_wire::*;

use super::rig::*;
use crate::*;

fn opens(rig: &mut Rig, pin: &str) -> bool {
    rig.outputs.clear();
    rig.keys(1, &format!("{pin}#"));
    rig.writes().contains(&(point(node(1), "lock"), true))
}

fn hall_with(grants: Vec<Grant>) -> Rig {
    let mut rig = Rig::hall();
    rig.receive(Kind::Grants, &batch(0, 1, grants));
    rig.outputs.clear();
    rig
}

#[test]
fn a_cloud_restored_from_yesterday_brings_a_cancelled_booking_back_and_it_opens_nothing() {
    let mut rig = hall_with(vec![booked(1, "111111"), booked(2, "222222")]);
    assert!(opens(&mut rig, "111111"));
    rig.receive(Kind::Grants, &GrantBatch { removals: vec![grant_id(1)], ..batch(1, 2, vec![]) });
    assert_eq!(rig.stored.taken_back, [(grant_id(1), START.plus_ms(HOUR_MS))]);
    // The backup is older than the cancellation, and than booking 3, which the gateway never heard of.
    let restored = vec![booked(1, "111111"), booked(2, "222222")];
    rig.receive(Kind::Grants, &GrantBatch { epoch: 2, ..batch(0, 1, restored.clone()) });
    assert!(!opens(&mut rig, "111111"));
    assert_eq!(rig.reasons(), [RefusalReason::Revoked]);
    assert!(opens(&mut rig, "222222"));
    // Both ends hold the same rows; the count says that they do not mean the same.
    let report = rig.core.state(rig.now);
    let sum = restored.iter().fold(TableHash::default(), |sum, grant| sum.with(&row_hash(grant)));
    assert_eq!((report.grants, report.grants_taken_back, report.table_hash), (2, 1, sum.bytes()));
    rig.restart();
    rig.find_devices();
    assert!(!opens(&mut rig, "111111"), "also after a restart");
    assert_eq!(rig.core.state(rig.now).grants_taken_back, 1);
    // When it is over both forget.
    let expiry = Some(START.plus_ms(HOUR_MS + 1));
    rig.receive(Kind::Grants, &GrantBatch { epoch: 2, expired_before: expiry, ..batch(1, 2, vec![]) });
    assert!(rig.stored.taken_back.is_empty() && rig.stored.grants.is_empty());
    assert_eq!(rig.core.state(rig.now).grants_taken_back, 0);
}

#[test]
fn a_removal_that_was_lost_is_known_by_the_snapshot_that_lacks_the_grant() {
    let mut rig = hall_with(vec![booked(1, "111111"), booked(2, "222222")]);
    rig.receive(Kind::Grants, &batch(0, 5, vec![booked(2, "222222")]));
    assert!(!opens(&mut rig, "111111"));
    assert_eq!(rig.reasons(), [RefusalReason::Revoked]);
    rig.receive(Kind::Grants, &GrantBatch { epoch: 2, ..batch(0, 1, vec![booked(1, "111111")]) });
    assert!(!opens(&mut rig, "111111"));
    // What a restored cloud lacks is another matter: it may come again.
    rig.receive(Kind::Grants, &GrantBatch { epoch: 3, ..batch(0, 1, vec![booked(2, "222222")]) });
    assert!(opens(&mut rig, "222222"));
}

#[test]
fn two_gateways_with_one_identity_each_refuse_what_was_meant_for_the_other() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.heard();
    let other = BootId::new(Uuid::from_u128(0x07E7));
    // The broker throws this one out each time that the other connects, and the other way round.
    for _ in 0..5 {
        rig.input(Input::BrokerLost);
        rig.pass(1_000);
        rig.input(Input::BrokerConnected);
    }
    // What the cloud answers to the other: a command for its boot, an acknowledgement of its journal, a heartbeat
    // with its nonce.
    let command = Command {
        id: [1; 16],
        gateway: gateway(),
        boot: other,
        counter: 1,
        expires_at: rig.now.wall.plus_ms(5_000),
        action: Action::Release { door: door(1) },
    };
    rig.outputs.clear();
    rig.receive(Kind::Command, &command);
    let head = rig.stored.journal_head;
    rig.receive(Kind::Ack, &JournalAck { generation: 1, sequence: head + 100, chain: None });
    rig.receive(Kind::Ack, &JournalAck { generation: 1, sequence: head, chain: Some([7; 32].into()) });
    let lease = Lease { nonce: 77, ..rig.heartbeat() };
    rig.receive(Kind::Lease, &lease);
    assert_eq!(rig.refused(), RefusedCounts { impossible: 3, replayed: 1, ..RefusedCounts::default() });
    assert!(rig.writes().is_empty());
    assert_eq!(rig.stored.journal_acknowledged, 0);
    // The door itself goes on.
    assert!(opens(&mut rig, "123456"));
}

#[test]
fn a_heartbeat_that_is_withheld_renews_from_when_it_was_said_and_worsens_no_clock() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.heard();
    rig.pass(60_000);
    let withheld = rig.heartbeat();
    rig.input(Input::BrokerLost);
    rig.pass(3 * HOUR_MS);
    rig.input(Input::BrokerConnected);
    rig.receive(Kind::Lease, &withheld);
    assert_eq!(rig.stored.heartbeat_at, Some(withheld.time));
    let report = rig.core.state(rig.now);
    let wrong_ms = rig.core.clock.settled(rig.now).wall.ms_since(rig.now.wall).unsigned_abs();
    let told_ms = report.clock_uncertainty_ms.unwrap();
    assert!(wrong_ms <= told_ms && told_ms < 1_000, "{wrong_ms} ms, {report:?}");
    // It is silence all the same: the next but one report has another nonce.
    rig.receive(Kind::Lease, &withheld);
    assert_eq!(rig.refused().replayed, 1);
}

#[test]
fn one_wrong_answer_about_the_time_opens_nothing_and_closes_nothing() {
    for by_ms in [400 * 24 * HOUR_MS, 2 * HOUR_MS, -2 * HOUR_MS, -400 * 24 * HOUR_MS] {
        let tomorrow = {
            let mut grant = booked(2, "222222");
            grant.doors[0].not_before = START.plus_ms(HOUR_MS);
            grant.doors[0].not_after = START.plus_ms(3 * HOUR_MS);
            grant
        };
        let mut rig = hall_with(vec![booked(1, "123456"), tomorrow]);
        rig.heard();
        let floor = rig.stored.time_floor;
        rig.pass(60_000);
        rig.outputs.clear();
        rig.now.wall = rig.now.wall.plus_ms(by_ms);
        rig.input(Input::Tick);
        assert_eq!(rig.told(), [JournalEvent::ClockStep { by_ms }]);
        assert!(opens(&mut rig, "123456"), "{by_ms}");
        assert!(!opens(&mut rig, "222222"), "{by_ms}");
        assert_eq!(rig.log.last().unwrap().at, START.plus_ms(60_000));
        assert_eq!(rig.stored.time_floor, floor, "only heartbeats raise the floor");
        // The next heartbeat says what the time is, and the floor follows it and not the wall clock.
        rig.input(Input::BrokerConnected);
        let lease_until = START.plus_ms(60 * 24 * HOUR_MS);
        let lease = Lease { time: START.plus_ms(61_000), lease_until, ..rig.heartbeat() };
        rig.receive(Kind::Lease, &lease);
        assert_eq!(rig.stored.time_floor, START.plus_ms(61_000));
        rig.pass(2 * HOUR_MS);
        assert!(opens(&mut rig, "222222") && !opens(&mut rig, "123456"));
    }
}

#[test]
fn messages_cut_short_change_nothing_at_any_length() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    let topic = Topic::new(gateway(), Kind::Grants).to_string();
    let whole = cloud().seal(&topic, &batch(1, 2, vec![booked(2, "222222")]));
    let before = rig.stored.clone();
    for length in 0..whole.len() {
        rig.input(Input::Received { topic: topic.clone(), payload: whole[..length].to_vec() });
    }
    assert_eq!(rig.stored, before);
    let counts = rig.refused();
    assert_eq!(usize::try_from(counts.malformed + counts.signature).unwrap(), whole.len());
    rig.input(Input::Received { topic, payload: whole });
    assert_eq!(rig.stored.position, Position { epoch: 1, revision: 2 });
}

/// What went up as urgent, and what went up in its turn.
fn journal_sent(rig: &mut Rig) -> (Vec<JournalBatch>, Vec<JournalBatch>) {
    let sent = rig.take_sent().into_iter().filter(|(kind, _)| *kind == Kind::Journal);
    sent.map(|(kind, payload)| opened::<JournalBatch>(kind, &payload)).partition(|batch| batch.urgent)
}

fn events(batch: &JournalBatch) -> Vec<JournalEvent> {
    batch.entries.iter().map(|bytes| decode::<JournalEntry>(bytes).unwrap().event).collect()
}

#[test]
fn an_alarm_goes_ahead_of_a_backlog_and_comes_again_in_its_place() {
    let mut rig = Rig::hall();
    for _ in 0..1_200 {
        rig.event(node(1), 0, NodeEvent::Exit(true));
        rig.event(node(1), 0, NodeEvent::Exit(false));
    }
    rig.event(node(1), 0, NodeEvent::Tamper(false));
    rig.pass(6_000);
    rig.event(node(1), 0, NodeEvent::Contact(false));
    rig.outputs.clear();
    rig.input(Input::BrokerConnected);
    let (urgent, in_turn) = journal_sent(&mut rig);
    let told = |what| JournalEvent::Door { door: door(1), what };
    let ahead: Vec<JournalEvent> = urgent.iter().flat_map(events).collect();
    assert_eq!(ahead, [told(DoorEvent::Tamper), told(DoorEvent::Forced)]);
    for batch in &urgent {
        let link = batch.entries.iter().fold(batch.previous, |link, entry| chain(&link, entry));
        assert_eq!(link, batch.head);
    }
    assert_eq!(in_turn.len(), BATCHES_IN_FLIGHT_MAX);
    // One that comes while the window is full goes ahead as well, once.
    rig.event(node(2), 0, NodeEvent::Contact(false));
    let (urgent, in_turn) = journal_sent(&mut rig);
    assert_eq!(events(&urgent[0]), [JournalEvent::Door { door: door(2), what: DoorEvent::Forced }]);
    assert!(in_turn.is_empty());
    rig.pass(1_000);
    assert!(journal_sent(&mut rig).0.is_empty());
    // An acknowledgement lets the backlog go on; the alarms come again where they belong.
    let mut again = Vec::new();
    for sequence in [400, 800, 1_200] {
        rig.receive(Kind::Ack, &JournalAck { generation: 1, sequence, chain: None });
        let (urgent, in_turn) = journal_sent(&mut rig);
        assert!(urgent.is_empty());
        again.extend(in_turn.iter().flat_map(events));
    }
    assert!(ahead.iter().all(|alarm| again.contains(alarm)));
}

#[test]
fn an_alarm_without_a_backlog_goes_up_in_its_turn() {
    let mut rig = Rig::hall();
    rig.input(Input::BrokerConnected);
    let head = rig.stored.journal_head;
    rig.receive(Kind::Ack, &JournalAck { generation: 1, sequence: head, chain: None });
    rig.outputs.clear();
    rig.event(node(1), 0, NodeEvent::Tamper(false));
    let (urgent, in_turn) = journal_sent(&mut rig);
    assert!(urgent.is_empty());
    assert_eq!(events(&in_turn[0]), [JournalEvent::Door { door: door(1), what: DoorEvent::Tamper }]);
}

#[test]
fn many_alarms_are_sent_ahead_in_bounded_number() {
    let mut rig = Rig::hall();
    for _ in 0..1_500 {
        rig.event(node(1), 0, NodeEvent::Tamper(false));
        rig.event(node(1), 0, NodeEvent::Tamper(true));
    }
    rig.outputs.clear();
    rig.input(Input::BrokerConnected);
    let (urgent, _) = journal_sent(&mut rig);
    assert_eq!(urgent.len(), URGENT_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the wall clock does after a heartbeat, the time is monotonic time from that heartbeat.
    #[test]
    fn no_walk_of_the_wall_clock_moves_the_time(
        jumps in prop::collection::vec((-4_000_000_000_i64..4_000_000_000, 0_i64..100_000), 1..20),
    ) {
        let mut rig = hall_with(vec![]);
        rig.heard();
        let mut passed_ms = 0;
        for (by_ms, ms) in jumps {
            rig.now.wall = rig.now.wall.plus_ms(by_ms);
            rig.pass(ms);
            passed_ms += ms;
            prop_assert_eq!(rig.log.last().map(|entry| entry.at <= START.plus_ms(passed_ms)), Some(true));
            let time = rig.core.clock.settled(rig.now).wall;
            prop_assert_eq!(time, START.plus_ms(passed_ms));
            // Less what a clock may be too fast.
            let floor = START.plus_ms(passed_ms - passed_ms.unsigned_abs().div_ceil(50_000).cast_signed());
            prop_assert_eq!(rig.core.clock.floor(rig.now.uptime_ms), floor);
        }
    }
}
