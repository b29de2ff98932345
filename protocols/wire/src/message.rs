//! The messages themselves. All fields of the contract are declared, used yet or not.

use minicbor::{Decode, Encode};
use protocols_ids::{BootId, DeviceId, DoorId, GatewayId, GrantId, ZoneId};

/// An instant: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct UnixMs(#[n(0)] pub i64);

impl UnixMs {
    /// This instant plus `ms` milliseconds; stays at the end of time rather than wrapping.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; negative when `earlier` is later.
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// How far a gateway's grant table has come: ordered by epoch, then revision.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Position {
    /// Rises when the cloud's history was replaced (restored from a backup).
    #[n(0)]
    pub epoch: u64,
    /// Rises by each batch within an epoch. Zero: nothing applied.
    #[n(1)]
    pub revision: u64,
}

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
}

/// The version of this contract that this crate speaks; compared with [`Grant::min_version`].
pub const CONTRACT_VERSION: u16 = 1;
/// Doors in one grant: the largest facility known has 24 outer and inner doors.
pub const DOORS_MAX: usize = 64;
/// Credentials in one grant: a booking with a code for each of a large party.
pub const CREDENTIALS_MAX: usize = 128;
/// Zones in one grant: as many as doors.
pub const ZONES_MAX: usize = 64;
/// Bytes in one message, signature included: a part of a batch is at most 64 KiB.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;

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

/// What is on site and how it is wired. Revisioned; a higher revision replaces a lower.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct SiteConfig {
    /// Rises by each change.
    #[n(0)]
    pub revision: u64,
    /// The site's name, for the technician's eyes.
    #[n(1)]
    pub site: String,
    /// Devices on the fieldbus.
    #[n(2)]
    pub devices: Vec<DeviceConfig>,
    /// Doors and their points.
    #[n(3)]
    pub doors: Vec<DoorConfig>,
    /// Zones and their points.
    #[n(4)]
    pub zones: Vec<ZoneConfig>,
}

/// One device, reached over Modbus TCP at `address`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DeviceConfig {
    /// Its id.
    #[n(0)]
    pub id: DeviceId,
    /// The profile's name, as in `edge-gateway/profiles/<name>.toml`.
    #[n(1)]
    pub profile: String,
    /// `host:port`.
    #[n(2)]
    pub address: String,
    /// Modbus unit id.
    #[n(3)]
    pub unit: u8,
    /// What the technician calls it.
    #[n(4)]
    pub name: String,
}

/// A point: a named input or output of a device, as its profile names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(map)]
pub struct PointRef {
    /// On which device.
    #[n(0)]
    pub device: DeviceId,
    /// Its name in the profile, for example `lock` or `lamp1`.
    #[n(1)]
    pub point: String,
}

/// A logical door.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DoorConfig {
    /// Its id.
    #[n(0)]
    pub id: DoorId,
    /// What people call it.
    #[n(1)]
    pub name: String,
    /// What releases it.
    #[n(2)]
    pub lock: PointRef,
    /// Says whether the leaf is closed.
    #[n(3)]
    pub contact: Option<PointRef>,
    /// The exit button.
    #[n(4)]
    pub rex: Option<PointRef>,
    /// The tamper switch.
    #[n(5)]
    pub tamper: Option<PointRef>,
    /// The device whose keypad belongs to this door.
    #[n(6)]
    pub keypad: Option<DeviceId>,
    /// How long a release lasts when nobody opens.
    #[n(7)]
    pub release_ms: u32,
    /// How long the leaf may stand open before that is an alarm.
    #[n(8)]
    pub held_open_ms: u32,
}

/// What is lit together.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct ZoneConfig {
    /// Its id.
    #[n(0)]
    pub id: ZoneId,
    /// What people call it.
    #[n(1)]
    pub name: String,
    /// The lamps.
    #[n(2)]
    pub lamps: Vec<PointRef>,
    /// How long the light stays on after the booked time.
    #[n(3)]
    pub lag_ms: u32,
}

/// The site's posture, with a counter of its own so that an old one never wins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Posture {
    /// Rises by each change.
    #[n(0)]
    pub counter: u64,
    /// What holds.
    #[n(1)]
    pub mode: PostureMode,
}

/// What holds for the whole site.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum PostureMode {
    /// Grants and schedules decide.
    #[default]
    #[n(0)]
    Normal,
    /// Nobody enters but responders, until lifted.
    #[n(1)]
    Lockdown,
    /// What must open opens.
    #[n(2)]
    Emergency,
}

/// A heartbeat that renews all grants at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Lease {
    /// The position that the gateway must have reached for the renewal to count.
    #[n(0)]
    pub position: Position,
    /// Until when grants hold without another heartbeat.
    #[n(1)]
    pub lease_until: UnixMs,
    /// The gateway's latest nonce, from its state report.
    #[n(2)]
    pub nonce: u64,
    /// The cloud's clock when it answered.
    #[n(3)]
    pub time: UnixMs,
}

