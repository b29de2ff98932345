//! What becomes of a fault.
//!
//! ```text
//!     ┌───────────────── reopen ─────────────────┐
//!     ▼                                          │
//! reported ──take──▶ taken ────mend────▶ mended ─┤
//!     ├──mend──────────│──────────────────▲      │
//!     ├──dismiss───────┴────dismiss────▶ no fault┘
//!     └──join, from both──▶ joined          for good: what is said of the other one holds
//! ```

use protocols_ids::{FaultId, PersonId};

/// What has become of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Somebody said so, and nobody sees to it.
    Reported,
    /// This person sees to it.
    Taken(PersonId),
    /// It is mended.
    Mended,
    /// There was nothing to mend.
    NoFault,
    /// It is the same as this one.
    Joined(FaultId),
}

/// What somebody of the staff does with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Sees to it; also instead of a colleague.
    Take(PersonId),
    /// Has mended it.
    Mend,
    /// Finds nothing wrong.
    Dismiss,
    /// Finds it wrong after all.
    Reopen,
    /// Finds it to be this one.
    Join(FaultId),
}

/// It cannot be done now: somebody else was first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{step:?} of a fault that is {state:?}")]
pub struct NotNow {
    /// How it is.
    pub state: State,
    /// What was tried.
    pub step: Step,
}

impl State {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Taken(_) => "taken",
            Self::Mended => "mended",
            Self::NoFault => "no_fault",
            Self::Joined(_) => "joined",
        }
    }

    /// Reads what was stored, with whom and with what it was.
    pub fn parse(text: &str, taken_by: Option<PersonId>, joined_into: Option<FaultId>) -> Option<Self> {
        match (text, taken_by, joined_into) {
            ("reported", None, None) => Some(Self::Reported),
            ("taken", Some(person), None) => Some(Self::Taken(person)),
            ("mended", None, None) => Some(Self::Mended),
            ("no_fault", None, None) => Some(Self::NoFault),
            ("joined", None, Some(other)) => Some(Self::Joined(other)),
            _ => None,
        }
    }

    /// Whether there is something to do.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Reported | Self::Taken(_) => true,
            Self::Mended | Self::NoFault | Self::Joined(_) => false,
        }
    }

    /// What it is after a step.
    pub fn after(self, step: Step) -> Result<Self, NotNow> {
        match (self, step) {
            (Self::Reported | Self::Taken(_), Step::Take(person)) if self != Self::Taken(person) => {
                Ok(Self::Taken(person))
            }
            (Self::Reported | Self::Taken(_), Step::Mend) => Ok(Self::Mended),
            (Self::Reported | Self::Taken(_), Step::Dismiss) => Ok(Self::NoFault),
            (Self::Reported | Self::Taken(_), Step::Join(other)) => Ok(Self::Joined(other)),
            (Self::Mended | Self::NoFault, Step::Reopen) => Ok(Self::Reported),
            (
                Self::Reported | Self::Taken(_) | Self::Mended | Self::NoFault | Self::Joined(_),
                Step::Take(_) | Step::Mend | Step::Dismiss | Step::Reopen | Step::Join(_),
            ) => Err(NotNow { state: self, step }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocols_ids::Uuid;

    use super::*;

    const ONE: PersonId = PersonId::new(Uuid::from_u128(1));
    const OTHER: PersonId = PersonId::new(Uuid::from_u128(2));
    const SAME: FaultId = FaultId::new(Uuid::from_u128(3));

    const STATES: [State; 6] = [
        State::Reported,
        State::Taken(ONE),
        State::Taken(OTHER),
        State::Mended,
        State::NoFault,
        State::Joined(SAME),
    ];
    const STEPS: [Step; 6] =
        [Step::Take(ONE), Step::Take(OTHER), Step::Mend, Step::Dismiss, Step::Reopen, Step::Join(SAME)];

    #[test]
    fn a_colleague_may_take_what_another_took_and_nobody_takes_twice() {
        assert_eq!(State::Reported.after(Step::Take(ONE)), Ok(State::Taken(ONE)));
        assert_eq!(State::Taken(ONE).after(Step::Take(OTHER)), Ok(State::Taken(OTHER)));
        assert!(State::Taken(ONE).after(Step::Take(ONE)).is_err());
    }

    #[test]
    fn what_is_over_is_reopened_before_anything_else_and_what_is_joined_stays_so() {
        for step in STEPS {
            assert_eq!(State::Mended.after(step).is_ok(), step == Step::Reopen);
            assert_eq!(State::NoFault.after(step).is_ok(), step == Step::Reopen);
            assert!(State::Joined(SAME).after(step).is_err());
        }
        assert!(State::Reported.after(Step::Reopen).is_err());
    }

    #[test]
    fn what_is_stored_is_read_back_and_half_of_it_is_not() {
        for state in STATES {
            let (by, into) = match state {
                State::Taken(person) => (Some(person), None),
                State::Joined(other) => (None, Some(other)),
                State::Reported | State::Mended | State::NoFault => (None, None),
            };
            assert_eq!(State::parse(state.as_str(), by, into), Some(state));
        }
        assert_eq!(State::parse("taken", None, None), None);
        assert_eq!(State::parse("mended", Some(ONE), None), None);
    }

    proptest! {
        #[test]
        fn whatever_is_tried_what_is_open_can_be_mended_and_what_is_over_reopened(steps in prop::collection::vec(0..5_usize, 0..20)) {
            let mut state = State::Reported;
            for step in steps {
                if let Ok(next) = state.after(STEPS[step]) {
                    prop_assert_ne!(next, state);
                    state = next;
                }
            }
            let way_on = if state.is_open() { Step::Mend } else { Step::Reopen };
            prop_assert!(state.after(way_on).is_ok());
        }
    }
}
