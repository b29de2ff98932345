//! A hall that is not there: doors, keypads and lamps, run by the same node logic as the ones on the wall,
//! behind Modbus TCP and on the site's MQTT.
//!
//! [`Site`] is the hall as a machine without I/O: it is told the time, what people do and what the master
//! asks. [`Hall`] drives it in real time, serves Modbus and keeps the scanner's connection.
//!
//! **Invariant:** nothing here decides who may come in; a lock is released by its node or not at all.
//!
//! Driven by `sims-app` and by tests that need nodes at the other end of the bus.

mod hall;
mod layout;
mod modbus;
mod scene;
mod site;
mod wire;

pub use hall::{Hall, ScannerNetwork};
pub use layout::{Layout, LayoutError, ScannerLayout};
pub use scene::{
    Contact, DoorSeen, Happened, HeldTo, LOG_LINES, Leaf, Link, Lock, Place, ReleasedBy, ScannerSeen, Scene,
    SecuredBy, What,
};
pub use site::{
    Action, CLOSER_MS, EXIT_PRESS_MS, HEARD_MS, LATE_MS, REPLY_DELAY_MS_MAX, Refusal, Reply, ScannerAction,
    ScannerMessage, Site, TAG_HELD_MS,
};
