//! What this module tells itself.

use cloud_kernel::Event;
use protocols_ids::GatewayId;
use serde::{Deserialize, Serialize};

/// What a gateway shall hold has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GatewayChanged {
    /// Which.
    pub gateway: GatewayId,
}

impl Event for GatewayChanged {
    const KIND: &'static str = "access.gateway_changed";
    fn stream(&self) -> String {
        gateway_topic(self.gateway)
    }
}

/// The live signal that says that there is something to send to a gateway, or something new about it.
pub(crate) fn gateway_topic(gateway: GatewayId) -> String {
    format!("gateway:{gateway}")
}

/// The live signal that says that a booking's access changed; the same as the port's own.
pub(crate) fn booking_topic(booking: protocols_ids::BookingId) -> String {
    format!("access:{booking}")
}
