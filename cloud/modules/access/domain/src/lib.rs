//! Who may pass which door because of a booking, and how a gateway's copy is kept in step: pure rules.
//!
//! **Invariant:** no I/O, no clock, no randomness, no database. A rule that cannot be applied gives less access,
//! never more.
//!
//! Driven by `cloud-access`.
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

mod batch;
mod grant;
mod journal;
mod offline;
mod pin;
mod position;
mod standing;

pub use batch::{BatchHead, split};
pub use grant::{BookedTime, DoorTiming, OpenSpan, Reach, TooManyDoors, grant, open_span};
pub use journal::{JournalPlace, Placed, Walk, WalkError, place};
pub use offline::{
    OFFLINE_AHEAD_MS, REPORT_EVERY_MS, TOKEN_AHEAD_MS, TOKEN_MS, TokenFor, TokenTime, needs_offline_pin,
    offline_pins_taken_from, offline_times, token, token_time,
};
pub use pin::{PIN_DIGITS, Pin};
pub use position::{Ledger, Reported, expected, judge};
pub use standing::{GrantView, Link, Standing, standing};
