//! The technician's pages.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{Module, Role, SESSION_COOKIE, SignInPerson};
use http::{Request, StatusCode, header};
use protocols_wire::JournalEvent;
use tower::ServiceExt;

use super::bench::{Site, WHOLE};
use crate::AccessModule;

fn router(site: &Site) -> Router {
    let kernel = site.kernel().clone();
    AccessModule::new(site.trust.clone(), 8443)
        .routes()
        .layer(middleware::from_fn_with_state(kernel.clone(), know_visitor))
        .with_state(kernel)
}

pub(super) async fn session(site: &Site, role: Option<Role>) -> String {
    let mut tx = site.begin().await;
    let person = SignInPerson {
        issuer: "test".to_owned(),
        subject: "jonas".to_owned(),
        name: "Jonas Ek".to_owned(),
        email: None,
        language: "sv",
    };
    if let Some(role) = role {
        tx.give_role("test", "jonas", site.bench.alfa_authority, role).await.unwrap();
    }
    let (_, token) = tx.begin_session(&person).await.unwrap();
    tx.commit().await.unwrap();
    token
}

/// Asks for a page, or sends an empty form.
pub(super) async fn ask(site: &Site, method: &str, path: &str, token: Option<&str>) -> (StatusCode, String) {
    send(site, method, path, token, "").await
}

/// Asks for a page, or sends a form.
pub(super) async fn send(
    site: &Site,
    method: &str,
    path: &str,
    token: Option<&str>,
    form: &str,
) -> (StatusCode, String) {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "alfa.localhost");
    if method == "POST" {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    if let Some(token) = token {
        request = request.header(header::COOKIE, format!("{SESSION_COOKIE}={token}"));
    }
    let response = router(site).oneshot(request.body(Body::from(form.to_owned())).unwrap()).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn only_a_technician_sees_gateways_and_makes_codes() {
    let site = Site::new().await;
    let path = format!("/gateways/{}/code", site.gateway);
    assert_eq!(ask(&site, "GET", "/gateways", None).await.0, StatusCode::SEE_OTHER);
    let officer = session(&site, Some(Role::Officer)).await;
    assert_eq!(ask(&site, "GET", "/gateways", Some(&officer)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&site, "POST", &path, Some(&officer)).await.0, StatusCode::FORBIDDEN);
    let technician = session(&site, Some(Role::Technician)).await;
    assert_eq!(ask(&site, "GET", "/gateways", Some(&technician)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_gateway_is_told_of_in_words_from_before_its_enrolment_on() {
    let site = Site::new().await;
    let token = session(&site, Some(Role::Technician)).await;
    let (_, page) = ask(&site, "GET", "/gateways", Some(&token)).await;
    assert!(
        page.contains("Hallen")
            && page.contains("Väntar på att anslutas")
            && page.contains("Huvudentrén, Omklädning")
    );
    let mut peer = site.enrol().await;
    site.issue(&site.booking(1, WHOLE, 60)).await;
    site.settle(&mut peer).await;
    peer.write(site.kernel().now(), JournalEvent::Started);
    site.say(&peer, protocols_wire::Kind::Journal, &peer.batch(1, 1)).await;
    let (_, page) = ask(&site, "GET", "/gateways", Some(&token)).await;
    assert!(
        page.contains("Fungerar") && page.contains("Har allt") && page.contains("1 av 1 hämtade"),
        "{page}"
    );
    site.bench.clock.advance(jiff::SignedDuration::from_mins(5));
    let (_, page) = ask(&site, "GET", "/gateways", Some(&token)).await;
    assert!(page.contains("Hörs inte") && page.contains("för 5 minuter sedan"), "{page}");
}

#[tokio::test]
async fn a_code_is_shown_once_with_fingerprint_and_command() {
    let site = Site::new().await;
    let token = session(&site, Some(Role::Technician)).await;
    let path = format!("/gateways/{}/code", site.gateway);
    let (status, page) = ask(&site, "POST", &path, Some(&token)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(&site.trust.fingerprint()));
    assert!(page.contains(
        "hallport-gateway enrol --data /var/lib/hallport --cloud https://alfa.localhost:8443 --code "
    ));
    let code = page.split("id=\"enrolment-code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let (_, list) = ask(&site, "GET", "/gateways", Some(&token)).await;
    assert!(!list.contains(&code));
    let nobody = format!("/gateways/{}/code", uuid::Uuid::from_u128(1));
    assert_eq!(ask(&site, "POST", &nobody, Some(&token)).await.0, StatusCode::NOT_FOUND);
}
