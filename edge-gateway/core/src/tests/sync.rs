//! The table follows the cloud's, whatever the network and the disk do to it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use protocols_ids::GrantId;
use protocols_wire::*;

use super::rig::*;
use crate::*;

type Rows = BTreeMap<GrantId, Grant>;

/// A cloud that remembers what its table was at every position, and builds batches from it.
struct Cloud {
    history: BTreeMap<Position, Rows>,
    position: Position,
    built: i64,
}

impl Cloud {
    fn new() -> Self {
        let position = Position { epoch: 1, revision: 0 };
        Self { history: BTreeMap::from([(position, Rows::new())]), position, built: 0 }
    }

    fn rows(&self) -> &Rows {
        &self.history[&self.position]
    }

    /// One change: the batch that leads from the revision before to this one.
    fn change(&mut self, upserts: Vec<Grant>, removals: Vec<GrantId>) -> GrantBatch {
        let mut rows = self.rows().clone();
        rows.retain(|id, _| !removals.contains(id));
        rows.extend(upserts.iter().map(|grant| (grant.id, grant.clone())));
        let base = self.position.revision;
        self.position.revision += 1;
        self.history.insert(self.position, rows);
        GrantBatch { removals, ..self.build(base, upserts) }
    }

    /// The history was replaced: a new epoch, with other contents.
    fn restored(&mut self, rows: Rows) {
        self.position = Position { epoch: self.position.epoch + 1, revision: 1 };
        self.history.insert(self.position, rows);
    }

    fn build(&mut self, base: u64, upserts: Vec<Grant>) -> GrantBatch {
        self.built += 1;
        GrantBatch {
            epoch: self.position.epoch,
            issued_at: START.plus_ms(self.built),
            ..batch(base, self.position.revision, upserts)
        }
    }

    fn snapshot(&mut self, parts: usize) -> Vec<GrantBatch> {
        let rows: Vec<Grant> = self.rows().values().cloned().collect();
        let size = rows.len().div_ceil(parts).max(1);
        let whole = self.build(0, Vec::new());
        (0..parts)
            .map(|part| GrantBatch {
                part: u16::try_from(part).unwrap(),
                parts: u16::try_from(parts).unwrap(),
                upserts: rows.chunks(size).nth(part).unwrap_or_default().to_vec(),
                ..whole.clone()
            })
            .collect()
    }

    /// What came up: reports that are behind and requests are answered with a snapshot.
    fn answer(&mut self, rig: &mut Rig, parts: usize) -> Vec<GrantBatch> {
        let mut wants = false;
        for (kind, payload) in rig.take_sent() {
            match kind {
                Kind::Resync => {
                    let _: Resync = opened(kind, &payload);
                    wants = true;
                }
                Kind::State => {
                    let report: StateReport = opened(kind, &payload);
                    assert!(report.position <= rig.stored.position, "reported before it was on disk");
                    wants |= report.position.epoch < self.position.epoch;
                }
                _ => {}
            }
        }
        if wants && self.position.revision > 0 { self.snapshot(parts) } else { Vec::new() }
    }
}

#[derive(Clone, Debug)]
enum Happens {
    Change {
        upsert: u128,
        pin: u32,
        remove: u128,
    },
    Restore,
    /// One of the messages under way arrives; it may come again.
    Arrive {
        pick: prop::sample::Index,
        again: bool,
    },
    Lose(prop::sample::Index),
    Sync,
    Crash,
    Connect,
    Disconnect,
    Pass(i64),
    Answer,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => (1_u128..6, 0_u32..4, 1_u128..9)
            .prop_map(|(upsert, pin, remove)| Happens::Change { upsert, pin, remove }),
        1 => Just(Happens::Restore),
        12 => any::<(prop::sample::Index, bool)>()
            .prop_map(|(pick, again)| Happens::Arrive { pick, again }),
        2 => any::<prop::sample::Index>().prop_map(Happens::Lose),
        4 => Just(Happens::Sync),
        1 => Just(Happens::Crash),
        2 => Just(Happens::Connect),
        1 => Just(Happens::Disconnect),
        2 => (0_i64..20_000).prop_map(Happens::Pass),
        3 => Just(Happens::Answer),
    ]
}

fn held(rig: &Rig) -> Rows {
    rig.core.table.iter().map(|grant| (grant.id(), grant.grant())).collect()
}

fn sum(rows: &Rows) -> [u8; 32] {
    rows.values().fold(TableHash::default(), |sum, grant| sum.with(&row_hash(grant))).bytes()
}

