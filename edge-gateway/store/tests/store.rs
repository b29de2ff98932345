//! Every change, read back from a file opened anew.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod support;

use std::os::unix::fs::PermissionsExt;

use gateway_core::{Change, Stored};
use gateway_store::{ApplyError, KEPT_ENTRIES_MAX, OpenError, Store};
use protocols_access::Throttle;
use protocols_ids::{BootId, Uuid};
use protocols_wire::{Grant, Position, Posture, PostureMode, UnixMs};

use support::{
    GENERATION, Pen, acknowledged, boot, delta, door, file, grant, grant_id, hash, is_whole, lease, numbers,
    open, reopened, sequences, site, snapshot, with, zone,
};

#[tokio::test]
async fn a_new_file_holds_nothing_and_belongs_to_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let mut store = open(&path).await;
    assert_eq!(store.load(boot()).await.unwrap(), Stored::nothing(boot(), GENERATION));
    assert_eq!(store.put_aside(), None);
    store.apply(&[Pen::default().next()]).await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
}

#[tokio::test]
async fn a_file_of_another_enrolment_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    open(&path).await.close().await.unwrap();
    let refused = Store::open(&path, GENERATION + 1).await.unwrap_err();
    assert!(matches!(refused, OpenError::OtherGeneration { found: 3, expected: 4, .. }), "{refused}");
}

#[tokio::test]
async fn grants_are_added_changed_removed_expired_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let mut store = open(&path).await;
    store.apply(&[delta(vec![grant(1, 100), grant(2, 200), grant(3, 300)], 1)]).await.unwrap();
    let changed = Grant { booking_number: 22, ..grant(2, 250) };
    store.apply(&[delta(vec![changed.clone()], 2)]).await.unwrap();
    let stored = reopened(&path).await;
    let grants: Vec<Grant> = stored.grants.iter().map(protocols_access::KeptGrant::grant).collect();
    assert_eq!(grants, [grant(1, 100), changed.clone(), grant(3, 300)]);
    assert_eq!((stored.position, stored.seal_id), (Position { epoch: 2, revision: 2 }, 9));
    assert_eq!(stored.table_hash, Some(hash([&changed])), "as the core said, whatever it is");

    store.apply(&[with(delta(vec![], 3), &[3], Some(250), &[])]).await.unwrap();
    assert_eq!(numbers(&reopened(&path).await), [22], "the window that ends at the instant stays");

    store.apply(&[with(delta(vec![grant(2, 400)], 4), &[2], None, &[])]).await.unwrap();
    assert_eq!(numbers(&reopened(&path).await), [2], "removed first, as the core's table does");

    store.apply(&[snapshot(delta(vec![grant(5, 500), grant(5, 501)], 1))]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!(numbers(&stored), [5]);
    assert_eq!(stored.grants[0].last_end(), UnixMs(501), "the last one counts");
    assert_eq!((stored.position, stored.seal_id), (Position { epoch: 3, revision: 1 }, 10));
    assert_eq!(stored.damage, [], "sums and rows agree after each kind of step");
}

#[tokio::test]
async fn many_rows_at_once_are_the_same_as_each_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let mut store = open(&path).await;
    store.apply(&[delta((1..=100).map(|number| grant(number, 100)).collect(), 1)]).await.unwrap();
    // Some are there already, some come twice.
    let changed = (50..=150).chain(140..=180).map(|number| grant(number, 200));
    store.apply(&[delta(changed.collect(), 2)]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!(numbers(&stored), (1..=180).collect::<Vec<_>>());
    assert!(
        stored.grants.iter().all(|kept| {
            kept.last_end() == UnixMs(if kept.grant().booking_number < 50 { 100 } else { 200 })
        })
    );
    assert_eq!(stored.damage, [], "sum and rows agree");
}

#[tokio::test]
async fn what_was_taken_back_is_remembered_until_it_would_have_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let mut store = open(&path).await;
    let remembered = |stored: &Stored| -> Vec<(u128, i64)> {
        stored.taken_back.iter().map(|(id, until)| (id.uuid().as_u128(), until.0)).collect()
    };
    store.apply(&[with(delta(vec![], 1), &[], None, &[(1, 100), (2, 200), (3, 300)])]).await.unwrap();
    store.apply(&[with(delta(vec![], 2), &[], None, &[(2, 250), (3, 10)])]).await.unwrap();
    assert_eq!(remembered(&reopened(&path).await), [(1, 100), (2, 250), (3, 300)], "the later end counts");
    store.apply(&[snapshot(with(delta(vec![grant(1, 100)], 1), &[], None, &[]))]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!((numbers(&stored), remembered(&stored).len()), (vec![1], 3), "a snapshot forgives nothing");
    store.apply(&[with(delta(vec![], 4), &[], Some(250), &[(1, 20)])]).await.unwrap();
    assert_eq!(
        remembered(&reopened(&path).await),
        [(1, 20), (2, 250), (3, 300)],
        "expired first, then added"
    );
}

