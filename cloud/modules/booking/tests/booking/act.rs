//! One booking at several facilities, some of its times as a booking of their own, last year's times again.

use http::StatusCode;
use jiff::SignedDuration;

use crate::hall::{ANNEX, Answer, CLUB, GOALS, HALF_1, HALF_2, Hall, Person, ROOM, SEVEN, SIX, last_of};

async fn press(
    hall: &Hall,
    person: &Person,
    facility: &str,
    times: &[String],
    action: &str,
    more: &[(&str, &str)],
) -> Answer {
    let customer = CLUB.to_string();
    let mut fields = vec![
        ("facility", facility),
        ("customer", customer.as_str()),
        ("request_key", "00000000-0000-0000-0000-000000000042"),
        ("action", action),
    ];
    fields.extend(times.iter().map(|time| ("time", time.as_str())));
    fields.extend(more.iter().copied());
    hall.post(Some(person), "/book/several", &fields).await
}

/// Goes on with the times, and through the page of price and terms.
async fn book(
    hall: &Hall,
    person: &Person,
    facility: &str,
    times: &[String],
    more: &[(&str, &str)],
) -> Answer {
    let answer = press(hall, person, facility, times, "book", more).await;
    hall.through_the_hold(person, answer).await
}

/// What a list in the form carries.
fn carried(answer: &Answer) -> Vec<String> {
    let marker = "name=\"time\" value=\"";
    answer.text.split(marker).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// The ids of a booking's times, as its page of changes has them.
async fn times(hall: &Hall, person: &Person, booking: &str) -> Vec<String> {
    let page = hall.get(Some(person), &format!("{booking}/change")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.text.split(&format!("href=\"{booking}/times/")).skip(1).map(|rest| rest[..36].to_owned()).collect()
}

#[tokio::test]
async fn times_at_two_facilities_have_one_number_and_each_says_where_it_is() {
    let hall = Hall::new().await;
    let (anna, bo, olle) = (hall.person("Anna").await, hall.person("Bo").await, hall.officer("Olle").await);
    let first = vec![format!("{HALF_1}|{SIX}|60")];
    let shown = press(&hall, &anna, "hallen", &first, "look", &[]).await;
    assert!(shown.says("En annan anläggning i samma bokning") && shown.says("Annexet"), "{}", shown.text);
    let there = press(&hall, &anna, "hallen", &first, "facility", &[("other_facility", "annexet")]).await;
    assert!(there.says("Annexsalen") && there.says("Tiderna läggs till på Annexet"), "{}", there.text);
    let annex = ANNEX.to_string();
    let new = [
        ("new_resource", annex.as_str()),
        ("new_date", "2026-11-24"),
        ("new_start", "18:00"),
        ("new_minutes", "60"),
    ];
    let both = press(&hall, &anna, "annexet", &carried(&there), "add", &new).await;
    let list = carried(&both);
    assert_eq!(list.len(), 2, "{}", both.text);
    // At the same hour in both, which is what a cup needs; together they cost what each costs.
    assert!(both.says("Hallen, Halva 1") && both.says("Annexet, Annexsalen") && both.says("240\u{a0}kr"));
    let booked = book(&hall, &anna, "annexet", &list, &[("purpose", "Cup")]).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    for person in [&anna, &olle] {
        let page = hall.get(Some(person), &booked.location).await;
        assert!(page.says("Hallen, Halva 1") && page.says("Annexet, Annexsalen") && page.says("1001"));
    }
    let file = hall.get(Some(&anna), &format!("{}/calendar.ics", booked.location)).await;
    assert!(file.says("Annexet\\, Annexsalen: Cup") && file.says("Hallen\\, Halva 1: Cup"), "{}", file.text);
    // Both are taken, and stand in the officer's day under their own facility.
    for resource in [HALF_1, ANNEX] {
        assert_eq!(hall.hold(&bo, resource, (SIX, "60"), &[]).await.status, StatusCode::CONFLICT);
    }
    for facility in ["hallen", "annexet"] {
        let day = hall.get(Some(&olle), &format!("/desk?day=2026-11-24&facility={facility}")).await;
        assert_eq!(day.text.matches("day-entry").count(), 1, "{}", day.text);
    }
    // One of them moves across the yard, and both are given up in the end.
    let ids = times(&hall, &anna, &booked.location).await;
    let week = [("time", ids[0].as_str()), ("time", ids[1].as_str()), ("action", "move"), ("days", "7")];
    let moved = hall.post(Some(&anna), &format!("{}/change", booked.location), &week).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);
    hall.booked(&bo, ANNEX, SIX, 60).await;
    hall.post(Some(&anna), &format!("{}/cancel", booked.location), &[]).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 1);
}

