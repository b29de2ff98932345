//! Questions about what cannot be booked directly.

use std::collections::BTreeSet;
use std::sync::Arc;

use booking_domain::ENQUIRIES_OPEN_MAX;
use cloud_booking::{BookingAnswers, FreeTimes};
use cloud_contracts::{Availability as _, Bookings as _, FreeWanted, Open};
use http::StatusCode;

use crate::hall::{Answer, HALF_1, Hall, OneFacility, Person, ROOM, SEVEN, SIX, at, facility, last_of};

const BY_ENQUIRY: &str = "[[rules]]\nfor = \"resource:hallen/rummet\"\nfirst = \"2026-01-01\"\n\
                          parameters = { by_enquiry = true }\n";
const DAY: &str = "/facilities/hallen?day=2026-11-24";

async fn hall() -> Hall {
    let hall = Hall::new().await;
    hall.rules(BY_ENQUIRY).await;
    hall
}

async fn ask(hall: &Hall, person: &Person, wished: &str, message: &str) -> Answer {
    let room = ROOM.to_string();
    let fields = [
        ("resource", room.as_str()),
        ("start", SIX),
        ("wished", wished),
        ("purpose", "Bröllop"),
        ("purpose_kind", "private"),
        ("persons", "40"),
        ("message", message),
    ];
    hall.post(Some(person), "/enquiries", &fields).await
}

async fn asked(hall: &Hall, person: &Person) -> String {
    let answer = ask(hall, person, "en lördag i maj", "Vi är <många>").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.location.trim_end_matches("?done=asked").to_owned()
}

/// The officer's form of a booking, for six o'clock.
fn at_six(resource: &str) -> [(&str, &str); 5] {
    [
        ("resource", resource),
        ("date", "2026-11-24"),
        ("start", "18:00"),
        ("minutes", "60"),
        ("purpose", "Bröllop"),
    ]
}

#[tokio::test]
async fn what_is_asked_about_is_not_booked_and_never_told_as_free() {
    let hall = hall().await;
    let anna = hall.private_person("Anna").await;
    let day = hall.get(None, DAY).await;
    assert!(day.says(&format!("/enquiries/new?resource={ROOM}&amp;start={SIX}")) && day.says("fråga"));
    assert!(!day.says(&format!("/book?resource={ROOM}")) && day.says(&format!("/book?resource={HALF_1}")));
    let form = hall.get(Some(&anna), &format!("/book?resource={ROOM}&start={SIX}")).await;
    assert_eq!(form.location, format!("/enquiries/new?resource={ROOM}&start={SIX}"));
    let refused = hall.book(&anna, ROOM, SIX, 60).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says("Fråga i stället"), "{}", refused.text);
    let rules = hall.get(None, "/facilities/hallen/rules?resource=rummet").await;
    assert!(rules.says("Bokas inte direkt"));

    let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
    let wanted = FreeWanted {
        windows: vec![Open { starts_at: at(SIX), ends_at: at(SEVEN) }],
        over_minutes: 0,
        minutes: Some(60),
        each_max: 4,
    };
    let resources: BTreeSet<_> = [ROOM, HALF_1].into();
    let free = FreeTimes::new(Arc::new(OneFacility)).free(&mut tx, &[facility()], &resources, &wanted).await;
    let free: Vec<_> = free.unwrap().into_iter().map(|time| time.resource).collect();
    assert_eq!(free, [HALF_1]);
}

