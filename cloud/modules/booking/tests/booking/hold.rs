//! The first form holds the time; a page of its own says at what price and on what terms, and books it.

use std::sync::Arc;

use http::StatusCode;
use jiff::SignedDuration;
use tokio::task::JoinSet;

use crate::hall::{CLUB, HALF_1, HALF_2, Hall, ROOM, SEVEN, SIX, WHOLE, at};

#[tokio::test]
async fn the_first_form_holds_the_time_and_one_button_books_it() {
    let hall = Hall::new().await;
    hall.rules("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { cancel_minutes = 1440 }")
        .await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let held = hall.hold(&anna, HALF_1, (SIX, "60"), &[("persons", "12")]).await;
    assert_eq!(held.status, StatusCode::SEE_OTHER, "{}", held.text);
    let page = hall.get(Some(&anna), &held.location).await;
    for text in [
        "Pris och villkor",
        // Ten minutes from ten o'clock.
        "Tiden hålls åt dig till 10.10",
        "data-hold-seconds=\"600\"",
        "tisdag 24 nov 18.00–19.00",
        "Hallen, Halva 1",
        "Hallens IF",
        "Innebandy P12",
        "12",
        "120\u{a0}kr",
        "Varför det här priset?",
        "Du avbokar och ändrar själv fram till 24 tim före",
        "Boka tiden",
        "Släpp tiden",
    ] {
        assert!(page.says(text), "{text} is missing: {}", page.text);
    }
    // Nobody else gets it, and nothing opens; it is no booking in any list.
    assert_eq!(hall.hold(&bo, WHOLE, (SIX, "60"), &[]).await.status, StatusCode::CONFLICT);
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.issued'").await, 0);
    let mine = hall.get(Some(&anna), "/bookings").await;
    assert!(
        mine.says("Du har inga bokningar") && mine.says("Hålls åt dig just nu") && mine.says(&held.location)
    );
    assert!(!hall.get(Some(&bo), "/bookings").await.says(&held.location));
    let booked = hall.press(&anna, &held.location, "book").await;
    assert_eq!(
        (booked.status, format!("{}/hold", booked.location)),
        (StatusCode::SEE_OTHER, held.location.clone())
    );
    assert!(hall.get(Some(&anna), &booked.location).await.says("482 913"));
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy WHERE hold_until IS NOT NULL").await, 0);
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'booking.confirmed'").await, 1);
    // It stays, long after the hold would have ended.
    hall.bench.clock.advance(SignedDuration::from_mins(30));
    assert_eq!(hall.hold(&bo, WHOLE, (SIX, "60"), &[]).await.status, StatusCode::CONFLICT);
    // Whoever comes back to the hold's page is at the booking.
    assert_eq!(hall.get(Some(&anna), &held.location).await.location, booked.location);
}

#[tokio::test]
async fn a_hold_that_ran_out_says_that_its_time_is_free_and_one_tap_holds_it_again() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let held = hall.hold(&anna, HALF_1, (SIX, "60"), &[]).await.location;
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    // Pressed a moment too late: nothing is booked, and the page says how it is.
    assert_eq!(hall.press(&anna, &held, "book").await.location, held);
    let over = hall.get(Some(&anna), &held).await;
    for text in ["Tiden hålls inte längre", "Den är fortfarande ledig.", "Håll tiden igen"] {
        assert!(over.says(text), "{text} is missing: {}", over.text);
    }
    assert_eq!(hall.press(&anna, &held, "again").await.location, held);
    let again = hall.get(Some(&anna), &held).await;
    assert!(again.says("Tiden hålls åt dig till 10.20"), "{}", again.text);
    assert_eq!(hall.press(&anna, &held, "book").await.status, StatusCode::SEE_OTHER);
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'confirmed'").await, 1);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 1);
}

#[tokio::test]
async fn a_hold_that_ran_out_and_was_taken_shows_what_is_free_instead() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let held = hall.hold(&anna, WHOLE, (SIX, "60"), &[]).await.location;
    hall.bench.clock.advance(SignedDuration::from_mins(11));
    // One half of what was held.
    hall.booked(&bo, HALF_1, SIX, 60).await;
    assert_eq!(hall.press(&anna, &held, "book").await.location, held);
    let over = hall.get(Some(&anna), &held).await;
    assert!(over.says("Den tiden hann någon annan boka") && over.says("Halva 2"), "{}", over.text);
    assert!(!over.says("Håll tiden igen"));
    let refused = hall.press(&anna, &held, "again").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy WHERE hold_until IS NULL").await, 1);
}

