//! The confirmation of a hall without connection, and the QR code.

use axum::body::Body;
use futures_util::StreamExt as _;
use http::StatusCode;
use jiff::SignedDuration;

use crate::hall::{HALF_1, Hall, OFFLINE_PIN, PIN, Person, QR_TEXT, SIX, last_of};

const GROUPED: &str = "1234 5678 9012";
const READ: &str = "SELECT count(*) FROM kernel.audit WHERE action = 'access.offline_code_read'";
const SHOWN: &str = "SELECT count(*) FROM kernel.audit WHERE action = 'access.qr_shown'";

/// A hall, who booked six to seven there, and the booking's page.
async fn booked() -> (Hall, Person, String) {
    let hall = Hall::new().await;
    let anna = hall.private_person("Anna").await;
    let page = hall.booked_privately(&anna, HALF_1, SIX).await;
    (hall, anna, page)
}

#[tokio::test]
async fn a_hall_without_connection_shows_twelve_digits_how_to_type_them_and_how_long_they_are_good() {
    let (hall, anna, page) = booked().await;
    let before = hall.get(Some(&anna), &page).await;
    assert!(before.says("Koden är på väg till dörren") && before.says("silent=false"));
    assert!(!before.says("så länge") && !before.says(GROUPED));
    assert_eq!(hall.count(READ).await, 0);

    hall.doors_say(last_of(&page), "doors.silent").await;
    let kept = hall.open(Some(&anna), &page).await.headers().get("cache-control").cloned();
    assert_eq!(kept.unwrap(), "no-store");
    let shown = hall.get(Some(&anna), &page).await;
    for text in [
        "Hallen är utan förbindelse sedan 09.55",
        "Använd den här koden så länge",
        GROUPED,
        "Tryck alla tolv siffrorna och sedan #",
        "tisdag 24 nov 17.50–19.10",
        "Huvudentrén",
        "482 913",
        "silent=true",
    ] {
        assert!(shown.says(text), "{text} is missing: {}", shown.text);
    }
    // The time is tomorrow: that the door takes the code two minutes from now is nothing to wait for.
    assert!(!shown.says("Dörren tar emot koden från"));
    assert_eq!(hall.count(READ).await, 2);
    let file = hall.get(Some(&anna), &format!("{page}/calendar.ics")).await;
    assert!(!file.says(OFFLINE_PIN) && !file.says(GROUPED));

    hall.bench.clock.advance(SignedDuration::from_hours(32));
    let anna = hall.private_person("Anna").await;
    let during = hall.get(Some(&anna), &page).await;
    assert!(during.says("Dörren tar emot koden från 18.02"), "{}", during.text);

    hall.doors_say(last_of(&page), "doors.delivered").await;
    let after = hall.get(Some(&anna), &page).await;
    assert!(after.says("Dörren känner din kod") && !after.says(GROUPED) && !after.says(OFFLINE_PIN));
}

#[tokio::test]
async fn where_no_off_line_code_is_left_the_page_says_so_and_what_to_do() {
    let (hall, anna, page) = booked().await;
    hall.doors_say(last_of(&page), "doors.none_left").await;
    let shown = hall.get(Some(&anna), &page).await;
    assert!(shown.says("inga fler sådana koder") && shown.says("ring anläggningen"), "{}", shown.text);
    assert!(!shown.says("data-offline-code"));
    assert_eq!(hall.count(READ).await, 0, "nothing was read");
}

