//! What goes into the core and what comes out of it.

use protocols_access::{KeptGrant, SealingSecret, Throttle};
use protocols_fieldbus::nodes::{Indicator, NodeEvent};
use protocols_ids::{BootId, DeviceId, GrantId, ZoneId};
use protocols_wire::{
    CHAIN_START, Damage, Kind, PointRef, Position, Posture, SigningKey, SiteConfig, TimeQuality, UnixMs,
};

use crate::CertificateTimes;

/// The driver's clocks, read once for each input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// The wall clock.
    pub wall: UnixMs,
    /// Monotonic milliseconds since this run of the program began.
    pub uptime_ms: u64,
    /// How well the wall clock is known.
    pub quality: TimeQuality,
}

/// What the driver tells the core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// The broker is connected, subscriptions are acknowledged.
    BrokerConnected,
    /// The broker is gone.
    BrokerLost,
    /// A message came from the broker, as it came: unverified.
    Received {
        /// The topic's text.
        topic: String,
        /// The bytes.
        payload: Vec<u8>,
    },
    /// A node of ours had an event in its queue.
    Node {
        /// Which node.
        device: DeviceId,
        /// The node's sequence number of the event; rises by one, wraps.
        sequence: u16,
        /// How long ago it happened, by the node's uptime.
        age_ms: u32,
        /// What happened.
        event: NodeEvent,
    },
    /// An input of a device changed (devices without an event queue), or was read for the first time after
    /// [`Output::Configure`] or [`Input::DeviceFound`] (every device; after the events that waited in its
    /// queue, so that what is newest comes last).
    Point {
        /// Which point.
        point: PointRef,
        /// Its state, inversion already taken away.
        on: bool,
    },
    /// A device stopped answering.
    DeviceLost {
        /// Which.
        device: DeviceId,
    },
    /// A device answers, and was found to be what its profile says.
    DeviceFound {
        /// Which.
        device: DeviceId,
        /// It began anew since it answered last, or is seen for the first time in this run: its event
        /// sequence says nothing about what was seen before.
        restarted: bool,
    },
    /// Every [`Output::Persist`] up to and including this ticket is on disk.
    Persisted {
        /// The highest ticket.
        ticket: u64,
    },
    /// A scanner read something.
    Code {
        /// Which scanner.
        device: DeviceId,
        /// What it read, as it came: unverified.
        text: String,
        /// How long ago.
        age_ms: u32,
    },
    /// What [`Output::Fetch`] asked for came, holds, and is on disk.
    Fetched {
        /// What is new.
        fetched: Box<Fetched>,
    },
    /// What [`Output::Fetch`] asked for did not come, or does not hold.
    FetchFailed,
    /// The time asked for by [`Output::WakeAt`] has come, or anything else the driver finds worth a look.
    Tick,
}

/// What the core wants done, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Publish a signed message on the gateway's topic of `kind`, QoS 1, retained as the kind says. Lost
    /// while the broker is gone: the core sends anew after [`Input::BrokerConnected`].
    Send {
        /// Which topic.
        kind: Kind,
        /// The signed bytes.
        payload: Vec<u8>,
    },
    /// Write to disk, in the order of the tickets; several may share one transaction. Answered by
    /// [`Input::Persisted`].
    Persist {
        /// Rises by one.
        ticket: u64,
        /// What.
        change: Change,
    },
    /// Write an output of a device, before any poll that waits. While the device does not answer the write
    /// is dropped, never kept: nothing may open later than it was asked for.
    Write {
        /// Where.
        point: PointRef,
        /// On or off.
        on: bool,
    },
    /// Let a keypad show something.
    Indicate {
        /// On which node.
        device: DeviceId,
        /// What.
        indicator: Indicator,
    },
    /// A node's events up to this sequence are in the journal on disk: it may forget them.
    Confirm {
        /// Which node.
        device: DeviceId,
        /// Up to and including.
        sequence: u16,
    },
    /// Drive these devices from now on, and no others. A device that goes on as before is not found anew,
    /// but its inputs are told again.
    Configure {
        /// What is on site.
        config: Box<SiteConfig>,
    },
    /// Fetch from the cloud, over the mutually authenticated API, what a heartbeat said is newer: trust bundle and
    /// sealing secrets. Answered by [`Input::Fetched`] or [`Input::FetchFailed`].
    Fetch {
        /// Ask for a new certificate as well.
        certificate: bool,
    },
    /// Send [`Input::Tick`] when the uptime has reached this; replaces the wish before.
    WakeAt {
        /// Monotonic milliseconds.
        uptime_ms: u64,
    },
}

/// What was fetched from the cloud: verified, and kept by the driver.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fetched {
    /// A newer trust bundle: its serial and keys.
    pub trust: Option<(u64, Vec<SigningKey>)>,
    /// Sealing secrets by `seal_id`.
    pub seals: Vec<(u32, SealingSecret)>,
    /// A new certificate, in use for the next connection.
    pub certificate: Option<CertificateTimes>,
}

