//! What people look for, read from what they typed; what answers it; and what to loosen where nothing does.
//!
//! **Invariant:** no I/O, no clock, no randomness, no SQL. Whatever is typed becomes a [`Query`] or a list of what is
//! wrong with it; nothing typed is ever part of a statement but as letters and digits.
//! **Invariant:** what people wrote about a booking leaves this crate as a [`Doing`] only, a word of our own.
//!
//! Driven by `cloud-search`, which reads register, index and free times.
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

mod doing;
mod hit;
mod near;
mod query;
mod vocabulary;
mod when;

pub use doing::Doing;
pub use hit::{Facts, Free, Hit, hits};
pub use near::{Near, Point};
pub use query::{Filter, Known, PERSONS_MAX, Query, Size, Sort, TEXT_CHARS_MAX, Wrong, WrongField};
pub use vocabulary::{ACTIVITIES, Kind, Words, activity_words};
pub use when::{DAYS_SHOWN, Day, Window};
