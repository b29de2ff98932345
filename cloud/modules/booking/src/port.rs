//! What booking answers other modules.

use async_trait::async_trait;
use booking_domain::{Span, State};
use cloud_contracts::{
    BookingContact, BookingGuest, BookingSummary, Bookings, CaseHead, ComingTime, EnquirySummary, MustKnow,
    OccurrenceSummary, Open, PortError, Rearranged, SpaceRegister,
};
use cloud_kernel::TenantTx;
use protocols_ids::{BookingId, EnquiryId, EquipmentId, OccurrenceId, PartId, ResourceId};
use uuid::Uuid;

use crate::contacts;
use crate::extras;
use crate::store::{self, Time, mass, register};

/// Answers about bookings.
#[derive(Clone, Copy, Debug, Default)]
pub struct BookingAnswers;

#[async_trait]
impl Bookings for BookingAnswers {
    async fn heads(
        &self,
        tx: &mut TenantTx,
        bookings: &[BookingId],
        enquiries: &[EnquiryId],
    ) -> Result<Vec<CaseHead>, PortError> {
        store::heads::of(tx, bookings, enquiries).await.map_err(PortError::database)
    }

    async fn summary(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
    ) -> Result<Option<BookingSummary>, PortError> {
        let Some(booking) = store::find(tx, booking).await.map_err(PortError::database)? else {
            return Ok(None);
        };
        let accessories = extras::of_booking(tx, &booking.times).await.map_err(PortError::database)?;
        Ok(Some(BookingSummary {
            id: booking.id,
            number: booking.number,
            customer: booking.customer,
            booker: booking.booker,
            cancelled: matches!(booking.status.state(), State::Cancelled | State::Refused),
            decision_reason: booking.decision_reason,
            occurrences: booking.times.iter().map(told).collect(),
            accessories: accessories.iter().map(|one| (one.equipment, one.count)).collect(),
            customer_name: booking.customer_name,
        }))
    }

    async fn rearranged(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
        change: Uuid,
    ) -> Result<Option<Rearranged>, PortError> {
        let undone = mass::find(tx, change).await.map_err(PortError::database)?;
        let Some(made) = undone.filter(|change| change.undone_at.is_none()) else { return Ok(None) };
        let changed = mass::changed(tx, Some(change), None).await.map_err(PortError::database)?;
        let own: Vec<_> = changed.into_iter().filter(|one| one.booking == booking).collect();
        if own.is_empty() {
            return Ok(None);
        }
        let offered = own.iter().filter_map(|one| {
            let offer = one.offer?;
            Some((told(&offer.time(one.time.id, made.facility)), offer.until))
        });
        Ok(Some(Rearranged {
            gone: own.iter().map(|one| told(&one.time)).collect(),
            came: own.iter().filter_map(|one| one.moved_to.as_ref()).map(told).collect(),
            offered: offered.collect(),
            reason: made.reason,
        }))
    }

    async fn written(&self, tx: &mut TenantTx, text: Uuid) -> Result<Option<String>, PortError> {
        store::thread::find(tx, text).await.map_err(PortError::database)
    }

    async fn enquiry(
        &self,
        tx: &mut TenantTx,
        enquiry: EnquiryId,
    ) -> Result<Option<EnquirySummary>, PortError> {
        let Some(found) = store::enquiries::find(tx, enquiry).await.map_err(PortError::database)? else {
            return Ok(None);
        };
        let messages = store::enquiries::messages(tx, enquiry).await.map_err(PortError::database)?;
        Ok(Some(EnquirySummary {
            id: found.id,
            number: found.number,
            asker: found.asker,
            resource: found.resource,
            wished: found.wished,
            answer: messages.into_iter().rfind(|message| message.staff).map(|message| message.text),
            end_reason: found.end_reason,
        }))
    }

    async fn must_know(&self, tx: &mut TenantTx, booking: BookingId) -> Result<MustKnow, PortError> {
        let Some(found) = store::find(tx, booking).await.map_err(PortError::database)? else {
            return Ok(MustKnow::default());
        };
        let (contacts, told) = contacts::of_booking(tx, &found).await.map_err(PortError::database)?;
        let message = store::contacts::message(tx, booking).await.map_err(PortError::database)?;
        let contacts = contacts.into_iter().map(|contact| BookingContact {
            id: contact.id,
            must_know: told.contains(&contact.id),
            name: contact.name,
            email: contact.email,
            language: contact.language,
        });
        Ok(MustKnow {
            contacts: contacts.collect(),
            purpose: found.purpose,
            persons: found.participants.persons,
            message,
        })
    }

    async fn guests(&self, tx: &mut TenantTx, booking: BookingId) -> Result<Vec<BookingGuest>, PortError> {
        let Some(found) = store::find(tx, booking).await.map_err(PortError::database)? else {
            return Ok(Vec::new());
        };
        let times: Vec<OccurrenceId> = found.times.iter().map(|time| time.id).collect();
        let guests = store::guests::of_booking(tx, booking).await.map_err(PortError::database)?;
        let told = guests.into_iter().map(|guest| BookingGuest {
            id: guest.id,
            occurrences: guest.times.among(&times),
            name: guest.name,
            email: guest.email,
            language: guest.language,
            taken_back: guest.taken_back_at.is_some(),
        });
        Ok(told.collect())
    }
}

fn told(time: &Time) -> OccurrenceSummary {
    OccurrenceSummary {
        id: time.id,
        facility: time.facility,
        resource: time.resource,
        starts_at: time.span.starts_at(),
        ends_at: time.span.ends_at(),
    }
}

/// Booking's own rows of parts.
#[derive(Clone, Copy, Debug, Default)]
pub struct PartRegister;

#[async_trait]
impl SpaceRegister for PartRegister {
    async fn register(&self, tx: &mut TenantTx, parts: &[PartId]) -> Result<(), PortError> {
        register::register_parts(tx, parts).await.map_err(PortError::database)
    }

    async fn register_stock(
        &self,
        tx: &mut TenantTx,
        stock: &[(EquipmentId, Option<u32>)],
    ) -> Result<(), PortError> {
        register::register_stock(tx, stock).await.map_err(PortError::database)
    }

    async fn is_awaited(
        &self,
        tx: &mut TenantTx,
        resource: ResourceId,
        parts: &[PartId],
    ) -> Result<bool, PortError> {
        register::is_awaited(tx, resource, parts).await.map_err(PortError::database)
    }

    async fn booked(
        &self,
        tx: &mut TenantTx,
        parts: &[PartId],
        during: Open,
    ) -> Result<Vec<(PartId, BookingId)>, PortError> {
        let Some(during) = Span::new(during.starts_at, during.ends_at) else { return Ok(Vec::new()) };
        store::closures::booked(tx, parts, during).await.map_err(PortError::database)
    }

    async fn coming(
        &self,
        tx: &mut TenantTx,
        resources: &[ResourceId],
    ) -> Result<Vec<ComingTime>, PortError> {
        register::coming(tx, resources).await.map_err(PortError::database)
    }
}
