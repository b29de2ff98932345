//! Where a run of journal entries belongs, and whether what is stored still holds together.
//!
//! ```text
//!   generation below ours ─▶ Past
//!   first ≤ end + 1 ───────▶ Follows            (what is known already is compared)
//!   first > end + 1 ───┬───▶ Missing { … }      the gateway was told that those before are stored
//!                      └───▶ Gap                it still has them: it is told where to begin
//!   generation above ours ─▶ Anew, from 1, or with the same question
//! ```

use protocols_wire::{CHAIN_START, chain};

/// How far a gateway's journal is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JournalPlace {
    /// The journal's generation.
    pub generation: u64,
    /// The last sequence that is stored without a gap; 0 for none.
    pub sequence: u64,
}

/// Where a run of entries belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placed {
    /// It follows what is stored, or repeats some of it.
    Follows,
    /// Entries before it are not here, and the gateway still has them: it is told this place.
    Gap(JournalPlace),
    /// Entries before it are not here and will not come: the gateway was told long ago that they are stored.
    Missing {
        /// The first that is missing.
        first: u64,
        /// The last that is missing.
        last: u64,
    },
    /// A generation that is new here, with what of it is missing, if anything.
    Anew {
        /// First and last sequence that are missing.
        missing: Option<(u64, u64)>,
    },
    /// Of a generation that has ended.
    Past,
}

/// Places a run that begins with sequence `first` of `generation`. `told` is up to where the gateway believes, by
/// its last report, that the cloud has stored.
///
/// A hole is believed only when the gateway itself says that everything before the run was acknowledged: what it
/// still has is asked for again, for ever.
pub fn place(stored: JournalPlace, generation: u64, first: u64, told: Option<JournalPlace>) -> Placed {
    if generation < stored.generation {
        return Placed::Past;
    }
    let anew = generation > stored.generation;
    let end = if anew { 0 } else { stored.sequence };
    let before = first.saturating_sub(1);
    if before <= end {
        return if anew { Placed::Anew { missing: None } } else { Placed::Follows };
    }
    let gone = told.is_some_and(|told| told.generation == generation && told.sequence >= before);
    match (gone, anew) {
        (false, _) => Placed::Gap(JournalPlace { generation, sequence: end }),
        (true, false) => Placed::Missing { first: end.saturating_add(1), last: before },
        (true, true) => Placed::Anew { missing: Some((1, before)) },
    }
}

/// Walks the stored entries of one generation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Walk {
    sequence: u64,
    hash: [u8; 32],
    entries: u64,
}

/// Where a walk ended because the stored chain does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WalkError {
    /// An entry is not what the chain says.
    #[error("entry {sequence} is not what the chain says")]
    Altered {
        /// Which.
        sequence: u64,
    },
    /// Entries are not there, and nothing says that they may be missing.
    #[error("entry {sequence} follows {after}")]
    Lost {
        /// The entry that is there.
        sequence: u64,
        /// The one before it that is there.
        after: u64,
    },
}

impl Default for Walk {
    fn default() -> Self {
        Self { sequence: 0, hash: CHAIN_START, entries: 0 }
    }
}

impl Walk {
    /// The last sequence that was walked past.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The chain's hash there.
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// How many entries were looked at.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Goes on behind entries that are known to be missing up to `last`, where the chain's hash was `hash`.
    #[must_use]
    pub const fn over(self, last: u64, hash: [u8; 32]) -> Self {
        Self { sequence: last, hash, entries: self.entries }
    }

