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
use crate::closures::{ClosureEntry, Said};
use crate::facts::{EquipmentFacts, FacilityFacts, Position, ResourceFacts};
use crate::fault::{Fault, Place, Thing};
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
        self.at(spanned.span().start)
    }

    /// The line of a byte, from 1.
    pub(super) fn at(&self, byte: usize) -> usize {
        let before = self.0.as_bytes().iter().take(byte);
        before.filter(|byte| **byte == b'\n').count().saturating_add(1)
    }
}

/// What is wrong, and where.
pub(super) type Told = (Place, Fault);

fn invalid(at: &Place, what: Fault) -> Told {
    (at.clone(), what)
}

fn slugged(at: &Place, slug: &str) -> Result<(), Told> {
    check_slug(slug).map_err(|wrong| invalid(at, Fault::Wrong("slug", wrong)))
}

/// The first of the problems.
fn none_of(at: &Place, problems: Vec<(&'static str, Wrong)>) -> Result<(), Told> {
    match problems.into_iter().next() {
        Some((key, wrong)) => Err(invalid(at, Fault::Wrong(key, wrong))),
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
        let at = Place::facility(&self.slug);
        slugged(&at, &self.slug)?;
        let needed = |key| invalid(&at, Fault::Needed(key));

        let authority = self.authority.as_ref().or(defaults.authority.as_ref());
        let time_zone = self.time_zone.as_ref().or(defaults.time_zone.as_ref());
        let hours = self.opening_hours.as_ref().or(defaults.opening_hours.as_ref());
        let authority = authority.ok_or_else(|| needed("authority"))?;
        let time_zone = time_zone.ok_or_else(|| needed("time_zone"))?;
        let hours = hours.ok_or_else(|| needed("opening_hours"))?;

        if TimeZone::get(time_zone).is_err() {
            return Err(invalid(&at, Fault::NoZone(time_zone.clone())));
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
            position: position.transpose().map_err(|wrong| invalid(&at, Fault::Wrong("position", wrong)))?,
            other_ids: self.other_ids.clone(),
        };
        none_of(&at, patch.over(&FacilityFacts::default()).problems())?;
        if self.parts.iter().any(|code| code.trim().is_empty()) {
            return Err(invalid(&at, Fault::PartWithoutCode));
        }
        if let Some(code) = repeated(&self.parts) {
            return Err(invalid(&at, Fault::PartTwice(code.clone())));
        }
        if self.resources.is_empty() {
            return Err(invalid(&at, Fault::NoResources));
        }
        let opening_hours = check_hours(&self.slug, hours)?;
        let mut resources: Vec<ResourceEntry> = Vec::new();
        let before = reading.refusals.len();
        for spanned in &self.resources {
            let (line, entry) = (reading.lines.of(spanned), spanned.get_ref());
            let place = Place::resource(&self.slug, &entry.slug);
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
            return Err(invalid(&at, Fault::PartUnused(code.clone())));
        }
        Ok(FacilityEntry {
            line,
            slug: self.slug.clone(),
            patch,
            opening_hours: Some(opening_hours),
            parts: self.parts.clone(),
            equipment: self.equipment(&resources, reading),
            exceptions: self.exceptions(&resources, reading),
            closures: self.closures(&resources, reading),
            resources,
        })
    }

    fn equipment(&self, resources: &[ResourceEntry], reading: &mut Reading<'_>) -> Vec<EquipmentEntry> {
        let mut found: Vec<EquipmentEntry> = Vec::new();
        for spanned in &self.equipment {
            let (line, entry) = (reading.lines.of(spanned), spanned.get_ref());
            let at = Place::within(&self.slug, Thing::Equipment(entry.slug.clone()));
            match entry.check(line, &at, resources) {
                Ok(equipment) if found.iter().any(|earlier| earlier.slug == equipment.slug) => {
                    reading.refuse(line, invalid(&at, Fault::Twice));
                }
                Ok(equipment) => found.push(equipment),
                Err(refusal) => reading.refuse(line, refusal),
            }
        }
        found
    }

    fn exceptions(&self, resources: &[ResourceEntry], reading: &mut Reading<'_>) -> Vec<ExceptionEntry> {
        let mut found: Vec<ExceptionEntry> = Vec::new();
        for spanned in &self.exceptions {
            let (line, entry) = (reading.lines.of(spanned), spanned.get_ref());
            let at = Place::within(&self.slug, Thing::Exception(entry.first));
            match entry.check(line, &at, resources) {
                Ok(exception) => found.push(exception),
                Err(refusal) => reading.refuse(line, refusal),
            }
        }
        found
    }
}

impl RawFacility {
    fn closures(&self, resources: &[ResourceEntry], reading: &mut Reading<'_>) -> Vec<ClosureEntry> {
        let mut found: Vec<ClosureEntry> = Vec::new();
        for spanned in &self.closures {
            let (line, entry) = (reading.lines.of(spanned), spanned.get_ref());
            let said = Said {
                resource: entry.resource.as_deref(),
                kind: entry.kind.as_deref(),
                from: &entry.from,
                to: entry.to.as_deref(),
                reason: &entry.reason,
            };
            let known = |slug: &String| resources.iter().any(|resource| resource.slug == *slug);
            let checked = match &entry.resource {
                Some(slug) if !known(slug) => Err(Fault::NoResource(slug.clone())),
                Some(_) | None => said.check(line),
            };
            let same = |one: &ClosureEntry, old: &ClosureEntry| {
                (&one.resource, one.from) == (&old.resource, old.from)
            };
            match checked {
                Ok(one) if found.iter().any(|old| same(&one, old)) => {
                    let at = Place::within(&self.slug, Thing::Closure(entry.from.clone()));
                    reading.refuse(line, (at, Fault::Twice));
                }
                Ok(one) => found.push(one),
                Err(what) => {
                    let at = Place::within(&self.slug, Thing::Closure(entry.from.clone()));
                    reading.refuse(line, (at, what));
                }
            }
        }
        found
    }
}

impl RawEquipment {
    fn check(&self, line: usize, at: &Place, resources: &[ResourceEntry]) -> Result<EquipmentEntry, Told> {
        slugged(at, &self.slug)?;
        let known = |slug: &&String| resources.iter().any(|resource| resource.slug == **slug);
        if let Some(slug) = self.resources.iter().find(|slug| !known(slug)) {
            return Err(invalid(at, Fault::NoResource(slug.clone())));
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
        none_of(at, facts.problems())?;
        Ok(EquipmentEntry { line, slug: self.slug.clone(), facts })
    }
}

impl RawException {
    fn check(&self, line: usize, at: &Place, resources: &[ResourceEntry]) -> Result<ExceptionEntry, Told> {
        if let Some(slug) = &self.resource
            && !resources.iter().any(|resource| resource.slug == *slug)
        {
            return Err(invalid(at, Fault::NoResource(slug.clone())));
        }
        let last = self.last.unwrap_or(self.first);
        if last < self.first {
            return Err(invalid(at, Fault::Wrong("last", Wrong::Backwards)));
        }
        let clocks = self.hours.iter().map(|raw| clock_span(&raw.opens, &raw.closes));
        let hours: Option<Vec<(u16, u16)>> = clocks.collect();
        let hours = hours.ok_or_else(|| invalid(at, Fault::Wrong("hours", Wrong::NoTime)))?;
        if self.reason.trim().is_empty() {
            return Err(invalid(at, Fault::Wrong("reason", Wrong::Missing)));
        }
        check_text(&self.reason, LINE_CHARS_MAX)
            .map_err(|wrong| invalid(at, Fault::Wrong("reason", wrong)))?;
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
        let at = Place::of(Thing::Period(self.name.clone()));
        let kind = match self.kind.as_str() {
            "term" => PeriodKind::Term,
            "break" => PeriodKind::Break,
            _ => return Err(invalid(&at, Fault::none_of("kind", &self.kind, &["term", "break"]))),
        };
        if self.last < self.first {
            return Err(invalid(&at, Fault::Wrong("last", Wrong::Backwards)));
        }
        crate::wrong::check_name(&self.name).map_err(|wrong| invalid(&at, Fault::Wrong("name", wrong)))?;
        Ok(PeriodEntry { line, name: self.name.clone(), kind, first: self.first, last: self.last })
    }
}

impl RawResource {
    fn check(
        &self,
        line: usize,
        at: &Place,
        codes: &[String],
        earlier: &[ResourceEntry],
    ) -> Result<ResourceEntry, Told> {
        slugged(at, &self.slug)?;
        if earlier.iter().any(|resource| resource.slug == self.slug) {
            return Err(invalid(at, Fault::Twice));
        }
        if self.parts.is_empty() {
            return Err(invalid(at, Fault::NoParts));
        }
        if let Some(code) = repeated(&self.parts) {
            return Err(invalid(at, Fault::PartTwice(code.clone())));
        }
        if let Some(code) = self.parts.iter().find(|code| !codes.contains(code)) {
            return Err(invalid(at, Fault::PartUnknown(code.clone())));
        }
        if let Some(parent) = &self.parent {
            let whole = earlier.iter().find(|resource| resource.slug == *parent);
            let whole = whole.ok_or_else(|| invalid(at, Fault::ParentNotBefore(parent.clone())))?;
            if let Some(code) = self.parts.iter().find(|code| !whole.parts.contains(code)) {
                return Err(invalid(at, Fault::OutsideParent(code.clone())));
            }
        }
        let refuse = |what: Fault| invalid(at, what);
        let boat = self.boat.map_or_else(Boat::default, |raw| Boat {
            length: raw.length_cm,
            beam: raw.beam_cm,
            draught: raw.draught_cm,
        });
        let kind = match &self.kind {
            Some(key) => {
                let kind = ResourceKind::with(key, self.licence.as_deref().unwrap_or_default(), boat);
                Some(kind.ok_or_else(|| refuse(Fault::no_kind(key)))?)
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
        none_of(at, patch.over(&ResourceFacts::default()).problems())?;
        Ok(ResourceEntry {
            line,
            slug: self.slug.clone(),
            parent: self.parent.clone(),
            parts: self.parts.clone(),
            patch,
        })
    }
}
