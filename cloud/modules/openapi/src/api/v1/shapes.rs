//! What version 1 says and understands. Fields are added; what is here keeps its name and meaning.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use cloud_contracts::{
    BookingRecord, BookingState, Customer, CustomerKind, Facility as Known, Resource as KnownResource,
    ResourceKind,
};
use jiff::Timestamp;
use openapi_domain::Cursor;
use protocols_ids::Uuid;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::problem::{Kind, Problem};

/// Things of one answer, where a program says nothing.
const LIMIT_DEFAULT: u32 = 50;
/// Things of one answer at most.
pub(crate) const LIMIT_MAX: u32 = 200;

/// How much of a list is wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// `next` of the answer before this one.
    #[param(nullable = false)]
    cursor: Option<String>,
    /// How many at most.
    #[param(minimum = 1, maximum = 200, nullable = false)]
    limit: Option<u32>,
}

impl Page {
    /// As it stood in a query with more.
    pub(crate) const fn new(cursor: Option<String>, limit: Option<u32>) -> Self {
        Self { cursor, limit }
    }

    /// Where the list goes on, and how many of it are wanted.
    pub(crate) fn read(&self) -> Result<(Option<Cursor>, usize), Problem> {
        let cursor = self.cursor.as_deref().map(str::parse::<Cursor>).transpose();
        let cursor = cursor.map_err(|error| Problem::field("cursor", "unknown", error.to_string()))?;
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            let message = format!("must be from 1 to {LIMIT_MAX}");
            return Err(Problem::field("limit", "out-of-range", message));
        }
        Ok((cursor, usize::try_from(limit).unwrap_or(usize::MAX)))
    }
}

/// What stood in the query, or what is wrong with it.
pub(crate) fn query<T>(read: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    match read {
        Ok(Query(query)) => Ok(query),
        Err(rejection) => Err(Problem::field("query", "unreadable", rejection.body_text())),
    }
}

/// The id in the path; what is none names nothing.
pub(crate) fn id<T>(read: Result<Path<T>, PathRejection>) -> Result<T, Problem> {
    read.map(|Path(id)| id).map_err(|_| Problem::new(Kind::NotFound))
}

/// A part of the list of facilities.
#[derive(Serialize, ToSchema)]
pub(crate) struct FacilityList {
    /// The facilities, by name.
    pub(crate) facilities: Vec<Facility>,
    /// The `cursor` of what follows; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) next: Option<String>,
}

/// A place with an address, and all that can be booked there.
#[derive(Serialize, ToSchema)]
pub(crate) struct Facility {
    id: Uuid,
    /// Its name in paths: its page is `/facilities/{slug}`.
    slug: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    address: Option<String>,
    /// Where its clocks are (IANA).
    #[schema(example = "Europe/Stockholm")]
    time_zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    position: Option<Position>,
    description: String,
    resources: Vec<Resource>,
}

/// A point on the map, in degrees (WGS 84).
#[derive(Serialize, ToSchema)]
pub(crate) struct Position {
    latitude: f64,
    longitude: f64,
}

/// What can be booked.
#[derive(Serialize, ToSchema)]
pub(crate) struct Resource {
    id: Uuid,
    /// The facility where it is.
    facility: Uuid,
    /// The whole that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parent: Option<Uuid>,
    slug: String,
    name: String,
    /// `hall`, `pitch`, `room`, `premises`, `lodging`, `vehicle`, `berth` or `other`; there may come more.
    #[schema(example = "hall")]
    kind: &'static str,
    /// How many people it is for, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    persons_max: Option<u32>,
    /// What it is good for, as keys: `floorball`.
    activities: Vec<String>,
    description: String,
}

impl Facility {
    pub(crate) fn of(known: &Known) -> Self {
        Self {
            id: known.id.uuid(),
            slug: known.slug.clone(),
            name: known.name.clone(),
            address: known.address.clone(),
            time_zone: known.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            position: known.position.map(|at| Position { latitude: at.latitude, longitude: at.longitude }),
            description: known.description.clone(),
            resources: known.resources.iter().map(|one| Resource::of(known, one)).collect(),
        }
    }
}

impl Resource {
    pub(crate) fn of(facility: &Known, known: &KnownResource) -> Self {
        let kind = match &known.kind {
            ResourceKind::Hall => "hall",
            ResourceKind::Pitch => "pitch",
            ResourceKind::Room => "room",
            ResourceKind::Premises => "premises",
            ResourceKind::Lodging => "lodging",
            ResourceKind::Vehicle { .. } => "vehicle",
            ResourceKind::Berth { .. } => "berth",
            ResourceKind::Other => "other",
        };
        Self {
            id: known.id.uuid(),
            facility: facility.id.uuid(),
            parent: known.parent.map(Into::into),
            slug: known.slug.clone(),
            name: known.name.clone(),
            kind,
            persons_max: known.persons_max,
            activities: known.activities.clone(),
            description: known.description.clone(),
        }
    }
}

