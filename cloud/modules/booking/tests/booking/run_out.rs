//! What happens to holds that nobody touches any more.

use std::time::Duration;

use axum::body::Body;
use futures_util::{FutureExt as _, StreamExt as _};
use http::StatusCode;
use jiff::SignedDuration;

use crate::hall::{GOALS, HALF_1, HALF_2, Hall, SEVEN, SIX, facility, last_of};

/// Where a schedule that was opened listens.
fn listens_at(page: &str) -> String {
    let url = page.split("sse-connect=\"").nth(1).expect("an open schedule listens");
    url.split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test]
async fn an_open_schedule_shows_a_time_free_when_its_hold_runs_out_though_nobody_touches_it() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    hall.hold(&anna, HALF_1, (SIX, "60"), &[]).await;
    let day = "/facilities/hallen?day=2026-11-24";
    let shown = hall.get(None, day).await;
    let free = format!("/book?resource={HALF_1}&amp;start={SIX}");
    assert!(!shown.says(&free));
    let stream = hall.open(None, &listens_at(&shown.text)).await;
    let mut events = Body::into_data_stream(stream.into_body());
    let mut told = events.next();
    // As long as it is held there is nothing to tell.
    assert!(tokio::time::timeout(Duration::from_millis(400), &mut told).await.is_err());
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    hall.works().await;
    // Sooner than a page that was told nothing looks anew.
    let told = tokio::time::timeout(Duration::from_secs(5), told).await.expect("a page that is told");
    let told = String::from_utf8(told.unwrap().unwrap().to_vec()).unwrap();
    assert!(told.contains("event: schedule") && told.contains("Schemat ändrades"), "{told}");
    assert!(hall.get(None, day).await.says(&free));
}

#[tokio::test]
async fn only_a_hold_that_is_over_is_told_of_when_its_end_comes() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let booked = hall.hold(&anna, HALF_1, (SIX, "60"), &[]).await.location;
    hall.press(&anna, &booked, "book").await;
    let kept = hall.hold(&bo, HALF_2, (SIX, "60"), &[]).await.location;
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    hall.press(&bo, &kept, "again").await;
    let mut signals = hall.bench.kernel.live().listen_to_all();
    let topic = format!("schedule:{}", facility().id);
    hall.works().await;
    assert!(signals.next().now_or_never().is_none(), "one is booked, the other is held again");
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    hall.works().await;
    assert_eq!(signals.next().now_or_never(), Some(Some((hall.bench.alfa, topic))));
    assert!(signals.next().now_or_never().is_none());
}

#[tokio::test]
async fn what_was_held_and_never_booked_is_erased_after_a_week_and_nothing_else_is() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    let booked = hall.booked(&anna, HALF_1, SIX, 60).await;
    let goals = format!("accessory-{GOALS}");
    let dead = hall.hold(&anna, HALF_2, (SIX, "60"), &[(&goals, "2")]).await.location;
    let noted = hall.hold(&anna, HALF_2, (SEVEN, "60"), &[]).await.location;
    let note = [("text", "Ringde om tiden")];
    hall.post(Some(&olle), &format!("{}/notes", noted.trim_end_matches("/hold")), &note).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.note").await, 1);
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    hall.works().await;
    hall.bench.clock.advance(SignedDuration::from_hours(6 * 24));
    hall.works().await;
    let anna = hall.person("Anna").await;
    assert_eq!(hall.get(Some(&anna), &dead).await.status, StatusCode::OK, "a week is not over");
    assert_eq!(hall.audited("booking.holds_erased").await, 0);
    let live = hall.hold(&anna, HALF_2, ("2026-12-20T17:00:00Z", "60"), &[]).await.location;
    hall.bench.clock.advance(SignedDuration::from_hours(2 * 24));
    hall.works().await;
    let anna = hall.person("Anna").await;
    assert_eq!(hall.audited("booking.holds_erased").await, 1);
    assert_eq!(hall.get(Some(&anna), &dead).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hall.count("SELECT count(*) FROM booking.accessory").await, 0);
    for there in [&booked, &noted, &live] {
        assert_eq!(hall.get(Some(&anna), there).await.status, StatusCode::OK, "{there}");
    }
    assert_eq!(hall.count("SELECT count(*) FROM booking.occurrence").await, 3);
    // Whose hold it was is not told by what remembers that it was erased.
    let named = format!(
        "SELECT count(*) FROM kernel.audit WHERE action = 'booking.holds_erased' AND detail::text LIKE '%{}%'",
        last_of(dead.trim_end_matches("/hold"))
    );
    let named: i64 =
        sqlx::query_scalar(sqlx::AssertSqlSafe(named)).fetch_one(&mut hall.superuser().await).await.unwrap();
    assert_eq!(named, 0);
}

#[tokio::test]
async fn the_database_lets_nobody_erase_what_is_booked() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    hall.booked(&anna, HALF_1, SIX, 60).await;
    for statement in
        ["DELETE FROM booking.accessory", "DELETE FROM booking.occurrence", "DELETE FROM booking.booking"]
    {
        let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
        let done = sqlx::query(statement).execute(tx.conn()).await.unwrap();
        assert_eq!(done.rows_affected(), 0, "{statement}");
        tx.commit().await.unwrap();
    }
    assert_eq!(hall.count("SELECT count(*) FROM booking.occurrence").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_a_hold_again_while_it_is_erased_has_it_or_is_told_that_it_is_gone() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let mut held = Vec::new();
    for day in 10..13 {
        let start = format!("2026-12-{day}T17:00:00Z");
        held.push(hall.hold(&anna, HALF_1, (&start, "60"), &[]).await.location);
    }
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    hall.works().await;
    hall.bench.clock.advance(SignedDuration::from_hours(8 * 24));
    let anna = hall.person("Anna").await;
    let ((), one, two, three) = tokio::join!(
        hall.works(),
        hall.press(&anna, &held[0], "again"),
        hall.press(&anna, &held[1], "again"),
        hall.press(&anna, &held[2], "again")
    );
    let mut kept = 0;
    for answer in [one, two, three] {
        assert!([StatusCode::SEE_OTHER, StatusCode::NOT_FOUND].contains(&answer.status), "{}", answer.text);
        kept += i64::from(answer.status == StatusCode::SEE_OTHER);
    }
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, kept);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, kept);
    let deadlocks =
        hall.count("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await;
    assert_eq!(deadlocks, 0);
}
