use protocols_access::{GATEWAY_TRIES, READER_REGAIN_MS};
use protocols_fieldbus::nodes::{Indicator, NodeEvent};
use protocols_wire::*;

use super::rig::*;
use crate::*;

const VISITOR_LEASE_MS: i64 = 7 * 24 * HOUR_MS;
const TECHNICIAN_LEASE_MS: i64 = 24 * HOUR_MS;

fn hall_with(grants: Vec<Grant>) -> Rig {
    let mut rig = Rig::hall();
    rig.receive(Kind::Grants, &batch(0, 1, grants));
    rig.outputs.clear();
    rig
}

fn refused(reason: RefusalReason, grant: Option<u128>) -> JournalEvent {
    JournalEvent::Refused { door: door(1), kind: CredentialKind::Pin, reason, grant: grant.map(grant_id) }
}

fn admitted(number: u128) -> JournalEvent {
    JournalEvent::Admitted { door: door(1), grant: grant_id(number), kind: CredentialKind::Pin }
}

fn lock() -> PointRef {
    point(node(1), "lock")
}

fn reasons(rig: &Rig) -> Vec<RefusalReason> {
    let reasons = rig.told().into_iter().filter_map(|event| match event {
        JournalEvent::Refused { reason, .. } => Some(reason),
        _ => None,
    });
    reasons.collect()
}

#[test]
fn a_booked_visitor_types_the_pin_and_the_lock_opens_before_anything_else() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.disk_is_prompt = false;
    rig.keys(1, "123456#");
    let asked: Vec<&Output> =
        rig.outputs.iter().filter(|output| !matches!(output, Output::Confirm { .. })).collect();
    assert_eq!(*asked[0], Output::Write { point: lock(), on: true });
    assert_eq!(*asked[1], Output::Indicate { device: node(1), indicator: Indicator::Admitted });
    assert_eq!(rig.told(), [admitted(1), JournalEvent::Light { zone: zone(1), lit: true }]);
    assert_eq!(rig.writes(), [(lock(), true), (point(lamps(), "lamp1"), true)]);
}

#[test]
fn a_wrong_pin_gets_the_one_refusal_and_no_write() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.keys(1, "123457#");
    rig.keys(2, "123456#");
    let shown: Vec<_> = rig.outputs.iter().filter(|o| matches!(o, Output::Indicate { .. })).collect();
    assert_eq!(shown.len(), 2);
    assert!(shown.iter().all(|o| matches!(o, Output::Indicate { indicator: Indicator::Refused, .. })));
    assert_eq!(reasons(&rig), [RefusalReason::Unknown, RefusalReason::WrongDoor]);
    assert!(rig.writes().is_empty());
}

#[test]
fn the_pin_of_a_cancelled_booking_no_longer_opens() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.receive(Kind::Grants, &GrantBatch { removals: vec![grant_id(1)], ..batch(1, 2, vec![]) });
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert_eq!(rig.told(), [refused(RefusalReason::Revoked, Some(1))]);
    assert!(rig.writes().is_empty());
}

#[test]
fn a_passage_is_told_from_release_to_relock() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.keys(1, "123456#");
    rig.pass(1_500);
    rig.event(node(1), 20, NodeEvent::Contact(false));
    rig.pass(1_000);
    rig.event(node(1), 20, NodeEvent::Contact(true));
    rig.event(node(1), 0, NodeEvent::Secured);
    rig.pass(60_000);
    let doors = rig.told().into_iter().filter_map(|event| match event {
        JournalEvent::Door { what, .. } => Some(what),
        _ => None,
    });
    assert_eq!(doors.collect::<Vec<_>>(), [DoorEvent::Opened, DoorEvent::Closed]);
}

#[test]
fn a_door_opened_without_a_release_is_forced_and_an_exit_is_not() {
    let mut rig = Rig::hall();
    rig.event(node(1), 0, NodeEvent::Contact(false));
    rig.event(node(2), 0, NodeEvent::Exit(true));
    rig.event(node(2), 0, NodeEvent::Exit(false));
    rig.event(node(2), 0, NodeEvent::Contact(false));
    rig.event(node(2), 0, NodeEvent::Tamper(false));
    let told = |number, what| JournalEvent::Door { door: door(number), what };
    assert_eq!(
        rig.told(),
        [
            told(1, DoorEvent::Forced),
            told(2, DoorEvent::Exit),
            told(2, DoorEvent::Opened),
            told(2, DoorEvent::Tamper)
        ]
    );
    assert!(rig.writes().is_empty());
}

