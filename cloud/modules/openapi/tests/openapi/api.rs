use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::town::{CLUB, HALF_1, HALF_2, HALL, OTHERS, ROOM, SEVEN, SIX, Town, WHOLE, own, wish};

const ALL: [&str; 4] = ["facilities:read", "bookings:read", "bookings:write", "customers:read"];

fn path(booking: &Value, action: &str) -> String {
    format!("/api/v1/bookings/{}{action}", booking["id"].as_str().unwrap())
}

#[tokio::test]
async fn facilities_are_read_a_part_at_a_time_and_what_is_free_as_booking_says() {
    let town = Town::new().await;
    let token = town.program(&ALL, &[CLUB]).await;
    let list = town.read(&token, "/api/v1/facilities?limit=1").await.json();
    let hall = &list["facilities"][0];
    assert_eq!(
        (&hall["slug"], &hall["time_zone"], &list["next"]),
        (&json!("hallen"), &json!("Europe/Stockholm"), &json!(null))
    );
    assert_eq!(hall["resources"].as_array().unwrap().len(), 4);
    let one = town.read(&token, &format!("/api/v1/facilities/{HALL}")).await.json();
    assert_eq!(&one, hall);
    let first_half = town.read(&token, &format!("/api/v1/resources/{HALF_1}")).await.json();
    assert_eq!(
        (&first_half["name"], &first_half["parent"], &first_half["kind"]),
        (&json!("Halva 1"), &json!(WHOLE), &json!("hall"))
    );

    town.booked(&token, CLUB, "Träning", &[(WHOLE, SIX, 60)]).await;
    let free = format!("/api/v1/resources/{HALF_1}/availability?from=2026-11-24&minutes=60");
    let free = town.read(&token, &free).await.json();
    let starts: Vec<&str> =
        free["times"].as_array().unwrap().iter().map(|time| time["starts_at"].as_str().unwrap()).collect();
    assert_eq!(free["complete"], json!(true));
    assert!(starts.contains(&"2026-11-24T16:00:00Z") && starts.contains(&SEVEN));
    assert!(!starts.contains(&SIX) && !starts.contains(&"2026-11-24T16:30:00Z"), "the whole takes the half");
}

#[tokio::test]
async fn a_program_books_for_a_customer_by_the_rules_and_at_the_price_of_people() {
    let town = Town::new().await;
    let token = town.program(&ALL, &[CLUB]).await;
    let booked = town.booked(&token, CLUB, "Träning P12", &[(HALF_1, SIX, 90), (HALF_2, SIX, 90)]).await;
    assert_eq!((&booked["status"], &booked["number"]), (&json!("confirmed"), &json!(1001)));
    assert_eq!((&booked["customer_name"], &booked["price_ore"]), (&json!("Hallens IF"), &json!(36_000)));
    assert_eq!(booked["times"][0]["ends_at"], json!("2026-11-24T18:30:00Z"));
    assert_eq!(town.read(&token, &path(&booked, "")).await.json(), booked);

    let refused = town
        .write(&token, "/api/v1/bookings", &wish(CLUB, "Cup", &[(ROOM, SIX, 60), (WHOLE, SIX, 60)]), None)
        .await;
    assert_eq!(
        (refused.status, refused.header("content-type")),
        (StatusCode::CONFLICT, "application/problem+json")
    );
    let problem = refused.json();
    assert_eq!((&problem["type"], &problem["errors"][0]["time"]), (&json!("/api/problems/taken"), &json!(1)));

    for (start, minutes, field, code) in [
        ("2026-11-20T17:00:00Z", 60, "start", "past"),
        ("2026-11-24T10:10:00Z", 60, "start", "off-step"),
        ("2026-11-24T10:00:00Z", 30, "minutes", "too-short"),
        ("2026-11-24T10:00:00Z", 300, "minutes", "too-long"),
    ] {
        let refused = town
            .write(&token, "/api/v1/bookings", &wish(CLUB, "Cup", &[(HALF_1, start, minutes)]), None)
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let error = &refused.json()["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"], &error["time"]),
            (&json!(field), &json!(code), &json!(0))
        );
    }
    assert_eq!(town.count("SELECT count(*) FROM booking.booking").await, 1);
    let confirmed = town.count("SELECT count(*) FROM kernel.audit a JOIN openapi.client c ON c.person_id = a.person_id WHERE action = 'booking.confirmed'").await;
    assert_eq!(confirmed, 1, "the trail says which program booked");
}

