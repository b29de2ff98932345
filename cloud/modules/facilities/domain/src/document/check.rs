//! What a file says, and what of it cannot be.

use jiff::tz::TimeZone;
use toml::Spanned;

use super::hours::{check_hours, clock_span};
use super::raw::{RawDefaults, RawEquipment, RawException, RawFacility, RawPeriod, RawResource};
use super::{
    EquipmentEntry, ExceptionEntry, FacilityEntry, FacilityPatch, PeriodEntry, Refusal, ResourceEntry,
    ResourcePatch,
};
use crate::calendar::PeriodKind;
use crate::facts::{EquipmentFacts, FacilityFacts, Position, ResourceFacts};
use crate::kind::{Boat, ResourceKind};
use crate::size::RawSize;
use crate::wrong::{LINE_CHARS_MAX, Wrong, check_slug, check_text};

/// A file as it is read.
pub(super) struct Reading<'a> {
    pub(super) lines: Lines<'a>,
    pub(super) refusals: Vec<Refusal>,
}

impl Reading<'_> {
    pub(super) fn refuse(&mut self, line: usize, (at, what): Told) {
        self.refusals.push(Refusal { line, at, what });
    }
}

pub(super) struct Lines<'a>(pub(super) &'a str);

impl Lines<'_> {
    /// The line in which something begins, from 1.
    pub(super) fn of<T>(&self, spanned: &Spanned<T>) -> usize {
        let before = self.0.as_bytes().iter().take(spanned.span().start);
        before.filter(|byte| **byte == b'\n').count().saturating_add(1)
    }
}

/// What is wrong, and where.
pub(super) type Told = (String, String);

pub(super) fn invalid(at: &str, what: &str) -> Told {
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
    pub(super) fn check(
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
    pub(super) fn check(&self, line: usize) -> Result<PeriodEntry, Told> {
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
