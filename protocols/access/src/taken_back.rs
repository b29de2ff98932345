//! Ids of grants that were taken back: none of them opens again, whoever brings it back.

use std::collections::{BTreeMap, BTreeSet};

use protocols_ids::GrantId;
use protocols_wire::UnixMs;

/// Ids that are remembered at once: a year of cancellations in a busy house. Beyond it the one that ends first is
/// forgotten, since it is good for the shortest time.
pub const TAKEN_BACK_MAX: usize = 10_000;

/// Which ids, and until when each must be remembered: as long as its grant would have opened anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct TakenBack {
    until: BTreeMap<GrantId, UnixMs>,
    by_end: BTreeSet<(UnixMs, GrantId)>,
}

impl TakenBack {
    pub(crate) fn contains(&self, id: GrantId) -> bool {
        self.until.contains_key(&id)
    }

    /// Remembers an id, and for longer if it is known already. Answers with its end if that is news.
    pub(crate) fn add(&mut self, id: GrantId, until: UnixMs) -> Option<UnixMs> {
        let before = self.until.get(&id).copied();
        if before >= Some(until) {
            return None;
        }
        if let Some(before) = before {
            self.by_end.remove(&(before, id));
        }
        self.until.insert(id, until);
        self.by_end.insert((until, id));
        Some(until)
    }

    /// Forgets one id that is beyond the bound.
    pub(crate) fn pop_surplus(&mut self) -> Option<GrantId> {
        if self.until.len() <= TAKEN_BACK_MAX {
            return None;
        }
        self.pop()
    }

    /// Forgets one id that had to be remembered until before that instant.
    pub(crate) fn pop_ended(&mut self, before: UnixMs) -> Option<GrantId> {
        self.by_end.first().filter(|(until, _)| *until < before)?;
        self.pop()
    }

    fn pop(&mut self) -> Option<GrantId> {
        let (_, id) = self.by_end.pop_first()?;
        self.until.remove(&id);
        Some(id)
    }
}
