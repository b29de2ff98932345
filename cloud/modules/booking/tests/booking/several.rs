use http::StatusCode;

use crate::hall::{Answer, CLUB, HALF_1, HALF_2, Hall, Person, ROOM, SIX};

/// What a list in the form carries.
fn carried(answer: &Answer) -> Vec<String> {
    let marker = "name=\"time\" value=\"";
    answer.text.split(marker).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// Presses a button of the form, with the times that it carries.
async fn press(
    hall: &Hall,
    person: &Person,
    times: &[String],
    action: &str,
    more: &[(&str, &str)],
) -> Answer {
    let customer = CLUB.to_string();
    let mut fields = vec![
        ("facility", "hallen"),
        ("customer", customer.as_str()),
        ("request_key", "00000000-0000-0000-0000-000000000042"),
        ("action", action),
    ];
    fields.extend(times.iter().map(|time| ("time", time.as_str())));
    fields.extend(more.iter().copied());
    hall.post(Some(person), "/book/several", &fields).await
}

/// Goes on with the times, and through the page of price and terms.
async fn book(hall: &Hall, person: &Person, times: &[String], more: &[(&str, &str)]) -> Answer {
    let answer = press(hall, person, times, "book", more).await;
    hall.through_the_hold(person, answer).await
}

#[tokio::test]
async fn a_camp_of_two_days_with_two_times_a_day_is_one_booking_with_one_number() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let first_half = HALF_1.to_string();
    let mut times = Vec::new();
    for (date, start) in
        [("2026-11-30", "09:00"), ("2026-11-30", "13:00"), ("2026-12-01", "09:00"), ("2026-12-01", "13:00")]
    {
        let new = [
            ("new_resource", first_half.as_str()),
            ("new_date", date),
            ("new_start", start),
            ("new_minutes", "120"),
        ];
        let answer = press(&hall, &anna, &times, "add", &new).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        times = carried(&answer);
    }
    assert_eq!(times.len(), 4);
    let booked = book(&hall, &anna, &times, &[("purpose", "Läger"), ("purpose_kind", "event")]).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    let page = hall.get(Some(&anna), &booked.location).await;
    for text in
        ["1001", "måndag 30 nov 09.00–11.00", "tisdag 1 dec 13.00–15.00", "Evenemang, läger eller mässa"]
    {
        assert!(page.says(text), "{text} is missing: {}", page.text);
    }
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 1);
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.issued'").await, 1);
    // The same form again is the same booking.
    let again = press(&hall, &anna, &times, "book", &[("purpose", "Läger"), ("purpose_kind", "event")]).await;
    assert_eq!(again.location, booked.location);
}

#[tokio::test]
async fn a_series_shows_its_clashes_before_which_are_skipped_moved_or_changed() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    // Two of Anna's Tuesdays are taken.
    hall.booked(&bo, HALF_1, "2026-12-01T17:00:00Z", 60).await;
    hall.booked(&bo, HALF_1, "2026-12-08T17:00:00Z", 60).await;
    let first_half = HALF_1.to_string();
    let series = [
        ("new_resource", first_half.as_str()),
        ("new_date", "2026-11-24"),
        ("new_start", "18:00"),
        ("new_minutes", "60"),
        ("weekday", "2"),
        ("every_weeks", "1"),
        ("last", "2026-12-22"),
    ];
    let shown = press(&hall, &anna, &[], "series", &series).await;
    let times = carried(&shown);
    assert_eq!(times.len(), 5, "{}", shown.text);
    assert!(shown.says("2 av 5 tider går inte att få"), "{}", shown.text);
    assert!(shown.says("Upptagen. Ta i stället:") && shown.says("Halva 2"));
    // Booked as it is it is refused, and nothing is booked.
    let refused = press(&hall, &anna, &times, "book", &[("purpose", "Innebandy")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 2);
    // One is taken in the other half instead, the other is left out.
    let (old, new) =
        (format!("{HALF_1}|2026-12-01T17:00:00Z|60"), format!("{HALF_2}|2026-12-01T17:00:00Z|60"));
    assert!(shown.says(&format!("swap:{old}&gt;{new}")), "{}", shown.text);
    let swapped = press(&hall, &anna, &times, &format!("swap:{old}>{new}"), &[]).await;
    assert!(swapped.says("1 av 5 tider går inte att få"), "{}", swapped.text);
    let skipped = press(&hall, &anna, &carried(&swapped), "skip", &[]).await;
    let times = carried(&skipped);
    assert!(times.len() == 4 && times.contains(&new) && !skipped.says("går inte att få"), "{}", skipped.text);
    let booked = book(&hall, &anna, &times, &[("purpose", "Innebandy")]).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occurrence").await, 6);
}

