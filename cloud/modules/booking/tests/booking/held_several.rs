//! Many times are held, priced and booked as one time is.

use http::StatusCode;
use jiff::SignedDuration;

use crate::hall::{Answer, CLUB, GOALS, HALF_1, HALF_2, Hall, Person, ROOM, SIX, WHOLE, last_of};
use crate::schedule::{heard, listen};

const WEDNESDAY: &str = "2026-11-25T17:00:00Z";
const THURSDAY: &str = "2026-11-26T17:00:00Z";

fn times(of: &[(protocols_ids::ResourceId, &str, u32)]) -> Vec<String> {
    of.iter().map(|(resource, start, minutes)| format!("{resource}|{start}|{minutes}")).collect()
}

/// Presses the button that goes on, for the club.
async fn go_on(hall: &Hall, person: &Person, times: &[String], more: &[(&str, &str)]) -> Answer {
    let (customer, key) = (CLUB.to_string(), hall.bench.kernel.new_id::<protocols_ids::Uuid>().to_string());
    let mut fields = vec![
        ("facility", "hallen"),
        ("customer", customer.as_str()),
        ("request_key", key.as_str()),
        ("purpose", "Cup"),
        ("action", "book"),
    ];
    fields.extend(times.iter().map(|time| ("time", time.as_str())));
    fields.extend(more.iter().copied());
    hall.post(Some(person), "/book/several", &fields).await
}

#[tokio::test]
async fn many_times_are_held_with_the_price_of_each_and_booked_by_one_button() {
    let hall = Hall::new().await;
    hall.rules("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { cancel_minutes = 1440 }")
        .await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let list = times(&[(HALF_1, SIX, 60), (HALF_2, SIX, 60), (HALF_1, WEDNESDAY, 90)]);
    let goals = format!("accessory-{GOALS}");
    let more = [("persons", "24"), ("purpose_kind", "match"), (goals.as_str(), "2")];
    let held = go_on(&hall, &anna, &list, &more).await;
    assert!(held.location.ends_with("/hold"), "{}", held.text);
    let page = hall.get(Some(&anna), &held.location).await;
    for text in [
        "Pris och villkor",
        "Tiderna hålls åt dig till 10.10",
        "data-hold-seconds=\"600\"",
        "3 tider",
        "tisdag 24 nov 18.00–19.00, Hallen, Halva 1 · 120\u{a0}kr",
        "tisdag 24 nov 18.00–19.00, Hallen, Halva 2 · 120\u{a0}kr",
        "onsdag 25 nov 18.00–19.30, Hallen, Halva 1 · 180\u{a0}kr",
        "420\u{a0}kr",
        "2 gånger: Taxan, Alla",
        "Du avbokar och ändrar själv fram till 24 tim före",
        "2 Mål",
        "Boka tiderna",
        "Släpp tiderna",
    ] {
        assert!(page.says(text), "{text} is missing: {}", page.text);
    }
    // Nobody else gets any of them, nothing opens, and nobody is told.
    assert_eq!(hall.hold(&bo, WHOLE, (SIX, "60"), &[]).await.status, StatusCode::CONFLICT);
    assert_eq!(hall.audited("doors.issued").await, 0);
    assert_eq!(hall.count("SELECT count(*) FROM kernel.outbox").await, 0);
    assert!(hall.get(Some(&anna), "/bookings").await.says("Tiderna hålls åt dig till 10.10"));
    let booked = hall.press(&anna, &held.location, "book").await;
    let page = hall.get(Some(&anna), &booked.location).await;
    assert!(page.says("482 913") && page.says("1001") && page.says("420\u{a0}kr"), "{}", page.text);
    assert_eq!(hall.audited("doors.issued").await, 1);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy WHERE hold_until IS NOT NULL").await, 0);
    // The list is the booking's now.
    let list = hall.get(Some(&anna), &format!("/book/several?held={}", last_of(&booked.location))).await;
    assert_eq!(list.location, booked.location);
}

