//! The public list.
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_facilities::{FacilitiesModule, import};
use cloud_kernel::Module;
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use http::{Request, StatusCode};
use tower::ServiceExt;

use crate::support::{Space, ports};

async fn start(bench: &Bench, host: &str, language: &str) -> (StatusCode, String) {
    open(bench, host, language, "/facilities").await
}

async fn open(bench: &Bench, host: &str, language: &str, path: &str) -> (StatusCode, String) {
    let app = FacilitiesModule::new(ports())
        .routes()
        .layer(from_fn_with_state(bench.kernel.clone(), know_visitor))
        .with_state(bench.kernel.clone());
    let request = Request::get(path)
        .header("host", host)
        .header("accept-language", language)
        .body(Body::empty())
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap().replace('\u{a0}', " "))
}

async fn with_halls() -> Bench {
    let bench = Bench::new().await;
    let text = include_str!("../../../../../deploy/demo-data/provhallen/facilities.toml");
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    import(&mut tx, &Space::default(), &text.replace("provnamnden", "namnden")).await.unwrap();
    tx.commit().await.unwrap();
    bench
}

#[tokio::test]
async fn the_list_says_what_is_there_and_leads_to_its_times() {
    let bench = with_halls().await;
    let (status, page) = start(&bench, "alfa.localhost", "sv").await;
    assert_eq!(status, StatusCode::OK);
    for said in [
        "href=\"/facilities/provhallen\"",
        "Provgatan 1, Provköping",
        "Hallen, 23 × 42 m, takhöjd 9 m, delbar i 2",
        "Badminton, Innebandy, Handboll, Volleyboll",
        "Öppet dygnet runt",
        "Från 215 kr i timmen (Taxa 3)",
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
}

#[tokio::test]
async fn the_list_speaks_english_too() {
    let bench = with_halls().await;
    let (_, page) = start(&bench, "alfa.localhost", "en").await;
    assert!(page.contains("From SEK 215 per hour (Taxa 3)") && page.contains("Floorball"), "{page}");
}

#[tokio::test]
async fn a_municipality_without_halls_says_so() {
    let bench = with_halls().await;
    let (status, page) = start(&bench, "beta.localhost", "sv").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Här finns inga anläggningar än") && !page.contains("Provhallen"), "{page}");
}

#[tokio::test]
async fn the_page_of_a_resource_shows_its_coming_days_and_why_the_price_is_what_it_is() {
    let bench = with_halls().await;
    let (status, page) = open(&bench, "alfa.localhost", "sv", "/facilities/provhallen/a1").await;
    assert_eq!(status, StatusCode::OK);
    for said in [
        "De närmaste dagarna",
        "aria-label=\"Ledigt de närmaste dagarna: Halva A1\"",
        // Monday is even, Tuesday is not; the half is shown in its hall.
        "href=\"/facilities/provhallen?day=2026-11-23&amp;hall=hallen\"",
        "Måndag 23 nov, 3 tim ledigt",
        "Tisdag 24 nov, fullt",
        "Söndag 29 nov, 3 tim ledigt",
        "215 kr i timmen (Taxa 3)",
        "Priset står i Taxor och gäller Taxa 3.",
        "Logga in och välj vem du bokar för",
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
}
