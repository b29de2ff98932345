//! Devices on the site's MQTT: one connection for all of them, and what is known of each.
//!
//! **Invariant:** a message says nothing of the hall that is retained, comes again, is too long, or comes on a topic
//! of no device. A scan without a known age is handed on as too old. Nothing here switches anything: there are lamps
//! of scanners, no locks.

mod clock;
mod connection;
mod device;
mod drive;
mod login;
mod plan;

pub use login::SiteLogin;

pub(crate) use drive::drive;
pub(crate) use plan::{MqttDevicePlan, MqttPlan};
