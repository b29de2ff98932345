//! What is on site, and what holds for all of it.

use minicbor::{Decode, Encode};
use protocols_ids::{DeviceId, DoorId, ResourceId, ZoneId};

/// What is on site and how it is wired. Revisioned; a higher revision replaces a lower.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct SiteConfig {
    /// Rises by each change.
    #[n(0)]
    pub revision: u64,
    /// The site's name, for the technician's eyes.
    #[n(1)]
    pub site: String,
    /// Devices on the fieldbus.
    #[n(2)]
    pub devices: Vec<DeviceConfig>,
    /// Doors and their points.
    #[n(3)]
    pub doors: Vec<DoorConfig>,
    /// Zones and their points.
    #[n(4)]
    pub zones: Vec<ZoneConfig>,
    /// What each resource needs, for credentials that the gateway has not heard of.
    #[cbor(n(5), default)]
    pub groups: Vec<DoorGroup>,
    /// How long the gateway may be left alone, and what it does then.
    #[cbor(n(6), default)]
    pub policy: SitePolicy,
    /// The site's own MQTT broker, where devices speak through one.
    #[n(7)]
    pub broker: Option<SiteBroker>,
}

/// One device: over Modbus TCP at `address`, or over the site's MQTT below the topic `address`, as its profile
/// says.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DeviceConfig {
    /// Its id.
    #[n(0)]
    pub id: DeviceId,
    /// The profile's name, as in `edge-gateway/profiles/<name>.toml`.
    #[n(1)]
    pub profile: String,
    /// `host:port` of a Modbus TCP server, or the root of an MQTT device's topics, without a slash at its end.
    #[n(2)]
    pub address: String,
    /// Modbus unit id; means nothing over MQTT.
    #[n(3)]
    pub unit: u8,
    /// What the technician calls it.
    #[n(4)]
    pub name: String,
}

/// A point: a named input or output of a device, as its profile names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(map)]
pub struct PointRef {
    /// On which device.
    #[n(0)]
    pub device: DeviceId,
    /// Its name in the profile, for example `lock` or `lamp1`.
    #[n(1)]
    pub point: String,
}

/// A logical door.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DoorConfig {
    /// Its id.
    #[n(0)]
    pub id: DoorId,
    /// What people call it.
    #[n(1)]
    pub name: String,
    /// What releases it.
    #[n(2)]
    pub lock: PointRef,
    /// Says whether the leaf is closed.
    #[n(3)]
    pub contact: Option<PointRef>,
    /// The exit button.
    #[n(4)]
    pub rex: Option<PointRef>,
    /// The tamper switch.
    #[n(5)]
    pub tamper: Option<PointRef>,
    /// The device whose keypad belongs to this door.
    #[n(6)]
    pub keypad: Option<DeviceId>,
    /// How long a release lasts when nobody opens.
    #[n(7)]
    pub release_ms: u32,
    /// How long the leaf may stand open before that is an alarm.
    #[n(8)]
    pub held_open_ms: u32,
    /// The device whose scanner of QR codes belongs to this door.
    #[n(9)]
    pub scanner: Option<DeviceId>,
    /// The device whose reader of tags belongs to this door.
    #[n(10)]
    pub reader: Option<DeviceId>,
}

/// What is lit together.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct ZoneConfig {
    /// Its id.
    #[n(0)]
    pub id: ZoneId,
    /// What people call it.
    #[n(1)]
    pub name: String,
    /// The lamps.
    #[n(2)]
    pub lamps: Vec<PointRef>,
    /// How long the light stays on after the booked time.
    #[n(3)]
    pub lag_ms: u32,
}

/// The site's posture, with a counter of its own so that an old one never wins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Posture {
    /// Rises by each change.
    #[n(0)]
    pub counter: u64,
    /// What holds.
    #[n(1)]
    pub mode: PostureMode,
}

/// What holds for the whole site.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum PostureMode {
    /// Grants and schedules decide.
    #[default]
    #[n(0)]
    Normal,
    /// Nobody enters but responders, until lifted.
    #[n(1)]
    Lockdown,
    /// What must open opens.
    #[n(2)]
    Emergency,
}

/// The doors and zones that one resource needs: the door group of off-line credentials.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DoorGroup {
    /// Which resource.
    #[n(0)]
    pub id: ResourceId,
    /// The doors on the way to it.
    #[n(1)]
    pub doors: Vec<GroupDoor>,
    /// What is lit for it.
    #[n(2)]
    pub zones: Vec<ZoneId>,
}

/// One door of a group: it opens from `lead_ms` before the booked time until `lag_ms` after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct GroupDoor {
    /// Which door.
    #[n(0)]
    pub door: DoorId,
    /// Before the booked time.
    #[n(1)]
    pub lead_ms: u32,
    /// After the booked time.
    #[n(2)]
    pub lag_ms: u32,
}

/// How long a gateway may be left alone, and what it does then. Times in the units of their names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct SitePolicy {
    /// How long visitors' grants hold without a heartbeat.
    #[n(0)]
    pub visitor_lease_h: u32,
    /// How long staff's grants hold without a heartbeat.
    #[n(1)]
    pub staff_lease_h: u32,
    /// How long technicians' grants hold without a heartbeat.
    #[n(2)]
    pub technician_lease_h: u32,
    /// How long before the end of a lease the gateway warns.
    #[n(3)]
    pub lease_warning_h: u32,
    /// Without a heartbeat for this long the gateway takes off-line PINs.
    #[n(4)]
    pub silent_after_s: u32,
    /// Above this uncertainty the clock counts as unknown.
    #[n(5)]
    pub clock_margin_s: u32,
    /// Whether staff and technicians are decided by a clock that is unknown; visitors never are.
    #[n(6)]
    pub staff_with_unknown_clock: bool,
    /// How long acknowledged entries of the journal stay on the gateway.
    #[n(7)]
    pub journal_kept_h: u32,
}

impl Default for SitePolicy {
    /// A week for visitors, a month for staff, a day for technicians; silent after five minutes.
    fn default() -> Self {
        Self {
            visitor_lease_h: 7 * 24,
            staff_lease_h: 30 * 24,
            technician_lease_h: 24,
            lease_warning_h: 24,
            silent_after_s: 5 * 60,
            clock_margin_s: 60,
            staff_with_unknown_clock: true,
            journal_kept_h: 30 * 24,
        }
    }
}

/// The site's own MQTT broker. Name and password for it stay on the gateway.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct SiteBroker {
    /// `host:port`.
    #[n(0)]
    pub address: String,
}
