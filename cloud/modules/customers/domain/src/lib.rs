//! Customers: what is known of them, who may do what for them on a day, and how one comes into the register.
//!
//! **Invariant:** no I/O, no clock, no ids, and no personal number. Days are parameters; what is refused says why.
//!
//! Driven by `cloud-customers`.
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

mod alike;
mod application;
mod facts;
mod guardian;
mod mandate;
mod number;
mod slug;
mod text;

pub use alike::{Alike, Because, alike, folded, pairs_to_compare};
pub use application::{Application, Impossible, REASON_CHARS_MAX, Reason, Step};
pub use facts::{
    ADDRESS_CHARS_MAX, AgeGroup, Facts, Field, NAME_CHARS_MAX, SPORT_CHARS_MAX, SPORTS_MAX, TOWN_CHARS_MAX,
    WEB_CHARS_MAX, Wrong,
};
pub use guardian::{ADULT_YEARS, adult_on, guardian_until, whole_years};
pub use mandate::{
    Backwards, Hold, LastAdministrator, MANDATES_MAX, Mandate, Role, Standing, Validity, hand_over, may_give,
    unled_from,
};
pub use number::{NotANumber, OrganisationNumber};
pub use slug::slug_of;
pub use text::{EMAIL_OCTETS_MAX, is_email, one_line};
