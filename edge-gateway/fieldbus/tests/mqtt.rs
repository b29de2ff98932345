//! The site's MQTT against a real Mosquitto with its access list: our scanner's own logic, and peers that misbehave.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

#[path = "support/site_broker.rs"]
mod site_broker;

use std::time::Duration;

use gateway_core::Input;
use gateway_fieldbus::{Fieldbus, Profiles, SiteLogin};
use protocols_fieldbus::nodes::Indicator;
use protocols_ids::{DeviceId, Uuid};
use protocols_wire::{DeviceConfig, SiteBroker as BrokerConfig, SiteConfig};
use sims_devices::{Hall, Layout, ScannerAction, ScannerLayout, ScannerNetwork};
use site_broker::{Peer, SOON, SiteBroker};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

fn id(number: u128) -> DeviceId {
    DeviceId::new(Uuid::from_u128(number))
}

fn site(broker: &SiteBroker, devices: &[(u128, &str)]) -> SiteConfig {
    let device = |(number, user): &(u128, &str)| DeviceConfig {
        id: id(*number),
        profile: "hallport-qr-scanner".into(),
        address: format!("site/{user}"),
        unit: 0,
        name: (*user).into(),
    };
    SiteConfig {
        revision: 1,
        devices: devices.iter().map(device).collect(),
        broker: Some(BrokerConfig { address: broker.address() }),
        ..SiteConfig::default()
    }
}

fn login(broker: &SiteBroker) -> SiteLogin {
    SiteLogin {
        username: "gateway".into(),
        password: broker.password("gateway"),
        authority_pem: broker.authority_pem.clone(),
    }
}

fn gateway(broker: &SiteBroker, devices: &[(u128, &str)]) -> (Fieldbus, Receiver<Input>) {
    let (mut fieldbus, inputs) = Fieldbus::new(Profiles::built_in().unwrap());
    fieldbus.set_site_login(Some(login(broker)));
    fieldbus.configure(&site(broker, devices));
    (fieldbus, inputs)
}

async fn next(inputs: &mut Receiver<Input>) -> Input {
    timeout(SOON, inputs.recv()).await.expect("something happens").expect("the driver runs")
}

async fn scanned(inputs: &mut Receiver<Input>) -> (DeviceId, String, u32) {
    match next(inputs).await {
        Input::Code { device, text, age_ms } => (device, text, age_ms),
        other => panic!("{other:?}"),
    }
}

/// A hall with our scanner, connected as that user.
fn hall(broker: &SiteBroker, user: &str) -> Hall {
    let layout =
        Layout { doors: vec![1], lighting: 3, zones: 0, scanner: Some(ScannerLayout { door: 1, start: 40 }) };
    let hall = Hall::new(&layout).unwrap();
    let network = ScannerNetwork {
        host: "127.0.0.1".into(),
        port: broker.port,
        username: user.into(),
        password: broker.password(user),
        root: format!("site/{user}"),
    };
    let (running, connecting) = (hall.clone(), hall.clone());
    tokio::spawn(async move { running.run().await });
    tokio::spawn(async move { connecting.connect_scanner(network).await });
    hall
}

async fn shows(hall: &Hall, indicator: Indicator) {
    let mut scenes = hall.watch();
    let shown = scenes.wait_for(|scene| scene.scanner.unwrap().indicator == indicator);
    timeout(SOON, shown).await.expect("the lamp is lit").unwrap();
}

#[tokio::test]
async fn a_code_that_is_held_up_reaches_the_core_and_the_answer_the_scanners_lamp() {
    let broker = SiteBroker::start(&["scanner"]).await;
    let (fieldbus, mut inputs) = gateway(&broker, &[(1, "scanner")]);
    let hall = hall(&broker, "scanner");
    assert_eq!(next(&mut inputs).await, Input::DeviceFound { device: id(1), restarted: true });
    let text = "A+B \"å\" \\";
    hall.act_at_scanner(ScannerAction::Scan(text)).unwrap();
    let (device, told, age_ms) = scanned(&mut inputs).await;
    assert_eq!((device, &*told), (id(1), text));
    assert!(age_ms < 2_000, "{age_ms}");
    fieldbus.indicate(id(1), Indicator::Admitted);
    shows(&hall, Indicator::Admitted).await;
    fieldbus.indicate(id(1), Indicator::Refused);
    shows(&hall, Indicator::Refused).await;
    shows(&hall, Indicator::Idle).await;
}

