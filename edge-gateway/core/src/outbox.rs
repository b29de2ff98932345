//! What is to be done, in order, what of it the disk has taken, and whether the disk takes anything.

use std::collections::VecDeque;

use crate::{Change, Output};

/// Without a commit for this long, although something waits, the disk counts as stalled: a flash card that tidies up
/// takes a second at most.
pub const DISK_STALL_MS: u64 = 2_000;

/// Outputs that wait to be drained, and the tickets of the disk.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    outputs: VecDeque<Output>,
    issued: u64,
    persisted: u64,
    now_ms: u64,
    /// Since when the disk has taken nothing of what waits.
    waiting_since_ms: u64,
    disk: Disk,
}

/// ```text
///            nothing taken for DISK_STALL_MS
///   Goes ───────────────────────────────────▶ Stalled
///     ▲                                          │
///     └── all is on disk that waited then ───────┘
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Disk {
    #[default]
    Goes,
    Stalled {
        until_ticket: u64,
    },
}

/// What changed about the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DiskNews {
    Stalled,
    GoesAgain,
}

impl Outbox {
    /// Monotonic time goes on.
    pub(crate) const fn at(&mut self, uptime_ms: u64) {
        self.now_ms = uptime_ms;
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Asks for a change on disk; answers with its ticket.
    pub(crate) fn persist(&mut self, change: Change) -> u64 {
        if self.issued == self.persisted {
            self.waiting_since_ms = self.now_ms;
        }
        self.issued = self.issued.saturating_add(1);
        self.push(Output::Persist { ticket: self.issued, change });
        self.issued
    }

    /// Everything up to this ticket is on disk. A ticket that was never issued says nothing.
    pub(crate) fn persisted(&mut self, ticket: u64) {
        let ticket = ticket.min(self.issued);
        if ticket > self.persisted {
            self.persisted = ticket;
            self.waiting_since_ms = self.now_ms;
        }
    }

    /// What is news about the disk since the last call.
    pub(crate) fn take_disk_news(&mut self) -> Option<DiskNews> {
        match self.disk {
            Disk::Goes if self.stall_at_ms().is_some_and(|at_ms| at_ms <= self.now_ms) => {
                self.disk = Disk::Stalled { until_ticket: self.issued };
                Some(DiskNews::Stalled)
            }
            Disk::Stalled { until_ticket } if until_ticket <= self.persisted => {
                self.disk = Disk::Goes;
                Some(DiskNews::GoesAgain)
            }
            Disk::Goes | Disk::Stalled { .. } => None,
        }
    }

    pub(crate) const fn is_stalled(&self) -> bool {
        matches!(self.disk, Disk::Stalled { .. })
    }

    /// When the disk counts as stalled unless it takes something before.
    pub(crate) fn stall_at_ms(&self) -> Option<u64> {
        let waits = self.disk == Disk::Goes && self.persisted < self.issued;
        waits.then(|| self.waiting_since_ms.saturating_add(DISK_STALL_MS))
    }

    /// The last ticket that was asked for.
    pub(crate) const fn last_issued(&self) -> u64 {
        self.issued
    }

    /// The last ticket on disk.
    pub(crate) const fn last_persisted(&self) -> u64 {
        self.persisted
    }
}
