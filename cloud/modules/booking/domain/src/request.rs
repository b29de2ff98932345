//! What somebody asks for, checked against the rules.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use protocols_ids::{EquipmentId, PartId, ResourceId};

use crate::rules::blocked_for_all;
use crate::{Nights, Package, Place, PurposeKind, Quota, Rules, Span, Who};

/// Occurrences in one booking at most: a year of weekly times and some more. The write takes them all in one
/// statement.
pub const OCCURRENCES_MAX: usize = 100;

/// One time as it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Of what.
    pub resource: ResourceId,
    /// From.
    pub starts_at: Timestamp,
    /// For how long.
    pub minutes: u32,
}

/// One time that the rules allow. Made by [`check`] only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Occurrence {
    resource: ResourceId,
    span: Span,
    occupies: Span,
    parts: Vec<PartId>,
}

impl Occurrence {
    /// Of what.
    pub const fn resource(&self) -> ResourceId {
        self.resource
    }

    /// When.
    pub const fn span(&self) -> Span {
        self.span
    }

    /// When nobody else has the space: the span with what comes before and after it.
    pub const fn occupies(&self) -> Span {
        self.occupies
    }

    /// The parts that it takes.
    pub fn parts(&self) -> &[PartId] {
        &self.parts
    }

    /// Whether both cannot be.
    pub fn excludes(&self, other: &Self) -> bool {
        self.occupies.overlaps(other.occupies) && self.parts.iter().any(|part| other.parts.contains(part))
    }
}

/// What of a request is refused, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Which of the times, from 0.
    pub occurrence: usize,
    /// Why.
    pub reason: Reason,
}

/// The field of a request that an error stands beside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// What is asked for.
    Resource,
    /// From when.
    Start,
    /// For how long.
    Minutes,
    /// On whose account.
    Customer,
    /// What for.
    Purpose,
    /// How many take part.
    Persons,
    /// Who drives.
    Driver,
    /// Whether the driver has the licence.
    Licence,
    /// What the boat is called.
    Boat,
    /// How long the boat is.
    BoatLength,
    /// How broad the boat is.
    BoatBeam,
    /// How many of a piece of equipment.
    Equipment(EquipmentId),
}