#[tokio::test]
async fn a_booking_is_held_confirmed_changed_and_cancelled() {
    let town = Town::new().await;
    let token = town.program(&ALL, &[CLUB]).await;
    let mut wanted = wish(CLUB, "Träning", &[(HALF_1, SIX, 60), (HALF_1, SEVEN, 60)]);
    wanted["hold"] = json!(true);
    let held = town.write(&token, "/api/v1/bookings", &wanted, None).await.json();
    assert_eq!(held["status"], json!("held"));
    assert!(held["held_until"].as_str().unwrap() > "2026-11-23T09:00:00Z");
    let booked = town.write(&token, &path(&held, "/confirm"), &json!({}), None).await.json();
    assert_eq!((&booked["status"], &booked["held_until"]), (&json!("confirmed"), &json!(null)));

    let later = json!({ "resource": HALF_2, "start": "2026-11-24T20:00:00Z", "minutes": 60 });
    let change = json!({ "give_up": [booked["times"][1]["id"]], "take": [later] });
    let changed = town.write(&token, &path(&booked, "/change"), &change, None).await.json();
    assert_eq!(changed["times"].as_array().unwrap().len(), 2);
    assert_eq!(changed["times"][1]["resource"], json!(HALF_2));
    let again = town.write(&token, &path(&booked, "/change"), &change, None).await;
    assert_eq!(
        (again.status, &again.json()["type"]),
        (StatusCode::CONFLICT, &json!("/api/problems/standing"))
    );
    let all: Vec<_> = changed["times"].as_array().unwrap().iter().map(|time| time["id"].clone()).collect();
    let nothing_left = town.write(&token, &path(&booked, "/change"), &json!({ "give_up": all }), None).await;
    assert_eq!(nothing_left.json()["errors"][0]["code"], json!("all"));
    let nothing = town.write(&token, &path(&booked, "/change"), &json!({}), None).await;
    assert_eq!(nothing.json()["errors"][0]["code"], json!("nothing"));

    let cancelled = town.write(&token, &path(&booked, "/cancel"), &json!({}), None).await.json();
    assert_eq!(cancelled["status"], json!("cancelled"));
    let twice = town.write(&token, &path(&booked, "/cancel"), &json!({}), None).await;
    assert_eq!((twice.status, &twice.json()["status"]), (StatusCode::OK, &json!("cancelled")));
    assert_eq!(town.count("SELECT count(*) FROM booking.occupancy").await, 0);
}

#[tokio::test]
async fn nobody_reads_or_touches_what_is_anothers() {
    let town = Town::new().await;
    let petra = town.person("Petra").await;
    let (token, private) = (town.program(&ALL, &[CLUB]).await, town.token_of(&petra).await);
    let booked = town.booked(&private, own(&petra), "Kalas", &[(ROOM, SIX, 60)]).await;
    assert_eq!(town.read(&token, &path(&booked, "")).await.status, StatusCode::NOT_FOUND);
    for action in ["/confirm", "/cancel"] {
        let touched = town.write(&token, &path(&booked, action), &json!({}), None).await;
        assert_eq!(touched.status, StatusCode::NOT_FOUND, "{action}");
    }
    let change = json!({ "give_up": [booked["times"][0]["id"]], "take": [] });
    assert_eq!(
        town.write(&token, &path(&booked, "/change"), &change, None).await.status,
        StatusCode::NOT_FOUND
    );
    for customer in [OTHERS, own(&petra)] {
        let refused =
            town.write(&token, "/api/v1/bookings", &wish(customer, "Cup", &[(HALF_1, SIX, 60)]), None).await;
        assert_eq!(refused.json()["errors"][0]["code"], json!("not-yours"));
        let listed = town.read(&token, &format!("/api/v1/bookings?customer={customer}")).await;
        assert_eq!(listed.json()["errors"][0]["code"], json!("not-yours"));
    }
    assert_eq!(town.read(&token, "/api/v1/bookings").await.json(), json!({ "bookings": [] }));
    let own_list = town.read(&private, "/api/v1/bookings").await.json();
    assert_eq!(own_list["bookings"], json!([booked]));
    assert!(!own_list.to_string().contains("pin"), "no code passes through here");
}

