//! Thirty weekly hours of one hall, booked as the pages send them: `series_30_ms_p99`.

use std::time::Instant;

use axum::body::Body;
use http::{Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::Uuid;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tower::ServiceExt as _;

use super::figure::{Figure, ms, percentile, quick};
use super::{CLUB, FACILITY, Place, START, parts, resource};

const WEEKS: i64 = 30;
const NAME: &str = "series_30_ms_p99";
/// Lists that are booked before, so that there is something for the planner's statistics.
const WARM_UP: u32 = 10;

/// The hour of the first week: each round has one of its own, and a hundred and sixty-eight are in a week.
fn first(round: u32) -> Timestamp {
    let start: Timestamp = START.parse().expect("a time");
    start + SignedDuration::from_hours(24 + i64::from(round))
}

fn weekly(round: u32) -> impl Iterator<Item = Timestamp> {
    (0..WEEKS).map(move |week| first(round) + SignedDuration::from_hours(7 * 24 * week))
}

/// Milliseconds of one list: all are looked at and held by one form, and booked by the button of the next.
async fn booked(place: &Place, round: u32) -> f64 {
    let key: Uuid = place.bench.kernel.new_id();
    let times: Vec<String> = weekly(round).map(|at| format!("time={}%7C{at}%7C60", resource(0))).collect();
    let form = format!(
        "facility=hallarna&customer={CLUB}&request_key={key}&purpose=Innebandy&purpose_kind=training&action=book&{}",
        times.join("&")
    );
    let began = Instant::now();
    let held = send_form(place, "/book/several", form).await;
    let booked = send_form(place, &held, "action=book".to_owned()).await;
    let took = ms(began.elapsed());
    assert!(held.ends_with("/hold") && !booked.ends_with("/hold"), "round {round}: {held}, {booked}");
    took
}

/// Sends a form as a browser would; says where its answer leads.
async fn send_form(place: &Place, path: &str, form: String) -> String {
    let request = Request::post(path)
        .header(header::HOST, "alfa.localhost")
        .header(header::COOKIE, &place.cookies[0])
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .expect("a request");
    let answer = place.pages.clone().oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
    let leads = answer.headers().get(header::LOCATION).expect("a place");
    leads.to_str().expect("text").to_owned()
}

/// Milliseconds of the barest statements that hold as many times of another hall, and then book them: two transactions
/// under the application's role.
async fn bare(conn: &mut PgConnection, place: &Place, round: u32) -> f64 {
    let booking: Uuid = place.bench.kernel.new_id();
    let starts: Vec<String> = weekly(round).map(|at| at.to_string()).collect();
    let halves: Vec<Uuid> = parts(1).iter().map(|part| part.uuid()).collect();
    let tenant = "SELECT set_config('app.tenant', $1, true)";
    let began = Instant::now();
    let mut tx = conn.begin().await.expect("a transaction");
    sqlx::query(tenant).bind(place.bench.alfa.to_string()).execute(&mut *tx).await.expect("the tenant");
    sqlx::query(
        "INSERT INTO booking.booking (tenant_id, id, number, authority_id, facility_id, customer_id, customer_name,
           booker_id, purpose, status, held_until, created_at, request_key)
         VALUES ($1, $2, $3, $4, $5, $6, 'Hallens IF', $2, 'Innebandy', 'held', now() + interval '1 hour', now(), $2)",
    )
    .bind(place.bench.alfa.uuid())
    .bind(booking)
    .bind(1_000_000 + i64::from(round))
    .bind(place.bench.alfa_authority.uuid())
    .bind(FACILITY.uuid())
    .bind(CLUB.uuid())
    .execute(&mut *tx)
    .await
    .expect("a booking");
    sqlx::query(
        "WITH time AS (
           INSERT INTO booking.occurrence (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
           SELECT $1, gen_random_uuid(), $2, $3, $4, starts_at::timestamptz, starts_at::timestamptz + interval '1 hour'
             FROM unnest($5::text[]) AS starts_at RETURNING id, starts_at, ends_at)
         INSERT INTO booking.occupancy (tenant_id, part_id, occurrence_id, starts_at, ends_at, hold_until)
         SELECT $1, part_id, id, starts_at, ends_at, now() + interval '1 hour' FROM time, unnest($6::uuid[]) AS part_id",
    )
    .bind(place.bench.alfa.uuid())
    .bind(booking)
    .bind(resource(1).uuid())
    .bind(FACILITY.uuid())
    .bind(&starts)
    .bind(&halves)
    .execute(&mut *tx)
    .await
    .expect("times and space");
    tx.commit().await.expect("a commit");
    let mut tx = conn.begin().await.expect("a transaction");
    sqlx::query(tenant).bind(place.bench.alfa.to_string()).execute(&mut *tx).await.expect("the tenant");
    sqlx::query("UPDATE booking.booking SET status = 'confirmed', held_until = NULL WHERE id = $1")
        .bind(booking)
        .execute(&mut *tx)
        .await
        .expect("confirmed");
    sqlx::query(
        "UPDATE booking.occupancy taken SET hold_until = NULL FROM booking.occurrence time
          WHERE time.booking_id = $1 AND taken.tenant_id = time.tenant_id AND taken.occurrence_id = time.id",
    )
    .bind(booking)
    .execute(&mut *tx)
    .await
    .expect("space");
    tx.commit().await.expect("a commit");
    ms(began.elapsed())
}

pub async fn measure() {
    let rounds = if quick() { 10 } else { 150 };
    let place = Place::new(2).await;
    let mut conn = PgConnection::connect_with(&place.bench.application).await.expect("a connection");
    for round in 0..WARM_UP {
        booked(&place, round).await;
        bare(&mut conn, &place, round).await;
    }
    // As autovacuum does within a minute: nobody books a thousand hours before the planner has seen any.
    let mut superuser = PgConnection::connect_with(&place.bench.superuser).await.expect("a connection");
    sqlx::query("ANALYZE booking.booking, booking.occurrence, booking.occupancy")
        .execute(&mut superuser)
        .await
        .expect("statistics");
    let (mut took, mut floor) = (Vec::new(), Vec::new());
    // In turn, so that what the disk does meanwhile falls on both.
    for round in WARM_UP..WARM_UP + rounds {
        took.push(booked(&place, round).await);
        floor.push(bare(&mut conn, &place, round).await);
    }
    let note = format!(
        "milliseconds until a list of thirty weekly hours of one hall is booked, sent as the pages send it: the form that \
         looks at all and holds them, and the button that books them, each a transaction with space, audit and outbox; \
         after ten of them the planner's statistics are made, as they are in use. 99th percentile of the rounds; median {:.1} ms. Floor, in turn with it: the barest statements that hold as many \
         times of another hall and book them, in two transactions of the application's role; median {:.1} ms",
        percentile(&took, 50),
        percentile(&floor, 50)
    );
    let (value, floor) = (percentile(&took, 99), Some(percentile(&floor, 99)));
    Figure { name: NAME, value, unit: "ms", goal: Some(100.0), floor, note: &note }.tell();
}
