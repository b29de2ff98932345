//! Each entry reaches the cloud once, in order and whole, whatever is lost on the way.

use proptest::prelude::*;
use protocols_fieldbus::nodes::NodeEvent;
use protocols_wire::*;

use super::rig::*;
use crate::*;

/// Stores what follows on what it has, as the cloud does.
struct Archive {
    entries: Vec<JournalEntry>,
    chain: [u8; 32],
}

impl Archive {
    fn new() -> Self {
        Self { entries: Vec::new(), chain: CHAIN_START }
    }

    fn head(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.sequence)
    }

    /// Takes what is new of a batch; `None` if the batch does not follow on what is here.
    fn store(&mut self, batch: &JournalBatch) -> Option<JournalAck> {
        let mut link = batch.previous;
        for bytes in &batch.entries {
            let entry: JournalEntry = decode(bytes).unwrap();
            let before = link;
            link = chain(&link, bytes);
            if entry.sequence == self.head() + 1 {
                assert_eq!(before, self.chain, "the chain is broken before {}", entry.sequence);
                self.entries.push(entry);
                self.chain = link;
            } else if entry.sequence > self.head() {
                return None;
            } else {
                let known = usize::try_from(entry.sequence - 1).unwrap();
                assert_eq!(self.entries[known], entry, "a known identity has another content");
            }
        }
        assert_eq!(link, batch.head);
        Some(JournalAck {
            generation: batch.generation,
            sequence: self.head(),
            chain: Some(self.chain.into()),
        })
    }
}

#[derive(Clone, Debug)]
enum Happens {
    /// Someone presses the exit button.
    Exit,
    /// Someone opens the cover and closes it: an alarm.
    Tamper,
    /// A busy hour.
    Crowd,
    /// The disk takes what waits.
    Sync,
    /// The program dies.
    Crash,
    Connect,
    Disconnect,
    /// A batch that is under way arrives; it may come again.
    Arrive {
        pick: prop::sample::Index,
        again: bool,
    },
    Lose(prop::sample::Index),
    /// The same for an acknowledgement.
    AckArrives {
        pick: prop::sample::Index,
        again: bool,
    },
    AckIsLost(prop::sample::Index),
    Pass(i64),
}

fn happens() -> impl Strategy<Value = Happens> {
    let pick = any::<prop::sample::Index>;
    prop_oneof![
        6 => Just(Happens::Exit),
        2 => Just(Happens::Tamper),
        1 => Just(Happens::Crowd),
        4 => Just(Happens::Sync),
        1 => Just(Happens::Crash),
        2 => Just(Happens::Connect),
        1 => Just(Happens::Disconnect),
        6 => (pick(), any::<bool>()).prop_map(|(pick, again)| Happens::Arrive { pick, again }),
        2 => pick().prop_map(Happens::Lose),
        6 => (pick(), any::<bool>()).prop_map(|(pick, again)| Happens::AckArrives { pick, again }),
        2 => pick().prop_map(Happens::AckIsLost),
        2 => (0_i64..30_000).prop_map(Happens::Pass),
    ]
}

/// The batches that the gateway sent.
fn sent(rig: &mut Rig) -> Vec<JournalBatch> {
    let sent = rig.take_sent().into_iter().filter(|(kind, _)| *kind == Kind::Journal);
    let batches: Vec<JournalBatch> = sent.map(|(kind, payload)| opened(kind, &payload)).collect();
    for batch in &batches {
        let on_disk = rig.log.last().map_or(0, |entry| entry.sequence);
        let last: JournalEntry = decode(batch.entries.last().unwrap()).unwrap();
        assert!(last.sequence <= on_disk, "sent before it was on disk");
    }
    batches
}

