//! Many times at once: by a rule of recurrence, and what stands in the way of each.

use std::collections::BTreeSet;

use jiff::civil::Date;
use protocols_ids::ResourceId;

use crate::rules::monday;
use crate::{Asked, Minute, Occupancy, Occurrence, Place, Reason, alternatives};

/// On which days times come back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Every {
    /// On days of the week.
    Week {
        /// Which, 1 is Monday.
        weekdays: BTreeSet<i8>,
        /// Every so many weeks, counted from the first day's week; at least 1.
        weeks: u8,
    },
    /// Once a month on the first day's day of the week: the first Monday, the third Thursday. A fifth is the last one
    /// that there is.
    MonthByWeekday,
    /// Once a month on the first day's date; months that have no such date are left out.
    MonthByDate,
}

impl Every {
    /// Whether a time comes back on a date, when the first day is `first`.
    fn includes(&self, first: Date, date: Date) -> bool {
        match self {
            Self::Week { weekdays, weeks } => {
                let passed =
                    monday(date).since(monday(first)).map_or(0, |span| span.get_days().div_euclid(7));
                weekdays.contains(&date.weekday().to_monday_one_offset())
                    && passed.checked_rem(i32::from((*weeks).max(1))) == Some(0)
            }
            Self::MonthByWeekday => {
                let wanted = week_of_month(first);
                let is_last = week_later(date).is_none_or(|later| later.month() != date.month());
                date.weekday() == first.weekday()
                    && (week_of_month(date) == wanted && wanted < 5 || wanted == 5 && is_last)
            }
            Self::MonthByDate => date.day() == first.day(),
        }
    }
}

/// The how manieth of its day of the week a date is in its month, from 1.
fn week_of_month(date: Date) -> i8 {
    date.day().saturating_sub(1).div_euclid(7).saturating_add(1)
}

fn week_later(date: Date) -> Option<Date> {
    date.checked_add(jiff::Span::new().days(7)).ok()
}

/// Times that come back, by the clock on the wall.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// Of what.
    pub resource: ResourceId,
    /// The first day on which there may be one.
    pub first: Date,
    /// The last day on which there may be one.
    pub last: Date,
    /// On which days between.
    pub every: Every,
    /// When each starts.
    pub starts: Minute,
    /// How long each lasts.
    pub minutes: u32,
    /// Whether public holidays are left out.
    pub skip_holidays: bool,
}

/// The longest series, in days: two years.
const DAYS_MAX: usize = 2 * 366;

impl Series {
    /// Its times, in order. A time that the clocks skip is when they have skipped it.
    pub fn times(&self, place: &Place) -> Vec<Asked> {
        let dates = std::iter::successors(Some(self.first), |date| date.tomorrow().ok());
        dates
            .take(DAYS_MAX)
            .take_while(|date| *date <= self.last)
            .filter(|date| self.every.includes(self.first, *date))
            .filter(|date| !(self.skip_holidays && place.holidays.contains(date)))
            .filter_map(|date| place.at(date, self.starts.of_day()))
            .map(|starts_at| Asked { resource: self.resource, starts_at, minutes: self.minutes })
            .collect()
    }
}

/// What stands in the way of a time among many.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// Somebody has it; what is free instead.
    Taken {
        /// Neighbouring times, and other resources at the same time.
        instead: Vec<Occurrence>,
    },
    /// The rules do not allow it.
    Refused {
        /// Why.
        reasons: Vec<Reason>,
    },
    /// Another time of the same list takes the same space.
    ExcludesOwn {
        /// Which, from 0; an earlier one.
        other: usize,
    },
}

/// Looks at each of many times: `None` where it can be had. `checked` is what the rules say of each.
pub fn obstacles(
    place: &Place,
    times: &[Asked],
    checked: Vec<Result<Occurrence, Vec<Reason>>>,
    taken: &Occupancy,
    now: jiff::Timestamp,
) -> Vec<Option<Obstacle>> {
    let mut accepted: Vec<(usize, Occurrence)> = Vec::new();
    let mut found = Vec::with_capacity(times.len());
    for (index, (time, checked)) in times.iter().zip(checked).enumerate() {
        found.push(match checked {
            Err(reasons) => Some(Obstacle::Refused { reasons }),
            Ok(one) if !taken.has_room_for(&one) => {
                Some(Obstacle::Taken { instead: alternatives(place, time, taken, now) })
            }
            Ok(one) => {
                let excluded = accepted.iter().find(|(_, earlier)| earlier.excludes(&one));
                let obstacle = excluded.map(|(other, _)| Obstacle::ExcludesOwn { other: *other });
                if obstacle.is_none() {
                    accepted.push((index, one));
                }
                obstacle
            }
        });
    }
    found
}

/// The same times so many days later, by the clock on the wall.
pub fn shifted(place: &Place, times: &[Asked], days: i64) -> Option<Vec<Asked>> {
    let days = jiff::Span::new().try_days(days).ok()?;
    let shift = |time: &Asked| {
        let clock = place.time_zone.to_datetime(time.starts_at);
        let moved = clock.checked_add(days).ok()?;
        let starts_at = place.time_zone.to_ambiguous_timestamp(moved).compatible().ok()?;
        Some(Asked { starts_at, ..*time })
    };
    times.iter().map(shift).collect()
}
