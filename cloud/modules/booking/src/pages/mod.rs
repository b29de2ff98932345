//! The pages of booking, one a file, and the words and links that they share.

pub mod accessories;
pub mod book;
pub mod booking;
pub mod calendar;
pub mod cancel;
pub mod change;
pub mod contacts;
pub mod delegations;
pub mod desk;
pub mod enquiry;
mod fields;
pub mod guests;
pub mod hold;
pub mod live;
pub mod many;
pub mod mine;
pub mod offers;
pub mod offline;
mod prices;
pub mod qr;
pub mod requests;
mod rule_words;
pub mod rules;
pub mod schedule;
pub mod screens;
pub mod several;
pub mod thread;
pub mod told;
mod words;

use booking_domain::{Occurrence, Span, Status};
use cloud_contracts::{AccessState, Facility, Resource};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, SignedIn, TenantTx};
use cloud_ui::{Badge, DoorState, Lang, LinkCard, Tone, When, t};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use protocols_ids::{AuthorityId, BookingId, ResourceId};

use crate::Ports;
use crate::store::{self, Booking};

/// The authorities for which the viewer has one of these roles.
fn authorities(visit: &Visit, roles: &[Role]) -> Result<Vec<AuthorityId>, Failure> {
    let own = visit.signed_in()?.roles.iter().filter(|(_, role)| roles.contains(role));
    let mut own: Vec<AuthorityId> = own.map(|(authority, _)| *authority).collect();
    own.sort_unstable();
    own.dedup();
    match roles.first() {
        Some(needs) if own.is_empty() => Err(Failure::Forbidden { needs: *needs }),
        Some(_) | None => Ok(own),
    }
}

/// Where a time is booked.
fn book_href(resource: ResourceId, starts_at: Timestamp, minutes: u32, purpose: &str) -> String {
    let purpose = match purpose {
        "" => String::new(),
        some => format!("&purpose={}", utf8_percent_encode(some, NON_ALPHANUMERIC)),
    };
    format!("/book?resource={resource}&start={starts_at}&minutes={minutes}{purpose}")
}

/// Where following a time that is taken begins, in a municipality where that is possible.
fn watch_href(resource: ResourceId, span: Span) -> String {
    format!("/watches/new?resource={resource}&start={}&minutes={}", span.starts_at(), span.minutes())
}

/// Where a booking is shown.
fn booking_href(booking: BookingId) -> String {
    format!("/bookings/{booking}")
}

/// Says times by the facility's clocks.
fn when_at(visit: &Visit, facility: Option<&Facility>) -> When {
    let when = visit.when();
    match facility {
        Some(facility) => When { zone: facility.time_zone.clone(), ..when },
        None => when,
    }
}

/// The resource with this id.
fn resource_of(facility: &Facility, id: ResourceId) -> Option<&Resource> {
    facility.resources.iter().find(|resource| resource.id == id)
}

/// What is booked, with its place: `Solskiftets sporthall, Halva A1`.
fn place_name(lang: Lang, facility: Option<&Facility>, resource: ResourceId) -> String {
    match facility {
        Some(facility) => match resource_of(facility, resource) {
            Some(resource) => format!("{}, {}", facility.name, resource.name),
            None => facility.name.clone(),
        },
        None => t(lang, "booking-place-gone", &[]),
    }
}

/// Free times as links, each with when and what.
fn alternative_links(
    lang: Lang,
    when: &When,
    facility: &Facility,
    free: &[Occurrence],
    purpose: &str,
) -> Vec<LinkCard> {
    let card = |one: &Occurrence| {
        let span = one.span();
        let href = book_href(one.resource(), span.starts_at(), span.minutes(), purpose);
        let card = LinkCard::new(&when.span(span.starts_at(), span.ends_at()), &href);
        card.line(&place_name(lang, Some(facility), one.resource()))
    };
    free.iter().map(card).collect()
}

/// What has become of a booking, in a word.
fn status_badge(lang: Lang, status: Status) -> Badge {
    match status {
        Status::Held { .. } => Badge::new(Tone::Waiting, &t(lang, "booking-state-held", &[])),
        Status::Requested => Badge::new(Tone::Waiting, &t(lang, "booking-state-requested", &[])),
        Status::Refused { .. } => Badge::new(Tone::Info, &t(lang, "booking-state-refused", &[])),
        Status::Confirmed => Badge::new(Tone::Good, &t(lang, "booking-state-confirmed", &[])),
        Status::Cancelled { .. } => Badge::new(Tone::Info, &t(lang, "booking-state-cancelled", &[])),
    }
}

/// What the door knows, in words; none where there is no door to know it.
fn door_state(lang: Lang, when: &When, state: AccessState) -> Option<DoorState> {
    Some(match state {
        AccessState::NoDoors => return None,
        AccessState::Later { at } => DoorState::Later { when: when.near_day(at) },
        AccessState::Issued => DoorState::Preparing,
        AccessState::SiteSilent { since } => DoorState::Silent {
            since: match since {
                Some(since) => when.near_clock(since),
                None => t(lang, "booking-since-start", &[]),
            },
        },
        AccessState::Delivered => DoorState::Known { since: None },
        AccessState::Refused => DoorState::Refused,
        AccessState::Revoking | AccessState::Revoked => DoorState::Withdrawn,
    })
}

/// Whether nothing more is to be expected of the door's knowledge while a page is open.
fn is_settled(state: AccessState) -> bool {
    match state {
        AccessState::NoDoors
        | AccessState::Later { .. }
        | AccessState::Delivered
        | AccessState::Refused
        | AccessState::Revoked => true,
        AccessState::Issued | AccessState::SiteSilent { .. } | AccessState::Revoking => false,
    }
}

/// Whether the hall is silent, so that off-line codes may be needed.
fn is_silent(state: AccessState) -> bool {
    match state {
        AccessState::SiteSilent { .. } => true,
        AccessState::NoDoors
        | AccessState::Later { .. }
        | AccessState::Issued
        | AccessState::Delivered
        | AccessState::Refused
        | AccessState::Revoking
        | AccessState::Revoked => false,
    }
}

/// By what right somebody sees a booking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Right {
    /// They booked it, or may act for the customer: they enter by it and may cancel it.
    Own,
    /// They are an officer of the facility's authority.
    Officer,
}

/// A booking, for somebody who may see it; to everybody else there is no such booking.
async fn seen_booking(
    tx: &mut TenantTx,
    ports: &Ports,
    person: &SignedIn,
    id: BookingId,
) -> Result<(Booking, Right), Failure> {
    let booking = store::find(tx, id).await?.ok_or(Failure::NotFound)?;
    let own = booking.booker == person.person
        || ports.customers.acted_for(tx, person.person, booking.customer).await?.is_some();
    if own {
        Ok((booking, Right::Own))
    } else if person.roles.contains(&(booking.authority, Role::Officer)) {
        Ok((booking, Right::Officer))
    } else {
        Err(Failure::NotFound)
    }
}

/// The facility of a booking, as the register has it now.
async fn facility_of(
    tx: &mut TenantTx,
    ports: &Ports,
    booking: &Booking,
) -> Result<Option<Facility>, Failure> {
    match booking.times.first() {
        Some(time) => Ok(ports.facilities.of_resource(tx, time.resource).await?),
        None => Ok(None),
    }
}
