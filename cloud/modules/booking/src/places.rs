//! The facilities that times are at: mostly one, several where a booking has times at more than one.

use booking_domain::Asked;
use cloud_contracts::{Facility, PortError};
use cloud_kernel::TenantTx;
use protocols_ids::ResourceId;

use crate::Ports;
use crate::store::Booking;

/// The facilities of some resources. The first is the first resource's.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<Facility>);

impl Places {
    /// Of these resources, as the register has them now; what it has no more is left out. At most two questions.
    pub async fn of(tx: &mut TenantTx, ports: &Ports, resources: &[ResourceId]) -> Result<Self, PortError> {
        let Some(first) = resources.first() else { return Ok(Self::default()) };
        let Some(home) = ports.facilities.of_resource(tx, *first).await? else { return Ok(Self::default()) };
        if resources.iter().all(|resource| home.resource(*resource).is_some()) {
            return Ok(Self(vec![home]));
        }
        let all = ports.facilities.all(tx).await?;
        Ok(Self::among(&all, &home, resources.iter().copied()))
    }

    /// Those of all the register's that these resources are at, and the one that is named first.
    pub fn among(all: &[Facility], home: &Facility, resources: impl Iterator<Item = ResourceId>) -> Self {
        let resources: Vec<ResourceId> = resources.collect();
        let has_one = |facility: &&Facility| {
            facility.id != home.id && resources.iter().any(|one| facility.resource(*one).is_some())
        };
        Self([home].into_iter().chain(all.iter().filter(has_one)).cloned().collect())
    }

    /// Of times that somebody asks for.
    pub async fn of_asked(tx: &mut TenantTx, ports: &Ports, asked: &[Asked]) -> Result<Self, PortError> {
        let resources: Vec<ResourceId> = asked.iter().map(|one| one.resource).collect();
        Self::of(tx, ports, &resources).await
    }

    /// Of a booking's times.
    pub async fn of_booking(tx: &mut TenantTx, ports: &Ports, booking: &Booking) -> Result<Self, PortError> {
        let resources: Vec<ResourceId> = booking.times.iter().map(|time| time.resource).collect();
        Self::of(tx, ports, &resources).await
    }

    /// All of them.
    pub fn all(&self) -> &[Facility] {
        &self.0
    }

    /// The first time's.
    pub fn first(&self) -> Option<&Facility> {
        self.0.first()
    }

    /// Where a resource is.
    pub fn at(&self, resource: ResourceId) -> Option<&Facility> {
        self.0.iter().find(|facility| facility.resource(resource).is_some())
    }

    /// Whether times at all of them can be in one booking: one authority decides about them, by the same clocks.
    pub fn go_together(&self) -> bool {
        let same = |facility: &Facility| {
            self.first().is_some_and(|first| {
                facility.authority == first.authority && facility.time_zone == first.time_zone
            })
        };
        self.0.iter().all(same)
    }
}
