//! Booking for somebody by a program, with the rules, prices and doors that people meet.

use async_trait::async_trait;
use cloud_kernel::{Kernel, TenantTx};
use jiff::Timestamp;
use protocols_ids::{BookingId, CustomerId, OccurrenceId, PersonId, ResourceId, TenantId, Uuid};

use crate::{OccurrenceSummary, PortError};

/// What has become of a booking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BookingState {
    /// Its times are held until then.
    Held {
        /// When the hold ends, or ended.
        until: Timestamp,
    },
    /// An officer decides.
    Requested,
    /// It is agreed.
    Confirmed,
    /// An officer said no.
    Refused,
    /// It was cancelled.
    Cancelled,
}

/// A booking, for somebody who may see it. It never carries a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookingRecord {
    /// Its id.
    pub id: BookingId,
    /// Its number, as people see it: a later booking has a higher one.
    pub number: u64,
    /// What has become of it.
    pub state: BookingState,
    /// On whose account.
    pub customer: CustomerId,
    /// What that customer was called when it was booked.
    pub customer_name: String,
    /// What for, in the booker's words.
    pub purpose: String,
    /// The sort of it, by its key: `training`.
    pub purpose_kind: &'static str,
    /// How many come, where that was said.
    pub persons: Option<u32>,
    /// What it costs, in öre; `None` where the list is silent.
    pub price_ore: Option<i64>,
    /// What an officer said.
    pub decision_reason: Option<String>,
    /// Its times, in order.
    pub times: Vec<OccurrenceSummary>,
}

/// A time that is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WantedTime {
    /// What.
    pub resource: ResourceId,
    /// From.
    pub starts_at: Timestamp,
    /// How long.
    pub minutes: u32,
}

/// What somebody wants to book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedBooking {
    /// Who books.
    pub booker: PersonId,
    /// On whose account.
    pub customer: CustomerId,
    /// What for, as it was written.
    pub purpose: String,
    /// The sort of it, by its key.
    pub purpose_kind: String,
    /// How many come.
    pub persons: Option<u32>,
    /// The times.
    pub times: Vec<WantedTime>,
    /// Whether they are held first, and booked by [`BookingDesk::confirm`].
    pub hold: bool,
    /// The same for a repetition of the request.
    pub request_key: Uuid,
}

/// One thing that is wrong with a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongField {
    /// With which of its times, from 0; `None` is the request.
    pub time: Option<usize>,
    /// Which field.
    pub field: &'static str,
    /// What is wrong, for programs.
    pub code: &'static str,
    /// What is wrong, for those who write programs.
    pub message: String,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeskAnswer {
    /// It is done, or was by an earlier request with the same key.
    Done(BookingId),
    /// There is no such booking, for this person.
    NotFound,
    /// Some of the times are taken; nothing was changed.
    Clash {
        /// Which, from 0.
        times: Vec<usize>,
    },
    /// The request breaks rules; nothing was changed.
    Wrong(Vec<WrongField>),
    /// The booking is not what it would have to be; nothing was changed.
    Stands(Standing),
}

/// How a booking stands, so that it cannot be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Its hold has run out.
    RunOut,
    /// It is over, cancelled or refused, or has no such times.
    Over,
    /// It is too late for the booker to do it; an officer can.
    TooLate,
    /// It is an officer's to decide.
    NeedsOfficer,
    /// The booker holds as many times as one may.
    TooManyHolds,
    /// There are too few of something that goes with it.
    TooFew,
}

/// Books, changes and cancels for a person. Whatever writes begins its own transactions: writes of bookings wait for
/// their turn before they hold a connection.
#[async_trait]
pub trait BookingDesk: Send + Sync {
    /// What this person has booked, and what is on these accounts, latest first, of those with a lower number than
    /// `before`; holds among them.
    async fn list(
        &self,
        tx: &mut TenantTx,
        person: Option<PersonId>,
        customers: &[CustomerId],
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<BookingRecord>, PortError>;

    /// One booking, where the person booked it or may act for its customer.
    async fn find(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        booking: BookingId,
    ) -> Result<Option<BookingRecord>, PortError>;

    /// Books, or holds.
    async fn book(
        &self,
        kernel: &Kernel,
        tenant: TenantId,
        wanted: &WantedBooking,
    ) -> Result<DeskAnswer, PortError>;

    /// Books what the person holds.
    async fn confirm(
        &self,
        kernel: &Kernel,
        tenant: TenantId,
        person: PersonId,
        booking: BookingId,
    ) -> Result<DeskAnswer, PortError>;

    /// Gives times up and takes others, all or nothing.
    async fn change(
        &self,
        kernel: &Kernel,
        tenant: TenantId,
        (person, booking): (PersonId, BookingId),
        give_up: &[OccurrenceId],
        take: &[WantedTime],
    ) -> Result<DeskAnswer, PortError>;

    /// Cancels, or lets go of what is held.
    async fn cancel(
        &self,
        kernel: &Kernel,
        tenant: TenantId,
        person: PersonId,
        booking: BookingId,
    ) -> Result<DeskAnswer, PortError>;
}
