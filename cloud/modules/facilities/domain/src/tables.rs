//! Resources as CSV, one a line, and facilities as GeoJSON, one a point: what spreadsheets and maps read and write.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::document::{FILE_BYTES_MAX, repeated};
use crate::facts::{FacilityFacts, Position, ResourceFacts};
use crate::fault::{Fault, Place, Thing};
use crate::kind::{Boat, ResourceKind};
use crate::wrong::{check_slug, read_number};
use crate::{
    Accessibility, Activity, DocumentError, FacilityEntry, FacilityPatch, Refusal, ResourceEntry,
    ResourcePatch, Size,
};

/// A line of a file of resources.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowEntry {
    /// The short name of the facility.
    pub facility: String,
    /// What the line says; an empty cell leaves a fact as it is.
    pub resource: ResourceEntry,
}

/// A file of resources that was read, and what of it cannot be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rows {
    /// Its lines, in order.
    pub rows: Vec<RowEntry>,
    /// Lines that cannot be.
    pub refusals: Vec<Refusal>,
}

/// The columns before those of [`ResourceFacts::fields`].
const PLACE: [&str; 4] = ["facility", "resource", "parent", "parts"];
/// Longer than any column that there is, and no file has more of them.
const COLUMNS_MAX: usize = 40;
/// What a list in a cell is at most.
const LIST_MAX: usize = 100;

/// Reads resources from CSV with comma or semicolon, as spreadsheets write it. The first line names the columns, in any
/// order; `facility` and `resource` must be among them.
pub fn read_resources(text: &str) -> Result<Rows, DocumentError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(DocumentError::too_long());
    }
    // Spreadsheets begin a file in UTF-8 with a mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = text.lines().next().unwrap_or_default();
    let delimiter = if head.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns: Vec<String> =
        reader.headers().map_err(|error| unreadable(&error))?.iter().map(str::to_owned).collect();
    let known: Vec<&str> =
        PLACE.into_iter().chain(ResourceFacts::default().fields().into_iter().map(|(key, _)| key)).collect();
    check_head(&columns, &known, &["facility", "resource"])?;
    let mut rows = Rows::default();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(rows),
            Ok(true) => {}
            Err(error) => return Err(unreadable(&error)),
        }
        let line = record.position().map_or(0, csv::Position::line);
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        let cells: BTreeMap<&str, &str> = columns.iter().map(String::as_str).zip(record.iter()).collect();
        let row =
            if record.len() > columns.len() { Err(Fault::TooManyCells) } else { read_row(line, &cells) };
        match row {
            Ok(row) => {
                let same = |old: &RowEntry| {
                    (&old.facility, &old.resource.slug) == (&row.facility, &row.resource.slug)
                };
                if rows.rows.iter().any(same) {
                    let at = Place::resource(&row.facility, &row.resource.slug);
                    rows.refusals.push(Refusal { line, at, what: Fault::Twice });
                } else {
                    rows.rows.push(row);
                }
            }
            Err(what) => {
                let cell = |column| cells.get(column).copied().unwrap_or_default();
                let at = Place::resource(cell("facility"), cell("resource"));
                rows.refusals.push(Refusal { line, at, what });
            }
        }
    }
}

/// What a reader of lines says that cannot go on.
pub(crate) fn unreadable(error: &csv::Error) -> DocumentError {
    let line = error.position().and_then(|at| usize::try_from(at.line()).ok());
    DocumentError::Unreadable { line, what: error.to_string() }
}

