//! `facilities.toml`: what can be booked, as an administrator describes it. The format is in
//! `docs/import-format.md`.

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::hours::DayHours;
use crate::size::RawSize;
use crate::{Activity, Size};

/// A file that was read and can be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// What it describes, in its order.
    pub facilities: Vec<FacilityEntry>,
}

/// A place with all that can be booked there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FacilityEntry {
    /// Its short name.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// The short name of the board that it belongs to.
    pub authority: String,
    /// Street and place.
    pub address: Option<String>,
    /// IANA name of the zone of its clocks, one that exists.
    pub time_zone: String,
    /// When it is open, by weekday and time.
    pub opening_hours: Vec<DayHours>,
    /// The codes of its parts.
    pub parts: Vec<String>,
    /// What can be booked, in the order of the schedule; a whole stands before what is a part of it.
    pub resources: Vec<ResourceEntry>,
}

/// What can be booked: a set of parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResourceEntry {
    /// Its short name.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// The short name of the whole that it is a part of.
    pub parent: Option<String>,
    /// The codes of the parts that it takes. Never empty.
    pub parts: Vec<String>,
    /// Its size, where published.
    pub size: Option<Size>,
    /// What it is good for.
    pub activities: Vec<Activity>,
    /// What a booking must keep to.
    pub rules: Rules,
}

/// Parameters of bookings, all in minutes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Times start and end on multiples of this after midnight; 5 to 1440.
    pub step: u16,
    /// The shortest span, a multiple of the step.
    pub shortest: u32,
    /// The longest span, a multiple of the step.
    pub longest: u32,
    /// How long before its start a time is booked at the latest.
    pub lead: u32,
    /// How long before its start a time is booked at the earliest.
    pub horizon: u32,
}

/// Why a file describes nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not TOML, or not with these keys; the text has line and column.
    #[error("{0}")]
    Unreadable(String),
    /// Something that cannot be.
    #[error("{at}: {what}")]
    Invalid {
        /// Where, for example `facility "solskiftet", resource "hallen"`.
        at: String,
        /// What is wrong, in words.
        what: String,
    },
}

