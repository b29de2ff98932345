//! `facilities.toml` into the register.

use cloud_contracts::{ImportError, ImportReport, PortError, RegisterChanged, SpaceRegister};
use cloud_kernel::{Actor, TenantTx};
use facilities_domain::{Document, DocumentError, FacilityEntry, ResourceEntry};
use protocols_ids::{FacilityId, PartId, ResourceId};
use serde_json::json;
use uuid::Uuid;

use crate::store::{self, Known, Standing};

/// Who changes the register, as the audit names it.
const ACTOR: Actor = Actor::Service("import");

/// Brings the register to what the file says. What is there is found by its short name and keeps its id; what
/// the file does not name stays as it is. Every part of the file is made known to `space`. Nothing holds until
/// the caller commits.
pub async fn import(
    tx: &mut TenantTx,
    space: &dyn SpaceRegister,
    text: &str,
) -> Result<ImportReport, ImportError> {
    let document = Document::parse(text).map_err(refusal)?;
    let known = store::known(tx).await.map_err(ImportError::database)?;
    let mut import = Import { tx, known, report: ImportReport::default(), parts: Vec::new() };
    for entry in &document.facilities {
        import.facility(entry).await?;
    }
    let Import { tx, report, parts, .. } = import;
    space.register(tx, &parts).await.map_err(|error: PortError| ImportError::database(error))?;
    if report != ImportReport::default() {
        tx.emit(&RegisterChanged {}).await.map_err(ImportError::database)?;
    }
    Ok(report)
}

fn refusal(error: DocumentError) -> ImportError {
    match error {
        DocumentError::Unreadable(text) => ImportError::Unreadable(text),
        DocumentError::Invalid { at, what } => ImportError::Invalid { at, what },
    }
}

struct Import<'a> {
    tx: &'a mut TenantTx,
    known: Known,
    report: ImportReport,
    /// Every part of the file, known before or not.
    parts: Vec<PartId>,
}

impl Import<'_> {
    async fn facility(&mut self, entry: &FacilityEntry) -> Result<(), ImportError> {
        let authority = self.tx.authority(&entry.authority).await.map_err(ImportError::database)?;
        let authority = authority.ok_or_else(|| ImportError::Invalid {
            at: format!("facility \"{}\"", entry.slug),
            what: format!("there is no authority \"{}\"", entry.authority),
        })?;
        let facility = if let Some(facility) = self.known.facilities.get(&entry.slug).copied() {
            let changed = store::update_facility(self.tx, facility, authority, entry).await;
            let changed = changed.map_err(ImportError::database)? | self.hours(facility, entry).await?;
            self.updated(changed, "facilities.facility_changed", facility.uuid(), &entry.slug).await?;
            facility
        } else {
            let facility: FacilityId = self.tx.new_id();
            let made = store::insert_facility(self.tx, facility, authority, entry).await;
            made.map_err(ImportError::database)?;
            self.hours(facility, entry).await?;
            self.created("facilities.facility_made", facility.uuid(), &entry.slug).await?;
            facility
        };
        for code in &entry.parts {
            self.part(facility, code).await?;
        }
        for (position, resource) in entry.resources.iter().enumerate() {
            self.resource(facility, position, entry, resource).await?;
        }
        Ok(())
    }

    /// Whether the hours were different.
    async fn hours(&mut self, facility: FacilityId, entry: &FacilityEntry) -> Result<bool, ImportError> {
        if self.known.hours.get(&facility) == Some(&entry.opening_hours) {
            return Ok(false);
        }
        let replaced = store::replace_hours(self.tx, facility, &entry.opening_hours).await;
        replaced.map_err(ImportError::database)?;
        Ok(true)
    }

    async fn part(&mut self, facility: FacilityId, code: &str) -> Result<(), ImportError> {
        let key = (facility, code.to_owned());
        if let Some(part) = self.known.parts.get(&key) {
            self.parts.push(*part);
            return Ok(());
        }
        let part: PartId = self.tx.new_id();
        store::insert_part(self.tx, part, facility, code).await.map_err(ImportError::database)?;
        self.known.parts.insert(key, part);
        self.parts.push(part);
        self.created("facilities.part_made", part.uuid(), code).await
    }

    async fn resource(
        &mut self,
        facility: FacilityId,
        position: usize,
        place: &FacilityEntry,
        entry: &ResourceEntry,
    ) -> Result<(), ImportError> {
        let own = |slug: &String| (facility, slug.clone());
        let parent = entry.parent.as_ref().and_then(|slug| self.known.resources.get(&own(slug)).copied());
        let mut parts: Vec<PartId> =
            entry.parts.iter().filter_map(|code| self.known.parts.get(&own(code)).copied()).collect();
        parts.sort_unstable();
        if let Some(id) = self.known.resources.get(&own(&entry.slug)).copied() {
            if self.known.taken.get(&id) != Some(&parts) {
                return Err(ImportError::Invalid {
                    at: format!("facility \"{}\", resource \"{}\"", place.slug, entry.slug),
                    what: "takes other parts than before; bookings may hang on it: give the new one a slug of its own"
                        .to_owned(),
                });
            }
            let standing = Standing { id, facility, parent, position };
            let changed = store::update_resource(self.tx, standing, entry).await;
            let changed = changed.map_err(ImportError::database)?;
            return self.updated(changed, "facilities.resource_changed", id.uuid(), &entry.slug).await;
        }
        let id: ResourceId = self.tx.new_id();
        let standing = Standing { id, facility, parent, position };
        let made = store::insert_resource(self.tx, standing, entry, &parts).await;
        made.map_err(ImportError::database)?;
        self.known.resources.insert(own(&entry.slug), id);
        self.created("facilities.resource_made", id.uuid(), &entry.slug).await
    }

    async fn created(&mut self, action: &'static str, subject: Uuid, name: &str) -> Result<(), ImportError> {
        self.report.created += 1;
        self.audit(action, subject, name).await
    }

    async fn updated(
        &mut self,
        changed: bool,
        action: &'static str,
        subject: Uuid,
        name: &str,
    ) -> Result<(), ImportError> {
        if !changed {
            return Ok(());
        }
        self.report.updated += 1;
        self.audit(action, subject, name).await
    }

    async fn audit(&mut self, action: &'static str, subject: Uuid, name: &str) -> Result<(), ImportError> {
        let written = self.tx.audit(ACTOR, action, Some(subject), &json!({ "name": name })).await;
        written.map_err(ImportError::database)
    }
}
