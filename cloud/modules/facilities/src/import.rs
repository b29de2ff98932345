//! Files into the register: `facilities.toml`, resources as CSV, places as GeoJSON.

use std::collections::BTreeMap;

use cloud_contracts::{ImportError, ImportReport, SpaceRegister};
use cloud_kernel::{Actor, TenantTx};
use facilities_domain::{
    Document, DocumentError, ExceptionEntry, FacilityEntry, FacilityFacts, Refusal, ResourceEntry,
    ResourceFacts, RowEntry, read_geojson, read_resources,
};

use crate::change::{Obstacle, Outcome, Register, Wanted};
use crate::store::{self, KnownException, KnownFacility};

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `facilities.toml`.
    Toml,
    /// A resource a line.
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
    /// What it is, for example `facility "solskiftet", resource "hallen"`.
    pub at: String,
    /// What becomes of it; `Err` is why nothing does.
    pub outcome: Result<Outcome, String>,
}

impl Report {
    /// The first thing that is refused.
    pub fn refused(&self) -> Option<(&str, &str)> {
        self.lines
            .iter()
            .find_map(|line| line.outcome.as_ref().err().map(|what| (line.at.as_str(), what.as_str())))
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
        return Err(ImportError::Invalid { at: at.to_owned(), what: what.to_owned() });
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
) -> Result<Report, ImportError> {
    let known = store::known(tx, None).await.map_err(ImportError::database)?;
    let register = Register::new(tx, space, actor);
    let mut import = Import { register, known, report: Report::default() };
    match format {
        Format::Toml => {
            let document = Document::read(text).map_err(unreadable)?;
            import.refusals(&document.refusals);
            for entry in &document.facilities {
                import.facility(entry).await?;
            }
            import.periods(&document).await?;
        }
        Format::Csv => {
            let rows = read_resources(text).map_err(unreadable)?;
            import.refusals(&rows.refusals);
            for row in &rows.rows {
                import.row(row).await?;
            }
        }
        Format::GeoJson => {
            let (entries, refusals) = read_geojson(text).map_err(unreadable)?;
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

fn unreadable(error: DocumentError) -> ImportError {
    match error {
        DocumentError::Unreadable(text) => ImportError::Unreadable(text),
        DocumentError::Invalid { at, what } => ImportError::Invalid { at, what },
    }
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
    fn tell(
        &mut self,
        line: usize,
        at: String,
        outcome: Result<Outcome, Obstacle>,
    ) -> Result<(), ImportError> {
        let outcome = match outcome {
            Ok(outcome) => Ok(outcome),
            Err(Obstacle::Database(error)) => return Err(ImportError::database(error)),
            Err(Obstacle::Port(error)) => return Err(ImportError::database(error)),
            Err(obstacle) => Err(obstacle.to_string()),
        };
        self.report.lines.push(ReportLine { line, at, outcome });
        Ok(())
    }

    async fn facility(&mut self, entry: &FacilityEntry) -> Result<(), ImportError> {
        let at = format!("facility \"{}\"", entry.slug);
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
            self.tell(resource.line, format!("{at}, resource \"{}\"", resource.slug), outcome)?;
        }
        for equipment in &entry.equipment {
            let outcome = self.register.equipment(&mut known, &equipment.slug, &equipment.facts).await;
            self.tell(equipment.line, format!("{at}, equipment \"{}\"", equipment.slug), outcome)?;
        }
        for exception in &entry.exceptions {
            let outcome = self.exception(&mut known, &entry.slug, exception).await;
            self.tell(exception.line, format!("{at}, exception {}", exception.first), outcome)?;
        }
        self.known.insert(entry.slug.clone(), known);
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

    async fn row(&mut self, row: &RowEntry) -> Result<(), ImportError> {
        let entry = &row.resource;
        let at = format!("facility \"{}\", resource \"{}\"", row.facility, entry.slug);
        let Some(mut known) = self.known.remove(&row.facility) else {
            let outcome = Err(format!("there is no facility \"{}\"", row.facility));
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

    async fn periods(&mut self, document: &Document) -> Result<(), ImportError> {
        let mut known = store::periods(self.register.tx).await.map_err(ImportError::database)?;
        for period in &document.periods {
            let outcome = self.register.period(&mut known, period).await;
            self.tell(period.line, format!("school_period \"{}\"", period.name), outcome)?;
        }
        Ok(())
    }
}