fn stored(rig: &Rig) -> Rows {
    rig.stored.grants.iter().map(|grant| (grant.id(), grant.grant())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Never wrong: in memory and on disk the table is what the cloud had at that position. Alive: once
    /// messages arrive again, it becomes what the cloud has now.
    #[test]
    fn the_table_is_never_wrong_and_in_the_end_it_is_the_clouds(
        story in prop::collection::vec(happens(), 0..80),
        parts in 1_usize..4,
    ) {
        let mut rig = Rig::hall();
        rig.disk_is_prompt = false;
        let mut cloud = Cloud::new();
        cloud.history.insert(Position::default(), Rows::new());
        let mut under_way: Vec<GrantBatch> = Vec::new();
        for happening in story {
            match happening {
                Happens::Change { upsert, pin, remove } => {
                    let grant = booked(upsert, &format!("{pin:06}"));
                    let removals = if remove < 6 { vec![grant_id(remove)] } else { Vec::new() };
                    under_way.push(cloud.change(vec![grant], removals));
                }
                Happens::Restore => cloud.restored(Rows::from([(grant_id(9), booked(9, "424242"))])),
                Happens::Arrive { pick, again } => if !under_way.is_empty() {
                    let at = pick.index(under_way.len());
                    let batch = if again { under_way[at].clone() } else { under_way.remove(at) };
                    rig.receive(Kind::Grants, &batch);
                },
                Happens::Lose(pick) => if !under_way.is_empty() {
                    under_way.remove(pick.index(under_way.len()));
                },
                Happens::Sync => rig.sync(),
                Happens::Crash => rig.restart(),
                Happens::Connect => rig.input(Input::BrokerConnected),
                Happens::Disconnect => rig.input(Input::BrokerLost),
                Happens::Pass(ms) => rig.pass(ms),
                Happens::Answer => under_way.extend(cloud.answer(&mut rig, parts)),
            }
            prop_assert_eq!(&held(&rig), &cloud.history[&rig.core.table.position()]);
            prop_assert_eq!(&stored(&rig), &cloud.history[&rig.stored.position]);
            let report = rig.core.state(rig.now);
            prop_assert_eq!(report.position, rig.stored.position);
            prop_assert_eq!(report.table_hash, sum(&cloud.history[&report.position]));
        }
        // Then messages arrive, in order, and the cloud has one more change to tell.
        rig.disk_is_prompt = true;
        rig.sync();
        rig.input(Input::BrokerConnected);
        let last = cloud.change(vec![booked(7, "777777")], Vec::new());
        rig.receive(Kind::Grants, &last);
        for _ in 0..5 {
            for batch in cloud.answer(&mut rig, parts) {
                rig.receive(Kind::Grants, &batch);
            }
            rig.pass(30_000);
        }
        prop_assert_eq!(rig.core.table.position(), cloud.position);
        prop_assert_eq!(&held(&rig), cloud.rows());
        prop_assert_eq!(&stored(&rig), cloud.rows());
        prop_assert_eq!(rig.core.state(rig.now).table_hash, sum(cloud.rows()));
    }
}

#[test]
fn a_new_gateway_reports_asks_and_then_tells_its_journal() {
    let mut rig = Rig::new();
    rig.input(Input::BrokerConnected);
    let kinds: Vec<Kind> = rig.take_sent().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [Kind::State, Kind::Resync, Kind::Journal]);
}

#[test]
fn a_position_is_reported_when_it_is_on_disk_and_not_before() {
    let mut rig = Rig::hall();
    rig.input(Input::BrokerConnected);
    rig.disk_is_prompt = false;
    rig.outputs.clear();
    rig.receive(Kind::Grants, &batch(0, 1, vec![booked(1, "123456")]));
    assert!(rig.take_sent().is_empty());
    rig.sync();
    let sent = rig.take_sent();
    let (kind, payload) = &sent[0];
    let report: StateReport = opened(*kind, payload);
    assert_eq!(report.position, Position { epoch: 1, revision: 1 });
}

#[test]
fn a_request_is_repeated_with_growing_pauses_until_it_is_answered() {
    let mut rig = Rig::hall();
    rig.receive(Kind::Grants, &batch(0, 1, vec![]));
    rig.input(Input::BrokerConnected);
    rig.receive(Kind::Grants, &batch(2, 3, vec![]));
    let mut times = Vec::new();
    for second in 0..200 {
        let asked = rig.take_sent().into_iter().filter(|(kind, _)| *kind == Kind::Resync).count();
        times.extend(vec![second; asked]);
        rig.pass(1_000);
    }
    assert_eq!(times, [0, 5, 15, 35, 75, 135, 195]);
    rig.receive(Kind::Grants, &batch(0, 3, vec![]));
    rig.outputs.clear();
    rig.pass(300_000);
    assert!(rig.take_sent().iter().all(|(kind, _)| *kind != Kind::Resync));
}

