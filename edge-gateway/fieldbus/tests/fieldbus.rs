//! The bus task against real node logic behind a real Modbus TCP server.

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use gateway_core::Input;
use gateway_fieldbus::{Fieldbus, Profiles};
use protocols_fieldbus::nodes::{
    INDICATOR_AT, Indicator, Key, NodeEvent, RELEASE_COIL, RELEASE_MS_AT, WATCHDOG_MS_AT,
};
use protocols_ids::{DeviceId, DoorId, Uuid};
use protocols_wire::{DeviceConfig, DoorConfig, PointRef, SiteConfig};
use support::{Bus, Wire, serve};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

/// Nothing here takes a second; whoever waits longer waits in vain.
const SOON: Duration = Duration::from_secs(5);

fn id(unit: u8) -> DeviceId {
    DeviceId::new(Uuid::from_u128(u128::from(unit)))
}

fn point(unit: u8, name: &str) -> PointRef {
    PointRef { device: id(unit), point: name.into() }
}

fn device(unit: u8, profile: &str, address: SocketAddr) -> DeviceConfig {
    DeviceConfig {
        id: id(unit),
        profile: profile.into(),
        address: address.to_string(),
        unit,
        name: format!("unit {unit}"),
    }
}

fn door(unit: u8) -> DoorConfig {
    DoorConfig {
        id: DoorId::new(Uuid::from_u128(u128::from(unit))),
        name: format!("door {unit}"),
        lock: point(unit, "lock"),
        contact: Some(point(unit, "contact")),
        rex: None,
        tamper: None,
        keypad: Some(id(unit)),
        release_ms: 4_000,
        held_open_ms: 30_000,
        scanner: None,
        reader: None,
    }
}

fn site(devices: Vec<DeviceConfig>, doors: Vec<DoorConfig>) -> SiteConfig {
    SiteConfig { revision: 1, devices, doors, ..SiteConfig::default() }
}

async fn next(inputs: &mut Receiver<Input>) -> Input {
    timeout(SOON, inputs.recv()).await.expect("something happens on the bus").expect("the bus is driven")
}

async fn until(inputs: &mut Receiver<Input>, wanted: impl Fn(&Input) -> bool) -> Input {
    loop {
        let input = next(inputs).await;
        if wanted(&input) {
            return input;
        }
    }
}

async fn found(inputs: &mut Receiver<Input>, unit: u8) -> bool {
    match until(inputs, |input| matches!(input, Input::DeviceFound { device, .. } if *device == id(unit)))
        .await
    {
        Input::DeviceFound { restarted, .. } => restarted,
        other => panic!("{other:?}"),
    }
}

async fn lost(inputs: &mut Receiver<Input>, unit: u8) {
    until(inputs, |input| *input == Input::DeviceLost { device: id(unit) }).await;
}

async fn event(inputs: &mut Receiver<Input>, unit: u8) -> (u16, u32, NodeEvent) {
    let of_unit = |input: &Input| matches!(input, Input::Node { device, .. } if *device == id(unit));
    match until(inputs, of_unit).await {
        Input::Node { sequence, age_ms, event, .. } => (sequence, age_ms, event),
        other => panic!("{other:?}"),
    }
}

