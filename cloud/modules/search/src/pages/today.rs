//! `/find/today`: what happens today, for everybody to read.
//!
//! **Invariant:** associations and the municipality's own units are named; persons and companies never are, and a
//! purpose is told by a word of ours.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use cloud_contracts::Open;
use cloud_kernel::TenantTx;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, EmptyState, t};
use jiff::Timestamp;
use jiff::civil::Time;
use maud::{Markup, html};
use protocols_ids::{CustomerId, FacilityId, ResourceId};
use search_domain::{Day, Doing};

use super::{doing_name, when_at};
use crate::Ports;
use crate::city::{City, open};

/// Something that happens, as everybody may know it.
pub(crate) struct Event {
    facility: FacilityId,
    resource: ResourceId,
    starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    doing: Option<Doing>,
    /// Who, where that is public.
    who: Option<String>,
}

/// What happens today, in order.
pub(crate) async fn read(
    tx: &mut TenantTx,
    visit: &Visit,
    ports: &Ports,
    city: &City,
) -> Result<Vec<Event>, Failure> {
    if !visit.tenant.uses("booking") {
        return Ok(Vec::new());
    }
    let zone = &visit.tenant.time_zone;
    let midnight = zone.to_datetime(tx.now()).date().to_datetime(Time::midnight());
    let begun = zone.to_ambiguous_timestamp(midnight).compatible().unwrap_or(tx.now());
    let Some(day) = Day::Today.windows(None, None, zone, begun).first().map(open) else {
        return Ok(Vec::new());
    };
    happening(tx, visit, ports, city, day).await
}

async fn happening(
    tx: &mut TenantTx,
    visit: &Visit,
    ports: &Ports,
    city: &City,
    day: Open,
) -> Result<Vec<Event>, Failure> {
    let facilities: Vec<FacilityId> = city.facilities.iter().map(|facility| facility.id).collect();
    let all = ports.availability.happening(tx, &facilities, day).await?;
    let customers: BTreeSet<CustomerId> = all.iter().map(|one| one.customer).collect();
    let names = if visit.tenant.uses("customers") {
        ports.names.public_names(tx, &customers).await?
    } else {
        BTreeMap::new()
    };
    let events = all.into_iter().map(|one| Event {
        facility: one.facility,
        resource: one.resource,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        doing: Doing::of(&one.purpose),
        who: names.get(&one.customer).cloned(),
    });
    Ok(events.collect())
}

/// `GET /find/today`.
pub(crate) async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let city = City::read(&mut tx, &ports).await?;
    let events = read(&mut tx, &visit, &ports, &city).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let now = visit.kernel.now();
    let here = |facility: FacilityId| -> Vec<&Event> {
        events.iter().filter(|event| event.facility == facility && event.ends_at > now).collect()
    };
    let places: Vec<(&str, &str, Vec<&Event>)> = city
        .facilities
        .iter()
        .map(|facility| (facility.name.as_str(), facility.slug.as_str(), here(facility.id)))
        .filter(|(_, _, events)| !events.is_empty())
        .collect();
    let body = html! {
        @if places.is_empty() {
            (EmptyState::new(&t(lang, "search-events-none", &[]), &t(lang, "search-events-none-hint", &[]))
                .action(Button::quiet(&t(lang, "search-show", &[])).href("/find?when=today")))
        }
        @for (name, slug, events) in &places {
            section aria-labelledby={ "at-" (slug) } {
                h2 id={ "at-" (slug) } { a href={ "/facilities/" (slug) } { (name) } }
                (rows(&visit, &city, events))
            }
        }
    };
    let title = t(lang, "search-events", &[]);
    let lead = visit.when().day(now);
    let page = visit.page(&title).lead(&lead).crumb(&t(lang, "search-title", &[]), "/find");
    Ok(page.body(body).render())
}

/// Events as a list: when, what, who, where.
pub(crate) fn rows(visit: &Visit, city: &City, events: &[&Event]) -> Markup {
    let lang = visit.lang;
    html! {
        ul.events {
            @for event in events {
                @if let Some((facility, resource)) = city.resource(event.resource) {
                    li {
                        p.day-time { (when_at(visit, facility).clocks(event.starts_at, event.ends_at)) }
                        div {
                            p { strong { (doing_name(lang, event.doing)) }
                                @if let Some(who) = &event.who { ", " (who) } }
                            p.quiet { (facility.name) ", " (resource.name) }
                        }
                    }
                }
            }
        }
    }
}
