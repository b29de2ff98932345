//! One booking's trace, from the page to the door and back, as a collector gets it.

use std::collections::HashMap;

use cloud_access::AccessPort;
use cloud_contracts::{Access as _, AccessState};
use http::header;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use protocols_fieldbus::nodes::NodeEvent;
use protocols_ids::BookingId;
use tokio::sync::watch;

use super::city::{CANARIES, Captured, City, Collector, WITHIN, names, now};
use super::gateway::{Gateway, Running};
use crate::otlp::Exporter;

const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const CALLERS_TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn delivered(city: &City, booking: BookingId) {
    let mut signals = city.kernel.live().listen(city.tenant, AccessPort.topic(booking));
    let deadline = now() + jiff::SignedDuration::try_from(WITHIN).unwrap();
    loop {
        let mut tx = city.begin().await;
        let state = AccessPort.states(&mut tx, &[booking]).await.unwrap()[0].1;
        drop(tx);
        if state == AccessState::Delivered {
            return;
        }
        assert!(now() < deadline, "the booking stays {state:?}");
        signals.changed().await;
    }
}

/// The trace's spans by name; the same span told twice is one.
fn story(spans: &[Span], booking: BookingId) -> HashMap<&str, &Span> {
    spans
        .iter()
        .filter(|span| span.trace_id == booking.as_bytes())
        .map(|span| (span.name.as_str(), span))
        .collect()
}

fn number(span: &Span, name: &str) -> Option<i64> {
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::IntValue(number) => Some(*number),
        _ => None,
    }
}

fn text<'a>(span: &'a Span, name: &str) -> &'a str {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(text)) => text,
        other => panic!("{} has no {name}: {other:?}", span.name),
    }
}

#[tokio::test]
async fn a_bookings_trace_leads_from_the_page_to_the_door_and_back_and_names_nobody() {
    let filter = "debug,cloud_kernel=trace,cloud_access=trace,cloud_booking=trace,cloud_notifications=trace";
    let (log, _logging) = Captured::begin(filter);
    let city = City::new().await;
    let mut collector = Collector::start().await;
    let (sender, exporter) = Exporter::new(&collector.endpoint, "hallport-cloud").unwrap();
    city.kernel.tracer().send_to(sender);
    let (_exporting, stopped) = watch::channel(false);
    tokio::spawn(exporter.run(stopped));

    let running = Box::pin(Running::start(&city)).await;
    let data = tempfile::tempdir().unwrap();
    let enrolled = running.enrol(&city, &data.path().join("gateway")).await;
    let mut gateway = Gateway::start(&enrolled);
    gateway.node(NodeEvent::Contact(true)).await;
    // The first booking may go with the snapshot that a new gateway gets; the second is a step of its own.
    let first = city.book(city.half_hour(4), CALLER).await;
    delivered(&city, first).await;

    let booking = city.book(city.half_hour(0), CALLER).await;
    delivered(&city, booking).await;
    let mut tx = city.begin().await;
    let pin = AccessPort.of_booking(&mut tx, booking, true).await.unwrap().unwrap().pin.unwrap();
    drop(tx);
    gateway.enter(&pin).await;
    gateway.node(NodeEvent::Contact(false)).await;
    gateway.node(NodeEvent::Contact(true)).await;
    let page = city.get(&format!("/bookings/{booking}?token={pin}")).await;
    assert!(page.text.contains(&pin), "the page shows the code");

    let spans = collector
        .until("the door's closing", |spans| {
            let told = story(spans, booking);
            ["door.closed", "mail", "access.confirmed"].iter().all(|step| told.contains_key(step))
                && spans.iter().any(|span| span.name == "GET /bookings/{id}")
        })
        .await;
    let told = story(&spans, booking);
    let step = |name: &str| *told.get(name).unwrap_or_else(|| panic!("no {name}: {:?}", names(&spans)));

    // The request continues its caller's trace; the story points at it.
    let request = spans
        .iter()
        .rfind(|span| span.name == "POST /bookings/{id}/hold" && hex(&span.trace_id) == CALLERS_TRACE)
        .expect("the request's span");
    assert_eq!(hex(&request.parent_span_id), "00f067aa0ba902b7");
    assert_eq!(request.kind, i32::from(SpanKind::Server));
    assert_eq!(number(request, "http.response.status_code"), Some(303));
    let root = step("booking.confirmed");
    assert!(root.parent_span_id.is_empty(), "the story begins with it");
    assert_eq!((root.links.len(), &root.links[0].span_id), (1, &request.span_id));
    assert_eq!(root.links[0].trace_id, request.trace_id);
    assert!(number(root, "hallport.booking_number").is_some_and(|number| number > 0));

    // Each step is part of the one before, and none begins before it.
    let way = [
        "booking.confirmed",
        "outbox",
        "worker",
        "access.batch_built",
        "access.batch_published",
        "access.confirmed",
    ];
    for pair in way.windows(2) {
        let (before, after) = (step(pair[0]), step(pair[1]));
        assert_eq!(after.parent_span_id, before.span_id, "{} is part of {}", after.name, before.name);
        // What went through the database has microseconds.
        let micros = |span: &Span| span.start_time_unix_nano / 1000;
        assert!(micros(after) >= micros(before), "{} comes later", after.name);
        assert!(after.end_time_unix_nano >= after.start_time_unix_nano, "{}", after.name);
    }
    assert_eq!(step("outbox").end_time_unix_nano, step("worker").start_time_unix_nano);
    let delivery = spans.iter().find(|span| step("worker").links[0].span_id == span.span_id);
    assert_eq!(delivery.expect("the worker's own span").name, "deliver access.gateway_changed");

    // And back: by the gateway's own clock, with the uptime and the quality beside it.
    let admitted = step("door.admitted");
    assert_eq!(admitted.parent_span_id, root.span_id);
    assert!(
        admitted.start_time_unix_nano
            >= step("access.confirmed").start_time_unix_nano / 1_000_000 * 1_000_000
    );
    assert!(number(admitted, "hallport.uptime_ms").is_some_and(|uptime| uptime > 0));
    assert_eq!(text(admitted, "hallport.time_quality"), "synchronised");
    for after in ["door.opened", "door.closed"] {
        assert_eq!(step(after).parent_span_id, admitted.span_id, "{after}");
        assert_eq!(text(step(after), "hallport.door"), text(admitted, "hallport.door"));
    }
    assert_eq!(step("mail").parent_span_id, root.span_id);
    assert_eq!(text(step("mail"), "hallport.outcome"), "not_sent");

    // Nobody is named, and no code is told, in any span or line, however fine the log.
    let (spans, log) = (format!("{spans:?}"), log.text());
    assert!(log.contains("answered") && log.contains("sqlx"), "the log was captured, down to statements");
    for canary in CANARIES.into_iter().chain([pin.as_str()]) {
        assert!(!spans.contains(canary), "{canary} stands in a span");
        assert!(!holds(&log, canary), "{canary} stands in the log");
    }
}

