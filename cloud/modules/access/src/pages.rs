//! Pages.

pub(crate) mod doors;
pub(crate) mod gateways;
pub(crate) mod health;
pub(crate) mod journal;
pub(crate) mod keys;
