//! A device profile: how to recognise a device and where its points are. Read from TOML.
//!
//! The key `transport` says which kind of profile a file is; without it, Modbus.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;

/// One kind of device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Profile {
    /// Behind a bus.
    Modbus(ModbusProfile),
    /// On the site's MQTT.
    Mqtt(Box<MqttProfile>),
}

impl Profile {
    /// Its name, the same as the file's.
    pub fn name(&self) -> &str {
        match self {
            Self::Modbus(profile) => &profile.name,
            Self::Mqtt(profile) => &profile.name,
        }
    }
}

/// How a device is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Modbus.
    #[default]
    Modbus,
    /// The site's MQTT.
    Mqtt,
}

/// The one key that every kind of profile has: read first, to know which kind the rest is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
pub struct ProfileHead {
    /// How the device is reached.
    #[serde(default)]
    pub transport: Transport,
}

/// A device behind Modbus.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModbusProfile {
    /// Its name, the same as the file's.
    pub name: String,
    /// Who makes it and what it is, for the technician.
    pub description: String,
    /// Modbus.
    #[serde(default)]
    pub transport: Transport,
    /// How the device proves that it is what the profile says; without one every device passes.
    pub identity: Option<Identity>,
    /// Reads the event queue of our own nodes (`protocols-fieldbus::nodes`).
    #[serde(default)]
    pub event_queue: bool,
    /// How often inputs are read when nothing else is asked for, in milliseconds.
    pub poll_ms: u32,
    /// How long an answer may take, in milliseconds.
    pub timeout_ms: u32,
    /// Points by name.
    pub points: BTreeMap<String, Point>,
    /// Registers written when the device appears or comes back, before it is trusted.
    #[serde(default)]
    pub setup: BTreeMap<String, Setup>,
}

/// Input registers that must hold given values.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// First input register.
    pub input_register: u16,
    /// What it and those after it must hold.
    pub values: alloc::vec::Vec<u16>,
}

/// A named input or output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Point {
    /// An output bit.
    Coil {
        /// Its address.
        address: u16,
        /// What ends a release when the gateway dies; `none` makes commissioning warn.
        #[serde(default)]
        pulse: Pulse,
    },
    /// An input bit.
    DiscreteInput {
        /// Its address.
        address: u16,
        /// Whether 1 on the wire means 'off'.
        #[serde(default)]
        inverted: bool,
    },
    /// An output word.
    HoldingRegister {
        /// Its address.
        address: u16,
    },
}

/// Who ends a pulse.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pulse {
    /// Nobody but the gateway.
    #[default]
    None,
    /// The device's own timer.
    Device,
    /// The device's watchdog, when it no longer hears the gateway.
    Watchdog,
}

/// A holding register written at the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Its address.
    pub holding_register: u16,
    /// A fixed value; without one, the door's `release_ms`.
    pub value: Option<u16>,
}

/// A device on the site's MQTT. Topics are relative to the device's root (its `address`), pointers are JSON pointers
/// (RFC 6901) into a payload.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MqttProfile {
    /// Its name, the same as the file's.
    pub name: String,
    /// Who makes it and what it is, for the technician.
    pub description: String,
    /// MQTT.
    pub transport: Transport,
    /// What of it is taken in at the most.
    pub limits: MqttLimits,
    /// How it says that it lives.
    pub status: MqttStatus,
    /// What it scans, where it is a scanner.
    pub scan: Option<MqttScan>,
    /// What it can show.
    pub indicate: Option<MqttIndicate>,
    /// Inputs by name.
    #[serde(default)]
    pub points: BTreeMap<String, MqttPoint>,
}

/// Messages beyond these are dropped and counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MqttLimits {
    /// Bytes of one payload.
    pub payload_bytes: u32,
    /// Messages of the device in one second, all topics together.
    pub messages_per_s: u32,
}

/// The message by which a device says that it is there.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MqttStatus {
    /// Its topic. The last will comes there too.
    pub topic: String,
    /// Pointer to the state, a text.
    pub state: String,
    /// The state of a device that is there.
    pub online: String,
    /// The state of one that is not.
    pub offline: String,
    /// Pointer to the device's uptime in milliseconds. Needed to tell how old a scan is.
    pub uptime_ms: Option<String>,
    /// Pointer to a number or text that differs from one start of the device to the next. Without one, an uptime
    /// that goes back is a start.
    pub start: Option<String>,
    /// A device that told no status for this long is lost, in seconds.
    pub within_s: u32,
}

/// A scan.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MqttScan {
    /// Its topic.
    pub topic: String,
    /// Pointer to what was scanned, a text.
    pub text: String,
    /// Pointer to the device's uptime when it was scanned, in milliseconds.
    pub uptime_ms: String,
    /// Pointer to a number that rises with each scan.
    pub sequence: String,
    /// Pointer to what the status calls `start`; given there and here, or in neither.
    pub start: Option<String>,
}

/// What a device shows, as payloads.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MqttIndicate {
    /// Its topic.
    pub topic: String,
    /// Come in.
    pub admitted: String,
    /// The one refusal.
    pub refused: String,
    /// Nothing.
    pub idle: String,
}

/// An input. There are no outputs yet: a message that a broker or a socket held back would switch too late.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MqttPoint {
    /// Its topic.
    pub topic: String,
    /// Pointer to its state, `true` or `false`.
    pub state: String,
    /// Whether `true` means 'off'.
    #[serde(default)]
    pub inverted: bool,
}
