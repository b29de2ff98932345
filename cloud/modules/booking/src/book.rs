//! Takes times for somebody, and gives them back: what the pages and the API share.

use std::collections::BTreeSet;

use booking_domain::{Asked, Occurrence, Purpose, Reason, Refusal, check, parts_in_lock_order};
use cloud_contracts::{
    BookingCancelled, BookingConfirmed, BookingToOpen, Customer, Facility, OccurrenceToOpen, PortError,
};
use cloud_kernel::telemetry::{SpanKind, Story, current_span, figures};
use cloud_kernel::web::Failure;
use cloud_kernel::{Actor, Kernel, TenantTx};
use protocols_ids::{BookingId, CustomerId, OccurrenceId, PersonId, TenantId};
use serde_json::json;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::Ports;
use crate::pages::schedule;
use crate::place::place_over;
use crate::store::{self, Booking, NewBooking, NewTime, StoreError};

/// Bookings that are written at once in this process; the next waits its turn, no longer than its request may
/// take. Writes to the same parts queue in the database anyhow; without this bound a rush at one hall would
/// hold every connection while it queues there, and pages that only read would be refused.
static WRITES: Semaphore = Semaphore::const_new(8);

/// What somebody wants to book.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Who asks.
    pub booker: PersonId,
    /// On whose account.
    pub customer: CustomerId,
    /// What for.
    pub purpose: Purpose,
    /// The same for a repetition of the request.
    pub request_key: Uuid,
    /// The times, all at one facility.
    pub asked: Vec<Asked>,
}

impl Wish {
    /// The same for the same wish under the same request key. Somebody who goes back in the browser and asks for
    /// something else sends the old key with it, and means something new.
    fn key(&self) -> Uuid {
        let times: Vec<String> = self
            .asked
            .iter()
            .map(|asked| format!("{} {} {}", asked.resource, asked.starts_at, asked.minutes))
            .collect();
        let wish = format!("{}\n{}\n{}", self.customer, self.purpose.as_str(), times.join("\n"));
        Uuid::new_v5(&self.request_key, wish.as_bytes())
    }
}

/// What became of a wish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is a booking, now or since an earlier request for the same with the same key.
    Booked {
        /// Which.
        booking: BookingId,
        /// Its number.
        number: u64,
    },
    /// Some of its times are taken; nothing was booked.
    Clash {
        /// Which times, from 0.
        occurrences: Vec<usize>,
    },
    /// It breaks rules; nothing was booked.
    Refused(Vec<Refusal>),
    /// The person may not act for that customer; nothing was booked.
    NotForCustomer,
}

