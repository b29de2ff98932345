//! The keys of the file.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use crate::size::RawSize;
use crate::{Accessibility, Activity};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDocument {
    #[serde(default)]
    pub(super) defaults: RawDefaults,
    #[serde(default, rename = "facility")]
    pub(super) facilities: Vec<Spanned<RawFacility>>,
    #[serde(default, rename = "school_period")]
    pub(super) periods: Vec<Spanned<RawPeriod>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDefaults {
    pub(super) authority: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) opening_hours: Option<Vec<RawHours>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFacility {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) authority: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) address: Option<String>,
    pub(super) description: Option<String>,
    pub(super) rules_text: Option<String>,
    pub(super) directions: Option<String>,
    pub(super) accessibility: Option<Vec<Accessibility>>,
    pub(super) accessibility_notes: Option<String>,
    pub(super) position: Option<RawPosition>,
    pub(super) other_ids: Option<BTreeMap<String, String>>,
    pub(super) time_zone: Option<String>,
    pub(super) opening_hours: Option<Vec<RawHours>>,
    pub(super) parts: Vec<String>,
    #[serde(default, rename = "resource")]
    pub(super) resources: Vec<Spanned<RawResource>>,
    #[serde(default)]
    pub(super) equipment: Vec<Spanned<RawEquipment>>,
    #[serde(default, rename = "exception")]
    pub(super) exceptions: Vec<Spanned<RawException>>,
    #[serde(default, rename = "closure")]
    pub(super) closures: Vec<Spanned<RawClosure>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPosition {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawResource {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) parent: Option<String>,
    pub(super) parts: Vec<String>,
    pub(super) kind: Option<String>,
    pub(super) licence: Option<String>,
    pub(super) boat: Option<RawBoat>,
    pub(super) persons_max: Option<u32>,
    pub(super) before_minutes: Option<u32>,
    pub(super) after_minutes: Option<u32>,
    pub(super) size: Option<RawSize>,
    pub(super) activities: Option<Vec<Activity>>,
    pub(super) description: Option<String>,
    pub(super) rules_text: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the keys of the file carry their unit")]
pub(super) struct RawBoat {
    pub(super) length_cm: Option<u32>,
    pub(super) beam_cm: Option<u32>,
    pub(super) draught_cm: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEquipment {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) stock: Option<u32>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) resources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawException {
    pub(super) resource: Option<String>,
    pub(super) first: Date,
    pub(super) last: Option<Date>,
    #[serde(default)]
    pub(super) hours: Vec<RawClocks>,
    pub(super) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClosure {
    pub(super) resource: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) from: String,
    pub(super) to: Option<String>,
    pub(super) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClocks {
    pub(super) opens: String,
    pub(super) closes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPeriod {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) first: Date,
    pub(super) last: Date,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHours {
    pub(super) days: String,
    pub(super) on: Option<String>,
    pub(super) opens: Option<String>,
    pub(super) closes: Option<String>,
    #[serde(default)]
    pub(super) closed: bool,
}
