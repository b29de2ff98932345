//! `site.toml`: gateways, what is wired to them, and which resources need what. The format is in
//! `docs/import-format.md`.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;

use cloud_contracts::{Facilities, ImportError, ImportReport, PortError};
use cloud_kernel::TenantTx;
use protocols_ids::{DeviceId, DoorId, GatewayId, ResourceId, ZoneId};
use protocols_wire::{DOORS_MAX, MESSAGE_BYTES_MAX, PointRef, SiteConfig, SitePolicy};
use serde::Deserialize;

use crate::events::gateway_topic;
use crate::store::site::{self, NewDevice, NewDoor, NewPolicy, NewZone, Put};
use crate::{HORIZON_JOB, NAME};

/// How long a door is released where the file says nothing.
const RELEASE_SECONDS: u16 = 5;
/// How long a door may stand open where the file says nothing.
const HELD_OPEN_SECONDS: u16 = 60;

/// A lease is at most 31 days: that is what a gateway promises to go on for alone.
const LEASE_HOURS: RangeInclusive<u32> = 1..=31 * 24;
/// Below a minute a heartbeat or two that got lost would be a silence.
const SILENT_AFTER_SECONDS: RangeInclusive<u32> = 60..=86_400;
/// Above an hour the end of a booking would mean nothing.
const CLOCK_MARGIN_SECONDS: RangeInclusive<u32> = 1..=3_600;
/// At most a year: the gateway's disk is small, and passages are personal data.
const JOURNAL_KEPT_HOURS: RangeInclusive<u32> = 1..=365 * 24;
/// How far ahead grants are sent.
const HORIZON_DAYS: RangeInclusive<u16> = 14..=35;
const HORIZON_DAYS_DEFAULT: u16 = 14;
/// Bytes of the root of a device's topics, as the gateway takes them.
const TOPIC_BYTES_MAX: usize = 200;
/// What a signature and its wrapping take of a message, generously.
const SIGNATURE_BYTES: usize = 512;

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
    /// The site's own MQTT broker, `host:port`.
    broker: Option<String>,
    #[serde(default)]
    policy: PolicyEntry,
    #[serde(rename = "device", default)]
    devices: Vec<DeviceEntry>,
    #[serde(rename = "door", default)]
    doors: Vec<DoorEntry>,
    #[serde(rename = "zone", default)]
    zones: Vec<ZoneEntry>,
    #[serde(rename = "need", default)]
    needs: Vec<NeedEntry>,
}

/// What a file does not say is as the gateways have it by default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyEntry {
    visitor_lease_hours: Option<u32>,
    staff_lease_hours: Option<u32>,
    technician_lease_hours: Option<u32>,
    lease_warning_hours: Option<u32>,
    silent_after_seconds: Option<u32>,
    clock_margin_seconds: Option<u32>,
    staff_with_unknown_clock: Option<bool>,
    journal_kept_hours: Option<u32>,
    horizon_days: Option<u16>,
}

impl PolicyEntry {
    /// Within bounds, or which key is not.
    fn checked(&self, at: &str) -> Result<(SitePolicy, u16), ImportError> {
        let within = |key: &str, value: Option<u32>, allowed: RangeInclusive<u32>, default: u32| {
            let value = value.unwrap_or(default);
            if allowed.contains(&value) {
                return Ok(value);
            }
            let (least, most) = (allowed.start(), allowed.end());
            Err(invalid(at, &format!("{key} is {value}, allowed is {least} to {most}")))
        };
        let default = SitePolicy::default();
        let lease = |key: &str, value, default| within(key, value, LEASE_HOURS, default);
        let policy = SitePolicy {
            visitor_lease_h: lease("visitor_lease_hours", self.visitor_lease_hours, default.visitor_lease_h)?,
            staff_lease_h: lease("staff_lease_hours", self.staff_lease_hours, default.staff_lease_h)?,
            technician_lease_h: lease(
                "technician_lease_hours",
                self.technician_lease_hours,
                default.technician_lease_h,
            )?,
            lease_warning_h: lease("lease_warning_hours", self.lease_warning_hours, default.lease_warning_h)?,
            silent_after_s: within(
                "silent_after_seconds",
                self.silent_after_seconds,
                SILENT_AFTER_SECONDS,
                default.silent_after_s,
            )?,
            clock_margin_s: within(
                "clock_margin_seconds",
                self.clock_margin_seconds,
                CLOCK_MARGIN_SECONDS,
                default.clock_margin_s,
            )?,
            staff_with_unknown_clock: self
                .staff_with_unknown_clock
                .unwrap_or(default.staff_with_unknown_clock),
            journal_kept_h: within(
                "journal_kept_hours",
                self.journal_kept_hours,
                JOURNAL_KEPT_HOURS,
                default.journal_kept_h,
            )?,
        };
        let horizon_days = self.horizon_days.unwrap_or(HORIZON_DAYS_DEFAULT);
        if !HORIZON_DAYS.contains(&horizon_days) {
            let (from, to) = (HORIZON_DAYS.start(), HORIZON_DAYS.end());
            let what = format!("horizon_days is {horizon_days}, allowed is {from} to {to}");
            return Err(invalid(at, &what));
        }
        Ok((policy, horizon_days))
    }
}

/// Behind Modbus TCP with `address` and `unit`, on the site's MQTT with `topic`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceEntry {
    slug: String,
    name: String,
    profile: String,
    address: Option<String>,
    unit: Option<u8>,
    topic: Option<String>,
}

