//! What happened on site.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use protocols_ids::{BootId, DeviceId, DoorId, GrantId, ResourceId, ZoneId};

use crate::{CredentialKind, GrantClass, Position, PostureMode, TimeQuality, UnixMs};

/// A run of journal entries without gaps, oldest first. Each entry is the CBOR that the chain covers: a reader
/// that knows less than the writer keeps it as it came.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct JournalBatch {
    /// The journal's generation; a replaced box begins a new one.
    #[n(0)]
    pub generation: u64,
    /// The chain hash before the first entry; all zero before sequence 1.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub previous: [u8; 32],
    /// The entries, each the CBOR of a [`JournalEntry`].
    #[n(2)]
    pub entries: Vec<ByteVec>,
    /// The chain hash after the last entry.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub head: [u8; 32],
    /// Sent ahead of entries that still wait: an alarm. The same entries come again in their place.
    #[cbor(n(4), default)]
    pub urgent: bool,
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

/// An entry as far as a reader can tell who does not know what happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct JournalFrame {
    /// From 1, without gaps within a generation.
    #[n(0)]
    pub sequence: u64,
    /// When, by the gateway's clock.
    #[n(1)]
    pub at: UnixMs,
    /// Which run of the program.
    #[n(3)]
    pub boot: BootId,
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
    /// An off-line PIN was accepted and the door released. The cloud knows whose it is by these numbers.
    #[n(12)]
    AdmittedOffline {
        /// Where.
        #[n(0)]
        door: DoorId,
        /// The door group that it was made for.
        #[n(1)]
        group: ResourceId,
        /// Half hours since 1970 at which its time begins.
        #[n(2)]
        start_slot: u64,
        /// Index into the table of lengths.
        #[n(3)]
        length: u8,
        /// Which of those made for the same time.
        #[n(4)]
        serial: u8,
    },
    /// Grants of a class hold until then, unless the cloud speaks before.
    #[n(13)]
    LeaseEnding {
        /// Whose.
        #[n(0)]
        class: GrantClass,
        /// The first instant at which they no longer hold.
        #[n(1)]
        at: UnixMs,
    },
    /// A new trust bundle is in force.
    #[n(14)]
    Trusts {
        /// Its serial.
        #[n(0)]
        serial: u64,
    },
    /// A new certificate is in use.
    #[n(15)]
    Certified {
        /// When it ends.
        #[n(0)]
        expires_at: UnixMs,
    },
    /// A reader has had too many wrong tries.
    #[n(16)]
    LockedOut {
        /// At which door.
        #[n(0)]
        door: DoorId,
    },
    /// The disk stopped taking anything, or takes it again.
    #[n(17)]
    Disk {
        /// Whether it is stalled.
        #[n(0)]
        stalled: bool,
    },
    /// What was on disk did not hold together and was put aside.
    #[n(18)]
    Damaged {
        /// What.
        #[n(0)]
        what: Damage,
    },
}

/// What was found damaged on a gateway's disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Damage {
    /// The grant table: it begins empty and asks for all of it.
    #[n(0)]
    Grants,
    /// The journal: a new generation begins.
    #[n(1)]
    Journal,
    /// The whole file: everything begins anew.
    #[n(2)]
    Everything,
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
    /// A token or off-line PIN that is right but not to be taken here and now: made for another gateway, older
    /// than the table, or while the cloud is heard.
    #[n(12)]
    NotTaken,
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
