//! Pages.

pub(crate) mod gateways;
