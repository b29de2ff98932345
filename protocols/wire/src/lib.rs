//! Cloud ⇄ gateway: the messages, their topics, and how they are signed.
//!
//! Payloads are CBOR (RFC 8949) with numbered map keys, so that a reader skips what it does not know,
//! wrapped in COSE_Sign1 (RFC 9052) with Ed25519. The topic, and with it the kind of message and the
//! gateway, is external data of the signature: a message moved to another topic no longer verifies.
//!
//! **Invariant:** no I/O, no clock, no randomness. A field number is never reused or given a new type.
//!
//! Driven by `cloud-access` on one side and `gateway-core` on the other.

mod chain;
mod enrol;
mod hash;
mod message;
mod sign;
mod topic;

pub use chain::*;
pub use enrol::*;
pub use hash::*;
pub use message::*;
pub use sign::*;
pub use topic::*;
