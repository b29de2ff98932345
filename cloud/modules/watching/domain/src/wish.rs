//! What somebody wants.

use jiff::civil::{Time, Weekday};

use crate::Span;

/// Lengths that can be asked for, in minutes.
pub const LENGTHS: [u32; 5] = [30, 60, 90, 120, 180];

/// Some days of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weekdays(u8);

impl Weekdays {
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);

    /// These days; none of them is no wish.
    pub fn new(days: impl IntoIterator<Item = Weekday>) -> Option<Self> {
        let bits = days.into_iter().fold(0, |bits, day| bits | Self::bit(day));
        (bits != 0).then_some(Self(bits))
    }

    /// As they are stored: Monday is the lowest bit.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Reads what [`Weekdays::bits`] wrote.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits != 0 && bits <= Self::ALL.0).then_some(Self(bits))
    }

    fn bit(day: Weekday) -> u8 {
        1_u8.checked_shl(u32::from(day.to_monday_zero_offset().unsigned_abs())).unwrap_or(0)
    }

    /// Whether the day is one of them.
    pub fn has(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }
}

/// Between which times of the clock; midnight as the end is the end of the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hours {
    from: Time,
    until: Time,
}

impl Hours {
    /// The whole day.
    pub const ALL: Self = Self { from: Time::midnight(), until: Time::midnight() };

    /// From one time to a later one.
    pub fn new(from: Time, until: Time) -> Option<Self> {
        (from < until || until == Time::midnight()).then_some(Self { from, until })
    }

    /// From when.
    pub const fn from(self) -> Time {
        self.from
    }

    /// Until when.
    pub const fn until(self) -> Time {
        self.until
    }
}

/// What somebody wants of a resource or of an activity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// Any time on these days between these hours that is so long.
    Any {
        /// On which days.
        days: Weekdays,
        /// Between which hours.
        hours: Hours,
        /// How long at least, in minutes.
        minutes: u32,
    },
    /// This time and no other: somebody has it now.
    This(Span),
}