/// Something to do now or never.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Command {
    /// For the answer in the journal.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// For whom.
    #[n(1)]
    pub gateway: GatewayId,
    /// For which run of its program.
    #[n(2)]
    pub boot: BootId,
    /// Rises by each command of a boot.
    #[n(3)]
    pub counter: u64,
    /// At most ten seconds ahead.
    #[n(4)]
    pub expires_at: UnixMs,
    /// What to do.
    #[n(5)]
    pub action: Action,
}

/// What a command asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Action {
    /// Release a door once.
    #[n(0)]
    Release {
        /// Which.
        #[n(0)]
        door: DoorId,
    },
}

/// The highest journal position that the cloud has stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct JournalAck {
    /// Of which generation of the journal.
    #[n(0)]
    pub generation: u64,
    /// Every entry up to and including this one is stored.
    #[n(1)]
    pub sequence: u64,
}

/// How the gateway is. Retained, so that whoever connects knows.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct StateReport {
    /// This run of the program.
    #[n(0)]
    pub boot: BootId,
    /// False only in the last will and at an orderly stop.
    #[n(1)]
    pub online: bool,
    /// How far the grant table has come.
    #[n(2)]
    pub position: Position,
    /// Which fields the table hash covers; 0 while there is none.
    #[n(3)]
    pub hash_version: u16,
    /// Sum modulo 2²⁵⁶ of SHA-256 over the rows.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub table_hash: [u8; 32],
    /// The configuration in force.
    #[n(5)]
    pub config_revision: u64,
    /// The posture in force.
    #[n(6)]
    pub posture_counter: u64,
    /// The journal's generation.
    #[n(7)]
    pub journal_generation: u64,
    /// The last journal entry written.
    #[n(8)]
    pub journal_head: u64,
    /// To be echoed by the next heartbeat.
    #[n(9)]
    pub nonce: u64,
    /// How well the clock is known.
    #[n(10)]
    pub time_quality: TimeQuality,
    /// [`CONTRACT_VERSION`] of the gateway.
    #[n(11)]
    pub contract_version: u16,
    /// Messages that were refused since the program started, by reason.
    #[n(12)]
    pub refused: RefusedCounts,
    /// Grants refused because of their `min_version`.
    #[n(13)]
    pub grants_not_understood: u32,
    /// Until when the lease holds; `None` before the first heartbeat.
    #[n(14)]
    pub lease_until: Option<UnixMs>,
    /// Devices that do not answer.
    #[n(15)]
    pub devices_lost: Vec<DeviceId>,
    /// When this was written, by the gateway's clock.
    #[n(16)]
    pub at: UnixMs,
}

/// Counters of messages that changed nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct RefusedCounts {
    /// Not CBOR, not COSE, or fields missing.
    #[n(0)]
    pub malformed: u32,
    /// No signature, an unknown key or a wrong signature; also what was meant for another topic.
    #[n(1)]
    pub signature: u32,
    /// Already applied or older than what holds.
    #[n(2)]
    pub replayed: u32,
    /// A gap: does not build on what is here.
    #[n(3)]
    pub out_of_order: u32,
    /// Longer than [`MESSAGE_BYTES_MAX`] or more items than allowed.
    #[n(4)]
    pub oversized: u32,
    /// An acknowledgement beyond the journal's own head, a command for another boot, and the like.
    #[n(5)]
    pub impossible: u32,
}

/// How well a clock is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum TimeQuality {
    /// Not set since the start, or beyond the margin.
    #[default]
    #[n(0)]
    Unknown,
    /// Holds over, within the margin.
    #[n(1)]
    Holdover,
    /// Confirmed lately.
    #[n(2)]
    Synchronised,
}

/// A run of journal entries without gaps, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct JournalBatch {
    /// The journal's generation; a replaced box begins a new one.
    #[n(0)]
    pub generation: u64,
    /// The chain hash before the first entry; all zero before sequence 1.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub previous: [u8; 32],
    /// The entries.
    #[n(2)]
    pub entries: Vec<JournalEntry>,
    /// The chain hash after the last entry.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub head: [u8; 32],
}

/// One thing that happened on site.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct JournalEntry {
    /// From 1, without gaps within a generation.
    #[n(0)]
    pub sequence: u64,
    /// When, by the gateway's clock.
    #[n(1)]
    pub at: UnixMs,
    /// How well that clock was known.
    #[n(2)]
    pub time_quality: TimeQuality,
    /// Which run of the program.
    #[n(3)]
    pub boot: BootId,
    /// Monotonic time of that run.
    #[n(4)]
    pub uptime_ms: u64,
    /// What happened.
    #[n(5)]
    pub event: JournalEvent,
}

