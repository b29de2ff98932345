//! What of a file cannot be, and where in it that stands. Pages tell it in the reader's language; the command line in
//! the words of the keys.

use std::fmt;

use jiff::civil::Date;

use crate::ResourceKind;
use crate::wrong::Wrong;

/// Why something in a file, or a change of the register, cannot be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// A value that cannot be, under its key.
    #[error("{0} {1}")]
    Wrong(&'static str, Wrong),
    /// Something that must be said.
    #[error("{0} stands neither here nor in defaults")]
    Needed(&'static str),
    /// Something that stands more than once.
    #[error("stands twice")]
    Twice,
    /// A word that is none of those that there are.
    #[error("{key} \"{text}\" is none of {known}")]
    NoneOf {
        /// Under which key.
        key: &'static str,
        /// As it was written.
        text: String,
        /// Those that there are.
        known: String,
    },
    /// No such zone.
    #[error("time_zone \"{0}\" is no time zone's IANA name")]
    NoZone(String),
    /// No such board.
    #[error("there is no authority \"{0}\"")]
    NoAuthority(String),
    /// No such association, company or unit.
    #[error("owner: there is no association, company or unit \"{0}\"")]
    NoOwner(String),
    /// No such facility.
    #[error("there is no facility \"{0}\"")]
    NoFacility(String),
    /// A facility without anything to book.
    #[error("there must be at least one resource")]
    NoResources,
    /// No such resource.
    #[error("there is no resource \"{0}\"")]
    NoResource(String),
    /// The whole that it is a part of is not there.
    #[error("there is no resource \"{0}\" that it could be a part of")]
    NoParent(String),
    /// The whole stands after its part, or not at all.
    #[error("parent \"{0}\" does not stand before it in the facility")]
    ParentNotBefore(String),
    /// A part without a code.
    #[error("a part has no code")]
    PartWithoutCode,
    /// A part that is named twice.
    #[error("part \"{0}\" stands twice")]
    PartTwice(String),
    /// A part that nothing takes.
    #[error("part \"{0}\" is taken by no resource")]
    PartUnused(String),
    /// A part that the facility does not have.
    #[error("part \"{0}\" is not among the facility's parts")]
    PartUnknown(String),
    /// The whole does not have all of its parts.
    #[error("part \"{0}\" is not a part of its parent")]
    OutsideParent(String),
    /// Something new takes no space.
    #[error("parts must name at least one")]
    NoParts,
    /// Bookings hang on the parts that it has.
    #[error(
        "takes other parts than before, and times from now on are booked on it: let them pass, move or cancel them, or \
         give the new one a slug of its own"
    )]
    Awaited,
    /// More than the facility keeps.
    #[error("there are {0} already, which is as many as a facility keeps")]
    TooMany(usize),
    /// No days of a week.
    #[error("days must be one of mon, tue, wed, thu, fri, sat, sun, or a run such as mon-fri, not \"{0}\"")]
    NoDays(String),
    /// No time of day.
    #[error("{key} must be a time from 00:00 to 24:00, not \"{text}\"")]
    NoClock {
        /// Under which key.
        key: &'static str,
        /// As it was written.
        text: String,
    },
    /// Closed, and open from then to then.
    #[error("closed stands without opens and closes")]
    ClosedAndOpen,
    /// Hours without length.
    #[error("closes must differ from opens")]
    NoLength,
    /// Hours that meet others of the same day.
    #[error("overlaps with another span of the same day")]
    Overlaps,
    /// No measure in centimetres.
    #[error("{key} must be centimetres from 1 to {most}, the smaller first")]
    NoExtent {
        /// Under which key.
        key: &'static str,
        /// The largest that is believed.
        most: u32,
    },
    /// A size of which a side is missing.
    #[error("width_cm and length_cm stand together, and ceiling_cm with them")]
    HalfASize,
    /// What belongs to vehicles and berths alone.
    #[error("licence and boat need a kind: vehicle or berth")]
    KindNeeded,
    /// No such activity.
    #[error("there is no activity \"{0}\"")]
    NoActivity(String),
    /// No such fact of accessibility.
    #[error("there is no accessibility fact \"{0}\"")]
    NoAccessibility(String),
    /// A list that is no list of ours.
    #[error("a list has more than {0} entries")]
    LongList(usize),
    /// A line that is longer than the first.
    #[error("has more cells than there are columns")]
    TooManyCells,
    /// More columns than there are.
    #[error("more than {0} columns")]
    TooManyColumns(usize),
    /// No such column.
    #[error("there is no column \"{name}\"; there are {known}")]
    NoColumn {
        /// As it was written.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// A column that stands twice.
    #[error("column \"{0}\" stands twice")]
    ColumnTwice(String),
    /// A column that must be there.
    #[error("column \"{0}\" is missing")]
    NoSuchColumn(&'static str),
    /// A shape that is no point.
    #[error("geometry must be a Point, not {0}")]
    NoPoint(String),
    /// A point without its two numbers.
    #[error("a point has two coordinates")]
    NoCoordinates,
    /// Not written as it must be; in the words of whoever reads the form.
    #[error("{0}")]
    Unreadable(String),
    /// A clock without its date.
    #[error("{key} must be a date and a time such as 2026-12-24T08:00, not \"{text}\"")]
    NoMoment {
        /// Under which key.
        key: &'static str,
        /// As it was written.
        text: String,
    },
}

impl Fault {
    /// No such kind of thing.
    pub(crate) fn no_kind(text: &str) -> Self {
        Self::none_of("kind", text, &ResourceKind::KEYS)
    }

    /// None of these words.
    pub(crate) fn none_of(key: &'static str, text: &str, known: &[&str]) -> Self {
        Self::NoneOf { key, text: text.to_owned(), known: known.join(", ") }
    }
}

/// What something in a file is about: `facility "solskiftet", resource "hallen"`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// The short name of the facility, where it is about one.
    pub facility: Option<String>,
    /// What of it, or what beside the facilities.
    pub thing: Option<Thing>,
}

