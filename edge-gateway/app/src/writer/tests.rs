use super::*;

use std::path::Path;

use protocols_ids::{BootId, Uuid, ZoneId};
use protocols_wire::{
    CHAIN_START, JournalEntry, JournalEvent, Position, Posture, PostureMode, TimeQuality, UnixMs, chain,
    encode,
};

fn boot() -> BootId {
    BootId::new(Uuid::from_u128(1))
}

fn posture(counter: u64) -> Change {
    Change::Posture { posture: Posture { counter, mode: PostureMode::Normal } }
}

fn lit(zone: u128, until: i64) -> Change {
    Change::Lit { zone: ZoneId::new(Uuid::from_u128(zone)), until: Some(UnixMs(until)) }
}

fn lease(at: i64) -> Change {
    Change::Lease { lease_until: None, heartbeat_at: UnixMs(at), time_floor: UnixMs(at), clock_error_ms: 1 }
}

fn grants(revision: u64) -> Change {
    Change::Grants {
        replace: false,
        upserts: vec![],
        removals: vec![],
        expired_before: None,
        position: Position { epoch: 1, revision },
        seal_id: 1,
        hash: [0; 32],
        taken_back: vec![],
    }
}

/// Entries `first` to `last` of a true journal; the first comes after `before`.
fn entries(first: u64, last: u64, mut before: [u8; 32]) -> Vec<Change> {
    (first..=last)
        .map(|sequence| {
            let entry = encode(&JournalEntry {
                sequence,
                at: UnixMs(5),
                time_quality: TimeQuality::Holdover,
                boot: boot(),
                uptime_ms: sequence,
                event: JournalEvent::Started,
            });
            before = chain(&before, &entry);
            Change::Append { sequence, at: UnixMs(5), entry, chain: before }
        })
        .collect()
}

async fn load(path: &Path) -> gateway_core::Stored {
    Store::open_read_only(path).await.unwrap().load(boot()).await.unwrap()
}

async fn written_up_to(tickets: &mut mpsc::Receiver<u64>, wanted: u64) {
    while tickets.recv().await.unwrap() < wanted {}
}

#[tokio::test]
async fn what_was_handed_over_is_on_disk_when_it_is_said_to_be_and_when_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let (writer, mut tickets) = Writer::start(Store::open(&path, 1).await.unwrap(), Arc::default());
    writer.put(1, posture(1));
    assert_eq!(tickets.recv().await, Some(1));
    assert_eq!(load(&path).await.posture.unwrap().counter, 1);
    for (ticket, change) in (2..).zip(entries(1, 600, CHAIN_START)) {
        writer.put(ticket, change);
    }
    writer.finish().await.unwrap();
    assert_eq!(load(&path).await.journal_head, 600);
}

#[tokio::test]
async fn what_is_written_over_and_over_takes_one_place_and_answers_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let (writer, mut tickets) = Writer::start(Store::open(&path, 1).await.unwrap(), Arc::default());
    // On one thread the writing task does not run before this one waits.
    let mut ticket = 0;
    let mut put = |change| {
        ticket += 1;
        writer.put(ticket, change);
    };
    for change in entries(1, 100, CHAIN_START) {
        put(change);
    }
    for at in 1..=20_000 {
        put(lease(at));
        put(lit(u128::from(at.unsigned_abs() % 3), at));
        put(posture(at.unsigned_abs()));
    }
    put(grants(7));
    put(lease(20_001));
    assert_eq!(
        writer.queue.intake().waiting.len(),
        100 + 1 + 3 + 1 + 1 + 1,
        "a heartbeat stays after its table"
    );
    assert_eq!(writer.progress(ticket), Progress::Goes);
    written_up_to(&mut tickets, ticket).await;
    let stored = load(&path).await;
    assert_eq!((stored.heartbeat_at, stored.posture.unwrap().counter), (Some(UnixMs(20_001)), 20_000));
    assert_eq!(stored.lit.iter().map(|(_, until)| until.0).max(), Some(20_000));
    assert_eq!((stored.journal_head, stored.position.revision), (100, 7));
}

/// What the door does: it goes on, as the core goes on. The journal on disk ends without a hole; the program begins
/// anew from it, with the doors secured as at each start, and the nodes keep what they have not been told is kept.
#[tokio::test]
async fn a_disk_that_falls_behind_ends_the_journal_without_a_hole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let (writer, mut tickets) = Writer::start(Store::open(&path, 1).await.unwrap(), Arc::default());
    let beyond = u64::try_from(WAITING_MAX).unwrap() + 2;
    for (ticket, change) in (1..).zip(entries(1, beyond, CHAIN_START)) {
        writer.put(ticket, change);
    }
    let mut last = 0;
    while let Some(ticket) = tickets.recv().await {
        last = ticket;
        if writer.progress(ticket) == Progress::BeginAnew {
            break;
        }
    }
    assert_eq!(last, beyond - 2);
    writer.put(beyond + 1, posture(1));
    writer.finish().await.unwrap();
    let stored = load(&path).await;
    assert_eq!((stored.journal_head, stored.posture), (beyond - 2, None));
}

/// The file may not grow: what the cloud has makes room, then nothing does until the file may grow again.
#[tokio::test]
async fn a_full_disk_is_tried_again_and_room_is_made_from_what_the_cloud_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sqlite");
    let (writer, mut tickets) =
        Writer::start(Store::open_within(&path, 1, 22).await.unwrap(), Arc::default());
    let all = entries(1, 900, CHAIN_START);
    let mut ticket = 0;
    let mut put = |change| {
        ticket += 1;
        writer.put(ticket, change);
    };
    let mut all = all.into_iter();
    for change in all.by_ref().take(500) {
        put(change);
    }
    put(Change::Acknowledged { sequence: 450, forget_before: UnixMs(0) });
    for change in all {
        put(change);
    }
    written_up_to(&mut tickets, 901).await;
    let stored = load(&path).await;
    assert_eq!((stored.journal_head, stored.journal_acknowledged), (900, 450));
    let verdict = Store::open_read_only(&path).await.unwrap().verify_journal().await.unwrap();
    assert_eq!(verdict.broken, None);
    assert!(verdict.marks.forgotten > 0, "room was made");
    writer.finish().await.unwrap();
}