#[tokio::test]
async fn whoever_goes_back_to_a_list_finds_all_of_it_and_a_changed_one_takes_the_hold_with_it() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let list = times(&[(HALF_1, SIX, 60), (HALF_1, WEDNESDAY, 60)]);
    let goals = format!("accessory-{GOALS}");
    let more = [("persons", "24"), ("age_group", "youth"), (goals.as_str(), "3")];
    let held = go_on(&hall, &anna, &list, &more).await.location;
    let back = format!("/book/several?held={}", last_of(held.trim_end_matches("/hold")));
    assert!(hall.get(Some(&anna), &held).await.says(&back));
    let form = hall.get(Some(&anna), &back).await;
    for text in [
        &format!("name=\"time\" value=\"{}\"", list[0]),
        &format!("name=\"time\" value=\"{}\"", list[1]),
        "value=\"Cup\"",
        "value=\"24\"",
        "value=\"youth\" selected",
        // What is held is counted as free for whoever holds it, and is in nobody's way.
        "4 av 4 är lediga då",
        "value=\"3\"",
    ] {
        assert!(form.says(text), "{text} is missing: {}", form.text);
    }
    assert!(!form.says("går inte att få"), "{}", form.text);
    assert_eq!(hall.get(Some(&bo), &back).await.status, StatusCode::NOT_FOUND);
    let fewer = go_on(&hall, &anna, &list[..1], &[]).await.location;
    assert!(fewer.ends_with("/hold") && fewer != held);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 1);
    hall.booked(&bo, HALF_1, WEDNESDAY, 60).await;
    // One who changed their mind lets go of all of them at once.
    assert_eq!(hall.press(&anna, &fewer, "let-go").await.location, "/facilities/hallen?day=2026-11-24");
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 1);
}

#[tokio::test]
async fn a_hold_of_many_that_ran_out_says_which_are_gone_and_holds_the_others_by_one_tap() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let list = times(&[(HALF_1, SIX, 60), (HALF_1, WEDNESDAY, 60), (HALF_1, THURSDAY, 60)]);
    let goals = format!("accessory-{GOALS}");
    let held = go_on(&hall, &anna, &list, &[(goals.as_str(), "2")]).await.location;
    hall.bench.clock.advance(SignedDuration::from_mins(11));
    let over = hall.get(Some(&anna), &held).await;
    assert!(
        over.says("Tiderna hålls inte längre") && over.says("Alla är fortfarande lediga."),
        "{}",
        over.text
    );
    assert!(over.says("Håll tiderna igen"));
    hall.booked(&bo, WHOLE, WEDNESDAY, 60).await;
    let over = hall.get(Some(&anna), &held).await;
    for text in [
        "2 av 3 är fortfarande lediga.",
        "En tid är inte med längre",
        "onsdag 25 nov 18.00–19.00, Hallen, Halva 1: Den tiden hann någon annan boka",
        "Håll de 2 som är lediga",
        "Ändra det du skrev",
    ] {
        assert!(over.says(text), "{text} is missing: {}", over.text);
    }
    // Somebody is quicker than the eye: what is held is told as it is.
    hall.booked(&bo, HALF_1, THURSDAY, 60).await;
    let again = hall.press(&anna, &held, "again").await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    for text in [
        "2 tider är inte med längre",
        "onsdag 25 nov 18.00–19.00, Hallen, Halva 1; torsdag 26 nov 18.00–19.00, Hallen, Halva 1",
        "Tiden hålls åt dig till 10.21",
        "120\u{a0}kr",
        "2 Mål",
        "Boka tiden",
    ] {
        assert!(again.says(text), "{text} is missing: {}", again.text);
    }
    // Pressed again it is held already.
    assert_eq!(hall.press(&anna, &held, "again").await.location, held);
    let booked = hall.press(&anna, &held, "book").await.location;
    assert_eq!(hall.count("SELECT price_ore FROM booking.booking WHERE number = 1001").await, 12_000);
    assert_eq!(hall.count("SELECT count(*) FROM booking.accessory").await, 1);
    // What was never booked is in nobody's day, cancelled or not.
    let olle = hall.officer("Olle").await;
    let day = hall.get(Some(&olle), "/desk?day=2026-11-25").await;
    assert!(!day.says("1001") && hall.get(Some(&anna), &booked).await.says("tisdag 24 nov"), "{}", day.text);
}

