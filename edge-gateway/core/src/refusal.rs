//! Why a message changed nothing.

use protocols_access::ApplyError;
use protocols_wire::{OpenError, RefusedCounts};

/// The counters of [`RefusedCounts`], as a reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    Malformed,
    Signature,
    Replayed,
    OutOfOrder,
    Oversized,
    Impossible,
}

impl Refusal {
    pub(crate) const fn count(self, counts: &mut RefusedCounts) {
        let counter = match self {
            Self::Malformed => &mut counts.malformed,
            Self::Signature => &mut counts.signature,
            Self::Replayed => &mut counts.replayed,
            Self::OutOfOrder => &mut counts.out_of_order,
            Self::Oversized => &mut counts.oversized,
            Self::Impossible => &mut counts.impossible,
        };
        *counter = counter.saturating_add(1);
    }
}

impl From<OpenError> for Refusal {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Oversized { .. } => Self::Oversized,
            OpenError::Malformed => Self::Malformed,
            OpenError::UnknownKey | OpenError::WrongSignature => Self::Signature,
        }
    }
}

impl From<ApplyError> for Refusal {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Replayed { .. } => Self::Replayed,
            ApplyError::Gap { .. } | ApplyError::Sealed { .. } => Self::OutOfOrder,
            ApplyError::Impossible => Self::Impossible,
            ApplyError::TooLarge => Self::Oversized,
        }
    }
}
