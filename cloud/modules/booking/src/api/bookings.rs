//! `POST /api/unstable/bookings`: books a list of times at facilities of one authority, all of them or none.
//!
//! Unstable: shape and path change without notice until the API is versioned. Needs a signed-in session.
//!
//! | status | body | when |
//! |---|---|---|
//! | 201 | `{"booking":"…","number":1001}` | booked, now or by an earlier request with the same key |
//! | 202 | the same | an officer decides; the times are kept |
//! | 401 | `{"errors":[…]}` | nobody has signed in |
//! | 409 | `{"clashes":[{"occurrence":0,"resource":"…","start":"…","minutes":60}]}` | taken; nothing was booked |
//! | 413, 415, 422 | `{"errors":[{"field":"purpose","code":"blank","message":"…"}]}` | not a request, or against the rules |

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Json};
use axum::response::{IntoResponse, Response};
use booking_domain::{
    ACCESSORIES_MAX, ACCESSORY_COUNT_MAX, Accessory, Asked, PERSONS_MAX, Participants, Particulars, Purpose,
    PurposeError, PurposeKind, Refusal,
};
use cloud_kernel::Viewer;
use cloud_kernel::web::{Failure, Visit};
use http::StatusCode;
use jiff::Timestamp;
use protocols_ids::{BookingId, CustomerId, EquipmentId, ResourceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Ports;
use crate::book::{Outcome, Wish, book};
use crate::extras::Short;
use crate::refused::{code, field};

/// A body at most: a hundred occurrences with room to spare.
const BODY_BYTES_MAX: usize = 32 * 1024;

/// Refuses longer bodies with 413.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(BODY_BYTES_MAX)
}

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewBooking {
    /// On whose account; without it the one that the session acts for.
    customer: Option<CustomerId>,
    purpose: String,
    /// `training`, `match`, `event`, `school`, `meeting`, `private`, `overnight` or `other`.
    #[serde(default = "other")]
    purpose_kind: PurposeKind,
    /// How many take part.
    persons: Option<u32>,
    /// Equipment and services, with how many at each time.
    #[serde(default)]
    accessories: Vec<NewAccessory>,
    /// Who drives a vehicle, which boat lies in a berth.
    #[serde(default)]
    particulars: Particulars,
    request_key: Uuid,
    occurrences: Vec<NewOccurrence>,
}

/// Something that goes with the times.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAccessory {
    equipment: EquipmentId,
    count: u32,
}

fn other() -> PurposeKind {
    PurposeKind::Other
}

/// One time.
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct NewOccurrence {
    resource: ResourceId,
    start: Timestamp,
    minutes: u32,
}

#[derive(Serialize)]
struct Booked {
    booking: BookingId,
    number: u64,
}

#[derive(Serialize)]
struct Clashes {
    clashes: Vec<Clash>,
}

#[derive(Serialize)]
struct Clash {
    occurrence: usize,
    #[serde(flatten)]
    asked: NewOccurrence,
}

#[derive(Serialize)]
struct Errors {
    errors: Vec<FieldError>,
}

/// What is wrong with a field; `occurrence` counts from 0.
#[derive(Serialize)]
struct FieldError {
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence: Option<usize>,
    field: &'static str,
    code: &'static str,
    message: String,
}

impl FieldError {
    fn of_request(field: &'static str, code: &'static str, message: &dyn std::fmt::Display) -> Self {
        Self { occurrence: None, field, code, message: message.to_string() }
    }

    fn of_refusal(refusal: &Refusal) -> Self {
        let (field, code) = (field(&refusal.reason), code(&refusal.reason));
        Self { occurrence: Some(refusal.occurrence), field, code, message: refusal.reason.to_string() }
    }
}