#[test]
fn what_waited_in_a_nodes_queue_is_told_as_of_when_it_happened() {
    let mut rig = Rig::hall();
    rig.pass(60_000);
    rig.event(node(1), 30_000, NodeEvent::Exit(true));
    assert_eq!(rig.log.last().unwrap().at, START.plus_ms(30_000));
}

#[test]
fn five_wrong_tries_lock_the_reader_out_also_after_a_restart() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    for _ in 0..5 {
        rig.keys(1, "999999#");
    }
    rig.restart();
    rig.find_devices();
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert_eq!(rig.told(), [refused(RefusalReason::LockedOut, None)]);
    rig.pass(READER_REGAIN_MS);
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert!(rig.told().contains(&admitted(1)));
}

#[test]
fn a_clock_set_back_does_not_leave_a_reader_locked_out() {
    let mut long = booked(1, "123456");
    long.doors[0].not_before = START.plus_ms(-48 * HOUR_MS);
    let mut rig = hall_with(vec![long]);
    for _ in 0..5 {
        rig.keys(1, "999999#");
    }
    rig.now.wall = rig.now.wall.plus_ms(-24 * HOUR_MS);
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert_eq!(reasons(&rig), [RefusalReason::LockedOut]);
    rig.pass(READER_REGAIN_MS);
    rig.keys(1, "123456#");
    assert_eq!(reasons(&rig), [RefusalReason::LockedOut]);
    assert!(rig.told().contains(&admitted(1)));
}

#[test]
fn lines_without_end_at_one_reader_never_close_the_others() {
    let mut elsewhere = booked(1, "123456");
    elsewhere.doors[0].door = door(2);
    let mut rig = hall_with(vec![elsewhere]);
    for _ in 0..2 * GATEWAY_TRIES {
        rig.keys(1, "99999999999999999999#");
    }
    let (guessed, paused) =
        reasons(&rig).into_iter().partition::<Vec<_>, _>(|r| *r == RefusalReason::Unknown);
    assert_eq!(guessed.len(), 5);
    assert!(paused.iter().all(|reason| *reason == RefusalReason::LockedOut));
    rig.outputs.clear();
    rig.keys(2, "123456#");
    assert_eq!(rig.writes().first(), Some(&(point(node(2), "lock"), true)));
}

#[test]
fn without_the_sealing_secret_a_reader_pauses_too() {
    let mut rig = Rig::hall();
    for _ in 0..6 {
        rig.keys(1, "999999#");
    }
    let locked_out = JournalEvent::LockedOut { door: door(1) };
    assert_eq!(rig.told().iter().filter(|event| **event == locked_out).count(), 1, "told once");
    let mut expected = vec![RefusalReason::Unknown; 5];
    expected.push(RefusalReason::LockedOut);
    assert_eq!(reasons(&rig), expected);
}

#[test]
fn keys_that_are_read_late_are_told_and_never_decided_on() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.pass(20_000);
    rig.keys_of_age(1, "123456", 6_000);
    rig.keys(1, "#");
    assert_eq!(rig.told(), [refused(RefusalReason::Stale, None)]);
    assert!(rig.writes().is_empty());
}

#[test]
fn keys_that_the_run_before_decided_on_do_not_release_a_second_time() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.keys(1, "123456#");
    assert!(rig.told().contains(&admitted(1)));
    // Killed before the node heard that it may forget them: it shows them again.
    rig.restart();
    rig.find_devices();
    rig.pass(1_000);
    rig.outputs.clear();
    rig.keys_of_age(1, "123456#", 1_001);
    assert_eq!(rig.told(), [refused(RefusalReason::Stale, None)]);
    assert!(rig.writes().is_empty());
    rig.keys_of_age(1, "123456#", 1_000);
    assert!(rig.told().contains(&admitted(1)), "what was typed since is decided on");
}

