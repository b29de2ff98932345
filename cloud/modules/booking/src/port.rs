//! What booking answers other modules.

use async_trait::async_trait;
use booking_domain::{Span, State};
use cloud_contracts::{
    BookingSummary, Bookings, OccurrenceSummary, Open, PortError, Rearranged, SpaceRegister,
};
use cloud_kernel::TenantTx;
use protocols_ids::{BookingId, EquipmentId, FacilityId, PartId, ResourceId};
use uuid::Uuid;

use crate::store::{self, Time, mass};

/// Answers about bookings.
#[derive(Clone, Copy, Debug, Default)]
pub struct BookingAnswers;

#[async_trait]
impl Bookings for BookingAnswers {
    async fn summary(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
    ) -> Result<Option<BookingSummary>, PortError> {
        let found = store::find(tx, booking).await.map_err(PortError::database)?;
        Ok(found.map(|booking| {
            let occurrences = booking.times.iter().map(|time| OccurrenceSummary {
                id: time.id,
                facility: booking.facility,
                resource: time.resource,
                starts_at: time.span.starts_at(),
                ends_at: time.span.ends_at(),
            });
            BookingSummary {
                id: booking.id,
                number: booking.number,
                customer: booking.customer,
                booker: booking.booker,
                cancelled: matches!(booking.status.state(), State::Cancelled | State::Refused),
                decision_reason: booking.decision_reason.clone(),
                occurrences: occurrences.collect(),
                customer_name: booking.customer_name,
            }
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
        let summary = |time: &Time| told(made.facility, time);
        let offered = own.iter().filter_map(|one| {
            let offer = one.offer?;
            let time = Time { id: one.time.id, resource: offer.resource, span: offer.span };
            Some((summary(&time), offer.until))
        });
        Ok(Some(Rearranged {
            gone: own.iter().map(|one| summary(&one.time)).collect(),
            came: own.iter().filter_map(|one| one.moved_to.as_ref()).map(summary).collect(),
            offered: offered.collect(),
            reason: made.reason,
        }))
    }
}

fn told(facility: FacilityId, time: &Time) -> OccurrenceSummary {
    OccurrenceSummary {
        id: time.id,
        facility,
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
        store::register_parts(tx, parts).await.map_err(PortError::database)
    }

    async fn register_stock(
        &self,
        tx: &mut TenantTx,
        stock: &[(EquipmentId, Option<u32>)],
    ) -> Result<(), PortError> {
        store::register_stock(tx, stock).await.map_err(PortError::database)
    }

    async fn is_awaited(
        &self,
        tx: &mut TenantTx,
        resource: ResourceId,
        parts: &[PartId],
    ) -> Result<bool, PortError> {
        store::is_awaited(tx, resource, parts).await.map_err(PortError::database)
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
}
