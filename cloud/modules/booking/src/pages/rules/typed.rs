//! A set of rules as it was typed into its form, and what it says.

use std::collections::BTreeMap;

use booking_domain::{
    AgeGroup, Approval, Blocked, CONDITION_CHARS_MAX, CancelFee, Condition, ConditionError, CustomerKind,
    Early, Effect, Facts, Minute, Nights, Package, Parameter, Parameters, Period, Priority, PurposeKind,
    Quota, Who,
};
use cloud_ui::{ErrorSummary, Lang, t};
use jiff::civil::Date;

use super::fields::{key, range};

/// Entries of a list that a form shows at most: as many as rules may have.
pub(super) const ROWS_MAX: usize = 50;
/// A text in the rules at most, in characters, as the rules have it.
const TEXT_CHARS_MAX: usize = 300;
/// The code of a price group at most, in characters, as the rules have it.
const GROUP_CHARS_MAX: usize = 40;

/// The fields as they were sent; of those that share a name all.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed(BTreeMap<String, Vec<String>>);

impl Typed {
    pub(super) fn new(pairs: Vec<(String, String)>) -> Self {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            fields.entry(name).or_default().push(value);
        }
        Self(fields)
    }

    pub(super) fn one(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", |value| value.trim())
    }

    pub(super) fn has(&self, name: &str, value: &str) -> bool {
        self.0.get(name).is_some_and(|values| values.iter().any(|one| one == value))
    }

    pub(super) fn set(&mut self, name: &str, value: &impl ToString) {
        self.0.insert(name.to_owned(), vec![value.to_string()]);
    }

    fn push(&mut self, name: &str, value: &str) {
        self.0.entry(name.to_owned()).or_default().push(value.to_owned());
    }

    /// Whether a parameter is said here and not inherited.
    pub(super) fn says(&self, parameter: Parameter) -> bool {
        self.one(&format!("mode.{}", key(parameter))) == "own"
    }

    /// How many entries of a list the form has.
    pub(super) fn rows(&self, list: &str) -> usize {
        self.one(&format!("rows.{list}")).parse().unwrap_or(0).min(ROWS_MAX)
    }

    /// Whether anything stands in an entry.
    fn is_filled(&self, row: &str) -> bool {
        let prefix = format!("{row}.");
        let fields = self.0.range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix));
        // What a list of choices begins with says nothing by itself.
        let mut said = fields
            .filter(|(name, _)| ![".per", ".then", ".unit"].iter().any(|choice| name.ends_with(choice)));
        said.any(|(_, values)| values.iter().any(|value| !value.trim().is_empty()))
    }
}

/// What stands in the form of a set that says this.
pub(super) fn typed(parameters: &Parameters) -> Typed {
    let mut typed = Typed::default();
    for parameter in Parameter::ALL {
        let mode = if parameter.is_said(parameters) { "own" } else { "inherit" };
        typed.set(&format!("mode.{}", key(parameter)), &mode);
    }
    let numbers = [
        ("step_minutes", parameters.step_minutes),
        ("shortest_minutes", parameters.shortest_minutes),
        ("longest_minutes", parameters.longest_minutes),
        ("lead_minutes", parameters.lead_minutes),
        ("lead_working_days", parameters.lead_working_days),
        ("horizon_days", parameters.horizon_days),
        ("booker_age_min", parameters.booker_age_min.map(u32::from)),
        ("decided_within_working_days", parameters.decided_within_working_days),
        ("decided_new_within_working_days", parameters.decided_new_within_working_days),
        ("cancel_minutes", parameters.cancel_minutes),
        ("undo_minutes", parameters.undo_minutes),
        ("answer_days", parameters.answer_days),
        ("hold_minutes", parameters.hold_minutes),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            typed.set(name, &number);
        }
    }
    if let Some(nights) = parameters.nights {
        typed.set("nights.arrive", &nights.arrive);
        typed.set("nights.leave", &nights.leave);
        typed.set("nights.most", &nights.most);
    }
    typed.who("who", parameters.who.iter().flatten());
    for kind in parameters.purposes.iter().flatten() {
        typed.push("purposes", kind.key());
    }
    if let Some(by_enquiry) = parameters.by_enquiry {
        typed.set("by_enquiry", &if by_enquiry { "yes" } else { "no" });
    }
    match &parameters.approval {
        Some(Approval::Never) => typed.set("approval", &"never"),
        Some(Approval::Always) => typed.set("approval", &"always"),
        Some(Approval::Unless(who)) => {
            typed.set("approval", &"unless");
            typed.who("unless", who);
        }
        None => {}
    }
    typed.lists(parameters);
    typed
}

