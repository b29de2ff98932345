//! `rules.toml` into the layers of rules.

use booking_domain::{Layer, Parameters, Scope};
use cloud_contracts::{Facilities, Facility, ImportError, ImportReport, PortError};
use cloud_kernel::{Actor, TenantTx, error_chain};
use jiff::civil::Date;
use protocols_ids::PersonId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::place::layers_of;
use crate::store::rules::{Put, put};

/// Who changes the rules, as the audit names it.
const ACTOR: Actor = Actor::Service("import");

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    rules: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// `tenant`, `authority:slug`, `facility:slug` or `resource:facility/slug`.
    #[serde(rename = "for")]
    about: String,
    first: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Date>,
    parameters: Parameters,
}

/// Who reads a file in.
pub(crate) struct By<'a> {
    /// The person; `None` is the command line.
    pub(crate) person: Option<PersonId>,
    /// Whether they may change what is about that.
    pub(crate) may: &'a (dyn Fn(Scope) -> bool + Sync),
}

/// Brings the layers of rules to what the file says, at the command line.
pub async fn import(
    tx: &mut TenantTx,
    facilities: &dyn Facilities,
    text: &str,
) -> Result<ImportReport, ImportError> {
    read_in(tx, facilities, text, &By { person: None, may: &|_| true }).await
}

/// Brings the layers of rules to what the file says. A layer is found by what it is about and its first day; layers
/// that the file does not name stay as they are. Nothing holds until the caller commits.
pub(crate) async fn read_in(
    tx: &mut TenantTx,
    facilities: &dyn Facilities,
    text: &str,
    by: &By<'_>,
) -> Result<ImportReport, ImportError> {
    let document: Document =
        toml::from_str(text).map_err(|error| ImportError::Unreadable(error.to_string()))?;
    let known = facilities.all(tx).await.map_err(|error: PortError| ImportError::database(error))?;
    let before = layers_of(tx, &known).await.map_err(ImportError::database)?;
    let mut report = ImportReport::default();
    for entry in document.rules {
        let at = format!("rules for \"{}\" from {}", entry.about, entry.first);
        let invalid = |what: String| ImportError::Invalid { at: at.clone(), what };
        let scope = scope(tx, &known, &entry.about).await?.ok_or_else(|| {
            invalid("is about nothing that is known; facilities are imported first".to_owned())
        })?;
        entry.parameters.validate().map_err(|error| invalid(error_chain(&error)))?;
        if entry.last.is_some_and(|last| last < entry.first) {
            return Err(invalid("ends before it begins".to_owned()));
        }
        let layer = Layer { scope, first: entry.first, last: entry.last, parameters: entry.parameters };
        let old = before.iter().find(|old| old.layer.scope == scope && old.layer.first == layer.first);
        let (id, action) = match old {
            Some(same) if same.layer == layer => continue,
            Some(other) => (other.id, "booking.rules_changed"),
            None => (tx.new_id(), "booking.rules_made"),
        };
        if !(by.may)(scope) {
            return Err(invalid("is about something that you do not administer".to_owned()));
        }
        match put(tx, id, &layer, by.person).await.map_err(ImportError::database)? {
            Put::Done => {}
            Put::Overlaps => {
                return Err(invalid("other rules for the same hold on some of its days".to_owned()));
            }
        }
        if old.is_some() {
            report.updated += 1;
        } else {
            report.created += 1;
        }
        let detail = json!({ "for": entry.about, "first": layer.first });
        let actor = by.person.map_or(ACTOR, Actor::Person);
        tx.audit(actor, action, Some(id), &detail).await.map_err(ImportError::database)?;
    }
    Ok(report)
}

/// Layers as a file says them.
pub(crate) fn written<'a>(
    layers: impl Iterator<Item = (String, &'a Layer)>,
) -> Result<String, toml::ser::Error> {
    let rules = layers.map(|(about, layer)| Entry {
        about,
        first: layer.first,
        last: layer.last,
        parameters: layer.parameters.clone(),
    });
    toml::to_string(&Document { rules: rules.collect() })
}

/// What the words of a file are about; `None` where there is no such thing.
async fn scope(tx: &mut TenantTx, known: &[Facility], about: &str) -> Result<Option<Scope>, ImportError> {
    let facility = |slug: &str| known.iter().find(|facility| facility.slug == slug);
    Ok(match about.split_once(':') {
        None if about == "tenant" => Some(Scope::Tenant),
        Some(("authority", slug)) => {
            tx.authority(slug).await.map_err(ImportError::database)?.map(Scope::Authority)
        }
        Some(("facility", slug)) => facility(slug).map(|facility| Scope::Facility(facility.id)),
        Some(("resource", path)) => path.split_once('/').and_then(|(place, slug)| {
            let resource = facility(place)?.resources.iter().find(|resource| resource.slug == slug)?;
            Some(Scope::Resource(resource.id))
        }),
        None | Some(_) => None,
    })
}
