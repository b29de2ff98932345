//! Files whose bytes are not what was written: nothing wrong is loaded, and what is lost is named.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod support;

use std::path::{Path, PathBuf};

use gateway_core::{Change, Stored};
use gateway_store::{Broken, Store};
use protocols_access::Throttle;
use protocols_ids::{BootId, Uuid};
use protocols_wire::{Damage, JournalEvent, Position, Posture, PostureMode, UnixMs};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use support::{
    GENERATION, Pen, acknowledged, boot, delta, door, file, grant, is_whole, lease, numbers, open, reopened,
    sequences, site, with, zone,
};

/// A sequence of numbers that can be had again.
struct Seed(u64);

impl Seed {
    /// `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Memory where there is some: thousands of files are written here.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Changes that leave something of every kind.
fn everything() -> Vec<Change> {
    let mut pen = Pen::default();
    let mut throttle = Throttle::default();
    throttle.wrong(door(), UnixMs(1_000));
    let back: Vec<(u64, i64)> = (500..530).map(|number| (number, 9_000)).collect();
    let mut changes = vec![
        Change::Config { config: Box::new(site()) },
        Change::Posture { posture: Posture { counter: 2, mode: PostureMode::Lockdown } },
        lease(10),
        Change::Throttle { throttle },
        Change::Lit { zone: zone(1), until: Some(UnixMs(30)) },
        Change::Command { counter: 6 },
        with(delta((1..=60).map(|number| grant(number, 8_000)).collect(), 7), &[], None, &back),
    ];
    changes.extend((0..80).map(|_| pen.next()));
    changes.push(acknowledged(40, 20_000));
    changes
}

/// A file that was closed in good order, and what is in it.
async fn filled(folder: &TempDir) -> (PathBuf, Stored) {
    let path = file(folder);
    let mut store = open(&path).await;
    store.load(boot()).await.unwrap();
    store.apply(&everything()).await.unwrap();
    store.close().await.unwrap();
    let stored = reopened(&path).await;
    (path, stored)
}

/// Opens what lies there as the program does, and holds it against what was written.
async fn judge(path: &Path, written: &Stored, what: &str) -> Stored {
    let mut store = match Store::open(path, GENERATION).await {
        Ok(store) => store,
        Err(error) => panic!("{what}: {error}: {error:?}"),
    };
    let put_aside = store.put_aside().map(Path::to_owned);
    let stored = store.load(boot()).await.unwrap_or_else(|error| panic!("{what}: {error}: {error:?}"));
    store.close().await.unwrap();
    let named = |damage| stored.damage.contains(&damage) || stored.damage.contains(&Damage::Everything);
    if stored.damage.is_empty() {
        assert_eq!(&stored, written, "{what}: something changed, and nothing is named");
        return stored;
    }
    assert!(put_aside.is_some_and(|aside| aside.exists()), "{what}: the damaged file is kept");
    if stored.grants != written.grants {
        assert!(named(Damage::Grants), "{what}");
        assert!(stored.grants.is_empty() && stored.position == Position::default(), "{what}: all or none");
    }
    if stored.taken_back != written.taken_back {
        assert!(named(Damage::Grants), "{what}");
    }
    if stored.journal_generation == GENERATION {
        assert_eq!(stored.unacknowledged, written.unacknowledged, "{what}");
        assert_eq!(stored.journal_head, written.journal_head, "{what}");
        assert_eq!(stored.journal_chain, written.journal_chain, "{what}");
    } else {
        assert!(named(Damage::Journal), "{what}");
        assert_eq!((stored.journal_generation, stored.journal_head), (GENERATION + 1, 0), "{what}");
    }
    assert!(is_whole(&stored), "{what}");
    let single = stored.config == written.config
        && stored.posture == written.posture
        && stored.time_floor == written.time_floor
        && stored.heartbeat_at == written.heartbeat_at
        && stored.lease_until == written.lease_until
        && stored.throttle == written.throttle
        && stored.lit == written.lit
        && stored.command_counter == written.command_counter;
    assert!(single || stored.damage.contains(&Damage::Everything), "{what}: {:?}", stored.damage);
    stored
}

#[tokio::test]
async fn a_flipped_byte_anywhere_is_never_loaded_and_always_named() {
    const PAGE: usize = 4_096;
    let mut seed = Seed(20_261_128);
    let begun = folder();
    let (path, written) = filled(&begun).await;
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 8 * PAGE && bytes.len() % PAGE == 0, "{}", bytes.len());
    let mut places: Vec<usize> = (0..100).collect();
    for page in 0..bytes.len() / PAGE {
        // The page's own head, then anywhere.
        places.extend((0..4).map(|_| page * PAGE + seed.below(12)));
        places.extend((0..10).map(|_| page * PAGE + seed.below(PAGE)));
    }
    let (mut grants, mut journal, mut harmless) = (0, 0, 0);
    for place in places {
        let bit = 1_u8 << seed.below(8);
        let mut flipped = bytes.clone();
        flipped[place] ^= bit;
        let wreck = folder();
        std::fs::write(file(&wreck), flipped).unwrap();
        let stored = judge(&file(&wreck), &written, &format!("byte {place}, bit {bit}")).await;
        grants += usize::from(stored.grants.is_empty());
        journal += usize::from(stored.journal_generation != GENERATION);
        harmless += usize::from(stored.damage.is_empty());
    }
    assert!(grants > 20 && journal > 20 && harmless > 20, "{grants}, {journal}, {harmless}: each was tried");
}

