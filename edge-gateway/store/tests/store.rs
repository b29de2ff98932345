//! Every change, read back from a file opened anew.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gateway_core::{Change, Stored, StoredEntry};
use gateway_store::{ApplyError, OpenError, Store};
use protocols_access::{KeptGrant, Throttle};
use protocols_ids::{BootId, DoorId, GrantId, Uuid, ZoneId};
use protocols_wire::{
    CredentialKind, DoorWindow, Grant, GrantClass, JournalEntry, JournalEvent, Position, Posture,
    PostureMode, Seal, SealedCredential, SiteConfig, TimeQuality, UnixMs, encode,
};

const GENERATION: u64 = 3;

fn boot() -> BootId {
    BootId::new(Uuid::from_u128(7))
}

fn grant(number: u64, not_after: i64) -> Grant {
    let door = DoorId::new(Uuid::from_u128(1));
    Grant {
        id: GrantId::new(Uuid::from_u128(u128::from(number))),
        class: GrantClass::Visitor,
        booking_number: number,
        doors: vec![DoorWindow { door, not_before: UnixMs(0), not_after: UnixMs(not_after) }],
        credentials: vec![SealedCredential { kind: CredentialKind::Pin, seal: Seal([7; 32]) }],
        zones: vec![],
        starts_at: UnixMs(0),
        ends_at: UnixMs(not_after),
        min_version: 1,
        responder: false,
    }
}

fn entry(sequence: u64) -> Change {
    Change::Append {
        sequence,
        at: UnixMs(1_000),
        entry: encode(&JournalEntry {
            sequence,
            at: UnixMs(1_000),
            time_quality: TimeQuality::Holdover,
            boot: boot(),
            uptime_ms: sequence,
            event: JournalEvent::Started,
        }),
        chain: hash(sequence),
    }
}

fn acknowledged(sequence: u64) -> Change {
    Change::Acknowledged { sequence, forget_before: UnixMs(0) }
}

fn hash(sequence: u64) -> [u8; 32] {
    [u8::try_from(sequence).unwrap(); 32]
}

fn kept(grants: Vec<Grant>) -> Vec<KeptGrant> {
    grants.into_iter().map(KeptGrant::from).collect()
}

fn delta(upserts: Vec<Grant>, revision: u64) -> Change {
    Change::Grants {
        replace: false,
        upserts: kept(upserts),
        removals: vec![],
        expired_before: None,
        position: Position { epoch: 2, revision },
        seal_id: 9,
        hash: [0; 32],
        taken_back: vec![],
    }
}

async fn reopened(path: &Path) -> Stored {
    Store::open(path, GENERATION).await.unwrap().load(boot()).await.unwrap()
}

fn numbers(stored: &Stored) -> Vec<u64> {
    stored.grants.iter().map(|grant| grant.grant().booking_number).collect()
}

fn sequences(stored: &Stored) -> Vec<u64> {
    stored.unacknowledged.iter().map(|StoredEntry { sequence, .. }| *sequence).collect()
}

#[tokio::test]
async fn a_new_file_holds_nothing_and_belongs_to_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let mut store = Store::open(&path, GENERATION).await.unwrap();
    let stored = store.load(boot()).await.unwrap();
    assert_eq!(
        stored,
        Stored {
            boot: boot(),
            position: Position::default(),
            seal_id: 0,
            grants: vec![],
            table_hash: None,
            taken_back: vec![],
            config: None,
            posture: None,
            lease_until: None,
            heartbeat_at: None,
            throttle: Throttle::default(),
            lit: vec![],
            time_floor: UnixMs(0),
            clock_error_ms: None,
            command_counter: 0,
            journal_generation: GENERATION,
            journal_head: 0,
            journal_chain: [0; 32],
            journal_acknowledged: 0,
            journal_acknowledged_chain: [0; 32],
            unacknowledged: vec![],
            damage: vec![],
        }
    );
    store.apply(&[entry(1)]).await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
}

