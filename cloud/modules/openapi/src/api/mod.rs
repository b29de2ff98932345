//! Routes for programs.

pub(crate) mod caller;
pub(crate) mod feeds;
pub(crate) mod oauth;
pub(crate) mod once;
pub(crate) mod problem;
pub(crate) mod v1;