#[tokio::test]
async fn a_question_is_answered_written_about_and_ended_with_a_reason() {
    let hall = hall().await;
    let (anna, olle) = (hall.private_person("Anna").await, hall.officer("Olle").await);
    let form = hall.get(Some(&anna), &format!("/enquiries/new?resource={ROOM}&start={SIX}")).await;
    assert!(form.says("Rummet") && form.says("tisdag 24 nov"), "{}", form.text);
    let enquiry = asked(&hall, &anna).await;
    let page = hall.get(Some(&anna), &format!("{enquiry}?done=asked")).await;
    assert!(page.says("Frågan är skickad") && page.says("Vi är &lt;många&gt;") && page.says("1001"));
    assert!(hall.get(Some(&anna), "/bookings").await.says("väntar på svar"));
    let desk = hall.get(Some(&olle), "/desk/requests").await;
    assert!(desk.says("en lördag i maj") && desk.says(&enquiry));

    let answer = hall.post(Some(&olle), &format!("{enquiry}/messages"), &[("text", "Den 9 maj?")]).await;
    assert_eq!(answer.location, format!("{enquiry}?done=sent"));
    let page = hall.get(Some(&anna), &enquiry).await;
    assert!(page.says("Den 9 maj?") && page.says("handläggare") && page.says("har fått svar"));
    let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
    let told = BookingAnswers.enquiry(&mut tx, last_of(&enquiry).parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((told.number, told.answer.as_deref(), told.asker), (1001, Some("Den 9 maj?"), anna.id));
    drop(tx);
    hall.post(Some(&anna), &format!("{enquiry}/messages"), &[("text", "Gärna")]).await;
    assert!(hall.get(Some(&olle), "/desk/requests").await.says("väntar på svar"));

    let without = hall.post(Some(&olle), &format!("{enquiry}/close"), &[("reason", " ")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    hall.post(Some(&olle), &format!("{enquiry}/close"), &[("reason", "Salen byggs om")]).await;
    let page = hall.get(Some(&anna), &enquiry).await;
    assert!(page.says("avslutad utan bokning") && page.says("Salen byggs om") && !page.says("/messages"));
    // What has ended stays as it ended.
    hall.post(Some(&anna), &format!("{enquiry}/messages"), &[("text", "Men")]).await;
    hall.post(Some(&olle), &format!("{enquiry}/close"), &[("reason", "Igen")]).await;
    let book = hall.post(Some(&olle), &format!("{enquiry}/book"), &at_six(&ROOM.to_string())).await;
    assert_eq!(book.location, enquiry);
    assert_eq!(hall.count("SELECT count(*) FROM booking.enquiry_message").await, 3);
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 0);
    let steps = "SELECT count(*) FROM kernel.audit WHERE action LIKE 'booking.enquiry_%'";
    assert_eq!(hall.count(steps).await, 4);
    assert!(!hall.get(Some(&olle), "/desk/requests").await.says("en lördag i maj"));
}

#[tokio::test]
async fn an_officer_makes_a_booking_of_a_question_for_the_one_who_asked() {
    let hall = hall().await;
    let (anna, olle) = (hall.private_person("Anna").await, hall.officer("Olle").await);
    let enquiry = asked(&hall, &anna).await;
    let page = hall.get(Some(&olle), &enquiry).await;
    assert!(page.says(r#"value="2026-11-24""#) && page.says(r#"value="18:00""#), "what was pointed at");
    let to = format!("{enquiry}/book");
    let room = ROOM.to_string();
    let mut wrong = at_six(&room);
    wrong[3] = ("minutes", "45");
    let refused = hall.post(Some(&olle), &to, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says(r#"value="45""#), "what was typed is kept");
    let booked = hall.post(Some(&olle), &to, &at_six(&room)).await;
    assert!(booked.location.starts_with("/bookings/"), "{}", booked.text);
    let page = hall.get(Some(&anna), &booked.location).await;
    assert!(page.says("Tiden är din") && page.says("Bröllop"));
    let page = hall.get(Some(&anna), &enquiry).await;
    assert!(page.says("Frågan blev en bokning") && page.says(&booked.location));
    // Again it is the same booking.
    hall.post(Some(&olle), &to, &at_six(&room)).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 1);
    assert_eq!(hall.count("SELECT count(*) FROM booking.enquiry WHERE status = 'booked'").await, 1);
}

#[tokio::test]
async fn a_question_that_finds_its_time_taken_stays_a_question() {
    let hall = hall().await;
    let (anna, olle) = (hall.private_person("Anna").await, hall.officer("Olle").await);
    let enquiry = asked(&hall, &anna).await;
    hall.booked(&olle, HALF_1, SIX, 60).await;
    let taken = hall.post(Some(&olle), &format!("{enquiry}/book"), &at_six(&HALF_1.to_string())).await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{}", taken.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.enquiry WHERE status = 'waiting'").await, 1);
}

#[tokio::test]
async fn a_question_is_nobody_elses_business_and_an_officer_does_not_answer_themselves() {
    let hall = hall().await;
    let (anna, bo, olle) =
        (hall.private_person("Anna").await, hall.private_person("Bo").await, hall.officer("Olle").await);
    let enquiry = asked(&hall, &anna).await;
    assert_eq!(hall.get(Some(&bo), &enquiry).await.status, StatusCode::NOT_FOUND);
    assert_ne!(hall.get(None, &enquiry).await.status, StatusCode::OK);
    for (path, fields) in [("messages", [("text", "Jag")]), ("close", [("reason", "Nej")])] {
        let answer = hall.post(Some(&bo), &format!("{enquiry}/{path}"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let room = ROOM.to_string();
    let own = hall.post(Some(&anna), &format!("{enquiry}/book"), &at_six(&room)).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    let officers = asked(&hall, &olle).await;
    let answer = hall.post(Some(&olle), &format!("{officers}/book"), &at_six(&room)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // Whoever asked takes it back without a reason.
    hall.post(Some(&anna), &format!("{enquiry}/close"), &[]).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.enquiry WHERE status = 'closed'").await, 1);
    assert!(!hall.get(None, DAY).await.says("Bröllop"));
}

#[tokio::test]
async fn questions_are_bounded_and_bad_ones_answered_beside_the_field() {
    let hall = hall().await;
    let anna = hall.private_person("Anna").await;
    let long = "å".repeat(2_001);
    for (wished, message, said) in [
        (" ", "", "Skriv ungefär när"),
        (&long, "", "Skriv ungefär när"),
        ("i maj", &long, "högst 2000 tecken"),
    ] {
        let answer = ask(&hall, &anna, wished, message).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.says(said), "{said}");
    }
    let odd = hall.post(Some(&anna), "/enquiries", &[("resource", "<script>")]).await;
    assert_eq!(odd.status, StatusCode::NOT_FOUND);
    for _ in 0..ENQUIRIES_OPEN_MAX {
        asked(&hall, &anna).await;
    }
    let (one, other) = tokio::join!(ask(&hall, &anna, "i maj", ""), ask(&hall, &anna, "i juni", ""));
    assert_eq!((one.status, other.status), (StatusCode::CONFLICT, StatusCode::CONFLICT));
    assert!(one.says("frågor som väntar") && one.says("i maj"));
    assert_eq!(hall.count("SELECT count(*) FROM booking.enquiry").await, 5);
}
