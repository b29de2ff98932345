//! A facility as booking sees it: when it is open, what can be booked there, and by which rules.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use protocols_ids::{FacilityId, PartId, ResourceId};

use crate::{Asked, RuleBook, Rules, Span};

/// Minutes of a day that has no change of clocks.
const DAY_MINUTES: u16 = 24 * 60;

/// A facility, or several by the same clocks whose times are booked together: the clocks and what can be booked.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where its clocks are.
    pub time_zone: TimeZone,
    /// Public holidays, on the dates that are asked about.
    pub holidays: BTreeSet<Date>,
    /// What can be booked.
    pub resources: Vec<Resource>,
}

/// What can be booked: a set of parts. Two resources that share a part exclude each other.
#[derive(Clone, PartialEq, Debug)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Where it is.
    pub facility: FacilityId,
    /// The whole that it is a part of.
    pub parent: Option<ResourceId>,
    /// The parts that it takes. Never empty.
    pub parts: Vec<PartId>,
    /// When it is open, in order, apart from each other; on the dates that are asked about, and a day around them.
    pub open: Vec<Span>,
    /// How many people it is for, at most.
    pub persons_max: Option<u32>,
    /// Minutes before and after a booking that nobody else has: to set up and to clean.
    pub buffer: (u32, u32),
    /// What a booking of it must keep to.
    pub rules: RuleBook,
}

impl Resource {
    /// Whether it is open during all of a span, over midnight too.
    pub fn is_open(&self, span: Span) -> bool {
        let after = self.open.partition_point(|open| open.starts_at() <= span.starts_at());
        let last_before = after.checked_sub(1).and_then(|index| self.open.get(index));
        last_before.is_some_and(|open| open.covers(span))
    }

    /// Whether it is open during some of a span.
    fn opens_during(&self, span: Span) -> bool {
        let first = self.open.partition_point(|open| open.ends_at() <= span.starts_at());
        self.open.get(first).is_some_and(|open| open.overlaps(span))
    }
}

impl Place {
    /// Several places as one; `None` where there are none, or where their clocks differ.
    pub fn joined(places: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut places = places.into_iter();
        let mut all = places.next()?;
        for place in places {
            if place.time_zone != all.time_zone {
                return None;
            }
            all.holidays.extend(place.holidays);
            all.resources.extend(place.resources);
        }
        Some(all)
    }

    /// The parts of everything here, each once, in order of their ids.
    pub fn parts(&self) -> Vec<PartId> {
        let parts: BTreeSet<PartId> =
            self.resources.iter().flat_map(|resource| resource.parts.iter().copied()).collect();
        parts.into_iter().collect()
    }

    /// The resource with this id, if it is here.
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// The rules for a time: those of the date on which it starts.
    pub fn rules_of(&self, asked: &Asked) -> Option<&Rules> {
        Some(self.resource(asked.resource)?.rules.on(self.date_of(asked.starts_at)))
    }

    /// Whether offices work on a date.
    pub fn is_working_day(&self, date: Date) -> bool {
        date.weekday().to_monday_one_offset() < 6 && !self.holidays.contains(&date)
    }

    /// From a minute of a date to a later one.
    pub fn between(&self, date: Date, from: u16, to: u16) -> Option<Span> {
        Span::new(self.first_instant(date, from)?, self.last_instant(date, to)?)
    }

    /// When a minute of a date comes.
    pub fn at(&self, date: Date, minute: u16) -> Option<Timestamp> {
        self.first_instant(date, minute)
    }

    /// Whether a resource is open at some time of every date that a span touches: so much is asked of stays and
    /// packages, which last through the nights when the doors are locked.
    pub fn opens_every_day(&self, resource: &Resource, span: Span) -> bool {
        let last = self.date_of(span.ends_at());
        let dates = std::iter::successors(Some(self.date_of(span.starts_at())), |date| date.tomorrow().ok());
        let days = dates.take_while(|date| *date <= last).filter_map(|date| self.day(date));
        days.filter(|day| day.overlaps(span)).all(|day| resource.opens_during(day))
    }

    /// The date of an instant by the place's clocks.
    pub fn date_of(&self, at: Timestamp) -> Date {
        self.time_zone.to_datetime(at).date()
    }

    /// The whole of a date, 23 to 25 hours.
    pub fn day(&self, date: Date) -> Option<Span> {
        Span::new(self.first_instant(date, 0)?, self.last_instant(date, DAY_MINUTES)?)
    }

    /// When a resource is open on a date, in order.
    pub fn open_on(&self, resource: &Resource, date: Date) -> Vec<Span> {
        let Some(day) = self.day(date) else { return Vec::new() };
        let within = resource.open.iter().filter_map(|open| {
            Span::new(open.starts_at().max(day.starts_at()), open.ends_at().min(day.ends_at()))
        });
        within.collect()
    }

    /// Every instant of a date at which a span may start with this step: multiples of it after midnight by the
    /// clock on the wall. One that the clocks skip is left out; one that they show twice comes twice.
    pub fn starts_on(&self, date: Date, step_minutes: u32) -> Vec<Timestamp> {
        let step = usize::try_from(step_minutes.max(1)).unwrap_or(usize::MAX);
        let mut starts: Vec<Timestamp> = (0..DAY_MINUTES)
            .step_by(step)
            .filter_map(|minute| clock_at(date, minute))
            .flat_map(|clock| {
                let at = self.time_zone.to_ambiguous_timestamp(clock);
                let shows_it = |at: &Timestamp| self.time_zone.to_datetime(*at) == clock;
                let first = at.earlier().ok().filter(shows_it);
                let second = at.later().ok().filter(shows_it).filter(|second| Some(*second) != first);
                [first, second]
            })
            .flatten()
            .collect();
        starts.sort_unstable();
        starts
    }

    /// Whether a span may start at this instant with this step.
    pub fn is_on_step(&self, at: Timestamp, step_minutes: u32) -> bool {
        let clock = self.time_zone.to_datetime(at).time();
        let minute = u32::try_from(clock.hour()).ok().zip(u32::try_from(clock.minute()).ok());
        let minute = minute.and_then(|(hour, minute)| hour.checked_mul(60)?.checked_add(minute));
        clock.second() == 0
            && clock.subsec_nanosecond() == 0
            && minute.is_some_and(|minute| minute.is_multiple_of(step_minutes.max(1)))
    }

    /// The first instant at which the clocks show this minute of the date, or would have.
    fn first_instant(&self, date: Date, minute: u16) -> Option<Timestamp> {
        self.time_zone.to_ambiguous_timestamp(clock_at(date, minute)?).compatible().ok()
    }

    /// The last instant at which the clocks show this minute of the date, or would have.
    fn last_instant(&self, date: Date, minute: u16) -> Option<Timestamp> {
        self.time_zone.to_ambiguous_timestamp(clock_at(date, minute)?).later().ok()
    }
}

/// A minute of a date as a clock would show it; 1440 is the next midnight.
fn clock_at(date: Date, minute: u16) -> Option<DateTime> {
    date.to_datetime(jiff::civil::Time::midnight()).checked_add(i64::from(minute).minutes()).ok()
}