impl Typed {
    fn who<'a>(&mut self, name: &str, who: impl IntoIterator<Item = &'a Who>) {
        let mut groups = Vec::new();
        for one in who {
            match one {
                Who::Kind(kind) => self.push(name, kind.key()),
                Who::Group(code) => groups.push(code.as_str()),
            }
        }
        if !groups.is_empty() {
            self.set(&format!("{name}.groups"), &groups.join(", "));
        }
    }

    fn lists(&mut self, parameters: &Parameters) {
        let optional = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
        for (index, package) in parameters.packages.iter().flatten().enumerate() {
            let row = format!("packages.{index}");
            self.set(&format!("{row}.name"), &package.name());
            match package {
                Package::Weekly { weekday, starts, days, ends, .. } => {
                    self.set(&format!("{row}.weekday"), &weekday);
                    self.set(&format!("{row}.starts"), &starts);
                    self.set(&format!("{row}.days"), &days);
                    self.set(&format!("{row}.ends"), &ends);
                }
                Package::Dated { first, last, .. } => {
                    self.set(&format!("{row}.first"), &first);
                    self.set(&format!("{row}.last"), &last);
                }
            }
        }
        for (index, quota) in parameters.quotas.iter().flatten().enumerate() {
            let row = format!("quotas.{index}");
            self.set(&format!("{row}.minutes"), &optional(quota.minutes));
            self.set(&format!("{row}.times"), &optional(quota.times));
            self.set(&format!("{row}.per"), &period_key(quota.per));
            self.who(&format!("{row}.who"), &quota.who);
        }
        for (index, early) in parameters.early.iter().flatten().enumerate() {
            let row = format!("early.{index}");
            self.set(&format!("{row}.days"), &early.horizon_days);
            self.who(&format!("{row}.who"), &early.who);
        }
        for (index, group) in parameters.priority.iter().flatten().enumerate() {
            let row = format!("priority.{index}");
            self.set(&format!("{row}.name"), &group.name);
            self.who(&format!("{row}.who"), &group.who);
            for kind in &group.purposes {
                self.push(&format!("{row}.purposes"), kind.key());
            }
            for age in &group.ages {
                self.push(&format!("{row}.ages"), age.key());
            }
        }
        for (index, blocked) in parameters.blocked.iter().flatten().enumerate() {
            let row = format!("blocked.{index}");
            let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
            let clock = |minute: Option<Minute>| minute.map(|minute| minute.to_string()).unwrap_or_default();
            self.set(&format!("{row}.first"), &day(blocked.first));
            self.set(&format!("{row}.last"), &day(blocked.last));
            self.set(&format!("{row}.starts"), &clock(blocked.starts));
            self.set(&format!("{row}.ends"), &clock(blocked.ends));
            self.set(&format!("{row}.reason"), &blocked.reason);
            for weekday in &blocked.weekdays {
                self.push(&format!("{row}.weekdays"), &weekday.to_string());
            }
            self.who(&format!("{row}.who"), &blocked.except);
        }
        for (index, condition) in parameters.conditions.iter().flatten().enumerate() {
            let row = format!("conditions.{index}");
            let then = match condition.then {
                Effect::Refuse => "refuse",
                Effect::Approve => "approve",
            };
            self.set(&format!("{row}.when"), &condition.when);
            self.set(&format!("{row}.then"), &then);
            self.set(&format!("{row}.say"), &condition.say);
        }
        for (index, fee) in parameters.cancel_fees.iter().flatten().enumerate() {
            let row = format!("cancel_fees.{index}");
            self.set(&format!("{row}.days"), &fee.less_than_days);
            let (unit, amount) = match (fee.kr, fee.percent) {
                (Some(kr), _) => ("kr", kr.to_string()),
                (None, percent) => ("percent", optional(percent.map(u32::from))),
            };
            self.set(&format!("{row}.unit"), &unit);
            self.set(&format!("{row}.amount"), &amount);
            let pairs: Vec<String> = fee.pays_as.iter().map(|(from, to)| format!("{from}={to}")).collect();
            self.set(&format!("{row}.pays_as"), &pairs.join(", "));
            for kind in &fee.purposes {
                self.push(&format!("{row}.purposes"), kind.key());
            }
        }
        let lengths = [
            ("packages", parameters.packages.as_ref().map_or(0, Vec::len)),
            ("quotas", parameters.quotas.as_ref().map_or(0, Vec::len)),
            ("early", parameters.early.as_ref().map_or(0, Vec::len)),
            ("priority", parameters.priority.as_ref().map_or(0, Vec::len)),
            ("blocked", parameters.blocked.as_ref().map_or(0, Vec::len)),
            ("conditions", parameters.conditions.as_ref().map_or(0, Vec::len)),
            ("cancel_fees", parameters.cancel_fees.as_ref().map_or(0, Vec::len)),
        ];
        for (list, length) in lengths {
            self.set(&format!("rows.{list}"), &length.max(1));
        }
    }
}

