//! `rules.toml` into the layers of rules.

use booking_domain::{Layer, Parameters, Scope};
use cloud_contracts::{Facilities, Facility, ImportError, ImportReport, PortError};
use cloud_kernel::{Actor, TenantTx, error_chain};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;

use crate::place::layers_of;
use crate::store::rules::{Put, put};

/// Who changes the rules, as the audit names it.
const ACTOR: Actor = Actor::Service("import");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    rules: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// `tenant`, `authority:slug`, `facility:slug` or `resource:facility/slug`.
    #[serde(rename = "for")]
    about: String,
    first: Date,
    last: Option<Date>,
    parameters: Parameters,
}

/// Brings the layers of rules to what the file says. A layer is found by what it is about and its first day; layers
/// that the file does not name stay as they are. Nothing holds until the caller commits.
pub async fn import(
    tx: &mut TenantTx,
    facilities: &dyn Facilities,
    text: &str,
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
        match put(tx, id, &layer).await.map_err(ImportError::database)? {
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
        tx.audit(ACTOR, action, Some(id), &detail).await.map_err(ImportError::database)?;
    }
    Ok(report)
}

/// What the words of a file or a form are about; `None` where there is no such thing.
pub(crate) async fn scope(
    tx: &mut TenantTx,
    known: &[Facility],
    about: &str,
) -> Result<Option<Scope>, ImportError> {
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
