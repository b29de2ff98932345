//! What the cloud asks of a gateway, and what a gateway asks of the cloud.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use protocols_ids::{BootId, DoorId, GatewayId};

use crate::{Position, UnixMs};

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
    /// The trust bundle that holds now; a gateway with a lower one fetches it.
    #[cbor(n(4), default)]
    pub trust_serial: u64,
    /// The newest sealing secret made for this gateway; a gateway without it fetches it.
    #[cbor(n(5), default)]
    pub seal_id: u32,
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
///
/// What another box with the same identity told is not what this one told: the chain's hash says whose entries are
/// stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct JournalAck {
    /// Of which generation of the journal.
    #[n(0)]
    pub generation: u64,
    /// Every entry up to and including this one is stored.
    #[n(1)]
    pub sequence: u64,
    /// The chain's hash after that entry; all zero for sequence 0. An early cloud does not say.
    #[n(2)]
    pub chain: Option<ByteArray<32>>,
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
