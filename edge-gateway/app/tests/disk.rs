//! A disk that takes nothing for a while, or for good: what the door does, and what the journal says afterwards.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

#[path = "../../fieldbus/tests/support/mod.rs"]
mod bus;
mod hall;
#[path = "../../uplink/tests/support/mod.rs"]
mod support;

use std::fs::{File, OpenOptions};
use std::path::Path;

use hall::{Hall, answer, is_admission, run, stop};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use protocols_wire::{Damage, JournalEvent};
use support::broker::SOON;
use tokio::time::timeout;

/// Holds what SQLite takes before it writes (`WAL_WRITE_LOCK` of its log's index): every commit waits.
struct Stalled {
    file: File,
}

/// Where SQLite keeps that lock in the `-shm` file: `UNIX_SHM_BASE`.
const WRITE_LOCK_AT: libc::off_t = 120;

impl Stalled {
    async fn disk(data: &Path) -> Self {
        let path = data.join("gateway.sqlite-shm");
        let stalled = Self { file: OpenOptions::new().read(true).write(true).open(path).unwrap() };
        // The gateway may be writing just now.
        timeout(SOON, async {
            while stalled.lock(libc::F_WRLCK).is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the lock comes free between two commits");
        stalled
    }

    fn lock(&self, kind: i32) -> nix::Result<i32> {
        let lock = libc::flock {
            l_type: i16::try_from(kind).unwrap(),
            l_whence: i16::try_from(libc::SEEK_SET).unwrap(),
            l_start: WRITE_LOCK_AT,
            l_len: 1,
            l_pid: 0,
        };
        fcntl(&self.file, FcntlArg::F_OFD_SETLK(&lock))
    }

    fn takes_again(self) {
        self.lock(libc::F_UNLCK).unwrap();
    }
}

/// What `status` says of the journal on disk.
async fn journal_line(data: &Path) -> String {
    let status = String::from_utf8(answer(&["status"], data).await.stdout).unwrap();
    status.lines().find(|line| line.starts_with("journal ")).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_opens_while_the_disk_takes_nothing_and_the_journal_has_no_hole_afterwards() {
    let mut hall = Hall::found().await;
    let data = hall.data();
    let mut process = run(&data);
    hall.set_up().await;
    let before = hall.world.sequence;

    let stalled = Stalled::disk(&data).await;
    let on_disk = journal_line(&data).await;
    hall.enter().await;
    assert_eq!(journal_line(&data).await, on_disk, "nothing was written");
    assert!(process.try_wait().unwrap().is_none(), "the gateway goes on");
    stalled.takes_again();

    hall.world.entry(is_admission).await;
    assert!(hall.world.sequence > before);
    hall.world.acknowledge().await;
    hall.status_with(&format!("acknowledged {}", hall.world.sequence)).await;
    let verified = answer(&["journal", "verify"], &data).await;
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    stop(&mut process).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_put_aside_told_of_and_begun_anew_in_another_generation() {
    let mut hall = Hall::found().await;
    let data = hall.data();
    let mut process = run(&data);
    hall.set_up().await;
    stop(&mut process).await;
    hall.world.state(|report| !report.online).await;

    for name in ["gateway.sqlite-wal", "gateway.sqlite-shm"] {
        drop(std::fs::remove_file(data.join(name)));
    }
    std::fs::write(data.join("gateway.sqlite"), b"what a failing disk has left").unwrap();
    let told = answer(&["check"], &data).await;
    assert!(!told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
    let mut process = run(&data);
    let report = hall.world.state(|report| report.online && report.journal_generation == 5).await;
    assert_eq!(report.grants, 0);
    hall.world.begin_anew(5);
    hall.world.entry(|event| *event == JournalEvent::Damaged { what: Damage::Everything }).await;
    let status = hall.status_with("generation 5").await;
    assert!(status.contains("damage    put aside: ") && status.contains(".damaged-"), "{status}");

    // All is told anew by the cloud, and the door opens as before.
    hall.set_up().await;
    hall.enter().await;
    hall.world.entry(is_admission).await;
    stop(&mut process).await;
}
