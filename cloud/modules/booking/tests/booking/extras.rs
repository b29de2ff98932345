//! What goes with a time beside its space: equipment and services, drivers, boats, people who sleep.

use std::sync::Arc;

use http::StatusCode;
use jiff::SignedDuration;
use protocols_ids::{EquipmentId, Uuid};
use serde_json::json;
use tokio::task::JoinSet;

use crate::hall::{
    Answer, BERTH, BUS, CABIN, CLUB, COFFEE, GOALS, HALF_1, HALF_2, Hall, Person, ROOM, SEVEN, SIX, WHOLE, at,
};

fn field(equipment: EquipmentId) -> String {
    format!("accessory-{equipment}")
}

/// Holds an hour of a half with so many goals, and books it.
async fn with_goals(hall: &Hall, person: &Person, start: &str, goals: &str) -> Answer {
    let held = hall.hold(person, HALF_1, (start, "60"), &[(&field(GOALS), goals)]).await;
    if held.status == StatusCode::SEE_OTHER { hall.press(person, &held.location, "book").await } else { held }
}

#[tokio::test]
async fn equipment_and_services_are_chosen_shown_changed_and_given_up_with_their_booking() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let olle = hall.officer("Olle").await;
    let form = hall.get(Some(&anna), &format!("/book?resource={HALF_1}&start={SIX}&minutes=60")).await;
    assert!(form.says("Mål") && form.says("4 av 4 är lediga då"), "{}", form.text);
    assert!(form.says("Kaffe &lt;varmt&gt;"));
    // Goals do not go with the room.
    assert!(!hall.get(Some(&anna), &format!("/book?resource={ROOM}&start={SIX}")).await.says("Mål"));

    let more = [(field(GOALS), "3"), (field(COFFEE), "20")];
    let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let held = hall.hold(&anna, HALF_1, (SIX, "60"), &more).await.location;
    assert!(hall.get(Some(&anna), &held).await.says("3 Mål · 20 Kaffe &lt;varmt&gt;"));
    // Held goals are nobody else's, at any time that overlaps; one is left.
    let form = hall.get(Some(&bo), &format!("/book?resource={HALF_2}&start={SIX}&minutes=60")).await;
    assert!(form.says("1 av 4 är lediga då"), "{}", form.text);
    let too_many = hall.hold(&bo, HALF_2, (SIX, "60"), &[(&field(GOALS), "2")]).await;
    assert_eq!(too_many.status, StatusCode::CONFLICT);
    assert!(too_many.says("Bara 1 är lediga då") && too_many.says("id=\"accessory-"), "{}", too_many.text);
    let booking = hall.press(&anna, &held, "book").await.location;
    for person in [&anna, &olle] {
        assert!(hall.get(Some(person), &booking).await.says("3 Mål · 20 Kaffe"));
    }
    assert!(hall.get(Some(&olle), "/desk?day=2026-11-24").await.says("3 Mål · 20 Kaffe"));

    // Changed: more than there are is refused and changes nothing, fewer free the others.
    let other = hall.hold(&bo, HALF_2, (SIX, "60"), &[(&field(GOALS), "1")]).await.location;
    hall.press(&bo, &other, "book").await;
    let page = format!("{booking}/accessories");
    assert!(hall.get(Some(&anna), &page).await.says("3 av 4 är lediga då"));
    let goals = field(GOALS);
    let refused = hall.post(Some(&anna), &page, &[(&goals, "4")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(hall.get(Some(&anna), &booking).await.says("3 Mål"));
    let fewer = hall.post(Some(&anna), &page, &[(&goals, "1")]).await;
    assert_eq!(fewer.location, booking, "{}", fewer.text);
    let shown = hall.get(Some(&anna), &booking).await;
    assert!(shown.says("1 Mål") && !shown.says("Kaffe"));

    // A time that moves takes them along, if there are enough; a booking that is cancelled gives them back.
    with_goals(&hall, &bo, "2026-12-01T17:00:00Z", "4").await;
    let ids = hall.get(Some(&anna), &format!("{booking}/change")).await.text;
    let time = ids.split(&format!("href=\"{booking}/times/")).nth(1).unwrap()[..36].to_owned();
    let week_later = [("time", time.as_str()), ("action", "move"), ("days", "7")];
    let other_half = [
        ("resource", HALF_2.to_string()),
        ("date", "2026-12-01".to_owned()),
        ("start", "18:00".to_owned()),
        ("minutes", "60".to_owned()),
    ];
    let taken = hall.post(Some(&anna), &format!("{booking}/change"), &week_later).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    let fields: Vec<(&str, &str)> = other_half.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let short = hall.post(Some(&anna), &format!("{booking}/times/{time}"), &fields).await;
    assert_eq!(short.status, StatusCode::CONFLICT);
    assert!(
        short.says("Något av tillbehören räcker inte") && short.says("Mål: Inget är ledigt då"),
        "{}",
        short.text
    );
    let seven = [("time", time.as_str()), ("action", "move"), ("days", "1")];
    assert_eq!(hall.post(Some(&anna), &format!("{booking}/change"), &seven).await.location, booking);
    assert!(hall.get(Some(&anna), &booking).await.says("1 Mål"));
    hall.post(Some(&anna), &format!("{booking}/cancel"), &[]).await;
    let four = with_goals(&hall, &bo, "2026-11-25T17:00:00Z", "4").await;
    assert_eq!(four.status, StatusCode::SEE_OTHER, "{}", four.text);
}

#[tokio::test]
async fn only_what_is_out_at_the_same_instant_counts_and_a_hold_that_ran_out_has_nothing() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    // Three from six to seven, three from seven to eight: at no instant more than three.
    for start in [SIX, SEVEN] {
        assert_eq!(with_goals(&hall, &anna, start, "3").await.status, StatusCode::SEE_OTHER);
    }
    let goals = field(GOALS);
    let one = hall.hold(&bo, HALF_2, (SIX, "120"), &[(&goals, "1")]).await;
    assert_eq!(one.status, StatusCode::SEE_OTHER, "{}", one.text);
    // Held only: while it lasts there is none, then there is one.
    let carl = hall.person("Carl").await;
    let (day, annex) = ("2026-11-25T17:00:00Z", "2026-11-25T17:30:00Z");
    hall.hold(&anna, HALF_1, (day, "60"), &[(&goals, "4")]).await;
    let none = hall.hold(&carl, HALF_2, (annex, "60"), &[(&goals, "1")]).await;
    assert!(none.says("Inget är ledigt då"), "{}", none.text);
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    let held = hall.hold(&carl, HALF_2, (annex, "60"), &[(&goals, "1")]).await;
    assert_eq!(held.status, StatusCode::SEE_OTHER, "{}", held.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_load_no_more_goals_are_out_at_once_than_there_are() {
    let hall = Arc::new(Hall::new().await);
    let mut people = Vec::new();
    for number in 0..8 {
        people.push(hall.person(&format!("Person {number}")).await);
    }
    let mut tasks = JoinSet::new();
    for index in 0..80_i64 {
        let (hall, person) = (hall.clone(), people[usize::try_from(index).unwrap() % people.len()].clone());
        tasks.spawn(async move {
            // Both halves, so that the space of one excludes nobody in the other, at times that overlap by an hour.
            let key: Uuid = hall.bench.kernel.new_id();
            let resource = if index % 2 == 0 { HALF_1 } else { HALF_2 };
            let start = at(SIX) + SignedDuration::from_hours(2 * (index / 2 % 10)) + SignedDuration::from_hours(index % 2);
            let wanted = json!({
                "customer": CLUB, "purpose": "Cup", "request_key": key,
                "accessories": [{ "equipment": GOALS, "count": 1 + index % 4 }, { "equipment": COFFEE, "count": 900 }],
                "occurrences": [{ "resource": resource, "start": start, "minutes": 120 }],
            });
            let answer = hall.post_json(Some(&person), &wanted).await;
            assert!([StatusCode::CREATED, StatusCode::CONFLICT].contains(&answer.status), "{}", answer.text);
            answer.status == StatusCode::CREATED
        });
    }
    let booked = tasks.join_all().await.into_iter().filter(|booked| *booked).count();
    assert!(booked > 4, "only {booked}");
    // Asked minute by minute, past the statement that decides.
    let most = hall
        .count(
            "SELECT max(out)::bigint FROM (
               SELECT minute, sum(given.count) AS out
                 FROM generate_series('2026-11-24 17:00Z'::timestamptz, '2026-11-26 17:00Z', interval '15 minutes') minute
                 JOIN booking.accessory given ON given.starts_at <= minute AND minute < given.ends_at
                WHERE given.equipment_id = '00000000-0000-0000-0000-000000000051' GROUP BY minute) AS outs",
        )
        .await;
    assert!((1..=4).contains(&most), "{most} goals are out at once");
    let deadlocks =
        hall.count("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await;
    assert_eq!(deadlocks, 0);
}

#[tokio::test]
async fn a_berth_takes_the_boats_that_fit_and_names_the_others_measure() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    let form = hall.get(Some(&anna), &format!("/book?resource={BERTH}&start={SIX}")).await;
    for text in ["Båtens namn", "Båtens längd i meter", "Högst 8", "Högst 3"] {
        assert!(form.says(text), "{text} is missing: {}", form.text);
    }
    let none = hall.hold(&anna, BERTH, (SIX, "60"), &[]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.says("Skriv båtens namn") && none.says("Skriv måttet i meter"));
    let long = [("boat", "Titanic <b>"), ("boat_length", "8,01"), ("boat_beam", "2,5")];
    let long = hall.hold(&anna, BERTH, (SIX, "60"), &long).await;
    assert!(long.says("id=\"boat_length-error\"") && long.says("högst 8 m"), "{}", long.text);
    assert!(
        long.says("value=\"Titanic &lt;b&gt;\"") && long.says("value=\"8,01\"") && !long.says("Titanic <b>")
    );
    let fits = [("boat", "Vega"), ("boat_length", "7.5"), ("boat_beam", "2,6 m"), ("driver", "Nobody asks")];
    let held = hall.hold(&anna, BERTH, (SIX, "60"), &fits).await.location;
    let says = "Vega, 7,5 m lång och 2,6 m bred";
    assert!(hall.get(Some(&anna), &held).await.says(says));
    let booking = hall.press(&anna, &held, "book").await.location;
    for page in [booking.as_str(), "/desk?day=2026-11-24"] {
        let page = hall.get(Some(&olle), page).await;
        assert!(page.says(says), "{}", page.text);
        assert!(!page.says("Nobody asks"));
    }
}

#[tokio::test]
async fn a_vehicle_asks_for_a_driver_with_the_licence() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let form = hall.get(Some(&anna), &format!("/book?resource={BUS}&start={SIX}")).await;
    assert!(form.says("Föraren har körkort med behörighet D1"), "{}", form.text);
    let unlicensed = hall.hold(&anna, BUS, (SIX, "60"), &[("driver", "Bo Ek")]).await;
    assert!(unlicensed.says("Kryssa i att föraren har körkortet") && unlicensed.says("value=\"Bo Ek\""));
    let long = "b".repeat(81);
    let long = hall.hold(&anna, BUS, (SIX, "60"), &[("driver", long.as_str()), ("licensed", "yes")]).await;
    assert!(long.says("Namnet får ha högst 80 tecken"));
    let held = hall.hold(&anna, BUS, (SIX, "60"), &[("driver", "Bo Ek"), ("licensed", "yes")]).await;
    let booking = hall.press(&anna, &held.location, "book").await.location;
    assert!(hall.get(Some(&anna), &booking).await.says("Bo Ek"));
    // The same by the interface for programs, which says what is missing by a code.
    let body = json!({
        "customer": CLUB, "purpose": "Utflykt", "request_key": Uuid::from_u128(5),
        "occurrences": [{ "resource": BUS, "start": SEVEN, "minutes": 60 }],
    });
    let refused = hall.post_json(Some(&anna), &body).await;
    assert_eq!(refused.json()["errors"][0]["field"], "particulars.driver");
    let mut with_driver = body.clone();
    with_driver["particulars"] = json!({ "driver": { "name": " ", "licensed": true } });
    assert_eq!(hall.post_json(Some(&anna), &with_driver).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    with_driver["particulars"]["driver"]["name"] = json!("Bo Ek");
    assert_eq!(hall.post_json(Some(&anna), &with_driver).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_cabin_is_booked_from_arrival_to_departure_for_no_more_than_can_sleep_there() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"resource:hamnen/stugan\"\nfirst = \"2026-01-01\"\n[rules.parameters]\n\
         horizon_days = 365\nnights = { arrive = \"15:00\", leave = \"11:00\", most = 7 }",
    )
    .await;
    let anna = hall.person("Anna").await;
    let ask = async |arrive: &str, leave: &str, persons: &str| {
        let more = [("arrive", arrive), ("leave", leave), ("persons", persons)];
        hall.hold(&anna, CABIN, ("2027-03-26T14:00:00Z", ""), &more).await
    };
    let form = hall.get(Some(&anna), &format!("/book?resource={CABIN}&start=2027-03-26T14:00:00Z")).await;
    for text in
        ["Ankomst (från klockan 15:00)", "Avresa (till klockan 11:00)", "name=\"persons\"", "required"]
    {
        assert!(form.says(text), "{text} is missing: {}", form.text);
    }
    assert!(ask("2027-03-26", "2027-03-28", "").await.says("Skriv hur många som ska sova där"));
    assert!(ask("2027-03-26", "2027-03-28", "7").await.says("Här får högst 6 personer vara"));
    for (arrive, leave) in [("2027-03-28", "2027-03-26"), ("2027-03-26", "2027-04-26"), ("2027-03-26", "x")] {
        let wrong = ask(arrive, leave, "2").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            wrong.says("id=\"leave-error\"") && wrong.says(&format!("value=\"{leave}\"")),
            "{}",
            wrong.text
        );
    }
    // The two nights of the year in which the clock changes: one is an hour shorter, one an hour longer.
    for (arrive, leave, minutes) in
        [("2027-03-27", "2027-03-29", 43 * 60), ("2027-10-30", "2027-11-01", 45 * 60)]
    {
        let held = ask(arrive, leave, "6").await;
        assert_eq!(held.status, StatusCode::SEE_OTHER, "{}", held.text);
        let page = hall.get(Some(&anna), &held.location).await;
        assert!(page.says("15.00") && page.says("11.00") && page.says("Antal personer"), "{}", page.text);
        let booked = hall.press(&anna, &held.location, "book").await;
        assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
        let lasting = hall
            .count(
                "SELECT (extract(epoch FROM ends_at - starts_at) / 60)::bigint FROM booking.occurrence
                  ORDER BY starts_at DESC LIMIT 1",
            )
            .await;
        assert_eq!(lasting, minutes);
    }
}

