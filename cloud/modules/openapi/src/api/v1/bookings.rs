//! Bookings: read, made, changed and cancelled, by the rules that people meet.
#![expect(unused_qualifications, reason = "the macro that describes the routes writes whole paths")]

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Json, OriginalUri, Path, Query};
use axum::response::Response;
use cloud_contracts::{DeskAnswer, PortError, WantedBooking, WantedTime};
use http::{HeaderMap, StatusCode};
use openapi_domain::{Cursor, Scope};
use protocols_ids::{BookingId, CustomerId, OccurrenceId, Uuid};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Ports;
use super::shapes::{self, Booking, BookingList, Change, NewBooking, NewTime, Page};
use crate::api::caller::Caller;
use crate::api::once::{self, Request};
use crate::api::problem::{ChangeProblems, Kind, Problem, Problems};
use crate::store::repeat::Answer;

/// Which bookings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listed {
    /// Those on this account; without it all that the program may see.
    #[param(nullable = false)]
    customer: Option<Uuid>,
    /// `next` of the answer before this one.
    #[param(nullable = false)]
    cursor: Option<String>,
    /// How many at most.
    #[param(minimum = 1, maximum = 200, nullable = false)]
    limit: Option<u32>,
}

/// Bookings that the program may see, latest first.
#[utoipa::path(
    get,
    path = "/api/v1/bookings",
    tag = "bookings",
    params(Listed),
    responses((status = 200, description = "The bookings", body = BookingList), Problems),
)]
pub(crate) async fn list(
    caller: Caller,
    ports: Ports,
    listed: Result<Query<Listed>, QueryRejection>,
) -> Result<Json<BookingList>, Problem> {
    caller.may(Scope::BookingsRead)?;
    let Listed { customer, cursor, limit } = shapes::query(listed)?;
    let (cursor, limit) = Page::new(cursor, limit).read()?;
    let mut tx = caller.begin().await?;
    let mut customers: Vec<CustomerId> =
        caller.customers(&mut tx, &ports).await?.iter().map(|one| one.id).collect();
    if let Some(wanted) = customer.map(CustomerId::new) {
        customers.retain(|id| *id == wanted);
        if customers.is_empty() {
            return Err(Problem::field(
                "customer",
                "not-yours",
                "is no customer that the program may act for",
            ));
        }
    }
    let booker = customer.is_none().then(|| caller.person());
    let before = cursor.map(|cursor| cursor.after);
    // One more says whether there are more.
    let mut found = ports.desk.list(&mut tx, booker, &customers, before, limit.saturating_add(1)).await?;
    tx.commit().await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| Cursor { after: last.number }.to_string());
    Ok(Json(BookingList { bookings: found.iter().map(Booking::of).collect(), next }))
}

/// One booking.
#[utoipa::path(
    get,
    path = "/api/v1/bookings/{booking}",
    tag = "bookings",
    params(("booking" = uuid::Uuid, Path, description = "Which")),
    responses((status = 200, description = "The booking", body = Booking), Problems),
)]
pub(crate) async fn one(
    caller: Caller,
    ports: Ports,
    booking: Result<Path<BookingId>, PathRejection>,
) -> Result<Json<Booking>, Problem> {
    caller.may(Scope::BookingsRead)?;
    let id = shapes::id(booking)?;
    read(&caller, &ports, id).await.map(Json)
}

async fn read(caller: &Caller, ports: &Ports, id: BookingId) -> Result<Booking, Problem> {
    let mut tx = caller.begin().await?;
    let found = ports.desk.find(&mut tx, caller.person(), id).await?;
    tx.commit().await?;
    found.as_ref().map(Booking::of).ok_or(Problem::new(Kind::NotFound))
}

/// What was sent with a request that changes something.
type Sent = Result<Bytes, BytesRejection>;

/// Books a list of times, all of them or none; or holds them.
#[utoipa::path(
    post,
    path = "/api/v1/bookings",
    tag = "bookings",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same for a repetition of the request: it is done once, and answered alike for a day", min_length = 1, max_length = 255)),
    request_body = NewBooking,
    responses(
        (status = 201, description = "Booked, asked for or held: its status says which", body = Booking),
        Problems,
        ChangeProblems,
    ),
)]
pub(crate) async fn create(
    caller: Caller,
    ports: Ports,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Sent,
) -> Result<Response, Problem> {
    caller.may(Scope::BookingsWrite)?;
    let request = Request::read(uri.path(), &headers, body, true)?;
    let work = async {
        let new: NewBooking = request.json()?;
        let wanted = WantedBooking {
            booker: caller.person(),
            customer: new.customer.into(),
            purpose: new.purpose,
            purpose_kind: new.purpose_kind,
            persons: new.persons,
            times: new.times.iter().map(wanted).collect(),
            hold: new.hold,
            request_key: request.request_key(&caller),
        };
        let answer = ports.desk.book(&caller.visit.kernel, caller.visit.tenant.id, &wanted).await;
        answered(&caller, &ports, answer, StatusCode::CREATED).await
    };
    request.once(&caller, work).await
}

