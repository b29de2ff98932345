//! A device profile: how to recognise a device and where its points are. Read from TOML.

use alloc::collections::BTreeMap;
use alloc::string::String;

/// One kind of device.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name, the same as the file's.
    pub name: String,
    /// Who makes it and what it is, for the technician.
    pub description: String,
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