/// Checks the first line of a table: known columns, each once, those that it needs among them.
pub(crate) fn check_head(
    columns: &[String],
    known: &[&str],
    needed: &[&'static str],
) -> Result<(), DocumentError> {
    let refuse = |what: Fault| Err(DocumentError::Invalid { at: Place::of(Thing::Head), what });
    if columns.len() > COLUMNS_MAX {
        return refuse(Fault::TooManyColumns(COLUMNS_MAX));
    }
    if let Some(column) = columns.iter().find(|column| !known.contains(&column.as_str())) {
        return refuse(Fault::NoColumn { name: column.clone(), known: known.join(", ") });
    }
    if let Some(column) = repeated(columns) {
        return refuse(Fault::ColumnTwice(column.clone()));
    }
    match needed.iter().find(|need| !columns.iter().any(|column| column == *need)) {
        Some(column) => refuse(Fault::NoSuchColumn(column)),
        None => Ok(()),
    }
}

fn read_row(line: usize, cells: &BTreeMap<&str, &str>) -> Result<RowEntry, Fault> {
    let cell = |column: &str| cells.get(column).copied().filter(|cell| !cell.is_empty());
    let slug = |column: &'static str| {
        let slug = cell(column).unwrap_or_default();
        check_slug(slug).map_err(|wrong| Fault::Wrong(column, wrong))?;
        Ok::<String, Fault>(slug.to_owned())
    };
    let number = |column: &'static str, from: u32, to: u32| {
        let read = cell(column).map(|text| read_number(text, from, to)).transpose();
        read.map_err(|wrong| Fault::Wrong(column, wrong))
    };
    let text = |column: &str| cell(column).map(str::to_owned);
    let boat = Boat {
        length: number("boat_length_cm", 1, u32::MAX)?,
        beam: number("boat_beam_cm", 1, u32::MAX)?,
        draught: number("boat_draught_cm", 1, u32::MAX)?,
    };
    let kind = match cell("kind") {
        Some(key) => {
            let kind = ResourceKind::with(key, cell("licence").unwrap_or_default(), boat);
            Some(kind.ok_or_else(|| Fault::no_kind(key))?)
        }
        None if boat != Boat::default() || cell("licence").is_some() => {
            return Err(Fault::KindNeeded);
        }
        None => None,
    };
    let activities = match cell("activities") {
        Some(list) => Some(
            words(list)?
                .into_iter()
                .map(|key| Activity::parse(&key).ok_or(Fault::NoActivity(key)))
                .collect::<Result<Vec<Activity>, Fault>>()?,
        ),
        None => None,
    };
    let size = match (cell("width_cm"), cell("length_cm")) {
        (Some(width), Some(length)) => Some(Size {
            width: extent("width_cm", width)?,
            length: extent("length_cm", length)?,
            ceiling: number("ceiling_cm", 1, LONGEST_CM)?,
        }),
        (None, None) if cell("ceiling_cm").is_none() => None,
        _ => return Err(Fault::HalfASize),
    };
    let parts = words(cell("parts").unwrap_or_default())?;
    if let Some(code) = repeated(&parts) {
        return Err(Fault::PartTwice(code.clone()));
    }
    let patch = ResourcePatch {
        name: text("name"),
        kind,
        persons_max: number("persons_max", 0, u32::MAX)?,
        before_minutes: number("before_minutes", 0, u32::MAX)?,
        after_minutes: number("after_minutes", 0, u32::MAX)?,
        size,
        activities,
        description: text("description"),
        rules_text: text("rules_text"),
    };
    let facility = slug("facility")?;
    let resource = ResourceEntry { line, slug: slug("resource")?, parent: text("parent"), parts, patch };
    Ok(RowEntry { facility, resource })
}

/// Two kilometres, as in [`Size`].
const LONGEST_CM: u32 = 200_000;

/// `1000` or `1600-2200`.
fn extent(column: &'static str, text: &str) -> Result<(u32, u32), Fault> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let read = |text: &str| read_number(text, 1, LONGEST_CM).map_err(|wrong| Fault::Wrong(column, wrong));
    let (from, to) = (read(from)?, read(to)?);
    if from > to { Err(Fault::NoExtent { key: column, most: LONGEST_CM }) } else { Ok((from, to)) }
}

/// Words with spaces between them.
fn words(list: &str) -> Result<Vec<String>, Fault> {
    let words: Vec<String> = list.split_whitespace().map(str::to_owned).collect();
    if words.len() > LIST_MAX { Err(Fault::LongList(LIST_MAX)) } else { Ok(words) }
}

/// A resource as a line of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResourceRow {
    /// The short name of the facility.
    pub facility: String,
    /// Its own.
    pub slug: String,
    /// The short name of the whole; empty where it is none's part.
    pub parent: String,
    /// The codes of its parts.
    pub parts: Vec<String>,
    /// What is known of it.
    pub facts: ResourceFacts,
}