#[tokio::test]
async fn an_entry_stays_after_its_acknowledgement_until_it_is_old() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let (mut store, mut pen) = (open(&path).await, Pen::default());
    store.apply(&[pen.next(), pen.next(), pen.next()]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!(sequences(&stored), [1, 2, 3]);
    assert_eq!((stored.journal_head, stored.journal_chain), (3, pen.chain));

    store.apply(&[acknowledged(2, 2_000)]).await.unwrap();
    store.apply(&[acknowledged(1, 0), acknowledged(2, 0)]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!(sequences(&stored), [3], "only what waits is told again");
    assert_eq!(stored.journal_acknowledged, 2);
    assert!(is_whole(&stored));
    let kept: Vec<u64> =
        store.journal_after(0, 9).await.unwrap().iter().map(|entry| entry.sequence).collect();
    assert_eq!(kept, [2, 3], "the first was older than what is kept");

    store.apply(&[acknowledged(3, 9_000), pen.next()]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!(sequences(&stored), [4], "what waits stays, however old");
    assert_eq!((stored.journal_head, stored.journal_acknowledged), (4, 3));
    let verdict = store.verify_journal().await.unwrap();
    assert_eq!((verdict.hold, verdict.broken, verdict.marks.forgotten), (1, None, 3));
}

/// A clock that was set back, or far ahead for a while, leaves entries whose times do not rise.
#[tokio::test]
async fn entries_are_deleted_from_the_oldest_on_and_never_from_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let (mut store, mut pen) = (open(&path).await, Pen::default());
    for at in [10, 90, 20, 30, 95] {
        store.apply(&[pen.entry(at, protocols_wire::JournalEvent::Started)]).await.unwrap();
    }
    store.apply(&[acknowledged(5, 50)]).await.unwrap();
    let verdict = store.verify_journal().await.unwrap();
    assert_eq!((verdict.marks.forgotten, verdict.hold, verdict.broken), (1, 4, None));
}

#[tokio::test]
async fn acknowledged_entries_are_bounded_by_count_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let (mut store, mut pen) = (open(&path).await, Pen::default());
    let all: Vec<Change> = (0..KEPT_ENTRIES_MAX + 7)
        .map(|_| pen.entry(i64::MAX, protocols_wire::JournalEvent::Started))
        .collect();
    store.apply(&all).await.unwrap();
    store.apply(&[acknowledged(KEPT_ENTRIES_MAX + 5, 0)]).await.unwrap();
    let verdict = store.verify_journal().await.unwrap();
    assert_eq!((verdict.marks.forgotten, verdict.broken), (5, None));
    assert_eq!(verdict.hold, KEPT_ENTRIES_MAX + 2, "and what waits");
    assert!(store.make_room().await.unwrap(), "what the cloud has can be given up");
    let verdict = store.verify_journal().await.unwrap();
    assert_eq!((verdict.hold, verdict.broken), (2, None));
    assert!(!store.make_room().await.unwrap(), "what it has not cannot");
}

#[tokio::test]
async fn a_gap_or_an_impossible_acknowledgement_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let (mut store, mut pen) = (open(&path).await, Pen::default());
    let first = pen.next();
    store.apply(std::slice::from_ref(&first)).await.unwrap();
    let before = reopened(&path).await;
    let (second, third, fourth) = (pen.next(), pen.next(), pen.next());

    let gap = store.apply(&[second.clone(), fourth]).await.unwrap_err();
    assert!(matches!(gap, ApplyError::Gap { sequence: 4, head: 2 }), "{gap}");
    let twice = store.apply(&[first]).await.unwrap_err();
    assert!(matches!(twice, ApplyError::Gap { sequence: 1, head: 1 }), "{twice}");
    let beyond = store.apply(&[acknowledged(2, 0)]).await.unwrap_err();
    assert!(matches!(beyond, ApplyError::BeyondHead { sequence: 2, head: 1 }), "{beyond}");

    assert_eq!(reopened(&path).await, before);
    store.apply(&[second, third]).await.unwrap();
}

