//! `/desk`: the day of those who run halls, with whether the doors know and whether anybody came: of officers, and of
//! caretakers on a phone, with what comes next, what to prepare, what is wrong and what is closed.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::Query;
use booking_domain::{Accessory, Particulars, Span};
use cloud_contracts::{AccessState, Facility, OpenFault, Passage};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, SignedIn};
use cloud_ui::{
    Badge, Button, Card, DayEntry, DayList, EmptyState, Field, Icon, LinkCard, Presence, Tabs, Tone, When,
    date_words, t,
};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use maud::{Markup, html};
use protocols_ids::{BookingId, FacilityId, OccurrenceId};
use serde::Deserialize;

use super::words::{accessories_text, boat_text};
use super::{booking_href, door_state, resource_of, when_at};
use crate::Ports;
use crate::store::{self, DayTime, extras as rows};

/// Which day, and which facility; what cannot be read is as if it were not there.
#[derive(Deserialize)]
pub struct Choice {
    day: Option<String>,
    facility: Option<String>,
}

/// What begins in the evening and is over within so many hours is said with both its clocks, `22.00–02.00`.
const NIGHT: SignedDuration = SignedDuration::from_hours(12);

/// The day.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Query(choice): Query<Choice>,
) -> Result<Markup, Failure> {
    let person = visit.signed_in()?;
    if !person.has(Role::Officer) && !person.has(Role::Caretaker) {
        return Err(Failure::Forbidden { needs: Role::Officer });
    }
    let when = visit.when();
    let day: Date = choice.day.as_deref().and_then(|day| day.parse().ok()).unwrap_or_else(|| when.today());
    let during = during(&visit, day).ok_or(Failure::NotFound)?;
    let mut tx = visit.begin().await?;
    let facilities: Vec<Facility> = ports
        .facilities
        .all(&mut tx)
        .await?
        .into_iter()
        .filter(|facility| works_at(person, facility))
        .collect();
    let chosen =
        facilities.iter().find(|facility| Some(facility.slug.as_str()) == choice.facility.as_deref());
    let shown: Vec<&Facility> = chosen.map_or(facilities.iter().collect(), |one| vec![one]);
    let ids: Vec<FacilityId> = shown.iter().map(|facility| facility.id).collect();
    let times = store::day(&mut tx, &ids, during).await?;
    let mut bookings: Vec<BookingId> = times.iter().map(|time| time.booking).collect();
    bookings.sort_unstable();
    bookings.dedup();
    let time_ids: Vec<OccurrenceId> = times.iter().map(|time| time.time.id).collect();
    let accessories = rows::of_times(&mut tx, &time_ids).await?;
    let particulars = rows::said_of(&mut tx, &bookings).await?;
    let states = ports.access.states(&mut tx, &bookings).await?.into_iter().collect();
    let mut passages: BTreeMap<OccurrenceId, Vec<Passage>> = BTreeMap::new();
    for passage in ports.access.passages(&mut tx, &bookings).await? {
        passages.entry(passage.occurrence).or_default().push(passage);
    }
    let faults =
        if visit.tenant.uses("faults") { ports.faults.open_at(&mut tx, &ids).await? } else { Vec::new() };
    tx.commit().await?;

    let lists = DayOfFacilities { visit: &visit, person, day, states, passages, accessories, particulars };
    let body = html! {
        (lists.steps(chosen))
        @if facilities.len() > 1 { (lists.tabs(&facilities, chosen)) }
        // Passages arrive while the page stands open.
        div #day hx-get=(href(day, chosen)) hx-trigger="every 10s" hx-select="#day" hx-swap="outerHTML" {
            @if day == when.today() { (lists.next(&shown, &times)) }
            (lists.wrong(&shown, &faults))
            (lists.closed(&shown))
            @if times.is_empty() {
                (EmptyState::new(&t(visit.lang, "access-day-empty", &[]), &t(visit.lang, "access-day-empty-hint", &[])))
            } @else {
                @for facility in &shown { (lists.list(facility, &times)) }
            }
        }
    };
    Ok(visit.page(&t(visit.lang, "booking-day-title", &[])).body(body).render())
}

/// Whether somebody runs a hall.
fn works_at(person: &SignedIn, facility: &Facility) -> bool {
    [Role::Officer, Role::Caretaker].iter().any(|role| person.roles.contains(&(facility.authority, *role)))
}

/// The day by the tenant's clocks.
fn during(visit: &Visit, day: Date) -> Option<Span> {
    let midnight = |date: Date| date.to_zoned(visit.tenant.time_zone.clone()).ok().map(|at| at.timestamp());
    Span::new(midnight(day)?, midnight(day.tomorrow().ok()?)?)
}

fn href(day: Date, chosen: Option<&Facility>) -> String {
    match chosen {
        Some(facility) => format!("/desk?day={day}&facility={}", facility.slug),
        None => format!("/desk?day={day}"),
    }
}

