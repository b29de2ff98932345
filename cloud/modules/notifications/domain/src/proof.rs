//! Whether an address is one's own: a link to the new e-mail address is opened, a code sent to the number is typed.
//!
//! ```text
//! asked ──right──▶ own
//!   ├──wrong, WRONG_MAX times──▶ spent
//!   └──PROOF_MINUTES──▶ over          both: ask anew, PROOFS_A_DAY_MAX times a day
//! ```

use jiff::{SignedDuration, Timestamp};

/// For so long a link or a code is good: letters take their time, and a code lies about for no longer than that.
pub const PROOF_MINUTES: i64 = 30;
/// Wrong codes before a new one must be asked for: one in a million each, so five in a million for whoever guesses.
pub const WRONG_MAX: u8 = 5;
/// Codes or links asked for in a day at most, by one person for one channel: whoever types a stranger's number rings
/// there no more often than this, and the municipality pays for no more.
pub const PROOFS_A_DAY_MAX: u8 = 5;

/// What was asked for before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// When the first of them.
    pub first_at: Timestamp,
    /// How many since then.
    pub count: u8,
}

/// Whether one more may be asked for: what is then to be remembered, or nothing where it is too often.
pub fn may_ask(before: Option<Asked>, now: Timestamp) -> Option<Asked> {
    match before {
        Some(asked) if now.duration_since(asked.first_at) < SignedDuration::from_hours(24) => {
            let count = asked.count.checked_add(1).filter(|count| *count <= PROOFS_A_DAY_MAX)?;
            Some(Asked { count, ..asked })
        }
        Some(_) | None => Some(Asked { first_at: now, count: 1 }),
    }
}

/// What became of a code that was typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judged {
    /// It was right.
    Own,
    /// It was not.
    Wrong {
        /// So often it may still be tried.
        left: u8,
    },
    /// It was tried too often, or too late: a new one must be asked for.
    Over,
}

/// Judges a code that is typed at `now`, good until `until`, after `wrong` wrong ones.
pub fn judge(wrong: u8, until: Timestamp, right: bool, now: Timestamp) -> Judged {
    if wrong >= WRONG_MAX || now >= until {
        Judged::Over
    } else if right {
        Judged::Own
    } else {
        match WRONG_MAX.saturating_sub(wrong).saturating_sub(1) {
            0 => Judged::Over,
            left => Judged::Wrong { left },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_more_than_five_wrong_codes_are_judged_whatever_is_typed(typed in proptest::collection::vec(any::<bool>(), 0..40)) {
            let (now, until) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(1800).unwrap());
            let mut wrong = 0;
            for (tries, right) in typed.into_iter().enumerate() {
                match judge(wrong, until, right, now) {
                    Judged::Own => { prop_assert!(right && tries < usize::from(WRONG_MAX)); break }
                    Judged::Wrong { left } => { wrong += 1; prop_assert_eq!(left, WRONG_MAX - wrong); }
                    Judged::Over => { wrong = wrong.saturating_add(1); prop_assert!(tries + 1 >= usize::from(WRONG_MAX)); }
                }
            }
            prop_assert_eq!(judge(0, until, true, until), Judged::Over);
        }

        #[test]
        fn nobody_asks_for_more_than_five_a_day_and_everybody_may_again_the_day_after(gaps in proptest::collection::vec(0_i64..20_000, 1..60)) {
            let (mut now, mut before, mut given) = (Timestamp::UNIX_EPOCH, None, Vec::new());
            for gap in gaps {
                now += SignedDuration::from_secs(gap);
                if let Some(asked) = may_ask(before, now) {
                    before = Some(asked);
                    given.push((asked.first_at, now));
                }
            }
            for (first, _) in &given {
                let of_it = given.iter().filter(|(begun, _)| begun == first).count();
                prop_assert!(of_it <= usize::from(PROOFS_A_DAY_MAX));
            }
            prop_assert!(may_ask(before, now + SignedDuration::from_hours(24)).is_some());
        }
    }
}
