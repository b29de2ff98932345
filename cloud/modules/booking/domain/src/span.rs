use jiff::{SignedDuration, Timestamp};

/// The longest span of one occurrence, in minutes: seven days, so that whoever reads what overlaps a moment
/// knows how far back it can have begun. The table of occupancies refuses longer ones too.
pub const SPAN_MINUTES_MAX: u32 = 7 * 24 * 60;

/// A time from one instant up to, not including, a later one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl Span {
    /// From, to; `None` unless it ends after it starts.
    pub fn new(starts_at: Timestamp, ends_at: Timestamp) -> Option<Self> {
        (starts_at < ends_at).then_some(Self { starts_at, ends_at })
    }

    /// From, for so many minutes; `None` for no minutes or past the end of time.
    pub fn lasting(starts_at: Timestamp, minutes: u32) -> Option<Self> {
        let ends_at = starts_at.checked_add(SignedDuration::from_mins(i64::from(minutes))).ok()?;
        Self::new(starts_at, ends_at)
    }

    /// The first instant of it.
    pub const fn starts_at(self) -> Timestamp {
        self.starts_at
    }

    /// The first instant after it.
    pub const fn ends_at(self) -> Timestamp {
        self.ends_at
    }

    /// Its length in whole minutes.
    pub fn minutes(self) -> u32 {
        u32::try_from(self.ends_at.duration_since(self.starts_at).as_mins()).unwrap_or(u32::MAX)
    }

    /// Whether an instant is in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }

    /// Whether every instant of `inner` is in this.
    pub fn covers(self, inner: Self) -> bool {
        self.starts_at <= inner.starts_at && inner.ends_at <= self.ends_at
    }
}
