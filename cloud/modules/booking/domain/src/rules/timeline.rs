//! Layers of one scope after each other in time, and what of them differs.

use jiff::civil::Date;

use super::{Layer, Parameters, RuleBook, Rules};

/// What of a layer still holds when another takes its place from `first` to `last`: before it and after it.
pub fn cut(layer: &Layer, first: Date, last: Option<Date>) -> (Option<Layer>, Option<Layer>) {
    let until = first.yesterday().ok().filter(|until| *until >= layer.first);
    let before = until
        .map(|until| Layer { last: Some(layer.last.map_or(until, |old| old.min(until))), ..layer.clone() });
    let from = last.and_then(|last| last.tomorrow().ok()).map(|from| from.max(layer.first));
    let after = from
        .filter(|from| layer.last.is_none_or(|old| *from <= old))
        .map(|from| Layer { first: from, ..layer.clone() });
    (before, after)
}

/// Whether two layers hold on some day both.
pub fn meets(one: &Layer, first: Date, last: Option<Date>) -> bool {
    last.is_none_or(|last| one.first <= last) && one.last.is_none_or(|old| first <= old)
}

/// One thing that rules say, in the order in which people read them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Parameter {
    /// [`Rules::step_minutes`].
    Step,
    /// [`Rules::shortest_minutes`].
    Shortest,
    /// [`Rules::longest_minutes`].
    Longest,
    /// [`Rules::nights`].
    Nights,
    /// [`Rules::packages`].
    Packages,
    /// [`Rules::lead_minutes`].
    Lead,
    /// [`Rules::lead_working_days`].
    LeadWorkingDays,
    /// [`Rules::horizon_minutes`].
    Horizon,
    /// [`Rules::early`].
    Early,
    /// [`Rules::who`].
    Who,
    /// [`Rules::purposes`].
    Purposes,
    /// [`Rules::booker_age_min`].
    BookerAge,
    /// [`Rules::by_enquiry`].
    Enquiry,
    /// [`Rules::approval`].
    Approval,
    /// [`Rules::decided_within`].
    DecidedWithin,
    /// [`Rules::priority`].
    Priority,
    /// [`Rules::quotas`].
    Quotas,
    /// [`Rules::blocked`].
    Blocked,
    /// [`Rules::conditions`].
    Conditions,
    /// [`Rules::cancel_minutes`].
    Cancel,
    /// [`Rules::cancel_fees`].
    CancelFees,
    /// [`Rules::undo_minutes`].
    Undo,
    /// [`Rules::answer_days`].
    Answer,
    /// [`Rules::hold_minutes`].
    Hold,
}

