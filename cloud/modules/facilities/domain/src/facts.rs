//! What is known of a facility, of what can be booked there and of its equipment; and what of it changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::wrong::{
    BUFFER_MINUTES_MAX, LINE_CHARS_MAX, NAME_CHARS_MAX, PERSONS_MAX, STOCK_MAX, TEXT_CHARS_MAX, Wrong,
    check_name, check_text,
};
use crate::{Accessibility, Activity, ResourceKind, Size};

/// A point on the map, in degrees (WGS 84).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Position {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

impl Position {
    /// The point, if there is such a one.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, Wrong> {
        let there = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        if there { Ok(Self { latitude, longitude }) } else { Err(Wrong::NoPosition) }
    }

    /// Reads two numbers as people write them, with a comma or a point. Two empty fields are no position.
    pub fn read(latitude: &str, longitude: &str) -> Result<Option<Self>, Wrong> {
        let (latitude, longitude) = (latitude.trim(), longitude.trim());
        if latitude.is_empty() && longitude.is_empty() {
            return Ok(None);
        }
        let degrees = |text: &str| text.replace(',', ".").parse::<f64>().map_err(|_| Wrong::NoPosition);
        Self::new(degrees(latitude)?, degrees(longitude)?).map(Some)
    }
}

impl std::fmt::Display for Position {
    /// Six decimals: about ten centimetres.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.6}, {:.6}", self.latitude, self.longitude)
    }
}

/// What is known of a facility. Texts may be empty.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FacilityFacts {
    /// What people call it.
    pub name: String,
    /// The short name of the board that it belongs to.
    pub authority: String,
    /// The short name of the association or company that owns and maintains it; empty: the municipality.
    pub owner: String,
    /// IANA name of the zone of its clocks.
    pub time_zone: String,
    /// Street and place.
    pub address: String,
    /// What it is, in some sentences.
    pub description: String,
    /// What those who come must keep to.
    pub rules_text: String,
    /// How to get there and find the door.
    pub directions: String,
    /// What is known of its accessibility.
    pub accessibility: Vec<Accessibility>,
    /// More about it, in words.
    pub accessibility_notes: String,
    /// Where it lies.
    pub position: Option<Position>,
    /// What other systems call it: system, then id.
    pub other_ids: BTreeMap<String, String>,
}

/// The number of other systems that know one facility.
pub const OTHER_IDS_MAX: usize = 20;

impl FacilityFacts {
    /// Everything as pairs of key and words: what is compared, shown and kept in the trail.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let ids: Vec<String> = self.other_ids.iter().map(|(system, id)| format!("{system}={id}")).collect();
        vec![
            ("name", self.name.clone()),
            ("authority", self.authority.clone()),
            ("owner", self.owner.clone()),
            ("time_zone", self.time_zone.clone()),
            ("address", self.address.clone()),
            ("description", self.description.clone()),
            ("rules_text", self.rules_text.clone()),
            ("directions", self.directions.clone()),
            ("accessibility", keys(self.accessibility.iter().map(|fact| fact.key()))),
            ("accessibility_notes", self.accessibility_notes.clone()),
            ("position", self.position.map(|position| position.to_string()).unwrap_or_default()),
            ("other_ids", ids.join(" ")),
        ]
    }

    /// What cannot be, by key.
    pub fn problems(&self) -> Vec<(&'static str, Wrong)> {
        let mut found = Vec::new();
        let mut check = |key, outcome: Result<(), Wrong>| {
            if let Err(wrong) = outcome {
                found.push((key, wrong));
            }
        };
        check("name", check_name(&self.name));
        check("address", check_text(&self.address, LINE_CHARS_MAX));
        check("description", check_text(&self.description, TEXT_CHARS_MAX));
        check("rules_text", check_text(&self.rules_text, TEXT_CHARS_MAX));
        check("directions", check_text(&self.directions, TEXT_CHARS_MAX));
        check("accessibility_notes", check_text(&self.accessibility_notes, TEXT_CHARS_MAX));
        if self.other_ids.len() > OTHER_IDS_MAX {
            check("other_ids", Err(Wrong::TooMany { most: OTHER_IDS_MAX }));
        }
        for (system, id) in &self.other_ids {
            check("other_ids", check_name(system).and_then(|()| check_name(id)));
        }
        found
    }
}

