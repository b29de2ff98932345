//! Who may pass: grants, and the batches that bring them.

use minicbor::{Decode, Encode};
use protocols_ids::{DoorId, GrantId, ZoneId};

use crate::UnixMs;

/// Whose right it is; leases and policies differ by class.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum GrantClass {
    /// From a booking.
    #[n(0)]
    Visitor,
    /// From employment.
    #[n(1)]
    Staff,
    /// From a service visit.
    #[n(2)]
    Technician,
}

/// How a credential is presented.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum CredentialKind {
    /// Digits on a keypad, ended with `#`.
    #[n(0)]
    Pin,
    /// A tag's number.
    #[n(1)]
    Tag,
    /// A signed token shown as a QR code.
    #[n(2)]
    Qr,
    /// A release from the cloud.
    #[n(3)]
    Remote,
}

/// HMAC-SHA-256 of a credential's text under the gateway's sealing secret.
///
/// The text is the kind's tag and the digits or the tag number, see `protocols-access`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct Seal(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// A credential as a gateway knows it: sealed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(map)]
pub struct SealedCredential {
    /// How it is presented.
    #[n(0)]
    pub kind: CredentialKind,
    /// What the presented text must seal to.
    #[n(1)]
    pub seal: Seal,
}

/// One door of a grant with its own window; lead and lag differ by door.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DoorWindow {
    /// Which door.
    #[n(0)]
    pub door: DoorId,
    /// First instant that opens.
    #[n(1)]
    pub not_before: UnixMs,
    /// First instant that no longer opens.
    #[n(2)]
    pub not_after: UnixMs,
}

/// An access grant: pseudonymous, no names.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Grant {
    /// The grant's own id.
    #[n(0)]
    pub id: GrantId,
    /// Visitor, staff or technician.
    #[n(1)]
    pub class: GrantClass,
    /// The booking's number as people see it; zero where there is no booking.
    #[n(2)]
    pub booking_number: u64,
    /// The doors that it opens, each with its window. At most [`DOORS_MAX`].
    #[n(3)]
    pub doors: Vec<DoorWindow>,
    /// What opens. At most [`CREDENTIALS_MAX`].
    #[n(4)]
    pub credentials: Vec<SealedCredential>,
    /// What is lit and controlled for this grant. At most [`ZONES_MAX`].
    #[n(5)]
    pub zones: Vec<ZoneId>,
    /// When the booked time itself begins, without lead.
    #[n(6)]
    pub starts_at: UnixMs,
    /// When the booked time itself ends, without lag.
    #[n(7)]
    pub ends_at: UnixMs,
    /// The lowest [`CONTRACT_VERSION`] that understands every restriction of this grant.
    #[n(8)]
    pub min_version: u16,
    /// Whether it opens in a lockdown: those who respond to one.
    #[cbor(n(9), default)]
    pub responder: bool,
}

/// The version of this contract that this crate speaks; compared with [`Grant::min_version`].
pub const CONTRACT_VERSION: u16 = 1;

/// Doors in one grant: the largest facility known has 24 outer and inner doors.
pub const DOORS_MAX: usize = 64;

/// Credentials in one grant: a booking with a code for each of a large party.
pub const CREDENTIALS_MAX: usize = 128;

/// Zones in one grant: as many as doors.
pub const ZONES_MAX: usize = 64;

/// A change of the grant table, or all of it (`base = 0`).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct GrantBatch {
    /// The epoch of both `base` and `revision`.
    #[n(0)]
    pub epoch: u64,
    /// The revision that this builds on; 0 for a snapshot.
    #[n(1)]
    pub base: u64,
    /// The revision that is reached when every part is applied.
    #[n(2)]
    pub revision: u64,
    /// Which part, from 0.
    #[n(3)]
    pub part: u16,
    /// Of how many, at least 1.
    #[n(4)]
    pub parts: u16,
    /// Grants that are new or changed.
    #[n(5)]
    pub upserts: Vec<Grant>,
    /// Grants that are gone.
    #[n(6)]
    pub removals: Vec<GrantId>,
    /// Rows whose every window ended before this instant leave the table at both ends.
    #[n(7)]
    pub expired_before: Option<UnixMs>,
    /// Under which sealing secret the credentials are sealed.
    #[n(8)]
    pub seal_id: u32,
    /// When the cloud built this.
    #[n(9)]
    pub issued_at: UnixMs,
}