#[tokio::test]
async fn a_scanner_whose_network_is_cut_is_lost_by_its_last_will_and_found_again() {
    let broker = SiteBroker::start(&["scanner"]).await;
    let (_fieldbus, mut inputs) = gateway(&broker, &[(1, "scanner")]);
    let hall = hall(&broker, "scanner");
    assert_eq!(next(&mut inputs).await, Input::DeviceFound { device: id(1), restarted: true });
    hall.act_at_scanner(ScannerAction::OffLine(true)).unwrap();
    assert_eq!(next(&mut inputs).await, Input::DeviceLost { device: id(1) });
    // What is scanned meanwhile is as old as it then is.
    hall.act_at_scanner(ScannerAction::Scan("MEANWHILE")).unwrap();
    hall.act_at_scanner(ScannerAction::OffLine(false)).unwrap();
    assert_eq!(next(&mut inputs).await, Input::DeviceFound { device: id(1), restarted: false });
    let (_, told, age_ms) = scanned(&mut inputs).await;
    assert_eq!(told, "MEANWHILE");
    assert!((1..20_000).contains(&age_ms), "{age_ms}");

    hall.act_at_scanner(ScannerAction::PowerCycle).unwrap();
    assert_eq!(next(&mut inputs).await, Input::DeviceFound { device: id(1), restarted: true });
}

#[tokio::test]
async fn a_broker_that_goes_away_takes_its_devices_along_and_brings_them_back() {
    let mut broker = SiteBroker::start(&["scanner"]).await;
    let (fieldbus, mut inputs) = gateway(&broker, &[(1, "scanner")]);
    let hall = hall(&broker, "scanner");
    assert_eq!(next(&mut inputs).await, Input::DeviceFound { device: id(1), restarted: true });
    broker.mosquitto.stop().await;
    assert_eq!(next(&mut inputs).await, Input::DeviceLost { device: id(1) });
    fieldbus.indicate(id(1), Indicator::Admitted);
    broker.mosquitto.begin_anew().await;
    assert_eq!(next(&mut inputs).await, Input::DeviceFound { device: id(1), restarted: false });
    hall.act_at_scanner(ScannerAction::Scan("AFTERWARDS")).unwrap();
    assert_eq!(scanned(&mut inputs).await.1, "AFTERWARDS");
    assert_eq!(hall.scene().scanner.unwrap().indicator, Indicator::Idle, "an answer is not kept");
}

const ROOT: &str = "site/peer";
/// How long an answer is waited for before a status is told again: fewer a second than the profile takes.
const BETWEEN: Duration = Duration::from_millis(400);

