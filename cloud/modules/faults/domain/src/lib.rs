//! What is wrong on site: how it is reported, and what becomes of it; and how well a facility was kept.
//!
//! **Invariant:** no I/O, no clock, no randomness, no SQL.
//!
//! Driven by `cloud-faults`, which reads forms and rows, asks here, and writes down what follows.
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

mod grade;
mod kind;
mod report;
mod state;

pub use grade::{GRADES_MIN, Grade, average_tenths};
pub use kind::Kind;
pub use report::{EMAIL_CHARS_MAX, NAME_CHARS_MAX, Report, TEXT_CHARS_MAX, Typed, Wrong, name, text};
pub use state::{NotNow, State, Step};
