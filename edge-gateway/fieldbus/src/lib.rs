//! gateway-fieldbus
