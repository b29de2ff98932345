//! The page of keys.

use cloud_kernel::Role;
use http::StatusCode;
use jiff::SignedDuration;

use super::bench::{Site, WHOLE};
use super::pages::{ask, session};

#[tokio::test]
async fn only_a_technician_sees_keys_and_changes_them() {
    let site = Site::new().await;
    site.enrol().await;
    let paths = [
        ("GET", "/keys".to_owned()),
        ("POST", format!("/keys/{}/seal", site.gateway)),
        ("GET", format!("/keys/{}/revoke", site.gateway)),
        ("POST", format!("/keys/{}/revoke", site.gateway)),
    ];
    let officer = session(&site, Some(Role::Officer)).await;
    for (method, path) in &paths {
        assert_eq!(ask(&site, method, path, None).await.0, StatusCode::SEE_OTHER, "{method} {path}");
        assert_eq!(
            ask(&site, method, path, Some(&officer)).await.0,
            StatusCode::FORBIDDEN,
            "{method} {path}"
        );
    }
    assert!(site.row().await.enrolment.is_some());
    assert_eq!(site.row().await.newest_seal, 1);
}

#[tokio::test]
async fn the_page_tells_of_root_bundle_certificates_and_secrets_without_showing_any() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.issue(&site.booking(1, WHOLE, 60)).await;
    site.settle(&mut peer).await;
    let token = session(&site, Some(Role::Administrator)).await;
    let (status, page) = ask(&site, "GET", "/keys", Some(&token)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains(&site.trust.fingerprint()) && page.contains("Ligger på den här maskinen"),
        "{page}"
    );
    assert!(page.contains("Skriver under nu") && page.contains("Har 1") && page.contains("Nummer 1, sedan"));
    assert!(!page.contains(&peer.response.seal_secret) && !page.contains("PRIVATE KEY"));

    // Renewal has not happened, then the end has come.
    site.bench.clock.advance(SignedDuration::from_hours(310 * 24));
    let token = session(&site, Some(Role::Technician)).await;
    let (_, page) = ask(&site, "GET", "/keys", Some(&token)).await;
    assert!(page.contains("och är inte förnyat"), "{page}");
    site.bench.clock.advance(SignedDuration::from_hours(91 * 24));
    let token = session(&site, Some(Role::Technician)).await;
    let (_, page) = ask(&site, "GET", "/keys", Some(&token)).await;
    assert!(page.contains("Gick ut"), "{page}");
}

#[tokio::test]
async fn a_secret_is_replaced_and_keys_are_taken_back_by_buttons() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let token = session(&site, Some(Role::Technician)).await;
    let seal = format!("/keys/{}/seal", site.gateway);
    assert_eq!(ask(&site, "POST", &seal, Some(&token)).await.0, StatusCode::SEE_OTHER);
    // Pressed twice it is still one.
    assert_eq!(ask(&site, "POST", &seal, Some(&token)).await.0, StatusCode::SEE_OTHER);
    assert_eq!(site.row().await.newest_seal, 2);
    let (_, page) = ask(&site, "GET", "/keys", Some(&token)).await;
    assert!(page.contains("nummer 2 väntar på att hämtas") && !page.contains("/seal\""), "{page}");

    let revoke = format!("/keys/{}/revoke", site.gateway);
    let (status, page) = ask(&site, "GET", &revoke, Some(&token)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Återkalla Hallen?") && page.contains("Det kan inte ångras"), "{page}");
    assert!(site.row().await.enrolment.is_some(), "asking changes nothing");
    assert_eq!(ask(&site, "POST", &revoke, Some(&token)).await.0, StatusCode::SEE_OTHER);
    let (_, page) = ask(&site, "GET", "/keys", Some(&token)).await;
    assert!(page.contains("Återkallad") && !page.contains("/revoke\""), "{page}");
    assert_eq!(ask(&site, "GET", &revoke, Some(&token)).await.0, StatusCode::NOT_FOUND);
    let nobody = format!("/keys/{}/revoke", uuid::Uuid::from_u128(1));
    assert_eq!(ask(&site, "POST", &nobody, Some(&token)).await.0, StatusCode::NOT_FOUND);
}