/// What is known of something that can be booked.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceFacts {
    /// What people call it.
    pub name: String,
    /// What sort of thing it is.
    pub kind: ResourceKind,
    /// How many people it is for.
    pub persons_max: Option<u32>,
    /// Minutes for setting up.
    pub before_minutes: u32,
    /// Minutes for cleaning.
    pub after_minutes: u32,
    /// Its size.
    pub size: Option<Size>,
    /// What it is good for.
    pub activities: Vec<Activity>,
    /// What it is, in some sentences.
    pub description: String,
    /// What those who book it must keep to.
    pub rules_text: String,
}

impl ResourceFacts {
    /// Everything as pairs of key and words.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
        let boat = self.kind.boat();
        let extent = |range: fn(&Size) -> (u32, u32)| match self.size.as_ref().map(range) {
            Some((from, to)) if from == to => from.to_string(),
            Some((from, to)) => format!("{from}-{to}"),
            None => String::new(),
        };
        vec![
            ("name", self.name.clone()),
            ("kind", self.kind.key().to_owned()),
            ("licence", self.kind.licence().to_owned()),
            ("boat_length_cm", number(boat.length)),
            ("boat_beam_cm", number(boat.beam)),
            ("boat_draught_cm", number(boat.draught)),
            ("persons_max", number(self.persons_max)),
            ("before_minutes", self.before_minutes.to_string()),
            ("after_minutes", self.after_minutes.to_string()),
            ("width_cm", extent(|size| size.width)),
            ("length_cm", extent(|size| size.length)),
            ("ceiling_cm", number(self.size.and_then(|size| size.ceiling))),
            ("activities", keys(self.activities.iter().map(|activity| activity.key()))),
            ("description", self.description.clone()),
            ("rules_text", self.rules_text.clone()),
        ]
    }

    /// What cannot be, by key.
    pub fn problems(&self) -> Vec<(&'static str, Wrong)> {
        let mut found = self.kind.problems();
        if let Err(wrong) = check_name(&self.name) {
            found.push(("name", wrong));
        }
        if self.persons_max.is_some_and(|persons| persons == 0 || persons > PERSONS_MAX) {
            found.push(("persons_max", Wrong::NoNumber { from: 1, to: PERSONS_MAX }));
        }
        for (key, minutes) in [("before_minutes", self.before_minutes), ("after_minutes", self.after_minutes)]
        {
            if minutes > BUFFER_MINUTES_MAX {
                found.push((key, Wrong::NoNumber { from: 0, to: BUFFER_MINUTES_MAX }));
            }
        }
        for (key, text) in [("description", &self.description), ("rules_text", &self.rules_text)] {
            if let Err(wrong) = check_text(text, TEXT_CHARS_MAX) {
                found.push((key, wrong));
            }
        }
        found
    }
}

/// What is known of equipment or a service.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EquipmentFacts {
    /// What people call it.
    pub name: String,
    /// How many there are, where that is counted.
    pub stock: Option<u32>,
    /// More about it.
    pub description: String,
    /// The short names of what it can be had with; empty is everything there.
    pub resources: Vec<String>,
}

impl EquipmentFacts {
    /// Everything as pairs of key and words.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("name", self.name.clone()),
            ("stock", self.stock.map(|stock| stock.to_string()).unwrap_or_default()),
            ("description", self.description.clone()),
            ("resources", self.resources.join(" ")),
        ]
    }

    /// What cannot be, by key.
    pub fn problems(&self) -> Vec<(&'static str, Wrong)> {
        let mut found = Vec::new();
        if let Err(wrong) = check_name(&self.name) {
            found.push(("name", wrong));
        }
        if self.stock.is_some_and(|stock| stock > STOCK_MAX) {
            found.push(("stock", Wrong::NoNumber { from: 0, to: STOCK_MAX }));
        }
        if let Err(wrong) = check_text(&self.description, LINE_CHARS_MAX) {
            found.push(("description", wrong));
        }
        found
    }
}

/// One thing that is different.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What, by its key.
    pub key: &'static str,
    /// As it was.
    pub from: String,
    /// As it is then.
    pub to: String,
}

/// What differs between two readings of the same fields.
pub fn changes(before: &[(&'static str, String)], after: &[(&'static str, String)]) -> Vec<Change> {
    let pairs = before.iter().zip(after).filter(|(before, after)| before.1 != after.1);
    pairs.map(|((key, from), (_, to))| Change { key, from: from.clone(), to: to.clone() }).collect()
}

fn keys<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.collect::<Vec<&str>>().join(" ")
}

const _: () = assert!(NAME_CHARS_MAX <= LINE_CHARS_MAX, "a name fits where a line does");