#[tokio::test]
async fn a_series_over_the_night_when_clocks_change_keeps_its_clock() {
    let hall = Hall::new().await;
    hall.rules("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { horizon_days = 365 }")
        .await;
    let anna = hall.person("Anna").await;
    let room = ROOM.to_string();
    let series = [
        ("new_resource", room.as_str()),
        ("new_date", "2027-03-27"),
        ("new_start", "01:30"),
        ("new_minutes", "60"),
        ("weekday", "6"),
        ("weekday", "7"),
        ("last", "2027-03-28"),
    ];
    let shown = press(&hall, &anna, &[], "series", &series).await;
    // Saturday at half past one is in winter time; so is Sunday's, half an hour before the clocks are put forward.
    assert_eq!(
        carried(&shown),
        [format!("{ROOM}|2027-03-27T00:30:00Z|60"), format!("{ROOM}|2027-03-28T00:30:00Z|60")]
    );
    let booked = book(&hall, &anna, &carried(&shown), &[("purpose", "Nattpass")]).await;
    let page = hall.get(Some(&anna), &booked.location).await;
    // An hour from half past one ends at half past three by the clock.
    assert!(page.says("01.30–03.30"), "{}", page.text);
}

#[tokio::test]
async fn a_weekend_two_nights_and_a_season_are_booked_whole() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"resource:hallen/rummet\"\nfirst = \"2026-01-01\"\n[rules.parameters]\n\
         packages = [{ name = \"Helg\", weekday = 5, starts = \"15:00\", days = 2, ends = \"18:00\" }]\n\
         [[rules]]\nfor = \"resource:hallen/halva-1\"\nfirst = \"2026-01-01\"\n[rules.parameters]\n\
         nights = { arrive = \"16:00\", leave = \"10:00\", most = 7 }\n\
         [[rules]]\nfor = \"resource:hallen/halva-2\"\nfirst = \"2026-01-01\"\n[rules.parameters]\nhorizon_days = 365\n\
         packages = [{ name = \"Säsong\", first = \"2027-04-15\", last = \"2027-10-15\" }]",
    )
    .await;
    let anna = hall.person("Anna").await;
    // Party premises for a weekend: Friday 15 to Sunday 18.
    let weekend = hall.book(&anna, ROOM, "2026-11-27T14:00:00Z", 51 * 60).await;
    assert_eq!(weekend.status, StatusCode::SEE_OTHER, "{}", weekend.text);
    let one_day = hall.book(&anna, ROOM, "2026-12-04T14:00:00Z", 24 * 60).await;
    assert!(one_day.says("Här bokas hela tider: Helg"), "{}", one_day.text);
    // A school for two nights.
    let nights = hall.book(&anna, HALF_1, "2026-11-27T15:00:00Z", 42 * 60).await;
    assert_eq!(nights.status, StatusCode::SEE_OTHER, "{}", nights.text);
    // A berth for a season, which is many rows of occupancy.
    let booked_season = hall.book(&anna, HALF_2, "2027-04-14T22:00:00Z", 184 * 24 * 60).await;
    assert_eq!(booked_season.status, StatusCode::SEE_OTHER, "{}", booked_season.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy WHERE ends_at > '2027-04-01'").await, 27);
    let bo = hall.person("Bo").await;
    let taken = hall.book(&bo, HALF_2, "2027-04-14T22:00:00Z", 184 * 24 * 60).await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{}", taken.text);
    // The schedule leads to what can be booked whole, from each of its days, and to no season that has begun.
    for (day, link) in [
        ("2026-12-04", format!("/book?resource={ROOM}&amp;start=2026-12-04T14:00:00Z&amp;minutes=3060")),
        ("2026-12-06", format!("/book?resource={ROOM}&amp;start=2026-12-04T14:00:00Z&amp;minutes=3060")),
        ("2026-12-04", format!("/book?resource={HALF_1}&amp;start=2026-12-04T15:00:00Z&amp;minutes=1080")),
    ] {
        let schedule = hall.get(Some(&anna), &format!("/facilities/hallen?day={day}")).await;
        assert!(schedule.says(&link), "{link} is missing: {}", schedule.text);
    }
    // The forms say until when, by the day.
    let form = |resource, start: &str| format!("/book?resource={resource}&start={start}");
    let weekend = hall.get(Some(&bo), &form(ROOM, "2026-12-04T14:00:00Z")).await;
    assert!(weekend.says("till söndag 6 dec 18.00"), "{}", weekend.text);
    let nights = hall.get(Some(&bo), &form(HALF_1, "2026-12-04T15:00:00Z")).await;
    for text in ["Ankomst (från klockan 16:00)", "value=\"2026-12-04\"", "value=\"2026-12-05\""] {
        assert!(nights.says(text), "{text} is missing: {}", nights.text);
    }
    // A season that is taken in the middle cannot be had, and the form says so before anybody fills it in.
    let season = hall.get(Some(&bo), &form(HALF_2, "2027-04-14T22:00:00Z")).await;
    assert!(season.says("Tiden är redan tagen"), "{}", season.text);
    hall.post(Some(&anna), &format!("{}/cancel", booked_season.location), &[]).await;
    let season = hall.get(Some(&bo), &form(HALF_2, "2027-04-14T22:00:00Z")).await;
    assert!(season.says("till lördag 16 okt 2027 00.00"), "{}", season.text);
    let schedule = hall.get(Some(&bo), "/facilities/hallen?day=2027-04-15").await;
    assert!(
        schedule.says(&format!("/book?resource={HALF_2}&amp;start=2027-04-14T22:00:00Z")),
        "{}",
        schedule.text
    );
}

