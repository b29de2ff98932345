//! Changes of the register: the same for files, forms and programs. Each leaves its row in the trail.

use std::collections::BTreeSet;

use cloud_contracts::{PortError, RegisterChanged, SpaceRegister};
use cloud_kernel::{Actor, TenantTx};
use facilities_domain::{
    Change, EquipmentFacts, ExceptionState, FacilityFacts, Fault, PeriodEntry, RegularHours, ResourceFacts,
    ResourceState, State, Wrong, changes, differences,
};
use jiff::tz::TimeZone;
use protocols_ids::{EquipmentId, ExceptionId, FacilityId, PartId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::store::{self, KnownEquipment, KnownException, KnownFacility, KnownResource};

/// What a change came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was not there before.
    New,
    /// It was, and was different.
    Changed(Vec<Change>),
    /// It is as it was.
    Same,
}

impl Outcome {
    fn of(found: Vec<Change>) -> Self {
        if found.is_empty() { Self::Same } else { Self::Changed(found) }
    }
}

/// Why a change is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Obstacle {
    /// It cannot be.
    #[error("{0}")]
    Fault(Fault),
    /// The database.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// Booking did not answer.
    #[error("booking")]
    Port(#[from] PortError),
}

impl From<Fault> for Obstacle {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Parts, resources, pieces of equipment and exceptions of one facility at most: far beyond any, so that a page that
/// shows all of them stays a page.
pub(crate) const PER_FACILITY_MAX: usize = 500;

/// What a file or form says of a resource.
pub(crate) struct Wanted<'a> {
    pub(crate) slug: &'a str,
    /// The short name of the whole; `None` is no part of another.
    pub(crate) parent: Option<&'a str>,
    /// Codes; empty leaves them as they are.
    pub(crate) parts: &'a [String],
    /// Its place in the schedule; `None` leaves it, or puts it last.
    pub(crate) position: Option<usize>,
    pub(crate) facts: &'a ResourceFacts,
}

/// The register in the hands of somebody.
pub(crate) struct Register<'a> {
    pub(crate) tx: &'a mut TenantTx,
    pub(crate) space: &'a dyn SpaceRegister,
    pub(crate) actor: Actor,
    /// Parts that have been made.
    pub(crate) parts_made: usize,
    /// Parts that booking has been told of.
    told: BTreeSet<PartId>,
    /// Whether others have been told that something changed: once a transaction is enough.
    said: bool,
    /// What was kept last, by its number in the history.
    pub(crate) kept: Option<i64>,
}

impl<'a> Register<'a> {
    /// The register in this transaction.
    pub(crate) fn new(tx: &'a mut TenantTx, space: &'a dyn SpaceRegister, actor: Actor) -> Self {
        Self { tx, space, actor, parts_made: 0, told: BTreeSet::new(), said: false, kept: None }
    }

    /// Writes a facility's facts; `known` is brought up to date, or made.
    pub(crate) async fn facility(
        &mut self,
        known: &mut Option<KnownFacility>,
        slug: &str,
        facts: &FacilityFacts,
    ) -> Result<Outcome, Obstacle> {
        none_of(facts.problems())?;
        if TimeZone::get(&facts.time_zone).is_err() {
            return Err(Fault::NoZone(facts.time_zone.clone()).into());
        }
        let authority = self.tx.authority(&facts.authority).await?;
        let authority = authority.ok_or_else(|| Fault::NoAuthority(facts.authority.clone()))?;
        let owner = match facts.owner.as_str() {
            "" => None,
            slug => {
                let found = store::organisation(self.tx, slug).await?;
                Some(found.ok_or_else(|| Fault::NoOwner(slug.to_owned()))?)
            }
        };
        if let Some(known) = known {
            let found = changes(&known.facts.fields(), &facts.fields());
            if !found.is_empty() {
                store::save_facility(self.tx, known.id, slug, (authority, owner), facts).await?;
                self.audit("facilities.facility_changed", known.id.uuid(), slug, &found).await?;
                let (old, new) = (State::Facility(known.facts.clone()), State::Facility(facts.clone()));
                self.keep(known.id, known.id.uuid(), Some(old), Some(new)).await?;
                (known.authority, known.owner, known.facts) = (authority, owner, facts.clone());
            }
            return Ok(Outcome::of(found));
        }
        let id: FacilityId = self.tx.new_id();
        store::save_facility(self.tx, id, slug, (authority, owner), facts).await?;
        self.audit("facilities.facility_made", id.uuid(), slug, &[]).await?;
        self.keep(id, id.uuid(), None, Some(State::Facility(facts.clone()))).await?;
        *known = Some(KnownFacility {
            id,
            authority,
            owner,
            facts: facts.clone(),
            hours: Vec::new(),
            parts: std::collections::HashMap::new(),
            resources: Vec::new(),
            equipment: Vec::new(),
            exceptions: Vec::new(),
        });
        Ok(Outcome::New)
    }

