use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};
use protocols_ids::{AuthorityId, FacilityId, ResourceId};

use super::{Approval, Blocked, CustomerKind, Effect, Facts, Period, Quota, Rules, Scope, Who};
use crate::request::{Ahead, check_all, check_span};
use crate::{Asked, Occurrence, Place, PurposeKind, Reason, Refusal, Span};

/// Who asks, as far as rules ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asker {
    /// The sort of customer.
    pub kind: CustomerKind,
    /// The customer's price group.
    pub group: Option<String>,
    /// How old the person who books is; `None` where that is not known.
    pub age: Option<u8>,
    /// Whether the customer has had a booking before.
    pub known: bool,
    /// What the customer has already, as far as quotas look.
    pub used: Vec<Used>,
    /// Whether an officer of the facility's authority books, who may go past rules about people and lead times.
    pub officer: bool,
}

/// A time that the customer has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Used {
    /// Of what.
    pub resource: ResourceId,
    /// Where.
    pub facility: FacilityId,
    /// Whose facility.
    pub authority: AuthorityId,
    /// When.
    pub span: Span,
}

/// What is asked for, with all that rules ask about.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub asker: &'a Asker,
    /// What for.
    pub purpose: PurposeKind,
    /// How many take part, where that is said.
    pub persons: Option<u32>,
    /// The times.
    pub asked: &'a [Asked],
}

/// What rules say of a request that they allow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// Its times.
    pub occurrences: Vec<Occurrence>,
    /// Why an officer decides; empty where it is booked at once.
    pub approval: Vec<WhyApproval>,
}

/// Why an officer decides.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WhyApproval {
    /// All requests are decided here.
    Always,
    /// A condition says so, in its words.
    Condition(String),
}

/// Asks about one time of a request all rules that look at one time: all but quotas, conditions and approval.
pub fn judge_one(
    place: &Place,
    request: &Request<'_>,
    one: &Asked,
    now: Timestamp,
) -> Result<Occurrence, Vec<Reason>> {
    let asker = request.asker;
    let checked = check_span(place, one, now, |rules| ahead_of(rules, asker));
    let (Some(resource), Some(rules)) = (place.resource(one.resource), place.rules_of(one)) else {
        return checked;
    };
    let mut reasons = Vec::new();
    if !asker.officer {
        reasons.extend(rules.by_enquiry.then_some(Reason::ByEnquiry));
        reasons.extend(people_reasons(rules, request));
        reasons.extend(working_days_reason(place, rules, one, now));
        reasons.extend(blocked_reason(place, rules, request, one));
    }
    if let Some(most) = resource.persons_max.filter(|most| request.persons.is_some_and(|n| n > *most)) {
        reasons.push(Reason::TooManyPersons { most });
    }
    match checked {
        Ok(occurrence) if reasons.is_empty() => Ok(occurrence),
        Ok(_) => Err(reasons),
        Err(mut others) => {
            others.append(&mut reasons);
            Err(others)
        }
    }
}

/// Asks all rules about a request, as they stand now: what comes of it, or everything that is wrong.
pub fn judge(place: &Place, request: &Request<'_>, now: Timestamp) -> Result<Judged, Vec<Refusal>> {
    let asker = request.asker;
    let occurrences = check_all(request.asked, |one| judge_one(place, request, one, now))?;
    let mut refusals = Vec::new();
    let mut approval = Vec::new();
    let mut read = BTreeMap::new();
    for (occurrence, one) in request.asked.iter().enumerate() {
        let Some(rules) = place.rules_of(one) else { continue };
        if !asker.officer {
            match &rules.approval {
                Approval::Always => approval.push(WhyApproval::Always),
                Approval::Unless(who) if !includes(who, asker) => approval.push(WhyApproval::Always),
                Approval::Unless(_) | Approval::Never => {}
            }
            let reasons = quota_reasons(place, rules, request, &occurrences, one);
            refusals.extend(reasons.map(|reason| Refusal { occurrence, reason }));
        }
        let facts = facts(place, request, one, now);
        for condition in rules.conditions.iter() {
            // One that cannot be answered is an officer's to decide: nothing is let through by a mistake in a rule.
            let read = read.entry(condition.when.as_str()).or_insert_with(|| condition.read());
            let effect = match read.as_ref().map_err(Clone::clone).and_then(|read| read.holds(&facts)) {
                Ok(true) => condition.then,
                Ok(false) => continue,
                Err(_) => Effect::Approve,
            };
            match effect {
                Effect::Refuse if !asker.officer => {
                    let reason = Reason::Condition { say: condition.say.clone() };
                    refusals.push(Refusal { occurrence, reason });
                }
                Effect::Approve if !asker.officer => {
                    approval.push(WhyApproval::Condition(condition.say.clone()));
                }
                Effect::Refuse | Effect::Approve => {}
            }
        }
    }
    approval.sort_unstable();
    approval.dedup();
    if refusals.is_empty() { Ok(Judged { occurrences, approval }) } else { Err(refusals) }
}

