//! How long what is kept is kept: what a municipality decides about it, and what that means for a record on a day.
//!
//! **Invariant:** no I/O, no clock, no randomness, no SQL. The day is a parameter.
//!
//! Driven by `cloud-records`, which reads decisions and records, asks here, and lets the modules destroy what is theirs.
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

mod decision;
mod erasure;
mod term;

pub use decision::{Decision, DecisionError, MONTHS_MAX, TEXT_MAX};
pub use erasure::{Basis, Fate, fate, the_rest_goes};
pub use term::{last_day_over, until};