/// Free times of a resource.
#[derive(Serialize, ToSchema)]
pub(crate) struct FreeTimes {
    /// Each would be accepted as a booking now, as far as can be known without who books. In order.
    pub(crate) times: Vec<FreeTime>,
    /// Whether these are all that begin on the dates asked for; otherwise there are more later.
    pub(crate) complete: bool,
}

/// A time that is free.
#[derive(Serialize, ToSchema)]
pub(crate) struct FreeTime {
    /// From.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) starts_at: Timestamp,
    /// To.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) ends_at: Timestamp,
}

/// For whom the program may act.
#[derive(Serialize, ToSchema)]
pub(crate) struct CustomerList {
    pub(crate) customers: Vec<CustomerShape>,
}

/// On whose account something is.
#[derive(Serialize, ToSchema)]
#[schema(as = Customer)]
pub(crate) struct CustomerShape {
    id: Uuid,
    name: String,
    /// `person`, `association`, `company` or `unit`.
    #[schema(example = "association")]
    kind: &'static str,
}

impl CustomerShape {
    pub(crate) fn of(known: &Customer) -> Self {
        let kind = match known.kind {
            CustomerKind::Person => "person",
            CustomerKind::Association => "association",
            CustomerKind::Company => "company",
            CustomerKind::Unit => "unit",
        };
        Self { id: known.id.uuid(), name: known.name.clone(), kind }
    }
}

/// A part of the list of bookings.
#[derive(Serialize, ToSchema)]
pub(crate) struct BookingList {
    /// The bookings, latest first.
    pub(crate) bookings: Vec<Booking>,
    /// The `cursor` of what follows; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) next: Option<String>,
}

/// One agreement with one number. The code for the door is on its page, and nowhere here.
#[derive(Serialize, ToSchema)]
pub(crate) struct Booking {
    id: Uuid,
    /// As people see it.
    number: u64,
    /// `held`, `requested`, `confirmed`, `refused` or `cancelled`.
    #[schema(example = "confirmed")]
    status: &'static str,
    /// Until when its times are held, while it is `held`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    held_until: Option<Timestamp>,
    /// On whose account.
    customer: Uuid,
    /// What that customer was called when it was booked.
    customer_name: String,
    purpose: String,
    purpose_kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    persons: Option<u32>,
    /// What it costs, in öre; none where the price list is silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    price_ore: Option<i64>,
    /// What an officer said when deciding.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    decision_reason: Option<String>,
    /// Its times, in order.
    times: Vec<BookedTime>,
}

/// A time of a booking.
#[derive(Serialize, ToSchema)]
pub(crate) struct BookedTime {
    id: Uuid,
    facility: Uuid,
    resource: Uuid,
    /// From.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// To.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
}

impl Booking {
    pub(crate) fn of(record: &BookingRecord) -> Self {
        let (status, held_until) = match record.state {
            BookingState::Held { until } => ("held", Some(until)),
            BookingState::Requested => ("requested", None),
            BookingState::Confirmed => ("confirmed", None),
            BookingState::Refused => ("refused", None),
            BookingState::Cancelled => ("cancelled", None),
        };
        let times = record.times.iter().map(|time| BookedTime {
            id: time.id.uuid(),
            facility: time.facility.uuid(),
            resource: time.resource.uuid(),
            starts_at: time.starts_at,
            ends_at: time.ends_at,
        });
        Self {
            id: record.id.uuid(),
            number: record.number,
            status,
            held_until,
            customer: record.customer.uuid(),
            customer_name: record.customer_name.clone(),
            purpose: record.purpose.clone(),
            purpose_kind: record.purpose_kind,
            persons: record.persons,
            price_ore: record.price_ore,
            decision_reason: record.decision_reason.clone(),
            times: times.collect(),
        }
    }
}

/// What is to be booked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBooking {
    /// On whose account.
    pub(crate) customer: Uuid,
    /// What for, in one line.
    #[schema(min_length = 1, max_length = 120)]
    pub(crate) purpose: String,
    /// `training`, `match`, `event`, `school`, `meeting`, `private`, `overnight` or `other`, which it is where nothing is
    /// said.
    #[serde(default = "other")]
    #[schema(example = "training")]
    pub(crate) purpose_kind: String,
    /// How many come.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 50_000)]
    pub(crate) persons: Option<u32>,
    /// The times, at facilities of one authority: all of them are booked, or none.
    #[schema(min_items = 1, max_items = 100)]
    pub(crate) times: Vec<NewTime>,
    /// Whether the times are held for some minutes first, to be booked by `…/confirm`.
    #[serde(default)]
    pub(crate) hold: bool,
}

fn other() -> String {
    "other".to_owned()
}

/// A time that is to be booked.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTime {
    /// What.
    pub(crate) resource: Uuid,
    /// From.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) start: Timestamp,
    /// How long.
    #[schema(minimum = 1, maximum = 527_040)]
    pub(crate) minutes: u32,
}

/// What is to become of a booking.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// The times that it has no more.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub(crate) give_up: Vec<Uuid>,
    /// The times that it has instead, or as well.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub(crate) take: Vec<NewTime>,
}
