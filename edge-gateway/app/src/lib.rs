//! gateway-app