impl Parameter {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::Step,
        Self::Shortest,
        Self::Longest,
        Self::Nights,
        Self::Packages,
        Self::Lead,
        Self::LeadWorkingDays,
        Self::Horizon,
        Self::Early,
        Self::Who,
        Self::Purposes,
        Self::BookerAge,
        Self::Enquiry,
        Self::Approval,
        Self::DecidedWithin,
        Self::Priority,
        Self::Quotas,
        Self::Blocked,
        Self::Conditions,
        Self::Cancel,
        Self::CancelFees,
        Self::Undo,
        Self::Answer,
        Self::Hold,
    ];

    /// Whether a layer says it.
    pub const fn is_said(self, by: &Parameters) -> bool {
        match self {
            Self::Step => by.step_minutes.is_some(),
            Self::Shortest => by.shortest_minutes.is_some(),
            Self::Longest => by.longest_minutes.is_some(),
            Self::Nights => by.nights.is_some(),
            Self::Packages => by.packages.is_some(),
            Self::Lead => by.lead_minutes.is_some(),
            Self::LeadWorkingDays => by.lead_working_days.is_some(),
            Self::Horizon => by.horizon_days.is_some(),
            Self::Early => by.early.is_some(),
            Self::Who => by.who.is_some(),
            Self::Purposes => by.purposes.is_some(),
            Self::BookerAge => by.booker_age_min.is_some(),
            Self::Enquiry => by.by_enquiry.is_some(),
            Self::Approval => by.approval.is_some(),
            Self::DecidedWithin => by.decided_within_working_days.is_some(),
            Self::Priority => by.priority.is_some(),
            Self::Quotas => by.quotas.is_some(),
            Self::Blocked => by.blocked.is_some(),
            Self::Conditions => by.conditions.is_some(),
            Self::Cancel => by.cancel_minutes.is_some(),
            Self::CancelFees => by.cancel_fees.is_some(),
            Self::Undo => by.undo_minutes.is_some(),
            Self::Answer => by.answer_days.is_some(),
            Self::Hold => by.hold_minutes.is_some(),
        }
    }

    /// Whether two sets of rules say different things of it.
    pub fn differs(self, one: &Rules, other: &Rules) -> bool {
        match self {
            Self::Step => one.step_minutes != other.step_minutes,
            Self::Shortest => one.shortest_minutes != other.shortest_minutes,
            Self::Longest => one.longest_minutes != other.longest_minutes,
            Self::Nights => one.nights != other.nights,
            Self::Packages => one.packages != other.packages,
            Self::Lead => one.lead_minutes != other.lead_minutes,
            Self::LeadWorkingDays => one.lead_working_days != other.lead_working_days,
            Self::Horizon => one.horizon_minutes != other.horizon_minutes,
            Self::Early => one.early != other.early,
            Self::Who => one.who != other.who,
            Self::Purposes => one.purposes != other.purposes,
            Self::BookerAge => one.booker_age_min != other.booker_age_min,
            Self::Enquiry => one.by_enquiry != other.by_enquiry,
            Self::Approval => one.approval != other.approval,
            Self::DecidedWithin => one.decided_within != other.decided_within,
            Self::Priority => one.priority != other.priority,
            Self::Quotas => one.quotas != other.quotas,
            Self::Blocked => one.blocked != other.blocked,
            Self::Conditions => one.conditions != other.conditions,
            Self::Cancel => one.cancel_minutes != other.cancel_minutes,
            Self::CancelFees => one.cancel_fees != other.cancel_fees,
            Self::Undo => one.undo_minutes != other.undo_minutes,
            Self::Answer => one.answer_days != other.answer_days,
            Self::Hold => one.hold_minutes != other.hold_minutes,
        }
    }
}

/// Days on which something is said otherwise than before.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference<'a> {
    /// The first of them.
    pub first: Date,
    /// The last of them; `None` is until further notice.
    pub last: Option<Date>,
    /// What.
    pub what: Vec<Parameter>,
    /// What held.
    pub before: &'a Rules,
    /// What will hold.
    pub after: &'a Rules,
}

/// Where two books differ, from `first` on, in order.
pub fn differences<'a>(before: &'a RuleBook, after: &'a RuleBook, first: Date) -> Vec<Difference<'a>> {
    let mut starts: Vec<Date> = std::iter::once(first)
        .chain(before.changes().chain(after.changes()).filter(|date| *date > first))
        .collect();
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|next| next.yesterday().ok()).chain([None]);
    let mut found: Vec<Difference<'a>> = Vec::new();
    for (start, end) in starts.iter().zip(ends) {
        let (old, new) = (before.on(*start), after.on(*start));
        let what: Vec<Parameter> =
            Parameter::ALL.into_iter().filter(|parameter| parameter.differs(old, new)).collect();
        if what.is_empty() {
            continue;
        }
        // Two pieces with the same to say are one.
        if let Some(last) = found.last_mut()
            && last.last.and_then(|day| day.tomorrow().ok()) == Some(*start)
            && last.what == what
            && what.iter().all(|one| !one.differs(last.before, old) && !one.differs(last.after, new))
        {
            last.last = end;
            continue;
        }
        found.push(Difference { first: *start, last: end, what, before: old, after: new });
    }
    found
}
