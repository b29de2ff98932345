use axum::body::Body;
use futures_util::StreamExt as _;
use http::StatusCode;
use jiff::SignedDuration;

use crate::hall::{CLUB, HALF_1, HALF_2, Hall, OTHERS, PIN, ROOM, SEVEN, SIX, WHOLE, last_of};

#[tokio::test]
async fn a_free_time_is_booked_and_its_page_shows_the_code() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let form = hall.get(Some(&anna), &format!("/book?resource={HALF_1}&start={SIX}&minutes=60")).await;
    assert_eq!(form.status, StatusCode::OK);
    for text in ["Hallens IF", "tisdag 24 nov 18.00", "120\u{a0}kr", "Varför det här priset?", "Fortsätt"]
    {
        assert!(form.says(text), "{text} is missing: {}", form.text);
    }
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let kept = hall.open(Some(&anna), &page).await.headers().get("cache-control").cloned();
    assert_eq!(kept.unwrap(), "no-store");
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'access.code_read'").await, 1);
    let page = hall.get(Some(&anna), &page).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in ["Tiden är din", "482 913", "18.00–19.00", "Hallen, Halva 1", "1001", "/access/live"] {
        assert!(page.says(text), "{text} is missing: {}", page.text);
    }
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'access.code_read'").await, 2);
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'booking.confirmed'").await, 1);
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.issued'").await, 1);
    assert_eq!(hall.count("SELECT price_ore FROM booking.booking").await, 12_000);
}

#[tokio::test]
async fn the_second_of_two_is_told_at_once_and_shown_what_is_free() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    hall.booked(&anna, HALF_1, SIX, 60).await;
    let refused = hall.book(&bo, HALF_1, SIX, 60).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.says("Den tiden hann någon annan boka"));
    // Neighbouring times of the same half, and the other half at the same time, each with what was typed.
    for link in [
        format!("/book?resource={HALF_1}&amp;start={SEVEN}&amp;minutes=60&amp;purpose=Innebandy%20P12"),
        format!("/book?resource={HALF_2}&amp;start={SIX}&amp;minutes=60"),
    ] {
        assert!(refused.says(&link), "{link} is missing: {}", refused.text);
    }
    assert_eq!(hall.book(&bo, WHOLE, SIX, 60).await.status, StatusCode::CONFLICT);
    hall.booked(&bo, HALF_2, SIX, 60).await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_one_booking() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let (resource, customer) = (HALF_1.to_string(), CLUB.to_string());
    let fields = [
        ("resource", resource.as_str()),
        ("start", SIX),
        ("minutes", "60"),
        ("purpose", "Innebandy"),
        ("customer", &customer),
        ("request_key", "01939b4e-0000-7000-8000-000000000001"),
    ];
    let (first, second) =
        tokio::join!(hall.post(Some(&anna), "/book", &fields), hall.post(Some(&anna), "/book", &fields));
    assert_eq!((first.status, second.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(first.location, second.location);
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 1);
}

#[tokio::test]
async fn a_wrong_form_is_answered_beside_the_field_and_keeps_what_was_typed() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let (resource, customer) = (HALF_1.to_string(), CLUB.to_string());
    let send = |minutes: &'static str, purpose: String| {
        let (hall, anna, resource, customer) = (&hall, &anna, &resource, &customer);
        async move {
            let fields = [
                ("resource", resource.as_str()),
                ("start", SIX),
                ("minutes", minutes),
                ("purpose", &purpose),
                ("customer", customer),
                ("request_key", "01939b4e-0000-7000-8000-000000000001"),
            ];
            hall.post(Some(anna), "/book", &fields).await
        }
    };
    let blank = send("120", " ".to_owned()).await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(blank.says("id=\"purpose-error\"") && blank.says("Skriv vad ni ska göra"));
    assert!(blank.says("value=\"120\" selected"), "the chosen length is kept: {}", blank.text);
    assert!(blank.says("01939b4e-0000-7000-8000-000000000001"), "the form is the same request");

    let long = send("60", "a".repeat(121)).await;
    assert!(long.says("Texten har 121 tecken") && long.says(&"a".repeat(121)));

    let length = send("75", "Innebandy".to_owned()).await;
    assert_eq!(length.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(length.says("id=\"minutes-error\"") && length.says("i steg om 30 minuter"));
    assert!(length.says("value=\"Innebandy\""));
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 0);
}