#[tokio::test]
async fn an_open_page_hears_that_the_hall_fell_silent_and_that_it_speaks_again() {
    let (hall, anna, page) = booked().await;
    let stream = hall.open(Some(&anna), &format!("{page}/access/live?silent=false")).await;
    let mut events = Body::into_data_stream(stream.into_body());
    let mut heard = String::new();
    let mut hear = async |until: &str| {
        heard.clear();
        while !heard.contains(until) {
            let more = events.next().await.expect("another event").unwrap();
            heard.push_str(std::str::from_utf8(&more).unwrap());
        }
        heard.clone()
    };
    let first = hear("event: door").await;
    assert!(first.contains("Koden är på väg") && !first.contains("event: offline"));

    hall.doors_say(last_of(&page), "doors.silent").await;
    let silent = hear("event: offline").await;
    assert!(silent.contains("utan förbindelse"), "{silent}");
    assert!(!silent.contains(OFFLINE_PIN) && !silent.contains(GROUPED), "no code travels by the stream");
    let fragment = hall.get(Some(&anna), &format!("{page}/access/offline")).await;
    assert!(fragment.says(GROUPED) && !fragment.says("<html"), "{}", fragment.text);
    assert_eq!(hall.count(READ).await, 1);

    hall.doors_say(last_of(&page), "doors.delivered").await;
    let back = hear("event: end").await;
    assert!(back.contains("Dörren känner din kod") && back.contains("event: offline"), "{back}");
    let fragment = hall.get(Some(&anna), &format!("{page}/access/offline")).await;
    assert_eq!((fragment.status, fragment.text.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_page_that_has_the_codes_already_is_not_told_to_ask_for_them() {
    let (hall, anna, page) = booked().await;
    hall.doors_say(last_of(&page), "doors.silent").await;
    let stream = hall.open(Some(&anna), &format!("{page}/access/live?silent=true")).await;
    let mut events = Body::into_data_stream(stream.into_body());
    let first = events.next().await.unwrap().unwrap();
    assert!(std::str::from_utf8(&first).unwrap().starts_with("event: door\n"));
    hall.doors_say(last_of(&page), "doors.issued").await;
    let second = events.next().await.unwrap().unwrap();
    let second = std::str::from_utf8(&second).unwrap();
    assert!(second.contains("Koden är på väg"), "no event between: {second}");
}

#[tokio::test]
async fn nobody_else_sees_off_line_codes_or_qr_codes() {
    let (hall, _, page) = booked().await;
    hall.doors_say(last_of(&page), "doors.silent").await;
    hall.bench.clock.advance(SignedDuration::from_hours(10));
    let (bo, olle) = (hall.person("Bo").await, hall.officer("Olle").await);
    for path in ["/access/offline", "/qr"] {
        let path = format!("{page}{path}");
        assert_eq!(hall.get(Some(&bo), &path).await.status, StatusCode::NOT_FOUND, "a stranger, {path}");
        assert_eq!(hall.get(Some(&olle), &path).await.status, StatusCode::NOT_FOUND, "an officer, {path}");
        assert_eq!(hall.get(None, &path).await.status, StatusCode::SEE_OTHER, "nobody, {path}");
    }
    assert_eq!(hall.get(Some(&bo), &page).await.status, StatusCode::NOT_FOUND);
    let seen = hall.get(Some(&olle), &page).await;
    assert!(seen.says("Hallen är utan förbindelse"), "{}", seen.text);
    assert!(!seen.says(GROUPED) && !seen.says(OFFLINE_PIN) && !seen.says("/qr") && !seen.says(PIN));
    assert_eq!((hall.count(READ).await, hall.count(SHOWN).await), (0, 0));
}

#[tokio::test]
async fn a_cancelled_booking_shows_neither_again() {
    let (hall, anna, page) = booked().await;
    hall.bench.clock.advance(SignedDuration::from_hours(10));
    let anna_later = hall.private_person("Anna").await;
    hall.doors_say(last_of(&page), "doors.silent").await;
    assert!(hall.get(Some(&anna), &page).await.says(GROUPED));
    hall.post(Some(&anna), &format!("{page}/cancel"), &[]).await;
    // Even if the doors' port forgot about it.
    hall.doors_say(last_of(&page), "doors.silent").await;
    let cancelled = hall.get(Some(&anna_later), &page).await;
    assert!(cancelled.says("Bokningen är avbokad") && !cancelled.says(GROUPED) && !cancelled.says("/qr"));
    let fragment = hall.get(Some(&anna), &format!("{page}/access/offline")).await;
    assert_eq!(fragment.status, StatusCode::NOT_FOUND);
    let qr = hall.get(Some(&anna), &format!("{page}/qr")).await;
    assert_eq!((qr.status, qr.location.as_str()), (StatusCode::SEE_OTHER, page.as_str()));
    assert_eq!(hall.count(SHOWN).await, 0);
}

#[tokio::test]
async fn the_qr_code_is_shown_from_a_day_before_for_a_quarter_and_each_showing_is_audited() {
    let (hall, anna, page) = booked().await;
    let early = hall.get(Some(&anna), &page).await;
    assert!(early.says("QR-koden kan visas från 17.50") && !early.says("href=\"/bookings/9/qr\""));
    let asked = hall.get(Some(&anna), &format!("{page}/qr")).await;
    assert!(asked.says("QR-koden kan visas från 17.50") && !asked.says("<svg class=\"qr\""));
    assert_eq!(hall.count(SHOWN).await, 0);

    hall.bench.clock.advance(SignedDuration::from_hours(9));
    let link = format!("href=\"{page}/qr\"");
    assert!(hall.get(Some(&anna), &page).await.says(&link));
    let kept = hall.open(Some(&anna), &format!("{page}/qr")).await;
    assert_eq!(kept.headers().get("cache-control").unwrap(), "no-store");
    let shown = hall.get(Some(&anna), &format!("{page}/qr")).await;
    for text in [
        "QR-kod till dörren",
        "<svg class=\"qr\"",
        "role=\"img\" aria-label=\"QR-kod till Huvudentrén\"",
        "Gäller till 19.15",
        "hx-trigger=\"every 600s, focus from:window\" hx-select=\"#qr\"",
        &link,
        "Visa en ny kod",
    ] {
        assert!(shown.says(text), "{text} is missing: {}", shown.text);
    }
    assert!(!shown.says(QR_TEXT), "the text is in the picture alone");
    assert_eq!(hall.count(SHOWN).await, 2);
}

#[tokio::test]
async fn a_qr_code_that_is_asked_for_too_often_has_to_wait() {
    let (hall, anna, page) = booked().await;
    hall.doors_say(last_of(&page), "doors.often").await;
    let refused = hall.get(Some(&anna), &format!("{page}/qr")).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.says("Vänta en minut"));
    assert_eq!(hall.count(SHOWN).await, 0);
}

#[tokio::test]
async fn both_are_told_in_english_too() {
    let (hall, anna, page) = booked().await;
    hall.doors_say(last_of(&page), "doors.silent").await;
    let shown = hall.get_in_english(&anna, &page).await;
    for text in ["Use this code meanwhile", "Press all twelve digits and then #", GROUPED] {
        assert!(shown.says(text), "{text} is missing: {}", shown.text);
    }
    hall.bench.clock.advance(SignedDuration::from_hours(9));
    let qr = hall.get_in_english(&anna, &format!("{page}/qr")).await;
    assert!(qr.says("QR code for the door") && qr.says("Valid until 19:15"), "{}", qr.text);
}
