//! `site.toml`: gateways, what is wired to them, and which resources need what. The format is in
//! `docs/import-format.md`.

use std::collections::{BTreeSet, HashMap};

use cloud_contracts::{Facilities, ImportError, ImportReport, PortError};
use cloud_kernel::TenantTx;
use protocols_ids::{DeviceId, DoorId, GatewayId, ResourceId, ZoneId};
use protocols_wire::{DOORS_MAX, PointRef};
use serde::Deserialize;

use crate::events::{GatewayChanged, gateway_topic};
use crate::store::site::{self, NewDevice, NewDoor, NewZone, Put};

/// How long a door is released where the file says nothing.
const RELEASE_SECONDS: u16 = 5;
/// How long a door may stand open where the file says nothing.
const HELD_OPEN_SECONDS: u16 = 60;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteFile {
    #[serde(rename = "gateway", default)]
    gateways: Vec<GatewayEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GatewayEntry {
    slug: String,
    name: String,
    #[serde(rename = "device", default)]
    devices: Vec<DeviceEntry>,
    #[serde(rename = "door", default)]
    doors: Vec<DoorEntry>,
    #[serde(rename = "zone", default)]
    zones: Vec<ZoneEntry>,
    #[serde(rename = "need", default)]
    needs: Vec<NeedEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceEntry {
    slug: String,
    name: String,
    profile: String,
    address: String,
    unit: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DoorEntry {
    slug: String,
    name: String,
    lock: String,
    contact: Option<String>,
    rex: Option<String>,
    tamper: Option<String>,
    keypad: Option<String>,
    lead_minutes: u16,
    lag_minutes: u16,
    #[serde(default = "release_seconds")]
    release_seconds: u16,
    #[serde(default = "held_open_seconds")]
    held_open_seconds: u16,
}

const fn release_seconds() -> u16 {
    RELEASE_SECONDS
}

const fn held_open_seconds() -> u16 {
    HELD_OPEN_SECONDS
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneEntry {
    slug: String,
    name: String,
    lamps: Vec<String>,
    #[serde(default)]
    lag_minutes: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NeedEntry {
    resources: Vec<String>,
    #[serde(default)]
    doors: Vec<String>,
    #[serde(default)]
    zones: Vec<String>,
}

/// Reads `site.toml` in the caller's transaction. The same file again changes nothing; what left the file goes
/// out of use. Grants that still open something follow the doors' new lead and lag.
pub async fn import(
    tx: &mut TenantTx,
    facilities: &dyn Facilities,
    text: &str,
) -> Result<ImportReport, ImportError> {
    let file: SiteFile = toml::from_str(text).map_err(|error| ImportError::Unreadable(error.to_string()))?;
    let resources = resources(tx, facilities).await?;
    let mut report = ImportReport::default();
    let mut seen = BTreeSet::new();
    for entry in &file.gateways {
        let at = format!("gateway {:?}", entry.slug);
        check_slug(&at, &entry.slug)?;
        if !seen.insert(entry.slug.as_str()) {
            return Err(invalid(&at, "is there twice"));
        }
        import_gateway(tx, entry, &at, &resources, &mut report).await?;
    }
    Ok(report)
}

async fn import_gateway(
    tx: &mut TenantTx,
    entry: &GatewayEntry,
    at: &str,
    resources: &HashMap<String, ResourceId>,
    report: &mut ImportReport,
) -> Result<(), ImportError> {
    let (id, put) = site::put_gateway(tx, &entry.slug, &entry.name).await.map_err(ImportError::database)?;
    count(report, put);
    // The name is new already where it changed: the configuration before is compared without it.
    let config_before = site::config(tx, id).await.map_err(ImportError::database)?;
    let needs_before = site::needs(tx, id).await.map_err(ImportError::database)?;
    site::clear(tx, id).await.map_err(ImportError::database)?;
    let devices = put_devices(tx, id, entry, at, report).await?;
    let mut outputs = BTreeSet::new();
    let doors = put_doors(tx, id, entry, &devices, &mut outputs, report).await?;
    let zones = put_zones(tx, id, entry, &devices, &mut outputs, report).await?;
    for need in &entry.needs {
        put_need(tx, need, at, resources, &doors, &zones).await?;
    }
    let config = site::config(tx, id).await.map_err(ImportError::database)?;
    if put == Put::Kept && config != config_before {
        site::raise_revision(tx, id).await.map_err(ImportError::database)?;
        tx.signal(gateway_topic(id));
    }
    let needs = site::needs(tx, id).await.map_err(ImportError::database)?;
    check_grant_size(at, &needs, resources)?;
    if put == Put::Kept && needs != needs_before {
        site::refresh_grants(tx, id).await.map_err(ImportError::database)?;
        tx.emit(&GatewayChanged { gateway: id }).await.map_err(ImportError::database)?;
    }
    Ok(())
}

/// A grant names a bounded number of doors and zones; a resource that needs more could not be sent.
fn check_grant_size(
    at: &str,
    needs: &[[String; 4]],
    resources: &HashMap<String, ResourceId>,
) -> Result<(), ImportError> {
    for (name, resource) in resources {
        let resource = resource.to_string();
        if needs.iter().filter(|need| need[0] == resource).count() > DOORS_MAX {
            return Err(invalid(at, &format!("{name} needs more than {DOORS_MAX} doors and zones")));
        }
    }
    Ok(())
}

async fn put_devices(
    tx: &mut TenantTx,
    gateway: GatewayId,
    entry: &GatewayEntry,
    at: &str,
    report: &mut ImportReport,
) -> Result<HashMap<String, DeviceId>, ImportError> {
    let mut devices = HashMap::new();
    for device in &entry.devices {
        let at = format!("{at}, device {:?}", device.slug);
        check_slug(&at, &device.slug)?;
        if !(1..=247).contains(&device.unit) {
            return Err(invalid(&at, "unit is not between 1 and 247"));
        }
        let port =
            device.address.rsplit_once(':').and_then(|(host, port)| (!host.is_empty()).then_some(port));
        if port.is_none_or(|port| port.parse::<u16>().is_err()) {
            return Err(invalid(&at, "address is not host:port"));
        }
        let new = NewDevice {
            slug: &device.slug,
            name: &device.name,
            profile: &device.profile,
            address: &device.address,
            unit: device.unit,
        };
        let (id, put) = site::put_device(tx, gateway, &new).await.map_err(ImportError::database)?;
        count(report, put);
        if devices.insert(device.slug.clone(), id).is_some() {
            return Err(invalid(&at, "is there twice"));
        }
    }
    Ok(devices)
}

async fn put_doors(
    tx: &mut TenantTx,
    gateway: GatewayId,
    entry: &GatewayEntry,
    devices: &HashMap<String, DeviceId>,
    outputs: &mut BTreeSet<PointRef>,
    report: &mut ImportReport,
) -> Result<HashMap<String, DoorId>, ImportError> {
    let mut doors = HashMap::new();
    let mut keypads = BTreeSet::new();
    for (door, position) in entry.doors.iter().zip(0_i32..) {
        let at = format!("gateway {:?}, door {:?}", entry.slug, door.slug);
        check_slug(&at, &door.slug)?;
        if door.lead_minutes > 1440 || door.lag_minutes > 1440 {
            return Err(invalid(&at, "lead and lag are at most a day"));
        }
        if !(1..=30).contains(&door.release_seconds) || !(1..=3600).contains(&door.held_open_seconds) {
            return Err(invalid(&at, "release is 1 to 30 seconds, held open 1 to 3600"));
        }
        let mut points = vec![("lock", output(&at, "lock", &door.lock, devices, outputs)?)];
        for (role, text) in [("contact", &door.contact), ("rex", &door.rex), ("tamper", &door.tamper)] {
            if let Some(text) = text {
                points.push((role, point(&at, role, text, devices)?));
            }
        }
        let keypad = match &door.keypad {
            Some(slug) => {
                Some(*devices.get(slug).ok_or_else(|| invalid(&at, &format!("no device {slug:?}")))?)
            }
            None => None,
        };
        if keypad.is_some_and(|keypad| !keypads.insert(keypad)) {
            return Err(invalid(&at, "keypad is used twice"));
        }
        let new = NewDoor {
            slug: &door.slug,
            name: &door.name,
            position,
            lead_minutes: door.lead_minutes,
            lag_minutes: door.lag_minutes,
            release_ms: i32::from(door.release_seconds) * 1000,
            held_open_ms: i32::from(door.held_open_seconds) * 1000,
            keypad,
            points,
        };
        if doors.contains_key(&door.slug) {
            return Err(invalid(&at, "is there twice"));
        }
        let (id, put) = site::put_door(tx, gateway, &new).await.map_err(ImportError::database)?;
        count(report, put);
        doors.insert(door.slug.clone(), id);
    }
    Ok(doors)
}

async fn put_zones(
    tx: &mut TenantTx,
    gateway: GatewayId,
    entry: &GatewayEntry,
    devices: &HashMap<String, DeviceId>,
    outputs: &mut BTreeSet<PointRef>,
    report: &mut ImportReport,
) -> Result<HashMap<String, ZoneId>, ImportError> {
    let mut zones = HashMap::new();
    for zone in &entry.zones {
        let at = format!("gateway {:?}, zone {:?}", entry.slug, zone.slug);
        check_slug(&at, &zone.slug)?;
        if zone.lag_minutes > 1440 {
            return Err(invalid(&at, "lag is at most a day"));
        }
        let lamps = zone
            .lamps
            .iter()
            .map(|lamp| output(&at, "lamp", lamp, devices, outputs))
            .collect::<Result<_, _>>()?;
        let new = NewZone { slug: &zone.slug, name: &zone.name, lag_minutes: zone.lag_minutes, lamps };
        let (id, put) = site::put_zone(tx, gateway, &new).await.map_err(ImportError::database)?;
        count(report, put);
        if zones.insert(zone.slug.clone(), id).is_some() {
            return Err(invalid(&at, "is there twice"));
        }
    }
    Ok(zones)
}

async fn put_need(
    tx: &mut TenantTx,
    need: &NeedEntry,
    at: &str,
    resources: &HashMap<String, ResourceId>,
    doors: &HashMap<String, DoorId>,
    zones: &HashMap<String, ZoneId>,
) -> Result<(), ImportError> {
    let missing = |what: &str, slug: &str| invalid(&format!("{at}, need"), &format!("no {what} {slug:?}"));
    let doors: Vec<DoorId> = need
        .doors
        .iter()
        .map(|slug| doors.get(slug).copied().ok_or_else(|| missing("door", slug)))
        .collect::<Result<_, _>>()?;
    let zones: Vec<ZoneId> = need
        .zones
        .iter()
        .map(|slug| zones.get(slug).copied().ok_or_else(|| missing("zone", slug)))
        .collect::<Result<_, _>>()?;
    for name in &need.resources {
        let resource = *resources.get(name).ok_or_else(|| missing("resource", name))?;
        site::put_needs(tx, resource, &doors, &zones).await.map_err(ImportError::database)?;
    }
    Ok(())
}

/// Every resource by `facility/resource`.
async fn resources(
    tx: &mut TenantTx,
    facilities: &dyn Facilities,
) -> Result<HashMap<String, ResourceId>, ImportError> {
    let all = facilities.all(tx).await.map_err(|error: PortError| ImportError::database(error))?;
    Ok(all
        .iter()
        .flat_map(|facility| {
            facility
                .resources
                .iter()
                .map(|resource| (format!("{}/{}", facility.slug, resource.slug), resource.id))
        })
        .collect())
}

/// `device.point`.
fn point(
    at: &str,
    role: &str,
    text: &str,
    devices: &HashMap<String, DeviceId>,
) -> Result<PointRef, ImportError> {
    let (device, name) = text
        .split_once('.')
        .filter(|(_, name)| !name.is_empty())
        .ok_or_else(|| invalid(at, &format!("{role} {text:?} is not device.point")))?;
    let device = devices.get(device).ok_or_else(|| invalid(at, &format!("{role}: no device {device:?}")))?;
    Ok(PointRef { device: *device, point: name.to_owned() })
}

/// A point that is written: a lock or a lamp. Each belongs to one thing only.
fn output(
    at: &str,
    role: &str,
    text: &str,
    devices: &HashMap<String, DeviceId>,
    outputs: &mut BTreeSet<PointRef>,
) -> Result<PointRef, ImportError> {
    let point = point(at, role, text, devices)?;
    if outputs.insert(point.clone()) {
        Ok(point)
    } else {
        Err(invalid(at, &format!("{role} {text:?} is used twice")))
    }
}

fn check_slug(at: &str, slug: &str) -> Result<(), ImportError> {
    let good = (1..=60).contains(&slug.len())
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if good { Ok(()) } else { Err(invalid(at, "a slug is 1 to 60 of a–z, 0–9 and hyphen")) }
}

fn invalid(at: &str, what: &str) -> ImportError {
    ImportError::Invalid { at: at.to_owned(), what: what.to_owned() }
}

fn count(report: &mut ImportReport, put: Put) {
    match put {
        Put::Created => report.created += 1,
        Put::Kept => report.updated += 1,
    }
}
