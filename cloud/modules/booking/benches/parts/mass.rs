//! A fair of five days on five courts is moved a week: `mass_move_25_ms_p99`.

use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use cloud_kernel::Role;
use http::{Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::Uuid;
use serde_json::json;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tower::ServiceExt as _;

use super::figure::{Figure, ms, percentile, quick};
use super::{CLUB, Place, START, resource};

const COURTS: usize = 5;
const DAYS: i64 = 5;
const NAME: &str = "mass_move_25_ms_p99";

async fn page(
    pages: &Router,
    cookie: &str,
    request: http::request::Builder,
    body: String,
) -> (StatusCode, String) {
    let request = request
        .header(header::HOST, "alfa.localhost")
        .header(header::COOKIE, cookie)
        .body(Body::from(body))
        .expect("a request");
    let answer = pages.clone().oneshot(request).await.expect("an answer");
    let status = answer.status();
    let location = answer.headers().get(header::LOCATION).map(|to| to.to_str().expect("a path").to_owned());
    let bytes = to_bytes(answer.into_body(), 8 << 20).await.expect("a body");
    (status, location.unwrap_or_else(|| String::from_utf8(bytes.to_vec()).expect("text")))
}

async fn post(place: &Place, path: &str, fields: &[(&str, String)]) -> (StatusCode, String) {
    let plain = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    page(&place.pages, &place.cookies[0], request, body.join("&")).await
}

/// The ids that stand in a page behind this.
fn ids<'a>(text: &'a str, behind: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(behind).skip(1).map(|rest| &rest[..36])
}

/// Books the fair: five days from the third on, four hours each, on every court.
async fn book_fair(place: &Place) {
    let start: Timestamp = START.parse().expect("a time");
    let occurrences: Vec<_> = (0..DAYS)
        .flat_map(|day| (0..COURTS).map(move |court| (day, court)))
        .map(|(day, court)| {
            let at = start + SignedDuration::from_hours(24 * (3 + day));
            json!({ "resource": resource(court), "start": at, "minutes": 240 })
        })
        .collect();
    let key: Uuid = place.bench.kernel.new_id();
    let asked =
        json!({ "customer": CLUB, "purpose": "Mässa", "request_key": key, "occurrences": occurrences });
    let request = Request::post("/api/unstable/bookings").header(header::CONTENT_TYPE, "application/json");
    let (status, told) = page(&place.pages, &place.cookies[0], request, asked.to_string()).await;
    assert_eq!(status, StatusCode::CREATED, "{told}");
}

/// Milliseconds of each carrying out, there and back again, every one looked at before it and told of after it.
async fn moves(place: &Place, rounds: usize) -> Vec<f64> {
    let mut took = Vec::new();
    for round in 0..rounds {
        let cookie = &place.cookies[0];
        let (_, found) =
            page(&place.pages, cookie, Request::get("/desk/many?number=1001"), String::new()).await;
        let mut fields = vec![
            ("facility", "hallarna".to_owned()),
            ("action", "move".to_owned()),
            ("weeks", if round % 2 == 0 { "1" } else { "-1" }.to_owned()),
            ("reason", "Mässan".to_owned()),
        ];
        fields.extend(ids(&found, "name=\"time\" value=\"").map(|id| ("time", id.to_owned())));
        assert_eq!(fields.len(), 4 + 25, "the whole fair");
        let (status, preview) = post(place, "/desk/many/preview", &fields).await;
        assert_eq!(status, StatusCode::OK);
        let digest = ids(&preview, "name=\"digest\" value=\"").next().expect("a digest").to_owned();
        fields.push(("digest", digest));
        let began = Instant::now();
        let (status, change) = post(place, "/desk/many/carry-out", &fields).await;
        took.push(ms(began.elapsed()));
        assert_eq!(status, StatusCode::SEE_OTHER, "{change}");
        let (status, _) = post(place, &format!("{change}/tell"), &[]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
    }
    took
}

/// Milliseconds of the barest statements that move 25 times of two parts: locked, taken out, put in, in one transaction
/// under the application's role.
async fn bare(place: &Place, rounds: usize) -> Vec<f64> {
    let mut conn = PgConnection::connect_with(&place.bench.application).await.expect("a connection");
    let mut took = Vec::new();
    for round in 0..rounds {
        let days = if round % 2 == 0 { 7 } else { -7 };
        let began = Instant::now();
        let mut tx = conn.begin().await.expect("a transaction");
        sqlx::query("SELECT set_config('app.tenant', $1, true)")
            .bind(place.bench.alfa.to_string())
            .execute(&mut *tx)
            .await
            .expect("the tenant");
        sqlx::query("SELECT id FROM booking.part ORDER BY id FOR UPDATE")
            .execute(&mut *tx)
            .await
            .expect("locks");
        sqlx::query(
            "CREATE TEMP TABLE moved ON COMMIT DROP AS
             SELECT id, gen_random_uuid() AS new FROM booking.occurrence WHERE cancelled_at IS NULL",
        )
        .execute(&mut *tx)
        .await
        .expect("ids");
        sqlx::query(
            "INSERT INTO booking.occurrence (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
             SELECT tenant_id, new, booking_id, resource_id, facility_id, starts_at + make_interval(days => $1),
                    ends_at + make_interval(days => $1)
               FROM booking.occurrence JOIN moved USING (id)",
        )
        .bind(days)
        .execute(&mut *tx)
        .await
        .expect("new times");
        sqlx::query(
            "WITH taken AS (DELETE FROM booking.occupancy USING moved WHERE occurrence_id = id
                            RETURNING tenant_id, part_id, starts_at, ends_at, new)
             INSERT INTO booking.occupancy (tenant_id, part_id, occurrence_id, starts_at, ends_at)
             SELECT tenant_id, part_id, new, starts_at + make_interval(days => $1), ends_at + make_interval(days => $1)
               FROM taken",
        )
        .bind(days)
        .execute(&mut *tx)
        .await
        .expect("new space");
        sqlx::query(
            "UPDATE booking.occurrence SET cancelled_at = now() FROM moved WHERE moved.id = occurrence.id",
        )
        .execute(&mut *tx)
        .await
        .expect("old times");
        tx.commit().await.expect("a commit");
        took.push(ms(began.elapsed()));
    }
    took
}

pub async fn measure() {
    let rounds = if quick() { 6 } else { 100 };
    let place = Place::new(COURTS).await;
    let mut tx = place.bench.kernel.begin(place.bench.alfa).await.expect("a transaction");
    tx.give_role("bench", "person 0", place.bench.alfa_authority, Role::Officer).await.expect("an officer");
    tx.commit().await.expect("a role");
    book_fair(&place).await;
    let took = moves(&place, rounds).await;
    let floor = bare(&place, rounds).await;
    let note = "milliseconds from the form of a previewed change to its answer: 25 times on five courts of two parts, \
                moved a week, by the page, without a network; planned twice, locked, written with what can be undone, \
                audit and job; what other modules add is left out. Goal: 500. Floor: the barest statements that move \
                the same times and their space, in one transaction of the application's role";
    Figure {
        name: NAME,
        value: percentile(&took, 99),
        unit: "ms",
        goal: Some(500.0),
        floor: Some(percentile(&floor, 99)),
        note,
    }
    .tell();
}
