//! Files into the register: `facilities.toml`, resources as CSV, places as GeoJSON.

use std::collections::BTreeMap;

use cloud_contracts::{Closing, ClosureKind, ImportError, ImportReport, SpaceRegister};
use cloud_kernel::{Actor, TenantTx};
use facilities_domain::{
    ClosedKind, ClosureEntry, Document, DocumentError, ExceptionEntry, FacilityEntry, FacilityFacts, Fault,
    Place, Refusal, ResourceEntry, ResourceFacts, RowEntry, Thing, read_closures, read_geojson,
    read_resources, tells_of_closures,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::change::{Obstacle, Outcome, Register, Wanted};
use crate::closing::put as put_closing;
use crate::store::{self, KnownException, KnownFacility};

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `facilities.toml`.
    Toml,
    /// A resource a line, or a closing where there is a column for its beginning.
    Csv,
    /// A facility a point.
    GeoJson,
}

/// What a file does, line by line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// A line for everything that the file names, in its order.
    pub lines: Vec<ReportLine>,
    /// Parts that are new.
    pub parts: usize,
}

/// What a file does with one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportLine {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// What it is.
    pub at: Place,
    /// What becomes of it; `Err` is why nothing does.
    pub outcome: Result<Outcome, Fault>,
}

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is not what such a file is.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The database.
    #[error("database")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl FileError {
    fn database(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Database(source.into())
    }
}

impl From<FileError> for ImportError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Document(DocumentError::Unreadable { what, .. }) => Self::Unreadable(what),
            FileError::Document(DocumentError::Invalid { at, what }) => {
                Self::Invalid { at: at.to_string(), what: what.to_string() }
            }
            FileError::Database(source) => Self::Database(source),
        }
    }
}

impl Report {
    /// The first thing that is refused.
    pub fn refused(&self) -> Option<(&Place, &Fault)> {
        self.lines.iter().find_map(|line| Some((&line.at, line.outcome.as_ref().err()?)))
    }

    /// How many things are new, changed, as they were, and refused.
    pub fn counts(&self) -> [usize; 4] {
        let count = |wanted: fn(&ReportLine) -> bool| self.lines.iter().filter(|line| wanted(line)).count();
        [
            count(|line| line.outcome == Ok(Outcome::New)),
            count(|line| matches!(line.outcome, Ok(Outcome::Changed(_)))),
            count(|line| line.outcome == Ok(Outcome::Same)),
            count(|line| line.outcome.is_err()),
        ]
    }
}

/// Brings the register to what `facilities.toml` says. What is there is found by its short name and keeps its id; what
/// the file does not name stays as it is. Every part of the file is made known to `space`. The first thing that cannot
/// be is an error. Nothing holds until the caller commits.
pub async fn import(
    tx: &mut TenantTx,
    space: &dyn SpaceRegister,
    text: &str,
) -> Result<ImportReport, ImportError> {
    let report = read_file(tx, space, Actor::Service("import"), Format::Toml, text).await?;
    if let Some((at, what)) = report.refused() {
        return Err(ImportError::Invalid { at: at.to_string(), what: what.to_string() });
    }
    let [created, updated, _, _] = report.counts();
    Ok(ImportReport { created: created.saturating_add(report.parts), updated })
}

/// Brings the register to what a file says, as far as that can be, and tells it line by line. The caller commits, or
/// rolls back for a dry run or where something is refused.
pub async fn read_file(
    tx: &mut TenantTx,
    space: &dyn SpaceRegister,
    actor: Actor,
    format: Format,
    text: &str,
) -> Result<Report, FileError> {
    store::lock_register(tx).await.map_err(FileError::database)?;
    let known = store::known(tx, None).await.map_err(FileError::database)?;
    let register = Register::new(tx, space, actor);
    let mut import = Import { register, known, report: Report::default() };
    match format {
        Format::Toml => {
            let document = Document::read(text)?;
            import.refusals(&document.refusals);
            for entry in &document.facilities {
                import.facility(entry).await?;
            }
            import.periods(&document).await?;
        }
        Format::Csv if tells_of_closures(text) => {
            let (rows, refusals) = read_closures(text)?;
            import.refusals(&refusals);
            for row in &rows {
                import.closure(&row.facility, &row.closure).await?;
            }
        }
        Format::Csv => {
            let rows = read_resources(text)?;
            import.refusals(&rows.refusals);
            for row in &rows.rows {
                import.row(row).await?;
            }
        }
        Format::GeoJson => {
            let (entries, refusals) = read_geojson(text)?;
            import.refusals(&refusals);
            for entry in &entries {
                import.facility(entry).await?;
            }
        }
    }
    let Import { register, mut report, .. } = import;
    report.parts = register.parts_made;
    report.lines.sort_by_key(|line| line.line);
    Ok(report)
}

