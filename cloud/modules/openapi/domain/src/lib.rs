//! Rules of the interface for programs: how fast one may ask, what one may ask for, how secrets are known, where a list
//! goes on.
//!
//! **Invariant:** no I/O, no clock, no randomness, no SQL. The moment is a parameter; secrets come in as text and are kept
//! by nobody here.
//!
//! Driven by `cloud-openapi`.
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

mod address;
mod cursor;
mod pace;
mod repeat;
mod scope;
mod secret;
mod signature;

pub use address::is_public;
pub use cursor::{Cursor, CursorError};
pub use pace::{Pace, Wait};
pub use repeat::{Earlier, Repeated, repeated};
pub use scope::{Scope, Scopes, UnknownScope};
pub use secret::{SecretHash, hash_of};
pub use signature::SigningSecret;
