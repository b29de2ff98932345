//! A disk that stalls, and one that lost or bent what was on it.

use protocols_fieldbus::nodes::NodeEvent;
use protocols_wire::*;

use super::rig::*;
use crate::*;

fn hall_with(grants: Vec<Grant>) -> Rig {
    let mut rig = Rig::hall();
    rig.receive(Kind::Grants, &batch(0, 1, grants));
    rig.outputs.clear();
    rig
}

fn confirmed(rig: &Rig) -> Vec<u16> {
    let confirmed = rig.outputs.iter().filter_map(|output| match output {
        Output::Confirm { sequence, .. } => Some(*sequence),
        _ => None,
    });
    confirmed.collect()
}

fn opened_door(rig: &Rig) -> bool {
    rig.writes().contains(&(point(node(1), "lock"), true))
}

#[test]
fn with_a_stalled_disk_doors_and_keypads_go_on_and_it_is_told_when_it_is_over() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.input(Input::BrokerConnected);
    rig.disk_is_prompt = false;
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert!(opened_door(&rig));
    assert_eq!(confirmed(&rig).last(), Some(&6), "the last key not before it is on disk");
    let stall_ms = i64::try_from(DISK_STALL_MS).unwrap();
    rig.pass(stall_ms - 1);
    assert!(!rig.core.state(rig.now).disk_stalled && confirmed(&rig).last() == Some(&6));
    rig.pass(1);
    assert!(rig.core.state(rig.now).disk_stalled);
    assert_eq!(confirmed(&rig).last(), Some(&7), "the node's queue is emptied");
    assert!(rig.told().contains(&JournalEvent::Disk { stalled: true }));
    // More keys than a node's queue holds.
    rig.outputs.clear();
    for _ in 0..20 {
        rig.keys(1, "123456#");
    }
    assert_eq!(confirmed(&rig).len(), 140);
    assert!(opened_door(&rig));
    // Nothing of it goes up before it is on disk; then all of it does.
    assert!(rig.take_sent().iter().all(|(kind, _)| *kind != Kind::Journal));
    rig.disk_is_prompt = true;
    rig.sync();
    assert!(!rig.core.state(rig.now).disk_stalled);
    assert_eq!(rig.told().last(), Some(&JournalEvent::Disk { stalled: false }));
    assert!(rig.take_sent().iter().any(|(kind, _)| *kind == Kind::Journal));
    let sequences: Vec<u64> = rig.log.iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, (1..=rig.stored.journal_head).collect::<Vec<_>>());
}

#[test]
fn what_a_stalled_disk_could_not_keep_is_counted_by_one_gap() {
    let mut rig = hall_with(vec![]);
    rig.disk_is_prompt = false;
    rig.pass(10);
    let presses = u64::try_from(UNPERSISTED_MAX).unwrap() + 1_000;
    for _ in 0..presses {
        rig.event(node(1), 0, NodeEvent::Exit(true));
        rig.event(node(1), 0, NodeEvent::Exit(false));
    }
    rig.pass(60_000);
    let told = |rig: &Rig| u64::try_from(rig.told().len()).unwrap();
    assert_eq!(told(&rig), u64::try_from(UNPERSISTED_MAX).unwrap(), "memory is bounded");
    rig.disk_is_prompt = true;
    rig.sync();
    let gaps: Vec<u64> = rig
        .told()
        .iter()
        .filter_map(|event| match event {
            JournalEvent::Gap { missing } => Some(*missing),
            _ => None,
        })
        .collect();
    // A thousand presses, and that the disk stalled.
    assert_eq!(gaps, [1_001]);
    rig.event(node(1), 0, NodeEvent::Exit(true));
    let exit = JournalEvent::Door { door: door(1), what: DoorEvent::Exit };
    assert_eq!(rig.told().last(), Some(&exit));
    assert_eq!(rig.log.len(), usize::try_from(rig.stored.journal_head).unwrap());
}

#[test]
fn a_command_waits_for_its_counter_on_disk_and_lapses_with_a_disk_that_takes_too_long() {
    let mut rig = hall_with(vec![]);
    rig.disk_is_prompt = false;
    let command = |rig: &Rig, counter| Command {
        id: [9; 16],
        gateway: gateway(),
        boot: rig.stored.boot,
        counter,
        expires_at: rig.now.wall.plus_ms(5_000),
        action: Action::Release { door: door(1) },
    };
    let first = command(&rig, 1);
    rig.receive(Kind::Command, &first);
    assert!(!opened_door(&rig), "not before its counter is on disk");
    rig.sync();
    assert!(opened_door(&rig));
    assert_eq!(rig.stored.command_counter, 1);
    rig.sync();
    rig.outputs.clear();
    let second = command(&rig, 2);
    rig.receive(Kind::Command, &second);
    rig.pass(5_000);
    assert!(rig.told().contains(&JournalEvent::Commanded { id: [9; 16], done: false }));
    rig.disk_is_prompt = true;
    rig.sync();
    assert!(!opened_door(&rig), "neither then nor later");
    // The store knows the counter of this run: it never counts again.
    rig.receive(Kind::Command, &Command { expires_at: rig.now.wall.plus_ms(5_000), ..second });
    assert_eq!(rig.refused().replayed, 1);
}

