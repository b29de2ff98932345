//! Where a list of times begins, and for whom an officer makes one.

use booking_domain::{State, again};
use cloud_contracts::Customer;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, SignedIn, TenantTx};
use jiff::Timestamp;
use protocols_ids::{AuthorityId, BookingId, CustomerId, PersonId, ResourceId};
use serde::Deserialize;

use super::super::fields::About;
use super::super::{Right, seen_booking};
use super::typed::Typed;
use crate::Ports;
use crate::hold::asked as times_of;
use crate::place::place_at;
use crate::places::Places;
use crate::store;

/// Where it begins: at a facility, perhaps with a first time; with the times of last year's booking again; or with what one
/// holds, to change it.
#[derive(Deserialize)]
pub struct Link {
    pub facility: Option<String>,
    pub resource: Option<ResourceId>,
    pub start: Option<Timestamp>,
    pub minutes: Option<u32>,
    pub again: Option<BookingId>,
    pub held: Option<BookingId>,
    /// For whom an officer books, at the desk.
    pub customer: Option<CustomerId>,
}

/// Where last year's times are booked again.
pub fn again_href(booking: BookingId) -> String {
    format!("/book/several?again={booking}")
}

/// Where what one holds is changed.
pub fn held_href(booking: BookingId) -> String {
    format!("/book/several?held={booking}")
}

/// A booking's times and all that was said of it, in the next year; and how many have no such week there. An officer copies
/// it for the customer who had it.
pub async fn last_years(
    visit: &Visit,
    ports: &Ports,
    person: &SignedIn,
    id: BookingId,
) -> Result<(Typed, usize), Failure> {
    let mut tx = visit.begin().await?;
    let (booking, right) = seen_booking(&mut tx, ports, person, id).await?;
    let places = Places::of_booking(&mut tx, ports, &booking).await?;
    let old = times_of(&booking);
    let place = place_at(&mut tx, ports.facilities.as_ref(), places.all(), &old).await?;
    let (Some(place), Some(home)) = (place, places.first()) else { return Err(Failure::NotFound) };
    let next = again(&place, &old, tx.now());
    let about = About::of(&mut tx, &booking).await?;
    tx.commit().await?;
    let typed = Typed {
        facility: home.slug.clone(),
        copied: (right == Right::Officer).then_some(id),
        customer: booking.customer.to_string(),
        request_key: visit.kernel.new_id(),
        about,
        times: next.times,
        ..Typed::default()
    };
    Ok((typed, next.left_out))
}

/// What somebody holds, or held until a moment ago, as they left it; `None` where it is booked by now.
pub async fn from_hold(
    visit: &Visit,
    ports: &Ports,
    person: &SignedIn,
    id: BookingId,
) -> Result<Option<Typed>, Failure> {
    let mut tx = visit.begin().await?;
    let booking = store::find(&mut tx, id).await?.filter(|booking| booking.booker == person.person);
    let booking = booking.ok_or(Failure::NotFound)?;
    if booking.status.state() != State::Held {
        return Ok(None);
    }
    let places = Places::of_booking(&mut tx, ports, &booking).await?;
    let home = places.first().ok_or(Failure::NotFound)?;
    let about = About::of(&mut tx, &booking).await?;
    tx.commit().await?;
    Ok(Some(Typed {
        facility: home.slug.clone(),
        customer: booking.customer.to_string(),
        request_key: visit.kernel.new_id(),
        about,
        times: times_of(&booking),
        ..Typed::default()
    }))
}

/// For whom an officer books, at the desk.
#[derive(Clone, Debug)]
pub struct Desk {
    /// At whose facilities.
    pub authority: AuthorityId,
    /// On whose account.
    pub customer: Customer,
    /// Who gets letter and code: the one who booked last time, or the officer where that person does not act for the
    /// customer any more.
    pub booker: PersonId,
}

/// The first facility at which an officer books for somebody.
pub async fn desk_facility(visit: &Visit, ports: &Ports, person: &SignedIn) -> Result<String, Failure> {
    let mut tx = visit.begin().await?;
    let all = ports.facilities.all(&mut tx).await?;
    tx.commit().await?;
    let theirs =
        all.into_iter().find(|one| is_officer_of(person, one.authority) && !one.resources.is_empty());
    theirs.map(|facility| facility.slug).ok_or(Failure::Forbidden { needs: Role::Officer })
}

fn is_officer_of(person: &SignedIn, authority: AuthorityId) -> bool {
    person.roles.contains(&(authority, Role::Officer))
}

impl Desk {
    /// Of whoever stands at the desk, on a customer's account; the officer gets letter and code.
    pub async fn on_behalf(
        tx: &mut TenantTx,
        ports: &Ports,
        person: &SignedIn,
        (authority, customer): (AuthorityId, CustomerId),
    ) -> Result<Self, Failure> {
        if !is_officer_of(person, authority) {
            return Err(Failure::Forbidden { needs: Role::Officer });
        }
        let customer = ports.customers.by_id(tx, customer).await?.ok_or(Failure::NotFound)?;
        Ok(Self { authority, customer, booker: person.person })
    }

    /// Of the booking that is copied; to everybody but officers of its authority there is no such booking.
    pub async fn of(
        tx: &mut TenantTx,
        ports: &Ports,
        person: &SignedIn,
        copied: BookingId,
    ) -> Result<Self, Failure> {
        let booking = store::find(tx, copied).await?.ok_or(Failure::NotFound)?;
        if !is_officer_of(person, booking.authority) {
            return Err(Failure::NotFound);
        }
        let customer = ports.customers.by_id(tx, booking.customer).await?.ok_or(Failure::NotFound)?;
        let acts = ports.customers.acted_for(tx, booking.booker, booking.customer).await?.is_some();
        let booker = if acts { booking.booker } else { person.person };
        Ok(Self { authority: booking.authority, customer, booker })
    }
}
