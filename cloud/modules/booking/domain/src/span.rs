use jiff::{SignedDuration, Timestamp};

/// The longest span that is booked by step, in minutes: seven days.
pub const SPAN_MINUTES_MAX: u32 = 7 * 24 * 60;
/// The longest span of all, in minutes, which a stay or a season can have: a leap year.
pub const STAY_MINUTES_MAX: u32 = 366 * 24 * 60;
/// The longest row of occupancy, in minutes: seven days, so that whoever reads what overlaps a moment knows how far
/// back it can have begun. The table refuses longer ones; a longer span is several rows.
pub const ROW_MINUTES_MAX: u32 = 7 * 24 * 60;

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

    /// The same with so many minutes before and after it.
    #[must_use]
    pub fn widened(self, before: u32, after: u32) -> Self {
        let minutes = |minutes: u32| SignedDuration::from_mins(i64::from(minutes));
        let starts_at = self.starts_at.checked_sub(minutes(before)).unwrap_or(self.starts_at);
        let ends_at = self.ends_at.checked_add(minutes(after)).unwrap_or(self.ends_at);
        Self { starts_at, ends_at }
    }

    /// The same, cut where a row of occupancy would be too long.
    pub fn rows(self) -> impl Iterator<Item = Self> {
        let most = SignedDuration::from_mins(i64::from(ROW_MINUTES_MAX));
        let starts = std::iter::successors(Some(self.starts_at), move |start| start.checked_add(most).ok());
        starts.take_while(move |start| *start < self.ends_at).filter_map(move |starts_at| {
            let ends_at = starts_at.checked_add(most).map_or(self.ends_at, |end| end.min(self.ends_at));
            Self::new(starts_at, ends_at)
        })
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
