//! Rules in words: what a booking must keep to, what cancelling costs, when nobody books.

use booking_domain::{
    Approval, Blocked, CancelFee, Due, Effect, Minute, Package, Parameter, Priority, PurposeKind, Rules,
};
use cloud_contracts::Resource;
use cloud_ui::{Lang, amount, date_words, duration, t};
use jiff::civil::Date;

use super::words::{age_group_name, purpose_kind_name, quota_words, whom};

/// A weekday, 1 is Monday.
pub(in crate::pages) fn weekday(lang: Lang, number: i8) -> String {
    t(lang, "time-weekday", &[("number", &number)])
}

/// Purposes within a sentence.
pub(in crate::pages) fn purposes_words(lang: Lang, purposes: &[PurposeKind]) -> String {
    let names: Vec<String> =
        purposes.iter().map(|kind| purpose_kind_name(lang, *kind).to_lowercase()).collect();
    names.join(", ")
}

/// The terms of cancellation, a sentence each: until when one cancels by oneself, and what it costs. Those of one purpose,
/// or, where that is not known yet, of all.
pub(in crate::pages) fn terms(lang: Lang, rules: &Rules, purpose: Option<PurposeKind>) -> Vec<String> {
    let mut said = Vec::new();
    if rules.cancel_minutes > 0 {
        said.push(t(lang, "booking-rule-cancel", &[("length", &duration(lang, rules.cancel_minutes))]));
    }
    let steps: Vec<&CancelFee> = match purpose {
        Some(purpose) => booking_domain::cancel_terms(rules, purpose),
        None => rules.cancel_fees.iter().collect(),
    };
    if steps.is_empty() {
        said.push(t(lang, "booking-term-free", &[]));
    }
    said.extend(steps.into_iter().map(|step| fee_words(lang, step, purpose.is_none())));
    said
}

/// One step of the terms: `Avbokar du mindre än 3 dagar före kostar det vad tiden kostar`.
pub(in crate::pages) fn fee_words(lang: Lang, fee: &CancelFee, with_purposes: bool) -> String {
    let due = match fee.due() {
        Due::Sum { ore } => amount(lang, i64::try_from(ore).unwrap_or(i64::MAX)),
        Due::OfPrice { percent: 100 } => t(lang, "booking-term-price", &[]),
        Due::OfPrice { percent } => t(lang, "booking-term-share", &[("percent", &percent)]),
    };
    let mut words = t(lang, "booking-term-fee", &[("days", &fee.less_than_days), ("due", &due)]);
    if with_purposes && !fee.purposes.is_empty() {
        let who = purposes_words(lang, &fee.purposes);
        words = t(lang, "booking-rule-for", &[("rule", &words), ("who", &who)]);
    }
    for (from, to) in &fee.pays_as {
        words = format!("{words}. {}", t(lang, "booking-term-pays-as", &[("from", from), ("to", to)]));
    }
    words
}

/// When nobody books, and why: `torsdag, 17:00–19:00: Skolan har prov`.
pub(in crate::pages) fn blocked_words(lang: Lang, blocked: &Blocked, today: Date) -> String {
    let day = |date| date_words(lang, date, today);
    let mut when = Vec::new();
    match (blocked.first, blocked.last) {
        (Some(first), Some(last)) if first == last => when.push(day(first)),
        (Some(first), Some(last)) => {
            when.push(t(lang, "booking-rules-dates", &[("first", &day(first)), ("last", &day(last))]));
        }
        (Some(first), None) => when.push(t(lang, "booking-blocked-from", &[("day", &day(first))])),
        (None, Some(last)) => when.push(t(lang, "booking-blocked-until", &[("day", &day(last))])),
        (None, None) => {}
    }
    if !blocked.weekdays.is_empty() {
        let days: Vec<String> = blocked.weekdays.iter().map(|number| weekday(lang, *number)).collect();
        when.push(days.join(", "));
    }
    if blocked.starts.is_some() || blocked.ends.is_some() {
        let clock =
            |minute: Option<Minute>, or: &str| minute.map_or(or.to_owned(), |minute| minute.to_string());
        when.push(format!("{}–{}", clock(blocked.starts, "00:00"), clock(blocked.ends, "24:00")));
    }
    let when = if when.is_empty() { t(lang, "booking-blocked-always", &[]) } else { when.join(", ") };
    let mut words = t(lang, "booking-blocked-when", &[("when", &when), ("why", &blocked.reason)]);
    if !blocked.except.is_empty() {
        let who = whom(lang, &blocked.except);
        words = format!("{words}. {}", t(lang, "booking-blocked-except", &[("who", &who)]));
    }
    words
}

