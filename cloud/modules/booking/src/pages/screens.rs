//! `/screens/{slug}`: today's bookings of a facility, or of one resource of it, on a screen by the door.
//!
//! **Invariant:** nobody is signed in here, whatever cookies come along. Associations and the municipality's own units are
//! named, and nobody else; what a booking is for is not told. Nothing is loaded from elsewhere.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use booking_domain::Span;
use cloud_contracts::{Facility, Happening, Resource};
use cloud_kernel::Viewer;
use cloud_kernel::web::{Failure, NothingSecret, Visit};
use cloud_ui::{Accent, ScreenPage, t};
use jiff::ToSpan as _;
use maud::html;
use protocols_ids::{CustomerId, PartId};
use serde::Deserialize;

use super::{resource_of, when_at};
use crate::Ports;
use crate::store;

/// Rows that are read from five metres on one screen; how many more there are is said.
const ROWS_MAX: usize = 8;

/// What the address says.
#[derive(Deserialize)]
pub struct Choice {
    resource: Option<String>,
}

/// The screen.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Query(choice): Query<Choice>,
) -> Result<Response, Failure> {
    let visit = Visit { viewer: Viewer::Anonymous, token: None, ..visit };
    let mut tx = visit.begin().await?;
    let facility = ports.facilities.by_slug(&mut tx, &slug).await?.ok_or(Failure::NotFound)?;
    // A screen that showed something else than was meant would not be noticed: what is misspelt is not there.
    let resource = match choice.resource.as_deref() {
        None | Some("") => None,
        Some(slug) => {
            let found = facility.resources.iter().find(|one| one.slug == slug);
            Some(found.ok_or(Failure::NotFound)?)
        }
    };
    let when = when_at(&visit, Some(&facility));
    let now = tx.now();
    let tomorrow = when
        .today()
        .checked_add(1.day())
        .ok()
        .and_then(|day| facility.time_zone.to_ambiguous_timestamp(day.at(0, 0, 0, 0)).compatible().ok());
    let left = tomorrow.and_then(|end| Span::new(now, end)).ok_or(Failure::NotFound)?;
    let mut times = store::happening(&mut tx, &[facility.id], left).await?;
    times.retain(|time| resource.is_none_or(|shown| shares(&facility, shown, time)));
    let customers: BTreeSet<CustomerId> = times.iter().map(|time| time.customer).collect();
    let names = if customers.is_empty() || !visit.tenant.uses("customers") {
        std::collections::BTreeMap::new()
    } else {
        ports.names.public_names(&mut tx, &customers).await?
    };
    tx.commit().await?;

    let lang = visit.lang;
    let closed: Vec<(String, &str)> = facility
        .closures
        .iter()
        .filter(|one| one.starts_at <= now && one.ends_at.is_none_or(|end| now < end))
        .filter_map(|one| match (one.resource, resource) {
            (None, _) => Some((facility.name.clone(), one.reason.as_str())),
            (Some(id), None) => Some((facility.resource(id)?.name.clone(), one.reason.as_str())),
            (Some(id), Some(shown)) => {
                let closed = facility.resource(id)?;
                overlap(&closed.parts, &shown.parts).then(|| (closed.name.clone(), one.reason.as_str()))
            }
        })
        .collect();
    let over = times.len().saturating_sub(ROWS_MAX);
    let clock = when.clock(now);
    let body = html! {
        @for (what, reason) in &closed {
            p.screen-closed { strong { (what) } " " (t(lang, "booking-screen-closed", &[("reason", reason)])) }
        }
        @if times.is_empty() { p.screen-empty { (t(lang, "booking-screen-empty", &[])) } }
        ol.screen-times {
            @for time in times.iter().take(ROWS_MAX) {
                li aria-current=[(time.starts_at <= now).then_some("true")] {
                    p.screen-time { (when.clocks(time.starts_at, time.ends_at)) }
                    p.screen-what {
                        @if let Some(name) = names.get(&time.customer) { (name) }
                        @else { (t(lang, "booking-screen-booked", &[])) }
                    }
                    p.screen-where {
                        (resource_of(&facility, time.resource).map(|one| one.name.as_str()).unwrap_or_default())
                        @if time.starts_at <= now { " " strong { (t(lang, "booking-screen-now", &[])) } }
                    }
                }
            }
        }
        @if over > 0 { p.screen-more { (t(lang, "booking-screen-more", &[("count", &over)])) } }
    };
    let page = ScreenPage {
        lang,
        title: resource
            .map_or_else(|| facility.name.clone(), |one| format!("{}, {}", facility.name, one.name)),
        lead: format!("{}, {}", t(lang, "booking-screen-lead", &[]), when.day(now)),
        tenant: visit.tenant.name.clone(),
        accent: Accent::parse(&visit.tenant.accent).unwrap_or_default(),
        updated: t(lang, "booking-screen-updated", &[("time", &clock)]),
        stale: t(lang, "booking-screen-stale", &[("time", &clock)]),
        body,
    };
    Ok((Extension(NothingSecret), page.render()).into_response())
}

/// Whether a time takes some of a resource: the whole hall takes its halves.
fn shares(facility: &Facility, shown: &Resource, time: &Happening) -> bool {
    resource_of(facility, time.resource).is_some_and(|taken| overlap(&taken.parts, &shown.parts))
}

fn overlap(some: &[PartId], others: &[PartId]) -> bool {
    some.iter().any(|part| others.contains(part))
}
