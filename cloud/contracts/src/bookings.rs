//! Bookings as other modules see them.

use async_trait::async_trait;
use cloud_kernel::{Event, TenantTx};
use jiff::Timestamp;
use protocols_ids::{
    AuthorityId, BookingId, ClosureId, ContactId, CustomerId, EnquiryId, EquipmentId, FacilityId, GuestId,
    OccurrenceId, PartId, PersonId, ResourceId, Uuid,
};
use serde::{Deserialize, Serialize};

use crate::{Open, PortError};

/// A booking was confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookingConfirmed {
    /// Which.
    pub booking: BookingId,
}

impl Event for BookingConfirmed {
    const KIND: &'static str = "booking.confirmed";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// A booking was asked for; an officer decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookingRequested {
    /// Which.
    pub booking: BookingId,
}

impl Event for BookingRequested {
    const KIND: &'static str = "booking.requested";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// An officer has said no to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookingRefused {
    /// Which.
    pub booking: BookingId,
}

impl Event for BookingRefused {
    const KIND: &'static str = "booking.refused";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// Times of a booking were moved, shortened or taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookingChanged {
    /// Which.
    pub booking: BookingId,
}

impl Event for BookingChanged {
    const KIND: &'static str = "booking.changed";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// A booking was cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookingCancelled {
    /// Which.
    pub booking: BookingId,
}

impl Event for BookingCancelled {
    const KIND: &'static str = "booking.cancelled";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// Times of a booking were moved or given up by a change of many. Told once that can no longer be undone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookingRearranged {
    /// Which.
    pub booking: BookingId,
    /// By which change.
    pub change: Uuid,
}

impl Event for BookingRearranged {
    const KIND: &'static str = "booking.rearranged";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// Something that is booked was closed, or is open again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookingMet {
    /// Which booking.
    pub booking: BookingId,
    /// By which closure.
    pub closure: ClosureId,
    /// Whether it is over.
    pub open: bool,
}

impl Event for BookingMet {
    const KIND: &'static str = "booking.met_by_closure";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// Somebody was let in to a booking by a code of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GuestLetIn {
    /// Which booking.
    pub booking: BookingId,
    /// Whom.
    pub guest: GuestId,
}

impl Event for GuestLetIn {
    const KIND: &'static str = "booking.guest_let_in";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// An officer wrote to who booked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookingWritten {
    /// About which booking.
    pub booking: BookingId,
    /// What: a text of the booking's thread.
    pub text: Uuid,
}

impl Event for BookingWritten {
    const KIND: &'static str = "booking.written";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// What a change of many did to a booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rearranged {
    /// Why, in the municipality's words; may be empty.
    pub reason: String,
    /// The times that it has no more.
    pub gone: Vec<OccurrenceSummary>,
    /// The times that it has instead.
    pub came: Vec<OccurrenceSummary>,
    /// The times that it is offered, each with until when that must be answered.
    pub offered: Vec<(OccurrenceSummary, Timestamp)>,
}

/// A guest's right was taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GuestTakenBack {
    /// Which booking.
    pub booking: BookingId,
    /// Whose.
    pub guest: GuestId,
}

impl Event for GuestTakenBack {
    const KIND: &'static str = "booking.guest_taken_back";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// Something happened to an enquiry that the one who asked is told of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EnquiryTold {
    /// Which.
    pub enquiry: EnquiryId,
    /// What.
    pub step: EnquiryStep,
}

impl Event for EnquiryTold {
    const KIND: &'static str = "booking.enquiry_told";
    fn stream(&self) -> String {
        format!("enquiry:{}", self.enquiry)
    }
}

/// What happened to an enquiry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnquiryStep {
    /// It was asked.
    Received,
    /// Staff wrote.
    Answered,
    /// It became a booking.
    Booked,
    /// Staff ended it without one.
    Closed,
}

/// One enquiry, as the one who asked is told of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnquirySummary {
    /// Which.
    pub id: EnquiryId,
    /// Its number, as people see it.
    pub number: u64,
    /// Who asked.
    pub asker: PersonId,
    /// About what.
    pub resource: ResourceId,
    /// When roughly, in the asker's words.
    pub wished: String,
    /// What staff wrote last.
    pub answer: Option<String>,
    /// Why it was ended without a booking.
    pub end_reason: Option<String>,
}

/// An officer chose who must know of a confirmed booking, or wrote something else to them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContactsChosen {
    /// Which booking.
    pub booking: BookingId,
    /// Who must know from now on.
    pub added: Vec<ContactId>,
    /// Who need not know any more.
    pub released: Vec<ContactId>,
    /// Whether those who knew are told anew.
    pub anew: bool,
}

impl Event for ContactsChosen {
    const KIND: &'static str = "booking.contacts_chosen";
    fn stream(&self) -> String {
        format!("booking:{}", self.booking)
    }
}

/// Who must know of a booking, and what they are told beside its times.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MustKnow {
    /// Who.
    pub contacts: Vec<BookingContact>,
    /// What for, in the booker's words.
    pub purpose: String,
    /// How many come, where that was said.
    pub persons: Option<u32>,
    /// What the officer writes to them.
    pub message: Option<String>,
}

