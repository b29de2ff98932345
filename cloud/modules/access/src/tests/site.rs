//! The import of what is on site.

use cloud_contracts::{ImportError, ImportReport};

use super::bench::{Hall, SITE, Site, WHOLE};
use crate::import;
use crate::store::site;

async fn again(site: &Site, text: &str) -> Result<ImportReport, ImportError> {
    let mut tx = site.begin().await;
    let report = import(&mut tx, &Hall, text).await?;
    tx.commit().await.unwrap();
    site.work().await;
    Ok(report)
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.issue(&site.booking(1, WHOLE, 60)).await;
    site.settle(&mut peer).await;
    let before = site.row().await;
    let report = again(&site, SITE).await.unwrap();
    assert_eq!(report.created, 0);
    let after = site.row().await;
    assert_eq!((after.config_revision, after.ledger), (before.config_revision, before.ledger));
}

#[tokio::test]
async fn a_gateway_gets_its_devices_doors_and_zones() {
    let site = Site::new().await;
    let mut tx = site.begin().await;
    let config = site::config(&mut tx, site.gateway).await.unwrap().unwrap();
    assert_eq!(config.site, "Hallen");
    assert_eq!(config.devices.iter().map(|device| device.unit).collect::<Vec<_>>(), [2, 3, 1]);
    let doors: Vec<_> =
        config.doors.iter().map(|door| (door.name.as_str(), door.contact.is_some())).collect();
    assert_eq!(doors, [("Huvudentrén", true), ("Omklädning", false)]);
    assert_eq!(config.doors[0].release_ms, 5000);
    assert_eq!(config.zones[0].lamps.len(), 2);
    assert_eq!(config.zones[0].lag_ms, 600_000);
}

#[tokio::test]
async fn a_changed_wire_is_a_new_configuration_and_no_new_grant() {
    let site = Site::new().await;
    let before = site.row().await;
    again(&site, &SITE.replace("unit = 3", "unit = 4")).await.unwrap();
    let after = site.row().await;
    assert_eq!(after.config_revision, before.config_revision + 1);
    assert_eq!(after.ledger, before.ledger);
}

#[tokio::test]
async fn grants_follow_a_doors_new_lead() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    again(&site, &SITE.replace("lead_minutes = 15", "lead_minutes = 25")).await.unwrap();
    site.settle(&mut peer).await;
    let grant = peer.table.iter().next().unwrap().clone();
    assert_eq!(grant.doors[0].not_before.0, site.after(35).as_millisecond());
    assert_eq!(peer.table.len(), 1);
}

#[tokio::test]
async fn a_door_that_left_the_file_opens_for_nobody() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.issue(&site.booking(1, WHOLE, 60)).await;
    site.settle(&mut peer).await;
    let start = SITE.find("[[gateway.door]]\nslug = \"changing\"").unwrap();
    let end = SITE.find("[[gateway.zone]]").unwrap();
    let fewer = format!("{}{}", &SITE[..start], &SITE[end..]).replace(", \"changing\"", "");
    again(&site, &fewer).await.unwrap();
    site.settle(&mut peer).await;
    assert_eq!(peer.table.iter().next().unwrap().doors.len(), 1);
}

#[tokio::test]
async fn a_mistake_is_named_with_its_place() {
    let site = Site::new().await;
    for (from, to, place, what) in [
        (
            "lock = \"main-door.lock\"\ncontact",
            "lock = \"no-door.lock\"\ncontact",
            "door \"main\"",
            "no-door",
        ),
        ("keypad = \"main-door\"", "keypad = \"other\"", "door \"main\"", "other"),
        ("unit = 3", "unit = 0", "device \"lighting\"", "unit"),
        ("changing-door.lock", "main-door.lock", "door \"changing\"", "twice"),
        ("lighting.lamp2", "changing-door.lock", "zone \"a\"", "twice"),
        ("lead_minutes = 5", "keypad = \"main-door\"\nlead_minutes = 5", "door \"changing\"", "twice"),
        ("hall/half", "hall/attic", "need", "hall/attic"),
        ("lamps = [\"lighting.lamp1\"", "lamps = [\"lighting\"", "zone \"a\"", "device.point"),
        (
            "address = \"127.0.0.1:15020\"\nunit = 3",
            "address = \"here\"\nunit = 3",
            "device \"lighting\"",
            "host:port",
        ),
    ] {
        let text = SITE.replace(from, to);
        assert_ne!(text, SITE, "{from}");
        match again(&site, &text).await {
            Err(ImportError::Invalid { at, what: said }) => {
                assert!(at.contains(place), "{at}");
                assert!(said.contains(what), "{said}");
            }
            other => panic!("{from}: {other:?}"),
        }
    }
    let unknown = SITE.replace("slug = \"a\"", "slug = \"a\"\nlampss = []");
    assert!(matches!(again(&site, &unknown).await, Err(ImportError::Unreadable(_))));
}