#[tokio::test]
async fn a_hold_of_many_of_which_nothing_is_left_leads_back_to_the_list() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let list = times(&[(HALF_1, SIX, 60), (HALF_1, WEDNESDAY, 60)]);
    let held = go_on(&hall, &anna, &list, &[]).await.location;
    hall.bench.clock.advance(SignedDuration::from_mins(11));
    for start in [SIX, WEDNESDAY] {
        hall.booked(&bo, WHOLE, start, 60).await;
    }
    let over = hall.get(Some(&anna), &held).await;
    assert!(over.says("Ingen av dem går att få längre.") && !over.says("Håll de"), "{}", over.text);
    let refused = hall.press(&anna, &held, "again").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occurrence").await, 4);
    let list = hall
        .get(Some(&anna), &format!("/book/several?held={}", last_of(held.trim_end_matches("/hold"))))
        .await;
    assert!(list.says("2 av 2 tider går inte att få") && list.says("value=\"Cup\""), "{}", list.text);
}

#[tokio::test]
async fn what_an_officer_decides_is_asked_for_without_a_hold_and_the_list_says_so() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = {}\n\
         [[rules]]\nfor = \"resource:hallen/rummet\"\nfirst = \"2026-01-01\"\nparameters = { approval = \"always\" }",
    )
    .await;
    let anna = hall.person("Anna").await;
    let form = hall
        .get(Some(&anna), &format!("/book/several?facility=hallen&resource={ROOM}&start={SIX}&minutes=60"))
        .await;
    assert!(form.says("En handläggare") && !form.says("Fortsätt"), "{}", form.text);
    let asked = go_on(&hall, &anna, &times(&[(ROOM, SIX, 60), (HALF_1, SIX, 60)]), &[]).await;
    assert!(!asked.location.ends_with("/hold"), "{}", asked.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'requested'").await, 1);
    // A rule that came while the times were held makes a request of them, and it is counted as one.
    let held = go_on(&hall, &anna, &times(&[(HALF_1, WEDNESDAY, 60), (HALF_1, THURSDAY, 60)]), &[]).await;
    hall.rules("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { approval = \"always\" }")
        .await;
    let requested = hall.press(&anna, &held.location, "book").await;
    assert!(hall.get(Some(&anna), &requested.location).await.says("tills en handläggare har beslutat"));
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'requested'").await, 2);
    assert_eq!(hall.audited("booking.confirmed").await, 0);
}

#[tokio::test]
async fn nobody_holds_more_than_three_lists_at_once() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    for day in ["2026-11-30", "2026-12-01", "2026-12-02"] {
        let list = [format!("{HALF_1}|{day}T17:00:00Z|60"), format!("{HALF_1}|{day}T18:00:00Z|60")];
        assert!(go_on(&hall, &anna, &list, &[]).await.location.ends_with("/hold"));
    }
    let fourth = go_on(&hall, &anna, &times(&[(HALF_1, SIX, 60), (HALF_2, SIX, 60)]), &[]).await;
    assert_eq!(fourth.status, StatusCode::CONFLICT);
    assert!(fourth.says("Du håller redan 3 tider") && fourth.says("value=\"Cup\""), "{}", fourth.text);
}

#[tokio::test]
async fn ninety_times_take_as_many_statements_as_two_on_every_step() {
    let hall = Hall::new().await;
    hall.rules("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { horizon_days = 365 }")
        .await;
    let anna = hall.person("Anna").await;
    let said = || heard().iter().filter(|text| text.starts_with("sqlx::query:")).count();
    // Whose host it is, is asked once.
    hall.get(Some(&anna), "/bookings").await;
    let mut counts = Vec::new();
    for (resource, hours) in [(HALF_1, 2), (HALF_2, 90)] {
        let list: Vec<String> = (0..hours)
            .map(|day| {
                let start = crate::hall::at(SIX) + SignedDuration::from_hours(24 * day);
                format!("{resource}|{start}|60")
            })
            .collect();
        let goals = format!("accessory-{GOALS}");
        let more = [(goals.as_str(), "1")];
        listen();
        let held = go_on(&hall, &anna, &list, &more).await.location;
        let sent = said();
        assert!(held.ends_with("/hold"));
        listen();
        assert_eq!(hall.get(Some(&anna), &held).await.status, StatusCode::OK);
        let shown = said();
        hall.bench.clock.advance(SignedDuration::from_mins(11));
        listen();
        hall.press(&anna, &held, "again").await;
        let again = said();
        listen();
        let booked = hall.press(&anna, &held, "book").await.location;
        let pressed = said();
        assert!(!booked.ends_with("/hold"));
        listen();
        hall.get(Some(&anna), &format!("{booked}/cancel")).await;
        counts.push([sent, shown, again, pressed, said()]);
    }
    assert_eq!(counts[0], counts[1]);
}
