//! What stands on the fieldbus and on the site's MQTT: the register maps and words of our nodes, and the model of
//! a device profile.
//!
//! `no_std`, so that the firmware, the gateway and the simulators read one and the same declaration.
//!
//! **Invariant:** no I/O and no clock. A register's address and meaning never change within a map version.
//!
//! Driven by `firmware-nodes` (answers these registers) and `gateway-fieldbus` (reads and writes them).
#![no_std]

#[cfg(feature = "serde")]
extern crate alloc;

pub mod nodes;
#[cfg(feature = "serde")]
pub mod profile;
pub mod scanner;
