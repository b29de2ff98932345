//! The task that writes to the disk, beside everything else: no door waits for it.

use std::time::Duration;

use gateway_core::Change;
use gateway_store::{ApplyError, Store};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Changes that wait for the disk: an hour of a busy hall. Beyond it the journal is not continued until the program has
/// begun anew from what is on disk.
const WAITING_MAX: usize = 8_192;
/// Changes in one transaction: bounds how much one failure can hold up.
const BATCH_MAX: usize = 256;
/// How long before a disk that refused is tried again: a full disk may be cleared.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Takes changes in the order of their tickets.
#[derive(Debug)]
pub(crate) struct Writer {
    changes: mpsc::Sender<(u64, Change)>,
    task: JoinHandle<Result<(), ApplyError>>,
    intake: Intake,
}

#[derive(Debug)]
enum Intake {
    Open {
        last: u64,
    },
    /// The disk fell behind; nothing after this ticket was taken.
    Overflowed {
        last: u64,
    },
}

/// What became of the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// All is well up to the ticket.
    Goes,
    /// The disk has caught up, but changes were lost: begin anew from what is on it.
    BeginAnew,
}

impl Writer {
    /// The receiver yields the highest ticket that is on disk.
    pub(crate) fn start(store: Store) -> (Self, mpsc::Receiver<u64>) {
        let (changes, waiting) = mpsc::channel(WAITING_MAX);
        let (done, tickets) = mpsc::channel(WAITING_MAX);
        let task = tokio::spawn(write(store, waiting, done));
        (Self { changes, task, intake: Intake::Open { last: 0 } }, tickets)
    }

    /// Hands a change over; never waits.
    pub(crate) fn put(&mut self, ticket: u64, change: Change) {
        let Intake::Open { last } = self.intake else { return };
        if self.changes.try_send((ticket, change)).is_ok() {
            self.intake = Intake::Open { last: ticket };
        } else {
            tracing::error!(ticket, "the disk does not keep up: doors go on, the journal stops here");
            self.intake = Intake::Overflowed { last };
        }
    }

    /// Judges a ticket that is on disk.
    pub(crate) fn progress(&self, ticket: u64) -> Progress {
        match self.intake {
            Intake::Overflowed { last } if ticket >= last => Progress::BeginAnew,
            Intake::Overflowed { .. } | Intake::Open { .. } => Progress::Goes,
        }
    }

    /// Writes what was handed over, and closes the file.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        drop(self.changes);
        Ok(self.task.await??)
    }
}

async fn write(
    mut store: Store,
    mut waiting: mpsc::Receiver<(u64, Change)>,
    done: mpsc::Sender<u64>,
) -> Result<(), ApplyError> {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let (tickets, changes): (Vec<u64>, Vec<Change>) = batch.drain(..).unzip();
        while let Err(error) = store.apply(&changes).await {
            tracing::error!(error = &error as &dyn std::error::Error, "not written");
            match error {
                ApplyError::Database(_) if !waiting.is_closed() => tokio::time::sleep(RETRY_AFTER).await,
                ApplyError::Database(_)
                | ApplyError::Gap { .. }
                | ApplyError::BeyondHead { .. }
                | ApplyError::Counter { .. } => return Err(error),
            }
        }
        let last = tickets.last().copied().unwrap_or_default();
        if done.send(last).await.is_err() {
            tracing::debug!(last, "written while stopping");
        }
    }
    store.close().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::{BootId, Uuid};
    use protocols_wire::{Posture, PostureMode};

    fn posture(counter: u64) -> Change {
        Change::Posture { posture: Posture { counter, mode: PostureMode::Normal } }
    }

    #[tokio::test]
    async fn what_was_handed_over_is_on_disk_when_it_is_said_to_be_and_when_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.sqlite");
        let (mut writer, mut tickets) = Writer::start(Store::open(&path, 1).await.unwrap());
        writer.put(1, posture(1));
        assert_eq!(tickets.recv().await, Some(1));
        let boot = BootId::new(Uuid::from_u128(1));
        let mut reader = Store::open_read_only(&path).await.unwrap();
        assert_eq!(reader.load(boot).await.unwrap().posture.unwrap().counter, 1);
        for counter in 2..=600 {
            writer.put(counter, posture(counter));
        }
        writer.finish().await.unwrap();
        assert_eq!(reader.load(boot).await.unwrap().posture.unwrap().counter, 600);
    }

    #[tokio::test]
    async fn a_disk_that_falls_behind_ends_the_journal_without_a_hole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.sqlite");
        let (mut writer, mut tickets) = Writer::start(Store::open(&path, 1).await.unwrap());
        // On one thread the writing task does not run before this one waits.
        let beyond = u64::try_from(WAITING_MAX).unwrap() + 2;
        for ticket in 1..=beyond {
            writer.put(ticket, posture(ticket));
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
        let boot = BootId::new(Uuid::from_u128(1));
        let stored = Store::open_read_only(&path).await.unwrap().load(boot).await.unwrap();
        assert_eq!(stored.posture.unwrap().counter, beyond - 2);
    }
}
