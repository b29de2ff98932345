//! Rules of the accessibility statement and of reports: what each must say, and how long it may be (lag 2018:1937 and the
//! regulations to it).
//!
//! **Invariant:** no I/O, no clock, no randomness, no SQL. The day is a parameter.
//!
//! Driven by `cloud-accessibility`.
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

mod report;
mod statement;
mod text;

pub use report::{AIDS_CHARS_MAX, PLACE_CHARS_MAX, Report, ReportWrong};
pub use statement::{Compliance, Method, Statement, StatementWrong};
pub use text::{EMAIL_CHARS_MAX, TEXT_CHARS_MAX, lines};
