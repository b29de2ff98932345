//! The whole conversation between modules: events that one tells, and ports that one answers at.
//!
//! **Invariant:** shapes only. A port takes the caller's [`TenantTx`](cloud_kernel::TenantTx) and the module
//! behind it touches its own tables in it; nothing is sent or charged inside a port.
//!
//! Implemented by the modules, handed to each other by `cloud-app`.

mod access;
mod accessibility;
mod availability;
mod booked_times;
mod bookings;
mod customers;
mod desk;
mod facilities;
mod faults;
mod offline;
mod prices;
mod records;
mod staff;
mod watching;

pub use access::{
    Access, AccessState, BookingAccess, BookingToOpen, GuestAccess, GuestToOpen, HandedOver,
    OccurrenceToOpen, Passage,
};
pub use accessibility::{AnsweredReport, ReportAnswered, ReportLetters};
pub use availability::{Availability, FreeDay, FreeTime, FreeWanted, Happening};
pub use booked_times::{BookedState, BookedTime, BookedTimes, TimesWanted, Whose};
pub use bookings::{
    BookingCancelled, BookingChanged, BookingConfirmed, BookingContact, BookingGuest, BookingMet,
    BookingRearranged, BookingRefused, BookingRequested, BookingSummary, BookingWritten, Bookings, CaseHead,
    ComingTime, ContactsChosen, EnquiryStep, EnquirySummary, EnquiryTold, GuestLetIn, GuestTakenBack,
    MustKnow, OccurrenceSummary, Rearranged, SpaceRegister,
};
pub use customers::{
    Customer, CustomerBook, CustomerHidden, CustomerKind, CustomerLetter, CustomerLetters, CustomerStep,
    CustomerTold, Customers, CustomersMerged, PublicNames,
};
pub use desk::{
    BookingDesk, BookingRecord, BookingState, DeskAnswer, Standing, WantedBooking, WantedTime, WrongField,
};
pub use facilities::{
    Closing, Closure, ClosureKind, Closures, DayKind, Equipment, Facilities, Facility, HoursException, Open,
    OpeningHours, Position, RegisterChanged, Resource, ResourceClosed, ResourceKind, ResourceOpened,
    SchoolPeriod, SchoolPeriodKind, SizeCm, SpecialHours,
};
pub use faults::{FaultAnswered, FaultLetter, FaultLetters, Faults, OpenFault};
pub use offline::{Offline, OfflineAccess, OfflineCode, OfflineGiven, QrTime, QrToken, QrTokens, Revealed};
pub use prices::{Priced, Prices, Quote, QuoteLine, Rate};
pub use records::{
    Fact, FactValue, InformationType, KeptBy, Record, Records, RecordsWanted, RecordsWhich, Tells,
};
pub use staff::{GROUP_CHARS_MAX, GROUPS_MAX, GroupsSaid, ProtectedPersons, StaffRoles, StaffSignIn};
pub use watching::{FREED_MAX, FoundTime, FreedTime, TimesFreed, ToTell, Watches, WatchesFound};

use cloud_kernel::web::Failure;

/// Why a port could not answer. Absence is an `Option`, not one of these.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The database.
    #[error("database")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was found cannot be used: a damaged secret, an unknown code.
    #[error("{what}")]
    Unusable {
        /// What, in words for the log.
        what: &'static str,
        /// Why, where something else said so.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl PortError {
    /// Wraps a store's error.
    pub fn database(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Database(source.into())
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::internal(error)
    }
}

/// What an administrator's import did, line by line where something is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportReport {
    /// Rows that are new.
    pub created: usize,
    /// Rows that were there and were brought up to date.
    pub updated: usize,
}

/// Why an import changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read as what it should be; the text has line and column.
    #[error("{0}")]
    Unreadable(String),
    /// Something in it cannot be.
    #[error("{at}: {what}")]
    Invalid {
        /// Where in the file, for example `facility "solskiftet", resource "hall"`.
        at: String,
        /// What is wrong, in words.
        what: String,
    },
    /// The database.
    #[error("database")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ImportError {
    /// Wraps a store's error.
    pub fn database(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Database(source.into())
    }
}