/// A change to what is on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Append to the journal, with the chain's hash after this entry.
    Append {
        /// The entry's place: one above the last.
        sequence: u64,
        /// When it happened, as the entry itself says.
        at: UnixMs,
        /// The entry as the chain covers it: the CBOR of a [`protocols_wire::JournalEntry`]. At most
        /// [`ENTRY_BYTES_MAX`](crate::ENTRY_BYTES_MAX).
        entry: Vec<u8>,
        /// SHA-256 chain up to and including it.
        chain: [u8; 32],
    },
    /// The cloud has stored the journal up to here. What is acknowledged stays for whoever exports it, until it is
    /// old.
    Acknowledged {
        /// Up to and including.
        sequence: u64,
        /// Acknowledged entries that happened before this may be deleted.
        forget_before: UnixMs,
    },
    /// Make the grant table what `position` says, in one transaction and in this order: forget every grant if
    /// `replace`, removals, upserts, then what is expired ([`KeptGrant::expired`]); of the ids taken back, forget those
    /// that need not be remembered any more, then add those of this step.
    Grants {
        /// Forget every grant first (a snapshot). What was taken back stays so.
        replace: bool,
        /// New and changed rows.
        upserts: Vec<KeptGrant>,
        /// Rows that go.
        removals: Vec<GrantId>,
        /// Rows whose every window ended before this go as well, and ids taken back that had to be remembered until
        /// before this.
        expired_before: Option<UnixMs>,
        /// What is reached.
        position: Position,
        /// The sealing secret in use.
        seal_id: u32,
        /// [`protocols_wire::TableHash`] over every row after this step.
        hash: [u8; 32],
        /// Ids that this step took back, and until when each must be remembered; a later end replaces an earlier.
        taken_back: Vec<(GrantId, UnixMs)>,
    },
    /// A new configuration.
    Config {
        /// All of it.
        config: Box<SiteConfig>,
    },
    /// A new posture.
    Posture {
        /// All of it.
        posture: Posture,
    },
    /// A heartbeat, or while there never was one, the batch that stands for it.
    Lease {
        /// Until when grants hold at the longest; `None` before the first heartbeat.
        lease_until: Option<UnixMs>,
        /// When the cloud last spoke, by its own clock.
        heartbeat_at: UnixMs,
        /// The clock is never again before this.
        time_floor: UnixMs,
        /// How far the clock might be wrong at that moment.
        clock_error_ms: u64,
    },
    /// A command of this run is about to be carried out: kept with the run's id, so that none is carried out twice.
    Command {
        /// Its counter.
        counter: u64,
    },
    /// Wrong tries at the readers; replaces what was stored.
    Throttle {
        /// All of it.
        throttle: Throttle,
    },
    /// A zone was lit, goes on for longer, or was put out.
    Lit {
        /// Which.
        zone: ZoneId,
        /// Until when; `None` when dark.
        until: Option<UnixMs>,
    },
}

/// What the driver read from disk at the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// This run's id, made by the driver.
    pub boot: BootId,
    /// Position of the grant table.
    pub position: Position,
    /// The sealing secret in use by the table.
    pub seal_id: u32,
    /// The grant table.
    pub grants: Vec<KeptGrant>,
    /// [`protocols_wire::TableHash`] over the rows as they were written; `None`: none was ever written.
    pub table_hash: Option<[u8; 32]>,
    /// Ids that were taken back and until when each must be remembered.
    pub taken_back: Vec<(GrantId, UnixMs)>,
    /// The configuration, if one came ever.
    pub config: Option<SiteConfig>,
    /// The posture, if one came ever.
    pub posture: Option<Posture>,
    /// The lease's end, if there was a heartbeat ever.
    pub lease_until: Option<UnixMs>,
    /// When the cloud last spoke, if ever ([`Change::Lease`]).
    pub heartbeat_at: Option<UnixMs>,
    /// The time floor.
    pub time_floor: UnixMs,
    /// How far the clock might be wrong when the floor was written; `None`: nobody ever said the time.
    pub clock_error_ms: Option<u64>,
    /// The last command's counter of this run; 0 when the store knows of another run only.
    pub command_counter: u64,
    /// Wrong tries at the readers.
    pub throttle: Throttle,
    /// Zones that are lit, and until when.
    pub lit: Vec<(ZoneId, UnixMs)>,
    /// The journal's generation.
    pub journal_generation: u64,
    /// The last entry's sequence; 0 when nothing was ever written.
    pub journal_head: u64,
    /// The chain's hash after it.
    pub journal_chain: [u8; 32],
    /// The cloud has stored up to here.
    pub journal_acknowledged: u64,
    /// Chain hash after entry `journal_acknowledged`.
    pub journal_acknowledged_chain: [u8; 32],
    /// The entries after `journal_acknowledged`, oldest first.
    pub unacknowledged: Vec<StoredEntry>,
    /// What was found damaged while reading, and put aside.
    pub damage: Vec<Damage>,
}

/// A journal entry as it lies on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEntry {
    /// Its place.
    pub sequence: u64,
    /// The bytes that the chain covers.
    pub entry: Vec<u8>,
    /// The chain's hash after it.
    pub chain: [u8; 32],
}

impl Stored {
    /// What a newly enrolled gateway has: nothing.
    pub fn nothing(boot: BootId, journal_generation: u64) -> Self {
        Self {
            boot,
            position: Position::default(),
            seal_id: 0,
            grants: Vec::new(),
            table_hash: None,
            taken_back: Vec::new(),
            config: None,
            posture: None,
            lease_until: None,
            heartbeat_at: None,
            time_floor: UnixMs::default(),
            clock_error_ms: None,
            command_counter: 0,
            throttle: Throttle::default(),
            lit: Vec::new(),
            journal_generation,
            journal_head: 0,
            journal_chain: CHAIN_START,
            journal_acknowledged: 0,
            journal_acknowledged_chain: CHAIN_START,
            unacknowledged: Vec::new(),
            damage: Vec::new(),
        }
    }
}
