//! Routes for gateways.

mod enrol;
pub(crate) mod listener;