#[tokio::test]
async fn another_length_shows_its_price_without_booking() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let (resource, customer) = (HALF_1.to_string(), CLUB.to_string());
    let fields = [
        ("resource", resource.as_str()),
        ("start", SIX),
        ("minutes", "90"),
        ("purpose", "Inne"),
        ("customer", &customer),
        ("request_key", "01939b4e-0000-7000-8000-000000000001"),
        ("change", "length"),
    ];
    let page = hall.post(Some(&anna), "/book", &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.says("180\u{a0}kr") && page.says("value=\"Inne\""));
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 0);
}

#[tokio::test]
async fn a_list_that_is_silent_gives_no_price_and_never_zero() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let form = hall.get(Some(&anna), &format!("/book?resource={ROOM}&start={SIX}")).await;
    assert!(form.says("Taxan anger inget pris") && !form.says("0\u{a0}kr"));
    hall.booked(&anna, ROOM, SIX, 60).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE price_ore IS NULL").await, 1);
}

#[tokio::test]
async fn whoever_has_not_signed_in_signs_in_and_is_back_at_the_same_form() {
    let hall = Hall::new().await;
    let link = format!("/book?resource={HALF_1}&start={SIX}&minutes=60");
    let sent_away = hall.get(None, &link).await;
    assert_eq!(sent_away.status, StatusCode::SEE_OTHER);
    let decoded =
        percent_encoding::percent_decode_str(&sent_away.location).decode_utf8().unwrap().into_owned();
    assert_eq!(decoded, format!("/sign-in?return_to={link}"));
}

#[tokio::test]
async fn nobody_books_for_a_customer_they_may_not_act_for() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let (resource, customer) = (HALF_1.to_string(), OTHERS.to_string());
    let fields = [
        ("resource", resource.as_str()),
        ("start", SIX),
        ("minutes", "60"),
        ("purpose", "Innebandy"),
        ("customer", &customer),
        ("request_key", "01939b4e-0000-7000-8000-000000000001"),
    ];
    let refused = hall.post(Some(&anna), "/book", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says("/act-for"));
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 0);
}

#[tokio::test]
async fn a_cancelled_booking_frees_its_time_and_takes_the_code_back() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let page = hall.booked(&anna, WHOLE, SIX, 120).await;
    let question = hall.get(Some(&anna), &format!("{page}/cancel")).await;
    assert!(question.says("Vill du avboka?") && question.says("Det kostar inget att avboka nu."));
    for _ in 0..2 {
        let answer = hall.post(Some(&anna), &format!("{page}/cancel"), &[]).await;
        assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, page.as_str()));
    }
    let cancelled = hall.get(Some(&anna), &page).await;
    assert!(cancelled.says("Bokningen är avbokad") && !cancelled.says("482 913"));
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.revoked'").await, 1);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 0);
    hall.booked(&bo, HALF_1, SEVEN, 60).await;
}

#[tokio::test]
async fn what_is_over_cannot_be_cancelled() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let page = hall.booked(&anna, HALF_1, "2026-11-23T10:00:00Z", 60).await;
    hall.bench.clock.advance(SignedDuration::from_hours(2));
    assert_eq!(hall.get(Some(&anna), &format!("{page}/cancel")).await.status, StatusCode::SEE_OTHER);
    hall.post(Some(&anna), &format!("{page}/cancel"), &[]).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'confirmed'").await, 1);
    assert!(!hall.get(Some(&anna), &page).await.says("/cancel"));
}

