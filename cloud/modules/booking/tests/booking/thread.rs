//! What officers and who booked write to each other about a booking.

use http::StatusCode;
use jiff::SignedDuration;

use crate::hall::{HALF_1, Hall, SIX};

#[tokio::test]
async fn an_officer_writes_to_who_booked_who_answers_in_the_same_thread_and_others_read_nothing() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.private_person("Anna").await, hall.officer("Olle").await);
    let stranger = hall.private_person("Bo").await;
    let booking = hall.booked_privately(&anna, HALF_1, SIX).await;
    let thread = format!("{booking}/thread");
    assert!(hall.get(Some(&anna), &booking).await.says(&format!("href=\"{thread}\"")));
    let sent = hall.post(Some(&olle), &thread, &[("text", "Ta med\r\negna <b>mål</b>")]).await;
    assert_eq!(sent.location, format!("{thread}?done=sent"));
    let read = hall.get(Some(&anna), &thread).await;
    assert!(read.says("egna &lt;b&gt;mål&lt;/b&gt;") && read.says("Olle"), "{}", read.text);
    assert!(!hall.get(Some(&olle), "/desk/requests").await.says("Meddelanden som väntar på svar"));
    hall.bench.clock.advance(SignedDuration::from_secs(1));
    hall.post(Some(&anna), &thread, &[("text", "Det gör vi.")]).await;
    let desk = hall.get(Some(&olle), "/desk/requests").await;
    assert!(desk.says("Meddelanden som väntar på svar") && desk.says("Det gör vi."), "{}", desk.text);
    hall.bench.clock.advance(SignedDuration::from_secs(1));
    hall.post(Some(&olle), &thread, &[("text", "Tack!")]).await;
    assert!(!hall.get(Some(&olle), "/desk/requests").await.says("Meddelanden som väntar på svar"));
    for (person, path) in [(&stranger, &thread)] {
        assert_eq!(hall.get(Some(person), path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(hall.post(Some(person), path, &[("text", "x")]).await.status, StatusCode::NOT_FOUND);
    }
    let other = hall.officer_of_another_authority("Ove").await;
    assert_eq!(hall.get(Some(&other), &thread).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hall.audited("booking.written").await, 3);
}

#[tokio::test]
async fn what_is_written_is_bounded_and_answered_beside_the_field() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let booking = hall.booked(&anna, HALF_1, SIX, 60).await;
    let thread = format!("{booking}/thread");
    let long = "å".repeat(2001);
    for (text, said) in [(" ", "text"), (long.as_str(), "2000")] {
        let answer = hall.post(Some(&anna), &thread, &[("text", text)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.says(said) && answer.says("field-error"), "{}", answer.text);
    }
    sqlx::query(
        "INSERT INTO booking.thread_text (tenant_id, id, booking_id, author_id, staff, text, written_at)
         SELECT booking.tenant_id, gen_random_uuid(), booking.id, booking.booker_id, false, 'x', now()
           FROM booking.booking booking, generate_series(1, 200)",
    )
    .execute(&mut hall.superuser().await)
    .await
    .unwrap();
    let full = hall.post(Some(&anna), &thread, &[("text", "en till")]).await;
    assert_eq!(full.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(full.says("redan 200 meddelanden") && full.says("en till"), "{}", full.text);
}
