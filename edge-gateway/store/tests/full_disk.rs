//! A disk without room: nothing that was said to be on it is lost, and it goes on when there is room again.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use gateway_core::Change;
use gateway_store::{ApplyError, Store};

use support::{GENERATION, Pen, acknowledged, boot, delta, grant, is_whole, open, reopened, sequences};

/// A file system of one MiB, unmounted when it is dropped.
struct Small {
    folder: tempfile::TempDir,
}

impl Small {
    /// `None` for whoever may not mount.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "hallport-test"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self { folder })
    }

    fn fill(&self) -> PathBuf {
        let filler = self.folder.path().join("filler");
        let written = std::fs::write(&filler, vec![0; 4 << 20]);
        assert!(written.is_err(), "the disk is full");
        filler
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.folder.path()).output());
    }
}

/// Appends until there is no room; the entry that did not fit comes last.
async fn append_until_full(store: &mut Store, pen: &mut Pen) -> Vec<Change> {
    for _ in 0..20_000 {
        let before = pen.clone();
        let batch: Vec<Change> = (0..8).map(|_| pen.next()).collect();
        match store.apply(&batch).await {
            Ok(()) => {}
            Err(ApplyError::Full(_)) => {
                assert!(before.sequence > 0, "something was written");
                return batch;
            }
            Err(error) => panic!("{error}: {error:?}"),
        }
    }
    panic!("the disk was never full")
}

async fn holds(path: &Path, head: u64) {
    let stored = reopened(path).await;
    assert_eq!((stored.journal_head, stored.damage.len()), (head, 0));
    assert!(is_whole(&stored));
}

/// Where nobody may mount, SQLite itself is told how large the file may become: the same refusal at the same places.
#[tokio::test]
async fn a_full_disk_refuses_a_step_as_a_whole_and_takes_it_when_there_is_room() {
    if let Some(small) = Small::mount() {
        let path = small.folder.path().join("gateway.sqlite");
        let (mut store, mut pen) = (open(&path).await, Pen::default());
        store.apply(&[pen.next(), delta(vec![grant(1, 100)], 1)]).await.unwrap();
        let filler = small.fill();
        let refused = append_until_full(&mut store, &mut pen).await;
        let head = pen.sequence - 8;
        for _ in 0..3 {
            assert!(matches!(store.apply(&refused).await, Err(ApplyError::Full(_))), "again and again");
        }
        assert_eq!(store.load(boot()).await.unwrap().journal_head, head);
        std::fs::remove_file(filler).unwrap();
        store.apply(&refused).await.unwrap();
        store.apply(&[pen.next()]).await.unwrap();
        store.close().await.unwrap();
        holds(&path, pen.sequence).await;
    } else {
        let folder = tempfile::tempdir().unwrap();
        let path = support::file(&folder);
        let mut store = Store::open_within(&path, GENERATION, 60).await.unwrap();
        let mut pen = Pen::default();
        let refused = append_until_full(&mut store, &mut pen).await;
        let head = pen.sequence - 8;
        assert!(matches!(store.apply(&refused).await, Err(ApplyError::Full(_))), "again and again");
        assert_eq!(store.load(boot()).await.unwrap().journal_head, head);
        store.close().await.unwrap();
        let mut store = open(&path).await;
        store.apply(&refused).await.unwrap();
        store.close().await.unwrap();
        holds(&path, pen.sequence).await;
    }
}

/// The power goes while the disk is full: what is on it is read all the same, so that the doors go on.
#[tokio::test]
async fn a_gateway_starts_on_a_full_disk_with_the_room_that_was_kept_for_it() {
    let Some(small) = Small::mount() else {
        // Room is kept wherever it is; to take the rest needs the right to mount.
        let folder = tempfile::tempdir().unwrap();
        open(&support::file(&folder)).await;
        assert!(folder.path().join("gateway.reserve").metadata().unwrap().len() > 100_000);
        return;
    };
    let path = small.folder.path().join("gateway.sqlite");
    let (mut store, mut pen) = (open(&path).await, Pen::default());
    store.apply(&[pen.next(), delta(vec![grant(1, 100)], 1)]).await.unwrap();
    store.close().await.unwrap();
    let filler = small.fill();
    let mut store = open(&path).await;
    let stored = store.load(boot()).await.unwrap();
    assert_eq!((stored.grants.len(), stored.journal_head), (1, 1));
    assert!(!small.folder.path().join("gateway.reserve").exists(), "it was given up");
    drop(store);
    std::fs::remove_file(filler).unwrap();
    let mut store = open(&path).await;
    store.apply(&[pen.next()]).await.unwrap();
    assert!(small.folder.path().join("gateway.reserve").exists(), "and is kept again");
}

#[tokio::test]
async fn entries_that_the_cloud_has_make_room_for_those_that_it_has_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = support::file(&folder);
    let mut store = Store::open_within(&path, GENERATION, 60).await.unwrap();
    let mut pen = Pen::default();
    let half: Vec<Change> = (0..200).map(|_| pen.next()).collect();
    store.apply(&half).await.unwrap();
    store.apply(&[acknowledged(200, 0)]).await.unwrap();
    let refused = append_until_full(&mut store, &mut pen).await;
    assert!(store.make_room().await.unwrap());
    store.apply(&refused).await.unwrap();
    let stored = store.load(boot()).await.unwrap();
    assert_eq!(sequences(&stored), (201..=pen.sequence).collect::<Vec<_>>());
    assert!(is_whole(&stored));
    assert_eq!(store.verify_journal().await.unwrap().broken, None);
}