struct DayOfFacilities<'a> {
    visit: &'a Visit,
    person: &'a SignedIn,
    day: Date,
    states: BTreeMap<BookingId, AccessState>,
    passages: BTreeMap<OccurrenceId, Vec<Passage>>,
    accessories: BTreeMap<OccurrenceId, Vec<Accessory>>,
    particulars: BTreeMap<BookingId, Particulars>,
}

impl DayOfFacilities<'_> {
    /// The day before and the day after.
    fn steps(&self, chosen: Option<&Facility>) -> Markup {
        let lang = self.visit.lang;
        let step = |days: i64| self.day.checked_add(days.days()).unwrap_or(self.day);
        html! {
            p.lead { (date_words(lang, self.day, self.visit.when().today())) }
            div.schedule-tools {
                nav.day-steps aria-label=(t(lang, "booking-day-choose", &[])) {
                    (Button::quiet(&t(lang, "booking-day-before", &[])).href(&href(step(-1), chosen)))
                    (Button::quiet(&t(lang, "booking-day-after", &[])).href(&href(step(1), chosen)))
                }
                form method="get" action="/desk" {
                    @if let Some(facility) = chosen { input type="hidden" name="facility" value=(facility.slug); }
                    (Field::date("day", &t(lang, "booking-schedule-to-day", &[])).value(&self.day.to_string()))
                    (Button::quiet(&t(lang, "booking-schedule-show", &[])))
                }
                @if self.person.has(Role::Officer) {
                    (Button::quiet(&t(lang, "booking-many-title", &[])).href("/desk/many"))
                }
                @if self.visit.tenant.uses("access") {
                    (Button::quiet(&t(lang, "access-menu-doors", &[])).href("/doors"))
                }
                (Button::quiet(&t(lang, "facilities-closures-menu", &[])).href("/closures"))
            }
        }
    }

    fn tabs(&self, facilities: &[Facility], chosen: Option<&Facility>) -> Tabs {
        let lang = self.visit.lang;
        let tabs = Tabs::new(&t(lang, "booking-day-facilities", &[])).tab(
            &t(lang, "booking-day-all", &[]),
            &href(self.day, None),
            chosen.is_none(),
        );
        facilities.iter().fold(tabs, |tabs, facility| {
            let current = chosen.is_some_and(|chosen| chosen.id == facility.id);
            tabs.tab(&facility.name, &href(self.day, Some(facility)), current)
        })
    }

    /// What goes on now, or comes next.
    fn next(&self, shown: &[&Facility], times: &[DayTime]) -> Markup {
        let (lang, now) = (self.visit.lang, self.visit.kernel.now());
        let next = times.iter().find(|time| !time.cancelled && time.time.span.ends_at() > now);
        let Some((time, facility)) =
            next.and_then(|time| Some((time, shown.iter().find(|one| one.id == time.time.facility)?)))
        else {
            return html! {};
        };
        let entry = self.entry(facility, time);
        let title = if time.time.span.starts_at() <= now {
            t(lang, "booking-day-now", &[])
        } else {
            t(lang, "booking-day-next", &[])
        };
        html! {
            (Card::new("next", &title, html! {
                p.next-time { (entry.time) }
                p { strong { (entry.place) } @if shown.len() > 1 { ", " (facility.name) } }
                p { (entry.customer) }
                @for line in &entry.more { p { (line) } }
                p { (entry.presence.badge(lang)) }
            }))
        }
    }

    /// What is wrong, each with the way to it.
    fn wrong(&self, shown: &[&Facility], faults: &[OpenFault]) -> Markup {
        let lang = self.visit.lang;
        let card = |fault: &OpenFault| {
            let facility = shown.iter().find(|one| one.id == fault.facility)?;
            let place = fault.place.as_ref().unwrap_or(&facility.name);
            let since = when_at(self.visit, Some(facility)).near_clock(fault.reported_at);
            let card = LinkCard::new(
                &format!("{}, {place}", t(lang, fault.kind, &[])),
                &format!("/faults/{}", fault.id),
            )
            .line(&t(lang, "faults-since", &[("time", &since)]));
            Some(if fault.taken {
                card.badge(Badge::new(Tone::Waiting, &t(lang, "faults-state-taken", &[])))
            } else {
                card.badge(Badge::new(Tone::Warning, &t(lang, "faults-state-reported", &[])))
            })
        };
        let cards: Vec<LinkCard> = faults.iter().filter_map(card).collect();
        if cards.is_empty() {
            return html! {};
        }
        html! { section aria-labelledby="wrong" { h2 #wrong { (t(lang, "faults-title", &[])) } (LinkCard::list(&cards)) } }
    }

    /// What is closed now, with why.
    fn closed(&self, shown: &[&Facility]) -> Markup {
        let (lang, now) = (self.visit.lang, self.visit.kernel.now());
        let mut closed = Vec::new();
        for facility in shown {
            for closure in facility
                .closures
                .iter()
                .filter(|one| one.starts_at <= now && one.ends_at.is_none_or(|end| now < end))
            {
                let resource = closure.resource.and_then(|id| facility.resource(id));
                let what = resource.map_or(&facility.name, |resource| &resource.name);
                closed.push((what, &closure.reason));
            }
        }
        if closed.is_empty() {
            return html! {};
        }
        html! {
            section aria-labelledby="closed" {
                h2 #closed { (t(lang, "booking-day-closed", &[])) }
                ul.plain-list { @for (what, reason) in closed {
                    li { p { (Icon::Lock) " " strong { (what) } ": " (reason) } }
                } }
            }
        }
    }

    /// The day of one facility; nothing where nothing is booked, since the others have something.
    fn list(&self, facility: &Facility, times: &[DayTime]) -> Markup {
        let entries: Vec<DayEntry> = times
            .iter()
            .filter(|time| time.time.facility == facility.id)
            .map(|time| self.entry(facility, time))
            .collect();
        if entries.is_empty() {
            return html! {};
        }
        html! { (DayList { lang: self.visit.lang, title: facility.name.clone(), entries }) }
    }

    /// What somebody on site must know: how many come, what to prepare, who drives, which boat.
    fn more(&self, facility: &Facility, time: &DayTime) -> Vec<String> {
        let lang = self.visit.lang;
        let said = self.particulars.get(&time.booking);
        let driver = said.and_then(|said| said.driver.as_ref());
        let boat = said.and_then(|said| said.boat.as_ref());
        let accessories = self.accessories.get(&time.time.id);
        let (when, span) = (when_at(self.visit, Some(facility)), time.time.span);
        let resource = resource_of(facility, time.time.resource);
        let (before, after) = resource.map_or((0, 0), |one| (one.before_minutes, one.after_minutes));
        let buffer = |minutes: u32| (minutes > 0).then(|| SignedDuration::from_mins(minutes.into()));
        let from = buffer(before)
            .and_then(|minutes| span.starts_at().checked_sub(minutes).ok())
            .map(|at| when.clock(at));
        let until = buffer(after)
            .and_then(|minutes| span.ends_at().checked_add(minutes).ok())
            .map(|at| when.clock(at));
        [
            time.persons.map(|persons| t(lang, "booking-persons-count", &[("count", &persons)])),
            accessories.map(|them| accessories_text(lang, std::slice::from_ref(facility), them)),
            driver.map(|driver| t(lang, "booking-driver-named", &[("name", &driver.name)])),
            boat.map(|boat| boat_text(lang, boat)),
            from.map(|time| t(lang, "booking-day-prepare", &[("time", &time)])),
            until.map(|time| t(lang, "booking-day-clean", &[("time", &time)])),
            time.message.as_ref().map(|text| t(lang, "booking-day-message", &[("text", text)])),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// When something is on this day: a weekend has one beginning and one end, and is there all of Saturday.
    fn clocks(&self, when: &When, span: Span) -> String {
        let lang = self.visit.lang;
        let last = span.ends_at().saturating_sub(SignedDuration::from_secs(1)).unwrap_or(span.ends_at());
        let (begun, goes_on) = (when.date(span.starts_at()) < self.day, when.date(last) > self.day);
        let is_long = span.ends_at().duration_since(span.starts_at()) > NIGHT;
        match (begun, goes_on) {
            (true, true) => t(lang, "booking-day-whole", &[]),
            (true, false) => t(lang, "booking-day-until", &[("time", &when.clock(span.ends_at()))]),
            (false, true) if is_long => {
                t(lang, "booking-day-from", &[("time", &when.clock(span.starts_at()))])
            }
            (false, true | false) => when.clocks(span.starts_at(), span.ends_at()),
        }
    }

    fn entry(&self, facility: &Facility, time: &DayTime) -> DayEntry {
        let (lang, when) = (self.visit.lang, when_at(self.visit, Some(facility)));
        let span = time.time.span;
        let passages = self.passages.get(&time.time.id).map_or(&[][..], Vec::as_slice);
        let state = self.states.get(&time.booking).copied();
        let first = passages.first().map(|passage| passage.at);
        DayEntry {
            time: self.clocks(&when, span),
            place: resource_of(facility, time.time.resource)
                .map(|resource| resource.name.clone())
                .unwrap_or_default(),
            customer: time.customer_name.clone(),
            more: self.more(facility, time),
            number: time.number.to_string(),
            // Caretakers read what they must know here; the booking itself is the officers'.
            href: self
                .person
                .roles
                .contains(&(facility.authority, Role::Officer))
                .then(|| booking_href(time.booking)),
            note: time.cancelled.then(|| Badge::new(Tone::Info, &t(lang, "booking-state-cancelled", &[]))),
            door: state.filter(|_| !time.cancelled).and_then(|state| door_state(lang, &when, state)),
            presence: presence(span, first.map(|at| when.clock(at)), when.now),
            passages: u32::try_from(passages.len()).unwrap_or(u32::MAX),
        }
    }
}

fn presence(span: Span, came_at: Option<String>, now: Timestamp) -> Presence {
    match came_at {
        Some(at) => Presence::Came { at },
        None if now < span.starts_at() => Presence::NotBegun,
        None if now < span.ends_at() => Presence::NobodyYet,
        None => Presence::NobodyCame,
    }
}
