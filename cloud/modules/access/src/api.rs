//! Routes for gateways.

mod enrol;
pub(crate) mod listener;
mod renew;
