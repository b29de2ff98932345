//! What goes into the core and what comes out of it.

use protocols_fieldbus::nodes::{Indicator, NodeEvent};
use protocols_ids::{BootId, DeviceId, GrantId};
use protocols_wire::{Grant, JournalEntry, Kind, PointRef, Position, Posture, SiteConfig, TimeQuality, UnixMs};

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
    /// An input that is polled (a device without an event queue) changed, or was read for the first time.
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
    },
    /// Every [`Output::Persist`] up to and including this ticket is on disk.
    Persisted {
        /// The highest ticket.
        ticket: u64,
    },
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
    /// Write an output of a device, before any poll that waits.
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
    /// Drive these devices from now on, and no others.
    Configure {
        /// What is on site.
        config: Box<SiteConfig>,
    },
    /// Send [`Input::Tick`] when the uptime has reached this; replaces the wish before.
    WakeAt {
        /// Monotonic milliseconds.
        uptime_ms: u64,
    },
}

/// A change to what is on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Append to the journal, with the chain's hash after this entry.
    Append {
        /// The entry.
        entry: JournalEntry,
        /// SHA-256 chain up to and including it.
        chain: [u8; 32],
    },
    /// The cloud has stored the journal up to here; it may be deleted.
    Acknowledged {
        /// Up to and including.
        sequence: u64,
    },
    /// Make the grant table what `position` says, in one transaction.
    Grants {
        /// Forget everything first (a snapshot).
        replace: bool,
        /// New and changed rows.
        upserts: Vec<Grant>,
        /// Rows that go.
        removals: Vec<GrantId>,
        /// Rows whose every window ended before this go as well.
        expired_before: Option<UnixMs>,
        /// What is reached.
        position: Position,
        /// The sealing secret in use.
        seal_id: u32,
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
    /// A new end of the lease and a new time floor.
    Lease {
        /// Until when grants hold.
        lease_until: UnixMs,
        /// The clock is never again before this.
        time_floor: UnixMs,
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
    pub grants: Vec<Grant>,
    /// The configuration, if one came ever.
    pub config: Option<SiteConfig>,
    /// The posture, if one came ever.
    pub posture: Option<Posture>,
    /// The lease's end, if there was a heartbeat ever.
    pub lease_until: Option<UnixMs>,
    /// The time floor.
    pub time_floor: UnixMs,
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
    /// The entries after `journal_acknowledged`, oldest first, each with the chain's hash after it.
    pub unacknowledged: Vec<(JournalEntry, [u8; 32])>,
}
