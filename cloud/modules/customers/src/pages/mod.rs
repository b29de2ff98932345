//! Pages, one file each.

pub(crate) mod act_for;
pub(crate) mod mine;
pub(crate) mod register;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod words;