#[tokio::test]
async fn a_clash_at_one_facility_books_nothing_at_the_other() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    hall.booked(&bo, ANNEX, SIX, 60).await;
    let both = vec![format!("{HALF_1}|{SIX}|60"), format!("{ANNEX}|{SIX}|60")];
    let refused = press(&hall, &anna, "hallen", &both, "book", &[("purpose", "Cup")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(refused.says("1 av 2 tider går inte att få"), "{}", refused.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 1);
}

#[tokio::test]
async fn some_times_become_a_booking_of_their_own_and_nobody_gets_between() {
    let hall = Hall::new().await;
    let (anna, bo, olle) = (hall.person("Anna").await, hall.person("Bo").await, hall.officer("Olle").await);
    let list = vec![format!("{HALF_1}|{SIX}|60"), format!("{HALF_1}|{SEVEN}|60"), format!("{ROOM}|{SIX}|60")];
    let goals = format!("accessory-{GOALS}");
    let more = [("purpose", "Cup"), ("purpose_kind", "match"), ("persons", "30"), (goals.as_str(), "2")];
    let old = book(&hall, &anna, "hallen", &list, &more).await.location;
    let ids = times(&hall, &anna, &old).await;
    assert_eq!(ids.len(), 3);
    let change = format!("{old}/change");
    let fields: Vec<(&str, &str)> =
        ids.iter().map(|id| ("time", id.as_str())).chain([("action", "split")]).collect();
    let all = hall.post(Some(&anna), &change, &fields).await;
    assert!(all.says("Välj några av tiderna, inte alla"), "{}", all.text);
    // The second press of the same button is at the same booking.
    let chosen = [("time", ids[2].as_str()), ("action", "split")];
    let (one, other) =
        tokio::join!(hall.post(Some(&anna), &change, &chosen), hall.post(Some(&anna), &change, &chosen));
    let new = [&one, &other].into_iter().find(|answer| answer.location != old && !answer.location.is_empty());
    let new = new.expect("a new booking").location.clone();
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 2);
    let (before, after) = (hall.get(Some(&anna), &old).await, hall.get(Some(&anna), &new).await);
    assert!(before.says("1001") && after.says("1002"), "{}", after.text);
    assert!(after.says("19.00–20.00") && !before.says("19.00–20.00"), "{}", before.text);
    for page in [&before, &after] {
        assert!(
            page.says("Hallens IF") && page.says("Match eller tävling") && page.says("2 Mål"),
            "{}",
            page.text
        );
    }
    assert!(after.says("482 913"), "it opens by a code");
    // 240 for an hour of each half would be wrong: the room has no price, so the old one has none; the new one has.
    assert_eq!(hall.count("SELECT price_ore FROM booking.booking WHERE number = 1002").await, 12_000);
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.changed'").await, 1);
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.issued'").await, 2);
    for (resource, start) in [(HALF_1, SIX), (HALF_1, SEVEN), (ROOM, SIX)] {
        assert_eq!(hall.hold(&bo, resource, (start, "60"), &[]).await.status, StatusCode::CONFLICT);
    }
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 3);
    // The new one is cancelled alone. An officer may split too; nobody else.
    hall.post(Some(&anna), &format!("{new}/cancel"), &[]).await;
    assert!(hall.get(Some(&anna), &old).await.says("Tiden är din"));
    let first = [("time", ids[0].as_str()), ("action", "split")];
    let carl = hall.private_person("Carl").await;
    let private = hall.booked_privately(&carl, HALF_2, SIX).await;
    let not_hers = hall.post(Some(&anna), &format!("{private}/change"), &first).await;
    assert_eq!(not_hers.status, StatusCode::NOT_FOUND);
    let by_officer = hall.post(Some(&olle), &change, &first).await;
    assert_eq!(by_officer.status, StatusCode::SEE_OTHER, "{}", by_officer.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'confirmed'").await, 3);
}

