//! A facility as booking sees it: when it is open, what can be booked there, and by which rules.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use protocols_ids::{PartId, ResourceId};

use crate::{SPAN_MINUTES_MAX, Span};

/// Minutes of a day that has no change of clocks.
const DAY_MINUTES: u16 = 24 * 60;

/// A facility: its clocks, its opening hours and what can be booked.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where its clocks are.
    pub time_zone: TimeZone,
    /// When it is open. A weekday without an entry is closed.
    pub opening_hours: Vec<OpeningHours>,
    /// What can be booked.
    pub resources: Vec<Resource>,
}

/// A span of a weekday, in minutes after midnight by the place's clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpeningHours {
    /// 1 is Monday, 7 is Sunday.
    pub weekday: i8,
    /// First minute that is open.
    pub opens_minute: u16,
    /// First minute that is closed; 1440 is midnight.
    pub closes_minute: u16,
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

    /// When the place is open on a date, in order.
    pub fn open_on(&self, date: Date) -> Vec<Span> {
        let weekday = date.weekday().to_monday_one_offset();
        let mut spans: Vec<Span> = self
            .opening_hours
            .iter()
            .filter(|hours| hours.weekday == weekday)
            .filter_map(|hours| {
                let opens = self.first_instant(date, hours.opens_minute)?;
                Span::new(opens, self.last_instant(date, hours.closes_minute)?)
            })
            .collect();
        spans.sort_unstable();
        spans
    }

    /// Whether the place is open during all of a span, over midnight too.
    pub fn is_open(&self, span: Span) -> bool {
        let last = self.date_of(span.ends_at());
        let dates = std::iter::successors(Some(self.date_of(span.starts_at())), |date| date.tomorrow().ok());
        let mut open_until = span.starts_at();
        for open in dates.take_while(|date| *date <= last).flat_map(|date| self.open_on(date)) {
            if open.starts_at() <= open_until {
                open_until = open_until.max(open.ends_at());
            }
        }
        span.ends_at() <= open_until
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
