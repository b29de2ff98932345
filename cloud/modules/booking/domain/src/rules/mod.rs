//! The municipality's own booking rules as parameters.
//!
//! A [`Parameters`] says some things and is silent about others. Parameters stand in layers, tenant → authority →
//! facility → resource, each with the dates on which it holds; what a nearer layer says takes the place of what a
//! farther one said, and where all are silent the service's own default holds. [`RuleBook`] is what comes of it for one
//! resource: the [`Rules`] of each date.

mod book;
mod cancel;
mod condition;
mod judge;
mod parameters;
mod priority;
#[cfg(test)]
mod tests;
mod timeline;

pub use book::{Layer, RuleBook, Scope};
pub use cancel::{
    CancelFee, Cancellation, CancelledTime, Due, cancel_step, cancel_terms, cancellation, free_until,
};
pub use condition::{CONDITION_CHARS_MAX, Condition, ConditionError, Effect, Facts, ReadCondition};
pub(crate) use judge::blocked_for_all;
pub use judge::{Asker, Judged, Request, Used, WhyApproval, blocked_on, judge, judge_one, monday};
pub use parameters::{
    Approval, Blocked, CustomerKind, Early, Minute, Nights, Package, Parameters, ParametersError, Period,
    Quota, Who,
};
pub use priority::{Priority, priority};
pub use timeline::{Difference, Parameter, cut, differences, meets};

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::{PurposeKind, SPAN_MINUTES_MAX};

/// What a booking of a resource must keep to on a date.
#[derive(Clone, PartialEq, Debug)]
pub struct Rules {
    /// Times start on multiples of this after midnight, and last multiples of it. Never 0.
    pub step_minutes: u32,
    /// The shortest span.
    pub shortest_minutes: u32,
    /// The longest span.
    pub longest_minutes: u32,
    /// How long before its start a time is booked at the latest.
    pub lead_minutes: u32,
    /// How many whole working days before the day of its start a time is booked at the latest.
    pub lead_working_days: u32,
    /// How long before its start a time is booked at the earliest.
    pub horizon_minutes: u32,
    /// Booked by night, from a clock on the first day to a clock on the last; then step and lengths say nothing.
    pub nights: Option<Nights>,
    /// Booked as these spans only; then step and lengths say nothing. Empty where it is booked by step.
    pub packages: Arc<[Package]>,
    /// Whether nobody but officers books it: others ask, and an officer answers.
    pub by_enquiry: bool,
    /// How old whoever books must be.
    pub booker_age_min: Option<u8>,
    /// Who may book; empty is everybody.
    pub who: Arc<[Who]>,
    /// What for; empty is anything.
    pub purposes: Arc<[PurposeKind]>,
    /// Whether an officer decides about each request.
    pub approval: Approval,
    /// Within how many working days a request is decided, and that of a customer who has not booked before.
    pub decided_within: Option<(u32, u32)>,
    /// How much a customer may have, each with the part of the municipality that it counts.
    pub quotas: Arc<[(Scope, Quota)]>,
    /// Who may book earlier than others.
    pub early: Arc<[Early]>,
    /// When nobody books, or only some.
    pub blocked: Arc<[Blocked]>,
    /// What else must hold.
    pub conditions: Arc<[Condition]>,
    /// Until how long before the start whoever booked cancels or changes by themselves.
    pub cancel_minutes: u32,
    /// What cancelling costs; empty is nothing.
    pub cancel_fees: Arc<[CancelFee]>,
    /// Who goes first among requests, first of all the first.
    pub priority: Arc<[Priority]>,
    /// How long a change of many times can be undone; nobody is told before that has passed.
    pub undo_minutes: u32,
    /// How many days whoever is offered another time has to answer.
    pub answer_days: u32,
    /// For how long a time is held for whoever looks at price and terms.
    pub hold_minutes: u32,
}

impl Default for Rules {
    /// What holds where a municipality has said nothing.
    fn default() -> Self {
        Self {
            step_minutes: 30,
            shortest_minutes: 30,
            longest_minutes: 8 * 60,
            lead_minutes: 0,
            lead_working_days: 0,
            horizon_minutes: 180 * 24 * 60,
            nights: None,
            packages: Arc::new([]),
            by_enquiry: false,
            booker_age_min: None,
            who: Arc::new([]),
            purposes: Arc::new([]),
            approval: Approval::Never,
            decided_within: None,
            quotas: Arc::new([]),
            early: Arc::new([]),
            blocked: Arc::new([]),
            conditions: Arc::new([]),
            cancel_minutes: 0,
            cancel_fees: Arc::new([]),
            priority: Arc::new([]),
            undo_minutes: 10,
            answer_days: 5,
            hold_minutes: 10,
        }
    }
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

    /// Every length that can be booked by step, shortest first.
    pub fn lengths(&self) -> impl Iterator<Item = u32> + use<> {
        let (step, longest) = (self.step(), self.longest());
        std::iter::successors(Some(self.shortest()), move |minutes| minutes.checked_add(step))
            .take_while(move |minutes| *minutes <= longest)
    }

    /// The dates around one that must be known to say whether something that covers it can be booked: that one where
    /// times are booked by step, else from where what ends on it may begin to where what begins on it ends.
    pub fn reach(&self, date: Date) -> (Date, Date) {
        let days = |days: i64| date.checked_add(days.days()).unwrap_or(date);
        let packages = self.packages.iter().map(|package| match *package {
            Package::Weekly { days: lasting, .. } => {
                (days(i64::from(lasting).saturating_neg()), days(lasting.into()))
            }
            // One that has begun is not booked any more.
            Package::Dated { first, last, .. } if first == date => (date, last),
            Package::Dated { .. } => (date, date),
        });
        let stays = self.nights.map(|_| (days(-1), days(1)));
        let all = packages.chain(stays).chain([(date, date)]);
        all.fold((date, date), |(first, last), (from, to)| (first.min(from), last.max(to)))
    }

    /// Whether times are booked by step, so that a schedule of rows can show them.
    pub fn by_step(&self) -> bool {
        self.nights.is_none() && self.packages.is_empty()
    }
}