struct Import<'a> {
    register: Register<'a>,
    known: BTreeMap<String, KnownFacility>,
    report: Report,
}

impl Import<'_> {
    fn refusals(&mut self, refusals: &[Refusal]) {
        let lines = refusals.iter().map(|refusal| ReportLine {
            line: refusal.line,
            at: refusal.at.clone(),
            outcome: Err(refusal.what.clone()),
        });
        self.report.lines.extend(lines);
    }

    /// Puts what came of something into the report; what is our own fault ends the import.
    fn tell(&mut self, line: usize, at: Place, outcome: Result<Outcome, Obstacle>) -> Result<(), FileError> {
        let outcome = match outcome {
            Ok(outcome) => Ok(outcome),
            Err(Obstacle::Database(error)) => return Err(FileError::database(error)),
            Err(Obstacle::Port(error)) => return Err(FileError::database(error)),
            Err(Obstacle::Fault(fault)) => Err(fault),
        };
        self.report.lines.push(ReportLine { line, at, outcome });
        Ok(())
    }

    async fn facility(&mut self, entry: &FacilityEntry) -> Result<(), FileError> {
        let at = Place::facility(&entry.slug);
        let mut known = self.known.remove(&entry.slug);
        let base = known.as_ref().map_or_else(FacilityFacts::default, |known| known.facts.clone());
        let facts = entry.patch.over(&base);
        let written = self.register.facility(&mut known, &entry.slug, &facts).await;
        let (Some(mut known), true) = (known, written.is_ok()) else {
            return self.tell(entry.line, at, written);
        };
        let outcome = match &entry.opening_hours {
            Some(hours) => self.register.hours(&mut known, &entry.slug, hours).await.map(|change| {
                match (written.unwrap_or(Outcome::Same), change) {
                    (Outcome::Same, Some(change)) => Outcome::Changed(vec![change]),
                    (Outcome::Changed(mut found), Some(change)) => {
                        found.push(change);
                        Outcome::Changed(found)
                    }
                    (outcome, _) => outcome,
                }
            }),
            None => written,
        };
        self.tell(entry.line, at.clone(), outcome)?;
        if let Err(obstacle) = self.register.parts(&mut known, &entry.parts).await {
            self.tell(entry.line, at.clone(), Err(obstacle))?;
        }
        for (position, resource) in entry.resources.iter().enumerate() {
            let outcome = self.resource(&mut known, resource, Some(position)).await;
            self.tell(resource.line, Place::resource(&entry.slug, &resource.slug), outcome)?;
        }
        for equipment in &entry.equipment {
            let outcome = self.register.equipment(&mut known, &equipment.slug, &equipment.facts).await;
            let at = Place::within(&entry.slug, Thing::Equipment(equipment.slug.clone()));
            self.tell(equipment.line, at, outcome)?;
        }
        for exception in &entry.exceptions {
            let outcome = self.exception(&mut known, &entry.slug, exception).await;
            let at = Place::within(&entry.slug, Thing::Exception(exception.first));
            self.tell(exception.line, at, outcome)?;
        }
        self.known.insert(entry.slug.clone(), known);
        for closure in &entry.closures {
            self.closure(&entry.slug, closure).await?;
        }
        Ok(())
    }

    async fn resource(
        &mut self,
        known: &mut KnownFacility,
        entry: &ResourceEntry,
        position: Option<usize>,
    ) -> Result<Outcome, Obstacle> {
        let old = known.resource(&entry.slug);
        let base = old.map_or_else(ResourceFacts::default, |old| old.facts.clone());
        let facts = entry.patch.over(&base);
        let wanted = Wanted {
            slug: &entry.slug,
            parent: entry.parent.as_deref(),
            parts: &entry.parts,
            position,
            facts: &facts,
        };
        self.register.resource(known, &wanted).await
    }

    async fn exception(
        &mut self,
        known: &mut KnownFacility,
        slug: &str,
        entry: &ExceptionEntry,
    ) -> Result<Outcome, Obstacle> {
        let named = |resource: &String| known.resource(resource).map(|resource| resource.id);
        let wanted = KnownException {
            id: self.register.tx.new_id(),
            resource: entry.resource.as_ref().and_then(named),
            first: entry.first,
            last: entry.last,
            hours: entry.hours.clone(),
            reason: entry.reason.clone(),
        };
        self.register.exception(known, slug, &wanted).await
    }

    /// What is closed for a while. It is found again by what it is about and its beginning; what is over by now is
    /// left alone, so that a file may be read again whenever.
    async fn closure(&mut self, slug: &str, entry: &ClosureEntry) -> Result<(), FileError> {
        let at = Place::within(slug, Thing::Closure(entry.from.to_string()));
        let outcome = match self.known.get(slug) {
            Some(known) => match wanted_closing(known, entry) {
                Ok(closing) => put_closing(self.register.tx, self.register.actor, closing).await,
                Err(fault) => Err(fault.into()),
            },
            None => Err(Fault::NoFacility(slug.to_owned()).into()),
        };
        self.tell(entry.line, at, outcome)
    }

    async fn row(&mut self, row: &RowEntry) -> Result<(), FileError> {
        let entry = &row.resource;
        let at = Place::resource(&row.facility, &entry.slug);
        let Some(mut known) = self.known.remove(&row.facility) else {
            let outcome = Err(Fault::NoFacility(row.facility.clone()));
            self.report.lines.push(ReportLine { line: entry.line, at, outcome });
            return Ok(());
        };
        // A row that says nothing of a whole leaves it as it is.
        let old = known.resource(&entry.slug).and_then(|old| old.parent);
        let parent = entry.parent.clone().or_else(|| old.and_then(|id| known.slug_of(id)).map(str::to_owned));
        let entry = ResourceEntry { parent: parent.filter(|slug| !slug.is_empty()), ..entry.clone() };
        let outcome = self.resource(&mut known, &entry, None).await;
        self.known.insert(row.facility.clone(), known);
        self.tell(entry.line, at, outcome)
    }

    async fn periods(&mut self, document: &Document) -> Result<(), FileError> {
        let mut known = store::periods(self.register.tx).await.map_err(FileError::database)?;
        for period in &document.periods {
            let outcome = self.register.period(&mut known, period).await;
            self.tell(period.line, Place::of(Thing::Period(period.name.clone())), outcome)?;
        }
        Ok(())
    }
}

/// A closing of a file, in the facility's own time.
fn wanted_closing(known: &KnownFacility, entry: &ClosureEntry) -> Result<Closing, Fault> {
    let resource = match &entry.resource {
        None => None,
        Some(slug) => Some(known.resource(slug).ok_or_else(|| Fault::NoResource(slug.clone()))?.id),
    };
    let zone = &known.facts.time_zone;
    let instant = |key: &'static str, at: DateTime| {
        let zone = TimeZone::get(zone).map_err(|_| Fault::NoZone(zone.clone()))?;
        let zoned = at.to_zoned(zone).map_err(|_| Fault::NoMoment { key, text: at.to_string() })?;
        Ok::<Timestamp, Fault>(zoned.timestamp())
    };
    Ok(Closing {
        facility: known.id,
        resource,
        kind: match entry.kind {
            ClosedKind::Closed => ClosureKind::Closed,
            ClosedKind::Unplayable => ClosureKind::Unplayable,
        },
        reason: entry.reason.clone(),
        starts_at: instant("from", entry.from)?,
        ends_at: entry.to.map(|to| instant("to", to)).transpose()?,
    })
}
