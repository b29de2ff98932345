//! What a gateway keeps on its disk: grants, journal, configuration, posture, lease.
//!
//! One SQLite file, write-ahead log, `synchronous = FULL`: what [`Store::apply`] has answered for survives
//! a power cut. Grants, entries and configuration are kept as the CBOR that came over the wire.
//!
//! **Invariant:** one writer. Changes are applied in the order of their tickets, each call in one
//! transaction; an entry leaves the journal only when the cloud has acknowledged it, and the journal never
//! has a gap.
//!
//! Driven by `gateway-app`, which feeds it the core's `Persist` outputs and reads it once at the start.

mod error;
mod store;

pub use error::{ApplyError, LoadError, OpenError};
pub use store::Store;
