//! Routes for programs, one file each.

pub(crate) mod open_data;
