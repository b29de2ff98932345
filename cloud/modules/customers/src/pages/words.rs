//! Words and forms that the pages share.

use std::collections::BTreeMap;

use cloud_contracts::CustomerKind;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Badge, ErrorSummary, Field as Input, Lang, Tone, date_words, t};
use customers_domain::{Field, Hold, Role, Standing, Validity, Wrong};
use jiff::civil::Date;
use maud::{Markup, html};
use protocols_ids::{CustomerId, Uuid};

/// A form as it was sent: its fields by name.
#[derive(serde::Deserialize, Default)]
#[serde(transparent)]
pub(crate) struct Sent(BTreeMap<String, String>);

impl Sent {
    /// What stands in a field, without the space around it; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// Whether a box is ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The id in a field of ours.
    pub(crate) fn id(&self, name: &str) -> Result<Uuid, Failure> {
        self.text(name).parse().map_err(|_| Failure::BadRequest("a form without its id"))
    }
}

/// The customer that a path names.
pub(crate) fn customer_of(path: &str) -> Result<CustomerId, Failure> {
    path.parse().map_err(|_| Failure::NotFound)
}

pub(crate) fn kind_words(lang: Lang, kind: CustomerKind) -> String {
    match kind {
        CustomerKind::Person => t(lang, "customers-person", &[]),
        CustomerKind::Association => t(lang, "customers-association", &[]),
        CustomerKind::Company => t(lang, "customers-company", &[]),
        CustomerKind::Unit => t(lang, "customers-unit", &[]),
    }
}

pub(crate) fn role_words(lang: Lang, role: Role) -> String {
    match role {
        Role::Administrator => t(lang, "people-role-administrator", &[]),
        Role::Booker => t(lang, "people-role-booker", &[]),
        Role::Treasurer => t(lang, "people-role-treasurer", &[]),
        Role::Leader => t(lang, "people-role-leader", &[]),
    }
}

/// What a role may, in a line.
pub(crate) fn role_rights(lang: Lang, role: Role) -> String {
    match role {
        Role::Administrator => t(lang, "people-role-administrator-may", &[]),
        Role::Booker => t(lang, "people-role-booker-may", &[]),
        Role::Treasurer => t(lang, "people-role-treasurer-may", &[]),
        Role::Leader => t(lang, "people-role-leader-may", &[]),
    }
}

pub(crate) fn hold_words(lang: Lang, hold: Hold) -> String {
    match hold {
        Hold::Own => t(lang, "customers-myself", &[]),
        Hold::Guardian => t(lang, "people-role-guardian", &[]),
        Hold::Role(role) => role_words(lang, role),
    }
}

pub(crate) fn field_words(lang: Lang, field: Field) -> String {
    match field {
        Field::Name => t(lang, "people-name", &[]),
        Field::Number => t(lang, "people-number", &[]),
        Field::Address => t(lang, "people-address", &[]),
        Field::Town => t(lang, "people-town", &[]),
        Field::Email => t(lang, "people-email", &[]),
        Field::Telephone => t(lang, "people-telephone", &[]),
        Field::Web => t(lang, "people-web", &[]),
        Field::Sports => t(lang, "people-sports", &[]),
        Field::Ages => t(lang, "people-ages", &[]),
    }
}

/// Why a value cannot be, as it stands beside the field.
pub(crate) fn wrong_words(lang: Lang, wrong: Wrong) -> String {
    match wrong {
        Wrong::Missing => t(lang, "people-wrong-missing", &[]),
        Wrong::TooLong { most } => t(lang, "people-wrong-long", &[("most", &most)]),
        Wrong::TooMany { most } => t(lang, "people-wrong-many", &[("most", &most)]),
        Wrong::Unprintable => t(lang, "people-wrong-unprintable", &[]),
        Wrong::NoNumber => t(lang, "people-wrong-number", &[]),
        Wrong::NoEmail => t(lang, "people-wrong-email", &[]),
        Wrong::NoTelephone => t(lang, "people-wrong-telephone", &[]),
        Wrong::NoWeb => t(lang, "people-wrong-web", &[]),
        Wrong::Unknown => t(lang, "people-wrong-unknown", &[]),
    }
}

/// All of the problems beside their fields.
pub(crate) fn summary(lang: Lang, problems: Vec<(Field, Wrong)>) -> ErrorSummary {
    problems.into_iter().fold(ErrorSummary::new(lang), |errors, (field, wrong)| {
        errors.error(field.key(), &wrong_words(lang, wrong))
    })
}

/// `från 1 jan till 31 dec 2027`, `till 31 dec`, `tills vidare`.
pub(crate) fn days_words(visit: &Visit, during: Validity) -> String {
    let (lang, today) = (visit.lang, visit.when().today());
    let day = |date: Date| date_words(lang, date, today);
    match (during.from(), during.to()) {
        (None, None) => t(lang, "people-days-always", &[]),
        (Some(from), None) => t(lang, "people-days-from", &[("from", &day(from))]),
        (None, Some(to)) => t(lang, "people-days-to", &[("to", &day(to))]),
        (Some(from), Some(to)) => t(lang, "people-days-both", &[("from", &day(from)), ("to", &day(to))]),
    }
}

/// How something stands today, where that is not simply that it holds.
pub(crate) fn standing_badge(lang: Lang, standing: Standing) -> Option<Badge> {
    match standing {
        Standing::Holds => None,
        Standing::Coming => Some(Badge::new(Tone::Waiting, &t(lang, "people-standing-coming", &[]))),
        Standing::Over => Some(Badge::new(Tone::Info, &t(lang, "people-standing-over", &[]))),
    }
}

/// The two dates of a form; `prefix` keeps several such forms on one page apart.
pub(crate) fn days_fields(
    lang: Lang,
    prefix: &str,
    (from, to): (&str, &str),
    errors: &ErrorSummary,
) -> Markup {
    let (first, last) = (format!("{prefix}from"), format!("{prefix}to"));
    html! {
        div.pair {
            (Input::date(&first, &t(lang, "people-from", &[])).value(from).error(errors.of(&first)).optional(lang))
            (Input::date(&last, &t(lang, "people-to", &[])).value(to).error(errors.of(&last)).optional(lang))
        }
    }
}

/// The days of such a form, or what is wrong beside them.
pub(crate) fn read_days(
    lang: Lang,
    prefix: &str,
    sent: &Sent,
    mut errors: ErrorSummary,
) -> (Validity, ErrorSummary) {
    let (first, last) = (format!("{prefix}from"), format!("{prefix}to"));
    let mut day = |name: &str| -> Option<Date> {
        let text = sent.text(name);
        if text.is_empty() {
            return None;
        }
        let read = text.parse().ok().filter(|date: &Date| (2000..=2200).contains(&date.year()));
        if read.is_none() {
            errors = errors.clone().error(name, &t(lang, "people-wrong-date", &[]));
        }
        read
    };
    let (from, to) = (day(&first), day(&last));
    match Validity::new(from, to) {
        Ok(during) => (during, errors),
        Err(_) => (Validity::ALWAYS, errors.error(&last, &t(lang, "people-wrong-backwards", &[]))),
    }
}

/// A date as a form's field has it.
pub(crate) fn date_value(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// A text of several lines, within bounds; may be empty.
pub(crate) fn long_text(typed: &str, most: usize) -> Result<String, Wrong> {
    let text = typed.replace("\r\n", "\n");
    let text = text.trim();
    if text.chars().count() > most {
        return Err(Wrong::TooLong { most });
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Wrong::Unprintable);
    }
    Ok(text.to_owned())
}
