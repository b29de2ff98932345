//! What booking answers calendars.

use async_trait::async_trait;
use cloud_contracts::{BookedTime, BookedTimes, PortError, TimesWanted, Whose};
use cloud_kernel::TenantTx;
use protocols_ids::{FacilityId, ResourceId};

use crate::store::booked_times as rows;

/// Answers from booking's own rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct CalendarTimes;

#[async_trait]
impl BookedTimes for CalendarTimes {
    async fn at(
        &self,
        tx: &mut TenantTx,
        facility: FacilityId,
        resources: &[ResourceId],
        wanted: TimesWanted,
    ) -> Result<Vec<BookedTime>, PortError> {
        rows::at(tx, facility, resources, wanted).await.map_err(PortError::database)
    }

    async fn of(
        &self,
        tx: &mut TenantTx,
        whose: Whose,
        wanted: TimesWanted,
    ) -> Result<Vec<BookedTime>, PortError> {
        rows::of(tx, whose, wanted).await.map_err(PortError::database)
    }
}
