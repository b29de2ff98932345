//! Whether a journal holds: sequence, chain, head, acknowledged point.

use gateway_core::StoredEntry;
use protocols_wire::{JournalFrame, chain, decode};

use crate::sections::JournalKept;

/// Why a journal does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    /// An entry is missing.
    #[error("entry {expected} is missing; entry {found} stands in its place")]
    Missing {
        /// What should come next.
        expected: u64,
        /// What comes.
        found: u64,
    },
    /// The journal ends before its head.
    #[error("the journal ends with entry {found}, but entry {head} was written")]
    EndsEarly {
        /// The last entry there is.
        found: u64,
        /// The last entry that was written.
        head: u64,
    },
    /// Entries beyond the head.
    #[error("entry {sequence} stands beyond the last that was written, {head}")]
    BeyondHead {
        /// The entry.
        sequence: u64,
        /// The last entry that was written.
        head: u64,
    },
    /// An entry that cannot be read, or that tells another place than where it stands.
    #[error("entry {sequence} is not readable in its place")]
    Unreadable {
        /// Which.
        sequence: u64,
    },
    /// The entry, or the hash beside it, was changed.
    #[error("the chain breaks at entry {sequence}: it is not what was written")]
    Chain {
        /// Which.
        sequence: u64,
    },
    /// The chain holds, but is not the one that the cloud has acknowledged.
    #[error("the chain at entry {sequence} is not the one that was acknowledged")]
    Acknowledged {
        /// The acknowledged entry.
        sequence: u64,
    },
    /// The chain holds, but does not end as it was said to.
    #[error("the chain at the last entry, {head}, is not the one that was kept beside the journal")]
    Head {
        /// The last entry.
        head: u64,
    },
    /// The marks contradict each other.
    #[error("the journal's own marks contradict each other: {forgotten}, {acknowledged}, {head}")]
    Marks {
        /// Deleted up to here.
        forgotten: u64,
        /// Acknowledged up to here.
        acknowledged: u64,
        /// Written up to here.
        head: u64,
    },
}

/// Goes along the entries from the first that is kept to the head.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    kept: &'a JournalKept,
    at: u64,
    chain: [u8; 32],
}

impl<'a> Walk<'a> {
    /// From the first entry that is kept.
    pub(crate) fn from_kept(kept: &'a JournalKept) -> Result<Self, Broken> {
        let walk = Self { kept, at: kept.forgotten, chain: kept.forgotten_chain };
        if kept.forgotten > kept.acknowledged || kept.acknowledged > kept.head {
            let JournalKept { forgotten, acknowledged, head, .. } = *kept;
            return Err(Broken::Marks { forgotten, acknowledged, head });
        }
        walk.compare()?;
        Ok(walk)
    }

    /// From the first entry that waits.
    pub(crate) fn from_acknowledged(kept: &'a JournalKept) -> Result<Self, Broken> {
        if kept.acknowledged > kept.head {
            let JournalKept { forgotten, acknowledged, head, .. } = *kept;
            return Err(Broken::Marks { forgotten, acknowledged, head });
        }
        let walk = Self { kept, at: kept.acknowledged, chain: kept.acknowledged_chain };
        walk.compare()?;
        Ok(walk)
    }

    pub(crate) fn step(&mut self, entry: &StoredEntry) -> Result<(), Broken> {
        let expected = self.at.saturating_add(1);
        let sequence = entry.sequence;
        if sequence != expected {
            return Err(Broken::Missing { expected, found: sequence });
        }
        if sequence > self.kept.head {
            return Err(Broken::BeyondHead { sequence, head: self.kept.head });
        }
        if !decode::<JournalFrame>(&entry.entry).is_ok_and(|frame| frame.sequence == sequence) {
            return Err(Broken::Unreadable { sequence });
        }
        self.at = sequence;
        self.chain = chain(&self.chain, &entry.entry);
        if self.chain != entry.chain {
            return Err(Broken::Chain { sequence });
        }
        self.compare()
    }

    pub(crate) fn end(self) -> Result<(), Broken> {
        if self.at == self.kept.head {
            Ok(())
        } else {
            Err(Broken::EndsEarly { found: self.at, head: self.kept.head })
        }
    }