#[tokio::test]
async fn configuration_posture_lease_and_throttle_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let mut store = open(&path).await;
    let mut throttle = Throttle::default();
    throttle.wrong(door(), UnixMs(1_000));
    let posture = Posture { counter: 2, mode: PostureMode::Lockdown };
    store
        .apply(&[
            Change::Config { config: Box::new(site()) },
            Change::Posture { posture },
            lease(10),
            Change::Throttle { throttle: throttle.clone() },
        ])
        .await
        .unwrap();
    let stored = reopened(&path).await;
    assert_eq!((stored.config, stored.posture), (Some(site()), Some(posture)));
    assert_eq!((stored.lease_until, stored.time_floor), (Some(UnixMs(100)), UnixMs(10)));
    assert_eq!((stored.heartbeat_at, stored.throttle), (Some(UnixMs(10)), throttle));
    assert_eq!(stored.clock_error_ms, Some(40));

    let first = Change::Lease {
        lease_until: None,
        heartbeat_at: UnixMs(5),
        time_floor: UnixMs(5),
        clock_error_ms: 0,
    };
    store.apply(&[first]).await.unwrap();
    assert_eq!(reopened(&path).await.lease_until, None);
}

#[tokio::test]
async fn a_commands_counter_counts_for_its_own_run_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let mut store = open(&path).await;
    store.load(boot()).await.unwrap();
    store.apply(&[Change::Command { counter: 5 }, Change::Command { counter: 6 }]).await.unwrap();
    assert_eq!(reopened(&path).await.command_counter, 6);
    let next = BootId::new(Uuid::from_u128(8));
    assert_eq!(open(&path).await.load(next).await.unwrap().command_counter, 0);
}

#[tokio::test]
async fn what_is_lit_is_kept_until_it_is_put_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let mut store = open(&path).await;
    let lit = |number, until: Option<i64>| Change::Lit { zone: zone(number), until: until.map(UnixMs) };
    store.apply(&[lit(1, Some(10)), lit(2, Some(20)), lit(1, Some(30))]).await.unwrap();
    assert_eq!(reopened(&path).await.lit, [(zone(1), UnixMs(30)), (zone(2), UnixMs(20))]);
    store.apply(&[lit(1, None), lit(3, None)]).await.unwrap();
    assert_eq!(reopened(&path).await.lit, [(zone(2), UnixMs(20))]);
}

/// What a killed process leaves: the files as they lie, never closed and never checkpointed.
#[tokio::test]
async fn what_was_applied_is_in_the_files_without_closing_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let (mut store, mut pen) = (open(&path).await, Pen::default());
    for sequence in 1..=20 {
        store.apply(&[pen.next(), delta(vec![grant(sequence, 100)], sequence)]).await.unwrap();
        let wreck = tempfile::tempdir().unwrap();
        for name in ["gateway.sqlite", "gateway.sqlite-wal"] {
            std::fs::copy(folder.path().join(name), wreck.path().join(name)).unwrap();
        }
        let stored = reopened(&file(&wreck)).await;
        assert_eq!(stored.journal_head, sequence);
        assert_eq!(sequences(&stored), (1..=sequence).collect::<Vec<_>>());
        assert_eq!(numbers(&stored), (1..=sequence).collect::<Vec<_>>());
        assert_eq!(stored.damage, []);
    }
}

#[tokio::test]
async fn a_reader_beside_the_writer_sees_what_is_committed_and_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let (mut store, mut pen) = (open(&path).await, Pen::default());
    let mut reader = Store::open_read_only(&path).await.unwrap();
    store
        .apply(&[pen.next(), pen.next(), with(delta(vec![grant(1, 9)], 1), &[], None, &[(2, 9)])])
        .await
        .unwrap();
    store.apply(&[acknowledged(1, 0)]).await.unwrap();
    assert_eq!(reader.load(boot()).await.unwrap().journal_head, 2);
    let overview = reader.overview(boot()).await.unwrap();
    assert_eq!((overview.grants, overview.taken_back, overview.waiting, overview.kept), (1, 1, 1, 1));
    assert!(overview.stored.grants.is_empty() && overview.stored.unacknowledged.is_empty());
    assert!(matches!(reader.apply(&[lease(1)]).await, Err(ApplyError::Database(_))));
    assert_eq!(reader.load(boot()).await.unwrap().journal_head, 2);
    assert_eq!(grant_id(1), reader.load(boot()).await.unwrap().grants[0].id());
}

#[tokio::test]
async fn no_store_where_there_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("gateway.sqlite");
    assert!(matches!(Store::open(&path, GENERATION).await, Err(OpenError::File { .. })));
    assert!(matches!(Store::open_read_only(&path).await, Err(OpenError::Open { .. })));
}
