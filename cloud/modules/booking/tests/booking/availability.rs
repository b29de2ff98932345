//! Which times are free, and what happens, as finding asks it.

use std::collections::BTreeSet;
use std::sync::Arc;

use cloud_booking::FreeTimes;
use cloud_contracts::{Availability as _, FreeTime, FreeWanted, Open};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{CustomerId, FacilityId, ResourceId, Uuid};
use sqlx::AssertSqlSafe;

use crate::hall::{CLUB, HALF_1, HALF_2, Hall, OneFacility, ROOM, SEVEN, SIX, WHOLE, facility};
use crate::schedule::{heard, listen};

const ALL: [ResourceId; 4] = [WHOLE, HALF_1, HALF_2, ROOM];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// From six until nine.
fn evening() -> Open {
    Open { starts_at: at(SIX), ends_at: at(SIX) + SignedDuration::from_hours(3) }
}

async fn free(hall: &Hall, resources: &[ResourceId], minutes: Option<u32>) -> Vec<FreeTime> {
    let wanted = FreeWanted { windows: vec![evening()], over_minutes: 0, minutes, each_max: 10 };
    let resources: BTreeSet<ResourceId> = resources.iter().copied().collect();
    let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
    let port = FreeTimes::new(Arc::new(OneFacility));
    port.free(&mut tx, &[facility()], &resources, &wanted).await.unwrap()
}

fn starts(times: &[FreeTime], resource: ResourceId) -> Vec<Timestamp> {
    times.iter().filter(|time| time.resource == resource).map(|time| time.starts_at).collect()
}

#[tokio::test]
async fn what_is_free_is_what_the_rules_allow_and_nobody_has() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    hall.booked(&anna, HALF_1, SIX, 60).await;
    let times = free(&hall, &ALL, Some(120)).await;
    assert!(times.is_sorted());
    assert_eq!(starts(&times, WHOLE), [at(SEVEN)]);
    assert_eq!(starts(&times, HALF_1), [at(SEVEN)]);
    let half_past = at(SIX) + SignedDuration::from_mins(30);
    assert_eq!(starts(&times, HALF_2), [at(SIX), half_past, at(SEVEN)]);
    assert!(times.iter().all(|time| time.ends_at.duration_since(time.starts_at).as_hours() == 2));
    // Only what is asked about is answered, and every answer can be booked.
    let one = free(&hall, &[HALF_2], None).await;
    assert!(one.iter().all(|time| time.resource == HALF_2) && one.len() == 5);
    hall.booked(&anna, HALF_2, &one[4].starts_at.to_string(), 60).await;
    assert_eq!(free(&hall, &[HALF_2], None).await.len(), 3);
    assert_eq!(free(&hall, &ALL, Some(300)).await, [], "halls are not let for so long");
}

#[tokio::test]
async fn a_hold_takes_its_time_until_it_has_run_out() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    hall.booked(&anna, ROOM, SIX, 180).await;
    assert_eq!(free(&hall, &[ROOM], None).await, []);
    let mut superuser = hall.superuser().await;
    let held = "UPDATE booking.occupancy SET hold_until = '2026-11-23T09:05:00Z'";
    sqlx::raw_sql(held).execute(&mut superuser).await.unwrap();
    assert_eq!(free(&hall, &[ROOM], None).await, []);
    hall.bench.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(free(&hall, &[ROOM], None).await.len(), 5);
}

#[tokio::test]
async fn what_happens_is_what_is_confirmed_there_then() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.private_person("Bo").await);
    hall.booked(&anna, HALF_1, SIX, 60).await;
    let cancelled = hall.booked_privately(&bo, ROOM, SIX).await;
    hall.post(Some(&bo), &format!("{cancelled}/cancel"), &[]).await;
    hall.booked_privately(&bo, ROOM, "2026-11-24T21:00:00Z").await;
    let port = FreeTimes::new(Arc::new(OneFacility));
    let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
    let there = port.happening(&mut tx, &[facility().id], evening()).await.unwrap();
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!((there[0].customer, there[0].resource, there[0].starts_at), (CLUB, HALF_1, at(SIX)));
    let elsewhere = FacilityId::new(Uuid::from_u128(51));
    assert_eq!(port.happening(&mut tx, &[elsewhere], evening()).await.unwrap(), []);
    let late = Open { starts_at: at("2026-11-24T21:30:00Z"), ends_at: at("2026-11-24T23:00:00Z") };
    let late = port.happening(&mut tx, &[facility().id], late).await.unwrap();
    assert_eq!(late.iter().map(|one| one.customer).collect::<Vec<_>>(), [CustomerId::new(bo.id.uuid())]);
}

