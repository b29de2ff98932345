//! The gateway as one pure machine: what happened goes in, what is to be done comes out.
//!
//! **Invariant:** no I/O, no clock, no randomness, no thread. Nothing that fails verification changes
//! anything but a counter. No release waits for the disk, and nothing is sent before it is on disk.
//!
//! Driven by `gateway-app`, and by the simulated world under faults.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::expect_used,
        clippy::as_conversions,
        clippy::wildcard_enum_match_arm
    )
)]

mod core;
mod identity;
mod io;

pub use crate::core::*;
pub use identity::*;
pub use io::*;
