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

mod alternatives;
mod day;
mod free;
mod mass;
mod occupancy;
mod participants;
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

pub use alternatives::{ALTERNATIVES_MAX, alternatives};
pub use day::{DayState, day_state};
pub use free::{Starts, Wish, free_times, stays_and_packages_within};
pub use mass::{
    DISPLACED_MAX, Fate, Kin, MASS_TIMES_MAX, MOVE_DAYS_MAX, MovePlan, Moving, Neighbour, PROPOSAL_DAYS,
    Seeking, Standing, kin, plan_move, propose, remaining, shifted_by,
};
pub use occupancy::{Occupancy, Occupied};
pub use participants::{AgeGroup, Gender, PERSONS_MAX, Participants};
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
pub use series::{Obstacle, Series, obstacles, shifted};
pub use span::{ROW_MINUTES_MAX, SPAN_MINUTES_MAX, STAY_MINUTES_MAX, Span};
pub use status::{CannotBecome, State, Status};
