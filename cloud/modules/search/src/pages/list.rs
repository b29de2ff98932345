//! What was found, as a list. The map is drawn from the list itself, so that both say the same.

use cloud_contracts::{Facility, Resource};
use cloud_kernel::web::Visit;
use cloud_ui::{Tiles, When, amount, map_box, t};
use jiff::SignedDuration;
use maud::{Markup, html};
use search_domain::{Free, Hit};

use super::{activity_name, book_href, distance, full_name, schedule_href, when_at};
use crate::city::{City, position};

/// What is longer, and is over on another day, is said with both its days: `22.00–02.00` is an evening.
const NIGHT_OUT: SignedDuration = SignedDuration::from_hours(12);

/// How times are said beside each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Days {
    /// Each with its day.
    Told,
    /// All on a day that the page has told.
    Known,
}

/// The hits, each with its facts and its next free times. `first` is the number of the first.
pub(crate) fn list(visit: &Visit, city: &City, hits: &[Hit], first: usize, days: Days) -> Markup {
    html! {
        ol.hits start=(first) {
            @for (hit, number) in hits.iter().zip(first..) {
                @if let Some((facility, resource)) = city.resource(hit.resource) {
                    (item(visit, city, hit, number, facility, resource, days))
                }
            }
        }
    }
}

fn item(
    visit: &Visit,
    city: &City,
    hit: &Hit,
    number: usize,
    facility: &Facility,
    resource: &Resource,
    days: Days,
) -> Markup {
    let when = when_at(visit, facility);
    let name = full_name(facility, resource);
    let shown = hit.free.first().map_or(when.now, |free| free.starts_at);
    let (latitude, longitude) = position(facility).map(|point| (point.latitude, point.longitude)).unzip();
    html! {
        li.hit id={ "hit-" (number) } data-latitude=[latitude] data-longitude=[longitude] data-place=(facility.name) {
            h3 { a href=(schedule_href(facility, shown)) { (name) } }
            p.quiet { (facts(visit, city, hit, facility, resource)) }
            @if hit.free.is_empty() {
                p.quiet { (t(visit.lang, "search-nothing-free", &[])) }
            } @else {
                ul.times aria-label=(t(visit.lang, "search-free-times", &[("name", &name)])) {
                    @for free in &hit.free { li { (time(&when, *free, &name, hit, days)) } }
                }
            }
        }
    }
}

/// A free time as a button.
fn time(when: &When, free: Free, name: &str, hit: &Hit, days: Days) -> Markup {
    let stays = when.date(free.starts_at) < when.date(free.ends_at - SignedDuration::from_secs(1))
        && free.ends_at.duration_since(free.starts_at) > NIGHT_OUT;
    let day = (days == Days::Told && !stays).then(|| when.near_day(free.starts_at));
    let from_to = if stays {
        when.span(free.starts_at, free.ends_at)
    } else {
        when.clocks(free.starts_at, free.ends_at)
    };
    html! {
        a.button.time href=(book_href(hit.resource, free)) {
            @if let Some(day) = day { span.time-day { (day) " " } }
            span { (from_to) }
            span.visually-hidden { ", " (t(when.lang, "search-book", &[("name", &name)])) }
        }
    }
}

/// `Badminton, innebandy · 20 × 40 m · 120 kr i timmen · 2,3 km bort`.
fn facts(visit: &Visit, city: &City, hit: &Hit, facility: &Facility, resource: &Resource) -> String {
    let lang = visit.lang;
    let mut facts = Vec::new();
    if let Some(metres) = hit.metres {
        facts.push(t(lang, "search-away", &[("distance", &distance(lang, metres))]));
    } else if let Some(address) = &facility.address {
        facts.push(address.clone());
    }
    let activities: Vec<String> = resource.activities.iter().map(|key| activity_name(lang, key)).collect();
    if !activities.is_empty() {
        facts.push(activities.join(", "));
    }
    if let Some(size) = &resource.size {
        let metres = |(from, _): (u32, u32)| from / 100;
        facts.push(format!("{} × {}\u{a0}m", metres(size.width), metres(size.length)));
    }
    if let Some(persons) = resource.persons_max {
        facts.push(t(lang, "search-for-persons", &[("count", &persons)]));
    }
    if let Some(ore) = city.ore_per_hour(resource.id) {
        facts.push(t(lang, "search-per-hour", &[("amount", &amount(lang, ore))]));
    }
    facts.join(" · ")
}

/// Whether any of the hits can be shown on a map.
pub(crate) fn has_map(city: &City, hits: &[Hit]) -> bool {
    hits.iter()
        .filter_map(|hit| city.resource(hit.resource))
        .any(|(facility, _)| position(facility).is_some())
}

/// Where the map is drawn from the list beside it.
pub(crate) fn map(visit: &Visit, tiles: Option<&Tiles>) -> Markup {
    html! {
        div #map.map-side { (map_box(visit.lang, &t(visit.lang, "search-map", &[]), tiles)) }
    }
}
