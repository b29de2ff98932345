//! Routes for gateways.

pub(crate) mod enrol;
