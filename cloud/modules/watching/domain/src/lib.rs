//! What people follow, and whether something that became free is it.
//!
//! **Invariant:** no I/O, no clock, no randomness, no SQL. The moment and the zone are parameters.
//!
//! Driven by `cloud-watching`, which reads wishes and free times, asks here, and writes down who is to be told of what.
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

mod found;
mod state;
mod wish;

pub use found::{Span, found};
pub use state::{State, WATCH_DAYS_MAX, WATCHES_MAX, after_months};
pub use wish::{Hours, LENGTHS, Weekdays, Wish};
