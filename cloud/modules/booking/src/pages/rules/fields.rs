//! The fields of a set of rules: for each thing that rules say whether it is inherited, and from where, or said here.

use booking_domain::{AgeGroup, CustomerKind, Facts, Parameter, PurposeKind, Rules};
use cloud_ui::{Button, Checkbox, ErrorSummary, Field, Icon, Lang, Select, t};
use jiff::civil::Date;
use maud::{Markup, html};

use super::typed::{PERIODS, Typed, period_key};
use crate::pages::rule_words::{name, value, weekday};
use crate::pages::words::{age_group_name, period_words, purpose_kind_name};

/// The parameter's name in forms and files.
pub(super) const fn key(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::Step => "step_minutes",
        Parameter::Shortest => "shortest_minutes",
        Parameter::Longest => "longest_minutes",
        Parameter::Nights => "nights",
        Parameter::Packages => "packages",
        Parameter::Lead => "lead_minutes",
        Parameter::LeadWorkingDays => "lead_working_days",
        Parameter::Horizon => "horizon_days",
        Parameter::Early => "early",
        Parameter::Who => "who",
        Parameter::Purposes => "purposes",
        Parameter::BookerAge => "booker_age_min",
        Parameter::Enquiry => "by_enquiry",
        Parameter::Approval => "approval",
        Parameter::DecidedWithin => "decided_within_working_days",
        Parameter::Priority => "priority",
        Parameter::Quotas => "quotas",
        Parameter::Blocked => "blocked",
        Parameter::Conditions => "conditions",
        Parameter::Cancel => "cancel_minutes",
        Parameter::CancelFees => "cancel_fees",
        Parameter::Undo => "undo_minutes",
        Parameter::Answer => "answer_days",
        Parameter::Hold => "hold_minutes",
    }
}

/// From what to what a number goes, as the rules have it; nothing is looked at where it is none.
pub(super) const fn range(parameter: Parameter) -> (u32, u32) {
    match parameter {
        Parameter::Step => (5, 1440),
        Parameter::Shortest | Parameter::Longest => (1, booking_domain::SPAN_MINUTES_MAX),
        Parameter::Lead | Parameter::Cancel => (0, 1098 * 1440),
        Parameter::LeadWorkingDays | Parameter::DecidedWithin => (0, 250),
        Parameter::Horizon => (1, 1098),
        Parameter::BookerAge => (0, 120),
        Parameter::Undo => (0, 60),
        Parameter::Answer | Parameter::Hold => (1, 60),
        Parameter::Nights
        | Parameter::Packages
        | Parameter::Early
        | Parameter::Who
        | Parameter::Purposes
        | Parameter::Enquiry
        | Parameter::Approval
        | Parameter::Priority
        | Parameter::Quotas
        | Parameter::Blocked
        | Parameter::Conditions
        | Parameter::CancelFees => (0, 0),
    }
}

/// What it means, in a sentence.
fn help(lang: Lang, parameter: Parameter) -> String {
    match parameter {
        Parameter::Step => t(lang, "booking-help-step", &[]),
        Parameter::Shortest => t(lang, "booking-help-shortest", &[]),
        Parameter::Longest => t(lang, "booking-help-longest", &[]),
        Parameter::Nights => t(lang, "booking-help-nights", &[]),
        Parameter::Packages => t(lang, "booking-help-packages", &[]),
        Parameter::Lead => t(lang, "booking-help-lead", &[]),
        Parameter::LeadWorkingDays => t(lang, "booking-help-working-days", &[]),
        Parameter::Horizon => t(lang, "booking-help-horizon", &[]),
        Parameter::Early => t(lang, "booking-help-early", &[]),
        Parameter::Who => t(lang, "booking-help-who", &[]),
        Parameter::Purposes => t(lang, "booking-help-purposes", &[]),
        Parameter::BookerAge => t(lang, "booking-help-age", &[]),
        Parameter::Enquiry => t(lang, "enquiry-help", &[]),
        Parameter::Approval => t(lang, "booking-help-approval", &[]),
        Parameter::DecidedWithin => t(lang, "booking-help-decided", &[]),
        Parameter::Priority => t(lang, "booking-help-priority", &[]),
        Parameter::Quotas => t(lang, "booking-help-quotas", &[]),
        Parameter::Blocked => t(lang, "booking-help-blocked", &[]),
        Parameter::Conditions => t(lang, "booking-help-conditions", &[]),
        Parameter::Cancel => t(lang, "booking-help-cancel", &[]),
        Parameter::CancelFees => t(lang, "booking-help-cancel-fees", &[]),
        Parameter::Undo => t(lang, "booking-help-undo", &[]),
        Parameter::Answer => t(lang, "booking-help-answer", &[]),
        Parameter::Hold => t(lang, "booking-help-hold", &[]),
    }
}