#[test]
fn a_lock_that_does_not_answer_is_not_opened_then_nor_later() {
    let mut rig = Rig::new();
    // The keypad hangs on another device than the lock.
    let mut config = config(1);
    config.doors[0].keypad = Some(node(2));
    config.doors[1].keypad = None;
    rig.receive(Kind::Config, &config);
    rig.find_devices();
    rig.receive(Kind::Grants, &batch(0, 1, vec![booked(1, "123456")]));
    rig.input(Input::DeviceLost { device: node(1) });
    rig.outputs.clear();
    rig.keys(2, "123456#");
    assert_eq!(rig.told(), [refused(RefusalReason::DoorLost, Some(1))]);
    rig.input(Input::DeviceFound { device: node(1), restarted: false });
    assert_eq!(rig.writes(), [(lock(), false)]);
}

#[test]
fn nothing_is_written_to_a_device_that_does_not_answer() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.input(Input::DeviceLost { device: node(2) });
    rig.input(Input::DeviceLost { device: lamps() });
    rig.outputs.clear();
    rig.keys(1, "123456#");
    rig.receive(Kind::Posture, &Posture { counter: 1, mode: PostureMode::Emergency });
    rig.pass(60_000);
    assert!(rig.writes().iter().all(|(written, _)| *written == lock()));
    // What they shall be is written when they are back.
    rig.outputs.clear();
    rig.input(Input::DeviceFound { device: node(2), restarted: false });
    rig.input(Input::DeviceFound { device: lamps(), restarted: false });
    for written in [point(node(2), "lock"), point(lamps(), "lamp1")] {
        assert!(rig.writes().contains(&(written, true)));
    }
}

#[test]
fn on_start_every_lock_is_secured() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.restart();
    let configures = |output: &Output| matches!(output, Output::Configure { config } if config.revision == 1);
    assert!(rig.outputs.iter().any(configures));
    rig.outputs.clear();
    rig.find_devices();
    let writes = rig.writes();
    for number in [1, 2] {
        assert!(writes.contains(&(point(node(number), "lock"), false)));
    }
    assert!(writes.iter().all(|(_, on)| !on), "nothing is released or lit by a start");
}

#[test]
fn light_stays_until_the_last_grant_has_ended_also_after_a_restart() {
    let mut later = booked(2, "654321");
    later.ends_at = START.plus_ms(HOUR_MS / 2);
    let mut rig = hall_with(vec![booked(1, "123456"), later]);
    rig.keys(1, "123456#");
    rig.keys(1, "654321#");
    let lights = rig.told().into_iter().filter(|e| matches!(e, JournalEvent::Light { .. })).count();
    assert_eq!(lights, 1, "it is lit once");
    rig.restart();
    rig.outputs.clear();
    rig.find_devices();
    assert!(rig.writes().contains(&(point(lamps(), "lamp1"), true)));
    rig.outputs.clear();
    rig.pass(HOUR_MS + 600_000 - 1);
    assert!(!rig.told().contains(&JournalEvent::Light { zone: zone(1), lit: false }));
    rig.pass(1);
    assert!(rig.told().contains(&JournalEvent::Light { zone: zone(1), lit: false }));
    assert_eq!(rig.writes(), [(point(lamps(), "lamp1"), false)]);
    assert!(rig.stored.lit.is_empty());
}

#[test]
fn with_an_unknown_clock_visitors_stay_out_and_staff_come_in() {
    let staff = Grant { class: GrantClass::Staff, ..booked(2, "654321") };
    let mut rig = hall_with(vec![booked(1, "123456"), staff]);
    rig.now.quality = TimeQuality::Unknown;
    rig.keys(1, "123456#");
    rig.keys(1, "654321#");
    assert_eq!(reasons(&rig), [RefusalReason::ClockUnknown]);
    assert!(rig.told().contains(&admitted(2)));
}

#[test]
fn a_lockdown_keeps_visitors_out_and_lets_responders_in() {
    let technician = Grant { class: GrantClass::Technician, ..booked(2, "654321") };
    let responder = Grant { responder: true, ..booked(3, "333333") };
    let mut rig = hall_with(vec![booked(1, "123456"), technician, responder]);
    rig.receive(Kind::Posture, &Posture { counter: 1, mode: PostureMode::Lockdown });
    rig.restart();
    rig.find_devices();
    rig.outputs.clear();
    rig.keys(1, "123456#");
    rig.keys(1, "654321#");
    assert_eq!(reasons(&rig), [RefusalReason::Lockdown; 2], "of whatever class");
    rig.keys(1, "333333#");
    assert!(rig.told().contains(&admitted(3)));
}

