//! The messages themselves. All fields of the contract are declared, used yet or not.
//!
//! Fields that came after the first are read as their default where they are missing; a field that is not
//! known is skipped. `tests/golden.rs` holds the bytes of each version.

mod grants;
mod journal;
mod orders;
mod report;
mod site;
mod token;
mod trust;

pub use grants::*;
pub use journal::*;
pub use orders::*;
pub use report::*;
pub use site::*;
pub use token::*;
pub use trust::*;

use minicbor::{Decode, Encode};

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

/// Bytes in one message, signature included: a part of a batch is at most 64 KiB.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
