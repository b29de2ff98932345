//! The door and the zone as machines: what was seen goes in, what the lock and the lamps shall do comes out.
//!
//! **Invariant:** no I/O, no clock, no allocation; `no_std`. Nothing here ever stands between a person and
//! the way out: the exit button breaks lock power in hardware, and is only observed. A device that goes
//! silent, or comes back, never releases a door.
//!
//! Driven by `gateway-core`, which reads the clock and carries out what is asked.
#![no_std]
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

mod door;
mod zone;

pub use door::*;
pub use zone::*;
