use std::collections::BTreeMap;

use protocols_ids::{BookingId, PartId};

use crate::{Occurrence, Span};

/// A part that is taken for a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Occupied {
    /// Which part.
    pub part: PartId,
    /// When.
    pub span: Span,
    /// By which booking.
    pub booking: BookingId,
    /// Whether the reader has that booking.
    pub mine: bool,
}

/// What is taken, by part.
#[derive(Clone, Debug, Default)]
pub struct Occupancy {
    by_part: BTreeMap<PartId, Vec<Occupied>>,
}

impl Occupancy {
    /// From rows in any order.
    pub fn new(rows: impl IntoIterator<Item = Occupied>) -> Self {
        let mut by_part: BTreeMap<PartId, Vec<Occupied>> = BTreeMap::new();
        for row in rows {
            by_part.entry(row.part).or_default().push(row);
        }
        Self { by_part }
    }

    /// Takes the space of one time more.
    pub fn take(&mut self, one: &Occurrence) {
        let booking = BookingId::new(protocols_ids::Uuid::nil());
        for part in one.parts() {
            let row = Occupied { part: *part, span: one.occupies(), booking, mine: false };
            self.by_part.entry(*part).or_default().push(row);
        }
    }

    /// What takes a part during some of a span.
    pub fn on(&self, part: PartId, span: Span) -> impl Iterator<Item = &Occupied> {
        self.by_part.get(&part).into_iter().flatten().filter(move |row| row.span.overlaps(span))
    }

    /// What takes any of these parts during some of a span.
    pub fn on_any<'a>(&'a self, parts: &'a [PartId], span: Span) -> impl Iterator<Item = &'a Occupied> {
        parts.iter().flat_map(move |part| self.on(*part, span))
    }

    /// Whether the occurrence finds all its parts free.
    pub fn has_room_for(&self, occurrence: &Occurrence) -> bool {
        self.on_any(occurrence.parts(), occurrence.occupies()).next().is_none()
    }
}
