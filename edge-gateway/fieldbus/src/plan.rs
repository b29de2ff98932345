//! What a site's configuration means for the buses: who is where, and what is written at the start.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocols_fieldbus::profile::{ModbusProfile, Point, Profile, Pulse};
use protocols_ids::DeviceId;
use protocols_wire::{DeviceConfig, DoorConfig, SiteConfig};

use crate::Profiles;
use crate::mqtt::{MqttDevicePlan, MqttPlan};

/// What a release register of our own nodes takes, in milliseconds.
const RELEASE_MS_RANGE: std::ops::RangeInclusive<u32> = 100..=30_000;

/// Bytes of the root of a device's topics: with what a profile adds it stays far below what MQTT allows.
const ROOT_BYTES_MAX: usize = 200;

/// One bus and its devices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BusPlan {
    /// `host:port`.
    pub(crate) address: String,
    pub(crate) devices: Vec<DevicePlan>,
}

/// One device on a bus.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DevicePlan {
    pub(crate) id: DeviceId,
    pub(crate) name: String,
    pub(crate) unit: u8,
    pub(crate) profile: ModbusProfile,
    /// Holding registers that are written before the device is trusted.
    pub(crate) setup: Vec<(u16, u16)>,
}

impl DevicePlan {
    /// How long an answer may take.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.profile.timeout_ms))
    }

    /// How long from one poll to the next.
    pub(crate) fn poll_every(&self) -> Duration {
        Duration::from_millis(u64::from(self.profile.poll_ms))
    }

    /// The inputs: name, address, inverted.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = (&str, u16, bool)> {
        self.profile.points.iter().filter_map(|(name, point)| match point {
            Point::DiscreteInput { address, inverted } => Some((name.as_str(), *address, *inverted)),
            Point::Coil { .. } | Point::HoldingRegister { .. } => None,
        })
    }
}

/// What is driven, and what cannot be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct SitePlan {
    /// Buses by address.
    pub(crate) buses: BTreeMap<String, BusPlan>,
    /// The site's MQTT, where it has devices.
    pub(crate) mqtt: Option<MqttPlan>,
    /// Devices that cannot be driven, and why.
    pub(crate) undrivable: Vec<(DeviceId, String)>,
}

pub(crate) fn plan(config: &SiteConfig, profiles: &Profiles) -> SitePlan {
    let mut plan = SitePlan::default();
    let mut taken = BTreeSet::new();
    let mut topics = BTreeSet::new();
    let mut on_mqtt = Vec::new();
    for device in &config.devices {
        match profiles.get(&device.profile) {
            None => plan.undrivable.push((device.id, no_profile(device))),
            Some(Profile::Modbus(profile)) => {
                if !taken.insert((&device.address, device.unit)) {
                    plan.undrivable.push((device.id, already_taken(device)));
                    continue;
                }
                let bus = plan
                    .buses
                    .entry(device.address.clone())
                    .or_insert_with(|| BusPlan { address: device.address.clone(), devices: Vec::new() });
                bus.devices.push(DevicePlan {
                    id: device.id,
                    name: device.name.clone(),
                    unit: device.unit,
                    profile: profile.clone(),
                    setup: setup(profile, release_ms(config, device.id)),
                });
            }
            Some(Profile::Mqtt(profile)) => {
                let mqtt = MqttDevicePlan {
                    id: device.id,
                    name: device.name.clone(),
                    root: device.address.clone(),
                    profile: (**profile).clone(),
                };
                if let Some(words) = mqtt_fault(&mqtt, &topics) {
                    plan.undrivable.push((device.id, words));
                } else {
                    topics.extend(mqtt.topics().into_keys());
                    on_mqtt.push(mqtt);
                }
            }
        }
    }
    if on_mqtt.is_empty() {
        return plan;
    }
    let address = config.broker.as_ref().map(|broker| broker.address.as_str());
    match address.map(|address| address.rsplit_once(':').map(|(host, port)| (host, port.parse()))) {
        Some(Some((host, Ok(port)))) if !host.is_empty() => {
            plan.mqtt = Some(MqttPlan { host: host.to_owned(), port, devices: on_mqtt });
        }
        Some(_) => plan.give_up(&on_mqtt, "the site's broker is not given as host:port"),
        None => plan.give_up(&on_mqtt, "the configuration names no broker of the site"),
    }
    plan
}

impl SitePlan {
    /// Without the login that a broker asks for, nothing behind it can be driven.
    pub(crate) fn without_login(&mut self) {
        if let Some(mqtt) = self.mqtt.take() {
            self.give_up(&mqtt.devices, NO_LOGIN);
        }
    }