#[tokio::test]
async fn whoever_goes_back_finds_what_they_typed_and_a_new_choice_takes_the_hold_with_it() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let goals = format!("accessory-{}", crate::hall::GOALS);
    let more = [("persons", "14"), ("age_group", "youth"), ("purpose_kind", "match"), (goals.as_str(), "2")];
    let held = hall.hold(&anna, HALF_1, (SIX, "90"), &more).await.location;
    let page = hall.get(Some(&anna), &held).await;
    let back = format!("/book?resource={HALF_1}&start={SIX}&minutes=90");
    assert!(page.says(&back.replace('&', "&amp;")), "{}", page.text);
    let form = hall.get(Some(&anna), &back).await;
    for text in [
        "value=\"Innebandy P12\"",
        "value=\"14\"",
        "value=\"youth\" selected",
        "value=\"match\" selected",
        "value=\"90\" selected",
        "value=\"2\"",
        // What is held is counted as free for whoever holds it.
        "4 av 4 är lediga då",
    ] {
        assert!(form.says(text), "{text} is missing: {}", form.text);
    }
    let longer = hall.hold(&anna, HALF_1, (SIX, "120"), &[]).await;
    assert_eq!(longer.status, StatusCode::SEE_OTHER, "{}", longer.text);
    assert_ne!(longer.location, held);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 1);
    // The first one is over, and says that nothing is lost.
    assert!(hall.get(Some(&anna), &held).await.says("Tiden hålls inte längre"));
    // The same form again is the same hold.
    let (resource, club) = (HALF_1.to_string(), CLUB.to_string());
    let fields = [
        ("resource", resource.as_str()),
        ("start", "2026-11-25T17:00:00Z"),
        ("minutes", "60"),
        ("purpose", "Innebandy"),
        ("customer", club.as_str()),
        ("request_key", "01939b4e-0000-7000-8000-000000000001"),
    ];
    let (first, second) =
        tokio::join!(hall.post(Some(&anna), "/book", &fields), hall.post(Some(&anna), "/book", &fields));
    assert_eq!(first.location, second.location);
    assert!(first.location.ends_with("/hold"), "{}", first.text);
}

#[tokio::test]
async fn nobody_holds_more_than_three_times_at_once_and_one_that_is_let_go_is_free() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let mut held = Vec::new();
    for start in [SIX, "2026-11-25T17:00:00Z", "2026-11-26T17:00:00Z"] {
        held.push(hall.hold(&anna, HALF_1, (start, "60"), &[]).await.location);
    }
    let fourth = hall.hold(&anna, HALF_1, ("2026-11-27T17:00:00Z", "60"), &[]).await;
    assert_eq!(fourth.status, StatusCode::CONFLICT);
    assert!(
        fourth.says("Du håller redan 3 tider") && fourth.says("value=\"Innebandy P12\""),
        "{}",
        fourth.text
    );
    let gone = hall.press(&anna, &held[0], "let-go").await;
    assert_eq!(gone.location, "/facilities/hallen?day=2026-11-24");
    hall.booked(&bo, HALF_1, SIX, 60).await;
    let now = hall.hold(&anna, HALF_1, ("2026-11-27T17:00:00Z", "60"), &[]).await;
    assert!(now.location.ends_with("/hold"), "{}", now.text);
    // What was let go, or has run out, is in no list and in nobody's day.
    let olle = hall.officer("Olle").await;
    let day = hall.get(Some(&olle), "/desk?day=2026-11-24").await;
    assert!(day.says("1004") || day.says("1005"), "{}", day.text);
    assert_eq!(day.text.matches("day-entry").count(), 1);
}

#[tokio::test]
async fn a_hold_is_nobody_elses_and_odd_forms_of_it_get_an_answer() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let olle = hall.officer("Olle").await;
    let held = hall.hold(&anna, HALF_1, (SIX, "60"), &[]).await.location;
    // Bo may act for the club, but it is Anna who looks at the price.
    assert_eq!(hall.get(Some(&bo), &held).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hall.get(None, &held).await.status, StatusCode::SEE_OTHER);
    for action in ["book", "again", "let-go"] {
        assert_eq!(hall.press(&bo, &held, action).await.status, StatusCode::NOT_FOUND, "{action}");
    }
    for action in ["", "<script>", &"a".repeat(10_000)] {
        assert_eq!(hall.press(&anna, &held, action).await.status, StatusCode::BAD_REQUEST);
    }
    // It can neither be changed nor cancelled as if it were booked.
    let booking = held.trim_end_matches("/hold").to_owned();
    for page in ["change", "cancel", "accessories"] {
        let path = format!("{booking}/{page}");
        assert_eq!(hall.get(Some(&anna), &path).await.status, StatusCode::SEE_OTHER, "{page}");
    }
    hall.post(Some(&anna), &format!("{booking}/cancel"), &[]).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'held'").await, 1);
    // Others of the club, and officers, see that it is held, and can do nothing with it.
    for person in [&bo, &olle] {
        let seen = hall.get(Some(person), &booking).await;
        assert_eq!(seen.status, StatusCode::OK);
        assert!(seen.says("Bokning 1001") && !seen.says("/change") && !seen.says("482 913"), "{}", seen.text);
    }
}