#[test]
fn an_emergency_releases_every_door_until_it_is_over() {
    let mut rig = Rig::hall();
    rig.receive(Kind::Posture, &Posture { counter: 1, mode: PostureMode::Emergency });
    rig.pass(60_000);
    let released = rig.writes().into_iter().filter(|write| *write == (lock(), true)).count();
    assert!(released > 60_000 / 5_000, "anew before each release ends: {released}");
    rig.outputs.clear();
    rig.receive(Kind::Posture, &Posture { counter: 2, mode: PostureMode::Normal });
    assert!(rig.writes().contains(&(lock(), false)));
    rig.outputs.clear();
    rig.pass(60_000);
    assert!(rig.writes().is_empty());
}

#[test]
fn until_the_first_heartbeat_a_batch_is_the_sign_of_life() {
    let mut long = booked(1, "123456");
    long.doors[0].not_after = START.plus_ms(30 * VISITOR_LEASE_MS);
    let mut rig = hall_with(vec![long]);
    rig.pass(VISITOR_LEASE_MS - 1_000);
    rig.keys(1, "123456#");
    assert!(rig.told().contains(&admitted(1)));
    rig.restart();
    rig.find_devices();
    rig.pass(1_000);
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert_eq!(rig.told(), [refused(RefusalReason::LeaseEnded, Some(1))]);
}

#[test]
fn a_heartbeat_renews_each_class_for_its_longest_time_within_the_lease() {
    let mut technician = Grant { class: GrantClass::Technician, ..booked(1, "123456") };
    technician.doors[0].not_after = START.plus_ms(30 * VISITOR_LEASE_MS);
    let mut visitor = booked(2, "654321");
    visitor.doors[0].not_after = START.plus_ms(30 * VISITOR_LEASE_MS);
    let mut rig = hall_with(vec![technician, visitor]);
    rig.pass(TECHNICIAN_LEASE_MS);
    let lease = Lease {
        position: Position { epoch: 1, revision: 1 },
        lease_until: rig.now.wall.plus_ms(2 * TECHNICIAN_LEASE_MS),
        nonce: rig.core.state(rig.now).nonce,
        time: rig.now.wall,
        trust_serial: 1,
        seal_id: SEAL_ID,
    };
    rig.receive(Kind::Lease, &lease);
    assert_eq!(rig.refused(), RefusedCounts::default());
    assert_eq!(rig.core.state(rig.now).lease_until, Some(lease.lease_until));
    rig.pass(TECHNICIAN_LEASE_MS);
    rig.outputs.clear();
    rig.keys(1, "123456#");
    rig.keys(1, "654321#");
    assert_eq!(reasons(&rig), [RefusalReason::LeaseEnded]);
    assert!(rig.told().contains(&admitted(2)));
    rig.pass(TECHNICIAN_LEASE_MS);
    rig.outputs.clear();
    rig.keys(1, "654321#");
    assert_eq!(reasons(&rig), [RefusalReason::LeaseEnded], "the lease itself has ended");
}

#[test]
fn after_a_heartbeat_a_clock_set_far_back_is_not_believed() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    let lease = Lease {
        position: Position { epoch: 1, revision: 1 },
        lease_until: START.plus_ms(30 * VISITOR_LEASE_MS),
        nonce: rig.core.state(rig.now).nonce,
        time: START,
        trust_serial: 1,
        seal_id: SEAL_ID,
    };
    rig.receive(Kind::Lease, &lease);
    rig.now.wall = START.plus_ms(-24 * HOUR_MS);
    rig.restart();
    rig.find_devices();
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert_eq!(rig.told(), [refused(RefusalReason::ClockUnknown, Some(1))]);
    assert_eq!(rig.core.state(rig.now).at, START);
}

fn command(rig: &Rig, counter: u64) -> Command {
    Command {
        id: [9; 16],
        gateway: gateway(),
        boot: rig.stored.boot,
        counter,
        expires_at: rig.now.wall.plus_ms(5_000),
        action: Action::Release { door: door(1) },
    }
}