#[tokio::test]
async fn free_times_take_two_statements_and_what_happens_one_and_they_read_by_the_indexes() {
    let mut hall = Hall::new().await;
    let mut superuser = hall.superuser().await;
    sqlx::raw_sql(AssertSqlSafe(hall.a_year_that_explains_itself())).execute(&mut superuser).await.unwrap();
    // Connections made before the setting do not explain.
    hall.reconnect();
    free(&hall, &ALL, None).await;
    let statements = || {
        let heard = heard();
        let of_ours = |text: &&String| {
            text.starts_with("sqlx::query:") && !text.contains("COMMIT") && !text.contains("set_config")
        };
        (heard.iter().filter(of_ours).count(), heard.join("\n"))
    };
    listen();
    free(&hall, &ALL, None).await;
    let (asked, told) = statements();
    // The rules, and what is taken.
    assert_eq!(asked, 2, "{told}");
    let plan = told.split("Query Text: SELECT DISTINCT taken.part_id").nth(1).unwrap();
    assert!(plan.contains("occupancy_schedule") && !plan.contains("Seq Scan on occupancy"), "{plan}");
    assert!(!plan.contains("Seq Scan on occurrence"), "{plan}");

    let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
    let port = FreeTimes::new(Arc::new(OneFacility));
    listen();
    port.happening(&mut tx, &[facility().id], evening()).await.unwrap();
    tx.commit().await.unwrap();
    let (asked, told) = statements();
    assert_eq!(asked, 1, "{told}");
    let plan = told.split("Query Text: SELECT time.facility_id").nth(1).unwrap_or_else(|| panic!("{told}"));
    assert!(plan.contains("occurrence_day") && !plan.contains("Seq Scan on occurrence"), "{plan}");
    assert!(!plan.contains("Seq Scan on booking "), "{plan}");
}

#[tokio::test]
async fn a_stay_and_a_weekend_are_found_on_their_days_and_not_where_their_last_morning_is_taken() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    hall.rules(
        "[[rules]]\nfor = \"resource:hallen/halva-1\"\nfirst = \"2026-01-01\"\n[rules.parameters]\n\
         nights = { arrive = \"16:00\", leave = \"10:00\", most = 7 }\n\
         [[rules]]\nfor = \"resource:hallen/rummet\"\nfirst = \"2026-01-01\"\n[rules.parameters]\n\
         packages = [{ name = \"Helg\", weekday = 5, starts = \"16:00\", days = 2, ends = \"18:00\" }]",
    )
    .await;
    let friday = Open { starts_at: at("2026-11-26T23:00:00Z"), ends_at: at("2026-11-27T23:00:00Z") };
    let on_friday =
        |minutes: Option<u32>| FreeWanted { windows: vec![friday], over_minutes: 0, minutes, each_max: 10 };
    let free = async |wanted: FreeWanted| {
        let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
        let port = FreeTimes::new(Arc::new(OneFacility));
        let both = BTreeSet::from([HALF_1, ROOM]);
        let times = port.free(&mut tx, &[facility()], &both, &wanted).await.unwrap();
        times.iter().map(|time| (time.resource, time.starts_at, time.ends_at)).collect::<Vec<_>>()
    };
    let arrives = at("2026-11-27T15:00:00Z");
    let night = (HALF_1, arrives, at("2026-11-28T09:00:00Z"));
    let two = (HALF_1, arrives, at("2026-11-29T09:00:00Z"));
    let weekend = (ROOM, arrives, at("2026-11-29T17:00:00Z"));
    assert_eq!(free(on_friday(None)).await, [night, weekend]);
    assert_eq!(free(on_friday(Some(2 * 1440))).await, [two, weekend]);
    assert_eq!(free(on_friday(Some(120))).await, []);
    // Whoever has it from the next evening on leaves one night free, and no two.
    let next = hall.book(&anna, HALF_1, "2026-11-28T15:00:00Z", 18 * 60).await;
    assert_eq!(next.status, http::StatusCode::SEE_OTHER, "{}", next.text);
    assert_eq!(free(on_friday(Some(2 * 1440))).await, [weekend]);
    assert_eq!(free(on_friday(None)).await, [night, weekend]);
}