impl Document {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let raw: RawDocument =
            toml::from_str(text).map_err(|error| DocumentError::Unreadable(error.to_string()))?;
        let mut facilities: Vec<FacilityEntry> = Vec::new();
        for entry in &raw.facilities {
            let facility = entry.check(&raw.defaults)?;
            if facilities.iter().any(|earlier| earlier.slug == facility.slug) {
                return Err(invalid(&facility_place(&facility.slug), "stands twice"));
            }
            facilities.push(facility);
        }
        Ok(Self { facilities })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDocument {
    #[serde(default)]
    defaults: RawDefaults,
    #[serde(default, rename = "facility")]
    facilities: Vec<RawFacility>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawDefaults {
    authority: Option<String>,
    time_zone: Option<String>,
    opening_hours: Option<Vec<RawHours>>,
    rules: Option<RawRules>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFacility {
    slug: String,
    name: String,
    authority: Option<String>,
    address: Option<String>,
    time_zone: Option<String>,
    opening_hours: Option<Vec<RawHours>>,
    rules: Option<RawRules>,
    parts: Vec<String>,
    #[serde(default, rename = "resource")]
    resources: Vec<RawResource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResource {
    slug: String,
    name: String,
    parent: Option<String>,
    parts: Vec<String>,
    size: Option<RawSize>,
    #[serde(default)]
    activities: Vec<Activity>,
    rules: Option<RawRules>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHours {
    days: String,
    opens: String,
    closes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRules {
    step_minutes: u16,
    shortest_minutes: u32,
    longest_minutes: u32,
    lead_minutes: u32,
    horizon_days: u32,
}

fn invalid(at: &str, what: &str) -> DocumentError {
    DocumentError::Invalid { at: at.to_owned(), what: what.to_owned() }
}

fn facility_place(slug: &str) -> String {
    format!("facility \"{slug}\"")
}

fn is_slug(text: &str) -> bool {
    (1..=60).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn check_names(at: &str, slug: &str, name: &str) -> Result<(), DocumentError> {
    if !is_slug(slug) {
        return Err(invalid(at, "slug must be 1 to 60 of a–z, 0–9 and hyphens"));
    }
    if name.trim().is_empty() {
        return Err(invalid(at, "name must not be empty"));
    }
    Ok(())
}

/// The first that stands twice.
fn repeated(codes: &[String]) -> Option<&String> {
    codes
        .iter()
        .enumerate()
        .find_map(|(index, code)| codes.iter().take(index).find(|earlier| *earlier == code))
}

impl RawFacility {
    fn check(&self, defaults: &RawDefaults) -> Result<FacilityEntry, DocumentError> {
        let at = facility_place(&self.slug);
        check_names(&at, &self.slug, &self.name)?;
        let needed = |key| invalid(&at, &format!("{key} stands neither here nor in defaults"));

        let authority = self.authority.as_ref().or(defaults.authority.as_ref());
        let time_zone = self.time_zone.as_ref().or(defaults.time_zone.as_ref());
        let hours = self.opening_hours.as_ref().or(defaults.opening_hours.as_ref());
        let authority = authority.ok_or_else(|| needed("authority"))?;
        let time_zone = time_zone.ok_or_else(|| needed("time_zone"))?;
        let hours = hours.ok_or_else(|| needed("opening_hours"))?;

        if TimeZone::get(time_zone).is_err() {
            return Err(invalid(&at, &format!("time_zone \"{time_zone}\" is no time zone's IANA name")));
        }
        if self.parts.iter().any(|code| code.trim().is_empty()) {
            return Err(invalid(&at, "a part has no code"));
        }
        if let Some(code) = repeated(&self.parts) {
            return Err(invalid(&at, &format!("part \"{code}\" stands twice")));
        }
        if self.resources.is_empty() {
            return Err(invalid(&at, "there must be at least one resource"));
        }
        let mut resources: Vec<ResourceEntry> = Vec::new();
        for entry in &self.resources {
            let place = format!("{at}, resource \"{}\"", entry.slug);
            let rules = entry.rules.as_ref().or(self.rules.as_ref()).or(defaults.rules.as_ref());
            let rules = rules.ok_or_else(|| {
                invalid(&place, "rules stand neither here, at the facility nor in defaults")
            })?;
            resources.push(entry.check(&place, rules, &self.parts, &resources)?);
        }
        if let Some(code) =
            self.parts.iter().find(|code| !resources.iter().any(|resource| resource.parts.contains(code)))
        {
            return Err(invalid(&at, &format!("part \"{code}\" is taken by no resource")));
        }
        Ok(FacilityEntry {
            slug: self.slug.clone(),
            name: self.name.clone(),
            authority: authority.clone(),
            address: self.address.clone(),
            time_zone: time_zone.clone(),
            opening_hours: check_hours(&at, hours)?,
            parts: self.parts.clone(),
            resources,
        })
    }
}

impl RawResource {
    fn check(
        &self,
        at: &str,
        rules: &RawRules,
        codes: &[String],
        earlier: &[ResourceEntry],
    ) -> Result<ResourceEntry, DocumentError> {
        check_names(at, &self.slug, &self.name)?;
        if earlier.iter().any(|resource| resource.slug == self.slug) {
            return Err(invalid(at, "stands twice"));
        }
        if self.parts.is_empty() {
            return Err(invalid(at, "parts must name at least one"));
        }
        if let Some(code) = repeated(&self.parts) {
            return Err(invalid(at, &format!("part \"{code}\" stands twice")));
        }
        if let Some(code) = self.parts.iter().find(|code| !codes.contains(code)) {
            return Err(invalid(at, &format!("part \"{code}\" is not among the facility's parts")));
        }
        if let Some(parent) = &self.parent {
            let whole = earlier.iter().find(|resource| resource.slug == *parent);
            let whole = whole.ok_or_else(|| {
                invalid(at, &format!("parent \"{parent}\" does not stand before it in the facility"))
            })?;
            if let Some(code) = self.parts.iter().find(|code| !whole.parts.contains(code)) {
                return Err(invalid(
                    at,
                    &format!("part \"{code}\" is not a part of its parent \"{parent}\""),
                ));
            }
        }
        let refuse = |what: String| invalid(at, &what);
        Ok(ResourceEntry {
            slug: self.slug.clone(),
            name: self.name.clone(),
            parent: self.parent.clone(),
            parts: self.parts.clone(),
            size: self.size.as_ref().map(RawSize::check).transpose().map_err(refuse)?,
            activities: self.activities.clone(),
            rules: rules.check().map_err(refuse)?,
        })
    }
}

/// The longest span and lead that can be asked for: a week and a year, so that a misplaced digit is seen.
const LONGEST_MINUTES: u32 = 7 * 24 * 60;
const LEAD_MINUTES_MAX: u32 = 366 * 24 * 60;
const HORIZON_DAYS_MAX: u32 = 1000;
const MINUTES_A_DAY: u32 = 24 * 60;

impl RawRules {
    fn check(&self) -> Result<Rules, String> {
        if !(5..=1440).contains(&self.step_minutes) {
            return Err("rules: step_minutes must be from 5 to 1440".to_owned());
        }
        let stepped = |minutes: u32| minutes > 0 && minutes.is_multiple_of(u32::from(self.step_minutes));
        if !stepped(self.shortest_minutes) || !stepped(self.longest_minutes) {
            return Err(
                "rules: shortest_minutes and longest_minutes must be multiples of step_minutes".to_owned()
            );
        }
        if self.longest_minutes < self.shortest_minutes || self.longest_minutes > LONGEST_MINUTES {
            return Err(format!("rules: longest_minutes must be from shortest_minutes to {LONGEST_MINUTES}"));
        }
        if self.lead_minutes > LEAD_MINUTES_MAX {
            return Err(format!("rules: lead_minutes must be at most {LEAD_MINUTES_MAX}"));
        }
        if !(1..=HORIZON_DAYS_MAX).contains(&self.horizon_days) {
            return Err(format!("rules: horizon_days must be from 1 to {HORIZON_DAYS_MAX}"));
        }
        let horizon = self.horizon_days.saturating_mul(MINUTES_A_DAY);
        if horizon <= self.lead_minutes {
            return Err("rules: horizon_days must be longer than lead_minutes".to_owned());
        }
        Ok(Rules {
            step: self.step_minutes,
            shortest: self.shortest_minutes,
            longest: self.longest_minutes,
            lead: self.lead_minutes,
            horizon,
        })
    }
}

fn check_hours(at: &str, entries: &[RawHours]) -> Result<Vec<DayHours>, DocumentError> {
    let mut hours = Vec::new();
    for entry in entries {
        let at = format!("{at}, opening_hours \"{}\"", entry.days);
        let days = weekdays(&entry.days).ok_or_else(|| {
            invalid(&at, "days must be one of mon, tue, wed, thu, fri, sat, sun, or a run such as mon-fri")
        })?;
        let clock = |key: &str, text: &str| {
            minute_of_day(text).ok_or_else(|| {
                invalid(&at, &format!("{key} must be a time from 00:00 to 24:00, not \"{text}\""))
            })
        };
        let (opens_minute, closes_minute) = (clock("opens", &entry.opens)?, clock("closes", &entry.closes)?);
        if closes_minute <= opens_minute {
            return Err(invalid(
                &at,
                "closes must be later than opens; past midnight, begin a new day's span",
            ));
        }
        for weekday in days {
            let new = DayHours { weekday, opens_minute, closes_minute };
            let overlaps = |old: &DayHours| {
                old.weekday == new.weekday
                    && old.opens_minute < new.closes_minute
                    && new.opens_minute < old.closes_minute
            };
            if hours.iter().any(overlaps) {
                return Err(invalid(&at, "overlaps with another span of the same day"));
            }
            hours.push(new);
        }
    }
    hours.sort_unstable();
    Ok(hours)
}

/// `07:30` as minutes after midnight.
fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2
        || minute.len() != 2
        || !(hour.bytes().chain(minute.bytes())).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && total <= 1440).then_some(total)
}

/// `mon`, `mon-fri` or, over the week's end, `fri-mon`, as 1 to 7.
fn weekdays(text: &str) -> Option<Vec<i8>> {
    let day = |name: &str| -> Option<i8> {
        match name {
            "mon" => Some(1),
            "tue" => Some(2),
            "wed" => Some(3),
            "thu" => Some(4),
            "fri" => Some(5),
            "sat" => Some(6),
            "sun" => Some(7),
            _ => None,
        }
    };
    let Some((first, last)) = text.split_once('-') else { return Some(vec![day(text)?]) };
    let (first, last) = (day(first)?, day(last)?);
    Some(if first <= last { (first..=last).collect() } else { (first..=7).chain(1..=last).collect() })
}

#[cfg(test)]
mod tests;
