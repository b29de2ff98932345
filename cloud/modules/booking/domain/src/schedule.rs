//! What a reader sees of a day: for each resource and row, whether it can be booked.

use jiff::Timestamp;
use jiff::civil::Date;
use protocols_ids::BookingId;

use crate::request::check_one;
use crate::{Asked, Occupancy, Package, Place, Reason, Resource, Rules, Span, package_on, stay};

/// What a row of the schedule is to the reader, for one resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell {
    /// It can be booked: a span with this start and the shortest length that covers the row is free and allowed.
    Free {
        /// The start of that span; before the row where the rules do not let one start in it.
        starts_at: Timestamp,
        /// Its length.
        minutes: u32,
    },
    /// Somebody has it or a part of it, or too little is left around it.
    Taken {
        /// Who has it first; none where too little is left.
        by: Option<BookingId>,
    },
    /// The reader has all of it.
    Mine {
        /// By which booking.
        booking: BookingId,
    },
    /// The place is closed during some of it.
    Closed,
    /// It is too late to book it.
    Past,
    /// It is too early to book it.
    NotYet,
}

/// The length of the rows in which each of these resources can be shown, in minutes: the greatest common
/// divisor of their steps on a date. An hour where there are none.
pub fn row_minutes<'a>(resources: impl IntoIterator<Item = &'a Resource>, date: Date) -> u32 {
    let rules = resources.into_iter().map(|resource| resource.rules.on(date)).filter(|rules| rules.by_step());
    let step = rules.fold(0, |all, rules| divisor(all, rules.step()));
    if step == 0 { 60 } else { step }
}

/// The rows of a date: spans of this length, in order. A day on which clocks change has fewer or more.
pub fn rows(place: &Place, date: Date, row_minutes: u32) -> Vec<Span> {
    let starts = place.starts_on(date, row_minutes);
    starts.into_iter().filter_map(|start| Span::lasting(start, row_minutes)).collect()
}

/// What each row is to the reader.
pub fn cells(
    place: &Place,
    resource: &Resource,
    rows: &[Span],
    taken: &Occupancy,
    now: Timestamp,
) -> Vec<Cell> {
    rows.iter().map(|row| cell(place, resource, *row, taken, now)).collect()
}

fn cell(place: &Place, resource: &Resource, row: Span, taken: &Occupancy, now: Timestamp) -> Cell {
    if let Some(booking) = mine(resource, row, taken) {
        return Cell::Mine { booking };
    }
    if !resource.is_open(row) {
        return Cell::Closed;
    }
    if row.ends_at() <= now {
        return Cell::Past;
    }
    if let Some(occupied) = taken.on_any(&resource.parts, row).min_by_key(|occupied| occupied.span) {
        return Cell::Taken { by: Some(occupied.booking) };
    }
    let mut first_obstacle = None;
    for span in spans_covering(place, resource, row) {
        let (starts_at, minutes) = (span.starts_at(), span.minutes());
        let asked = Asked { resource: resource.id, starts_at, minutes };
        match check_one(place, &asked, now) {
            Ok(occurrence) if taken.has_room_for(&occurrence) => return Cell::Free { starts_at, minutes },
            Ok(_) => _ = first_obstacle.get_or_insert(Cell::Taken { by: None }),
            Err(reasons) => _ = first_obstacle.get_or_insert(obstacle(&reasons)),
        }
    }
    first_obstacle.unwrap_or(Cell::Taken { by: None })
}

/// The reader's booking, if theirs are all the parts during some of the row.
fn mine(resource: &Resource, row: Span, taken: &Occupancy) -> Option<BookingId> {
    let mut first = None;
    for part in &resource.parts {
        let own = taken.on(*part, row).find(|occupied| occupied.mine)?;
        first.get_or_insert(own.booking);
    }
    first
}

/// The spans that can be booked and cover the row, the best first.
fn spans_covering(place: &Place, resource: &Resource, row: Span) -> Vec<Span> {
    let date = place.date_of(row.starts_at());
    let rules = resource.rules.on(date);
    if rules.by_step() {
        return steps_covering(place, rules, row);
    }
    // A week back: no package that is repeated lasts longer; the others begin where they say.
    let dates = std::iter::successors(Some(date), |date| date.yesterday().ok()).take(8);
    let weekly = dates
        .clone()
        .flat_map(|date| rules.packages.iter().filter_map(move |package| package_on(place, package, date)));
    let once = rules.packages.iter().filter_map(|package| match package {
        Package::Dated { first, .. } if *first < date => package_on(place, package, *first),
        Package::Dated { .. } | Package::Weekly { .. } => None,
    });
    let stays = dates.take(2).filter_map(|date| stay(place, rules.nights?, date, date.tomorrow().ok()?));
    stays.chain(weekly).chain(once).filter(|span| span.covers(row)).collect()
}

/// Spans of the shortest length that can be booked and covers the row, nearest to the row first.
fn steps_covering(place: &Place, rules: &Rules, row: Span) -> Vec<Span> {
    let row_minutes = row.minutes().checked_next_multiple_of(rules.step()).unwrap_or(u32::MAX);
    let minutes = rules.shortest().max(row_minutes);
    let length = jiff::SignedDuration::from_mins(minutes.into());
    let Ok(earliest) = row.ends_at().checked_sub(length) else { return Vec::new() };
    let (first, last) = (place.date_of(earliest), place.date_of(row.starts_at()));
    let dates =
        std::iter::successors(Some(first), |date| date.tomorrow().ok()).take_while(|date| *date <= last);
    let mut starts: Vec<Timestamp> = dates
        .flat_map(|date| place.starts_on(date, rules.step()))
        .filter(|start| earliest <= *start && *start <= row.starts_at())
        .collect();
    starts.sort_unstable();
    starts.into_iter().rev().filter_map(|start| Span::lasting(start, minutes)).collect()
}

/// What stands in the way, for the one who looks at the schedule.
fn obstacle(reasons: &[Reason]) -> Cell {
    match reasons.first() {
        Some(Reason::Past { .. } | Reason::TooSoon { .. } | Reason::TooFewWorkingDays { .. }) => Cell::Past,
        Some(Reason::TooFar { .. }) => Cell::NotYet,
        Some(
            Reason::Closed { .. }
            | Reason::UnknownResource(_)
            | Reason::Nothing
            | Reason::TooMany { .. }
            | Reason::Blocked { .. }
            | Reason::Condition { .. }
            | Reason::ByEnquiry
            | Reason::NotForYou { .. }
            | Reason::OtherPurpose { .. }
            | Reason::TooYoung { .. }
            | Reason::OverQuota { .. }
            | Reason::TooManyPersons { .. }
            | Reason::PersonsMissing
            | Reason::DriverMissing
            | Reason::LicenceMissing { .. }
            | Reason::BoatMissing
            | Reason::BoatTooLong { .. }
            | Reason::BoatTooBroad { .. }
            | Reason::NoSuchEquipment(_)
            | Reason::Apart
            | Reason::NotAPackage { .. }
            | Reason::NotAStay { .. },
        ) => Cell::Closed,
        Some(
            Reason::StartOffStep { .. }
            | Reason::LengthOffStep { .. }
            | Reason::TooShort { .. }
            | Reason::TooLong { .. }
            | Reason::ExcludesOwn { .. },
        )
        | None => Cell::Taken { by: None },
    }
}

/// The greatest common divisor (Euclid).
fn divisor(a: u32, b: u32) -> u32 {
    let (mut a, mut b) = (a, b);
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    a
}
