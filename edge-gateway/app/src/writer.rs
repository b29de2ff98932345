//! The task that writes to the disk, beside everything else: no door waits for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gateway_core::Change;
use gateway_store::{ApplyError, Store};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::figures::Figures;

/// Changes that wait for the disk: several hours of a busy hall, some 2 MiB. The core stops handing over entries long
/// before, and what is written over and over is folded; beyond it the program begins anew from what is on disk.
const WAITING_MAX: usize = 8_192;
/// From here on a value that waits already is replaced rather than written twice.
const FOLD_FROM: usize = 64;
/// Changes in one transaction: bounds how much one failure can hold up.
const BATCH_MAX: usize = 256;
/// How long before a disk that refused is tried again: a full disk may be cleared.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Takes changes in the order of their tickets.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Arc<Queue>,
    task: JoinHandle<Result<(), ApplyError>>,
}

#[derive(Debug, Default)]
struct Queue {
    intake: Mutex<Intake>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Intake {
    waiting: VecDeque<(u64, Change)>,
    state: State,
    /// The last ticket that was taken.
    last: u64,
}

/// ```text
/// Open ──no room──▶ Overflowed
///   └────finish─────▶ Closed ◀──┘
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Open,
    /// The disk fell behind; nothing after the last ticket was taken.
    Overflowed,
    /// Nothing more comes.
    Closed,
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
    pub(crate) fn start(store: Store, figures: Arc<Figures>) -> (Self, mpsc::Receiver<u64>) {
        let queue = Arc::<Queue>::default();
        let (done, tickets) = mpsc::channel(WAITING_MAX);
        let task = tokio::spawn(write(store, Arc::clone(&queue), done, figures));
        (Self { queue, task }, tickets)
    }

    /// Hands a change over; never waits.
    pub(crate) fn put(&self, ticket: u64, change: Change) {
        let mut intake = self.queue.intake();
        if intake.state != State::Open {
            return;
        }
        if let Some(change) = intake.fold(change) {
            if intake.waiting.len() >= WAITING_MAX {
                tracing::error!(ticket, "the disk does not keep up: doors go on, the journal stops here");
                intake.state = State::Overflowed;
                return;
            }
            intake.waiting.push_back((ticket, change));
        } else if let Some((last, _)) = intake.waiting.back_mut() {
            // What was folded stands before it, so that the last one answers for both.
            *last = ticket;
        }
        intake.last = ticket;
        self.queue.filled.notify_one();
    }

    /// Judges a ticket that is on disk.
    pub(crate) fn progress(&self, ticket: u64) -> Progress {
        let intake = self.queue.intake();
        match intake.state {
            State::Overflowed if ticket >= intake.last => Progress::BeginAnew,
            State::Overflowed | State::Open | State::Closed => Progress::Goes,
        }
    }

    /// Writes what was handed over, and closes the file.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        self.queue.intake().state = State::Closed;
        self.queue.filled.notify_one();
        Ok(self.task.await??)
    }
}

impl Queue {
    /// What is inside is whole after every statement, also where a thread has panicked.
    fn intake(&self) -> MutexGuard<'_, Intake> {
        self.intake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next changes; `None` when all were taken and nothing more comes.
    async fn next(&self) -> Option<Vec<(u64, Change)>> {
        loop {
            {
                let mut intake = self.intake();
                let count = intake.waiting.len().min(BATCH_MAX);
                if count > 0 {
                    return Some(intake.waiting.drain(..count).collect());
                }
                if intake.state == State::Closed {
                    return None;
                }
            }
            self.filled.notified().await;
        }
    }

    fn is_closed(&self) -> bool {
        self.intake().state == State::Closed
    }
}

impl Intake {
    /// Puts the change in the place of an older one that it makes meaningless; gives it back when there is none, or as
    /// long as hardly anything waits. Being written earlier than it was said does no harm to any of these.
    fn fold(&mut self, change: Change) -> Option<Change> {
        if self.waiting.len() < FOLD_FROM {
            return Some(change);
        }
        for (_, older) in self.waiting.iter_mut().rev() {
            if replaces(&change, older) {
                *older = change;
                return None;
            }
            // A heartbeat renews the table that it was sent for, and must not be on disk before it.
            if matches!(older, Change::Grants { .. }) {
                break;
            }
        }
        Some(change)
    }
}

fn replaces(newer: &Change, older: &Change) -> bool {
    match (newer, older) {
        (Change::Throttle { .. }, Change::Throttle { .. })
        | (Change::Lease { .. }, Change::Lease { .. })
        | (Change::Command { .. }, Change::Command { .. })
        | (Change::Config { .. }, Change::Config { .. })
        | (Change::Posture { .. }, Change::Posture { .. }) => true,
        (Change::Lit { zone, .. }, Change::Lit { zone: other, .. }) => zone == other,
        (
            Change::Throttle { .. }
            | Change::Lease { .. }
            | Change::Command { .. }
            | Change::Config { .. }
            | Change::Posture { .. }
            | Change::Lit { .. }
            | Change::Append { .. }
            | Change::Acknowledged { .. }
            | Change::Grants { .. },
            _,
        ) => false,
    }
}

async fn write(
    mut store: Store,
    queue: Arc<Queue>,
    done: mpsc::Sender<u64>,
    figures: Arc<Figures>,
) -> Result<(), ApplyError> {
    while let Some(batch) = queue.next().await {
        let (tickets, changes): (Vec<u64>, Vec<Change>) = batch.into_iter().unzip();
        let mut began = Instant::now();
        while let Err(error) = store.apply(&changes).await {
            tracing::error!(error = &error as &dyn std::error::Error, "not written");
            match error {
                ApplyError::Full(_) if made_room(&mut store).await => {}
                ApplyError::Full(_) | ApplyError::Database(_) if !queue.is_closed() => {
                    tokio::time::sleep(RETRY_AFTER).await;
                }
                ApplyError::Full(_)
                | ApplyError::Damaged(_)
                | ApplyError::Database(_)
                | ApplyError::Gap { .. }
                | ApplyError::BeyondHead { .. }
                | ApplyError::Counter { .. } => return Err(error),
            }
            began = Instant::now();
        }
        figures.commits.add(began.elapsed());
        let last = tickets.last().copied().unwrap_or_default();
        if done.send(last).await.is_err() {
            tracing::debug!(last, "written while stopping");
        }
    }
    store.close().await
}

/// Entries that the cloud has go before entries that it has not.
async fn made_room(store: &mut Store) -> bool {
    match store.make_room().await {
        Ok(made) => {
            if made {
                tracing::warn!("the disk is full: acknowledged entries were deleted before their time");
            }
            made
        }
        Err(error) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "no room could be made");
            false
        }
    }
}

#[cfg(test)]
mod tests;