/// Why a time cannot be asked for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    /// No time was asked for.
    #[error("no time is asked for")]
    Nothing,
    /// Too many at once.
    #[error("{asked} times are asked for, at most {most}")]
    TooMany {
        /// How many were asked for.
        asked: usize,
        /// How many may be.
        most: usize,
    },
    /// It is not here.
    #[error("resource {0} is not at this facility")]
    UnknownResource(ResourceId),
    /// It has begun, or is over.
    #[error("starts at {starts_at}, which has passed")]
    Past {
        /// When it would have started.
        starts_at: Timestamp,
    },
    /// Too little time is left.
    #[error("starts too soon, earliest {earliest}")]
    TooSoon {
        /// The earliest start now.
        earliest: Timestamp,
    },
    /// It cannot be booked yet.
    #[error("starts too far away, latest {latest}")]
    TooFar {
        /// The latest start now.
        latest: Timestamp,
    },
    /// It does not start where times start.
    #[error("does not start on a multiple of {step_minutes} minutes")]
    StartOffStep {
        /// The step.
        step_minutes: u32,
    },
    /// It does not end where times end.
    #[error("does not last a multiple of {step_minutes} minutes")]
    LengthOffStep {
        /// The step.
        step_minutes: u32,
    },
    /// Too short.
    #[error("shorter than {shortest_minutes} minutes")]
    TooShort {
        /// The shortest.
        shortest_minutes: u32,
    },
    /// Too long.
    #[error("longer than {longest_minutes} minutes")]
    TooLong {
        /// The longest.
        longest_minutes: u32,
    },
    /// The place is closed during some of it.
    #[error("closed during some of it")]
    Closed {
        /// When it is open on the date that it starts.
        open: Vec<Span>,
    },
    /// It is not one of the spans that are booked here.
    #[error("is none of the packages that are booked here")]
    NotAPackage {
        /// Their names.
        names: Vec<String>,
    },
    /// It is not a stay as they are booked here.
    #[error("is not from {} on one day to {} on another, at most {} nights", nights.arrive, nights.leave, nights.most)]
    NotAStay {
        /// How stays are booked.
        nights: Nights,
    },
    /// It is asked about, not booked.
    #[error("is not booked directly")]
    ByEnquiry,
    /// It is for others.
    #[error("is for others")]
    NotForYou {
        /// For whom.
        who: Vec<Who>,
    },
    /// It is for something else.
    #[error("is for other purposes")]
    OtherPurpose {
        /// For what.
        purposes: Vec<PurposeKind>,
    },
    /// Whoever books is too young.
    #[error("whoever books must be {least}")]
    TooYoung {
        /// How old one must be.
        least: u8,
    },
    /// Too few working days are left.
    #[error("must be booked {least} working days before")]
    TooFewWorkingDays {
        /// How many there must be between.
        least: u32,
    },
    /// Nobody books then, or only others.
    #[error("blocked: {why}")]
    Blocked {
        /// Why, in the municipality's words.
        why: String,
    },
    /// The customer has as much as it may have.
    #[error("more than the quota")]
    OverQuota {
        /// What it may have.
        quota: Quota,
    },
    /// Too many people.
    #[error("is for at most {most} people")]
    TooManyPersons {
        /// How many it is for.
        most: u32,
    },
    /// It must be said how many come.
    #[error("needs the number of people")]
    PersonsMissing,
    /// It must be said who drives.
    #[error("needs the driver's name")]
    DriverMissing,
    /// The driver must have a licence.
    #[error("needs a driver with a licence{}", class.as_ref().map(|class| format!(" {class}")).unwrap_or_default())]
    LicenceMissing {
        /// Its class, where one is asked for.
        class: Option<String>,
    },
    /// It must be said which boat.
    #[error("needs the boat's name, length and beam")]
    BoatMissing,
    /// The boat does not fit from stem to stern.
    #[error("is for boats of at most {most_cm} cm in length")]
    BoatTooLong {
        /// The longest that does.
        most_cm: u32,
    },
    /// The boat does not fit across.
    #[error("is for boats of at most {most_cm} cm in beam")]
    BoatTooBroad {
        /// The broadest that does.
        most_cm: u32,
    },
    /// It is not lent with this.
    #[error("equipment {0} cannot be had with this")]
    NoSuchEquipment(EquipmentId),
    /// Its facility is of another authority, or in another time zone, than the first time's.
    #[error("cannot be in one booking with the first time")]
    Apart,
    /// A condition of the municipality's own.
    #[error("{say}")]
    Condition {
        /// In its words.
        say: String,
    },
    /// It excludes another time of the same request.
    #[error("excludes time {other} of the same request")]
    ExcludesOwn {
        /// Which, from 0; an earlier one.
        other: usize,
    },
}

impl Reason {
    /// The field that it is about.
    pub const fn field(&self) -> Field {
        match self {
            Self::Nothing
            | Self::TooMany { .. }
            | Self::UnknownResource(_)
            | Self::Apart
            | Self::ByEnquiry => Field::Resource,
            Self::NotForYou { .. } | Self::TooYoung { .. } | Self::OverQuota { .. } => Field::Customer,
            Self::OtherPurpose { .. } => Field::Purpose,
            Self::TooManyPersons { .. } | Self::PersonsMissing => Field::Persons,
            Self::DriverMissing => Field::Driver,
            Self::LicenceMissing { .. } => Field::Licence,
            Self::BoatMissing => Field::Boat,
            Self::BoatTooLong { .. } => Field::BoatLength,
            Self::BoatTooBroad { .. } => Field::BoatBeam,
            Self::NoSuchEquipment(equipment) => Field::Equipment(*equipment),
            Self::Past { .. }
            | Self::TooSoon { .. }
            | Self::TooFar { .. }
            | Self::StartOffStep { .. }
            | Self::Closed { .. }
            | Self::NotAPackage { .. }
            | Self::NotAStay { .. }
            | Self::TooFewWorkingDays { .. }
            | Self::Blocked { .. }
            | Self::Condition { .. }
            | Self::ExcludesOwn { .. } => Field::Start,
            Self::LengthOffStep { .. } | Self::TooShort { .. } | Self::TooLong { .. } => Field::Minutes,
        }
    }
}

