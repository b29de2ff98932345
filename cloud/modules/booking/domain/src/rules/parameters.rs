use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{CancelFee, Condition, ConditionError, Priority, Rules, Scope};
use crate::{PurposeKind, SPAN_MINUTES_MAX};

/// Entries in one list of parameters at most: more is a list that nobody reads.
const LIST_MAX: usize = 50;
/// A text in the rules at most, in characters: a sentence or two.
const TEXT_CHARS_MAX: usize = 300;
/// The longest lead or horizon, in minutes: three years.
const AHEAD_MINUTES_MAX: u32 = 3 * 366 * 24 * 60;
/// The longest hold, in minutes: what is kept for somebody who went away is kept from everybody else.
const HOLD_MINUTES_MAX: u32 = 60;
/// The dearest cancellation, in kronor: beyond it somebody has typed öre.
const KR_MAX: u32 = 1_000_000;
/// The code of a price group at most, in characters.
const GROUP_CHARS_MAX: usize = 40;
/// The longest span of a package or a stay, in days: a season.
const DAYS_MAX: i64 = 366;

/// The longest time in which a mass change can be undone, in minutes: people wait for the word that long.
const UNDO_MINUTES_MAX: u32 = 60;
/// The longest time for an answer to an offer, in days: space is kept for it that long.
const ANSWER_DAYS_MAX: u32 = 60;

/// What one layer says; `None` is silent.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// [`Rules::step_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_minutes: Option<u32>,
    /// [`Rules::shortest_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortest_minutes: Option<u32>,
    /// [`Rules::longest_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_minutes: Option<u32>,
    /// [`Rules::lead_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_minutes: Option<u32>,
    /// [`Rules::lead_working_days`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_working_days: Option<u32>,
    /// [`Rules::horizon_minutes`], in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub horizon_days: Option<u32>,
    /// [`Rules::nights`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nights: Option<Nights>,
    /// [`Rules::packages`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packages: Option<Vec<Package>>,
    /// [`Rules::by_enquiry`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_enquiry: Option<bool>,
    /// [`Rules::booker_age_min`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booker_age_min: Option<u8>,
    /// [`Rules::who`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<Vec<Who>>,
    /// [`Rules::purposes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purposes: Option<Vec<PurposeKind>>,
    /// [`Rules::approval`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// The first of [`Rules::decided_within`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_within_working_days: Option<u32>,
    /// The second of [`Rules::decided_within`]; without it the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_new_within_working_days: Option<u32>,
    /// [`Rules::quotas`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quotas: Option<Vec<Quota>>,
    /// [`Rules::early`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early: Option<Vec<Early>>,
    /// [`Rules::blocked`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Vec<Blocked>>,
    /// [`Rules::conditions`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// [`Rules::cancel_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_minutes: Option<u32>,
    /// [`Rules::cancel_fees`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_fees: Option<Vec<CancelFee>>,
    /// [`Rules::priority`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Vec<Priority>>,
    /// [`Rules::undo_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo_minutes: Option<u32>,
    /// [`Rules::answer_days`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_days: Option<u32>,
    /// [`Rules::hold_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_minutes: Option<u32>,
}

/// A minute of the day, written `15:00`; `24:00` is midnight at its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Minute(u16);

impl Minute {
    /// After midnight, 0 to 1440.
    pub const fn of_day(self) -> u16 {
        self.0
    }
}

impl FromStr for Minute {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not a time such as 15:00");
        let (hour, minute) = text.split_once([':', '.']).ok_or_else(wrong)?;
        let number = |digits: &str| {
            let plain = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|_| plain)
        };
        let (hour, minute) = number(hour).zip(number(minute)).ok_or_else(wrong)?;
        let minutes =
            hour.checked_mul(60).and_then(|of_hours| of_hours.checked_add(minute)).ok_or_else(wrong)?;
        if minute < 60 && minutes <= 24 * 60 { Ok(Self(minutes)) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for Minute {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Minute> for String {
    fn from(minute: Minute) -> Self {
        minute.to_string()
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = (self.0.div_euclid(60), self.0.rem_euclid(60));
        write!(f, "{hour:02}:{minute:02}")
    }
}

/// Booked by night: from a clock on the day of arrival to a clock on the day of departure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nights {
    /// From.
    pub arrive: Minute,
    /// To.
    pub leave: Minute,
    /// Nights at most.
    pub most: u32,
}

/// A span that is booked whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Package {
    /// Every week.
    Weekly {
        /// What people call it: `Helg`.
        name: String,
        /// 1 is Monday, 7 is Sunday.
        weekday: i8,
        /// From, on that day.
        starts: Minute,
        /// Until, so many days later.
        days: u8,
        /// Until, on that later day.
        ends: Minute,
    },
    /// Once: from the first day's midnight to the last day's.
    Dated {
        /// What people call it: `Säsong 2027`.
        name: String,
        /// The first day.
        first: Date,
        /// The last day, which is in it.
        last: Date,
    },
}

