//! The hash of what lies with a gateway: kept as batches go out, compared with what the gateway says.

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use protocols_access::GrantTable;
use protocols_wire::{HASH_VERSION, Kind, TableHash};

use super::bench::{Peer, Site, WHOLE};
use crate::ingest::{Answer, Received};
use crate::store::alarm::AlarmKind;
use crate::store::held;

/// The hash that the cloud keeps is that of the rows it says the gateway holds, and that of the peer's own table.
async fn agrees(site: &Site, peer: &Peer) {
    let row = site.row().await;
    let mut tx = site.begin().await;
    let held = held::all(&mut tx, site.gateway).await.unwrap();
    let anew = held.iter().fold(TableHash::default(), TableHash::with).bytes();
    assert_eq!(row.table_hash, Some(anew), "kept, and computed anew from {} rows", held.len());
    if row.ledger.acknowledged == row.ledger.revision {
        assert_eq!(row.base_hash, row.table_hash);
        assert_eq!(anew, peer.hash(), "the peer holds the same {} rows", peer.table.len());
    }
}

/// The peer forgets one row of its table, as a disk does.
fn lose_a_row(peer: &mut Peer) {
    let grants = peer.grants().split_off(1);
    peer.table = GrantTable::load(peer.table.position(), peer.response.seal_id, grants);
}

#[tokio::test]
async fn a_table_that_lost_a_row_is_noticed_told_and_sent_anew() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    for number in 1..=3 {
        site.issue(&site.booking(number, WHOLE, 60 * i64::try_from(number).unwrap())).await;
        site.settle(&mut peer).await;
    }
    assert_eq!(peer.table.len(), 3);
    agrees(&site, &peer).await;
    lose_a_row(&mut peer);
    site.bench.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(site.report(&peer).await, Received::Taken(Some(Answer::Again)));
    assert_eq!(site.alarms().await, [(AlarmKind::TableDiffers, 1)]);
    assert_eq!(site.row().await.hash_mismatches, 1);
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 3, "the snapshot has brought the row back");
    agrees(&site, &peer).await;
    assert_eq!(site.row().await.hash_mismatches, 1, "and that is all");
}

#[tokio::test]
async fn a_table_that_never_agrees_is_sent_anew_at_most_once_an_hour() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.issue(&site.booking(1, WHOLE, 600)).await;
    site.settle(&mut peer).await;
    lose_a_row(&mut peer);
    let mut snapshots = 0;
    for _ in 0..90 {
        site.bench.clock.advance(SignedDuration::from_secs(60));
        let before = site.row().await.ledger.revision;
        site.report(&peer).await;
        if site.row().await.ledger.revision > before {
            snapshots += 1;
            // It arrives, and the disk forgets a row of it again.
            assert!(site.carry(&mut peer).await);
            lose_a_row(&mut peer);
        }
    }
    assert_eq!(snapshots, 2, "ninety minutes");
    assert_eq!(site.alarms().await, [(AlarmKind::TableDiffers, 90)]);
}

#[tokio::test]
async fn a_hash_of_another_version_is_not_compared() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.issue(&site.booking(1, WHOLE, 60)).await;
    site.settle(&mut peer).await;
    for version in [0, HASH_VERSION + 1] {
        site.bench.clock.advance(SignedDuration::from_secs(60));
        let mut report = peer.report(site.kernel().now());
        (report.hash_version, report.table_hash) = (version, [9; 32]);
        assert!(matches!(site.say(&peer, Kind::State, &report).await, Received::Taken(None)));
    }
    assert!(site.alarms().await.is_empty());
}

#[tokio::test]
async fn while_a_batch_is_on_its_way_the_table_is_compared_with_what_was_before_it() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.issue(&site.booking(1, WHOLE, 60)).await;
    site.settle(&mut peer).await;
    site.issue(&site.booking(2, WHOLE, 180)).await;
    site.bench.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(site.report(&peer).await, Received::Taken(Some(Answer::Behind)));
    assert!(site.alarms().await.is_empty());
    lose_a_row(&mut peer);
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    assert_eq!(site.alarms().await, [(AlarmKind::TableDiffers, 1)]);
}

#[tokio::test]
async fn what_ended_long_ago_leaves_both_ends_also_where_nothing_else_changes() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.issue(&site.booking(1, WHOLE, 60)).await;
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 1);
    for _ in 0..4 {
        site.bench.clock.advance(SignedDuration::from_hours(24));
        site.work().await;
    }
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 0);
    agrees(&site, &peer).await;
}

/// One step of a history.
#[derive(Clone, Copy, Debug)]
enum Step {
    Book { minutes: i64 },
    Cancel { which: usize },
    Settle,
    Carry,
    Wait { hours: i64 },
    LoseTable,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (5_i64..30_000).prop_map(|minutes| Step::Book { minutes }),
        2 => any::<usize>().prop_map(|which| Step::Cancel { which }),
        3 => Just(Step::Settle),
        1 => Just(Step::Carry),
        2 => (1_i64..80).prop_map(|hours| Step::Wait { hours }),
        1 => Just(Step::LoseTable),
    ];
    prop::collection::vec(step, 4..24)
}

#[test]
fn the_kept_hash_is_the_hash_computed_anew_after_any_history() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() });
    runner
        .run(&steps(), |steps| {
            runtime.block_on(async {
                let site = Site::new().await;
                let mut peer = site.enrol().await;
                let mut booked = Vec::new();
                for step in steps {
                    match step {
                        Step::Book { minutes } => {
                            let booking = site.booking(booked.len() as u64 + 1, WHOLE, minutes);
                            site.issue(&booking).await;
                            booked.push(booking);
                        }
                        Step::Cancel { which } if !booked.is_empty() => {
                            site.revoke(&booked[which % booked.len()]).await;
                        }
                        Step::Cancel { .. } => {}
                        Step::Settle => site.settle(&mut peer).await,
                        Step::Carry => {
                            let row = site.row().await;
                            let position = peer.table.position();
                            if (position.epoch, position.revision) < (row.ledger.epoch, row.ledger.revision) {
                                site.carry(&mut peer).await;
                            }
                        }
                        Step::Wait { hours } => {
                            site.bench.clock.advance(SignedDuration::from_hours(hours));
                            site.work().await;
                        }
                        Step::LoseTable => {
                            peer.table = GrantTable::default();
                            site.settle(&mut peer).await;
                        }
                    }
                    if site.row().await.table_hash.is_some() {
                        agrees(&site, &peer).await;
                    }
                }
                site.bench.clock.advance(SignedDuration::from_secs(60));
                site.settle(&mut peer).await;
                agrees(&site, &peer).await;
                assert!(site.alarms().await.is_empty(), "no false alarm");
            });
            Ok(())
        })
        .unwrap();
}
