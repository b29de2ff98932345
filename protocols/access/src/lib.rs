//! Who may pass which door, and when: the grant table, the decision, the throttle and the keypad's line.
//!
//! **Invariant:** no I/O, no clock, no randomness; deciding allocates nothing and never panics. What is
//! unknown, unfit or out of order never widens access.
//!
//! Driven by `gateway-core`; `cloud-access` uses the [`Sealer`] alone.
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

mod cut_off;
mod decide;
mod kept;
mod keypad;
mod offline;
mod rows;
mod seal;
mod table;
mod tag;
mod taken_back;
mod throttle;

pub use cut_off::*;
pub use decide::*;
pub use kept::*;
pub use keypad::*;
pub use offline::*;
pub use seal::*;
pub use table::*;
pub use tag::*;
pub use taken_back::TAKEN_BACK_MAX;
pub use throttle::*;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_cut_off;
