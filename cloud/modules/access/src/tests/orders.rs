//! What people order from afar: postures and releases.

use cloud_kernel::Role;
use http::StatusCode;
use jiff::SignedDuration;
use protocols_wire::{JournalEvent, Kind, PostureMode};
use sqlx::{Connection as _, PgConnection};

use super::bench::{Peer, Site, door};
use super::pages::{ask, send, session};
use crate::store::command::{self, ToSend};

/// A site whose gateway is heard, and somebody who may order.
async fn heard() -> (Site, Peer, String) {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.settle(&mut peer).await;
    let token = session(&site, Some(Role::Caretaker)).await;
    (site, peer, token)
}

async fn audited(site: &Site, action: &str) -> Vec<serde_json::Value> {
    let mut superuser = PgConnection::connect_with(&site.bench.superuser).await.unwrap();
    sqlx::query_scalar(
        "SELECT detail FROM kernel.audit WHERE action = $1 AND person_id IS NOT NULL ORDER BY id",
    )
    .bind(action)
    .fetch_all(&mut superuser)
    .await
    .unwrap()
}

async fn take(site: &Site) -> Vec<ToSend> {
    let mut tx = site.begin().await;
    let taken = command::take(&mut tx, site.gateway).await.unwrap();
    tx.commit().await.unwrap();
    taken
}

#[tokio::test]
async fn a_lockdown_is_asked_ordered_with_a_reason_audited_and_shown_as_taken_when_the_hall_says_so() {
    let (site, mut peer, token) = heard().await;
    let hall = format!("/doors/{}", site.gateway);
    let (status, page) = ask(&site, "GET", &format!("{hall}/posture?mode=lockdown"), Some(&token)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Spärra Hallen?") && page.contains("Vägen ut är alltid öppen"), "{page}");
    assert_eq!(site.row().await.posture, PostureMode::Normal, "asking changes nothing");
    let order = format!("{hall}/posture");
    let (status, page) = send(&site, "POST", &order, Some(&token), "mode=lockdown&reason=+").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Skriv ett skäl"), "{page}");
    let counter = site.row().await.posture_counter;
    let (status, _) = send(&site, "POST", &order, Some(&token), "mode=lockdown&reason=Polisen+ringde").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let row = site.row().await;
    assert_eq!((row.posture, row.posture_counter), (PostureMode::Lockdown, counter + 1));
    let (_, page) = ask(&site, "GET", &hall, Some(&token)).await;
    assert!(
        page.contains("Spärrad") && page.contains("På väg till hallen") && page.contains("Polisen ringde"),
        "{page}"
    );
    peer.posture = (row.posture_counter, PostureMode::Lockdown);
    site.bench.clock.advance(SignedDuration::from_secs(60));
    site.report(&peer).await;
    let (_, page) = ask(&site, "GET", &hall, Some(&token)).await;
    assert!(page.contains("Har tagit emot det"), "{page}");
    site.bench.clock.advance(SignedDuration::from_mins(10));
    let (_, page) = ask(&site, "GET", &hall, Some(&token)).await;
    assert!(page.contains("Tog emot det, men hörs inte just nu"), "{page}");
    let audited = audited(&site, "access.posture_ordered").await;
    assert_eq!(audited.len(), 1);
    assert_eq!(
        (audited[0]["posture"].as_str(), audited[0]["reason"].as_str()),
        (Some("lockdown"), Some("Polisen ringde"))
    );
}

#[tokio::test]
async fn an_order_to_a_silent_hall_says_that_it_does_not_hold_yet() {
    let (site, _, token) = heard().await;
    site.bench.clock.advance(SignedDuration::from_mins(10));
    let hall = format!("/doors/{}", site.gateway);
    send(&site, "POST", &format!("{hall}/posture"), Some(&token), "mode=emergency&reason=larm").await;
    let (_, page) = ask(&site, "GET", &hall, Some(&token)).await;
    assert!(page.contains("Hallen hörs inte. Det gäller först när den är tillbaka"), "{page}");
}

#[tokio::test]
async fn a_release_is_sent_once_within_ten_seconds_and_the_page_says_what_came_of_it() {
    let (site, mut peer, token) = heard().await;
    let main = door(&site, "Huvudentrén").await;
    let hall = format!("/doors/{}", site.gateway);
    let order = format!("{hall}/release/{main}");
    let (status, page) = ask(&site, "GET", &order, Some(&token)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Öppna Huvudentrén?"), "{page}");
    let (status, _) = send(&site, "POST", &order, Some(&token), "reason=Barn+utel%C3%A5sta").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let sent = take(&site).await;
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].door, sent[0].boot), (main, peer.boot));
    assert!(sent[0].expires_at.duration_since(site.kernel().now()) <= SignedDuration::from_secs(10));
    assert!(take(&site).await.is_empty(), "never twice");
    let (_, page) = ask(&site, "GET", &hall, Some(&token)).await;
    assert!(page.contains("På väg") && page.contains("Barn utelåsta") && page.contains("Jonas Ek"), "{page}");
    peer.write(site.kernel().now(), JournalEvent::Commanded { id: sent[0].id.into_bytes(), done: true });
    site.say(&peer, Kind::Journal, &peer.batch(1, 1)).await;
    let technician = session(&site, Some(Role::Technician)).await;
    let journal = format!("/gateways/{}/journal?door={main}", site.gateway);
    let (_, page) = ask(&site, "GET", &journal, Some(&technician)).await;
    assert!(page.contains(">1/1<"), "{page}");
    // The next one counts higher; it is refused by the gateway.
    send(&site, "POST", &order, Some(&token), "reason=igen").await;
    let next = take(&site).await;
    assert!(next[0].counter > sent[0].counter);
    peer.write(site.kernel().now(), JournalEvent::Commanded { id: next[0].id.into_bytes(), done: false });
    site.say(&peer, Kind::Journal, &peer.batch(2, 2)).await;
    let (_, page) = ask(&site, "GET", &hall, Some(&token)).await;
    assert!(page.contains("Hallen öppnade inte"), "{page}");
    assert_eq!(audited(&site, "access.door_released").await.len(), 2);
}

