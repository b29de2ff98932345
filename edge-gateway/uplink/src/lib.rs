//! gateway-uplink