#[tokio::test]
async fn a_quota_that_was_used_up_meanwhile_and_a_municipalitys_own_minutes_hold() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\n[rules.parameters]\nhold_minutes = 3\n\
         lead_minutes = 60\nquotas = [{ times = 1, per = \"day\" }]",
    )
    .await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let first = hall.hold(&anna, HALF_1, (SIX, "60"), &[]).await.location;
    let second = hall.hold(&bo, HALF_2, (SIX, "60"), &[]).await.location;
    assert!(hall.get(Some(&anna), &first).await.says("Tiden hålls åt dig till 10.03"));
    assert_eq!(hall.press(&anna, &first, "book").await.status, StatusCode::SEE_OTHER);
    let refused = hall.press(&bo, &second, "book").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says("Det blir mer än ni får ha"), "{}", refused.text);
    // Held an hour and a moment before it starts, it is not lost to the lead time while the price is read.
    let soon = hall.hold(&anna, ROOM, ("2026-11-23T10:00:00Z", "60"), &[]).await.location;
    hall.bench.clock.advance(SignedDuration::from_mins(2));
    let booked = hall.press(&anna, &soon, "book").await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    let late = hall.hold(&anna, ROOM, ("2026-11-23T10:00:00Z", "60"), &[]).await;
    assert_ne!(late.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_time_over_midnight_and_one_in_the_night_without_an_hour_are_held_and_booked() {
    let hall = Hall::new().await;
    hall.rules("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { horizon_days = 365 }")
        .await;
    let anna = hall.person("Anna").await;
    for (start, says) in [
        ("2026-11-24T22:00:00Z", "tisdag 24 nov 23.00 – onsdag 25 nov 01.00"),
        // From one to four by the clock is two hours.
        ("2027-03-28T00:00:00Z", "01.00–04.00"),
        // From half past one to half past two by the clock is two hours, too.
        ("2027-10-30T23:30:00Z", "01.30–02.30"),
    ] {
        let held = hall.hold(&anna, ROOM, (start, "120"), &[]).await;
        let page = hall.get(Some(&anna), &held.location).await;
        assert!(page.says(says), "{says} is missing: {}", page.text);
        let booked = hall.press(&anna, &held.location, "book").await;
        assert!(hall.get(Some(&anna), &booked.location).await.says(says));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_who_hold_book_let_go_and_run_out_at_once_never_share_a_time_and_never_fail() {
    let hall = Arc::new(Hall::new().await);
    let mut people = Vec::new();
    for number in 0..8 {
        people.push(hall.person(&format!("Person {number}")).await);
    }
    let mut tasks = JoinSet::new();
    for index in 0..40_usize {
        let (hall, person) = (hall.clone(), people[index % people.len()].clone());
        tasks.spawn(async move {
            let resource = [WHOLE, HALF_1, HALF_2][index % 3];
            let start =
                (at(SIX) + SignedDuration::from_mins(30 * i64::try_from(index % 4).unwrap())).to_string();
            let held = hall.hold(&person, resource, (&start, "60"), &[]).await;
            assert!([StatusCode::SEE_OTHER, StatusCode::CONFLICT].contains(&held.status), "{}", held.text);
            if held.status == StatusCode::CONFLICT {
                return;
            }
            if index % 5 == 0 {
                hall.bench.clock.advance(SignedDuration::from_mins(4));
            }
            let action = ["book", "book", "let-go", "again"][index % 4];
            for action in [action, "book"] {
                let answer = hall.press(&person, &held.location, action).await;
                assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text);
            }
        });
    }
    tasks.join_all().await;
    let overlaps = hall
        .count(
            "WITH takes (resource_id, part) AS (VALUES
               ('00000000-0000-0000-0000-000000000001'::uuid, 1), ('00000000-0000-0000-0000-000000000001', 2),
               ('00000000-0000-0000-0000-000000000002', 1), ('00000000-0000-0000-0000-000000000003', 2)
             ), space AS (
               SELECT time.*, part FROM booking.occurrence time JOIN takes USING (resource_id)
                 JOIN booking.booking booking ON booking.id = time.booking_id AND booking.status = 'confirmed')
             SELECT count(*) FROM space a JOIN space b ON a.part = b.part AND a.id < b.id
                AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at",
        )
        .await;
    assert_eq!(overlaps, 0);
    // Whatever is booked has all of its space, for good.
    let without = hall
        .count(
            "SELECT count(*) FROM booking.booking booking
               JOIN booking.occurrence time ON time.booking_id = booking.id
              WHERE booking.status = 'confirmed' AND (SELECT count(*) FROM booking.occupancy taken
                      WHERE taken.occurrence_id = time.id AND taken.hold_until IS NULL)
                    <> CASE WHEN time.resource_id = '00000000-0000-0000-0000-000000000001' THEN 2 ELSE 1 END",
        )
        .await;
    assert_eq!(without, 0);
    assert!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'confirmed'").await > 0);
    let deadlocks =
        hall.count("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await;
    assert_eq!(deadlocks, 0);
}

#[tokio::test]
async fn a_resources_parts_stay_while_a_time_of_it_is_held() {
    use cloud_booking::PartRegister;
    use cloud_contracts::SpaceRegister as _;

    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    hall.hold(&anna, HALF_1, (SEVEN, "60"), &[]).await;
    let mut awaited = Vec::new();
    for minutes in [0, 10] {
        hall.bench.clock.advance(SignedDuration::from_mins(minutes));
        let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
        awaited.push(PartRegister.is_awaited(&mut tx, HALF_1, &[crate::hall::PART_1]).await.unwrap());
    }
    assert_eq!(awaited, [true, false]);
}