/// Writes resources as CSV, in a form that [`read_resources`] reads.
pub fn write_resources(rows: &[ResourceRow]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fields = ResourceFacts::default().fields();
    // Writing into memory does not fail, and every line has the same number of cells.
    let mut written = writer.write_record(PLACE.into_iter().chain(fields.iter().map(|(key, _)| *key)));
    for row in rows {
        let parts = row.parts.join(" ");
        let place = [row.facility.clone(), row.slug.clone(), row.parent.clone(), parts];
        let cells = place.into_iter().chain(row.facts.fields().into_iter().map(|(_, value)| value));
        written = written.and_then(|()| writer.write_record(cells));
    }
    let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

#[derive(Deserialize)]
struct RawCollection<'a> {
    #[serde(borrow)]
    features: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawFeature {
    geometry: Option<RawGeometry>,
    properties: RawProperties,
}

#[derive(Deserialize)]
struct RawGeometry {
    #[serde(rename = "type")]
    kind: String,
    coordinates: Value,
}

/// What is read of a feature's properties; what other programs put there beside it is left alone.
#[derive(Deserialize)]
struct RawProperties {
    slug: String,
    name: Option<String>,
    authority: Option<String>,
    owner: Option<String>,
    time_zone: Option<String>,
    address: Option<String>,
    description: Option<String>,
    rules_text: Option<String>,
    directions: Option<String>,
    accessibility: Option<Vec<String>>,
    accessibility_notes: Option<String>,
    other_ids: Option<BTreeMap<String, String>>,
}

/// Reads facilities from a GeoJSON collection of points (RFC 7946).
pub fn read_geojson(text: &str) -> Result<(Vec<FacilityEntry>, Vec<Refusal>), DocumentError> {
    let unreadable = |error: serde_json::Error| {
        let line = Some(error.line()).filter(|line| *line > 0);
        DocumentError::Unreadable { line, what: error.to_string() }
    };
    if text.len() > FILE_BYTES_MAX {
        return Err(DocumentError::too_long());
    }
    let collection: RawCollection<'_> = serde_json::from_str(text).map_err(unreadable)?;
    let (mut entries, mut refusals): (Vec<FacilityEntry>, Vec<Refusal>) = (Vec::new(), Vec::new());
    for raw in collection.features {
        let line = line_of(text, raw.get());
        let feature: RawFeature = match serde_json::from_str(raw.get()) {
            Ok(feature) => feature,
            Err(error) => {
                let at = Place::of(Thing::Feature);
                refusals.push(Refusal { line, at, what: Fault::Unreadable(error.to_string()) });
                continue;
            }
        };
        let at = Place::facility(&feature.properties.slug);
        match feature.check(line) {
            Ok(entry) if entries.iter().any(|earlier| earlier.slug == entry.slug) => {
                refusals.push(Refusal { line, at, what: Fault::Twice });
            }
            Ok(entry) => entries.push(entry),
            Err(what) => refusals.push(Refusal { line, at, what }),
        }
    }
    Ok((entries, refusals))
}

/// The line of the text in which a piece of it begins, from 1.
fn line_of(text: &str, piece: &str) -> usize {
    let offset = piece.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

impl RawFeature {
    fn check(self, line: usize) -> Result<FacilityEntry, Fault> {
        let properties = self.properties;
        check_slug(&properties.slug).map_err(|wrong| Fault::Wrong("slug", wrong))?;
        let position = match self.geometry {
            Some(geometry) if geometry.kind == "Point" => {
                let degrees = |index| geometry.coordinates.get(index).and_then(Value::as_f64);
                // The east comes first in GeoJSON.
                let (east, north) = degrees(0).zip(degrees(1)).ok_or(Fault::NoCoordinates)?;
                Some(Position::new(north, east).map_err(|wrong| Fault::Wrong("coordinates", wrong))?)
            }
            Some(geometry) => return Err(Fault::NoPoint(geometry.kind)),
            None => None,
        };
        let accessibility = properties.accessibility.map(|keys| {
            let read =
                |key: &String| Accessibility::parse(key).ok_or_else(|| Fault::NoAccessibility(key.clone()));
            keys.iter().map(read).collect::<Result<Vec<Accessibility>, Fault>>()
        });
        let patch = FacilityPatch {
            name: properties.name,
            authority: properties.authority,
            owner: properties.owner,
            time_zone: properties.time_zone,
            address: properties.address,
            description: properties.description,
            rules_text: properties.rules_text,
            directions: properties.directions,
            accessibility: accessibility.transpose()?,
            accessibility_notes: properties.accessibility_notes,
            position,
            other_ids: properties.other_ids,
        };
        Ok(FacilityEntry {
            line,
            slug: properties.slug,
            patch,
            opening_hours: None,
            parts: Vec::new(),
            resources: Vec::new(),
            equipment: Vec::new(),
            exceptions: Vec::new(),
            closures: Vec::new(),
        })
    }
}

/// Writes facilities as a GeoJSON collection that [`read_geojson`] reads. One without a position has no geometry.
pub fn write_geojson<'a>(facilities: impl Iterator<Item = (&'a str, &'a FacilityFacts)>) -> Value {
    let features: Vec<Value> = facilities
        .map(|(slug, facts)| {
            let geometry = facts.position.map(
                |position| json!({ "type": "Point", "coordinates": [position.longitude, position.latitude] }),
            );
            let accessibility: Vec<&str> = facts.accessibility.iter().map(|fact| fact.key()).collect();
            json!({
                "type": "Feature",
                "id": slug,
                "geometry": geometry,
                "properties": {
                    "slug": slug,
                    "name": facts.name,
                    "authority": facts.authority,
                    "owner": facts.owner,
                    "time_zone": facts.time_zone,
                    "address": facts.address,
                    "description": facts.description,
                    "rules_text": facts.rules_text,
                    "directions": facts.directions,
                    "accessibility": accessibility,
                    "accessibility_notes": facts.accessibility_notes,
                    "other_ids": facts.other_ids,
                },
            })
        })
        .collect();
    json!({ "type": "FeatureCollection", "features": features })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row() -> ResourceRow {
        ResourceRow {
            facility: "strand".to_owned(),
            slug: "plats-1".to_owned(),
            parent: String::new(),
            parts: vec!["p1".to_owned()],
            facts: ResourceFacts {
                name: "Plats 1; \"vid\" bryggan".to_owned(),
                kind: ResourceKind::Berth(Boat { length: Some(700), beam: None, draught: Some(90) }),
                persons_max: Some(6),
                after_minutes: 15,
                size: Some(Size { width: (250, 250), length: (600, 700), ceiling: None }),
                activities: vec![Activity::Dance],
                description: "Två rader,\nmed komma".to_owned(),
                ..ResourceFacts::default()
            },
        }
    }

    #[test]
    fn what_is_written_as_a_line_is_read_as_the_same_facts() {
        let rows = read_resources(&write_resources(&[row()])).unwrap();
        assert_eq!(rows.refusals, []);
        let read = &rows.rows[0];
        assert_eq!(read.resource.patch.over(&ResourceFacts::default()), row().facts);
        assert_eq!(
            (read.facility.as_str(), read.resource.parts.as_slice()),
            ("strand", &["p1".to_owned()][..])
        );
    }

    #[test]
    fn a_spreadsheets_file_is_read_and_each_wrong_line_is_told_with_its_number() {
        let text = "\u{feff}facility;resource;name;persons_max;kind\n\
                    strand;lokalen;Lokalen;60;premises\n\
                    strand;Lokalen;Lokalen;60;\n\
                    strand;bastun;\"Bastun\nvid vattnet\";tio;\n\
                    strand;slottet;Slottet;;castle\n\
                    strand;lokalen;Igen;;\n\
                    strand;a;A;1;hall;mer\n";
        let rows = read_resources(text).unwrap();
        assert_eq!(rows.rows.len(), 1);
        let told: Vec<String> =
            rows.refusals.iter().map(|refusal| format!("{} {}", refusal.line, refusal.what)).collect();
        assert_eq!(
            told,
            [
                "3 resource must be 1 to 60 of a–z, 0–9 and hyphens",
                "4 persons_max must be a whole number from 0 to 4294967295",
                "6 kind \"castle\" is none of hall, pitch, room, premises, lodging, vehicle, berth, other",
                "7 stands twice",
                "8 has more cells than there are columns",
            ]
        );
    }

    #[test]
    fn a_file_without_its_columns_is_refused_whole() {
        for (text, said) in [
            ("facility,name\n", "column \"resource\" is missing"),
            ("facility,resource,colour\n", "there is no column \"colour\""),
            ("facility,resource,resource\n", "column \"resource\" stands twice"),
            ("", "column \"facility\" is missing"),
        ] {
            let error = read_resources(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_point_is_read_as_it_is_written_and_a_wrong_one_is_told_with_its_line() {
        let facts = FacilityFacts {
            name: "Strand".to_owned(),
            position: Some(Position { latitude: 59.48, longitude: 18.3 }),
            accessibility: vec![Accessibility::Toilet],
            ..FacilityFacts::default()
        };
        let written = write_geojson(std::iter::once(("strand", &facts))).to_string();
        let (entries, refusals) = read_geojson(&written).unwrap();
        assert_eq!(refusals, []);
        assert_eq!(entries[0].patch.over(&FacilityFacts::default()), facts);
        let wrong = "{\"features\": [\n{\"geometry\": {\"type\": \"Point\", \"coordinates\": [18, 95]},\n\
                     \"properties\": {\"slug\": \"a\"}},\n{\"geometry\": {\"type\": \"Polygon\", \"coordinates\": []}, \
                     \"properties\": {\"slug\": \"b\"}},\n{\"properties\": {}}]}";
        let (entries, refusals) = read_geojson(wrong).unwrap();
        assert_eq!(entries, []);
        let told: Vec<String> =
            refusals.iter().map(|refusal| format!("{} {}", refusal.line, refusal.at)).collect();
        assert_eq!(told, ["2 facility \"a\"", "4 facility \"b\"", "5 feature"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            drop(read_resources(&text));
            drop(read_geojson(&text));
            drop(read_resources(&format!("facility,resource,name\n{text}")));
        }
    }
}