    /// Puts regular hours in the place of those that were.
    pub(crate) async fn hours(
        &mut self,
        known: &mut KnownFacility,
        slug: &str,
        hours: &[RegularHours],
    ) -> Result<Option<Change>, Obstacle> {
        let mut hours = hours.to_vec();
        hours.sort_unstable();
        if known.hours == hours {
            return Ok(None);
        }
        let (old, new) = (State::Hours(known.hours.clone()), State::Hours(hours.clone()));
        let found = differences(Some(&old), Some(&new));
        store::replace_hours(self.tx, known.id, &hours).await?;
        self.audit("facilities.hours_changed", known.id.uuid(), slug, &found).await?;
        self.keep(known.id, known.id.uuid(), Some(old), Some(new)).await?;
        known.hours = hours;
        Ok(found.into_iter().next())
    }

    /// The parts with these codes; those that are new are made, and booking knows them all.
    pub(crate) async fn parts(
        &mut self,
        known: &mut KnownFacility,
        codes: &[String],
    ) -> Result<Vec<PartId>, Obstacle> {
        let mut parts = Vec::new();
        for code in codes {
            let part = if let Some(part) = known.parts.get(code) {
                *part
            } else {
                if known.parts.len() >= PER_FACILITY_MAX {
                    return Err(Fault::TooMany(PER_FACILITY_MAX).into());
                }
                let part: PartId = self.tx.new_id();
                store::insert_part(self.tx, part, known.id, code).await?;
                self.audit("facilities.part_made", part.uuid(), code, &[]).await?;
                self.parts_made = self.parts_made.saturating_add(1);
                known.parts.insert(code.clone(), part);
                part
            };
            parts.push(part);
        }
        let new: Vec<PartId> = parts.iter().copied().filter(|part| self.told.insert(*part)).collect();
        if !new.is_empty() {
            self.space.register(self.tx, &new).await?;
        }
        parts.sort_unstable();
        Ok(parts)
    }

    /// Writes a resource. What takes other parts than before does so only if nothing from now on hangs on it.
    pub(crate) async fn resource(
        &mut self,
        known: &mut KnownFacility,
        wanted: &Wanted<'_>,
    ) -> Result<Outcome, Obstacle> {
        none_of(wanted.facts.problems())?;
        let parent = match wanted.parent {
            Some(slug) => Some(known.resource(slug).ok_or_else(|| Fault::NoParent(slug.to_owned()))?.clone()),
            None => None,
        };
        let old = known.resource(wanted.slug).cloned();
        let parts = match &old {
            Some(old) if wanted.parts.is_empty() => old.parts.clone(),
            Some(_) | None => self.parts(known, wanted.parts).await?,
        };
        if parts.is_empty() {
            return Err(Fault::NoParts.into());
        }
        if let Some(parent) = &parent
            && let Some(outside) = parts.iter().find(|part| !parent.parts.contains(part))
        {
            return Err(Fault::OutsideParent(code_of(known, *outside)).into());
        }
        let position = match (wanted.position, &old) {
            (Some(position), _) => i32::try_from(position).unwrap_or(i32::MAX),
            (None, Some(old)) => old.position,
            (None, None) => known.resources.iter().map(|r| r.position.saturating_add(1)).max().unwrap_or(0),
        };
        let id = old.as_ref().map_or_else(|| self.tx.new_id(), |old| old.id);
        let new = KnownResource {
            id,
            parent: parent.map(|parent| parent.id),
            slug: wanted.slug.to_owned(),
            position,
            parts,
            facts: wanted.facts.clone(),
        };
        let Some(old) = old else {
            if known.resources.len() >= PER_FACILITY_MAX {
                return Err(Fault::TooMany(PER_FACILITY_MAX).into());
            }
            store::save_resource(self.tx, known.id, &new).await?;
            store::replace_parts(self.tx, id, &new.parts).await?;
            self.audit("facilities.resource_made", id.uuid(), wanted.slug, &[]).await?;
            self.keep(known.id, id.uuid(), None, Some(resource_state(known, &new))).await?;
            known.resources.push(new);
            return Ok(Outcome::New);
        };
        let states = (resource_state(known, &old), resource_state(known, &new));
        let found = differences(Some(&states.0), Some(&states.1));
        if found.is_empty() {
            return Ok(Outcome::Same);
        }
        if old.parts != new.parts {
            let both: Vec<PartId> = old.parts.iter().chain(&new.parts).copied().collect();
            if self.space.is_awaited(self.tx, id, &both).await? {
                return Err(Fault::Awaited.into());
            }
            store::replace_parts(self.tx, id, &new.parts).await?;
        }
        store::save_resource(self.tx, known.id, &new).await?;
        self.audit("facilities.resource_changed", id.uuid(), wanted.slug, &found).await?;
        self.keep(known.id, id.uuid(), Some(states.0), Some(states.1)).await?;
        if let Some(place) = known.resources.iter_mut().find(|resource| resource.id == id) {
            *place = new;
        }
        Ok(Outcome::Changed(found))
    }