/// A group that goes first: `Barn och ungdom: föreningar, barn, ungdomar`.
fn priority_words(lang: Lang, group: &Priority) -> String {
    let mut which = Vec::new();
    if !group.who.is_empty() {
        which.push(whom(lang, &group.who));
    }
    if !group.purposes.is_empty() {
        which.push(purposes_words(lang, &group.purposes));
    }
    if !group.ages.is_empty() {
        let ages: Vec<String> =
            group.ages.iter().map(|age| age_group_name(lang, *age).to_lowercase()).collect();
        which.push(ages.join("; "));
    }
    if which.is_empty() { group.name.clone() } else { format!("{} ({})", group.name, which.join("; ")) }
}

/// Each rule that says something, in a sentence; with what is peculiar to a resource, where they are one's.
pub(in crate::pages) fn sentences(
    lang: Lang,
    rules: &Rules,
    resource: Option<&Resource>,
    today: Date,
) -> Vec<String> {
    let mut said = Vec::new();
    for parameter in [Parameter::Nights, Parameter::Packages] {
        said.extend(sentence(lang, parameter, rules));
    }
    if rules.by_step() {
        said.push(t(lang, "booking-error-length-step", &[("minutes", &rules.step())]));
        let (shortest, longest) = (duration(lang, rules.shortest()), duration(lang, rules.longest()));
        said.push(t(lang, "booking-rule-lengths", &[("shortest", &shortest), ("longest", &longest)]));
    }
    if let Some(resource) = resource.filter(|one| one.before_minutes > 0 || one.after_minutes > 0) {
        let (before, after) = (resource.before_minutes, resource.after_minutes);
        said.push(t(lang, "booking-rule-buffer", &[("before", &before), ("after", &after)]));
    }
    for parameter in [Parameter::Lead, Parameter::LeadWorkingDays, Parameter::Horizon] {
        said.extend(sentence(lang, parameter, rules));
    }
    for early in rules.early.iter() {
        let rule = t(lang, "booking-rule-horizon", &[("days", &early.horizon_days)]);
        said.push(t(lang, "booking-rule-for", &[("rule", &rule), ("who", &whom(lang, &early.who))]));
    }
    for parameter in [Parameter::Who, Parameter::Purposes, Parameter::BookerAge] {
        said.extend(sentence(lang, parameter, rules));
    }
    if let Some(most) = resource.and_then(|resource| resource.persons_max) {
        said.push(t(lang, "booking-error-too-many", &[("most", &most)]));
    }
    said.extend(sentence(lang, Parameter::Enquiry, rules));
    said.extend(sentence(lang, Parameter::Approval, rules));
    if rules.approval != Approval::Never {
        said.extend(sentence(lang, Parameter::DecidedWithin, rules));
        said.extend(sentence(lang, Parameter::Priority, rules));
    }
    said.extend(rules.quotas.iter().map(|(_, quota)| quota_words(lang, quota)));
    // What is over is of no use to anybody.
    let coming = rules.blocked.iter().filter(|blocked| blocked.last.is_none_or(|last| last >= today));
    said.extend(coming.map(|blocked| blocked_words(lang, blocked, today)));
    said.extend(rules.conditions.iter().map(|condition| condition.say.clone()));
    said.extend(terms(lang, rules, None));
    said
}