fn includes(who: &[Who], asker: &Asker) -> bool {
    who.iter().any(|who| who.includes(asker.kind, asker.group.as_deref()))
}

/// How far ahead an officer books at the earliest, in minutes: three years.
const OFFICER_HORIZON_MINUTES: u32 = 3 * 366 * 24 * 60;

/// How far ahead this customer may book.
fn ahead_of(rules: &Rules, asker: &Asker) -> Ahead {
    if asker.officer {
        return Ahead { lead: 0, horizon: OFFICER_HORIZON_MINUTES };
    }
    let early = rules.early.iter().filter(|early| includes(&early.who, asker));
    let early = early.map(|early| early.horizon_days.saturating_mul(1440)).max().unwrap_or(0);
    Ahead { lead: rules.lead_minutes, horizon: rules.horizon_minutes.max(early) }
}

fn people_reasons(rules: &Rules, request: &Request<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !rules.who.is_empty() && !includes(&rules.who, request.asker) {
        reasons.push(Reason::NotForYou { who: rules.who.to_vec() });
    }
    if !rules.purposes.is_empty() && !rules.purposes.contains(&request.purpose) {
        reasons.push(Reason::OtherPurpose { purposes: rules.purposes.to_vec() });
    }
    if let Some(least) =
        rules.booker_age_min.filter(|least| request.asker.age.is_some_and(|age| age < *least))
    {
        reasons.push(Reason::TooYoung { least });
    }
    reasons
}

/// Booked so many whole working days before: the day itself and the day of booking do not count.
fn working_days_reason(place: &Place, rules: &Rules, one: &Asked, now: Timestamp) -> Option<Reason> {
    let wanted = rules.lead_working_days;
    if wanted == 0 {
        return None;
    }
    let (today, day) = (place.date_of(now), place.date_of(one.starts_at));
    let between = std::iter::successors(today.tomorrow().ok(), |date| date.tomorrow().ok());
    let days = between
        .take_while(|date| *date < day)
        .filter(|date| place.is_working_day(*date))
        .take(usize::try_from(wanted).unwrap_or(usize::MAX))
        .count();
    (u32::try_from(days).unwrap_or(u32::MAX) < wanted).then_some(Reason::TooFewWorkingDays { least: wanted })
}

fn blocked_reason(place: &Place, rules: &Rules, request: &Request<'_>, one: &Asked) -> Option<Reason> {
    let span = Span::lasting(one.starts_at, one.minutes)?;
    let stands = rules
        .blocked
        .iter()
        .find(|blocked| !includes(&blocked.except, request.asker) && blocks(place, blocked, span))?;
    Some(Reason::Blocked { why: stands.reason.clone() })
}

/// What keeps everybody from a span, whoever they are.
pub(crate) fn blocked_for_all<'a>(place: &Place, rules: &'a Rules, span: Span) -> Option<&'a Blocked> {
    rules.blocked.iter().find(|blocked| blocked.except.is_empty() && blocks(place, blocked, span))
}

/// When on a date nobody books, or only some, in the order of the rules.
pub fn blocked_on<'a>(place: &Place, rules: &'a Rules, date: Date) -> Vec<(Span, &'a Blocked)> {
    let stands = rules.blocked.iter().filter(|blocked| blocks_on(blocked, date));
    stands.filter_map(|blocked| Some((stop(place, blocked, date)?, blocked))).collect()
}

/// Whether it holds on a date.
fn blocks_on(blocked: &Blocked, date: Date) -> bool {
    let weekday = date.weekday().to_monday_one_offset();
    blocked.first.is_none_or(|from| from <= date)
        && blocked.last.is_none_or(|to| date <= to)
        && (blocked.weekdays.is_empty() || blocked.weekdays.contains(&weekday))
}

