//! Pages, one file each.

pub(crate) mod act_for;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
