use http::StatusCode;

use crate::hall::{HALF_1, HALF_2, Hall, OTHERS, Person, ROOM, SEVEN, SIX, WHOLE};

const SIX_NEXT_WEEK: &str = "2026-12-01T17:00:00Z";

/// The ids of a booking's times, as its page of changes has them.
async fn times(hall: &Hall, person: &Person, booking: &str) -> Vec<String> {
    let page = hall.get(Some(person), &format!("{booking}/change")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.text.split(&format!("href=\"{booking}/times/")).skip(1).map(|rest| rest[..36].to_owned()).collect()
}

async fn audited(hall: &Hall, action: &'static str) -> i64 {
    match action {
        "booking.changed" => {
            hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'booking.changed'").await
        }
        _ => hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.changed'").await,
    }
}

#[tokio::test]
async fn a_booking_that_moves_a_week_takes_its_new_time_and_frees_the_old_one() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let booking = hall.booked(&anna, WHOLE, SIX, 60).await;
    let ids = times(&hall, &anna, &booking).await;
    let fields = [("time", ids[0].as_str()), ("action", "move"), ("days", "7")];
    let moved = hall.post(Some(&anna), &format!("{booking}/change"), &fields).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);
    assert!(hall.get(Some(&anna), &booking).await.says("tisdag 1 dec 18.00–19.00"));
    assert_eq!((audited(&hall, "booking.changed").await, audited(&hall, "doors.changed").await), (1, 1));
    // The old time is free, the new one is taken, in all its parts.
    hall.booked(&bo, HALF_1, SIX, 60).await;
    assert_eq!(hall.book(&bo, HALF_2, SIX_NEXT_WEEK, 60).await.status, StatusCode::CONFLICT);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occurrence WHERE cancelled_at IS NOT NULL").await, 1);
}

#[tokio::test]
async fn who_finds_the_new_time_taken_still_has_the_old_one() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let booking = hall.booked(&anna, HALF_1, SIX, 60).await;
    hall.booked(&bo, HALF_1, SIX_NEXT_WEEK, 60).await;
    let ids = times(&hall, &anna, &booking).await;
    let fields = [("time", ids[0].as_str()), ("action", "move"), ("days", "7")];
    let refused = hall.post(Some(&anna), &format!("{booking}/change"), &fields).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.says("Någon annan har redan tagit") && refused.says("Du har dina tider kvar"),
        "{}",
        refused.text
    );
    assert_eq!(hall.book(&bo, HALF_1, SIX, 60).await.status, StatusCode::CONFLICT);
    assert_eq!(audited(&hall, "booking.changed").await, 0);
}

#[tokio::test]
async fn one_time_is_shortened_lengthened_and_moved_to_another_half() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let booking = hall.booked(&anna, HALF_1, SIX, 120).await;
    let change = |resource: String, start: &'static str, minutes: &'static str| {
        [
            ("resource", resource),
            ("date", "2026-11-24".into()),
            ("start", start.into()),
            ("minutes", minutes.into()),
        ]
    };
    for (resource, start, minutes, shown) in [
        (HALF_1, "18:00", "60", "18.00–19.00"),
        (HALF_1, "17:30", "120", "17.30–19.30"),
        (HALF_2, "17:30", "120", "Halva 2"),
    ] {
        let ids = times(&hall, &anna, &booking).await;
        let fields = change(resource.to_string(), start, minutes);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let done = hall.post(Some(&anna), &format!("{booking}/times/{}", ids[0]), &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        assert!(hall.get(Some(&anna), &booking).await.says(shown));
    }
    // 120 kr an hour for two hours.
    assert_eq!(hall.count("SELECT price_ore FROM booking.booking").await, 24_000);
    // The rules hold for changes too.
    let ids = times(&hall, &anna, &booking).await;
    let fields = change(HALF_2.to_string(), "17:30", "45");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = hall.post(Some(&anna), &format!("{booking}/times/{}", ids[0]), &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says("Den kortaste tiden är 1 tim"), "{}", refused.text);
}

#[tokio::test]
async fn of_several_times_some_are_given_up_and_the_last_ones_cancel_the_booking() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let booking = hall.booked_several(&anna, &[(HALF_1, SIX), (HALF_1, SEVEN), (HALF_2, SIX)]).await;
    let ids = times(&hall, &anna, &booking).await;
    assert_eq!(ids.len(), 3);
    let fields = [("time", ids[0].as_str()), ("action", "cancel")];
    hall.post(Some(&anna), &format!("{booking}/change"), &fields).await;
    let left = times(&hall, &anna, &booking).await;
    assert_eq!(left, ids[1..]);
    assert_eq!(hall.count("SELECT price_ore FROM booking.booking").await, 24_000);
    let none = hall.post(Some(&anna), &format!("{booking}/change"), &[("action", "cancel")]).await;
    assert!(none.says("Välj minst en tid"), "{}", none.text);
    let fields = [("time", left[0].as_str()), ("time", left[1].as_str()), ("action", "cancel")];
    hall.post(Some(&anna), &format!("{booking}/change"), &fields).await;
    assert!(hall.get(Some(&anna), &booking).await.says("Bokningen är avbokad"));
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 0);
}

