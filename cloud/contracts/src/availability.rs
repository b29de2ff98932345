//! What is free, and what happens: how finding asks booking.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff::civil::Date;
use protocols_ids::{CustomerId, FacilityId, ResourceId};

use crate::{Facility, Open, PortError};

/// Which free times are wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FreeWanted {
    /// A time begins in one of these.
    pub windows: Vec<Open>,
    /// So long may a time still last when its window has ended: what begins in the evening may be over at night.
    pub over_minutes: u32,
    /// How long; `None` is the shortest that each resource is let for.
    pub minutes: Option<u32>,
    /// So many times of each resource at most, earliest first.
    pub each_max: usize,
}

/// A time that is free and that the rules allow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FreeTime {
    /// From.
    pub starts_at: Timestamp,
    /// To.
    pub ends_at: Timestamp,
    /// Of what.
    pub resource: ResourceId,
}

/// How much of a day can still be booked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FreeDay {
    /// Something.
    Free {
        /// So many minutes.
        minutes: u32,
    },
    /// It is open, and nothing is left.
    Full,
    /// It is not open.
    Closed,
    /// It is too late.
    Past,
    /// It is too early.
    NotYet,
}

/// Somebody has something for a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happening {
    /// Where.
    pub facility: FacilityId,
    /// What.
    pub resource: ResourceId,
    /// From.
    pub starts_at: Timestamp,
    /// To.
    pub ends_at: Timestamp,
    /// On whose account. Who that is says [`PublicNames`](crate::PublicNames), if anybody may know.
    pub customer: CustomerId,
    /// What for, in the booker's own words: they may name a person and are never shown as they are.
    pub purpose: String,
}

/// Answers about free and taken times, by a number of statements that does not grow with what is asked about.
#[async_trait]
pub trait Availability: Send + Sync {
    /// The free times of these resources of these facilities, earliest first. As far as this goes each of them would
    /// be accepted as a booking now.
    async fn free(
        &self,
        tx: &mut TenantTx,
        facilities: &[Facility],
        resources: &BTreeSet<ResourceId>,
        wanted: &FreeWanted,
    ) -> Result<Vec<FreeTime>, PortError>;

    /// How much of a resource is free on these dates, which follow each other; as many answers as dates.
    async fn days(
        &self,
        tx: &mut TenantTx,
        facility: &Facility,
        resource: ResourceId,
        dates: &[Date],
    ) -> Result<Vec<FreeDay>, PortError>;

    /// What happens at these facilities during some of a span, in order.
    async fn happening(
        &self,
        tx: &mut TenantTx,
        facilities: &[FacilityId],
        during: Open,
    ) -> Result<Vec<Happening>, PortError>;
}
