//! A facility as booking sees it: when it is open, what can be booked there, and by which rules.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use protocols_ids::{PartId, ResourceId};

use crate::{SPAN_MINUTES_MAX, Span};

/// Minutes of a day that has no change of clocks.
const DAY_MINUTES: u16 = 24 * 60;

/// A facility: its clocks and what can be booked.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where its clocks are.
    pub time_zone: TimeZone,
    /// What can be booked.
    pub resources: Vec<Resource>,
}

/// What can be booked: a set of parts. Two resources that share a part exclude each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// The whole that it is a part of.
    pub parent: Option<ResourceId>,
    /// The parts that it takes. Never empty.
    pub parts: Vec<PartId>,
    /// When it is open, in order, apart from each other; on the dates that are asked about, and a day around them.
    pub open: Vec<Span>,
    /// What a booking of it must keep to.
    pub rules: Rules,
}

/// The municipality's parameters for one resource, in minutes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Times start on multiples of this after midnight, and last multiples of it. Never 0.
    pub step_minutes: u32,
    /// The shortest span.
    pub shortest_minutes: u32,
    /// The longest span.
    pub longest_minutes: u32,
    /// How long before its start a time is booked at the latest.
    pub lead_minutes: u32,
    /// How long before its start a time is booked at the earliest.
    pub horizon_minutes: u32,
}

impl Rules {
    /// The step, at least a minute.
    pub fn step(&self) -> u32 {
        self.step_minutes.max(1)
    }

    /// The longest span that these rules and the service allow, on the step.
    pub fn longest(&self) -> u32 {
        let longest = self.longest_minutes.min(SPAN_MINUTES_MAX);
        longest.saturating_sub(longest.checked_rem(self.step()).unwrap_or(0))
    }

    /// The shortest span that can be booked: the rule's, brought up to a multiple of the step.
    pub fn shortest(&self) -> u32 {
        self.shortest_minutes.max(1).checked_next_multiple_of(self.step()).unwrap_or(u32::MAX)
    }

    /// Every length that can be booked, shortest first.
    pub fn lengths(&self) -> impl Iterator<Item = u32> + use<> {
        let (step, longest) = (self.step(), self.longest());
        std::iter::successors(Some(self.shortest()), move |minutes| minutes.checked_add(step))
            .take_while(move |minutes| *minutes <= longest)
    }
}

impl Resource {
    /// Whether it is open during all of a span, over midnight too.
    pub fn is_open(&self, span: Span) -> bool {
        self.open.iter().any(|open| open.covers(span))
    }
}

impl Place {
    /// The resource with this id, if it is here.
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
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
