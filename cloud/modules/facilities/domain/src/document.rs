//! `facilities.toml`: what can be booked, as an administrator describes it. The format is in
//! `docs/import-format.md`.

mod check;
mod hours;
mod raw;
#[cfg(test)]
mod tests;

pub(crate) use check::repeated;
pub use hours::{clock_span, minute_of_day, overlap};

use std::collections::BTreeMap;

use jiff::civil::Date;

use self::check::{Lines, Reading};
use self::raw::RawDocument;
use crate::calendar::{PeriodKind, RegularHours};
use crate::closures::ClosureEntry;
use crate::facts::{EquipmentFacts, FacilityFacts, Position, ResourceFacts};
use crate::fault::{Fault, Place};
use crate::kind::ResourceKind;
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
    /// What it is about.
    pub at: Place,
    /// What is wrong.
    pub what: Fault,
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
    /// What is closed for a while.
    pub closures: Vec<ClosureEntry>,
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
    /// Not written as such a file is, or not with its keys.
    #[error("{what}")]
    Unreadable {
        /// In which line, from 1, where that is known.
        line: Option<usize>,
        /// What whoever reads the form says of it, with the place.
        what: String,
    },
    /// Something that cannot be.
    #[error("{at}: {what}")]
    Invalid {
        /// Where.
        at: Place,
        /// What is wrong.
        what: Fault,
    },
}

/// How long a file may be that describes a municipality: a thousand facilities of four kilobytes.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

impl DocumentError {
    pub(crate) fn too_long() -> Self {
        Self::Unreadable { line: None, what: format!("longer than {FILE_BYTES_MAX} bytes") }
    }
}

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
            return Err(DocumentError::too_long());
        }
        let lines = Lines(text);
        let raw: RawDocument = toml::from_str(text).map_err(|error| DocumentError::Unreadable {
            line: error.span().map(|span| lines.at(span.start)),
            what: error.to_string(),
        })?;
        let mut reading = Reading { lines, refusals: Vec::new() };
        let mut facilities: Vec<FacilityEntry> = Vec::new();
        for spanned in &raw.facilities {
            let (line, entry) = (reading.lines.of(spanned), spanned.get_ref());
            match entry.check(line, &raw.defaults, &mut reading) {
                Ok(facility) if facilities.iter().any(|earlier| earlier.slug == facility.slug) => {
                    reading.refuse(line, (Place::facility(&facility.slug), Fault::Twice));
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
