//! `facilities.toml`: what can be booked, as an administrator describes it. The format is in
//! `docs/import-format.md`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::Spanned;

use crate::calendar::{DayKind, PeriodKind, RegularHours};
use crate::facts::{EquipmentFacts, FacilityFacts, Position, ResourceFacts};
use crate::hours::DayHours;
use crate::kind::{Boat, ResourceKind};
use crate::size::RawSize;
use crate::wrong::{LINE_CHARS_MAX, Wrong, check_slug, check_text};
use crate::{Accessibility, Activity, Size};

/// A file that was read, and what of it cannot be.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    /// What it describes, in its order.
    pub facilities: Vec<FacilityEntry>,
    /// The school's year.
    pub periods: Vec<PeriodEntry>,
    /// What it says that cannot be; the rest of the file stands without it.
    pub refusals: Vec<Refusal>,
}

/// Something in a file that cannot be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// In which line, from 1.
    pub line: usize,
    /// What it is about, for example `facility "solskiftet", resource "hallen"`.
    pub at: String,
    /// What is wrong, in words.
    pub what: String,
}

/// A place with all that can be booked there.
#[derive(Clone, PartialEq, Debug)]
pub struct FacilityEntry {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// Its short name.
    pub slug: String,
    /// What is said of it.
    pub patch: FacilityPatch,
    /// When it is open, by weekday and time; `None` leaves it as it is.
    pub opening_hours: Option<Vec<RegularHours>>,
    /// The codes of its parts.
    pub parts: Vec<String>,
    /// What can be booked, in the order of the schedule; a whole stands before what is a part of it.
    pub resources: Vec<ResourceEntry>,
    /// What can be had there.
    pub equipment: Vec<EquipmentEntry>,
    /// When it is open otherwise.
    pub exceptions: Vec<ExceptionEntry>,
}

/// What a file says of a facility; `None` leaves a fact as it is, an empty text takes it away.
#[derive(Clone, PartialEq, Debug, Default)]
#[expect(missing_docs, reason = "the facts of the same names")]
pub struct FacilityPatch {
    pub name: Option<String>,
    pub authority: Option<String>,
    pub owner: Option<String>,
    pub time_zone: Option<String>,
    pub address: Option<String>,
    pub description: Option<String>,
    pub rules_text: Option<String>,
    pub directions: Option<String>,
    pub accessibility: Option<Vec<Accessibility>>,
    pub accessibility_notes: Option<String>,
    pub position: Option<Position>,
    pub other_ids: Option<BTreeMap<String, String>>,
}

impl FacilityPatch {
    /// The facts with what is said put over them.
    pub fn over(&self, known: &FacilityFacts) -> FacilityFacts {
        let text = |said: &Option<String>, known: &String| said.as_ref().unwrap_or(known).clone();
        FacilityFacts {
            name: text(&self.name, &known.name),
            authority: text(&self.authority, &known.authority),
            owner: text(&self.owner, &known.owner),
            time_zone: text(&self.time_zone, &known.time_zone),
            address: text(&self.address, &known.address),
            description: text(&self.description, &known.description),
            rules_text: text(&self.rules_text, &known.rules_text),
            directions: text(&self.directions, &known.directions),
            accessibility: self.accessibility.as_ref().unwrap_or(&known.accessibility).clone(),
            accessibility_notes: text(&self.accessibility_notes, &known.accessibility_notes),
            position: self.position.or(known.position),
            other_ids: self.other_ids.as_ref().unwrap_or(&known.other_ids).clone(),
        }
    }
}

/// What can be booked: a set of parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResourceEntry {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// Its short name.
    pub slug: String,
    /// The short name of the whole that it is a part of.
    pub parent: Option<String>,
    /// The codes of the parts that it takes; empty leaves them as they are.
    pub parts: Vec<String>,
    /// What is said of it.
    pub patch: ResourcePatch,
}

/// What a file says of a resource; `None` leaves a fact as it is, an empty text takes it away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the facts of the same names")]
pub struct ResourcePatch {
    pub name: Option<String>,
    pub kind: Option<ResourceKind>,
    /// 0 takes the limit away.
    pub persons_max: Option<u32>,
    pub before_minutes: Option<u32>,
    pub after_minutes: Option<u32>,
    pub size: Option<Size>,
    pub activities: Option<Vec<Activity>>,
    pub description: Option<String>,
    pub rules_text: Option<String>,
}

