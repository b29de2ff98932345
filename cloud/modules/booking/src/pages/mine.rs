//! `/bookings`: what I have booked, and what is booked for the one I act for.

use std::collections::BTreeMap;

use axum::Extension;
use booking_domain::{Span, State, Status};
use cloud_contracts::Facility;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, EmptyState, LinkCard, t};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use protocols_ids::{BookingId, FacilityId};

use super::{booking_href, enquiry, place_name, status_badge, when_at};
use crate::Ports;
use crate::store::{self, Booking, Time};

/// How far ahead a time can be handed back from the list: others still have use of it, and the list stays short.
const HAND_BACK_AHEAD: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The list: what is to come, soonest first; then the rest, latest first.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let customer = match &person.acts_for {
        Some((customer, _)) => ports.customers.acted_for(&mut tx, person.person, *customer).await?,
        None => None,
    };
    let bookings = store::of_person(&mut tx, person.person, customer.map(|customer| customer.id)).await?;
    let holds = store::hold::of_person(&mut tx, person.person).await?;
    let facilities: BTreeMap<FacilityId, Facility> =
        ports.facilities.all(&mut tx).await?.into_iter().map(|facility| (facility.id, facility)).collect();
    let enquiries = enquiry::mine(&visit, &mut tx, &facilities).await?;
    tx.commit().await?;

    let now = visit.kernel.now();
    let (mut coming, over): (Vec<Booking>, Vec<Booking>) =
        bookings.into_iter().partition(|booking| booking.ends_at() > now && booking.status.keeps(now));
    // Of a series that has begun the next time counts, not the first.
    coming.sort_by_key(|booking| next_time(booking, now));
    let card = |booking: &Booking| {
        let facility = booking.times.first().and_then(|time| facilities.get(&time.facility));
        let when = when_at(&visit, facility);
        let next = next_time(booking, now);
        let title = next.map(|span| when.span(span.starts_at(), span.ends_at())).unwrap_or_default();
        let mut card = LinkCard::new(&title, &booking_href(booking.id));
        if let Some(time) = booking.times.first() {
            card = card.line(&place_name(visit.lang, facility, time.resource));
        }
        if booking.times.len() > 1 {
            card = card.line(&t(visit.lang, "booking-times-count", &[("count", &booking.times.len())]));
        }
        card.line(&booking.purpose).badge(status_badge(visit.lang, booking.status))
    };
    let held = |booking: &Booking| {
        let facility = booking.times.first().and_then(|time| facilities.get(&time.facility));
        let when = when_at(&visit, facility);
        let until = match booking.status {
            Status::Held { until } => when.near_clock(until),
            Status::Requested | Status::Confirmed | Status::Refused { .. } | Status::Cancelled { .. } => {
                String::new()
            }
        };
        let time = booking.times.first();
        let title =
            time.map(|time| when.span(time.span.starts_at(), time.span.ends_at())).unwrap_or_default();
        let card = LinkCard::new(&title, &super::hold::href(booking.id));
        let mut card = time.iter().fold(card, |card, time| {
            card.line(&place_name(visit.lang, facilities.get(&time.facility), time.resource))
        });
        let count = booking.times.len();
        if count > 1 {
            card = card.line(&t(visit.lang, "booking-times-count", &[("count", &count)]));
        }
        card.line(&t(visit.lang, "booking-hold-until", &[("time", &until), ("count", &count)]))
    };
    let body = html! {
        @if !holds.is_empty() {
            (Card::new("held", &t(visit.lang, "booking-mine-held", &[]),
                LinkCard::list(&holds.iter().map(held).collect::<Vec<_>>())))
        }
        @if coming.is_empty() {
            (EmptyState::new(&t(visit.lang, "booking-mine-empty", &[]), &t(visit.lang, "booking-mine-empty-hint", &[]))
                .action(Button::primary(&t(visit.lang, "booking-find", &[])).href("/")))
        } @else {
            (Card::new("coming", &t(visit.lang, "booking-mine-coming", &[]),
                LinkCard::list(&coming.iter().map(card).collect::<Vec<_>>())))
        }
        (hand_back(&visit, &coming, &facilities))
        (enquiries)
        @if !over.is_empty() {
            (Card::new("over", &t(visit.lang, "booking-mine-over", &[]),
                LinkCard::list(&over.iter().map(card).collect::<Vec<_>>())))
            @if visit.tenant.uses("faults") { p { a href="/grades" { (t(visit.lang, "faults-grades-title", &[])) } } }
        }
        @if visit.tenant.uses("openapi") {
            p { a href="/calendars" { (t(visit.lang, "feeds-mine-link", &[])) } }
        }
    };
    Ok(visit.page(&t(visit.lang, "booking-mine-title", &[])).body(body).render())
}

/// The next times, each with a button that hands it back: what that costs is said before it is done.
fn hand_back(visit: &Visit, coming: &[Booking], facilities: &BTreeMap<FacilityId, Facility>) -> Markup {
    let (lang, now) = (visit.lang, visit.kernel.now());
    let soon = now.saturating_add(HAND_BACK_AHEAD).unwrap_or(now);
    let next = |booking: &Booking| {
        let time = booking.times.iter().find(|time| time.span.starts_at() > now)?;
        let confirmed = booking.status.state() == State::Confirmed;
        (confirmed && time.span.starts_at() < soon).then_some(*time)
    };
    let times: Vec<_> = coming.iter().filter_map(|booking| Some((booking.id, next(booking)?))).collect();
    let row = |booking: BookingId, time: &Time| {
        let facility = facilities.get(&time.facility);
        let said = when_at(visit, facility).span(time.span.starts_at(), time.span.ends_at());
        let button = Button::quiet(&t(lang, "booking-hand-back", &[])).about(&said);
        html! {
            li {
                div { strong { (said) } p.quiet { (place_name(lang, facility, time.resource)) } }
                (button.href(&super::cancel::href(booking, &[*time])))
            }
        }
    };
    let list = html! {
        p { (t(lang, "booking-hand-back-lead", &[])) }
        ul.plain-list { @for (booking, time) in &times { (row(*booking, time)) } }
    };
    html! {
        @if !times.is_empty() { (Card::new("hand-back", &t(lang, "booking-hand-back-title", &[]), list)) }
    }
}

/// The next time that has not ended; of what is over the last one.
fn next_time(booking: &Booking, now: Timestamp) -> Option<Span> {
    let next = booking.times.iter().find(|time| time.span.ends_at() > now).or(booking.times.last());
    next.map(|time| time.span)
}
