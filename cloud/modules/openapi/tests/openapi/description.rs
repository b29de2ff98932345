//! The description of the interface, as a program that tries everything in it finds it.

use std::process::Command;
use std::time::Duration;

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::python::program;
use crate::town::{CLUB, OTHERS, Town};

async fn description(town: &Town) -> Value {
    let answer = town.get(None, "/api/v1/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    answer.json()
}

#[tokio::test]
async fn every_route_says_which_problems_it_has_and_times_are_instants() {
    let town = Town::new().await;
    let description = description(&town).await;
    assert_eq!(description["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    let mut routes = 0;
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            routes += 1;
            if path == "/api/oauth/token" {
                continue;
            }
            let responses = operation["responses"].as_object().unwrap();
            let mut wanted = vec!["401", "403", "404", "422", "429"];
            if method == "post" && operation["requestBody"].is_object() {
                wanted.extend(["409", "413", "415"]);
            }
            for status in wanted {
                let content =
                    &responses.get(status).unwrap_or_else(|| panic!("{method} {path}: {status}"))["content"];
                let schema = &content["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, &json!("#/components/schemas/Problem"), "{method} {path}: {status}");
            }
        }
    }
    assert_eq!(routes, 17);
    let text = description.to_string();
    let shapes = description["components"]["schemas"].as_object().unwrap();
    for named in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(shapes.contains_key(named), "{named} is named and not told");
    }
    let time = &description["components"]["schemas"]["BookedTime"]["properties"]["starts_at"];
    assert_eq!((&time["type"], &time["format"]), (&json!("string"), &json!("date-time")));
    assert_eq!(description["components"]["schemas"]["NewBooking"]["additionalProperties"], json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_tries_everything_in_the_description_finds_nothing_unexplained() {
    let town = Town::new().await;
    let scopes = ["facilities:read", "bookings:read", "bookings:write", "customers:read", "webhooks"];
    let token = town.program(&scopes, &[CLUB, OTHERS]).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(axum::serve(listener, town.pages.clone()).into_future());
    // The bench's clock stands still, and with it everybody's right to ask again.
    let clock = town.bench.clock.clone();
    let ticking = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        loop {
            tick.tick().await;
            clock.advance(SignedDuration::from_millis(20));
        }
    });
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi");
    let tried = tokio::task::spawn_blocking(move || {
        Command::new(program("schemathesis"))
            .current_dir(directory)
            .args(["run", &format!("{url}/api/v1/openapi.json"), "--url", &url])
            .args(["--header", "Host: alfa.localhost", "--header", &format!("Authorization: Bearer {token}")])
            .args(["--seed", "7", "--max-examples", "25", "--generation-database", "none", "--no-color"])
            .output()
            .expect("schemathesis of HALLPORT_TEST_VENV")
    })
    .await
    .unwrap();
    ticking.abort();
    serving.abort();
    let said = String::from_utf8_lossy(&tried.stdout);
    assert!(tried.status.success(), "{said}\n{}", String::from_utf8_lossy(&tried.stderr));
    let called = town.count("SELECT count(*) FROM kernel.audit WHERE action = 'openapi.called'").await;
    assert!(called > 200, "it was tried: {called}\n{said}");
}
