//! Access to doors as other modules see it.

use async_trait::async_trait;
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{BookingId, GuestId, OccurrenceId, ResourceId};

use crate::PortError;

/// A booking that shall open doors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookingToOpen {
    /// Which.
    pub booking: BookingId,
    /// Its number, for the gateway's journal.
    pub number: u64,
    /// Its times.
    pub occurrences: Vec<OccurrenceToOpen>,
    /// Whether each of them has a code of its own, instead of one code for all.
    pub code_each_time: bool,
    /// Who else comes by a code of their own.
    pub guests: Vec<GuestToOpen>,
}

/// Somebody whom the booker lets in. Who it is, access does not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GuestToOpen {
    /// Which.
    pub guest: GuestId,
    /// At which of the booking's times.
    pub occurrences: Vec<OccurrenceId>,
}

/// Times that were one booking's and are another's now, and the guests who come to them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandedOver {
    /// Whose they were.
    pub from: BookingId,
    /// Whose they are.
    pub to: BookingId,
    /// The other's number, for the gateway's journal.
    pub number: u64,
    /// Each time as the one knew it, and as the other does.
    pub times: Vec<(OccurrenceId, OccurrenceId)>,
    /// Each guest likewise.
    pub guests: Vec<(GuestId, GuestId)>,
}

/// One time of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OccurrenceToOpen {
    /// Which.
    pub occurrence: OccurrenceId,
    /// What must be reached.
    pub resource: ResourceId,
    /// From, without lead.
    pub starts_at: Timestamp,
    /// To, without lag.
    pub ends_at: Timestamp,
}

/// Whether the doors know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessState {
    /// No door of the resource is connected.
    NoDoors,
    /// Made; sent when the time comes nearer.
    Later {
        /// When.
        at: Timestamp,
    },
    /// Made, not yet confirmed by the gateway.
    Issued,
    /// Made, and the gateway has been silent.
    SiteSilent {
        /// When it was last heard; `None` if never.
        since: Option<Timestamp>,
    },
    /// The gateway has it.
    Delivered,
    /// The gateway cannot use it.
    Refused,
    /// Taken back, not yet confirmed by the gateway.
    Revoking,
    /// Taken back; the gateway knows.
    Revoked,
}

/// What opens the doors of a booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookingAccess {
    /// Whether the doors know.
    pub state: AccessState,
    /// The code, for the eyes of those who may enter. `None` where there is none any more, or each time has its own.
    pub pin: Option<String>,
    /// The code of each time, where each has its own.
    pub pins: Vec<(OccurrenceId, String)>,
    /// The doors that it opens, by name.
    pub doors: Vec<String>,
    /// From when at the first time.
    pub opens_at: Option<Timestamp>,
    /// Until when at the last time.
    pub closes_at: Option<Timestamp>,
}

/// What opens the doors for a guest of a booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GuestAccess {
    /// Which.
    pub guest: GuestId,
    /// Whether the doors know.
    pub state: AccessState,
    /// The code, as [`BookingAccess::pin`].
    pub pin: Option<String>,
    /// From when at the first time.
    pub opens_at: Option<Timestamp>,
    /// Until when at the last time.
    pub closes_at: Option<Timestamp>,
}

/// Somebody passed a door by the right of a booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Passage {
    /// Of which booking.
    pub booking: BookingId,
    /// Which of its times.
    pub occurrence: OccurrenceId,
    /// When, by the gateway's clock.
    pub at: Timestamp,
    /// Through which door.
    pub door: String,
    /// By whose code, where it was a guest's.
    pub guest: Option<GuestId>,
}

/// Gives, takes back and tells about access to doors.
#[async_trait]
pub trait Access: Send + Sync {
    /// Makes what opens the doors: rows in this transaction, sent after it. Again for the same booking: nothing.
    async fn issue(&self, tx: &mut TenantTx, booking: &BookingToOpen) -> Result<(), PortError>;

    /// Makes it open for these times and guests and no others of the booking, each with the code that it had where that
    /// can be: rows in this transaction, sent after it. A time that was moved has a new id. A booking that never opened
    /// anything is issued.
    async fn change(&self, tx: &mut TenantTx, booking: &BookingToOpen) -> Result<(), PortError>;

    /// Lets guests go on opening by the codes that they have at times that are another booking's now: before the one is
    /// changed and the other issued, in this transaction. Who has times of both at one gateway that overlap gets another
    /// code when the other is issued: no two open by the same one at the same time.
    async fn hand_over(&self, tx: &mut TenantTx, handed: &HandedOver) -> Result<(), PortError>;

    /// Takes it back: rows in this transaction, sent after it.
    async fn revoke(&self, tx: &mut TenantTx, booking: BookingId) -> Result<(), PortError>;

    /// What opens the doors of a booking. `with_pin` only for those who may enter; reading it is audited by
    /// the caller's page.
    async fn of_booking(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
        with_pin: bool,
    ) -> Result<Option<BookingAccess>, PortError>;

    /// What opens the doors for a booking's guests, those included whose right was taken back a moment ago. `with_pin` as
    /// for [`Access::of_booking`].
    async fn of_guests(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
        with_pin: bool,
    ) -> Result<Vec<GuestAccess>, PortError>;

    /// State of many bookings at once, without codes.
    async fn states(
        &self,
        tx: &mut TenantTx,
        bookings: &[BookingId],
    ) -> Result<Vec<(BookingId, AccessState)>, PortError>;

    /// Passages by the right of these bookings, oldest first.
    async fn passages(&self, tx: &mut TenantTx, bookings: &[BookingId]) -> Result<Vec<Passage>, PortError>;

    /// The topic of the live signal that says that a booking's access changed.
    fn topic(&self, booking: BookingId) -> String {
        format!("access:{booking}")
    }
}
