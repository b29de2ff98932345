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

mod clock;
mod commands;
mod core;
mod fetch;
mod hall;
mod identity;
mod io;
mod journal;
mod lease;
mod outbox;
mod readers;
mod receive;
mod refusal;
mod site;
mod uplink;

pub use crate::core::*;
pub use commands::COMMANDS_PENDING_MAX;
pub use fetch::{FETCH_RETRY_MS, FETCH_RETRY_MS_MAX};
pub use identity::*;
pub use io::*;
pub use journal::{
    BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, BATCHES_IN_FLIGHT_MAX, ENTRY_BYTES_MAX, JOURNAL_ENTRIES_MAX,
    RESEND_MS, RESEND_MS_MAX, UNPERSISTED_MAX, URGENT_MAX,
};
pub use outbox::DISK_STALL_MS;
pub use site::{DEVICES_MAX, DOORS_ON_SITE_MAX, GROUPS_MAX, LAMPS_MAX, ZONES_ON_SITE_MAX};
pub use uplink::{REPORT_MS, RESYNC_MS, RESYNC_MS_MAX};

#[cfg(test)]
mod tests;