#[tokio::test]
async fn a_file_that_is_cut_off_or_has_lost_a_page_is_never_loaded_as_whole() {
    const PAGE: usize = 4_096;
    let mut seed = Seed(7);
    let begun = folder();
    let (path, written) = filled(&begun).await;
    let bytes = std::fs::read(&path).unwrap();
    for round in 0..40 {
        let wreck = folder();
        let mut torn = bytes.clone();
        let what = if round % 2 == 0 {
            let length = seed.below(bytes.len());
            torn.truncate(length);
            format!("cut off after {length}")
        } else {
            let page = seed.below(bytes.len() / PAGE);
            torn[page * PAGE..(page + 1) * PAGE].fill(0);
            format!("page {page} is empty")
        };
        std::fs::write(file(&wreck), torn).unwrap();
        // A file of no bytes is one that was never written, unless the mark beside it knows better.
        std::fs::copy(begun.path().join("gateway.generation"), wreck.path().join("gateway.generation"))
            .unwrap();
        judge(&file(&wreck), &written, &what).await;
    }
}

/// The log's own checksums end it before what is damaged: what is loaded is a moment that was.
#[tokio::test]
async fn a_flipped_byte_in_the_log_leads_back_to_an_earlier_moment_and_never_to_a_mixed_one() {
    let mut seed = Seed(11);
    let begun = folder();
    let path = file(&begun);
    let (mut store, mut pen) = (open(&path).await, Pen::default());
    let mut moments = vec![store.load(boot()).await.unwrap()];
    for revision in 1..=12 {
        let step = delta(vec![grant(revision, 100)], revision);
        store.apply(&[pen.next(), step]).await.unwrap();
        moments.push(store.load(boot()).await.unwrap());
    }
    let wal = begun.path().join("gateway.sqlite-wal");
    let (main, log) = (std::fs::read(&path).unwrap(), std::fs::read(&wal).unwrap());
    let mut earlier = 0;
    for _ in 0..120 {
        let wreck = folder();
        let mut flipped = log.clone();
        let place = seed.below(log.len());
        flipped[place] ^= 1_u8 << seed.below(8);
        std::fs::write(file(&wreck), &main).unwrap();
        std::fs::write(wreck.path().join("gateway.sqlite-wal"), flipped).unwrap();
        let stored = reopened(&file(&wreck)).await;
        let found = moments.iter().position(|moment| *moment == stored);
        // Before the first moment there was no schema either: the file begins anew.
        assert!(found.is_some() || stored.damage == [Damage::Everything], "byte {place}: {stored:?}");
        earlier += usize::from(found.is_some_and(|at| at + 1 < moments.len()));
    }
    assert!(earlier > 20, "{earlier}");
}

