//! Guests by codes of their own, on the booking's pages.

use std::collections::BTreeMap;

use booking_domain::GUESTS_MAX;
use http::StatusCode;
use protocols_ids::{GuestId, Uuid};
use serde_json::Value;

use crate::hall::{Hall, Person, SIX, WHOLE, guest_pin, last_of};

const WEDNESDAY: &str = "2026-11-25T17:00:00Z";

/// The guests of all bookings.
async fn guests(hall: &Hall) -> Vec<GuestId> {
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM booking.guest")
        .fetch_all(&mut hall.superuser().await)
        .await
        .unwrap();
    ids.into_iter().map(GuestId::new).collect()
}

/// What the doors were last asked for: how many times, a code for each, and the guests with how many times each.
async fn doors(hall: &Hall) -> (u64, bool, BTreeMap<String, usize>) {
    let detail: Value = sqlx::query_scalar(
        "SELECT detail FROM kernel.audit WHERE action = 'doors.changed' ORDER BY id DESC LIMIT 1",
    )
    .fetch_one(&mut hall.superuser().await)
    .await
    .unwrap();
    let guests = detail[2].as_array().unwrap().iter();
    let guests = guests.map(|one| (one[0].as_str().unwrap().to_owned(), one[1].as_array().unwrap().len()));
    (detail[0].as_u64().unwrap(), detail[1].as_bool().unwrap(), guests.collect())
}

async fn let_in(hall: &Hall, person: &Person, booking: &str, name: &str) -> GuestId {
    let before = guests(hall).await;
    let answer = hall.post(Some(person), &format!("{booking}/guests"), &[("name", name)]).await;
    assert_eq!(answer.location, format!("{booking}/guests?done=let-in"), "{}", answer.text);
    new_since(hall, &before).await
}

/// The one guest who was not there before.
async fn new_since(hall: &Hall, before: &[GuestId]) -> GuestId {
    let now = guests(hall).await;
    let new: Vec<_> = now.iter().filter(|guest| !before.contains(guest)).collect();
    assert_eq!(new.len(), 1);
    *new[0]
}

async fn times(hall: &Hall) -> Vec<String> {
    let ids: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM booking.occurrence WHERE cancelled_at IS NULL ORDER BY starts_at")
            .fetch_all(&mut hall.superuser().await)
            .await
            .unwrap();
    ids.iter().map(Uuid::to_string).collect()
}

