//! When something is open: regular hours by weekday and kind of day, exceptions, and what is closed.
//!
//! ```text
//! exception for the date  >  red day or eve  >  school term or break  >  every day
//! ```
//! Each layer answers for a weekday or leaves it to the next. What is closed is taken out of all of it. Hours belong to
//! the day on which they begin, also those that run past midnight.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::SpecialDay;
use crate::hours::{DayHours, Span, join, open_spans};

/// On which days regular hours hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayKind {
    /// Every day for which nothing else is said.
    Always,
    /// In a school term, outside its breaks.
    Term,
    /// In a school's break.
    Break,
    /// On the eve of a red day.
    Eve,
    /// On a red day.
    Holiday,
}

impl DayKind {
    /// All of them, the weakest first.
    pub const ALL: [Self; 5] = [Self::Always, Self::Term, Self::Break, Self::Eve, Self::Holiday];

    /// Its key, as files and the database write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Term => "term",
            Self::Break => "break",
            Self::Eve => "eve",
            Self::Holiday => "holiday",
        }
    }

    /// The kind with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// Hours of a weekday on a kind of day. From 0 to 0 says that it is closed then.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct RegularHours {
    /// On which days.
    pub on: DayKind,
    /// From when until when.
    pub hours: DayHours,
}

impl RegularHours {
    /// Closed on a weekday of this kind.
    pub const fn closed(on: DayKind, weekday: i8) -> Self {
        Self { on, hours: DayHours { weekday, opens_minute: 0, closes_minute: 0 } }
    }

    /// Whether it says that it is closed.
    pub const fn is_closed(&self) -> bool {
        self.hours.closes_minute == 0
    }
}

/// Weekdays that follow each other and have the same hours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayRun {
    /// The first, 1 is Monday.
    pub first: i8,
    /// The last.
    pub last: i8,
    /// From and until, in minutes after midnight; empty is closed.
    pub hours: Vec<(u16, u16)>,
}

/// The week of a kind of day as few lines as it can be said in. Of every day a week is told whole, of the other kinds
/// only the weekdays of which they say something.
pub fn day_runs(regular: &[RegularHours], on: DayKind) -> Vec<DayRun> {
    let mut runs: Vec<DayRun> = Vec::new();
    for weekday in 1..=7_i8 {
        let mut said =
            regular.iter().filter(|regular| regular.on == on && regular.hours.weekday == weekday).peekable();
        if said.peek().is_none() && on != DayKind::Always {
            continue;
        }
        let hours: Vec<(u16, u16)> = said
            .filter(|regular| !regular.is_closed())
            .map(|regular| (regular.hours.opens_minute, regular.hours.closes_minute))
            .collect();
        match runs.last_mut() {
            Some(run) if run.hours == hours && run.last.checked_add(1) == Some(weekday) => run.last = weekday,
            Some(_) | None => runs.push(DayRun { first: weekday, last: weekday, hours }),
        }
    }
    runs
}

/// Regular hours in the words of files: `mon 07:00-23:00; holiday tue closed`.
pub fn hours_words(hours: &[RegularHours]) -> String {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let words = hours.iter().map(|regular| {
        let index = usize::try_from(regular.hours.weekday).ok().and_then(|weekday| weekday.checked_sub(1));
        let day = index.and_then(|index| days.get(index)).copied().unwrap_or_default();
        let clocks = if regular.is_closed() {
            "closed".to_owned()
        } else {
            clock_words(regular.hours.opens_minute, regular.hours.closes_minute)
        };
        match regular.on {
            DayKind::Always => format!("{day} {clocks}"),
            DayKind::Term | DayKind::Break | DayKind::Eve | DayKind::Holiday => {
                format!("{} {day} {clocks}", regular.on.key())
            }
        }
    });
    words.collect::<Vec<String>>().join("; ")
}

/// A span as clocks, `18:00-02:00`; midnight at its end is 24:00.
pub fn clock_words(opens: u16, closes: u16) -> String {
    format!("{}-{}", clock_word(opens), clock_word(closes))
}

/// A minute as a clock of its day or of the next.
pub fn clock_word(minute: u16) -> String {
    let minute = if minute > 1440 { minute.saturating_sub(1440) } else { minute };
    format!("{:02}:{:02}", minute.checked_div(60).unwrap_or(0), minute.checked_rem(60).unwrap_or(0))
}

/// What a span of the school's year is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PeriodKind {
    /// There is school.
    Term,
    /// There is none: sports, Easter and autumn breaks within a term.
    Break,
}

/// A span of the school's year.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SchoolPeriod {
    /// What it is.
    pub kind: PeriodKind,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
}

