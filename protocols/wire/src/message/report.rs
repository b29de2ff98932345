//! How a gateway is.

use minicbor::{Decode, Encode};
use protocols_ids::{BootId, DeviceId};

use crate::{Position, PostureMode, UnixMs};

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
    /// Which fields the table hash covers ([`HASH_VERSION`](crate::HASH_VERSION)); 0: there is no hash.
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
    /// The newest sealing secret at hand, used by the table yet or not.
    #[cbor(n(17), default)]
    pub seal_held: u32,
    /// The serial of the trust bundle in force.
    #[cbor(n(18), default)]
    pub trust_serial: u64,
    /// When the certificate ends.
    #[n(19)]
    pub certificate_expires_at: Option<UnixMs>,
    /// Grants in the table.
    #[cbor(n(20), default)]
    pub grants: u32,
    /// Grants among them that open nothing, because they were taken back before: the cloud's own memory is
    /// older than the gateway's.
    #[cbor(n(21), default)]
    pub grants_taken_back: u32,
    /// How far the clock may be wrong.
    #[n(22)]
    pub clock_uncertainty_ms: Option<u64>,
    /// The program's version.
    #[cbor(n(23), default)]
    pub program: String,
    /// Journal entries that wait for the cloud.
    #[cbor(n(24), default)]
    pub journal_waiting: u32,
    /// Whether the disk has stopped taking anything: doors go on, what happens is kept in memory.
    #[cbor(n(25), default)]
    pub disk_stalled: bool,
    /// What holds for the site.
    #[cbor(n(26), default)]
    pub posture: PostureMode,
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