impl Package {
    /// What people call it.
    pub fn name(&self) -> &str {
        match self {
            Self::Weekly { name, .. } | Self::Dated { name, .. } => name,
        }
    }
}

/// The sort of a customer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CustomerKind {
    /// Somebody on their own account.
    Person,
    /// A club.
    Association,
    /// A company.
    Company,
    /// A school or another unit of the municipality.
    Unit,
}

impl CustomerKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Person, Self::Association, Self::Company, Self::Unit];

    /// As rules write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Association => "association",
            Self::Company => "company",
            Self::Unit => "unit",
        }
    }
}

/// Customers that a rule is about: a sort of them, or a price group, written `group:` and its code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Who {
    /// All of a sort.
    Kind(CustomerKind),
    /// All of a price group.
    Group(String),
}

impl Who {
    /// Whether a customer is one of them.
    pub fn includes(&self, kind: CustomerKind, group: Option<&str>) -> bool {
        match self {
            Self::Kind(wanted) => *wanted == kind,
            Self::Group(wanted) => Some(wanted.as_str()) == group,
        }
    }
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(group) = text.strip_prefix("group:") {
            let plain = is_code(group);
            return if plain {
                Ok(Self::Group(group.to_owned()))
            } else {
                Err("a group needs its code".to_owned())
            };
        }
        let kind = CustomerKind::ALL.into_iter().find(|kind| kind.key() == text);
        kind.map(Self::Kind).ok_or_else(|| {
            format!("\"{text}\" is none of person, association, company, unit, group:<price group>")
        })
    }
}

impl TryFrom<String> for Who {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Who> for String {
    fn from(who: Who) -> Self {
        who.to_string()
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => f.write_str(kind.key()),
            Self::Group(code) => write!(f, "group:{code}"),
        }
    }
}

/// Whether an officer decides.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// It is booked at once.
    Never,
    /// Every request is decided.
    Always,
    /// Every request but those of these customers.
    Unless(Vec<Who>),
}

/// How much a customer may have.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Minutes at most; `None` is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// Times at most; `None` is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// In what.
    pub per: Period,
    /// Whom it is for; empty is everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<Who>,
}

/// What a quota is counted over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// A day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A month of the calendar.
    Month,
    /// A year of the calendar.
    Year,
    /// All that is to come.
    Ahead,
}

/// Some customers may book earlier than others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Early {
    /// Who.
    pub who: Vec<Who>,
    /// How many days ahead at the earliest.
    pub horizon_days: u32,
}

/// When nobody books.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocked {
    /// From this day on; `None` is always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Date>,
    /// Until this day, which is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Date>,
    /// On these days of the week, 1 is Monday; empty is every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<i8>,
    /// From this time of each day; `None` is midnight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Minute>,
    /// Until this time of each day; `None` is midnight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Minute>,
    /// Why, in words.
    pub reason: String,
    /// Who may book all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Who>,
}

/// Why parameters cannot be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParametersError {
    /// A value that cannot be.
    #[error("{key}: {what}")]
    Value {
        /// Which parameter.
        key: &'static str,
        /// What is wrong, in words.
        what: String,
    },
    /// A condition that cannot be used.
    #[error("condition {number}")]
    Condition {
        /// Which, from 1.
        number: usize,
        /// Why.
        #[source]
        source: ConditionError,
    },
}