/// Somebody who must know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookingContact {
    /// Which.
    pub id: ContactId,
    /// What they are called.
    pub name: String,
    /// Where they are written to.
    pub email: String,
    /// In which language, as the kernel stores languages.
    pub language: String,
    /// Whether they must know now. One who need not any more is among them for what is still to be told.
    pub must_know: bool,
}

/// Somebody whom the booker lets in by a code of their own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookingGuest {
    /// Which.
    pub id: GuestId,
    /// What the booker calls them.
    pub name: String,
    /// Where they are written to, if anywhere.
    pub email: Option<String>,
    /// The language in which they are written to, as the kernel stores languages.
    pub language: String,
    /// Whether the right was taken back.
    pub taken_back: bool,
    /// At which of the booking's times.
    pub occurrences: Vec<OccurrenceId>,
}

/// One booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookingSummary {
    /// Its id.
    pub id: BookingId,
    /// Its number, as people see it.
    pub number: u64,
    /// On whose account.
    pub customer: CustomerId,
    /// That customer's name when it was booked.
    pub customer_name: String,
    /// Who booked.
    pub booker: PersonId,
    /// Whether it is cancelled, or refused.
    pub cancelled: bool,
    /// What an officer said when deciding about it.
    pub decision_reason: Option<String>,
    /// Its times, in order.
    pub occurrences: Vec<OccurrenceSummary>,
    /// Equipment and services that go with its times, each with how many.
    pub accessories: Vec<(EquipmentId, u32)>,
}

/// One time of a booking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OccurrenceSummary {
    /// Its id.
    pub id: OccurrenceId,
    /// Where.
    pub facility: FacilityId,
    /// What.
    pub resource: ResourceId,
    /// From.
    pub starts_at: Timestamp,
    /// To.
    pub ends_at: Timestamp,
}

/// What a booking or an enquiry is called, and who decides about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseHead {
    /// The booking's or the enquiry's id.
    pub id: Uuid,
    /// Its number, as people see it.
    pub number: u64,
    /// The authority whose officers decide about it.
    pub authority: AuthorityId,
    /// On whose account it is.
    pub customer_name: String,
}

/// Answers about bookings.
#[async_trait]
pub trait Bookings: Send + Sync {
    /// What these are called, those of them that there are, in no order: by one statement, however many are asked about.
    async fn heads(
        &self,
        tx: &mut TenantTx,
        bookings: &[BookingId],
        enquiries: &[EnquiryId],
    ) -> Result<Vec<CaseHead>, PortError>;

    /// One booking.
    async fn summary(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
    ) -> Result<Option<BookingSummary>, PortError>;

    /// What a change of many did to it; nothing where it did nothing, or was undone.
    async fn rearranged(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
        change: Uuid,
    ) -> Result<Option<Rearranged>, PortError>;

    /// What somebody wrote about a booking; nothing where there is no such text.
    async fn written(&self, _tx: &mut TenantTx, _text: Uuid) -> Result<Option<String>, PortError> {
        Ok(None)
    }

    /// One enquiry.
    async fn enquiry(
        &self,
        tx: &mut TenantTx,
        enquiry: EnquiryId,
    ) -> Result<Option<EnquirySummary>, PortError>;

    /// Who must know of it: everybody of its authority who does or did; nothing where there is no such booking.
    async fn must_know(&self, tx: &mut TenantTx, booking: BookingId) -> Result<MustKnow, PortError>;

    /// Everybody who was ever let in to it, in that order.
    async fn guests(&self, tx: &mut TenantTx, booking: BookingId) -> Result<Vec<BookingGuest>, PortError>;
}

/// Booking's own rows of parts and of counted equipment, which its writes lock. The register fills them in the
/// transaction of its change.
#[async_trait]
pub trait SpaceRegister: Send + Sync {
    /// Makes the parts known.
    async fn register(&self, tx: &mut TenantTx, parts: &[PartId]) -> Result<(), PortError>;

    /// Makes known how many there are of each; `None` is not counted.
    async fn register_stock(
        &self,
        tx: &mut TenantTx,
        stock: &[(EquipmentId, Option<u32>)],
    ) -> Result<(), PortError>;

    /// Whether a time that is not over hangs on the resource. Locks the parts that the resource has, so that nobody
    /// takes them until the caller's transaction ends.
    async fn is_awaited(
        &self,
        tx: &mut TenantTx,
        resource: ResourceId,
        parts: &[PartId],
    ) -> Result<bool, PortError>;

    /// Who has any of these parts at some time of a span: each part with each such booking, once.
    async fn booked(
        &self,
        tx: &mut TenantTx,
        parts: &[PartId],
        during: Open,
    ) -> Result<Vec<(PartId, BookingId)>, PortError>;

    /// The times of these resources that are not over, asked for or confirmed, in order; the first of them where there
    /// are very many.
    async fn coming(&self, tx: &mut TenantTx, resources: &[ResourceId])
    -> Result<Vec<ComingTime>, PortError>;
}

/// A time that somebody has booked and that is not over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ComingTime {
    /// From.
    pub starts_at: Timestamp,
    /// To.
    pub ends_at: Timestamp,
    /// What.
    pub resource: ResourceId,
    /// The booking's number, as people see it.
    pub number: u64,
}
