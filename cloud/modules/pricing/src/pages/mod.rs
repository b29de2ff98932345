//! The module's pages.

pub(crate) mod prices;
