//! What a gateway says it has, against what the cloud gave it.
//!
//! ```text
//!                     reported position
//!   below acknowledged │ acknowledged … given │ above, or an epoch ahead
//!   ───────────────────┼──────────────────────┼──────────────────────────
//!   Lost: snapshot     │ Reached              │ Ahead: new epoch, snapshot
//! ```

use protocols_wire::Position;

/// A gateway's position as the cloud keeps it. Revisions rise for ever, also across epochs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// The epoch in force.
    pub epoch: u64,
    /// The last revision given.
    pub revision: u64,
    /// The last revision that the gateway said it has.
    pub acknowledged: u64,
}

/// What a reported position means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reported {
    /// The gateway has what it had, or more: everything up to this revision.
    Reached {
        /// The new `acknowledged`.
        revision: u64,
    },
    /// The gateway has less than it once said: its table must be sent whole.
    Lost,
    /// The gateway has more than was ever given: the cloud was restored from a copy. History begins anew.
    Ahead {
        /// The epoch to begin.
        epoch: u64,
        /// The revision after which its revisions begin.
        after_revision: u64,
    },
}

/// Judges a reported position.
pub fn judge(ledger: Ledger, reported: Position) -> Reported {
    let own = Position { epoch: ledger.epoch, revision: ledger.revision };
    if reported > own {
        return Reported::Ahead {
            epoch: reported.epoch.max(ledger.epoch).saturating_add(1),
            after_revision: reported.revision.max(ledger.revision),
        };
    }
    if reported.epoch == ledger.epoch && reported.revision >= ledger.acknowledged {
        Reported::Reached { revision: reported.revision }
    } else if ledger.acknowledged == 0 {
        // It has nothing yet, or what an epoch before had: the snapshot is on its way.
        Reported::Reached { revision: 0 }
    } else {
        Reported::Lost
    }
}

/// The hash that a table must have at a reported position; `None` where the cloud cannot know.
///
/// `at_revision` is the hash at the last revision given, `at_acknowledged` at the last one acknowledged.
pub fn expected(
    ledger: Ledger,
    at_revision: Option<[u8; 32]>,
    at_acknowledged: Option<[u8; 32]>,
    reported: Position,
) -> Option<[u8; 32]> {
    if reported.epoch != ledger.epoch || reported.revision == 0 {
        None
    } else if reported.revision == ledger.revision {
        at_revision
    } else if reported.revision == ledger.acknowledged {
        at_acknowledged
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn at(epoch: u64, revision: u64) -> Position {
        Position { epoch, revision }
    }

    #[test]
    fn what_was_given_and_is_reported_is_acknowledged() {
        let ledger = Ledger { epoch: 2, revision: 7, acknowledged: 6 };
        assert_eq!(judge(ledger, at(2, 6)), Reported::Reached { revision: 6 });
        assert_eq!(judge(ledger, at(2, 7)), Reported::Reached { revision: 7 });
        assert_eq!(judge(ledger, at(2, 5)), Reported::Lost);
        assert_eq!(judge(ledger, at(1, 9)), Reported::Lost);
        assert_eq!(judge(ledger, at(0, 0)), Reported::Lost);
        assert_eq!(judge(ledger, at(2, 8)), Reported::Ahead { epoch: 3, after_revision: 8 });
        assert_eq!(judge(ledger, at(3, 1)), Reported::Ahead { epoch: 4, after_revision: 7 });
    }

    #[test]
    fn a_new_gateway_that_has_nothing_has_lost_nothing() {
        let ledger = Ledger { epoch: 1, revision: 1, acknowledged: 0 };
        assert_eq!(judge(ledger, at(0, 0)), Reported::Reached { revision: 0 });
    }

    #[test]
    fn a_hash_is_compared_only_where_it_is_known() {
        let ledger = Ledger { epoch: 2, revision: 7, acknowledged: 6 };
        let (new, old) = (Some([7; 32]), Some([6; 32]));
        assert_eq!(expected(ledger, new, old, at(2, 7)), new);
        assert_eq!(expected(ledger, new, old, at(2, 6)), old);
        assert_eq!(expected(ledger, new, old, at(2, 5)), None);
        assert_eq!(expected(ledger, new, old, at(1, 7)), None);
        let nothing = Ledger { epoch: 1, revision: 0, acknowledged: 0 };
        assert_eq!(expected(nothing, new, old, at(1, 0)), None);
    }

    proptest! {
        #[test]
        fn after_a_new_epoch_the_report_that_caused_it_is_no_longer_ahead(
            epoch in 1_u64..9, revision in 0_u64..99, reported_epoch in 0_u64..12, reported in 0_u64..200,
        ) {
            let ledger = Ledger { epoch, revision, acknowledged: 0 };
            if let Reported::Ahead { epoch, after_revision } = judge(ledger, at(reported_epoch, reported)) {
                let next = Ledger { epoch, revision: after_revision + 1, acknowledged: 0 };
                prop_assert_eq!(judge(next, at(reported_epoch, reported)), Reported::Reached { revision: 0 });
                prop_assert!(at(epoch, after_revision + 1) > at(reported_epoch, reported));
            }
        }

        #[test]
        fn nothing_beyond_what_was_given_is_ever_acknowledged(
            epoch in 1_u64..4, revision in 0_u64..20, back in 0_u64..20,
            reported_epoch in 0_u64..6, reported in 0_u64..40,
        ) {
            let ledger = Ledger { epoch, revision, acknowledged: revision.saturating_sub(back) };
            if let Reported::Reached { revision: reached } = judge(ledger, at(reported_epoch, reported)) {
                prop_assert!(reached <= revision);
                prop_assert!(reached >= ledger.acknowledged);
                prop_assert!(reached == 0 || reported_epoch == epoch);
            }
        }
    }
}