/// Waits until the wire has that level; the bus goes on meanwhile.
async fn level(wire: &Wire, high: bool) {
    timeout(SOON, async {
        while wire.get() != high {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the wire is set");
}

async fn written(bus: &Bus, write: (u8, u16, u16)) {
    timeout(SOON, async {
        while !bus.writes().contains(&write) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the write arrives");
}

#[tokio::test]
async fn a_door_node_is_prepared_before_it_is_trusted_then_tells_keys_and_takes_a_release() {
    let bus = Bus::default();
    let wires = bus.door(1);
    let (address, _server) = serve(bus.clone(), "127.0.0.1:0").await;
    let (mut fieldbus, mut inputs) = Fieldbus::new(Profiles::built_in().unwrap());
    fieldbus.configure(&site(vec![device(1, "hallport-door-node", address)], vec![door(1)]));

    assert_eq!(next(&mut inputs).await, Input::DeviceFound { device: id(1), restarted: true });
    assert_eq!(bus.writes(), [(1, RELEASE_MS_AT, 4_000), (1, WATCHDOG_MS_AT, 3_000)]);
    for (name, on) in [("contact", true), ("rex", false), ("tamper", true)] {
        assert_eq!(next(&mut inputs).await, Input::Point { point: point(1, name), on });
    }

    let line = [Key::Digit(4), Key::Digit(0), Key::Digit(7), Key::Hash];
    for key in line {
        bus.press(1, key);
    }
    for (sequence, key) in (1..).zip(line) {
        let (told, age_ms, event) = event(&mut inputs, 1).await;
        assert_eq!((told, event), (sequence, NodeEvent::Key(key)));
        assert!(age_ms < 1_000, "{age_ms}");
    }

    fieldbus.write(point(1, "lock"), true);
    fieldbus.indicate(id(1), Indicator::Refused);
    fieldbus.confirm(id(1), 4);
    level(&wires.lock, true).await;
    level(&wires.red, true).await;
    written(&bus, (1, 0, 4)).await;
    wires.contact.set(false);
    assert_eq!(event(&mut inputs, 1).await.2, NodeEvent::Contact(false));
    fieldbus.write(point(1, "lock"), false);
    level(&wires.lock, false).await;
}

#[tokio::test]
async fn a_write_is_sent_before_indicators_confirmations_and_polls() {
    let bus = Bus::default();
    bus.door(1);
    let (address, _server) = serve(bus.clone(), "127.0.0.1:0").await;
    let (mut fieldbus, mut inputs) = Fieldbus::new(Profiles::built_in().unwrap());
    fieldbus.configure(&site(vec![device(1, "hallport-door-node", address)], vec![]));
    found(&mut inputs, 1).await;
    // Given without a pause, on one thread: the bus sees them all before its next request.
    fieldbus.confirm(id(1), 9);
    fieldbus.indicate(id(1), Indicator::Admitted);
    fieldbus.write(point(1, "lock"), true);
    written(&bus, (1, 0, 9)).await;
    assert_eq!(bus.writes()[1..], [(1, RELEASE_COIL, 1), (1, INDICATOR_AT, 1), (1, 0, 9)]);
}

#[tokio::test]
async fn a_dead_device_among_others_is_lost_once_and_the_others_go_on() {
    let bus = Bus::default();
    bus.door(1);
    bus.dead(2);
    bus.lighting(3);
    let (address, _server) = serve(bus.clone(), "127.0.0.1:0").await;
    let (mut fieldbus, mut inputs) = Fieldbus::new(Profiles::built_in().unwrap());
    let devices = vec![
        device(1, "hallport-door-node", address),
        device(2, "hallport-door-node", address),
        device(3, "hallport-lighting-node", address),
    ];
    fieldbus.configure(&site(devices, vec![]));
    found(&mut inputs, 1).await;
    lost(&mut inputs, 2).await;
    found(&mut inputs, 3).await;
    for digit in 0..8 {
        bus.press(1, Key::Digit(digit));
    }
    for digit in 0..8 {
        let told = event(&mut inputs, 1).await;
        assert_eq!(told.2, NodeEvent::Key(Key::Digit(digit)));
    }
    fieldbus.write(point(2, "lock"), true);
    fieldbus.write(point(3, "lamp2"), true);
    written(&bus, (3, 1, 1)).await;

    bus.door(2);
    let again = until(&mut inputs, |input| !matches!(input, Input::Node { .. } | Input::Point { .. })).await;
    assert_eq!(again, Input::DeviceFound { device: id(2), restarted: true });
    assert!(!bus.writes().contains(&(2, RELEASE_COIL, 1)), "what was wanted of it while lost is forgotten");
}

#[tokio::test]
async fn a_device_that_is_not_what_the_profile_says_is_never_trusted() {
    let bus = Bus::default();
    bus.lighting(1);
    let (address, _server) = serve(bus.clone(), "127.0.0.1:0").await;
    let (mut fieldbus, mut inputs) = Fieldbus::new(Profiles::built_in().unwrap());
    fieldbus.configure(&site(vec![device(1, "hallport-door-node", address)], vec![door(1)]));
    assert_eq!(next(&mut inputs).await, Input::DeviceLost { device: id(1) });
    fieldbus.write(point(1, "lock"), true);
    // The right node takes its place: the first write that it sees is its preparation.
    bus.door(1);
    found(&mut inputs, 1).await;
    assert_eq!(bus.writes(), [(1, RELEASE_MS_AT, 4_000), (1, WATCHDOG_MS_AT, 3_000)]);
}

#[tokio::test]
async fn a_lost_bus_comes_back_without_telling_an_event_twice() {
    let bus = Bus::default();
    bus.door(1);
    let (address, server) = serve(bus.clone(), "127.0.0.1:0").await;
    let (mut fieldbus, mut inputs) = Fieldbus::new(Profiles::built_in().unwrap());
    fieldbus.configure(&site(vec![device(1, "hallport-door-node", address)], vec![]));
    found(&mut inputs, 1).await;
    bus.press(1, Key::Digit(1));
    assert_eq!(event(&mut inputs, 1).await.0, 1);

    server.abort();
    lost(&mut inputs, 1).await;
    bus.press(1, Key::Digit(2));
    let (_, _server) = serve(bus.clone(), &address.to_string()).await;
    assert!(!found(&mut inputs, 1).await, "the node ran on");
    let (sequence, _, told) = event(&mut inputs, 1).await;
    assert_eq!((sequence, told), (2, NodeEvent::Key(Key::Digit(2))));
}

#[tokio::test]
async fn a_node_that_restarts_is_prepared_anew_and_its_events_begin_anew() {
    let bus = Bus::default();
    bus.door(1);
    let (address, _server) = serve(bus.clone(), "127.0.0.1:0").await;
    let (mut fieldbus, mut inputs) = Fieldbus::new(Profiles::built_in().unwrap());
    fieldbus.configure(&site(vec![device(1, "hallport-door-node", address)], vec![door(1)]));
    found(&mut inputs, 1).await;
    bus.press(1, Key::Digit(1));
    assert_eq!(event(&mut inputs, 1).await.0, 1);

    bus.door(1);
    bus.press(1, Key::Digit(2));
    lost(&mut inputs, 1).await;
    assert!(found(&mut inputs, 1).await);
    let (sequence, _, told) = event(&mut inputs, 1).await;
    assert_eq!((sequence, told), (1, NodeEvent::Key(Key::Digit(2))));
    let prepared = bus.writes().iter().filter(|write| **write == (1, RELEASE_MS_AT, 4_000)).count();
    assert_eq!(prepared, 2);
}

#[tokio::test]
async fn polled_inputs_are_told_at_first_and_when_they_change_with_inversion_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let text = "name = \"switches\"\ndescription = \"Two switches\"\npoll_ms = 10\ntimeout_ms = 200\n\
                [points.far]\ntype = \"discrete_input\"\naddress = 2\ninverted = true\n\
                [points.near]\ntype = \"discrete_input\"\naddress = 0\n";
    std::fs::write(folder.path().join("switches.toml"), text).unwrap();
    let mut profiles = Profiles::built_in().unwrap();
    profiles.add_folder(folder.path()).unwrap();
    let wires = [Wire::default(), Wire::default(), Wire::default()];
    let bus = Bus::default();
    bus.switches(5, wires.to_vec());
    let (address, _server) = serve(bus, "127.0.0.1:0").await;
    let (mut fieldbus, mut inputs) = Fieldbus::new(profiles);
    fieldbus.configure(&site(vec![device(5, "switches", address)], vec![]));

    found(&mut inputs, 5).await;
    assert_eq!(next(&mut inputs).await, Input::Point { point: point(5, "far"), on: true });
    assert_eq!(next(&mut inputs).await, Input::Point { point: point(5, "near"), on: false });
    wires[2].set(true);
    assert_eq!(next(&mut inputs).await, Input::Point { point: point(5, "far"), on: false });
    wires[0].set(true);
    assert_eq!(next(&mut inputs).await, Input::Point { point: point(5, "near"), on: true });
}

#[tokio::test]
async fn a_new_configuration_leaves_an_unchanged_bus_alone_and_says_what_cannot_be_driven() {
    let (one, two) = (Bus::default(), Bus::default());
    one.door(1);
    two.door(2);
    let (at_one, _one) = serve(one.clone(), "127.0.0.1:0").await;
    let (at_two, _two) = serve(two, "127.0.0.1:0").await;
    let (mut fieldbus, mut inputs) = Fieldbus::new(Profiles::built_in().unwrap());
    let first = device(1, "hallport-door-node", at_one);
    fieldbus.configure(&site(vec![first.clone()], vec![]));
    found(&mut inputs, 1).await;

    let second = device(2, "hallport-door-node", at_two);
    fieldbus.configure(&site(vec![first, second, device(3, "unheard-of", at_two)], vec![]));
    lost(&mut inputs, 3).await;
    found(&mut inputs, 2).await;
    assert_eq!(one.writes().len(), 1, "prepared once");

    fieldbus.configure(&site(vec![], vec![]));
    fieldbus.write(point(1, "lock"), true);
    one.press(1, Key::Star);
    drop(fieldbus);
    let rest = timeout(SOON, async {
        while let Some(input) = inputs.recv().await {
            assert!(!matches!(input, Input::Node { .. }), "{input:?}");
        }
    });
    rest.await.expect("the tasks end with the handle");
    assert_eq!(one.writes().len(), 1);
}
