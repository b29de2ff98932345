//! `/desk/many`: many times at once. Chosen, previewed, carried out, undone.

pub mod choose;
pub mod done;
pub mod preview;

use std::collections::BTreeSet;

use booking_domain::{MASS_TIMES_MAX, MOVE_DAYS_MAX, Occurrence};
use cloud_contracts::Facility;
use cloud_kernel::{Role, SignedIn};
use cloud_ui::{ErrorSummary, Lang, When, t};
use jiff::civil::Date;
use protocols_ids::{OccurrenceId, ResourceId};
use uuid::Uuid;

use super::place_name;
use crate::mass::{Deed, Wanted};
use crate::store::Time;
use crate::store::mass::Action;

/// A reason at most, in characters.
const REASON_CHARS_MAX: usize = 500;
/// Hours that times are moved at most: two days; more is said in days.
const HOURS_MAX: i64 = 48;

/// What shall happen, as it was typed.
#[derive(Clone, Default)]
pub(super) struct Typed {
    facility: String,
    query: String,
    times: BTreeSet<OccurrenceId>,
    action: String,
    weeks: String,
    days: String,
    hours: String,
    to: String,
    displacing: bool,
    offering: bool,
    reason: String,
    close_resource: String,
    close_first: String,
    close_last: String,
    digest: Uuid,
}

