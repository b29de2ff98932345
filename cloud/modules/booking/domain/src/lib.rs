//! What may be booked, what is free, and what becomes of a booking.
//!
//! **Invariant:** no I/O, no clock, no randomness, no SQL. The moment is a parameter; the zone belongs to the
//! [`Place`]; everything else is an instant.
//!
//! Driven by `cloud-booking`, which reads the rows, asks here, and lets the database prevent what this crate
//! explains.
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

mod alternatives;
mod free;
mod occupancy;
mod place;
mod purpose;
mod request;
mod schedule;
mod span;
mod status;
#[cfg(test)]
mod tests;

pub use alternatives::{ALTERNATIVES_MAX, alternatives};
pub use free::{Starts, Wish, free_times};
pub use occupancy::{Occupancy, Occupied};
pub use place::{Place, Resource, Rules};
pub use purpose::{PURPOSE_CHARS_MAX, Purpose, PurposeError};
pub use request::{Asked, Field, OCCURRENCES_MAX, Occurrence, Reason, Refusal, check, parts_in_lock_order};
pub use schedule::{Cell, cells, row_minutes, rows};
pub use span::{SPAN_MINUTES_MAX, Span};
pub use status::{CannotBecome, State, Status};