    /// What must be met at the places that were noted.
    fn compare(&self) -> Result<(), Broken> {
        if self.at == self.kept.acknowledged && self.chain != self.kept.acknowledged_chain {
            return Err(Broken::Acknowledged { sequence: self.at });
        }
        if self.at == self.kept.head && self.chain != self.kept.chain {
            return Err(Broken::Head { head: self.at });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::{BootId, Uuid};
    use protocols_wire::{CHAIN_START, JournalEntry, JournalEvent, TimeQuality, UnixMs, encode};

    /// Entries 1 to 6; 2 were deleted, 4 are acknowledged.
    fn journal() -> (JournalKept, Vec<StoredEntry>) {
        let mut before = CHAIN_START;
        let mut entries = Vec::new();
        for sequence in 1..=6 {
            let entry = encode(&JournalEntry {
                sequence,
                at: UnixMs(1_000),
                time_quality: TimeQuality::Holdover,
                boot: BootId::new(Uuid::from_u128(7)),
                uptime_ms: sequence,
                event: JournalEvent::Started,
            });
            before = chain(&before, &entry);
            entries.push(StoredEntry { sequence, entry, chain: before });
        }
        let mut kept = JournalKept::begun(4);
        kept.forgotten = 2;
        kept.forgotten_chain = entries[1].chain;
        kept.acknowledged = 4;
        kept.acknowledged_chain = entries[3].chain;
        kept.head = 6;
        kept.chain = entries[5].chain;
        (kept, entries.split_off(2))
    }

    fn walked(kept: &JournalKept, entries: &[StoredEntry]) -> Result<(), Broken> {
        let mut walk = Walk::from_kept(kept)?;
        entries.iter().try_for_each(|entry| walk.step(entry))?;
        walk.end()
    }

    #[test]
    fn a_whole_journal_holds_from_what_is_kept_and_from_what_waits() {
        let (kept, entries) = journal();
        assert_eq!(walked(&kept, &entries), Ok(()));
        let mut walk = Walk::from_acknowledged(&kept).unwrap();
        entries[2..].iter().try_for_each(|entry| walk.step(entry)).unwrap();
        assert_eq!(walk.end(), Ok(()));
        assert_eq!(walked(&JournalKept::begun(1), &[]), Ok(()));
    }

    #[test]
    fn each_way_to_break_it_has_a_name() {
        let (kept, entries) = journal();
        let mut gap = entries.clone();
        gap.remove(1);
        assert_eq!(walked(&kept, &gap), Err(Broken::Missing { expected: 4, found: 5 }));
        assert_eq!(walked(&kept, &entries[..3]), Err(Broken::EndsEarly { found: 5, head: 6 }));
        let mut more = entries.clone();
        more.push(StoredEntry { sequence: 7, entry: Vec::new(), chain: CHAIN_START });
        assert_eq!(walked(&kept, &more), Err(Broken::BeyondHead { sequence: 7, head: 6 }));
        let mut torn = entries.clone();
        torn[1].entry.truncate(3);
        assert_eq!(walked(&kept, &torn), Err(Broken::Unreadable { sequence: 4 }));
        let mut swapped = entries.clone();
        swapped[0].entry = entries[1].entry.clone();
        assert_eq!(walked(&kept, &swapped), Err(Broken::Unreadable { sequence: 3 }));
        let mut changed = entries.clone();
        changed[2].chain[9] ^= 1;
        assert_eq!(walked(&kept, &changed), Err(Broken::Chain { sequence: 5 }));
        let other = JournalKept { acknowledged_chain: CHAIN_START, ..kept.clone() };
        assert_eq!(walked(&other, &entries), Err(Broken::Acknowledged { sequence: 4 }));
        let other = JournalKept { chain: CHAIN_START, ..kept.clone() };
        assert_eq!(walked(&other, &entries), Err(Broken::Head { head: 6 }));
        let other = JournalKept { acknowledged: 7, ..kept };
        let marks = Broken::Marks { forgotten: 2, acknowledged: 7, head: 6 };
        assert_eq!(walked(&other, &entries), Err(marks));
    }
}
