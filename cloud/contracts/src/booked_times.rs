//! Booked times as a calendar that is read again and again shows them.

use async_trait::async_trait;
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{BookingId, CustomerId, FacilityId, OccurrenceId, PersonId, ResourceId};

use crate::{Open, PortError};

/// One time, as it is now. It never moves: a time that is moved is taken away, and another takes its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookedTime {
    /// Its id: the same for ever.
    pub id: OccurrenceId,
    /// Of which booking.
    pub booking: BookingId,
    /// That booking's number, as people see it.
    pub number: u64,
    /// Where.
    pub facility: FacilityId,
    /// What.
    pub resource: ResourceId,
    /// From.
    pub starts_at: Timestamp,
    /// To.
    pub ends_at: Timestamp,
    /// On whose account.
    pub customer: CustomerId,
    /// What for, in the booker's own words: for the booker's side only.
    pub purpose: String,
    /// What has become of it.
    pub state: BookedState,
    /// When that last changed.
    pub changed_at: Timestamp,
}

/// What has become of a booked time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BookedState {
    /// An officer decides.
    Asked,
    /// It is agreed.
    Agreed,
    /// It was cancelled, moved or refused.
    Gone,
}

/// Whose times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// What this person has booked, on whose account it may be.
    Person(PersonId),
    /// What is on this account, whoever booked it.
    Customer(CustomerId),
}

/// Which times are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimesWanted {
    /// They begin within this.
    pub during: Open,
    /// Of those that are gone, those that went after this.
    pub gone_since: Timestamp,
    /// So many at most, the earliest first.
    pub most: usize,
}

/// Answers about booked times, by one statement each.
#[async_trait]
pub trait BookedTimes: Send + Sync {
    /// What is agreed, or was, of these resources of a facility, in order. What is only asked for is nobody's business,
    /// nor is what went before anybody had agreed to it.
    async fn at(
        &self,
        tx: &mut TenantTx,
        facility: FacilityId,
        resources: &[ResourceId],
        wanted: TimesWanted,
    ) -> Result<Vec<BookedTime>, PortError>;

    /// What somebody has, asked for or agreed, in order.
    async fn of(
        &self,
        tx: &mut TenantTx,
        whose: Whose,
        wanted: TimesWanted,
    ) -> Result<Vec<BookedTime>, PortError>;
}
