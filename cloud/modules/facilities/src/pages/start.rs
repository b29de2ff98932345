//! The public list: every facility, what is there, and the way to its free times.

use std::collections::HashMap;

use axum::Extension;
use cloud_contracts::{Facilities, Facility, Rate, Resource};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{EmptyState, Lang, LinkCard, When, amount, t};
use facilities_domain::{Activity, DayHours};
use maud::{Markup, Render};
use protocols_ids::ResourceId;

use super::{activity_name, closed_now, closure_badge, metres, size_in_metres};
use crate::port::calendar;
use crate::{FacilityRegister, Ports};

/// `GET /facilities`.
pub(crate) async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let facilities = FacilityRegister.all(&mut tx).await?;
    let rates = if visit.tenant.uses("pricing") {
        let resources: Vec<ResourceId> =
            facilities.iter().flat_map(|facility| &facility.resources).map(|resource| resource.id).collect();
        ports.prices.rates(&mut tx, &resources, None, visit.when().today()).await?
    } else {
        Vec::new()
    };
    tx.commit().await?;

    let page = visit.page(&t(visit.lang, "facilities-title", &[]));
    if facilities.is_empty() {
        return Ok(page.body(nothing_yet(visit.lang)).render());
    }
    let rates: HashMap<ResourceId, Rate> = rates.into_iter().map(|rate| (rate.resource, rate)).collect();
    let cards: Vec<LinkCard> = facilities.iter().map(|facility| card(facility, &rates, &visit)).collect();
    Ok(page.lead(&t(visit.lang, "facilities-lead", &[])).body(LinkCard::list(&cards)).render())
}

fn nothing_yet(lang: Lang) -> Markup {
    EmptyState::new(&t(lang, "facilities-empty", &[]), &t(lang, "facilities-empty-hint", &[])).render()
}

fn card(facility: &Facility, rates: &HashMap<ResourceId, Rate>, visit: &Visit) -> LinkCard {
    let lang = visit.lang;
    let mut card = LinkCard::new(&facility.name, &format!("/facilities/{}", facility.slug));
    if let Some(address) = &facility.address {
        card = card.line(address);
    }
    for whole in facility.resources.iter().filter(|resource| resource.parent.is_none()) {
        card = card.line(&space(lang, facility, whole));
    }
    if let Some(activities) = activities(lang, facility) {
        card = card.line(&activities);
    }
    card = card.line(&open_today(lang, facility, &visit.when()));
    if let Some(closure) = closed_now(facility, None, visit.kernel.now()).first() {
        card = card.badge(closure_badge(lang, closure.kind));
    }
    let cheapest = facility.resources.iter().filter_map(|resource| rates.get(&resource.id));
    if let Some(rate) = cheapest.min_by_key(|rate| rate.ore_per_hour) {
        let amount = amount(lang, rate.ore_per_hour);
        let several = facility.resources.len() > 1;
        card = card.line(&if several {
            t(lang, "facilities-price-from", &[("amount", &amount), ("group", &rate.group_name)])
        } else {
            t(lang, "facilities-price", &[("amount", &amount), ("group", &rate.group_name)])
        });
    }
    card
}

/// `Sporthallen A, 23 × 42 m, takhöjd 15 m, två delar`; the hall's name alone where no size is published.
fn space(lang: Lang, facility: &Facility, whole: &Resource) -> String {
    let mut words = vec![whole.name.clone()];
    if let Some(size) = &whole.size {
        words.push(size_in_metres(lang, size));
        if let Some(ceiling) = size.ceiling {
            words.push(t(lang, "facilities-ceiling", &[("height", &metres(lang, ceiling))]));
        }
    }
    let parts = facility.resources.iter().filter(|resource| resource.parent == Some(whole.id)).count();
    if parts > 0 {
        words.push(t(lang, "facilities-parts", &[("count", &parts)]));
    }
    words.join(", ")
}

fn activities(lang: Lang, facility: &Facility) -> Option<String> {
    let mut known: Vec<Activity> = facility
        .resources
        .iter()
        .flat_map(|resource| &resource.activities)
        .filter_map(|key| Activity::parse(key))
        .collect();
    known.sort_unstable();
    known.dedup();
    let words: Vec<String> = known.into_iter().map(|activity| activity_name(lang, activity)).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// `Öppet i dag 07.00–23.00`, by the facility's own clock.
fn open_today(lang: Lang, facility: &Facility, when: &When) -> String {
    let when = When { zone: facility.time_zone.clone(), ..when.clone() };
    let today = when.today();
    let calendar = calendar(facility, None);
    let midnight =
        DayHours { weekday: today.weekday().to_monday_one_offset(), opens_minute: 0, closes_minute: 24 * 60 };
    if calendar.hours_on(today).contains(&midnight) && calendar.closed.is_empty() {
        return t(lang, "facilities-open-all-day", &[]);
    }
    let clocks: Vec<String> =
        calendar.open(today, today).iter().map(|span| when.clocks(span.starts_at, span.ends_at)).collect();
    if clocks.is_empty() {
        t(lang, "facilities-closed-today", &[])
    } else {
        t(lang, "facilities-open-today", &[("hours", &clocks.join(", "))])
    }
}
