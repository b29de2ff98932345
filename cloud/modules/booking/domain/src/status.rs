use std::fmt;

use jiff::Timestamp;

/// What has become of a booking.
///
/// ```text
///          confirm              cancel
///  Held ────────────▶ Confirmed ────────▶ Cancelled
///   │                                         ▲
///   └─────────────────cancel──────────────────┘
/// ```
///
/// A hold that has run out holds nothing any more: it can only be cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// The time is kept for a moment.
    Held {
        /// Until when.
        until: Timestamp,
    },
    /// The time is taken.
    Confirmed,
    /// The time is given back.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

/// A state without its data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// [`Status::Held`].
    Held,
    /// [`Status::Confirmed`].
    Confirmed,
    /// [`Status::Cancelled`].
    Cancelled,
}

/// A booking in this status cannot get into that state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a booking that is {from} cannot become {to}")]
pub struct CannotBecome {
    /// What it is.
    pub from: Status,
    /// What it should have become.
    pub to: State,
}

impl Status {
    /// The state without its data.
    pub const fn state(self) -> State {
        match self {
            Self::Held { .. } => State::Held,
            Self::Confirmed => State::Confirmed,
            Self::Cancelled { .. } => State::Cancelled,
        }
    }

    /// Takes the time that was held.
    pub fn confirm(self, now: Timestamp) -> Result<Self, CannotBecome> {
        match self {
            Self::Held { until } if now < until => Ok(Self::Confirmed),
            Self::Held { .. } | Self::Confirmed | Self::Cancelled { .. } => {
                Err(CannotBecome { from: self, to: State::Confirmed })
            }
        }
    }

    /// Gives the time back, while there is time to give back: before `last_ends_at`.
    pub fn cancel(self, last_ends_at: Timestamp, now: Timestamp) -> Result<Self, CannotBecome> {
        match self {
            Self::Held { .. } => Ok(Self::Cancelled { at: now }),
            Self::Confirmed if now < last_ends_at => Ok(Self::Cancelled { at: now }),
            Self::Confirmed | Self::Cancelled { .. } => {
                Err(CannotBecome { from: self, to: State::Cancelled })
            }
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { until } => write!(f, "held until {until}"),
            Self::Confirmed => f.write_str("confirmed"),
            Self::Cancelled { at } => write!(f, "cancelled at {at}"),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
        })
    }
}
