//! The register of what can be booked, as other modules see it.

use async_trait::async_trait;
use cloud_kernel::TenantTx;
use jiff::tz::TimeZone;
use protocols_ids::{AuthorityId, FacilityId, PartId, ResourceId};

use crate::PortError;

/// A place with an address, and all that can be booked there.
#[derive(Clone, Debug)]
pub struct Facility {
    /// Its id.
    pub id: FacilityId,
    /// Whose it is.
    pub authority: AuthorityId,
    /// Its name in paths.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// Street and place, where published.
    pub address: Option<String>,
    /// Where its clocks are.
    pub time_zone: TimeZone,
    /// When it is open. A weekday without an entry is closed.
    pub opening_hours: Vec<OpeningHours>,
    /// What can be booked, in the order of the schedule: a whole, then its halves, then the next whole.
    pub resources: Vec<Resource>,
}

/// A span of a weekday, in minutes after midnight in the facility's zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpeningHours {
    /// 1 is Monday, 7 is Sunday.
    pub weekday: i8,
    /// First minute that is open.
    pub opens_minute: u16,
    /// First minute that is closed; 1440 is midnight.
    pub closes_minute: u16,
}

/// What can be booked: a set of parts.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// The whole that it is a part of.
    pub parent: Option<ResourceId>,
    /// Its name in paths.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// The cells that it takes. Never empty.
    pub parts: Vec<PartId>,
    /// Its size, where published.
    pub size: Option<SizeCm>,
    /// What it is good for, as keys of texts: `floorball`, `badminton`.
    pub activities: Vec<String>,
    /// What a booking must keep to.
    pub rules: BookingRules,
}

/// Width × length in centimetres; smallest and largest differ where only a range is published for a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SizeCm {
    /// From, to.
    pub width: (u32, u32),
    /// From, to.
    pub length: (u32, u32),
    /// Height to the ceiling.
    pub ceiling: Option<u32>,
}

/// The municipality's parameters for one resource, all in minutes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookingRules {
    /// Times start and end on multiples of this after midnight.
    pub step: u16,
    /// The shortest span.
    pub shortest: u32,
    /// The longest span.
    pub longest: u32,
    /// How long before its start a time is booked at the latest.
    pub lead: u32,
    /// How long before its start a time is booked at the earliest.
    pub horizon: u32,
}

/// Answers about the register.
#[async_trait]
pub trait Facilities: Send + Sync {
    /// Every facility of the tenant, by name.
    async fn all(&self, tx: &mut TenantTx) -> Result<Vec<Facility>, PortError>;
    /// The facility with this name in paths.
    async fn by_slug(&self, tx: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError>;
    /// The facility of a resource.
    async fn of_resource(
        &self,
        tx: &mut TenantTx,
        resource: ResourceId,
    ) -> Result<Option<Facility>, PortError>;
}