/// What the journal tells.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum JournalEvent {
    /// A credential was accepted and the door released.
    #[n(0)]
    Admitted {
        /// Where.
        #[n(0)]
        door: DoorId,
        /// By which right.
        #[n(1)]
        grant: GrantId,
        /// How it was presented.
        #[n(2)]
        kind: CredentialKind,
    },
    /// A credential was refused.
    #[n(1)]
    Refused {
        /// Where.
        #[n(0)]
        door: DoorId,
        /// How it was presented.
        #[n(1)]
        kind: CredentialKind,
        /// The one reason.
        #[n(2)]
        reason: RefusalReason,
        /// The grant that it belongs to, where one is known.
        #[n(3)]
        grant: Option<GrantId>,
    },
    /// Something at a door.
    #[n(2)]
    Door {
        /// Where.
        #[n(0)]
        door: DoorId,
        /// What.
        #[n(1)]
        what: DoorEvent,
    },
    /// A device answers again, or no longer.
    #[n(3)]
    Device {
        /// Which.
        #[n(0)]
        device: DeviceId,
        /// Whether it answers.
        #[n(1)]
        answers: bool,
    },
    /// A zone was lit or put out.
    #[n(4)]
    Light {
        /// Which.
        #[n(0)]
        zone: ZoneId,
        /// Whether it is lit now.
        #[n(1)]
        lit: bool,
    },
    /// The program started.
    #[n(5)]
    Started,
    /// A new configuration holds.
    #[n(6)]
    Configured {
        /// Its revision.
        #[n(0)]
        revision: u64,
    },
    /// The grant table moved to a new position.
    #[n(7)]
    GrantsApplied {
        /// Where it is now.
        #[n(0)]
        position: Position,
    },
    /// The clock was stepped.
    #[n(8)]
    ClockStep {
        /// By how much; negative when set back.
        #[n(0)]
        by_ms: i64,
    },
    /// A command was carried out or refused.
    #[n(9)]
    Commanded {
        /// Which.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
        /// Whether it was carried out.
        #[n(1)]
        done: bool,
    },
    /// Entries that could not be kept.
    #[n(10)]
    Gap {
        /// How many.
        #[n(0)]
        missing: u64,
    },
    /// The site's posture changed.
    #[n(11)]
    PostureChanged {
        /// What holds now.
        #[n(0)]
        mode: PostureMode,
    },
}

/// Why a credential was refused. Shown in the journal only; the keypad shows one refusal for all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum RefusalReason {
    /// Matches no grant.
    #[n(0)]
    Unknown,
    /// The window has not begun.
    #[n(1)]
    TooEarly,
    /// The window has ended.
    #[n(2)]
    TooLate,
    /// The grant does not include this door.
    #[n(3)]
    WrongDoor,
    /// The grant was removed.
    #[n(4)]
    Revoked,
    /// Too many wrong tries.
    #[n(5)]
    LockedOut,
    /// The site is locked down.
    #[n(6)]
    Lockdown,
    /// The clock is not known well enough.
    #[n(7)]
    ClockUnknown,
    /// The grant needs a newer version of this contract.
    #[n(8)]
    Version,
    /// The lease has run out.
    #[n(9)]
    LeaseEnded,
    /// Read too long after it was keyed.
    #[n(10)]
    Stale,
    /// The right holds, but the lock's device does not answer.
    #[n(11)]
    DoorLost,
}

/// What happened at a door.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum DoorEvent {
    /// The leaf was opened after a release.
    #[n(0)]
    Opened,
    /// The leaf closed.
    #[n(1)]
    Closed,
    /// The lock secured again without anyone opening.
    #[n(2)]
    Relocked,
    /// Opened without a release.
    #[n(3)]
    Forced,
    /// Stood open too long.
    #[n(4)]
    HeldOpen,
    /// The exit button was pressed.
    #[n(5)]
    Exit,
    /// The tamper switch opened.
    #[n(6)]
    Tamper,
    /// The tamper switch closed again.
    #[n(7)]
    TamperRestored,
}

/// 'I have this; send what I lack.'
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Resync {
    /// What the gateway has.
    #[n(0)]
    pub position: Position,
    /// The configuration it has.
    #[n(1)]
    pub config_revision: u64,
}

/// The trust bundle: whom to believe, signed by the off-line root that enrolment pins.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct TrustBundle {
    /// Rises by each bundle.
    #[n(0)]
    pub serial: u64,
    /// The cloud's certificate authorities, DER.
    #[n(1)]
    pub authorities: Vec<minicbor::bytes::ByteVec>,
    /// The keys that sign what comes down.
    #[n(2)]
    pub signing_keys: Vec<SigningKey>,
    /// When it was signed.
    #[n(3)]
    pub issued_at: UnixMs,
}

/// A key of the cloud that signs what comes down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct SigningKey {
    /// The COSE key id.
    #[n(0)]
    pub key_id: KeyId,
    /// Ed25519 public key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub public: [u8; 32],
    /// From when it counts.
    #[n(2)]
    pub not_before: UnixMs,
    /// Until when it counts.
    #[n(3)]
    pub not_after: UnixMs,
}

/// Names a key: the first 8 bytes of SHA-256 over its public half.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct KeyId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 8]);