/// Checks times against what a place's rules say of times, as they stand now: all of them or everything that is wrong.
/// Rules about people are [`judge`](crate::judge)'s.
pub fn check(place: &Place, asked: &[Asked], now: Timestamp) -> Result<Vec<Occurrence>, Vec<Refusal>> {
    check_all(asked, |one| check_one(place, one, now))
}

/// Checks each time by `check`, and that no two of them exclude each other.
pub(crate) fn check_all(
    asked: &[Asked],
    check: impl Fn(&Asked) -> Result<Occurrence, Vec<Reason>>,
) -> Result<Vec<Occurrence>, Vec<Refusal>> {
    if asked.is_empty() {
        return Err(vec![Refusal { occurrence: 0, reason: Reason::Nothing }]);
    }
    if asked.len() > OCCURRENCES_MAX {
        let reason = Reason::TooMany { asked: asked.len(), most: OCCURRENCES_MAX };
        return Err(vec![Refusal { occurrence: 0, reason }]);
    }
    let mut accepted: Vec<Occurrence> = Vec::with_capacity(asked.len());
    let mut refusals = Vec::new();
    for (occurrence, one) in asked.iter().enumerate() {
        match check(one) {
            Ok(new) => {
                if let Some(other) = accepted.iter().position(|earlier| earlier.excludes(&new)) {
                    refusals.push(Refusal { occurrence, reason: Reason::ExcludesOwn { other } });
                }
                accepted.push(new);
            }
            Err(reasons) => refusals.extend(reasons.into_iter().map(|reason| Refusal { occurrence, reason })),
        }
    }
    if refusals.is_empty() { Ok(accepted) } else { Err(refusals) }
}

/// The parts that these occurrences take, each once, in the order in which every writer locks them.
pub fn parts_in_lock_order(occurrences: &[Occurrence]) -> Vec<PartId> {
    let parts: BTreeSet<PartId> = occurrences.iter().flat_map(|one| one.parts.iter().copied()).collect();
    parts.into_iter().collect()
}

/// How far ahead of its start a time is booked, in minutes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ahead {
    /// At the latest.
    pub(crate) lead: u32,
    /// At the earliest.
    pub(crate) horizon: u32,
}

/// Checks what is the same for everybody: also the times in which nobody books, whoever they are.
pub(crate) fn check_one(place: &Place, asked: &Asked, now: Timestamp) -> Result<Occurrence, Vec<Reason>> {
    let ahead = |rules: &Rules| Ahead { lead: rules.lead_minutes, horizon: rules.horizon_minutes };
    let occurrence = check_span(place, asked, now, ahead)?;
    match place.rules_of(asked).and_then(|rules| blocked_for_all(place, rules, occurrence.span)) {
        Some(blocked) => Err(vec![Reason::Blocked { why: blocked.reason.clone() }]),
        None => Ok(occurrence),
    }
}