/// A rule that is one sentence; `None` where it says nothing.
fn sentence(lang: Lang, parameter: Parameter, rules: &Rules) -> Option<String> {
    Some(match parameter {
        Parameter::Nights => {
            let nights = rules.nights?;
            t(
                lang,
                "booking-error-stay",
                &[
                    ("arrive", &nights.arrive.to_string()),
                    ("leave", &nights.leave.to_string()),
                    ("most", &nights.most),
                ],
            )
        }
        Parameter::Packages if rules.packages.is_empty() => return None,
        Parameter::Packages => {
            let names: Vec<&str> = rules.packages.iter().map(Package::name).collect();
            t(lang, "booking-error-package", &[("names", &names.join(", "))])
        }
        Parameter::Lead if rules.lead_minutes == 0 => return None,
        Parameter::Lead => t(lang, "booking-rule-lead", &[("length", &duration(lang, rules.lead_minutes))]),
        Parameter::LeadWorkingDays if rules.lead_working_days == 0 => return None,
        Parameter::LeadWorkingDays => {
            t(lang, "booking-error-working-days", &[("days", &rules.lead_working_days)])
        }
        Parameter::Horizon => t(lang, "booking-rule-horizon", &[("days", &(rules.horizon_minutes / 1440))]),
        Parameter::Who if rules.who.is_empty() => return None,
        Parameter::Who => t(lang, "booking-error-who", &[("who", &whom(lang, &rules.who))]),
        Parameter::Purposes if rules.purposes.is_empty() => return None,
        Parameter::Purposes => {
            t(lang, "booking-error-purposes", &[("purposes", &purposes_words(lang, &rules.purposes))])
        }
        Parameter::BookerAge => t(lang, "booking-error-age", &[("age", &rules.booker_age_min?)]),
        Parameter::Enquiry if !rules.by_enquiry => return None,
        Parameter::Enquiry => t(lang, "enquiry-rule", &[]),
        Parameter::Approval => match &rules.approval {
            Approval::Never => t(lang, "booking-rule-direct", &[]),
            Approval::Always => t(lang, "booking-rule-approval", &[]),
            Approval::Unless(who) => t(lang, "booking-rule-approval-unless", &[("who", &whom(lang, who))]),
        },
        Parameter::DecidedWithin => {
            let (usual, new) = rules.decided_within?;
            t(lang, "booking-rule-decided", &[("days", &usual), ("new", &new)])
        }
        Parameter::Priority if rules.priority.is_empty() => return None,
        Parameter::Priority => {
            let groups: Vec<String> =
                rules.priority.iter().map(|group| priority_words(lang, group)).collect();
            t(lang, "booking-rule-priority", &[("groups", &groups.join(", "))])
        }
        Parameter::Step
        | Parameter::Shortest
        | Parameter::Longest
        | Parameter::Early
        | Parameter::Quotas
        | Parameter::Blocked
        | Parameter::Conditions
        | Parameter::Cancel
        | Parameter::CancelFees
        | Parameter::Undo
        | Parameter::Answer
        | Parameter::Hold => return None,
    })
}

/// What a parameter is called.
pub(in crate::pages) fn name(lang: Lang, parameter: Parameter) -> String {
    match parameter {
        Parameter::Step => t(lang, "booking-parameter-step", &[]),
        Parameter::Shortest => t(lang, "booking-parameter-shortest", &[]),
        Parameter::Longest => t(lang, "booking-parameter-longest", &[]),
        Parameter::Nights => t(lang, "booking-parameter-nights", &[]),
        Parameter::Packages => t(lang, "booking-parameter-packages", &[]),
        Parameter::Lead => t(lang, "booking-parameter-lead", &[]),
        Parameter::LeadWorkingDays => t(lang, "booking-parameter-working-days", &[]),
        Parameter::Horizon => t(lang, "booking-parameter-horizon", &[]),
        Parameter::Early => t(lang, "booking-parameter-early", &[]),
        Parameter::Who => t(lang, "booking-parameter-who", &[]),
        Parameter::Purposes => t(lang, "booking-parameter-purposes", &[]),
        Parameter::BookerAge => t(lang, "booking-parameter-age", &[]),
        Parameter::Enquiry => t(lang, "enquiry-parameter", &[]),
        Parameter::Approval => t(lang, "booking-parameter-approval", &[]),
        Parameter::DecidedWithin => t(lang, "booking-parameter-decided", &[]),
        Parameter::Priority => t(lang, "booking-parameter-priority", &[]),
        Parameter::Quotas => t(lang, "booking-parameter-quotas", &[]),
        Parameter::Blocked => t(lang, "booking-parameter-blocked", &[]),
        Parameter::Conditions => t(lang, "booking-parameter-conditions", &[]),
        Parameter::Cancel => t(lang, "booking-parameter-cancel", &[]),
        Parameter::CancelFees => t(lang, "booking-parameter-cancel-fees", &[]),
        Parameter::Undo => t(lang, "booking-parameter-undo", &[]),
        Parameter::Answer => t(lang, "booking-parameter-answer", &[]),
        Parameter::Hold => t(lang, "booking-parameter-hold", &[]),
    }
}

