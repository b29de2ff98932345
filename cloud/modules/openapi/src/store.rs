//! The only SQL of the module.

pub(crate) mod clients;
pub(crate) mod feeds;
pub(crate) mod repeat;
pub(crate) mod tokens;
pub(crate) mod webhooks;