#[tokio::test]
async fn hostile_and_oversized_lists_get_an_answer() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let odd =
        ["", "|||", "x|y|z", &format!("{HALF_1}|{SIX}|99999999999"), &"|".repeat(10_000)].map(str::to_owned);
    let answer = press(&hall, &anna, &odd, "look", &[("purpose", "<script>")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(carried(&answer).is_empty() && !answer.says("<script>"));
    let unknown = [format!("{}|{SIX}|60", protocols_ids::Uuid::from_u128(77))];
    let answer = press(&hall, &anna, &unknown, "book", &[("purpose", "Innebandy")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Two years every day are more than a booking has.
    let room = ROOM.to_string();
    let series = [
        ("new_resource", room.as_str()),
        ("new_date", "2026-11-24"),
        ("new_start", "18:00"),
        ("new_minutes", "60"),
        ("weekday", "1"),
        ("weekday", "2"),
        ("weekday", "3"),
        ("last", "9999-12-31"),
    ];
    let answer = press(&hall, &anna, &[], "series", &series).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.says("högst 100 tider"), "{}", answer.text);
    let none = press(&hall, &anna, &[], "book", &[("purpose", "")]).await;
    assert!(none.says("Lägg till minst en tid") && none.says("Skriv vad ni ska göra"));
    assert_eq!(hall.get(None, "/book/several?facility=hallen").await.status, StatusCode::SEE_OTHER);
    assert_eq!(hall.get(Some(&anna), "/book/several?facility=nowhere").await.status, StatusCode::NOT_FOUND);
}