#[tokio::test]
async fn a_file_of_another_enrolment_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    Store::open(&path, GENERATION).await.unwrap().close().await.unwrap();
    let refused = Store::open(&path, GENERATION + 1).await.unwrap_err();
    assert!(matches!(refused, OpenError::OtherGeneration { found: 3, expected: 4, .. }), "{refused}");
}

#[tokio::test]
async fn grants_are_added_changed_removed_expired_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let mut store = Store::open(&path, GENERATION).await.unwrap();
    store.apply(&[delta(vec![grant(1, 100), grant(2, 200), grant(3, 300)], 1)]).await.unwrap();
    let changed = Grant { booking_number: 22, ..grant(2, 250) };
    store.apply(&[delta(vec![changed.clone()], 2)]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!(stored.grants, kept(vec![grant(1, 100), changed, grant(3, 300)]));
    assert_eq!((stored.position, stored.seal_id), (Position { epoch: 2, revision: 2 }, 9));

    let trim = Change::Grants {
        replace: false,
        upserts: vec![],
        removals: vec![GrantId::new(Uuid::from_u128(3))],
        expired_before: Some(UnixMs(250)),
        position: Position { epoch: 2, revision: 3 },
        seal_id: 9,
        hash: [0; 32],
        taken_back: vec![],
    };
    store.apply(&[trim]).await.unwrap();
    assert_eq!(numbers(&reopened(&path).await), [22], "the window that ends at the instant stays");

    let id = GrantId::new(Uuid::from_u128(2));
    let both = Change::Grants {
        replace: false,
        upserts: kept(vec![grant(2, 400)]),
        removals: vec![id],
        expired_before: None,
        position: Position { epoch: 2, revision: 4 },
        seal_id: 9,
        hash: [0; 32],
        taken_back: vec![],
    };
    store.apply(&[both]).await.unwrap();
    assert_eq!(numbers(&reopened(&path).await), [2], "removed first, as the core's table does");

    let snapshot = Change::Grants {
        replace: true,
        upserts: kept(vec![grant(5, 500)]),
        removals: vec![],
        expired_before: None,
        position: Position { epoch: 3, revision: 1 },
        seal_id: 10,
        hash: [0; 32],
        taken_back: vec![],
    };
    store.apply(&[snapshot]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!(numbers(&stored), [5]);
    assert_eq!((stored.position, stored.seal_id), (Position { epoch: 3, revision: 1 }, 10));
}

#[tokio::test]
async fn an_entry_leaves_the_journal_only_when_it_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let mut store = Store::open(&path, GENERATION).await.unwrap();
    store.apply(&[entry(1), entry(2), entry(3)]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!(sequences(&stored), [1, 2, 3]);
    assert_eq!((stored.journal_head, stored.journal_chain), (3, hash(3)));

    store.apply(&[acknowledged(2)]).await.unwrap();
    store.apply(&[acknowledged(1), acknowledged(2)]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!(sequences(&stored), [3]);
    assert_eq!((stored.journal_acknowledged, stored.journal_acknowledged_chain), (2, hash(2)));

    store.apply(&[acknowledged(3), entry(4)]).await.unwrap();
    let stored = reopened(&path).await;
    assert_eq!(sequences(&stored), [4]);
    assert_eq!((stored.journal_head, stored.journal_acknowledged), (4, 3));
    assert_eq!(stored.unacknowledged[0].chain, hash(4));
}

#[tokio::test]
async fn a_gap_or_an_impossible_acknowledgement_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let mut store = Store::open(&path, GENERATION).await.unwrap();
    store.apply(&[entry(1)]).await.unwrap();
    let before = reopened(&path).await;

    let gap = store.apply(&[entry(2), entry(4)]).await.unwrap_err();
    assert!(matches!(gap, ApplyError::Gap { sequence: 4, head: 2 }), "{gap}");
    let twice = store.apply(&[entry(1)]).await.unwrap_err();
    assert!(matches!(twice, ApplyError::Gap { sequence: 1, head: 1 }), "{twice}");
    let beyond = store.apply(&[acknowledged(2)]).await.unwrap_err();
    assert!(matches!(beyond, ApplyError::BeyondHead { sequence: 2, head: 1 }), "{beyond}");
    let huge = store.apply(&[delta(vec![], u64::MAX)]).await.unwrap_err();
    assert!(matches!(huge, ApplyError::Counter { value: u64::MAX }), "{huge}");

    assert_eq!(reopened(&path).await, before);
    store.apply(&[entry(2)]).await.unwrap();
}

#[tokio::test]
async fn configuration_posture_lease_and_throttle_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let mut store = Store::open(&path, GENERATION).await.unwrap();
    let config = SiteConfig { revision: 4, site: "Idrottsvägen".into(), ..SiteConfig::default() };
    let mut throttle = Throttle::default();
    throttle.wrong(DoorId::new(Uuid::from_u128(1)), UnixMs(1_000));
    let posture = Posture { counter: 2, mode: PostureMode::Lockdown };
    store
        .apply(&[
            Change::Config { config: Box::new(config.clone()) },
            Change::Posture { posture },
            Change::Lease {
                lease_until: Some(UnixMs(90)),
                heartbeat_at: UnixMs(20),
                time_floor: UnixMs(10),
                clock_error_ms: 3,
            },
            Change::Throttle { throttle: throttle.clone() },
        ])
        .await
        .unwrap();
    let stored = reopened(&path).await;
    assert_eq!((stored.config, stored.posture), (Some(config), Some(posture)));
    assert_eq!((stored.lease_until, stored.time_floor), (Some(UnixMs(90)), UnixMs(10)));
    assert_eq!((stored.heartbeat_at, stored.throttle), (Some(UnixMs(20)), throttle));

    let first = Change::Lease {
        lease_until: None,
        heartbeat_at: UnixMs(5),
        time_floor: UnixMs(5),
        clock_error_ms: 3,
    };
    store.apply(&[first]).await.unwrap();
    assert_eq!(reopened(&path).await.lease_until, None);
}