/// What a parameter is, in a few words: `2 tim`, `ingen`. Never empty.
pub(in crate::pages) fn value(lang: Lang, parameter: Parameter, rules: &Rules, today: Date) -> String {
    let none = || t(lang, "booking-value-none", &[]);
    let listed = |all: Vec<String>| if all.is_empty() { none() } else { all.join("; ") };
    match parameter {
        Parameter::Step => duration(lang, rules.step()),
        Parameter::Shortest => duration(lang, rules.shortest_minutes),
        Parameter::Longest => duration(lang, rules.longest_minutes),
        Parameter::Lead if rules.lead_minutes == 0 => t(lang, "booking-value-until-start", &[]),
        Parameter::Lead => {
            t(lang, "booking-value-before", &[("length", &duration(lang, rules.lead_minutes))])
        }
        Parameter::LeadWorkingDays if rules.lead_working_days == 0 => none(),
        Parameter::LeadWorkingDays => {
            t(lang, "booking-value-working-days", &[("days", &rules.lead_working_days)])
        }
        Parameter::Horizon => t(lang, "booking-value-days", &[("days", &(rules.horizon_minutes / 1440))]),
        Parameter::Who if rules.who.is_empty() => t(lang, "booking-value-everybody", &[]),
        Parameter::Who => whom(lang, &rules.who),
        Parameter::Purposes if rules.purposes.is_empty() => t(lang, "booking-value-anything", &[]),
        Parameter::Purposes => purposes_words(lang, &rules.purposes),
        Parameter::BookerAge => match rules.booker_age_min {
            Some(age) => t(lang, "booking-value-years", &[("age", &age)]),
            None => none(),
        },
        Parameter::Enquiry if rules.by_enquiry => t(lang, "enquiry-rule", &[]),
        Parameter::Enquiry => t(lang, "enquiry-value-no", &[]),
        Parameter::DecidedWithin => match rules.decided_within {
            Some((days, new)) => t(lang, "booking-value-decided", &[("days", &days), ("new", &new)]),
            None => t(lang, "booking-value-no-promise", &[]),
        },
        Parameter::Undo => duration(lang, rules.undo_minutes),
        Parameter::Answer => t(lang, "booking-value-days", &[("days", &rules.answer_days)]),
        Parameter::Hold => duration(lang, rules.hold_minutes),
        Parameter::Cancel if rules.cancel_minutes == 0 => t(lang, "booking-value-until-end", &[]),
        Parameter::Cancel => {
            t(lang, "booking-value-before", &[("length", &duration(lang, rules.cancel_minutes))])
        }
        Parameter::Approval | Parameter::Nights | Parameter::Packages | Parameter::Priority => {
            sentence(lang, parameter, rules).unwrap_or_else(none)
        }
        Parameter::Early => listed(
            rules
                .early
                .iter()
                .map(|early| {
                    let days = t(lang, "booking-value-days", &[("days", &early.horizon_days)]);
                    format!("{}: {days}", whom(lang, &early.who))
                })
                .collect(),
        ),
        Parameter::Quotas => listed(rules.quotas.iter().map(|(_, quota)| quota_words(lang, quota)).collect()),
        Parameter::Blocked => {
            listed(rules.blocked.iter().map(|blocked| blocked_words(lang, blocked, today)).collect())
        }
        Parameter::Conditions => listed(
            rules
                .conditions
                .iter()
                .map(|condition| match condition.then {
                    Effect::Refuse => {
                        t(lang, "booking-value-refuse", &[("when", &condition.when), ("say", &condition.say)])
                    }
                    Effect::Approve => t(
                        lang,
                        "booking-value-approve",
                        &[("when", &condition.when), ("say", &condition.say)],
                    ),
                })
                .collect(),
        ),
        Parameter::CancelFees => {
            listed(rules.cancel_fees.iter().map(|fee| fee_words(lang, fee, true)).collect())
        }
    }
}
