//! `tariffs.toml`: price lists, as an administrator writes them down. The format is in `docs/import-format.md`.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

/// A file that was read and can be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// The lists in it.
    pub tariffs: Vec<TariffEntry>,
}

/// A price list. Its name and first day together tell it from others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TariffEntry {
    /// What it is called.
    pub name: String,
    /// First day.
    pub valid_from: Date,
    /// Last day; `None` until another one comes.
    pub valid_to: Option<Date>,
    /// Which body decided it.
    pub decided_by: Option<String>,
    /// The decision, as that body refers to it.
    pub reference: Option<String>,
    /// Whom it knows, at most one of them by default.
    pub groups: Vec<GroupEntry>,
    /// Its figures, each resource and group once.
    pub rates: Vec<RateEntry>,
}

/// A group of customers.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    /// Its short name, as customers carry it.
    pub code: String,
    /// Its name, in the list's words.
    pub name: String,
    /// Whom it is for, in the list's words.
    pub who: Option<String>,
    /// Whether it is the group of those who have no other.
    #[serde(default, rename = "default")]
    pub is_default: bool,
}

/// What an hour costs for a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RateEntry {
    /// Of what.
    pub resource: ResourceRef,
    /// The group's short name, one of the list's.
    pub group: String,
    /// In öre, not negative.
    pub ore_per_hour: i64,
}

/// A resource by short names, `facility/resource`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ResourceRef {
    /// The facility's.
    pub facility: String,
    /// The resource's, within it.
    pub resource: String,
}

impl fmt::Display for ResourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.facility, self.resource)
    }
}

/// Why a file describes nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not TOML, or not with these keys; the text has line and column.
    #[error("{0}")]
    Unreadable(String),
    /// Something that cannot be.
    #[error("{at}: {what}")]
    Invalid {
        /// Where, for example `tariff "Taxor 2020", rate of "solskiftet/hallen"`.
        at: String,
        /// What is wrong, in words.
        what: String,
    },
}

impl Document {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let raw: RawDocument =
            toml::from_str(text).map_err(|error| DocumentError::Unreadable(error.to_string()))?;
        let mut tariffs: Vec<TariffEntry> = Vec::new();
        for entry in raw.tariffs {
            let tariff = entry.check()?;
            let at = tariff.place();
            for earlier in tariffs.iter().filter(|earlier| earlier.valid_from == tariff.valid_from) {
                if earlier.name == tariff.name {
                    return Err(invalid(&at, "stands twice with the same first day"));
                }
                // Two lists of the same first day would leave open which of them decides.
                let both = earlier.rates.iter().find(|rate| tariff.names(&rate.resource));
                if let Some(rate) = both {
                    let what = format!(
                        "\"{}\" has a price in tariff \"{}\" from the same day on",
                        rate.resource, earlier.name
                    );
                    return Err(invalid(&at, &what));
                }
            }
            tariffs.push(tariff);
        }
        Ok(Self { tariffs })
    }
}

impl TariffEntry {
    /// Where it stands, as errors say it.
    pub fn place(&self) -> String {
        tariff_place(&self.name)
    }