impl ResourcePatch {
    /// The facts with what is said put over them.
    pub fn over(&self, known: &ResourceFacts) -> ResourceFacts {
        let text = |said: &Option<String>, known: &String| said.as_ref().unwrap_or(known).clone();
        ResourceFacts {
            name: text(&self.name, &known.name),
            kind: self.kind.as_ref().unwrap_or(&known.kind).clone(),
            persons_max: self
                .persons_max
                .map_or(known.persons_max, |most| Some(most).filter(|most| *most > 0)),
            before_minutes: self.before_minutes.unwrap_or(known.before_minutes),
            after_minutes: self.after_minutes.unwrap_or(known.after_minutes),
            size: self.size.or(known.size),
            activities: self.activities.as_ref().unwrap_or(&known.activities).clone(),
            description: text(&self.description, &known.description),
            rules_text: text(&self.rules_text, &known.rules_text),
        }
    }
}

/// Equipment or a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EquipmentEntry {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// Its short name.
    pub slug: String,
    /// All that is known of it.
    pub facts: EquipmentFacts,
}

/// Other hours on a span of dates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExceptionEntry {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// The short name of the resource that it is about; `None` is the facility.
    pub resource: Option<String>,
    /// Its first date.
    pub first: Date,
    /// Its last date.
    pub last: Date,
    /// From and until, in minutes after midnight; empty is closed.
    pub hours: Vec<(u16, u16)>,
    /// Why, for everybody to read.
    pub reason: String,
}

/// A span of the school's year.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeriodEntry {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// What people call it.
    pub name: String,
    /// What it is.
    pub kind: PeriodKind,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
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

/// How long a file may be that describes a municipality: a thousand facilities of four kilobytes.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

impl Document {
    /// Reads the file's text; the first thing in it that cannot be is an error.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let document = Self::read(text)?;
        match document.refusals.first() {
            Some(refusal) => {
                Err(DocumentError::Invalid { at: refusal.at.clone(), what: refusal.what.clone() })
            }
            None => Ok(document),
        }
    }

    /// Reads the file's text and goes on past what cannot be; an error only where it cannot be read at all.
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        if text.len() > FILE_BYTES_MAX {
            return Err(DocumentError::Unreadable(format!("longer than {FILE_BYTES_MAX} bytes")));
        }
        let raw: RawDocument =
            toml::from_str(text).map_err(|error| DocumentError::Unreadable(error.to_string()))?;
        let mut reading = Reading { lines: Lines(text), refusals: Vec::new() };
        let mut facilities: Vec<FacilityEntry> = Vec::new();
        for spanned in &raw.facilities {
            let (line, entry) = (reading.lines.of(spanned), spanned.get_ref());
            match entry.check(line, &raw.defaults, &mut reading) {
                Ok(facility) if facilities.iter().any(|earlier| earlier.slug == facility.slug) => {
                    reading.refuse(line, invalid(&facility_place(&facility.slug), "stands twice"));
                }
                Ok(facility) => facilities.push(facility),
                Err(refusal) => reading.refuse(line, refusal),
            }
        }
        let mut periods = Vec::new();
        for spanned in &raw.periods {
            let (line, entry) = (reading.lines.of(spanned), spanned.get_ref());
            match entry.check(line) {
                Ok(period) => periods.push(period),
                Err(refusal) => reading.refuse(line, refusal),
            }
        }
        Ok(Self { facilities, periods, refusals: reading.refusals })
    }
}

/// A file as it is read.
struct Reading<'a> {
    lines: Lines<'a>,
    refusals: Vec<Refusal>,
}

impl Reading<'_> {
    fn refuse(&mut self, line: usize, (at, what): Told) {
        self.refusals.push(Refusal { line, at, what });
    }
}

struct Lines<'a>(&'a str);

impl Lines<'_> {
    /// The line in which something begins, from 1.
    fn of<T>(&self, spanned: &Spanned<T>) -> usize {
        let before = self.0.as_bytes().iter().take(spanned.span().start);
        before.filter(|byte| **byte == b'\n').count().saturating_add(1)
    }
}

