//! What somebody asks for, checked against the rules.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use protocols_ids::{PartId, ResourceId};

use crate::{Place, Resource, Span};

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

    /// The parts that it takes.
    pub fn parts(&self) -> &[PartId] {
        &self.parts
    }

    /// Whether both cannot be.
    pub fn excludes(&self, other: &Self) -> bool {
        self.span.overlaps(other.span) && self.parts.iter().any(|part| other.parts.contains(part))
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
            Self::Nothing | Self::TooMany { .. } | Self::UnknownResource(_) => Field::Resource,
            Self::Past { .. }
            | Self::TooSoon { .. }
            | Self::TooFar { .. }
            | Self::StartOffStep { .. }
            | Self::Closed { .. }
            | Self::ExcludesOwn { .. } => Field::Start,
            Self::LengthOffStep { .. } | Self::TooShort { .. } | Self::TooLong { .. } => Field::Minutes,
        }
    }
}

/// Checks times against the rules of a place, as they stand now: all of them or everything that is wrong.
pub fn check(place: &Place, asked: &[Asked], now: Timestamp) -> Result<Vec<Occurrence>, Vec<Refusal>> {
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
        match check_one(place, one, now) {
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

pub(crate) fn check_one(place: &Place, asked: &Asked, now: Timestamp) -> Result<Occurrence, Vec<Reason>> {
    let Some(resource) = place.resource(asked.resource) else {
        return Err(vec![Reason::UnknownResource(asked.resource)]);
    };
    let mut reasons: Vec<Reason> = start_reason(place, resource, asked.starts_at, now).into_iter().collect();
    reasons.extend(length_reason(resource, asked.minutes));
    match Span::lasting(asked.starts_at, asked.minutes) {
        Some(span) if reasons.is_empty() => {
            if resource.is_open(span) {
                let parts = resource.parts.clone();
                return Ok(Occurrence { resource: resource.id, span, parts });
            }
            reasons.push(Reason::Closed { open: place.open_on(resource, place.date_of(asked.starts_at)) });
        }
        Some(_) | None => {}
    }
    Err(reasons)
}

fn start_reason(place: &Place, resource: &Resource, starts_at: Timestamp, now: Timestamp) -> Option<Reason> {
    let rules = &resource.rules;
    let after = |minutes: u32| now.saturating_add(SignedDuration::from_mins(minutes.into())).unwrap_or(now);
    let (earliest, latest) = (after(rules.lead_minutes), after(rules.horizon_minutes));
    if starts_at < now {
        Some(Reason::Past { starts_at })
    } else if starts_at < earliest {
        Some(Reason::TooSoon { earliest })
    } else if starts_at > latest {
        Some(Reason::TooFar { latest })
    } else if !place.is_on_step(starts_at, rules.step()) {
        Some(Reason::StartOffStep { step_minutes: rules.step() })
    } else {
        None
    }
}

fn length_reason(resource: &Resource, minutes: u32) -> Option<Reason> {
    let rules = &resource.rules;
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
