//! What an identity system may say of staff, and what follows: filters, paths and changes of SCIM (RFC 7643, RFC 7644),
//! accounts and groups as they are kept, and which groups give which roles.
//!
//! **Invariant:** no I/O, no clock, no randomness, no SQL. Whatever comes in, nothing here panics; what is kept is bounded.
//!
//! Driven by `cloud-staff`.
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

mod account;
mod attribute;
mod filter;
mod patch;
mod rule;
mod secret;
mod team;
mod wrong;

pub use account::{Account, EMAILS_MAX, TEXT_CHARS_MAX, account_json};
pub use filter::{Filter, parse_filter};
pub use patch::{OPERATIONS_MAX, Target, patch};
pub use rule::{Given, roles_of};
pub use secret::SecretHash;
pub use team::{MEMBERS_MAX, Team};
pub use wrong::Wrong;