/// Books.
pub async fn create(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    body: Result<Json<NewBooking>, JsonRejection>,
) -> Result<Response, Failure> {
    let Viewer::SignedIn(person) = &visit.viewer else {
        let error = FieldError::of_request("session", "sign-in", &"needs a signed-in session");
        return Ok(errors(StatusCode::UNAUTHORIZED, vec![error]));
    };
    let asked = match body {
        Ok(Json(asked)) => asked,
        Err(rejection) => {
            let status = match rejection.status() {
                StatusCode::BAD_REQUEST => StatusCode::UNPROCESSABLE_ENTITY,
                other => other,
            };
            return Ok(errors(
                status,
                vec![FieldError::of_request("body", "unreadable", &rejection.body_text())],
            ));
        }
    };
    let purpose = match Purpose::parse(&asked.purpose) {
        Ok(purpose) => purpose,
        Err(error) => {
            let code = match error {
                PurposeError::Blank => "blank",
                PurposeError::TooLong { .. } => "too-long",
            };
            return Ok(unprocessable(vec![FieldError::of_request("purpose", code, &error)]));
        }
    };
    if asked.persons.is_some_and(|persons| !(1..=PERSONS_MAX).contains(&persons)) {
        let message = format!("must be from 1 to {PERSONS_MAX}");
        return Ok(unprocessable(vec![FieldError::of_request("persons", "out-of-range", &message)]));
    }
    let Some(accessories) = accessories_of(&asked.accessories) else {
        let message =
            format!("names each once, from 1 to {ACCESSORY_COUNT_MAX} of it, at most {ACCESSORIES_MAX}");
        return Ok(unprocessable(vec![FieldError::of_request("accessories", "out-of-range", &message)]));
    };
    let particulars = match asked.particulars.clone().checked() {
        Ok(particulars) => particulars,
        Err(error) => {
            return Ok(unprocessable(vec![FieldError::of_request("particulars", "unusable", &error)]));
        }
    };
    let acts_for = person.acts_for.as_ref().map(|(customer, _)| *customer);
    let Some(customer) = asked.customer.or(acts_for) else {
        return Ok(unprocessable(vec![FieldError::of_request("customer", "missing", &"names no customer")]));
    };
    let wish = Wish {
        booker: person.person,
        customer,
        purpose,
        purpose_kind: asked.purpose_kind,
        participants: Participants { persons: asked.persons, ..Participants::default() },
        officer: None,
        request_key: asked.request_key,
        asked: asked
            .occurrences
            .iter()
            .map(|one| Asked { resource: one.resource, starts_at: one.start, minutes: one.minutes })
            .collect(),
        accessories,
        particulars,
        hold: false,
    };
    Ok(match book(&visit.kernel, visit.tenant.id, &ports, &wish).await? {
        Outcome::Booked { booking, number } => {
            (StatusCode::CREATED, Json(Booked { booking, number })).into_response()
        }
        Outcome::Requested { booking, number } => {
            (StatusCode::ACCEPTED, Json(Booked { booking, number })).into_response()
        }
        Outcome::Clash { occurrences } => {
            let clashes = asked.occurrences.iter().copied().enumerate();
            let clashes = clashes.filter(|(occurrence, _)| occurrences.contains(occurrence));
            let clashes = clashes.map(|(occurrence, asked)| Clash { occurrence, asked }).collect();
            (StatusCode::CONFLICT, Json(Clashes { clashes })).into_response()
        }
        Outcome::Refused(refusals) => unprocessable(refusals.iter().map(FieldError::of_refusal).collect()),
        Outcome::Short(short) => {
            let error = |short: &Short| {
                let message = format!("only {} of {} are left", short.left, short.equipment);
                FieldError::of_request("accessories", "too-few", &message)
            };
            errors(StatusCode::CONFLICT, short.iter().map(error).collect())
        }
        // Only a form holds, with a key of its own.
        Outcome::Held { .. } | Outcome::TooManyHolds => {
            let message = "the key is that of a hold";
            unprocessable(vec![FieldError::of_request("request_key", "held", &message)])
        }
        Outcome::NotForCustomer => {
            let message = "the person may not act for this customer";
            unprocessable(vec![FieldError::of_request("customer", "not-yours", &message)])
        }
    })
}

/// What goes with the times; `None` where one is named twice, or none or too many of it are wanted.
fn accessories_of(wanted: &[NewAccessory]) -> Option<Vec<Accessory>> {
    let named: BTreeMap<EquipmentId, u32> = wanted.iter().map(|one| (one.equipment, one.count)).collect();
    let fits = named.values().all(|count| (1..=ACCESSORY_COUNT_MAX).contains(count));
    let once = named.len() == wanted.len() && named.len() <= ACCESSORIES_MAX;
    (fits && once)
        .then(|| named.into_iter().map(|(equipment, count)| Accessory { equipment, count }).collect())
}

fn unprocessable(list: Vec<FieldError>) -> Response {
    errors(StatusCode::UNPROCESSABLE_ENTITY, list)
}

fn errors(status: StatusCode, errors: Vec<FieldError>) -> Response {
    (status, Json(Errors { errors })).into_response()
}