    fn give_up(&mut self, devices: &[MqttDevicePlan], words: &str) {
        let all = devices.iter().map(|device| (device.id, format!("device '{}': {words}", device.name)));
        self.undrivable.extend(all);
    }
}

const NO_LOGIN: &str = "[site_mqtt] with username and password_file is missing in gateway.toml";

/// Whether a site has devices behind a broker: then the gateway needs a login of its own there.
pub fn speaks_mqtt(config: &SiteConfig, profiles: &Profiles) -> bool {
    config.devices.iter().any(|device| matches!(profiles.get(&device.profile), Some(Profile::Mqtt(_))))
}

fn mqtt_fault(device: &MqttDevicePlan, taken: &BTreeSet<String>) -> Option<String> {
    let MqttDevicePlan { name, root, .. } = device;
    let is_root = !root.is_empty()
        && root.len() <= ROOT_BYTES_MAX
        && !root.contains(['+', '#', '\0'])
        && !root.starts_with(['/', '$'])
        && !root.ends_with('/');
    if !is_root {
        return Some(format!("device '{name}': '{root}' cannot be the root of its topics"));
    }
    let twice = device.topics().into_keys().find(|topic| taken.contains(topic))?;
    Some(format!("device '{name}': another device has topic '{twice}' already"))
}

/// What a technician should know before trusting this configuration: sentences, one a fault.
pub fn warnings(config: &SiteConfig, profiles: &Profiles) -> Vec<String> {
    let undrivable = plan(config, profiles).undrivable;
    let mut warnings: Vec<String> = undrivable.into_iter().map(|(_, words)| words).collect();
    for door in &config.doors {
        warnings.extend(lock_warning(door, config, profiles));
        if !RELEASE_MS_RANGE.contains(&door.release_ms) {
            warnings.push(format!(
                "door '{}': a release of {} ms is outside what a door node takes ({} to {} ms)",
                door.name,
                door.release_ms,
                RELEASE_MS_RANGE.start(),
                RELEASE_MS_RANGE.end()
            ));
        }
        let inputs = [&door.contact, &door.rex, &door.tamper].into_iter().flatten();
        warnings.extend(inputs.filter_map(|point| {
            let words = match kind_of(profile_of(config, profiles, point.device)?, &point.point) {
                Some(PointKind::Input) => return None,
                Some(PointKind::Output(_)) => "is not an input",
                None => "does not exist in the device's profile",
            };
            Some(format!("door '{}': point '{}' {words}", door.name, point.point))
        }));
        warnings.extend(reader_warnings(door, config, profiles));
    }
    for zone in &config.zones {
        warnings.extend(zone.lamps.iter().filter_map(|lamp| {
            match kind_of(profile_of(config, profiles, lamp.device)?, &lamp.point) {
                Some(PointKind::Output(_)) => None,
                Some(PointKind::Input) | None => Some(format!(
                    "zone '{}': lamp '{}' is not an output of its device",
                    zone.name, lamp.point
                )),
            }
        }));
    }
    warnings
}

fn lock_warning(door: &DoorConfig, config: &SiteConfig, profiles: &Profiles) -> Option<String> {
    if !config.devices.iter().any(|device| device.id == door.lock.device) {
        return Some(format!("door '{}': its lock is on a device that is not configured", door.name));
    }
    match kind_of(profile_of(config, profiles, door.lock.device)?, &door.lock.point) {
        Some(PointKind::Output(Pulse::Device | Pulse::Watchdog)) => None,
        Some(PointKind::Output(Pulse::None)) => Some(format!(
            "door '{}': nothing but this gateway ends a release of its lock; if the gateway stops in that \
             moment, the door stays open. Use a device with a timer or a watchdog",
            door.name
        )),
        Some(PointKind::Input) | None => {
            Some(format!("door '{}': lock '{}' is not an output of its device", door.name, door.lock.point))
        }
    }
}

