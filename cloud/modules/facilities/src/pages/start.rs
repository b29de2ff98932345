//! The public list: every facility, what is there, and the way to its free times.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use cloud_contracts::{Facilities, Facility, Prices, Rate, Resource, SizeCm};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{EmptyState, Lang, LinkCard, When, amount, t};
use facilities_domain::{Activity, DayHours, open_spans};
use maud::{Markup, Render};
use protocols_ids::ResourceId;

use crate::FacilityRegister;

/// `GET /facilities`.
pub(crate) async fn show(
    visit: Visit,
    Extension(prices): Extension<Arc<dyn Prices>>,
) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let facilities = FacilityRegister.all(&mut tx).await?;
    let rates = if visit.tenant.uses("pricing") {
        let resources: Vec<ResourceId> =
            facilities.iter().flat_map(|facility| &facility.resources).map(|resource| resource.id).collect();
        prices.rates(&mut tx, &resources, None, visit.when().today()).await?
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

/// `10 × 16–22 m`.
fn size_in_metres(lang: Lang, size: &SizeCm) -> String {
    let across = |(from, to): (u32, u32)| {
        if from == to { metres(lang, from) } else { format!("{}–{}", metres(lang, from), metres(lang, to)) }
    };
    format!("{} × {} m", across(size.width), across(size.length))
}

/// `15`, and `15,5` where half metres matter.
fn metres(lang: Lang, cm: u32) -> String {
    let comma = lang.decimal_separator();
    match cm % 100 {
        0 => format!("{}", cm / 100),
        rest if rest % 10 == 0 => format!("{}{comma}{}", cm / 100, rest / 10),
        rest => format!("{}{comma}{rest:02}", cm / 100),
    }
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

fn activity_name(lang: Lang, activity: Activity) -> String {
    match activity {
        Activity::Badminton => t(lang, "facilities-badminton", &[]),
        Activity::Basketball => t(lang, "facilities-basketball", &[]),
        Activity::Dance => t(lang, "facilities-dance", &[]),
        Activity::Floorball => t(lang, "facilities-floorball", &[]),
        Activity::Football => t(lang, "facilities-football", &[]),
        Activity::Gymnastics => t(lang, "facilities-gymnastics", &[]),
        Activity::Handball => t(lang, "facilities-handball", &[]),
        Activity::IceSports => t(lang, "facilities-ice-sports", &[]),
        Activity::TableTennis => t(lang, "facilities-table-tennis", &[]),
        Activity::Volleyball => t(lang, "facilities-volleyball", &[]),
    }
}

/// `Öppet i dag 07.00–23.00`, by the facility's own clock.
fn open_today(lang: Lang, facility: &Facility, when: &When) -> String {
    let when = When { zone: facility.time_zone.clone(), ..when.clone() };
    let hours: Vec<DayHours> = facility
        .opening_hours
        .iter()
        .map(|hours| DayHours {
            weekday: hours.weekday,
            opens_minute: hours.opens_minute,
            closes_minute: hours.closes_minute,
        })
        .collect();
    let today = when.today();
    let weekday = today.weekday().to_monday_one_offset();
    if hours.contains(&DayHours { weekday, opens_minute: 0, closes_minute: 24 * 60 }) {
        return t(lang, "facilities-open-all-day", &[]);
    }
    let clocks: Vec<String> = open_spans(&hours, &facility.time_zone, today)
        .iter()
        .map(|span| when.clocks(span.starts_at, span.ends_at))
        .collect();
    if clocks.is_empty() {
        t(lang, "facilities-closed-today", &[])
    } else {
        t(lang, "facilities-open-today", &[("hours", &clocks.join(", "))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_said_in_metres_and_a_range_stays_a_range() {
        let size = SizeCm { width: (1000, 1000), length: (1600, 2250), ceiling: None };
        assert_eq!(size_in_metres(Lang::Sv, &size), "10 × 16–22,5 m");
        assert_eq!(size_in_metres(Lang::En, &size), "10 × 16–22.5 m");
        assert_eq!(metres(Lang::Sv, 1205), "12,05");
    }
}
