//! The public price list.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod support;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_kernel::Module;
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use cloud_pricing::PricingModule;
use http::{Request, StatusCode};
use support::{FILE, Register, imported};
use tower::ServiceExt;

async fn prices(bench: &Bench, host: &str) -> (StatusCode, String) {
    let app = PricingModule::new(Arc::new(Register))
        .routes()
        .layer(from_fn_with_state(bench.kernel.clone(), know_visitor))
        .with_state(bench.kernel.clone());
    let request = Request::get("/prices").header("host", host).body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap().replace('\u{a0}', " "))
}

#[tokio::test]
async fn the_list_says_what_an_hour_costs_for_whom_and_who_decided_it() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let (status, page) = prices(&bench, "alfa.localhost").await;
    assert_eq!(status, StatusCode::OK);
    for said in [
        "Kommunfullmäktige, KF 2019 § 7",
        "från 2020-01-01",
        "Barn och unga",
        "Sportcentrum, Sporthallen A",
        "420 kr",
        "55,50 kr",
        "Inget pris i listan",
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
}

#[tokio::test]
async fn a_list_that_no_longer_holds_is_not_shown() {
    let bench = Bench::new().await;
    let old = FILE.replace("\"2020-01-01\"", "\"2020-01-01\"\nvalid_to = \"2026-11-22\"");
    imported(&bench, bench.alfa, &old).await.unwrap();
    let (_, page) = prices(&bench, "alfa.localhost").await;
    assert!(page.contains("Här finns ingen prislista än") && !page.contains("420 kr"), "{page}");
}

#[tokio::test]
async fn a_municipality_without_a_list_says_so() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let (status, page) = prices(&bench, "beta.localhost").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Här finns ingen prislista än") && !page.contains("420 kr"), "{page}");
}
