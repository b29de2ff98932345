//! `/facilities/{slug}`: what is free, from a month to a day, of one thing or of all beside each other.
//!
//! **Invariant:** five statements within the transaction that names the tenant (which is a sixth), whatever
//! the facility's size: the register, the rules, what is taken, the prices, the names of those who may be named. Who has
//! signed in costs a transaction before, and the customer they act for one statement more. Officers of the facility's
//! authority read who has what; everybody else reads the names of associations and the municipality's own units, and of
//! nobody else.

mod embed;
mod known;
mod live;
mod sheet;
mod side_by_side;
mod view;

pub use embed::show as show_embedded;
pub use live::{SchedulePages, stream, stream_embedded, stream_side_by_side, topic};
pub use side_by_side::show as show_side_by_side;

use axum::Extension;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use cloud_contracts::Facility;
use cloud_kernel::TenantTx;
use cloud_kernel::web::{Failure, NothingSecret, Visit};
use cloud_ui::{Button, EmptyState, Field, Notice, print_button, t};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Ports;
use known::Known;
use sheet::Sheet;
use view::{Address, View};

/// Closures told above a schedule at most; the rest stand in its cells.
const CLOSURES_TOLD_MAX: usize = 5;

/// What to show. What cannot be read is as if it were not there.
#[derive(Clone, Deserialize, Debug)]
pub struct Choice {
    day: Option<String>,
    view: Option<String>,
    resource: Option<String>,
    hall: Option<String>,
}

/// The schedule.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Query(choice): Query<Choice>,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let facility = facility(&mut tx, &ports, &slug).await?;
    let sheet = Sheet::of(&facility, &choice, today(&facility, &tx));
    let place = sheet.place(&mut tx, &ports, &facility).await?;
    let known = Known::read(&mut tx, &visit, &ports, &sheet, (&facility, &place)).await?;
    tx.commit().await?;

    let address = Address::of_facility(&facility);
    let view = View::new(&visit, &facility, &place, &sheet, &known, address);
    let body = html! {
        (view.tabs())
        @for notice in closures(&view) { (notice) }
        @if facility.resources.is_empty() {
            (EmptyState::new(&t(visit.lang, "booking-nothing-here", &[]), &t(visit.lang, "booking-nothing-here-hint", &[])))
        } @else {
            (cloud_ui::live_schedule(&view.events(known.seen), &view.here(), view.table()))
        }
        (tools(&view))
    };
    let page = visit.page(&facility.name);
    let page = match &facility.address {
        Some(address) => page.lead(address),
        None => page,
    };
    Ok((Extension(NothingSecret), page.body(body).render()).into_response())
}

async fn facility(tx: &mut TenantTx, ports: &Ports, slug: &str) -> Result<Facility, Failure> {
    ports.facilities.by_slug(tx, slug).await?.ok_or(Failure::NotFound)
}

/// The date it is at the facility.
fn today(facility: &Facility, tx: &TenantTx) -> Date {
    facility.time_zone.to_datetime(tx.now()).date()
}

/// What is closed on the days shown, once each.
fn closures(view: &View<'_>) -> Vec<Notice> {
    let mut told: Vec<String> =
        view.sheet.dates.iter().flat_map(|date| view.closed_on(*date, None)).collect();
    told.sort_unstable();
    told.dedup();
    told.truncate(CLOSURES_TOLD_MAX);
    told.iter().map(|text| Notice::warning(text)).collect()
}

/// Another day, other facilities beside this one, paper.
fn tools(view: &View<'_>) -> Markup {
    let (visit, lang) = (view.visit, view.visit.lang);
    let now = view.when().day_and_clock(visit.kernel.now());
    html! {
        div.schedule-tools {
            form method="get" action=(view.address.path()) {
                @for (name, value) in view.sheet.layout.fields() { input type="hidden" name=(name) value=(value); }
                (Field::date("day", &t(lang, "booking-schedule-to-day", &[])).value(&view.sheet.day.to_string()))
                (Button::quiet(&t(lang, "booking-schedule-show", &[])))
            }
            (Button::quiet(&t(lang, "booking-schedule-beside", &[]))
                .href(&format!("/schedule?facility={}&day={}", view.facility.slug, view.sheet.day)))
            (print_button(lang, &visit.tenant.name, &now))
            (Button::quiet(&t(lang, "facilities-about-link", &[]))
                .href(&format!("/facilities/{}/about", view.facility.slug)))
            @if visit.tenant.uses("openapi") {
                (Button::quiet(&t(lang, "feeds-facility-link", &[]))
                    .href(&format!("/facilities/{}/calendar", view.facility.slug)))
            }
            @if !view.facility.resources.is_empty() {
                (Button::quiet(&t(lang, "booking-several-link", &[]))
                    .href(&format!("/book/several?facility={}", view.facility.slug)))
                (Button::quiet(&t(lang, "booking-rules-title", &[]))
                    .href(&format!("/facilities/{}/rules", view.facility.slug)))
            }
        }
    }
}
