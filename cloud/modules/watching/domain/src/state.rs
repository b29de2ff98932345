//! How long something is followed.
//!
//! ```text
//! followed ◀──▶ paused
//!    │  ▲          │
//!    ▼  └──again───┤
//! stopped ◀────────┘
//!    and over, whatever it was, at the end of its last day
//! ```

use jiff::civil::Date;
use jiff::{Span as Period, ToSpan as _};

/// Wishes of one person at most that are not over: more than anybody reads letters about.
pub const WATCHES_MAX: usize = 20;
/// So many days ahead a wish may last at most: a season and the next.
pub const WATCH_DAYS_MAX: i32 = 400;

/// What somebody said of a wish last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Tell me.
    Followed,
    /// Not now.
    Paused,
    /// No more.
    Stopped,
}

impl State {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }

    /// Reads what [`State::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Followed, Self::Paused, Self::Stopped].into_iter().find(|state| state.as_str() == text)
    }
}

/// The day so many months after another.
pub fn after_months(day: Date, months: i32) -> Date {
    let period: Period = months.months();
    day.saturating_add(period)
}