#[test]
fn more_commands_than_people_can_give_are_refused() {
    let mut rig = hall_with(vec![]);
    rig.disk_is_prompt = false;
    for counter in 1..=u64::try_from(COMMANDS_PENDING_MAX).unwrap() + 3 {
        let command = Command {
            id: [1; 16],
            gateway: gateway(),
            boot: rig.stored.boot,
            counter,
            expires_at: rig.now.wall.plus_ms(5_000),
            action: Action::Release { door: door(1) },
        };
        rig.receive(Kind::Command, &command);
    }
    let refused = JournalEvent::Commanded { id: [1; 16], done: false };
    assert_eq!(rig.told(), vec![refused; 3]);
}

#[test]
fn rows_that_do_not_add_up_are_dropped_and_asked_for_anew() {
    let mut rig = hall_with(vec![booked(1, "123456"), booked(2, "654321")]);
    // One row is bent on the disk: another hour.
    let mut bent = rig.stored.grants.remove(0).grant();
    bent.doors[0].not_after = bent.doors[0].not_after.plus_ms(30 * 24 * HOUR_MS);
    rig.stored.grants.push(bent.into());
    rig.outputs.clear();
    rig.restart();
    assert!(rig.told().contains(&JournalEvent::Damaged { what: Damage::Grants }));
    rig.find_devices();
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert_eq!(rig.reasons(), [RefusalReason::Unknown]);
    // It says that it has nothing, and takes nothing that builds on what it lost.
    let report = rig.core.state(rig.now);
    assert_eq!((report.position, report.grants, report.table_hash), (Position::default(), 0, [0; 32]));
    rig.input(Input::BrokerConnected);
    let asked = rig.take_sent().into_iter().find(|(kind, _)| *kind == Kind::Resync).unwrap();
    assert_eq!(opened::<Resync>(Kind::Resync, &asked.1).position, Position::default());
    rig.receive(Kind::Grants, &batch(1, 2, vec![booked(3, "333333")]));
    assert_eq!(rig.refused().out_of_order, 1);
    let heartbeat = Lease { position: Position { epoch: 1, revision: 1 }, ..rig.heartbeat() };
    rig.receive(Kind::Lease, &heartbeat);
    assert_eq!(rig.refused().out_of_order, 2, "nothing is renewed that is not there");
    rig.receive(Kind::Grants, &batch(0, 2, vec![booked(1, "123456")]));
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert!(opened_door(&rig));
    assert_eq!(rig.core.state(rig.now).position, Position { epoch: 1, revision: 2 });
    rig.restart();
    assert!(rig.told().iter().all(|event| !matches!(event, JournalEvent::Damaged { .. })));
}

#[test]
fn what_the_store_put_aside_is_told_and_a_new_generation_begins_at_one() {
    let mut rig = hall_with(vec![booked(1, "123456")]);
    rig.stored.damage = vec![Damage::Journal];
    rig.stored.journal_generation = 2;
    rig.stored.journal_head = 0;
    rig.stored.journal_chain = CHAIN_START;
    rig.stored.journal_acknowledged = 0;
    rig.stored.journal_acknowledged_chain = CHAIN_START;
    rig.stored.unacknowledged.clear();
    rig.outputs.clear();
    rig.restart();
    assert_eq!(rig.told(), [JournalEvent::Started, JournalEvent::Damaged { what: Damage::Journal }]);
    rig.stored.damage.clear();
    rig.find_devices();
    rig.input(Input::BrokerConnected);
    let sent = rig.take_sent();
    let (kind, payload) = sent.iter().find(|(kind, _)| *kind == Kind::Journal).unwrap();
    let batch: JournalBatch = opened(*kind, payload);
    assert_eq!((batch.generation, batch.previous), (2, CHAIN_START));
    assert_eq!(decode::<JournalEntry>(&batch.entries[0]).unwrap().sequence, 1);
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert!(opened_door(&rig), "the door goes on");
}

#[test]
fn the_hash_that_is_reported_is_that_of_the_rows_on_disk() {
    let mut rig = Rig::hall();
    rig.disk_is_prompt = false;
    let sum = |rows: &[Grant]| {
        rows.iter().fold(TableHash::default(), |sum, grant| sum.with(&row_hash(grant))).bytes()
    };
    let hash = |rig: &Rig| {
        let report = rig.core.state(rig.now);
        assert_eq!(report.hash_version, HASH_VERSION);
        report.table_hash
    };
    let (one, two) = (booked(1, "111111"), booked(2, "222222"));
    rig.receive(Kind::Grants, &batch(0, 1, vec![one.clone()]));
    assert_eq!(hash(&rig), sum(&[]));
    rig.sync();
    assert_eq!(hash(&rig), sum(std::slice::from_ref(&one)));
    rig.receive(Kind::Grants, &GrantBatch { removals: vec![one.id], ..batch(1, 2, vec![two.clone()]) });
    assert_eq!(hash(&rig), sum(&[one]));
    rig.sync();
    assert_eq!(hash(&rig), sum(&[two]));
    assert_eq!(rig.stored.table_hash, Some(hash(&rig)));
}

#[test]
fn acknowledged_entries_are_kept_as_long_as_the_policy_says() {
    let mut rig = Rig::hall();
    let policy = SitePolicy { journal_kept_h: 5, ..SitePolicy::default() };
    rig.receive(Kind::Config, &SiteConfig { policy, ..config(2) });
    rig.outputs.clear();
    let head = rig.stored.journal_head;
    rig.receive(Kind::Ack, &JournalAck { generation: 1, sequence: head, chain: None });
    let forget = rig.outputs.iter().find_map(|output| match output {
        Output::Persist { change: Change::Acknowledged { forget_before, .. }, .. } => Some(*forget_before),
        _ => None,
    });
    assert_eq!(forget, Some(START.plus_ms(-5 * HOUR_MS)));
}
