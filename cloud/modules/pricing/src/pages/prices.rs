//! The public price list: what an hour costs for whom, and which body decided it.

use std::sync::Arc;

use axum::Extension;
use cloud_contracts::{Facilities, Facility};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{EmptyState, Facts, Lang, Table, amount, t};
use maud::{Markup, Render, html};
use pricing_domain::GroupEntry;
use protocols_ids::ResourceId;

use crate::store::{self, Tariff};

/// `GET /prices`.
pub(crate) async fn show(
    visit: Visit,
    Extension(facilities): Extension<Arc<dyn Facilities>>,
) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let tariffs = store::tariffs(&mut tx).await?;
    let facilities = facilities.all(&mut tx).await?;
    tx.commit().await?;

    let lang = visit.lang;
    let today = visit.when().today();
    // Newest first in the store; here what holds now comes before what is to come.
    let current: Vec<&Tariff> =
        tariffs.iter().rev().filter(|list| list.valid_to.is_none_or(|last| today <= last)).collect();
    let body = if current.is_empty() {
        EmptyState::new(&t(lang, "pricing-empty", &[]), &t(lang, "pricing-empty-hint", &[])).render()
    } else {
        html! { @for list in &current { (section(lang, list, &facilities)) } }
    };
    Ok(visit.page(&t(lang, "pricing-title", &[])).lead(&t(lang, "pricing-lead", &[])).body(body).render())
}

fn section(lang: Lang, list: &Tariff, facilities: &[Facility]) -> Markup {
    html! {
        section aria-labelledby={ "list-" (list.id) } {
            h2 id={ "list-" (list.id) } { (list.name) }
            (facts(lang, list))
            (table(lang, list, facilities))
        }
    }
}

fn facts(lang: Lang, list: &Tariff) -> Facts {
    let from = list.valid_from.to_string();
    let valid = match list.valid_to {
        Some(until) => t(lang, "pricing-valid-to", &[("from", &from), ("to", &until.to_string())]),
        None => t(lang, "pricing-valid-from", &[("from", &from)]),
    };
    let mut facts = Facts::new().row(&t(lang, "pricing-valid", &[]), valid);
    if let Some(body) = &list.decided_by {
        let decision = match &list.reference {
            Some(reference) => format!("{body}, {reference}"),
            None => body.clone(),
        };
        facts = facts.row(&t(lang, "pricing-decided-by", &[]), decision);
    }
    for group in priced_groups(list) {
        match &group.who {
            Some(who) => facts = facts.row(&group.name, who.as_str()),
            None if group.is_default => facts = facts.row(&group.name, t(lang, "pricing-default", &[])),
            None => {}
        }
    }
    facts
}

/// The groups for which the list has a price, in its order.
fn priced_groups(list: &Tariff) -> impl Iterator<Item = &GroupEntry> {
    list.groups
        .iter()
        .map(|group| &group.entry)
        .filter(|group| list.rates.keys().any(|(_, priced)| *priced == group.code))
}

/// A row for each hall that the list names, in the order of the start page and the schedule.
fn table(lang: Lang, list: &Tariff, facilities: &[Facility]) -> Table {
    let hall = t(lang, "pricing-hall", &[]);
    let heads: Vec<&str> =
        std::iter::once(hall.as_str()).chain(priced_groups(list).map(|group| group.name.as_str())).collect();
    let mut table = Table::new(&t(lang, "pricing-caption", &[]), &heads);
    for facility in facilities {
        for resource in &facility.resources {
            if list.rates.keys().any(|(priced, _)| *priced == resource.id) {
                let name = match facility.resources.len() {
                    1 => facility.name.clone(),
                    _ => format!("{}, {}", facility.name, resource.name),
                };
                let cells = priced_groups(list).map(|group| figure(lang, list, resource.id, &group.code));
                table = table.row(std::iter::once(html! { (name) }).chain(cells));
            }
        }
    }
    table
}

fn figure(lang: Lang, list: &Tariff, resource: ResourceId, group: &str) -> Markup {
    if let Some(ore_per_hour) = list.rates.get(&(resource, group.to_owned())) {
        return html! { (amount(lang, *ore_per_hour)) };
    }
    html! {
        span aria-hidden="true" { "–" }
        span.visually-hidden { (t(lang, "pricing-silent", &[])) }
    }
}