    /// Writes equipment, and lets booking know how many there are.
    pub(crate) async fn equipment(
        &mut self,
        known: &mut KnownFacility,
        slug: &str,
        facts: &EquipmentFacts,
    ) -> Result<Outcome, Obstacle> {
        none_of(facts.problems())?;
        let old = known.equipment.iter().find(|equipment| equipment.slug == slug).cloned();
        let id: EquipmentId = old.as_ref().map_or_else(|| self.tx.new_id(), |old| old.id);
        let new = KnownEquipment { id, slug: slug.to_owned(), facts: facts.clone() };
        let outcome = match &old {
            None if known.equipment.len() >= PER_FACILITY_MAX => {
                return Err(Fault::TooMany(PER_FACILITY_MAX).into());
            }
            None => Outcome::New,
            Some(old) => Outcome::of(changes(&old.facts.fields(), &facts.fields())),
        };
        let (action, found) = match &outcome {
            Outcome::New => ("facilities.equipment_made", &[][..]),
            Outcome::Changed(found) => ("facilities.equipment_changed", found.as_slice()),
            Outcome::Same => return Ok(outcome),
        };
        store::save_equipment(self.tx, known.id, &new).await?;
        self.space.register_stock(self.tx, &[(id, facts.stock)]).await?;
        self.audit(action, id.uuid(), slug, found).await?;
        let was = old.map(|old| State::Equipment(old.facts));
        self.keep(known.id, id.uuid(), was, Some(State::Equipment(facts.clone()))).await?;
        known.equipment.retain(|equipment| equipment.id != id);
        known.equipment.push(new);
        Ok(outcome)
    }

    /// Writes other hours. Those of the same thing and the same dates are brought up to date.
    pub(crate) async fn exception(
        &mut self,
        known: &mut KnownFacility,
        slug: &str,
        wanted: &KnownException,
    ) -> Result<Outcome, Obstacle> {
        let same = |old: &KnownException| {
            (old.resource, old.first, old.last) == (wanted.resource, wanted.first, wanted.last)
        };
        let old = known.exceptions.iter().find(|old| same(old)).cloned();
        let id: ExceptionId = old.as_ref().map_or(wanted.id, |old| old.id);
        let new = KnownException { id, ..wanted.clone() };
        let outcome = match &old {
            None if known.exceptions.len() >= PER_FACILITY_MAX => {
                return Err(Fault::TooMany(PER_FACILITY_MAX).into());
            }
            None => Outcome::New,
            Some(old) => {
                let states = (exception_state(known, old), exception_state(known, &new));
                Outcome::of(differences(Some(&states.0), Some(&states.1)))
            }
        };
        let (action, found) = match &outcome {
            Outcome::New => {
                ("facilities.exception_made", differences(None, Some(&exception_state(known, &new))))
            }
            Outcome::Changed(found) => ("facilities.exception_changed", found.clone()),
            Outcome::Same => return Ok(outcome),
        };
        store::save_exception(self.tx, known.id, &new).await?;
        self.audit(action, id.uuid(), slug, &found).await?;
        let was = old.map(|old| exception_state(known, &old));
        self.keep(known.id, id.uuid(), was, Some(exception_state(known, &new))).await?;
        known.exceptions.retain(|exception| exception.id != id);
        known.exceptions.push(new);
        Ok(outcome)
    }

