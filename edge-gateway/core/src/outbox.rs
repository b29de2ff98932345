//! What is to be done, in order, and what of it the disk has taken.

use std::collections::VecDeque;

use crate::{Change, Output};

/// Outputs that wait to be drained, and the tickets of the disk.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    outputs: VecDeque<Output>,
    issued: u64,
    persisted: u64,
}

impl Outbox {
    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Asks for a change on disk; answers with its ticket.
    pub(crate) fn persist(&mut self, change: Change) -> u64 {
        self.issued = self.issued.saturating_add(1);
        self.push(Output::Persist { ticket: self.issued, change });
        self.issued
    }

    /// Everything up to this ticket is on disk. A ticket that was never issued says nothing.
    pub(crate) fn persisted(&mut self, ticket: u64) {
        self.persisted = self.persisted.max(ticket.min(self.issued));
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
