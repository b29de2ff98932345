use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use cloud_kernel::Worker;
use data_encoding::BASE64;
use http::{HeaderMap, Request, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::town::{CLUB, HALF_1, OTHERS, ROOM, SEVEN, SIX, Town, own, wish};

const ALL: [&str; 5] = ["facilities:read", "bookings:read", "bookings:write", "customers:read", "webhooks"];
const EVENTS: [&str; 5] =
    ["booking.requested", "booking.confirmed", "booking.changed", "booking.refused", "booking.cancelled"];

/// Somebody who is told, and answers as it was told to; with 200 where it was told nothing.
#[derive(Clone, Default)]
struct Receiver {
    taken: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
    hangs: Arc<Mutex<bool>>,
}

impl Receiver {
    async fn open(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let routes = Router::new().route("/hook", post(take)).with_state(self.clone());
        tokio::spawn(axum::serve(listener, routes).into_future());
        url
    }

    fn bodies(&self) -> Vec<Value> {
        self.taken.lock().unwrap().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
    }

    fn kinds(&self) -> Vec<String> {
        self.bodies().iter().map(|body| body["type"].as_str().unwrap().to_owned()).collect()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if *receiver.hangs.lock().unwrap() {
        std::future::pending::<()>().await;
    }
    let answer = receiver.answers.lock().unwrap().pop_front().unwrap_or(StatusCode::OK);
    if answer.is_success() {
        let body = String::from_utf8(body.to_vec()).unwrap();
        receiver.taken.lock().unwrap().push((headers, body));
    }
    answer
}

async fn works(town: &Town) {
    let worker = Worker::new(town.bench.kernel.clone());
    while worker.work_once().await.unwrap() > 0 {}
}

/// Registers a receiver: its id and its secret.
async fn register(town: &Town, token: &str, url: &str) -> (String, String) {
    let made = town.write(token, "/api/v1/webhooks", &json!({ "url": url, "events": EVENTS }), None).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let text = |name: &str| made.json()[name].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

/// Whether one of a message's signatures is by this secret, as a receiver looks.
fn is_signed(headers: &HeaderMap, body: &str, secret: &str) -> bool {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    let said = format!("{}.{}.{body}", text("webhook-id"), text("webhook-timestamp"));
    let wanted = format!("v1,{}", BASE64.encode(ring::hmac::sign(&key, said.as_bytes()).as_ref()));
    text("webhook-signature").split(' ').any(|signature| signature == wanted)
}

async fn remove(town: &Town, token: &str, path: &str) -> StatusCode {
    let request = Request::delete(path).header("authorization", format!("Bearer {token}"));
    town.send(request.body(axum::body::Body::empty()).unwrap()).await.status
}

#[tokio::test]
async fn a_program_is_told_in_order_of_what_it_may_know_signed_and_by_ids_only() {
    let town = Town::new().await;
    let token = town.program(&ALL, &[CLUB]).await;
    let receiver = Receiver::default();
    let (_, secret) = register(&town, &token, &receiver.open().await).await;
    let (anna, petra) = (town.member("Anna").await, town.person("Petra").await);
    let booked = town
        .booked(&town.token_of(&anna).await, CLUB, "Träning", &[(HALF_1, SIX, 60), (HALF_1, SEVEN, 60)])
        .await;
    town.booked(&town.token_of(&petra).await, own(&petra), "Kalas", &[(ROOM, SIX, 60)]).await;
    let path = format!("/api/v1/bookings/{}", booked["id"].as_str().unwrap());
    let change = json!({ "give_up": [booked["times"][1]["id"]] });
    assert_eq!(town.write(&token, &format!("{path}/change"), &change, None).await.status, StatusCode::OK);
    assert_eq!(town.write(&token, &format!("{path}/cancel"), &json!({}), None).await.status, StatusCode::OK);
    works(&town).await;
    assert_eq!(receiver.kinds(), ["booking.confirmed", "booking.changed", "booking.cancelled"]);
    let heard = receiver.taken.lock().unwrap().clone();
    for (headers, body) in &heard {
        assert!(is_signed(headers, body, &secret));
        assert_eq!(headers["webhook-timestamp"], "1795424400");
        let said: Value = serde_json::from_str(body).unwrap();
        assert_eq!(said["data"], json!({ "booking": booked["id"] }), "ids and nothing else");
    }
    let ids: std::collections::BTreeSet<_> = heard
        .iter()
        .map(|(headers, _)| headers["webhook-id"].clone())
        .map(|id| id.to_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 3, "each message has an id of its own");
    works(&town).await;
    assert_eq!(receiver.kinds().len(), 3, "each is told once");
    assert!(!town.everything().await.contains(secret.trim_start_matches("whsec_")));
}

#[tokio::test]
async fn what_is_not_taken_comes_again_in_order_until_it_is_parked_told_and_replayed() {
    let town = Town::new().await;
    let (id, secret) = town.client(&ALL, &[CLUB], 6_000).await;
    let token = town.ask_token(&id, &secret, &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let receiver = Receiver::default();
    let (webhook, _) = register(&town, &token, &receiver.open().await).await;
    receiver.answers.lock().unwrap().extend([StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND]);
    let booked = town.booked(&token, CLUB, "Träning", &[(HALF_1, SIX, 60)]).await;
    let cancel = format!("/api/v1/bookings/{}/cancel", booked["id"].as_str().unwrap());
    town.write(&token, &cancel, &json!({}), None).await;
    works(&town).await;
    assert_eq!(receiver.kinds(), [""; 0], "the first was not taken, and the second waits for it");
    let list = town.read(&token, "/api/v1/webhooks").await.json();
    assert_eq!(
        (&list["webhooks"][0]["status"], &list["webhooks"][0]["last_error"]),
        (&json!("active"), &json!("it answered 500"))
    );
    for seconds in [1, 2] {
        town.bench.clock.advance(SignedDuration::from_secs(seconds));
        works(&town).await;
    }
    assert_eq!(receiver.kinds(), ["booking.confirmed", "booking.cancelled"]);

    // It is away for an hour and more.
    receiver.answers.lock().unwrap().extend([StatusCode::SERVICE_UNAVAILABLE; 12]);
    town.booked(&token, CLUB, "Träning", &[(HALF_1, SEVEN, 60)]).await;
    for _ in 0..20 {
        works(&town).await;
        town.bench.clock.advance(SignedDuration::from_mins(31));
    }
    assert!(receiver.answers.lock().unwrap().is_empty(), "it was asked twelve times");
    let token = town.ask_token(&id, &secret, &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let list = town.read(&token, "/api/v1/webhooks").await.json();
    assert_eq!(list["webhooks"][0]["status"], json!("parked"));
    let administrator = town.administrator().await;
    let page = town.get(Some(&administrator), &format!("/api/clients/{id}")).await;
    assert!(page.text.contains("Får inget sedan") && page.text.contains("it answered 503"), "{}", page.text);
    works(&town).await;
    assert_eq!(receiver.kinds().len(), 2, "nothing more is told");

    // All that happened since the start, in order, and what waited with it.
    let span = json!({ "from": "2026-11-23T00:00:00Z", "to": "2026-11-25T00:00:00Z" });
    let again = town.write(&token, &format!("/api/v1/webhooks/{webhook}/replay"), &span, None).await;
    assert_eq!(again.json(), json!({ "messages": 3 }), "{}", again.text);
    works(&town).await;
    assert_eq!(receiver.kinds()[2..], ["booking.confirmed", "booking.cancelled", "booking.confirmed"]);
    let ids = |from: usize| receiver.taken.lock().unwrap()[from].0["webhook-id"].to_str().unwrap().to_owned();
    assert_eq!(
        (ids(0), ids(1)),
        (ids(2), ids(3)),
        "a message keeps its id, so that its receiver knows it again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_hangs_is_cut_off_and_holds_up_no_other() {
    let town = Town::new().await;
    let token = town.program(&ALL, &[CLUB, OTHERS]).await;
    let (hanging, quick) = (Receiver::default(), Receiver::default());
    *hanging.hangs.lock().unwrap() = true;
    let (hanging_id, _) = register(&town, &token, &hanging.open().await).await;
    register(&town, &token, &quick.open().await).await;
    town.booked(&token, CLUB, "Träning", &[(HALF_1, SIX, 60)]).await;
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(Worker::new(town.bench.kernel.clone()).run(stopped));
    // The other is told while the first one is still waited for, and the first one is given up.
    let told = async {
        loop {
            let list = town.read(&token, "/api/v1/webhooks").await.json();
            let failed = list["webhooks"].as_array().unwrap().iter().any(|one| {
                one["id"] == json!(hanging_id) && one["last_error"] == json!("it did not answer in time")
            });
            if failed && quick.kinds() == ["booking.confirmed"] {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("both within their time");
    stop.send(true).unwrap();
    working.await.unwrap();
}

#[tokio::test]
async fn a_new_secret_and_the_one_before_are_both_good_for_a_day() {
    let town = Town::new().await;
    let (client, password) = town.client(&ALL, &[CLUB], 6_000).await;
    let token = async || {
        town.ask_token(&client, &password, &[]).await.json()["access_token"].as_str().unwrap().to_owned()
    };
    let receiver = Receiver::default();
    let (id, first) = register(&town, &token().await, &receiver.open().await).await;
    let renewed = town.write(&token().await, &format!("/api/v1/webhooks/{id}/renew"), &json!({}), None).await;
    let second = renewed.json()["secret"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let signed = async |start: &str| {
        town.booked(&token().await, CLUB, "Träning", &[(HALF_1, start, 60)]).await;
        works(&town).await;
        let (headers, body) = receiver.taken.lock().unwrap().last().unwrap().clone();
        [&first, &second].map(|secret| is_signed(&headers, &body, secret))
    };
    assert_eq!(signed("2026-12-01T17:00:00Z").await, [true, true]);
    town.bench.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(signed("2026-12-02T17:00:00Z").await, [false, true]);
}

#[tokio::test]
async fn a_receiver_that_cannot_be_or_is_anothers_is_refused_and_one_that_wants_no_more_is_left_alone() {
    let town = Town::new().await;
    let token = town.program(&ALL, &[CLUB]).await;
    for (body, field) in [
        (json!({ "url": "ftp://example.se/", "events": EVENTS }), "url"),
        (json!({ "url": "https://10.0.0.1/", "events": EVENTS }), "url"),
        (json!({ "url": "https://example.se/", "events": [] }), "events"),
        (json!({ "url": "https://example.se/", "events": ["door.opened"] }), "events"),
        (json!({ "url": "https://example.se/", "events": EVENTS, "more": 1 }), "body"),
    ] {
        let refused = town.write(&token, "/api/v1/webhooks", &body, None).await;
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)),
            "{body}"
        );
    }
    let anna = town.member("Anna").await;
    let personal = town.token_of(&anna).await;
    assert_eq!(town.read(&personal, "/api/v1/webhooks").await.status, StatusCode::FORBIDDEN);

    let receiver = Receiver::default();
    let (id, _) = register(&town, &token, &receiver.open().await).await;
    let other = town.program(&ALL, &[OTHERS]).await;
    let span = json!({ "from": "2026-11-23T00:00:00Z", "to": "2026-11-25T00:00:00Z" });
    for action in ["renew", "replay"] {
        let touched = town.write(&other, &format!("/api/v1/webhooks/{id}/{action}"), &span, None).await;
        assert_eq!(touched.status, StatusCode::NOT_FOUND, "{action}");
    }
    let path = format!("/api/v1/webhooks/{id}");
    assert_eq!(remove(&town, &other, &path).await, StatusCode::NOT_FOUND);
    receiver.answers.lock().unwrap().push_back(StatusCode::GONE);
    town.write(&token, "/api/v1/bookings", &wish(CLUB, "Träning", &[(HALF_1, SIX, 60)]), None).await;
    works(&town).await;
    assert_eq!(town.read(&token, "/api/v1/webhooks").await.json()["webhooks"][0]["status"], json!("parked"));
    assert_eq!(remove(&town, &token, &path).await, StatusCode::NO_CONTENT);
    assert_eq!(town.read(&token, "/api/v1/webhooks").await.json(), json!({ "webhooks": [] }));
    for _ in 0..5 {
        register(&town, &token, "https://example.se/").await;
    }
    let full = town
        .write(&token, "/api/v1/webhooks", &json!({ "url": "https://example.se/", "events": EVENTS }), None)
        .await;
    assert_eq!(full.status, StatusCode::CONFLICT);
}