    /// Takes the next entry, with the hash that was stored after it.
    pub fn step(self, sequence: u64, entry: &[u8], stored: &[u8]) -> Result<Self, WalkError> {
        if self.sequence.checked_add(1) != Some(sequence) {
            return Err(WalkError::Lost { sequence, after: self.sequence });
        }
        let hash = chain(&self.hash, entry);
        if hash[..] != *stored {
            return Err(WalkError::Altered { sequence });
        }
        Ok(Self { sequence, hash, entries: self.entries.saturating_add(1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn at(generation: u64, sequence: u64) -> JournalPlace {
        JournalPlace { generation, sequence }
    }

    #[test]
    fn what_follows_or_repeats_is_taken_and_what_lies_beyond_is_asked_for() {
        assert_eq!(place(at(1, 5), 1, 6, None), Placed::Follows);
        assert_eq!(place(at(1, 5), 1, 3, None), Placed::Follows);
        assert_eq!(place(at(1, 5), 1, 8, None), Placed::Gap(at(1, 5)));
        assert_eq!(place(at(1, 5), 1, 8, Some(at(1, 5))), Placed::Gap(at(1, 5)), "it still has 6 and 7");
        assert_eq!(place(at(1, 5), 1, 8, Some(at(1, 6))), Placed::Gap(at(1, 5)), "it still has 7");
    }

    #[test]
    fn what_the_gateway_was_told_is_stored_and_is_not_is_a_hole() {
        assert_eq!(place(at(1, 5), 1, 8, Some(at(1, 7))), Placed::Missing { first: 6, last: 7 });
        assert_eq!(place(at(1, 5), 1, 8, Some(at(1, 9))), Placed::Missing { first: 6, last: 7 });
        assert_eq!(place(at(1, 5), 1, 8, Some(at(2, 9))), Placed::Gap(at(1, 5)), "of another generation");
    }

    #[test]
    fn a_generation_begins_at_one_and_never_ends_anew() {
        assert_eq!(place(at(1, 5), 2, 1, None), Placed::Anew { missing: None });
        assert_eq!(place(at(1, 5), 2, 4, None), Placed::Gap(at(2, 0)));
        assert_eq!(place(at(1, 5), 2, 4, Some(at(2, 3))), Placed::Anew { missing: Some((1, 3)) });
        assert_eq!(place(at(2, 0), 1, 6, Some(at(1, 9))), Placed::Past);
    }

    proptest! {
        #[test]
        fn nothing_that_the_gateway_still_has_is_given_up(
            stored in 0_u64..40, first in 1_u64..60, told in 0_u64..60, generation in 1_u64..4,
        ) {
            match place(at(2, stored), generation, first, Some(at(generation, told))) {
                Placed::Missing { last, .. } | Placed::Anew { missing: Some((_, last)) } => {
                    prop_assert!(last <= told && last + 1 == first);
                }
                Placed::Follows | Placed::Anew { missing: None } | Placed::Gap(_) | Placed::Past => {}
            }
        }

        #[test]
        fn a_walk_finds_the_first_entry_that_was_altered(
            entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 1..20),
            bad in 0_usize..20,
        ) {
            let mut stored = Vec::new();
            let mut hash = CHAIN_START;
            for entry in &entries {
                hash = chain(&hash, entry);
                stored.push((entry.clone(), hash));
            }
            let bad = bad % entries.len();
            stored[bad].0[0] ^= 1;
            let mut walk = Walk::default();
            let mut found = None;
            for (sequence, (entry, hash)) in (1_u64..).zip(&stored) {
                match walk.step(sequence, entry, hash) {
                    Ok(next) => walk = next,
                    Err(error) => {
                        found = Some(error);
                        break;
                    }
                }
            }
            prop_assert_eq!(found, Some(WalkError::Altered { sequence: bad as u64 + 1 }));
        }
    }

    #[test]
    fn a_walk_goes_over_what_is_known_to_be_missing_and_nothing_else() {
        let first = chain(&CHAIN_START, b"a");
        let walk = Walk::default().step(1, b"a", &first).unwrap();
        assert_eq!(walk.step(3, b"c", &first), Err(WalkError::Lost { sequence: 3, after: 1 }));
        let third = chain(&first, b"c");
        let over = walk.over(2, first).step(3, b"c", &third).unwrap();
        assert_eq!((over.sequence(), over.entries(), over.hash()), (3, 2, third));
    }
}
