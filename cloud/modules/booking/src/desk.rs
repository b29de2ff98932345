//! Booking for somebody by a program: the very functions that the pages call, so that rules, prices, approval and doors
//! are what people meet.

use async_trait::async_trait;
use booking_domain::{
    Asked, PERSONS_MAX, Participants, Particulars, Purpose, PurposeError, PurposeKind, Refusal, State, Status,
};
use cloud_contracts::{
    BookingDesk, BookingRecord, BookingState, DeskAnswer, OccurrenceSummary, PortError, Standing,
    WantedBooking, WantedTime, WrongField,
};
use cloud_kernel::{Kernel, TenantTx};
use protocols_ids::{BookingId, CustomerId, OccurrenceId, PersonId, TenantId};

use crate::Ports;
use crate::book::{self, BookError, Outcome, Wish};
use crate::change::{Change, Changed, change};
use crate::hold::{self, Held};
use crate::refused::{code, field};
use crate::store::{self, Booking, desk as rows};
use crate::terms::standing;

/// Times in one request at most: as many as a series has.
const TIMES_MAX: usize = 100;

/// Books for programs.
#[derive(Clone)]
pub struct Desk {
    ports: Ports,
}

impl Desk {
    /// Over the others' ports. Whom a program may act for is what these customers say.
    pub const fn new(ports: Ports) -> Self {
        Self { ports }
    }

    /// A booking that the person may see as its booker does.
    async fn seen(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        id: BookingId,
    ) -> Result<Option<Booking>, PortError> {
        let Some(booking) = store::find(tx, id).await.map_err(PortError::database)? else { return Ok(None) };
        let own = booking.booker == person
            || self.ports.customers.acted_for(tx, person, booking.customer).await?.is_some();
        Ok(own.then_some(booking))
    }
}

