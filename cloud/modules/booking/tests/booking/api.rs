use http::StatusCode;
use protocols_ids::Uuid;
use serde_json::{Value, json};

use crate::hall::{CLUB, HALF_1, Hall, OTHERS, ROOM, SEVEN, SIX, WHOLE};

fn wish(hall: &Hall, occurrences: &Value) -> Value {
    let key: Uuid = hall.bench.kernel.new_id();
    json!({ "customer": CLUB, "purpose": "Cup", "request_key": key, "occurrences": occurrences })
}

#[tokio::test]
async fn a_list_of_times_is_booked_as_one_or_not_at_all() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let both = json!([
        { "resource": HALF_1, "start": SIX, "minutes": 60 },
        { "resource": ROOM, "start": SIX, "minutes": 60 },
    ]);
    let wanted = wish(&hall, &both);
    let booked = hall.post_json(Some(&anna), &wanted).await;
    assert_eq!((booked.status, booked.json()["number"].as_u64()), (StatusCode::CREATED, Some(1001)));
    let again = hall.post_json(Some(&anna), &wanted).await;
    assert_eq!(again.json(), booked.json(), "a repeated request is the same booking");

    let overlapping = json!([
        { "resource": WHOLE, "start": SEVEN, "minutes": 60 },
        { "resource": WHOLE, "start": SIX, "minutes": 60 },
    ]);
    let refused = hall.post_json(Some(&anna), &wish(&hall, &overlapping)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let clash = json!({ "occurrence": 1, "resource": WHOLE, "start": SIX, "minutes": 60 });
    assert_eq!(refused.json(), json!({ "clashes": [clash] }));
    assert_eq!(hall.count("SELECT count(*) FROM booking.occurrence").await, 2);
}

#[tokio::test]
async fn what_is_wrong_is_named_by_field_and_code() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let one = |start: &str, minutes: u32| json!([{ "resource": HALF_1, "start": start, "minutes": minutes }]);
    let with = |name: &str, value: Value| {
        let mut wanted = wish(&hall, &one(SIX, 60));
        wanted[name] = value;
        wanted
    };
    for (wanted, field, code) in [
        (wish(&hall, &one("2026-11-20T17:00:00Z", 60)), "start", "past"),
        (wish(&hall, &one("2026-11-24T17:10:00Z", 60)), "start", "off-step"),
        (wish(&hall, &one(SIX, 30)), "minutes", "too-short"),
        (wish(&hall, &json!([])), "resource", "nothing"),
        (with("purpose", json!("")), "purpose", "blank"),
        (with("customer", json!(OTHERS)), "customer", "not-yours"),
        (with("occurrences", json!("all")), "body", "unreadable"),
        (with("more", json!(1)), "body", "unreadable"),
    ] {
        let refused = hall.post_json(Some(&anna), &wanted).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wanted}");
        let error = &refused.json()["errors"][0];
        assert_eq!((error["field"].as_str(), error["code"].as_str()), (Some(field), Some(code)), "{wanted}");
    }
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 0);
}

#[tokio::test]
async fn strangers_and_endless_bodies_are_refused() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let wanted = wish(&hall, &json!([{ "resource": HALF_1, "start": SIX, "minutes": 60 }]));
    assert_eq!(hall.post_json(None, &wanted).await.status, StatusCode::UNAUTHORIZED);
    let mut endless = wanted;
    endless["purpose"] = json!("a".repeat(40_000));
    assert_eq!(hall.post_json(Some(&anna), &endless).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn another_wish_under_a_used_key_is_another_booking() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let mut wanted = wish(&hall, &json!([{ "resource": HALF_1, "start": SIX, "minutes": 60 }]));
    assert_eq!(hall.post_json(Some(&anna), &wanted).await.json()["number"].as_u64(), Some(1001));
    wanted["occurrences"] = json!([{ "resource": HALF_1, "start": SEVEN, "minutes": 60 }]);
    assert_eq!(hall.post_json(Some(&anna), &wanted).await.json()["number"].as_u64(), Some(1002));
}
