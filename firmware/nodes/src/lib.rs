//! The logic of our own nodes on the wall: a door node and a lighting node, over `embedded-hal` pins.
//!
//! A board's firmware and the simulated hall run this same code; what differs is whose pins they are and how
//! requests arrive (Modbus RTU frames, or Modbus TCP). The registers are those of
//! [`protocols_fieldbus::nodes`].
//!
//! **Invariant:** no allocation, no clock, no framing, no addresses on the bus. Time is what the driver says
//! in [`Node::tick`]. Nothing here can hold a lock that the exit button lets go of.
//!
//! Driven by the board's main loop or by `sims-devices`: [`Node::tick`] every few milliseconds and before
//! each request, then the request.
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

#[cfg(test)]
extern crate std;

mod door;
mod lighting;
mod node;
mod pin;
mod queue;
mod run;
mod timer;
mod watchdog;

pub use door::{DoorNode, DoorPins, EGRESS_MS, INDICATOR_MS, RELEASE_MS, RELEASE_MS_DEFAULT};
pub use lighting::LightingNode;
pub use node::{Exception, Node};
pub use pin::DEBOUNCE_MS;
pub use watchdog::WATCHDOG_MS_DEFAULT;
