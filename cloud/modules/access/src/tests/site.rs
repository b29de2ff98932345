//! The import of what is on site.

use std::fmt::Write as _;

use cloud_contracts::{AccessState, ImportError, ImportReport};
use jiff::SignedDuration;
use protocols_access::GrantTable;
use protocols_wire::{SiteBroker, SitePolicy};

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

/// The hall with a broker, a scanner behind it, a reader, and a policy of its own.
fn with_scanner() -> String {
    SITE.replace(
        "name = \"Hallen\"\n",
        "name = \"Hallen\"\nbroker = \"mqtt.hallen:1883\"\n\n[gateway.policy]\nvisitor_lease_hours = 744\n\
         silent_after_seconds = 120\nstaff_with_unknown_clock = false\nhorizon_days = 35\n\n\
         [[gateway.device]]\nslug = \"scanner\"\nname = \"Skannern\"\nprofile = \"hallport-qr-scanner\"\n\
         topic = \"site/scanner\"\n",
    )
    .replace(
        "keypad = \"main-door\"\n",
        "keypad = \"main-door\"\nscanner = \"scanner\"\nreader = \"changing-door\"\n",
    )
}

#[tokio::test]
async fn a_scanner_a_reader_a_broker_and_a_policy_reach_the_configuration() {
    let site = Site::new().await;
    let before = site.row().await;
    again(&site, &with_scanner()).await.unwrap();
    let after = site.row().await;
    assert_eq!(after.config_revision, before.config_revision + 1);
    assert_eq!(after.ledger, before.ledger, "no grant is sent again");
    let mut tx = site.begin().await;
    let config = site::config(&mut tx, site.gateway).await.unwrap().unwrap();
    let scanner = config.devices.iter().find(|device| device.address == "site/scanner").unwrap();
    assert_eq!(scanner.unit, 0);
    assert_eq!(config.doors[0].scanner, Some(scanner.id));
    let reader = config.devices.iter().find(|device| device.unit == 2).unwrap();
    assert_eq!((config.doors[0].reader, config.doors[1].reader), (Some(reader.id), None));
    assert_eq!(config.broker, Some(SiteBroker { address: "mqtt.hallen:1883".into() }));
    let policy = SitePolicy {
        visitor_lease_h: 744,
        silent_after_s: 120,
        staff_with_unknown_clock: false,
        ..SitePolicy::default()
    };
    assert_eq!(config.policy, policy);
    drop(tx);
    again(&site, SITE).await.unwrap();
    let mut tx = site.begin().await;
    let config = site::config(&mut tx, site.gateway).await.unwrap().unwrap();
    assert_eq!((config.broker, config.policy), (None, SitePolicy::default()), "what left the file is gone");
    assert_eq!((config.doors[0].scanner, config.doors[0].reader), (None, None));
}

#[tokio::test]
async fn what_a_shorter_horizon_took_from_the_gateway_comes_back_when_its_time_comes() {
    let site = Site::new().await;
    let horizon = |days: u16| format!("{SITE}\n[gateway.policy]\nhorizon_days = {days}\n");
    again(&site, &horizon(35)).await.unwrap();
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 25 * 24 * 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    assert_eq!(site.state(&booking).await, AccessState::Delivered);
    again(&site, &horizon(14)).await.unwrap();
    site.settle(&mut peer).await;
    assert_eq!(site.state(&booking).await, AccessState::Delivered, "it has it still");

    // The gateway lost its table: the snapshot holds what the horizon now reaches.
    peer.table = GrantTable::default();
    site.bench.clock.advance(SignedDuration::from_mins(1));
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 0);
    let sent_from = site.after(11 * 24 * 60 - 15 - 1);
    assert_eq!(site.state(&booking).await, AccessState::Later { at: sent_from });
    site.bench.clock.advance(sent_from.duration_since(site.kernel().now()) + SignedDuration::from_mins(1));
    site.work().await;
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 1);
    assert_eq!(site.state(&booking).await, AccessState::Delivered);
}

