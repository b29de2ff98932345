//! What is told by which channel, and when: a person's choices, quiet hours, numbers, and how long a short message is.
//!
//! **Invariant:** no I/O, no clock, no randomness, no SQL. The moment and the zone are parameters.
//!
//! Driven by `cloud-notifications`, which reads what people chose, asks here, and writes down what is to be sent.
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
mod channel;
mod proof;
mod quiet;
mod short;
mod template;

pub use address::{EMAIL_CHARS_MAX, EmailAddress, MobileNumber, NoAddress};
pub use channel::{Channel, Choices, Planned, Reach, Topic, Wishes, plan};
pub use proof::{Asked, Judged, PROOF_MINUTES, PROOFS_A_DAY_MAX, WRONG_MAX, judge, may_ask};
pub use quiet::{QuietChoice, QuietHours, is_urgent};
pub use short::{SEGMENTS_MAX, fit, segments};
pub use template::{
    PARAGRAPH_CHARS_MAX, Place, SUBJECT_CHARS_MAX, TemplateError, check_paragraph, check_subject, fill,
};