pub(crate) fn check_span(
    place: &Place,
    asked: &Asked,
    now: Timestamp,
    ahead: impl Fn(&Rules) -> Ahead,
) -> Result<Occurrence, Vec<Reason>> {
    let Some(resource) = place.resource(asked.resource) else {
        return Err(vec![Reason::UnknownResource(asked.resource)]);
    };
    let rules = resource.rules.on(place.date_of(asked.starts_at));
    let mut reasons: Vec<Reason> = ahead_reason(asked.starts_at, ahead(rules), now).into_iter().collect();
    if rules.by_step() {
        if reasons.is_empty() && !place.is_on_step(asked.starts_at, rules.step()) {
            reasons.push(Reason::StartOffStep { step_minutes: rules.step() });
        }
        reasons.extend(length_reason(rules, asked.minutes));
    } else if reasons.is_empty() {
        reasons.extend(unit_reason(place, rules, asked));
    }
    match Span::lasting(asked.starts_at, asked.minutes) {
        Some(span) if reasons.is_empty() => {
            let open =
                if rules.by_step() { resource.is_open(span) } else { place.opens_every_day(resource, span) };
            if open {
                let (before, after) = resource.buffer;
                let occupies = span.widened(before, after);
                return Ok(Occurrence {
                    resource: resource.id,
                    span,
                    occupies,
                    parts: resource.parts.clone(),
                });
            }
            reasons.push(Reason::Closed { open: place.open_on(resource, place.date_of(asked.starts_at)) });
        }
        Some(_) | None => {}
    }
    Err(reasons)
}

fn ahead_reason(starts_at: Timestamp, ahead: Ahead, now: Timestamp) -> Option<Reason> {
    let after = |minutes: u32| now.saturating_add(SignedDuration::from_mins(minutes.into())).unwrap_or(now);
    let (earliest, latest) = (after(ahead.lead), after(ahead.horizon));
    if starts_at < now {
        Some(Reason::Past { starts_at })
    } else if starts_at < earliest {
        Some(Reason::TooSoon { earliest })
    } else if starts_at > latest {
        Some(Reason::TooFar { latest })
    } else {
        None
    }
}

fn length_reason(rules: &Rules, minutes: u32) -> Option<Reason> {
    if minutes < rules.shortest() {
        Some(Reason::TooShort { shortest_minutes: rules.shortest() })
    } else if minutes > rules.longest() {
        Some(Reason::TooLong { longest_minutes: rules.longest() })
    } else if !minutes.is_multiple_of(rules.step()) {
        Some(Reason::LengthOffStep { step_minutes: rules.step() })
    } else {
        None
    }
}

/// What is wrong with a time where stays or packages are booked.
fn unit_reason(place: &Place, rules: &Rules, asked: &Asked) -> Option<Reason> {
    let date = place.date_of(asked.starts_at);
    let span = Span::lasting(asked.starts_at, asked.minutes);
    if let Some(nights) = rules.nights {
        let fits =
            span.is_some_and(|span| stay(place, nights, date, place.date_of(span.ends_at())) == Some(span));
        return (!fits).then_some(Reason::NotAStay { nights });
    }
    let fits =
        rules.packages.iter().any(|package| span.is_some() && package_on(place, package, date) == span);
    let names = || rules.packages.iter().map(|package| package.name().to_owned()).collect();
    (!fits).then(|| Reason::NotAPackage { names: names() })
}

/// The stay from one date to another; `None` where it is none, or too long.
pub fn stay(place: &Place, nights: Nights, arrives: Date, leaves: Date) -> Option<Span> {
    let count = leaves.since(arrives).ok()?.get_days();
    let fits = count > 0 && u32::try_from(count).is_ok_and(|count| count <= nights.most);
    let starts_at = place.at(arrives, nights.arrive.of_day()).filter(|_| fits)?;
    Span::new(starts_at, place.at(leaves, nights.leave.of_day())?)
}

/// The span of a package that begins on a date.
pub fn package_on(place: &Place, package: &Package, date: Date) -> Option<Span> {
    match *package {
        Package::Weekly { weekday, starts, days, ends, .. } => {
            let last = date.checked_add(i64::from(days).days()).ok()?;
            let span = Span::new(place.at(date, starts.of_day())?, place.at(last, ends.of_day())?)?;
            (date.weekday().to_monday_one_offset() == weekday).then_some(span)
        }
        Package::Dated { first, last, .. } => {
            let span = Span::new(place.at(first, 0)?, place.at(last, 1440)?)?;
            (date == first).then_some(span)
        }
    }
}