impl Parameters {
    /// Whether nothing is said.
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses what no rule can be.
    pub fn validate(&self) -> Result<(), ParametersError> {
        let value = |key, what: &str| Err(ParametersError::Value { key, what: what.to_owned() });
        if self.step_minutes.is_some_and(|step| !(5..=1440).contains(&step)) {
            return value("step_minutes", "must be from 5 to 1440");
        }
        if self.shortest_minutes == Some(0) {
            return value("shortest_minutes", "must be at least 1");
        }
        if self.longest_minutes.is_some_and(|longest| longest == 0 || longest > SPAN_MINUTES_MAX) {
            return value(
                "longest_minutes",
                &format!("must be from 1 to {SPAN_MINUTES_MAX}, which is a week"),
            );
        }
        if self
            .shortest_minutes
            .zip(self.longest_minutes)
            .is_some_and(|(shortest, longest)| shortest > longest)
        {
            return value("longest_minutes", "must not be less than shortest_minutes");
        }
        for (key, minutes) in [("lead_minutes", self.lead_minutes), ("cancel_minutes", self.cancel_minutes)] {
            if minutes.is_some_and(|minutes| minutes > AHEAD_MINUTES_MAX) {
                return value(key, "must not be more than three years");
            }
        }
        if self.hold_minutes.is_some_and(|minutes| !(1..=HOLD_MINUTES_MAX).contains(&minutes)) {
            return value("hold_minutes", "must be from 1 to 60");
        }
        if self.lead_working_days.is_some_and(|days| days > 250) {
            return value("lead_working_days", "must not be more than 250");
        }
        if self.horizon_days.is_some_and(|days| days == 0 || days > AHEAD_MINUTES_MAX / 1440) {
            return value("horizon_days", "must be from 1 to 1098, which is three years");
        }
        if self.booker_age_min.is_some_and(|age| age > 120) {
            return value("booker_age_min", "must not be more than 120");
        }
        if self.undo_minutes.is_some_and(|minutes| minutes > UNDO_MINUTES_MAX) {
            return value("undo_minutes", "must not be more than 60: nobody is told of a change before that");
        }
        if self.answer_days.is_some_and(|days| !(1..=ANSWER_DAYS_MAX).contains(&days)) {
            return value("answer_days", "must be from 1 to 60");
        }
        if self.nights.is_some_and(|nights| !(1..=DAYS_MAX).contains(&i64::from(nights.most))) {
            return value("nights", "most must be from 1 to 366");
        }
        self.validate_lists()
    }

    fn validate_lists(&self) -> Result<(), ParametersError> {
        let value = |key, what: &str| Err(ParametersError::Value { key, what: what.to_owned() });
        let lengths = [
            ("packages", self.packages.as_ref().map_or(0, Vec::len)),
            ("who", self.who.as_ref().map_or(0, Vec::len)),
            ("quotas", self.quotas.as_ref().map_or(0, Vec::len)),
            ("early", self.early.as_ref().map_or(0, Vec::len)),
            ("blocked", self.blocked.as_ref().map_or(0, Vec::len)),
            ("conditions", self.conditions.as_ref().map_or(0, Vec::len)),
            ("cancel_fees", self.cancel_fees.as_ref().map_or(0, Vec::len)),
            ("priority", self.priority.as_ref().map_or(0, Vec::len)),
        ];
        if let Some((key, _)) = lengths.into_iter().find(|(_, length)| *length > LIST_MAX) {
            return value(key, &format!("must not have more than {LIST_MAX} entries"));
        }
        for package in self.packages.iter().flatten() {
            if is_no_text(package.name()) {
                return value("packages", "each needs a name, at most 300 characters");
            }
            match *package {
                Package::Weekly { weekday, starts, days, ends, .. } => {
                    if !(1..=7).contains(&weekday) || days > 6 || (days == 0 && ends <= starts) {
                        return value(
                            "packages",
                            "weekday is 1 to 7, days 0 to 6, and it ends after it starts",
                        );
                    }
                }
                Package::Dated { first, last, .. } => {
                    let days = last.since(first).map_or(i64::MAX, |span| i64::from(span.get_days()));
                    if !(0..DAYS_MAX).contains(&days) {
                        return value(
                            "packages",
                            "the last day is not before the first, nor a year after it",
                        );
                    }
                }
            }
        }
        for quota in self.quotas.iter().flatten() {
            if quota.minutes.is_none() && quota.times.is_none() {
                return value("quotas", "each says minutes or times");
            }
        }
        for early in self.early.iter().flatten() {
            if early.who.is_empty()
                || early.horizon_days == 0
                || early.horizon_days > AHEAD_MINUTES_MAX / 1440
            {
                return value("early", "each says who, and horizon_days from 1 to 1098");
            }
        }
        for blocked in self.blocked.iter().flatten() {
            if is_no_text(&blocked.reason) {
                return value("blocked", "each needs a reason, at most 300 characters");
            }
            if blocked.weekdays.iter().any(|weekday| !(1..=7).contains(weekday)) {
                return value("blocked", "weekdays are 1 to 7");
            }
            let backwards = blocked.first.zip(blocked.last).is_some_and(|(first, last)| last < first)
                || blocked.starts.zip(blocked.ends).is_some_and(|(starts, ends)| ends <= starts);
            if backwards {
                return value("blocked", "it ends after it begins; over midnight it takes two entries");
            }
        }
        for fee in self.cancel_fees.iter().flatten() {
            if fee.less_than_days == 0 || fee.less_than_days > AHEAD_MINUTES_MAX / 1440 {
                return value("cancel_fees", "less_than_days must be from 1 to 1098");
            }
            if fee.kr.is_some() == fee.percent.is_some()
                || fee.kr.is_some_and(|kr| kr > KR_MAX)
                || fee.percent.is_some_and(|percent| percent == 0 || percent > 100)
            {
                return value(
                    "cancel_fees",
                    "each says either kr, at most 1000000, or percent, from 1 to 100",
                );
            }
            if fee.pays_as.len() > LIST_MAX
                || fee.pays_as.iter().any(|pair| !is_code(pair.0) || !is_code(pair.1))
            {
                return value("cancel_fees", "pays_as has codes of price groups");
            }
        }
        for group in self.priority.iter().flatten() {
            if is_no_text(&group.name) {
                return value("priority", "each needs a name, at most 300 characters");
            }
        }
        for (index, condition) in self.conditions.iter().flatten().enumerate() {
            let number = index.saturating_add(1);
            condition.validate().map_err(|source| ParametersError::Condition { number, source })?;
            if is_no_text(&condition.say) {
                return value("conditions", "each needs a text that says it, at most 300 characters");
            }
        }
        Ok(())
    }