#[tokio::test]
async fn each_resource_is_a_group_of_its_doors_with_their_lead_and_lag() {
    let site = Site::new().await;
    let mut tx = site.begin().await;
    let config = site::config(&mut tx, site.gateway).await.unwrap().unwrap();
    assert_eq!(config.groups.len(), 2, "the whole hall and its half");
    for group in &config.groups {
        let told: Vec<_> = group.doors.iter().map(|door| (door.door, door.lead_ms, door.lag_ms)).collect();
        let expected = [(config.doors[0].id, 900_000, 600_000), (config.doors[1].id, 300_000, 1_800_000)];
        assert_eq!(told, expected);
        assert_eq!(group.zones, [config.zones[0].id]);
    }
    drop(tx);
    let before = site.row().await.config_revision;
    again(&site, &SITE.replace("lag_minutes = 30", "lag_minutes = 45")).await.unwrap();
    assert_eq!(site.row().await.config_revision, before + 1, "a group that changed is a new configuration");
}

#[tokio::test]
async fn a_site_that_does_not_fit_into_one_message_is_refused_in_words() {
    let site = Site::new().await;
    let name = "En dörrnod med ett långt namn ".repeat(10);
    let mut text = SITE.to_owned();
    for number in 0..220 {
        write!(
            text,
            "\n[[gateway.device]]\nslug = \"d{number}\"\nname = \"{name}\"\n\
             profile = \"hallport-door-node\"\naddress = \"10.0.0.1:{number}\"\nunit = 1\n"
        )
        .unwrap();
    }
    match again(&site, &text).await {
        Err(ImportError::Invalid { at, what }) => {
            assert!(at.contains("hall"), "{at}");
            assert!(what.contains("65024 can be sent") && what.contains("two gateways"), "{what}");
        }
        other => panic!("{other:?}"),
    }
}

/// A file whose line `changed` is a mistake: the refusal says where, and what.
async fn refused_at(site: &Site, text: &str, changed: &str, (place, what): (&str, &str)) {
    match again(site, text).await {
        Err(ImportError::Invalid { at, what: said }) => {
            assert!(at.contains(place), "{changed}: {at}");
            assert!(said.contains(what), "{changed}: {said}");
        }
        other => panic!("{changed}: {other:?}"),
    }
}

#[tokio::test]
async fn a_mistake_in_what_is_on_mqtt_or_in_the_policy_is_named_with_its_place() {
    let site = Site::new().await;
    let good = with_scanner();
    for (from, to, place, what) in [
        ("broker = \"mqtt.hallen:1883\"\n", "", "device \"scanner\"", "no broker"),
        ("mqtt.hallen:1883", "mqtt.hallen", "gateway \"hall\"", "broker is not host:port"),
        ("topic = \"site/scanner\"", "topic = \"site/#\"", "device \"scanner\"", "root"),
        ("topic = \"site/scanner\"", "topic = \"site/x\"\nunit = 3", "device \"scanner\"", "either"),
        ("topic = \"site/scanner\"\n", "", "device \"scanner\"", "either"),
        ("scanner = \"scanner\"", "scanner = \"other\"", "door \"main\"", "scanner: no device"),
        (
            "lead_minutes = 5\n",
            "scanner = \"scanner\"\nlead_minutes = 5\n",
            "door \"changing\"",
            "scanner is used twice",
        ),
        (
            "lead_minutes = 5\n",
            "reader = \"changing-door\"\nlead_minutes = 5\n",
            "door \"changing\"",
            "reader is used twice",
        ),
        ("visitor_lease_hours = 744", "visitor_lease_hours = 745", "policy", "allowed is 1 to 744"),
        ("silent_after_seconds = 120", "silent_after_seconds = 5", "policy", "allowed is 60 to 86400"),
        ("horizon_days = 35", "horizon_days = 13", "policy", "allowed is 14 to 35"),
        ("horizon_days = 35", "clock_margin_seconds = 0", "policy", "clock_margin_seconds is 0"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        refused_at(&site, &text, from, (place, what)).await;
    }
    let twice = format!(
        "{good}\n[[gateway.device]]\nslug = \"other\"\nname = \"En till\"\n\
         profile = \"hallport-qr-scanner\"\ntopic = \"site/scanner\"\n"
    );
    assert!(matches!(
        again(&site, &twice).await,
        Err(ImportError::Invalid { what, .. }) if what == "another device has this topic"
    ));
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
    let grant = peer.grants().remove(0);
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
    assert_eq!(peer.grants()[0].doors.len(), 1);
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
        refused_at(&site, &text, from, (place, what)).await;
    }
    let unknown = SITE.replace("slug = \"a\"", "slug = \"a\"\nlampss = []");
    assert!(matches!(again(&site, &unknown).await, Err(ImportError::Unreadable(_))));
}
