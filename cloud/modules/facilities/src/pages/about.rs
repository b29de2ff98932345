//! What people must know of a facility and of what can be booked there, before they go.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use cloud_contracts::{
    Customer, Facilities as _, Facility, FreeDay, HoursException, Rate, Resource, ResourceKind,
};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{TenantTx, Viewer};
use cloud_ui::{
    Button, Card, Day, DayLook, Facts, Lang, LinkCard, Page, Tiles, WeekStrip, When, amount, date_words,
    duration, map_box, t, with_map,
};
use facilities_domain::{Activity, DayKind, FacilityFacts, RegularHours, SpecialDay, day_runs};
use http::{HeaderValue, header};
use jiff::ToSpan as _;
use jiff::civil::Date;
use maud::{Markup, html};

use super::photos::figure;
use super::register::maintains;
use super::{
    accessibility_name, activity_name, capital, closed_now, closure_badge, closure_notice, closure_span,
    day_kind_name, hours_text, kind_name, metres, reason_text, run_name, size_in_metres, special_day_name,
    when_at,
};
use crate::port::calendar;
use crate::store::{self, KnownFacility, Shown};
use crate::{FacilityRegister, Ports, api};

/// Exceptions that are told at most, the nearest first: a page is read, a list of a year's is not.
const EXCEPTIONS_TOLD: usize = 10;
/// How far ahead red days and eves are told.
const SPECIAL_DAYS_AHEAD: i64 = 60;
/// Days of what is free that a resource's page shows.
const WEEK_DAYS: i64 = 7;
/// Lines of rules that stand open; the others open with a tap.
const RULES_OPEN: usize = 5;

/// `GET /facilities/{slug}/about`.
pub(crate) async fn facility(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(tiles): Extension<Option<Tiles>>,
    Path(slug): Path<String>,
) -> Result<Response, Failure> {
    let read = Read::of(&visit, &ports, &slug, None).await?;
    let (lang, facility, facts) = (visit.lang, &read.facility, &read.known.facts);
    let schedule = format!("/facilities/{}", facility.slug);
    let body = html! {
        (read.closures(&visit, None))
        @if let Some(photo) = read.photos.iter().find(|photo| photo.resource.is_none()) { (figure(photo)) }
        @for paragraph in paragraphs(&facts.description) { p { (paragraph) } }
        p.actions {
            (Button::primary(&t(lang, "facilities-see-times", &[])).href(&schedule))
            @if visit.tenant.uses("faults") {
                (Button::quiet(&t(lang, "faults-report-title", &[])).href(&format!("/report/{}", facility.slug)))
            }
            @if read.maintained {
                (Button::quiet(&t(lang, "facilities-maintain", &[])).href(&format!("/register/{}", facility.slug)))
            }
        }
        h2 { (t(lang, "facilities-what-is-there", &[])) }
        (LinkCard::list(&read.cards(&visit)))
        div.about {
            (read.hours_card(&visit, None))
            (rules_card(lang, &facts.rules_text))
            (accessibility_card(lang, facts))
            (directions_card(lang, facility, facts, tiles.as_ref()))
            @if !facility.equipment.is_empty() {
                (Card::new("equipment", &t(lang, "facilities-equipment", &[]), equipment(lang, facility, None)))
            }
        }
        (api::json_ld::script(&api::json_ld::facility(&visit, facility, facts, &read.photos)))
    };
    let mut page = visit.page(&facility.name).crumb(&t(lang, "facilities-title", &[]), "/facilities");
    if let Some(address) = &facility.address {
        page = page.lead(address);
    }
    Ok(on_map(page.body(body), facts, tiles.as_ref()))
}