    /// Takes other hours away; whether they were there.
    pub(crate) async fn remove_exception(
        &mut self,
        known: &KnownFacility,
        slug: &str,
        id: ExceptionId,
    ) -> Result<Option<KnownException>, Obstacle> {
        let Some(old) = known.exceptions.iter().find(|exception| exception.id == id) else { return Ok(None) };
        if !store::delete_exception(self.tx, known.id, id).await? {
            return Ok(None);
        }
        let was = exception_state(known, old);
        self.audit("facilities.exception_removed", id.uuid(), slug, &differences(Some(&was), None)).await?;
        self.keep(known.id, id.uuid(), Some(was), None).await?;
        Ok(Some(old.clone()))
    }

    /// Writes a span of the school's year.
    pub(crate) async fn period(
        &mut self,
        known: &mut Vec<PeriodEntry>,
        wanted: &PeriodEntry,
    ) -> Result<Outcome, Obstacle> {
        let old = known.iter().find(|old| (old.kind, old.first) == (wanted.kind, wanted.first));
        let fields =
            |period: &PeriodEntry| [("name", period.name.clone()), ("last", period.last.to_string())];
        let outcome = match old {
            None if known.len() >= PER_FACILITY_MAX => return Err(Fault::TooMany(PER_FACILITY_MAX).into()),
            None => Outcome::New,
            Some(old) => Outcome::of(changes(&fields(old), &fields(wanted))),
        };
        if outcome == Outcome::Same {
            return Ok(outcome);
        }
        store::save_period(self.tx, wanted).await?;
        let detail = json!({ "name": wanted.name, "first": wanted.first, "last": wanted.last });
        self.tx.audit(self.actor, "facilities.school_period_set", None, &detail).await?;
        known.retain(|old| (old.kind, old.first) != (wanted.kind, wanted.first));
        known.push(wanted.clone());
        Ok(outcome)
    }

    /// Keeps what was said of something and what is said from now on.
    pub(crate) async fn keep(
        &mut self,
        facility: FacilityId,
        subject: Uuid,
        before: Option<State>,
        after: Option<State>,
    ) -> Result<(), sqlx::Error> {
        let written = store::Written { facility, subject, before, after };
        self.kept = Some(store::keep(self.tx, &written, self.actor).await?);
        Ok(())
    }

    pub(crate) async fn audit(
        &mut self,
        action: &'static str,
        subject: Uuid,
        name: &str,
        found: &[Change],
    ) -> Result<(), sqlx::Error> {
        let changes: Vec<Value> = found
            .iter()
            .map(|change| json!({ "key": change.key, "from": change.from, "to": change.to }))
            .collect();
        if !self.said {
            self.tx.emit(&RegisterChanged {}).await?;
            self.said = true;
        }
        let detail = if changes.is_empty() {
            json!({ "name": name })
        } else {
            json!({ "name": name, "changes": changes })
        };
        self.tx.audit(self.actor, action, Some(subject), &detail).await
    }
}

fn none_of(problems: Vec<(&'static str, Wrong)>) -> Result<(), Obstacle> {
    match problems.into_iter().next() {
        Some((key, wrong)) => Err(Fault::Wrong(key, wrong).into()),
        None => Ok(()),
    }
}

fn code_of(known: &KnownFacility, part: PartId) -> String {
    known.parts.iter().find(|(_, id)| **id == part).map(|(code, _)| code.clone()).unwrap_or_default()
}

/// All of a resource that files and forms can change.
pub(crate) fn resource_state(known: &KnownFacility, resource: &KnownResource) -> State {
    let mut parts: Vec<String> = resource.parts.iter().map(|part| code_of(known, *part)).collect();
    parts.sort_unstable();
    let parent = resource.parent.and_then(|id| known.slug_of(id)).unwrap_or_default().to_owned();
    State::Resource(ResourceState {
        parent,
        parts,
        position: resource.position,
        facts: resource.facts.clone(),
    })
}

/// All of other hours.
pub(crate) fn exception_state(known: &KnownFacility, exception: &KnownException) -> State {
    let resource = exception.resource.and_then(|id| known.slug_of(id)).unwrap_or_default().to_owned();
    State::Exception(ExceptionState {
        resource,
        first: exception.first,
        last: exception.last,
        hours: exception.hours.clone(),
        reason: exception.reason.clone(),
    })
}