#[async_trait]
impl BookingDesk for Desk {
    async fn list(
        &self,
        tx: &mut TenantTx,
        person: Option<PersonId>,
        customers: &[CustomerId],
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<BookingRecord>, PortError> {
        let bookings = rows::list(tx, person, customers, before, most).await.map_err(PortError::database)?;
        Ok(bookings.into_iter().map(record).collect())
    }

    async fn find(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        booking: BookingId,
    ) -> Result<Option<BookingRecord>, PortError> {
        Ok(self.seen(tx, person, booking).await?.map(record))
    }

    async fn book(
        &self,
        kernel: &Kernel,
        tenant: TenantId,
        wanted: &WantedBooking,
    ) -> Result<DeskAnswer, PortError> {
        let wish = match wish(wanted) {
            Ok(wish) => wish,
            Err(wrong) => return Ok(DeskAnswer::Wrong(wrong)),
        };
        let outcome = book::book(kernel, tenant, &self.ports, &wish).await.map_err(failed)?;
        Ok(match outcome {
            Outcome::Booked { booking, .. }
            | Outcome::Requested { booking, .. }
            | Outcome::Held { booking } => DeskAnswer::Done(booking),
            Outcome::Clash { occurrences } => DeskAnswer::Clash { times: occurrences },
            Outcome::Refused(refusals) => refused(&refusals),
            Outcome::Short(_) => DeskAnswer::Stands(Standing::TooFew),
            Outcome::TooManyHolds => DeskAnswer::Stands(Standing::TooManyHolds),
            Outcome::NotForCustomer => {
                wrong("customer", "not-yours", "is no customer that the program may act for")
            }
        })
    }

    async fn confirm(
        &self,
        kernel: &Kernel,
        tenant: TenantId,
        person: PersonId,
        booking: BookingId,
    ) -> Result<DeskAnswer, PortError> {
        let held = hold::book(kernel, tenant, &self.ports, person, booking).await.map_err(failed)?;
        Ok(match held {
            None => DeskAnswer::NotFound,
            Some(Held::Booked | Held::Requested) => DeskAnswer::Done(booking),
            Some(Held::Over | Held::Kept { .. } | Held::Taken) => DeskAnswer::Stands(Standing::RunOut),
            Some(Held::Short(_)) => DeskAnswer::Stands(Standing::TooFew),
            Some(Held::TooMany) => DeskAnswer::Stands(Standing::TooManyHolds),
            Some(Held::Refused(refusals)) => refused(&refusals),
            Some(Held::NotForCustomer) => {
                wrong("customer", "not-yours", "is no customer that the program may act for")
            }
        })
    }

    async fn change(
        &self,
        kernel: &Kernel,
        tenant: TenantId,
        (person, booking): (PersonId, BookingId),
        give_up: &[OccurrenceId],
        take: &[WantedTime],
    ) -> Result<DeskAnswer, PortError> {
        if give_up.len() + take.len() > TIMES_MAX {
            return Ok(too_many());
        }
        let mut tx = kernel.begin(tenant).await.map_err(PortError::database)?;
        let Some(found) = self.seen(&mut tx, person, booking).await? else { return Ok(DeskAnswer::NotFound) };
        // A booking without times is a cancelled one, and has its own way there.
        if take.is_empty() && found.times.iter().all(|time| give_up.contains(&time.id)) {
            return Ok(wrong("give_up", "all", "are all of its times: cancel the booking instead"));
        }
        let wanted = Change { person, officer: false, give_up: give_up.to_vec(), take: asked(take) };
        Ok(match change(tx, &self.ports, booking, &wanted).await.map_err(failed)? {
            Changed::Done => DeskAnswer::Done(booking),
            Changed::Clash { taken } => DeskAnswer::Clash { times: taken },
            Changed::Short(_) => DeskAnswer::Stands(Standing::TooFew),
            Changed::Refused(refusals) => refused(&refusals),
            Changed::NeedsOfficer => DeskAnswer::Stands(Standing::NeedsOfficer),
            Changed::TooLate => DeskAnswer::Stands(Standing::TooLate),
            Changed::Gone => DeskAnswer::Stands(Standing::Over),
        })
    }

    async fn cancel(
        &self,
        kernel: &Kernel,
        tenant: TenantId,
        person: PersonId,
        id: BookingId,
    ) -> Result<DeskAnswer, PortError> {
        let mut tx = kernel.begin(tenant).await.map_err(PortError::database)?;
        store::lock(&mut tx, id).await.map_err(PortError::database)?;
        let Some(booking) = self.seen(&mut tx, person, id).await? else { return Ok(DeskAnswer::NotFound) };
        if booking.status.state() == State::Held {
            let let_go = hold::let_go(tx, person, id).await.map_err(failed)?;
            return Ok(let_go.map_or(DeskAnswer::NotFound, |_| DeskAnswer::Done(id)));
        }
        if booking.status.state() == State::Cancelled {
            return Ok(DeskAnswer::Done(id));
        }
        if booking.status.cancel(booking.ends_at(), tx.now()).is_err() {
            return Ok(DeskAnswer::Stands(Standing::Over));
        }
        let terms = standing(&mut tx, &self.ports, &booking, &booking.times).await.map_err(failed)?;
        if terms.too_late {
            return Ok(DeskAnswer::Stands(Standing::TooLate));
        }
        let at = tx.now();
        book::cancel(tx, &self.ports, person, &booking, at).await.map_err(failed)?;
        Ok(DeskAnswer::Done(id))
    }
}

/// A wish as the pages would make it, or what is wrong with how it is written.
fn wish(wanted: &WantedBooking) -> Result<Wish, Vec<WrongField>> {
    let mut wrong = Vec::new();
    let mut say = |field, code, message: String| wrong.push(WrongField { time: None, field, code, message });
    let purpose = Purpose::parse(&wanted.purpose);
    if let Err(error) = &purpose {
        let code = match error {
            PurposeError::Blank => "blank",
            PurposeError::TooLong { .. } => "too-long",
        };
        say("purpose", code, error.to_string());
    }
    let purpose_kind = PurposeKind::parse(&wanted.purpose_kind);
    if purpose_kind.is_none() {
        say("purpose_kind", "unknown", "is no sort of purpose".to_owned());
    }
    if wanted.persons.is_some_and(|persons| !(1..=PERSONS_MAX).contains(&persons)) {
        say("persons", "out-of-range", format!("must be from 1 to {PERSONS_MAX}"));
    }
    if wanted.times.len() > TIMES_MAX {
        say("times", "too-many", format!("are more than {TIMES_MAX}"));
    }
    match (purpose, purpose_kind) {
        (Ok(purpose), Some(purpose_kind)) if wrong.is_empty() => Ok(Wish {
            booker: wanted.booker,
            customer: wanted.customer,
            purpose,
            purpose_kind,
            participants: Participants { persons: wanted.persons, ..Participants::default() },
            officer: None,
            request_key: wanted.request_key,
            asked: asked(&wanted.times),
            accessories: Vec::new(),
            particulars: Particulars::default(),
            hold: wanted.hold,
        }),
        _ => Err(wrong),
    }
}

fn asked(times: &[WantedTime]) -> Vec<Asked> {
    let one = |time: &WantedTime| Asked {
        resource: time.resource,
        starts_at: time.starts_at,
        minutes: time.minutes,
    };
    times.iter().map(one).collect()
}

fn refused(refusals: &[Refusal]) -> DeskAnswer {
    let one = |refusal: &Refusal| WrongField {
        time: Some(refusal.occurrence),
        field: field(&refusal.reason),
        code: code(&refusal.reason),
        message: refusal.reason.to_string(),
    };
    DeskAnswer::Wrong(refusals.iter().map(one).collect())
}

fn wrong(field: &'static str, code: &'static str, message: &str) -> DeskAnswer {
    DeskAnswer::Wrong(vec![WrongField { time: None, field, code, message: message.to_owned() }])
}

fn too_many() -> DeskAnswer {
    wrong("times", "too-many", "are more than one request may have")
}

fn record(booking: Booking) -> BookingRecord {
    let times = booking.times.iter().map(|time| OccurrenceSummary {
        id: time.id,
        facility: time.facility,
        resource: time.resource,
        starts_at: time.span.starts_at(),
        ends_at: time.span.ends_at(),
    });
    BookingRecord {
        id: booking.id,
        number: booking.number,
        state: match booking.status {
            Status::Held { until } => BookingState::Held { until },
            Status::Requested => BookingState::Requested,
            Status::Confirmed => BookingState::Confirmed,
            Status::Refused { .. } => BookingState::Refused,
            Status::Cancelled { .. } => BookingState::Cancelled,
        },
        times: times.collect(),
        customer: booking.customer,
        customer_name: booking.customer_name,
        purpose: booking.purpose,
        purpose_kind: booking.purpose_kind.key(),
        persons: booking.participants.persons,
        price_ore: booking.price_ore,
        decision_reason: booking.decision_reason,
    }
}

fn failed(error: BookError) -> PortError {
    PortError::database(error)
}
