//! What other modules ask the register.

use async_trait::async_trait;
use cloud_contracts::{Facilities, Facility, Open, PortError};
use cloud_kernel::TenantTx;
use facilities_domain::{DayHours, open_spans};
use jiff::civil::Date;
use protocols_ids::ResourceId;

use crate::store::{self, Which};

/// The register, as other modules see it.
#[derive(Clone, Copy, Debug)]
pub struct FacilityRegister;

#[async_trait]
impl Facilities for FacilityRegister {
    async fn all(&self, tx: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        store::facilities(tx, Which::All).await.map_err(PortError::database)
    }

    async fn by_slug(&self, tx: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        one(tx, Which::Slug(slug)).await
    }

    async fn of_resource(
        &self,
        tx: &mut TenantTx,
        resource: ResourceId,
    ) -> Result<Option<Facility>, PortError> {
        one(tx, Which::OfResource(resource)).await
    }

    fn open(&self, facility: &Facility, _: ResourceId, first: Date, last: Date) -> Vec<Open> {
        let hours: Vec<DayHours> = facility
            .opening_hours
            .iter()
            .map(|hours| DayHours {
                weekday: hours.weekday,
                opens_minute: hours.opens_minute,
                closes_minute: hours.closes_minute,
            })
            .collect();
        let dates =
            std::iter::successors(Some(first), |date| date.tomorrow().ok()).take_while(|date| *date <= last);
        let spans = dates.flat_map(|date| open_spans(&hours, &facility.time_zone, date));
        spans.fold(Vec::new(), |mut joined: Vec<Open>, span| {
            match joined.last_mut() {
                Some(before) if span.starts_at <= before.ends_at => {
                    before.ends_at = before.ends_at.max(span.ends_at);
                }
                Some(_) | None => joined.push(Open { starts_at: span.starts_at, ends_at: span.ends_at }),
            }
            joined
        })
    }
}

async fn one(tx: &mut TenantTx, which: Which<'_>) -> Result<Option<Facility>, PortError> {
    Ok(store::facilities(tx, which).await.map_err(PortError::database)?.pop())
}