#[tokio::test]
async fn what_is_lit_is_kept_until_it_is_put_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let mut store = Store::open(&path, GENERATION).await.unwrap();
    let zone = |number| ZoneId::new(Uuid::from_u128(number));
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
    let path = folder.path().join("gateway.sqlite");
    let mut store = Store::open(&path, GENERATION).await.unwrap();
    for sequence in 1..=20 {
        store.apply(&[entry(sequence), delta(vec![grant(sequence, 100)], sequence)]).await.unwrap();
        let wreck = tempfile::tempdir().unwrap();
        for name in ["gateway.sqlite", "gateway.sqlite-wal"] {
            std::fs::copy(folder.path().join(name), wreck.path().join(name)).unwrap();
        }
        let stored = reopened(&wreck.path().join("gateway.sqlite")).await;
        assert_eq!(stored.journal_head, sequence);
        assert_eq!(sequences(&stored), (1..=sequence).collect::<Vec<_>>());
        assert_eq!(numbers(&stored), (1..=sequence).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_reader_beside_the_writer_sees_what_is_committed_and_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let mut store = Store::open(&path, GENERATION).await.unwrap();
    let mut reader = Store::open_read_only(&path).await.unwrap();
    store.apply(&[entry(1)]).await.unwrap();
    assert_eq!(reader.load(boot()).await.unwrap().journal_head, 1);
    assert!(matches!(reader.apply(&[entry(2)]).await, Err(ApplyError::Database(_))));
    assert_eq!(reader.load(boot()).await.unwrap().journal_head, 1);
}

#[tokio::test]
async fn no_store_where_there_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("gateway.sqlite");
    assert!(matches!(Store::open(&path, GENERATION).await, Err(OpenError::Create { .. })));
    assert!(matches!(Store::open_read_only(&path).await, Err(OpenError::Open { .. })));
}
