//! The pages of records, one a file.

pub mod decision;
pub mod disclose;
pub mod erase;
pub mod mine;
pub mod plan;
pub mod search;