/// Books what is held.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{booking}/confirm",
    tag = "bookings",
    params(
        ("booking" = uuid::Uuid, Path, description = "Which"),
        ("Idempotency-Key" = Option<String>, Header, description = "As for making a booking", min_length = 1, max_length = 255),
    ),
    responses((status = 200, description = "The booking", body = Booking), Problems, ChangeProblems),
)]
pub(crate) async fn confirm(
    caller: Caller,
    ports: Ports,
    (OriginalUri(uri), booking): (OriginalUri, Result<Path<BookingId>, PathRejection>),
    headers: HeaderMap,
    body: Sent,
) -> Result<Response, Problem> {
    caller.may(Scope::BookingsWrite)?;
    let id = shapes::id(booking)?;
    let request = Request::read(uri.path(), &headers, body, false)?;
    let work = async {
        let (kernel, tenant) = (&caller.visit.kernel, caller.visit.tenant.id);
        let answer = ports.desk.confirm(kernel, tenant, caller.person(), id).await;
        answered(&caller, &ports, answer, StatusCode::OK).await
    };
    request.once(&caller, work).await
}

/// Gives times up and takes others, all or nothing: whoever finds a new time taken still has the old one.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{booking}/change",
    tag = "bookings",
    params(
        ("booking" = uuid::Uuid, Path, description = "Which"),
        ("Idempotency-Key" = Option<String>, Header, description = "As for making a booking", min_length = 1, max_length = 255),
    ),
    request_body = Change,
    responses((status = 200, description = "The booking", body = Booking), Problems, ChangeProblems),
)]
pub(crate) async fn change(
    caller: Caller,
    ports: Ports,
    (OriginalUri(uri), booking): (OriginalUri, Result<Path<BookingId>, PathRejection>),
    headers: HeaderMap,
    body: Sent,
) -> Result<Response, Problem> {
    caller.may(Scope::BookingsWrite)?;
    let id = shapes::id(booking)?;
    let request = Request::read(uri.path(), &headers, body, true)?;
    let work = async {
        let change: Change = request.json()?;
        let give_up: Vec<OccurrenceId> = change.give_up.iter().copied().map(OccurrenceId::new).collect();
        let take: Vec<WantedTime> = change.take.iter().map(wanted).collect();
        if give_up.is_empty() && take.is_empty() {
            return Err(Problem::field("give_up", "nothing", "nothing is given up and nothing is taken"));
        }
        let (kernel, tenant) = (&caller.visit.kernel, caller.visit.tenant.id);
        let answer = ports.desk.change(kernel, tenant, (caller.person(), id), &give_up, &take).await;
        answered(&caller, &ports, answer, StatusCode::OK).await
    };
    request.once(&caller, work).await
}

/// Cancels a booking, or lets go of what is held.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{booking}/cancel",
    tag = "bookings",
    params(
        ("booking" = uuid::Uuid, Path, description = "Which"),
        ("Idempotency-Key" = Option<String>, Header, description = "As for making a booking", min_length = 1, max_length = 255),
    ),
    responses((status = 200, description = "The booking", body = Booking), Problems, ChangeProblems),
)]
pub(crate) async fn cancel(
    caller: Caller,
    ports: Ports,
    (OriginalUri(uri), booking): (OriginalUri, Result<Path<BookingId>, PathRejection>),
    headers: HeaderMap,
    body: Sent,
) -> Result<Response, Problem> {
    caller.may(Scope::BookingsWrite)?;
    let id = shapes::id(booking)?;
    let request = Request::read(uri.path(), &headers, body, false)?;
    let work = async {
        let (kernel, tenant) = (&caller.visit.kernel, caller.visit.tenant.id);
        let answer = ports.desk.cancel(kernel, tenant, caller.person(), id).await;
        answered(&caller, &ports, answer, StatusCode::OK).await
    };
    request.once(&caller, work).await
}

fn wanted(time: &NewTime) -> WantedTime {
    WantedTime { resource: time.resource.into(), starts_at: time.start, minutes: time.minutes }
}

/// The booking as it is now, or why it is not what was asked for.
async fn answered(
    caller: &Caller,
    ports: &Ports,
    answer: Result<DeskAnswer, PortError>,
    done: StatusCode,
) -> Result<Answer, Problem> {
    match answer? {
        DeskAnswer::Done(booking) => once::json(done, &read(caller, ports, booking).await?),
        DeskAnswer::NotFound => Err(Problem::new(Kind::NotFound)),
        DeskAnswer::Clash { times } => Err(Problem::taken(&times)),
        DeskAnswer::Wrong(fields) => Err(Problem::wrong(fields)),
        DeskAnswer::Stands(standing) => Err(Problem::standing(standing)),
    }
}
