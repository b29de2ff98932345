//! What may be booked, what is free, and what becomes of a booking.
//!
//! **Invariant:** no I/O, no clock, no randomness, no SQL. The moment is a parameter; the zone belongs to the
//! [`Place`]; everything else is an instant.
//!
//! Driven by `cloud-booking`, which reads the rows, asks here, and lets the database prevent what this crate
//! explains.
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

mod accessory;
mod again;
mod alternatives;
mod contacts;
mod day;
mod enquiry;
mod free;
mod guests;
mod mass;
mod occupancy;
mod participants;
mod particulars;
mod place;
mod purpose;
mod request;
mod rules;
mod schedule;
mod series;
mod span;
mod status;
#[cfg(test)]
mod tests;

pub use accessory::{ACCESSORIES_MAX, ACCESSORY_COUNT_MAX, Accessory};
pub use again::{Again, again};
pub use alternatives::{ALTERNATIVES_MAX, alternatives, neighbourhood};
pub use contacts::{
    CONTACT_MESSAGE_CHARS_MAX, CONTACT_PLACES_MAX, CONTACTS_MAX, Concern, ContactDuty, ContactPlace,
    ContactRole, choices_for, who_must_know,
};
pub use day::{DayState, day_state};
pub use enquiry::{
    ENQUIRIES_OPEN_MAX, ENQUIRY_MESSAGES_MAX, ENQUIRY_TEXT_CHARS_MAX, ENQUIRY_WHEN_CHARS_MAX, EnquiryEnded,
    EnquiryState,
};
pub use free::{Starts, Wish, free_times, stays_and_packages_within};
pub use guests::{
    EMAIL_CHARS_MAX, Email, FullHouse, GUEST_TIMES_MAX, GUESTS_EVER_MAX, GUESTS_MAX, GuestTimes,
    NAME_CHARS_MAX, Parted, PersonName, room_for_guest,
};
pub use mass::{
    DISPLACED_MAX, Fate, Kin, MASS_TIMES_MAX, MOVE_DAYS_MAX, MovePlan, Moving, Neighbour, PROPOSAL_DAYS,
    Seeking, Standing, kin, plan_move, propose, remaining, shifted_by,
};
pub use occupancy::{Occupancy, Occupied};
pub use participants::{AgeGroup, Gender, PERSONS_MAX, Participants};
pub use particulars::{Boat, Driver, Particulars, ParticularsError, Peculiar, centimetres};
pub use place::{Place, Resource};
pub use purpose::{PURPOSE_CHARS_MAX, Purpose, PurposeError, PurposeKind};
pub use request::{
    Asked, Field, OCCURRENCES_MAX, Occurrence, Reason, Refusal, check, package_on, parts_in_lock_order, stay,
};
pub use rules::{
    Approval, Asker, Blocked, CONDITION_CHARS_MAX, CancelFee, Cancellation, CancelledTime, Condition,
    ConditionError, CustomerKind, Difference, Due, Early, Effect, Facts, Judged, Layer, Minute, Nights,
    Package, Parameter, Parameters, ParametersError, Period, Priority, Quota, ReadCondition, Request,
    RuleBook, Rules, Scope, Used, Who, WhyApproval, blocked_on, cancel_step, cancel_terms, cancellation, cut,
    differences, free_until, judge, judge_one, meets, monday, priority,
};
pub use schedule::{Cell, cells, row_minutes, rows};
pub use series::{Every, Obstacle, Series, obstacles, shifted};
pub use span::{ROW_MINUTES_MAX, SPAN_MINUTES_MAX, STAY_MINUTES_MAX, Span};
pub use status::{CannotBecome, State, Status};
