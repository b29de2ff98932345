//! The only SQL of the module. Functions take the caller's transaction and touch schema `access`.

pub(crate) mod alarm;
pub(crate) mod command;
pub(crate) mod enrolment;
pub(crate) mod gateway;
pub(crate) mod grant;
pub(crate) mod handing;
pub(crate) mod held;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod lead;
pub(crate) mod names;
pub(crate) mod observe;
pub(crate) mod offline;
pub(crate) mod site;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_wire::UnixMs;

/// An instant as a parameter of a statement.
fn time(at: Timestamp) -> jiff_sqlx::Timestamp {
    at.to_sqlx()
}

/// A counter as it is stored. Counters of ours never come near the end of `bigint`; one from outside that
/// does is refused before it gets here.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A counter as it was stored.
fn counted(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// An instant on the wire.
pub(crate) fn wire_time(at: Timestamp) -> UnixMs {
    UnixMs(at.as_millisecond())
}

/// An instant from the wire; what lies outside the calendar becomes its nearest end.
pub(crate) fn calendar_time(at: UnixMs) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