fn status(uptime_ms: u64) -> String {
    format!(r#"{{"state":"online","start":7,"uptime_ms":{uptime_ms}}}"#)
}

fn scan(sequence: u64, uptime_ms: u64, text: &str) -> String {
    format!(r#"{{"start":7,"sequence":{sequence},"uptime_ms":{uptime_ms},"text":"{text}"}}"#)
}

#[tokio::test]
async fn stale_retained_repeated_oversized_and_foreign_messages_are_no_scans() {
    let broker = SiteBroker::start(&["peer"]).await;
    let peer = Peer::connect(&broker, "peer").await;
    // What the broker keeps from before the gateway came.
    peer.publish(&format!("{ROOT}/status"), true, &status(1_000)).await;
    peer.publish(&format!("{ROOT}/scan"), true, &scan(1, 1_000, "KEPT")).await;
    let (_fieldbus, mut inputs) = gateway(&broker, &[(1, "peer")]);
    let peer_says = async |topic: &str, payload: &str| {
        peer.publish(&format!("{ROOT}/{topic}"), false, payload).await;
    };
    // The kept status finds nothing: the first thing to come is what is told now, once the gateway listens.
    let found = loop {
        peer_says("status", &status(100_000)).await;
        if let Ok(input) = timeout(BETWEEN, inputs.recv()).await {
            break input;
        }
    };
    assert_eq!(found, Some(Input::DeviceFound { device: id(1), restarted: true }));
    peer_says("scan", &scan(1, 100_000, "GOOD")).await;
    let (_, told, age_ms) = scanned(&mut inputs).await;
    assert_eq!(told, "GOOD");
    assert!(age_ms < 5_000, "{age_ms}");

    peer_says("scan", &scan(2, 60_000, "STALE")).await;
    let (_, told, age_ms) = scanned(&mut inputs).await;
    assert_eq!(told, "STALE");
    assert!(age_ms >= 40_000, "told with its age, for the journal: {age_ms}");
    peer_says("scan", &scan(2, 101_000, "AGAIN")).await;
    peer_says("scan", &scan(3, 101_000, &"L".repeat(5_000))).await;
    peer_says("other", &scan(4, 101_000, "FOREIGN")).await;
    peer_says("scan", "not json").await;
    peer.publish(&format!("{ROOT}/scan"), true, &scan(5, 101_000, "LIVE")).await;
    let (_, told, _) = scanned(&mut inputs).await;
    assert_eq!(told, "LIVE", "to those who listen already a message is not retained");
}

#[tokio::test]
async fn a_device_can_neither_speak_as_another_nor_hear_what_another_is_told() {
    let broker = SiteBroker::start(&["peer", "thief"]).await;
    let (fieldbus, mut inputs) = gateway(&broker, &[(1, "peer"), (2, "thief")]);
    let (mut peer, mut thief) = (Peer::connect(&broker, "peer").await, Peer::connect(&broker, "thief").await);
    peer.subscribe("site/peer/indicate").await;
    for topic in ["site/peer/indicate", "site/+/indicate", "#", "site/peer/scan", "site/thief/indicate"] {
        thief.subscribe(topic).await;
    }
    // Both are found once the gateway listens.
    let mut found = Vec::new();
    while found.len() < 2 {
        for (client, user) in [(&peer, "peer"), (&thief, "thief")] {
            client.publish(&format!("site/{user}/status"), false, &status(1_000)).await;
        }
        while let Ok(input) = timeout(BETWEEN, inputs.recv()).await {
            match input {
                Some(Input::DeviceFound { device, .. }) => found.push(device),
                other => panic!("{other:?}"),
            }
        }
    }

    thief.publish("site/peer/scan", false, &scan(1, 1_000, "STOLEN")).await;
    thief.publish("site/peer/status", false, r#"{"state":"offline"}"#).await;
    thief.publish("site/thief/scan", false, &scan(1, 1_000, "OWN")).await;
    let (device, told, _) = scanned(&mut inputs).await;
    assert_eq!((device, &*told), (id(2), "OWN"), "nothing came before it");

    fieldbus.indicate(id(1), Indicator::Admitted);
    let (topic, payload) = timeout(SOON, peer.heard.recv()).await.unwrap().unwrap();
    assert_eq!((&*topic, &*payload), ("site/peer/indicate", &b"admitted"[..]));
    fieldbus.indicate(id(2), Indicator::Refused);
    let (topic, payload) = timeout(SOON, thief.heard.recv()).await.unwrap().unwrap();
    assert_eq!((&*topic, &*payload), ("site/thief/indicate", &b"refused"[..]), "nothing came before it");
}

#[tokio::test]
async fn without_the_right_password_nobody_gets_in_and_the_devices_are_said_to_be_lost() {
    let broker = SiteBroker::start(&["peer"]).await;
    let (mut fieldbus, mut inputs) = Fieldbus::new(Profiles::built_in().unwrap());
    fieldbus.configure(&site(&broker, &[(1, "peer")]));
    assert_eq!(next(&mut inputs).await, Input::DeviceLost { device: id(1) }, "there is no login at all");

    let wrong = SiteLogin { password: "guessed".into(), ..login(&broker) };
    fieldbus.set_site_login(Some(wrong));
    fieldbus.configure(&site(&broker, &[(1, "peer")]));
    assert_eq!(next(&mut inputs).await, Input::DeviceLost { device: id(1) });
}

#[tokio::test]
async fn a_broker_with_tls_is_believed_only_under_the_authority_that_is_given() {
    let broker = SiteBroker::start_encrypted(&["peer"]).await;
    let (_fieldbus, mut inputs) = gateway(&broker, &[(1, "peer")]);
    let peer = Peer::connect(&broker, "peer").await;
    let found = loop {
        peer.publish("site/peer/status", false, &status(1_000)).await;
        if let Ok(input) = timeout(BETWEEN, inputs.recv()).await {
            break input;
        }
    };
    assert_eq!(found, Some(Input::DeviceFound { device: id(1), restarted: true }));

    let other = SiteBroker::start_encrypted(&[]).await;
    for authority_pem in [other.authority_pem.clone(), None] {
        let (mut fieldbus, mut inputs) = Fieldbus::new(Profiles::built_in().unwrap());
        fieldbus.set_site_login(Some(SiteLogin { authority_pem, ..login(&broker) }));
        fieldbus.configure(&site(&broker, &[(1, "peer")]));
        assert_eq!(next(&mut inputs).await, Input::DeviceLost { device: id(1) });
    }
}