/// Takes one that is under way, or a copy of it.
fn taken<T: Clone>(under_way: &mut Vec<T>, pick: prop::sample::Index, again: bool) -> Option<T> {
    if under_way.is_empty() {
        return None;
    }
    let at = pick.index(under_way.len());
    Some(if again { under_way[at].clone() } else { under_way.remove(at) })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Exactly once: after any loss, doubling and reordering in both directions and any number of crashes the cloud has
    /// what the disk ever had, in order and unbroken. Alive: once messages arrive again it has all of it within as many
    /// rounds as there are windows of batches, and the gateway waits for nothing.
    #[test]
    fn every_entry_arrives_exactly_once(story in prop::collection::vec(happens(), 0..100)) {
        let mut rig = Rig::hall();
        rig.disk_is_prompt = false;
        let mut archive = Archive::new();
        let (mut batches, mut acks) = (Vec::new(), Vec::new());
        for happening in story {
            match happening {
                Happens::Exit => {
                    rig.event(node(1), 0, NodeEvent::Exit(true));
                    rig.event(node(1), 0, NodeEvent::Exit(false));
                }
                Happens::Tamper => {
                    rig.event(node(1), 0, NodeEvent::Tamper(false));
                    rig.event(node(1), 0, NodeEvent::Tamper(true));
                }
                Happens::Crowd => for _ in 0..300 {
                    rig.event(node(2), 0, NodeEvent::Exit(true));
                    rig.event(node(2), 0, NodeEvent::Exit(false));
                },
                Happens::Sync => rig.sync(),
                Happens::Crash => {
                    rig.outputs.clear();
                    rig.restart();
                }
                Happens::Connect => rig.input(Input::BrokerConnected),
                Happens::Disconnect => {
                    rig.outputs.clear();
                    rig.input(Input::BrokerLost);
                }
                Happens::Arrive { pick, again } => {
                    if let Some(batch) = taken(&mut batches, pick, again) {
                        acks.extend(archive.store(&batch));
                    }
                }
                Happens::Lose(pick) => drop(taken(&mut batches, pick, false)),
                Happens::AckArrives { pick, again } => {
                    if let Some(ack) = taken(&mut acks, pick, again) {
                        rig.receive(Kind::Ack, &ack);
                    }
                }
                Happens::AckIsLost(pick) => drop(taken(&mut acks, pick, false)),
                Happens::Pass(ms) => rig.pass(ms),
            }
            batches.extend(sent(&mut rig));
        }
        // Then all goes well.
        rig.sync();
        rig.disk_is_prompt = true;
        rig.input(Input::BrokerConnected);
        let rounds = rig.log.len().div_ceil(BATCH_ENTRIES_MAX * BATCHES_IN_FLIGHT_MAX) + 2;
        for _ in 0..rounds {
            for batch in sent(&mut rig) {
                if let Some(ack) = archive.store(&batch) {
                    rig.receive(Kind::Ack, &ack);
                }
            }
        }
        prop_assert_eq!(&archive.entries, &rig.log);
        prop_assert_eq!(archive.chain, rig.stored.journal_chain);
        prop_assert!(rig.stored.unacknowledged.is_empty());
        // An old acknowledgement is refused, and nothing else ever was.
        let refused = rig.refused();
        prop_assert_eq!(refused, RefusedCounts { replayed: refused.replayed, ..RefusedCounts::default() });
    }
}

#[test]
fn a_backlog_goes_up_in_bounded_batches_and_a_bounded_window() {
    let mut rig = Rig::hall();
    for _ in 0..1_500 {
        rig.event(node(1), 0, NodeEvent::Exit(true));
        rig.event(node(1), 0, NodeEvent::Exit(false));
    }
    let mut archive = Archive::new();
    rig.outputs.clear();
    rig.input(Input::BrokerConnected);
    for round in 0.. {
        let sent: Vec<JournalBatch> = rig
            .take_sent()
            .iter()
            .filter(|(kind, _)| *kind == Kind::Journal)
            .map(|(kind, payload)| {
                assert!(payload.len() <= MESSAGE_BYTES_MAX);
                opened(*kind, payload)
            })
            .collect();
        if sent.is_empty() {
            break;
        }
        assert!(round < 20, "the backlog never ends");
        assert!(sent.len() <= BATCHES_IN_FLIGHT_MAX);
        for batch in &sent {
            assert!(batch.entries.len() <= BATCH_ENTRIES_MAX);
        }
        // One acknowledgement for all of the window.
        let ack = sent.iter().filter_map(|batch| archive.store(batch)).last().unwrap();
        rig.receive(Kind::Ack, &ack);
    }
    assert_eq!(archive.entries, rig.log);
}

#[test]
fn what_is_not_acknowledged_is_sent_again_with_growing_pauses() {
    let mut rig = Rig::hall();
    rig.outputs.clear();
    rig.input(Input::BrokerConnected);
    let mut times = Vec::new();
    for _ in 0..600 {
        let batches = rig.take_sent().into_iter().filter(|(kind, _)| *kind == Kind::Journal).count();
        if batches > 0 {
            times.push(rig.now.uptime_ms / 1_000);
        }
        rig.pass(1_000);
    }
    assert_eq!(times, [0, 15, 45, 105, 225, 465]);
}

#[test]
fn when_the_journal_is_full_doors_go_on_and_what_is_missing_is_counted() {
    let mut rig = Rig::hall();
    rig.receive(Kind::Grants, &batch(0, 1, vec![booked(1, "123456")]));
    let mut stored = rig.stored.clone();
    let StoredEntry { entry: last, chain: mut link, .. } = stored.unacknowledged.last().unwrap().clone();
    let last: JournalEntry = decode(&last).unwrap();
    // A long silence, with one place left beside the one for the gap.
    let full = u64::try_from(JOURNAL_ENTRIES_MAX).unwrap();
    for sequence in last.sequence + 1..full - 1 {
        let entry = encode(&JournalEntry { sequence, ..last.clone() });
        link = chain(&link, &entry);
        stored.unacknowledged.push(StoredEntry { sequence, entry, chain: link });
    }
    stored.journal_head = full - 2;
    stored.journal_chain = link;
    rig.stored = stored;
    rig.restart();
    rig.find_devices();
    assert_eq!(rig.stored.journal_head, full - 1, "the start still has a place");
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert_eq!(rig.writes().first(), Some(&(point(node(1), "lock"), true)));
    assert!(rig.told().is_empty());
    rig.input(Input::BrokerConnected);
    rig.receive(Kind::Ack, &JournalAck { generation: 1, sequence: full - 2, chain: None });
    rig.event(node(1), 0, NodeEvent::Contact(false));
    // Three devices, the admission and its light.
    let opened = JournalEvent::Door { door: door(1), what: DoorEvent::Opened };
    assert_eq!(rig.told(), [JournalEvent::Gap { missing: 5 }, opened]);
}
