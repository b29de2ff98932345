//! The register of what can be booked: how an administrator writes it down, and when a place is open.
//!
//! **Invariant:** no I/O, no clock, no ids. A [`Document`] that has been read holds what the database would
//! accept: short names are unique in their place, resources take parts that exist, hours do not overlap.
//!
//! Driven by `cloud-facilities`.
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

mod activity;
mod document;
mod hours;
mod size;

pub use activity::Activity;
pub use document::{Document, DocumentError, FacilityEntry, ResourceEntry, Rules};
pub use hours::{DayHours, Span, open_spans};
pub use size::Size;