/// Keypads and tag readers belong to our own nodes, scanners to the site's MQTT.
fn reader_warnings(door: &DoorConfig, config: &SiteConfig, profiles: &Profiles) -> Vec<String> {
    let profile = |device: Option<DeviceId>| device.and_then(|device| profile_of(config, profiles, device));
    let has_queue = |profile: &Profile| match profile {
        Profile::Modbus(profile) => profile.event_queue,
        Profile::Mqtt(_) => false,
    };
    let scans = |profile: &Profile| match profile {
        Profile::Modbus(_) => false,
        Profile::Mqtt(profile) => profile.scan.is_some(),
    };
    let lacking = [
        ("keypad", profile(door.keypad).is_some_and(|profile| !has_queue(profile))),
        ("tag reader", profile(door.reader).is_some_and(|profile| !has_queue(profile))),
        ("scanner", profile(door.scanner).is_some_and(|profile| !scans(profile))),
    ];
    let words = |what: &str| format!("door '{}': the device of its {what} has none", door.name);
    lacking.into_iter().filter(|(_, lacks)| *lacks).map(|(what, _)| words(what)).collect()
}

/// What a point can be used for.
enum PointKind {
    Input,
    Output(Pulse),
}

fn kind_of(profile: &Profile, name: &str) -> Option<PointKind> {
    match profile {
        Profile::Modbus(profile) => profile.points.get(name).map(|point| match point {
            Point::Coil { pulse, .. } => PointKind::Output(*pulse),
            Point::HoldingRegister { .. } => PointKind::Output(Pulse::None),
            Point::DiscreteInput { .. } => PointKind::Input,
        }),
        Profile::Mqtt(profile) => profile.points.get(name).map(|_| PointKind::Input),
    }
}

fn profile_of<'p>(config: &SiteConfig, profiles: &'p Profiles, device: DeviceId) -> Option<&'p Profile> {
    config.devices.iter().find(|known| known.id == device).and_then(|known| profiles.get(&known.profile))
}

fn no_profile(device: &DeviceConfig) -> String {
    format!("device '{}': there is no profile named '{}'", device.name, device.profile)
}

fn already_taken(device: &DeviceConfig) -> String {
    format!("device '{}': another device has unit {} at {} already", device.name, device.unit, device.address)
}

/// The longest release of the doors whose lock is on that device.
fn release_ms(config: &SiteConfig, device: DeviceId) -> Option<u32> {
    config.doors.iter().filter(|door| door.lock.device == device).map(|door| door.release_ms).max()
}