#[tokio::test]
async fn a_release_that_did_not_leave_in_time_never_leaves() {
    let (site, _, token) = heard().await;
    let main = door(&site, "Huvudentrén").await;
    let hall = format!("/doors/{}", site.gateway);
    send(&site, "POST", &format!("{hall}/release/{main}"), Some(&token), "reason=prov").await;
    site.bench.clock.advance(SignedDuration::from_secs(10));
    assert!(take(&site).await.is_empty());
    let (_, page) = ask(&site, "GET", &hall, Some(&token)).await;
    assert!(page.contains("Kom aldrig iväg"), "{page}");
}

#[tokio::test]
async fn a_silent_hall_is_asked_nothing_and_the_person_is_told() {
    let (site, _, token) = heard().await;
    site.bench.clock.advance(SignedDuration::from_mins(10));
    let main = door(&site, "Huvudentrén").await;
    let order = format!("/doors/{}/release/{main}", site.gateway);
    let (status, page) = send(&site, "POST", &order, Some(&token), "reason=prov").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(page.contains("Hallen hörs inte, så dörren kan inte öppnas härifrån"), "{page}");
    assert!(audited(&site, "access.door_released").await.is_empty());
    // Nor when it is back.
    assert!(take(&site).await.is_empty());
}

#[tokio::test]
async fn visitors_order_nothing_and_nobody_releases_a_door_of_another_hall() {
    let (site, _, token) = heard().await;
    let main = door(&site, "Huvudentrén").await;
    let order = format!("/doors/{}/release/{main}", site.gateway);
    assert_eq!(send(&site, "POST", &order, None, "reason=x").await.0, StatusCode::SEE_OTHER);
    let foreign = format!("/doors/{}/release/{}", site.gateway, uuid::Uuid::from_u128(4));
    assert_eq!(send(&site, "POST", &foreign, Some(&token), "reason=x").await.0, StatusCode::NOT_FOUND);
    let odd = format!("/doors/{}/posture?mode=party", site.gateway);
    assert_eq!(ask(&site, "GET", &odd, Some(&token)).await.0, StatusCode::BAD_REQUEST);
    let other = Site::new().await;
    let visitor = session(&other, None).await;
    for path in ["/doors".to_owned(), format!("/doors/{}", other.gateway)] {
        assert_eq!(ask(&other, "GET", &path, Some(&visitor)).await.0, StatusCode::FORBIDDEN);
    }
    assert!(take(&site).await.is_empty());
}

#[tokio::test]
async fn releases_within_a_minute_are_bounded() {
    let (site, _, token) = heard().await;
    let main = door(&site, "Huvudentrén").await;
    let order = format!("/doors/{}/release/{main}", site.gateway);
    for _ in 0..20 {
        assert_eq!(send(&site, "POST", &order, Some(&token), "reason=x").await.0, StatusCode::SEE_OTHER);
    }
    assert_eq!(send(&site, "POST", &order, Some(&token), "reason=x").await.0, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_journal_page_tells_in_words_filters_and_checks_the_chain() {
    let (site, mut peer, _) = heard().await;
    let main = door(&site, "Huvudentrén").await;
    let forced = protocols_wire::DoorEvent::Forced;
    peer.write(site.after(-30), JournalEvent::Door { door: main, what: forced });
    peer.write(site.kernel().now(), JournalEvent::Started);
    site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await;
    let token = session(&site, Some(Role::Technician)).await;
    let journal = format!("/gateways/{}/journal", site.gateway);
    let (_, page) = ask(&site, "GET", &journal, Some(&token)).await;
    assert!(page.contains("Uppbruten") && page.contains("Undercentralen startade"), "{page}");
    assert!(page.contains("I efterhand") && page.contains("Huvudentrén"), "{page}");
    let (_, page) = ask(&site, "GET", &format!("{journal}?alarms=yes"), Some(&token)).await;
    assert!(page.contains("Uppbruten") && !page.contains("Undercentralen startade"), "{page}");
    let (_, page) = ask(&site, "GET", &format!("{journal}?day=2020-01-01"), Some(&token)).await;
    assert!(page.contains("Inga händelser"), "{page}");
    let (_, page) = ask(&site, "GET", &format!("{journal}?door={main}&kind=door"), Some(&token)).await;
    assert!(page.contains("Uppbruten") && !page.contains("Undercentralen startade"), "{page}");
    let (status, page) = ask(&site, "POST", &format!("{journal}/verify"), Some(&token)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Kedjan håller: 2 händelser"), "{page}");
    // What was refused is counted there.
    site.say(&peer, Kind::Journal, &peer.batch(1, 2)).await;
    let (_, page) = ask(&site, "GET", &journal, Some(&token)).await;
    assert!(page.contains("Redan kända"), "{page}");
    // A nonsense filter narrows nothing; a caretaker does not read who came.
    let (status, _) = ask(&site, "GET", &format!("{journal}?door=x&page=-3&kind=%27"), Some(&token)).await;
    assert_eq!(status, StatusCode::OK);
    let other = Site::new().await;
    let caretaker = session(&other, Some(Role::Caretaker)).await;
    let path = format!("/gateways/{}/journal", other.gateway);
    assert_eq!(ask(&other, "GET", &path, Some(&caretaker)).await.0, StatusCode::FORBIDDEN);
}
