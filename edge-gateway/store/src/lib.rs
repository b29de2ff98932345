//! What a gateway keeps on its disk: grants, journal, configuration, posture, lease.
//!
//! One SQLite file, write-ahead log, `synchronous = FULL`: what [`Store::apply`] has answered for survives
//! a power cut. Grants, entries and configuration are kept as the CBOR that came over the wire, and everything
//! has a proof beside it: SQLite's own checks do not see a flipped byte within a value.
//!
//! **Invariant:** one writer. Changes are applied in the order of their tickets, each call in one
//! transaction; an entry leaves the journal only when the cloud has acknowledged it, and the journal never
//! has a gap. What does not hold is never loaded: [`Store::open`] puts the file aside and begins another with what
//! does.
//!
//! Driven by `gateway-app`, which feeds it the core's `Persist` outputs and reads it once at the start.

mod error;
mod sections;
mod store;
mod walk;

pub use error::{ApplyError, LoadError, OpenError, VerifyError};
pub use store::{JournalMarks, JournalVerdict, KEPT_ENTRIES_MAX, Overview, Store};
pub use walk::Broken;
