//! Many times at once: by a rule of recurrence, and what stands in the way of each.

use std::collections::BTreeSet;

use jiff::civil::Date;
use protocols_ids::ResourceId;

use crate::rules::monday;
use crate::{Asked, Minute, Occupancy, Occurrence, Place, Reason, alternatives};

/// Times that come back week after week, by the clock on the wall.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// Of what.
    pub resource: ResourceId,
    /// The first day on which there may be one.
    pub first: Date,
    /// The last day on which there may be one.
    pub last: Date,
    /// On these days of the week, 1 is Monday.
    pub weekdays: BTreeSet<i8>,
    /// Every so many weeks, counted from the first day's week; at least 1.
    pub every_weeks: u8,
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
        let first_monday = monday(self.first);
        let dates = std::iter::successors(Some(self.first), |date| date.tomorrow().ok());
        dates
            .take(DAYS_MAX)
            .take_while(|date| *date <= self.last)
            .filter(|date| self.weekdays.contains(&date.weekday().to_monday_one_offset()))
            .filter(|date| {
                let weeks = monday(*date).since(first_monday).map_or(0, |span| span.get_days().div_euclid(7));
                weeks.checked_rem(i32::from(self.every_weeks.max(1))) == Some(0)
            })
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

/// Looks at each of many times: `None` where it can be had. `check` is what the rules say of one.
pub fn obstacles(
    place: &Place,
    times: &[Asked],
    taken: &Occupancy,
    now: jiff::Timestamp,
    check: impl Fn(&Asked) -> Result<Occurrence, Vec<Reason>>,
) -> Vec<Option<Obstacle>> {
    let mut accepted: Vec<(usize, Occurrence)> = Vec::new();
    let mut found = Vec::with_capacity(times.len());
    for (index, time) in times.iter().enumerate() {
        found.push(match check(time) {
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
