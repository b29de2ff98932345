//! What programs read: open data, and what search engines find in pages.

pub(crate) mod json_ld;
pub(crate) mod open_data;