impl Typed {
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "facility" => typed.facility = value,
                "query" => typed.query = value,
                "time" if typed.times.len() < MASS_TIMES_MAX => {
                    typed.times.extend(value.parse::<OccurrenceId>().ok());
                }
                "action" => typed.action = value,
                "weeks" => typed.weeks = value,
                "days" => typed.days = value,
                "hours" => typed.hours = value,
                "to" => typed.to = value,
                "displacing" => typed.displacing = true,
                "offering" => typed.offering = true,
                "reason" => typed.reason = value.trim().to_owned(),
                "close_resource" => typed.close_resource = value,
                "close_first" => typed.close_first = value,
                "close_last" => typed.close_last = value,
                "digest" => typed.digest = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
        typed
    }

    /// The same as hidden fields.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("facility", self.facility.clone()),
            ("query", self.query.clone()),
            ("action", self.action.clone()),
            ("weeks", self.weeks.clone()),
            ("days", self.days.clone()),
            ("hours", self.hours.clone()),
            ("to", self.to.clone()),
            ("reason", self.reason.clone()),
            ("close_resource", self.close_resource.clone()),
            ("close_first", self.close_first.clone()),
            ("close_last", self.close_last.clone()),
        ];
        fields.retain(|(_, value)| !value.is_empty());
        let ticked = [("displacing", self.displacing), ("offering", self.offering)];
        fields.extend(ticked.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name, "yes".to_owned())));
        fields.extend(self.times.iter().map(|id| ("time", id.to_string())));
        fields
    }

    /// What is wanted, or what is wrong beside which field.
    fn wanted(&self, lang: Lang, facility: &Facility) -> Result<Wanted, ErrorSummary> {
        let mut errors = ErrorSummary::new(lang);
        let known = |id: &ResourceId| facility.resource(*id).is_some();
        let deed = match Action::parse(&self.action) {
            Some(Action::Move) => {
                let number = |text: &str, most: i64| match text.trim() {
                    "" => Some(0),
                    text => text.replace('−', "-").parse::<i64>().ok().filter(|n| n.abs() <= most),
                };
                let (weeks, days) =
                    (number(&self.weeks, MOVE_DAYS_MAX / 7), number(&self.days, MOVE_DAYS_MAX));
                let hours = number(&self.hours, HOURS_MAX);
                for (field, value) in [("weeks", weeks), ("days", days), ("hours", hours)] {
                    if value.is_none() {
                        let most = if field == "hours" { HOURS_MAX } else { MOVE_DAYS_MAX };
                        errors =
                            errors.error(field, &t(lang, "booking-many-error-number", &[("most", &most)]));
                    }
                }
                let to = match self.to.as_str() {
                    "" => Ok(None),
                    text => text.parse::<ResourceId>().ok().filter(known).map(Some).ok_or(()),
                };
                if to.is_err() {
                    errors = errors.error("to", &t(lang, "booking-error-resource", &[]));
                }
                let days = weeks.unwrap_or(0) * 7 + days.unwrap_or(0);
                let (minutes, to) = (hours.unwrap_or(0) * 60, to.unwrap_or(None));
                if errors.is_empty() && days == 0 && minutes == 0 && to.is_none() {
                    errors = errors.error("weeks", &t(lang, "booking-many-error-nowhere", &[]));
                }
                Deed::Move { days, minutes, to }
            }
            Some(Action::Cancel) => Deed::Cancel,
            Some(Action::Close) => {
                let resource = match self.close_resource.as_str() {
                    "" => Ok(None),
                    text => text.parse::<ResourceId>().ok().filter(known).map(Some).ok_or(()),
                };
                if resource.is_err() {
                    errors = errors.error("close_resource", &t(lang, "booking-error-resource", &[]));
                }
                let first = self.close_first.trim().parse::<Date>().ok();
                let last = self.close_last.trim().parse::<Date>().ok();
                if first.is_none() {
                    errors = errors.error("close_first", &t(lang, "booking-error-date", &[]));
                }
                if last.is_none() || first.zip(last).is_some_and(|(first, last)| last < first) {
                    errors = errors.error("close_last", &t(lang, "booking-many-error-last", &[]));
                }
                let (first, last) = (first.unwrap_or(Date::ZERO), last.unwrap_or(Date::ZERO));
                Deed::Close { resource: resource.unwrap_or(None), first, last }
            }
            None => {
                errors = errors.error("action", &t(lang, "booking-many-error-action", &[]));
                Deed::Cancel
            }
        };
        if self.times.is_empty() && deed.action() != Action::Close {
            errors = errors.error("times", &t(lang, "booking-change-none", &[]));
        }
        if self.reason.chars().count() > REASON_CHARS_MAX {
            errors =
                errors.error("reason", &t(lang, "booking-error-text-long", &[("most", &REASON_CHARS_MAX)]));
        } else if self.reason.is_empty() && (deed.action() != Action::Move || self.displacing) {
            errors = errors.error("reason", &t(lang, "booking-many-error-reason", &[]));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Wanted {
            facility: self.facility.clone(),
            times: self.times.clone(),
            deed,
            displacing: self.displacing,
            offering: self.offering,
            reason: self.reason.clone(),
        })
    }
}

/// Whether somebody decides about a facility.
fn decides(officer: &SignedIn, facility: &Facility) -> bool {
    officer.roles.contains(&(facility.authority, Role::Officer))
}

/// `tisdag 1 dec 18.00–19.00, Halva 1`, by the facility's clocks; the facility is named where it is another one.
fn time_words(
    lang: Lang,
    when: &When,
    facilities: &[Facility],
    time: (ResourceId, booking_domain::Span),
) -> String {
    let (resource, span) = time;
    let home = facilities.first();
    let at = facilities.iter().find(|one| one.resource(resource).is_some());
    let when =
        When { zone: at.map_or_else(|| when.zone.clone(), |one| one.time_zone.clone()), ..when.clone() };
    let place = match at.and_then(|one| one.resource(resource)) {
        Some(known) if at.map(|one| one.id) == home.map(|one| one.id) => known.name.clone(),
        Some(_) | None => place_name(lang, at, resource),
    };
    format!("{}, {place}", when.span(span.starts_at(), span.ends_at()))
}

fn of_time(time: &Time) -> (ResourceId, booking_domain::Span) {
    (time.resource, time.span)
}

fn of_space(one: &Occurrence) -> (ResourceId, booking_domain::Span) {
    (one.resource(), one.span())
}