#[tokio::test]
async fn a_booker_lets_two_in_by_codes_of_their_own_and_takes_one_back() {
    let hall = Hall::new().await;
    let booker = hall.person("Kim").await;
    let booking = hall.booked(&booker, WHOLE, SIX, 60).await;
    let page = hall.get(Some(&booker), &booking).await;
    assert!(page.says(&format!("{booking}/guests")));
    let anna = let_in(&hall, &booker, &booking, "Anna <b>Ås</b>").await;
    let bo = let_in(&hall, &booker, &booking, "Bo Ek").await;
    let page = hall.get(Some(&booker), &format!("{booking}/guests")).await;
    assert!(page.says("Anna &lt;b&gt;Ås&lt;/b&gt;") && page.says("Bo Ek"));
    for guest in [anna, bo] {
        assert!(page.says(&format!(r#"data-code="{}""#, guest_pin(guest))));
    }
    let back = hall.post(Some(&booker), &format!("{booking}/guests/{anna}/take-back"), &[]).await;
    assert_eq!(back.location, format!("{booking}/guests?done=taken-back"));
    assert_eq!(doors(&hall).await, (1, false, BTreeMap::from([(bo.to_string(), 1)])));
    let page = hall.get(Some(&booker), &back.location).await;
    assert!(page.says("Koden är tillbakatagen") && page.says("Bo Ek") && !page.says("Anna &lt;b"));
    // Again it is nothing, and of another booking it never was.
    hall.post(Some(&booker), &format!("{booking}/guests/{anna}/take-back"), &[]).await;
    let other = hall.booked(&booker, WHOLE, WEDNESDAY, 60).await;
    hall.post(Some(&booker), &format!("{other}/guests/{bo}/take-back"), &[]).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.guest WHERE taken_back_at IS NULL").await, 1);
    assert_eq!(
        hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'booking.guest_taken_back'").await,
        1
    );
}

#[tokio::test]
async fn guests_codes_are_for_whoever_may_enter_and_each_reading_is_audited() {
    let hall = Hall::new().await;
    let booker = hall.private_person("Kim").await;
    let booking = hall.booked_privately(&booker, WHOLE, SIX).await;
    let anna = let_in(&hall, &booker, &booking, "Anna Kanariefågel").await;
    let read = "SELECT count(*) FROM kernel.audit WHERE action = 'access.guest_codes_read'";
    let before = hall.count(read).await;
    hall.get(Some(&booker), &format!("{booking}/guests")).await;
    assert_eq!(hall.count(read).await, before + 1);

    let officer = hall.officer("Olle").await;
    let page = hall.get(Some(&officer), &format!("{booking}/guests")).await;
    assert!(page.says("Anna Kanariefågel") && !page.says(&guest_pin(anna)));
    assert_eq!(hall.count(read).await, before + 1);
    let refused = hall.post(Some(&officer), &format!("{booking}/guests"), &[("name", "Vän")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    // Staff can take a code back, as when a phone was lost and the booker is away.
    hall.post(Some(&officer), &format!("{booking}/guests/{anna}/take-back"), &[]).await;
    assert_eq!(doors(&hall).await.2, BTreeMap::new());

    let stranger = hall.private_person("Främling").await;
    for path in [format!("{booking}/guests"), booking.clone()] {
        assert_eq!(hall.get(Some(&stranger), &path).await.status, StatusCode::NOT_FOUND);
        assert_ne!(hall.get(None, &path).await.status, StatusCode::OK);
    }
    for path in [format!("{booking}/guests"), format!("{booking}/guests/{anna}/take-back")] {
        let answer = hall.post(Some(&stranger), &path, &[("name", "Jag")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    for public in [
        "/facilities/hallen?day=2026-11-24",
        "/facilities/hallen",
        "/schedule?f=hallen",
        "/embed/schedule/hallen",
    ] {
        assert!(!hall.get(None, public).await.says("Kanariefågel"), "{public}");
    }
    // Neither the audit nor what is told to other modules has a name.
    let named = "SELECT (SELECT count(*) FROM kernel.audit WHERE detail::text LIKE '%Kanarief%')
                      + (SELECT count(*) FROM kernel.outbox WHERE payload::text LIKE '%Kanarief%')";
    assert_eq!(hall.count(named).await, 0);
}

#[tokio::test]
async fn a_guest_goes_with_the_time_that_is_moved() {
    let hall = Hall::new().await;
    let booker = hall.person("Kim").await;
    let booking = hall.booked_several(&booker, &[(WHOLE, SIX), (WHOLE, WEDNESDAY)]).await;
    let all = let_in(&hall, &booker, &booking, "Alltid").await.to_string();
    let ids = times(&hall).await;
    let chosen = [("name", "Onsdag"), ("which", "chosen"), ("time", &ids[1])];
    let before = guests(&hall).await;
    hall.post(Some(&booker), &format!("{booking}/guests"), &chosen).await;
    let once = new_since(&hall, &before).await.to_string();
    assert_eq!(doors(&hall).await, (2, false, BTreeMap::from([(all.clone(), 2), (once.clone(), 1)])));
    let moved = [("time", ids[1].as_str()), ("action", "move"), ("days", "1")];
    hall.post(Some(&booker), &format!("{booking}/change"), &moved).await;
    assert_ne!(times(&hall).await[1], ids[1]);
    assert_eq!(doors(&hall).await, (2, false, BTreeMap::from([(all.clone(), 2), (once, 1)])));
    // What is given up is given up for guests too.
    let ids = times(&hall).await;
    let given_up = [("time", ids[1].as_str()), ("action", "cancel")];
    hall.post(Some(&booker), &format!("{booking}/change"), &given_up).await;
    assert_eq!(doors(&hall).await, (1, false, BTreeMap::from([(all, 1)])));
    let page = hall.get(Some(&booker), &format!("{booking}/guests")).await;
    assert!(page.says("Ingen av tiderna är kvar"));
}

#[tokio::test]
async fn guests_go_with_the_times_that_become_a_booking_of_their_own() {
    let hall = Hall::new().await;
    let booker = hall.person("Kim").await;
    let booking = hall.booked_several(&booker, &[(WHOLE, SIX), (WHOLE, WEDNESDAY)]).await;
    let all = let_in(&hall, &booker, &booking, "Alltid").await;
    let ids = times(&hall).await;
    let mut chosen = Vec::new();
    for (name, time) in [("Tisdag", &ids[0]), ("Onsdag", &ids[1])] {
        let before = guests(&hall).await;
        let fields = [("name", name), ("which", "chosen"), ("time", time.as_str())];
        hall.post(Some(&booker), &format!("{booking}/guests"), &fields).await;
        chosen.push(new_since(&hall, &before).await);
    }
    let gone = let_in(&hall, &booker, &booking, "Borta").await;
    hall.post(Some(&booker), &format!("{booking}/guests/{gone}/take-back"), &[]).await;
    let before = guests(&hall).await;
    let split = [("time", ids[1].as_str()), ("action", "split")];
    let new = hall.post(Some(&booker), &format!("{booking}/change"), &split).await.location;
    // Who comes on Tuesday stays, who comes on Wednesday goes, and who always comes does both.
    let page = hall.get(Some(&booker), &format!("{booking}/guests")).await;
    assert!(
        page.says("Alltid") && page.says("Tisdag") && !page.says("Onsdag") && !page.says("Borta"),
        "{}",
        page.text
    );
    let page = hall.get(Some(&booker), &format!("{new}/guests")).await;
    assert!(
        page.says("Alltid") && page.says("Onsdag") && !page.says("Tisdag") && !page.says("Borta"),
        "{}",
        page.text
    );
    let (all, tuesday) = (all.to_string(), chosen[0].to_string());
    assert_eq!(doors(&hall).await, (1, false, BTreeMap::from([(all.clone(), 1), (tuesday, 1)])));
    // The doors were told whose codes go on at which time, before either booking was.
    let handed: Value = sqlx::query_scalar(
        "SELECT detail FROM kernel.audit handed WHERE action = 'doors.handed_over' AND NOT EXISTS (
           SELECT FROM kernel.audit later WHERE later.subject = handed.subject AND later.id < handed.id
              AND later.actor = 'doors')",
    )
    .fetch_one(&mut hall.superuser().await)
    .await
    .unwrap();
    let now = times(&hall).await;
    assert_eq!(handed[0].as_str().unwrap(), last_of(&booking));
    assert_eq!(handed[1], serde_json::json!([[ids[1], now[1]]]));
    let pairs: BTreeMap<String, String> = handed[2]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(
        pairs.keys().cloned().collect::<std::collections::BTreeSet<_>>(),
        [all, chosen[1].to_string()].into()
    );
    let fresh: std::collections::BTreeSet<String> =
        guests(&hall).await.iter().filter(|guest| !before.contains(guest)).map(ToString::to_string).collect();
    assert_eq!(pairs.into_values().collect::<std::collections::BTreeSet<_>>(), fresh);
    // Each of them is told of the new booking; whoever left the old one is not told that the right was taken back.
    let letters = "SELECT count(*) FROM kernel.audit WHERE action = 'booking.guest_taken_back'";
    assert_eq!(hall.count(letters).await, 1);
}

#[tokio::test]
async fn a_page_with_a_code_for_each_time_follows_the_door_too() {
    let hall = Hall::new().await;
    let booker = hall.person("Kim").await;
    let booking = hall.booked_several(&booker, &[(WHOLE, SIX), (WHOLE, WEDNESDAY)]).await;
    hall.post(Some(&booker), &format!("{booking}/codes"), &[("codes", "each")]).await;
    let page = hall.get(Some(&booker), &booking).await;
    for text in [
        "Koder, en för varje tid",
        &format!("sse-connect=\"{booking}/access/live?silent=false\""),
        "sse-swap=\"door\"",
        &format!("hx-get=\"{booking}/access/offline\" hx-trigger=\"sse:offline\""),
        "Koden är på väg till dörren",
    ] {
        assert!(page.says(text), "{text} is missing: {}", page.text);
    }
    assert_eq!(page.text.matches("data-code=").count(), 2);
    hall.doors_say(last_of(&booking), "doors.delivered").await;
    let settled = hall.get(Some(&booker), &booking).await;
    assert!(settled.says("Dörren känner din kod") && !settled.says("sse-connect"), "{}", settled.text);
    hall.doors_say(last_of(&booking), "doors.silent").await;
    let silent = hall.get(Some(&booker), &booking).await;
    assert!(silent.says("access/live?silent=true") && silent.says("1234"), "{}", silent.text);
}

#[tokio::test]
async fn each_time_gets_a_code_of_its_own_when_the_booker_says_so() {
    let hall = Hall::new().await;
    let booker = hall.person("Kim").await;
    let booking = hall.booked_several(&booker, &[(WHOLE, SIX), (WHOLE, WEDNESDAY)]).await;
    let answer = hall.post(Some(&booker), &format!("{booking}/codes"), &[("codes", "each")]).await;
    assert_eq!(answer.location, format!("{booking}/guests?done=each"));
    assert_eq!(doors(&hall).await, (2, true, BTreeMap::from([])));
    assert!(hall.get(Some(&booker), &answer.location).await.says("Varje tid har en egen kod."));
    hall.post(Some(&booker), &format!("{booking}/codes"), &[("codes", "each")]).await;
    assert_eq!(
        hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'booking.codes_changed'").await,
        1
    );
    hall.post(Some(&booker), &format!("{booking}/codes"), &[("codes", "one")]).await;
    assert_eq!(doors(&hall).await, (2, false, BTreeMap::from([])));
}

#[tokio::test]
async fn bad_guests_are_answered_beside_the_field_and_no_more_fit_than_there_is_room_for() {
    let hall = Hall::new().await;
    let booker = hall.person("Kim").await;
    let booking = hall.booked_several(&booker, &[(WHOLE, SIX), (WHOLE, WEDNESDAY)]).await;
    let to = format!("{booking}/guests");
    let long = "å".repeat(100_000);
    let foreign = Uuid::from_u128(9).to_string();
    for (fields, said) in [
        (vec![("name", " \u{7}\n ")], "Skriv ett namn"),
        (vec![("name", long.as_str())], "Skriv ett namn"),
        (vec![("name", "Bo"), ("email", "bo@ex.se, eva@ex.se")], "Skriv en e-postadress"),
        (vec![("name", "Bo"), ("which", "chosen")], "Kryssa i minst en tid"),
        (vec![("name", "Bo"), ("which", "chosen"), ("time", foreign.as_str())], "Kryssa i minst en tid"),
        (vec![], "Skriv ett namn"),
    ] {
        let answer = hall.post(Some(&booker), &to, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.says(said), "{said}");
    }
    for number in 0..GUESTS_MAX {
        let_in(&hall, &booker, &booking, &format!("Spelare {number}")).await;
    }
    let answer = hall.post(Some(&booker), &to, &[("name", "En till")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.says("Högst 20 personer") && answer.says("En till"));
    let first = guests(&hall).await[0];
    hall.post(Some(&booker), &format!("{booking}/guests/{first}/take-back"), &[]).await;
    let_in(&hall, &booker, &booking, "En till").await;
}

#[tokio::test]
async fn nobody_is_let_in_to_what_is_cancelled_or_over_or_has_no_doors() {
    let hall = Hall::new().await;
    let booker = hall.person("Kim").await;
    let cancelled = hall.booked(&booker, WHOLE, SIX, 60).await;
    hall.post(Some(&booker), &format!("{cancelled}/cancel"), &[]).await;
    let over = hall.booked(&booker, WHOLE, SIX, 60).await;
    hall.bench.clock.advance(jiff::SignedDuration::from_hours(72));
    let booker = hall.person("Kim").await;
    let without_doors = hall.booked(&booker, WHOLE, "2026-11-30T17:00:00Z", 60).await;
    hall.doors_say(last_of(&without_doors), "doors.none").await;
    assert!(!hall.get(Some(&booker), &without_doors).await.says("/guests"));
    for booking in [cancelled, over, without_doors] {
        let page = hall.get(Some(&booker), &format!("{booking}/guests")).await;
        assert!(page.says("Just nu går det inte att släppa in någon"));
        let answer = hall.post(Some(&booker), &format!("{booking}/guests"), &[("name", "Bo")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
    }
    assert_eq!(guests(&hall).await, []);
}

#[tokio::test]
async fn the_bookings_page_says_who_of_those_let_in_came() {
    let hall = Hall::new().await;
    let booker = hall.person("Kim").await;
    let booking = hall.booked(&booker, WHOLE, SIX, 60).await;
    let_in(&hall, &booker, &booking, "Anna Ås").await;
    hall.doors_say(last_of(&booking), "doors.delivered").await;
    let officer = hall.officer("Olle").await;
    for reader in [&booker, &officer] {
        let page = hall.get(Some(reader), &booking).await;
        assert!(page.says("Vem som kom") && page.says("Huvudentrén · Anna Ås"), "{}", page.text);
    }
}

#[tokio::test]
async fn of_two_who_fill_the_last_place_at_once_one_does() {
    let hall = Hall::new().await;
    let booker = hall.person("Kim").await;
    let booking = hall.booked(&booker, WHOLE, SIX, 60).await;
    for number in 1..GUESTS_MAX {
        let_in(&hall, &booker, &booking, &format!("Spelare {number}")).await;
    }
    let to = format!("{booking}/guests");
    let (one, other) = tokio::join!(
        hall.post(Some(&booker), &to, &[("name", "Ett")]),
        hall.post(Some(&booker), &to, &[("name", "Två")])
    );
    let mut answers = [one.status, other.status];
    answers.sort_unstable();
    assert_eq!(answers, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
}