#[tokio::test]
async fn hostile_and_oversized_text_in_every_new_field_is_answered_beside_it_or_not_kept() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let (goals, stranger) = (field(GOALS), format!("accessory-{}", Uuid::from_u128(77)));
    let long = "9".repeat(5_000);
    for count in ["-1", "1001", "många", "<script>", "1e3", long.as_str()] {
        let answer = hall.hold(&anna, HALF_1, (SIX, "60"), &[(&goals, count)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{count}");
        assert!(
            answer.says("Skriv ett antal från 0 till 1000") && !answer.says("<script>"),
            "{}",
            answer.text
        );
    }
    let unknown = hall.hold(&anna, HALF_1, (SIX, "60"), &[(&stranger, "1")]).await;
    assert!(unknown.says("Ett av tillbehören hör inte till det ni bokar"), "{}", unknown.text);
    let misplaced = hall.hold(&anna, ROOM, (SIX, "60"), &[(&goals, "1")]).await;
    assert_eq!(misplaced.status, StatusCode::UNPROCESSABLE_ENTITY);
    let many: Vec<(String, &str)> =
        (0..500).map(|id| (format!("accessory-{}", Uuid::from_u128(1_000 + id)), "1")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(hall.hold(&anna, HALF_1, (SIX, "60"), &many).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (name, typed) in [
        ("boat", "\u{0}\u{202e}"),
        ("boat", long.as_str()),
        ("boat_length", "8,"),
        ("boat_length", "NaN"),
        ("boat_beam", "-2"),
        ("boat_beam", long.as_str()),
    ] {
        let mut fields = vec![("boat", "Vega"), ("boat_length", "7"), ("boat_beam", "2")];
        fields.retain(|(known, _)| *known != name);
        fields.push((name, typed));
        let answer = hall.hold(&anna, BERTH, (SIX, "60"), &fields).await;
        // A mark that only turns the text around is a name of one character, and is kept as it is.
        let kept = typed.starts_with('\u{0}');
        let expected = if kept { StatusCode::SEE_OTHER } else { StatusCode::UNPROCESSABLE_ENTITY };
        assert_eq!(answer.status, expected, "{name}: {typed:.20}: {}", answer.text);
    }
    let bad = json!({
        "customer": CLUB, "purpose": "Cup", "request_key": Uuid::from_u128(5),
        "accessories": [{ "equipment": GOALS, "count": 1 }, { "equipment": GOALS, "count": 2 }],
        "occurrences": [{ "resource": WHOLE, "start": SIX, "minutes": 60 }],
    });
    let twice = hall.post_json(Some(&anna), &bad).await;
    assert_eq!(twice.json()["errors"][0]["field"], "accessories");
}
