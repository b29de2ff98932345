use std::fmt;

use jiff::Timestamp;

/// What has become of a booking.
///
/// ```text
///   ┌──────────confirm──────────┐
///   │                           ▼
///  Held ──request──▶ Requested ─approve─▶ Confirmed
///   │                  │    │                │
///   │                  │    └─refuse─▶ Refused
///   └──────cancel──────┴──────cancel─────────┴──▶ Cancelled
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
    /// The time is kept until an officer has decided.
    Requested,
    /// The time is taken.
    Confirmed,
    /// An officer has said no; the time is free.
    Refused {
        /// When.
        at: Timestamp,
    },
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
    /// [`Status::Requested`].
    Requested,
    /// [`Status::Confirmed`].
    Confirmed,
    /// [`Status::Refused`].
    Refused,
    /// [`Status::Cancelled`].
    Cancelled,
}

impl State {
    /// The state that the database calls so.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Held, Self::Requested, Self::Confirmed, Self::Refused, Self::Cancelled];
        all.into_iter().find(|state| state.key() == name)
    }

    /// As the database calls it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Requested => "requested",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }
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
            Self::Requested => State::Requested,
            Self::Confirmed => State::Confirmed,
            Self::Refused { .. } => State::Refused,
            Self::Cancelled { .. } => State::Cancelled,
        }
    }

    /// Whether it keeps others out of its times now.
    pub fn keeps(self, now: Timestamp) -> bool {
        match self {
            Self::Held { until } => now < until,
            Self::Requested | Self::Confirmed => true,
            Self::Refused { .. } | Self::Cancelled { .. } => false,
        }
    }

    /// Takes the time that was held.
    pub fn confirm(self, now: Timestamp) -> Result<Self, CannotBecome> {
        self.out_of_hold(now, Self::Confirmed)
    }

    /// Asks an officer for the time that was held.
    pub fn request(self, now: Timestamp) -> Result<Self, CannotBecome> {
        self.out_of_hold(now, Self::Requested)
    }

    fn out_of_hold(self, now: Timestamp, to: Self) -> Result<Self, CannotBecome> {
        match self {
            Self::Held { until } if now < until => Ok(to),
            Self::Held { .. }
            | Self::Requested
            | Self::Confirmed
            | Self::Refused { .. }
            | Self::Cancelled { .. } => Err(CannotBecome { from: self, to: to.state() }),
        }
    }

    /// Says yes to a request.
    pub fn approve(self) -> Result<Self, CannotBecome> {
        self.decided(Self::Confirmed)
    }

    /// Says no to a request.
    pub fn refuse(self, now: Timestamp) -> Result<Self, CannotBecome> {
        self.decided(Self::Refused { at: now })
    }

    fn decided(self, to: Self) -> Result<Self, CannotBecome> {
        match self {
            Self::Requested => Ok(to),
            Self::Held { .. } | Self::Confirmed | Self::Refused { .. } | Self::Cancelled { .. } => {
                Err(CannotBecome { from: self, to: to.state() })
            }
        }
    }

    /// Gives the time back, while there is time to give back: before `last_ends_at`.
    pub fn cancel(self, last_ends_at: Timestamp, now: Timestamp) -> Result<Self, CannotBecome> {
        match self {
            Self::Held { .. } | Self::Requested => Ok(Self::Cancelled { at: now }),
            Self::Confirmed if now < last_ends_at => Ok(Self::Cancelled { at: now }),
            Self::Confirmed | Self::Refused { .. } | Self::Cancelled { .. } => {
                Err(CannotBecome { from: self, to: State::Cancelled })
            }
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { until } => write!(f, "held until {until}"),
            Self::Refused { at } => write!(f, "refused at {at}"),
            Self::Cancelled { at } => write!(f, "cancelled at {at}"),
            Self::Requested | Self::Confirmed => self.state().fmt(f),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