    fn names(&self, resource: &ResourceRef) -> bool {
        self.rates.iter().any(|rate| rate.resource == *resource)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDocument {
    #[serde(default, rename = "tariff")]
    tariffs: Vec<RawTariff>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTariff {
    name: String,
    valid_from: Date,
    valid_to: Option<Date>,
    decided_by: Option<String>,
    reference: Option<String>,
    #[serde(default, rename = "group")]
    groups: Vec<GroupEntry>,
    #[serde(default, rename = "rate")]
    rates: Vec<RawRate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRate {
    resources: Vec<String>,
    kr_per_hour: BTreeMap<String, Kronor>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected whole kronor such as 85, or a text such as \"85.50\"")]
enum Kronor {
    Whole(i64),
    Written(String),
}

/// The dearest hour that is believed: a million kronor. Above it somebody wrote öre.
const ORE_PER_HOUR_MAX: i64 = 100_000_000;

impl Kronor {
    fn ore(&self) -> Option<i64> {
        let kronor = match self {
            Self::Whole(kronor) => Decimal::from(*kronor),
            Self::Written(text) => text.parse().ok()?,
        };
        let ore = kronor.checked_mul(Decimal::ONE_HUNDRED)?;
        let whole = ore.fract().is_zero().then(|| ore.to_i64()).flatten()?;
        (0..=ORE_PER_HOUR_MAX).contains(&whole).then_some(whole)
    }
}

fn invalid(at: &str, what: &str) -> DocumentError {
    DocumentError::Invalid { at: at.to_owned(), what: what.to_owned() }
}

fn tariff_place(name: &str) -> String {
    format!("tariff \"{name}\"")
}

fn is_slug(text: &str) -> bool {
    (1..=60).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

impl RawTariff {
    fn check(self) -> Result<TariffEntry, DocumentError> {
        let at = tariff_place(&self.name);
        if self.name.trim().is_empty() {
            return Err(invalid(&at, "name must not be empty"));
        }
        if self.valid_to.is_some_and(|last| last < self.valid_from) {
            return Err(invalid(&at, "valid_to must not be before valid_from"));
        }
        self.check_groups(&at)?;
        let mut rates: Vec<RateEntry> = Vec::new();
        for entry in &self.rates {
            for name in &entry.resources {
                let at = format!("{at}, rate of \"{name}\"");
                let resource = parse_ref(name)
                    .ok_or_else(|| invalid(&at, "must be two short names, facility/resource"))?;
                if rates.iter().any(|earlier| earlier.resource == resource) {
                    return Err(invalid(&at, "stands twice"));
                }
                let figures: Result<Vec<_>, _> = entry
                    .kr_per_hour
                    .iter()
                    .map(|(group, kronor)| self.figure(&at, &resource, group, kronor))
                    .collect();
                rates.extend(figures?);
            }
        }
        Ok(TariffEntry {
            name: self.name,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            decided_by: self.decided_by,
            reference: self.reference,
            groups: self.groups,
            rates,
        })
    }

    fn check_groups(&self, at: &str) -> Result<(), DocumentError> {
        if self.groups.is_empty() {
            return Err(invalid(at, "there must be at least one group"));
        }
        for (index, group) in self.groups.iter().enumerate() {
            let at = format!("{at}, group \"{}\"", group.code);
            if !is_slug(&group.code) {
                return Err(invalid(&at, "code must be 1 to 60 of a–z, 0–9 and hyphens"));
            }
            if group.name.trim().is_empty() {
                return Err(invalid(&at, "name must not be empty"));
            }
            let mut before = self.groups.iter().take(index);
            if before.clone().any(|earlier| earlier.code == group.code) {
                return Err(invalid(&at, "stands twice"));
            }
            if group.is_default && before.any(|earlier| earlier.is_default) {
                return Err(invalid(&at, "is the second group with default = true"));
            }
        }
        Ok(())
    }

    fn figure(
        &self,
        at: &str,
        resource: &ResourceRef,
        group: &str,
        kronor: &Kronor,
    ) -> Result<RateEntry, DocumentError> {
        if !self.groups.iter().any(|known| known.code == group) {
            return Err(invalid(at, &format!("\"{group}\" is not among the tariff's groups")));
        }
        let ore_per_hour = kronor.ore().ok_or_else(|| {
            invalid(
                at,
                &format!("the price for \"{group}\" must be kronor from 0 to 1 000 000, in whole öre"),
            )
        })?;
        Ok(RateEntry { resource: resource.clone(), group: group.to_owned(), ore_per_hour })
    }
}

fn parse_ref(text: &str) -> Option<ResourceRef> {
    let (facility, resource) = text.split_once('/')?;
    (is_slug(facility) && is_slug(resource))
        .then(|| ResourceRef { facility: facility.to_owned(), resource: resource.to_owned() })
}

#[cfg(test)]
mod tests;
