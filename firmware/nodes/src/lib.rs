//! The logic of our own nodes on the wall: a door node, a lighting node and a scanner node, over `embedded-hal` pins.
//!
//! A board's firmware and the simulated hall run this same code; what differs is whose pins they are and how
//! requests arrive (Modbus RTU frames, or Modbus TCP). The registers are those of
//! [`protocols_fieldbus::nodes`]. The scanner node speaks MQTT in the words of [`protocols_fieldbus::scanner`]; its
//! driver owns the connection.
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
mod scanner;
mod tag;
mod timer;
mod watchdog;

pub use door::{DoorNode, DoorPins, EGRESS_MS, INDICATOR_MS, RELEASE_MS, RELEASE_MS_DEFAULT};
pub use lighting::LightingNode;
pub use node::{Exception, Node};
pub use pin::DEBOUNCE_MS;
pub use scanner::{
    SAME_TEXT_MS, SCAN_BYTES_MAX, SCANS_WAITING, STATUS_EVERY_MS, Scan, ScannerNode, ScannerPins, Status,
    write_offline_json,
};
pub use tag::{TAG_AWAY_MS, TagNumber};
pub use watchdog::WATCHDOG_MS_DEFAULT;
