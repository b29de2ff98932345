//! Health as proxies and watchers see it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use cloud_kernel::telemetry::BrokerLink;
use cloud_kernel::testing::Bench;
use cloud_kernel::{Database, Kernel, PgConnectOptions, Random, Service, SystemClock, Vault, Worker};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::city::{Captured, WITHIN};
use crate::health::watch_schema;
use crate::site::router;

async fn ask(kernel: &Kernel, path: &str) -> (StatusCode, Value) {
    let pages = router(kernel.clone(), Router::new());
    let answer = pages.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), 4096).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

/// A kernel whose database is at an address where nobody answers.
fn without_database() -> Kernel {
    let away = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(1)
        .username("geheim")
        .database("geheim");
    let service = Service { scheme: "http".to_owned(), port: None, demo: false };
    Kernel::new(
        Database::connect(away.clone(), away),
        Arc::new(SystemClock),
        Random::from_seed(1),
        Vault::new(1, &[7; 32]).unwrap(),
        service,
    )
}

#[tokio::test]
async fn a_service_without_its_database_is_live_and_not_ready_and_tells_strangers_no_more() {
    let kernel = without_database();
    assert_eq!(ask(&kernel, "/health/live").await, (StatusCode::OK, json!({ "live": true })));
    let (status, told) = ask(&kernel, "/health/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let parts = json!({ "database": "away", "migrations": "ok", "worker": "absent", "broker": "absent" });
    assert_eq!(told, json!({ "ready": false, "degraded": false, "parts": parts }));
}

#[tokio::test]
async fn without_the_broker_pages_go_on_and_readiness_says_so() {
    let bench = Bench::new().await;
    let kernel = &bench.kernel;
    Worker::new(kernel.clone()).work_once().await.unwrap();
    let (broker, connected) = watch::channel(BrokerLink::Connected);
    kernel.health().watch_broker(connected);
    let (status, told) = ask(kernel, "/health/ready").await;
    let parts = json!({ "database": "ok", "migrations": "ok", "worker": "ok", "broker": "ok" });
    assert_eq!((status, told), (StatusCode::OK, json!({ "ready": true, "degraded": false, "parts": parts })));
    broker.send_replace(BrokerLink::Away);
    let (status, told) = ask(kernel, "/health/ready").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(told["degraded"], true);
    assert_eq!(told["parts"]["broker"], "away");
    // Another process carries: nothing is amiss with this one.
    broker.send_replace(BrokerLink::StandsBy);
    let (_, told) = ask(kernel, "/health/ready").await;
    assert_eq!((&told["degraded"], &told["parts"]["broker"]), (&json!(false), &json!("stands_by")));
}

#[tokio::test]
async fn a_schema_that_lacks_migrations_makes_it_not_ready() {
    let bench = Bench::new().await;
    let (stop, stopped) = watch::channel(false);
    let owner = |database: &str| bench.superuser.clone().username("hallport_owner").database(database);
    // Nobody has ever migrated that one.
    let watching = tokio::spawn(watch_schema(bench.kernel.clone(), owner("postgres"), stopped.clone()));
    let behind = async {
        while ask(&bench.kernel, "/health/ready").await.1["parts"]["migrations"] != "behind" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WITHIN, behind).await.expect("it is noticed");
    assert_eq!(ask(&bench.kernel, "/health/ready").await.0, StatusCode::SERVICE_UNAVAILABLE);
    stop.send_replace(true);
    watching.await.unwrap();

    let whole = bench.superuser.get_database().unwrap().to_owned();
    let (_stop, stopped) = watch::channel(false);
    watch_schema(bench.kernel.clone(), owner(&whole), stopped).await;
    assert_eq!(ask(&bench.kernel, "/health/ready").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_page_without_its_database_is_said_once_with_all_its_causes() {
    let (log, _logging) = Captured::begin("info");
    let kernel = without_database();
    let pages = router(kernel, Router::new());
    let request = Request::get("/?name=Kanarie").header(header::HOST, "alfa.localhost");
    let answer = pages.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let log = log.text();
    let said: Vec<&str> = log.lines().filter(|line| !line.contains("answered")).collect();
    assert_eq!(said.len(), 1, "{log}");
    assert!(said[0].contains("page unavailable") && said[0].contains("unavailable: "), "{log}");
    assert!(said[0].contains("request{id="), "said on behalf of the request: {log}");
    assert!(!log.contains("Kanarie"), "{log}");
}