#[tokio::test]
async fn a_booking_is_nobody_elses_business() {
    let hall = Hall::new().await;
    let anna = hall.private_person("Anna").await;
    let page = hall.booked_privately(&anna, HALF_1, SIX).await;
    let (bo, olle) = (hall.person("Bo").await, hall.officer("Olle").await);
    for path in ["", "/cancel", "/calendar.ics", "/access/live"] {
        let path = format!("{page}{path}");
        assert_eq!(hall.get(Some(&bo), &path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(hall.get(None, &path).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    assert_eq!(hall.post(Some(&bo), &format!("{page}/cancel"), &[]).await.status, StatusCode::NOT_FOUND);
    // An officer of the hall's authority sees the booking, never the code.
    let seen = hall.get(Some(&olle), &page).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(!seen.says("482 913") && !seen.says(PIN) && !seen.says("/cancel"));
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'access.code_read'").await, 0);
}

#[tokio::test]
async fn everybody_who_may_act_for_the_customer_enters_by_its_booking() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    assert!(hall.get(Some(&bo), &page).await.says("482 913"));
    assert!(hall.get(Some(&bo), "/bookings").await.says(&page));
}

#[tokio::test]
async fn my_bookings_show_what_comes_first_and_what_is_over_last() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    assert!(hall.get(Some(&anna), "/bookings").await.says("Du har inga bokningar"));
    let over = hall.booked(&anna, HALF_1, "2026-11-23T10:00:00Z", 60).await;
    let later = hall.booked(&anna, HALF_1, SEVEN, 60).await;
    let sooner = hall.booked(&anna, HALF_2, SIX, 60).await;
    hall.bench.clock.advance(SignedDuration::from_hours(3));
    let page = hall.get(Some(&anna), "/bookings").await;
    let place = |path: &str| page.text.find(path).unwrap_or_else(|| panic!("{path} is missing"));
    assert!(place(&sooner) < place(&later) && place(&later) < place(&over));
}

#[tokio::test]
async fn the_calendar_file_has_the_time_and_not_the_code() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let file = hall.get(Some(&anna), &format!("{page}/calendar.ics")).await;
    assert!(file.says("DTSTART:20261124T170000Z") && file.says("Innebandy P12"));
    assert!(!file.says(PIN) && !file.says("482 913"));
}

#[tokio::test]
async fn the_officers_day_shows_who_came() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    assert!(hall.get(Some(&olle), "/desk?day=2026-11-24").await.says("Inga bokningar den här dagen"));
    let first = hall.booked(&anna, HALF_1, SIX, 60).await;
    let second = hall.booked(&anna, HALF_2, SIX, 60).await;
    let third = hall.booked(&anna, ROOM, SIX, 60).await;
    hall.post(Some(&anna), &format!("{third}/cancel"), &[]).await;
    deliver(&hall, last_of(&first)).await;
    hall.bench.clock.advance(SignedDuration::from_hours(32) + SignedDuration::from_mins(30));
    // Yesterday's sessions are over.
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    let day = hall.get(Some(&olle), "/desk?day=2026-11-24").await;
    for text in ["18.00–19.00", "Hallens IF", "1001", "Kom 18.04", "Ingen än", "Avbokad", &second] {
        assert!(day.says(text), "{text} is missing: {}", day.text);
    }
    assert!(day.says("/desk?day=2026-11-23") && day.says("/desk?day=2026-11-25"));
    assert_eq!(hall.get(Some(&anna), "/desk").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_caretakers_day_says_what_comes_next_what_to_prepare_and_what_is_wrong() {
    let hall = Hall::new().await;
    hall.bench.switch_on("faults").await;
    let (anna, leif) = (hall.person("Anna").await, hall.caretaker("Leif").await);
    let booked = hall.booked(&anna, HALF_1, SIX, 60).await;
    hall.booked(&anna, HALF_2, SEVEN, 60).await;
    hall.bench
        .execute("UPDATE booking.booking SET contact_message = 'Ställ fram läktaren' WHERE number = 1001")
        .await;
    let day = hall.get(Some(&leif), "/desk?day=2026-11-24").await;
    assert_eq!(day.status, StatusCode::OK);
    for text in ["18.00–19.00", "19.00–20.00", "Hallens IF", "Att veta: Ställ fram läktaren"] {
        assert!(day.says(text), "{text} is missing: {}", day.text);
    }
    assert!(day.says("Läcker eller står i vatten, Omklädningsrum 2") && day.says("/faults/00000000-"));
    assert!(day.says("href=\"/doors\"") && day.says("href=\"/closures\""));
    // The bookings themselves, and changing many of them, are the officers'.
    assert!(!day.says(&booked) && !day.says("/desk/many"));
    assert!(!day.says("id=\"next\""), "next is said of today only");
    hall.bench.clock.advance(SignedDuration::from_hours(32) + SignedDuration::from_mins(30));
    let leif = hall.caretaker("Leif").await;
    let now = hall.get(Some(&leif), "/desk").await;
    let next = now.text.split("id=\"next\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(next.contains("Pågår nu") && next.contains("18.00–19.00") && next.contains("Ingen än"), "{next}");
    // Of another board's halls nothing is read.
    let other = hall.officer_of_another_authority("Olle").await;
    assert!(!hall.get(Some(&other), "/desk?day=2026-11-24").await.says("Hallens IF"));
}

#[tokio::test]
async fn a_screen_shows_what_is_left_of_today_and_names_no_person() {
    let hall = Hall::new().await;
    let (anna, sam) = (hall.person("Anna").await, hall.private_person("Sam Lind").await);
    hall.booked(&anna, HALF_1, SIX, 60).await;
    hall.booked_privately(&sam, HALF_2, SEVEN).await;
    let before = hall.get(None, "/screens/hallen").await;
    assert!(before.says("Inget mer är bokat i dag"), "tomorrow is not today");
    hall.bench.clock.advance(SignedDuration::from_hours(32) + SignedDuration::from_mins(30));
    let screen = hall.get(None, "/screens/hallen").await;
    assert_eq!(screen.status, StatusCode::OK);
    for text in ["18.00–19.00", "Hallens IF", "Halva 1", "Nu", "19.00–20.00", "Bokat", "Uppdaterad 18.30"]
    {
        assert!(screen.says(text), "{text} is missing: {}", screen.text);
    }
    // Neither names nor what people wrote, also to those who have a session; nothing from elsewhere.
    let sam = hall.private_person("Sam Lind").await;
    for seen in [&screen, &hall.get(Some(&sam), "/screens/hallen").await] {
        assert!(
            !seen.says("Sam Lind") && !seen.says("Badminton") && !seen.says("Innebandy"),
            "{}",
            seen.text
        );
        assert!(!seen.says("src=\"http") && !seen.says("href=\"http"));
    }
    assert!(screen.says("http-equiv=\"refresh\"") && screen.says("Ingen kontakt. Så här var det 18.30."));
    // One half shows what takes some of it, and nothing that is misspelt is shown as something else.
    let of_one = hall.get(None, "/screens/hallen?resource=halva-2").await;
    assert!(of_one.says("19.00–20.00") && !of_one.says("18.00–19.00"), "{}", of_one.text);
    assert_eq!(hall.get(None, "/screens/hallen?resource=halva-3").await.status, StatusCode::NOT_FOUND);
    assert_eq!(hall.get(None, "/screens/hallarna").await.status, StatusCode::NOT_FOUND);
    // What is over is gone.
    hall.bench.clock.advance(SignedDuration::from_mins(45));
    assert!(!hall.get(None, "/screens/hallen").await.says("18.00–19.00"));
}

#[tokio::test]
async fn the_page_hears_when_the_door_knows_and_then_no_more() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let stream = hall.open(Some(&anna), &format!("{page}/access/live")).await;
    assert_eq!(stream.status(), StatusCode::OK);
    let mut events = Body::into_data_stream(stream.into_body());
    let first = events.next().await.unwrap().unwrap();
    let first = String::from_utf8(first.to_vec()).unwrap();
    assert!(first.starts_with("event: door\n") && first.contains("Koden är på väg"), "{first}");
    deliver(&hall, last_of(&page)).await;
    let mut rest = String::new();
    while let Some(more) = events.next().await {
        rest.push_str(std::str::from_utf8(&more.unwrap()).unwrap());
    }
    assert!(rest.contains("event: door") && rest.ends_with("event: end\ndata: end\n\n"), "{rest:?}");
    let settled = hall.get(Some(&anna), &page).await;
    assert!(!settled.says("/access/live"), "a settled page does not listen");
}

#[tokio::test]
async fn english_is_complete() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let answer = hall.get_in_english(&anna, &format!("/book?resource={HALF_1}&start={SEVEN}")).await;
    assert!(answer.says("Book a time") && answer.says("SEK\u{a0}120") && answer.says("Why this price?"));
    assert!(hall.get_in_english(&anna, &page).await.says("The time is yours"));
}

async fn deliver(hall: &Hall, booking: &str) {
    hall.doors_say(booking, "doors.delivered").await;
}
