//! The only SQL of the module.

pub(crate) mod accounts;
pub(crate) mod known;
pub(crate) mod teams;
pub(crate) mod tokens;
