//! What the binary can do, one file a command.

pub mod check;
pub mod enrolment_code;
pub mod keys;
mod keys_target;
pub mod migrate;
pub mod register;
pub mod seed;
pub mod serve;