/// The period as forms write it.
pub(super) const fn period_key(period: Period) -> &'static str {
    match period {
        Period::Day => "day",
        Period::Week => "week",
        Period::Month => "month",
        Period::Year => "year",
        Period::Ahead => "ahead",
    }
}

/// The periods, in the order of lists.
pub(super) const PERIODS: [Period; 5] =
    [Period::Day, Period::Week, Period::Month, Period::Year, Period::Ahead];

/// What the fields say, and everything that is wrong with them.
pub(super) fn read(typed: &Typed, lang: Lang) -> (Parameters, ErrorSummary) {
    let mut reader = Reader { typed, lang, errors: ErrorSummary::new(lang) };
    let parameters = reader.parameters();
    let mut errors = reader.errors;
    // What the fields let through and no rule can be; there is no such thing unless a bound is forgotten here.
    if errors.is_empty()
        && let Err(error) = parameters.validate()
    {
        errors = errors.error("mode.step_minutes", &error.to_string());
    }
    (parameters, errors)
}

struct Reader<'a> {
    typed: &'a Typed,
    lang: Lang,
    errors: ErrorSummary,
}

impl Reader<'_> {
    fn wrong(&mut self, field: &str, text: &str) {
        let errors = std::mem::replace(&mut self.errors, ErrorSummary::new(self.lang));
        self.errors = errors.error(field, text);
    }

    /// A number that must stand there.
    fn number(&mut self, field: &str, (least, most): (u32, u32)) -> Option<u32> {
        let number: Option<u32> = self.typed.one(field).parse().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let text = t(self.lang, "booking-rules-error-number", &[("least", &least), ("most", &most)]);
            self.wrong(field, &text);
        }
        number
    }

    /// A number that may be left out.
    fn optional(&mut self, field: &str, bounds: (u32, u32)) -> Option<u32> {
        if self.typed.one(field).is_empty() { None } else { self.number(field, bounds) }
    }

    fn text(&mut self, field: &str) -> String {
        let text = self.typed.one(field);
        if text.is_empty() {
            self.wrong(field, &t(self.lang, "booking-rules-error-text", &[]));
        } else if text.chars().count() > TEXT_CHARS_MAX {
            self.wrong(field, &t(self.lang, "booking-error-text-long", &[("most", &TEXT_CHARS_MAX)]));
        }
        text.to_owned()
    }

    fn clock(&mut self, field: &str) -> Option<Minute> {
        let clock = self.typed.one(field).parse().ok();
        if clock.is_none() {
            self.wrong(field, &t(self.lang, "booking-error-clock", &[]));
        }
        clock
    }

    fn date(&mut self, field: &str) -> Option<Date> {
        let date = self.typed.one(field).parse().ok();
        if date.is_none() {
            self.wrong(field, &t(self.lang, "booking-error-date", &[]));
        }
        date
    }

    fn left_out<T>(&mut self, field: &str, read: impl Fn(&mut Self, &str) -> Option<T>) -> Option<T> {
        if self.typed.one(field).is_empty() { None } else { read(self, field) }
    }

    fn who(&mut self, name: &str) -> Vec<Who> {
        let kinds = CustomerKind::ALL.into_iter().filter(|kind| self.typed.has(name, kind.key()));
        let mut who: Vec<Who> = kinds.map(Who::Kind).collect();
        let field = format!("{name}.groups");
        let codes = self.typed.one(&field).split(',').map(str::trim).filter(|code| !code.is_empty());
        for code in codes {
            if code.chars().count() > GROUP_CHARS_MAX {
                self.wrong(&field, &t(self.lang, "booking-error-text-long", &[("most", &GROUP_CHARS_MAX)]));
                return who;
            }
            who.push(Who::Group(code.to_owned()));
        }
        who
    }

    fn purposes(&self, name: &str) -> Vec<PurposeKind> {
        PurposeKind::ALL.into_iter().filter(|kind| self.typed.has(name, kind.key())).collect()
    }

    /// The entries of a list in which something stands.
    fn filled(&self, list: &str) -> Vec<String> {
        let rows = (0..self.typed.rows(list)).map(|index| format!("{list}.{index}"));
        rows.filter(|row| self.typed.is_filled(row)).collect()
    }

    /// A number parameter, where it is said.
    fn said(&mut self, parameter: Parameter) -> Option<u32> {
        if self.typed.says(parameter) { self.number(key(parameter), range(parameter)) } else { None }
    }

    fn parameters(&mut self) -> Parameters {
        let typed = self.typed;
        let says = |parameter| typed.says(parameter);
        let parameters = Parameters {
            step_minutes: self.said(Parameter::Step),
            shortest_minutes: self.said(Parameter::Shortest),
            longest_minutes: self.said(Parameter::Longest),
            lead_minutes: self.said(Parameter::Lead),
            lead_working_days: self.said(Parameter::LeadWorkingDays),
            horizon_days: self.said(Parameter::Horizon),
            booker_age_min: self.said(Parameter::BookerAge).and_then(|age| u8::try_from(age).ok()),
            cancel_minutes: self.said(Parameter::Cancel),
            undo_minutes: self.said(Parameter::Undo),
            answer_days: self.said(Parameter::Answer),
            hold_minutes: self.said(Parameter::Hold),
            decided_within_working_days: self.said(Parameter::DecidedWithin),
            decided_new_within_working_days: if says(Parameter::DecidedWithin) {
                self.optional("decided_new_within_working_days", range(Parameter::DecidedWithin))
            } else {
                None
            },
            nights: says(Parameter::Nights).then(|| self.nights()).flatten(),
            packages: says(Parameter::Packages).then(|| self.packages()),
            who: says(Parameter::Who).then(|| self.who("who")),
            purposes: says(Parameter::Purposes).then(|| self.purposes("purposes")),
            by_enquiry: says(Parameter::Enquiry).then(|| typed.one("by_enquiry") == "yes"),
            approval: says(Parameter::Approval).then(|| self.approval()),
            quotas: says(Parameter::Quotas).then(|| self.quotas()),
            early: says(Parameter::Early).then(|| self.early()),
            priority: says(Parameter::Priority).then(|| self.priority()),
            blocked: says(Parameter::Blocked).then(|| self.blocked()),
            conditions: says(Parameter::Conditions).then(|| self.conditions()),
            cancel_fees: says(Parameter::CancelFees).then(|| self.cancel_fees()),
        };
        let lengths = parameters.shortest_minutes.zip(parameters.longest_minutes);
        if lengths.is_some_and(|(shortest, longest)| shortest > longest) {
            self.wrong(key(Parameter::Longest), &t(self.lang, "booking-rules-error-lengths", &[]));
        }
        parameters
    }

    fn nights(&mut self) -> Option<Nights> {
        let (arrive, leave) = (self.clock("nights.arrive"), self.clock("nights.leave"));
        let most = self.number("nights.most", (1, 366));
        Some(Nights { arrive: arrive?, leave: leave?, most: most? })
    }

    fn packages(&mut self) -> Vec<Package> {
        let rows = self.filled("packages");
        rows.iter().filter_map(|row| self.package(row)).collect()
    }

    fn package(&mut self, row: &str) -> Option<Package> {
        let name = self.text(&format!("{row}.name"));
        let (first, last) = (format!("{row}.first"), format!("{row}.last"));
        if self.typed.one(&format!("{row}.weekday")).is_empty() {
            let (from, to) = (self.date(&first), self.date(&last));
            let (from, to) = (from?, to?);
            let days = to.since(from).map_or(-1, |span| span.get_days());
            if !(0..366).contains(&days) {
                self.wrong(&last, &t(self.lang, "booking-rules-error-season", &[]));
            }
            return Some(Package::Dated { name, first: from, last: to });
        }
        let weekday = self.number(&format!("{row}.weekday"), (1, 7));
        let (starts, ends) = (self.clock(&format!("{row}.starts")), self.clock(&format!("{row}.ends")));
        let days = self.number(&format!("{row}.days"), (0, 6));
        let (weekday, starts, days, ends) = (weekday?, starts?, days?, ends?);
        if days == 0 && ends <= starts {
            self.wrong(&format!("{row}.ends"), &t(self.lang, "booking-rules-error-ends", &[]));
        }
        Some(Package::Weekly {
            name,
            weekday: weekday.try_into().ok()?,
            starts,
            days: days.try_into().ok()?,
            ends,
        })
    }

    fn approval(&mut self) -> Approval {
        match self.typed.one("approval") {
            "always" => Approval::Always,
            "unless" => {
                let who = self.who("unless");
                if who.is_empty() {
                    self.wrong("unless-person", &t(self.lang, "booking-rules-error-who", &[]));
                }
                Approval::Unless(who)
            }
            _ => Approval::Never,
        }
    }

    fn quotas(&mut self) -> Vec<Quota> {
        let rows = self.filled("quotas");
        rows.iter()
            .map(|row| {
                let (minutes, times) = (format!("{row}.minutes"), format!("{row}.times"));
                if self.typed.one(&minutes).is_empty() && self.typed.one(&times).is_empty() {
                    self.wrong(&minutes, &t(self.lang, "booking-rules-error-quota", &[]));
                }
                let per = self.typed.one(&format!("{row}.per"));
                Quota {
                    minutes: self.optional(&minutes, (1, 1_000_000)),
                    times: self.optional(&times, (1, 100_000)),
                    per: PERIODS.into_iter().find(|one| period_key(*one) == per).unwrap_or(Period::Week),
                    who: self.who(&format!("{row}.who")),
                }
            })
            .collect()
    }

    fn early(&mut self) -> Vec<Early> {
        let rows = self.filled("early");
        rows.iter()
            .filter_map(|row| {
                let days = self.number(&format!("{row}.days"), range(Parameter::Horizon));
                let who = self.who(&format!("{row}.who"));
                if who.is_empty() {
                    self.wrong(&format!("{row}.who-person"), &t(self.lang, "booking-rules-error-who", &[]));
                }
                Some(Early { who, horizon_days: days? })
            })
            .collect()
    }

    fn priority(&mut self) -> Vec<Priority> {
        let rows = self.filled("priority");
        rows.iter()
            .map(|row| {
                let ages = format!("{row}.ages");
                Priority {
                    name: self.text(&format!("{row}.name")),
                    who: self.who(&format!("{row}.who")),
                    purposes: self.purposes(&format!("{row}.purposes")),
                    ages: AgeGroup::ALL.into_iter().filter(|age| self.typed.has(&ages, age.key())).collect(),
                }
            })
            .collect()
    }

    fn blocked(&mut self) -> Vec<Blocked> {
        let rows = self.filled("blocked");
        rows.iter()
            .map(|row| {
                let field = |name: &str| format!("{row}.{name}");
                let blocked = Blocked {
                    first: self.left_out(&field("first"), Self::date),
                    last: self.left_out(&field("last"), Self::date),
                    weekdays: (1..=7_i8)
                        .filter(|day| self.typed.has(&field("weekdays"), &day.to_string()))
                        .collect(),
                    starts: self.left_out(&field("starts"), Self::clock),
                    ends: self.left_out(&field("ends"), Self::clock),
                    reason: self.text(&field("reason")),
                    except: self.who(&field("who")),
                };
                if blocked.first.zip(blocked.last).is_some_and(|(first, last)| last < first) {
                    self.wrong(&field("last"), &t(self.lang, "booking-rules-error-last", &[]));
                }
                if blocked.starts.zip(blocked.ends).is_some_and(|(starts, ends)| ends <= starts) {
                    self.wrong(&field("ends"), &t(self.lang, "booking-rules-error-midnight", &[]));
                }
                blocked
            })
            .collect()
    }

    fn conditions(&mut self) -> Vec<Condition> {
        let rows = self.filled("conditions");
        rows.iter()
            .map(|row| {
                let when = self.typed.one(&format!("{row}.when")).to_owned();
                let refuses = self.typed.one(&format!("{row}.then")) == "refuse";
                let then = if refuses { Effect::Refuse } else { Effect::Approve };
                let condition = Condition { when, then, say: self.text(&format!("{row}.say")) };
                if let Err(error) = condition.validate() {
                    let text = condition_error(self.lang, &condition.when, &error);
                    self.wrong(&format!("{row}.when"), &text);
                }
                condition
            })
            .collect()
    }

    fn cancel_fees(&mut self) -> Vec<CancelFee> {
        let rows = self.filled("cancel_fees");
        rows.iter()
            .filter_map(|row| {
                let days = self.number(&format!("{row}.days"), (1, 1098));
                let in_kr = self.typed.one(&format!("{row}.unit")) == "kr";
                let amount =
                    self.number(&format!("{row}.amount"), if in_kr { (0, 1_000_000) } else { (1, 100) });
                let pays_as = self.pairs(&format!("{row}.pays_as"));
                Some(CancelFee {
                    less_than_days: days?,
                    purposes: self.purposes(&format!("{row}.purposes")),
                    kr: amount.filter(|_| in_kr),
                    percent: amount.filter(|_| !in_kr).and_then(|percent| u8::try_from(percent).ok()),
                    pays_as,
                })
                .filter(|_| amount.is_some())
            })
            .collect()
    }

    /// `0=1, 2=3`.
    fn pairs(&mut self, field: &str) -> BTreeMap<String, String> {
        let code = |text: &str| {
            let text = text.trim();
            (!text.is_empty() && text.chars().count() <= GROUP_CHARS_MAX).then(|| text.to_owned())
        };
        let pairs = self.typed.one(field).split(',').filter(|pair| !pair.trim().is_empty());
        let pairs: Option<BTreeMap<String, String>> = pairs
            .take(ROWS_MAX)
            .map(|pair| {
                let (from, to) = pair.split_once('=')?;
                Some((code(from)?, code(to)?))
            })
            .collect();
        if pairs.is_none() {
            self.wrong(field, &t(self.lang, "booking-rules-error-pays-as", &[]));
        }
        pairs.unwrap_or_default()
    }
}

