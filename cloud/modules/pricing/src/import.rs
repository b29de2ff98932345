//! `tariffs.toml` into the price lists.

use std::collections::{BTreeMap, HashMap};

use cloud_contracts::{Facilities, ImportError, ImportReport, PortError};
use cloud_kernel::{Actor, TenantTx};
use pricing_domain::{Document, DocumentError, ResourceRef, TariffEntry};
use protocols_ids::{ResourceId, TariffId};
use serde_json::json;

use crate::store::{self, Tariff};

/// Who changes the lists, as the audit names it.
const ACTOR: Actor = Actor::Service("import");

/// Brings the price lists to what the file says. A list is found by its name and first day; its figures become
/// exactly those of the file. Lists that the file does not name stay as they are. Nothing holds until the
/// caller commits.
pub async fn import(
    tx: &mut TenantTx,
    facilities: &dyn Facilities,
    text: &str,
) -> Result<ImportReport, ImportError> {
    let document = Document::parse(text).map_err(refusal)?;
    let resources = resources(tx, facilities).await?;
    let known = store::tariffs(tx).await.map_err(ImportError::database)?;
    let mut report = ImportReport::default();
    for entry in &document.tariffs {
        let wanted = wanted(entry, &resources)?;
        let before = known.iter().find(|list| list.name == entry.name && list.valid_from == entry.valid_from);
        let done = write(tx, entry, &wanted, before).await.map_err(ImportError::database)?;
        report.created += done.created;
        report.updated += done.updated;
    }
    Ok(report)
}

fn refusal(error: DocumentError) -> ImportError {
    match error {
        DocumentError::Unreadable(text) => ImportError::Unreadable(text),
        DocumentError::Invalid { at, what } => ImportError::Invalid { at, what },
    }
}

async fn resources(
    tx: &mut TenantTx,
    facilities: &dyn Facilities,
) -> Result<HashMap<String, ResourceId>, ImportError> {
    let facilities = facilities.all(tx).await.map_err(|error: PortError| ImportError::database(error))?;
    let named = facilities.into_iter().flat_map(|facility| {
        let slug = facility.slug;
        facility.resources.into_iter().map(move |resource| (format!("{slug}/{}", resource.slug), resource.id))
    });
    Ok(named.collect())
}

/// A list's figures, by what they are of and for whom.
type Figures = BTreeMap<(ResourceId, String), i64>;

fn wanted(entry: &TariffEntry, resources: &HashMap<String, ResourceId>) -> Result<Figures, ImportError> {
    let unknown = |resource: &ResourceRef| ImportError::Invalid {
        at: format!("{}, rate of \"{resource}\"", entry.place()),
        what: "there is no such facility or resource; facilities are imported first".to_owned(),
    };
    entry
        .rates
        .iter()
        .map(|rate| {
            let id = resources.get(&rate.resource.to_string()).ok_or_else(|| unknown(&rate.resource))?;
            Ok(((*id, rate.group.clone()), rate.ore_per_hour))
        })
        .collect()
}

async fn write(
    tx: &mut TenantTx,
    entry: &TariffEntry,
    wanted: &Figures,
    before: Option<&Tariff>,
) -> Result<ImportReport, sqlx::Error> {
    let mut report = ImportReport::default();
    let id = match before {
        Some(list) => list.id,
        None => tx.new_id::<TariffId>(),
    };
    match before {
        None => {
            store::insert_tariff(tx, id, entry).await?;
            report.created += 1;
        }
        Some(list) if !same_head(list, entry) => {
            store::update_tariff(tx, id, entry).await?;
            report.updated += 1;
        }
        Some(_) => {}
    }
    groups(tx, id, entry, before, &mut report).await?;
    figures(tx, id, wanted, before, &mut report).await?;
    if report != ImportReport::default() {
        let action = if before.is_some() { "pricing.tariff_changed" } else { "pricing.tariff_made" };
        let detail = json!({
            "name": entry.name, "valid_from": entry.valid_from,
            "created": report.created, "updated": report.updated,
        });
        tx.audit(ACTOR, action, Some(id.uuid()), &detail).await?;
    }
    Ok(report)
}

fn same_head(list: &Tariff, entry: &TariffEntry) -> bool {
    list.decided_by == entry.decided_by
        && list.reference == entry.reference
        && list.valid_to == entry.valid_to
}

async fn groups(
    tx: &mut TenantTx,
    tariff: TariffId,
    entry: &TariffEntry,
    before: Option<&Tariff>,
    report: &mut ImportReport,
) -> Result<(), sqlx::Error> {
    let known = before.map(|list| list.groups.as_slice()).unwrap_or_default();
    let default_before = known.iter().find(|group| group.entry.is_default).map(|group| &group.entry.code);
    let default_now = entry.groups.iter().find(|group| group.is_default).map(|group| &group.code);
    if default_before.is_some() && default_before != default_now {
        store::clear_default(tx, tariff).await?;
    }
    for (position, group) in (0..).zip(&entry.groups) {
        match known.iter().find(|earlier| earlier.entry.code == group.code) {
            Some(earlier) if earlier.entry == *group && earlier.position == position => continue,
            Some(_) => report.updated += 1,
            None => report.created += 1,
        }
        store::put_group(tx, tariff, position, group).await?;
    }
    Ok(())
}

async fn figures(
    tx: &mut TenantTx,
    tariff: TariffId,
    wanted: &Figures,
    before: Option<&Tariff>,
    report: &mut ImportReport,
) -> Result<(), sqlx::Error> {
    let none = Figures::new();
    let known = before.map_or(&none, |list| &list.rates);
    for (key, ore_per_hour) in wanted {
        match known.get(key) {
            Some(earlier) if earlier == ore_per_hour => continue,
            Some(_) => report.updated += 1,
            None => report.created += 1,
        }
        let (resource, group) = key;
        store::put_rate(tx, tariff, *resource, group, *ore_per_hour).await?;
    }
    for (resource, group) in known.keys().filter(|key| !wanted.contains_key(*key)) {
        store::delete_rate(tx, tariff, *resource, group).await?;
        report.updated += 1;
    }
    Ok(())
}