impl Outcome {
    /// As the figures call it.
    const fn name(&self) -> &'static str {
        match self {
            Self::Booked { .. } => "booked",
            Self::Clash { .. } => "clash",
            Self::Refused(_) => "refused",
            Self::NotForCustomer => "not_for_customer",
        }
    }
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The store.
    #[error("store of bookings")]
    Store(#[from] StoreError),
    /// Another module.
    #[error("another module")]
    Port(#[from] PortError),
    /// The database.
    #[error("database")]
    Database(#[from] sqlx::Error),
}

impl From<BookError> for Failure {
    fn from(error: BookError) -> Self {
        Self::internal(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

/// Books, in one transaction: the booking, the space, what opens the doors, audit and events; or nothing.
pub async fn book(
    kernel: &Kernel,
    tenant: TenantId,
    ports: &Ports,
    wish: &Wish,
) -> Result<Outcome, BookError> {
    let outcome = take(kernel, tenant, ports, wish).await;
    figures::BOOKINGS.count(&[outcome.as_ref().map_or("failed", Outcome::name)]);
    outcome
}

async fn take(kernel: &Kernel, tenant: TenantId, ports: &Ports, wish: &Wish) -> Result<Outcome, BookError> {
    // Nobody closes it.
    let _turn = WRITES.acquire().await.ok();
    let mut tx = kernel.begin(tenant).await?;
    if let Some((booking, number)) = store::by_request_key(&mut tx, wish.booker, wish.key()).await? {
        return Ok(Outcome::Booked { booking, number });
    }
    let Some(customer) = ports.customers.acted_for(&mut tx, wish.booker, wish.customer).await? else {
        return Ok(Outcome::NotForCustomer);
    };
    let facility = match wish.asked.first() {
        Some(first) => ports.facilities.of_resource(&mut tx, first.resource).await?,
        None => None,
    };
    let Some(facility) = facility else {
        let reason =
            wish.asked.first().map_or(Reason::Nothing, |first| Reason::UnknownResource(first.resource));
        return Ok(Outcome::Refused(vec![Refusal { occurrence: 0, reason }]));
    };
    let place =
        place_over(ports.facilities.as_ref(), &facility, wish.asked.iter().map(|asked| asked.starts_at));
    let occurrences = match check(&place, &wish.asked, tx.now()) {
        Ok(occurrences) => occurrences,
        Err(refusals) => return Ok(Outcome::Refused(refusals)),
    };
    let price_ore = price(&mut tx, ports, &facility, &customer, &occurrences).await?;
    let new = NewBooking {
        id: tx.new_id(),
        authority: facility.authority,
        facility: facility.id,
        customer: customer.id,
        customer_name: &customer.name,
        booker: wish.booker,
        purpose: &wish.purpose,
        price_ore,
        request_key: wish.key(),
    };
    let times: Vec<NewTime<'_>> = occurrences
        .iter()
        .map(|one| NewTime {
            id: tx.new_id(),
            resource: one.resource(),
            span: one.span(),
            parts: one.parts(),
        })
        .collect();

    store::lock_parts(&mut tx, &parts_in_lock_order(&occurrences)).await?;
    let without_room = store::occupy(&mut tx, &times).await?;
    if !without_room.is_empty() {
        drop(tx);
        return or_earlier(kernel, tenant, wish, clash(&times, &without_room)).await;
    }
    let Some(number) = store::insert(&mut tx, &new, &times).await? else {
        drop(tx);
        return or_earlier(kernel, tenant, wish, clash(&times, &BTreeSet::new())).await;
    };
    let (booking, actor) = (new.id, Actor::Person(wish.booker));
    ports.access.issue(&mut tx, &to_open(booking, number, &times)).await?;
    let detail = json!({ "number": number, "customer": new.customer, "times": times.len() });
    tx.audit(actor, "booking.confirmed", Some(booking.uuid()), &detail).await?;
    tx.emit(&BookingConfirmed { booking }).await?;
    tell(&mut tx, booking, number);
    tx.signal(schedule::topic(facility.id));
    tx.commit().await?;
    Ok(Outcome::Booked { booking, number })
}

/// The beginning of the booking's story; it points at the request that made it.
fn tell(tx: &mut TenantTx, booking: BookingId, number: u64) {
    let (began, ended) = (tx.now(), tx.kernel().now());
    let span = Story::of(booking.uuid())
        .begins("booking.confirmed", began, ended)
        .of_kind(SpanKind::Producer)
        .with_number("hallport.booking_number", number)
        .linked(current_span());
    tx.span(span);
}

/// Gives a booking back, in one transaction. The booking is as the caller read it in `tx`, locked.
pub async fn cancel(
    mut tx: TenantTx,
    ports: &Ports,
    person: PersonId,
    booking: &Booking,
    at: jiff::Timestamp,
) -> Result<(), BookError> {
    let space = store::parts_of(&mut tx, booking.id).await?;
    store::lock_parts(&mut tx, &space).await?;
    store::cancel(&mut tx, booking.id, at).await?;
    ports.access.revoke(&mut tx, booking.id).await?;
    let detail = json!({ "number": booking.number });
    tx.audit(Actor::Person(person), "booking.cancelled", Some(booking.id.uuid()), &detail).await?;
    tx.emit(&BookingCancelled { booking: booking.id }).await?;
    let (story, began, ended) = (Story::of(booking.id.uuid()), tx.now(), tx.kernel().now());
    let step = story.goes_on(("booking.cancelled", ""), story.root(), began, ended);
    tx.span(step.of_kind(SpanKind::Producer).linked(current_span()));
    tx.signal(schedule::topic(booking.facility));
    tx.commit().await?;
    Ok(())
}

/// What all times cost together; nothing is said where the list is silent about one of them.
async fn price(
    tx: &mut TenantTx,
    ports: &Ports,
    facility: &Facility,
    customer: &Customer,
    occurrences: &[Occurrence],
) -> Result<Option<i64>, PortError> {
    let mut total_ore: i64 = 0;
    for one in occurrences {
        let on = facility.time_zone.to_datetime(one.span().starts_at()).date();
        let (resource, minutes) = (one.resource(), one.span().minutes());
        let quote = ports.prices.quote(tx, resource, customer.price_group.as_deref(), on, minutes).await?;
        let Some(sum) = quote.and_then(|quote| total_ore.checked_add(quote.total_ore)) else {
            return Ok(None);
        };
        total_ore = sum;
    }
    Ok(Some(total_ore))
}

/// A request that finds its time taken may be the second of two equal ones: then the first one's booking is the
/// answer.
async fn or_earlier(
    kernel: &Kernel,
    tenant: TenantId,
    wish: &Wish,
    otherwise: Outcome,
) -> Result<Outcome, BookError> {
    let mut tx = kernel.begin(tenant).await?;
    let earlier = store::by_request_key(&mut tx, wish.booker, wish.key()).await?;
    Ok(earlier.map_or(otherwise, |(booking, number)| Outcome::Booked { booking, number }))
}

fn clash(times: &[NewTime<'_>], without_room: &BTreeSet<OccurrenceId>) -> Outcome {
    let clashes = times.iter().enumerate().filter(|(_, time)| without_room.contains(&time.id));
    Outcome::Clash { occurrences: clashes.map(|(index, _)| index).collect() }
}

fn to_open(booking: BookingId, number: u64, times: &[NewTime<'_>]) -> BookingToOpen {
    let occurrences = times.iter().map(|time| OccurrenceToOpen {
        occurrence: time.id,
        resource: time.resource,
        starts_at: time.span.starts_at(),
        ends_at: time.span.ends_at(),
    });
    BookingToOpen { booking, number, occurrences: occurrences.collect() }
}