    /// Puts what is said here in the place of what was said farther out.
    pub(super) fn over(&self, scope: Scope, rules: &mut Rules) {
        let set = |to: &mut u32, from: Option<u32>| {
            if let Some(value) = from {
                *to = value;
            }
        };
        set(&mut rules.step_minutes, self.step_minutes);
        set(&mut rules.shortest_minutes, self.shortest_minutes);
        set(&mut rules.longest_minutes, self.longest_minutes);
        set(&mut rules.lead_minutes, self.lead_minutes);
        set(&mut rules.lead_working_days, self.lead_working_days);
        set(&mut rules.horizon_minutes, self.horizon_days.map(|days| days.saturating_mul(1440)));
        set(&mut rules.cancel_minutes, self.cancel_minutes);
        set(&mut rules.undo_minutes, self.undo_minutes);
        set(&mut rules.answer_days, self.answer_days);
        set(&mut rules.hold_minutes, self.hold_minutes);
        // A nearer layer that says how things are booked says all of it.
        if self.nights.is_some() || self.packages.is_some() || self.step_minutes.is_some() {
            rules.nights = self.nights;
            rules.packages = self.packages.clone().unwrap_or_default().into();
        }
        if let Some(by_enquiry) = self.by_enquiry {
            rules.by_enquiry = by_enquiry;
        }
        if self.booker_age_min.is_some() {
            rules.booker_age_min = self.booker_age_min;
        }
        if let Some(who) = &self.who {
            rules.who = who.clone().into();
        }
        if let Some(purposes) = &self.purposes {
            rules.purposes = purposes.clone().into();
        }
        if let Some(approval) = &self.approval {
            rules.approval = approval.clone();
        }
        if let Some(within) = self.decided_within_working_days {
            rules.decided_within = Some((within, self.decided_new_within_working_days.unwrap_or(within)));
        }
        if let Some(quotas) = &self.quotas {
            rules.quotas = quotas.iter().map(|quota| (scope, quota.clone())).collect();
        }
        if let Some(early) = &self.early {
            rules.early = early.clone().into();
        }
        if let Some(blocked) = &self.blocked {
            rules.blocked = blocked.clone().into();
        }
        if let Some(conditions) = &self.conditions {
            rules.conditions = conditions.clone().into();
        }
        if let Some(fees) = &self.cancel_fees {
            rules.cancel_fees = fees.clone().into();
        }
        if let Some(priority) = &self.priority {
            rules.priority = priority.clone().into();
        }
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= GROUP_CHARS_MAX
}

fn is_no_text(text: &str) -> bool {
    text.trim().is_empty() || text.chars().count() > TEXT_CHARS_MAX
}
