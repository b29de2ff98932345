//! What booking answers other modules.

use async_trait::async_trait;
use booking_domain::State;
use cloud_contracts::{BookingSummary, Bookings, OccurrenceSummary, PortError, SpaceRegister};
use cloud_kernel::TenantTx;
use protocols_ids::{BookingId, EquipmentId, PartId, ResourceId};

use crate::store::{self, register};

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
                facility: time.facility,
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
}