/// Whether the text holds the canary, as it is or as an address holds it. A code of six digits counts where
/// no other digit or letter touches it: longer numbers and ids hold any six digits now and then.
fn holds(text: &str, canary: &str) -> bool {
    let encoded: String =
        percent_encoding::utf8_percent_encode(canary, percent_encoding::NON_ALPHANUMERIC).to_string();
    let alone = |at: usize, found: &str| {
        let word = |character: Option<char>| character.is_some_and(|c| c.is_ascii_alphanumeric());
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        // A fraction of a second is no code.
        !word(before) && !word(after) && before != Some('.') && before != Some('-')
    };
    [canary, &encoded].iter().any(|one| text.match_indices(one).any(|(at, found)| alone(at, found)))
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[tokio::test]
async fn every_request_leaves_one_line_with_its_route_and_id_and_without_its_query() {
    let (log, _logging) = Captured::begin("info");
    let city = City::new().await;
    let answer = city
        .send(
            http::Request::get("/facilities/provhallen?q=19920315-2385").header("x-request-id", "proxy-17"),
            axum::body::Body::empty(),
        )
        .await;
    assert_eq!(answer.headers["x-request-id"], "proxy-17");
    let missing = city.get("/nothing/482913?pin=482913").await;
    assert_eq!(missing.status, http::StatusCode::NOT_FOUND);
    let given = missing.headers["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(given.len(), 16, "an id of our own: {given}");
    city.get("/health/live").await;
    let refused = city
        .send(
            http::Request::post("/book").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
            axum::body::Body::from("purpose=482913&customer=19920315-2385"),
        )
        .await;
    assert_eq!(refused.status, http::StatusCode::BAD_REQUEST);

    let log = log.text();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("answered")).collect();
    assert_eq!(lines.len(), 3, "{log}");
    for words in ["proxy-17", "/facilities/{slug}", "status=200", "provhallen.localhost", "ms="] {
        assert!(lines[0].contains(words), "{words}: {}", lines[0]);
    }
    for words in [&given, "route=\"none\"", "status=404"] {
        assert!(lines[1].contains(words), "{words}: {}", lines[1]);
    }
    let told = log.lines().find(|line| line.contains("bad request")).expect("why it was refused");
    let id = refused.headers["x-request-id"].to_str().unwrap();
    assert!(told.contains(id), "said on behalf of the request: {told}");
    for canary in ["482913", "19920315"] {
        assert!(!log.contains(canary), "{canary}: {log}");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_is_said_once_and_holds_nothing_up() {
    let (log, _logging) = Captured::begin("info");
    let city = City::new().await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", nobody.local_addr().unwrap());
    drop(nobody);
    let (sender, exporter) = Exporter::new(&endpoint, "hallport-cloud").unwrap();
    city.kernel.tracer().send_to(sender);
    for _ in 0..3 {
        assert_eq!(city.get("/facilities/provhallen").await.status, http::StatusCode::OK);
    }
    // The word to stop sends what waits, and ends.
    let (_stop, stopped) = watch::channel(true);
    tokio::time::timeout(WITHIN, exporter.run(stopped)).await.expect("the exporter ends");
    assert_eq!(log.text().matches("the collector takes no spans").count(), 1, "{}", log.text());
}