#[tokio::test]
async fn last_years_times_come_again_in_a_filled_in_list_with_its_clashes() {
    let hall = Hall::new().await;
    hall.rules("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { horizon_days = 730 }")
        .await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    // Tuesdays at six: in weeks 48, 49 and 53 of 2026, and in week 2 of 2027.
    let list: Vec<String> = ["2026-11-24", "2026-12-01", "2026-12-29", "2027-01-12"]
        .iter()
        .map(|day| format!("{HALF_1}|{day}T17:00:00Z|90"))
        .collect();
    let goals = format!("accessory-{GOALS}");
    let more = [("purpose", "Innebandy P12"), ("persons", "18"), (goals.as_str(), "2")];
    let old = book(&hall, &anna, "hallen", &list, &more).await.location;
    let page = hall.get(Some(&anna), &old).await;
    let link = format!("/book/several?again={}", last_of(&old));
    assert!(page.says(&link), "{}", page.text);
    // Somebody has the second one already.
    hall.booked(&bo, HALF_1, "2027-12-07T17:00:00Z", 60).await;
    let again = hall.get(Some(&anna), &link).await;
    assert_eq!(
        carried(&again),
        [
            format!("{HALF_1}|2027-11-30T17:00:00Z|90"),
            format!("{HALF_1}|2027-12-07T17:00:00Z|90"),
            format!("{HALF_1}|2028-01-11T17:00:00Z|90"),
        ],
        "{}",
        again.text
    );
    for text in [
        "En tid är i vecka 53",
        "1 av 3 tider går inte att få",
        "value=\"Innebandy P12\"",
        "value=\"18\"",
        "value=\"2\"",
    ] {
        assert!(again.says(text), "{text} is missing: {}", again.text);
    }
    let left = press(&hall, &anna, "hallen", &carried(&again), "skip", &[]).await;
    let booked = book(&hall, &anna, "hallen", &carried(&left), &more).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    assert_eq!(times(&hall, &anna, &booked.location).await.len(), 2);
    // Of what is nobody's business there is nothing to book again.
    let carl = hall.private_person("Carl").await;
    let private = hall.booked_privately(&carl, ROOM, SIX).await;
    let link = format!("/book/several?again={}", last_of(&private));
    assert_eq!(hall.get(Some(&carl), &link).await.status, StatusCode::OK);
    assert_eq!(hall.get(Some(&anna), &link).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_series_comes_back_on_the_first_tuesday_of_each_month_or_on_a_date() {
    let hall = Hall::new().await;
    hall.rules("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { horizon_days = 365 }")
        .await;
    let anna = hall.person("Anna").await;
    let second = HALF_2.to_string();
    let series = |every: &'static str| {
        [
            ("new_resource", second.as_str()),
            ("new_date", "2026-12-01"),
            ("new_start", "18:00"),
            ("new_minutes", "60"),
            ("every_weeks", every),
            ("last", "2027-03-31"),
        ]
    };
    for (every, days) in [
        ("month-weekday", ["2026-12-01", "2027-01-05", "2027-02-02", "2027-03-02"]),
        ("month-date", ["2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01"]),
    ] {
        let shown = press(&hall, &anna, "hallen", &[], "series", &series(every)).await;
        let expected: Vec<String> = days.iter().map(|day| format!("{HALF_2}|{day}T17:00:00Z|60")).collect();
        assert_eq!(carried(&shown), expected);
    }
    let odd = press(&hall, &anna, "hallen", &[], "series", &series("<every>")).await;
    assert_eq!(carried(&odd).len(), 18, "what is no interval is every week");
}

#[tokio::test]
async fn a_hold_in_one_list_is_in_nobodys_own_way_and_the_list_books_it() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let held = hall.hold(&anna, HALF_1, (SIX, "60"), &[]).await.location;
    let list = vec![format!("{HALF_1}|{SIX}|60"), format!("{HALF_1}|{SEVEN}|60")];
    let shown = press(&hall, &anna, "hallen", &list, "look", &[]).await;
    assert!(!shown.says("går inte att få"), "{}", shown.text);
    let booked = press(&hall, &anna, "hallen", &list, "book", &[("purpose", "Innebandy")]).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    hall.bench.clock.advance(SignedDuration::from_mins(1));
    assert!(hall.get(Some(&anna), &held).await.says("Tiden hålls inte längre"));
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 2);
}