/// What is wrong, and where.
type Told = (String, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDocument {
    #[serde(default)]
    defaults: RawDefaults,
    #[serde(default, rename = "facility")]
    facilities: Vec<Spanned<RawFacility>>,
    #[serde(default, rename = "school_period")]
    periods: Vec<Spanned<RawPeriod>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawDefaults {
    authority: Option<String>,
    time_zone: Option<String>,
    opening_hours: Option<Vec<RawHours>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFacility {
    slug: String,
    name: String,
    authority: Option<String>,
    owner: Option<String>,
    address: Option<String>,
    description: Option<String>,
    rules_text: Option<String>,
    directions: Option<String>,
    accessibility: Option<Vec<Accessibility>>,
    accessibility_notes: Option<String>,
    position: Option<RawPosition>,
    other_ids: Option<BTreeMap<String, String>>,
    time_zone: Option<String>,
    opening_hours: Option<Vec<RawHours>>,
    parts: Vec<String>,
    #[serde(default, rename = "resource")]
    resources: Vec<Spanned<RawResource>>,
    #[serde(default)]
    equipment: Vec<Spanned<RawEquipment>>,
    #[serde(default, rename = "exception")]
    exceptions: Vec<Spanned<RawException>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPosition {
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResource {
    slug: String,
    name: String,
    parent: Option<String>,
    parts: Vec<String>,
    kind: Option<String>,
    licence: Option<String>,
    boat: Option<RawBoat>,
    persons_max: Option<u32>,
    before_minutes: Option<u32>,
    after_minutes: Option<u32>,
    size: Option<RawSize>,
    activities: Option<Vec<Activity>>,
    description: Option<String>,
    rules_text: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the keys of the file carry their unit")]
struct RawBoat {
    length_cm: Option<u32>,
    beam_cm: Option<u32>,
    draught_cm: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEquipment {
    slug: String,
    name: String,
    stock: Option<u32>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    resources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawException {
    resource: Option<String>,
    first: Date,
    last: Option<Date>,
    #[serde(default)]
    hours: Vec<RawClocks>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClocks {
    opens: String,
    closes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPeriod {
    kind: String,
    name: String,
    first: Date,
    last: Date,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHours {
    days: String,
    on: Option<String>,
    opens: Option<String>,
    closes: Option<String>,
    #[serde(default)]
    closed: bool,
}

fn invalid(at: &str, what: &str) -> Told {
    (at.to_owned(), what.to_owned())
}

pub(crate) fn facility_place(slug: &str) -> String {
    format!("facility \"{slug}\"")
}

pub(crate) fn resource_place(facility: &str, slug: &str) -> String {
    format!("facility \"{facility}\", resource \"{slug}\"")
}

fn slugged(at: &str, slug: &str) -> Result<(), Told> {
    check_slug(slug).map_err(|wrong| invalid(at, &format!("slug {wrong}")))
}

/// The first of the problems, in words.
fn none_of(at: &str, problems: &[(&'static str, Wrong)]) -> Result<(), Told> {
    match problems.first() {
        Some((key, wrong)) => Err(invalid(at, &format!("{key} {wrong}"))),
        None => Ok(()),
    }
}

/// The first that stands twice.
pub(crate) fn repeated(codes: &[String]) -> Option<&String> {
    codes
        .iter()
        .enumerate()
        .find_map(|(index, code)| codes.iter().take(index).find(|earlier| *earlier == code))
}

impl RawFacility {
    fn check(
        &self,
        line: usize,
        defaults: &RawDefaults,
        reading: &mut Reading<'_>,
    ) -> Result<FacilityEntry, Told> {
        let at = facility_place(&self.slug);
        slugged(&at, &self.slug)?;
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
        let position = self.position.as_ref().map(|raw| Position::new(raw.latitude, raw.longitude));
        let patch = FacilityPatch {
            name: Some(self.name.clone()),
            authority: Some(authority.clone()),
            owner: self.owner.clone(),
            time_zone: Some(time_zone.clone()),
            address: self.address.clone(),
            description: self.description.clone(),
            rules_text: self.rules_text.clone(),
            directions: self.directions.clone(),
            accessibility: self.accessibility.clone(),
            accessibility_notes: self.accessibility_notes.clone(),
            position: position.transpose().map_err(|wrong| invalid(&at, &format!("position {wrong}")))?,
            other_ids: self.other_ids.clone(),
        };
        none_of(&at, &patch.over(&FacilityFacts::default()).problems())?;
        if self.parts.iter().any(|code| code.trim().is_empty()) {
            return Err(invalid(&at, "a part has no code"));
        }
        if let Some(code) = repeated(&self.parts) {
            return Err(invalid(&at, &format!("part \"{code}\" stands twice")));
        }
        if self.resources.is_empty() {
            return Err(invalid(&at, "there must be at least one resource"));
        }
        let opening_hours = check_hours(&at, hours)?;
        let mut resources: Vec<ResourceEntry> = Vec::new();
        let before = reading.refusals.len();
        for spanned in &self.resources {
            let (line, entry) = (reading.lines.of(spanned), spanned.get_ref());
            let place = resource_place(&self.slug, &entry.slug);
            match entry.check(line, &place, &self.parts, &resources) {
                Ok(resource) => resources.push(resource),
                Err(refusal) => reading.refuse(line, refusal),
            }
        }
        // A part may be left over because what takes it has been refused: one thing at a time.
        let taken = |code: &&String| resources.iter().any(|resource| resource.parts.contains(code));
        if let Some(code) =
            self.parts.iter().find(|code| !taken(code)).filter(|_| reading.refusals.len() == before)
        {
            return Err(invalid(&at, &format!("part \"{code}\" is taken by no resource")));
        }
        Ok(FacilityEntry {
            line,
            slug: self.slug.clone(),
            patch,
            opening_hours: Some(opening_hours),
            parts: self.parts.clone(),
            equipment: self.equipment(&at, &resources, reading),
            exceptions: self.exceptions(&at, &resources, reading),
            resources,
        })
    }

    fn equipment(
        &self,
        at: &str,
        resources: &[ResourceEntry],
        reading: &mut Reading<'_>,
    ) -> Vec<EquipmentEntry> {
        let mut found: Vec<EquipmentEntry> = Vec::new();
        for spanned in &self.equipment {
            let (line, entry) = (reading.lines.of(spanned), spanned.get_ref());
            let at = format!("{at}, equipment \"{}\"", entry.slug);
            match entry.check(line, &at, resources) {
                Ok(equipment) if found.iter().any(|earlier| earlier.slug == equipment.slug) => {
                    reading.refuse(line, invalid(&at, "stands twice"));
                }
                Ok(equipment) => found.push(equipment),
                Err(refusal) => reading.refuse(line, refusal),
            }
        }
        found
    }

    fn exceptions(
        &self,
        at: &str,
        resources: &[ResourceEntry],
        reading: &mut Reading<'_>,
    ) -> Vec<ExceptionEntry> {
        let mut found: Vec<ExceptionEntry> = Vec::new();
        for spanned in &self.exceptions {
            let (line, entry) = (reading.lines.of(spanned), spanned.get_ref());
            let at = format!("{at}, exception {}", entry.first);
            match entry.check(line, &at, resources) {
                Ok(exception) => found.push(exception),
                Err(refusal) => reading.refuse(line, refusal),
            }
        }
        found
    }
}

impl RawEquipment {
    fn check(&self, line: usize, at: &str, resources: &[ResourceEntry]) -> Result<EquipmentEntry, Told> {
        slugged(at, &self.slug)?;
        let known = |slug: &&String| resources.iter().any(|resource| resource.slug == **slug);
        if let Some(slug) = self.resources.iter().find(|slug| !known(slug)) {
            return Err(invalid(at, &format!("there is no resource \"{slug}\"")));
        }
        let mut named = self.resources.clone();
        named.sort_unstable();
        named.dedup();
        let facts = EquipmentFacts {
            name: self.name.clone(),
            stock: self.stock,
            description: self.description.clone(),
            resources: named,
        };
        none_of(at, &facts.problems())?;
        Ok(EquipmentEntry { line, slug: self.slug.clone(), facts })
    }
}

impl RawException {
    fn check(&self, line: usize, at: &str, resources: &[ResourceEntry]) -> Result<ExceptionEntry, Told> {
        if let Some(slug) = &self.resource
            && !resources.iter().any(|resource| resource.slug == *slug)
        {
            return Err(invalid(at, &format!("there is no resource \"{slug}\"")));
        }
        let last = self.last.unwrap_or(self.first);
        if last < self.first {
            return Err(invalid(at, "last must not come before first"));
        }
        let clocks = self.hours.iter().map(|raw| clock_span(&raw.opens, &raw.closes));
        let hours: Option<Vec<(u16, u16)>> = clocks.collect();
        let hours = hours.ok_or_else(|| invalid(at, "opens and closes must be two times such as 08:00"))?;
        if self.reason.trim().is_empty() {
            return Err(invalid(at, "reason must not be empty"));
        }
        check_text(&self.reason, LINE_CHARS_MAX).map_err(|wrong| invalid(at, &format!("reason {wrong}")))?;
        Ok(ExceptionEntry {
            line,
            resource: self.resource.clone(),
            first: self.first,
            last,
            hours,
            reason: self.reason.clone(),
        })
    }
}

impl RawPeriod {
    fn check(&self, line: usize) -> Result<PeriodEntry, Told> {
        let at = format!("school_period \"{}\"", self.name);
        let kind = match self.kind.as_str() {
            "term" => PeriodKind::Term,
            "break" => PeriodKind::Break,
            _ => return Err(invalid(&at, "kind must be term or break")),
        };
        if self.last < self.first {
            return Err(invalid(&at, "last must not come before first"));
        }
        crate::wrong::check_name(&self.name).map_err(|wrong| invalid(&at, &format!("name {wrong}")))?;
        Ok(PeriodEntry { line, name: self.name.clone(), kind, first: self.first, last: self.last })
    }
}

impl RawResource {
    fn check(
        &self,
        line: usize,
        at: &str,
        codes: &[String],
        earlier: &[ResourceEntry],
    ) -> Result<ResourceEntry, Told> {
        slugged(at, &self.slug)?;
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
        let boat = self.boat.map_or_else(Boat::default, |raw| Boat {
            length: raw.length_cm,
            beam: raw.beam_cm,
            draught: raw.draught_cm,
        });
        let kind = match &self.kind {
            Some(key) => {
                let kind = ResourceKind::with(key, self.licence.as_deref().unwrap_or_default(), boat);
                let kinds = ResourceKind::KEYS.join(", ");
                Some(kind.ok_or_else(|| refuse(format!("kind \"{key}\" is none of {kinds}")))?)
            }
            None => None,
        };
        let patch = ResourcePatch {
            name: Some(self.name.clone()),
            kind,
            persons_max: self.persons_max,
            before_minutes: self.before_minutes,
            after_minutes: self.after_minutes,
            size: self.size.as_ref().map(RawSize::check).transpose().map_err(refuse)?,
            activities: self.activities.clone(),
            description: self.description.clone(),
            rules_text: self.rules_text.clone(),
        };
        none_of(at, &patch.over(&ResourceFacts::default()).problems())?;
        Ok(ResourceEntry {
            line,
            slug: self.slug.clone(),
            parent: self.parent.clone(),
            parts: self.parts.clone(),
            patch,
        })
    }
}

fn check_hours(at: &str, entries: &[RawHours]) -> Result<Vec<RegularHours>, Told> {
    let mut hours: Vec<RegularHours> = Vec::new();
    for entry in entries {
        let at = format!("{at}, opening_hours \"{}\"", entry.days);
        let days = weekdays(&entry.days).ok_or_else(|| {
            invalid(&at, "days must be one of mon, tue, wed, thu, fri, sat, sun, or a run such as mon-fri")
        })?;
        let on = match &entry.on {
            Some(key) => DayKind::parse(key)
                .ok_or_else(|| invalid(&at, "on must be one of always, term, break, eve, holiday"))?,
            None => DayKind::Always,
        };
        let clock = |key: &str, text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            minute_of_day(text).ok_or_else(|| {
                invalid(&at, &format!("{key} must be a time from 00:00 to 24:00, not \"{text}\""))
            })
        };
        let (opens_minute, closes_minute) = if entry.closed {
            if entry.opens.is_some() || entry.closes.is_some() {
                return Err(invalid(&at, "closed stands without opens and closes"));
            }
            (0, 0)
        } else {
            let (opens, closes) = (clock("opens", &entry.opens)?, clock("closes", &entry.closes)?);
            span_of_day(opens, closes).ok_or_else(|| invalid(&at, "closes must differ from opens"))?
        };
        for weekday in days {
            let new = RegularHours { on, hours: DayHours { weekday, opens_minute, closes_minute } };
            if hours.iter().any(|old| overlap(old, &new)) {
                return Err(invalid(&at, "overlaps with another span of the same day"));
            }
            hours.push(new);
        }
    }
    hours.sort_unstable();
    Ok(hours)
}

/// Whether two spans of the same weekday and kind of day meet each other; closed meets everything.
pub fn overlap(one: &RegularHours, other: &RegularHours) -> bool {
    let (a, b) = (one.hours, other.hours);
    let same_day = one.on == other.on && a.weekday == b.weekday;
    let meet = a.opens_minute < b.closes_minute && b.opens_minute < a.closes_minute;
    same_day && (meet || one.is_closed() || other.is_closed())
}

/// From and until as minutes after midnight; a clock that does not come later is on the next day.
fn span_of_day(opens: u16, closes: u16) -> Option<(u16, u16)> {
    match closes.cmp(&opens) {
        std::cmp::Ordering::Greater => Some((opens, closes)),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Less => Some((opens, closes.checked_add(1440)?)),
    }
}

/// Reads two times of day as a span; one that ends at or before its beginning runs past midnight.
pub fn clock_span(opens: &str, closes: &str) -> Option<(u16, u16)> {
    let opens = minute_of_day(opens).filter(|opens| *opens < 1440)?;
    span_of_day(opens, minute_of_day(closes)?)
}

/// `07:30` as minutes after midnight.
pub fn minute_of_day(text: &str) -> Option<u16> {
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