/// What is wrong with a condition, and where in it.
fn condition_error(lang: Lang, when: &str, error: &ConditionError) -> String {
    let place = |text: String, at: Option<usize>| match at {
        // Around the place, the mark between what was read and what was not.
        Some(at) => {
            let read: String = when.chars().take(at).collect();
            let rest: String = when.chars().skip(at).collect();
            let here =
                t(lang, "booking-condition-here", &[("at", &(at + 1)), ("read", &read), ("rest", &rest)]);
            format!("{text}. {here}")
        }
        None => text,
    };
    let found = |name: &str| when.find(name).map(|bytes| when[..bytes].chars().count());
    match error {
        ConditionError::TooLong { chars } => {
            t(lang, "booking-error-purpose-long", &[("chars", chars), ("most", &CONDITION_CHARS_MAX)])
        }
        ConditionError::TooComplicated => t(lang, "booking-condition-complicated", &[]),
        ConditionError::Unreadable { column, .. } => {
            place(t(lang, "booking-condition-unreadable", &[]), column.map(|column| column.saturating_sub(1)))
        }
        ConditionError::UnknownName { name } => {
            let names = Facts::NAMES.join(", ");
            place(t(lang, "booking-condition-name", &[("name", name), ("names", &names)]), found(name))
        }
        ConditionError::UnknownFunction { name } => {
            place(t(lang, "booking-condition-function", &[("name", name)]), found(name))
        }
        ConditionError::NotPlain => t(lang, "booking-condition-plain", &[]),
        ConditionError::NoAnswer(_) => t(lang, "booking-condition-no-answer", &[]),
    }
}
