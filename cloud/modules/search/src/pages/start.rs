//! The start page: what do you want to do? What is free soon, what happens today, what is closed.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use cloud_contracts::{Closure, ClosureKind, Facility, FreeWanted, Open};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Badge, Button, EmptyState, ErrorSummary, LinkCard, Tone, t};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use protocols_ids::{FacilityId, ResourceId};
use search_domain::{Facts, Free, Hit, Query, hits};

use super::form::Form;
use super::list::{Days, list};
use super::today::{self, Event};
use super::when_at;
use crate::Ports;
use crate::city::City;

/// How soon 'soon' is: whoever looks now is there by then.
const SOON: SignedDuration = SignedDuration::from_hours(3);
/// How long a time that begins soon may last to be shown: as long as halls are let for at least.
const LASTS_MINUTES: u32 = 4 * 60;
/// Facilities with something free soon that are shown: one screen of a phone.
const SOON_SHOWN: usize = 5;
/// Free times of each of them.
const TIMES_SHOWN: usize = 3;
/// Of what happens today: one screen too; the rest is behind the link.
const EVENTS_SHOWN: usize = 5;
/// Closed things that are shown: in a hard winter every pitch of a city.
const CLOSED_SHOWN: usize = 50;

/// `GET /`.
pub(crate) async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let mut city = City::read(&mut tx, &ports).await?;
    city.read_prices(&mut tx, &visit, &ports, visit.when().today()).await?;
    let ids: BTreeSet<ResourceId> = city.resources().map(|(_, resource)| resource.id).collect();
    let now = tx.now();
    let wanted = FreeWanted {
        windows: end_of(now, SOON).into_iter().collect(),
        over_minutes: LASTS_MINUTES,
        minutes: None,
        each_max: TIMES_SHOWN,
    };
    let free = city.free_in(&mut tx, &visit, &ports, &ids, &wanted).await?;
    let events = today::read(&mut tx, &visit, &ports, &city).await?;
    tx.commit().await?;

    let lang = visit.lang;
    let soon = soon(&city, &free, now);
    let form = Form {
        visit: &visit,
        city: &city,
        known: city.known(),
        activities: city.activities(),
        pairs: &[],
        errors: ErrorSummary::new(lang),
    };
    let coming: Vec<&Event> = events.iter().filter(|event| event.ends_at > now).take(EVENTS_SHOWN).collect();
    let body = html! {
        (form.questions())
        div.start-parts {
            (free_soon(&visit, &city, &soon))
            div {
                (happening(&visit, &city, &coming))
                (closed(&visit, &city))
            }
        }
    };
    let page = visit.page(&t(lang, "search-question", &[])).asset("find.js");
    Ok(page.body(body).render())
}

fn free_soon(visit: &Visit, city: &City, soon: &[Hit]) -> Markup {
    let lang = visit.lang;
    html! {
        section aria-labelledby="soon" {
            h2 #soon { (t(lang, "search-soon", &[])) }
            @if soon.is_empty() {
                (EmptyState::new(&t(lang, "search-soon-none", &[]), &t(lang, "search-soon-none-hint", &[]))
                    .action(Button::quiet(&t(lang, "search-tomorrow-link", &[])).href("/find?when=tomorrow")))
            } @else {
                (list(visit, city, soon, 1, Days::Known))
                p { a href="/find?when=today" { (t(lang, "search-soon-all", &[])) } }
            }
        }
    }
}

fn happening(visit: &Visit, city: &City, coming: &[&Event]) -> Markup {
    let lang = visit.lang;
    html! {
        section aria-labelledby="events" {
            h2 #events { (t(lang, "search-events", &[])) }
            @if coming.is_empty() {
                p.quiet { (t(lang, "search-events-none", &[])) }
            } @else {
                (today::rows(visit, city, coming))
            }
            p { a href="/find/today" { (t(lang, "search-events-all", &[])) } }
        }
    }
}

fn end_of(from: Timestamp, lasting: SignedDuration) -> Option<Open> {
    Some(Open { starts_at: from, ends_at: from.checked_add(lasting).ok()? })
}

/// What is free first at each facility, soonest first.
fn soon(city: &City, free: &BTreeMap<ResourceId, Vec<Free>>, now: Timestamp) -> Vec<Hit> {
    let latest = now.checked_add(SOON).unwrap_or(now);
    let facts: Vec<Facts> = city.facts(&[]);
    let mut soon: Vec<Hit> = hits(&Query::default(), &facts, free, None);
    for hit in &mut soon {
        hit.free.retain(|free| free.starts_at <= latest);
    }
    let mut seen: BTreeSet<FacilityId> = BTreeSet::new();
    soon.retain(|hit| {
        !hit.free.is_empty()
            && city.resource(hit.resource).is_some_and(|(facility, _)| seen.insert(facility.id))
    });
    soon.truncate(SOON_SHOWN);
    soon
}

/// What cannot be used now, and why.
fn closed(visit: &Visit, city: &City) -> Markup {
    let now = visit.kernel.now();
    let is_now =
        |closure: &&Closure| closure.starts_at <= now && closure.ends_at.is_none_or(|ends_at| now < ends_at);
    let closures: Vec<(&Facility, &Closure)> = city
        .facilities
        .iter()
        .flat_map(|facility| facility.closures.iter().filter(is_now).map(move |closure| (facility, closure)))
        .take(CLOSED_SHOWN)
        .collect();
    if closures.is_empty() {
        return html! {};
    }
    let cards: Vec<LinkCard> =
        closures.iter().map(|(facility, closure)| card(visit, facility, closure)).collect();
    html! {
        section aria-labelledby="closed" {
            h2 #closed { (t(visit.lang, "search-closed", &[])) }
            (LinkCard::list(&cards))
        }
    }
}

fn card(visit: &Visit, facility: &Facility, closure: &Closure) -> LinkCard {
    let lang = visit.lang;
    let resource = closure.resource.and_then(|resource| facility.resource(resource));
    let name = match resource {
        Some(resource) => format!("{}, {}", facility.name, resource.name),
        None => facility.name.clone(),
    };
    let until = match closure.ends_at {
        Some(ends_at) => {
            let time = when_at(visit, facility).near_clock(ends_at);
            t(lang, "search-closed-until", &[("time", &time)])
        }
        None => t(lang, "search-closed-further", &[]),
    };
    let badge = match closure.kind {
        ClosureKind::Closed => Badge::new(Tone::Bad, &t(lang, "search-closed-shut", &[])),
        ClosureKind::Unplayable => Badge::new(Tone::Warning, &t(lang, "search-closed-unplayable", &[])),
    };
    LinkCard::new(&name, &format!("/facilities/{}", facility.slug))
        .line(&closure.reason)
        .line(&until)
        .badge(badge)
}
