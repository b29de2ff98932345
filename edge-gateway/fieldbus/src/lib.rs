//! Drives the devices on site over Modbus TCP and over the site's MQTT: profiles say what they are, one task owns one
//! bus, one the connection to the broker.
//!
//! ```text
//! gateway-app ──configure, write, indicate, confirm──▶ Fieldbus ──orders──▶ bus task ──▶ host:port
//!      ▲                                                        └───────────▶ MQTT task ──▶ the site's broker
//!      │                                                                       │
//!      └──────────────── gateway_core::Input (found, lost, events, points) ────┘
//! ```
//!
//! **Invariant:** after a time-out nothing more is read from that connection. A device is trusted only when it
//! has been found to be what its profile says, and again after every silence. A write that is too old, or meant
//! for a device that does not answer, is dropped: the return of a device never releases a door.
//!
//! Driven by `gateway-app`.

mod bus;
mod device;
mod fieldbus;
mod link;
mod mqtt;
mod node_run;
mod observer;
mod plan;
mod profiles;

pub use fieldbus::Fieldbus;
pub use mqtt::SiteLogin;
pub use observer::{Measured, Observer};
pub use plan::{speaks_mqtt, warnings};
pub use profiles::{ProfileError, Profiles};
