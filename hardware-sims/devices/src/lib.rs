//! sims-devices