#[tokio::test]
async fn an_officer_copies_last_years_times_for_the_same_customer_and_books_at_once() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.private_person("Anna").await, hall.officer("Olle").await);
    let customer = anna.id.to_string();
    let send = async |person: &Person, times: &[String], more: &[(&str, &str)]| {
        let mut fields = vec![
            ("facility", "hallen"),
            ("customer", customer.as_str()),
            ("request_key", "00000000-0000-0000-0000-000000000043"),
            ("purpose", "Innebandy P12"),
            ("persons", "18"),
            ("action", "book"),
        ];
        fields.extend(times.iter().map(|time| ("time", time.as_str())));
        fields.extend(more.iter().copied());
        hall.post(Some(person), "/book/several", &fields).await
    };
    let list: Vec<String> =
        ["2026-11-24", "2026-12-01"].iter().map(|day| format!("{HALF_1}|{day}T17:00:00Z|90")).collect();
    let held = send(&anna, &list, &[]).await;
    let old = hall.through_the_hold(&anna, held).await.location;
    let link = format!("/book/several?again={}", last_of(&old));
    let page = hall.get(Some(&olle), &old).await;
    assert!(page.says(&link) && !page.says("482 913"), "{}", page.text);
    // A year ahead is farther than others book here.
    let form = hall.get(Some(&olle), &link).await;
    for text in [
        "Du bokar som handläggare åt Sig själv.",
        "Den som bokade förra gången får brevet och koden.",
        "value=\"Innebandy P12\"",
        "value=\"18\"",
        "360\u{a0}kr",
        "Boka tiderna",
        &format!("name=\"copied\" value=\"{}\"", last_of(&old)),
    ] {
        assert!(form.says(text), "{text} is missing: {}", form.text);
    }
    assert!(!form.says("går inte att få"), "{}", form.text);
    let times = carried(&form);
    assert_eq!(times.len(), 2);
    let copied = [("copied", last_of(&old))];
    let booked = send(&olle, &times, &copied).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    // It is Anna's as the last one was: she reads the code, the officer does not.
    let (hers, his) =
        (hall.get(Some(&anna), &booked.location).await, hall.get(Some(&olle), &booked.location).await);
    assert!(hers.says("Tiden är din") && hers.says("482 913"), "{}", hers.text);
    assert!(!his.says("482 913"));
    let by_the_officer = hall
        .count(
            "SELECT count(*) FROM kernel.audit audit
               JOIN kernel.person person ON person.id = audit.person_id AND person.subject = 'Olle'
              WHERE action = 'booking.confirmed'",
        )
        .await;
    assert_eq!(by_the_officer, 1);
    // Nobody else copies it so: neither whoever is no officer, be it their own, nor an officer of another board.
    let theirs = [format!("{HALF_2}|2027-12-14T17:00:00Z|60")];
    let bo = hall.person("Bo").await;
    let stranger = hall.officer_of_another_authority("Stina").await;
    for person in [&anna, &bo, &stranger] {
        let answer = send(person, &theirs, &copied).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text);
    }
    assert_eq!(hall.get(Some(&stranger), &link).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_no_longer_acts_for_the_customer_gets_no_code_when_an_officer_copies() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    let old = hall.booked(&anna, HALF_1, SIX, 60).await;
    // The club is another one's by now.
    sqlx::query("UPDATE booking.booking SET customer_id = $1")
        .bind(crate::hall::OTHERS.uuid())
        .execute(&mut hall.superuser().await)
        .await
        .unwrap();
    let link = format!("/book/several?again={}", last_of(&old));
    let form = hall.get(Some(&olle), &link).await;
    assert!(form.says("Brevet går till dig."), "{}", form.text);
    let fields = [("purpose", "Innebandy"), ("copied", last_of(&old))];
    let booked = press(&hall, &olle, "hallen", &carried(&form), "book", &fields).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    assert_eq!(hall.get(Some(&anna), &booked.location).await.status, StatusCode::NOT_FOUND);
    let new = hall
        .count(
            "SELECT count(*) FROM booking.booking booking
               JOIN kernel.person person ON person.id = booking.booker_id AND person.subject = 'Olle'
              WHERE booking.customer_id = '00000000-0000-0000-0000-000000000065'",
        )
        .await;
    assert_eq!(new, 1);
}