#[test]
fn a_batch_whose_last_part_is_lost_is_asked_for_again() {
    let mut rig = Rig::hall();
    rig.receive(Kind::Grants, &batch(0, 1, vec![]));
    rig.input(Input::BrokerConnected);
    rig.outputs.clear();
    rig.receive(Kind::Grants, &GrantBatch { parts: 2, ..batch(1, 2, vec![booked(1, "123456")]) });
    assert!(rig.core.table.is_empty());
    rig.pass(30_000);
    assert!(rig.take_sent().iter().any(|(kind, _)| *kind == Kind::Resync));
}

#[test]
fn after_an_upgrade_what_was_not_understood_is_asked_for_anew() {
    let mut rig = Rig::hall();
    let future = Grant { min_version: CONTRACT_VERSION + 1, ..booked(1, "123456") };
    rig.receive(Kind::Grants, &batch(0, 1, vec![future]));
    assert_eq!(rig.core.state(rig.now).grants_not_understood, 1);
    rig.restart();
    rig.outputs.clear();
    rig.input(Input::BrokerConnected);
    let sent = rig.take_sent();
    let (kind, payload) = sent.iter().find(|(kind, _)| *kind == Kind::Resync).expect("a request");
    assert_eq!(opened::<Resync>(*kind, payload).position, Position::default());
}

#[test]
fn the_last_will_says_off_line_and_is_signed_for_the_state_topic() {
    let rig = Rig::hall();
    let will: StateReport = opened(Kind::State, &rig.core.last_will(rig.now));
    assert_eq!(will, StateReport { online: false, ..rig.core.state(rig.now) });
}

#[test]
fn reports_go_on_rising_when_the_clock_is_set_back() {
    let mut rig = Rig::hall();
    rig.input(Input::BrokerConnected);
    rig.now.wall = rig.now.wall.plus_ms(-HOUR_MS);
    rig.pass(2 * i64::try_from(REPORT_MS).unwrap());
    let reports = rig.take_sent().into_iter().filter(|(kind, _)| *kind == Kind::State);
    let times: Vec<UnixMs> =
        reports.map(|(kind, payload)| opened::<StateReport>(kind, &payload).at).collect();
    assert_eq!(times, [START, START.plus_ms(1), START.plus_ms(2)]);
}

#[test]
fn a_report_goes_up_every_minute_and_after_a_loss() {
    let mut rig = Rig::hall();
    rig.input(Input::BrokerConnected);
    rig.take_sent();
    rig.pass(600_000);
    let reports = |sent: Vec<(Kind, Vec<u8>)>| {
        let reports = sent.into_iter().filter(|(kind, _)| *kind == Kind::State);
        reports.map(|(kind, payload)| opened(kind, &payload)).collect::<Vec<StateReport>>()
    };
    assert_eq!(reports(rig.take_sent()).len(), 10);
    rig.input(Input::DeviceLost { device: node(2) });
    rig.input(Input::DeviceLost { device: lamps() });
    rig.pass(1_000);
    let told = reports(rig.take_sent());
    assert_eq!(told.len(), 1, "one report for both");
    assert_eq!(told[0].devices_lost, [node(2), lamps()]);
}

#[test]
fn a_heartbeat_that_crosses_a_report_still_counts_and_an_old_one_does_not() {
    let mut rig = Rig::hall();
    rig.receive(Kind::Grants, &batch(0, 1, vec![]));
    rig.input(Input::BrokerConnected);
    let nonce = rig.core.state(rig.now).nonce;
    let lease = |rig: &Rig, nonce| Lease {
        position: Position { epoch: 1, revision: 1 },
        lease_until: rig.now.wall.plus_ms(HOUR_MS),
        nonce,
        time: rig.now.wall,
        trust_serial: 1,
        seal_id: SEAL_ID,
    };
    let first = lease(&rig, nonce);
    rig.receive(Kind::Lease, &first);
    rig.pass(REPORT_MS.try_into().unwrap());
    let next = rig.core.state(rig.now).nonce;
    assert_ne!(next, nonce, "a nonce that was echoed is used up");
    let crossing = lease(&rig, nonce);
    rig.receive(Kind::Lease, &crossing);
    assert_eq!(rig.refused(), RefusedCounts::default());
    rig.receive(Kind::Lease, &crossing);
    rig.pass(1_000);
    let echoed = lease(&rig, next);
    rig.receive(Kind::Lease, &echoed);
    rig.pass(REPORT_MS.try_into().unwrap());
    let old = lease(&rig, nonce);
    rig.receive(Kind::Lease, &old);
    assert_eq!(rig.refused().replayed, 2);
    // It renews nothing that has not arrived.
    let ahead = Lease { position: Position { epoch: 1, revision: 2 }, ..lease(&rig, next) };
    rig.receive(Kind::Lease, &ahead);
    assert_eq!(rig.refused().out_of_order, 1);
}