#[test]
fn a_command_releases_once_and_in_time_or_not_at_all() {
    let mut rig = Rig::hall();
    let first = command(&rig, 1);
    rig.receive(Kind::Command, &first);
    assert_eq!(rig.writes(), [(lock(), true)]);
    assert_eq!(rig.told(), [JournalEvent::Commanded { id: [9; 16], done: true }]);

    rig.outputs.clear();
    rig.receive(Kind::Command, &first);
    assert_eq!(rig.refused().replayed, 1);
    rig.receive(Kind::Command, &Command { expires_at: rig.now.wall, ..command(&rig, 2) });
    rig.receive(Kind::Command, &Command { expires_at: START.plus_ms(60_000), ..command(&rig, 3) });
    rig.now.quality = TimeQuality::Unknown;
    rig.receive(Kind::Command, &command(&rig, 4));
    rig.now.quality = TimeQuality::Synchronised;
    rig.input(Input::DeviceLost { device: node(1) });
    rig.receive(Kind::Command, &command(&rig, 5));
    let not_done = |event: &JournalEvent| matches!(event, JournalEvent::Commanded { done: false, .. });
    assert_eq!(rig.told().iter().filter(|event| not_done(event)).count(), 4);
    assert!(rig.writes().is_empty());

    rig.restart();
    rig.receive(Kind::Command, &Command { boot: first.boot, ..command(&rig, 6) });
    assert_eq!(rig.refused().impossible, 1);
}

#[test]
fn a_node_forgets_an_event_only_when_the_journal_is_on_disk() {
    let mut rig = Rig::hall();
    rig.disk_is_prompt = false;
    let press = |sequence| Input::Node {
        device: node(1),
        sequence,
        age_ms: 0,
        event: NodeEvent::Exit(sequence % 2 == 1),
    };
    let confirmed = |rig: &Rig| {
        let confirmed = rig.outputs.iter().filter_map(|output| match output {
            Output::Confirm { sequence, .. } => Some(*sequence),
            _ => None,
        });
        confirmed.collect::<Vec<_>>()
    };
    rig.input(press(u16::MAX));
    rig.input(press(0));
    rig.input(press(u16::MAX));
    rig.input(press(0));
    assert_eq!(rig.told().len(), 1, "what is read twice is taken once");
    assert!(confirmed(&rig).is_empty());
    rig.sync();
    assert_eq!(confirmed(&rig), [0]);
    // The confirmation was lost: the node shows the event again.
    rig.input(press(0));
    assert_eq!(confirmed(&rig), [0, 0]);
    // A node that began anew counts from the start.
    rig.input(Input::DeviceFound { device: node(1), restarted: true });
    rig.input(press(1));
    assert_eq!(rig.told().iter().filter(|event| matches!(event, JournalEvent::Door { .. })).count(), 2);
}

#[test]
fn a_clock_that_is_stepped_is_told() {
    let mut rig = Rig::hall();
    rig.now.wall = rig.now.wall.plus_ms(HOUR_MS);
    rig.input(Input::Tick);
    assert_eq!(rig.told(), [JournalEvent::ClockStep { by_ms: HOUR_MS }]);
}

#[test]
fn a_new_configuration_leaves_what_is_as_before_alone() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.keys(1, "123456#");
    rig.event(node(1), 0, NodeEvent::Contact(false));
    rig.outputs.clear();
    let mut next = config(2);
    next.doors.pop();
    next.zones[1].name = "B".to_owned();
    rig.receive(Kind::Config, &next);
    assert!(rig.outputs.iter().any(|output| matches!(output, Output::Configure { .. })));
    assert!(!rig.writes().contains(&(lock(), false)), "the open door goes on");
    assert!(rig.writes().contains(&(point(node(2), "lock"), false)), "the one that is gone is secured");
    assert!(!rig.writes().contains(&(point(lamps(), "lamp1"), false)), "light stays");
    rig.event(node(1), 0, NodeEvent::Contact(true));
    let closed = JournalEvent::Door { door: door(1), what: DoorEvent::Closed };
    assert!(rig.told().contains(&closed));
}