#[tokio::test]
async fn a_long_list_comes_in_parts_latest_first_each_once() {
    let town = Town::new().await;
    let token = town.program(&ALL, &[CLUB]).await;
    for day in 24..29 {
        town.booked(&token, CLUB, "Träning", &[(HALF_1, &format!("2026-11-{day}T17:00:00Z"), 60)]).await;
    }
    let (mut numbers, mut cursor) = (Vec::new(), String::new());
    loop {
        let part =
            town.read(&token, &format!("/api/v1/bookings?customer={CLUB}&limit=2{cursor}")).await.json();
        let bookings = part["bookings"].as_array().unwrap();
        assert!(bookings.len() <= 2);
        numbers.extend(bookings.iter().map(|one| one["number"].as_u64().unwrap()));
        match part["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(numbers, [1005, 1004, 1003, 1002, 1001]);
}

#[tokio::test]
async fn a_request_with_a_key_is_done_once_and_answered_alike_for_a_day() {
    let town = Town::new().await;
    let token = town.program(&ALL, &[CLUB]).await;
    let wanted = wish(CLUB, "Träning", &[(HALF_1, SIX, 60)]);
    let first = town.write(&token, "/api/v1/bookings", &wanted, Some("a-1")).await;
    let again = town.write(&token, "/api/v1/bookings", &wanted, Some("a-1")).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!(first.text, again.text);
    let other = wish(CLUB, "Träning", &[(HALF_1, SEVEN, 60)]);
    let another = town.write(&token, "/api/v1/bookings", &other, Some("a-1")).await;
    assert_eq!(
        (another.status, &another.json()["type"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("/api/problems/key-used"))
    );
    // A refusal is answered alike too, although the time is free meanwhile.
    let refused =
        town.write(&token, "/api/v1/bookings", &wish(CLUB, "Cup", &[(WHOLE, SIX, 60)]), Some("a-2")).await;
    town.write(&token, &path(&first.json(), "/cancel"), &json!({}), None).await;
    let still =
        town.write(&token, "/api/v1/bookings", &wish(CLUB, "Cup", &[(WHOLE, SIX, 60)]), Some("a-2")).await;
    assert_eq!((refused.status, still.status), (StatusCode::CONFLICT, StatusCode::CONFLICT));
    assert_eq!(refused.text, still.text);
    // Another's key is another's.
    let member = town.member("Anna").await;
    let own_token = town.token_of(&member).await;
    let anothers = town.write(&own_token, "/api/v1/bookings", &other, Some("a-1")).await;
    assert_eq!(anothers.status, StatusCode::CREATED);
    assert_eq!(town.count("SELECT count(*) FROM booking.booking").await, 2);

    town.bench.clock.advance(jiff::SignedDuration::from_hours(25));
    let later = town.program(&ALL, &[CLUB]).await;
    let unusable = town.write(&later, "/api/v1/bookings", &other, Some(&"k".repeat(256))).await;
    assert_eq!(unusable.json()["errors"][0]["field"], json!("Idempotency-Key"));
}

#[tokio::test]
async fn a_repetition_while_the_first_is_worked_on_is_refused_and_takes_over_when_nobody_comes_back() {
    let town = Town::new().await;
    let member = town.member("Anna").await;
    let token = town.token_of(&member).await;
    let wanted = wish(CLUB, "Träning", &[(HALF_1, SIX, 60)]);
    assert_eq!(
        town.write(&token, "/api/v1/bookings", &wanted, Some("b-1")).await.status,
        StatusCode::CREATED
    );
    // As a process leaves it that was killed after it had booked and before it had said so.
    sqlx::query("UPDATE openapi.repeat SET status = NULL, content_type = NULL, body = NULL")
        .execute(&mut town.superuser().await)
        .await
        .unwrap();
    let meanwhile = town.write(&token, "/api/v1/bookings", &wanted, Some("b-1")).await;
    assert_eq!(
        (meanwhile.status, &meanwhile.json()["type"]),
        (StatusCode::CONFLICT, &json!("/api/problems/under-way"))
    );
    town.bench.clock.advance(jiff::SignedDuration::from_secs(60));
    let later = town.write(&token, "/api/v1/bookings", &wanted, Some("b-1")).await;
    assert_eq!(
        (later.status, &later.json()["number"]),
        (StatusCode::CREATED, &json!(1001)),
        "it is the same booking"
    );
    assert_eq!(town.count("SELECT count(*) FROM booking.booking").await, 1);
}

#[tokio::test]
async fn what_is_no_request_is_told_as_a_problem_with_its_field() {
    let town = Town::new().await;
    let token = town.program(&ALL, &[CLUB]).await;
    let bearer = format!("Bearer {token}");
    let good = wish(CLUB, "Träning", &[(HALF_1, SIX, 60)]);
    let with = |name: &str, value: Value| {
        let mut wanted = good.clone();
        wanted[name] = value;
        wanted
    };
    for (wanted, field, code) in [
        (with("more", json!(1)), "body", "unreadable"),
        (with("times", json!("all")), "body", "unreadable"),
        (with("purpose", json!(" ")), "purpose", "blank"),
        (with("purpose", json!("a".repeat(121))), "purpose", "too-long"),
        (with("purpose_kind", json!("magic")), "purpose_kind", "unknown"),
        (with("persons", json!(0)), "persons", "out-of-range"),
        (with("times", json!([])), "resource", "nothing"),
        (with("times", json!(vec![good["times"][0].clone(); 101])), "times", "too-many"),
    ] {
        let refused = town.write(&token, "/api/v1/bookings", &wanted, None).await;
        assert_eq!(
            (refused.status, refused.header("content-type")),
            (StatusCode::UNPROCESSABLE_ENTITY, "application/problem+json"),
            "{wanted}"
        );
        let error = &refused.json()["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{wanted}");
    }
    let post = |kind: &'static str, body: String| {
        Request::post("/api/v1/bookings")
            .header("authorization", &bearer)
            .header("content-type", kind)
            .body(body.into())
            .unwrap()
    };
    for (kind, body, status, problem) in [
        ("text/plain", good.to_string(), 415, "not-json"),
        ("application/json", "{".to_owned(), 422, "invalid"),
        ("application/json", with("purpose", json!("a".repeat(40_000))).to_string(), 413, "too-large"),
    ] {
        let answer = town.send(post(kind, body)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["type"]),
            (status, &json!(format!("/api/problems/{problem}")))
        );
    }
    for (path, status, problem) in [
        ("/api/v1/bookings?limit=0", 422, "invalid"),
        ("/api/v1/bookings?limit=201", 422, "invalid"),
        ("/api/v1/bookings?cursor=zzz", 422, "invalid"),
        ("/api/v1/bookings?more=1", 422, "invalid"),
        ("/api/v1/bookings/1001", 404, "not-found"),
        ("/api/v1/facilities/0193597c-7e3f-7000-8000-000000000000", 404, "not-found"),
        ("/api/v1/nowhere", 404, "not-found"),
    ] {
        let answer = town.read(&token, path).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["type"]),
            (status, &json!(format!("/api/problems/{problem}"))),
            "{path}"
        );
    }
    for dates in [
        "from=2026-11-24&to=2026-12-25",
        "from=2026-11-24&to=2026-11-23",
        "from=yesterday",
        "from=2026-11-24&minutes=0",
        "",
    ] {
        let answer = town.read(&token, &format!("/api/v1/resources/{HALF_1}/availability?{dates}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{dates}");
    }
    let other = town
        .send(
            Request::delete("/api/v1/bookings")
                .header("authorization", &bearer)
                .body(axum::body::Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!((other.status, other.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD,POST"));
    assert_eq!(other.json()["type"], json!("/api/problems/method-not-allowed"));
}

#[tokio::test]
async fn without_a_token_that_holds_nothing_is_told_and_every_problem_has_its_page() {
    let town = Town::new().await;
    let anna = town.person("Anna").await;
    for headers in [
        vec![],
        vec![("authorization", "Bearer hpt_guess")],
        vec![("authorization", "Basic YTpi")],
        vec![("authorization", "Bearer ")],
    ] {
        let refused = town.get_with(Some(&anna), "/api/v1/bookings", &headers).await;
        assert_eq!(
            (refused.status, refused.header("www-authenticate")),
            (StatusCode::UNAUTHORIZED, "Bearer realm=\"Hallport\""),
            "a session is no token"
        );
        let page = town.get(None, refused.json()["type"].as_str().unwrap()).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("401"));
    }
    let guide = town.get(None, "/api").await;
    assert_eq!(guide.status, StatusCode::OK);
    let pages: Vec<&str> = guide
        .text
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|path| path.starts_with("/api/problems/"))
        .collect();
    assert_eq!(pages.len(), 14);
    for page in pages {
        assert_eq!(town.get(None, page).await.status, StatusCode::OK, "{page}");
    }
    assert_eq!(town.get(None, "/api/problems/none").await.status, StatusCode::NOT_FOUND);
}