/// The form's parts, each with its parameters.
fn sections(lang: Lang) -> [(String, &'static [Parameter]); 8] {
    [
        (
            t(lang, "booking-rules-section-times", &[]),
            &[
                Parameter::Step,
                Parameter::Shortest,
                Parameter::Longest,
                Parameter::Nights,
                Parameter::Packages,
            ],
        ),
        (
            t(lang, "booking-rules-section-ahead", &[]),
            &[
                Parameter::Lead,
                Parameter::LeadWorkingDays,
                Parameter::Horizon,
                Parameter::Early,
                Parameter::Hold,
            ],
        ),
        (
            t(lang, "booking-rules-section-who", &[]),
            &[Parameter::Who, Parameter::Purposes, Parameter::BookerAge, Parameter::Quotas],
        ),
        (
            t(lang, "booking-rules-section-decision", &[]),
            &[Parameter::Enquiry, Parameter::Approval, Parameter::DecidedWithin, Parameter::Priority],
        ),
        (t(lang, "booking-rules-section-blocked", &[]), &[Parameter::Blocked]),
        (t(lang, "booking-rules-section-cancel", &[]), &[Parameter::Cancel, Parameter::CancelFees]),
        (t(lang, "booking-many-title", &[]), &[Parameter::Undo, Parameter::Answer]),
        (t(lang, "booking-rules-section-conditions", &[]), &[Parameter::Conditions]),
    ]
}

/// All that a form's fields are rendered from.
pub(super) struct Fields<'a> {
    pub(super) lang: Lang,
    pub(super) today: Date,
    pub(super) typed: &'a Typed,
    pub(super) errors: &'a ErrorSummary,
    /// What is inherited where nothing is said here.
    pub(super) inherited: &'a Rules,
    /// From where each is inherited.
    pub(super) from: &'a dyn Fn(Parameter) -> String,
}