/// `GET /facilities/{slug}/{resource}`.
pub(crate) async fn resource(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(tiles): Extension<Option<Tiles>>,
    Path((slug, resource)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let read = Read::of(&visit, &ports, &slug, Some(&resource)).await?;
    let (lang, facility) = (visit.lang, &read.facility);
    let found = facility.resources.iter().find(|one| one.slug == resource).ok_or(Failure::NotFound)?;
    let known = read.known.resource(&resource).ok_or(Failure::NotFound)?;
    let schedule = format!("/facilities/{}?view=week&resource={}", facility.slug, found.slug);
    let about = format!("/facilities/{}/about", facility.slug);
    let rate = read.rates.iter().find(|rate| rate.resource == found.id);
    let photo = read.photos.iter().find(|photo| photo.resource == Some(found.id));
    let body = html! {
        (read.closures(&visit, Some(found)))
        @if let Some(photo) = photo { (figure(photo)) }
        @for paragraph in paragraphs(&known.facts.description) { p { (paragraph) } }
        (week_strip(&visit, facility, found, &read.week))
        p.actions {
            (Button::primary(&t(lang, "facilities-see-times", &[])).href(&schedule))
            @if visit.tenant.uses("watching") {
                (Button::quiet(&t(lang, "facilities-watch", &[])).href(&format!("/watches/new?resource={}", found.id)))
            }
            @if read.maintained {
                (Button::quiet(&t(lang, "facilities-maintain", &[]))
                    .href(&format!("/register/{}/resources/{}", facility.slug, found.slug)))
            }
        }
        h2 { (t(lang, "facilities-facts", &[])) }
        (resource_facts(lang, facility, found, rate))
        @if let Some(rate) = rate { (why_price(&visit, &read, rate)) }
        div.about {
            (rules_card(lang, &known.facts.rules_text))
            (read.hours_card(&visit, Some(found)))
            @if !read.known.facts.rules_text.is_empty() && known.facts.rules_text.is_empty() {
                (rules_card(lang, &read.known.facts.rules_text))
            }
            (accessibility_card(lang, &read.known.facts))
            (directions_card(lang, facility, &read.known.facts, tiles.as_ref()))
            @if facility.equipment.iter().any(|one| one.resources.is_empty() || one.resources.contains(&found.id)) {
                (Card::new("equipment", &t(lang, "facilities-equipment", &[]), equipment(lang, facility, Some(found))))
            }
        }
        (api::json_ld::script(&api::json_ld::resource(&visit, facility, found, &known.facts, photo)))
    };
    let page: Page = visit
        .page(&found.name)
        .crumb(&t(lang, "facilities-title", &[]), "/facilities")
        .crumb(&facility.name, &about)
        .lead(&format!("{}, {}", kind_name(lang, known.facts.kind.key()), facility.name));
    Ok(on_map(page.body(body), &read.known.facts, tiles.as_ref()))
}

/// The page, with what draws its map where there is one.
fn on_map(page: Page, facts: &FacilityFacts, tiles: Option<&Tiles>) -> Response {
    let Some(tiles) = tiles.filter(|_| facts.position.is_some()) else {
        return page.render().into_response();
    };
    let mut response = with_map(page).render().into_response();
    if let Ok(policy) = HeaderValue::from_str(&tiles.policy()) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A special day with its hours.
type SpecialHours = (Date, SpecialDay, Vec<(u16, u16)>);

/// What both pages read.
struct Read {
    facility: Facility,
    known: KnownFacility,
    photos: Vec<Shown>,
    rates: Vec<Rate>,
    /// Whom the viewer acts for, whose prices these are.
    customer: Option<Customer>,
    /// The coming days of the one resource that is shown.
    week: Vec<(Date, FreeDay)>,
    maintained: bool,
}

impl Read {
    async fn of(visit: &Visit, ports: &Ports, slug: &str, resource: Option<&str>) -> Result<Self, Failure> {
        let mut tx = visit.begin().await?;
        let facility = FacilityRegister.by_slug(&mut tx, slug).await?.ok_or(Failure::NotFound)?;
        let known = store::known(&mut tx, Some(slug)).await?.remove(slug).ok_or(Failure::NotFound)?;
        let photos = store::photos(&mut tx, facility.id).await?;
        let ids: Vec<_> = facility.resources.iter().map(|resource| resource.id).collect();
        let today = when_at(visit, &facility).today();
        let (mut customer, mut rates) = (None, Vec::new());
        if visit.tenant.uses("pricing") {
            customer = acted_for(visit, &mut tx, ports).await?;
            let group = customer.as_ref().and_then(|customer| customer.price_group.as_deref());
            rates = ports.prices.rates(&mut tx, &ids, group, today).await?;
        }
        let shown = facility.resources.iter().find(|one| Some(one.slug.as_str()) == resource);
        let week = match shown.filter(|_| visit.tenant.uses("booking")) {
            Some(shown) => {
                let dates: Vec<Date> =
                    (0..WEEK_DAYS).filter_map(|days| today.checked_add(days.days()).ok()).collect();
                let days = ports.availability.days(&mut tx, &facility, shown.id, &dates).await?;
                dates.into_iter().zip(days).collect()
            }
            None => Vec::new(),
        };
        let maintained = maintains(visit, &mut tx, ports, &known).await?;
        tx.commit().await?;
        Ok(Self { facility, known, photos, rates, customer, week, maintained })
    }

    fn closures(&self, visit: &Visit, resource: Option<&Resource>) -> Markup {
        let when = when_at(visit, &self.facility);
        let now = closed_now(&self.facility, resource.map(|resource| resource.id), when.now);
        html! { @for closure in now { (closure_notice(visit.lang, &when, closure)) } }
    }

    fn cards(&self, visit: &Visit) -> Vec<LinkCard> {
        let lang = visit.lang;
        let card = |resource: &Resource| {
            let href = format!("/facilities/{}/{}", self.facility.slug, resource.slug);
            let mut words = Vec::new();
            if let Some(size) = &resource.size {
                words.push(size_in_metres(lang, size));
            }
            if let Some(persons) = resource.persons_max {
                words.push(t(lang, "facilities-persons", &[("count", &persons)]));
            }
            let mut card = LinkCard::new(&resource.name, &href);
            let kind = self.known.resource(&resource.slug).map_or("hall", |known| known.facts.kind.key());
            words.insert(0, kind_name(lang, kind));
            card = card.line(&words.join(", "));
            for closure in
                closed_now(&self.facility, Some(resource.id), visit.kernel.now()).into_iter().take(1)
            {
                card = card.badge(closure_badge(lang, closure.kind));
            }
            card
        };
        self.facility.resources.iter().map(card).collect()
    }

    /// The week in words, then what is otherwise soon, then what will be closed.
    fn hours_card(&self, visit: &Visit, resource: Option<&Resource>) -> Card {
        let (lang, facility) = (visit.lang, &self.facility);
        let when = when_at(visit, facility);
        let today = when.today();
        let id = resource.map(|resource| resource.id);
        let later = facility.closures.iter().filter(|closure| {
            closure.starts_at > when.now && (closure.resource.is_none() || closure.resource == id)
        });
        let exceptions = facility.special_hours.exceptions.iter().filter(|exception| {
            exception.last >= today && (exception.resource.is_none() || exception.resource == id)
        });
        let exceptions: Vec<&HoursException> = exceptions.take(EXCEPTIONS_TOLD).collect();
        let special = self.special_days(today, resource);
        let body = html! {
            @for kind in DayKind::ALL { (week_of(lang, &self.known.hours, kind)) }
            @if !exceptions.is_empty() || !special.is_empty() {
                h3 { (t(lang, "facilities-hours-otherwise", &[])) }
                ul {
                    @for exception in exceptions { li { (exception_text(lang, &when, exception)) } }
                    @for (date, day, hours) in special {
                        li {
                            (capital(&date_words(lang, date, today))) ", " (special_day_name(lang, day)) ": "
                            (hours_text(lang, &hours))
                        }
                    }
                }
            }
            @for closure in later {
                p {
                    (closure_badge(lang, closure.kind)) " " (reason_text(lang, &closure.reason)) ". "
                    (closure_span(lang, &when, closure))
                }
            }
        };
        Card::new("hours", &t(lang, "facilities-hours", &[]), body)
    }

    /// Red days and eves that come soon and have hours of their own.
    fn special_days(&self, today: Date, resource: Option<&Resource>) -> Vec<SpecialHours> {
        let kinds: Vec<DayKind> = self.known.hours.iter().map(|regular| regular.on).collect();
        let calendar = calendar(&self.facility, resource.map(|resource| resource.id));
        let covered = |date: Date| {
            self.facility
                .special_hours
                .exceptions
                .iter()
                .any(|exception| (exception.first..=exception.last).contains(&date))
        };
        (0..SPECIAL_DAYS_AHEAD)
            .filter_map(|days| today.checked_add(days.days()).ok())
            .filter_map(|date| Some((date, SpecialDay::of(date)?)))
            .filter(|(date, day)| {
                let kind = if day.is_eve() { DayKind::Eve } else { DayKind::Holiday };
                kinds.contains(&kind) && !covered(*date)
            })
            .map(|(date, day)| {
                let hours = calendar.hours_on(date).into_iter();
                let hours = hours.map(|hours| (hours.opens_minute, hours.closes_minute));
                (date, day, hours.filter(|(from, to)| from < to).collect())
            })
            .collect()
    }
}

/// Whom the viewer acts for now.
async fn acted_for(visit: &Visit, tx: &mut TenantTx, ports: &Ports) -> Result<Option<Customer>, Failure> {
    let Viewer::SignedIn(person) = &visit.viewer else { return Ok(None) };
    Ok(match &person.acts_for {
        Some((customer, _)) => ports.customers.acted_for(tx, person.person, *customer).await?,
        None => None,
    })
}

/// The coming days, each leading to its times; nothing where nothing can be booked.
fn week_strip(visit: &Visit, facility: &Facility, resource: &Resource, week: &[(Date, FreeDay)]) -> Markup {
    if week.is_empty() {
        return html! {};
    }
    let lang = visit.lang;
    let hall = resource.parent.and_then(|whole| facility.resource(whole)).unwrap_or(resource);
    let day = |(date, free): &(Date, FreeDay)| Day {
        date: *date,
        href: format!("/facilities/{}?day={date}&hall={}", facility.slug, hall.slug),
        look: match *free {
            FreeDay::Free { minutes } => DayLook::Free { minutes },
            FreeDay::Full => DayLook::Full,
            FreeDay::Closed => DayLook::Closed,
            FreeDay::Past => DayLook::Past,
            FreeDay::NotYet => DayLook::NotYet,
        },
        closed: Vec::new(),
    };
    let strip = WeekStrip {
        lang,
        title: t(lang, "facilities-coming-days-of", &[("name", &resource.name)]),
        today: when_at(visit, facility).today(),
        days: week.iter().map(day).collect(),
    };
    html! {
        h2 { (t(lang, "facilities-coming-days", &[])) }
        (strip)
    }
}

/// Why the price is what it is, and what makes it another.
fn why_price(visit: &Visit, read: &Read, rate: &Rate) -> Markup {
    let lang = visit.lang;
    html! {
        details.why-price {
            summary { (t(lang, "pricing-why", &[])) }
            p { (t(lang, "facilities-price-by", &[("tariff", &rate.tariff_name), ("group", &rate.group_name)])) }
            @match &read.customer {
                Some(customer) => p { (t(lang, "facilities-price-for", &[("name", &customer.name)])) },
                None => p { (t(lang, "facilities-price-for-nobody", &[])) },
            }
            p { a href="/prices" { (t(lang, "facilities-price-all", &[])) } }
        }
    }
}

/// A kind of day's week; nothing where it says nothing.
fn week_of(lang: Lang, regular: &[RegularHours], kind: DayKind) -> Markup {
    let runs = day_runs(regular, kind);
    if runs.is_empty() || regular.iter().all(|regular| regular.on != kind) {
        return html! {};
    }
    let facts = runs
        .iter()
        .fold(Facts::new(), |facts, run| facts.row(&run_name(lang, run), hours_text(lang, &run.hours)));
    html! {
        @if kind != DayKind::Always { h3 { (day_kind_name(lang, kind)) } }
        (facts)
    }
}

fn exception_text(lang: Lang, when: &When, exception: &HoursException) -> String {
    let today = when.today();
    let first = capital(&date_words(lang, exception.first, today));
    let dates = if exception.first == exception.last {
        first
    } else {
        format!("{first} – {}", date_words(lang, exception.last, today))
    };
    format!("{dates}: {} ({})", hours_text(lang, &exception.minutes), exception.reason)
}

fn resource_facts(lang: Lang, facility: &Facility, resource: &Resource, rate: Option<&Rate>) -> Facts {
    let mut facts = Facts::new();
    if let Some(rate) = rate {
        let price = amount(lang, rate.ore_per_hour);
        let text = t(lang, "facilities-price", &[("amount", &price), ("group", &rate.group_name)]);
        facts = facts.row(&t(lang, "facilities-price-name", &[]), text);
    }
    if let Some(persons) = resource.persons_max {
        facts = facts.row(
            &t(lang, "facilities-persons-name", &[]),
            t(lang, "facilities-persons", &[("count", &persons)]),
        );
    }
    if let Some(size) = &resource.size {
        facts = facts.row(&t(lang, "facilities-size", &[]), size_in_metres(lang, size));
        if let Some(ceiling) = size.ceiling {
            facts =
                facts.row(&t(lang, "facilities-ceiling-name", &[]), format!("{} m", metres(lang, ceiling)));
        }
    }
    let activities: Vec<String> = resource
        .activities
        .iter()
        .filter_map(|key| Activity::parse(key))
        .map(|activity| activity_name(lang, activity))
        .collect();
    if !activities.is_empty() {
        facts = facts.row(&t(lang, "facilities-activities", &[]), activities.join(", "));
    }
    match &resource.kind {
        ResourceKind::Vehicle { licence: Some(licence) } => {
            facts = facts.row(&t(lang, "facilities-licence", &[]), licence.as_str());
        }
        ResourceKind::Berth { length_cm, beam_cm, draught_cm } => {
            for (name, cm) in [
                (t(lang, "facilities-boat-length", &[]), length_cm),
                (t(lang, "facilities-boat-beam", &[]), beam_cm),
                (t(lang, "facilities-boat-draught", &[]), draught_cm),
            ] {
                if let Some(cm) = cm {
                    facts = facts.row(&name, format!("{} m", metres(lang, *cm)));
                }
            }
        }
        ResourceKind::Vehicle { licence: None }
        | ResourceKind::Hall
        | ResourceKind::Pitch
        | ResourceKind::Room
        | ResourceKind::Premises
        | ResourceKind::Lodging
        | ResourceKind::Other => {}
    }
    for (name, minutes) in [
        (t(lang, "facilities-before", &[]), resource.before_minutes),
        (t(lang, "facilities-after", &[]), resource.after_minutes),
    ] {
        if minutes > 0 {
            facts = facts.row(&name, duration(lang, minutes));
        }
    }
    let parts = facility.resources.iter().filter(|other| other.parent == Some(resource.id));
    let halves: Vec<&Resource> = parts.collect();
    if !halves.is_empty() {
        let links = html! {
            @for (index, half) in halves.iter().enumerate() {
                @if index > 0 { ", " }
                a href={ "/facilities/" (facility.slug) "/" (half.slug) } { (half.name) }
            }
        };
        facts = facts.row(&t(lang, "facilities-divided", &[]), links);
    }
    if let Some(whole) = resource.parent.and_then(|id| facility.resource(id)) {
        let link = html! { a href={ "/facilities/" (facility.slug) "/" (whole.slug) } { (whole.name) } };
        facts = facts.row(&t(lang, "facilities-part-of", &[]), link);
    }
    facts
}

fn rules_card(lang: Lang, text: &str) -> Markup {
    let lines: Vec<&str> = paragraphs(text).collect();
    if lines.is_empty() {
        return html! {};
    }
    let (open, rest) = lines.split_at(lines.len().min(RULES_OPEN));
    let body = html! {
        ul { @for line in open { li { (line) } } }
        @if !rest.is_empty() {
            details {
                summary { (t(lang, "facilities-rules-more", &[("count", &rest.len())])) }
                ul { @for line in rest { li { (line) } } }
            }
        }
    };
    html! { (Card::new("rules", &t(lang, "facilities-rules", &[]), body)) }
}

fn accessibility_card(lang: Lang, facts: &FacilityFacts) -> Markup {
    let body = html! {
        @if facts.accessibility.is_empty() && facts.accessibility_notes.is_empty() {
            p { (t(lang, "facilities-access-unknown", &[])) }
        }
        @if !facts.accessibility.is_empty() {
            ul { @for fact in &facts.accessibility { li { (accessibility_name(lang, *fact)) } } }
        }
        @for paragraph in paragraphs(&facts.accessibility_notes) { p { (paragraph) } }
    };
    html! { (Card::new("accessibility", &t(lang, "facilities-access", &[]), body)) }
}

/// How to get there. The map is drawn by script on the municipality's pictures; a plain ground with a mark on it would
/// say nothing, so without pictures there is none. The position is there for the visitor's own map in any case.
fn directions_card(lang: Lang, facility: &Facility, facts: &FacilityFacts, tiles: Option<&Tiles>) -> Markup {
    if facility.address.is_none() && facts.directions.is_empty() && facts.position.is_none() {
        return html! {};
    }
    let body = html! {
        @if let Some(address) = &facility.address { p { (address) } }
        @for paragraph in paragraphs(&facts.directions) { p { (paragraph) } }
        @if let Some(position) = facts.position {
            @if tiles.is_some() {
                div data-latitude=(position.latitude) data-longitude=(position.longitude) data-place=(facility.name) {
                    (map_box(lang, &t(lang, "facilities-map-of", &[("name", &facility.name)]), tiles))
                }
            }
            // RFC 5870: the visitor's own map opens, whichever it is. What has none for such links is given the numbers.
            p {
                a href=(format!("geo:{:.6},{:.6}", position.latitude, position.longitude)) { (t(lang, "facilities-map", &[])) }
                " " span.quiet { (t(lang, "facilities-position-is", &[("position", &position.to_string())])) }
            }
        }
    };
    html! { (Card::new("directions", &t(lang, "facilities-directions", &[]), body)) }
}

fn equipment(lang: Lang, facility: &Facility, resource: Option<&Resource>) -> Markup {
    let fits = |one: &&cloud_contracts::Equipment| {
        resource.is_none_or(|resource| one.resources.is_empty() || one.resources.contains(&resource.id))
    };
    html! {
        ul {
            @for one in facility.equipment.iter().filter(fits) {
                li {
                    (one.name)
                    @if let Some(stock) = one.stock { " " span.quiet { (t(lang, "facilities-stock", &[("count", &stock)])) } }
                }
            }
        }
    }
}

/// The lines of a text that say something.
pub(crate) fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}