#[tokio::test]
async fn of_two_who_move_the_same_booking_at_once_one_moves_it_and_the_other_is_told() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let officer = hall.officer("Olle").await;
    let booking = hall.booked(&anna, HALF_1, SIX, 60).await;
    let ids = times(&hall, &anna, &booking).await;
    let path = format!("{booking}/change");
    let (one, two) = (
        [("time", ids[0].as_str()), ("action", "move"), ("days", "7")],
        [("time", ids[0].as_str()), ("action", "move"), ("days", "14")],
    );
    let (first, second) =
        tokio::join!(hall.post(Some(&anna), &path, &one), hall.post(Some(&officer), &path, &two));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    // The second reads the page's list before or after the first has committed: gone either way.
    assert_eq!(statuses[0], StatusCode::SEE_OTHER, "{} {}", first.text, second.text);
    assert!([StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY].contains(&statuses[1]));
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 1);
    assert_eq!(audited(&hall, "booking.changed").await, 1);
}

#[tokio::test]
async fn after_the_last_moment_a_booker_is_sent_to_an_officer_who_still_can() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { cancel_minutes = 100000 }",
    )
    .await;
    let anna = hall.private_person("Anna").await;
    let officer = hall.officer("Olle").await;
    let booking = hall.booked_privately(&anna, HALF_1, SIX).await;
    let ids = times(&hall, &anna, &booking).await;
    let fields = [("time", ids[0].as_str()), ("action", "move"), ("days", "1")];
    let late = hall.post(Some(&anna), &format!("{booking}/change"), &fields).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.says("Det är för sent att ändra tiden själv"), "{}", late.text);
    // Nor is it given up by another door.
    let question = hall.get(Some(&anna), &format!("{booking}/cancel")).await;
    assert!(
        question.says("Det är för sent att avboka själv")
            && !question.says("<form method=\"post\" action=\"/bookings")
    );
    hall.post(Some(&anna), &format!("{booking}/cancel"), &[]).await;
    let all = [("time", ids[0].as_str()), ("action", "cancel")];
    let given_up = hall.post(Some(&anna), &format!("{booking}/change"), &all).await;
    assert_eq!(given_up.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'confirmed'").await, 1);
    let done = hall.post(Some(&officer), &format!("{booking}/change"), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
}

#[tokio::test]
async fn nobody_changes_what_is_not_theirs_and_odd_forms_get_an_answer() {
    let hall = Hall::new().await;
    let (anna, eva) = (hall.private_person("Anna").await, hall.private_person("Eva").await);
    let booking = hall.booked_privately(&anna, ROOM, SIX).await;
    let ids = times(&hall, &anna, &booking).await;
    let path = format!("{booking}/change");
    let fields = [("time", ids[0].as_str()), ("action", "cancel")];
    assert_eq!(hall.post(Some(&eva), &path, &fields).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hall.get(Some(&eva), &path).await.status, StatusCode::NOT_FOUND);
    for days in ["0", "", "9223372036854775807", "-99999999", "sju"] {
        let fields = [("time", ids[0].as_str()), ("action", "move"), ("days", days)];
        let answer = hall.post(Some(&anna), &path, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{days}: {}", answer.text);
    }
    let huge = "9".repeat(50_000);
    let fields = [("resource", huge.as_str()), ("date", "2026-02-30"), ("start", "25:61"), ("minutes", "-1")];
    let answer = hall.post(Some(&anna), &format!("{booking}/times/{}", ids[0]), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in ["Välj en lokal", "Skriv ett datum", "Skriv ett klockslag"] {
        assert!(answer.says(text), "{text} is missing");
    }
    let gone = hall.get(Some(&anna), &format!("{booking}/times/{}", protocols_ids::Uuid::from_u128(7))).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_officer_changes_a_booking_whose_booker_may_no_longer_act_for_the_customer() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    let booking = hall.booked(&anna, HALF_1, SIX, 60).await;
    let ids = times(&hall, &anna, &booking).await;
    sqlx::query("UPDATE booking.booking SET customer_id = $1")
        .bind(OTHERS.uuid())
        .execute(&mut hall.superuser().await)
        .await
        .unwrap();
    let to = format!("{booking}/change");
    let fields = [("time", ids[0].as_str()), ("action", "move"), ("days", "7")];
    let own = hall.post(Some(&anna), &to, &fields).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "without the mandate there is no right to change");
    let moved = hall.post(Some(&olle), &to, &fields).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);
    assert!(hall.get(Some(&olle), &booking).await.says("tisdag 1 dec 18.00–19.00"));
}