async fn spoil(path: &Path, statement: &'static str) {
    let mut connection =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn hurt_grants_leave_the_journal_alone() {
    for statement in [
        "UPDATE grant_row SET content = x'00' WHERE id = (SELECT max(id) FROM grant_row)",
        "DELETE FROM grant_row WHERE id = (SELECT max(id) FROM grant_row)",
        "UPDATE grant_row SET ends_at_ms = ends_at_ms + 1",
        "UPDATE kept SET content = (SELECT content FROM kept WHERE what = 'lit') WHERE what = 'table'",
        "DELETE FROM kept WHERE what = 'table'",
    ] {
        let begun = folder();
        let (path, written) = filled(&begun).await;
        spoil(&path, statement).await;
        let stored = judge(&path, &written, statement).await;
        assert_eq!((stored.damage.as_slice(), stored.grants.len()), ([Damage::Grants].as_slice(), 0));
        assert_eq!(sequences(&stored), (41..=80).collect::<Vec<_>>(), "{statement}");
        assert_eq!(stored.taken_back, written.taken_back, "{statement}");
        assert_eq!(stored.posture, written.posture);
    }
}

/// A grant that was taken back must stay so: one that cannot be told to be whole is asked for anew.
#[tokio::test]
async fn a_forgotten_taken_back_id_is_named_and_the_others_are_kept() {
    let begun = folder();
    let (path, written) = filled(&begun).await;
    spoil(&path, "DELETE FROM taken_back WHERE id = (SELECT max(id) FROM taken_back)").await;
    let stored = judge(&path, &written, "one id less").await;
    assert_eq!(stored.damage, [Damage::Grants]);
    assert_eq!(stored.taken_back.len(), written.taken_back.len() - 1);
    // Which of the grants the lost id would bar, nobody knows: at the next start they would open again.
    assert!(stored.grants.is_empty());
    assert_eq!(reopened(&path).await, stored, "the new file is whole");
}

#[tokio::test]
async fn a_hurt_journal_leaves_the_grants_alone_and_begins_a_new_generation() {
    for statement in [
        "UPDATE journal_entry SET entry = x'00' WHERE sequence = 60",
        "UPDATE journal_entry SET chain = zeroblob(32) WHERE sequence = 80",
        "DELETE FROM journal_entry WHERE sequence = 80",
        "DELETE FROM journal_entry WHERE sequence = 55",
        "DELETE FROM kept WHERE what = 'journal'",
    ] {
        let begun = folder();
        let (path, written) = filled(&begun).await;
        spoil(&path, statement).await;
        let stored = judge(&path, &written, statement).await;
        assert_eq!(
            (stored.damage.as_slice(), &stored.grants),
            ([Damage::Journal].as_slice(), &written.grants)
        );
        assert_eq!(stored.journal_generation, GENERATION + 1, "{statement}");
    }
}

#[tokio::test]
async fn what_waits_goes_on_where_only_what_the_cloud_has_is_hurt() {
    let begun = folder();
    let (path, written) = filled(&begun).await;
    spoil(&path, "UPDATE journal_entry SET entry = x'00' WHERE sequence = 30").await;
    let verdict = Store::open_read_only(&path).await.unwrap().verify_journal().await.unwrap();
    assert_eq!(verdict.broken, Some(Broken::Unreadable { sequence: 30 }));
    let stored = judge(&path, &written, "an acknowledged entry").await;
    assert_eq!(
        (stored.damage.as_slice(), stored.journal_generation),
        ([Damage::Journal].as_slice(), GENERATION)
    );
    assert_eq!(sequences(&stored), (41..=80).collect::<Vec<_>>());
    let verdict = Store::open_read_only(&path).await.unwrap().verify_journal().await.unwrap();
    assert_eq!((verdict.marks.forgotten, verdict.hold, verdict.broken), (40, 40, None));
}

#[tokio::test]
async fn damage_is_named_at_each_start_until_the_journal_tells_it() {
    let begun = folder();
    let (path, _) = filled(&begun).await;
    spoil(&path, "DELETE FROM grant_row; UPDATE journal_entry SET entry = x'00' WHERE sequence = 60").await;
    assert_eq!(reopened(&path).await.damage, [Damage::Grants, Damage::Journal]);
    let mut store = open(&path).await;
    assert_eq!(store.put_aside(), None, "only once");
    let stored = store.load(boot()).await.unwrap();
    assert_eq!(stored.damage, [Damage::Grants, Damage::Journal]);
    let mut pen = Pen::after(&stored);
    store.apply(&[pen.entry(1, JournalEvent::Damaged { what: Damage::Journal })]).await.unwrap();
    assert_eq!(reopened(&path).await.damage, [Damage::Grants]);
    store.apply(&[pen.entry(1, JournalEvent::Damaged { what: Damage::Grants })]).await.unwrap();
    assert_eq!(reopened(&path).await.damage, []);
}

#[tokio::test]
async fn a_generation_is_never_begun_twice() {
    let begun = folder();
    let (path, _) = filled(&begun).await;
    for lost in 1..=5 {
        if lost % 2 == 0 {
            std::fs::write(&path, b"this is no store").unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
        let stored = reopened(&path).await;
        assert_eq!(stored.damage, [Damage::Everything]);
        assert_eq!((stored.journal_generation, stored.journal_head), (GENERATION + lost, 0));
    }
    let aside = std::fs::read_dir(begun.path())
        .unwrap()
        .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().contains(".damaged-"));
    assert_eq!(aside.count(), 2);
    // Enrolled anew in an emptied folder, or after a file of that enrolment was taken away.
    std::fs::remove_file(&path).unwrap();
    let next = BootId::new(Uuid::from_u128(8));
    let stored = Store::open(&path, 40).await.unwrap().load(next).await.unwrap();
    assert_eq!((stored.journal_generation, stored.damage.len()), (40, 0));
}

#[tokio::test]
async fn a_disk_that_goes_on_failing_is_not_filled_with_damaged_files() {
    let begun = folder();
    let (path, _) = filled(&begun).await;
    for _ in 0..6 {
        std::fs::write(&path, b"this is no store").unwrap();
        reopened(&path).await;
    }
    let aside = std::fs::read_dir(begun.path())
        .unwrap()
        .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().contains(".damaged-"));
    assert_eq!(aside.count(), 3);
}

/// The power goes between any two steps of putting a damaged file aside.
#[tokio::test]
async fn a_rebuilding_that_was_cut_off_is_finished_at_the_next_start() {
    let begun = folder();
    let (path, written) = filled(&begun).await;
    let good = std::fs::read(&path).unwrap();
    let suffixed = |suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));

    // Before the new file was whole: it means nothing.
    std::fs::write(suffixed(".rebuilding"), b"half a file").unwrap();
    assert_eq!(reopened(&path).await, written);
    spoil(&path, "DELETE FROM grant_row").await;
    assert_eq!(reopened(&path).await.damage, [Damage::Grants]);

    // Whole, and the damaged one still in its place, or on its way out of it.
    for still_there in [true, false] {
        std::fs::write(suffixed(".rebuilt"), &good).unwrap();
        if still_there {
            std::fs::write(&path, b"this is no store").unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
            std::fs::write(suffixed("-wal"), b"an old log").unwrap();
        }
        let stored = reopened(&path).await;
        assert_eq!(numbers(&stored), numbers(&written));
        assert_eq!(stored, written);
        assert!(!suffixed(".rebuilt").exists());
    }
}