fn setup(profile: &ModbusProfile, release_ms: Option<u32>) -> Vec<(u16, u16)> {
    let release = release_ms
        .map(|ms| ms.clamp(*RELEASE_MS_RANGE.start(), *RELEASE_MS_RANGE.end()))
        .and_then(|ms| u16::try_from(ms).ok());
    profile
        .setup
        .values()
        .filter_map(|write| Some((write.holding_register, write.value.or(release)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::{DoorId, Uuid};
    use protocols_wire::{PointRef, SiteBroker};

    fn device(number: u128, profile: &str, unit: u8) -> DeviceConfig {
        DeviceConfig {
            id: DeviceId::new(Uuid::from_u128(number)),
            profile: profile.into(),
            address: "127.0.0.1:15020".into(),
            unit,
            name: format!("device {number}"),
        }
    }

    fn door(lock: &DeviceConfig, release_ms: u32) -> DoorConfig {
        let point = |name: &str| PointRef { device: lock.id, point: name.into() };
        DoorConfig {
            id: DoorId::new(Uuid::from_u128(1)),
            name: "Entrén".into(),
            lock: point("lock"),
            contact: Some(point("contact")),
            rex: None,
            tamper: None,
            keypad: Some(lock.id),
            release_ms,
            held_open_ms: 30_000,
            scanner: None,
            reader: None,
        }
    }

    #[test]
    fn a_good_site_gives_no_warning_and_its_release_time_reaches_the_node() {
        let node = device(1, "hallport-door-node", 1);
        let config = SiteConfig {
            doors: vec![door(&node, 4_000)],
            devices: vec![node, device(2, "hallport-lighting-node", 3)],
            ..SiteConfig::default()
        };
        let profiles = Profiles::built_in().unwrap();
        assert_eq!(warnings(&config, &profiles), Vec::<String>::new());
        let plan = plan(&config, &profiles);
        assert_eq!(plan.undrivable, []);
        assert_eq!(plan.mqtt, None);
        assert!(!speaks_mqtt(&config, &profiles));
        let bus = &plan.buses["127.0.0.1:15020"];
        assert_eq!(bus.devices[0].setup, [(1, 4_000), (3, 3_000)]);
        assert_eq!(bus.devices[1].setup, [(3, 5_000)]);
    }

    #[test]
    fn every_fault_of_a_site_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let relay = "name = \"relay\"\ndescription = \"x\"\npoll_ms = 100\ntimeout_ms = 200\n\
                     [points.lock]\ntype = \"coil\"\naddress = 0\n\
                     [points.contact]\ntype = \"coil\"\naddress = 1\n";
        std::fs::write(folder.path().join("relay.toml"), relay).unwrap();
        let mut profiles = Profiles::built_in().unwrap();
        profiles.add_folder(folder.path()).unwrap();

        let node = device(1, "relay", 1);
        let missing = device(9, "unheard-of", 7);
        let config = SiteConfig {
            doors: vec![
                door(&node, 60_000),
                DoorConfig {
                    name: "Förrådet".into(), contact: None, ..door(&device(8, "relay", 8), 3_000)
                },
            ],
            devices: vec![node, device(2, "relay", 1), missing],
            ..SiteConfig::default()
        };
        let told = warnings(&config, &profiles);
        let expected = [
            "another device has unit 1",
            "no profile named 'unheard-of'",
            "nothing but this gateway ends a release",
            "60000 ms is outside",
            "'contact' is not an input",
            "on a device that is not configured",
            "the device of its keypad has none",
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for words in expected {
            assert!(told.iter().any(|warning| warning.contains(words)), "{words}: {told:#?}");
        }
    }

    fn scanner(number: u128, root: &str) -> DeviceConfig {
        DeviceConfig { address: root.into(), ..device(number, "hallport-qr-scanner", 0) }
    }

    #[test]
    fn devices_on_mqtt_share_the_sites_broker_and_no_topic() {
        let profiles = Profiles::built_in().unwrap();
        let devices = vec![
            scanner(1, "site/a"),
            scanner(2, "site/b"),
            scanner(3, "site/a"),
            scanner(4, "site/+"),
            scanner(5, "site/c/"),
            scanner(6, "$SYS"),
        ];
        let config = SiteConfig { devices, ..SiteConfig::default() };
        assert!(speaks_mqtt(&config, &profiles));
        let mut told = warnings(&config, &profiles);
        told.sort();
        let nowhere = "the configuration names no broker of the site";
        let expected = [
            format!("device 'device 1': {nowhere}"),
            format!("device 'device 2': {nowhere}"),
            "device 'device 3': another device has topic 'site/a/scan' already".to_owned(),
            "device 'device 4': 'site/+' cannot be the root of its topics".to_owned(),
            "device 'device 5': 'site/c/' cannot be the root of its topics".to_owned(),
            "device 'device 6': '$SYS' cannot be the root of its topics".to_owned(),
        ];
        assert_eq!(told, expected);

        let broker = Some(SiteBroker { address: "broker.site:1883".into() });
        let mut plan = plan(&SiteConfig { broker, ..config.clone() }, &profiles);
        let mqtt = plan.mqtt.as_ref().unwrap();
        assert_eq!((&*mqtt.host, mqtt.port, mqtt.devices.len()), ("broker.site", 1883, 2));
        plan.without_login();
        assert_eq!(plan.mqtt, None);
        assert!(plan.undrivable.iter().any(|(_, words)| words.contains("[site_mqtt]")), "{plan:?}");
        let broker = Some(SiteBroker { address: "broker.site".into() });
        let told = warnings(&SiteConfig { broker, ..config }, &profiles);
        assert!(told.iter().any(|words| words.contains("not given as host:port")), "{told:?}");
    }

    #[test]
    fn a_keypad_a_reader_and_a_scanner_are_looked_for_on_their_devices() {
        let (node, scans) = (device(1, "hallport-door-node", 1), scanner(2, "site/a"));
        let entrance = DoorConfig { reader: Some(node.id), scanner: Some(scans.id), ..door(&node, 4_000) };
        let broker = Some(SiteBroker { address: "localhost:1883".into() });
        let config = SiteConfig {
            doors: vec![entrance.clone()],
            devices: vec![node.clone(), scans.clone()],
            broker,
            ..SiteConfig::default()
        };
        let profiles = Profiles::built_in().unwrap();
        assert_eq!(warnings(&config, &profiles), Vec::<String>::new());
        let mixed_up = DoorConfig {
            keypad: Some(scans.id),
            reader: Some(scans.id),
            scanner: Some(node.id),
            lock: PointRef { device: scans.id, point: "lock".into() },
            ..entrance
        };
        let told = warnings(&SiteConfig { doors: vec![mixed_up], ..config }, &profiles);
        let expected = [
            "door 'Entrén': lock 'lock' is not an output of its device",
            "door 'Entrén': the device of its keypad has none",
            "door 'Entrén': the device of its tag reader has none",
            "door 'Entrén': the device of its scanner has none",
        ];
        assert_eq!(told, expected);
    }
}
