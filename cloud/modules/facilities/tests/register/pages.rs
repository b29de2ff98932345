//! The public pages, the open data, and closing from a phone.

use cloud_kernel::Role;

use cloud_ui::Tiles;

use crate::town::Town;

#[tokio::test]
async fn the_page_of_a_facility_says_what_people_must_know_before_they_go() {
    let town = Town::new().await;
    let page = town.open(None, "/facilities/strand/about").await.says(&[
        "Konstgräs vid vattnet.",
        "href=\"/facilities/strand\"",
        "href=\"/facilities/strand/planen\"",
        "Måndag–fredag",
        "08.00–22.00",
        "Avvikande tider",
        "Fredag 27 nov: 12.00–14.00 (Städdag)",
        "Fredag 25 dec, juldagen: stängt",
        "Inga dubbar.",
        "En regel till",
        "Parkering för rörelsehindrade nära entrén",
        "Buss 620 till Stranden.",
        "geo:59.480000,18.300000",
        "Mål",
        "4 st",
        "application/ld+json",
        "\"SportsActivityLocation\"",
    ]);
    assert!(!page.contains("Rummet <b>"), "what people have written is escaped: {page}");
    assert!(!page.contains("/register/strand"), "a visitor is not asked to change anything");
}

#[tokio::test]
async fn the_page_of_a_resource_says_what_is_peculiar_to_it() {
    let town = Town::new().await;
    town.open(None, "/facilities/strand/planen").await.says(&[
        "högst 200 personer",
        "Fotboll",
        "href=\"/facilities/strand/norra\"",
        "/facilities/strand?view=week&amp;resource=planen",
        "\"maximumAttendeeCapacity\":200",
    ]);
    town.open(None, "/facilities/strand/rummet").await.says(&[
        "Iordningställande före",
        "15 min",
        "Rummet &lt;b&gt;",
    ]);
    for nowhere in ["/facilities/strand/slottet", "/facilities/slottet/about", "/facilities/strand/%00"] {
        assert!(town.open(None, nowhere).await.status.is_client_error(), "{nowhere}");
    }
}

#[tokio::test]
async fn the_register_is_open_data_in_three_forms() {
    let town = Town::new().await;
    let json = town.open(None, "/open-data/facilities.json").await;
    let data: serde_json::Value = serde_json::from_slice(&json.bytes).unwrap();
    assert_eq!(data["facilities"][0]["resources"][0]["kind"], "pitch");
    assert_eq!(data["facilities"][0]["other_ids"], "karta=4711");
    assert_eq!(json.header("access-control-allow-origin"), "*");
    let map = town.open(None, "/open-data/facilities.geojson").await;
    let data: serde_json::Value = serde_json::from_slice(&map.bytes).unwrap();
    assert_eq!(data["features"][0]["geometry"]["coordinates"], serde_json::json!([18.3, 59.48]));
    assert_eq!(map.header("content-type"), "application/geo+json");
    let csv = town.open(None, "/open-data/facilities.csv").await;
    csv.says(&["facility,resource,parent,parts,name,kind", "strand,norra,planen,p1,Norra halvan,pitch"]);
    town.open(None, "/open-data").await.says(&["/open-data/facilities.geojson"]);
}

#[tokio::test]
async fn a_pitch_under_snow_is_closed_by_one_form_and_opened_by_another() {
    let town = Town::new().await;
    let leif = town.person("leif", &[Role::Caretaker]).await;
    let list = town.open(Some(&leif), "/closures").await;
    let page =
        list.says(&["Planen", "2 bokningar inom två dygn", "action=\"/closures/strand/close\"", "Snö"]);
    assert!(page.find("Planen").unwrap() < page.find("Rummet").unwrap(), "pitches stand first");

    let sent = [("resource", "planen"), ("reason", "0")];
    let closed = town.post(&leif, "/closures/strand/close", &sent).await;
    assert_eq!(closed.status, 303, "{}", closed.text());
    assert_eq!(town.hours("planen", "2026-11-24").await, [""; 0]);
    assert_eq!(town.hours("norra", "2026-11-24").await, [""; 0], "the half lies in it");
    town.open(None, "/facilities/strand/planen").await.says(&["Ospelbar: Snö", "tills vidare"]);
    town.open(None, "/facilities/strand/about").await.says(&["Ospelbar"]);

    // Again, from two fingers or two people: closed once.
    town.post(&leif, "/closures/strand/close", &sent).await;
    let facility = town.facility("strand").await;
    assert_eq!(facility.closures.len(), 1);
    let closure = facility.closures[0].id.to_string();
    town.open(Some(&leif), "/closures?done=closed").await.says(&["Öppna igen", &closure]);

    town.bench.clock.advance(jiff::SignedDuration::from_hours(2));
    let opened = town.post(&leif, "/closures/strand/open", &[("closure", closure.as_str())]).await;
    assert_eq!(opened.status, 303);
    assert_eq!(town.hours("planen", "2026-11-24").await, ["8-22"]);
    assert_eq!(town.hours("planen", "2026-11-23").await, ["8-10", "12-22"], "what was closed stays so");
    assert_eq!(town.trail().await, ["facilities.closed", "facilities.opened"]);
}

#[tokio::test]
async fn nobody_but_staff_and_owners_closes_anything() {
    let town = Town::new().await;
    let anna = town.person("anna", &[]).await;
    assert_eq!(town.open(None, "/closures").await.status, 303, "whoever has not signed in is asked to");
    assert_eq!(town.open(Some(&anna), "/closures").await.status, 403);
    let sent = [("resource", "planen"), ("reason", "0")];
    assert_eq!(town.post(&anna, "/closures/strand/close", &sent).await.status, 403);
    assert_eq!(town.facility("strand").await.closures, []);
}

#[tokio::test]
async fn a_page_has_a_map_where_there_are_pictures_for_it_and_the_position_always() {
    let position = ["href=\"geo:59.480000,18.300000\"", "Läge: 59.480000, 18.300000"];
    let plain = Town::new().await;
    let page = plain.open(None, "/facilities/strand/about").await;
    let text = page.says(&position);
    assert!(!text.contains("data-map") && !text.contains("leaflet"), "an empty ground says nothing: {text}");
    assert_eq!(page.header("content-security-policy"), "", "the policy of all pages");

    let tiles = Tiles {
        url: "https://tiles.example/{z}/{x}/{y}.png".to_owned(),
        origin: "https://tiles.example".to_owned(),
        attribution: "© Kartan".to_owned(),
    };
    let town = Town::with(Some(tiles)).await;
    for path in ["/facilities/strand/about", "/facilities/strand/planen"] {
        let page = town.open(None, path).await;
        page.says(&position);
        page.says(&[
            "data-latitude=\"59.48\" data-longitude=\"18.3\" data-place=\"Strandens IP\"",
            "data-tiles=\"https://tiles.example/{z}/{x}/{y}.png\"",
            "aria-label=\"Karta över Strandens IP\"",
        ]);
        let policy = page.header("content-security-policy");
        assert!(policy.contains("img-src 'self' data: https://tiles.example;"), "{policy}");
    }
    let karin = town.person("karin", &[Role::Officer]).await;
    let sent = [("name", "Strandens IP"), ("authority", "namnden"), ("address", "Strandvägen 1")];
    assert_eq!(town.post(&karin, "/register/strand", &sent).await.status, 303);
    let page = town.open(None, "/facilities/strand/about").await;
    assert!(!page.text().contains("data-map") && !page.text().contains("geo:"), "no position, no map");
    assert_eq!(page.header("content-security-policy"), "");
}
