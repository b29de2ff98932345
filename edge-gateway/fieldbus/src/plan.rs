//! What a site's configuration means for the buses: who is where, and what is written at the start.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocols_fieldbus::profile::{Point, Profile, Pulse};
use protocols_ids::DeviceId;
use protocols_wire::{DeviceConfig, DoorConfig, SiteConfig};

use crate::Profiles;

/// What a release register of our own nodes takes, in milliseconds.
const RELEASE_MS_RANGE: std::ops::RangeInclusive<u32> = 100..=30_000;

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
    pub(crate) profile: Profile,
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

/// The buses of `config` by address, and the devices that cannot be driven.
pub(crate) fn plan(
    config: &SiteConfig,
    profiles: &Profiles,
) -> (BTreeMap<String, BusPlan>, Vec<(DeviceId, String)>) {
    let mut buses = BTreeMap::new();
    let mut undrivable = Vec::new();
    let mut taken = BTreeSet::new();
    for device in &config.devices {
        let Some(profile) = profiles.get(&device.profile) else {
            undrivable.push((device.id, no_profile(device)));
            continue;
        };
        if !taken.insert((&device.address, device.unit)) {
            undrivable.push((device.id, already_taken(device)));
            continue;
        }
        let bus = buses
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
    (buses, undrivable)
}

/// What a technician should know before trusting this configuration: sentences, one a fault.
pub fn warnings(config: &SiteConfig, profiles: &Profiles) -> Vec<String> {
    let (_, undrivable) = plan(config, profiles);
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
            let found = profile_of(config, profiles, point.device)?.points.get(&point.point);
            let words = match found {
                Some(Point::DiscreteInput { .. }) => return None,
                Some(Point::Coil { .. } | Point::HoldingRegister { .. }) => "is not an input",
                None => "does not exist in the device's profile",
            };
            Some(format!("door '{}': point '{}' {words}", door.name, point.point))
        }));
    }
    for zone in &config.zones {
        warnings.extend(zone.lamps.iter().filter_map(|lamp| {
            match profile_of(config, profiles, lamp.device)?.points.get(&lamp.point) {
                Some(Point::Coil { .. } | Point::HoldingRegister { .. }) => None,
                Some(Point::DiscreteInput { .. }) | None => Some(format!(
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
    let lock = profile_of(config, profiles, door.lock.device)?.points.get(&door.lock.point);
    match lock {
        Some(Point::Coil { pulse: Pulse::Device | Pulse::Watchdog, .. }) => None,
        Some(Point::Coil { pulse: Pulse::None, .. } | Point::HoldingRegister { .. }) => Some(format!(
            "door '{}': nothing but this gateway ends a release of its lock; if the gateway stops in that \
             moment, the door stays open. Use a device with a timer or a watchdog",
            door.name
        )),
        Some(Point::DiscreteInput { .. }) | None => {
            Some(format!("door '{}': lock '{}' is not an output of its device", door.name, door.lock.point))
        }
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

fn setup(profile: &Profile, release_ms: Option<u32>) -> Vec<(u16, u16)> {
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
    use protocols_wire::PointRef;

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
        let (buses, undrivable) = plan(&config, &profiles);
        assert_eq!(undrivable, []);
        let bus = &buses["127.0.0.1:15020"];
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
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for words in expected {
            assert!(told.iter().any(|warning| warning.contains(words)), "{words}: {told:#?}");
        }
    }
}
