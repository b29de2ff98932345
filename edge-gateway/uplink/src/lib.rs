//! The gateway's way to the cloud: enrolment over HTTPS, everything else over MQTT.
//!
//! **Invariant:** nobody is believed but who can show a chain up to the root that the technician named. The private
//! key never leaves the box. What the broker acknowledges counts for nothing: the core sends anew after every
//! connection, and what was not sent when the connection broke is dropped here.
//!
//! Driven by `gateway-app`.

mod enrol;
mod http;
mod identity;
mod mqtt;
mod renew;
mod resolve;
mod tls;
mod trust;
mod uplink;

pub use enrol::{EnrolError, Enrolment, enrol};
pub use identity::{Enrolled, IdentityError};
pub use renew::{Fetches, RenewError};
pub use trust::{TrustError, read_trust_bundle};
pub use uplink::{StartError, Uplink};
