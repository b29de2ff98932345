//! Price lists: how they are written down, which one holds, and what a span costs.
//!
//! **Invariant:** no I/O, no clock. Money is whole öre, never a binary fraction. Where a list is silent there
//! is no price: nothing here turns an absent price into zero, or into another group's.
//!
//! Driven by `cloud-pricing`.
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

mod document;
mod price;

pub use document::{Document, DocumentError, GroupEntry, RateEntry, ResourceRef, TariffEntry};
pub use price::{Offer, Price, PriceLine, price, rates};