/// Its hours on a date.
fn stop(place: &Place, blocked: &Blocked, date: Date) -> Option<Span> {
    let starts = blocked.starts.map_or(0, super::Minute::of_day);
    let ends = blocked.ends.map_or(1440, super::Minute::of_day);
    place.between(date, starts, ends)
}

/// Whether a span has an instant at which nobody books.
pub(crate) fn blocks(place: &Place, blocked: &Blocked, span: Span) -> bool {
    let (first, last) = (place.date_of(span.starts_at()), place.date_of(span.ends_at()));
    let dates =
        std::iter::successors(Some(first), |date| date.tomorrow().ok()).take_while(|date| *date <= last);
    dates
        .filter(|date| blocks_on(blocked, *date))
        .any(|date| stop(place, blocked, date).is_some_and(|stop| stop.overlaps(span)))
}

fn quota_reasons(
    place: &Place,
    rules: &Rules,
    request: &Request<'_>,
    new: &[Occurrence],
    one: &Asked,
) -> impl Iterator<Item = Reason> {
    let day = place.date_of(one.starts_at);
    let of_quota = move |(scope, quota): &(Scope, Quota)| {
        if !quota.who.is_empty() && !includes(&quota.who, request.asker) {
            return None;
        }
        let counts = |span: Span| in_period(quota.per, day, place.date_of(span.starts_at()));
        let had = request.asker.used.iter().filter(|used| covers(*scope, used)).map(|used| used.span);
        let asked = new.iter().filter(|new| match scope {
            Scope::Resource(resource) => new.resource() == *resource,
            Scope::Facility(facility) => {
                place.resource(new.resource()).is_some_and(|resource| resource.facility == *facility)
            }
            Scope::Authority(_) | Scope::Tenant => true,
        });
        let spans = had.chain(asked.map(Occurrence::span)).filter(|span| counts(*span));
        let (times, minutes) = spans.fold((0_u32, 0_u32), |(times, minutes), span| {
            (times.saturating_add(1), minutes.saturating_add(span.minutes()))
        });
        let over =
            quota.times.is_some_and(|most| times > most) || quota.minutes.is_some_and(|most| minutes > most);
        over.then(|| Reason::OverQuota { quota: quota.clone() })
    };
    rules.quotas.iter().filter_map(of_quota).collect::<Vec<_>>().into_iter()
}

fn covers(scope: Scope, used: &Used) -> bool {
    match scope {
        Scope::Tenant => true,
        Scope::Authority(authority) => used.authority == authority,
        Scope::Facility(facility) => used.facility == facility,
        Scope::Resource(resource) => used.resource == resource,
    }
}

/// Whether a date is in the same period as the day that is asked for.
fn in_period(period: Period, day: Date, date: Date) -> bool {
    match period {
        Period::Day => date == day,
        Period::Week => monday(date) == monday(day),
        Period::Month => (date.year(), date.month()) == (day.year(), day.month()),
        Period::Year => date.year() == day.year(),
        Period::Ahead => true,
    }
}

/// The Monday of a date's week.
pub fn monday(date: Date) -> Date {
    let back = i64::from(date.weekday().since(Weekday::Monday));
    date.checked_sub(back.days()).unwrap_or(date)
}

fn facts(place: &Place, request: &Request<'_>, one: &Asked, now: Timestamp) -> Facts {
    let clock = place.time_zone.to_datetime(one.starts_at);
    let (today, day) = (place.date_of(now), clock.date());
    let ahead = day.since(today).map_or(0, |span| i64::from(span.get_days()));
    Facts {
        minutes: one.minutes,
        weekday: day.weekday().to_monday_one_offset(),
        date: day.to_string(),
        starts: format!("{:02}:{:02}", clock.hour(), clock.minute()),
        days_ahead: ahead,
        holiday: place.holidays.contains(&day),
        purpose: request.purpose,
        customer: request.asker.kind,
        group: request.asker.group.clone().unwrap_or_default(),
        new_customer: !request.asker.known,
        age: request.asker.age.unwrap_or(0),
        persons: request.persons.unwrap_or(0),
        times: u32::try_from(request.asked.len()).unwrap_or(u32::MAX),
    }
}
