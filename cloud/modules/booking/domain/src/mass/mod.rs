//! Many times at once: what becomes of each, whom that displaces, and what those are offered instead.
//!
//! **Invariant:** nothing that is planned here meets anything that stays: neither times of others that are not displaced,
//! nor holds, nor the change's own times that cannot move.

mod proposal;
#[cfg(test)]
mod tests;

pub use proposal::{Kin, Neighbour, PROPOSAL_DAYS, Seeking, kin, propose};

use std::collections::{BTreeMap, BTreeSet};

use protocols_ids::{BookingId, OccurrenceId, PartId};

use crate::{Asked, Occupancy, Occupied, Occurrence, Place, Reason, Span};

/// Times in one mass change at most, those that are displaced not counted: a fair of twelve days on twelve courts and
/// some more. All of them are planned and written within one request and one transaction.
pub const MASS_TIMES_MAX: usize = 300;
/// Times that one mass change displaces at most, for the same reason.
pub const DISPLACED_MAX: usize = 300;
/// Days that times are moved at most, in either direction: two years.
pub const MOVE_DAYS_MAX: i64 = 2 * 366;

/// A time that shall be moved.
#[derive(Clone, Debug)]
pub struct Moving {
    /// Its id.
    pub id: OccurrenceId,
    /// Where it shall be; `None` if there is no such moment.
    pub to: Option<Asked>,
    /// How many take part, where that was said.
    pub persons: Option<u32>,
}

/// Space that is taken before the change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Which part.
    pub part: PartId,
    /// When.
    pub span: Span,
    /// By which time.
    pub occurrence: OccurrenceId,
    /// Of which booking.
    pub booking: BookingId,
    /// Whether it may be displaced at all: a hold may not, nor what has begun, nor another time of the bookings that
    /// are moved.
    pub yields: bool,
}

/// What becomes of a time that shall be moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is moved.
    Moved(Occurrence),
    /// The rules do not allow it there: it stays.
    Refused(Vec<Reason>),
    /// Others have the space and keep it: it stays.
    Clash(BTreeSet<BookingId>),
    /// Another of these times is moved to the same space, or has it and stays: it stays.
    ExcludesOwn(OccurrenceId),
}

/// What becomes of many times.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MovePlan {
    /// What becomes of each, in the order in which they were given.
    pub fates: Vec<(OccurrenceId, Fate)>,
    /// The times of others that give way.
    pub displaced: BTreeSet<OccurrenceId>,
}

impl MovePlan {
    /// The times that are moved, with where to.
    pub fn moved(&self) -> impl Iterator<Item = (OccurrenceId, &Occurrence)> {
        self.fates.iter().filter_map(|(id, fate)| match fate {
            Fate::Moved(to) => Some((*id, to)),
            Fate::Refused(_) | Fate::Clash(_) | Fate::ExcludesOwn(_) => None,
        })
    }
}

/// Plans a move. `judge` is what the rules say of one time at its new place. A time that cannot move stays where it is,
/// and what wanted to go there stays too, and so on: in the end nothing meets anything.
pub fn plan_move(
    times: &[Moving],
    standing: &[Standing],
    displacing: bool,
    judge: impl Fn(&Moving, &Asked) -> Result<Occurrence, Vec<Reason>>,
) -> MovePlan {
    let own: BTreeSet<OccurrenceId> = times.iter().map(|time| time.id).collect();
    let mut by_part: BTreeMap<PartId, Vec<&Standing>> = BTreeMap::new();
    for row in standing {
        by_part.entry(row.part).or_default().push(row);
    }
    let met_by = |to: &Occurrence| -> Vec<&Standing> {
        let parts = to.parts().iter().filter_map(|part| by_part.get(part)).flatten();
        parts.filter(|row| row.span.overlaps(to.occupies())).copied().collect()
    };
    let mut fates: Vec<Fate> = times
        .iter()
        .map(|time| match &time.to {
            None => Fate::Refused(vec![Reason::Nothing]),
            Some(asked) => judge(time, asked).map_or_else(Fate::Refused, Fate::Moved),
        })
        .collect();
    // Each round somebody more stays, so there are no more rounds than times.
    loop {
        let staying: BTreeSet<OccurrenceId> = times
            .iter()
            .zip(&fates)
            .filter(|(_, fate)| !matches!(fate, Fate::Moved(_)))
            .map(|(time, _)| time.id)
            .collect();
        let mut accepted: Vec<(OccurrenceId, &Occurrence)> = Vec::new();
        let mut found: Option<(usize, Fate)> = None;
        for (index, (time, fate)) in times.iter().zip(&fates).enumerate() {
            let Fate::Moved(to) = fate else { continue };
            let met = met_by(to);
            let in_the_way = met.iter().filter(|row| {
                if own.contains(&row.occurrence) {
                    staying.contains(&row.occurrence)
                } else {
                    !displacing || !row.yields
                }
            });
            let in_the_way: Vec<&&Standing> = in_the_way.collect();
            let others: BTreeSet<BookingId> = in_the_way
                .iter()
                .filter(|row| !own.contains(&row.occurrence))
                .map(|row| row.booking)
                .collect();
            let sibling = in_the_way.iter().find(|row| own.contains(&row.occurrence));
            let twin = accepted.iter().find(|(_, other)| other.excludes(to));
            let stays = if !others.is_empty() {
                Some(Fate::Clash(others))
            } else if let Some(row) = sibling {
                Some(Fate::ExcludesOwn(row.occurrence))
            } else {
                twin.map(|(other, _)| Fate::ExcludesOwn(*other))
            };
            if let Some(fate) = stays {
                found = Some((index, fate));
                break;
            }
            accepted.push((time.id, to));
        }
        match found {
            Some((index, fate)) => {
                if let Some(slot) = fates.get_mut(index) {
                    *slot = fate;
                }
            }
            None => break,
        }
    }
    let displaced = fates
        .iter()
        .filter_map(|fate| match fate {
            Fate::Moved(to) => Some(met_by(to)),
            Fate::Refused(_) | Fate::Clash(_) | Fate::ExcludesOwn(_) => None,
        })
        .flatten()
        .map(|row| row.occurrence)
        .filter(|id| !own.contains(id))
        .collect();
    MovePlan { fates: times.iter().map(|time| time.id).zip(fates).collect(), displaced }
}

/// What is taken when these times have left and these others have come.
pub fn remaining<'a>(
    standing: &[Standing],
    left: &BTreeSet<OccurrenceId>,
    come: impl IntoIterator<Item = &'a Occurrence>,
) -> Occupancy {
    let stays = standing.iter().filter(|row| !left.contains(&row.occurrence));
    let stays =
        stays.map(|row| Occupied { part: row.part, span: row.span, booking: row.booking, mine: false });
    let mut taken = Occupancy::new(stays);
    for one in come {
        taken.take(one);
    }
    taken
}

/// A time so many days and minutes later, by the clock on the wall. One that the clocks
/// skip is when they have skipped it.
pub fn shifted_by(place: &Place, time: &Asked, days: i64, minutes: i64) -> Option<Asked> {
    let days = jiff::Span::new().try_days(days).ok()?;
    let clock = place.time_zone.to_datetime(time.starts_at).checked_add(days).ok()?;
    let clock = clock.checked_add(jiff::Span::new().try_minutes(minutes).ok()?).ok()?;
    let starts_at = place.time_zone.to_ambiguous_timestamp(clock).compatible().ok()?;
    Some(Asked { starts_at, ..*time })
}