/// Which of these kinds a date is for the school; nothing beyond the terms that are known.
pub fn school_day(periods: &[SchoolPeriod], date: Date) -> Option<DayKind> {
    let covers = |period: &&SchoolPeriod| (period.first..=period.last).contains(&date);
    if periods.iter().filter(covers).any(|period| period.kind == PeriodKind::Break) {
        return Some(DayKind::Break);
    }
    if periods.iter().any(|period| covers(&period)) {
        return Some(DayKind::Term);
    }
    let terms = || periods.iter().filter(|period| period.kind == PeriodKind::Term);
    let between = terms().any(|term| term.last < date) && terms().any(|term| date < term.first);
    between.then_some(DayKind::Break)
}

/// How an exception concerns what is asked about. The later holds against the earlier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reach {
    /// It is the whole facility's.
    Facility,
    /// It is the exception of a whole that this lies in.
    Around,
    /// It is its own.
    Own,
    /// Something that shares its space is closed.
    Shared,
}

/// Other hours on a span of dates; without hours it is closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exception {
    /// How it concerns what is asked about.
    pub reach: Reach,
    /// The first date.
    pub first: Date,
    /// The last date.
    pub last: Date,
    /// From and until, in minutes after midnight.
    pub hours: Vec<(u16, u16)>,
}

/// Closed from an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed {
    /// From.
    pub starts_at: Timestamp,
    /// Until; `None` is until further notice.
    pub ends_at: Option<Timestamp>,
}

/// All that says when one thing is open.
#[derive(Clone, Debug)]
pub struct Calendar<'a> {
    /// Where its clock is.
    pub zone: &'a TimeZone,
    /// Its regular hours.
    pub regular: Vec<RegularHours>,
    /// The school's year.
    pub periods: Vec<SchoolPeriod>,
    /// What holds instead on some dates.
    pub exceptions: Vec<Exception>,
    /// When it is closed whatever the hours are.
    pub closed: Vec<Closed>,
}

impl Calendar<'_> {
    /// When it is open on these dates, in order, apart from each other; never outside them.
    pub fn open(&self, first: Date, last: Date) -> Vec<Span> {
        let midnight = |date: Date| Some(date.to_zoned(self.zone.clone()).ok()?.timestamp());
        let Some((from, until)) = midnight(first).zip(last.tomorrow().ok().and_then(midnight)) else {
            return Vec::new();
        };
        // What began the day before may run past midnight.
        let begins = first.yesterday().unwrap_or(first);
        let dates =
            std::iter::successors(Some(begins), |date| date.tomorrow().ok()).take_while(|date| *date <= last);
        let spans = dates
            .flat_map(|date| open_spans(&self.hours_on(date), self.zone, date))
            .map(|span| Span { starts_at: span.starts_at.max(from), ends_at: span.ends_at.min(until) })
            .filter(|span| span.starts_at < span.ends_at)
            .collect();
        self.closed.iter().fold(join(spans), |open, closed| without(&open, *closed))
    }

    /// The hours of a date, by the strongest layer that says something about it.
    pub fn hours_on(&self, date: Date) -> Vec<DayHours> {
        let weekday = date.weekday().to_monday_one_offset();
        let exception = self
            .exceptions
            .iter()
            .filter(|exception| (exception.first..=exception.last).contains(&date))
            .max_by_key(|exception| (exception.reach, exception.first));
        if let Some(exception) = exception {
            let hours = exception.hours.iter();
            return hours
                .map(|(opens, closes)| DayHours { weekday, opens_minute: *opens, closes_minute: *closes })
                .collect();
        }
        self.kinds(date)
            .into_iter()
            .flatten()
            .map(|kind| {
                let said = self
                    .regular
                    .iter()
                    .filter(|regular| regular.on == kind && regular.hours.weekday == weekday);
                said.map(|regular| regular.hours).collect::<Vec<DayHours>>()
            })
            .find(|hours| !hours.is_empty())
            .unwrap_or_default()
    }

    /// The kinds that a date is, the strongest first.
    fn kinds(&self, date: Date) -> [Option<DayKind>; 3] {
        let special =
            SpecialDay::of(date).map(|day| if day.is_eve() { DayKind::Eve } else { DayKind::Holiday });
        [special, school_day(&self.periods, date), Some(DayKind::Always)]
    }
}

/// What of the spans lies outside what is closed.
fn without(open: &[Span], closed: Closed) -> Vec<Span> {
    let ends_at = closed.ends_at.unwrap_or(Timestamp::MAX);
    let mut left = Vec::new();
    for span in open {
        let before = Span { starts_at: span.starts_at, ends_at: span.ends_at.min(closed.starts_at) };
        let after = Span { starts_at: span.starts_at.max(ends_at), ends_at: span.ends_at };
        if closed.starts_at >= ends_at {
            left.push(*span);
            continue;
        }
        left.extend([before, after].into_iter().filter(|rest| rest.starts_at < rest.ends_at));
    }
    left
}

#[cfg(test)]
mod tests;