/// What something in a file is about, beside a facility.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Thing {
    /// The first line, which names the columns.
    Head,
    /// A point of a map that names no facility.
    Feature,
    /// Hours, by their days.
    Hours(String),
    /// A resource, by its short name.
    Resource(String),
    /// Equipment, by its short name.
    Equipment(String),
    /// Other hours, by their first date.
    Exception(Date),
    /// What is closed, from then on as it was written.
    Closure(String),
    /// A span of the school's year, by its name.
    Period(String),
}

impl Place {
    /// A facility.
    pub fn facility(slug: &str) -> Self {
        Self { facility: Some(slug.to_owned()), thing: None }
    }

    /// Something of a facility.
    pub fn within(facility: &str, thing: Thing) -> Self {
        Self { facility: Some(facility.to_owned()), thing: Some(thing) }
    }

    /// Something beside the facilities.
    pub fn of(thing: Thing) -> Self {
        Self { facility: None, thing: Some(thing) }
    }

    /// A resource.
    pub fn resource(facility: &str, slug: &str) -> Self {
        Self::within(facility, Thing::Resource(slug.to_owned()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(facility) = &self.facility {
            write!(f, "facility \"{facility}\"")?;
        }
        if self.facility.is_some() && self.thing.is_some() {
            f.write_str(", ")?;
        }
        match &self.thing {
            None => Ok(()),
            Some(thing) => thing.fmt(f),
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("line 1"),
            Self::Feature => f.write_str("feature"),
            Self::Hours(days) => write!(f, "opening_hours \"{days}\""),
            Self::Resource(slug) => write!(f, "resource \"{slug}\""),
            Self::Equipment(slug) => write!(f, "equipment \"{slug}\""),
            Self::Exception(first) => write!(f, "exception {first}"),
            Self::Closure(from) => write!(f, "closure from {from}"),
            Self::Period(name) => write!(f, "school_period \"{name}\""),
        }
    }
}