impl DeviceEntry {
    /// Where it is: address and unit, or the root of its topics and 0.
    fn place(&self, at: &str, has_broker: bool) -> Result<(&str, u8), ImportError> {
        match (&self.address, self.unit, &self.topic) {
            (Some(address), Some(unit), None) => {
                if !(1..=247).contains(&unit) {
                    return Err(invalid(at, "unit is not between 1 and 247"));
                }
                check_address(at, "address", address)?;
                Ok((address, unit))
            }
            (None, None, Some(topic)) => {
                if !has_broker {
                    return Err(invalid(at, "has a topic, but the gateway has no broker"));
                }
                let good = (1..=TOPIC_BYTES_MAX).contains(&topic.len())
                    && !topic.contains(['+', '#', '\0'])
                    && !topic.starts_with(['/', '$'])
                    && !topic.ends_with('/');
                if !good {
                    return Err(invalid(at, "topic is not the root of a device's topics"));
                }
                Ok((topic, 0))
            }
            _ => Err(invalid(at, "has either address and unit, or topic")),
        }
    }
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
    scanner: Option<String>,
    reader: Option<String>,
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
    let (policy, horizon_days) = entry.policy.checked(&format!("{at}, policy"))?;
    if let Some(broker) = &entry.broker {
        check_address(at, "broker", broker)?;
    }
    // The name is new already where it changed: the configuration before is compared without it.
    let config_before = site::config(tx, id).await.map_err(ImportError::database)?;
    let needs_before = site::needs(tx, id).await.map_err(ImportError::database)?;
    site::clear(tx, id).await.map_err(ImportError::database)?;
    let whole = NewPolicy { broker: entry.broker.as_deref(), horizon_days, policy };
    let other_horizon = site::put_policy(tx, id, &whole).await.map_err(ImportError::database)?;
    let devices = put_devices(tx, id, entry, at, report).await?;
    let mut outputs = BTreeSet::new();
    let doors = put_doors(tx, id, entry, &devices, &mut outputs, report).await?;
    let zones = put_zones(tx, id, entry, &devices, &mut outputs, report).await?;
    for need in &entry.needs {
        put_need(tx, need, at, resources, &doors, &zones).await?;
    }
    let config = site::config(tx, id).await.map_err(ImportError::database)?;
    check_message_size(at, config.as_ref())?;
    if put == Put::Kept && config != config_before {
        site::raise_revision(tx, id).await.map_err(ImportError::database)?;
        tx.signal(gateway_topic(id));
    }
    let needs = site::needs(tx, id).await.map_err(ImportError::database)?;
    check_grant_size(at, &needs, resources)?;
    let other_needs = needs != needs_before;
    if put == Put::Kept && other_needs {
        site::refresh_grants(tx, id).await.map_err(ImportError::database)?;
    }
    if put == Put::Kept && (other_needs || other_horizon) {
        // The job sends what changed, and comes again for what lies beyond the horizon now.
        let now = tx.now();
        tx.enqueue(NAME, HORIZON_JOB, &id.to_string(), now).await.map_err(ImportError::database)?;
    }
    Ok(())
}

/// A configuration is one message; one that does not fit could never be sent.
fn check_message_size(at: &str, config: Option<&SiteConfig>) -> Result<(), ImportError> {
    let Some(config) = config else { return Ok(()) };
    let bytes = minicbor::to_vec(config).map_or(usize::MAX, |message| message.len());
    let most = MESSAGE_BYTES_MAX - SIGNATURE_BYTES;
    if bytes <= most {
        return Ok(());
    }
    let what = format!(
        "the configuration takes {bytes} bytes, and {most} can be sent: fewer devices, doors or needs, or \
         shorter names; a site of this size takes two gateways"
    );
    Err(invalid(at, &what))
}

/// `host:port`.
fn check_address(at: &str, key: &str, address: &str) -> Result<(), ImportError> {
    let port = address.rsplit_once(':').and_then(|(host, port)| (!host.is_empty()).then_some(port));
    if port.is_none_or(|port| port.parse::<u16>().is_err()) {
        return Err(invalid(at, &format!("{key} is not host:port")));
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
    let mut roots = BTreeSet::new();
    for device in &entry.devices {
        let at = format!("{at}, device {:?}", device.slug);
        check_slug(&at, &device.slug)?;
        let (address, unit) = device.place(&at, entry.broker.is_some())?;
        if unit == 0 && !roots.insert(address) {
            return Err(invalid(&at, "another device has this topic"));
        }
        let new =
            NewDevice { slug: &device.slug, name: &device.name, profile: &device.profile, address, unit };
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
    let mut taken = BTreeSet::new();
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
        // A keypad, a scanner and a reader each belong to one door, so that one knows who stands where.
        let mut device_of = |role: &'static str, slug: Option<&String>| {
            let Some(slug) = slug else { return Ok(None) };
            let device =
                *devices.get(slug).ok_or_else(|| invalid(&at, &format!("{role}: no device {slug:?}")))?;
            if taken.insert((role, device)) {
                Ok(Some(device))
            } else {
                Err(invalid(&at, &format!("{role} is used twice")))
            }
        };
        let keypad = device_of("keypad", door.keypad.as_ref())?;
        let scanner = device_of("scanner", door.scanner.as_ref())?;
        let reader = device_of("reader", door.reader.as_ref())?;
        let new = NewDoor {
            slug: &door.slug,
            name: &door.name,
            position,
            lead_minutes: door.lead_minutes,
            lag_minutes: door.lag_minutes,
            release_ms: i32::from(door.release_seconds) * 1000,
            held_open_ms: i32::from(door.held_open_seconds) * 1000,
            keypad,
            scanner,
            reader,
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
