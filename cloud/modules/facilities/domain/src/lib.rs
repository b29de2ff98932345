//! The register of what can be booked: how an administrator writes it down, and when a place is open.
//!
//! **Invariant:** no I/O, no clock, no ids. A [`Document`] that has been read holds what the database would
//! accept: short names are unique in their place, resources take parts that exist, hours do not overlap.
//!
//! Driven by `cloud-facilities`.
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

mod accessibility;
mod activity;
mod calendar;
mod closures;
mod document;
mod facts;
mod fault;
mod holiday;
mod hours;
mod kind;
mod size;
mod state;
mod tables;
mod wrong;

pub use accessibility::Accessibility;
pub use activity::Activity;
pub use calendar::{
    Calendar, Closed, DayKind, DayRun, Exception, PeriodKind, Reach, RegularHours, SchoolPeriod, clock_word,
    clock_words, day_runs, hours_words, school_day,
};
pub use closures::{ClosedKind, ClosureEntry, ClosureRow, read_closures, tells_of_closures, write_closures};
pub use document::{
    Document, DocumentError, EquipmentEntry, ExceptionEntry, FILE_BYTES_MAX, FacilityEntry, FacilityPatch,
    PeriodEntry, Refusal, ResourceEntry, ResourcePatch, clock_span, minute_of_day, overlap,
};
pub use facts::{Change, EquipmentFacts, FacilityFacts, OTHER_IDS_MAX, Position, ResourceFacts, changes};
pub use fault::{Fault, Place, Thing};
pub use holiday::{SpecialDay, easter};
pub use hours::{DayHours, Span, open_spans};
pub use kind::{Boat, ResourceKind};
pub use size::Size;
pub use state::{ExceptionState, ResourceState, State, differences, merged};
pub use tables::{ResourceRow, RowEntry, Rows, read_geojson, read_resources, write_geojson, write_resources};
pub use wrong::{
    BOAT_CM_MAX, BUFFER_MINUTES_MAX, LINE_CHARS_MAX, NAME_CHARS_MAX, PERSONS_MAX, STOCK_MAX, TEXT_CHARS_MAX,
    Wrong, check_name, check_slug, check_text, read_metres, read_number, slug_of,
};