impl Fields<'_> {
    /// The form's parts; those that say something, or have something wrong, stand open.
    pub(super) fn all(&self) -> Markup {
        html! {
            @for (title, parameters) in sections(self.lang) {
                @let said = parameters.iter().filter(|parameter| self.typed.says(**parameter)).count();
                details.section open[said > 0 || parameters.iter().any(|parameter| self.is_wrong(*parameter))] {
                    summary {
                        (title)
                        @if said > 0 { " " span.quiet { (t(self.lang, "booking-rules-said", &[("count", &said)])) } }
                    }
                    @for parameter in parameters { (self.parameter(*parameter)) }
                }
            }
        }
    }

    fn is_wrong(&self, parameter: Parameter) -> bool {
        let key = key(parameter);
        let own = |field: &str| {
            field == key || field.strip_prefix(key).is_some_and(|rest| rest.starts_with(['.', '-']))
        };
        self.errors.fields().any(|field| {
            own(field)
                || parameter == Parameter::Approval && field.starts_with("unless")
                || parameter == Parameter::DecidedWithin && field.starts_with("decided_new")
        })
    }

    fn parameter(&self, parameter: Parameter) -> Markup {
        let (lang, key) = (self.lang, key(parameter));
        let mode = format!("mode.{key}");
        let own = self.typed.says(parameter);
        let inherited = value(lang, parameter, self.inherited, self.today);
        let from = (self.from)(parameter);
        html! {
            fieldset.field.parameter aria-describedby={ (mode) "-hint" } {
                legend { (name(lang, parameter)) }
                span.hint id={ (mode) "-hint" } { (help(lang, parameter)) }
                div.choice {
                    input type="radio" id=(mode) name=(mode) value="inherit" checked[!own];
                    label for=(mode) {
                        (t(lang, "booking-rules-inherit", &[("value", &inherited), ("from", &from)]))
                    }
                }
                div.choice {
                    input type="radio" id={ (mode) "-own" } name=(mode) value="own" checked[own];
                    label for={ (mode) "-own" } { (t(lang, "booking-rules-own-value", &[])) }
                }
                @if let Some(error) = self.errors.of(&mode) {
                    span.field-error id={ (mode) "-error" } { (Icon::Warning) span { (error) } }
                }
                div.own { (self.own(parameter)) }
            }
        }
    }

    /// What is said here.
    fn own(&self, parameter: Parameter) -> Markup {
        let lang = self.lang;
        match parameter {
            Parameter::Step
            | Parameter::Shortest
            | Parameter::Longest
            | Parameter::Lead
            | Parameter::Cancel
            | Parameter::Undo
            | Parameter::Hold => self.number(key(parameter), &t(lang, "booking-unit-minutes", &[])),
            Parameter::LeadWorkingDays => {
                self.number(key(parameter), &t(lang, "booking-unit-working-days", &[]))
            }
            Parameter::Horizon | Parameter::Answer => {
                self.number(key(parameter), &t(lang, "booking-unit-days", &[]))
            }
            Parameter::BookerAge => self.number(key(parameter), &t(lang, "booking-unit-years", &[])),
            Parameter::DecidedWithin => html! {
                (self.number(key(parameter), &t(lang, "booking-unit-working-days", &[])))
                (self.number("decided_new_within_working_days", &t(lang, "booking-unit-working-days-new", &[])))
            },
            Parameter::Nights => html! {
                (self.clock("nights.arrive", &t(lang, "booking-nights-arrive", &[])))
                (self.clock("nights.leave", &t(lang, "booking-nights-leave", &[])))
                (self.number("nights.most", &t(lang, "booking-nights-most", &[])))
            },
            Parameter::Who => self.who("who"),
            Parameter::Purposes => self.purposes("purposes"),
            Parameter::Enquiry => self.enquiry(),
            Parameter::Approval => self.approval(),
            Parameter::Packages => self.list("packages", |row| self.package(row)),
            Parameter::Early => self.list("early", |row| {
                html! {
                    (self.number(&format!("{row}.days"), &t(lang, "booking-unit-days", &[])))
                    (self.who(&format!("{row}.who")))
                }
            }),
            Parameter::Quotas => self.list("quotas", |row| self.quota(row)),
            Parameter::Priority => self.list("priority", |row| {
                html! {
                    (self.text(&format!("{row}.name"), &t(lang, "booking-priority-name", &[])))
                    (self.who(&format!("{row}.who")))
                    (self.purposes(&format!("{row}.purposes")))
                    (self.ages(&format!("{row}.ages")))
                }
            }),
            Parameter::Blocked => self.list("blocked", |row| self.blocked(row)),
            Parameter::Conditions => html! {
                p.hint { (t(lang, "booking-help-facts", &[("names", &Facts::NAMES.join(", "))])) }
                (self.list("conditions", |row| self.condition(row)))
            },
            Parameter::CancelFees => self.list("cancel_fees", |row| self.fee(row)),
        }
    }

    fn number(&self, field: &str, label: &str) -> Markup {
        html! { (Field::number(field, label).value(self.typed.one(field)).error(self.errors.of(field))) }
    }

    fn text(&self, field: &str, label: &str) -> Markup {
        html! { (Field::text(field, label).value(self.typed.one(field)).error(self.errors.of(field))) }
    }

    fn clock(&self, field: &str, label: &str) -> Markup {
        // Not the browser's own control: 24:00 is a time here.
        self.text(field, label)
    }

    fn date(&self, field: &str, label: &str) -> Markup {
        html! { (Field::date(field, label).value(self.typed.one(field)).error(self.errors.of(field))) }
    }

    /// Boxes of which none means all.
    fn boxes(&self, field: &str, title: &str, boxes: &[(&str, String)]) -> Markup {
        html! {
            fieldset.field.boxes {
                legend { (title) }
                @for (value, label) in boxes {
                    (Checkbox::new(field, label).value(value).checked(self.typed.has(field, value))
                        .error(self.errors.of(&format!("{field}-{value}"))))
                }
            }
        }
    }

    fn who(&self, field: &str) -> Markup {
        let lang = self.lang;
        let kinds = CustomerKind::ALL.map(|kind| {
            let label = match kind {
                CustomerKind::Person => t(lang, "booking-who-person", &[]),
                CustomerKind::Association => t(lang, "booking-who-association", &[]),
                CustomerKind::Company => t(lang, "booking-who-company", &[]),
                CustomerKind::Unit => t(lang, "booking-who-unit", &[]),
            };
            (kind.key(), label)
        });
        let groups = format!("{field}.groups");
        html! {
            (self.boxes(field, &t(lang, "booking-rules-whom", &[]), &kinds))
            (Field::text(&groups, &t(lang, "booking-rules-groups", &[])).hint(&t(lang, "booking-rules-groups-hint", &[]))
                .value(self.typed.one(&groups)).error(self.errors.of(&groups)).optional(lang))
        }
    }

    fn purposes(&self, field: &str) -> Markup {
        let kinds = PurposeKind::ALL.map(|kind| (kind.key(), purpose_kind_name(self.lang, kind)));
        self.boxes(field, &t(self.lang, "booking-rules-for-what", &[]), &kinds)
    }

    fn ages(&self, field: &str) -> Markup {
        let ages = AgeGroup::ALL.map(|age| (age.key(), age_group_name(self.lang, age)));
        self.boxes(field, &t(self.lang, "booking-rules-ages", &[]), &ages)
    }

    fn enquiry(&self) -> Markup {
        let lang = self.lang;
        let chosen = if self.typed.one("by_enquiry") == "yes" { "yes" } else { "no" };
        html! {
            @for (value, label) in [("no", t(lang, "enquiry-value-no", &[])), ("yes", t(lang, "enquiry-rule", &[]))] {
                div.choice {
                    input type="radio" id={ "by_enquiry-" (value) } name="by_enquiry" value=(value) checked[chosen == value];
                    label for={ "by_enquiry-" (value) } { (label) }
                }
            }
        }
    }

    fn approval(&self) -> Markup {
        let lang = self.lang;
        let answers = [
            ("never", t(lang, "booking-rule-direct", &[])),
            ("always", t(lang, "booking-rule-approval", &[])),
            ("unless", t(lang, "booking-rules-unless", &[])),
        ];
        let chosen = if self.typed.one("approval").is_empty() { "never" } else { self.typed.one("approval") };
        html! {
            @for (value, label) in answers {
                div.choice {
                    input type="radio" id={ "approval-" (value) } name="approval" value=(value) checked[chosen == value];
                    label for={ "approval-" (value) } { (label) }
                }
            }
            (self.who("unless"))
        }
    }

    /// The entries of a list, with one more on request.
    fn list(&self, list: &str, row: impl Fn(&str) -> Markup) -> Markup {
        let (lang, rows) = (self.lang, self.typed.rows(list).max(1));
        html! {
            input type="hidden" name={ "rows." (list) } value=(rows);
            @for index in 0..rows {
                fieldset.field.entry {
                    legend { (t(lang, "booking-rules-entry", &[("number", &(index + 1))])) }
                    (row(&format!("{list}.{index}")))
                }
            }
            p.hint { (t(lang, "booking-rules-entry-hint", &[])) }
            (Button::quiet(&t(lang, "booking-rules-entry-more", &[])).value("action", &format!("more.{list}")))
        }
    }

    fn package(&self, row: &str) -> Markup {
        let lang = self.lang;
        let field = |name: &str| format!("{row}.{name}");
        let days = Select::new(&field("weekday"), &t(lang, "booking-package-weekday", &[]))
            .chosen(self.typed.one(&field("weekday")))
            .error(self.errors.of(&field("weekday")))
            .option("", &t(lang, "booking-package-once", &[]));
        let days =
            (1..=7_i8).fold(days, |days, number| days.option(&number.to_string(), &weekday(lang, number)));
        html! {
            (self.text(&field("name"), &t(lang, "booking-package-name", &[])))
            (days)
            (self.clock(&field("starts"), &t(lang, "booking-package-starts", &[])))
            (self.number(&field("days"), &t(lang, "booking-package-days", &[])))
            (self.clock(&field("ends"), &t(lang, "booking-package-ends", &[])))
            (self.date(&field("first"), &t(lang, "booking-package-first", &[])))
            (self.date(&field("last"), &t(lang, "booking-package-last", &[])))
        }
    }

    fn quota(&self, row: &str) -> Markup {
        let lang = self.lang;
        let field = |name: &str| format!("{row}.{name}");
        let chosen =
            if self.typed.one(&field("per")).is_empty() { "week" } else { self.typed.one(&field("per")) };
        let per = PERIODS.into_iter().fold(
            Select::new(&field("per"), &t(lang, "booking-quota-per", &[])).chosen(chosen),
            |per, period| per.option(period_key(period), &period_words(lang, period)),
        );
        html! {
            (self.number(&field("minutes"), &t(lang, "booking-quota-minutes", &[])))
            (self.number(&field("times"), &t(lang, "booking-quota-times", &[])))
            (per)
            (self.who(&field("who")))
        }
    }

    fn blocked(&self, row: &str) -> Markup {
        let lang = self.lang;
        let field = |name: &str| format!("{row}.{name}");
        let numbers: Vec<String> = (1..=7_i8).map(|number| number.to_string()).collect();
        let days: Vec<(&str, String)> =
            numbers.iter().zip(1..=7_i8).map(|(key, number)| (key.as_str(), weekday(lang, number))).collect();
        html! {
            (self.text(&field("reason"), &t(lang, "booking-blocked-reason", &[])))
            (self.date(&field("first"), &t(lang, "booking-blocked-first", &[])))
            (self.date(&field("last"), &t(lang, "booking-blocked-last", &[])))
            (self.boxes(&field("weekdays"), &t(lang, "booking-blocked-weekdays", &[]), &days))
            (self.clock(&field("starts"), &t(lang, "booking-blocked-starts", &[])))
            (self.clock(&field("ends"), &t(lang, "booking-blocked-ends", &[])))
            p { (t(lang, "booking-blocked-but", &[])) }
            (self.who(&field("who")))
        }
    }

    fn condition(&self, row: &str) -> Markup {
        let lang = self.lang;
        let field = |name: &str| format!("{row}.{name}");
        let then = Select::new(&field("then"), &t(lang, "booking-condition-then", &[]))
            .chosen(self.typed.one(&field("then")))
            .option("approve", &t(lang, "booking-condition-approve", &[]))
            .option("refuse", &t(lang, "booking-condition-refuse", &[]));
        html! {
            (Field::long_text(&field("when"), &t(lang, "booking-condition-when", &[]))
                .hint(&t(lang, "booking-condition-when-hint", &[]))
                .value(self.typed.one(&field("when"))).error(self.errors.of(&field("when"))))
            (then)
            (self.text(&field("say"), &t(lang, "booking-condition-say", &[])))
        }
    }

    fn fee(&self, row: &str) -> Markup {
        let lang = self.lang;
        let field = |name: &str| format!("{row}.{name}");
        let unit = Select::new(&field("unit"), &t(lang, "booking-fee-unit", &[]))
            .chosen(self.typed.one(&field("unit")))
            .option("percent", &t(lang, "booking-fee-percent", &[]))
            .option("kr", &t(lang, "booking-fee-kr", &[]));
        let pays_as = field("pays_as");
        html! {
            (self.number(&field("days"), &t(lang, "booking-fee-days", &[])))
            (self.number(&field("amount"), &t(lang, "booking-fee-amount", &[])))
            (unit)
            (self.purposes(&field("purposes")))
            (Field::text(&pays_as, &t(lang, "booking-fee-pays-as", &[])).hint(&t(lang, "booking-fee-pays-as-hint", &[]))
                .value(self.typed.one(&pays_as)).error(self.errors.of(&pays_as)).optional(lang))
        }
    }
}
