use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::python::read_calendar;
use crate::town::{CLUB, HALF_1, HALF_2, OTHERS, Person, ROOM, SEVEN, SIX, Town, WHOLE, own};

const FACILITY: &str = "/facilities/hallen/calendar.ics";
const HALF: &str = "/facilities/hallen/halva-1/calendar.ics";

/// Makes an address, and says its path.
async fn address(town: &Town, person: &Person, whose: &str) -> String {
    let made = town.post(Some(person), "/calendars", &[("whose", whose)]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    path_of(&made.element("feed-address"))
}

fn path_of(address: &str) -> String {
    address.strip_prefix("http://alfa.localhost:8080").expect("an address of the town").to_owned()
}

/// The summaries of a calendar, each with how it stands.
fn told(calendar: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let events = calendar["events"].as_array().unwrap();
    events.iter().map(|event| (text(&event["summary"]), text(&event["status"]))).collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(one, two)| ((*one).to_owned(), (*two).to_owned())).collect()
}

#[tokio::test]
async fn a_calendar_is_read_with_right_clocks_over_both_nights_when_they_change() {
    let town = Town::new().await;
    let anna = town.member("Anna").await;
    let token = town.token_of(&anna).await;
    // Half past midnight, for three hours: in spring until half past four, in autumn until half past two.
    let nights = [(HALF_1, "2027-03-27T23:30:00Z", 180), (HALF_1, "2027-10-30T22:30:00Z", 180)];
    let booked = town.booked(&token, CLUB, "Nattläger; rad 1, rad 2", &nights).await;
    let path = address(&town, &anna, "mine").await;
    let answer = town.get(None, &path).await;
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    let calendar = read_calendar(&answer.text);
    assert_eq!(
        (&calendar["version"], &calendar["method"], &calendar["errors"]),
        (&json!("2.0"), &json!(null), &json!([]))
    );
    assert_eq!(calendar["name"], json!("Mina bokningar: alfa kommun"));
    let clocks: Vec<_> = calendar["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            assert_eq!((&event["hours"], &event["errors"]), (&json!(3.0), &json!([])));
            (event["from"].as_str().unwrap(), event["to"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        clocks,
        [
            ("2027-03-28 00.30 CET", "2027-03-28 04.30 CEST"),
            ("2027-10-31 00.30 CEST", "2027-10-31 02.30 CET"),
        ]
    );
    let first = &calendar["events"][0];
    let time = booked["times"][0]["id"].as_str().unwrap();
    assert_eq!(first["uid"], json!(format!("{time}@alfa.localhost")));
    assert_eq!(first["summary"], json!("Hallen, Halva 1: Nattläger; rad 1, rad 2"));
    assert_eq!(first["location"], json!("Hallen, Hallvägen 1, Åkersberga"));
    assert_eq!(first["stamp"], json!("2026-11-23 10.00 CET"));
    assert_eq!(first["modified"], first["stamp"]);
    let page = format!("http://alfa.localhost:8080/bookings/{}", booked["id"].as_str().unwrap());
    assert_eq!(first["url"], json!(page));
}

#[tokio::test]
async fn the_public_calendar_names_associations_and_never_a_person_nor_what_anybody_wrote() {
    let town = Town::new().await;
    let (anna, petra) = (town.member("Anna").await, town.person("Petra").await);
    let (club, private) = (town.token_of(&anna).await, town.token_of(&petra).await);
    town.booked(&club, CLUB, "Träning med Kalle", &[(WHOLE, SIX, 60)]).await;
    town.booked(&private, own(&petra), "Petras kalas", &[(ROOM, SIX, 60)]).await;
    let answer = town.get(None, FACILITY).await;
    let calendar = read_calendar(&answer.text);
    assert_eq!(calendar["name"], json!("Hallen"));
    let mut said = told(&calendar);
    said.sort();
    assert_eq!(said, pairs(&[("Rummet: Bokat", "CONFIRMED"), ("Stora salen: Hallens IF", "CONFIRMED")]));
    for hidden in ["Kalle", "Petra", "kalas", "DESCRIPTION", "/bookings/"] {
        assert!(!answer.text.contains(hidden), "{hidden} in {}", answer.text);
    }
}

#[tokio::test]
async fn a_half_is_taken_in_its_calendar_when_its_whole_is_and_not_when_the_other_is() {
    let town = Town::new().await;
    let anna = town.member("Anna").await;
    let token = town.token_of(&anna).await;
    town.booked(
        &token,
        CLUB,
        "Cup",
        &[(WHOLE, SIX, 60), (HALF_2, SEVEN, 60), (HALF_1, "2026-11-24T19:00:00Z", 60)],
    )
    .await;
    let half = read_calendar(&town.get(None, HALF).await.text);
    assert_eq!(half["name"], json!("Hallen: Halva 1"));
    assert_eq!(told(&half), pairs(&[("Stora salen: Hallens IF", "CONFIRMED"), ("Hallens IF", "CONFIRMED")]));
    for nowhere in ["/facilities/hallen/halva-9/calendar.ics", "/facilities/ingenstans/calendar.ics"] {
        assert_eq!(town.get(None, nowhere).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn what_is_moved_or_cancelled_is_shown_as_gone_for_some_weeks_and_then_not() {
    let town = Town::new().await;
    let anna = town.member("Anna").await;
    let token = town.token_of(&anna).await;
    let later = "2027-03-02T17:00:00Z";
    let booked = town.booked(&token, CLUB, "Träning", &[(HALF_1, SIX, 60), (HALF_1, later, 60)]).await;
    let path = address(&town, &anna, "mine").await;
    let before = read_calendar(&town.get(None, &path).await.text);
    town.bench.clock.advance(SignedDuration::from_mins(5));
    let id = booked["id"].as_str().unwrap();
    let moved = json!({
        "give_up": [booked["times"][1]["id"]],
        "take": [{ "resource": HALF_1, "start": "2027-03-02T18:00:00Z", "minutes": 60 }],
    });
    let changed = town.write(&token, &format!("/api/v1/bookings/{id}/change"), &moved, None).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let after = read_calendar(&town.get(None, &path).await.text);
    assert_eq!(
        told(&after),
        pairs(&[
            ("Hallen, Halva 1: Träning", "CONFIRMED"),
            ("Inställt: Hallen, Halva 1: Träning", "CANCELLED"),
            ("Hallen, Halva 1: Träning", "CONFIRMED"),
        ])
    );
    let (was, gone) = (&before["events"][1], &after["events"][1]);
    assert_eq!(was["uid"], gone["uid"], "a time keeps its id");
    assert_eq!((&was["sequence"], &gone["sequence"]), (&json!(0), &json!(1)));
    assert_eq!(gone["modified"], json!("2026-11-23 10.05 CET"));
    assert_ne!(gone["uid"], after["events"][2]["uid"], "what takes its place is another time");

    town.bench.clock.advance(SignedDuration::from_hours(24 * 40));
    let weeks_later = read_calendar(&town.get(None, &path).await.text);
    assert_eq!(told(&weeks_later), pairs(&[("Hallen, Halva 1: Träning", "CONFIRMED")]));
    assert_eq!(weeks_later["events"][0]["from"], json!("2027-03-02 19.00 CET"));
}

#[tokio::test]
async fn what_is_asked_for_is_tentative_in_ones_own_calendar_and_in_no_public_one() {
    let town = Town::new().await;
    town.rule("approval = \"always\"").await;
    let anna = town.member("Anna").await;
    let token = town.token_of(&anna).await;
    let booked = town.booked(&token, CLUB, "Fest", &[(WHOLE, SIX, 60)]).await;
    assert_eq!(booked["status"], json!("requested"));
    let path = address(&town, &anna, &CLUB.to_string()).await;
    assert_eq!(
        told(&read_calendar(&town.get(None, &path).await.text)),
        pairs(&[("Hallen, Stora salen: Fest", "TENTATIVE")])
    );
    assert_eq!(told(&read_calendar(&town.get(None, FACILITY).await.text)), []);

    let cancel = format!("/api/v1/bookings/{}/cancel", booked["id"].as_str().unwrap());
    assert_eq!(town.write(&token, &cancel, &json!({}), None).await.status, StatusCode::OK);
    town.bench.clock.advance(SignedDuration::from_mins(2));
    let public = town.get(None, FACILITY).await;
    assert_eq!(told(&read_calendar(&public.text)), [], "nor is it told that it was taken back");
}

#[tokio::test]
async fn a_reader_that_has_it_is_told_so_and_one_that_asks_every_second_is_answered_from_memory() {
    let town = Town::new().await;
    let anna = town.member("Anna").await;
    let token = town.token_of(&anna).await;
    town.booked(&token, CLUB, "Träning", &[(HALF_1, SIX, 60)]).await;
    let first = town.get(None, FACILITY).await;
    assert_eq!(first.header("cache-control"), "public, max-age=300");
    let (tag, date) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
    assert_eq!(date, "Mon, 23 Nov 2026 09:00:00 GMT");
    for known in
        [("if-none-match", tag.as_str()), ("if-none-match", "\"a\", *"), ("if-modified-since", date.as_str())]
    {
        let again = town.get_with(None, FACILITY, &[known]).await;
        assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known:?}");
        assert_eq!(again.header("etag"), tag);
    }
    for other in [
        ("if-none-match", "W/\"0000\""),
        ("if-modified-since", "Mon, 23 Nov 2026 08:59:59 GMT"),
        ("if-modified-since", "yesterday"),
    ] {
        assert_eq!(town.get_with(None, FACILITY, &[other]).await.status, StatusCode::OK, "{other:?}");
    }
    // Within the minute nothing is read anew, however often somebody asks.
    town.booked(&token, CLUB, "Träning", &[(HALF_2, SIX, 60)]).await;
    for _ in 0..50 {
        town.bench.clock.advance(SignedDuration::from_secs(1));
        let again = town.get_with(None, FACILITY, &[("if-none-match", &tag)]).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    }
    town.bench.clock.advance(SignedDuration::from_secs(11));
    let later = town.get_with(None, FACILITY, &[("if-none-match", &tag)]).await;
    assert_eq!((later.status, told(&read_calendar(&later.text)).len()), (StatusCode::OK, 2));
}

#[tokio::test]
async fn an_address_that_is_read_every_second_is_refused_and_answers_again_after_what_it_said() {
    let town = Town::new().await;
    let anna = town.person("Anna").await;
    let path = address(&town, &anna, "mine").await;
    let mut asked = 0;
    let refused = loop {
        let answer = town.get(None, &path).await;
        asked += 1;
        assert!(asked < 120, "a reader that asks every second is never refused");
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("cache-control"), "private, max-age=300");
        town.bench.clock.advance(SignedDuration::from_secs(1));
    };
    assert!(asked > 30, "a phone that asks a few times is not refused");
    // Another address is another's.
    let other = address(&town, &anna, "mine").await;
    assert_eq!(town.get(None, &other).await.status, StatusCode::OK);
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    town.bench.clock.advance(SignedDuration::from_secs(wait));
    assert_eq!(town.get(None, &path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_address_is_shown_once_and_says_nothing_once_it_is_renewed_or_taken_back() {
    let town = Town::new().await;
    let anna = town.person("Anna").await;
    let first = address(&town, &anna, "mine").await;
    let secret = first.split('/').nth(2).unwrap();
    let list = town.get(Some(&anna), "/calendars").await;
    assert!(!list.text.contains(secret));
    let all = town.everything().await;
    assert!(all.contains(&anna.id.to_string()) && !all.contains(secret), "it lies as a hash");
    let told = town.count("SELECT count(*) FROM kernel.audit WHERE action = 'openapi.feed_made'").await;
    assert_eq!(told, 1);

    let (_, rest) = list.text.split_once("/calendars/mine/").unwrap();
    let id = rest.split_once('/').unwrap().0;
    let petra = town.person("Petra").await;
    for action in ["renew", "take-back"] {
        let of_another = town.post(Some(&petra), &format!("/calendars/mine/{id}/{action}"), &[]).await;
        assert_eq!(of_another.status, StatusCode::NOT_FOUND, "{action}");
    }
    let renewed = town.post(Some(&anna), &format!("/calendars/mine/{id}/renew"), &[]).await;
    let second = path_of(&renewed.element("feed-address"));
    assert_eq!(town.get(None, &first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(town.get(None, &second).await.status, StatusCode::OK);
    let gone = town.post(Some(&anna), &format!("/calendars/mine/{id}/take-back"), &[]).await;
    assert_eq!((gone.status, gone.header("location")), (StatusCode::SEE_OTHER, "/calendars?done=taken-back"));
    assert_eq!(town.get(None, &second).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_may_not_act_for_a_customer_any_more_reads_nothing_by_its_address() {
    let town = Town::new().await;
    let (anna, bo) = (town.member("Anna").await, town.member("Bo").await);
    town.booked(&town.token_of(&bo).await, CLUB, "Träning", &[(HALF_1, SIX, 60)]).await;
    let path = address(&town, &anna, &CLUB.to_string()).await;
    let calendar = read_calendar(&town.get(None, &path).await.text);
    assert_eq!(calendar["name"], json!("Hallens IF: alfa kommun"));
    assert_eq!(told(&calendar), pairs(&[("Hallen, Halva 1: Träning", "CONFIRMED")]), "whoever booked it");
    town.members.leave(anna.id);
    assert_eq!(town.get(None, &path).await.status, StatusCode::NOT_FOUND);
    assert!(town.get(Some(&anna), "/calendars").await.text.contains("Ingenting längre"));
}

#[tokio::test]
async fn a_form_for_an_address_that_cannot_be_comes_back_as_it_was_typed() {
    let town = Town::new().await;
    let anna = town.member("Anna").await;
    let script = "<script>alert(1)</script>";
    for (whose, name, says) in [
        (OTHERS.to_string(), script.to_owned(), "Välj vilka bokningar som ska synas"),
        (String::new(), script.to_owned(), "Välj vilka bokningar som ska synas"),
        ("mine".to_owned(), "a".repeat(81), "Namnet får ha högst 80 tecken"),
    ] {
        let refused = town.post(Some(&anna), "/calendars", &[("whose", &whose), ("name", &name)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{whose} {name}");
        assert!(refused.text.contains(says) && !refused.text.contains(script), "{}", refused.text);
    }
    for _ in 0..20 {
        address(&town, &anna, "mine").await;
    }
    let full = town.post(Some(&anna), "/calendars", &[("whose", "mine"), ("name", script)]).await;
    assert_eq!(full.status, StatusCode::CONFLICT);
    assert!(full.text.contains("Du har redan 20 adresser") && full.text.contains("&lt;script&gt;"));
    assert_eq!(town.get(None, "/calendars").await.status, StatusCode::SEE_OTHER, "strangers sign in first");
}
